"""What tests run, made up to date first: a test never tries yesterday's code. One at a time, for tests run side by side."""
import contextlib
import fcntl
import os
import subprocess

# A caller's, which would change what is made, and its job server, which only its own children can use.
THEIRS = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "VARIANT", "BOARD")
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@contextlib.contextmanager
def alone():
    """Nobody else makes anything in build/ meanwhile who asks for this."""
    os.makedirs(TOP + "/build", exist_ok=True)
    with open(TOP + "/build/making.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make(*arguments, env=os.environ, check=True, stdout=subprocess.DEVNULL, **options):
    """Runs make in the project; the options are subprocess.run's, and so is what is returned."""
    command = (os.environ.get("MAKE", "make"), "--no-print-directory", "-s", "-j2", *arguments)
    environment = {name: value for name, value in env.items() if name not in THEIRS}
    with alone():
        return subprocess.run(command, cwd=TOP, env=environment, check=check, stdin=subprocess.DEVNULL, stdout=stdout, **options)


def built(*paths, variant=None, extra=()):
    """Makes build/FOLDER/... of one variant, which FOLDER names if nobody says another; the first's absolute path."""
    folder = paths[0].split("/")[1]
    make("WERROR=1", "VARIANT=" + (variant or folder), "BUILD=build/" + folder, *extra, *paths, stdout=None)
    return os.path.join(TOP, paths[0])
