"""The stand-in's idea of Ango Hub: an organization's people and projects, and the nine operations of API v2.

Knows nothing of sockets: Hub.handle() takes a request and gives the reply that a hub in these moods (moods.py) gives.
"""
import collections
import copy
import datetime
import http
import json
import math
import re
import time
import urllib.parse
import zlib

from moods import Moods, person, stored

ADMIN_KEY = "stand-in-admin-key-0f3b7a5c9d1e"
MEMBER_KEY = "stand-in-member-key-4c8e2b6a0d9f"
ORGANIZATION_ROLES = ("admin", "member")
PROJECT_ROLES = ("Manager", "Labeler", "Reviewer", "Lead")
INVITE_DAYS = 7
TOOL_LEN = 160                                                  # bytes of a tool in a whole project, about


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status, message, headers=()):
        super().__init__(message)
        self.status, self.message, self.headers = status, message, list(headers)


class Answer:
    """What is to be sent for a request, and what tests want to know of it."""

    def __init__(self, status, body, kind="application/json; charset=utf-8", headers=(), says="success", items=0):
        """says: "success", "fail", or "gateway" where the API did not come to speak; items: entries in it."""
        self.status, self.body, self.headers = status, body, [("Content-Type", kind), *headers]
        self.says, self.items = says, items
        self.did = []                                           # [what was done, to whom] ...


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


def dumps(value):
    """JSON; half a surrogate pair becomes \\ud83d, as JavaScript writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "backslashreplace")


def reason_of(status):
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Status"


def gateway(status, headers=()):
    """HTML from something in front of the API. The 0x01 is one of the bytes that no HTML should have."""
    text = ('<!DOCTYPE html>\n<html><head><title>%d %s</title></head>\n<body class="\x01">'
            "<h1>%d %s</h1><hr>gateway</body></html>\n" % ((status, reason_of(status)) * 2))
    return Answer(status, text.encode(), "text/html", headers, "gateway")


class Organization:
    def __init__(self, id_, name):
        self.id, self.name = id_, name
        self.members, self.invites, self.projects = {}, {}, {}

    @property
    def lists(self):
        return {"users": self.members, "invites": self.invites, "projects": self.projects}


class Hub:
    """State and operations. Not thread-safe: the caller holds a lock."""

    def __init__(self, org=None, seed=None, clock=None, rate=100, moods=()):
        self.clock, self.rate = clock or Clock(), rate
        self.wanted_org, self.seed, self.first_moods = org, dict(seed or {}), list(moods)
        unknown = set(self.seed) - {"members", "invites", "expired", "projects"}
        if unknown:
            raise ValueError("unknown seed: " + ", ".join(sorted(unknown)))
        self.reset()

    def reset(self):
        self.serial = collections.Counter()
        self.windows = {}
        self.people = {}                                        # person: Counter of what was done to them
        self.did = []                                           # by this request
        self.past = []
        self.moods = Moods()                                    # seeds are stored as they are
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
        self.set_moods(self.first_moods)

    def set_moods(self, words):
        """These moods, and no others, from now on."""
        self.moods = Moods(words)
        self.asked_for_pages = collections.Counter()
        self.reads = 0
        self.past = [(-math.inf, copy.deepcopy(self.org))]

    # -- time

    def remember(self):
        """After a change: what it left can be read by and by."""
        if self.moods.any("lags", "replicas"):
            self.past.append((time.monotonic(), copy.deepcopy(self.org)))

    def readable(self):
        """The organization as a request that reads sees it now."""
        self.reads += 1
        lag = self.moods["lags"] or 0
        if self.moods["replicas"] is not None and self.reads % 2 == 0:
            lag = max(lag, self.moods["replicas"])
        if lag == 0:
            return self.org
        return [org for since, org in self.past if since <= time.monotonic() - lag][-1]

    def happen(self, kind):
        """Strangers come and go before a page of such a list is asked for, as the mood says."""
        self.asked_for_pages[kind] += 1
        number = self.asked_for_pages[kind]
        for what, when in self.moods["moves"] or ():
            if when == number or (when == 0 and number > 1):
                self.move(kind, what)

    def move(self, kind, what):
        action, _, where = what.rpartition("-")
        if action == "accept" and kind != "invites":
            return
        behind = where == "behind"
        strangers = [e for e in self.in_order(self.org.lists[kind].values()) if is_stranger(e)
                     and (kind != "invites" or self.pending(e))]
        if action == "add":
            self.serial["moved"] += 1
            self.add_stranger(kind, "moved_%d@example.com" % self.serial["moved"], behind)
        elif strangers:
            gone = strangers[-1 if behind else 0]
            for org in (self.org, *(org for _, org in self.past)):
                org.lists[kind].pop(key_of(gone), None)
            if action == "accept":
                self.add_stranger("users", gone["to"], True)

    def add_stranger(self, kind, address, behind):
        """Who is seen at once, however much the server lags."""
        now = self.clock.now()
        if kind == "invites":
            entry = self.add_invite(self.org, address, "member", [], self.org.id)
        elif kind == "users":
            entry = self.add_member(self.org, address, "Stranger", "member", now)
        else:
            entry = self.add_project(self.org, address, "", now)
        self.serial["place"] += 1
        entry["place"] = self.serial["place"] if behind else -self.serial["place"]
        for _, org in self.past:
            org.lists[kind][key_of(entry)] = copy.deepcopy(entry)

    # -- state

    def new_id(self, kind):
        self.serial[kind] += 1
        return "65a0c0de%02x%014x" % (kind, self.serial[kind])

    def add_member(self, org, address, name, role, created):
        member = {"_id": self.new_id(2), "email": address, "name": name, "role": role, "created": created}
        org.members[person(address)] = member
        return member

    def add_project(self, org, name, description, created):
        id_ = self.new_id(3)
        org.projects[id_] = {"_id": id_, "name": name, "description": description, "organization": org.id,
                             "created": created, "assigned": {}}
        return org.projects[id_]

    def add_invite(self, org, address, role, assignments, by):
        invite = {"_id": self.new_id(4), "to": stored(address, self.moods), "role": role,
                  "assignments": assignments, "by": by, "created": self.clock.now(), "asked": 1}
        org.invites[person(address)] = invite
        return invite

    def note(self, what, address):
        """Counts what this request does to somebody."""
        self.people.setdefault(person(address), collections.Counter())[what] += 1
        self.did.append([what, address])

    def doubled(self):
        """How often somebody was invited who was invited already, or a member because of that."""
        return sum(counts["invited again"] for counts in self.people.values())

    def expiry(self, invite):
        return invite["created"] + INVITE_DAYS * 86400

    def pending(self, invite):
        return invite is not None and self.expiry(invite) > self.clock.now()

    def accept(self, address):
        """The person who was invited joins the organization and the projects."""
        invite = self.org.invites.get(person(address))
        if not self.pending(invite):
            raise Refused(404, "No pending invite: " + address)
        del self.org.invites[person(address)]
        self.note("joined", address)
        self.add_member(self.org, invite["to"], invite["to"].split("@")[0], invite["role"], self.clock.now())
        for assignment in invite["assignments"]:
            self.org.projects[assignment["projectId"]]["assigned"][person(address)] = (
                invite["to"], assignment["projectRole"])
        self.remember()

    def show_invite(self, invite):
        """As the API documents it, whatever the mood; as are show_member and show_project."""
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

    # -- entries as the mood has them

    def invite_entry(self, invite):
        shown = self.show_invite(invite)
        if self.moods["nested"]:
            shown["createdBy"] = {"_id": invite["by"], "name": self.name("Nobody"), "email": "o@example.com",
                                  "organization": {"_id": self.org.id, "settings": {"to": ["x@example.com"]}}}
            shown["projectAssignments"] = [dict(each, _id="65a0c0de05%014x" % n)
                                           for n, each in enumerate(invite["assignments"])]
            shown.update(organization={"_id": self.org.id, "invites": [{"_id": "1", "to": "y@example.com"}]},
                         __v=0)
        return shown

    def member_entry(self, member):
        shown = dict(self.show_member(member), name=self.name(member["name"]))
        if self.moods["nested"]:
            shown.update(organization={"_id": self.org.id, "name": self.org.name, "users": [{"email": "z@x.y"}]},
                         projects=[{"_id": id_, "role": {"name": "Lead"}} for id_ in self.org.projects][:2])
        return shown

    def project_entry(self, project, assigned=False):
        shown = dict(self.show_project(project, assigned), name=self.name(project["name"]))
        if self.moods["nested"]:
            shown.update(organization={"_id": self.org.id, "name": self.org.name},
                         owner={"_id": "1", "name": "x", "projects": [{"_id": "2", "name": "y"}]})
        return shown

    def name(self, text):
        return text + "\ud83d" if self.moods["half-surrogates"] else text

    def count(self, number):
        return str(number) if self.moods["counts-as-text"] else number

    def state(self):
        """What is stored, for tests: as the API shows it, and what the API does not show."""
        return {
            "organization": self.org.id,
            "members": [self.show_member(m) for m in self.org.members.values()],
            "people": {who: dict(counts) for who, counts in self.people.items()},
            "doubled": self.doubled(),
            "invites": [dict(self.show_invite(i), projectAssignments=i["assignments"], asked=i["asked"])
                        for i in self.org.invites.values()],
            "projects": [self.show_project(p, True) for p in self.org.projects.values()],
        }

    # -- one request

    def handle(self, method, target, headers, body):
        """The Answer to a request; headers maps lower-case names to values."""
        self.did = []
        if self.moods["wants-user-agent"] and not headers.get("user-agent"):
            return gateway(403)
        try:
            status, data = self.dispatch(method, target, headers, body)
            answer = Answer(status, dumps({"status": "success", "data": data}), items=entries_of(data))
        except Refused as error:
            answer = self.refusal(error, headers.get("apikey", ""))
        answer.did = self.did
        if self.did:
            self.remember()
        return answer

    def refusal(self, error, key):
        shape, status, text = self.moods["errors"] or "message", error.status, error.message
        if status == 401 and self.moods["echoes-key"]:
            text += ": " + key
        sent = 200 if self.moods["fails-with-2xx"] else status
        if shape == "html":
            return gateway(sent, error.headers)
        if shape == "nothing":
            return Answer(sent, b"", "text/plain", error.headers, "gateway")
        body = {
            "message": {"status": "fail", "message": text},
            "error": {"error": text},
            "object": {"status": "error", "error": {"statusCode": status, "code": "E_REFUSED"}, "message": text},
            "list": {"statusCode": status, "message": [text], "error": reason_of(status)},
            "errors": {"errors": [{"msg": text, "param": "to", "location": "body"}]},
        }[shape]
        return Answer(sent, dumps(body), headers=error.headers, says="fail")

    def dispatch(self, method, target, headers, body):
        path, _, query = target.partition("?")
        if self.moods["prefix"]:
            if not path.startswith(self.moods["prefix"] + "/"):
                raise Refused(404, "Cannot %s %s" % (method, path))
            path = path[len(self.moods["prefix"]):]
        parts = [urllib.parse.unquote(p, errors="surrogateescape") for p in path.split("/")[1:]]
        caller = self.check_key(headers.get("apikey"))
        operation = self.operation(method, parts)
        if operation is None:
            raise Refused(404, "Cannot %s %s" % (method, path))
        # Whoever changes something meets things as they are, whoever reads may meet them as they were.
        org = self.readable() if method == "GET" else self.org
        if parts[1] == "organization":
            subject = self.find_organization(parts[2], org)
        elif parts[1] == "project":
            subject = self.find_project(parts[2], org)
        else:
            subject = org
        if operation not in self.FOR_MEMBERS and caller.role != "admin":
            raise Refused(403, "You do not have permission to perform this action")
        if method != "GET":
            status, data = operation(self, caller, subject, Body(headers, body))
            return status, None if self.moods["data-null"] else data
        return 200, operation(self, caller, subject, Query(query))

    def check_key(self, key):
        if not key:
            raise Refused(401, "API key is missing")
        if key not in self.keys:
            raise Refused(401, "Invalid API key")
        self.count_request(key)
        if self.moods["refuses"]:
            raise Refused(self.moods["refuses"], "This server refuses everything")
        return Caller(*self.keys[key])

    def operation(self, method, parts):
        if parts[:1] != ["v2"]:
            return None
        if parts[1:2] == ["organization"]:
            return self.ORGANIZATION.get((method, parts[3])) if len(parts) == 4 else None
        if parts[1:2] == ["project"]:
            return self.PROJECT.get((method, "/".join(parts[3:]))) if len(parts) >= 3 else None
        return self.TOP.get((method, "/".join(parts[1:])))

    def count_request(self, key):
        now = self.clock.now()
        start, count = self.windows.get(key, (now, 0))
        rate = self.moods["rate"] or self.rate
        if now >= start + 60:
            start, count = now, 0
        if rate and count >= rate:
            wait = max(1, math.ceil((start + 60 - now) / self.clock.speed))
            raise Refused(429, "Too many requests, please try again later", [("Retry-After", str(wait))])
        self.windows[key] = (start, count + 1)

    def find_organization(self, id_, org):
        if id_ not in self.organizations:
            raise Refused(404, "Organization not found")
        if id_ != org.id:
            raise Refused(403, "You do not have access to this organization")
        return org

    def find_project(self, id_, org):
        if id_ in self.other.projects:
            raise Refused(403, "You do not have access to this project")
        if id_ not in org.projects:
            raise Refused(404, "Project not found")
        return org.projects[id_]

    # -- lists

    def in_order(self, entries):
        """As the server lists them; `place` is that of strangers who were put in front or behind."""
        order = self.moods["order"] or "oldest"
        natural = {"oldest": lambda n, entry: n, "newest": lambda n, entry: -n,
                   "shuffled": lambda n, entry: zlib.crc32(entry["_id"].encode())}[order]
        numbered = sorted(enumerate(entries), key=lambda e: (e[1].get("place", 0), natural(*e)))
        return [entry for _, entry in numbered]

    def page(self, kind, query, entries, show, wanted=None):
        """Part of a list as `page` and `limit` want it, or the mood."""
        page, limit = query.number("page", 1, 10 ** 9), query.number("limit", 10, 100)
        asked, limit = limit, self.moods["ignores-limit"] or min(limit, self.moods["caps-limit"] or limit)
        if self.moods["ignores-page"]:
            page = 1
        start = (page - 1) * (asked if self.moods["skips-as-asked"] else limit)
        late = self.moods["filters-after-paging"]
        if wanted and not late:
            entries = [e for e in entries if wanted(e)]
        cut = entries[start:start + limit]
        if wanted and late:
            cut = [e for e in cut if wanted(e)]
        shown = [show(e) for e in cut]
        total = self.moods["total"] or ("number" if kind == "projects" else "none")
        if self.moods["endless"]:
            shown += [self.invented(kind, n) for n in range(max(start, len(entries)), start + limit)]
            total = "none"
        data = {kind: shown}
        if total != "none":
            data["total"] = str(len(entries)) if total == "text" else self.count(len(entries))
        return data

    def invented(self, kind, n):
        """Entry number n of a list without an end."""
        id_, address = "65a0c0deff%014x" % n, "endless_%d@example.net" % n
        made = {"_id": id_, "to": address, "email": address, "name": "Endless %d" % n, "role": "member",
                "by": self.org.id, "created": self.clock.now(), "description": "", "organization": self.org.id,
                "assignments": []}
        return {"invites": self.invite_entry, "users": self.member_entry, "projects": self.project_entry}[kind](made)

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
            invite = org.invites.get(person(address))
            if person(address) in org.members:
                joined = self.people.get(person(address), {}).get("joined")
                self.note("invited again" if joined else "invited, a member", address)
                entries.append({"to": address, "organizationRole": role.capitalize(), "status": "Failed",
                                "message": "User is already a member of the organization"})
            elif self.pending(invite):
                invite["asked"] += 1
                self.note("invited again", address)
                entries.append(dict(self.invite_entry(invite), message="Already invited"))
            else:
                made += 1
                self.note("invited", address)
                entries.append(self.invite_entry(self.add_invite(
                    org, address, role, assignments, self.user_id(org, caller))))
        return 201 if made else 200, {"invites": entries}

    def get_organization_invites(self, caller, org, query):
        status, wanted = query.choice("status", ("pending", "expired")), None
        if status and not self.moods["ignores-status"]:
            wanted = lambda invite: self.pending(invite) == (status == "pending")  # noqa: E731
        self.happen("invites")
        return self.page("invites", query, self.in_order(org.invites.values()), self.invite_entry, wanted)

    def delete_organization_invites(self, caller, org, body):
        body.only("invites")
        addresses, deleted = body.emails("invites"), 0
        for address in addresses:
            if self.pending(org.invites.get(person(address))):
                del org.invites[person(address)]
                self.note("uninvited", address)
                deleted += 1
        return 200, {"deleted": self.count(deleted), "failed": self.count(len(addresses) - deleted)}

    def get_organization_members(self, caller, org, query):
        word = "" if self.moods["ignores-search"] else (query.get("search") or "").lower()
        fields = ("name",) if self.moods["searches-names"] else ("email", "name")
        wanted = (lambda member: any(word in member[f].lower() for f in fields)) if word else None
        self.happen("users")
        return self.page("users", query, self.in_order(org.members.values()), self.member_entry, wanted)

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
            member = org.members.get(person(each["email"]))
            if member is None:
                results.append(failed(each["email"]))
            else:
                member["role"] = each["organizationRole"]
                self.note("role", each["email"])
                results.append({"email": each["email"], "status": "Updated"})
        lost = count_failed(results)
        if self.moods["roles-as-members"]:
            return 200, {"users": [self.member_entry(org.members[person(r["email"])]) for r in results
                                   if r["status"] != "Failed"]}
        return 200, {"users": {"updated": self.count(len(results) - lost), "failed": self.count(lost),
                               "results": results}}

    def delete_organization_members(self, caller, org, body):
        body.only("users")
        addresses, deleted = body.emails("users"), 0
        for address in addresses:
            if person(address) in org.members and person(address) != person(caller.email):
                del org.members[person(address)]
                for project in org.projects.values():
                    project["assigned"].pop(person(address), None)
                self.note("removed", address)
                deleted += 1
        return 200, {"deleted": self.count(deleted), "failed": self.count(len(addresses) - deleted)}

    def add_members_to_project(self, caller, project, body):
        body.only("assignees", "role")
        addresses = body.emails("assignees")
        role = choice("role", body.get("role"), PROJECT_ROLES)
        results, assigned = [], project["assigned"]
        for address in addresses:
            member = self.org.members.get(person(address))
            if member is None:
                results.append(failed(address))
            else:
                results.append({"email": address,
                                "status": "Updated" if person(address) in assigned else "Added"})
                assigned[person(address)] = (member["email"], role)
                self.note("assigned", address)
        if self.moods["says-project"]:
            return 200, {"project": "%d members were added to the project" % len(assigned)}
        return 200, {"project": self.whole(project), "failed": self.count(count_failed(results)),
                     "results": results}

    def get_project(self, caller, project, query):
        shown = self.whole(project)
        shown["role"] = project["assigned"].get(person(caller.email), (None, "Manager"))[1]
        return {"project": shown}

    def whole(self, project):
        """With those who are assigned to it; with half of everything else before them, half behind."""
        shown = self.project_entry(project, True)
        if self.moods["whole-project"]:
            size, n, parts, assigned = self.moods["whole-project"] * 500, 0, ([], []), shown.pop("assignedTo")
            for tools in parts:
                while len(tools) * TOOL_LEN < size:
                    tools.append({"title": "tool %d" % n, "tool": "bounding-box", "schemaId": "%024x" % n,
                                  "classifications": [{"assignee": "no@example.com", "role": {"assignedTo": []}}]})
                    n += 1
            shown.update(categorySchema={"tools": parts[0]}, assignedTo=assigned, workflow={"tools": parts[1]})
        return shown

    def list_projects(self, caller, org, query):
        order = query.choice("sort", ("createdAt", "-createdAt", "name", "-name"))
        self.happen("projects")
        projects = self.in_order(org.projects.values())
        if order:
            field = {"createdAt": "created", "name": "name"}[order.lstrip("-")]
            projects.sort(key=lambda p: p[field], reverse=order.startswith("-"))
        return self.page("projects", query, projects, self.project_entry)

    @staticmethod
    def user_id(org, caller):
        return org.members.get(person(caller.email), {}).get("_id", org.id)

    ORGANIZATION = {
        ("POST", "invites"): invite_members_to_org,
        ("GET", "invites"): get_organization_invites,
        ("DELETE", "invites"): delete_organization_invites,
        ("GET", "users"): get_organization_members,
        ("POST", "users"): update_organization_members_role,
        ("DELETE", "users"): delete_organization_members,
    }
    PROJECT = {("POST", "assigned"): add_members_to_project, ("GET", ""): get_project}
    TOP = {("GET", "listProjects"): list_projects}
    FOR_MEMBERS = (get_organization_members, get_project, list_projects)


Caller = collections.namedtuple("Caller", "role email")


def is_stranger(entry):
    """Whether it was there from the start or came by itself, and may go so, too; the keys' users may not."""
    text = entry.get("to") or entry.get("email") or entry["name"]
    return re.match(r"(pending|member|moved)_[0-9]+@", text) is not None


def key_of(entry):
    """What it is found under in its list."""
    address = entry.get("to") or entry.get("email")
    return person(address) if address else entry["_id"]


def entries_of(data):
    """How many entries the list in a reply has."""
    data = data if isinstance(data, dict) else {}
    for found in (data.get("project"), data.get("users")):
        if isinstance(found, dict):
            return len(found.get("assignedTo") or found.get("results") or ())
    return len(next((value for value in data.values() if isinstance(value, list)), ()))


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
