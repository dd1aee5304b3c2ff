/*
 * ango_port.h - what a device brings: a byte stream, a clock, entropy.
 *
 * To port the client to a new board, stack or modem, this file is all you need to read. Start from
 * port/template/, and let tests/ports/conformance.c check it against the sentences below, on the device.
 */
#ifndef ANGO_PORT_H
#define ANGO_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Every result code of the library. Numbers never change; new ones are only added at the end.
 * The word in brackets says who must act.
 */
enum ango_error {
    ANGO_OK = 0,
    ANGO_E_WAIT = -1,       /* not an error: not done yet, call again */
    ANGO_E_END = -2,        /* not an error: no further item */
    ANGO_E_ARG = -3,        /* [programmer] a NULL, a zero, a value out of range, a call at the wrong time */
    ANGO_E_HOST = -4,       /* [programmer] the host name or the path prefix is malformed */
    ANGO_E_KEY = -5,        /* [operator] the API key is empty or has a character that a header cannot carry */
    ANGO_E_ID = -6,         /* [operator] an organization or project identifier is empty or not text */
    ANGO_E_EMAIL = -7,      /* [operator] an address cannot be an email address; result.index says which */
    ANGO_E_SPACE = -8,      /* [programmer] the buffer is too small for the request; result.need says how large */
    ANGO_E_INSECURE = -9,   /* [programmer] the port is not secure, so it must not carry an API key */
    ANGO_E_CLOCK = -10,     /* [operator] a clock is missing, runs backwards, or is plainly wrong */
    ANGO_E_ENTROPY = -11,   /* [porter] the entropy source failed */
    ANGO_E_MEMORY = -12,    /* [programmer] the TLS arena is too small */
    ANGO_E_RESOLVE = -13,   /* [network] the host name could not be resolved */
    ANGO_E_NET = -14,       /* [network] the connection could not be made, or broke */
    ANGO_E_TIME = -15,      /* [network] the deadline passed */
    ANGO_E_CERT = -16,      /* [operator] the server's certificate was not accepted: wrong CA, host or date */
    ANGO_E_TLS = -17,       /* [network] the TLS protocol failed: not a TLS server, or nothing in common with it */
    ANGO_E_TRUNCATED = -18, /* [network] the connection ended before the reply did */
    ANGO_E_HTTP = -19,      /* [server] not HTTP/1.1 as this client accepts it */
    ANGO_E_TOO_BIG = -20,   /* [server] endless lines, a body of 4 GB, or a TLS record larger than this build takes */
    ANGO_E_JSON = -21,      /* [server] the reply is not JSON */
    ANGO_E_SHAPE = -22,     /* [server] JSON, but not a reply of the API */
    ANGO_E_STATUS = -23,    /* [operator] the reply is an error: see result.http_status and result.message */
    ANGO_E_CANCELLED = -24, /* [programmer] ango_cancel was called */
    ANGO_E_ANCHOR = -25,    /* [operator] a trust anchor cannot be used; ango_tls.anchor says which */
    ANGO_E_ENTRY = -26,     /* [programmer] an entry of a list does not fit the buffer; a walk continues after it */
    ANGO_E_FULL = -27,      /* [programmer] the outbox has no room until it is tidied, or entries are done */
    ANGO_E_STORAGE = -28,   /* [porter] the medium of the outbox failed */
    ANGO_E_DAMAGED = -29    /* [operator] the medium has no outbox, or an entry of it can no longer be read */
};
#define ANGO_E_LAST ANGO_E_DAMAGED

/*
 * One connection at a time to one server. The struct is constant and may lie in flash; state that changes is
 * behind `ctx`. The library calls from one thread, never from an interrupt, and never two functions at once.
 *
 * `wait_ms` is the longest time in milliseconds that a call may block; 0 means "do not wait": do what can be
 * done at once. A call may return ANGO_E_WAIT sooner. Besides the results named at each function,
 * a call that fails returns any code of enum ango_error that fits (ANGO_E_NET when in doubt); ANGO_E_ENTRY, those
 * after it, and an unknown negative number count as ANGO_E_NET.
 */
struct ango_port {
    /* Passed to each function unchanged. */
    void *ctx;

    /*
     * True only when the bytes are encrypted AND the server's certificate chain, host name and (where there is
     * a clock) validity were verified against the device's own trust anchors before connect returned ANGO_OK.
     * Set for ANGO_TLS_PORT and for a modem that does all this itself. The client refuses a port without it.
     */
    bool secure;

    /*
     * Connects to `host` (a DNS name or a numeric address, NUL-terminated, valid during the call only) and TCP
     * port `port`. Called again with the same arguments until it returns something other than ANGO_E_WAIT.
     *   ANGO_OK        connected
     *   ANGO_E_WAIT    resolving or connecting; nothing is lost, call again
     *   ANGO_E_RESOLVE the name does not exist or cannot be resolved
     *   other negative failed; the port has already released everything: close is not called
     * Turn Nagle's algorithm off (TCP_NODELAY): it costs a delayed acknowledgement for each request.
     */
    int (*connect)(void *ctx, const char *host, uint16_t port, uint32_t wait_ms);

    /*
     * Sends up to `len` bytes, 1 <= len <= INT_MAX. Never returns 0.
     *   1 to len       this many bytes were taken, from the front
     *   ANGO_E_WAIT    none was taken; will be called again with the same bytes
     *   other negative the connection is broken
     */
    int (*send)(void *ctx, const uint8_t *data, size_t len, uint32_t wait_ms);

    /*
     * Receives up to `cap` bytes, 1 <= cap <= INT_MAX, as soon as there is at least one.
     *   1 to cap       this many bytes were written to buf
     *   0              the peer has closed its side, and all earlier data was delivered. A secure port returns
     *                  0 only for an authenticated end (TLS close_notify), and ANGO_E_TRUNCATED for a bare one
     *   ANGO_E_WAIT    nothing has arrived yet
     *   other negative the connection is broken
     */
    int (*recv)(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms);

    /*
     * Ends the connection and releases everything, without waiting for the peer. Called exactly once for each
     * connect that returned ANGO_OK, and for one abandoned after ANGO_E_WAIT; never after a connect that failed.
     */
    void (*close)(void *ctx);

    /*
     * Milliseconds since some fixed moment. Required. Never goes backwards, and keeps running while the library
     * waits; wraps from 4294967295 to 0. Deadlines rest on it: a tick of 10 ms is good enough, 1 s is not.
     */
    uint32_t (*clock_ms)(void *ctx);

    /*
     * Seconds since 1970-01-01 00:00:00 UTC, or 0 while the device does not know the time (then TLS refuses to
     * connect, with ANGO_E_CLOCK). NULL on a device that has no such clock at all: see ango_tls_config.no_clock.
     */
    int64_t (*time)(void *ctx);

    /*
     * Fills buf with `len` bytes, 1 <= len <= 64, of full entropy from a hardware source. Never repeats, not even after
     * a reset. Needed by TLS only; NULL where a modem does TLS.
     *   ANGO_OK        filled
     *   any other      failed; no connection is made
     */
    int (*entropy)(void *ctx, uint8_t *buf, size_t len);

    /*
     * Optional; NULL: not called. Called again and again from inside the long computations of TLS, so that a device
     * with a shorter watchdog can feed it: two calls are at most 12 million instructions of a Cortex-M3 apart with any
     * chain of up to RSA-4096 and P-384 (0.5 s at 50 MHz and 2 cycles an instruction), and most are far closer. It
     * must return at once: a handshake may call it a hundred thousand times. It may feed a watchdog, blink, or let
     * other tasks run; it must not call this library or this port. An endless loop would call it too, so feed only
     * until your own deadline for the step. Where mbedTLS is shared with others (ango_tls.h), it is called only
     * between the steps of a handshake; port/lm3s6965/README.md says how long the longest of them takes.
     */
    void (*busy)(void *ctx);
};

#ifdef __cplusplus
}
#endif

#endif
