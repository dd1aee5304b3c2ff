#include "calendar.h"

int32_t ango_days(unsigned year, unsigned month, unsigned day)
{
    /* The year starts in March, so that a leap day is its last. */
    if (month < 3) {
        month += 12;
        year--;
    }
    return (int32_t)(365 * year + year / 4 - year / 100 + year / 400 + (153 * month - 457) / 5 + day - 719469);
}
