#!/usr/bin/python3
"""The ango command with a list of 400 people while the server is away for 1, 10 and 60 seconds: it refuses connections, is silent, or
cannot be reached, and goes away in each phase of an exchange. All of it at once, so that it takes as long as the longest.

    tests/e2e/test_command_outages.py     tries build/host/ango, or the command that the environment's ANGO names

"Cannot be reached" is a rule for a port, in a network namespace of its own: it is left out where the system allows none.
"""
import collections
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import test_command                                             # noqa: E402
from test_command import DONE, PKI, standin                     # noqa: E402

PEOPLE = ["p%d@example.com" % i for i in range(400)]
OWN_NETWORK = "OWN_NETWORK"                                     # set where this runs in a network namespace of its own
UNREACHABLE = "ip rule %s pref 1 ipproto tcp dport %d unreachable"

# Where the exchange stands when the server goes away: what the server does to keep it there, and when it has come so far.
Phase = collections.namedtuple("Phase", "name fault reached")
PHASES = (
    Phase("before connecting", None, None),
    Phase("handshake", {"on": "connect", "raw": "\x16\x03\x03", "stall": True}, ("connections", 1)),
    Phase("request sent, not done", {"skip": 1, "apply": False, "raw": "", "stall": True}, ("requests", 2)),
    Phase("request sent, done", {"skip": 1, "apply": True, "raw": "", "stall": True}, ("requests", 2)),
    Phase("half a reply", {"skip": 2, "apply": True, "cut": 700, "stall": True}, ("requests", 3)))


def run(command):
    subprocess.run(command.split(), check=True, stdout=subprocess.DEVNULL)


class Refuses:
    """Nobody listens, and the connections that there were are over."""

    def begin(self, s):
        s.pause()

    def end(self, s):
        s.resume()


class Silent:
    """Connections can be made, and nothing is said on them; what was being said is not said to its end."""

    def begin(self, s):
        s.fault(on="connect", raw="", stall=True, times=999)

    def end(self, s):
        s.faults.clear()


class Unreachable:
    """There is no way to it, from one moment to the next."""

    def begin(self, s):
        run(UNREACHABLE % ("add", s.port))

    def end(self, s):
        run(UNREACHABLE % ("del", s.port))


class Outage(threading.Thread):
    """A server, a command, and an outage in between; `wrong` is what should not have been."""

    def __init__(self, case, how, phase, seconds):
        super().__init__(name="%s, %s, %d s" % (how.__name__, phase.name, seconds))
        self.case, self.how, self.phase, self.seconds = case, how(), phase, seconds
        self.s = standin.StandIn(PKI, rate=0)
        self.wrong = "it did not come to its end"

    def run(self):
        with self.s:
            try:
                self.wrong = self.outage()
            except (OSError, ValueError, AssertionError, subprocess.SubprocessError) as error:
                self.wrong = repr(error)

    def wait_for_phase(self, child):
        deadline = time.monotonic() + 120
        while self.phase.reached and self.s.counts()[self.phase.reached[0]] < self.phase.reached[1]:
            if time.monotonic() > deadline or child.poll() is not None:
                raise AssertionError("it has not come to the phase")
            time.sleep(0.01)

    def outage(self):
        """What went wrong, or None."""
        if self.phase.fault:
            self.s.fault(**self.phase.fault)
        else:
            self.how.begin(self.s)
        with self.case.start_with(self.s) as child:
            self.wait_for_phase(child)
            if self.phase.fault:
                self.how.begin(self.s)
            time.sleep(self.seconds)
            self.how.end(self.s)
            out, err = child.communicate(timeout=280)
        return self.judge(child.returncode, out.decode(), err.decode())

    def judge(self, status, out, err):
        *people, last = [json.loads(line) for line in out.splitlines()]
        asked = {invite["asked"] for invite in self.s.state()["invites"]}
        seen = (status, last["invited"], last["error"], len(people), sorted(self.s.invites()) == sorted(PEOPLE), self.s.doubled(), asked)
        return None if seen == (DONE, 400, None, 400, True, 0, {1}) else "%s\n%s" % (seen, err)


class Outages(test_command.Case):
    @classmethod
    def setUpClass(cls):
        """Each outage has a server of its own."""

    def setUp(self):
        """So nothing is to be set back."""
        self.folder = tempfile.mkdtemp()
        self.addCleanup(os.rmdir, self.folder)

    def start_with(self, s):
        child = subprocess.Popen([test_command.ANGO, "invite", "--host", "127.0.0.1:%d" % s.port, "--ca", s.ca, "--org", s.org,
                                  "--timeout", "15", "--json", "--from", "-"], env=self.environment(s.key),
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        child.stdin.write("\n".join(PEOPLE).encode())
        child.stdin.close()
        child.stdin = None
        return child

    def test_nobody_is_lost_or_doubled(self):
        ways = (Refuses, Silent, Unreachable) if os.environ.get(OWN_NETWORK) else (Refuses, Silent)
        wanted = [(how, phase, seconds) for how in ways for phase in PHASES for seconds in (1, 10)]
        wanted += [(how, PHASES[3], 60) for how in ways]
        outages = [Outage(self, *each) for each in wanted]
        for outage in outages:
            outage.start()
        for outage in outages:
            outage.join()
            with self.subTest(outage.name):
                self.assertIsNone(outage.wrong, outage.wrong)
        print("outages=%d" % len(outages))


def enter_own_network():
    """Runs this again in a network namespace, where there can be one."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"                    # of ip
    for flags in ("-rn", "-n"):
        trial = "ip link set lo up && " + UNREACHABLE % ("add", 1)
        inside = ("unshare", flags, "sh", "-c")
        try:
            able = subprocess.run((*inside, trial), stderr=subprocess.DEVNULL, check=False).returncode == 0
        except FileNotFoundError:
            able = False
        if able:
            os.environ[OWN_NETWORK] = "1"
            os.execvp(inside[0], (*inside, 'ip link set lo up && exec "$@"', "sh", sys.executable, *sys.argv))


if __name__ == "__main__":
    if OWN_NETWORK not in os.environ:
        enter_own_network()
    unittest.main()
