/*
 * room.h - the caller's buffer while a reply comes in. HTTP and JSON share it.
 *
 *     start                 kept         put     gap      next            end              limit
 *     | text | words | entries | incomplete | 16 bytes |held| not yet taken | free: recv |
 *
 * What is wanted of the reply is put behind `put` and becomes part of what stays once it is complete; every other byte
 * is dropped as it is taken. A reply that is not a success in JSON also leaves its plain text at the front, for people.
 *
 * What is put is never longer than what was taken for it, but for at most 8 bytes: the name of an entry's member is
 * written when its value begins. So with ANGO_ROOM_GAP bytes between the two, `put` cannot overtake `next`.
 *
 * How much may be put depends on the buffer alone, never on how the reply was cut into pieces: the same reply always
 * keeps the same entries.
 */
#ifndef ANGO_ROOM_H
#define ANGO_ROOM_H

#include "ango.h"

#define ANGO_ROOM_GAP 16
/* Always left for bytes that are received: a line as far as it is looked at, and some more. */
#define ANGO_ROOM_RAW 96
/* What is put must end before this much of the buffer's end; with a NUL behind it. */
#define ANGO_ROOM_RESERVED (ANGO_ROOM_RAW + ANGO_ROOM_GAP + 1)
/* For the API's `status` and its NUL, on which the outcome depends: always there, and no longer one is taken. */
#define ANGO_ROOM_STATUS 24
/* Left behind the entries for the server's words, which may come after them: its message, and the status. */
#define ANGO_ROOM_WORDS (96 + ANGO_ROOM_STATUS)
/* Of the reply as plain text people are shown so much, or what half of the buffer holds if that is less. */
#define ANGO_ROOM_TEXT 512
/* The smallest buffer that a reply can be read in; the text's NUL and that behind what is received are among it. */
#define ANGO_ROOM_MIN (ANGO_ROOM_RESERVED + 1 + ANGO_ROOM_STATUS)

/* Begins a reply, in a zeroed struct and a buffer of `cap` bytes, at least ANGO_ROOM_MIN, of which the last is kept for a NUL. */
void ango_room_begin(struct ango_room *room, uint8_t *buffer, size_t cap);

/* Before the first byte of the body: no text is wanted. */
void ango_room_drop_text(struct ango_room *room);

/* Adds what still fits of n bytes of the body, at `next`, to the reply as plain text, which always ends with a NUL. */
void ango_room_add_text(struct ango_room *room, size_t n);

/* Takes n bytes at `next`, which is more than is held, away from between what is held and what follows them. */
void ango_room_skip(struct ango_room *room, size_t n);

/* Moves what was not taken behind the gap, so that all that is free lies behind it. */
void ango_room_pack(struct ango_room *room);

#endif
