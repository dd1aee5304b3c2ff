#!/usr/bin/python3
"""ango check, against servers in every mood: it finds out what they are like, what fails, and gives nobody away.

    tests/e2e/test_command_check.py     tries build/host/ango, or the command that the environment's ANGO names
"""
import datetime
import email.utils
import json
import os
import socket
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import test_command_desk                                        # noqa: E402
from test_command import DONE, SOME_FAILED, USAGE, REFUSED, NETWORK, TLS, OTHER, PKI      # noqa: E402
import moods                                                    # noqa: E402


class Case(test_command_desk.Case):
    more = {"seed": {"invites": 65, "expired": 20, "members": 65, "projects": 65}}

    def steps(self, *arguments, status=DONE, **options):
        """{step: what was found out}; of several certificates the last."""
        out = self.run_ango("check", "--json", *arguments, status=status, **options)
        steps = [json.loads(line) for line in out.splitlines()]
        self.assertTrue(all(bool(s["remedy"]) == (s["result"] in ("failed", "warning")) for s in steps), steps)
        self.anonymous(out)
        return {step["step"]: step for step in steps}

    def anonymous(self, out):
        """No key (which run_ango looks for), and nobody's name or address."""
        state = self.s.state()
        for who in state["members"] + state["invites"]:
            for value in (who.get("email"), who.get("to"), who.get("name")):
                self.assertFalse(value and value in out, value)
        for project in state["projects"]:
            self.assertNotIn(project["name"], out)
        self.assertNotIn("@", out)


class Moods(Case):
    def test_every_personality(self):
        """It never hangs, crashes, or writes anything; and what is readable is read."""
        for name in moods.PERSONALITIES:
            with self.subTest(personality=name):
                self.s.reset()
                self.s.mood(name)
                prefix = "/ango/hub" if name == "on-premises" else ""
                refuses = "says-no" in name or name in ("gateway-says-no", "tells-the-key")
                out = self.ango("--host", self.s.host + prefix, "--ca", self.s.ca, "--org", self.s.org, "--json",
                                command="check", status=None)
                steps = [json.loads(line) for line in out.splitlines()]
                self.anonymous(out)
                self.assertEqual(set(self.methods()), {"GET"})
                self.assertEqual([s["step"] for s in steps if s["result"] == "failed"], ["key"] if refuses else [])
                self.assertEqual(self.status == DONE, not refuses, steps)

    def ango(self, *arguments, status=DONE, **options):
        """The same with any status, which is self.status, for None."""
        try:
            self.status = status if status is not None else DONE
            return super().ango(*arguments, status=self.status, **options)
        except AssertionError:
            if status is not None:
                raise
            self.status = None
            return self.out

    def test_limit_and_page(self):
        for mood, limit, page, result in (((), "kept to", "kept to", "ok"), (("caps-limit=20",), "kept to, but capped", "kept to", "ok"),
                                          (("caps-limit=20", "skips-as-asked"), "kept to, but capped",
                                           "kept to, but it skips entries where limit is capped", "ok"),
                                          (("caps-limit=2",), "kept to, but capped", "kept to", "ok"),
                                          (("ignores-limit=30",), "not kept to", "kept to", "ok"),
                                          (("ignores-limit=2",), "not kept to", "kept to", "ok"),
                                          (("ignores-limit=1",), "not kept to", "kept to", "ok"),
                                          (("ignores-limit", "ignores-page"), "not kept to", "not kept to", "warning"),
                                          (("ignores-page",), "kept to", "not kept to", "warning")):
            self.s.mood(*mood)
            steps = self.steps()
            for name in ("projects", "members", "invites"):
                self.assertEqual((steps[name]["limit"], steps[name]["page"], steps[name]["result"]), (limit, page, result), mood)

    def test_capped_or_filtered(self):
        """A page that is short because it is filtered does not mean that the server caps limit."""
        for mood in (("filters-after-paging", "order=newest"), ("filters-after-paging", "order=newest", "caps-limit=50")):
            self.s.mood(*mood)
            step = self.steps()
            self.assertEqual((step["invites"]["limit"], step["invites"]["page"]),
                             ("kept to, but pages come short: they are filtered after they are cut", "kept to"))
            self.assertEqual(step["members"]["limit"], "kept to, but capped" if "caps-limit=50" in mood else "kept to")

    def test_status(self):
        for mood, said in (((), "only pending ones came"), (("ignores-status",), "not kept to"),
                           (("ignores-status", "order=newest", "caps-limit=20"), "not kept to")):
            self.s.mood(*mood)
            self.assertEqual(self.steps()["invites"]["status"], said)

    def list_of(self, name, entries):
        """What is asked of it now, and what it is when all its pages show the first of these, the second, or nothing."""
        pages = [{"status": 200, "method": "GET", "path": path, "times": 99,
                  "body": json.dumps({"status": "success", "data": {name: entries[at:at + most]}})}
                 for path, at, most in ((name + "?page=1&limit=100", 0, 99), (name + "?page=1&limit=", 0, 1),
                                        (name + "?page=2&limit=1", 1, 1), (name + "?page=2&limit=", 2, 1))]
        self.s.fault(*pages)
        return self.steps()[{"users": "members"}.get(name, name)]

    def test_entries_without_an_identifier(self):
        """Their addresses tell them apart; and where there are none, it is said that nobody can be found."""
        for left_out, result, page in (("_id", "ok", "kept to"), ("email", "warning", "kept to")):
            self.s.reset()
            users = [{"_id": str(i), "email": "p%d@example.com" % i, "organizationRole": "Member"} for i in range(2)]
            step = self.list_of("users", [{k: v for k, v in user.items() if k != left_out} for user in users])
            self.assertEqual((step["result"], step["page"]), (result, page), step)
            self.assertIn(left_out, step["fields_missing"].split())
            if left_out == "email":
                self.assertIn("entries lack the field that this program knows them by", step["remedy"])

    def test_fields_and_sizes(self):
        plain = self.steps()
        self.s.mood("nested", "cdn-headers", "long-header=5000", "chunked=7", "total=none")
        steps = self.steps()
        self.assertEqual(plain["members"]["fields_beyond"], "none")
        self.assertIn("projectAssignments", steps["invites"]["fields_beyond"].split())
        self.assertEqual((plain["projects"]["total"], steps["projects"]["total"]), ("yes", "no"))
        self.assertGreaterEqual(steps["members"]["longest_header"], 5000)
        self.assertGreater(steps["members"]["head_bytes"], 7000)
        for name in ("members", "invites"):
            self.assertGreater(steps[name]["largest_entry"], plain[name]["largest_entry"])
            self.assertGreater(steps[name]["body_bytes"], plain[name]["body_bytes"])

    def test_total(self):
        for mood, said in (("total=number", "yes"), ("total=text", "as text"), ("total=none", "no")):
            self.s.mood(mood)
            steps = self.steps()
            self.assertEqual([steps[name]["total"] for name in ("projects", "members", "invites")], [said] * 3)
            self.assertEqual(steps["members"]["entries_of_page_1"], 65)

    def test_sizes_are_those_of_the_reply(self):
        body = json.dumps({"status": "success", "data": {"projects": [{"_id": "1", "name": "x" * 300, "zip": {"a": [1, {}]}}]}})
        self.s.fault(skip=1, status=200, body=body, chunked={"sizes": [3, 50, 7]})
        self.s.fault(skip=1, status=200, body='{"status":"success","data":{"projects":[]}}')
        self.s.fault(skip=1, status=200, body=body)
        self.s.fault(skip=1, status=200, body='{"status":"success","data":{"projects":[]}}')
        step = self.steps("--org", "none", status=SOME_FAILED)["projects"]
        self.assertEqual(step["body_bytes"], len(body))
        self.assertEqual(step["largest_entry"], len(json.dumps(json.loads(body)["data"]["projects"][0])))
        self.assertEqual(step["fields_beyond"], "zip")
        self.assertEqual(step["fields_missing"], "description organization createdAt")
        self.assertEqual(step["limit"], "too few entries to tell")

    def test_device(self):
        step = self.steps()["device"]
        self.assertGreater(step["arena_peak_here"], 10000)
        self.assertTrue(step["largest_body"] < step["largest_record"] <= 16384)
        self.assertLessEqual(step["largest_record"], step["MBEDTLS_SSL_IN_CONTENT_LEN"])
        self.assertGreater(step["buffer"], step["largest_entry"])
        for tls in ("1.2", "1.3"):
            self.s.use(tls=tls)
            steps = self.steps()
            self.assertEqual(steps["tls"]["version"], "TLSv" + tls)
            self.assertTrue(steps["device"]["largest_body"] < steps["device"]["largest_record"]
                            < steps["device"]["largest_body"] + 400)
        self.s.use(tls="both")

    def test_rate(self):
        self.s.fault(headers={"X-RateLimit-Limit": "100", "Retry-After": "7"})
        step = self.steps()["rate limit"]
        self.assertEqual((step["x-ratelimit-limit"], step["retry-after"]), ("100", "7"))
        self.assertEqual(self.steps()["rate limit"]["headers"], "none")

    def test_lists_that_are_refused_for_now(self):
        """Of a 429 its header is shown, and nothing is told of what a device needs."""
        self.s.fault(skip=1, status=429, headers={"Retry-After": "9"}, times=3)
        steps = self.steps("--retry-for", "0", status=SOME_FAILED)
        self.assertEqual([steps[name]["result"] for name in ("projects", "members", "invites", "rate limit", "device")],
                         ["failed", "failed", "failed", "warning", "not tried"])
        self.assertEqual(steps["rate limit"]["retry-after"], "9")
        self.assertNotIn("MBEDTLS_SSL_IN_CONTENT_LEN", steps["device"])
        self.assertNotIn("not sent", steps["members"]["remedy"])
        self.s.fault(skip=5, status=500)
        steps = self.steps(status=SOME_FAILED)
        self.assertEqual((steps["projects"]["result"], steps["members"]["result"]), ("ok", "failed"))
        self.assertEqual((steps["device"]["result"], steps["device"]["lists_measured"]), ("warning", 2))
        self.s.fault(skip=1, status=200, body='{"status":"success","data":{"projects":[]}}')
        self.assertEqual(self.ango_without_organization()["device"]["result"], "not tried")

    def ango_without_organization(self):
        out = self.ango("--host", self.s.host, "--ca", self.s.ca, "--json", command="check")
        return {step["step"]: step for step in map(json.loads, out.splitlines())}

    def test_clock(self):
        for hours, result in ((0, "ok"), (1, "warning"), (-30, "warning")):
            date = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)
            self.s.fault(headers={"Date": email.utils.format_datetime(date, usegmt=True)})
            step = self.steps()["clock"]
            self.assertEqual(step["result"], result)
            self.assertTrue(abs(step["server_minus_here_s"] - 3600 * hours) < 60, step)
        self.s.fault(headers={"Date": None})
        self.assertEqual(self.steps()["clock"]["result"], "not tried")

    def test_chain(self):
        out = self.run_ango("check")
        self.assertRegex(out, r"certificate number 0, subject CN=Test ecdsa,\s+issuer CN=Test root ecdsa, days_left \d+")
        self.assertTrue(out.endswith("0 failed, 0 to look at\n"))
        self.assertLessEqual(max(len(line) for line in out.splitlines() if PKI not in line), 80)


class Failures(Case):
    def failing(self, step, *arguments, status, says=".", **options):
        steps = self.steps(*arguments, status=status, **options)
        self.assertEqual([name for name, s in steps.items() if s["result"] == "failed"], [step])
        self.assertRegex(json.dumps(steps[step], ensure_ascii=False), says)
        self.run_ango("check", *arguments, status=status, **options)
        self.assertRegex(self.out, r"(?m)^failed    %s +\S[^>]+-> \S" % step)
        return steps

    def test_each_step(self):
        steps = self.failing("name", "--host", "no..name", status=NETWORK, says="--host")
        self.assertEqual((steps["tcp"]["result"], steps["tls"]["result"], "key" in steps), ("not tried", "not tried", False))
        self.failing("tcp", "--host", "127.0.0.1:1", status=NETWORK, says="Connection refused")
        self.failing("key", key="wrong-key-wrong-key", status=REFUSED, says="get a new one")
        steps = self.steps("--org", "65a0c0de01ffffffffffffff", status=SOME_FAILED)
        self.assertEqual((steps["members"]["result"], steps["members"]["http_status"]), ("failed", 404))
        steps = self.steps(key=self.s.member_key, status=SOME_FAILED)
        self.assertEqual((steps["members"]["result"], steps["invites"]["http_status"]), ("ok", 403))

    def test_certificates(self):
        for chain, says in (("unknown-ca", "no CA that is trusted"), ("expired", "has expired"), ("wrong-host", "another host"),
                            ("proxy", "Test proxy ca")):
            self.s.use(chain=chain)
            self.failing("tls", status=TLS, says=says)

    def test_certificates_that_cannot_be_understood(self):
        """No fault is told of what was not looked at."""
        for tls in ("1.2", "1.3"):
            for chain in ("p521", "sha1", "md5"):
                self.s.use(chain=chain, tls=tls)
                step = self.failing("tls", status=TLS, says="of a kind that is not known here.*must take a usual one")["tls"]
                self.assertNotIn("subject", step)
                self.run_ango("members", status=TLS)
                self.assertRegex(self.err, "the certificate of localhost: it could not be read, or is of a kind that is not known here")
                self.assertNotRegex(self.err, "valid yet|another host|trusted|weak|this machine")
                self.run_ango("invite", "--json", "a@example.com", status=TLS)
                certificate = json.loads(self.out.splitlines()[-1])["error"]["certificate"]
                self.assertEqual(len(certificate), 1)
                self.assertIn("of a kind that is not known here", certificate[0])
        self.s.use(chain="expired", tls="1.2")
        self.run_ango("members", status=TLS)
        self.assertRegex(self.err, 'it has expired(?s:.*)refused was the certificate of "CN=Test expired"')

    def test_what_is_no_tls(self):
        self.s.fault(on="connect", raw="HTTP/1.1 400 Bad Request\r\n\r\n", times=2)
        self.failing("tls", status=TLS, says="is that a TLS server")

    def test_says_nothing(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            self.failing("tcp", "--host", "127.0.0.1:%d" % silent.getsockname()[1], "--timeout", "1", status=NETWORK)

    def test_without_an_organization(self):
        self.ango("--host", self.s.host, "--ca", self.s.ca, command="check")
        self.assertRegex(self.out, r"(?m)^not tried members +because no organization is given: --org$")

    def test_without_a_key(self):
        """All before it is tried."""
        steps = self.failing("key", key="", status=USAGE, says="ANGO_API_KEY.*--key-file")
        self.assertEqual([steps[name]["result"] for name in ("name", "tcp", "tls", "certificate", "clock")], ["ok"] * 5)
        self.assertEqual(steps["settings"]["key_from"], "nowhere")
        self.failing("tcp", "--host", "127.0.0.1:1", key="", status=NETWORK)
        self.run_ango("members", key="", status=USAGE)
        self.assertIn("there is no API key", self.err)

    def test_remedies_are_those_of_a_read(self):
        for fault, status, says in (({"status": 404, "body": '{"status":"fail","message":"x"}'}, REFUSED, "--host and its /PREFIX"),
                                    ({"status": 503}, OTHER, "try again later"),
                                    ({"status": 429}, REFUSED, "too many requests: wait, then run it again"),
                                    ({"status": 200, "body": '{"status":"fail","message":"x"}'}, OTHER, "'ango projects --verbose'")):
            self.s.fault(times=2, **fault)
            steps = self.failing("key", status=status, says=says)
            for word in ("repeat", "not sent", "identifiers", "what was asked"):
                self.assertNotIn(word, steps["key"]["remedy"])
        for status, says in ((500, "try again later"), (429, "wait, then run it again")):
            self.s.fault(status=status)
            self.run_ango("members", "--retry-for", "0", status=OTHER if status == 500 else REFUSED)
            self.assertIn(says, self.err)
            self.assertNotRegex(self.err, "repeat|not sent")

    def test_bad_replies(self):
        for fault, status in (({"status": 500}, OTHER), ({"status": 200, "body": "<html>"}, OTHER), ({"cut": 60}, NETWORK),
                              ({"status": 429, "headers": {"Retry-After": "9"}}, REFUSED),
                              ({"status": 200, "body": '{"status":"success","data":{"projects":7}}'}, OTHER)):
            self.s.fault(times=2, **fault)
            self.failing("key", status=status)
        self.run_ango("check", "x", status=USAGE)


if __name__ == "__main__":
    unittest.main()
