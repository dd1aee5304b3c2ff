/*
 * ango_lwip.h - the port to lwIP's raw API (NO_SYS=1): DHCP, DNS and TCP in a superloop, without heap or
 * threads. Plain: put TLS over it (ango_tls.h).
 *
 * Knows nothing of the board. That brings a driver, which is an lwIP netif, and the few functions of struct
 * ango_lwip_board. lwIP has one state for the whole program, so there is one struct ango_lwip; nothing in
 * here, and nothing of lwIP, may be called from an interrupt or from a second thread.
 *
 *   static struct ango_lwip lwip;
 *   static const struct ango_port plain = ANGO_LWIP_PORT(&lwip);
 *   ...
 *   ango_lwip_start(&lwip, &board, driver_init);
 *   for (;;) { ango_lwip_poll(&lwip, 10); ...ango_step(&client, 0)... }
 */
#ifndef ANGO_LWIP_H
#define ANGO_LWIP_H

#include <lwip/ip_addr.h>
#include <lwip/netif.h>

#include "ango_port.h"

#ifdef __cplusplus
extern "C" {
#endif

struct pbuf;
struct tcp_pcb;

/* Constant; may lie in flash. clock_ms, time and entropy are as in struct ango_port. */
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
struct ango_lwip {
    int lwip_error;     /* for reading: lwIP's own code (err_t) of the last failure; 0: none */
    struct netif netif; /* for reading, with lwIP's own functions */
    /* Private. */
    const struct ango_lwip_board *board;
    struct tcp_pcb *pcb;
    struct pbuf *received;
    ip_addr_t address;
    uint32_t asked; /* hash of the name being resolved */
    uint8_t state;
    uint8_t ended; /* the peer has closed */
};

/*
 * Starts lwIP, the driver and DHCP, and returns at once. `driver` is called once, as lwIP's netif_add does;
 * it sets hwaddr, mtu, flags, output (etharp_output) and linkoutput.
 *   ANGO_E_ARG      a NULL, or the driver refused
 *   ANGO_E_ENTROPY  16 bytes were wanted for sequence numbers and identifiers
 */
int ango_lwip_start(struct ango_lwip *lwip, const struct ango_lwip_board *board, netif_init_fn driver);

/* Takes what has arrived and runs lwIP's timers; sleeps for at most `wait_ms`. At least every 250 ms. */
void ango_lwip_poll(struct ango_lwip *lwip, uint32_t wait_ms);

/* Whether DHCP (or somebody else) has given us an address. Until then connect waits. */
bool ango_lwip_has_address(const struct ango_lwip *lwip);

int ango_lwip_connect(void *ctx, const char *host, uint16_t port, uint32_t wait_ms);
int ango_lwip_send(void *ctx, const uint8_t *data, size_t len, uint32_t wait_ms);
int ango_lwip_recv(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms);
void ango_lwip_close(void *ctx);
uint32_t ango_lwip_clock_ms(void *ctx);
int64_t ango_lwip_time(void *ctx);
int ango_lwip_entropy(void *ctx, uint8_t *buf, size_t len);

/* Initializer of a struct ango_port that is `lwip`, a struct ango_lwip *. */
#define ANGO_LWIP_PORT(lwip) \
    { \
        (lwip), false, ango_lwip_connect, ango_lwip_send, ango_lwip_recv, ango_lwip_close, ango_lwip_clock_ms, \
            ango_lwip_time, ango_lwip_entropy, NULL \
    }

#ifdef __cplusplus
}
#endif

#endif
