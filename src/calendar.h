/* calendar.h - dates to days and seconds. Pure. */
#ifndef ANGO_CALENDAR_H
#define ANGO_CALENDAR_H

#include <stdint.h>

/*
 * Days from 1970-01-01 to a date, month and day counted from 1; not range-checked. With wrong values the
 * result is wrong, and nothing worse. Every fourth year is a leap year here, so it is exact from 1901 to
 * 2099; other years, up to 9999, come out some days off, but in order.
 */
int32_t ango_days(unsigned year, unsigned month, unsigned day);

/*
 * Seconds from `now`, the lower half of the Unix time, to "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7;
 * its two obsolete forms are not taken); 0 if that is past, or more than 68 years ahead, or no date, or `now`
 * is 0. Only the length and the month are checked: for a wrong date the time is wrong, and nothing worse.
 */
uint32_t ango_http_wait(const char *text, uint32_t now);

#endif
