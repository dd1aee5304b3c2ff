#!/usr/bin/python3
"""Holds the README to its word: its program is compiled and run as it stands there, its commands are there, and its
figures are those of this tree.

    tests/e2e/test_readme.py --figures    prints the table of figures as the README should have it
"""
import glob
import os
import re
import subprocess
import sys
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [TOP + "/tests/e2e", TOP + "/tests/hub", TOP + "/tests/common"]
import operations                                               # noqa: E402
import standin                                                  # noqa: E402
from built import built                                         # noqa: E402

with open(TOP + "/README.md", encoding="utf-8") as f:
    README = f.read()
HOST = TOP + "/build/host/"
WARNINGS = "-std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wvla -Wstrict-prototypes -Werror".split()
# Another release of the compiler may come out a little elsewhere; a figure that is further off is no longer true.
TOLERANCE = 0.02

# What the README's table shows, and which command prints it.
FIGURES = [
    ("invite_flash_m3", "bench/size", "bytes of flash on Cortex-M3 to invite: request, reply, JSON, jsmn; without TLS and libc"),
    ("all_operations_flash_m3", "bench/size", "the same for all nine operations"),
    ("invite_stack_m3", "bench/size", "bytes of stack to invite, without the port's"),
    ("tls_glue_flash_m3", "bench/size", "bytes of flash of our TLS layer, without mbedTLS"),
    ("mbedtls_flash_m3", "bench/size", "bytes of flash of mbedTLS with TLS 1.2 and 1.3"),
    ("mbedtls_flash_m3_tls12", "bench/size", "bytes of flash of mbedTLS with TLS 1.2 only"),
]


def measured(target):
    done = subprocess.run([TOP + "/tests/" + target], stdout=subprocess.PIPE, check=True, text=True)
    return dict(re.findall(r"^(\w+)=([\d.]+)$", done.stdout, re.M))


def figures():
    values = {target: measured(target) for target in {target for _, target, _ in FIGURES}}
    return [(name, float(values[target][name]), what) for name, target, what in FIGURES]


class Program(unittest.TestCase):
    def test_compiles_and_runs_as_it_stands_there(self):
        built(*("build/host/lib%s.a" % name for name in ("ango", "ango_posix", "ango_mbedtls")))
        program = re.search(r"^```c\n(.*?)^```", README, re.M | re.S).group(1)
        with standin.StandIn(TOP + "/build/pki") as s, tempfile.TemporaryDirectory() as folder:
            with open(folder + "/program.c", "w", encoding="utf-8") as f:
                f.write(program)
            with open(folder + "/anchors.h", "w", encoding="utf-8") as f:
                subprocess.run([TOP + "/port/pem2c", s.ca], stdout=f, check=True)
            with open(folder + "/settings.h", "w", encoding="utf-8") as f:
                f.write('#define HOST "localhost"\n#define PORT %d\n#define API_KEY "%s"\n#define ORGANIZATION "%s"\n'
                        '#define PROJECT_1 "%s"\n#define PROJECT_2 "%s"\n' % (s.port, s.key, s.org, *s.projects))
            subprocess.run(["gcc", *WARNINGS, "-O2", "-I" + TOP + "/include", "-I" + TOP + "/port/posix", "-I" + folder,
                            folder + "/program.c", HOST + "libango.a", HOST + "libango_posix.a",
                            HOST + "libango_mbedtls.a", "-lpthread", "-o", folder + "/program"], check=True)
            done = subprocess.run([folder + "/program"], stdout=subprocess.PIPE, timeout=60, text=True)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn("accepted: done", done.stdout)
            self.assertEqual({invite["to"]: len(invite["projectAssignments"]) for invite in s.state()["invites"]},
                             {"user_1@example.com": 2, "user_2@example.com": 2})


class Claims(unittest.TestCase):
    def test_what_an_invitation_takes_of_the_buffer(self):
        told = int(re.search(r"about (\d+) bytes for each invitation", README).group(1))
        with standin.StandIn(operations.PKI, rate=0, seed={"invites": 100}) as s:
            with operations.Client(operations.build("host"), s, 12288) as client:
                _, result = client("invites", 1, 100)
        self.assertEqual(result.items, 100)
        self.assertTrue(50 < result.kept < 100)
        self.assertAlmostEqual(told, 12288 / result.kept, delta=0.05 * told)

    def test_what_is_said_of_large_lists(self):
        self.assertIn("a list of 10,000 people passes through %d bytes" % operations.LIST_BUFFER, README)


class Words(unittest.TestCase):
    def test_each_make_target_exists(self):
        with open(TOP + "/Makefile", encoding="utf-8") as f:
            rules = f.read()
        for more in re.findall(r"^include (\S+/\S+\.mk)$", rules, re.M):
            if not more.startswith("$"):
                with open(os.path.join(TOP, more), encoding="utf-8") as f:
                    rules += f.read()
        targets = set(re.findall(r"(?m)(?:`|^)make ([a-z][a-z-]+)", README))
        self.assertGreater(len(targets), 10)
        for target in sorted(targets):
            found = re.search(r"(?m)^(?:[\w. -]* )?%s[\w. -]*:" % re.escape(target), rules)
            self.assertTrue(found, "make " + target)

    def test_each_function_is_declared(self):
        headers = ""
        for name in ("ango.h", "ango_port.h", "ango_tls.h", "ango_trust.h", "ango_outbox.h"):
            with open(TOP + "/include/" + name, encoding="utf-8") as f:
                headers += f.read()
        names = set(re.findall(r"\bango_(?!posix)[a-z_]+[a-z]\b", README)) | set(re.findall(r"\bANGO_[A-Z0-9_]+", README))
        in_config = {"ANGO_ECP_RESTARTABLE", "ANGO_EVEREST", "ANGO_TLS12", "ANGO_TLS13", "ANGO_SMALL"}
        outside = {"ANGO_ORG", "ANGO_API_KEY", "ANGO_KEY_FILE", "ANGO_POSIX_PORT", "ango_mbedtls_config"} | in_config
        self.assertEqual([name for name in sorted(names - outside) if not re.search(r"\b%s\b" % name, headers)], [])
        with open(TOP + "/src/ango_mbedtls_config.h", encoding="utf-8") as f:
            config = f.read()
        self.assertEqual([name for name in sorted(in_config) if name not in config], [])

    def test_each_path_exists(self):
        in_port = (os.path.relpath(path, TOP)[:-len("README.md")] for path in glob.glob(TOP + "/port/*/README.md"))
        for readme in ("", "src/", "port/", *in_port, "tests/", "tests/hostile/"):
            with open(TOP + "/" + readme + "README.md", encoding="utf-8") as f:
                text = f.read()
            for linked, named in re.findall(r"\]\(([\w/.-]+)(?:#[\w-]*)?\)|`((?:src|include|port|tests)/[\w./]+)`", text):
                with self.subTest(readme=readme, path=linked or named):
                    path = readme + linked if linked else named
                    self.assertTrue(os.path.exists(os.path.join(TOP, path)))


class Figures(unittest.TestCase):
    def test_the_table_is_true(self):
        shown = {name: float(value.replace(",", ""))
                 for name, value in re.findall(r"^\| `(\w+)` \| ([\d,.]+) \|", README, re.M)}
        self.assertEqual(set(shown), {name for name, _, _ in FIGURES})
        for name, value, _ in figures():
            self.assertAlmostEqual(shown[name], value, delta=TOLERANCE * value, msg=name)


if __name__ == "__main__":
    if sys.argv[1:] == ["--figures"]:
        for name, value, what in figures():
            print("| `%s` | %s | %s |" % (name, format(int(value), ","), what))
    else:
        unittest.main()
