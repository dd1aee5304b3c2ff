#include "utf8.h"

unsigned ango_utf8_sequence(const uint8_t *p)
{
    unsigned len = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    unsigned low = 0x80;
    unsigned high = 0xBF;
    unsigned i;

    if (p[0] < 0xC2 || p[0] > 0xF4)
        return 0;
    if (p[0] == 0xE0)
        low = 0xA0;
    else if (p[0] == 0xED)
        high = 0x9F;
    else if (p[0] == 0xF0)
        low = 0x90;
    else if (p[0] == 0xF4)
        high = 0x8F;
    if (p[1] < low || p[1] > high)
        return 0;
    for (i = 2; i < len; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return len;
}

uint8_t *ango_utf8_put(uint8_t *to, uint32_t code_point)
{
    unsigned more = code_point < 0x80 ? 0 : code_point < 0x800 ? 1 : code_point < 0x10000 ? 2 : 3;
    static const uint8_t lead[4] = { 0x00, 0xC0, 0xE0, 0xF0 };

    *to++ = (uint8_t)(lead[more] | (code_point >> (6 * more)));
    while (more-- > 0)
        *to++ = (uint8_t)(0x80 | ((code_point >> (6 * more)) & 0x3F));
    return to;
}
