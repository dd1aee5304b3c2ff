/* utf8.h - reads and writes characters. Pure. */
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
static inline uint8_t *ango_utf8_put(uint8_t *to, uint32_t code_point)
{
    unsigned lead = 0;
    unsigned shift = 0;

    if (code_point >= 0x80) {
        lead = 0xC0;
        shift = 6;
    }
    if (code_point >= 0x800) {
        lead = 0xE0;
        shift = 12;
    }
    if (code_point >= 0x10000) {
        lead = 0xF0;
        shift = 18;
    }
    *to++ = (uint8_t)(lead | code_point >> shift);
    while (shift > 0) {
        shift -= 6;
        *to++ = (uint8_t)(0x80 | (code_point >> shift & 0x3F));
    }
    return to;
}

/* The value of a hexadecimal digit; 16 for anything else. */
unsigned ango_hex_digit(unsigned c);

#endif
