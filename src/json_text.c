#include "json_text.h"

#include <string.h>

#include "utf8.h"

uint8_t *ango_json_space(uint8_t *p)
{
    while (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')
        p++;
    return p;
}

/* The UTF-16 unit written as \uXXXX at p; UINT32_MAX when it is none. */
static uint32_t unit(const uint8_t *p)
{
    uint32_t value = 0;
    int i;

    if (p[0] != '\\' || p[1] != 'u')
        return UINT32_MAX;
    for (i = 2; i < 6; i++) {
        unsigned digit = ango_hex_digit(p[i]);

        if (digit > 15)
            return UINT32_MAX;
        value = value << 4 | digit;
    }
    return value;
}

/* Reads the escape at p, a backslash; returns what follows it, or NULL for none that RFC 8259 knows. */
static uint8_t *escape(uint8_t *p, uint32_t *code_point)
{
    static const char names[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    uint32_t c = unit(p);
    const char *name;

    if (c == UINT32_MAX) {
        name = (const char *)memchr(names, p[1], sizeof names - 1);
        if (name == NULL)
            return NULL;
        *code_point = (uint8_t)values[name - names];
        return p + 2;
    }
    p += 6;
    if (c >> 11 == 0xD800 >> 11) {
        uint32_t low = unit(p);

        if (c > 0xDBFF || low >> 10 != 0xDC00 >> 10)
            return NULL;
        c = (c << 10) + low - (((uint32_t)0xD800 << 10) + 0xDC00 - 0x10000);
        p += 6;
    }
    *code_point = c;
    return p;
}

/*
 * Past most of any text: to a quote, a backslash, or what has to be looked at closer. One comparison tells
 * letters and digits from quotes, control characters and UTF-8.
 */
static uint8_t *skip_plain(uint8_t *p)
{
    while (*p != '\\') {
        if ((signed char)*p <= '"')
            break;
        p++;
    }
    return p;
}

/* Checks the string at p, past its opening quote; returns what follows its closing quote, or NULL. */
static uint8_t *string(uint8_t *p, unsigned *flags)
{
    for (;;) {
        p = skip_plain(p);
        if (*p == '"')
            return p + 1;
        if (*p == '\\') {
            uint32_t c;

            p = escape(p, &c);
            if (p == NULL)
                return NULL;
            *flags |= c != 0 ? ANGO_JSON_ESCAPED : ANGO_JSON_ESCAPED | ANGO_JSON_NUL;
        } else {
            unsigned n = ango_utf8_len(p);

            if (n == 0)
                return NULL;
            p += n;
        }
    }
}

void ango_json_unescape(uint8_t *to, uint8_t *p)
{
    while (*p != '"')
        if (*p == '\\') {
            uint32_t c;

            p = escape(p, &c);
            if (c != 0)
                to = ango_utf8_put(to, c);
        } else {
            *to++ = *p++;
        }
    *to = '\0';
}

uint8_t *ango_json_is(uint8_t *p, const char *name)
{
    for (;;) {
        uint32_t c;

        while (*p == (unsigned char)*name) {
            if (*name == '\0')
                return NULL;
            p++;
            name++;
        }
        if (*name == '\0')
            return *p == '"' ? p + 1 : NULL;
        if (*p != '\\')
            return NULL;
        p = escape(p, &c);
        if (p == NULL || c != (unsigned char)*name++)
            return NULL;
    }
}

/* Past the digits at p; NULL when there is none. */
static uint8_t *digits(uint8_t *p)
{
    uint8_t *start = p;

    while (*p >= '0' && *p <= '9')
        p++;
    return p != start ? p : NULL;
}

static uint8_t *number(uint8_t *p)
{
    if (*p == '-')
        p++;
    p = *p == '0' ? p + 1 : digits(p);
    if (p != NULL && *p == '.')
        p = digits(p + 1);
    if (p != NULL && (*p | 0x20) == 'e') {
        p++;
        if (*p == '+' || *p == '-')
            p++;
        p = digits(p);
    }
    return p;
}

static uint8_t *literal(uint8_t *p)
{
    static const char words[] = "true\0false\0null";
    const char *word = words + (*p == 't' ? 0 : *p == 'f' ? 5 : 11);

    while (*word != '\0')
        if (*p++ != (unsigned char)*word++)
            return NULL;
    return p;
}

uint8_t *ango_json_scalar(uint8_t *p, unsigned *flags)
{
    if (*p == '"')
        return string(p + 1, flags);
    return *p > '9' ? literal(p) : number(p);
}
