/* What json.h asks of the shape of a reply, and prove_json.c assumes of it. */
#ifndef ANGO_PROOF_SHAPE_H
#define ANGO_PROOF_SHAPE_H

#include "proof.h"

#include "json.h"

#define FIELDS_MOST 30 /* the bits of ango_json.seen */
#define NAME_MOST 254  /* what ango_json.matched counts to */

/* The fields that every shape begins with. */
static bool is_sound_beginning(const struct ango_field *field, uint8_t i)
{
    if (i >= ANGO_FIELD_OWN)
        return true;
    return field->parent == ANGO_REPLY && field->type == (i == ANGO_FIELD_DATA ? ANGO_JSON_OBJECT : ANGO_JSON_STRING);
}

/* Whether a count, an object or a list lies where it may, an object's first field right behind it, and an entry has nothing but strings. */
static bool is_sound_field(const struct ango_shape *shape, uint8_t i)
{
    const struct ango_field *field = &shape->fields[i];

    if (field->name == NULL || field->name[0] == '\0' || __CPROVER_OBJECT_SIZE(field->name) > NAME_MOST + 1)
        return false;
    if (i > shape->list) /* never so where it is ANGO_NOWHERE */
        return field->parent == ANGO_ENTRY && field->type == ANGO_JSON_STRING;
    if (!is_sound_beginning(field, i)
        || (i > 0 && shape->fields[i - 1].type == ANGO_JSON_OBJECT && field->parent != i - 1))
        return false;
    if (field->parent != ANGO_REPLY && (field->parent >= i || shape->fields[field->parent].type != ANGO_JSON_OBJECT))
        return false;
    switch (field->type) {
    case ANGO_JSON_STRING:
        return i < ANGO_FIELD_OWN;
    case ANGO_JSON_NUMBER:
        return field->offset % sizeof(uint32_t) == 0 && field->offset + sizeof(uint32_t) <= sizeof(struct ango_result);
    case ANGO_JSON_LIST:
        return i == shape->list;
    default:
        return field->type == ANGO_JSON_OBJECT;
    }
}

static bool is_sound_shape(const struct ango_shape *shape)
{
    uint8_t i;

    if (shape->fields_len < ANGO_FIELD_OWN || shape->fields_len > FIELDS_MOST)
        return false;
    if (shape->list != ANGO_NOWHERE
        && (shape->list >= shape->fields_len || shape->fields[shape->list].type != ANGO_JSON_LIST))
        return false;
    for (i = 0; i < shape->fields_len; i++)
        if (!is_sound_field(shape, i))
            return false;
    return true;
}

/* Bytes that ango_json_read_entry writes. */
static size_t entry_size(const struct ango_shape *shape)
{
    return shape->list == ANGO_NOWHERE ? 0 : (shape->fields_len - shape->list - 1u) * sizeof(const char *);
}

#endif
