#include "utf8.h"

/* RFC 3629, 4: what the second byte of a sequence may be depends on the first. */
static bool second_byte_ok(unsigned lead, unsigned second)
{
    switch (lead) {
    case 0xE0: /* less would fit in two bytes */
        return second >= 0xA0 && second <= 0xBF;
    case 0xED: /* more is a surrogate */
        return second >= 0x80 && second <= 0x9F;
    case 0xF0: /* less would fit in three bytes */
        return second >= 0x90 && second <= 0xBF;
    case 0xF4: /* more is past U+10FFFF */
        return second >= 0x80 && second <= 0x8F;
    default:
        return second >= 0x80 && second <= 0xBF;
    }
}

unsigned ango_utf8_expected(unsigned lead)
{
    if (lead < 0x80)
        return lead >= ' ' && lead != 0x7F ? 1 : 0;
    if (lead < 0xC2 || lead > 0xF4)
        return 0;
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

unsigned ango_utf8_len(const uint8_t *p)
{
    unsigned len = ango_utf8_expected(p[0]);
    unsigned i;

    if (len > 1 && !second_byte_ok(p[0], p[1]))
        return 0;
    for (i = 2; i < len; i++)
        if (p[i] < 0x80 || p[i] > 0xBF)
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
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return 16;
}
