#!/usr/bin/python3
"""The ango command, end to end, against servers that nobody has met yet: large replies, odd lists, gateways, and what
is read back through lag and doubt.

    tests/e2e/test_command_moods.py     tries build/host/ango, or the command that the environment's ANGO names
"""
import json
import os
import re
import signal
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import test_command_desk                                        # noqa: E402
from test_command import A, B, C                                # noqa: E402
from test_command import DONE, SOME_FAILED, USAGE, REFUSED, UNKNOWN, NETWORK, OTHER     # noqa: E402
from test_command_desk import MAX, ZOE                          # noqa: E402


class Case(test_command_desk.Case):
    def reply(self, data, **more):
        """The next request is answered with this, and carried out all the same."""
        self.s.fault(apply=True, status=200, body=json.dumps({"status": "success", "data": data}), **more)

    def did(self, what, address):
        return self.s.people().get(address, {}).get(what, 0)


class Project(Case):
    def setUp(self):
        super().setUp()
        self.id = self.s.projects[0]

    def assign(self):
        self.run_ango("assign", "--project", self.id, "--role", "Lead", ZOE)
        self.run_ango("assign", "--project", self.id, "--role", "Labeler", MAX)

    def test_table_and_objects(self):
        self.run_ango("project", self.id)
        self.assertEqual(self.out, "0 assigned\n")
        self.assertEqual(self.objects("project", self.id), [])
        self.assign()
        self.run_ango("project", self.id)
        self.assertEqual([line.split() for line in self.out.splitlines()],
                         [["ASSIGNEE", "ROLE"], [ZOE, "Lead"], [MAX, "Labeler"], ["2", "assigned"]])
        self.assertEqual(self.objects("project", self.id), [{"assignee": ZOE, "role": "Lead"},
                                                            {"assignee": MAX, "role": "Labeler"}])
        self.assertEqual(self.err, "")

    def test_of_a_hundred_kilobytes(self):
        self.s.mood("whole-project=100")
        self.assign()
        self.run_ango("project", self.id)
        self.assertEqual(self.out.splitlines()[1:], ["%-36s  Lead" % ZOE, "%-36s  Labeler" % MAX, "2 assigned"])
        self.assertEqual(len(self.objects("project", self.id)), 2)

    def test_needs_no_organization(self):
        self.ango("--host", self.s.host, "--ca", self.s.ca, self.id, command="project")
        self.assertEqual(self.out, "0 assigned\n")

    def test_one_that_there_is_not(self):
        self.run_ango("project", "65a0c0de03ffffffffffffff", status=REFUSED)
        self.assertEqual(self.out, "")
        self.assertRegex(self.err, "HTTP 404: Project not found\n.*check the identifiers of organization and projects")
        self.assertEqual(self.objects("project", self.s.other_projects[0], status=REFUSED), [])

    def test_more_people_than_there_is_room_for(self):
        people = [{"assignee": "p%d@example.com" % n, "role": "Lead"} for n in range(3000)]
        self.s.fault(status=200, body=json.dumps({"status": "success", "data": {"project": {"assignedTo": people}}}),
                     times=2)
        self.run_ango("project", self.id, status=OTHER)
        shown = self.out.splitlines()[1:-1]
        self.assertTrue(300 < len(shown) < 3000)
        self.assertEqual([line.split()[0] for line in shown], [p["assignee"] for p in people[:len(shown)]])
        self.assertEqual(self.out.splitlines()[-1], "3000 assigned")
        self.assertIn("%d of them not shown: " % (3000 - len(shown)), self.err)
        self.assertEqual(self.objects("project", self.id, status=OTHER), people[:len(shown)])
        self.assertIn("not shown", self.err)

    def test_waits_and_shows_no_control_characters(self):
        self.s.fault(status=429, headers={"Retry-After": "1"})
        people = [{"assignee": "a\x1b[2J\u202e@b.c", "role": "Boss\x07"}]
        self.reply({"project": {"assignedTo": people}})
        self.run_ango("project", "--retry-for", "5", self.id)
        self.assertIn("a\ufffd[2J\ufffd@b.c", self.out)
        self.assertEqual(self.err.count("too many requests for the server: waiting"), 1)

    def test_usage(self):
        for arguments in ((), ("a", "b")):
            self.run_ango("project", *arguments, status=USAGE)
            self.assertIn("takes one argument, the project's identifier", self.err)
        self.run_ango("project", "", status=USAGE)
        self.assertIn("an identifier is empty", self.err)
        self.run_ango("project", "--from", "-", self.id, status=USAGE)
        self.assertEqual(self.s.counts()["requests"], 0)


class Host(Case):
    def test_prefix(self):
        self.s.mood("prefix=/ango/hub")
        for prefix in ("/ango/hub", "/ango/hub/"):
            self.s.reset()
            self.s.mood("prefix=/ango/hub")
            self.run_ango("members", "--host", self.s.host + prefix)
            self.invite("--host", self.s.host + prefix, A)
            self.assertEqual(self.s.invites(), [A])
            self.assertTrue(all(entry["path"].startswith("/ango/hub/v2/") for entry in self.s.log()))
        self.ango("--ca", self.s.ca, "--org", self.s.org, command="members", ANGO_HOST=self.s.host + "/ango/hub")
        self.assertIn("3 members", self.out)

    def test_prefix_that_is_wrong_or_missing(self):
        self.s.mood("prefix=/ango/hub")
        for prefix in ("", "/", "/ango", "/hub/ango"):
            self.run_ango("members", "--host", self.s.host + prefix, status=REFUSED)
            self.assertIn("HTTP 404", self.err)
            self.run_ango("check", "--host", self.s.host + prefix, status=REFUSED)
            self.assertRegex(self.out, "(?m)^failed    key [^>]+-> there is no API at this address: check --host and its /PREFIX$")
        self.s.fault(status=404, body="<html>")
        self.run_ango("members", "--host", self.s.host + "/ango/hub", status=REFUSED)
        self.assertIn("or no API at this address: check the identifiers, --host and its /PREFIX", self.err)

    def test_prefix_of_a_sole_slash_is_none(self):
        self.run_ango("members", "--host", self.s.host + "/")


class Gateway(Case):
    def test_it_is_told_who_asks_and_in_which_encoding(self):
        self.s.mood("wants-user-agent", "compresses")
        self.invite(A)
        version = self.ango("--version", command=None).split()[1]
        headers = [dict(entry["headers"]) for entry in self.s.log()]
        self.assertEqual([(h["User-Agent"], h["Accept-Encoding"]) for h in headers], [("ango/" + version, "identity")])

    def test_its_403_and_that_of_the_api(self):
        html = {"status": 403, "body": "<html><h1>Access denied</h1></html>", "headers": {"Content-Type": "text/html"}}
        for command in (("invite", A), ("members",), ("project", self.s.projects[0])):
            self.s.fault(**html)
            self.run_ango(*command, status=REFUSED)
            self.assertIn("HTTP 403: <html><h1>Access denied</h1></html>\n", self.err)
            self.assertIn("not the API's way to refuse: something in between does", self.err)
            self.assertNotIn("administrator", self.err)
            self.s.fault(status=403, body='{"status":"fail","message":"Not yours"}')
            self.run_ango(*command, status=REFUSED)
            self.assertRegex(self.err, "HTTP 403: Not yours\n.*ask an administrator of the organization")

    def test_behind_a_cdn(self):
        self.s.mood("behind-a-cdn")
        self.invite(A, B)
        self.assertEqual(self.words(), {A: "invited", B: "invited"})
        self.assertEqual([m["to"] for m in self.objects("invites")], [A, B])

    def test_refusals_in_other_words(self):
        for shape, words in (("error", "This server refuses everything"), ("list", "This server refuses everything"),
                             ("errors", "This server refuses everything"), ("html", "<h1>400 Bad Request</h1>")):
            self.s.mood("refuses", "errors=" + shape)
            self.invite(A, status=REFUSED)
            self.assertRegex(self.err, "the server refused, HTTP 400: .*" + re.escape(words))


class Lists(Case):
    more = {"seed": {"invites": 65, "members": 65, "projects": 65}}
    COMMANDS = {"invites": "to", "members": "email", "projects": "name"}

    def all_once(self, *moods):
        state = self.s.state()
        for command, key in self.COMMANDS.items():
            with self.subTest(command=command, moods=moods):
                self.s.mood(*moods)
                shown = [each[key] for each in self.objects(command)]
                self.assertEqual(sorted(shown), sorted(each[key] for each in state[command]))
                self.assertEqual(self.err, "")

    def test_server_that_caps_limit(self):
        for most in (7, 10, 20, 50):
            self.all_once("caps-limit=%d" % most)
            self.all_once("caps-limit=%d" % most, "total=none", "order=newest", "nested")

    def test_server_that_ignores_limit(self):
        self.all_once("ignores-limit")
        self.all_once("ignores-limit=50", "order=newest")

    def test_server_that_ignores_page(self):
        """What it never shows cannot be shown; the rest comes once."""
        for moods, most in ((("ignores-page",), 65), (("ignores-page", "ignores-limit"), 10),
                            (("ignores-page", "caps-limit=20", "total=none"), 20)):
            for command in self.COMMANDS:
                self.s.mood(*moods)
                complete = command == "projects" and most == 65     # it has a total, and as many came
                status = DONE if complete else OTHER
                lines = self.run_ango(command, "--json", status=status).splitlines()
                self.assertEqual((len(lines), len(set(lines))), (most, most))
                self.assertEqual(self.err.count("\n"), 0 if complete else 1)

    def test_list_that_is_incomplete_says_so(self):
        for moods, counts in ((("ignores-limit", "ignores-page", "total=number"), True), (("ignores-limit", "ignores-page"), False),
                              (("caps-limit=7", "skips-as-asked", "total=number"), True)):
            self.s.mood(*moods)
            for command in self.COMMANDS:
                total = counts or command == "projects"
                lines = self.run_ango(command, status=OTHER).splitlines()
                self.assertRegex(lines[-1], "^%d .*, maybe not all$" % (len(lines) - 2))
                self.assertLess(len(lines) - 2, 65)
                self.assertRegex(self.err, "^ango: %s.*'ango check'.*\n$" % ("the list is incomplete: %d of 65 came; " % (len(lines) - 2)
                                 if total else "entries may be missing: "))
                shown = self.objects(command, status=OTHER)
                self.assertEqual(len(shown), len(lines) - 2)
                self.assertIn("the list is incomplete" if total else "entries may be missing", self.err)

    def test_entry_that_is_larger_than_the_buffer(self):
        users = [{"_id": str(n), "email": who, "name": "x" * 70000 * (who == B), "organizationRole": "Member"}
                 for n, who in enumerate((A, B, C))]
        self.s.fault(status=200, body=json.dumps({"status": "success", "data": {"total": len(users), "users": users}}), times=4)
        self.run_ango("members", status=OTHER)
        self.assertEqual([line.split()[0] for line in self.out.splitlines()[1:]], [A, C, "2"])
        self.assertIn("1 of them not shown: an entry of the list is larger than the buffer", self.err)
        self.assertEqual([m["email"] for m in self.objects("members", status=OTHER)], [A, C])

    def test_without_an_end(self):
        """Neither a list nor reading back goes on for ever: 20 times --timeout at most."""
        self.s.mood("endless")
        self.s.fault(method="POST", close="before-reply", apply=False)
        start = time.monotonic()
        with self.start("--timeout", "1", "--json", A) as inviting:
            with self.start("--timeout", "1", "--json", command="members") as listing:
                out, err = listing.communicate(timeout=60)
            invited, why = inviting.communicate(timeout=60)
        self.assertTrue(19 < time.monotonic() - start < 40)
        lines = out.splitlines()
        self.assertEqual(listing.returncode, OTHER)
        self.assertEqual(len(lines), len(set(lines)))
        self.assertGreater(len(lines), 500)
        self.assertIn(b"the list has not come to its end in 20 s; --timeout allows more", err)
        self.assertEqual(inviting.returncode, UNKNOWN)
        self.assertEqual(self.whole(invited.decode())["addresses"][0]["result"], "in doubt")
        self.assertIn(b"the lists have not come to an end in 20 s\nango: it could not be read back", why)
        self.assertEqual(self.methods().count("POST"), 1)


class ReadingBack(Case):
    TIMEOUT = ("--timeout", "2")
    ODD = ("\u00d6sten@example.com", "jo@b\u00fccher.example.com", "jo@xn--bcher-kva.example.com")

    def lost(self, apply, **more):
        self.s.fault(method="POST", close="before-reply", apply=apply, **more)

    def results_of(self, *arguments, command="invite", **options):
        document = self.document(command, *self.TIMEOUT, *arguments, **options)
        return {a["to"]: (a["result"], a["read_back"]) for a in document["addresses"]}

    def test_what_is_written_late(self):
        """The server is slow to act, or to show it: nobody is invited twice."""
        for moods in (("lags=0.7", "loses-reply"), ("acts-late=0.7:drop",), ("acts-late=0.7:504", "errors=html"),
                      ("replicas=0.7", "loses-reply=rst", "caps-limit=10"), ("acts-late=0.5:drop", "lags=0.5")):
            with self.subTest(moods=moods):
                self.s.reset()
                self.s.mood(*moods)
                self.assertEqual(self.results_of(A, B), {A: ("invited", True), B: ("invited", True)})
                self.assertEqual((self.s.invites(), self.s.doubled()), ([A, B], 0))
                self.assertEqual(self.methods().count("POST"), 1)

    def test_what_was_lost_is_sent_again(self):
        self.s.mood("caps-limit=10", "moves=add-front@2")
        self.lost(False)
        self.assertEqual(self.results_of(A), {A: ("invited", False)})
        self.assertEqual((self.s.doubled(), self.did("invited", A)), (0, 1))

    def test_address_that_cannot_be_compared(self):
        """It stays in doubt, and is not sent again, while the others are."""
        for odd in self.ODD:
            self.s.reset()
            self.lost(False)
            self.assertEqual(self.results_of(odd, A, status=UNKNOWN), {odd: ("in doubt", False), A: ("invited", False)})
            self.assertEqual([json.loads(e["body"])["to"] for e in self.s.log() if e["method"] == "POST"],
                             [[odd, A], [A]])
            self.assertEqual(self.whole(self.out)["error"]["outcome"], "unknown")
            self.assertIn("1 may have been invited or not", self.err)

    def test_address_that_is_stored_otherwise(self):
        self.s.mood("lowers-unicode")
        self.lost(True)
        self.assertEqual(self.results_of(self.ODD[0], status=UNKNOWN), {self.ODD[0]: ("in doubt", False)})
        self.assertEqual((len(self.s.invites()), self.s.doubled()), (1, 0))
        self.s.reset()
        self.lost(True)
        self.assertEqual(self.results_of(self.ODD[0]), {self.ODD[0]: ("invited", True)})

    def test_doubt_of_one_does_not_end_it(self):
        self.lost(False)
        document = self.document("invite", *self.TIMEOUT, "--batch", "2", self.ODD[0], A, B, status=UNKNOWN)
        self.assertEqual([(a["result"], a["again"]) for a in document["addresses"]],
                         [("in doubt", False), ("invited", False), ("invited", False)])
        self.assertEqual(self.s.invites(), [A, B])

    def test_removal_that_is_in_doubt(self):
        self.invite(self.ODD[0])
        self.s.fault(method="DELETE", close="before-reply")
        self.assertEqual(self.results_of("--yes", self.ODD[0], command="uninvite", status=UNKNOWN),
                         {self.ODD[0]: ("in doubt", False)})

    def test_reply_with_too_much_of_it(self):
        """What the buffer had no room for is read back, and not taken for forgotten."""
        people = ["p%d@example.com" % n for n in range(100)]
        self.reply({"invites": [{"to": who, "status": "Pending", "message": "x" * 2000} for who in people]})
        results = self.results_of(*people)
        self.assertEqual({result for result, _ in results.values()}, {"invited"})
        self.assertTrue(10 < sum(back for _, back in results.values()) < 90)
        self.assertEqual((self.s.invites(), self.s.doubled()), (people, 0))
        self.s.reset()
        self.reply({"users": {"updated": 40, "failed": 0, "results": [
            {"email": "p%d@example.com" % n, "status": "Updated", "message": "x" * 2000} for n in range(40)]}})
        document = self.document("role", *self.TIMEOUT, "admin", *people[:40], status=SOME_FAILED)
        self.assertEqual(document["updated"] + document["failed"], 40)      # they are no members: asked for again
        self.assertGreater(document["failed"], 5)

    def test_empty_strings_stay_empty(self):
        for who in (A, B):
            self.reply({"invites": [{"_id": "", "to": who, "status": "", "message": ""}]})
        document = self.document("invite", "--batch", "1", A, B)
        self.assertEqual([(a["id"], a["status"], a["message"]) for a in document["addresses"]], [("", "", "")] * 2)

    def test_interrupted(self):
        """In the time before it is believed that somebody is not there, and in mid-reading."""
        self.lost(False)
        start = time.monotonic()
        status, out, err = self.interrupted("--timeout", "20", A, requests=3, after=0.5)
        self.assertLess(time.monotonic() - start, 10)
        self.assertEqual(status, -signal.SIGINT)
        self.assertIn("1 in doubt", out)
        self.assertIn("reading back: waiting", err)
        self.assertIn("could not be read back", err)
        self.s.reset()
        self.lost(False)
        self.s.fault(method="GET", delay_ms=5000)
        status, out, err = self.interrupted("--timeout", "20", A, requests=2, after=0.3)
        self.assertEqual(status, -signal.SIGINT)
        self.assertIn("1 in doubt", out)
        self.assertIn("could not be read back", err)
        self.assertEqual(self.methods(), ["POST", "GET"])

    def test_progress(self):
        self.lost(False)
        self.s.fault(method="GET", delay_ms=400)
        status, out, shown = self.on_terminal("--timeout", "3", A)
        self.assertEqual((status, out), (DONE, "invited          %s\n1 invited\n" % A))
        self.assertIn("\rreading back, 0 s", shown)
        for seconds in (2, 1):
            self.assertIn("\rreading back; looking again in %d s" % seconds, shown)
        self.assertNotIn("waiting", shown)
        self.assertRegex(shown, "\r +\r$")


class StillThere(Case):
    """As with "not there": that somebody is still there, or has another role still, is said on evidence alone."""
    more = {"seed": {"invites": 5}}
    P3, P4 = "pending_3@example.com", "pending_4@example.com"
    LATE = (("acts-late=1:drop",), ("acts-late=1:504",), ("loses-reply=rst", "lags=1"))

    def results_of(self, command, *arguments, status=DONE):
        document = self.document(command, "--timeout", "3", *arguments, status=status)
        self.assertEqual(document["error"] is None, status in (DONE, SOME_FAILED))
        return {a["to"]: (a["result"], a["again"]) for a in document["addresses"]}

    def test_removal_of_one_that_is_late(self):
        """All that are asked for are found at first: that is no evidence."""
        for moods in self.LATE:
            for command, word, who in (("uninvite", "uninvited", self.P3), ("remove", "removed", ZOE)):
                with self.subTest(moods=moods, command=command):
                    self.s.reset()
                    self.s.mood(*moods)
                    self.assertEqual(self.results_of(command, "--yes", who), {who: (word, False)})
                    self.assertEqual(self.methods().count("DELETE"), 1)

    def test_removal_that_is_late(self):
        """Once is enough, a stranger among them does not stop it, and nobody who was found is said not to have been there."""
        for moods in self.LATE:
            for command, word, strange, people in (("uninvite", "uninvited", "not pending", (self.P3, self.P4)),
                                                   ("remove", "removed", "not a member", (ZOE, MAX))):
                with self.subTest(moods=moods, command=command):
                    self.s.reset()
                    self.s.mood(*moods)
                    self.assertEqual(self.results_of(command, "--yes", people[0], A, people[1], status=SOME_FAILED),
                                     {people[0]: (word, False), A: (strange, False), people[1]: (word, False)})
                    self.assertEqual(self.methods().count("DELETE"), 1)

    def test_removal_that_never_comes(self):
        """Three requests, each with the evidence that it was not carried out: nobody is in doubt."""
        self.s.mood("loses-request")
        for command, word, people in (("uninvite", "not uninvited", (self.P3, self.P4)), ("remove", "not removed", (ZOE, MAX))):
            document = self.document(command, "--yes", "--timeout", "3", "--batch", "1", *people, status=NETWORK)
            self.assertEqual([(a["result"], a["again"]) for a in document["addresses"]], [(word, True), ("not sent", True)])
            self.assertEqual((document[word.replace(" ", "_")], document["in_doubt"], document["requests"]), (1, 0, 3))
            self.assertEqual(len(re.findall(r"reading back: waiting \d s", self.err)), 3)

    def test_list_that_may_go_on(self):
        """Who was not seen in it beforehand may have been there all the same."""
        self.s.mood("ignores-page", "ignores-limit")
        self.assertEqual(self.results_of("uninvite", "--yes", self.P3, A, status=SOME_FAILED),
                         {self.P3: ("unclear", False), A: ("unclear", False)})
        self.s.mood("loses-request", "ignores-page", "ignores-limit")
        self.assertEqual(self.results_of("remove", "--yes", A, status=UNKNOWN), {A: ("in doubt", True)})
        self.assertEqual(self.methods().count("DELETE"), 2)

    def test_count_that_is_shown_late(self):
        """The reply counts one of two: who is shown for a moment more has not failed."""
        self.s.mood("lags=1")
        data = {"deleted": 1, "failed": 1}
        self.s.fault(method="DELETE", apply=True, status=200, body=json.dumps({"status": "success", "data": data}))
        self.assertEqual(self.results_of("uninvite", "--yes", self.P3, self.P4),
                         {self.P3: ("uninvited", False), self.P4: ("uninvited", False)})

    def test_role_that_is_late(self):
        for moods in self.LATE:
            with self.subTest(moods=moods):
                self.s.reset()
                self.s.mood(*moods)
                self.assertEqual(self.results_of("role", "admin", ZOE, MAX), {ZOE: ("updated", False), MAX: ("updated", False)})
                self.assertEqual(self.methods().count("POST"), 1)

    def test_role_that_never_comes(self):
        self.s.mood("loses-request")
        document = self.document("role", "--timeout", "3", "admin", ZOE, status=NETWORK)
        self.assertEqual([(a["result"], a["again"]) for a in document["addresses"]], [("not updated", True)])
        self.assertEqual((document["in_doubt"], document["requests"]), (0, 3))

    def test_role_of_somebody_who_cannot_be_seen(self):
        """In a list that may go on, or under an address that may be shown otherwise."""
        for who, moods in ((A, ("ignores-page", "ignores-limit")), ("jo@xn--bcher-kva.example.com", ()), ("\u00d6@example.com", ())):
            with self.subTest(who=who):
                self.s.reset()
                self.s.mood("loses-request", *moods)
                document = self.document("role", "--timeout", "3", "admin", who, status=UNKNOWN)
                self.assertEqual([(a["result"], a["again"]) for a in document["addresses"]], [("in doubt", True)])
                self.assertEqual(self.methods().count("POST"), 1)


class LookingFails(Case):
    """Who is there cannot be read: each address has its line all the same, and each error one."""

    def test_each_has_its_line(self):
        for command, moods, fault, more, status, http_status in (
                ("invite", ("refuses=401",), None, ("--missing-only",), REFUSED, 401),
                ("invite", (), {"status": 503}, ("--missing-only", "--retry-for", "2"), OTHER, 503),
                ("uninvite", ("refuses=400",), None, ("--yes",), REFUSED, 400),
                ("remove", (), {"status": 503}, ("--yes", "--retry-for", "2"), OTHER, 503),
                ("remove", (), {"close": "before-reply"}, ("--yes",), NETWORK, 0)):
            with self.subTest(command=command, http_status=http_status):
                self.s.reset()
                self.s.mood(*moods)
                if fault:
                    self.s.fault(method="GET", times=9, **fault)
                document = self.document(command, *more, A, ZOE, status=status)
                self.assertEqual([(a["to"], a["result"], a["again"]) for a in document["addresses"]],
                                 [(A, "not sent", True), (ZOE, "not sent", True)])
                self.assertEqual((document["not_sent"], document["requests"], document["error"]["http_status"]),
                                 (2, 0, http_status))
                self.assertNotEqual(document["error"]["outcome"], "unknown")
                lines = [line for line in self.err.splitlines() if ": waiting " not in line]
                self.assertEqual(len(lines), len(set(lines)), self.err)
                self.run_ango(command, *more, A, ZOE, status=status)
                self.assertEqual(self.out, "not sent         %s\nnot sent         %s\n2 not sent\n" % (A, ZOE))
                self.assertEqual({*self.methods()}, {"GET"})

    def test_interrupted(self):
        self.s.fault(method="GET", delay_ms=5000)
        status, out, err = self.interrupted("--json", "--yes", ZOE, command="remove")
        document = self.whole(out)
        self.assertEqual((status, document["exit"]), (-signal.SIGINT, 128 + signal.SIGINT))
        self.assertEqual([(a["to"], a["result"]) for a in document["addresses"]], [(ZOE, "not sent")])
        self.assertEqual(err.count("cancelled"), 1)

    def test_error_that_stays_is_said_once(self):
        self.s.pause()
        self.addCleanup(self.s.resume)
        self.invite("--retry-for", "2", A, status=NETWORK)
        self.assertEqual(self.err.count("Connection refused"), 1)


class Unmentioned(Case):
    """A server that accepts a request, and does not say of whom: it is read back, and nothing is sent again."""

    def document_of(self, command, *more, status=DONE):
        document = self.document(command, "--timeout", "2", *more, status=status)
        self.assertEqual(self.methods().count("POST"), 1)
        return {a["to"]: (a["result"], a["again"], a["read_back"]) for a in document["addresses"]}

    def test_is_found(self):
        for data in ({}, {"message": "Invitations sent"}, [A, B], {"invites": [A, B]}, {"invites": [{"to": B, "status": "Pending"}]}):
            self.s.reset()
            self.s.fault(method="POST", status=200, apply=True, body=json.dumps({"status": "success", "data": data}))
            named = isinstance(data, dict) and isinstance(data.get("invites", [0])[0], dict)
            self.assertEqual(self.document_of("invite", A, B), {A: ("invited", False, True), B: ("invited", False, not named)})
        for command, more, who in (("role", ("admin",), MAX), ("assign", ("--project", self.s.projects[0], "--role", "Lead"), ZOE)):
            self.s.reset()
            self.s.fault(method="POST", status=200, apply=True, body='{"status":"success","data":{}}')
            self.assertEqual(self.document_of(command, *more, who),
                             {who: ("updated" if command == "role" else "assigned", False, True)})

    def test_is_not_found(self):
        """That it was not done cannot be told from a list that is behind: it stays as it is, and is not sent again."""
        self.s.fault(method="POST", status=200, apply=False, body='{"status":"success","data":{}}')
        self.assertEqual(self.document_of("invite", A, status=SOME_FAILED), {A: ("not mentioned", False, False)})
        self.assertIn("read back: 0 of 1 invited", self.err)

    def test_not_where_it_is_not_wanted(self):
        self.s.fault(method="POST", status=200, apply=True, body='{"status":"success","data":{}}')
        self.assertEqual(self.document_of("invite", "--no-confirm", A, status=SOME_FAILED), {A: ("not mentioned", False, False)})
        self.assertEqual(self.methods(), ["POST"])


class Assigning(Case):
    """An assignment whose reply is lost: the project tells who is on it, and as what."""

    def assign(self, *people, role="Lead", status=DONE, more=()):
        document = self.document("assign", "--timeout", "2", *more, "--project", self.s.projects[0], "--role", role,
                                 *people, status=status)
        return {a["to"]: (a["result"], a["read_back"]) for a in document["addresses"]}

    def test_it_was_done(self):
        for moods in (("loses-reply",), ("loses-reply", "whole-project=100"), ("loses-reply", "lags=0.7"),
                      ("acts-late=0.7:drop",)):
            self.s.reset()
            self.s.mood(*moods)
            self.assertEqual(self.assign(ZOE, MAX), {ZOE: ("assigned", True), MAX: ("assigned", True)})
            self.assertEqual(self.assigned(), {ZOE: "Lead", MAX: "Lead"})
            self.assertEqual(self.methods().count("POST"), 1)

    def test_it_was_not_done(self):
        self.s.fault(method="POST", close="before-reply", apply=False)
        self.assertEqual(self.assign(ZOE, MAX), {ZOE: ("assigned", False), MAX: ("assigned", False)})
        self.assertEqual(self.methods().count("POST"), 2)
        self.assertIn("read back: 0 of 2 assigned", self.err)

    def test_another_role_is_not_taken_for_this_one(self):
        self.assign(ZOE, role="Labeler")
        self.s.fault(method="POST", close="before-reply", apply=False)
        self.assertEqual(self.assign(ZOE, MAX, status=SOME_FAILED), {ZOE: ("unclear", True), MAX: ("assigned", False)})
        self.assertEqual(self.whole(self.out)["addresses"][0]["project_role"], "Labeler")
        self.assertEqual(self.assigned(), {ZOE: "Labeler", MAX: "Lead"})

    def test_as_what_cannot_be_read_back(self):
        self.s.fault(method="POST", close="before-reply")
        self.s.fault(method="GET", skip=1, status=500)
        self.assertEqual(self.assign(ZOE, status=SOME_FAILED), {ZOE: ("unclear", True)})
        self.assertEqual(self.whole(self.out)["addresses"][0]["message"],
                         "on the project; as what, could not be read back")

    def test_somebody_who_is_no_member(self):
        """The server does not put them there, however often it is asked."""
        self.s.fault(method="POST", close="before-reply")
        self.assertEqual(self.assign("nobody@example.com", status=SOME_FAILED), {"nobody@example.com": ("not mentioned", False)})

    def test_not_at_all(self):
        self.s.fault(method="POST", close="before-reply")
        self.assertEqual(self.assign(ZOE, more=("--no-confirm",), status=UNKNOWN), {ZOE: ("in doubt", False)})
        self.assertEqual(self.methods(), ["POST"])


if __name__ == "__main__":
    unittest.main()
