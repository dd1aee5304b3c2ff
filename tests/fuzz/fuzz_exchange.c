/*
 * Fuzzer of whole exchanges over a scripted port. Input: 12 bytes that say what is asked, in how large a
 * buffer, how the reply is cut, how the connection ends, which two calls of the port fail, and how; then the
 * reply. Whatever comes: it ends, keeps the promises of exchange_broken, closes what it has opened, and the
 * next exchange succeeds.
 */
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
    const struct ango_invitation invitation = { emails, 2, ANGO_ORGANIZATION_ADMIN, project, 1 };

    switch (operation % 8) {
    case 0:
        return ango_get_organization_invites_start(&x.client, "org", &page);
    case 1:
        return ango_delete_organization_invites_start(&x.client, "org", emails, 2);
    case 2:
        return ango_get_organization_members_start(&x.client, "org", "a", &page);
    case 3:
        return ango_update_organization_members_role_start(&x.client, "org", emails, 2,
                                                           ANGO_ORGANIZATION_ADMIN);
    case 4:
        return ango_delete_organization_members_start(&x.client, "org", emails, 2);
    case 5:
        return ango_list_projects_start(&x.client, NULL, &page);
    case 6:
        return ango_add_members_to_project_start(&x.client, "p", emails, 2, ANGO_PROJECT_LEAD);
    default:
        return ango_invite_members_to_org_start(&x.client, "org", &invitation);
    }
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
        demand(items <= x.client.result.items, "more items than were counted");
    }
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
                                   -25,
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
    if (fault->result > 0 && fault->result < 32768 && fault->call != SCRIPT_CLOCK
        && fault->call != SCRIPT_TIME)
        fault->result = ANGO_E_NET;
    /* A clock that jumps back on every look, for ever, is one that stands still. */
    if (fault->call == SCRIPT_CLOCK && fault->times == SCRIPT_ALWAYS)
        fault->times = 1;
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
    /* With faults, as it comes. Without, in the pieces that the input says, whole, and byte by byte. */
    for (round = 0; round < (has_faults ? 1u : 3u); round++) {
        int err;

        demand(exchange_begin(&x, events, 512 + data[1] * 6u) == ANGO_OK, "the configuration was refused");
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
        if (round == 0)
            first = read_items();
        else
            demand(read_items() == first || is_early, "other pieces, another result");
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
    return 0;
}
