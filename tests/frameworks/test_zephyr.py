#!/usr/bin/python3
"""port/zephyr, in the tree and as `make dist-zephyr` lays it out: module and sample are built for this machine, with
headers, CMake functions and Kconfig symbols of our own that stand in for Zephyr's (stubs/zephyr), on an mbedTLS that has
nothing but what our Kconfig selects, and invite somebody. Not covered: Zephyr's build system, its Kconfig as a whole, its
sockets, west, a board."""
import os
import shutil
import sys
import tempfile
import unittest

import yaml

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frameworks import HERE, JSMN, MBEDTLS, TOP, StandIn, configured, laid_out, run     # noqa: E402

STUBS = HERE + "/stubs/zephyr"
MADE = TOP + "/build/frameworks/zephyr"
TREE = TOP + "/port/zephyr"


class Zephyr(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.laid_out = laid_out("zephyr")
        cls.folder = tempfile.TemporaryDirectory()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def config(self, module, board, **values):
        """As Zephyr does it: the sample's Kconfig, which takes in Zephyr's and with it the module's; prj.conf and board."""
        sample = module + "/sample"
        work = tempfile.mkdtemp(dir=self.folder.name)
        with open(sample + "/Kconfig", encoding="utf-8") as file:
            text = file.read().replace('"Kconfig.zephyr"', '"%s/Kconfig.zephyr"' % STUBS)
        with open(work + "/Kconfig", "w", encoding="utf-8") as file:
            file.write(text)
        return configured(work + "/Kconfig", values, sample + "/prj.conf", "%s/boards/%s.conf" % (sample, board),
                          MODULE=module)

    def build(self, name, module, hub, *more, target="app"):
        work = "%s/%s" % (self.folder.name, name)
        if not os.path.exists(work):
            shutil.copytree(module + "/sample", work + "/sample")
            with open(work + "/sample/src/anchors.h", "w", encoding="utf-8") as file:
                file.write(run(TOP + "/port/pem2c", hub.ca))
        config = self.config(module, "native_sim", INVITE_HOST="localhost", INVITE_PORT=str(hub.port), INVITE_KEY=hub.key,
                             INVITE_ORGANIZATION=hub.org, INVITE_ADDRESS="ada@example.com")
        config.write_config(work + "/.config")
        config.write_autoconf(work + "/autoconf.h")
        # What is the same each time, by the same name each time, which a compiler cache sees.
        os.makedirs(MADE, exist_ok=True)
        with open(work + "/autoconf.h", encoding="utf-8") as all_of_it, open(MADE + "/autoconf.h", "w", encoding="utf-8") as kept:
            kept.writelines(line for line in all_of_it if " CONFIG_MBEDTLS_" in line)
        run("cmake", "-S", work + "/sample", "-B", work + "/build", "-G", "Ninja", "-DEXTRA_ZEPHYR_MODULES=" + module,
            "-DDOTCONFIG=" + work + "/.config", "-DMBEDTLS_AUTOCONF=" + MADE + "/autoconf.h",
            "-DAUTOCONF=" + work + "/autoconf.h", "-DMBEDTLS_SOURCES=" + MBEDTLS,
            *more, ZEPHYR_BASE=STUBS)
        run("cmake", "--build", work + "/build", "--parallel", "2", "--target", target)
        return work + "/build/app"

    def test_sample_as_laid_out_with_entropy_and_without(self):
        with StandIn(TOP + "/build/pki") as hub:
            self.assertEqual(run(self.build("dist", self.laid_out, hub)), "accepted: done\nHTTP 201\n")
            self.assertEqual([invite["to"] for invite in hub.state()["invites"]], ["ada@example.com"])
            program = self.build("dist", self.laid_out, hub, "-DNO_ENTROPY=ON")
            self.assertRegex(run(program), "^not sent: the entropy source failed")
            self.assertEqual(len(hub.state()["invites"]), 1)

    def test_module_in_the_tree(self):
        with StandIn(TOP + "/build/pki") as hub:
            self.build("tree", TREE, hub, "-DANGO_JSMN_DIR=" + JSMN, target="ango")

    def test_kconfig_for_each_board(self):
        for board in ("native_sim", "mps2_an385"):
            config = self.config(TREE, board)
            selected = config.syms["ANGO"].selects
            self.assertGreater(len(selected), 20)
            self.assertEqual([symbol.name for symbol, _ in selected if symbol.str_value != "y"], [])

    def test_manifests(self):
        with open(self.laid_out + "/zephyr/module.yml", encoding="utf-8") as file:
            module = yaml.safe_load(file)
        self.assertEqual(module["name"], "ango")
        self.assertTrue(os.path.exists(self.laid_out + "/" + module["build"]["cmake"] + "/CMakeLists.txt"))
        self.assertTrue(os.path.exists(self.laid_out + "/" + module["build"]["kconfig"]))
        for name in ("LICENSE", "README.md", "jsmn/LICENSE", "jsmn/jsmn.h", "include/ango.h", "src/tls.c", "port/sockets"):
            self.assertTrue(os.path.exists(self.laid_out + "/" + name), name)
        with open(self.laid_out + "/sample/sample.yaml", encoding="utf-8") as file:
            sample = yaml.safe_load(file)
        boards = {board.replace("/", "_") for board in sample["tests"]["sample.ango.invite"]["platform_allow"]}
        self.assertEqual(boards, {name[:-len(".conf")] for name in os.listdir(self.laid_out + "/sample/boards")})


if __name__ == "__main__":
    unittest.main()
