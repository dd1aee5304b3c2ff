"""Places in the sources that tools go by: a line that ends with a comment `KIND: NAME`, such as /* mutant: no-limit */."""
import collections
import glob
import os
import re

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDERS = ("src", "include", "port")

Mark = collections.namedtuple("Mark", "name path line")         # path within the tree; line from 1 on


def marks(kind, top=TOP):
    """Every Mark of a kind."""
    found = []
    for folder in FOLDERS:
        for path in sorted(glob.glob("%s/%s/**/*.[ch]" % (top, folder), recursive=True)):
            with open(path, encoding="utf-8") as file:
                for number, line in enumerate(file, 1):
                    for name in re.findall(r"/\* %s: ([\w-]+) \*/$" % kind, line.rstrip()):
                        found.append(Mark(name, os.path.relpath(path, top), number))
    return found


TOKEN = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|.', re.S)


def without_comments(text):
    return "".join(" " if token.startswith("/*") else token for token in TOKEN.findall(text))


def statement(text, line):
    """(begin, end) of the statement that begins on a line; of an `if` or `while`, up to its last bracket."""
    begin = sum(len(each) for each in text.splitlines(True)[:line - 1])
    begin += len(text[begin:]) - len(text[begin:].lstrip())
    head = re.match(r"(?:} )?(?:else )?(?:if|while|for) ", text[begin:])
    depth, at = 0, begin
    for token in TOKEN.findall(text[begin:]):
        at += len(token)
        depth += token in "([" or -(token in ")]")
        if depth == 0 and (token == ";" or head and token == ")"):
            return begin, at
    raise ValueError("no statement begins on line %d" % line)
