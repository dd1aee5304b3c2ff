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
    /* Each with the one value that asks for nothing special. */
    static const struct { char name[18], usual[11]; } known[] = {
        { "connection", "keep-alive" }, { "content-encoding", "identity" }, { "transfer-encoding", "chunked" },
        { "content-length", "" }, { "retry-after", "" },
    };
    unsigned before = h->flags;
    unsigned i;
    bool usual;

    for (i = 0; !ango_text_is(name, known[i].name);)
        if (++i == sizeof known / sizeof known[0])
            return true;
    usual = ango_text_is(value, known[i].usual);
    switch (i) {
    case 0:
        if (!usual)
            h->flags |= ANGO_HTTP_CLOSE;
        return true;
    case 1:
        if (!usual)
            h->flags |= ANGO_HTTP_ENCODED;
        return true;
    case 2:
        h->flags |= ANGO_HTTP_CHUNKED;
        return usual && (before & (ANGO_HTTP_CHUNKED | ANGO_HTTP_10)) == 0;
    case 3:
        h->flags |= ANGO_HTTP_HAS_LENGTH;
        return (before & ANGO_HTTP_HAS_LENGTH) == 0 && number(value, SIZE_MAX, &h->left);
    default:
        retry_after(h, value);
        return true;
    }
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
