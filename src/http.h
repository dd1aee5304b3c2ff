/*
 * http.h - HTTP/1.1: a request's head out, a reply in, in place. Pure: no I/O.
 *
 * A reply is taken line by line as it comes, never a byte twice, so it costs the same whole or byte by
 * byte. What has been taken is dropped, and the decoded body is moved to the front of the buffer: head,
 * chunk sizes and trailers take no room from the body. Whatever RFC 9112 leaves open to two readings is an
 * error.
 */
#ifndef ANGO_HTTP_H
#define ANGO_HTTP_H

#include <stdbool.h>

#include "ango.h"
#include "json_writer.h"

/*
 * The rest of the head, after "METHOD PATH". With a body, Content-Length is filled in by
 * ango_http_end_body.
 */
void ango_http_write_head(struct ango_writer *w, const struct ango_config *config, const char *api_key,
                          bool body);
void ango_http_end_body(struct ango_writer *w);

/* Whether `host` can stand in a Host header: letters, digits, '-', '.', '_', '~'. */
bool ango_http_host_ok(const char *host);
/* Whether `key` can stand in a header: 0x21 to 0x7E, at least one. */
bool ango_http_key_ok(const char *key);

enum { ANGO_HTTP_STATUS_LINE, ANGO_HTTP_HEADER, ANGO_HTTP_CHUNK_SIZE, ANGO_HTTP_CHUNK_END, ANGO_HTTP_TRAILER,
       ANGO_HTTP_LENGTH, ANGO_HTTP_CHUNK, ANGO_HTTP_TO_CLOSE, ANGO_HTTP_DONE };

/* Flags. */
enum { ANGO_HTTP_CLOSE = 1, ANGO_HTTP_ENCODED = 2, ANGO_HTTP_CHUNKED = 4, ANGO_HTTP_HAS_LENGTH = 8,
       ANGO_HTTP_10 = 16 };

/*
 * Begins a reply in a zeroed struct, but for `now`, which turns a date in Retry-After into seconds. The
 * head, and the lines around chunks, may take as many bytes as the buffer has; so may the body.
 */
static inline void ango_http_begin(struct ango_http *h, uint8_t *buf, size_t cap)
{
    h->buf = h->body_end = h->next = h->end = buf;
    h->limit = buf + cap;
    h->lines_left = (int)cap;
}

/*
 * `n` more bytes (at most limit - end) have arrived at `end`.
 *   ANGO_OK         the reply is complete: status, and the body from buf to body_end
 *   ANGO_E_WAIT     more is to come
 *   ANGO_E_TOO_BIG  also when more is to come and the buffer is full
 *   ANGO_E_HTTP
 */
int ango_http_take(struct ango_http *h, size_t n);

/*
 * Lines of a head, without their end but with a NUL behind them: false when one is wrong. Private to
 * http.c.
 */
bool ango_http_header(struct ango_http *h, char *line, char *end);

/* The peer has closed: ANGO_OK when that ends the body, else ANGO_E_TRUNCATED. */
static inline int ango_http_take_end(const struct ango_http *h)
{
    return h->state == ANGO_HTTP_TO_CLOSE ? ANGO_OK : ANGO_E_TRUNCATED;
}

/* The head of a final reply (not 1xx) was complete and in order. */
static inline bool ango_http_has_head(const struct ango_http *h)
{
    return h->state > ANGO_HTTP_HEADER;
}

/* After a complete reply: the connection can carry another exchange. */
static inline bool ango_http_can_keep(const struct ango_http *h)
{
    return h->state == ANGO_HTTP_DONE && (h->flags & ANGO_HTTP_CLOSE) == 0 && h->body_end == h->end;
}

#endif
