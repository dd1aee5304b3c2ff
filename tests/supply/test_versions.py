#!/usr/bin/python3
"""A TLS session that another version of the library, or of mbedTLS, has left is refused, and costs a full handshake and nothing else.

The other version is a copy of the command in which the words that sessions are bound to name one.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [TOP + "/tests/hub", TOP + "/tests/common"]
from built import built                                         # noqa: E402
from standin import StandIn                                     # noqa: E402

BOUND = re.compile(rb"ango (\d+\.\d+\.)(\d), Mbed TLS (\d+\.\d+\.)(\d)\0")


def next_digit(digit):
    return b"%d" % ((int(digit) + 1) % 10)


class Sessions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ango = built("build/host/ango")
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.s = StandIn(TOP + "/build/pki", rate=0).start()
        cls.addClassCleanup(cls.s.stop)

    def another(self, changed):
        with open(self.ango, "rb") as file:
            program = file.read()
        self.assertEqual(len(BOUND.findall(program)), 1)
        path = self.folder + "/another"
        with open(path, "wb") as file:
            file.write(BOUND.sub(changed, program))
        os.chmod(path, 0o755)
        return path

    def resumed(self, *programs):
        """Whether each run of these resumed, one after the other with the same file, by what the server saw."""
        name = self.folder + "/session"
        if os.path.exists(name):
            os.remove(name)
        self.s.reset()
        environment = {"ANGO_API_KEY": self.s.key, "ANGO_ORG": self.s.org, "HOME": self.folder, "PATH": os.environ["PATH"]}
        for program in programs:
            done = subprocess.run((program, "invites", "--host", "localhost:%d" % self.s.port, "--ca", self.s.ca, "--session", name),
                                  env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
        return [bool(entry["resumed"]) for entry in self.s.log()]

    def check(self, changed):
        another = self.another(changed)
        self.assertEqual(self.resumed(self.ango, self.ango, another, another, self.ango), [False, True, False, True, False])

    def test_of_another_version(self):
        self.check(lambda m: b"ango %s%s, Mbed TLS %s%s\0" % (m[1], next_digit(m[2]), m[3], m[4]))

    def test_of_another_mbedtls(self):
        self.check(lambda m: b"ango %s%s, Mbed TLS %s%s\0" % (m[1], m[2], m[3], next_digit(m[4])))


if __name__ == "__main__":
    unittest.main()
