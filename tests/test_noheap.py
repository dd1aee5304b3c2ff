#!/usr/bin/python3
"""No library object may ask for anything of libc but to move, compare and measure memory: no malloc, no printf, no
time, no exit. What is allowed is listed, so that nothing can be forgotten."""
import os
import subprocess
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MEMORY = {"memchr", "memcmp", "memcpy", "memmove", "memset", "explicit_bzero"}
TEXT = {"strchr", "strcmp", "strcspn", "strlen", "strncmp", "strstr", "inet_pton"}
# What the compiler calls by itself: arithmetic, and position-independent code.
COMPILER = {"_GLOBAL_OFFSET_TABLE_", "__udivti3", "__aeabi_uldivmod", "__aeabi_ldivmod", "__aeabi_uidiv",
            "__aeabi_idiv", "__aeabi_uidivmod", "__aeabi_idivmod", "__aeabi_lmul", "__aeabi_llsl", "__aeabi_llsr",
            "__aeabi_lasr", "__gnu_thumb1_case_uqi", "__gnu_thumb1_case_sqi", "__gnu_thumb1_case_uhi",
            "__gnu_thumb1_case_shi", "__gnu_thumb1_case_si", "__clzsi2", "__aeabi_ulcmp"}
ALLOWED = MEMORY | TEXT | COMPILER


def foreign(*archives):
    """The symbols that these archives refer to and do not define."""
    used, defined = set(), set()
    for line in subprocess.check_output(("nm", "-P", *archives), text=True).splitlines():
        words = line.split()
        if len(words) >= 2 and len(words[1]) == 1:
            (used if words[1] in "Uw" else defined).add(words[0])
    return used - defined


class NoHeap(unittest.TestCase):
    def check(self, variant):
        subprocess.run(("make", "--no-print-directory", "-s", "-j2", "VARIANT=" + variant, "lib"), cwd=TOP, check=True,
                       stdout=subprocess.DEVNULL)
        archives = ["%s/build/%s/%s.a" % (TOP, variant, name) for name in ("libango", "libango_mbedtls")]
        self.assertEqual(foreign(*archives) - ALLOWED, set())

    def test_host(self):
        self.check("host")

    def test_host_tls12(self):
        self.check("host+tls12")

    def test_cortex_m3(self):
        self.check("m3")

    def test_cortex_m0plus(self):
        self.check("m0plus")

    def test_an_allocation_is_noticed(self):
        with tempfile.TemporaryDirectory() as folder:
            built = folder + "/a.o"
            source = "#include <stdlib.h>\nvoid *a(void); void *a(void) { return calloc(2, 3); }\n"
            subprocess.run(("gcc", "-O2", "-x", "c", "-c", "-", "-o", built), input=source, text=True, check=True)
            self.assertEqual(foreign(built) - ALLOWED, {"calloc"})


if __name__ == "__main__":
    unittest.main()
