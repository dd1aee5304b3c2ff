/* calendar.h - dates to seconds. Pure. */
#ifndef ANGO_CALENDAR_H
#define ANGO_CALENDAR_H

#include <stdint.h>

struct ango_date {
    int year, month, day; /* month and day count from 1 */
    int hour, minute, second;
};

/* Seconds since 1970-01-01 00:00:00 UTC of a date in the Gregorian calendar, years 1 to 9999; not range-checked. */
int64_t ango_unix_time(const struct ango_date *date);

#endif
