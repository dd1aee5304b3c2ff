#!/usr/bin/python3
"""Who only invites does not pay for the rest: none of it is linked."""
import importlib.machinery
import importlib.util
import os
import re
import subprocess
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
loader = importlib.machinery.SourceFileLoader("size", TOP + "/tests/bench/size")
size = importlib.util.module_from_spec(importlib.util.spec_from_loader("size", loader))
loader.exec_module(size)

# Further operations and what is made of them, ...
OTHERS = {"members", "projects", "walk", "confirm", "text", "tls", "arena"}
# ... and what they share with each other, which the file of the invitations' operations draws in.
SHARED = {"pages", "deleted", "counts"}


def own(linked):
    return {name for name, length in linked.rows.items() if length} - {"call", "libgcc", "libc", "padding"}


# What inviting, and the eight operations, may take on Cortex-M3, without TLS, libc and the program's own calls.
INVITE_MOST = 6144
ALL_OPERATIONS_MOST = 8192


class InviteOnly(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for variant in size.CPUS:
            size.build(variant)
        cls.invite = size.link("test-invite", size.OPERATIONS[0][1])

    def test_links_only_its_own(self):
        for variant, linked in self.invite.items():
            with self.subTest(variant=variant):
                self.assertEqual(own(linked) & (OTHERS | SHARED), set())
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
        self.assertLessEqual({"client", "invites", "members", "projects"} | SHARED, own(linked))
        self.assertLessEqual(linked.counted(), ALL_OPERATIONS_MOST)

    def test_without_sections_no_other_file_is_drawn_in(self):
        """A toolchain that links whole objects still leaves out what has a file of its own."""
        stem = TOP + "/build/m3/size-test-invite"
        subprocess.run((size.CROSS + "gcc", "-mthumb", "-mcpu=cortex-m3", "-nostartfiles", "-Wl,-e,main",
                        "-Wl,-Map=" + stem + ".whole.map", stem + ".o", "build/m3/libango.a",
                        "-o", stem + ".whole.elf"), cwd=TOP, check=True)
        with open(stem + ".whole.map", encoding="utf-8") as file:
            drawn = set(re.findall(r"^build/m3/libango\.a\((\w+)\.o\)", file.read(), re.M))
        self.assertLessEqual({"client", "invites"}, drawn)
        self.assertEqual(drawn & OTHERS, set())


if __name__ == "__main__":
    unittest.main()
