/* The entropy of port/pico on a generator that is good, complains, stays silent, or repeats itself: MOOD LEN. Prints the
 * result and the bytes. */
#include <stdio.h>
#include <stdlib.h>

#include "ango_pico.c"

static const char *mood;

#if PICO_RP2040
struct stub_rosc *stub_rosc(void)
{
    static struct stub_rosc rosc;
    static uint32_t state = 1;

    state = state * 1664525u + 1013904223u;
    rosc.status = mood[0] == 's' ? 0 : ROSC_STATUS_STABLE_BITS;
    rosc.randombit = state >> 31;
    return &rosc;
}
#else
/* Words that count up, a new set each time that it is switched on. */
struct stub_trng *stub_trng(void)
{
    static struct stub_trng trng;
    static uint32_t next;

    if (trng.rng_icr != 0 && trng.rnd_source_enable == 1) {
        trng.rng_icr = 0;
        for (int i = 0; i < 6; i++)
            trng.ehr_data[i] = ++next;
        trng.rng_isr = mood[0] == 'g' ? 1u : mood[0] == 'c' ? 3u : 0u;
    }
    return &trng;
}
#endif

int main(int argc, char **argv)
{
    uint8_t bytes[64] = { 0 };
    size_t len = argc == 3 ? (size_t)atoi(argv[2]) : 0;
    int err;

    if (len == 0 || len > sizeof bytes)
        return 2;
    mood = argv[1];
    err = ango_pico_platform.entropy(ango_pico_platform.ctx, bytes, len);
    printf("%d", err);
    for (size_t i = 0; err == ANGO_OK && i < len; i++)
        printf(" %02x", bytes[i]);
    putchar('\n');
    return 0;
}
