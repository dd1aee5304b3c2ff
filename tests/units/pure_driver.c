/*
 * What test_json_grammar.py and test_linear.py drive:
 *
 *   pure_driver judge ALPHABET LENGTH   every string of 0 to LENGTH characters: prints those that are JSON, a
 *                                       line each
 *   pure_driver cost SIZE               reads documents and replies of each kind, of about SIZE bytes and
 *                                       then of twice as many; prints a line for each
 */
#include "http.h"
#include "json_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Callgrind counts from one of these to count_end; called through pointers, so that they are not inlined. */
int count_json(uint8_t *text, size_t len, struct ango_list *list, struct ango_result *result);
int count_http(struct ango_http *h, const char *reply, size_t len, size_t piece);
void count_end(void);
static int (*volatile json)(uint8_t *, size_t, struct ango_list *, struct ango_result *) = count_json;
static int (*volatile http)(struct ango_http *, const char *, size_t, size_t) = count_http;
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
static const struct ango_shape bare = {
    envelope, sizeof envelope / sizeof envelope[0], ANGO_NOWHERE, 0, NULL
};

static bool is_json(const char *text, size_t len)
{
    struct ango_token token;
    struct ango_list list;
    struct ango_result result;
    uint8_t copy[32];

    memset(&result, 0, sizeof result);
    result.status = result.message = "";
    memset(&list, 0, sizeof list);
    list.shape = &bare;
    list.tokens = &token;
    list.tokens_cap = 1;
    memcpy(copy, text, len);
    copy[len] = '\0';
    return ango_json_scan(copy, len, &list, &result) != ANGO_E_JSON;
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
            judged++;
            if (is_json(text, len))
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

/* --- cost ----------------------------------------------------------------------------------------------- */

#define ITEM_TOKENS 64u

struct item {
    const char *id;
    const char *name;
};
enum { ITEMS = ANGO_FIELD_OWN, ID, NAME };
static const struct ango_field fields[] = {
    ANGO_ENVELOPE,
    { "items", ANGO_IN_DATA, ANGO_JSON_LIST, 1, 0 },
    { "id", ANGO_IN(ITEMS), ANGO_JSON_STRING, 1, 0 },
    { "name", ANGO_IN(ITEMS), ANGO_JSON_STRING, 1, 0 },
};
static const struct ango_shape shape = { fields, sizeof fields / sizeof fields[0], ITEMS, 0, NULL };

int count_json(uint8_t *text, size_t len, struct ango_list *list, struct ango_result *result)
{
    struct item item;
    int err = ango_json_scan(text, len, list, result);

    while (err == ANGO_OK)
        err = ango_json_item(list, &item);
    return err;
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
    int err;
} json_kinds[] = {
    { "space", "{\"status\":\"success\"", " \t\r\n", "}", ANGO_E_END },
    { "string", "{\"message\":\"", "a", "\"}", ANGO_E_END },
    { "escapes", "{\"message\":\"", "\\n\\u00e9\\ud83d\\ude00", "\"}", ANGO_E_END },
    { "utf8", "{\"message\":\"", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", "\"}", ANGO_E_END },
    { "number", "{\"x\":", "1234567890", "}", ANGO_E_END },
    { "values", "{\"x\":[", "1,true,null,\"\",", "]}", ANGO_E_END },
    { "nested", "{\"x\":[", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]],", "]}",
      ANGO_E_END },
    { "nested-objects", "{\"x\":[",
      "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}},", "]}",
      ANGO_E_END },
    { "open", "{\"x\":", "[", "", ANGO_E_JSON },
    { "open-objects", "", "{\"a\":", "", ANGO_E_JSON },
    { "members", "{", "\"ab\":1,", "}", ANGO_E_END },
    { "long-names", "{", "\"items\\u0069itemsitemsitemsitemsitemsitems\":1,", "}", ANGO_E_END },
    { "items", LIST, "{\"id\":\"0123456789abcdef\",\"name\":\"a \\\"b\\\"\",\"x\":[1,{\"y\":2}]},", "]}}",
      ANGO_E_END },
    { "empty-items", LIST, "{},", "]}}", ANGO_E_END },
    { "nested-items", LIST, "{\"id\":\"1\",\"x\":[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]},", "]}}",
      ANGO_E_END },
    { "no-items", LIST, "null,\"{},{}\",[{}],", "]}}", ANGO_E_END },
    { "long-item", LIST "{\"id\":\"", "\\u0041b", "\"}]}}", ANGO_E_END },
    { "long-behind-items", LIST "{},{},{},{},{},{},{},{},{},{},{},{},\"", "x", "\"]}}", ANGO_E_END },
    { "one-large-item", LIST "{\"x\":[1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0]},", "{},",
      "]}}", ANGO_E_END },
};

static int cost_json(const struct json_kind *k, size_t size)
{
    static struct ango_token tokens[ITEM_TOKENS];
    struct ango_list list;
    struct ango_result result;
    size_t len;
    char *text = repeat(k->before, k->unit, k->behind, size, &len);
    int err;

    memset(&result, 0, sizeof result);
    result.status = result.message = "";
    memset(&list, 0, sizeof list);
    list.shape = &shape;
    list.tokens = tokens;
    list.tokens_cap = ITEM_TOKENS;
    err = json((uint8_t *)text, len, &list, &result);
    end();
    free(text);
    (void)printf("json %s %lu\n", k->kind, (unsigned long)len);
    return err == k->err ? 0 : fail(k->kind);
}

int count_http(struct ango_http *h, const char *reply, size_t len, size_t piece)
{
    int err = ANGO_E_WAIT;
    size_t at = 0;

    while (at < len && err == ANGO_E_WAIT) {
        size_t n = len - at < piece ? len - at : piece;

        if (n > (size_t)(h->limit - h->end))
            n = (size_t)(h->limit - h->end);
        memcpy(h->end, reply + at, n);
        at += n;
        err = ango_http_take(h, n);
    }
    return err;
}

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
    { "chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "a\r\n0123456789\r\n", "0\r\n\r\n",
      1460, ANGO_OK },
    { "chunks-bytewise", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\n0\r\n", "0\r\n\r\n",
      1, ANGO_OK },
    { "trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n", "\r\n", 1460,
      ANGO_OK },
};

static int cost_http(const struct http_kind *k, size_t size)
{
    struct ango_http h;
    size_t len;
    char *reply = repeat(k->before, k->unit, k->behind, size, &len);
    uint8_t *buf = malloc(2 * len);
    int err;

    if (buf == NULL)
        exit(fail("no memory"));
    memset(&h, 0, sizeof h);
    ango_http_begin(&h, buf, 2 * len - 1);
    err = http(&h, reply, len, k->piece);
    end();
    free(reply);
    free(buf);
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
    if (argc == 3 && strcmp(argv[1], "cost") == 0)
        return cost((size_t)strtoul(argv[2], NULL, 10));
    return fail("see the top of its source");
}
