#!/usr/bin/python3
"""A stand-in for Ango Hub on loopback: API v2 over TLS, with state, keys, faults on request, and a log.

    tests/hub/standin.py                    in the foreground; prints how to reach it (make serve)
    with StandIn(pki, chain="ecdsa") as s:  in a test: s.url, s.ca, s.key, s.org, s.projects, s.state(), ...

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
  - A key of role member may read members and projects; for the rest 403. An organization that exists but is
    not the key's: 403. A page past the end is an empty list.
  - Replies spell organization roles with a capital (Admin, Member).
  - The rate limit counts the requests of one key in a window of a minute that starts with the first of them.
    Retry-After is in seconds of the real clock, also when --clock-speed makes the minute pass faster.

Control plane, plain HTTP on another port of loopback, JSON in and out:
  GET  /state /log[?from=N] /counts /connections /faults /ready
  POST /faults {...} or [{...}, ...]; DELETE /faults     see Fault
  POST /reset                                            state, log, counts, faults and rate as at start
  POST /accept {"email":e}                               the invited person joins
  POST /keys {"key":k,"role":"admin"|"member"|null}      null withdraws it
  POST /rate {"rate":n}
  POST /hangup {"how":"notify"|"fin"|"rst"}              end all connections, busy ones after their reply
  POST /pause, /resume                                   stop listening and end all connections; listen again
  POST /tls {"chain":name,"tls":"1.2"|"1.3"|"both","tickets":n}
                                                         for new connections; old tickets are forgotten
"""
import argparse
import base64
import collections
import datetime
import email.utils
import functools
import gzip
import http
import http.server
import json
import math
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

HERE = os.path.dirname(os.path.abspath(__file__))
ADMIN_KEY = "stand-in-admin-key-0f3b7a5c9d1e"
MEMBER_KEY = "stand-in-member-key-4c8e2b6a0d9f"
ORGANIZATION_ROLES = ("admin", "member")
PROJECT_ROLES = ("Manager", "Labeler", "Reviewer", "Lead")
INVITE_DAYS = 7
MAX_HEAD, MAX_BODY = 65536, 1 << 20
ONLY_ONCE = ("host", "content-length", "apikey", "content-type")


# --------------------------------------------------------------------------------------------- the hub itself

class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status, message, headers=()):
        super().__init__(message)
        self.status, self.message, self.headers = status, message, list(headers)


class Clock:
    """Wall-clock time that may start elsewhere and pass faster."""

    def __init__(self, speed=1.0, start=None):
        self.speed, self.real = speed, time.monotonic()
        self.start = time.time() if start is None else start

    def now(self):
        return self.start + (time.monotonic() - self.real) * self.speed


def stamp(seconds):
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (moment.microsecond // 1000)


def fold(address):
    return address.lower()


def dumps(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


class Organization:
    def __init__(self, id_, name):
        self.id, self.name = id_, name
        self.members, self.invites, self.projects = {}, {}, {}


class Hub:
    """State and operations; knows nothing of sockets. Not thread-safe: the caller holds a lock."""

    def __init__(self, org=None, seed=None, clock=None, rate=100):
        self.clock, self.rate = clock or Clock(), rate
        self.wanted_org, self.seed = org, dict(seed or {})
        unknown = set(self.seed) - {"members", "invites", "expired", "projects"}
        if unknown:
            raise ValueError("unknown seed: " + ", ".join(sorted(unknown)))
        self.reset()

    def reset(self):
        self.serial = collections.Counter()
        self.windows = {}
        self.org = Organization(self.wanted_org or self.new_id(1), "Stand-in organization")
        self.other = Organization(self.new_id(1), "Another organization")
        self.organizations = {o.id: o for o in (self.org, self.other)}
        self.keys = {ADMIN_KEY: ("admin", "admin@example.com"), MEMBER_KEY: ("member", "member@example.com")}
        born = 1736937000.0                                     # 2025-01-15T10:30:00.000Z
        names = [("admin@example.com", "Ada Admin", "admin"), ("member@example.com", "Max Member", "member"),
                 ("zoe@example.com", 'Zoë "Zo" Ångström', "member")]
        for n in range(self.seed.get("members", len(names))):
            address, name, role = names[n] if n < len(names) else (
                "member_%d@example.com" % (n + 1), "Member %d" % (n + 1), "member")
            self.add_member(self.org, address, name, role, born + 60 * n)
        self.add_member(self.other, "somebody@example.net", "Somebody Else", "admin", born)
        names = [("Street scenes", "Boxes on cars and people"),
                 ("Chest X-rays", "Second reading, “blind”")]
        for n in range(self.seed.get("projects", len(names))):
            name, description = names[n] if n < len(names) else ("Project %d" % (n + 1), "")
            self.add_project(self.org, name, description, born + 3600 * n)
        self.add_project(self.other, "Not yours", "", born)
        by = next((m["_id"] for m in self.org.members.values()), self.org.id)
        for n in range(self.seed.get("invites", 0)):
            self.add_invite(self.org, "pending_%d@example.com" % (n + 1), "member", [], by)
        for n in range(self.seed.get("expired", 0)):
            invite = self.add_invite(self.org, "expired_%d@example.com" % (n + 1), "member", [], by)
            invite["created"] -= (INVITE_DAYS + 1) * 86400

    # -- state

    def new_id(self, kind):
        self.serial[kind] += 1
        return "65a0c0de%02x%014x" % (kind, self.serial[kind])

    def add_member(self, org, address, name, role, created):
        org.members[fold(address)] = {"_id": self.new_id(2), "email": address, "name": name, "role": role,
                                      "created": created}

    def add_project(self, org, name, description, created):
        id_ = self.new_id(3)
        org.projects[id_] = {"_id": id_, "name": name, "description": description, "organization": org.id,
                             "created": created, "assigned": {}}

    def add_invite(self, org, address, role, assignments, by):
        invite = {"_id": self.new_id(4), "to": address, "role": role, "assignments": assignments, "by": by,
                  "created": self.clock.now(), "asked": 1}
        org.invites[fold(address)] = invite
        return invite

    def expiry(self, invite):
        return invite["created"] + INVITE_DAYS * 86400

    def pending(self, invite):
        return invite is not None and self.expiry(invite) > self.clock.now()

    def accept(self, address):
        """The person who was invited joins the organization and the projects."""
        invite = self.org.invites.get(fold(address))
        if not self.pending(invite):
            raise Refused(404, "No pending invite: " + address)
        del self.org.invites[fold(address)]
        self.add_member(self.org, invite["to"], invite["to"].split("@")[0], invite["role"], self.clock.now())
        for assignment in invite["assignments"]:
            self.org.projects[assignment["projectId"]]["assigned"][fold(address)] = (
                invite["to"], assignment["projectRole"])

    def show_invite(self, invite):
        return {"_id": invite["_id"], "to": invite["to"], "organizationRole": invite["role"].capitalize(),
                "status": "Pending" if self.pending(invite) else "Expired", "createdBy": invite["by"],
                "createdAt": stamp(invite["created"]), "expiresAt": stamp(self.expiry(invite))}

    @staticmethod
    def show_member(member):
        return {"_id": member["_id"], "email": member["email"], "name": member["name"],
                "organizationRole": member["role"].capitalize(), "createdAt": stamp(member["created"])}

    @staticmethod
    def show_project(project, assigned=False):
        shown = {k: project[k] for k in ("_id", "name", "description", "organization")}
        shown["createdAt"] = stamp(project["created"])
        if assigned:
            shown["assignedTo"] = [{"assignee": a, "role": r} for a, r in project["assigned"].values()]
        return shown

    def state(self):
        """What is stored, for tests: as the API shows it, and what the API does not show."""
        return {
            "organization": self.org.id,
            "members": [self.show_member(m) for m in self.org.members.values()],
            "invites": [dict(self.show_invite(i), projectAssignments=i["assignments"], asked=i["asked"])
                        for i in self.org.invites.values()],
            "projects": [self.show_project(p, True) for p in self.org.projects.values()],
        }

    # -- one request

    def handle(self, method, target, headers, body):
        """(status, headers, body) for a request; headers maps lower-case names to values."""
        try:
            status, data = self.dispatch(method, target, headers, body)
            return status, [], dumps({"status": "success", "data": data})
        except Refused as error:
            return error.status, error.headers, dumps({"status": "fail", "message": error.message})

    def dispatch(self, method, target, headers, body):
        path, _, query = target.partition("?")
        parts = [urllib.parse.unquote(p, errors="surrogateescape") for p in path.split("/")[1:]]
        key = headers.get("apikey")
        if not key:
            raise Refused(401, "API key is missing")
        if key not in self.keys:
            raise Refused(401, "Invalid API key")
        self.count_request(key)
        caller = Caller(*self.keys[key])
        query = Query(query)
        if parts[:1] != ["v2"]:
            operation = None
        elif len(parts) == 4 and parts[1] == "organization":
            operation = self.ORGANIZATION.get((method, parts[3]))
        elif len(parts) == 4 and parts[1] == "project":
            operation = self.PROJECT.get((method, parts[3]))
        else:
            operation = self.TOP.get((method, "/".join(parts[1:])))
        if operation is None:
            raise Refused(404, "Cannot %s %s" % (method, path))
        if operation in self.TOP.values():
            return 200, operation(self, caller, query)
        if parts[1] == "organization":
            subject = self.find_organization(parts[2])
        else:
            subject = self.find_project(parts[2])
        if operation not in self.FOR_MEMBERS and caller.role != "admin":
            raise Refused(403, "You do not have permission to perform this action")
        if method != "GET":
            return operation(self, caller, subject, Body(headers, body))
        return 200, operation(self, caller, subject, query)

    def count_request(self, key):
        now = self.clock.now()
        start, count = self.windows.get(key, (now, 0))
        if now >= start + 60:
            start, count = now, 0
        if self.rate and count >= self.rate:
            wait = max(1, math.ceil((start + 60 - now) / self.clock.speed))
            raise Refused(429, "Too many requests, please try again later", [("Retry-After", str(wait))])
        self.windows[key] = (start, count + 1)

    def find_organization(self, id_):
        if id_ not in self.organizations:
            raise Refused(404, "Organization not found")
        if id_ != self.org.id:
            raise Refused(403, "You do not have access to this organization")
        return self.org

    def find_project(self, id_):
        if id_ in self.other.projects:
            raise Refused(403, "You do not have access to this project")
        if id_ not in self.org.projects:
            raise Refused(404, "Project not found")
        return self.org.projects[id_]

    # -- operations, each under its name in the vendor's SDK

    def invite_members_to_org(self, caller, org, body):
        body.only("to", "organizationRole", "projectAssignments")
        addresses = body.emails("to")
        role = choice("organizationRole", body.get("organizationRole"), ORGANIZATION_ROLES)
        assignments = body.get("projectAssignments", [])
        if not isinstance(assignments, list):
            raise Refused(400, '"projectAssignments" must be an array')
        for each in assignments:
            if not isinstance(each, dict) or set(each) != {"projectId", "projectRole"}:
                raise Refused(400, '"projectAssignments" must hold objects of "projectId" and "projectRole"')
            choice("projectRole", each["projectRole"], PROJECT_ROLES)
        for each in assignments:
            if not isinstance(each["projectId"], str) or each["projectId"] not in org.projects:
                raise Refused(404, "Project not found: " + json.dumps(each["projectId"])[:80])
        entries, made = [], 0
        for address in addresses:
            invite = org.invites.get(fold(address))
            if fold(address) in org.members:
                entries.append({"to": address, "organizationRole": role.capitalize(), "status": "Failed",
                                "message": "User is already a member of the organization"})
            elif self.pending(invite):
                invite["asked"] += 1
                entries.append(dict(self.show_invite(invite), message="Already invited"))
            else:
                made += 1
                entries.append(self.show_invite(self.add_invite(
                    org, address, role, assignments, self.user_id(org, caller))))
        return 201 if made else 200, {"invites": entries}

    def get_organization_invites(self, caller, org, query):
        wanted = query.choice("status", ("pending", "expired"))
        return {"invites": query.page(org.invites.values(), self.show_invite, lambda invite:
                                      wanted is None or self.pending(invite) == (wanted == "pending"))}

    def delete_organization_invites(self, caller, org, body):
        body.only("invites")
        addresses, deleted = body.emails("invites"), 0
        for address in addresses:
            if self.pending(org.invites.get(fold(address))):
                del org.invites[fold(address)]
                deleted += 1
        return 200, {"deleted": deleted, "failed": len(addresses) - deleted}

    def get_organization_members(self, caller, org, query):
        word = (query.get("search") or "").lower()
        wanted = (lambda m: word in m["email"].lower() or word in m["name"].lower()) if word else None
        return {"users": query.page(org.members.values(), self.show_member, wanted)}

    def update_organization_members_role(self, caller, org, body):
        body.only("users")
        users = body.get("users")
        if not isinstance(users, list) or not users:
            raise Refused(400, '"users" must be a non-empty array')
        for each in users:
            if not isinstance(each, dict) or set(each) != {"email", "organizationRole"}:
                raise Refused(400, '"users" must hold objects of "email" and "organizationRole"')
            check_email("users", each["email"])
            choice("organizationRole", each["organizationRole"], ORGANIZATION_ROLES)
        results = []
        for each in users:
            member = org.members.get(fold(each["email"]))
            if member is None:
                results.append(failed(each["email"]))
            else:
                member["role"] = each["organizationRole"]
                results.append({"email": each["email"], "status": "Updated"})
        lost = count_failed(results)
        return 200, {"users": {"updated": len(results) - lost, "failed": lost, "results": results}}

    def delete_organization_members(self, caller, org, body):
        body.only("users")
        addresses, deleted = body.emails("users"), 0
        for address in addresses:
            if fold(address) in org.members and fold(address) != fold(caller.email):
                del org.members[fold(address)]
                for project in org.projects.values():
                    project["assigned"].pop(fold(address), None)
                deleted += 1
        return 200, {"deleted": deleted, "failed": len(addresses) - deleted}

    def add_members_to_project(self, caller, project, body):
        body.only("assignees", "role")
        addresses = body.emails("assignees")
        role = choice("role", body.get("role"), PROJECT_ROLES)
        results, assigned = [], project["assigned"]
        for address in addresses:
            member = self.org.members.get(fold(address))
            if member is None:
                results.append(failed(address))
            else:
                results.append({"email": address,
                                "status": "Updated" if fold(address) in assigned else "Added"})
                assigned[fold(address)] = (member["email"], role)
        return 200, {"project": self.show_project(project, True), "failed": count_failed(results),
                     "results": results}

    def list_projects(self, caller, query):
        order = query.choice("sort", ("createdAt", "-createdAt", "name", "-name"))
        projects = list(self.org.projects.values())
        if order:
            field = {"createdAt": "created", "name": "name"}[order.lstrip("-")]
            projects.sort(key=lambda p: p[field], reverse=order.startswith("-"))
        return {"projects": query.page(projects, self.show_project), "total": len(projects)}

    @staticmethod
    def user_id(org, caller):
        return org.members.get(fold(caller.email), {}).get("_id", org.id)

    ORGANIZATION = {
        ("POST", "invites"): invite_members_to_org,
        ("GET", "invites"): get_organization_invites,
        ("DELETE", "invites"): delete_organization_invites,
        ("GET", "users"): get_organization_members,
        ("POST", "users"): update_organization_members_role,
        ("DELETE", "users"): delete_organization_members,
    }
    PROJECT = {("POST", "assigned"): add_members_to_project}
    TOP = {("GET", "listProjects"): list_projects}
    FOR_MEMBERS = (get_organization_members,)


Caller = collections.namedtuple("Caller", "role email")


def failed(address):
    return {"email": address, "status": "Failed", "message": "User is not a member of the organization"}


def count_failed(results):
    return sum(r["status"] == "Failed" for r in results)


def choice(name, value, allowed):
    if not isinstance(value, str) or value not in allowed:
        raise Refused(400, '"%s" must be one of [%s]' % (name, ", ".join(allowed)))
    return value


def check_email(name, value):
    """No more than what no mail system would take: a real service differs in the details."""
    if isinstance(value, str) and len(value.encode("utf-8", "replace")) <= 254:
        local, _, domain = value.rpartition("@")
        if (1 <= len(local.encode("utf-8", "replace")) <= 64 and "." in domain and "@" not in local
                and all(domain.split(".")) and not re.search(r"[\s\x00-\x1f\x7f\ud800-\udfff]", value)):
            return value
    raise Refused(400, '"%s" must hold valid emails: %s' % (name, json.dumps(value)[:80]))


def unique_names(pairs):
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name twice")
    return names


def no_constant(name):
    raise ValueError("not JSON: " + name)


class Body:
    """The JSON object that a request carries."""

    def __init__(self, headers, body):
        if headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
            raise Refused(400, "Content-Type must be application/json")
        try:
            self.fields = json.loads(body.decode("utf-8"), object_pairs_hook=unique_names,
                                     parse_constant=no_constant)
        except (ValueError, RecursionError):
            raise Refused(400, "Request body is not valid JSON") from None
        if not isinstance(self.fields, dict):
            raise Refused(400, "Request body must be an object")
        self.get = self.fields.get

    def only(self, *names):
        for name in self.fields:
            if name not in names:
                raise Refused(400, "%s is not allowed" % json.dumps(name)[:80])

    def emails(self, name):
        value = self.get(name)
        if not isinstance(value, list) or not value:
            raise Refused(400, '"%s" must be a non-empty array' % name)
        return [check_email(name, each) for each in value]


class Query:
    def __init__(self, text):
        self.fields = {}
        for name, value in urllib.parse.parse_qsl(text, keep_blank_values=True):
            if name in self.fields:
                raise Refused(400, '"%s" is given twice' % name)
            self.fields[name] = value
        self.get = self.fields.get

    def choice(self, name, allowed):
        return None if self.get(name) is None else choice(name, self.get(name), allowed)

    def number(self, name, default, most):
        text = self.get(name, str(default))
        if not re.fullmatch("[0-9]{1,9}", text) or not 1 <= int(text) <= most:
            raise Refused(400, '"%s" must be a number from 1 to %d' % (name, most))
        return int(text)

    def page(self, items, show, wanted=None):
        page, limit = self.number("page", 1, 10 ** 9), self.number("limit", 10, 100)
        items = [i for i in items if wanted is None or wanted(i)]
        return [show(i) for i in items[(page - 1) * limit:page * limit]]


# ------------------------------------------------------------------------------------------------ misbehaving

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


def reason_of(status):
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Status"


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
    out, at = [], 0
    while at < len(body):
        size = sizes.pop(0) if len(sizes) > 1 else sizes[0]
        piece = body[at:at + size]
        out.append(b"%x%s\r\n%s\r\n" % (len(piece), extension, piece))
        at += len(piece)
    if options.get("last", True):
        trailers = "".join("%s: %s\r\n" % t for t in options.get("trailers", {}).items()).encode()
        out.append(b"0%s\r\n%s\r\n" % (extension, trailers))
    return b"".join(out)


class Reply:
    def __init__(self, status, headers, body, close=False):
        self.status, self.body, self.close, self.how = status, body, close, "notify"
        self.headers = [("Content-Type", "application/json; charset=utf-8"), ("Date", http_date())] + headers

    def plain(self, bodiless=False):
        headers = self.headers + [("Content-Length", str(len(self.body))),
                                  ("Connection", "close" if self.close else "keep-alive")]
        return head("1.1", self.status, reason_of(self.status), headers) + (b"" if bodiless else self.body)

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
        headers, body, version = self.headers, self.body, fault.get("version", "1.1")
        if fault.get("gzip"):
            body = gzip.compress(body, mtime=0)
            set_header(headers, "Content-Encoding", "gzip")
        if fault.get("chunked"):
            body = chunk(body, fault.get("chunked"))
            set_header(headers, "Transfer-Encoding", "chunked")
        elif not fault.get("until_close"):
            set_header(headers, "Content-Length", str(len(body)))
        self.close = self.close or bool(fault.get("until_close")) or version == "1.0"
        if version == "1.1":
            set_header(headers, "Connection", "close" if self.close else "keep-alive")
        for name, value in (fault.get("headers") or {}).items():
            set_header(headers, name, value)
        before = b""
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


# ------------------------------------------------------------------------------------------------- the server

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
            reply = Reply(400, [], dumps({"status": "fail", "message": "Bad request: %s" % error}), True)
            self.sock.sendall(reply.plain())
            raise Ended("malformed: %s" % error, "notify") from None
        except Ended as end:
            raise Ended(end.why + (", in mid-request" if self.records else ""), end.how) from None
        self.info["requests"] += 1
        entry = server.note(self, method, target, headers, body)
        fault = server.faults.for_request(method, target)
        if fault and not fault.apply:
            reply = Reply(200, [], b"")
        else:
            with server.lock:
                reply = Reply(*server.hub.handle(method, target, fields, body))
        most = server.requests_per_connection
        reply.close = close or bool(most and self.info["requests"] >= most) or bool(self.hangup)
        entry["status"] = reply.status
        if fault:
            entry["fault"] = True
            self.misbehave(fault, reply, entry)
        else:
            self.sock.sendall(reply.plain(method == "HEAD"))
        if reply.close:
            raise Ended("hangup" if self.hangup else "closed", self.hangup or reply.how)

    def misbehave(self, fault, reply, entry):
        stopping = self.server.stopping
        stopping.wait(fault.get("delay_ms", 0) / 1000)
        if fault.close == "before-reply":
            entry["status"] = None
            if fault.get("stall"):
                self.wait_for_end()
            raise Ended("fault", fault.how)
        data = reply.faulty(fault)
        entry["status"] = reply.status if fault.binary("raw") is None else None
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
                 now=None, idle_timeout=60.0, requests_per_connection=0, log=20000):
        self.pki, self.bind, self.control_port = pki, list(bind), control_port
        make_pki(os.path.abspath(pki))
        self.options = {"chain": chain, "tls": tls, "tickets": tickets, "ciphers": ciphers}
        self.use()
        self.idle_timeout, self.requests_per_connection = idle_timeout, requests_per_connection
        self.lock, self.faults, self.stopping = threading.RLock(), Faults(), threading.Event()
        self.hub = Hub(org, seed, Clock(clock_speed, now), rate)
        self.port, self.listeners, self.acceptors, self.open, self.serial = port, [], [], set(), 0
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
        self.pause()
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
        for address in self.bind:
            listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if ":" in address:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind((address, self.port))
            listener.listen(128)
            self.port = listener.getsockname()[1]
            self.listeners.append(listener)
            self.acceptors.append(threading.Thread(target=self.accept_from, args=(listener,), daemon=True))
            self.acceptors[-1].start()

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
                        faults_left=len(self.faults.queue))

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
                 "fault": False}
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


def arguments():
    p = argparse.ArgumentParser(description="A stand-in for Ango Hub, on loopback.")
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
  Control       %s   (GET /state, /log, /counts; more in tests/hub/standin.py)

With curl:
  curl -X POST %s/v2/organization/%s/invites \\
    -H "Content-Type: application/json" -H "apikey: %s" --cacert %s \\
    -d '{"to":["user_1@example.com"],"organizationRole":"member","projectAssignments":[]}'

With ango:
  ANGO_API_KEY=%s build/host/ango invite --host %s --ca %s \\
    --org %s --role member --project %s:Labeler user_1@example.com
""" % (s.url, s.ca, s.key, s.org, " ".join(s.projects), s.control_url, s.url, s.org, s.key, s.ca,
       s.key, s.host, s.ca, s.org, s.projects[0] if s.projects else "ID"), flush=True)


def main():
    a = arguments()
    s = StandIn(a.pki, a.chain, a.tls, a.tickets, a.ciphers, a.port, a.bind or ["127.0.0.1"], a.control_port,
                a.org, dict(a.seed), a.rate, a.clock_speed, idle_timeout=a.idle_timeout,
                requests_per_connection=a.requests_per_connection)
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
