#!/usr/bin/python3
"""Where the ango command has its settings from, which of them wins, and the CAs that it trusts.

    tests/e2e/test_command_settings.py     tries build/host/ango, or the command that the environment's ANGO names
"""
import base64
import os
import re
import shutil
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import test_command_desk                                        # noqa: E402
from test_command import A, ANGO, PKI                                 # noqa: E402
from test_command import USAGE, REFUSED, NETWORK, TLS     # noqa: E402

WRONG = "wrong-key-wrong-key"


class Case(test_command_desk.Case):
    def config(self, text, mode=0o600, folder=".config"):
        path = os.path.join(self.folder, folder, "ango")
        os.makedirs(path, exist_ok=True)
        name = os.path.join(path, "config")
        with open(name, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(name, mode)
        return name

    def all_of_it(self):
        return ("# of the kiosk\n\norg = %s\nhost=%s\n ca\t=  %s \nretry-for = 0\nkey-file = ~/key\ntimeout = 9\n"
                % (self.s.org, self.s.host, self.s.ca))

    def key(self, content, name="key"):
        with open(os.path.join(self.folder, name), "w", encoding="ascii", opener=lambda p, f: os.open(p, f, 0o600)) as f:
            f.write(content)
        return os.path.join(self.folder, name)


class ForAllUsers(Case):
    """/etc/ango/config, in a mount namespace where /etc is a folder of ours."""

    def setUp(self):
        super().setUp()
        self.etc = self.folder + "/etc"
        os.makedirs(self.etc + "/ango")
        for name in ("hosts", "nsswitch.conf", "passwd", "group"):
            shutil.copy("/etc/" + name, self.etc)
        if subprocess.run((*self.inside(), "true"), stderr=subprocess.DEVNULL, check=False).returncode != 0:
            self.skipTest("there can be no mount namespace here")

    def inside(self):
        return ("unshare", "-rm", "sh", "-c", 'mount --bind "$0" /etc && exec "$@"', self.etc)

    def for_all(self, text, mode=0o644):
        with open(self.etc + "/ango/config", "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(self.etc + "/ango/config", mode)

    def members(self, *arguments, status=0, **environment):
        """Runs ango members with nothing but what is set."""
        done = subprocess.run((*self.inside(), os.path.abspath(ANGO), "members", *arguments), capture_output=True, text=True,
                              env=self.environment("", **environment), timeout=60, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.err = done.stderr
        return done.stdout

    def test_is_read(self):
        self.key(self.s.key)
        self.for_all(self.all_of_it())
        self.assertTrue(self.members().endswith("\n3 members\n"))

    def test_what_wins_over_it(self):
        """The user's configuration, over that the environment, over that an option."""
        self.key(self.s.key)
        self.for_all(self.all_of_it())
        own = self.config("org = nobodys\n")
        self.members(status=REFUSED)
        self.members(ANGO_ORG=self.s.org)
        self.members("--org", "nobodys", status=REFUSED, ANGO_ORG=self.s.org)
        os.remove(own)
        self.members(status=REFUSED, ANGO_ORG="nobodys")
        self.for_all(self.all_of_it().replace(self.s.org, "nobodys"))
        self.members(status=REFUSED)
        self.config("org = %s\n" % self.s.org)
        self.members()

    def test_what_is_wrong_with_it(self):
        """It is not passed over, whatever the user's own one says."""
        self.key(self.s.key)
        self.config(self.all_of_it())
        for text, mode, says in (("colour = red\n", 0o644, "/etc/ango/config, line 1: there is no such setting"),
                                 (self.all_of_it(), 0o664, "/etc/ango/config: others can write it")):
            self.for_all(text, mode)
            self.members(status=USAGE)
            self.assertIn(says, self.err)
        self.assertEqual(self.s.counts()["connections"], 0)


class Settings(Case):
    def test_configuration(self):
        self.key(self.s.key)
        self.config(self.all_of_it())
        self.ango(A, key="")
        self.assertEqual((self.s.invites(), self.err), ([A], ""))
        os.rename(self.folder + "/.config", self.folder + "/xdg")
        self.ango(command="members", key="", XDG_CONFIG_HOME=self.folder + "/xdg")
        self.ango(command="members", key="", status=USAGE)

    def test_which_key_wins(self):
        """Each is tried with all that it wins over, which are wrong."""
        self.key(WRONG)
        good = self.key(self.s.key, "good")
        os.mkdir(self.folder + "/credentials")
        credential = self.key(self.s.key, "credentials/ango-key")
        text = self.all_of_it()
        self.config(text.replace("~/key", good))
        self.ango(command="members", key="")
        self.ango(command="members", key="", CREDENTIALS_DIRECTORY=self.folder)     # without an ango-key
        self.config(text)
        folder = {"CREDENTIALS_DIRECTORY": self.folder + "/credentials"}
        self.ango(command="members", key="", **folder)
        self.key(WRONG, "credentials/ango-key")
        self.ango(command="members", key="", ANGO_KEY_FILE=good, **folder)
        self.ango(command="members", key=self.s.key, ANGO_KEY_FILE=credential, **folder)
        self.ango("--key-file", good, command="members", key=WRONG, ANGO_KEY_FILE=credential, **folder)
        self.ango(command="members", key=WRONG, ANGO_KEY_FILE=good, status=REFUSED)
        self.ango(command="members", key="", ANGO_KEY_FILE=credential, status=REFUSED)

    def test_which_of_the_others_wins(self):
        for name, option, variable, right in (("host", "--host", "ANGO_HOST", self.s.host), ("org", "--org", "ANGO_ORG", self.s.org),
                                              ("ca", "--ca", "ANGO_CA", self.s.ca)):
            wrong = {"host": "127.0.0.1:1", "org": "nobody", "ca": "/nowhere"}[name]
            status = {"host": NETWORK, "org": REFUSED, "ca": USAGE}[name]
            text = self.all_of_it()
            self.config(text)
            self.ango(command="members")
            self.ango(command="members", status=status, **{variable: wrong})
            self.config(re.sub("(?m)^ ?%s\\b.*" % name, "%s = %s" % (name, wrong), text))
            self.ango(command="members", status=status)
            self.ango(command="members", **{variable: right})
            self.ango(option, right, command="members", **{variable: wrong})

    def test_proxy(self):
        text = self.all_of_it()
        self.config(text + "proxy = http://zoe:secret-word@127.0.0.1:1\n")
        self.ango(command="members", status=NETWORK)
        self.assertIn("the proxy 127.0.0.1 port 1 (the configuration's proxy)", self.err)
        self.assertNotIn("secret", self.err)
        self.ango("--proxy", "", command="members")
        self.ango(command="members", no_proxy="localhost")
        self.ango(command="members", status=NETWORK, https_proxy="127.0.0.1:2")
        self.assertIn("port 2 (https_proxy)", self.err)

    def test_what_is_wrong_is_named(self):
        for line, says in (("colour = red", "there is no such setting as colour: "), ("key = " + self.s.key, "there is no such setting as key: .*file of its own"),
                           ("api-key = x", "there is no such setting as api-key"), ("json = yes", "there is no such setting as json"),
                           (self.s.key + "==", "there is no such setting: "), ("host =", "the value is missing"), ("org = ", "the value is missing"),
                           ('host = "x"', "a value stands without quotes"), ("ca = '/x'", "a value stands without quotes"),
                           ("org", "not NAME = VALUE"),
                           ("host = x # ours", "a comment behind a value: write it into a line of its own"),
                           ("host = x\t# ours", "a comment behind a value"), ("timeout = soon", "is wrong"), ("= x", "no such setting")):
            name = self.config("# 1\n\n" + line + "\n")
            self.ango(command="members", status=USAGE)
            self.assertRegex(self.err, "ango: %s, line 3: .*%s" % (name, says))
            self.assertNotIn(self.s.key, self.err)
        self.assertEqual(self.s.counts()["connections"], 0)

    def test_as_an_editor_writes_it(self):
        """A byte order mark, and lines that end in CRLF."""
        self.key(self.s.key)
        self.config("\ufeff" + self.all_of_it()[len("# of the kiosk\n\n"):].replace("\n", "\r\n") + "proxy =\r\n")
        self.ango(command="members", key="", https_proxy="")
        self.assertEqual(self.err, "")

    def test_file_that_others_can_write(self):
        for mode in (0o620, 0o602):
            name = self.config(self.all_of_it(), mode)
            self.ango(command="members", status=USAGE)
            self.assertIn("%s: others can write it" % name, self.err)
        self.config(self.all_of_it(), 0o644)
        self.ango(command="members")

    @unittest.skipIf(os.geteuid() != 0, "needs to give a file away")
    def test_file_of_another_user(self):
        name = self.config(self.all_of_it(), 0o600)
        os.chown(name, 12345, -1)
        self.ango(command="members", status=USAGE)
        self.assertIn("%s: it belongs to another user, who could send the key elsewhere" % name, self.err)
        self.assertNotIn("others can write", self.err)

    def test_that_cannot_be_read(self):
        os.makedirs(self.folder + "/.config/ango/config")
        self.ango(command="members", status=USAGE)
        self.assertIn("config: Is a directory", self.err)

    def test_regions(self):
        """Their names stand for hosts, which are not asked: there is no way out to them."""
        for name, host in (("eu", "imeritapi.ango.ai"), ("US", "us-api.ango.ai"), ("india", "in-api.ango.ai"),
                           ("Test", "testapi.ango.ai"), (None, "imeritapi.ango.ai"), ("eu.example.com", "eu.example.com")):
            arguments = ("--host", name) if name else ()
            self.ango(*arguments, "--org", self.s.org, "--retry-for", "0", "--proxy", "127.0.0.1:1", A, status=NETWORK)
            self.assertIn(host + " port 443", self.err)
            self.ango("--org", self.s.org, "--retry-for", "0", "--proxy", "127.0.0.1:1", A, status=NETWORK,
                      **({"ANGO_HOST": name} if name else {}))
            self.assertIn(host + " port 443", self.err)
        self.ango("help", "options", command=None)
        self.assertRegex(self.out, "eu .*us, india or test")
        self.invite(A, key=WRONG, status=REFUSED)
        self.assertIn("or of another region (--host eu, us, india, test)", self.err)

    def test_first_run(self):
        self.ango(command="projects", key="", status=USAGE)
        self.assertRegex(self.err, "there is no API key: .*docs.imerit.net/api/docs/overview tells how")
        self.ango(command="members", status=USAGE)
        self.assertIn("'ango projects' shows its identifier", self.err)
        self.run_ango("projects")
        self.assertEqual(self.out.splitlines()[0].split(), ["ID", "ORGANIZATION", "NAME"])
        self.assertIn(self.s.org, self.out)


class Authorities(Case):
    def here(self, *arguments):
        return [word for word in super().here(*arguments) if word not in ("--ca", self.s.ca)]

    def test_places(self):
        self.run_ango("members", SSL_CERT_FILE=self.s.ca)
        self.run_ango("members", SSL_CERT_FILE="/nowhere", ANGO_CA=self.s.ca)
        self.run_ango("members", SSL_CERT_FILE="/nowhere", status=USAGE)
        self.assertIn("could not read the CA file /nowhere", self.err)
        self.run_ango("members", status=TLS)
        self.assertRegex(self.err, "trusted are the CAs in /(etc|usr)/")

    def test_der(self):
        with open(self.s.ca, encoding="ascii") as f:
            der = base64.b64decode("".join(line for line in f if "-" not in line))
        self.run_ango("members", "--ca=" + self.file(der))
        self.run_ango("members", "--ca=" + self.file(der[:-1]), status=TLS)
        self.assertIn("a trust anchor cannot be used", self.err)

    def test_crlf_and_text_around(self):
        with open(self.s.ca, encoding="ascii") as f:
            pem = f.read()
        for text in (pem.replace("\n", "\r\n"), "subject=...\n\n" + pem + "\nmore\n", "\ufeff" + pem):
            self.run_ango("members", "--ca=" + self.file(text))

    def test_what_is_none(self):
        key = subprocess.run(("openssl", "genpkey", "-algorithm", "ed25519"), check=True, stdout=subprocess.PIPE).stdout
        trusted = subprocess.run(("openssl", "x509", "-trustout", "-in", self.s.ca), check=True, stdout=subprocess.PIPE).stdout
        pkcs7 = subprocess.run(("openssl", "crl2pkcs7", "-nocrl", "-certfile", self.s.ca), check=True, stdout=subprocess.PIPE).stdout
        for content, says in ((key, "has a private key"), (trusted, "OpenSSL's own form: 'openssl x509"), (pkcs7, "PKCS #7"),
                              (b"", "is empty"), (b"<html>404</html>", "is a page of the web"), (b"hello", "holds no certificate")):
            name = self.file(content)
            self.run_ango("members", "--ca=" + name, status=USAGE)
            self.assertRegex(self.err, "the CA file %s .*%s" % (name, says))
        self.run_ango("members", "--ca=" + PKI, status=USAGE)
        self.assertIn("Is a directory", self.err)
        self.assertEqual(self.s.counts()["connections"], 0)


if __name__ == "__main__":
    unittest.main()
