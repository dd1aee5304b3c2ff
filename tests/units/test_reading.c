/*
 * HTTP and JSON together, as they share the caller's buffer: the same body by length, to the close and in
 * chunks of each size, with what gateways put into chunk lines, whole, byte by byte and in two pieces at each
 * offset, in buffers of each size. It must say what the JSON alone says in a buffer of that size; and the
 * client must say the same.
 */
#include "reading.h"
#include "whole_exchange.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define MOST 262144u

static struct reading reading;
static struct exchange x;
static char reply[MOST];
static char body[MOST];
static char said[READING_SAID];

enum { TOTAL = ANGO_FIELD_OWN, ITEMS };
static const struct ango_field fields[] = {
    ANGO_ENVELOPE,
    { "total", ANGO_FIELD_DATA, ANGO_JSON_NUMBER, offsetof(struct ango_result, total) },
    { "items", ANGO_FIELD_DATA, ANGO_JSON_LIST, 0 },
    { "id", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    { "name", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    { "a", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
};
static const struct ango_shape shape = { fields, sizeof fields / sizeof fields[0], ITEMS, 1 };

static uint32_t random_bits(void)
{
    static uint32_t bits = 2463534242u;

    bits ^= bits << 13;
    bits ^= bits >> 17;
    return bits ^= bits << 5;
}

/* --- ways to send a body ---------------------------------------------------------------------- */

enum way { BY_LENGTH, TO_CLOSE, CHUNKS_OF_1, CHUNKS_OF_2, CHUNKS_OF_7, PADDED, EXTENDED, RANDOM_CHUNKS, WAYS };

static size_t chunk_len(enum way way, size_t at)
{
    switch (way) {
    case CHUNKS_OF_1:
        return 1;
    case CHUNKS_OF_2:
        return 2;
    case CHUNKS_OF_7:
        return 7;
    case PADDED:
        return at % 2 == 0 ? 3 : 64;
    case EXTENDED:
        return 5;
    default:
        return 1 + random_bits() % (random_bits() % 4 == 0 ? 100 : 6);
    }
}

/* Puts the reply together; returns its length. */
static size_t send_as(enum way way, unsigned status, const char *text, size_t len)
{
    static const char extension[] =
        ";ieof;name=\"0123456789012345678901234567890123456789012345678901234567890123456789\"";
    size_t at = 0;
    size_t n;

    if (way == BY_LENGTH || way == TO_CLOSE) {
        n = (size_t)sprintf(reply, "HTTP/1.1 %u X\r\nServer: x\r\n", status);
        if (way == BY_LENGTH)
            n += (size_t)sprintf(reply + n, "Content-Length: %lu\r\n", (unsigned long)len);
        n += (size_t)sprintf(reply + n, "\r\n");
        memcpy(reply + n, text, len);
        return n + len;
    }
    n = (size_t)sprintf(reply, "HTTP/1.1 %u X\r\nTransfer-Encoding: chunked\r\n\r\n", status);
    while (at < len) {
        size_t most = chunk_len(way, at);
        size_t chunk = len - at < most ? len - at : most;

        n += (size_t)sprintf(reply + n, way == PADDED ? "%04lx   " : "%lX", (unsigned long)chunk);
        if (way == EXTENDED || (way == RANDOM_CHUNKS && random_bits() % 4 == 0))
            n += (size_t)sprintf(reply + n, "%s", extension);
        n += (size_t)sprintf(reply + n, "\r\n");
        memcpy(reply + n, text + at, chunk);
        n += chunk;
        at += chunk;
        n += (size_t)sprintf(reply + n, "\r\n");
    }
    return n + (size_t)sprintf(reply + n, "0\r\n%s\r\n", way == EXTENDED ? "Trailer: x\r\n" : "");
}

/* The reply says of its body what the JSON alone says, and is read to its end. */
static void check_reply(enum way way, const char *text, size_t len, size_t cap, bool every)
{
    const char *broken;
    const char *line;
    size_t reply_len;

    reading.shape = &shape;
    reading.cap = cap;
    broken = reading_some_ways(&reading, reading_json, text, len, 1, random_bits());
    memcpy(said, reading.said, reading.said_len + 1);
    reply_len = send_as(way, 200, text, len);
    reading.closes = way == TO_CLOSE;
    if (broken == NULL)
        broken = every && reply_len < 1000
            ? reading_every_way(&reading, reading_reply, reply, reply_len)
            : reading_some_ways(&reading, reading_reply, reply, reply_len, every ? 40 : 4, random_bits());
    if (broken == NULL && reading.http_err != ANGO_OK)
        broken = "not read to its end";
    if (broken == NULL) {
        char *http = strstr(reading.said, "\nhttp ");

        line = strchr(http + 1, '\n');
        memmove(http, line + 1, strlen(line + 1) + 1); /* what the JSON alone cannot say */
        if (strcmp(reading.said, said) != 0)
            broken = "not what the JSON alone says";
    }
    if (broken != NULL)
        fail_msg("way %d, cap %lu, piece %lu, split %lu, random %lu: %s\n%.*s\n%s\nbut\n%s", (int)way,
                 (unsigned long)cap, (unsigned long)reading.piece, (unsigned long)reading.split,
                 (unsigned long)reading.random, broken, (int)reply_len, reply, reading.said, said);
}

static const char *const bodies[] = {
    /* Words in front, escapes, and members that are not wanted. */
    "{\"status\":\"succ\\u0065ss\",\"message\":\"m\\n\\ud83d\\ude00\",\"x\":[1,-2.5e+3,true,false,null,{}],"
    "\"data\":{\"total\":12,"
    "\"items\":[{\"id\":\"a\",\"n\\u0061me\":\"\\\"\\u00e9\\\"\",\"y\":{\"id\":[\"no\"]}}, 7 ,[{\"id\":\"no\"}],"
    "{\"a\":null,\"name\":\"\xE2\x82\xAC\xF0\x9F\x98\x80\",\"id\":\"\"},{}]}}\r\n",
    /* Words behind, and entries that take more in the buffer than in the reply. */
    "{\"data\":{\"items\":[{\"a\":\"\"},{\"a\":\"1\"},{},{},{\"a\":\"2\",\"id\":\"3\"},{\"id\":\"\\\\\"},{}],"
    "\"total\":7},"
    "\"message\":\"behind\",\"status\":\"success\"}",
    /* Large and small ones. */
    "{\"status\":\"success\",\"data\":{\"total\":1,\"items\":[{\"name\":\"0123456789012345678901234567890123456789"
    "0123456789012345678901234567890123456789\",\"id\":\"x\"},{\"id\":\"y\"},{\"x\":"
    "\"0123456789012345678901234567890123456789"
    "0123456789012345678901234567890123456789\"},{\"id\":\"0123456789012345678901234567890123456789\"},"
    "{\"id\":\"z\"}]}}",
    /* No list, and what is no JSON, in front of one and within. */
    "{\"status\":\"success\",\"data\":null}",
    "<html><body>no</body></html>",
    "{\"status\":\"success\",\"data\":{\"items\":[{\"id\":\"a\"},{\"id\":\"b\\x\"},{\"id\":\"c\"}]}}",
    "{\"status\":\"success\",\"data\":{\"items\":[{\"id\":\"a\"},{\"id\":\"b",
};

static void every_way(void **state)
{
    static const size_t caps[] = { ANGO_ROOM_MIN,
                                   ANGO_ROOM_MIN + 1,
                                   ANGO_ROOM_MIN + 97,
                                   ANGO_ROOM_MIN + 111,
                                   ANGO_ROOM_MIN + 150,
                                   ANGO_ROOM_MIN + 211,
                                   1024 };
    size_t i, c;
    int way;

    (void)state;
    for (i = 0; i < COUNT(bodies); i++)
        for (way = 0; way < WAYS; way++)
            for (c = 0; c < COUNT(caps); c++) {
                reading.drains = (i + c) % 2 == 0;
                check_reply((enum way)way, bodies[i], strlen(bodies[i]), caps[c], true);
            }
    reading.drains = false;
}

static void every_capacity(void **state)
{
    size_t i, cap;

    (void)state;
    for (i = 0; i < COUNT(bodies); i++)
        for (cap = ANGO_ROOM_MIN; cap < ANGO_ROOM_MIN + 420; cap += 1 + i % 2) {
            reading.drains = cap % 2 == 0;
            check_reply((enum way)((cap + i) % WAYS), bodies[i], strlen(bodies[i]), cap, false);
            reading.drains = cap % 2 != 0;
            check_reply(CHUNKS_OF_1, bodies[i], strlen(bodies[i]), cap, false);
        }
    reading.drains = false;
}

/* --- random documents -------------------------------------------------------------------------- */

static size_t body_len;

static void make(const char *text)
{
    size_t len = strlen(text);

    assert_true(body_len + len < sizeof body);
    memcpy(body + body_len, text, len + 1);
    body_len += len;
}

static void make_string(void)
{
    static const char *const parts[] = {
        "a",       "\\\\",           "\\u00e9",    "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
        "\\ud83d", "\\ud83d\\ude00", "0123456789", "\\\"",     "]}",           "\\u0061"
    };
    unsigned n = random_bits() % (random_bits() % 8 == 0 ? 40 : 5);

    make("\"");
    while (n-- > 0)
        make(parts[random_bits() % COUNT(parts)]);
    make("\"");
}

static void make_value(unsigned depth)
{
    static const char *const scalars[] = { "0",     "-1.5e9", "true",
                                           "false", "null",   "[]",
                                           "{}",    " 12 ",   "[[],{\"id\":\"no\"}]" };

    if (random_bits() % 3 == 0) {
        make_string();
    } else if (depth > 0 && random_bits() % 4 == 0) {
        make("{\"id\":");
        make_value(depth - 1);
        make(",\"items\" : [");
        make_value(depth - 1);
        make("]}");
    } else {
        make(scalars[random_bits() % COUNT(scalars)]);
    }
}

static void make_member(const char *name)
{
    make(name);
    make(random_bits() % 8 == 0 ? " :\t" : ":");
    make_value(3);
}

static void make_entry(void)
{
    static const char *const names[] = { "\"id\"",  "\"name\"", "\"a\"", "\"\\u0061\"", "\"i\\u0064\"",
                                         "\"nam\"", "\"x\"",    "\"\"",  "\"namee\"",   "\"note\"" };
    unsigned n = random_bits() % 5;

    make("{");
    while (n-- > 0) {
        make_member(names[random_bits() % COUNT(names)]);
        if (n > 0)
            make(random_bits() % 8 == 0 ? ", " : ",");
    }
    make("}");
}

static void make_body(void)
{
    bool behind = random_bits() % 2 == 0;
    unsigned n = random_bits() % 9;

    body_len = 0;
    make("{");
    if (!behind)
        make("\"status\":\"success\",\"message\":\"in front\",");
    make_member("\"x\"");
    make(",\"data\":{\"items\":[");
    while (n-- > 0) {
        if (random_bits() % 6 == 0)
            make("null,");
        make_entry();
        if (n > 0)
            make(",");
    }
    make("],\"total\":4294967295}");
    if (behind)
        make(",\"status\":\"success\",\"message\":\"it \\u0062ehind\"");
    make("}");
}

static void random_bodies(void **state)
{
    unsigned round, counts[3] = { 0, 0, 0 };

    (void)state;
    for (round = 0; round < 3000; round++) {
        make_body();
        if (random_bits() % 4 == 0)
            body[random_bits() % body_len] = "{}[],:\"\\ue0-."[random_bits() % 13];
        reading.drains = random_bits() % 2 == 0;
        check_reply((enum way)(random_bits() % WAYS), body, body_len, ANGO_ROOM_MIN + random_bits() % 500, false);
        counts[reading.err == ANGO_OK ? 0 : reading.err == ANGO_E_SHAPE ? 1 : 2]++;
    }
    reading.drains = false;
    for (round = 0; round < COUNT(counts); round++)
        assert_true(counts[round] > 100);
}

/* --- lists without end, and replies without a list -------------------------------------------- */

/* 3,000 entries through the smallest buffer that takes one of them. */
static void long_list(void **state)
{
    const size_t entry = strlen("\"a1234567\"\"bname 1234567\"\n");
    const size_t cap = ANGO_ROOM_RESERVED + ANGO_ROOM_WORDS + 1 + sizeof "success" + entry;
    size_t fits;
    unsigned i;

    (void)state;
    body_len = 0;
    make("{\"status\":\"success\",\"data\":{\"items\":[");
    for (i = 0; i < 3000; i++) {
        char text[128];

        (void)sprintf(text, "%s{\"id\":\"%07u\",\"x\":[{}],\"name\":\"name %07u\"}", i > 0 ? "," : "", i, i);
        make(text);
    }
    make("],\"total\":3000}}");
    for (fits = 0; fits < 2; fits++) {
        size_t len = send_as(CHUNKS_OF_7, 200, body, body_len);

        reading.shape = &shape;
        reading.cap = cap - 1 + fits;
        reading.drains = true;
        reading.closes = false;
        assert_null(reading_some_ways(&reading, reading_reply, reply, len, 2, 5));
        assert_int_equal(reading.http_err, ANGO_OK);
        assert_int_equal(reading.err, ANGO_OK);
        assert_int_equal(reading.result.items, 3000);
        assert_int_equal(reading.passed, fits ? 0 : 3000);
        reading.drains = false;
        assert_null(reading_some_ways(&reading, reading_reply, reply, len, 1, 5));
        assert_int_equal(reading.result.items, 3000);
        assert_int_equal(reading.result.kept, fits);
    }
}

/* Only the envelope counts of a reply that is no success; as plain text it is there as it came, cut to its room. */
static void refusals(void **state)
{
    static const char no[] = "{\"message\":{\"x\":\"why\"},\"status\":\"fail\",\"data\":{\"total\":5,"
                             "\"items\":[{\"id\":\"a\"}]}}";
    size_t cap;
    int way;

    (void)state;
    for (way = 0; way < WAYS; way++)
        for (cap = ANGO_ROOM_MIN; cap < 1500; cap += 1 + cap % 37) {
            size_t len = send_as((enum way)way, 422, no, strlen(no));
            size_t most = (cap - ANGO_ROOM_MIN) / 2 < 511 ? (cap - ANGO_ROOM_MIN) / 2 : 511;

            reading.shape = &shape;
            reading.cap = cap;
            reading.closes = way == TO_CLOSE;
            assert_null(reading_some_ways(&reading, reading_reply, reply, len, 3, random_bits()));
            assert_int_equal(reading.http_err, ANGO_OK);
            assert_int_equal(reading.result.items, 0);
            assert_int_equal(reading.result.total, 0);
            assert_int_equal((size_t)(reading.room.text - reading.room.limit - 1),
                             most < strlen(no) ? most : strlen(no));
            assert_memory_equal(reading.room.limit + 1, no, (size_t)(reading.room.text - reading.room.limit - 1));
        }
}

/* --- the client ------------------------------------------------------------------------------- */

/* What this reading says is what the client says: it reads in the same way. */
static void as_the_client(void **state)
{
    static const struct ango_field invite_fields[] = {
        ANGO_ENVELOPE,
        { "total", ANGO_FIELD_DATA, ANGO_JSON_NUMBER, offsetof(struct ango_result, total) },
        { "invites", ANGO_FIELD_DATA, ANGO_JSON_LIST, 0 },
        { "_id", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
        { "to", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
        { "organizationRole", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
        { "status", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
        { "message", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
        { "createdBy", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
        { "createdAt", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
        { "expiresAt", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    };
    static const struct ango_shape invites = { invite_fields, COUNT(invite_fields), ANGO_FIELD_OWN + 1, 0 };
    static const char text[] =
        "{\"message\":\"2 of 3\",\"data\":{\"invites\":[{\"_id\":\"1\",\"to\":\"\\u0061@b\","
        "\"organizationRole\":\"Member\","
        "\"status\":\"Pending\",\"message\":\"m\",\"createdBy\":{\"_id\":\"x\"},\"createdAt\":\"2025\","
        "\"expiresAt\":\"x\"},"
        "{\"to\":\"0123456789012345678901234567890123456789012345678901234567890123456789@example.com\"},"
        "{\"to\":\"c@d\"}],"
        "\"total\":3},\"status\":\"Success\"}";
    size_t cap, piece, kept[4] = { 0, 0, 0, 0 };

    (void)state;
    for (cap = 280; cap < 900; cap += 7)
        for (piece = 0; piece < 4; piece++) {
            size_t len = send_as(piece % 2 == 0 ? BY_LENGTH : CHUNKS_OF_7, 201, text, sizeof text - 1);
            const struct script_event events[] = { { SCRIPT_REQUEST, NULL, 0 },
                                                   { SCRIPT_BYTES, reply, len },
                                                   SCRIPT_STOP };
            const struct ango_result *result = &x.client.result;
            struct ango_invite invite;
            const char *entries;

            reading.shape = &invites;
            reading.cap = cap;
            reading.piece = piece;
            reading.split = reading.random = 0;
            reading.closes = false;
            reading_reply(&reading, reply, len);
            assert_null(reading.broken);
            assert_int_equal(exchange_begin(&x, events, cap), ANGO_OK);
            x.script.piece = piece;
            assert_int_equal(exchange_invite(&x), ANGO_OK);
            assert_null(exchange_broken(&x, 1));
            said[0] = '\0';
            while (ango_next_invite(&x.client, &invite) == ANGO_OK)
                (void)sprintf(said + strlen(said), "[%s|%s|%s|%s|%s|%s|%s|%s]\n", invite.id, invite.to,
                              invite.organization_role, invite.status, invite.message, invite.created_by,
                              invite.created_at, invite.expires_at);
            entries = strchr(reading.said + 1, '\n') + 1; /* behind the line of HTTP */
            assert_memory_equal(said, entries, strlen(said));
            assert_memory_equal(entries + strlen(said), "OK ", 3);
            assert_string_equal(result->status, reading.result.status);
            assert_string_equal(result->message, reading.result.message);
            assert_int_equal(result->items, reading.result.items);
            assert_int_equal(result->kept, reading.result.kept);
            assert_int_equal(result->total, reading.result.total);
            assert_int_equal(result->http_status, 201);
            assert_in_range(result->kept, 0, 3);
            kept[result->kept]++;
            ango_close(&x.client);
        }
    /* Any number of them came about but none: the last one is short. */
    for (piece = 1; piece < COUNT(kept); piece++)
        assert_true(kept[piece] > 0);
}

static int open_room(void **state)
{
    (void)state;
    reading_open(&reading, 65536);
    exchange_open(&x, 65536);
    return 0;
}

static int shut_room(void **state)
{
    (void)state;
    reading_shut(&reading);
    exchange_shut(&x);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way), cmocka_unit_test(every_capacity), cmocka_unit_test(random_bodies),
        cmocka_unit_test(long_list), cmocka_unit_test(refusals),       cmocka_unit_test(as_the_client),
    };

    return cmocka_run_group_tests(tests, open_room, shut_room);
}
