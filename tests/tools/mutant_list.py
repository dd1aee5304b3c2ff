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


def command_moods(*cases):
    return ("e2e/test_command_moods.py", *cases)


PORT = "ports/test_port"

MARKED = (
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
    Mutant("command-list-twice", "take an address twice that is in the list twice", command(), NEVER),
)

# The way of old, for src until it is marked: name; the test that is to notice; file, what stands there (spaces count
# as one), what to put there; ... What stands there may be gone; then the name says what there should be a mutant for.
QUOTED = (
    ("take Content-Length and chunked together", REPLY, "src/http_reply.c",
     "return framing <= ANGO_HTTP_CHUNKED;", "return framing < ANGO_HTTP_ENCODED;"),
    ("take Content-Length twice", REPLY, "src/http_reply.c",
     "(h->flags >> i & (1 | ANGO_HTTP_NEVER)) != 0",
     "(i != CONTENT_LENGTH && (h->flags >> i & (1 | ANGO_HTTP_NEVER)) != 0)"),
    ("no limit to the digits of a chunk", REPLY, "src/http_reply.c", "(size_t)(p - line) - 1 < 7 &&",
     "p != line &&"),
    ("no limit to a status", REPLY, "src/http_reply.c", "h->status - 100 < 500 &&", ""),
    ("no limit to a head", REPLY, "src/http_reply.c", "if (h->lines_left < 0)",
     "if (h->lines_left == 123456789)"),
    ("no look for a chunk's end", REPLY, "src/http_reply.c", "return h->state == ANGO_HTTP_TRAILER ||",
     "return h->state != ANGO_HTTP_HEADER ||"),
    ("no limit to a body", REPLY, "src/http_reply.c",
     "if (h->end == h->limit) err = ANGO_E_TOO_BIG;", ""),
    ("endless 1xx", REPLY, "src/http_reply.c", "&& ++h->interim <= ANGO_INTERIM_MAX", ""),
    ("keep a connection with bytes left over", REPLY, "src/http.h", "&& h->next == h->end", ""),
    ("a bare end of the connection ends any body", REPLY, "src/http.h",
     "ANGO_HTTP_TO_CLOSE ? ANGO_OK : ANGO_E_TRUNCATED",
     "ANGO_HTTP_HEADER ? ANGO_E_TRUNCATED : ANGO_OK"),
    ("take \\u0000", REPLY, "src/json_reader.c", "f < ANGO_NOWHERE ? &s->flags : &s->ignored", "&s->ignored"),
    ("no limit to the depth", REPLY, "src/json_reader.c", "if (level == s->level + ANGO_JSON_DEPTH)",
     "if (level == NULL)"),
    ("take a wanted name twice", REPLY, "src/json_reader.c", "if ((s->seen & bit) != 0)",
     "if (bit == 0)"),
    ("take a second document", REPLY, "src/json_reader.c", "value(&s, text) != text + len",
     "value(&s, text) == NULL || len == 0"),
    ("unknown becomes not sent", REPLY, "src/client.c", "client->state < SENDING ?",
     "client->state < SENDING || err == ANGO_E_TRUNCATED ?"),
    ("a redirection is no refusal", REPLY, "src/client.c", "return h->status >= 300 ?",
     "return h->status >= 400 ?"),
    ("408 is a refusal", REPLY, "src/client.c", "&& result->http_status != 408", ""),
    ("no deadline", port("Clocks.test_wraps"), "src/client.c", "if (elapsed >= client->config->timeout_ms)",
     "if (elapsed == UINT32_MAX)"),
    ("send again on a connection that was kept and has ended", port("Kept"), "src/client.c",
     "wipe(client); client->state = RECEIVE; return ANGO_E_WAIT; }",
     "client->state = RECEIVE; return ANGO_E_WAIT; }",
     "src/client.c", "if (n == 0) return ango_http_take_end(h);",
     "if (n != ANGO_E_WAIT) {"
     " ango_close(client); client->pos = 0; client->state = CONNECT; return ANGO_E_WAIT; }"),
    ("do not look whether a kept connection has ended", port("Kept"), "src/client.c",
     "if (port->recv(port->ctx, &byte, 1, 0) != ANGO_E_WAIT) {",
     "if (port->recv(port->ctx, &byte, 0, 0) == 77) {"),
    ("leave the request in the buffer", port("Faults.test_cancel"), "src/client.c",
     "memset(client->config->buffer, 0, need < cap ? need : cap);", "(void)need, (void)cap;"),
    ("a clock may go back", port("Clocks.test_backwards"), "src/client.c",
     "if (now - client->last_ms > INT32_MAX)", "if (now == 0)"),
    ("accept a port that is not secure", CALLER, "src/client.c", "if (!port->secure) return ANGO_E_INSECURE;",
     ""),
    ("no percent-encoding", CALLER, "src/json_writer.c", "else ango_write_number(w, '%', (uint8_t)*p++, 16);",
     "else ango_write_byte(w, (uint8_t)*p++);"),
    ("no escapes in JSON", CALLER, "src/json_writer.c", "if (w->body != 0 && (*p == '\"' || *p == '\\\\'))",
     "if (*p == 0)"),
    ("control characters in an address", CALLER, "src/json_writer.c", "n = ango_utf8_len(",
     "n = *p > 0 && *p < ' ' ? 1 : ango_utf8_len("),
    ("a second @ in an address", CALLER, "src/json_writer.c", "(*p == ' ' || *p == '@')", "*p == ' '"),
    ("any byte in a key", CALLER, "src/http_request.c", "if ((uint8_t)*key - 0x21u >= 0x5E)", "if (*key == 0)"),
    ("write past the buffer", CALLER, "src/json_writer.c", "if (at < w->cap)", "if (at <= w->cap)"),
    ("copy past the buffer", CALLER, "src/json_writer.c", "end <= w->cap)", "end <= w->cap + 1)"),
    ("do not check the host name", tls("Certificates"), "src/tls.c",
     "mbedtls_ssl_set_hostname(&state->ssl, host)",
     "mbedtls_ssl_set_hostname(&state->ssl, NULL)"),
    ("do not check the chain", tls("Certificates"), "src/tls.c", "MBEDTLS_SSL_VERIFY_REQUIRED",
     "MBEDTLS_SSL_VERIFY_OPTIONAL"),
    ("an expired certificate", tls("Certificates"), "src/tls.c",
     "tls->state->now > seconds(&certificate->valid_to)",
     "tls->state->now < 0"),
    ("a name in the subject only", tls("Certificates"), "src/tls.c",
     "*flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;", ";"),
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
    ("a full arena is a bad certificate", port("Arena.test_sizes"), "src/tls.c",
     "if (ango_arena_failures() > 0) return ANGO_E_MEMORY; if (tls->no_entropy)", "if (tls->no_entropy)"),
    ("no wiping of the arena", port("Kept.test_after_errors"), "src/arena.c",
     "memset(arena.memory, 0, arena.cap);", ";"),
)
