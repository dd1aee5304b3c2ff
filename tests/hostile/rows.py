"""The table of tests/hostile/README.md, and where tests cite its rows."""
import collections
import glob
import os
import re

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TABLE = TOP + "/tests/hostile/README.md"
NOT_YET = "not yet"

Row = collections.namedtuple("Row", "number happens right tests")

# "row 12", "rows 12, 13 and 20 to 25"; in the hostile tests also a call or a struct that begins with the number.
WORDS = re.compile(r"\brows? (\d+(?:(?:, | and | to )\d+)*)")
CALL = re.compile(r"[({]\s*(\d{1,3}),\s")
C_TEST = re.compile(r"^static void (\w+)\(void \*\*state\)")
C_FUNCTION = re.compile(r"^\w[\w *]*?(\w+)\([^;]*$")
PYTHON_TEST = re.compile(r"^    def (test_\w+)\(")
PYTHON_FUNCTION = re.compile(r"^(?:    )?def (\w+)\(|^class (\w+)")


def table():
    """{number: Row}; `tests` are FOLDER/NAME as in tests/, without .c or .py."""
    found = {}
    with open(TABLE, encoding="utf-8") as file:
        for line in file:
            cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
            if not line.startswith("| ") or not cells[0].isdigit():
                continue
            if len(cells) != 4 or int(cells[0]) in found:
                raise ValueError("tests/hostile/README.md: not a row of its own: " + line)
            tests = [] if cells[3] == NOT_YET else [
                name if "/" in name else "hostile/test_" + name for name in cells[3].split(", ")]
            found[int(cells[0])] = Row(int(cells[0]), cells[1], cells[2], tests)
    return found


def source(test):
    """The file of FOLDER/NAME."""
    for end in (".c", ".py"):
        if os.path.exists("%s/tests/%s%s" % (TOP, test, end)):
            return "%s/tests/%s%s" % (TOP, test, end)
    raise ValueError("no such test: " + test)


def spoken(text):
    """The rows that words of a line name."""
    rows = set()
    for words in WORDS.findall(text):
        for first, last in re.findall(r"(\d+)(?: to (\d+))?", words):
            rows.update(range(int(first), int(last or first) + 1))
    return rows


def cited(text, hostile):
    return spoken(text) | ({int(number) for number in CALL.findall(text)} if hostile else set())


def cases(path, row):
    """The names of the cases of a test's source that cite the row; empty: all of them may."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    in_c, hostile = path.endswith(".c"), "/hostile/" in path
    a_test, a_function = (C_TEST, C_FUNCTION) if in_c else (PYTHON_TEST, PYTHON_FUNCTION)
    names = set()
    for number, line in enumerate(lines):
        if row not in cited(line, hostile):
            continue
        above = next((at for at in range(number, -1, -1) if a_function.match(lines[at])), None)
        if above is None:                   # what the file as a whole is about
            continue
        # What stands between two functions belongs to the next one: a comment, say.
        between = in_c and "}" in [text.rstrip() for text in lines[above:number]]
        if between:
            above = next((at for at in range(number, len(lines)) if a_function.match(lines[at])), None)
        test = a_test.match(lines[above]) if above is not None else None
        if test is None:
            return []
        names.add(test.group(1))
    return sorted(names)


def sources():
    """Every test's source, where a row may be cited."""
    return sorted(path for end in ("c", "py") for path in glob.glob("%s/tests/*/*.%s" % (TOP, end)))
