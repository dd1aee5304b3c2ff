/* utf8.h - characters, in and out. Pure. */
#ifndef ANGO_UTF8_H
#define ANGO_UTF8_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Bytes of the character at p: 1 for 0x20 to 0x7E, 2 to 4 for a well-formed sequence (RFC 3629: no overlong
 * form, no surrogate, nothing past U+10FFFF), 0 for anything else. Stops at the first byte that is not a
 * continuation byte, so a NUL ends it safely.
 */
unsigned ango_utf8_len(const uint8_t *p);

/* Writes a code point of up to U+10FFFF as 1 to 4 bytes; returns the end. */
uint8_t *ango_utf8_put(uint8_t *to, uint32_t code_point);

/* The value of a hexadecimal digit; 16 for anything else. */
unsigned ango_hex_digit(unsigned c);

#endif
