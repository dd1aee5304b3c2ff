#!/usr/bin/python3
"""port/cmake: each way in which a CMake project takes the library, in C and C++, invites somebody."""
import os
import sys
import tarfile
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frameworks import HERE, JSMN, MBEDTLS, TOP, invites, make, platform_mbedtls, run, shown    # noqa: E402


class Cmake(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.root = cls.folder.name
        make("install", "PREFIX=/usr/x", "DESTDIR=" + cls.root + "/moved")
        cls.installed = cls.root + "/moved/usr/x"

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def configure(self, name, way, **variables):
        build = self.root + "/" + name
        said = run("cmake", "-S", HERE + "/program", "-B", build, "-G", "Ninja", "-DWAY=" + way,
                   *("-D%s=%s" % item for item in variables.items()))
        return build, said

    def program(self, name, way, **variables):
        build, _ = self.configure(name, way, **variables)
        run("cmake", "--build", build, "--parallel", "2")
        for program in ("in_c", "in_cpp"):
            invites(self, build + "/" + program)
        return build

    def test_add_subdirectory_with_the_platforms_mbedtls(self):
        self.program("add", "add_subdirectory", ANGO=TOP, ANGO_MBEDTLS="SHARED", CMAKE_PREFIX_PATH=platform_mbedtls(),
                     ANGO_JSMN_DIR=JSMN)

    def test_fetchcontent_with_an_mbedtls_of_its_own(self):
        with tarfile.open(self.root + "/ango.tar.gz", "w:gz") as tree:
            for name in ("include", "src", "port", "LICENSE"):
                tree.add(TOP + "/" + name, "ango/" + name)
        build = self.program("fetch", "FetchContent", ANGO=self.root + "/ango.tar.gz", FETCHCONTENT_SOURCE_DIR_JSMN=JSMN,
                             FETCHCONTENT_SOURCE_DIR_MBEDTLS=MBEDTLS, CMAKE_INTERPROCEDURAL_OPTIMIZATION="ON")
        names = shown(build + "/_deps/ango-build/libango.a")
        self.assertIn("ango_tls_connect", names)
        self.assertEqual([name for name in names if not name.startswith("ango_")], [])
        self.assertIn("no work to do", run("cmake", "--build", build))

    def test_find_package(self):
        """What was installed has been moved since (DESTDIR), and is found all the same."""
        build = self.program("find", "find_package", CMAKE_PREFIX_PATH=self.installed)
        invites(self, build + "/with_shared")

    def test_what_is_missing_is_said(self):
        for variables, sentence in (({"ANGO_JSMN_DIR": "/nowhere"}, "no jsmn.h in ANGO_JSMN_DIR=/nowhere"),
                                    ({"ANGO_MBEDTLS_DIR": "/nowhere"}, "no sources of mbedTLS in ANGO_MBEDTLS_DIR=/nowhere"),
                                    ({"ANGO_MBEDTLS": "MINE"}, "it must be PRIVATE or SHARED")):
            with self.subTest(sentence), self.assertRaises(AssertionError) as raised:
                self.configure("missing", "add_subdirectory", ANGO=TOP, **{"ANGO_JSMN_DIR": JSMN, **variables})
            self.assertIn(sentence, " ".join(str(raised.exception).split()))

    def test_a_version_that_does_not_fit_is_refused(self):
        for version, fits in (("", True), ("0.1", True), ("0.1.0", True), ("0.0", False), ("0.2", False), ("1.0", False)):
            source = self.root + "/version"
            os.makedirs(source, exist_ok=True)
            with open(source + "/CMakeLists.txt", "w", encoding="utf-8") as file:
                file.write("cmake_minimum_required(VERSION 3.13)\nproject(x C)\nfind_package(ango %s)\n"
                           "message(STATUS \"found=${ango_FOUND}\")\n" % version)
            said = run("cmake", "-S", source, "-B", source + "/build" + version, "-DCMAKE_PREFIX_PATH=" + self.installed)
            self.assertIn("found=" + ("1" if fits else "0"), said, version)


if __name__ == "__main__":
    unittest.main()
