#!/usr/bin/python3
"""Holds what can be counted, and so comes out the same each time, against its limit (make bench)."""
import os
import platform
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import measure                                    # noqa: E402


def setUpModule():
    measure.build("host/tests/bench/pure", "host/tests/bench/invite_ango", "host/tests/bench/count_malloc.so")


@unittest.skipUnless(platform.machine() == "x86_64", "instructions are of x86-64")
class Instructions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.figures, cls.facts = measure.pure()

    def check(self, name, limit):
        self.assertLessEqual(self.figures[name + "_instructions"], limit)

    def test_the_replies_are_of_the_stated_size(self):
        self.assertEqual(self.facts["small_reply_bytes"], 400)
        self.assertGreaterEqual(self.facts["large_reply_bytes"], 30000)

    def test_build(self):
        self.check("build", 3400)

    def test_parse_small(self):
        self.check("parse_small", 10500)

    def test_parse_large(self):
        self.check("parse_large", 560000)

    def test_parse_large_and_hand_out_all(self):
        self.check("parse_large_all", 840000)


class Large(unittest.TestCase):
    """However much the server says, the buffer may be small."""

    def test_what_is_large_in_a_small_buffer(self):
        figures = measure.large()
        self.assertGreaterEqual(figures["reply_100k_bytes"], 100 * 1024)
        self.assertGreaterEqual(figures["headers_5k_bytes"], 5 * 1024)
        for name, limit in (("list_10000_buffer", 512), ("list_10000_tokens", 17), ("list_10000_requests", 101),
                            ("reply_100k_buffer", 512), ("headers_5k_buffer", 512)):
            self.assertLessEqual(figures[name], limit, name)


@unittest.skipUnless(platform.machine() == "x86_64", "instructions are of x86-64")
class Resumed(unittest.TestCase):
    def ratio(self, tls):
        with measure.hub(tls=tls) as s:
            seen = measure.handshakes(s.port, measure.BUILD + "invite_ango")
        return seen["full"] / seen["resumed"]

    def test_tls12(self):
        self.assertGreaterEqual(self.ratio("1.2"), 30)

    def test_tls13(self):
        self.assertGreaterEqual(self.ratio("1.3"), 3)


class Kept(unittest.TestCase):
    def test_further_posts_allocate_nothing_and_share_a_handshake(self):
        for tls in ("1.2", "1.3"):
            with self.subTest(tls=tls), measure.hub(tls=tls) as s:
                figures, _ = measure.kept(s.port)
                self.assertEqual(figures, {
                    "allocations": 0, "allocations_per_further_post": 0, "arena_calls_per_further_post": 0,
                    "kept_posts": 100, "kept_connections": 1, "kept_handshakes": 1})
                self.assertEqual(len(s.connections()), 1)
                self.assertEqual(sum(entry["status"] in (200, 201) for entry in s.log()), 100)


class Wire(unittest.TestCase):
    def ratio(self, count, runs):
        with measure.Nginx() as nginx:
            return measure.over_floor(nginx.ports["tls13"], count, runs)["ratio"]

    def test_one_invitation(self):
        self.assertLessEqual(self.ratio(1, 5), 1.12)

    def test_a_hundred_on_one_connection(self):
        self.assertLessEqual(self.ratio(100, 1), 1.07)

    def test_round_trips(self):
        for tls, first in (("1.3", 2), ("1.2", 3)):
            with self.subTest(tls=tls), measure.hub(tls=tls) as s:
                for n in (1, 4):
                    seen = measure.wired(s.port, lambda port, n=n: measure.ango(port, n), 0.05)
                    self.assertEqual(seen["round_trips"], first + n - 1)

    def test_one_record_for_a_request(self):
        with measure.hub(tls="1.3") as s:
            wire = measure.wired(s.port, lambda port: measure.ango(port, 5))["wires"][0]
        encrypted = [length for way, kind, length in wire.records if way == "up" and kind == 23]
        self.assertEqual(len(encrypted), 5 + 2)     # and Finished, and close_notify


if __name__ == "__main__":
    unittest.main()
