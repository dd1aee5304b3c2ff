/*
 * The HTTP parser by itself, its buffer ending right before a page that cannot be touched: each reply whole,
 * byte by byte and in two pieces at each offset, in buffers from the smallest upwards, which makes no
 * difference, and cut at every length; the same for replies with random bytes changed. Requests are in
 * test_request.c. What a reply means to a caller is in tests/hostile/test_reply.c.
 */
#define _DEFAULT_SOURCE /* timegm */

#include "reading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define MOST 65536u

static struct reading reading;

/* In every way, in `cap` bytes; returns what ango_http_take said last. */
static int take_in(size_t cap, const char *reply, size_t len)
{
    const char *broken;

    reading.cap = cap;
    broken = reading_every_way(&reading, reading_reply, reply, len);
    if (broken != NULL)
        fail_msg("%s\n%.*s\ncap %lu, piece %lu, split %lu: %s\nbut whole: %s", broken, (int)len, reply,
                 (unsigned long)cap, (unsigned long)reading.piece, (unsigned long)reading.split, reading.said,
                 reading.first);
    return reading.http_err;
}

/* Body, then the line about the rest. */
static void expect(const char *reply, const char *said)
{
    static const size_t caps[] = { ANGO_ROOM_MIN, ANGO_ROOM_MIN + 1, ANGO_ROOM_MIN + 100, 1024 };
    size_t i;

    for (i = 0; i < COUNT(caps); i++) {
        (void)take_in(caps[i], reply, strlen(reply));
        if (strcmp(reading.said, said) != 0)
            fail_msg("%s\nin %lu is\n%s\nnot\n%s", reply, (unsigned long)caps[i], reading.said, said);
    }
}

/* --- replies -------------------------------------------------------------------------------------------- */

#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

static const struct reply {
    const char *text;
    unsigned status;
    const char *body;
    bool keep;
} good[] = {
    { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", true },
    { "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200, "", true },
    { "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", false },
    { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nContent-Length: 9\r\n\r\nHTTP/1.1 201 "
      "Created\r\nContent-Length:5\r\n\r\nhello",
      201, "hello", true },
    { "HTTP/1.1 404 Not Found\r\nServer: x\r\nX:\r\nY: \t \r\ncontent-length: \t 05 \t\r\nConnection: "
      "close\r\n\r\nhello",
      404, "hello", false },
    { CHUNKED "5\r\nhello\r\n0\r\n\r\n", 200, "hello", true },
    { CHUNKED "1\r\nh\r\n2\r\nel\r\n00002\r\nlo\r\n000\r\n\r\n", 200, "hello", true },
    { CHUNKED "A;name=value\r\n0123456789\r\n1;\r\nx\r\n0;a;b;c\r\nTrailer: x\r\nContent-Length: 7\r\n\r\n", 200,
      "0123456789x", true },
    { CHUNKED "0\r\n\r\n", 200, "", true },
    { "HTTP/1.1 204 No Content\r\n\r\n", 204, "", true },
    { "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, "", false },
    { "HTTP/1.1 429 Slow\r\nRetry-After: 17\r\nContent-Length: 5\r\n\r\nhello", 429, "hello", true },
    { "HTTP/1.1 503 Busy\r\nContent-Encoding: identity\r\nTransfer-Encoding: "
      "chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
      503, "hello", true },
};

static void every_capacity(void **state)
{
    size_t i, cap;

    (void)state;
    for (i = 0; i < COUNT(good); i++) {
        const struct reply *r = &good[i];
        char said[256];

        (void)snprintf(said, sizeof said, "%s\nhttp OK %u retry=%d keep=%d\n", r->body, r->status,
                       r->status == 429 ? 17 : 0, r->keep);
        for (cap = ANGO_ROOM_MIN; cap < ANGO_ROOM_MIN + 120; cap += cap < ANGO_ROOM_MIN + 4 ? 1 : 23) {
            (void)take_in(cap, r->text, strlen(r->text));
            assert_string_equal(reading.said, said);
        }
    }
}

static void every_length(void **state)
{
    size_t i, n;

    (void)state;
    for (i = 0; i < COUNT(good); i++)
        for (n = 0; n < strlen(good[i].text); n++) {
            assert_int_equal(take_in(ANGO_ROOM_MIN, good[i].text, n), ANGO_E_WAIT);
            /* Nothing of these is ended by the end. */
            reading.closes = true;
            assert_int_equal(take_in(ANGO_ROOM_MIN, good[i].text, n), ANGO_E_TRUNCATED);
            reading.closes = false;
        }
}

static void to_close(void **state)
{
    static const char reply[] = "HTTP/1.1 200 OK\r\nServer: x\r\n\r\nhello";
    size_t head_len = sizeof reply - 1 - 5;
    size_t n;

    (void)state;
    reading.closes = true;
    for (n = 0; n < sizeof reply; n++) {
        char said[64];

        assert_int_equal(take_in(ANGO_ROOM_MIN, reply, n), n < head_len ? ANGO_E_TRUNCATED : ANGO_OK);
        if (n < head_len)
            continue;
        (void)snprintf(said, sizeof said, "%.*s\nhttp OK 200 retry=0 keep=0\n", (int)(n - head_len), "hello");
        assert_string_equal(reading.said, said);
    }
    reading.closes = false;
    assert_int_equal(take_in(ANGO_ROOM_MIN, reply, sizeof reply - 1), ANGO_E_WAIT);
}

/* What follows a reply stays where it is, and is seen. */
static void more_behind(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(good); i++) {
        char text[512];
        char said[256];
        int len = snprintf(text, sizeof text, "%sHTTP/1.1 500 Oops\r\n\r\n", good[i].text);

        (void)take_in(1024, text, (size_t)len);
        (void)snprintf(said, sizeof said, "%s\nhttp OK %u retry=%d keep=0\n", good[i].body, good[i].status,
                       good[i].status == 429 ? 17 : 0);
        assert_string_equal(reading.said, said);
    }
}

/* --- lines ---------------------------------------------------------------------------------------------- */

#define OK "HTTP/1.1 200 OK\r\n"
#define LENGTH "Content-Length: 2\r\n"

static void lines(void **state)
{
    static const struct {
        const char *reply;
        const char *said;
    } cases[] = {
        /* Spaces around a chunk's size, before an extension or not (131). */
        { CHUNKED "2  \r\nok\r\n0 \r\n\r\n", "ok\nhttp OK 200 retry=0 keep=1\n" },
        { CHUNKED "2\t ;x\r\nok\r\n0\t\r\n\r\n", "ok\nhttp OK 200 retry=0 keep=1\n" },
        { CHUNKED "00000002      \r\nok\r\n00000000\r\n\r\n", "ok\nhttp OK 200 retry=0 keep=1\n" },
        { CHUNKED " 2\r\nok\r\n0\r\n\r\n", "\nhttp HTTP 200 retry=0 keep=0\n" },
        { CHUNKED "2 x\r\nok\r\n0\r\n\r\n", "\nhttp HTTP 200 retry=0 keep=0\n" },
        { CHUNKED "2 2\r\nok\r\n0\r\n\r\n", "\nhttp HTTP 200 retry=0 keep=0\n" },
        { CHUNKED "2\r\nok \r\n0\r\n\r\n", "ok\nhttp HTTP 200 retry=0 keep=0\n" },
        { CHUNKED "0FFFFFFF\r\nok", "ok\nhttp WAIT 200 retry=0 keep=0\n" },
        { CHUNKED "10000000\r\nok", "\nhttp HTTP 200 retry=0 keep=0\n" },
        { CHUNKED "100000002\r\nok", "\nhttp HTTP 200 retry=0 keep=0\n" },
        /* A line that goes on (132): behind what nobody wants, or behind what matters. */
        { OK "X: a\r\n b\r\n\tc\r\n" LENGTH "\r\nok", "ok\nhttp OK 200 retry=0 keep=1\n" },
        { OK LENGTH "X: a\r\n \r\n\r\nok", "ok\nhttp OK 200 retry=0 keep=1\n" },
        { OK LENGTH " 2\r\n\r\nok", "\nhttp HTTP 200 retry=0 keep=0\n" },
        { OK LENGTH " \r\n\r\nok", "\nhttp HTTP 200 retry=0 keep=0\n" },
        { OK "Connection: close\r\n x\r\n" LENGTH "\r\nok", "\nhttp HTTP 200 retry=0 keep=0\n" },
        { OK " x\r\n" LENGTH "\r\nok", "\nhttp HTTP 200 retry=0 keep=0\n" },
        { OK "Retry-After: 1\r\n 7\r\n" LENGTH "\r\nok", "\nhttp HTTP 200 retry=1 keep=0\n" },
        /* In a 1xx, a 204 or a 304 they count for nothing (133). */
        { "HTTP/1.1 100 C\r\nTransfer-Encoding: identity\r\nContent-Length: x\r\n y\r\n\r\n" OK LENGTH "\r\nok",
          "ok\nhttp OK 200 retry=0 keep=1\n" },
        { "HTTP/1.1 103 E\r\nConnection: close\r\nRetry-After: 9\r\nContent-Encoding: br\r\n\r\n" OK LENGTH "\r\nok",
          "ok\nhttp OK 200 retry=0 keep=1\n" },
        { "HTTP/1.0 100 C\r\n\r\n" CHUNKED "0\r\n\r\n", "\nhttp OK 200 retry=0 keep=1\n" },
        { "HTTP/1.1 204 N\r\nTransfer-Encoding: identity\r\nContent-Length: x\r\n\r\n",
          "\nhttp OK 204 retry=0 keep=0\n" },
        { "HTTP/1.1 304 N\r\nContent-Length: 1\r\nContent-Length: 1\r\nContent-Encoding: br\r\n\r\n",
          "\nhttp OK 304 retry=0 keep=0\n" },
        { "HTTP/1.1 101 S\r\n\r\n", "\nhttp HTTP 0 retry=0 keep=0\n" },
        /* Ambiguous, or what this client does not take. */
        { OK LENGTH LENGTH "\r\nok", "\nhttp HTTP 200 retry=0 keep=0\n" },
        { OK LENGTH "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "\nhttp HTTP 200 retry=0 keep=0\n" },
        { OK "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "\nhttp HTTP 200 retry=0 keep=0\n" },
        { "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "\nhttp HTTP 200 retry=0 keep=0\n" },
        { OK "Content-Length: 4294967295\r\n\r\nok", "\nhttp TOO_BIG 200 retry=0 keep=0\n" },
        { OK "Content-Length: 4294967294\r\n\r\nok", "ok\nhttp WAIT 200 retry=0 keep=0\n" },
        { OK "Content-Length: 00000000000000000000002\r\n\r\nok", "ok\nhttp OK 200 retry=0 keep=1\n" },
        { OK "Content-Length: 99999999999999999999\r\n\r\nok", "\nhttp TOO_BIG 200 retry=0 keep=0\n" },
        { OK "Content-Length: +2\r\n\r\nok", "\nhttp HTTP 200 retry=0 keep=0\n" },
        { OK "Content-Length:\r\n\r\nok", "\nhttp HTTP 200 retry=0 keep=0\n" },
        { OK "Content-Length : 2\r\n\r\nok", "\nhttp HTTP 0 retry=0 keep=0\n" },
        { OK ": 2\r\n\r\nok", "\nhttp HTTP 0 retry=0 keep=0\n" },
        { OK "X\r\n\r\nok", "\nhttp HTTP 0 retry=0 keep=0\n" },
        { OK "X: a\rb\r\n\r\n", "\nhttp HTTP 0 retry=0 keep=0\n" },
        { OK "X: a\n\r\n", "\nhttp HTTP 0 retry=0 keep=0\n" },
        { OK "X: \x7F\r\n\r\n", "\nhttp HTTP 0 retry=0 keep=0\n" },
        { OK "X: \x80\xFF\r\n" LENGTH "\r\nok", "ok\nhttp OK 200 retry=0 keep=1\n" },
        { OK "Connection: Keep-Alive\r\n" LENGTH "\r\nok", "ok\nhttp OK 200 retry=0 keep=1\n" },
        { OK "Connection: keep-alive, x\r\n" LENGTH "\r\nok", "ok\nhttp OK 200 retry=0 keep=0\n" },
        { "HTTP/1.1 99 X\r\n", "\nhttp HTTP 0 retry=0 keep=0\n" },
        { "HTTP/1.1 099 X\r\n", "\nhttp HTTP 0 retry=0 keep=0\n" },
        { "HTTP/1.1 600 X\r\n", "\nhttp HTTP 0 retry=0 keep=0\n" },
        { "HTTP/1.1 2000 X\r\n", "\nhttp HTTP 0 retry=0 keep=0\n" },
        { "HTTP/1.1 200X\r\n", "\nhttp HTTP 0 retry=0 keep=0\n" },
        { "HTTP/1.2 200 X\r\n", "\nhttp HTTP 0 retry=0 keep=0\n" },
        { "HTTP/2 200 X\r\n", "\nhttp HTTP 0 retry=0 keep=0\n" },
        { "http/1.1 200 X\r\n", "\nhttp HTTP 0 retry=0 keep=0\n" },
        { "\r\nHTTP/1.1 200 X\r\n", "\nhttp HTTP 0 retry=0 keep=0\n" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(cases); i++)
        expect(cases[i].reply, cases[i].said);
}

/*
 * A line is looked at to its 64th byte. A value of just that length counts, of one that is longer nothing is
 * believed: not a length, not a coding, not that the connection goes on. Wherever the line was cut.
 */
static void line_lengths(void **state)
{
    static const struct {
        const char *name;
        const char *value;
        bool still_ok; /* when it is too long */
    } cases[] = {
        { "Content-Length:", "2", false },
        { "Transfer-Encoding:", "chunked", false },
        { "Content-Encoding:", "identity", false },
        { "Connection:", "keep-alive", true },
        { "Retry-After:", "7", true },
        { "X:", "y", true },
    };
    char reply[512];
    size_t i;
    int len, pad;

    (void)state;
    for (i = 0; i < COUNT(cases); i++)
        for (len = 60; len < 72; len++)
            for (pad = 0; pad < 2; pad++) { /* spaces in front of the value, or behind it */
                bool cut = len > ANGO_HTTP_LINE_MAX;
                int spaces = len - (int)(strlen(cases[i].name) + strlen(cases[i].value));
                const char *more = i == 0 ? "" : i == 1 ? "" : LENGTH;
                const char *body = i == 1 ? "2\r\nok\r\n0\r\n\r\n" : "ok";
                char said[128];

                (void)snprintf(reply, sizeof reply, OK "%s%*s%s%*s\r\n%s\r\n%s", cases[i].name, pad == 0 ? spaces : 0,
                               "", cases[i].value, pad == 0 ? 0 : spaces, "", more, body);
                if (cut && !cases[i].still_ok)
                    (void)snprintf(said, sizeof said, "\nhttp HTTP 200 retry=0 keep=0\n");
                else
                    (void)snprintf(said, sizeof said, "ok\nhttp OK 200 retry=%d keep=%d\n", i == 4 && !cut ? 7 : 0,
                                   !(i == 3 && cut));
                expect(reply, said);
            }
    /* A name of more than 64 bytes is none of ours; a status line may be of any length. */
    for (len = 60; len < 72; len++) {
        (void)snprintf(reply, sizeof reply, "HTTP/1.1 200 %0*d\r\n%0*d: x\r\n" LENGTH "\r\nok", len, 0, len, 0);
        expect(reply, "ok\nhttp OK 200 retry=0 keep=1\n");
        /* A line whose name, as far as it is looked at, has a space in it is no header. */
        (void)snprintf(reply, sizeof reply, OK "%0*d x: y\r\n" LENGTH "\r\nok", len, 0);
        expect(reply, len < ANGO_HTTP_LINE_MAX ? "\nhttp HTTP 0 retry=0 keep=0\n" : "ok\nhttp OK 200 retry=0 keep=1\n");
        /* The size of a chunk is not believed when it is not seen to its end. */
        (void)snprintf(reply, sizeof reply, CHUNKED "2%*s\r\nok\r\n0;%0*d\r\n%0*d\r\n\r\n", len - 1, "", len, 0, len,
                       0);
        expect(reply,
               len > ANGO_HTTP_LINE_MAX ? "\nhttp HTTP 200 retry=0 keep=0\n" : "ok\nhttp OK 200 retry=0 keep=1\n");
        (void)snprintf(reply, sizeof reply, CHUNKED "2;%*s\r\nok\r\n%0*d\r\n\r\n", len, "", len, 0);
        expect(reply,
               len > ANGO_HTTP_LINE_MAX ? "ok\nhttp HTTP 200 retry=0 keep=0\n" : "ok\nhttp OK 200 retry=0 keep=1\n");
    }
}

/* A repeat of `unit`, `n` bytes of it, between two texts. */
static size_t repeat(char *to, const char *before, const char *unit, size_t n, const char *behind)
{
    size_t len = strlen(before);
    size_t i;

    memcpy(to, before, len);
    for (i = 0; i < n; i++)
        to[len++] = unit[i % strlen(unit)];
    memcpy(to + len, behind, strlen(behind) + 1);
    return len + strlen(behind);
}

/* The head, a chunk's lines and the trailers may take 65,536 bytes each, to the byte, in one line or in many. */
static void endless_lines(void **state)
{
    static char reply[3 * ANGO_HTTP_LINES_MAX];
    static const struct {
        const char *before;
        const char *unit;
        const char *behind;
        size_t counted; /* of `before` and `behind` */
        const char *said;
        const char *too_many;
    } cases[] = {
        { OK "X: ", "x", "\r\n" LENGTH "\r\nok", 17 + 3 + 2 + 19 + 2, "ok\nhttp OK 200 retry=0 keep=1\n",
          "\nhttp TOO_BIG 0 retry=0 keep=0\n" },
        { "HTTP/1.1 100 C\r\n\r\n" OK, "X:y\r\n", LENGTH "\r\nok", 16 + 2 + 17 + 19 + 2,
          "ok\nhttp OK 200 retry=0 keep=1\n", "\nhttp TOO_BIG 0 retry=0 keep=0\n" },
        { CHUNKED "2;", "x", "\r\nok\r\n0\r\n\r\n", 47 + 2 + 2, "ok\nhttp OK 200 retry=0 keep=1\n",
          "\nhttp TOO_BIG 200 retry=0 keep=0\n" },
        { CHUNKED "2\r\nok\r\n0;", "x", "\r\n\r\n", 2 + 2 + 2 + 2, "ok\nhttp OK 200 retry=0 keep=1\n",
          "ok\nhttp TOO_BIG 200 retry=0 keep=0\n" },
        { CHUNKED "2\r\nok\r\n0\r\n", "X:y\r\n", "\r\n", 2 + 3 + 2, "ok\nhttp OK 200 retry=0 keep=1\n",
          "ok\nhttp TOO_BIG 200 retry=0 keep=0\n" },
    };
    size_t i, n;

    (void)state;
    assert_int_equal(strlen(CHUNKED), 47);
    for (i = 0; i < COUNT(cases); i++) {
        size_t most = ANGO_HTTP_LINES_MAX - cases[i].counted;
        size_t unit = strlen(cases[i].unit);

        for (n = most / unit * unit - unit; n <= most + 2 * unit; n += unit) {
            size_t len = repeat(reply, cases[i].before, cases[i].unit, n, cases[i].behind);
            const char *broken;

            reading.cap = ANGO_ROOM_MIN + n % 3;
            broken = reading_some_ways(&reading, reading_reply, reply, len, 2, (uint32_t)n);
            if (broken != NULL || strcmp(reading.said, n <= most ? cases[i].said : cases[i].too_many) != 0)
                fail_msg("%s and %lu bytes: %s, %s", cases[i].before, (unsigned long)n,
                         broken != NULL ? broken : "wrong", reading.said);
        }
    }
    /* Each chunk has as many for itself. */
    for (n = 0; n < 2; n++) {
        size_t len = repeat(reply, CHUNKED "1;", "x", 40000, "\r\no\r\n1;");

        len += repeat(reply + len, "", "y", 40000, "\r\nk\r\n0\r\n\r\n");
        reading.cap = ANGO_ROOM_MIN;
        assert_null(reading_some_ways(&reading, reading_reply, reply, len, 2, 7));
        assert_string_equal(reading.said, "ok\nhttp OK 200 retry=0 keep=1\n");
    }
}

/* Bodies of any length pass through the smallest buffer. */
static void long_bodies(void **state)
{
    static char reply[200000];
    char before[128];
    size_t len;

    (void)state;
    (void)snprintf(before, sizeof before, OK "Content-Length: 150000\r\n\r\n");
    len = repeat(reply, before, "0123456789", 150000, "");
    reading.cap = ANGO_ROOM_MIN;
    assert_null(reading_some_ways(&reading, reading_reply, reply, len, 3, 11));
    assert_int_equal(reading.http_err, ANGO_OK);
    assert_int_equal(strlen(strchr(reading.said, '\n')), strlen("\nhttp OK 200 retry=0 keep=1\n"));
    assert_int_equal(strchr(reading.said, '\n') - reading.said, 150000);
    len = repeat(reply, CHUNKED, "3\r\nabc\r\n", 160000, "0\r\n\r\n");
    assert_null(reading_some_ways(&reading, reading_reply, reply, len, 3, 12));
    assert_int_equal(reading.http_err, ANGO_OK);
    assert_int_equal(strchr(reading.said, '\n') - reading.said, 60000);
}

static void interim(void **state)
{
    char reply[1024];
    unsigned n;

    (void)state;
    for (n = 0; n <= ANGO_INTERIM_MAX + 1; n++) {
        size_t len = repeat(reply, "", "HTTP/1.1 100 C\r\n\r\n", n * 18, OK LENGTH "\r\nok");

        assert_int_equal(take_in(ANGO_ROOM_MIN, reply, len), n <= ANGO_INTERIM_MAX ? ANGO_OK : ANGO_E_HTTP);
    }
}

static uint32_t random_bits(void)
{
    static uint32_t x = 2463534242u;

    x ^= x << 13;
    x ^= x >> 17;
    return x ^= x << 5;
}

/* Bytes that matter to the parser, put anywhere: whatever comes of it, neither the pieces nor the buffer do. */
static void random_changes(void **state)
{
    static const char bytes[] = "\r\n\r\n \t:;0123456789aAfFgG-+\0\x7F\x80\xFF"
                                "HTTP/1.";
    unsigned round, counts[3] = { 0, 0, 0 };

    (void)state;
    for (round = 0; round < 12000; round++) {
        char text[512];
        const char *base = good[random_bits() % COUNT(good)].text;
        size_t len = strlen(base);
        unsigned changes = 1 + random_bits() % 4;
        char said[600];
        const char *broken;

        memcpy(text, base, len);
        while (changes-- > 0) {
            size_t at = random_bits() % len;
            char byte = bytes[random_bits() % (sizeof bytes - 1)];
            unsigned how = random_bits() % 3;

            if (how == 0) {
                text[at] = byte;
            } else if (how == 1 && len < sizeof text) {
                memmove(text + at + 1, text + at, len++ - at);
                text[at] = byte;
            } else if (how == 2 && len > 1) {
                memmove(text + at, text + at + 1, --len - at);
            }
        }
        reading.closes = round % 4 == 0;
        reading.cap = ANGO_ROOM_MIN;
        broken = reading_some_ways(&reading, reading_reply, text, len, 2, random_bits());
        assert_true(reading.said_len < sizeof said);
        memcpy(said, reading.said, reading.said_len + 1);
        if (broken == NULL) {
            reading.cap = 1024;
            broken = reading_some_ways(&reading, reading_reply, text, len, 1, random_bits());
        }
        if (broken == NULL && memcmp(said, reading.said, reading.said_len + 1) != 0)
            broken = "another reply in a larger buffer";
        if (broken != NULL)
            fail_msg("round %u, piece %lu, split %lu, random %lu: %s\n%.*s\n%s\nwhole: %s", round,
                     (unsigned long)reading.piece, (unsigned long)reading.split, (unsigned long)reading.random, broken,
                     (int)len, text, reading.said, reading.first);
        counts[reading.http_err == ANGO_OK ? 0 : reading.http_err == ANGO_E_HTTP ? 1 : 2]++;
    }
    reading.closes = false;
    reading.cap = 1024;
    /* Each of them did come about. */
    for (round = 0; round < COUNT(counts); round++)
        assert_true(counts[round] > 100);
}

/* --- Retry-After as a date ------------------------------------------------------------------------------ */

static uint32_t wait_until(const char *date)
{
    char text[128];
    int len = snprintf(text, sizeof text, "HTTP/1.1 503 Busy\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n", date);

    reading.piece = reading.split = reading.random = 0;
    reading_reply(&reading, text, (size_t)len);
    assert_null(reading.broken);
    assert_int_equal(reading.http_err, ANGO_OK);
    return reading.http.retry_after_s;
}

static void dates(void **state)
{
    char text[64];
    int64_t from, wait;
    int i;

    (void)state;
    for (i = 0; i < 3000; i++) {
        time_t then;

        /* 1970 to 2099, each day's beginning and end among them. */
        from = 1 + (int64_t)(random_bits() % 4102000000u);
        if (i % 3 == 0)
            from = from / 86400 * 86400 + (i % 2 == 0 ? 0 : 86399);
        wait = (int64_t)(random_bits() % 100000) - 5000;
        then = (time_t)(from + wait);
        if (then < 1 || from < 1)
            continue;
        (void)strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", gmtime(&then));
        reading.now = (uint32_t)from;
        if (wait_until(text) != (uint32_t)(wait < 0 ? 0 : wait > ANGO_RETRY_AFTER_MAX ? ANGO_RETRY_AFTER_MAX : wait))
            fail_msg("%s is not %ld s after %ld", text, (long)wait, (long)from);
    }
    reading.now = 0;
    assert_int_equal(wait_until("Sun, 06 Nov 1994 08:49:37 GMT"), 0);
}

/* Where nobody reads dates, one says nothing; a number still does. */
static void no_dates(void **state)
{
    static const struct {
        const char *value;
        uint32_t seconds;
    } cases[] = { { "Sun, 06 Nov 1994 08:49:37 GMT", 0 }, { "17", 17 }, { "", 0 }, { "soon", 0 } };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(cases); i++) {
        struct ango_http http = { 0 };
        struct ango_room room;
        uint8_t text[256];
        int len = snprintf((char *)text, sizeof text,
                           "HTTP/1.1 503 Busy\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n", cases[i].value);

        ango_http_begin(&http, NULL, 784111000);
        memset(&room, 0, sizeof room);
        room.next = text;
        room.end = text + len;
        assert_int_equal(ango_http_take(&http, &room), ANGO_OK);
        assert_int_equal(http.status, 503);
        assert_int_equal(http.retry_after_s, cases[i].seconds);
    }
}

static int open_room(void **state)
{
    (void)state;
    reading_open(&reading, MOST);
    return 0;
}

static int shut_room(void **state)
{
    (void)state;
    reading_shut(&reading);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_capacity), cmocka_unit_test(every_length), cmocka_unit_test(to_close),
        cmocka_unit_test(more_behind),    cmocka_unit_test(lines),        cmocka_unit_test(line_lengths),
        cmocka_unit_test(endless_lines),  cmocka_unit_test(long_bodies),  cmocka_unit_test(interim),
        cmocka_unit_test(random_changes), cmocka_unit_test(dates),        cmocka_unit_test(no_dates),
    };

    return cmocka_run_group_tests(tests, open_room, shut_room);
}
