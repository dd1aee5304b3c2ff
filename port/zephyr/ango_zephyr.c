#include "ango_zephyr.h"

#include <zephyr/device.h>
#include <zephyr/devicetree.h>
#include <zephyr/drivers/entropy.h>
#include <zephyr/kernel.h>

static int64_t started; /* Unix time when the uptime was 0; 0: not known */

void ango_zephyr_set_time(int64_t seconds)
{
    started = seconds - k_uptime_get() / 1000;
}

static uint32_t clock_ms(void *ctx)
{
    (void)ctx;
    return k_uptime_get_32();
}

static int64_t unix_time(void *ctx)
{
    (void)ctx;
    return started == 0 ? 0 : started + k_uptime_get() / 1000;
}

static int entropy(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
#if DT_HAS_CHOSEN(zephyr_entropy)
    const struct device *device = DEVICE_DT_GET(DT_CHOSEN(zephyr_entropy));

    if (device_is_ready(device) && entropy_get_entropy(device, buf, (uint16_t)len) == 0)
        return ANGO_OK;
#else
    (void)buf;
    (void)len;
#endif
    return ANGO_E_ENTROPY;
}

const struct ango_sockets_platform ango_zephyr_platform = { NULL, clock_ms, unix_time, entropy, NULL };
