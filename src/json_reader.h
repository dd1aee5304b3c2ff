/*
 * json_reader.h - JSON from the network: checked in one pass, found by name, tokenized with jsmn object by object. Pure.
 *
 * jsmn lets much pass that is not JSON and would need a token for each value of a whole list. So a reply is read twice
 * in different grain: ango_json_scan goes over every byte once, accepts exactly RFC 8259, and notes where the wanted
 * values are; ango_json_item then hands one object of the list to jsmn, and its strings to the caller.
 *
 * The text must be followed by one readable byte, a NUL: it ends every loop in here.
 */
#ifndef ANGO_JSON_READER_H
#define ANGO_JSON_READER_H

#include "ango.h"

enum {
    ANGO_JSON_OBJECT,
    ANGO_JSON_LIST,         /* an array of objects */
    ANGO_JSON_STRING,       /* only in the envelope and in the list's objects */
    ANGO_JSON_COUNT,        /* 0 to 4294967295, in digits only */
    ANGO_JSON_KIND = 7,
    ANGO_JSON_REQUIRED = 8, /* missing or null: ANGO_E_SHAPE */
    ANGO_JSON_OPEN = 16     /* the API leaves its type open: another one counts as missing */
};

/* A wanted member of an object. A member that is there twice is ANGO_E_SHAPE. */
struct ango_field {
    const char *name;
    uint8_t parent; /* index of the object, or of the list whose objects, it is a member of */
    uint8_t kind;   /* ANGO_JSON_..., with its flags */
    uint8_t offset; /* where it goes: in struct ango_result, or for a member of a list in the item's struct */
};

/* Every reply has these four; a shape's own fields count on from ANGO_IN_OWN. */
enum { ANGO_IN_REPLY, ANGO_IN_STATUS, ANGO_IN_MESSAGE, ANGO_IN_DATA, ANGO_IN_OWN };

#define ANGO_FIELDS_MAX 24

/* What an operation wants of its reply. At most one list; its members follow it, to the end. */
struct ango_shape {
    const struct ango_field *fields;
    uint8_t fields_len;
    uint8_t list;     /* its index, ANGO_IN_OWN or more; 0: none */
};

/*
 * Checks the document text[0..len) and, when it is sound, stores status, message, counts and `items` in `result`, and
 * where the first item is in `item` (NULL: none). Strings are unescaped in place.
 *   ANGO_E_JSON     not JSON by RFC 8259, or nested deeper than ANGO_JSON_DEPTH, or half of a surrogate pair
 *   ANGO_E_SHAPE    JSON, but a wanted value is missing, of another type, there twice, or a string with a NUL in it
 *   ANGO_E_TOO_BIG  one object of the list takes more tokens than tokens_cap
 */
int ango_json_scan(uint8_t *text, size_t len, const struct ango_shape *shape, size_t tokens_cap,
                   struct ango_result *result, uint8_t **item);

/*
 * Reads the item at *item of a scanned list into `out`: NUL-terminated strings, unescaped in place, "" where there
 * is none. Moves *item on; NULL after the last. ANGO_OK, or ANGO_E_END when there is no further object.
 */
int ango_json_item(uint8_t **item, const struct ango_shape *shape, struct ango_token *tokens, size_t tokens_cap,
                   void *out);

#endif
