#include "seed.h"

#include <string.h>

#include "ango_port.h"
#include "board.h"

static uint8_t pool[SEED_CAP];
static size_t pool_len;
static int64_t started_s; /* Unix time of the start; 0: not known */

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool take_seed(const char *hex)
{
    size_t len = pool_len;

    for (; *hex != '\0'; hex += 2) {
        if (digit(hex[0]) < 0 || digit(hex[1]) < 0 || len == sizeof pool)
            return false;
        pool[len++] = (uint8_t)(digit(hex[0]) << 4 | digit(hex[1]));
    }
    pool_len = len;
    return true;
}

static bool take_time(const char *text)
{
    int64_t now = 0;

    for (; *text >= '0' && *text <= '9' && now < INT64_C(100000000000); text++)
        now = now * 10 + (*text - '0');
    if (*text != '\0' || now == 0)
        return false;
    started_s = now - (int64_t)(board_uptime_ms() / 1000);
    return true;
}

bool seed_take(const char *line)
{
    if (strncmp(line, "seed ", 5) == 0)
        return take_seed(line + 5);
    return strncmp(line, "time ", 5) == 0 && take_time(line + 5);
}

size_t seed_left(void)
{
    return pool_len;
}

int seed_entropy(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    if (len > pool_len)
        return ANGO_E_ENTROPY;
    pool_len -= len;
    memcpy(buf, pool + pool_len, len);
    memset(pool + pool_len, 0, len);
    return ANGO_OK;
}

int64_t seed_time(void *ctx)
{
    (void)ctx;
    return started_s != 0 ? started_s + (int64_t)(board_uptime_ms() / 1000) : 0;
}
