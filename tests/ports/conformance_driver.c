/*
 * Runs conformance.c on this machine, against a port of it:
 *     conformance_driver PORT peer=N refusing=N silent=N
 * PORT is posix, sockets (getaddrinfo, which blocks), resolve (sockets with a resolver that does not block), trace (over posix) or template; the
 * numbers are TCP ports on 127.0.0.1, where tests/ports/peer.py listens. Exits with 0 when nothing failed.
 *     conformance_driver FAULT peer=N refusing=N silent=N ONLY
 * tries check number ONLY on a port that breaks the contract; see faulty_port.
 *
 * getaddrinfo is this file's own: it answers names in ".test", and asks the system for all others.
 */
#define _GNU_SOURCE /* RTLD_NEXT */

#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../port/template/ango_template.h"
#include "ango_posix.h"
#include "ango_sockets.h"
#include "ango_trace.h"
#include "conformance.h"

#define SLOW_S 12

/* --- names ---------------------------------------------------------------------------------------------- */

#define REFUSED "127.0.0.2" /* nothing listens there, and */
#define SILENT "127.0.0.3"  /* this one never answers */

/* The addresses of a name; the first is NULL: it has none. */
static const char *const *addresses_of(const char *host)
{
    static const char *const none[] = { NULL, NULL };
    static const char *const one[] = { "127.0.0.1", NULL };
    static const char *const refused[] = { REFUSED, "127.0.0.1", NULL };
    static const char *const silent[] = { SILENT, "127.0.0.1", NULL };

    if (strcmp(host, "peer.test") == 0) {
        return one;
    }
    if (strcmp(host, "refused.test") == 0) {
        return refused;
    }
    return strcmp(host, "silent.test") == 0 ? silent : none;
}

typedef int look_up_fn(const char *, const char *, const struct addrinfo *, struct addrinfo **);

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **list)
{
    static look_up_fn *system_look_up;
    size_t len = strlen(host);
    const char *const *address;
    struct addrinfo numeric = *hints;

    if (system_look_up == NULL) {
        *(void **)&system_look_up = dlsym(RTLD_NEXT, "getaddrinfo");
    }
    if (len < 5 || strcmp(host + len - 5, ".test") != 0 || (hints->ai_flags & AI_NUMERICHOST) != 0) {
        return system_look_up(host, service, hints, list);
    }
    if (strcmp(host, "slow.test") == 0) {
        struct timespec slow = { SLOW_S, 0 };
        nanosleep(&slow, NULL);
    }
    *list = NULL;
    numeric.ai_flags = AI_NUMERICHOST;
    for (address = addresses_of(host); *address != NULL; address++) {
        if (system_look_up(*address, service, &numeric, list) != 0) {
            return EAI_FAIL;
        }
        list = &(*list)->ai_next;
    }
    return *addresses_of(host) != NULL ? 0 : EAI_NONAME;
}

/* The same without blocking, as a platform may give it to ango_sockets. */
static int resolve(void *ctx, const char *host, unsigned nth, char *address, size_t cap, uint32_t wait_ms)
{
    const char *const *known = addresses_of(host);
    static unsigned asked;

    (void)ctx;
    (void)wait_ms;
    if (strcmp(host, "slow.test") == 0 || ++asked % 3 != 0) {
        return ANGO_E_WAIT;
    }
    if (known[0] == NULL || (nth > 0 && known[nth] == NULL)) {
        return nth == 0 ? ANGO_E_RESOLVE : ANGO_E_END;
    }
    (void)snprintf(address, cap, "%s", known[nth]);
    return ANGO_OK;
}

/* --- ports ---------------------------------------------------------------------------------------------- */

static struct ango_posix posix;
static const struct ango_port posix_port = ANGO_POSIX_PORT(&posix);

static const struct ango_sockets_platform platform = { NULL, ango_posix_clock_ms, ango_posix_time, ango_posix_entropy,
                                                       NULL };
static struct ango_sockets sockets = ANGO_SOCKETS_ON(&platform);
static const struct ango_port sockets_port = ANGO_SOCKETS_PORT(&sockets);

static const struct ango_sockets_platform resolving = { NULL, ango_posix_clock_ms, ango_posix_time, ango_posix_entropy,
                                                        resolve };
static struct ango_sockets resolving_sockets = ANGO_SOCKETS_ON(&resolving);
static const struct ango_port resolve_port = ANGO_SOCKETS_PORT(&resolving_sockets);

static unsigned events;

static void count_event(void *ctx, const struct ango_trace_event *event)
{
    (void)ctx;
    (void)event;
    events++;
}

static struct ango_trace trace = { .port = &posix_port, .tell = count_event };
static struct ango_port trace_port;

static struct ango_template template_;
static const struct ango_port template_port = ANGO_TEMPLATE_PORT(&template_);

static const struct ango_port *faulty_port(const char *fault);

static const struct ango_port *port_of(const char *name)
{
    if (strcmp(name, "posix") == 0) {
        return &posix_port;
    }
    if (strcmp(name, "sockets") == 0) {
        return &sockets_port;
    }
    if (strcmp(name, "resolve") == 0) {
        return &resolve_port;
    }
    if (strcmp(name, "trace") == 0) {
        ango_trace_over(&trace_port, &trace);
        return &trace_port;
    }
    if (strcmp(name, "template") == 0) {
        return &template_port;
    }
    return faulty_port(name);
}

/* --- ports that break the contract ---------------------------------------------------------------------- */

static struct ango_port faulty;
static unsigned faulty_calls;

static int send_returns_0(void *ctx, const uint8_t *bytes, size_t len, uint32_t wait_ms)
{
    int n = ango_posix_send(ctx, bytes, len, wait_ms);

    return n == ANGO_E_WAIT ? 0 : n;
}

static int send_too_much(void *ctx, const uint8_t *bytes, size_t len, uint32_t wait_ms)
{
    int n = ango_posix_send(ctx, bytes, len, wait_ms);

    return n == 1 ? 2 : n;
}

/* Takes the bytes that there was no room for all the same, and drops them. */
static int send_loses(void *ctx, const uint8_t *bytes, size_t len, uint32_t wait_ms)
{
    int n = ango_posix_send(ctx, bytes, len, wait_ms);

    return ++faulty_calls % 16 == 0 && n > 1 ? n - 1 : n;
}

static int recv_returns_0(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms)
{
    int n = ango_posix_recv(ctx, buf, cap, wait_ms);

    return n == ANGO_E_WAIT ? 0 : n;
}

static int recv_ends_at_reset(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms)
{
    int n = ango_posix_recv(ctx, buf, cap, wait_ms);

    return n < 0 && n != ANGO_E_WAIT ? 0 : n;
}

static int recv_ends_once(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms)
{
    int n = ango_posix_recv(ctx, buf, cap, wait_ms);

    return n == 0 && faulty_calls++ > 0 ? ANGO_E_NET : n;
}

static int recv_writes_beside(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms)
{
    int n = ango_posix_recv(ctx, buf, cap, wait_ms);

    if (n == (int)cap && n < 3) {
        buf[n] = 0;
    }
    return n;
}

static int recv_waits(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms)
{
    return ango_posix_recv(ctx, buf, cap, wait_ms < 50 ? 50 : wait_ms);
}

static int connect_waits(void *ctx, const char *host, uint16_t port, uint32_t wait_ms)
{
    return ango_posix_connect(ctx, host, port, wait_ms < 50 ? 50 : wait_ms);
}

/* Its errors are the system's. */
static int connect_fails_oddly(void *ctx, const char *host, uint16_t port, uint32_t wait_ms)
{
    int n = ango_posix_connect(ctx, host, port, wait_ms);

    return n < 0 && n != ANGO_E_WAIT ? -111 : n;
}

/* Keeps the host of the first call. */
static int connect_keeps_host(void *ctx, const char *host, uint16_t port, uint32_t wait_ms)
{
    static const char *kept;

    kept = kept == NULL ? host : kept;
    return ango_posix_connect(ctx, faulty_calls++ < 20 ? "slow.test" : kept, port, wait_ms);
}

static void close_nothing(void *ctx)
{
    (void)ctx;
}

static uint32_t clock_in_seconds(void *ctx)
{
    return ango_posix_clock_ms(ctx) / 1000 * 1000;
}

static uint32_t clock_goes_back(void *ctx)
{
    return ango_posix_clock_ms(ctx) - (++faulty_calls % 1000 == 0 ? 50 : 0);
}

static uint32_t clock_is_slow(void *ctx)
{
    return ango_posix_clock_ms(ctx) / 2;
}

static int64_t time_in_ms(void *ctx)
{
    return ango_posix_time(ctx) * 1000;
}

static int64_t time_is_local(void *ctx)
{
    return ango_posix_time(ctx) + 7200;
}

static int entropy_repeats(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    memset(buf, 7, len);
    return ANGO_OK;
}

static int entropy_is_short(void *ctx, uint8_t *buf, size_t len)
{
    return ango_posix_entropy(ctx, buf, len > 32 ? 32 : len);
}

/* The port to POSIX, but for one function; NULL: there is no such fault. */
static const struct ango_port *faulty_port(const char *fault)
{
    static const struct {
        const char *name;
        struct ango_port instead;
    } faults[] = {
        { "secure", { .secure = true } },
        { "send-returns-0", { .send = send_returns_0 } },
        { "send-too-much", { .send = send_too_much } },
        { "send-loses", { .send = send_loses } },
        { "recv-returns-0", { .recv = recv_returns_0 } },
        { "recv-ends-at-reset", { .recv = recv_ends_at_reset } },
        { "recv-ends-once", { .recv = recv_ends_once } },
        { "recv-writes-beside", { .recv = recv_writes_beside } },
        { "recv-waits", { .recv = recv_waits } },
        { "connect-waits", { .connect = connect_waits } },
        { "connect-fails-oddly", { .connect = connect_fails_oddly } },
        { "connect-keeps-host", { .connect = connect_keeps_host } },
        { "close-nothing", { .close = close_nothing } },
        { "clock-in-seconds", { .clock_ms = clock_in_seconds } },
        { "clock-goes-back", { .clock_ms = clock_goes_back } },
        { "clock-is-slow", { .clock_ms = clock_is_slow } },
        { "time-in-ms", { .time = time_in_ms } },
        { "time-is-local", { .time = time_is_local } },
        { "entropy-repeats", { .entropy = entropy_repeats } },
        { "entropy-is-short", { .entropy = entropy_is_short } },
    };
    size_t i;

    for (i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        const struct ango_port *instead = &faults[i].instead;
        if (strcmp(fault, faults[i].name) != 0) {
            continue;
        }
        faulty = posix_port;
        faulty.secure = instead->secure;
        faulty.connect = instead->connect ? instead->connect : faulty.connect;
        faulty.send = instead->send ? instead->send : faulty.send;
        faulty.recv = instead->recv ? instead->recv : faulty.recv;
        faulty.close = instead->close ? instead->close : faulty.close;
        faulty.clock_ms = instead->clock_ms ? instead->clock_ms : faulty.clock_ms;
        faulty.time = instead->time ? instead->time : faulty.time;
        faulty.entropy = instead->entropy ? instead->entropy : faulty.entropy;
        return &faulty;
    }
    return NULL;
}

static void put(const char *text)
{
    (void)fputs(text, stdout);
    (void)fflush(stdout);
}

static void place(struct conformance *to, enum conformance_place place_, const char *host, uint16_t tcp_port)
{
    to->places[place_].host = host;
    to->places[place_].tcp_port = tcp_port;
}

int main(int argc, char **argv)
{
    struct conformance it;
    unsigned peer, refusing, silent, failed;

    memset(&it, 0, sizeof it);
    it.put = put;
    it.port = argc >= 5 ? port_of(argv[1]) : NULL;
    it.only = argc == 6 ? (unsigned)strtoul(argv[5], NULL, 10) : 0;
    if (it.port == NULL || sscanf(argv[2], "peer=%u", &peer) != 1 || sscanf(argv[3], "refusing=%u", &refusing) != 1
        || sscanf(argv[4], "silent=%u", &silent) != 1) {
        return 2;
    }
    place(&it, CONFORMANCE_PEER, "127.0.0.1", (uint16_t)peer);
    place(&it, CONFORMANCE_REFUSING, "127.0.0.1", (uint16_t)refusing);
    place(&it, CONFORMANCE_SILENT, "127.0.0.1", (uint16_t)silent);
    place(&it, CONFORMANCE_NAME, "peer.test", (uint16_t)peer);
    place(&it, CONFORMANCE_UNKNOWN, "nobody.test", (uint16_t)peer);
    if (it.port != &sockets_port) {
        place(&it, CONFORMANCE_SLOW, "slow.test", (uint16_t)peer);
    }
    place(&it, CONFORMANCE_TWO_REFUSED, "refused.test", (uint16_t)peer);
    place(&it, CONFORMANCE_TWO_SILENT, "silent.test", (uint16_t)peer);
    failed = conformance_run(&it);
    if (it.port == &trace_port) {
        (void)printf("events=%u\n", events);
    }
    return failed == 0 ? 0 : 1;
}
