/*
 * Fuzzer of the JSON reader. Input: one byte (tokens), then a document. It must be JSON for the reader
 * exactly when it is for the validator below, which was written from RFC 8259 and shares no line with it;
 * what has been read must be what another unescaping makes of it, and read the same once more.
 */
#include "guard.h"
#include "json_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOKENS 256u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "fuzz_json: %s\n", what);
    abort();
}

/* --- RFC 8259, by recursive descent --------------------------------------------------------------------- */

struct text {
    const uint8_t *p;
    const uint8_t *end;
};

static bool is_value(struct text *t, unsigned depth);

static int peek(const struct text *t)
{
    return t->p < t->end ? *t->p : -1;
}

static bool take(struct text *t, int c)
{
    if (peek(t) != c)
        return false;
    t->p++;
    return true;
}

static void space(struct text *t)
{
    while (take(t, ' ') || take(t, '\t') || take(t, '\n') || take(t, '\r'))
        ;
}

/* 4HEXDIG, or -1 */
static long hex4(struct text *t)
{
    long value = 0;
    int i;

    for (i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdef0123456789ABCDEF";
        int c = peek(t);
        const char *at = c > 0 ? strchr(digits, c) : NULL;

        if (at == NULL)
            return -1;
        value = value * 16 + (at - digits) % 16;
        t->p++;
    }
    return value;
}

/* Behind a backslash: the character, or -1. Halves of surrogate pairs are none. */
static long escape(struct text *t)
{
    static const char letters[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
    int c = peek(t);
    const char *at = c > 0 ? strchr(letters, c) : NULL;
    long high, low;

    if (c != -1)
        t->p++;
    if (c != 'u')
        return at == NULL ? -1 : means[at - letters];
    high = hex4(t);
    if (high < 0xD800 || high > 0xDFFF)
        return high;
    if (high > 0xDBFF || !take(t, '\\') || !take(t, 'u'))
        return -1;
    low = hex4(t);
    return low < 0xDC00 || low > 0xDFFF ? -1 : 0x10000 + (high - 0xD800) * 0x400 + (low - 0xDC00);
}

/* One character of UTF-8 (RFC 3629, section 4), or -1. */
static long character(struct text *t)
{
    int lead = peek(t);
    int more = lead < 0x80 ? 0 : lead < 0xC2 ? -1 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : lead < 0xF5 ? 3 : -1;
    long value = more <= 0 ? lead : lead & (0x3F >> more);
    static const long least[] = { 0, 0x80, 0x800, 0x10000 };

    if (lead < 0 || more < 0)
        return -1;
    t->p++;
    for (int left = more; left > 0; left--, t->p++) {
        if (peek(t) < 0x80 || peek(t) > 0xBF)
            return -1;
        value = value * 64 + (peek(t) - 0x80);
    }
    return value < least[more] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF) ? -1 : value;
}

static bool is_string(struct text *t)
{
    if (!take(t, '"'))
        return false;
    while (peek(t) != '"')
        if (take(t, '\\') ? escape(t) < 0 : character(t) < 0x20)
            return false;
    t->p++;
    return true;
}

static bool is_digits(struct text *t)
{
    const uint8_t *start = t->p;

    while (peek(t) >= '0' && peek(t) <= '9')
        t->p++;
    return t->p > start;
}

static bool is_number(struct text *t)
{
    (void)take(t, '-');
    if (!take(t, '0') && !is_digits(t))
        return false;
    if (take(t, '.') && !is_digits(t))
        return false;
    if (take(t, 'e') || take(t, 'E')) {
        if (!take(t, '+'))
            (void)take(t, '-');
        return is_digits(t);
    }
    return true;
}

static bool is_word(struct text *t, const char *word)
{
    size_t len = strlen(word);

    if ((size_t)(t->end - t->p) < len || memcmp(t->p, word, len) != 0)
        return false;
    t->p += len;
    return true;
}

static bool is_container(struct text *t, unsigned depth)
{
    bool object = *t->p == '{';
    int close = object ? '}' : ']';

    if (depth == 0)
        return false;
    t->p++;
    space(t);
    if (take(t, close))
        return true;
    do {
        space(t);
        if (object) {
            if (!is_string(t))
                return false;
            space(t);
            if (!take(t, ':'))
                return false;
        }
        if (!is_value(t, depth - 1))
            return false;
    } while (take(t, ','));
    return take(t, close);
}

static bool is_value(struct text *t, unsigned depth)
{
    bool ok;

    space(t);
    switch (peek(t)) {
    case '{':
    case '[':
        ok = is_container(t, depth);
        break;
    case '"':
        ok = is_string(t);
        break;
    case 't':
        ok = is_word(t, "true");
        break;
    case 'f':
        ok = is_word(t, "false");
        break;
    case 'n':
        ok = is_word(t, "null");
        break;
    default:
        ok = is_number(t);
        break;
    }
    space(t);
    return ok;
}

/* --- what was read -------------------------------------------------------------------------------------- */

struct item {
    const char *id;
    const char *name;
};
enum { TOTAL = ANGO_FIELD_OWN, ITEMS, ID, NAME };
static const struct ango_field fields[] = {
    ANGO_ENVELOPE,
    { "total", ANGO_IN_DATA, ANGO_JSON_NUMBER, 0, offsetof(struct ango_result, total_digits) },
    { "items", ANGO_IN_DATA, ANGO_JSON_LIST, 1, 0 },
    { "id", ANGO_IN(ITEMS), ANGO_JSON_STRING, 0, 0 },
    { "name", ANGO_IN(ITEMS), ANGO_JSON_STRING, 1, 0 },
};
static const struct ango_shape shape = { fields, sizeof fields / sizeof fields[0], ITEMS, 0, NULL };

static struct guard room, again_room;
static struct ango_token tokens[TOKENS];

static int scan(uint8_t *text, size_t len, struct ango_list *list, struct ango_result *result,
                size_t tokens_cap)
{
    memset(result, 0, sizeof *result);
    result->status = result->message = "";
    memset(list, 0, sizeof *list);
    list->shape = &shape;
    list->tokens = tokens;
    list->tokens_cap = tokens_cap;
    return ango_json_scan(text, len, list, result);
}

/* A string as it was handed out must be made of whole characters, and lie in the text. */
static size_t demand_string(const char *string, const uint8_t *text, size_t len)
{
    struct text t = { (const uint8_t *)string, (const uint8_t *)string + strlen(string) };

    if (string[0] != '\0')
        demand(t.p >= text && t.end <= text + len, "a string that lies elsewhere");
    while (t.p < t.end)
        demand(character(&t) > 0, "a string that is no UTF-8");
    return strlen(string);
}

/* Whether `string` is what some string of the document means. */
static void demand_origin(const char *string, const uint8_t *text, size_t len)
{
    struct text t = { text, text + len };
    size_t string_len = strlen(string);

    if (string_len == 0)
        return;
    while (t.p < t.end) {
        size_t at = 0;
        bool matches = true;

        if (*t.p++ != '"')
            continue;
        while (peek(&t) != '"' && peek(&t) >= 0) {
            const uint8_t *start = t.p;
            uint8_t utf8[4];
            size_t n;
            long c;

            if (take(&t, '\\')) {
                c = escape(&t);
                n = c == 0 ? 0 : c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
                utf8[0] = (uint8_t)(n == 1   ? c
                                    : n == 2 ? 0xC0 + c / 0x40
                                    : n == 3 ? 0xE0 + c / 0x1000
                                             : 0xF0 + c / 0x40000);
                utf8[1] = (uint8_t)(0x80 + c / (n == 2 ? 1 : n == 3 ? 0x40 : 0x1000) % 0x40);
                utf8[2] = (uint8_t)(0x80 + c / (n == 3 ? 1 : 0x40) % 0x40);
                utf8[3] = (uint8_t)(0x80 + c % 0x40);
                start = utf8;
            } else {
                n = 1;
                t.p++;
            }
            matches = matches && at + n <= string_len && memcmp(string + at, start, n) == 0;
            at += n;
        }
        if (matches && at == string_len)
            return;
        t.p++;
    }
    demand(false, "a string that is not in the document");
}

static uint64_t digest(uint64_t d, const char *text)
{
    do
        d = (d ^ (uint8_t)*text) * 1099511628211u;
    while (*text++ != '\0');
    return d;
}

/* All that the reader says of a document. */
static uint64_t read_all(int err, struct ango_list *list, const struct ango_result *result,
                         const uint8_t *text, const uint8_t *original, size_t len)
{
    uint64_t d = digest(digest(14695981039346656037u, result->status), result->message);
    struct item item;
    size_t items = 0;

    demand_string(result->status, text, len);
    demand_string(result->message, text, len);
    demand_origin(result->status, original, len);
    demand_origin(result->message, original, len);
    if (err != ANGO_OK)
        return d + (uint64_t)err;
    while (ango_json_item(list, &item) == ANGO_OK) {
        demand_string(item.id, text, len);
        demand_string(item.name, text, len);
        demand_origin(item.id, original, len);
        demand_origin(item.name, original, len);
        d = digest(digest(d, item.id), item.name);
        items++;
    }
    demand(items == result->items, "not as many items as were counted");
    demand(ango_json_item(list, &item) == ANGO_E_END, "an item behind the last");
    return d;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ango_list list;
    struct ango_result result;
    struct text t;
    uint8_t *text;
    size_t len, tokens_cap, i;
    uint64_t once;
    bool valid;
    int err;

    if (size < 1 || size > 60000)
        return 0;
    if (room.base == NULL) {
        guard_begin(&room, 1 << 16);
        guard_begin(&again_room, 1 << 16);
    }
    tokens_cap = 1 + data[0] % TOKENS;
    data++;
    len = size - 1;
    t.p = data;
    t.end = data + len;
    valid = is_value(&t, ANGO_JSON_DEPTH) && t.p == t.end;

    text = guard_text(&room, data, len);
    err = scan(text, len, &list, &result, tokens_cap);
    demand((err != ANGO_E_JSON) == valid, valid ? "refused, but it is JSON" : "let pass, but it is no JSON");
    demand(err == ANGO_OK || err == ANGO_E_JSON || err == ANGO_E_SHAPE || err == ANGO_E_TOO_BIG,
           "another error");
    demand(guard_intact(&room), "written in front of the text");
    if (err == ANGO_E_JSON) {
        /* Names give up their first letter, and get it back; a backslash, or what no name begins with, they do not. */
        for (i = 0; i < len && data[i] != '\0'; i++)
            demand(text[i] == data[i] || (i > 0 && data[i - 1] == '"' && (data[i] == '\\' || data[i] <= 2)),
                   "no JSON, but changed");
        return 0;
    }
    once = read_all(err, &list, &result, text, data, len);
    demand(guard_intact(&room), "written in front of the text");

    /* With space around it, and more tokens, it says the same. */
    text = guard_room(&again_room, len + 5);
    memcpy(text, "\r\n", 2);
    memcpy(text + 2, data, len);
    memcpy(text + 2 + len, "\t ", 3);
    demand(scan(text, len + 4, &list, &result, err == ANGO_E_TOO_BIG ? tokens_cap : TOKENS) == err,
           "another result with space around it");
    demand(read_all(err, &list, &result, text, data, len + 4 > len ? len : 0) == once,
           "other strings with space around it");
    /* An object or array that is cut is none. */
    if (len > 0 && (data[len - 1] == '}' || data[len - 1] == ']')) {
        text = guard_text(&again_room, data, len - 1);
        demand(scan(text, len - 1, &list, &result, TOKENS) == ANGO_E_JSON, "cut by a byte, and still JSON");
    }
    return 0;
}
