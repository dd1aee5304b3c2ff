/*
 * The writer by itself: errors that stick, numbers, strings and identifiers at every capacity; and the macro
 * that says at compile time how large a buffer has to be. Whole requests are in test_operations.c.
 */
#include "whole_exchange.h"
#include "json_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct guard room;
static struct exchange x;

enum what { STRING, SEGMENT, EMAIL, WORD };

static void write(struct ango_writer *w, enum what what, const char *text)
{
    static const int refusals[] = { [STRING] = ANGO_E_ID, [EMAIL] = ANGO_E_EMAIL, [WORD] = ANGO_E_ARG };

    w->body = what != SEGMENT; /* where it stands decides how it is escaped */
    if (what == SEGMENT)
        ango_write_segment(w, "/", text);
    else
        ango_write_string(w, "\"", text, refusals[what]);
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
            struct ango_writer w = { .buf = guard_room(&room, cap), .cap = cap };

            write(&w, cases[i].what, cases[i].text);
            assert_int_equal(w.len, need);
            assert_int_equal(ango_write_end(&w), cap < need ? ANGO_E_SPACE : ANGO_OK);
            assert_true(guard_intact(&room));
            if (cap >= need)
                assert_memory_equal(w.buf, cases[i].written, need);
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
        { STRING, NULL, ANGO_E_ID },    { STRING, "", ANGO_E_ID },
        { STRING, "a\x1F", ANGO_E_ID }, { STRING, "\x7F", ANGO_E_ID },
        { STRING, "\xC3", ANGO_E_ID },  { SEGMENT, NULL, ANGO_E_ID },
        { SEGMENT, "", ANGO_E_ID },     { SEGMENT, ".", ANGO_E_ID },
        { SEGMENT, "..", ANGO_E_ID },   { SEGMENT, "\xED\xA0\x80", ANGO_E_ID },
        { EMAIL, NULL, ANGO_E_EMAIL },  { EMAIL, "", ANGO_E_EMAIL },
        { EMAIL, "a", ANGO_E_EMAIL },   { EMAIL, "@b", ANGO_E_EMAIL },
        { EMAIL, "a@", ANGO_E_EMAIL },  { EMAIL, "a@@b", ANGO_E_EMAIL },
        { EMAIL, "a@b@", ANGO_E_EMAIL }, { EMAIL, "a@b+c@d", ANGO_E_EMAIL },
        { EMAIL, "a @b", ANGO_E_EMAIL }, { EMAIL, "a@b c", ANGO_E_EMAIL },
        { EMAIL, "a+b", ANGO_E_EMAIL }, { EMAIL, "a@b\x7F", ANGO_E_EMAIL },
        { WORD, NULL, ANGO_E_ARG },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ango_writer w = { .buf = guard_room(&room, 64), .cap = 64, .index = 7 };

        write(&w, cases[i].what, cases[i].text);
        assert_int_equal(w.err, cases[i].err);
        assert_int_equal(w.error_index, 7);
        /* The first error stays, whatever comes after it. */
        w.index = 8;
        ango_write_refuse(&w, ANGO_E_SPACE);
        ango_write_text(&w, "more");
        assert_int_equal(ango_write_end(&w), cases[i].err);
        assert_int_equal(w.error_index, 7);
    }
}

static void numbers(void **state)
{
    static const size_t values[] = { 0,   1,   9,     10,          99,           100,
                                     255, 256, 65535, 4294967295u, SIZE_MAX - 1, SIZE_MAX };
    size_t i, cap;

    (void)state;
    for (i = 0; i < 2 * sizeof values / sizeof values[0]; i++) {
        bool hex = i % 2 != 0;
        char expected[32];
        size_t need = (size_t)snprintf(expected, sizeof expected, hex ? "%%%llX" : "%%%llu",
                                       (unsigned long long)values[i / 2]);

        for (cap = 0; cap < need + 2; cap++) {
            struct ango_writer w = { .buf = guard_room(&room, cap), .cap = cap };

            ango_write_number(&w, '%', values[i / 2], hex ? 16 : 10);
            assert_int_equal(w.len, need);
            if (cap >= need)
                assert_memory_equal(w.buf, expected, need);
            assert_true(guard_intact(&room));
        }
    }
}

/* A length that no longer fits into a size_t is no room. */
static void wrapped(void **state)
{
    struct ango_writer w = { .buf = guard_room(&room, 8), .cap = 8, .len = SIZE_MAX };

    (void)state;
    memset(w.buf, '-', 8);
    ango_write_text(&w, "ab");
    assert_int_equal(w.len, 1);
    assert_memory_equal(w.buf, "--------", 8);
    assert_true(guard_intact(&room));
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
static void check_need(size_t host_len, size_t key_len, size_t id_len, size_t emails, size_t email_len,
                       size_t projects, size_t project_len, enum ango_project_role role, size_t slack)
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
    assert_int_equal(ango_invite_members_to_org_start(&x.client, filled(id, id_len, '/'), &invitation),
                     ANGO_E_SPACE);
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
    guard_begin(&room, 4096);
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
        cmocka_unit_test(texts),
        cmocka_unit_test(refusals),
        cmocka_unit_test(numbers),
        cmocka_unit_test(wrapped),
        cmocka_unit_test(invite_need),
    };

    return cmocka_run_group_tests(tests, open_room, shut_room);
}
