#!/usr/bin/python3
"""A faulty port, clock, entropy source and arena under real TLS: rows 100, 101 and 112 to 121."""
import collections
import itertools
import os
import threading
import unittest

import network
from network import Client, Hub, Listener, drain

tally = network.Tally()
client = hub = None


def setUpModule():
    global client, hub
    client = Client(network.build(), tally)
    hub = Hub()
    hub.start()


def tearDownModule():
    hub.stop()
    client.close()
    network.report_tally("faulty port", tally)


def invite(who=None, **options):
    options = {"ca": hub.ca, "port": hub.port, "org": hub.org, **options}
    return (who or client).run(hub.requests, **options)


class Counted:
    """What many exchanges came to, in one line of the table."""

    def __init__(self):
        self.says, self.wrong = collections.Counter(), []

    def add(self, seen, where, allowed):
        self.says[seen["says"]] += 1
        problem = seen["wrong"] or ("" if seen["says"] in allowed else "not among " + ", ".join(allowed))
        if problem:
            self.wrong.append("%s: %s: %s" % (where, seen["says"], problem))

    def __str__(self):
        return "; ".join([", ".join("%s x %d" % item for item in sorted(self.says.items()))] + self.wrong[:3])


class Faults(network.Case):
    """The port goes wrong at its n-th call, for every n."""

    def each(self, row, name, option, allowed, order=(), **options):
        """Runs n = 1, 2, ... until nothing goes wrong any more; what is in `order` comes, in that order."""
        reached_by = "entropies" if option == "entropy_fail" else "calls"
        for tls in ("1.2", "1.3"):
            hub.use(chain="ecdsa", tls=tls)
            counted, last = Counted(), -1
            for n in itertools.count(1):
                seen, timeout = invite(**{option: n, **options}), options.get("timeout", 0)
                while seen["says"].startswith("TIME") and seen[reached_by] < n and 0 < timeout < 10000:
                    timeout *= 2                                # a busy machine did not come as far as that
                    seen = invite(**{option: n, **options, "timeout": timeout})
                counted.add(seen, "%s=%d" % (option, n), allowed)
                if seen["says"] in order:
                    last, before = order.index(seen["says"]), last
                    if last < before:
                        counted.wrong.append("%s=%d: %s after %s" % (option, n, seen["says"], order[before]))
                if n > seen[reached_by] or counted.wrong:
                    break
            self.case(row, "%s, TLS %s" % (name, tls), " or ".join(allowed), str(counted),
                      not counted.wrong and all(counted.says[each] for each in (*order, "OK A")))

    def test_fails(self):
        self.each(112, "any call fails", "fault_at", ("NET N", "NET U", "OK A"), ("NET N", "NET U"),
                  fault="net", again=1)
        self.each(112, "a send fails", "fault_at", ("NET N", "NET U", "OK A"), ("NET N", "NET U", "OK A"),
                  op="send", fault="net")
        self.each(112, "all calls fail from one on", "fault_at", ("NET N", "NET U", "OK A"),
                  ("NET N", "NET U"), always=1, again=1)
        for fault, says in (("resolve", "RESOLVE N"), ("net", "NET N"), ("odd", "NET N"), ("end", "NET N"),
                            ("int_min", "NET N"), ("over", "NET N")):
            seen = invite(op="connect", fault_at=1, fault=fault, again=1)
            self.expect(112, "connect returns " + fault, seen, says)

    def test_would_block(self):
        self.each(113, "would block once", "fault_at", ("OK A",), fault="wait")
        self.each(113, "would block from one call on", "fault_at", ("TIME N", "TIME U", "OK A"),
                  ("TIME N", "TIME U"),
                  fault="wait", always=1, timeout=60, again=1)
        for tls in ("1.2", "1.3"):
            hub.use(tls=tls)
            self.expect(113, "every other call would block, TLS " + tls, invite(stutter=1), "OK A")
            self.expect(113, "a loop that never waits, TLS " + tls, invite(step_ms=0), "OK A")
            self.expect(113, "a loop that never waits, every other call would block, TLS " + tls,
                        invite(stutter=1, step_ms=0), "OK A")

    def test_short(self):
        for tls in ("1.2", "1.3"):
            hub.use(tls=tls)
            for piece in (1, 2, 3, 5, 7, 64):
                self.expect(114, "%d bytes at a time, TLS %s" % (piece, tls), invite(piece=piece), "OK A")
            self.expect(114, "1 byte at a time, every other call would block, TLS " + tls,
                        invite(piece=1, stutter=1), "OK A")
            self.expect(114, "1 byte at a time, a loop that never waits, TLS " + tls,
                        invite(piece=1, step_ms=0), "OK A")

    def test_lies(self):
        for fault, name in (("over", "one byte more than asked"), ("int_max", "INT_MAX bytes"),
                            ("int_min", "INT_MIN"),
                            ("odd", "-12345"), ("end", "ANGO_E_END")):
            self.each(115, "any call returns " + name, "fault_at", ("NET N", "NET U", "OK A"),
                      ("NET N", "NET U"), fault=fault,
                      again=1)
        self.each(115, "a send returns 0", "fault_at", ("NET N", "NET U", "OK A"), ("NET N", "NET U", "OK A"),
                  op="send",
                  fault="zero")
        self.each(115, "a recv returns 0", "fault_at", ("NET N", "TRUNC U", "OK A"),
                  ("NET N", "TRUNC U", "OK A"), op="recv",
                  fault="zero")

    def test_entropy(self):
        self.each(100, "entropy fails", "entropy_fail", ("ENTROPY N", "OK A"), ("ENTROPY N", "OK A"), again=1)

    def test_cancel(self):
        for tls in ("1.2", "1.3"):
            hub.use(chain="ecdsa", tls=tls)
            counted, steps = Counted(), 1
            for n in itertools.count(1):
                seen = invite(cancel_at=n, stutter=1, again=1)
                counted.add(seen, "step %d" % n, ("CANCELLED N", "CANCELLED U", "OK A"))
                if seen["says"] == "OK A" or counted.wrong:
                    break
                steps = n
            ok = not counted.wrong and counted.says["CANCELLED N"] > 2 and counted.says["CANCELLED U"] > 1
            self.case(119, "cancelled at each of %d steps, TLS %s" % (steps, tls),
                      "CANCELLED N or CANCELLED U", str(counted), ok)


class Clocks(network.Case):
    def silent(self, **options):
        """A server that accepts and says nothing."""
        with Listener(drain) as server:
            return client.run(lambda: server.wait() or 0, port=server.port, ca=hub.ca, **options)

    def test_missing(self):
        self.expect(116, "no clock_ms", invite(clock_base=-1), "CLOCK N")
        self.expect(116, "the time is not known", invite(time=0), "CLOCK N")
        self.expect(116, "the time is negative", invite(time=-1000), "CLOCK N")

    def test_backwards(self):
        for tls in ("1.2", "1.3"):
            hub.use(chain="ecdsa", tls=tls)
            counted = Counted()
            for n in itertools.count(1):
                seen = invite(clock_back_at=n, again=1)
                counted.add(seen, "look %d" % n, ("CLOCK N", "CLOCK U", "OK A"))
                if n > seen["clocks"] or counted.wrong:
                    break
            ok = not counted.wrong and counted.says["CLOCK N"] > 0 and counted.says["CLOCK U"] > 0
            self.case(116, "clock_ms goes back a second at each look at it, TLS " + tls,
                      "CLOCK N or CLOCK U or OK A", str(counted), ok)

    def test_wraps(self):
        counted = Counted()
        for before in (1, 2, 3, 5, 8, 13, 21, 34):
            counted.add(invite(clock_base=2 ** 32 - before), "%d ms before" % before, ("OK A",))
        self.case(116, "clock_ms wraps in the exchange", "OK A", str(counted), not counted.wrong)
        for before in (1, 50, 149):
            seen = self.silent(clock_base=2 ** 32 - before, timeout=150)
            ok = seen["elapsed_ms"] >= 150
            self.expect(116, "clock_ms wraps after %d of 150 ms of waiting" % before, seen,
                        "TIME N" if ok else "TIME N in time")

    def test_stuck(self):
        counted = Counted()
        for n in range(1, 60):
            counted.add(invite(clock_stuck_at=n), "look %d" % n, ("OK A",))
        self.case(116, "clock_ms stands still from each look on, good server", "OK A", str(counted),
                  not counted.wrong)
        # Without a clock there is no deadline: what is left is that each step ends (see row 116 of README.md).
        seen = self.silent(clock_stuck_at=1, step_ms=0, cancel_at=300)
        self.expect(116, "clock_ms stands still, silent server, 300 steps, then cancelled", seen,
                    "CANCELLED N")

    def test_no_dates(self):
        self.expect(117, "no time, not asked for", invite(time=-2), "CLOCK N")
        self.expect(117, "no time, asked for", invite(time=-2, no_clock=1), "OK A")
        hub.use(chain="expired")
        self.expect(117, "no time, asked for, expired", invite(time=-2, no_clock=1), "OK A")
        self.expect(117, "asked for, but there is a clock, expired", invite(no_clock=1), "CERT N")
        hub.use(chain="wrong-host")
        self.expect(117, "no time, asked for, wrong host", invite(time=-2, no_clock=1), "CERT N")
        hub.use(chain="unknown-ca")
        self.expect(117, "no time, asked for, unknown CA", invite(time=-2, no_clock=1), "CERT N")
        hub.use(chain="ecdsa")


class Kept(network.Case):
    """A client, and its connection, that go on after something has happened to them."""

    def setUp(self):
        hub.use(chain="ecdsa", tls="both")

    def now(self):
        with hub.lock:
            before, hub.told = hub.told, hub.counters["requests"]
        return hub.told - before

    def on_kept(self, between, **options):
        """An invitation, `between`, and another one on the connection of the first."""
        options = {"ca": hub.ca, "port": hub.port, "org": hub.org, "keep_ms": 60000, **options}
        first = client.run(self.now, close=0, **options)
        between()
        second = client.run(self.now, fresh=0, prefix="second", **options)
        return first, second

    def test_reuse(self):
        first, second = self.on_kept(lambda: None)
        self.expect(118, "kept connection, first invitation", first, "OK A")
        self.expect(118, "kept connection, second invitation", second, "OK A")
        self.case(118, "kept connection, connections made", "1 and 0",
                  "%d and %d" % (first["connects"], second["connects"]),
                  (first["connects"], second["connects"]) == (1, 0))

    def test_ended(self):
        for how in ("notify", "fin", "rst"):
            first, second = self.on_kept(lambda how=how: hub.hangup(how))
            self.expect(118, "kept connection, ended by the server (%s) meanwhile" % how, second, "OK A")

    def test_ends_with_the_request(self):
        """Whether the server has taken the request cannot be known, so it is not sent again."""
        for how, said in (("notify", "TRUNC U"), ("fin", "TRUNC U"), ("rst", "NET U")):
            for when in ("before-reply", "before-read"):
                first, second = self.on_kept(lambda how=how, when=when: hub.fault(close=when, how=how))
                name = "kept connection, ended by the server (%s) %s" % (how, when.replace("-", " "))
                self.expect(118, name, second, said, *(("NET U",) if when == "before-read" else ()))

    def test_too_old(self):
        first, second = self.on_kept(lambda: threading.Event().wait(0.1), keep_ms=20)
        self.expect(118, "kept connection, idle for longer than allowed", second, "OK A")
        self.case(118, "kept connection, idle for longer than allowed: a new one", "1",
                  str(second["connects"]), second["connects"] == 1)

    def test_after_errors(self):
        for name, says, options in (("of the network", "NET N", {"fault_at": 9}),
                                    ("of the certificate", "CERT N", {"time": 4102444800}),
                                    ("of memory", "MEMORY N", {"alloc_fail": 9}),
                                    ("of space", "SPACE N", {"buffer": 100})):
            self.expect(118, "closed twice, stepped again, after an error " + name, invite(**options), says)
            self.expect(118, "a new start after an error " + name, invite(), "OK A")


class Arena(network.Case):
    """Each allocation of TLS fails in turn. Not under ASan, for there are more than 20,000 of them."""

    @classmethod
    def setUpClass(cls):
        cls.program = network.build(network.PLAIN_VARIANT)
        # On a heap that is not ours nobody counts what failed, and mbedTLS often has another name for it.
        cls.allowed = ("MEMORY N", "MEMORY U", "OK A") + (("CERT N", "TLS N", "TLS U", "ANCHOR N") if network.SHARED else ())

    def sweep(self, tls, chain, step, always, session):
        """With `session`, one that was saved is offered each time, and it is "resumed", or the server has "forgotten" it."""
        hub_of_its_own = Hub(chain=chain, tls=tls, tickets=1)
        who, counted = Client(self.program, tally), Counted()
        with hub_of_its_own as h:
            options, n = {"ca": h.ca, "port": h.port, "org": h.org}, 1
            if session:
                who.run(h.requests, sessions=1, session_keep=1, **options)
                options.update(sessions=1, session_back=1)
                good = who.run(h.requests, **options)
                if (good["says"], good["resumed"]) != ("OK A", 1):
                    counted.wrong.append("not resumed: " + good["says"])
            if session == "forgotten":
                h.use(chain=chain, tls=tls, tickets=1)
            while True:
                seen = who.run(h.requests, alloc_fail=n, always=always, **options)
                counted.add(seen, "allocation %d" % n, self.allowed)
                if n > seen["allocs"] or counted.wrong:
                    break
                n += step
        who.close()
        return tls, chain, n, always, session, counted

    def test_each_allocation(self):
        step = int(os.environ.get("HOSTILE_ALLOC_STEP", 1))
        jobs = [(tls, chain, s, always, session) for tls in ("1.2", "1.3") for chain in ("ecdsa", "rsa2048")
                for s, always, session in ((step, 0, ""), (97, 1, ""), (1, 0, "resumed"))]
        jobs += [(tls, "ecdsa", step, 0, "forgotten") for tls in ("1.2", "1.3")]
        done = []

        def work():
            while jobs:
                done.append(self.sweep(*jobs.pop(0)))
        workers = [threading.Thread(target=work) for _ in range(2)]
        for each in workers:
            each.start()
        for each in workers:
            each.join()
        self.assertEqual(len(done), 14)
        for tls, chain, n, always, session, counted in sorted(done, key=lambda d: d[:5]):
            name = "%s of %d allocations, %s, %sTLS %s" % (
                "all from each 97th" if always else "each", n - 1, chain, session + ", " if session else "", tls)
            # A success is one with the failure in something optional, or past the last allocation.
            ok = not counted.wrong and counted.says["OK A"] >= 1 and counted.says["MEMORY N"] > (0 if network.SHARED else 10)
            self.case(101, name, " or ".join(self.allowed), str(counted), ok)

    @unittest.skipIf(network.SHARED, "there is no arena")
    def test_sizes(self):
        for tls, chain in itertools.product(("1.2", "1.3"), ("ecdsa", "rsa2048")):
            hub.use(tls=tls, chain=chain)
            counted, enough = Counted(), 0
            for size in range(16, 50000, 500):
                seen = invite(arena=size)
                counted.add(seen, "%d bytes" % size, ("OK A",) if enough else ("MEMORY N", "OK A"))
                enough = enough or (size if seen["says"] == "OK A" else 0)
            self.case(101, "arena of 16, 516, ... bytes, %s, TLS %s" % (chain, tls), "MEMORY N, then OK A",
                      str(counted), not counted.wrong and enough > 0)
        hub.use(tls="both", chain="ecdsa")


class Stack(network.Case):
    def test_depth(self):
        """On a painted stack; the address sanitizer makes frames larger, so without it."""
        stack = network.Tally()
        who = Client(network.build("host"), stack)
        chains = ("ecdsa", "rsa2048", "rsa4096", "mixed", "expired", "wrong-host", "unknown-ca", "100k",
                  "too-long", "nul-in-name")
        for tls, chain in itertools.product(("1.2", "1.3"), chains):
            hub.use(tls=tls, chain=chain)
            for options in ({}, {"piece": 1, "stutter": 1}, {"arena": 24000}, {"fault_at": 12}):
                invite(who, **options)
        hub.use(tls="both", chain="ecdsa")
        who.close()
        self.case(121, "good and bad chains, faulty port, %d exchanges on x86-64" % stack.calls,
                  "at most %d bytes" % network.STACK_BOUND, "%d bytes" % stack.stack,
                  0 < stack.stack <= network.STACK_BOUND and not stack.broken)


if __name__ == "__main__":
    unittest.main()
