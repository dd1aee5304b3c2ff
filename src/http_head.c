/* The lines of a reply's head. */
#include "http.h"

#include <string.h>

#include "calendar.h"

/* Digits of a number; more than `most` is `most`. False for anything else, the empty text too. */
static bool number(const char *text, size_t most, size_t *value)
{
    size_t n = 0;

    do {
        unsigned digit = (unsigned)*text - '0';

        if (digit > 9)
            return false;
        n = n > (most - digit) / 10 ? most : n * 10 + digit;
    } while (*++text != '\0');
    *value = n;
    return true;
}

static void retry_after(struct ango_http *h, const char *value)
{
    size_t seconds;

    if (!number(value, ANGO_RETRY_AFTER_MAX, &seconds)) {
        seconds = ango_http_date(value) - h->now;
        if (h->now == 0 || seconds > INT32_MAX) /* in the past */
            seconds = 0;
        else if (seconds > ANGO_RETRY_AFTER_MAX)
            seconds = ANGO_RETRY_AFTER_MAX;
    }
    h->retry_after_s = (uint32_t)seconds;
}

/* A header that may matter. False when it is wrong, or says again how the body ends. */
static bool header(struct ango_http *h, const char *name, const char *value)
{
    /* In the order of their flags. */
    static const char names[][18] = {
        "connection", "content-encoding", "transfer-encoding", "content-length", "retry-after"
    };
    /* The one value of each that asks for nothing special. */
    static const char usual[][11] = { "keep-alive", "identity", "chunked" };
    unsigned before = h->flags;
    unsigned i;

    for (i = 0; !ango_text_is(name, names[i]);)
        if (++i == sizeof names / sizeof names[0])
            return true;
    if (i == 4) {
        retry_after(h, value);
        return true;
    }
    h->flags |= (uint8_t)(1 << i);
    if (i == 3)
        return (before & ANGO_HTTP_HAS_LENGTH) == 0 && number(value, SIZE_MAX, &h->left);
    if (ango_text_is(value, usual[i])) {
        if (i == 2)
            return (before & (ANGO_HTTP_CHUNKED | ANGO_HTTP_10)) == 0;
        h->flags = (uint8_t)before;
    }
    return i < 2;
}

bool ango_http_header(struct ango_http *h, char *line, char *end)
{
    char *value = line;

    while (*value > ' ' && *value < 0x7F && *value != ':')
        value++;
    if (value == line || *value != ':')
        return false; /* a folded line and a space before the colon end here too */
    do
        *value++ = '\0';
    while (*value == ' ' || *value == '\t');
    while (end[-1] == ' ' || end[-1] == '\t')
        *--end = '\0';
    return header(h, line, value);
}
