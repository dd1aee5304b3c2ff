#!/usr/bin/python3
"""What `make install` leaves behind is enough: a program outside the tree builds with pkg-config and runs."""
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [TOP + "/tests/hub", TOP + "/tests/common"]
from built import make                                          # noqa: E402
from standin import StandIn                                     # noqa: E402

PROGRAM = """
#include <ango.h>
#include <ango_tls.h>
#include <ango_posix.h>
#include <stdio.h>
static struct ango_tls tls;
static struct ango_posix posix;
static const struct ango_port secure = ANGO_TLS_PORT(&tls);
static const struct ango_port plain = ANGO_POSIX_PORT(&posix);
static uint8_t buffer[512];
static struct ango_token tokens[ANGO_TOKENS];
int main(void)
{
    static struct ango_client client;
    struct ango_config config = { .host = "127.0.0.1", .timeout_ms = 1000, .buffer = buffer,
                                  .buffer_cap = sizeof buffer, .tokens = tokens, .tokens_cap = ANGO_TOKENS };
    config.port = &plain;
    int insecure = ango_client_init(&client, &config, "key");
    config.port = &secure;
    int err = ango_client_init(&client, &config, "key");
    printf("%s %d %d\\n", ANGO_VERSION, insecure == ANGO_E_INSECURE, err);
    return 0;
}
"""

WALK = """
#include <ango.h>
#include <ango_posix.h>
#include <ango_tls.h>
#include <stdio.h>
#include <stdlib.h>
static struct ango_posix posix;
static const struct ango_port plain = ANGO_POSIX_PORT(&posix);
static struct ango_tls tls;
static const struct ango_port secure = ANGO_TLS_PORT(&tls);
static uint8_t pem[65536], buffer[1536];
static long arena[64 * 1024 / sizeof(long)];
static struct ango_token tokens[ANGO_TOKENS];
static struct ango_client client;
static struct ango_walk walk;
int main(int argc, char **argv) /* PORT CA KEY ORGANIZATION */
{
    FILE *file = argc == 5 ? fopen(argv[2], "rb") : NULL;
    struct ango_trust_anchor anchor = { pem, file != NULL ? fread(pem, 1, sizeof pem - 1, file) + 1 : 0 };
    struct ango_tls_config tls_config = { .port = &plain, .anchors = &anchor, .anchors_len = 1,
                                          .arena = arena, .arena_cap = sizeof arena };
    struct ango_config config = { .port = &secure, .host = "localhost", .timeout_ms = 10000, .keep_ms = 10000,
                                  .buffer = buffer, .buffer_cap = sizeof buffer, .tokens = tokens,
                                  .tokens_cap = ANGO_TOKENS };
    struct ango_member member;
    int err;
    if (file == NULL || ango_tls_init(&tls, &tls_config) != ANGO_OK)
        return 2;
    config.tcp_port = (uint16_t)atoi(argv[1]);
    if (ango_client_init(&client, &config, argv[3]) != ANGO_OK
        || ango_walk_members(&walk, &client, argv[4], NULL) != ANGO_OK)
        return 3;
    while ((err = ango_walk_next(&walk, &member)) == ANGO_OK)
        puts(member.email);
    ango_close(&client);
    if (err != ANGO_E_END)
        puts(ango_error_text(err));
    return err != ANGO_E_END;
}
"""


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.root = cls.folder.name
        make("install", "PREFIX=/usr/x", "DESTDIR=" + cls.root + "/root")
        cls.prefix = cls.root + "/root/usr/x"
        cls.environment = dict(os.environ, PKG_CONFIG_PATH=cls.prefix + "/lib/pkgconfig",
                               PKG_CONFIG_SYSROOT_DIR=cls.root + "/root", LD_LIBRARY_PATH=cls.prefix + "/lib")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def pkg_config(self, *what):
        return subprocess.check_output(("pkg-config", *what, "ango"), env=self.environment, text=True).split()

    def build(self, name, source):
        program = self.root + "/" + name
        subprocess.run(("gcc", "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-x", "c", "-", "-o",
                        program, *self.pkg_config("--cflags"), "-x", "none", *self.pkg_config("--libs")),
                       input=source, text=True, check=True, cwd=self.root)
        return program

    def test_a_program_outside_builds_and_runs(self):
        self.assertEqual(subprocess.check_output((self.build("program", PROGRAM),), text=True,
                                                 env=self.environment).split(),
                         [*self.pkg_config("--modversion"), "1", "0"])

    def test_a_program_outside_lists_members(self):
        program = self.build("walk", WALK)
        with StandIn(TOP + "/build/pki", rate=0, seed={"members": 100}) as s:
            arguments = program, str(s.port), s.ca, s.key, s.org
            done = subprocess.run(arguments, stdout=subprocess.PIPE, text=True, cwd=self.root, env=self.environment)
            self.assertEqual(done.stdout.split("\n"), [m["email"] for m in s.state()["members"]] + [""])
            self.assertEqual(done.returncode, 0)
            s.fault(status=403, body='{"status":"fail"}')
            done = subprocess.run(arguments, stdout=subprocess.PIPE, text=True, cwd=self.root, env=self.environment)
            self.assertEqual((done.stdout, done.returncode), ("the server refused\n", 1))

    def test_the_command_is_there(self):
        done = subprocess.run((self.prefix + "/bin/ango", "--help"), stdout=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"(?m)^\s+invite\s")

    def test_the_command_and_the_shared_object_are_stripped_and_hardened(self):
        for path in ("/bin/ango", "/lib/libango.so"):
            with self.subTest(path=path):
                def readelf(*what, path=path):
                    return subprocess.check_output(("readelf", "-W", *what, self.prefix + path), text=True)
                self.assertRegex(readelf("-h"), r"Type:\s+DYN")
                self.assertRegex(readelf("-l"), "GNU_RELRO")
                self.assertRegex(readelf("-d"), r"FLAGS.*BIND_NOW")
                self.assertEqual("PIE" in readelf("-d"), path == "/bin/ango")
                self.assertNotIn(".symtab", readelf("-S"))
                symbols = readelf("--dyn-syms")
                for symbol in ("__stack_chk_fail", "__memcpy_chk"):
                    self.assertIn(symbol, symbols)
                self.assertNotRegex(readelf("-l"), r"GNU_STACK.* RWE ")

    @unittest.skipUnless(os.uname().machine == "x86_64", "CET is Intel's")
    def test_every_object_is_built_for_cet(self):
        # Whether the program is marked as well, the C library's start files decide: Debian 12's are built without.
        notes = subprocess.check_output(("readelf", "-nW", self.prefix + "/lib/libango.a"), text=True)
        self.assertRegex(notes, r"x86 feature: IBT, SHSTK")

    def test_completion_and_manual(self):
        with open(self.prefix + "/share/bash-completion/completions/ango", encoding="utf-8") as f:
            self.assertEqual(f.read(), subprocess.check_output((self.prefix + "/bin/ango", "help", "completion"), text=True))
        self.assertTrue(os.path.exists(self.prefix + "/share/man/man1/ango.1"))

    def test_the_licences_of_what_is_in_it_lie_beside_it(self):
        with open(self.prefix + "/share/doc/ango/ango-licenses.txt", encoding="utf-8") as f:
            text = f.read()
        self.assertEqual(text, subprocess.check_output((self.prefix + "/bin/ango", "--version", "--licenses"), text=True))
        for path in ("LICENSE", "build/deps/mbedtls/LICENSE", "build/deps/jsmn/LICENSE"):
            with open(TOP + "/" + path, encoding="utf-8") as f:
                self.assertIn(f.read(), text)

    def test_uninstall_leaves_nothing(self):
        root = tempfile.mkdtemp(dir=self.root)
        shutil.copytree(self.root + "/root", root, symlinks=True, dirs_exist_ok=True)
        other = root + "/usr/x/bin/other"
        with open(other, "w", encoding="ascii"):
            pass
        make("uninstall", "PREFIX=/usr/x", "DESTDIR=" + root)
        self.assertEqual([os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names], [other])

    def test_nothing_but_ours_is_installed(self):
        found = sorted(os.path.relpath(os.path.join(folder, name), self.prefix)
                       for folder, _, names in os.walk(self.prefix) for name in names)
        self.assertTrue(all("ango" in os.path.basename(name) for name in found), found)
        for name in ("bin/ango", "include/ango.h", "include/ango_port.h", "include/ango_tls.h",
                     "lib/libango.a", "lib/libango.so", "lib/pkgconfig/ango.pc"):
            self.assertIn(name, found)


class Package(unittest.TestCase):
    """make deb"""

    def test_lints_installs_and_runs(self):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("DEB")}
        make("deb", env=environment)
        (package,) = glob.glob(TOP + "/build/ango_*.deb")
        done = subprocess.run(("lintian", "--allow-root", "--fail-on", "error,warning,info", package), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        with tempfile.TemporaryDirectory() as root:
            subprocess.run(("dpkg-deb", "-x", package, root), check=True)
            subprocess.run(("dpkg-deb", "-e", package, root + "/DEBIAN"), check=True)
            subprocess.run(("md5sum", "--quiet", "-c", "DEBIAN/md5sums"), cwd=root, check=True)
            self.assertRegex(subprocess.check_output((root + "/usr/bin/ango", "--version"), text=True), "^ango ")
            with open(root + "/usr/share/doc/ango/copyright", encoding="utf-8") as f:
                self.assertRegex(f.read(), r"(?s)the ango authors.* jsmn:.*Serge Zaitsev.*Mbed TLS.*common-licenses/Apache-2\.0")
            self.assertTrue(os.path.exists(root + "/usr/lib/systemd/system/ango-outbox.service"))
            with open(root + "/DEBIAN/control", encoding="utf-8") as f:
                self.assertRegex(f.read(), r"(?m)^Depends: libc6 \(>= ")


if __name__ == "__main__":
    unittest.main()
