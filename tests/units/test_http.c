/*
 * The HTTP parser by itself, its buffer ending right before a page that cannot be touched: each reply whole,
 * byte by byte and split at each offset, in a buffer of every size, and cut at every length; the same for
 * replies with random bytes changed. Then the head of a request. What a reply means to a caller is in
 * tests/hostile/test_reply.c.
 */
#define _DEFAULT_SOURCE /* timegm */

#include "guard.h"
#include "http.h"

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

static struct guard room;

struct outcome {
    int err; /* of the last ango_http_take, or ANGO_E_WAIT */
    unsigned status;
    uint32_t retry_after_s;
    bool keep;
    size_t body_len;
    char body[512];
};

static const char *name_of(int err)
{
    return err == ANGO_OK          ? "OK"
           : err == ANGO_E_WAIT    ? "WAIT"
           : err == ANGO_E_HTTP    ? "HTTP"
           : err == ANGO_E_TOO_BIG ? "TOO_BIG"
                                   : "?";
}

static uint32_t now;

/* Gives the reply to a parser with `cap` bytes, in pieces of up to `piece` bytes, none across `split`. */
static void take(struct outcome *o, const char *reply, size_t len, size_t cap, size_t piece, size_t split)
{
    struct ango_http h;
    size_t at = 0;

    memset(&h, 0, sizeof h);
    memset(o, 0, sizeof *o);
    ango_http_begin(&h, guard_room(&room, cap + 1), cap);
    h.now = now;
    o->err = ANGO_E_WAIT;
    while (at < len && o->err == ANGO_E_WAIT) {
        size_t n = len - at;

        assert_true(h.end < h.limit);
        if (n > (size_t)(h.limit - h.end))
            n = (size_t)(h.limit - h.end);
        if (piece != 0 && n > piece)
            n = piece;
        if (at < split && n > split - at)
            n = split - at;
        memcpy(h.end, reply + at, n);
        at += n;
        o->err = ango_http_take(&h, n);
        assert_true(h.buf <= h.body_end && h.body_end <= h.end && h.end <= h.limit);
    }
    assert_true(guard_intact(&room));
    o->status = ango_http_has_head(&h) ? h.status : 0;
    o->retry_after_s = h.retry_after_s;
    if (o->err == ANGO_OK) {
        /* What comes after the reply may be on its way still: only what is left of it can tell. */
        o->keep = ango_http_can_keep(&h) && at == len;
        o->body_len = (size_t)(h.body_end - h.buf);
        memcpy(o->body, h.buf, o->body_len < sizeof o->body ? o->body_len : sizeof o->body);
    }
}

static void same(const struct outcome *a, const struct outcome *b, const char *how, size_t at, size_t cap)
{
    if (a->err != b->err || a->status != b->status || a->retry_after_s != b->retry_after_s
        || a->keep != b->keep || a->body_len != b->body_len || memcmp(a->body, b->body, sizeof a->body) != 0)
        fail_msg("%s %lu, cap %lu: %s %u \"%.*s\" is not %s %u \"%.*s\"", how, (unsigned long)at,
                 (unsigned long)cap, name_of(b->err), b->status, (int)b->body_len, b->body, name_of(a->err),
                 a->status, (int)a->body_len, a->body);
}

/* In each segmentation the same; returns it. */
static struct outcome take_all_ways(const char *reply, size_t len, size_t cap)
{
    struct outcome whole, other;
    size_t k;

    take(&whole, reply, len, cap, 0, 0);
    take(&other, reply, len, cap, 1, 0);
    same(&whole, &other, "byte by byte", len, cap);
    for (k = 1; k < len; k++) {
        take(&other, reply, len, cap, 0, k);
        same(&whole, &other, "split at", k, cap);
    }
    return whole;
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
    { CHUNKED "A;name=value\r\n0123456789\r\n1;\r\nx\r\n0;a;b;c\r\nTrailer: x\r\nContent-Length: 7\r\n\r\n",
      200, "0123456789x", true },
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
        size_t len = strlen(r->text);
        size_t enough = 0; /* from this capacity on */

        for (cap = 1; cap < len + 3; cap++) {
            struct outcome o = take_all_ways(r->text, len, cap);

            if (o.err == ANGO_OK) {
                if (enough == 0)
                    enough = cap;
                assert_int_equal(o.status, r->status);
                assert_int_equal(o.body_len, strlen(r->body));
                assert_memory_equal(o.body, r->body, o.body_len);
                assert_int_equal(o.keep, r->keep);
                assert_int_equal(o.retry_after_s, r->status == 429 ? 17 : 0);
            } else {
                assert_int_equal(o.err, ANGO_E_TOO_BIG);
                assert_int_equal(enough, 0);
            }
        }
        assert_in_range(enough, 1, len);
    }
}

static void every_length(void **state)
{
    size_t i, n;

    (void)state;
    for (i = 0; i < COUNT(good); i++)
        for (n = 0; n < strlen(good[i].text); n++) {
            struct outcome o = take_all_ways(good[i].text, n, 256);

            assert_int_equal(o.err, ANGO_E_WAIT);
        }
}

static void to_close(void **state)
{
    static const char reply[] = "HTTP/1.1 200 OK\r\nServer: x\r\n\r\nhello";
    struct ango_http h;
    size_t head_len = sizeof reply - 1 - 5;
    size_t i, n;

    (void)state;
    for (n = 0; n < sizeof reply; n++) {
        memset(&h, 0, sizeof h);
        ango_http_begin(&h, guard_room(&room, sizeof reply + 1), sizeof reply);
        memcpy(h.end, reply, n);
        if (n > 0)
            assert_int_equal(ango_http_take(&h, n), ANGO_E_WAIT);
        assert_int_equal(ango_http_take_end(&h), n < head_len ? ANGO_E_TRUNCATED : ANGO_OK);
        if (n >= head_len) {
            assert_int_equal(h.body_end - h.buf, n - head_len);
            assert_memory_equal(h.buf, "hello", n - head_len);
        }
        assert_false(ango_http_can_keep(&h));
    }
    /* Nothing else is ended by the end. */
    for (i = 0; i < COUNT(good); i++)
        for (n = 1; n < strlen(good[i].text); n++) {
            memset(&h, 0, sizeof h);
            ango_http_begin(&h, guard_room(&room, 257), 256);
            memcpy(h.end, good[i].text, n);
            assert_int_equal(ango_http_take(&h, n), ANGO_E_WAIT);
            assert_int_equal(ango_http_take_end(&h), ANGO_E_TRUNCATED);
        }
}

/* What follows a reply stays where it is, and is seen. */
static void more_behind(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(good); i++) {
        char text[512];
        struct outcome o;
        int len = snprintf(text, sizeof text, "%sHTTP/1.1 500 Oops\r\n\r\n", good[i].text);

        take(&o, text, (size_t)len, 512, 0, 0);
        assert_int_equal(o.err, ANGO_OK);
        assert_int_equal(o.status, good[i].status);
        assert_false(o.keep);
        assert_int_equal(o.body_len, strlen(good[i].body));
    }
}

static uint32_t random_bits(void)
{
    static uint32_t x = 2463534242u;

    x ^= x << 13;
    x ^= x >> 17;
    return x ^= x << 5;
}

/* Bytes that matter to the parser, put anywhere: whatever comes of it, the pieces do not. */
static void random_changes(void **state)
{
    static const char bytes[] = "\r\n\r\n \t:;0123456789aAfFgG-+\0\x7F\x80\xFF"
                                "HTTP/1.";
    unsigned round, counts[4] = { 0, 0, 0, 0 };

    (void)state;
    for (round = 0; round < 6000; round++) {
        char text[512];
        const char *base = good[random_bits() % COUNT(good)].text;
        size_t len = strlen(base);
        unsigned changes = 1 + random_bits() % 4;
        size_t cap = random_bits() % 4 == 0 ? 1 + random_bits() % len : 300;
        struct outcome whole, other;

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
        take(&whole, text, len, cap, 0, 0);
        take(&other, text, len, cap, 1, 0);
        same(&whole, &other, "round, byte by byte", round, cap);
        take(&other, text, len, cap, 0, 1 + random_bits() % len);
        same(&whole, &other, "round, split", round, cap);
        take(&other, text, len, cap, 2 + random_bits() % 7, 0);
        same(&whole, &other, "round, in pieces", round, cap);
        counts[whole.err == ANGO_OK ? 0 : whole.err == ANGO_E_WAIT ? 1 : whole.err == ANGO_E_HTTP ? 2 : 3]++;
    }
    /* Each of them did come about. */
    for (round = 0; round < COUNT(counts); round++)
        assert_true(counts[round] > 100);
}

/* --- Retry-After as a date ------------------------------------------------------------------------------ */

static uint32_t wait_until(const char *date)
{
    char text[128];
    struct outcome o;
    int len = snprintf(text, sizeof text, "HTTP/1.1 503 Busy\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n",
                       date);

    take(&o, text, (size_t)len, sizeof text, 0, 0);
    assert_int_equal(o.err, ANGO_OK);
    return o.retry_after_s;
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
        now = (uint32_t)from;
        if (wait_until(text)
            != (uint32_t)(wait < 0                      ? 0
                          : wait > ANGO_RETRY_AFTER_MAX ? ANGO_RETRY_AFTER_MAX
                                                        : wait))
            fail_msg("%s is not %ld s after %ld", text, (long)wait, (long)from);
    }
    now = 0;
    assert_int_equal(wait_until("Sun, 06 Nov 1994 08:49:37 GMT"), 0);
}

/* --- the head of a request ------------------------------------------------------------------------------ */

static void head(void **state)
{
    static const struct {
        uint16_t tcp_port;
        uint32_t keep_ms;
        bool body;
        const char *content;
        const char *text;
    } cases[] = {
        { 0, 1, false, "", "GET / HTTP/1.1\r\nHost: h.example\r\napikey: key\r\n\r\n" },
        { 443, 1, false, "", "GET / HTTP/1.1\r\nHost: h.example:443\r\napikey: key\r\n\r\n" },
        { 65535, 0, false, "",
          "GET / HTTP/1.1\r\nHost: h.example:65535\r\napikey: key\r\nConnection: close\r\n\r\n" },
        { 0, 0, true, "",
          "GET / HTTP/1.1\r\nHost: h.example\r\napikey: key\r\nConnection: close\r\nContent-Type: "
          "application/json\r\n"
          "Content-Length: 0\r\n\r\n" },
        { 0, 1, true, "123456789",
          "GET / HTTP/1.1\r\nHost: h.example\r\napikey: key\r\nContent-Type: "
          "application/json\r\nContent-Length: 9\r\n\r\n123456789" },
        { 0, 1, true, "1234567890",
          "GET / HTTP/1.1\r\nHost: h.example\r\napikey: key\r\nContent-Type: "
          "application/json\r\nContent-Length: 10\r\n\r\n1234567890" },
    };
    size_t i, cap;

    (void)state;
    for (i = 0; i < COUNT(cases); i++) {
        struct ango_config config = { .host = "h.example",
                                      .tcp_port = cases[i].tcp_port,
                                      .keep_ms = cases[i].keep_ms };
        size_t digits = cases[i].body ? 10 - (strlen(cases[i].content) > 9 ? 2 : 1) : 0;
        size_t need = strlen(cases[i].text) + digits;

        for (cap = 0; cap < need + 2; cap++) {
            struct ango_writer w = { .buf = guard_room(&room, cap), .cap = cap };

            ango_write_text(&w, "GET /");
            ango_http_write_head(&w, &config, "key", cases[i].body);
            ango_write_text(&w, cases[i].content);
            if (cases[i].body)
                ango_http_end_body(&w);
            assert_true(guard_intact(&room));
            assert_int_equal(ango_write_end(&w), cap < need ? ANGO_E_SPACE : ANGO_OK);
            assert_int_equal(w.len, cap < need ? need : strlen(cases[i].text));
            if (cap >= need)
                assert_memory_equal(w.buf, cases[i].text, w.len);
        }
    }
}

static void long_body(void **state)
{
    struct ango_config config = { .host = "h", .keep_ms = 1 };
    struct ango_writer w = { .buf = guard_room(&room, 60000), .cap = 60000 };
    char expected[128];
    size_t i;

    (void)state;
    ango_write_text(&w, "POST /");
    ango_http_write_head(&w, &config, "k", true);
    for (i = 0; i < 54321; i++)
        ango_write_byte(&w, (unsigned)('a' + i % 26));
    ango_http_end_body(&w);
    assert_int_equal(ango_write_end(&w), ANGO_OK);
    (void)snprintf(expected, sizeof expected,
                   "POST / HTTP/1.1\r\nHost: h\r\napikey: k\r\nContent-Type: "
                   "application/json\r\nContent-Length: 54321\r\n\r\n");
    assert_int_equal(w.len, strlen(expected) + 54321);
    assert_memory_equal(w.buf, expected, strlen(expected));
    for (i = 0; i < 54321; i++)
        assert_int_equal(w.buf[strlen(expected) + i], 'a' + i % 26);
}

/* Each byte by itself: which ones a host and a key may have. */
static void characters(void **state)
{
    unsigned c;

    (void)state;
    for (c = 1; c < 256; c++) {
        char text[4] = { 'a', 0, 'b', '\0' };
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

        text[1] = (char)c;
        assert_int_equal(ango_http_key_ok(text), c > 0x20 && c < 0x7F);
        assert_int_equal(ango_http_host_ok(text), letter || strchr("-._~", (int)c) != NULL);
        assert_ptr_equal(ango_skip_unreserved(text), text + (ango_http_host_ok(text) ? 3 : 1));
    }
    assert_false(ango_http_key_ok(""));
    assert_false(ango_http_host_ok(""));
}

static int open_room(void **state)
{
    (void)state;
    guard_begin(&room, MOST);
    return 0;
}

static int shut_room(void **state)
{
    (void)state;
    guard_end(&room);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_capacity), cmocka_unit_test(every_length),   cmocka_unit_test(to_close),
        cmocka_unit_test(more_behind),    cmocka_unit_test(random_changes), cmocka_unit_test(dates),
        cmocka_unit_test(head),           cmocka_unit_test(long_body),      cmocka_unit_test(characters),
    };

    return cmocka_run_group_tests(tests, open_room, shut_room);
}
