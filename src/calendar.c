#include "calendar.h"

#include <string.h>

int32_t ango_days(unsigned year, unsigned month, unsigned day)
{
    /* The year starts in March, so that a leap day is its last. */
    if (month < 3) {
        month += 12;
        year--;
    }
    /* From March on each five months have 153 days; the last number makes 1970-01-01 day 0. */
    return (int32_t)(365 * year + year / 4 + (153 * month - 457) / 5 + day) - 719484;
}

static unsigned two_digits(const char *p)
{
    return (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
}

/* 1 to 12; 0: it is none. */
static unsigned read_month(const char *p)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    unsigned month;

    for (month = 1; month <= 12; month++)
        if (memcmp(p, &names[3 * (month - 1)], 3) == 0)
            return month;
    return 0;
}

uint32_t ango_http_wait(const char *text, uint32_t now)
{
    unsigned month;
    unsigned year;
    uint32_t seconds;

    if (strlen(text) != strlen("Sun, 06 Nov 1994 08:49:37 GMT") || now == 0)
        return 0;
    month = read_month(text + 8);
    if (month == 0)
        return 0;
    year = two_digits(text + 12) * 100 + two_digits(text + 14);
    seconds = (uint32_t)ango_days(year, month, two_digits(text + 5)) * 86400;
    seconds += two_digits(text + 17) * 3600 + two_digits(text + 20) * 60 + two_digits(text + 23);
    seconds -= now;
    return seconds <= INT32_MAX ? seconds : 0;
}
