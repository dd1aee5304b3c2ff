/*
 * TLS over a port. With tls_session.c the only one that knows mbedTLS (3.6; what a later one needs otherwise
 * is in here).
 *
 * Each connection builds everything in the empty arena and leaves it empty and zeroed, so that nothing drifts
 * over the years.
 */
#include "tls.h"

#include <string.h>

#include <mbedtls/ecp.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/oid.h>
#include <mbedtls/platform.h>
#if defined(MBEDTLS_PSA_CRYPTO_C)
#include <psa/crypto.h>
#endif

#include "arena.h"
#include "calendar.h"

#if !defined(MBEDTLS_PLATFORM_MEMORY)
#error "mbedTLS must take its memory from the arena: build it with src/ango_mbedtls_config.h, or MBEDTLS_PLATFORM_MEMORY"
#endif
#if ANGO_TLS_EXPIRED != MBEDTLS_X509_BADCERT_EXPIRED || ANGO_TLS_OTHER_HOST != MBEDTLS_X509_BADCERT_CN_MISMATCH \
    || ANGO_TLS_NOT_TRUSTED != MBEDTLS_X509_BADCERT_NOT_TRUSTED || ANGO_TLS_NOT_YET_VALID != MBEDTLS_X509_BADCERT_FUTURE
#error "ango_tls.h and mbedtls/x509.h disagree"
#endif

/* With TLS 1.3 built in, mbedTLS would ask a server of TLS 1.3 too, and then refuse the answer. */
#if defined(MBEDTLS_SSL_MAX_FRAGMENT_LENGTH) && !defined(MBEDTLS_SSL_PROTO_TLS1_3) \
    && MBEDTLS_SSL_IN_CONTENT_LEN < 16384
#define SMALL_RECORDS 1
#else
#define SMALL_RECORDS 0
#endif
#define TIME_MIN 1767225600 /* 2026-01-01: a clock before that is wrong */
#define CALLS_MAX 64        /* calls of the port in one step: a peer that always has something cannot hold us */

enum { CLOSED, CONNECTING, HANDSHAKE, OPEN };

/* --- the plain port, as mbedTLS sees it ----------------------------------------------------------- */

static void enter(struct ango_tls *tls, uint32_t wait_ms)
{
    tls->entered_ms = ango_tls_clock_ms(tls);
    tls->wait_ms = wait_ms;
    tls->calls = 0;
}

/* What is left of the time that this step may wait. */
static uint32_t wait_left(struct ango_tls *tls)
{
    uint32_t elapsed = ango_tls_clock_ms(tls) - tls->entered_ms;

    return elapsed < tls->wait_ms ? tls->wait_ms - elapsed : 0;
}

/* The result of a transfer of at most `len` bytes, in mbedTLS's terms. */
static int transferred(struct ango_tls *tls, int n, size_t len, int want, int failed)
{
    if (n == ANGO_E_WAIT)
        return want;
    if (n >= 0 && (size_t)n <= len)
        return n;
    tls->port_error = n < 0 ? n : ANGO_E_NET;
    return failed;
}

static int bio_send(void *ctx, const unsigned char *data, size_t len)
{
    struct ango_tls *tls = (struct ango_tls *)ctx;
    const struct ango_port *port = tls->config->port;
    int n;

    if (tls->calls++ == CALLS_MAX)
        return MBEDTLS_ERR_SSL_WANT_WRITE;
    n = transferred(tls, port->send(port->ctx, data, len, wait_left(tls)), len, MBEDTLS_ERR_SSL_WANT_WRITE,
                    MBEDTLS_ERR_NET_SEND_FAILED);
    if (n != 0)
        return n;
    tls->port_error = ANGO_E_NET; /* mbedTLS would take 0 for success */
    return MBEDTLS_ERR_NET_SEND_FAILED;
}

static int bio_recv(void *ctx, unsigned char *buf, size_t cap)
{
    struct ango_tls *tls = (struct ango_tls *)ctx;
    const struct ango_port *port = tls->config->port;

    int n;

    if (tls->calls++ == CALLS_MAX)
        return MBEDTLS_ERR_SSL_WANT_READ;
    n = transferred(tls, port->recv(port->ctx, buf, cap, wait_left(tls)), cap, MBEDTLS_ERR_SSL_WANT_READ,
                    MBEDTLS_ERR_NET_RECV_FAILED);
    tls->ended = n == 0;
    return n;
}

/* --- randomness ----------------------------------------------------------------------------------- */

#define ENTROPY_PIECE 64

static int seed(void *ctx, unsigned char *buf, size_t len)
{
    struct ango_tls *tls = (struct ango_tls *)ctx;
    const struct ango_port *port = tls->config->port;

    while (len > 0) {
        size_t n = len < ENTROPY_PIECE ? len : ENTROPY_PIECE;

        if (port->entropy(port->ctx, buf, n) != ANGO_OK) {
            tls->no_entropy = 1;
            return MBEDTLS_ERR_CTR_DRBG_ENTROPY_SOURCE_FAILED;
        }
        buf += n;
        len -= n;
    }
    return 0;
}

#if defined(MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG)
/* PSA has no place for a context of ours: the generator of the connection that there is. */
static mbedtls_ctr_drbg_context *psa_rng;

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context, uint8_t *output,
                                             size_t output_size, size_t *output_length)
{
    (void)context;
    *output_length = 0;
    while (psa_rng != NULL && *output_length < output_size) {
        size_t n = output_size - *output_length;

        if (n > MBEDTLS_CTR_DRBG_MAX_REQUEST)
            n = MBEDTLS_CTR_DRBG_MAX_REQUEST;
        if (mbedtls_ctr_drbg_random(psa_rng, output + *output_length, n) != 0)
            return PSA_ERROR_INSUFFICIENT_ENTROPY;
        *output_length += n;
    }
    return psa_rng != NULL ? PSA_SUCCESS : PSA_ERROR_BAD_STATE;
}
#endif

/* --- certificates --------------------------------------------------------------------------------- */

static int64_t seconds(const mbedtls_x509_time *t)
{
    return (int64_t)ango_days((unsigned)t->year, (unsigned)t->mon, (unsigned)t->day) * 86400
        + ((int64_t)t->hour * 60 + t->min) * 60 + t->sec;
}

/* Called by mbedTLS for each certificate of the chain, after its own checks: what it leaves to us. */
static int verify(void *ctx, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
    struct ango_tls *tls = (struct ango_tls *)ctx;

    tls->state->verified = true;
    /* The port's clock decides, whether or not mbedTLS has one of its own. */
    *flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
    if (tls->config->port->time != NULL) {
        if (tls->state->now > seconds(&certificate->valid_to))
            *flags |= MBEDTLS_X509_BADCERT_EXPIRED;
        if (tls->state->now < seconds(&certificate->valid_from))
            *flags |= MBEDTLS_X509_BADCERT_FUTURE;
    }
    /* mbedTLS falls back on the subject's common name, which nobody has to vouch for (RFC 9525, 2). */
    if (depth == 0 && !mbedtls_x509_crt_has_ext_type(certificate, MBEDTLS_X509_EXT_SUBJECT_ALT_NAME))
        *flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
    return 0;
}

static int add_anchor(mbedtls_x509_crt *chain, const struct ango_trust_anchor *anchor)
{
    if (anchor->data == NULL || anchor->len == 0)
        return MBEDTLS_ERR_X509_BAD_INPUT_DATA;
    if (anchor->data[0] == 0x30) /* an ASN.1 SEQUENCE: DER */
        return mbedtls_x509_crt_parse_der_nocopy(chain, anchor->data, anchor->len);
    return mbedtls_x509_crt_parse(chain, anchor->data, anchor->len);
}

/* --- a connection's state ------------------------------------------------------------------------- */

static void tear_down(struct ango_tls *tls)
{
    struct ango_tls_state *state = tls->state;

    if (state != NULL) {
        mbedtls_ssl_free(&state->ssl);
        mbedtls_ssl_config_free(&state->conf);
        mbedtls_x509_crt_free(&state->anchors);
#if defined(MBEDTLS_PSA_CRYPTO_C)
        mbedtls_psa_crypto_free();
#endif
#if defined(MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG)
        psa_rng = NULL;
#endif
        mbedtls_ctr_drbg_free(&state->rng);
        ango_arena_free(state);
    }
    if (tls->arena_peak < ango_arena_peak())
        tls->arena_peak = ango_arena_peak();
    tls->arena_left = ango_arena_used();
    ango_arena_wipe();
    tls->state = NULL;
    tls->phase = CLOSED;
}

/* What mbedTLS's failure means; remembers its code. */
static int failure(struct ango_tls *tls, int ret)
{
    unsigned high = (unsigned)-ret & 0xFF80;
    uint32_t flags = tls->state != NULL ? mbedtls_ssl_get_verify_result(&tls->state->ssl) : 0;

    tls->mbedtls_error = ret;
    /* An arena that ran out while a chain was verified looks like an untrusted one, so it is asked first. */
    if (ango_arena_failures() > 0)
        return ANGO_E_MEMORY;
    if (tls->no_entropy)
        return ANGO_E_ENTROPY;
    if (tls->port_error != 0)
        return tls->port_error;
    if (flags != UINT32_MAX)
        tls->verify_flags = flags;
    if (tls->verify_flags != 0 || (high >= 0x2080 && high <= 0x2F80)) /* mbedtls/x509.h's range */
        return ANGO_E_CERT;
    if (ret == MBEDTLS_ERR_SSL_CONN_EOF)
        return ANGO_E_NET;
    return ANGO_E_TLS;
}

static int configure(struct ango_tls *tls, const char *host)
{
    /* AEAD with forward secrecy; the 128-bit ones first, since they are cheaper and enough. */
    static const int suites[] = {
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
        MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
        MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
#endif
#if defined(MBEDTLS_SSL_PROTO_TLS1_2)
        MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
#endif
        0
    };
    /* The first one's key share is sent unasked in TLS 1.3, so the cheapest goes first. */
    static const uint16_t groups[] = {
#if ANGO_X25519_FIRST
        MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
#endif
        MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
#if defined(MBEDTLS_ECP_DP_CURVE25519_ENABLED) && !ANGO_X25519_FIRST
        MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
#endif
        MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
        MBEDTLS_SSL_IANA_TLS_GROUP_NONE
    };
    static const char *const protocols[] = { "http/1.1", NULL };
    struct ango_tls_state *state = tls->state;
#if SMALL_RECORDS
    unsigned char mfl;
#endif
    int ret = mbedtls_ssl_config_defaults(&state->conf, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                          MBEDTLS_SSL_PRESET_DEFAULT);

    if (ret != 0)
        return ret;
    mbedtls_ssl_conf_authmode(&state->conf, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(&state->conf, &state->anchors, NULL);
    mbedtls_ssl_conf_verify(&state->conf, verify, tls);
    mbedtls_ssl_conf_rng(&state->conf, mbedtls_ctr_drbg_random, &state->rng);
    mbedtls_ssl_conf_ciphersuites(&state->conf, suites);
    mbedtls_ssl_conf_groups(&state->conf, groups);
    /* Tickets cost bytes on the wire: they are asked for only where somebody keeps them. */
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
    if (tls->config->sessions == NULL)
        mbedtls_ssl_conf_session_tickets(&state->conf, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
#endif
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    if (tls->config->sessions == NULL)
        mbedtls_ssl_conf_tls13_key_exchange_modes(&state->conf, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL);
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
    else
        mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
            &state->conf, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#endif
#endif
#if SMALL_RECORDS
    /* The longest that mbedTLS allows, which is what both of its buffers hold; a server may ignore it. */
    for (mfl = MBEDTLS_SSL_MAX_FRAG_LEN_4096; mfl > 0; mfl--)
        if (mbedtls_ssl_conf_max_frag_len(&state->conf, mfl) == 0)
            break;
#endif
#if defined(MBEDTLS_SSL_ALPN)
    ret = mbedtls_ssl_conf_alpn_protocols(&state->conf, (const char **)(uintptr_t)protocols);
#endif
    if (ret == 0)
        ret = mbedtls_ssl_setup(&state->ssl, &state->conf);
    if (ret == 0)
        ret = mbedtls_ssl_set_hostname(&state->ssl, host);
    mbedtls_ssl_set_bio(&state->ssl, tls, bio_send, bio_recv, NULL);
    return ret;
}

/* Everything up to the first byte on the wire. */
static int set_up(struct ango_tls *tls, const char *host, uint16_t tcp_port)
{
    const struct ango_tls_config *config = tls->config;
    const struct ango_port *port = config->port;
    struct ango_tls_state *state;
    int64_t now = port->time != NULL ? port->time(port->ctx) : 0;
    int ret = 0;
    size_t i;

    tls->mbedtls_error = 0;
    tls->verify_flags = 0;
    tls->port_error = 0;
    tls->no_entropy = 0;
    tls->ended = 0;
    ango_arena_begin(config->arena, config->arena_cap); /* first, since it is wiped whatever comes of this */
    if (port->time != NULL && now < TIME_MIN)
        return ANGO_E_CLOCK;
    mbedtls_platform_set_calloc_free(ango_arena_calloc, ango_arena_free);
    state = (struct ango_tls_state *)ango_arena_calloc(1, sizeof *state);
    if (state == NULL)
        return ANGO_E_MEMORY;
    tls->state = state;
    state->now = now;
    mbedtls_ssl_init(&state->ssl);
    mbedtls_ssl_config_init(&state->conf);
    mbedtls_x509_crt_init(&state->anchors);
    mbedtls_ctr_drbg_init(&state->rng);
    ret = mbedtls_ctr_drbg_seed(&state->rng, seed, tls, NULL, 0);
    if (ret != 0)
        return failure(tls, ret);
#if defined(MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG)
    psa_rng = &state->rng;
#endif
#if defined(MBEDTLS_PSA_CRYPTO_C)
    ret = (int)psa_crypto_init();
    if (ret != 0)
        return failure(tls, ret);
#endif
#if defined(MBEDTLS_ECP_RESTARTABLE)
    mbedtls_ecp_set_max_ops(config->ecp_max_ops);
#endif
    for (i = 0; i < config->anchors_len; i++) {
        ret = add_anchor(&state->anchors, &config->anchors[i]);
        if (ret < 0) { /* more than 0: so many of a PEM file were not understood, which harms nobody */
            tls->mbedtls_error = ret;
            return ango_arena_failures() > 0 ? ANGO_E_MEMORY : ANGO_E_ARG;
        }
    }
    ret = configure(tls, host);
    if (ret == 0 && config->sessions != NULL)
        ret = config->sessions->restore(tls, host, tcp_port);
    return ret == 0 ? ANGO_OK : failure(tls, ret);
}

/* --- the secure port ------------------------------------------------------------------------------ */

int ango_tls_init(struct ango_tls *tls, const struct ango_tls_config *config)
{
    const struct ango_port *port;

    if (tls == NULL || config == NULL || config->port == NULL || config->anchors == NULL || config->anchors_len == 0
        || config->arena == NULL || config->arena_cap == 0 || (config->sessions != NULL && config->session == NULL))
        return ANGO_E_ARG;
    port = config->port;
    if (port->connect == NULL || port->send == NULL || port->recv == NULL || port->close == NULL
        || port->entropy == NULL)
        return ANGO_E_ARG;
    if (port->clock_ms == NULL || (port->time == NULL && !config->no_clock))
        return ANGO_E_CLOCK;
    memset(tls, 0, sizeof *tls);
    tls->config = config;
    tls->version = tls->ciphersuite = "";
    return ANGO_OK;
}

/* Whether mbedTLS only wants to be called again. */
static bool is_wait(int ret)
{
    return ret == MBEDTLS_ERR_SSL_WANT_READ || ret == MBEDTLS_ERR_SSL_WANT_WRITE
        || ret == MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS || ret == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET;
}

/* As many steps of the handshake as the time allows; at least one. */
static int handshake(struct ango_tls *tls)
{
    mbedtls_ssl_context *ssl = &tls->state->ssl;
    int ret;

    while (!mbedtls_ssl_is_handshake_over(ssl)) {
        ret = mbedtls_ssl_handshake_step(ssl);
        if (is_wait(ret) || (ret == 0 && wait_left(tls) == 0))
            return ANGO_E_WAIT;
        if (ret != 0) {
            if (tls->state->offered)
                tls->config->sessions->forget(tls); /* whatever it was, it shall not fail the next time too */
            return failure(tls, ret);
        }
    }
    tls->phase = OPEN;
    tls->handshakes++;
    tls->resumed += !tls->state->verified;
    /* In TLS 1.3 what can be resumed comes later, as a ticket. */
    if (tls->config->sessions != NULL && mbedtls_ssl_get_version_number(ssl) == MBEDTLS_SSL_VERSION_TLS1_2)
        tls->config->sessions->save(tls);
    tls->version = mbedtls_ssl_get_version(ssl);
    tls->ciphersuite = mbedtls_ssl_get_ciphersuite(ssl);
    return ANGO_OK;
}

int ango_tls_connect(void *ctx, const char *host, uint16_t port, uint32_t wait_ms)
{
    struct ango_tls *tls = (struct ango_tls *)ctx;
    const struct ango_port *plain = tls->config->port;
    int err = ANGO_OK;

    enter(tls, wait_ms);
    if (tls->phase == CLOSED) {
        err = set_up(tls, host, port);
        if (err != ANGO_OK) {
            tear_down(tls);
            return err;
        }
        tls->phase = CONNECTING;
    }
    if (tls->phase == CONNECTING) {
        err = plain->connect(plain->ctx, host, port, wait_left(tls));
        if (err == ANGO_E_WAIT)
            return err;
        if (err != ANGO_OK) {
            tls->port_error = err;
            tear_down(tls);
            return err;
        }
        tls->phase = HANDSHAKE;
    }
    err = handshake(tls);
    if (err != ANGO_OK && err != ANGO_E_WAIT) {
        plain->close(plain->ctx);
        tear_down(tls);
    }
    return err;
}

int ango_tls_send(void *ctx, const uint8_t *data, size_t len, uint32_t wait_ms)
{
    struct ango_tls *tls = (struct ango_tls *)ctx;
    int ret;

    enter(tls, wait_ms);
    ret = mbedtls_ssl_write(&tls->state->ssl, data, len);
    if (ret > 0)
        return ret;
    return is_wait(ret) ? ANGO_E_WAIT : failure(tls, ret);
}

int ango_tls_recv(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms)
{
    struct ango_tls *tls = (struct ango_tls *)ctx;
    int ret;

    enter(tls, wait_ms);
    do {
        ret = mbedtls_ssl_read(&tls->state->ssl, buf, cap);
        if (ret == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET && tls->config->sessions != NULL)
            tls->config->sessions->save(tls);
    } while ((ret == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET || (ret == 0 && !tls->ended))
             && tls->calls < CALLS_MAX);
    if (ret > 0)
        return ret;
    if (ret == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
        return 0;
    if (ret == 0 && tls->ended)
        return ANGO_E_TRUNCATED; /* the connection ended without close_notify */
    if (ret == 0 || is_wait(ret))
        return ANGO_E_WAIT; /* 0: an empty record, of which mbedTLS takes three in a row */
    ret = failure(tls, ret);
    /* Its only cause in this phase is a record that does not fit MBEDTLS_SSL_IN_CONTENT_LEN. */
    return tls->mbedtls_error == MBEDTLS_ERR_SSL_BAD_INPUT_DATA && ret == ANGO_E_TLS ? ANGO_E_TOO_BIG : ret;
}

void ango_tls_close(void *ctx)
{
    struct ango_tls *tls = (struct ango_tls *)ctx;

    if (tls->phase == CLOSED)
        return;
    enter(tls, 0);
    if (tls->phase == OPEN)
        (void)mbedtls_ssl_close_notify(&tls->state->ssl);
    tls->config->port->close(tls->config->port->ctx);
    tear_down(tls);
}

uint32_t ango_tls_clock_ms(void *ctx)
{
    const struct ango_port *port = ((struct ango_tls *)ctx)->config->port;

    return port->clock_ms(port->ctx);
}

int64_t ango_tls_time(void *ctx)
{
    const struct ango_port *port = ((struct ango_tls *)ctx)->config->port;

    return port->time != NULL ? port->time(port->ctx) : 0;
}
