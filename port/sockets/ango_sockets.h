/*
 * ango_sockets.h - the port to BSD sockets as RTOSes have them (Zephyr, ESP-IDF, FreeRTOS with lwIP, NuttX): TCP,
 * no threads, no heap of its own, no /dev. Plain: put TLS over it (ango_tls.h).
 *
 *   static const struct ango_sockets_platform platform = { NULL, my_clock_ms, my_time, my_entropy, NULL };
 *   static struct ango_sockets sockets = ANGO_SOCKETS_ON(&platform);
 *   static const struct ango_port plain = ANGO_SOCKETS_PORT(&sockets);
 *
 * The sockets' names come from one header, chosen with -DANGO_SOCKETS_HEADER='"ango_sockets_lwip.h"':
 *
 *   ango_sockets_posix.h    no prefix (the default): Linux, NuttX, ESP-IDF, Zephyr with its POSIX names
 *   ango_sockets_lwip.h     lwip_: FreeRTOS with lwIP, ESP-IDF, Pico SDK with an RTOS
 *   ango_sockets_zephyr.h   zsock_
 *   one of your own         see ango_sockets_posix.h for what it defines
 *
 * RESOLVING A NAME BLOCKS. getaddrinfo cannot be told how long it may take, so connect with a name returns when the
 * stack's resolver is done, and not after `wait_ms`; a deadline is noticed only then. How long that can be is your
 * stack's to say (lwIP: DNS_MAX_RETRIES; Zephyr: CONFIG_NET_SOCKETS_DNS_TIMEOUT). Where that will not do, bring
 * ango_sockets_platform.resolve. Nothing else blocks.
 *
 * One socket at a time: the addresses of a name are tried one after the other, a further one as soon as one has
 * failed, or has not answered for 3 s. lwIP's getaddrinfo gives only one address of a name.
 */
#ifndef ANGO_SOCKETS_H
#define ANGO_SOCKETS_H

#include "ango_port.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ANGO_SOCKETS_ADDRESSES 4 /* of one name; more are left out */
#define ANGO_SOCKETS_TEXT_CAP 64 /* an address as text, its scope and the NUL included */

/* What sockets do not have. Constant; may lie in flash. */
struct ango_sockets_platform {
    /* Handed to each function as it is. */
    void *ctx;
    /* As in struct ango_port. `time` may be NULL: the time is then never known. */
    uint32_t (*clock_ms)(void *ctx);
    int64_t (*time)(void *ctx);
    int (*entropy)(void *ctx, uint8_t *buf, size_t len);
    /*
     * Optional; NULL: getaddrinfo, which blocks. Writes the address number `nth` (from 0) of `host` to `address`, as
     * NUL-terminated text of at most `cap` bytes, such as "192.0.2.1". May take up to `wait_ms`; `host` is valid during the
     * call only. Not called for a host that is an address itself. Nothing ends a look-up that is given up: the next call
     * may well be for another host.
     *   ANGO_OK         written
     *   ANGO_E_WAIT     not known yet, call again
     *   ANGO_E_END      there are only `nth`
     *   other negative  cannot be resolved
     */
    int (*resolve)(void *ctx, const char *host, unsigned nth, char *address, size_t cap, uint32_t wait_ms);
};

/* A struct sockaddr, whichever it is. Private; here for its size. */
struct ango_sockets_address {
    union {
        uint64_t aligned[4];
        uint8_t bytes[32];
    } at;
    uint8_t len;
    int family;
};

/* One connection. Initialize it with ANGO_SOCKETS_ON. */
struct ango_sockets {
    const struct ango_sockets_platform *platform;
    /* For reading: what the system said when the last call failed. */
    int system_error;   /* errno; 0: none */
    int resolver_error; /* EAI_... of getaddrinfo; 0: none */
    /* Private. */
    struct ango_sockets_address addresses[ANGO_SOCKETS_ADDRESSES];
    uint8_t addresses_len;
    uint8_t next; /* address to be tried */
    uint8_t state;
    int fd;
    uint32_t tried_ms; /* when the attempt under way began */
};

int ango_sockets_connect(void *ctx, const char *host, uint16_t port, uint32_t wait_ms);
int ango_sockets_send(void *ctx, const uint8_t *data, size_t len, uint32_t wait_ms);
int ango_sockets_recv(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms);
void ango_sockets_close(void *ctx);
uint32_t ango_sockets_clock_ms(void *ctx);
int64_t ango_sockets_time(void *ctx);
int ango_sockets_entropy(void *ctx, uint8_t *buf, size_t len);

/* Initializer of a struct ango_sockets on `platform_`, a const struct ango_sockets_platform *. */
#define ANGO_SOCKETS_ON(platform_) \
    { \
        (platform_), 0, 0, { { { { 0, 0, 0, 0 } }, 0, 0 } }, 0, 0, 0, 0, 0 \
    }

/* Initializer of a struct ango_port that is `sockets`, a struct ango_sockets *. */
#define ANGO_SOCKETS_PORT(sockets) \
    { \
        (sockets), false, ango_sockets_connect, ango_sockets_send, ango_sockets_recv, ango_sockets_close, \
            ango_sockets_clock_ms, ango_sockets_time, ango_sockets_entropy, NULL \
    }

#ifdef __cplusplus
}
#endif

#endif
