#include "http.h"

#include <string.h>

#include "utf8.h"

/* --- request ---------------------------------------------------------------------------------- */

#define LENGTH_DIGITS 10 /* reserved for Content-Length */

bool ango_http_host_ok(const char *host)
{
    const char *end = ango_skip_unreserved(host);

    return *end == '\0' && (size_t)(end - host) - 1 < ANGO_HOST_MAX;
}

bool ango_http_key_ok(const char *key)
{
    do
        if ((uint8_t)*key - 0x21u >= 0x5E)
            return false;
    while (*++key != '\0');
    return true;
}

void ango_http_write_head(struct ango_writer *w, const struct ango_config *config, const char *api_key,
                          bool body)
{
    ango_write_text(w, " HTTP/1.1\r\nHost: ");
    ango_write_text(w, config->host);
    if (config->tcp_port != 0)
        ango_write_number(w, ':', config->tcp_port, 10);
    ango_write_text(w, "\r\napikey: ");
    ango_write_text(w, api_key);
    if (config->keep_ms == 0)
        ango_write_text(w, "\r\nConnection: close");
    ango_write_text(w, body ? "\r\nContent-Type: application/json\r\nContent-Length: 1234567890\r\n\r\n"
                            : "\r\n\r\n");
    w->body = w->len - 4;
}

/*
 * The body is moved up to its length's digits: a leading zero or space is allowed, but not liked
 * everywhere.
 */
void ango_http_end_body(struct ango_writer *w)
{
    if (ango_write_end(w) == ANGO_OK) {
        size_t len = w->len - w->body; /* with the empty line */

        w->len -= len + 1 + LENGTH_DIGITS;
        ango_write_number(w, ' ', len - 4, 10);
        ango_write_bytes(w, w->buf + w->body, len);
    }
}

/* --- reply ------------------------------------------------------------------------------------ */

static bool status_line(struct ango_http *h, const char *line)
{
    unsigned status = 0;
    int i;

    if (strncmp(line, "HTTP/1.", 7) != 0 || (line[7] | 1) != '1' || line[8] != ' ')
        return false;
    for (i = 9; i < 12; i++) {
        if ((unsigned)line[i] - '0' > 9)
            return false;
        status = status * 10 + (unsigned)line[i] - '0';
    }
    h->flags = line[7] == '0' ? ANGO_HTTP_10 | ANGO_HTTP_CLOSE : 0;
    h->status = (uint16_t)status;
    h->state = ANGO_HTTP_HEADER;
    /* A missing reason and even its space are let pass: servers differ, and nothing depends on it. */
    return status - 100 < 500 && (line[12] == ' ' || line[12] == '\0');
}

/* The empty line after a head: how does the body end? (RFC 9112, 6.3) */
static bool head_end(struct ango_http *h)
{
    unsigned framing = h->flags & (ANGO_HTTP_HAS_LENGTH | ANGO_HTTP_CHUNKED);

    h->state = ANGO_HTTP_STATUS_LINE;
    if (h->status < 200)
        return h->status != 101 && ++h->interim <= ANGO_INTERIM_MAX;
    h->state = ANGO_HTTP_LENGTH;
    if (h->status == 204 || h->status == 304) {
        h->left = 0;
        if (framing != 0)
            h->flags |= ANGO_HTTP_CLOSE; /* the body that it may not have could come all the same */
        return true;
    }
    if (framing == 0) {
        h->state = ANGO_HTTP_TO_CLOSE;
        h->left = SIZE_MAX;
    } else if (framing == ANGO_HTTP_CHUNKED) {
        h->state = ANGO_HTTP_CHUNK_SIZE;
    }
    return (h->flags & ANGO_HTTP_ENCODED) == 0 && framing != (ANGO_HTTP_HAS_LENGTH | ANGO_HTTP_CHUNKED);
}

static bool chunk_size(struct ango_http *h, const char *line)
{
    const char *p = line;
    size_t size = 0;
    unsigned digit;

    while (p < line + 7 && (digit = ango_hex_digit((unsigned char)*p)) < 16) {
        size = size * 16 + digit;
        p++;
    }
    h->left = size;
    h->state = size > 0 ? ANGO_HTTP_CHUNK : ANGO_HTTP_TRAILER;
    return p > line && (*p == '\0' || *p == ';');
}

/* A line without its end, and with a NUL behind it. */
static bool take_line(struct ango_http *h, char *line, char *end)
{
    switch (h->state) {
    case ANGO_HTTP_STATUS_LINE:
        return status_line(h, line);
    case ANGO_HTTP_HEADER:
        return line == end ? head_end(h) : ango_http_header(h, line, end);
    case ANGO_HTTP_CHUNK_SIZE:
        return chunk_size(h, line);
    case ANGO_HTTP_CHUNK_END:
        h->state = ANGO_HTTP_CHUNK_SIZE;
        return line == end;
    default: /* ANGO_HTTP_TRAILER */
        if (line == end)
            h->state = ANGO_HTTP_DONE;
        return true;
    }
}

/* Looks for the end of the line in what is `fresh`, and lets no stray control character into it. */
static int find_line(struct ango_http *h, uint8_t *fresh)
{
    uint8_t *line = h->next;
    uint8_t *p = line;
    uint8_t *end;

    if (fresh < line)
        fresh = line;
    end = (uint8_t *)memchr(fresh, '\n', (size_t)(h->end - fresh));
    if (end == NULL)
        return ANGO_E_WAIT;
    h->next = end + 1;
    h->lines_left -= (int)(h->next - line);
    if (h->lines_left < 0)
        return ANGO_E_TOO_BIG;
    while (*p - 0x20u < 0x5F || *p == '\t' || *p > 0x7F)
        p++;
    if (*p != '\r' || p + 1 != end)
        return ANGO_E_HTTP;
    *p = '\0';
    return take_line(h, (char *)line, (char *)p) ? ANGO_OK : ANGO_E_HTTP;
}

static int take_body(struct ango_http *h)
{
    size_t n = (size_t)(h->end - h->next);

    if (h->state != ANGO_HTTP_TO_CLOSE && h->left > (size_t)(h->limit - h->body_end))
        return ANGO_E_TOO_BIG;
    if (n > h->left)
        n = h->left;
    memmove(h->body_end, h->next, n);
    h->body_end += n;
    h->next += n;
    h->left -= n;
    if (h->left != 0)
        return ANGO_E_WAIT;
    h->state = h->state == ANGO_HTTP_LENGTH ? ANGO_HTTP_DONE : ANGO_HTTP_CHUNK_END;
    return ANGO_OK;
}

int ango_http_take(struct ango_http *h, size_t n)
{
    uint8_t *fresh = h->end;
    int err = ANGO_OK;

    h->end += n;
    while (err == ANGO_OK && h->state != ANGO_HTTP_DONE)
        err = h->state < ANGO_HTTP_LENGTH ? find_line(h, fresh) : take_body(h);
    if (h->next != h->body_end) {
        /* What was taken is dropped, so that what is left begins right behind the body. */
        n = (size_t)(h->end - h->next);
        memmove(h->body_end, h->next, n);
        h->next = h->body_end;
        h->end = h->body_end + n;
    }
    return err == ANGO_E_WAIT && h->end == h->limit ? ANGO_E_TOO_BIG : err;
}
