/*
 * invite_ango HOST PORT CA COUNT [SESSION]: this library over the POSIX port, COUNT invitations one after
 * the other. With SESSION, resumes the TLS session that this file holds, if it does, and leaves the new one
 * there. Prints what it knows of itself as key=value. Under callgrind, notes the cost of "handshake"
 * (everything that connect does, from the empty arena to the verified peer) and of "post" (each invitation
 * after the first, from start to its first entry).
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <valgrind/callgrind.h>

#include "ango.h"
#include "ango_posix.h"
#include "ango_tls.h"
#include "arena.h"
#include "invite_job.h"

static struct ango_posix posix;
static unsigned long resolver; /* allocations of the system's getaddrinfo, and of the port on its behalf */

static unsigned long allocations(void)
{
    return bench_allocations != NULL ? bench_allocations() : 0;
}

static int plain_connect(void *ctx, const char *host, uint16_t port, uint32_t wait_ms)
{
    unsigned long before = allocations();
    int err = ango_posix_connect(ctx, host, port, wait_ms);

    resolver += allocations() - before;
    return err;
}

static const struct ango_port plain = { &posix,
                                        false,
                                        plain_connect,
                                        ango_posix_send,
                                        ango_posix_recv,
                                        ango_posix_close,
                                        ango_posix_clock_ms,
                                        ango_posix_time,
                                        ango_posix_entropy,
                                        NULL };
static uint8_t ca[8192];
static struct ango_trust_anchor anchor = { ca, 0 };
static uint64_t arena[65536 / sizeof(uint64_t)];
static uint8_t session[4096];
static struct ango_tls_config tls_config = { &plain, &anchor, 1,    arena, sizeof arena, false,
                                             0,      NULL,    NULL, 0,     NULL,         NULL };
static struct ango_tls tls;
static const struct ango_port secure = ANGO_TLS_PORT(&tls);

/* The secure port, watched. */
static unsigned connections;
static unsigned long sent, received;

static int watch_connect(void *ctx, const char *host, uint16_t port, uint32_t wait_ms)
{
    int err;

    CALLGRIND_TOGGLE_COLLECT;
    err = secure.connect(ctx, host, port, wait_ms);
    CALLGRIND_TOGGLE_COLLECT;
    connections += err == ANGO_OK;
    return err;
}

static int watch_send(void *ctx, const uint8_t *data, size_t len, uint32_t wait_ms)
{
    int n = secure.send(ctx, data, len, wait_ms);

    sent += n > 0 ? (unsigned long)n : 0;
    return n;
}

static int watch_recv(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms)
{
    int n = secure.recv(ctx, buf, cap, wait_ms);

    received += n > 0 ? (unsigned long)n : 0;
    return n;
}

static const struct ango_port watched = {
    &tls, true, watch_connect, watch_send, watch_recv, ango_tls_close, ango_tls_clock_ms, ango_tls_time, NULL, NULL
};
static uint8_t buffer[2048];
static struct ango_token tokens[ANGO_TOKENS];
static struct ango_config config = {
    .port = &watched,
    .timeout_ms = 10000,
    .keep_ms = 10000,
    .buffer = buffer,
    .buffer_cap = sizeof buffer,
    .tokens = tokens,
    .tokens_cap = ANGO_TOKENS,
};
static struct ango_client client;

static int invite(void)
{
    static const char *const to[] = { JOB_EMAIL_1, JOB_EMAIL_2 };
    static const struct ango_project_assignment projects[] = { { JOB_PROJECT_1, ANGO_PROJECT_LABELER },
                                                               { JOB_PROJECT_2, ANGO_PROJECT_REVIEWER } };
    static const struct ango_invitation invitation = { to, 2, ANGO_ORGANIZATION_MEMBER, projects, 2 };
    struct ango_invite entry;
    int err = ango_invite_members_to_org(&client, JOB_ORGANIZATION, &invitation);

    return err == ANGO_OK ? ango_next_invite(&client, &entry) : err;
}

static char text[1024];
static size_t text_len;

static void say(const char *name, unsigned long value)
{
    text_len += (size_t)snprintf(text + text_len, sizeof text - text_len, "%s=%lu\n", name, value);
}

static int fail(const char *what, int err)
{
    dprintf(2, "invite_ango: %s: %s (http %u, mbedtls -0x%x, flags 0x%x)\n", what, ango_error_text(err),
            client.result.http_status, (unsigned)-tls.mbedtls_error, (unsigned)tls.verify_flags);
    return 1;
}

/* Bytes read, or 0. */
static size_t load(const char *path, uint8_t *to, size_t cap)
{
    int fd = open(path, O_RDONLY);
    ssize_t n = fd < 0 ? 0 : read(fd, to, cap);

    if (fd >= 0)
        close(fd);
    return n > 0 ? (size_t)n : 0;
}

static bool store(const char *path, const uint8_t *from, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    bool good = fd >= 0 && write(fd, from, len) == (ssize_t)len;

    return fd >= 0 && close(fd) == 0 && good;
}

int main(int argc, char **argv)
{
    unsigned long heap, heap_further = 0;
    uint32_t arena_first = 0;
    uint32_t arena_calls;
    long count, i;
    int err;

    if ((argc != 5 && argc != 6) || (count = strtol(argv[4], NULL, 10)) < 1)
        return 2;
    anchor.len = load(argv[3], ca, sizeof ca - 1) + 1; /* PEM counts its NUL */
    if (argc == 6) {
        load(argv[5], session, sizeof session);
        tls_config.sessions = &ango_tls_sessions;
        tls_config.session = session;
        tls_config.session_cap = sizeof session;
    }
    config.host = argv[1];
    config.tcp_port = (uint16_t)strtol(argv[2], NULL, 10);
    heap = allocations();
    err = ango_tls_init(&tls, &tls_config);
    if (err == ANGO_OK)
        err = ango_client_init(&client, &config, JOB_KEY);
    if (err != ANGO_OK)
        return fail("init", err);
    for (i = 0; i < count; i++) {
        if (i > 0)
            CALLGRIND_TOGGLE_COLLECT;
        err = invite();
        if (i > 0)
            CALLGRIND_TOGGLE_COLLECT;
        if (err != ANGO_OK)
            return fail("invite", err);
        if (i == 0) {
            CALLGRIND_DUMP_STATS_AT("handshake");
            arena_first = ango_arena_count();
            heap_further = allocations();
        }
    }
    CALLGRIND_DUMP_STATS_AT("post");
    arena_calls = ango_arena_count();
    heap_further = allocations() - heap_further;
    ango_close(&client);
    heap = allocations() - heap - resolver;
    if (argc == 6 && !store(argv[5], session, tls.session_len))
        return fail("session", ANGO_E_ARG);

    say("posts", (unsigned long)count);
    say("connections", connections);
    say("handshakes", tls.handshakes);
    say("resumed", tls.resumed);
    say("sent", sent);
    say("received", received);
    say("counted", bench_allocations != NULL);
    say("allocations", heap);
    say("allocations_further", heap_further);
    say("allocations_resolver", resolver);
    say("arena_calls_first", arena_first);
    say("arena_calls_further", arena_calls - arena_first);
    say("arena_peak", tls.arena_peak);
    say("session_len", tls.session_len);
    text_len += (size_t)snprintf(text + text_len, sizeof text - text_len, "version=%s\nciphersuite=%s\n", tls.version,
                                 tls.ciphersuite);
    return write(1, text, text_len) == (ssize_t)text_len ? 0 : 1;
}
