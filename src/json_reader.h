/*
 * json_reader.h - JSON from the network: checked in one pass, found by name, tokenized with jsmn object by
 * object. Pure.
 *
 * jsmn lets much pass that is not JSON, and would need a token for each value of a whole list. So a reply
 * is read twice, in different grain: ango_json_scan goes over every byte once, accepts exactly RFC 8259,
 * and notes where the wanted values are; ango_json_item then has jsmn tokenize one object of the list, and
 * hands out its strings.
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
    uint8_t parent; /* index of the object, or of the list whose objects, it is a member of */
    uint8_t type;   /* ANGO_JSON_... */
    uint8_t open;   /* not 0: the API leaves its type open, so another one counts as missing */
    uint8_t offset; /* of the const char * it goes to: in struct ango_result, or in the list's item */
};

/*
 * Every shape begins with these. Without entries of their own: ANGO_IN_REPLY, the reply itself, and
 * ANGO_NOWHERE, for all that is not wanted.
 */
enum { ANGO_IN_STATUS, ANGO_IN_MESSAGE, ANGO_IN_DATA, ANGO_IN_OWN, ANGO_NOWHERE = 30, ANGO_IN_REPLY };
#define ANGO_ENVELOPE \
    { "status", ANGO_IN_REPLY, ANGO_JSON_STRING, 1, offsetof(struct ango_result, status) }, \
    { "message", ANGO_IN_REPLY, ANGO_JSON_STRING, 1, offsetof(struct ango_result, message) }, \
    { "data", ANGO_IN_REPLY, ANGO_JSON_OBJECT, 1, 0 }

#define ANGO_FIELDS_MAX ANGO_NOWHERE

/* What an operation wants of its reply. At most one list. */
struct ango_shape {
    const struct ango_field *fields;
    uint8_t fields_len;
    uint8_t list;     /* its index, or ANGO_NOWHERE */
    uint8_t required; /* not 0: without the list it is not the API's reply */
    /* What else there is to say about a sound reply; NULL: nothing. */
    int (*check)(struct ango_result *result);
};

/*
 * Checks the document text[0..len) and stores the envelope's strings, which must be "" before, and `items` in
 * `result`, and where the list begins in list->next (NULL: there is none). Strings are unescaped in place.
 *   ANGO_E_JSON     not JSON by RFC 8259, or nested deeper than ANGO_JSON_DEPTH, or half of a surrogate
 *                   pair; the text is as it was, and the envelope's strings must not be used
 *   ANGO_E_SHAPE    JSON, but a wanted value is of another type, there twice, or a string with a NUL in it,
 *                   or the list is required and missing; the envelope's strings are there all the same
 *   ANGO_E_TOO_BIG  an element of the list takes more tokens than there are; with ANGO_OK, list->tokens_cap
 *                   becomes what the largest takes
 */
int ango_json_scan(uint8_t *text, size_t len, struct ango_list *list, struct ango_result *result);

/*
 * Reads the next object of a scanned list into `out`: NUL-terminated strings, unescaped in place, "" where
 * there is none. ANGO_OK, or ANGO_E_END when there is no further object.
 */
int ango_json_item(struct ango_list *list, void *out);

#endif
