/*
 * Fuzzer of the HTTP parser. Input: two bytes (capacity, and how the rest is cut), then a reply. However it
 * comes, the same must come of it; in a larger buffer too, if it was enough.
 */
#include "guard.h"
#include "http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 1024u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct guard room, copy_room;

struct outcome {
    int err;
    unsigned status;
    uint32_t retry_after_s;
    bool ended; /* the end of the connection would end the body */
    size_t body_len;
    uint8_t body[MOST];
};

static void demand(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "fuzz_http: %s\n", what);
    abort();
}

/* `pattern` says how long the pieces are; 0: as long as there is room. */
static void take(struct outcome *o, const uint8_t *reply, size_t len, size_t cap, uint32_t pattern)
{
    struct ango_http h;
    size_t at = 0;

    memset(&h, 0, sizeof h);
    memset(o, 0, offsetof(struct outcome, body));
    ango_http_begin(&h, guard_room(&room, cap + 1), cap);
    h.now = 784111777;
    o->err = ANGO_E_WAIT;
    while (at < len && o->err == ANGO_E_WAIT) {
        size_t n = len - at;
        size_t most = pattern % 17 + 1;

        demand(h.end < h.limit, "no room, and waiting");
        if (pattern != 0 && n > most)
            n = most;
        if (n > (size_t)(h.limit - h.end))
            n = (size_t)(h.limit - h.end);
        memcpy(h.end, reply + at, n);
        at += n;
        pattern = pattern / 2 + pattern % 2 * 0x80000000u;
        o->err = ango_http_take(&h, n);
        demand(h.buf <= h.body_end && h.body_end <= h.end && h.end <= h.limit, "pointers out of order");
    }
    demand(guard_intact(&room), "written in front of the buffer");
    demand(o->err == ANGO_OK || o->err == ANGO_E_WAIT || o->err == ANGO_E_HTTP || o->err == ANGO_E_TOO_BIG,
           "another error");
    o->ended = o->err == ANGO_E_WAIT && ango_http_take_end(&h) == ANGO_OK;
    if (ango_http_has_head(&h)) {
        o->status = h.status;
        demand(o->status >= 200 && o->status <= 599, "a status that is none");
    }
    o->retry_after_s = h.retry_after_s;
    demand(o->retry_after_s <= ANGO_RETRY_AFTER_MAX, "a wait that is too long");
    if (o->err != ANGO_OK && !o->ended)
        return;
    demand(ango_http_has_head(&h), "a body without a head");
    demand(o->err == ANGO_OK || !ango_http_can_keep(&h), "kept, though its end is the connection's");
    o->body_len = (size_t)(h.body_end - h.buf);
    memcpy(o->body, h.buf, o->body_len);
}

static void same(const struct outcome *a, const struct outcome *b, const char *what)
{
    demand(a->err == b->err && a->status == b->status && a->retry_after_s == b->retry_after_s
               && a->ended == b->ended && a->body_len == b->body_len
               && memcmp(a->body, b->body, a->body_len) == 0,
           what);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct outcome whole, other;
    const uint8_t *reply;
    size_t cap;

    if (size < 2)
        return 0;
    if (room.base == NULL) {
        guard_begin(&room, MOST + 1);
        guard_begin(&copy_room, 1 << 20);
    }
    cap = 1 + data[0] * 2u;
    reply = guard_copy(&copy_room, data + 2, size - 2);
    take(&whole, reply, size - 2, cap, 0);
    take(&other, reply, size - 2, cap, 17); /* pieces of 1, for as long as it matters: 17 % 17 + 1 */
    same(&whole, &other, "other pieces, another reply");
    take(&other, reply, size - 2, cap, data[1] * 0x01010101u + 1);
    same(&whole, &other, "these pieces, another reply");
    if (whole.err == ANGO_OK || whole.err == ANGO_E_HTTP) {
        take(&other, reply, size - 2, MOST, 0);
        same(&whole, &other, "another reply in a larger buffer");
    }
    return 0;
}
