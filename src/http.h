/*
 * http.h - an HTTP/1.1 reply, taken as it comes. Pure: no I/O.
 *
 * Lines are taken one by one and dropped, whatever their number and length, within ANGO_HTTP_LINES_MAX bytes; so head,
 * chunk lines and trailers take no room. Whatever RFC 9112 leaves open to two readings is an error.
 */
#ifndef ANGO_HTTP_H
#define ANGO_HTTP_H

#include "ango.h"
#include "room.h"

/*
 * A line is looked at as far as this. Those that matter are shorter: the longest is a Retry-After with a date, of 42
 * bytes. Of one that is longer no value is believed.
 */
#define ANGO_HTTP_LINE_MAX 64
/* Bytes that may be taken by the head (all 1xx included), by a chunk's lines, and by the trailers. */
#define ANGO_HTTP_LINES_MAX 65536u

/*
 *  state        what comes next     then
 *  STATUS_LINE  the status line     HEADERS
 *  HEADERS      a header            the same
 *               an empty line       STATUS_LINE after a 1xx; DONE, BODY, TO_CLOSE or CHUNK_SIZE: see end_head()
 *  CHUNK_SIZE   a chunk's size      CHUNK; TRAILERS after the last one
 *  CHUNK        `left` bytes        CHUNK_END
 *  CHUNK_END    an empty line       CHUNK_SIZE
 *  TRAILERS     a trailer           the same
 *               an empty line       DONE
 *  BODY         `left` bytes        DONE
 *  TO_CLOSE     bytes               the same, until the peer closes
 *  DONE         nothing
 */
enum ango_http_state {
    ANGO_HTTP_STATUS_LINE,
    ANGO_HTTP_HEADERS,
    ANGO_HTTP_CHUNK_SIZE,
    ANGO_HTTP_CHUNK,
    ANGO_HTTP_CHUNK_END,
    ANGO_HTTP_TRAILERS,
    ANGO_HTTP_BODY,
    ANGO_HTTP_TO_CLOSE,
    ANGO_HTTP_DONE
};

/* What the headers say, as far as it matters. */
enum {
    ANGO_HTTP_HAS_LENGTH = 1,
    ANGO_HTTP_IS_CHUNKED = 2,
    ANGO_HTTP_UNREADABLE = 4, /* the body is encoded, or its length ambiguous: Content-Length or Transfer-Encoding
                                  wrong, twice or both, or a folded line that matters */
    ANGO_HTTP_CLOSE = 8,      /* the connection cannot carry another exchange */
    ANGO_HTTP_IS_1_0 = 16,    /* HTTP/1.0, which has no chunks */
    ANGO_HTTP_MATTERED = 32   /* the last line was the status line, or a header that is looked at */
};

/* Begins a reply in a zeroed struct. `now` is the lower half of the Unix time, which turns a date in Retry-After into seconds; 0: unknown. */
static inline void ango_http_begin(struct ango_http *h, uint32_t (*date)(const char *text, uint32_t now), uint32_t now)
{
    h->date = date;
    h->now = now;
    h->lines_left = ANGO_HTTP_LINES_MAX;
}

/*
 * Takes lines from room->next on.
 *   ANGO_OK        the reply is complete
 *   ANGO_E_WAIT    all that has been received is taken, but for the beginning of a line
 *   1 to INT_MAX   so many bytes of the body are at room->next: for the caller to take, who says so with
 *                  ango_http_taken
 *   ANGO_E_TOO_BIG lines without end, or a body of 2^32 - 1 bytes or more
 *   ANGO_E_HTTP    not HTTP/1.1 as this client accepts it
 */
int ango_http_take(struct ango_http *h, struct ango_room *room);

/* n bytes of the body, as many at the most as ango_http_take has said, have been taken. */
static inline void ango_http_taken(struct ango_http *h, size_t n)
{
    if (h->state == ANGO_HTTP_TO_CLOSE)
        return;
    h->left -= (uint32_t)n;
    if (h->left != 0)
        return;
    if (h->state == ANGO_HTTP_CHUNK) {
        h->state = ANGO_HTTP_CHUNK_END;
        h->lines_left = ANGO_HTTP_LINES_MAX;
    } else {
        h->state = ANGO_HTTP_DONE;
    }
}

/* The peer has closed: ANGO_OK when that ends the body, else ANGO_E_TRUNCATED. */
static inline int ango_http_take_end(const struct ango_http *h)
{
    return h->state == ANGO_HTTP_TO_CLOSE ? ANGO_OK : ANGO_E_TRUNCATED; /* mutant: close-ends-any */
}

/* The head of a final reply (not 1xx) was complete; what it says of the body may have been refused. */
static inline bool ango_http_has_head(const struct ango_http *h)
{
    return h->state > ANGO_HTTP_HEADERS;
}

/* After a complete reply: the connection can carry another exchange. */
static inline bool ango_http_can_keep(const struct ango_http *h, const struct ango_room *room)
{
    return h->state == ANGO_HTTP_DONE && (h->flags & ANGO_HTTP_CLOSE) == 0
        && room->next == room->end; /* mutant: keep-rest */
}

#endif
