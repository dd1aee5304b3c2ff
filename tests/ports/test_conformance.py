#!/usr/bin/python3
"""The checks that a porter runs on a device (conformance.c), against the ports of this machine.

Closes with conformance_checks, conformance_failed and conformance_skipped for each. The same against lwIP on boards:
tests/firmware/test_conformance.py.
"""
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [TOP + "/tests/ports", TOP + "/tests/common"]
import built                                                    # noqa: E402
import peer as peers                                            # noqa: E402

VARIANT = "asan-gcc"
DRIVER = "build/%s/tests/ports/conformance_driver" % VARIANT
FIGURES = {}


def figures(output):
    return {name: int(number) for name, number in re.findall(r"^conformance_(\w+)=(\d+)$", output, re.M)}


def setUpModule():
    built.make("VARIANT=" + VARIANT, DRIVER)


def tearDownModule():
    print()
    for name in sorted(FIGURES):
        print("%s=%d" % (name, FIGURES[name]))
    sys.stdout.flush()


# What is broken, and the check that notices.
FAULTS = {
    "secure": "a plain port is not secure",
    "clock-goes-back": "the clock never goes back",
    "clock-in-seconds": "the clock's ticks are small",
    "clock-is-slow": "the clock counts milliseconds",
    "time-in-ms": "the time is 0 or in this century",
    "time-is-local": "the time is seconds since 1970",
    "entropy-is-short": "entropy fills all",
    "entropy-repeats": "entropy does not repeat",
    "connect-fails-oddly": "connect that is refused fails",
    "connect-waits": "connect without waiting does not wait",
    "connect-keeps-host": "the host name is valid during the call only",
    "close-nothing": "twenty connections leave nothing behind",
    "send-loses": "large sends arrive whole",
    "send-too-much": "small sends arrive whole",
    "send-returns-0": "send waits no longer than told",
    "recv-writes-beside": "recv writes no more",
    "recv-waits": "recv waits no longer than told",
    "recv-returns-0": "recv waits no longer than told",
    "recv-ends-once": "recv is 0 when the peer has closed",
    "recv-ends-at-reset": "a reset is an error",
}


class Hasty(peers.Peer):
    """Begins to read before the port is done with sending, as if it or the port had not been given its time; so often."""

    def __init__(self, times):
        super().__init__()
        self.times = times

    def be_sink(self, connection, seconds):
        self.times -= 1
        super().be_sink(connection, 0 if self.times >= 0 else 4)


class Case(unittest.TestCase):
    def conform(self, port, driver=DRIVER, only=(), peer=None):
        with peer or peers.Peer() as peer:
            peer.silence("127.0.0.3", peer.port)
            done = subprocess.run((driver, port, "peer=%d" % peer.port, "refusing=%d" % peer.refusing,
                                   "silent=%d" % peer.silent, *only), cwd=TOP, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, timeout=600)
        told = figures(done.stdout)
        for name, number in told.items() if not only else ():
            FIGURES["conformance_%s_%s" % (name, port)] = number
        return done, told


class Ports(Case):
    def whole(self, port, skipped):
        done, told = self.conform(port)
        self.assertEqual((done.returncode, told.get("failed"), told.get("skipped")), (0, 0, skipped), done.stdout)
        self.assertGreaterEqual(told["checks"], 35)

    def test_posix(self):
        self.whole("posix", 0)

    def test_sockets(self):
        """getaddrinfo blocks, as the header says: so these three are left out."""
        self.whole("sockets", 3)

    def test_sockets_with_a_resolver_that_does_not_block(self):
        self.whole("resolve", 0)

    def test_trace(self):
        """Whoever traces changes nothing."""
        done, told = self.conform("trace")
        self.assertEqual((done.returncode, told["failed"], told["skipped"]), (0, 0, 0), done.stdout)
        self.assertGreater(int(re.search(r"^events=(\d+)$", done.stdout, re.M).group(1)), 200)

    def test_template_fails_politely(self):
        done, told = self.conform("template")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("FAILED 2 the clock goes on while the program computes: it stands still", done.stdout)
        self.assertIn("All else rests on that", done.stdout)
        self.assertEqual((told["checks"], told["failed"]), (2, 1))


class Sockets(Case):
    """port/sockets in its other clothes."""

    def compile(self, *command):
        done = subprocess.run(command, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_select(self):
        """On a stack without poll."""
        with tempfile.TemporaryDirectory() as folder:
            sources = ["port/%s/ango_%s.c" % (name, name) for name in ("posix", "sockets", "trace", "template")]
            self.compile("gcc", "-std=c99", "-Wall", "-Wextra", "-DANGO_SOCKETS_SELECT=1", "-Iinclude", "-Iport/posix",
                         "-Iport/sockets", "-Iport/trace", "tests/ports/conformance.c", "tests/ports/conformance_driver.c", *sources,
                         "-pthread", "-ldl", "-o", folder + "/driver")
            undefined = subprocess.run(("nm", "-u", folder + "/driver"), check=True, stdout=subprocess.PIPE, text=True).stdout
            self.assertIn(" select@", undefined)
            done, told = self.conform("resolve", driver=folder + "/driver")
        self.assertEqual((done.returncode, told["failed"]), (0, 0), done.stdout)

    def test_lwip(self):
        """With lwIP's names alone; compiled, for a Cortex-M3 and against lwIP's own headers, and not run."""
        built.make("VARIANT=m3", "build/deps/lwip/src/core/tcp.c")
        for v6, select in itertools.product((0, 1), (0, 1)):
            with self.subTest(v6=v6, select=select), tempfile.TemporaryDirectory() as folder:
                os.mkdir(folder + "/arch")
                shutil.copy(TOP + "/port/lwip/arch/cc.h", folder + "/arch")
                with open(folder + "/arch/sys_arch.h", "w", encoding="utf-8") as file:
                    file.write("typedef void *sys_sem_t, *sys_mutex_t, *sys_mbox_t, *sys_thread_t;\n")
                with open(folder + "/lwipopts.h", "w", encoding="utf-8") as file:
                    file.write("#define NO_SYS 0\n#define LWIP_SOCKET 1\n#define LWIP_DNS 1\n#define LWIP_IPV6 %d\n"
                               "#define LWIP_COMPAT_SOCKETS 0\n#define LWIP_TIMEVAL_PRIVATE 0\n#define LWIP_SOCKET_POLL %d\n"
                               "#include <sys/time.h>\n" % (v6, not select))
                self.compile("arm-none-eabi-gcc", "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror",
                             "-mthumb", "-mcpu=cortex-m3", "-Os", "-I" + folder, "-isystem", "build/deps/lwip/src/include",
                             "-Iinclude", "-Iport/sockets", '-DANGO_SOCKETS_HEADER="ango_sockets_lwip.h"',
                             "-c", "port/sockets/ango_sockets.c", "-o", folder + "/sockets.o")
                wants = subprocess.run(("arm-none-eabi-nm", "-u", folder + "/sockets.o"), check=True,
                                       stdout=subprocess.PIPE, text=True).stdout.split()[1::2]
                self.assertEqual([name for name in wants if not name.startswith("lwip_")], ["__errno", "memcpy", "memset"])
                self.assertIn("lwip_select" if select else "lwip_poll", wants)


def sentences():
    with open(TOP + "/tests/ports/conformance.c", encoding="utf-8") as file:
        return re.findall(r'^    \{ "([^"]+)", check_', file.read(), re.M)


class Faults(Case):
    """A port that breaks one sentence is told so: the checks can fail."""

    def test_a_hasty_peer(self):
        """What a busy computer makes of a good one: the check is begun anew, and does not go on for ever."""
        number, = (n for n, text in enumerate(sentences(), 1) if text.startswith("send waits no longer than told"))
        done, told = self.conform("posix", only=(str(number),), peer=Hasty(2))
        self.assertEqual((done.returncode, told.get("failed")), (0, 0), done.stdout)
        done, _ = self.conform("posix", only=(str(number),), peer=Hasty(3))
        self.assertIn("the peer began to read before there was no room left", done.stdout)

    def test_each_is_noticed(self):
        says = sentences()
        for fault, sentence in FAULTS.items():
            with self.subTest(fault=fault):
                number, = (n for n, text in enumerate(says, 1) if text.startswith(sentence))
                done, told = self.conform(fault, only=(str(number),))
                self.assertEqual((done.returncode, told.get("checks"), told.get("failed")), (1, 1, 1), done.stdout)
                self.assertIn("FAILED %d %s" % (number, sentence), done.stdout)


if __name__ == "__main__":
    unittest.main()
