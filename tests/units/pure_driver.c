/*
 * What test_json_grammar.py, test_json_python.py and test_linear.py drive:
 *
 *   pure_driver judge ALPHABET LENGTH   every string of 0 to LENGTH characters, whole and byte by byte:
 *                                       prints those that are JSON, a line each
 *   pure_driver read                    reads a line "CAP HOW SEED LENGTH" and so many bytes, as often as
 *                                       there are any; HOW: kept, or drained. Prints how long it is, and
 *                                       what is read of them in many ways (reading.h)
 *   pure_driver cost SIZE               reads documents and replies of each kind, of about SIZE bytes and
 *                                       then of twice as many; prints a line for each
 */
#include "reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Large enough for an item of any kind below, and no larger for longer documents. */
#define COST_CAP 2048u

/* What is counted has a buffer and a client's state, and bytes that come in pieces. */
struct counted {
    const char *input;
    size_t len;
    size_t piece;
    struct ango_http http;
    struct ango_json json;
    struct ango_room room;
    struct ango_result result;
};

/* Callgrind counts from one of these to count_end; called through pointers, so that they are not inlined. */
int count_json(struct counted *c);
int count_http(struct counted *c);
void count_end(void);
static int (*volatile json)(struct counted *) = count_json;
static int (*volatile http)(struct counted *) = count_http;
static void (*volatile end)(void) = count_end;

void count_end(void)
{
}

static int fail(const char *what)
{
    (void)fprintf(stderr, "pure_driver: %s\n", what);
    return 1;
}

/* --- judge ---------------------------------------------------------------------------------------------- */

static const struct ango_field envelope[] = { ANGO_ENVELOPE };
static const struct ango_shape bare = { envelope, sizeof envelope / sizeof envelope[0], ANGO_NOWHERE, 0 };

static bool is_json(const char *text, size_t len, size_t piece)
{
    uint8_t buffer[ANGO_ROOM_MIN];
    struct ango_result result;
    struct ango_json j;
    struct ango_room room;
    size_t at = 0;

    memset(&result, 0, sizeof result);
    memset(&j, 0, sizeof j);
    memset(&room, 0, sizeof room);
    result.status = result.message = "";
    ango_room_begin(&room, buffer, sizeof buffer);
    ango_json_begin(&j, &bare, &result);
    while (at < len) {
        size_t n = len - at < piece ? len - at : piece;

        memcpy(room.end, text + at, n);
        room.end += n;
        at += n;
        (void)ango_json_take(&j, &room, n);
        ango_room_pack(&room);
    }
    return ango_json_end(&j) != ANGO_E_JSON;
}

static int judge(const char *alphabet, size_t most)
{
    size_t letters = strlen(alphabet);
    unsigned long judged = 0;
    size_t len;

    if (most > 16 || letters == 0)
        return fail("too long");
    for (len = 0; len <= most; len++) {
        size_t digits[16] = { 0 };
        char text[17];
        size_t at;

        memset(text, alphabet[0], len);
        text[len] = '\0';
        do {
            bool whole = is_json(text, len, len);

            judged++;
            if (is_json(text, len, 1) != whole)
                return fail(text);
            if (whole)
                (void)puts(text);
            for (at = len; at > 0; at--) {
                digits[at - 1] = (digits[at - 1] + 1) % letters;
                text[at - 1] = alphabet[digits[at - 1]];
                if (digits[at - 1] != 0)
                    break;
            }
        } while (at > 0);
    }
    (void)fprintf(stderr, "judged=%lu\n", judged);
    return 0;
}

/* --- read ----------------------------------------------------------------------------------------------- */

/* As test_json_python.py has it. */
enum { TOTAL = ANGO_FIELD_OWN, GROUP, COUNT, ENTRIES };
static const struct ango_field read_fields[] = {
    ANGO_ENVELOPE,
    { "total", ANGO_FIELD_DATA, ANGO_JSON_NUMBER, offsetof(struct ango_result, total) },
    { "group", ANGO_FIELD_DATA, ANGO_JSON_OBJECT, 0 },
    { "count", GROUP, ANGO_JSON_NUMBER, offsetof(struct ango_result, done) },
    { "items", GROUP, ANGO_JSON_LIST, 0 },
    { "id", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    { "name", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    { "idle", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
};
static const struct ango_shape read_shape = { read_fields, sizeof read_fields / sizeof read_fields[0], ENTRIES, 1 };

static int read_all(void)
{
    static struct reading r;
    static char text[65536];
    unsigned long cap, seed, len;
    char how[16];

    reading_open(&r, 65536);
    r.shape = &read_shape;
    while (scanf("%lu %15s %lu %lu", &cap, how, &seed, &len) == 4) {
        const char *broken;

        if (cap < ANGO_ROOM_MIN || cap > 65536 || len > sizeof text || getchar() != '\n'
            || fread(text, 1, len, stdin) != len)
            return fail("no such input");
        r.cap = cap;
        r.drains = strcmp(how, "drained") == 0;
        broken = len < 200 ? reading_every_way(&r, reading_json, text, len)
                           : reading_some_ways(&r, reading_json, text, len, 12, (uint32_t)seed);
        if (broken != NULL) {
            (void)fprintf(stderr, "%.*s\ncap %lu, piece %lu, split %lu, random %lu\n%s\nwhole: %s\n", (int)len, text,
                          cap, (unsigned long)r.piece, (unsigned long)r.split, (unsigned long)r.random, r.said,
                          r.first);
            return fail(broken);
        }
        (void)printf("%lu\n", (unsigned long)r.said_len);
        (void)fwrite(r.said, 1, r.said_len, stdout); /* may hold NULs */
        (void)putchar('\n');
    }
    reading_shut(&r);
    return 0;
}

/* --- cost ----------------------------------------------------------------------------------------------- */

struct item {
    const char *id;
    const char *name;
};
enum { ITEMS = ANGO_FIELD_OWN };
static const struct ango_field fields[] = {
    ANGO_ENVELOPE,
    { "items", ANGO_FIELD_DATA, ANGO_JSON_LIST, 0 },
    { "id", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    { "name", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
};
static const struct ango_shape shape = { fields, sizeof fields / sizeof fields[0], ITEMS, 0 };

/* The next piece. */
static size_t receive(struct counted *c)
{
    size_t n = c->len < c->piece ? c->len : c->piece;

    if (n > (size_t)(c->room.limit - c->room.end))
        n = (size_t)(c->room.limit - c->room.end);
    memcpy(c->room.end, c->input, n);
    c->room.end += n;
    c->input += n;
    c->len -= n;
    return n;
}

/* Each entry is read as it comes. */
int count_json(struct counted *c)
{
    struct ango_token tokens[ANGO_TOKENS];
    struct item item;

    while (c->len > 0) {
        (void)receive(c);
        while (c->room.next < c->room.end)
            if (ango_json_take(&c->json, &c->room, (size_t)(c->room.end - c->room.next)) == ANGO_E_END) {
                if (c->room.put != c->room.kept)
                    (void)ango_json_read_entry(&shape, c->room.kept, tokens, &item);
                c->room.put = c->room.kept;
            }
        ango_room_pack(&c->room);
    }
    return ango_json_end(&c->json);
}

/* The body is dropped. */
int count_http(struct counted *c)
{
    int n = ANGO_E_WAIT;

    while (c->len > 0 && n == ANGO_E_WAIT) {
        (void)receive(c);
        while ((n = ango_http_take(&c->http, &c->room)) > 0) {
            c->room.next += n;
            ango_http_taken(&c->http, (size_t)n);
        }
        if (n == ANGO_E_WAIT)
            ango_room_pack(&c->room);
    }
    return n;
}

/* `before`, `unit` as often as makes `size` bytes, less its last byte when that is a comma, and `behind`. */
static char *repeat(const char *before, const char *unit, const char *behind, size_t size, size_t *len)
{
    size_t n = strlen(unit);
    char *text = malloc(strlen(before) + size + n + strlen(behind) + 1);
    char *p = text;

    if (text == NULL)
        exit(fail("no memory"));
    p += sprintf(p, "%s", before);
    for (; size >= n; size -= n)
        p += sprintf(p, "%s", unit);
    if (p[-1] == ',')
        p--;
    p += sprintf(p, "%s", behind);
    *len = (size_t)(p - text);
    return text;
}

#define LIST "{\"status\":\"success\",\"data\":{\"items\":["

static const struct json_kind {
    const char *kind;
    const char *before;
    const char *unit;
    const char *behind;
    size_t piece;
    int err;
} json_kinds[] = {
    { "space", "{\"status\":\"success\"", " \t\r\n", "}", 1460, ANGO_OK },
    { "string", "{\"message\":\"", "a", "\"}", 1460, ANGO_OK },
    { "escapes", "{\"message\":\"", "\\n\\u00e9\\ud83d\\ude00", "\"}", 1460, ANGO_OK },
    { "utf8", "{\"message\":\"", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", "\"}", 1460, ANGO_OK },
    { "number", "{\"x\":", "1234567890", "}", 1460, ANGO_OK },
    { "values", "{\"x\":[", "1,true,null,\"\",", "]}", 1460, ANGO_OK },
    { "nested", "{\"x\":[", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]],", "]}", 1460, ANGO_OK },
    { "nested-objects", "{\"x\":[",
      "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}},", "]}", 1460, ANGO_OK },
    { "open", "{\"x\":", "[", "", 1460, ANGO_E_JSON },
    { "open-objects", "", "{\"a\":", "", 1460, ANGO_E_JSON },
    { "members", "{", "\"ab\":1,", "}", 1460, ANGO_OK },
    { "long-names", "{", "\"items\\u0069itemsitemsitemsitemsitemsitems\":1,", "}", 1460, ANGO_OK },
    { "items", LIST, "{\"id\":\"0123456789abcdef\",\"name\":\"a \\\"b\\\"\",\"x\":[1,{\"y\":2}]},", "]}}", 1460,
      ANGO_OK },
    { "empty-items", LIST, "{},", "]}}", 1460, ANGO_OK },
    { "nested-items", LIST, "{\"id\":\"1\",\"x\":[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]},", "]}}", 1460,
      ANGO_OK },
    { "no-items", LIST, "null,\"{},{}\",[{}],", "]}}", 1460, ANGO_OK },
    { "long-item", LIST "{\"id\":\"", "\\u0041b", "\"}]}}", 1460, ANGO_OK },
    { "long-behind-items", LIST "{},{},{},{},{},{},{},{},{},{},{},{},\"", "x", "\"]}}", 1460, ANGO_OK },
    { "one-large-item", LIST "{\"x\":[1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0]},", "{},", "]}}",
      1460, ANGO_OK },
    { "items-bytewise", LIST, "{\"id\":\"0123456789abcdef\",\"name\":\"a \\\"b\\\"\",\"x\":[1,{\"y\":2}]},", "]}}", 1,
      ANGO_OK },
    { "escapes-bytewise", "{\"message\":\"", "\\n\\u00e9\\ud83d\\ude00", "\"}", 1, ANGO_OK },
    { "members-bytewise", "{", "\"ab\":1,", "}", 1, ANGO_OK },
    { "nested-bytewise", "{\"x\":[", "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]],", "]}", 1, ANGO_OK },
};

static const struct http_kind {
    const char *kind;
    const char *before;
    const char *unit;
    const char *behind;
    size_t piece;
    int err;
} http_kinds[] = {
    { "lines", "HTTP/1.1 200 OK\r\n", "Name: value\r\n", "Content-Length: 0\r\n\r\n", 1460, ANGO_OK },
    { "lines-bytewise", "HTTP/1.1 200 OK\r\n", "Name: value\r\n", "Content-Length: 0\r\n\r\n", 1, ANGO_OK },
    { "one-line", "HTTP/1.1 200 OK\r\nX: ", "value", "\r\nContent-Length: 0\r\n\r\n", 1460, ANGO_OK },
    { "one-line-bytewise", "HTTP/1.1 200 OK\r\nX: ", "value", "\r\nContent-Length: 0\r\n\r\n", 1, ANGO_OK },
    { "to-close", "HTTP/1.1 200 OK\r\n\r\n", "body", "", 1460, ANGO_E_WAIT },
    { "to-close-bytewise", "HTTP/1.1 200 OK\r\n\r\n", "body", "", 1, ANGO_E_WAIT },
    { "chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "a\r\n0123456789\r\n", "0\r\n\r\n", 1460,
      ANGO_OK },
    { "chunks-bytewise", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\n0\r\n", "0\r\n\r\n", 1,
      ANGO_OK },
    { "trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n", "\r\n", 1460, ANGO_OK },
};

static int count(int (*counted)(struct counted *), const char *input, size_t len, size_t piece)
{
    static uint8_t buffer[COST_CAP];
    struct counted c;
    int err;

    memset(&c, 0, sizeof c);
    c.input = input;
    c.len = len;
    c.piece = piece;
    c.result.status = c.result.message = "";
    ango_room_begin(&c.room, buffer, sizeof buffer);
    ango_http_begin(&c.http, NULL, 0);
    ango_json_begin(&c.json, &shape, &c.result);
    err = counted(&c);
    end();
    return err;
}

static int cost_json(const struct json_kind *k, size_t size)
{
    size_t len;
    char *text = repeat(k->before, k->unit, k->behind, size, &len);
    int err = count(json, text, len, k->piece);

    free(text);
    (void)printf("json %s %lu\n", k->kind, (unsigned long)len);
    return err == k->err ? 0 : fail(k->kind);
}

static int cost_http(const struct http_kind *k, size_t size)
{
    size_t len;
    char *reply = repeat(k->before, k->unit, k->behind, size, &len);
    int err = count(http, reply, len, k->piece);

    free(reply);
    (void)printf("http %s %lu\n", k->kind, (unsigned long)len);
    return err == k->err ? 0 : fail(k->kind);
}

static int cost(size_t size)
{
    size_t i;
    int failed = 0;

    for (i = 0; i < sizeof json_kinds / sizeof json_kinds[0]; i++)
        failed |= cost_json(&json_kinds[i], size) | cost_json(&json_kinds[i], 2 * size);
    for (i = 0; i < sizeof http_kinds / sizeof http_kinds[0]; i++)
        failed |= cost_http(&http_kinds[i], size) | cost_http(&http_kinds[i], 2 * size);
    return failed;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "judge") == 0)
        return judge(argv[2], (size_t)strtoul(argv[3], NULL, 10));
    if (argc == 2 && strcmp(argv[1], "read") == 0)
        return read_all();
    if (argc == 3 && strcmp(argv[1], "cost") == 0)
        return cost((size_t)strtoul(argv[2], NULL, 10));
    return fail("see the top of its source");
}
