/*
 * json.h - JSON, taken as it comes: checked, matched against the fields that are wanted, and all else dropped. Pure.
 *
 * Accepts exactly RFC 8259, nested to ANGO_JSON_DEPTH, in UTF-8; also half of a surrogate pair as \ud83d, which that
 * grammar allows and JavaScript writes.
 *
 * jsmn alone is not enough: it lets much pass that is not JSON, needs the whole text in memory, and a token for each
 * value in it. So it gets what this reader leaves of an entry of the list: the wanted strings, each with a letter for its name.
 */
#ifndef ANGO_JSON_H
#define ANGO_JSON_H

#include "ango.h"
#include "room.h"

/* The types of values, each by the character that it begins with. */
enum {
    ANGO_JSON_OBJECT = '{',
    ANGO_JSON_LIST = '[',   /* of objects, the entries */
    ANGO_JSON_STRING = '"', /* only in the envelope and in entries */
    ANGO_JSON_NUMBER = '0'  /* only outside of entries: a count */
};

/* A flag in ango_json.flags: the list has an element that is no object, and so no entry. */
#define ANGO_JSON_ODD 8

/* A wanted member of an object. A value of another type counts as missing: null, most of all. */
struct ango_field {
    const char *name;
    uint8_t parent; /* what it is in: the index of an object, ANGO_REPLY, or ANGO_ENTRY */
    uint8_t type;   /* ANGO_JSON_... */
    uint8_t offset; /* of a count: of its uint32_t in struct ango_result */
};

/* The fields that every shape begins with, then its own. Below 30, since a bit stands for each. */
enum {
    ANGO_FIELD_STATUS,
    ANGO_FIELD_MESSAGE,
    ANGO_FIELD_DATA,
    ANGO_FIELD_OWN,
    ANGO_ENTRY = 30,  /* not a field: an entry of the list */
    ANGO_REPLY = 31,  /* the reply itself */
    ANGO_NOWHERE = 32 /* what is not wanted */
};
/* clang-format off */
#define ANGO_ENVELOPE \
    { "status", ANGO_REPLY, ANGO_JSON_STRING, 0 }, { "message", ANGO_REPLY, ANGO_JSON_STRING, 0 }, \
    { "data", ANGO_REPLY, ANGO_JSON_OBJECT, 0 }
/* clang-format on */

/* What an operation wants of its reply. Fields come after the one that they are in. The list's fields come last. */
struct ango_shape {
    const struct ango_field *fields;
    uint8_t fields_len;
    uint8_t list;          /* the list's index, or ANGO_NOWHERE */
    uint8_t list_required; /* without the list it is not the API's reply, since nothing is not an empty list */
};

/* Begins a text in a zeroed struct. What is wanted of it goes to `result`, whose strings must be "", and to the room. */
static inline void ango_json_begin(struct ango_json *j, const struct ango_shape *shape, struct ango_result *result)
{
    j->shape = shape;
    j->result = result;
    j->fields_len = shape->fields_len;
    j->in = ANGO_REPLY;
    j->field = ANGO_REPLY;
}
/* Before the first byte: only the envelope is wanted after all. */
static inline void ango_json_want_envelope(struct ango_json *j)
{
    j->fields_len = ANGO_FIELD_OWN;
}

/*
 * Takes the n bytes at room->next, behind what is held: all of them, or up to the end of an entry.
 *   ANGO_E_WAIT    all taken; what was cut at the end is held: less than an escape (json_text.h)
 *   ANGO_E_END     an entry is complete; it lies from room->kept to room->put, with a NUL behind it: whoever wants to
 *                  keep it lets room->kept point behind that. If it was too large nothing lies there, and `put` is
 *                  `kept`
 *   ANGO_E_JSON    not JSON, now and for ever
 */
int ango_json_take(struct ango_json *j, struct ango_room *room, size_t n);

/*
 * After the last byte.
 *   ANGO_E_JSON    it was not JSON, or has not ended
 *   ANGO_E_SHAPE   JSON, but a wanted name was there twice in one object, a wanted string other than the message
 *                  holds a \u0000, or a count is not a whole number up to 4294967295; or the list is required and missing
 */
int ango_json_end(const struct ango_json *j, const struct ango_room *room);

/*
 * Reads the entry at `text` into `out`, a struct of nothing but a const char * for each of the list's fields, in their
 * order: NUL-terminated strings, unescaped in place, "" where there is none. Returns what follows the entry's NUL.
 */
uint8_t *ango_json_read_entry(const struct ango_shape *shape, uint8_t *text, struct ango_token *tokens, void *out);

#endif
