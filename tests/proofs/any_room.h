/* The room of src/room.h, and what holds for it between any two calls. */
#ifndef ANGO_PROOF_ROOM_H
#define ANGO_PROOF_ROOM_H

#include "proof.h"

#include "http.h"
#include "json_text.h"

static uint8_t *buffer;
static size_t buffer_cap;

static bool is_within(const uint8_t *p)
{
    return __CPROVER_same_object(p, buffer) && (size_t)(p - buffer) <= buffer_cap;
}

/*
 * The order of the picture in room.h, and that the bytes at `limit` and at the text's end belong to the buffer. JSON may have put
 * two bytes more than it has taken since ango_room_pack (see gap() in prove_json.c); a line as far as it is read always has room.
 */
#define LEAST_GAP (ANGO_ROOM_GAP - 2)

static bool is_sound(const struct ango_room *room)
{
    return is_within(room->kept) && is_within(room->put) && is_within(room->next) && is_within(room->end)
        && is_within(room->limit) && room->kept <= room->put && room->put <= room->next
        && room->held < ANGO_JSON_ESCAPE_MAX && room->held + (size_t)LEAST_GAP <= (size_t)(room->next - room->put)
        && room->next <= room->end && room->end <= room->limit && room->limit - room->put >= ANGO_ROOM_RESERVED - 1
        && (size_t)(room->limit - buffer) + room->text_cap + 1 <= buffer_cap
        && (room->text_cap == 0
            || (is_within(room->text) && room->text > room->limit && room->text - room->limit <= room->text_cap));
}

/* Any sound room in the buffer. */
static void arrange(struct ango_room *room)
{
    size_t kept = nondet_size(), put = nondet_size(), next = nondet_size(), end = nondet_size(), limit = nondet_size();
    size_t text = nondet_size();

    ASSUME(kept <= buffer_cap && put <= buffer_cap && next <= buffer_cap && end <= buffer_cap && limit <= buffer_cap
           && text <= buffer_cap);
    room->kept = buffer + kept;
    room->put = buffer + put;
    room->next = buffer + next;
    room->end = buffer + end;
    room->limit = buffer + limit;
    room->text = buffer + text;
    room->held = nondet_u8();
    room->text_cap = nondet_u16();
    ASSUME(is_sound(room));
}

static void any_buffer(void)
{
    buffer_cap = nondet_size();
    ASSUME(buffer_cap >= ANGO_ROOM_MIN && buffer_cap <= LONGEST);
    buffer = (uint8_t *)any_bytes(buffer_cap);
}

/* A small one, where what is in it matters: then any size takes too long. */
static void small_buffer(void)
{
    static uint8_t bytes[256];

    buffer_cap = sizeof bytes;
    buffer = bytes;
    __CPROVER_havoc_object(bytes);
}

static void any_room(struct ango_room *room)
{
    any_buffer();
    arrange(room);
}

#endif
