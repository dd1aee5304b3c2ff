/* tls.h - what tls.c and the tls_*.c share. No other file includes mbedTLS. */
#ifndef ANGO_TLS_STATE_H
#define ANGO_TLS_STATE_H

#include <mbedtls/version.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include "ango_tls.h"

/* An mbedTLS with our configuration is private, and lives in the arena. One with any other is shared. */
#if defined(ANGO_MBEDTLS_CONFIG_H)
#define ANGO_TLS_PRIVATE 1
#else
#define ANGO_TLS_PRIVATE 0
#endif
/* Up to 3.6, TLS is given a generator; from 4 on, it draws from PSA's. */
#if MBEDTLS_VERSION_NUMBER < 0x04000000
#define ANGO_TLS_DRBG 1
#include <mbedtls/ctr_drbg.h>
#else
#define ANGO_TLS_DRBG 0
#endif

/* One connection, in the arena. */
struct ango_tls_state {
    mbedtls_ssl_context ssl;
    mbedtls_ssl_config conf;
    mbedtls_x509_crt anchors;
#if ANGO_TLS_DRBG
    mbedtls_ctr_drbg_context rng;
#endif
    int64_t now;                              /* Unix time when it began; 0: the device has no clock */
    const char *host;                         /* as the caller gave it; valid during a call of connect */
    size_t host_len;                          /* without a final dot */
    uint8_t address[16];                      /* of the host, if it is an address */
    size_t address_len;                       /* 4, 16, or 0: the host is a name */
    bool has_anchors;                         /* they have been parsed */
    bool verified;                            /* a certificate was checked, so the session is not resumed */
    bool named;                               /* the refused certificate's names have been kept */
    const struct ango_tls_sessions *sessions; /* NULL: none are used in this connection */
    bool offered;                             /* a saved session was offered */
    int64_t verified_at;                      /* when the certificates of the offered session were verified */
    uint8_t binding[32];                      /* digest of what a session is bound to */
};

/* What tls.c calls when sessions are kept; see ango_tls_config.sessions. */
struct ango_tls_sessions {
    int (*restore)(struct ango_tls *tls, const char *host, uint16_t port); /* before the handshake; mbedTLS's result */
    void (*save)(struct ango_tls *tls);   /* after a handshake, or when a ticket has come */
    bool (*skip)(struct ango_tls *tls);   /* whether to skip the ticket that mbedTLS is about to read */
    void (*forget)(struct ango_tls *tls); /* after a failure */
};

/* What tls_verify.c calls for a certificate that is refused; see ango_tls_config.names. */
struct ango_tls_names {
    void (*keep)(struct ango_tls_refused *to, const mbedtls_x509_crt *certificate);
};

/*
 * mbedTLS calls this for each certificate of the chain, the root first, after its own checks: checks what it leaves
 * to us. `ctx` is the ango_tls.
 */
int ango_tls_verify(void *ctx, mbedtls_x509_crt *certificate, int depth, uint32_t *flags);

/* Unix time. */
int64_t ango_tls_seconds(const mbedtls_x509_time *t);

/* The attributes of a name that people know, cut to fit. */
void ango_tls_write_name(char *to, size_t cap, const mbedtls_x509_name *name);

/*
 * For tls_trust.c: borrows mbedTLS without a connection, in the arena of `config`. ANGO_E_ARG: a connection is open.
 * *tls must stay valid until it is given back; ango_tls_give_back returns whether memory ran out.
 */
int ango_tls_borrow(struct ango_tls *tls, const struct ango_tls_config *config);
bool ango_tls_give_back(struct ango_tls *tls);

#endif
