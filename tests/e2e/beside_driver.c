/*
 * A program with an mbedTLS of its own, in its default configuration: it has a TLS connection and a key of PSA before,
 * while and after the library invites somebody. Driven by tests/e2e/test_beside.py, in two ways: the library uses the
 * same mbedTLS (built with +shared), or, with -DBESIDE_ARENA, it is the installed one, whose own mbedTLS is hidden.
 *
 *   beside_driver PORT CA.pem KEY ORGANIZATION
 *
 * Prints "N checks passed", or what failed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/net_sockets.h>
#include <mbedtls/psa_util.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#include <psa/crypto.h>

#include "ango.h"
#include "ango_posix.h"
#include "ango_tls.h"

#ifdef BESIDE_ARENA
static long arena[64 * 1024 / sizeof(long)];
#endif

static struct {
    mbedtls_ssl_context ssl;
    mbedtls_ssl_config conf;
    mbedtls_x509_crt ca;
    mbedtls_net_context net;
} own;
static psa_key_id_t key;
static uint8_t mac[PSA_MAC_MAX_SIZE];
static size_t mac_len;
static unsigned checks;

static void check(bool ok, const char *what)
{
    if (!ok) {
        printf("failed: %s\n", what);
        exit(1);
    }
    checks++;
}

static void import_key(void)
{
    static const uint8_t secret[32] = "a key that is somebody else's";
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

    psa_set_key_type(&attributes, PSA_KEY_TYPE_HMAC);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_MESSAGE | PSA_KEY_USAGE_VERIFY_MESSAGE);
    psa_set_key_algorithm(&attributes, PSA_ALG_HMAC(PSA_ALG_SHA_256));
    check(psa_crypto_init() == PSA_SUCCESS, "psa_crypto_init");
    check(psa_import_key(&attributes, secret, sizeof secret, &key) == PSA_SUCCESS, "psa_import_key");
    check(psa_mac_compute(key, PSA_ALG_HMAC(PSA_ALG_SHA_256), secret, 5, mac, sizeof mac, &mac_len) == PSA_SUCCESS,
          "psa_mac_compute");
}

static void use_key(void)
{
    check(psa_mac_verify(key, PSA_ALG_HMAC(PSA_ALG_SHA_256), (const uint8_t *)"a key", 5, mac, mac_len) == PSA_SUCCESS,
          "the key is gone");
}

static void connect_own(const char *port, const char *ca)
{
    mbedtls_ssl_init(&own.ssl);
    mbedtls_ssl_config_init(&own.conf);
    mbedtls_x509_crt_init(&own.ca);
    mbedtls_net_init(&own.net);
    check(mbedtls_x509_crt_parse_file(&own.ca, ca) == 0, "the file of its CA");
    check(mbedtls_ssl_config_defaults(&own.conf, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                      MBEDTLS_SSL_PRESET_DEFAULT)
              == 0,
          "mbedtls_ssl_config_defaults");
    mbedtls_ssl_conf_ca_chain(&own.conf, &own.ca, NULL);
#if MBEDTLS_VERSION_NUMBER < 0x04000000
    mbedtls_ssl_conf_rng(&own.conf, mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE);
#endif
    check(mbedtls_ssl_setup(&own.ssl, &own.conf) == 0, "mbedtls_ssl_setup");
    check(mbedtls_ssl_set_hostname(&own.ssl, "localhost") == 0, "mbedtls_ssl_set_hostname");
    check(mbedtls_net_connect(&own.net, "127.0.0.1", port, MBEDTLS_NET_PROTO_TCP) == 0, "mbedtls_net_connect");
    mbedtls_ssl_set_bio(&own.ssl, &own.net, mbedtls_net_send, mbedtls_net_recv, NULL);
    check(mbedtls_ssl_handshake(&own.ssl) == 0, "its handshake");
}

/* One request that is refused, which is an answer. */
static void use_connection(void)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    uint8_t reply[4096];
    int n;

    check(mbedtls_ssl_write(&own.ssl, (const uint8_t *)request, sizeof request - 1) == (int)sizeof request - 1,
          "its request");
    do
        n = mbedtls_ssl_read(&own.ssl, reply, sizeof reply);
    while (n == MBEDTLS_ERR_SSL_WANT_READ || n == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET);
    check(n > 12 && memcmp(reply, "HTTP/1.1 4", 10) == 0, "its reply");
}

static void close_own(void)
{
    (void)mbedtls_ssl_close_notify(&own.ssl);
    mbedtls_ssl_free(&own.ssl);
    mbedtls_ssl_config_free(&own.conf);
    mbedtls_x509_crt_free(&own.ca);
    mbedtls_net_free(&own.net);
}

/* An invitation; in the midst of it, `between` is called. */
static void invite(const struct ango_port *plain, char **argv, const char *to)
{
    static uint8_t ca[65536], buffer[2048];
    static struct ango_token tokens[ANGO_TOKENS];
    static struct ango_client client;
    static struct ango_tls tls;
    static const struct ango_port secure = ANGO_TLS_PORT(&tls);
    FILE *file = fopen(argv[2], "rb");
    struct ango_trust_anchor anchor = { ca, file != NULL ? fread(ca, 1, sizeof ca - 1, file) + 1 : 0 };
    struct ango_tls_config tls_config = { .port = plain, .anchors = &anchor, .anchors_len = 1 };
    struct ango_config config = { .port = &secure,
                                  .host = "localhost",
                                  .timeout_ms = 20000,
                                  .buffer = buffer,
                                  .buffer_cap = sizeof buffer,
                                  .tokens = tokens,
                                  .tokens_cap = ANGO_TOKENS };
    const struct ango_invitation invitation = { &to, 1, ANGO_ORGANIZATION_MEMBER, NULL, 0 };
    unsigned steps = 0;
    int err;

    check(file != NULL, "the file of the CA");
    (void)fclose(file);
#ifdef BESIDE_ARENA
    tls_config.arena = arena;
    tls_config.arena_cap = sizeof arena;
#endif
    config.tcp_port = (uint16_t)atoi(argv[1]);
    check(ango_tls_init(&tls, &tls_config) == ANGO_OK, "ango_tls_init");
    check(ango_client_init(&client, &config, argv[3]) == ANGO_OK, "ango_client_init");
    check(ango_invite_members_to_org_start(&client, argv[4], &invitation) == ANGO_OK, "the start");
    do {
        err = ango_step(&client, 0);
        if (steps++ % 16 == 0)
            use_key();
        if (steps == 8)
            use_connection();
    } while (err == ANGO_E_WAIT);
    if (err != ANGO_OK)
        printf("error %d, mbedtls_error %d, verify_flags %u\n", err, tls.mbedtls_error, (unsigned)tls.verify_flags);
    check(err == ANGO_OK && client.result.outcome == ANGO_ACCEPTED && tls.handshakes == 1, "the invitation");
    check(steps > 8, "there was no midst");
    ango_close(&client);
}

int main(int argc, char **argv)
{
    static struct ango_posix posix;
    static const struct ango_port plain = ANGO_POSIX_PORT(&posix);
    unsigned round;

    if (argc != 5)
        return 2;
    import_key();
    connect_own(argv[1], argv[2]);
    use_connection();
    for (round = 0; round < 3; round++) {
        const char *to[] = { "a@example.com", "b@example.com", "c@example.com" };

        invite(&plain, argv, to[round]);
        use_key();
        use_connection();
    }
    close_own();
    connect_own(argv[1], argv[2]); /* a new one, too */
    use_connection();
    close_own();
    check(psa_destroy_key(key) == PSA_SUCCESS, "psa_destroy_key");
    mbedtls_psa_crypto_free();
    printf("%u checks passed\n", checks);
    return 0;
}
