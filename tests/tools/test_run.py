#!/usr/bin/python3
"""What tests/run makes of the end of a job: whatever fails is counted."""
import importlib.machinery
import importlib.util
import io
import os
import unittest
import unittest.mock

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
loader = importlib.machinery.SourceFileLoader("run", TOP + "/tests/run")
run = importlib.util.module_from_spec(importlib.util.spec_from_loader("run", loader))
loader.exec_module(run)

RULE = "-" * 70 + "\n"


class Counts(unittest.TestCase):
    def ends(self, counter, status, output, name="job"):
        """How many have passed and failed after it."""
        all_of_it = run.Run(show=False)
        with unittest.mock.patch("sys.stdout", io.StringIO()):
            all_of_it.report(run.Job(name, ("x",), {}, counter), True, status, output, 0.0)
        return all_of_it.passed, sum(count for count, _ in all_of_it.failed.values())

    def test_unittest(self):
        for status, output, counts in (
                (0, "Ran 13 tests in 1.0s\n\nOK\n", (13, 0)),
                (0, "Ran 13 tests in 1.0s\n\nOK (skipped=3)\n", (10, 0)),
                (1, "Ran 13 tests in 1.0s\n\nFAILED (failures=1, errors=2, skipped=3)\n", (7, 3)),
                (1, "Ran 0 tests in 0.5s\n\nFAILED (errors=1)\n", (0, 1)),           # setUpModule
                (1, "Traceback (most recent call last):\n", (0, 1)),
                (-11, "Ran 13 tests in 1.0s\n\nOK\n", (13, 1)),
                (0, "Ran 0 tests in 0.5s\n\nOK\n", (0, 1))):
            with self.subTest(output=output, status=status):
                self.assertEqual(self.ends(run.unittest, status, RULE + output), counts)

    def test_cmocka(self):
        for status, output, counts in (
                (0, "[  PASSED  ] 4 test(s).\n", (4, 0)),
                (2, "[  PASSED  ] 2 test(s).\n[  FAILED  ] 2 test(s), listed below:\n", (2, 2)),
                (-6, "[ RUN      ] a\n", (0, 1)),
                (0, "", (0, 1))):
            with self.subTest(output=output, status=status):
                self.assertEqual(self.ends(run.cmocka, status, output), counts)

    def test_others(self):
        self.assertEqual(self.ends(None, 0, ""), (1, 0))
        self.assertEqual(self.ends(None, "timeout", ""), (0, 1))
        self.assertEqual(self.ends(run.hostile, 1, ""), (0, 1))
        self.assertEqual(self.ends(run.mutants, 1, "mutants=5\nmutants_survived=1\n"), (4, 1))
        self.assertEqual(self.ends(run.proved, 1, "proofs=5\nproofs_bounded=2\nproofs_failed=2\n"), (3, 2))
        self.assertEqual(self.ends(run.proved, 0, "proofs_skipped=1\n"), (0, 0))

    def test_a_case_that_no_program_of_these_has(self):
        self.assertEqual(self.ends(run.cmocka, 0, "", name="units/test_x@asan-gcc:name"), (0, 0))


if __name__ == "__main__":
    unittest.main()
