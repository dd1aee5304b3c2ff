/* fuzz_tls.h - what fuzz_tls.c and record_driver.c must have in common for a recording to fit. */
#ifndef ANGO_TESTS_FUZZ_TLS_H
#define ANGO_TESTS_FUZZ_TLS_H

#include "ango_tls.h"
#include "script_port.h"

/* First byte of an input: what the rest is. */
enum {
    FUZZ_TLS_SERVER = 's',   /* all that the server says */
    FUZZ_TLS_SESSIONS = 'S', /* the same, and sessions are kept */
    FUZZ_TLS_SESSION = 'm',  /* the memory of a session, digest and all */
    FUZZ_TLS_ANCHOR = 'a',   /* a trust anchor, DER or PEM */
    FUZZ_TLS_TICKET = 't'    /* the numbers that a NewSessionTicket is made of */
};

#define FUZZ_TLS_REQUEST "GET / HTTP/1.0\r\n\r\n"

static uint64_t fuzz_tls_arena[96 * 1024 / 8];
static const struct ango_tls_config fuzz_tls_config = {
    .anchors_len = 1,
    .arena = fuzz_tls_arena,
    .arena_cap = sizeof fuzz_tls_arena,
    .no_clock = true,
    .session_cap = ANGO_TLS_SESSION_LEN,
};

#endif
