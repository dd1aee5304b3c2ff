"""Every operation through operations_driver.c, and the figures of a long list."""
import collections
import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TOP + "/tests/hub")
import standin                                                  # noqa: E402

PKI = TOP + "/build/pki"
LIST_LEN, LIST_BUFFER, LIST_TOKENS = 10000, 1536, 32

ERRORS = {0: "OK", -2: "END", -3: "ARG", -6: "ID", -7: "EMAIL", -8: "SPACE", -14: "NET", -15: "TIME",
          -17: "TLS", -18: "TRUNCATED", -19: "HTTP", -20: "TOO_BIG", -21: "JSON", -22: "SHAPE", -23: "STATUS"}
Result = collections.namedtuple("Result", "error outcome status done failed total items retry_after index"
                                          " message")


def build(variant):
    """The path of the client, built if need be."""
    name = "build/%s/tests/e2e/operations_driver" % variant
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL")}
    subprocess.run([os.environ.get("MAKE", "make"), "--no-print-directory", "-s", "-j2", "WERROR=1",
                    "VARIANT=" + variant, name], cwd=TOP, check=True, env=environment)
    return os.path.join(TOP, name)


class Client:
    """An operations_driver process that talks to a stand-in."""

    def __init__(self, program, server, buffer=8192, tokens=32):
        self.process = subprocess.Popen(
            [program, str(server.port), server.ca, server.key, server.org, str(buffer), str(tokens)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, encoding="utf-8")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        status = self.process.wait(30)
        self.process.stdout.close()
        if status:
            raise AssertionError("operations_driver ended with %d" % status)

    def __call__(self, *words):
        """(entries, each a list of its fields; Result)"""
        self.process.stdin.write("\t".join(map(str, words)) + "\n")
        entries = []
        for line in self.process.stdout:
            fields = line.rstrip("\n").split("\t")
            if fields[0] != "=":
                entries.append(fields)
                continue
            error = ERRORS.get(int(fields[1]), fields[1])
            return entries, Result(error, fields[2], *map(int, fields[3:10]), fields[10])
        raise AssertionError("operations_driver ended with %s at %r" % (self.process.wait(30), words))


def list_10000(variant):
    """A walk over a long list in a small buffer: figures, addresses handed out, addresses that there are."""
    program = build(variant)
    with standin.StandIn(PKI, rate=0, seed={"members": LIST_LEN}, log=3 * LIST_LEN) as server:
        with Client(program, server, LIST_BUFFER, LIST_TOKENS) as client:
            entries, result = client("walk", "members")
        if result.error != "END":
            raise AssertionError("the walk ended with %s: %s" % (result, entries[-1:]))
        figures = {"list_10000_buffer": LIST_BUFFER, "list_10000_tokens": LIST_TOKENS,
                   "list_10000_requests": server.counts()["requests"]}
        return figures, [entry[1] for entry in entries], [m["email"] for m in server.state()["members"]]
