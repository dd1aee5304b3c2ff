#!/usr/bin/python3
"""A stand-in for Ango Hub on loopback: API v2 over TLS, with state, keys, moods, faults on request, and a log.

    tests/hub/standin.py                    in the foreground; prints how to reach it (make serve)
    tests/hub/standin.py --mood lags=2      a server that is not as documented: see --help
    with StandIn(pki, chain="ecdsa") as s:  in a test: s.url, s.ca, s.key, s.org, s.projects, s.state(), ...
                                            s.mood("caps-limit=10", "lags=2"), s.fault(status=500)

What the vendor documents is done as documented. The rest is our reading, and a client must not depend on it:
  - POST invites answers 201 when an invitation was made, else 200. data.invites has one entry for each
    address asked for, in that order: a new invitation; for one that is pending already, the invitation as it
    was made first (role and projects unchanged) with "message":"Already invited"; for a member of the
    organization {"to","organizationRole","status":"Failed","message"} without an _id.
  - An unknown project in projectAssignments is a 404 for the whole request. Whatever is invalid is a 400 for
    the whole request, unknown names in the body among it. A request answered 4xx has changed nothing.
  - An invitation expires after 7 days; status "Expired"; inviting that address again makes a new one.
  - DELETE invites answers like DELETE users: {"deleted","failed"}; failed are those not pending.
  - POST users: results has one entry for each user, status "Updated" or "Failed", the latter with a message.
  - DELETE users: the user to whom the API key belongs cannot be deleted and counts as failed.
  - POST assigned: beside data.project there are data.failed and data.results like those of POST users (status
    "Added", "Updated", "Failed"); only members of the organization can be assigned.
  - GET project: data.project as in a list, with assignedTo and the caller's own role.
  - A key of role member may read members and projects; for the rest 403. An organization that exists but is
    not the key's: 403. A page past the end is an empty list.
  - Replies spell organization roles with a capital (Admin, Member).
  - The rate limit counts the requests of one key in a window of a minute that starts with the first of them.
    Retry-After is in seconds of the real clock, also when --clock-speed makes the minute pass faster.

Control plane, plain HTTP on another port of loopback, JSON in and out:
  GET  /state /log[?from=N] /counts /connections /faults /moods /ready
  POST /faults {...} or [{...}, ...]; DELETE /faults     see Fault
  POST /moods {"moods":["lags=2", ...]}                  these and no others from now on
  POST /reset                                            state, log, counts, faults, moods and rate as at start
  POST /accept {"email":e}                               the invited person joins
  POST /keys {"key":k,"role":"admin"|"member"|null}      null withdraws it
  POST /rate {"rate":n}
  POST /hangup {"how":"notify"|"fin"|"rst"}              end all connections, busy ones after their reply
  POST /pause, /resume                                   stop listening and end all connections; listen again
  POST /tls {"chain":name,"tls":"1.2"|"1.3"|"both","tickets":n}
                                                         for new connections; old tickets are forgotten
"""
import argparse
import collections
import functools
import http.server
import json
import os
import re
import select
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
import traceback
import urllib.parse

import moods
from api import ADMIN_KEY, MEMBER_KEY, ORGANIZATION_ROLES, Answer, Clock, Hub, Refused, choice, dumps, gateway
from replies import Fault, Faults, Reply, head

HERE = os.path.dirname(os.path.abspath(__file__))
MAX_HEAD, MAX_BODY = 65536, 1 << 20
ONLY_ONCE = ("host", "content-length", "apikey", "content-type")


class Ended(Exception):
    """The connection is over; why, and how to close it (None: the client did)."""

    def __init__(self, why, how=None):
        super().__init__(why)
        self.why, self.how = why, how


class Malformed(Exception):
    """Not a request as HTTP has it."""


def how_ended(error):
    """"fin" or "rst" for Python's ways to say that the peer closed without close_notify; else None."""
    if error.reason == "UNEXPECTED_EOF_WHILE_READING":
        return "fin"
    return "rst" if isinstance(error, ssl.SSLEOFError) else None


def why(error):
    return getattr(error, "reason", None) or str(error) or type(error).__name__


def parse_head(text):
    """(method, target, version, [(name, value)]) of a request's head without its last empty line."""
    lines = text.decode("latin-1").split("\r\n")
    match = re.fullmatch(r"([A-Z]+) (/[!-~]*) HTTP/(1\.[01])", lines[0])
    if not match:
        raise Malformed("bad request line")
    headers = []
    for line in lines[1:]:
        field = re.fullmatch(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\0]*?)[ \t]*", line)
        if not field:
            raise Malformed("bad header line")
        headers.append(field.groups())
    return match.group(1), match.group(2), match.group(3), headers


class Connection:
    """One TCP connection, on a thread of its own."""

    def __init__(self, server, sock, number):
        self.server, self.sock, self.number = server, sock, number
        self.info = {"connection": number, "tls": None, "cipher": None, "resumed": None, "sni": None,
                     "alpn": None, "requests": 0, "end": None}
        self.buffer, self.records, self.hangup = b"", 0, None
        self.wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self.closed, self.gone = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self.run, name="connection-%d" % number, daemon=True)

    def run(self):
        how = None
        try:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sock.settimeout(self.server.idle_timeout)
            self.refuse()
            self.handshake()
            while True:
                self.exchange()
        except Ended as end:
            self.info["end"], how = end.why, end.how
        except ConnectionError:
            self.info["end"] = "reset"
        except (ssl.SSLError, OSError) as error:
            self.info["end"] = "error: " + why(error)
        except Exception:                                       # a defect of the stand-in: tests look at this
            self.info["end"] = "internal error"
            self.server.count("internal_errors")
            traceback.print_exc()
        finally:
            self.close(how)
            with self.server.lock:                              # poke() must not meet another file here
                os.close(self.wake)
                self.wake = None
            self.server.forget(self)
            self.gone.set()

    def refuse(self):
        fault = self.server.faults.for_connection()
        if not fault:
            return
        self.server.stopping.wait(fault.get("delay_ms", 0) / 1000)
        raw = fault.binary("raw")
        if raw is not None:
            self.sock.sendall(raw)
        if fault.get("stall"):
            self.wait_for_end()
        if raw is not None or fault.close:
            raise Ended("fault", "rst" if fault.how == "rst" else "fin")

    def handshake(self):
        self.sock = self.server.context.wrap_socket(
            self.sock, server_side=True, do_handshake_on_connect=False, suppress_ragged_eofs=False)
        self.sock.info = self.info
        try:
            self.sock.do_handshake()
        except OSError as error:
            self.server.count("handshakes_failed", handshake_of=self)
            raise Ended("handshake: " + why(error), "fin") from None
        resumed = self.sock.session_reused
        self.info.update(tls=self.sock.version(), cipher=self.sock.cipher()[0], resumed=resumed,
                         alpn=self.sock.selected_alpn_protocol())
        self.server.count("handshakes", *(["resumed"] if resumed else []), handshake_of=self)

    def read(self):
        try:
            data = self.sock.recv(65536)                        # at most one TLS record
        except TimeoutError:
            raise Ended("timeout", "notify") from None
        except ssl.SSLError as error:
            if how_ended(error) == "fin":
                raise Ended("eof without close_notify", "fin") from None
            if how_ended(error) == "rst":
                raise Ended("reset") from None
            raise
        if not data:
            raise Ended("close_notify", "notify")
        self.records += 1
        self.buffer += data

    def wait(self):
        """Until there is something to read."""
        if self.buffer or self.sock.pending():
            return
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        poll.register(self.wake, select.POLLIN)
        ready = poll.poll(self.server.idle_timeout * 1000)
        if self.hangup:
            raise Ended("hangup", self.hangup)
        if not ready:
            raise Ended("timeout", "notify")

    def request_begins(self):
        """Whether what has come is a request, and not the client's end (an alert, of up to 24 bytes)."""
        if self.buffer or self.sock.pending():
            return True
        record = socket.socket.recv(self.sock, 5, socket.MSG_PEEK)
        return len(record) == 5 and record[0] == 23 and int.from_bytes(record[3:], "big") > 24

    def read_request(self):
        """(method, target, headers, body, close)"""
        at = self.buffer.find(b"\r\n\r\n")
        while at < 0:
            if len(self.buffer) > MAX_HEAD:
                raise Malformed("head too large")
            self.read()
            at = self.buffer.find(b"\r\n\r\n")
        method, target, version, headers = parse_head(self.buffer[:at])
        fields = {}
        for name, value in headers:
            if name.lower() in fields and name.lower() in ONLY_ONCE:
                raise Malformed(name + " twice")
            fields[name.lower()] = value
        if "host" not in fields and version == "1.1":
            raise Malformed("no Host")
        if "transfer-encoding" in fields:
            raise Malformed("Transfer-Encoding is not taken here")
        length = fields.get("content-length", "0")
        if not re.fullmatch("[0-9]{1,9}", length) or int(length) > MAX_BODY:
            raise Malformed("bad Content-Length")
        self.buffer, length = self.buffer[at + 4:], int(length)
        if fields.get("expect", "").lower() == "100-continue" and len(self.buffer) < length:
            self.sock.sendall(head("1.1", 100, "Continue", []))
        while len(self.buffer) < length:
            self.read()
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        options = fields.get("connection", "").lower()
        close = "close" in options or (version == "1.0" and "keep-alive" not in options)
        return method, target, headers, fields, body, close

    def exchange(self):
        server = self.server
        self.wait()
        self.records = 1 if self.buffer else 0                  # the rest of a record that began before
        fault = server.faults.queue and self.request_begins() and server.faults.before_read()
        if fault:
            raise Ended("fault", fault.how)
        try:
            method, target, headers, fields, body, close = self.read_request()
        except Malformed as error:
            server.count("malformed")
            answer = Answer(400, dumps({"status": "fail", "message": "Bad request: %s" % error}))
            self.sock.sendall(Reply(answer, server.hub.moods, close=True).plain())
            raise Ended("malformed: %s" % error, "notify") from None
        except Ended as end:
            raise Ended(end.why + (", in mid-request" if self.records else ""), end.how) from None
        self.info["requests"] += 1
        entry = server.note(self, method, target, headers, body)
        fault = server.faults.for_request(method, target)
        if fault:
            entry["fault"] = True
        if fault and not fault.apply:
            answer = Answer(200, b"", says=None)
        elif method != "GET" and server.hub.moods["loses-request"]:
            raise Ended("mood", "fin")
        elif method != "GET" and server.hub.moods["acts-late"]:
            answer = self.act_later(method, target, fields, body, entry)
        else:
            answer = server.act(method, target, fields, body, entry)
        reply = Reply(answer, server.hub.moods, fields.get("accept-encoding"))
        most = server.requests_per_connection
        reply.close = close or bool(most and self.info["requests"] >= most) or bool(self.hangup)
        entry.update(status=reply.status, says=answer.says, items=answer.items)
        if fault:
            self.misbehave(fault, reply, entry)
        elif method != "GET" and server.hub.moods["loses-reply"]:
            self.lose(reply, server.hub.moods["loses-reply"], entry)
        else:
            self.sock.sendall(reply.plain(method == "HEAD"))
        if reply.close:
            raise Ended("hangup" if self.hangup else "closed", self.hangup or reply.how)

    def act_later(self, method, target, fields, body, entry):
        """The request is carried out when nobody looks any more."""
        wait, sees = self.server.hub.moods["acts-late"]
        self.server.later(wait, method, target, fields, body, entry)
        if sees == "stall":
            self.wait_for_end()
        if sees == "drop":
            raise Ended("mood", "fin")
        return gateway(504)

    def lose(self, reply, how, entry):
        """What was done is done, but nobody is told."""
        if how == "502":
            answer = gateway(502)
            entry.update(status=502, says=answer.says)
            self.sock.sendall(Reply(answer, self.server.hub.moods, close=True).plain())
            raise Ended("mood", "notify")
        entry["status"] = entry["says"] = None
        if how == "cut":
            data = reply.plain()
            self.sock.sendall(data[:len(data) // 2])
            raise Ended("mood", "fin")
        raise Ended("mood", how)

    def misbehave(self, fault, reply, entry):
        stopping = self.server.stopping
        stopping.wait(fault.get("delay_ms", 0) / 1000)
        if fault.close == "before-reply":
            entry["status"] = entry["says"] = None
            if fault.get("stall"):
                self.wait_for_end()
            raise Ended("fault", fault.how)
        data = reply.faulty(fault)
        entry["status"] = reply.status if fault.binary("raw") is None else None
        if {"status", "raw", "raw_base64", "body", "body_base64", "cut", "stall"} & set(fault.fields):
            entry["says"] = None                                # not what the API would have said, or not all of it
        if "cut" in fault.fields:
            data = data[:fault.get("cut")]
        if fault.get("trickle_ms") is None:
            if data:
                self.sock.sendall(data)
        else:
            step = fault.get("trickle_bytes", 1)
            for at in range(0, len(data), step):
                self.sock.sendall(data[at:at + step])
                if stopping.wait(fault.get("trickle_ms") / 1000):
                    break
        if fault.get("stall"):
            self.wait_for_end()

    def wait_for_end(self):
        """Silence until the client goes away: raw bytes, whatever they are, are thrown away."""
        deadline = time.monotonic() + self.server.idle_timeout
        raw_drain(self.sock, deadline)
        raise Ended("stalled", "fin")

    def close(self, how):
        """As told: close_notify and FIN, FIN, RST; None where the client has gone."""
        try:
            if how == "notify" and isinstance(self.sock, ssl.SSLSocket):
                self.sock.setblocking(False)                    # sends ours, does not wait for theirs
                try:
                    self.sock.unwrap()
                except (ssl.SSLError, OSError, ValueError):
                    pass
            if how in ("notify", "fin"):
                # Without reading what the client still sends, close() would make this a reset.
                socket.socket.shutdown(self.sock, socket.SHUT_WR)
                self.closed.set()
                raw_drain(self.sock, time.monotonic() + 1)
            elif how == "rst":
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
        self.sock.close()
        self.closed.set()

    def cut_off(self):
        """From another thread: makes whatever this one waits for fail."""
        self.hangup = self.hangup or "fin"
        try:
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
        except OSError:
            pass
        self.poke()

    def poke(self):
        with self.server.lock:
            if self.wake is not None:
                os.eventfd_write(self.wake, 1)


def raw_drain(sock, deadline):
    """Read below TLS until the end or the deadline."""
    sock.setblocking(False)
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    while time.monotonic() < deadline:
        try:
            ready = poll.poll(max(1, (deadline - time.monotonic()) * 1000))
            if ready and not socket.socket.recv(sock, 65536):
                return
        except BlockingIOError:
            pass
        except OSError:
            return


TLS_VERSIONS = {
    "1.0": (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1),
    "1.1": (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_1),
    "1.2": (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2),
    "1.3": (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3),
    "both": (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3),
}


@functools.cache
def make_pki(directory):
    """Once a process: looking whether all is there takes longer than starting a server."""
    subprocess.run([os.path.join(HERE, "pki"), directory], check=True)


def make_context(pki, chain, tls, tickets, ciphers=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    files = [os.path.join(pki, chain + end) for end in (".chain.pem", ".key.pem")]
    if tls in ("1.0", "1.1"):
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    try:
        context.load_cert_chain(*files)
    except ssl.SSLError:                                        # a key or a digest too weak for OpenSSL
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.load_cert_chain(*files)
    if ciphers:
        context.set_ciphers(ciphers)
    context.minimum_version, context.maximum_version = TLS_VERSIONS[tls]
    # With it, Python takes a bare FIN for close_notify.
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    context.set_alpn_protocols(["http/1.1"])
    context.num_tickets = tickets
    if tickets == 0:
        context.options |= ssl.OP_NO_TICKET
    context.sni_callback = lambda sock, name, _: sock.info.__setitem__("sni", name)
    return context


class StandIn:
    """The server with its control plane. start() and stop(), or a with statement."""

    def __init__(self, pki="build/pki", chain="ecdsa", tls="both", tickets=2, ciphers=None, port=0,
                 bind=("127.0.0.1",), control_port=0, org=None, seed=None, rate=100, clock_speed=1.0,
                 now=None, idle_timeout=60.0, requests_per_connection=0, log=20000, moods=()):
        self.pki, self.bind, self.control_port = pki, list(bind), control_port
        make_pki(os.path.abspath(pki))
        self.options = {"chain": chain, "tls": tls, "tickets": tickets, "ciphers": ciphers}
        self.use()
        self.idle_timeout, self.requests_per_connection = idle_timeout, requests_per_connection
        self.lock, self.faults, self.stopping = threading.RLock(), Faults(), threading.Event()
        self.hub = Hub(org, seed, Clock(clock_speed, now), rate, moods)
        self.late = set()                                       # timers of what is to be carried out later
        self.port, self.keepers, self.listeners, self.acceptors, self.open, self.serial = port, [], [], [], set(), 0
        self.entries, self.ended = collections.deque(maxlen=log), collections.deque(maxlen=log)
        self.counters, self.before_reset = collections.Counter(), 0
        self.key, self.member_key, self.org = ADMIN_KEY, MEMBER_KEY, self.hub.org.id
        self.other_org = self.hub.other.id
        self.projects, self.other_projects = list(self.hub.org.projects), list(self.hub.other.projects)
        self.control = None

    # -- life

    def start(self):
        self.stopping.clear()
        self.resume()
        self.control = http.server.ThreadingHTTPServer(("127.0.0.1", self.control_port), Control)
        self.control.standin = self
        self.control.daemon_threads = True
        self.control_port = self.control.server_port
        threading.Thread(target=self.control.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self):
        self.stopping.set()
        self.forget_late()
        self.pause()
        for keeper in self.keepers:
            keeper.close()
        self.keepers = []
        if self.control:
            self.control.shutdown()
            self.control.server_close()
            self.control = None

    __enter__ = start

    def __exit__(self, *_):
        self.stop()

    def resume(self):
        """Listen, on the same port as before."""
        if self.listeners:
            return
        if not self.keepers:                                    # nobody else gets the port while this pauses
            self.keepers = [self.bound(address) for address in self.bind]
        for address in self.bind:
            listener = self.bound(address)
            listener.listen(128)
            self.listeners.append(listener)
            self.acceptors.append(threading.Thread(target=self.accept_from, args=(listener,), daemon=True))
            self.acceptors[-1].start()

    def bound(self, address):
        """A socket with our port there; which that is, the first one decides if nobody has."""
        bound = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if ":" in address:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind((address, self.port))
        self.port = bound.getsockname()[1]
        return bound

    def pause(self):
        """Stop listening and end all connections at once, without close_notify."""
        for listener in self.listeners:
            try:
                listener.shutdown(socket.SHUT_RDWR)             # wakes the thread in accept()
            except OSError:
                pass
            listener.close()
        for acceptor in self.acceptors:
            acceptor.join()
        self.listeners, self.acceptors = [], []
        deadline = time.monotonic() + 5
        while self.open and time.monotonic() < deadline:
            with self.lock:
                connections = list(self.open)
            for connection in connections:
                connection.cut_off()
            for connection in connections:                      # a socket just being wrapped was missed
                connection.gone.wait(0.05)

    def accept_from(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            with self.lock:
                self.serial += 1
                self.counters["connections"] += 1
                connection = Connection(self, sock, self.serial)
                self.open.add(connection)
            connection.thread.start()

    def forget(self, connection):
        with self.lock:
            self.open.discard(connection)
            if connection.number > self.before_reset:
                self.ended.append(connection.info)

    # -- what tests ask for

    @property
    def url(self):
        return "https://localhost:%d" % self.port

    @property
    def host(self):
        return "localhost:%d" % self.port

    @property
    def prefix(self):
        """Of the path, before /v2."""
        return self.hub.moods["prefix"] or ""

    @property
    def control_url(self):
        return "http://127.0.0.1:%d" % self.control_port

    @property
    def ca(self):
        return os.path.abspath(os.path.join(self.pki, self.options["chain"] + ".ca.pem"))

    def use(self, **options):
        """chain=, tls=, tickets=, ciphers= for connections from now on; tickets given out are forgotten."""
        unknown = set(options) - set(self.options)
        if unknown:
            raise ValueError("unknown option: " + ", ".join(sorted(unknown)))
        options = dict(self.options, **options)
        self.context = make_context(self.pki, **options)
        self.options = options

    def state(self):
        with self.lock:
            return self.hub.state()

    def mood(self, *words):
        """These moods (moods.py), and no others, from now on."""
        with self.lock:
            self.hub.set_moods(words)

    def moods(self):
        """Those in force, and all that there are: {"moods": [word, ...], "known": {name: sentence}}"""
        with self.lock:
            return {"moods": list(self.hub.moods.words),
                    "known": {mood.name: mood.sentence for mood in moods.MOODS.values()}}

    def people(self):
        """What requests have done to each person: {person: {what: how often}}; the words are Hub.note's."""
        with self.lock:
            return {who: dict(counts) for who, counts in self.hub.people.items()}

    def doubled(self):
        """How often somebody was invited again who was invited already."""
        with self.lock:
            return self.hub.doubled()

    def invites(self):
        """The addresses with an invitation, in the order in which they were invited."""
        return [i["to"] for i in self.state()["invites"]]

    def log(self, start=1):
        """The requests received, oldest first, from number start on."""
        with self.lock:
            return [dict(e) for e in self.entries if e["number"] >= start]

    def connections(self):
        """What is known of each connection since the last reset; "end" is None while it is open."""
        with self.lock:
            known = [*self.ended, *(c.info for c in self.open if c.number > self.before_reset)]
            return sorted(map(dict, known), key=lambda i: i["connection"])

    def counts(self):
        with self.lock:
            names = ("connections", "handshakes", "handshakes_failed", "resumed", "requests", "malformed",
                     "internal_errors")
            return dict({n: self.counters[n] for n in names}, open=len(self.open),
                        faults_left=len(self.faults.queue), still_to_do=len(self.late),
                        doubled=self.hub.doubled())

    def fault(self, *several, **fields):
        """Queue a fault (see Fault): as keywords, or several as dicts."""
        self.faults.add(list(several) + ([fields] if fields else []))

    def hangup(self, how="notify"):
        """End all open connections; returns when the end is on its way, or after a second for busy ones."""
        if how not in Fault.HOW:
            raise ValueError("how is one of " + ", ".join(Fault.HOW))
        with self.lock:
            connections = list(self.open)
        for connection in connections:
            connection.hangup = how
            connection.poke()
        deadline = time.monotonic() + 1
        for connection in connections:
            connection.closed.wait(max(0, deadline - time.monotonic()))

    def accept(self, address):
        with self.lock:
            self.hub.accept(address)

    def set_key(self, key, role):
        with self.lock:
            if role is None:
                self.hub.keys.pop(key, None)
            else:
                self.hub.keys[key] = (choice("role", role, ORGANIZATION_ROLES), "admin@example.com")

    def set_rate(self, rate):
        with self.lock:
            self.hub.rate, self.hub.windows = rate, {}

    def reset(self):
        self.forget_late()
        with self.lock:
            self.hub.reset()
            self.faults.clear()
            self.entries.clear()
            self.ended.clear()
            self.counters.clear()
            self.before_reset = self.serial

    def ready(self):
        return {"pid": os.getpid(), "url": self.url, "port": self.port, "control": self.control_url,
                "control_port": self.control_port, "ca": self.ca, "key": self.key,
                "member_key": self.member_key, "organization": self.org, "other_organization": self.other_org,
                "projects": self.projects}

    # -- for connections

    def act(self, method, target, fields, body, entry):
        with self.lock:
            answer = self.hub.handle(method, target, fields, body)
            entry["did"] += answer.did
        return answer

    def later(self, wait, *request):
        def run():
            with self.lock:
                if timer in self.late:                          # else: forgotten meanwhile
                    self.act(*request)
                    self.late.discard(timer)
        timer = threading.Timer(wait, run)
        timer.daemon = True
        with self.lock:
            self.late.add(timer)
        timer.start()

    def forget_late(self):
        with self.lock:
            for timer in self.late:
                timer.cancel()
            self.late.clear()

    def still_to_do(self):
        """How many requests are still to be carried out."""
        with self.lock:
            return len(self.late)

    def count(self, *names, handshake_of=None):
        with self.lock:
            if handshake_of is None or handshake_of.number > self.before_reset:
                self.counters.update(names)

    def note(self, connection, method, target, headers, body):
        info = connection.info
        entry = {"number": 0, "time": time.time(), "connection": info["connection"], "nth": info["requests"],
                 "method": method, "path": target, "headers": headers,
                 "body": body.decode("utf-8", "surrogateescape"), "records": connection.records,
                 "tls": info["tls"], "cipher": info["cipher"], "resumed": info["resumed"], "status": None,
                 "fault": False, "did": [], "says": None, "items": 0}
        with self.lock:
            self.counters["requests"] += 1
            entry["number"] = self.counters["requests"]
            self.entries.append(entry)
        return entry


class Control(http.server.BaseHTTPRequestHandler):
    """The control plane."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1                                               # head and body in one write

    def do(self):
        s = self.server.standin
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            given = json.loads(body) if body.strip() else {}
            query = dict(urllib.parse.parse_qsl(query))
            if path == "/log" and self.command == "GET":
                status, reply = 200, s.log(int(query.get("from", 1)))
            else:
                act = self.ACTIONS.get((self.command, path))
                status, reply = (200, act(s, given)) if act else (404, {"error": "no such thing here"})
        except Refused as error:
            status, reply = error.status, {"error": error.message}
        except (ValueError, KeyError, TypeError, OSError) as error:
            status, reply = 400, {"error": "%s: %s" % (type(error).__name__, error)}
        data = json.dumps({"ok": True} if reply is None else reply).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_DELETE = do

    def log_message(self, *_):
        pass

    ACTIONS = {
        ("GET", "/state"): lambda s, _: s.state(),
        ("GET", "/counts"): lambda s, _: s.counts(),
        ("GET", "/connections"): lambda s, _: s.connections(),
        ("GET", "/faults"): lambda s, _: s.faults.left(),
        ("GET", "/moods"): lambda s, _: s.moods(),
        ("POST", "/moods"): lambda s, given: s.mood(*given["moods"]),
        ("GET", "/ready"): lambda s, _: s.ready(),
        ("POST", "/faults"): lambda s, given: s.faults.add(given),
        ("DELETE", "/faults"): lambda s, _: s.faults.clear(),
        ("POST", "/reset"): lambda s, _: s.reset(),
        ("POST", "/accept"): lambda s, given: s.accept(given["email"]),
        ("POST", "/keys"): lambda s, given: s.set_key(given["key"], given["role"]),
        ("POST", "/rate"): lambda s, given: s.set_rate(int(given["rate"])),
        ("POST", "/hangup"): lambda s, given: s.hangup(**given),
        ("POST", "/pause"): lambda s, _: s.pause(),
        ("POST", "/resume"): lambda s, _: s.resume(),
        ("POST", "/tls"): lambda s, given: s.use(**given),
    }


# ------------------------------------------------------------------------------------------ in the foreground

def parse_seed(text):
    name, _, number = text.partition("=")
    if not number.isdigit():
        raise argparse.ArgumentTypeError("NAME=NUMBER is wanted")
    return name, int(number)


def parse_moods(text):
    words = text.split()
    try:
        moods.Moods(words)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return words


def arguments():
    p = argparse.ArgumentParser(description="A stand-in for Ango Hub, on loopback.", epilog=moods.usage(),
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--port", type=int, default=0, help="for the API (default: any that is free)")
    p.add_argument("--control-port", type=int, default=0, help="for the control plane (default: any)")
    p.add_argument("--bind", action="append", metavar="ADDRESS",
                   help="where to listen (default 127.0.0.1); may be given again")
    p.add_argument("--pki", default="build/pki", metavar="DIR", help="certificates; made if missing")
    p.add_argument("--chain", default="ecdsa", help="see pki --list (default ecdsa)")
    p.add_argument("--tls", default="both", choices=sorted(TLS_VERSIONS))
    p.add_argument("--tickets", type=int, default=2, metavar="N", help="session tickets (default 2)")
    p.add_argument("--ciphers", help="TLS 1.2 suites, in OpenSSL's words")
    p.add_argument("--org", help="identifier of the organization")
    p.add_argument("--seed", type=parse_seed, action="append", default=[], metavar="WHAT=N",
                   help="members, invites, expired or projects to begin with")
    p.add_argument("--rate", type=int, default=100, metavar="N",
                   help="requests a minute; 0: no limit (default 100)")
    p.add_argument("--clock-speed", type=float, default=1.0, metavar="F", help="time passes F times faster")
    p.add_argument("--mood", type=parse_moods, action="extend", default=[], metavar="MOOD",
                   help="a mood or a personality, see below; may be given again")
    p.add_argument("--idle-timeout", type=float, default=60.0, metavar="S",
                   help="end a silent connection (default 60)")
    p.add_argument("--requests-per-connection", type=int, default=0, metavar="N",
                   help="then close (default: never)")
    p.add_argument("--ready-file", metavar="FILE", help="written as JSON once it listens")
    p.add_argument("--until-eof", action="store_true", help="stop when standard input ends")
    p.add_argument("--quiet", action="store_true")
    return p.parse_args()


def introduce(s):
    print("""A stand-in for Ango Hub listens; end it with Ctrl-C.

  URL           %s
  CA file       %s
  API key       %s
  Organization  %s
  Projects      %s
  Moods         %s
  Control       %s   (GET /state, /log, /counts; more in tests/hub/standin.py)

With curl:
  curl -X POST %s%s/v2/organization/%s/invites \\
    -H "Content-Type: application/json" -H "apikey: %s" --cacert %s \\
    -d '{"to":["user_1@example.com"],"organizationRole":"member","projectAssignments":[]}'

With ango:
  ANGO_API_KEY=%s build/host/ango invite --host %s --ca %s \\
    --org %s --role member --project %s:Labeler user_1@example.com
""" % (s.url, s.ca, s.key, s.org, " ".join(s.projects), " ".join(s.hub.moods.words) or "none", s.control_url,
       s.url, s.prefix, s.org, s.key, s.ca, s.key, s.host + s.prefix, s.ca, s.org,
       s.projects[0] if s.projects else "ID"), flush=True)


def main():
    a = arguments()
    s = StandIn(a.pki, a.chain, a.tls, a.tickets, a.ciphers, a.port, a.bind or ["127.0.0.1"], a.control_port,
                a.org, dict(a.seed), a.rate, a.clock_speed, idle_timeout=a.idle_timeout,
                requests_per_connection=a.requests_per_connection, moods=a.mood)
    end = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: end.set())
    with s:
        if a.ready_file:
            with open(a.ready_file + ".new", "w", encoding="utf-8") as f:
                json.dump(s.ready(), f)
            os.replace(a.ready_file + ".new", a.ready_file)
        if not a.quiet:
            introduce(s)
        if a.until_eof:
            def watch():
                while os.read(0, 4096):
                    pass
                end.set()
            threading.Thread(target=watch, daemon=True).start()
        end.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
