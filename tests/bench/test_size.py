#!/usr/bin/python3
"""Who only invites does not pay for the rest: none of it is linked."""
import contextlib
import importlib.machinery
import importlib.util
import io
import os
import re
import subprocess
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
loader = importlib.machinery.SourceFileLoader("size", TOP + "/tests/bench/size")
size = importlib.util.module_from_spec(importlib.util.spec_from_loader("size", loader))
loader.exec_module(size)

# Further operations and what is made of them, ...
OTHERS = {"members", "projects", "walk", "confirm", "outbox", "outbox_log", "sentences", "tls", "arena"}


def own(linked):
    return {name for name, length in linked.rows.items() if length} - {"call", "libgcc", "libc", "padding"}


# What inviting, the nine operations, and everything, may take on Cortex-M3, without TLS, libc and the program's own calls.
INVITE_MOST = 7424
ALL_OPERATIONS_MOST = 9472
EVERYTHING_MOST = 11264   # 10,752 before read-backs took nothing for absent that a server may hide
OUTBOX_MOST = 4288        # on top of inviting and reading back
OUTBOX_RAM_ENTRY_MOST = 16


class InviteOnly(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for variant in size.CPUS:
            size.build(variant)
        cls.invite = size.link("test-invite", size.OPERATIONS[0][1])

    def test_links_only_its_own(self):
        for variant, linked in self.invite.items():
            with self.subTest(variant=variant):
                self.assertEqual(own(linked) & OTHERS, set())
                names = size.tool("nm", linked.elf)
                self.assertIn("ango_invite_members_to_org_start", names)
                for name in ("walk", "confirm", "get_organization", "delete_organization", "update_",
                             "list_projects", "check_counts", "write_page", "write_query"):
                    self.assertNotIn(name, names)

    def test_the_others_are_noticed(self):
        """That the test above can fail."""
        everything = size.link("test-all", *(code for _, code in size.OPERATIONS + size.LISTS))
        for linked in everything.values():
            self.assertLessEqual({"members", "projects", "walk", "confirm"}, own(linked))

    def test_inviting_is_small(self):
        self.assertLessEqual(self.invite["m3"].counted(), INVITE_MOST)

    def test_all_operations_are_small(self):
        linked = size.link("test-operations", *(code for _, code in size.OPERATIONS))["m3"]
        self.assertLessEqual({"exchange", "invites", "members", "projects"}, own(linked))
        self.assertLessEqual(linked.counted(), ALL_OPERATIONS_MOST)

    def test_everything_is_small(self):
        linked = size.link("test-everything", *(code for _, code in size.OPERATIONS + size.LISTS))["m3"]
        self.assertLessEqual({"exchange", "invites", "members", "projects", "walk", "confirm"}, own(linked))
        self.assertLessEqual(linked.counted(), EVERYTHING_MOST)

    def test_outbox(self):
        values = {}
        with contextlib.redirect_stdout(io.StringIO()):
            size.outbox(values)
        self.assertLessEqual(values["outbox_flash_m3"], OUTBOX_MOST)
        self.assertLessEqual(values["outbox_ram_entry_m3"], OUTBOX_RAM_ENTRY_MOST)

    def test_without_sections_no_other_file_is_drawn_in(self):
        """A toolchain that links whole objects still leaves out what has a file of its own."""
        stem = TOP + "/build/m3/size-test-invite"
        subprocess.run((size.CROSS + "gcc", "-mthumb", "-mcpu=cortex-m3", "-nostartfiles", "-Wl,-e,main",
                        "-Wl,-Map=" + stem + ".whole.map", stem + ".o", "build/m3/libango.a",
                        "-o", stem + ".whole.elf"), cwd=TOP, check=True)
        with open(stem + ".whole.map", encoding="utf-8") as file:
            drawn = set(re.findall(r"^build/m3/libango\.a\((\w+)\.o\)", file.read(), re.M))
        self.assertLessEqual({"exchange", "invites"}, drawn)
        self.assertEqual(drawn & OTHERS, set())


if __name__ == "__main__":
    unittest.main()
