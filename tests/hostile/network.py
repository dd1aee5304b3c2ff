"""What the hostile tests are made of: servers that misbehave on loopback, down to single records and bytes;
the client that meets them (victim.c); and the table of what was expected and what was seen.

A server counts the requests that it received; Client.run wants the count, and checks what holds for every
exchange.
"""
import contextlib
import ctypes
import hashlib
import hmac
import os
import select
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PKI = os.path.join(TOP, "build", "pki")

sys.path[:0] = [TOP + "/tests/hub", TOP + "/tests/common"]
import standin  # noqa: E402
from built import built                                         # noqa: E402

# With HOSTILE_VARIANT=host the stack is measured, for which the address sanitizer is no use.
VARIANT = os.environ.get("HOSTILE_VARIANT", "asan-gcc")
# With +shared, mbedTLS has its own default configuration, the heap, and more curves than ours.
SHARED = "+shared" in VARIANT
PLAIN_VARIANT = "host+shared" if SHARED else "coverage" if VARIANT == "coverage" else "host"
# Bytes of stack for a whole exchange, in any row: x86-64, gcc -O2.
STACK_BOUND = 6144

CHANGE_CIPHER, ALERT, HANDSHAKE, DATA = 20, 21, 22, 23
FLIGHT_TIMEOUT_S = 20


# ------------------------------------------------------------------------------------------------- the table

class Tally:
    """What holds for every exchange, counted over all of them."""

    def __init__(self):
        self.calls = self.requests = self.doubled = 0
        self.stack = 0
        self.broken = []

    def add(self, seen, requests):
        self.calls += 1
        self.requests += requests
        self.doubled += requests > 1
        self.stack = max(self.stack, seen.get("stack", 0))


def report(row, name, expected, seen, ok):
    """One line of the table; returns ok."""
    path = os.environ.get("HOSTILE_TABLE")
    name += ", " + VARIANT if VARIANT != "asan-gcc" else ""
    if path:
        with open(path, "a", encoding="utf-8") as table:
            table.write("%d\t%s\t%s\t%s\t%s\n" % (row, name, expected, seen, "ok" if ok else "FAILED"))
    return ok


def report_tally(what, tally):
    """The rows that are about all exchanges; raises if one of them has failed."""
    broken = "; ".join(tally.broken[:3])
    leaks = [text for text in tally.broken if "API key" in text or "arena" in text]
    seen = "%d calls, %d requests" % (tally.calls, tally.requests)
    if tally.doubled:
        seen += ", %d DOUBLED" % tally.doubled
    ok = report(120, "secrets after each call, " + what, "zeroed",
                "%d of %d not zeroed" % (len(leaks), tally.calls), not leaks)
    ok &= report(122, "requests of each call, " + what, "at most one", seen, not tally.doubled)
    if VARIANT == "host":
        ok &= report(121, "stack of each call, " + what, "at most %d bytes" % STACK_BOUND,
                     "%d bytes" % tally.stack,
                     0 < tally.stack <= STACK_BOUND)
    if not ok or tally.broken:
        raise AssertionError(broken)


# ------------------------------------------------------------------------------------------------ the client

def build(variant=VARIANT, directory=None, *flags):
    """The path of a victim, built if need be; `directory` keeps one with other flags apart."""
    program = "build/%s/tests/hostile/victim" % (directory or variant)
    if os.environ.get("HOSTILE_BUILT"):
        return os.path.join(TOP, program)
    return built(program, variant=variant, extra=flags)


class Client:
    """A victim process."""

    def __init__(self, program, tally, counted=True):
        """Not `counted`: the number of requests is looked at elsewhere."""
        self.tally, self.counted = tally, counted
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        bufsize=1)

    def close(self):
        self.process.stdin.close()
        status = self.process.wait(30)
        self.process.stdout.close()
        if status != 0:
            raise AssertionError("victim ended with %d" % status)

    def begin(self, **options):
        self.timeout = options.get("timeout", 5000)
        self.options = options
        self.process.stdin.write(" ".join("%s=%s" % item for item in options.items()) + "\n")

    def end(self, requests=None):
        """A dictionary of what the client said; requests() says how many the server has had since begin()."""
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("victim ended with %s at %r" % (self.process.wait(30), self.options))
        seen = {}
        for item in line.split():
            name, _, value = item.partition("=")
            try:
                seen[name] = int(value, 0)
            except ValueError:
                seen[name] = value
        seen["says"] = "%s %s" % (seen["error"], seen["outcome"])
        seen["requests"] = requests() if self.counted else 0
        self.check(seen)
        return seen

    def run(self, requests, **options):
        self.begin(**options)
        return self.end(requests)

    def check(self, seen):
        wrong = []
        count, outcome = seen["requests"], seen["outcome"]
        asked = 1 + (self.options.get("again", 0) != 0)
        if not seen["balanced"]:
            wrong.append("connect and close are not in balance")
        if self.options.get("close", 1):
            # mbedTLS itself leaks in some places when it runs out of memory; see row 101 of README.md.
            if seen["arena_left"] and seen["error"] != "MEMORY" or not seen["arena_zero"]:
                wrong.append("arena_left=%(arena_left)d arena_zero=%(arena_zero)d" % seen)
        if seen["misuse"]:
            wrong.append("misuse=%(misuse)d at victim.c:%(misuse_line)d" % seen)
        if seen["leaks"]:
            wrong.append("the API key was left in memory")
        if count > asked:
            wrong.append("%d requests DOUBLED" % count)
        if outcome == "N" and count > asked - 1:
            wrong.append("not sent, yet received")
        if outcome == "A" and count < asked and self.counted:
            wrong.append("accepted, yet never received")
        if seen["elapsed_ms"] > self.timeout + 3000:
            wrong.append("took %(elapsed_ms)d ms" % seen + ", the deadline was %d" % self.timeout)
        if self.options.get("again") and seen["again"] != "OK" and seen["init"] == "OK":
            wrong.append("used again: %(again)s" % seen)
        seen["wrong"] = "; ".join(wrong)
        self.tally.add(seen, count - (asked - 1))
        if wrong:
            self.tally.broken.append("%s: %s" % (self.options, seen["wrong"]))


class Hub(standin.StandIn):
    """The stand-in, which says how many requests came since it was last asked."""

    def __init__(self, **options):
        super().__init__(PKI, rate=0, log=10, **options)
        self.told = 0

    def requests(self):
        deadline = time.monotonic() + FLIGHT_TIMEOUT_S
        while self.open:                                        # a request may still be on its way
            time.sleep(0.0002)
            if time.monotonic() > deadline:
                raise AssertionError("a connection of the stand-in does not end")
        with self.lock:
            before, self.told = self.told, self.counters["requests"]
        return self.told - before


class Case(unittest.TestCase):
    """A test whose cases are rows of the table."""

    def expect(self, row, name, seen, *expected):
        """Reports what a Client has `seen`; another case of the same test goes on after a failure."""
        says = seen["says"] + (", " + seen["wrong"] if seen["wrong"] else "")
        self.case(row, name, " or ".join(expected), says, seen["says"] in expected and not seen["wrong"])

    def case(self, row, name, expected, seen, ok):
        with self.subTest(row=row, case=name):
            self.assertTrue(report(row, name, expected, seen, ok), "expected %s, seen %s" % (expected, seen))


# --------------------------------------------------------------------------------------------------- servers

class Listener:
    """Accepts on loopback, and hands each connection to serve(sock), on a thread. Connections are counted."""

    def __init__(self, serve=None, receive_buffer=0, backlog=64):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(backlog)
        self.port = self.socket.getsockname()[1]
        self.serve = serve or self.serve
        self.connections = self.busy = 0
        self.errors = []
        self.idle = threading.Condition()
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.accept, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()
        self.wait()

    def accept(self):
        while True:
            try:
                sock, _ = self.socket.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(FLIGHT_TIMEOUT_S)
            with self.idle:
                self.connections += 1
                self.busy += 1
            threading.Thread(target=self.run, args=(sock,), daemon=True).start()

    def run(self, sock):
        try:
            self.serve(sock)
        except (OSError, EOFError):
            pass                                                # the client went away, as it may
        except Exception as error:                              # a defect of the test: it must be seen
            self.errors.append(error)
            raise
        finally:
            sock.close()
            with self.idle:
                self.busy -= 1
                self.idle.notify_all()

    def wait(self):
        """Until all connections are over."""
        with self.idle:
            if not self.idle.wait_for(lambda: self.busy == 0, FLIGHT_TIMEOUT_S):
                raise AssertionError("a connection of the test server does not end")
        if self.errors:
            raise self.errors[0]


def reset(sock):
    """The next close() sends RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def drain(sock):
    """Until the client goes away; so that a close is a FIN and not an RST."""
    with contextlib.suppress(OSError):
        while sock.recv(65536):
            pass


def record(kind, payload, version=0x0303):
    return struct.pack(">BHH", kind, version, len(payload)) + payload


class Records:
    """Takes a stream of TLS apart into its records."""

    def __init__(self):
        self.kinds, self.ends, self.rest = [], [], b""

    def feed(self, data):
        """The records that are complete now."""
        records = []
        self.rest += data
        while len(self.rest) >= 5:
            need = 5 + int.from_bytes(self.rest[3:5], "big")
            if len(self.rest) < need:
                break
            records.append(self.rest[:need])
            self.kinds.append(self.rest[0])
            self.ends.append(need + (self.ends[-1] if self.ends else 0))
            self.rest = self.rest[need:]
        return records


class Between(Listener):
    """A man in the middle: forwards to `target`, and does to what the server sends as `plan` says.

    plan: {"cut": n, "how": "fin", "rst" or "stall"}    only the first n bytes of it, and then that
          {"flip": k}                                   the last bit of its record k, from 0
    With "connections": n it is done to the first n only, and nothing to those that follow.
    Afterwards: forwarded (bytes of the server), kinds and ends (of its records), flight (bytes forwarded when
    the client had done its handshake; None: it did not) and data (records of application data from the
    client, without the Finished of TLS 1.3).
    """

    def __init__(self, target, tls):
        super().__init__()
        self.target, self.tls, self.plan = target, tls, {}

    def serve(self, client):
        if self.plan.get("connections") == 0:
            self.plan = {}
        elif "connections" in self.plan:
            self.plan["connections"] -= 1
        self.answered, self.asked, self.forwarded, self.flight, self.data = Records(), Records(), 0, None, 0
        self.kinds, self.ends = self.answered.kinds, self.answered.ends
        with socket.create_connection(("127.0.0.1", self.target)) as server:
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            ended = self.plan.get("cut") == 0
            while not ended:
                ready, _, _ = select.select([client, server], [], [], FLIGHT_TIMEOUT_S)
                if not ready:
                    raise AssertionError("neither side says anything")
                if client in ready:
                    data = client.recv(65536)
                    self.listen(data)
                    if not data:
                        return
                    server.sendall(data)
                if server in ready:
                    data = server.recv(65536)
                    ended = self.forward(client, data) or not data
        self.end(client)

    def listen(self, data):
        self.asked.feed(data)
        self.data = self.asked.kinds.count(DATA) - (self.tls == "1.3" and DATA in self.asked.kinds)
        if DATA in self.asked.kinds and self.flight is None:
            self.flight = self.forwarded

    def forward(self, client, data):
        """True when it was the last."""
        before = len(self.answered.kinds)
        records = self.answered.feed(data)
        flip = self.plan.get("flip")
        if flip is not None:                                    # nothing is cut, so whole records will do
            if before <= flip < before + len(records):
                spoilt = records[flip - before]
                records[flip - before] = spoilt[:-1] + bytes([spoilt[-1] ^ 1])
            data = b"".join(records)
        cut = self.plan.get("cut")
        if cut is not None:
            data = data[:cut - self.forwarded]
        self.forwarded += len(data)
        client.sendall(data)
        return cut == self.forwarded

    def end(self, client):
        how = self.plan.get("how", "fin")
        if how == "rst":
            reset(client)
            return
        if how == "fin":
            client.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):
            while True:
                data = client.recv(65536)
                self.listen(data)
                if not data:
                    return


# -------------------------------------------------------------------------------------- TLS records by hand

crypto = ctypes.CDLL("libcrypto.so.3")
for function in ("EVP_CIPHER_CTX_new", "EVP_aes_128_gcm", "EVP_aes_256_gcm"):
    getattr(crypto, function).restype = ctypes.c_void_p


def aes_gcm(key, nonce, data, extra):
    """What AES-GCM makes of data: as long, and 16 bytes of tag. Python has it only in its ssl's library."""
    context = ctypes.c_void_p(crypto.EVP_CIPHER_CTX_new())
    cipher = ctypes.c_void_p(crypto.EVP_aes_128_gcm() if len(key) == 16 else crypto.EVP_aes_256_gcm())
    out, tag, n = ctypes.create_string_buffer(len(data) + 16), ctypes.create_string_buffer(16), ctypes.c_int()
    done = (crypto.EVP_EncryptInit_ex(context, cipher, None, key, nonce)
            and crypto.EVP_EncryptUpdate(context, None, ctypes.byref(n), extra, len(extra))
            and crypto.EVP_EncryptUpdate(context, out, ctypes.byref(n), data, len(data))
            and crypto.EVP_EncryptFinal_ex(context, None, ctypes.byref(n))
            and crypto.EVP_CIPHER_CTX_ctrl(context, 0x10, 16, tag))
    crypto.EVP_CIPHER_CTX_free(context)
    if not done:
        raise AssertionError("libcrypto does not encrypt")
    return out.raw[:len(data)] + tag.raw


def expand_label(secret, label, length, digest):
    """HKDF-Expand-Label of TLS 1.3, for no more than one block."""
    label = b"tls13 " + label
    info = struct.pack(">HB", length, len(label)) + label + b"\0\1"
    return hmac.digest(secret, info, digest)[:length]


def prf(secret, seed, length, digest):
    """The P_hash of TLS 1.2."""
    out, a = b"", seed
    while len(out) < length:
        a = hmac.digest(secret, a, digest)
        out += hmac.digest(secret, a + seed, digest)
    return out[:length]


class Tls:
    """The server's side of TLS: by OpenSSL until the handshake is done, and what it says then by hand."""

    def __init__(self, sock, version, chain="ecdsa"):
        self.sock, self.version = sock, version
        context = standin.make_context(PKI, chain, version, 0)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        with tempfile.NamedTemporaryFile("r") as keys:
            context.keylog_filename = keys.name
            self.ssl = context.wrap_bio(incoming, outgoing, server_side=True)
            self.ssl.info, self.incoming, self.said = {}, incoming, b""
            self.pump(self.ssl.do_handshake, outgoing)
            secrets = dict((line.split()[0], line.split()[1:]) for line in keys.read().splitlines())
        self.outgoing = outgoing
        name = self.ssl.cipher()[0]
        self.digest = hashlib.sha384 if "SHA384" in name else hashlib.sha256
        self.key_len = 32 if "256" in name.replace("SHA256", "") else 16
        if version == "1.3":
            self.use(bytes.fromhex(secrets["SERVER_TRAFFIC_SECRET_0"][1]))
        else:
            random, master = (bytes.fromhex(text) for text in secrets["CLIENT_RANDOM"])
            block = prf(master, b"key expansion" + self.said[11:43] + random, 2 * self.key_len + 8,
                        self.digest)
            self.key, self.iv = block[self.key_len:2 * self.key_len], block[-4:]
            self.serial = 1                                     # Finished was the first

    def pump(self, step, outgoing):
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                self.flush(outgoing)
                data = self.sock.recv(65536)
                if not data:
                    raise EOFError from None
                self.incoming.write(data)
            finally:
                self.flush(outgoing)

    def flush(self, outgoing):
        data = outgoing.read()
        self.said += data
        self.sock.sendall(data)

    def use(self, secret):
        self.secret, self.serial = secret, 0
        self.key = expand_label(secret, b"key", self.key_len, self.digest)
        self.iv = expand_label(secret, b"iv", 12, self.digest)

    def update_key(self):
        """After a KeyUpdate was sent."""
        self.use(expand_label(self.secret, b"traffic upd", self.digest().digest_size, self.digest))

    def seal(self, kind, data, padding=0):
        """The next record, with any data at all in it."""
        serial, self.serial = struct.pack(">Q", self.serial), self.serial + 1
        if self.version == "1.3":
            data += bytes([kind]) + b"\0" * padding
            header = struct.pack(">BHH", DATA, 0x0303, len(data) + 16)
            nonce = bytes(a ^ b for a, b in zip(self.iv, b"\0\0\0\0" + serial))
            return header + aes_gcm(self.key, nonce, data, header)
        extra = serial + struct.pack(">BHH", kind, 0x0303, len(data))
        sealed = aes_gcm(self.key, self.iv + serial, data, extra)
        return record(kind, serial + sealed)

    def send(self, kind, data, padding=0):
        self.sock.sendall(self.seal(kind, data, padding))

    def read_request(self):
        """The client's request, whole; EOFError if it ends before."""
        data = b""
        while True:
            more = self.pump(lambda: self.ssl.read(65536), self.outgoing)
            if not more:
                raise EOFError
            data += more
            head, end, body = data.partition(b"\r\n\r\n")
            if end and len(body) >= int(head.lower().partition(b"content-length:")[2].split(b"\r")[0]):
                return data


REPLY_BODY = b'{"status":"success","data":{"invites":[{"to":"hostile_0@example.com","status":"Pending"}]}}'
REPLY = b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n%s" % (len(REPLY_BODY), REPLY_BODY)


class Scripted(Listener):
    """TLS by OpenSSL, one request read and counted; then act(tls) says what comes of it."""

    def __init__(self, version, act, before=None, chain="ecdsa"):
        super().__init__()
        self.version, self.act, self.before, self.chain, self.requests = version, act, before, chain, 0

    def serve(self, sock):
        tls = Tls(sock, self.version, self.chain)
        if self.before:
            self.before(tls)
        tls.read_request()
        self.requests += 1
        self.act(tls)
        drain(sock)
