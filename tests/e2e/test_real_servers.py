#!/usr/bin/python3
"""The client against servers of other people: nginx in front of the stand-in, and openssl s_server."""
import contextlib
import itertools
import os
import socket
import subprocess
import sys
import tempfile
import time
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TOP + "/tests/hostile")
import network                                                  # noqa: E402
from network import Client, Hub                                 # noqa: E402

NGINX = next((p for p in ("/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx") if os.path.exists(p)),
             "nginx")

# %(name)s are ports, and the places of files. One process, as whoever runs the test.
NGINX_CONF = """
daemon off; master_process off; pid %(dir)s/pid; error_log %(dir)s/error.log info;
events { worker_connections 64; }
http {
    client_body_temp_path %(dir)s/body; proxy_temp_path %(dir)s/proxy; fastcgi_temp_path %(dir)s/fastcgi;
    uwsgi_temp_path %(dir)s/uwsgi; scgi_temp_path %(dir)s/scgi;
    log_format seen '$server_protocol $status $ssl_protocol "$gzip_ratio" $connection_requests '
                    '"$http_accept_encoding"';
    access_log %(dir)s/access.log seen;
    ssl_certificate %(pki)s/mixed.chain.pem; ssl_certificate_key %(pki)s/mixed.key.pem;
    ssl_session_cache shared:s:1m; ssl_session_tickets on; ssl_protocols TLSv1.2 TLSv1.3;
    gzip on; gzip_types *; gzip_min_length 1; gzip_http_version 1.0; gzip_proxied any;
    proxy_http_version 1.1; proxy_ssl_verify off; proxy_pass_request_headers on; keepalive_timeout 60;
    server { listen 127.0.0.1:%(both)d ssl http2; location / { proxy_pass %(hub)s; } }
    server { listen 127.0.0.1:%(tls12)d ssl http2; ssl_protocols TLSv1.2; location / { proxy_pass %(hub)s; } }
    server { listen 127.0.0.1:%(tls13)d ssl http2; ssl_protocols TLSv1.3; location / { proxy_pass %(hub)s; } }
    server { listen 127.0.0.1:%(unbuffered)d ssl; proxy_buffering off; location / { proxy_pass %(hub)s; } }
    server { listen 127.0.0.1:%(once)d ssl; keepalive_requests 1; location / { proxy_pass %(hub)s; } }
    server { listen 127.0.0.1:%(brief)d ssl; keepalive_timeout 1; location / { proxy_pass %(hub)s; } }
    server { listen 127.0.0.1:%(small)d ssl; client_max_body_size 1k; location / { proxy_pass %(hub)s; } }
    server { listen 127.0.0.1:%(down)d ssl; location / { proxy_pass http://127.0.0.1:1; } }
    server { listen 127.0.0.1:%(moved)d ssl; location / { return 301 https://localhost/elsewhere; } }
    server { listen 127.0.0.1:%(dropped)d ssl; location / { return 444; } }
}
"""
SERVERS = ("both", "tls12", "tls13", "unbuffered", "once", "brief", "small", "down", "moved", "dropped")

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
    if tally.broken:
        raise AssertionError("; ".join(tally.broken[:3]))


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def wait_for(port, process):
    for _ in range(1000):
        if process.poll() is not None:
            raise AssertionError("the server ended with %d" % process.returncode)
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.01)
    raise AssertionError("the server does not listen")


class Real(unittest.TestCase):
    def meet(self, port, expected, **options):
        """An invitation; `expected` is "class outcome status"."""
        options = {"ca": network.PKI + "/all.ca.pem", "org": hub.org, **options}
        seen = client.run(self.requests, port=port, **options)
        self.assertEqual(("%(says)s %(http_status)d" % seen, seen["wrong"]), (expected, ""))
        return seen

    @staticmethod
    def requests():
        return hub.requests()


class Nginx(Real):
    @classmethod
    def setUpClass(cls):
        cls.dir = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.ports = dict(zip(SERVERS, free_ports(len(SERVERS))))
        conf = os.path.join(cls.dir, "nginx.conf")
        with open(conf, "w", encoding="utf-8") as f:
            f.write(NGINX_CONF % dict(cls.ports, dir=cls.dir, pki=network.PKI,
                                      hub=hub.url.replace("localhost", "127.0.0.1")))
        cls.process = subprocess.Popen([NGINX, "-p", cls.dir, "-c", conf], stderr=subprocess.DEVNULL)
        cls.addClassCleanup(cls.process.wait)
        cls.addClassCleanup(cls.process.terminate)
        wait_for(cls.ports["both"], cls.process)

    def setUp(self):
        self.skip = len(self.access())

    def access(self):
        """What nginx has logged: protocol, status, TLS, gzip, number on the connection, encodings."""
        with open(os.path.join(self.dir, "access.log"), encoding="utf-8") as f:
            return [line.split() for line in f]

    def logged(self, count):
        """The lines since the test began; nginx writes them after its reply."""
        for _ in range(200):
            lines = self.access()[self.skip:]
            if len(lines) >= count:
                break
            time.sleep(0.01)
        self.assertEqual(len(lines), count)
        return lines

    def test_protocols(self):
        for server, tls in (("both", "TLSv1.3"), ("tls12", "TLSv1.2"), ("tls13", "TLSv1.3")):
            self.skip = len(self.access())
            seen = self.meet(self.ports[server], "OK A 201", prefix=server)
            self.assertEqual(seen["version"], tls)
            line = self.logged(1)[0]
            self.assertEqual(line[:3], ["HTTP/1.1", "201", tls], "HTTP/2 was offered, and must not be taken")
            self.assertEqual((line[3], line[5]), ('"-"', '"identity"'), "gzip was offered, and must be refused")

    def test_kept(self):
        """Many invitations on one connection."""
        for server in ("tls12", "tls13", "unbuffered"):
            self.skip, made = len(self.access()), 0
            for n in range(10):
                seen = self.meet(self.ports[server], "OK A 201", keep_ms=60000, fresh=int(n == 0),
                                 close=int(n == 9),
                                 prefix="%s-kept-%d" % (server, n))
                made += seen["connects"]
            self.assertEqual(made, 1)
            self.assertEqual([line[4] for line in self.logged(10)], [str(n + 1) for n in range(10)])

    def test_one_request_a_connection(self):
        made = 0
        for n in range(3):
            seen = self.meet(self.ports["once"], "OK A 201", keep_ms=60000, fresh=int(n == 0),
                             close=int(n == 2),
                             prefix="once-%d" % n)
            made += seen["connects"]
        self.assertEqual(made, 3)

    def test_keep_alive_runs_out(self):
        self.meet(self.ports["brief"], "OK A 201", keep_ms=60000, close=0, prefix="brief-1")
        time.sleep(1.5)
        seen = self.meet(self.ports["brief"], "OK A 201", keep_ms=60000, fresh=0, prefix="brief-2")
        self.assertEqual(seen["connects"], 1)

    def test_chunked_upstream(self):
        self.serial = itertools.count()
        for server in ("both", "tls12", "unbuffered"):
            for fault in ({"chunked": True}, {"chunked": {"sizes": [1]}}, {"until_close": True},
                          {"version": "1.0"}):
                with self.subTest(server=server, fault=fault):
                    hub.fault(**fault)
                    self.meet(self.ports[server], "OK A 201", prefix="upstream-%d" % next(self.serial))

    def test_upstream_breaks(self):
        hub.fault(cut=250)                                      # in mid-body; nginx leaves out its last chunk
        self.meet(self.ports["unbuffered"], "TRUNC U 201", prefix="cut")

    def test_large_request(self):
        self.meet(self.ports["both"], "OK A 201", emails=500, buffer=30000, prefix="many", timeout=10000)
        self.meet(self.ports["both"], "OK A 201", emails=100, buffer=60000, prefix="hundred", timeout=10000)

    def test_refusals(self):
        """nginx's own pages are HTML."""
        self.meet(self.ports["small"], "STATUS R 413", emails=100, buffer=60000)
        self.meet(self.ports["down"], "STATUS U 502")
        self.meet(self.ports["moved"], "STATUS R 301")
        self.meet(self.ports["dropped"], "TRUNC U 0")

    def test_plain_port(self):
        """TLS to a port of nginx where something else is expected: the wrong name, the wrong root."""
        self.meet(self.ports["both"], "CERT N 0", host="other.test")
        self.meet(self.ports["both"], "CERT N 0", ca=network.PKI + "/ecdsa.ca.pem")


class SServer(Real):
    """Handshakes with OpenSSL as its own makers set it up, and a reply that is none."""

    @staticmethod
    def requests():
        return 1                                                # it does not count

    @contextlib.contextmanager
    def server(self, *arguments, chain="ecdsa"):
        port = free_ports(1)[0]
        certificates, key = ("%s/%s.%s.pem" % (network.PKI, chain, what) for what in ("chain", "key"))
        command = ["openssl", "s_server", "-accept", "127.0.0.1:%d" % port, "-quiet", "-naccept", "20",
                   "-cert", certificates, "-cert_chain", certificates, "-key", key, *arguments]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        try:
            wait_for(port, process)
            yield port
        finally:
            process.terminate()
            process.wait()

    def test_reversed(self):
        """-rev says each line backwards: a reply, but none of HTTP. That it comes shows that TLS works."""
        for tls in ("1.2", "1.3"):
            for chain in ("ecdsa", "rsa2048", "rsa4096", "mixed"):
                protocol = "-tls" + tls.replace(".", "_")
                with self.subTest(tls=tls, chain=chain), self.server("-rev", protocol, chain=chain) as port:
                    seen = self.meet(port, "HTTP U 0")
                    self.assertEqual(seen["version"], "TLSv" + tls)

    def test_parameters(self):
        for arguments in ("-tls1_3 -groups P-384", "-tls1_3 -groups X25519", "-tls1_2 -groups P-384",
                          "-tls1_3 -ciphersuites TLS_AES_256_GCM_SHA384", "-tls1_3 -num_tickets 10",
                          "-tls1_2 -cipher ECDHE-ECDSA-AES256-GCM-SHA384", "-tls1_2 -no_ticket",
                          "-tls1_2 -legacy_renegotiation", "-max_send_frag 512", "-tls1_3 -no_middlebox"):
            with self.subTest(arguments=arguments), self.server("-rev", *arguments.split()) as port:
                self.meet(port, "HTTP U 0")

    def test_nothing_in_common(self):
        self.requests = lambda: 0
        for arguments in ("-tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256", "-tls1_3 -groups P-521",
                          "-tls1_2 -cipher ECDHE-ECDSA-CHACHA20-POLY1305", "-tls1_2 -groups P-521"):
            with self.subTest(arguments=arguments), self.server("-rev", *arguments.split()) as port:
                self.meet(port, "TLS N 0")

    def test_waits_for_more(self):
        """-www knows GET only, and says nothing to a POST."""
        with self.server("-www") as port:
            self.meet(port, "TIME U 0", timeout=500)


if __name__ == "__main__":
    unittest.main()
