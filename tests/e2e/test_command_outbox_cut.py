#!/usr/bin/python3
"""The outbox's file, with the command killed, or the power cut, at every call that writes, and with each of these calls failing.

After a kill the file is as it was written. After a cut of the power it is cut back to what was synced: of the rest each sector (8 bytes
here, as small as a medium can be) is there or not, as chance has it, and so is each name in the folder. cut_shim.c does both.
"""
import concurrent.futures
import errno
import itertools
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import test_command_outbox                                      # noqa: E402
from test_command import ANGO, DONE, SOME_FAILED         # noqa: E402
from built import built                                         # noqa: E402

SHIM = built("build/host/tests/e2e/cut_shim.so")
SECTOR = 8
SMALL = 8192                                                    # bytes of a file: two blocks, one of which holds entries at a time


def names(text, word):
    """Whom the command told so of."""
    return re.findall(r"(?m)^%s +(\S+@\S+)" % word, text)


class Place:
    """A folder with an outbox in it, and beside it what of the folder is synced."""

    def __init__(self, folder, box=None):
        self.folder, self.safe, self.box = folder, folder + ".safe", folder + "/box"
        os.makedirs(self.folder)
        if box:
            shutil.copyfile(box, self.box)
            os.chmod(self.box, 0o600)
        self.begin()

    def begin(self):
        """All that is there now is synced."""
        shutil.rmtree(self.safe, ignore_errors=True)
        os.makedirs(self.safe)
        with open(self.safe + "/names", "w", encoding="ascii") as f:
            for name in os.listdir(self.folder):
                inode = os.stat(os.path.join(self.folder, name)).st_ino
                f.write("%d %s\n" % (inode, name))
                shutil.copyfile(os.path.join(self.folder, name), "%s/ino-%d" % (self.safe, inode))

    def synced(self, inode):
        try:
            with open("%s/ino-%d" % (self.safe, inode), "rb") as f:
                return f.read()
        except FileNotFoundError:
            return b""

    def after_power(self, folder, chance):
        """Another place, with what a cut of the power leaves of this one."""
        with open(self.safe + "/names", encoding="ascii") as f:
            safe = {name: int(inode) for inode, name in map(str.split, f)}
        now = {name: os.stat(os.path.join(self.folder, name)).st_ino for name in os.listdir(self.folder)}
        content = {}
        for name, inode in now.items():
            with open(os.path.join(self.folder, name), "rb") as f:
                content[inode] = f.read()
        os.makedirs(folder)
        for name in sorted({**safe, **now}):
            inodes = {safe.get(name), now.get(name)}            # None: the name is not there
            inode = chance.choice(sorted(inodes, key=str))
            if inode is None:
                continue
            old = self.synced(inode)
            new = content.get(inode, old)
            old = old.ljust(len(new), b"\0")[:len(new)]         # its length may be written before what is in it
            with open(os.path.join(folder, name), "wb") as f:
                for at in range(0, len(new), SECTOR):
                    f.write(chance.choice((old, new))[at:at + SECTOR])
            os.chmod(f.name, 0o600)
        return folder


class Cut(test_command_outbox.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seed = int(os.environ.get("SEED") or random.randrange(1 << 32))
        cls.chance = random.Random(cls.seed)
        print("\noutbox_cut_seed=%d" % cls.seed)

    def setUp(self):
        super().setUp()
        if os.access("/dev/shm", os.W_OK):                      # what is synced is for cut_shim.c to say; no disk need be waited for
            self.folder = tempfile.mkdtemp(dir="/dev/shm")
            self.addCleanup(shutil.rmtree, self.folder)
        self.numbers = itertools.count()

    def new(self, box=None):
        return Place("%s/place%d" % (self.folder, next(self.numbers)), box)

    def empty_box(self, size=SMALL):
        """A small one, which is soon full: the first half of what the command makes is one of any even number of blocks."""
        self.box = self.new().box
        self.later("a@example.com", "--org", "o" * 400, status=SOME_FAILED)  # which is too long: it is made, and nobody is kept
        os.truncate(self.box, size)
        return self.box

    def cut(self, place, arguments, **how):
        """Runs the command with a call cut; (exit status, standard output)"""
        env = self.environment(LD_PRELOAD=SHIM, CUT_SAFE=place.safe, **{"CUT_" + k.upper(): str(v) for k, v in how.items()})
        done = subprocess.run([ANGO, *arguments, "--outbox", place.box], env=env, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60, check=False)
        return done.returncode, done.stdout.decode()

    def calls(self, place, arguments, **how):
        """How many calls that write there are where none is cut."""
        count = place.folder + ".count"
        status, _ = self.cut(place, arguments, count=count, **how)
        self.assertIn(status, (DONE, SOME_FAILED))
        with open(count, encoding="ascii") as f:
            return int(f.read())

    def each_call(self, place, arguments):
        """(call, half): every call that writes; every second one has then done half of it."""
        for call in range(1, self.calls(place, arguments) + 1):
            yield call, call % 2

    def listed(self, folder):
        self.box = folder + "/box"
        entries = self.kept() if os.path.exists(self.box) else []
        who = [entry["to"] for entry in entries]
        self.assertEqual(len(set(who)), len(who), entries)
        return {entry["to"]: entry for entry in entries}

    def both(self, place):
        """What is found after a kill, and what after a cut of the power."""
        return ("kill", place.folder), ("power", place.after_power(place.folder + ".power", self.chance))


class Making(Cut):
    def test_every_call(self):
        """Whoever was told to be kept is; and the next one keeps, whatever is left of the making."""
        arguments = ("invite", "--later", "--org", "o", "a@example.com")
        calls = self.calls(self.new(), arguments)
        self.assertGreater(calls, 256)
        for call in range(1, calls + 1):
            place = self.new()
            status, out = self.cut(place, arguments, at=call)
            self.assertEqual(status, -signal.SIGKILL)
            told = names(out, "kept")
            made = os.path.exists(place.box)
            if 12 < call < calls - 12 and call % 32 != 0 and not made:  # it is being erased
                shutil.rmtree(place.folder)
                continue
            for what, folder in self.both(place):
                with self.subTest(call=call, what=what, seed=self.seed):
                    self.box = folder + "/box"
                    self.later("b@example.com", "--org", "o")
                    self.assertLessEqual({"b@example.com", *told}, set(self.states()))
        print("outbox_cut_making=%d" % calls)


class Keeping(Cut):
    def full_box(self, size=SMALL, left=3):
        """One that has to be tidied for the last of 8, and then holds `left` and those."""
        self.empty_box(size)
        there = ["there%d@example.com" % i for i in range(size // 80)]
        self.later(*there, status=SOME_FAILED)                  # until it is full
        self.outbox("remove", *list(self.states())[:-left])     # whose room comes back only when some is made
        return self.box, self.listed(os.path.dirname(self.box))

    def test_every_call(self):
        """Nobody is lost who was told to be kept, nor who was there; also while room is made."""
        box, there = self.full_box()
        arguments = ("invite", "--later", "--org", self.s.org, *("new%d@example.com" % i for i in range(8)))
        kept, whole = 0, self.new(box)
        cuts = list(self.each_call(whole, arguments))
        with open(box, "rb") as before, open(whole.box, "rb") as after:
            for _ in range(2):                                  # room was made: the other half is written to
                self.assertNotEqual(before.read(SMALL // 2), after.read(SMALL // 2))
        for call, half in cuts:
            place = self.new(box)
            status, out = self.cut(place, arguments, at=call, half=half)
            self.assertEqual(status, -signal.SIGKILL)
            told = names(out, "kept")
            kept += len(told)
            for what, folder in self.both(place):
                with self.subTest(call=call, half=half, what=what, seed=self.seed):
                    listed = self.listed(folder)
                    self.assertLessEqual({*there, *told}, set(listed))
                    self.assertLessEqual(len(listed), len(there) + len(told) + 1)
                    self.assertEqual({who: listed[who] for who in there}, there)
        self.assertGreater(kept, 0)
        print("outbox_cut_keeping=%d" % len(cuts))

    def test_every_sync_fails(self):
        """What the system then takes for written, and is not, does not take anybody with it whom the next one keeps."""
        box, there = self.full_box(2 * SMALL, 60)               # so that the seal is in another page than what is put in next
        arguments = ("invite", "--later", "--org", self.s.org, *("new%d@example.com" % i for i in range(8)))
        calls = self.calls(self.new(box), arguments, syncs=1)
        for call in range(1, calls + 1):
            place = self.new(box)
            status, out = self.cut(place, arguments, at=call, error=errno.EIO, syncs=1)
            self.assertEqual(status, SOME_FAILED)
            told = set(names(out, "kept"))
            status, out = self.cut(place, ("invite", "--later", "--org", self.s.org, "more@example.com"))
            self.assertEqual((status, names(out, "kept")), (DONE, ["more@example.com"]))
            for what, folder in self.both(place):
                with self.subTest(call=call, what=what, seed=self.seed):
                    self.assertLessEqual({*there, *told, "more@example.com"}, set(self.listed(folder)))
        print("outbox_failing_syncs=%d" % calls)

    def test_every_call_fails(self):
        """Nobody is told to be kept who is not, and the status says so."""
        box = self.empty_box()
        arguments = ("invite", "--later", "--org", self.s.org, "a@example.com", "b@example.com", "c@example.com")
        calls = self.calls(self.new(box), arguments)
        for call in range(1, calls + 1):
            for error in (errno.EIO, errno.ENOSPC):
                with self.subTest(call=call, error=error):
                    place = self.new(box)
                    status, out = self.cut(place, arguments, at=call, error=error)
                    told = names(out, "kept")
                    self.assertEqual(status, DONE if len(told) == 3 else SOME_FAILED, out)
                    for _, folder in self.both(place):
                        self.assertLessEqual(set(told), set(self.listed(folder)))
        print("outbox_failing_calls=%d" % (2 * calls))


class Changing(Cut):
    def test_every_call(self):
        """Who is told to be removed stays so, who is not told of is there or not, and nobody else is touched."""
        self.empty_box()
        people = ["p%d@example.com" % i for i in range(4)]
        self.later(*people)
        box = self.box
        cuts = 0
        for leaving in (people[1:3], people):                   # the second: the file is wiped, too
            arguments = ("outbox", "remove", *leaving)
            for call, half in self.each_call(self.new(box), arguments):
                place = self.new(box)
                status, out = self.cut(place, arguments, at=call, half=half)
                self.assertEqual(status, -signal.SIGKILL)
                told = re.findall(r"(?m)^removed .* (\S+@\S+)$", out)
                cuts += 1
                for what, folder in self.both(place):
                    with self.subTest(leaving=len(leaving), call=call, half=half, what=what, seed=self.seed):
                        listed = set(self.listed(folder))
                        self.assertFalse(listed & set(told))
                        self.assertLessEqual(set(people) - set(leaving), listed)
                        self.assertLessEqual(len(set(people) - listed), len(told) + 1)
        print("outbox_cut_changing=%d" % cuts)


class Sending(Cut):
    def test_every_call(self):
        """Each is invited once, wherever sending was cut, and goes on."""
        empty = self.empty_box()
        arguments = ("outbox", "send", *self.here("--timeout", "1"))
        people, left = [], []

        def place_with_two(name):
            place = self.new(empty)
            both = ["%s_%d@example.com" % (name, n) for n in range(2)]
            self.box = place.box
            self.later(*both)
            place.begin()
            people.extend(both)
            return place

        cuts = list(self.each_call(place_with_two("count"), arguments))
        for call, half in cuts:
            for what in ("kill", "power"):
                place = place_with_two("%s%d_%d" % (what, call, half))
                status, out = self.cut(place, arguments, at=call, half=half)
                self.assertEqual(status, -signal.SIGKILL)
                self.assertLessEqual(set(names(out, "invited")), set(self.s.invites()))
                left.append(place.folder if what == "kill" else place.after_power(place.folder + ".power", self.chance))

        def finish(folder):
            done = subprocess.run([ANGO, "outbox", "send", *self.here("--timeout", "1", "--retry-for", "30"),
                                   "--outbox", folder + "/box"], env=self.environment(), stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=120, check=False)
            return done.returncode, done.stdout.decode()

        with concurrent.futures.ThreadPoolExecutor(8) as pool:  # they mostly wait, to look a second time
            for status, out in pool.map(finish, left):
                self.assertEqual(status, DONE, out)
        lost = set(people) - set(self.s.invites())
        print("outbox_cut_sending=%d\noutbox_cut_lost=%d\noutbox_cut_doubled=%d" % (len(cuts), len(lost), self.s.doubled()))
        self.assertEqual(lost, set(), "SEED=%d" % self.seed)
        self.all_once(people)


if __name__ == "__main__":
    unittest.main()
