#!/usr/bin/python3
"""The ango command, end to end over TLS, against the stand-in: what it says, and what the server then has.

    tests/e2e/test_command.py     tries build/host/ango, or the command that the environment's ANGO names
"""
import base64
import json
import os
import pty
import re
import select
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [TOP + "/tests/hub", TOP + "/tests/common"]
import standin                                                  # noqa: E402
from built import built                                         # noqa: E402

ANGO = os.environ.get("ANGO") or "build/host/ango"
ANGO = built(ANGO) if ANGO.startswith("build/") else os.path.abspath(ANGO)
PKI = TOP + "/build/pki"
DONE, SOME_FAILED, USAGE, REFUSED, UNKNOWN, NETWORK, TLS, OTHER = range(8)
# What a terminal would act on: C0 but newline, DEL, C1, and what reorders text.
UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
COMMANDS = "invite invites uninvite members role remove assign projects project check outbox".split()
A, B, C = "user_1@example.com", "user_2@example.com", "user_3@example.com"

# Started in the background of a shell, this ignores SIGINT, and so would the command that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


class Case(unittest.TestCase):
    bind = ("127.0.0.1",)
    more = {}                                                   # of the stand-in

    @classmethod
    def setUpClass(cls):
        cls.s = standin.StandIn(PKI, bind=cls.bind, **dict({"rate": 0}, **cls.more)).start()
        cls.addClassCleanup(cls.s.stop)

    def setUp(self):
        self.s.reset()
        self.s.set_rate(0)
        if self.s.options["chain"] != "ecdsa":
            self.s.use(chain="ecdsa")
        self.folder = tempfile.mkdtemp()
        self.addCleanup(subprocess.run, ["rm", "-rf", self.folder], check=True)

    def file(self, content, mode=0o600):
        name = os.path.join(self.folder, "file%d" % len(os.listdir(self.folder)))
        with open(name, "wb") as f:
            f.write(content if isinstance(content, bytes) else content.encode())
        os.chmod(name, mode)
        return name

    def environment(self, key=None, **more):
        """Of the command: a key only where one is wanted, and nothing that happens to be set around us."""
        ours = ("ANGO", "XDG_CONFIG", "CREDENTIALS", "SSL_CERT")
        env = {k: v for k, v in os.environ.items() if not k.startswith(ours) and not k.lower().endswith("_proxy")}
        env["HOME"] = self.folder
        env.update({"ANGO_API_KEY": self.s.key} if key is None else {"ANGO_API_KEY": key} if key else {})
        env.update(more)
        return env

    def check(self, out, err, keys):
        for text in (out, err):
            self.assertIsNone(UNSAFE.search(text), ascii(text))
            for key in keys:
                self.assertNotIn(key, text)

    def ango(self, *arguments, key=None, stdin="", status=DONE, command="invite", **env):
        """Runs the command as it is given; key="": without one. self.out and self.err are what it wrote."""
        done = subprocess.run([ANGO, *([command] if command else []), *arguments],
                              env=self.environment(key, **env), timeout=60, check=False,
                              input=stdin if isinstance(stdin, bytes) else stdin.encode(),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.out, self.err = done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
        self.check(self.out, self.err, [k for k in (self.s.key, self.s.member_key, key) if k])
        self.assertEqual(done.returncode, status, self.out + self.err)
        return self.out

    def here(self, *arguments):
        """The options that lead to the stand-in, and some more."""
        return ["--host", self.s.host, "--ca", self.s.ca, "--org", self.s.org, "--retry-for", "0", *map(str, arguments)]

    def invite(self, *arguments, **options):
        """Runs ango invite against the stand-in."""
        return self.ango(*self.here(*arguments), **options)

    @staticmethod
    def whole(out):
        """The object of the last line, with those of the lines before it as its "addresses"."""
        *addresses, document = map(json.loads, out.splitlines())
        return dict(document, addresses=addresses)

    def start(self, *arguments, command="invite", **streams):
        """The same, without waiting for it."""
        return subprocess.Popen([ANGO, command, *self.here(*arguments)], env=self.environment(),
                                **dict({"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}, **streams))

    def invite_json(self, *arguments, **options):
        document = self.whole(self.invite("--json", *arguments, **options))
        self.assertEqual(document["exit"], options.get("status", DONE))
        words = [a["result"] for a in document["addresses"]]
        for word in set(words):
            self.assertEqual(document[word.replace(" ", "_")], words.count(word))
        return document

    def on_terminal(self, *arguments, typed=None, **options):
        """(status, what standard output got, what a terminal as standard error got)"""
        ours, theirs = pty.openpty()
        shown = bytearray()
        stdin = subprocess.DEVNULL if typed is None else theirs
        with self.start(*arguments, stdin=stdin, stderr=theirs, **options) as child:
            os.close(theirs)
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                if select.select([ours], [], [], 0.2)[0]:
                    try:
                        data = os.read(ours, 4096)
                    except OSError:                             # EIO: nobody has it open any more
                        break
                    shown += data
                    if typed is not None and b"[y/N] " in shown:
                        os.write(ours, typed)
                        typed = None
            out = child.stdout.read().decode()
            child.wait(10)
        os.close(ours)
        return child.returncode, out, shown.decode()

    def interrupted(self, *arguments, number=signal.SIGINT, requests=1, connections=1, after=0.1, **options):
        """(status, stdout, stderr) of a command that gets a signal once the server has seen so much."""
        with self.start(*arguments, **options) as child:
            deadline = time.monotonic() + 10
            wanted = {"requests": requests, "connections": connections}
            while time.monotonic() < deadline and any(self.s.counts()[k] < n for k, n in wanted.items()):
                time.sleep(0.02)
            time.sleep(after)
            child.send_signal(number)
            out, err = child.communicate(timeout=10)
        self.check(out.decode(), err.decode(), [self.s.key])
        return child.returncode, out.decode(), err.decode()

    def results(self):
        """{address: (word, the server's words)} of the table."""
        rows = re.findall(r"(?m)^(\S[a-z ]*?) {2,}(\S+@\S+)(?: {2,}(.*))?$", self.out)
        return {address: (word, words) for word, address, words in rows}

    def words(self):
        return {address: word for address, (word, _) in self.results().items()}

    def bodies(self):
        return [json.loads(entry["body"]) for entry in self.s.log()]

    def nothing_sent(self, connections=0):
        self.assertEqual(self.s.counts()["requests"], 0)
        self.assertEqual(self.s.counts()["connections"], connections)
        self.assertEqual(self.s.invites(), [])


class Success(Case):
    def test_two_people_two_projects(self):
        p, q = self.s.projects
        self.invite("--role", "member", "--project", p + ":Labeler", "--project", q + ":Reviewer", A, B)
        self.assertEqual(self.out, "invited          %s\ninvited          %s\n2 invited\n" % (A, B))
        self.assertEqual(self.err, "")
        stored = self.s.state()["invites"]
        self.assertEqual([i["to"] for i in stored], [A, B])
        for invite in stored:
            self.assertEqual(invite["organizationRole"], "Member")
            self.assertEqual(invite["projectAssignments"], [{"projectId": p, "projectRole": "Labeler"},
                                                            {"projectId": q, "projectRole": "Reviewer"}])
            self.assertEqual(invite["asked"], 1)
        self.assertEqual(self.s.counts()["requests"], 1)

    def test_without_projects_none_are_sent(self):
        self.invite(A)
        self.assertEqual(self.bodies(), [{"to": [A], "organizationRole": "member"}])

    def test_roles_in_any_case_are_sent_as_the_api_spells_them(self):
        p = self.s.projects[0]
        roles = ("manager", "LABELER", "Reviewer", "lEAD")
        self.invite("--role=ADMIN", *("--project=%s:%s" % (p, role) for role in roles), A)
        body = self.bodies()[0]
        self.assertEqual(body["organizationRole"], "admin")
        self.assertEqual([a["projectRole"] for a in body["projectAssignments"]],
                         ["Manager", "Labeler", "Reviewer", "Lead"])

    def test_environment_stands_for_options(self):
        self.ango(A, ANGO_ORG=self.s.org, ANGO_HOST=self.s.host, ANGO_CA=self.s.ca)
        self.assertEqual(self.s.invites(), [A])

    def test_options_override_the_environment(self):
        self.invite(A, ANGO_ORG="nobody", ANGO_HOST="127.0.0.1:1", ANGO_CA="/nowhere")
        self.assertEqual(self.s.invites(), [A])

    def test_options_may_follow_and_a_double_dash_ends_them(self):
        self.invite(A, "--role", "admin", "--", "-b@example.com")
        self.assertEqual(self.s.invites(), [A, "-b@example.com"])
        self.assertEqual(self.bodies()[0]["organizationRole"], "admin")

    def test_rsa_chain(self):
        self.s.use(chain="rsa4096")
        self.invite(A)
        self.assertEqual(self.s.invites(), [A])

    def test_several_ca_certificates_in_one_file(self):
        with open(PKI + "/rsa4096.ca.pem", encoding="ascii") as one, open(self.s.ca, encoding="ascii") as two:
            both = self.file("# a comment\n" + one.read() + two.read())
        self.invite("--ca", both, A)
        self.assertEqual(self.s.invites(), [A])

    def test_verbose_says_more(self):
        self.invite("-v", A)
        self.assertRegex(self.err, r"localhost port %d \(127\.0\.0\.1\): HTTP 201, accepted, after \d+ ms"
                         % self.s.port)
        self.assertRegex(self.err, r"TLSv1\.3 \S+, handshakes 1")
        self.assertRegex(self.err, r"TLS took \d+ of 1048576 bytes")

    def test_verbose_tells_each_event(self):
        """In its order and on standard error: when, how much, which code; and nothing of what is in it."""
        self.invite("-v", A)
        lines = re.findall(r"^ango: +\d+ ms (T\w+: .*)$", self.err, re.M)
        wanted = ("TLS: connecting", "TCP: connecting", r"TCP: connected 127\.0\.0\.1", r"TCP: request, \d+ bytes",
                  r"TCP: reply, \d+ bytes", "TLS: connected", r"TLS: request, \d+ bytes", r"TLS: reply, \d+ bytes",
                  "TLS: closed")
        at = 0
        for pattern in wanted:
            at = 1 + next((i for i in range(at, len(lines)) if re.fullmatch(pattern, lines[i])), len(lines))
            self.assertLessEqual(at, len(lines), (pattern, lines))
        self.assertIn("TCP: closed", lines)
        self.assertNotIn(self.s.key, self.err)
        self.assertNotIn(A, self.err)
        self.invite(A)
        self.assertEqual(self.err, "")
        with socket.create_server(("127.0.0.1", 0)) as mute:        # is there, and says nothing
            self.invite("-v", "--host", "localhost:%d" % mute.getsockname()[1], "--timeout", "1", "--retry-for", "0", A,
                        status=NETWORK)
        self.assertRegex(self.err, r"TCP: connected 127\.0\.0\.1\n(?:.*\n)*?ango: +\d+ ms TLS: closed")
        self.assertNotIn("TLS: connected", self.err)

    def test_utf8_address(self):
        self.invite("grüße@exämple.com")
        self.assertEqual(self.s.invites(), ["grüße@exämple.com"])

    def test_what_is_written_is_written_whole_or_it_is_an_error(self):
        with open("/dev/full", "wb") as full:
            with self.start(A, stdout=full) as child:
                _, err = child.communicate(timeout=60)
        self.assertEqual(child.returncode, OTHER)
        self.assertIn(b"could not write", err)
        self.assertEqual(self.s.invites(), [A])

    def test_a_reader_that_went_away_does_not_stop_it(self):
        out, ours = os.pipe()
        os.close(out)
        with self.start("--batch", "1", A, B, stdout=ours) as child:
            _, err = child.communicate(timeout=60)
        os.close(ours)
        self.assertEqual((child.returncode, err), (DONE, b""))
        self.assertEqual(self.s.invites(), [A, B])


class Version6(Case):
    bind = ("::1",)

    def test_address_is_refused_for_what_it_is(self):
        for host in ("[::1]:%d" % self.s.port, "[::1]", "::1"):
            self.invite("--host", host, A, status=USAGE)
            self.assertRegex(self.err, "is not a host: .*for IPv6 a name, too, not an address")
        self.assertEqual(self.s.counts()["connections"], 0)


class Lists(Case):
    def test_standard_input(self):
        self.invite("--from", "-", stdin="\n# morning shift\n %s \r\n\t%s\n\n#x@y.z\n%s" % (A, B, C))
        self.assertEqual(self.s.invites(), [A, B, C])

    def test_file_beside_arguments(self):
        self.invite("--from", self.file("\ufeff%s\r\n%s\r\n" % (B, C)), A)
        self.assertEqual(self.s.invites(), [A, B, C])

    def test_duplicates_are_sent_once_and_said(self):
        self.invite("--from", "-", A, B, A.upper(), stdin="%s\n%s\n" % (C, B))
        self.assertEqual(self.bodies()[0]["to"], [A, B, C])
        self.assertEqual(self.err, "ango: 2 are there more than once (%s, ...); each counts once\n" % A)
        self.assertIn("3 invited", self.out)

    def test_batches_over_one_connection(self):
        people = ["p%d@example.com" % i for i in range(7)]
        self.invite("--batch", "3", *people)
        self.assertEqual([b["to"] for b in self.bodies()], [people[:3], people[3:6], people[6:]])
        self.assertEqual(self.s.invites(), people)
        self.assertEqual((self.s.counts()["connections"], self.s.counts()["handshakes"]), (1, 1))
        self.assertEqual(self.words(), dict.fromkeys(people, "invited"))

    def test_as_many_requests_as_the_api_calls_for(self):
        people = ["p%d@example.com" % i for i in range(250)]
        document = self.invite_json("--from", "-", stdin="\n".join(people))
        self.assertEqual([len(b["to"]) for b in self.bodies()], [100, 100, 50])
        self.assertEqual([i["to"] for i in document["addresses"]], people)
        self.assertEqual((document["invited"], document["requests"]), (250, 3))

    def test_as_many_requests_as_the_buffer_calls_for(self):
        """A hundred projects with long identifiers leave room for few addresses."""
        projects = ["--project=%s%03d:Lead" % ("p" * 500, i) for i in range(100)]
        people = ["%s%03d@%s.example.com" % ("q" * 60, i, "r" * 60) for i in range(100)]
        document = self.invite_json(*projects, *people, status=REFUSED)
        sent = len(self.bodies()[0]["to"])
        self.assertEqual(self.s.counts()["requests"], 1)
        self.assertIn(sent, (25, 50))
        self.assertEqual((document["refused"], document["not_sent"]), (sent, 100 - sent))

    def test_more_projects_than_the_buffer_has_room_for(self):
        projects = ["--project=%s%03d:Lead" % ('"' * 400, i) for i in range(100)]
        document = self.ango(*self.here(*projects, A), status=OTHER)
        self.assertEqual(document, "")
        self.assertIn("the buffer is too small for the request", self.err)
        self.invite(*projects, "--project=1:Lead", A, status=USAGE)
        self.assertIn("more than 100 projects", self.err)
        self.nothing_sent()

    def test_the_longest_addresses_fit(self):
        people = ["%s%03d@%s.%s.%s.com" % ("q" * 61, i, "r" * 61, "s" * 61, "t" * 61) for i in range(100)]
        self.assertEqual({len(p) for p in people}, {254})
        document = self.invite_json("--from", "-", stdin="\n".join(people))
        self.assertEqual(document["invited"], 100)
        self.assertEqual(self.s.invites(), people)

    def test_server_closes_after_each_request(self):
        self.s.requests_per_connection = 1
        self.addCleanup(setattr, self.s, "requests_per_connection", 0)
        self.invite("--batch", "1", A, B, C)
        self.assertEqual(self.s.invites(), [A, B, C])
        self.assertEqual(self.s.counts()["requests"], 3)

    def test_ten_thousand(self):
        people = ["p%d@example.com" % i for i in range(10001)]
        self.invite("--from", "-", stdin="\n".join(people), status=USAGE)
        self.assertIn("more than 10000 addresses", self.err)
        self.nothing_sent()


class Entries(Case):
    """Partial success: what the reply says of each."""

    def test_pending_and_member(self):
        self.invite("--role", "member", A)
        self.invite("--role", "admin", A, "zoe@example.com", B, status=SOME_FAILED)
        self.assertEqual(self.results(), {
            A: ("already pending", "Already invited, as Member"),
            "zoe@example.com": ("failed", "User is already a member of the organization"),
            B: ("invited", "")})
        self.assertTrue(self.out.endswith("1 failed, 1 already pending, 1 invited\n"), self.out)

    def test_all_pending_is_done(self):
        self.invite(A)
        self.invite(A, status=DONE)
        self.assertEqual(self.words(), {A: "already pending"})

    def test_json(self):
        self.invite(A)
        p = self.s.projects[0]
        document = self.invite_json("--project", p + ":Lead", A, "zoe@example.com", B, status=SOME_FAILED)
        self.assertEqual(document["organization"], self.s.org)
        self.assertEqual(document["projects"], [{"id": p, "role": "Lead"}])
        self.assertEqual([a["result"] for a in document["addresses"]],
                         ["already pending", "failed", "invited"])
        self.assertIsNone(document["error"])
        stored = {i["to"]: i for i in self.s.state()["invites"]}
        for entry in document["addresses"]:
            if entry["result"] != "failed":
                self.assertEqual(entry["id"], stored[entry["to"]]["_id"])
                self.assertEqual(entry["expires_at"], stored[entry["to"]]["expiresAt"])

    def reply(self, data, **more):
        self.s.fault(status=200, body=json.dumps(dict({"status": "success", "data": data}, **more)))

    def test_not_mentioned(self):
        self.reply({"invites": [{"to": B, "status": "Pending"}]})
        self.invite(A, B, status=SOME_FAILED)
        self.assertEqual(self.words(), {A: "not mentioned", B: "invited"})

    def test_nobody_mentioned(self):
        self.reply({})
        self.invite(A, B, status=SOME_FAILED)
        self.assertEqual(self.words(), {A: "not mentioned", B: "not mentioned"})

    def test_somebody_else_mentioned(self):
        both = {"invites": [{"to": A, "status": "Pending"},
                            {"to": "mallory@example.com", "status": "Pending"}]}
        self.reply(both)
        self.invite(A)
        self.assertIn("mallory@example.com, which was not asked for", self.err)
        self.reply(both)
        self.assertEqual(self.invite_json(A)["not_asked_for"], ["mallory@example.com"])

    def test_order_and_case_are_the_servers(self):
        self.reply({"invites": [{"to": B.upper(), "status": "PENDING"},
                                {"to": A, "status": "failed", "message": "no"}]})
        self.invite(A, B, status=SOME_FAILED)
        self.assertEqual(self.results(), {A: ("failed", "no"), B: ("invited", "")})

    def test_mentioned_twice_counts_as_failed_when_one_is(self):
        both = [{"to": A, "status": "Pending"}, {"to": A, "status": "Failed", "message": "quota"}]
        for invites in (both, both[::-1]):
            self.reply({"invites": invites})
            self.invite(A, status=SOME_FAILED)
            self.assertEqual(self.results(), {A: ("failed", "quota")})

    def test_unknown_status_is_shown_as_it_is(self):
        said = {A: "Queued", B: "You have already used all seats"}
        self.reply({"invites": [{"to": who, "status": status} for who, status in said.items()]})
        self.invite(A, B, status=SOME_FAILED)
        self.assertEqual(self.results(), {who: ("unclear", status) for who, status in said.items()})

    def test_failure_without_status(self):
        self.reply({"invites": [{"to": A, "message": "mailbox unknown"}, {"to": B, "status": "Error"}]})
        self.invite(A, B, status=SOME_FAILED)
        self.assertEqual(self.results(), {A: ("failed", "mailbox unknown"),
                                          B: ("failed", "the server does not say why")})


class Usage(Case):
    def refuse(self, *arguments, says, **options):
        self.invite(*arguments, status=USAGE, **options)
        self.assertEqual(self.out, "")
        self.assertRegex(self.err, says)
        self.nothing_sent()

    def test_wrong_usage(self):
        for arguments, says in (
                ((), "no address"),
                (("--from", "-"), "no address"),
                (("--role", "owner", A), "--role: owner is no role.*member and admin"),
                (("--role",), "--role takes a value"),
                (("--json=yes", A), "--json takes no value"),
                (("--project", "5", A), "--project: 5 is not ID:ROLE"),
                (("--project", ":Lead", A), "is not ID:ROLE"),
                (("--project", "5:Boss", A), "Boss is no role in a project.*Manager.*Reviewer and Lead"),
                (("--project", "5\t:Lead", A), "--project: number 1: an identifier"),
                (("--batch", "0", A), "--batch: a number from 1 to 100"),
                (("--batch", "101", A), "--batch"),
                (("--batch", "1x", A), "--batch"),
                (("--timeout", "0", A), "--timeout: a number of seconds"),
                (("--timeout", "-1", A), "--timeout"),
                (("--timeout", "99999999999999999999", A), "--timeout"),
                (("--frm", "x", A), "no option --frm\nango: 'ango invite --help'"),
                (("-x", A), "no option -x"),
                (("--org", "", A), "--org: an identifier is empty"),
                (("--org", "a\nb", A), "--org: an identifier"),
                (("--from", "/nowhere", A), "could not read /nowhere: No such file"),
                (("--from", "/", A), "could not read /: Is a directory"),
                (("--ca", "/nowhere", A), "could not read the CA file /nowhere: No such file"),
                (("--ca", "/dev/null", A), "the CA file /dev/null is empty"),
                (("--host", "https://localhost", A), "is not a host.*no https://"),
                (("--host", "localhost/a b", A), "is not a host"),
                (("--host", "localhost//hub", A), "is not a host"),
                (("--host", "localhost/hub//", A), "is not a host"),
                (("--host", "localhost/" + "h" * 300, A), "is not a host"),
                (("--host", "a b", A), "is not a host"),
                (("--host", "localhost:/hub", A), "not a host"),
                (("--host", "localhost:0", A), "is not a host"),
                (("--host", "localhost:65536", A), "is not a host"),
                (("--host", "[::1", A), "is not a host"),
                (("--host", "", A), "is not a host"),
                (("--host", "h" * 254, A), "is not a host")):
            with self.subTest(arguments=arguments):
                self.refuse(*arguments, says=says)

    def test_no_organization(self):
        self.ango(A, status=USAGE)
        self.assertIn("--org or ANGO_ORG", self.err)

    def test_addresses_that_cannot_be(self):
        """All are named, with their lines, and nobody is invited, not even the first batch."""
        good = ["p%d@example.com" % i for i in range(150)]
        bad = ["a b@example.com", "", "@x", "x" * 65 + "@y.z"]
        self.refuse("--from", "-", "no-at", stdin="\n".join(good + bad),
                    says="(?s)ango: no-at: it has no @.*standard input, line 151: a b@example.com: it has a blank "
                         "in it.*line 153: @x.*line 154.*nobody was invited")

    def test_address_that_is_not_utf8_or_would_act_on_the_terminal(self):
        for address, says in ((b"\xff@example.com", "not UTF-8"), (b"\x1b[2J@example.com", "control character"),
                              (b"a\x7f@example.com", "control character")):
            self.refuse("--from", "-", stdin=address, says=says)
            self.assertIn("\ufffd", self.err)

    def test_commands(self):
        self.ango(command=None, status=USAGE)
        self.assertIn("which command?", self.err)
        self.ango("invent", command=None, status=USAGE)
        self.assertIn("there is no command invent", self.err)
        self.assertRegex(self.ango("--version", command=None), r"^ango \d+\.\d+\.\d+ with Mbed TLS \d+\.\d+\.\d+\n$")
        licenses = self.ango("--version", "--licenses", command=None)
        for owner in ("the ango authors", "Apache License", "Zaitsev"):
            self.assertIn(owner, licenses)

    def test_help_fits_a_screen(self):
        for arguments in (("--help",), ("-h",), ("help",), ("invite", A, "-vh"), *((c, "--help") for c in COMMANDS)):
            lines = self.ango(*arguments, command=None, key="").splitlines()
            self.assertLessEqual(len(lines), 24, arguments)
            self.assertLessEqual(max(map(len, lines)), 80, max(lines, key=len))
            self.assertRegex(lines[0], "^Usage: ango ")
            self.assertTrue(len(arguments) == 1 or "ango help options" in self.out)
        for command in COMMANDS:
            self.assertEqual(self.ango("help", command, command=None), self.ango(command, "--help", command=None))
        self.ango("help", "options", command=None)
        self.assertLessEqual(max(map(len, self.out.splitlines())), 80)
        for option in ("--key-file", "--host", "--ca", "--timeout", "--retry-for", "--session", "--json", "--verbose"):
            self.assertIn(option, self.out)
        self.ango("help", "invent", command=None, status=USAGE)
        self.assertIn("there is no help on invent", self.err)
        self.ango("--help", command=None)
        self.assertEqual(re.findall("(?m)^  ([a-z]+) ", self.out), COMMANDS)

    def test_manual_names_every_option_and_status(self):
        with open(TOP + "/port/command/ango.1", encoding="utf-8") as f:
            manual = f.read().replace("\\-", "-")
        for command in COMMANDS:
            self.assertIn('.SS "ango %s"' % command, manual)
        for page in (*COMMANDS, "options"):
            for option in re.findall(r"--[a-z-]+", self.ango("help", page, command=None)):
                self.assertIn(option, manual)
        for status in range(8):
            self.assertRegex(manual, r"(?m)^\.(TP|IP|BR?) *.*\n?\.?B? ?%d$" % status)

    def test_completion(self):
        """It offers what there is: the commands, and the options of each; and files where one is wanted."""
        script = self.file(self.ango("help", "completion", command=None))

        def complete(*words):
            return subprocess.run(("bash", "-c", '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ango; '
                                   'printf "%s\n" "${COMPREPLY[@]}"', script, *words), check=True, cwd=self.folder,
                                  stdout=subprocess.PIPE, text=True).stdout.split("\n")[:-1]
        self.assertEqual(complete("ango", ""), ["help", *COMMANDS])
        self.assertEqual(complete("ango", "inv"), ["invite", "invites"])
        self.assertEqual(complete("ango", "help", "rem"), ["remove"])
        self.assertEqual(complete("ango", "invite", A, "--re"), ["--retry-for"])
        for command in COMMANDS:
            offered = complete("ango", command, "--")
            for page in (command, "options"):
                shown = re.findall(r"(?m)^  (?:-., )?(--[a-z-]+)", self.ango("help", page, command=None))
                self.assertLessEqual(set(shown), set(offered))
        for option in ("--from", "--key-file", "--ca"):
            self.assertEqual(complete("ango", "invite", option, "file"), [os.path.basename(script)])
            self.assertEqual(complete("ango", "invite", option, "=", "file"), [os.path.basename(script)])
        os.mkdir(self.folder + "/zoe's new people")
        self.assertEqual(complete("ango", "invite", "--from", "zoe"), ["zoe's new people"])
        self.assertIn("zoe's new people", complete("ango", "invite", "--from", "="))
        for option in ("--host", "--timeout", "--batch"):       # what it takes cannot be known: no option stands there
            self.assertEqual(complete("ango", "invite", option, ""), [""])


class Key(Case):
    def test_never_from_the_command_line(self):
        for form in (("--key", self.s.key), ("--key=" + self.s.key,), ("--api-key", self.s.key),
                     ("--apikey=" + self.s.key,)):
            self.invite(*form, A, key="", status=USAGE)
            self.assertIn("ANGO_API_KEY", self.err)
        self.nothing_sent()

    def test_missing(self):
        for env in ({}, {"ANGO_API_KEY": ""}):
            self.invite(A, key="", status=USAGE, **env)
            self.assertIn("there is no API key", self.err)
        self.nothing_sent()

    def test_file(self):
        for around in ("%s", "%s\n", "%s\r\n", "%s\n\n", "\ufeff%s\n", " \t%s \n", "# the kiosk's\n\n%s\n# until May\n"):
            self.s.reset()
            self.invite("--key-file", self.file(around % self.s.key), A, key="")
            self.assertEqual(self.err, "")
            self.assertEqual(self.s.invites(), [A])

    def test_file_comes_before_the_environment(self):
        self.invite("--key-file", self.file(self.s.key), A, key="another-key-that-is-wrong")
        self.assertEqual(self.s.invites(), [A])

    def test_file_that_others_can_read(self):
        for mode in (0o640, 0o604, 0o644):
            name = self.file(self.s.key, mode)
            self.invite("--key-file", name, A, key="")
            self.assertIn("others can read the key in %s" % name, self.err)
        self.assertEqual(stat.S_IMODE(os.stat(name).st_mode), 0o644)

    def test_file_that_others_can_write(self):
        for mode in (0o620, 0o602, 0o666):
            name = self.file(self.s.key, mode)
            self.invite("--key-file", name, A, key="", status=USAGE)
            self.assertIn("others can write the key file %s" % name, self.err)
        self.nothing_sent()

    def test_standard_input(self):
        self.invite("--key-file", "-", A, key="", stdin=self.s.key + "\n")
        self.assertEqual(self.s.invites(), [A])
        self.invite("--key-file", "-", "--from", "-", key="", stdin=self.s.key + "\n", status=USAGE)
        self.assertIn("standard input is the key file already", self.err)

    def test_file_that_holds_none(self):
        for content in (b"", b"\n", b"two words", b"a\nb", b"k\xc3\xa9y", b"nul\0nul", b"x" * 5000, b"# only this"):
            with self.subTest(content=content[:20]):
                name = self.file(content)
                self.invite("--key-file", name, A, key="", status=USAGE)
                self.assertIn(name, self.err)
        self.invite("--key-file", self.folder + "/none", A, key="", status=USAGE)
        self.assertIn("could not read the key file", self.err)
        self.nothing_sent()

    def test_of_the_environment_that_cannot_be_one(self):
        for key in ("two words", "tab\there", "n\u00e4he", "x" * 5000):
            self.invite(A, key=key, status=USAGE)
        self.nothing_sent()

    def test_is_hidden_where_the_server_sends_it_back(self):
        text = "no key %s here, nor %s" % (self.s.key, self.s.key)
        self.s.fault(status=401, body=json.dumps({"status": "fail", "message": text}), times=2)
        self.invite(A, status=REFUSED)
        hidden = text.replace(self.s.key, "*" * len(self.s.key))
        self.assertIn(hidden, self.err)
        document = self.invite_json(A, status=REFUSED)
        self.assertEqual(document["error"]["message"], hidden)
        self.ango("--" + self.s.key, self.s.key, status=USAGE)


class Refusals(Case):
    def refused(self, *arguments, says, http, **options):
        self.invite(*arguments, A, B, status=REFUSED, **options)
        self.assertEqual(self.words(), {A: "refused", B: "refused"})
        self.assertRegex(self.err, "the server refused, HTTP %d: %s" % (http, says))
        self.assertEqual(self.s.invites(), [])
        self.assertEqual(self.s.counts()["requests"], 1)
        self.s.reset()
        document = self.invite_json(*arguments, A, B, status=REFUSED, **options)
        self.assertEqual((document["error"]["http_status"], document["error"]["outcome"]), (http, "rejected"))
        self.assertRegex(document["error"]["message"], says)

    def test_wrong_key(self):
        self.refused(key="wrong-key-wrong-key", http=401, says="Invalid API key")

    def test_key_without_the_permission(self):
        self.refused(key=self.s.member_key, http=403, says="You do not have permission")

    def test_unknown_organization(self):
        self.refused("--org", "65a0c0de01ffffffffffffff", http=404, says=".")

    def test_organization_with_odd_characters_stays_one_segment(self):
        self.refused("--org", "../a?b#c d\"\\é", http=404, says=".")

    def test_unknown_project(self):
        self.refused("--project", "65a0c0de03ffffffffffffff:Lead", http=404, says=".")

    def test_address_that_only_the_server_refuses(self):
        self.invite("user@localhost", status=REFUSED)
        self.assertRegex(self.err, 'HTTP 400: "to" must hold valid emails')

    def test_first_refusal_ends_it(self):
        self.s.fault(status=403, skip=1, body='{"status":"fail","message":"No more"}')
        self.invite("--batch", "1", A, B, C, status=REFUSED)
        self.assertEqual(self.words(), {A: "invited", B: "refused", C: "not sent"})
        self.assertIn("1 of 3 not sent", self.err)
        self.assertEqual(self.s.invites(), [A])

    def test_rate_limit(self):
        self.s.set_rate(1)
        self.invite("--batch", "1", "--retry-for", "10", A, B, C, status=REFUSED)
        self.assertEqual(self.words(), {A: "invited", B: "not sent", C: "not sent"})
        self.assertRegex(self.err, r"--retry-for allows 10 s, of which 10 are left\n"
                         r".*HTTP 429: Too many requests(.|\n)*asks to wait \d+ seconds")

    def test_redirection_is_not_followed(self):
        self.s.fault(status=307, body="", headers={"Location": "https://%s/elsewhere" % self.s.host})
        self.invite(A, status=REFUSED)
        self.assertRegex(self.err, "HTTP 307\nango: it points elsewhere, which is not followed")
        self.assertEqual(self.s.counts()["requests"], 1)

    def test_reply_that_is_html(self):
        self.s.fault(status=403, body="<html>\n<h1>Forbidden</h1>\r\n\tby the proxy</html>",
                     headers={"Content-Type": "text/html"})
        self.invite(A, status=REFUSED)
        self.assertIn("HTTP 403: <html> <h1>Forbidden</h1> by the proxy</html>", self.err)

    def test_what_would_act_on_a_terminal_is_replaced(self):
        bad = "a\x1b[31mb\x9bc\x07d\u202ee\x7ff\u2028g\u200fh"
        shown = "a\ufffd[31mb\ufffdc\ufffdd\ufffde\ufffdf\ufffdg\ufffdh"
        self.s.fault(status=400, body=json.dumps({"status": "fail", "message": bad}), times=2)
        self.invite(A, status=REFUSED)
        self.assertIn("HTTP 400: " + shown, self.err)
        self.assertEqual(self.invite_json(A, status=REFUSED)["error"]["message"], bad)
        entry = {"to": A, "status": "Failed", "message": bad}
        other = {"to": bad, "status": bad}
        body = json.dumps({"status": "success", "data": {"invites": [entry, other]}})
        self.s.fault(status=200, body=body, times=2)
        self.invite(A, status=SOME_FAILED)
        self.assertEqual(self.results()[A], ("failed", shown))
        self.assertIn(shown + ", which was not asked for", self.err)
        document = self.invite_json(A, status=SOME_FAILED)
        self.assertEqual(document["addresses"][0]["message"], bad)
        self.assertEqual(document["not_asked_for"], [bad])

    def test_body_that_is_not_utf8(self):
        body = b"a\xe2\x82b\xffc\xc0\xaf\xed\xb2\x80\xf0"       # cut, never, overlong, surrogate, cut
        self.s.fault(status=403, body_base64=base64.b64encode(body).decode(), times=2)
        self.invite(A, status=REFUSED)
        self.assertRegex(self.err, "HTTP 403: a\ufffd+b\ufffdc\ufffd+\n")
        self.assertIn("\ufffd", self.invite_json(A, status=REFUSED)["error"]["message"])


class Doubts(Case):
    def doubtful(self, words):
        """Says exactly who is in doubt and who was not sent; and the request was not sent a second time."""
        self.assertEqual(self.words(), {A: "invited", B: "in doubt", C: "not sent"})
        self.assertRegex(self.err, words)
        self.assertIn("1 may have been invited or not: see who is pending ('ango invites')", self.err)
        self.assertIn("1 of 3 not sent: these can be invited again", self.err)
        self.assertEqual(self.s.counts()["requests"], 2)
        self.assertNotIn(C, self.s.invites())

    def test_closed_before_the_reply_though_it_was_done(self):
        for how, words in (("notify", "ended before the reply"), ("fin", "ended before the reply"),
                           ("rst", "no connection to the server, or it broke")):
            self.s.reset()
            self.s.fault(skip=1, close="before-reply", how=how)
            self.invite("--no-confirm", "--batch", "1", A, B, C, status=UNKNOWN)
            self.doubtful(words)
            self.assertEqual(self.s.invites(), [A, B])

    def test_cut_in_the_reply(self):
        self.s.fault(skip=1, cut=300)
        self.invite("--no-confirm", "--batch", "1", A, B, C, status=UNKNOWN)
        self.doubtful("ended before the reply(.|\n)*the reply began with HTTP 201")

    def test_server_error(self):
        self.s.fault(skip=1, status=502, body="<h1>Bad gateway</h1>")
        self.invite("--no-confirm", "--batch", "1", A, B, C, status=UNKNOWN)
        self.doubtful("the server failed, HTTP 502: <h1>Bad gateway</h1>")

    def test_stall(self):
        self.s.fault(skip=1, cut=0, stall=True)
        start = time.monotonic()
        self.invite("--no-confirm", "--timeout", "1", "--batch", "1", A, B, C, status=UNKNOWN)
        self.assertLess(time.monotonic() - start, 5)
        self.doubtful("no answer before the deadline(.|\n)*1 s passed; --timeout allows more")

    def test_success_that_is_none(self):
        for body, words in (("<html>log in</html>", "not JSON"), ('{"status":"success"', "not JSON"),
                            ("[]", "not what"), ("", "not JSON"),
                            ('{"status":"fail","message":"later"}', "says no, HTTP 200: later")):
            with self.subTest(body=body):
                self.s.reset()
                self.s.fault(skip=1, status=200, body=body, apply=True)
                self.invite("--no-confirm", "--batch", "1", A, B, C, status=UNKNOWN)
                self.doubtful(words)

    def test_json(self):
        self.s.fault(skip=1, close="before-reply")
        document = self.invite_json("--no-confirm", "--batch", "1", A, B, C, status=UNKNOWN)
        self.assertEqual([(a["to"], a["result"]) for a in document["addresses"]],
                         [(A, "invited"), (B, "in doubt"), (C, "not sent")])
        self.assertEqual(document["error"]["outcome"], "unknown")
        self.assertEqual(document["requests"], 2)

    def test_reply_larger_than_the_buffer(self):
        body = json.dumps({"status": "success", "data": {"padding": "x" * 70000, "invites": [{"to": A}]}})
        self.s.fault(status=201, body=body, apply=True)
        self.invite("--no-confirm", A)
        self.assertEqual(self.words(), {A: "invited"})

    def test_interrupted_while_waiting_for_the_reply(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            self.s.reset()
            self.s.fault(skip=1, delay_ms=3000)
            status, out, err = self.interrupted("--json", "--batch", "1", A, B, C, number=number, requests=2)
            document = self.whole(out)
            self.assertEqual((status, document["exit"]), (-number, 128 + number))
            self.assertEqual([a["result"] for a in document["addresses"]], ["invited", "in doubt", "not sent"])
            self.assertEqual(document["error"]["outcome"], "unknown")
            self.assertIn("cancelled", err)

    def test_interrupted_before_anything_was_sent(self):
        self.s.fault(on="connect", raw="", stall=True)
        status, out, _ = self.interrupted("--json", A, requests=0)
        document = self.whole(out)
        self.assertEqual(status, -signal.SIGINT)
        self.assertEqual([a["result"] for a in document["addresses"]], ["not sent"])
        self.assertEqual(document["error"]["text"], "cancelled")
        self.assertEqual(self.s.counts()["requests"], 0)


class NotSent(Case):
    def not_sent(self, *arguments, status, says, **options):
        self.invite(*arguments, A, B, status=status, **options)
        self.assertEqual(self.words(), {A: "not sent", B: "not sent"})
        self.assertRegex(self.err, says)
        self.assertIn("2 of 2 not sent", self.err)
        self.assertEqual(self.s.counts()["requests"], 0)
        self.assertEqual(self.s.invites(), [])
        document = self.invite_json(*arguments, A, B, status=status, **options)
        self.assertEqual((document["not_sent"], document["error"]["outcome"]), (2, "not sent"))
        return document["error"]

    def test_nobody_listens(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            host = "127.0.0.1:%d" % unused.getsockname()[1]
            error = self.not_sent("--host", host, status=NETWORK, says="at 127.0.0.1: Connection refused")
        self.assertEqual(error["system"], "Connection refused")

    def test_name_that_cannot_be_found(self):
        """One that no resolver needs to ask for: a name has no empty label."""
        self.not_sent("--host", "no..name", status=NETWORK,
                      says="the host name could not be found(.|\n)*no..name port 443: ")

    def test_says_nothing(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            host = "127.0.0.1:%d" % silent.getsockname()[1]
            self.not_sent("--host", host, "--timeout", "1", status=NETWORK,
                          says="no answer before the deadline(.|\n)*1 s passed; --timeout allows more")

    def test_hangs_up(self):
        self.s.fault(on="connect", raw="", close="after-reply", times=2)
        self.not_sent(status=NETWORK, says="the connection ended|no connection")

    def test_is_not_tls(self):
        self.s.fault(on="connect", raw="HTTP/1.1 400 Bad Request\r\n\r\n", times=2)
        self.not_sent(status=TLS, says="the TLS protocol failed: check the host and the port")

    def certificate(self, chain, words, *arguments):
        self.s.use(chain=chain)
        error = self.not_sent(*arguments, status=TLS,
                              says="the server's certificate was not accepted(.|\n)*" + words)
        self.assertTrue(any(re.search(words.split("(.|\n)")[0], w) for w in error["certificate"]), error)

    def test_unknown_ca(self):
        self.certificate("unknown-ca", "no CA that is trusted here(.|\n)*trusted are the CAs in .*unknown-ca")

    def test_system_ca_bundle(self):
        """The default: all the roots of the system are read, and ours is none of them."""
        self.certificate("ecdsa", "no CA that is trusted here", "--ca", "/etc/ssl/certs/ca-certificates.crt")
        self.ango("--host", self.s.host, "--org", self.s.org, A, status=TLS)
        self.assertIn("trusted are the CAs in /etc/ssl/certs/ca-certificates.crt", self.err)

    def test_whose_certificate_was_refused(self):
        """The proxy of row 148: behind a proxy that signs everything anew, the words name the proxy."""
        for chain, subject, issuer in (("proxy", "CN=a?b, O=B\u00fccher, C=DE", "CN=Test proxy ca"),
                                       ("ca-for-clients", "CN=Test ca for clients ca", "CN=Test root ecdsa")):
            self.s.use(chain=chain)
            error = self.not_sent(status=TLS, says=re.escape('refused was the certificate of "%s", issued by "%s"'
                                                             % (subject, issuer)))
            self.assertEqual((error["subject"], error["issuer"]), (subject, issuer))

    def test_a_network_error_names_no_certificate(self):
        self.s.fault(on="connect", raw="HTTP/1.1 400 Bad Request\r\n\r\n", times=2)
        error = self.not_sent(status=TLS, says="the TLS protocol failed")
        self.assertEqual((error["subject"], error["issuer"], error["certificate"]), ("", "", []))
        self.assertNotIn("refused was", self.err)

    def test_trust_anchor_that_cannot_be_used(self):
        """As in row 146: cut, indented, or of a curve that is not built in; beside one that can be, it is passed over."""
        with open(self.s.ca, encoding="ascii") as one, open(PKI + "/root-p521.ca.pem", encoding="ascii") as two:
            good, bad = one.read(), two.read()
        for name in ("cut", "indented", "root-p521"):
            with self.subTest(name=name):
                path = "%s/%s.ca.pem" % (PKI, name)
                error = self.not_sent("--ca", path, status=TLS,
                                      says="a trust anchor cannot be used\nango: no certificate in %s is" % re.escape(path))
                self.assertEqual((error["code"], error["text"]), (-25, "a trust anchor cannot be used"))
        self.invite("--ca", self.file(bad + good), A)
        self.assertEqual(self.s.invites(), [A])

    def test_constrained(self):
        self.certificate("ca-excluded", "its issuer may not vouch for this host")

    def test_wrong_host(self):
        self.certificate("wrong-host", "it is for another host name")

    def test_expired(self):
        self.certificate("expired", "it has expired(.|\n)*clock says 20[0-9-]+ [0-9:]+ UTC")

    def test_not_yet_valid(self):
        self.certificate("not-yet-valid", "it is not valid yet")

    def test_not_for_servers(self):
        self.certificate("no-serverauth", "it is not meant for a server")

    def test_weak(self):
        self.certificate("rsa1024", "too weak")

    def test_verbose_shows_mbedtls_own_codes(self):
        self.s.use(chain="unknown-ca")
        self.invite("-v", A, status=TLS)
        self.assertRegex(self.err, "mbedTLS error -0x2700, verify flags 0x8;")


class Terminal(Case):
    def test_progress(self):
        self.s.fault(delay_ms=1300, times=2)
        status, out, shown = self.on_terminal("--batch", "2", A, B, C)
        self.assertEqual(status, DONE)
        self.assertIn("\rinviting 1 to 2 of 3, 0 of 30 s", shown)
        self.assertIn("\rinviting 1 to 2 of 3, 1 of 30 s", shown)
        self.assertIn("\rinviting 3 to 3 of 3, 0 of 30 s", shown)
        self.assertRegex(shown, "\r +\r$")                      # and it is gone at the end
        self.assertNotIn(self.s.key, shown + out)
        self.assertEqual(out, "".join("invited          %s\n" % who for who in (A, B, C)) + "3 invited\n")

    def test_error_does_not_end_up_in_the_progress(self):
        self.s.fault(status=403, body='{"status":"fail","message":"No\\u001b[2J"}')
        status, _, shown = self.on_terminal(A)
        self.assertEqual(status, REFUSED)
        self.assertRegex(shown, "\r +\rango: the server refused, HTTP 403: No\ufffd\\[2J\r\n")
        self.assertNotIn("\x1b", shown)

    def test_no_progress_without_a_terminal(self):
        self.s.fault(delay_ms=300)
        self.invite(A)
        self.assertEqual(self.err, "")

    def test_hint_when_addresses_are_typed(self):
        ours, theirs = pty.openpty()
        with self.start("--from", "-", stdin=theirs) as child:
            os.close(theirs)
            threading.Timer(0.3, os.write, (ours, b"%s\n\x04" % A.encode())).start()
            out, err = child.communicate(timeout=20)
        os.close(ours)
        self.assertIn(b"one address a line", err)
        self.assertIn(b"1 invited", out)
        self.assertEqual(self.s.invites(), [A])


if __name__ == "__main__":
    unittest.main()
