#!/usr/bin/python3
"""port/arduino and port/platformio as `make dist-arduino` and `make dist-platformio` lay them out: the library is compiled for
this machine in the way of those tools, with headers of our own that stand in for the core's and for IDF's, and sketch and
example invite somebody. Manifests are read. Not covered: IDE, PlatformIO, linters and registries, core, chip."""
import configparser
import glob
import json
import os
import re
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frameworks import HERE, TOP, StandIn, configured, laid_out, platform_mbedtls, run, version     # noqa: E402

IDF = HERE + "/stubs/esp-idf"
WARNINGS = ("-Wall", "-Wextra", "-Werror", "-Wno-unused-function")      # of jsmn.h


def properties(path):
    with open(path, encoding="utf-8") as file:
        return dict(line.rstrip("\n").split("=", 1) for line in file if line.strip() and not line.startswith("#"))


class Laid(unittest.TestCase):
    name = None

    @classmethod
    def setUpClass(cls):
        cls.tree = laid_out(cls.name)
        cls.folder = tempfile.TemporaryDirectory()
        cls.root = cls.folder.name

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def includes(self, *more):
        folders = (self.tree + "/src", *more, IDF,
                   *(IDF + "/" + part for part in ("lwip", "esp_timer", "esp_hw_support", "esp_netif", "nvs_flash", "esp_event")))
        return [flag for folder in folders for flag in ("-I", folder)] + ["-isystem", platform_mbedtls() + "/include"]

    def objects(self):
        """Everything in src, at any depth, with src alone in the path: no flags of the library's."""
        work = self.root + "/objects"
        if not os.path.exists(work):
            os.mkdir(work)
            sources = glob.glob(self.tree + "/src/**/*.c", recursive=True)
            self.assertEqual(len(sources), len({os.path.basename(path) for path in sources}))
            run("gcc", "-std=gnu17", "-D_GNU_SOURCE", "-c", *WARNINGS, *self.includes(), *sources, cwd=work)
        return glob.glob(work + "/*.o")

    def link(self, program, *parts):
        libraries = [platform_mbedtls() + "/lib/lib%s.a" % name for name in ("mbedtls", "mbedx509", "mbedcrypto")]
        run("g++", "-o", program, *parts, *self.objects(), *libraries)
        return program

    def has(self, *names):
        for name in names:
            self.assertTrue(os.path.exists(self.tree + "/" + name), name)

    def accepted(self, program, hub, said):
        self.assertEqual(run(program), said)
        self.assertEqual([invite["to"] for invite in hub.state()["invites"]], ["ada@example.com"])


class Arduino(Laid):
    name = "arduino"

    def test_sketch(self):
        work = self.root + "/Invite"
        with StandIn(TOP + "/build/pki") as hub:
            shutil.copytree(self.tree + "/examples/Invite", work)
            with open(work + "/anchors.h", "w", encoding="utf-8") as file:
                file.write(run(TOP + "/port/pem2c", hub.ca))
            with open(work + "/settings.h", encoding="utf-8") as file:
                settings = file.read()
            for name, value in (("HOST", '"localhost"'), ("PORT", hub.port), ("ORGANIZATION", '"%s"' % hub.org),
                                ("KEY", '"%s"' % hub.key), ("ADDRESS", '"ada@example.com"')):
                settings, count = re.subn(r"(#define INVITE_%s ).*" % name, r"\g<1>%s" % value, settings)
                self.assertEqual(count, 1, name)
            with open(work + "/settings.h", "w", encoding="utf-8") as file:
                file.write(settings)
            # The IDE puts Arduino.h before a sketch; the core calls setup and loop.
            with open(work + "/main.cpp", "w", encoding="utf-8") as file:
                file.write('#include <Arduino.h>\n#include "Invite.ino"\nint main() { setup(); loop(); }\n')
            for standard in ("gnu++11", "gnu++2b"):
                run("g++", "-std=" + standard, "-c", *WARNINGS, *self.includes(HERE + "/stubs/arduino"), work + "/main.cpp",
                    "-o", work + "/main.o")
            self.accepted(self.link(work + "/program", work + "/main.o"), hub, "accepted: done\n")

    def test_properties(self):
        found = properties(self.tree + "/library.properties")
        self.assertEqual(set(found), {"name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url",
                                      "architectures", "includes"})
        self.assertEqual(found["version"], version())
        self.assertRegex(found["name"], r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$")
        self.assertIn(found["category"], ("Communication",))
        self.assertEqual([os.path.basename(self.tree)], [found["name"]])
        self.has("LICENSE", "README.md", "jsmn/LICENSE", *("src/" + name for name in found["includes"].split(",")))
        for sketch in glob.glob(self.tree + "/examples/*"):
            self.has("examples/%s/%s.ino" % ((os.path.basename(sketch),) * 2))

    def test_nothing_private_can_be_included(self):
        """A sketch may have an http.h of its own."""
        self.assertEqual({name for name in os.listdir(self.tree + "/src") if not name.startswith("ango")},
                         {"private", "jsmn.h"})


class PlatformIo(Laid):
    name = "platformio"

    def test_example(self):
        work = self.root + "/invite"
        with StandIn(TOP + "/build/pki") as hub:
            shutil.copytree(self.tree + "/examples/invite", work)
            shutil.copy(hub.ca, work + "/src/ca.pem")
            config = configured(work + "/src/Kconfig.projbuild", {
                "INVITE_HOST": "localhost", "INVITE_PORT": str(hub.port), "INVITE_KEY": hub.key,
                "INVITE_ORGANIZATION": hub.org, "INVITE_ADDRESS": "ada@example.com"})
            config.write_autoconf(work + "/sdkconfig.h")
            with open(work + "/ca.S", "w", encoding="utf-8") as file:
                file.write('.section .rodata\n.global _binary_ca_pem_start, _binary_ca_pem_end\n_binary_ca_pem_start:\n'
                           '.incbin "%s/src/ca.pem"\n.byte 0\n_binary_ca_pem_end:\n' % work)
            run("gcc", "-std=gnu17", "-D_GNU_SOURCE", "-c", *WARNINGS, *self.includes(work), work + "/src/main.c",
                work + "/ca.S", cwd=work)
            run("gcc", "-c", IDF + "/main.c", "-o", work + "/start.o")
            self.accepted(self.link(work + "/program", work + "/main.o", work + "/ca.o", work + "/start.o"), hub,
                          "accepted: done\nHTTP 201\n")

    def test_manifest(self):
        with open(self.tree + "/library.json", encoding="utf-8") as file:
            manifest = json.load(file)
        self.assertEqual(manifest["name"], os.path.basename(self.tree))
        self.assertEqual(manifest["version"], version())
        self.has("LICENSE", "README.md", "jsmn/LICENSE", manifest["build"]["srcDir"],
                 *("%s/%s" % (manifest["build"]["includeDir"], name) for name in manifest["headers"]))
        for example in manifest["examples"]:
            self.has(*("%s/%s" % (example["base"], name) for name in example["files"]))
        project = configparser.ConfigParser(inline_comment_prefixes=(";",))
        project.read(self.tree + "/examples/invite/platformio.ini")
        self.assertIn(project["env:esp32dev"]["framework"], manifest["frameworks"])
        self.assertIn(project["env:esp32dev"]["platform"].split()[0], manifest["platforms"])
        self.assertEqual(project["env:esp32dev"]["lib_deps"], manifest["name"])

    def test_sources_are_those_of_the_arduino_library(self):
        run("diff", "-r", self.tree + "/src", laid_out("arduino") + "/src")


del Laid        # has no cases of its own


if __name__ == "__main__":
    unittest.main()
