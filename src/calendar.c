#include "calendar.h"

int32_t ango_days(unsigned year, unsigned month, unsigned day)
{
    /* The year starts in March, so that a leap day is its last. */
    if (month < 3) {
        month += 12;
        year--;
    }
    /* (979 m + 25) / 32 is (153 m - 457) / 5 + 92 for the months 3 to 14. */
    return (int32_t)(1461 * year / 4 + (979 * month + 25) / 32 + day) - 719576;
}

static unsigned two_digits(const char *p)
{
    return (unsigned)(p[0] * 10 + p[1] - '0' * 11);
}

uint32_t ango_http_wait(const char *text, const char *end, uint32_t now)
{
    /* The second and third letter of a month, added up: no two are alike. */
    static const uint8_t months[] = { 'a' + 'n', 'e' + 'b', 'a' + 'r', 'p' + 'r', 'a' + 'y', 'u' + 'n',
                                      'u' + 'l', 'u' + 'g', 'e' + 'p', 'c' + 't', 'o' + 'v', 'e' + 'c' };
    unsigned month = 0;
    unsigned year = 0;
    uint32_t seconds = 0;
    int i;

    if (end - text != 29 || now == 0)
        return 0;
    while (text[9] + text[10] != months[month++])
        if (month == sizeof months)
            return 0;
    for (i = 17; i < 26; i += 3)
        seconds = seconds * 60 + two_digits(text + i);
    for (i = 12; i < 16; i++)
        year = year * 10 + (unsigned)text[i] - '0';
    seconds += 86400 * (uint32_t)ango_days(year, month, two_digits(text + 5)) - now;
    return seconds <= INT32_MAX ? seconds : 0;
}
