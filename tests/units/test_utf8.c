/* Characters and dates, each one that there is. */
#include "calendar.h"
#include "guard.h"
#include "utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The Unicode Standard, table 3-7: which byte may stand second. */
static bool is_second(unsigned lead, unsigned c)
{
    return c >= (lead == 0xE0       ? 0xA0
                     : lead == 0xF0 ? 0x90
                                    : 0x80)
        && c <= (lead == 0xED       ? 0x9F
                     : lead == 0xF4 ? 0x8F
                                    : 0xBF);
}

static unsigned expected_len(const uint8_t *p)
{
    unsigned len = p[0] >= 0x20 && p[0] < 0x7F ? 1
        : p[0] >= 0xC2 && p[0] <= 0xDF         ? 2
        : p[0] >= 0xE0 && p[0] <= 0xEF         ? 3
        : p[0] >= 0xF0 && p[0] <= 0xF4         ? 4
                                               : 0;
    unsigned i;

    if (len > 1 && !is_second(p[0], p[1]))
        return 0;
    for (i = 2; i < len; i++)
        if (p[i] < 0x80 || p[i] > 0xBF)
            return 0;
    return len;
}

/* Each first and second byte there is, and the edges of the third and fourth; nothing is read past a NUL. */
static void sequences(void **state)
{
    static const uint8_t edges[] = { 0x00, 0x22, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF };
    struct guard room;
    unsigned a, b;
    size_t c, d;

    (void)state;
    guard_begin(&room, 8);
    for (a = 0; a < 256; a++)
        for (b = 0; b < 256; b++)
            for (c = 0; c < sizeof edges; c++)
                for (d = 0; d < sizeof edges; d++) {
                    uint8_t text[4] = { (uint8_t)a, (uint8_t)b, edges[c], edges[d] };
                    size_t len = a == 0 ? 0 : b == 0 ? 1 : edges[c] == 0 ? 2 : edges[d] == 0 ? 3 : 4;

                    assert_int_equal(ango_utf8_len(guard_text(&room, text, len)), expected_len(text));
                }
    guard_end(&room);
}

static void code_points(void **state)
{
    uint32_t c;

    (void)state;
    for (c = 0; c < 0x110000; c++) {
        uint8_t text[5] = { 0xAA, 0xAA, 0xAA, 0xAA, 0xAA };
        uint8_t expected[4];
        size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

        if (c >= 0xD800 && c < 0xE000)
            continue;
        expected[0] = (uint8_t)(len == 1 ? c : len == 2 ? 0xC0 | c >> 6 : len == 3 ? 0xE0 | c >> 12 : 0xF0 | c >> 18);
        expected[1] = (uint8_t)(0x80 | (c >> (len == 2 ? 0 : len == 3 ? 6 : 12) & 0x3F));
        expected[2] = (uint8_t)(0x80 | (c >> (len == 3 ? 0 : 6) & 0x3F));
        expected[3] = (uint8_t)(0x80 | (c & 0x3F));
        assert_int_equal(ango_utf8_put(text, c) - text, len);
        assert_memory_equal(text, expected, len);
        assert_int_equal(text[len], 0xAA);
        assert_int_equal(ango_utf8_len(text), c < 0x20 || c == 0x7F ? 0 : len);
    }
}

static void hex_digits(void **state)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    unsigned c;

    (void)state;
    for (c = 0; c < 256; c++) {
        const char *at = c == 0 ? NULL : strchr(digits, (int)c);

        if (at != NULL)
            assert_int_equal(ango_hex_digit(c), (at - digits) % 16);
        else
            assert_true(ango_hex_digit(c) > 15);
    }
}

/* Every day of the years 1600 to 9999: exact from 1901 to 2099, and never back in time anywhere else. */
static void days(void **state)
{
    static const unsigned lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int32_t expected = -135140; /* so that 1970-01-01 is 0 */
    int32_t before = INT32_MIN;
    unsigned year, month, day;

    (void)state;
    for (year = 1600; year <= 9999; year++) {
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

        for (month = 1; month <= 12; month++)
            for (day = 1; day <= lengths[month - 1] + (month == 2 && leap ? 1 : 0); day++, expected++) {
                int32_t n = ango_days(year, month, day);

                if ((year >= 1901 && year <= 2099 && n != expected) || n <= before)
                    fail_msg("%u-%u-%u is day %ld, not %ld", year, month, day, (long)n, (long)expected);
                before = n;
            }
    }
    assert_int_equal(ango_days(1970, 1, 1), 0);
    assert_int_equal(ango_days(2000, 3, 1), 11017);
    assert_int_equal(ango_days(2026, 11, 23), 20780);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequences),
        cmocka_unit_test(code_points),
        cmocka_unit_test(hex_digits),
        cmocka_unit_test(days),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
