#include "json_reader.h"

#include <string.h>

#define JSMN_STATIC
#include <jsmn.h>

#include "utf8.h"

/* A token of jsmn fits what the caller set aside. */
typedef char token_fits[sizeof(jsmntok_t) <= sizeof(struct ango_token) ? 1 : -1];

#define NONE 31u     /* not a wanted value */
#define ELEMENT 32u  /* with the index of a list: an element of it */
#define IN_OBJECT 64u

struct scan {
    uint8_t *p;
    const struct ango_shape *shape;
    struct ango_result *result;
    uint8_t *first;      /* element of the list */
    size_t tokens;       /* of the element so far */
    size_t tokens_cap;
    uint32_t seen;       /* bit i: field i has come */
    uint32_t good;       /* bit i: and has a value */
    uint32_t required;
    uint32_t of_element; /* bit i: field i belongs to an element of the list */
    int shape_err;       /* not returned at once: that it is no JSON weighs more */
    unsigned depth;
    uint8_t level[ANGO_JSON_DEPTH]; /* each open container's field, with ELEMENT and IN_OBJECT */
};

static const struct ango_field envelope[ANGO_IN_OWN] = {
    { "", NONE, ANGO_JSON_OBJECT, 0 },
    { "status", ANGO_IN_REPLY, ANGO_JSON_STRING | ANGO_JSON_OPEN, offsetof(struct ango_result, status) },
    { "message", ANGO_IN_REPLY, ANGO_JSON_STRING | ANGO_JSON_OPEN, offsetof(struct ango_result, message) },
    { "data", ANGO_IN_REPLY, ANGO_JSON_OBJECT | ANGO_JSON_OPEN, 0 },
};

static const struct ango_field *field(const struct scan *s, unsigned i)
{
    return i < ANGO_IN_OWN ? &envelope[i] : &s->shape->fields[i - ANGO_IN_OWN];
}

static unsigned fields_len(const struct ango_shape *shape)
{
    return shape == NULL ? 0u : ANGO_IN_OWN + (unsigned)shape->fields_len;
}

/* --- text ------------------------------------------------------------------------------------------------ */

static uint8_t *skip_space(uint8_t *p)
{
    while (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')
        p++;
    return p;
}

static unsigned hex_digit(unsigned c)
{
    return c - '0' < 10 ? c - '0' : (c | 0x20) - 'a' < 6 ? (c | 0x20) - 'a' + 10 : 16;
}

/* Four hexadecimal digits, or 0x10000 and more. Stops at the first byte that is none. */
static uint32_t hex4(const uint8_t *p)
{
    uint32_t value = 0;
    int i;

    for (i = 0; i < 4; i++) {
        unsigned digit = hex_digit(p[i]);

        if (digit > 15)
            return 0x10000;
        value = value * 16 + digit;
    }
    return value;
}

/* Reads the escape at *p, a backslash, and moves past it. 0xFFFFFFFF for none that RFC 8259 knows. */
static uint32_t escape(const uint8_t **p)
{
    static const char plain[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    unsigned c = (*p)[1];
    uint32_t high, low;
    unsigned i;

    if (c != 'u') {
        for (i = 0; i < sizeof plain - 1; i += 2)
            if (c == (unsigned char)plain[i]) {
                *p += 2;
                return (unsigned char)plain[i + 1];
            }
        return UINT32_MAX;
    }
    high = hex4(*p + 2);
    if (high < 0xD800 || (high > 0xDFFF && high < 0x10000)) {
        *p += 6;
        return high;
    }
    if (high > 0xDBFF || (*p)[6] != '\\' || (*p)[7] != 'u')
        return UINT32_MAX;
    low = hex4(*p + 8);
    if (low < 0xDC00 || low > 0xDFFF)
        return UINT32_MAX;
    *p += 12;
    return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
}

/* The string at p, past its opening quote: returns its closing quote, or NULL. *nul when it has a \u0000. */
static uint8_t *string_end(uint8_t *p, bool *nul)
{
    for (;;) {
        unsigned c = *p;

        if (c >= 0x80) {
            unsigned n = ango_utf8_sequence(p);

            if (n == 0)
                return NULL;
            p += n;
        } else if (c == '\\') {
            const uint8_t *after = p;
            uint32_t code_point = escape(&after);

            if (code_point == UINT32_MAX)
                return NULL;
            *nul = *nul || code_point == 0;
            p += after - p;
        } else if (c == '"') {
            return p;
        } else if (c < 0x20) {
            return NULL;
        } else {
            p++;
        }
    }
}

/* Makes a checked string, given past its opening quote, a C string. Never longer than it was escaped. */
static const char *unescape(uint8_t *text)
{
    const uint8_t *from = text;
    uint8_t *to = text;

    while (*from != '"') {
        if (*from == '\\')
            to = ango_utf8_put(to, escape(&from));
        else
            *to++ = *from++;
    }
    *to = '\0';
    return (const char *)text;
}

/* Whether a checked string, given past its opening quote, is `name`, however it is escaped. */
static bool is_name(const uint8_t *text, const char *name)
{
    for (; *name != '\0'; name++) {
        uint32_t c = *text == '\\' ? escape(&text) : *text++;

        if (c != (unsigned char)*name)
            return false;
    }
    return *text == '"';
}

static uint8_t *digits(uint8_t *p)
{
    if (*p < '0' || *p > '9')
        return NULL;
    while (*p >= '0' && *p <= '9')
        p++;
    return p;
}

static uint8_t *number_end(uint8_t *p)
{
    if (*p == '-')
        p++;
    p = *p == '0' ? p + 1 : digits(p);
    if (p != NULL && *p == '.')
        p = digits(p + 1);
    if (p != NULL && (*p | 0x20) == 'e') {
        p++;
        p = digits(*p == '+' || *p == '-' ? p + 1 : p);
    }
    return p;
}

static uint8_t *literal_end(uint8_t *p)
{
    const char *word = *p == 't' ? "true" : *p == 'f' ? "false" : "null";

    for (; *word != '\0'; word++, p++)
        if (*p != (unsigned char)*word)
            return NULL;
    return p;
}

/* --- the pass -------------------------------------------------------------------------------------------- */

/* The field that the member name at p, past its quote, asks for in the container `of`; marks it as come. */
static unsigned wanted(struct scan *s, unsigned of, const uint8_t *p)
{
    unsigned n = fields_len(s->shape);
    unsigned i;

    for (i = ANGO_IN_STATUS; i < n; i++) {
        const struct ango_field *f = field(s, i);

        if (f->parent != of || !is_name(p, f->name))
            continue;
        if ((s->seen >> i & 1) != 0)
            s->shape_err = ANGO_E_SHAPE;
        s->seen |= (uint32_t)1 << i;
        return i;
    }
    return NONE;
}

/* Digits, with nothing that would make the value another one. */
static bool count_value(const uint8_t *p, const uint8_t *end, uint32_t *value)
{
    uint32_t n = 0;

    for (; p < end; p++) {
        uint32_t digit = (uint32_t)*p - '0';

        if (digit > 9 || n > (UINT32_MAX - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    *value = n;
    return true;
}

/* An element of the list begins. */
static void element(struct scan *s)
{
    if (s->result->items++ == 0)
        s->first = s->p;
    s->seen &= ~s->of_element;
    s->good &= ~s->of_element;
    s->tokens = 1;
}

static void element_end(struct scan *s)
{
    if ((s->required & s->of_element & ~s->good) != 0)
        s->shape_err = ANGO_E_SHAPE;
    else if (s->tokens > s->tokens_cap && s->shape_err == ANGO_OK)
        s->shape_err = ANGO_E_TOO_BIG;
}

/* Holds the type of the value at s->p against field f: f, or NONE when it is not (or no longer) wanted. */
static unsigned typed(struct scan *s, unsigned f)
{
    static const char begins[] = "{[\"";
    unsigned kind;
    unsigned c = *s->p;

    if (f == NONE)
        return NONE;
    if ((f & ELEMENT) != 0) {
        kind = field(s, f & NONE)->kind & ANGO_JSON_OPEN;
    } else {
        kind = field(s, f)->kind;
        if (c == 'n')
            return NONE;
    }
    if ((kind & ANGO_JSON_KIND) == ANGO_JSON_COUNT ? c - '0' < 10 : c == (unsigned char)begins[kind & ANGO_JSON_KIND])
        return f;
    if ((kind & ANGO_JSON_OPEN) == 0)
        s->shape_err = ANGO_E_SHAPE;
    return NONE;
}

/* A string, number or word at s->p. */
static int scalar(struct scan *s, unsigned f)
{
    uint8_t *start = s->p;
    uint8_t *end;
    bool bad = false;
    char *out = (char *)s->result;

    if (*start == '"') {
        end = string_end(start + 1, &bad);
        if (end == NULL)
            return ANGO_E_JSON;
        s->p = end + 1;
        if (f != NONE && !bad && (s->of_element >> f & 1) == 0) {
            start++;
            memcpy(out + field(s, f)->offset, &start, sizeof start);
        }
    } else {
        end = *start == '-' || (unsigned)*start - '0' < 10 ? number_end(start) : literal_end(start);
        if (end == NULL)
            return ANGO_E_JSON;
        s->p = end;
        if (f != NONE) {
            uint32_t value = 0;

            bad = !count_value(start, end, &value);
            memcpy(out + field(s, f)->offset, &value, sizeof value);
        }
    }
    if (f != NONE && bad)
        s->shape_err = ANGO_E_SHAPE;
    return ANGO_OK;
}

/* The name of a member and its colon; *f becomes its field. */
static int member(struct scan *s, unsigned *f)
{
    uint8_t *name = skip_space(s->p);
    bool nul = false;
    uint8_t *end;
    unsigned of = s->level[s->depth - 1] & ~IN_OBJECT;

    if (*name != '"')
        return ANGO_E_JSON;
    end = string_end(++name, &nul);
    if (end == NULL)
        return ANGO_E_JSON;
    *f = of == NONE ? NONE : wanted(s, of & NONE, name);
    s->p = skip_space(end + 1);
    s->tokens++;
    return *s->p++ == ':' ? ANGO_OK : ANGO_E_JSON;
}

/* What the next value in the innermost container is: a member or an element. */
static int next(struct scan *s, unsigned *f)
{
    unsigned level = s->level[s->depth - 1];

    if ((level & IN_OBJECT) != 0)
        return member(s, f);
    *f = level == NONE ? NONE : level | ELEMENT;
    return ANGO_OK;
}

/* Enters the container at s->p. */
static int enter(struct scan *s, unsigned f)
{
    if (s->depth == ANGO_JSON_DEPTH)
        return ANGO_E_JSON;
    if ((f & ELEMENT) != 0)
        element(s);
    s->level[s->depth++] = (uint8_t)(*s->p++ == '{' ? f | IN_OBJECT : f);
    return ANGO_OK;
}

/* Leaves each container that ends here; true when another value follows, in the innermost one left. */
static int leave(struct scan *s, bool *more)
{
    for (*more = false; s->depth > 0; s->depth--) {
        unsigned level = s->level[s->depth - 1];

        s->p = skip_space(s->p);
        if (*s->p == ',') {
            s->p++;
            *more = true;
            return ANGO_OK;
        }
        if (*s->p != ((level & IN_OBJECT) != 0 ? '}' : ']'))
            return ANGO_E_JSON;
        s->p++;
        if ((level & ELEMENT) != 0)
            element_end(s);
    }
    return ANGO_OK;
}

/* One whole value at s->p, of field f, without recursion. */
static int value(struct scan *s, unsigned f)
{
    bool more = true;
    int err;

    while (more) {
        s->p = skip_space(s->p);
        f = typed(s, f);
        if (f < NONE)
            s->good |= (uint32_t)1 << f;
        s->tokens++;
        if (*s->p == '{' || *s->p == '[') {
            unsigned close = *s->p + 2u;

            err = enter(s, f);
            if (err != ANGO_OK)
                return err;
            s->p = skip_space(s->p);
            more = *s->p != close;
        } else {
            err = scalar(s, f);
            if (err != ANGO_OK)
                return err;
            more = false;
        }
        if (!more) {
            err = leave(s, &more);
            if (err != ANGO_OK)
                return err;
        }
        if (more) {
            err = next(s, &f);
            if (err != ANGO_OK)
                return err;
        }
    }
    return ANGO_OK;
}

/* --- the interface --------------------------------------------------------------------------------------- */

/* A string that the pass found in the envelope, or none. */
static const char *found(const char *raw, uint8_t *text)
{
    return raw == NULL ? "" : unescape(text + (raw - (const char *)text));
}

int ango_json_scan(uint8_t *text, size_t len, const struct ango_shape *shape, size_t tokens_cap,
                   struct ango_result *result, uint8_t **item)
{
    struct scan s;
    bool sound;
    unsigned i;

    memset(&s, 0, sizeof s);
    s.p = text;
    s.shape = shape;
    s.result = result;
    s.tokens_cap = tokens_cap;
    for (i = ANGO_IN_OWN; i < fields_len(shape); i++) {
        uint32_t bit = (uint32_t)1 << i;

        if ((field(&s, i)->kind & ANGO_JSON_REQUIRED) != 0)
            s.required |= bit;
        if (shape->list != 0 && field(&s, i)->parent == shape->list)
            s.of_element |= bit;
    }
    result->status = NULL;
    result->message = NULL;
    result->items = 0;
    sound = value(&s, ANGO_IN_REPLY) == ANGO_OK && skip_space(s.p) == text + len;
    result->status = found(sound ? result->status : NULL, text);
    result->message = found(sound ? result->message : NULL, text);
    *item = s.first;
    if (!sound)
        return ANGO_E_JSON;
    if ((s.required & ~s.of_element & ~s.good) != 0)
        return ANGO_E_SHAPE;
    return s.shape_err;
}

/* Puts the strings of a tokenized object where their fields say. */
static void fill(uint8_t *text, const jsmntok_t *token, int n, const struct ango_shape *shape, void *out)
{
    int at = 1;

    while (at + 1 < n) {
        const jsmntok_t *name = &token[at];
        const jsmntok_t *member_value = &token[at + 1];
        unsigned i;

        for (i = 0; i < shape->fields_len; i++) {
            const struct ango_field *f = &shape->fields[i];
            const char *string;

            if (f->parent != shape->list || member_value->type != JSMN_STRING || !is_name(text + name->start, f->name))
                continue;
            string = unescape(text + member_value->start);
            memcpy((char *)out + f->offset, &string, sizeof string);
        }
        at += 2;
        while (at < n && token[at].start < member_value->end)
            at++;
    }
}

/* Past the element at s->p: the next one that is an object, or NULL. */
static uint8_t *next_object(struct scan *s)
{
    for (;;) {
        s->p = skip_space(s->p);
        if (*s->p != ',')
            return NULL;
        s->p = skip_space(s->p + 1);
        if (*s->p == '{')
            return s->p;
        if (value(s, NONE) != ANGO_OK)
            return NULL;
    }
}

int ango_json_item(uint8_t **item, const struct ango_shape *shape, struct ango_token *tokens, size_t tokens_cap,
                   void *out)
{
    jsmntok_t *token = (jsmntok_t *)tokens;
    jsmn_parser parser;
    struct scan s;
    uint8_t *start = *item;
    unsigned i;
    int n;

    memset(&s, 0, sizeof s);
    s.p = start;
    if (start == NULL)
        return ANGO_E_END;
    if (value(&s, NONE) != ANGO_OK)
        return ANGO_E_JSON;
    jsmn_init(&parser);
    n = jsmn_parse(&parser, (const char *)start, (size_t)(s.p - start), token, (unsigned)tokens_cap);
    if (n < 1)
        return ANGO_E_TOO_BIG;
    for (i = 0; i < shape->fields_len; i++) {
        static const char *const empty = "";

        if (shape->fields[i].parent == shape->list)
            memcpy((char *)out + shape->fields[i].offset, &empty, sizeof empty);
    }
    *item = next_object(&s);
    fill(start, token, n, shape, out);
    return ANGO_OK;
}
