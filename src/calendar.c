#include "calendar.h"

int64_t ango_unix_time(const struct ango_date *date)
{
    /* The year starts in March, so that a leap day is its last. */
    int year = date->month > 2 ? date->year : date->year - 1;
    int month = date->month > 2 ? date->month - 3 : date->month + 9;
    int32_t days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + date->day - 1;
    int32_t seconds = (date->hour * 60 + date->minute) * 60 + date->second;

    return (int64_t)(days - 719468) * 86400 + seconds;
}
