#!/usr/bin/python3
"""port/pico: example and glue are built for this machine, with a Pico SDK of our own (stubs/pico) and lwIP; entropy is tried on
generators that are good and bad. Not covered: the SDK, its radio, a chip; so nobody is invited here."""
import os
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frameworks import HERE, JSMN, TOP, platform_mbedtls, run   # noqa: E402

STUBS = HERE + "/stubs/pico"
LWIP = TOP + "/build/deps/lwip"
ENTROPY_FAILED = "-11\n"


class Pico(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        run("port/deps/fetch", "lwip")
        run("tests/hub/pki")
        cls.folder = tempfile.TemporaryDirectory()
        cls.root = cls.folder.name

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_example_is_built(self):
        work = self.root + "/invite"
        shutil.copytree(TOP + "/port/pico/example", work)
        with open(STUBS + "/pico_sdk_import.cmake", encoding="utf-8") as file:
            text = file.read().replace("${CMAKE_CURRENT_LIST_DIR}", STUBS)
        with open(work + "/pico_sdk_import.cmake", "w", encoding="utf-8") as file:
            file.write(text)
        with open(work + "/anchors.h", "w", encoding="utf-8") as file:
            file.write(run("port/pem2c", "build/pki/ecdsa.ca.pem"))
        # With the platform's mbedTLS, which spares building one; test_cmake.py tries a private one.
        run("cmake", "-S", work, "-B", work + "/build", "-G", "Ninja", "-DANGO=" + TOP, "-DCHIP=PICO_RP2350", "-DLWIP=" + LWIP,
            "-DANGO_MBEDTLS=SHARED", "-DANGO_JSMN_DIR=" + JSMN, "-DCMAKE_PREFIX_PATH=" + platform_mbedtls())
        run("cmake", "--build", work + "/build", "--parallel", "2")
        self.assertEqual(run("sh", "-c", work + "/build/invite; echo $?"), "no network\n1\n")

    def entropy(self, chip, mood, length, *flags):
        program = "%s/entropy%s" % (self.root, "-".join((chip, *flags)))
        if not os.path.exists(program):
            run("gcc", "-std=c99", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-D" + chip + "=1", *flags, "-I" + STUBS + "/include",
                "-I" + TOP + "/include", "-I" + TOP + "/port/pico", "-I" + TOP + "/port/pico/example", "-isystem", LWIP + "/src/include",
                HERE + "/program/pico_entropy.c", "-o", program)
        return run(program, mood, str(length))

    def test_entropy_of_a_generator(self):
        for length, words in ((1, 1), (24, 6), (25, 7), (64, 16)):
            expected = b"".join(word.to_bytes(4, sys.byteorder) for word in range(1, words + 1))[:length]
            self.assertEqual(self.entropy("PICO_RP2350", "good", length).split(), ["0", *("%02x" % byte for byte in expected)])
        for mood in ("complains", "silent"):
            self.assertEqual(self.entropy("PICO_RP2350", mood, 48), ENTROPY_FAILED, mood)

    def test_entropy_without_a_generator(self):
        self.assertEqual(self.entropy("PICO_RP2040", "good", 48), ENTROPY_FAILED)
        found = self.entropy("PICO_RP2040", "good", 48, "-DANGO_PICO_ROSC=1").split()
        self.assertEqual(found[0], "0")
        self.assertGreater(len(set(found[1:])), 24)
        self.assertEqual(self.entropy("PICO_RP2040", "silent", 48, "-DANGO_PICO_ROSC=1"), ENTROPY_FAILED)


if __name__ == "__main__":
    unittest.main()
