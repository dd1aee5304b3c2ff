/* calendar.h - dates to days. Pure. */
#ifndef ANGO_CALENDAR_H
#define ANGO_CALENDAR_H

#include <stdint.h>

/*
 * Days from 1970-01-01 to a date, month and day counted from 1; not range-checked. With wrong values the
 * result is wrong, and nothing worse. Every fourth year is a leap year here, so it is exact from 1901 to
 * 2099; other years, up to 9999, come out some days off, but in order.
 */
int32_t ango_days(unsigned year, unsigned month, unsigned day);

#endif
