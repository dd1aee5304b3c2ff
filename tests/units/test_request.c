/*
 * Requests by themselves: errors that stick, numbers, strings and identifiers, heads and bodies at every
 * capacity; which hosts, prefixes and headers there can be; and the macro that says at compile time how large
 * a buffer has to be. Whole requests are in test_operations.c.
 */
#include "whole_exchange.h"
#include "request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct guard room;
static struct exchange x;

enum what { STRING, SEGMENT, EMAIL, WORD };

static void write(struct ango_request *q, enum what what, const char *text)
{
    static const int refusals[] = { [STRING] = ANGO_E_ID, [EMAIL] = ANGO_E_EMAIL, [WORD] = ANGO_E_ARG };

    q->body = what != SEGMENT; /* where it stands decides how it is escaped */
    if (what == SEGMENT)
        ango_write_segment(q, "/", text);
    else
        ango_write_string(q, "\"", text, refusals[what]);
}

/* Whatever there is room for, `len` becomes the same, and nothing is written past the room. */
static void texts(void **state)
{
    static const struct {
        enum what what;
        const char *text;
        const char *written;
    } cases[] = {
        { STRING, "a", "\"a" },
        { STRING, "\"", "\"\\\"" },
        { STRING, "\\\\a\"b", "\"\\\\\\\\a\\\"b" },
        { STRING, "/\x7E @", "\"/\x7E @" },
        { STRING, "\xC3\xA9\xF4\x8F\xBF\xBF", "\"\xC3\xA9\xF4\x8F\xBF\xBF" },
        { SEGMENT, "aZ09-._~", "/aZ09-._~" },
        { SEGMENT, "/", "/%2F" },
        { SEGMENT, "a/b\\c\"@ ", "/a%2Fb%5Cc%22%40%20" },
        { SEGMENT, "\xC3\xA9", "/%C3%A9" },
        { SEGMENT, "%%", "/%25%25" },
        { SEGMENT, "...", "/..." },
        { SEGMENT, ".a", "/.a" },
        { SEGMENT, "..a", "/..a" },
        { EMAIL, "a@b", "\"a@b" },
        { EMAIL, "a+\"\"@\\/", "\"a+\\\"\\\"@\\\\/" },
        { EMAIL, "+@\xC3\xA9", "\"+@\xC3\xA9" },
        { WORD, "admin", "\"admin" },
    };
    size_t i, cap;

    (void)state;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t need = strlen(cases[i].written);

        for (cap = 0; cap < need + 2; cap++) {
            struct ango_request q = { .buf = guard_room(&room, cap), .cap = cap };

            write(&q, cases[i].what, cases[i].text);
            assert_int_equal(q.len, need);
            assert_int_equal(ango_request_end(&q), cap < need ? ANGO_E_SPACE : ANGO_OK);
            assert_true(guard_intact(&room));
            if (cap >= need)
                assert_memory_equal(q.buf, cases[i].written, need);
        }
    }
}

static void refusals(void **state)
{
    static const struct {
        enum what what;
        const char *text;
        int err;
    } cases[] = {
        { STRING, NULL, ANGO_E_ID },     { STRING, "", ANGO_E_ID },
        { STRING, "a\x1F", ANGO_E_ID },  { STRING, "\x7F", ANGO_E_ID },
        { STRING, "\xC3", ANGO_E_ID },   { SEGMENT, NULL, ANGO_E_ID },
        { SEGMENT, "", ANGO_E_ID },      { SEGMENT, ".", ANGO_E_ID },
        { SEGMENT, "..", ANGO_E_ID },    { SEGMENT, "\xED\xA0\x80", ANGO_E_ID },
        { EMAIL, NULL, ANGO_E_EMAIL },   { EMAIL, "", ANGO_E_EMAIL },
        { EMAIL, "a", ANGO_E_EMAIL },    { EMAIL, "@b", ANGO_E_EMAIL },
        { EMAIL, "a@", ANGO_E_EMAIL },   { EMAIL, "a@@b", ANGO_E_EMAIL },
        { EMAIL, "a@b@", ANGO_E_EMAIL }, { EMAIL, "a@b+c@d", ANGO_E_EMAIL },
        { EMAIL, "a @b", ANGO_E_EMAIL }, { EMAIL, "a@b c", ANGO_E_EMAIL },
        { EMAIL, "a+b", ANGO_E_EMAIL },  { EMAIL, "a@b\x7F", ANGO_E_EMAIL },
        { WORD, NULL, ANGO_E_ARG },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ango_request q = { .buf = guard_room(&room, 64), .cap = 64, .index = 7 };

        write(&q, cases[i].what, cases[i].text);
        assert_int_equal(q.err, cases[i].err);
        assert_int_equal(q.error_index, 7);
        /* The first error stays, whatever comes after it. */
        q.index = 8;
        ango_request_refuse(&q, ANGO_E_SPACE);
        ango_write_text(&q, "more");
        assert_int_equal(ango_request_end(&q), cases[i].err);
        assert_int_equal(q.error_index, 7);
    }
}

static void numbers(void **state)
{
    static const size_t values[] = { 0, 1, 9, 10, 99, 100, 255, 256, 65535, 4294967295u, SIZE_MAX - 1, SIZE_MAX };
    size_t i, cap;

    (void)state;
    for (i = 0; i < sizeof values / sizeof values[0]; i++) {
        char expected[32];
        size_t need = (size_t)snprintf(expected, sizeof expected, "%%%llu", (unsigned long long)values[i]);

        for (cap = 0; cap < need + 2; cap++) {
            struct ango_request q = { .buf = guard_room(&room, cap), .cap = cap };

            ango_write_number(&q, '%', values[i]);
            assert_int_equal(q.len, need);
            if (cap >= need)
                assert_memory_equal(q.buf, expected, need);
            assert_true(guard_intact(&room));
        }
    }
}

/* Every byte in a path: itself, or two digits in upper case. */
static void percent(void **state)
{
    unsigned c;

    (void)state;
    for (c = 1; c < 0x80; c++) {
        struct ango_request q = { .buf = guard_room(&room, 16), .cap = 16 };
        char text[4] = { 'a', (char)c, 'b', '\0' };
        char expected[16];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
            || strchr("-._~", (int)c) != NULL;

        ango_write_segment(&q, "/", text);
        (void)snprintf(expected, sizeof expected, plain ? "/a%cb" : "/a%%%02Xb", c);
        if (c < 0x20 || c == 0x7F) {
            assert_int_equal(ango_request_end(&q), ANGO_E_ID);
            continue;
        }
        assert_int_equal(ango_request_end(&q), ANGO_OK);
        assert_int_equal(q.len, strlen(expected));
        assert_memory_equal(q.buf, expected, q.len);
    }
}

/* A length that no longer fits into a size_t is no room. */
static void wrapped(void **state)
{
    struct ango_request q = { .buf = guard_room(&room, 8), .cap = 8, .len = SIZE_MAX };

    (void)state;
    memset(q.buf, '-', 8);
    ango_write_text(&q, "ab");
    assert_int_equal(q.len, 1);
    assert_memory_equal(q.buf, "--------", 8);
    assert_true(guard_intact(&room));
}

/* --- the head of a request ------------------------------------------------------------------------------ */

#define GET "GET / HTTP/1.1\r\nHost: h.example"
#define KEY "\r\nAccept-Encoding: identity\r\napikey: key"
#define JSON "\r\nContent-Type: application/json\r\nContent-Length: "

static void head(void **state)
{
    static const struct {
        uint16_t tcp_port;
        uint32_t keep_ms;
        const char *user_agent;
        bool body;
        const char *content;
        const char *text;
    } cases[] = {
        { 0, 1, NULL, false, "", GET KEY "\r\nUser-Agent: ango/" ANGO_VERSION "\r\n\r\n" },
        { 443, 1, "a b/1 (c; d)", false, "", GET ":443" KEY "\r\nUser-Agent: a b/1 (c; d)\r\n\r\n" },
        { 65535, 0, "", false, "", GET ":65535" KEY "\r\nConnection: close\r\n\r\n" },
        { 0, 0, "", true, "", GET KEY "\r\nConnection: close" JSON "0\r\n\r\n" },
        { 0, 1, "u", true, "123456789", GET KEY "\r\nUser-Agent: u" JSON "9\r\n\r\n123456789" },
        { 0, 1, "", true, "1234567890", GET KEY JSON "10\r\n\r\n1234567890" },
    };
    size_t i, cap;

    (void)state;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ango_config config = { .host = "h.example",
                                      .tcp_port = cases[i].tcp_port,
                                      .keep_ms = cases[i].keep_ms,
                                      .user_agent = cases[i].user_agent };
        size_t digits = cases[i].body ? 10 - (strlen(cases[i].content) > 9 ? 2 : 1) : 0;
        size_t need = strlen(cases[i].text) + digits;

        for (cap = 0; cap < need + 2; cap++) {
            struct ango_request q = { .buf = guard_room(&room, cap), .cap = cap };

            ango_write_text(&q, "GET /");
            ango_write_head(&q, &config, "key", cases[i].body);
            ango_write_text(&q, cases[i].content);
            if (cases[i].body)
                ango_request_end_body(&q);
            assert_true(guard_intact(&room));
            assert_int_equal(ango_request_end(&q), cap < need ? ANGO_E_SPACE : ANGO_OK);
            assert_int_equal(q.len, cap < need ? need : strlen(cases[i].text));
            if (cap >= need)
                assert_memory_equal(q.buf, cases[i].text, q.len);
        }
    }
}

static void long_body(void **state)
{
    struct ango_config config = { .host = "h", .keep_ms = 1, .user_agent = "" };
    struct ango_request q = { .buf = guard_room(&room, 60000), .cap = 60000 };
    char expected[128];
    size_t i;

    (void)state;
    ango_write_text(&q, "POST /");
    ango_write_head(&q, &config, "k", true);
    for (i = 0; i < 54321; i++) {
        char letter[2] = { (char)('a' + i % 26), '\0' };

        ango_write_text(&q, letter);
    }
    ango_request_end_body(&q);
    assert_int_equal(ango_request_end(&q), ANGO_OK);
    (void)snprintf(expected, sizeof expected,
                   "POST / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: identity\r\napikey: k" JSON "54321\r\n\r\n");
    assert_int_equal(q.len, strlen(expected) + 54321);
    assert_memory_equal(q.buf, expected, strlen(expected));
    for (i = 0; i < 54321; i++)
        assert_int_equal(q.buf[strlen(expected) + i], 'a' + i % 26);
}

/* Each byte by itself: which ones a host, a prefix and a header may have. */
static void characters(void **state)
{
    unsigned c, first;

    (void)state;
    for (c = 1; c < 256; c++) {
        char text[4] = { 'a', 0, 'b', '\0' };
        char path[5] = "/a_b";
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

        text[1] = (char)c;
        path[2] = (char)c;
        for (first = ' '; first <= '!'; first++)
            assert_int_equal(ango_header_ok(text, (char)first), c >= first && c < 0x7F);
        assert_int_equal(ango_host_ok(text), letter || strchr("-._~", (int)c) != NULL);
        assert_int_equal(ango_prefix_ok(path), letter || strchr("-._~/", (int)c) != NULL);
        /* By itself, in front and behind. */
        text[2] = '\0';
        assert_int_equal(ango_host_ok(text), letter || strchr("-_~", (int)c) != NULL);
        assert_int_equal(ango_host_ok(text + 1), letter || strchr("-_~", (int)c) != NULL);
        assert_int_equal(ango_header_ok(text, '!'), c > 0x20 && c < 0x7F);
        path[2] = 'a';
        path[0] = (char)c;
        assert_int_equal(ango_prefix_ok(path), c == '/');
        path[0] = '/';
        path[3] = (char)c;
        assert_int_equal(ango_prefix_ok(path), letter || strchr("-._~", (int)c) != NULL);
    }
}

static void hosts(void **state)
{
    static const struct {
        const char *text;
        bool ok;
    } prefixes[] = {
        { NULL, true },       { "", true },      { "/a", true },         { "/a/b.c/~d_-", true }, { "/", false },
        { "a", false },       { "//a", false },  { "/a/", false },       { "/a//b", false },      { "/a?b", false },
        { "/%41", false },    { "/a b", false }, { "/\xC3\xA9", false }, { "/.", false },         { "/..", false },
        { "/a/../b", false }, { "/.a", false },  { "/a.", true },
    };
    char host[ANGO_HOST_MAX + 2];
    size_t i;

    (void)state;
    assert_true(ango_header_ok("", '!'));
    assert_false(ango_host_ok(""));
    assert_false(ango_host_ok("."));
    assert_false(ango_host_ok("a.b."));
    assert_true(ango_host_ok("127.0.0.1"));
    memset(host, 'h', sizeof host);
    host[ANGO_HOST_MAX + 1] = '\0';
    assert_false(ango_host_ok(host));
    assert_true(ango_host_ok(host + 1));
    for (i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (ango_prefix_ok(prefixes[i].text) != prefixes[i].ok)
            fail_msg("prefix %s", prefixes[i].text);
}

/* --- ANGO_INVITE_NEED ----------------------------------------------------------------------------------- */

/* `len` times `c`. */
static const char *filled(char *text, size_t len, char c)
{
    memset(text, c, len);
    text[len] = '\0';
    return text;
}

/*
 * Strings as long as the macro was told, each byte of them of those that take most. It never says less than
 * what the call needs, and little more.
 */
static void check_need(size_t host_len, size_t key_len, size_t id_len, size_t emails, size_t email_len, size_t projects,
                       size_t project_len, enum ango_project_role role, size_t slack)
{
    static char host[256], key[256], id[256], email[256], project[256];
    static const char *to[16];
    static struct ango_project_assignment assignments[16];
    struct ango_invitation invitation = { to, emails, ANGO_ORGANIZATION_MEMBER, assignments, projects };
    size_t most = ANGO_INVITE_NEED(host_len, key_len, id_len, emails, email_len, projects, project_len);
    size_t i, need;

    filled(email, email_len, '"');
    email[1] = '@';
    filled(project, project_len, '\\');
    for (i = 0; i < emails; i++)
        to[i] = email;
    for (i = 0; i < projects; i++) {
        assignments[i].project_id = project;
        assignments[i].project_role = role;
    }
    (void)exchange_begin(&x, NULL, 16);
    x.config.host = filled(host, host_len, 'h');
    x.config.tcp_port = 65535;
    x.config.keep_ms = 0;
    assert_int_equal(ango_client_init(&x.client, &x.config, filled(key, key_len, 'k')), ANGO_OK);
    assert_int_equal(ango_invite_members_to_org_start(&x.client, filled(id, id_len, '/'), &invitation), ANGO_E_SPACE);
    need = x.client.result.need;
    if (need > most || need + slack < most)
        fail_msg("%lu emails of %lu, %lu projects: need %lu, the macro says %lu", (unsigned long)emails,
                 (unsigned long)email_len, (unsigned long)projects, (unsigned long)need, (unsigned long)most);
    x.config.buffer = guard_room(&x.guard, most);
    x.config.buffer_cap = most;
    assert_int_equal(ango_client_init(&x.client, &x.config, key), ANGO_OK);
    assert_int_equal(ango_invite_members_to_org_start(&x.client, id, &invitation), ANGO_OK);
    ango_cancel(&x.client);
    assert_true(guard_intact(&x.guard));
}

static void invite_need(void **state)
{
    (void)state;
    /* What it may say more: an @ is not escaped, a first entry has no comma, a role can be a short one, and
     * without projects their list is left out. */
    check_need(1, 1, 1, 1, 3, 0, 1, ANGO_PROJECT_REVIEWER, 26);
    check_need(253, 255, 24, 1, 64, 0, 1, ANGO_PROJECT_REVIEWER, 26);
    check_need(1, 1, 1, 1, 3, 1, 1, ANGO_PROJECT_REVIEWER, 2);
    check_need(17, 40, 24, 16, 65, 1, 24, ANGO_PROJECT_REVIEWER, 26 + 16);
    check_need(17, 40, 255, 2, 65, 16, 255, ANGO_PROJECT_REVIEWER, 26 + 2 + 16);
    check_need(17, 40, 24, 16, 65, 16, 24, ANGO_PROJECT_LEAD, 26 + 16 + 5 * 16);
}

static int open_room(void **state)
{
    (void)state;
    guard_begin(&room, 65536);
    exchange_open(&x, 32768);
    return 0;
}

static int shut_room(void **state)
{
    (void)state;
    guard_end(&room);
    exchange_shut(&x);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),       cmocka_unit_test(refusals),   cmocka_unit_test(numbers),
        cmocka_unit_test(percent),     cmocka_unit_test(wrapped),    cmocka_unit_test(head),
        cmocka_unit_test(long_body),   cmocka_unit_test(characters), cmocka_unit_test(hosts),
        cmocka_unit_test(invite_need),
    };

    return cmocka_run_group_tests(tests, open_room, shut_room);
}
