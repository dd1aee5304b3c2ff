/*
 * ango_proxy.h - a way out through an HTTP proxy: a port over a port, between the plain one and TLS.
 *
 *   static struct ango_proxy proxy;
 *   static char proxy_buffer[512];
 *   static const struct ango_proxy_config proxy_config = { &plain, "proxy.example.com", 3128, NULL, NULL,
 *                                                          proxy_buffer, sizeof proxy_buffer };
 *   static const struct ango_port through = ANGO_PROXY_PORT(&proxy);
 *   ...
 *   ango_proxy_init(&proxy, &proxy_config);
 *   tls_config.port = &through;
 *
 * The proxy is asked for a tunnel (CONNECT, RFC 9110, 9.3.6) to the host, and from then on hands bytes to and fro: it sees the
 * host's name and the TLS records, never the API key. The host's name is for the proxy to resolve.
 *
 * The deadline is the exchange's own. A proxy is trusted with nothing: its reply may be cut, slow, long or nonsense. Bytes that it
 * sends behind its reply belong to TLS, which refuses what is not the server's.
 */
#ifndef ANGO_PROXY_H
#define ANGO_PROXY_H

#include "ango_port.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ANGO_PROXY_HEAD_MAX 8192u /* bytes of its reply */

/*
 * Enough for every request within these bounds, at compile time: the lengths, in bytes and without NUL, of the host, and of the user
 * and the password (0 without).
 */
#define ANGO_PROXY_BUFFER(host_len, user_len, password_len) \
    (74u + 2u * (host_len) + ((user_len) + (password_len) + 3u) / 3u * 4u)

/* Constant for the life of the ango_proxy, with all that it points to; may lie in flash. */
struct ango_proxy_config {
    const struct ango_port *port; /* the plain one */
    const char *host;             /* of the proxy */
    uint16_t tcp_port;
    const char *user; /* for Basic authentication (RFC 7617), without a colon; NULL: none */
    const char *password;
    char *buffer; /* for the request, with the password in it; wiped when that is sent, or given up */
    size_t buffer_cap;
};

/* One connection. Zero it, or declare it static, before init. */
struct ango_proxy {
    /* For reading: the proxy's HTTP status when it last answered; 2xx: the tunnel is there; 0: it did not. */
    unsigned status;
    /* Private. */
    const struct ango_proxy_config *config;
    size_t len; /* of the request */
    size_t sent;
    uint16_t taken; /* bytes of the reply */
    uint8_t column; /* of the status line, as far as it counts */
    uint8_t line_len;
    uint8_t state;
};

/* ANGO_E_ARG: a NULL, no buffer, a user without a password or with a colon in it. */
int ango_proxy_init(struct ango_proxy *proxy, const struct ango_proxy_config *config);

/*
 * The functions of the port; use ANGO_PROXY_PORT. Beyond ango_port.h, connect may return
 *   ANGO_E_HOST   the host has a character that cannot stand in a request
 *   ANGO_E_SPACE  the buffer is too small: see ANGO_PROXY_BUFFER
 *   ANGO_E_NET    the proxy cannot be reached, ended the connection, or refuses: see status (403: it may not; 401, 407: it wants
 *                 another user or password; 502 to 504: it does not reach the host)
 *   ANGO_E_HTTP   what answers is no HTTP proxy
 */
int ango_proxy_connect(void *ctx, const char *host, uint16_t port, uint32_t wait_ms);
int ango_proxy_send(void *ctx, const uint8_t *data, size_t len, uint32_t wait_ms);
int ango_proxy_recv(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms);
void ango_proxy_close(void *ctx);
uint32_t ango_proxy_clock_ms(void *ctx);
int64_t ango_proxy_time(void *ctx);
int ango_proxy_entropy(void *ctx, uint8_t *buf, size_t len);

/*
 * Initializer of a struct ango_port that goes through `proxy`, a struct ango_proxy *. Where the plain port has no time, set
 * `time` to NULL in it, too.
 */
#define ANGO_PROXY_PORT(proxy) \
    { \
        (proxy), false, ango_proxy_connect, ango_proxy_send, ango_proxy_recv, ango_proxy_close, ango_proxy_clock_ms, \
            ango_proxy_time, ango_proxy_entropy, NULL \
    }

#ifdef __cplusplus
}
#endif

#endif
