/*
 * guard.h - memory that ends right before a page that cannot be touched, so that one byte too many is a
 * crash, with or without a sanitizer. The bytes in front of it hold a pattern, for what is written too early.
 */
#ifndef ANGO_TESTS_GUARD_H
#define ANGO_TESTS_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct guard {
    uint8_t *base;
    size_t size; /* bytes from base to the page that cannot be touched */
    size_t cap;  /* of the room given out last */
};

/* Makes room for up to `most` bytes at a time. */
void guard_begin(struct guard *g, size_t most);
void guard_end(struct guard *g);

/* `cap` bytes, all 0xA5, that end right before the page. What was given out before is gone. */
uint8_t *guard_room(struct guard *g, size_t cap);

/* The same, as a copy of data[0..len). */
uint8_t *guard_copy(struct guard *g, const void *data, size_t len);

/* The same, with a NUL behind it: the page begins right after the NUL. */
uint8_t *guard_text(struct guard *g, const void *data, size_t len);

/* Whether the bytes in front of the room are untouched. */
bool guard_intact(const struct guard *g);

#endif
