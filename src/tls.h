/* tls.h - what tls.c and tls_session.c share. Nobody else includes mbedTLS. */
#ifndef ANGO_TLS_STATE_H
#define ANGO_TLS_STATE_H

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include "ango_tls.h"

/* One connection, in the arena. */
struct ango_tls_state {
    mbedtls_ssl_context ssl;
    mbedtls_ssl_config conf;
    mbedtls_x509_crt anchors;
    mbedtls_ctr_drbg_context rng;
    int64_t now;    /* Unix time when it began; 0: the device has no clock */
    bool verified;  /* a certificate was looked at: it is not a resumed session */
    bool offered;   /* a saved session was */
    int64_t verified_at; /* when the certificates behind the offered session were */
    uint8_t binding[32]; /* digest of what a session is bound to */
};

/* What tls.c calls when sessions are kept; see ango_tls_config.sessions. */
struct ango_tls_sessions {
    int (*restore)(struct ango_tls *tls, const char *host, uint16_t port); /* before the handshake; mbedTLS's error */
    void (*save)(struct ango_tls *tls);   /* after a handshake, or when a ticket has come */
    void (*forget)(struct ango_tls *tls); /* after a failure */
};

#endif
