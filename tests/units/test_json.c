/*
 * The JSON reader by itself, with a page that cannot be touched right behind the text's NUL: what is JSON,
 * what comes of strings, lists and counts, documents cut at every length, random lists against what they were
 * made from.
 */
#include "guard.h"
#include "json_reader.h"
#include "json_samples.h"
#include "json_writer.h"
#include "utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TOKENS_MOST 4096u
#define TEXT_MOST 65536u

static struct guard room;
static struct ango_token tokens[TOKENS_MOST];

/* A shape with everything that one can have. */
struct item {
    const char *id;
    const char *name;
    const char *note;
};
enum { TOTAL = ANGO_FIELD_OWN, GROUP, COUNT_OF_GROUP, ITEMS, ID, NAME, NOTE };
#define FIELDS(open) \
    ANGO_ENVELOPE, \
    { "total", ANGO_IN_DATA, ANGO_JSON_NUMBER, open, offsetof(struct ango_result, total_digits) }, \
    { "group", ANGO_IN_DATA, ANGO_JSON_OBJECT, open, 0 }, \
    { "count", ANGO_IN(GROUP), ANGO_JSON_NUMBER, 1, offsetof(struct ango_result, done_digits) }, \
    { "items", ANGO_IN(GROUP), ANGO_JSON_LIST, open, 0 }, \
    { "id", ANGO_IN(ITEMS), ANGO_JSON_STRING, open, 0 }, \
    { "name", ANGO_IN(ITEMS), ANGO_JSON_STRING, open, 0 }, \
    { "note", ANGO_IN(ITEMS), ANGO_JSON_STRING, 1, 0 }
static const struct ango_field fields[] = { FIELDS(0) };
static const struct ango_shape shape = { fields, sizeof fields / sizeof fields[0], ITEMS, 0, NULL };
/* The same without insisting on any type. */
static const struct ango_field loose[] = { FIELDS(1) };
static const struct ango_shape open = { loose, sizeof loose / sizeof loose[0], ITEMS, 0, NULL };
static const struct ango_field envelope[] = { ANGO_ENVELOPE };
static const struct ango_shape bare = {
    envelope, sizeof envelope / sizeof envelope[0], ANGO_NOWHERE, 0, NULL
};

static struct ango_result result;
static struct ango_list list;

static int scan(const struct ango_shape *of, const char *text, size_t len, size_t tokens_cap)
{
    uint8_t *copy = guard_text(&room, text, len);
    int err;

    memset(&result, 0, sizeof result);
    result.status = result.message = "";
    memset(&list, 0, sizeof list);
    list.shape = of;
    list.tokens = tokens;
    list.tokens_cap = tokens_cap;
    err = ango_json_scan(copy, len, &list, &result);
    assert_true(guard_intact(&room));
    assert_non_null(result.status);
    assert_non_null(result.message);
    assert_int_equal(copy[len], '\0');
    return err;
}

static int scan_text(const char *text)
{
    return scan(&shape, text, strlen(text), TOKENS_MOST);
}

/* --- what is JSON --------------------------------------------------------------------------------------- */

static void samples(void **state)
{
    char text[256];
    size_t i;

    (void)state;
    for (i = 0; i < SAMPLES(json_valid); i++) {
        assert_int_equal(scan(&bare, json_valid[i].text, json_valid[i].len, 1), ANGO_OK);
    }
    for (i = 0; i < SAMPLES(json_invalid); i++)
        assert_int_equal(scan(&bare, json_invalid[i].text, json_invalid[i].len, 1), ANGO_E_JSON);
    for (i = 0; i < SAMPLES(json_bad_utf8); i++) {
        int len = snprintf(text, sizeof text, "{\"\":\"%s\"}", json_bad_utf8[i].text);

        assert_int_equal(scan(&bare, text, (size_t)len, 1), ANGO_E_JSON);
        /* Cut right behind it, with nothing but the NUL to stop at. */
        assert_int_equal(scan(&bare, text, (size_t)len - 2, 1), ANGO_E_JSON);
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

        assert_int_equal(scan(&bare, text + 1, 1, 1), c >= '0' && c <= '9' ? ANGO_OK : ANGO_E_JSON);
        assert_int_equal(scan(&bare, text, 3, 1),
                         c < 0x20 || c == '"' || c == '\\' || c >= 0x80 ? ANGO_E_JSON : ANGO_OK);
        memcpy(text, "{}", 2);
        text[2] = (char)c;
        assert_int_equal(scan(&bare, text, 3, 1), space ? ANGO_OK : ANGO_E_JSON);
        text[0] = '{';
        text[1] = (char)c;
        text[2] = '}';
        assert_int_equal(scan(&bare, text, 3, 1), space ? ANGO_OK : ANGO_E_JSON);
        memcpy(text, "\"\\_\"", 4);
        text[2] = (char)c;
        assert_int_equal(scan(&bare, text, 4, 1),
                         c != 0 && strchr("\"\\/bfnrt", (int)c) != NULL ? ANGO_OK : ANGO_E_JSON);
    }
}

static const char whole[] =
    "{ \"status\" : \"succ\\u0065ss\", "
    "\"message\":\"m\\n\\ud83d\\ude00\",\"x\":[1,-2.5e+3,true,false,null,{}],\"data\":{\"total\":12,"
    "\"group\":{\"count\":3,\"items\":[{\"id\":\"a\",\"n\\u0061me\":\"\\\"\\u00e9\\\"\",\"y\":{\"id\":["
    "\"no\"]}}, 7 ,[{\"id\":\"no\"}],"
    "{\"note\":null,\"name\":\"\xE2\x82\xAC\",\"id\":\"\"},{}]}}}\r\n";

static void check_whole(void)
{
    struct item item;

    assert_string_equal(result.status, "success");
    assert_string_equal(result.message, "m\n\xF0\x9F\x98\x80");
    assert_int_equal(result.items, 3);
    assert_memory_equal(result.total_digits, "12,", 3);
    assert_memory_equal(result.done_digits, "3,", 2);
    assert_int_equal(ango_json_item(&list, &item), ANGO_OK);
    assert_string_equal(item.id, "a");
    assert_string_equal(item.name, "\"\xC3\xA9\"");
    assert_string_equal(item.note, "");
    assert_int_equal(ango_json_item(&list, &item), ANGO_OK);
    assert_string_equal(item.id, "");
    assert_string_equal(item.name, "\xE2\x82\xAC");
    assert_string_equal(item.note, "");
    assert_int_equal(ango_json_item(&list, &item), ANGO_OK);
    assert_string_equal(item.id, "");
    assert_int_equal(ango_json_item(&list, &item), ANGO_E_END);
    assert_int_equal(ango_json_item(&list, &item), ANGO_E_END);
    assert_true(guard_intact(&room));
}

static void cut(void **state)
{
    size_t n;

    (void)state;
    assert_int_equal(scan(&open, whole, sizeof whole - 1, TOKENS_MOST), ANGO_OK);
    check_whole();
    for (n = 0; n < sizeof whole - 3; n++)
        assert_int_equal(scan(&open, whole, n, TOKENS_MOST), ANGO_E_JSON);
    for (; n < sizeof whole; n++)
        assert_int_equal(scan(&open, whole, n, TOKENS_MOST), ANGO_OK);
    /* Not where its type is insisted on: elements that are no objects. */
    assert_int_equal(scan_text(whole), ANGO_E_SHAPE);
}

/* --- strings -------------------------------------------------------------------------------------------- */

static const char *read_back(const char *json)
{
    static struct item item;
    static char text[2048];
    int len = snprintf(text, sizeof text, "{\"data\":{\"group\":{\"items\":[{\"id\":%s}]}}}", json);

    assert_in_range(len, 1, sizeof text - 1);
    assert_int_equal(scan_text(text), ANGO_OK);
    assert_int_equal(ango_json_item(&list, &item), ANGO_OK);
    assert_true(guard_intact(&room));
    return item.id;
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
    uint32_t c;

    (void)state;
    for (i = 0; i < SAMPLES(cases); i++)
        assert_string_equal(read_back(cases[i].json), cases[i].text);
    /* Every character, escaped. */
    for (c = 1; c < 0x110000; c += c < 0x1000 ? 1 : 61) {
        char json[32];
        uint8_t text[8];

        if (c >= 0xD800 && c < 0xE000)
            continue;
        if (c < 0x10000)
            (void)snprintf(json, sizeof json, c % 2 == 0 ? "\"\\u%04x\"" : "\"\\u%04X\"", (unsigned)c);
        else
            (void)snprintf(json, sizeof json, "\"\\u%04x\\u%04x\"",
                           (unsigned)(0xD800 + ((c - 0x10000) >> 10)), (unsigned)(0xDC00 + (c & 0x3FF)));
        *ango_utf8_put(text, c) = '\0';
        assert_string_equal(read_back(json), (const char *)text);
    }
}

static uint32_t random_bits(void)
{
    static uint32_t x = 362436069u;

    x ^= x << 13;
    x ^= x >> 17;
    return x ^= x << 5;
}

/* What the writer writes, the reader reads. */
static void round_trip(void **state)
{
    int round;

    (void)state;
    for (round = 0; round < 3000; round++) {
        char text[256];
        char json[600];
        struct ango_writer w = { .buf = (uint8_t *)json, .cap = sizeof json - 1, .body = 1 };
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
        ango_write_string(&w, "\"", text, ANGO_E_ID);
        ango_write_byte(&w, '"');
        assert_int_equal(ango_write_end(&w), ANGO_OK);
        json[w.len] = '\0';
        assert_string_equal(read_back(json), text);
    }
}

/* --- shapes --------------------------------------------------------------------------------------------- */

#define GROUPED(items) "{\"data\":{\"group\":{\"items\":" items "}}}"

static void shapes(void **state)
{
    static const struct {
        const char *text;
        int err;
    } cases[] = {
        { "{}", ANGO_OK },
        { "null", ANGO_OK },
        { "[]", ANGO_OK },
        { "\"a\"", ANGO_OK },
        { "1", ANGO_OK },
        { "{\"status\":1,\"message\":[],\"data\":\"x\"}", ANGO_OK },
        { "{\"data\":{\"total\":\"1\"}}", ANGO_E_SHAPE },
        { "{\"data\":{\"total\":null}}", ANGO_OK },
        { "{\"data\":{\"total\":-1}}", ANGO_E_SHAPE },
        { "{\"data\":{\"total\":0}}", ANGO_OK },
        { "{\"data\":{\"group\":[]}}", ANGO_E_SHAPE },
        { "{\"data\":{\"group\":null}}", ANGO_OK },
        { "{\"data\":{\"group\":{\"count\":\"x\"}}}", ANGO_OK },
        { "{\"data\":{\"group\":{\"count\":-5}}}", ANGO_OK },
        { GROUPED("{}"), ANGO_E_SHAPE },
        { GROUPED("null"), ANGO_OK },
        { GROUPED("[]"), ANGO_OK },
        { GROUPED("[{}]"), ANGO_OK },
        { GROUPED("[1]"), ANGO_E_SHAPE },
        { GROUPED("[[]]"), ANGO_E_SHAPE },
        { GROUPED("[null]"), ANGO_OK },
        { GROUPED("[{\"id\":1}]"), ANGO_E_SHAPE },
        { GROUPED("[{\"note\":1}]"), ANGO_OK },
        { GROUPED("[{\"id\":\"a\\u0000\"}]"), ANGO_E_SHAPE },
        { GROUPED("[{\"note\":\"\\u0000\"}]"), ANGO_E_SHAPE },
        { GROUPED("[{\"z\":\"\\u0000\",\"\\u0000\":1}]"), ANGO_OK },
        { GROUPED("[{\"id\":\"a\",\"id\":\"a\"}]"), ANGO_E_SHAPE },
        { GROUPED("[{\"id\":\"a\"},{\"id\":\"a\"}]"), ANGO_OK },
        { GROUPED("[{\"id\":\"a\",\"z\":{\"id\":1}}]"), ANGO_OK },
        { GROUPED("[{\"id\":\"a\",\"\\u0069\\u0064\":\"a\"}]"), ANGO_E_SHAPE },
        { GROUPED("[],\"items\":[]"), ANGO_E_SHAPE },
        { "{\"total\":\"x\",\"items\":5,\"id\":{}}", ANGO_OK },
        { "{\"data\":{\"id\":5,\"items\":5}}", ANGO_OK },
        { "{\"status\":\"a\",\"status\":\"a\"}", ANGO_E_SHAPE },
        { "[{\"status\":\"a\",\"status\":\"a\"}]", ANGO_OK },
        { "{\"data\":{},\"data\":{}}", ANGO_E_SHAPE },
        /* What is no JSON weighs more than what has no shape. */
        { "{\"data\":{\"group\":[]},}", ANGO_E_JSON },
        { "{\"status\":\"a\",\"status\":\"a\"", ANGO_E_JSON },
    };
    struct ango_shape strict = shape;
    size_t i;

    (void)state;
    for (i = 0; i < SAMPLES(cases); i++)
        if (scan_text(cases[i].text) != cases[i].err)
            fail_msg("%s: not %d", cases[i].text, cases[i].err);
    strict.required = 1;
    assert_int_equal(scan(&strict, "{}", 2, 1), ANGO_E_SHAPE);
    assert_int_equal(scan(&strict, "[]", 2, 1), ANGO_E_SHAPE);
    assert_int_equal(scan(&strict, GROUPED("null"), strlen(GROUPED("null")), 1), ANGO_E_SHAPE);
    assert_int_equal(scan(&strict, GROUPED("[]"), strlen(GROUPED("[]")), 1), ANGO_OK);
    /* With an error of shape the envelope's words are there; with one of syntax the client puts the text there. */
    assert_int_equal(scan_text("{\"status\":\"fail\",\"message\":\"why\",\"data\":{\"total\":[]}}"),
                     ANGO_E_SHAPE);
    assert_string_equal(result.status, "fail");
    assert_string_equal(result.message, "why");
    assert_int_equal(scan_text("{\"status\":\"fail\",\"message\":\"why\"}}"), ANGO_E_JSON);
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
            assert_int_equal(scan(&bare, text, (size_t)(p - text), 1), n > ANGO_JSON_DEPTH ? ANGO_E_JSON : ANGO_OK);
        }
    /* Depth is what is open, not what was. */
    assert_int_equal(scan_text("{\"x\":[[],[[]],[[],[]],{},{\"\":{}}]}"), ANGO_OK);
}

/* --- random lists --------------------------------------------------------------------------------------- */

static char made[TEXT_MOST];
static size_t made_len;
static size_t made_tokens;

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

/* Any value; counts its tokens. */
static void make_value(unsigned most_depth)
{
    static const char *const scalars[] = { "0",     "-1.5e9", "true",           "false",
                                           "null",  "\"\"",   "\"]},{[:\\\"\"", "\"\\ud83d\\ude00\\\\\"",
                                           "\"id\"" };
    unsigned n = random_bits() % 4;
    bool object = random_bits() % 2 == 0;

    make_space();
    made_tokens++;
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
            made_tokens++;
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
    for (round = 0; round < 2000; round++) {
        char ids[8][24];
        unsigned objects = 0;
        unsigned n = random_bits() % 8;
        size_t most = 0;
        struct item item;
        unsigned i;

        made_len = 0;
        make("{\"data\":{\"group\":{\"items\":[");
        for (i = 0; i < n; i++) {
            unsigned before = random_bits() % 3;
            unsigned behind = random_bits() % 3;

            if (i > 0)
                make(",");
            if (random_bits() % 5 == 0) {
                make("null");
                continue;
            }
            made_tokens = 1 + 2; /* the object, "id" and its value */
            make_space();
            make("{");
            while (before-- > 0) {
                make("\"k\":");
                made_tokens++;
                make_value(5);
                make(",");
            }
            (void)snprintf(ids[objects], sizeof ids[0], "%08lx", (unsigned long)random_bits());
            make(random_bits() % 2 == 0 ? "\"id\" : \"" : "\"\\u0069d\":\"");
            make(ids[objects++]);
            make("\"");
            while (behind-- > 0) {
                make(",\"names\":");
                made_tokens++;
                make_value(5);
            }
            make("}");
            make_space();
            if (most < made_tokens)
                most = made_tokens;
        }
        make("]}}}");
        /* As many tokens as the largest object takes, and not one less. */
        if (most > 1)
            assert_int_equal(scan(&shape, made, made_len, most - 1), ANGO_E_TOO_BIG);
        assert_int_equal(scan(&shape, made, made_len, most != 0 ? most : 1), ANGO_OK);
        assert_int_equal(result.items, objects);
        for (i = 0; i < objects; i++) {
            assert_int_equal(ango_json_item(&list, &item), ANGO_OK);
            assert_string_equal(item.id, ids[i]);
            assert_string_equal(item.name, "");
        }
        assert_int_equal(ango_json_item(&list, &item), ANGO_E_END);
        assert_true(guard_intact(&room));
    }
}

/* With random bytes changed it is sound or not, but never read past its end; and it has the items it says. */
static void random_changes(void **state)
{
    static const char bytes[] =
        "{}[],:\"\\ \t\r\nu0189aAdDeE.+-truefalsn\x00\x1F\x7F\x80\xC3\xA9\xED\xF0\xFF";
    unsigned round, sound = 0, broken = 0;

    (void)state;
    for (round = 0; round < 40000; round++) {
        char text[sizeof whole];
        size_t len = sizeof whole - 1;
        unsigned changes = 1 + random_bits() % 3;
        struct item item;
        size_t items = 0;
        int err;

        memcpy(text, whole, len);
        while (changes-- > 0)
            text[random_bits() % len] = bytes[random_bits() % (sizeof bytes - 1)];
        err = scan(&open, text, len, TOKENS_MOST);
        if (err != ANGO_OK) {
            broken++;
            continue;
        }
        sound++;
        while (ango_json_item(&list, &item) == ANGO_OK) {
            assert_non_null(item.id);
            assert_non_null(item.name);
            assert_non_null(item.note);
            items++;
        }
        assert_int_equal(items, result.items);
        assert_true(guard_intact(&room));
    }
    assert_true(sound > 1000 && broken > 1000);
}

static int open_room(void **state)
{
    (void)state;
    guard_begin(&room, TEXT_MOST);
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
        cmocka_unit_test(samples), cmocka_unit_test(bytes),        cmocka_unit_test(cut),
        cmocka_unit_test(escapes), cmocka_unit_test(round_trip),   cmocka_unit_test(shapes),
        cmocka_unit_test(depth),   cmocka_unit_test(random_lists), cmocka_unit_test(random_changes),
    };

    return cmocka_run_group_tests(tests, open_room, shut_room);
}
