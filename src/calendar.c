#include "calendar.h"

#include <string.h>

int32_t ango_days(unsigned year, unsigned month, unsigned day)
{
    /* The year starts in March, so that a leap day is its last. */
    if (month < 3) {
        month += 12;
        year--;
    }
    return (int32_t)(1461 * year / 4 + (153 * month - 457) / 5 + day - 719484);
}

static unsigned two_digits(const char *p)
{
    return (unsigned)(p[0] * 10 + p[1] - '0' * 11);
}

uint32_t ango_http_date(const char *text)
{
    /* The second and third letter of a month, added up: no two are alike. */
    static const uint8_t months[] = { 'a' + 'n', 'e' + 'b', 'a' + 'r', 'p' + 'r', 'a' + 'y', 'u' + 'n',
                                      'u' + 'l', 'u' + 'g', 'e' + 'p', 'c' + 't', 'o' + 'v', 'e' + 'c' };
    const uint8_t *month;
    uint32_t seconds = 0;
    int i;

    if (strlen(text) != 29)
        return 0;
    month = (const uint8_t *)memchr(months, text[9] + text[10], sizeof months);
    if (month == NULL)
        return 0;
    for (i = 17; i < 26; i += 3)
        seconds = seconds * 60 + two_digits(text + i);
    return seconds + 86400 * (uint32_t)ango_days(two_digits(text + 12) * 100 + two_digits(text + 14),
                                                 (unsigned)(month - months) + 1, two_digits(text + 5));
}
