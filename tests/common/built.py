"""Programs that tests run, made up to date first: a test never tries yesterday's code. One at a time, for tests run side by side."""
import contextlib
import fcntl
import os
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@contextlib.contextmanager
def alone():
    """Nobody else makes anything in build/ meanwhile who asks for this."""
    os.makedirs(TOP + "/build", exist_ok=True)
    with open(TOP + "/build/making.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def built(*paths, variant=None, extra=()):
    """Makes build/FOLDER/... of one variant, which FOLDER names if nobody says another; the first's absolute path."""
    folder = paths[0].split("/")[1]
    make = [os.environ.get("MAKE", "make"), "--no-print-directory", "-s", "-j2", "WERROR=1",
            "VARIANT=" + (variant or folder), "BUILD=build/" + folder, *extra, *paths]
    # A job server is for make's own children only.
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL")}
    with alone():
        subprocess.run(make, cwd=TOP, check=True, env=environment, stdin=subprocess.DEVNULL)
    return os.path.join(TOP, paths[0])
