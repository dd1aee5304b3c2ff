#!/usr/bin/python3
"""A device that keeps its lease, and its server's address, over a sleep (port/lwip/ango_lwip_kept.h), with sanitizers.

Each wake is a process of its own, which has only what the last one kept; the network answers, and counts. Closes with
lwip_wake_frames (all is asked for) and lwip_wake_frames_kept.
"""
import os
import socket
import struct
import subprocess
import sys
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [TOP + "/port/desk", TOP + "/tests/ports", TOP + "/tests/common"]
import emulate                                                  # noqa: E402
import test_lwip                                                # noqa: E402
from built import built                                         # noqa: E402

PROGRAM = "build/asan-gcc/tests/ports/lwip_kept_host"
DHCP_SERVER, NOBODY = "198.51.100.2", "198.51.100.77"
LEASE_S = 3600
FIGURES = {}


def setUpModule():
    built(PROGRAM)


def tearDownModule():
    print()
    for name in sorted(FIGURES):
        print("%s=%d" % (name, FIGURES[name]))
    sys.stdout.flush()


class Network(test_lwip.Network):
    """With DHCP; refuses connections to all but the server. Counts what it is asked."""

    def __init__(self, dhcp=True):
        super().__init__()
        self.dhcp, self.names = dhcp, {emulate.NAME: emulate.SERVER, "other.test": emulate.SERVER}
        self.asked = {"discover": 0, "request": 0, "name": 0, "frame": 0}

    def answer(self, frame):
        out = self.find_answer(frame)
        self.asked["frame"] += 1 + len(out)
        return out

    def find_answer(self, frame):
        if frame[12:14] == b"\x08\x06" and frame[28:32] == frame[38:42]:
            return []                                           # it tells its own address
        if frame[12:14] == b"\x08\x00" and frame[23] == 17:
            if struct.unpack_from("!H", frame, 36)[0] == 67:
                return self.answer_dhcp(frame)
            reply = emulate.answer_dns(frame, self.names)
            self.asked["name"] += reply is not None
            return [reply] if reply else []
        if frame[23] == 6 and frame[30:34] != socket.inet_aton(self.names[emulate.NAME]):
            reset = emulate.answer_tcp(frame[:30] + socket.inet_aton(emulate.REFUSING) + frame[34:])
            return [test_lwip.tcp(frame[30:34], frame[26:30], reset[34:])] if reset else []
        return super().answer(frame)

    def answer_dhcp(self, frame):
        query = frame[42:]
        kind = query[query.index(b"\x35\x01") + 2]
        self.asked[{1: "discover", 3: "request"}.get(kind, "frame")] += 1
        if not self.dhcp or kind not in (1, 3):
            return []
        options = (bytes((53, 1, {1: 2, 3: 5}[kind])) + b"\x36\x04" + socket.inet_aton(DHCP_SERVER) + struct.pack("!BBI", 51, 4, LEASE_S)
                   + b"\x01\x04\xff\xff\xff\x00\x03\x04" + socket.inet_aton(DHCP_SERVER) + b"\x06\x04" + socket.inet_aton(emulate.DNS))
        reply = (b"\x02\x01\x06\x00" + query[4:8] + bytes(8) + socket.inet_aton(emulate.GUEST) + bytes(8) + query[28:236]
                 + b"\x63\x82\x53\x63" + options + b"\xff")
        ports = struct.pack("!HH", 67, 68)
        return [test_lwip.ip(17, socket.inet_aton(DHCP_SERVER), b"\xff\xff\xff\xff", self.udp(ports, reply))]


class Case(unittest.TestCase):
    program = PROGRAM

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.kept = folder.name + "/kept"

    def wake(self, slept_s, network=None, host=emulate.NAME, awake_s=0, settle_s=0):
        """What the device says, as numbers, and what it asked the network."""
        network = network or Network()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(120)
        process = subprocess.Popen((self.program, self.kept, str(slept_s), host, str(awake_s), str(settle_s)), cwd=TOP, stdin=theirs,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        theirs.close()
        todo = []
        while True:
            try:
                got = ours.recv(2048)
            except ConnectionResetError:
                break
            if not got:
                break
            if got == b"I":
                ours.send(todo.pop(0) if todo else b"T")
            else:
                todo += network.answer(got)
        ours.close()
        said = process.communicate(timeout=60)[0]
        self.assertEqual(process.returncode, 0, said)
        return dict((name, int(number)) for name, number in (pair.split("=") for pair in said.split())), network.asked


class Sleeps(Case):
    def asks_for_all(self, slept_s, **options):
        said, asked = self.wake(slept_s, **options)
        self.assertEqual((said["at_once"], said["connect"]), (0, 0), (said, asked))
        self.assertEqual((asked["discover"], asked["request"], asked["name"]), (1, 1, 1), (said, asked))
        return asked["frame"]

    def test_asks_for_nothing(self):
        FIGURES["lwip_wake_frames"] = self.asks_for_all(0)
        for _ in range(3):
            said, asked = self.wake(600)
            self.assertEqual((said["at_once"], said["connect"], said["kept"]), (1, 0, 0), said)
            self.assertEqual((asked["discover"], asked["request"], asked["name"]), (0, 0, 0))
            FIGURES["lwip_wake_frames_kept"] = asked["frame"]
        with open(TOP + "/port/README.md", encoding="utf-8") as file:
            self.assertIn("keeps lease and server over a sleep: %d frames instead of %d" % (
                FIGURES["lwip_wake_frames_kept"], FIGURES["lwip_wake_frames"]), file.read())

    def test_the_lease_ends(self):
        """In one sleep, or in several: never is an address used whose lease is over."""
        self.asks_for_all(0)
        self.asks_for_all(LEASE_S - 120)
        slept = 0
        while self.wake(900)[0]["at_once"] == 1:
            slept += 900
        self.assertTrue(LEASE_S / 2 <= slept < LEASE_S, slept)

    def test_a_longest_sleep(self):
        self.asks_for_all(0)
        self.asks_for_all(2**32 - 1)

    def test_renewed_while_awake(self):
        """When half of it is over; and it is given up at its end if nobody renews it."""
        self.asks_for_all(0)
        said, asked = self.wake(LEASE_S // 2, awake_s=200)
        self.assertEqual((said["at_once"], asked["discover"], said["address"]), (1, 0, 1))
        self.assertGreaterEqual(asked["request"], 1)
        said, asked = self.wake(LEASE_S // 2 + 60, network=Network(dhcp=False), awake_s=LEASE_S)
        self.assertEqual((said["at_once"], said["connect"], said["address"]), (1, 0, 0), asked)
        self.assertEqual(said["kept"], -1, "ANGO_E_WAIT")
        self.asks_for_all(0)

    def test_damaged(self):
        """Whatever byte it is: then all is asked for, as without it."""
        self.asks_for_all(0)
        with open(self.kept, "rb") as file:
            good = file.read()
        for at in range(0, len(good), 3):
            with open(self.kept, "wb") as file:
                file.write(good[:at] + bytes((good[at] ^ 0x10,)) + good[at + 1:])
            with self.subTest(at=at):
                self.asks_for_all(1)
        with open(self.kept, "wb") as file:
            file.write(bytes(len(good)))
        self.asks_for_all(1)

    def test_the_server_has_moved(self):
        """One connect fails, and the next one asks for the name."""
        self.asks_for_all(0)
        moved = Network()
        moved.names[emulate.NAME] = NOBODY
        said, asked = self.wake(60, network=moved)
        self.assertEqual((said["at_once"], said["connect"], said["again"]), (1, -14, 0), asked)
        self.assertEqual((asked["discover"], asked["name"]), (0, 1))
        moved.asked["name"] = 0
        said, asked = self.wake(60, network=moved)
        self.assertEqual((said["connect"], asked["name"]), (0, 0))

    def test_another_name(self):
        self.asks_for_all(0)
        said, asked = self.wake(60, host="other.test")
        self.assertEqual((said["at_once"], said["connect"], asked["name"]), (1, 0, 1))


if __name__ == "__main__":
    unittest.main()
