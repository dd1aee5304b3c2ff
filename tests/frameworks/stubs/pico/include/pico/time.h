/* The SDK's clock; here this machine's, in microseconds. */
#ifndef PICO_TIME_H
#define PICO_TIME_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

typedef uint64_t absolute_time_t;

static inline absolute_time_t get_absolute_time(void)
{
    struct timespec now;

    timespec_get(&now, TIME_UTC);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

static inline uint32_t to_ms_since_boot(absolute_time_t at)
{
    return (uint32_t)(at / 1000u);
}

static inline uint64_t to_us_since_boot(absolute_time_t at)
{
    return at;
}

static inline absolute_time_t make_timeout_time_ms(uint32_t ms)
{
    return get_absolute_time() + (uint64_t)ms * 1000u;
}

#endif
