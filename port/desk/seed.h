/*
 * seed.h - the device's entropy and time, typed in at the console: for QEMU ONLY.
 *
 * The LM3S6965 has neither a random number generator nor a clock that knows the date. A REAL BOARD MUST BRING
 * BOTH: a part with a hardware generator (or a secure element), and a battery-backed clock or authenticated
 * time. Replace this file then. Until a seed and the time were given, the desk does not connect at all; once it is
 * ready it takes neither, since whoever holds a badge to the reader types at the same console.
 */
#ifndef SEED_H
#define SEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEED_MIN 64u      /* bytes, without which nothing is given out */
#define SEED_LINE_MAX 32u /* bytes in one line */

/* "seed HEX" adds to the seed, "time SECONDS" sets the clock. Whether the line was one of these, in order. */
bool seed_take(const char *line);

/* Whether there is a seed. */
bool seed_is_enough(void);

/* Whether there are a seed and the time. */
bool seed_is_there(void);

/*
 * The time in seconds since 1970, as somebody on the network says: taken, unless it is before `earliest`, or before what the clock shows.
 * Some seconds before that agree, as far as clocks do, and ours is kept. False: not believed.
 */
bool seed_time_heard(int64_t now, int64_t earliest);

/* As in struct ango_port. SHA-256 makes as many bytes out of the seed as are wanted; what was given out cannot be found out from what
 * is kept. The seed must be new at each power-on. */
int seed_entropy(void *ctx, uint8_t *buf, size_t len);
int64_t seed_time(void *ctx);

#endif
