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
#define BOTTOM 255u

#define MISSHAPEN 4u /* a flag beside those of strings; with all but ANGO_JSON_ESCAPED it is no sound reply */

struct scan {
    const struct ango_shape *shape;
    struct ango_result *result;
    uint8_t *list;
    unsigned last;      /* field that has come last */
    size_t tokens;      /* of this element of the list, so far */
    size_t most;        /* tokens that any element of the list takes */
    unsigned flags;     /* of what is wanted; looked at in the end, since that it is no JSON weighs more */
    unsigned ignored;   /* of what is not */
    uint32_t seen;      /* a bit for each field that has come */
    uint8_t level[1 + ANGO_JSON_DEPTH]; /* what is open: the index of its field, with OBJECT or without */
};

/* --- the pass --------------------------------------------------------------------------------- */

/*
 * Holds a value against field f by its first byte, c: f, or ANGO_NOWHERE when it is not, or no longer,
 * wanted. An element of the list has the list's own index with OBJECT.
 */
static unsigned typed(struct scan *s, unsigned f, unsigned c)
{
    const struct ango_field *field = &s->shape->fields[f & INDEX];

    s->tokens++;
    if ((f & INDEX) >= ANGO_NOWHERE) /* or an element of a reply that is a list */
        return ANGO_NOWHERE;
    if (c - (field->type | (f & OBJECT)) < 10) /* no value begins with what else is in this range */
        return f;
    if (field->open == 0 && c != 'n')
        s->flags = MISSHAPEN; /* which outweighs the others */
    return ANGO_NOWHERE;
}

/* Checks a string, a number or a word at p, of field f; returns what follows it, or NULL. */
static uint8_t *scalar(struct scan *s, unsigned f, uint8_t *p)
{
    uint8_t *end = ango_json_scalar(p, f < ANGO_NOWHERE ? &s->flags : &s->ignored);

    if (end != NULL && f < s->shape->list) /* what is in the list is read again */
        memcpy((char *)s->result + s->shape->fields[f].offset, &p, sizeof p);
    return end;
}

/*
 * Checks the name at p, and finds the field that it means in the object `of`, or ANGO_NOWHERE; returns what
 * follows it, or NULL. Looks first at what comes after the field that came last, since replies keep to an
 * order. In the list's objects a wanted name gives its first letter for its number in the list, from 1,
 * which is how ango_json_item knows it again.
 */
static uint8_t *name(struct scan *s, unsigned of, uint8_t *p, unsigned *f)
{
    unsigned i = s->last;

    do {
        const struct ango_field *field;

        if (++i >= s->shape->fields_len)
            i = ANGO_FIELD_STATUS;
        field = &s->shape->fields[i];
        if (field->parent == of) {
            uint8_t *end = ango_json_is(p + 1, field->name);

            if (end != NULL) {
                uint32_t bit = (uint32_t)1 << i;

                if ((s->seen & bit) != 0)
                    s->flags = MISSHAPEN;
                s->seen |= bit;
                s->last = i;
                if (i > s->shape->list)
                    p[1] = (uint8_t)(i - s->shape->list);
                *f = i;
                return end;
            }
        }
    } while (i != s->last);
    *f = ANGO_NOWHERE;
    return ango_json_scalar(p, &s->ignored);
}

/* At p: the list's first element, what follows an element, or the list's end. */
static void element(struct scan *s, unsigned list, uint8_t *p)
{
    if (s->list == NULL)
        s->list = p;
    else if (s->most < s->tokens)
        s->most = s->tokens;
    s->tokens = 0;
    s->seen &= ((uint32_t)2 << list) - 1;
}

/* Checks one whole value at p, without recursion; returns what follows it, or NULL: not JSON. */
static uint8_t *value(struct scan *s, uint8_t *p)
{
    uint8_t *level = s->level; /* of what is open, the innermost */
    unsigned of;
    unsigned f = ANGO_REPLY;

    *level = BOTTOM;
    p = ango_json_space(p);
    for (;;) {
        bool opened = *p == '{' || *p == '[';

        if (opened) {
            if (level == s->level + ANGO_JSON_DEPTH)
                return NULL;
            if ((f & OBJECT) != 0)
                s->result->items++;
            *++level = (uint8_t)(f | (*p++ & OBJECT));
        } else {
            p = scalar(s, f, p);
            if (p == NULL)
                return NULL;
        }
        for (;; p++, level--, opened = false) { /* leave what ends here */
            p = ango_json_space(p);
            of = *level;
            if (of == BOTTOM)
                return p;
            if (of < ANGO_NOWHERE)
                element(s, of, p);
            if (*p != ']' + (of & OBJECT))
                break;
        }
        if (!opened && *p++ != ',')
            return NULL;
        p = ango_json_space(p);
        f = of | OBJECT;
        if (f == of) {
            if (*p != '"')
                return NULL;
            s->tokens++;
            p = name(s, of, p, &f);
            if (p == NULL)
                return NULL;
            p = ango_json_space(p);
            if (*p != ':')
                return NULL;
            p = ango_json_space(p + 1);
        }
        f = typed(s, f, *p);
    }
}

/* --- the interface ---------------------------------------------------------------------------- */

/* Gives names back their first letters: the text is for people after all. */
static void unmark(const struct ango_shape *shape, uint8_t *p)
{
    for (; *p != '\0'; p++)
        if (p[0] == '"' && p[1] != '\0' && shape->list + p[1] < shape->fields_len)
            p[1] = (uint8_t)shape->fields[shape->list + p[1]].name[0];
}

/* Makes a C string of one that the pass has found, if it has. */
static void end_string(const char *text)
{
    if (*text != '\0')
        ango_json_unescape((uint8_t *)text, (uint8_t *)text + 1);
}

int ango_json_scan(uint8_t *text, size_t len, struct ango_list *list, struct ango_result *result)
{
    struct scan s;

    memset(&s, 0, sizeof s);
    s.shape = list->shape;
    s.result = result;
    if (value(&s, text) != text + len) {
        unmark(s.shape, text);
        return ANGO_E_JSON;
    }
    end_string(result->status);
    end_string(result->message);
    if (s.flags > ANGO_JSON_ESCAPED || (s.shape->required != 0 && s.list == NULL))
        return ANGO_E_SHAPE;
    if (s.most > list->tokens_cap)
        return ANGO_E_TOO_BIG;
    list->next = s.list;
    list->escaped = (uint8_t)s.flags;
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
    unsigned i;

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
    for (i = 0; i + shape->list + 1u < shape->fields_len; i++)
        memcpy((char *)out + i * sizeof none, &none, sizeof none);
    for (i = 1; i < parser.toknext; i++) {
        unsigned f = text[token[i].start] - 1u;

        if (token[i].parent == 0 && f < ANGO_NOWHERE && token[i + 1].type == JSMN_STRING) {
            uint8_t *start = text + token[i + 1].start;

            if (list->escaped)
                ango_json_unescape(start, start);
            else
                text[token[i + 1].end] = '\0';
            memcpy((char *)out + f * sizeof start, &start, sizeof start);
        }
    }
    return ANGO_OK;
}
