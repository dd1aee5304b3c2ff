#!/usr/bin/python3
"""Is what the reader takes for JSON exactly RFC 8259? By exhaustion, against Python's json without extensions.

Every string of up to 7 characters over

    [ ] { } , : " \\ 0 - e and a space

is judged by the reader, whole and byte by byte: 39 million (12^0 + ... + 12^7). Python judges

  - all of up to 6 characters, every single one, with its own scanner (3.3 million);
  - of those with 7, all that an automaton of RFC 8259's grammar below lets through, which must be the very
    same that the reader lets through; and a sample of those that it does not: for each that is valid, three
    that are a character away from it, and as many again at random.

The automaton is not trusted: on the strings of up to 6 characters it must agree with Python as well. The rest
of the grammar (literals, numbers, escapes) has alphabets of its own, on which Python judges every string.

What Python's json lets pass beyond RFC 8259 does not come up: NaN and Infinity are refused by parse_constant, and the
alphabets have no BOM. Half a surrogate pair as \\ud83d is JSON for both, as it is for that grammar.
"""
import itertools
import json
import os
import random
import subprocess
import sys
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TOP + "/tests/common")
from built import built                                         # noqa: E402

CLIENT = built("build/host/tests/units/pure_driver")
MAIN = '[]{},:"\\0-e '


def refuse(name):
    raise ValueError(name)


DECODER = json.JSONDecoder(parse_constant=refuse)
SCAN = json.scanner.make_scanner(DECODER)
SPACE = " \t\n\r"


def python_accepts(text):
    """As json.loads does, but for making its exceptions, which would take longer than all the rest."""
    start = len(text) - len(text.lstrip(SPACE))
    try:
        end = SCAN(text, start)[1]
    except (StopIteration, ValueError):
        return False
    return not text[end:].strip(SPACE)


def reader_accepts(alphabet, length):
    """What the reader accepts, and how many strings it has judged."""
    done = subprocess.run([CLIENT, "judge", alphabet, str(length)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
    accepted = done.stdout.decode("ascii").split("\n")
    assert accepted.pop() == ""
    return set(accepted), int(done.stderr.decode().split("judged=")[1])


def strings(alphabet, length):
    for n in range(length + 1):
        for characters in itertools.product(alphabet, repeat=n):
            yield "".join(characters)


# --- RFC 8259 as an automaton: a state, and a stack of what is open -----------------------------------------

def step(state, stack, c):
    """(state, stack) after the character c, or None. States: what may come next, or what is being read."""
    if c == " " and state in ("value", "element or end", "name", "name or end", "colon", "next"):
        return state, stack
    if state in ("value", "element or end"):
        if c == "]" and state == "element or end":
            return "next", stack[:-1]
        if c in "[{":
            return ("element or end" if c == "[" else "name or end"), stack + c
        if c == '"':
            return "string", stack
        if c == "-":
            return "minus", stack
        return ("zero", stack) if c == "0" else None
    if state in ("name", "name or end"):
        if c == "}" and state == "name or end":
            return "next", stack[:-1]
        return ("name string", stack) if c == '"' else None
    if state == "colon":
        return ("value", stack) if c == ":" else None
    if state in ("string", "name string"):
        if c == "\\":
            return state + " escape", stack
        if c == '"':
            return ("next" if state == "string" else "colon"), stack
        return state, stack
    if state in ("string escape", "name string escape"):
        return (state[:-len(" escape")], stack) if c in '"\\' else None
    if state == "minus":
        return ("zero", stack) if c == "0" else None
    if state == "zero" and c == "e":
        return "e", stack
    if state in ("e", "e sign", "exponent"):
        if c == "-" and state == "e":
            return "e sign", stack
        if c == "0":
            return "exponent", stack
        if state != "exponent":
            return None
    if state in ("zero", "exponent"):       # the number has ended
        return ("next", stack) if c == " " else step("next", stack, c)
    if state == "next" and stack:
        if c == ",":
            return ("value" if stack[-1] == "[" else "name"), stack
        if c == ("]" if stack[-1] == "[" else "}"):
            return "next", stack[:-1]
    return None


def automaton_accepts(length):
    """All strings of exactly `length` that the grammar derives."""
    alive = [("", "value", "")]     # a prefix that comes to nothing is not followed
    for _ in range(length):
        alive = [(text + c, *after) for text, state, stack in alive for c in MAIN
                 for after in [step(state, stack, c)] if after is not None]
    return {text for text, state, stack in alive if not stack and state in ("next", "zero", "exponent")}


class Grammar(unittest.TestCase):
    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        cls.reader, cls.judged = reader_accepts(MAIN, 7)

    def same(self, one, other):
        self.assertEqual(sorted(one - other)[:20], [])
        self.assertEqual(sorted(other - one)[:20], [])

    def test_scanner_is_json_loads(self):
        """python_accepts says what json.loads says."""
        more = ["[0e0]", ' {"": -0}', "[0 ]\n", "[0,]", "NaN", "[Infinity]", "-Infinity"]
        for text in itertools.chain(strings(MAIN, 3), more):
            try:
                json.loads(text, parse_constant=refuse)
                accepted = True
            except ValueError:
                accepted = False
            self.assertEqual(python_accepts(text), accepted, text)

    def test_up_to_6(self):
        short = {text for text in self.reader if len(text) <= 6}
        self.same(short, {text for text in strings(MAIN, 6) if python_accepts(text)})
        for length in range(7):
            self.same({text for text in short if len(text) == length}, automaton_accepts(length))

    def test_all_of_7(self):
        self.assertEqual(self.judged, sum(len(MAIN) ** n for n in range(8)))
        reader = {text for text in self.reader if len(text) == 7}
        self.same(reader, automaton_accepts(7))
        self.assertGreater(len(reader), 10000)
        for text in reader:
            self.assertTrue(python_accepts(text), text)
        rng = random.Random(8259)
        near = 0
        for text in reader:
            for at in rng.sample(range(7), 3):
                other = text[:at] + rng.choice(MAIN) + text[at + 1:]
                near += 1
                self.assertEqual(python_accepts(other), other in reader, other)
        for _ in range(near):
            other = "".join(rng.choices(MAIN, k=7))
            self.assertEqual(python_accepts(other), other in reader, other)

    def check(self, alphabet, length, at_least):
        reader, judged = reader_accepts(alphabet, length)
        self.assertEqual(judged, sum(len(alphabet) ** n for n in range(length + 1)))
        self.same(reader, {text for text in strings(alphabet, length) if python_accepts(text)})
        self.assertGreaterEqual(len(reader), at_least)

    def test_numbers(self):
        self.check("019.-+eE, []", 5, 1000)
        self.check("01.-+eE", 6, 1000)

    def test_literals(self):
        self.check("truefalsn", 5, 3)
        self.check("[]nul,", 7, 6)

    def test_escapes(self):
        self.check('"\\u0dDgbfnrt/', 5, 100)
        self.check('"\\u0aF', 8, 1000)
        self.check('"\\ud8C', 8, 1000)     # and half surrogates

    def test_control_characters(self):
        self.check('[]"\t\r\x01\x1f\x7f\x0b', 5, 50)

    def test_half_surrogates(self):
        halves = {text for text in reader_accepts('"\\ud8', 8)[0] if "\\ud8" in text}
        self.assertIn('"\\ud8d8"', halves)
        self.assertNotIn('"\\ud88u"', halves)

    def test_objects(self):
        self.check('{}":,1', 8, 20)


if __name__ == "__main__":
    unittest.main()
