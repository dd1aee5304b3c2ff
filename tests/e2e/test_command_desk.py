#!/usr/bin/python3
"""The rest of the ango command, end to end: lists, what is done to people, the way out of "unknown", a server
that has too many requests, and sessions.

    tests/e2e/test_command_desk.py     tries build/host/ango, or the command that the environment's ANGO names
"""
import json
import os
import pty
import re
import signal
import stat
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import test_command                                             # noqa: E402
from test_command import A, B, C                                # noqa: E402
from test_command import DONE, SOME_FAILED, USAGE, REFUSED, UNKNOWN, NETWORK, TLS, OTHER        # noqa: E402

ZOE, MAX, ADA = "zoe@example.com", "member@example.com", "admin@example.com"
NOBODY = "nobody@example.com"


class Case(test_command.Case):
    def run_ango(self, command, *arguments, **options):
        return self.ango(*self.here(*arguments), command=command, **options)

    def document(self, command, *arguments, **options):
        document = self.whole(self.run_ango(command, "--json", *arguments, **options))
        self.assertEqual((document["command"], document["exit"]), (command, options.get("status", DONE)))
        return document

    def objects(self, command, *arguments, **options):
        lines = self.run_ango(command, "--json", *arguments, **options).splitlines()
        return [json.loads(line) for line in lines]

    def members(self):
        return {m["email"]: m["organizationRole"] for m in self.s.state()["members"]}

    def assigned(self, which=0):
        return {a["assignee"]: a["role"] for a in self.s.state()["projects"][which]["assignedTo"]}

    def methods(self):
        return [entry["method"] for entry in self.s.log()]


class Lists(Case):
    more = {"seed": {"invites": 150, "members": 150, "projects": 150, "expired": 3}}
    COMMANDS = ("invites", "members", "projects")

    def test_all_pages_as_objects(self):
        state = self.s.state()
        keys = {"organizationRole": "organization_role", "createdAt": "created_at", "expiresAt": "expires_at",
                "createdBy": "created_by", "_id": "id"}
        for command in self.COMMANDS:
            stored = [i for i in state[command] if i.get("status") != "Expired"]
            shown = self.objects(command)
            self.assertEqual(len(shown), 150)
            self.assertEqual(self.err, "")
            for one, there in zip(shown, stored):
                for key, value in there.items():
                    if key not in ("projectAssignments", "asked", "assignedTo"):
                        self.assertEqual(one[keys.get(key, key)], value)

    def test_tables(self):
        self.run_ango("invites")
        lines = self.out.splitlines()
        self.assertEqual(lines[0].split(), ["EMAIL", "ROLE", "STATUS", "EXPIRES"])
        self.assertRegex(lines[1], r"^pending_1@example\.com {17}Member    Pending   20\d\d-.*Z$")
        self.assertEqual((len(lines), lines[-1]), (152, "150 pending"))
        self.run_ango("members")
        self.assertEqual(self.out.splitlines()[3].split(None, 2), [ZOE, "Member", 'Zoë "Zo" Ångström'])
        self.assertTrue(self.out.endswith("\n150 members\n"))
        self.run_ango("projects")
        self.assertEqual(self.out.splitlines()[1].split(None, 2), [self.s.projects[0], self.s.org, "Street scenes"])
        self.assertTrue(self.out.endswith("\n150 projects\n"))

    def test_invitations_that_are_not_pending(self):
        """A server that does not look at the status shows the expired, too: they are not counted as pending."""
        self.s.mood("ignores-status")
        self.run_ango("invites")
        self.assertEqual(len(re.findall("(?m)  Expired  ", self.out)), 3)
        self.assertEqual(self.out.splitlines()[-1], "150 pending, 3 with another status")
        self.run_ango("invites", "--json")
        self.assertEqual([json.loads(line)["status"] for line in self.out.splitlines()].count("Expired"), 3)

    def test_search(self):
        self.assertEqual([m["email"] for m in self.objects("members", "zoë \"")], [ZOE])
        self.assertEqual([m["email"] for m in self.objects("members", "member_15")],
                         ["member_15@example.com", "member_150@example.com"])
        self.assertEqual(self.objects("members", "nobody&page=2"), [])
        self.run_ango("members", "nobody")
        self.assertEqual(self.out, "0 members\n")

    def test_sort(self):
        names = [p["name"] for p in self.s.state()["projects"]]
        for field, wanted in (("name", sorted(names)), ("-name", sorted(names)[::-1]),
                              ("-createdAt", names[::-1])):
            self.assertEqual([p["name"] for p in self.objects("projects", "--sort", field)], wanted)
        self.run_ango("projects", "--sort", "size", status=REFUSED)
        self.assertIn('HTTP 400: "sort" must be one of', self.err)

    def test_error_in_mid_list(self):
        """What was read is shown, the error is said, and the exit status is its own; nothing is in doubt."""
        no_more = {"status": 403, "body": '{"status":"fail","message":"No more"}'}
        for fault, status, says in ((no_more, REFUSED, "HTTP 403: No more"),
                                    ({"status": 500}, OTHER, "HTTP 500"),
                                    ({"close": "before-reply"}, NETWORK, "ended before the reply"),
                                    ({"status": 200, "body": "<html>"}, OTHER, "not JSON")):
            for command in self.COMMANDS:
                self.s.fault(skip=1, **fault)
                self.assertEqual(len(self.objects(command, status=status)), 100)
                self.assertIn(says, self.err)
                self.s.fault(skip=1, **fault)
                self.run_ango(command, status=status)
                self.assertRegex(self.out, r"(?m)^100 \w+ so far, and an error$")
                self.assertEqual(len(self.out.splitlines()), 102)

    def test_role_that_is_unknown_and_text_that_acts(self):
        body = {"status": "success", "data": {"total": 1, "users": [
            {"_id": "1", "email": A, "name": "a\x1b[2J\u202eb", "organizationRole": "Guest\x07"}]}}
        self.s.fault(status=200, body=json.dumps(body), times=2)
        self.run_ango("members")
        self.assertIn("Guest\ufffd", self.out)
        self.assertIn("a\ufffd[2J\ufffdb", self.out)
        self.assertEqual(self.objects("members")[0]["organization_role"], "Guest\x07")

    def test_usage(self):
        for command, arguments, says in (
                ("members", ("a", "b"), "quote it"), ("invites", ("a",), "no argument"),
                ("projects", ("a",), "no argument"), ("invites", ("--from", "-"), "no option --from"),
                ("members", ("--org", ""), "an identifier is empty")):
            self.run_ango(command, *arguments, status=USAGE)
            self.assertIn(says, self.err)
            self.assertEqual(self.out, "")
        for command in ("invites", "members"):
            self.ango(command=command, status=USAGE)
            self.assertIn("--org or ANGO_ORG", self.err)
        self.nothing_sent_now()

    def nothing_sent_now(self):
        self.assertEqual(self.s.counts()["requests"], 0)

    def test_rate_limit(self):
        """The walk goes on at the page where it stopped."""
        for fault in ({"headers": {"Retry-After": "1"}}, {}):
            self.s.fault(status=429, skip=1, times=2, **fault)
            start = time.monotonic()
            self.assertEqual(len(self.objects("members", "--retry-for", "60")), 150)
            self.assertGreater(time.monotonic() - start, 1.9)
            self.assertEqual(self.err.count("too many requests for the server: waiting"), 2)

    def test_interrupted(self):
        self.s.fault(skip=1, delay_ms=5000)
        status, out, err = self.interrupted("--json", command="members", requests=2)
        self.assertEqual((status, len(out.splitlines())), (-signal.SIGINT, 100))
        self.assertIn("cancelled", err)


class Changes(Case):
    def test_uninvite(self):
        self.invite(A, B, C)
        self.run_ango("uninvite", "--yes", A, C)
        self.assertEqual(self.words(), {A: "uninvited", C: "uninvited"})
        self.assertEqual(self.s.invites(), [B])
        self.assertEqual([m for m in self.methods() if m != "GET"], ["POST", "DELETE"])
        self.assertIn("this will take back 2 invitation(s) to organization %s at %s: %s, %s\n"
                      % (self.s.org, self.s.host, A, C), self.err)

    def test_uninvite_of_those_that_are_not_pending(self):
        self.run_ango("uninvite", "--yes", A, B, status=SOME_FAILED)
        self.assertEqual(self.results(), {A: ("not pending", "it was not before"),
                                          B: ("not pending", "it was not before")})

    def test_uninvite_in_part(self):
        """One reply that counts cannot tell who was not there; what was read before can."""
        self.invite(A, B)
        self.run_ango("uninvite", "--yes", A, B, C, status=SOME_FAILED)
        self.assertEqual(self.results(), {A: ("uninvited", ""), B: ("uninvited", ""),
                                          C: ("not pending", "it was not before")})
        self.s.reset()
        self.invite(A, B)
        document = self.document("uninvite", "--yes", "--batch", "1", A, B, C, status=SOME_FAILED)
        self.assertEqual([(a["result"], a["read_back"]) for a in document["addresses"]],
                         [("uninvited", False), ("uninvited", False), ("not pending", False)])
        self.assertEqual((document["uninvited"], document["not_pending"], document["requests"]), (2, 1, 3))
        self.assertIsNone(document["error"])

    def test_uninvite_that_fails_for_one(self):
        """The server only counts; who is there still is the one."""
        self.invite(A, B, C)
        self.run_ango("uninvite", "--yes", A, C)
        self.invite(A, C)
        self.s.fault(method="DELETE", status=200, body='{"status":"success","data":{"deleted":0,"failed":3}}')
        document = self.document("uninvite", "--yes", A, B, C, status=SOME_FAILED)
        self.assertEqual([(a["result"], a["message"]) for a in document["addresses"]],
                         [("failed", "it is still pending")] * 3)

    def test_remove(self):
        self.run_ango("remove", "--yes", ZOE, MAX)
        self.assertEqual(self.words(), {ZOE: "removed", MAX: "removed"})
        self.assertEqual(list(self.members()), [ADA])
        self.assertIn("this will remove 2 member(s) from organization", self.err)

    def test_remove_in_part(self):
        """Whose key it is cannot be removed."""
        self.run_ango("remove", "--yes", ADA, ZOE, status=SOME_FAILED)
        self.assertEqual(self.results(), {ADA: ("failed", "still a member"), ZOE: ("removed", "")})
        self.run_ango("remove", "--yes", NOBODY, status=SOME_FAILED)
        self.assertEqual(self.results(), {NOBODY: ("not a member", "it was not before")})

    def test_counts_that_cannot_be_read_back(self):
        for arguments in (("--no-confirm",), ()):
            self.s.reset()
            self.run_ango("members")
            reads = self.methods().count("GET")
            self.s.fault(method="GET", skip=0 if arguments else reads, status=403)
            self.run_ango("remove", "--yes", *arguments, ADA, ZOE, status=SOME_FAILED)
            self.assertEqual(self.words(), {ADA: "unclear", ZOE: "unclear"})
            self.assertEqual(self.err.count("it could not be read back"), arguments == ())
            self.assertEqual(self.methods()[reads:], ["DELETE"] if arguments else ["GET"] * reads + ["DELETE", "GET"])

    def test_who_is_there_cannot_be_read_before(self):
        for fault, status in (({"status": 403}, REFUSED), ({"close": "before-reply"}, NETWORK)):
            self.s.fault(method="GET", **fault)
            self.run_ango("remove", "--yes", ZOE, status=status)
            self.assertIn("nothing was sent; --no-confirm does not look first", self.err)
        self.assertEqual((list(self.members()), self.methods()), ([ADA, MAX, ZOE], ["GET", "GET"]))

    def test_member_who_is_invited_too(self):
        """As in row 169: a removal that removes nobody is not taken for one, whatever else is pending."""
        self.invite(A)
        self.s.fault(method="DELETE", status=200, body='{"status":"success","data":{"deleted":0,"failed":1}}', times=2)
        for command, who, still in (("remove", ZOE, "still a member"), ("uninvite", A, "it is still pending")):
            self.run_ango(command, "--yes", who, status=SOME_FAILED)
            self.assertEqual(self.results(), {who: ("failed", still)})

    def test_who_joined_meanwhile_was_not_uninvited(self):
        self.invite(A)
        self.s.fault(method="DELETE", delay_ms=700, status=200, body='{"status":"success","data":{"deleted":0,"failed":1}}')
        with self.start("--yes", A, command="uninvite") as child:
            while "DELETE" not in self.methods():
                time.sleep(0.02)
            self.s.accept(A)
            out, _ = child.communicate(timeout=60)
        self.assertEqual((child.returncode, out.decode()), (SOME_FAILED, "already a member  %s\n1 already a member\n" % A))

    def test_remove_whose_reply_is_lost(self):
        for apply in (True, False):
            self.s.reset()
            self.s.fault(method="DELETE", close="before-reply", apply=apply)
            document = self.document("remove", "--timeout", "2", "--yes", ZOE, MAX)
            self.assertEqual(document["removed"], 2)
            self.assertEqual(list(self.members()), [ADA])
            self.assertEqual(self.methods().count("DELETE"), 1 if apply else 2)

    def test_role(self):
        self.run_ango("role", "ADMIN", ZOE, MAX)
        self.assertEqual(self.words(), {ZOE: "updated", MAX: "updated"})
        self.assertEqual(self.members(), {ADA: "Admin", ZOE: "Admin", MAX: "Admin"})
        self.run_ango("role", "--yes", "member", ZOE)
        self.assertEqual(self.members()[ZOE], "Member")
        self.assertIn("if they have it, from 1 member(s) of organization", self.err)
        self.assertEqual(json.loads(self.s.log()[-1]["body"]),
                         {"users": [{"email": ZOE, "organizationRole": "member"}]})

    def test_role_in_part(self):
        document = self.document("role", "admin", ZOE, NOBODY, status=SOME_FAILED)
        why = "User is not a member of the organization"
        self.assertEqual([(a["result"], a["status"], a["message"]) for a in document["addresses"]],
                         [("updated", "Updated", ""), ("failed", "Failed", why)])
        self.assertEqual((document["updated"], document["failed"], document["role"]), (1, 1, "admin"))
        body = {"status": "success", "data": {"users": {"updated": 1, "failed": 0, "results": [
            {"email": ZOE, "status": "Queued"}]}}}
        self.s.fault(status=200, body=json.dumps(body))
        self.run_ango("role", "admin", ZOE, MAX, status=SOME_FAILED)
        self.assertEqual(self.words(), {ZOE: "unclear", MAX: "not mentioned"})

    def test_assign(self):
        p = self.s.projects[0]
        self.run_ango("assign", "--project", p, "--role", "reviewer", ZOE, MAX)
        self.assertEqual(self.words(), {ZOE: "assigned", MAX: "assigned"})
        self.assertEqual(self.assigned(), {ZOE: "Reviewer", MAX: "Reviewer"})
        self.ango("--host", self.s.host, "--ca", self.s.ca, "--project", p, "--role", "Lead", ZOE,
                  command="assign")
        self.assertEqual(self.assigned(), {ZOE: "Lead", MAX: "Reviewer"})
        self.assertEqual(self.err, "")    # others may be named; no organization is needed

    def test_assign_in_part(self):
        p = self.s.projects[0]
        assign = ("assign", "--project", p, "--role", "Labeler")
        document = self.document(*assign, ZOE, NOBODY, status=SOME_FAILED)
        self.assertEqual([a["result"] for a in document["addresses"]], ["assigned", "not mentioned"])
        self.assertEqual((document["project"], document["role"]), (p, "Labeler"))
        data = {"project": {"assignedTo": [{"assignee": ZOE, "role": "Lead"}]}}
        self.s.fault(status=200, body=json.dumps({"status": "success", "data": data}))
        self.run_ango(*assign, ZOE, status=SOME_FAILED)
        self.assertEqual(self.results(), {ZOE: ("unclear", "as Lead")})

    def test_role_and_assign_whose_replies_are_lost(self):
        """What is not read back is not repeated; to repeat it is for you, and harmless."""
        for command in (("role", "admin"), ("assign", "--role", "Lead", "--project", self.s.projects[0])):
            self.s.reset()
            self.s.fault(close="before-reply")
            document = self.document(*command, "--no-confirm", ZOE, status=UNKNOWN)
            self.assertEqual([(a["result"], a["again"]) for a in document["addresses"]], [("in doubt", True)])
            self.assertIn("again without harm", self.err)
            self.assertEqual(self.s.counts()["requests"], 1)

    def test_role_whose_reply_is_lost(self):
        """Who has the role by now has it; the others are asked for again."""
        for apply in (True, False):
            self.s.reset()
            self.s.fault(method="POST", close="before-reply", apply=apply)
            document = self.document("role", "admin", ZOE, MAX)
            self.assertEqual([(a["result"], a["read_back"]) for a in document["addresses"]], [("updated", apply)] * 2)
            self.assertEqual(self.members(), {ADA: "Admin", ZOE: "Admin", MAX: "Admin"})
            self.assertEqual(self.methods().count("POST"), 1 if apply else 2)
        self.s.fault(method="POST", close="before-reply")
        self.s.fault(method="GET", status=403)
        self.run_ango("role", "admin", ZOE, status=UNKNOWN)
        self.assertEqual(self.words(), {ZOE: "in doubt"})
        self.assertIn("it could not be read back", self.err)

    def test_addresses_from_a_list(self):
        self.invite(A, B, C)
        self.run_ango("uninvite", "--yes", "--from", "-", stdin="%s\n%s\n" % (A, B))
        self.assertEqual(self.s.invites(), [C])
        self.run_ango("uninvite", "--yes", "--from", "-", "no-at", stdin="", status=USAGE)
        self.assertIn("no-at: it has no @", self.err)
        self.assertIn("nobody was uninvited", self.err)

    def test_usage(self):
        p = self.s.projects[0]
        for command, arguments, says in (
                ("role", (), "which role"), ("role", (ZOE,), "ROLE: zoe@example.com is no role in an org"),
                ("role", ("admin",), "no address"),
                ("role", ("admin", "--org", "", ZOE), "--org: an identifier"),
                ("remove", ("--yes",), "no address"),
                ("uninvite", ("--yes", "--org", "", A), "--org: an identifier"),
                ("assign", (ZOE,), "which project, and as what"),
                ("assign", ("--project", p, ZOE), "which project, and as what"),
                ("assign", ("--project", p, "--role", "admin", ZOE), "admin is no role in a project"),
                ("assign", ("--project", "", "--role", "lead", ZOE), "--project: an identifier"),
                ("assign", ("--yes", ZOE), "no option --yes"),
                ("remove", (ZOE,), "no terminal to ask at; --yes"), ("uninvite", (ZOE,), "--yes"),
                ("role", ("member", ZOE), "--yes")):
            with self.subTest(command=command, arguments=arguments):
                self.run_ango(command, *arguments, status=USAGE)
                self.assertIn(says, self.err)
                self.assertEqual(self.out, "")
        self.assertEqual(self.s.counts()["requests"], 0)


class Errors(Case):
    COMMANDS = (("invites",), ("members",), ("projects",), ("uninvite", "--yes", A), ("remove", "--yes", ZOE),
                ("role", "admin", ZOE), ("assign", "--role", "Lead", "--project", "P", ZOE), ("invite", A))

    def test_each_status_with_each_command(self):
        for command in self.COMMANDS:
            reads = command[0] in ("invites", "members", "projects")
            for http, status in ((400, REFUSED), (401, REFUSED), (403, REFUSED), (404, REFUSED),
                                 (429, REFUSED), (500, OTHER if reads else UNKNOWN)):
                with self.subTest(command=command, http=http):
                    self.s.reset()
                    self.s.fault(status=http, body='{"status":"fail","message":"so it is"}')
                    more = () if reads else ("--no-confirm",)
                    self.run_ango(command[0], "--retry-for", "0", *more, *command[1:], status=status)
                    self.assertRegex(self.err, "HTTP %d: so it is" % http)
                    self.assertEqual(self.s.counts()["requests"], 1)

    def test_keys(self):
        for command in self.COMMANDS:
            self.run_ango(*command, key="wrong-key-wrong-key", status=REFUSED)
            self.assertIn("HTTP 401: Invalid API key", self.err)
        self.assertEqual(len(self.objects("members", key=self.s.member_key)), 3)
        self.run_ango("invites", key=self.s.member_key, status=REFUSED)
        self.assertIn("HTTP 403", self.err)

    def test_network_and_tls(self):
        self.s.use(chain="unknown-ca")
        for command in self.COMMANDS:
            self.ango("--host", self.s.host, "--org", self.s.org, "--ca", test_command.PKI + "/ecdsa.ca.pem",
                      *command[1:], command=command[0], status=TLS)
            self.run_ango(command[0], "--host", "127.0.0.1:1", *command[1:], status=NETWORK)


class Asking(Case):
    def test_yes_and_no(self):
        for typed, status in ((b"y\n", DONE), (b"Yes\n", DONE), (b"n\n", OTHER), (b"\n", OTHER),
                              (b"yellow\n", OTHER), (b"\x04", OTHER)):
            with self.subTest(typed=typed):
                self.s.reset()
                got, out, shown = self.on_terminal(ZOE, command="remove", typed=typed)
                self.assertEqual(got, status, shown)
                self.assertIn("this will remove 1 member(s) from organization %s at %s: %s\r\n"
                              % (self.s.org, self.s.host, ZOE), shown)
                self.assertEqual(ZOE in self.members(), status != DONE)
                self.assertEqual(out, "removed          %s\n1 removed\n" % ZOE if status == DONE else "")
                self.assertEqual("nothing was sent" in shown, status != DONE)

    def test_interrupted(self):
        ours, theirs = pty.openpty()
        with self.start(ZOE, command="remove", stdin=theirs, stderr=theirs) as child:
            shown = b""
            while b"[y/N] " not in shown:
                shown += os.read(ours, 4096)
            child.send_signal(signal.SIGINT)
            child.wait(10)
        os.close(theirs)
        os.close(ours)
        self.assertEqual(child.returncode, -signal.SIGINT)
        self.assertIn(ZOE, self.members())

    def test_not_asked(self):
        for command, arguments in (("role", ("admin", ZOE)), ("remove", ("--yes", ZOE)), ("invite", (A,))):
            status, _, shown = self.on_terminal(*arguments, command=command)
            self.assertEqual(status, DONE)
            self.assertNotIn("[y/N]", shown)

    def test_many_are_not_all_named(self):
        people = ["p%d@example.com" % i for i in range(9)]
        self.run_ango("uninvite", *people, status=USAGE)
        self.assertIn("p4@example.com and 4 more\n", self.err)


class WayOut(Case):
    """An answer is lost: everybody is invited exactly once all the same."""

    PEOPLE = ["p%d@example.com" % i for i in range(5)]
    TIMEOUT_S = 2                                               # so long does "absent" take

    def invited_once(self):
        stored = self.s.state()["invites"]
        self.assertEqual(sorted(i["to"] for i in stored), self.PEOPLE)
        self.assertEqual({i["asked"] for i in stored}, {1})

    def cut(self, *faults, status=DONE, arguments=("--retry-for", "60")):
        self.s.fault(*({"close": "before-reply", "method": "POST", **fault} for fault in faults))
        document = self.document("invite", "--timeout", self.TIMEOUT_S, "--batch", "2", *arguments, *self.PEOPLE, status=status)
        self.assertEqual(document["requests"], self.methods().count("POST"))
        return document

    def test_it_was_done(self):
        for how in ("notify", "fin", "rst"):
            self.s.reset()
            document = self.cut({"skip": 1, "how": how})
            self.invited_once()
            self.assertEqual([(a["result"], a["read_back"]) for a in document["addresses"]],
                             [("invited", i in (2, 3)) for i in range(5)])
            self.assertEqual(document["requests"], 3)
            # Who is found is found at once: only who is not is looked for again.
            self.assertIn("reading back what became of 2\nango: read back: 2 of 2 invited", self.err)

    def test_it_was_not_done(self):
        start = time.monotonic()
        document = self.cut({"skip": 1, "apply": False})
        self.assertGreater(time.monotonic() - start, self.TIMEOUT_S)
        self.invited_once()
        self.assertEqual((document["invited"], document["requests"]), (5, 4))
        self.assertRegex(self.err, "reading back what became of 2\nango: reading back: waiting [12] s\n"
                         "ango: read back: 0 of 2 invited")

    def test_twice_in_a_row(self):
        for first, second, requests in ((False, True, 4), (True, False, 4)):
            self.s.reset()
            document = self.cut({"apply": first}, {"apply": second})
            self.invited_once()
            self.assertEqual((document["invited"], document["requests"]), (5, requests))

    def test_done_in_part(self):
        """As by a server that crashes in mid-request: only who is missing is asked for again."""
        self.s.fault(status=502, method="POST")
        self.s.fault(status=200, method="GET", body=json.dumps({"status": "success", "data": {"invites": [
            {"_id": "1", "to": self.PEOPLE[1].upper(), "status": "Pending"}]}}))
        document = self.document("invite", "--timeout", self.TIMEOUT_S, *self.PEOPLE)
        self.assertEqual([a["to"] for a in document["addresses"] if a["read_back"]], [self.PEOPLE[1]])
        self.assertEqual(json.loads(self.s.log()[-1]["body"])["to"], self.PEOPLE[:1] + self.PEOPLE[2:])

    def test_no_more_than_three_rounds(self):
        document = self.cut(*[{"apply": False}] * 3, status=NETWORK)    # nobody is in doubt
        self.assertEqual([a["result"] for a in document["addresses"]], ["not there"] * 2 + ["not sent"] * 3)
        self.assertEqual((document["requests"], document["error"]["outcome"]), (3, "not carried out"))
        self.assertIn("2 asked for three times, and not invited when it was read back: these can be invited again without harm", self.err)
        self.assertEqual(self.s.invites(), [])

    def test_member_meanwhile(self):
        self.s.fault(close="before-reply")
        self.invite(ZOE, A, status=SOME_FAILED)
        self.assertEqual(self.words(), {ZOE: "already a member", A: "invited"})

    def test_reading_back_fails_for_a_while(self):
        self.s.fault(method="GET", status=503)
        self.s.fault(method="GET", close="before-reply")
        self.cut({})
        self.invited_once()

    def test_reading_back_fails(self):
        for fault, tries in (({"status": 500}, 2), ({"status": 403}, 1)):
            self.s.reset()
            self.s.fault(method="GET", times=9, **fault)
            document = self.cut({"skip": 1}, status=UNKNOWN, arguments=("--retry-for", "1"))
            self.assertEqual([a["result"] for a in document["addresses"]],
                             ["invited"] * 2 + ["in doubt"] * 2 + ["not sent"])
            self.assertEqual(document["error"]["outcome"], "unknown")
            self.assertEqual(document["error"]["http_status"], 0)   # of the invitation, not of the reading
            self.assertEqual(self.methods(), ["POST", "POST"] + ["GET"] * tries)
            self.assertIn("it could not be read back", self.err)
            self.assertIn("2 may have been invited or not", self.err)

    def test_server_that_is_gone(self):
        self.s.fault(delay_ms=20000)                            # so that it is gone before the reply, however slow we are
        with self.start("--json", "--retry-for", "2", A) as child:
            while self.s.counts()["requests"] < 1:
                time.sleep(0.02)
            self.s.pause()
            out, err = child.communicate(timeout=60)
        self.s.resume()
        self.assertEqual(child.returncode, UNKNOWN)
        self.assertEqual(self.whole(out.decode())["addresses"][0]["result"], "in doubt")
        self.assertIn(b"no connection: waiting 1 s; reading back", err)
        self.assertIn(b"no connection, and no more time to wait: --retry-for allows 2 s", err)


class TooMany(Case):
    more = {"rate": 100, "clock_speed": 40.0}                   # a minute passes in 1.5 s

    def setUp(self):
        super().setUp()
        self.s.set_rate(100)

    def test_250_single_invitations_all_arrive_once(self):
        people = ["p%d@example.com" % i for i in range(250)]
        document = self.document("invite", "--retry-for", "600", "--batch", "1", "--from", "-", stdin="\n".join(people))
        stored = self.s.state()["invites"]
        self.assertEqual([i["to"] for i in stored], people)
        self.assertEqual({i["asked"] for i in stored}, {1})
        self.assertEqual(document["invited"], 250)
        refused = [e["status"] for e in self.s.log()].count(429)
        self.assertGreaterEqual(refused, 2)
        self.assertEqual(self.err.count("too many requests for the server: waiting"), refused)
        self.assertEqual(self.s.counts()["connections"], 1)

    def test_reading_back_waits_too(self):
        self.s.fault(close="before-reply", apply=False)
        self.s.fault(status=429, method="GET", headers={"Retry-After": "1"}, times=2)
        self.invite("--timeout", "2", "--retry-for", "60", A)
        self.assertEqual(self.err.count("too many requests"), 2)
        self.assertEqual(self.s.invites(), [A])

    def test_countdown_on_a_terminal(self):
        self.s.fault(status=429, headers={"Retry-After": "2"})
        status, _, shown = self.on_terminal("--retry-for", "60", A)
        self.assertEqual(status, DONE)
        self.assertIn("\rtoo many requests for the server, 2 s; 1 to 1 of 1", shown)
        self.assertIn("\rtoo many requests for the server, 1 s; 1 to 1 of 1", shown)
        self.assertNotIn("waiting", shown)

    def test_bounded(self):
        """As in row 153."""
        self.s.fault(status=429, headers={"Retry-After": "2"}, times=9)
        self.invite("--retry-for", "3", A, status=REFUSED)
        self.assertIn("--retry-for allows 3 s, of which 1 are left", self.err)
        self.assertEqual(self.words(), {A: "not sent"})
        self.assertEqual(self.s.counts()["requests"], 2)
        for text in ("-1", "86401", "x"):
            self.invite("--retry-for", text, A, status=USAGE)

    def test_interrupted(self):
        self.s.fault(status=429, headers={"Retry-After": "60"})
        status, out, err = self.interrupted("--retry-for", "100", A, number=signal.SIGTERM, after=0.5)
        self.assertEqual(status, -signal.SIGTERM)
        self.assertIn("not sent  ", out)
        self.assertIn("1 of 1 not sent", err)


class Session(Case):
    def setUp(self):
        super().setUp()
        self.name = self.folder + "/session"

    def resumed(self, *arguments):
        """Whether this run resumed one."""
        before = self.s.counts()["resumed"]
        self.run_ango("members", "--session", self.name, *arguments)
        return self.s.counts()["resumed"] - before == 1

    def content(self):
        with open(self.name, "rb") as f:
            return f.read()

    def test_second_run_resumes(self):
        for tls in ("1.3", "1.2"):
            with self.subTest(tls=tls):
                self.s.use(tls=tls)
                self.assertFalse(self.resumed())
                self.assertEqual(stat.S_IMODE(os.stat(self.name).st_mode), 0o600)
                self.assertTrue(self.resumed())
                self.assertTrue(self.resumed("-v"))
                self.assertIn("handshakes 1, resumed 1", self.err)
                self.assertEqual(os.listdir(self.folder), ["session"])
                os.unlink(self.name)

    def test_without_it_nothing_is_kept(self):
        self.run_ango("members")
        self.run_ango("members")
        self.assertEqual(self.s.counts()["resumed"], 0)

    def test_altered(self):
        self.resumed()
        good = self.content()
        for at in (30, 60, 70, len(good) // 2, len(good) - 1):
            with open(self.name, "wb") as f:
                f.write(good[:at] + bytes([good[at] ^ 1]) + good[at + 1:])
            self.assertFalse(self.resumed())
            self.assertNotEqual(self.content(), good)           # a good one is there again
            self.assertTrue(self.resumed())
            good = self.content()
        for content in (good[:40], good[:-1], good + bytes(20000), b""):
            with open(self.name, "wb") as f:
                f.write(content)
            self.resumed()
            self.assertTrue(self.resumed())

    def test_server_that_forgot(self):
        self.resumed()
        self.s.use()
        self.assertFalse(self.resumed())
        self.assertTrue(self.resumed())

    def test_no_connection_leaves_it_alone(self):
        self.resumed()
        good = self.content()
        self.run_ango("members", "--session", self.name, "--host", "127.0.0.1:1", status=NETWORK)
        self.assertEqual(self.content(), good)
        self.assertTrue(self.resumed())

    def test_another_host_does_not_get_it(self):
        self.resumed()
        self.assertFalse(self.resumed("--host", "127.0.0.1:%d" % self.s.port))

    def refuse(self, name, says):
        self.run_ango("members", "--session", name, status=USAGE)
        self.assertIn("--session: %s: %s" % (name, says), self.err)
        self.assertEqual(self.s.counts()["connections"], 0)

    def test_file_that_cannot_be_used(self):
        for mode in (0o640, 0o604, 0o620, 0o601):
            self.refuse(self.file("", mode), "others may use it")
        secret = self.file("-----BEGIN PRIVATE KEY-----\n")
        self.refuse(secret, "this is something else, which would be overwritten")
        os.symlink(secret, self.folder + "/link")
        os.mkfifo(self.folder + "/fifo", 0o600)
        for name in (self.folder, "/dev/null", self.folder + "/link", self.folder + "/fifo"):
            self.refuse(name, "not a regular file of yours")
        with open(secret, encoding="ascii") as f:
            self.assertEqual(f.read(), "-----BEGIN PRIVATE KEY-----\n")

    @unittest.skipIf(os.geteuid() != 0, "only root can give a file away")
    def test_file_of_somebody_else(self):
        name = self.file("")
        os.chown(name, 1, 1)
        self.refuse(name, "not a regular file of yours")

    def test_place_that_cannot_be_written(self):
        self.run_ango("members", "--session", self.folder + "/none/session")
        self.assertIn("warning: could not write the session", self.err)


if __name__ == "__main__":
    unittest.main()
