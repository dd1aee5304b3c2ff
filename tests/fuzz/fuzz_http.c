/*
 * Fuzzer of the HTTP parser. Input: two bytes (capacity and the connection's end, and how the rest is cut),
 * then a reply. However it comes, and in whatever buffer, the same must come of it.
 */
#include "reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 4096u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "fuzz_http: %s\n", what);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct reading r, larger;
    const char *broken;

    if (size < 2)
        return 0;
    if (r.guard.base == NULL) {
        reading_open(&r, MOST);
        reading_open(&larger, MOST);
        larger.cap = MOST;
    }
    r.cap = ANGO_ROOM_MIN + data[0] / 2u;
    r.closes = data[0] % 2 != 0;
    r.now = larger.now = 784111777;
    larger.closes = r.closes;
    broken = reading_some_ways(&r, reading_reply, data + 2, size - 2, 2, data[1] * 0x01010101u + 1);
    demand(broken == NULL, broken);
    reading_reply(&larger, data + 2, size - 2);
    demand(larger.broken == NULL, larger.broken);
    demand(r.said_len == larger.said_len && memcmp(r.said, larger.said, r.said_len) == 0,
           "another reply in a larger buffer");
    demand(!r.keeps || r.http.state == ANGO_HTTP_DONE, "kept, though it is not done");
    demand(r.http_err != ANGO_OK || r.http.state == ANGO_HTTP_DONE || (r.closes && !r.keeps), "complete, and not done");
    return 0;
}
