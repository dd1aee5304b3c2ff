/*
 * ango_lwip.h - the port to lwIP's raw API: TCP over an lwIP that somebody else has started, without heap or
 * threads. Plain: put TLS over it (ango_tls.h).
 *
 * Wants NO_SYS=1 (Pico SDK in poll mode, STM32Cube without an RTOS), LWIP_TCP, LWIP_UDP and LWIP_DNS, and a netif with an address: until
 * there is one, connect waits. It defines no function of lwIP's, and starts nothing; ango_lwip_bare.h does that for a board that has
 * nothing yet. Nothing in here may be called from an interrupt or from a second thread.
 *
 *   static const struct ango_lwip_platform platform = { NULL, my_poll, my_clock_ms, my_time, my_entropy };
 *   static struct ango_lwip lwip = { .platform = &platform };
 *   static const struct ango_port plain = ANGO_LWIP_PORT(&lwip);
 *
 * What is sent leaves when lwIP is polled next, so that several sends share a frame. Names are asked for here, at the servers
 * that lwIP knows, because lwIP's own resolver gives one address of a name only. With LWIP_IPV6 addresses of both kinds are asked for, as far as a
 * netif has one to connect from, and IPv6 is tried first.
 */
#ifndef ANGO_LWIP_H
#define ANGO_LWIP_H

#include <lwip/ip_addr.h>
#include <lwip/opt.h>

#include "ango_port.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tcp_pcb;
struct udp_pcb;

#define ANGO_LWIP_ADDRESSES 4           /* of one name; more are left out */
#define ANGO_LWIP_KINDS (1 + LWIP_IPV6) /* of addresses; each has the same share of these */

/* Constant; may lie in flash. clock_ms, time (may be NULL) and entropy are as in struct ango_port. */
struct ango_lwip_platform {
    void *ctx;
    /*
     * Lets lwIP work: gives it what has arrived, and runs its timers. When there is nothing to do it may sleep, for at most
     * `wait_ms`; returning early is never wrong.
     */
    void (*poll)(void *ctx, uint32_t wait_ms);
    uint32_t (*clock_ms)(void *ctx);
    int64_t (*time)(void *ctx);
    int (*entropy)(void *ctx, uint8_t *buf, size_t len);
};

/* One connection. Zero it, or declare it static, but for `platform`. */
struct ango_lwip {
    const struct ango_lwip_platform *platform;
    int lwip_error; /* for reading: lwIP's own code (err_t) of the last failure; 0: none */
    /* Private. */
    struct tcp_pcb *pcb;
    struct udp_pcb *udp; /* while a name is asked for */
    ip_addr_t addresses[ANGO_LWIP_ADDRESSES];
    uint8_t addresses_len;
    uint8_t next; /* address to be tried */
    uint8_t asks; /* how often the name was asked for */
    uint8_t state;
    bool ended;         /* the peer has closed */
    uint8_t unanswered; /* a bit for each kind that was asked for */
    uint16_t query_id;  /* of the questions that count, and */
    /* a hash of each; before the first connect, of the name whose address is known. */
    uint32_t query[ANGO_LWIP_KINDS];
    uint32_t began_ms; /* the last question, its first answer, or the attempt to connect */
    /* Copied from lwIP's buffers at once, so that none is held: as much as lwIP's window allows. */
    size_t received_at;
    size_t received_len;
    uint8_t received[TCP_WND];
};

/* Whether some netif that is up has an address, of IPv4 or a global one of IPv6. */
bool ango_lwip_has_address(void);

int ango_lwip_connect(void *ctx, const char *host, uint16_t port, uint32_t wait_ms);
int ango_lwip_send(void *ctx, const uint8_t *data, size_t len, uint32_t wait_ms);
int ango_lwip_recv(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms);
void ango_lwip_close(void *ctx);
uint32_t ango_lwip_clock_ms(void *ctx);
int64_t ango_lwip_time(void *ctx);
int ango_lwip_entropy(void *ctx, uint8_t *buf, size_t len);

/* Private, for ango_lwip_kept.c: the address of the last connection, or NULL; and one that the first connect takes for a name. */
const ip_addr_t *ango_lwip_last_address(const struct ango_lwip *lwip);
void ango_lwip_know(struct ango_lwip *lwip, uint32_t name, const ip_addr_t *address);

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
