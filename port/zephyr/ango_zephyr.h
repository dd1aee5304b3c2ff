/*
 * ango_zephyr.h - what port/sockets lacks on Zephyr: clock, time, entropy.
 *
 *   static struct ango_sockets sockets = ANGO_SOCKETS_ON(&ango_zephyr_platform);
 *   static const struct ango_port plain = ANGO_SOCKETS_PORT(&sockets);
 *
 * Entropy is the device that the devicetree chose as zephyr,entropy. On a board without one it is ANGO_E_ENTROPY: a copy of
 * ango_zephyr_platform with an entropy function of yours is the way out. On native_sim that device is only random with
 * --seed-random.
 */
#ifndef ANGO_ZEPHYR_H
#define ANGO_ZEPHYR_H

#include "ango_sockets.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct ango_sockets_platform ango_zephyr_platform;

/*
 * Says what time it is, in seconds since 1970-01-01 00:00:00 UTC, from SNTP or an RTC; once an hour is plenty. Until then it is
 * not known, and TLS refuses to connect (ANGO_E_CLOCK). Call it from the thread that uses the client.
 */
void ango_zephyr_set_time(int64_t seconds);

#ifdef __cplusplus
}
#endif

#endif
