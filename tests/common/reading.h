/*
 * reading.h - a JSON text, or a whole reply, read as src/exchange.c reads it: in a buffer of exactly `cap`
 * bytes that ends right before a page that cannot be touched, cut into pieces in any way, its entries kept or
 * handed out as they come. After each step what room.h promises is checked.
 *
 * What came of it is also there as a text, `said`. It must be the same however the input was cut:
 *
 *     [ID|NAME|NOTE]       a line for each entry that was read, with the list's fields
 *     (too large)          for one that was not, when entries are handed out
 *     OK "STATUS" "MESSAGE" items=N total=N done=N failed=N text="..."
 *
 * Of a reply there is also a line "http OK 200 retry=0 keep=1", when all of it has come; and its body, in
 * front of that, where no shape is given.
 */
#ifndef ANGO_TESTS_READING_H
#define ANGO_TESTS_READING_H

#include "guard.h"
#include "http.h"
#include "json.h"

#define READING_SAID 262144u
#define READING_FIELDS_MAX 8

/*
 * Always free when bytes are received: what is kept for them, less what is held of the body and of a line that are
 * both cut. (room.h, ANGO_ROOM_RAW)
 */
#define READING_HELD_MAX 11u
#define READING_FREE_MIN (ANGO_ROOM_RAW - READING_HELD_MAX - (ANGO_HTTP_LINE_MAX + 2))

struct reading {
    /* For the test to set. */
    const struct ango_shape *shape; /* NULL: the body of a reply is collected in `said` */
    size_t cap;
    bool drains;     /* entries are read as they come; else those that were kept, after the end */
    size_t piece;    /* pieces of at most so many bytes; 0: as many as there is room for */
    size_t split;    /* and none across this offset; 0: nowhere */
    uint32_t random; /* not 0: pieces of random lengths, by this seed */
    uint32_t now;    /* as for ango_http_begin */
    bool closes;     /* the peer closes after the reply */

    /* For the test to look at. */
    const char *broken; /* the first promise that was not kept, or NULL */
    int http_err;       /* of a reply: ANGO_E_WAIT when it has not ended */
    int err;            /* of ango_json_end */
    bool keeps;         /* the connection can carry another exchange */
    size_t passed;      /* entries that did not fit, when they are handed out */
    size_t free_min;    /* bytes that could be received at once, at the least */
    struct ango_result result;
    struct ango_http http;
    struct ango_json json;
    struct ango_room room;
    size_t said_len;
    char said[READING_SAID];

    /* Its own. */
    struct guard guard;
    struct ango_token tokens[ANGO_TOKENS];
    uint8_t *buffer;
    const uint8_t *input;
    size_t fed;
    size_t first_len;
    char first[READING_SAID];
};

/* Once; `most` is the largest cap to come. */
void reading_open(struct reading *r, size_t most);
void reading_shut(struct reading *r);

/* Reads a JSON text, or a reply. */
void reading_json(struct reading *r, const void *text, size_t len);
void reading_reply(struct reading *r, const void *reply, size_t len);

/*
 * Reads it whole, byte by byte, and in two pieces at each offset: NULL, or what was broken or not the same,
 * with the reading that shows it. Afterwards `r` is as after reading it whole.
 */
const char *reading_every_way(struct reading *r, void (*read)(struct reading *, const void *, size_t),
                              const void *input, size_t len);
/* The same for whole, byte by byte, `n` random offsets, and `n` times pieces of random lengths. */
const char *reading_some_ways(struct reading *r, void (*read)(struct reading *, const void *, size_t),
                              const void *input, size_t len, unsigned n, uint32_t seed);

/* "OK", "WAIT", "HTTP", "TOO_BIG", "JSON", "SHAPE", "TRUNCATED"; "?" for others. */
const char *reading_name(int err);

#endif
