/*
 * What is checked of certificates beyond mbedTLS, each check by itself, on fields that end at a page that cannot be
 * touched: the host's name, its issuers' constraints whole, cut and spoilt, and whose certificate it was. Whole
 * certificates from real servers are in tests/hostile/test_tls.py.
 */
#include "guard.h"
#include "script_port.h"
#include "tls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define TEXT(literal) literal, sizeof(literal) - 1
#define SEQUENCE 0x30
#define OID 0x06
#define BOOLEAN 0x01
#define OCTET_STRING 0x04
#define DNS_NAME 0x82
#define ADDRESS 0x87
#define MAIL 0x81

static struct guard room;
static struct script_port script;
static struct ango_port port;
static struct ango_tls_refused refused;
static struct ango_tls_config config;
static struct ango_tls_state connection;
static struct ango_tls tls;
static mbedtls_x509_crt certificate;

static void begin(const char *host)
{
    static const struct ango_trust_anchor anchor = { NULL, 0 }; /* is not looked at before a connection */
    static uint64_t arena[1];
    const struct ango_port plain = SCRIPT_PORT(&script, false);

    memset(&config, 0, sizeof config);
    memset(&connection, 0, sizeof connection);
    memset(&certificate, 0, sizeof certificate);
    port = plain;
    port.time = NULL;
    config.port = &port;
    config.anchors = &anchor;
    config.anchors_len = 1;
    config.arena = arena;
    config.arena_cap = sizeof arena;
    config.no_clock = true;
    assert_int_equal(ango_tls_init(&tls, &config), ANGO_OK);
    tls.state = &connection;
    connection.host = host;
    connection.host_len = strlen(host);
}

static uint32_t verify(int depth)
{
    uint32_t flags = 0;

    assert_int_equal(ango_tls_verify(&tls, &certificate, depth, &flags), 0);
    assert_true(connection.verified);
    assert_true(guard_intact(&room));
    return flags;
}

/* --- names ---------------------------------------------------------------------------------------------- */

static bool is_named(unsigned tag, const void *name, size_t len)
{
    uint32_t flags;

    certificate.subject_alt_names.buf.tag = (int)tag;
    certificate.subject_alt_names.buf.len = len;
    certificate.subject_alt_names.buf.p = guard_copy(&room, name, len);
    flags = verify(0);
    assert_true(flags == 0 || flags == MBEDTLS_X509_BADCERT_CN_MISMATCH);
    return flags == 0;
}

static void names(void **state)
{
    static const struct {
        const char *host;
        const char *name;
        size_t len;
        bool ok;
    } cases[] = {
        { "hub.example", TEXT("hub.example"), true },
        { "hub.example", TEXT("HUB.eXAMPLE"), true },
        { "HUB.example", TEXT("hub.example"), true },
        { "hub.example", TEXT("hub.exampl"), false },
        { "hub.example", TEXT("ub.example"), false },
        { "hub.example", TEXT("xhub.example"), false },
        { "hub.example", TEXT("hub.example."), false },
        { "hub.example", TEXT("hub.example\0"), false },
        { "hub.example", TEXT("hub.example\0.evil.example"), false },
        { "hub.example", TEXT(""), false },
        { "hub[example", TEXT("hub{example"), false },
        { "hub.example", TEXT("*.example"), true },
        { "HUB.EXAMPLE", TEXT("*.example"), true },
        { "hub.example", TEXT("*.EXAMPLE"), true },
        { "a.b.example", TEXT("*.example"), false },
        { "a.b.example", TEXT("*.b.example"), true },
        { "example", TEXT("*.example"), false },
        { ".example", TEXT("*.example"), false },
        { "hub.example", TEXT("*.hub.example"), false },
        { "hub.example", TEXT("*"), false },
        { "hub.example", TEXT("*."), false },
        { "hub.", TEXT("*."), false },
        { "hub.x", TEXT("*.x"), true },
        { "hub.example", TEXT("**.example"), false },
        { "hub.example", TEXT("h*.example"), false },
        { "hub.example", TEXT("*b.example"), false },
        { "hub.example", TEXT("*xexample"), false },
        { "hub.example", TEXT("hub.*"), false },
        { "hub.example", TEXT("*.*"), false },
        { "hub.example", TEXT("*.example\0"), false },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(cases); i++) {
        begin(cases[i].host);
        if (is_named(DNS_NAME, cases[i].name, cases[i].len) != cases[i].ok)
            fail_msg("%s for %s", cases[i].name, cases[i].host);
        /* It is in its own field, or it does not count. */
        assert_false(is_named(MAIL, cases[i].name, cases[i].len));
        assert_false(is_named(ADDRESS, cases[i].name, cases[i].len));
    }
}

static void addresses(void **state)
{
    static const uint8_t address[16] = { 127, 0, 0, 1, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
    mbedtls_x509_sequence second;
    size_t len, named_len;

    (void)state;
    for (len = 4; len <= 16; len += 12)
        for (named_len = 0; named_len <= 16; named_len++) {
            begin("127.0.0.1");
            memcpy(connection.address, address, len);
            connection.address_len = len;
            assert_int_equal(is_named(ADDRESS, address, named_len), len == named_len);
            assert_false(is_named(DNS_NAME, address, named_len));
            assert_false(is_named(DNS_NAME, "127.0.0.1", 9));
            connection.address[len - 1] ^= 1;
            assert_false(is_named(ADDRESS, address, named_len));
        }
    /* The second of its names. */
    begin("hub.example");
    memset(&second, 0, sizeof second);
    second.buf.tag = DNS_NAME;
    second.buf.p = (unsigned char *)(uintptr_t) "hub.example";
    second.buf.len = strlen("hub.example");
    certificate.subject_alt_names.next = &second;
    assert_true(is_named(DNS_NAME, "other.example", 13));
}

/* --- constraints ---------------------------------------------------------------------------------------- */

struct der {
    uint8_t at[512];
    size_t len;
};

/* Adds an element. */
static void add(struct der *to, unsigned tag, const void *content, size_t len)
{
    uint8_t *p = to->at + to->len;

    assert_in_range(len, 0, 255);
    assert_in_range(to->len + len + 3, 0, sizeof to->at);
    *p++ = (uint8_t)tag;
    if (len > 127)
        *p++ = 0x81;
    *p++ = (uint8_t)len;
    if (len > 0)
        memcpy(p, content, len);
    to->len = (size_t)(p - to->at) + len;
}

/* Makes what there is the content of an element. */
static void wrap(struct der *der, unsigned tag)
{
    struct der whole;

    whole.len = 0;
    add(&whole, tag, der->at, der->len);
    *der = whole;
}

/* A list of one subtree, as NameConstraints has two of. */
static void add_list(struct der *to, unsigned list_tag, unsigned tag, const void *base, size_t len)
{
    struct der list;

    list.len = 0;
    add(&list, tag, base, len);
    wrap(&list, SEQUENCE);
    add(to, list_tag, list.at, list.len);
}

/* What an authority with these extensions may. */
static bool may_vouch(const struct der *extensions)
{
    uint32_t flags;

    certificate.v3_ext.p = guard_copy(&room, extensions->at, extensions->len);
    certificate.v3_ext.len = extensions->len;
    flags = verify(1);
    assert_true(flags == 0 || flags == MBEDTLS_X509_BADCERT_OTHER);
    return flags == 0;
}

static const uint8_t constraints_oid[] = { 0x55, 0x1D, 0x1E };
static const uint8_t usage_oid[] = { 0x55, 0x1D, 0x0F };
static const uint8_t long_oid[] = { 0x55, 0x1D, 0x1E, 0x01 };

/* The extensions of an authority, among others a NameConstraints of the two lists, whatever they are. */
static void extend(struct der *to, const struct der *lists)
{
    struct der extension;
    struct der value;

    to->len = 0;
    extension.len = 0; /* others, which do not count */
    add(&extension, OID, usage_oid, sizeof usage_oid);
    add(&extension, OCTET_STRING, "\x03\x02\x01\x06", 4);
    add(to, SEQUENCE, extension.at, extension.len);
    extension.len = 0;
    add(&extension, OID, long_oid, sizeof long_oid);
    add(&extension, OCTET_STRING, "\x05\x00", 2);
    add(to, SEQUENCE, extension.at, extension.len);
    add(to, SEQUENCE, "\x05\x00", 2); /* without an OID */
    value = *lists;
    wrap(&value, SEQUENCE);
    extension.len = 0;
    add(&extension, OID, constraints_oid, sizeof constraints_oid);
    add(&extension, BOOLEAN, "\xFF", 1);
    add(&extension, OCTET_STRING, value.at, value.len);
    add(to, SEQUENCE, extension.at, extension.len);
    wrap(to, SEQUENCE);
}

static bool permits(const struct der *lists)
{
    struct der extensions;

    extend(&extensions, lists);
    return may_vouch(&extensions);
}

static void trees_of_names(void **state)
{
    static const struct {
        const char *host;
        const char *base;
        bool below;
    } cases[] = {
        { "hub.example", "hub.example", true },
        { "hub.example", "example", true },
        { "hub.example", "EXAMPLE", true },
        { "HUB.EXAMPLE", "example", true },
        { "hub.example", "xample", false },
        { "hub.example", "ub.example", false },
        { "hub.example", ".example", true },
        { "example", ".example", false },
        { "a.hub.example", ".example", true },
        { "hub.example", ".hub.example", false },
        { "hub.example", "", true },
        { "hub.example", ".", false },
        { "hub.example", "a.hub.example", false },
        { "hub.example", "examplf", false },
        { "hub.example", "hub", false },
    };
    struct der lists;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(cases); i++) {
        size_t len = strlen(cases[i].base);

        begin(cases[i].host);
        lists.len = 0;
        add_list(&lists, 0xA0, DNS_NAME, cases[i].base, len);
        if (permits(&lists) != cases[i].below)
            fail_msg("%s permitted: %s", cases[i].base, cases[i].host);
        lists.len = 0;
        add_list(&lists, 0xA1, DNS_NAME, cases[i].base, len);
        if (permits(&lists) == cases[i].below)
            fail_msg("%s excluded: %s", cases[i].base, cases[i].host);
        lists.len = 0; /* what is excluded counts also where it is permitted */
        add_list(&lists, 0xA0, DNS_NAME, "", 0);
        add_list(&lists, 0xA1, DNS_NAME, cases[i].base, len);
        assert_int_equal(permits(&lists), !cases[i].below);
        /* Trees of addresses or mail say nothing of it. */
        lists.len = 0;
        add_list(&lists, 0xA0, MAIL, cases[i].base, len);
        add_list(&lists, 0xA1, ADDRESS, "\0\0\0\0\0\0\0\0", 8);
        assert_true(permits(&lists));
    }
}

static void networks(void **state)
{
    static const struct {
        const char *network;
        size_t len;
        bool within;
    } cases[] = {
        { TEXT("\x0A\x01\x02\x03\xFF\xFF\xFF\xFF"), true },
        { TEXT("\x0A\x00\x00\x00\xFF\x00\x00\x00"), true },
        { TEXT("\x00\x00\x00\x00\x00\x00\x00\x00"), true },
        { TEXT("\x0A\x01\x02\x02\xFF\xFF\xFF\xFE"), true },
        { TEXT("\x0A\x01\x02\x04\xFF\xFF\xFF\xFF"), false },
        { TEXT("\x0B\x00\x00\x00\xFF\x00\x00\x00"), false },
        { TEXT("\x0A\x01\x02\x03"), false },
        { TEXT("\x0A\x01\x02\x03\xFF\xFF\xFF"), false },
        { TEXT("\x0A\x01\x02\x03\xFF\xFF\xFF\xFF\x00"), false },
        { TEXT(""), false },
    };
    struct der lists;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(cases); i++) {
        begin("10.1.2.3");
        memcpy(connection.address, "\x0A\x01\x02\x03", 4);
        connection.address_len = 4;
        lists.len = 0;
        add_list(&lists, 0xA0, ADDRESS, cases[i].network, cases[i].len);
        assert_int_equal(permits(&lists), cases[i].within);
        lists.len = 0;
        add_list(&lists, 0xA1, ADDRESS, cases[i].network, cases[i].len);
        assert_int_equal(permits(&lists), !cases[i].within);
        lists.len = 0; /* trees of names say nothing of it */
        add_list(&lists, 0xA0, DNS_NAME, "other", 5);
        add_list(&lists, 0xA1, DNS_NAME, "", 0);
        assert_true(permits(&lists));
    }
}

/* Constraints that would permit the host are refused when they are cut, or anything else than two lists of subtrees. */
static void broken(void **state)
{
    struct der lists, other, extensions;
    size_t len, whole;
    unsigned bit;

    (void)state;
    begin("hub.example");
    lists.len = 0;
    add_list(&lists, 0xA0, DNS_NAME, "example", 7);
    whole = lists.len;
    assert_true(permits(&lists));
    for (len = 1; len < whole; len++) {
        lists.len = len;
        assert_false(permits(&lists));
    }
    /* An excluded list, likewise; it does not have the host. */
    lists.len = 0;
    add_list(&lists, 0xA1, DNS_NAME, "other", 5);
    whole = lists.len;
    assert_true(permits(&lists));
    for (len = 1; len < whole; len++) {
        lists.len = len;
        assert_false(permits(&lists));
    }
    lists.len = whole; /* something behind the lists */
    add(&lists, 0xA2, "", 0);
    assert_false(permits(&lists));
    for (bit = 0xA0; bit <= 0xA1; bit++) {
        /* Lists of what is no subtree: an element of another kind, an empty one, one that is cut off inside. */
        lists.len = 0;
        add(&lists, bit, "\x05\x00", 2);
        assert_false(permits(&lists));
        lists.len = 0;
        add(&lists, bit, "\x30\x00", 2);
        assert_false(permits(&lists));
        lists.len = 0;
        add(&lists, bit, "\x30\x03\x82\x07x", 5);
        assert_false(permits(&lists));
    }
    /* No NameConstraints in it at all, and no OCTET STRING around them. */
    extensions.len = 0;
    add(&extensions, OID, constraints_oid, sizeof constraints_oid);
    other = extensions;
    add(&extensions, OCTET_STRING, "\x05\x00", 2);
    wrap(&extensions, SEQUENCE);
    wrap(&extensions, SEQUENCE);
    assert_false(may_vouch(&extensions));
    wrap(&other, SEQUENCE);
    wrap(&other, SEQUENCE);
    assert_false(may_vouch(&other));
    /* Whatever the bytes are, none behind them is looked at. */
    lists.len = 0;
    add_list(&lists, 0xA0, DNS_NAME, "example", 7);
    add_list(&lists, 0xA1, DNS_NAME, "other", 5);
    extend(&extensions, &lists);
    whole = extensions.len;
    for (extensions.len = 0; extensions.len < whole; extensions.len++)
        (void)may_vouch(&extensions);
    for (bit = 0; bit < 8 * whole; bit++) {
        extensions.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
        (void)may_vouch(&extensions);
        extensions.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(may_vouch(&extensions));
}

/* A certificate of version 1 has no extensions. */
static void without_extensions(void **state)
{
    (void)state;
    begin("hub.example");
    assert_int_equal(verify(1), 0);
    assert_int_equal(verify(0), MBEDTLS_X509_BADCERT_CN_MISMATCH);
}

/* --- whose it was --------------------------------------------------------------------------------------- */

static void set_name(mbedtls_x509_name *name, const char *oid, size_t oid_len, int tag, const void *value, size_t len)
{
    memset(name, 0, sizeof *name);
    name->oid.p = (unsigned char *)(uintptr_t)oid;
    name->oid.len = oid_len;
    name->val.tag = tag;
    name->val.p = guard_copy(&room, value, len);
    name->val.len = len;
}

#define COMMON_NAME "\x55\x04\x03"
#define UTF8_STRING 0x0C
#define LATIN_1 0x14 /* T61String, of which nobody knows what it is */

/* The subject is told as `expected`. */
static void check_told(const char *oid, size_t oid_len, int tag, const void *value, size_t len, const char *expected)
{
    begin("hub.example");
    memset(&refused, 0xA5, sizeof refused);
    config.names = &ango_tls_names;
    config.refused = &refused;
    set_name(&certificate.subject, oid, oid_len, tag, value, len);
    assert_int_not_equal(verify(0), 0);
    assert_string_equal(refused.subject, expected);
    assert_string_equal(refused.issuer, "");
}

static void whose(void **state)
{
    static const struct {
        const char *value;
        size_t len;
        const char *utf8, *other;
    } cases[] = {
        { TEXT("plain"), "CN=plain", "CN=plain" },
        { TEXT(""), "CN=", "CN=" },
        { TEXT("a\0b"), "CN=a?b", "CN=a?b" },
        { TEXT("\x1B[2J\x7F"), "CN=?[2J?", "CN=?[2J?" },
        { TEXT("B\xC3\xBC"), "CN=B\xC3\xBC", "CN=B??" },
        { TEXT("\xC2\x85x"), "CN=??x", "CN=??x" },
        { TEXT("\xC2\xA0x"), "CN=\xC2\xA0x", "CN=??x" },
        { TEXT("\xE2\x82\xAC"), "CN=\xE2\x82\xAC", "CN=???" },
        { TEXT("\xF0\x9F\x98\x80"), "CN=\xF0\x9F\x98\x80", "CN=????" },
        { TEXT("\xC3"), "CN=?", "CN=?" },
        { TEXT("\xE2\x82"), "CN=??", "CN=??" },
        { TEXT("\xF0\x9F\x98"), "CN=???", "CN=???" },
        { TEXT("\xC0\xAF\xED\xA0\x80"), "CN=?????", "CN=?????" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(cases); i++) {
        check_told(TEXT(COMMON_NAME), UTF8_STRING, cases[i].value, cases[i].len, cases[i].utf8);
        check_told(TEXT(COMMON_NAME), LATIN_1, cases[i].value, cases[i].len, cases[i].other);
    }
    check_told(TEXT("\x55\x04\x06"), UTF8_STRING, "DE", 2, "C=DE");
    check_told(TEXT("\x55\x04\x0A"), UTF8_STRING, "O", 1, "O=O");
    check_told(TEXT("\x55\x04\x0B"), UTF8_STRING, "U", 1, "OU=U");
    /* Attributes that nobody knows are left out. */
    check_told(TEXT("\x55\x04\x05"), UTF8_STRING, "123", 3, "");
    check_told(TEXT("\x55\x04"), UTF8_STRING, "no", 2, "");
    check_told(TEXT("\x55\x04\x03\x01"), UTF8_STRING, "no", 2, "");
    check_told(TEXT("\x54\x04\x03"), UTF8_STRING, "no", 2, "");
    check_told(TEXT("\x55\x1D\x03"), UTF8_STRING, "no", 2, "");
}

/* One of each length, with a character of three bytes at its end: whole, or not at all, and nothing after it. */
static void long_names(void **state)
{
    static uint8_t value[2 * ANGO_TLS_NAME_LEN];
    char expected[sizeof value + 4];
    mbedtls_x509_name second;
    size_t len;

    (void)state;
    for (len = 0; len < sizeof value - 3; len++) {
        size_t most = ANGO_TLS_NAME_LEN - 1;

        memset(value, 'x', len);
        memcpy(value + len, "\xE2\x82\xAC", 3);
        memcpy(expected, "CN=", 3);
        memcpy(expected + 3, value, len + 3);
        expected[len + 6] = '\0';
        if (len + 3 > most)
            expected[most] = '\0';
        else if (len + 6 > most)
            expected[len + 3] = '\0';
        check_told(TEXT(COMMON_NAME), UTF8_STRING, value, len + 3, expected);
        /* What follows is cut off, too, even if it would fit where the character did not. */
        if (len + 6 > most) {
            memset(&second, 0, sizeof second);
            second.oid.p = (unsigned char *)(uintptr_t)COMMON_NAME;
            second.oid.len = 3;
            second.val.p = value;
            certificate.subject.next = &second;
            connection.named = false;
            assert_int_not_equal(verify(0), 0);
            assert_string_equal(refused.subject, expected);
        }
    }
}

/* The first that something is wrong with, from the root on. */
static void first_refused(void **state)
{
    (void)state;
    check_told(TEXT(COMMON_NAME), UTF8_STRING, "first", 5, "CN=first");
    set_name(&certificate.subject, TEXT(COMMON_NAME), UTF8_STRING, "second", 6);
    assert_int_not_equal(verify(0), 0);
    assert_string_equal(refused.subject, "CN=first");
    /* Without a place for it nothing is kept; nor when nothing is wrong. */
    begin("hub.example");
    set_name(&certificate.subject, TEXT(COMMON_NAME), UTF8_STRING, "third", 5);
    assert_int_not_equal(verify(0), 0);
    config.names = &ango_tls_names;
    config.refused = &refused;
    assert_int_equal(verify(1), 0);
    assert_string_equal(refused.subject, "CN=first");
}

static int open_room(void **state)
{
    (void)state;
    guard_begin(&room, 1024);
    return 0;
}

static int shut_room(void **state)
{
    (void)state;
    guard_end(&room);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),    cmocka_unit_test(addresses),  cmocka_unit_test(trees_of_names),
        cmocka_unit_test(networks), cmocka_unit_test(broken),     cmocka_unit_test(without_extensions),
        cmocka_unit_test(whose),    cmocka_unit_test(long_names), cmocka_unit_test(first_refused),
    };

    return cmocka_run_group_tests(tests, open_room, shut_room);
}
