#include "json_reader.h"

#include <string.h>

#define JSMN_STATIC
#define JSMN_PARENT_LINKS /* time stays linear in the nesting, and the code is smaller */
#include <jsmn.h>

#include "utf8.h"

/* A token of jsmn fits what the caller set aside. */
typedef char token_fits[sizeof(jsmntok_t) <= sizeof(struct ango_token) ? 1 : -1];

/* What an open container is: the index of its field, or NONE, and these two. */
#define NONE 31u
#define ELEMENT 32u /* an object of the list, whose index it has */
#define OBJECT 64u

struct scan {
    uint8_t *p;
    const struct ango_shape *shape;
    struct ango_result *result;
    uint8_t *list;
    size_t tokens;   /* of this object of the list, so far */
    size_t most;     /* tokens that any object of the list takes */
    unsigned last;   /* field that goes to the result: none after the list does */
    uint32_t seen;   /* bit i: field i has come */
    bool misshapen;  /* not returned at once: that it is no JSON weighs more */
    bool nul;        /* the last string had a \u0000 */
    unsigned depth;
    uint8_t level[ANGO_JSON_DEPTH];
};

/* --- text ------------------------------------------------------------------------------------------------ */

static uint8_t *skip_space(uint8_t *p)
{
    while (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')
        p++;
    return p;
}

/* The UTF-16 unit written as \uXXXX at p; 0x10000 or more when it is none. */
static uint32_t unit(const uint8_t *p)
{
    uint32_t value = 0;
    int i;

    if (p[0] != '\\' || p[1] != 'u')
        return UINT32_MAX;
    for (i = 2; i < 6; i++) {
        unsigned digit = ango_hex_digit(p[i]);

        if (digit > 15)
            return UINT32_MAX;
        value = value << 4 | digit;
    }
    return value;
}

/* Reads the escape at *at, a backslash, and moves past it. UINT32_MAX for none that RFC 8259 knows. */
static uint32_t escape(const uint8_t **at)
{
    static const char names[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    const uint8_t *p = *at;
    uint32_t c = unit(p);
    const char *name;

    if (c == UINT32_MAX) {
        *at = p + 2;
        name = (const char *)memchr(names, p[1], sizeof names - 1);
        return name != NULL ? (uint32_t)values[name - names] : c;
    }
    *at = p + 6;
    if (c >> 11 == 0xD800 >> 11) {
        uint32_t low = unit(p + 6);

        *at = p + 12;
        if (c > 0xDBFF || low >> 10 != 0xDC00 >> 10)
            return UINT32_MAX;
        c = 0x10000 + ((c & 0x3FF) << 10 | (low & 0x3FF));
    }
    return c;
}

/*
 * Checks the string at p, past its opening quote; returns what follows its closing quote, or NULL. With `to` (p itself, or a place
 * before it) it is also written there as a C string, which is never longer.
 */
static uint8_t *string(struct scan *s, uint8_t *p, uint8_t *to)
{
    const uint8_t *from = p;
    const uint8_t *run = p;
    uint32_t c;

    for (;;) {
        unsigned n = 1;

        while (*from - 0x20u < 0x60 && *from != '"' && *from != '\\')
            from++;
        if (*from >= 0x80) {
            n = ango_utf8_len(from);
            if (n == 0)
                return NULL;
            from += n;
            continue;
        }
        if (*from < 0x20)
            return NULL;
        if (to != NULL) {
            memmove(to, run, (size_t)(from - run));
            to += from - run;
        }
        if (*from == '"')
            break;
        c = escape(&from);
        if (c == UINT32_MAX)
            return NULL;
        s->nul = s->nul || c == 0;
        run = from;
        if (to != NULL)
            to = ango_utf8_put(to, c);
    }
    if (to != NULL)
        *to = '\0';
    return p + (from + 1 - p);
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

static bool is_digit(unsigned c)
{
    return c - '0' < 10;
}

static uint8_t *digits(uint8_t *p)
{
    if (!is_digit(*p))
        return NULL;
    while (is_digit(*p))
        p++;
    return p;
}

static uint8_t *number(uint8_t *p)
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

static uint8_t *literal(uint8_t *p)
{
    const char *word = *p == 't' ? "true" : *p == 'f' ? "false" : "null";
    size_t len = strlen(word);

    return strncmp((const char *)p, word, len) == 0 ? p + len : NULL;
}

/* --- the pass -------------------------------------------------------------------------------------------- */

/* The field that the name at p, past its quote, means in the container `of`; notes that it has come. */
static unsigned wanted(struct scan *s, unsigned of, const uint8_t *p)
{
    unsigned i;

    for (i = ANGO_IN_STATUS; i < s->shape->fields_len; i++) {
        if (s->shape->fields[i].parent != of || !is_name(p, s->shape->fields[i].name))
            continue;
        if ((s->seen >> i & 1) != 0)
            s->misshapen = true;
        s->seen |= (uint32_t)1 << i;
        return i;
    }
    return NONE;
}

/* Holds the value at s->p against field f by its first byte: f, or NONE when it is not, or no longer, wanted. */
static unsigned typed(struct scan *s, unsigned f)
{
    const struct ango_field *field = &s->shape->fields[f & NONE];
    unsigned c = *s->p;

    if ((f & NONE) == NONE)
        return NONE;
    if (c == ((f & ELEMENT) != 0 ? ANGO_JSON_OBJECT : field->type)
        || (is_digit(c) && field->type == ANGO_JSON_NUMBER))
        return f;
    if (field->open == 0 && c != 'n')
        s->misshapen = true;
    return NONE;
}

/* A string, a number or a word at s->p, of field f. */
static bool scalar(struct scan *s, unsigned f)
{
    uint8_t *text = s->p;

    s->nul = false;
    if (*text == '"') {
        s->p = string(s, ++text, NULL);
        if (f != NONE && s->nul)
            s->misshapen = true;
    } else {
        s->p = *text == '-' || is_digit(*text) ? number(text) : literal(text);
    }
    /* Outside the list, where it is goes to the result; what is in the list is read again. */
    if (f <= s->last && !s->nul)
        memcpy((char *)s->result + s->shape->fields[f].offset, &text, sizeof text);
    return s->p != NULL;
}

/* The name of a member at s->p and the colon behind it: its field, or NONE. s->p becomes NULL when they are not there. */
static unsigned name(struct scan *s, unsigned of)
{
    uint8_t *text = skip_space(s->p);
    uint8_t *end = *text++ == '"' ? string(s, text, NULL) : NULL;

    s->p = NULL;
    if (end == NULL)
        return NONE;
    end = skip_space(end);
    if (*end == ':')
        s->p = end + 1;
    s->tokens++;
    return (of & NONE) == NONE ? NONE : wanted(s, of & NONE, text);
}

/* Enters the object or array at s->p, of field f. */
static void enter(struct scan *s, unsigned f)
{
    if ((f & ELEMENT) != 0) {
        s->result->items++;
        s->seen &= ((uint32_t)2 << s->shape->list) - 1;
        s->tokens = 1;
    } else if (f != NONE && *s->p == '[') {
        s->list = s->p;
    }
    s->level[s->depth++] = (uint8_t)(*s->p == '{' ? f | OBJECT : f);
    s->p++;
}

/* One whole value at s->p, of field f, without recursion. False: not JSON. */
static bool value(struct scan *s, unsigned f)
{
    for (;;) {
        bool opened;
        unsigned of;

        s->p = skip_space(s->p);
        s->tokens++;
        f = typed(s, f);
        opened = *s->p == '{' || *s->p == '[';
        if (opened && s->depth == ANGO_JSON_DEPTH)
            return false;
        if (opened)
            enter(s, f);
        else if (!scalar(s, f))
            return false;
        for (;; s->p++, s->depth--, opened = false) { /* leave what ends here */
            s->p = skip_space(s->p);
            if (s->depth == 0)
                return true;
            of = s->level[s->depth - 1];
            if (*s->p != ((of & OBJECT) != 0 ? '}' : ']'))
                break;
            if ((of & ELEMENT) != 0 && s->most < s->tokens)
                s->most = s->tokens;
        }
        if (!opened && *s->p++ != ',')
            return false;
        f = (of & OBJECT) != 0 ? name(s, of) : of | ELEMENT;
        if (s->p == NULL)
            return false;
    }
}

/* --- the interface --------------------------------------------------------------------------------------- */

/* A string that the pass has found, as a C string. */
static const char *found(struct scan *s, uint8_t *text, const char *at)
{
    uint8_t *p;

    if (at == NULL)
        return "";
    p = text + (at - (const char *)text);
    string(s, p, p);
    return at;
}

int ango_json_scan(uint8_t *text, size_t len, struct ango_list *list, struct ango_result *result)
{
    struct scan s;
    bool sound;

    memset(&s, 0, sizeof s);
    s.p = text;
    s.shape = list->shape;
    s.result = result;
    s.last = s.shape->list != 0 ? s.shape->list : s.shape->fields_len - 1u;
    result->status = result->message = NULL;
    sound = value(&s, ANGO_IN_REPLY) && s.p == text + len;
    if (!sound)
        result->status = result->message = NULL;
    result->status = found(&s, text, result->status);
    result->message = found(&s, text, result->message);
    list->next = s.list;
    if (!sound)
        return ANGO_E_JSON;
    if (s.misshapen || (s.shape->required != 0 && s.list == NULL))
        return ANGO_E_SHAPE;
    if (s.most > list->tokens_cap)
        return ANGO_E_TOO_BIG;
    return s.shape->check != NULL ? s.shape->check(result) : ANGO_OK;
}

/* The string that an object's member has, or "". */
static const char *member(struct scan *s, uint8_t *text, const jsmntok_t *token, int n, const char *name)
{
    int at = 1;

    while (at + 1 < n) {
        const jsmntok_t *content = &token[at + 1];
        uint8_t *start = text + content->start;

        if (content->type == JSMN_STRING && is_name(text + token[at].start, name)) {
            string(s, start, start);
            return (const char *)start;
        }
        for (at += 2; at < n && token[at].start < content->end; at++)
            ;
    }
    return "";
}

int ango_json_item(struct ango_list *list, void *out)
{
    const struct ango_shape *shape = list->shape;
    jsmntok_t *token = (jsmntok_t *)list->tokens;
    jsmn_parser parser;
    struct scan s;
    uint8_t *start;
    unsigned i;
    int n;

    if (list->next == NULL)
        return ANGO_E_END;
    memset(&s, 0, sizeof s);
    s.shape = shape;
    s.p = list->next;
    do { /* s.p is at the bracket before the first element, or at what follows one: a comma, or the end */
        if (*s.p == ']')
            return ANGO_E_END;
        start = s.p = skip_space(s.p + 1);
        if (*start == ']' || !value(&s, NONE))
            return ANGO_E_END;
    } while (*start != '{');
    list->next = s.p;
    jsmn_init(&parser);
    token->size = 0; /* says, too, that it is not NULL, which spares jsmn half of its paths */
    n = jsmn_parse(&parser, (const char *)start, (size_t)(s.p - start), token, (unsigned)list->tokens_cap);
    for (i = shape->list + 1u; i < shape->fields_len; i++) {
        const char *text = member(&s, start, token, n, shape->fields[i].name);

        memcpy((char *)out + shape->fields[i].offset, &text, sizeof text);
    }
    return ANGO_OK;
}
