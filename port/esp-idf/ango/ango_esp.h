/*
 * ango_esp.h - what port/sockets lacks on ESP-IDF: clock, time, entropy.
 *
 *   static struct ango_sockets sockets = ANGO_SOCKETS_ON(&ango_esp_platform);
 *   static const struct ango_port plain = ANGO_SOCKETS_PORT(&sockets);
 *
 * Entropy is the chip's hardware generator, which is truly random only while Wi-Fi or Bluetooth is on, or after
 * bootloader_random_enable(). Software cannot ask whether that is so: make sure of it before you connect.
 *
 * The time is the system's, which SNTP or your RTC must have set: before 2024 it counts as not known, and TLS refuses to
 * connect (ANGO_E_CLOCK).
 */
#ifndef ANGO_ESP_H
#define ANGO_ESP_H

#include "ango_sockets.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct ango_sockets_platform ango_esp_platform;

#ifdef __cplusplus
}
#endif

#endif
