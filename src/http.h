/*
 * http.h - an HTTP/1.1 reply, taken as it comes in. Pure: no I/O.
 *
 * Lines are taken one by one and dropped, whatever their number and length, within ANGO_HTTP_LINES_MAX bytes; so head,
 * chunk lines and trailers take no room. Anything that can be read in two ways under RFC 9112 is an error.
 */
#ifndef ANGO_HTTP_H
#define ANGO_HTTP_H

#include "ango.h"
#include "room.h"

/*
 * Bytes of a line that are read. The lines that matter are shorter: the longest, a Retry-After with a date, has 42. The
 * value of a longer line is not believed.
 */
#define ANGO_HTTP_LINE_MAX 64
/* Bytes that the head (all 1xx included), the lines of a chunk and the trailers may each take. */
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
    ANGO_HTTP_MATTERED = 32   /* the last line was the status line, or a header that matters */
};

/*
 * Begins a reply in a zeroed struct. `now` is the low 32 bits of the Unix time, to turn a date in Retry-After into
 * seconds; 0: unknown.
 */
static inline void ango_http_begin(struct ango_http *h, uint32_t (*date)(const char *text, uint32_t now), uint32_t now)
{
    h->date = date;
    h->now = now;
    h->lines_left = ANGO_HTTP_LINES_MAX;
}

/*
 * Takes lines from room->next on.
 *   ANGO_OK        the reply is complete
 *   ANGO_E_WAIT    all received bytes are taken, except the beginning of a line
 *   1 to INT_MAX   this many bytes of the body are at room->next; the caller takes them, or some of them, and then
 *                  calls ango_http_taken
 *   ANGO_E_TOO_BIG endless lines, or a body of 2^32 - 1 bytes or more
 *   ANGO_E_HTTP    not HTTP/1.1 as this client accepts it
 */
int ango_http_take(struct ango_http *h, struct ango_room *room);

/* The caller has taken n bytes of the body, at most as many as ango_http_take returned. */
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

/* Whether the head of a final reply (not 1xx) is complete, even if the body that it announces was refused. */
static inline bool ango_http_has_head(const struct ango_http *h)
{
    return h->state > ANGO_HTTP_HEADERS;
}

/* After a complete reply: whether the connection can carry another exchange. */
static inline bool ango_http_can_keep(const struct ango_http *h, const struct ango_room *room)
{
    return h->state == ANGO_HTTP_DONE && (h->flags & ANGO_HTTP_CLOSE) == 0
        && room->next == room->end; /* mutant: keep-rest */
}

#endif
