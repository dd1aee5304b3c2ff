#!/usr/bin/python3
"""The library beside others who use mbedTLS: hidden in one archive or shared object, in any link order, and shared with
them, in their configuration: row 147. Closes with exported_symbols=..., the names that are shown without being ango_*."""
import os
import re
import subprocess
import sys
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [TOP + "/tests/hub", TOP + "/tests/common"]
from built import make                                          # noqa: E402
import standin                                                  # noqa: E402

FIGURES = {}

# Uses TLS through libgit2, which brings Debian's mbedTLS, before and after an invitation.
GIT = """
#include <ango.h>
#include <ango_posix.h>
#include <ango_tls.h>
#include <git2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static struct ango_posix posix;
static const struct ango_port plain = ANGO_POSIX_PORT(&posix);
static struct ango_tls tls;
static const struct ango_port secure = ANGO_TLS_PORT(&tls);
static uint8_t pem[65536], buffer[1536];
static long arena[64 * 1024 / sizeof(long)];
static struct ango_token tokens[ANGO_TOKENS];
static struct ango_client client;

static int looked_at;
static int look(git_cert *certificate, int is_valid, const char *host, void *ctx)
{
    (void)certificate, (void)is_valid, (void)host, (void)ctx;
    looked_at++;
    return 0;
}

/* What answers is no repository, but it answers over TLS. */
static int ask(const char *port)
{
    git_remote_callbacks callbacks = GIT_REMOTE_CALLBACKS_INIT;
    git_remote *remote = NULL;
    char url[64];

    looked_at = 0;
    callbacks.certificate_check = look;
    snprintf(url, sizeof url, "https://localhost:%s/no.git", port);
    if (git_remote_create_detached(&remote, url) != 0)
        return 0;
    (void)git_remote_connect(remote, GIT_DIRECTION_FETCH, &callbacks, NULL, NULL);
    printf("git: %s\\n", git_error_last() != NULL ? git_error_last()->message : "nothing");
    git_remote_free(remote);
    return looked_at == 1;
}

int main(int argc, char **argv) /* PORT CA KEY ORGANIZATION */
{
    const char *to = "ada@example.com";
    const struct ango_invitation invitation = { &to, 1, ANGO_ORGANIZATION_MEMBER, NULL, 0 };
    FILE *file = argc == 5 ? fopen(argv[2], "rb") : NULL;
    struct ango_trust_anchor anchor = { pem, file != NULL ? fread(pem, 1, sizeof pem - 1, file) + 1 : 0 };
    struct ango_tls_config tls_config = { .port = &plain, .anchors = &anchor, .anchors_len = 1,
                                          .arena = arena, .arena_cap = sizeof arena };
    struct ango_config config = { .port = &secure, .host = "localhost", .timeout_ms = 10000,
                                  .buffer = buffer, .buffer_cap = sizeof buffer, .tokens = tokens,
                                  .tokens_cap = ANGO_TOKENS };
    int err;

    if (file == NULL || git_libgit2_init() < 0 || !ask(argv[1]))
        return 2;
    config.tcp_port = (uint16_t)atoi(argv[1]);
    if (ango_tls_init(&tls, &tls_config) != ANGO_OK || ango_client_init(&client, &config, argv[3]) != ANGO_OK)
        return 3;
    err = ango_invite_members_to_org(&client, argv[4], &invitation);
    printf("ango: %d\\n", err);
    ango_close(&client);
    if (!ask(argv[1]))
        return 4;
    git_libgit2_shutdown();
    return err != ANGO_OK;
}
"""

CPP = """
#include <ango.h>
#include <ango_port.h>
#include <ango_posix.h>
#include <ango_tls.h>
#include <ango_outbox.h>
#include <ango_trust.h>
static struct ango_posix posix;
static const struct ango_port plain = ANGO_POSIX_PORT(&posix);
static struct ango_tls tls;
static const struct ango_port secure = ANGO_TLS_PORT(&tls);
static struct ango_trust trust;
static uint8_t buffer[512];
static struct ango_token tokens[ANGO_TOKENS];
int main()
{
    static ango_client client;
    ango_config config = ango_config();
    config.host = "127.0.0.1";
    config.timeout_ms = 1000;
    config.buffer = buffer;
    config.buffer_cap = sizeof buffer;
    config.tokens = tokens;
    config.tokens_cap = ANGO_TOKENS;
    config.port = &plain;
    if (ango_client_init(&client, &config, "key") != ANGO_E_INSECURE)
        return 1;
    config.port = &secure;
    if (ango_tls_init(&tls, 0) != ANGO_E_ARG)
        return 2;
    if (ango_trust_init(&trust, 0) != ANGO_E_ARG)
        return 3;
    return ango_client_init(&client, &config, "key") != ANGO_OK;
}
"""


def tearDownModule():
    for name in sorted(FIGURES):
        print("%s=%d" % (name, FIGURES[name]))
    sys.stdout.flush()


def mbedtls_includes():
    """Where the headers are that the installed library does not bring."""
    folder = os.path.join(TOP, os.environ.get("MBEDTLS_DIR", "build/deps/mbedtls"))
    crypto = folder + "/tf-psa-crypto"
    return ["-I" + each for each in (folder + "/include", crypto + "/include", crypto + "/drivers/builtin/include")
            if os.path.isdir(each)]


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = cls.enterClassContext(tempfile.TemporaryDirectory())
        make("install", "PREFIX=/usr", "DESTDIR=" + cls.root)
        cls.lib = cls.root + "/usr/lib"
        cls.archive, cls.shared = cls.lib + "/libango.a", cls.lib + "/libango.so"
        cls.include = "-I" + cls.root + "/usr/include"

    def build(self, name, source, *libraries, compiler=("gcc", "-std=c99", "-D_DEFAULT_SOURCE"), language="c", flags=()):
        program = self.root + "/" + name
        subprocess.run((*compiler, "-Wall", "-Wextra", "-Wpedantic", "-Werror", self.include, *flags, "-x", language, "-",
                        "-x", "none", *libraries, "-o", program), input=source, text=True, check=True)
        return program

    def run_against(self, program, **options):
        environment = dict(os.environ, LD_LIBRARY_PATH=self.lib)
        with standin.StandIn(TOP + "/build/pki", rate=0, **options) as server:
            arguments = program, str(server.port), server.ca, server.key, server.org
            done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120,
                                  env=environment)
            self.assertEqual(done.returncode, 0, done.stdout)
            return done.stdout, [entry["status"] for entry in server.log()]


class Hidden(Case):
    def names(self, *command):
        return {line.split()[-1] for line in subprocess.check_output(("nm", *command), text=True).splitlines()
                if len(line.split()) == 3}

    def test_names(self):
        shown = self.names("-g", "--defined-only", self.archive)
        exported = self.names("-D", "--defined-only", self.shared)
        self.assertIn("ango_tls_connect", shown & exported)
        FIGURES["exported_symbols"] = len([name for name in shown | exported if not name.startswith("ango_")])
        self.assertEqual(FIGURES["exported_symbols"], 0)
        self.assertIn("mbedtls_ssl_handshake", self.names(self.archive))     # it is inside, hidden

    def test_names_for_a_microcontroller(self):
        make("VARIANT=m3", "archive")
        archive = TOP + "/build/m3/archive/libango.a"
        shown = {line.split()[-1] for line in subprocess.check_output(
            ("arm-none-eabi-nm", "-g", "--defined-only", archive), text=True).splitlines() if len(line.split()) == 3}
        self.assertIn("ango_tls_connect", shown)
        self.assertEqual([name for name in shown if not name.startswith("ango_")], [])

    def test_soname(self):
        dynamic = subprocess.check_output(("readelf", "-d", self.shared), text=True)
        soname = re.search(r"SONAME.*\[(.*)\]", dynamic).group(1)
        self.assertRegex(soname, r"^libango\.so\.\d+\.\d+$")
        self.assertEqual(os.readlink(self.shared), soname)
        self.assertNotIn("TEXTREL", dynamic)

    def test_cpp(self):
        for standard in ("-std=c++11", "-std=c++20"):
            for library in (self.archive, self.shared):
                program = self.build("cpp", CPP, library, compiler=("g++", standard), language="c++")
                subprocess.run((program,), check=True, env=dict(os.environ, LD_LIBRARY_PATH=self.lib))

    def test_libgit2(self):
        git = subprocess.check_output(("pkg-config", "--cflags", "--libs", "libgit2"), text=True).split()
        git = ["-Wl,--no-as-needed", *git]
        for name, order in (("first", (self.archive, *git)), ("last", (*git, self.archive)), ("shared", (*git, self.shared)),
                            ("shared-first", (self.shared, *git))):
            with self.subTest(order=name):
                program = self.build("git-" + name, GIT, *order, flags=("-Wno-missing-field-initializers",))
                self.assertIn("libmbedtls.so", subprocess.check_output(("ldd", program), text=True))
                said, log = self.run_against(program, tls="1.2")
                self.assertIn("ango: 0\n", said)
                self.assertIn(201, log)

    def test_another_mbedtls_in_the_program(self):
        """Linked statically, in its default configuration, of the same version."""
        make("VARIANT=host+shared", "lib")
        other = TOP + "/build/host+shared/libango_mbedtls.a"
        with open(TOP + "/tests/e2e/beside_driver.c", encoding="utf-8") as file:
            source = file.read()
        for name, order in (("first", (self.archive, other)), ("last", (other, self.archive)),
                            ("shared", (other, self.shared))):
            for tls in ("1.2", "1.3"):
                with self.subTest(order=name, tls=tls):
                    program = self.build("other-" + name, source, *order, flags=("-DBESIDE_ARENA", *mbedtls_includes()))
                    self.assertRegex(self.run_against(program, tls=tls)[0], r"^\d+ checks passed\n$")


class Shared(Case):
    def test_same_mbedtls(self):
        """The program's heap and PSA stay as they were, under the address sanitizer, which also counts what leaks."""
        make("VARIANT=asan-gcc+shared", "drivers")
        for tls in ("1.2", "1.3"):
            said = self.run_against(TOP + "/build/asan-gcc+shared/tests/e2e/beside_driver", tls=tls)[0]
            self.assertRegex(said, r"^\d+ checks passed\n$")

    def compile(self, config, *more):
        """What the compiler says to src/tls.c with this configuration on top of mbedTLS's own."""
        done = subprocess.run(
            ("gcc", "-std=c99", "-fsyntax-only", "-I" + TOP + "/src", "-I" + TOP + "/include", *mbedtls_includes(),
             "-DMBEDTLS_USER_CONFIG_FILE=\"" + self.write(config) + "\"", *more, TOP + "/src/tls.c"),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return "" if done.returncode == 0 else done.stdout

    def write(self, text):
        path = self.root + "/user_config.h"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_what_a_configuration_lacks_is_named(self):
        self.assertEqual(self.compile(""), "")
        lacks = ["MBEDTLS_SSL_SERVER_NAME_INDICATION", "MBEDTLS_SSL_CLI_C", "MBEDTLS_X509_CRT_PARSE_C"]
        if len(mbedtls_includes()) == 1:
            lacks.append("MBEDTLS_CTR_DRBG_C")
        for name in lacks:
            self.assertRegex(self.compile("#undef %s\n" % name), "#error .*%s" % name)
        both = "#undef MBEDTLS_SSL_PROTO_TLS1_2\n#undef MBEDTLS_SSL_PROTO_TLS1_3\n"
        self.assertRegex(self.compile(both), "#error .*MBEDTLS_SSL_PROTO_TLS1_2 or MBEDTLS_SSL_PROTO_TLS1_3")

    @unittest.skipIf(len(mbedtls_includes()) > 1, "its headers cannot pass for those of 3.6")
    def test_known_bad_versions_are_refused(self):
        version = "#undef MBEDTLS_VERSION_NUMBER\n#define MBEDTLS_VERSION_NUMBER 0x0306%02x00\n"
        only12, only13 = "#undef MBEDTLS_SSL_PROTO_TLS1_3\n", "#undef MBEDTLS_SSL_PROTO_TLS1_2\n#undef MBEDTLS_SSL_PROTO_DTLS\n"
        self.assertRegex(self.compile(version % 2), "#error .*up to 3.6.2 fails each handshake of TLS 1.3")
        self.assertRegex(self.compile(version % 6), "#error .*3.6.6 refuses RSA-PSS in TLS 1.2")
        for number, more in ((0, only12), (2, only12), (6, only13), (3, ""), (4, ""), (5, ""), (7, ""), (8, "")):
            self.assertEqual(self.compile(version % number + more), "")


if __name__ == "__main__":
    unittest.main()
