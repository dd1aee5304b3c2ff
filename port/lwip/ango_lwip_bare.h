/*
 * ango_lwip_bare.h - brings up lwIP on a board that has nothing yet: sys_now, lwip_init, one Ethernet netif, DHCP. Where
 * somebody else has started lwIP, ango_lwip.h alone is what is needed.
 *
 *   static struct ango_lwip_bare bare;
 *   static struct ango_lwip lwip;
 *   static const struct ango_port plain = ANGO_LWIP_PORT(&lwip);
 *   ...
 *   ango_lwip_start(&bare, &lwip, &board, driver_init);
 *   for (;;) { ango_lwip_poll(&bare, 10); ...ango_step(&client, 0)... }
 *
 * lwIP has one state for the whole program, so there is one struct ango_lwip_bare.
 */
#ifndef ANGO_LWIP_BARE_H
#define ANGO_LWIP_BARE_H

#include <lwip/netif.h>

#include "ango_lwip.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Constant; may lie in flash. clock_ms, time (may be NULL) and entropy are as in struct ango_port. */
struct ango_lwip_board {
    void *ctx;
    /*
     * Gives every frame that has arrived to netif->input. When there was none, may sleep until an interrupt,
     * but for at most `wait_ms`; returning early is never wrong. The place to feed a watchdog, too.
     */
    void (*poll)(void *ctx, struct netif *netif, uint32_t wait_ms);
    uint32_t (*clock_ms)(void *ctx);
    int64_t (*time)(void *ctx);
    int (*entropy)(void *ctx, uint8_t *buf, size_t len);
};

/* Zero it, or declare it static, before the start. */
struct ango_lwip_bare {
    struct netif netif; /* for reading, with lwIP's own functions */
    /* Private. */
    struct ango_lwip_platform platform;
    const struct ango_lwip_board *board;
};

/*
 * Starts lwIP, the driver and DHCP, gives `lwip` its platform, and returns at once. `driver` is called once, as lwIP's
 * netif_add does; it sets hwaddr, mtu, flags, output (etharp_output) and linkoutput.
 *   ANGO_E_ARG      a NULL, or the driver refused
 *   ANGO_E_ENTROPY  16 bytes were wanted for sequence numbers and identifiers
 */
int ango_lwip_start(struct ango_lwip_bare *bare, struct ango_lwip *lwip, const struct ango_lwip_board *board,
                    netif_init_fn driver);

/* Private: the two halves of that, for ango_lwip_kept.c. */
int ango_lwip_start_netif(struct ango_lwip_bare *bare, struct ango_lwip *lwip, const struct ango_lwip_board *board,
                          netif_init_fn driver);
int ango_lwip_start_dhcp(struct ango_lwip_bare *bare, struct ango_lwip *lwip);

/* Takes what has arrived and runs lwIP's timers; sleeps for at most `wait_ms`. At least every 250 ms. */
void ango_lwip_poll(struct ango_lwip_bare *bare, uint32_t wait_ms);

#ifdef __cplusplus
}
#endif

#endif
