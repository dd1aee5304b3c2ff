#!/usr/bin/python3
"""The stand-in's moods, one by one, through Python's own HTTP: what a mood promises is what the server does."""
import gzip
import http.client
import json
import os
import subprocess
import time
import unittest
import urllib.parse

import moods
from standin import StandIn
from test_standin import PKI, Case, client_context, connect, read_all, request

HERE = os.path.dirname(os.path.abspath(__file__))

SEED = {"invites": 25, "members": 25, "projects": 25, "expired": 3}


class Mooded(Case):
    options = {"rate": 0, "seed": SEED}

    def page(self, kind="invites", page=1, limit=100, more=""):
        """(addresses or names, data)"""
        path = {"invites": self.base + "/invites?status=pending&", "users": self.base + "/users?",
                "projects": "/v2/listProjects?"}[kind]
        data = self.good("GET", "%spage=%d&limit=%d%s" % (path, page, limit, more))
        return [e.get("to") or e.get("email") or e["name"] for e in data[kind]], data

    def pages(self, kind="invites", limit=100, most=40, more=""):
        """The length of each page, up to one that is empty; all entries."""
        lengths, entries = [], []
        for n in range(1, most + 1):
            got, _ = self.page(kind, n, limit, more)
            lengths.append(len(got))
            entries += got
            if not got:
                break
        return lengths, entries

    def raw(self, method="GET", path=None, body=None, more=""):
        """(head, body) as they came, and how the connection ended."""
        sock = connect(self.s)
        try:
            sock.sendall(request(self.s, method, path or "/v2/listProjects", body, more + "Connection: close\r\n"))
            data, end = read_all(sock)
        finally:
            sock.close()
        head, _, rest = data.partition(b"\r\n\r\n")
        return head, rest, end

    def once(self, address):
        return self.s.people().get(moods.person(address), {})

    def presence(self, address):
        """As the API shows it now: "invited", "member" or None."""
        if address in self.page("invites")[0]:
            return "invited"
        return "member" if address in self.page("users")[0] else None


PENDING = ["pending_%d@example.com" % n for n in range(1, 26)]
KINDS = ("invites", "users", "projects")


class Pages(Mooded):
    def test_caps_limit(self):
        for cap in (20, 10, 7):
            self.s.mood("caps-limit=%d" % cap)
            for kind in KINDS:
                lengths, entries = self.pages(kind)
                self.assertEqual(lengths, [cap] * (25 // cap) + [25 % cap, 0])
                self.assertEqual(len(set(entries)), 25)
            self.assertEqual(len(self.page(limit=3)[0]), 3)

    def test_skips_as_asked(self):
        self.s.mood("caps-limit=10", "skips-as-asked")
        self.assertEqual(self.page(limit=20)[0], PENDING[:10])
        self.assertEqual(self.page(page=2, limit=20)[0], PENDING[20:])
        self.assertEqual(self.pages(limit=10)[1], PENDING)

    def test_ignores_limit(self):
        self.s.mood("ignores-limit")
        for kind in KINDS:
            for limit in (1, 100):
                self.assertEqual(self.pages(kind, limit)[0], [10, 10, 5, 0])
        self.s.mood("ignores-limit=20")
        self.assertEqual(self.pages()[0], [20, 5, 0])

    def test_ignores_page(self):
        self.s.mood("ignores-page")
        for kind in KINDS:
            self.assertEqual(self.page(kind, 7, 10)[0], self.page(kind, 1, 10)[0])
            self.assertEqual(len(self.page(kind, 7)[0]), 25)
        self.s.mood("ignores-page", "ignores-limit")
        self.assertEqual(self.page(page=3)[0], PENDING[:10])

    def test_order(self):
        self.assertEqual(self.page()[0], PENDING)
        self.s.mood("order=oldest")
        self.assertEqual(self.page()[0], PENDING)
        self.s.mood("order=newest")
        self.assertEqual(self.page()[0], PENDING[::-1])
        self.assertEqual(self.page("projects", 1, 1)[0], ["Project 25"])
        self.assertEqual(self.page("projects", 1, 1, "&sort=createdAt")[0], ["Street scenes"])
        self.s.mood("order=shuffled")
        shuffled = self.page()[0]
        self.assertEqual(sorted(shuffled), sorted(PENDING))
        self.assertNotIn(shuffled, (PENDING, PENDING[::-1]))
        self.assertEqual(self.pages(limit=10)[1], shuffled)

    def test_filters_after_paging(self):
        self.s.mood("filters-after-paging", "order=newest")     # the three that have expired are the newest
        self.assertEqual(self.pages(limit=10)[0], [7, 10, 8, 0])
        self.assertEqual(self.page(limit=3)[0], [])
        self.s.mood("filters-after-paging")
        lengths, found = self.pages("users", 10, most=2, more="&search=member_14@")
        self.assertEqual((lengths, found), ([0], []))
        self.assertEqual(self.page("users", 2, 10, "&search=member_14@")[0], ["member_14@example.com"])

    def test_empty_in_the_middle(self):
        self.s.mood("filters-after-paging", "order=oldest")
        self.invite("behind@example.com")                       # behind the three that have expired
        self.assertEqual([self.page(page=n, limit=1)[0] for n in range(25, 30)],
                         [["pending_25@example.com"], [], [], [], ["behind@example.com"]])

    def test_total(self):
        self.assertEqual([self.page(kind)[1].get("total") for kind in KINDS], [None, None, 25])
        for mood, totals in (("none", [None] * 3), ("number", [25] * 3), ("text", ["25"] * 3)):
            self.s.mood("total=" + mood)
            self.assertEqual([self.page(kind, 2, 10)[1].get("total") for kind in KINDS], totals)

    def test_search(self):
        def search(word):
            return self.page("users", more="&search=" + word)[0]
        self.s.mood("ignores-search")
        self.assertEqual(len(search("member_7@")), 25)
        self.s.mood("searches-names")
        self.assertEqual(search("member_7@"), [])
        self.assertEqual(search("Member%207"), ["member_7@example.com"])

    def test_ignores_status(self):
        self.s.mood("ignores-status")
        self.assertEqual(len(self.page()[0]), 28)
        self.assertEqual({e["status"] for e in self.page()[1]["invites"]}, {"Pending", "Expired"})

    def test_endless(self):
        self.s.mood("endless")
        for kind in KINDS:
            seen = [entry for n in (1, 2, 3, 1000) for entry in self.page(kind, n, 20)[0]]
            self.assertEqual(len(set(seen)), 80)
            self.assertNotIn("total", self.page(kind)[1])
            self.assertEqual(len(self.page(kind, 1, 25)[0]), 25)
        self.assertEqual(self.pages(most=3)[1][:25], PENDING)


class Moves(Mooded):
    def look(self, mood, *more):
        """The pages of 10, as they are read under that mood."""
        self.s.reset()
        self.s.mood("moves=" + mood, *more)
        return [self.page(page=n, limit=10)[0] for n in (1, 2, 3)]

    def test_in_front(self):
        first, second, third = self.look("add-front@2")
        self.assertEqual((first, second[0], third[-1]), (PENDING[:10], PENDING[9], PENDING[24]))
        self.assertEqual(self.page(limit=1)[0], ["moved_1@example.com"])
        first, second, third = self.look("remove-front@2")
        self.assertEqual((first, second), (PENDING[:10], PENDING[11:21]))     # one is missed
        first, second, third = self.look("remove-front@2", "order=newest")
        self.assertEqual((first[-1], second[0]), ("pending_16@example.com", "pending_14@example.com"))

    def test_behind(self):
        first, second, third = self.look("remove-behind@3")
        self.assertEqual(first + second + third, PENDING[:24])
        first, second, third = self.look("add-behind@3")
        self.assertEqual(first + second + third, PENDING + ["moved_1@example.com"])
        first, second, third = self.look("add-behind@3", "order=newest")
        self.assertEqual((third[-2:]), ["pending_1@example.com", "moved_1@example.com"])

    def test_accept(self):
        self.look("accept-front@3")
        self.assertNotIn(PENDING[0], self.page()[0])
        self.assertEqual(self.page("users")[0][-1], PENDING[0])
        self.assertEqual(len(self.page("users")[0]), 26)

    def test_often(self):
        self.look("add-front@*+remove-behind@3")
        self.assertEqual(len(self.page()[0]), 25 + 3 - 1)       # three pages have followed the first
        self.assertEqual(self.look("add-front@2+add-front@2")[1][:2], PENDING[8:10])

    def test_members_and_projects(self):
        self.s.mood("moves=remove-front@2+add-behind@2")
        before = self.page("users")[0]
        self.assertEqual(self.page("users")[0], before[:3] + before[4:] + ["moved_1@example.com"])
        self.assertIn("admin@example.com", self.page("users")[0])
        before = self.page("projects")[0]
        self.assertEqual(self.page("projects")[0], before + ["moved_2@example.com"])

    def test_seen_at_once_though_it_lags(self):
        self.s.mood("moves=remove-front@2+add-behind@2", "lags=60")
        self.page()
        self.assertEqual(self.page()[0], PENDING[1:] + ["moved_1@example.com"])


class Replies(Mooded):
    def test_nested(self):
        self.s.mood("nested")
        [made] = self.invite("a@example.com", projectAssignments=[
            {"projectId": self.s.projects[0], "projectRole": "Lead"}])
        self.assertIsInstance(made["createdBy"]["organization"], dict)
        self.assertEqual([sorted(a) for a in made["projectAssignments"]], [["_id", "projectId", "projectRole"]])
        for kind in KINDS:
            for entry in self.page(kind)[1][kind]:
                self.assertIsInstance(entry["organization"], dict)
        assigned = self.good("POST", "/v2/project/%s/assigned" % self.s.projects[0],
                             {"assignees": ["admin@example.com"], "role": "Lead"})["project"]
        self.assertEqual(assigned["assignedTo"], [{"assignee": "admin@example.com", "role": "Lead"}])
        self.assertIsInstance(assigned["owner"], dict)

    def assign(self):
        return self.good("POST", "/v2/project/%s/assigned" % self.s.projects[0],
                         {"assignees": ["admin@example.com", "member@example.com"], "role": "Lead"})

    def test_whole_project(self):
        for mood, least, most in (("whole-project", 95000, 110000), ("whole-project=10", 9000, 12000)):
            self.s.mood(mood)
            for data in (self.assign(), self.good("GET", "/v2/project/" + self.s.projects[0])):
                text = json.dumps(data["project"])
                self.assertTrue(least < len(text) < most, len(text))
                self.assertTrue(0.4 < text.index('"assignedTo": [{"assignee"') / len(text) < 0.6)
                self.assertEqual(len(data["project"]["assignedTo"]), 2)

    def test_get_project(self):
        self.assign()
        data = self.good("GET", "/v2/project/" + self.s.projects[0])
        self.assertEqual(set(data), {"project"})
        self.assertEqual((data["project"]["_id"], data["project"]["role"]), (self.s.projects[0], "Lead"))
        self.assertEqual(data["project"]["assignedTo"], [{"assignee": "admin@example.com", "role": "Lead"},
                                                         {"assignee": "member@example.com", "role": "Lead"}])
        self.assertEqual(self.s.log()[-1]["items"], 2)
        self.good("GET", "/v2/project/" + self.s.projects[1], key=self.s.member_key)
        self.bad(404, "GET", "/v2/project/nowhere")
        self.bad(403, "GET", "/v2/project/" + self.s.other_projects[0])
        self.bad(404, "GET", "/v2/project/%s/x" % self.s.projects[0])

    def test_says_project(self):
        self.s.mood("says-project")
        self.assertIsInstance(self.assign()["project"], str)

    def roles(self):
        return self.good("POST", self.base + "/users", {"users": [
            {"email": e, "organizationRole": "admin"} for e in ("zoe@example.com", "nobody@example.com")]})

    def test_roles_as_members(self):
        self.s.mood("roles-as-members")
        [member] = self.roles()["users"]
        self.assertEqual((member["email"], member["organizationRole"]), ("zoe@example.com", "Admin"))

    def test_data_null(self):
        self.s.mood("data-null")
        self.assertIsNone(self.roles())
        self.assertIsNone(self.assign())
        self.assertIsNone(self.good("POST", self.base + "/invites", {"to": ["a@example.com"],
                                                                     "organizationRole": "member"}, status=201))
        for what, address in (("invites", "a@example.com"), ("users", "zoe@example.com")):
            self.assertIsNone(self.good("DELETE", self.base + "/" + what, {what: [address]}))
        self.assertEqual(self.s.people()["a@example.com"], {"invited": 1, "uninvited": 1})
        self.assertEqual(len(self.page()[0]), 25)

    def test_counts_as_text(self):
        self.s.mood("counts-as-text")
        self.assertEqual((self.roles()["users"]["updated"], self.roles()["users"]["failed"]), ("1", "1"))
        self.assertEqual(self.good("DELETE", self.base + "/invites", {"invites": ["pending_1@example.com"]}),
                         {"deleted": "1", "failed": "0"})
        self.assertEqual(self.page("projects")[1]["total"], "25")

    def test_half_surrogates(self):
        self.s.mood("half-surrogates")
        _, body, _ = self.raw(path=self.base + "/users?limit=3")
        self.assertEqual(body.count(b'\\ud83d","organizationRole"'), 3)
        self.assertEqual(json.loads(body)["data"]["users"][0]["name"], "Ada Admin\ud83d")
        self.assertEqual(self.page("projects", 1, 1)[1]["projects"][0]["name"], "Street scenes\ud83d")
        self.assertTrue(self.s.state()["members"][0]["name"].endswith("n"))


class Refusals(Mooded):
    operations = (("GET", "/users", None), ("GET", "/invites", None),
                  ("POST", "/invites", {"to": ["a@example.com"], "organizationRole": "member"}),
                  ("DELETE", "/invites", {"invites": PENDING[:1]}),
                  ("DELETE", "/users", {"users": ["zoe@example.com"]}))

    def test_refuses(self):
        before = self.s.state()
        for status in (400, 503):
            self.s.mood("refuses=%d" % status)
            for method, path, body in self.operations:
                self.assertEqual(self.bad(status, method, self.base + path, body), "This server refuses everything")
        self.assertEqual(self.s.state(), before)
        self.assertEqual({e["says"] for e in self.s.log()}, {"fail"})

    def test_fails_with_2xx(self):
        self.s.mood("refuses", "fails-with-2xx")
        for method, path, body in self.operations:
            self.bad(200, method, self.base + path, body)
        self.s.mood("fails-with-2xx")
        self.assertIn("missing", self.bad(200, "GET", self.base + "/users", headers={"apikey": None}))
        self.assertEqual(len(self.s.state()["invites"]), 28)

    def test_errors(self):
        words = "Project not found"
        shapes = {"message": {"status": "fail", "message": words}, "error": {"error": words},
                  "object": {"status": "error", "error": {"statusCode": 404, "code": "E_REFUSED"},
                             "message": words},
                  "list": {"statusCode": 404, "message": [words], "error": "Not Found"},
                  "errors": {"errors": [{"msg": words, "param": "to", "location": "body"}]}}
        for shape, body in shapes.items():
            self.s.mood("errors=" + shape)
            self.assertEqual(self.ask("GET", "/v2/project/x")[:2], (404, body))
        self.s.mood("errors=html")
        head, body, _ = self.raw(path="/v2/project/x")
        self.assertIn(b" 404 Not Found\r\nContent-Type: text/html\r\n", head)
        self.assertIn(b'"\x01">', body)
        self.s.mood("errors=nothing")
        head, body, _ = self.raw(path="/v2/project/x")
        self.assertEqual((head[:12], body), (b"HTTP/1.1 404", b""))

    def test_echoes_key(self):
        self.s.mood("echoes-key")
        self.assertEqual(self.bad(401, "GET", self.base + "/users", key="wrong-key"), "Invalid API key: wrong-key")
        self.s.mood("echoes-key", "refuses=401")
        self.assertIn(self.s.key, self.bad(401, "GET", self.base + "/users"))

    def test_wants_user_agent(self):
        self.s.mood("wants-user-agent")
        head, body, _ = self.raw()
        self.assertEqual((head[:12], b"<html>" in body), (b"HTTP/1.1 403", True))
        self.assertEqual(self.s.log()[-1]["says"], "gateway")
        head, _, _ = self.raw(more="User-Agent: me\r\n")
        self.assertEqual(head[:12], b"HTTP/1.1 200")

    def test_rate(self):
        self.s.mood("rate=2")
        self.page(), self.page()
        status, _, headers = self.ask("GET", "/v2/listProjects")
        self.assertEqual(status, 429)
        self.assertTrue(50 <= int(headers["Retry-After"]) <= 60)
        self.s.mood()
        self.page()

    def test_prefix(self):
        self.s.mood("prefix=/a/b")
        self.bad(404, "GET", "/v2/listProjects")
        self.bad(404, "GET", "/a/bv2/listProjects")
        self.assertEqual(self.good("GET", "/a/b/v2/listProjects")["total"], 25)
        self.assertEqual(self.s.prefix, "/a/b")


class Wire(Mooded):
    def test_headers(self):
        plain = len(self.raw()[0])
        self.s.mood("cdn-headers")
        head, body, _ = self.raw()
        self.assertTrue(2000 < len(head) - plain < 2300, len(head) - plain)
        self.assertTrue(250 < max(map(len, head.split(b"\r\n"))) < 350)
        self.s.mood("long-header")
        self.assertEqual(max(map(len, self.raw()[0].split(b"\r\n"))), 5000)
        self.s.mood("long-header=20000")
        self.assertEqual(max(map(len, self.raw()[0].split(b"\r\n"))), 20000)
        self.s.mood("folded-header")
        self.assertIn(b"Content-Security-Policy: a;\r\n b;\r\n\tc: Transfer-Encoding: gzip\r\n", self.raw()[0])
        self.s.mood("cdn-headers", "long-header", "folded-header")
        self.assertEqual(self.page("projects")[1]["total"], 25)
        self.assertEqual(self.s.counts()["malformed"], 0)

    def test_odd_interim(self):
        self.s.mood("odd-interim")
        head, rest, _ = self.raw()
        self.assertEqual(head, b"HTTP/1.1 100 Continue\r\nTransfer-Encoding: identity")
        self.assertTrue(rest.startswith(b"HTTP/1.1 200 OK\r\n"), rest[:50])

    def test_chunks(self):
        for words, start, end in (
                (["chunked"], b"7\r\n{\"statu\r\n7\r\n", b"\r\n0\r\n\r\n"),
                (["chunked=1"], b"1\r\n{\r\n1\r\n", b"\r\n0\r\n\r\n"),
                (["chunked", "chunk-spaces"], b"7    \r\n{", b"\r\n0    \r\n\r\n"),
                (["chunked", "chunk-extension"], b"7 ; a=b\r\n{", b"\r\n0 ; a=b\r\n\r\n"),
                (["chunked", "chunk-zeros"], b"00000007\r\n{", b"\r\n00000000\r\n\r\n"),
                (["chunked=5", "chunk-zeros", "chunk-spaces", "chunk-extension"], b"00000005     ; a=b\r\n{",
                 b"\r\n00000000     ; a=b\r\n\r\n")):
            self.s.mood(*words)
            head, body, _ = self.raw()
            self.assertIn(b"\r\nTransfer-Encoding: chunked\r\n", head)
            self.assertNotIn(b"Content-Length", head)
            self.assertTrue(body.startswith(start) and body.endswith(end), body)
            self.assertEqual(self.page("projects")[1]["total"], 25)
        self.s.mood("chunked=0", "whole-project")
        _, body, _ = self.raw(path="/v2/project/" + self.s.projects[0])
        size, _, rest = body.partition(b"\r\n")
        self.assertEqual(rest[int(size, 16):], b"\r\n0\r\n\r\n")
        self.s.mood("chunk-spaces")
        self.assertRegex(self.raw()[1], rb"^[0-9a-f]+    \r\n")

    def test_compresses(self):
        self.s.mood("compresses")
        for accepted, compressed in ((None, True), ("gzip, deflate", True), ("*", True), ("deflate, *;q=0.5", True),
                                     ("identity", False), ("gzip;q=0, *", False), ("gzip; q=0.0", False),
                                     ("", False)):
            more = "" if accepted is None else "Accept-Encoding: %s\r\n" % accepted
            head, body, _ = self.raw(more=more)
            self.assertEqual(b"\r\nContent-Encoding: gzip\r\n" in head, compressed, accepted)
            self.assertEqual(json.loads(gzip.decompress(body) if compressed else body)["data"]["total"], 25)
        self.s.mood("compresses", "chunked")
        _, data, headers = self.ask_raw()
        self.assertEqual(headers["Content-Encoding"], "gzip")
        self.assertEqual(json.loads(gzip.decompress(data))["data"]["total"], 25)

    def ask_raw(self):
        there = http.client.HTTPSConnection("localhost", self.s.port, context=client_context(self.s.ca))
        there.request("GET", "/v2/listProjects", headers={"apikey": self.s.key, "Accept-Encoding": "gzip"})
        reply = there.getresponse()
        data = reply.read()
        there.close()
        return reply.status, data, reply.headers


class Time(Mooded):
    def until(self, what, most=10):
        """How long it took until what() was true."""
        start = time.monotonic()
        while not what():
            self.assertLess(time.monotonic() - start, most)
            time.sleep(0.02)
        return time.monotonic() - start

    def test_lags(self):
        self.s.mood("lags=0.4")
        start = time.monotonic()
        self.invite("a@example.com")
        self.good("DELETE", self.base + "/invites", {"invites": PENDING[:1]})
        self.assertEqual(self.s.invites()[-1], "a@example.com")
        seen = self.page()[0]
        self.assertTrue(seen == PENDING or time.monotonic() > start + 0.4)
        self.until(lambda: self.page()[0] == PENDING[1:] + ["a@example.com"])
        self.assertGreaterEqual(time.monotonic() - start, 0.4)

    def test_lags_elsewhere(self):
        self.s.mood("lags=60")
        self.good("DELETE", self.base + "/users", {"users": ["zoe@example.com"]})
        self.good("POST", "/v2/project/%s/assigned" % self.s.projects[0],
                  {"assignees": ["admin@example.com"], "role": "Lead"})
        self.assertIn("zoe@example.com", self.page("users")[0])
        self.assertEqual(self.good("GET", "/v2/project/" + self.s.projects[0])["project"]["assignedTo"], [])
        self.invite("a@example.com")
        self.s.accept("a@example.com")
        self.assertIsNone(self.presence("a@example.com"))
        self.s.mood()
        self.assertEqual(self.presence("a@example.com"), "member")

    def test_replicas(self):
        self.s.mood("replicas=60")
        self.invite("a@example.com")
        self.assertEqual([len(self.page()[0]) for _ in range(4)], [26, 25, 26, 25])

    def test_acts_late(self):
        for how in ("504", "drop", "stall"):
            self.s.reset()
            self.s.mood("acts-late=0.3:" + how)
            start = time.monotonic()
            sock = connect(self.s)
            sock.sendall(request(self.s, "POST", self.base + "/invites",
                                 b'{"to":["late@example.com"],"organizationRole":"member"}'))
            if how == "504":
                self.assertTrue(sock.recv(65536).startswith(b"HTTP/1.1 504 "))
            elif how == "drop":
                self.assertEqual(read_all(sock), (b"", "fin"))
            else:
                sock.settimeout(0.1)
                with self.assertRaises(TimeoutError):
                    sock.recv(1)
            self.assertTrue("late@example.com" not in self.s.invites() or time.monotonic() > start + 0.3)
            sock.close()                                        # which does not stop it
            self.until(lambda: "late@example.com" in self.s.invites())
            self.assertGreaterEqual(time.monotonic() - start, 0.3)
            self.assertEqual(self.s.counts()["still_to_do"], 0)
            [entry] = self.s.log()
            self.assertEqual(entry["did"], [["invited", "late@example.com"]])
            self.assertEqual(entry["status"], 504 if how == "504" else None)

    def test_what_is_to_be_done_is_forgotten(self):
        self.s.mood("acts-late=0.2")
        self.raw("POST", self.base + "/invites", b'{"to":["late@example.com"],"organizationRole":"member"}')
        self.assertEqual(self.s.counts()["still_to_do"], 1)
        self.s.reset()
        time.sleep(0.4)
        self.assertNotIn("late@example.com", self.s.invites())

    def test_reads_do_not_act_late_and_are_not_lost(self):
        for mood in ("acts-late", "loses-reply", "loses-request"):
            self.s.mood(mood)
            self.assertEqual(self.page()[0], PENDING)

    def test_loses_reply(self):
        body = b'{"to":["lost@example.com"],"organizationRole":"member"}'
        for how, seen in (("notify", (b"", "notify")), ("fin", (b"", "fin")), ("rst", (b"", "rst"))):
            self.s.mood("loses-reply=" + how)
            head, rest, end = self.raw("POST", self.base + "/invites", body)
            self.assertEqual((head + rest, end), seen)
            self.assertEqual(self.s.log()[-1]["status"], None)
        self.assertEqual(self.once("lost@example.com"), {"invited": 1, "invited again": 2})
        self.assertEqual((self.s.doubled(), self.s.counts()["doubled"]), (2, 2))
        self.s.mood("loses-reply=cut")
        head, rest, end = self.raw("POST", self.base + "/invites", body)
        self.assertTrue(head.startswith(b"HTTP/1.1 200 ") and end == "fin")
        self.assertNotIn(b"}}", rest[-2:])
        self.s.mood("loses-reply=502")
        self.assertEqual(self.raw("POST", self.base + "/invites", body)[0][:12], b"HTTP/1.1 502")
        self.assertEqual(self.s.doubled(), 4)

    def test_loses_request(self):
        self.s.mood("loses-request")
        _, rest, end = self.raw("POST", self.base + "/invites",
                                b'{"to":["lost@example.com"],"organizationRole":"member"}')
        self.assertEqual((rest, end, self.s.people()), (b"", "fin", {}))


class Addresses(Mooded):
    def stored(self, address, *words):
        self.s.reset()
        self.s.mood(*words)
        self.invite(address)
        self.invite(address, status=200)
        self.assertEqual(self.s.doubled(), 1)
        return self.page()[0][-1]

    def test_stored(self):
        odd = "JO\u0308RG.\u00d6@EX\u00c4MPLE.com"
        self.assertEqual(self.stored(odd), odd)
        self.assertEqual(self.stored(odd, "lowers-ascii"), "jo\u0308rg.\u00d6@ex\u00c4mple.com")
        self.assertEqual(self.stored(odd, "lowers-unicode"), "jo\u0308rg.\u00f6@ex\u00e4mple.com")
        self.assertEqual(self.stored(odd, "composes"), "J\u00d6RG.\u00d6@EX\u00c4MPLE.com")
        self.assertEqual(self.stored(odd, "punycodes"), "JO\u0308RG.\u00d6@xn--exmple-cua.com")
        self.assertEqual(self.stored(odd, "lowers-unicode", "composes", "punycodes"),
                         "j\u00f6rg.\u00f6@xn--exmple-cua.com")

    def test_one_person(self):
        for one, other in (("A@EXAMPLE.com", "a@example.com"), ("\u00d6@x.de", "o\u0308@X.de"),
                           ("a@b\u00fccher.de", "a@xn--bcher-kva.de")):
            self.assertEqual(moods.person(one), moods.person(other))
        self.assertNotEqual(moods.person("o@x.de"), moods.person("\u00f6@x.de"))


class People(Mooded):
    def test_counts(self):
        self.invite("a@example.com", "zoe@example.com")
        self.invite("a@example.com", status=200)
        self.s.accept("A@example.com")
        self.assertEqual(self.s.doubled(), 1)
        self.invite("a@example.com", status=200)                # a member because of the first invitation
        self.good("POST", self.base + "/users", {"users": [{"email": "a@example.com", "organizationRole": "admin"}]})
        self.good("POST", "/v2/project/%s/assigned" % self.s.projects[0],
                  {"assignees": ["a@example.com"], "role": "Lead"})
        self.good("DELETE", self.base + "/users", {"users": ["a@example.com"]})
        self.assertEqual(self.s.people(), {
            "a@example.com": {"invited": 1, "invited again": 2, "joined": 1, "role": 1, "assigned": 1, "removed": 1},
            "zoe@example.com": {"invited, a member": 1}})
        self.assertEqual(self.s.doubled(), 2)
        self.assertEqual(self.s.log()[0]["did"], [["invited", "a@example.com"],
                                                  ["invited, a member", "zoe@example.com"]])
        self.s.reset()
        self.assertEqual((self.s.people(), self.s.doubled()), ({}, 0))

    def test_invited_anew_is_not_doubled(self):
        self.invite("a@example.com")
        self.good("DELETE", self.base + "/invites", {"invites": ["a@example.com"]})
        self.invite("a@example.com", "expired_1@example.com")
        self.assertEqual(self.s.doubled(), 0)


class Switching(unittest.TestCase):
    def control(self, s, method, path, body=None):
        there = http.client.HTTPConnection("127.0.0.1", s.control_port, timeout=10)
        there.request(method, path, None if body is None else json.dumps(body))
        reply = there.getresponse()
        data = json.loads(reply.read())
        there.close()
        return reply.status, data

    def test_control(self):
        with StandIn(PKI, moods=["lags=2"]) as s:
            self.assertEqual(s.moods()["moods"], ["lags=2"])
            self.assertEqual(self.control(s, "POST", "/moods", {"moods": ["caps-limit", "nested"]})[0], 200)
            status, data = self.control(s, "GET", "/moods")
            self.assertEqual((data["moods"], set(data["known"])), (["caps-limit", "nested"], set(moods.MOODS)))
            for bad in (["caps-limit=0"], ["nonesuch"], ["nested=1"], ["order"], ["moves=add@1"],
                        ["acts-late=1:x"], ["prefix=ango"], ["lags=-1"]):
                self.assertEqual(self.control(s, "POST", "/moods", {"moods": bad})[0], 400, bad)
            self.assertEqual(s.moods()["moods"], ["caps-limit", "nested"])
            s.reset()
            self.assertEqual(s.moods()["moods"], ["lags=2"])

    def test_personalities(self):
        for name, words in moods.PERSONALITIES.items():
            self.assertEqual(moods.Moods([name]).words, words.split(), name)
        self.assertEqual(moods.Moods(["lags-behind", "nested"]).words, ["lags=0.5", "nested"])
        used = {word.partition("=")[0] for words in moods.PERSONALITIES.values() for word in words.split()}
        self.assertLessEqual(used, set(moods.MOODS))

    def test_command_line(self):
        program = [os.path.join(HERE, "standin.py")]
        text = subprocess.run(program + ["--help"], capture_output=True, text=True, check=True).stdout
        for mood in moods.MOODS.values():
            self.assertIn("  " + mood.usage() + "\n", text)
            self.assertIn(" ".join(mood.sentence.split()[:4]), text)
            self.assertRegex(mood.sentence, r"\.$")
        for name in moods.PERSONALITIES:
            self.assertIn("  " + name + " ", text)
        for bad in ("nonesuch", "caps-limit=x"):
            done = subprocess.run(program + ["--mood", bad], capture_output=True, text=True)
            self.assertEqual(done.returncode, 2)
            self.assertIn(bad.partition("=")[0], done.stderr)
        words = ["--pki", PKI, "--mood", "caps-limit=10 nested", "--mood", "plain", "--until-eof"]
        running = subprocess.Popen(program + words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        text, _ = running.communicate("", timeout=60)
        self.assertEqual(running.returncode, 0)
        self.assertIn("Moods         caps-limit=10 nested\n", text)


if __name__ == "__main__":
    unittest.main()
