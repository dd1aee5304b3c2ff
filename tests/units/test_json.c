/*
 * The JSON reader by itself, in buffers of every size that end right before a page that cannot be touched,
 * each text whole, byte by byte and in two pieces at each offset: what is JSON, what comes of strings, lists
 * and counts, which entries fit, documents cut at every length, random lists against what they were made
 * from. Together with HTTP: test_reading.c; against another implementation: test_json_python.py.
 */
#include "json_samples.h"
#include "reading.h"
#include "request.h"
#include "utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEXT_MOST 65536u

static struct reading reading;

/* A shape with everything that one can have. */
enum { TOTAL = ANGO_FIELD_OWN, GROUP, COUNT_OF_GROUP, ITEMS };
static const struct ango_field fields[] = {
    ANGO_ENVELOPE,
    { "total", ANGO_FIELD_DATA, ANGO_JSON_NUMBER, offsetof(struct ango_result, total) },
    { "group", ANGO_FIELD_DATA, ANGO_JSON_OBJECT, 0 },
    { "count", GROUP, ANGO_JSON_NUMBER, offsetof(struct ango_result, done) },
    { "items", GROUP, ANGO_JSON_LIST, 0 },
    { "id", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    { "name", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    { "note", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
};
#define FIELDS fields, sizeof fields / sizeof fields[0], ITEMS
static const struct ango_shape shape = { FIELDS, 0 };
static const struct ango_shape strict = { FIELDS, 1 };
static const struct ango_field envelope[] = { ANGO_ENVELOPE };
static const struct ango_shape bare = { envelope, sizeof envelope / sizeof envelope[0], ANGO_NOWHERE, 0 };

/* Reads it in every way, in `cap` bytes, or in some when it is long; returns what ango_json_end said. */
static int scan_in(size_t cap, const struct ango_shape *of, const char *text, size_t len)
{
    const char *broken;

    reading.shape = of;
    reading.cap = cap;
    if (len <= 500)
        broken = reading_every_way(&reading, reading_json, text, len);
    else
        broken = reading_some_ways(&reading, reading_json, text, len, 16, (uint32_t)len);
    if (broken != NULL)
        fail_msg("%s\n%.*s\ncap %lu, piece %lu, split %lu: %s\nbut whole: %s", broken, (int)len, text,
                 (unsigned long)cap, (unsigned long)reading.piece, (unsigned long)reading.split, reading.said,
                 reading.first);
    return reading.err;
}

static int scan(const struct ango_shape *of, const char *text, size_t len)
{
    return scan_in(ANGO_ROOM_MIN + 2048, of, text, len);
}

static int scan_text(const char *text)
{
    return scan(&shape, text, strlen(text));
}

/* In every way, and what was said is this. */
static void expect(const char *text, const char *said)
{
    (void)scan_text(text);
    if (strcmp(reading.said, said) != 0)
        fail_msg("%s\nis\n%s\nnot\n%s", text, reading.said, said);
}

/* --- what is JSON --------------------------------------------------------------------------------------- */

static void samples(void **state)
{
    char text[256];
    size_t i;

    (void)state;
    for (i = 0; i < SAMPLES(json_valid); i++) {
        assert_int_equal(scan_in(ANGO_ROOM_MIN, &bare, json_valid[i].text, json_valid[i].len), ANGO_OK);
        assert_int_equal(scan(&strict, json_valid[i].text, json_valid[i].len), ANGO_E_SHAPE);
    }
    for (i = 0; i < SAMPLES(json_invalid); i++) {
        assert_int_equal(scan_in(ANGO_ROOM_MIN, &bare, json_invalid[i].text, json_invalid[i].len), ANGO_E_JSON);
        assert_int_equal(scan(&strict, json_invalid[i].text, json_invalid[i].len), ANGO_E_JSON);
    }
    for (i = 0; i < SAMPLES(json_bad_utf8); i++) {
        int len = snprintf(text, sizeof text, "{\"\":\"%s\"}", json_bad_utf8[i].text);

        assert_int_equal(scan(&bare, text, (size_t)len), ANGO_E_JSON);
        /* Cut right behind it. */
        assert_int_equal(scan(&bare, text, (size_t)len - 2), ANGO_E_JSON);
        /* Where it is wanted, in a name, and where the entry is given up. */
        len =
            snprintf(text, sizeof text, "{\"data\":{\"group\":{\"items\":[{\"id\":\"%s\"}]}}}", json_bad_utf8[i].text);
        assert_int_equal(scan(&shape, text, (size_t)len), ANGO_E_JSON);
        assert_int_equal(scan_in(ANGO_ROOM_MIN, &shape, text, (size_t)len), ANGO_E_JSON);
        len = snprintf(text, sizeof text, "{\"%s\":1}", json_bad_utf8[i].text);
        assert_int_equal(scan(&shape, text, (size_t)len), ANGO_E_JSON);
    }
    for (i = 0; i < SAMPLES(json_half_surrogates); i++) {
        int len =
            snprintf(text, sizeof text, "{\"%s\":\"%s\"}", json_half_surrogates[i].json, json_half_surrogates[i].json);

        assert_int_equal(scan(&bare, text, (size_t)len), ANGO_OK);
    }
}

/* Each byte as the whole of a document, in a string, and after a document. */
static void bytes(void **state)
{
    unsigned c;

    (void)state;
    for (c = 0; c < 256; c++) {
        char text[8] = { '"', (char)c, '"', 0 };
        bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n';

        assert_int_equal(scan(&bare, text + 1, 1), c >= '0' && c <= '9' ? ANGO_OK : ANGO_E_JSON);
        assert_int_equal(scan(&bare, text, 3), c < 0x20 || c == '"' || c == '\\' || c >= 0x80 ? ANGO_E_JSON : ANGO_OK);
        memcpy(text, "{}", 2);
        text[2] = (char)c;
        assert_int_equal(scan(&bare, text, 3), space ? ANGO_OK : ANGO_E_JSON);
        text[0] = '{';
        text[1] = (char)c;
        text[2] = '}';
        assert_int_equal(scan(&bare, text, 3), space ? ANGO_OK : ANGO_E_JSON);
        memcpy(text, "\"\\_\"", 4);
        text[2] = (char)c;
        assert_int_equal(scan(&bare, text, 4), c != 0 && strchr("\"\\/bfnrt", (int)c) != NULL ? ANGO_OK : ANGO_E_JSON);
    }
}

static const char whole[] =
    "{ \"status\" : \"succ\\u0065ss\", "
    "\"message\":\"m\\n\\ud83d\\ude00\",\"x\":[1,-2.5e+3,true,false,null,{}],\"data\":{\"total\":12,"
    "\"group\":{\"count\":3,\"items\":[{\"id\":\"a\",\"n\\u0061me\":\"\\\"\\u00e9\\\"\",\"y\":{\"id\":["
    "\"no\"]}}, 7 ,[{\"id\":\"no\"}],"
    "{\"note\":null,\"name\":\"\xE2\x82\xAC\",\"id\":\"\"},{}]}}}\r\n";

static void cut(void **state)
{
    size_t n;

    (void)state;
    expect(whole,
           "[a|\"\xC3\xA9\"|]\n[|\xE2\x82\xAC|]\n[||]\n"
           "OK \"success\" \"m\n\xF0\x9F\x98\x80\" items=3 total=12 done=3 failed=0 text=\n");
    assert_int_equal(reading.result.kept, 3);
    for (n = 0; n < sizeof whole - 3; n++)
        assert_int_equal(scan(&shape, whole, n), ANGO_E_JSON);
    for (; n < sizeof whole; n++)
        assert_int_equal(scan(&shape, whole, n), ANGO_OK);
}

/* --- strings -------------------------------------------------------------------------------------------- */

/* In every way: the string is handed out as `text`, in an entry, as the message, and as the status if it is short. */
static void read_back(const char *json, const char *text)
{
    char document[4096];
    char said[4096];

    (void)snprintf(document, sizeof document,
                   "{\"message\":%s,\"data\":{\"group\":{\"items\":[{\"id\":%s}]}},\"status\":%s}", json, json, json);
    (void)snprintf(said, sizeof said, "[%s||]\nOK \"%s\" \"%s\" items=1 total=0 done=0 failed=0 text=\n", text,
                   strlen(text) < ANGO_ROOM_STATUS ? text : "", text);
    expect(document, said);
}

static void escapes(void **state)
{
    static const struct {
        const char *json;
        const char *text;
    } cases[] = {
        { "\"\"", "" },
        { "\"a\"", "a" },
        { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
        { "\"\\u0041\\u007f\\u0080\"", "A\x7F\xC2\x80" },
        { "\"\\u07FF\\u0800\\uFFFF\"", "\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF" },
        { "\"\\ud7ff\\ue000\"", "\xED\x9F\xBF\xEE\x80\x80" },
        { "\"\\ud800\\udc00\"", "\xF0\x90\x80\x80" },
        { "\"\\uDBFF\\uDFFF\"", "\xF4\x8F\xBF\xBF" },
        { "\"x\\uD83D\\uDE00y\"", "x\xF0\x9F\x98\x80y" },
        { "\"\\\\u0041\"", "\\u0041" },
        { "\"\\u005c\\u0022\"", "\\\"" },
        { "\"a\\u0001b\"", "a\001b" },
        { "\"\x7F\xC3\xA9\"", "\x7F\xC3\xA9" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < SAMPLES(cases); i++)
        read_back(cases[i].json, cases[i].text);
    for (i = 0; i < SAMPLES(json_half_surrogates); i++) {
        char json[64];

        (void)snprintf(json, sizeof json, "\"%s\"", json_half_surrogates[i].json);
        read_back(json, json_half_surrogates[i].text);
    }
    /* A NUL is left out of the message, which is for people; the outcome depends on the status. */
    expect("{\"status\":\"ab\",\"message\":\"\\u0000c\\u0000d\\u0000\"}",
           "OK \"ab\" \"cd\" items=0 total=0 done=0 failed=0 text=\"{\"status\":\"ab\",\"message\":"
           "\"\\u0000c\\u0000d\\u0000\"}\"\n");
    expect("{\"status\":\"a\\u0000b\",\"message\":\"\\u0000\"}",
           "SHAPE \"ab\" \"\" items=0 total=0 done=0 failed=0 text=\"{\"status\":\"a\\u0000b\",\"message\":"
           "\"\\u0000\"}\"\n");
}

/* Every character, escaped, in strings of some hundred. */
static void every_escape(void **state)
{
    char json[2048] = "\"";
    uint8_t text[1024];
    size_t len = 1;
    uint8_t *to = text;
    uint32_t c;

    (void)state;
    for (c = 1; c < 0x110000; c += c < 0x1000 ? 1 : 61) {
        if (c >= 0xD800 && c < 0xE000)
            continue;
        if (c < 0x10000)
            len += (size_t)snprintf(json + len, sizeof json - len, c % 2 == 0 ? "\\u%04x" : "\\u%04X", (unsigned)c);
        else
            len += (size_t)snprintf(json + len, sizeof json - len, "\\u%04x\\u%04x",
                                    (unsigned)(0xD800 + ((c - 0x10000) >> 10)), (unsigned)(0xDC00 + (c & 0x3FF)));
        to = ango_utf8_put(to, c);
        if (len < 500 && c + 61 < 0x110000)
            continue;
        json[len++] = '"';
        json[len] = '\0';
        *to = '\0';
        read_back(json, (const char *)text);
        len = 1;
        to = text;
    }
}

static uint32_t random_bits(void)
{
    static uint32_t x = 362436069u;

    x ^= x << 13;
    x ^= x >> 17;
    return x ^= x << 5;
}

/* What a request says, the reader reads. */
static void round_trip(void **state)
{
    int round;

    (void)state;
    for (round = 0; round < 600; round++) {
        char text[256];
        char json[600];
        struct ango_request q = { .buf = (uint8_t *)json, .cap = sizeof json - 1, .body = 1 };
        uint8_t *to = (uint8_t *)text;
        unsigned n = 1 + random_bits() % 40;

        while (n-- > 0) {
            uint32_t c = random_bits() % 0x110000;

            if (random_bits() % 3 == 0)
                c = random_bits() % 0x7F;
            else if (random_bits() % 4 == 0)
                c = (uint32_t) "\"\\/"[random_bits() % 3];
            if (c < 0x20 || c == 0x7F || (c >= 0xD800 && c < 0xE000))
                c = ' ';
            to = ango_utf8_put(to, c);
        }
        *to = '\0';
        ango_write_string(&q, "\"", text, ANGO_E_ID);
        ango_write_text(&q, "\"");
        assert_int_equal(ango_request_end(&q), ANGO_OK);
        json[q.len] = '\0';
        read_back(json, text);
    }
}

/* --- shapes --------------------------------------------------------------------------------------------- */

#define GROUPED(items) "{\"data\":{\"group\":{\"items\":" items "}}}"
#define IN_ENTRY(members) GROUPED("[{" members "}]")

/* A value of another type counts as missing; what makes a reply wrong makes it wrong wherever it was cut. */
static void shapes(void **state)
{
    static const struct {
        const char *text;
        int err;
        size_t items;
    } cases[] = {
        { "{}", ANGO_OK, 0 },
        { "null", ANGO_OK, 0 },
        { "[]", ANGO_OK, 0 },
        { "\"a\"", ANGO_OK, 0 },
        { "1", ANGO_OK, 0 },
        { "{\"status\":1,\"message\":[],\"data\":\"x\"}", ANGO_OK, 0 },
        { "{\"data\":{\"total\":\"1\"}}", ANGO_OK, 0 },
        { "{\"data\":{\"total\":null}}", ANGO_OK, 0 },
        { "{\"data\":{\"total\":true}}", ANGO_OK, 0 },
        { "{\"data\":{\"total\":[-1,1.5]}}", ANGO_OK, 0 },
        { "{\"data\":{\"total\":-1}}", ANGO_E_SHAPE, 0 },
        { "{\"data\":{\"total\":-0}}", ANGO_E_SHAPE, 0 },
        { "{\"data\":{\"total\":1.0}}", ANGO_E_SHAPE, 0 },
        { "{\"data\":{\"total\":1e0}}", ANGO_E_SHAPE, 0 },
        { "{\"data\":{\"total\":0E1}}", ANGO_E_SHAPE, 0 },
        { "{\"data\":{\"total\":0}}", ANGO_OK, 0 },
        { "{\"data\":{\"total\":4294967295}}", ANGO_OK, 0 },
        { "{\"data\":{\"total\":4294967296}}", ANGO_E_SHAPE, 0 },
        { "{\"data\":{\"total\":42949672950}}", ANGO_E_SHAPE, 0 },
        { "{\"data\":{\"total\":99999999999999999999}}", ANGO_E_SHAPE, 0 },
        { "{\"data\":{\"x\":{\"total\":-1}},\"total\":-1}", ANGO_OK, 0 },
        { "{\"data\":{\"group\":[]}}", ANGO_OK, 0 },
        { "{\"data\":{\"group\":null}}", ANGO_OK, 0 },
        { "{\"data\":{\"group\":[{\"items\":[{}]}]}}", ANGO_OK, 0 },
        { "{\"data\":{\"group\":{\"count\":\"x\"}}}", ANGO_OK, 0 },
        { "{\"data\":{\"group\":{\"count\":-5}}}", ANGO_E_SHAPE, 0 },
        { "{\"data\":[{\"group\":{\"items\":[{}]}}]}", ANGO_OK, 0 },
        { "[{\"data\":{\"group\":{\"items\":[{}]}}}]", ANGO_OK, 0 },
        { GROUPED("{}"), ANGO_OK, 0 },
        { GROUPED("{\"id\":\"a\"}"), ANGO_OK, 0 },
        { GROUPED("null"), ANGO_OK, 0 },
        { GROUPED("[]"), ANGO_OK, 0 },
        { GROUPED("[{}]"), ANGO_OK, 1 },
        { GROUPED("[1]"), ANGO_OK, 0 },
        { GROUPED("[[]]"), ANGO_OK, 0 },
        { GROUPED("[[{}],[[{}]],\"{}\"]"), ANGO_OK, 0 },
        { GROUPED("[null,{},null,{},true]"), ANGO_OK, 2 },
        { IN_ENTRY("\"id\":1"), ANGO_OK, 1 },
        { IN_ENTRY("\"note\":1"), ANGO_OK, 1 },
        { IN_ENTRY("\"id\":\"a\\u0000\""), ANGO_E_SHAPE, 1 },
        { IN_ENTRY("\"note\":\"\\u0000\""), ANGO_E_SHAPE, 1 },
        { IN_ENTRY("\"z\":\"\\u0000\",\"\\u0000\":1"), ANGO_OK, 1 },
        { IN_ENTRY("\"z\":{\"id\":\"\\u0000\"}"), ANGO_OK, 1 },
        { IN_ENTRY("\"id\\u0000\":\"\\u0000\""), ANGO_OK, 1 },
        { IN_ENTRY("\"id\":\"a\",\"id\":\"a\""), ANGO_E_SHAPE, 1 },
        { IN_ENTRY("\"id\":\"a\",\"id\":null"), ANGO_E_SHAPE, 1 },
        { IN_ENTRY("\"id\":{},\"id\":\"a\""), ANGO_E_SHAPE, 1 },
        { GROUPED("[{\"id\":\"a\"},{\"id\":\"a\"}]"), ANGO_OK, 2 },
        { IN_ENTRY("\"id\":\"a\",\"z\":{\"id\":1,\"id\":2}"), ANGO_OK, 1 },
        { IN_ENTRY("\"id\":\"a\",\"\\u0069\\u0064\":\"a\""), ANGO_E_SHAPE, 1 },
        { IN_ENTRY("\"\\u0069d\":\"a\",\"i\\u0064\":\"a\""), ANGO_E_SHAPE, 1 },
        { GROUPED("[],\"items\":[]"), ANGO_E_SHAPE, 0 },
        { GROUPED("[{}],\"items\":[{},{}]"), ANGO_E_SHAPE, 1 },
        { GROUPED("null,\"items\":[{}]"), ANGO_E_SHAPE, 0 },
        { "{\"total\":\"x\",\"items\":5,\"id\":{}}", ANGO_OK, 0 },
        { "{\"data\":{\"id\":5,\"items\":5}}", ANGO_OK, 0 },
        { "{\"status\":\"a\",\"status\":\"a\"}", ANGO_E_SHAPE, 0 },
        { "{\"status\":\"a\",\"x\":{\"status\":\"a\"}}", ANGO_OK, 0 },
        { "[{\"status\":\"a\",\"status\":\"a\"}]", ANGO_OK, 0 },
        { "{\"x\":1,\"x\":1,\"\":1,\"\":1}", ANGO_OK, 0 },
        { "{\"data\":{},\"data\":{}}", ANGO_E_SHAPE, 0 },
        /* What is no JSON weighs more than what has no shape. */
        { "{\"status\":\"a\",\"status\":1,}", ANGO_E_JSON, 0 },
        { "{\"status\":\"a\",\"status\":\"a\"", ANGO_E_JSON, 0 },
    };
    size_t i, cap;

    (void)state;
    for (i = 0; i < SAMPLES(cases); i++)
        for (cap = ANGO_ROOM_MIN; cap < ANGO_ROOM_MIN + 512; cap = cap < ANGO_ROOM_MIN + 8 ? cap + 1 : cap + 61) {
            int err = scan_in(cap, &shape, cases[i].text, strlen(cases[i].text));

            if (err != cases[i].err || reading.result.items != cases[i].items)
                fail_msg("%s in %lu: %s, %lu items", cases[i].text, (unsigned long)cap, reading_name(err),
                         (unsigned long)reading.result.items);
        }
    assert_int_equal(scan(&strict, "{}", 2), ANGO_E_SHAPE);
    assert_int_equal(scan(&strict, "[]", 2), ANGO_E_SHAPE);
    assert_int_equal(scan(&strict, GROUPED("null"), strlen(GROUPED("null"))), ANGO_E_SHAPE);
    assert_int_equal(scan(&strict, GROUPED("{}"), strlen(GROUPED("{}"))), ANGO_E_SHAPE);
    assert_int_equal(scan(&strict, GROUPED("[]"), strlen(GROUPED("[]"))), ANGO_OK);
    /* With an error of shape the envelope's words are there. */
    assert_int_equal(scan_text("{\"status\":\"fail\",\"message\":\"why\",\"data\":{\"total\":-1}}"), ANGO_E_SHAPE);
    assert_string_equal(reading.result.status, "fail");
    assert_string_equal(reading.result.message, "why");
}

/* Counts, at every split: each digit that there is goes into the result. */
static void counts(void **state)
{
    static const struct {
        const char *number;
        uint32_t value;
        int err;
    } cases[] = {
        { "0", 0, ANGO_OK },
        { "7", 7, ANGO_OK },
        { "10", 10, ANGO_OK },
        { "65536", 65536, ANGO_OK },
        { "4294967295", 4294967295u, ANGO_OK },
        { "4294967296", 4294967295u, ANGO_E_SHAPE },
        { "10000000000", 4294967295u, ANGO_E_SHAPE },
        { "01", 0, ANGO_E_JSON },
        { "1.", 1, ANGO_E_JSON },
        { "1e", 1, ANGO_E_JSON },
        { "1-", 1, ANGO_E_JSON },
    };
    char text[128];
    size_t i;

    (void)state;
    for (i = 0; i < SAMPLES(cases); i++) {
        int len = snprintf(text, sizeof text, "{\"data\":{\"total\":%s,\"group\":{\"count\":%s }}}", cases[i].number,
                           cases[i].number);

        assert_int_equal(scan(&shape, text, (size_t)len), cases[i].err);
        assert_int_equal(reading.result.total, cases[i].value);
        if (cases[i].err != ANGO_E_JSON)
            assert_int_equal(reading.result.done, cases[i].value);
    }
    /* By itself a number ends where the text does: only then is it known to be one. */
    for (i = 0; i < 2; i++) {
        static const char *const numbers[] = { "-120.5e+03", "-0.00E-9" };
        size_t n;

        for (n = 1; n <= strlen(numbers[i]); n++) {
            bool ends = numbers[i][n - 1] >= '0' && numbers[i][n - 1] <= '9';

            assert_int_equal(scan(&bare, numbers[i], n), ends ? ANGO_OK : ANGO_E_JSON);
        }
    }
}

static void depth(void **state)
{
    char text[6 * (ANGO_JSON_DEPTH + 2) + 16];
    unsigned n, kind;

    (void)state;
    for (kind = 0; kind < 3; kind++)
        for (n = 1; n <= ANGO_JSON_DEPTH + 2; n++) {
            char *p = text;
            unsigned i;

            for (i = 0; i < n; i++)
                p += sprintf(p, kind == 0 || (kind == 2 && i % 2 == 0) ? "[" : "{\"\":");
            if (p[-1] == ':')
                *p++ = '0';
            while (i-- > 0)
                *p++ = kind == 0 || (kind == 2 && i % 2 == 0) ? ']' : '}';
            assert_int_equal(scan(&bare, text, (size_t)(p - text)), n > ANGO_JSON_DEPTH ? ANGO_E_JSON : ANGO_OK);
        }
    /* Depth is what is open, not what was. */
    assert_int_equal(scan_text("{\"x\":[[],[[]],[[],[]],{},{\"\":{}}]}"), ANGO_OK);
}

/* Names that begin alike, or are written otherwise, at every split; only the very name is it. */
static void names(void **state)
{
    static const struct ango_field alike[] = {
        ANGO_ENVELOPE,
        { "items", ANGO_FIELD_DATA, ANGO_JSON_LIST, 0 },
        { "a", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
        { "ab", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
        { "abd", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
        { "b", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
        { "abc", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
        { "bc", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
        { "abcdefgh", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
        { "abcdefg", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    };
    static const struct ango_shape of = { alike, sizeof alike / sizeof alike[0], ANGO_FIELD_OWN, 1 };
    static const struct {
        const char *name;
        const char *entry;
    } cases[] = {
        { "a", "[x|||||||]\n" },
        { "ab", "[|x||||||]\n" },
        { "abd", "[||x|||||]\n" },
        { "b", "[|||x||||]\n" },
        { "abc", "[||||x|||]\n" },
        { "bc", "[|||||x||]\n" },
        { "abcdefgh", "[||||||x|]\n" },
        { "abcdefg", "[|||||||x]\n" },
        { "abcdef", "[|||||||]\n" },
        { "abcdefghi", "[|||||||]\n" },
        { "", "[|||||||]\n" },
        { "A", "[|||||||]\n" },
        { "a ", "[|||||||]\n" },
        { "c", "[|||||||]\n" },
        { "ac", "[|||||||]\n" },
        { "bcd", "[|||||||]\n" },
        { "\\u0061", "[x|||||||]\n" },
        { "\\u0061\\u0062d", "[||x|||||]\n" },
        { "a\\u0000", "[|||||||]\n" },
        { "a\\u00e1", "[|||||||]\n" },
        { "\\u0161", "[|||||||]\n" },
        { "a\xC3\xA1", "[|||||||]\n" },
        { "abcdefg\\u0068", "[||||||x|]\n" },
        { "a\\/", "[|||||||]\n" },
        { "\\ud861", "[|||||||]\n" },
        { "data", "[|||||||]\n" },
        { "items", "[|||||||]\n" },
        { "status", "[|||||||]\n" },
    };
    char text[256];
    char said[256];
    size_t i;

    (void)state;
    for (i = 0; i < SAMPLES(cases); i++) {
        int len = snprintf(text, sizeof text, "{\"data\":{\"items\":[{\"%s\":\"x\"}]}}", cases[i].name);

        (void)scan(&of, text, (size_t)len);
        (void)snprintf(said, sizeof said, "%sOK \"\" \"\" items=1 total=0 done=0 failed=0 text=\n", cases[i].entry);
        assert_string_equal(reading.said, said);
    }
    /* All of them in one, which takes all tokens. */
    (void)snprintf(text, sizeof text, "%s",
                   "{\"data\":{\"items\":[{\"abcdefg\":\"8\",\"abcdefgh\":\"7\",\"bc\":\"6\",\"abc\":\"5\",\"b\":\"4\","
                   "\"abd\":\"3\",\"ab\":\"2\",\"a\":\"1\"}]}}");
    (void)scan(&of, text, strlen(text));
    assert_string_equal(reading.said, "[1|2|3|4|5|6|7|8]\nOK \"\" \"\" items=1 total=0 done=0 failed=0 text=\n");
}

/* --- what fits ------------------------------------------------------------------------------------------ */

/* Entries of which each has another size in the buffer, and the server's words in front of them or behind. */
static const char *const sized[] = {
    "{\"status\":\"success\",\"message\":\"m\\u0041\",\"data\":{\"group\":{\"items\":["
    "{},{\"id\":\"0123456789\",\"name\":\"\\u00e9\\\\\"},{\"x\":[{\"id\":\"no\"}],\"note\":"
    "\"abcdefghijklmnopqrstuvwxyz\"},"
    "{\"id\":\"1\"},{\"id\":null,\"name\":\"\xE2\x82\xAC\"},{\"note\":\"\",\"name\":\"\",\"id\":\"\"}]},"
    "\"total\":6}}",
    "{\"data\":{\"total\":6,\"group\":{\"items\":["
    "{},{\"id\":\"0123456789\",\"name\":\"\\u00e9\\\\\"},{\"x\":[{\"id\":\"no\"}],\"note\":"
    "\"abcdefghijklmnopqrstuvwxyz\"},"
    "{\"id\":\"1\"},{\"id\":null,\"name\":\"\xE2\x82\xAC\"},{\"note\":\"\",\"name\":\"\",\"id\":\"\"}]}},"
    "\"message\":\"m\\u0041\",\"status\":\"success\"}",
};
static const char *const sized_entries[] = {
    "[||]\n",  "[0123456789|\xC3\xA9\\|]\n", "[||abcdefghijklmnopqrstuvwxyz]\n",
    "[1||]\n", "[|\xE2\x82\xAC|]\n",         "[||]\n",
};
/* What each takes, without its NUL: "aID""bNAME""cNOTE" and a newline, with only quotes and backslashes escaped. */
static const size_t sized_lens[] = { 1, (3 + 10) + (3 + 4) + 1, (3 + 26) + 1, (3 + 1) + 1, (3 + 3) + 1, 3 + 3 + 3 + 1 };

/* How many bytes the words or entries may end with, while the text has its room or once it has none. */
static size_t most_with_text(size_t cap)
{
    size_t half = (cap - ANGO_ROOM_MIN) / 2;

    return cap - 2 - (half < 511 ? half : 511) - ANGO_ROOM_RESERVED;
}

static size_t most_without_text(size_t cap)
{
    return cap - 1 - ANGO_ROOM_RESERVED;
}

/* What must be said in `cap` bytes: which entries fit is a matter of arithmetic. Returns what those kept have used. */
static size_t say_sized(char *said, size_t size, size_t cap, size_t used, bool drains, size_t *kept)
{
    size_t i, len = 0;

    *kept = 0;
    said[0] = '\0';
    for (i = 0; i < SAMPLES(sized_lens); i++) {
        bool fits = used + sized_lens[i] + ANGO_ROOM_WORDS <= most_without_text(cap);

        if (fits && !drains)
            used += sized_lens[i] + 1;
        *kept += fits && !drains;
        if (fits || drains)
            len += (size_t)snprintf(said + len, size - len, "%s", fits ? sized_entries[i] : "(too large)\n");
    }
    return used;
}

static void say_end(char *said, size_t size, const char *message)
{
    size_t len = strlen(said);

    (void)snprintf(said + len, size - len, "OK \"success\" \"%s\" items=6 total=6 done=0 failed=0 text=\n", message);
}

/* "success", which always fits, then "mA" beside the text; then the entries. */
static void say_words_in_front(char *said, size_t size, size_t cap, bool drains, size_t *kept)
{
    const char *message = 8 + 2 <= most_with_text(cap) ? "mA" : "";

    (void)say_sized(said, size, cap, *message != '\0' ? 8 + 3 : 8, drains, kept);
    say_end(said, size, message);
}

/* The entries, then "mA", which leaves room for the status, and "success". Behind entries there is always room. */
static void say_words_behind(char *said, size_t size, size_t cap, bool drains, size_t *kept)
{
    size_t used = say_sized(said, size, cap, 0, drains, kept);
    const char *message = used + 2 + ANGO_ROOM_STATUS <= most_without_text(cap) ? "mA" : "";

    say_end(said, size, message);
    if (*kept > 0)
        assert_string_equal(message, "mA");
}

static void every_capacity(void **state)
{
    char said[1024];
    size_t cap, kept, none = 0, all = 0;
    unsigned mode;

    (void)state;
    for (mode = 0; mode < 4; mode++)
        for (cap = ANGO_ROOM_MIN; cap < ANGO_ROOM_MIN + 400; cap++) {
            bool drains = mode / 2 != 0;
            const char *text = sized[mode % 2];
            const char *broken;

            reading.shape = &strict;
            reading.cap = cap;
            reading.drains = drains;
            if (cap % 5 == 0)
                broken = reading_every_way(&reading, reading_json, text, strlen(text));
            else
                broken = reading_some_ways(&reading, reading_json, text, strlen(text), 6, (uint32_t)cap);
            if (broken != NULL)
                fail_msg("cap %lu, piece %lu, split %lu, mode %u: %s\n%s\nwhole: %s", (unsigned long)cap,
                         (unsigned long)reading.piece, (unsigned long)reading.split, mode, broken, reading.said,
                         reading.first);
            if (mode % 2 == 0)
                say_words_in_front(said, sizeof said, cap, drains, &kept);
            else
                say_words_behind(said, sizeof said, cap, drains, &kept);
            if (strcmp(reading.said, said) != 0)
                fail_msg("cap %lu, mode %u: said\n%s\nnot\n%s", (unsigned long)cap, mode, reading.said, said);
            assert_int_equal(reading.result.kept, kept);
            none += kept == 0 && !drains;
            all += kept == SAMPLES(sized_lens);
            assert_true(reading.free_min >= READING_FREE_MIN);
        }
    reading.drains = false;
    /* Both came about. */
    assert_true(none > 50 && all > 50);
}

/* Reads it in some ways; whatever fits, it is sound, and as much of the text is there as there is room for. */
static void read_words(size_t cap, const char *text, size_t n, uint32_t seed)
{
    size_t most = (cap - ANGO_ROOM_MIN) / 2;
    size_t len = n < most ? n : most;
    const char *broken;

    reading.shape = &shape;
    reading.cap = cap;
    broken = reading_some_ways(&reading, reading_json, text, n, 4, seed);
    if (broken != NULL)
        fail_msg("cap %lu, %s: %s", (unsigned long)cap, text, broken);
    assert_int_equal(reading.err, ANGO_OK);
    assert_int_equal((size_t)(reading.room.text - reading.room.limit - 1), len);
    assert_memory_equal(reading.room.limit + 1, text, len);
}

/*
 * Words by the byte: a message that does not fit is given up, and nothing else is. In front of the status it leaves
 * that its room; behind it there is no need to.
 */
static void words(void **state)
{
    char text[700];
    size_t cap, len;
    unsigned behind, ends = 0;

    (void)state;
    for (behind = 0; behind < 2; behind++)
        for (cap = ANGO_ROOM_MIN; cap < ANGO_ROOM_MIN + 130; cap += 3)
            for (len = 1; len < 140; len++) {
                size_t used = behind != 0 ? sizeof "ok" : ANGO_ROOM_STATUS;
                bool fits = used + len <= most_with_text(cap);
                bool is_close = used + len <= most_with_text(cap) + 1 && used + len + 1 > most_with_text(cap);
                int n = snprintf(text, sizeof text,
                                 behind != 0 ? "{\"status\":\"ok\",\"message\":\"%0*d\"}"
                                             : "{\"message\":\"%0*d\",\"status\":\"ok\"}",
                                 (int)len, 0);

                if (len % 3 != 1 && !is_close)
                    continue;
                ends += is_close;
                read_words(cap, text, (size_t)n, (uint32_t)(cap * 256 + len));
                assert_string_equal(reading.result.status, "ok");
                assert_int_equal(strlen(reading.result.message), fits ? len : 0);
            }
    assert_true(ends > 100);
}

/* The status has its own room: whatever came before it, one of up to 23 bytes is there, and no longer one. */
static void status_words(void **state)
{
    char text[700];
    size_t cap, len;

    (void)state;
    for (cap = ANGO_ROOM_MIN; cap < ANGO_ROOM_MIN + 160; cap += 7)
        for (len = 1; len < ANGO_ROOM_STATUS + 3; len++) {
            size_t message = ANGO_ROOM_STATUS <= most_with_text(cap) ? most_with_text(cap) - ANGO_ROOM_STATUS : 0;
            size_t is_there = len < ANGO_ROOM_STATUS ? len : 0;
            int n;

            /* By itself, and behind the longest message that fits. */
            n = snprintf(text, sizeof text, "{\"status\":\"%0*d\"}", (int)len, 0);
            read_words(cap, text, (size_t)n, (uint32_t)(cap * 256 + len));
            assert_int_equal(strlen(reading.result.status), is_there);
            if (message == 0)
                continue;
            n = snprintf(text, sizeof text, "{\"message\":\"%0*d\",\"status\":\"%0*d\"}", (int)message, 0, (int)len, 0);
            read_words(cap, text, (size_t)n, (uint32_t)(cap * 256 + len));
            assert_int_equal(strlen(reading.result.message), message);
            assert_int_equal(strlen(reading.result.status), is_there);
        }
}

/* --- random lists --------------------------------------------------------------------------------------- */

static char made[TEXT_MOST];
static size_t made_len;

static void make(const char *text)
{
    size_t len = strlen(text);

    assert_true(made_len + len < sizeof made);
    memcpy(made + made_len, text, len);
    made_len += len;
}

static void make_space(void)
{
    if (random_bits() % 8 == 0)
        make(random_bits() % 2 == 0 ? " " : "\r\n\t");
}

/* Any value. */
static void make_value(unsigned most_depth)
{
    static const char *const scalars[] = { "0",     "-1.5e9", "true",           "false",
                                           "null",  "\"\"",   "\"]},{[:\\\"\"", "\"\\ud83d\\ude00\\\\\"",
                                           "\"id\"" };
    unsigned n = random_bits() % 4;
    bool object = random_bits() % 2 == 0;

    make_space();
    if (most_depth == 0 || random_bits() % 3 != 0) {
        make(scalars[random_bits() % SAMPLES(scalars)]);
        make_space();
        return;
    }
    make(object ? "{" : "[");
    make_space();
    while (n-- > 0) {
        if (object) {
            make(random_bits() % 2 == 0 ? "\"k\"" : "\"\\u006b\\\"\"");
            make_space();
            make(":");
        }
        make_value(most_depth - 1);
        if (n > 0)
            make(",");
    }
    make(object ? "}" : "]");
    make_space();
}

/* Lists of objects with known strings among anything else, and other things between them. */
static void random_lists(void **state)
{
    unsigned round;

    (void)state;
    for (round = 0; round < 2500; round++) {
        char said[1024];
        size_t said_len = 0;
        unsigned objects = 0;
        unsigned n = random_bits() % 8;
        size_t cap = ANGO_ROOM_MIN + random_bits() % 600;
        size_t used = 0;
        const char *broken;
        unsigned i;

        reading.drains = random_bits() % 2 == 0;
        made_len = 0;
        make("{\"data\":{\"group\":{\"items\":[");
        for (i = 0; i < n; i++) {
            unsigned before = random_bits() % 3;
            unsigned behind = random_bits() % 3;
            char id[80];
            size_t size;

            if (i > 0)
                make(",");
            if (random_bits() % 5 == 0) { /* no entry */
                make("[");
                make_value(3);
                make(random_bits() % 2 == 0 ? "],null," : "],");
            }
            make_space();
            make("{");
            while (before-- > 0) {
                make("\"k\":");
                make_value(5);
                make(",");
            }
            (void)snprintf(id, sizeof id, "%0*lx", 1 + (int)(random_bits() % 70), (unsigned long)random_bits());
            make(random_bits() % 2 == 0 ? "\"id\" : \"" : "\"\\u0069d\":\"");
            make(id);
            make("\"");
            while (behind-- > 0) {
                make(",\"names\":");
                make_value(5);
            }
            make("}");
            make_space();
            size = strlen("\"a\"\n") + strlen(id);
            if (used + size + ANGO_ROOM_WORDS + ANGO_ROOM_RESERVED + 1 <= cap) {
                said_len += (size_t)snprintf(said + said_len, sizeof said - said_len, "[%s||]\n", id);
                used += reading.drains ? 0 : size + 1;
            } else if (reading.drains) {
                said_len += (size_t)snprintf(said + said_len, sizeof said - said_len, "(too large)\n");
            }
            objects++;
        }
        make("]}}}");
        (void)snprintf(said + said_len, sizeof said - said_len, "OK \"\" \"\" items=%u total=0 done=0 failed=0 text=\n",
                       objects);
        reading.shape = &strict;
        reading.cap = cap;
        broken = reading_some_ways(&reading, reading_json, made, made_len, 4, random_bits());
        if (broken != NULL || strcmp(reading.said, said) != 0)
            fail_msg("round %u, cap %lu: %s\n%.*s\nsaid\n%s\nnot\n%s", round, (unsigned long)cap,
                     broken != NULL ? broken : "wrong", (int)made_len, made, reading.said, said);
    }
    reading.drains = false;
}

/* A byte away from names that are there twice, from counts that are none, and from \\u0000. */
static const char close_to_wrong[] =
    "{\"status\":\"\\u0001\",\"statu1\":1,\"statu8\":1,\"data\":{\"total\":10000,\"total9\":1,\"group\":"
    "{\"count\":900,"
    "\"items\":[{\"id\":\"\\u0001\\u0010\",\"i1\":\"\",\"1d\":\"\"},{\"0ame\":1,\"1ame\":1,\"8ame\":1,"
    "\"name\":\"\\u0001\"}]}}}";

/* With random bytes changed it is sound or not, but the same in each way, in buffers of each size. */
static void random_changes(void **state)
{
    static const char bytes[] = "{}[],:\"\\ \t\r\nu0189aAdDeE.+-truefalsn\x00\x1F\x7F\x80\xC3\xA9\xED\xF0\xFF";
    unsigned round, sound = 0, wrong = 0, broken = 0;

    (void)state;
    for (round = 0; round < 12000; round++) {
        const char *base = round % 3 == 0 ? close_to_wrong : whole;
        char text[sizeof whole + sizeof close_to_wrong];
        size_t len = strlen(base);
        unsigned changes = 1 + random_bits() % 3;
        const char *what;

        memcpy(text, base, len);
        while (changes-- > 0)
            text[random_bits() % len] =
                base == whole ? bytes[random_bits() % (sizeof bytes - 1)] : "0-.nis"[random_bits() % 6];
        reading.shape = &shape;
        reading.cap = ANGO_ROOM_MIN + random_bits() % 300;
        reading.drains = round % 2 != 0;
        what = reading_some_ways(&reading, reading_json, text, len, 2, random_bits());
        if (what != NULL)
            fail_msg("round %u, cap %lu, piece %lu, split %lu, random %lu: %s\n%.*s\n%s\nwhole: %s", round,
                     (unsigned long)reading.cap, (unsigned long)reading.piece, (unsigned long)reading.split,
                     (unsigned long)reading.random, what, (int)len, text, reading.said, reading.first);
        sound += reading.err == ANGO_OK;
        wrong += reading.err == ANGO_E_SHAPE;
        broken += reading.err == ANGO_E_JSON;
    }
    reading.drains = false;
    if (sound < 1000 || wrong < 20 || broken < 1000)
        fail_msg("%u sound, %u wrong, %u broken: too few of a kind", sound, wrong, broken);
}

static int open_room(void **state)
{
    (void)state;
    reading_open(&reading, TEXT_MOST);
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
        cmocka_unit_test(samples),      cmocka_unit_test(bytes),          cmocka_unit_test(cut),
        cmocka_unit_test(escapes),      cmocka_unit_test(every_escape),   cmocka_unit_test(round_trip),
        cmocka_unit_test(shapes),       cmocka_unit_test(counts),         cmocka_unit_test(depth),
        cmocka_unit_test(names),        cmocka_unit_test(every_capacity), cmocka_unit_test(words),
        cmocka_unit_test(status_words), cmocka_unit_test(random_lists),   cmocka_unit_test(random_changes),
    };

    return cmocka_run_group_tests(tests, open_room, shut_room);
}
