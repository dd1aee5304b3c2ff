/* A tunnel through an HTTP proxy: RFC 9110, 9.3.6, and 9112. */
#include "ango_proxy.h"

#include <string.h>

/*
 *  state       what it does                              then
 *  IDLE        nothing                                   connect: CONNECTING
 *  CONNECTING  connects to the proxy                     ASKING
 *  ASKING      sends the request, and wipes it           LISTENING
 *  LISTENING   reads the reply, a byte at a time, so     OPEN with 2xx; LISTENING again after 1xx;
 *              that none of the tunnel's is taken        IDLE, and closed, with any other
 *  OPEN        hands everything on                       close: IDLE
 */
enum { IDLE, CONNECTING, ASKING, LISTENING, OPEN };

/* --- the request ------------------------------------------------------------------------------------------ */

/* Appends to the request; once something has not fitted, len stays above the capacity. */
static void put(struct ango_proxy *proxy, const char *text, size_t len)
{
    const struct ango_proxy_config *config = proxy->config;

    if (proxy->len > config->buffer_cap || len > config->buffer_cap - proxy->len) {
        proxy->len = config->buffer_cap + 1;
        return;
    }
    memcpy(config->buffer + proxy->len, text, len);
    proxy->len += len;
}

static void put_text(struct ango_proxy *proxy, const char *text)
{
    put(proxy, text, strlen(text));
}

/* HOST:PORT; an IPv6 address in brackets. */
static void put_authority(struct ango_proxy *proxy, const char *host, uint16_t port)
{
    char digits[6];
    size_t at = sizeof digits;
    unsigned left = port;
    int is_v6 = strchr(host, ':') != NULL;

    put_text(proxy, is_v6 ? "[" : "");
    put_text(proxy, host);
    put_text(proxy, is_v6 ? "]:" : ":");
    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    put(proxy, digits + at, sizeof digits - at);
}

/* The byte at `i` of "user:password". */
static uint8_t credential(const struct ango_proxy_config *config, size_t i)
{
    size_t user_len = strlen(config->user);

    if (i < user_len)
        return (uint8_t)config->user[i];
    return i == user_len ? (uint8_t)':' : (uint8_t)config->password[i - user_len - 1];
}

/* Base64 (RFC 4648, 4) of "user:password". */
static void put_credentials(struct ango_proxy *proxy)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    enum { PADDING = 64 };
    const struct ango_proxy_config *config = proxy->config;
    size_t len = strlen(config->user) + 1 + strlen(config->password);
    size_t i;

    for (i = 0; i < len; i += 3) {
        uint32_t group = (uint32_t)credential(config, i) << 16;
        char four[4];

        group |= i + 1 < len ? (uint32_t)credential(config, i + 1) << 8 : 0;
        group |= i + 2 < len ? (uint32_t)credential(config, i + 2) : 0;
        four[0] = alphabet[group >> 18];
        four[1] = alphabet[group >> 12 & 63];
        four[2] = alphabet[i + 1 < len ? group >> 6 & 63 : PADDING];
        four[3] = alphabet[i + 2 < len ? group & 63 : PADDING];
        put(proxy, four, sizeof four);
    }
}

static void wipe(struct ango_proxy *proxy)
{
    const struct ango_proxy_config *config = proxy->config;
    volatile char *byte = config->buffer; /* so that the compiler cannot leave it out */
    size_t i;

    for (i = 0; i < config->buffer_cap; i++)
        byte[i] = 0;
}

static int build(struct ango_proxy *proxy, const char *host, uint16_t port)
{
    const char *c;

    for (c = host; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~')
            return ANGO_E_HOST;
    if (c == host)
        return ANGO_E_HOST;
    proxy->len = 0;
    put_text(proxy, "CONNECT ");
    put_authority(proxy, host, port);
    put_text(proxy, " HTTP/1.1\r\nHost: ");
    put_authority(proxy, host, port);
    if (proxy->config->user != NULL) {
        put_text(proxy, "\r\nProxy-Authorization: Basic ");
        put_credentials(proxy);
    }
    put_text(proxy, "\r\n\r\n");
    return proxy->len <= proxy->config->buffer_cap ? ANGO_OK : ANGO_E_SPACE;
}

/* --- the reply -------------------------------------------------------------------------------------------- */

static void begin_reply(struct ango_proxy *proxy)
{
    proxy->status = 0;
    proxy->column = 0;
    proxy->line_len = 0;
}

/*
 * Takes a byte of the status line, "HTTP/1.x NNN ..."; what follows the status does not count. False: it is none.
 */
static bool take_status(struct ango_proxy *proxy, char c)
{
    static const char begins[] = "HTTP/1.";
    bool is_digit = c >= '0' && c <= '9';
    uint8_t column = proxy->column;

    if (column == 13)
        return c != '\0';
    proxy->column++;
    if (column < 7)
        return c == begins[column];
    if (column == 7)
        return is_digit;
    if (column == 8)
        return c == ' ';
    if (column < 12) {
        proxy->status = 10 * proxy->status + (unsigned)(c - '0');
        return is_digit;
    }
    return c == ' ' || c == '\r' || c == '\n';
}

/*
 * Takes a byte of the reply. ANGO_E_WAIT: more is to come; ANGO_OK: the tunnel is there.
 */
static int take(struct ango_proxy *proxy, char c)
{
    bool in_status = proxy->column < 14;
    bool ends_head = c == '\n' && proxy->line_len == 0 && !in_status;

    if (++proxy->taken > ANGO_PROXY_HEAD_MAX)
        return ANGO_E_HTTP;
    if (in_status && !take_status(proxy, c))
        return ANGO_E_HTTP;
    if (in_status && c == '\n')
        proxy->column = 14; /* the headers, which say nothing that counts */
    if (c == '\n')
        proxy->line_len = 0;
    else if (c != '\r')
        proxy->line_len = 1;
    if (!ends_head)
        return ANGO_E_WAIT;
    if (proxy->status / 100 == 1 && proxy->status != 101) { /* another reply follows */
        begin_reply(proxy);
        return ANGO_E_WAIT;
    }
    if (proxy->status < 100 || proxy->status > 599)
        return ANGO_E_HTTP;
    return proxy->status / 100 == 2 ? ANGO_OK : ANGO_E_NET; /* mutant: proxy-refusal-is-a-tunnel */
}

/* --- connecting ------------------------------------------------------------------------------------------- */

static uint32_t clock_ms(const struct ango_proxy *proxy)
{
    const struct ango_port *port = proxy->config->port;

    return port->clock_ms(port->ctx);
}

/* What is left of `wait_ms` since `start_ms`. */
static uint32_t left_ms(const struct ango_proxy *proxy, uint32_t start_ms, uint32_t wait_ms)
{
    uint32_t took_ms = clock_ms(proxy) - start_ms;

    return took_ms < wait_ms ? wait_ms - took_ms : 0;
}

/* One call of the port below, or what the state needs none for; ANGO_OK: go on at once. */
static int step(struct ango_proxy *proxy, uint32_t wait_ms)
{
    const struct ango_proxy_config *config = proxy->config;
    const struct ango_port *port = config->port;
    uint8_t byte;
    int n;

    switch (proxy->state) {
    case CONNECTING:
        n = port->connect(port->ctx, config->host, config->tcp_port, wait_ms);
        if (n == ANGO_OK)
            proxy->state = ASKING;
        return n;
    case ASKING:
        n = port->send(port->ctx, (const uint8_t *)config->buffer + proxy->sent, proxy->len - proxy->sent, wait_ms);
        if (n <= 0 || (size_t)n > proxy->len - proxy->sent)
            return n < 0 ? n : ANGO_E_NET;
        proxy->sent += (size_t)n;
        if (proxy->sent == proxy->len) {
            wipe(proxy);
            begin_reply(proxy);
            proxy->state = LISTENING;
        }
        return ANGO_OK;
    default:
        n = port->recv(port->ctx, &byte, 1, wait_ms);
        if (n != 1)
            return n < 0 ? n : ANGO_E_NET;
        n = take(proxy, (char)byte);
        if (n == ANGO_OK)
            proxy->state = OPEN;
        return n == ANGO_E_WAIT ? ANGO_OK : n;
    }
}

/* Gives up; a connect of the port below that failed has released everything itself. */
static int fail(struct ango_proxy *proxy, int err)
{
    bool failed_below = proxy->state == CONNECTING;

    wipe(proxy);
    if (!failed_below)
        proxy->config->port->close(proxy->config->port->ctx);
    proxy->state = IDLE;
    return err;
}

static int begin(struct ango_proxy *proxy, const char *host, uint16_t port)
{
    int err = build(proxy, host, port);

    proxy->status = 0;
    if (err != ANGO_OK) {
        wipe(proxy);
        return err;
    }
    proxy->sent = 0;
    proxy->taken = 0;
    proxy->state = CONNECTING;
    return ANGO_OK;
}

int ango_proxy_connect(void *ctx, const char *host, uint16_t port, uint32_t wait_ms)
{
    struct ango_proxy *proxy = (struct ango_proxy *)ctx;
    uint32_t start_ms, wait = wait_ms;
    int err;

    if (proxy->config == NULL || proxy->state == OPEN)
        return ANGO_E_ARG;
    if (proxy->state == IDLE) {
        err = begin(proxy, host, port);
        if (err != ANGO_OK)
            return err;
    }
    start_ms = clock_ms(proxy);
    for (;;) {
        err = step(proxy, wait);
        if (err == ANGO_E_WAIT)
            return ANGO_E_WAIT;
        if (err != ANGO_OK)
            return fail(proxy, err);
        if (proxy->state == OPEN)
            return ANGO_OK;
        wait = left_ms(proxy, start_ms, wait_ms);
    }
}

/* --- connected -------------------------------------------------------------------------------------------- */

int ango_proxy_init(struct ango_proxy *proxy, const struct ango_proxy_config *config)
{
    if (proxy == NULL || config == NULL || config->port == NULL || config->host == NULL || config->buffer == NULL
        || config->buffer_cap == 0
        || (config->user != NULL && (config->password == NULL || strchr(config->user, ':') != NULL)))
        return ANGO_E_ARG;
    memset(proxy, 0, sizeof *proxy);
    proxy->config = config;
    return ANGO_OK;
}

int ango_proxy_send(void *ctx, const uint8_t *data, size_t len, uint32_t wait_ms)
{
    const struct ango_proxy *proxy = (const struct ango_proxy *)ctx;

    if (proxy->state != OPEN)
        return ANGO_E_ARG;
    return proxy->config->port->send(proxy->config->port->ctx, data, len, wait_ms);
}

int ango_proxy_recv(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms)
{
    const struct ango_proxy *proxy = (const struct ango_proxy *)ctx;

    if (proxy->state != OPEN)
        return ANGO_E_ARG;
    return proxy->config->port->recv(proxy->config->port->ctx, buf, cap, wait_ms);
}

void ango_proxy_close(void *ctx)
{
    struct ango_proxy *proxy = (struct ango_proxy *)ctx;

    if (proxy->state == IDLE)
        return;
    wipe(proxy);
    proxy->state = IDLE;
    proxy->config->port->close(proxy->config->port->ctx);
}

uint32_t ango_proxy_clock_ms(void *ctx)
{
    return clock_ms((const struct ango_proxy *)ctx);
}

int64_t ango_proxy_time(void *ctx)
{
    const struct ango_port *port = ((const struct ango_proxy *)ctx)->config->port;

    return port->time != NULL ? port->time(port->ctx) : 0;
}

int ango_proxy_entropy(void *ctx, uint8_t *buf, size_t len)
{
    const struct ango_port *port = ((const struct ango_proxy *)ctx)->config->port;

    return port->entropy(port->ctx, buf, len);
}
