#!/usr/bin/python3
"""The lists that people have, as the ango command reads them: what is invited, and what is refused before anything is sent.

    tests/e2e/test_command_lists.py     tries build/host/ango, or the command that the environment's ANGO names
"""
import csv
import io
import json
import os
import random
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import test_command_desk                                        # noqa: E402
from test_command import A, B, C                                # noqa: E402
from test_command import DONE, SOME_FAILED, USAGE, REFUSED, NETWORK     # noqa: E402
from test_command_desk import ZOE                               # noqa: E402


class Case(test_command_desk.Case):
    def asked(self, *contents, arguments=(), **options):
        """What each request asked for, when these lists are invited."""
        self.s.reset()
        froms = [word for content in contents for word in ("--from", self.file(content))]
        self.run_ango("invite", *arguments, *froms, **options)
        return [json.loads(entry["body"]) for entry in self.s.log() if entry["method"] == "POST"]

    def invited(self, *contents, **options):
        return [who for body in self.asked(*contents, **options) for who in body["to"]]

    def refused(self, content, *says, command="invite", arguments=()):
        """Nothing is sent, and each line and its reason is said."""
        name = self.file(content)
        self.run_ango(command, *arguments, "--from", name, status=USAGE)
        self.assertEqual((self.out, self.s.counts()["connections"]), ("", 0))
        for line, why in says:
            self.assertRegex(self.err, "(?m)^ango: %s, line %d: .*%s" % (name, line, why))
        self.assertEqual(self.err.count(name + ", line"), len(says), self.err)


class OneALine(Case):
    def test_spellings(self):
        for line in (A, " %s\t" % A, "<%s>" % A, "Zoe <%s>" % A, '"Doe, Zoe" <%s>' % A, "%s <%s>" % (A, A), "mailto:" + A,
                     "MAILTO:%s?subject=Hello" % A, "<mailto:%s>" % A, A + ",", A + ";", "\u00a0%s\u3000" % A, '"%s"' % A,
                     "\u2003%s\u2029" % A, "Zoe O\u2019Neil <%s> " % A, ",,%s,," % A):
            with self.subTest(line=line):
                self.assertEqual(self.invited(line + "\n" + B), [A, B])

    def test_ends_of_lines_and_encodings(self):
        text = "%s\n\n# a comment, with; marks\n%s\n  # \"\n%s" % (A, B, C)
        for end in ("\n", "\r\n", "\r"):
            whole = text.replace("\n", end)
            for encoded in (whole.encode(), b"\xef\xbb\xbf" + whole.encode(), b"\xff\xfe" + whole.encode("utf-16-le"),
                            b"\xfe\xff" + whole.encode("utf-16-be")):
                self.assertEqual(self.invited(encoded), [A, B, C])

    def test_beyond_ascii(self):
        for who in ("gr\u00fc\u00dfe@ex\u00e4mple.com", "\u4e2d@example.com", "\U0001f600@example.com"):
            for encoded in (who.encode(), b"\xff\xfe" + who.encode("utf-16-le"), b"\xfe\xff" + who.encode("utf-16-be")):
                self.assertEqual(self.invited(encoded), [who])

    def test_odd_but_possible(self):
        """What differs in one byte is another address, as in row 150."""
        people = ["a^b@example.com", "a~b@example.com", "o'neil+x@example.com", "a|b@example.com", "a=b@example.com"]
        self.assertEqual(self.invited("\n".join(people)), people)
        self.assertEqual(set(self.words()), set(people))
        self.run_ango("invite", "--host", "127.0.0.1:1", '"a,b"@example.com', status=NETWORK)
        self.assertIn('"a,b"@example.com', self.out)

    def test_several_lists_and_arguments(self):
        """As in row 151."""
        self.assertEqual(self.invited(B, "\ufeff" + C, arguments=(A,)), [A, B, C])

    def test_duplicates_are_one_line(self):
        self.assertEqual(self.invited("\n".join([A, B, A, "<%s>" % A.upper()]), B), [A, B])
        self.assertIn("3 are there more than once (%s, ...); each counts once\n" % A, self.err)
        self.assertEqual(self.err.count("\n"), 1)
        self.invited("%s\n%s" % (A, A))
        self.assertIn("1 is there more than once (%s); each counts once\n" % A, self.err)

    def test_arguments_as_they_are_copied(self):
        self.run_ango("invite", "Zoe <%s>" % A, "mailto:" + B, " %s " % C)
        self.assertEqual(self.s.invites(), [A, B, C])
        self.run_ango("invite", "%s, %s" % (A, B), "a@b@c", status=USAGE)
        self.assertRegex(self.err, r"user_1@example\.com, user_2@example\.com: .*\n.*a@b@c: it has two @\nango: nobody was invited")


class Tables(Case):
    def test_without_a_header(self):
        for rows in ("%s,Zoe\n%s,Max\n", "%s;Zoe\n%s;Max\n", "Zoe\t%s\nMax\t%s\n", "Zoe,%s,x\n\n,,\nMax,%s,\n",
                     '"Zoe, ""Zo"" D.",%s\r\n"Max\r\nM.",%s\r\n', "%s, admins\n%s, x\n", "%s;a,b\n%s;c,d\n"):
            with self.subTest(rows=rows):
                self.assertEqual(self.invited(rows % (A, B)), [A, B])

    def test_with_a_header(self):
        """As in row 149."""
        for header, row in (("email,name", "%s,Zoe"), ("Name;E-Mail", "Zoe;%s"), ("name\tMail address\tcity", "Zoe\t%s\t"),
                            ('"Name","Email Address"', '"Zoe, Z.","%s"'), ("Email", "%s"), ("Adresse;Ort", "%s;Bern"),
                            ("manager e-mail,email", "boss@example.com,%s"), ("# made by hand\n\nemail,name", "%s,Zoe")):
            with self.subTest(header=header):
                self.assertEqual(self.invited("%s\n%s\n%s\n" % (header, row % A, row % B)), [A, B])

    def test_columns_that_are_not_used_are_told(self):
        """What was meant by them would be lost without a word."""
        self.invited("Name,E-mail,R\u00f4le,Project name\nZoe,%s,admin,Street scenes\n" % A)
        self.assertIn('these columns are not used: "Name", "R\u00f4le", "Project name"; roles and projects are in those called role, '
                      "project and project role\n", self.err)
        self.assertEqual(self.err.count("\n"), 1)
        for text in ("email,role\n%s,admin\n", "email,,\n%s,,\n", "%s,Zoe\n"):
            self.s.reset()
            self.invited(text % A)
            self.assertEqual(self.err, "")
        self.run_ango("uninvite", "--yes", "--from", self.file("name,email\nZoe,%s\n" % A))
        self.assertNotIn("columns", self.err)
        self.run_ango("role", "member", "--yes", "--from", self.file("name,email,role,project\nMax,member@example.com,admin,1\n"))
        self.assertIn('these columns are not used: "role", "project"; this command takes no roles and projects from a list\n', self.err)

    def test_columns_that_are_there_twice(self):
        for header, row, column in (("email,E-mail", "%s,%s", "E-mail"), ("work mail,home mail", "%s,%s", "home mail"),
                                    ("email,role,organization role", "%s,admin,%.0smember", "organization role"),
                                    ("project,email,project id", "x,%s,%.0sy", "project id")):
            self.refused("%s\n%s\n" % (header, row % (A, B)), (1, "%s: a second column that may hold" % column))
        self.assertEqual(self.invited("manager mail,home mail,email\nx,y,%s\n" % A), [A])

    def test_latin_1_in_other_columns(self):
        self.assertEqual(self.invited(b"Name;email\nZo\xeb;%s\n" % A.encode()), [A])

    def test_roles_and_projects(self):
        p, q = self.s.projects
        text = ("email,role,project,project role\n%s,Admin,,\n%s,,%s,reviewer\n%s,member,,\n%s,,%s,Reviewer\n"
                % (A, B, p, C, "d@example.com", p))
        self.assertEqual(self.asked(text, arguments=("--project", q + ":Lead")), [
            {"to": [A], "organizationRole": "admin", "projectAssignments": [{"projectId": q, "projectRole": "Lead"}]},
            {"to": [B, "d@example.com"], "organizationRole": "member",
             "projectAssignments": [{"projectId": p, "projectRole": "Reviewer"}]},
            {"to": [C], "organizationRole": "member", "projectAssignments": [{"projectId": q, "projectRole": "Lead"}]}])
        self.assertEqual(self.words(), dict.fromkeys((A, B, C, "d@example.com"), "invited"))

    def test_project_without_a_role(self):
        """With and without a header it is for a labeler."""
        p = self.s.projects[0]
        for text in ("email,project,project role\n%s,%s,\n" % (A, p), "email;project\n%s;%s\n" % (A, p), "%s %s" % (A, p)):
            (body,) = self.asked(text)
            self.assertEqual(body["projectAssignments"], [{"projectId": p, "projectRole": "Labeler"}])

    def test_separator_of_a_spreadsheet(self):
        for text in ("sep=;\nemail;name\n%s;Z\n%s;M\n", "\ufeffsep=,\r\n%s,x;y\r\n%s,z\r\n", "SEP=\t\n%s\tx\n%s\ty\n",
                     "sep=,\nname,email\na;b,%s\nc;d,%s\n"):
            self.assertEqual(self.invited(text % (A, B)), [A, B])
        self.s.reset()
        self.refused("%s\nsep=;\n" % A, (2, "has no @"))
        self.refused("sep=;\nsep=;\n%s\n" % A, (2, "has no @"))
        self.refused("sep=x\n%s\n" % A, (1, "has no @"))

    def test_as_at_a_badge_desk(self):
        p, q = self.s.projects
        lines = {A + " admin": ("admin", q, "Lead"), B + "  member Reviewer": ("member", q, "Reviewer"),
                 C + " Manager " + p: ("member", p, "Manager"), "d@example.com " + p: ("member", p, "Labeler"),
                 "e@example.com admin -": ("admin", None, None)}
        got = {}
        for body in self.asked("\n".join(lines), arguments=("--project", q + ":Lead")):
            (project,) = body.get("projectAssignments") or [{}]
            for who in body["to"]:
                got[who] = (body["organizationRole"], project.get("projectId"), project.get("projectRole"))
        self.assertEqual(got, {line.split()[0]: wish for line, wish in lines.items()})

    def test_what_python_writes(self):
        """Any text in the other columns, in any delimiter: the addresses come out as they went in."""
        seed = random.randrange(1 << 30)
        dice = random.Random(seed)
        for turn in range(40):
            people = ["p%d@example.com" % i for i in range(dice.randrange(1, 9))]
            at, width, delimiter = dice.randrange(3), dice.randrange(3, 6), dice.choice(",;\t")
            rows = [["".join(dice.choices('ab,;\t"\n \u00e4<>#', k=dice.randrange(8))) for _ in range(width)] for _ in people]
            out = io.StringIO()
            writer = csv.writer(out, delimiter=delimiter, lineterminator=dice.choice(("\n", "\r\n")),
                                quoting=dice.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)))
            writer.writerow(["email" if i == at else "c%d" % i for i in range(width)])
            for row, who in zip(rows, people):
                row[at] = who
                row[0] = who if at == 0 else "x" + row[0]       # a line that begins with # would be a comment
                writer.writerow(row)
            with self.subTest(seed=seed, turn=turn, text=out.getvalue()):
                self.assertEqual(self.invited(out.getvalue()), people)


class Refused(Case):
    def test_all_at_once_with_file_line_and_reason(self):
        """As in row 149."""
        bad = (("no-at", "has no @"), ("a@b@c", "has two @"), ("a b@example.com", "has a blank"), ("@example.com", "before or behind"),
               ("a@", "before or behind"), (".a@example.com", "before or behind"), ("a..b@example.com", "two dots"),
               ("a@example..com", "two dots"), ("a@example.com.", "before or behind"), ("a(b)@example.com", "only stands in quotes"),
               ("a@[127.0.0.1]", "only stands in quotes"), ("a:b@example.com", "only stands in quotes"),
               ("\u200ba@example.com", "nobody sees"), ("a\u00ad@example.com", "nobody sees"), ("a@exa\u2060mple.com", "nobody sees"),
               ("a\ufeff@example.com", "nobody sees"), ("a\u00a0b@example.com", "has a blank"), ("a\x07@example.com", "control"),
               ("x <a@b.c", "not closed"), ("b@c.d <a@b.c>", "two addresses"), ("a@b.c, d@e.f", "two addresses"),
               ("Zoe,Smith", "has no @"), ("mailto:a%40b@c.d", "%"), ("x" * 65 + "@example.com", "is too long"),
               ("a@-x.com", "begins or ends with -"), ("a@x-.com", "begins or ends with -"), ("a@x.-com", "begins or ends with -"),
               (A + " Zoe", "stand, if anything"), (A + "\tadmin Lead", "role or a name"), ('"a" b@c.d', "blank|quotes"))
        self.refused(A + "\n" + "\n".join(line for line, _ in bad), *((i + 2, why) for i, (_, why) in enumerate(bad)))
        self.assertIn("nobody was invited", self.err)

    def test_tables(self):
        self.refused("email,role\n%s,boss\n%s,admin\n" % (A, B), (2, "its role is not one"))
        self.refused("email,project,project role\n%s,1,\n%s,1,Boss\n" % (A, B), (3, "role is not one"))
        self.refused("email,project role\n%s,Lead\n" % A, (2, "its project role needs a project"))
        self.refused("email,name\n,Zoe\n%s,Max\nB\n" % A, (2, "is empty"), (4, "has no @"))
        self.refused("mail one,mail two\n%s,%s\n" % (A, B), (1, "a second column that may hold the address"))
        self.refused("Zoe,Smith\n%s,Max\n" % A, (1, "has no @"))
        self.refused('%s\n"Zoe,%s\n%s' % (A, B, C), (2, "a quote is not closed"))
        self.refused('email,note\n%s,"two\nlines"\nno-at,x\n' % A, (4, "has no @"))
        self.refused("%s\n%s admin" % (A, A), (2, "with another role or project"))

    def test_roles_where_there_are_none_to_give(self):
        self.refused("%s admin" % A, (1, "takes no roles and projects"), command="uninvite", arguments=("--yes",))
        self.run_ango("remove", "--yes", "--from", self.file("email,role\n%s,Boss\n" % ZOE))
        self.assertEqual(self.words(), {ZOE: "removed"})

    def test_files_that_are_no_lists(self):
        for content, says in ((b"x" * 100000, "line 1: x{80}...: it has no @"), (b"\x7fELF\0\0", "bytes that no text has"),
                              (b"\xff\xfea\0\0\0", "bytes that no text has"), (b"\xff@example.com", "is not UTF-8"),
                              (b"x" * (9 << 20), "too large for a list"), (b"\xff\xfe\x3d\xd8@\0", "is not UTF-8")):
            name = self.file(content)
            self.run_ango("invite", "--from", name, status=USAGE)
            self.assertRegex(self.err, says)
        self.refused("\n".join("x%d" % i for i in range(300)), *((i + 1, "has no @") for i in range(100)))
        self.assertIn("ango: and 200 more\nango: nobody was invited", self.err)


class DryRun(Case):
    def test_nothing_is_sent(self):
        p = self.s.projects[0]
        people = "\n".join("p%d@example.com" % i for i in range(250)) + "\n%s admin" % A
        self.run_ango("invite", "--dry-run", "--project", p + ":Lead", "--from", self.file(people))
        self.assertEqual(self.out, "251 of 251 would be invited, in 4 requests; nothing was sent\n")
        self.assertEqual(set(self.methods()), {"GET"})
        self.run_ango("remove", "--dry-run", ZOE)
        self.assertEqual(self.out, "1 of 1 would be removed, in 1 request; nothing was sent\n")
        self.assertEqual(json.loads(self.run_ango("invite", "--json", "--dry-run", A)),
                         {"command": "invite", "dry_run": True, "exit": 0, "addresses": 1, "left_out": 0, "requests": 1})

    def test_what_is_not_there(self):
        for arguments, says in ((("--org", "65a0c0de01ffffffffffffff"), "organization 65a0c0de01ffffffffffffff:\n.*HTTP 404"),
                                (("--project", "65a0c0de03ffffffffffffff:Lead"), "project 65a0c0de03ffffffffffffff:\n.*HTTP 404")):
            self.run_ango("invite", "--dry-run", *arguments, A, status=REFUSED)
            self.assertRegex(self.err, says)
            self.assertEqual(self.out, "it would not work as things are, and the error tells why; nothing was sent\n")
        self.run_ango("invite", "--dry-run", A, key="wrong-key-wrong-key", status=REFUSED)
        self.assertRegex(self.err, "^ango: the key:\n.*HTTP 401")
        self.assertNotIn("would be", self.out)
        self.run_ango("invite", "--dry-run", "--from", self.file("email\n%s admin\n" % A), status=USAGE)

    def test_with_missing_only(self):
        self.invite(A)
        self.run_ango("invite", "--dry-run", "--timeout", "1", "--missing-only", A, B)
        self.assertEqual(self.out, "1 of 2 would be invited, in 1 request; nothing was sent\n")
        self.assertEqual(self.s.invites(), [A])


if __name__ == "__main__":
    unittest.main()
