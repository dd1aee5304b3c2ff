#include <stdint.h>
#include <time.h>

static inline int64_t k_uptime_get(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline uint32_t k_uptime_get_32(void)
{
    return (uint32_t)k_uptime_get();
}
