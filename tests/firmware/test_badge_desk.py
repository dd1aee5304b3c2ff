#!/usr/bin/python3
"""The badge desk's firmware in QEMU, against the stand-in server; the network is confined to loopback.

    tests/firmware/test_badge_desk.py       as part of the tests; closes with its figures as key=value lines
    tests/firmware/test_badge_desk.py -v [Firmware.test_...]
    BOARD=mps2-an385 tests/firmware/test_badge_desk.py       on another board than the first
"""
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [TOP + "/tests/hub", TOP + "/port/desk"]
import building                                                 # noqa: E402
import emulate                                                  # noqa: E402
import memory_map                                               # noqa: E402
import standin                                                  # noqa: E402
import waiting                                                  # noqa: E402

PKI = os.path.join(TOP, "build/pki")
FIRST_BOARD = "lm3s6965"
BOARD = os.environ.get("BOARD") or FIRST_BOARD
ABOUT = emulate.about(BOARD)
DESK = "%s/build/m3/%s/badge-desk.elf" % (TOP, BOARD)
SNTP = "%s/build/m3/%s/badge-desk-sntp.elf" % (TOP, BOARD)         # make firmware SNTP=1
MEASURE = "%s/build/m3/%s/badge-desk-measure.elf" % (TOP, BOARD)    # with more arena, and commands for tests
BOTH = ("1.2", "1.3")
CYCLE = 10**9 // ABOUT["hz"]    # instructions: with shift=0 each takes a nanosecond
FLASH_MAX, RAM_MAX = 136 * 1024, 56 * 1024
LIBRARY_FLASH_MAX, LIBRARY_RAM_MAX = 19 * 1024, 3 * 1024
GAP_MAX = 12e6      # instructions between two calls of ango_port.busy
RESUMED_MAX = 0.9e6
FRAMES_MAX = 22     # of a resumed exchange, from connecting to the end of the connection, in both directions
CHAINS = ("ecdsa", "rsa2048", "rsa4096", "mixed", "p384")
LISTS = ("walk", "confirm", "members")                         # for looking up who was sent and not answered
OUTBOX = ("outbox", "outbox_log")
LOOK_UP = 6         # requests to find somebody of whom the server says something else than "pending"
QUEUE = 24
CUTS = 24
CUT_SEED = int(os.environ.get("CUT_SEED") or random.SystemRandom().randrange(10**6))
FIGURES = {}


# How the board's README begins a row, the figures it stands for (TLS 1.2, TLS 1.3), and what they are counted in.
README = [
    ("smallest arena: P-256", "arena_min_ecdsa", 1),
    ("RSA-2048 leaf", "arena_min_rsa2048", 1),
    ("P-256 leaf, P-384", "arena_min_mixed", 1),
    ("RSA-4096 leaf", "arena_min_rsa4096", 1),
    *((begins + words, figure + name, 1e6)
      for begins, figure in (("instructions of a handshake, millions: ", "handshake_instructions_"),
                             ("the longest step of these: ", "longest_step_instructions_"),
                             ("between two calls of `busy`: ", "longest_gap_instructions_"))
      for words, name in (("P-256 leaf and root", "ecdsa"), ("RSA-2048 leaf", "rsa2048"), ("RSA-4096", "rsa4096"),
                          ("P-256 leaf, P-384", "mixed"), ("P-384 leaf", "p384"))),
    ("instructions of a resumed exchange, millions: the server prefers AES-256", "resumed_instructions", 1e6),
    ("instructions of a resumed exchange, millions: the server prefers AES-128", "resumed_instructions_aes128", 1e6),
]


SPREAD = 0.1        # keys and blinding are drawn anew each time


def false_in_readme():
    """What the board's README says that was measured otherwise, by more than another run could explain."""
    with open(TOP + "/port/lm3s6965/README.md", encoding="utf-8") as file:
        readme = file.read()
    wrong = []
    for begins, name, unit in README:
        row = re.search(r"^\| %s[^|]*\| ([\d,.]+) \| ([\d,.]+) \|$" % re.escape(begins), readme, re.M)
        for told, figure in zip(row.groups() if row else (), (name + "_tls12", name + "_tls13")):
            if figure in FIGURES and abs(float(told.replace(",", "")) * unit - FIGURES[figure]) > SPREAD * FIGURES[figure]:
                wrong.append((figure, told, FIGURES[figure]))
        if row is None:
            wrong.append(begins)
    return wrong


def setUpModule():
    building.make("BOARD=" + BOARD, "firmware")


def tearDownModule():
    print()
    for name in sorted(FIGURES):
        print("%s=%d" % (name, FIGURES[name]))
    if BOARD == FIRST_BOARD and false_in_readme():
        raise AssertionError("port/lm3s6965/README.md: %s" % false_in_readme())
    sys.stdout.flush()


def suffix(tls):
    return "_tls" + tls.replace(".", "")


class Case(unittest.TestCase):
    current = None

    def server(self, **options):
        server = standin.StandIn(**dict({"pki": PKI, "rate": 0}, **options)).start()
        self.addCleanup(server.stop)
        return server

    def desk(self, server, elf=DESK, port=None, **options):
        """One that is ready. The one before is switched off: even an idle one takes its share of this computer."""
        if self.current is not None:
            self.current.__exit__()
        self.current = emulate.Emulator(elf, port or server.port, **options)
        self.current.__enter__()
        self.addCleanup(self.current.__exit__)
        return self.current.start()

    def fate(self, desk, address, wanted="invited", timeout=60):
        """What the desk says of an address after it was kept."""
        said = desk.expect(r"^%s: (?!kept)(.*); \d+ in the queue\n" % re.escape(address), timeout).group(1)
        self.assertRegex(said, "^(?:%s)$" % wanted)
        return said

    def badge(self, desk, address, wanted="invited", timeout=60):
        """Holds a badge to the reader; what becomes of it."""
        desk.send(address)
        return self.fate(desk, address, wanted, timeout)

    def kept(self, desk, address):
        """Holds a badge to the reader; how many are in the queue then."""
        desk.send(address)
        return int(desk.expect(r"^%s: kept; (\d+) in the queue\n" % re.escape(address)).group(1))

    def trouble(self, desk, wanted, timeout=60):
        """What the desk says when something is not delivered."""
        return desk.expect(r"^Not delivered: %s; again in \d+ s; \d+ in the queue\n" % wanted, timeout)

    def begin_anew(self, desk, arena=46000):
        """Empties the queue of a measuring build."""
        desk.send("arena %d" % arena)
        desk.expect(r"^arena %d set" % arena)

    def invited(self, server):
        return [entry["to"] for entry in server.state()["invites"]]


class Injector:
    """Between a desk and its server: passes on what they say, and says something of its own to the desk."""

    def __init__(self, port):
        self.server_port, self.to_desk = port, None

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def accept(self):
        while True:
            try:
                desk = self.listener.accept()[0]
                server = socket.create_connection(("127.0.0.1", self.server_port))
            except OSError:
                return
            desk.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.to_desk = desk
            for source, target in ((desk, server), (server, desk)):
                threading.Thread(target=self.copy, args=(source, target), daemon=True).start()

    @staticmethod
    def copy(source, target):
        try:
            while True:
                data = source.recv(65536)
                if not data:
                    break
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()

    def inject(self, data):
        self.to_desk.sendall(data)


class Badges(Case):
    def three(self, chain, tls):
        server = self.server(chain=chain, tls=tls)
        desk = self.desk(server)
        for who in ("ada@example.com", "bo@example.com", " cy@example.com\t"):
            desk.send(who)
            self.fate(desk, who.strip())
        self.badge(desk, "admin@example.com", "already")
        state = {entry["to"]: entry for entry in server.state()["invites"]}
        self.assertEqual(list(state), ["ada@example.com", "bo@example.com", "cy@example.com"])
        # As the configuration has it.
        self.assertEqual([entry["organizationRole"] for entry in state.values()], ["Member"] * 3)
        self.assertEqual([entry["projectAssignments"] for entry in state.values()],
                         [[{"projectId": server.projects[0], "projectRole": "Labeler"}]] * 3)
        counts = server.counts()
        self.assertEqual((counts["handshakes"], counts["requests"]), (1, 4 + LOOK_UP))
        self.assertEqual({entry["tls"] for entry in server.log()}, {"TLSv" + tls})
        # One record a request, or Nagle and AES-GCM are paid for twice.
        self.assertEqual({entry["records"] for entry in server.log()}, {1})
        usage = desk.usage()
        told = [usage[name] for name in ("handshakes", "requests", "invited", "already")]
        self.assertEqual(told, [1, 4 + LOOK_UP, 3, 1])
        self.assertEqual(usage["characters_lost"], 0)
        # Painted, so 0 or all of it would mean that nobody has measured.
        for name, low in (("stack_peak", 1000), ("arena_touched", 20000)):
            self.assertGreater(usage[name], low)
            FIGURES[name] = max(FIGURES.get(name, 0), usage[name])

    def test_three_over_one_handshake(self):
        for chain in ("ecdsa", "rsa2048", "rsa4096", "mixed"):
            for tls in BOTH:
                with self.subTest(chain=chain, tls=tls):
                    self.three(chain, tls)

    def test_root_sent_too(self):
        """The largest chain that the arena is for: RSA-4096 throughout, and the root is sent as well."""
        with tempfile.TemporaryDirectory() as folder:
            pki = folder + "/pki"
            shutil.copytree(PKI, pki)
            with open(pki + "/rsa4096.chain.pem", "ab") as chain, open(pki + "/rsa4096.ca.pem", "rb") as root:
                chain.write(root.read())
            for tls in BOTH:
                with self.subTest(tls=tls):
                    server = self.server(pki=pki, chain="rsa4096", tls=tls)
                    self.badge(self.desk(server), "ada@example.com")
                    server.stop()

    def test_a_badge_that_cannot_be_one(self):
        """It says an address and nothing else: no role, no project, no seed and no time: row 171."""
        server = self.server()
        desk = self.desk(server)
        for line in ("nobody", "b" * 65 + "@example.com", "me@evil.example admin", "me@evil.example - Manager",
                     "me@evil.example " + server.projects[1], "seed " + "00" * 64, "time 1", "list", "arena 46000"):
            self.badge(desk, line, "not kept: not an email address")
        desk.send("x" * 400 + "@example.com")
        desk.expect("too long for a badge")
        self.badge(desk, "ada@example.com")
        self.assertEqual(self.invited(server), ["ada@example.com"])
        self.assertEqual(server.counts()["requests"], 1)
        self.assertEqual(desk.usage()["queue"], 0)

    def configure(self, **changes):
        """What config2c makes of the configuration with these changes: (exit status, text)."""
        with open(TOP + "/port/desk/badge-desk.conf", encoding="utf-8") as file:
            text = file.read()
        for name, value in changes.items():
            text = re.sub(r"(?m)^%s = .*$" % name, "%s = %s" % (name, value), text)
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write(text)
            file.flush()
            done = subprocess.run((TOP + "/port/desk/config2c", file.name), cwd=TOP, text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
        return done.returncode, done.stdout

    def test_roles_come_from_the_configuration(self):
        status, text = self.configure(role="admin", project_role="reviewer")
        self.assertEqual(status, 0)
        self.assertRegex(text, r"ANGO_ORGANIZATION_ADMIN, .*ANGO_PROJECT_REVIEWER, ")
        for name in ("role", "project_role"):
            status, text = self.configure(**{name: "owner"})
            self.assertEqual(status, 1)
            self.assertIn(name + " must be ", text)

    def test_only_what_is_known_to_be_good_is_invited(self):
        """A status that nobody knows is told as it is: row 172."""
        server = self.server()
        desk = self.desk(server)
        for who, status, message in (("ada@example.com", "Error", ""), ("bo@example.com", "Failed", "no seat is left")):
            body = {"status": "success", "data": {"invites": [{"to": who, "status": status, "message": message}]}}
            server.fault(status=201, body=json.dumps(body), apply=False)
            self.badge(desk, who, "left to people: " + (message or status))
        desk.send("?")
        desk.expect(r"^queue=2 of %d damaged=0\nada@example.com: left to people: Error\n"
                    r"bo@example.com: left to people: no seat is left\n" % QUEUE)
        # Held to the reader once more it is looked up, is not there, and goes again.
        self.badge(desk, "ada@example.com")
        self.assertEqual((self.invited(server), server.doubled()), (["ada@example.com"], 0))

    def test_what_the_server_says_is_shown_without_control_characters(self):
        server = self.server()
        desk = self.desk(server)
        message = "no\\u001b[31m\\u0007 entry\\u0085 today \u00e4"
        server.fault(status=400, body='{"status":"fail","message":"%s"}' % message)
        said = self.badge(desk, "ada@example.com", "left to people: .*")
        self.assertIn("no?[31m? entry? today \u00e4", said)
        desk.send("?")
        desk.expect(r"^ada@example.com: left to people: no\?\[31m\? entry\? today \u00e4\n")
        self.assertEqual(self.invited(server), [])
        self.badge(desk, "ada@example.com")                     # held to the reader once more

    def test_later_when_the_server_says_so(self):
        server = self.server()
        desk = self.desk(server)
        server.fault(status=429, headers={"Retry-After": "2"}, body='{"status":"fail","message":"slowly"}')
        self.kept(desk, "ada@example.com")
        self.trouble(desk, "slowly, error -\\d+, HTTP 429")
        self.fate(desk, "ada@example.com")
        self.assertEqual([entry["status"] for entry in server.log()], [429, 201])

    def test_key_refused(self):
        """Nothing is sent any more, and nobody is lost."""
        server = self.server()
        desk = self.desk(server)
        server.fault(status=401, body='{"status":"fail","message":"who are you?"}')
        self.kept(desk, "ada@example.com")
        self.trouble(desk, r"who are you\?, error -\d+, HTTP 401")
        self.assertEqual(self.kept(desk, "bo@example.com"), 2)
        time.sleep(3)
        self.assertEqual(server.counts()["requests"], 1)
        self.assertEqual(desk.usage()["queue"], 2)


class Refusals(Case):
    def test_certificates(self):
        server = self.server()
        desk = self.desk(server, elf=MEASURE)
        # verify_flags as in ango_tls.h
        for chain, flags in (("wrong-host", 4), ("expired", 1), ("unknown-ca", 8), ("not-yet-valid", 0x200),
                             ("missing-intermediate", 8), ("cn-only", 4)):
            for tls in BOTH:
                with self.subTest(chain=chain, tls=tls):
                    server.use(chain=chain, tls=tls)
                    self.begin_anew(desk)
                    self.kept(desk, "ada@example.com")
                    said = self.trouble(desk, r"the server's certificate .*, verify_flags (\d+)")
                    self.assertEqual(int(said.group(1)), flags)
        self.assertEqual(server.counts()["requests"], 0)
        server.use(chain="ecdsa", tls="both")
        self.begin_anew(desk)
        self.badge(desk, "ada@example.com")

    def test_a_good_certificate_at_a_wrong_time(self):
        server = self.server()
        far = time.time() + 20 * 365 * 86400
        desk = self.desk(server, now=far)
        self.kept(desk, "ada@example.com")
        self.trouble(desk, "the server's certificate .*, verify_flags 1")
        desk = self.desk(server, now=86400)
        self.kept(desk, "ada@example.com")
        self.trouble(desk, "the time is not right, .*")
        self.assertEqual(server.counts()["requests"], 0)

    def test_no_start_without_seed_and_time(self):
        server = self.server()
        desk = emulate.Emulator(DESK, server.port)
        with desk:
            desk.expect(r"until then nothing is sent")
            for line in ("ada@example.com", "seed xyz", "seed abc", "time", "time 12x", "seed " + "ab" * 32):
                desk.send(line)
                desk.expect(r"^taken$" if line.startswith("seed abab") else r"^not taken$")
            desk.give_seed(1)
            desk.expect(r"^taken$")
            time.sleep(1)
            self.assertEqual(desk.frames, 0)                    # not even DHCP
            desk.send("time %d" % time.time())
            desk.expect(r"^Ready\.")
            self.badge(desk, "ada@example.com")
            self.assertGreater(desk.frames, 0)

    def test_one_seed_is_enough(self):
        server = self.server()
        desk = self.desk(server)
        for number in range(8):
            self.badge(desk, "x%d@example.com" % number)
            server.hangup()
            time.sleep(0.5)                                     # it has to get there
        self.assertEqual(server.counts()["handshakes"], 8)


class Interruptions(Case):
    def test_server_restarted_between_two_badges(self):
        for tls in BOTH:
            with self.subTest(tls=tls):
                server = self.server(tls=tls)
                desk = self.desk(server)
                self.badge(desk, "ada@example.com")
                server.pause()
                server.resume()
                time.sleep(0.5)                                 # the news has to get there
                self.badge(desk, "bo@example.com")
                self.assertEqual(self.invited(server), ["ada@example.com", "bo@example.com"])
                self.assertEqual((server.counts()["handshakes"], server.counts()["requests"]), (2, 2))

    def test_connection_ended_while_idle(self):
        server = self.server()
        desk = self.desk(server)
        for number, how in enumerate(("notify", "fin", "rst")):
            self.badge(desk, "x%d@example.com" % number)
            server.hangup(how)
            time.sleep(0.5)                                     # it has to get there
        self.badge(desk, "ada@example.com")
        self.assertEqual((server.counts()["handshakes"], server.counts()["requests"]), (4, 4))

    def test_server_gone_for_a_while(self):
        server = self.server()
        desk = self.desk(server)
        server.pause()
        self.assertEqual(self.kept(desk, "ada@example.com"), 1)
        self.trouble(desk, ".*")
        self.assertEqual(self.kept(desk, "bo@example.com"), 2)
        desk.send("?")                                          # the desk still answers
        desk.expect(r"^queue=2 of %d damaged=0\nada@example.com: waits\nbo@example.com: waits\n" % QUEUE)
        self.assertEqual(desk.usage()["requests"], 0)
        server.resume()
        self.fate(desk, "ada@example.com")
        self.fate(desk, "bo@example.com")
        self.assertEqual(server.counts()["requests"], 1)        # together

    def test_tiny_segments_while_idle(self):
        """Nobody reads them, and yet the desk hears the rest of the world: row 157."""
        server = self.server()
        with Injector(server.port) as between:
            desk = self.desk(server, port=between.port)
            self.badge(desk, "ada@example.com")
            self.assertTrue(desk.ping())
            for _ in range(12):
                between.inject(b"x")
                time.sleep(0.05)
            self.assertTrue(desk.ping())
            self.badge(desk, "bo@example.com")                  # over a new connection
        self.assertEqual(self.invited(server), ["ada@example.com", "bo@example.com"])

    def test_cable_out(self):
        server = self.server()
        desk = self.desk(server)
        self.badge(desk, "ada@example.com")
        desk.cable(False)
        self.kept(desk, "bo@example.com")
        time.sleep(2)
        desk.usage()                                            # the desk still answers
        self.assertEqual(server.counts()["requests"], 1)
        desk.cable(True)
        self.fate(desk, "bo@example.com")
        self.assertEqual(self.invited(server), ["ada@example.com", "bo@example.com"])
        self.assertEqual(server.counts()["requests"], 2)

    def test_name_unknown_for_a_while(self):
        server = self.server()
        desk = self.desk(server, names={})
        self.kept(desk, "ada@example.com")
        self.trouble(desk, "the server's name has no address, error -13")
        desk.names["ango.test"] = emulate.SERVER
        self.fate(desk, "ada@example.com")

    def test_no_answer_and_it_had_arrived(self):
        server = self.server()
        desk = self.desk(server)
        server.fault(close="before-reply", how="rst", apply=True)
        self.kept(desk, "ada@example.com")
        self.trouble(desk, ".*")
        self.fate(desk, "ada@example.com")
        self.assertEqual([entry["method"] for entry in server.log()], ["POST", "GET"])

    def test_no_answer_and_it_had_not_arrived(self):
        server = self.server()
        desk = self.desk(server)
        server.fault(close="before-reply", apply=False)
        self.kept(desk, "ada@example.com")
        self.trouble(desk, ".*")
        desk.send("?")
        desk.expect(r"^ada@example.com: sent, not answered\n")
        self.fate(desk, "ada@example.com", timeout=90)          # it is looked up first
        self.assertEqual([entry["method"] for entry in server.log()].count("POST"), 2)
        self.assertEqual((self.invited(server), server.doubled()), (["ada@example.com"], 0))

    def test_reply_in_a_16_kb_record(self):
        for tls in BOTH:
            with self.subTest(tls=tls):
                server = self.server(tls=tls, chain="rsa4096")
                desk = self.desk(server)
                # Nothing of a record can be read before all of it is there and authentic. The reply is larger
                # than the desk's buffer, yet what it says is known,
                server.fault(status=400, body='{"status":"fail","message":"' + "x" * 20000 + '"}')
                self.badge(desk, "ada@example.com", "left to people: .*")
                server.fault(headers={"X-Padding": "x" * 20000})
                self.badge(desk, "ada@example.com")
                # and what it says behind headers without end is found out.
                server.fault(headers={"X-Padding": "x" * 70000})
                self.kept(desk, "bo@example.com")
                self.trouble(desk, "the reply is too large, .*")
                self.fate(desk, "bo@example.com")
                self.badge(desk, "cy@example.com")
                self.assertEqual(self.invited(server), ["ada@example.com", "bo@example.com", "cy@example.com"])

    def test_headers_of_5_kb(self):
        for tls in BOTH:
            with self.subTest(tls=tls):
                server = self.server(tls=tls, moods=["cdn-headers", "long-header=3000", "nested"])
                desk = self.desk(server)
                for who in ("ada@example.com", "bo@example.com"):
                    self.badge(desk, who)
                self.badge(desk, "admin@example.com", "already")
                self.assertEqual((server.counts()["handshakes"], server.counts()["requests"]), (1, 3 + LOOK_UP))

    def test_an_entry_that_does_not_fit(self):
        """What came of it is found out: the reply is a success, but what it says of this one is not known."""
        server = self.server()
        desk = self.desk(server)
        for who, apply, word in (("ada@example.com", True, "invited"), ("admin@example.com", False, "already")):
            entry = {"to": who, "status": "Failed", "message": "x" * 2000}
            body = json.dumps({"status": "success", "data": {"invites": [entry]}})
            server.fault(status=201, body=body, apply=apply)
            self.badge(desk, who, word)

    def test_lost_in_an_organization_of_a_thousand_invitations(self):
        """Within 100 requests a minute: who was invited is found, and only who was not goes again."""
        for apply in (True, False):
            server = self.server(rate=100, seed={"invites": 1000})
            desk = self.desk(server)
            server.fault(close="before-reply", apply=apply)
            self.kept(desk, "ada@example.com")
            self.trouble(desk, ".*")
            self.fate(desk, "ada@example.com", timeout=180)
            statuses = [entry["status"] for entry in server.log()]
            self.assertNotIn(429, statuses)
            FIGURES["read_back_1000_requests"] = len(statuses) - (1 if apply else 2)
            self.assertLessEqual(len(statuses), 100)
            if not apply:
                with open(TOP + "/port/desk/README.md", encoding="utf-8") as file:
                    told = int(re.search(r"that is about (\d+) requests", file.read()).group(1))
                self.assertAlmostEqual(told, FIGURES["read_back_1000_requests"], delta=5)
            self.assertEqual((server.doubled(), len(self.invited(server))), (0, 1001))
            server.stop()


class Power(Case):
    """What is on the flash outlasts all that can happen to the desk."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.flash = folder.name

    def power_on(self, server):
        desk = emulate.Emulator(DESK, server.port, flash=self.flash)
        desk.__enter__()
        self.addCleanup(desk.__exit__)
        return desk

    def test_goes_on_after_power_on(self):
        server = self.server()
        desk = self.power_on(server).start()
        server.pause()
        people = ["x%d@example.com" % number for number in range(3)]
        for number, who in enumerate(people):
            self.assertEqual(self.kept(desk, who), number + 1)
        self.assertEqual(self.kept(desk, people[0]), 3)         # the same one is one entry
        desk.__exit__()
        desk = self.power_on(server)
        desk.expect(r"until then nothing is sent")
        desk.give_start()
        desk.expect("^queue=3 of %d damaged=0\n" % QUEUE + "".join("%s: waits\n" % who for who in people))
        server.resume()
        for who in people:
            self.fate(desk, who)
        self.assertEqual((self.invited(server), server.doubled()), (people, 0))

    def cut(self, desk, server, how):
        """Resets the desk, or kills it and powers it on again; it, and what it says of its queue."""
        if how == "reset":
            desk.reset()
        else:
            desk.__exit__()
            desk = self.power_on(server)
        desk.expect(r"^Badge desk (?:.*\n)*?.*until then nothing is sent")
        desk.give_start()
        return desk, desk.expect(r"^queue=(?:.*\n)*?Ready\.").group(0)

    def some_time(self, desk, server, chance, pace, who):
        """A badge, on a network that is often slow and sometimes loses a reply, until the power goes; whether it was kept."""
        end = time.monotonic() + pace * chance.uniform(0, chance.choice((0.5, 2, 8)))
        if server.counts()["faults_left"] == 0:
            server.fault(chance.choice(({"delay_ms": 300}, {"delay_ms": 1000}, {"close": "before-reply", "apply": True})))
        desk.send(who)
        try:
            desk.expect(r"^%s: kept" % who, max(0.0, end - time.monotonic()))
        except AssertionError:
            return False                                        # nothing was promised
        time.sleep(max(0.0, end - time.monotonic()))
        return True

    def test_cut_at_any_moment(self):
        """Reset, or killed, wherever it happens to be: whoever was kept is invited, and once."""
        FIGURES["desk_cut_seed"] = CUT_SEED
        chance, server = random.Random(CUT_SEED), self.server()
        desk, kept, cuts, incomplete = self.power_on(server).start(), [], 0, 0
        found = {"waits": 0, "sent, not answered": 0}           # how many starts found somebody who
        begun = time.monotonic()
        self.badge(desk, "first@example.com")
        pace = time.monotonic() - begun                         # of this computer, for an address, a handshake, an invitation
        # Cuts that meet nobody, or always the same, would prove little.
        while cuts < CUTS or (min(found.values()) == 0 and cuts < 4 * CUTS):
            who = "x%d@example.com" % cuts
            if self.some_time(desk, server, chance, pace, who):
                kept.append(who)
            desk, queue = self.cut(desk, server, chance.choice(("reset", "kill")))
            for state in found:
                found[state] += ": %s\n" % state in queue
            incomplete += " damaged=0\n" not in queue
            cuts += 1
        deadline = time.monotonic() + 300
        while desk.usage()["queue"] > 0 and time.monotonic() < deadline:
            time.sleep(1)
        FIGURES["desk_cuts"], FIGURES["desk_kept"] = cuts, len(kept)
        FIGURES["desk_found_waiting"], FIGURES["desk_found_sent"] = found["waits"], found["sent, not answered"]
        FIGURES["desk_found_incomplete"] = incomplete           # a record that was being written
        FIGURES["desk_lost"] = len(set(kept) - set(self.invited(server)))
        FIGURES["desk_doubled"] = server.doubled()
        self.assertEqual((FIGURES["desk_lost"], FIGURES["desk_doubled"]), (0, 0))
        self.assertGreater(min(found.values()), 0)
        self.assertGreater(len(kept), 0)

    def test_full(self):
        """Who waits is never dropped; who is left to people is, for somebody new, and that is told."""
        with open(TOP + "/port/desk/README.md", encoding="utf-8") as file:
            self.assertIn("The queue holds %d people" % QUEUE, file.read())
        server = self.server()
        desk = self.desk(server)
        server.fault(status=400, body='{"status":"fail","message":"no such person"}')
        self.badge(desk, "nobody@example.com", "left to people: no such person")
        server.pause()
        people = ["x%d@example.com" % number for number in range(QUEUE)]
        for who in people[:-1]:
            self.kept(desk, who)
        desk.send(people[-1])
        desk.expect(r"^Dropped, to make room: nobody@example.com: left to people: no such person\n")
        desk.expect(r"^%s: kept; %d in the queue\n" % (people[-1], QUEUE))
        self.badge(desk, "late@example.com", "not kept: the queue is full")
        server.resume()
        desk.expect(r"; 0 in the queue\n")
        self.assertEqual((sorted(self.invited(server)), server.doubled()), (sorted(people), 0))

    def test_flash_is_erased_when_it_is_full(self):
        """And with that, the addresses of those who are done."""
        server = self.server()
        desk = self.desk(server, flash=self.flash)
        people = ["somebody-with-a-long-address-%d@example.com" % number for number in range(200)]
        for who in people:
            self.badge(desk, who)
        self.assertEqual((self.invited(server), server.doubled()), (people, 0))
        with open(os.path.join(self.flash, emulate.FLASH), "rb") as file:
            image = file.read()
        on_flash = [who for who in people if who.encode() in image]
        self.assertIn(people[-1], on_flash)
        self.assertNotIn(people[0], on_flash)
        FIGURES["desk_people_between_erases"] = people.index(on_flash[0])
        with open(TOP + "/port/desk/README.md", encoding="utf-8") as file:
            told = int(re.search(r"erased only when it is full, every (\d+) people or so", file.read()).group(1))
        self.assertAlmostEqual(told, FIGURES["desk_people_between_erases"], delta=10)


class Crashes(Case):
    """What is left of a run that went wrong; with the measuring build, which can be told to."""

    def crash(self, command, wanted):
        server = self.server()
        desk = self.desk(server, elf=MEASURE)
        desk.piece = 1                      # as on a busy computer: numbers come digit by digit
        desk.send(command)
        desk.expect(r"^FAULT: " + wanted, 60)
        # The watchdog resets it, and it says so, asks for a new seed, and works.
        number = desk.expect(r"^The last run ended in exception (\d+) at \d+\n", 60).group(1)
        desk.expect(r"until then nothing is sent")
        desk.give_start()
        desk.expect(r"^Ready\.")
        self.badge(desk, "ada@example.com")
        return int(number)

    def test_bad_address(self):
        self.assertEqual(self.crash("fault", "bad address"), 4)

    def test_code_in_ram(self):
        self.assertEqual(self.crash("code", "code in RAM"), 4)

    def test_stack_overflow(self):
        self.crash("overflow", "stack overflow")

    def test_hang(self):
        self.assertEqual(self.crash("hang", "watchdog"), ABOUT["watchdog_exception"])

    def test_a_fault_while_one_is_told(self):
        """The first one is kept, though the watchdog, an NMI on one of the boards, comes on top: row 161."""
        desk = self.desk(self.server(), elf=MEASURE)
        desk.send("nested")
        number, pc = map(int, desk.expect(r"^The last run ended in exception (\d+) at (\d+)\n", 60).groups())
        self.assertEqual((number, pc), (5, 0))                  # the bus fault, and not the hard fault in its report


class NetworkTime(Case):
    """The desk that asks a server on the network for the time, and does not believe everything."""

    @classmethod
    def setUpClass(cls):
        building.make("BOARD=" + BOARD, "SNTP=1", "firmware")

    def ask(self, server, *answers, now=None):
        """A desk without the time, or with what is typed in; `answers` are (seconds, whether the question is echoed)."""
        desk = emulate.Emulator(SNTP, server.port, now=now)
        self.answer(desk, *answers)
        desk.__enter__()
        self.addCleanup(desk.__exit__)
        desk.expect(r"until then nothing is sent")
        if now is not None:
            desk.send("time %d" % now)
        desk.give_seed()
        desk.expect(r"^Ready\.")
        return desk

    @staticmethod
    def answer(desk, *answers):
        desk.time_server = lambda query: [(seconds, query[40:48] if echoed else bytes(8)) for seconds, echoed in answers]

    def taken(self, desk):
        return int(desk.expect(r"^The time server is believed; seconds since 1970: (\d+)\n").group(1))

    def not_believed(self, desk):
        """The time that the desk has instead."""
        return int(desk.expect(r"^The time server is not believed; seconds since 1970 stay: (\d+)\n").group(1))

    def test_taken_from_the_server_that_was_asked(self):
        """An answer to another question, as somebody sends it who cannot see ours, is none."""
        server, now = self.server(), int(time.time())
        desk = self.ask(server, (now + 10**8, False), (now, True))
        self.assertLess(abs(self.taken(desk) - now), 3600)
        self.badge(desk, "ada@example.com")
        self.assertEqual(self.invited(server), ["ada@example.com"])

    def test_costs(self):
        """What the README says, and what whoever does not build it pays: nothing."""
        with open(TOP + "/port/desk/README.md", encoding="utf-8") as file:
            told = re.search(r"It costs ([\d,]+) bytes of\s+flash and ([\d,]+) of RAM", file.read()).groups()
        for number, kind, desk, sntp in zip(told, ("flash", "static_ram"), memory_map.measure(DESK), memory_map.measure(SNTP)):
            FIGURES["firmware_%s_sntp" % kind] = sum(sntp.values())
            self.assertAlmostEqual(int(number.replace(",", "")), sum(sntp.values()) - sum(desk.values()), delta=100)
        names = memory_map.symbols(DESK)
        self.assertEqual([name for name in names if "sntp" in name or "network_time" in name], [])

    def test_before_it_was_built(self):
        """When certificates were good that are not any more: nothing is sent, until a server says what can be."""
        server = self.server()
        desk = self.ask(server, (1700000000, True))
        self.assertEqual(self.not_believed(desk), 0)
        self.assertEqual(self.kept(desk, "ada@example.com"), 1)
        desk.usage()
        self.assertEqual(server.counts()["handshakes"], 0)
        self.answer(desk, (int(time.time()), True))             # it asks again
        self.taken(desk)
        self.fate(desk, "ada@example.com")

    def test_before_what_it_knew(self):
        server, now = self.server(), int(time.time())
        desk = self.ask(server, (now, True), now=now + 86400)
        self.assertGreaterEqual(self.not_believed(desk), now + 86400)
        self.badge(desk, "ada@example.com")


class Elsewhere(unittest.TestCase):
    """Nothing in the library or in port/lwip is tied to one CPU."""

    def build(self, variant):
        done = building.built.make("VARIANT=" + variant, "packages-build", "lib", "template", "lwip", check=False,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertNotIn("warning:", done.stdout)
        return "%s/build/%s/" % (TOP, variant)

    def test_cortex_m0plus(self):
        folder = self.build("m0plus")
        text = subprocess.run(("arm-none-eabi-readelf", "-A", folder + "port/lwip/ango_lwip.o"), check=True,
                              stdout=subprocess.PIPE, text=True).stdout
        self.assertIn("Tag_CPU_arch: v6S-M", text)

    def test_risc_v(self):
        folder = self.build("rv32")
        text = subprocess.run(("riscv64-unknown-elf-readelf", "-hA", folder + "port/lwip/ango_lwip.o"),
                              check=True, stdout=subprocess.PIPE, text=True).stdout
        self.assertIn("ELF32", text)
        self.assertIn("rv32i", text)


class Figures(Case):
    def try_arena(self, desk, size, number):
        """Whether an arena of that size is enough for a handshake and an invitation."""
        self.begin_anew(desk, size)
        desk.send("x%d@example.com" % number)
        return desk.expect(r"^x%d@example.com: (invited)|^Not delivered: the TLS arena is too small" % number).group(1) is not None

    def smallest_arena(self, chain, tls):
        server = self.server(chain=chain, tls=tls)
        desk = self.desk(server, elf=MEASURE)
        low, high, number = 16384, 46000, 0
        self.assertTrue(self.try_arena(desk, high, number))
        while high - low > 8:
            number += 1
            middle = (low + high) // 16 * 8
            if self.try_arena(desk, middle, number):
                high = middle
            else:
                low = middle
        return high

    def test_smallest_arena(self):
        for name in ("ecdsa", "rsa2048", "rsa4096", "mixed"):
            for tls in BOTH:
                FIGURES["arena_min_" + name + suffix(tls)] = self.smallest_arena(name, tls)
        for name in ("ecdsa", "rsa4096"):
            FIGURES["arena_min_" + name] = max(FIGURES["arena_min_" + name + suffix(tls)] for tls in BOTH)
        arena = memory_map.measure(DESK)[1]["arena"]
        self.assertLessEqual(FIGURES["arena_min_rsa4096"], arena)

    def last(self, desk):
        """What the measuring build tells of the last badge, as numbers: name -> value."""
        desk.send("last")
        text = desk.expect(r"^badge_cycles=.*busy_calls=\d+\n").group(0)
        return {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", text)}

    def test_instructions(self):
        """Of a handshake, of its longest step, and between two calls of ango_port.busy in it: row 160."""
        for chain in CHAINS:
            for tls in BOTH:
                with self.subTest(chain=chain, tls=tls):
                    desk = self.desk(self.server(chain=chain, tls=tls), elf=MEASURE, shift=0)
                    self.badge(desk, "ada@example.com", timeout=120)
                    usage, last = desk.usage(), self.last(desk)
                    for name, cycles in (("handshake", usage["handshake_cycles"]),
                                         ("longest_step", usage["longest_step_cycles"]),
                                         ("longest_gap", last["longest_gap_cycles"])):
                        FIGURES["%s_instructions_%s%s" % (name, chain, suffix(tls))] = cycles * CYCLE
                    # 300 million would be 6 s at 50 MHz.
                    self.assertTrue(10e6 < usage["handshake_cycles"] * CYCLE < 300e6)
                    self.assertTrue(0 < last["longest_gap_cycles"] * CYCLE <= GAP_MAX, last)
                    self.assertGreater(last["busy_calls"], 1000)

    @staticmethod
    def cycles(seen):
        """Of the badges but the first, which had no session."""
        return [each["badge_cycles"] for each in seen[1:]]

    def test_resumed(self):
        """From connecting to the reply, with a session, and servers that prefer either length of AES."""
        for name, ciphers in (("", "ECDHE+AES256:ECDHE+AES128"), ("_aes128", "ECDHE+AES128:ECDHE+AES256")):
            for tls in BOTH:
                server = self.server(tls=tls, ciphers=ciphers)
                desk = self.desk(server, elf=MEASURE, shift=0)
                desk.send("sessions")
                desk.expect(r"^sessions are kept")
                seen, frames = [], []
                while not waiting.enough(self.cycles(seen)):
                    number = len(seen)
                    before = desk.frames
                    self.badge(desk, "x%d@example.com" % number)
                    seen.append(self.last(desk))
                    desk.send("close")
                    desk.expect(r"^closed")
                    time.sleep(1)                               # what closes the connection gets there
                    frames.append(desk.frames - before)
                self.assertEqual([each["resumed"] for each in seen], list(range(len(seen))))
                FIGURES["resumed_instructions" + name + suffix(tls)] = waiting.cost(self.cycles(seen)) * CYCLE
                # The least: what is sent again, or acknowledged late, because the host is busy, is not the port's.
                FIGURES["resumed_frames" + name + suffix(tls)] = min(frames[1:])
        self.assertLessEqual(FIGURES["resumed_instructions_tls12"], RESUMED_MAX)
        FIGURES["resumed_frames"] = FIGURES["resumed_frames_tls12"]
        self.assertLessEqual(FIGURES["resumed_frames"], FRAMES_MAX)

    def test_flash_and_ram(self):
        flash, ram = memory_map.measure(DESK)
        FIGURES["firmware_flash"], FIGURES["firmware_static_ram"] = sum(flash.values()), sum(ram.values())
        FIGURES["library_flash"], FIGURES["library_ram"] = flash["library"], ram["library"]
        FIGURES["library_flash_lists"] = memory_map.flash_of(DESK, *LISTS)
        self.assertLessEqual(FIGURES["firmware_flash"], FLASH_MAX)
        self.assertLessEqual(FIGURES["firmware_static_ram"], RAM_MAX)
        FIGURES["library_flash_outbox"] = memory_map.flash_of(DESK, *OUTBOX)
        for part in ("lists", "outbox"):
            self.assertGreater(FIGURES["library_flash_" + part], 0)
        self.assertLessEqual(FIGURES["library_flash"], LIBRARY_FLASH_MAX)
        self.assertLessEqual(FIGURES["library_ram"], LIBRARY_RAM_MAX)
        # The program itself says the same.
        usage = self.desk(self.server()).usage()
        self.assertEqual((usage["flash"], usage["static_ram"]),
                         (FIGURES["firmware_flash"], FIGURES["firmware_static_ram"]))

    def test_picture(self):
        """The picture in the repository is of this firmware, or nearly: make memory-picture."""
        if BOARD != FIRST_BOARD:
            self.skipTest("there is one of the first board only")
        with open(TOP + "/port/lm3s6965/memory.svg", encoding="utf-8") as file:
            drawn = re.findall(r": ([\d,]+) of [\d,]+ bytes", file.read())
        drawn = [int(number.replace(",", "")) for number in drawn]
        for told, sizes in zip(drawn, memory_map.measure(DESK)):
            self.assertLess(abs(told - sum(sizes.values())), 0.02 * told)
        self.assertEqual(len(drawn), 2)

    def test_no_heap(self):
        symbols = set(memory_map.symbols(DESK))
        heap = {"malloc", "_malloc_r", "calloc", "free", "_free_r", "_sbrk", "_sbrk_r", "end"}
        self.assertEqual(symbols & heap, set())
        # A program that wants one does not link.
        source = "#include <stdlib.h>\nint main(void);\nint main(void) { return malloc(9) != NULL; }\n"
        command = ("arm-none-eabi-gcc -mthumb -mcpu=cortex-m3 -nostartfiles -nostdlib "
                   "-Tport/%s/memory.ld -Wl,--defsym=STACK=512 -Wl,--defsym=HANDLER_STACK=256 -x c - -lc -lgcc -o /dev/null") % BOARD
        done = subprocess.run(command.split(), input=source, text=True, cwd=TOP,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("_sbrk", done.stdout)

    def test_stack_has_room(self):
        # After everything above: the deepest that any run has been, plus what an interrupt puts on top.
        usage = self.desk(self.server(tls="1.3")).usage()
        self.assertLess(FIGURES.get("stack_peak", usage["stack_peak"]) + 128,
                        memory_map.measure(DESK)[1]["stack"])


if __name__ == "__main__":
    unittest.main()
