/*
 * conformance.h - a port against the sentences of ango_port.h, on the device itself: of libc only memcmp, memcpy,
 * memset and strlen, no heap, 2 KB of RAM. It prints through one function; the other end is tests/ports/peer.py on a computer.
 *
 *   static const struct conformance it = {
 *       .port = &plain,
 *       .put = uart_put_text,
 *       .places = { [CONFORMANCE_PEER] = { "192.0.2.10", 7000 },
 *                   [CONFORMANCE_REFUSING] = { "192.0.2.10", 7001 },
 *                   [CONFORMANCE_SILENT] = { "192.0.2.10", 7002 } },
 *   };
 *   conformance_run(&it);
 *
 * `python3 tests/ports/peer.py 192.0.2.10` prints these numbers. One line a check, then conformance_checks=,
 * conformance_failed= and conformance_skipped=. Takes about a minute; a port that never returns is seen by its line missing.
 */
#ifndef CONFORMANCE_H
#define CONFORMANCE_H

#include "ango_port.h"

/* Where the checks connect to. One that is left out (host NULL) leaves out the checks that need it. */
enum conformance_place {
    CONFORMANCE_NOWHERE,
    CONFORMANCE_PEER,     /* peer.py, as a numeric address */
    CONFORMANCE_REFUSING, /* a numeric address and a port at which nothing listens: answered by a reset */
    CONFORMANCE_SILENT,   /* a numeric address that never answers */
    CONFORMANCE_NAME,     /* peer.py, as a name */
    CONFORMANCE_UNKNOWN,  /* a name that does not exist */
    CONFORMANCE_SLOW,     /* a name that is not answered for at least 10 s; not for a resolver that is known to block */
    CONFORMANCE_TWO_REFUSED, /* a name with two addresses: one that refuses, then peer.py's */
    CONFORMANCE_TWO_SILENT,  /* a name with two addresses: one that never answers, then peer.py's */
    CONFORMANCE_PLACES
};

struct conformance {
    const struct ango_port *port; /* plain, and not connected */
    void (*put)(const char *text);
    struct {
        const char *host;
        uint16_t tcp_port;
    } places[CONFORMANCE_PLACES];
    uint32_t
        slack_ms; /* what a busy machine may add to a wait, up to 20000; 0: 2000. An emulated clock may lose a twentieth */
    unsigned entropy_rounds; /* of 229 bytes each; 0: 4. Fewer than 3 take a generator for broken now and then */
    unsigned only;           /* the number of the one check that is wanted; 0: all */
};

/* Returns how many checks failed. */
unsigned conformance_run(const struct conformance *conformance);

#endif
