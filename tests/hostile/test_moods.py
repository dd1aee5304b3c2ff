#!/usr/bin/python3
"""A server that nobody has met yet, mood by mood: rows 120, 123 to 141, 163, 164 and 166.

Under every mood, and under every personality (tests/hub/moods.py), a client (tests/e2e/operations_driver.c) does what
a caller does:
  - every operation, one after the other: the outcome is what the server did, and what it said is told;
  - every list: each entry once, and all of them where the server lets anybody reach all;
  - invitations whose reply is lost, or whose request is: it reads back what became of them, invites those again
    who are told absent, and so on. Nobody is invited twice, and nobody is reported wrongly: absent is never who is
    there, invited or a member is never who is not. "Unsure" is allowed where no evidence can be had.

    tests/hostile/test_moods.py [-k WORD]       as a test; closes with sums
    tests/hostile/test_moods.py --try MOOD...   one server, and all that was wrong with the client
"""
import collections
import concurrent.futures
import sys
import threading
import time
import unittest

import network
from standin import StandIn
import moods

sys.path.insert(0, network.TOP + "/tests/e2e")
import operations                                               # noqa: E402

VARIANT = "asan-gcc"
WORKERS = 8                                                     # which mostly wait
ADMIN, MEMBER = 1, 2
LEAD = 4
SEED = {"invites": 130, "members": 120, "projects": 30, "expired": 3}
BUFFER, SMALL_BUFFER = 16384, 2048
PATIENCE_S = 120                                                # for one command of the client
SETTLE_MS = 2000                                                # more than any mood here lags or acts late ...
SETTLED_MS = 100                                                # where none does
TIMEOUT_MS = 30000                                              # far more than needed: machines are busy
STALL_TIMEOUT_MS = 700                                          # of what must time out
ROUNDS = 4                                                      # of reading back and inviting again
ROWS = {
    "caps-limit": 137, "skips-as-asked": 137, "ignores-limit": 137, "ignores-page": 138, "order": 140,
    "filters-after-paging": 137, "total": 130, "ignores-search": 140, "searches-names": 140,
    "ignores-status": 137, "moves": 140, "endless": 166, "nested": 125, "whole-project": 126, "says-project": 130,
    "roles-as-members": 130, "data-null": 130, "counts-as-text": 130, "half-surrogates": 129, "refuses": 128,
    "fails-with-2xx": 127, "errors": 128, "echoes-key": 120, "cdn-headers": 123, "long-header": 124,
    "folded-header": 132, "odd-interim": 133, "chunked": 131, "chunk-spaces": 131, "chunk-extension": 131,
    "chunk-zeros": 131, "compresses": 135, "wants-user-agent": 134, "prefix": 134, "rate": 139, "lags": 141,
    "replicas": 141, "acts-late": 163, "loses-reply": 163, "loses-request": 163, "lowers-ascii": 164,
    "lowers-unicode": 164, "composes": 164, "punycodes": 164,
}
# Where a client cannot always tell: pages or entries that cannot be reached, lists that do not stand still.
NO_EVIDENCE = {"ignores-page", "endless", "filters-after-paging", "searches-names"}

tally = collections.Counter()


def setUpModule():
    global program
    program = operations.build(VARIANT)


def tearDownModule():
    print()
    for name in ("moods_tried", "moods_wrong", "invitations_doubled", "reported_wrongly", "reported_unsure",
                 "reported"):
        print("%s=%d" % (name, tally[name]))


class Client(operations.Client):
    """Which is ended when it finds no end."""

    def __call__(self, *words):
        timer = threading.Timer(PATIENCE_S, self.process.kill)
        timer.start()
        try:
            return super().__call__(*words)
        except (AssertionError, BrokenPipeError):
            raise Lost("%s: the client ended, or found no end" % words[0]) from None
        finally:
            timer.cancel()

    def __exit__(self, *_):
        try:
            super().__exit__(*_)
        except (AssertionError, BrokenPipeError):
            self.process.stdout.close()


class Lost(Exception):
    """Nothing more can be tried with this client."""


def presences(state):
    """What is true of everybody: {person: "member" or "invited"}."""
    found = {moods.person(i["to"]): "invited" for i in state["invites"] if i["status"] == "Pending"}
    found.update((moods.person(m["email"]), "member") for m in state["members"])
    return found


def of(found, address):
    return found.get(moods.person(address), "absent")


class Trial:
    """A server in these moods, and what was wrong with the client that met it."""

    def __init__(self, words, seed=()):
        self.moods, self.wrong = moods.Moods(words), []
        self.words = self.moods.words
        seed = dict(SEED, **dict(seed))
        self.expired = seed["expired"]
        # Where the rate is limited, a minute passes in a second.
        speed = 60.0 if self.moods["rate"] else 1.0
        self.s = StandIn(operations.PKI, seed=seed, moods=words, rate=0, clock_speed=speed)
        self.counts = collections.Counter()

    def run(self):
        with self.s:
            self.part(self.every_operation, SMALL_BUFFER)
            self.part(self.every_list, BUFFER)
            if self.moods.any("acts-late", "loses-reply", "loses-request"):
                faults = [None]
            else:
                faults = [{"close": "before-reply", "how": "fin"},
                          {"close": "before-reply", "how": "rst", "apply": False}]
            for fault in faults:
                self.part(self.bring_in, BUFFER, fault)
                self.part(self.assign, SMALL_BUFFER, fault)
        return self

    def part(self, what, buffer, *arguments):
        self.s.reset()
        with Client(program, self.s, buffer) as self.client:
            try:
                if self.moods["prefix"]:
                    self.client("prefix", self.moods["prefix"])
                self.client("timeout", TIMEOUT_MS)
                slow = self.moods.any("lags", "replicas", "acts-late")
                self.client("settle", SETTLE_MS if slow else SETTLED_MS)
                if self.moods["endless"]:
                    self.client("patience", 2000)
                what(*arguments)
            except Lost as error:
                self.complain("%s", error)
        self.counts["doubled"] += self.s.doubled()
        if self.s.doubled():
            self.complain("%d invitations DOUBLED (%s)", self.s.doubled(), what.__name__)
        if self.s.counts()["internal_errors"]:
            self.complain("the stand-in itself failed")

    def complain(self, text, *values):
        if text % values not in self.wrong:
            self.wrong.append(text % values)

    def expect(self, right, text, *values):
        if not right:
            self.complain(text, *values)

    # -- one call

    def call(self, *words, writes=False):
        """(entries, result, the log's entry of it or None); what the client says came of it is compared."""
        before = self.s.counts()["requests"]
        slow = writes and self.moods["acts-late"] and self.moods["acts-late"][1] == "stall"
        if slow:
            self.client("timeout", STALL_TIMEOUT_MS)
        entries, result = self.client(*words)
        if slow:
            self.client("timeout", TIMEOUT_MS)
        seen = self.s.log(before + 1)
        self.expect(len(seen) <= 1, "%s: %d requests DOUBLED", words[0], len(seen))
        entry = seen[0] if seen else None
        self.outcome(words[0], result, entry)
        return entries, result, entry

    def outcome(self, name, result, entry):
        if entry is None:
            # A client that gives up may be quicker than the server's log.
            allowed = {("not sent", None), ("unknown", "TIME")}
        elif entry["status"] is None:
            allowed = {("unknown", None)}
        elif entry["status"] < 300 and entry["says"] == "success":
            allowed = {("accepted", "OK")}
        elif entry["status"] < 300:
            allowed = {("unknown", "STATUS" if entry["says"] == "fail" else None)}
        elif entry["status"] < 500 and entry["status"] != 408:
            allowed = {("rejected", "STATUS")}
        else:
            allowed = {("unknown", "STATUS")}
        says = (result.outcome, result.error)
        self.expect(says in allowed or (says[0], None) in allowed, "%s: %s %s, though the server %s", name,
                    *says, entry and "answered %(status)s, %(says)s" % entry)
        self.expect(self.s.key not in result.message, "%s: the message shows the API key", name)
        if entry and entry["status"] and entry["says"] == "fail":
            self.expect("This server refuses everything" in result.message or not self.moods["refuses"],
                        "%s: the server's words are not in %r", name, result.message[:60])
        if entry and entry["says"] == "gateway" and self.moods["errors"] == "html":
            self.expect('class="?"><h1>' in result.message, "%s: not the page as it came: %r", name,
                        result.message[:120])
        if entry and entry["says"] == "success" and entry["status"] and not self.moods["roles-as-members"]:
            self.expect(result.items == entry["items"], "%s: %d entries of %d", name, result.items, entry["items"])

    def happened(self, result, entry):
        return result.outcome == "accepted" and entry["says"] == "success"

    # -- the operations

    def every_operation(self):
        s, silent = self.s, self.moods["data-null"]
        people = ["New.1@Example.com", "new_2@example.com", "zoe@example.com"]
        before = len(s.invites())
        entries, result, entry = self.call("invite-to", MEMBER, s.projects[0], LEAD, *people, writes=True)
        if self.happened(result, entry):
            self.expect(len(s.invites()) == before + 2, "invite: accepted, though not done")
            self.expect([moods.person(e[1]) for e in entries] == list(map(moods.person, people)) or silent,
                        "invite: %d of 3 entries shown", len(entries))
        entries, result, entry = self.call("invites", 1, 5)
        self.shown("invites", entries, result, entry, 1, [i["to"] for i in s.state()["invites"]])
        _, result, entry = self.call("uninvite", "pending_2@example.com", "nobody@example.com", writes=True)
        self.counted(result, entry, silent)
        entries, result, entry = self.call("members", 1, 5)
        self.shown("members", entries, result, entry, 1, [m["email"] for m in s.state()["members"]])
        entries, result, entry = self.call("role", ADMIN, "zoe@example.com", "nobody@example.com", writes=True)
        self.counted(result, entry, silent or self.moods["roles-as-members"])
        _, result, entry = self.call("remove", "member_20@example.com", "nobody@example.com", writes=True)
        self.counted(result, entry, silent)
        entries, result, entry = self.call("projects", 1, 5, "createdAt")
        self.shown("projects", entries, result, entry, 0, [p["_id"] for p in s.state()["projects"]])
        assigned = ["admin@example.com", "member@example.com"]
        entries, result, entry = self.call("assign", s.projects[1], LEAD, *assigned, writes=True)
        if self.happened(result, entry) and not silent and not self.moods["says-project"]:
            self.expect(entries == [[a, "Lead"] for a in assigned], "assign: shows %r", entries)
        self.wait_until_done()
        entries, result, entry = self.call("project", s.projects[1])
        if self.happened(result, entry) and not self.moods.any("lags", "replicas", "loses-request"):
            self.expect(entries == [[a, "Lead"] for a in assigned], "project: shows %r", entries)

    def shown(self, name, entries, result, entry, field, there):
        if self.happened(result, entry):
            lost = [e[field] for e in entries if e[field] not in there]
            self.expect(not lost or self.moods.any("endless", "moves", "lags", "replicas"),
                        "%s: shows %r, which is not there", name, lost[:2])
            self.expect(len(entries) == result.kept, "%s: shows %d of %d that it kept", name, len(entries),
                        result.kept)
            self.expect(result.kept == result.items or result.items > 5, "%s: kept %d of %d", name, result.kept,
                        result.items)

    def counted(self, result, entry, silent):
        if self.happened(result, entry):
            wanted = {(0, 0) if silent else (1, 1)}
            if self.moods["counts-as-text"]:
                wanted.add((0, 0))                              # as if the server did not count
            self.expect((result.done, result.failed) in wanted, "%s: counts %d and %d", entry["method"], result.done,
                        result.failed)

    def wait_until_done(self):
        """What is carried out late has been."""
        deadline = time.monotonic() + PATIENCE_S
        while self.s.counts()["still_to_do"] and time.monotonic() < deadline:
            time.sleep(0.02)

    # -- the lists

    def every_list(self):
        for kind in ("invites", "members", "projects"):
            self.one_list(kind)

    def one_list(self, kind):
        there = [e for e in self.s.state()[kind] if e.get("status") != "Expired"]
        entries, result = self.client("walk", kind)
        seen = [e[0] for e in entries if e[0] != "error"]
        twice = len(seen) - len(set(seen))
        self.expect(not twice or self.moods["moves"], "walk %s: %d entries twice", kind, twice)
        if self.moods["refuses"]:
            self.expect(result.error == "STATUS" and not seen, "walk %s: %s", kind, result.error)
            return
        if self.moods["endless"]:
            self.expect(result.error not in ("END", "OK"), "walk %s: an end of what has none", kind)
            return
        self.expect(result.error == "END", "walk %s: ends with %s after %d of %d", kind, result.error, len(seen),
                    len(there))
        # Who walks knows that the list may move, and takes an empty page for the end; who reads back may not.
        if self.moods["moves"] or (self.moods["filters-after-paging"] and self.expired > 100):
            return
        missed = len({e["_id"] for e in there} - set(seen))
        if self.moods["ignores-page"]:
            first = self.moods["ignores-limit"] or self.moods["caps-limit"] or 100
            missed -= max(0, len(there) - first)                # which nobody can reach
        self.expect(missed <= 0, "walk %s: %d of %d missed", kind, missed, len(there))

    # -- inviting, whatever gets lost

    def bring_in(self, fault):
        """Until it is known of everybody; `fault` is what happens to the first request."""
        people = ["once_%d@example.com" % n for n in range(8)] + ["Upper.Case@Example.com", "\u00d6STEN@example.com",
                                                                  "Jo\u0308rg@example.com", "bo@EX\u00c4MPLE.com"]
        strangers = ["pending_%d@example.com" % n for n in range(1, SEED["invites"] + 1)]
        others = ["member_%d@example.com" % n for n in range(100, 121)] + ["zoe@example.com", "nobody@example.com",
                                                                          "expired_1@example.com"]
        if fault:
            self.s.fault(**fault)
        _, result, _ = self.call("invite", MEMBER, *people, writes=True)
        settled = self.moods["refuses"] and result.outcome == "rejected"
        missing = []
        for _ in range(ROUNDS):
            if settled:
                return
            told = self.read_back(people + strangers + others)
            if told is None:
                return                                          # nothing is known, so nothing is sent
            missing = [a for a in people + strangers if told[a] == "absent"]
            if not missing:
                break
            for start in range(0, len(missing), 30):
                self.call("invite", MEMBER, *missing[start:start + 30], writes=True)
        self.wait_until_done()
        self.expect(not missing or self.moods["loses-request"], "%d of %d still told absent", len(missing),
                    len(people + strangers))
        there = presences(self.s.state())
        for address in people:
            if told[address] in ("invited", "member"):
                self.expect(of(there, address) != "absent", "%s is LOST", address)

    def assign(self, fault):
        """As bring_in, for a project."""
        project, people = self.s.projects[1], ["member_%d@example.com" % n for n in range(10, 15)]
        if fault:
            self.s.fault(**fault)
        self.call("assign", project, LEAD, *people, writes=True)
        entries, result = self.client("confirm-assigned", project, *people)
        if result.error != "OK":
            self.expect(self.moods["refuses"], "confirm-assigned: %s %s", result.error, result.message[:40])
            return
        self.wait_until_done()
        [there] = [p["assignedTo"] for p in self.s.state()["projects"] if p["_id"] == project]
        there = {each["assignee"] for each in there}
        for address, says in entries:
            self.expect(says == ("assigned" if address in there else "absent"), "%s is told %s, though %s", address,
                        says, "assigned" if address in there else "absent")

    def read_back(self, addresses):
        """What is told of each; None when it cannot be had."""
        before = presences(self.s.state())
        entries, result = self.client("confirm", *addresses)
        if result.error != "OK":
            self.expect(self.moods["refuses"] or self.no_evidence(), "confirm: %s %s", result.error,
                        result.message[:40])
            return None
        told = dict(entries)
        self.wait_until_done()
        after, wrong, unsure = presences(self.s.state()), [], []
        for address in addresses:
            true = of(before, address), of(after, address)
            says = told[address]
            if says == "unsure":
                unsure.append("%s, though %s" % (address, true[1]))
            elif says == "absent" and true[1] != "absent" or says not in true:
                wrong.append("%s is told %s, though %s" % (address, says, true[1]))
            elif says == "absent" and not address.isascii():
                wrong.append("%s is told absent, though it is not ASCII" % address)
        self.counts.update(told=len(addresses), wrong=len(wrong), unsure=len(unsure))
        if wrong:
            self.complain("%d reported wrongly: %s", len(wrong), "; ".join(wrong[:2]))
        unsure = [text for text in unsure if text.isascii()]
        if unsure and not self.no_evidence():
            self.complain("%d unsure: %s", len(unsure), unsure[0])
        return told

    def no_evidence(self):
        """Whether nobody could always tell; one change while the lists are read is no excuse, many are."""
        moves = self.moods["moves"] or ()
        return NO_EVIDENCE & set(self.moods.values) or any(when == 0 for _, when in moves)


# -------------------------------------------------------------------------------------------------- all of them

VALUES = {                                                      # of which more than the bare mood is tried
    "caps-limit": (50, 20, 10, 7), "ignores-limit": (10,), "order": ("oldest", "newest", "shuffled"),
    "total": ("none", "number", "text"), "errors": None, "refuses": (400, 401, 403, 404, 500, 503),
    "moves": ("add-front@2", "remove-front@2", "add-behind@2", "remove-behind@2", "accept-front@2",
              "remove-front@*", "remove-front@*+add-front@*"),
    "long-header": (5000,), "chunked": (0, 1, 1400), "lags": (0.5,), "replicas": (0.5,), "rate": (100,),
    "acts-late": ("0.4:504", "0.4:drop", "1:stall"), "loses-reply": ("notify", "fin", "rst", "cut", "502"),
}
# Moods that show only together, and what else there has to be.
TOGETHER = (
    (137, "caps-limit=20 skips-as-asked", {}),
    (138, "ignores-page ignores-limit", {}),
    (138, "caps-limit=10 ignores-page", {}),
    (140, "caps-limit=10 moves=remove-front@3", {}),
    (140, "caps-limit=10 order=newest moves=accept-front@3", {}),
    (137, "filters-after-paging caps-limit=20", {}),
    (137, "filters-after-paging order=newest", {"expired": 130}),   # the first page is empty
    (137, "filters-after-paging", {"expired": 220}),                # one in the middle is
    (137, "ignores-status caps-limit=20", {}),
    (140, "ignores-search ignores-limit", {}),
    *((128, "refuses=400 errors=" + shape, {}) for shape in
      ("message", "error", "object", "list", "errors", "nothing")),
    (136, "refuses=400 errors=html", {}),
    (136, "refuses=503 errors=html", {}),
    (127, "refuses=400 fails-with-2xx", {}),
    (120, "refuses=401 echoes-key", {}),
    (164, "lowers-unicode composes punycodes", {}),
    (163, "lags=0.3 acts-late=0.4:drop", {}),
)


def trials():
    """(row, words, seed) of each."""
    for name, mood in moods.MOODS.items():
        values = VALUES.get(name, (None,))
        for value in values or ():
            yield ROWS[name], [name if value is None else "%s=%s" % (name, value)], {}
    for row, words, seed in TOGETHER:
        yield row, words.split(), seed
    for name, words in moods.PERSONALITIES.items():
        yield ROWS[words.split()[0].partition("=")[0]] if words else 137, [name], {}


class Moods(network.Case):
    def try_all(self, chosen):
        def one(trial):
            return Trial(trial[1], trial[2]).run()
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            for (row, words, seed), trial in zip(chosen, pool.map(one, chosen)):
                tally.update(moods_tried=1, moods_wrong=bool(trial.wrong), reported=trial.counts["told"],
                             reported_wrongly=trial.counts["wrong"], reported_unsure=trial.counts["unsure"],
                             invitations_doubled=trial.counts["doubled"])
                self.case(row, " ".join(words) + "".join(", %s=%d" % item for item in seed.items()),
                          "as the server did", "; ".join(trial.wrong) or "as the server did",
                          not trial.wrong)


def add_tests():
    """A test for each mood's name, one for those together, one for the personalities."""
    groups = collections.defaultdict(list)
    for row, words, seed in trials():
        name = "personalities" if words[0] in moods.PERSONALITIES else words[0].partition("=")[0]
        groups[name if len(words) == 1 else "together"].append((row, words, seed))
    for name, chosen in groups.items():
        setattr(Moods, "test_" + name.replace("-", "_"), lambda self, chosen=chosen: self.try_all(chosen))


add_tests()


def main():
    if sys.argv[1:2] != ["--try"]:
        return unittest.main()
    setUpModule()
    trial = Trial(sys.argv[2:]).run()
    print("\n".join(trial.wrong or ["right"]))
    print(dict(trial.counts))
    return 1 if trial.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
