#!/usr/bin/python3
"""No library object may ask for anything of libc but to move, compare and measure memory: no malloc, no
printf, no time, no exit. What is allowed is listed, so that nothing can be forgotten."""
import os
import re
import subprocess
import sys
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TOP + "/tests/common")
from built import make                                          # noqa: E402

MEMORY = {"memchr", "memcmp", "memcpy", "memmove", "memset", "explicit_bzero"}
TEXT = {"strchr", "strcmp", "strcspn", "strlen", "strncmp", "strstr", "inet_pton"}
# What the compiler calls by itself: arithmetic of libgcc, jump tables, position-independent code.
COMPILER = re.compile(r"_GLOBAL_OFFSET_TABLE_|__\w+[sdt]i[234]|__aeabi_u?[il]\w*|__gnu_thumb1_case_\w+")
ALLOWED = MEMORY | TEXT


def foreign(*archives):
    """The symbols that these archives refer to and do not define, without what is allowed."""
    used, defined = set(), set()
    for line in subprocess.check_output(("nm", "-P", *archives), text=True).splitlines():
        words = line.split()
        if len(words) >= 2 and len(words[1]) == 1:
            (used if words[1] in "Uw" else defined).add(words[0])
    return {name for name in used - defined - ALLOWED if not COMPILER.fullmatch(name)}


class NoHeap(unittest.TestCase):
    def check(self, variant):
        make("VARIANT=" + variant, "lib")
        archives = ["%s/build/%s/%s.a" % (TOP, variant, name) for name in ("libango", "libango_mbedtls")]
        self.assertEqual(foreign(*archives), set())

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
            subprocess.run(("gcc", "-O2", "-x", "c", "-c", "-", "-o", built), input=source, text=True,
                           check=True)
            self.assertEqual(foreign(built), {"calloc"})


if __name__ == "__main__":
    unittest.main()
