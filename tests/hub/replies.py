"""How a reply becomes bytes, and what a test can order to go wrong with a single one of them."""
import base64
import email.utils
import gzip
import re
import threading
import time

from api import dumps, reason_of


class Fault:
    """What shall happen to one request (or to one connection), instead of what should. Fields, all optional:

    on        "request" (default) or "connect": the next TCP connection, before TLS
    method, path  only such requests (path: a part of it)
    skip, times   let that many pass first; how often (1)
    apply     whether the request takes effect; without it: yes, unless status, raw or body replaces the reply
    delay_ms  wait before the reply
    status, reason, version ("1.0"), headers ({name: value, or null for none}), body (text), body_base64
    gzip      the body compressed, with Content-Encoding
    chunked   true or {"sizes": [n, ...] (the last one repeats), "extension": ";a=b", "trailers": {n: v},
              "last": false to leave out the last chunk}
    until_close  no length: the end of the connection ends the body
    interim   [100, {"status": 103, "headers": {...}}, ...] before the reply
    raw, raw_base64   these bytes in place of the whole reply (on "connect": in place of TLS)
    cut       send only that many bytes of it (implies close "after-reply")
    trickle_ms  one byte (or trickle_bytes) at a time, each in a TLS record of its own, that far apart
    stall     then say nothing more until the client goes away
    close     "before-read", "before-reply", "after-reply": end the connection there
    how       "notify" (close_notify, then FIN; default), "fin" (no close_notify), "rst"
    """
    FIELDS = set("""on method path skip times apply delay_ms status reason version headers body body_base64
        gzip chunked until_close interim raw raw_base64 cut trickle_ms trickle_bytes stall close
        how""".split())
    HOW = ("notify", "fin", "rst")

    def __init__(self, fields):
        if not isinstance(fields, dict):
            raise ValueError("a fault is an object")
        unknown = set(fields) - self.FIELDS
        if unknown:
            raise ValueError("unknown in a fault: " + ", ".join(sorted(unknown)))
        for name, allowed in (("on", ("request", "connect")), ("how", self.HOW),
                              ("close", ("before-read", "before-reply", "after-reply")),
                              ("version", ("1.0", "1.1"))):
            if fields.get(name, allowed[0]) not in allowed:
                raise ValueError('"%s" is one of %s' % (name, ", ".join(allowed)))
        self.fields = fields
        self.get = fields.get
        self.on = self.get("on", "request")
        self.close = self.get("close") or ("after-reply" if "cut" in fields else None)
        self.how = self.get("how", "notify")
        self.skip, self.times = self.get("skip", 0), self.get("times", 1)
        self.apply = self.get("apply")
        if self.apply is None:
            self.apply = not {"status", "raw", "raw_base64", "body", "body_base64"} & set(fields)
        self.apply = self.apply and self.close != "before-read"

    def binary(self, name):
        if self.get(name + "_base64") is not None:
            return base64.b64decode(self.get(name + "_base64"))
        return None if self.get(name) is None else self.get(name).encode("utf-8", "surrogateescape")

    def fits(self, method, target):
        return self.get("method") in (None, method) and self.get("path", "") in target

    def use(self):
        """Whether it is this one's turn."""
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


class Faults:
    def __init__(self):
        self.queue, self.lock = [], threading.Lock()

    def add(self, fields):
        with self.lock:
            self.queue += [Fault(f) for f in (fields if isinstance(fields, list) else [fields])]

    def clear(self):
        with self.lock:
            self.queue = []

    def left(self):
        with self.lock:
            return [dict(f.fields, skip=f.skip, times=f.times) for f in self.queue]

    def take(self, fits):
        with self.lock:
            for fault in self.queue:
                if fits(fault) and fault.use():
                    if fault.times <= 0:
                        self.queue.remove(fault)
                    return fault
        return None

    def for_connection(self):
        return self.queue and self.take(lambda f: f.on == "connect")

    def before_read(self):
        """The first fault for a request, if it is one that does not let it be read."""
        first = next((f for f in self.queue if f.on == "request"), None)
        return first and first.close == "before-read" and self.take(lambda f: f is first)

    def for_request(self, method, target):
        return self.queue and self.take(
            lambda f: f.on == "request" and f.close != "before-read" and f.fits(method, target))


def head(version, status, reason, headers):
    lines = ["HTTP/%s %d %s" % (version, status, reason)] + ["%s: %s" % h for h in headers]
    return "\r\n".join(lines + ["", ""]).encode("utf-8", "surrogateescape")


def set_header(headers, name, value):
    headers[:] = [h for h in headers if h[0].lower() != name.lower()]
    if value is not None:
        headers += [(name, v) for v in (value if isinstance(value, list) else [value])]


def chunk(body, options):
    options = options if isinstance(options, dict) else {}
    sizes, extension = list(options.get("sizes", [len(body) or 1])), options.get("extension", "").encode()
    line = b"%08x%s\r\n" if options.get("zeros") else b"%x%s\r\n"
    out, at = [], 0
    while at < len(body):
        size = sizes.pop(0) if len(sizes) > 1 else sizes[0]
        piece = body[at:at + size]
        out += [line % (len(piece), extension), piece, b"\r\n"]
        at += len(piece)
    if options.get("last", True):
        trailers = "".join("%s: %s\r\n" % t for t in options.get("trailers", {}).items()).encode()
        out.append(line % (0, extension) + trailers + b"\r\n")
    return b"".join(out)


# ------------------------------------------------------------------------------------------ moods, on the wire

CDN_HEADERS = [
    ("Set-Cookie", "LB=" + "A" * 192 + "; Expires=Thu, 03 Dec 2026 11:18:02 GMT; Path=/; SameSite=None; Secure"),
    ("Content-Security-Policy", "default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action "
     "'self';frame-ancestors 'self';img-src 'self' data:;object-src 'none';script-src 'self';script-src-attr "
     "'none';style-src 'self' https: 'unsafe-inline';upgrade-insecure-requests"),
    ("Cross-Origin-Embedder-Policy", "require-corp"), ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"), ("Origin-Agent-Cluster", "?1"),
    ("Referrer-Policy", "no-referrer"), ("Strict-Transport-Security", "max-age=15552000; includeSubDomains"),
    ("X-Content-Type-Options", "nosniff"), ("X-DNS-Prefetch-Control", "off"), ("X-Frame-Options", "SAMEORIGIN"),
    ("X-Permitted-Cross-Domain-Policies", "none"), ("X-XSS-Protection", "0"),
    ("Access-Control-Allow-Origin", "*"), ("Vary", "Origin, Accept-Encoding"), ("X-RateLimit-Limit", "100"),
    ("X-RateLimit-Remaining", "99"), ("X-RateLimit-Reset", "1795691882"),
    ("ETag", 'W/"10-uViC3pa4b5/U2h5JkCXIHUyMvk0"'), ("CF-Cache-Status", "DYNAMIC"),
    ("Report-To", '{"endpoints":[{"url":"https:\\/\\/a.nel.example.com\\/report\\/v4?s=' + "x" * 150
     + '"}],"group":"nel","max_age":604800}'),
    ("Set-Cookie", "LBCORS=" + "A" * 192 + "; Path=/; SameSite=None; Secure"),
    ("NEL", '{"success_fraction":0,"report_to":"nel","max_age":604800}'), ("Server", "example-cdn"),
    ("CF-RAY", "8f2b1c3d4e5f6a7b-FRA"), ("alt-svc", 'h3=":443"; ma=86400'),
    ("Set-Cookie", "__bm=" + "b" * 200 + "; path=/; domain=.example.com; HttpOnly; Secure; SameSite=None"),
]


def mood_headers(moods):
    headers = list(CDN_HEADERS) if moods["cdn-headers"] else []
    if moods["long-header"]:
        name = "Content-Security-Policy-Report-Only"
        headers.append((name, "x" * (moods["long-header"] - len(name + ": "))))
    if moods["folded-header"]:
        headers.append(("Content-Security-Policy", "a;\r\n b;\r\n\tc: Transfer-Encoding: gzip"))
    return headers


def mood_chunks(moods):
    """The options of chunk(), or None."""
    if not moods.any("chunked", "chunk-spaces", "chunk-extension", "chunk-zeros"):
        return None
    return {"sizes": [moods["chunked"] or 1 << 30], "zeros": moods["chunk-zeros"],
            "extension": "    " * bool(moods["chunk-spaces"]) + " ; a=b" * bool(moods["chunk-extension"])}


def may_compress(accepted):
    """Whether an Accept-Encoding (None: there is none) lets a server answer in gzip: RFC 9110, 12.5.3."""
    if accepted is None:
        return True
    weights = {}
    for each in accepted.lower().split(","):
        coding, _, weight = each.partition(";")
        weights[coding.strip()] = re.sub(r"[\s.]", "", weight) not in ("q=0", "q=00", "q=000", "q=0000")
    return weights.get("gzip", weights.get("*", False))


class Reply:
    """An api.Answer as it is sent."""

    def __init__(self, answer, moods, accepted=None, close=False):
        """accepted: the request's Accept-Encoding, or None."""
        self.status, self.body, self.close, self.how = answer.status, answer.body, close, "notify"
        self.headers = answer.headers[:1] + [("Date", http_date())] + answer.headers[1:] + mood_headers(moods)
        self.chunks, self.before = mood_chunks(moods), b""
        self.gzip = moods["compresses"] and may_compress(accepted)
        if moods["odd-interim"]:
            self.before = head("1.1", 100, "Continue", [("Transfer-Encoding", "identity")])

    def encoded(self):
        if not self.gzip:
            return self.body
        set_header(self.headers, "Content-Encoding", "gzip")
        return gzip.compress(self.body, mtime=0)

    def plain(self, bodiless=False):
        body, headers = self.encoded(), list(self.headers)
        if self.chunks:
            headers.append(("Transfer-Encoding", "chunked"))
            body = chunk(body, self.chunks)
        else:
            headers.append(("Content-Length", str(len(body))))
        headers.append(("Connection", "close" if self.close else "keep-alive"))
        return self.before + head("1.1", self.status, reason_of(self.status), headers) + (b"" if bodiless else body)

    def faulty(self, fault):
        """The bytes to send; self.close and self.how say what follows them."""
        self.close = self.close or fault.close == "after-reply"
        self.how = fault.how
        raw = fault.binary("raw")
        if raw is not None:
            return raw
        self.status = fault.get("status", self.status if fault.apply else 200)
        replaced = fault.binary("body")
        if replaced is not None:
            self.body = replaced
        elif not fault.apply:
            self.body = dumps({"status": "fail", "message": reason_of(self.status)})
        self.gzip = self.gzip or fault.get("gzip")
        headers, body, version = self.headers, self.encoded(), fault.get("version", "1.1")
        chunks = fault.get("chunked") or (self.chunks if version == "1.1" else None)
        if fault.get("until_close"):
            chunks = None
        if chunks:
            body = chunk(body, chunks)
            set_header(headers, "Transfer-Encoding", "chunked")
        elif not fault.get("until_close"):
            set_header(headers, "Content-Length", str(len(body)))
        self.close = self.close or bool(fault.get("until_close")) or version == "1.0"
        if version == "1.1":
            set_header(headers, "Connection", "close" if self.close else "keep-alive")
        for name, value in (fault.get("headers") or {}).items():
            set_header(headers, name, value)
        before = self.before
        for each in fault.get("interim", []):
            each = each if isinstance(each, dict) else {"status": each}
            before += head("1.1", each["status"], reason_of(each["status"]), each.get("headers", {}).items())
        reason = fault.get("reason", reason_of(self.status))
        return before + head(version, self.status, reason, headers) + body


_date = (0, "")


def http_date():
    global _date
    now = int(time.time())
    if _date[0] != now:
        _date = (now, email.utils.formatdate(now, usegmt=True))
    return _date[1]


