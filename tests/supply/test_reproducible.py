#!/usr/bin/python3
"""The same sources make the same bytes: in another folder, at another time, by another user.

What this tree has built is compared with what a copy of it builds, from files of another date, with another umask, time zone and
language, without a compiler's cache, and, if this is root, as nobody.
"""
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TOP + "/tests/common")
from built import built                                         # noqa: E402

HOST = ("build/host/libango.a", "build/host/libango_mbedtls.a", "build/host/archive/libango.a", "build/host/ango")
FIRMWARE = ("build/m3/libango.a", "build/m3/liblwip.a", "build/m3/lm3s6965/badge-desk.elf")
ANCHORS = "build/pki/all.ca.pem"                                    # what port/desk/badge-desk.conf names
LONG_AGO = 981173106
NOBODY = 65534


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def copy_tree(to):
    deps = [os.path.relpath(path, TOP) for path in (TOP + "/build/deps/mbedtls/" + part for part in ("include", "library", "3rdparty", "LICENSE"))]
    for part in ["Makefile", "LICENSE", "src", "include", "port", "tests", "build/deps/jsmn", "build/deps/lwip/src", *deps]:
        os.makedirs(os.path.dirname(os.path.join(to, part)), exist_ok=True)
        if os.path.isdir(os.path.join(TOP, part)):
            shutil.copytree(os.path.join(TOP, part), os.path.join(to, part))
        else:
            shutil.copy(os.path.join(TOP, part), os.path.join(to, part))
    for name in ("mbedtls", "jsmn", "lwip"):
        if os.path.exists(TOP + "/build/deps/%s/.pins" % name):
            shutil.copy(TOP + "/build/deps/%s/.pins" % name, to + "/build/deps/%s/.pins" % name)
    os.mkdir(to + "/build/pki")
    shutil.copy(os.path.join(TOP, ANCHORS), os.path.join(to, ANCHORS))
    for where, folders, names in os.walk(to):
        for name in folders + names:
            os.utime(os.path.join(where, name), (LONG_AGO, LONG_AGO))
    with open(to + "/build/deps/ready.mk", "w", encoding="ascii"):
        pass


class Reproducible(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.copy = cls.folder + "/another place"
        subprocess.run((TOP + "/tests/hub/pki",), check=True, stdout=subprocess.DEVNULL)
        built(*HOST)
        built(*FIRMWARE)
        copy_tree(cls.copy)
        cls.user = {}
        if os.geteuid() == 0:
            subprocess.run(("chown", "-R", "%d:%d" % (NOBODY, NOBODY), cls.folder), check=True)
            cls.user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}

    def check_same(self, variant, paths):
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TZ": "Pacific/Apia", "LC_ALL": "C", "CCACHE_DISABLE": "1"}
        subprocess.run(("make", "--no-print-directory", "-s", "-j2", "WERROR=1", "VARIANT=" + variant, *paths), cwd=self.copy, check=True,
                       env=environment, umask=0o077, **self.user)
        for path in paths:
            with self.subTest(path=path):
                self.assertEqual(digest(os.path.join(self.copy, path)), digest(os.path.join(TOP, path)))
                with open(os.path.join(self.copy, path), "rb") as file:
                    self.assertNotIn(self.copy.encode(), file.read())

    def test_the_library_and_the_command(self):
        self.check_same("host", HOST)

    def test_the_firmware(self):
        self.check_same("m3", FIRMWARE)


if __name__ == "__main__":
    unittest.main()
