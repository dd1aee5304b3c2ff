#include "ango_pico.h"

#include <pico/cyw43_arch.h>
#include <pico/time.h>
#if PICO_RP2040
#include <hardware/structs/rosc.h>
#else
#include <hardware/structs/trng.h>
#endif

static int64_t booted; /* Unix time of the start; 0: not known */

static uint32_t clock_ms(void *ctx)
{
    (void)ctx;
    return to_ms_since_boot(get_absolute_time());
}

static int64_t uptime(void)
{
    return (int64_t)(to_us_since_boot(get_absolute_time()) / 1000000u);
}

void ango_pico_set_time(int64_t seconds)
{
    booted = seconds - uptime();
}

static int64_t unix_time(void *ctx)
{
    (void)ctx;
    return booted == 0 ? 0 : booted + uptime();
}

/* Waits for work first: what arrives ends that wait, and is then dealt with. */
static void poll_lwip(void *ctx, uint32_t wait_ms)
{
    (void)ctx;
    if (wait_ms > 0)
        cyw43_arch_wait_for_work_until(make_timeout_time_ms(wait_ms));
    cyw43_arch_poll();
}

#if PICO_RP2040

#if ANGO_PICO_ROSC
#define SAMPLES 64 /* of the oscillator, for each bit that is handed out: their parity */

static uint8_t random_byte(void)
{
    unsigned byte = 0;

    for (unsigned bit = 0; bit < 8; bit++) {
        unsigned parity = 0;

        for (unsigned i = 0; i < SAMPLES; i++)
            parity ^= rosc_hw->randombit & 1u;
        byte = byte << 1 | parity;
    }
    return (uint8_t)byte;
}

static int entropy(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    if ((rosc_hw->status & ROSC_STATUS_STABLE_BITS) == 0)
        return ANGO_E_ENTROPY; /* it does not run */
    for (size_t i = 0; i < len; i++)
        buf[i] = random_byte();
    return ANGO_OK;
}
#else
static int entropy(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx, (void)buf, (void)len;
    return ANGO_E_ENTROPY;
}
#endif

#else

#define WORDS 6              /* that the generator collects at a time */
#define CLOCKS_A_SAMPLE 1000 /* far apart, or its test for correlation fails */
#define PATIENCE_MS 100      /* collecting takes a few milliseconds */
#define ISR_VALID 1u         /* the other bits of rng_isr are its complaints */

/* The next words, with all checks of the generator on. */
static bool collect(uint32_t words[WORDS])
{
    absolute_time_t end = make_timeout_time_ms(PATIENCE_MS);
    bool good;

    trng_hw->rnd_source_enable = 0;
    trng_hw->trng_debug_control = 0;
    trng_hw->sample_cnt1 = CLOCKS_A_SAMPLE;
    trng_hw->rng_icr = UINT32_MAX;
    trng_hw->rnd_source_enable = 1;
    while (trng_hw->rng_isr == 0 && !time_reached(end))
        tight_loop_contents();
    good = trng_hw->rng_isr == ISR_VALID;
    for (unsigned i = 0; i < WORDS; i++)
        words[i] = trng_hw->ehr_data[i];
    trng_hw->rnd_source_enable = 0;
    return good;
}

static int entropy(void *ctx, uint8_t *buf, size_t len)
{
    uint32_t words[WORDS];
    const uint8_t *bytes = (const uint8_t *)words;

    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        if (i % sizeof words == 0 && !collect(words))
            return ANGO_E_ENTROPY;
        buf[i] = bytes[i % sizeof words];
    }
    return ANGO_OK;
}

#endif

const struct ango_lwip_platform ango_pico_platform = { NULL, poll_lwip, clock_ms, unix_time, entropy };
