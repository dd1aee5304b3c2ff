#include "http.h"

#include <string.h>

#include "calendar.h"

/* --- request --------------------------------------------------------------------------------------------- */

#define LENGTH_DIGITS 6 /* reserved for Content-Length: a body of up to 999999 bytes */

bool ango_http_host_ok(const char *host)
{
    bool v6 = strchr(host, ':') != NULL;
    unsigned colons = 0;
    const char *p;

    for (p = host; *p != '\0'; p++) {
        unsigned c = (unsigned char)*p;
        unsigned letter = (c | 0x20) - 'a';

        colons += c == ':';
        if (!(letter < (v6 ? 6u : 26u) || c - '0' < 10u || c == '.' || (v6 ? c == ':' : c == '-' || c == '_')))
            return false;
    }
    return p != host && p - host <= ANGO_HOST_MAX && colons != 1;
}

bool ango_http_key_ok(const char *key)
{
    const char *p;

    for (p = key; *p != '\0'; p++)
        if (*p < 0x21 || *p > 0x7E)
            return false;
    return p != key;
}

void ango_http_write_head(struct ango_writer *w, const struct ango_config *config, const char *api_key, bool body)
{
    bool v6 = strchr(config->host, ':') != NULL;

    ango_write_text(w, v6 ? " HTTP/1.1\r\nHost: [" : " HTTP/1.1\r\nHost: ");
    ango_write_text(w, config->host);
    if (v6)
        ango_write_byte(w, ']');
    if (config->tcp_port != 0 && config->tcp_port != 443) {
        ango_write_byte(w, ':');
        ango_write_number(w, config->tcp_port);
    }
    ango_write_text(w, "\r\napikey: ");
    if (!ango_http_key_ok(api_key))
        ango_write_refuse(w, ANGO_E_KEY);
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
    struct ango_writer head = *w;

    if (ango_write_end(w) != ANGO_OK)
        return;
    if (body_len > 999999) {
        ango_write_refuse(w, ANGO_E_ARG);
        return;
    }
    head.len = w->body - LENGTH_DIGITS - 4;
    ango_write_number(&head, body_len);
    ango_write_text(&head, "\r\n\r\n");
    memmove(w->buf + head.len, w->buf + w->body, body_len);
    w->len = head.len + body_len;
}

/* --- reply ----------------------------------------------------------------------------------------------- */

enum { STATUS_LINE, HEADER, CHUNK_SIZE, CHUNK_END, TRAILER, LENGTH_BODY, CHUNK_BODY, CLOSE_BODY, DONE };

enum { HAS_LENGTH = 1, CHUNKED = 2, CLOSE = 4, HTTP10 = 8, HEAD = 16, ENCODED = 32 };

void ango_http_begin(struct ango_http *h, uint8_t *buf, size_t cap)
{
    memset(h, 0, sizeof *h);
    h->buf = buf;
    h->cap = cap;
}

size_t ango_http_room(struct ango_http *h, uint8_t **to)
{
    size_t gap = h->pos - h->body_len;

    if (h->len == h->cap && gap > 0) {
        memmove(h->buf + h->body_len, h->buf + h->pos, h->len - h->pos);
        h->len -= gap;
        h->pos -= gap;
        h->scan -= gap;
    }
    *to = h->buf + h->len;
    return h->cap - h->len;
}

/* Digits of a number that fits `most`; false for anything else, the empty text too. */
static bool number(const char *text, size_t most, size_t *value)
{
    size_t n = 0;

    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        unsigned digit = (unsigned)*text - '0';

        if (digit > 9)
            return false;
        n = n > (most - digit) / 10 ? most : n * 10 + digit;
    }
    *value = n;
    return true;
}

static bool same(const char *a, const char *lower)
{
    for (; *lower != '\0'; a++, lower++)
        if ((*a >= 'A' && *a <= 'Z' ? *a + 0x20 : *a) != *lower)
            return false;
    return *a == '\0';
}

/* Two digits at p, or -1. */
static int pair(const char *p)
{
    unsigned tens = (unsigned)p[0] - '0';
    unsigned ones = (unsigned)p[1] - '0';

    return tens < 10 && ones < 10 ? (int)(tens * 10 + ones) : -1;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7; its two obsolete forms are not taken), or 0. */
static int64_t http_date(const char *text)
{
    static const char form[] = "   , ## aaa #### ##:##:## GMT";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct ango_date date;
    int i;

    for (i = 0; form[i] != '\0'; i++) {
        if (text[i] == '\0')
            return 0;
        if (i > 2 && form[i] != 'a' && (form[i] == '#' ? (unsigned)text[i] - '0' > 9 : text[i] != form[i]))
            return 0;
    }
    for (i = 0; i < 36 && memcmp(months + i, text + 8, 3) != 0; i += 3)
        ;
    if (text[29] != '\0' || i == 36)
        return 0;
    date.year = pair(text + 12) * 100 + pair(text + 14);
    date.month = i / 3 + 1;
    date.day = pair(text + 5);
    date.hour = pair(text + 17);
    date.minute = pair(text + 20);
    date.second = pair(text + 23);
    return ango_unix_time(&date);
}

static int status_line(struct ango_http *h, const char *line)
{
    unsigned status = 0;
    int i;

    if (memcmp(line, "HTTP/1.", 7) != 0 || (line[7] != '0' && line[7] != '1') || line[8] != ' ')
        return ANGO_E_HTTP;
    for (i = 9; i < 12; i++) {
        if ((unsigned)line[i] - '0' > 9)
            return ANGO_E_HTTP;
        status = status * 10 + (unsigned)line[i] - '0';
    }
    /* A missing reason and even its space are let pass: servers differ, and nothing depends on it. */
    if (status < 100 || status > 599 || (line[12] != ' ' && line[12] != '\0'))
        return ANGO_E_HTTP;
    h->flags = line[7] == '0' ? HTTP10 | CLOSE : 0;
    h->left = 0;
    h->status = (uint16_t)status;
    h->state = HEADER;
    return ANGO_OK;
}

static int content_length(struct ango_http *h, const char *value)
{
    if ((h->flags & HAS_LENGTH) != 0 || !number(value, SIZE_MAX, &h->left))
        return ANGO_E_HTTP;
    h->flags |= HAS_LENGTH;
    return ANGO_OK;
}

static int transfer_encoding(struct ango_http *h, const char *value)
{
    if ((h->flags & (CHUNKED | HTTP10)) != 0 || !same(value, "chunked"))
        return ANGO_E_HTTP;
    h->flags |= CHUNKED;
    return ANGO_OK;
}

static int content_encoding(struct ango_http *h, const char *value)
{
    if (!same(value, "identity"))
        h->flags |= ENCODED;
    return ANGO_OK;
}

static int connection(struct ango_http *h, char *value)
{
    while (*value != '\0') {
        size_t len = strcspn(value, ", \t");
        bool last = value[len] == '\0';

        value[len] = '\0';
        if (same(value, "close"))
            h->flags |= CLOSE;
        value += len + !last;
    }
    return ANGO_OK;
}

static int retry_after(struct ango_http *h, const char *value)
{
    size_t seconds;

    if (number(value, ANGO_RETRY_AFTER_MAX, &seconds))
        h->retry_after_s = (uint32_t)seconds;
    else
        h->retry_date = http_date(value);
    return ANGO_OK;
}

/* Names are told apart by their length; only one that has it is compared. */
static int header(struct ango_http *h, const char *name, size_t name_len, char *value)
{
    if (name_len == 14 && same(name, "content-length"))
        return content_length(h, value);
    if (name_len == 17 && same(name, "transfer-encoding"))
        return transfer_encoding(h, value);
    if (name_len == 16 && same(name, "content-encoding"))
        return content_encoding(h, value);
    if (name_len == 10 && same(name, "connection"))
        return connection(h, value);
    if (name_len == 11 && same(name, "retry-after"))
        return retry_after(h, value);
    if (name_len == 4 && same(name, "date"))
        h->date = http_date(value);
    return ANGO_OK;
}

/* A token of RFC 9110, 5.6.2. */
static bool token(unsigned c)
{
    return (c | 0x20) - 'a' < 26u || c - '0' < 10u || c == '-'
        || (c > ' ' && c < 0x7F && strchr("\"(),/:;<=>?@[\\]{}", (int)c) == NULL);
}

static int header_line(struct ango_http *h, char *line, size_t len)
{
    size_t name_len = 0;
    char *value;

    while (token((unsigned char)line[name_len]))
        name_len++;
    if (name_len == 0 || line[name_len] != ':')
        return ANGO_E_HTTP; /* a folded line and a space before the colon end here too */
    if (h->state == TRAILER)
        return ANGO_OK;
    line[name_len] = '\0';
    value = line + name_len + 1;
    while (*value == ' ' || *value == '\t')
        value++;
    while (line + len > value && (line[len - 1] == ' ' || line[len - 1] == '\t'))
        line[--len] = '\0';
    return header(h, line, name_len, value);
}

/* The empty line after a head: how does the body end? (RFC 9112, 6.3) */
static int head_end(struct ango_http *h)
{
    h->line_bytes = 0;
    if (h->status < 200) {
        h->state = STATUS_LINE;
        return h->status == 101 || ++h->interim > ANGO_INTERIM_MAX ? ANGO_E_HTTP : ANGO_OK;
    }
    if ((h->flags & (HAS_LENGTH | CHUNKED)) == (HAS_LENGTH | CHUNKED))
        return ANGO_E_HTTP;
    h->flags |= HEAD;
    if (h->status == 204 || h->status == 304) {
        h->state = DONE;
        return ANGO_OK;
    }
    if ((h->flags & ENCODED) != 0)
        return ANGO_E_HTTP;
    if ((h->flags & CHUNKED) != 0) {
        h->state = CHUNK_SIZE;
    } else if ((h->flags & HAS_LENGTH) != 0) {
        h->state = h->left > 0 ? LENGTH_BODY : DONE;
    } else {
        h->flags |= CLOSE;
        h->state = CLOSE_BODY;
    }
    return (h->flags & CHUNKED) == 0 && h->left > h->cap ? ANGO_E_TOO_BIG : ANGO_OK;
}

static int chunk_size(struct ango_http *h, const char *line)
{
    size_t size = 0;
    int i;

    for (i = 0; line[i] != '\0' && line[i] != ';'; i++) {
        unsigned c = (unsigned char)line[i];
        unsigned digit = c - '0' < 10 ? c - '0' : ((c | 0x20) - 'a') + 10;

        if (digit > 15 || i == 7)
            return ANGO_E_HTTP;
        size = size * 16 + digit;
    }
    if (i == 0)
        return ANGO_E_HTTP;
    if (size > h->cap - h->body_len)
        return ANGO_E_TOO_BIG;
    h->left = size;
    h->state = size > 0 ? CHUNK_BODY : TRAILER;
    return ANGO_OK;
}

static int take_line(struct ango_http *h, char *line, size_t len)
{
    if (h->state == HEADER || h->state == TRAILER) {
        h->line_bytes += len + 2;
        if (h->line_bytes > h->cap)
            return ANGO_E_TOO_BIG;
    }
    switch (h->state) {
    case STATUS_LINE:
        h->line_bytes = len + 2;
        return len < 12 ? ANGO_E_HTTP : status_line(h, line);
    case CHUNK_SIZE:
        return chunk_size(h, line);
    case CHUNK_END:
        h->state = CHUNK_SIZE;
        return len == 0 ? ANGO_OK : ANGO_E_HTTP;
    default:
        if (len > 0)
            return header_line(h, line, len);
        if (h->state == HEADER)
            return head_end(h);
        h->state = DONE;
        return ANGO_OK;
    }
}

/* Looks for the end of the line, from where it last gave up, and lets no stray control character into it. */
static int find_line(struct ango_http *h)
{
    uint8_t *buf = h->buf;

    for (; h->scan < h->len; h->scan++) {
        unsigned c = buf[h->scan];
        bool after_cr = h->scan > h->pos && buf[h->scan - 1] == '\r';
        size_t start = h->pos;

        if (c >= 0x20 && c != 0x7F && !after_cr)
            continue;
        if (after_cr != (c == '\n') || (c < 0x20 && c != '\t' && c != '\r' && c != '\n') || c == 0x7F)
            return ANGO_E_HTTP;
        if (c != '\n')
            continue;
        buf[h->scan - 1] = '\0';
        h->pos = ++h->scan;
        return take_line(h, (char *)buf + start, h->pos - 2 - start);
    }
    return ANGO_E_WAIT;
}

static int take_body(struct ango_http *h)
{
    size_t n = h->len - h->pos;

    if (h->state != CLOSE_BODY && n > h->left)
        n = h->left;
    if (h->pos != h->body_len)
        memmove(h->buf + h->body_len, h->buf + h->pos, n);
    h->body_len += n;
    h->pos += n;
    if (h->pos == h->len)
        h->pos = h->len = h->body_len;
    h->scan = h->pos;
    if (h->state == CLOSE_BODY)
        return ANGO_E_WAIT;
    h->left -= n;
    if (h->left > 0)
        return ANGO_E_WAIT;
    h->state = h->state == LENGTH_BODY ? DONE : CHUNK_END;
    return ANGO_OK;
}

int ango_http_take(struct ango_http *h, size_t n)
{
    int err = ANGO_OK;

    h->len += n;
    while (err == ANGO_OK && h->state != DONE)
        err = h->state < LENGTH_BODY ? find_line(h) : take_body(h);
    return err;
}

int ango_http_take_end(const struct ango_http *h)
{
    return h->state == CLOSE_BODY ? ANGO_OK : ANGO_E_TRUNCATED;
}

bool ango_http_has_head(const struct ango_http *h)
{
    return (h->flags & HEAD) != 0;
}

bool ango_http_can_keep(const struct ango_http *h)
{
    return h->state == DONE && (h->flags & CLOSE) == 0 && h->pos == h->len;
}

uint32_t ango_http_retry_after(const struct ango_http *h, int64_t now)
{
    int64_t from = h->date != 0 ? h->date : now;
    int64_t wait = h->retry_date - from;

    if (h->retry_date == 0 || from == 0 || wait < 0)
        return h->retry_after_s;
    return wait > ANGO_RETRY_AFTER_MAX ? ANGO_RETRY_AFTER_MAX : (uint32_t)wait;
}
