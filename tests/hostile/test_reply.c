/*
 * What a server may reply, and what must come of it: the rows 1 to 54, 59 to 72, 123 to 133 and 136 of the hostile
 * network, each through the whole client. Every reply is given whole, byte by byte, and split at every offset, and
 * nothing that the caller can see may differ. After each, a second invitation must succeed: nothing of the
 * first may be left over.
 *
 * What is expected is written as CLASS OUTCOME [http_status] ["message"] [retry=s] [items=n] [kept]; "kept"
 * when the second request went over the same connection.
 */
#include "whole_exchange.h"
#include "http.h"
#include "operations.h"
#include "rows.h"
#include "json_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CAP 1536u /* of the client's buffer; one byte of it is kept for a NUL */
#define INVITE "{\"_id\":\"i1\",\"to\":\"user@example.com\",\"organizationRole\":\"Member\",\"status\":\"Pending\"}"
#define BODY "{\"status\":\"success\",\"data\":{\"invites\":[" INVITE "]}}"
/* Of a message so much is shown. */
#define AS_LONG_AS_SHOWN(letter) \
    letter letter letter letter letter letter letter letter letter letter letter letter letter letter letter letter \
        letter letter letter letter letter letter letter letter letter letter letter letter letter letter letter \
            letter letter letter letter letter letter letter letter letter
#define OK_KEPT "OK A 200 items=1 kept"
#define OK_CLOSED "OK A 200 items=1"

static struct exchange x;
static size_t cap; /* buffer_cap of the cases to come */
static bool show_to, show_text;
static int64_t unix_time;
static bool without_clock;

/* What is asked for first: an invitation, but where its reply has nothing of the kind that a row is about. */
static int list_projects(struct exchange *exchange)
{
    static const struct ango_page page = { 1, 10 };

    return ango_list_projects(&exchange->client, NULL, &page);
}

static int update_roles(struct exchange *exchange)
{
    static const char *const emails[] = { EXCHANGE_TO };

    return ango_update_organization_members_role(&exchange->client, "org", emails, 1, ANGO_ORGANIZATION_ADMIN);
}

/* Or any other operation. */
static enum operation operation;

static int ask_for(struct exchange *exchange)
{
    static const char *const emails[] = { EXCHANGE_TO };
    static const struct ango_page page = { 1, 10 };
    static const struct input input = { "org", NULL, emails, 1, 1, &page, NULL, 0 };

    return operation_call(operation, &exchange->client, &input);
}

static int (*ask)(struct exchange *) = exchange_invite;

/* --- a reply, and the script around it ------------------------------------------------------------------ */

static char reply[1 << 21];
static size_t reply_len;

static void add_bytes(const char *bytes, size_t len)
{
    assert_true(reply_len + len <= sizeof reply);
    memcpy(reply + reply_len, bytes, len);
    reply_len += len;
}

static void add(const char *text)
{
    add_bytes(text, strlen(text));
}

static void add_times(const char *text, size_t times)
{
    while (times-- > 0)
        add(text);
}

static void add_number(const char *format, unsigned long number)
{
    char text[512];
    int len = snprintf(text, sizeof text, format, number);

    assert_in_range(len, 1, sizeof text - 1);
    add(text);
}

/* A reply of `head`, whose lines end in CRLF, and Content-Length with its body. */
static void add_reply_bytes(const char *head, const char *body, size_t len)
{
    add(head);
    add_number("Content-Length: %lu\r\n\r\n", (unsigned long)len);
    add_bytes(body, len);
}

static void add_reply(const char *head, const char *body)
{
    add_reply_bytes(head, body, strlen(body));
}

static void add_chunk(const char *bytes, size_t len)
{
    add_number("%lx\r\n", (unsigned long)len);
    add_bytes(bytes, len);
    add("\r\n");
}

#define GOOD \
    "HTTP/1.1 200 OK\r\nContent-Length: 59\r\n\r\n" \
    "{\"status\":\"success\",\"data\":{\"invites\":[{\"to\":\"next@one\"}]}}"

static struct script_event events[] = {
    { SCRIPT_REQUEST, NULL, 0 }, { SCRIPT_BYTES, reply, 0 }, { SCRIPT_PAUSE, NULL, 0 }, /* or how the connection ends */
    SCRIPT_ANSWER(GOOD),         { SCRIPT_NEXT, NULL, 0 },   SCRIPT_ANSWER(GOOD),       SCRIPT_STOP,
};
enum { REPLY = 1, END = 2 };
#define STAY SCRIPT_PAUSE /* as an end: the peer says nothing more until it is asked again */

/* --- one run -------------------------------------------------------------------------------------------- */

struct seen {
    char text[256];
    uint64_t digest;
};

static void append(struct seen *seen, const char *format, ...)
{
    size_t len = strlen(seen->text);
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(seen->text + len, sizeof seen->text - len, format, arguments);
    va_end(arguments);
}

/* Whether the reply's body begins with this text, as it came. */
static bool is_start_of_body(const char *text)
{
    const char *body = strstr(reply, "\r\n\r\n");

    return body != NULL && strncmp(body + 4, text, strlen(text)) == 0;
}

static void describe(struct seen *seen)
{
    const struct ango_result *r = &x.client.result;
    struct ango_invite invite;
    struct ango_member member;
    struct ango_assignee assignee;
    char message[41];
    bool is_text;
    size_t i;

    seen->text[0] = '\0';
    append(seen, "%s %c", hostile_class(r->error), hostile_letter(r->outcome));
    if (r->http_status != 0)
        append(seen, " %u", r->http_status);
    for (i = 0; i + 1 < sizeof message && r->message[i] != '\0'; i++)
        message[i] = r->message[i];
    message[i] = '\0';
    is_text = r->error == ANGO_E_JSON || (r->error == ANGO_E_SHAPE && is_start_of_body(message));
    for (i = 0; message[i] != '\0'; i++)
        if ((unsigned char)message[i] < 0x20)
            message[i] = '.';
    /* The text of what is not the API's reply is the message too: shown where it matters. */
    if (message[0] != '\0' && (!is_text || show_text))
        append(seen, " \"%s\"", message);
    if (r->retry_after_s != 0)
        append(seen, " retry=%lu", (unsigned long)r->retry_after_s);
    if (r->items != 0 && r->error == ANGO_OK)
        append(seen, " items=%lu", (unsigned long)r->items);
    if (ask == list_projects && r->error == ANGO_OK)
        append(seen, " total=%lu", (unsigned long)r->total);
    if (ask == update_roles && r->error == ANGO_OK)
        append(seen, " %lu+%lu", (unsigned long)r->done, (unsigned long)r->failed);
    while (show_to && ango_next_invite(&x.client, &invite) == ANGO_OK)
        append(seen, " to=%.60s", invite.to);
    while (show_to && ango_next_member(&x.client, &member) == ANGO_OK)
        append(seen, " %.20s(%.20s)", member.email, member.name);
    while (show_to && ango_next_assignee(&x.client, &assignee) == ANGO_OK)
        append(seen, " %.20s(%.20s)", assignee.assignee, assignee.role);
    seen->digest = exchange_digest(&x);
}

/* Another invitation: it must come out well, whatever was before. */
static const char *invite_again(void)
{
    size_t before = script_requests(&x.script, NULL);
    struct ango_invite invite;

    if (exchange_invite(&x) != ANGO_OK || x.client.result.outcome != ANGO_ACCEPTED || x.client.result.items != 1)
        return "the next invitation failed";
    if (ango_next_invite(&x.client, &invite) != ANGO_OK || strcmp(invite.to, "next@one") != 0)
        return "the next invitation got another's reply";
    if (script_requests(&x.script, NULL) != before + 1)
        return "DOUBLED";
    return exchange_broken(&x, before + x.script.abandoned + 1);
}

static void run(struct seen *seen, size_t piece, size_t split)
{
    const char *broken;

    assert_int_equal(exchange_begin(&x, events, cap), ANGO_OK);
    x.script.piece = piece;
    x.script.split = split;
    x.script.wait_first = piece != 0 || split != 0;
    x.script.unix_time = unix_time;
    if (without_clock)
        x.port.time = NULL;
    ask(&x);
    broken = exchange_broken(&x, 1);
    describe(seen);
    x.script.wait_first = false; /* by the next invitation, what was said before has come */
    if (broken == NULL)
        broken = invite_again();
    if (broken == NULL && x.script.opened == 1)
        append(seen, " kept");
    ango_close(&x.client);
    if (broken == NULL && x.script.opened != x.script.closed)
        broken = "connects and closes do not balance";
    if (broken != NULL)
        append(seen, ": %s", broken);
}

/* Puts what is told apart from `whole` into it; true when it was. */
static bool differs(struct seen *whole, const struct seen *other, const char *how, size_t at)
{
    if (strcmp(whole->text, other->text) == 0 && whole->digest == other->digest)
        return false;
    append(whole, "; %s %lu: %s", how, (unsigned long)at, other->text);
    return true;
}

/*
 * The reply in every segmentation. A long one is split at each offset of its beginning and end, and at 300 between.
 */
static void check(int row, const char *name, enum script_what end, const char *expected)
{
    struct seen whole, other;
    size_t k;

    events[REPLY].len = reply_len;
    events[END].what = end;
    run(&whole, 0, 0);
    run(&other, 1, 0);
    if (!differs(&whole, &other, "byte by byte", reply_len))
        for (k = 1; k < reply_len; k++) {
            if (reply_len > 4 * CAP && k > 300 && k < reply_len - 300)
                k += reply_len / 300;
            run(&other, 0, k);
            if (differs(&whole, &other, "split at", k))
                break;
        }
    reply_len = 0;
    hostile_case(row, name, expected, whole.text);
}

/* A good reply but for its status line. */
static void check_line(int row, const char *line, const char *expected)
{
    add(line);
    add_reply("\r\n", BODY);
    check(row, line, STAY, expected);
}

/* A good reply with `line` among its headers. */
static void check_header(int row, const char *line, const char *expected)
{
    add("HTTP/1.1 200 OK\r\nServer: x\r\n");
    add(line);
    add_reply("\r\n", BODY);
    check(row, line, STAY, expected);
}

/* A good chunked reply, but that it has `head` instead of its header. */
static void check_framing(int row, const char *head, const char *expected)
{
    add("HTTP/1.1 200 OK\r\n");
    add(head);
    add("\r\n\r\n");
    add_chunk(BODY, sizeof BODY - 1);
    add("0\r\n\r\n");
    check(row, head, STAY, expected);
}

static void add_chunked(void)
{
    add("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
}

/* --- status line ---------------------------------------------------------------------------------------- */

static void status_line(void **state)
{
    static const char *const no_version[] = { "HTTP/2.0 200 OK",  "HTTP/2 200 OK",    "HTTP/1.10 200 OK",
                                              "HTTP/1.2 200 OK",  "HTTP/0.9 200 OK",  "HTTP/1. 200 OK",
                                              "HTTP/1 200 OK",    "http/1.1 200 OK",  "HTTP/1.1  200 OK",
                                              "HTTP/1.1\t200 OK", "HTTP /1.1 200 OK", "XHTTP/1.1 200 OK",
                                              "ICY 200 OK",       "200 OK",           "HTTP/1.1",
                                              "HTTP/1.1 " };
    /* The first three are the numbers 209, 210 and 199 to whoever does not look at the digits. */
    static const char *const no_code[] = { "HTTP/1.1 1:9 OK",  "HTTP/1.1 20: OK",   "HTTP/1.1 20/ OK",
                                           "HTTP/1.1 20 OK",   "HTTP/1.1 2000 OK",  "HTTP/1.1 2x0 OK",
                                           "HTTP/1.1 +20 OK",  "HTTP/1.1 099 OK",   "HTTP/1.1 -20 OK",
                                           "HTTP/1.1 0x0 OK",  "HTTP/1.1 200OK",    "HTTP/1.1 20",
                                           "HTTP/1.1 200\tOK", "HTTP/1.1 20\xB2 OK" };
    size_t i;

    (void)state;
    check(1, "empty reply, close_notify", SCRIPT_FIN, "TRUNC U");
    check(1, "empty reply, bare close", SCRIPT_CUT, "TRUNC U");
    check(1, "empty reply, reset", SCRIPT_RST, "NET U");
    check_line(2, "HTTP/1.1 200", OK_KEPT);
    check_line(2, "HTTP/1.1 200 ", OK_KEPT);
    check_line(3, "HTTP/1.0 200 OK", OK_CLOSED);
    add("HTTP/1.0 200 OK\r\n");
    add_reply("Connection: keep-alive\r\n", BODY);
    check(3, "HTTP/1.0 with keep-alive", STAY, OK_CLOSED);
    for (i = 0; i < SAMPLES(no_version); i++)
        check_line(4, no_version[i], "HTTP U");
    for (i = 0; i < SAMPLES(no_code); i++)
        check_line(5, no_code[i], "HTTP U");
    check_line(6, "HTTP/1.1 600 OK", "HTTP U");
    check_line(6, "HTTP/1.1 999 OK", "HTTP U");
    check_line(6, "HTTP/1.1 000 OK", "HTTP U");
}

static void before_status_line(void **state)
{
    static const char *const junk[] = { "\r\n",
                                        "\r\n\r\n",
                                        "\n",
                                        " ",
                                        "\t",
                                        "x",
                                        "junk\r\n",
                                        "\xEF\xBB\xBF",
                                        "220 smtp.example ESMTP\r\n",
                                        "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
                                        "<html>" };
    size_t i;
    char name[32];

    (void)state;
    for (i = 0; i < SAMPLES(junk); i++) {
        (void)snprintf(name, sizeof name, "junk %u", (unsigned)i + 1);
        add(junk[i]);
        add_reply("HTTP/1.1 200 OK\r\n", BODY);
        check(7, name, STAY, "HTTP U");
    }
    add_bytes("\0", 1);
    add_reply("HTTP/1.1 200 OK\r\n", BODY);
    check(7, "NUL first", STAY, "HTTP U");

    add("HTTP/1.1 200 ");
    add_times("a", 65536);
    check(8, "reason of 64 KB, without end", STAY, "BIG U");
    add("HTTP/1.1 200 ");
    add_times("a", 65536);
    add_reply("\r\n", BODY);
    check(8, "reason of 64 KB", STAY, "BIG U");

    add_bytes("HTTP/1.1 200 O\0K\r\n", 18);
    add_reply("", BODY);
    check(9, "NUL in the reason", STAY, "HTTP U");
    add_bytes("HTTP/1.1\0 200 OK\r\n", 18);
    add_reply("", BODY);
    check(9, "NUL in the version", STAY, "HTTP U");
    add_bytes("HTTP/1.1 200\0\r\n", 15);
    add_reply("", BODY);
    check(9, "NUL for the reason", STAY, "HTTP U");
    check_line(9, "HTTP/1.1 200 O\rK", "HTTP U");
    check_line(9, "HTTP/1.1 200 OK\r", "HTTP U");
    check_line(9, "HTTP/1.1\r200 OK", "HTTP U");
    check_line(9, "\rHTTP/1.1 200 OK", "HTTP U");

    add_number("HTTP/1.1 200 OK\nContent-Length: %lu\n\n" BODY, sizeof BODY - 1);
    check(10, "bare LF throughout", STAY, "HTTP U");
    add_number("HTTP/1.1 200 OK\nContent-Length: %lu\r\n\r\n" BODY, sizeof BODY - 1);
    check(10, "bare LF after the status line", STAY, "HTTP U");
    add_number("HTTP/1.1 200 OK\r\nContent-Length: %lu\n\r\n" BODY, sizeof BODY - 1);
    check(10, "bare LF after a header", STAY, "HTTP U");
    add_number("HTTP/1.1 200 OK\r\nContent-Length: %lu\r\n\n" BODY, sizeof BODY - 1);
    check(10, "bare LF at the end of the head", STAY, "HTTP U");
}

/* --- headers -------------------------------------------------------------------------------------------- */

/* A head of exactly `len` bytes, out of lines of at most `line` bytes, and a body. */
static void add_head_of(size_t len, size_t line)
{
    char last[32];
    size_t left;

    (void)snprintf(last, sizeof last, "Content-Length: %lu\r\n\r\n", (unsigned long)(sizeof BODY - 1));
    add("HTTP/1.1 200 OK\r\n");
    left = len - reply_len - strlen(last);
    while (left > 0) {
        size_t n = left < 2 * line ? left : line; /* what is left over must be a line too */

        add("X:");
        add_times("y", n - 4);
        add("\r\n");
        left -= n;
    }
    add(last);
    assert_int_equal(reply_len, len);
    add(BODY);
}

static void header_size(void **state)
{
    (void)state;
    add_head_of(ANGO_HTTP_LINES_MAX, 40);
    check(11, "as many bytes as may be, in short lines", STAY, OK_KEPT);
    add_head_of(ANGO_HTTP_LINES_MAX + 1, 40);
    check(11, "one byte over, in short lines", STAY, "BIG U");
    add_head_of(ANGO_HTTP_LINES_MAX, ANGO_HTTP_LINES_MAX);
    check(11, "as many bytes as may be, in one line", STAY, OK_KEPT);
    add_head_of(ANGO_HTTP_LINES_MAX + 1, ANGO_HTTP_LINES_MAX);
    check(11, "one byte over, in one line", STAY, "BIG U");
    add("HTTP/1.1 100 Continue\r\n\r\n");
    add_head_of(ANGO_HTTP_LINES_MAX, 40);
    check(11, "as many bytes as may be, behind a 100", STAY, OK_KEPT);
    add("HTTP/1.1 100 Continue\r\n\r\n");
    add_head_of(ANGO_HTTP_LINES_MAX + 1, 40);
    check(11, "one byte over, behind a 100", STAY, "BIG U");
    add("HTTP/1.1 200 OK\r\n");
    add_times("a:b\r\n", 10000);
    add_reply("", BODY);
    check(12, "10,000 tiny headers", STAY, OK_KEPT);
    add("HTTP/1.1 200 OK\r\n");
    add_times("a:b\r\n", 14000);
    add_reply("", BODY);
    check(12, "14,000 tiny headers", STAY, "BIG U");
    add("HTTP/1.1 200 OK\r\nX: ");
    add_times("0123456789", 100000);
    check(13, "endless header, stall", STAY, "BIG U");
    check_header(13, "X:", OK_KEPT);
    add("HTTP/1.1 200 OK\r\n");
    add_times("name", 250000);
    check(13, "endless name", STAY, "BIG U");
}

static void header_syntax(void **state)
{
    static const char *const spaced[] = { "X : 1", "X\t: 1", "Content-Length : 5", "Transfer-Encoding : chunked" };
    static const char *const folded[] = { "X: a\r\n b", "X: a\r\n\tb", "X: a\r\n ",
                                          "Connection: keep-alive,\r\n close" };
    static const char *const nameless[] = {
        "junk", ": 1", ":", "a b: 1", "a\tb: 1", "x\xC3\xA9: 1", "HTTP/1.1 200 OK"
    };
    static const char *const odd_names[] = { "!#$%&'*+-.^_`|~09azAZ: 1", "(\"x\"@[y]{z};=/?,<>\\): 1", "x:1:2",
                                             "X:\t 1 \t", "X: a: b" };
    static const struct {
        const char *name;
        const char *value;
        size_t len;
    } controls[] = {
        { "NUL", "\0", 1 },   { "bare CR", "\r", 1 },  { "CR CR", "\r\r", 2 }, { "bare LF", "\n", 1 },
        { "0x01", "\1", 1 },  { "BS", "\b", 1 },       { "VT", "\v", 1 },      { "0x1F", "\x1F", 1 },
        { "DEL", "\x7F", 1 }, { "ESC", "\x1B[2J", 4 },
    };
    size_t i;

    (void)state;
    for (i = 0; i < SAMPLES(spaced); i++)
        check_header(14, spaced[i], "HTTP U");
    for (i = 0; i < SAMPLES(folded); i++) {
        char name[32];

        (void)snprintf(name, sizeof name, "folded line %u", (unsigned)i + 1);
        add("HTTP/1.1 200 OK\r\n");
        add(folded[i]);
        add_reply("\r\n", BODY);
        check(15, name, STAY, i < 3 ? OK_KEPT : "HTTP U 200");
    }
    add_reply("HTTP/1.1 200 OK\r\n Server: x\r\n", BODY);
    check(15, "first header folded", STAY, "HTTP U 200");
    for (i = 0; i < SAMPLES(nameless); i++)
        check_header(16, nameless[i], "HTTP U");
    for (i = 0; i < SAMPLES(controls); i++) {
        add("HTTP/1.1 200 OK\r\nX: a");
        add_bytes(controls[i].value, controls[i].len);
        add_reply("b\r\n", BODY);
        check(17, controls[i].name, STAY, "HTTP U");
    }
    check_header(17, "X: \x80\xFF caf\xC3\xA9", OK_KEPT);
    for (i = 0; i < SAMPLES(odd_names); i++)
        check_header(18, odd_names[i], OK_KEPT);
    add_number("HTTP/1.1 200 OK\r\ncOnTeNt-LeNgTh: %lu\r\n\r\n" BODY, sizeof BODY - 1);
    check(18, "cOnTeNt-LeNgTh", STAY, OK_KEPT);
    check_framing(18, "TRANSFER-ENCODING: CHUNKED", OK_KEPT);
    check_header(18, "CONNECTION: CLOSE", OK_CLOSED);
    check_header(18, "connection: Keep-Alive", OK_KEPT);
    check_header(18, "Connection: keep-alive, Close", OK_CLOSED);
}

static void stalls(void **state)
{
    static const struct {
        const char *head;
        const char *expected;
    } heads[] = {
        { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "TIME U 200" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "TIME U 200" },
        { "HTTP/1.1 200 OK\r\n\r\n", "TIME U 200" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", "TIME U" },
        { "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\n", "STATUS R 404" },
        { "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n", "TIME U" },
        { "HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 5\r\n\r\n", "STATUS R 429 retry=7" },
        { "HTTP/1.1 500 Oops\r\nContent-Length: 5\r\n\r\n", "STATUS U 500" },
        { "HTTP/1.1 100 Continue\r\n\r\n", "TIME U" },
    };
    size_t i;
    char name[32];

    (void)state;
    for (i = 0; i < SAMPLES(heads); i++) {
        (void)snprintf(name, sizeof name, "stall after head %u", (unsigned)i + 1);
        add(heads[i].head);
        check(19, name, STAY, heads[i].expected);
    }
}

/* --- framing -------------------------------------------------------------------------------------------- */

static void content_length(void **state)
{
    static const char *const bad[] = { "-1",  "+5",  "0x5", "5 5",   "",     " ",    "5,",
                                       "5.0", "5e1", "5;a", "\"5\"", "five", "5\t5", "\xC2\xB2" };
    static const char *const huge[] = { "4294967295",
                                        "4294967296",
                                        "18446744073709551615",
                                        "18446744073709551616",
                                        "999999999999999999999999999999",
                                        "9223372036854775808" };
    size_t i;

    (void)state;
    add_number("HTTP/1.1 200 OK\r\nContent-Length: %lu\r\n", sizeof BODY - 1);
    add_reply("", BODY);
    check(20, "twice, the same", STAY, "HTTP U 200");
    add_number("HTTP/1.1 200 OK\r\nContent-Length: %lu\r\n", sizeof BODY);
    add_reply("", BODY);
    check(21, "twice, different", STAY, "HTTP U 200");
    add_reply("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", BODY);
    check(21, "first 0", STAY, "HTTP U 200");
    add("HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\n" BODY);
    check(21, "5, 6", STAY, "HTTP U 200");
    add("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n" BODY);
    check(21, "5, 5", STAY, "HTTP U 200");
    for (i = 0; i < SAMPLES(bad); i++) {
        char name[32];

        (void)snprintf(name, sizeof name, "\"%s\"", i == 12 ? "5 TAB 5" : bad[i]);
        add("HTTP/1.1 200 OK\r\nContent-Length: ");
        add(bad[i]);
        add("\r\n\r\n" BODY);
        check(22, name, STAY, "HTTP U 200");
    }
    add("HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n" BODY);
    check(22, "nothing, not even space", STAY, "HTTP U 200");
    add_number("HTTP/1.1 200 OK\r\nContent-Length:000%lu \t\r\n\r\n" BODY, sizeof BODY - 1);
    check(22, "leading zeros, space around", STAY, OK_KEPT);
    for (i = 0; i < SAMPLES(huge); i++) {
        add("HTTP/1.1 200 OK\r\nContent-Length: ");
        add(huge[i]);
        add("\r\n\r\n" BODY);
        check(23, huge[i], STAY, "BIG U 200");
    }
    add("HTTP/1.1 200 OK\r\nContent-Length: 4294967294\r\n\r\n" BODY);
    check(23, "2^32 - 2, which could still come", STAY, "TIME U 200");
    add_number("HTTP/1.1 200 OK\r\nContent-Length: 429496%lu\r\n\r\n" BODY, 7296 + sizeof BODY - 1);
    check(23, "2^32 + the length", STAY, "BIG U 200");
    add_number("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551%lu\r\n\r\n" BODY, 616 + sizeof BODY - 1);
    check(23, "2^64 + the length", STAY, "BIG U 200");
}

static void transfer_encoding(void **state)
{
    static const char *const bad[] = { "Transfer-Encoding: gzip",
                                       "Transfer-Encoding: chunked, gzip",
                                       "Transfer-Encoding: gzip, chunked",
                                       "Transfer-Encoding: chunked, chunked",
                                       "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                                       "Transfer-Encoding: identity",
                                       "Transfer-Encoding:" };
    static const char *const odd[] = { "Transfer-Encoding: xchunked", "Transfer-Encoding: chunked;a=b",
                                       "Transfer-Encoding: chunkedx", "Transfer-Encoding: \"chunked\"",
                                       "Transfer-Encoding: chunked,", "Transfer-Encoding: ,chunked",
                                       "Transfer-Encoding: chun ked", "Transfer-Encoding: chunked\xE2\x80\x8B" };
    size_t i;
    char name[32];

    (void)state;
    check_framing(24, "Transfer-Encoding: chunked\r\nContent-Length: 5", "HTTP U 200");
    check_framing(24, "Content-Length: 5\r\nTransfer-Encoding: chunked", "HTTP U 200");
    check_framing(24, "Content-Length: 0\r\nTransfer-Encoding: chunked", "HTTP U 200");
    add("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    check(24, "chunked in HTTP/1.0", STAY, "HTTP U 200");
    for (i = 0; i < SAMPLES(bad); i++) {
        (void)snprintf(name, sizeof name, "coding %u", (unsigned)i + 1);
        add("HTTP/1.1 200 OK\r\n");
        add(bad[i]);
        add("\r\n\r\n");
        add_chunk(BODY, sizeof BODY - 1);
        add("0\r\n\r\n");
        check(25, name, STAY, "HTTP U 200");
    }
    for (i = 0; i < SAMPLES(odd); i++)
        check_framing(26, odd[i], "HTTP U 200");
    check_framing(26, "Transfer-Encoding:chunked \t", OK_KEPT);
}

static void chunk_size(void **state)
{
    static const char *const overflow[] = { "100000000",         "FFFFFFFF",
                                            "80000000",          "FFFFFFFFFFFFFFFF",
                                            "10000000000000000", "8000000000000000",
                                            "10000000000000005", "ffffffffffffffffffffffffffffffff" };
    static const char *const bad[] = { "",   "0x5", "-1",   "+5",       "5 5", " 5", "5 x", "5\t5", "g",
                                       "5g", "5.",  "5 =a", "\xC2\xB5", "/",   ":",  "@",   "G",    "`" };
    size_t i;
    char name[48];

    (void)state;
    for (i = 0; i < SAMPLES(overflow); i++) {
        add_chunked();
        add(overflow[i]);
        add("\r\n" BODY "\r\n0\r\n\r\n");
        check(27, overflow[i], STAY, "HTTP U 200");
    }
    add_chunked();
    add_number("1000000%02lx\r\n" BODY "\r\n0\r\n\r\n", sizeof BODY - 1);
    check(27, "2^32 + the length", STAY, "HTTP U 200");
    add_chunked();
    add("FFFFFFF\r\n" BODY);
    check(27, "FFFFFFF, which could still come", STAY, "TIME U 200");
    add_chunked();
    add_chunk(BODY, sizeof BODY - 1);
    add("FFFFFF0\r\nx");
    check(27, "second chunk FFFFFF0", STAY, "TIME U 200");
    for (i = 0; i < SAMPLES(bad); i++) {
        (void)snprintf(name, sizeof name, "size %u", (unsigned)i + 1);
        add_chunked();
        add(bad[i]);
        add("\r\n" BODY "\r\n0\r\n\r\n");
        check(28, name, STAY, "HTTP U 200");
    }
    add_chunked();
    add_times("0", 1000);
    add("5\r\nhello\r\n0\r\n\r\n");
    check(29, "1,000 leading zeros", STAY, "HTTP U 200");
    add_chunked();
    add_number("00000%02lX\r\n" BODY "\r\n0000000\r\n\r\n", sizeof BODY - 1);
    check(29, "7 digits", STAY, OK_KEPT);
    add_chunked();
    add_number("00000000000000000000%02lX\r\n" BODY "\r\n00000000000000000000000\r\n\r\n", sizeof BODY - 1);
    check(29, "22 digits, of which 20 are zeros", STAY, OK_KEPT);
    add_chunked();
    add_chunk(BODY, sizeof BODY - 1);
    add_times("0", 1000);
    add("\r\n\r\n");
    check(29, "1,000 zeros for the last", STAY, "HTTP U 200");
}

static void chunks(void **state)
{
    size_t i;

    (void)state;
    add_chunked();
    add_number("%lx;a=b;c=\"d;\\\"e\"\r\n" BODY "\r\n0;last\r\n\r\n", sizeof BODY - 1);
    check(30, "short", STAY, OK_KEPT);
    add_chunked();
    add_number("%lx;\r\n" BODY "\r\n0;\r\n\r\n", sizeof BODY - 1);
    check(30, "empty", STAY, OK_KEPT);
    add_chunked();
    add("5;");
    add_times("a=b;", 250000);
    check(30, "endless", STAY, "BIG U 200");
    add_chunked();
    add("5;a=\x01\r\nhello\r\n0\r\n\r\n");
    check(30, "control character", STAY, "HTTP U 200");
    add_chunked();
    add("5;a\nhello\r\n0\r\n\r\n");
    check(30, "bare LF", STAY, "HTTP U 200");

    add_chunked();
    add_number("%lx\r\n" BODY "0\r\n\r\n", sizeof BODY - 1);
    check(31, "no CRLF", STAY, "HTTP U 200");
    add_chunked();
    add_number("%lx\r\n" BODY "\n0\r\n\r\n", sizeof BODY - 1);
    check(31, "LF", STAY, "HTTP U 200");
    add_chunked();
    add_number("%lx\r\n" BODY "x\r\n0\r\n\r\n", sizeof BODY - 1);
    check(31, "one byte more", STAY, "HTTP U 200");
    add_chunked();
    add_number("%lx\r\n" BODY "\r\r\n0\r\n\r\n", sizeof BODY - 1);
    check(31, "CR CR LF", STAY, "HTTP U 200");
    add_chunked();
    add_number("%lx\r\n" BODY "\r\n0\r\n\r\n", sizeof BODY);
    check(31, "one byte less", STAY, "HTTP U 200");

    add_chunked();
    add_chunk(BODY, sizeof BODY - 1);
    add("0\r\nX: 1\r\nY: 2\r\n\r\n");
    check(32, "small", STAY, OK_KEPT);
    add_chunked();
    add_chunk(BODY, sizeof BODY - 1);
    add("0\r\n");
    add_times("X: 01234567890123456789\r\n", 2600);
    add("\r\n");
    check(32, "64 KB of lines", STAY, OK_KEPT);
    add_chunked();
    add_chunk(BODY, sizeof BODY - 1);
    add("0\r\n");
    add_times("X: 01234567890123456789\r\n", 1 << 20 >> 4);
    add("\r\n");
    check(32, "1 MB of lines", STAY, "BIG U 200");
    add_chunked();
    add_chunk(BODY, sizeof BODY - 1);
    add("0\r\nX: ");
    add_times("0123456789", 100000);
    check(32, "1 MB in a line", STAY, "BIG U 200");
    add_chunked();
    add_chunk(BODY, sizeof BODY - 1);
    add("0\r\njunk\r\n\r\n");
    check(32, "without a colon", STAY, OK_KEPT);
    add_chunked();
    add_chunk(BODY, sizeof BODY - 1);
    add("0\r\n X: 1\r\n\r\n");
    check(32, "folded", STAY, OK_KEPT);
    add_chunked();
    add_chunk(BODY, sizeof BODY - 1);
    add("0\r\nX: \x01\r\n\r\n");
    check(32, "control character", STAY, "HTTP U 200");

    add_chunked();
    add_chunk(BODY, sizeof BODY - 1);
    add("0\r\nContent-Length: 5\r\n\r\n");
    check(33, "Content-Length", STAY, OK_KEPT);
    add_chunked();
    add_chunk(BODY, sizeof BODY - 1);
    add("0\r\nContent-Length: 5\r\nContent-Length: x\r\nTransfer-Encoding: gzip\r\nContent-Encoding: "
        "gzip\r\n\r\n");
    check(33, "each framing header", STAY, OK_KEPT);
    add_chunked();
    add_chunk(BODY, sizeof BODY - 1);
    add("0\r\nConnection: close\r\nRetry-After: 9\r\n\r\n");
    check(33, "Connection and Retry-After", STAY, OK_KEPT);

    for (i = 0; i < 3; i++) {
        static const enum script_what ends[] = { SCRIPT_FIN, SCRIPT_CUT, STAY };
        static const char *const how[] = { "close_notify", "bare close", "stall" };
        static const char *const last[] = { "", "0", "0\r\n", "0\r\n\r", "0\r\nX: 1\r\n" };
        size_t k;
        char name[48];

        for (k = 0; k < SAMPLES(last); k++) {
            (void)snprintf(name, sizeof name, "%u bytes of the last chunk, %s", (unsigned)strlen(last[k]), how[i]);
            add_chunked();
            add_chunk(BODY, sizeof BODY - 1);
            add(last[k]);
            check(34, name, ends[i], ends[i] == STAY ? "TIME U 200" : "TRUNC U 200");
        }
    }

    add_chunked();
    for (i = 0; i < 10000; i++)
        add_chunk(" ", 1);
    add_chunk(BODY, sizeof BODY - 1);
    add("0\r\n\r\n");
    check(35, "10,000 of 1 byte", STAY, OK_KEPT);
    add_chunked();
    add_chunk(BODY, sizeof BODY - 1);
    add("0;");
    add_times("a=b;", 18000);
    add("\r\n\r\n");
    check(35, "72 KB in one chunk's line", STAY, "BIG U 200");
    add_chunked();
    for (i = 0; i < 20; i++) {
        add("1;");
        add_times("a=b;", 12500);
        add("\r\n \r\n");
    }
    add_chunk(BODY, sizeof BODY - 1);
    add("0\r\n\r\n");
    check(35, "50 KB in each of 20 chunks' lines", STAY, OK_KEPT);
    add_chunked();
    for (i = 0; i < sizeof BODY - 1; i++)
        add_chunk(&BODY[i], 1);
    add("0\r\n\r\n");
    check(35, "all of 1 byte", STAY, OK_KEPT);
}

static void interim(void **state)
{
    (void)state;
    add_reply("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n", BODY);
    check(36, "100", STAY, OK_KEPT);
    add_reply("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nX: 1\r\n\r\nHTTP/1.1 200 OK\r\n", BODY);
    check(36, "103", STAY, OK_KEPT);
    add_reply("HTTP/1.1 100\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 "
              "200 OK\r\n",
              BODY);
    check(36, "100, 102, 103", STAY, OK_KEPT);
    add_reply("HTTP/1.1 103 Early\r\nContent-Length: 7\r\nConnection: close\r\n\r\nHTTP/1.1 200 OK\r\n", BODY);
    check(36, "headers of a 103 count for nothing", STAY, OK_KEPT);
    add_reply("HTTP/1.1 103 Early\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\nHTTP/1.1 "
              "200 OK\r\n",
              BODY);
    check(36, "nor its codings", STAY, OK_KEPT);
    add_reply("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 Forbidden\r\n", "{\"message\":\"no\"}");
    check(36, "100, then 403", STAY, "STATUS R 403 \"no\" kept");
    add("HTTP/1.1 100 Continue\r\n\r\n");
    check(36, "100, then the end", SCRIPT_FIN, "TRUNC U");
    add_reply("HTTP/1.1 100 Continue\r\nContent-Length: 4\r\n\r\nbodyHTTP/1.1 200 OK\r\n", BODY);
    check(36, "100 with a body", STAY, "HTTP U");
    add_times("HTTP/1.1 100 Continue\r\n\r\n", ANGO_INTERIM_MAX);
    add_reply("HTTP/1.1 200 OK\r\n", BODY);
    check(37, "as many as are let pass", STAY, OK_KEPT);
    add_times("HTTP/1.1 100 Continue\r\n\r\n", ANGO_INTERIM_MAX + 1);
    add_reply("HTTP/1.1 200 OK\r\n", BODY);
    check(37, "one more", STAY, "HTTP U");
    add_times("HTTP/1.1 102 Processing\r\n\r\n", 10000);
    check(37, "endless", STAY, "HTTP U");
    add_reply("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\nHTTP/1.1 200 OK\r\n",
              BODY);
    check(38, "101", STAY, "HTTP U");
}

static void no_body(void **state)
{
    (void)state;
    add("HTTP/1.1 204 No Content\r\n\r\n");
    check(39, "204", STAY, "OK A 204 kept");
    add("HTTP/1.1 304 Not Modified\r\n\r\n");
    check(39, "304", STAY, "STATUS R 304 kept");
    add("HTTP/1.1 204 No Content\r\n\r\nhello");
    check(39, "204 with bytes behind it", STAY, "OK A 204");
    add_reply("HTTP/1.1 204 No Content\r\n", BODY);
    check(39, "204 with Content-Length and body", STAY, "OK A 204");
    add_reply("HTTP/1.1 304 Not Modified\r\n", BODY);
    check(39, "304 with Content-Length and body", STAY, "STATUS R 304");
    add("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    check(39, "204, chunked", STAY, "OK A 204");
    add("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n");
    check(39, "204 that promises a body", STAY, "OK A 204");
    add("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n");
    check(39, "204 that promises chunks", STAY, "OK A 204");
    add("HTTP/1.1 204 No Content\r\nContent-Encoding: gzip\r\n\r\n");
    check(39, "204, gzip", STAY, "OK A 204 kept");
}

static void until_close(void **state)
{
    (void)state;
    add("HTTP/1.1 200 OK\r\n\r\n" BODY);
    check(40, "close_notify", SCRIPT_FIN, OK_CLOSED);
    add("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n" BODY);
    check(40, "in spite of keep-alive", SCRIPT_FIN, OK_CLOSED);
    add("HTTP/1.0 200 OK\r\n\r\n" BODY);
    check(40, "HTTP/1.0", SCRIPT_FIN, OK_CLOSED);
    add("HTTP/1.1 200 OK\r\n\r\n" BODY);
    check(41, "bare close", SCRIPT_CUT, "TRUNC U 200");
    add("HTTP/1.1 200 OK\r\n\r\n" BODY);
    check(41, "reset", SCRIPT_RST, "NET U 200");
    add("HTTP/1.1 200 OK\r\n\r\n" BODY);
    check(41, "stall", STAY, "TIME U 200");

    add_reply("HTTP/1.1 200 OK\r\n", BODY);
    add("x");
    check(42, "one byte", STAY, OK_CLOSED);
    add_reply("HTTP/1.1 200 OK\r\n", BODY);
    add("\r\n");
    check(42, "an empty line", STAY, OK_CLOSED);
    add_reply("HTTP/1.1 200 OK\r\n", BODY);
    add_reply("HTTP/1.1 403 Forbidden\r\n", "{\"message\":\"for the next\"}");
    check(42, "a whole reply", STAY, OK_CLOSED);
    add_chunked();
    add_chunk(BODY, sizeof BODY - 1);
    add("0\r\n\r\n");
    add_reply("HTTP/1.1 403 Forbidden\r\n", "{\"message\":\"for the next\"}");
    check(42, "a whole reply after chunks", STAY, OK_CLOSED);
    add_reply("HTTP/1.1 403 Forbidden\r\n", "{\"message\":\"no\"}");
    add_reply("HTTP/1.1 200 OK\r\n", BODY);
    check(42, "a whole reply after a 403", STAY, "STATUS R 403 \"no\"");
    add_reply("HTTP/1.1 200 OK\r\n", BODY);
    check(42, "close_notify", SCRIPT_FIN, OK_CLOSED);
    add_reply("HTTP/1.1 200 OK\r\n", BODY);
    check(42, "bare close", SCRIPT_CUT, OK_CLOSED);
    add_reply("HTTP/1.1 200 OK\r\n", BODY);
    check(42, "reset", SCRIPT_RST, OK_CLOSED);
}

#define TAKEN 1 /* as the result of send: no fault, all is taken */

/* A reply that is there before all of the request is; `taken` bytes of that are taken, and then send returns
 * `err`. */
static void check_early(const char *name, const char *head, unsigned taken, int err, const char *expected)
{
    struct script_event early[] = { { SCRIPT_BYTES, reply, 0 }, { SCRIPT_REQUEST, NULL, 0 }, SCRIPT_ANSWER(GOOD),
                                    { SCRIPT_NEXT, NULL, 0 },   SCRIPT_ANSWER(GOOD),         SCRIPT_STOP };
    struct seen seen;
    size_t piece;

    if (head != NULL)
        add_reply(head, "{\"status\":\"success\",\"message\":\"early\"}");
    early[0].len = reply_len;
    for (piece = 0; piece < 2; piece++) {
        const char *broken;
        struct script_fault fault = { SCRIPT_SEND, taken + 1, SCRIPT_ALWAYS, err };

        assert_int_equal(exchange_begin(&x, early, cap), ANGO_OK);
        x.script.send_piece = 1;
        x.script.piece = piece;
        if (err != TAKEN)
            x.script.faults[0] = fault;
        exchange_invite(&x);
        describe(&seen);
        broken = exchange_broken(&x, 1);
        memset(x.script.faults, 0, sizeof x.script.faults);
        if (broken == NULL)
            broken = invite_again();
        ango_close(&x.client);
        if (broken == NULL && x.script.opened != x.script.closed)
            broken = "connects and closes do not balance";
        if (broken != NULL)
            append(&seen, ": %s", broken);
        if (piece == 0)
            hostile_case(43, name, expected, seen.text);
        else
            assert_string_equal(seen.text, expected);
    }
    reply_len = 0;
}

static void early_reply(void **state)
{
    (void)state;
    check_early("413, then the connection breaks", "HTTP/1.1 413 Too Large\r\n", 50, ANGO_E_NET,
                "STATUS R 413 \"early\"");
    check_early("401, nothing taken", "HTTP/1.1 401 Unauthorized\r\n", 0, ANGO_E_NET, "STATUS R 401 \"early\"");
    check_early("413, the rest is taken", "HTTP/1.1 413 Too Large\r\n", 0, TAKEN, "STATUS R 413 \"early\"");
    check_early("302, then the connection breaks", "HTTP/1.1 302 Found\r\n", 50, ANGO_E_NET, "STATUS R 302 \"early\"");
    check_early("408, then the connection breaks", "HTTP/1.1 408 Late\r\n", 50, ANGO_E_NET, "NET U 408 \"early\"");
    check_early("500, then the connection breaks", "HTTP/1.1 500 Oops\r\n", 50, ANGO_E_NET, "NET U 500 \"early\"");
    check_early("200, then the connection breaks", "HTTP/1.1 200 OK\r\n", 50, ANGO_E_NET, "NET U 200 \"early\"");
    check_early("nothing, then the connection breaks", NULL, 50, ANGO_E_NET, "NET U");
    check_early("401, and send says 0", "HTTP/1.1 401 Unauthorized\r\n", 50, 0, "STATUS R 401 \"early\"");
    check_early("nothing, and send says 0", NULL, 50, 0, "NET U");
    add("HTTP/1.1 413 Too Large\r\nX: ");
    check_early("half a head, then the connection breaks", NULL, 50, ANGO_E_NET, "NET U");
    check_early("413, and the rest is never taken", "HTTP/1.1 413 Too Large\r\n", 50, ANGO_E_WAIT, "TIME U");
}

/* A success of `len` bytes, most of them in a string that nobody wants. */
static void add_filled(size_t len)
{
    static const char fill[] = "{\"status\":\"success\",\"x\":\"";

    add(fill);
    add_times("y", len - (sizeof fill - 1) - 2);
    add("\"}");
}

static void coding_and_size(void **state)
{
    static const unsigned long lens[] = { CAP - 1, CAP, CAP + 1, 10 * CAP, 1000000 };
    size_t i;

    (void)state;
    check_header(44, "Content-Encoding: gzip", "HTTP U 200");
    check_header(44, "content-encoding: br", "HTTP U 200");
    check_header(44, "Content-Encoding: gzip, identity", "HTTP U 200");
    check_header(44, "Content-Encoding: Identity", OK_KEPT);
    add_reply("HTTP/1.1 403 Forbidden\r\nContent-Encoding: gzip\r\n", "\x1F\x8B");
    check(44, "403, gzip", STAY, "STATUS R 403");
    add_reply("HTTP/1.1 500 Oops\r\nContent-Encoding: gzip\r\n", "\x1F\x8B");
    check(44, "500, gzip", STAY, "STATUS U 500");

    /* What nobody wants takes no room, however long it is and however it comes. */
    for (i = 0; i < SAMPLES(lens); i++) {
        char name[48];

        add_number("HTTP/1.1 200 OK\r\nContent-Length: %lu\r\n\r\n", lens[i]);
        add_filled(lens[i]);
        (void)snprintf(name, sizeof name, "%lu bytes", lens[i]);
        check(45, name, STAY, "OK A 200 kept");
        add_chunked();
        add_number("%lx\r\n", lens[i]);
        add_filled(lens[i]);
        add("\r\n0\r\n\r\n");
        (void)snprintf(name, sizeof name, "%lu bytes, chunked", lens[i]);
        check(45, name, STAY, "OK A 200 kept");
        add("HTTP/1.1 200 OK\r\n\r\n");
        add_filled(lens[i]);
        (void)snprintf(name, sizeof name, "%lu bytes, until close", lens[i]);
        check(45, name, SCRIPT_FIN, "OK A 200");
    }
    add("HTTP/1.1 404 Not Found\r\nContent-Length: 1000000\r\n\r\n");
    add_times("a", 1000000);
    check(45, "404 with 1 MB", STAY, "STATUS R 404 \"" AS_LONG_AS_SHOWN("a") "\" kept");
    add("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 1000000\r\n\r\n");
    add_times("a", 1000000);
    check(45, "502 with 1 MB", STAY, "STATUS U 502 \"" AS_LONG_AS_SHOWN("a") "\" kept");
}

/* --- statuses ------------------------------------------------------------------------------------------- */

static void statuses(void **state)
{
    static const unsigned long redirects[] = { 300, 301, 302, 303, 305, 307, 308, 399 };
    static const char *const places[] = {
        "https://hub.example/v2/else", "https://evil.example/", "http://hub.example/", "/login", "//evil.example", ""
    };
    static const unsigned long refusals[] = { 400, 402, 404, 405, 410, 413, 415, 418, 451, 499 };
    static const unsigned long unsure[] = { 408, 500, 501, 502, 503, 504, 520, 599 };
    size_t i;
    char name[64], expected[64];

    (void)state;
    for (i = 0; i < SAMPLES(redirects); i++) {
        const char *place = places[i % SAMPLES(places)];

        add_number("HTTP/1.1 %lu Elsewhere\r\nLocation: ", redirects[i]);
        add(place);
        add_reply("\r\n", "");
        (void)snprintf(name, sizeof name, "%lu to %s", redirects[i], place);
        (void)snprintf(expected, sizeof expected, "STATUS R %lu kept", redirects[i]);
        check(46, name, STAY, expected);
    }
    add_reply("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: x\r\n",
              "{\"status\":\"error\",\"error\":{\"statusCode\":401},\"message\":\"bad key\"}");
    check(47, "401", STAY, "STATUS R 401 \"bad key\" kept");
    add_reply("HTTP/1.1 403 Forbidden\r\n", "{\"status\":\"fail\",\"message\":\"not yours\"}");
    check(47, "403", STAY, "STATUS R 403 \"not yours\" kept");
    add_reply("HTTP/1.1 401 Unauthorized\r\n", "");
    check(47, "401 without a body", STAY, "STATUS R 401 kept");
    add_reply("HTTP/1.1 403 Forbidden\r\n", "{\"status\":\"success\",\"data\":{}}");
    check(47, "403 that says success", STAY, "STATUS R 403 \"{\"status\":\"success\",\"data\":{}}\" kept");
    add_reply("HTTP/1.1 409 Conflict\r\n", "{\"status\":\"fail\",\"message\":\"already invited\"}");
    check(48, "409", STAY, "STATUS R 409 \"already invited\" kept");
    add_reply("HTTP/1.1 422 Unprocessable\r\n", "{\"message\":\"already \\u0069nvited: \\\"a\\\"\"}");
    check(48, "422", STAY, "STATUS R 422 \"already invited: \"a\"\" kept");
    add_reply("HTTP/1.1 422 Unprocessable\r\n", "{\"message\":{\"deep\":1}}");
    check(48, "message that is no string", STAY, "STATUS R 422 \"{\"message\":{\"deep\":1}}\" kept");
    add_reply("HTTP/1.1 422 Unprocessable\r\n", "{\"message\":\"a\\u0000b\"}");
    check(48, "message with a NUL", STAY, "STATUS R 422 \"ab\" kept");
    add_reply("HTTP/1.1 422 Unprocessable\r\n", "{\"data\":{\"invites\":[{\"_id\":1,\"to\":");
    check(48, "JSON that is cut", STAY, "STATUS R 422 \"{\"data\":{\"invites\":[{\"_id\":1,\"to\":\" kept");
    add_reply("HTTP/1.1 422 Unprocessable\r\n", "already invited");
    check(48, "plain text", STAY, "STATUS R 422 \"already invited\" kept");
    add_reply_bytes("HTTP/1.1 422 Unprocessable\r\n", "cut \0 here", 10);
    check(48, "plain text with a NUL", STAY, "STATUS R 422 \"cut \" kept");
    add_reply("HTTP/1.1 422 Unprocessable\r\n", "\"already invited\"");
    check(48, "a scalar", STAY, "STATUS R 422 \"\"already invited\"\" kept");
    for (i = 0; i < SAMPLES(refusals); i++) {
        add_number("HTTP/1.1 %lu No\r\n", refusals[i]);
        add_reply("", "{\"message\":\"why\"}");
        (void)snprintf(name, sizeof name, "%lu", refusals[i]);
        (void)snprintf(expected, sizeof expected, "STATUS R %lu \"why\" kept", refusals[i]);
        check(48, name, STAY, expected);
    }
    for (i = 0; i < SAMPLES(unsure); i++) {
        add_number("HTTP/1.1 %lu Oops\r\n", unsure[i]);
        add_reply("", i % 2 == 0 ? "<html>\r\n<h1>Oops</h1>" : "{\"status\":\"error\",\"message\":\"oops\"}");
        (void)snprintf(name, sizeof name, "%lu", unsure[i]);
        (void)snprintf(expected, sizeof expected, "STATUS U %lu \"%s\" kept", unsure[i],
                       i % 2 == 0 ? "<html>..<h1>Oops</h1>" : "oops");
        check(50, name, STAY, expected);
    }
    add_reply("HTTP/1.1 503 Busy\r\nRetry-After: 30\r\n", "");
    check(50, "503 with Retry-After", STAY, "STATUS U 503 retry=30 kept");
    add_reply("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n",
              "<!DOCTYPE html>\r\n<html><title>Log in</title></html>");
    show_text = true;
    check(51, "captive portal", STAY, "JSON U 200 \"<!DOCTYPE html>..<html><title>Log in</ti\"");
    show_text = false;
    add_reply("HTTP/1.1 200 OK\r\n", "{\"status\":\"fail\",\"message\":\"no\"}");
    check(51, "200 that says fail", STAY, "STATUS U 200 \"no\" kept");
    add_reply("HTTP/1.1 201 Created\r\n", BODY);
    check(51, "201", STAY, "OK A 201 items=1 kept");
    add_reply("HTTP/1.1 299 Odd\r\n", BODY);
    check(51, "299", STAY, "OK A 299 items=1 kept");
}

static void retry_after(void **state)
{
    static const struct {
        const char *name;
        const char *value;
        const char *expected;
    } cases[] = {
        { "0", "0", "STATUS R 429 kept" },
        { "120", "120", "STATUS R 429 retry=120 kept" },
        { "86400", "86400", "STATUS R 429 retry=86400 kept" },
        { "86401", "86401", "STATUS R 429 retry=86400 kept" },
        { "2^32", "4294967296", "STATUS R 429 retry=86400 kept" },
        { "2^64 + 1", "18446744073709551617", "STATUS R 429 retry=86400 kept" },
        { "40 digits", "9999999999999999999999999999999999999999", "STATUS R 429 retry=86400 kept" },
        { "-5", "-5", "STATUS R 429 kept" },
        { "+5", "+5", "STATUS R 429 kept" },
        { "1.5", "1.5", "STATUS R 429 kept" },
        { "empty", "", "STATUS R 429 kept" },
        { "soon", "soon", "STATUS R 429 kept" },
        { "date, one minute later", "Sun, 06 Nov 1994 08:50:37 GMT", "STATUS R 429 retry=60 kept" },
        { "date, the same", "Sun, 06 Nov 1994 08:49:37 GMT", "STATUS R 429 kept" },
        { "date, past", "Sun, 06 Nov 1994 08:49:36 GMT", "STATUS R 429 kept" },
        { "date, 1970", "Thu, 01 Jan 1970 00:00:01 GMT", "STATUS R 429 kept" },
        { "date, without its zone", "Sun, 06 Nov 1994 08:50:37", "STATUS R 429 kept" },
        { "date, more behind it", "Sun, 06 Nov 1994 08:50:37 GMT+1", "STATUS R 429 kept" },
        { "date, a day later", "Mon, 07 Nov 1994 08:49:37 GMT", "STATUS R 429 retry=86400 kept" },
        { "date, a day less a second later", "Mon, 07 Nov 1994 08:49:36 GMT", "STATUS R 429 retry=86399 kept" },
        { "date, two days later", "Tue, 08 Nov 1994 08:49:37 GMT", "STATUS R 429 retry=86400 kept" },
        { "date, 2036", "Sun, 06 Jan 2036 08:49:37 GMT", "STATUS R 429 retry=86400 kept" },
        { "date, no month", "Sun, 06 Foo 1994 08:50:37 GMT", "STATUS R 429 kept" },
        { "date, months run into each other", "Sun, 06 anF 1994 08:50:37 GMT", "STATUS R 429 kept" },
    };
    /* Not dates, but as long as one: any wait within the bounds will do. */
    static const char *const vague[] = { "Sun, O6 Nov 1994 08:50:37 GMT", "Fri, 31 Dec 9999 23:59:59 GMT",
                                         "xxx, xx Jan xxxx xx:xx:xx xxx",
                                         "~~~~~~~~Dec\377\377\377\377\377\377\377\377~~~~~~~~~~",
                                         "Sun, -1 Nov -999 -1:-1:-1 GMT" };
    static const char fine[] = "a wait within its bounds";
    size_t i;

    (void)state;
    unix_time = 784111777; /* Sun, 06 Nov 1994 08:49:37 GMT */
    for (i = 0; i < SAMPLES(cases); i++) {
        add("HTTP/1.1 429 Slow\r\nRetry-After: ");
        add(cases[i].value);
        add_reply("\r\n", "");
        check(49, cases[i].name, STAY, cases[i].expected);
    }
    for (i = 0; i < SAMPLES(vague); i++) {
        struct seen seen;
        char name[32];

        assert_int_equal(strlen(vague[i]), 29);
        add("HTTP/1.1 429 Slow\r\nRetry-After: ");
        add(vague[i]);
        add_reply("\r\n", "");
        events[REPLY].len = reply_len;
        events[END].what = STAY;
        reply_len = 0;
        run(&seen, 0, 0);
        (void)snprintf(name, sizeof name, "no date %u", (unsigned)i + 1);
        /* The result is that of the second invitation by now. */
        hostile_case(49, name, fine, strncmp(seen.text, "STATUS R 429", 12) == 0 ? fine : seen.text);
    }
    add_reply("HTTP/1.1 429 Slow\r\nRetry-After: Sun, 06 Nov 1994 08:50:37 GMT\r\n", "");
    unix_time = 0;
    check(49, "date, on a device that does not know the time", STAY, "STATUS R 429 kept");
    unix_time = 1795000000;
    without_clock = true;
    add_reply("HTTP/1.1 429 Slow\r\nRetry-After: Sun, 06 Nov 1994 08:50:37 GMT\r\n", "");
    check(49, "date, on a device without a clock", STAY, "STATUS R 429 kept");
    add_reply("HTTP/1.1 429 Slow\r\nRetry-After: 120\r\n", "");
    check(49, "120, on a device without a clock", STAY, "STATUS R 429 retry=120 kept");
    without_clock = false;
}

/* --- cut at every byte ---------------------------------------------------------------------------------- */

/* The reply ends in each way after each of its bytes. Past its head, which has head_len bytes, the status is
 * known. */
static void check_cuts(const char *name, size_t head_len, unsigned status, bool until_close)
{
    static const struct {
        int row;
        enum script_what end;
        const char *how;
        const char *class;
    } ways[] = {
        { 52, SCRIPT_CUT, "bare close", "TRUNC U" },
        { 53, SCRIPT_FIN, "close_notify", "TRUNC U" },
        { 54, SCRIPT_RST, "reset", "NET U" },
        { 19, STAY, "stall", "TIME U" },
    };
    size_t full = reply_len, i;

    for (i = 0; i < SAMPLES(ways); i++) {
        char title[80], expected[64], failure[300] = "as said at each byte";
        size_t n, piece;

        for (n = 0; n < full && strcmp(failure, "as said at each byte") == 0; n++)
            for (piece = 0; piece < 2; piece++) {
                struct seen seen;

                events[REPLY].len = n;
                events[END].what = ways[i].end;
                run(&seen, piece, 0);
                if (n < head_len)
                    (void)snprintf(expected, sizeof expected, "%s", ways[i].class);
                else if (status >= 400)
                    (void)snprintf(expected, sizeof expected, "STATUS %c %u", status < 500 ? 'R' : 'U', status);
                else if (until_close && ways[i].end == SCRIPT_FIN)
                    (void)snprintf(expected, sizeof expected, "JSON U %u", status);
                else
                    (void)snprintf(expected, sizeof expected, "%s %u", ways[i].class, status);
                /* Of a body that ends with the connection, what is there of it is the message. */
                if (strncmp(seen.text, expected, strlen(expected)) != 0)
                    (void)snprintf(failure, sizeof failure, "after %u bytes: %.200s", (unsigned)n, seen.text);
            }
        (void)snprintf(title, sizeof title, "%s, %s", name, ways[i].how);
        hostile_case(ways[i].row, title, "as said at each byte", failure);
    }
    reply_len = 0;
}

static void cuts(void **state)
{
    (void)state;
    add_reply("HTTP/1.1 200 OK\r\n", BODY);
    check_cuts("Content-Length", reply_len - sizeof BODY + 1, 200, false);
    add_chunked();
    add_chunk(BODY, 20);
    add_chunk(&BODY[20], sizeof BODY - 21);
    add("0\r\nX: 1\r\n\r\n");
    check_cuts("chunked", sizeof "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" - 1, 200, false);
    add("HTTP/1.1 200 OK\r\n\r\n" BODY);
    check_cuts("until close", reply_len - sizeof BODY + 1, 200, true);
    add_reply("HTTP/1.1 403 Forbidden\r\n", "{\"message\":\"no\"}");
    check_cuts("403", reply_len - 16, 403, false);
    add_reply("HTTP/1.1 500 Oops\r\n", "{\"message\":\"no\"}");
    check_cuts("500", reply_len - 16, 500, false);
}

/* --- JSON ----------------------------------------------------------------------------------------------- */

static void check_body_bytes(int row, const char *name, const char *body, size_t len, const char *expected)
{
    add_reply_bytes("HTTP/1.1 200 OK\r\n", body, len);
    check(row, name, STAY, expected);
}

static void check_body(int row, const char *name, const char *body, const char *expected)
{
    check_body_bytes(row, name, body, strlen(body), expected);
}

/* `before` the sample, the sample, and `behind` it. */
static void check_sample(int row, const struct json_sample *sample, const char *before, const char *behind,
                         const char *expected)
{
    static char body[512];
    char name[128];
    size_t at = strlen(before);

    memcpy(body, before, at);
    memcpy(body + at, sample->text, sample->len);
    memcpy(body + at + sample->len, behind, strlen(behind));
    (void)snprintf(name, sizeof name, "%s%s%s", before, sample->name != NULL ? sample->name : sample->text, behind);
    check_body_bytes(row, name, body, at + sample->len + strlen(behind), expected);
}

static void json_syntax(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < SAMPLES(json_invalid); i++) {
        check_sample(59, &json_invalid[i], "", "", "JSON U 200");
        /* Nothing may stand where a value must, and next to a value some of these are just other documents.
         */
        if (i >= 2 && strchr("]},", json_invalid[i].text[0]) == NULL)
            check_sample(59, &json_invalid[i], "{\"status\":\"success\",\"x\":", "}", "JSON U 200");
    }
    for (i = 0; i < SAMPLES(json_valid); i++) {
        check_sample(60, &json_valid[i], "", "", "SHAPE U 200");
        check_sample(60, &json_valid[i], "{\"status\":\"success\",\"x\":", "}", "OK A 200 kept");
        check_sample(60, &json_valid[i], "{\"x\":[", ",1],\"status\":\"success\"}", "OK A 200 kept");
    }
}

static void json_text(void **state)
{
    char expected[128];
    size_t i;

    (void)state;
    check_body_bytes(61, "after the document", BODY, sizeof BODY, "JSON U 200");
    check_body_bytes(61, "alone", "\0", 1, "JSON U 200");
    check_body_bytes(61, "before the document", "\0{}", 3, "JSON U 200");
    check_body_bytes(61, "between two documents", "{}\0{}", 5, "JSON U 200");
    check_body_bytes(61, "in a string", "{\"status\":\"suc\0cess\"}", 21, "JSON U 200");
    check_body_bytes(61, "in a name", "{\"sta\0tus\":\"success\"}", 21, "JSON U 200");
    check_body_bytes(61, "between tokens", "{\0\"status\":\"success\"}", 21, "JSON U 200");
    check_body_bytes(61, "in an escape", "{\"status\":\"success\",\"x\":\"\\\0\"}", 29, "JSON U 200");
    check_body_bytes(61, "in \\u",
                     "{\"status\":\"success\",\"x\":\"\\u00\0"
                     "0\"}",
                     33, "JSON U 200");
    check_body_bytes(61, "in a number",
                     "{\"status\":\"success\",\"x\":1\0"
                     "2}",
                     28, "JSON U 200");
    for (i = 0; i < SAMPLES(json_bad_utf8); i++) {
        check_sample(62, &json_bad_utf8[i], "{\"status\":\"success\",\"message\":\"", "\"}", "JSON U 200");
        check_sample(62, &json_bad_utf8[i], "{\"status\":\"success\",\"x\":\"", "\"}", "JSON U 200");
        check_sample(62, &json_bad_utf8[i], "{\"status\":\"success\",\"", "\":1}", "JSON U 200");
        check_sample(62, &json_bad_utf8[i], "{\"status\":\"success\"", "}", "JSON U 200");
    }
    /* Row 129: JSON, and U+FFFD where it is handed out. */
    for (i = 0; i < SAMPLES(json_half_pairs); i++) {
        (void)snprintf(expected, sizeof expected, "OK A 200 \"%s\" kept", json_half_pairs[i].read);
        check_sample(129, &json_half_pairs[i].sample, "{\"status\":\"success\",\"message\":\"", "\"}", expected);
        check_sample(129, &json_half_pairs[i].sample, "{\"status\":\"success\",\"x\":\"", "\"}", "OK A 200 kept");
        check_sample(129, &json_half_pairs[i].sample, "{\"status\":\"success\",\"", "\":1}", "OK A 200 kept");
        check_sample(129, &json_half_pairs[i].sample, "{\"status\":\"success\"", "}", "JSON U 200");
        show_to = true;
        (void)snprintf(expected, sizeof expected, "OK A 200 items=1 to=%s kept", json_half_pairs[i].read);
        check_sample(129, &json_half_pairs[i].sample, "{\"status\":\"success\",\"data\":{\"invites\":[{\"to\":\"",
                     "\"}]}}", expected);
        show_to = false;
    }
    check_body(63, "status", "{\"status\":\"success\\u0000\"}", "SHAPE U 200");
    check_body(63, "message, for people only", "{\"status\":\"success\",\"message\":\"a\\u0000b\"}",
               "OK A 200 \"ab\" kept");
    check_body(63, "to", "{\"status\":\"success\",\"data\":{\"invites\":[{\"to\":\"user@example.com\\u0000\"}]}}",
               "SHAPE U 200");
    check_body(63, "_id, alone", "{\"status\":\"success\",\"data\":{\"invites\":[{\"_id\":\"\\u0000\"}]}}",
               "SHAPE U 200");
    check_body(63, "a string that nobody wants", "{\"status\":\"success\",\"x\":\"\\u0000\"}", "OK A 200 kept");
    check_body(63, "a name", "{\"status\":\"success\",\"status\\u0000\":1}", "OK A 200 kept");
    check_body(63, "an escaped backslash before u0000", "{\"status\":\"success\",\"message\":\"\\\\u0000\"}",
               "OK A 200 \"\\u0000\" kept");
    check_body(72, "BOM", "\xEF\xBB\xBF" BODY, "JSON U 200");
    check_body(72, "second document", BODY BODY, "JSON U 200");
    check_body(72, "second document on a line of its own", BODY "\r\n{}", "JSON U 200");
    check_body(72, "UTF-16", "\xFE\xFF", "JSON U 200");
}

static void json_limits(void **state)
{
    static char body[400000];
    static const struct {
        const char *name;
        unsigned long depth;
        const char *expected;
    } depths[] = {
        { "limit", ANGO_JSON_DEPTH, "OK A 200 kept" },
        { "limit + 1", ANGO_JSON_DEPTH + 1, "JSON U 200" },
        { "1,000", 1000, "JSON U 200" },
    };
    char *p;
    size_t i, k;

    (void)state;
    for (i = 0; i < SAMPLES(depths); i++) {
        for (k = 0; k < 2; k++) {
            const char *open = k == 0 ? "[" : "{\"a\":";
            unsigned long d;
            char name[32];

            p = body + sprintf(body, "{\"status\":\"success\",\"x\":");
            for (d = 1; d < depths[i].depth; d++)
                p += sprintf(p, "%s", open);
            p += sprintf(p, "1");
            for (d = 1; d < depths[i].depth; d++)
                *p++ = k == 0 ? ']' : '}';
            p += sprintf(p, "}");
            (void)snprintf(name, sizeof name, "%s, %s", depths[i].name, k == 0 ? "arrays" : "objects");
            cap = 8192;
            check_body(64, name, body, depths[i].expected);
            cap = CAP;
        }
    }
    /* An entry with each of its members, and one with many that nobody wants: what is left of it always suffices. */
    check_body(65, "each member",
               "{\"status\":\"success\",\"data\":{\"invites\":[{\"_id\":\"1\",\"to\":\"2\",\"organizationRole\":\"3\","
               "\"status\":\"4\",\"message\":\"5\",\"createdBy\":\"6\",\"createdAt\":\"7\",\"expiresAt\":\"8\"}]}}",
               "OK A 200 items=1 kept");
    p = body + sprintf(body, "{\"status\":\"success\",\"data\":{\"invites\":[{\"to\":\"a@b\"");
    for (i = 0; i < 100; i++)
        p += sprintf(p, ",\"n%lu\":[1,{\"to\":\"x\"}]", (unsigned long)i);
    sprintf(p, "}]}}");
    show_to = true;
    check_body(65, "100 members that nobody wants", body, "OK A 200 items=1 to=a@b kept");
    show_to = false;
}

/* Too long to be split at each offset: whole, in pieces of a prime length, and byte by byte. */
static void json_long(void **state)
{
    static char body[700000];
    static const struct {
        int row;
        const char *name;
        const char *head;
        const char *item;
        unsigned long times;
        const char *tail;
        const char *expected;
    } cases[] = {
        { 64, "100,000 arrays", "{\"status\":\"success\",\"x\":", "[", 100000, "}", "JSON U 200" },
        { 64, "100,000 objects", "{\"status\":\"success\",\"x\":", "{\"a\":", 100000, "1}", "JSON U 200" },
        { 65, "100,000 tokens in an invitation",
          "{\"status\":\"success\",\"data\":{\"invites\":[{\"to\":\"a@b\",\"x\":[1", ",1", 100000, "]}]}}",
          "OK A 200 items=1" },
        { 65, "100,000 tokens that nobody wants", "{\"status\":\"success\",\"x\":[1", ",1", 100000, "]}", "OK A 200" },
        { 65, "1,000 invitations", "{\"status\":\"success\",\"data\":{\"invites\":[{}", "," INVITE, 1000, "]}}",
          "OK A 200 items=1001" },
    };
    size_t i;

    (void)state;
    cap = sizeof body;
    for (i = 0; i < SAMPLES(cases); i++) {
        static const size_t pieces[] = { 0, 4099, 1 };
        struct seen whole, other;
        char *p = body + sprintf(body, "%s", cases[i].head);
        unsigned long n;

        for (n = 0; n < cases[i].times; n++)
            p += sprintf(p, "%s", cases[i].item);
        sprintf(p, "%s", cases[i].tail);
        add_reply("HTTP/1.1 200 OK\r\nConnection: close\r\n", body);
        events[REPLY].len = reply_len;
        events[END].what = STAY;
        run(&whole, 0, 0);
        for (n = 1; n < SAMPLES(pieces); n++) {
            run(&other, pieces[n], 0);
            if (differs(&whole, &other, "in pieces of", pieces[n]))
                break;
        }
        reply_len = 0;
        hostile_case(cases[i].row, cases[i].name, cases[i].expected, whole.text);
    }
    cap = CAP;
}

#define IN_DATA(members) "{\"status\":\"success\",\"data\":{" members "}}"
#define IN_ITEM(members) IN_DATA("\"invites\":[{" members "}]")

static void json_members(void **state)
{
    static const char *const twice[] = {
        "{\"status\":\"success\",\"status\":\"success\"}",
        "{\"status\":\"success\",\"st\\u0061tus\":\"success\"}",
        "{\"status\":\"success\",\"\\u0073\\u0074\\u0061\\u0074\\u0075\\u0073\":\"fail\"}",
        "{\"status\":\"success\",\"data\":{},\"data\":{}}",
        "{\"status\":\"success\",\"message\":\"a\",\"message\":\"b\"}",
        "{\"status\":\"success\",\"message\":\"a\",\"message\":null}",
        "{\"status\":null,\"status\":\"success\"}",
        "{\"status\":1,\"status\":\"success\"}",
        IN_DATA("\"invites\":[],\"invites\":[]"),
        IN_DATA("\"invites\":[],\"invit\\u0065s\":[]"),
    };
    static const char *const in_item[] = { IN_ITEM("\"to\":\"a@b\",\"to\":\"c@d\""),
                                           IN_ITEM("\"to\":\"a@b\",\"t\\u006F\":\"c@d\""),
                                           IN_ITEM("\"_id\":\"1\",\"to\":\"a@b\",\"_id\":\"1\""),
                                           IN_ITEM("\"to\":null,\"to\":\"c@d\"") };
    static const char *const keys[] = { "_id",     "to",        "organizationRole", "status",
                                        "message", "createdBy", "createdAt",        "expiresAt" };
    static const char *const values[] = { "null", "true", "5", "[]", "{}", "[\"a\"]", "{\"to\":\"a@b\"}", "\"\"" };
    size_t i, k;
    char name[64], body[256];

    (void)state;
    for (i = 0; i < SAMPLES(twice); i++) {
        (void)snprintf(name, sizeof name, "reply %u", (unsigned)i + 1);
        check_body(66, name, twice[i], i == 4 || i == 5 ? "SHAPE U 200 \"a\"" : "SHAPE U 200");
    }
    for (i = 0; i < SAMPLES(in_item); i++) {
        (void)snprintf(name, sizeof name, "invitation %u", (unsigned)i + 1);
        check_body(66, name, in_item[i], "SHAPE U 200");
    }
    check_body(66, "a key that nobody wants", "{\"x\":1,\"status\":\"success\",\"x\":2}", "OK A 200 kept");
    check_body(66, "in two invitations", IN_DATA("\"invites\":[{\"to\":\"a@b\"},{\"to\":\"a@b\"}]"),
               "OK A 200 items=2 kept");
    check_body(66, "at another level",
               "{\"x\":{\"status\":1},\"status\":\"success\",\"data\":{\"status\":2,\"data\":{}}}", "OK A 200 kept");

    check_body(67, "status missing", "{\"data\":{\"invites\":[]}}", "SHAPE U 200");
    for (k = 0; k < SAMPLES(values); k++) {
        (void)snprintf(body, sizeof body, "{\"status\":%s}", values[k]);
        (void)snprintf(name, sizeof name, "status: %s", values[k]);
        check_body(67, name, body, "SHAPE U 200");
        (void)snprintf(body, sizeof body, "{\"status\":\"success\",\"message\":%s}", values[k]);
        (void)snprintf(name, sizeof name, "message: %s", values[k]);
        check_body(67, name, body, "OK A 200 kept");
        (void)snprintf(body, sizeof body, "{\"status\":\"success\",\"data\":%s}", values[k]);
        (void)snprintf(name, sizeof name, "data: %s", values[k]);
        check_body(67, name, body, "OK A 200 kept");
        (void)snprintf(body, sizeof body, IN_DATA("\"invites\":%s"), values[k]);
        (void)snprintf(name, sizeof name, "invites: %s", values[k]);
        check_body(67, name, body, "OK A 200 kept");
    }
    show_to = true;
    for (i = 0; i < SAMPLES(keys); i++)
        for (k = 0; k < SAMPLES(values); k++) {
            (void)snprintf(body, sizeof body, IN_ITEM("\"x\":0,\"%s\":%s"), keys[i], values[k]);
            (void)snprintf(name, sizeof name, "invitation's %s: %s", keys[i], values[k]);
            check_body(67, name, body, "OK A 200 items=1 to= kept");
        }
    check_body(67, "an invitation without members", IN_ITEM(""), "OK A 200 items=1 to= kept");
    check_body(67, "invitations that are none",
               IN_DATA("\"invites\":[1,{\"to\":\"a\"},null,[{\"to\":\"x\"}],\"s\",{\"to\":\"b\"},true]"),
               "OK A 200 items=2 to=a to=b kept");
    check_body(67, "status in capitals", "{\"status\":\"SUCCESS\"}", "OK A 200 kept");
    check_body(71, "another email", IN_ITEM("\"to\":\"other@example.com\""),
               "OK A 200 items=1 to=other@example.com kept");
    check_body(71, "more emails",
               IN_DATA("\"invites\":[{\"to\":\"a@b\"},{\"to\":\"user@example.com\"},{\"to\":\"a@b\"}]"),
               "OK A 200 items=3 to=a@b to=user@example.com to=a@b kept");
    check_body(71, "escaped", IN_ITEM("\"t\\u006f\":\"\\u0061@\\\"b\\ud83d\\ude00\""),
               "OK A 200 items=1 to=a@\"b\xF0\x9F\x98\x80 kept");
    show_to = false;
}

static void json_numbers(void **state)
{
    static const struct {
        const char *number;
        const char *expected;
    } cases[] = {
        { "0", "OK A 200 total=0 kept" },
        { "7", "OK A 200 total=7 kept" },
        { "4294967294", "OK A 200 total=4294967294 kept" },
        { "4294967295", "OK A 200 total=4294967295 kept" },
        { "4294967296", "SHAPE U 200" },
        { "10000000000", "SHAPE U 200" },
        { "42949672950", "SHAPE U 200" },
        { "18446744073709551616", "SHAPE U 200" },
        { "18446744073709551617", "SHAPE U 200" },
        { "123456789012345678901234567890", "SHAPE U 200" },
        { "1e999", "SHAPE U 200" },
        { "1e1", "SHAPE U 200" },
        { "1E1", "SHAPE U 200" },
        { "1.5", "SHAPE U 200" },
        { "1.0", "SHAPE U 200" },
        { "-0", "SHAPE U 200" },
        { "-1", "SHAPE U 200" },
        { "0.0", "SHAPE U 200" },
        { "0e0", "SHAPE U 200" },
        { "null", "OK A 200 total=0 kept" },
        { "\"1\"", "OK A 200 total=0 kept" },
        { "true", "OK A 200 total=0 kept" },
        { "[1]", "OK A 200 total=0 kept" },
        { "{}", "OK A 200 total=0 kept" },
        { "01", "JSON U 200" },
        { "+1", "JSON U 200" },
        { "1.", "JSON U 200" },
        { "-", "JSON U 200" },
        { "1,\"total\":1", "SHAPE U 200" },
        { " 5 ", "OK A 200 total=5 kept" },
    };
    /* Any number is fine where none is wanted, and as good as missing where a string is. */
    static const char *const anywhere[] = {
        "4294967296", "18446744073709551616", "123456789012345678901234567890", "1e999", "-1e-999", "1.5", "-0"
    };
    char body[256], name[64];
    size_t i;

    (void)state;
    ask = list_projects;
    for (i = 0; i < SAMPLES(cases); i++) {
        (void)snprintf(body, sizeof body, IN_DATA("\"total\":%s,\"projects\":[]"), cases[i].number);
        check_body(68, cases[i].number, body, cases[i].expected);
    }
    ask = update_roles;
    check_body(68, "two counts", IN_DATA("\"users\":{\"updated\":4294967295,\"failed\":1,\"results\":[]}"),
               "OK A 200 4294967295+1 kept");
    check_body(68, "second too large", IN_DATA("\"users\":{\"updated\":1,\"failed\":4294967296,\"results\":[]}"),
               "SHAPE U 200");
    ask = exchange_invite;
    for (i = 0; i < SAMPLES(anywhere); i++) {
        (void)snprintf(body, sizeof body, "{\"status\":\"success\",\"x\":%s}", anywhere[i]);
        (void)snprintf(name, sizeof name, "%s where none is wanted", anywhere[i]);
        check_body(68, name, body, "OK A 200 kept");
        (void)snprintf(body, sizeof body, IN_ITEM("\"to\":%s"), anywhere[i]);
        (void)snprintf(name, sizeof name, "%s for a string", anywhere[i]);
        check_body(68, name, body, "OK A 200 items=1 kept");
    }
}

/* A list that was asked for must be there: nothing is not an empty list. */
static void json_required(void **state)
{
    static const char *const values[] = { "true", "5", "\"\"", "{}" };
    char body[256], name[64];
    size_t k;

    (void)state;
    ask = list_projects;
    check_body(63, "a project's name", IN_DATA("\"projects\":[{\"_id\":\"p\",\"name\":\"a\\u0000b\"}]"), "SHAPE U 200");
    check_body(66, "a project's name", IN_DATA("\"projects\":[{\"_id\":\"p\",\"name\":\"a\",\"nam\\u0065\":\"b\"}]"),
               "SHAPE U 200");
    check_body(67, "projects missing", IN_DATA("\"total\":0"), "SHAPE U 200");
    check_body(67, "projects null", IN_DATA("\"projects\":null"), "SHAPE U 200");
    check_body(67, "data of a list missing", "{\"status\":\"success\"}", "SHAPE U 200");
    for (k = 0; k < SAMPLES(values); k++) {
        (void)snprintf(body, sizeof body, IN_DATA("\"projects\":%s"), values[k]);
        (void)snprintf(name, sizeof name, "projects: %s", values[k]);
        check_body(67, name, body, "SHAPE U 200");
        (void)snprintf(body, sizeof body, IN_DATA("\"projects\":[{},%s]"), values[k]);
        (void)snprintf(name, sizeof name, "a project: %s", values[k]);
        check_body(67, name, body, k == 3 ? "OK A 200 items=2 total=0 kept" : "OK A 200 items=1 total=0 kept");
        (void)snprintf(body, sizeof body, IN_DATA("\"projects\":[{\"_id\":%s}]"), values[k]);
        (void)snprintf(name, sizeof name, "a project's _id: %s", values[k]);
        check_body(67, name, body, "OK A 200 items=1 total=0 kept");
    }
    check_body(67, "a project's _id null", IN_DATA("\"projects\":[{\"_id\":null}]"), "OK A 200 items=1 total=0 kept");
    check_body(67, "a project's _id missing", IN_DATA("\"projects\":[{}]"), "OK A 200 items=1 total=0 kept");
    ask = exchange_invite;
}

static void json_whole(void **state)
{
    static const unsigned lens[] = { 95, 700, CAP - 1, CAP, 100000 };
    char name[64];
    size_t i;

    (void)state;
    check_body(69, "empty", "", "JSON U 200");
    check_body(69, "{}", "{}", "SHAPE U 200");
    check_body(69, "[]", "[]", "SHAPE U 200");
    check_body(69, "\"success\"", "\"success\"", "SHAPE U 200");
    check_body(69, "200", "200", "SHAPE U 200");
    check_body(69, "null", "null", "SHAPE U 200");
    check_body(69, "[{}]", "[{\"status\":\"success\"}]", "SHAPE U 200");
    /* A message has no room to lose; too long, it is left out, and the outcome is the same. */
    for (i = 0; i < SAMPLES(lens); i++) {
        (void)snprintf(name, sizeof name, "a message of %u bytes", lens[i]);
        add_number("HTTP/1.1 200 OK\r\nContent-Length: %lu\r\n\r\n{\"status\":\"success\",\"message\":\"",
                   lens[i] + sizeof "{\"status\":\"success\",\"message\":\"\"}" - 1);
        add_times("z", lens[i]);
        add("\"}");
        check(70, name, STAY, lens[i] < CAP / 2 ? "OK A 200 \"" AS_LONG_AS_SHOWN("z") "\" kept" : "OK A 200 kept");
        (void)snprintf(name, sizeof name, "a refusal's message of %u bytes", lens[i]);
        add_number("HTTP/1.1 400 No\r\nContent-Length: %lu\r\n\r\n{\"message\":\"",
                   lens[i] + sizeof "{\"message\":\"\"}" - 1);
        add_times("z", lens[i]);
        add("\"}");
        check(70, name, STAY,
              lens[i] < CAP / 2 ? "STATUS R 400 \"" AS_LONG_AS_SHOWN("z") "\" kept"
                                : "STATUS R 400 \"{\"message\":\"zzzzzzzzzzzzzzzzzzzzzzzzzzzz\" kept");
    }
}

/* --- from the field ------------------------------------------------------------------------------------- */

/* Row 123 and 124: headers take no room, whatever they are. */
static void field_headers(void **state)
{
    static const struct {
        const char *name;
        const char *line; /* a long line that begins so */
        const char *expected;
    } lines[] = {
        { "a policy", "Content-Security-Policy: default-src", OK_KEPT },
        { "a cookie", "Set-Cookie: a=", OK_KEPT },
        { "a name", "", OK_KEPT },
        { "Content-Lengthy", "Content-Lengthy: ", OK_KEPT },
        { "Content-Length", "Content-Length: 5", "HTTP U 200" },
        { "Transfer-Encoding", "Transfer-Encoding: chunked", "HTTP U 200" },
        { "Content-Encoding", "Content-Encoding: identity", "HTTP U 200" },
        { "Connection", "Connection: keep-alive", OK_CLOSED },
        { "Retry-After", "Retry-After: 7", "OK A 200 retry=7 items=1 kept" },
    };
    char name[80];
    size_t i, len;

    (void)state;
    add("HTTP/1.1 200 OK\r\nDate: Thu, 26 Nov 2026 11:18:02 GMT\r\n");
    add("Set-Cookie: AWSALB=");
    add_times("A", 120);
    add("; Expires=Thu, 03 Dec 2026 11:18:02 GMT; Path=/\r\nContent-Security-Policy: ");
    add_times("default-src 'self';", 15);
    add("\r\n");
    add_times("X-Header: of a load balancer\r\n", 50);
    add_reply("Via: 1.1 a.cloudfront.net\r\n", BODY);
    cap = 420;
    check(123, "2 KB of headers, a buffer of 420 bytes", STAY, OK_KEPT);
    for (i = 0; i < SAMPLES(lines); i++) {
        for (len = 60; len <= 5000; len += len < 68 ? 1 : 4932) {
            size_t start;

            add("HTTP/1.1 200 OK\r\n");
            start = reply_len;
            add(lines[i].line);
            if (i == 2)
                add_times("n", len - 1);
            /* Of a retry the digits go on, of a name the name. */
            add_times(i == 8 ? " " : i == 2 ? "" : "x", len - (reply_len - start));
            if (i == 2)
                add(":");
            add_reply("\r\n", BODY);
            (void)snprintf(name, sizeof name, "%s in a line of %u bytes", lines[i].name, (unsigned)len);
            if (i == 8 && len > 64)
                check(124, name, STAY, OK_KEPT); /* no value is believed that is not seen whole */
            else
                check(124, name, STAY, lines[i].expected);
        }
    }
    cap = CAP;
}

/* Row 125 and 126: what nobody wants of an entry, or around it, costs nothing. */
static void field_entries(void **state)
{
    static const char nested[] =
        "{\"_id\":{\"$oid\":\"no\"},\"createdBy\":{\"to\":\"no\",\"organization\":{\"_id\":\"no\",\"to\":[\"no\"]}},"
        "\"to\":\"a@b\",\"__v\":0,\"projectAssignments\":[{\"projectId\":\"p\",\"to\":\"no\"},[[{\"to\":\"no\"}]]]}";
    unsigned i;

    (void)state;
    show_to = true;
    cap = 420;
    add("HTTP/1.1 201 Created\r\n");
    add_reply("",
              "{\"status\":\"success\",\"data\":{\"invites\":[{\"to\":\"first@b\",\"x\":[{}]},"
              "{\"more\":{\"to\":\"no\"},\"to\":\"second@b\"}]}}");
    check(125, "entries with more in them", STAY, "OK A 201 items=2 to=first@b to=second@b kept");
    add("HTTP/1.1 201 Created\r\n\r\n{\"status\":\"success\",\"data\":{\"invites\":[");
    add(nested);
    add("]}}");
    check(125, "echoes nested objects", SCRIPT_FIN, "OK A 201 items=1 to=a@b");
    ask = ask_for;
    for (i = 0; i < 2; i++) {
        operation = i == 0 ? ASSIGN : PROJECT;
        add_chunked();
        add("5000\r\n{\"status\":\"success\",\"data\":{\"project\":{\"tools\":[");
        add_times("{\"title\":\"t\",\"assignedTo\":[{\"assignee\":\"no\"}]},", (0x5000 - 200) / 47);
        add("{}],\"assignedTo\":[{\"assignee\":\"a@b\",\"role\":\"Lead\"},{\"role\":\"Labeler\",\"assignee\":\"c@d\"}],"
            "\"x\":\"");
        add_times("x",
                  strlen("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5000\r\n") + 0x5000 - reply_len - 4);
        add("\"}}}\r\n0\r\n\r\n");
        check(126, i == 0 ? "a whole project, when assigning" : "a whole project, when asking for it", STAY,
              "OK A 200 items=2 a@b(Lead) c@d(Labeler) kept");
    }
    operation = MEMBERS;
    add_reply("HTTP/1.1 200 OK\r\n",
              "{\"status\":\"success\",\"data\":{\"users\":[{\"email\":\"z@b\",\"name\":\"Zo\\ud83d\","
              "\"x\":\"\\udc00\"},{\"email\":\"b@b\",\"name\":\"\\ude00\\ud83d\\ude00\"}]}}");
    check(129, "half a pair in a member's name", STAY,
          "OK A 200 items=2 z@b(Zo\xEF\xBF\xBD) b@b(\xEF\xBF\xBD\xF0\x9F\x98\x80) kept");
    ask = exchange_invite;
    show_to = false;
    cap = CAP;
}

/* Rows 127, 128 and 136: the server's no, and its words. */
static void field_refusals(void **state)
{
    static const char *const bodies[] = {
        "{\"error\":\"invalid key\"}",
        "{\"message\":[\"to must be an email\"]}",
        "{\"errors\":[{\"msg\":\"no\"}]}",
        "{\"message\":null,\"x\":1}",
        "{\"message\":{\"text\":\"no\"}}",
        "[\"no\"]",
        "no",
    };
    static const char control[] = "<p title=\"\1\2\3\4\5\6\7\10\">\"\1\"\10";
    char name[64], expected[128], told[41];
    unsigned i;

    (void)state;
    ask = ask_for;
    for (i = 0; i < OPERATIONS; i++) {
        operation = (enum operation)i;
        (void)snprintf(name, sizeof name, "200 that says fail, operation %u", i);
        add_reply("HTTP/1.1 200 OK\r\n", "{\"status\":\"fail\",\"message\":\"no such organization\"}");
        check(127, name, STAY, "STATUS U 200 \"no such organization\" kept");
        (void)snprintf(name, sizeof name, "201 with data that says error at its end, operation %u", i);
        add_reply("HTTP/1.1 201 Created\r\n",
                  "{\"data\":{\"invites\":[{\"to\":\"a@b\"}],\"users\":[{}],\"projects\":[{}],"
                  "\"project\":{\"assignedTo\":[{}]}},\"message\":\"no\",\"status\":\"error\"}");
        check(127, name, STAY, "STATUS U 201 \"no\" kept");
    }
    ask = exchange_invite;
    for (i = 0; i < SAMPLES(bodies); i++) {
        (void)snprintf(told, sizeof told, "%s", bodies[i]);
        add_reply("HTTP/1.1 400 Bad Request\r\n", bodies[i]);
        (void)snprintf(expected, sizeof expected, "STATUS R 400 \"%s\" kept", told);
        check(128, bodies[i], STAY, expected);
        add_reply("HTTP/1.1 503 Busy\r\n", bodies[i]);
        (void)snprintf(name, sizeof name, "503: %s", bodies[i]);
        (void)snprintf(expected, sizeof expected, "STATUS U 503 \"%s\" kept", told);
        check(128, name, STAY, expected);
    }
    add_reply("HTTP/1.1 403 Forbidden\r\n", control);
    check(136, "control characters in a gateway's page", STAY, "STATUS R 403 \"<p title=\"........\">\".\".\" kept");
    /* And byte for byte. */
    add_reply("HTTP/1.1 403 Forbidden\r\n", control);
    events[REPLY].len = reply_len;
    events[END].what = STAY;
    reply_len = 0;
    assert_int_equal(exchange_begin(&x, events, cap), ANGO_OK);
    assert_int_equal(exchange_invite(&x), ANGO_E_STATUS);
    hostile_case(136, "as it came", "as it came",
                 strcmp(x.client.result.message, control) == 0 ? "as it came" : "changed");
    ango_close(&x.client);
}

/* Row 130: what is there is shown, and what is missing is empty. */
static void field_shapes(void **state)
{
    static const char *const odd[] = { "null", "\"1\"", "true", "[]", "{}", "[1]" };
    char body[160], name[64];
    size_t i;

    (void)state;
    ask = update_roles;
    check_body(130, "updated members and not results",
               IN_DATA("\"users\":[{\"_id\":\"u\",\"email\":\"zoe@example.com\",\"organizationRole\":\"admin\"}]"),
               "OK A 200 0+0 kept");
    check_body(130, "data null", "{\"status\":\"success\",\"data\":null}", "OK A 200 0+0 kept");
    check_body(130, "data a sentence", "{\"status\":\"success\",\"data\":\"done\"}", "OK A 200 0+0 kept");
    check_body(130, "results only", IN_DATA("\"users\":{\"results\":[{\"email\":\"a@b\"}]}"),
               "OK A 200 items=1 0+0 kept");
    check_body(130, "counts only", IN_DATA("\"users\":{\"updated\":2}"), "OK A 200 2+0 kept");
    check_body(130, "no data", "{\"status\":\"success\"}", "OK A 200 0+0 kept");
    for (i = 0; i < SAMPLES(odd); i++) {
        (void)snprintf(body, sizeof body, IN_DATA("\"users\":{\"updated\":%s,\"failed\":3}"), odd[i]);
        (void)snprintf(name, sizeof name, "count: %s", odd[i]);
        check_body(130, name, body, "OK A 200 0+3 kept");
    }
    ask = list_projects;
    for (i = 0; i < SAMPLES(odd); i++) {
        (void)snprintf(body, sizeof body, IN_DATA("\"projects\":[{\"_id\":\"p\"}],\"total\":%s"), odd[i]);
        (void)snprintf(name, sizeof name, "total: %s", odd[i]);
        check_body(130, name, body, "OK A 200 items=1 total=0 kept");
    }
    ask = exchange_invite;
}

/* Rows 131 to 133: what gateways make of the framing. */
static void field_framing(void **state)
{
    static const char *const padding[] = {
        " ", "    ", "\t", " \t ", " ;a=b", " ; a=b", "\t;", ";a=b ", " ;a=\"b c\""
    };
    static const char *const matter[] = {
        "Content-Length: 5\r\n 6",           "Transfer-Encoding:\r\n chunked", "Content-Encoding: identity\r\n\tx",
        "Connection: keep-alive,\r\n close", "Retry-After: 1\r\n 2",           "cONNECTION: a;\r\n b;\r\n c"
    };
    static const char *const let_pass[] = { "Content-Security-Policy: a;\r\n b;\r\n\tc", "X:\r\n Content-Length: 5",
                                            "X: a\r\n ", "X: a\r\n\t\r\n \t", "X: a\r\n Transfer-Encoding: gzip" };
    static const char *const odd[] = { "Transfer-Encoding: identity",
                                       "Content-Length: x",
                                       "Content-Length: 1\r\nContent-Length: 2",
                                       "Transfer-Encoding: chunked\r\nContent-Length: 5",
                                       "Content-Encoding: gzip",
                                       "Transfer-Encoding: gzip\r\n chunked" };
    char name[80];
    size_t i;

    (void)state;
    for (i = 0; i < SAMPLES(padding); i++) {
        (void)snprintf(name, sizeof name, "padding %u", (unsigned)i + 1);
        add_chunked();
        add_number("%lx", sizeof BODY - 1);
        add(padding[i]);
        add("\r\n" BODY "\r\n0");
        add(padding[i]);
        add("\r\n\r\n");
        check(131, name, STAY, OK_KEPT);
    }
    add_chunked();
    add_number("%08lx\r\n" BODY "\r\n00000000\r\n\r\n", sizeof BODY - 1);
    check(131, "8 digits with zeros in front", STAY, OK_KEPT);
    for (i = 0; i < SAMPLES(let_pass); i++) {
        (void)snprintf(name, sizeof name, "behind what nobody wants %u", (unsigned)i + 1);
        add("HTTP/1.1 200 OK\r\n");
        add(let_pass[i]);
        add_reply("\r\n", BODY);
        check(132, name, STAY, OK_KEPT);
    }
    for (i = 0; i < SAMPLES(matter); i++) {
        (void)snprintf(name, sizeof name, "behind what matters %u", (unsigned)i + 1);
        add("HTTP/1.1 200 OK\r\n");
        add(matter[i]);
        add_reply("\r\n", BODY);
        check(132, name, STAY, i == 4 ? "HTTP U 200 retry=1" : "HTTP U 200");
    }
    for (i = 0; i < SAMPLES(odd); i++) {
        (void)snprintf(name, sizeof name, "in a 100: %u", (unsigned)i + 1);
        add("HTTP/1.1 100 Continue\r\n");
        add(odd[i]);
        add_reply("\r\n\r\nHTTP/1.1 200 OK\r\n", BODY);
        check(133, name, STAY, OK_KEPT);
        (void)snprintf(name, sizeof name, "in a 204: %u", (unsigned)i + 1);
        add("HTTP/1.1 204 No Content\r\n");
        add(odd[i]);
        add("\r\n\r\n");
        check(133, name, STAY, i == 4 ? "OK A 204 kept" : "OK A 204");
        (void)snprintf(name, sizeof name, "in a 304: %u", (unsigned)i + 1);
        add("HTTP/1.1 304 Not Modified\r\n");
        add(odd[i]);
        add("\r\n\r\n");
        check(133, name, STAY, i == 4 ? "STATUS R 304 kept" : "STATUS R 304");
        (void)snprintf(name, sizeof name, "but in a 200: %u", (unsigned)i + 1);
        add("HTTP/1.1 200 OK\r\n");
        add(odd[i]);
        add("\r\n\r\n" BODY);
        check(133, name, SCRIPT_FIN, "HTTP U 200");
    }
}

static int open_exchange(void **state)
{
    (void)state;
    cap = CAP;
    unix_time = 1795000000;
    exchange_open(&x, 1 << 20);
    return 0;
}

static int shut_exchange(void **state)
{
    (void)state;
    exchange_shut(&x);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_line),
        cmocka_unit_test(before_status_line),
        cmocka_unit_test(header_size),
        cmocka_unit_test(header_syntax),
        cmocka_unit_test(stalls),
        cmocka_unit_test(content_length),
        cmocka_unit_test(transfer_encoding),
        cmocka_unit_test(chunk_size),
        cmocka_unit_test(chunks),
        cmocka_unit_test(interim),
        cmocka_unit_test(no_body),
        cmocka_unit_test(until_close),
        cmocka_unit_test(early_reply),
        cmocka_unit_test(coding_and_size),
        cmocka_unit_test(statuses),
        cmocka_unit_test(retry_after),
        cmocka_unit_test(cuts),
        cmocka_unit_test(json_syntax),
        cmocka_unit_test(json_text),
        cmocka_unit_test(json_limits),
        cmocka_unit_test(json_long),
        cmocka_unit_test(json_members),
        cmocka_unit_test(json_numbers),
        cmocka_unit_test(json_required),
        cmocka_unit_test(json_whole),
        cmocka_unit_test(field_headers),
        cmocka_unit_test(field_entries),
        cmocka_unit_test(field_refusals),
        cmocka_unit_test(field_shapes),
        cmocka_unit_test(field_framing),
    };

    return cmocka_run_group_tests(tests, open_exchange, shut_exchange);
}
