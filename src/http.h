/*
 * http.h - HTTP/1.1: a request's head out, a reply in, in place. Pure: no I/O.
 *
 * A reply is taken line by line as it comes, never a byte twice, so it costs the same whole or byte by
 * byte. What has been taken is dropped, and unless a body's length is known and it fits where it is, it is
 * moved to the front of the buffer: head, chunk sizes and trailers take no room from it. Whatever RFC 9112
 * leaves open to two readings is an error.
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

/*
 * Up to TRAILER lines are taken, then the body. An empty line leads from a state to the one before it, the
 * end of a body or of a chunk to the third before it.
 */
enum { ANGO_HTTP_STATUS_LINE, ANGO_HTTP_HEADER, ANGO_HTTP_CHUNK_SIZE, ANGO_HTTP_CHUNK_END, ANGO_HTTP_DONE,
       ANGO_HTTP_TRAILER, ANGO_HTTP_CHUNK, ANGO_HTTP_LENGTH, ANGO_HTTP_TO_CLOSE };

/* Flags: a bit for each header that may be met, and NEVER times that bit where it must not be. */
enum { ANGO_HTTP_HAS_LENGTH = 1, ANGO_HTTP_CHUNKED = 2, ANGO_HTTP_ENCODED = 4, ANGO_HTTP_CLOSE = 8,
       ANGO_HTTP_NEVER = 16, ANGO_HTTP_NO_CHUNKS = ANGO_HTTP_NEVER * ANGO_HTTP_CHUNKED };

/*
 * Begins a reply in a zeroed struct, but for `now`, which turns a date in Retry-After into seconds. The
 * head, and the lines around chunks, may take as many bytes as the buffer has; so may a body of known length,
 * others a few bytes less. Behind the `cap` bytes there must be one more, for a NUL.
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

/* The peer has closed: ANGO_OK when that ends the body, else ANGO_E_TRUNCATED. */
static inline int ango_http_take_end(const struct ango_http *h)
{
    return h->state == ANGO_HTTP_TO_CLOSE ? ANGO_OK : ANGO_E_TRUNCATED;
}

/* The head of a final reply (not 1xx) was complete; what it says of the body may have been refused. */
static inline bool ango_http_has_head(const struct ango_http *h)
{
    return h->state > ANGO_HTTP_HEADER;
}

/* After a complete reply: the connection can carry another exchange. */
static inline bool ango_http_can_keep(const struct ango_http *h)
{
    return h->state == ANGO_HTTP_DONE && (h->flags & ANGO_HTTP_CLOSE) == 0 && h->next == h->end;
}

#endif
