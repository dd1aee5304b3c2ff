/* tls.h - what the files of TLS share: tls.c, tls_verify.c, tls_session.c, tls_refused.c, tls_chain.c. Nobody else includes mbedTLS. */
#ifndef ANGO_TLS_STATE_H
#define ANGO_TLS_STATE_H

#include <mbedtls/version.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include "ango_tls.h"

/* An mbedTLS with our configuration is ours alone, and lives in the arena. One with its own belongs to others too. */
#if defined(ANGO_MBEDTLS_CONFIG_H)
#define ANGO_TLS_PRIVATE 1
#else
#define ANGO_TLS_PRIVATE 0
#endif
/* Up to 3.6 TLS is handed a generator; from 4 on it draws from PSA's. */
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
    const char *host;                         /* as the caller gave it, during a call of connect */
    size_t host_len;                          /* without a dot at its end */
    uint8_t address[16];                      /* of a host that is one */
    size_t address_len;                       /* 4, 16, or 0: the host is a name */
    bool has_anchors;                         /* they have been parsed */
    bool verified;                            /* a certificate was looked at: it is not a resumed session */
    bool named;                               /* the refused certificate's names have been kept */
    const struct ango_tls_sessions *sessions; /* NULL: this connection goes without */
    bool offered;                             /* a saved session was */
    int64_t verified_at;                      /* when the certificates behind the offered session were */
    uint8_t binding[32];                      /* digest of what a session is bound to */
};

/* What tls.c calls when sessions are kept; see ango_tls_config.sessions. */
struct ango_tls_sessions {
    int (*restore)(struct ango_tls *tls, const char *host, uint16_t port); /* before the handshake; mbedTLS's error */
    void (*save)(struct ango_tls *tls);   /* after a handshake, or when a ticket has come */
    bool (*skip)(struct ango_tls *tls);   /* mbedTLS is about to read a ticket: whether it is skipped instead */
    void (*forget)(struct ango_tls *tls); /* after a failure */
};

/* What tls_verify.c calls for the certificate that is refused; see ango_tls_config.names. */
struct ango_tls_names {
    void (*keep)(struct ango_tls_refused *to, const mbedtls_x509_crt *certificate);
};

/*
 * Called by mbedTLS for each certificate of the chain, the root first, after its own checks: what it leaves to us.
 * `ctx` is the ango_tls.
 */
int ango_tls_verify(void *ctx, mbedtls_x509_crt *certificate, int depth, uint32_t *flags);

/* Unix time. */
int64_t ango_tls_seconds(const mbedtls_x509_time *t);

/* The attributes of a name that people know, cut to fit. */
void ango_tls_write_name(char *to, size_t cap, const mbedtls_x509_name *name);

/*
 * For tls_trust.c: mbedTLS without a connection, in the arena of `config`. ANGO_E_ARG: a connection has it. *tls must stay until
 * it is given back; giving it back says whether memory ran out.
 */
int ango_tls_borrow(struct ango_tls *tls, const struct ango_tls_config *config);
bool ango_tls_give_back(struct ango_tls *tls);

#endif
