#!/usr/bin/python3
"""Sets of trust anchors in two slots: a newer one that the owner signed is taken, and nothing else, whenever power fails."""
import hashlib
import os
import re
import struct
import subprocess
import sys
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TOP + "/tests/common")
from built import built                                         # noqa: E402

PKI = TOP + "/build/pki"
VARIANT = os.environ.get("HOSTILE_VARIANT", "asan-gcc")
END, ARG, ANCHOR = -2, -3, -25                                  # ANGO_E_...


class Trust(unittest.TestCase):
    command = (built("build/%s/tests/e2e/trust_driver" % VARIANT),)

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
        for name, of, change in (("torn", "set1", lambda data: data[:-1]), ("longer", "set3", lambda data: data + b"\0")):
            with open(cls.path(of), "rb") as file, open(cls.path(name), "wb") as changed:
                changed.write(change(file.read()))

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
        names = ("set1", "set2", "set3", "forged", "crowded", "large", "torn", "longer", "odd", "thief.der")
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
        for name in ("set1", "set2", "forged", "crowded", "large", "torn", "longer"):
            self.assertEqual(self.versions("load 0 set2", "init", "replace " + name)[1], (ANCHOR, 2), name)
        # The older one in the other slot is no way back either.
        self.assertEqual(self.versions("load 0 set1", "load 1 set3", "init", "fall-back", "replace set2")[2], (ANCHOR, 1))

    def test_nothing_whole(self):
        self.assertEqual(self.versions("init"), [(ANCHOR, 0)])
        self.assertEqual(self.versions("load 0 torn", "init"), [(ANCHOR, 0)])
        self.assertEqual(self.versions("load 0 torn", "load 1 set1", "init"), [(0, 1)])

    def test_a_list_that_is_none(self):
        """Its digest is right, so it was not cut off while it was written: somebody has made it so."""
        one = b"\0\3\x30\1\0"
        for anchors in (b"", b"\0", b"\0\0", one + b"\0\0", one + b"\0\1", one + b"\0", 9 * one):
            body = b"ANGOSET1" + struct.pack(">IH", 5, len(anchors)) + anchors + b"\1s"
            with open(self.path("odd"), "wb") as file:
                file.write(body + hashlib.sha256(body).digest())
            self.assertEqual(self.versions("load 1 odd", "init", "load 0 set1", "init"), [(ANCHOR, 0), (0, 1)], anchors)
        body = body.replace(struct.pack(">H", len(anchors)) + anchors, struct.pack(">H", 8 * len(one)) + 8 * one)
        with open(self.path("odd"), "wb") as file:
            file.write(body + hashlib.sha256(body).digest())
        self.assertEqual(self.versions("load 1 odd", "load 0 set1", "init"), [(0, 5)])

    def test_the_owner(self):
        self.assertEqual(self.versions("load 0 set1", "owner thief.der", "init", "replace set2", "replace forged"),
                         [(0, 1), (ANCHOR, 1), (0, 9)])
        self.assertEqual(self.versions("load 0 set1", "owner torn", "init", "replace set2"), [(0, 1), (ANCHOR, 1)])

    def test_a_technician_brings_the_first_set(self):
        self.assertEqual(self.versions("init", "replace torn", "replace set1", "init"), [(ANCHOR, 0), (ANCHOR, 0), (0, 1), (0, 1)])

    def test_flash_that_fails(self):
        self.assertEqual(self.versions("load 0 set1", "init", "write-says -77", "replace set2", "write-says 0", "replace set2",
                                       "write-says -77", "connected", "write-says 0", "connected", "fall-back"),
                         [(0, 1), (-77, 1), (0, 2), (-77, 2), (0, 2), (END, 2)])
        self.assertEqual(self.versions("load 0 set1", "init", "garbles", "replace set2", "connected", "init", "fall-back"),
                         [(0, 1), (ANCHOR, 1), (0, 1), (0, 1), (END, 1)])

    def test_a_connection_is_open(self):
        self.assertEqual(self.versions("load 0 set1", "init", "replace set2", "hold", "fall-back", "replace set3", "init",
                                       "release", "init"),
                         [(0, 1), (0, 2), (ARG, 2), (ARG, 2), (ARG, 0), (0, 2)])

    def test_arguments(self):
        said, = self.live("load 0 set1", "nulls")
        self.assertEqual((said["nulls"], said["wrong"]), (8, 0))

    def test_arenas_of_each_size(self):
        said, = self.live("arenas set1 set2")
        self.assertEqual(said["wrong"], 0)
        for call, enough in (("init", 1024), ("fall_back", 1024), ("replace", 8192)):
            self.assertTrue(0 < said[call] <= enough, said)

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
        built("build/armhf/tests/e2e/trust_driver")
        super().setUpClass()


if __name__ == "__main__":
    sys.exit(unittest.main())
