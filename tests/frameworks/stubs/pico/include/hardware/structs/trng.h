/* A generator: what it answers is a test's to say. */
#include <pico/time.h>

struct stub_trng {
    uint32_t rng_isr, rng_icr, ehr_data[6], rnd_source_enable, sample_cnt1, trng_debug_control;
};
extern struct stub_trng *stub_trng(void);
#define trng_hw (stub_trng())

static inline bool time_reached(absolute_time_t at)
{
    return get_absolute_time() >= at;
}

static inline void tight_loop_contents(void)
{
}
