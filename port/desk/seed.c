#include "seed.h"

#include <string.h>

#include <mbedtls/md.h>
#include <mbedtls/platform_util.h>

#include "ango_port.h"
#include "board.h"

#define KEY 32u
#define AGREES_S 10 /* a quartz that is 50 ppm fast gains 4 s a day */

enum { SEED = 1, OUTPUT, NEXT }; /* what is hashed, and so never the same twice */

static uint8_t key[KEY];
static size_t given;      /* bytes of seed that are in the key */
static int64_t started_s; /* Unix time of the start; 0: not known */

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Hashes what it is for, the key, and `len` bytes of more. */
static bool hash(uint8_t what, const uint8_t *more, size_t len, uint8_t *out)
{
    uint8_t text[1 + KEY + SEED_LINE_MAX];
    bool done;

    text[0] = what;
    memcpy(text + 1, key, KEY);
    if (len > 0)
        memcpy(text + 1 + KEY, more, len);
    done = mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), text, 1 + KEY + len, out) == 0;
    mbedtls_platform_zeroize(text, sizeof text);
    return done;
}

static bool take_seed(const char *hex)
{
    uint8_t seed[SEED_LINE_MAX];
    size_t len = 0;
    bool done;

    for (; *hex != '\0'; hex += 2) {
        if (digit(hex[0]) < 0 || digit(hex[1]) < 0 || len == sizeof seed)
            return false;
        seed[len++] = (uint8_t)(digit(hex[0]) << 4 | digit(hex[1]));
    }
    done = hash(SEED, seed, len, key);
    mbedtls_platform_zeroize(seed, sizeof seed);
    given += done ? len : 0;
    return done;
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

bool seed_is_enough(void)
{
    return given >= SEED_MIN;
}

bool seed_is_there(void)
{
    return seed_is_enough() && started_s != 0;
}

bool seed_time_heard(int64_t now, int64_t earliest)
{
    int64_t known = seed_time(NULL);

    if (now < earliest) {
        return false;
    }
    if (now < known) {
        return known - now <= AGREES_S;
    }
    started_s = now - (int64_t)(board_uptime_ms() / 1000);
    return true;
}

int seed_entropy(void *ctx, uint8_t *buf, size_t len)
{
    uint8_t out[KEY];

    (void)ctx;
    if (given < SEED_MIN)
        return ANGO_E_ENTROPY;
    while (len > 0) {
        size_t n = len < KEY ? len : KEY;

        if (!hash(OUTPUT, NULL, 0, out) || !hash(NEXT, NULL, 0, key))
            return ANGO_E_ENTROPY;
        memcpy(buf, out, n);
        buf += n;
        len -= n;
    }
    mbedtls_platform_zeroize(out, sizeof out);
    return ANGO_OK;
}

int64_t seed_time(void *ctx)
{
    (void)ctx;
    return started_s != 0 ? started_s + (int64_t)(board_uptime_ms() / 1000) : 0;
}
