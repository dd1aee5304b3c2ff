/* The outbox's contracts, one by one; that it holds against cuts is for outbox/test_power.c. */
#include "counting_hub.h"
#include "guard.h"
#include "medium.h"
#include "operation.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SLOTS 30u

static struct {
    struct medium m;
    struct hub hub;
    struct ango_port port;
    struct ango_outbox box;
    struct ango_outbox_config config;
    struct ango_outbox_slot slots[SLOTS];
    struct guard guard;
    struct ango_client client;
    struct ango_config client_config;
    struct ango_token tokens[ANGO_TOKENS];
    uint8_t buffer[2048];
    struct ango_outbox_event event;
} t;

static void begin(uint32_t unit, uint32_t block_size, size_t text_cap)
{
    static const struct ango_port port = HUB_PORT(&t.hub);

    medium_begin(&t.m, MEDIUM_NOR, unit, block_size, 2, 0xFF, 1);
    hub_begin(&t.hub, 1);
    t.hub.has_total = true;
    if (t.guard.base == NULL)
        guard_begin(&t.guard, 4096);
    t.config.storage = &t.m.storage;
    t.config.slots = t.slots;
    t.config.slots_cap = SLOTS;
    t.config.text = (char *)guard_room(&t.guard, text_cap);
    t.config.text_cap = text_cap;
    t.port = port;
    memset(&t.client_config, 0, sizeof t.client_config);
    t.client_config.port = &t.port;
    t.client_config.host = "hub";
    t.client_config.timeout_ms = HUB_TIMEOUT_MS;
    t.client_config.buffer = t.buffer;
    t.client_config.buffer_cap = sizeof t.buffer;
    t.client_config.tokens = t.tokens;
    t.client_config.tokens_cap = ANGO_TOKENS;
    memset(&t.client, 0, sizeof t.client);
    assert_int_equal(ango_client_init(&t.client, &t.client_config, "key-1"), ANGO_OK);
    assert_int_equal(ango_outbox_mount(&t.box, &t.config), ANGO_E_DAMAGED);
    assert_int_equal(ango_outbox_format(&t.box, &t.config), ANGO_OK);
    assert_int_equal(t.box.len, 0);
}

static struct ango_outbox_entry entry_of(const char *to, const char *project, const char *note)
{
    struct ango_outbox_entry entry;

    entry.to = to;
    entry.organization_role = ANGO_ORGANIZATION_MEMBER;
    entry.project_id = project;
    entry.project_role = ANGO_PROJECT_LABELER;
    entry.time = 1790000000;
    entry.note = note;
    return entry;
}

static int put(const char *to, const char *project, uint32_t *id)
{
    struct ango_outbox_entry entry = entry_of(to, project, NULL);

    return ango_outbox_put(&t.box, &entry, id);
}

static void put_persons(unsigned from, unsigned to)
{
    for (; from < to; from++)
        assert_int_equal(put(hub_address(from), NULL, NULL), ANGO_OK);
}

static int step(void)
{
    return ango_outbox_step(&t.box, &t.client, "org", &t.event, 0);
}

/* Steps until something else than ANGO_E_WAIT comes; time passes. */
static int next_result(void)
{
    unsigned steps = 0;
    int err;

    while ((err = step()) == ANGO_E_WAIT) {
        uint32_t wait_ms = ango_outbox_wait_ms(&t.box, &t.client);

        assert_true(wait_ms <= 86400000);
        t.hub.now_ms += wait_ms > 0 ? wait_ms : 1;
        assert_true(++steps < 10000);
    }
    assert_null(t.hub.violation);
    assert_null(t.m.violation);
    return err;
}

static void expect_event(enum ango_outbox_fate fate, const char *words)
{
    assert_int_equal(next_result(), ANGO_OK);
    assert_int_equal(t.event.fate, fate);
    assert_string_equal(t.event.words, words);
}

/* All who are there are tried, and absent. */
static void lose_request(void)
{
    t.hub.faults = 256;
    t.hub.only = HUB_REQUEST_LOST;
    assert_true(next_result() < 0);
    t.hub.faults = 0;
}

/* So many steps; pauses pass. */
static void pass(unsigned steps)
{
    for (; steps > 0; steps--)
        if (step() == ANGO_E_WAIT)
            t.hub.now_ms += ango_outbox_wait_ms(&t.box, &t.client);
}

static void remount(void)
{
    assert_int_equal(ango_outbox_mount(&t.box, &t.config), ANGO_OK);
}

/* --- mount and format --------------------------------------------------------------------------------------- */

static int with_geometry(uint32_t unit, uint32_t size, uint32_t count)
{
    t.m.storage.prog_size = (uint8_t)unit;
    t.m.storage.block_size = size;
    t.m.storage.block_count = count;
    return ango_outbox_mount(&t.box, &t.config);
}

static void arguments(void **state)
{
    struct ango_outbox zero = { 0 };
    struct ango_client no_client = { 0 };
    struct ango_outbox_entry entry = entry_of("a@b", NULL, NULL);
    struct ango_outbox_item item;
    size_t position = 0;
    uint32_t id = 1;

    (void)state;
    begin(8, 512, 300);
    assert_int_equal(ango_outbox_mount(NULL, &t.config), ANGO_E_ARG);
    assert_int_equal(ango_outbox_mount(&t.box, NULL), ANGO_E_ARG);
    assert_int_equal(ango_outbox_format(NULL, &t.config), ANGO_E_ARG);
    assert_int_equal(ango_outbox_put(NULL, &entry, &id), ANGO_E_ARG);
    assert_int_equal(ango_outbox_put(&t.box, NULL, &id), ANGO_E_ARG);
    assert_int_equal(ango_outbox_put(&zero, &entry, &id), ANGO_E_ARG);
    assert_int_equal(ango_outbox_next(NULL, &position, &item), ANGO_E_ARG);
    assert_int_equal(ango_outbox_next(&zero, &position, &item), ANGO_E_ARG);
    assert_int_equal(ango_outbox_next(&t.box, NULL, &item), ANGO_E_ARG);
    assert_int_equal(ango_outbox_next(&t.box, &position, NULL), ANGO_E_ARG);
    assert_int_equal(ango_outbox_remove(&zero, 1), ANGO_E_ARG);
    assert_int_equal(ango_outbox_remove(&t.box, 1), ANGO_E_ARG);
    assert_int_equal(ango_outbox_retry(&t.box, 1), ANGO_E_ARG);
    assert_int_equal(ango_outbox_retry(NULL, 1), ANGO_E_ARG);
    assert_string_equal(ango_outbox_words(&t.box, 1), "");
    assert_string_equal(ango_outbox_words(NULL, 1), "");
    assert_int_equal(ango_outbox_tidy(NULL, true), ANGO_E_ARG);
    assert_int_equal(ango_outbox_tidy(&zero, true), ANGO_E_ARG);
    assert_int_equal(ango_outbox_step(NULL, &t.client, "org", &t.event, 0), ANGO_E_ARG);
    assert_int_equal(ango_outbox_step(&zero, &t.client, "org", &t.event, 0), ANGO_E_ARG);
    assert_int_equal(ango_outbox_step(&t.box, NULL, "org", &t.event, 0), ANGO_E_ARG);
    assert_int_equal(ango_outbox_step(&t.box, &no_client, "org", &t.event, 0), ANGO_E_ARG);
    assert_int_equal(ango_outbox_step(&t.box, &t.client, "org", NULL, 0), ANGO_E_ARG);
    assert_int_equal(ango_outbox_wait_ms(NULL, &t.client), 0);
    assert_int_equal(ango_outbox_wait_ms(&zero, &t.client), 0);
    assert_int_equal(ango_outbox_wait_ms(&t.box, NULL), 0);
    assert_int_equal(ango_outbox_wait_ms(&t.box, &no_client), 0);
    assert_int_equal(with_geometry(8, 512, 2), ANGO_OK);
    assert_int_equal(with_geometry(4, 512, 2), ANGO_E_ARG);
    assert_int_equal(with_geometry(24, 528, 2), ANGO_E_ARG);
    assert_int_equal(with_geometry(64, 512, 2), ANGO_E_ARG);
    assert_int_equal(with_geometry(8, 508, 2), ANGO_E_ARG);
    assert_int_equal(with_geometry(8, 512, 3), ANGO_E_ARG);
    assert_int_equal(with_geometry(8, 512, 0), ANGO_E_ARG);
    assert_int_equal(with_geometry(8, 0, 2), ANGO_E_ARG);
    assert_int_equal(with_geometry(8, 248, 2), ANGO_E_ARG);
    assert_int_equal(with_geometry(8, 0x80000000u, 2), ANGO_E_ARG);
    assert_int_equal(with_geometry(8, 0x80000000u, 6), ANGO_E_ARG);
}

/* Each member of the configuration is looked at. */
static void configuration(void **state)
{
    struct ango_outbox_config bad;
    struct ango_storage storage;
    unsigned i;

    (void)state;
    begin(8, 512, 300);
    for (i = 0; i < 7; i++) {
        bad = t.config;
        storage = t.m.storage;
        bad.storage = i == 0 ? NULL : &storage;
        bad.slots = i == 1 ? NULL : t.slots;
        bad.text = i == 2 ? NULL : t.config.text;
        storage.read = i == 3 ? NULL : t.m.storage.read;
        storage.prog = i == 4 ? NULL : t.m.storage.prog;
        storage.erase = i == 5 ? NULL : t.m.storage.erase;
        storage.sync = i == 6 ? NULL : t.m.storage.sync;
        assert_int_equal(ango_outbox_mount(&t.box, &bad), ANGO_E_ARG);
        assert_int_equal(ango_outbox_format(&t.box, &bad), ANGO_E_ARG);
    }
    t.config.text_cap = 0; /* no room is no error, until there is somebody */
    remount();
    assert_int_equal(put("a@b", NULL, NULL), ANGO_E_SPACE);
    t.config.text_cap = 300;
    t.config.slots_cap = 0;
    remount();
    assert_int_equal(put("a@b", NULL, NULL), ANGO_E_FULL);
    t.config.slots_cap = SLOTS;
    remount();
}

/* A number is never given twice on a medium, whatever is done to it. */
static void numbers(void **state)
{
    uint32_t a = 0, b = 0;

    (void)state;
    begin(8, 512, 300);
    assert_int_equal(put("a@b", NULL, &a), ANGO_OK);
    assert_int_equal(ango_outbox_remove(&t.box, a), ANGO_OK);
    assert_int_equal(put("a@b", NULL, &b), ANGO_OK);
    assert_true(b > a);
    remount();
    assert_int_equal(ango_outbox_remove(&t.box, b), ANGO_OK);
    assert_int_equal(ango_outbox_tidy(&t.box, true), ANGO_OK);
    remount();
    assert_int_equal(put("a@b", NULL, &a), ANGO_OK);
    assert_true(a > b);
    assert_int_equal(ango_outbox_format(&t.box, &t.config), ANGO_OK);
    assert_int_equal(t.box.len, 0);
    remount();
    assert_int_equal(put("a@b", NULL, &b), ANGO_OK);
    assert_true(b > a);
}

/* More entries than slots are told. */
static void few_slots(void **state)
{
    uint32_t id = 0;

    (void)state;
    begin(8, 1024, 300);
    put_persons(0, 3);
    t.config.slots_cap = 2;
    assert_int_equal(ango_outbox_mount(&t.box, &t.config), ANGO_E_SPACE);
    /* Who has no slot would be dropped, or be put in again. */
    assert_int_equal(ango_outbox_tidy(&t.box, true), ANGO_E_ARG);
    assert_int_equal(put(hub_address(2), NULL, NULL), ANGO_E_ARG);
    assert_int_equal(step(), ANGO_E_ARG);
    t.config.slots_cap = 3;
    remount();
    assert_int_equal(t.box.len, 3);
    assert_int_equal(put("a@b", NULL, NULL), ANGO_E_FULL);
    t.config.slots_cap = 2;
    assert_int_equal(ango_outbox_format(&t.box, &t.config), ANGO_OK);
    remount();
    assert_int_equal(t.box.len, 0);
    assert_int_equal(put("a@b", NULL, &id), ANGO_OK);
    assert_int_equal(id, 4);
}

/* The last number is followed by none: 0, and the first ones, are taken. */
static void last_number(void **state)
{
    uint32_t id = 0;

    (void)state;
    begin(8, 512, 300);
    t.box.next_id = UINT32_MAX - 1;
    assert_int_equal(put(hub_address(0), NULL, &id), ANGO_OK);
    assert_int_equal(id, UINT32_MAX - 1);
    assert_int_equal(put(hub_address(1), NULL, NULL), ANGO_E_FULL);
    remount();
    assert_int_equal(put(hub_address(1), NULL, NULL), ANGO_E_FULL);
    assert_int_equal(ango_outbox_tidy(&t.box, true), ANGO_OK);
    remount();
    assert_int_equal(put(hub_address(1), NULL, NULL), ANGO_E_FULL);
    expect_event(ANGO_OUTBOX_INVITED, "");
}

/* --- put ------------------------------------------------------------------------------------------------------ */

static void refused(void **state)
{
    static char longest[ANGO_OUTBOX_TEXT_MAX + 2];
    struct ango_outbox_entry entry;

    (void)state;
    begin(8, 2048, ANGO_OUTBOX_TEXT_MAX);
    memset(longest, 'x', sizeof longest - 1);
    assert_int_equal(put(NULL, NULL, NULL), ANGO_E_EMAIL);
    assert_int_equal(put("", NULL, NULL), ANGO_E_EMAIL);
    assert_int_equal(put("a b@c", NULL, NULL), ANGO_E_EMAIL);
    assert_int_equal(put("a\x1d@c", NULL, NULL), ANGO_E_EMAIL);
    assert_int_equal(put("a\xff@c", NULL, NULL), ANGO_E_EMAIL);
    assert_int_equal(put("a@b", "p\x1fq", NULL), ANGO_E_ID);
    entry = entry_of("a@b", "p", NULL);
    entry.project_role = (enum ango_project_role)5;
    assert_int_equal(ango_outbox_put(&t.box, &entry, NULL), ANGO_E_ARG);
    entry.project_role = (enum ango_project_role)0;
    assert_int_equal(ango_outbox_put(&t.box, &entry, NULL), ANGO_E_ARG);
    entry.project_id = ""; /* then it is not looked at */
    entry.organization_role = (enum ango_organization_role)0;
    assert_int_equal(ango_outbox_put(&t.box, &entry, NULL), ANGO_E_ARG);
    assert_int_equal(t.box.len, 0);
    entry = entry_of("a@b", NULL, longest + 4);
    assert_int_equal(ango_outbox_put(&t.box, &entry, NULL), ANGO_OK);
    assert_int_equal(ango_outbox_remove(&t.box, 1), ANGO_OK);
    entry.note = longest + 3;
    assert_int_equal(ango_outbox_put(&t.box, &entry, NULL), ANGO_E_SPACE);
    t.config.text_cap = 3 + 2 + 4;
    assert_int_equal(put("a@b", "1234", NULL), ANGO_OK);
    assert_int_equal(put("a@b", "12345", NULL), ANGO_E_SPACE);
}

/* Without a project its role may be anything; it must not become the other one. */
static void roles(void **state)
{
    static const unsigned odd[] = { 0, 5, 0x3F, 0x40, 0x80, 0xFF };
    struct ango_outbox_item item;
    size_t i;

    (void)state;
    begin(8, 2048, 300);
    for (i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        struct ango_outbox_entry entry = entry_of(hub_address((unsigned)i), i % 2 == 0 ? NULL : "", NULL);

        entry.organization_role = i < 3 ? ANGO_ORGANIZATION_ADMIN : ANGO_ORGANIZATION_MEMBER;
        entry.project_role = (enum ango_project_role)odd[i];
        assert_int_equal(ango_outbox_put(&t.box, &entry, NULL), ANGO_OK);
    }
    remount();
    for (i = 0; i < 6;) {
        assert_int_equal(ango_outbox_next(&t.box, &i, &item), ANGO_OK);
        assert_int_equal(item.entry.organization_role, i <= 3 ? ANGO_ORGANIZATION_ADMIN : ANGO_ORGANIZATION_MEMBER);
    }
    for (i = 0; i < 6; i++)
        expect_event(ANGO_OUTBOX_INVITED, "");
    assert_int_equal(next_result(), ANGO_E_END);
}

/* A note may be anything; it comes back without control characters. */
static void notes(void **state)
{
    struct ango_outbox_entry entry = entry_of("a@b", "p", "gate\x1f\n\xff 12");
    struct ango_outbox_item item;
    size_t position = 0;

    (void)state;
    begin(8, 2048, 300);
    assert_int_equal(ango_outbox_put(&t.box, &entry, NULL), ANGO_OK);
    remount();
    assert_int_equal(ango_outbox_next(&t.box, &position, &item), ANGO_OK);
    assert_string_equal(item.entry.note, "gate??? 12");
    assert_string_equal(item.entry.project_id, "p");
}

/* Twice the same person is one entry; another project is another. */
static void twice(void **state)
{
    uint32_t a = 0, b = 0, c = 0;
    struct ango_outbox_item item;
    size_t position = 0;

    (void)state;
    begin(16, 1024, 300);
    assert_int_equal(put("Ada@example.com", "p", &a), ANGO_OK);
    assert_int_equal(put("aDA@EXAMPLE.com", "p", &b), ANGO_OK);
    assert_int_equal(a, b);
    assert_int_equal(put("Ada@example.com", "P", &b), ANGO_OK);
    assert_true(a != b);
    assert_int_equal(put("Ada@example.com", NULL, &c), ANGO_OK);
    assert_true(c != a && c != b);
    assert_int_equal(put("Ada@example.co", "p", &c), ANGO_OK);
    assert_int_equal(t.box.len, 4);
    remount();
    assert_int_equal(put("ADA@example.com", NULL, &b), ANGO_OK);
    assert_int_equal(t.box.len, 4);
    assert_int_equal(ango_outbox_next(&t.box, &position, &item), ANGO_OK);
    assert_int_equal(item.id, a);
    assert_int_equal(item.state, ANGO_OUTBOX_WAITING);
    assert_string_equal(item.entry.to, "Ada@example.com");
    assert_string_equal(item.entry.project_id, "p");
    assert_string_equal(item.entry.note, "");
    assert_int_equal(item.entry.time, 1790000000);
    assert_int_equal(item.entry.project_role, ANGO_PROJECT_LABELER);
    position = 4;
    assert_int_equal(ango_outbox_next(&t.box, &position, &item), ANGO_E_END);
}

/* Full is an error, and drops nobody; all that was put in can be delivered without an erase. */
static void full(void **state)
{
    unsigned units[] = { 8, 16, 32 };
    size_t u;

    (void)state;
    for (u = 0; u < 3; u++) {
        unsigned n = 0;
        unsigned i;

        begin(units[u], 1024, 300);
        while (put(hub_address(n), NULL, NULL) == ANGO_OK)
            n++;
        assert_in_range(n, 5, 13);
        assert_int_equal(put(hub_address(n), NULL, NULL), ANGO_E_FULL);
        assert_int_equal(ango_outbox_tidy(&t.box, false), ANGO_OK);
        assert_int_equal(put(hub_address(n), NULL, NULL), ANGO_E_FULL);
        assert_int_equal(t.box.len, n);
        t.m.erases = 0;
        for (i = 0; i < n; i++)
            expect_event(ANGO_OUTBOX_INVITED, "");
        assert_int_equal(next_result(), ANGO_E_END);
        assert_int_equal(t.m.erases, 0);
        assert_int_equal(t.hub.posts, 1);
        while (put(hub_address(++n), NULL, NULL) == ANGO_OK)
            ;
        assert_int_equal(ango_outbox_tidy(&t.box, false), ANGO_OK);
        assert_int_equal(put(hub_address(n), NULL, NULL), ANGO_OK);
    }
}

/* Whom a failing medium has not let be promised is not there, is sent by nobody, and can be put in again. */
static void ghosts(void **state)
{
    unsigned at;
    int err = ANGO_E_STORAGE;

    (void)state;
    for (at = 1; err != ANGO_OK; at++) {
        begin(8, 1024, 300);
        t.m.fail_in = at;
        err = put(hub_address(0), NULL, NULL);
        assert_true(at < 30 && (err == ANGO_E_STORAGE || err == ANGO_OK));
        assert_int_equal(t.box.len, err == ANGO_OK);
        t.m.fail_in = 0;
        assert_int_equal(put(hub_address(0), NULL, NULL), ANGO_OK);
        remount();
        assert_int_equal(t.box.len, 1);
        expect_event(ANGO_OUTBOX_INVITED, "");
        assert_int_equal(next_result(), ANGO_E_END);
        assert_int_equal(t.hub.invited[0], 1);
    }
    assert_true(at > 5);
}

/* The same where it cannot be noted either: then that is done before somebody is put in again. */
static void ghosts_of_a_medium_that_fails_twice(void **state)
{
    unsigned at;
    int err = ANGO_E_STORAGE;

    (void)state;
    for (at = 1; err != ANGO_OK; at++) {
        uint32_t tail;

        begin(8, 1024, 300);
        tail = t.box.tail;
        put_persons(0, 1);
        tail = t.box.tail + t.box.tail - tail; /* after the next one of this size */
        t.m.dead = tail;
        t.m.fail_in = at;
        err = put(hub_address(1), NULL, NULL);
        assert_true(at < 30 && (err == ANGO_E_STORAGE || err == ANGO_OK));
        t.m.fail_in = 0;
        if (err == ANGO_OK)
            continue;
        assert_int_equal(put(hub_address(1), NULL, NULL), ANGO_OK);
        expect_event(ANGO_OUTBOX_INVITED, "");
        expect_event(ANGO_OUTBOX_INVITED, "");
        assert_int_equal(next_result(), ANGO_E_END);
        remount();
        assert_int_equal(t.box.len, 0);
        assert_int_equal(next_result(), ANGO_E_END);
        assert_int_equal(t.hub.invited[1], 1);
    }
    assert_true(at > 5);
}

/*
 * A seal that could not be read, and can be when its erase was cut: its area holds what was true before. The current area
 * outranks it by then.
 */
static void outranked(void **state)
{
    static uint8_t before[1024];
    static unsigned fuse;
    static bool done;

    (void)state;
    done = false;
    for (fuse = 1; !done; fuse++) {
        begin(8, 1024, 300);
        t.m.kind = MEDIUM_ECC;
        put_persons(0, 1);
        assert_int_equal(ango_outbox_tidy(&t.box, false), ANGO_OK);
        assert_int_equal(t.box.start, 1024);
        memcpy(before, t.m.data + 1024, sizeof before);
        t.m.blocked[1024] = 1; /* as if the power had been cut while it was programmed */
        remount();
        assert_int_equal(t.box.start, 0);
        put_persons(1, 2);
        if (setjmp(t.m.cut) == 0) {
            t.m.fuse = fuse;
            assert_int_equal(ango_outbox_tidy(&t.box, false), ANGO_OK);
            done = true;
        } else if (t.m.torn[1]) {
            memcpy(t.m.data + 1024, before, sizeof before);
            memset(t.m.blocked + 1024, 0, sizeof before);
            memset(t.m.wavers + 1024, 0, sizeof before);
        }
        t.m.fuse = 0;
        remount();
        assert_int_equal(t.box.len, 2);
        assert_null(t.m.violation);
    }
    assert_true(fuse > 100);
}

/* An entry that can no longer be read costs itself, and is told. */
static void aged(void **state)
{
    struct ango_outbox_item item;
    uint32_t id = 0;
    size_t position = 0;

    (void)state;
    begin(8, 1024, 300);
    put_persons(0, 3);
    t.m.dead = t.slots[1].at;
    assert_int_equal(ango_outbox_next(&t.box, &position, &item), ANGO_OK);
    assert_int_equal(ango_outbox_next(&t.box, &position, &item), ANGO_E_DAMAGED);
    assert_int_equal(item.id, 2);
    assert_int_equal(ango_outbox_next(&t.box, &position, &item), ANGO_OK);
    assert_string_equal(item.entry.to, hub_address(2));
    assert_int_equal(put(hub_address(2), NULL, &id), ANGO_OK);
    assert_int_equal(id, 3);
    expect_event(ANGO_OUTBOX_INVITED, "");
    expect_event(ANGO_OUTBOX_LEFT, "cannot be read");
    assert_int_equal(t.event.id, 2);
    assert_string_equal(t.event.to, "");
    expect_event(ANGO_OUTBOX_INVITED, "");
    assert_int_equal(next_result(), ANGO_E_END);
    assert_int_equal(ango_outbox_tidy(&t.box, false), ANGO_E_DAMAGED);
    assert_int_equal(t.box.len, 0);
}

/* --- a medium that fails, or that others have written ------------------------------------------------------------ */

static unsigned good_erases; /* before one fails */

static int erase_some(void *ctx, uint32_t at)
{
    if (good_erases == 0)
        return ANGO_E_STORAGE;
    good_erases--;
    memset(((struct medium *)ctx)->data + at, 0xFF, ((struct medium *)ctx)->storage.block_size);
    return ANGO_OK;
}

static unsigned good_units; /* before the upper half takes no more */

static int prog_some(void *ctx, uint32_t at, const uint8_t *data, size_t len)
{
    struct medium *m = (struct medium *)ctx;

    if (at >= m->storage.block_size && good_units == 0)
        return ANGO_OK; /* which says nothing */
    if (at >= m->storage.block_size)
        good_units--;
    memcpy(m->data + at, data, len);
    return ANGO_OK;
}

/* Invites so many, as if nothing had happened. */
static void expect_invited(unsigned from, unsigned persons)
{
    unsigned i;

    assert_int_equal(t.box.len, persons);
    for (i = 0; i < persons; i++)
        expect_event(ANGO_OUTBOX_INVITED, "");
    assert_int_equal(next_result(), ANGO_E_END);
    for (i = 0; i < persons; i++)
        assert_int_equal(t.hub.invited[from + i], 1);
}

/* An erase that fails leaves the outbox as it was. */
static void no_erase(void **state)
{
    unsigned i;

    (void)state;
    begin(8, 512, 300);
    put_persons(0, 2);
    t.m.storage.erase = erase_some;
    good_erases = 0;
    assert_int_equal(ango_outbox_tidy(&t.box, false), ANGO_E_STORAGE);
    put_persons(2, 3);
    good_erases = 1; /* but not the wiping one */
    assert_int_equal(ango_outbox_tidy(&t.box, true), ANGO_E_STORAGE);
    put_persons(3, 4);
    remount();
    expect_invited(0, 4);
    good_erases = 2;
    assert_int_equal(ango_outbox_tidy(&t.box, true), ANGO_OK);
    for (i = 0; i + 7 < 1024; i++)
        assert_memory_not_equal(t.m.data + i, "example", 7);

    for (i = 0; i < 2; i++) {
        memset(t.m.data, 0, 1024); /* never an outbox */
        good_erases = i;
        assert_int_equal(ango_outbox_format(&t.box, &t.config), ANGO_E_STORAGE);
        assert_int_equal(ango_outbox_mount(&t.box, &t.config), ANGO_E_DAMAGED);
    }
}

/* Nor does an area that takes only so much, or nothing, change it. */
static void bad_area(void **state)
{
    unsigned units;
    int err = ANGO_E_STORAGE;

    (void)state;
    for (units = 0; err != ANGO_OK; units++) {
        begin(8, 1024, 300);
        put_persons(0, 1);
        t.hub.person[0] = HUB_REFUSED;
        expect_event(ANGO_OUTBOX_LEFT, "a bad address");
        put_persons(1, 3);
        t.m.storage.prog = prog_some;
        good_units = units;
        err = ango_outbox_tidy(&t.box, true);
        assert_true(units < 50 && (err == ANGO_OK || err == ANGO_E_STORAGE));
        good_units = 100;
        put_persons(3, 4);
        remount();
        put_persons(4, 5);
        assert_int_equal(t.box.len, 5);
        assert_string_equal(ango_outbox_words(&t.box, 1), "a bad address");
        assert_string_equal(ango_outbox_words(&t.box, 2), "");
        assert_int_equal(ango_outbox_remove(&t.box, 1), ANGO_OK);
        expect_invited(1, 4);
    }
    assert_true(units > 20);
}

/* Each failure to tidy may cost a record that raises the generation: in the end there is room for none, and none is needed. */
static void outranked_again(void **state)
{
    unsigned i;

    (void)state;
    begin(8, 512, 300);
    t.m.data[512] = 0; /* neither erased nor a seal */
    put_persons(0, 1);
    t.m.fail_in = 1;
    assert_int_equal(ango_outbox_tidy(&t.box, false), ANGO_E_STORAGE);
    assert_int_equal(t.m.data[512], 0); /* it was not touched */
    t.m.storage.erase = erase_some;
    for (i = 0; i < 100; i++) {
        good_erases = 0;
        assert_int_equal(ango_outbox_tidy(&t.box, false), ANGO_E_STORAGE);
    }
    remount();
    assert_int_equal(put(hub_address(1), NULL, NULL), ANGO_E_FULL);
    assert_int_equal(next_result(), ANGO_E_FULL);
    good_erases = 1;
    assert_int_equal(ango_outbox_tidy(&t.box, false), ANGO_OK);
    remount();
    expect_invited(0, 1);
}

/* Whichever call of the medium fails: nobody is lost or doubled, and who is parked has a reason. */
static void failing(void **state)
{
    unsigned at, i;
    int err;

    (void)state;
    for (at = 1; at < 60; at++) {
        begin(8, 2048, 300);
        put_persons(0, 3);
        t.hub.person[1] = HUB_REFUSED;
        t.hub.person[2] = HUB_FAILED;
        t.m.fail_in = at;
        for (i = 0; (err = next_result()) != ANGO_E_END; i++)
            assert_true((err == ANGO_OK || err == ANGO_E_STORAGE) && i < 10);
        assert_int_equal(t.hub.invited[0], 1);
        remount();
        assert_int_equal(t.box.len, 2);
        assert_string_equal(ango_outbox_words(&t.box, 2), "a bad address");
        assert_true(*ango_outbox_words(&t.box, 3) != '\0');
    }
    assert_true(t.m.fail_in > 0);
}

/* Words that can no longer be read cost themselves. */
static void aged_words(void **state)
{
    struct ango_outbox_item item;
    size_t position = 0;

    (void)state;
    begin(8, 1024, 300);
    put_persons(0, 1);
    t.hub.person[0] = HUB_REFUSED;
    expect_event(ANGO_OUTBOX_LEFT, "a bad address");
    t.slots[0].at = t.slots[0].words; /* another record than was there at the mount */
    assert_int_equal(ango_outbox_next(&t.box, &position, &item), ANGO_E_DAMAGED);
    remount();
    t.m.dead = t.slots[0].words;
    t.slots[0].words = t.slots[0].at;
    assert_string_equal(ango_outbox_words(&t.box, 1), "");
    t.slots[0].words = t.m.dead;
    assert_string_equal(ango_outbox_words(&t.box, 1), "");
    assert_int_equal(ango_outbox_tidy(&t.box, false), ANGO_E_DAMAGED);
    t.m.dead = UINT32_MAX;
    assert_string_equal(ango_outbox_words(&t.box, 1), "");
    assert_int_equal(ango_outbox_tidy(&t.box, false), ANGO_OK);
    remount();
    assert_string_equal(ango_outbox_words(&t.box, 1), "");
    assert_int_equal(next_result(), ANGO_E_END);
    t.hub.person[0] = HUB_GOOD;
    assert_int_equal(ango_outbox_retry(&t.box, 1), ANGO_OK);
    expect_invited(0, 1);
}

enum { ENTRY = 0xF9, MARK, UNKNOWN };

/* Writes a record with its right sum. */
static void forge(uint32_t at, unsigned type, char state, uint32_t number, const char *text)
{
    struct ango_outbox_record record;
    uint8_t *bytes = (uint8_t *)&record;
    uint32_t sum = ~at;
    unsigned i;

    memset(&record, 0, sizeof record);
    record.size = (uint16_t)(offsetof(struct ango_outbox_record, text) + strlen(text));
    record.type = (uint8_t)type;
    record.state = state;
    record.number = number;
    memcpy(record.text, text, strlen(text));
    for (i = 4; i < record.size; i++)
        sum = (sum ^ bytes[i]) * 16777619u;
    record.sum = sum;
    memcpy(t.m.data + at, &record, record.size);
}

/* Records with a right sum whose content this library never writes. */
static void forged(void **state)
{
    static const uint16_t sizes[] = { 0, 15, sizeof(struct ango_outbox_record) - 2, 0xFFFF };
    struct ango_outbox_item item;
    size_t position = 0;
    uint32_t at;
    unsigned i;

    (void)state;
    begin(8, 1024, 300);
    put_persons(0, 3);
    at = t.box.tail;
    forge(at, UNKNOWN, 'D', 1, ""); /* an unknown type */
    forge(at + 16, ENTRY, 'W', 10, "");
    forge(at + 32, ENTRY, 'W', 11, "Pperson3@example.com");
    forge(at + 72, MARK, '?', 12, "unknown");
    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        forge(at + 96 + 16 * i, ENTRY, 'W', 13, "");
        memcpy(t.m.data + at + 96 + 16 * i + 4, &sizes[i], 2);
    }
    remount();
    assert_int_equal(t.box.len, 5);
    assert_int_equal(t.box.damaged, 8);
    forge(t.slots[1].at, ENTRY, 'W', 2, "Pperson1 example.com"); /* as one of another version */
    forge(t.slots[2].at, MARK, 'D', 63, "");                     /* another record than was there at the mount */
    position = 2;
    assert_int_equal(ango_outbox_next(&t.box, &position, &item), ANGO_E_DAMAGED);
    assert_int_equal(ango_outbox_next(&t.box, &position, &item), ANGO_E_DAMAGED);
    assert_int_equal(ango_outbox_next(&t.box, &position, &item), ANGO_OK);
    assert_string_equal(item.entry.to, hub_address(3));
    assert_string_equal(item.entry.project_id, "");
    assert_string_equal(item.entry.note, "");
    expect_event(ANGO_OUTBOX_INVITED, "");
    assert_int_equal(t.event.id, 1);
    expect_event(ANGO_OUTBOX_LEFT, "cannot be sent");
    assert_int_equal(t.event.id, 2);
    expect_event(ANGO_OUTBOX_LEFT, "cannot be read");
    expect_event(ANGO_OUTBOX_LEFT, "cannot be read");
    expect_event(ANGO_OUTBOX_INVITED, "");
    assert_int_equal(t.event.id, 11);
    assert_int_equal(next_result(), ANGO_E_END);

    begin(8, 1024, 300);
    assert_int_equal(ango_outbox_tidy(&t.box, false), ANGO_OK);
    assert_int_equal(t.box.start, 1024);
    forge(2048 - 16, ENTRY, 'W', 1,
          "Pfurther@than.the.medium"); /* and the rest of it is there, in this test's memory */
    remount();
    assert_int_equal(t.box.damaged, 2);
    assert_int_equal(t.box.len, 0);
    begin(8, 1024, 300);
    forge(1024 - 16, ENTRY, 'W', 1, "Pfurther@than.the.area");
    remount();
    assert_int_equal(t.box.damaged, 2);
    assert_int_equal(put("a@b", NULL, NULL), ANGO_E_FULL); /* its tail is at its end */

    forge(0, ENTRY, 'W', 1, ""); /* where seals are */
    forge(1024, ENTRY, 'W', 1, "");
    assert_int_equal(ango_outbox_mount(&t.box, &t.config), ANGO_E_DAMAGED);
}

/* --- delivery -------------------------------------------------------------------------------------------------- */

/* Those of a kind go out together, the oldest first; as many as fit. */
static void together(void **state)
{
    unsigned i;

    (void)state;
    begin(8, 4096, 1024);
    for (i = 0; i < 20; i++)
        assert_int_equal(put(hub_address(i), i % 4 == 3 ? "p" : NULL, NULL), ANGO_OK);
    for (i = 0; i < 20; i++) {
        expect_event(ANGO_OUTBOX_INVITED, "");
        if (i < 15)
            assert_int_equal(hub_person(t.event.to), i / 3 * 4 + i % 3);
        assert_false(t.event.read_back);
    }
    assert_int_equal(next_result(), ANGO_E_END);
    assert_int_equal(t.hub.posts, 2);
    assert_int_equal(t.hub.largest, 15);

    begin(8, 4096, 3 * 21); /* addresses of 19 bytes, and an empty project */
    put_persons(0, 6);
    for (i = 0; i < 6; i++)
        expect_event(ANGO_OUTBOX_INVITED, "");
    assert_int_equal(t.hub.posts, 2);

    begin(8, 4096, 1024);
    t.client_config.buffer_cap = 330;
    put_persons(0, 16);
    for (i = 0; i < 16; i++)
        (void)next_result();
    assert_int_equal(next_result(), ANGO_E_END);
    assert_in_range(t.hub.posts, 2, 8);
}

/* A 400 is halved until the bad one is alone, which blocks nobody. */
static void halved(void **state)
{
    unsigned invited = 0, left = 0;
    int err;

    (void)state;
    begin(8, 4096, 1024);
    put_persons(0, 16);
    t.hub.person[11] = HUB_REFUSED;
    while ((err = next_result()) == ANGO_OK) {
        if (t.event.fate == ANGO_OUTBOX_LEFT) {
            assert_int_equal(hub_person(t.event.to), 11);
            assert_string_equal(t.event.words, "a bad address");
            left++;
        } else {
            invited++;
        }
    }
    assert_int_equal(err, ANGO_E_END);
    assert_int_equal(invited, 15);
    assert_int_equal(left, 1);
    assert_in_range(t.hub.posts, 4, 12);
    remount();
    assert_int_equal(t.box.len, 1);
    assert_string_equal(ango_outbox_words(&t.box, 12), "a bad address");
    t.hub.person[11] = HUB_GOOD;
    assert_int_equal(next_result(), ANGO_E_END);
    assert_int_equal(ango_outbox_retry(&t.box, 12), ANGO_OK);
    expect_event(ANGO_OUTBOX_INVITED, "");
    assert_int_equal(t.hub.gets, 0); /* it was known to be absent */
}

/* Of a success only what it names, and calls pending, is believed (row 172); whom else it names is looked up. */
static void named(void **state)
{
    (void)state;
    begin(8, 2048, 300);
    put_persons(0, 3);
    t.hub.person[0] = HUB_FAILED;
    t.hub.person[1] = HUB_MEMBER;
    expect_event(ANGO_OUTBOX_INVITED, "");
    assert_int_equal(hub_person(t.event.to), 2);
    assert_int_equal(t.hub.gets, 0);
    expect_event(ANGO_OUTBOX_LEFT, "mailbox ? unknown");
    assert_true(t.event.read_back);
    assert_string_equal(ango_outbox_words(&t.box, t.event.id), "mailbox ? unknown");
    expect_event(ANGO_OUTBOX_ALREADY, "is Already a member");
    assert_true(t.event.read_back);
    assert_int_equal(hub_person(t.event.to), 1);
    assert_int_equal(next_result(), ANGO_E_END);

    begin(8, 2048, 300);
    t.hub.unnamed = 256;
    put_persons(0, 2);
    t.hub.person[1] = HUB_IGNORED;
    expect_event(ANGO_OUTBOX_INVITED, "");
    assert_true(t.event.read_back);
    expect_event(ANGO_OUTBOX_LEFT, "tried in vain");
    assert_int_equal(hub_person(t.event.to), 1);
    assert_int_equal(t.hub.invited[0], 1);
}

/* How a success speaks of the one person that is there, and what that person is in truth. */
static void said(const char *invites, enum hub_person person, enum ango_outbox_fate fate, const char *words)
{
    uint32_t id = 0;

    begin(8, 2048, 300);
    t.hub.invites = invites;
    t.hub.person[0] = person;
    assert_int_equal(put(hub_address(0), NULL, &id), ANGO_OK);
    expect_event(fate, words);
    assert_int_equal(t.event.id, id);
    assert_int_equal(t.hub.gets > 0, t.event.read_back);
    assert_string_equal(ango_outbox_words(&t.box, id), fate == ANGO_OUTBOX_LEFT ? words : "");
    assert_int_equal(next_result(), ANGO_E_END); /* it is told once */
    assert_int_equal(t.box.len, fate == ANGO_OUTBOX_LEFT);
    assert_int_equal(t.hub.posts, 1);
    if (fate != ANGO_OUTBOX_LEFT)
        return;
    t.hub.invites = NULL; /* whoever was looked up in vain is known to be absent */
    t.hub.person[0] = HUB_GOOD;
    t.hub.gets = 0;
    assert_int_equal(ango_outbox_retry(&t.box, id), ANGO_OK);
    expect_event(ANGO_OUTBOX_INVITED, "");
    assert_int_equal(t.hub.gets, 0);
}

#define SAYS(status, message) "{\"to\":\"person0@example.com\",\"status\":\"" status "\",\"message\":\"" message "\"}"
#define SAYS_96 "ninety-six characters of words, which is as many as are kept; they are cut off here: 96 in all. "

/* No word makes anybody invited or a member: the lists do. */
static void no_word_is_believed(void **state)
{
    static const char *const says[][2] = {
        { SAYS("skipped", "you have already used all seats"), "you have already used all seats" },
        { SAYS("failed", "Already invited"), "Already invited" },
        { SAYS("Already_Invited", ""), "Already_Invited" },
        { SAYS("already a member", "already"), "already" },
        { SAYS("success", "ALREADY"), "ALREADY" },
        { SAYS("Failed", ""), "Failed" },
        { "{\"to\":\"person0@example.com\",\"status\":\"sent\"}", "sent" },
        { SAYS("invited", "no"), "no" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof says / sizeof says[0]; i++) {
        said(says[i][0], HUB_FAILED, ANGO_OUTBOX_LEFT, says[i][1]);
        said(says[i][0], HUB_MEMBER, ANGO_OUTBOX_ALREADY, says[i][1]);
        said(says[i][0], HUB_GOOD, ANGO_OUTBOX_INVITED, says[i][1]);
    }
    /* Whom no list can show to be absent is left to people, and looked up when they say so. */
    begin(8, 2048, 300);
    t.hub.anybody = true;
    t.hub.invites = "{\"to\":\"\xc3\xa4@example.com\",\"status\":\"skipped\",\"message\":\"already\"}";
    assert_int_equal(put("\xc3\xa4@example.com", NULL, NULL), ANGO_OK);
    expect_event(ANGO_OUTBOX_LEFT, "already");
    assert_int_equal(ango_outbox_retry(&t.box, 1), ANGO_OK);
    expect_event(ANGO_OUTBOX_LEFT, "tried in vain");
    assert_int_equal(t.hub.posts, 1);
}

/* What the server said outlasts a cut, and what it cannot be written for want of room or by a failure costs nobody. */
static void words_last(void **state)
{
    unsigned at;

    (void)state;
    begin(8, 2048, 300);
    t.hub.invites = SAYS("failed", "seats");
    t.hub.person[0] = HUB_FAILED;
    put_persons(0, 1);
    while (t.slots[0].words == 0)
        pass(1);
    ango_cancel(&t.client);
    remount();
    assert_string_equal(ango_outbox_words(&t.box, 1), "seats");
    assert_int_equal(ango_outbox_tidy(&t.box, true), ANGO_OK);
    remount();
    expect_event(ANGO_OUTBOX_LEFT, "seats");
    assert_int_equal(t.hub.posts, 1);
    remount();
    assert_string_equal(ango_outbox_words(&t.box, 1), "seats");

    begin(8, 512, 300); /* no room for words */
    for (at = 0; put(hub_address(at), NULL, NULL) == ANGO_OK; at++)
        t.hub.person[at] = HUB_FAILED;
    assert_in_range(at, 3, 6);
    for (; at > 0; at--) {
        expect_event(ANGO_OUTBOX_LEFT, "refused");
        assert_string_equal(ango_outbox_words(&t.box, t.event.id), "");
    }
    assert_int_equal(next_result(), ANGO_E_END);
    assert_int_equal(t.hub.posts, 1);

    for (at = 1; at < 30; at++) { /* whichever call of the medium fails */
        begin(8, 4096, 300);
        put_persons(0, 1);
        t.hub.person[0] = HUB_FAILED;
        t.m.fail_in = at;
        while (next_result() != ANGO_OK)
            ;
        assert_int_equal(t.event.fate, ANGO_OUTBOX_LEFT);
        assert_string_equal(t.event.words, "mailbox ? unknown");
    }
}

/* The key gets neither into words that are kept, nor into what is told (row 170). */
static void no_key(void **state)
{
    static const char *const says[] = {
        SAYS("failed", "key-1 has no seat"),
        SAYS("failed", "no seat for key-1"),
        SAYS("failed", "\\u006bey-1: no seat"),
        SAYS("key-1", ""),
    };
    uint32_t at;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof says / sizeof says[0]; i++) {
        begin(8, 2048, 300);
        t.hub.invites = says[i];
        t.hub.person[0] = HUB_FAILED;
        put_persons(0, 1);
        assert_int_equal(next_result(), ANGO_OK);
        assert_int_equal(t.event.fate, ANGO_OUTBOX_LEFT);
        assert_null(strstr(t.event.words, "key-1"));
        assert_non_null(strstr(t.event.words, "*****"));
        assert_string_equal(ango_outbox_words(&t.box, 1), t.event.words);
        for (at = 0; at + 5 <= 4096; at++)
            assert_memory_not_equal(t.m.data + at, "key-1", 5);
    }
    begin(8, 2048, 300);
    t.hub.refusal = 400;
    t.hub.invites = "{\"status\":\"fail\",\"message\":\"key-1?\"}";
    put_persons(0, 1);
    expect_event(ANGO_OUTBOX_LEFT, "*****?");
    assert_string_equal(ango_outbox_words(&t.box, 1), "*****?");
}

/* A list that has no end, or is none, is not read for ever; and meanwhile others are invited. */
static void endless(void **state)
{
    unsigned shapes = 0;
    int err;

    (void)state;
    begin(8, 2048, 300);
    put_persons(0, 1);
    lose_request();
    t.hub.refusal = 200;
    t.hub.invites = "{\"status\":\"success\",\"data\":{}}";
    assert_int_equal(next_result(), ANGO_E_SHAPE);
    assert_in_range(ango_outbox_wait_ms(&t.box, &t.client), 750, 2000);
    put_persons(1, 2);
    t.hub.refusal = 0;
    t.hub.invites = NULL;
    expect_event(ANGO_OUTBOX_INVITED, "");
    assert_int_equal(t.event.id, 2);
    t.hub.refusal = 200;
    t.hub.invites = "{\"status\":\"success\",\"data\":{}}";
    while ((err = next_result()) == ANGO_E_SHAPE)
        shapes++;
    assert_int_equal(err, ANGO_OK);
    assert_int_equal(t.event.fate, ANGO_OUTBOX_LEFT);
    assert_string_equal(t.event.words, "tried in vain");
    assert_int_equal(shapes, ANGO_OUTBOX_TRIES_MAX - 1);
    assert_int_equal(next_result(), ANGO_E_END);

    begin(8, 2048, 300);
    put_persons(0, 1);
    lose_request();
    t.hub.endless = true;
    while ((err = step()) == ANGO_E_WAIT)
        t.hub.now_ms++;
    assert_int_equal(err, ANGO_E_SHAPE);
    assert_true(t.hub.gets >= ANGO_WALK_PAGES_MAX);
    t.hub.endless = false;
    expect_event(ANGO_OUTBOX_INVITED, "");
    assert_int_equal(t.hub.invited[0], 1);
}

static void words(void **state)
{
    (void)state;
    said(SAYS("PENDING", "already"), HUB_GOOD, ANGO_OUTBOX_INVITED, "");
    said(SAYS("failed", SAYS_96), HUB_FAILED, ANGO_OUTBOX_LEFT, SAYS_96);
    /* Nothing is said of this person: looked up. */
    said(SAYS("", "pending"), HUB_GOOD, ANGO_OUTBOX_INVITED, "");
    said("{\"to\":\"person00@example.com\",\"status\":\"failed\"}", HUB_GOOD, ANGO_OUTBOX_INVITED, "");
    said("{\"status\":\"pending\"},{\"to\":\"\",\"status\":\"failed\"}", HUB_GOOD, ANGO_OUTBOX_INVITED, "");
    /* Twice, and not the same: the first counts, and is told once. */
    said(SAYS("pending", "") "," SAYS("failed", ""), HUB_GOOD, ANGO_OUTBOX_INVITED, "");
    said(SAYS("failed", "") "," SAYS("pending", ""), HUB_FAILED, ANGO_OUTBOX_LEFT, "failed");
    said(SAYS("failed", "one") "," SAYS("failed", "two"), HUB_FAILED, ANGO_OUTBOX_LEFT, "one");

    begin(8, 2048, 300);
    t.hub.refusal = 400; /* not JSON at all */
    t.hub.invites = "no \xff\x1d\x1e\x01\n of mine";
    put_persons(0, 1);
    assert_int_equal(next_result(), ANGO_OK);
    assert_string_equal(ango_outbox_words(&t.box, 1), "no ????? of mine");

    begin(8, 2048, 300);
    t.hub.invites = SAYS("failed", SAYS_96 "more\\u001f\\u00ff");
    t.hub.person[0] = HUB_FAILED;
    put_persons(0, 1);
    assert_int_equal(next_result(), ANGO_OK);
    assert_string_equal(ango_outbox_words(&t.box, 1), SAYS_96);
    remount();
    assert_string_equal(ango_outbox_words(&t.box, 1), SAYS_96);
}

/* After a refusal that says nothing of an entry everything pauses; then those come first who were not in the request. */
static void others_first(void **state)
{
    unsigned i;
    uint32_t expected = 1000;

    (void)state;
    begin(8, 2048, 300);
    put_persons(0, 2);
    t.hub.refusal = 404;
    assert_int_equal(next_result(), ANGO_E_STATUS);
    assert_int_equal(step(), ANGO_E_WAIT);
    assert_in_range(ango_outbox_wait_ms(&t.box, &t.client), 750, 1000);
    put_persons(2, 3);
    t.hub.refusal = 0;
    expect_event(ANGO_OUTBOX_INVITED, "");
    assert_int_equal(t.event.id, 3);
    assert_int_equal(t.hub.largest, 1);
    assert_int_equal(ango_outbox_retry(&t.box, 2), ANGO_OK); /* and who is tried again */
    expect_event(ANGO_OUTBOX_INVITED, "");
    assert_int_equal(t.event.id, 2);
    assert_int_equal(t.hub.largest, 1);
    assert_int_equal(t.hub.gets, 0);

    t.hub.refusal = 404; /* and one that goes on parks, after some minutes */
    for (i = 1; i < ANGO_OUTBOX_TRIES_MAX; i++) {
        assert_int_equal(next_result(), ANGO_E_STATUS);
        expected *= 2; /* it was tried once before */
        assert_in_range(ango_outbox_wait_ms(&t.box, &t.client), expected - expected / 4, expected);
    }
    expect_event(ANGO_OUTBOX_LEFT, "tried in vain");
    assert_int_equal(t.event.id, 1);
}

/* 403 as well as 401 stops everything, until there is another key. */
static void forbidden(void **state)
{
    (void)state;
    begin(8, 2048, 300);
    put_persons(0, 1);
    t.hub.refusal = 403;
    assert_int_equal(next_result(), ANGO_E_STATUS);
    t.hub.refusal = 0;
    t.hub.now_ms += 86400000;
    assert_int_equal(step(), ANGO_E_STATUS);
    assert_int_equal(t.hub.connects, 1);
    t.hub.good_key = "key-2";
    assert_int_equal(ango_client_set_api_key(&t.client, "key-2"), ANGO_OK);
    expect_event(ANGO_OUTBOX_INVITED, "");
    assert_false(t.event.read_back);
}

/* 401 stops everything, until there is another key. */
static void key(void **state)
{
    unsigned i;

    (void)state;
    begin(8, 2048, 300);
    put_persons(0, 2);
    t.hub.good_key = "key-2";
    for (i = 0; i < 5; i++)
        assert_int_equal(next_result(), ANGO_E_STATUS);
    assert_int_equal(t.hub.connects, 1);
    assert_int_equal(t.client.result.http_status, 401);
    assert_int_equal(ango_client_set_api_key(&t.client, "key-2"), ANGO_OK);
    t.hub.now_ms -= 1;
    expect_event(ANGO_OUTBOX_INVITED, "");
    expect_event(ANGO_OUTBOX_INVITED, "");
    assert_int_equal(t.hub.gets, 0);
}

/* No network: a pause from 1 s on, doubled up to 10 min, less by up to a quarter. */
static void pauses(void **state)
{
    uint32_t expected = 1000;
    unsigned i;

    (void)state;
    begin(8, 2048, 300);
    put_persons(0, 1);
    t.hub.faults = 256;
    t.hub.only = HUB_NO_CONNECTION;
    for (i = 0; i < 300; i++) {
        uint32_t wait_ms;

        assert_int_equal(next_result(), ANGO_E_NET);
        wait_ms = ango_outbox_wait_ms(&t.box, &t.client);
        assert_in_range(wait_ms, expected - expected / 4, expected);
        t.hub.now_ms += wait_ms - 1;
        assert_int_equal(step(), ANGO_E_WAIT);
        assert_int_equal(t.hub.connects, i + 1);
        assert_int_equal(ango_outbox_wait_ms(&t.box, &t.client), 1);
        expected = expected * 2 < 600000 && i < 8 ? expected * 2 : 600000;
    }
    assert_int_equal(t.m.programmed % 8, 0);
    t.hub.faults = 0;
    expect_event(ANGO_OUTBOX_INVITED, "");
    assert_int_equal(t.hub.gets, 0); /* nothing was sent, and nothing marked */
}

/* 429 waits as told. */
static void too_many(void **state)
{
    (void)state;
    begin(8, 2048, 300);
    put_persons(0, 1);
    t.hub.faults = 256;
    t.hub.only = HUB_429_AFTER;
    assert_int_equal(next_result(), ANGO_E_STATUS);
    assert_int_equal(ango_outbox_wait_ms(&t.box, &t.client), 7000);
    put_persons(1, 2); /* also when somebody comes in */
    assert_int_equal(ango_outbox_wait_ms(&t.box, &t.client), 7000);
    t.hub.faults = 0;
    expect_event(ANGO_OUTBOX_INVITED, "");
    assert_int_equal(t.hub.gets, 0);
}

/* No answer: looked up, and sent again only when it is absent. */
static void no_answer(void **state)
{
    (void)state;
    begin(8, 2048, 300);
    put_persons(0, 1);
    t.hub.faults = 256;
    t.hub.only = HUB_REPLY_LOST;
    assert_true(next_result() < 0);
    t.hub.faults = 0;
    expect_event(ANGO_OUTBOX_INVITED, "");
    assert_true(t.event.read_back);
    assert_int_equal(t.hub.posts, 1);

    put_persons(1, 2);
    t.hub.faults = 256;
    t.hub.only = HUB_REQUEST_LOST;
    assert_true(next_result() < 0);
    t.hub.faults = 0;
    remount(); /* the medium knows */
    expect_event(ANGO_OUTBOX_INVITED, "");
    assert_false(t.event.read_back);
    assert_true(t.hub.gets > 2);
    assert_int_equal(t.hub.invited[1], 1);
}

/* What cannot be compared is never sent again, and is left to people in the end. */
static void doubtful(void **state)
{
    uint32_t id = 0;

    (void)state;
    begin(8, 2048, 300);
    t.hub.anybody = true;
    assert_int_equal(put("\xc3\xa4@example.com", NULL, &id), ANGO_OK);
    t.hub.faults = 256;
    t.hub.only = HUB_REQUEST_LOST;
    assert_true(next_result() < 0);
    t.hub.faults = 0;
    expect_event(ANGO_OUTBOX_LEFT, "tried in vain");
    assert_int_equal(t.hub.posts, 0);
    assert_int_equal(ango_outbox_retry(&t.box, id), ANGO_OK);
    expect_event(ANGO_OUTBOX_LEFT, "tried in vain");
    assert_int_equal(t.hub.posts, 0);
}

/* The client is used for something else in between, at every point where it may be. */
static void others(void **state)
{
    static const char *const to[] = { "person0@example.com" };
    const struct ango_invitation invitation = { to, 1, ANGO_ORGANIZATION_MEMBER, NULL, 0 };
    unsigned confirming = 0;
    unsigned at, i;

    (void)state;
    for (at = 0; at < 90; at++) {
        begin(8, 2048, 300);
        put_persons(0, 3);
        t.hub.unnamed = at % 3 == 1 ? 256 : 0;
        if (at % 3 == 2)
            lose_request();
        pass(at / 3);
        confirming += at % 3 == 2 && t.hub.gets > 0 && t.hub.posts == 0 && ango_is_busy(&t.client);
        ango_cancel(&t.client);
        assert_int_equal(ango_get_organization_invites(&t.client, "org", &(struct ango_page){ 1, 10 }), ANGO_OK);
        for (i = 0; next_result() != ANGO_E_END; i++)
            assert_true(i < 20);
        for (i = 0; i < 3; i++)
            assert_int_equal(t.hub.invited[i], 1);
        assert_int_equal(t.box.len, 0);
    }
    assert_true(confirming > 5);
    /* Found in a reply that was cut off; a good one to somebody else does not make it whole. */
    begin(8, 2048, 300);
    put_persons(0, 1);
    lose_request();
    t.hub.invited[0] = 1;
    while (t.box.confirm.emails_len == 0 || t.box.confirm.missing > 0)
        pass(1);
    assert_true(ango_is_busy(&t.client));
    ango_cancel(&t.client);
    t.hub.invited[0] = 0;
    assert_int_equal(ango_get_organization_invites(&t.client, "org", &(struct ango_page){ 1, 10 }), ANGO_OK);
    expect_event(ANGO_OUTBOX_INVITED, "");
    assert_false(t.event.read_back);
    assert_int_equal(t.hub.posts, 1);

    /* A reply that is not its own says nothing. */
    begin(8, 2048, 300);
    put_persons(0, 1);
    assert_int_equal(step(), ANGO_E_WAIT);
    ango_cancel(&t.client);
    assert_int_equal(ango_invite_members_to_org(&t.client, "org", &invitation), ANGO_OK);
    expect_event(ANGO_OUTBOX_INVITED, "");
    assert_int_equal(t.hub.posts, 2);

    /* Nor does a refusal of something else: what was sent is looked up. */
    begin(8, 2048, 300);
    put_persons(0, 1);
    while (t.hub.posts == 0)
        assert_int_equal(step(), ANGO_E_WAIT);
    ango_cancel(&t.client);
    t.hub.refusal = 400;
    assert_int_equal(ango_get_organization_invites(&t.client, "org", &(struct ango_page){ 1, 10 }), ANGO_E_STATUS);
    t.hub.refusal = 0;
    expect_event(ANGO_OUTBOX_INVITED, "");
    assert_true(t.event.read_back);
    assert_int_equal(t.hub.posts, 1);

    begin(8, 2048, 300);
    put_persons(0, 1);
    assert_int_equal(ango_get_organization_invites_start(&t.client, "org", &(struct ango_page){ 1, 10 }), ANGO_OK);
    assert_int_equal(step(), ANGO_E_ARG);
}

/* Somebody is removed, at every point of the delivery. */
static void removed(void **state)
{
    unsigned at, i;

    (void)state;
    for (at = 0; at < 40; at++) {
        begin(8, 2048, 300);
        put_persons(0, 3);
        t.hub.unnamed = at % 2 * 256;
        pass(at);
        (void)ango_outbox_remove(&t.box, 2);
        (void)ango_outbox_tidy(&t.box, at % 3 == 0);
        for (i = 0; next_result() != ANGO_E_END; i++)
            assert_true(i < 20);
        assert_int_equal(t.hub.invited[0], 1);
        assert_true(t.hub.invited[1] <= 1);
        assert_int_equal(t.hub.invited[2], 1);
        assert_int_equal(t.box.len, 0);
    }
}

/* What cannot be noted has not happened. */
static void not_removed(void **state)
{
    (void)state;
    begin(8, 1024, 300);
    put_persons(0, 1);
    t.m.fail_in = 1;
    assert_int_equal(ango_outbox_remove(&t.box, 1), ANGO_E_STORAGE);
    assert_int_equal(t.box.len, 1);
    assert_int_equal(ango_outbox_remove(&t.box, 1), ANGO_OK);
    assert_int_equal(t.box.len, 0);
}

/* All of a request are removed while it connects: the medium hears no more of them, and nothing is told of who is gone. */
static void removed_before(void **state)
{
    uint32_t programmed;

    (void)state;
    begin(8, 2048, 300);
    put_persons(0, 1);
    assert_int_equal(step(), ANGO_E_WAIT);
    assert_true(ango_is_busy(&t.client));
    assert_int_equal(ango_outbox_remove(&t.box, 1), ANGO_OK);
    programmed = t.m.programmed;
    assert_int_equal(next_result(), ANGO_E_END);
    assert_int_equal(t.m.programmed, programmed);
    assert_true(t.hub.invited[0] <= 1);
}

static void organization(void **state)
{
    (void)state;
    begin(8, 2048, 300);
    put_persons(0, 1);
    assert_int_equal(ango_outbox_step(&t.box, &t.client, "..", &t.event, 0), ANGO_E_ID);
    assert_int_equal(t.box.len, 1);
    expect_event(ANGO_OUTBOX_INVITED, "");
}

/* A text_cap smaller than the one that an entry was put in with parks it, and holds up nobody. */
static void less_text(void **state)
{
    unsigned cap;

    (void)state;
    for (cap = 1; cap < 20 + 8; cap++) {
        begin(8, 2048, 300);
        assert_int_equal(put(hub_address(0), "project", NULL), ANGO_OK);
        assert_int_equal(put(hub_address(1), NULL, NULL), ANGO_OK);
        t.config.text = (char *)guard_room(&t.guard, cap);
        t.config.text_cap = cap;
        remount();
        expect_event(ANGO_OUTBOX_LEFT, "cannot be sent");
        assert_int_equal(t.event.id, 1);
        assert_string_equal(t.event.to, "");
        if (cap >= 20 + 1)
            expect_event(ANGO_OUTBOX_INVITED, "");
        else
            expect_event(ANGO_OUTBOX_LEFT, "cannot be sent");
        assert_int_equal(t.event.id, 2);
        assert_int_equal(next_result(), ANGO_E_END);
        assert_int_equal(ango_outbox_retry(&t.box, 1), ANGO_OK);
        t.config.text = (char *)guard_room(&t.guard, 28);
        t.config.text_cap = 28;
        remount();
        expect_event(ANGO_OUTBOX_INVITED, "");
    }
}

/* A request that cannot be made of one alone parks that one. */
static void too_large(void **state)
{
    (void)state;
    begin(8, 2048, 300);
    t.client_config.buffer_cap = 310;
    assert_int_equal(
        put(hub_address(1), "an identifier of a project that is long, and longer than there is room for here", NULL),
        ANGO_OK);
    put_persons(2, 3);
    expect_event(ANGO_OUTBOX_LEFT, "cannot be sent");
    assert_int_equal(t.event.id, 1);
    expect_event(ANGO_OUTBOX_INVITED, "");
}

/* --- figures --------------------------------------------------------------------------------------------------- */

static void figures(void **state)
{
    struct ango_outbox_entry entry = entry_of(hub_address(0), "5f1d7a0c9b1e8a0012345678", "gate 12, east");
    uint32_t programmed;

    (void)state;
    begin(8, 2048, 300);
    programmed = t.m.programmed;
    assert_int_equal(ango_outbox_put(&t.box, &entry, NULL), ANGO_OK);
    while (next_result() != ANGO_E_END)
        ;
    assert_int_equal(t.box.len, 0);
    programmed = t.m.programmed - programmed;
    (void)printf("outbox_log_entry=%lu\n", (unsigned long)programmed);
    assert_true(programmed <= 128);
    assert_true(sizeof(struct ango_outbox_slot) <= 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments),
        cmocka_unit_test(numbers),
        cmocka_unit_test(few_slots),
        cmocka_unit_test(refused),
        cmocka_unit_test(notes),
        cmocka_unit_test(twice),
        cmocka_unit_test(full),
        cmocka_unit_test(aged),
        cmocka_unit_test(ghosts),
        cmocka_unit_test(ghosts_of_a_medium_that_fails_twice),
        cmocka_unit_test(outranked),
        cmocka_unit_test(together),
        cmocka_unit_test(halved),
        cmocka_unit_test(named),
        cmocka_unit_test(key),
        cmocka_unit_test(pauses),
        cmocka_unit_test(too_many),
        cmocka_unit_test(no_answer),
        cmocka_unit_test(doubtful),
        cmocka_unit_test(others),
        cmocka_unit_test(removed),
        cmocka_unit_test(not_removed),
        cmocka_unit_test(organization),
        cmocka_unit_test(too_large),
        cmocka_unit_test(figures),
        cmocka_unit_test(configuration),
        cmocka_unit_test(last_number),
        cmocka_unit_test(roles),
        cmocka_unit_test(words),
        cmocka_unit_test(no_word_is_believed),
        cmocka_unit_test(words_last),
        cmocka_unit_test(no_key),
        cmocka_unit_test(endless),
        cmocka_unit_test(forbidden),
        cmocka_unit_test(less_text),
        cmocka_unit_test(no_erase),
        cmocka_unit_test(bad_area),
        cmocka_unit_test(outranked_again),
        cmocka_unit_test(failing),
        cmocka_unit_test(aged_words),
        cmocka_unit_test(forged),
        cmocka_unit_test(others_first),
        cmocka_unit_test(removed_before),
    };

    return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
