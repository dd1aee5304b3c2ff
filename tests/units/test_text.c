/* What is said to people, and the API's words: each code, outcome and role has its own. Numbers and hashes. */
#include "ango.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void errors(void **state)
{
    const char *unknown = ango_error_text(1);
    int error, other;

    (void)state;
    for (error = 0; error >= ANGO_E_LAST; error--) {
        const char *text = ango_error_text(error);
        size_t len = strlen(text);

        assert_in_range(len, 4, 120);
        assert_string_not_equal(text, unknown);
        /* To stand within a sentence: "ango: TEXT". */
        assert_true(text[len - 1] != '.' && text[len - 1] != ' ');
        assert_true(text[0] >= 'a' && text[0] <= 'z');
        for (other = 0; other > error; other--)
            assert_string_not_equal(text, ango_error_text(other));
    }
    assert_string_equal(ango_error_text(ANGO_E_LAST - 1), unknown);
    assert_string_equal(ango_error_text(INT_MIN), unknown);
    assert_string_equal(ango_error_text(INT_MAX), unknown);
}

/* The numbers are given for life, so they stand here once more. */
static void numbers(void **state)
{
    static const int codes[] = { ANGO_OK,        ANGO_E_WAIT,    ANGO_E_END,    ANGO_E_ARG,       ANGO_E_HOST,
                                 ANGO_E_KEY,     ANGO_E_ID,      ANGO_E_EMAIL,  ANGO_E_SPACE,     ANGO_E_INSECURE,
                                 ANGO_E_CLOCK,   ANGO_E_ENTROPY, ANGO_E_MEMORY, ANGO_E_RESOLVE,   ANGO_E_NET,
                                 ANGO_E_TIME,    ANGO_E_CERT,    ANGO_E_TLS,    ANGO_E_TRUNCATED, ANGO_E_HTTP,
                                 ANGO_E_TOO_BIG, ANGO_E_JSON,    ANGO_E_SHAPE,  ANGO_E_STATUS,    ANGO_E_CANCELLED,
                                 ANGO_E_ANCHOR,  ANGO_E_ENTRY,   ANGO_E_FULL,   ANGO_E_STORAGE,   ANGO_E_DAMAGED };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof codes / sizeof codes[0]; i++)
        assert_int_equal(codes[i], -(int)i);
    assert_int_equal(ANGO_E_LAST, 1 - (int)i);
    assert_int_equal(ANGO_NOT_SENT, 0);
    assert_int_equal(ANGO_UNKNOWN, 1);
    assert_int_equal(ANGO_REJECTED, 2);
    assert_int_equal(ANGO_ACCEPTED, 3);
}

static void outcomes(void **state)
{
    (void)state;
    assert_string_equal(ango_outcome_text(ANGO_NOT_SENT), "not sent");
    assert_string_equal(ango_outcome_text(ANGO_UNKNOWN), "unknown");
    assert_string_equal(ango_outcome_text(ANGO_REJECTED), "rejected");
    assert_string_equal(ango_outcome_text(ANGO_ACCEPTED), "accepted");
    /* A number that is none is no reason to send again. */
    assert_string_equal(ango_outcome_text((enum ango_outcome)4), "unknown");
    assert_string_equal(ango_outcome_text((enum ango_outcome)INT_MAX), "unknown");
}

static void roles(void **state)
{
    (void)state;
    assert_string_equal(ango_organization_role_text(ANGO_ORGANIZATION_ADMIN), "admin");
    assert_string_equal(ango_organization_role_text(ANGO_ORGANIZATION_MEMBER), "member");
    assert_null(ango_organization_role_text((enum ango_organization_role)0));
    assert_null(ango_organization_role_text((enum ango_organization_role)3));
    assert_null(ango_organization_role_text((enum ango_organization_role)INT_MAX));
    assert_string_equal(ango_project_role_text(ANGO_PROJECT_MANAGER), "Manager");
    assert_string_equal(ango_project_role_text(ANGO_PROJECT_LABELER), "Labeler");
    assert_string_equal(ango_project_role_text(ANGO_PROJECT_REVIEWER), "Reviewer");
    assert_string_equal(ango_project_role_text(ANGO_PROJECT_LEAD), "Lead");
    assert_null(ango_project_role_text((enum ango_project_role)0));
    assert_null(ango_project_role_text((enum ango_project_role)5));
    assert_null(ango_project_role_text((enum ango_project_role)INT_MAX));
}

static void text_is(void **state)
{
    static const char word[] = "keep-Alive";
    unsigned at, c;

    (void)state;
    assert_true(ango_text_is("keep-alive", word));
    assert_true(ango_text_is("KEEP-ALIVE", word));
    assert_true(ango_text_is("", ""));
    assert_false(ango_text_is("keep-alive ", word));
    assert_false(ango_text_is("keep-aliv", word));
    assert_false(ango_text_is("eep-alive", word));
    assert_false(ango_text_is("", word));
    assert_false(ango_text_is("x", ""));
    /* Each other byte in each place: only letters have another case, and only those of ASCII. */
    for (at = 0; at < sizeof word - 1; at++)
        for (c = 0; c < 256; c++) {
            char text[sizeof word];
            bool same = c == (unsigned char)word[at] || (word[at] != '-' && (c ^ 0x20) == (unsigned char)word[at]);

            memcpy(text, word, sizeof word);
            text[at] = (char)c;
            assert_int_equal(ango_text_is(text, word), same);
            assert_int_equal(ango_text_is(word, text), same);
        }
    /* Each byte against each. */
    for (at = 1; at < 256; at++)
        for (c = 1; c < 256; c++) {
            char a[2] = { (char)at, '\0' };
            char b[2] = { (char)c, '\0' };
            bool letter = (at | 0x20) >= 'a' && (at | 0x20) <= 'z';

            assert_int_equal(ango_text_is(a, b), at == c || (letter && (at ^ 0x20) == c));
        }
}

static void read_number(void **state)
{
    static const struct {
        const char *text;
        uint32_t number;
        size_t len;
    } cases[] = {
        { "", 0, 0 },
        { "x", 0, 0 },
        { "-1", 0, 0 },
        { "+1", 0, 0 },
        { " 1", 0, 0 },
        { "0", 0, 1 },
        { "007", 7, 3 },
        { "12a", 12, 2 },
        { "1.5", 1, 1 },
        { "9:", 9, 1 },
        { "9/", 9, 1 },
        { "4294967294", 4294967294u, 10 },
        { "4294967295", 4294967295u, 10 },
        { "4294967296", 4294967295u, 10 },
        { "4294967300", 4294967295u, 10 },
        { "42949672950", 4294967295u, 11 },
        { "8589934592", 4294967295u, 10 },
        { "18446744073709551617", 4294967295u, 20 },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t number = 99;

        assert_ptr_equal(ango_read_number(cases[i].text, &number), cases[i].text + cases[i].len);
        assert_int_equal(number, cases[i].number);
    }
}

static void add_digit(void **state)
{
    static const uint32_t edges[] = { 0, 1, 9, 429496728, 429496729, 429496730, 858993459, 4294967294u, 4294967295u };
    unsigned digit;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof edges / sizeof edges[0]; i++)
        for (digit = 0; digit < 10; digit++) {
            uint32_t number = edges[i];
            uint64_t sum = (uint64_t)number * 10 + digit;

            assert_int_equal(ango_add_digit(&number, digit), sum <= UINT32_MAX);
            assert_int_equal(number, sum <= UINT32_MAX ? sum : UINT32_MAX);
        }
}

/* The published values of FNV-1a; and in parts as in one. */
static void hash(void **state)
{
    (void)state;
    assert_int_equal(ango_hash(ANGO_HASH_BEGIN, ""), 0x811C9DC5u);
    assert_int_equal(ango_hash(ANGO_HASH_BEGIN, "a"), 0xE40C292Cu);
    assert_int_equal(ango_hash(ANGO_HASH_BEGIN, "foobar"), 0xBF9CF968u);
    assert_int_equal(ango_hash(ango_hash(ANGO_HASH_BEGIN, "foo"), "bar"), 0xBF9CF968u);
    assert_int_equal(ango_hash(ANGO_HASH_BEGIN, "\xFF"), (0x811C9DC5u ^ 0xFFu) * 16777619u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors),  cmocka_unit_test(numbers),     cmocka_unit_test(outcomes),  cmocka_unit_test(roles),
        cmocka_unit_test(text_is), cmocka_unit_test(read_number), cmocka_unit_test(add_digit), cmocka_unit_test(hash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
