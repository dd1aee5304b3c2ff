"""What the tests of frameworks share: commands that show their output when they fail, an mbedTLS as a platform has it,
and an invitation by a program that was built."""
import os
import re
import shutil
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [TOP + "/tests/hub", TOP + "/tests/common"]
from built import alone, make                                   # noqa: E402
from standin import StandIn                                     # noqa: E402

HERE = TOP + "/tests/frameworks"
MBEDTLS = os.path.abspath(os.path.join(TOP, os.environ.get("MBEDTLS_DIR", "build/deps/mbedtls")))
JSMN = os.path.abspath(os.path.join(TOP, os.environ.get("JSMN_DIR", "build/deps/jsmn")))
# A job server, and what a caller of make had to say, are for make's own children only.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
# By these names a compiler cache is found, too.
ENVIRONMENT.update(CC="gcc", CXX="g++")


def run(*command, cwd=TOP, **environment):
    """Runs it; what it said, or an AssertionError that has that."""
    done = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=dict(ENVIRONMENT, **environment), text=True, errors="replace")
    if done.returncode != 0:
        raise AssertionError("%s -> %d\n%s" % (" ".join(command), done.returncode, done.stdout[-6000:]))
    return done.stdout


def platform_mbedtls():
    """An installed mbedTLS in its own configuration, built by its own CMakeLists; the prefix. Kept for the next time."""
    with alone():
        return made_platform_mbedtls()


def made_platform_mbedtls():
    prefix = TOP + "/build/frameworks/mbedtls"
    pins, made = MBEDTLS + "/.pins", prefix + "/made-from"
    wanted = MBEDTLS + "\n"
    if os.path.exists(pins):
        with open(pins, encoding="utf-8") as file:
            wanted += file.read()
    if os.path.exists(made):
        with open(made, encoding="utf-8") as file:
            if file.read() == wanted:
                return prefix
    shutil.rmtree(prefix, ignore_errors=True)
    build = prefix + "/build"
    # Not optimised: it is made once and used for a few handshakes.
    run("cmake", "-S", MBEDTLS, "-B", build, "-G", "Ninja", "-DENABLE_TESTING=OFF", "-DENABLE_PROGRAMS=OFF", "-DCMAKE_BUILD_TYPE=None",
        "-DCMAKE_INSTALL_PREFIX=" + prefix, "-DCMAKE_INSTALL_LIBDIR=lib")
    run("cmake", "--build", build, "--parallel", "2")
    run("cmake", "--install", build)
    shutil.rmtree(build)
    with open(made, "w", encoding="utf-8") as file:
        file.write(wanted)
    return prefix


def invites(case, *program, **environment):
    """Holds that the program invites somebody on the stand-in."""
    with StandIn(TOP + "/build/pki") as hub:
        arguments = str(hub.port), hub.ca, hub.key, hub.org, "ada@example.com"
        case.assertEqual(run(*program, *arguments, **environment), "accepted: done\n")
        case.assertEqual([invite["to"] for invite in hub.state()["invites"]], ["ada@example.com"])


def shown(library):
    """Names that others can link to."""
    lines = run("nm", "-g", "--defined-only", library).splitlines()
    return {line.split()[-1] for line in lines if len(line.split()) == 3}


def laid_out(name):
    """What `make dist-NAME` lays out: the folder that a tool takes as its root. Its documents link nothing that is not there."""
    make("dist-" + name)
    tree = "%s/build/dist/%s/ango" % (TOP, name)
    for document in ("README.md", "GUIDE.md"):
        with open(tree + "/" + document, encoding="utf-8") as file:
            links = re.findall(r"\]\(([^):#]+)[^):]*\)", file.read())
        lost = [link for link in links if not os.path.exists(tree + "/" + link)]
        if lost:
            raise AssertionError("%s links %s" % (document, lost))
    return tree


def version():
    with open(TOP + "/include/ango.h", encoding="utf-8") as file:
        return re.search(r'^#define ANGO_VERSION "(.*)"', file.read(), re.M).group(1)


def configured(kconfig, values, *files, **environment):
    """What Kconfig makes of these files and values, with an error for each thing that it would only warn of."""
    import kconfiglib                                           # pylint: disable=import-outside-toplevel
    os.environ.update(environment, KCONFIG_WARN_UNDEF="y", srctree="")
    config = kconfiglib.Kconfig(kconfig, warn_to_stderr=False)
    config.warn_assign_undef = True
    for path in files:
        config.load_config(path, replace=path == files[0])
    for name, value in values.items():
        if not config.syms[name].set_value(value):
            raise AssertionError("%s cannot be %s" % (name, value))
    if config.warnings:
        raise AssertionError("\n".join(config.warnings))
    return config
