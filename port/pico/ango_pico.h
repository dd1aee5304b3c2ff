/*
 * ango_pico.h - what port/lwip asks of the Pico SDK: polling, clock, time, entropy. For pico_cyw43_arch_lwip_poll, on one core.
 *
 *   static struct ango_lwip lwip = { .platform = &ango_pico_platform };
 *   static const struct ango_port plain = ANGO_LWIP_PORT(&lwip);
 *
 * Entropy. An RP2350 has a true random number generator, which is used with its own checks on; when they complain the answer is
 * ANGO_E_ENTROPY. An RP2040 has none: the answer is ANGO_E_ENTROPY, unless the build says ANGO_PICO_ROSC=1. Then bits
 * are taken of its ring oscillator, of which the data sheet says that it does not meet the requirements of security (4.1, 2.17.5), and
 * which is not random at all if the cores run from it. Better is a chip that has a generator, or a copy of
 * ango_pico_platform with an entropy function of yours.
 */
#ifndef ANGO_PICO_H
#define ANGO_PICO_H

#include "../lwip/ango_lwip.h" /* by this path, since port/lwip has an lwipopts.h of its own */

#ifdef __cplusplus
extern "C" {
#endif

extern const struct ango_lwip_platform ango_pico_platform;

/*
 * Says what time it is, in seconds since 1970-01-01 00:00:00 UTC. With pico_lwip_sntp, lwipopts.h says
 * #define SNTP_SET_SYSTEM_TIME(seconds) ango_pico_set_time(seconds). Until then the time is not known, and TLS refuses to connect
 * (ANGO_E_CLOCK).
 */
void ango_pico_set_time(int64_t seconds);

#ifdef __cplusplus
}
#endif

#endif
