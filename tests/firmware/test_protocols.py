#!/usr/bin/python3
"""make protocols: TLS 1.2 against 1.3, and one key exchange against another, on a Cortex-M3 (QEMU).

Prints both tables as README.md and port/lm3s6965/README.md should have them, and each figure as key=value;
fails where a README says otherwise, or recommends what the figures do not bear out.
"""
import os
import platform
import re
import sys
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [TOP + "/tests/hub", TOP + "/tests/bench", TOP + "/port/desk"]
import building                                                 # noqa: E402
import measure                                                  # noqa: E402
import emulate                                                  # noqa: E402
import memory_map                                               # noqa: E402
import standin                                                  # noqa: E402
import waiting                                                  # noqa: E402

CYCLE = 20          # instructions: see test_badge_desk.py
DELAY_S = 0.1       # a round trip; far longer than what passes between two pieces of one flight
ROOMY = 46000       # the measuring build's arena
SMALL_RECORDS = "-DMBEDTLS_SSL_IN_CONTENT_LEN=4096"

# README.md's columns: a build, and what the server speaks.
PROTOCOLS = (("tls12", "m3+tls12", "1.2"), ("tls13", "m3+tls13", "1.3"),
             ("both_tls12", "m3", "1.2"), ("both_tls13", "m3", "1.3"))
HEAD = ("| on the Cortex-M3, chain P-256 | 1.2 only | 1.3 only | both: to 1.2 | both: to 1.3 |\n"
        "|---|---|---|---|---|")
# Its rows: how each begins, the figure, its unit, and how far off another run may be: keys and signatures are
# drawn anew each time, which moves what is computed with them, and little else.
ROWS = (
    ("flash: the whole badge desk", "flash", 1, 0.02),
    ("flash: keeping sessions, on top", "session_flash", 1, 0.02),
    ("arena at least", "arena", 1, 0.01),
    ("arena at least, keeping sessions", "arena_sessions", 1, 0.01),
    ("stack at most", "stack", 1, 0.05),
    ("instructions, millions: full", "instructions_full", 1e6, 0.1),
    ("instructions, millions: resumed", "instructions_resumed", 1e6, 0.1),
    ("bytes, both ways: full", "bytes_full", 1, 0.02),
    ("bytes, both ways: resumed", "bytes_resumed", 1, 0.02),
    ("flights to the reply: full", "flights_full", 1, 0),
    ("flights to the reply: resumed", "flights_resumed", 1, 0),
)
# The board's README: (its words, builds for 1.2 and 1.3, the host's build for callgrind).
EXCHANGES = (
    ("p256", "P-256", "m3+tls12", "m3+tls13", "host-p256"),
    ("x25519", "X25519, mbedTLS's", "m3+tls12+x25519", "m3+tls13+x25519", "host-x25519"),
    ("everest", "X25519, Everest's", "m3+tls12+everest", "m3+tls13+everest", "host"),
)
EXCHANGE_HEAD = (
    "| key exchange | flash on top | full, 1.2 | full, 1.3 | resumed, 1.3 | full, 1.3, on x86-64 |\n"
    "|---|---|---|---|---|---|")
EXCHANGE_COLUMNS = (("flash", 1, 0.02), ("full_tls12", 1e6, 0.1), ("full_tls13", 1e6, 0.1),
                    ("resumed_tls13", 1e6, 0.1), ("full_tls13_x86_64", 1e6, 0.1))
FIGURES = {}
seen = {}


def elf(build, name="badge-desk"):
    return "%s/build/%s/lm3s6965/%s.elf" % (TOP, build, name)


def setUpModule():
    building.make("VARIANT=host", "firmware")
    variants = {column[1] for column in PROTOCOLS} | {variant for row in EXCHANGES for variant in row[2:4]}
    for variant in sorted(variants):
        building.make("VARIANT=" + variant, "firmware-elf")


def tearDownModule():
    print("\n" + HEAD)
    for begins, figure, unit, _ in ROWS:
        cells = [FIGURES.get("device_%s_%s" % (figure, column[0])) for column in PROTOCOLS]
        print("| %s | %s |" % (begins, " | ".join(show(cell, unit) for cell in cells)))
    print("\n" + EXCHANGE_HEAD)
    for key, name, *_ in EXCHANGES:
        cells = [(FIGURES.get("exchange_%s_%s" % (column, key)), unit)
                 for column, unit, _ in EXCHANGE_COLUMNS]
        print("| %s | %s |" % (name, " | ".join(show(*cell) for cell in cells)))
    print()
    for name in sorted(FIGURES):
        print("%s=%d" % (name, FIGURES[name]))
    sys.stdout.flush()


def show(value, unit):
    return "-" if value is None else format(value, ",") if unit == 1 else "%.1f" % (value / unit)


class Desk:
    """A measuring badge desk in QEMU, its server, and a proxy in between that counts."""

    def __init__(self, build, tls, ciphers=None):
        self.number = 0
        self.server = standin.StandIn(TOP + "/build/pki", chain="ecdsa", tls=tls, ciphers=ciphers, rate=0)
        self.build = build

    def __enter__(self):
        self.server.start()
        self.proxy = measure.Proxy(self.server.port, DELAY_S)
        self.proxy.__enter__()
        self.emulator = emulate.Emulator(elf(self.build, "badge-desk-measure"), self.proxy.port, shift=0)
        self.emulator.__enter__()
        self.emulator.start()
        return self

    def __exit__(self, *_):
        self.emulator.__exit__()
        self.proxy.__exit__()
        self.server.stop()

    def command(self, line, answer):
        self.emulator.send(line)
        return self.emulator.expect(answer).groups()

    def badge(self, arena=ROOMY):
        """One invitation over a connection of its own: what the desk says, and what it took."""
        self.number += 1
        self.command("arena %d" % arena, r"^arena \d+ set")
        address = "x%02d@example.com" % self.number
        said = next(filter(None, self.command(
            address, r"^%s: (?!kept)(.*); \d+ in the queue\n|^Not delivered: (.*)\n" % address)))
        cycles, resumed, kept = map(int, self.command(
            "last", r"^badge_cycles=(\d+) resumed=(\d+) session_len=(\d+)"))
        self.command("close", r"^(closed)")
        usage = self.emulator.usage()
        wire = self.proxy.quiet()[-1]
        return {"said": said, "resumed": resumed, "kept": kept, "instructions": cycles * CYCLE,
                "arena": usage["arena_peak"], "stack": usage["stack_peak"],
                "bytes": wire.up + wire.down, "flights": wire.round_trips}

    def keep_sessions(self):
        """From now on, and none is there yet."""
        self.command("sessions", r"^(sessions are kept)")

    def pair(self, arena=ROOMY):
        """A full handshake that leaves a session, and one that resumes it."""
        self.keep_sessions()
        return self.badge(arena), self.badge(arena)

    def resumed(self):
        """One badge over a resumed session, and what that costs."""
        costs, badge = [], None
        while not waiting.enough(costs):
            badge = self.badge()
            costs.append(badge["instructions"])
        return dict(badge, instructions=waiting.cost(costs))

    def measure(self):
        """A full handshake of who keeps no sessions, then one of who does, then a resumed one."""
        full = self.badge()
        self.keep_sessions()
        return full, self.badge(), self.resumed()


def measured(build, tls):
    if (build, tls) not in seen:
        with Desk(build, tls) as desk:
            seen[build, tls] = desk.measure()
    return seen[build, tls]


class Case(unittest.TestCase):
    def check(self, path, begins, figures):
        """That a row of a README has these figures: (name, unit, tolerance)."""
        with open(os.path.join(TOP, path), encoding="utf-8") as file:
            row = re.search(r"^\| %s \| (.*) \|$" % re.escape(begins), file.read(), re.M)
        self.assertTrue(row, "%s has no row '%s'" % (path, begins))
        told = [float(cell.replace(",", "")) for cell in row.group(1).split(" | ")]
        self.assertEqual(len(told), len(figures))
        for cell, (name, unit, tolerance) in zip(told, figures):
            if name in FIGURES:
                rounding = 0 if unit == 1 else 0.06
                is_now = FIGURES[name] / unit
                self.assertLessEqual(abs(cell - is_now), tolerance * is_now + rounding,
                                     "%s: '%s' %s, but %s=%s" % (path, begins, cell, name, FIGURES[name]))


class Protocols(Case):
    @classmethod
    def setUpClass(cls):
        for key, build, tls in PROTOCOLS:
            full, first, resumed = measured(build, tls)
            flash, more = (memory_map.measure(elf(build, name))[0]
                           for name in ("badge-desk", "badge-desk-measure"))
            for name, value in (
                    ("flash", sum(flash.values())),
                    ("session_flash", sum(more[part] - flash[part] for part in ("library", "mbedtls"))),
                    ("arena", full["arena"]), ("arena_sessions", max(first["arena"], resumed["arena"])),
                    ("stack", max(each["stack"] for each in (full, first, resumed)))):
                FIGURES["device_%s_%s" % (name, key)] = value
            for name in ("instructions", "bytes", "flights"):
                FIGURES["device_%s_full_%s" % (name, key)] = full[name]
                FIGURES["device_%s_resumed_%s" % (name, key)] = resumed[name]

    def figure(self, name, key):
        return FIGURES["device_%s_%s" % (name, key)]

    def test_what_was_measured_is_what_it_says(self):
        for _, build, tls in PROTOCOLS:
            each = measured(build, tls)
            self.assertEqual([(one["said"], one["resumed"] > 0) for one in each],
                             [("invited", False), ("invited", False), ("invited", True)])
            self.assertEqual([one["kept"] > 0 for one in each], [False, True, True])

    def test_readme(self):
        for begins, figure, unit, tolerance in ROWS:
            with self.subTest(row=begins):
                self.check("README.md", begins, [
                    ("device_%s_%s" % (figure, key), unit, tolerance) for key, *_ in PROTOCOLS])

    def test_arena(self):
        """That the peak is what it takes: 16 bytes more are enough (a signature may be longer), 64 fewer are
        not."""
        for key, build, tls in PROTOCOLS:
            with self.subTest(column=key), Desk(build, tls) as desk:
                need = (self.figure("arena", key) + 23) // 8 * 8
                self.assertEqual(desk.badge(need)["said"], "invited")
                self.assertRegex(desk.badge(need - 80)["said"], "arena is too small")
                need = (self.figure("arena_sessions", key) + 23) // 8 * 8
                self.assertEqual([one["resumed"] for one in desk.pair(need)], [0, 1])
                first, second = desk.pair(need - 80)
                self.assertFalse(first["said"] == second["said"] == "invited" and second["resumed"])

    def test_least_ram_and_flash(self):
        for other in ("tls13", "both_tls12", "both_tls13"):
            for name in ("flash", "arena", "arena_sessions"):
                self.assertLess(self.figure(name, "tls12"), self.figure(name, other))
        self.assertLess(1.5 * self.figure("stack", "tls12"), self.figure("stack", "tls13"))

    def test_least_energy(self):
        self.assertLess(10 * self.figure("instructions_resumed", "tls12"),
                        self.figure("instructions_resumed", "tls13"))
        self.assertLess(self.figure("bytes_resumed", "tls12"), self.figure("bytes_resumed", "tls13"))

    def test_least_latency(self):
        self.assertLess(self.figure("flights_full", "tls13"), self.figure("flights_full", "tls12"))
        self.assertEqual(self.figure("flights_resumed", "tls13"), self.figure("flights_resumed", "tls12"))


class Ciphers(Case):
    """AES-256, which most servers prefer, against AES-128, which is all that a small build offers (ANGO_AES256=0)."""

    def test_resumed(self):
        building.make("VARIANT=m3+tls12+aes256", "firmware-elf")
        for build, length in (("m3+tls12", "128"), ("m3+tls12+aes256", "256")):
            for prefers, ciphers in (("256", "ECDHE+AES256:ECDHE+AES128"), ("128", "ECDHE+AES128:ECDHE+AES256")):
                with Desk(build, "1.2", ciphers) as desk:
                    desk.keep_sessions()
                    desk.badge()
                    FIGURES["device_resumed_offers_%s_server_prefers_%s" % (length, prefers)] = desk.resumed()["instructions"]
        self.assertLess(1.5 * FIGURES["device_resumed_offers_128_server_prefers_256"],
                        FIGURES["device_resumed_offers_256_server_prefers_256"])


class SmallRecords(Case):
    """The build for who owns the server: room for records of 4 KB, which it asks for in TLS 1.2."""

    def test_small_records(self):
        build = "m3-tls12-in4k"
        building.make("VARIANT=m3+tls12", "BUILD=build/" + build, "CPPFLAGS=" + SMALL_RECORDS, "firmware-elf")
        with Desk(build, "1.2") as desk:
            FIGURES["device_arena_tls12_in4k"] = desk.badge()["arena"]
            # In one record it could not be read, and nothing would be known of the request.
            desk.server.fault(status=403, body='{"status":"fail","message":"' + "x" * 6000 + '"}')
            self.assertRegex(desk.badge()["said"], "HTTP 403; ")
            longest = max(length for way, _, length in desk.proxy.wires[-1].records if way == "down")
            self.assertLess(longest, 4096 + 64)
        with open(TOP + "/README.md", encoding="utf-8") as file:
            told = re.search(r"an arena of ([\d,]+) bytes", file.read())
        self.assertTrue(told)
        told = int(told.group(1).replace(",", ""))
        self.assertAlmostEqual(told, FIGURES["device_arena_tls12_in4k"], delta=120)


class Exchanges(Case):
    @classmethod
    def setUpClass(cls):
        for key, _, build12, build13, host in EXCHANGES:
            FIGURES["exchange_flash_" + key] = sum(
                size * sign for build, sign in ((build13, 1), ("m3+tls13", -1))
                for size in memory_map.measure(elf(build))[0].values())
            FIGURES["exchange_full_tls12_" + key] = measured(build12, "1.2")[0]["instructions"]
            full, _, resumed = measured(build13, "1.3")
            FIGURES["exchange_full_tls13_" + key] = full["instructions"]
            FIGURES["exchange_resumed_tls13_" + key] = resumed["instructions"]
            if platform.machine() == "x86_64":
                FIGURES["exchange_full_tls13_x86_64_" + key] = cls.host(host)

    @staticmethod
    def host(build):
        """Instructions of a full handshake on this machine."""
        program = "build/%s/tests/bench/invite_ango" % build
        without_everest = {"host": (), "host-p256": ("VARIANT_CPPFLAGS=",),
                           "host-x25519": ("VARIANT_CPPFLAGS=-DANGO_X25519_FIRST=1",)}
        building.make("VARIANT=host", "BUILD=build/" + build, *without_everest[build], program)
        with measure.hub(tls="1.3") as server:
            return measure.handshakes(server.port, os.path.join(TOP, program))["full"]

    def test_readme(self):
        for key, name, *_ in EXCHANGES:
            with self.subTest(row=name):
                self.check("port/lm3s6965/README.md", name, [
                    ("exchange_%s_%s" % (column, key), *how) for column, *how in EXCHANGE_COLUMNS])

    def test_least_latency(self):
        """With Everest's, 1.3 saves a flight but computes 0.1 s longer; resumed, 1.2 has a twentieth to compute."""
        longer_s = (FIGURES["exchange_full_tls13_everest"] - FIGURES["exchange_full_tls12_everest"]) / 50e6
        self.assertAlmostEqual(longer_s, 0.1, delta=0.03)
        resumed = measured("m3+tls12+everest", "1.2")[2]["instructions"]
        self.assertAlmostEqual(resumed / FIGURES["exchange_resumed_tls13_everest"], 0.05, delta=0.02)

    def test_the_order_of_preference(self):
        """src/tls.c offers the cheapest first (ANGO_X25519_FIRST)."""
        for name in ("full_tls12", "full_tls13", "resumed_tls13"):
            costs = [FIGURES["exchange_%s_%s" % (name, key)] for key in ("everest", "x25519", "p256")]
            self.assertEqual(costs, sorted(costs), name)
        if platform.machine() == "x86_64":
            costs = [FIGURES["exchange_full_tls13_x86_64_" + key] for key in ("everest", "p256")]
            self.assertEqual(costs, sorted(costs))


if __name__ == "__main__":
    unittest.main()
