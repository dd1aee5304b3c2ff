#!/usr/bin/python3
"""ango invite --later and ango outbox: people who are kept until they are invited, whatever ends the command when.

    tests/e2e/test_command_outbox.py     tries build/host/ango, or the command that the environment's ANGO names
"""
import fcntl
import glob
import json
import os
import pty
import random
import re
import resource
import shutil
import signal
import stat
import subprocess
import sys
import time
import unittest
import unittest.mock

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import test_command                                             # noqa: E402
import test_command_desk                                        # noqa: E402
from test_command import A, B, C, ANGO, TOP                     # noqa: E402
from test_command import DONE, SOME_FAILED, USAGE, REFUSED, NETWORK, TLS, OTHER     # noqa: E402
from built import built, make                                         # noqa: E402

CLOCK_SHIM = built("build/host/tests/e2e/clock_shim.so")
BAD = "user@localhost"                                          # which the stand-in refuses, with all of the request
KILLS = 40


class Case(test_command_desk.Case):
    def setUp(self):
        super().setUp()
        self.box = self.folder + "/box"

    def later(self, *arguments, **options):
        return self.ango("--later", "--outbox", self.box, "--org", self.s.org, *arguments, key="", **options)

    def outbox(self, *arguments, **options):
        """The same for what needs no server, and so no key."""
        return self.ango(*arguments, "--outbox", self.box, command="outbox", key="", **options)

    def kept(self):
        return [json.loads(line) for line in self.outbox("--json").splitlines()]

    def states(self):
        return {entry["to"]: entry["state"] for entry in self.kept()}

    def send(self, *arguments, status=DONE):
        """Runs ango outbox send against the stand-in; the object of the last line."""
        out = self.run_ango("outbox", "send", "--json", "--timeout", "2", "--retry-for", "20", "--outbox", self.box,
                            *arguments, status=status)
        document = self.whole(out)
        self.assertEqual(document["exit"], status)
        return document

    def start_sending(self, *arguments, **streams):
        return self.start("send", "--timeout", "2", "--retry-for", "60", "--outbox", self.box, *arguments, command="outbox",
                          **streams)

    def all_once(self, people):
        self.assertEqual(sorted(self.s.invites()), sorted(people))
        self.assertEqual((self.s.doubled(), {i["asked"] for i in self.s.state()["invites"]}), (0, {1}))

    def wait_until(self, what):
        deadline = time.monotonic() + 50
        while not what():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)


class Keeping(Case):
    def test_kept_and_listed(self):
        self.later(A, B)
        self.assertEqual(self.out, "kept             %s\nkept             %s\n2 kept\n" % (A, B))
        self.later(B, C, "--role", "admin", "--project", self.s.projects[0] + ":Reviewer")
        self.assertEqual(self.out.splitlines()[-1], "2 kept")    # for a project B is another entry
        self.later(A)
        self.assertEqual(self.out, "kept before      %s\n1 kept before\n" % A)
        entries = self.kept()
        self.assertEqual([(e["to"], e["organization_role"], e["project"], e["project_role"]) for e in entries],
                         [(A, "member", "", ""), (B, "member", "", ""),
                          *((who, "admin", self.s.projects[0], "Reviewer") for who in (B, C))])
        self.assertEqual({(e["state"], e["organization"], e["words"]) for e in entries}, {("waiting", self.s.org, "")})
        self.outbox()
        self.assertRegex(self.out, r"(?m)^waiting  20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ {6}1  %s$" % re.escape(A))
        self.assertEqual(self.out.splitlines()[-1], "4 waiting, 0 tried, 0 parked")
        self.nothing_sent()

    def test_list_with_wishes(self):
        self.later("--from", "-", stdin="email,role,project,project role\n%s,admin,,\n%s,,%s,Lead\n" % (A, B, "65" * 12))
        self.assertEqual([(e["to"], e["organization_role"], e["project"], e["project_role"]) for e in self.kept()],
                         [(A, "admin", "", ""), (B, "member", "65" * 12, "Lead")])

    def test_usual_place(self):
        """Folders and file are for their owner alone."""
        for variables, name in (({}, ".local/state"), ({"XDG_STATE_HOME": self.folder + "/x"}, "x")):
            self.ango("--later", "--org", "o", A, key="", **variables)
            name = "%s/%s/ango" % (self.folder, name)
            self.assertEqual([stat.S_IMODE(os.stat(n).st_mode) for n in (name, name + "/outbox")], [0o700, 0o600])
            self.assertEqual(os.listdir(name), ["outbox"])

    def test_what_it_refuses(self):
        for arguments, says in (((A, "--dry-run"), "--later sends nothing"),
                                ((A, "--missing-only"), "--later sends nothing"),
                                ((A, "--project", "p:Lead", "--project", "q:Lead"), "one project"),
                                ((A, "nobody"), "it has no @"), ((), "no address was given")):
            self.later(*arguments, status=USAGE)
            self.assertIn(says, self.err)
            self.assertFalse(os.path.exists(self.box))
        self.invite("--outbox", self.box, A, status=USAGE)
        self.assertIn("--outbox goes with --later", self.err)
        for arguments in (("sned",), ("remove",), ("retry",), ("send", A), ("--forever",), ("list", A)):
            self.outbox(*arguments, status=USAGE)
        self.nothing_sent()

    def test_one_organization(self):
        self.later(A)
        self.ango("--later", "--outbox", self.box, "--org", "another", B, key="", status=USAGE)
        self.assertIn("holds people for the organization " + self.s.org, self.err)
        self.run_ango("outbox", "send", "--outbox", self.box, "--org", "another", status=USAGE)
        self.assertEqual(self.states(), {A: "waiting"})
        self.nothing_sent()

    def test_other_files_stay_as_they_are(self):
        for content, mode, says in ((b"x" * 100, 0o600, "no outbox"), (b"x" * 16384, 0o600, "no outbox"),
                                    (b"x" * 4194304, 0o600, "no outbox"), (b"x" * 16384, 0o640, "others may use it")):
            self.box = self.file(content, mode)
            for run in (lambda: self.later(A, status=USAGE if len(content) < 8192 or mode != 0o600 else OTHER),
                        lambda: self.outbox(status=USAGE if len(content) < 8192 or mode != 0o600 else OTHER)):
                run()
                self.assertIn(says, self.err)
                with open(self.box, "rb") as f:
                    self.assertEqual(f.read(), content)
        self.box = self.folder
        self.later(A, status=USAGE)
        self.box = self.folder + "/none/box"
        self.later(A, status=OTHER)
        self.assertIn("No such file or directory", self.err)

    def test_full(self):
        """What was kept stays, the others are named; and there is room again when some are gone."""
        long = "o" * 230                                        # makes large records, and so fewer of them
        people = ["p%d@%s.example.com" % (i, "x" * 60) for i in range(1500)]
        self.later("--org", long, "--from", "-", stdin="\n".join(people), status=SOME_FAILED)
        full = re.findall(r"(?m)^not kept +(\S+) +the outbox is full", self.out)
        self.assertEqual([entry["to"] for entry in self.kept()] + full, people)
        self.later("--org", long, people[-1], status=SOME_FAILED)
        self.outbox("remove", *people[:3])
        self.later("--org", long, people[-1])

    def test_nothing_there(self):
        for arguments, status in (((), DONE), (("send",), DONE), (("remove", A), SOME_FAILED)):
            self.outbox(*arguments, status=status)
            self.assertIn("nobody is kept", self.err)
        self.assertFalse(os.path.exists(self.box))


class Sending(Case):
    def test_each_once_and_nobody_stays_in_the_file(self):
        people = ["p%d@example.com" % i for i in range(40)]
        self.later(*people)
        self.assertEqual(self.send()["invited"], 40)
        self.all_once(people)
        self.assertEqual(self.kept(), [])
        with open(self.box, "rb") as f:
            self.assertNotIn(b"example", f.read())
        self.assertEqual(self.send()["invited"], 0)

    def test_who_is_removed_is_not_in_the_file(self):
        self.later(A, B)
        self.outbox("remove", A, B)
        with open(self.box, "rb") as f:
            self.assertNotIn(b"example", f.read())

    def test_table_and_organization_from_the_outbox(self):
        self.later(A)
        arguments = self.here("send", "--outbox", self.box)
        at = arguments.index("--org")
        self.ango(*arguments[:at], *arguments[at + 2:], command="outbox")
        self.assertEqual(self.out, "invited          %s\n1 invited, 0 already there, 0 parked, 0 waiting\n" % A)
        self.assertEqual(self.err, "")

    def test_roles_and_projects(self):
        self.later(A, "--role", "admin", "--project", self.s.projects[1] + ":Lead")
        self.send()
        stored = self.s.state()["invites"][0]
        self.assertEqual((stored["organizationRole"], stored["projectAssignments"]),
                         ("Admin", [{"projectId": self.s.projects[1], "projectRole": "Lead"}]))

    def test_one_is_parked_and_retried_and_removed(self):
        self.later(A, BAD, B)
        document = self.send(status=SOME_FAILED)
        self.assertEqual({a["to"]: a["result"] for a in document["addresses"]},
                         {A: "invited", B: "invited", BAD: "parked"})
        self.assertIn("1 are parked", self.err)
        entry, = self.kept()
        self.assertEqual((entry["to"], entry["state"]), (BAD, "parked"))
        self.assertIn("valid emails", entry["words"])
        self.send()                                             # who is parked is left to people
        self.outbox("retry", BAD)
        self.assertEqual(self.states(), {BAD: "waiting"})
        self.send(status=SOME_FAILED)
        self.outbox("remove", str(entry["id"]))
        self.assertEqual(self.out, "removed  %d  %d\n" % (entry["id"], entry["id"]))
        self.outbox("remove", BAD, status=SOME_FAILED)
        self.assertEqual(self.kept(), [])
        self.all_once([A, B])

    def test_no_network(self):
        self.later(A)
        self.s.pause()
        self.addCleanup(self.s.resume)
        document = self.send("--retry-for", "2", status=NETWORK)
        self.assertEqual((document["waiting"], document["error"]["outcome"]), (1, "not sent"))
        self.assertIn("no more time to wait", self.err)
        self.s.resume()
        self.send()
        self.all_once([A])

    def test_what_does_not_pass(self):
        self.later(A)
        self.run_ango("outbox", "send", "--outbox", self.box, key="wrong" * 8, status=REFUSED)
        self.s.use(chain="unknown-ca")
        self.send("--ca", test_command.PKI + "/ecdsa.ca.pem", status=TLS)
        self.s.use(chain="ecdsa")
        self.send()
        self.all_once([A])

    def test_lost_replies(self):
        for fault in ({"close": "before-reply"}, {"status": 502}, {"cut": 300, "apply": True}, {"status": 429}):
            with self.subTest(fault=fault):
                self.s.reset()
                self.s.fault(method="POST", **fault)
                self.later(A, B)
                self.assertEqual(self.send()["waiting"], 0)
                self.all_once([A, B])

    def test_tried_is_shown(self):
        self.later(A)
        self.s.fault(method="POST", close="before-reply")
        self.send("--retry-for", "0", status=test_command.UNKNOWN)
        self.assertEqual(self.states(), {A: "tried"})
        self.outbox("remove", A)
        self.assertIn("1 of them had been tried, and may be invited", self.err)


class Forever(Case):
    def test_others_put_and_remove_meanwhile(self):
        """They take turns; what is put is sent, and what ends it is a signal."""
        with self.start_sending("--forever") as child:
            self.wait_until(lambda: os.path.exists(self.box))
            for i in range(5):
                self.later("p%d@example.com" % i)
                self.wait_until(lambda: len(self.s.invites()) == i + 1)
            self.s.pause()
            self.later(A, B)
            self.outbox("remove", A)
            self.s.resume()
            self.wait_until(lambda: not self.states())          # it has its turn once the command has told of all
            child.send_signal(signal.SIGTERM)
            out, err = child.communicate(timeout=30)
        self.assertEqual(child.returncode, -signal.SIGTERM, err)
        self.assertEqual(out.decode().splitlines()[-1], "6 invited, 0 already there, 0 parked, 0 waiting")
        self.all_once([B, *("p%d@example.com" % i for i in range(5))])

    def test_read_back_comes_to_its_end(self):
        """Also where people are put all the time: what was disturbed once is then not interrupted."""
        self.later(A)
        self.s.fault(method="POST", status=502)                 # it was not done, which only two readings show
        with self.start_sending("--forever") as child:
            self.wait_until(lambda: self.s.counts()["requests"] > 0)
            people = [A]
            while A not in self.s.invites() and len(people) < 100:
                people.append("p%d@example.com" % len(people))
                self.later(people[-1])
                time.sleep(0.1)
            self.wait_until(lambda: len(self.s.invites()) == len(people))
            child.send_signal(signal.SIGTERM)
            child.communicate(timeout=30)
        self.assertGreater(len(people), 2)
        self.assertLess(len(people), 100)
        self.all_once(people)

    def test_a_long_outage(self):
        """No pause is longer than a minute while there is no network, however long that is; on a clock that runs faster."""
        self.later(A)
        self.s.pause()
        self.addCleanup(self.s.resume)
        ours, theirs = pty.openpty()
        with unittest.mock.patch.dict(os.environ, LD_PRELOAD=CLOCK_SHIM, CLOCK_SPEED="200"), \
                self.start_sending("--forever", "--timeout", "3000", stderr=theirs) as child:
            os.close(theirs)
            shown, pauses = b"", []
            while len(pauses) < 10:                             # the fourth last is the first that would be longer
                shown += os.read(ours, 4096)
                left = list(map(int, re.findall(rb"going on in (\d+) s", shown)))
                pauses = [after for before, after in zip(left, left[1:]) if after > before]
            self.s.resume()
            self.wait_until(lambda: A in self.s.invites())
            child.send_signal(signal.SIGTERM)
            child.communicate(timeout=30)
        os.close(ours)
        self.assertLessEqual(max(pauses), 60)
        self.assertGreater(max(pauses), 30)
        self.all_once([A])

    def test_ends_with_a_key_that_is_refused(self):
        self.later(A)
        self.s.fault(status=401)
        with self.start_sending("--forever") as child:
            child.communicate(timeout=60)
        self.assertEqual((child.returncode, self.states()), (REFUSED, {A: "tried"}))
        self.send()
        self.all_once([A])


class Killed(Case):
    def kill_one(self, child, chance):
        time.sleep(chance.random() * 0.4)
        child.send_signal(chance.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)))
        child.communicate(timeout=60)

    def test_at_random_moments(self):
        """While some are put and others are sent: whoever was told "kept" is invited, each once."""
        seed = int(os.environ.get("SEED") or random.randrange(1 << 32))
        chance, kept = random.Random(seed), set()
        for i in range(KILLS):
            people = ["k%d_%d@example.com" % (i, n) for n in range(3)]
            if i % 4 == 0:
                self.s.fault(method="POST", delay_ms=200)
            with self.start_sending() as child:
                later = [ANGO, "invite", "--later", "--outbox", self.box, "--org", self.s.org, *people]
                with subprocess.Popen(later, env=self.environment(key=""), stdout=subprocess.PIPE) as putting:
                    self.kill_one(child, chance)
                    if i % 3 == 0:
                        putting.kill()
                    kept |= set(re.findall(r"(?m)^kept +(\S+@\S+)$", putting.communicate(timeout=60)[0].decode()))
        before = len(self.s.invites())
        self.send("--timeout", "3", "--retry-for", "60")
        invited = self.s.invites()
        print("\noutbox_kills=%d\noutbox_kept=%d\noutbox_sent_by_the_killed=%d" % (KILLS, len(kept), before))
        print("outbox_lost=%d\noutbox_doubled=%d" % (len(kept - set(invited)), self.s.doubled()))
        self.assertEqual((kept - set(invited), self.s.doubled()), (set(), 0), "SEED=%d" % seed)
        self.assertEqual({i["asked"] for i in self.s.state()["invites"]}, {1}, "SEED=%d" % seed)
        self.assertGreater(len(kept), 2 * KILLS / 3)

    def test_while_it_is_made(self):
        """However far it came: the next one makes it, and puts."""
        for i in range(15):
            box = "%s/made%d" % (self.folder, i)
            with subprocess.Popen([ANGO, "invite", "--later", "--outbox", box, "--org", "o", A], env=self.environment(key=""),
                                  stdout=subprocess.DEVNULL) as child:
                time.sleep(i * 0.004)
                child.kill()
            self.box = box
            self.later(B, "--org", "o")
            self.assertIn(B, self.states())


class Turns(Case):
    def test_many_make_it_at_once(self):
        """One of them makes the file; all of them put."""
        people = ["t%d@example.com" % i for i in range(12)]
        children = [subprocess.Popen([ANGO, "invite", "--later", "--outbox", self.box, "--org", self.s.org, who],
                                     env=self.environment(key=""), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                    for who in people]
        for child in children:
            out, err = child.communicate(timeout=60)
            self.assertEqual((child.returncode, err, out.splitlines()[-1]), (DONE, b"", b"1 kept"))
        self.assertEqual(sorted(self.states()), sorted(people))
        self.assertEqual(os.listdir(self.folder), ["box"])

    def test_two_send_at_once(self):
        people = ["t%d@example.com" % i for i in range(60)]
        self.later(*people)
        with self.start_sending() as one, self.start_sending() as two:
            for child in (one, two):
                _, err = child.communicate(timeout=60)
                self.assertEqual(child.returncode, DONE, err)
        self.all_once(people)

    def test_one_that_keeps_it(self):
        """It is waited for, but not for ever."""
        self.later(A)
        with open(self.box, "rb") as f:
            fcntl.flock(f, fcntl.LOCK_EX)
            self.later(B, "--timeout", "1", status=OTHER)
            self.assertRegex(self.err, r"another process has had it for \d+ s; nothing was done")
        self.assertEqual(self.states(), {A: "waiting"})

    def test_full_disk(self):
        """The file has its size from the beginning; where it cannot have it, nobody is told to be kept."""
        def limited():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
        arguments = [ANGO, "invite", "--later", "--outbox", self.box, "--org", self.s.org, A]
        done = subprocess.run(arguments, env=self.environment(key=""), preexec_fn=limited, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stdout), (OTHER, b""))
        self.assertIn(b"File too large", done.stderr)
        self.later(A)
        self.assertEqual(self.states(), {A: "waiting"})


class Units(unittest.TestCase):
    """The units of systemd are valid, and confine the command as much as they say."""

    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd-analyze")
    def test_verify(self):
        folder = test_command.tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        names = []
        for name in sorted(glob.glob(TOP + "/port/systemd/*.[st]*")):
            with open(name, encoding="ascii") as f:
                text = f.read()
            self.assertIn("/usr/bin/ango" if name.endswith("service") else "[Timer]", text)
            names.append(os.path.join(folder, os.path.basename(name)))
            with open(names[-1], "w", encoding="ascii") as f:
                f.write(text.replace("/usr/bin/ango", ANGO))
        self.assertEqual(len(names), 3)
        done = subprocess.run(("systemd-analyze", "verify", "--man=no", *names), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False, timeout=120)
        ours = [line for line in done.stdout.splitlines() if "ango-outbox" in line]
        self.assertEqual(ours, [], done.stdout)

    def test_installed(self):
        """With the command, which they start where it is; nothing is enabled."""
        folder = test_command.tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        there = ("PREFIX=/opt/x", "DESTDIR=" + folder)
        make("install-units", *there)
        found = glob.glob(folder + "/**/*", recursive=True)
        files = sorted(name for name in found if not os.path.isdir(name))
        self.assertEqual(files, sorted(folder + "/opt/x/lib/systemd/system/" + os.path.basename(name)
                                       for name in glob.glob(TOP + "/port/systemd/*.[st]*")))
        for name in files:
            self.assertEqual((stat.S_IMODE(os.stat(name).st_mode), os.path.islink(name)), (0o644, False))
            with open(name, encoding="ascii") as f:
                starts = re.findall(r"(?m)^ExecStart=(\S+)", f.read())
            self.assertEqual(starts, ["/opt/x/bin/ango"] * name.endswith("service"))
        make("uninstall-units", *there)
        self.assertFalse(any(map(os.path.exists, files)))
        make("install-units", *there, "systemdsystemunitdir=/etc/units")
        self.assertEqual(len(os.listdir(folder + "/etc/units")), len(files))


if __name__ == "__main__":
    unittest.main()
