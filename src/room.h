/*
 * room.h - the caller's buffer while a reply comes in. HTTP and JSON share it.
 *
 *         kept         put     gap      next            end           limit
 *     | words | entries | incomplete | 16 bytes |held| not yet taken | free: recv | NUL | text |
 *
 * The words are the reply's status and message. Wanted bytes are put at `put` and stay once the string or entry is
 * complete; all others are dropped as they are taken. The body is also copied as plain text to the end, for people,
 * until a list begins in it.
 *
 * What is put is at most two bytes longer than what was taken for it: the letter before a string of an entry, and the
 * NUL behind an entry. So with ANGO_ROOM_GAP bytes between the two, `put` cannot overtake what is held.
 *
 * How much may be put depends on the buffer alone, never on how the reply was cut into pieces: the same reply always
 * leaves the same entries.
 */
#ifndef ANGO_ROOM_H
#define ANGO_ROOM_H

#include <string.h>

#include "ango.h"

#define ANGO_ROOM_GAP 16
/* Always left for received bytes: a line as far as it is read, and some more. */
#define ANGO_ROOM_RAW 96
/* What is put must end at least this far before `limit`; one byte of it is for a NUL. */
#define ANGO_ROOM_RESERVED (ANGO_ROOM_RAW + ANGO_ROOM_GAP + 1)
/* Always left for the reply's `status` and its NUL, since the outcome depends on it; a longer one is not taken. */
#define ANGO_ROOM_STATUS 24
/* Left behind the entries for the message and the status, which may come after them. */
#define ANGO_ROOM_WORDS (96 + ANGO_ROOM_STATUS)
/* The plain text and its NUL take at most this much, and less than half of the buffer. */
#define ANGO_ROOM_TEXT 512
/* The smallest buffer that a reply can be read in, with the NULs behind the received bytes and behind the text. */
#define ANGO_ROOM_MIN (ANGO_ROOM_RESERVED + 1 + ANGO_ROOM_STATUS)

/* Each of these is called in one place: inline, they take less flash. */

/* Begins a reply, in a zeroed struct and a buffer of `cap` bytes, at least ANGO_ROOM_MIN. */
static inline void ango_room_begin(struct ango_room *room, uint8_t *buffer, size_t cap)
{
    size_t text_cap = (cap - ANGO_ROOM_MIN) / 2 + 1;

    if (text_cap > ANGO_ROOM_TEXT)
        text_cap = ANGO_ROOM_TEXT;
    room->kept = buffer;
    room->put = buffer;
    room->next = buffer + ANGO_ROOM_GAP;
    room->end = room->next;
    room->limit = buffer + cap - text_cap - 1;
    room->text = room->limit + 1;
    room->text[0] = '\0';
    room->text_cap = (uint16_t)text_cap;
}

/* Gives up the plain text; its room is then for received bytes. */
static inline void ango_room_drop_text(struct ango_room *room)
{
    room->limit += room->text_cap;
    room->text_cap = 0;
}

/* Appends to the plain text, which always ends with a NUL, what fits of the n bytes of the body at `next`. */
static inline void ango_room_add_text(struct ango_room *room, size_t n)
{
    size_t left;

    if (room->text_cap == 0)
        return;
    left = (size_t)(room->limit + room->text_cap - room->text);
    if (n > left) /* mutant: text-past-end */
        n = left;
    memcpy(room->text, room->next, n);
    room->text += n;
    *room->text = '\0';
}

/* Removes the n bytes at `next`, between what is held and what follows. */
static inline void ango_room_skip(struct ango_room *room, size_t n)
{
    uint8_t *held = room->next - room->held;

    memmove(held + n, held, room->held); /* mutant: held-stays */
    room->next += n;
}

/* Moves what was not taken to the end of the gap, so that all free room lies behind it. */
static inline void ango_room_pack(struct ango_room *room)
{
    uint8_t *from = room->next - room->held;
    size_t len = (size_t)(room->end - from);
    uint8_t *to = room->put + ANGO_ROOM_GAP;

    memmove(to, from, len);
    room->next = to + room->held;
    room->end = to + len;
}

#endif
