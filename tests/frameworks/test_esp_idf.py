#!/usr/bin/python3
"""port/esp-idf, in the tree and as `make dist-esp-idf` lays it out: component and example are built for this machine, with
headers and a build system of our own that stand in for IDF's (stubs/esp-idf), and invite somebody. Manifest and Kconfig
are read. Not covered: IDF's build system and component manager, its mbedTLS and lwIP, a chip."""
import os
import shutil
import sys
import tempfile
import unittest

import yaml

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frameworks import HERE, JSMN, TOP, StandIn, configured, laid_out, platform_mbedtls, run, version   # noqa: E402

STUBS = HERE + "/stubs/esp-idf"


class EspIdf(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tree = laid_out("esp-idf")
        cls.folder = tempfile.TemporaryDirectory()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def config(self, component, example, **values):
        return configured(STUBS + "/Kconfig", values, COMPONENT=component, EXAMPLE=example)

    def invites(self, name, component, example):
        """Builds a copy of the example, as its README says, and runs it."""
        work = "%s/%s" % (self.folder.name, name)
        with StandIn(TOP + "/build/pki") as hub:
            shutil.copytree(example, work + "/project")
            shutil.copy(hub.ca, work + "/project/main/ca.pem")
            config = self.config(component, example, INVITE_HOST="localhost", INVITE_PORT=str(hub.port),
                                 INVITE_KEY=hub.key, INVITE_ORGANIZATION=hub.org, INVITE_ADDRESS="ada@example.com")
            config.write_autoconf(work + "/sdkconfig.h")
            lists = work + "/project/CMakeLists.txt"
            with open(lists, encoding="utf-8") as file:
                text = file.read()
            with open(lists, "w", encoding="utf-8") as file:
                for relative in ("../ango", "../.."):
                    text = text.replace("${CMAKE_CURRENT_LIST_DIR}/%s\"" % relative, component + '"')
                file.write(text)
            run("cmake", "-S", work + "/project", "-B", work + "/build", "-G", "Ninja", "-DSDKCONFIG_FOLDER=" + work,
                "-DCMAKE_PREFIX_PATH=" + platform_mbedtls(), IDF_PATH=STUBS, ANGO_JSMN_DIR=JSMN)
            run("cmake", "--build", work + "/build", "--parallel", "2")
            self.assertEqual(run(work + "/build/invite"), "accepted: done\nHTTP 201\n")
            self.assertEqual([invite["to"] for invite in hub.state()["invites"]], ["ada@example.com"])

    def test_example_in_the_tree(self):
        self.invites("tree", TOP + "/port/esp-idf/ango", TOP + "/port/esp-idf/example")

    def test_example_as_laid_out(self):
        self.assertTrue(os.path.samefile(self.tree + "/examples/invite/../..", self.tree))
        self.invites("dist", self.tree, self.tree + "/examples/invite")

    def test_manifest(self):
        with open(self.tree + "/idf_component.yml", encoding="utf-8") as file:
            manifest = yaml.safe_load(file)
        self.assertEqual(manifest["version"], version())
        self.assertEqual(set(manifest), {"version", "description", "license", "tags", "dependencies"})
        self.assertEqual(manifest["dependencies"], {"idf": ">=5.3"})
        for name in ("CMakeLists.txt", "Kconfig", "LICENSE", "README.md", "jsmn/LICENSE", "include/ango.h", "src/tls.c"):
            self.assertTrue(os.path.exists(self.tree + "/" + name), name)

    def test_kconfig_selects_what_is_needed(self):
        config = self.config(self.tree, self.tree + "/examples/invite")
        names = [name for name in config.syms if name.startswith("MBEDTLS_")]
        self.assertEqual({name: config.syms[name].str_value for name in names},
                         {name: "n" if name.endswith("TLS1_3") else "y" for name in names})
        config = self.config(self.tree, self.tree + "/examples/invite", ANGO_TLS13="y")
        self.assertEqual(config.syms["MBEDTLS_SSL_PROTO_TLS1_3"].str_value, "y")


if __name__ == "__main__":
    unittest.main()
