#!/usr/bin/python3
"""Does the reader read what is there? Random documents, and the same with bytes changed, cut in many ways
and in buffers of many sizes, against Python's json and the rules of src/json.h written down once more.

Each document is read by pure_driver whole, byte by byte, and in two pieces at every offset if it is short, else at
some offsets and in pieces of random lengths; it refuses to go on when these differ.
"""
import json
import os
import random
import re
import subprocess
import sys
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TOP + "/tests/common")
from built import built                                         # noqa: E402

CLIENT = built("build/host/tests/units/pure_driver")
DOCUMENTS = 12000
ROOM_MIN, RESERVED, WORDS, STATUS, TEXT = 138, 113, 120, 24, 512   # src/room.h
DEPTH = 32
COUNT_MAX = 4294967295

NAMES = ["status", "message", "data", "total", "group", "count", "items", "id", "name", "idle", "", "i", "ids", "nam",
         "idl", "statu", "x", "\u00e9"]
WORDS_OF_TEXT = ["a", "success", "\"", "\\", "/", "\n", "\u00e9", "\u20ac", "\U0001F600", "\x7f", "0123456789",
                 "]}", "id", "\ud83d", "\ude00", "\x01", "\x00", " "]


class NotJson(Exception):
    pass


# --- documents ----------------------------------------------------------------------------------------------

class Maker:
    """Makes documents as texts, near the shape of pure_driver's."""

    def __init__(self, rng):
        self.rng = rng

    def one(self, *choices):
        return self.rng.choice(choices)()

    def space(self):
        return self.rng.choice([" ", "\t\r\n", "\n"]) if self.rng.random() < 0.07 else ""

    def character(self, c):
        how = self.rng.random()
        if 0xD800 <= ord(c) <= 0xDFFF or how < 0.15 or c in '"\\' or c < " ":
            if how < 0.5 and c in '"\\/\b\f\n\r\t':
                return "\\" + {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}.get(c, c)
            units = c.encode("utf-16-be", "surrogatepass")
            return "".join("\\u%04x" % int.from_bytes(units[i:i + 2], "big") if how < 0.3 else
                           "\\u%04X" % int.from_bytes(units[i:i + 2], "big") for i in range(0, len(units), 2))
        return c

    def quoted(self, text):
        return '"' + "".join(map(self.character, text)) + '"'

    def string(self):
        words = WORDS_OF_TEXT if self.rng.random() < 0.1 else WORDS_OF_TEXT[:-5]
        long = self.rng.random() < 0.04
        return self.quoted("".join(self.rng.choices(words, k=self.rng.randrange(40 if long else 4))))

    def number(self):
        return self.rng.choice(["0", "-0", "1.5", "-2e+3", "0.0E-9", "12", "123456789012345678901234567890"])

    def count(self):
        if self.rng.random() < 0.1:
            return self.rng.choice(["4294967295", "4294967296", "-1", "1.0", "1e2", "00", "99999999999"])
        return str(self.rng.randrange(0, 5000))

    def literal(self):
        return self.rng.choice(["true", "false", "null"])

    def value(self, depth=3):
        kinds = [self.string, self.number, self.literal]
        if depth > 0 and self.rng.random() < 0.4:
            kinds = [lambda: self.listed([self.value(depth - 1) for _ in range(self.rng.randrange(3))]),
                     lambda: self.object([(self.rng.choice(NAMES), self.value(depth - 1))
                                          for _ in range(self.rng.randrange(3))])]
        return self.one(*kinds)

    def listed(self, values):
        return "[" + self.space() + ",".join(self.space() + v + self.space() for v in values) + "]"

    def object(self, members):
        return "{" + self.space() + ",".join(
            self.space() + self.quoted(name) + self.space() + ":" + self.space() + value + self.space()
            for name, value in members) + "}"

    def members(self, **wanted):
        """Each at most once, mostly; in any order, among others."""
        found = []
        for name, value in wanted.items():
            if self.rng.random() < 0.85:
                found.append((name, value() if self.rng.random() < 0.93 else self.value()))
            if self.rng.random() < 0.01:
                found.append((name, self.value()))
        for _ in range(self.rng.choice([0, 0, 0, 1, 2])):
            name = self.rng.choice(NAMES)
            if name not in wanted:
                found.append((name, self.value()))
        self.rng.shuffle(found)
        return self.object(found)

    def entry(self):
        if self.rng.random() < 0.07:
            return self.value()
        return self.members(id=self.string, name=self.string, idle=self.string)

    def items(self):
        return self.listed([self.entry() for _ in range(self.rng.randrange(6))])

    def group(self):
        return self.members(count=self.count, items=self.items)

    def data(self):
        return self.members(total=self.count, group=self.group)

    def document(self):
        if self.rng.random() < 0.03:
            return self.value()
        if self.rng.random() < 0.02:
            n = self.rng.randrange(DEPTH - 3, DEPTH + 3)
            return self.rng.choice(["[" * n + "]" * n, '{"":' * n + "0" + "}" * n,
                                    '{"data":' * (n - 1) + "[]" + "}" * (n - 1)])
        text = self.members(status=lambda: self.rng.choice(['"success"', self.string()]), message=self.string,
                            data=self.data)
        return self.space() + text + self.space()

    def changed(self, data):
        data = bytearray(data)
        for _ in range(self.rng.choice([1, 1, 2, 4])):
            at = self.rng.randrange(len(data))
            how = self.rng.randrange(5)
            byte = self.rng.choice(b'{}[],:"\\ \t\nu0189aAdDeE.+-truefalsn\x00\x1f\x7f\x80\xc3\xa9\xed\xf0\xff')
            if how == 0:
                data[at] = byte
            elif how == 1:
                data.insert(at, byte)
            elif how == 2 and len(data) > 1:
                del data[at]
            elif how == 3:
                del data[at + 1:]
            else:
                other = self.rng.randrange(len(data))
                data[at:at] = data[other:other + self.rng.randrange(1, 20)]
        return bytes(data)


# --- what must be read --------------------------------------------------------------------------------------

class Number(str):
    """A number as it is written."""


def depth_of(value):
    if isinstance(value, tuple):
        return 1 + max([depth_of(v) for _, v in value[0]], default=0)
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    return 0


def refuse(name):
    raise ValueError(name)


def parse(data):
    """Objects become ([(name, value), ...],); numbers stay as they are written; by Python's json alone."""
    try:
        text = data.decode("utf-8")
        value = json.loads(text, object_pairs_hook=lambda pairs: (pairs,), parse_int=Number, parse_float=Number,
                           parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise NotJson from error
    if depth_of(value) > DEPTH:
        raise NotJson
    return value


def handed_out(text):
    """As a C string in UTF-8."""
    text = "".join("\ufffd" if 0xD800 <= ord(c) <= 0xDFFF else c for c in text if c != "\0")
    return text.encode("utf-8")


def is_text(value):
    return isinstance(value, str) and not isinstance(value, Number)


class Expected:
    """What is read of a document; the rules of src/json.h."""

    def __init__(self, data, cap, drains):
        self.cap = cap
        self.drains = drains
        self.text_cap = min((cap - ROOM_MIN) // 2 + 1, TEXT)
        self.used = 0
        self.lines = []
        self.wrong = False
        self.has_list = False
        self.status_seen = False
        self.words = {"status": b"", "message": b""}
        self.counts = {"total": 0, "count": 0}
        self.items = 0
        self.reply(parse(data))
        self.shape = self.wrong or not self.has_list
        self.text = b'"' + data[:self.text_cap - 1] + b'"' if self.text_cap > 0 else b""

    def fits(self, size):
        """Behind what is used already, and in front of the text and what is always left."""
        return self.used + size + RESERVED <= self.cap - 1 - self.text_cap

    def members(self, value, **wanted):
        """Calls what is wanted of an object with each first value of that name."""
        seen = set()
        for name, member in value[0]:
            if name not in wanted:
                continue
            if name in seen:
                self.wrong = True
                continue
            seen.add(name)
            wanted[name](name, member)

    def reply(self, value):
        self.inside(value, status=self.status, message=self.message,
                    data=lambda _, v: self.inside(v, total=self.count, group=self.group))

    def inside(self, value, **wanted):
        if isinstance(value, tuple):
            self.members(value, **wanted)

    def group(self, _, value):
        self.inside(value, count=self.count, items=self.listed)

    def status(self, name, value):
        """Has its own room."""
        self.status_seen = True
        if is_text(value):
            self.wrong = self.wrong or "\0" in value
            self.word(name, value, len(handed_out(value)) < STATUS)

    def message(self, name, value):
        """Leaves the room of the status, until that has come."""
        if is_text(value):
            self.word(name, value, self.fits(len(handed_out(value)) + (0 if self.status_seen else STATUS)))

    def word(self, name, value, fits):
        out = handed_out(value)
        if fits and out:
            self.words[name] = out
            self.used += len(out) + 1

    def count(self, name, value):
        if not isinstance(value, Number):
            return
        digits = re.match("-?([0-9]+)", value).group(1)
        self.counts[name] = min(int(digits), COUNT_MAX)
        self.wrong = self.wrong or digits != value or int(digits) > COUNT_MAX

    def listed(self, _, value):
        if not isinstance(value, list):
            return
        self.has_list = True
        self.text_cap = 0
        for entry in value:
            if isinstance(entry, tuple):
                self.entry(entry)

    def entry(self, value):
        out = dict.fromkeys(("id", "name", "idle"), b"")
        size = 1                                        # the newline

        def string(name, member):
            nonlocal size
            if is_text(member):
                out[name] = handed_out(member)
                size += len('"a"') + len(out[name]) + member.count('"') + member.count("\\")
                self.wrong = self.wrong or "\0" in member

        self.members(value, id=string, name=string, idle=string)
        self.items += 1
        fits = self.fits(size + WORDS)
        if fits:
            self.lines.append(b"[" + b"|".join(out.values()) + b"]\n")
        elif self.drains:
            self.lines.append(b"(too large)\n")
        if fits and not self.drains:
            self.used += size + 1

    def said(self):
        return b"".join(self.lines) + b'%s "%s" "%s" items=%d total=%d done=%d failed=0 text=%s\n' % (
            b"SHAPE" if self.shape else b"OK", self.words["status"], self.words["message"], self.items,
            self.counts["total"], self.counts["count"], self.text)


class Python(unittest.TestCase):
    def test_documents(self):
        rng = random.Random(8259)
        maker = Maker(rng)
        cases = []
        for n in range(DOCUMENTS):
            data = maker.document().encode("utf-8")
            if n % 2 != 0:
                data = maker.changed(data)
            cases.append((data, ROOM_MIN + rng.randrange(rng.choice([4, 200, 900])), rng.random() < 0.5))
        asked = b"".join(b"%d %s %d %d\n%s" % (cap, b"drained" if drains else b"kept", rng.getrandbits(31),
                                               len(data), data) for data, cap, drains in cases)
        done = subprocess.run([CLIENT, "read"], input=asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        at = 0
        seen = {"OK": 0, "SHAPE": 0, "JSON": 0, "entries": 0, "too large": 0, "left out": 0}
        for data, cap, drains in cases:
            end = done.stdout.index(b"\n", at)
            length = int(done.stdout[at:end])
            said = done.stdout[end + 1:end + 1 + length]
            at = end + 2 + length
            try:
                expected = Expected(data, cap, drains)
            except NotJson:
                seen["JSON"] += 1
                self.assertTrue(re.search(rb'(^|\n)JSON "', said), (data, cap, said))
                continue
            self.assertEqual(said, expected.said(), (data, cap, drains))
            seen["SHAPE" if expected.shape else "OK"] += 1
            seen["entries"] += said.count(b"]\n")
            seen["too large"] += said.count(b"(too large)\n")
            seen["left out"] += expected.items - len(expected.lines)
        self.assertEqual(at, len(done.stdout))
        for kind, least in (("OK", 2000), ("SHAPE", 300), ("JSON", 2000), ("entries", 2000), ("too large", 1000),
                            ("left out", 1000)):
            self.assertGreater(seen[kind], least, (kind, seen))


if __name__ == "__main__":
    unittest.main()
