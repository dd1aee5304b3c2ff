"""What tests/tools/mutants breaks, and which test is to notice. See tests/README.md."""
import collections

# A place is the line that ends with the comment `mutant: NAME`. What becomes of the statement, or of the condition, that
# begins there:
NEVER, ALWAYS = "never", "always"       # the condition of its `if`, `while` or `else if` is false, or true
DROP = "drop"                           # the statement is left out


def swap(old, new):
    """Within it, `old` becomes `new`."""
    return old, new


Mutant = collections.namedtuple("Mutant", "name what test how")

REPLY, CALLER = "hostile/test_reply", "hostile/test_caller"


def tls(*cases):
    return ("hostile/test_tls.py", *cases)


def port(*cases):
    return ("hostile/test_port.py", *cases)


def command(*cases):
    return ("e2e/test_command.py", *cases)


def command_goes_on(*cases):
    return ("e2e/test_command_goes_on.py", *cases)


def command_moods(*cases):
    return ("e2e/test_command_moods.py", *cases)


PORT = "ports/test_posix"

MARKED = (
    Mutant("host-name", "not check the host name", tls("Certificates"), swap("state->address_len == 0 ? name : NULL", "NULL")),
    Mutant("expired", "take an expired certificate", tls("Certificates"), NEVER),
    Mutant("subject-only", "take a name in the subject only", tls("Certificates"), DROP),
    Mutant("full-arena", "call a full arena a bad certificate", port("Arena.test_sizes"), "return 0;"),
    Mutant("seen-in-entry-before", "take the names of one entry for those of the next",
           "units/test_json", DROP),
    Mutant("unknown-as-unsent", "say of a request that may have arrived that it was not sent",
           REPLY, swap("client->state < SENDING", "client->state <= RECEIVE")),
    Mutant("redirection-is-success", "take a redirection for a success",
           REPLY, swap("300", "400")),
    Mutant("408-refuses", "say of a 408 that the server refused",
           "units/test_operations", swap(" && result->http_status != 408", "")),
    Mutant("no-deadline", "have no deadline",
           port("Clocks.test_wraps"), NEVER),
    Mutant("clock-goes-back", "let a clock go back",
           port("Clocks.test_backwards"), NEVER),
    Mutant("kept-has-ended", "send on a connection that was kept and has ended",
           port("Kept"), NEVER),
    Mutant("request-stays", "leave the request, and so the key, in the buffer",
           port("Faults.test_cancel"), DROP),
    Mutant("insecure-port", "take a port that is not secure",
           CALLER, NEVER),
    Mutant("any-key", "take any byte in a key",
           CALLER, NEVER),
    Mutant("no-status", "take a reply without a status for a success",
           "units/test_operations", NEVER),
    Mutant("drained-stays", "keep entries of a walk after they were handed out",
           "units/test_walk", DROP),
    Mutant("framing-twice", "take Content-Length twice, or with chunked",
           "units/test_http", NEVER),
    Mutant("no-chunk-limit", "let the size of a chunk overflow",
           "units/test_http", NEVER),
    Mutant("any-status", "take any number for a status",
           "units/test_http", swap("status < 100 || status > 599 || ", "")),
    Mutant("endless-lines", "take lines without end",
           "units/test_http", NEVER),
    Mutant("chunk-end", "not look for the end of a chunk",
           "units/test_http", "return ANGO_OK;"),
    Mutant("no-length-limit", "take a Content-Length that no number holds",
           "units/test_http", NEVER),
    Mutant("endless-interim", "take 1xx replies without end",
           "units/test_http", swap(" && h->interim <= ANGO_INTERIM_MAX", "")),
    Mutant("folded-framing", "take a folded line behind Content-Length",
           "units/test_http", NEVER),
    Mutant("long-line-cr", "lose the CR of a long line that is cut before its LF",
           "units/test_http", DROP),
    Mutant("chunk-size-cut", "take a chunk size behind which more than spaces stands",
           "units/test_http", swap(" || cut", "")),
    Mutant("keep-rest", "keep a connection with bytes left over",
           "units/test_http", swap("&& room->next == room->end", "")),
    Mutant("close-ends-any", "let the end of the connection end any body",
           "units/test_http", swap("h->state == ANGO_HTTP_TO_CLOSE", "h->state > ANGO_HTTP_HEADERS")),
    Mutant("no-depth", "have no limit to the depth",
           "units/test_json", NEVER),
    Mutant("nul-in-string", "take \\u0000 in a string that is wanted",
           "units/test_json", NEVER),
    Mutant("name-twice", "take a wanted name twice",
           "units/test_json", NEVER),
    Mutant("second-document", "take a second document",
           "units/test_json", swap(" || j->depth == 0", "")),
    Mutant("never-held", "hold nothing that is cut",
           "units/test_json", ALWAYS),
    Mutant("text-stays", "keep the text beside the entries",
           "units/test_json", DROP),
    Mutant("number-unfinished", "let a number end anywhere",
           "units/test_json", "return AFTER;"),
    Mutant("quote-unescaped", "let a quote in a string end it",
           "units/test_json", NEVER),
    Mutant("any-type", "take a value of another type",
           "units/test_json", NEVER),
    Mutant("words-room", "leave no room for the words behind entries",
           "units/test_json", DROP),
    Mutant("status-room", "let the status have no limit",
           "units/test_json", swap(") + 1", ") * 0")),
    Mutant("no-room", "put more than there is room for",
           "units/test_json", NEVER),
    Mutant("any-low-half", "take any second half for a pair",
           "units/test_json", swap("low >= 0xDC00", "low > 0")),
    Mutant("pair-cut", "not wait for the second half of a pair",
           "units/test_json", NEVER),
    Mutant("any-hex-digit", "take any character for a hexadecimal digit",
           "units/test_json", NEVER),
    Mutant("held-stays", "leave behind a chunk line what JSON holds in front of it",
           "units/test_reading", DROP),
    Mutant("text-past-end", "write more text than there is room for",
           "units/test_reading", NEVER),
    Mutant("past-the-buffer", "write a byte past the buffer",
           "units/test_request", swap("end <= q->cap", "end <= q->cap + 1")),
    Mutant("no-percent", "not percent-encode",
           "units/test_request", "write_bytes(q, p + i, 1);"),
    Mutant("no-escape", "not escape in JSON",
           "units/test_request", NEVER),
    Mutant("second-at", "take a second @ in an address",
           CALLER, swap("text[domain] == '\\0' && ", "")),
    Mutant("control-characters", "take control characters",
           CALLER, swap("= ango", "= *p > 0 && *p < ' ' ? 1 : ango")),
    Mutant("dot-segment", "take .. for an identifier",
           "units/test_request", NEVER),
    Mutant("long-host", "take a host of any length",
           "units/test_request", swap(" && end - host <= ANGO_HOST_MAX", "")),
    Mutant("handed-out-again", "hand out again after an error what was handed out",
           "units/test_walk", NEVER),
    Mutant("walk-over", "go on with a walk whose client did something else",
           "hostile/test_lists", NEVER),
    Mutant("same-page", "take the same page again and again",
           "units/test_walk", "return false;"),
    Mutant("endless-list", "walk a list without end",
           "units/test_walk", NEVER),
    Mutant("large-record", "ask for as much again after a record that was too large",
           "units/test_walk", DROP),
    Mutant("walk-deadline", "have no deadline of a walk",
           "units/test_walk", NEVER),
    Mutant("passes-differ", "believe two passes that differ",
           "units/test_confirm", swap("confirm->sum == confirm->last_sum && confirm->count == confirm->last_count", "confirm != NULL")),
    Mutant("confirm-deadline", "have no deadline of a read-back",
           "units/test_confirm", "return ANGO_OK;"),
    Mutant("odd-is-complete", "take a list for complete that has elements which are no entries",
           "units/test_walk", swap("(walk->client->json.flags & ANGO_JSON_ODD) != 0", "walk == NULL")),
    Mutant("constraints-rest", "take name constraints that are not read to their end",
           "units/test_tls_verify", "return true;"),
    Mutant("trust-longer", "take a set of trust anchors with bytes behind it",
           ("e2e/test_trust.py", "Trust"), swap(" || set.len != len", "")),
    Mutant("no-settling", "not wait until the server has settled",
           "units/test_confirm", NEVER),
    Mutant("compare-any", "call absent whose address cannot be compared",
           "units/test_confirm", NEVER),
    Mutant("no-address", "call somebody absent beside an entry without an address",
           "units/test_confirm", NEVER),
    Mutant("expired-is-invited", "take an invitation that has expired for one",
           "units/test_confirm", "return presence_in(confirm);"),
    Mutant("number-overflows", "let a number overflow",
           "units/test_text", NEVER),
    Mutant("hash-signed", "hash signed characters",
           "units/test_text", swap("(unsigned char)", "(unsigned)")),
    Mutant("overlong", "take an overlong character",
           "units/test_utf8", "return len;"),
    Mutant("surrogate", "take a surrogate in UTF-8",
           "units/test_utf8", "return len;"),
    Mutant("leap-day", "let a leap day be the last of its year",
           "units/test_utf8", NEVER),
    Mutant("date-past", "wait for a date that is past",
           "units/test_http", "return seconds;"),
    Mutant("keep-nothing", "count an entry that did not fit as kept",
           "units/test_reading", NEVER),
    Mutant("posix-would-block-fails", "take a socket that is not ready for one that has failed", PORT, ALWAYS),
    Mutant("posix-ahead-again", "hand out the same bytes again", PORT, DROP),
    Mutant("posix-losers-open", "leave the connections open that came second", PORT, DROP),
    Mutant("command-key-shown", "show the key where somebody else's text has it", command(), swap("secret_len(text)", "0")),
    Mutant("command-terminal-acts", "let a server's text move the cursor", command(), NEVER),
    Mutant("command-doubt-lifted", "forget who is in doubt when the others were sent again with success",
           command_moods("ReadingBack.test_address_that_cannot_be_compared"), NEVER),
    Mutant("command-unsure-is-absent", "take for absent, and send again, who cannot be compared",
           command_moods("ReadingBack.test_address_that_cannot_be_compared"), NEVER),
    Mutant("command-forgets-the-rest", "say of who is not in the part of a reply that fitted that the server does not list them",
           command_moods("ReadingBack.test_reply_with_too_much_of_it"), NEVER),
    Mutant("command-refuses-the-good", "let one bad address take the others along", command_goes_on("OneOfMany"), NEVER),
    Mutant("command-not-sent-is-refused", "take what was not sent for refused", command_goes_on("Outages"), NEVER),
    Mutant("command-missing-is-all", "invite again who is there already", command_goes_on("AgainAndAgain"), NEVER),
    Mutant("command-key-cut", "show a key that is cut", command_goes_on("KeyInReplies"), swap("len : 0", "0 : 0")),
    Mutant("command-one-wish-for-all", "give everybody the first one's role", ("e2e/test_command_lists.py", "Tables"), ALWAYS),
    Mutant("proxy-refusal-is-a-tunnel", "take a proxy's refusal for a tunnel", "ports/test_proxy", swap("ANGO_E_NET", "ANGO_OK")),
    Mutant("command-list-twice", "take an address twice that is in the list twice", command(), NEVER),
)

# The old way, for TLS until it is marked: name; the test that is to notice; file, what stands there (spaces count
# as one), what to put there; ... What stands there may be gone; then the name says what there should be a mutant for.
QUOTED = (
    ("do not check the chain", tls("Certificates"), "src/tls.c", "MBEDTLS_SSL_VERIFY_REQUIRED",
     "MBEDTLS_SSL_VERIFY_OPTIONAL"),
    ("a clock before this was written", tls("Certificates"), "src/tls.c", "now < TIME_MIN", "now < 0"),
    ("a missing close_notify", tls("Records.test_ends"), "src/tls.c", "return ANGO_E_TRUNCATED;",
     "return 0;"),
    ("an empty record ends the connection", tls("Records.test_empty_records"), "src/tls.c",
     "tls->ended = n == 0;", "tls->ended = 1;"),
    ("believe a port that claims more than was asked for", port("Faults.test_lies"), "src/tls.c",
     "if (n >= 0 && (size_t)n <= len)", "if (n >= 0)"),
    ("go on without entropy", port("Faults.test_entropy"), "src/tls.c",
     "if (port->entropy(port->ctx, buf, n) != ANGO_OK)",
     "if (port->entropy(port->ctx, buf, n) == 77)"),
    ("no wiping of the arena", port("Kept.test_after_errors"), "src/arena.c",
     "memset(arena.memory, 0, arena.cap);", ";"),
)
