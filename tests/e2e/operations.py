"""Every operation through operations_driver.c, and the figures of what is large: a list, a reply, headers."""
import collections
import http.client
import os
import ssl
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [TOP + "/tests/hub", TOP + "/tests/common"]
import standin                                                  # noqa: E402
from built import built                                         # noqa: E402

PKI = TOP + "/build/pki"
LIST_LEN, LIST_BUFFER, LIST_TOKENS = 10000, 512, 17
BUFFER_STEP = 16

ERRORS = {0: "OK", -2: "END", -3: "ARG", -6: "ID", -7: "EMAIL", -8: "SPACE", -14: "NET", -15: "TIME",
          -17: "TLS", -18: "TRUNCATED", -19: "HTTP", -20: "TOO_BIG", -21: "JSON", -22: "SHAPE", -23: "STATUS",
          -26: "ENTRY"}
Result = collections.namedtuple("Result", "error outcome status done failed total items kept retry_after index"
                                          " message")


def build(variant):
    """The path of the client, built if need be."""
    return built("build/%s/tests/e2e/operations_driver" % variant)


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
            return entries, Result(error, fields[2], *map(int, fields[3:11]), fields[11])
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


# ------------------------------------------------------------------------- the smallest buffer, tried over TLS

def reply_size(server, method, path, body=None):
    """(bytes of the headers, bytes of the body) of a reply, as another client receives it."""
    there = http.client.HTTPSConnection("localhost", server.port, context=ssl.create_default_context(cafile=server.ca))
    there.request(method, path, body, {"apikey": server.key, "Content-Type": "application/json"})
    reply = there.getresponse()
    size = sum(len(name) + len(value) + 4 for name, value in reply.getheaders()), len(reply.read())
    there.close()
    return size


def smallest_buffer(program, server, words, right):
    """The first of BUFFER_STEP, 2 * BUFFER_STEP, ... bytes with which right(entries, result) of a command is true."""
    for buffer in range(BUFFER_STEP, 65536, BUFFER_STEP):
        server.reset()
        with Client(program, server, buffer, LIST_TOKENS) as client:
            if right(*client(*words)):
                return buffer
    raise AssertionError("no buffer is large enough for " + words[0])


def reply_100k(variant):
    """A whole project of 100 KB comes back from an assignment: what it takes to be shown both who are on it."""
    people = ("zoe@example.com", "member@example.com")
    with standin.StandIn(PKI, rate=0, moods=["whole-project=105"]) as server:
        project = server.projects[0]

        def right(entries, result):
            return result.outcome == "accepted" and entries == [[who, "Reviewer"] for who in people]

        buffer = smallest_buffer(build(variant), server, ("assign", project, 3, *people), right)
        return {"reply_100k_bytes": reply_size(server, "GET", "/v2/project/" + project)[1], "reply_100k_buffer": buffer}


def headers_5k(variant):
    """An invitation through the headers of a CDN and a load balancer, and a line of 3,000 bytes."""
    with standin.StandIn(PKI, rate=0, moods=["cdn-headers", "long-header=3000"]) as server:
        words = ("invite-to", 2, server.projects[0], 2, "user_1@example.com")

        def right(entries, result):
            return result.outcome == "accepted" and [entry[1] for entry in entries] == ["user_1@example.com"]

        buffer = smallest_buffer(build(variant), server, words, right)
        return {"headers_5k_bytes": reply_size(server, "GET", "/v2/listProjects")[0], "headers_5k_buffer": buffer}
