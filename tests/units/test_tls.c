/*
 * What TLS does before the first byte of a server: its configuration, trust anchors whole and cut, an arena
 * of every size, a clock and entropy that fail. What servers do to it is in tests/hostile/test_tls.py.
 */
#include "guard.h"
#include "script_port.h"
#include "tls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#if defined(MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG)
#include <psa/crypto.h>
#endif

/* A root of the test PKI, P-256; that it is out of date some day does not matter to an anchor. */
static const uint8_t root[] = {
    0x30, 0x82, 0x01, 0x77, 0x30, 0x82, 0x01, 0x1E, 0xA0, 0x03, 0x02, 0x01, 0x02, 0x02, 0x14, 0x62, 0x72, 0xE1, 0x63,
    0x81, 0xC2, 0x19, 0x55, 0x51, 0x03, 0x8A, 0x05, 0xD8, 0x2D, 0x32, 0x9B, 0x10, 0xD7, 0xAE, 0x66, 0x30, 0x0A, 0x06,
    0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02, 0x30, 0x1A, 0x31, 0x18, 0x30, 0x16, 0x06, 0x03, 0x55, 0x04,
    0x03, 0x0C, 0x0F, 0x54, 0x65, 0x73, 0x74, 0x20, 0x72, 0x6F, 0x6F, 0x74, 0x20, 0x65, 0x63, 0x64, 0x73, 0x61, 0x30,
    0x1E, 0x17, 0x0D, 0x32, 0x36, 0x31, 0x31, 0x32, 0x32, 0x31, 0x36, 0x33, 0x33, 0x30, 0x31, 0x5A, 0x17, 0x0D, 0x33,
    0x36, 0x31, 0x31, 0x32, 0x33, 0x31, 0x36, 0x33, 0x33, 0x30, 0x31, 0x5A, 0x30, 0x1A, 0x31, 0x18, 0x30, 0x16, 0x06,
    0x03, 0x55, 0x04, 0x03, 0x0C, 0x0F, 0x54, 0x65, 0x73, 0x74, 0x20, 0x72, 0x6F, 0x6F, 0x74, 0x20, 0x65, 0x63, 0x64,
    0x73, 0x61, 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86,
    0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04, 0x15, 0x2A, 0x8C, 0x87, 0x78, 0x14, 0x6B, 0x97, 0x8E,
    0x6E, 0x25, 0x75, 0xE8, 0x46, 0x59, 0x52, 0x05, 0x3F, 0x41, 0xF6, 0xB7, 0x28, 0x1D, 0xD2, 0xD8, 0xFE, 0x3F, 0x6E,
    0xC2, 0xF0, 0x06, 0x4A, 0xC6, 0x94, 0x5B, 0xFC, 0x5B, 0xBB, 0x07, 0x14, 0xFA, 0x7A, 0x61, 0x04, 0xC5, 0x69, 0xFA,
    0xD4, 0xCC, 0x34, 0x4D, 0xD6, 0xBC, 0x0B, 0x5B, 0x7E, 0x4F, 0x88, 0x82, 0x9C, 0x64, 0xDD, 0x5B, 0xC8, 0xA3, 0x42,
    0x30, 0x40, 0x30, 0x0F, 0x06, 0x03, 0x55, 0x1D, 0x13, 0x01, 0x01, 0xFF, 0x04, 0x05, 0x30, 0x03, 0x01, 0x01, 0xFF,
    0x30, 0x0E, 0x06, 0x03, 0x55, 0x1D, 0x0F, 0x01, 0x01, 0xFF, 0x04, 0x04, 0x03, 0x02, 0x01, 0x06, 0x30, 0x1D, 0x06,
    0x03, 0x55, 0x1D, 0x0E, 0x04, 0x16, 0x04, 0x14, 0xA1, 0x74, 0x4E, 0xD7, 0xEE, 0xA6, 0xB5, 0x2A, 0x58, 0xAC, 0x25,
    0xA1, 0xD7, 0x4C, 0x9A, 0x61, 0x04, 0x95, 0xF6, 0x78, 0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04,
    0x03, 0x02, 0x03, 0x47, 0x00, 0x30, 0x44, 0x02, 0x20, 0x04, 0xF3, 0x19, 0x8E, 0xF1, 0x38, 0x4C, 0x7A, 0x6E, 0x4E,
    0x44, 0xAA, 0xC3, 0xF3, 0x7E, 0x72, 0x0F, 0xE4, 0x5A, 0x2E, 0x54, 0xEA, 0x8C, 0x8C, 0x12, 0x5E, 0x84, 0xBD, 0x60,
    0xD8, 0xA2, 0x11, 0x02, 0x20, 0x66, 0x11, 0xC2, 0xB8, 0xDA, 0x5C, 0xDD, 0x8A, 0x6D, 0xD7, 0x42, 0x1A, 0xBE, 0x64,
    0x19, 0x7B, 0xF0, 0x06, 0xEF, 0xD8, 0x2F, 0xBE, 0x21, 0x94, 0xE1, 0x77, 0xAB, 0xAC, 0xCA, 0x4A, 0x5F, 0x7F,
};

static struct script_port script;
static struct ango_port port;
static uint64_t arena[96 * 1024 / 8];
static struct ango_trust_anchor anchor;
static struct ango_tls_config config;
static struct ango_tls tls;

/* The peer ends the connection at once: what can be reached then is ANGO_E_NET. */
static const struct script_event events[] = { { SCRIPT_FIN, NULL, 0 }, SCRIPT_STOP };

static int begin(void **state)
{
    const struct ango_port plain = SCRIPT_PORT(&script, false);

    (void)state;
    script_begin(&script, events);
    port = plain;
    anchor.data = root;
    anchor.len = sizeof root;
    memset(&config, 0, sizeof config);
    config.port = &port;
    config.anchors = &anchor;
    config.anchors_len = 1;
    config.arena = arena;
    config.arena_cap = sizeof arena;
    memset(&tls, 0, sizeof tls);
    return 0;
}

static void check_clean(const uint8_t *memory, size_t cap)
{
    size_t i;

    assert_int_equal(tls.arena_left, 0);
    assert_int_equal(script.opened, script.closed);
    assert_null(script.violation);
    for (i = 0; i < cap; i++)
        assert_int_equal(memory[i], 0);
}

static int connect_once(void)
{
    int err;

    do
        err = ango_tls_connect(&tls, "localhost", 443, 1000);
    while (err == ANGO_E_WAIT);
    return err;
}

static void configuration(void **state)
{
    struct ango_tls_certificate certificate;
    uint8_t session[64];
    unsigned i;

    for (i = 0; i < 14; i++) {
        begin(state);
        switch (i) {
        case 0:
            config.port = NULL;
            break;
        case 1:
            config.anchors = NULL;
            break;
        case 2:
            config.anchors_len = 0;
            break;
        case 3:
            config.arena = NULL;
            break;
        case 4:
            config.arena_cap = 0;
            break;
        case 5:
            port.connect = NULL;
            break;
        case 6:
            port.send = NULL;
            break;
        case 7:
            port.recv = NULL;
            break;
        case 8:
            port.close = NULL;
            break;
        case 9:
            port.entropy = NULL;
            break;
        case 10:
            config.sessions = &ango_tls_sessions;
            break;
        case 11:
            config.names = &ango_tls_names;
            break;
        case 12:
            port.clock_ms = NULL;
            break;
        default:
            port.time = NULL;
            break;
        }
        assert_int_equal(ango_tls_init(&tls, &config), i < 12 ? ANGO_E_ARG : ANGO_E_CLOCK);
    }
    assert_int_equal(ango_tls_init(NULL, &config), ANGO_E_ARG);
    assert_int_equal(ango_tls_init(&tls, NULL), ANGO_E_ARG);
    config.no_clock = true; /* port.time is NULL still */
    config.sessions = &ango_tls_sessions;
    config.session = session;
    config.session_cap = sizeof session;
    memset(session, 0, sizeof session);
    assert_int_equal(ango_tls_init(&tls, &config), ANGO_OK);
    assert_string_equal(tls.version, "");
    assert_string_equal(tls.ciphersuite, "");
    assert_int_equal(connect_once(), ANGO_E_NET);
    check_clean((const uint8_t *)arena, sizeof arena);
    assert_int_equal(ango_tls_time(&tls), 0);
    assert_int_equal(ango_tls_certificate(&tls, 0, &certificate), ANGO_E_ARG); /* nothing is open */
    assert_int_equal(ango_tls_certificate(NULL, 0, &certificate), ANGO_E_ARG);
    ango_tls_close(&tls); /* harmless when nothing is open */
    assert_int_equal(script.closed, 1);
}

static void anchors(void **state)
{
    static const char pem[] = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    struct ango_trust_anchor two[2];
    struct guard room;
    size_t len;

    (void)state;
    guard_begin(&room, sizeof root);
    for (len = 0; len <= sizeof root; len++) {
        anchor.data = guard_copy(&room, root, len);
        anchor.len = len;
        assert_int_equal(ango_tls_init(&tls, &config), ANGO_OK);
        assert_int_equal(connect_once(), len < sizeof root ? ANGO_E_ANCHOR : ANGO_E_NET);
        assert_true((tls.mbedtls_error != 0));
        assert_int_equal(script.calls[SCRIPT_CONNECT], len < sizeof root ? 0 : 1);
        check_clean((const uint8_t *)arena, sizeof arena);
        assert_true(guard_intact(&room));
    }
    anchor.data = NULL;
    assert_int_equal(connect_once(), ANGO_E_ANCHOR);
    anchor.data = (const uint8_t *)pem;
    anchor.len = sizeof pem;
    assert_int_equal(connect_once(), ANGO_E_ANCHOR);
    anchor.len = sizeof pem - 1; /* without its NUL it is no PEM */
    assert_int_equal(connect_once(), ANGO_E_ANCHOR);
    guard_end(&room);
    check_clean((const uint8_t *)arena, sizeof arena);
    /* Which of them it is: row 146. */
    two[0].data = root;
    two[0].len = sizeof root;
    two[1] = anchor;
    config.anchors = two;
    config.anchors_len = 2;
    assert_int_equal(ango_tls_init(&tls, &config), ANGO_OK);
    assert_int_equal(connect_once(), ANGO_E_ANCHOR);
    assert_int_equal(tls.anchor, 1);
    two[0] = anchor;
    two[1].data = root;
    two[1].len = sizeof root;
    assert_int_equal(connect_once(), ANGO_E_ANCHOR);
    assert_int_equal(tls.anchor, 0);
    check_clean((const uint8_t *)arena, sizeof arena);
}

/* A second connection while there is one would take its memory away: row 168. */
static void two_at_once(void **state)
{
    static uint64_t other_arena[1024];
    struct script_port other_script;
    struct ango_port other_port = SCRIPT_PORT(&other_script, false);
    struct ango_tls_config other_config = config;
    struct ango_tls other;

    (void)state;
    memset(&other, 0, sizeof other);
    script_begin(&other_script, events);
    other_config.port = &other_port;
    other_config.arena = other_arena;
    other_config.arena_cap = sizeof other_arena;
    script.faults[0].call = SCRIPT_CONNECT;
    script.faults[0].first = 1;
    script.faults[0].times = 1;
    script.faults[0].result = ANGO_E_WAIT;
    assert_int_equal(ango_tls_init(&tls, &config), ANGO_OK);
    assert_int_equal(ango_tls_init(&other, &other_config), ANGO_OK);
    assert_int_equal(ango_tls_connect(&tls, "localhost", 443, 0), ANGO_E_WAIT);
    assert_int_equal(ango_tls_connect(&other, "localhost", 443, 0), ANGO_E_ARG);
    assert_int_equal(other_script.calls[SCRIPT_CONNECT], 0);
    ango_tls_close(&other);
    assert_int_equal(connect_once(), ANGO_E_NET); /* it goes on as if nothing had been */
    check_clean((const uint8_t *)arena, sizeof arena);
    assert_int_equal(ango_tls_connect(&other, "localhost", 443, 0), ANGO_E_MEMORY); /* its turn; 8 KB are too few */
    script_begin(&script, events);
    assert_int_equal(connect_once(), ANGO_E_NET);
}

static void wait_in_connect(void)
{
    script.faults[0].call = SCRIPT_CONNECT;
    script.faults[0].first = script.calls[SCRIPT_CONNECT] + 1;
    script.faults[0].times = 1;
    script.faults[0].result = ANGO_E_WAIT;
    assert_int_equal(ango_tls_connect(&tls, "localhost", 443, 0), ANGO_E_WAIT);
}

/* One that is initialised anew while it is connecting has its arena all the same. */
static void starts_over(void **state)
{
    struct ango_tls_certificate certificate;

    (void)state;
    assert_int_equal(ango_tls_init(&tls, &config), ANGO_OK);
    wait_in_connect();
    assert_int_equal(ango_tls_certificate(&tls, 0, NULL), ANGO_E_ARG);
    assert_int_equal(ango_tls_certificate(&tls, 0, &certificate), ANGO_E_END); /* none has come yet */
    assert_int_equal(ango_tls_certificate(&tls, 1, &certificate), ANGO_E_END);
    assert_int_equal(ango_tls_init(&tls, &config), ANGO_OK);
    assert_int_equal(connect_once(), ANGO_E_NET);
    check_clean((const uint8_t *)arena, sizeof arena);
}

/* What mbedTLS calls of ours finds nothing while there is no connection, or only its memory. */
static void hooks_without_connection(void **state)
{
    int64_t now = 7;
    unsigned i;

    (void)state;
    assert_int_equal(ango_tls_init(&tls, &config), ANGO_OK);
    assert_null(ango_tls_calloc(1, 1));
    ango_tls_free(NULL);
    for (i = 0; i < 2; i++) {
        assert_int_equal(ango_tls_now(&now), 0);
        assert_int_equal(now, 0);
#if defined(MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG)
        {
            uint8_t bytes[16] = { 0 };
            size_t len = 1;

            assert_int_equal(mbedtls_psa_external_get_random(NULL, bytes, sizeof bytes, &len), PSA_ERROR_BAD_STATE);
            assert_int_equal(len, 0);
        }
#endif
        if (i == 0)
            assert_int_equal(ango_tls_borrow(&tls, &config), ANGO_OK);
        now = 7;
    }
    assert_false(ango_tls_give_back(&tls));
    check_clean((const uint8_t *)arena, sizeof arena);
}

#if defined(MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG)
/* When the generator wants new entropy and there is none, that is said: nobody gets zeros for random bytes. */
static void random_runs_out(void **state)
{
    uint8_t bytes[16];
    psa_status_t status;
    size_t len;
    unsigned i = 0;

    (void)state;
    assert_int_equal(ango_tls_init(&tls, &config), ANGO_OK);
    wait_in_connect();
    assert_int_equal(mbedtls_psa_external_get_random(NULL, bytes, sizeof bytes, &len), PSA_SUCCESS);
    assert_int_equal(len, sizeof bytes);
    script.faults[1].call = SCRIPT_ENTROPY;
    script.faults[1].first = 1;
    script.faults[1].times = SCRIPT_ALWAYS;
    script.faults[1].result = -1;
    do {
        len = 1;
        status = mbedtls_psa_external_get_random(NULL, bytes, sizeof bytes, &len);
        i++;
    } while (status == PSA_SUCCESS && i < 100000);
    assert_int_equal(status, PSA_ERROR_INSUFFICIENT_ENTROPY);
    assert_int_equal(len, 0);
    assert_int_equal(connect_once(), ANGO_E_ENTROPY);
    check_clean((const uint8_t *)arena, sizeof arena);
}
#endif

static unsigned busy_calls;

static void count_busy(void *ctx)
{
    assert_ptr_equal(ctx, &script);
    busy_calls++;
}

/* The port is told of each allocation, and of each step. */
static void busy(void **state)
{
    (void)state;
    port.busy = count_busy;
    busy_calls = 0;
    assert_int_equal(ango_tls_init(&tls, &config), ANGO_OK);
    assert_int_equal(connect_once(), ANGO_E_NET);
    assert_true(busy_calls > 100);
    check_clean((const uint8_t *)arena, sizeof arena);
}

/* A name's last dot is for the resolver, which gets it. */
static void long_names(void **state)
{
    static char name[300];
    static const char dot[] = ".";
    size_t len;

    (void)state;
    assert_int_equal(ango_tls_init(&tls, &config), ANGO_OK);
    for (len = 1; len < sizeof name; len++) {
        int err;

        script_begin(&script, events);
        memset(name, 'a', len);
        name[len - 1] = '.';
        do
            err = ango_tls_connect(&tls, name, 443, 1000);
        while (err == ANGO_E_WAIT);
        /* mbedTLS takes names of up to 255 bytes. */
        assert_int_equal(err, len <= 256 ? ANGO_E_NET : ANGO_E_TLS);
        check_clean((const uint8_t *)arena, sizeof arena);
    }
    /* An empty one, which the client refuses, is for the port to refuse; what stands before it is not its last byte. */
    script.faults[0].call = SCRIPT_CONNECT;
    script.faults[0].first = script.calls[SCRIPT_CONNECT] + 1;
    script.faults[0].times = 1;
    script.faults[0].result = ANGO_E_RESOLVE;
    assert_int_equal(ango_tls_connect(&tls, dot + 1, 443, 1000), ANGO_E_RESOLVE);
}

/* Too small in each size, until it is enough: never another error, never a byte beside it. */
static void every_arena(void **state)
{
    struct guard room;
    size_t cap;
    bool enough = false;

    (void)state;
    guard_begin(&room, sizeof arena);
    for (cap = 8; cap <= sizeof arena; cap += enough ? 4096 : 8) {
        int err;

        script_begin(&script, events);
        config.arena = guard_room(&room, cap);
        config.arena_cap = cap;
        assert_int_equal(ango_tls_init(&tls, &config), ANGO_OK);
        err = connect_once();
        if (err == ANGO_E_NET)
            enough = true;
        else
            assert_int_equal(err, ANGO_E_MEMORY);
        assert_true(err == ANGO_E_NET || !enough);
        assert_true(tls.arena_peak <= cap);
        check_clean(config.arena, cap);
        assert_true(guard_intact(&room));
    }
    assert_true(enough);
    guard_end(&room);
}

static void clocks(void **state)
{
    static const int64_t wrong[] = { 0, 1, -1, 1700000000, INT64_MIN };
    size_t i;

    (void)state;
    assert_int_equal(ango_tls_init(&tls, &config), ANGO_OK);
    for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        script.unix_time = wrong[i];
        assert_int_equal(ango_tls_connect(&tls, "localhost", 443, 0), ANGO_E_CLOCK);
        assert_int_equal(script.calls[SCRIPT_CONNECT], 0);
        check_clean((const uint8_t *)arena, sizeof arena);
    }
    script.unix_time = 4102444800; /* 2100: an old certificate, not a wrong clock */
    assert_int_equal(connect_once(), ANGO_E_NET);
    assert_int_equal(ango_tls_time(&tls), 4102444800);
    assert_int_equal(ango_tls_clock_ms(&tls), script.now_ms);
}

static void entropy(void **state)
{
    unsigned calls, n;

    assert_int_equal(ango_tls_init(&tls, &config), ANGO_OK);
    assert_int_equal(connect_once(), ANGO_E_NET);
    calls = script.calls[SCRIPT_ENTROPY];
    assert_in_range(calls, 1, 100);
    for (n = 1; n <= calls; n++) {
        begin(state);
        script.faults[0].call = SCRIPT_ENTROPY;
        script.faults[0].first = n;
        script.faults[0].times = 1;
        script.faults[0].result = -1;
        assert_int_equal(ango_tls_init(&tls, &config), ANGO_OK);
        assert_int_equal(connect_once(), ANGO_E_ENTROPY);
        check_clean((const uint8_t *)arena, sizeof arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(configuration, begin),
        cmocka_unit_test_setup(anchors, begin),
        cmocka_unit_test_setup(every_arena, begin),
        cmocka_unit_test_setup(clocks, begin),
        cmocka_unit_test_setup(entropy, begin),
        cmocka_unit_test_setup(two_at_once, begin),
        cmocka_unit_test_setup(busy, begin),
        cmocka_unit_test_setup(long_names, begin),
        cmocka_unit_test_setup(starts_over, begin),
        cmocka_unit_test_setup(hooks_without_connection, begin),
#if defined(MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG)
        cmocka_unit_test_setup(random_runs_out, begin),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
