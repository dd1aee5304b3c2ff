#!/usr/bin/python3
"""What is fetched is what port/deps/pins says, to the byte, and offline nothing changes: row 174.

Over archives of Debian packages in a temporary folder, so without a network: fetch and update run in a copy of port/deps.
"""
import hashlib
import io
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATCH = "--- a/thing.c\n+++ b/thing.c\n@@ -1 +1 @@\n-int flaw;\n+int fixed;\n"
# What update asks of apt, answered from a folder.
STUB = '#!/bin/sh\ncase "$0 $*" in\n*apt-get*) [ ! -e "%s/away" ] ;;\n*showsrc*) cat "%s/showsrc" ;;\n*madison*) cat "%s/madison" ;;\nesac\n'


def archive(path, files):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with tarfile.open(path, "w:xz") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.uid, entry.mtime = len(text), 0o644, 4711, 1000000000
            tar.addfile(entry, io.BytesIO(text.encode()))
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def contents(folder):
    """Of each file its bytes, and whether it can be run."""
    found = {}
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = (file.read(), os.stat(path).st_mode & 0o100)
    return found


class Archive(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        shutil.copytree(TOP + "/port/deps", self.root + "/port/deps")
        os.mkdir(self.root + "/empty")
        with open(self.root + "/apt.conf", "w", encoding="ascii") as file:
            file.write('Acquire::Retries::Delay "false";\n')         # a file that is missing here will not come back
        self.publish("1.1.0")

    def publish(self, version):
        """Puts a version of "thing", and its patch, into the archive; what pins have to say of it."""
        self.files = []
        for name, files in (("thing_%s.orig.tar.xz" % version, {"thing-1/thing.c": "int flaw;\n",
                                                                "thing-1/ChangeLog": "1.1.1\n * CVE-1-1 mended\n1.1.0\n"}),
                            ("thing_%s-2.debian.tar.xz" % version, {"debian/patches/series": "# ours\nmend.patch -p1\n",
                                                                    "debian/patches/mend.patch": PATCH})):
            self.files.append(("t/thing/" + name, archive(self.root + "/archive/pool/main/t/thing/" + name, files)))
        return "".join("thing trixie %s-2 %s %s\n" % (version, path, digest) for path, digest in self.files)

    def pin(self, lines):
        with open(self.root + "/port/deps/pins", "w", encoding="ascii") as file:
            file.write(lines)

    def run_it(self, tool, *words, mirrors="archive", umask=0o022, **environment):
        environment = dict(os.environ, DEBIAN_MIRROR=" ".join("copy:%s/%s" % (self.root, name) for name in mirrors.split()),
                           APT_CONFIG=self.root + "/apt.conf", **environment)
        done = subprocess.run((self.root + "/port/deps/" + tool, *words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              umask=umask, env=environment, check=False)
        return done.returncode, done.stdout


class Fetch(Archive):
    def test_patches_are_applied_and_a_second_run_needs_nothing(self):
        self.pin(self.publish("1.1.0"))
        self.assertEqual(self.run_it("fetch", "thing"), (0, "fetch: thing 1.1.0-2\n"))
        first = contents(self.root + "/build/deps")
        self.assertEqual(first["thing/thing.c"], (b"int fixed;\n", 0))
        self.assertEqual(self.run_it("fetch", "thing", mirrors="empty"), (0, ""))
        self.assertEqual(contents(self.root + "/build/deps"), first)
        self.assertEqual(self.run_it("fetch", "thing", umask=0o077, DEPS_DIR=self.root + "/other")[0], 0)
        self.assertEqual(contents(self.root + "/other"), first)

    def test_without_debians_files_nothing_of_debian_is_there(self):
        self.pin(self.publish("1.1.0").splitlines(True)[0])
        self.assertEqual(self.run_it("fetch", "thing")[0], 0)
        self.assertEqual(contents(self.root + "/build/deps")["thing/thing.c"], (b"int flaw;\n", 0))

    def test_what_has_left_the_archive_comes_from_the_older_one(self):
        self.pin(self.publish("1.1.0"))
        self.assertEqual(self.run_it("fetch", "thing", mirrors="empty archive"), (0, "fetch: thing 1.1.0-2\n"))

    def test_what_is_gone_is_said(self):
        self.pin(self.publish("1.1.0"))
        status, said = self.run_it("fetch", "thing", mirrors="empty")
        self.assertEqual(status, 1)
        self.assertIn("could not fetch t/thing/thing_1.1.0.orig.tar.xz", said)
        self.assertIn("make update-deps", said)
        self.assertEqual(contents(self.root + "/build/deps"), {})

    def test_other_bytes_are_refused(self):
        lines = self.publish("1.1.0")
        self.pin(lines.replace(self.files[1][1], "0" * 64))
        status, said = self.run_it("fetch", "thing")
        self.assertEqual(status, 1, said)
        self.assertEqual(contents(self.root + "/build/deps"), {})

    def test_a_new_pin_is_fetched(self):
        self.pin(self.publish("1.1.0"))
        self.run_it("fetch", "thing")
        self.pin(self.publish("1.1.1"))
        self.assertEqual(self.run_it("fetch", "thing"), (0, "fetch: thing 1.1.1-2\n"))


class Update(Archive):
    def offer(self, *versions):
        """Makes apt offer these versions, all of them in trixie, and one that is newer in sid."""
        os.makedirs(self.root + "/bin", exist_ok=True)
        for name in ("apt-get", "apt-cache"):
            with open(self.root + "/bin/" + name, "w", encoding="ascii") as file:
                file.write(STUB % (self.root, self.root, self.root))
            os.chmod(self.root + "/bin/" + name, 0o755)
        with open(self.root + "/showsrc", "w", encoding="ascii") as show, open(self.root + "/madison", "w", encoding="ascii") as madison:
            for version in versions:
                self.publish(version)
                show.write("Package: thing\nVersion: %s-2\nChecksums-Sha256:\n%s\nDirectory: pool/main/t/thing\n\n" % (
                    version, "\n".join(" %s 123 %s" % (digest, os.path.basename(path)) for path, digest in self.files)))
                madison.write(" thing | %s-2 | http://x.invalid trixie/main Sources\n" % version)
            madison.write(" thing | 1.1.9-2 | http://x.invalid sid/main Sources\n")

    def update(self):
        return self.run_it("update", PATH=self.root + "/bin:" + os.environ["PATH"])

    def pins(self):
        with open(self.root + "/port/deps/pins", encoding="ascii") as file:
            return file.read()

    def test_the_newest_of_its_suite_and_series_is_pinned(self):
        self.pin(self.publish("1.1.0"))
        self.offer("1.1.0", "2.0.0", "1.1.1")
        status, said = self.update()
        self.assertEqual(status, 0, said)
        self.assertIn("thing 1.1.0-2 -> 1.1.1-2\n", said)
        self.assertIn("CVE-1-1", said)
        self.assertEqual([line.split() for line in self.pins().splitlines() if line[0] != "#"],
                         [["thing", "trixie", "1.1.1-2", path, digest] for path, digest in self.files])
        self.assertEqual(self.run_it("fetch", "thing"), (0, "fetch: thing 1.1.1-2\n"))

    def test_nothing_new_changes_nothing(self):
        self.pin(self.publish("1.1.0"))
        self.offer("2.0.0", "1.1.0")
        self.assertEqual(self.update(), (0, "thing 1.1.0-2, still the newest 1.1 in trixie\n"))

    def test_an_archive_that_is_behind_or_away_is_an_error(self):
        self.pin(self.publish("1.1.1"))
        before = self.pins()
        self.offer("1.1.0")
        status, said = self.update()
        self.assertEqual((status, self.pins()), (1, before))
        self.assertIn("thing 1.1.0-2, older than what is pinned (1.1.1-2)", said)
        with open(self.root + "/away", "w", encoding="ascii"):
            pass
        status, said = self.update()
        self.assertEqual((status, self.pins()), (1, before))
        self.assertIn("does not answer, or not with all suites", said)

    def test_a_series_that_has_ended_is_an_error(self):
        self.pin(self.publish("1.1.0"))
        before = self.pins()
        self.offer("2.0.0")
        status, said = self.update()
        self.assertEqual(status, 1)
        self.assertIn("trixie has no thing 1.1 any more", said)
        self.assertEqual(self.pins(), before)


class Pins(unittest.TestCase):
    def test_each_says_all_and_claims_no_more(self):
        with open(TOP + "/port/deps/pins", encoding="ascii") as file:
            text = file.read()
        pins = [line.split() for line in text.splitlines() if not line.startswith("#")]
        patched = {pin[0] for pin in pins if ".debian.tar." in pin[3]}
        self.assertLessEqual({"mbedtls", "jsmn", "lwip", "cmocka"}, {pin[0] for pin in pins})
        for name, _, version, path, digest in pins:
            self.assertRegex(digest, "^[0-9a-f]{64}$")
            self.assertRegex(path, r"\.(orig|debian)\.tar\.")
            self.assertEqual(re.search("-[^-]+$", version) is not None, name in patched, name + ": whose version is this?")


if __name__ == "__main__":
    unittest.main()
