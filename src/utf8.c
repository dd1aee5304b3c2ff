#include "utf8.h"

/* Bytes of a character that begins with `lead`: 1 for 0x20 to 0x7E, 2 to 4, or 0 if none begins with it. */
static unsigned expected(unsigned lead)
{
    if (lead < 0x80)
        return lead >= ' ' && lead != 0x7F ? 1 : 0;
    if (lead < 0xC2 || lead > 0xF4)
        return 0;
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

unsigned ango_utf8_len(const uint8_t *p)
{
    unsigned len = expected(p[0]);
    unsigned i;

    for (i = 1; i < len; i++)
        if (p[i] < 0x80 || p[i] > 0xBF)
            return 0;
    /* RFC 3629, 4: some first bytes restrict the second. */
    switch (p[0]) {
    case 0xE0:                        /* it would fit in two bytes */
        return p[1] < 0xA0 ? 0 : len; /* mutant: overlong */
    case 0xED:                        /* a surrogate */
        return p[1] > 0x9F ? 0 : len; /* mutant: surrogate */
    case 0xF0:                        /* it would fit in three bytes */
        return p[1] < 0x90 ? 0 : len;
    case 0xF4: /* past U+10FFFF */
        return p[1] > 0x8F ? 0 : len;
    default:
        return len;
    }
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
