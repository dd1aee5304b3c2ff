/*
 * json.h - JSON, taken as it comes in: checked, matched against the wanted fields, and all else dropped. Pure.
 *
 * Accepts exactly RFC 8259, nested to ANGO_JSON_DEPTH, in UTF-8; this includes half of a surrogate pair, as \ud83d,
 * which its grammar allows and JavaScript writes.
 *
 * jsmn alone is not enough: it accepts much that is not JSON, and needs the whole text in memory and a token for each
 * value. So it gets only what this reader keeps of a list entry: the wanted strings, each with a letter for its name.
 */
#ifndef ANGO_JSON_H
#define ANGO_JSON_H

#include "ango.h"
#include "room.h"

/* The types of values, each by its first character. */
enum {
    ANGO_JSON_OBJECT = '{',
    ANGO_JSON_LIST = '[',   /* of objects, the entries */
    ANGO_JSON_STRING = '"', /* only in the envelope and in entries */
    ANGO_JSON_NUMBER = '0'  /* only outside entries: a count */
};

/* A flag in ango_json.flags: the list has an element that is not an object, and so not an entry. */
#define ANGO_JSON_ODD 8

/* A wanted member of an object. A value of another type, such as null, counts as missing. */
struct ango_field {
    const char *name;
    uint8_t parent; /* what it is in: the index of an object, ANGO_REPLY, or ANGO_ENTRY */
    uint8_t type;   /* ANGO_JSON_... */
    uint8_t offset; /* of a count: where its uint32_t is in struct ango_result */
};

/* The fields that every shape begins with, then its own. Below 30, since each has a bit in ango_json.seen. */
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

/* What an operation wants of its reply. A field comes after the one that it is in, and the list's fields come last. */
struct ango_shape {
    const struct ango_field *fields;
    uint8_t fields_len;
    uint8_t list;          /* the list's index, or ANGO_NOWHERE */
    uint8_t list_required; /* a reply without the list is not the API's: no list is not an empty list */
};

/* Begins a text in a zeroed struct. The wanted parts go to `result`, whose strings must be "", and to the room. */
static inline void ango_json_begin(struct ango_json *j, const struct ango_shape *shape, struct ango_result *result)
{
    j->shape = shape;
    j->result = result;
    j->fields_len = shape->fields_len;
    j->in = ANGO_REPLY;
    j->field = ANGO_REPLY;
}
/* Called before the first byte: only the envelope is wanted after all. */
static inline void ango_json_want_envelope(struct ango_json *j)
{
    j->fields_len = ANGO_FIELD_OWN;
}

/*
 * Takes the n bytes at room->next, behind what is held: all of them, or up to the end of an entry.
 *   ANGO_E_WAIT    all taken; an incomplete end is held, shorter than an escape (json_text.h)
 *   ANGO_E_END     an entry is complete; it lies from room->kept to room->put, with a NUL behind it. To keep it, set
 *                  room->kept to the byte after the NUL. If it was too large, nothing lies there: `put` equals `kept`
 *   ANGO_E_JSON    not JSON; all later calls return this too
 */
int ango_json_take(struct ango_json *j, struct ango_room *room, size_t n);

/*
 * After the last byte.
 *   ANGO_E_JSON    it was not JSON, or has not ended
 *   ANGO_E_SHAPE   JSON, but a wanted name came twice in one object, a wanted string other than the message has a
 *                  \u0000, a count is not a whole number up to 4294967295, or a required list is missing
 */
int ango_json_end(const struct ango_json *j);

/*
 * Reads the entry at `text` into `out`, a struct of one const char * for each of the list's fields, in their order:
 * NUL-terminated strings, unescaped in place, "" where there is none. Returns what follows the entry's NUL.
 */
uint8_t *ango_json_read_entry(const struct ango_shape *shape, uint8_t *text, struct ango_token *tokens, void *out);

#endif
