#!/usr/bin/python3
"""The rows that tests cite are in the table, and what the table says is tried is cited there.

What the hostile tests really try is held against the table by tests/hostile/run.
"""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rows                                                     # noqa: E402


class Rows(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.table = rows.table()

    def test_numbers_have_no_gap(self):
        self.assertEqual(sorted(self.table), list(range(1, max(self.table) + 1)))

    def test_what_is_cited_is_in_the_table_and_said_to_be_tried(self):
        for path in rows.sources():
            with open(path, encoding="utf-8") as file:
                for number, line in enumerate(file, 1):
                    for row in rows.spoken(line):
                        with self.subTest(path=path, line=number, row=row):
                            self.assertIn(row, self.table)
                            self.assertNotEqual(self.table[row].tests, [], "it is `not yet` tried")

    def test_what_is_said_to_be_tried_is_cited(self):
        for row in self.table.values():
            for test in row.tests:
                path = rows.source(test)
                with self.subTest(row=row.number, test=test), open(path, encoding="utf-8") as file:
                    hostile = test.startswith("hostile/")
                    text = file.read()
                    # The rows of all exchanges are reported by what the hostile tests share.
                    if hostile and row.number in (120, 121, 122):
                        continue
                    self.assertTrue(any(row.number in rows.cited(line, hostile) for line in text.splitlines())
                                    or row.number in rows.cited(text, hostile))

    def test_a_case_is_found_by_its_row(self):
        self.assertEqual(rows.cases(rows.source("hostile/test_port"), 113), ["test_would_block"])
        self.assertIn("test_wraps", rows.cases(rows.source("hostile/test_port"), 116))


if __name__ == "__main__":
    unittest.main()
