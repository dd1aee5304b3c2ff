#!/usr/bin/python3
"""The port to lwIP on this machine, with sanitizers, in a network that is hostile: row 173.

In each round the network tells one lie: in an answer to a name, or in a segment of TCP. Then comes a round in which it is honest,
and everything has to be as if nothing had been. Closes with lwip_hostile_rounds.
"""
import os
import random
import re
import socket
import struct
import subprocess
import sys
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [TOP + "/port/desk", TOP + "/tests/common"]
import emulate                                                  # noqa: E402
from built import built                                         # noqa: E402

PROGRAM = "build/asan-gcc/tests/ports/lwip_host"
GUEST_MAC = b"\x02\x00\x00\x00\x00\x01"
HONEST = "connect=0 received=5 end=0"
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
FIGURES = {}


def setUpModule():
    built(PROGRAM)


def tearDownModule():
    print()
    for name in sorted(FIGURES):
        print("%s=%d" % (name, FIGURES[name]))
    sys.stdout.flush()


def ip(protocol, source, target, payload):
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0) + source + target
    return GUEST_MAC + emulate.MAC + b"\x08\x00" + head[:10] + struct.pack("!H", emulate.checksum(head)) + head[12:] + payload


def tcp(source, target, segment):
    """The frame of a segment, whose checksum is made right, as far as there is one."""
    segment = segment[:16] + b"\0\0" + segment[18:]
    even = segment + b"\0" * (len(segment) % 2)
    check = emulate.checksum(source + target + struct.pack("!HH", 6, len(segment)) + even)
    return ip(6, source, target, segment[:16] + struct.pack("!H", check) + segment[18:])


class Network:
    """ARP, a name server and a TCP server that says "reply" and ends; `lie` may change an answer of DNS or a segment."""

    def __init__(self):
        self.lie_dns = self.lie_tcp = None
        self.next, self.sent = 1000, 0

    def answer(self, frame):
        if frame[12:14] == b"\x08\x06":
            return [frame[6:12] + emulate.MAC + frame[12:20] + b"\x00\x02" + emulate.MAC + frame[38:42] + frame[22:32]]
        if frame[12:14] != b"\x08\x00" or len(frame) < 34:
            return []
        if frame[23] == 17:
            reply = emulate.answer_dns(frame, {emulate.NAME: emulate.SERVER})
            if reply is None or self.lie_dns is None:
                return [reply] if reply else []
            return [ip(17, reply[26:30], reply[30:34], self.udp(reply[34:38], message))
                    for message in self.lie_dns(reply[42:])]
        return self.answer_tcp(frame) if frame[23] == 6 else []

    @staticmethod
    def udp(ports, message):
        return ports + struct.pack("!HH", 8 + len(message), 0) + message

    def answer_tcp(self, frame):
        at = 14 + (frame[14] & 15) * 4
        total = struct.unpack_from("!H", frame, 16)[0] + 14
        source, target, sequence, _, offset, flags = struct.unpack_from("!HHIIBB", frame, at)
        length = total - at - (offset >> 4) * 4
        if flags & RST:
            return []
        due = sequence + length + bool(flags & SYN) + bool(flags & FIN) & 0xFFFFFFFF
        out = []
        if flags & SYN:
            self.next, self.sent = 1000, 0
            out.append((SYN | ACK, 1000, b""))
            self.next = 1001
        elif length > 0 and self.sent == 0:
            self.sent = 1
            out.append((ACK | PSH | FIN, self.next, b"reply"))
            self.next += 6
        elif length > 0 or flags & FIN:
            out.append((ACK, self.next, b""))
        segments = [struct.pack("!HHIIBBHHH", target, source, number, due, 0x50, bits, 8192, 0, 0) + data
                    for bits, number, data in out]
        if self.lie_tcp is not None:
            segments = [lied for segment in segments for lied in self.lie_tcp(segment)]
        return [tcp(frame[30:34], frame[26:30], segment) for segment in segments]


def dns_lies(message_len):
    """Ways to spoil an answer of that length."""
    for length in range(message_len):
        yield "cut at %d" % length, lambda m, n=length: [m[:n]]
    for at in range(message_len):
        for value in (0, 0xC0, 0x3F, 0xFF):
            yield "%02x at %d" % (value, at), lambda m, i=at, v=value: [m[:i] + bytes((v,)) + m[i + 1:]]
    question = 12 + len(emulate.NAME) + 2 + 4
    yield "a name that points at itself", lambda m: [m[:question] + b"\xc0" + bytes((question,)) + m[question + 2:]]
    yield "an answer to the last question, too", lambda m: [b"\0\0" + m[2:], m]
    yield "40 addresses", lambda m: [m[:6] + b"\x00\x28" + m[8:question] + m[question:] * 40]
    yield "65535 answers", lambda m: [m[:6] + b"\xff\xff" + m[8:]]
    yield "1,400 bytes more", lambda m: [m + b"\xc0\x0c" * 700]


def tcp_lies(seed):
    """Segments of which anything may be wrong, but for the ports."""
    for number in range(seed, seed + 250):
        def lie(segment, chance=random.Random(number)):
            out = []
            for _ in range(chance.choice((1, 1, 2, 5))):
                head, data = bytearray(segment[:20]), segment[20:]
                for _ in range(chance.choice((0, 1, 1, 2, 4))):
                    head[chance.choice((4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 18, 19))] = chance.randrange(256)
                data += bytes(chance.randrange(256) for _ in range(chance.choice((0, 0, 1, 40, 536, 1400))))
                out.append(bytes(head) + data)
            return out + [segment] * chance.choice((0, 1, 1))
        yield "random segments %d" % number, lie
    yield "2,000 tiny segments", lambda segment: [segment] + [
        segment[:4] + struct.pack("!I", struct.unpack_from("!I", segment, 4)[0] + 1 + n) + segment[8:13] + b"\x18" + segment[14:20]
        + b"x" for n in range(2000)] if segment[13] & SYN else [segment]


class Hostile(unittest.TestCase):
    def play(self, lies, attribute):
        """A round for each lie, and an honest one after it: what the program said of each."""
        network, names = Network(), [name for name, _ in lies]
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(120)
        process = subprocess.Popen((PROGRAM, str(2 * len(lies))), cwd=TOP, stdin=theirs, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
        theirs.close()
        todo, rounds = [], -1
        while True:
            try:
                got = ours.recv(2048)
            except ConnectionResetError:
                break
            if not got:
                break
            if got == b"R":
                rounds += 1
                setattr(network, attribute, lies[rounds // 2][1] if rounds % 2 == 0 else None)
                todo = []
            elif got == b"I":
                ours.send(todo.pop(0)[:1500] if todo else b"T")
            else:
                todo += network.answer(got)
        ours.close()
        said = process.communicate(timeout=60)[0]
        self.assertEqual(process.returncode, 0, "%s: %s" % (names[min(max(rounds, 0) // 2, len(names) - 1)], said[-3000:]))
        return re.findall(r"^connect=.*$", said, re.M)

    def check(self, lies, attribute, key):
        lies = list(lies)
        said = self.play(lies, attribute)
        self.assertEqual(len(said), 2 * len(lies))
        for number, (name, _) in enumerate(lies):
            with self.subTest(lie=name):
                self.assertEqual(said[2 * number + 1], HONEST, "after: %s" % said[2 * number])
        FIGURES["lwip_hostile_rounds_" + key] = len(lies)
        return dict(zip([name for name, _ in lies], said[::2]))

    def test_names(self):
        said = self.check(dns_lies(12 + len(emulate.NAME) + 2 + 4 + 16), "lie_dns", "names")
        for name in ("an answer to the last question, too", "40 addresses", "65535 answers", "1,400 bytes more"):
            self.assertEqual(said[name], HONEST, name)
        self.assertEqual(said["a name that points at itself"], HONEST)      # names are skipped, not followed
        # What is cut tells nothing; the question was then asked again, and in vain.
        self.assertEqual({said["cut at %d" % n].split()[0] for n in range(30)}, {"connect=-13"})

    def test_segments(self):
        said = self.check(tcp_lies(1), "lie_tcp", "segments")
        self.assertEqual(said["2,000 tiny segments"].split()[0], "connect=0")
        self.assertGreater(len(set(said.values())), 5)          # they do make a difference

    def test_tables_fit(self):
        """lwIP reads its table of names by the number of its requests."""
        known = subprocess.run(("gcc", "-E", "-dM", "-Iport/lwip", "-isystem", "build/deps/lwip/src/include", "-include",
                                "lwip/opt.h", "-"), cwd=TOP, check=True, input="", stdout=subprocess.PIPE, text=True).stdout
        found = dict(re.findall(r"^#define (DNS_\w+) (\w+)$", known, re.M))
        self.assertIn(found["DNS_MAX_REQUESTS"], ("DNS_TABLE_SIZE", found["DNS_TABLE_SIZE"]))


if __name__ == "__main__":
    unittest.main()
