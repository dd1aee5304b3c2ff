#!/usr/bin/python3
"""Marked places: what a mark stands for, and what becomes of it."""
import importlib.machinery
import importlib.util
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import marks                                                    # noqa: E402
from mutant_list import ALWAYS, DROP, MARKED, NEVER, swap       # noqa: E402

loader = importlib.machinery.SourceFileLoader("mutants", HERE + "/mutants")
mutants = importlib.util.module_from_spec(importlib.util.spec_from_loader("mutants", loader))
loader.exec_module(mutants)

SOURCE = """int f(int a, const char *p)
{
    a = g(";)", ')', a); /* mutant: one */
    if (a > 0 /* ; */ && p[0] == ')' /* mutant: two */
        && a < 9)
        a++;
    } else if (a == 7) { /* mutant: three */
    return a == 1 /* mutant: four */
        || h(a);
}
"""


class Marked(unittest.TestCase):
    def place(self, line):
        begin, end = marks.statement(SOURCE, line)
        return SOURCE[begin:end]

    def becomes(self, line, how):
        before, after = SOURCE, mutants.marked(SOURCE, line, how)
        begin, end = marks.statement(before, line)
        return after[begin:len(after) - (len(before) - end)]

    def test_a_statement_ends_with_its_semicolon(self):
        self.assertEqual(self.place(3), "a = g(\";)\", ')', a);")
        self.assertEqual(self.place(8), "return a == 1 /* mutant: four */\n        || h(a);")

    def test_a_condition_ends_with_its_last_bracket(self):
        self.assertEqual(self.place(4), "if (a > 0 /* ; */ && p[0] == ')' /* mutant: two */\n        && a < 9)")
        self.assertEqual(self.place(7), "} else if (a == 7)")

    def test_what_becomes_of_it(self):
        self.assertEqual(self.becomes(3, DROP), ";")
        self.assertEqual(self.becomes(7, NEVER), "} else if (0 && (a == 7))")
        self.assertEqual(self.becomes(7, ALWAYS), "} else if (1 || (a == 7))")
        self.assertEqual(self.becomes(8, swap("a == 1", "a == 2")).split(), "return a == 2 || h(a);".split())
        self.assertEqual(self.becomes(8, "return 5;"), "return 5;")
        self.assertIsNone(mutants.marked(SOURCE, 8, swap("a", "b")))     # there more than once

    def test_each_place_has_a_mutant_and_each_mutant_a_place(self):
        names = [mark.name for mark in marks.marks("mutant")]
        self.assertEqual(sorted(names), sorted(mutant.name for mutant in MARKED))


if __name__ == "__main__":
    unittest.main()
