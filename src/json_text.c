#include "json_text.h"

#include <string.h>

#include "utf8.h"

/* As ango_json_escape, for one escape alone: \uXXXX is a UTF-16 unit. */
static size_t read_unit(const uint8_t *p, uint32_t *unit)
{
    static const char names[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    const char *name;
    size_t i;

    if (p[1] != 'u') {
        name = (const char *)memchr(names, p[1], sizeof names - 1);
        if (name == NULL)
            return 0;
        *unit = (uint8_t)values[name - names];
        return 2;
    }
    *unit = 0;
    for (i = 2; i < 6; i++) {
        unsigned digit = ango_hex_digit(p[i]);

        if (digit > 15) /* mutant: any-hex-digit */
            return 0;
        *unit = *unit << 4 | digit;
    }
    return 6;
}

size_t ango_json_escape(const uint8_t *p, uint32_t *c)
{
    size_t len = read_unit(p, c);
    uint32_t low = 0;

    if (*c < 0xD800 || *c > 0xDFFF)
        return len;
    if (*c <= 0xDBFF) {
        if (p[6] == '\0' || (p[6] == '\\' && read_unit(p + 6, &low) == 0)) /* mutant: pair-cut */
            return 0;
        if (low >= 0xDC00 && low <= 0xDFFF) { /* mutant: any-low-half */
            *c = 0x10000 + (*c - 0xD800) * 0x400 + (low - 0xDC00);
            return 12;
        }
    }
    *c = 0xFFFD;
    return 6;
}
