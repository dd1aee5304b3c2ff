/* calendar.h - dates to days. Pure. */
#ifndef ANGO_CALENDAR_H
#define ANGO_CALENDAR_H

#include <stdint.h>

/*
 * Days from 1970-01-01 to a date in the Gregorian calendar, years 1 to 9999, month and day counted from 1; not
 * range-checked. With wrong values the result is wrong, and nothing worse.
 */
int32_t ango_days(unsigned year, unsigned month, unsigned day);

#endif
