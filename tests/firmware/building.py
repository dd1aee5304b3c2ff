"""What is tried in QEMU, made one at a time: two tests that run side by side share the folders of build/."""
import fcntl
import os
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# The caller's, which would change what is made, and its job server.
THEIRS = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "VARIANT", "BOARD", "SNTP")


def make(*arguments):
    environment = {name: value for name, value in os.environ.items() if name not in THEIRS}
    os.makedirs(TOP + "/build", exist_ok=True)
    with open(TOP + "/build/firmware.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run((TOP + "/port/packages", "qemu-system-arm:qemu-system-arm"), check=True)
        subprocess.run(("make", "--no-print-directory", "-s", "-j2", *arguments), cwd=TOP, env=environment, check=True,
                       stdout=subprocess.DEVNULL)
