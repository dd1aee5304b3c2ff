/* A reply, in. */
#include "http.h"

#include <string.h>

#include "calendar.h"
#include "utf8.h"

/* --- the head --------------------------------------------------------------------------------- */

/*
 * Which of the words, from 0, the text is, whatever the case of its letters; their number if it is none. Each
 * word is of small letters and '-', and has its length before it: "\003yes\002no".
 */
static unsigned find(const char *text, size_t len, const char *words)
{
    unsigned i;
    size_t k;

    for (i = 0; *words != '\0'; i++, words += *words + 1)
        if ((unsigned char)*words == len)
            for (k = 0; (text[k] | 0x20) == words[k + 1];)
                if (++k == len)
                    return i;
    return i;
}

/* Reads a number, or UINT32_MAX for one that no buffer can hold anyway. Returns the end of its digits. */
static const char *number(const char *p, uint32_t *value)
{
    uint32_t n = 0;
    uint32_t digit;

    for (; (digit = (unsigned)*p - '0') < 10; p++)
        n = n >> 28 == 0 ? n * 10 + digit : UINT32_MAX; /* 2^28 * 10 still fits */
    *value = n;
    return p;
}

static bool status_line(struct ango_http *h, const char *line)
{
    if (strncmp(line, "HTTP/1.", 7) != 0 || (line[7] | 1) != '1' || line[8] != ' ')
        return false;
    h->flags = line[7] == '0' ? ANGO_HTTP_NO_CHUNKS | ANGO_HTTP_CLOSE : 0;
    h->state = ANGO_HTTP_HEADER;
    number(line + 9, &h->status);
    /*
     * From 100, and ended by the fourth byte: so it has three digits. A missing reason and even its space are
     * let pass: servers differ, and nothing depends on it.
     */
    return h->status - 100 < 500 && (line[12] == ' ' || line[12] == '\r');
}

static void retry_after(struct ango_http *h, const char *value, const char *end)
{
    if (number(value, &h->retry_after_s) != end)
        h->retry_after_s = ango_http_wait(value, end, h->now);
    if (h->retry_after_s > ANGO_RETRY_AFTER_MAX)
        h->retry_after_s = ANGO_RETRY_AFTER_MAX;
}

/* In the order of their flags. */
enum { CONTENT_LENGTH, TRANSFER_ENCODING, CONTENT_ENCODING, CONNECTION, RETRY_AFTER };

static bool header(struct ango_http *h, const char *line, const char *end)
{
    static const char names[] = "\016content-length" "\021transfer-encoding" "\020content-encoding"
                                "\012connection" "\013retry-after";
    /* The one value of each, from TRANSFER_ENCODING on, that asks for nothing special. */
    static const char words[] = "\007chunked" "\010identity" "\012keep-alive";
    const char *value = line;
    bool usual;
    unsigned i;

    for (; *value != ':'; value++)
        if ((signed char)*value <= ' ') /* or above 0x7F: a folded line and a space before the colon, too */
            return false;
    if (value == line)
        return false;
    i = find(line, (size_t)(value - line), names);
    do
        value++;
    while (*value == ' ' || *value == '\t');
    while ((unsigned char)end[-1] <= ' ') /* the colon stops it; then `end` may be before `value` */
        end--;
    if (i == RETRY_AFTER)
        retry_after(h, value, end);
    if (i >= RETRY_AFTER)
        return true;
    if (i == CONTENT_LENGTH)
        usual = value != end && number(value, &h->left) == end;
    else
        usual = find(value, (size_t)(end - value), words) + TRANSFER_ENCODING == i;
    if (i > TRANSFER_ENCODING) {
        if (usual)
            return true;
    } else if (!usual || (h->flags >> i & (1 | ANGO_HTTP_NEVER)) != 0) {
        return false; /* wrong, or how the body ends is said again */
    }
    h->flags |= (uint8_t)(1 << i);
    return true;
}

/* The empty line after a head, and STATUS_LINE the state by now: how does the body end? (RFC 9112, 6.3) */
static bool head_end(struct ango_http *h)
{
    unsigned framing = h->flags & (ANGO_HTTP_HAS_LENGTH | ANGO_HTTP_CHUNKED | ANGO_HTTP_ENCODED);

    if (h->status < 200)
        return h->status != 101 && ++h->interim <= ANGO_INTERIM_MAX;
    h->state = ANGO_HTTP_LENGTH;
    if (h->status == 204 || h->status == 304) {
        h->left = 0;
        if ((framing & (ANGO_HTTP_HAS_LENGTH | ANGO_HTTP_CHUNKED)) != 0)
            h->flags |= ANGO_HTTP_CLOSE; /* the body that it may not have could come all the same */
        return true;
    }
    if (framing == 0)
        h->state = ANGO_HTTP_TO_CLOSE;
    else if (framing == ANGO_HTTP_CHUNKED)
        h->state = ANGO_HTTP_CHUNK_SIZE;
    else if (h->left <= (uint32_t)(h->limit - h->next))
        h->buf = h->body_end = h->next; /* it fits where it is */
    return framing <= ANGO_HTTP_CHUNKED; /* neither both nor encoded */
}

/* --- lines ------------------------------------------------------------------------------------ */

static bool chunk_size(struct ango_http *h, const char *line)
{
    const char *p = line;
    uint32_t size = 0;
    unsigned digit;

    while ((digit = ango_hex_digit((unsigned char)*p)) < 16) {
        size = size * 16 + digit;
        p++;
    }
    h->left = size;
    h->state = size > 0 ? ANGO_HTTP_CHUNK : ANGO_HTTP_TRAILER;
    return (size_t)(p - line) - 1 < 7 && (*p == '\r' || *p == ';');
}

/* A line without its end, which may be looked at. */
static bool take_line(struct ango_http *h, const char *line, const char *end)
{
    if (h->state == ANGO_HTTP_STATUS_LINE)
        return status_line(h, line);
    if (h->state == ANGO_HTTP_CHUNK_SIZE)
        return chunk_size(h, line);
    if (line != end)
        return h->state == ANGO_HTTP_TRAILER || (h->state == ANGO_HTTP_HEADER && header(h, line, end));
    return h->state-- != ANGO_HTTP_HEADER || head_end(h);
}

/* Looks for the end of the line in what is `fresh`, and lets no stray control character into it. */
static int find_line(struct ango_http *h, const uint8_t *fresh)
{
    uint8_t *line = h->next;
    const uint8_t *p = line;

    if (fresh > line)
        p = fresh - 1; /* may be a CR */
    while (*p - 0x20u < 0x5F || *p == '\t' || *p > 0x7F)
        p++;
    if (h->end - p < 2)
        return ANGO_E_WAIT;
    if (p[0] != '\r' || p[1] != '\n')
        return ANGO_E_HTTP;
    h->next += p + 2 - line;
    h->lines_left -= (int)(h->next - line);
    if (h->lines_left < 0)
        return ANGO_E_TOO_BIG;
    return take_line(h, (const char *)line, (const char *)p) ? ANGO_OK : ANGO_E_HTTP;
}

/* --- body ------------------------------------------------------------------------------------- */

static int take_body(struct ango_http *h)
{
    uint32_t n = (uint32_t)(h->end - h->next);

    if (h->state != ANGO_HTTP_TO_CLOSE) {
        if (h->left > (uint32_t)(h->limit - h->body_end))
            return ANGO_E_TOO_BIG;
        if (n > h->left)
            n = h->left;
    }
    memmove(h->body_end, h->next, n);
    h->body_end += n;
    h->next += n;
    h->left -= n;
    if (h->left != 0 || h->state == ANGO_HTTP_TO_CLOSE)
        return ANGO_E_WAIT;
    h->state -= 3;
    return ANGO_OK;
}

int ango_http_take(struct ango_http *h, size_t n)
{
    const uint8_t *fresh = h->end;
    int err = ANGO_OK;

    h->end += n;
    *h->end = '\0'; /* no line goes on there */
    while (err == ANGO_OK && h->state != ANGO_HTTP_DONE)
        err = h->state < ANGO_HTTP_CHUNK ? find_line(h, fresh) : take_body(h);
    if (err == ANGO_E_WAIT) {
        /* What was taken is dropped, so that what is left begins right behind the body. */
        n = (size_t)(h->end - h->next);
        memmove(h->body_end, h->next, n);
        h->next = h->body_end;
        h->end = h->body_end + n;
        if (h->end == h->limit)
            err = ANGO_E_TOO_BIG;
    }
    return err;
}
