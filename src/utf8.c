#include "utf8.h"

unsigned ango_utf8_len(const uint8_t *p)
{
    unsigned lead = p[0];
    unsigned len = 2;
    unsigned top; /* the code point but for its last 6 or 12 bits, when it has 3 or 4 bytes */
    unsigned i;

    if (lead < 0x80)
        return lead - 0x20 < 0x5F;
    top = (lead << 6 | (p[1] & 0x3F)) & 0x3FF;
    if (lead < 0xE0) {
        if (lead < 0xC2) /* a stray continuation, or it would have fitted in one byte */
            return 0;
    } else if (lead < 0xF0) {
        len = 3;
        if (top < 0x800 >> 6 || top >> 5 == 0xD800 >> 11) /* in two bytes; a surrogate */
            return 0;
    } else {
        len = 4;
        if (top - 0x10u >= 0x100) /* in three bytes; past U+10FFFF */
            return 0;
    }
    for (i = 1; i < len; i++)
        if (p[i] >> 6 != 0x80 >> 6)
            return 0;
    return len;
}

uint8_t *ango_utf8_put(uint8_t *to, uint32_t code_point)
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

unsigned ango_hex_digit(unsigned c)
{
    /* Letters that differ in case differ in one bit; what is below 'A' wraps around, and stays past 15. */
    return c - '0' < 10 ? c - '0' : ((c - 'A') & ~0x20u) + 10;
}
