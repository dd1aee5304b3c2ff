/*
 * TLS sessions that survive a sleep: after a handshake what is needed to resume goes to the caller's memory,
 * and it is offered at the next one. Linked only when a configuration names ango_tls_sessions.
 *
 * The memory holds a digest (32 bytes), when the certificates were verified (8), a length (4), and mbedTLS's
 * own form of the session. The digest covers all that and what the session is bound to, so that whatever does
 * not belong here, or is not whole, is not even parsed.
 */
#include "tls.h"

#include <string.h>

#include <mbedtls/platform.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/sha256.h>
#include <mbedtls/version.h>

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

/* Each part with its length, so that no two lists of parts look alike. */
static int add(mbedtls_sha256_context *sha, const void *data, size_t len)
{
    uint8_t head[8];
    int ret;

    put(head, len, sizeof head);
    ret = mbedtls_sha256_update(sha, head, sizeof head);
    return ret == 0 ? mbedtls_sha256_update(sha, (const unsigned char *)data, len) : ret;
}

/* What a session is good for: this library, this mbedTLS, this host and port, these trust anchors. */
static int bind(struct ango_tls *tls, const char *host, uint16_t port)
{
    static const char build[] = "ango " ANGO_VERSION ", " MBEDTLS_VERSION_STRING_FULL;
    const struct ango_tls_config *config = tls->config;
    uint8_t port_bytes[2];
    mbedtls_sha256_context sha;
    size_t i;
    int ret;

    put(port_bytes, port, sizeof port_bytes);
    mbedtls_sha256_init(&sha);
    ret = mbedtls_sha256_starts(&sha, 0);
    if (ret == 0)
        ret = add(&sha, build, sizeof build);
    if (ret == 0)
        ret = add(&sha, host, strlen(host));
    if (ret == 0)
        ret = add(&sha, port_bytes, sizeof port_bytes);
    for (i = 0; ret == 0 && i < config->anchors_len; i++)
        ret = add(&sha, config->anchors[i].data, config->anchors[i].len);
    if (ret == 0)
        ret = mbedtls_sha256_finish(&sha, tls->state->binding);
    mbedtls_sha256_free(&sha);
    return ret;
}

/* The digest of what the memory holds behind it. */
static int digest(struct ango_tls *tls, size_t len, uint8_t *out)
{
    mbedtls_sha256_context sha;
    int ret;

    mbedtls_sha256_init(&sha);
    ret = mbedtls_sha256_starts(&sha, 0);
    if (ret == 0)
        ret = add(&sha, tls->state->binding, DIGEST_LEN);
    if (ret == 0)
        ret = add(&sha, tls->config->session + TIME_AT, HEAD_LEN - TIME_AT + len);
    if (ret == 0)
        ret = mbedtls_sha256_finish(&sha, out);
    mbedtls_sha256_free(&sha);
    return ret;
}

/* Whether the memory holds a session that may be offered; its length and age are then known. */
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
    /* One that mbedTLS does not like is not used; without memory for it the handshake would fail anyway. */
    return ret == MBEDTLS_ERR_SSL_ALLOC_FAILED ? ret : 0;
}

/* A build with TLS 1.3 keeps the server's certificate with the session, and nothing asks for it again. */
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
        /* A resumed session is as old as the verification that it goes back to. */
        put(memory + TIME_AT, (uint64_t)(tls->state->verified ? tls->state->now : tls->state->verified_at), 8);
        put(memory + LEN_AT, len, 4);
        ret = digest(tls, len, memory);
    }
    tls->session_len = HEAD_LEN + len;
    if (ret != 0)
        forget(tls);
}

const struct ango_tls_sessions ango_tls_sessions = { restore, save, forget };
