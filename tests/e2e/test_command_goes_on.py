#!/usr/bin/python3
"""The ango command where it gets rough: outages, refusals of one among many, kills, signals, and output that goes nowhere.

    tests/e2e/test_command_goes_on.py     tries build/host/ango, or the command that the environment's ANGO names
"""
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import test_command                                             # noqa: E402
import test_command_desk                                        # noqa: E402
from test_command import A, B, C, ANGO                          # noqa: E402
from test_command import DONE, SOME_FAILED, USAGE, REFUSED, NETWORK, TLS, OTHER     # noqa: E402
from test_command_desk import ADA, MAX, ZOE                     # noqa: E402

PEOPLE = ["p%d@example.com" % i for i in range(400)]
BAD = "user@localhost"                                          # which the stand-in refuses, with all of the request


class Case(test_command_desk.Case):
    def all_once(self, people):
        self.assertEqual(sorted(self.s.invites()), sorted(people))
        self.assertEqual((self.s.doubled(), {i["asked"] for i in self.s.state()["invites"]}), (0, {1}))

    def many(self, *arguments, people=tuple(PEOPLE), status=DONE):
        return self.document("invite", "--retry-for", "60", *arguments, "--from", "-", stdin="\n".join(people),
                             status=status)


class Outages(Case):
    """Whatever fails for a while: nobody is lost, and nobody is asked twice."""

    def test_in_each_phase(self):
        silent = {"on": "connect", "raw": "", "stall": True}
        for name, fault, more in (("hangs up", {"on": "connect", "raw": "", "close": "after-reply", "how": "rst"}, ()),
                                  ("ends in the handshake", {"on": "connect", "raw": "\x16\x03\x03", "close": "after-reply"}, ()),
                                  ("silent", silent, ("--timeout", "1")),
                                  ("closed unread", {"close": "before-read", "how": "rst", "skip": 1}, ("--timeout", "2")),
                                  ("too many", {"status": 429, "skip": 2, "times": 2}, ()),
                                  ("gateway", {"status": 502, "skip": 1, "method": "POST"}, ("--timeout", "2")),
                                  ("lost", {"close": "before-reply", "how": "rst", "skip": 1, "method": "POST"}, ()),
                                  ("cut", {"cut": 5000, "skip": 2, "method": "POST", "apply": True}, ())):
            with self.subTest(name=name):
                self.s.reset()
                self.s.fault(**fault)
                document = self.many(*more)
                self.all_once(PEOPLE)
                self.assertEqual((document["invited"], document["error"]), (400, None))

    def test_server_that_is_gone_for_a_while(self):
        """Nobody listens, from the start and in the middle of the list, as in row 152."""
        for seconds, first in ((1, True), (3, False)):
            self.s.reset()
            if first:
                self.s.pause()
            with self.start("--json", "--retry-for", "60", "--batch", "20", *PEOPLE) as child:
                while not first and self.s.counts()["requests"] < 5:
                    time.sleep(0.005)
                if not first:
                    self.s.pause()
                time.sleep(seconds)
                self.s.resume()
                out, err = child.communicate(timeout=100)
            self.assertEqual(child.returncode, DONE, err)
            self.assertEqual(self.whole(out.decode())["invited"], 400)
            self.all_once(PEOPLE)

    def test_name_that_is_not_found(self):
        """It is tried again, but not for longer than is allowed; the position is shown."""
        self.invite("--host", "no..name", "--retry-for", "3", A, status=NETWORK)
        self.assertIn("the server's name is not found: waiting 1 s; 1 to 1 of 1\n", self.err)
        self.assertIn("no more time to wait: --retry-for allows 3 s", self.err)
        self.assertEqual(self.words(), {A: "not sent"})

    def test_no_budget(self):
        self.invite("--host", "127.0.0.1:1", A, status=NETWORK)
        self.assertNotIn("waiting", self.err)

    def test_what_does_not_pass_is_not_tried_again(self):
        self.s.use(chain="unknown-ca")
        self.invite("--retry-for", "60", "--ca", test_command.PKI + "/ecdsa.ca.pem", A, status=TLS)
        self.assertNotIn("waiting", self.err)

    def test_terminal_shows_one_line(self):
        self.s.pause()
        threading.Timer(2, self.s.resume).start()
        status, _, shown = self.on_terminal("--retry-for", "60", A)
        self.assertEqual(status, DONE, shown)
        self.assertIn("\rno connection; trying again in 1 s; 1 to 1 of 1", shown)
        self.assertEqual(shown.count("Connection refused"), 1)  # said once, however often it is tried


class OutagesOfLists(Case):
    more = {"seed": {"invites": 150, "members": 150, "projects": 150}}

    def test_goes_on_at_the_page_that_failed(self):
        for fault in ({"status": 500}, {"close": "before-reply"}, {"cut": 700}, {"status": 503, "body": "<html>"}):
            for command in ("invites", "members", "projects"):
                self.s.reset()
                self.s.fault(skip=1, **fault)
                objects = self.objects(command, "--retry-for", "60")
                self.assertEqual((len(objects), len({o["id"] for o in objects})), (150, 150))

    def test_never_ends_early_with_success(self):
        self.s.fault(skip=1, times=99, status=500)
        self.assertEqual(len(self.objects("members", "--retry-for", "1", status=OTHER)), 100)
        self.assertIn("no more time to wait", self.err)

    def test_project(self):
        self.s.fault(status=503)
        self.run_ango("project", "--retry-for", "60", self.s.projects[0])


class OneOfMany(Case):
    def test_the_good_ones_are_invited(self):
        """As in row 156."""
        for at in (0, 1, 37, 99, 100, 399):
            with self.subTest(at=at):
                self.s.reset()
                people = PEOPLE[:at] + [BAD] + PEOPLE[at + 1:]
                document = self.many(people=people, status=SOME_FAILED)
                self.assertEqual((document["invited"], document["refused"]), (399, 1))
                self.all_once([who for who in people if who != BAD])
                self.assertLess(document["requests"], 32)
                bad = next(a for a in document["addresses"] if a["to"] == BAD)
                self.assertIn('"to" must hold valid emails', bad["message"])
                self.assertFalse(bad["again"])

    def test_several(self):
        bad = ["%d@localhost" % i for i in range(12)]
        document = self.many(people=[p for pair in zip(PEOPLE, bad) for p in pair], status=SOME_FAILED)
        self.assertEqual((document["invited"], document["refused"]), (12, 12))
        self.assertEqual(self.err.count("HTTP 400"), 1)         # and the report has the server's words on each

    def test_all_of_them(self):
        """Then it is not for the addresses; it does not go on for ever."""
        self.s.mood("refuses=400")
        document = self.many(status=REFUSED)
        self.assertEqual((document["refused"], document["not_sent"]), (10, 390))
        self.assertLess(document["requests"], 20)
        self.assertIn("10 addresses in a row were refused one by one, and nobody was accepted", self.err)

    def test_other_refusals_end_it(self):
        self.s.mood("refuses=403")
        document = self.many(status=REFUSED)
        self.assertEqual((document["refused"], document["not_sent"], document["requests"]), (100, 300, 1))


class AgainAndAgain(Case):
    def test_killed_at_every_batch(self):
        """Each line that came out is true, and the list run again asks nobody twice."""
        for kill_at in range(1, 5):
            with self.subTest(kill_at=kill_at):
                self.s.reset()
                self.s.fault(method="POST", skip=kill_at - 1, delay_ms=5000)
                with self.start("--json", "--from", "-", stdin=subprocess.PIPE) as child:
                    child.stdin.write("\n".join(PEOPLE).encode())
                    child.stdin.close()
                    while self.s.counts()["requests"] < kill_at:
                        time.sleep(0.01)
                    child.kill()
                    told = [json.loads(line) for line in child.stdout]
                    child.stderr.read()
                self.assertEqual([(t["to"], t["result"], t["again"]) for t in told],
                                 [(who, "invited", False) for who in PEOPLE[:100 * (kill_at - 1)]])
                document = self.many("--timeout", "2", "--missing-only")
                self.all_once(PEOPLE)
                self.assertEqual(document["already_pending"] + document["invited"], 400)
                self.assertGreaterEqual(document["already_pending"], 100 * (kill_at - 1))

    def test_missing_only(self):
        self.invite(A)
        self.run_ango("invite", "--timeout", "1", "--missing-only", A, ZOE, B, status=DONE)
        self.assertEqual(self.words(), {A: "already pending", ZOE: "already a member", B: "invited"})
        self.assertEqual([json.loads(e["body"])["to"] for e in self.s.log() if e["method"] == "POST"], [[A], [B]])

    def test_missing_only_of_an_address_that_cannot_be_compared(self):
        self.run_ango("invite", "--timeout", "1", "--missing-only", "\u00f6@example.com", B, status=SOME_FAILED)
        self.assertEqual(self.words(), {"\u00f6@example.com": "unclear", B: "invited"})
        self.assertEqual(self.s.invites(), [B])

    def test_missing_only_that_cannot_be_read(self):
        self.s.fault(method="GET", status=403)
        self.run_ango("invite", "--missing-only", A, status=REFUSED)
        self.assertIn("nobody was invited: who is there already could not be read", self.err)
        self.assertEqual((self.words(), self.s.invites()), ({A: "not sent"}, []))

    def test_again_says_what_can_be_asked_again(self):
        self.s.fault(skip=1, status=403)
        document = self.document("invite", "--batch", "1", A, B, C, status=REFUSED)
        self.assertEqual([(a["result"], a["again"]) for a in document["addresses"]],
                         [("invited", False), ("refused", False), ("not sent", True)])


class Signals(Case):
    def test_dies_by_it_after_the_report(self):
        self.s.fault(skip=1, delay_ms=5000)
        status, out, err = self.interrupted("--batch", "1", A, B, C, number=signal.SIGINT, requests=2)
        self.assertEqual(status, -signal.SIGINT)
        self.assertIn("1 in doubt, 1 invited, 1 not sent", out)
        self.assertIn("1 of 3 not sent", err)

    def test_what_is_ignored_stays_ignored(self):
        """As under nohup, and in the background of a shell script, as in row 155."""
        self.s.fault(delay_ms=1000)
        with self.start(A, preexec_fn=lambda: [signal.signal(n, signal.SIG_IGN)
                                               for n in (signal.SIGHUP, signal.SIGINT)]) as child:
            while self.s.counts()["requests"] < 1:
                time.sleep(0.01)
            child.send_signal(signal.SIGHUP)
            child.send_signal(signal.SIGINT)
            out, err = child.communicate(timeout=60)
        self.assertEqual((child.returncode, out.decode().splitlines()[-1], err), (DONE, "1 invited", b""))

    def test_while_waiting(self):
        """As in row 153."""
        self.s.pause()
        self.addCleanup(self.s.resume)
        with self.start("--retry-for", "60", A) as child:
            while b"waiting" not in child.stderr.readline():
                pass
            child.send_signal(signal.SIGTERM)
            out, _ = child.communicate(timeout=60)
        self.assertEqual((child.returncode, out.decode()), (-signal.SIGTERM, "not sent         %s\n1 not sent\n" % A))


class Output(Case):
    def closed(self, *which, arguments=(A,), command="invite"):
        """Runs it with these descriptors closed; (status, what the others got)."""
        streams = {name: subprocess.PIPE for name in ("stdin", "stdout", "stderr")}
        with self.start(*arguments, command=command, preexec_fn=lambda: [os.close(fd) for fd in which], **streams) as child:
            out, err = child.communicate(timeout=60)
        return child.returncode, out.decode(), err.decode()

    def test_closed_descriptors_are_never_the_socket(self):
        """As in row 154."""
        for which, status in (((0,), DONE), ((1,), OTHER), ((2,), DONE), ((0, 1, 2), OTHER), ((0, 2), DONE), ((1, 2), OTHER)):
            with self.subTest(which=which):
                self.s.reset()
                got, _, err = self.closed(*which)
                self.assertEqual(got, status, err)
                self.assertEqual((self.s.invites(), self.s.counts()["bad_requests"]
                                  if "bad_requests" in self.s.counts() else 0), ([A], 0))
                self.assertEqual(1 in which and 2 not in which, "could not write to standard output: Bad file" in err)

    def test_closed_standard_input(self):
        status, _, err = self.closed(0, arguments=("--from", "-"))
        self.assertEqual(status, USAGE)
        self.assertIn("could not read standard input: Bad file descriptor", err)

    def test_a_reader_that_has_seen_enough(self):
        with self.start(command="members") as child:
            child.stdout.close()
            err = child.stderr.read()
        self.assertEqual((child.returncode, err), (DONE, b""))

    def test_what_gets_lost_is_an_error(self):
        def limited():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))
        with open(self.folder + "/out", "wb") as out:
            with self.start(command="members", stdout=out, preexec_fn=limited) as child:
                err = child.stderr.read()
        self.assertEqual(child.returncode, OTHER)
        self.assertIn(b"could not write to standard output: File too large", err)
        with open("/dev/full", "wb") as full:
            self.assertEqual(subprocess.run((ANGO, "--help"), stdout=full, stderr=subprocess.DEVNULL, check=False).returncode,
                             OTHER)


class KeyInReplies(Case):
    """As in row 170: hidden first, cut afterwards, in each form it may come in."""

    def test_forms(self):
        key = self.s.key
        forms = (key, "".join("\\u%04x" % ord(c) for c in key), "".join("%%%02X" % ord(c) for c in key),
                 "".join("&#%d;" % ord(c) for c in key), "".join("&#x%x;" % ord(c) for c in key),
                 key.replace("-", "\\u002d"), key.replace("-", "%2d"))
        for form in forms:
            self.s.fault(status=403, body="<p>%s is not known</p>" % form, times=2)
            self.invite(A, status=REFUSED)
            self.assertNotIn(form[:-1], self.err)
            self.assertIn("is not known", self.err)
            self.assertNotIn(form[:-1], self.run_ango("invite", "--json", A, status=REFUSED))

    def test_cut(self):
        key = self.s.key
        for at in range(480, 512, 3):
            self.s.fault(status=403, body="x" * at + key + "y" * 40)
            self.invite(A, status=REFUSED)
            self.assertNotIn(key[:9], self.err)
        for at in range(980, 1002, 3):
            self.s.fault(status=403, body=json.dumps({"status": "fail", "message": "x" * at + key + "y" * 40}))
            self.invite(A, status=REFUSED)
            self.assertNotIn(key[:9], self.err)
        for entry in ({"status": key[:-1]}, {"status": "failed", "message": "no " + key[:-1]}):
            invites = [dict(entry, to=who) for who in (ADA, MAX)]
            self.s.fault(status=200, body=json.dumps({"status": "success", "data": {"invites": invites}}))
            self.invite(ADA, MAX, status=SOME_FAILED)
            self.assertIn("[API key]", self.out)
            self.assertNotIn(key[:9], self.out)


if __name__ == "__main__":
    unittest.main()
