/*
 * json_reader.h - JSON from the network: checked in one pass, found by name, tokenized with jsmn object by
 * object. Pure.
 *
 * jsmn lets much pass that is not JSON, and would need a token for each value of a whole list. So a reply
 * is read twice, in different grain: ango_json_scan goes over every byte once, accepts exactly RFC 8259,
 * and finds the wanted names; ango_json_item then has jsmn tokenize one object of the list, and hands out
 * its strings.
 *
 * The text must be followed by one byte more, a NUL: it ends every loop in here.
 */
#ifndef ANGO_JSON_READER_H
#define ANGO_JSON_READER_H

#include "ango.h"

/* What a wanted value begins with, which is its type. */
enum {
    ANGO_JSON_OBJECT = '{',
    ANGO_JSON_LIST = '[',   /* of objects */
    ANGO_JSON_STRING = '"', /* only in the envelope and in the list's objects */
    ANGO_JSON_NUMBER = '0'  /* only outside the list; not below 0 */
};

/*
 * A wanted member of an object. Missing or null is no error; there twice, or of another type, is
 * ANGO_E_SHAPE.
 */
struct ango_field {
    const char *name;
    uint8_t parent; /* ANGO_IN(index of the object, or of the list, that it is in) */
    uint8_t type;   /* ANGO_JSON_... */
    uint8_t open;   /* not 0: the API leaves its type open, so another one counts as missing */
    uint8_t offset; /* of the const char * in struct ango_result that it goes to; not used in a list */
};

/*
 * Indices of the fields that every shape begins with, then of its own. Two are no field's: what is not
 * wanted, and the reply itself. Below 32, since a bit stands for each, and a control character.
 */
enum { ANGO_FIELD_STATUS, ANGO_FIELD_MESSAGE, ANGO_FIELD_DATA, ANGO_FIELD_OWN,
       ANGO_NOWHERE = 30, ANGO_REPLY };
#define ANGO_IN(i) (32 | (i))
#define ANGO_ENVELOPE \
    { "status", ANGO_IN(ANGO_REPLY), ANGO_JSON_STRING, 1, offsetof(struct ango_result, status) }, \
    { "message", ANGO_IN(ANGO_REPLY), ANGO_JSON_STRING, 1, offsetof(struct ango_result, message) }, \
    { "data", ANGO_IN(ANGO_REPLY), ANGO_JSON_OBJECT, 1, 0 }
#define ANGO_IN_DATA ANGO_IN(ANGO_FIELD_DATA)

#define ANGO_FIELDS_MAX ANGO_NOWHERE

/* What an operation wants of its reply. At most one list, and what is in it comes last. */
struct ango_shape {
    const struct ango_field *fields; /* at most ANGO_FIELDS_MAX */
    uint8_t fields_len;
    uint8_t list;     /* the list's index, or ANGO_NOWHERE */
    uint8_t required; /* not 0: without the list it is not the API's reply */
    /* What else there is to say about a sound reply; NULL: nothing. */
    int (*check)(struct ango_result *result);
};

/*
 * Checks the document text[0..len) and stores the envelope's strings, which must be "" before, the digits of
 * numbers, and `items` in `result`, and where the list begins in list->next (NULL: there is none). The
 * envelope's strings are unescaped in place; in the list's objects each wanted name gives its first letter for
 * its number in the list. A document that is no object counts as an empty one.
 *   ANGO_E_JSON     not JSON by RFC 8259, or nested deeper than ANGO_JSON_DEPTH, or half of a surrogate
 *                   pair; the envelope's strings must not be used; the text is as it was, up to its first NUL
 *                   and but for the backslash of a wanted name that begins with one
 *   ANGO_E_SHAPE    JSON, but a wanted value is of another type or there twice, or there is a \u0000 in a
 *                   string, or the list is required and missing; the envelope's strings are there all the
 *                   same, without the \u0000
 *   ANGO_E_TOO_BIG  an element of the list takes more tokens than there are; with ANGO_OK, list->tokens_cap
 *                   becomes what the largest takes
 */
int ango_json_scan(uint8_t *text, size_t len, struct ango_list *list, struct ango_result *result);

/*
 * Reads the next object of a scanned list into `out`, a struct of nothing but a const char * for each of the
 * list's fields, in their order (whoever changes one, changes the other): NUL-terminated strings, unescaped in
 * place, "" where there is none. ANGO_OK, or ANGO_E_END when there is no further object.
 */
int ango_json_item(struct ango_list *list, void *out);

#endif
