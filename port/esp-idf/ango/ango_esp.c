#include "ango_esp.h"

#include <time.h>

#include <esp_random.h>
#include <esp_timer.h>

#define YEAR_2024 1704067200 /* a clock that nobody has set starts in 1970 */

static uint32_t clock_ms(void *ctx)
{
    (void)ctx;
    return (uint32_t)((uint64_t)esp_timer_get_time() / 1000u);
}

static int64_t unix_time(void *ctx)
{
    time_t now = time(NULL);

    (void)ctx;
    return now < YEAR_2024 ? 0 : (int64_t)now;
}

static int entropy(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    esp_fill_random(buf, len);
    return ANGO_OK;
}

const struct ango_sockets_platform ango_esp_platform = { NULL, clock_ms, unix_time, entropy, NULL };
