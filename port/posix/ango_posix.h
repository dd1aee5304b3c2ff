/*
 * ango_posix.h - the port to POSIX systems: TCP over IPv4 and IPv6. Plain: put TLS over it (ango_tls.h).
 *
 *   static struct ango_posix posix;
 *   static const struct ango_port plain = ANGO_POSIX_PORT(&posix);
 *
 * Names are resolved by a thread of their own, since getaddrinfo cannot be told how long it may take; link
 * with -pthread. All addresses of a name are tried, a new one after 250 ms, or at once when no attempt is
 * left (RFC 8305). This is the one part of the project that uses the heap: for a name that is being resolved.
 */
#ifndef ANGO_POSIX_H
#define ANGO_POSIX_H

#include "ango_port.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ANGO_POSIX_ADDRESSES 16 /* of one name; more are left out */
#define ANGO_POSIX_ATTEMPTS 4   /* connections attempted at a time */

/* An IPv4 or IPv6 address. Private; here for its size. */
struct ango_posix_address {
    uint8_t bytes[16];
    uint32_t scope;
    bool v6;
};

struct ango_posix_job;

/* One connection. Zero it, or declare it static, before use. */
struct ango_posix {
    /* For reading: what the system said when the last call failed. */
    int system_error;   /* errno; 0: none */
    int resolver_error; /* EAI_... of getaddrinfo, for gai_strerror; 0: none */
    char peer[46];      /* the address connected to, or the last one that failed; "" if there was none */
    /* Private. */
    struct ango_posix_job *job;
    struct ango_posix_address addresses[ANGO_POSIX_ADDRESSES];
    struct {
        int fd;
        uint32_t started_ms;
        uint8_t address;
    } attempts[ANGO_POSIX_ATTEMPTS]; /* oldest first */
    uint8_t addresses_len;
    uint8_t addresses_tried;
    uint8_t attempts_len;
    uint8_t state;
    int fd;
    uint8_t ahead[1024]; /* received, but not yet asked for */
    size_t ahead_at;
    size_t ahead_len;
};

int ango_posix_connect(void *ctx, const char *host, uint16_t port, uint32_t wait_ms);
int ango_posix_send(void *ctx, const uint8_t *data, size_t len, uint32_t wait_ms);
int ango_posix_recv(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms);
void ango_posix_close(void *ctx);
uint32_t ango_posix_clock_ms(void *ctx);
int64_t ango_posix_time(void *ctx);
int ango_posix_entropy(void *ctx, uint8_t *buf, size_t len);

/* Initializer of a struct ango_port that is `posix`, a struct ango_posix *. */
#define ANGO_POSIX_PORT(posix) \
    { \
        (posix), false, ango_posix_connect, ango_posix_send, ango_posix_recv, ango_posix_close, ango_posix_clock_ms, \
            ango_posix_time, ango_posix_entropy, NULL \
    }

#ifdef __cplusplus
}
#endif

#endif
