/* utf8.h - one UTF-8 sequence, in and out. Pure. */
#ifndef ANGO_UTF8_H
#define ANGO_UTF8_H

#include <stdint.h>

/*
 * Length (2 to 4) of the well-formed sequence of several bytes at p, or 0 (RFC 3629: no overlong form, no
 * surrogate, nothing past U+10FFFF). Reads no byte after one that does not fit, so a NUL ends it.
 */
unsigned ango_utf8_sequence(const uint8_t *p);

/* Writes a code point (not a surrogate) of up to U+10FFFF as 1 to 4 bytes; returns the end. */
uint8_t *ango_utf8_put(uint8_t *to, uint32_t code_point);

#endif
