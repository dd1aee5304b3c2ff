#include "json_text.h"

#include <string.h>

#include "utf8.h"

size_t ango_json_escape(const uint8_t *p, size_t left, uint32_t *unit)
{
    static const char names[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    const char *name;
    size_t i;

    if (left < 2)
        return 2;
    if (p[1] != 'u') {
        name = (const char *)memchr(names, p[1], sizeof names - 1);
        if (name == NULL)
            return 0;
        *unit = (uint8_t)values[name - names];
        return 2;
    }
    *unit = 0;
    for (i = 2; i < 6 && i < left; i++) {
        unsigned digit = ango_hex_digit(p[i]);

        if (digit > 15)
            return 0;
        *unit = *unit << 4 | digit;
    }
    return 6;
}

/* Reads the escape at *p, and the second half of a surrogate pair; returns the code point. */
static uint32_t code_point(uint8_t **p, const uint8_t *end)
{
    uint32_t c = 0;
    uint32_t low = 0;

    *p += ango_json_escape(*p, (size_t)(end - *p), &c);
    if (c < 0xD800 || c > 0xDFFF)
        return c;
    if (c <= 0xDBFF && *p < end && **p == '\\') {
        size_t len = ango_json_escape(*p, (size_t)(end - *p), &low);

        if (low >= 0xDC00 && low <= 0xDFFF) {
            *p += len;
            return 0x10000 + (c - 0xD800) * 0x400 + (low - 0xDC00);
        }
    }
    return 0xFFFD; /* half of a pair */
}

uint8_t *ango_json_unescape(uint8_t *p, const uint8_t *end)
{
    uint8_t *to = p;

    while (p < end)
        if (*p == '\\') {
            uint32_t c = code_point(&p, end);

            if (c != 0)
                to = ango_utf8_put(to, c);
        } else {
            *to++ = *p++;
        }
    *to = '\0';
    return to;
}
