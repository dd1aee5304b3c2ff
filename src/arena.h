/*
 * arena.h - calloc and free in memory that the caller gives. Pure; one arena in a program, since mbedTLS's
 * hooks carry no context.
 *
 * A block in use costs one size_t besides its bytes; the best fitting free block is taken, and neighbours are
 * joined when freed, so a connection ends with the one free block that it began with.
 */
#ifndef ANGO_ARENA_H
#define ANGO_ARENA_H

#include <stddef.h>
#include <stdint.h>

/* Starts over: all of memory[0..cap) is free. What was allocated before is gone. */
void ango_arena_begin(void *memory, size_t cap);

/* Zeroed memory, aligned to 8 bytes; NULL when there is none, or the product overflows. */
void *ango_arena_calloc(size_t count, size_t size);
void ango_arena_free(void *memory);

/* Zeroes the whole arena, blocks in use included, and forgets it. */
void ango_arena_wipe(void);

size_t ango_arena_used(void);       /* bytes, headers included */
size_t ango_arena_peak(void);       /* the highest `used` since begin */
uint32_t ango_arena_count(void);    /* calls of calloc since begin */
uint32_t ango_arena_failures(void); /* of these, how many returned NULL */

#endif
