/*
 * seed.h - the device's entropy and time, typed in at the console: for QEMU ONLY.
 *
 * The LM3S6965 has neither a random number generator nor a clock that knows the date. A REAL BOARD MUST BRING
 * BOTH: a part with a hardware generator (or a secure element), and a battery-backed clock or authenticated
 * time. Replace this file then. Until a seed and the time were given, the desk does not connect at all.
 */
#ifndef SEED_H
#define SEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef SEED_CAP
#define SEED_CAP 256 /* 48 bytes for each handshake, 16 at start */
#endif

/* "seed HEX" adds to the pool, "time SECONDS" sets the clock. Whether the line was one of these, in order. */
bool seed_take(const char *line);

size_t seed_left(void);

/* As in struct ango_port. A byte of the seed is given out once; then it is gone, and without more of them
 * this fails. */
int seed_entropy(void *ctx, uint8_t *buf, size_t len);
int64_t seed_time(void *ctx);

#endif
