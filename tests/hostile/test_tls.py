#!/usr/bin/python3
"""The hostile network, below HTTP: rows 55 to 58 and 73 to 99, over real sockets and real TLS."""
import collections
import socket
import ssl
import struct
import threading
import time
import unittest

import network
from network import (ALERT, CHANGE_CIPHER, DATA, HANDSHAKE, REPLY, Between, Client, Hub, Listener, Scripted,
                     drain,
                     record)

tally = network.Tally()
client = hub = None


def setUpModule():
    global client, hub
    client = Client(network.build(), tally)
    hub = Hub()
    hub.start()


def tearDownModule():
    hub.stop()
    client.close()
    network.report_tally("below HTTP", tally)


def ca(chain):
    return "%s/%s.ca.pem" % (network.PKI, chain)


def invite(**options):
    """One invitation to the stand-in."""
    options = {"ca": hub.ca, "port": hub.port, "org": hub.org, **options}
    return client.run(hub.requests, **options)


class Certificates(network.Case):
    def chain(self, row, chain, *expected, name=None, **options):
        for tls in ("1.2", "1.3"):
            hub.use(chain=chain, tls=tls)
            seen = invite(**options)
            self.expect(row, "%s, TLS %s" % (name or chain.replace("-", " "), tls), seen, *expected)

    def test_names(self):
        self.chain(73, "wrong-host", "CERT N")
        self.chain(73, "ecdsa", "CERT N", name="name is longer than the certificate's",
                   host="localhost.ango.test")
        self.chain(73, "ecdsa", "OK A", name="the right host, in capitals", host="LOCALHOST")
        self.chain(74, "ip-not-named", "CERT N", host="127.0.0.1")
        self.chain(74, "ecdsa", "OK A", name="IP address that is in the certificate", host="127.0.0.1")
        self.chain(74, "ecdsa", "CERT N", name="another IP address", host="127.0.0.2")
        self.chain(75, "ecdsa", "HOST N", name="no host name", host="")
        self.chain(82, "wildcard-depth", "CERT N", name="wildcard for the name's own level")
        self.chain(82, "wildcard-depth", "CERT N", name="wildcard two levels up", host="a.b.ango.test")
        self.chain(82, "wildcard-depth", "OK A", name="wildcard at the right level", host="a.ango.test")
        self.chain(82, "nul-in-name", "CERT N")
        self.chain(82, "cn-only", "CERT N")

    def test_dates(self):
        self.chain(76, "expired", "CERT N")
        self.chain(77, "not-yet-valid", "CERT N")
        self.chain(77, "ecdsa", "CLOCK N", name="clock at 1970", time=1)
        self.chain(77, "ecdsa", "CLOCK N", name="clock not set", time=0)
        self.chain(77, "ecdsa", "CLOCK N", name="clock a second before the library was written",
                   time=1767225599)
        self.chain(77, "ecdsa", "CERT N", name="clock before the certificate", time=1767225600)
        self.chain(76, "ecdsa", "CERT N", name="clock far ahead", time=4102444800)
        self.chain(76, "ecdsa", "CERT N", name="clock past 2^33", time=1 << 33)

    def test_trust(self):
        for chain in ("unknown-ca", "self-signed", "missing-intermediate"):
            self.chain(78, chain, "CERT N")
        self.chain(78, "rsa2048", "CERT N", name="another root is trusted", ca=ca("ecdsa"))
        for chain in ("rsa2048", "rsa4096", "mixed"):
            self.chain(79, chain, "OK A", ca=ca(chain))
        for chain in ("rsa1024", "sha1", "md5"):
            self.chain(80, chain, "CERT N", ca=ca(chain))
        for chain in ("no-serverauth", "issuer-no-ca"):
            self.chain(81, chain, "CERT N")

    def test_renewed(self):
        """Among issuers of the same name and key a valid one is chosen, in the anchors and in what the server sends."""
        self.chain(142, "root-renewed", "OK A", ca=ca("root-renewed"))
        self.chain(142, "intermediate-renewed", "OK A")
        self.chain(142, "root-renewed", "OK A", name="root renewed, and no clock", ca=ca("root-renewed"), time=-2,
                   no_clock=1)

    def test_address(self):
        self.chain(144, "dns-address", "CERT N", name="DNS name that spells the address", host="127.0.0.1")
        self.chain(167, "uri-name", "CERT N", name="URI that spells the host")
        self.chain(167, "uri-name", "CERT N", name="URI that spells the address", host="127.0.0.1")
        hub.use(chain="ecdsa", tls="both")
        for host, sent in (("127.0.0.1", None), ("localhost", "localhost"), ("LOCALHOST", "LOCALHOST")):
            invite(host=host)
            named = hub.connections()[-1]["sni"]
            self.case(144, "server name sent for %s" % host, str(sent), str(named), named == sent)

    def test_dot(self):
        self.chain(145, "ecdsa", "OK A", "HOST N", name="a dot at the end of the host", host="localhost.")
        self.chain(145, "wrong-host", "CERT N", "HOST N", name="a dot at the end, and another host", host="localhost.")

    def test_anchors(self):
        for chain in ("indented", "cut", *(() if network.SHARED else ("root-p521",))):
            for tls in ("1.2", "1.3"):
                hub.use(chain="ecdsa", tls=tls)
                self.expect(146, "trust anchor that cannot be used, %s, TLS %s" % (chain, tls), invite(ca=ca(chain)),
                            "ANCHOR N")

    def test_whose(self):
        for chain, subject, issuer in (
                ("unknown-ca", "CN=Test unknown-ca", "CN=Test root ecdsa"),
                ("missing-intermediate", "CN=Test missing-intermediate", "CN=Test missing ca"),
                ("expired", "CN=Test expired", "CN=Test root ecdsa"),
                ("ca-for-clients", "CN=Test ca for clients ca", "CN=Test root ecdsa"),
                ("proxy", "CN=a?b, O=B\u00fccher, C=DE", "CN=Test proxy ca")):
            for tls in ("1.2", "1.3"):
                hub.use(chain=chain, tls=tls)
                seen = invite()
                names = seen["subject"].replace("_", " "), seen["issuer"].replace("_", " ")
                self.case(148, "whose certificate was refused: %s, TLS %s" % (chain, tls),
                          "CERT N %s by %s" % (subject, issuer), "%s %s by %s" % (seen["says"], *names),
                          seen["says"] == "CERT N" and names == (subject, issuer))
        hub.use(chain="ecdsa", tls="both")
        seen = invite()
        self.case(148, "nothing was refused", "OK A, no names", "%(says)s %(subject)s%(issuer)s" % seen,
                  (seen["says"], seen["subject"], seen["issuer"]) == ("OK A", "", ""))

    def test_issuers(self):
        self.chain(167, "ca-for-clients", "CERT N")
        self.chain(167, "ca-for-servers", "OK A")
        self.chain(167, "ca-permitted", "OK A")
        self.chain(167, "ca-permitted", "OK A", name="address that is permitted", host="127.0.0.1")
        self.chain(167, "ca-permitted", "CERT N", name="a name that is not permitted", host="ango.test")
        for host in ("localhost", "127.0.0.1"):
            self.chain(167, "ca-not-permitted", "CERT N", name="not permitted: " + host, host=host)
            self.chain(167, "ca-excluded", "CERT N", name="excluded: " + host, host=host)
        self.chain(167, "ca-excluded", "OK A", name="not excluded", host="ango.test")
        self.chain(167, "ca-critical", "CERT N")
        self.chain(167, "ca-parents", "OK A", name="below a parent that is permitted", host="ango.test")
        self.chain(167, "ca-parents", "CERT N", name="ends as a permitted name does, in mid-label")
        self.chain(167, "ca-parent-excluded", "CERT N", name="below a parent that is excluded", host="ango.test")
        self.chain(167, "ca-parent-excluded", "OK A")
        self.chain(167, "ca-no-mask", "CERT N", name="permitted address without a mask", host="127.0.0.1")
        self.chain(167, "ca-no-mask", "OK A", name="constraints on addresses only")
        for broken in ("ca-null", "ca-empty-subtree", "ca-cut-subtree"):
            self.chain(167, broken, "CERT N")
        self.chain(81, "order", "CERT N")

    def test_curves(self):
        self.chain(79, "p384", "OK A", ca=ca("p384"))

    def test_length(self):
        self.chain(83, "too-long", "CERT N", "TLS N", name="twelve intermediates")
        self.chain(83, "100k", "CERT N", "TLS N", name="100 KB of certificates")

    def tearDown(self):
        hub.use(chain="ecdsa", tls="both")


def hello(version=0x0303, suite=0xC02B, extensions=b""):
    """A ServerHello by hand."""
    body = struct.pack(">H", version) + bytes(range(32)) + b"\0" + struct.pack(">HB", suite, 0)
    body += struct.pack(">H", len(extensions)) + extensions if extensions else b""
    return record(HANDSHAKE, b"\2" + len(body).to_bytes(3, "big") + body)


def certificates(listed):
    """A Certificate message of TLS 1.2 by hand."""
    return b"\x0b" + (len(listed) + 3).to_bytes(3, "big") + len(listed).to_bytes(3, "big") + listed


class Handshakes(network.Case):
    """A server that says something else than TLS, or TLS as nobody should speak it."""

    def attempt(self, act, **options):
        """What the client sees of a server that does as `act` says once it has been greeted."""
        def serve(sock):
            sock.recv(65536)
            act(sock)
            drain(sock)
        with Listener(serve) as server:
            def requests():
                server.wait()
                return 0
            return client.run(requests, port=server.port, ca=hub.ca, **{"timeout": 300, **options})

    def raw(self, row, name, act, *expected, **options):
        seen = self.attempt(act, **options)
        self.expect(row, name, seen, *expected)
        return seen

    def say(self, row, name, data, *expected, **options):
        return self.raw(row, name, lambda sock: sock.sendall(data), *expected, **options)

    def repeat(self, row, name, data, *expected, **options):
        def act(sock):
            while True:
                sock.sendall(data)
        return self.raw(row, name, act, *expected, **options)

    def test_versions(self):
        for tls in ("1.0", "1.1"):
            hub.use(tls=tls)
            self.expect(84, "only TLS " + tls, invite(), "TLS N")
        hub.use(tls="1.2", ciphers="eNULL:@SECLEVEL=0")
        self.expect(84, "only NULL ciphers", invite(), "TLS N")
        hub.use(tls="1.2", ciphers="ECDHE-ECDSA-AES128-SHA256")
        self.expect(84, "only CBC", invite(), "TLS N")
        hub.use(tls="both", ciphers=None)
        for suite, name in ((0x0000, "NULL"), (0xC006, "ECDHE_ECDSA_WITH_NULL_SHA"),
                            (0x002F, "no forward secrecy"),
                            (0x1301, "a TLS 1.3 suite in TLS 1.2"), (0x0A0A, "unknown")):
            self.say(84, "server takes a suite not offered: " + name, hello(suite=suite), "TLS N")
        for version in (0x0300, 0x0301, 0x0302, 0x0304, 0x0305, 0xFEFD):
            self.say(84, "server takes version 0x%04x" % version, hello(version), "TLS N")
        downgrade = hello()
        for mark in (b"DOWNGRD\0", b"DOWNGRD\1"):
            marked = downgrade[:5 + 4 + 2 + 24] + mark + downgrade[5 + 4 + 2 + 32:]
            self.say(84, "TLS 1.2 from a server marked as able to do more, %d" % mark[-1], marked, "TLS N")

    def test_unreadable_certificates(self):
        """mbedTLS's codes for them are of a dozen modules: it is the certificate all the same."""
        with open(network.PKI + "/ecdsa.chain.pem", encoding="ascii") as f:
            good = ssl.PEM_cert_to_DER_cert(f.read())
        with open(network.PKI + "/p521.chain.pem", encoding="ascii") as f:
            p521 = ssl.PEM_cert_to_DER_cert(f.read().partition("-----END CERTIFICATE-----\n")[2])
        spoilt = [("byte %d" % n, good[:n] + bytes([good[n] ^ 0x15]) + good[n + 1:]) for n in range(0, len(good), 3)]
        cut = [("cut at %d" % n, good[:n]) for n in range(128, len(good), 40)]
        says = collections.Counter()
        for name, certificate in [*(() if network.SHARED else (("P-521", good),)), ("unchanged", good), *spoilt, *cut]:
            listed = [good, p521] if name == "P-521" else [certificate]
            message = certificates(b"".join(len(each).to_bytes(3, "big") + each for each in listed))
            seen = self.attempt(lambda sock, message=message: sock.sendall(hello() + record(HANDSHAKE, message)))
            says["%s: %s" % (name, seen["says"]) if seen["says"] != "CERT N" and name != "unchanged" else seen["says"]] += 1
        # What is good fails only at the silence that follows it.
        self.case(78, "certificates that cannot be read", "CERT N, TIME N x 1", str(dict(says)),
                  set(says) == {"CERT N", "TIME N"} and says["TIME N"] == 1)
        self.say(83, "a certificate that claims 65,536 bytes",
                 hello() + record(HANDSHAKE, certificates(b"\1\0\0" + good)), "CERT N")

    def test_not_tls(self):
        self.say(85, "plain HTTP", b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "TLS N")
        self.say(85, "SSH", b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "TLS N")
        self.say(85, "zeros", bytes(20000), "TLS N")
        self.say(85, "0xFF", b"\xff" * 20000, "TLS N")

    def test_alerts(self):
        for code, name in ((40, "handshake_failure"), (70, "protocol_version"), (112, "unrecognized_name"),
                           (255, "unknown")):
            self.say(86, name, record(ALERT, bytes([2, code])), "TLS N")
        self.say(91, "the extension is refused with an alert", record(ALERT, b"\2\x6e"), "TLS N")
        self.say(86, "close_notify", record(ALERT, b"\1\0"), "TLS N")
        self.say(86, "an alert of 1 byte", record(ALERT, b"\2"), "TLS N", "TIME N")
        self.repeat(87, "warning alerts without end", record(ALERT, b"\1\x70"), "TIME N")
        self.repeat(87, "many warning alerts at a time", record(ALERT, b"\1\x70") * 2000, "TIME N", "TLS N")
        self.repeat(87, "alerts of an unknown level without end", record(ALERT, b"\3\x70"), "TIME N", "TLS N")

    def test_records(self):
        for kind, name in ((HANDSHAKE, "handshake"), (DATA, "application data"), (ALERT, "alert"),
                           (CHANGE_CIPHER, "change of cipher"), (99, "unknown")):
            self.repeat(88, "empty records without end, " + name, record(kind, b""), "TLS N", "TIME N")
        self.repeat(88, "changes of cipher without end", record(CHANGE_CIPHER, b"\1"), "TLS N", "TIME N")
        for length in (16385, 16384 + 256, 16384 + 2048, 18433, 65535):
            self.say(89, "a record of %d bytes" % length, record(HANDSHAKE, b"\2" + bytes(length - 1)),
                     "TLS N")
        for length in (1 << 14, 1 << 17, (1 << 24) - 1):
            message = record(HANDSHAKE, b"\2" + length.to_bytes(3, "big") + bytes(1000))
            self.say(89, "a ServerHello that claims %d bytes" % length, message, "TLS N", "TIME N")
        whole = hello()[9:]
        for length in range(len(whole)):                        # its header agrees, its inside is too short
            short = record(HANDSHAKE, b"\2" + length.to_bytes(3, "big") + whole[:length])
            self.say(89, "a ServerHello of %d bytes" % length, short, "TLS N", "TIME N")

    def test_slow(self):
        def trickle(sock):
            sock.sendall(struct.pack(">BHH", HANDSHAKE, 0x0303, 16000))
            while not sock_ended(sock, 0.005):
                sock.sendall(b"\2")
        self.raw(56, "one byte of the handshake each 5 ms, for ever", trickle, "TIME N")
        self.raw(58, "accepts, says nothing", lambda sock: None, "TIME N")
        full = socket.socket()
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        fillers = []
        for _ in range(4):                                      # one of them is the last that is answered
            fillers.append(socket.socket())
            fillers[-1].setblocking(False)
            fillers[-1].connect_ex(full.getsockname())
        seen = client.run(lambda: 0, port=full.getsockname()[1], ca=hub.ca, timeout=300)
        self.expect(58, "does not even accept", seen, "TIME N")
        for each in fillers + [full]:
            each.close()
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            seen = client.run(lambda: 0, port=unused.getsockname()[1], ca=hub.ca, timeout=300)
        self.expect(58, "nobody listens", seen, "NET N")


def sock_ended(sock, seconds):
    """Whether the client goes away within that time."""
    sock.settimeout(seconds)
    try:
        return not sock.recv(65536)
    except TimeoutError:
        return False
    except OSError:
        return True
    finally:
        sock.settimeout(network.FLIGHT_TIMEOUT_S)


class Records(network.Case):
    """A server that is good until the request has come."""

    def after(self, row, name, act, *expected, versions=("1.2", "1.3"), before=None, **options):
        for version in versions:
            with Scripted(version, act, before) as server:
                def requests():
                    server.wait()
                    return server.requests
                options = {"timeout": 400, **options}
                seen = client.run(requests, port=server.port, ca=hub.ca, **options)
            self.expect(row, "%s, TLS %s" % (name, version), seen, *expected)

    @staticmethod
    def for_ever(kind, data, **options):
        def act(tls):
            while True:
                tls.send(kind, data, **options)
        return act

    def test_good(self):
        def byte_by_byte(tls):
            for each in REPLY:
                tls.send(DATA, bytes([each]))
        self.after(92, "no record is spoilt", lambda tls: tls.send(DATA, REPLY), "OK A")
        self.after(56, "one byte of the reply a record, but it ends", byte_by_byte, "OK A")

    def test_slow(self):
        def slowly(start, endless):
            def act(tls):
                tls.send(DATA, start)
                while not sock_ended(tls.sock, 0.005):
                    tls.send(DATA, endless)
            return act
        self.after(56, "one byte of a header each 5 ms, for ever", slowly(b"HTTP/1.1 200 OK\r\nA: ", b"x"),
                   "TIME U")
        body = slowly(b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n", b" ")
        self.after(56, "one byte of the body each 5 ms, for ever", body, "TIME U")

        def half_record(tls):
            sealed = tls.seal(DATA, REPLY)
            while len(sealed) > 1 and not sock_ended(tls.sock, 0.01):
                tls.sock.sendall(sealed[:1])
                sealed = sealed[1:]
        self.after(56, "one byte of a record each 10 ms", half_record, "TIME U")

    def test_never_reads(self):
        for version in ("1.2", "1.3"):
            stop = threading.Event()

            def serve(sock, version=version, stop=stop):
                network.Tls(sock, version)
                stop.wait(5)
            with Listener(serve, receive_buffer=2048) as server:
                seen = client.run(lambda: stop.set() or server.wait() or 0, port=server.port, ca=hub.ca,
                                  timeout=400,
                                  emails=4000, buffer=200000, send_buffer=2048)
            self.expect(57, "never reads the request, TLS " + version, seen, "TIME U")

    def test_empty_records(self):
        def some(tls):
            for at in range(0, len(REPLY), 20):
                for _ in range(3):
                    tls.send(DATA, b"")
                tls.send(DATA, REPLY[at:at + 20])
        self.after(88, "three empty records between the pieces of the reply", some, "OK A")
        self.after(88, "empty records without end, after the request", self.for_ever(DATA, b""), "TLS U",
                   "TIME U")
        self.after(88, "nothing but padding without end", self.for_ever(DATA, b"", padding=1000), "TLS U",
                   "TIME U",
                   versions=("1.3",))

    def test_alerts(self):
        self.after(86, "fatal alert in place of the reply", lambda tls: tls.send(ALERT, b"\2\x28"), "TLS U")
        self.after(87, "warning alerts without end, after the request", self.for_ever(ALERT, b"\1\x5a"),
                   "TIME U", "TLS U")

    def test_sizes(self):
        self.after(89, "16385 bytes in a record, after the request",
                   lambda tls: tls.send(DATA, REPLY + bytes(16385 - len(REPLY))),
                   "TLS U")
        filled = b"HTTP/1.1 201 Created\r\nA: " + b"x" * 2000 + b"\r\n" + REPLY.partition(b"\r\n")[2]
        self.after(90, "2 KB in a record, and room for it", lambda tls: tls.send(DATA, filled), "OK A")
        whole = b"HTTP/1.1 201 Created\r\nA: " + b"x" * 16000 + b"\r\n" + REPLY.partition(b"\r\n")[2]
        whole = whole.replace(b"A: ", b"A: " + b"x" * (16384 - len(whole)))
        self.after(90, "a record of 16384 bytes, and room for it", lambda tls: tls.send(DATA, whole), "OK A",
                   buffer=20000)

    def test_spoilt(self):
        def spoilt(nth):
            def act(tls):
                for at in range(0, len(REPLY), 20):
                    sealed = tls.seal(DATA, REPLY[at:at + 20])
                    if at // 20 == nth:
                        sealed = sealed[:-1] + bytes([sealed[-1] ^ 1])
                    tls.sock.sendall(sealed)
            return act
        for nth in range((len(REPLY) + 19) // 20):
            self.after(92, "bad MAC at record %d of the reply" % nth, spoilt(nth), "TLS U")

        def replayed(tls):
            sealed = tls.seal(DATA, REPLY[:20])
            tls.sock.sendall(sealed + sealed)
        self.after(92, "a record sent twice", replayed, "TLS U")

        def missing(tls):
            tls.seal(DATA, REPLY[:20])
            tls.send(DATA, REPLY[20:])
        self.after(92, "a record left out", missing, "TLS U")

    def test_renegotiation(self):
        request = b"\0\0\0\0"

        def once(tls):
            tls.send(HANDSHAKE, request)
            tls.send(DATA, REPLY)
        self.after(93, "HelloRequest, then the reply", once, "OK A", versions=("1.2",))
        self.after(93, "HelloRequest without end", self.for_ever(HANDSHAKE, request), "TIME U", "TLS U",
                   versions=("1.2",))
        self.after(93, "ServerHello after the handshake", lambda tls: tls.send(HANDSHAKE, hello()[5:]),
                   "TLS U")
        self.after(93, "Finished after the handshake",
                   lambda tls: tls.send(HANDSHAKE, b"\x14\0\0\x0c" + bytes(12)), "TLS U")
        self.after(93, "HelloRequest in TLS 1.3", lambda tls: tls.send(HANDSHAKE, request), "TLS U",
                   versions=("1.3",))
        self.after(93, "CertificateRequest after the handshake",
                   lambda tls: tls.send(HANDSHAKE, b"\x0d\0\0\x03\0\0\0"), "TLS U")

    def test_key_update(self):
        def update(tls, asked):
            tls.send(HANDSHAKE, b"\x18\0\0\1" + bytes([asked]))
            tls.update_key()

        def once(asked):
            def act(tls):
                update(tls, asked)
                tls.send(DATA, REPLY)
            return act

        def flood(tls):
            while True:
                update(tls, 1)
        # mbedTLS 3.6 has no KeyUpdate: see row 94 of README.md.
        self.after(94, "KeyUpdate once", once(0), "TLS U", versions=("1.3",))
        self.after(94, "KeyUpdate once, with an answer asked for", once(1), "TLS U", versions=("1.3",))
        self.after(94, "KeyUpdate without end", flood, "TLS U", "TIME U", versions=("1.3",))

    def test_tickets(self):
        for tickets in (0, 1, 100):
            hub.use(tls="1.3", tickets=tickets)
            self.expect(95, "%d tickets after the handshake" % tickets, invite(), "OK A")
        hub.use(tls="both", tickets=2)
        ticket = b"\4\0\0\x20" + struct.pack(">IIB", 7200, 1, 1) + b"\0" + b"\0\x12" + bytes(18) + b"\0\0"
        ticket = b"\4" + (len(ticket) - 4).to_bytes(3, "big") + ticket[4:]
        self.after(95, "tickets without end", self.for_ever(HANDSHAKE, ticket), "TIME U", "TLS U",
                   versions=("1.3",))
        # Odd ones are passed over; so many at a time that a step ends at its bound, behind one or behind empty records.
        odd = ticket.replace(struct.pack(">I", 7200), bytes(4))
        for empties, name in ((0, ""), (2, " and empty records")):
            def flood(tls, empties=empties):
                while True:
                    tls.sock.sendall(b"".join(tls.seal(HANDSHAKE, odd) + b"".join(tls.seal(DATA, b"") for _ in range(empties))
                                              for _ in range(60)))
            self.after(95, "odd tickets%s without end, sessions on" % name, flood, "TIME U", versions=("1.3",), sessions=1,
                       session_back=2, timeout=1500)

        def cut_short(tls):
            tls.send(HANDSHAKE, b"\4\0\0\5" + bytes(5))
            tls.send(DATA, REPLY)
        self.after(95, "a ticket that is cut short", cut_short, "TLS U", "OK A")

    def test_late_ticket(self):
        """One that comes between two requests is met before the second is sent, and does not end the connection."""
        ticket = struct.pack(">IIB", 7200, 1, 1) + b"\0" + b"\0\x12" + bytes(18) + b"\0\0"
        seconds = []

        def act(tls):
            tls.send(DATA, REPLY)
            tls.send(HANDSHAKE, b"\4" + len(ticket).to_bytes(3, "big") + ticket)
            tls.read_request()
            seconds.append(1)
            tls.send(DATA, REPLY)
        with Scripted("1.3", act) as server:
            options = {"port": server.port, "ca": hub.ca, "sessions": 1, "keep_ms": 60000}
            first = client.run(lambda: server.requests, close=0, session_back=2, **options)
            threading.Event().wait(0.1)
            second = client.run(lambda: server.wait() or len(seconds), fresh=0, **options)
        self.expect(95, "a ticket behind the reply: first request", first, "OK A")
        self.expect(95, "a ticket behind the reply: second request, on the same connection", second, "OK A")
        self.case(95, "a ticket behind the reply, connections made", "1 and 0",
                  "%d and %d" % (first["connects"], second["connects"]), (first["connects"], second["connects"]) == (1, 0))

    def test_odd_tickets(self):
        """With sessions on: one that mbedTLS would end the connection for is not kept, and that is all."""
        def ticket(lifetime=7200, nonce=b"\1", secret=bytes(200), extensions=b"", more=b""):
            body = struct.pack(">IIB", lifetime, 1, len(nonce)) + nonce + struct.pack(">H", len(secret)) + secret
            return body + struct.pack(">H", len(extensions)) + extensions + more

        def extension(kind, data=b""):
            return struct.pack(">HH", kind, len(data)) + data

        grease = extension(0x0A0A) + extension(0xFAFA, b"abc")
        kept = (("a plain ticket", ticket()), ("a ticket for a week", ticket(604800)), ("no nonce", ticket(nonce=b"")),
                ("a nonce of 32 bytes", ticket(nonce=bytes(32))), ("extensions that nobody knows", ticket(extensions=grease)),
                ("early data offered", ticket(extensions=extension(42, bytes(4)))))
        odd = [("a lifetime of %d seconds" % lifetime, ticket(lifetime)) for lifetime in (0, 604801, 2592000, 0xFFFFFFFF)]
        odd += [("a nonce of %d bytes" % size, ticket(nonce=bytes(size))) for size in (33, 65, 255)]
        odd += [("a ticket of %d bytes" % size, ticket(secret=bytes(size))) for size in (0, 1024, 16000)]
        odd += [("an extension that is not for tickets, %d" % kind, ticket(extensions=extension(kind, b"\0")))
                for kind in (0, 16, 41, 43, 51)]
        odd += [("early data of %d bytes" % size, ticket(extensions=extension(42, bytes(size)))) for size in (0, 3, 5)]
        odd += [("an extension that is cut off", ticket(extensions=extension(0x0A0A, b"abc")[:-1])),
                ("bytes behind it", ticket(more=b"\0"))]
        whole = ticket(extensions=grease)
        odd += [("cut after %d bytes" % size, whole[:size]) for size in (*range(1, 14), len(whole) - 1, len(whole) - 12)]
        for name, message in (*kept, *odd):
            def act(tls, message=message):
                tls.send(HANDSHAKE, b"\4" + len(message).to_bytes(3, "big") + message)
                tls.send(DATA, REPLY)
            with Scripted("1.3", act) as server:
                def requests(server=server):
                    server.wait()
                    return server.requests
                seen = client.run(requests, port=server.port, ca=hub.ca, timeout=2000, sessions=1, session_back=2)
            is_kept = seen["session_len"] > 0
            self.case(143, "%s, sessions on" % name, "OK A, kept: %s" % ((name, message) in kept),
                      "%s, kept: %s" % (seen["says"], is_kept), seen["says"] == "OK A"
                      and is_kept == ((name, message) in kept) and not seen["wrong"])
        # Not asked for at all.
        self.after(143, "a ticket for 30 days that nobody asked for", lambda tls: tls.send(
            HANDSHAKE, b"\4" + len(ticket(2592000)).to_bytes(3, "big") + ticket(2592000)) or tls.send(DATA, REPLY),
            "OK A", versions=("1.3",))

    def test_ends(self):
        """A body that ends with the connection: only close_notify shows that nobody has cut it."""
        for tls in ("1.2", "1.3"):
            hub.use(tls=tls)
            for row, how, expected in ((40, "notify", "OK A"), (41, "fin", "TRUNC U"), (54, "rst", "NET U")):
                hub.fault(until_close=True, how=how)
                self.expect(row, "body without a length, ended by %s, TLS %s" % (how, tls), invite(),
                            expected)
            for row, how, expected in ((53, "notify", "TRUNC U"), (52, "fin", "TRUNC U"),
                                       (54, "rst", "NET U")):
                hub.fault(cut=250, how=how)
                self.expect(row, "body cut by %s, TLS %s" % (how, tls), invite(), expected)
        hub.use(tls="both")

    def test_edge(self):
        """A status line that is too short, at the end of a full buffer: what is looked at must be there."""
        interim = b"HTTP/1.1 100 Continue\r\nA: %s\r\n\r\n"
        for cut in range(12):
            short = b"HTTP/1.1 200"[:cut] + b"\r\n"
            reply = interim % (b"x" * (399 - len(short) - len(interim) + 2)) + short

            def act(tls, reply=reply):
                tls.send(DATA, reply)
            self.after(5, "status line of %d bytes at the end of the buffer" % cut, act, "HTTP U", buffer=400)

    def test_endless_reply(self):
        self.after(56, "16 KB records of an endless header",
                   self.for_ever(DATA, b"HTTP/1.1 200 OK\r\nA: " + b"x" * 16000), "BIG U")


class Sessions(network.Case):
    """Sessions that are saved, and what may become of them before they are offered."""

    def setUp(self):
        hub.use(chain="ecdsa", tls="both", tickets=2)

    def full(self, row, name, seen, *expected):
        """Whatever comes of it, no session was resumed."""
        says = "%s, %d resumed" % (seen["says"] + (", " + seen["wrong"] if seen["wrong"] else ""),
                                   seen["resumed"])
        ok = seen["says"] in expected and not seen["resumed"] and not seen["wrong"]
        self.case(row, name, " or ".join(expected) + ", 0 resumed", says, ok)

    def after(self, row, name, between, *expected, **options):
        """A session is saved, shown to be good, and then between() happens, or the options differ."""
        for tls in ("1.2", "1.3"):
            hub.use(chain="ecdsa", tls=tls, tickets=2)
            saved = invite(sessions=1, session_back=2, session_keep=1)
            self.full(row, "%s, TLS %s: first" % (name, tls), saved, "OK A")
            good = invite(sessions=1, session_back=1)
            self.case(row, "%s, TLS %s: good" % (name, tls), "OK A, 1 resumed",
                      "%(says)s, %(resumed)d resumed" % good,
                      (good["says"], good["resumed"], good["wrong"]) == ("OK A", 1, ""))
            if between:
                between(tls)
            self.full(row, "%s, TLS %s" % (name, tls), invite(sessions=1, session_back=1, **options),
                      *expected)

    def test_rejected(self):
        self.after(96, "the server has forgotten its tickets", lambda tls: hub.use(), "OK A")
        self.after(96, "the server gives no tickets any more", lambda tls: hub.use(tickets=0), "OK A")
        # With a session of TLS 1.2 mbedTLS offers nothing else; when that fails, a handshake without it follows.
        self.after(96, "another protocol now", lambda tls: hub.use(tls={"1.2": "1.3", "1.3": "1.2"}[tls]), "OK A")
        self.after(96, "another certificate, of the same root", lambda tls: hub.use(chain="wrong-host"),
                   "CERT N")

    def test_costs_a_handshake_at_most(self):
        """A handshake that fails with sessions on is begun again without; the next ones have them again."""
        for tls in ("1.2", "1.3"):
            hub.use(chain="ecdsa", tls=tls, tickets=2)
            with Between(hub.port, tls) as between:
                def requests(between=between):
                    between.wait()
                    return hub.requests()
                options = {"ca": hub.ca, "org": hub.org, "port": between.port, "sessions": 1, "timeout": 3000}
                between.plan = {}
                first = client.run(requests, **options, session_back=2)
                ticket = between.kinds.index(CHANGE_CIPHER) - 1     # in TLS 1.2; in 1.3, ServerHello
                for k in (0, ticket):
                    between.plan = {"flip": k, "connections": 1}
                    before = between.connections
                    seen = client.run(requests, **options)
                    self.case(143, "record %d is spoilt, sessions on, TLS %s" % (k, tls), "OK A over 2 connections",
                              "%s over %d connections%s" % (seen["says"], between.connections - before, seen["wrong"]),
                              seen["says"] == "OK A" and between.connections - before == 2 and not seen["wrong"])
                between.plan = {}
                seen = [client.run(requests, **options), client.run(requests, **options)]
                self.case(143, "sessions are kept again, TLS %s" % tls, "OK A, 1 resumed",
                          "%s, %d resumed" % (seen[1]["says"], seen[1]["resumed"]),
                          first["says"] == seen[1]["says"] == "OK A" and seen[1]["resumed"] == 1)

    def test_other(self):
        day = 86400
        self.after(97, "another host of the same certificate", None, "OK A", host="ango.test")
        self.after(97, "another host", None, "CERT N", host="other.test")
        self.after(97, "a day and a second later", None, "OK A", time=int(time.time()) + day + 1)
        self.after(97, "years later, the certificate has expired", None, "CERT N", time=4102444800)
        self.after(97, "a clock that was put back", None, "OK A", time=int(time.time()) - 3600)
        self.after(97, "less memory than before", None, "OK A", session_cap=100)
        self.after(97, "hardly any memory", None, "OK A", session_cap=1)

    def test_anchors(self):
        self.after(98, "another root is trusted now", None, "CERT N", ca=ca("rsa2048"))
        self.after(98, "one more root is trusted now", None, "OK A", ca=network.PKI + "/all.ca.pem")

    def each(self, what, name, units):
        for tls in ("1.2", "1.3"):
            hub.use(chain="ecdsa", tls=tls)
            length = invite(sessions=1, session_back=2, session_keep=1)["session_len"]
            resumed, wrong = 0, []
            for n in range(0, length, 1 if what == "session_flip" else 7):
                seen = invite(sessions=1, session_back=1, **{what: n * units + n % units})
                resumed += seen["resumed"]
                if seen["says"] != "OK A" or seen["wrong"]:
                    wrong.append("byte %d: %s %s" % (n, seen["says"], seen["wrong"]))
            self.case(97, "%s of %d bytes, TLS %s" % (name, length, tls), "OK A, 0 resumed",
                      "%s, %d resumed" % ("; ".join(wrong[:3]) or "OK A", resumed), not wrong and not resumed)

    def test_each_bit(self):
        self.each("session_flip", "one bit flipped in each", 8)

    def test_each_length(self):
        self.each("session_cut", "cut before each 7th", 1)


class SmallBuffer(network.Case):
    """mbedTLS built with room for records of 4 KB only: honest only towards a server that one owns."""

    @classmethod
    def setUpClass(cls):
        cls.client = Client(network.build("host", "host-in4k", "CPPFLAGS=-DMBEDTLS_SSL_IN_CONTENT_LEN=4096",
                                          "CFLAGS=-O1"),
                            tally)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()

    def scripted(self, row, name, act, *expected, versions=("1.2", "1.3"), chain="ecdsa"):
        for version in versions:
            with Scripted(version, act, chain=chain) as server:
                seen = self.client.run(lambda: server.wait() or server.requests, port=server.port,
                                       ca=ca(chain), timeout=1000)
            self.expect(row, "%s, TLS %s" % (name, version), seen, *expected)

    def test_large_record(self):
        head, _, rest = REPLY.partition(b"\r\n")

        def of(length):
            filler = length - len(REPLY) - len(b"A: \r\n")
            return lambda tls: tls.send(DATA, head + b"\r\nA: " + b"x" * filler + b"\r\n" + rest)
        self.scripted(90, "a record of 3000 bytes, room for 4096", of(3000), "OK A")
        self.scripted(90, "a record of 16384 bytes, room for 4096", of(16384), "BIG U")

    def test_max_fragment_length(self):
        # TLS 1.3 servers know nothing of it, so nothing keeps a handshake message below 4 KB.
        def reply(tls):
            tls.send(DATA, REPLY)
        self.scripted(91, "certificates of 0.5 KB, room for 4 KB", reply, "OK A")
        self.scripted(91, "certificates of 5 KB in a record, room for 4 KB", reply, "TLS N", "CERT N", chain="too-long")


# Signatures differ in length by a few bytes from one handshake to the next.
SLACK = 8


class EachByte(network.Case):
    """The connection ends, or falls silent, at each byte that the server sends."""

    def sweep(self, tls, how, step=1):
        says, wrong = collections.Counter(), []
        options = {"ca": hub.ca, "org": hub.org, "timeout": 5000}
        if how == "stall":
            options["timeout"] = 60
        hub.use(tls=tls, tickets=1)
        with Between(hub.port, tls) as between:
            options["port"] = between.port

            def requests():
                between.wait()
                return hub.requests()
            between.plan = {}
            seen = client.run(requests, **{**options, "timeout": 5000})
            self.assertEqual((seen["says"], seen["wrong"]), ("OK A", ""))
            total, flight, ends = between.forwarded, between.flight, list(between.ends)
            around = {end + d for end in ends for d in (-1, 0, 1)}
            cuts = sorted(set(range(0, total, step)) | {n for n in around if 0 <= n < total})
            for n in cuts:
                between.plan = {"cut": n, "how": how}
                seen = client.run(requests, **options)
                says[seen["says"]] += 1
                problem = seen["wrong"] or self.judge(seen, between, how, n, flight, ends[-2])
                if problem:
                    wrong.append("byte %d of %d: %s, %s" % (n, total, seen["says"], problem))
        return cuts, total, says, wrong

    @staticmethod
    def judge(seen, between, how, n, flight, reply_end):
        """What is wrong with what was seen, or None."""
        error, outcome = seen["error"], seen["outcome"]
        if outcome == "N" and between.data:
            return "not sent, yet a record of the request was seen"
        # With a deadline a slow machine may be stopped before it comes to send.
        if outcome == "N" and n > flight + SLACK and how != "stall":
            return "the request was certainly sent"
        if outcome != "N" and n < flight - SLACK:
            return "the handshake was not over"
        if outcome == "A":
            return None if n >= reply_end - SLACK else "the reply was not over"
        allowed = {"fin": ("NET N", "TRUNC U"), "rst": ("NET N", "NET U"), "stall": ("TIME N", "TIME U")}[how]
        return None if "%s %s" % (error, outcome) in allowed else "not among " + ", ".join(allowed)

    def each(self, how, step=1):
        for tls in ("1.2", "1.3"):
            cuts, total, says, wrong = self.sweep(tls, how, step)
            name = "%s at %s of the %d bytes that the server sends, TLS %s" % (
                how.upper() if step == 1 else how, "each" if step == 1 else "%d" % len(cuts), total, tls)
            seen = ", ".join("%s x %d" % item for item in sorted(says.items(), reverse=True))
            self.case(55, name, "N before the request, then U", "; ".join([seen] + wrong[:3]), not wrong)
            before = {w: n for w, n in says.items() if w.endswith("N")}
            if how != "stall":
                self.case(99, name, "NET N", ", ".join("%s x %d" % item for item in before.items()),
                          set(before) == {"NET N"})

    def test_fin(self):
        self.each("fin")

    def test_rst(self):
        self.each("rst")

    def test_stall(self):
        self.each("stall", 24)

    def test_spoilt_records(self):
        for tls in ("1.2", "1.3"):
            hub.use(tls=tls, tickets=1)
            with Between(hub.port, tls) as between:
                between.plan = {}
                options = {"ca": hub.ca, "org": hub.org, "port": between.port, "timeout": 1000}

                def requests():
                    between.wait()
                    return hub.requests()
                client.run(requests, **options)
                kinds, encrypted = list(between.kinds), between.kinds.index(CHANGE_CIPHER) + 1
                for k, kind in enumerate(kinds[:-1]):           # the last one is close_notify
                    between.plan = {"flip": k}
                    seen = client.run(requests, **options)
                    sent = between.data > 0
                    name = "last bit of record %d (type %d) from the server, TLS %s" % (k, kind, tls)
                    if k < encrypted:
                        self.expect(92, name, seen, "TLS N", "CERT N", "TIME N")
                    else:
                        self.expect(92, name, seen, "TLS U" if sent else "TLS N")


if __name__ == "__main__":
    unittest.main()
