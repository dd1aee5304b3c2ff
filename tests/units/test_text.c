/* What is said to people, and the API's words: each code, outcome and role has its own. */
#include "ango.h"

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
    static const int codes[] = { ANGO_OK,         ANGO_E_WAIT,     ANGO_E_END,       ANGO_E_ARG,
                                 ANGO_E_HOST,     ANGO_E_KEY,      ANGO_E_ID,        ANGO_E_EMAIL,
                                 ANGO_E_SPACE,    ANGO_E_INSECURE, ANGO_E_CLOCK,     ANGO_E_ENTROPY,
                                 ANGO_E_MEMORY,   ANGO_E_RESOLVE,  ANGO_E_NET,       ANGO_E_TIME,
                                 ANGO_E_CERT,     ANGO_E_TLS,      ANGO_E_TRUNCATED, ANGO_E_HTTP,
                                 ANGO_E_TOO_BIG,  ANGO_E_JSON,     ANGO_E_SHAPE,     ANGO_E_STATUS,
                                 ANGO_E_CANCELLED };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof codes / sizeof codes[0]; i++)
        assert_int_equal(codes[i], -(int)i);
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
    /* Each other byte in each place; a CR for the '-', which no header line can have, is let pass. */
    for (at = 0; at < sizeof word - 1; at++)
        for (c = 0; c < 256; c++) {
            char text[sizeof word];
            bool same =
                c == (unsigned char)word[at] || (word[at] != '-' && (c ^ 0x20) == (unsigned char)word[at]);

            memcpy(text, word, sizeof word);
            text[at] = (char)c;
            if (word[at] != '-' || c != '\r')
                assert_int_equal(ango_text_is(text, word), same);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors), cmocka_unit_test(numbers), cmocka_unit_test(outcomes),
        cmocka_unit_test(roles),  cmocka_unit_test(text_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
