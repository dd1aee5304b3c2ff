/*
 * Fuzzer of whole exchanges over a scripted port. Input: 12 bytes that say what is asked, in how large a
 * buffer, how the reply is cut, how the connection ends, which two calls of the port fail, and how; then the
 * reply. Whatever comes: it ends, keeps the promises of exchange_broken, closes what it has opened, and the
 * next exchange succeeds. Without faults the result is the same however the reply is cut, and in a larger
 * buffer it is the same result, with more entries if any. A walk over the same reply hands out as many as
 * were counted.
 */
#include "operations.h"
#include "whole_exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 2048u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct exchange x;
static const char *const emails[] = { "a@example.com", EXCHANGE_TO };
static const struct ango_page page = { 1, 10 };

#define GOOD \
    "HTTP/1.1 200 OK\r\nContent-Length: " \
    "59\r\n\r\n{\"status\":\"success\",\"data\":{\"invites\":[{\"to\":\"next@one\"}]}}"

static void demand(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "fuzz_exchange: %s\n", what);
    abort();
}

static bool holds(const uint8_t *data, size_t size, const char *text)
{
    size_t i, len = strlen(text);

    for (i = 0; i + len <= size; i++)
        if (memcmp(data + i, text, len) == 0)
            return true;
    return false;
}

static int start(unsigned operation)
{
    static const struct ango_project_assignment project[] = { { "p", ANGO_PROJECT_LABELER } };
    static const struct input in = { "org", "a", emails, 2, ANGO_ORGANIZATION_ADMIN, &page, project, 1 };

    /* In the order that the seeds are in. */
    return operation_start((enum operation)((operation + 1) % OPERATIONS), &x.client, &in);
}

/* Reads what there is of each kind; only the operation's own may be there. */
static uint64_t read_items(void)
{
    union {
        struct ango_invite invite;
        struct ango_member member;
        struct ango_role_update update;
        struct ango_project project;
        struct ango_assignee assignee;
        const char *strings[8];
    } item;
    uint64_t d = exchange_digest(&x); /* reads the invitations */
    size_t items = 0;

    memset(&item, 0, sizeof item);
    while (ango_next_member(&x.client, &item.member) == ANGO_OK
           || ango_next_role_update(&x.client, &item.update) == ANGO_OK
           || ango_next_project(&x.client, &item.project) == ANGO_OK
           || ango_next_assignee(&x.client, &item.assignee) == ANGO_OK) {
        size_t i;

        for (i = 0; i < 8 && item.strings[i] != NULL; i++)
            d = d * 31 + strlen(item.strings[i]);
        items++;
        demand(items <= x.client.result.kept, "more entries than were kept");
    }
    demand(x.client.result.kept <= x.client.result.items, "more kept than counted");
    demand(x.client.result.error != ANGO_OK || items == 0 || items == x.client.result.kept, "not all that were kept");
    return d * 31 + items;
}

/* Steps like a thread, or like a superloop, where time passes only while nothing happens. */
static int carry_out(bool waits)
{
    unsigned turns = 0, idle = 0;
    int err;

    do {
        size_t before = x.script.sent_len + x.script.heard;

        err = ango_step(&x.client, waits ? 1000 : 0);
        idle = x.script.sent_len + x.script.heard == before ? idle + 1 : 0;
        if (!waits && idle > 2) /* more than one that the script delays */
            x.script.now_ms += 7;
        demand(++turns < 5000, "no end");
    } while (err == ANGO_E_WAIT);
    return err;
}

static void check(const char *when, size_t most)
{
    const char *broken = exchange_broken(&x, most);

    if (broken != NULL)
        (void)fprintf(stderr, "fuzz_exchange, %s: ", when);
    demand(broken == NULL, broken);
}

static void set_fault(struct script_fault *fault, const uint8_t *data)
{
    static const int results[] = { 0,
                                   1,
                                   -1,
                                   -2,
                                   -3,
                                   ANGO_E_NET,
                                   ANGO_E_TIME,
                                   ANGO_E_CERT,
                                   ANGO_E_TRUNCATED,
                                   ANGO_E_MEMORY,
                                   ANGO_E_ANCHOR,
                                   -1000,
                                   INT32_MIN,
                                   INT32_MAX,
                                   SCRIPT_MORE,
                                   32768 };
    static const enum script_call calls[] = { SCRIPT_ANY,  SCRIPT_CONNECT, SCRIPT_SEND,
                                              SCRIPT_RECV, SCRIPT_CLOCK,   SCRIPT_TIME };

    fault->call = calls[data[0] % 6];
    fault->first = data[1] % 32; /* 0: none */
    fault->times = data[0] / 8 % 4 == 0 ? SCRIPT_ALWAYS : data[0] / 8 % 4;
    fault->result = results[data[2] % 16];
    /* A positive number says that so many bytes were taken or given, which would have to be true. */
    if (fault->result > 0 && fault->result < 32768 && fault->call != SCRIPT_CLOCK && fault->call != SCRIPT_TIME)
        fault->result = ANGO_E_NET;
    /* A clock that jumps back on every look, for ever, is one that stands still. */
    if (fault->call == SCRIPT_CLOCK && fault->times == SCRIPT_ALWAYS)
        fault->times = 1;
}

/*
 * A walk over the same reply, in pieces or whole. As the only page of a list it must hand out, or pass over,
 * each entry that was counted, unless it fails; where nothing else is said of the list's end it asks for
 * another page in vain.
 */
static void walk(const struct script_event *events, size_t cap, const struct ango_result *before, unsigned operation,
                 size_t piece)
{
    union {
        struct ango_invite invite;
        struct ango_member member;
        struct ango_project project;
    } entry;
    struct ango_walk w;
    size_t entries = 0;
    unsigned turns = 0;
    int err;

    demand(exchange_begin(&x, events, cap) == ANGO_OK, "the configuration was refused");
    x.config.timeout_ms = 500;
    x.config.page_limit = 10;
    x.script.piece = piece;
    err = operation == 0 ? ango_walk_invites(&w, &x.client, "org")
        : operation == 2 ? ango_walk_members(&w, &x.client, "org", "a")
                         : ango_walk_projects(&w, &x.client, NULL);
    demand(err == ANGO_OK, "the walk was refused");
    w.pages_max = 1;
    do {
        err = ango_walk_step(&w, &entry, 1000);
        if (err == ANGO_OK)
            demand(strlen(entry.invite.id) + strlen(entry.invite.to) < cap, "a string that lies elsewhere");
        entries += err == ANGO_OK || err == ANGO_E_ENTRY;
        demand(x.client.result.items >= entries, "more handed out than counted");
        demand(++turns < 5000, "no end of a walk");
    } while (err == ANGO_E_WAIT || err == ANGO_OK || err == ANGO_E_ENTRY);
    demand(guard_intact(&x.guard), "written in front of the buffer in a walk");
    if (before->error == ANGO_OK) {
        demand(err == ANGO_E_END || err == ANGO_E_SHAPE, "a reply that was good is not good for a walk");
        demand(entries == before->items, "a walk hands out another number of entries");
    } else {
        /* After ANGO_E_TOO_BIG it asks for smaller pages, and goes on. */
        demand(err == before->error || before->error == ANGO_E_TOO_BIG || entries > 0, "another error in a walk");
    }
    ango_close(&x.client);
    demand(x.script.opened == x.script.closed, "connects and closes do not balance after a walk");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum script_what ends[] = { SCRIPT_PAUSE, SCRIPT_FIN, SCRIPT_CUT, SCRIPT_RST };
    struct script_event events[] = {
        { SCRIPT_REQUEST, NULL, 0 },
        { SCRIPT_BYTES, NULL, 0 },
        { SCRIPT_PAUSE, NULL, 0 },
        SCRIPT_ANSWER(GOOD),
        { SCRIPT_NEXT, NULL, 0 },
        SCRIPT_ANSWER(GOOD),
        SCRIPT_STOP,
    };
    bool has_faults, is_early, has_met;
    uint64_t first = 0;
    struct ango_result before;
    size_t cap;
    unsigned round;

    /* What the server says itself may well stay in the buffer. */
    if (size < 12 || holds(data, size, EXCHANGE_KEY))
        return 0;
    if (x.guard.base == NULL)
        exchange_open(&x, MOST);
    is_early = (data[2] & 0x20) != 0;
    events[is_early ? 0 : 1].what = SCRIPT_BYTES;
    events[is_early ? 0 : 1].bytes = data + 12;
    events[is_early ? 0 : 1].len = size - 12;
    events[is_early ? 1 : 0].what = SCRIPT_REQUEST;
    events[2].what = ends[data[2] & 3];
    has_faults = data[6] % 32 != 0 || data[9] % 32 != 0;
    cap = 512 + data[1] * 6u; /* for every request above */
    memset(&before, 0, sizeof before);
    /* With faults, as it comes. Without, in the input's pieces, whole, byte by byte, and in a larger buffer. */
    for (round = 0; round < (has_faults ? 1u : 4u); round++) {
        int err;

        demand(exchange_begin(&x, events, round == 3 ? MOST : cap) == ANGO_OK, "the configuration was refused");
        x.config.timeout_ms = 500;
        x.script.piece = round == 0 ? data[3] : round == 1 ? 0 : 1;
        x.script.split = round == 0 ? data[4] * 2u : 0;
        x.script.send_piece = round == 0 ? data[3] / 2 : 0;
        x.script.wait_first = round == 0 && (data[2] & 8) != 0;
        if (has_faults) {
            set_fault(&x.script.faults[0], data + 5);
            set_fault(&x.script.faults[1], data + 8);
            x.script.clock_step_ms = data[11] % 64;
        }
        err = start(data[0]);
        demand(err == ANGO_OK, "the request was refused");
        err = carry_out(round != 0 || (data[2] & 16) != 0);
        demand(err == x.client.result.error, "another error in the result");
        check("first", 1);
        if (round == 0) {
            before = x.client.result;
            first = read_items();
        } else if (round < 3) {
            demand(read_items() == first || is_early, "other pieces, another result");
        } else if (!is_early) {
            demand(err == before.error && x.client.result.outcome == before.outcome
                       && x.client.result.http_status == before.http_status && x.client.result.items == before.items
                       && x.client.result.kept >= before.kept && x.client.result.total == before.total
                       && x.client.result.done == before.done && x.client.result.failed == before.failed,
                   "another result in a larger buffer");
        }
        check("after reading", 1);
        memset(x.script.faults, 0, sizeof x.script.faults);
        x.script.clock_step_ms = 0;
        x.script.wait_first = false;
        x.script.send_piece = 0;
        x.script.split = 0;
        has_met = x.script.opened > 0;
        err = exchange_invite(&x);
        /* Where no connection was made at first, the reply is there still, and this one gets it. */
        demand(!has_met || (err == ANGO_OK && x.client.result.items == 1), "the next one failed");
        check("second", 2);
        ango_close(&x.client);
        demand(x.script.opened == x.script.closed, "connects and closes do not balance");
    }
    if (!has_faults && !is_early && (data[0] % 9 == 0 || data[0] % 9 == 2 || data[0] % 9 == 5)) {
        walk(events, cap, &before, data[0] % 9, data[3]);
        walk(events, cap, &before, data[0] % 9, 1);
    }
    return 0;
}
