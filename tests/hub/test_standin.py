#!/usr/bin/python3
"""The tests' own server and certificates: a stand-in that misbehaves by accident would prove nothing."""
import gzip
import http.client
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from standin import StandIn, how_ended, make_pki                # noqa: E402

PKI = os.path.join(os.path.dirname(os.path.dirname(HERE)), "build", "pki")
GOOD = ("ecdsa", "rsa2048", "rsa4096", "mixed")
JSON = {"Content-Type": "application/json"}
INVITATION = b'{"to":["a@example.com"],"organizationRole":"member"}'
ID = re.compile("[0-9a-f]{24}")
TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\d\dZ")


def client_context(ca, tls="both"):
    context = ssl.create_default_context(cafile=ca)
    context.hostname_checks_common_name = False
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    if tls != "both":
        context.minimum_version = context.maximum_version = {
            "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[tls]
    return context


def connect(s, tls="both", name="localhost", session=None, context=None):
    sock = socket.create_connection(("127.0.0.1", s.port), timeout=10)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        return (context or client_context(s.ca, tls)).wrap_socket(
            sock, server_hostname=name, session=session, suppress_ragged_eofs=False)
    except BaseException:
        sock.close()
        raise


def request(s, method="GET", path="/v2/listProjects", body=None, more=""):
    head = "%s %s HTTP/1.1\r\nHost: localhost\r\napikey: %s\r\n%s" % (method, path, s.key, more)
    if body is not None:
        head += "Content-Type: application/json\r\nContent-Length: %d\r\n" % len(body)
    return head.encode() + b"\r\n" + (body or b"")


def read_all(sock):
    """(bytes, how the server ended it)"""
    data = b""
    while True:
        try:
            piece = sock.recv(65536)
        except ssl.SSLError as error:
            if how_ended(error) is None:
                raise
            return data, how_ended(error)
        except ConnectionResetError:
            return data, "rst"
        if not piece:
            return data, "notify"
        data += piece


class Case(unittest.TestCase):
    """One server for the class, as at start for each test; one connection for each test."""
    options = {"rate": 0}

    @classmethod
    def setUpClass(cls):
        cls.s = StandIn(PKI, **cls.options).start()
        cls.addClassCleanup(cls.s.stop)

    def setUp(self):
        self.s.reset()
        self.http = None
        self.addCleanup(lambda: self.http and self.http.close())
        self.base = "/v2/organization/" + self.s.org

    def tearDown(self):
        self.assertEqual(self.s.counts()["internal_errors"], 0)

    def ask(self, method, path, body=None, key=None, headers=None):
        """(status, decoded body, headers)"""
        if self.http is None:
            self.http = http.client.HTTPSConnection("localhost", self.s.port,
                                                    context=client_context(self.s.ca))
        given = {"apikey": self.s.key if key is None else key}
        if body is not None:
            given.update(JSON)
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        given.update(headers or {})
        self.http.request(method, path, body, {n: v for n, v in given.items() if v is not None})
        reply = self.http.getresponse()
        return reply.status, json.loads(reply.read()), reply.headers

    def good(self, *args, status=200, **more):
        got, reply, _ = self.ask(*args, **more)
        self.assertEqual((got, reply.get("status")), (status, "success"), reply)
        return reply["data"]

    def bad(self, status, *args, **more):
        got, reply, _ = self.ask(*args, **more)
        self.assertEqual((got, reply.get("status"), set(reply)), (status, "fail", {"status", "message"}),
                         reply)
        return reply["message"]

    def invite(self, *to, role="member", status=201, **more):
        return self.good("POST", self.base + "/invites", dict({"to": to, "organizationRole": role}, **more),
                         status=status)["invites"]


class Invites(Case):
    def test_made(self):
        assignments = [{"projectId": project, "projectRole": role}
                       for project, role in zip(self.s.projects, ("Labeler", "Reviewer"))]
        first, second = self.invite("user_1@example.com", "user_2@example.com",
                                    projectAssignments=assignments)
        self.assertEqual(list(first), ["_id", "to", "organizationRole", "status", "createdBy", "createdAt",
                                       "expiresAt"])
        self.assertRegex(first["_id"], ID)
        self.assertRegex(first["createdAt"], TIME)
        self.assertGreater(first["expiresAt"], first["createdAt"])
        self.assertEqual((second["to"], second["organizationRole"], second["status"]),
                         ("user_2@example.com", "Member", "Pending"))
        stored = self.s.state()["invites"]
        self.assertEqual([i["to"] for i in stored], ["user_1@example.com", "user_2@example.com"])
        self.assertEqual([i["projectAssignments"] for i in stored], [assignments, assignments])

    def test_pending_and_members(self):
        [before] = self.invite("a@example.com")
        pending, member, new = self.invite("A@example.com", "ZOE@example.com", "b@example.com", role="admin")
        self.assertEqual(pending, dict(before, message="Already invited"))
        self.assertEqual((member["status"], "_id" in member), ("Failed", False))
        self.assertIn("already a member", member["message"])
        self.assertEqual(new["organizationRole"], "Admin")
        self.assertEqual([(i["to"], i["asked"]) for i in self.s.state()["invites"]],
                         [("a@example.com", 2), ("b@example.com", 1)])
        self.invite("a@example.com", "zoe@example.com", status=200)

    def test_validation(self):
        good = {"to": ["a@example.com"], "organizationRole": "member"}
        project = {"projectId": self.s.projects[0], "projectRole": "Labeler"}
        for change, word in (
                ({"to": []}, '"to"'), ({"to": "a@example.com"}, '"to"'),
                ({"to": ["a@example.com", "b"]}, '"b"'), ({"to": [7]}, "7"), ({"to": ["a@b"]}, "a@b"),
                ({"to": ["@example.com"]}, '"to"'), ({"to": ["a b@example.com"]}, '"to"'),
                ({"to": ["a@example..com"]}, '"to"'), ({"to": ["a" * 65 + "@example.com"]}, '"to"'),
                ({"to": ["\ud800@example.com"]}, '"to"'), ({"to": ["a@" + "b" * 250 + ".example"]}, '"to"'),
                ({"organizationRole": "Member"}, "[admin, member]"),
                ({"organizationRole": None}, "organizationRole"),
                ({"organizationRole": "guest"}, "organizationRole"),
                ({"projectAssignments": {}}, "projectAssignments"),
                ({"projectAssignments": [1]}, "projectAssignments"),
                ({"projectAssignments": [dict(project, projectRole="labeler")]}, "[Manager, Labeler,"),
                ({"projectAssignments": [{"projectId": self.s.projects[0]}]}, "projectRole"),
                ({"role": "member"}, '"role" is not allowed')):
            self.assertIn(word, self.bad(400, "POST", self.base + "/invites", dict(good, **change)), change)
        for id_ in ("nowhere", self.s.other_projects[0], 7):
            self.bad(404, "POST", self.base + "/invites",
                     dict(good, projectAssignments=[project, dict(project, projectId=id_)]))
        for text in (b"", b"{", b"[]", b"7", b'{"to":1,"to":2}', b'{"to":[NaN]}', b"\xff", b"[" * 100000):
            self.bad(400, "POST", self.base + "/invites", text)
        self.bad(400, "POST", self.base + "/invites", good, headers={"Content-Type": "text/plain"})
        self.bad(400, "POST", self.base + "/invites", good, headers={"Content-Type": None})
        self.assertEqual(self.s.invites(), [])
        self.ask("POST", self.base + "/invites", good,
                 headers={"Content-Type": "Application/JSON; charset=utf-8"})
        self.invite('"q\\"@example.com', "ü@exämple.com", projectAssignments=[])
        self.assertEqual(self.s.invites(), ["a@example.com", '"q\\"@example.com', "ü@exämple.com"])

    def test_list_and_status(self):
        invites = self.base + "/invites"
        self.invite(*["user_%d@example.com" % n for n in range(25)])
        self.assertEqual(len(self.good("GET", invites)["invites"]), 10)
        seen = []
        for page, length in ((1, 12), (2, 12), (3, 1), (4, 0)):
            got = self.good("GET", invites + "?status=pending&page=%d&limit=12" % page)["invites"]
            self.assertEqual(len(got), length)
            seen += [i["to"] for i in got]
        self.assertEqual(seen, self.s.invites())
        self.bad(400, "GET", invites + "?status=done")

    def test_delete(self):
        self.invite("a@example.com", "b@example.com")
        data = self.good("DELETE", self.base + "/invites", {"invites": ["B@example.com", "c@example.com"]})
        self.assertEqual(data, {"deleted": 1, "failed": 1})
        self.assertEqual(self.s.invites(), ["a@example.com"])
        self.bad(400, "DELETE", self.base + "/invites", {"invites": []})
        self.bad(400, "DELETE", self.base + "/invites", {"users": ["a@example.com"]})

    def test_accept(self):
        assignment = {"projectId": self.s.projects[0], "projectRole": "Lead"}
        self.invite("a@example.com", projectAssignments=[assignment])
        self.s.accept("a@example.com")
        self.assertEqual(self.s.invites(), [])
        self.assertEqual(self.s.state()["members"][-1]["email"], "a@example.com")
        self.assertEqual(self.s.state()["projects"][0]["assignedTo"],
                         [{"assignee": "a@example.com", "role": "Lead"}])


class Expired(Case):
    options = {"rate": 0, "seed": {"invites": 2, "expired": 1}}

    def test_expired(self):
        invites = self.base + "/invites"
        for status, names in (("pending", ["pending_1@example.com", "pending_2@example.com"]),
                              ("expired", ["expired_1@example.com"])):
            got = self.good("GET", invites + "?status=" + status)["invites"]
            self.assertEqual([i["to"] for i in got], names)
            self.assertEqual({i["status"] for i in got}, {status.capitalize()})
        self.assertEqual(len(self.good("GET", invites)["invites"]), 3)
        self.assertEqual(self.good("DELETE", invites, {"invites": ["expired_1@example.com"]}),
                         {"deleted": 0, "failed": 1})
        [again] = self.invite("expired_1@example.com")
        self.assertEqual((again["status"], "message" in again), ("Pending", False))


class Members(Case):
    options = {"rate": 0, "seed": {"members": 10000}}

    def test_list(self):
        users = self.base + "/users"
        got = self.good("GET", users)["users"]
        self.assertEqual(len(got), 10)
        self.assertEqual(list(got[0]), ["_id", "email", "name", "organizationRole", "createdAt"])
        self.assertEqual(got[0]["organizationRole"], "Admin")
        seen = {u["_id"] for page in range(1, 101)
                for u in self.good("GET", users + "?limit=100&page=%d" % page)["users"]}
        self.assertEqual(len(seen), 10000)
        self.assertEqual(self.good("GET", users + "?limit=100&page=101")["users"], [])

    def test_search(self):
        def search(word):
            return [u["email"] for u in self.good(
                "GET", self.base + "/users?limit=100&search=" + urllib.parse.quote(word))["users"]]
        self.assertEqual(search("ÅNGSTRÖM"), ["zoe@example.com"])
        self.assertEqual(search('"Zo"'), ["zoe@example.com"])
        self.assertEqual(search("member_9999@"), ["member_9999@example.com"])
        self.assertEqual(len(search("member_999")), 11)
        self.assertEqual(search("nobody"), [])

    def test_bad_pages(self):
        for query in ("page=0", "page=-1", "page=x", "page=", "limit=0", "limit=101", "limit=1.5",
                      "page=1&page=2", "page=99999999999"):
            self.bad(400, "GET", self.base + "/users?" + query)

    def test_role(self):
        data = self.good("POST", self.base + "/users", {"users": [
            {"email": "zoe@example.com", "organizationRole": "admin"},
            {"email": "nobody@example.com", "organizationRole": "admin"}]})
        self.assertEqual((data["users"]["updated"], data["users"]["failed"]), (1, 1))
        first, second = data["users"]["results"]
        self.assertEqual(first, {"email": "zoe@example.com", "status": "Updated"})
        self.assertEqual((second["email"], second["status"]), ("nobody@example.com", "Failed"))
        self.assertIn("not a member", second["message"])
        self.assertEqual(self.s.state()["members"][2]["organizationRole"], "Admin")
        for users in ([], {}, [1], [{"email": "zoe@example.com"}],
                      [{"email": "zoe@example.com", "organizationRole": "owner"}],
                      [{"email": "zoe", "organizationRole": "admin"}]):
            self.bad(400, "POST", self.base + "/users", {"users": users})

    def test_delete(self):
        project = "/v2/project/%s/assigned" % self.s.projects[0]
        self.good("POST", project, {"assignees": ["zoe@example.com"], "role": "Lead"})
        self.assertEqual(self.good("DELETE", self.base + "/users", {"users": [
            "zoe@example.com", "admin@example.com", "nobody@example.com"]}), {"deleted": 1, "failed": 2})
        self.assertEqual(len(self.s.state()["members"]), 9999)
        self.assertEqual(self.s.state()["projects"][0]["assignedTo"], [])


class Projects(Case):
    options = {"rate": 0, "seed": {"projects": 25}}

    def test_list(self):
        data = self.good("GET", "/v2/listProjects?page=3&limit=10&sort=-createdAt")
        self.assertEqual((data["total"], len(data["projects"])), (25, 5))
        last = data["projects"][-1]
        self.assertEqual(list(last), ["_id", "name", "description", "organization", "createdAt"])
        self.assertEqual((last["_id"], last["organization"]), (self.s.projects[0], self.s.org))
        names = [p["name"] for p in self.good("GET", "/v2/listProjects?limit=100&sort=name")["projects"]]
        self.assertEqual(names, sorted(names))
        self.assertEqual(len(self.good("GET", "/v2/listProjects")["projects"]), 10)
        self.bad(400, "GET", "/v2/listProjects?sort=size")

    def test_assign(self):
        path = "/v2/project/%s/assigned" % self.s.projects[1]
        data = self.good("POST", path, {"assignees": ["zoe@example.com", "x@example.com"], "role": "Labeler"})
        self.assertEqual(data["project"]["assignedTo"], [{"assignee": "zoe@example.com", "role": "Labeler"}])
        self.assertEqual((data["failed"], [r["status"] for r in data["results"]]), (1, ["Added", "Failed"]))
        data = self.good("POST", path, {"assignees": ["zoe@example.com"], "role": "Manager"})
        self.assertEqual(data["project"]["assignedTo"], [{"assignee": "zoe@example.com", "role": "Manager"}])
        self.assertEqual((data["failed"], data["results"][0]["status"]), (0, "Updated"))
        for body in ({"assignees": ["zoe@example.com"], "role": "manager"}, {"assignees": [], "role": "Lead"},
                     {"assignees": ["zoe@example.com"]}, {"assignees": ["zoe"], "role": "Lead"}):
            self.bad(400, "POST", path, body)


class Access(Case):
    def test_keys(self):
        self.assertIn("missing", self.bad(401, "GET", self.base + "/users", headers={"apikey": None}))
        self.assertNotIn("wrong", self.bad(401, "GET", self.base + "/users", key="wrong"))
        self.s.set_key("fresh", "admin")
        self.good("GET", self.base + "/users", key="fresh")
        self.s.set_key("fresh", None)
        self.bad(401, "GET", self.base + "/users", key="fresh")

    def test_member(self):
        key, one = self.s.member_key, ["a@example.com"]
        self.good("GET", self.base + "/users", key=key)
        self.good("GET", "/v2/listProjects", key=key)
        for method, path, body in (
                ("POST", self.base + "/invites", {"to": one, "organizationRole": "member"}),
                ("GET", self.base + "/invites", None), ("DELETE", self.base + "/invites", {"invites": one}),
                ("POST", self.base + "/users", {"users": [{"email": one[0], "organizationRole": "admin"}]}),
                ("DELETE", self.base + "/users", {"users": one}),
                ("POST", "/v2/project/%s/assigned" % self.s.projects[0], {"assignees": one, "role": "Lead"})):
            self.assertIn("permission", self.bad(403, method, path, body, key=key))
        self.assertEqual(self.s.invites(), [])

    def test_elsewhere(self):
        for status, id_ in ((404, "nowhere"), (403, self.s.other_org)):
            self.bad(status, "GET", "/v2/organization/%s/users" % id_)
        for status, id_ in ((404, "nowhere"), (403, self.s.other_projects[0])):
            self.bad(status, "POST", "/v2/project/%s/assigned" % id_,
                     {"assignees": ["a@b.c"], "role": "Lead"})
        for method, path in (("GET", "/"), ("GET", "/v1/listProjects"), ("POST", "/v2/listProjects"),
                             ("PUT", self.base + "/users"), ("GET", self.base),
                             ("GET", self.base + "/users/1")):
            self.bad(404, method, path)


class OddIdentifier(Case):
    options = {"rate": 0, "org": "a/b c?ä%"}

    def test_percent(self):
        self.good("GET", "/v2/organization/a%2Fb%20c%3F%C3%A4%25/users")
        self.bad(404, "GET", "/v2/organization/a%2Fb%20c/users")


class Rate(Case):
    options = {"rate": 5, "clock_speed": 120}                   # a minute passes in half a second

    def test_rate(self):
        for _ in range(5):
            self.good("GET", "/v2/listProjects")
        status, reply, headers = self.ask("GET", "/v2/listProjects")
        self.assertEqual((status, reply["status"], headers["Retry-After"]), (429, "fail", "1"))
        self.good("GET", "/v2/listProjects", key=self.s.member_key)
        self.bad(401, "GET", "/v2/listProjects", key="wrong")
        time.sleep(0.55)
        self.good("GET", "/v2/listProjects")

    def test_slow_clock(self):
        with StandIn(PKI, rate=1) as s:
            path = "https://localhost:%d/v2/listProjects" % s.port
            arguments = ["curl", "-sSi", "--cacert", s.ca, "-H", "apikey: " + s.key, path, path]
            wait = re.search(rb"\nRetry-After: (\d+)\r", subprocess.check_output(arguments))
            self.assertTrue(55 <= int(wait.group(1)) <= 60, wait)

    def test_default(self):
        with StandIn(PKI) as s:
            sock = connect(s)
            sock.sendall(request(s) * 100 + request(s, more="Connection: close\r\n"))
            data, end = read_all(sock)
            sock.close()
        self.assertEqual((data.count(b"HTTP/1.1 200 "), data.count(b"HTTP/1.1 429 "), end),
                         (100, 1, "notify"))


class Wire(Case):
    def test_bytes(self):
        sock = connect(self.s)
        sock.sendall(request(self.s, "GET", self.base + "/users?limit=1"))
        reply = sock.recv(65536)                                # one record: head and body together
        sock.close()
        head, body = reply.split(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        self.assertEqual(lines[0], "HTTP/1.1 200 OK")
        self.assertEqual([line.split(":")[0] for line in lines[1:]],
                         ["Content-Type", "Date", "Content-Length", "Connection"])
        self.assertIn("Content-Length: %d" % len(body), lines)
        self.assertTrue(body.startswith(b'{"status":"success","data":{"users":[{"_id":"'), body)

    def test_keep_alive_and_pipeline(self):
        sock = connect(self.s)
        for _ in range(3):
            sock.sendall(request(self.s))
            self.assertIn(b"200 OK", sock.recv(65536))
        sock.sendall(request(self.s) + request(self.s, more="Connection: close\r\n"))
        data, end = read_all(sock)
        sock.close()
        self.assertEqual((data.count(b"200 OK"), end), (2, "notify"))
        counts = self.s.counts()
        self.assertEqual((counts["connections"], counts["handshakes"], counts["requests"]), (1, 1, 5))

    def test_byte_by_byte(self):
        sock = connect(self.s)
        text = request(self.s, "POST", self.base + "/invites", INVITATION)
        for at in range(len(text)):
            sock.sendall(text[at:at + 1])
        self.assertIn(b"201 Created", sock.recv(65536))
        sock.close()
        [entry] = self.s.log()
        self.assertEqual(entry["records"], len(text))

    def test_log(self):
        body = INVITATION
        sock = connect(self.s, "1.2")
        sock.sendall(request(self.s, "POST", self.base + "/invites?x=1", body, "X-Odd:  a b \r\n"))
        sock.recv(65536)
        sock.sendall(request(self.s))
        sock.recv(65536)
        first, second = self.s.log()
        self.assertEqual([second], self.s.log(2))
        sock.unwrap()
        sock.close()
        self.assertEqual((first["method"], first["path"], first["body"], first["status"]),
                         ("POST", self.base + "/invites?x=1", body.decode(), 201))
        self.assertEqual([list(h) for h in first["headers"]], [
            ["Host", "localhost"], ["apikey", self.s.key], ["X-Odd", "a b"],
            ["Content-Type", "application/json"], ["Content-Length", str(len(body))]])
        self.assertEqual((first["nth"], second["nth"]), (1, 2))
        self.assertEqual(first["connection"], second["connection"])
        self.assertEqual((first["tls"], first["resumed"], first["records"], first["fault"]),
                         ("TLSv1.2", False, 1, False))
        self.assertIn("GCM", first["cipher"])
        self.assertAlmostEqual(first["time"], time.time(), delta=5)
        self.assertEqual(self.ended(1)[0]["end"], "close_notify")

    def ended(self, number):
        """What is known of the connections, once that many are over."""
        deadline = time.monotonic() + 5
        while True:
            over = [c for c in self.s.connections() if c["end"]]
            if len(over) >= number or time.monotonic() > deadline:
                self.assertEqual(len(over), number)
                return over
            time.sleep(0.005)

    def test_how_clients_leave(self):
        for number, linger in ((1, b""), (2, struct.pack("ii", 1, 0))):
            sock = connect(self.s)
            sock.sendall(request(self.s))                       # so that no ticket is on its way any more
            sock.recv(65536)
            if linger:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            sock.close()
            self.ended(number)
        sock = connect(self.s)
        sock.sendall(request(self.s, "POST", self.base + "/invites", INVITATION)[:-1])
        sock.unwrap()
        sock.close()
        self.ended(3)
        socket.create_connection(("127.0.0.1", self.s.port)).close()
        ends = [c["end"] for c in self.ended(4)]
        self.assertEqual(ends[:3], ["eof without close_notify", "reset", "close_notify, in mid-request"])
        self.assertRegex(ends[3], "^handshake: ")
        self.assertEqual(self.s.counts()["handshakes_failed"], 1)

    def test_malformed(self):
        for text in (b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", b"GET /\r\n\r\n",
                     b"get / HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n",
                     b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", b"GET / HTTP/1.1\r\nHost\r\n\r\n",
                     b"GET / HTTP/1.1\r\nHost: x\r\n y\r\n\r\n",
                     b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
                     b"GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n",
                     b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\n",
                     b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
                     b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
                     b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 70000):
            sock = connect(self.s)
            sock.sendall(text)
            data, end = read_all(sock)
            sock.close()
            self.assertTrue(data.startswith(b"HTTP/1.1 400 Bad Request\r\n"), (text, data))
            self.assertEqual(end, "notify")
        self.assertEqual((self.s.counts()["malformed"], self.s.counts()["requests"]), (13, 0))

    def test_hangup(self):
        for how in ("notify", "fin", "rst"):
            sock = connect(self.s)
            sock.sendall(request(self.s))
            sock.recv(65536)
            start = time.monotonic()
            self.s.hangup(how)
            self.assertLess(time.monotonic() - start, 0.9)
            self.assertTrue(select.select([sock], [], [], 0)[0], "no end in sight")
            self.assertEqual(read_all(sock), (b"", how))
            sock.close()
        with self.assertRaises(ValueError):
            self.s.hangup("politely")

    def test_pause(self):
        sock = connect(self.s)
        port = self.s.port
        self.s.pause()
        self.assertEqual(read_all(sock)[0], b"")
        sock.close()
        with self.assertRaises(ConnectionRefusedError):
            connect(self.s)
        self.s.resume()
        self.assertEqual(self.s.port, port)
        self.good("GET", "/v2/listProjects")
        self.assertEqual(self.s.counts()["open"], 1)

    def test_limits(self):
        with StandIn(PKI, rate=0, idle_timeout=0.1, requests_per_connection=2) as s:
            sock = connect(s)
            sock.sendall(request(s) * 3)
            data, end = read_all(sock)
            sock.close()
            self.assertEqual((data.count(b"200 OK"), data.count(b"Connection: close"), end), (2, 1, "notify"))
            sock = connect(s)
            self.assertEqual(read_all(sock), (b"", "notify"))
            sock.close()

    def test_expect(self):
        sock = connect(self.s)
        text = request(self.s, "POST", self.base + "/invites", INVITATION, "Expect: 100-continue\r\n")
        sock.sendall(text[:-len(INVITATION)])
        self.assertEqual(sock.recv(65536), b"HTTP/1.1 100 Continue\r\n\r\n")
        sock.sendall(INVITATION)
        self.assertIn(b"201 Created", sock.recv(65536))
        sock.close()

    def test_ipv6(self):
        with StandIn(PKI, bind=("127.0.0.1", "::1")) as s:
            for address in s.bind:
                with socket.create_connection((address, s.port)) as sock, \
                        client_context(s.ca).wrap_socket(sock, server_hostname=address) as sock:
                    sock.sendall(request(s))
                    self.assertIn(b"200 OK", sock.recv(65536))


class Tls(Case):
    def handshake(self, chain, name="localhost", tls="both"):
        self.s.use(chain=chain, tls=tls)
        sock = connect(self.s, tls, name)
        sock.sendall(request(self.s))
        self.assertIn(b"200 OK", sock.recv(65536))
        version = sock.version()
        sock.close()
        return version

    def tearDown(self):
        self.s.use(chain="ecdsa", tls="both", tickets=2)
        super().tearDown()

    def test_good_chains(self):
        for chain in GOOD:
            for tls in ("1.2", "1.3"):
                for name in ("localhost", "ango.test", "127.0.0.1", "::1"):
                    self.assertEqual(self.handshake(chain, name, tls), "TLSv" + tls)

    def test_bad_chains(self):
        cases = {
            "expired": "has expired", "not-yet-valid": "not yet valid", "wrong-host": "mismatch",
            "self-signed": "self-signed", "unknown-ca": "certificate verify failed",
            "missing-intermediate": "unable to get local issuer", "issuer-no-ca": "invalid CA certificate",
            "no-serverauth": "unsuitable certificate purpose", "rsa1024": "key too (small|weak)",
            "sha1": "digest algorithm too weak", "md5": "digest algorithm too weak", "wildcard-depth": "mismatch",
            "cn-only": "mismatch", "nul-in-name": "mismatch",
            "100k": "(?i)excessive message size", "ca-critical": "permitted subtree violation",
            "ca-not-permitted": "permitted subtree violation", "ca-excluded": "excluded subtree violation",
            "uri-name": "mismatch", "dns-address": "mismatch", "ca-for-clients": "unsuitable certificate purpose",
            "proxy": "unable to get local issuer", "ca-null": "(?i)certificate verify failed", "ca-no-mask": "name syntax",
            "ca-empty-subtree": "(?i)certificate verify failed", "ca-cut-subtree": "(?i)certificate verify failed"}
        for chain, reason in cases.items():
            with self.subTest(chain), self.assertRaisesRegex(ssl.SSLError, reason):
                self.handshake(chain)
        # These are bad only for some clients.
        for_some = {"too-long", "ip-not-named", "order", "p521"}
        for chain in for_some:
            self.handshake(chain)
        with self.assertRaisesRegex(ssl.SSLError, "mismatch"):
            self.handshake("ip-not-named", "127.0.0.1")
        listed = subprocess.check_output([HERE + "/pki", "--list"], text=True).splitlines()
        bad = {line.split()[0] for line in listed if line.split(None, 1)[1].startswith("bad")}
        self.assertEqual(bad, set(cases) | for_some)
        others = {"ca-for-servers", "ca-permitted", "ca-parents", "ca-parent-excluded", "intermediate-renewed",
                  "root-renewed", "p384"}                       # tests/hostile/test_tls.py
        self.assertEqual({line.split()[0] for line in listed} - bad, set(GOOD) | others)

    def test_versions(self):
        for offered, refused in (("1.2", "1.3"), ("1.3", "1.2")):
            self.s.use(tls=offered)
            with self.assertRaises(ssl.SSLError):
                connect(self.s, refused)

    def test_tickets(self):
        for tls in ("1.2", "1.3"):
            for tickets in (0, 1, 2):
                self.s.use(tls=tls, tickets=tickets)
                context, session, seen = client_context(self.s.ca, tls), None, []
                for _ in range(2):
                    sock = connect(self.s, session=session, context=context)
                    sock.sendall(request(self.s))
                    sock.recv(65536)
                    session = sock.session if sock.session and sock.session.has_ticket else None
                    seen.append(sock.session_reused)
                    sock.close()
                self.assertEqual(seen, [False, tickets > 0], (tls, tickets))
        self.assertEqual(self.s.counts()["resumed"], 4)
        self.assertEqual([e["resumed"] for e in self.s.log()].count(True), 4)
        self.s.use(tls="1.3", tickets=2)                        # forgets what it gave out: a full handshake
        sock = connect(self.s, session=session, context=context)
        self.assertFalse(sock.session_reused)
        sock.close()

    def test_names(self):
        context = client_context(self.s.ca)
        context.set_alpn_protocols(["h2", "http/1.1"])
        sock = connect(self.s, name="ango.test", context=context)
        sock.sendall(request(self.s))
        sock.recv(65536)
        self.assertEqual(sock.selected_alpn_protocol(), "http/1.1")
        sock.close()
        [known] = self.s.connections()
        self.assertEqual((known["sni"], known["alpn"]), ("ango.test", "http/1.1"))


class Pki(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        make_pki(PKI)

    def test_again(self):
        with tempfile.TemporaryDirectory() as d:
            os.mkdir(d + "/keys")
            for name in ("rsa4096", "rsa4096-ca", "root-rsa"):  # what takes the time
                shutil.copy("%s/keys/%s.pem" % (PKI, name), d + "/keys")
            subprocess.run([HERE + "/pki", d], check=True)

            def contents():
                return {p.name: p.read_bytes() for p in pathlib.Path(d).glob("*.pem")}
            first = contents()
            subprocess.run([HERE + "/pki", d], check=True)
            self.assertEqual(contents(), first)
            for chain in GOOD:
                sent = "%s/%s.chain.pem" % (d, chain)
                subprocess.run(["openssl", "verify", "-x509_strict", "-purpose", "sslserver",
                                "-CAfile", "%s/%s.ca.pem" % (d, chain), "-untrusted", sent,
                                "-attime", str(int(time.time()) + 3640 * 86400), sent],
                               stdout=subprocess.DEVNULL, check=True)
            with open(d + "/ecdsa.chain.pem", "wb") as f:       # about to run out: all are made anew
                f.write(first["expired.chain.pem"])
            subprocess.run([HERE + "/pki", d], check=True)
            self.assertEqual(contents()["rsa4096.key.pem"], first["rsa4096.key.pem"])
            self.assertNotIn(contents()["ecdsa.chain.pem"],
                             (first["ecdsa.chain.pem"], first["expired.chain.pem"]))

    def test_shape(self):
        def count(chain):
            with open("%s/%s.chain.pem" % (PKI, chain), encoding="ascii") as f:
                return f.read().count("BEGIN CERTIFICATE")
        self.assertEqual([count(c) for c in (*GOOD, "too-long", "missing-intermediate")], [1, 2, 2, 2, 13, 1])
        self.assertGreater(os.path.getsize(PKI + "/100k.chain.pem"), 100 * 1024 * 4 / 3)


class FaultCase(Case):
    def send(self, **fault):
        """(all that comes back, how it ended) for one invitation with that fault."""
        if fault:
            self.s.fault(**fault)
        sock = connect(self.s)
        sock.sendall(request(self.s, "POST", self.base + "/invites", INVITATION, "Connection: close\r\n"))
        try:
            return read_all(sock)
        finally:
            sock.close()

    def test_closes(self):
        for how in ("notify", "fin", "rst"):
            for when, invited, requests in (("before-read", [], 0), ("before-reply", ["a@example.com"], 1),
                                            ("after-reply", ["a@example.com"], 1)):
                self.s.reset()
                data, end = self.send(close=when, how=how)
                self.assertEqual((end, self.s.invites(), self.s.counts()["requests"]),
                                 (how, invited, requests))
                if when == "after-reply" and how != "rst":
                    self.assertIn(b"201 Created", data)
                elif when != "after-reply":
                    self.assertEqual(data, b"")
                self.assertEqual(self.s.counts()["faults_left"], 0)

    def test_not_applied(self):
        self.assertEqual(self.send(close="before-reply", apply=False), (b"", "notify"))
        self.assertEqual(self.s.invites(), [])

    def test_one_shot_and_filters(self):
        self.s.fault({"status": 500, "times": 2}, {"status": 503, "path": "/users"},
                     {"status": 502, "skip": 1})
        got = [self.ask("GET", "/v2/listProjects")[0] for _ in range(5)]
        self.assertEqual(got, [500, 500, 200, 502, 200])
        self.assertEqual(self.ask("GET", self.base + "/users")[0], 503)
        self.assertEqual(self.ask("GET", self.base + "/users")[0], 200)
        self.assertEqual([e["fault"] for e in self.s.log()], [True, True, False, True, False, True, False])
        self.assertEqual([e["status"] for e in self.s.log()], [500, 500, 200, 502, 200, 503, 200])

    def test_replaced(self):
        data, _ = self.send(status=502, reason="Bad", body="<html>no</html>",
                            headers={"Content-Type": "text/html", "Date": None, "X": ["1", "2"]})
        self.assertEqual(data, b"HTTP/1.1 502 Bad\r\nContent-Length: 15\r\nConnection: close\r\n"
                               b"Content-Type: text/html\r\nX: 1\r\nX: 2\r\n\r\n<html>no</html>")
        self.assertEqual(self.s.invites(), [])
        data, _ = self.send(status=500, apply=True)
        self.assertTrue(data.startswith(b"HTTP/1.1 500 Internal"), data)
        self.assertEqual(self.s.invites(), ["a@example.com"])
        data, _ = self.send(status=429, headers={"Retry-After": "7"})
        self.assertIn(b"\r\nRetry-After: 7\r\n", data)
        self.assertIn(b'{"status":"fail","message":"Too Many Requests"}', data)

    def test_raw(self):
        self.assertEqual(self.send(raw="ICY 200\n\n"), (b"ICY 200\n\n", "notify"))
        self.assertEqual(self.send(raw_base64="AP8=", close="after-reply", how="fin"), (b"\x00\xff", "fin"))
        self.assertEqual(self.s.log()[0]["status"], None)

    def test_chunked(self):
        plain = json.loads(self.send()[0].split(b"\r\n\r\n")[1])
        data, end = self.send(chunked={"sizes": [1, 10, 100], "extension": ";a=b", "trailers": {"X-T": "1"}})
        head, body = data.split(b"\r\n\r\n", 1)
        self.assertIn(b"\r\nTransfer-Encoding: chunked", head)
        self.assertNotIn(b"Content-Length", head)
        self.assertTrue(body.startswith(b"1;a=b\r\n{\r\na;a=b\r\n"), body)
        self.assertTrue(body.endswith(b"\r\n0;a=b\r\nX-T: 1\r\n\r\n"), body)
        data, _ = self.send(chunked=True)
        size, rest = data.split(b"\r\n\r\n", 1)[1].split(b"\r\n", 1)
        body, rest = rest[:int(size, 16)], rest[int(size, 16):]
        self.assertEqual((json.loads(body)["data"]["invites"][0]["_id"], rest),
                         (plain["data"]["invites"][0]["_id"], b"\r\n0\r\n\r\n"))
        data, end = self.send(chunked={"last": False}, close="after-reply")
        self.assertTrue(data.endswith(b"}\r\n"), data)

    def test_chunked_as_clients_see_it(self):
        self.s.fault(chunked={"sizes": [3], "trailers": {"X-T": "1"}}, interim=[100, 100])
        self.assertEqual(self.good("GET", "/v2/listProjects")["total"], 2)
        self.good("GET", "/v2/listProjects")
        self.assertEqual(self.s.counts()["connections"], 1)

    def test_until_close(self):
        for version in ("1.0", "1.1"):
            for how in ("notify", "fin"):
                data, end = self.send(until_close=True, version=version, how=how)
                self.assertTrue(data.startswith(b"HTTP/%s 20" % version.encode()), data)
                self.assertNotIn(b"Content-Length", data)
                self.assertEqual((end, json.loads(data.split(b"\r\n\r\n")[1])["status"]), (how, "success"))

    def test_gzip(self):
        data, _ = self.send(gzip=True)
        head, body = data.split(b"\r\n\r\n", 1)
        self.assertIn(b"\r\nContent-Encoding: gzip\r\n", head)
        self.assertEqual(json.loads(gzip.decompress(body))["status"], "success")

    def test_interim(self):
        data, _ = self.send(interim=[100, {"status": 103, "headers": {"Link": "</a>"}}])
        self.assertTrue(data.startswith(b"HTTP/1.1 100 Continue\r\n\r\n"
                                        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                                        b"HTTP/1.1 201 Created\r\n"), data)

    def test_cut(self):
        whole, _ = self.send()
        for how in ("notify", "fin"):
            for cut in (0, 1, len(whole) // 2, len(whole) - 1):
                data, end = self.send(cut=cut, how=how)
                self.assertEqual((len(data), end), (cut, how))

    def test_slow(self):
        start = time.monotonic()
        self.assertIn(b"201 Created", self.send(delay_ms=150)[0])
        self.assertGreaterEqual(time.monotonic() - start, 0.15)
        self.s.fault(body="0123456789", trickle_ms=5)
        sock = connect(self.s)
        sock.sendall(request(self.s))
        self.assertEqual([len(sock.recv(100)) for _ in range(20)], [1] * 20)
        sock.close()

    def test_stall(self):
        self.s.fault(cut=30, stall=True)
        sock = connect(self.s)
        sock.sendall(request(self.s))
        self.assertEqual(len(sock.recv(1000)), 30)
        sock.settimeout(0.1)
        with self.assertRaises(TimeoutError):
            sock.recv(1)
        sock.close()

    def test_before_read_waits_for_a_request(self):
        connected = connect(self.s)
        self.s.fault(close="before-read")
        connected.unwrap()                                      # a close_notify is no request
        connected.close()
        self.assertEqual(self.s.counts()["faults_left"], 1)
        self.assertEqual(self.send(), (b"", "notify"))
        self.assertEqual(self.s.counts()["faults_left"], 0)

    def test_connect(self):
        self.s.fault({"on": "connect", "raw": "HTTP/1.1 400 Bad Request\r\n\r\n"},
                     {"on": "connect", "close": "after-reply", "how": "fin"},
                     {"on": "connect", "close": "after-reply", "how": "rst"})
        for error in ("WRONG_VERSION_NUMBER", "EOF", "reset"):
            with self.assertRaisesRegex(OSError, error):
                connect(self.s).close()
        self.s.fault(on="connect", stall=True)
        with socket.create_connection(("127.0.0.1", self.s.port)) as sock:
            sock.settimeout(0.1)
            with self.assertRaises(TimeoutError):
                sock.recv(1)
        self.assertIn(b"201 Created", self.send()[0])

    def test_mistakes(self):
        for fault in ({"stauts": 500}, {"close": "now"}, {"how": "softly"}, {"on": "friday"},
                      {"version": "2"}):
            with self.assertRaises(ValueError):
                self.s.fault(**fault)
        self.assertEqual(self.s.counts()["faults_left"], 0)


def curl(*arguments):
    done = subprocess.run(["curl", "-sS", *arguments], capture_output=True, timeout=20)
    return done.returncode, done.stdout.decode()


class CommandLine(unittest.TestCase):
    """As a program of its own, from outside: curl, signals, the control plane."""

    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.dir.cleanup)
        cls.program = cls.run_program("--seed", "members=50", "--rate", "0")
        cls.addClassCleanup(cls.end, cls.program)

    @staticmethod
    def end(program):
        program.kill()
        program.communicate()

    @classmethod
    def run_program(cls, *more):
        ready = os.path.join(cls.dir.name, "ready")
        if os.path.exists(ready):
            os.unlink(ready)
        program = subprocess.Popen([HERE + "/standin.py", "--pki", PKI, "--ready-file", ready, *more],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 10
        while not os.path.exists(ready):
            if program.poll() is not None or time.monotonic() > deadline:
                cls.end(program)
                raise AssertionError("it did not start")
            time.sleep(0.01)
        with open(ready, encoding="utf-8") as f:
            program.ready = json.load(f)
        return program

    def setUp(self):
        self.ready = self.program.ready
        self.control("POST", "/reset")

    def control(self, method, path, body=None, status=200):
        there = http.client.HTTPConnection("127.0.0.1", self.ready["control_port"], timeout=10)
        there.request(method, path, None if body is None else json.dumps(body))
        reply = there.getresponse()
        data = json.loads(reply.read())
        there.close()
        self.assertEqual(reply.status, status, data)
        return data

    def test_vendors_example(self):
        r = self.ready
        body = {"to": ["user_1@example.com", "user_2@example.com"], "organizationRole": "member",
                "projectAssignments": [{"projectId": r["projects"][0], "projectRole": "Labeler"},
                                       {"projectId": r["projects"][1], "projectRole": "Reviewer"}]}
        for version in ("--tlsv1.2", "--tlsv1.3"):
            url = "https://localhost:%d/v2/organization/%s/invites" % (r["port"], r["organization"])
            status, reply = curl(
                "-X", "POST", url, "-H", "Content-Type: application/json", "-H", "apikey: " + r["key"],
                "-d", json.dumps(body),
                "--cacert", r["ca"], version, "--tls-max", version[-3:])
            self.assertEqual(status, 0)
            self.assertEqual([i["to"] for i in json.loads(reply)["data"]["invites"]], body["to"])
        state = self.control("GET", "/state")
        self.assertEqual([(i["to"], i["asked"]) for i in state["invites"]], [(e, 2) for e in body["to"]])
        self.assertEqual(state["invites"][0]["projectAssignments"], body["projectAssignments"])
        log = self.control("GET", "/log")
        self.assertEqual([e["tls"] for e in log], ["TLSv1.2", "TLSv1.3"])
        self.assertEqual(json.loads(log[1]["body"]), body)
        self.assertEqual(self.control("GET", "/log?from=2"), log[1:])

    def test_all_operations(self):
        r = self.ready
        org, project = "/v2/organization/" + r["organization"], "/v2/project/" + r["projects"][0]
        for method, path, body, expect in (
                ("GET", org + "/invites?status=pending", None, '"invites":[]'),
                ("POST", org + "/invites", '{"to":["a@example.com"],"organizationRole":"admin"}', "Pending"),
                ("DELETE", org + "/invites", '{"invites":["a@example.com"]}', '"deleted":1,"failed":0'),
                ("GET", org + "/users?page=2&limit=20&search=Member", None, '"email":"member_23@'),
                ("POST", org + "/users",
                 '{"users":[{"email":"member_7@example.com","organizationRole":"admin"}]}',
                 '"updated":1,"failed":0'),
                ("POST", project + "/assigned", '{"assignees":["member_7@example.com"],"role":"Lead"}',
                 '"assignedTo":[{"assignee":"member_7@example.com","role":"Lead"}]'),
                ("DELETE", org + "/users", '{"users":["member_7@example.com"]}', '"deleted":1,"failed":0'),
                ("GET", "/v2/listProjects?page=1&limit=1&sort=-createdAt", None, '"total":2')):
            status, reply = curl("-X", method, "--fail-with-body", r["url"] + path, "--cacert", r["ca"],
                                 "-H", "apikey: " + r["key"],
                                 *(["-H", "Content-Type: application/json", "-d", body] if body else []))
            self.assertEqual(status, 0, reply)
            self.assertIn(expect, reply)

    def test_curl_refuses(self):
        wrong = os.path.join(PKI, "rsa4096.ca.pem")
        self.assertEqual(curl(self.ready["url"] + "/v2/listProjects", "--cacert", wrong)[0], 60)
        self.assertEqual(self.control("GET", "/counts")["requests"], 0)

    def test_curl_and_faults(self):
        get = (self.ready["url"] + "/v2/listProjects", "--cacert", self.ready["ca"],
               "-H", "apikey: " + self.ready["key"])
        for fault, code in (({"close": "before-reply"}, 52), ({"close": "before-reply", "how": "rst"}, 56),
                            ({"cut": 300, "how": "fin"}, 18), ({"cut": 300}, 18),
                            ({"chunked": {"sizes": [7], "extension": ";x"}}, 0), ({"gzip": True}, 0),
                            ({"interim": [100, 103]}, 0), ({"until_close": True, "version": "1.0"}, 0),
                            ({"trickle_ms": 1, "trickle_bytes": 50}, 0)):
            self.control("POST", "/faults", fault)
            self.assertEqual(len(self.control("GET", "/faults")), 1)
            status, reply = curl(*get, "--compressed")
            self.assertEqual(status, code, (fault, reply))
            if code == 0:
                self.assertEqual(json.loads(reply)["data"]["total"], 2)
            self.assertEqual(self.control("GET", "/faults"), [])

    def test_control(self):
        self.assertEqual(self.control("GET", "/ready"), self.ready)
        self.control("POST", "/faults", [{"status": 500}, {"status": 501}])
        self.assertEqual(self.control("GET", "/counts")["faults_left"], 2)
        self.control("DELETE", "/faults")
        self.assertEqual(self.control("GET", "/faults"), [])
        self.control("POST", "/faults", {"stauts": 500}, 400)
        self.control("POST", "/accept", {"email": "a@example.com"}, 404)
        self.control("POST", "/keys", {"key": "k", "role": "king"}, 400)
        self.control("POST", "/tls", {"chain": "nonesuch"}, 400)
        self.control("POST", "/hangup", {"how": "x"}, 400)
        self.control("GET", "/nothing", status=404)
        self.control("POST", "/keys", {"key": "k", "role": "member"})
        self.control("POST", "/rate", {"rate": 1})
        self.control("POST", "/tls", {"chain": "rsa2048", "tls": "1.2"})
        url = self.ready["url"] + "/v2/listProjects"
        codes = curl("-w", "%{http_code} ", "-o", "/dev/null", "-o", "/dev/null", "-H", "apikey: k",
                     "--cacert", PKI + "/rsa2048.ca.pem", url, url)
        self.assertEqual(codes, (0, "200 429 "))
        self.control("POST", "/rate", {"rate": 0})
        self.control("POST", "/tls", {"chain": "ecdsa", "tls": "both"})
        self.control("POST", "/pause")
        self.assertEqual(curl(url)[0], 7)
        self.control("POST", "/resume")
        self.control("POST", "/hangup", {"how": "fin"})
        self.assertEqual(len(self.control("GET", "/connections")), 1)

    def test_prints_how_to_reach_it(self):
        program = self.run_program("--chain", "mixed", "--tls", "1.2")
        try:
            program.send_signal(signal.SIGTERM)
            text, _ = program.communicate(timeout=10)
        finally:
            self.end(program)
        self.assertEqual(program.returncode, 0)
        ready = program.ready
        for word in (ready["url"], ready["ca"], ready["key"], ready["organization"], *ready["projects"],
                     ready["control"], "curl -X POST", "ango invite"):
            self.assertIn(word, text)

    def test_ends(self):
        for how in ("eof", signal.SIGINT):
            program = self.run_program("--until-eof", "--quiet")
            try:
                if how == "eof":
                    program.stdin.close()
                    program.stdin = None
                else:
                    program.send_signal(how)
                text, _ = program.communicate(timeout=10)
            finally:
                self.end(program)
            self.assertEqual((program.returncode, text), (0, ""))


if __name__ == "__main__":
    unittest.main()
