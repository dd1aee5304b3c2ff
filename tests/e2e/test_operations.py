#!/usr/bin/python3
"""Every operation end to end, over TLS, against the stand-in: what it does there, its errors, its partial
failures; a list of 10,000; and that everybody is invited exactly once, whatever request or reply is lost."""
import os
import random
import sys
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [TOP + "/tests/hub"]
from operations import LIST_LEN, LIST_TOKENS, PKI, Client, build, list_10000    # noqa: E402
from standin import StandIn                                     # noqa: E402

VARIANT = "asan-gcc"
ADMIN, MEMBER = 1, 2
MANAGER, LABELER, REVIEWER, LEAD = 1, 2, 3, 4
NOBODY = "65a0c0de0100000000009999"


def setUpModule():
    global program
    program = build(VARIANT)


class Case(unittest.TestCase):
    seed = {}
    options = {}

    def setUp(self):
        self.s = self.enterContext(StandIn(PKI, seed=self.seed, **{"rate": 0, **self.options}))
        self.run_client = self.enterContext(Client(program, self.s))

    def ok(self, *words):
        entries, result = self.run_client(*words)
        self.assertEqual((result.error, result.outcome), ("OK", "accepted"), result)
        return entries, result

    def counts(self, *words):
        return self.ok(*words)[1][3:6]

    def addresses(self, what):
        return [each["to" if what == "invites" else "email"] for each in self.s.state()[what]]

    def roles(self):
        return {m["email"]: m["organizationRole"] for m in self.s.state()["members"]}


class Effects(Case):
    """What each operation does on the server, and what it shows of it."""
    seed = {"invites": 3, "projects": 25}

    def test_invite(self):
        entries, result = self.ok("invite-to", MEMBER, self.s.projects[0], LABELER, "new@example.com",
                                  "pending_1@example.com", "zoe@example.com")
        self.assertEqual(result.status, 201)
        self.assertEqual([(e[1], e[3]) for e in entries],
                         [("new@example.com", "Pending"), ("pending_1@example.com", "Pending"),
                          ("zoe@example.com", "Failed")])
        self.assertEqual([e[4] for e in entries], ["", "Already invited",
                                                   "User is already a member of the organization"])
        invite = self.s.state()["invites"][-1]
        self.assertEqual((invite["to"], invite["organizationRole"]), ("new@example.com", "Member"))
        self.assertEqual(invite["projectAssignments"],
                         [{"projectId": self.s.projects[0], "projectRole": "Labeler"}])
        self.assertEqual(entries[0], [invite["_id"], invite["to"], "Member", "Pending", "",
                                      invite["createdBy"], invite["createdAt"], invite["expiresAt"]])

    def test_pending_invites(self):
        entries, result = self.ok("invites", 1, 2)
        self.assertEqual([e[1] for e in entries], self.addresses("invites")[:2])
        self.assertEqual(result.items, 2)
        self.assertEqual([e[1] for e in self.ok("invites", 2, 2)[0]], self.addresses("invites")[2:])
        self.assertEqual(self.ok("invites", 3, 2)[0], [])

    def test_delete_invites(self):
        self.assertEqual(self.counts("uninvite", "pending_2@example.com", "nobody@example.com",
                                     "PENDING_3@example.com", "zoe@example.com"), (2, 2, 0))
        self.assertEqual(self.addresses("invites"), ["pending_1@example.com"])

    def test_members(self):
        entries, _ = self.ok("members", 1, 100)
        self.assertEqual(entries, [[m["_id"], m["email"], m["name"], m["organizationRole"], m["createdAt"]]
                                   for m in self.s.state()["members"]])
        self.assertEqual([e[1] for e in self.ok("members", 2, 2)[0]], self.addresses("members")[2:])

    def test_search_members(self):
        self.assertEqual([e[1] for e in self.ok("members", 1, 10, "ÅNGSTRÖM")[0]], ["zoe@example.com"])
        self.assertEqual([e[1] for e in self.ok("members", 1, 10, 'ë "Zo"')[0]], ["zoe@example.com"])
        self.assertEqual(self.ok("members", 1, 10, "no&body=#%/?")[0], [])

    def test_change_roles(self):
        people = "zoe@example.com", "nobody@example.com", "member@example.com"
        entries, result = self.ok("role", ADMIN, *people)
        self.assertEqual(result[3:6], (2, 1, 0))
        self.assertEqual(entries, [[people[0], "Updated", ""],
                                   [people[1], "Failed", "User is not a member of the organization"],
                                   [people[2], "Updated", ""]])
        self.assertEqual(set(self.roles().values()), {"Admin"})
        self.assertEqual(self.counts("role", MEMBER, "zoe@example.com"), (1, 0, 0))
        self.assertEqual(self.roles()["zoe@example.com"], "Member")

    def test_delete_members(self):
        self.assertEqual(self.counts("remove", "zoe@example.com", "nobody@example.com", "admin@example.com"),
                         (1, 2, 0))
        self.assertEqual(self.addresses("members"), ["admin@example.com", "member@example.com"])

    def test_projects(self):
        state = self.s.state()["projects"]
        entries, result = self.ok("projects", 2, 10, "-createdAt")
        self.assertEqual([e[0] for e in entries], [p["_id"] for p in state[::-1][10:20]])
        self.assertEqual((result.items, result.total), (10, 25))
        entries, result = self.ok("projects", 1, 2)
        self.assertEqual(entries, [[p["_id"], p["name"], p["description"], p["organization"], p["createdAt"]]
                                   for p in state[:2]])
        self.assertEqual(self.ok("projects", 9, 10)[1].total, 25)

    def test_assign(self):
        entries, _ = self.ok("assign", self.s.projects[1], REVIEWER, "zoe@example.com", "nobody@example.com")
        self.assertEqual(entries, [["zoe@example.com", "Reviewer"]])
        self.ok("assign", self.s.projects[1], LEAD, "member@example.com", "zoe@example.com")
        self.assertEqual(self.s.state()["projects"][1]["assignedTo"],
                         [{"assignee": "zoe@example.com", "role": "Lead"},
                          {"assignee": "member@example.com", "role": "Lead"}])

    def test_project(self):
        project = self.s.projects[1]
        self.assertEqual(self.ok("project", project)[0], [])
        self.ok("assign", project, REVIEWER, "zoe@example.com", "member@example.com")
        people = [["zoe@example.com", "Reviewer"], ["member@example.com", "Reviewer"]]
        self.s.mood("whole-project=100")
        for tokens, buffer in ((32, 8192), (LIST_TOKENS, 768)):
            with Client(program, self.s, buffer, tokens) as client:
                entries, result = client("project", project)
                self.assertEqual((entries, result.error, result.items, result.kept), (people, "OK", 2, 2))

    def test_project_with_more_people_than_fit(self):
        """They are counted, and the first of them are there."""
        with StandIn(PKI, rate=0, seed={"members": 150}) as s, Client(program, s, 1024, LIST_TOKENS) as client:
            people = [m["email"] for m in s.state()["members"]][:100]
            with Client(program, s, 32768) as larger:
                larger("assign", s.projects[0], LEAD, *people)
                self.assertEqual([e[0] for e in larger("project", s.projects[0])[0]], people)
            entries, result = client("project", s.projects[0])
            self.assertEqual((result.error, result.outcome, result.items), ("OK", "accepted", 100))
            self.assertEqual(result.kept, len(entries))
            self.assertTrue(5 < result.kept < 50)
            self.assertEqual([e[0] for e in entries], people[:result.kept])

    def test_everything_over_one_connection(self):
        self.test_pending_invites()
        self.test_members()
        self.test_projects()
        self.test_assign()
        self.ok("project", self.s.projects[1])
        self.assertEqual(self.s.counts()["connections"], 1)


class Errors(Case):
    """Refusals are shown as the server words them, and change nothing; the next request goes through."""
    seed = {"invites": 3}

    def setUp(self):
        super().setUp()
        self.operations = [
            ("POST", "/invites", ("invite", MEMBER, "new@example.com")),
            ("GET", "/invites", ("invites", 1, 10)),
            ("DELETE", "/invites", ("uninvite", "pending_1@example.com")),
            ("GET", "/users", ("members", 1, 10)),
            ("POST", "/users", ("role", ADMIN, "zoe@example.com")),
            ("DELETE", "/users", ("remove", "zoe@example.com")),
            ("GET", "/listProjects", ("projects", 1, 10)),
            ("POST", "/assigned", ("assign", self.s.projects[0], LEAD, "zoe@example.com")),
            ("GET", "/project/", ("project", self.s.projects[0])),
        ]
        self.before = self.s.state()

    def refused(self, words, status, message, outcome="rejected", retry_after=0):
        with self.subTest(words=words, status=status):
            entries, result = self.run_client(*words)
            self.assertEqual(result[:3], ("STATUS", outcome, status))
            self.assertEqual(entries, [])
            self.assertIn(message, result.message)
            self.assertEqual(result.retry_after, retry_after)
            self.assertEqual(self.s.state(), self.before)

    def test_each_status_of_each_operation(self):
        for method, path, words in self.operations:
            for status in (400, 401, 403, 404, 408, 429, 500, 502):
                outcome = "unknown" if status == 408 or status >= 500 else "rejected"
                self.s.fault(method=method, path=path, status=status, headers={"Retry-After": "3"},
                             body='{"status":"fail","message":"because of %d"}' % status)
                self.refused(words, status, "because of %d" % status, outcome, 3)
            self.s.fault(method=method, path=path, status=503, body="<html>Down for maintenance</html>")
            self.refused(words, 503, "<html>Down for maintenance</html>", "unknown")
            self.assertEqual(self.s.counts()["faults_left"], 0)
        for _, _, words in self.operations:
            self.ok(*words)

    def test_key(self):
        self.run_client("key", "another-key")
        for _, _, words in self.operations:
            self.refused(words, 401, "Invalid API key")
        self.run_client("key", self.s.key)
        self.ok("members", 1, 10)

    def test_permission(self):
        self.run_client("key", self.s.member_key)
        for _, _, words in self.operations:
            if words[0] in ("members", "projects", "project"):
                self.ok(*words)
            else:
                self.refused(words, 403, "permission")

    def test_another_organization(self):
        for organization, status, message in ((self.s.other_org, 403, "do not have access"),
                                              (NOBODY, 404, "Organization not found"),
                                              ("a/../b?c#d%", 404, "Organization not found")):
            self.run_client("organization", organization)
            for _, _, words in self.operations:
                if words[0] not in ("projects", "assign", "project"):
                    self.refused(words, status, message)
        for project, status, message in ((self.s.other_projects[0], 403, "do not have access"),
                                         (NOBODY, 404, "Project not found")):
            self.refused(("assign", project, LEAD, "zoe@example.com"), status, message)
            self.refused(("project", project), status, message)

    def test_what_only_the_server_finds_wrong(self):
        for _, _, words in self.operations:
            if words[0] in ("invite", "uninvite", "role", "remove", "assign"):
                self.refused((*words, "no-dot@example"), 400, "must hold valid emails")
        self.refused(("projects", 1, 10, "colour"), 400, '"sort" must be one of')
        self.refused(("invite-to", MEMBER, NOBODY, LEAD, "new@example.com"), 404, "Project not found")

    def test_what_is_never_sent(self):
        for words, error, index in (
                (("uninvite", "a@b.c", "ab.c"), "EMAIL", 1), (("remove",), "ARG", 0),
                (("role", 3, "a@b.c"), "ARG", 0), (("members", 0, 10), "ARG", 0),
                (("projects", 1, 101), "ARG", 0), (("assign", "..", LEAD, "a@b.c"), "ID", 0),
                (("project", ".."), "ID", 0)):
            _, result = self.run_client(*words)
            self.assertEqual((result.error, result.outcome, result.index), (error, "not sent", index), words)
        self.assertEqual(self.s.counts()["connections"], 0)

    def test_rate_limit(self):
        self.s.set_rate(1)
        self.ok("members", 1, 1)
        for _, _, words in self.operations:
            _, result = self.run_client(*words)
            self.assertEqual(result[:3], ("STATUS", "rejected", 429), words)
            self.assertIn(result.retry_after, range(50, 61))
            self.assertIn("Too many requests", result.message)
        self.assertEqual(self.s.state(), self.before)


class Walks(unittest.TestCase):
    def test_ten_thousand_in_a_small_buffer(self):
        figures, handed_out, there = list_10000(VARIANT)
        self.assertEqual(len(there), LIST_LEN)
        self.assertEqual(handed_out, there)
        self.assertLessEqual(figures["list_10000_buffer"], 1024)
        self.assertLessEqual(figures["list_10000_tokens"], 32)
        self.assertLessEqual(figures["list_10000_requests"], 101)
        print("".join("%s=%d\n" % figure for figure in figures.items()), end="")

    def walk(self, seed, *words, buffer=2048, **options):
        with StandIn(PKI, seed=seed, **{"rate": 0, **options}) as s, Client(program, s, buffer) as client:
            return s.state(), *client("walk", *words)

    def test_each_list(self):
        state, entries, result = self.walk({"invites": 123, "expired": 10}, "invites")
        self.assertEqual(result.error, "END")
        self.assertEqual([e[1] for e in entries],
                         [i["to"] for i in state["invites"] if i["status"] == "Pending"])
        state, entries, result = self.walk({"projects": 77}, "projects", "-createdAt")
        self.assertEqual(result.error, "END")
        self.assertEqual([e[0] for e in entries], [p["_id"] for p in state["projects"]][::-1])
        state, entries, result = self.walk({"members": 230}, "members", "r 20")
        self.assertEqual([e[2] for e in entries], ["Member 20"] + ["Member %d" % n for n in range(200, 210)])

    def test_buffers(self):
        for buffer in (500, 700, 1000, 3000, 20000):
            with self.subTest(buffer=buffer):
                state, entries, result = self.walk({"members": 101}, "members", buffer=buffer)
                self.assertEqual(result.error, "END")
                self.assertEqual([e[1] for e in entries], [m["email"] for m in state["members"]])

    def test_goes_on_after_the_rate_limit(self):
        state, entries, result = self.walk({"members": 1200}, "members", rate=10, clock_speed=60)
        self.assertEqual(result.error, "END")
        self.assertIn(["error", "-23"], entries)
        self.assertEqual([e[1] for e in entries if e[0] != "error"], [m["email"] for m in state["members"]])

    def test_goes_on_after_a_cut(self):
        with StandIn(PKI, seed={"members": 900}, rate=0) as s, Client(program, s, 2048) as client:
            s.fault({"skip": 1, "cut": 300}, {"skip": 3, "close": "before-reply"},
                    {"skip": 2, "cut": 0, "how": "fin"},
                    {"skip": 1, "status": 200, "body": "", "cut": 40, "how": "rst"})
            entries, result = client("walk", "members")
            self.assertEqual(s.counts()["faults_left"], 0)
            self.assertEqual(result.error, "END")
            self.assertEqual(sum(e[0] == "error" for e in entries), 4)
            self.assertEqual([e[1] for e in entries if e[0] != "error"],
                             [m["email"] for m in s.state()["members"]])


class ExactlyOnce(Case):
    """Invite; when it is unknown what came of it, ask; send only what is missing."""
    seed = {"invites": 30, "members": 30}

    def setUp(self):
        super().setUp()
        self.run_client("settle", 20)       # this server acts at once, or not at all

    def bring_in(self, people, tries=20):
        """How often the outcome was unknown."""
        unknown, missing = 0, list(people)
        for _ in range(tries):
            _, result = self.run_client("invite", MEMBER, *missing)
            if result.outcome == "accepted":
                return unknown
            self.assertIn(result.outcome, ("unknown", "not sent"))
            if result.outcome == "unknown":
                unknown += 1
                entries, result = self.run_client("confirm", *people)
                while result.error != "OK":
                    entries, result = self.run_client("confirm", *people)
                missing = [address for address, presence in entries if presence == "absent"]
            if not missing:
                return unknown
        self.fail("never done")

    def check(self, people):
        invites = self.s.state()["invites"]
        for address in people:
            asked = [i["asked"] for i in invites if i["to"] == address]
            self.assertEqual(asked, [1], address)
        self.assertEqual(len(invites), 30 + len(people))

    def test_cut_at_each_place(self):
        places = [{"close": "before-read"}, {"close": "before-reply", "apply": False}]
        places += [{"close": "before-reply", "how": how} for how in ("notify", "fin", "rst")]
        places += [{"cut": n, "how": how} for n in (0, 1, 15, 60, 200, 210, 300, 400)
                   for how in ("notify", "rst")]
        places += [{"cut": n, "how": "fin", "apply": False} for n in (0, 100)]
        places += [{"status": 500}, {"status": 502, "apply": True, "body": "<h1>"},
                   {"body": "{", "apply": True}, {"apply": True, "gzip": True}]
        for n, place in enumerate(places):
            for others in (False, True):
                with self.subTest(place=place, others=others):
                    self.s.reset()
                    people = ["once_%d_%d@example.com" % (n, i) for i in range(3)]
                    self.s.fault(**place)
                    unknown = self.bring_in(people + ["member_7@example.com"] * others)
                    self.assertEqual(unknown, 1)
                    self.assertEqual(self.s.counts()["faults_left"], 0)
                    self.check(people)

    def test_silence_until_the_deadline(self):
        for place in ({"close": "before-reply", "stall": True}, {"cut": 100, "stall": True},
                      {"close": "before-reply", "apply": False, "stall": True}):
            with self.subTest(place=place):
                self.s.reset()
                self.s.fault(**place)
                self.run_client("timeout", 400)
                self.assertEqual(self.bring_in(["late@example.com"]), 1)
                self.check(["late@example.com"])

    def test_anything_may_fail(self):
        """Requests and replies are lost at random, those that read back what happened among them."""
        chance = random.Random(3)
        unknown = 0
        for n in range(12):
            with self.subTest(n=n):
                self.s.reset()
                people = ["chance_%d_%d@example.com" % (n, i) for i in range(5)]
                for _ in range(8):
                    place = chance.choice(({"close": "before-read"}, {"close": "before-reply"},
                                           {"cut": chance.randrange(500)}, {"status": 500},
                                           {"close": "before-reply", "apply": False, "how": "rst"}))
                    self.s.fault(skip=chance.randrange(2), **place)
                unknown += self.bring_in(people, 40)
                self.check(people)
        self.assertGreater(unknown, 6)

    def test_confirm(self):
        entries, result = self.run_client("confirm", "PENDING_7@example.com", "nobody@example.com",
                                          "Zoe@Example.com", "member_30@example.com", "ember_30@example.com",
                                          "zoe@example.com")
        self.assertEqual(result.error, "OK")
        self.assertEqual([presence for _, presence in entries],
                         ["invited", "absent", "member", "member", "absent", "member"])


class RateLimit(Case):
    options = {"rate": 100, "clock_speed": 60}

    def test_250_single_invitations(self):
        entries, result = self.run_client("each", "badge", 250)
        self.assertEqual((result.error, result.outcome), ("OK", "accepted"))
        waits = int(entries[0][1])
        statuses = [entry["status"] for entry in self.s.log()]
        self.assertGreaterEqual(waits, 2)
        self.assertEqual(statuses.count(429), waits)
        self.assertEqual(statuses.count(201), 250)
        invites = self.s.state()["invites"]
        self.assertEqual([i["to"] for i in invites], ["badge_%d@example.com" % n for n in range(1, 251)])
        self.assertEqual({i["asked"] for i in invites}, {1})


if __name__ == "__main__":
    unittest.main()
