#include "calendar.h"

#include <string.h>

#include "ango.h"

int32_t ango_days(unsigned year, unsigned month, unsigned day)
{
    /* The year starts in March, so that a leap day is its last. */
    if (month < 3) { /* mutant: leap-day */
        month += 12;
        year--;
    }
    /* From March on, every five months have 153 days; the last number makes 1970-01-01 day 0. */
    return (int32_t)(365 * year + year / 4 + (153 * month - 457) / 5 + day) - 719484;
}

static unsigned two_digits(const char *p)
{
    return (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
}

uint32_t ango_retry_after_date(const char *text, uint32_t now)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    unsigned month = 1;
    unsigned year;
    uint32_t seconds;

    if (strlen(text) != strlen("Sun, 06 Nov 1994 08:49:37 GMT") || now == 0)
        return 0;
    while (memcmp(text + 8, &months[3 * (size_t)(month - 1)], 3) != 0) {
        month++;
        if (month > 12)
            return 0;
    }
    year = two_digits(text + 12) * 100 + two_digits(text + 14);
    seconds = (uint32_t)ango_days(year, month, two_digits(text + 5));
    seconds = seconds * 24 + two_digits(text + 17);
    seconds = seconds * 60 + two_digits(text + 20);
    seconds = seconds * 60 + two_digits(text + 23) - now;
    return seconds <= INT32_MAX ? seconds : 0; /* mutant: date-past */
}
