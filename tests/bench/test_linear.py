#!/usr/bin/python3
"""Does reading take time in proportion to the length? Counted in instructions (callgrind), at two sizes of
each kind of document and reply: nested, escaped, in one string, in a thousand items, byte by byte."""
import glob
import os
import subprocess
import sys
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TOP + "/tests/common")
from built import built                                         # noqa: E402

CLIENT = built("build/host/tests/units/pure_driver")


class Linear(unittest.TestCase):
    def test_each_kind(self):
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "out")
            begin = ["--dump-before=" + name for name in ("count_json", "count_http", "count_end")]
            valgrind = ["valgrind", "--quiet", "--tool=callgrind", "--callgrind-out-file=" + out, *begin]
            done = subprocess.run(valgrind + [CLIENT, "cost", "10000"],
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
            lines = [line.split() for line in done.stdout.decode().splitlines()]
            # A dump before each count begins, and one when it ends, which has what it cost.
            self.assertEqual(len(glob.glob(out + ".*")), 2 * len(lines))
            costs = []
            for n in range(len(lines)):
                with open("%s.%d" % (out, 2 * n + 2), encoding="ascii") as dump:
                    costs.append(int([line for line in dump if line.startswith("totals:")][0].split()[1]))
        self.assertGreaterEqual(len(lines), 50)
        for n in range(0, len(lines), 2):
            name = " ".join(lines[n][:2])
            growth = int(lines[n + 1][2]) / int(lines[n][2])
            self.assertGreater(growth, 1.9, name)
            self.assertGreater(costs[n], 100, name)
            self.assertLess(costs[n + 1] / costs[n], 1.05 * growth, name)


if __name__ == "__main__":
    unittest.main()
