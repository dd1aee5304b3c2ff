#!/usr/bin/python3
"""TLS sessions in the caller's memory: they resume, only where they belong, and whatever is wrong with one costs a full
handshake and nothing else. The stand-in's own log says whether a connection was resumed."""
import os
import re
import subprocess
import sys
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [TOP + "/tests/hub", TOP + "/tests/common"]
import standin                                                  # noqa: E402
from built import built                                         # noqa: E402

PKI = TOP + "/build/pki"
CLIENT = built("build/%s/tests/e2e/session_driver" % os.environ.get("HOSTILE_VARIANT", "asan-gcc"))


class Sessions:
    tls = None

    @classmethod
    def setUpClass(cls):
        cls.s = standin.StandIn(PKI, tls=cls.tls, rate=0).start()
        cls.addClassCleanup(cls.s.stop)

    def run_client(self, *commands):
        """What each connect reported; and what the server saw of each connection."""
        self.s.reset()
        done = subprocess.run([CLIENT, str(self.s.port), self.s.ca, self.s.key, self.s.org, *map(str, commands)],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [dict(pair.split("=", 1) for pair in line.split(" ") if "=" in pair)
                for line in done.stdout.splitlines()]

    def resumed(self, *commands):
        """Which connects resumed, by the client's own count."""
        reports = self.run_client(*commands)
        counts = [int(r["resumed"]) for r in reports]
        for r in reports:
            self.assertEqual((r["error"], r["outcome"], r["arena_left"]), ("0", "acc", "0"), reports)
        return [now > before for before, now in zip([0] + counts, counts)]

    def test_resumes_and_goes_on_resuming(self):
        self.assertEqual(self.resumed("connect", "connect", "connect"), [False, True, True])
        self.assertEqual([bool(entry["resumed"]) for entry in self.s.log()], [False, True, True])

    def test_is_not_used_for_another_host(self):
        self.assertEqual(self.resumed("connect", "host", "127.0.0.1", "connect"), [False, False])

    def test_is_not_used_for_another_port(self):
        with standin.StandIn(PKI, tls=self.tls, rate=0) as other:
            other.set_key(self.s.key, "admin")
            self.assertEqual(self.resumed("connect", "port", other.port, "connect"), [False, False])

    def test_is_not_used_after_the_trust_anchors_have_changed(self):
        self.assertEqual(self.resumed("connect", "anchors", PKI + "/all.ca.pem", "connect"), [False, False])

    def test_does_not_stand_in_for_a_certificate_that_is_no_longer_trusted(self):
        reports = self.run_client("connect", "anchors", PKI + "/rsa4096.ca.pem", "connect")
        self.assertEqual([(r["error"], r["outcome"]) for r in reports], [("0", "acc"), ("-16", "not")])

    def test_is_not_used_when_it_is_old_or_from_the_future(self):
        self.assertEqual(self.resumed("connect", "later", self.lasts - 1, "connect"), [False, True])
        self.assertEqual(self.resumed("connect", "later", self.lasts + 1, "connect"), [False, False])
        self.assertEqual(self.resumed("connect", "later", -60, "connect"), [False, False])

    def test_resuming_does_not_make_it_younger(self):
        """After a day the certificates are looked at again, however often new tickets came in between."""
        steps = 86399 // (self.lasts * 2 // 3)
        commands = ["connect"] + steps * ["later", self.lasts * 2 // 3, "connect"]
        self.assertEqual(self.resumed(*commands, "later", self.lasts * 2 // 3, "connect"), [False] + steps * [True] + [False])

    def test_a_single_bit_makes_it_unusable(self):
        for byte in (0, 31, 32, 39, 40, 43, 44, 60, 200):
            with self.subTest(byte=byte):
                self.assertEqual(self.resumed("connect", "flip", byte, 3, "connect", "connect"), [False, False, True])

    def test_each_single_bit_makes_it_unusable(self):
        connect, bits = self.run_client("connect", "flip-each")
        self.assertGreater(int(bits["bits"]), 8 * 100)
        self.assertEqual((bits["used"], bits["whole"]), ("0", "1"), connect)

    def test_is_not_used_when_it_is_cut(self):
        length = int(self.run_client("connect")[0]["session_len"])
        for cut in (0, 1, 32, 44, length // 2, length - 1):
            with self.subTest(cut=cut):
                self.assertEqual(self.resumed("connect", "cut", cut, "connect"), [False, False])
        self.assertEqual(self.resumed("connect", "cut", length, "connect"), [False, True])

    def test_one_that_does_not_fit_is_not_kept(self):
        length = int(self.run_client("connect")[0]["session_len"])
        for room in (0, 1, 44, 45, length - 1):
            with self.subTest(room=room):
                reports = self.run_client("room", room, "connect", "connect")
                self.assertEqual([(r["error"], r["session_len"], r["resumed"]) for r in reports], [("0", "0", "0")] * 2)
        self.assertEqual(self.resumed("room", length, "connect", "connect"), [False, True])

    def test_one_that_the_server_refuses_costs_a_full_handshake(self):
        with standin.StandIn(PKI, tls=self.tls, rate=0) as s:
            client = subprocess.Popen([CLIENT, str(s.port), s.ca, s.key, s.org, "connect", "pause", "connect", "connect"],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            first = client.stdout.readline()
            s.use(chain="ecdsa", tls=self.tls)      # forgets all tickets
            lines = [first] + client.communicate("\n", timeout=60)[0].splitlines()
        self.assertEqual([re.match(r"error=(\S+) .* resumed=(\d)", line).groups() for line in lines],
                         [("0", "0"), ("0", "0"), ("0", "1")])

    def test_nothing_is_kept_where_nobody_asks(self):
        reports = self.run_client("off", "connect", "connect")
        self.assertEqual([(r["error"], r["resumed"], r["session_len"]) for r in reports], [("0", "0", "0")] * 2)


class Tls12(Sessions, unittest.TestCase):
    tls = "1.2"
    lasts = 86400       # seconds that a session may be used: ANGO_TLS_SESSION_AGE_MAX


class Tls13(Sessions, unittest.TestCase):
    tls = "1.3"
    lasts = 7200        # what the server's tickets say


if __name__ == "__main__":
    unittest.main()
