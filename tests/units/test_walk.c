/*
 * Walking lists of any length, and reading back what became of invitations, through the whole client. Below
 * the scripted port, which checks how it is used, answers a server that is made for this: its lists can
 * change, its entries grow, and any of its replies fail.
 */
#include "whole_exchange.h"
#include "rows.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CAP 1536u /* of which 8 entries are a page, to begin with */
#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static struct exchange x;

/* --- the server ----------------------------------------------------------------------------------------- */

#define ENTRIES_MAX 12000u
#define STALL 1 /* as what a request meets: nothing, for ever; or a negative result of recv; or a status */

enum kind { INVITES, MEMBERS, PROJECTS, KINDS };

static struct server {
    /* What it has: entry i is called entry_<value[i]>, or names[i]. */
    uint32_t value[ENTRIES_MAX];
    size_t len;
    size_t pad;                 /* bytes that each entry is longer by */
    uint32_t large, large_by;   /* but this one by so many */
    const char *const *members; /* for confirm: the members, while the entries are the invitations */
    size_t members_len;
    const char *const *invited; /* names of the entries */
    /* How it misbehaves. */
    unsigned fail_at; /* the n-th request, from 1 ... */
    unsigned fail_times;
    int fail_with;
    size_t fail_after; /* a failing recv: after so many bytes of the reply */
    bool ignores_page, ignores_limit, without_id, extra_tokens;
    void (*change)(void); /* before each reply */
    bool stutters;        /* every other call would block */
    size_t piece;
    /* What was asked. */
    unsigned requests;
    char asked[2048]; /* "PAGE/LIMIT " of each, as far as there is room */
    char path[512];   /* of the last one */
    /* Its own. */
    uint32_t now_ms;
    bool odd, failing;
    char request[2048];
    size_t request_len;
    char reply[1 << 18];
    size_t reply_len, at, body_at;
} server;

static void put(const char *format, ...)
{
    va_list arguments;
    int len;

    va_start(arguments, format);
    len =
        vsnprintf(server.reply + server.reply_len, sizeof server.reply - server.reply_len, format, arguments);
    va_end(arguments);
    assert_in_range(len, 0, sizeof server.reply - server.reply_len - 1);
    server.reply_len += (size_t)len;
}

static void put_entry(enum kind kind, size_t i)
{
    static const char *const names[] = { "to", "email", "name" };
    static char x_es[20000];
    uint32_t value = server.value[i];
    size_t pad = server.pad + (value == server.large ? server.large_by : 0);

    assert_in_range(pad, 0, sizeof x_es - 1);
    memset(x_es, 'x', pad);
    x_es[pad] = '\0';
    put("{");
    if (!server.without_id)
        put("\"_id\":\"id_%lu\",", (unsigned long)value);
    if (server.invited != NULL && kind == INVITES)
        put("\"to\":\"%s\",", server.invited[i]);
    else
        put("\"%s\":\"entry_%lu\",", names[kind], (unsigned long)value);
    if (server.extra_tokens)
        put("\"more\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27],");
    put("\"pad\":\"%s\"}", x_es);
}

/* The number behind `name` in the path. */
static unsigned long parameter(const char *name)
{
    const char *at = strstr(server.path, name);

    assert_non_null(at);
    return strtoul(at + strlen(name), NULL, 10);
}

static bool is_search_for(const char *member)
{
    const char *search = strstr(server.path, "&search=");
    char plain[256];
    size_t n = 0;

    if (search == NULL)
        return true;
    for (search += 8; *search != '\0' && n < sizeof plain - 1; search++)
        if (*search == '%') {
            char digits[3] = { search[1], search[2], '\0' };

            plain[n++] = (char)strtoul(digits, NULL, 16);
            search += 2;
        } else {
            plain[n++] = *search;
        }
    plain[n] = '\0';
    /* As the API may do it: a part of the address is enough, whatever its case. */
    for (; *member != '\0'; member++) {
        size_t i = 0;

        while (plain[i] != '\0' && (plain[i] | 0x20) == (member[i] | 0x20))
            i++;
        if (plain[i] == '\0')
            return true;
    }
    return false;
}

static void put_members(unsigned long page, unsigned long limit)
{
    size_t found = 0, i;
    const char *comma = "";

    for (i = 0; i < server.members_len; i++) {
        if (!is_search_for(server.members[i]))
            continue;
        if (found >= (page - 1) * limit && found < page * limit) {
            put("%s{\"_id\":\"id_%lu\",\"email\":\"%s\"}", comma, (unsigned long)i, server.members[i]);
            comma = ",";
        }
        found++;
    }
}

static void put_list(void)
{
    unsigned long page = parameter("page="), limit = parameter("limit=");
    enum kind kind = strstr(server.path, "/invites?") != NULL ? INVITES
                     : strstr(server.path, "/users?") != NULL ? MEMBERS
                                                              : PROJECTS;
    size_t from = server.ignores_page ? 0 : (page - 1) * limit;
    size_t to = server.ignores_limit ? server.len : from + limit;
    size_t asked_len = strlen(server.asked), i;

    (void)snprintf(server.asked + asked_len, sizeof server.asked - asked_len, "%s%lu/%lu",
                   server.requests > 1 ? " " : "", page, limit);
    put("{\"status\":\"success\",\"data\":{\"%s\":[", kind == INVITES   ? "invites"
                                                      : kind == MEMBERS ? "users"
                                                                        : "projects");
    if (kind == MEMBERS && server.members != NULL)
        put_members(page, limit);
    else
        for (i = from; i < to && i < server.len; i++) {
            if (i != from)
                put(",");
            put_entry(kind, i);
        }
    put("]}}");
}

static void answer(void)
{
    static char body[sizeof server.reply];
    size_t len;

    server.requests++;
    if (server.change != NULL)
        server.change();
    server.reply_len = server.at = 0;
    server.failing = server.fail_at != 0 && server.requests >= server.fail_at
                     && server.requests - server.fail_at < server.fail_times;
    if (server.failing && server.fail_with > 99) {
        static const char why[] = "{\"status\":\"fail\",\"message\":\"no\"}";

        server.failing = false;
        put_list();
        server.reply_len = 0;
        put("HTTP/1.1 %d No\r\nRetry-After: 7\r\nContent-Length: %u\r\n\r\n%s", server.fail_with,
            (unsigned)sizeof why - 1, why);
        return;
    }
    put_list();
    len = server.reply_len;
    memcpy(body, server.reply, len + 1);
    server.reply_len = 0;
    put("HTTP/1.1 200 OK\r\nContent-Length: %lu\r\n\r\n%s", (unsigned long)len, body);
}

static bool would_block(void)
{
    server.odd = !server.odd;
    return server.stutters && server.odd;
}

static int server_connect(void *ctx, const char *host, uint16_t port, uint32_t wait_ms)
{
    (void)ctx, (void)host, (void)port, (void)wait_ms;
    server.request_len = server.reply_len = server.at = 0;
    return would_block() ? ANGO_E_WAIT : ANGO_OK;
}

static int server_send(void *ctx, const uint8_t *data, size_t len, uint32_t wait_ms)
{
    const char *end;

    (void)ctx, (void)wait_ms;
    if (would_block())
        return ANGO_E_WAIT;
    if (server.piece != 0 && len > server.piece)
        len = server.piece;
    assert_in_range(len, 1, sizeof server.request - 1 - server.request_len);
    memcpy(server.request + server.request_len, data, len);
    server.request_len += len;
    server.request[server.request_len] = '\0';
    end = strstr(server.request, "\r\n\r\n");
    if (end != NULL) {
        size_t path_len = strcspn(server.request + 4, " ");

        assert_memory_equal(server.request, "GET ", 4);
        assert_in_range(path_len, 1, sizeof server.path - 1);
        memcpy(server.path, server.request + 4, path_len);
        server.path[path_len] = '\0';
        server.request_len = 0;
        answer();
    }
    return (int)len;
}

static int server_recv(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms)
{
    size_t len = server.reply_len - server.at;

    (void)ctx;
    if (server.failing
        && len > server.fail_after - (server.at < server.fail_after ? server.at : server.fail_after))
        len = server.fail_after - (server.at < server.fail_after ? server.at : server.fail_after);
    if (len == 0 && server.failing && server.fail_with != STALL)
        return server.fail_with;
    if (len == 0 || would_block()) {
        server.now_ms += len == 0 ? wait_ms : 0;
        return ANGO_E_WAIT;
    }
    if (len > cap)
        len = cap;
    if (server.piece != 0 && len > server.piece)
        len = server.piece;
    memcpy(buf, server.reply + server.at, len);
    server.at += len;
    return (int)len;
}

static void server_close(void *ctx)
{
    (void)ctx;
}

static uint32_t server_clock_ms(void *ctx)
{
    (void)ctx;
    return server.now_ms;
}

static const struct ango_port server_port = {
    NULL, false, server_connect, server_send, server_recv, server_close, server_clock_ms, NULL, NULL, NULL,
};

/* A server of `len` entries, 0 to len - 1, and a client of it. */
static void begin(size_t len, size_t cap)
{
    static const struct script_event none[] = { SCRIPT_STOP };
    size_t i;

    memset(&server, 0, offsetof(struct server, request));
    for (i = 0; i < len; i++)
        server.value[i] = (uint32_t)i;
    server.len = len;
    server.large = UINT32_MAX;
    assert_int_equal(exchange_begin(&x, none, cap), ANGO_OK);
    x.script.under = &server_port;
}

/* --- what was handed out -------------------------------------------------------------------------------- */

static struct ango_walk walk;
static unsigned char seen[ENTRIES_MAX]; /* how often entry_<i> was */
static size_t handed;
static bool in_order;

union item {
    struct ango_invite invite;
    struct ango_member member;
    struct ango_project project;
};

static void begin_walk(enum kind kind)
{
    memset(seen, 0, sizeof seen);
    memset(&walk, 0xA5, sizeof walk);
    handed = 0;
    in_order = true;
    if (kind == INVITES)
        assert_int_equal(ango_walk_invites(&walk, &x.client, "org"), ANGO_OK);
    else if (kind == MEMBERS)
        assert_int_equal(ango_walk_members(&walk, &x.client, "org", NULL), ANGO_OK);
    else
        assert_int_equal(ango_walk_projects(&walk, &x.client, NULL), ANGO_OK);
}

static void take(enum kind kind, const union item *item)
{
    const char *name = kind == INVITES   ? item->invite.to
                       : kind == MEMBERS ? item->member.email
                                         : item->project.name;
    size_t value;

    assert_memory_equal(name, "entry_", 6);
    value = strtoul(name + 6, NULL, 10);
    assert_in_range(value, 0, ENTRIES_MAX - 1);
    in_order = in_order && value == handed;
    handed++;
    if (seen[value] < 255)
        seen[value]++;
}

/* Walks until something else than an entry comes, and returns that. */
static int go(enum kind kind)
{
    union item item;
    int err;

    while ((err = ango_walk_next(&walk, &item)) == ANGO_OK)
        take(kind, &item);
    assert_null(exchange_broken(&x, SIZE_MAX));
    return err;
}

/* Each of the server's entries once, and in its order. */
static void check_all(void)
{
    assert_int_equal(handed, server.len);
    assert_true(in_order);
}

static void end(void)
{
    union item item;
    unsigned requests = server.requests;

    assert_int_equal(ango_walk_next(&walk, &item), ANGO_E_END);
    assert_int_equal(ango_walk_step(&walk, &item, 0), ANGO_E_END);
    assert_int_equal(server.requests, requests);
    ango_close(&x.client);
    assert_int_equal(x.script.opened, x.script.closed);
}

/* A walk of its own, to the end; each entry comes once. */
static void walk_all(enum kind kind)
{
    begin_walk(kind);
    assert_int_equal(go(kind), ANGO_E_END);
    check_all();
}

/* --- walks that go well --------------------------------------------------------------------------------- */

static void check_walk(enum kind kind, size_t len, const char *asked)
{
    begin(len, CAP);
    begin_walk(kind);
    assert_int_equal(server.requests, 0);
    assert_int_equal(go(kind), ANGO_E_END);
    check_all();
    assert_string_equal(server.asked, asked);
    end();
}

static void pages(void **state)
{
    unsigned kind;

    (void)state;
    for (kind = 0; kind < KINDS; kind++) {
        check_walk((enum kind)kind, 0, "1/8");
        check_walk((enum kind)kind, 1, "1/8");
        check_walk((enum kind)kind, 7, "1/8");
        check_walk((enum kind)kind, 8, "1/8 2/8");
        check_walk((enum kind)kind, 9, "1/8 2/8");
        check_walk((enum kind)kind, 16, "1/8 2/8 3/8");
        check_walk((enum kind)kind, 20, "1/8 2/8 3/8");
    }
}

static void paths(void **state)
{
    union item item;

    (void)state;
    begin(0, CAP);
    assert_int_equal(ango_walk_invites(&walk, &x.client, "o/1"), ANGO_OK);
    assert_int_equal(ango_walk_next(&walk, &item), ANGO_E_END);
    assert_string_equal(server.path, "/v2/organization/o%2F1/invites?status=pending&page=1&limit=8");
    assert_int_equal(ango_walk_members(&walk, &x.client, "o/1", "\"a&b\""), ANGO_OK);
    assert_int_equal(ango_walk_next(&walk, &item), ANGO_E_END);
    assert_string_equal(server.path, "/v2/organization/o%2F1/users?page=1&limit=8&search=%22a%26b%22");
    assert_int_equal(ango_walk_members(&walk, &x.client, "o", ""), ANGO_OK);
    assert_int_equal(ango_walk_next(&walk, &item), ANGO_E_END);
    assert_string_equal(server.path, "/v2/organization/o/users?page=1&limit=8");
    assert_int_equal(ango_walk_projects(&walk, &x.client, "-createdAt"), ANGO_OK);
    assert_int_equal(ango_walk_next(&walk, &item), ANGO_E_END);
    assert_string_equal(server.path, "/v2/listProjects?page=1&limit=8&sort=-createdAt");
    ango_close(&x.client);
}

/* The first page is of a size that can be expected to fit: a power of 2, at most 64. */
static void first_limit(void **state)
{
    static const struct {
        size_t cap;
        const char *asked;
    } limits[] = {
        { 319, "1/1" },    { 320, "1/2" },    { 639, "1/2" },    { 640, "1/4" },
        { 1279, "1/4" },   { 1280, "1/8" },   { 2559, "1/8" },   { 2560, "1/16" },
        { 10239, "1/32" }, { 10240, "1/64" }, { 60000, "1/64" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(limits); i++) {
        begin(0, limits[i].cap);
        begin_walk(MEMBERS);
        assert_int_equal(go(MEMBERS), ANGO_E_END);
        assert_string_equal(server.asked, limits[i].asked);
        end();
    }
}

/* Whatever the sizes of the buffer, the list and its entries: all of it, or that one entry is too large. */
static void sizes(void **state)
{
    static const size_t caps[] = { 300, 400, 800, 1536, 4096, 12000, 40000 };
    static const size_t pads[] = { 0, 40, 100, 250, 1000 };
    size_t c, p, len;

    (void)state;
    for (c = 0; c < COUNT(caps); c++)
        for (p = 0; p < COUNT(pads); p++)
            for (len = 0; len <= 300; len += len < 20 ? 1 : 41) {
                begin(len, caps[c]);
                server.pad = pads[p];
                begin_walk(MEMBERS);
                if (go(MEMBERS) == ANGO_E_END) {
                    check_all();
                    end();
                } else {
                    /* The envelope and an entry; nothing was handed out before the first. */
                    assert_true(pads[p] + 80 > caps[c]);
                    assert_int_equal(x.client.result.error, ANGO_E_TOO_BIG);
                    assert_int_equal(handed, 0);
                    ango_close(&x.client);
                }
                assert_in_range(server.requests, 1, len + 1 + 7 * (2 + len / 16));
            }
}

static void ten_thousand(void **state)
{
    (void)state;
    begin(10000, CAP);
    server.pad = 100;
    walk_all(MEMBERS);
    assert_int_equal(server.requests, 1251);
    assert_int_equal(x.script.opened, 1);
    end();
}

/* --- pages that do not fit ------------------------------------------------------------------------------ */

static void too_large(void **state)
{
    (void)state;
    begin(8, CAP);
    server.pad = 400; /* three would fit */
    walk_all(MEMBERS);
    assert_string_equal(server.asked, "1/8 1/4 1/2 2/2 3/2 4/2 5/2");
    end();

    begin(5, CAP);
    server.pad = 1000; /* one */
    walk_all(INVITES);
    assert_string_equal(server.asked, "1/8 1/4 1/2 1/1 2/1 3/1 4/1 5/1 6/1");
    end();
}

/* After 16 pages that fitted a larger one is tried, where it begins where the next one does. */
static void grows_again(void **state)
{
    (void)state;
    begin(100, CAP);
    server.large = 9;
    server.large_by = 1150;
    walk_all(MEMBERS);
    assert_string_equal(server.asked,
                        "1/8 2/8 3/4 4/4 5/4 6/4 7/4 8/4 9/4 10/4 11/4 12/4 13/4 14/4 15/4 16/4 17/4 "
                        "18/4 10/8 11/8 12/8 13/8");
    end();

    /* Pages that fitted before do not count, ... */
    begin(120, CAP);
    server.large = 41;
    server.large_by = 1150;
    walk_all(MEMBERS);
    assert_string_equal(server.asked,
                        "1/8 2/8 3/8 4/8 5/8 6/8 11/4 12/4 13/4 14/4 15/4 16/4 17/4 18/4 19/4 20/4 21/4 "
                        "22/4 23/4 24/4 25/4 26/4 14/8 15/8 16/8");
    end();

    /* ... nor those that were smaller still. */
    begin(100, CAP);
    server.large = 1;
    server.large_by = 1350;
    walk_all(MEMBERS);
    assert_string_equal(server.asked,
                        "1/8 1/4 1/2 2/2 3/2 4/2 5/2 6/2 7/2 8/2 9/2 10/2 11/2 12/2 13/2 14/2 15/2 16/2 "
                        "9/4 10/4 11/4 12/4 13/4 14/4 15/4 16/4 17/4 18/4 19/4 20/4 21/4 22/4 23/4 24/4 "
                        "13/8");
    end();

    begin(200, CAP);
    server.pad = 400;
    walk_all(PROJECTS);
    end();
    /* Two at a time, 3 larger ones in the beginning, and again after each 16 pages. */
    assert_int_equal(server.requests, 2 + 101 + 100 / 16);
}

static void shrink_the_large_one(void)
{
    if (server.requests == 9)
        server.large_by = 0;
}

/* A single entry that does not fit is reported each time, at the cost of one request, and can be got past. */
static void too_large_at_last(void **state)
{
    union item item;
    unsigned requests;
    int i;

    (void)state;
    begin(30, CAP);
    server.large = 5;
    server.large_by = 3000;
    begin_walk(MEMBERS);
    assert_int_equal(go(MEMBERS), ANGO_E_TOO_BIG);
    assert_string_equal(server.asked, "1/8 1/4 2/4 3/2 5/1 6/1");
    assert_int_equal(handed, 5);
    assert_true(in_order);
    for (i = 0; i < 2; i++) {
        requests = server.requests;
        assert_int_equal(ango_walk_next(&walk, &item), ANGO_E_TOO_BIG);
        assert_int_equal(server.requests, requests + 1);
    }
    server.change = shrink_the_large_one;
    assert_int_equal(go(MEMBERS), ANGO_E_END);
    check_all();
    end();
}

static void too_many_tokens(void **state)
{
    (void)state;
    begin(20, CAP);
    server.extra_tokens = true; /* 29 more than the 7 of an entry */
    begin_walk(MEMBERS);
    assert_int_equal(go(MEMBERS), ANGO_E_TOO_BIG);
    assert_string_equal(server.asked, "1/8 1/4 1/2 1/1");
    assert_int_equal(handed, 0);
    server.extra_tokens = false;
    assert_int_equal(go(MEMBERS), ANGO_E_END);
    check_all();
    end();

    /* As many as an entry takes are enough for any list. */
    begin(100, CAP);
    x.config.tokens_cap = 7;
    x.config.tokens = x.tokens + ANGO_TOKENS - 7;
    walk_all(MEMBERS);
    end();
}

/* --- errors on the way ---------------------------------------------------------------------------------- */

static const struct failure {
    int with;
    size_t after;
    int error;
} failures[] = {
    { 401, 0, ANGO_E_STATUS },
    { 404, 0, ANGO_E_STATUS },
    { 429, 0, ANGO_E_STATUS },
    { 500, 0, ANGO_E_STATUS },
    { ANGO_E_NET, 0, ANGO_E_NET },
    { ANGO_E_NET, 30, ANGO_E_NET },
    { ANGO_E_TRUNCATED, 100, ANGO_E_TRUNCATED },
    { ANGO_E_TLS, 1, ANGO_E_TLS },
    { 0, 0, ANGO_E_TRUNCATED },
    { 0, 300, ANGO_E_TRUNCATED },
    { STALL, 0, ANGO_E_TIME },
    { STALL, 200, ANGO_E_TIME },
};

static void set_failure(const struct failure *failure, unsigned at, unsigned times)
{
    server.fail_at = at;
    server.fail_times = times;
    server.fail_with = failure->with;
    server.fail_after = failure->after;
}

/* Each request of a walk fails in each way, once or three times in a row: nothing is lost or doubled. */
static void fails_and_goes_on(void **state)
{
    size_t f;
    unsigned at, times, i;

    (void)state;
    for (f = 0; f < COUNT(failures); f++)
        for (times = 1; times <= 3; times += 2)
            /* That the first page is too large is known from its head. */
            for (at = failures[f].after < 100 ? 1 : 2; at <= 11; at++) {
                begin(38, CAP);
                server.pad = 300; /* 8, then 4 at a time */
                set_failure(&failures[f], at, times);
                begin_walk(MEMBERS);
                for (i = 0; i < times; i++) {
                    assert_int_equal(go(MEMBERS), failures[f].error);
                    assert_int_equal(x.client.result.error, failures[f].error);
                    if (failures[f].with == 429)
                        assert_int_equal(x.client.result.retry_after_s, 7);
                }
                assert_int_equal(go(MEMBERS), ANGO_E_END);
                check_all();
                assert_int_equal(server.requests, 11 + times);
                end();
            }
}

/* No connection, a port that fails below, and a cancelled exchange. */
static void fails_before_it_is_asked(void **state)
{
    static const struct script_fault fault = { SCRIPT_CONNECT, 1, 2, ANGO_E_RESOLVE };
    static const struct script_fault no_send = { SCRIPT_SEND, 2, 1, ANGO_E_NET };
    union item item;

    (void)state;
    begin(20, CAP);
    x.script.faults[0] = fault;
    x.script.faults[1] = no_send;
    begin_walk(MEMBERS);
    assert_int_equal(go(MEMBERS), ANGO_E_RESOLVE);
    assert_int_equal(go(MEMBERS), ANGO_E_RESOLVE);
    assert_int_equal(go(MEMBERS), ANGO_E_NET);
    assert_int_equal(handed, 8);
    assert_int_equal(ango_walk_step(&walk, &item, 0), ANGO_E_WAIT);
    ango_cancel(&x.client);
    assert_int_equal(go(MEMBERS), ANGO_E_CANCELLED);
    assert_int_equal(go(MEMBERS), ANGO_E_END);
    check_all();
    end();
}

/* What is wrong with the request is said each time, and nothing is sent. */
static void refused(void **state)
{
    union item item;

    (void)state;
    begin(3, CAP);
    assert_int_equal(ango_walk_members(&walk, &x.client, "", NULL), ANGO_OK);
    assert_int_equal(ango_walk_next(&walk, &item), ANGO_E_ID);
    assert_int_equal(ango_walk_next(&walk, &item), ANGO_E_ID);
    assert_int_equal(x.client.result.error, ANGO_E_ID);
    assert_int_equal(ango_walk_members(&walk, &x.client, "o", "\x01"), ANGO_OK);
    assert_int_equal(ango_walk_next(&walk, &item), ANGO_E_ID);
    assert_int_equal(ango_walk_invites(&walk, &x.client, NULL), ANGO_OK);
    assert_int_equal(ango_walk_next(&walk, &item), ANGO_E_ID);
    begin(3, 60);
    begin_walk(MEMBERS);
    assert_int_equal(ango_walk_next(&walk, &item), ANGO_E_SPACE);
    assert_in_range(x.client.result.need, 61, 200);
    assert_int_equal(server.requests, 0);
    assert_int_equal(x.script.calls[SCRIPT_ANY], 0);
}

static void arguments(void **state)
{
    static struct ango_client never;
    static struct ango_walk zero;
    union item item;

    (void)state;
    begin(3, CAP);
    assert_int_equal(ango_walk_invites(NULL, &x.client, "o"), ANGO_E_ARG);
    assert_int_equal(ango_walk_members(NULL, &x.client, "o", NULL), ANGO_E_ARG);
    assert_int_equal(ango_walk_projects(NULL, &x.client, NULL), ANGO_E_ARG);
    assert_int_equal(ango_walk_invites(&walk, NULL, "o"), ANGO_E_ARG);
    assert_int_equal(ango_walk_members(&walk, NULL, "o", NULL), ANGO_E_ARG);
    assert_int_equal(ango_walk_projects(&walk, NULL, NULL), ANGO_E_ARG);
    assert_int_equal(ango_walk_projects(&walk, &never, NULL), ANGO_E_ARG);
    assert_int_equal(ango_walk_step(NULL, &item, 0), ANGO_E_ARG);
    assert_int_equal(ango_walk_step(&zero, &item, 0), ANGO_E_ARG);
    assert_int_equal(ango_walk_next(&zero, &item), ANGO_E_ARG);
    begin_walk(MEMBERS);
    assert_int_equal(ango_walk_step(&walk, NULL, 0), ANGO_E_ARG);
    assert_int_equal(ango_walk_next(&walk, NULL), ANGO_E_ARG);
    /* An exchange that somebody else has started is left alone. */
    assert_int_equal(exchange_start(&x), ANGO_OK);
    assert_int_equal(ango_walk_step(&walk, &item, 0), ANGO_E_ARG);
    assert_int_equal(ango_step(&x.client, 0), ANGO_E_WAIT);
    ango_cancel(&x.client);
    assert_int_equal(go(MEMBERS), ANGO_E_END);
    check_all();
    end();
}

/* --- in slices ------------------------------------------------------------------------------------------ */

static void slices(void **state)
{
    union item item;
    unsigned steps;
    size_t piece;
    int err;

    (void)state;
    for (piece = 0; piece <= 7; piece += 7) {
        begin(50, CAP);
        server.stutters = true;
        server.piece = piece;
        server.pad = 200;
        begin_walk(MEMBERS);
        for (steps = 0; steps < 20000; steps++) {
            unsigned before = x.script.calls[SCRIPT_ANY];

            err = ango_walk_step(&walk, &item, 0);
            assert_in_range(x.script.calls[SCRIPT_ANY] - before, 0, 1);
            if (err == ANGO_OK)
                take(MEMBERS, &item);
            else if (err != ANGO_E_WAIT)
                break;
        }
        assert_int_equal(err, ANGO_E_END);
        assert_null(exchange_broken(&x, SIZE_MAX));
        check_all();
        end();
    }
}

/* --- servers and lists that do not hold still ----------------------------------------------------------- */

/* A server that always sends the same page. */
static void always_the_same(void **state)
{
    unsigned kind, i;

    (void)state;
    for (kind = 0; kind < KINDS; kind++) {
        unsigned requests;

        begin(8, CAP);
        server.ignores_page = true;
        begin_walk((enum kind)kind);
        assert_int_equal(go((enum kind)kind), ANGO_E_SHAPE);
        assert_in_range(server.requests, 2, 4);
        requests = server.requests;
        /* It is never taken for the end of the list, and each further try is one request. */
        for (i = 1; i <= 600; i++) {
            union item item;

            assert_int_equal(ango_walk_next(&walk, &item), ANGO_E_SHAPE);
            assert_int_equal(server.requests, requests + i);
        }
        /* And when it comes to its senses, the list is read to its end. */
        server.ignores_page = false;
        assert_int_equal(go((enum kind)kind), ANGO_E_END);
        end();
    }
    begin(100, 40000);
    server.ignores_page = server.ignores_limit = true;
    begin_walk(MEMBERS);
    assert_int_equal(go(MEMBERS), ANGO_E_SHAPE);
    assert_in_range(server.requests, 2, 4);
    ango_close(&x.client);
}

/* More on a page than was asked for: each entry still comes once: pages are counted by what was read. */
static void more_than_asked(void **state)
{
    (void)state;
    begin(150, 40000); /* 64 are asked for */
    server.ignores_limit = true;
    walk_all(MEMBERS);
    end();
}

static void a_page_joins_at_the_front(void)
{
    size_t i;

    /* Before the 2nd and 3rd request, and before the 5th and 6th. */
    if (server.requests == 1 || server.requests % 3 == 1 || server.requests > 6)
        return;
    memmove(server.value + 8, server.value, server.len * sizeof server.value[0]);
    for (i = 0; i < 8; i++)
        server.value[i] = (uint32_t)(1000 + 8 * server.requests + i);
    server.len += 8;
}

/* A whole page may join in front, more than once: a page that comes three times is nobody's fault. */
static void the_same_for_a_while(void **state)
{
    size_t i;

    (void)state;
    begin(30, CAP);
    server.change = a_page_joins_at_the_front;
    begin_walk(MEMBERS);
    assert_int_equal(go(MEMBERS), ANGO_E_END);
    for (i = 0; i < 30; i++)
        assert_int_equal(seen[i], i < 16 ? 3 : 1);
    end();
}

/* Entries without an identifier are told apart by what they have. */
static void without_identifier(void **state)
{
    unsigned kind;

    (void)state;
    for (kind = 0; kind < KINDS; kind++) {
        begin(100, CAP);
        server.without_id = true;
        walk_all((enum kind)kind);
        end();
    }
}

static uint32_t seed, fresh;

static uint32_t chance(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

/* Entries 0 to 99 stay; others come and go before, between and behind them, for the first 60 requests. */
static void come_and_go(void)
{
    size_t at;

    if (server.requests > 60)
        return;
    at = chance((uint32_t)server.len + 1);
    if (chance(2) == 0 && server.len < 190 && fresh < ENTRIES_MAX) {
        memmove(server.value + at + 1, server.value + at, (server.len - at) * sizeof server.value[0]);
        server.value[at] = fresh++;
        server.len++;
    } else if (at < server.len && server.value[at] >= 100) {
        memmove(server.value + at, server.value + at + 1, (server.len - at - 1) * sizeof server.value[0]);
        server.len--;
    }
}

static void join_at_the_front(void)
{
    if (fresh < 400) {
        memmove(server.value + 1, server.value, server.len * sizeof server.value[0]);
        server.value[0] = fresh++;
        server.len++;
    }
}

static void leave_at_the_front(void)
{
    if (server.len > 0) {
        server.len--;
        memmove(server.value, server.value + 1, server.len * sizeof server.value[0]);
    }
}

static void all_leave(void)
{
    if (server.requests == 5)
        server.len = 0;
}

static void lists_that_change(void **state)
{
    uint32_t run;
    size_t i;

    (void)state;
    for (run = 0; run < 300; run++) {
        seed = run;
        fresh = 200;
        begin(100, run % 2 == 0 ? CAP : 700);
        server.change = come_and_go;
        begin_walk(MEMBERS);
        /* At the worst, somebody joins in front of the walk with each page. */
        assert_int_equal(go(MEMBERS), ANGO_E_END);
        assert_in_range(server.requests, 1, 100);
        end();
    }

    /* Who joins makes others appear twice, and nobody be missed, as the header says. */
    fresh = 200;
    begin(100, CAP);
    server.change = join_at_the_front;
    begin_walk(MEMBERS);
    assert_int_equal(go(MEMBERS), ANGO_E_END);
    for (i = 0; i < 100; i++)
        assert_in_range(seen[i], 1, 2);
    end();

    /* Who leaves makes others be missed, and nobody appear twice. */
    begin(100, CAP);
    server.change = leave_at_the_front;
    begin_walk(MEMBERS);
    assert_int_equal(go(MEMBERS), ANGO_E_END);
    for (i = 0; i < 100; i++)
        assert_in_range(seen[i], 0, 1);
    end();

    begin(100, CAP);
    server.change = all_leave;
    begin_walk(MEMBERS);
    assert_int_equal(go(MEMBERS), ANGO_E_END);
    assert_int_equal(handed, 32);
    end();
}

/* --- confirm -------------------------------------------------------------------------------------------- */

static const char *const invited[] = {
    "a@b.example", "Case@B.Example",     "x1@b", "x2@b", "x3@b",
    "x4@b",        "o'neil+1@b.example", "x5@b", "x6@b", "\xC3\xA4@b.example"
};
static const char *const members[] = { "not.m@b.example", "m@b.example", "Mem@B.Example", "z[@b" };
static const char *const asked_for[] = {
    "a@b.example", "M@b.example",   "nobody@b.example",   "cASE@b.eXAMPLE",
    "a@b.example", "mem@b.example", "o'neil+1@b.example", "nobody@b.example",
    "x6@b",        "@b.example",    "\xC3\xA4@b.example", "\xC3\x84@b.example",
    "z{@b",
};
static const char expected[] = "IMAIIMIAIAIAA";
#define ASKED COUNT(asked_for)

static enum ango_presence presence[ASKED + 1];

static void begin_hub(void)
{
    begin(COUNT(invited), CAP);
    server.invited = invited;
    server.members = members;
    server.members_len = COUNT(members);
    memset(presence, 0xA5, sizeof presence);
}

static void check_presence(const char *letters)
{
    size_t i;

    for (i = 0; letters[i] != '\0'; i++)
        if ("AIM"[presence[i] % 3] != letters[i] || presence[i] > ANGO_MEMBER)
            fail_msg("presence[%u] is %u, not %c", (unsigned)i, (unsigned)presence[i], letters[i]);
    assert_null(exchange_broken(&x, SIZE_MAX));
    ango_close(&x.client);
    assert_int_equal(x.script.opened, x.script.closed);
}

static void confirms(void **state)
{
    (void)state;
    begin_hub();
    assert_int_equal(ango_confirm_invitations(&x.client, "org", asked_for, ASKED, presence), ANGO_OK);
    check_presence(expected);
    /* All the invitations, then one search for each address that was not among them; none for those found. */
    assert_int_equal(server.requests, 2 + 7);
    assert_string_equal(server.path, "/v2/organization/org/users?page=1&limit=8&search=z%7B%40b");

    begin_hub();
    assert_int_equal(ango_confirm_invitations(&x.client, "org", invited, 3, presence), ANGO_OK);
    check_presence("III");
    assert_int_equal(server.requests, 2);

    begin_hub();
    server.len = 0;
    server.members_len = 0;
    assert_int_equal(ango_confirm_invitations(&x.client, "org", asked_for, ASKED, presence), ANGO_OK);
    check_presence("AAAAAAAAAAAAA");
    assert_int_equal(server.requests, 1 + ASKED);
}

/* A search may find many that are not meant, over pages. */
static void confirms_among_many(void **state)
{
    static char texts[100][24];
    static const char *many[100];
    static const char *const last[] = { "99@b", "9@b", "100@b" };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(many); i++) {
        (void)snprintf(texts[i], sizeof texts[i], "%u@b", (unsigned)(i < 99 ? i + 1000 : 99));
        many[i] = texts[i];
    }
    begin_hub();
    server.members = many;
    server.members_len = COUNT(many);
    assert_int_equal(ango_confirm_invitations(&x.client, "org", last, 3, presence), ANGO_OK);
    check_presence("MAA");
}

/* The n-th request fails, once or more often; the next step goes on where it failed. */
static void confirm_fails_and_goes_on(void **state)
{
    struct ango_confirm confirm;
    size_t f;
    unsigned at, times, fails;
    int err;

    (void)state;
    for (f = 0; f < COUNT(failures); f++)
        for (times = 1; times <= 3; times += 2)
            for (at = 1; at <= 9; at++) {
                /* Replies are as short as 50 bytes. */
                const struct failure failure = { failures[f].with, failures[f].after % 50,
                                                 failures[f].error };

                begin_hub();
                set_failure(&failure, at, times);
                fails = 0;
                assert_int_equal(ango_confirm_begin(&confirm, &x.client, "org", asked_for, ASKED, presence),
                                 ANGO_OK);
                while ((err = ango_confirm_step(&confirm, UINT32_MAX)) != ANGO_OK)
                    if (err != ANGO_E_WAIT) {
                        assert_int_equal(err, failures[f].error);
                        assert_in_range(++fails, 1, times);
                    }
                assert_int_equal(fails, times);
                assert_int_equal(server.requests, 9 + times);
                check_presence(expected);
            }
}

static void confirm_in_slices(void **state)
{
    struct ango_confirm confirm;
    unsigned steps, requests;
    int err = ANGO_E_WAIT;

    (void)state;
    begin_hub();
    server.stutters = true;
    server.piece = 5;
    assert_int_equal(ango_confirm_begin(&confirm, &x.client, "org", asked_for, ASKED, presence), ANGO_OK);
    assert_int_equal(server.requests, 0);
    for (steps = 0; err == ANGO_E_WAIT && steps < 20000; steps++) {
        unsigned before = x.script.calls[SCRIPT_ANY];

        err = ango_confirm_step(&confirm, 0);
        assert_in_range(x.script.calls[SCRIPT_ANY] - before, 0, 1);
    }
    assert_int_equal(err, ANGO_OK);
    requests = server.requests;
    assert_int_equal(ango_confirm_step(&confirm, 0), ANGO_OK);
    assert_int_equal(server.requests, requests);
    check_presence(expected);
}

/* That the pending invitations could not be read to their end must never look as if nobody were invited. */
static void confirm_is_never_done_too_early(void **state)
{
    static const char *const absent[] = { "nobody@b.example" };
    struct ango_confirm confirm;
    int i, err;

    (void)state;
    begin_hub();
    server.len = 8;
    server.ignores_page = true;
    assert_int_equal(ango_confirm_begin(&confirm, &x.client, "org", absent, 1, presence), ANGO_OK);
    for (i = 0; i < 1000; i++) {
        err = ango_confirm_step(&confirm, UINT32_MAX);
        assert_int_not_equal(err, ANGO_OK);
        assert_null(strstr(server.path, "/users"));
    }
    ango_close(&x.client);
}

static void confirm_arguments(void **state)
{
    static const char *const with_null[] = { "a@b", NULL };
    static const char *const with_empty[] = { "", "a@b" };
    static struct ango_confirm zero;
    struct ango_confirm confirm;

    (void)state;
    begin_hub();
    assert_int_equal(ango_confirm_begin(NULL, &x.client, "o", invited, 1, presence), ANGO_E_ARG);
    assert_int_equal(ango_confirm_begin(&confirm, NULL, "o", invited, 1, presence), ANGO_E_ARG);
    assert_int_equal(ango_confirm_begin(&confirm, &x.client, "o", NULL, 1, presence), ANGO_E_ARG);
    assert_int_equal(ango_confirm_begin(&confirm, &x.client, "o", invited, 0, presence), ANGO_E_ARG);
    assert_int_equal(ango_confirm_begin(&confirm, &x.client, "o", invited, (size_t)INT_MAX + 1, presence),
                     ANGO_E_ARG);
    assert_int_equal(ango_confirm_begin(&confirm, &x.client, "o", invited, 1, NULL), ANGO_E_ARG);
    assert_int_equal(ango_confirm_begin(&confirm, &x.client, "o", with_null, 2, presence), ANGO_E_ARG);
    assert_int_equal(ango_confirm_begin(&confirm, &x.client, "o", with_empty, 2, presence), ANGO_E_ARG);
    assert_int_equal(ango_confirm_step(NULL, 0), ANGO_E_ARG);
    assert_int_equal(ango_confirm_step(&zero, 0), ANGO_E_ARG);
    assert_int_equal(ango_confirm_invitations(&x.client, "", invited, 1, presence), ANGO_E_ID);
    assert_int_equal(ango_confirm_invitations(NULL, "o", invited, 1, presence), ANGO_E_ARG);
    assert_int_equal(server.requests, 0);
}

static int open_exchange(void **state)
{
    (void)state;
    exchange_open(&x, 1 << 16);
    return 0;
}

static int shut_exchange(void **state)
{
    (void)state;
    exchange_shut(&x);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages),
        cmocka_unit_test(paths),
        cmocka_unit_test(first_limit),
        cmocka_unit_test(sizes),
        cmocka_unit_test(ten_thousand),
        cmocka_unit_test(too_large),
        cmocka_unit_test(grows_again),
        cmocka_unit_test(too_large_at_last),
        cmocka_unit_test(too_many_tokens),
        cmocka_unit_test(fails_and_goes_on),
        cmocka_unit_test(fails_before_it_is_asked),
        cmocka_unit_test(refused),
        cmocka_unit_test(arguments),
        cmocka_unit_test(slices),
        cmocka_unit_test(always_the_same),
        cmocka_unit_test(the_same_for_a_while),
        cmocka_unit_test(more_than_asked),
        cmocka_unit_test(without_identifier),
        cmocka_unit_test(lists_that_change),
        cmocka_unit_test(confirms),
        cmocka_unit_test(confirms_among_many),
        cmocka_unit_test(confirm_fails_and_goes_on),
        cmocka_unit_test(confirm_in_slices),
        cmocka_unit_test(confirm_is_never_done_too_early),
        cmocka_unit_test(confirm_arguments),
    };

    return cmocka_run_group_tests(tests, open_exchange, shut_exchange);
}
