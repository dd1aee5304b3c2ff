"""What tests/bench/run and test_figures.py measure with: nginx, a counting proxy, callgrind, the clients.

Everything happens on loopback, with files in temporary directories only.
"""
import asyncio
import glob
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [TOP + "/tests/hub", TOP + "/tests/e2e", TOP + "/tests/common"]
import operations                                               # noqa: E402
from built import make                                          # noqa: E402
from standin import StandIn                                     # noqa: E402

PKI = TOP + "/build/pki"
CHAIN = "ecdsa"
CA = "%s/%s.ca.pem" % (PKI, CHAIN)
HOST = "localhost"
KEY = "0f3b7a5c-9d1e-4c8e-2b6a-0d9f7a5c3b1e"             # JOB_KEY of invite_job.h
PATH = "/v2/organization/65a0c0de0100000000000001/invites"
BUILD = TOP + "/build/host/tests/bench/"
PROGRAMS = tuple("host/tests/bench/" + name for name in (
    "pure", "invite_ango", "invite_curl", "repeat", "count_malloc.so"))
ONLY_TLS12 = "host+tls12/tests/bench/invite_ango"
TIMEOUT_S = 60
# What each request says beyond what HTTP and the API ask for: some gateways refuse those without the first, and compress
# for those without the second. The floor does without.
BEYOND = "User-Agent: ango/%s\r\nAccept-Encoding: identity\r\n"
# Neither a proxy nor somebody's settings: the same for each client.
CLEAN = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "HOME": "/nonexistent"}

# What nginx answers to everything: an invitation as the API documents it.
REPLY = json.dumps({"status": "success", "data": {"invites": [{
    "_id": "65a0c0de0400000000000001", "to": "user_1@example.com", "organizationRole": "Member",
    "status": "Pending", "createdBy": "65a0c0de0200000000000001",
    "createdAt": "2025-01-15T10:30:00.000Z", "expiresAt": "2025-01-22T10:30:00.000Z"}]}},
    separators=(",", ":"))


class Failed(Exception):
    """A measurement that could not be made."""


def hub(**options):
    """A stand-in with the certificates and the key of the programs that are measured, and without a rate."""
    s = StandIn(PKI, CHAIN, rate=0, **options)
    s.set_key(KEY, "admin")
    return s


def build(*programs):
    """Builds programs below build/, each with its library, and the certificates."""
    for variant in sorted({program.split("/")[0] for program in programs}):
        wanted = ["build/" + program for program in programs if program.startswith(variant + "/")]
        done = make("VARIANT=" + variant, *wanted, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise Failed("the benchmarks do not build:\n" + done.stdout)
    subprocess.run([TOP + "/tests/hub/pki", PKI], check=True)


def run(command, binary=False, **more):
    """The output of a command that must succeed; its environment is CLEAN, and more."""
    environment = dict(CLEAN, **more)
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=TIMEOUT_S)
    if done.returncode:
        complaint = done.stderr.decode("utf-8", "replace")
        raise Failed("%s: status %d\n%s" % (" ".join(command[:6]), done.returncode, complaint))
    return done.stdout if binary else done.stdout.decode("utf-8", "replace")


def values(text):
    """The key=value lines of a text; numbers as numbers."""
    found = re.findall(r"^(\w+)=(.*)$", text, re.M)
    return {key: int(value) if value.isdigit() else value for key, value in found}


def callgrind(command):
    """Runs a program that marks its parts itself: (its values, {part: instructions})."""
    with tempfile.TemporaryDirectory(prefix="ango-bench-") as folder:
        output = run(["valgrind", "-q", "--tool=callgrind", "--collect-atstart=no",
                      "--callgrind-out-file=%s/out" % folder, *command])
        parts = {}
        for name in glob.glob(folder + "/out.*"):
            with open(name, encoding="utf-8") as file:
                text = file.read()
            part = re.search(r"^desc: Trigger: Client Request: (\w+)$", text, re.M)
            if part:
                parts[part.group(1)] = int(re.search(r"^summary: (\d+)$", text, re.M).group(1))
        return values(output), parts


def all_instructions(command):
    """Instructions of a whole run, from the first of the dynamic linker to the end."""
    with tempfile.TemporaryDirectory(prefix="ango-bench-") as folder:
        run(["valgrind", "-q", "--tool=callgrind", "--callgrind-out-file=%s/out" % folder, *command])
        total = 0
        for name in glob.glob(folder + "/out*"):    # one more for each part that the program marks
            with open(name, encoding="utf-8") as file:
                total += int(re.search(r"^(?:summary|totals): (\d+)$", file.read(), re.M).group(1))
        return total


# ------------------------------------------------------------------------------------------------ the server

def loopback():
    """The loopback addresses that there are."""
    addresses = ["127.0.0.1"]
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
        addresses.append("::1")
    except OSError:
        pass
    return addresses


def listeners(count=1):
    """`count` ports, each bound on every loopback address: [[socket, ...], ...]."""
    made = []
    while len(made) < count:
        sockets = []
        try:
            for address in loopback():
                s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
                sockets.append(s)
                if ":" in address:
                    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                s.bind((address, sockets[0].getsockname()[1]))
            made.append(sockets)
        except OSError:         # free on one address only
            for s in sockets:
                s.close()
    return made


class Nginx:
    """One nginx, one worker; a port for each way to speak TLS. It answers by itself, without an upstream."""
    WAYS = {                     # name: protocols, session tickets
        "default": ("TLSv1.2 TLSv1.3", True),
        "tls13": ("TLSv1.3", False), "tls13_tickets": ("TLSv1.3", True),
        "tls12": ("TLSv1.2", False), "tls12_tickets": ("TLSv1.2", True),
    }
    SERVER = """
    server {
        %(listen)s
        ssl_protocols %(protocols)s;
        ssl_session_tickets %(tickets)s;
        ssl_conf_command NumTickets %(number)d;
        location / { return 201 '%(reply)s'; }
    }"""
    CONFIG = """
daemon off;
worker_processes 1;
pid %(folder)s/pid;
error_log %(folder)s/error.log warn;
events { worker_connections 512; }
http {
    log_format seen '$server_port $request_method $status $connection $connection_requests $ssl_protocol '
                    '$ssl_session_reused $request_length';
    access_log %(folder)s/access.log seen;
    server_tokens off;
    default_type application/json;
    keepalive_requests 100000;
    keepalive_timeout 60s;
    client_body_temp_path %(folder)s/body;
    proxy_temp_path %(folder)s/proxy;
    fastcgi_temp_path %(folder)s/fastcgi;
    uwsgi_temp_path %(folder)s/uwsgi;
    scgi_temp_path %(folder)s/scgi;
    ssl_certificate %(pki)s/%(chain)s.chain.pem;
    ssl_certificate_key %(pki)s/%(chain)s.key.pem;
%(servers)s
}
"""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="ango-bench-nginx-")
        sockets = listeners(len(self.WAYS))
        self.ports = {way: each[0].getsockname()[1] for way, each in zip(self.WAYS, sockets)}
        for each in sockets:
            for s in each:
                s.close()
        servers = ""
        for way, (protocols, tickets) in self.WAYS.items():
            hosts = ("[%s]" % address if ":" in address else address for address in loopback())
            servers += self.SERVER % {
                "listen": " ".join("listen %s:%d ssl;" % (host, self.ports[way]) for host in hosts),
                "protocols": protocols, "tickets": "on" if tickets else "off", "number": 2 if tickets else 0,
                "reply": REPLY}
        with open(self.folder + "/nginx.conf", "w", encoding="utf-8") as file:
            file.write(self.CONFIG % {"folder": self.folder, "pki": PKI, "chain": CHAIN, "servers": servers})
        self.process = subprocess.Popen(
            ["/usr/sbin/nginx", "-p", self.folder, "-c", self.folder + "/nginx.conf",
             "-e", self.folder + "/error.log"], stdin=subprocess.DEVNULL)
        try:
            self.wait()
        except Failed:
            self.__exit__()
            raise
        return self

    def wait(self):
        for _ in range(200):
            try:
                for port in self.ports.values():
                    socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
        with open(self.folder + "/error.log", encoding="utf-8") as file:
            raise Failed("nginx does not start:\n" + file.read())

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def seen(self):
        """The requests so far: [(port, method, status, connection, number on it, protocol, resumed)]."""
        with open(self.folder + "/access.log", encoding="utf-8") as file:
            rows = [line.split() for line in file]
        return [(int(r[0]), r[1], int(r[2]), int(r[3]), int(r[4]), r[5], r[6] == "r") for r in rows]


# ------------------------------------------------------------------------------------------------- the proxy

ALERT = 21
SEALED_ALERT_LEN = 2 + 1 + 16   # in TLS 1.3: with its type, and AEAD's tag


class Wire:
    """What went over one connection."""

    def __init__(self):
        self.up = self.down = 0     # bytes
        self.round_trips = 0        # client's turns that were answered while the client was still there
        self.records = []           # ("up" or "down", type, length) of each TLS record
        self.hellos = 0             # ClientHellos: two where the server asked for another one
        self.turn = None
        self.ended = False
        self.rest = {"up": b"", "down": b""}

    def saw(self, way, data):
        if way == "up":
            self.up += len(data)
        else:
            self.down += len(data)
            self.round_trips += self.turn == "up" and not self.ended
        self.turn = way
        data = self.rest[way] + data
        while len(data) >= 5 and len(data) >= 5 + int.from_bytes(data[3:5], "big"):
            length = int.from_bytes(data[3:5], "big")
            self.records.append((way, data[0], length))
            self.hellos += way == "up" and data[0] == 22 and length > 0 and data[5] == 1
            # The client says goodbye, which the server may answer before the connection ends: no round trip of ours.
            self.ended = self.ended or way == "up" and (data[0] == ALERT or (data[0], length) == (23, SEALED_ALERT_LEN))
            data = data[5 + length:]
        self.rest[way] = data


class Proxy:
    """Counts what passes through it to `port`; holds everything back for half of `delay_s` each way."""

    def __init__(self, port, delay_s=0.0):
        self.target, self.half = port, delay_s / 2
        self.wires = []

    def __enter__(self):
        self.sockets = listeners()[0]
        self.port = self.sockets[0].getsockname()[1]
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.servers = [self.call(asyncio.start_server(self.serve, sock=s)) for s in self.sockets]
        return self

    def call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    def __exit__(self, *_):
        self.call(self.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    async def stop(self):
        for server in self.servers:
            server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def serve(self, reader, writer):
        wire = Wire()
        self.wires.append(wire)
        upstream_reader, upstream = await asyncio.open_connection("127.0.0.1", self.target)
        try:
            await asyncio.gather(self.pump(wire, "up", reader, upstream),
                                 self.pump(wire, "down", upstream_reader, writer))
        finally:
            upstream.close()
            writer.close()

    async def pump(self, wire, way, reader, writer):
        queue = asyncio.Queue()
        writing = asyncio.ensure_future(self.write(queue, writer))
        try:
            data = b"-"
            while data:
                try:
                    data = await reader.read(65536)
                except OSError:
                    data = b""
                if data:
                    wire.saw(way, data)
                elif way == "up":
                    wire.ended = True
                queue.put_nowait((self.loop.time() + self.half, data))
            await writing
        finally:
            writing.cancel()

    async def write(self, queue, writer):
        while True:
            due, data = await queue.get()
            if self.half:
                await asyncio.sleep(due - self.loop.time())
            try:
                if not data:
                    writer.write_eof()
                    return
                writer.write(data)
                await writer.drain()
            except OSError:
                return

    def quiet(self):
        """Waits until every connection has ended on both sides, and returns what was seen."""
        for _ in range(200):
            before = [(w.up, w.down) for w in self.wires]
            time.sleep(0.05 + self.half * 2)
            if all(w.ended for w in self.wires) and before == [(w.up, w.down) for w in self.wires]:
                return self.wires
        raise Failed("a client has left its connection open")


# ----------------------------------------------------------------------------------------------- the clients

def url(port):
    return "https://%s:%d%s" % (HOST, port, PATH)


def ango(port, count, host=HOST):
    return [BUILD + "invite_ango", host, str(port), CA, str(count)]


class Woken:
    """A device that sleeps between two invitations: each resumes the session that the one before has left."""

    def __init__(self, program=None):
        self.program = program or BUILD + "invite_ango"
        self.folder = tempfile.TemporaryDirectory(prefix="ango-bench-session-")

    def __call__(self, port, count):
        # A session is good for one port only.
        return [self.program, HOST, str(port), CA, str(count), "%s/%d" % (self.folder.name, port)]


def ango_tls12(port, count):
    """A build of the library that knows TLS 1.2 only."""
    return [TOP + "/build/" + ONLY_TLS12, HOST, str(port), CA, str(count)]


def libcurl(port, count):
    return [BUILD + "invite_curl", url(port), CA, str(count)]


def requests(port, count):
    return ["/usr/bin/python3", TOP + "/tests/bench/invite_requests.py", url(port), CA, str(count)]


def curl(port, count):
    """One process; curl uses a connection again for the next URL of its command line."""
    body = json.dumps({
        "to": ["user_1@example.com", "user_2@example.com"], "organizationRole": "member",
        "projectAssignments": [{"projectId": "65a0c0de0300000000000001", "projectRole": "Labeler"},
                               {"projectId": "65a0c0de0300000000000002", "projectRole": "Reviewer"}]},
        separators=(",", ":"))
    return ["curl", "-sS", "-f", "--cacert", CA, "-H", "apikey: " + KEY,
            "-H", "Content-Type: application/json", "-d", body, *[url(port)] * count]


# ---------------------------------------------------------------------------------------------- measurements

def pure():
    """Instructions of building and of parsing, without TLS and socket."""
    facts, parts = callgrind([BUILD + "pure"])
    figures = {name + "_instructions": round(parts[name] / facts["rounds"])
               for name in ("build", "parse_small", "parse_large", "parse_large_all")}
    return figures, facts


def large():
    """What a list of 10,000, a reply of 100 KB and headers of 5 KB ask of the buffer, over TLS against the stand-in."""
    figures, shown, there = operations.list_10000("host")
    if shown != there:
        raise Failed("the list of 10,000 was not handed out whole")
    return {**figures, **operations.reply_100k("host"), **operations.headers_5k("host")}


def kept(port, posts=100):
    """What `posts` invitations on a kept connection ask of the heap and of the arena. The address is numeric:
    a name would be looked up by the system, with its own allocations, and in a thread."""
    facts = values(run(ango(port, posts, "127.0.0.1"), LD_PRELOAD=BUILD + "count_malloc.so"))
    if not facts["counted"]:
        raise Failed("count_malloc.so was not loaded")
    return {
        "allocations": facts["allocations"],
        "allocations_per_further_post": facts["allocations_further"],
        "arena_calls_per_further_post": facts["arena_calls_further"],
        "kept_posts": facts["posts"],
        "kept_connections": facts["connections"],
        "kept_handshakes": facts["handshakes"],
    }, facts


def beyond():
    """Bytes of that, for each request."""
    with open(TOP + "/include/ango.h", encoding="utf-8") as file:
        version = re.search(r'^#define ANGO_VERSION "(.*)"$', file.read(), re.M).group(1)
    return len(BEYOND % version)


def tls13_floor(certificate, count, sent, received):
    """The fewest bytes, both ways, that TLS 1.3 (RFC 8446) needs to verify one ECDSA certificate of
    `certificate` bytes and to carry `count` requests and replies, `sent` and `received` bytes together:
    [(what, bytes)]. One suite, group and signature scheme offered; X25519; no ALPN, no session identifier and
    no ChangeCipherSpec for middleboxes; one record for each flight, without padding."""
    record, message, sealed = 5, 4, 5 + 1 + 16          # sealed: record header, inner content type, tag
    hello = record + message + 2 + 32 + 1               # version, random, empty session identifier
    client_hello = hello + 2 + 2 + 2 + 2 + sum((        # one suite, null compression, extensions' length
        4 + 1 + 2,                                      # supported_versions
        4 + 2 + 2,                                      # supported_groups
        4 + 2 + 2,                                      # signature_algorithms
        4 + 2 + 2 + 2 + 32,                             # key_share
        4 + 2 + 1 + 2 + len(HOST)))                     # server_name
    server_hello = hello + 2 + 1 + 2 + (4 + 2) + (4 + 2 + 2 + 32)
    signature = message + 2 + 2 + 71                    # DER of P-256: 70 to 72
    finished = message + 32
    return [
        ("ClientHello: one suite, group, key share (X25519), signature scheme; host name", client_hello),
        ("ServerHello", server_hello),
        ("EncryptedExtensions, with none", message + 2),
        ("Certificate, the leaf only: %d bytes of DER" % certificate, message + 1 + 3 + 3 + certificate + 2),
        ("CertificateVerify, ECDSA over P-256", signature),
        ("Finished of the server, and one record around all since ServerHello", finished + sealed),
        ("Finished of the client in a record", finished + sealed),
        ("requests (%d), each in a record, without User-Agent and Accept-Encoding" % count, sent + count * sealed),
        ("replies (%d), each in a record" % count, received + count * sealed),
        ("close_notify of the client (nginx sends none)", 2 + sealed),
    ]


def certificate_len():
    """Of the leaf; the server sends nothing else of this chain."""
    leaf = "%s/%s.chain.pem" % (PKI, CHAIN)
    return len(run(["openssl", "x509", "-in", leaf, "-outform", "DER"], binary=True))


def wired(port, command, delay_s=0.0, times=1, first=None):
    """Runs command(PORT OF A PROXY) `times` times: what went over the wire, all connections together, without
    what first(PORT) did before."""
    with Proxy(port, delay_s) as proxy:
        if first is not None:
            run(first(proxy.port))
            proxy.quiet()
            proxy.wires = []
        start = time.monotonic()
        for _ in range(times):
            said = values(run(command(proxy.port)))
        wall = time.monotonic() - start
        wires = proxy.quiet()
    return {
        "up": sum(w.up for w in wires), "down": sum(w.down for w in wires),
        "bytes": sum(w.up + w.down for w in wires),
        "connections": len(wires),
        "handshakes": sum(w.hellos > 0 for w in wires),
        "round_trips": sum(w.round_trips for w in wires),
        "wires": wires, "said": said, "wall": wall,
    }


def over_floor(port, count, runs=1, client=ango):
    """The wire of `count` invitations of this library: the median run, with its `floor` and `ratio`."""
    seen = [wired(port, lambda proxy: client(proxy, count)) for _ in range(runs)]
    seen = sorted(seen, key=lambda each: each["bytes"])[runs // 2]
    sent, received = seen["said"]["sent"] - count * beyond(), seen["said"]["received"]
    seen["parts"] = tls13_floor(certificate_len(), count, sent, received)
    seen["further"] = (sent + received) // count + 2 * (5 + 1 + 16)
    seen["floor"] = sum(n for _, n in seen["parts"])
    seen["ratio"] = seen["bytes"] / seen["floor"]
    return seen


def handshakes(port, program):
    """A full and a resumed handshake of a build of invite_ango: instructions, arena, wire."""
    woken = Woken(program)

    def cold(to):
        return [program, HOST, str(to), CA, "1"]

    def warm(to):
        return woken(to, 1)

    run(warm(port))
    seen = {}
    for name, command in (("full", cold), ("resumed", warm)):
        facts, parts = callgrind(command(port))
        if facts["resumed"] != (name == "resumed"):
            raise Failed("the handshake that should be %s is not" % name)
        seen[name], seen[name + "_arena"] = parts["handshake"], facts["arena_peak"]
    seen["full_wire"] = wired(port, cold, 0.05)
    seen["resumed_wire"] = wired(port, warm, 0.05, first=warm)
    woken.folder.cleanup()
    return seen


def median(numbers):
    ordered = sorted(numbers)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
