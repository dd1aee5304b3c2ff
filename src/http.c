#include "http.h"

#include <string.h>

#include "calendar.h"
#include "utf8.h"

/* --- request --------------------------------------------------------------------------------------------- */

#define LENGTH_DIGITS 10 /* reserved for Content-Length */

bool ango_http_host_ok(const char *host)
{
    const char *p = host;

    while (ango_unreserved((unsigned char)*p))
        p++;
    return *p == '\0' && p != host && p - host <= ANGO_HOST_MAX;
}

bool ango_http_key_ok(const char *key)
{
    const char *p = key;

    while (*p > ' ' && *p < 0x7F)
        p++;
    return *p == '\0' && p != key;
}

void ango_http_write_head(struct ango_writer *w, const struct ango_config *config, const char *api_key, bool body)
{
    ango_write_text(w, " HTTP/1.1\r\nHost: ");
    ango_write_text(w, config->host);
    if (config->tcp_port != 0) {
        ango_write_byte(w, ':');
        ango_write_number(w, config->tcp_port);
    }
    ango_write_text(w, "\r\napikey: ");
    ango_write_text(w, api_key);
    if (config->keep_ms == 0)
        ango_write_text(w, "\r\nConnection: close");
    if (body) {
        ango_write_text(w, "\r\nContent-Type: application/json\r\nContent-Length: ");
        w->len += LENGTH_DIGITS;
    }
    ango_write_text(w, "\r\n\r\n");
    w->body = w->len;
}

/* The body is moved up to its length's digits: a leading zero or space is allowed, but not liked everywhere. */
void ango_http_end_body(struct ango_writer *w)
{
    size_t body_len = w->len - w->body;

    if (ango_write_end(w) != ANGO_OK)
        return;
    w->len = w->body - LENGTH_DIGITS - 4;
    ango_write_number(w, body_len);
    ango_write_text(w, "\r\n\r\n");
    memmove(w->buf + w->len, w->buf + w->body, body_len);
    w->len += body_len;
}

/* --- reply ----------------------------------------------------------------------------------------------- */

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

static unsigned two_digits(const char *p)
{
    return (unsigned)(p[0] * 10 + p[1] - '0' * 11);
}

/*
 * The lower half of the Unix time of "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7; its two obsolete forms are not
 * taken), or 0. What should be a digit is not looked at twice: whatever comes of it, the wait is clamped.
 */
static uint32_t http_date(const char *text)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    unsigned month = 1;

    if (strlen(text) != 29)
        return 0;
    while (memcmp(months + 3 * month - 3, text + 8, 3) != 0)
        if (++month > 12)
            return 0;
    return (uint32_t)ango_days(two_digits(text + 12) * 100 + two_digits(text + 14), month, two_digits(text + 5)) * 86400
        + (two_digits(text + 17) * 60 + two_digits(text + 20)) * 60 + two_digits(text + 23);
}

static void retry_after(struct ango_http *h, const char *value)
{
    size_t seconds;

    if (!number(value, ANGO_RETRY_AFTER_MAX, &seconds)) {
        seconds = http_date(value) - h->now;
        if (h->now == 0 || seconds > INT32_MAX) /* in the past */
            seconds = 0;
        else if (seconds > ANGO_RETRY_AFTER_MAX)
            seconds = ANGO_RETRY_AFTER_MAX;
    }
    h->retry_after_s = (uint32_t)seconds;
}

static int status_line(struct ango_http *h, char *line)
{
    size_t status;
    char minor = line[7];
    char after = line[12];

    line[7] = (char)(minor | 1);
    line[12] = '\0';
    /* A missing reason and even its space are let pass: servers differ, and nothing depends on it. */
    if (memcmp(line, "HTTP/1.1 ", 9) != 0 || (after != ' ' && after != '\0') || !number(line + 9, 600, &status)
        || status - 100 >= 500)
        return ANGO_E_HTTP;
    h->flags = minor == '0' ? ANGO_HTTP_10 | ANGO_HTTP_CLOSE : 0;
    h->left = 0;
    h->status = (uint16_t)status;
    h->state = ANGO_HTTP_HEADER;
    return ANGO_OK;
}

/* A header that may matter. False when it is wrong, or says again how the body ends. */
static bool header(struct ango_http *h, const char *name, const char *value)
{
    /* Each with the one value that asks for nothing special. */
    static const char known[] = "content-length\0\0connection\0keep-alive\0content-encoding\0identity\0"
                                "transfer-encoding\0chunked\0retry-after\0";
    const char *p = known;
    unsigned before = h->flags;
    bool usual;

    while (!ango_text_is(name, p)) {
        p += strlen(p) + 1;
        p += strlen(p) + 1;
        if (p >= known + sizeof known - 1)
            return true;
    }
    usual = ango_text_is(value, p + strlen(p) + 1);
    switch (p - known) {
    case 0:
        h->flags |= ANGO_HTTP_HAS_LENGTH;
        return (before & ANGO_HTTP_HAS_LENGTH) == 0 && number(value, SIZE_MAX, &h->left);
    case 16:
        h->flags |= usual ? 0 : ANGO_HTTP_CLOSE;
        return true;
    case 38:
        h->flags |= usual ? 0 : ANGO_HTTP_ENCODED;
        return true;
    case 64:
        h->flags |= ANGO_HTTP_CHUNKED;
        return usual && (before & (ANGO_HTTP_CHUNKED | ANGO_HTTP_10)) == 0;
    default:
        retry_after(h, value);
        return true;
    }
}

static int header_line(struct ango_http *h, char *line, size_t len)
{
    char *value = line;

    while (*value > ' ' && *value < 0x7F && *value != ':')
        value++;
    if (value == line || *value != ':')
        return ANGO_E_HTTP; /* a folded line and a space before the colon end here too */
    do
        *value++ = '\0';
    while (*value == ' ' || *value == '\t');
    while (line[len - 1] == ' ' || line[len - 1] == '\t')
        line[--len] = '\0';
    return header(h, line, value) ? ANGO_OK : ANGO_E_HTTP;
}

/* The empty line after a head: how does the body end? (RFC 9112, 6.3) */
static int head_end(struct ango_http *h)
{
    unsigned flags = h->flags;

    h->state = ANGO_HTTP_STATUS_LINE;
    if (h->status < 200)
        return h->status == 101 || ++h->interim > ANGO_INTERIM_MAX ? ANGO_E_HTTP : ANGO_OK;
    h->flags |= ANGO_HTTP_HEAD;
    h->state = ANGO_HTTP_DONE;
    if (h->status == 204 || h->status == 304) {
        if ((flags & (ANGO_HTTP_HAS_LENGTH | ANGO_HTTP_CHUNKED)) != 0)
            h->flags |= ANGO_HTTP_CLOSE; /* the body that it may not have could come all the same */
        return ANGO_OK;
    }
    if ((flags & ANGO_HTTP_ENCODED) != 0 || (flags & (ANGO_HTTP_HAS_LENGTH | ANGO_HTTP_CHUNKED)) == (ANGO_HTTP_HAS_LENGTH | ANGO_HTTP_CHUNKED))
        return ANGO_E_HTTP;
    if ((flags & ANGO_HTTP_CHUNKED) != 0)
        h->state = ANGO_HTTP_CHUNK_SIZE;
    else if (h->left > 0)
        h->state = ANGO_HTTP_LENGTH;
    else if ((flags & ANGO_HTTP_HAS_LENGTH) == 0)
        h->state = ANGO_HTTP_TO_CLOSE;
    if (h->left > h->cap)
        return ANGO_E_TOO_BIG;
    if (h->state == ANGO_HTTP_TO_CLOSE) {
        h->flags |= ANGO_HTTP_CLOSE;
        h->left = SIZE_MAX;
    }
    return ANGO_OK;
}

static int chunk_size(struct ango_http *h, const char *line)
{
    size_t size = 0;
    unsigned digit;
    int i;

    for (i = 0; (digit = ango_hex_digit((unsigned char)line[i])) < 16; i++) {
        if (i == 7)
            return ANGO_E_HTTP;
        size = size * 16 + digit;
    }
    if (i == 0 || (line[i] != '\0' && line[i] != ';'))
        return ANGO_E_HTTP;
    h->left = size;
    h->state = size > 0 ? ANGO_HTTP_CHUNK : ANGO_HTTP_TRAILER;
    return size > h->cap - h->body_len ? ANGO_E_TOO_BIG : ANGO_OK;
}

/* A line without its end, and with a NUL behind it. */
static int take_line(struct ango_http *h, char *line, size_t len)
{
    h->line_bytes += len + 2;
    if (h->line_bytes > h->cap)
        return ANGO_E_TOO_BIG;
    switch (h->state) {
    case ANGO_HTTP_STATUS_LINE:
        return len < 12 ? ANGO_E_HTTP : status_line(h, line);
    case ANGO_HTTP_HEADER:
        return len == 0 ? head_end(h) : header_line(h, line, len);
    case ANGO_HTTP_CHUNK_SIZE:
        return chunk_size(h, line);
    case ANGO_HTTP_CHUNK_END:
        h->state = ANGO_HTTP_CHUNK_SIZE;
        return len == 0 ? ANGO_OK : ANGO_E_HTTP;
    default: /* ANGO_HTTP_TRAILER */
        if (len == 0)
            h->state = ANGO_HTTP_DONE;
        return ANGO_OK;
    }
}

/* Looks for the end of the line, from where it last gave up, and lets no stray control character into it. */
static int find_line(struct ango_http *h)
{
    uint8_t *line = h->buf + h->pos;
    uint8_t *p = h->buf + h->scan;
    uint8_t *end = h->buf + h->len;

    for (; p < end; p++) {
        bool after_cr = p > line && p[-1] == '\r';

        if (*p == '\n' && after_cr) {
            p[-1] = '\0';
            h->pos = h->scan = (size_t)(p + 1 - h->buf);
            return take_line(h, (char *)line, (size_t)(p - 1 - line));
        }
        if (after_cr || *p == 0x7F || (*p < 0x20 && *p != '\t' && *p != '\r'))
            return ANGO_E_HTTP;
    }
    h->scan = h->len;
    return ANGO_E_WAIT;
}

static int take_body(struct ango_http *h)
{
    size_t n = h->len - h->pos;

    if (n > h->left)
        n = h->left;
    memmove(h->buf + h->body_len, h->buf + h->pos, n);
    h->body_len += n;
    h->pos += n;
    h->scan = h->pos;
    h->left -= n;
    if (h->left != 0)
        return ANGO_E_WAIT;
    h->state = h->state == ANGO_HTTP_LENGTH ? ANGO_HTTP_DONE : ANGO_HTTP_CHUNK_END;
    return ANGO_OK;
}

int ango_http_take(struct ango_http *h, size_t n)
{
    int err = ANGO_OK;
    size_t gap;

    h->len += n;
    while (err == ANGO_OK && h->state != ANGO_HTTP_DONE)
        err = h->state < ANGO_HTTP_LENGTH ? find_line(h) : take_body(h);
    gap = h->pos - h->body_len;
    if (gap > 0) {
        /* What was taken is dropped, so that what is left begins right behind the body. */
        h->len -= gap;
        h->scan -= gap;
        h->pos = h->body_len;
        memmove(h->buf + h->pos, h->buf + h->pos + gap, h->len - h->pos);
    }
    return err == ANGO_E_WAIT && h->len == h->cap ? ANGO_E_TOO_BIG : err;
}
