/*
 * TLS sessions that survive a sleep: after a handshake, what is needed to resume goes to the caller's memory,
 * and is offered at the next one. Linked only if a configuration refers to ango_tls_sessions.
 *
 * The memory holds a digest (32 bytes), when the certificates were verified (8), a length (4), and the session as
 * mbedTLS serializes it. The digest covers all that follows it and what the session is bound to, so a session that
 * does not belong here, or is not whole, is not even parsed.
 */
#include "tls.h"

#include <string.h>

#include <mbedtls/md.h>
#include <mbedtls/platform.h>
#include <mbedtls/platform_util.h>

#include "ango.h"

#define DIGEST_LEN 32
#define TIME_AT DIGEST_LEN
#define LEN_AT (TIME_AT + 8)
#define HEAD_LEN (LEN_AT + 4)

static void put(uint8_t *to, uint64_t number, size_t len)
{
    while (len-- > 0) {
        to[len] = (uint8_t)number;
        number >>= 8;
    }
}

static uint64_t get(const uint8_t *from, size_t len)
{
    uint64_t number = 0;

    while (len-- > 0)
        number = number << 8 | *from++;
    return number;
}

/* --- digests -------------------------------------------------------------------------------------- */

/* A SHA-256 whose first error sticks. */
struct sha {
    mbedtls_md_context_t md;
    int ret;
};

static void start(struct sha *sha)
{
    mbedtls_md_init(&sha->md);
    sha->ret = mbedtls_md_setup(&sha->md, mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), 0);
    if (sha->ret == 0)
        sha->ret = mbedtls_md_starts(&sha->md);
}

/* Adds a part with its length, so that no two lists of parts look alike. */
static void add(struct sha *sha, const void *data, size_t len)
{
    uint8_t head[8];

    put(head, len, sizeof head);
    if (sha->ret == 0)
        sha->ret = mbedtls_md_update(&sha->md, head, sizeof head);
    if (sha->ret == 0)
        sha->ret = mbedtls_md_update(&sha->md, (const unsigned char *)data, len);
}

static int finish(struct sha *sha, uint8_t *digest)
{
    if (sha->ret == 0)
        sha->ret = mbedtls_md_finish(&sha->md, digest);
    mbedtls_md_free(&sha->md);
    return sha->ret;
}

/* The anchors do not change during the life of the ango_tls, so they are hashed once. */
static int digest_anchors(struct ango_tls *tls)
{
    const struct ango_tls_config *config = tls->config;
    struct sha sha;
    size_t i;
    int ret;

    if (tls->has_digest)
        return 0;
    start(&sha);
    for (i = 0; i < config->anchors_len; i++)
        add(&sha, config->anchors[i].data, config->anchors[i].len);
    ret = finish(&sha, tls->anchors_digest);
    tls->has_digest = ret == 0;
    return ret;
}

/* What a session is bound to: this library, this mbedTLS, this host and port, these trust anchors. */
static int bind(struct ango_tls *tls, const char *host, uint16_t port)
{
    static const char build[] = "ango " ANGO_VERSION ", " MBEDTLS_VERSION_STRING_FULL;
    uint8_t port_bytes[2];
    struct sha sha;
    int ret = digest_anchors(tls);

    if (ret != 0)
        return ret;
    put(port_bytes, port, sizeof port_bytes);
    start(&sha);
    add(&sha, build, sizeof build);
    add(&sha, host, strlen(host));
    add(&sha, port_bytes, sizeof port_bytes);
    add(&sha, tls->anchors_digest, DIGEST_LEN);
    return finish(&sha, tls->state->binding);
}

/* The digest of what follows it in the memory, and of the binding. */
static int digest(struct ango_tls *tls, size_t len, uint8_t *out)
{
    struct sha sha;

    start(&sha);
    add(&sha, tls->state->binding, DIGEST_LEN);
    add(&sha, tls->config->session + TIME_AT, HEAD_LEN - TIME_AT + len);
    return finish(&sha, out);
}

/* --- the caller's memory -------------------------------------------------------------------------- */

/* Whether the memory holds a session that may be offered; sets its length, and when it was verified. */
static bool is_good(struct ango_tls *tls, size_t *len)
{
    const uint8_t *memory = tls->config->session;
    uint8_t expected[DIGEST_LEN];
    int64_t age;

    if (tls->config->session_cap <= HEAD_LEN)
        return false;
    *len = (size_t)get(memory + LEN_AT, 4);
    if (*len == 0 || *len > tls->config->session_cap - HEAD_LEN)
        return false;
    if (digest(tls, *len, expected) != 0 || memcmp(expected, memory, DIGEST_LEN) != 0)
        return false;
    tls->state->verified_at = (int64_t)get(memory + TIME_AT, 8);
    age = tls->state->now - tls->state->verified_at;
    return age >= 0 && age < ANGO_TLS_SESSION_AGE_MAX;
}

static void forget(struct ango_tls *tls)
{
    mbedtls_platform_zeroize(tls->config->session, tls->config->session_cap);
    tls->session_len = 0;
}

static int restore(struct ango_tls *tls, const char *host, uint16_t port)
{
    mbedtls_ssl_session *session;
    size_t len = 0;
    int ret = bind(tls, host, port);

    tls->session_len = 0;
    if (ret != 0 || !is_good(tls, &len))
        return ret;
    tls->session_len = HEAD_LEN + len;
    session = (mbedtls_ssl_session *)mbedtls_calloc(1, sizeof *session);
    if (session == NULL)
        return MBEDTLS_ERR_SSL_ALLOC_FAILED;
    mbedtls_ssl_session_init(session);
    ret = mbedtls_ssl_session_load(session, tls->config->session + HEAD_LEN, len);
    if (ret == 0)
        ret = mbedtls_ssl_set_session(&tls->state->ssl, session);
    mbedtls_ssl_session_free(session);
    mbedtls_free(session);
    tls->state->offered = ret == 0;
    /* A session that mbedTLS rejects is not used; without memory for it, the handshake would fail anyway. */
    return ret == MBEDTLS_ERR_SSL_ALLOC_FAILED ? ret : 0;
}

/* A build with TLS 1.3 keeps the server's certificate with the session, and nothing needs it again. */
static void drop_certificate(mbedtls_ssl_session *session)
{
#if defined(MBEDTLS_SSL_KEEP_PEER_CERTIFICATE)
    mbedtls_x509_crt_free(session->MBEDTLS_PRIVATE(peer_cert));
    mbedtls_free(session->MBEDTLS_PRIVATE(peer_cert));
    session->MBEDTLS_PRIVATE(peer_cert) = NULL;
#else
    (void)session;
#endif
}

static void save(struct ango_tls *tls)
{
    uint8_t *memory = tls->config->session;
    mbedtls_ssl_session *session = (mbedtls_ssl_session *)mbedtls_calloc(1, sizeof *session);
    size_t len = 0;
    int ret = MBEDTLS_ERR_SSL_ALLOC_FAILED;

    if (session != NULL && tls->config->session_cap > HEAD_LEN) {
        mbedtls_ssl_session_init(session);
        drop_certificate(tls->state->ssl.MBEDTLS_PRIVATE(session));
        ret = mbedtls_ssl_get_session(&tls->state->ssl, session);
        if (ret == 0)
            ret = mbedtls_ssl_session_save(session, memory + HEAD_LEN, tls->config->session_cap - HEAD_LEN, &len);
        mbedtls_ssl_session_free(session);
    }
    mbedtls_free(session);
    if (ret == 0) {
        /* A resumed session is as old as the verification that it rests on. */
        put(memory + TIME_AT, (uint64_t)(tls->state->verified ? tls->state->now : tls->state->verified_at), 8);
        put(memory + LEN_AT, len, 4);
        ret = digest(tls, len, memory);
    }
    tls->session_len = HEAD_LEN + len;
    if (ret != 0)
        forget(tls);
}

/* --- tickets of TLS 1.3 --------------------------------------------------------------------------- */

#define LIFETIME_MAX 604800 /* seven days, in seconds (RFC 8446, 4.6.1) */
#define NONCE_MAX 32        /* mbedTLS has no room for a label with a longer one */
#define EARLY_DATA 42
#define KNOWN_MAX 51 /* up to this type mbedTLS accepts no extension but early_data; it ignores all above */

/* What is left of a message; is_short sticks. */
struct message {
    const uint8_t *p;
    const uint8_t *end;
    bool is_short;
};

/* Takes `len` bytes off the front. */
static const uint8_t *take(struct message *from, size_t len)
{
    const uint8_t *taken = from->p;

    if (len > (size_t)(from->end - from->p)) {
        from->is_short = true;
        from->p = from->end;
        return NULL;
    }
    from->p += len;
    return taken;
}

static size_t take_number(struct message *from, size_t len)
{
    const uint8_t *taken = take(from, len);

    return taken != NULL ? (size_t)get(taken, len) : 0;
}

static bool are_usual(struct message *extensions)
{
    while (extensions->p != extensions->end) {
        size_t type = take_number(extensions, 2);
        size_t len = take_number(extensions, 2);

        (void)take(extensions, len);
        if (extensions->is_short || (type == EARLY_DATA ? len != 4 : type <= KNOWN_MAX))
            return false;
    }
    return true;
}

/* Whether mbedTLS may read this NewSessionTicket, and it can be kept. */
static bool is_usual(struct message message, size_t cap)
{
    size_t lifetime = take_number(&message, 4);
    size_t nonce_len;
    size_t ticket_len;
    size_t extensions_len;

    (void)take(&message, 4); /* ticket_age_add */
    nonce_len = take_number(&message, 1);
    (void)take(&message, nonce_len);
    ticket_len = take_number(&message, 2);
    (void)take(&message, ticket_len);
    extensions_len = take_number(&message, 2);
    if (message.is_short || extensions_len != (size_t)(message.end - message.p))
        return false;
    return lifetime > 0 && lifetime <= LIFETIME_MAX && nonce_len <= NONCE_MAX && ticket_len > 0 && ticket_len < cap
        && are_usual(&message);
}

static bool skip(struct ango_tls *tls)
{
    const mbedtls_ssl_context *ssl = &tls->state->ssl;
    struct message message;

    message.p = ssl->MBEDTLS_PRIVATE(in_msg) + 4; /* behind type and length */
    message.end = ssl->MBEDTLS_PRIVATE(in_msg) + ssl->MBEDTLS_PRIVATE(in_hslen);
    message.is_short = false;
    return !is_usual(message, tls->config->session_cap);
}

const struct ango_tls_sessions ango_tls_sessions = { restore, save, skip, forget };
