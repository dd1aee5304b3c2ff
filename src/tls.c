/*
 * TLS over a port. Only this and the other tls_*.c know mbedTLS: 3.6 and 4, private or shared with others
 * (tls.h). Differences between versions are detected by the macros that they define.
 *
 * Each connection builds everything anew, in an empty arena if mbedTLS is private, and leaves the arena empty and
 * zeroed, so that nothing drifts over the years.
 */
#include "tls.h"

#include <string.h>

#include <mbedtls/net_sockets.h>
#include <mbedtls/platform.h>
#include <mbedtls/platform_util.h>
#if defined(MBEDTLS_PSA_CRYPTO_C)
#include <psa/crypto.h>
#endif
#if defined(MBEDTLS_ECP_RESTARTABLE) && ANGO_TLS_DRBG
#include <mbedtls/ecp.h>
#endif

#include "arena.h"
#include "calendar.h"

#if MBEDTLS_VERSION_NUMBER < 0x03060000
#error "mbedTLS 3.6 or later is needed"
#endif
#if MBEDTLS_VERSION_NUMBER <= 0x03060200 && defined(MBEDTLS_SSL_PROTO_TLS1_3)
#error "mbedTLS up to 3.6.2 fails each handshake of TLS 1.3 (-0x7200): take a later one, or no MBEDTLS_SSL_PROTO_TLS1_3"
#endif
#if MBEDTLS_VERSION_NUMBER == 0x03060600 && defined(MBEDTLS_SSL_PROTO_TLS1_2)
#error "mbedTLS 3.6.6 refuses RSA-PSS in TLS 1.2 (-0x6600): take another one, or leave MBEDTLS_SSL_PROTO_TLS1_2 out"
#endif

/* What another configuration than ours must have. */
#if !defined(MBEDTLS_SSL_TLS_C) || !defined(MBEDTLS_SSL_CLI_C)
#error "mbedTLS's configuration lacks MBEDTLS_SSL_TLS_C or MBEDTLS_SSL_CLI_C"
#endif
#if !defined(MBEDTLS_SSL_PROTO_TLS1_2) && !defined(MBEDTLS_SSL_PROTO_TLS1_3)
#error "mbedTLS's configuration lacks MBEDTLS_SSL_PROTO_TLS1_2 or MBEDTLS_SSL_PROTO_TLS1_3"
#endif
#if !defined(MBEDTLS_SSL_SERVER_NAME_INDICATION)
#error "mbedTLS's configuration lacks MBEDTLS_SSL_SERVER_NAME_INDICATION: servers would show another certificate"
#endif
#if !defined(MBEDTLS_X509_CRT_PARSE_C)
#error "mbedTLS's configuration lacks MBEDTLS_X509_CRT_PARSE_C: no certificate could be verified"
#endif
#if !defined(MBEDTLS_ECP_DP_SECP256R1_ENABLED) && !defined(PSA_WANT_ECC_SECP_R1_256)
#error "mbedTLS's configuration lacks P-256: MBEDTLS_ECP_DP_SECP256R1_ENABLED, or PSA_WANT_ECC_SECP_R1_256"
#endif
#if ANGO_TLS_DRBG && !defined(MBEDTLS_CTR_DRBG_C)
#error "mbedTLS's configuration lacks MBEDTLS_CTR_DRBG_C, which is seeded from the port's entropy"
#endif
#if !ANGO_TLS_DRBG && !defined(MBEDTLS_PSA_CRYPTO_C)
#error "TF-PSA-Crypto's configuration lacks MBEDTLS_PSA_CRYPTO_C"
#endif

/* With TLS 1.3 built in, mbedTLS would also ask TLS 1.3 servers for small records, and then refuse the answer. */
#if defined(MBEDTLS_SSL_MAX_FRAGMENT_LENGTH) && !defined(MBEDTLS_SSL_PROTO_TLS1_3) && MBEDTLS_SSL_IN_CONTENT_LEN < 16384
#define SMALL_RECORDS 1
#else
#define SMALL_RECORDS 0
#endif
#if ANGO_TLS_PRIVATE
#define AES256 ANGO_AES256
#define X25519_FIRST ANGO_X25519_FIRST
#else
#define AES256 1
#define X25519_FIRST 0
#endif
#define TIME_MIN 1767225600 /* 2026-01-01: a clock before that is wrong */
#define CALLS_MAX 64        /* calls of the port in one step: a peer that never stops sending cannot hold us */

enum { CLOSED, CONNECTING, HANDSHAKE, OPEN };

/* --- the plain port, as mbedTLS sees it ----------------------------------------------------------- */

static void enter(struct ango_tls *tls, uint32_t wait_ms)
{
    tls->entered_ms = ango_tls_clock_ms(tls);
    tls->wait_ms = wait_ms;
    tls->calls = 0;
}

/* The time that this step may still wait. */
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

static void tell_busy(const struct ango_tls *tls)
{
    const struct ango_port *port = tls->config->port;

    if (port->busy != NULL)
        port->busy(port->ctx);
}

/* --- what a private mbedTLS calls ----------------------------------------------------------------- */

#if ANGO_TLS_PRIVATE || ANGO_TLS_DRBG
#define ENTROPY_PIECE 64

static bool draw_entropy(struct ango_tls *tls, unsigned char *buf, size_t len)
{
    const struct ango_port *port = tls->config->port;

    while (len > 0) {
        size_t n = len < ENTROPY_PIECE ? len : ENTROPY_PIECE;

        if (port->entropy(port->ctx, buf, n) != ANGO_OK) {
            tls->no_entropy = 1;
            return false;
        }
        buf += n;
        len -= n;
    }
    return true;
}
#endif

#if ANGO_TLS_DRBG
static int seed(void *ctx, unsigned char *buf, size_t len)
{
    return draw_entropy((struct ango_tls *)ctx, buf, len) ? 0 : MBEDTLS_ERR_CTR_DRBG_ENTROPY_SOURCE_FAILED;
}
#endif

#if ANGO_TLS_PRIVATE
/* The current connection: mbedTLS's hooks take no context. */
static struct ango_tls *in_use;

/* Even the longest computation allocates or frees memory every few million instructions. */
void *ango_tls_calloc(size_t count, size_t size)
{
    if (in_use != NULL)
        tell_busy(in_use);
    return ango_arena_calloc(count, size);
}

void ango_tls_free(void *memory)
{
    if (in_use != NULL)
        tell_busy(in_use);
    ango_arena_free(memory);
}

/* Unix time; it stands still during a connection. */
int64_t ango_tls_now(int64_t *now)
{
    int64_t is = in_use != NULL && in_use->state != NULL ? in_use->state->now : 0;

    if (now != NULL)
        *now = is;
    return is;
}

mbedtls_ms_time_t mbedtls_ms_time(void)
{
    return ango_tls_now(NULL) * 1000;
}

struct tm *mbedtls_platform_gmtime_r(const mbedtls_time_t *tt, struct tm *tm_buf)
{
    int32_t days = (int32_t)(*tt / 86400);
    int32_t left = (int32_t)(*tt % 86400);
    unsigned year = 1970;
    unsigned month = 1;

    while (year < 2099 && ango_days(year + 1, 1, 1) <= days)
        year++;
    while (month < 12 && ango_days(year, month + 1, 1) <= days)
        month++;
    memset(tm_buf, 0, sizeof *tm_buf);
    tm_buf->tm_year = (int)year - 1900;
    tm_buf->tm_mon = (int)month - 1;
    tm_buf->tm_mday = (int)(days - ango_days(year, month, 1)) + 1;
    tm_buf->tm_hour = (int)(left / 3600);
    tm_buf->tm_min = (int)(left / 60 % 60);
    tm_buf->tm_sec = (int)(left % 60);
    return tm_buf;
}

#if defined(MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG)
static bool fill_random(struct ango_tls *tls, uint8_t *output, size_t len)
{
#if ANGO_TLS_DRBG
    return mbedtls_ctr_drbg_random(&tls->state->rng, output, len) == 0; /* up to 1,024 bytes: far more than TLS wants */
#else
    return draw_entropy(tls, output, len);
#endif
}

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context, uint8_t *output,
                                             size_t output_size, size_t *output_length)
{
    (void)context;
    *output_length = 0;
    if (in_use == NULL || in_use->state == NULL)
        return PSA_ERROR_BAD_STATE;
    if (!fill_random(in_use, output, output_size))
        return PSA_ERROR_INSUFFICIENT_ENTROPY;
    *output_length = output_size;
    return PSA_SUCCESS;
}
#endif
#endif

/* --- memory --------------------------------------------------------------------------------------- */

#if ANGO_TLS_PRIVATE
/* False if another connection has the arena: it would be lost, with the secrets in it. */
static bool begin_memory(struct ango_tls *tls)
{
    if (in_use != NULL && in_use != tls)
        return false;
    in_use = tls;
    ango_arena_begin(tls->config->arena, tls->config->arena_cap);
    return true;
}

static void end_memory(struct ango_tls *tls)
{
    if (tls->arena_peak < ango_arena_peak())
        tls->arena_peak = ango_arena_peak();
    tls->arena_left = ango_arena_used();
    ango_arena_wipe();
    in_use = NULL;
}

/* Checked before anything else: a chain looks untrusted if the arena runs out while it is verified. */
static bool ran_out(int ret)
{
    (void)ret;
    return ango_arena_failures() > 0; /* mutant: full-arena */
}
#else
static bool begin_memory(struct ango_tls *tls)
{
    (void)tls;
    return true;
}

static void end_memory(struct ango_tls *tls)
{
    (void)tls;
}

/* Whether the code means that memory ran out. A code has a high part, the module's, and a low part. */
static bool ran_out(int ret)
{
    unsigned high = (unsigned)-ret & 0xFF80;
    unsigned low = (unsigned)-ret & 0x7F;

#if defined(MBEDTLS_PSA_CRYPTO_C)
    if (ret == PSA_ERROR_INSUFFICIENT_MEMORY)
        return true;
#endif
    switch (high) {
    case 0x7F00: /* MBEDTLS_ERR_SSL_ALLOC_FAILED, and so on: X509, PK, ECP, CIPHER, MD, PEM */
    case 0x2880:
    case 0x3F80:
    case 0x4D80:
    case 0x6180:
    case 0x5180:
    case 0x1180:
        return true;
    default:
        return low == 0x10 || low == 0x6A; /* MPI, ASN1 */
    }
}
#endif

int ango_tls_borrow(struct ango_tls *tls, const struct ango_tls_config *config)
{
    memset(tls, 0, sizeof *tls);
    tls->config = config;
    if (!begin_memory(tls))
        return ANGO_E_ARG;
#if defined(MBEDTLS_PSA_CRYPTO_C)
    (void)psa_crypto_init(); /* if it fails, nothing can be verified, and nothing is */
#endif
    return ANGO_OK;
}

bool ango_tls_give_back(struct ango_tls *tls)
{
    bool is_out = ran_out(0);

#if ANGO_TLS_PRIVATE && defined(MBEDTLS_PSA_CRYPTO_C)
    mbedtls_psa_crypto_free();
#endif
    end_memory(tls);
    return is_out;
}

/* --- trust anchors -------------------------------------------------------------------------------- */

static int add_anchor(mbedtls_x509_crt *chain, const struct ango_trust_anchor *anchor)
{
    if (anchor->data == NULL || anchor->len == 0)
        return MBEDTLS_ERR_X509_BAD_INPUT_DATA;
    if (anchor->data[0] == 0x30) /* an ASN.1 SEQUENCE: DER */
        return mbedtls_x509_crt_parse_der_nocopy(chain, anchor->data, anchor->len);
    return mbedtls_x509_crt_parse(chain, anchor->data, anchor->len);
}

static int add_anchors(struct ango_tls *tls)
{
    const struct ango_tls_config *config = tls->config;
    int ret;

    for (tls->anchor = 0; tls->anchor < config->anchors_len; tls->anchor++) {
        ret = add_anchor(&tls->state->anchors, &config->anchors[tls->anchor]);
        if (ret < 0) { /* above 0: how many in a PEM file were not understood, which is harmless */
            tls->mbedtls_error = ret;
            return ran_out(ret) ? ANGO_E_MEMORY : ANGO_E_ANCHOR;
        }
    }
    tls->state->has_anchors = true;
    return ANGO_OK;
}

/* --- a connection's state ------------------------------------------------------------------------- */

static void tear_down(struct ango_tls *tls)
{
    struct ango_tls_state *state = tls->state;

    if (state != NULL) {
        mbedtls_ssl_free(&state->ssl);
        mbedtls_ssl_config_free(&state->conf);
        mbedtls_x509_crt_free(&state->anchors);
#if ANGO_TLS_PRIVATE && defined(MBEDTLS_PSA_CRYPTO_C)
        mbedtls_psa_crypto_free();
#endif
#if ANGO_TLS_DRBG
        mbedtls_ctr_drbg_free(&state->rng);
#endif
        mbedtls_platform_zeroize(state, sizeof *state);
        mbedtls_free(state);
    }
    tls->state = NULL;
    end_memory(tls);
    tls->phase = CLOSED;
}

/* Whether reading or verifying the server's certificates failed, and not the protocol around them. */
static bool is_about_certificate(const struct ango_tls *tls, int ret)
{
    if (tls->state->ssl.MBEDTLS_PRIVATE(state) != MBEDTLS_SSL_SERVER_CERTIFICATE)
        return false;
    return ret > -0x5E80 || ret == MBEDTLS_ERR_SSL_BAD_CERTIFICATE; /* TLS has the codes from -0x5E80 down */
}

/* What an error of mbedTLS means; remembers its code. */
static int failure(struct ango_tls *tls, int ret)
{
    uint32_t flags = mbedtls_ssl_get_verify_result(&tls->state->ssl);

    tls->mbedtls_error = ret;
    if (ran_out(ret))
        return ANGO_E_MEMORY;
    if (tls->no_entropy != 0)
        return ANGO_E_ENTROPY;
    if (tls->port_error != 0)
        return tls->port_error;
    if (flags != UINT32_MAX)
        tls->verify_flags = flags;
    if (tls->verify_flags != 0 || is_about_certificate(tls, ret))
        return ANGO_E_CERT;
    if (ret == MBEDTLS_ERR_SSL_CONN_EOF)
        return ANGO_E_NET;
    return ANGO_E_TLS;
}

/* Sets the name to ask the server for and to find in its certificate: without a final dot, which is for resolvers. */
static int set_host(struct ango_tls_state *state, const char *host)
{
    size_t len = strlen(host);
    char *name;
    int ret;

    if (len > 0 && host[len - 1] == '.')
        len--;
    name = (char *)mbedtls_calloc(1, len + 1);
    if (name == NULL)
        return MBEDTLS_ERR_SSL_ALLOC_FAILED;
    memcpy(name, host, len);
    name[len] = '\0';
    state->host_len = len;
    state->address_len = mbedtls_x509_crt_parse_cn_inet_pton(name, state->address);
    /* An address is not a server name (RFC 6066, 3); ango_tls_verify looks for it. */
    ret = mbedtls_ssl_set_hostname(&state->ssl, state->address_len == 0 ? name : NULL); /* mutant: host-name */
    mbedtls_free(name);
    return ret;
}

/* Tickets cost bytes on the wire: they are requested only if they are kept. */
static void configure_tickets(struct ango_tls_state *state)
{
    (void)state; /* not used with a configuration that has neither tickets nor TLS 1.3 */
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
    if (state->sessions == NULL)
        mbedtls_ssl_conf_session_tickets(&state->conf, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
#endif
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    if (state->sessions == NULL)
        mbedtls_ssl_conf_tls13_key_exchange_modes(&state->conf, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL);
#if defined(MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED) && defined(MBEDTLS_SSL_SESSION_TICKETS)
    else /* mbedTLS 4 always signals them */
        mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(&state->conf,
                                                                 MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#endif
#endif
}

static void configure_record_size(struct ango_tls_state *state)
{
#if SMALL_RECORDS
    unsigned char mfl;

    /* The largest size that mbedTLS allows, which both of its buffers hold; a server may ignore it. */
    for (mfl = MBEDTLS_SSL_MAX_FRAG_LEN_4096; mfl > 0; mfl--)
        if (mbedtls_ssl_conf_max_frag_len(&state->conf, mfl) == 0)
            break;
#else
    (void)state;
#endif
}

static void configure_alpn(struct ango_tls_state *state)
{
#if defined(MBEDTLS_SSL_ALPN)
    static const char *const protocols[] = { "http/1.1", NULL };

    /* It refuses names that are empty or longer than 255 bytes, and nothing else. 3.6 forgot a const. */
    (void)mbedtls_ssl_conf_alpn_protocols(&state->conf, (void *)(uintptr_t)protocols);
#else
    (void)state;
#endif
}

static void configure_algorithms(struct ango_tls_state *state)
{
    /* AEAD with forward secrecy; AES-128 first, since it is cheaper and enough. */
    static const int suites[] = {
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
        MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
#if AES256
        MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
#endif
#endif
#if defined(MBEDTLS_SSL_PROTO_TLS1_2)
        MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
#if AES256
        MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
#endif
#endif
        0
    };
    /* TLS 1.3 sends the key share of the first one unasked, so the cheapest goes first. */
    static const uint16_t groups[] = {
#if X25519_FIRST
        MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
#endif
        MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
#if defined(PSA_WANT_ECC_MONTGOMERY_255) && !X25519_FIRST
        MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
#endif
#if defined(MBEDTLS_ECP_DP_SECP384R1_ENABLED) || defined(PSA_WANT_ECC_SECP_R1_384)
        MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
#endif
        MBEDTLS_SSL_IANA_TLS_GROUP_NONE
    };

    mbedtls_ssl_conf_ciphersuites(&state->conf, suites);
    mbedtls_ssl_conf_groups(&state->conf, groups);
}

static int configure(struct ango_tls *tls, const char *host)
{
    struct ango_tls_state *state = tls->state;
    int ret = mbedtls_ssl_config_defaults(&state->conf, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                          MBEDTLS_SSL_PRESET_DEFAULT);

    if (ret != 0)   /* uncovered: defaults */
        return ret; /* uncovered: defaults */
    mbedtls_ssl_conf_authmode(&state->conf, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(&state->conf, &state->anchors, NULL);
    mbedtls_ssl_conf_verify(&state->conf, ango_tls_verify, tls);
#if ANGO_TLS_DRBG
    mbedtls_ssl_conf_rng(&state->conf, mbedtls_ctr_drbg_random, &state->rng);
#endif
    configure_algorithms(state);
    configure_tickets(state);
    configure_record_size(state);
    configure_alpn(state);
    ret = mbedtls_ssl_setup(&state->ssl, &state->conf);
    if (ret == 0)
        ret = set_host(state, host);
    mbedtls_ssl_set_bio(&state->ssl, tls, bio_send, bio_recv, NULL);
    return ret;
}

/* What mbedTLS needs before it can compute. */
static int start_crypto(struct ango_tls *tls)
{
    int ret = 0;

    (void)tls;
#if ANGO_TLS_DRBG
    mbedtls_ctr_drbg_init(&tls->state->rng);
#endif
#if defined(MBEDTLS_PSA_CRYPTO_C)
    ret = (int)psa_crypto_init();
#endif
#if ANGO_TLS_DRBG
    if (ret == 0) /* uncovered: psa-starts */
        ret = mbedtls_ctr_drbg_seed(&tls->state->rng, seed, tls, NULL, 0);
#endif
#if ANGO_TLS_PRIVATE && defined(MBEDTLS_ECP_RESTARTABLE)
#if ANGO_TLS_DRBG
    mbedtls_ecp_set_max_ops(tls->config->ecp_max_ops);
#else
    psa_interruptible_set_max_ops(tls->config->ecp_max_ops == 0 ? UINT32_MAX : tls->config->ecp_max_ops);
#endif
#endif
    return ret;
}

/* Everything up to the first byte on the wire. */
static int set_up(struct ango_tls *tls, const char *host, uint16_t tcp_port)
{
    const struct ango_tls_config *config = tls->config;
    const struct ango_port *port = config->port;
    struct ango_tls_state *state;
    int64_t now = port->time != NULL ? port->time(port->ctx) : 0;
    int ret;

    tls->mbedtls_error = 0;
    tls->verify_flags = 0;
    if (tls->config->names != NULL) /* or an earlier connection's would look like this one's */
        memset(tls->config->refused, 0, sizeof *tls->config->refused);
    tls->port_error = 0;
    tls->no_entropy = 0;
    tls->ended = 0;
    if (port->time != NULL && now < TIME_MIN)
        return ANGO_E_CLOCK;
    state = (struct ango_tls_state *)mbedtls_calloc(1, sizeof *state);
    if (state == NULL)
        return ANGO_E_MEMORY;
    tls->state = state;
    state->now = now;
    state->host = host;
    state->sessions = tls->go_without ? NULL : config->sessions;
    tls->go_without = false;
    mbedtls_ssl_init(&state->ssl);
    mbedtls_ssl_config_init(&state->conf);
    mbedtls_x509_crt_init(&state->anchors);
    ret = start_crypto(tls);
    if (ret == 0)
        ret = configure(tls, host);
    if (ret == 0 && state->sessions != NULL)
        ret = state->sessions->restore(tls, host, tcp_port);
    if (ret != 0)
        return failure(tls, ret);
    /* To resume, no certificate is verified; if the server wants a full handshake, the anchors are added then. */
    return state->offered ? ANGO_OK : add_anchors(tls);
}

/* --- the secure port ------------------------------------------------------------------------------ */

int ango_tls_init(struct ango_tls *tls, const struct ango_tls_config *config)
{
    const struct ango_port *port;

    if (tls == NULL || config == NULL || config->port == NULL || config->anchors == NULL || config->anchors_len == 0
        || (config->sessions != NULL && config->session == NULL) || (config->names != NULL && config->refused == NULL))
        return ANGO_E_ARG;
#if ANGO_TLS_PRIVATE
    if (config->arena == NULL || config->arena_cap == 0)
        return ANGO_E_ARG;
#else
    if (config->arena != NULL) /* it would not be used */
        return ANGO_E_ARG;
#endif
    port = config->port;
    if (port->connect == NULL || port->send == NULL || port->recv == NULL || port->close == NULL)
        return ANGO_E_ARG;
#if ANGO_TLS_PRIVATE || ANGO_TLS_DRBG
    if (port->entropy == NULL)
        return ANGO_E_ARG;
#endif
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
        || ret == MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS /* uncovered: restartable */
        || ret == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET;
}

/* The handshake is over. */
static void finish_handshake(struct ango_tls *tls)
{
    mbedtls_ssl_context *ssl = &tls->state->ssl;

    tls->phase = OPEN;
    tls->handshakes++;
    tls->resumed += !tls->state->verified;
    /* In TLS 1.3 what can be resumed comes later, as a ticket. */
    if (tls->state->sessions != NULL && mbedtls_ssl_get_version_number(ssl) == MBEDTLS_SSL_VERSION_TLS1_2)
        tls->state->sessions->save(tls);
    tls->version = mbedtls_ssl_get_version(ssl);
    tls->ciphersuite = mbedtls_ssl_get_ciphersuite(ssl);
}

/* Takes as many steps of the handshake as the time allows; at least one. */
static int handshake(struct ango_tls *tls)
{
    mbedtls_ssl_context *ssl = &tls->state->ssl;
    int ret;

    while (!mbedtls_ssl_is_handshake_over(ssl)) {
        if (!tls->state->has_anchors && ssl->MBEDTLS_PRIVATE(state) == MBEDTLS_SSL_SERVER_CERTIFICATE) {
            int err = add_anchors(tls);

            if (err != ANGO_OK)
                return err;
        }
        tell_busy(tls);
        ret = mbedtls_ssl_handshake_step(ssl);
        if (is_wait(ret) || (ret == 0 && wait_left(tls) == 0))
            return ANGO_E_WAIT;
        if (ret != 0)
            return failure(tls, ret);
    }
    finish_handshake(tls);
    return ANGO_OK;
}

/* Handles a failure of the handshake: nothing of a request has been sent. */
static int give_up(struct ango_tls *tls, int err)
{
    const struct ango_port *plain = tls->config->port;
    bool had_sessions = tls->state->sessions != NULL;

    if (had_sessions && tls->state->offered)
        tls->state->sessions->forget(tls); /* so that it does not fail the next time too */
    tls->go_without = had_sessions;
    plain->close(plain->ctx);
    tear_down(tls);
    return had_sessions && err == ANGO_E_TLS ? ANGO_E_WAIT : err; /* a ticket costs a full handshake at most */
}

int ango_tls_connect(void *ctx, const char *host, uint16_t port, uint32_t wait_ms)
{
    struct ango_tls *tls = (struct ango_tls *)ctx;
    const struct ango_port *plain = tls->config->port;
    int err = ANGO_OK;

    enter(tls, wait_ms);
    if (tls->phase == CLOSED) {
        if (!begin_memory(tls))
            return ANGO_E_ARG;
        err = set_up(tls, host, port);
        if (err != ANGO_OK) {
            tear_down(tls);
            return err;
        }
        tls->phase = CONNECTING;
    }
    tls->state->host = host;
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
    return err == ANGO_OK || err == ANGO_E_WAIT ? err : give_up(tls, err);
}

/* A failure after the handshake, which sessions may have caused: the next connection goes without them. */
static int fail_open(struct ango_tls *tls, int ret)
{
    tls->go_without = tls->state->sessions != NULL;
    return failure(tls, ret);
}

int ango_tls_send(void *ctx, const uint8_t *data, size_t len, uint32_t wait_ms)
{
    struct ango_tls *tls = (struct ango_tls *)ctx;
    int ret;

    enter(tls, wait_ms);
    ret = mbedtls_ssl_write(&tls->state->ssl, data, len);
    if (ret > 0)
        return ret;
    return is_wait(ret) ? ANGO_E_WAIT : fail_open(tls, ret);
}

/*
 * TLS 1.3: mbedTLS has met a ticket, will read it in the next call, and will give the connection up if it is
 * unusual, although a request may have been carried out. A ticket that is not wanted is skipped, as 3.6 does by
 * itself if tickets are not signalled.
 */
static bool skip_ticket(struct ango_tls *tls)
{
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    mbedtls_ssl_context *ssl = &tls->state->ssl;

    if (ssl->MBEDTLS_PRIVATE(state) != MBEDTLS_SSL_TLS1_3_NEW_SESSION_TICKET
        || (tls->state->sessions != NULL && !tls->state->sessions->skip(tls))) /* uncovered: unasked-tickets */
        return false;
    ssl->MBEDTLS_PRIVATE(state) = MBEDTLS_SSL_HANDSHAKE_OVER;
    ssl->MBEDTLS_PRIVATE(keep_current_message) = 0;
    return true;
#else
    (void)tls;
    return false;
#endif
}

/* Whether a ticket came, and mbedTLS must be called again for what has arrived already. */
static bool is_ticket(struct ango_tls *tls, int ret)
{
    if (ret == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
        if (tls->state->sessions != NULL) /* uncovered: unasked-tickets */
            tls->state->sessions->save(tls);
        return true;
    }
    return ret == MBEDTLS_ERR_SSL_WANT_READ && skip_ticket(tls);
}

int ango_tls_recv(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms)
{
    struct ango_tls *tls = (struct ango_tls *)ctx;
    int ret;

    enter(tls, wait_ms);
    do {
        ret = mbedtls_ssl_read(&tls->state->ssl, buf, cap);
    } while ((is_ticket(tls, ret) || (ret == 0 && !tls->ended)) && tls->calls < CALLS_MAX);
    if (ret > 0)
        return ret;
    if (ret == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
        return 0;
    if (ret == 0 && tls->ended)
        return ANGO_E_TRUNCATED; /* the connection ended without close_notify */
    if (ret == 0 || is_wait(ret))
        return ANGO_E_WAIT; /* 0: an empty record, of which mbedTLS takes three in a row */
    ret = fail_open(tls, ret);
    /* BAD_INPUT_DATA has only one cause in this phase: a record that does not fit MBEDTLS_SSL_IN_CONTENT_LEN. */
    if (tls->mbedtls_error == MBEDTLS_ERR_SSL_BAD_INPUT_DATA && ret == ANGO_E_TLS) /* uncovered: large-record */
        return ANGO_E_TOO_BIG;                                                     /* uncovered: large-record */
    return ret;
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
