#!/usr/bin/python3
"""The ango command through an HTTP proxy: Debian's tinyproxy, and some that are not what they seem.

    tests/e2e/test_command_proxy.py     tries build/host/ango, or the command that the environment's ANGO names
"""
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import test_command_desk                                        # noqa: E402
from test_command import A, B                                   # noqa: E402
from test_command import DONE, USAGE, NETWORK, TLS, REFUSED     # noqa: E402
from test_real_servers import free_ports, wait_for              # noqa: E402

TINYPROXY = """
Port %(port)d
Listen 127.0.0.1
Allow 127.0.0.1
Timeout 60
MaxClients 20
LogFile "%(log)s"
LogLevel Connect
%(more)s
"""


class Case(test_command_desk.Case):
    def through(self, command, *arguments, proxy=None, **options):
        more = () if proxy is None else ("--proxy", proxy)
        return self.run_ango(command, *more, *arguments, **options)


class Tinyproxy(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dir = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.plain = cls.tinyproxy("")
        cls.asks = cls.tinyproxy("BasicAuth zoe passw0rd")
        cls.forbids = cls.tinyproxy("ConnectPort 1")

    @classmethod
    def tinyproxy(cls, more):
        (port,) = free_ports(1)
        conf = os.path.join(cls.dir, "%d.conf" % port)
        with open(conf, "w", encoding="utf-8") as f:
            f.write(TINYPROXY % {"port": port, "log": os.path.join(cls.dir, "%d.log" % port), "more": more})
        process = subprocess.Popen(["tinyproxy", "-d", "-c", conf], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.addClassCleanup(process.wait)
        cls.addClassCleanup(process.terminate)
        wait_for(port, process)
        return "127.0.0.1:%d" % port

    def log(self, proxy):
        with open(os.path.join(self.dir, proxy.split(":")[1] + ".log"), encoding="utf-8") as f:
            return f.read()

    def test_option_and_environment(self):
        before = self.log(self.plain).count("CONNECT localhost:%d HTTP/1.1" % self.s.port)
        for number, (proxy, environment) in enumerate((
                (self.plain, {}), ("http://%s/" % self.plain, {}), (None, {"https_proxy": "http://" + self.plain}),
                (None, {"HTTPS_PROXY": self.plain}), (self.plain, {"https_proxy": "127.0.0.1:1"}),
                (None, {"https_proxy": self.plain, "HTTPS_PROXY": "127.0.0.1:1", "no_proxy": "example.com,other.test"}),
                (self.plain, {"no_proxy": "*"}))):
            self.s.reset()
            self.through("invite", A, B, proxy=proxy, **environment)
            self.assertEqual((self.s.invites(), self.err), ([A, B], ""))
            self.assertEqual(self.log(self.plain).count("CONNECT localhost:%d HTTP/1.1" % self.s.port), before + number + 1)

    def test_none(self):
        for proxy, environment in (("", {"https_proxy": "127.0.0.1:1"}),
                                   *((None, {"https_proxy": "127.0.0.1:1", name: value}) for name, value in (
                                       ("no_proxy", "localhost"), ("no_proxy", "a.b, LOCALHOST:99"), ("NO_PROXY", "*"),
                                       ("no_proxy", ".localhost"))), (None, {"https_proxy": ""}),
                                   (None, {"http_proxy": "127.0.0.1:1"})):
            self.through("members", proxy=proxy, **environment)
        for no_proxy in ("host", "ocalhost", "localhost.x", "x.localhost", ""):
            self.through("members", status=NETWORK, https_proxy="127.0.0.1:1", no_proxy=no_proxy)

    def test_user_and_password(self):
        self.through("invite", A, https_proxy="http://zoe:p%61ssw0r%64@" + self.asks)
        self.assertEqual(self.s.invites(), [A])
        for credentials in ("", "zoe:wrong@", "zoe@"):
            self.through("invite", "--retry-for", "60", B, status=NETWORK, https_proxy="http://%s%s" % (credentials, self.asks))
            self.assertRegex(self.err, r"the proxy 127\.0\.0\.1 port \d+ \(https_proxy\) said HTTP 40[17]: it wants a "
                             "user and a password")
            self.assertEqual(self.words(), {B: "not sent"})
            self.assertNotIn("wrong", self.err)
        self.through("invite", A, proxy="http://zoe:secret-word@" + self.asks, status=USAGE)
        self.assertIn("a password on the command line can be read by every user", self.err)
        self.assertNotIn("secret-word", self.err)

    def test_port_that_is_not_let_through(self):
        self.through("invite", "--retry-for", "60", A, proxy=self.forbids, status=NETWORK)
        self.assertIn("HTTP 403: it does not let this host or port through", self.err)

    def test_server_that_it_does_not_reach(self):
        self.through("invite", "--host", "127.0.0.1:1", A, proxy=self.plain, status=NETWORK)
        self.assertRegex(self.err, "said HTTP 50[0-9]: it does not reach the server")

    def test_certificates_are_the_servers(self):
        self.s.use(chain="wrong-host")
        self.through("invite", A, proxy=self.plain, status=TLS)
        self.assertIn("it is for another host name", self.err)

    def test_check(self):
        self.through("check", proxy=self.plain)
        self.assertRegex(self.out, "(?m)^ok        proxy       http_status 200$")
        self.through("check", proxy=self.forbids, status=NETWORK)
        self.assertRegex(self.out, r"(?m)^failed    proxy       http_status 403\n +-> it does not let this host")
        self.through("check", proxy="127.0.0.1:1", status=NETWORK)
        self.assertRegex(self.out, "(?m)^failed    tcp ")

    def test_one_that_is_not_there_is_named(self):
        """And the server is not blamed."""
        self.through("members", "--retry-for", "0", status=NETWORK, https_proxy="http://127.0.0.1:1")
        self.assertEqual(self.err, "ango: the proxy 127.0.0.1 port 1 (https_proxy): no connection (Connection refused); check its name, "
                         "its port, and the network\nango: so there was no connection to localhost port %d\n" % self.s.port)
        self.through("check", status=NETWORK, https_proxy="http://127.0.0.1:1")
        self.assertRegex(self.out, r"(?m)^failed    tcp +proxy 127\.0\.0\.1 port 1 \(https_proxy\),[^>]+Connection refused\n +"
                         "-> check the proxy's name and port")
        error = self.document("invite", "--retry-for", "0", A, status=NETWORK, https_proxy="http://127.0.0.1:1")["error"]
        self.assertEqual(error["proxy"], "127.0.0.1 port 1 (https_proxy)")

    def test_large_replies(self):
        self.s.mood("whole-project=100")
        self.through("project", self.s.projects[0], proxy=self.plain)

    def test_goes_on_when_it_comes_back(self):
        (port,) = free_ports(1)
        with self.start("--retry-for", "60", "--proxy", "127.0.0.1:%d" % port, A) as child:
            while b"waiting" not in child.stderr.readline():
                pass
            forwarding = Forwarder(port, self.s.port)
            child.stderr.read()
            self.assertEqual(child.wait(), DONE)
        forwarding.close()
        self.assertEqual(self.s.invites(), [A])


class Forwarder:
    """A proxy that keeps what it hears from the client, and answers CONNECT as it is told to."""

    def __init__(self, port, to, answer=b"HTTP/1.1 200 ok\r\n\r\n", piece=65536, pause=0):
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]
        self.to, self.answer, self.piece, self.pause, self.heard = to, answer, piece, pause, b""
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.one, args=(client,), daemon=True).start()

    def one(self, client):
        try:
            head = b""
            while b"\r\n\r\n" not in head:
                got = client.recv(1)
                if not got:
                    return
                head += got
            self.heard += head
            for at in range(0, len(self.answer), self.piece):
                client.sendall(self.answer[at:at + self.piece])
                time.sleep(self.pause)
            if not self.to or b" 200 " not in self.answer:
                client.close()
                return
            server = socket.create_connection(("127.0.0.1", self.to))
            threading.Thread(target=self.pump, args=(server, client, False), daemon=True).start()
            self.pump(client, server, True)
        except OSError:
            pass

    def pump(self, source, sink, keep):
        try:
            while data := source.recv(65536):
                self.heard += data if keep else b""
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Odd(Case):
    def forwarder(self, **options):
        forwarder = Forwarder(0, self.s.port, **options)
        self.addCleanup(forwarder.close)
        return forwarder, "127.0.0.1:%d" % forwarder.port

    def test_it_never_sees_the_key(self):
        forwarder, proxy = self.forwarder()
        self.through("invite", A, proxy=proxy)
        self.assertEqual(self.s.invites(), [A])
        self.assertTrue(forwarder.heard.startswith(b"CONNECT localhost:%d HTTP/1.1\r\nHost: localhost:%d\r\n\r\n\x16\x03"
                                                   % (self.s.port, self.s.port)))
        for secret in (self.s.key, A, self.s.org):
            self.assertNotIn(secret.encode(), forwarder.heard)

    def test_in_pieces(self):
        _, proxy = self.forwarder(answer=b"HTTP/1.1 200 ok\r\nA: b\r\n\r\n", piece=1, pause=0.01)
        self.through("members", proxy=proxy)

    def test_what_is_no_proxy(self):
        for answer, status, says in ((b"SSH-2.0-x\r\n", NETWORK, "not HTTP/1.1"), (b"", NETWORK, "no connection"),
                                     (b"HTTP/1.1 200 ok\r\n\r\n<html>", TLS, "TLS"), (b"HTTP/1.1 200 ok\r\n", NETWORK, "."),
                                     (b"HTTP/1.1 302 x\r\nLocation: /\r\n\r\n", NETWORK, "is that an HTTP proxy"),
                                     (b"HTTP/1.1 200 " + b"x" * 20000, NETWORK, "not HTTP/1.1")):
            forwarder, proxy = self.forwarder(answer=answer)
            if answer in (b"", b"HTTP/1.1 200 ok\r\n"):
                forwarder.to = None
            self.through("invite", "--timeout", "5", A, proxy=proxy, status=status)
            self.assertRegex(self.err, says)
            self.assertEqual((self.words(), self.s.invites()), ({A: "not sent"}, []))
            self.assertNotIn(self.s.key.encode(), forwarder.heard)

    def test_silence_ends_in_time(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            self.through("invite", "--timeout", "1", A, proxy="127.0.0.1:%d" % silent.getsockname()[1], status=NETWORK)
        self.assertIn("no answer before the deadline", self.err)
        _, proxy = self.forwarder(answer=b"HTTP/1.1 200 ok\r\n" + b"A: b\r\n" * 1000, piece=1, pause=0.02)
        self.through("invite", "--timeout", "1", A, proxy=proxy, status=NETWORK)
        self.assertIn("no answer before the deadline", self.err)

    def test_one_that_stalls_or_has_no_end_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            _, endless = self.forwarder(answer=b"HTTP/1.1 200 ok\r\n" + b"A: b\r\n" * 5000)
            for proxy, says in (("127.0.0.1:%d" % silent.getsockname()[1], "no answer before the deadline"),
                                (endless, "not HTTP/1.1, or has no end")):
                port = proxy.split(":")[1]
                self.through("members", "--timeout", "1", "--retry-for", "0", proxy=proxy, status=NETWORK)
                self.assertRegex(self.err, r"^ango: the proxy 127\.0\.0\.1 port %s \(--proxy\): .*%s; is that an HTTP proxy\?\n" % (port, says))
                self.through("check", "--timeout", "1", proxy=proxy, status=NETWORK)
                self.assertRegex(self.out, "(?m)^ok        tcp ")
                self.assertRegex(self.out, r"(?m)^failed    proxy +http_status \d+,[^>]+proxy 127\.0\.0\.1 port %s \(--proxy\)\n"
                                 r" +-> is that an HTTP proxy\?\nnot tried tls " % port)

    def test_server_that_stalls_behind_it(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            forwarder = Forwarder(0, silent.getsockname()[1])
            self.addCleanup(forwarder.close)
            proxy = "127.0.0.1:%d" % forwarder.port
            self.through("members", "--timeout", "1", "--retry-for", "0", proxy=proxy, status=NETWORK)
            self.assertNotIn("the proxy", self.err)
            self.through("check", "--timeout", "1", proxy=proxy, status=NETWORK)
            self.assertRegex(self.out, "(?m)^ok        proxy .*\nfailed    tls ")

    def test_settings_that_are_none(self):
        for text, says in (("socks5://127.0.0.1:1", "only http:// proxies"), ("https://127.0.0.1:1", "only http:// proxies"),
                           ("127.0.0.1:0", "no such port"), ("127.0.0.1:x", "no such port"), ("127.0.0.1:99999999", "no such port"),
                           ("http://", "is not"), ("http://%00", "is not"), ("h" * 300, "is not"), (":80", "is not")):
            self.through("members", https_proxy=text, status=USAGE)
            self.assertRegex(self.err, "^ango: https_proxy: .*" + says)
        for text in ("http://a%3ab:c@127.0.0.1:1", "http://%zz:c@127.0.0.1:1", "http://%s:c@127.0.0.1:1" % ("u" * 300)):
            self.through("members", https_proxy=text, status=USAGE)
            self.assertIn("https_proxy: ", self.err)
        self.assertEqual(self.s.counts()["connections"], 0)

    def test_name_that_is_not_found(self):
        self.through("members", proxy="no..name:3128", status=NETWORK)
        self.assertIn("the proxy no..name port 3128 (--proxy): its name is not found (", self.err)


if __name__ == "__main__":
    unittest.main()
