/* The chip's generator; here this machine's. */
#include <stddef.h>
#include <stdlib.h>
#include <sys/random.h>

static inline void esp_fill_random(void *buf, size_t len)
{
    if (getrandom(buf, len, 0) != (ssize_t)len)
        abort();
}
