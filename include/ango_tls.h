/*
 * ango_tls.h - TLS over a port: turns a plain port into a secure one, with mbedTLS.
 *
 * The certificate chain, the host name and (where the port knows the time) the validity are always verified.
 * There is no switch to turn that off.
 *
 *   static struct ango_tls tls;
 *   static const struct ango_port secure = ANGO_TLS_PORT(&tls);
 *   ...
 *   ango_tls_init(&tls, &tls_config);
 *
 * What "verified" means. Each certificate is signed by the next one, and the last by a trust anchor, with SHA-256 or
 * better and RSA of 2048 to 4096 bits or ECDSA with P-256 or P-384. All of them, the anchor included, are valid now.
 * Each issuer is a CA; if it lists purposes (extended key usage), servers are among them; if it has name constraints,
 * they permit the host. A critical extension that is not understood is an error, and so are critical name constraints.
 * A host name is looked for among the certificate's DNS names, an address among its IP addresses, and neither anywhere
 * else. The server must send each certificate before its issuer; any other order is refused. Of two issuers with the
 * same name and key, one that is valid now is preferred. Not checked: revocation (CRL, OCSP), certificate
 * transparency, certificate policies, and name constraints on names other than the host's.
 *
 * Whose mbedTLS. Built with src/ango_mbedtls_config.h it is private: all its memory is the arena, and nothing else may
 * use it (the installed library and `make archive` hide it, so that a program may link another one as well).
 * Built with any other configuration, such as a platform's, it is shared: the heap and the PSA are the platform's, and
 * none of its settings is changed. Then
 *   - config.arena is NULL;
 *   - ANGO_E_MEMORY is returned only where mbedTLS itself reports that memory ran out; often it reports something else,
 *     so ANGO_E_CERT with ANGO_TLS_NOT_TRUSTED, ANGO_E_TLS and ANGO_E_ANCHOR may mean it too;
 *   - from mbedTLS 4 on, the platform's generator is used and the port's entropy is not called; before, TLS draws from
 *     the port's entropy, and PSA from the platform's;
 *   - without MBEDTLS_HAVE_TIME_DATE, the first of two issuers with the same name and key is taken;
 *   - ecp_max_ops is not used, and port->busy is called between steps only.
 */
#ifndef ANGO_TLS_H
#define ANGO_TLS_H

#include "ango_port.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A trusted certificate: the root CA's, or that of an intermediate CA of yours. DER is used in place, and must
 * stay valid and unchanged (flash will do). PEM, if mbedTLS was built with it, may hold several certificates; its
 * `len` includes the final NUL. `make anchors PEM=file.pem` turns a PEM file into C.
 */
struct ango_trust_anchor {
    const uint8_t *data;
    size_t len;
};

/*
 * Sessions that survive a sleep. With `sessions` set to &ango_tls_sessions, what is needed to resume the last
 * session is kept in `session` and offered at the next handshake, which then costs the device far less; the
 * server may still insist on a full one. Without it, no ticket is requested and no code for it is linked.
 *
 * Keep the memory through a deep sleep, or store its first ango_tls.session_len bytes and put them back after a
 * reset (the rest does not matter; all zeros means no session). It is as secret as the connection, and whoever
 * can write it can impersonate the server: store it where the API key is stored. A session is bound to this
 * build, the host, the port and the trust anchors, and lasts for ANGO_TLS_SESSION_AGE_MAX from the last time the
 * server's certificate was verified (on a device without a clock: as long as the server accepts it). One that does
 * not match, or is old, cut or altered, is silently not used, and a full handshake follows. A full handshake also
 * follows if the TLS protocol fails in a handshake that offered a session or asked for a ticket; after any other
 * failure the next connection goes without sessions. An unusual ticket is not kept.
 */
struct ango_tls_sessions;
extern const struct ango_tls_sessions ango_tls_sessions;
#define ANGO_TLS_SESSION_AGE_MAX 86400 /* seconds */
/* Enough for a ticket of 800 bytes; a session of OpenSSL's takes less than 400. A longer one is not kept. */
#define ANGO_TLS_SESSION_LEN 1024

/*
 * Whose certificate was refused, as text: "CN=..., O=...", NUL-terminated, cut to fit, empty if the certificate has
 * none of CN, C, O and OU. Whoever made the certificate chose these names, so they prove nothing. With `names` set to
 * &ango_tls_names, they are kept in `refused` when a chain fails, from the faulty certificate nearest to the root:
 * behind a proxy that signs everything anew, the issuer is that proxy. Without it, no code for it is linked.
 */
#define ANGO_TLS_NAME_LEN 96
struct ango_tls_refused {
    char subject[ANGO_TLS_NAME_LEN];
    char issuer[ANGO_TLS_NAME_LEN];
};
struct ango_tls_names;
extern const struct ango_tls_names ango_tls_names;

/* Constant for the life of the ango_tls, and valid with all that it points to; may lie in flash. */
struct ango_tls_config {
    const struct ango_port *port; /* the plain one, with clock_ms and entropy */
    const struct ango_trust_anchor *anchors;
    size_t anchors_len;   /* at least 1 */
    void *arena;          /* all memory that mbedTLS ever allocates; aligned for a pointer or a long. NULL
                                     where mbedTLS is shared */
    size_t arena_cap;     /* bytes; port/lm3s6965/README.md has a table of what each chain needs */
    bool no_clock;        /* the device has no wall clock (port->time is NULL), and you accept that an
                                     expired certificate passes. If false, such a port is refused */
    unsigned ecp_max_ops; /* where mbedTLS has ECP_RESTARTABLE: how much public-key work one step does
                                     (mbedtls_ecp_set_max_ops); 0: all of it */
    const struct ango_tls_sessions *sessions; /* &ango_tls_sessions, or NULL: no session is kept */
    uint8_t *session;                         /* with sessions: where one is kept */
    size_t session_cap;                       /* bytes; a larger session is not kept */
    const struct ango_tls_names *names;       /* &ango_tls_names, or NULL: no names are kept */
    struct ango_tls_refused *refused;         /* with names: where they are kept */
};

/* verify_flags: why a certificate was refused. mbedTLS's own values (mbedtls/x509.h); others can be set too. */
#define ANGO_TLS_EXPIRED 0x01u
#define ANGO_TLS_OTHER_HOST 0x04u
#define ANGO_TLS_NOT_TRUSTED 0x08u
#define ANGO_TLS_CONSTRAINED 0x0100u /* an issuer's name constraints exclude this host */
#define ANGO_TLS_NOT_YET_VALID 0x0200u
#define ANGO_TLS_WRONG_USAGE 0x1800u
#define ANGO_TLS_WEAK 0x01C000u

/*
 * The TLS of one connection. Since a private mbedTLS has only one arena, only one ango_tls of a program may be
 * connecting or connected at a time; the connect of another returns ANGO_E_ARG. Zero it, or declare it static, before
 * ango_tls_init.
 */
struct ango_tls {
    /* For reading, after a failure and between connections. */
    int mbedtls_error;       /* mbedTLS's code for the last failure, negative; 0: none */
    uint32_t verify_flags;   /* ANGO_TLS_...; 0: nothing found wrong */
    int port_error;          /* the plain port's result when it failed, unchanged; 0: it did not */
    size_t anchor;           /* after ANGO_E_ANCHOR: which of config->anchors, from 0 */
    size_t arena_peak;       /* the most bytes of the arena in use so far, headers included */
    uint32_t handshakes;     /* completed so far */
    uint32_t resumed;        /* those of them that resumed a saved session */
    const char *version;     /* "TLSv1.3", "TLSv1.2"; "" before the first handshake */
    const char *ciphersuite; /* mbedTLS's name for it, or "" */
    /* Private. */
    const struct ango_tls_config *config;
    struct ango_tls_state *state; /* in the arena */
    uint32_t entered_ms;
    uint32_t wait_ms;
    size_t session_len; /* bytes of config->session worth storing since the last handshake; 0: none */
    size_t arena_left;  /* bytes that mbedTLS had not freed when the last connection ended; must be 0 */
    uint16_t calls;
    uint8_t phase;
    uint8_t no_entropy;
    uint8_t ended;   /* the plain port has reported the end */
    bool go_without; /* the next connection uses no sessions */
    bool has_digest;
    uint8_t anchors_digest[32]; /* of all of config->anchors */
};

/*
 * Checks the configuration.
 *   ANGO_E_ARG    a NULL, no anchor, no arena (or one where mbedTLS is shared), a missing port function
 *   ANGO_E_CLOCK  port->clock_ms is NULL; or port->time is, and no_clock is not set
 */
int ango_tls_init(struct ango_tls *tls, const struct ango_tls_config *config);

/*
 * The functions of the secure port; use ANGO_TLS_PORT. Beyond ango_port.h, connect may return
 *   ANGO_E_ARG      another ango_tls is connecting or connected
 *   ANGO_E_ANCHOR   a trust anchor cannot be used, see anchor: it is cut off, is not a certificate, or has a kind of
 *                   key or signature that this build does not know. Of several in one PEM file, one usable is enough
 *   ANGO_E_CLOCK    the time is not known, or is before this library was written
 *   ANGO_E_ENTROPY  the entropy source failed
 *   ANGO_E_MEMORY   the arena is too small: not the certificate's fault
 *   ANGO_E_CERT     see verify_flags
 *   ANGO_E_TLS      see mbedtls_error
 * and recv returns ANGO_E_TRUNCATED if the peer closed without a close_notify.
 */
int ango_tls_connect(void *ctx, const char *host, uint16_t port, uint32_t wait_ms);
int ango_tls_send(void *ctx, const uint8_t *data, size_t len, uint32_t wait_ms);
int ango_tls_recv(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms);
void ango_tls_close(void *ctx);
uint32_t ango_tls_clock_ms(void *ctx);
int64_t ango_tls_time(void *ctx);

/* A certificate, for people. The names are those of ango_tls_refused; the times are Unix times. */
struct ango_tls_certificate {
    char subject[ANGO_TLS_NAME_LEN];
    char issuer[ANGO_TLS_NAME_LEN];
    int64_t valid_from;
    int64_t valid_to;
};

/*
 * Of the connection that is open (the client keeps it for config.keep_ms), the certificate that the server sent as number
 * `depth`: 0 is its own, 1 that of its issuer, and so on. They have been verified; the trust anchor is not among them, unless the
 * server sends it.
 *   ANGO_E_END  no certificate at this depth. There may be none at all after a session was resumed, and always if mbedTLS
 *               was built without MBEDTLS_SSL_KEEP_PEER_CERTIFICATE
 *   ANGO_E_ARG  a NULL, or no connection is open
 */
int ango_tls_certificate(const struct ango_tls *tls, size_t depth, struct ango_tls_certificate *to);

/* Initializer for a struct ango_port that speaks TLS over tls->config->port. */
#define ANGO_TLS_PORT(tls) \
    { \
        (tls), true, ango_tls_connect, ango_tls_send, ango_tls_recv, ango_tls_close, ango_tls_clock_ms, ango_tls_time, \
            NULL, NULL \
    }

#ifdef __cplusplus
}
#endif

#endif
