"""Programs that tests run, made up to date first: a test never tries yesterday's code."""
import os
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def built(*paths, variant=None, extra=()):
    """Makes build/FOLDER/... of one variant, which FOLDER names if nobody says another; the first's absolute path."""
    folder = paths[0].split("/")[1]
    make = [os.environ.get("MAKE", "make"), "--no-print-directory", "-s", "-j2", "WERROR=1",
            "VARIANT=" + (variant or folder), "BUILD=build/" + folder, *extra, *paths]
    # A job server is for make's own children only.
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL")}
    subprocess.run(make, cwd=TOP, check=True, env=environment, stdin=subprocess.DEVNULL)
    return os.path.join(TOP, paths[0])
