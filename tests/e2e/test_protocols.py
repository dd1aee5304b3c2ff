#!/usr/bin/python3
"""Builds that leave a protocol out, or split public-key work, against servers that speak only one of them."""
import functools
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
WORKS = ("0", "acc")
REFUSED = ("-17", "not")                                        # ANGO_E_TLS, nothing was sent
CHAINS = ("ecdsa", "rsa2048", "rsa4096", "mixed")


@functools.lru_cache(None)
def driver(variant):
    return built("build/%s/tests/e2e/session_driver" % variant)


class Protocols(unittest.TestCase):
    def invite(self, variant, server):
        """How an invitation ended for a build, what it spoke, and whether the next one resumed it."""
        done = subprocess.run([driver(variant), str(server.port), server.ca, server.key, server.org, "connect", "connect"],
                              stdout=subprocess.PIPE, timeout=60, text=True)
        self.assertEqual(done.returncode, 0)
        first, second = [dict(re.findall(r"(\w+)=(\S*)", line)) for line in done.stdout.splitlines()]
        return (first["error"], first["outcome"]), first["version"], second["resumed"]

    def steps(self, server, *commands):
        """How many steps an invitation took, none of them in want of the network for long."""
        done = subprocess.run([driver("host+restartable"), str(server.port), server.ca, server.key, server.org, *commands,
                               "connect"], stdout=subprocess.PIPE, timeout=60, text=True)
        self.assertIn("error=0 ", done.stdout)
        return int(re.search(r"steps=(\d+)", done.stdout).group(1))

    def check(self, variant, expected):
        for tls in ("1.2", "1.3"):
            for chain in CHAINS:
                with self.subTest(tls=tls, chain=chain), standin.StandIn(PKI, tls=tls, chain=chain) as server:
                    ended, version, resumed = self.invite(variant, server)
                    self.assertEqual(ended, expected[tls])
                    if ended == WORKS:
                        self.assertEqual((version, resumed), ("TLSv" + tls, "1"))

    def test_both(self):
        self.check("host", {"1.2": WORKS, "1.3": WORKS})

    def test_only_1_2(self):
        self.check("host+tls12", {"1.2": WORKS, "1.3": REFUSED})

    def test_only_1_3(self):
        self.check("host+tls13", {"1.2": REFUSED, "1.3": WORKS})

    def test_public_key_work_in_slices(self):
        self.check("host+restartable", {"1.2": WORKS, "1.3": WORKS})
        with standin.StandIn(PKI, tls="1.2", chain="ecdsa") as server:
            whole = self.steps(server)
            self.assertGreater(self.steps(server, "slices", "200"), whole + 20)


if __name__ == "__main__":
    unittest.main()
