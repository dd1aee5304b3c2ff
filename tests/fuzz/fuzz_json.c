/*
 * Fuzzer of the JSON reader. Input: one byte (capacity, and whether entries are kept), then a document. It
 * must be JSON for the reader exactly when it is for the validator below, which was written from RFC 8259 and
 * shares no line with it; and what is read of it must be what the same validator finds, however it is cut, in
 * a buffer of any size.
 */
#include "reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 65536u

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

/* Behind a backslash: the character, or -1. Half of a surrogate pair is U+FFFD. */
static long escape(struct text *t)
{
    static const char letters[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
    int c = peek(t);
    const char *at = c > 0 ? strchr(letters, c) : NULL;
    struct text behind;
    long high, low;

    if (c != -1)
        t->p++;
    if (c != 'u')
        return at == NULL ? -1 : means[at - letters];
    high = hex4(t);
    if (high < 0xD800 || high > 0xDFFF)
        return high;
    behind = *t;
    if (high > 0xDBFF || !take(&behind, '\\') || !take(&behind, 'u'))
        return 0xFFFD;
    low = hex4(&behind);
    if (low < 0xDC00 || low > 0xDFFF)
        return 0xFFFD;
    *t = behind;
    return 0x10000 + (high - 0xD800) * 0x400 + (low - 0xDC00);
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

/* --- what must be read ---------------------------------------------------------------------------------- */

enum { TOTAL = ANGO_FIELD_OWN, ITEMS };
static const struct ango_field fields[] = {
    ANGO_ENVELOPE,
    { "total", ANGO_FIELD_DATA, ANGO_JSON_NUMBER, offsetof(struct ango_result, total) },
    { "items", ANGO_FIELD_DATA, ANGO_JSON_LIST, 0 },
    { "id", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    { "name", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
};
static const struct ango_shape shape = { fields, sizeof fields / sizeof fields[0], ITEMS, 1 };

/* What the validator finds of a document that it has let pass. */
struct found {
    char said[READING_SAID];
    size_t len;
    size_t items;
    size_t ends[MOST / 2]; /* of each entry, in `said` */
    bool wrong;
    bool has_list;
    long long total; /* -1: none, or not one */
    char words[2][MOST];
};
static struct found found;

static void say(const void *bytes, size_t len)
{
    demand(found.len + len < sizeof found.said, "too much");
    memcpy(found.said + found.len, bytes, len);
    found.len += len;
}

/* Unescapes the string at t to `out`, as a C string; true when it holds a NUL, which is left out. */
static bool read_string(struct text *t, char *out)
{
    bool has_nul = false;

    t->p++;
    while (*t->p != '"') {
        uint8_t *to = (uint8_t *)out;
        long c;

        if (*t->p != '\\') {
            *out++ = (char)*t->p++;
            continue;
        }
        t->p++;
        c = escape(t);
        has_nul = has_nul || c == 0;
        if (c == 0)
            continue;
        if (c < 0x80) {
            *to++ = (uint8_t)c;
        } else if (c < 0x800) {
            *to++ = (uint8_t)(0xC0 + c / 0x40);
            *to++ = (uint8_t)(0x80 + c % 0x40);
        } else if (c < 0x10000) {
            *to++ = (uint8_t)(0xE0 + c / 0x1000);
            *to++ = (uint8_t)(0x80 + c / 0x40 % 0x40);
            *to++ = (uint8_t)(0x80 + c % 0x40);
        } else {
            *to++ = (uint8_t)(0xF0 + c / 0x40000);
            *to++ = (uint8_t)(0x80 + c / 0x1000 % 0x40);
            *to++ = (uint8_t)(0x80 + c / 0x40 % 0x40);
            *to++ = (uint8_t)(0x80 + c % 0x40);
        }
        out = (char *)to;
    }
    t->p++;
    *out = '\0';
    return has_nul;
}

/*
 * The next member of an object whose brace, or last value, has been passed: false at its end. Its name, or
 * "\1" when it holds a NUL, and its value from *value on.
 */
static bool next_member(struct text *t, char *name, struct text *value)
{
    space(t);
    (void)take(t, ',');
    space(t);
    if (take(t, '}'))
        return false;
    if (read_string(t, name))
        strcpy(name, "\1");
    space(t);
    t->p++;
    space(t);
    *value = *t;
    demand(is_value(t, ANGO_JSON_DEPTH), "the validator contradicts itself");
    return true;
}

static void find_entry(struct text t)
{
    static char name[MOST], strings[2][MOST];
    struct text value;
    unsigned seen = 0;

    strings[0][0] = strings[1][0] = '\0';
    t.p++;
    while (next_member(&t, name, &value)) {
        unsigned i = strcmp(name, "id") == 0 ? 0 : strcmp(name, "name") == 0 ? 1 : 2;

        if (i == 2)
            continue;
        if ((seen & 1u << i) != 0) {
            found.wrong = true;
        } else if (peek(&value) == '"') {
            if (read_string(&value, strings[i]))
                found.wrong = true;
        }
        seen |= 1u << i;
    }
    say("[", 1);
    say(strings[0], strlen(strings[0]));
    say("|", 1);
    say(strings[1], strlen(strings[1]));
    say("]\n", 2);
    found.ends[found.items++] = found.len;
}

static void find_items(struct text t)
{
    found.has_list = true;
    t.p++;
    for (;;) {
        struct text value;

        space(&t);
        (void)take(&t, ',');
        space(&t);
        if (take(&t, ']'))
            return;
        value = t;
        demand(is_value(&t, ANGO_JSON_DEPTH), "the validator contradicts itself");
        if (peek(&value) == '{')
            find_entry(value);
    }
}

static void find_total(struct text t)
{
    long long total = 0;
    const uint8_t *start = t.p;

    while (peek(&t) >= '0' && peek(&t) <= '9') {
        total = total * 10 + (*t.p++ - '0');
        if (total > 4294967295)
            total = 4294967296;
    }
    if (t.p == start || peek(&t) == '.' || peek(&t) == 'e' || peek(&t) == 'E' || total > 4294967295)
        found.wrong = true;
    else
        found.total = total;
}

static void find_data(struct text t)
{
    static char name[MOST];
    struct text value;
    unsigned seen = 0;

    t.p++;
    while (next_member(&t, name, &value)) {
        unsigned bit = strcmp(name, "total") == 0 ? 1 : strcmp(name, "items") == 0 ? 2 : 0;

        if ((seen & bit) != 0)
            found.wrong = true;
        else if (bit == 1 && (peek(&value) == '-' || (peek(&value) >= '0' && peek(&value) <= '9')))
            find_total(value);
        else if (bit == 2 && peek(&value) == '[')
            find_items(value);
        seen |= bit;
    }
}

static void find_reply(struct text t)
{
    static char name[MOST];
    struct text value;
    unsigned seen = 0;

    found.len = found.items = 0;
    found.wrong = found.has_list = false;
    found.total = -1;
    found.words[0][0] = found.words[1][0] = '\0';
    space(&t);
    if (!take(&t, '{'))
        return;
    while (next_member(&t, name, &value)) {
        unsigned bit = strcmp(name, "status") == 0 ? 1
            : strcmp(name, "message") == 0         ? 2
            : strcmp(name, "data") == 0            ? 4
                                                   : 0;

        if ((seen & bit) != 0)
            found.wrong = true;
        else if (bit == 4 && peek(&value) == '{')
            find_data(value);
        else if ((bit == 1 || bit == 2) && peek(&value) == '"')
            (void)read_string(&value, found.words[bit - 1]);
        seen |= bit;
    }
    if (strlen(found.words[0]) >= ANGO_ROOM_STATUS) /* a longer status is not taken */
        found.words[0][0] = '\0';
}

/* --- the reader ----------------------------------------------------------------------------------------- */

/* In a buffer where everything fits, all that was found is read, and nothing else. */
static void check_found(const struct reading *r)
{
    demand(r->said_len > found.len && memcmp(r->said, found.said, found.len) == 0, "other entries");
    demand(r->said[found.len] != '[', "an entry too many");
    demand(strcmp(r->result.status, found.words[0]) == 0, "another status");
    demand(strcmp(r->result.message, found.words[1]) == 0, "another message");
    demand(found.wrong || r->result.total == (found.total < 0 ? 0 : (uint32_t)found.total), "another total");
}

/* In a smaller buffer they are the same entries in the same order, some of them left out, or said to be too large. */
static void check_some(const struct reading *r)
{
    static const char passed[] = "(too large)\n";
    const char *p = r->said;
    size_t left = r->said_len;
    size_t at = 0;
    size_t i;

    for (i = 0; i < found.items; i++) {
        size_t len = found.ends[i] - at;
        bool same = left >= len && memcmp(p, found.said + at, len) == 0;

        at += len;
        if (!same && r->drains) {
            len = sizeof passed - 1;
            same = left >= len && memcmp(p, passed, len) == 0;
            demand(same, "an entry is neither read nor passed over");
        }
        if (!same)
            continue;
        p += len;
        left -= len;
    }
    demand(left > 0 && (*p == 'O' || *p == 'S'), "an entry that is none");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct reading small, large;
    const char *broken;
    struct text t;
    bool valid;

    if (size < 1 || size > 30000)
        return 0;
    if (small.guard.base == NULL) {
        reading_open(&small, 4 * MOST);
        reading_open(&large, 4 * MOST);
        small.shape = large.shape = &shape;
    }
    small.cap = ANGO_ROOM_MIN + data[0] % 128u * 5;
    small.drains = data[0] / 128 != 0;
    large.drains = !small.drains;
    data++;
    size--;
    large.cap = ANGO_ROOM_MIN + 2048 + 4 * size;
    t.p = data;
    t.end = data + size;
    valid = is_value(&t, ANGO_JSON_DEPTH) && t.p == t.end;

    broken = reading_some_ways(&small, reading_json, data, size, 2, (uint32_t)size + 1);
    demand(broken == NULL, broken);
    broken = reading_some_ways(&large, reading_json, data, size, 2, (uint32_t)size + 1);
    demand(broken == NULL, broken);
    demand(small.err == large.err, "another result in a smaller buffer");
    demand(small.result.items == large.result.items && small.result.total == large.result.total,
           "counted otherwise in a smaller buffer");
    demand((small.err != ANGO_E_JSON) == valid, valid ? "refused, but it is JSON" : "let pass, but it is no JSON");
    if (!valid)
        return 0;
    t.p = data;
    find_reply(t);
    demand(large.err == (found.wrong || !found.has_list ? ANGO_E_SHAPE : ANGO_OK), "another judgement of the shape");
    demand(large.result.items == found.items, "not as many entries as there are");
    demand(large.passed == 0 && (large.drains || large.result.kept == found.items), "an entry did not fit");
    check_found(&large);
    demand(*small.result.status == '\0' || strcmp(small.result.status, found.words[0]) == 0, "another status");
    demand(*small.result.message == '\0' || strcmp(small.result.message, found.words[1]) == 0, "another message");
    check_some(&small);
    return 0;
}
