#!/usr/bin/python3
"""The port to lwIP with IPv6 (LWIP_IPV6=1), and what starts it, on this machine, with sanitizers.

The network has a router that advertises a prefix, and a server at an address of each kind. Closes with lwip6_networks.
"""
import os
import socket
import struct
import subprocess
import sys
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [TOP + "/port/desk", TOP + "/tests/ports", TOP + "/tests/common"]
import emulate                                                  # noqa: E402
import test_lwip                                                # noqa: E402
import test_lwip_kept                                           # noqa: E402
from built import built                                         # noqa: E402

PROGRAM = "build/asan-gcc/tests/ports/lwip6_host"
ROUTER, DNS6, SERVER6 = "fe80::1", "2001:db8::53", "2001:db8::100"     # RFC 3849: for documentation
ALL_NODES, ALL_NODES_MAC = "ff02::1", b"\x33\x33\x00\x00\x00\x01"
SYN, RST, ACK = test_lwip.SYN, test_lwip.RST, test_lwip.ACK
TCP, UDP, ICMP6 = 6, 17, 58
RS, RA, NS, NA = 133, 134, 135, 136
A, AAAA = 1, 28
FIGURES = {"lwip6_networks": 0}


def setUpModule():
    built(PROGRAM)


def tearDownModule():
    print()
    for name in sorted(FIGURES):
        print("%s=%d" % (name, FIGURES[name]))
    sys.stdout.flush()


def six(text):
    return socket.inet_pton(socket.AF_INET6, text)


def ip6(protocol, source, target, payload, at, mac=test_lwip.GUEST_MAC):
    """A frame whose checksum, at that place of the payload, is made right."""
    payload = payload[:at] + b"\0\0" + payload[at + 2:]
    check = emulate.checksum(source + target + struct.pack("!II", len(payload), protocol) + payload + b"\0" * (len(payload) % 2))
    payload = payload[:at] + struct.pack("!H", check) + payload[at + 2:]
    return mac + emulate.MAC + b"\x86\xdd" + struct.pack("!IHBB", 6 << 28, len(payload), protocol, 255) + source + target + payload


class Network(test_lwip_kept.Network):
    """`names`: what is answered to a question of each kind; None: nothing. `at_six`: whether the server there talks, refuses, or
    is silent."""

    def __init__(self, dhcp=True, router=True, dns6=False, names=None, at_six="talks"):
        super().__init__(dhcp)
        self.router, self.dns6, self.at_six = router, dns6, at_six
        self.found = {A: [emulate.SERVER], AAAA: [SERVER6], **(names or {})}
        self.asked.update({"A": 0, "AAAA": 0, "to four": 0, "to six": 0})

    def find_answer(self, frame):
        if frame[12:14] == b"\x86\xdd":
            return self.answer_six(frame, frame[20], frame[22:38], frame[38:54], frame[54:])
        if frame[12:14] == b"\x08\x00" and frame[23] == UDP and struct.unpack_from("!H", frame, 36)[0] == 53:
            reply = self.answer_name(frame[42:])
            return [emulate.answer_udp(frame, reply)] if reply else []
        if frame[12:14] == b"\x08\x00" and frame[23] == TCP:
            self.asked["to four"] += frame[47] & (SYN | ACK) == SYN
        return super().find_answer(frame)

    def answer_name(self, query):
        kind = struct.unpack_from("!H", query, len(query) - 4)[0]
        self.asked[{A: "A", AAAA: "AAAA"}[kind]] += 1
        found = self.found[kind]
        if found is None:
            return None
        reply = query[:2] + struct.pack("!HHHHH", 0x8180, 1, len(found), 0, 0) + query[12:]
        for address in found:
            data = six(address) if kind == AAAA else socket.inet_aton(address)
            reply += struct.pack("!HHHIH", 0xC00C, kind, 1, 60, len(data)) + data
        return reply

    def answer_six(self, frame, protocol, source, target, payload):
        if protocol == ICMP6 and payload[0] == RS and self.router:
            prefix = b"\x03\x04\x40\xc0" + 2 * b"\xff\xff\xff\xff" + bytes(4) + six("2001:db8::")
            dns = b"\x19\x03\x00\x00\x00\x00\x0e\x10" + six(DNS6) if self.dns6 else b""
            advert = struct.pack("!BBHBBHII", RA, 0, 0, 64, 0, 1800, 0, 0) + b"\x01\x01" + emulate.MAC + prefix + dns
            return [ip6(ICMP6, six(ROUTER), six(ALL_NODES), advert, 2, ALL_NODES_MAC)]
        if protocol == ICMP6 and payload[0] == NS and any(source):      # from nobody: it looks whether an address is free
            advert = struct.pack("!BBHI", NA, 0, 0, 0x60000000) + payload[8:24] + b"\x02\x01" + emulate.MAC
            return [ip6(ICMP6, payload[8:24], source, advert, 2)]
        if protocol == UDP and target == six(DNS6):
            reply = self.answer_name(payload[8:])
            ports = payload[2:4] + payload[0:2]
            return [ip6(UDP, target, source, ports + struct.pack("!HH", 8 + len(reply), 0) + reply, 6)] if reply else []
        return self.answer_tcp_six(frame, source, target, payload) if protocol == TCP else []

    def answer_tcp_six(self, frame, source, target, segment):
        self.asked["to six"] += segment[13] & (SYN | ACK) == SYN
        if self.at_six == "silent":
            return []
        if self.at_six == "refuses":
            sequence, = struct.unpack_from("!I", segment, 4)
            reset = segment[2:4] + segment[0:2] + struct.pack("!IIBBHHH", 0, sequence + 1 & 0xFFFFFFFF, 0x50, RST | ACK, 0, 0, 0)
            return [ip6(TCP, target, source, reset, 16)] if segment[13] & SYN else []
        # As if it were IPv4's; what TCP says is the same.
        four = frame[:14] + struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0, 64, TCP, 0) + bytes(8) + segment
        return [ip6(TCP, target, source, reply[34:], 16) for reply in self.answer_tcp(four)]


class Six(test_lwip_kept.Case):
    program = PROGRAM

    def connect(self, wanted=0, host=emulate.NAME, settle_s=30, **options):
        """What the network was asked by a device that was on it for a while."""
        if os.path.exists(self.kept):
            os.unlink(self.kept)
        said, asked = self.wake(0, network=Network(**options), host=host, settle_s=settle_s)
        self.assertEqual(said["connect"], wanted, (said, asked))
        FIGURES["lwip6_networks"] += 1
        return asked

    def check(self, asked, **wanted):
        self.assertEqual({name: asked[name.replace("_", " ")] for name in wanted}, wanted)

    def test_both(self):
        """Both are asked for, IPv6 is taken, and nobody connects twice."""
        self.check(self.connect(), A=1, AAAA=1, to_six=1, to_four=0)

    def test_six_alone(self):
        """Without DHCP; the router names the DNS server, and nobody asks for what could not be used."""
        self.check(self.connect(dhcp=False, dns6=True), A=0, AAAA=1, to_six=1)

    def test_four_alone(self):
        """Without a router; the link's own address is none to connect from."""
        self.check(self.connect(router=False), A=1, AAAA=0, to_four=1, to_six=0)

    def test_the_name_has_one_kind(self):
        self.check(self.connect(names={AAAA: []}), to_four=1, to_six=0)
        self.check(self.connect(names={A: []}), to_four=0, to_six=1)

    def test_one_kind_is_not_answered(self):
        """It is asked for once more, and not waited for."""
        self.check(self.connect(names={AAAA: None}), A=1, AAAA=2, to_four=1, to_six=0)
        self.check(self.connect(names={A: None}), A=2, AAAA=1, to_four=0, to_six=1)

    def test_neither(self):
        self.connect(names={A: [], AAAA: []}, wanted=-13)
        asked = self.connect(names={A: None, AAAA: None}, wanted=-13)
        self.assertEqual((asked["A"], asked["AAAA"]), (10, 10))         # twice, for it tries again

    def test_six_does_not_work(self):
        for how in ("refuses", "silent"):
            with self.subTest(how=how):
                asked = self.connect(at_six=how)
                self.assertEqual(asked["to four"], 1)
                self.assertGreaterEqual(asked["to six"], 1)

    def test_more_addresses_than_room(self):
        """Some of each kind are tried."""
        many = ["2001:db8::%x" % n for n in range(100, 120)]
        asked = self.connect(names={AAAA: many, A: [emulate.SERVER] * 20}, at_six="refuses")
        self.assertEqual((asked["to six"], asked["to four"]), (2, 1))

    def test_an_address_for_a_name(self):
        self.check(self.connect(host=SERVER6), A=0, AAAA=0, to_six=1)
        self.check(self.connect(host=emulate.SERVER), A=0, AAAA=0, to_four=1)


if __name__ == "__main__":
    unittest.main()
