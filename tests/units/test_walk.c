/*
 * Walking lists of any length, through the whole client: over a server that cuts its pages as it likes (list_server.h),
 * each entry is handed out once. What becomes of it when it is read back: test_confirm.c.
 */
#include "list_server.h"
#include "rows.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CAP 512u
#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define WALKED 3u /* kinds that have a walk: the first ones */
#define server list_server

static struct exchange x;

/* --- what was handed out -------------------------------------------------------------------------------- */

static struct ango_walk walk;
static unsigned char seen[LIST_MAX]; /* how often entry_<i> was */
static size_t handed, large;
static bool in_order;

union item {
    struct ango_invite invite;
    struct ango_member member;
    struct ango_project project;
};

static void begin(size_t len, size_t cap)
{
    list_begin(&x, len, cap);
}

static void begin_walk(enum list_kind kind)
{
    memset(seen, 0, sizeof seen);
    memset(&walk, 0xA5, sizeof walk);
    handed = large = 0;
    in_order = true;
    if (kind == LIST_INVITES)
        assert_int_equal(ango_walk_invites(&walk, &x.client, "org"), ANGO_OK);
    else if (kind == LIST_MEMBERS)
        assert_int_equal(ango_walk_members(&walk, &x.client, "org", NULL), ANGO_OK);
    else
        assert_int_equal(ango_walk_projects(&walk, &x.client, NULL), ANGO_OK);
    assert_int_equal(walk.pages_max, ANGO_WALK_PAGES_MAX);
    assert_int_equal(walk.timeout_ms, 0);
}

static void take(enum list_kind kind, const union item *item)
{
    const char *name = kind == LIST_INVITES ? item->invite.to
        : kind == LIST_MEMBERS              ? item->member.email
                                            : item->project.name;
    const char *id = kind == LIST_INVITES ? item->invite.id : kind == LIST_MEMBERS ? item->member.id : item->project.id;
    char expected[24];
    size_t value;

    assert_memory_equal(name, "entry_", 6);
    value = strtoul(name + 6, NULL, 10);
    assert_in_range(value, 0, LIST_MAX - 1);
    (void)snprintf(expected, sizeof expected, "id_%lu", (unsigned long)value);
    assert_string_equal(id, server.without_id ? "" : expected);
    in_order = in_order && value == handed + large;
    handed++;
    if (seen[value] < 255)
        seen[value]++;
}

/* The promises that hold for every exchange. */
static void check_kept(void)
{
    const char *broken = x.client.state != 0 ? exchange_broken(&x, SIZE_MAX) : NULL; /* one was started */

    if (broken != NULL)
        fail_msg("%s", broken);
}

/* Walks until something else than an entry comes, or one that is too large, and returns that. */
static int go(enum list_kind kind)
{
    union item item;
    int err;

    for (;;) {
        err = ango_walk_next(&walk, &item);
        if (err == ANGO_OK)
            take(kind, &item);
        else if (err == ANGO_E_ENTRY)
            large++;
        else
            break;
    }
    check_kept();
    return err;
}

/* Each of the first `len` entries once, and in their order. */
static void check_first(size_t len)
{
    assert_int_equal(handed + large, len);
    assert_true(in_order);
}

static void end(void)
{
    union item item;
    unsigned requests = server.requests;

    assert_int_equal(ango_walk_next(&walk, &item), ANGO_E_END);
    assert_int_equal(ango_walk_step(&walk, &item, 0), ANGO_E_END);
    assert_int_equal(server.requests, requests);
    assert_in_range(server.most_asked, 0, x.config.page_limit != 0 ? x.config.page_limit : ANGO_LIMIT_MAX);
    ango_close(&x.client);
    assert_int_equal(x.script.opened, x.script.closed);
}

/* A walk of its own, to the end; each entry comes once. */
static void walk_all(enum list_kind kind)
{
    begin_walk(kind);
    assert_int_equal(go(kind), ANGO_E_END);
    check_first(server.len);
    end();
}

/* --- pages ---------------------------------------------------------------------------------------------- */

static void check_asked(enum list_kind kind, size_t len, uint8_t page_limit, const char *asked)
{
    begin(len, CAP);
    x.config.page_limit = page_limit;
    begin_walk(kind);
    assert_int_equal(server.requests, 0);
    assert_int_equal(go(kind), ANGO_E_END);
    check_first(len);
    assert_string_equal(server.asked, asked);
    end();
}

/* A page that is short is not taken for the last one; after a first one that may have been capped it is asked for as many. */
static void pages(void **state)
{
    unsigned kind;

    (void)state;
    for (kind = 0; kind < WALKED; kind++) {
        check_asked((enum list_kind)kind, 0, 0, "1/100");
        check_asked((enum list_kind)kind, 1, 0, "1/100 2/100");
        check_asked((enum list_kind)kind, 7, 0, "1/100 2/100");
        check_asked((enum list_kind)kind, 10, 0, "1/100 2/10");
        check_asked((enum list_kind)kind, 99, 0, "1/100 2/100");
        check_asked((enum list_kind)kind, 100, 0, "1/100 2/100");
        check_asked((enum list_kind)kind, 101, 0, "1/100 2/100 3/100");
        check_asked((enum list_kind)kind, 250, 100, "1/100 2/100 3/100 4/100");
        check_asked((enum list_kind)kind, 25, 10, "1/10 2/10 3/10 4/10");
        check_asked((enum list_kind)kind, 3, 1, "1/1 2/1 3/1 4/1");
    }
}

static void paths(void **state)
{
    union item item;

    (void)state;
    begin(0, CAP);
    x.config.page_limit = 8;
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

/* Whatever the sizes of the buffer, the list and its entries: all of it, in as many requests. */
static void sizes(void **state)
{
    static const size_t caps[] = { 256, 300, 512, 1024, 2048, 40000 };
    static const size_t pads[] = { 0, 100, 5000 };
    size_t c, p, len;

    (void)state;
    for (c = 0; c < COUNT(caps); c++)
        for (p = 0; p < COUNT(pads); p++)
            for (len = 0; len <= 240; len += len < 12 ? 1 : 57) {
                begin(len, caps[c]);
                server.pad = pads[p] * (len <= 20);
                server.nested = true;
                x.script.piece = 0;
                server.piece = len % 3 == 0 ? 1 : 0;
                walk_all(LIST_MEMBERS);
                assert_int_equal(server.requests, len == 0 ? 1 : 2 + (len - 1) / 100);
            }
}

static void ten_thousand(void **state)
{
    (void)state;
    begin(10000, CAP);
    server.nested = true;
    walk_all(LIST_MEMBERS);
    assert_int_equal(server.requests, 101);
    assert_int_equal(x.script.opened, 1);
}

/* The list ends with the page on which its total is reached; a total that is too large costs a request. */
static void totals(void **state)
{
    static const struct {
        size_t len;
        uint32_t total;
        size_t handed;
        const char *asked;
    } cases[] = {
        { 0, 0, 0, "1/100" },
        { 7, 7, 7, "1/100" },
        { 100, 100, 100, "1/100" },
        { 101, 101, 101, "1/100 2/100" },
        { 101, 4294967295u, 101, "1/100 2/100 3/100" },
        { 101, 102, 101, "1/100 2/100 3/100" },
        { 101, 0, 101, "1/100 2/100 3/100" },
        /* A lie: then it is believed, as the header says; each page is still handed out whole. */
        { 250, 150, 200, "1/100 2/100" },
        { 250, 1, 100, "1/100" },
    };
    size_t i;
    unsigned kind;

    (void)state;
    for (kind = 0; kind < WALKED; kind++)
        for (i = 0; i < COUNT(cases); i++) {
            begin(cases[i].len, CAP);
            server.has_total = true;
            server.total = cases[i].total;
            begin_walk((enum list_kind)kind);
            assert_int_equal(go((enum list_kind)kind), ANGO_E_END);
            check_first(cases[i].handed);
            assert_string_equal(server.asked, cases[i].asked);
            assert_int_equal(walk.incomplete, cases[i].handed < cases[i].total);
            end();
        }
}

/* --- servers that do as they like (rows 137 and 138 in tests/hostile/test_lists.c) ------------------------ */

/* Pages that lack what the server has filtered out after it had cut them: none of what comes is lost. */
static void short_pages(void **state)
{
    size_t i;

    (void)state;
    begin(400, CAP);
    server.short_by = 13;
    begin_walk(LIST_MEMBERS);
    assert_int_equal(go(LIST_MEMBERS), ANGO_E_END);
    assert_string_equal(server.asked, "1/100 2/100 3/100 4/100 5/100");
    for (i = 0; i < 400; i++)
        assert_int_equal(seen[i], i < 100 || i % 100 < 87 ? 1 : 0);
    end();
}

/* A server that caps at an odd number, and skips as many as it was asked for: the header says who knows of it. */
static void capped_at_an_odd_number(void **state)
{
    bool has_total;

    (void)state;
    for (has_total = false;; has_total = true) {
        begin(50, CAP);
        server.caps = 7;
        server.caps_late = true;
        server.has_total = has_total;
        server.total = 50;
        begin_walk(LIST_MEMBERS);
        assert_int_equal(go(LIST_MEMBERS), ANGO_E_END);
        check_first(7);
        assert_int_equal(walk.incomplete, has_total);
        end();
        if (has_total)
            break;
    }
}

/* A page without anything ends a walk. */
static void empty_page(void **state)
{
    (void)state;
    begin(400, CAP);
    server.empty_page = 3;
    begin_walk(LIST_MEMBERS);
    assert_int_equal(go(LIST_MEMBERS), ANGO_E_END);
    check_first(200);
    end();
}

/* Entries without an identifier are told apart by what they are called. */
static void without_identifier(void **state)
{
    unsigned kind;
    unsigned long gives;

    (void)state;
    for (kind = 0; kind < WALKED; kind++)
        for (gives = 0; gives <= 20; gives += 10) {
            begin(210, CAP);
            server.without_id = true;
            server.gives = gives;
            walk_all((enum list_kind)kind);
            begin(210, CAP);
            server.without_id = true;
            server.gives = gives;
            server.ignores_page = true;
            begin_walk((enum list_kind)kind);
            assert_int_equal(go((enum list_kind)kind), ANGO_E_END);
            check_first(gives != 0 ? gives : 100);
            assert_int_equal(server.requests, 2);
            end();
        }
}

/* Entries that say nothing: a page of them is not the one before, for all that is known; there is a bound on pages. */
static void without_anything(void **state)
{
    union item item;
    unsigned entries = 0;

    (void)state;
    begin(0, CAP);
    server.without_id = true;
    server.named[LIST_MEMBERS] = true; /* each is NULL */
    server.names_len[LIST_MEMBERS] = 25;
    x.config.page_limit = 10;
    begin_walk(LIST_MEMBERS);
    while (ango_walk_next(&walk, &item) == ANGO_OK) {
        assert_string_equal(item.member.email, "");
        entries++;
    }
    assert_int_equal(entries, 25);
    assert_false(walk.incomplete);
    end();
}

/* An element that is no entry is passed over, and leaves the list incomplete. */
static void odd_elements(void **state)
{
    static const char *const elements[] = { "null", "-1.5e3", "\"entry_1\"", "[]", "[{\"_id\":\"id_1\"}]", NULL };
    unsigned kind;
    size_t i;

    (void)state;
    for (kind = 0; kind < WALKED; kind++)
        for (i = 0; i < COUNT(elements); i++) {
            begin(15, CAP);
            server.element = elements[i];
            walk_all((enum list_kind)kind);
            assert_int_equal(walk.incomplete, elements[i] != NULL);
        }
}

/* --- entries that are too large ------------------------------------------------------------------------- */

/* One entry is reported, wherever it is, and all others come. */
static void large_entry(void **state)
{
    static const size_t caps[] = { 300, 512, 1024, 2048 };
    static const size_t at[] = { 0, 1, 99, 100, 101, 199, 200, 209 };
    size_t c, i;

    (void)state;
    for (c = 0; c < COUNT(caps); c++)
        for (i = 0; i < COUNT(at); i++) {
            begin(210, caps[c]);
            server.large = (uint32_t)at[i];
            server.large_by = 3000;
            begin_walk(LIST_MEMBERS);
            assert_int_equal(go(LIST_MEMBERS), ANGO_E_END);
            assert_int_equal(large, 1);
            assert_int_equal(handed, 209);
            assert_int_equal(seen[at[i]], 0);
            assert_int_equal(server.requests, 3 + 1);
            end();
        }
}

/* The first entry of the page is too large, and the server ignores `page`: it still ends, and nobody comes twice. */
static void large_entry_on_each_page(void **state)
{
    uint32_t at;
    size_t i;

    (void)state;
    for (at = 0; at < 3; at++) {
        begin(30, CAP);
        server.large = at;
        server.large_by = 3000;
        server.ignores_page = true;
        begin_walk(LIST_INVITES);
        assert_int_equal(go(LIST_INVITES), ANGO_E_END);
        for (i = 0; i < 30; i++)
            assert_int_equal(seen[i], i == at ? 0 : 1);
        assert_in_range(server.requests, 2, 3);
        end();
    }
}

/* --- errors on the way ---------------------------------------------------------------------------------- */

static const struct failure {
    int with;
    size_t after;
    int error;
} failures[] = {
    { 401, 0, ANGO_E_STATUS },
    { 429, 0, ANGO_E_STATUS },
    { 500, 0, ANGO_E_STATUS },
    { ANGO_E_NET, 0, ANGO_E_NET },
    { ANGO_E_NET, 30, ANGO_E_NET },
    { ANGO_E_NET, 1000, ANGO_E_NET },
    { ANGO_E_TRUNCATED, 900, ANGO_E_TRUNCATED },
    { ANGO_E_TLS, 1, ANGO_E_TLS },
    { ANGO_E_ENTRY, 30, ANGO_E_NET }, /* no port's code; as it is, a walk would go on for ever */
    { 0, 0, ANGO_E_TRUNCATED },
    { 0, 700, ANGO_E_TRUNCATED },
    { LIST_STALL, 0, ANGO_E_TIME },
    { LIST_STALL, 500, ANGO_E_TIME },
    { LIST_STALL, 1500, ANGO_E_TIME },
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
            for (at = 1; at <= 3; at++) { /* the fourth page is short */
                begin(130, CAP);
                x.config.page_limit = 40;
                set_failure(&failures[f], at, times);
                begin_walk(LIST_MEMBERS);
                for (i = 0; i < times; i++) {
                    assert_int_equal(go(LIST_MEMBERS), failures[f].error);
                    assert_int_equal(x.client.result.error, failures[f].error);
                    if (failures[f].with == 429)
                        assert_int_equal(x.client.result.retry_after_s, 7);
                }
                assert_int_equal(go(LIST_MEMBERS), ANGO_E_END);
                check_first(130);
                assert_int_equal(server.requests, 5 + times);
                end();
            }
}

/* A page is cut behind each of its bytes, and then comes whole. */
static void fails_at_each_byte(void **state)
{
    size_t after, len;

    (void)state;
    begin(25, CAP);
    x.config.page_limit = 10;
    walk_all(LIST_INVITES);
    len = 10 * sizeof "{\"_id\":\"id_15\",\"to\":\"entry_15\",\"last\":null}," + 60;
    for (after = 1; after < len; after++) {
        begin(25, CAP);
        x.config.page_limit = 10;
        server.fail_at = 2;
        server.fail_times = 1;
        server.fail_with = after % 2 == 0 ? ANGO_E_TRUNCATED : LIST_STALL;
        server.fail_after = after;
        begin_walk(LIST_INVITES);
        if (go(LIST_INVITES) != ANGO_E_END)
            assert_int_equal(go(LIST_INVITES), ANGO_E_END);
        check_first(25);
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
    x.config.page_limit = 8;
    x.script.faults[0] = fault;
    x.script.faults[1] = no_send;
    begin_walk(LIST_MEMBERS);
    assert_int_equal(go(LIST_MEMBERS), ANGO_E_RESOLVE);
    assert_int_equal(go(LIST_MEMBERS), ANGO_E_RESOLVE);
    assert_int_equal(go(LIST_MEMBERS), ANGO_E_NET);
    assert_int_equal(handed, 8);
    assert_int_equal(ango_walk_step(&walk, &item, 0), ANGO_E_WAIT);
    ango_cancel(&x.client);
    assert_int_equal(go(LIST_MEMBERS), ANGO_E_CANCELLED);
    assert_int_equal(go(LIST_MEMBERS), ANGO_E_END);
    check_first(20);
    end();
}

static unsigned refuse_from;

static void refuse_large_records(void)
{
    if (server.requests == refuse_from)
        server.refuses_above = 12;
}

/* A record that is too large for this build: smaller pages, from the beginning, without what was handed out. */
static void large_records(void **state)
{
    unsigned from;
    size_t after;

    (void)state;
    for (from = 1; from <= 4; from++) {
        begin(230, CAP);
        refuse_from = from;
        server.change = refuse_large_records;
        walk_all(LIST_MEMBERS);
    }
    begin(30, CAP);
    server.refuses_above = 12;
    begin_walk(LIST_MEMBERS);
    assert_int_equal(go(LIST_MEMBERS), ANGO_E_END);
    check_first(30);
    assert_string_equal(server.asked, "1/100 1/50 1/25 1/12 2/12 3/12 4/12");
    end();
    /* In the middle of a page, some of which was handed out. */
    for (after = 1; after < 2000; after += 37) {
        begin(120, CAP);
        x.config.page_limit = 40;
        server.fail_at = 2;
        server.fail_times = 1;
        server.fail_with = ANGO_E_TOO_BIG;
        server.fail_after = after;
        walk_all(LIST_MEMBERS);
    }
    /* And no page is small enough. */
    begin(30, CAP);
    server.fail_at = 1;
    server.fail_times = 20;
    server.fail_with = ANGO_E_TOO_BIG;
    begin_walk(LIST_MEMBERS);
    assert_int_equal(go(LIST_MEMBERS), ANGO_E_TOO_BIG);
    assert_string_equal(server.asked, "1/100 1/50 1/25 1/12 1/6 1/3 1/1");
    assert_int_equal(go(LIST_MEMBERS), ANGO_E_TOO_BIG);
    assert_int_equal(server.requests, 8);
    server.fail_at = 0;
    assert_int_equal(go(LIST_MEMBERS), ANGO_E_END);
    check_first(30);
    end();
}

/* --- bounds --------------------------------------------------------------------------------------------- */

static void bound_on_pages(void **state)
{
    union item item;
    unsigned i, entries = 0;

    (void)state;
    begin(0, CAP);
    server.endless = true;
    begin_walk(LIST_INVITES);
    walk.pages_max = 7;
    while (ango_walk_next(&walk, &item) == ANGO_OK)
        entries++;
    assert_int_equal(entries, 700);
    for (i = 0; i < 3; i++)
        assert_int_equal(ango_walk_next(&walk, &item), ANGO_E_SHAPE);
    assert_int_equal(server.requests, 7);
    walk.pages_max = 8;
    while (ango_walk_next(&walk, &item) == ANGO_OK)
        entries++;
    assert_int_equal(entries, 800);
    assert_int_equal(ango_walk_next(&walk, &item), ANGO_E_SHAPE);
    ango_close(&x.client);
    assert_int_equal(x.script.opened, x.script.closed);
}

/* Not past its deadline, wherever that falls, and not one entry lost when it is put off. */
static void deadline(void **state)
{
    uint32_t timeout_ms;
    union item item;

    (void)state;
    for (timeout_ms = 1; timeout_ms < 5000; timeout_ms += 150) {
        uint32_t began;

        begin(60, CAP);
        x.config.page_limit = 10;
        server.latency_ms = 400;
        x.script.clock_step_ms = 1;
        begin_walk(LIST_MEMBERS);
        began = x.script.now_ms;
        walk.timeout_ms = timeout_ms;
        if (go(LIST_MEMBERS) != ANGO_E_END) {
            unsigned requests = server.requests;

            assert_in_range(x.script.now_ms - began, timeout_ms, timeout_ms + 400 + 2);
            assert_int_equal(ango_walk_next(&walk, &item), ANGO_E_TIME);
            assert_int_equal(server.requests, requests);
            assert_int_not_equal(ango_step(&x.client, 0), ANGO_E_WAIT);
            walk.timeout_ms = 0;
            assert_int_equal(go(LIST_MEMBERS), ANGO_E_END);
        }
        check_first(60);
        end();
    }
    /* A server that says nothing: the exchange may take 30 s, the walk less. */
    begin(60, CAP);
    server.fail_at = 1;
    server.fail_times = 1;
    server.fail_with = LIST_STALL;
    begin_walk(LIST_MEMBERS);
    walk.timeout_ms = 1234;
    timeout_ms = x.script.now_ms;
    assert_int_equal(go(LIST_MEMBERS), ANGO_E_TIME);
    assert_int_equal(x.script.now_ms - timeout_ms, 1234);
    ango_close(&x.client);
}

/* --- arguments ------------------------------------------------------------------------------------------ */

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
    begin_walk(LIST_MEMBERS);
    assert_int_equal(ango_walk_next(&walk, &item), ANGO_E_SPACE);
    assert_in_range(x.client.result.need, 61, 250);
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
    begin_walk(LIST_MEMBERS);
    assert_int_equal(ango_walk_step(&walk, NULL, 0), ANGO_E_ARG);
    assert_int_equal(ango_walk_next(&walk, NULL), ANGO_E_ARG);
    assert_int_equal(go(LIST_MEMBERS), ANGO_E_END);
    check_first(3);
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
    for (piece = 0; piece <= 14; piece += 7) {
        begin(50, CAP);
        x.config.page_limit = 20;
        server.stutters = true;
        server.piece = piece;
        server.pad = 200;
        begin_walk(LIST_MEMBERS);
        for (steps = 0; steps < 20000; steps++) {
            unsigned before = x.script.calls[SCRIPT_ANY];

            err = ango_walk_step(&walk, &item, 0);
            assert_in_range(x.script.calls[SCRIPT_ANY] - before, 0, 1);
            if (err == ANGO_OK)
                take(LIST_MEMBERS, &item);
            else if (err != ANGO_E_WAIT)
                break;
        }
        assert_int_equal(err, ANGO_E_END);
        check_kept();
        check_first(50);
        end();
    }
}

/* --- lists that do not hold still ----------------------------------------------------------------------- */

static uint32_t seed, fresh;

static uint32_t chance(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

/* Entries 0 to 99 stay; others come and go before, between and behind them, for the first 60 requests. */
static void come_and_go(void)
{
    size_t at = chance((uint32_t)server.len + 1);

    if (server.requests > 60)
        return;
    if (chance(2) == 0 && server.len < 190)
        list_insert(at, fresh++);
    else if (at < server.len && server.value[at] >= 100)
        list_remove(at);
}

static void join_at_the_front(void)
{
    if (fresh < 400)
        list_insert(0, fresh++);
}

static void leave_at_the_front(void)
{
    if (server.len > 0)
        list_remove(0);
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
        begin(100, CAP);
        x.config.page_limit = (uint8_t)(2 + run % 9);
        server.change = come_and_go;
        begin_walk(LIST_MEMBERS);
        assert_int_equal(go(LIST_MEMBERS), ANGO_E_END);
        assert_in_range(server.requests, 1, 130);
        end();
    }

    /* Who joins makes others appear twice, and nobody be missed, as the header says. */
    fresh = 200;
    begin(100, CAP);
    x.config.page_limit = 8;
    server.change = join_at_the_front;
    begin_walk(LIST_MEMBERS);
    assert_int_equal(go(LIST_MEMBERS), ANGO_E_END);
    for (i = 0; i < 100; i++)
        assert_in_range(seen[i], 1, 2);
    end();

    /* Who leaves makes others be missed, and nobody appear twice. */
    begin(100, CAP);
    x.config.page_limit = 8;
    server.change = leave_at_the_front;
    begin_walk(LIST_MEMBERS);
    assert_int_equal(go(LIST_MEMBERS), ANGO_E_END);
    for (i = 0; i < 100; i++)
        assert_in_range(seen[i], 0, 1);
    end();

    begin(100, CAP);
    x.config.page_limit = 8;
    server.change = all_leave;
    begin_walk(LIST_MEMBERS);
    assert_int_equal(go(LIST_MEMBERS), ANGO_E_END);
    check_first(32);
    end();
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
        cmocka_unit_test(sizes),
        cmocka_unit_test(ten_thousand),
        cmocka_unit_test(totals),
        cmocka_unit_test(short_pages),
        cmocka_unit_test(capped_at_an_odd_number),
        cmocka_unit_test(empty_page),
        cmocka_unit_test(without_identifier),
        cmocka_unit_test(without_anything),
        cmocka_unit_test(odd_elements),
        cmocka_unit_test(large_entry),
        cmocka_unit_test(large_entry_on_each_page),
        cmocka_unit_test(fails_and_goes_on),
        cmocka_unit_test(fails_at_each_byte),
        cmocka_unit_test(fails_before_it_is_asked),
        cmocka_unit_test(large_records),
        cmocka_unit_test(bound_on_pages),
        cmocka_unit_test(deadline),
        cmocka_unit_test(refused),
        cmocka_unit_test(arguments),
        cmocka_unit_test(slices),
        cmocka_unit_test(lists_that_change),
    };

    return cmocka_run_group_tests(tests, open_exchange, shut_exchange);
}
