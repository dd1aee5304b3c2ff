"""What is tried in QEMU, made as `make firmware` does."""
import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.append(TOP + "/tests/common")
from built import alone                                         # noqa: E402

# The caller's, which would change what is made, and its job server.
THEIRS = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "VARIANT", "BOARD")


def make(*arguments):
    environment = {name: value for name, value in os.environ.items() if name not in THEIRS}
    with alone():
        subprocess.run((TOP + "/port/packages", "qemu-system-arm:qemu-system-arm"), check=True)
        subprocess.run(("make", "--no-print-directory", "-s", "-j2", *arguments), cwd=TOP, env=environment, check=True,
                       stdout=subprocess.DEVNULL)
