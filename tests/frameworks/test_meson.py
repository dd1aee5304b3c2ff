#!/usr/bin/python3
"""port/meson, as `make dist-meson` lays it out: a Meson project that has it as a subproject invites somebody."""
import hashlib
import os
import shutil
import sys
import tarfile
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frameworks import HERE, JSMN, MBEDTLS, TOP, invites, laid_out, make, platform_mbedtls, run, shown    # noqa: E402


PLATFORM = ("-Dango:mbedtls=shared", "-Dshared=true")


class Meson(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.root = cls.folder.name
        shutil.copytree(HERE + "/program", cls.root + "/program")
        shutil.copytree(laid_out("meson"), cls.root + "/program/subprojects/ango")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def program(self, name, *options, source=None, prefix=None):
        build = self.root + "/" + name
        run("meson", "setup", build, source or self.root + "/program", *options,
            PKG_CONFIG_PATH=(prefix or platform_mbedtls()) + "/lib/pkgconfig")
        run("ninja", "-C", build, CFLAGS="-O1")     # without -g a compiler cache does not mind where it is built
        for program in ("in_c", "in_cpp"):
            invites(self, build + "/" + program)
        self.assertIn("no work to do", run("ninja", "-C", build))
        return build

    def test_an_mbedtls_of_its_own(self):
        build = self.program("private", "-Dango:mbedtls_dir=" + MBEDTLS)
        self.assertEqual([n for n in shown(build + "/subprojects/ango/libango.a") if not n.startswith("ango_")], [])

    def test_the_platforms_mbedtls(self):
        self.program("shared", *PLATFORM)

    def test_installed(self):
        prefix = self.root + "/prefix"
        make("install", "PREFIX=" + prefix)
        self.program("installed", source=HERE + "/program", prefix=prefix)

    def test_wrap_that_puts_the_file_there(self):
        """What port/meson/README.md shows: a wrap with patch_directory, of the tree as it is in the repository."""
        program = self.root + "/wrapped"
        shutil.copytree(HERE + "/program", program)
        shutil.copytree(TOP + "/port/meson", program + "/subprojects/packagefiles/ango")
        archive = program + "/subprojects/packagefiles/ango.tar.gz"
        with tarfile.open(archive, "w:gz") as tree:
            for name in ("include", "src", "port", "LICENSE"):
                tree.add(TOP + "/" + name, "ango-1/" + name)
        with open(archive, "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        with open(program + "/subprojects/ango.wrap", "w", encoding="utf-8") as file:
            file.write("[wrap-file]\ndirectory = ango-1\nsource_filename = ango.tar.gz\nsource_hash = %s\n"
                       "patch_directory = ango\n\n[provide]\nango = ango_dep\n" % digest)
        self.program("wrap", *PLATFORM, "-Dango:jsmn_dir=" + JSMN, source=program)


if __name__ == "__main__":
    unittest.main()
