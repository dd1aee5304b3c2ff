#include <stdint.h>
#include <sys/random.h>

static inline int entropy_get_entropy(const struct device *device, uint8_t *buffer, uint16_t length)
{
    (void)device;
    return getrandom(buffer, length, 0) == (ssize_t)length ? 0 : -1;
}
