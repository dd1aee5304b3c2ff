#!/usr/bin/python3
"""The badge desk's firmware in QEMU, against the stand-in server; the network is confined to loopback.

    tests/test_firmware.py            as part of the tests; closes with its figures as key=value lines
    tests/test_firmware.py -v [Firmware.test_...]
"""
import os
import re
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(HERE)
sys.path[:0] = [HERE, os.path.join(TOP, "port/lm3s6965")]
import emulate                                                  # noqa: E402
import standin                                                  # noqa: E402

PKI = os.path.join(TOP, "build/pki")
DESK = os.path.join(TOP, "build/m3/badge-desk.elf")
MEASURE = os.path.join(TOP, "build/m3/badge-desk-measure.elf")      # with more arena, and commands for tests
BOTH = ("1.2", "1.3")
FIGURES = {}


def setUpModule():
    if os.environ.get("NOBUILD"): return
    subprocess.run(("make", "--no-print-directory", "-s", "firmware"), cwd=TOP, check=True,
                   stdout=subprocess.DEVNULL)


def tearDownModule():
    print()
    for name in sorted(FIGURES):
        print("%s=%d" % (name, FIGURES[name]))
    sys.stdout.flush()


def suffix(tls):
    return "_tls" + tls.replace(".", "")


class Case(unittest.TestCase):
    def server(self, **options):
        server = standin.StandIn(PKI, rate=0, **options).start()
        self.addCleanup(server.stop)
        return server

    def desk(self, server, elf=DESK, **options):
        desk = emulate.Emulator(elf, server.port, **options)
        desk.__enter__()
        self.addCleanup(desk.__exit__)
        return desk.start()

    def badge(self, desk, line, wanted="invited", timeout=60):
        """Holds a badge to the reader; what the desk says of it, after the address."""
        desk.send(line)
        said = desk.expect(r"^%s: (?!asking|not yet|waiting)(.*)\n" % re.escape(line.split()[0]), timeout).group(1)
        self.assertRegex(said, "^" + wanted)
        return said

    def invited(self, server):
        return [entry["to"] for entry in server.state()["invites"]]


class Badges(Case):
    def three(self, chain, tls):
        server = self.server(chain=chain, tls=tls)
        desk = self.desk(server)
        project = server.projects[1]
        self.badge(desk, "ada@example.com")
        self.badge(desk, "bo@example.com admin Reviewer " + project)
        self.badge(desk, "cy@example.com - member")
        self.badge(desk, "ada@example.com", "already$")
        self.badge(desk, "admin@example.com", "already$")
        state = {entry["to"]: entry for entry in server.state()["invites"]}
        self.assertEqual(list(state), ["ada@example.com", "bo@example.com", "cy@example.com"])
        self.assertEqual([entry["organizationRole"] for entry in state.values()], ["Member", "Admin", "Member"])
        self.assertEqual([entry["projectAssignments"] for entry in state.values()], [
            [{"projectId": server.projects[0], "projectRole": "Labeler"}],
            [{"projectId": project, "projectRole": "Reviewer"}], []])
        counts = server.counts()
        self.assertEqual((counts["handshakes"], counts["requests"]), (1, 5))
        self.assertEqual({entry["tls"] for entry in server.log()}, {"TLSv" + tls})
        # One record a request, or Nagle and AES-GCM are paid for twice.
        self.assertEqual({entry["records"] for entry in server.log()}, {1})
        usage = desk.usage()
        self.assertEqual((usage["handshakes"], usage["requests"], usage["invited"], usage["already"]), (1, 5, 3, 2))
        for limit in ("stack_peak", "arena_touched"):
            FIGURES[limit] = max(FIGURES.get(limit, 0), usage[limit])
        FIGURES["firmware_flash"], FIGURES["firmware_static_ram"] = usage["flash"], usage["static_ram"]

    def test_ecdsa(self):
        for tls in BOTH:
            with self.subTest(tls=tls):
                self.three("ecdsa", tls)

    def test_rsa4096(self):
        for tls in BOTH:
            with self.subTest(tls=tls):
                self.three("rsa4096", tls)

    def test_mixed(self):
        for tls in BOTH:
            with self.subTest(tls=tls):
                self.three("mixed", tls)


if __name__ == "__main__":
    unittest.main()
