#include "utf8.h"

unsigned ango_utf8_len(const uint8_t *p)
{
    unsigned lead = p[0];
    unsigned len = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    uint32_t code_point = lead & (0x7Fu >> len);
    unsigned i;

    if (lead < 0x80)
        return lead >= 0x20;
    for (i = 1; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        code_point = code_point << 6 | (p[i] & 0x3F);
    }
    /* Overlong: it would have fitted in a byte less. A stray continuation and 0xF8 and up are caught here too. */
    if (lead < 0xC2 || lead > 0xF4 || code_point >> 11 == 0xD800 >> 11 || code_point > 0x10FFFF
        || (len > 2 && code_point >> (len * 5 - 4) == 0))
        return 0;
    return len;
}

uint8_t *ango_utf8_put(uint8_t *to, uint32_t code_point)
{
    unsigned more = code_point < 0x80 ? 0 : code_point < 0x800 ? 1 : code_point < 0x10000 ? 2 : 3;

    *to++ = (uint8_t)((more == 0 ? 0 : 0x7F80u >> more) | code_point >> (6 * more));
    while (more-- > 0)
        *to++ = (uint8_t)(0x80 | (code_point >> (6 * more) & 0x3F));
    return to;
}

unsigned ango_hex_digit(unsigned c)
{
    if (c - '0' < 10)
        return c - '0';
    c = (c | 0x20) - 'a';
    return c < 6 ? c + 10 : 16;
}
