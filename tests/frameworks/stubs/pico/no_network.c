/* What lwIP asks of the SDK, and generators that are silent. */
#include <hardware/structs/rosc.h>
#include <hardware/structs/trng.h>
#include <lwip/arch.h>
#include <pico/time.h>

u32_t sys_now(void)
{
    return to_ms_since_boot(get_absolute_time());
}

struct stub_rosc *stub_rosc(void)
{
    static struct stub_rosc rosc;

    return &rosc;
}

struct stub_trng *stub_trng(void)
{
    static struct stub_trng trng;

    return &trng;
}
