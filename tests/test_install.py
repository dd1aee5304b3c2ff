#!/usr/bin/python3
"""What `make install` leaves behind is enough: a program outside the tree builds with pkg-config and runs."""
import os
import subprocess
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
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


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.root = cls.folder.name
        subprocess.run(("make", "--no-print-directory", "-s", "install", "PREFIX=/usr/x",
                        "DESTDIR=" + cls.root + "/root"), cwd=TOP, check=True, stdout=subprocess.DEVNULL)
        cls.prefix = cls.root + "/root/usr/x"
        cls.environment = dict(os.environ, PKG_CONFIG_PATH=cls.prefix + "/lib/pkgconfig",
                               PKG_CONFIG_SYSROOT_DIR=cls.root + "/root")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def pkg_config(self, *what):
        return subprocess.check_output(("pkg-config", *what, "ango"), env=self.environment, text=True).split()

    def test_a_program_outside_builds_and_runs(self):
        program = self.root + "/program"
        subprocess.run(("gcc", "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-x", "c", "-", "-o",
                        program, *self.pkg_config("--cflags"), "-x", "none", *self.pkg_config("--libs")),
                       input=PROGRAM, text=True, check=True, cwd=self.root)
        self.assertEqual(subprocess.check_output((program,), text=True).split(),
                         [*self.pkg_config("--modversion"), "1", "0"])

    def test_the_command_is_there(self):
        done = subprocess.run((self.prefix + "/bin/ango", "--help"), stdout=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 0)
        self.assertIn("ango invite", done.stdout)

    def test_nothing_but_ours_is_installed(self):
        found = sorted(os.path.relpath(os.path.join(folder, name), self.prefix)
                       for folder, _, names in os.walk(self.prefix) for name in names)
        self.assertTrue(all("ango" in os.path.basename(name) for name in found), found)
        for name in ("bin/ango", "include/ango.h", "include/ango_port.h", "include/ango_tls.h",
                     "lib/libango.a", "lib/pkgconfig/ango.pc"):
            self.assertIn(name, found)


if __name__ == "__main__":
    unittest.main()
