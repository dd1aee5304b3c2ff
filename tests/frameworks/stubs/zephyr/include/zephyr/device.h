#include <stdbool.h>

struct device {
    int unused;
};

#define DEVICE_DT_GET(node) (node)

static inline bool device_is_ready(const struct device *device)
{
    return device->unused == 0;
}
