#!/usr/bin/python3
"""The bills of materials say what is in the files that are shipped, and have the form of SPDX and CycloneDX."""
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TOP + "/tests/common")
import built                                                    # noqa: E402

SBOM = TOP + "/build/sbom/"
BOARDS = ("lm3s6965", "mps2-an385")
# A symbol that is in a program only if the component is.
MARKS = {"mbedtls": "mbedtls_ssl_handshake", "lwip": "tcp_input", "newlib": "memcpy", "libgcc": "__udivmoddi4", "ango": "ango_client_init"}


def read(path):
    with open(path, "rb") as file:
        return file.read()


def digest(path):
    return hashlib.sha256(read(path)).hexdigest()


def make(*targets):
    return built.make(*targets, stdout=subprocess.PIPE, text=True).stdout


def pinned():
    lines = [line.split() for line in read(TOP + "/port/deps/pins").decode().splitlines() if not line.startswith("#")]
    return {name: (version, digest) for name, _, version, _, digest in reversed(lines)}       # the first file of each


class Bills(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.said = make("sbom")
        cls.names = ["libango.a", "ango"] + ["badge-desk-%s.elf" % board for board in BOARDS]
        cls.spdx = {name: json.loads(read(SBOM + name + ".spdx.json")) for name in cls.names}
        cls.cdx = {name: json.loads(read(SBOM + name + ".cdx.json")) for name in cls.names}

    def parts(self, name):
        return {part["name"]: part for part in self.cdx[name]["components"]}

    def test_both_forms_say_the_same(self):
        for name in self.names:
            spdx = {part["name"]: part.get("versionInfo") for part in self.spdx[name]["packages"] if part["SPDXID"] != "SPDXRef-whole"}
            self.assertEqual(spdx, {part["name"]: part.get("version") for part in self.cdx[name]["components"]})
            self.assertIn("sbom_components_%s=%d\n" % (re.sub(r"\W", "_", name), len(spdx)), self.said)
            whole = self.spdx[name]["packages"][0]
            self.assertEqual(whole["checksums"][0]["checksumValue"], self.cdx[name]["metadata"]["component"]["hashes"][0]["content"])

    def test_what_is_linked_is_listed(self):
        self.assertEqual(set(self.parts("libango.a")), {"ango", "mbedtls", "everest", "jsmn"})
        self.assertEqual(set(self.parts("ango")), {"ango", "mbedtls", "everest", "jsmn", "glibc", "libgcc"})
        for board in BOARDS:
            parts = self.parts("badge-desk-%s.elf" % board)
            self.assertEqual(set(parts), {"ango", "mbedtls", "jsmn", "lwip", "newlib", "libgcc"})
            symbols = subprocess.check_output(("arm-none-eabi-nm", "build/m3/%s/badge-desk.elf" % board), cwd=TOP, text=True).split()
            for component, symbol in MARKS.items():
                self.assertEqual(component in parts, symbol in symbols, component)
            self.assertNotIn("x25519_everest", " ".join(symbols))

    def test_they_are_of_what_is_installed(self):
        with tempfile.TemporaryDirectory() as root:
            make("install", "PREFIX=/x", "DESTDIR=" + root)
            for name, path in (("libango.a", "lib/libango.a"), ("ango", "bin/ango")):
                self.assertEqual(self.cdx[name]["metadata"]["component"]["hashes"][0]["content"], digest(root + "/x/" + path), name)
        for board in BOARDS:
            whole = self.cdx["badge-desk-%s.elf" % board]["metadata"]["component"]
            self.assertEqual(whole["hashes"][0]["content"], digest(TOP + "/build/m3/%s/badge-desk.elf" % board))

    def test_versions_and_hashes_are_the_pinned_ones(self):
        pins = pinned()
        for name in self.names:
            for part in ("mbedtls", "jsmn", "lwip"):
                if part in self.parts(name):
                    found = self.parts(name)[part]
                    self.assertEqual((found["version"], found["externalReferences"][0]["hashes"][0]["content"]), pins[part])
                    (package,) = [p for p in self.spdx[name]["packages"] if p["name"] == part]
                    self.assertEqual(package["checksums"][0]["checksumValue"], pins[part][1])
        self.assertRegex(self.parts(self.names[2])["lwip"]["cpe"], r"^cpe:2\.3:a:lwip_project:lwip:\d+\.\d+\.\d+(:\*){7}$")

    def test_texts_of_licences_come_along(self):
        for name in self.names:
            text = read(SBOM + name + ".licenses.txt").decode()
            self.assertNotIn("The text comes with it", text)
            for part, path in (("ango", "LICENSE"), ("mbedtls", "build/deps/mbedtls/LICENSE"), ("lwip", "build/deps/lwip/COPYING")):
                self.assertEqual(read(TOP + "/" + path).decode() in text, part in self.parts(name), part)

    def test_spdx_has_its_form(self):
        """SPDX 2.3, clauses 6, 7, 10 and 11: what must be there, and what it must look like."""
        for name, bill in self.spdx.items():
            self.assertEqual((bill["spdxVersion"], bill["dataLicense"], bill["SPDXID"]), ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT"))
            self.assertRegex(bill["documentNamespace"], r"^https://[^#\s]+$")
            self.assertRegex(bill["creationInfo"]["created"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
            self.assertRegex(bill["creationInfo"]["creators"][0], r"^Tool: \S+-\S+$")
            known = [bill["SPDXID"]] + [part["SPDXID"] for part in bill["packages"]]
            self.assertEqual(len(set(known)), len(known), name)
            texts = {text["licenseId"] for text in bill.get("hasExtractedLicensingInfos", [])}
            for part in bill["packages"]:
                self.assertRegex(part["SPDXID"], r"^SPDXRef-[A-Za-z0-9.-]+$")
                self.assertLessEqual({"name", "downloadLocation", "licenseConcluded", "licenseDeclared", "copyrightText"}, set(part))
                for checksum in part.get("checksums", []):
                    self.assertRegex(checksum["checksumValue"], "^[0-9a-f]{64}$")
                if part["licenseConcluded"].startswith("LicenseRef-"):
                    self.assertIn(part["licenseConcluded"], texts)
            linked = {r["relatedSpdxElement"] for r in bill["relationships"] if r["relationshipType"].endswith("_LINK")}
            self.assertEqual(linked, set(known[2:]))
            self.assertIn({"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-whole"},
                          bill["relationships"])

    def test_the_same_bytes_each_time(self):
        before = {name: read(SBOM + name) for name in os.listdir(SBOM)}
        make("sbom")
        self.assertEqual({name: read(SBOM + name) for name in os.listdir(SBOM)}, before)

    def test_what_nobody_knows_is_an_error(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(folder + "/map", "w", encoding="ascii") as file:
                file.write("LOAD build/host/src/http.o\nLOAD /opt/vendor/secret.o\n")
            done = subprocess.run((TOP + "/port/sbom", "--kind", "library", "--mbedtls", "m", "--jsmn", "j", "--lwip", "l", folder + "/out",
                                   TOP + "/LICENSE", folder + "/map"), cwd=TOP, stderr=subprocess.PIPE, text=True, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("/opt/vendor/secret.o was linked", done.stderr)


if __name__ == "__main__":
    unittest.main()
