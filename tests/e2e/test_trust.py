#!/usr/bin/python3
"""Sets of trust anchors in two slots: a newer one that the owner signed is taken, and nothing else, whenever power fails."""
import os
import re
import subprocess
import sys
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PKI = TOP + "/build/pki"
VARIANT = os.environ.get("HOSTILE_VARIANT", "asan-gcc")
ANCHOR = -25                                                    # ANGO_E_ANCHOR
END = -2


class Trust(unittest.TestCase):
    command = (TOP + "/build/%s/tests/e2e/trust_driver" % VARIANT,)

    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        subprocess.run((TOP + "/tests/hub/pki", PKI), check=True)
        for key in ("owner", "thief"):
            subprocess.run(("openssl", "genpkey", "-quiet", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out",
                            cls.path(key + ".pem")), check=True)
            cls.make(key + ".der", "--key", cls.path(key + ".pem"), "--public")
        for version in (1, 2, 3):
            cls.sign("set%d" % version, "owner", version, "ecdsa.ca.pem", *(("rsa4096.ca.pem",) if version > 1 else ()))
        cls.sign("forged", "thief", 9, "ecdsa.ca.pem")
        cls.sign("crowded", "owner", 9, *9 * ("ecdsa.ca.pem",))
        cls.sign("large", "owner", 9, *4 * ("rsa4096.ca.pem",))
        with open(cls.path("set1"), "rb") as file, open(cls.path("torn"), "wb") as torn:
            torn.write(file.read()[:-1])

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder, name)

    @classmethod
    def make(cls, name, *arguments):
        with open(cls.path(name), "wb") as file:
            subprocess.run((TOP + "/port/sign-anchors", *arguments), check=True, stdout=file)

    @classmethod
    def sign(cls, name, key, version, *files):
        cls.make(name, "--key", cls.path(key + ".pem"), "--set-version", str(version), *(PKI + "/" + each for each in files))

    def live(self, *commands):
        """What each command printed: a dictionary of numbers."""
        names = ("set1", "set2", "set3", "forged", "crowded", "large", "torn")
        words = [self.path(word) if word in names else word for command in commands for word in command.split()]
        done = subprocess.run((*self.command, self.path("owner.der"), *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [{name: int(value) for name, value in re.findall(r"(\w+)=(-?\d+)", line)} for line in done.stdout.splitlines()]

    def versions(self, *commands):
        return [(said["error"], said["version"]) for said in self.live(*commands)]

    def test_a_newer_set_replaces_an_older_one_once_it_has_connected(self):
        self.assertEqual(self.versions("load 0 set1", "init", "replace set2", "fall-back", "init", "connected", "init",
                                       "fall-back"),
                         [(0, 1), (0, 2), (0, 1), (0, 2), (0, 2), (0, 2), (END, 2)])

    def test_the_newest_is_found_in_either_slot(self):
        self.assertEqual(self.versions("load 0 set1", "load 1 set2", "init"), [(0, 2)])
        self.assertEqual(self.versions("load 0 set2", "load 1 set1", "init"), [(0, 2)])
        self.assertEqual([said["anchors"] for said in self.live("load 1 set2", "init", "replace set3")], [2, 2])

    def test_nothing_is_lost_while_the_new_one_does_not_connect(self):
        """The old set goes on working, and a third one replaces the second."""
        self.assertEqual(self.versions("load 0 set1", "init", "replace set2", "fall-back", "connected", "replace set3",
                                       "fall-back", "init", "connected", "fall-back"),
                         [(0, 1), (0, 2), (0, 1), (0, 1), (0, 3), (0, 1), (0, 3), (0, 3), (END, 3)])

    def test_what_is_refused(self):
        for name in ("set1", "set2", "forged", "crowded", "large", "torn"):
            self.assertEqual(self.versions("load 0 set2", "init", "replace " + name)[1], (ANCHOR, 2), name)
        # The older one in the other slot is no way back either.
        self.assertEqual(self.versions("load 0 set1", "load 1 set3", "init", "fall-back", "replace set2")[2], (ANCHOR, 1))

    def test_nothing_whole(self):
        self.assertEqual(self.versions("init"), [(ANCHOR, 0)])
        self.assertEqual(self.versions("load 0 torn", "init"), [(ANCHOR, 0)])
        self.assertEqual(self.versions("load 0 torn", "load 1 set1", "init"), [(0, 1)])

    def test_each_bit_and_each_length(self):
        flips, lengths = self.live("load 0 set1", "init", "flips set2", "lengths set2")[1:]
        self.assertGreater(flips["flips"], 8000)
        self.assertEqual((flips["taken"], lengths["taken"]), (0, 0))

    def test_power_fails_anywhere(self):
        said, = self.live("cuts set1 set2")
        self.assertGreater(said["cuts"], 70)
        self.assertEqual(said["wrong"], 0)


class TrustOnArm(Trust):
    """The same in QEMU, on 32 bits."""
    command = ("qemu-arm", TOP + "/build/armhf/tests/e2e/trust_driver")

    @classmethod
    def setUpClass(cls):
        subprocess.run(("make", "--no-print-directory", "-s", "-j2", "VARIANT=armhf", "build/armhf/tests/e2e/trust_driver"),
                       cwd=TOP, check=True, stdout=subprocess.DEVNULL)
        super().setUpClass()


if __name__ == "__main__":
    sys.exit(unittest.main())
