"""The moods of a server that nobody has met yet: what a hub may do, and a client must bear.

A mood is a word, NAME or NAME=VALUE; moods combine freely. A personality is a name for several of them, and may
stand wherever a mood may. Moods last until they are changed; what shall happen to a single request is a Fault
(replies.py).
"""
import re
import textwrap
import unicodedata

FRONT_OR_BEHIND = ("add-front", "add-behind", "remove-front", "remove-behind", "accept-front")


# ------------------------------------------------------------------------------------------------ their values

def flag(text):
    raise ValueError("takes no value")


def number(least, most):
    def read(text):
        if not re.fullmatch("[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise ValueError("takes a number from %d to %d" % (least, most))
        return int(text)
    return read


def seconds(text):
    if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,3})?", text):
        raise ValueError("takes seconds")
    return float(text)


def one_of(*allowed):
    def read(text):
        if text not in allowed:
            raise ValueError("takes one of " + ", ".join(allowed))
        return text
    read.usage = "|".join(allowed)
    return read


def late(text):
    """(seconds, what the client sees meanwhile)"""
    wait, _, sees = text.partition(":")
    return seconds(wait), one_of("504", "drop", "stall")(sees or "504")


def moves(text):
    """[(what, before which request for a page of that list; 0: before each but the first), ...]"""
    found = []
    for each in text.split("+"):
        match = re.fullmatch(r"([a-z-]+)@([1-9][0-9]{0,5}|\*)", each)
        if not match or match.group(1) not in FRONT_OR_BEHIND:
            raise ValueError("takes WHAT@NUMBER or WHAT@*, joined by +; WHAT is one of "
                             + ", ".join(FRONT_OR_BEHIND))
        found.append((match.group(1), 0 if match.group(2) == "*" else int(match.group(2))))
    return found


def path(text):
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", text):
        raise ValueError("takes a path such as /ango")
    return text


# ------------------------------------------------------------------------------------------------ what there is

class Mood:
    def __init__(self, name, read, default, sentence):
        """`default` is the value of the bare name; None: it must be given one."""
        self.name, self.read, self.default, self.sentence = name, read, default, sentence

    def usage(self):
        if self.read is flag:
            return self.name
        if self.default is None:
            return "%s=%s" % (self.name, getattr(self.read, "usage", "WHAT@WHEN"))
        return "%s[=%s]" % (self.name, self.default)


MOODS = {mood.name: mood for mood in (
    # Lists.
    Mood("caps-limit", number(1, 100), "10", "No page has more entries than this, whatever `limit` asks for."),
    Mood("skips-as-asked", flag, None,
         "With caps-limit: a page begins where it would without, so that the entries in between are on none."),
    Mood("ignores-limit", number(1, 100), "10", "Every page has this many entries; `limit` is not looked at."),
    Mood("ignores-page", flag, None, "Every page is the first."),
    Mood("order", one_of("oldest", "newest", "shuffled"), None,
         "Lists come oldest first (as they do otherwise), newest first, or in no order, always the same."),
    Mood("filters-after-paging", flag, None,
         "`status` and `search` apply to a page that was cut before: pages come short, or empty in the middle."),
    Mood("total", one_of("none", "number", "text"), None,
         "Each list has a `total`, as a number or as text, or none has (otherwise only that of projects)."),
    Mood("ignores-search", flag, None, "`search` is not looked at."),
    Mood("searches-names", flag, None, "`search` looks into names, not into addresses."),
    Mood("ignores-status", flag, None, "`status` is not looked at: expired invitations come with the pending."),
    Mood("moves", moves, None,
         "Strangers come and go: `add-front@2` adds one in front of the list just before its second page is asked "
         "for; also add-behind, remove-front, remove-behind, accept-front (who is invited becomes a member); "
         "@* is before each page but the first; joined by +."),
    Mood("endless", flag, None,
         "Behind the last entry of a list come others, for ever, never the same twice; no `total`."),
    # Replies.
    Mood("nested", flag, None, "Entries echo nested objects: assignments, `createdBy`, `organization`."),
    Mood("whole-project", number(1, 100000), "100",
         "An assignment, and get_project, are answered with the whole project: so many KB."),
    Mood("says-project", flag, None, "An assignment is answered with a sentence in place of the project."),
    Mood("roles-as-members", flag, None,
         "A change of roles is answered with the members that were changed, in place of counts and results."),
    Mood("data-null", flag, None, "What changes something is answered with `data` null."),
    Mood("counts-as-text", flag, None, 'Counts are text: "1".'),
    Mood("half-surrogates", flag, None, r"Names end in half of a surrogate pair, \ud83d."),
    # Refusals.
    Mood("refuses", number(300, 599), "400", "Each request is refused with this status, and does nothing."),
    Mood("fails-with-2xx", flag, None, "A refusal comes with HTTP status 200; its body says \"fail\"."),
    Mood("errors", one_of("message", "error", "object", "list", "errors", "html", "nothing"), None,
         "The body of a refusal: `message` is a string (as otherwise); `error` is one; `error` is an object beside "
         "`message`; `message` is a list; `errors` is a list; a gateway's HTML; nothing."),
    Mood("echoes-key", flag, None, "A 401 repeats the API key in its message."),
    # On the wire.
    Mood("cdn-headers", flag, None, "2 KB of headers, as a CDN and a load balancer add them."),
    Mood("long-header", number(1, 60000), "5000", "One header line of so many bytes."),
    Mood("folded-header", flag, None, "A header that goes on in further lines, as HTTP once allowed."),
    Mood("odd-interim", flag, None, "A 100 Continue with a Transfer-Encoding comes before each reply."),
    Mood("chunked", number(0, 1 << 20), "7", "Bodies come in chunks of so many bytes; 0: in a single one."),
    Mood("chunk-spaces", flag, None, "Chunked; spaces stand behind the sizes."),
    Mood("chunk-extension", flag, None, "Chunked; an extension, and a space before it, stand behind the sizes."),
    Mood("chunk-zeros", flag, None, "Chunked; sizes have 8 digits, zeros in front."),
    Mood("compresses", flag, None, "gzip, unless the request's Accept-Encoding forbids it."),
    Mood("wants-user-agent", flag, None, "A gateway answers 403 with HTML when there is no User-Agent."),
    Mood("prefix", path, "/ango", "The API lies under this path: /ango/v2/..."),
    Mood("rate", number(1, 10 ** 6), "100", "So many requests a minute; then 429 with Retry-After."),
    # Time.
    Mood("lags", seconds, "1", "What was written can be read so many seconds later."),
    Mood("replicas", seconds, "1", "As with lags, but for every second request that reads."),
    Mood("acts-late", late, "1:504",
         "A change is carried out so many seconds later; the client sees a 504 at once (:504, as otherwise), the "
         "end of the connection (:drop), or nothing until it gives up (:stall)."),
    Mood("loses-reply", one_of("notify", "fin", "rst", "cut", "502"), "fin",
         "A change is carried out, and its reply is lost: the connection ends with close_notify, without, with a "
         "reset, or in mid-reply, or a gateway answers 502."),
    Mood("loses-request", flag, None, "A change is not carried out, and the connection ends without a reply."),
    # Addresses.
    Mood("lowers-ascii", flag, None, "Addresses are stored in lower case, as far as they are ASCII."),
    Mood("lowers-unicode", flag, None, "Addresses are stored in lower case."),
    Mood("composes", flag, None, "Addresses are stored in Unicode's form NFC."),
    Mood("punycodes", flag, None, "Addresses are stored with their domain in punycode (xn--...)."),
)}

PERSONALITIES = {
    "plain": "",
    # Lists that end early, or never, for who trusts `limit` and `page`.
    "default-of-10-always": "ignores-limit=10",
    "caps-at-50-with-total": "caps-limit=50 total=number",
    "caps-at-20-oldest-first-total-is-text": "caps-limit=20 order=oldest total=text",
    "caps-at-10-newest-first-lags": "caps-limit=10 order=newest lags=0.4",
    "caps-at-7-shuffled-nested": "caps-limit=7 order=shuffled nested",
    "caps-at-20-skips-as-asked": "caps-limit=20 skips-as-asked order=newest",
    "one-page-for-all-requests": "ignores-limit ignores-page",
    "first-page-only-newest-first": "ignores-page order=newest",
    "filters-what-it-cut": "filters-after-paging caps-limit=20 total=none",
    "filters-what-it-cut-newest-first": "filters-after-paging caps-limit=50 order=newest",
    "expired-are-pending-too": "ignores-status caps-limit=20",
    "searches-nothing": "ignores-search caps-limit=50",
    "searches-names-newest-first": "searches-names order=newest",
    # Lists that change while they are read.
    "busy-in-front": "caps-limit=20 moves=add-front@2+add-front@4",
    "busy-in-front-newest-first": "caps-limit=20 order=newest moves=add-front@2+add-front@3",
    "leaves-in-front": "caps-limit=10 moves=remove-front@3",
    "leaves-in-front-of-full-pages": "moves=remove-front@2",
    "joins-in-front-newest-first": "caps-limit=10 order=newest moves=accept-front@2",
    "leaves-behind-shuffled": "caps-limit=20 order=shuffled moves=remove-behind@2+add-behind@3",
    # Time.
    "lags-behind": "lags=0.5",
    "two-replicas-caps-at-20": "replicas=0.5 caps-limit=20",
    "late-behind-a-gateway": "acts-late=0.4:504 errors=html cdn-headers",
    "late-without-a-word": "acts-late=0.4:drop",
    "late-and-lagging-newest-first": "acts-late=0.3:drop lags=0.3 order=newest caps-limit=20",
    "replies-get-lost": "loses-reply=rst lags=0.2",
    "gateway-that-times-out": "loses-reply=502 errors=html wants-user-agent",
    # Addresses.
    "lower-case-caps-at-20": "lowers-ascii caps-limit=20",
    "lower-case-beyond-ascii": "lowers-unicode lags=0.3",
    "composes-and-punycodes": "composes punycodes order=newest",
    # Replies.
    "grown-up-api": "nested whole-project=100 total=number cdn-headers half-surrogates",
    "says-little": "data-null total=none caps-limit=20",
    "says-it-otherwise": "roles-as-members counts-as-text says-project nested",
    "behind-a-cdn": "cdn-headers long-header=5000 folded-header chunked=1400 wants-user-agent compresses",
    "odd-wire": "chunk-spaces chunk-extension chunk-zeros chunked=5 odd-interim folded-header nested",
    "one-huge-chunk": "chunked=0 whole-project=100 nested chunk-spaces",
    "on-premises": "prefix=/ango/hub caps-limit=20 errors=object",
    "says-no-politely": "refuses=400 fails-with-2xx",
    "says-no-in-a-list": "refuses=400 errors=list",
    "says-no-in-errors": "refuses=403 errors=errors nested",
    "gateway-says-no": "refuses=503 errors=html cdn-headers",
    "tells-the-key": "refuses=401 echoes-key",
}


def usage():
    """Each mood and its sentence, and the personalities."""
    lines = ["moods (--mood, MOODS=\"...\"):"]
    for mood in MOODS.values():
        lines += ["  " + mood.usage()]
        lines += textwrap.wrap(mood.sentence, 100, initial_indent=" " * 8, subsequent_indent=" " * 8)
    lines += ["", "personalities, each a name for several moods:"]
    lines += ["  %-40s %s" % (name, words or "(none)") for name, words in PERSONALITIES.items()]
    return "\n".join(lines)


class Moods:
    """Those that are in force: moods["lags"] is its value (True for one that takes none), None if it is not."""

    def __init__(self, words=()):
        self.words, self.values = [], {}
        for word in words:
            self.add(word)

    def add(self, word):
        name, equals, text = word.partition("=")
        if word in PERSONALITIES:
            for each in PERSONALITIES[word].split():
                self.add(each)
            return
        mood = MOODS.get(name)
        if mood is None:
            raise ValueError("no such mood: " + name)
        if not equals and mood.default is None and mood.read is not flag:
            raise ValueError(name + " needs a value")
        try:
            value = True if mood.read is flag and not equals else mood.read(text if equals else mood.default)
        except ValueError as error:
            raise ValueError("%s %s" % (name, error)) from None
        self.words.append(word)
        self.values[name] = value

    def __getitem__(self, name):
        assert name in MOODS, name                              # a slip of the pen would be a mood that never comes
        return self.values.get(name)

    def any(self, *names):
        return any(self[name] is not None for name in names)


# ---------------------------------------------------------------------------------------------------- addresses

def in_punycode(domain):
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain


def from_punycode(domain):
    try:
        return domain.encode().decode("idna")
    except UnicodeError:
        return domain


def stored(address, moods_):
    """An address as a hub in these moods keeps it."""
    if moods_["lowers-ascii"]:
        address = re.sub("[A-Z]", lambda match: match.group().lower(), address)
    if moods_["lowers-unicode"]:
        address = address.lower()
    if moods_["composes"]:
        address = unicodedata.normalize("NFC", address)
    if moods_["punycodes"]:
        local, _, domain = address.rpartition("@")
        address = local + "@" + in_punycode(domain)
    return address


def person(address):
    """The same for all ways to write one person's address."""
    local, at, domain = unicodedata.normalize("NFC", address).lower().rpartition("@")
    return unicodedata.normalize("NFC", local + at + from_punycode(domain))
