"""What is tried in QEMU, made as `make firmware` does."""
import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.append(TOP + "/tests/common")
import built                                                    # noqa: E402


def make(*arguments):
    with built.alone():
        subprocess.run((TOP + "/port/packages", "qemu-system-arm:qemu-system-arm"), check=True)
    built.make(*arguments)
