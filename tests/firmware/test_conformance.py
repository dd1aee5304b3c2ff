#!/usr/bin/python3
"""The port to lwIP against its contract, on each board in QEMU: tests/ports/conformance.c, over Ethernet.

Closes with conformance_checks, conformance_failed and conformance_skipped for each board.
"""
import os
import re
import subprocess
import sys
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [TOP + "/port/desk", TOP + "/tests/ports"]
import building                                                 # noqa: E402
import emulate                                                  # noqa: E402
import peer as peers                                            # noqa: E402

FIGURES = {}
NAMES = {emulate.NAME: emulate.SERVER, "slow.test": None, "refused.test": (emulate.REFUSING, emulate.SERVER),
         "silent.test": (emulate.SILENT, emulate.SERVER)}


def boards():
    with open(TOP + "/port/desk/desk.mk", encoding="utf-8") as file:
        return re.search(r"^BOARDS := (.*)$", file.read(), re.M).group(1).split()


def build(board, target):
    building.make("VARIANT=m3", "BOARD=" + board, target)


def setUpModule():
    subprocess.run((TOP + "/tests/hub/pki",), check=True, stdout=subprocess.DEVNULL)


def tearDownModule():
    print()
    for name in sorted(FIGURES):
        print("%s=%d" % (name, FIGURES[name]))
    sys.stdout.flush()


class Lwip(unittest.TestCase):
    def conform(self, board):
        build(board, "conformance-elf")
        elf = "%s/build/m3/%s/conformance.elf" % (TOP, board)
        with peers.Peer() as peer, emulate.Emulator(elf, peer.port, shift=None, names=NAMES) as device:
            device.expect("until then nothing is sent")
            device.give_start()
            text = device.expect(r"^Ready\.\n((?:.*\n)*?)conformance_skipped=\d+\n", 900).group(0)
            stack = int(device.expect(r"^stack_peak=(\d+)\n").group(1))
        told = {name: int(number) for name, number in re.findall(r"^conformance_(\w+)=(\d+)$", text, re.M)}
        for name, number in told.items():
            FIGURES["conformance_%s_%s" % (name, board)] = number
        FIGURES["conformance_stack_peak_" + board] = stack
        with open(TOP + "/port/README.md", encoding="utf-8") as file:
            told_most = re.search(r"([\d,]+) bytes of stack, lwIP's included", file.read()).group(1)
        self.assertLess(stack, int(told_most.replace(",", "")))
        self.assertEqual((told["failed"], told["skipped"]), (0, 0), text)
        self.assertGreaterEqual(told["checks"], 35)

    def test_every_board(self):
        """Among these are connections given up, and a first address that is dead: rows 158 and 159."""
        for board in boards():
            with self.subTest(board=board):
                self.conform(board)


if __name__ == "__main__":
    unittest.main()
