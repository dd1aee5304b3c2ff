/*
 * What building a request and reading a reply cost, without TLS and without a socket. tests/bench runs it
 * under callgrind, which is told here where each figure begins and ends; by itself it only checks that all
 * goes well.
 *
 * The request: one invitation of two people to two projects. The replies: 400 bytes with one invitation, and
 * 30 KB with 100 of them, head included, both delivered at once. The port is a copy from memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/callgrind.h>

#include "ango.h"
#include "invite_job.h"

#define ROUNDS 20
#define REPLY_MAX 31000

static char small_reply[REPLY_MAX], large_reply[REPLY_MAX];
static const char *reply;
static size_t reply_len, reply_at;
static uint8_t request[1024];
static size_t request_len;

static int connect_port(void *ctx, const char *host, uint16_t port, uint32_t wait_ms)
{
    (void)ctx, (void)host, (void)port, (void)wait_ms;
    return ANGO_OK;
}

static int send_port(void *ctx, const uint8_t *data, size_t len, uint32_t wait_ms)
{
    (void)ctx, (void)wait_ms;
    if (len > sizeof request)
        return ANGO_E_NET;
    memcpy(request, data, len);
    request_len = len;
    return (int)len;
}

static int recv_port(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms)
{
    size_t n = reply_len - reply_at;

    (void)ctx, (void)wait_ms;
    if (n == 0)
        return ANGO_E_WAIT;
    if (n > cap)
        n = cap;
    CALLGRIND_TOGGLE_COLLECT; /* the copy stands for the network */
    memcpy(buf, reply + reply_at, n);
    CALLGRIND_TOGGLE_COLLECT;
    reply_at += n;
    return (int)n;
}

static void close_port(void *ctx)
{
    (void)ctx;
}

static uint32_t clock_port(void *ctx)
{
    (void)ctx;
    return 1;
}

static const struct ango_port port = { NULL,       true,       connect_port, send_port, recv_port,
                                       close_port, clock_port, NULL,         NULL,      NULL };
static uint8_t buffer[32768];
static struct ango_token tokens[ANGO_TOKENS];
static const struct ango_config config = {
    .port = &port,
    .host = ANGO_HOST_EU,
    .timeout_ms = 10000,
    .keep_ms = 10000,
    .buffer = buffer,
    .buffer_cap = sizeof buffer,
    .tokens = tokens,
    .tokens_cap = ANGO_TOKENS,
};
static const char *const to[] = { JOB_EMAIL_1, JOB_EMAIL_2 };
static const struct ango_project_assignment assignments[] = {
    { JOB_PROJECT_1, ANGO_PROJECT_LABELER },
    { JOB_PROJECT_2, ANGO_PROJECT_REVIEWER },
};
static const struct ango_invitation invitation = { to, 2, ANGO_ORGANIZATION_MEMBER, assignments, 2 };
static struct ango_client client;

static void check(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "pure: %s: %s\n", what, ango_error_text(client.result.error));
    exit(1);
}

/* A reply of `invites` entries. The API documents seven members of each; `extra` adds two. */
static void make_reply(char *out, const char *status_line, unsigned invites, bool extra)
{
    static char body[REPLY_MAX];
    size_t n = 0;
    unsigned i;

    n += (size_t)snprintf(body + n, sizeof body - n, "{\"status\":\"success\",\"data\":{\"invites\":[");
    for (i = 1; i <= invites; i++)
        n += (size_t)snprintf(body + n, sizeof body - n,
                              "%s{\"_id\":\"65a0c0de0400%012x\",\"to\":\"user_%06u@example.com\","
                              "\"organizationRole\":\"Member\",\"status\":\"Pending\","
                              "\"createdBy\":\"65a0c0de0200000000000001\","
                              "\"createdAt\":\"2025-01-15T10:30:00.000Z\","
                              "\"expiresAt\":\"2025-01-22T10:30:00.000Z\"%s}",
                              i > 1 ? "," : "", i, i,
                              extra ? ",\"organization\":\"65a0c0de0100000000000001\","
                                      "\"projects\":[\"PROJECT_ID_1\"]"
                                    : "");
    n += (size_t)snprintf(body + n, sizeof body - n, extra ? "],\"total\":%u}}" : "]}}", invites);
    check(n < sizeof body, "room for the body");
    check(snprintf(out, REPLY_MAX,
                   "%s\r\nDate: Wed, 15 Jan 2025 10:30:00 GMT\r\n"
                   "Content-Type: application/json; charset=utf-8\r\nContent-Length: %u\r\n%s\r\n%s",
                   status_line, (unsigned)n, extra ? "Connection: keep-alive\r\n" : "", body)
              < REPLY_MAX,
          "room for the reply");
}

/* The request is built, and sent. */
static void start(const char *answer)
{
    reply_len = reply_at = 0;
    request_len = 0;
    check(ango_invite_members_to_org_start(&client, JOB_ORGANIZATION, &invitation) == ANGO_OK, "start");
    while (request_len == 0)
        check(ango_step(&client, 0) == ANGO_E_WAIT, "send");
    reply = answer;
    reply_len = strlen(answer);
}

static void build(void)
{
    (void)ango_invite_members_to_org_start(&client, JOB_ORGANIZATION, &invitation);
}

/* From the arrival of the bytes to the first invitation's strings. */
static int parse(struct ango_invite *invite)
{
    return ango_step(&client, 0) == ANGO_OK ? ango_next_invite(&client, invite) : client.result.error;
}

static void measure_parse(const char *name, const char *answer, size_t items)
{
    struct ango_invite invite;
    int err = ANGO_OK;
    int i;

    for (i = 0; i <= ROUNDS; i++) {
        start(answer);
        if (i == 1)
            CALLGRIND_ZERO_STATS;
        CALLGRIND_TOGGLE_COLLECT;
        err = parse(&invite);
        CALLGRIND_TOGGLE_COLLECT;
        check(err == ANGO_OK && client.result.outcome == ANGO_ACCEPTED && client.result.items == items, name);
        check(strcmp(client.result.status, "success") == 0, "status");
        check(strcmp(invite.id, "65a0c0de0400000000000001") == 0, "_id");
    }
    CALLGRIND_DUMP_STATS_AT(name);
}

static void measure_parse_all(const char *name, const char *answer, size_t items)
{
    struct ango_invite invite;
    size_t n = 0;
    int err = ANGO_OK;
    int i;

    for (i = 0; i <= ROUNDS; i++) {
        start(answer);
        if (i == 1)
            CALLGRIND_ZERO_STATS;
        CALLGRIND_TOGGLE_COLLECT;
        err = parse(&invite);
        for (n = 0; err == ANGO_OK; n++)
            err = ango_next_invite(&client, &invite);
        CALLGRIND_TOGGLE_COLLECT;
        check(err == ANGO_E_END && n == items && strcmp(invite.id, "65a0c0de0400000000000064") == 0, name);
    }
    CALLGRIND_DUMP_STATS_AT(name);
}

int main(void)
{
    int i;

    make_reply(small_reply, "HTTP/1.1 201 Created", 1, false);
    make_reply(large_reply, "HTTP/1.1 200 OK", 100, true);
    check(ango_client_init(&client, &config, JOB_KEY) == ANGO_OK, "init");

    /* The first round of each is not counted: the dynamic linker resolves what is called. */
    for (i = 0; i <= ROUNDS; i++) {
        if (i == 1)
            CALLGRIND_ZERO_STATS;
        CALLGRIND_TOGGLE_COLLECT;
        build();
        CALLGRIND_TOGGLE_COLLECT;
        check(client.result.error == ANGO_OK, "build");
        ango_cancel(&client);
    }
    CALLGRIND_DUMP_STATS_AT("build");
    measure_parse("parse_small", small_reply, 1);
    measure_parse("parse_large", large_reply, 100);
    measure_parse_all("parse_large_all", large_reply, 100);

    printf("rounds=%d\nrequest_bytes=%u\nsmall_reply_bytes=%u\nlarge_reply_bytes=%u\n", ROUNDS, (unsigned)request_len,
           (unsigned)strlen(small_reply), (unsigned)strlen(large_reply));
    return 0;
}
