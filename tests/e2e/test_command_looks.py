#!/usr/bin/python3
"""How the ango command looks on a terminal: columns, widths, progress that never wraps; and its manual.

    tests/e2e/test_command_looks.py     tries build/host/ango, or the command that the environment's ANGO names
"""
import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
import unicodedata
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import test_command_desk                                        # noqa: E402
from test_command import A, B, ANGO, TOP                        # noqa: E402
from test_command import DONE, REFUSED, NETWORK                          # noqa: E402

NAMES = ("Zoe", "\u4e2d\u6587\u540d\u5b57", "Zoe\u0308 A\u030angstro\u0308m", "\uff21\uff22", "e\u0301\u0302\u0303", "\U0001f600 ok")


def columns(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


class Case(test_command_desk.Case):
    def on_screen(self, width, command, *arguments, stdout=True, **environment):
        """(status, what a terminal of so many columns got) of standard error, and of standard output."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
        shown = bytearray()
        with subprocess.Popen([ANGO, command, *self.here(*arguments)], env=self.environment(**environment), stdin=subprocess.DEVNULL,
                              stdout=theirs if stdout else subprocess.DEVNULL, stderr=theirs) as child:
            os.close(theirs)
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                if select.select([ours], [], [], 0.2)[0]:
                    try:
                        shown += os.read(ours, 65536)
                    except OSError:                             # EIO: nobody has it open any more
                        break
            child.wait(10)
        os.close(ours)
        return child.returncode, shown.decode()

    def assert_never_wraps(self, shown, width):
        """What is written over is shorter than a line."""
        for line in shown.split("\n"):
            for part in line.rstrip("\r").split("\r")[:-1]:
                self.assertLess(columns(part), width, ascii(part))


class Columns(Case):
    def members(self, names):
        users = [{"_id": str(i), "email": "%s@example.com" % n.replace(" ", ""), "name": "NAME", "organizationRole": "Member"}
                 for i, n in enumerate(names)]
        self.s.fault(status=200, body=json.dumps({"status": "success", "data": {"total": len(users), "users": users}}), times=9)

    def test_by_display_width(self):
        """Wide characters, and marks that combine: in whatever locale."""
        for locale in ({}, {"LC_ALL": "C"}, {"LC_ALL": "POSIX", "LANG": "C"}):
            self.members(NAMES)
            self.run_ango("members", **locale)
            rows = self.out.splitlines()[:-1]
            self.assertEqual({columns(row[:row.index("NAME")]) for row in rows}, {columns(rows[0][:rows[0].index("NAME")])}, self.out)
            self.s.reset()

    def test_of_addresses(self):
        people = ["%s@example.com" % name.replace(" ", "") for name in NAMES]
        self.s.fault(status=200, body=json.dumps({"status": "success", "data": {"invites": [
            {"to": who, "status": "Failed", "message": "NO"} for who in people]}}))
        self.run_ango("invite", *people, status=1)
        rows = [row for row in self.out.splitlines() if "NO" in row]
        self.assertEqual((len(rows), len({columns(row[:row.index("NO")]) for row in rows})), (len(people), 1))

    def test_on_terminals(self):
        for width in (40, 80, 132):
            with self.subTest(width=width):
                status, shown = self.on_screen(width, "members")
                self.assertEqual(status, DONE)
                self.assert_never_wraps(shown, width)
                table = [line.split("\r")[-1] for line in shown.replace("\r\n", "\n").split("\n") if "member@" in line or "EMAIL" in line]
                self.assertTrue(table)
                status, shown = self.on_screen(width, "check")
                self.assertEqual(status, DONE)
                lines = [line.split("\r")[-1] for line in shown.replace("\r\n", "\n").split("\n")]
                self.assertLessEqual(max(columns(line) for line in lines if "/" not in line), max(41, min(width, 80)))
                status, shown = self.on_screen(width, "check", key="wrong-key-wrong-key")
                self.assertEqual(status, REFUSED)
                shown = shown[shown.index("key "):]
                self.assertIn("or of another region (--host eu, us, india, test)", " ".join(shown.split()))
                self.assertLessEqual(max(columns(line.split("\r")[-1]) for line in shown.replace("\r\n", "\n").split("\n")), min(width, 80))

    def test_no_escapes(self):
        """No colour, whatever is set; so NO_COLOR has nothing to turn off."""
        for environment in ({}, {"NO_COLOR": "1"}, {"TERM": "xterm-256color", "FORCE_COLOR": "1"}, {"TERM": "dumb"}):
            _, shown = self.on_screen(80, "invites", **environment)
            self.assertNotIn("\x1b", shown)


class Progress(Case):
    def test_never_wraps(self):
        for width in (20, 40, 80, 132):
            with self.subTest(width=width):
                self.s.reset()
                self.s.fault(delay_ms=300, times=2)
                self.s.fault(status=429, headers={"Retry-After": "1"})
                status, shown = self.on_screen(width, "invite", "--retry-for", "9", "--batch", "1", A, B, stdout=False)
                self.assertEqual(status, DONE)
                self.assert_never_wraps(shown, width)
                self.assertIn("\rinviting 1 to 1"[:width - 1], shown)
                self.assertRegex(shown, "\r +\r$")

    def test_wide_characters_neither(self):
        status, shown = self.on_screen(40, "invite", "--retry-for", "1", "--host", "127.0.0.1:1", "\u4e2d" * 20 + "@example.com",
                                       stdout=False)
        self.assertEqual(status, NETWORK)
        self.assert_never_wraps(shown, 40)


class Manual(unittest.TestCase):
    def test_lints(self):
        done = subprocess.run(("mandoc", "-T", "lint", "-W", "warning", TOP + "/port/command/ango.1"), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual((done.stdout, done.returncode), ("", 0))

    def test_reads(self):
        text = subprocess.run(("mandoc", "-T", "utf8", TOP + "/port/command/ango.1"), stdout=subprocess.PIPE, text=True,
                              check=True).stdout
        text = re.sub(".\b", "", text)
        for words in ("--missing-only", "LoadCredential=ango-key:FILE", "RestartPreventExitStatus=1 2 3 4 7", "ANGO_KEY_FILE"):
            self.assertIn(words, text)
        kiosks = " ".join(text[text.index("\nKIOSKS"):text.index("\nEXAMPLES")].split())
        self.assertIn("Beware of a short --timeout: it must not be shorter than the server may need.", kiosks)
        self.assertNotRegex(kiosks, "--timeout [0-9]")
        self.assertLessEqual(max(columns(line) for line in text.splitlines()), 80)


if __name__ == "__main__":
    unittest.main()
