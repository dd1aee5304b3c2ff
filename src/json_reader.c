#include "json_reader.h"

#include <string.h>

#define JSMN_STATIC
#define JSMN_PARENT_LINKS /* time stays linear in the nesting, and the code is smaller */
#include <jsmn.h>

#include "json_text.h"

/* A token of jsmn fits what the caller set aside. */
typedef char token_fits[sizeof(jsmntok_t) <= sizeof(struct ango_token) ? 1 : -1];

#define OBJECT 32u /* what tells '{' from '[' and '}' from ']' */
#define INDEX 31u

struct scan {
    const struct ango_shape *shape;
    struct ango_result *result;
    uint8_t *list;
    unsigned last;      /* field that has come last */
    size_t tokens;      /* of this element of the list, so far */
    size_t most;        /* tokens that any element of the list takes */
    unsigned misshapen; /* not returned at once: that it is no JSON weighs more */
    bool nul;           /* the last string had a \u0000 */
    uint8_t seen[ANGO_FIELDS_MAX];  /* how often each field has come */
    uint8_t level[ANGO_JSON_DEPTH]; /* what is open: the index of its field, with OBJECT or without */
};

/* --- the pass --------------------------------------------------------------------------------- */

/*
 * The field that the name at p, past its quote, means in the container `of`, or ANGO_NOWHERE. Looks first
 * at what comes after field `last`, since replies keep to an order.
 */
static unsigned find(const struct ango_shape *shape, unsigned of, uint8_t *p, unsigned last)
{
    unsigned i = last;

    do {
        const struct ango_field *field;

        if (++i >= shape->fields_len)
            i = ANGO_IN_STATUS;
        field = &shape->fields[i];
        if (field->parent == of && ango_json_is(p, field->name))
            return i;
    } while (i != last);
    return ANGO_NOWHERE;
}

/*
 * Holds a value against field f by its first byte, c: f, or ANGO_NOWHERE when it is not, or no longer,
 * wanted. An element of the list has the list's own index with OBJECT.
 */
static unsigned typed(struct scan *s, unsigned f, unsigned c)
{
    const struct ango_field *field = &s->shape->fields[f & INDEX];

    s->tokens++;
    if ((f & INDEX) == ANGO_NOWHERE)
        return ANGO_NOWHERE;
    if ((c - '0' < 10 ? '0' : c) == (field->type | (f & OBJECT)))
        return f;
    if (field->open == 0 && c != 'n')
        s->misshapen = 1;
    return ANGO_NOWHERE;
}

/* Checks a string, a number or a word at p, of field f; returns what follows it, or NULL. */
static uint8_t *scalar(struct scan *s, unsigned f, uint8_t *p)
{
    uint8_t *text = *p == '"' ? p + 1 : p;

    p = ango_json_scalar(p, &s->nul);
    if (f != ANGO_NOWHERE && s->nul)
        s->misshapen = 1;
    else if (f < s->shape->list) /* what is in the list is read again */
        memcpy((char *)s->result + s->shape->fields[f].offset, &text, sizeof text);
    return p;
}

/* Checks the name of a member and the colon behind it, and finds its field; returns what follows, or NULL. */
static uint8_t *name(struct scan *s, unsigned of, uint8_t *p, unsigned *f)
{
    uint8_t *text = p;

    p = ango_json_scalar(p, &s->nul);
    if (*text != '"' || p == NULL)
        return NULL;
    p = ango_json_space(p);
    s->tokens++;
    *f = find(s->shape, of & INDEX, text + 1, s->last);
    if (*f != ANGO_NOWHERE) {
        s->misshapen |= s->seen[*f]++;
        s->last = *f;
    }
    return *p == ':' ? ango_json_space(p + 1) : NULL;
}

/* At p: the list's first element, what follows an element, or the list's end. */
static void element(struct scan *s, unsigned list, uint8_t *p)
{
    if (s->list == NULL)
        s->list = p;
    else if (s->most < s->tokens)
        s->most = s->tokens;
    s->tokens = 0;
    memset(s->seen + list + 1, 0, ANGO_FIELDS_MAX - 1 - list);
}

/* Checks one whole value at p, without recursion; returns what follows it, or NULL: not JSON. */
static uint8_t *value(struct scan *s, uint8_t *p)
{
    unsigned depth = 0;
    unsigned of;
    unsigned f = ANGO_IN_REPLY;

    p = ango_json_space(p);
    if (*p != '{') {
        f = ANGO_NOWHERE;
        s->misshapen = 1;
    }
    for (;;) {
        bool opened = *p == '{' || *p == '[';

        if (opened) {
            if (depth == ANGO_JSON_DEPTH)
                return NULL;
            if ((f & OBJECT) != 0)
                s->result->items++;
            s->level[depth++] = (uint8_t)(f | (*p++ & OBJECT));
        } else {
            p = scalar(s, f, p);
            if (p == NULL)
                return NULL;
        }
        for (;; p++, depth--, opened = false) { /* leave what ends here */
            p = ango_json_space(p);
            if (depth == 0)
                return p;
            of = s->level[depth - 1];
            if (of < ANGO_NOWHERE)
                element(s, of, p);
            if (*p != ']' + (of & OBJECT))
                break;
        }
        if (!opened && *p++ != ',')
            return NULL;
        p = ango_json_space(p);
        f = of | OBJECT;
        if ((of & OBJECT) != 0)
            p = name(s, of, p, &f);
        if (p == NULL)
            return NULL;
        f = typed(s, f, *p);
    }
}

/* --- the interface ---------------------------------------------------------------------------- */

/* Makes a C string of one that the pass has found, if it has. */
static void end_string(const char *text)
{
    if (*text != '\0')
        ango_json_unescape((uint8_t *)text);
}

int ango_json_scan(uint8_t *text, size_t len, struct ango_list *list, struct ango_result *result)
{
    struct scan s;

    memset(&s, 0, sizeof s);
    s.shape = list->shape;
    s.result = result;
    if (value(&s, text) != text + len)
        return ANGO_E_JSON;
    end_string(result->status);
    end_string(result->message);
    if (s.misshapen || (s.shape->required != 0 && s.list == NULL))
        return ANGO_E_SHAPE;
    if (s.most > list->tokens_cap)
        return ANGO_E_TOO_BIG;
    list->next = s.list;
    list->tokens_cap = s.most;
    return s.shape->check != NULL ? s.shape->check(result) : ANGO_OK;
}

int ango_json_item(struct ango_list *list, void *out)
{
    const struct ango_shape *shape = list->shape;
    jsmntok_t *token = (jsmntok_t *)list->tokens;
    jsmn_parser parser;
    uint8_t *text;
    const char *none = "";
    unsigned i, last;

    if (list->next == NULL)
        return ANGO_E_END;
    do {
        /*
         * jsmn goes on behind the element until its tokens are used up or the list ends, which does no
         * harm.
         */
        text = list->next;
        token->type = JSMN_UNDEFINED;
        jsmn_init(&parser);
        (void)jsmn_parse(&parser, (const char *)text, SIZE_MAX, token, (unsigned)list->tokens_cap);
        if (token->type == JSMN_UNDEFINED)
            return ANGO_E_END;
        list->next = text + token->end + (token->type == JSMN_STRING);
    } while (token->type != JSMN_OBJECT);
    for (i = shape->list + 1u; i < shape->fields_len; i++)
        memcpy((char *)out + shape->fields[i].offset, &none, sizeof none);
    last = shape->list;
    for (i = 1; i < parser.toknext; i++) {
        unsigned f;

        if (token[i].parent != 0)
            continue; /* not the name of a member of the object */
        f = find(shape, shape->list, text + token[i].start, last);
        if (f != ANGO_NOWHERE && token[i + 1].type == JSMN_STRING) {
            uint8_t *start = text + token[i + 1].start;
            uint8_t *end = text + token[i + 1].end;

            if (memchr(start, '\\', (size_t)(end - start)) != NULL)
                ango_json_unescape(start);
            else
                *end = '\0';
            memcpy((char *)out + shape->fields[f].offset, &start, sizeof start);
            last = f;
        }
    }
    return ANGO_OK;
}
