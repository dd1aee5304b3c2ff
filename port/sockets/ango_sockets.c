#ifndef ANGO_SOCKETS_HEADER
#define _POSIX_C_SOURCE 200809L
#define ANGO_SOCKETS_HEADER "ango_sockets_posix.h"
#endif

#include "ango_sockets.h"

#include <limits.h>
#include <string.h>

#include ANGO_SOCKETS_HEADER

#define GIVE_WAY_MS 3000u /* an attempt that is not answered makes room for a further address */

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* there are no signals */
#endif

enum { IDLE, RESOLVING, NEXT_ADDRESS, CONNECTING, CONNECTED };
enum direction { TO_READ, TO_WRITE };

/* --- clock, time, entropy ------------------------------------------------------------------------------- */

uint32_t ango_sockets_clock_ms(void *ctx)
{
    const struct ango_sockets_platform *platform = ((const struct ango_sockets *)ctx)->platform;

    return platform->clock_ms(platform->ctx);
}

int64_t ango_sockets_time(void *ctx)
{
    const struct ango_sockets_platform *platform = ((const struct ango_sockets *)ctx)->platform;

    return platform->time != NULL ? platform->time(platform->ctx) : 0;
}

int ango_sockets_entropy(void *ctx, uint8_t *buf, size_t len)
{
    const struct ango_sockets_platform *platform = ((const struct ango_sockets *)ctx)->platform;

    return platform->entropy != NULL ? platform->entropy(platform->ctx, buf, len) : ANGO_E_ENTROPY;
}

/* What is left of `wait_ms` since `start_ms`. */
static uint32_t left(struct ango_sockets *sockets, uint32_t start_ms, uint32_t wait_ms)
{
    uint32_t gone = ango_sockets_clock_ms(sockets) - start_ms;

    return gone < wait_ms ? wait_ms - gone : 0;
}

/* --- waiting -------------------------------------------------------------------------------------------- */

/* Whether the socket is ready, or has failed, within `wait_ms`. */
#if ANGO_SOCKETS_SELECT
static bool await(const struct ango_sockets *sockets, enum direction direction, uint32_t wait_ms)
{
    struct timeval wait;
    fd_set ready, failed;

    wait.tv_sec = (long)(wait_ms / 1000u);
    wait.tv_usec = (long)(wait_ms % 1000u) * 1000L;
    FD_ZERO(&ready);
    FD_ZERO(&failed);
    FD_SET(sockets->fd, &ready);
    FD_SET(sockets->fd, &failed);
    return ANGO_SOCKETS(select)(sockets->fd + 1, direction == TO_READ ? &ready : NULL,
                                direction == TO_WRITE ? &ready : NULL, &failed, &wait)
        > 0;
}
#else
static bool await(const struct ango_sockets *sockets, enum direction direction, uint32_t wait_ms)
{
    struct pollfd poller;

    memset(&poller, 0, sizeof poller);
    poller.fd = sockets->fd;
    poller.events = direction == TO_READ ? POLLIN : POLLOUT;
    return ANGO_SOCKETS(poll)(&poller, 1, wait_ms > INT_MAX ? INT_MAX : (int)wait_ms) > 0;
}
#endif

/* Whether a call that could not go on is to be tried again, within `wait_ms` since `start_ms`. */
static bool await_more(struct ango_sockets *sockets, enum direction direction, uint32_t start_ms, uint32_t wait_ms)
{
    uint32_t left_ms = left(sockets, start_ms, wait_ms);

    if (left_ms == 0) {
        return false;
    }
    return await(sockets, direction, left_ms) || left(sockets, start_ms, wait_ms) > 0;
}

static bool would_block(void)
{
#if EAGAIN != EWOULDBLOCK
    if (errno == EWOULDBLOCK) {
        return true;
    }
#endif
    return errno == EAGAIN;
}

/* --- names ---------------------------------------------------------------------------------------------- */

/* TCP port `port` as text; `text` has room for 5 digits and the NUL. The first digit. */
static const char *name_port(uint16_t port, char text[6])
{
    size_t i = 5;

    text[i] = '\0';
    do {
        text[--i] = (char)('0' + port % 10);
        port /= 10;
    } while (port > 0);
    return text + i;
}

/* Adds the addresses of `host` to those that are known, as far as there is room. */
static int look_up(struct ango_sockets *sockets, const char *host, uint16_t port, int flags)
{
    struct addrinfo hints, *list = NULL;
    const struct addrinfo *each;
    char digits[6];

    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_protocol = IPPROTO_TCP;
    hints.ai_flags = flags;
    sockets->resolver_error = ANGO_SOCKETS(getaddrinfo)(host, name_port(port, digits), &hints, &list);
    if (sockets->resolver_error != 0) {
        return ANGO_E_RESOLVE;
    }
    for (each = list; each != NULL && sockets->addresses_len < ANGO_SOCKETS_ADDRESSES; each = each->ai_next) {
        struct ango_sockets_address *address = &sockets->addresses[sockets->addresses_len];
        if (each->ai_addrlen > sizeof address->at) {
            continue;
        }
        memcpy(address->at.bytes, each->ai_addr, each->ai_addrlen);
        address->len = (uint8_t)each->ai_addrlen;
        address->family = each->ai_family;
        sockets->addresses_len++;
    }
    ANGO_SOCKETS(freeaddrinfo)(list);
    return sockets->addresses_len > 0 ? ANGO_OK : ANGO_E_RESOLVE;
}

/* Asks the platform for one address after the other. */
static int ask_platform(struct ango_sockets *sockets, const char *host, uint16_t port, uint32_t wait_ms)
{
    const struct ango_sockets_platform *platform = sockets->platform;
    uint32_t start_ms = ango_sockets_clock_ms(sockets);

    while (sockets->addresses_len < ANGO_SOCKETS_ADDRESSES) {
        char text[ANGO_SOCKETS_TEXT_CAP];
        unsigned known = sockets->addresses_len;
        int err = platform->resolve(platform->ctx, host, known, text, sizeof text, left(sockets, start_ms, wait_ms));
        if (err == ANGO_E_END && known > 0) {
            return ANGO_OK;
        }
        if (err != ANGO_OK) {
            return err == ANGO_E_WAIT ? err : ANGO_E_RESOLVE;
        }
        err = look_up(sockets, text, port, AI_NUMERICHOST);
        if (err != ANGO_OK) {
            return err;
        }
    }
    return ANGO_OK;
}

static int resolve(struct ango_sockets *sockets, const char *host, uint16_t port, uint32_t wait_ms)
{
    if (sockets->addresses_len == 0 && look_up(sockets, host, port, AI_NUMERICHOST) == ANGO_OK) {
        return ANGO_OK;
    }
    if (sockets->platform->resolve != NULL) {
        return ask_platform(sockets, host, port, wait_ms);
    }
    return look_up(sockets, host, port, 0);
}

/* --- connecting ----------------------------------------------------------------------------------------- */

static void begin(struct ango_sockets *sockets)
{
    sockets->system_error = 0;
    sockets->resolver_error = 0;
    sockets->addresses_len = 0;
    sockets->next = 0;
    sockets->state = RESOLVING;
}

static void release(struct ango_sockets *sockets)
{
    if (sockets->state == CONNECTING || sockets->state == CONNECTED) {
        ANGO_SOCKETS(close)(sockets->fd);
    }
    sockets->state = IDLE;
}

static int fail(struct ango_sockets *sockets, int error)
{
    release(sockets);
    return error;
}

/* Gives up the attempt under way, for the next address. */
static void give_way(struct ango_sockets *sockets, int error)
{
    sockets->system_error = error;
    ANGO_SOCKETS(close)(sockets->fd);
    sockets->state = NEXT_ADDRESS;
}

/* Begins to connect to the next address. One that is connected at once is found by the next wait like any other. */
static void try_next(struct ango_sockets *sockets)
{
    const struct ango_sockets_address *address = &sockets->addresses[sockets->next++];
    int on = 1;

    sockets->tried_ms = ango_sockets_clock_ms(sockets);
    sockets->fd = ANGO_SOCKETS(socket)(address->family, SOCK_STREAM, IPPROTO_TCP);
    if (sockets->fd < 0) {
        sockets->system_error = errno;
        return;
    }
    sockets->state = CONNECTING;
    if (ANGO_SOCKETS(fcntl)(sockets->fd, F_SETFL, O_NONBLOCK) != 0) {
        give_way(sockets, errno);
        return;
    }
    /* Without it a request is only slower, so a failure is not looked at. */
    (void)ANGO_SOCKETS(setsockopt)(sockets->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (ANGO_SOCKETS(connect)(sockets->fd, (const struct sockaddr *)(const void *)&address->at, address->len) != 0
        && errno != EINPROGRESS && errno != EINTR) {
        give_way(sockets, errno);
    }
}

/* How the attempt that is ready, or has failed, has ended. */
static int attempt_error(const struct ango_sockets *sockets)
{
    int error = 0;
    socklen_t size = sizeof error;

    return ANGO_SOCKETS(getsockopt)(sockets->fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

/* Waits for the attempt under way; false when neither it is decided nor its time is up. */
static bool await_attempt(struct ango_sockets *sockets, uint32_t wait_ms)
{
    bool last = sockets->next == sockets->addresses_len;
    uint32_t own_ms = left(sockets, sockets->tried_ms, GIVE_WAY_MS);

    if (await(sockets, TO_WRITE, !last && own_ms < wait_ms ? own_ms : wait_ms)) {
        int error = attempt_error(sockets);
        if (error != 0) {
            give_way(sockets, error);
        } else {
            sockets->state = CONNECTED;
        }
        return true;
    }
    if (last || left(sockets, sockets->tried_ms, GIVE_WAY_MS) > 0) {
        return false;
    }
    give_way(sockets, ETIMEDOUT);
    return true;
}

/* The next step on the way; ANGO_OK: go on. */
static int advance(struct ango_sockets *sockets, const char *host, uint16_t port, uint32_t wait_ms)
{
    int err = ANGO_OK;

    switch (sockets->state) {
    case IDLE:
        begin(sockets);
        return ANGO_OK;
    case RESOLVING:
        err = resolve(sockets, host, port, wait_ms);
        if (err == ANGO_OK) {
            sockets->state = NEXT_ADDRESS;
        }
        break;
    case NEXT_ADDRESS:
        if (sockets->next == sockets->addresses_len) {
            return fail(sockets, ANGO_E_NET);
        }
        try_next(sockets);
        return ANGO_OK;
    default:
        return await_attempt(sockets, wait_ms) ? ANGO_OK : ANGO_E_WAIT;
    }
    return err == ANGO_OK || err == ANGO_E_WAIT ? err : fail(sockets, err);
}

int ango_sockets_connect(void *ctx, const char *host, uint16_t port, uint32_t wait_ms)
{
    struct ango_sockets *sockets = ctx;
    uint32_t start_ms = ango_sockets_clock_ms(sockets);

    if (sockets->state == CONNECTED) {
        return ANGO_E_ARG;
    }
    while (sockets->state != CONNECTED) {
        int err = advance(sockets, host, port, left(sockets, start_ms, wait_ms));
        if (err != ANGO_OK && (err != ANGO_E_WAIT || left(sockets, start_ms, wait_ms) == 0)) {
            return err;
        }
    }
    sockets->system_error = 0;
    return ANGO_OK;
}

/* --- connected ------------------------------------------------------------------------------------------ */

int ango_sockets_send(void *ctx, const uint8_t *data, size_t len, uint32_t wait_ms)
{
    struct ango_sockets *sockets = ctx;
    uint32_t start_ms = ango_sockets_clock_ms(sockets);

    if (sockets->state != CONNECTED || len == 0) {
        return ANGO_E_ARG;
    }
    for (;;) {
        long n = (long)ANGO_SOCKETS(send)(sockets->fd, data, len, MSG_NOSIGNAL);
        if (n > 0) {
            return (int)n;
        }
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 && !would_block()) {
            sockets->system_error = errno;
            return ANGO_E_NET;
        }
        if (!await_more(sockets, TO_WRITE, start_ms, wait_ms)) {
            return ANGO_E_WAIT;
        }
    }
}

int ango_sockets_recv(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms)
{
    struct ango_sockets *sockets = ctx;
    uint32_t start_ms = ango_sockets_clock_ms(sockets);

    if (sockets->state != CONNECTED || cap == 0) {
        return ANGO_E_ARG;
    }
    for (;;) {
        long n = (long)ANGO_SOCKETS(recv)(sockets->fd, buf, cap, 0);
        if (n >= 0) {
            return (int)n;
        }
        if (errno == EINTR) {
            continue;
        }
        if (!would_block()) {
            sockets->system_error = errno;
            return ANGO_E_NET;
        }
        if (!await_more(sockets, TO_READ, start_ms, wait_ms)) {
            return ANGO_E_WAIT;
        }
    }
}

void ango_sockets_close(void *ctx)
{
    release(ctx);
}
