/*
 * Reading back who is invited, a member, or on a project, through the whole client, over lists that do not hold still
 * (list_server.h): "absent" is never said of who was there all the time.
 */
#include "list_server.h"
#include "operation.h"
#include "text.h"

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
#define server list_server
#define ASKED_MAX 20u

static struct exchange x;
static struct ango_confirm confirm;
static enum ango_presence presence[ASKED_MAX];

/* --- a read-back ---------------------------------------------------------------------------------------- */

static const char *const others[] = { "m1@b.example", "m2@b.example", "m3@b.example" };

static void set_names(enum list_kind kind, const char *const *names, size_t len)
{
    assert_in_range(len, 0, COUNT(server.names[kind]));
    memcpy(server.names[kind], names, len * sizeof *names);
    server.names_len[kind] = len;
    server.named[kind] = true;
}

/* `len` invitations, of entry_0 to entry_<len - 1>, and three members. */
static void begin(size_t len, uint8_t page_limit)
{
    list_begin(&x, len, CAP);
    x.config.page_limit = page_limit;
    x.script.clock_step_ms = 50; /* waiting comes to an end */
    set_names(LIST_MEMBERS, others, COUNT(others));
    memset(presence, 0xA5, sizeof presence);
    memset(&confirm, 0xA5, sizeof confirm);
}

static const char *check_kept(void)
{
    return x.client.state != 0 ? exchange_broken(&x, SIZE_MAX) : NULL;
}

/* Steps to the end; errors are passed over, as many as `errors`. */
static void finish(unsigned errors)
{
    int err;

    while ((err = ango_confirm_step(&confirm, UINT32_MAX)) != ANGO_OK)
        if (err != ANGO_E_WAIT) {
            if (errors == 0)
                fail_msg("%d after %u requests", err, server.requests);
            errors--;
        }
    assert_int_equal(errors, 0);
    assert_null(check_kept());
}

static void end(void)
{
    /* Never more than the configuration allows, be the build's records small. */
    assert_in_range(server.most_asked, 0, x.config.page_limit != 0 ? x.config.page_limit : ANGO_LIMIT_MAX);
    ango_close(&x.client);
    assert_int_equal(x.script.opened, x.script.closed);
}

/* A letter for each address: Absent, Invited, Member, aSsigned, Unsure. */
static void check_letters(const char *letters, size_t len)
{
    char seen[ASKED_MAX + 1] = "";
    size_t i;

    for (i = 0; i < len; i++)
        seen[i] = (unsigned)presence[i] <= ANGO_UNSURE ? "AIMSU"[presence[i]] : '?';
    assert_string_equal(seen, letters);
}

static void check(const char *const *emails, size_t len, const char *letters)
{
    assert_int_equal(ango_confirm_begin(&confirm, &x.client, "org", emails, len, presence), ANGO_OK);
    finish(0);
    check_letters(letters, len);
    end();
}

/* --- what is found -------------------------------------------------------------------------------------- */

static const char *const invited[] = { "a@b.example", "Case@B.Example",     "x1@b", "x2@b", "x3@b",
                                       "x4@b",        "o'neil+1@b.example", "x5@b", "x6@b", "\xC3\xA4@b.example" };
static const char *const members[] = { "not.m@b.example", "m@b.example", "Mem@B.Example", "z[@b" };
static const char *const asked_for[] = {
    "a@b.example", "M@b.example",   "nobody@b.example",     "cASE@b.eXAMPLE",
    "a@b.example", "mem@b.example", "o'neil+1@b.example",   "nobody@b.example",
    "x6@b",        "@b.example",    "\xC3\xA4@b.example",   "\xC3\x84@b.example",
    "z{@b",        "a^b@x",         "x@xn--hb-fka.example", "x@b.XN--p1ai",
};
static const char found[] = "IMAIIMIAIAIUAAUU";
#define ASKED COUNT(asked_for)

static void begin_hub(uint8_t page_limit)
{
    begin(0, page_limit);
    set_names(LIST_INVITES, invited, COUNT(invited));
    set_names(LIST_MEMBERS, members, COUNT(members));
}

static void confirms(void **state)
{
    unsigned limit;

    (void)state;
    for (limit = 0; limit <= 12; limit++) {
        begin_hub((uint8_t)limit);
        check(asked_for, ASKED, found);
    }
    /*
     * Two readings of both lists: a page, and two that bring nothing new; and, since the first one was short and may have
     * been cut by a limit of the server's, two more in pages of that length.
     */
    begin_hub(0);
    check(asked_for, ASKED, found);
    assert_int_equal(server.passes, 2);
    assert_int_equal(server.requests, 2 * 2 * 5);
    /* Nothing but what is missing is read on for; the page on which all were found is the last. */
    begin_hub(3);
    check(invited, 3, "III");
    assert_string_equal(server.asked, "1/3");
    begin_hub(0);
    set_names(LIST_INVITES, invited, 0);
    set_names(LIST_MEMBERS, members, 0);
    check(asked_for, ASKED, "AAAAAAAAAAUUAAUU");
    assert_int_equal(server.passes, 2);
}

/* In one call, which waits as long as it takes. */
static void confirms_in_one_call(void **state)
{
    uint32_t began;

    (void)state;
    begin_hub(0);
    began = x.script.now_ms;
    assert_int_equal(ango_confirm_invitations(&x.client, "org", asked_for, ASKED, presence), ANGO_OK);
    check_letters(found, ASKED);
    assert_true(x.script.now_ms - began >= x.config.timeout_ms);
    end();
    begin_hub(0);
    set_names(LIST_ASSIGNED, invited, COUNT(invited));
    assert_int_equal(ango_confirm_assigned(&x.client, "p", asked_for, ASKED, presence), ANGO_OK);
    check_letters("SAASSASASASUAAUU", ASKED);
    end();
}

static void confirms_assigned(void **state)
{
    (void)state;
    begin(250, 0);
    set_names(LIST_ASSIGNED, invited, COUNT(invited));
    server.nested = true;
    assert_int_equal(ango_confirm_assigned_begin(&confirm, &x.client, "p/1", asked_for, ASKED, presence), ANGO_OK);
    finish(0);
    check_letters("SAASSASASASUAAUU", ASKED);
    assert_int_equal(server.requests, 2);
    assert_string_equal(server.path, "/v2/project/p%2F1");
    end();
    /* Not on the project, though invited to the organization. */
    begin(0, 0);
    set_names(LIST_INVITES, invited, COUNT(invited));
    set_names(LIST_ASSIGNED, invited, 0);
    assert_int_equal(ango_confirm_assigned_begin(&confirm, &x.client, "p", invited, 2, presence), ANGO_OK);
    finish(0);
    check_letters("AA", 2);
    end();
}

/* Of the members alone: an invitation that is pending hides no member, and makes none. */
static void confirms_members(void **state)
{
    static const char *const both[] = { "m@b.example", "a@b.example" };

    (void)state;
    begin(0, 0);
    set_names(LIST_INVITES, both, COUNT(both));
    set_names(LIST_MEMBERS, members, COUNT(members));
    assert_int_equal(ango_confirm_members_begin(&confirm, &x.client, "org", both, COUNT(both), presence), ANGO_OK);
    finish(0);
    check_letters("MA", COUNT(both));
    assert_int_equal(server.passes, 0);
    assert_non_null(strstr(server.path, "/users?"));
    end();
}

/* --- one change, anywhere ------------------------------------------------------------------------------- */

static unsigned change_at;
static size_t change_place;
static bool change_adds;

static void change_once(void)
{
    if (server.requests != change_at)
        return;
    if (change_adds)
        list_insert(change_place < server.len ? change_place : server.len, 5000);
    else if (change_place < server.len)
        list_remove(change_place);
}

/*
 * Ours is pending all the time, at each place of the list; one entry is added or removed at each place, before each
 * request of each reading, with lists that grow at their end or their beginning. It is always found, or not called
 * absent.
 */
static void one_change(void **state)
{
    size_t ours;
    unsigned runs = 0, limit;
    char text[24];
    const char *emails[] = { text, "nobody@b.example" };

    (void)state;
    for (limit = 2; limit <= 3; limit++)
        for (ours = 0; ours < 9; ours++)
            for (change_at = 1; change_at <= 24; change_at++)
                for (change_place = 0; change_place <= 9; change_place++)
                    for (change_adds = 0;; change_adds = true) {
                        if (change_adds || change_place != ours) {
                            begin(9, (uint8_t)limit);
                            server.change = change_once;
                            (void)snprintf(text, sizeof text, "entry_%lu", (unsigned long)ours);
                            assert_int_equal(ango_confirm_begin(&confirm, &x.client, "org", emails, 2, presence),
                                             ANGO_OK);
                            finish(0);
                            check_letters("IA", 2);
                            assert_in_range(server.passes, 2, 4);
                            end();
                            runs++;
                        }
                        if (change_adds)
                            break;
                    }
    assert_int_equal(runs, 2 * 24 * 9 * (2 * 10 - 1));
}

static uint32_t seed, fresh;

static uint32_t chance(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

/* Whoever is not entry_7 comes and goes, before every other request or so. */
static void many_changes(void)
{
    size_t at = chance((uint32_t)server.len + 1);

    if (chance(3) == 0)
        return;
    if (chance(2) == 0 && server.len < 30)
        list_insert(at, fresh++);
    else if (at < server.len && server.value[at] != 7)
        list_remove(at);
}

static void changes_without_end(void **state)
{
    static const char *const emails[] = { "entry_7", "nobody@b.example" };
    unsigned found_it = 0;
    uint32_t run;

    (void)state;
    for (run = 0; run < 2000; run++) {
        seed = run;
        fresh = 100;
        begin(20, (uint8_t)(1 + run % 7));
        server.change = many_changes;
        assert_int_equal(ango_confirm_begin(&confirm, &x.client, "org", emails, 2, presence), ANGO_OK);
        finish(0);
        assert_int_not_equal(presence[0], ANGO_ABSENT);
        found_it += presence[0] == ANGO_INVITED;
        assert_in_range(server.passes, 2, ANGO_CONFIRM_PASSES_MAX);
        end();
    }
    assert_in_range(found_it, 1900, 2000);
}

static void one_more_each_time(void)
{
    if (server.page == 1)
        list_insert(server.len, fresh++);
}

/* Readings that never agree: whoever was not found is not called absent. */
static void never_agrees(void **state)
{
    static const char *const emails[] = { "entry_3", "nobody@b.example" };

    (void)state;
    fresh = 100;
    begin(5, 10);
    server.change = one_more_each_time;
    check(emails, 2, "IU");
    assert_int_equal(server.passes, ANGO_CONFIRM_PASSES_MAX);
}

static const char *const cancels_out[] = { "p18088@b", "p9237@b" };

static void two_more_that_cancel_out(void)
{
    if (server.passes == 2)
        set_names(LIST_INVITES, cancels_out, 2);
}

/* Two readings differ even where the sums of the hashes of what they saw do not. */
static void equal_sums(void **state)
{
    static const char *const emails[] = { "nobody@b.example" };
    uint32_t sum = ango_hash(ANGO_HASH_BEGIN, cancels_out[0]) + ango_hash(ANGO_HASH_BEGIN, cancels_out[1]);

    (void)state;
    assert_int_equal(sum, 0);
    begin(0, 0);
    server.change = two_more_that_cancel_out;
    set_names(LIST_INVITES, cancels_out, 0);
    check(emails, 1, "A");
    assert_int_equal(server.passes, 3);
}

/* The same people may be invited twice; then two pages may begin alike, and are not the same. */
static void doubled_invitations(void **state)
{
    static const char *const doubled[] = { "p1@b", "p2@b", "p3@b",   "p1@b", "ours@b",
                                           "p5@b", "p1@b", "also@b", "p2@b", "last@b" };
    static const char *const alike[] = {
        "p@b", "p@b", "p@b", "p@b", "ours@b", "p@b", "p@b", "p@b", "also@b", "last@b"
    };
    static const char *const emails[] = { "ours@b", "also@b", "last@b" };
    unsigned limit;

    (void)state;
    for (limit = 1; limit <= 10; limit++) {
        begin(0, (uint8_t)limit);
        set_names(LIST_INVITES, doubled, COUNT(doubled));
        check(emails, 3, "III");
        begin(0, (uint8_t)limit);
        set_names(LIST_INVITES, alike, COUNT(alike));
        check(emails, 3, "III");
        begin(0, 0);
        server.caps = limit;
        set_names(LIST_MEMBERS, alike, COUNT(alike));
        check(emails, 3, "MMM");
    }
}

/* --- time ----------------------------------------------------------------------------------------------- */

static uint32_t shows_at;

static void shows_late(void)
{
    if (x.script.now_ms >= shows_at && server.len == 5)
        list_insert(2, 77);
}

/* Who is written, or shown, before settle_ms has passed is found; wherever in the reading that is. */
static void lag(void **state)
{
    static const char *const emails[] = { "entry_77" };
    uint32_t settle_ms, after;
    char letter[2] = "";

    (void)state;
    for (settle_ms = 0; settle_ms <= 40000; settle_ms += 8000)
        for (after = 0; after < 50000; after += 1700) {
            uint32_t began;

            begin(5, 2);
            server.latency_ms = 300;
            server.change = shows_late;
            began = x.script.now_ms;
            shows_at = began + after;
            assert_int_equal(ango_confirm_begin(&confirm, &x.client, "org", emails, 1, presence), ANGO_OK);
            assert_int_equal(confirm.settle_ms, 30000);
            if (settle_ms != 40000)
                confirm.settle_ms = settle_ms;
            finish(0);
            letter[0] = presence[0] == ANGO_INVITED ? 'I' : 'A';
            check_letters(letter, 1);
            if (after <= (settle_ms != 40000 ? settle_ms : 30000))
                assert_int_equal(presence[0], ANGO_INVITED);
            if (presence[0] == ANGO_ABSENT) {
                assert_true(x.script.now_ms - began >= confirm.settle_ms);
                assert_int_equal(server.passes, 2);
            }
            end();
        }
}

/* While there is nothing to do it says so, calls nothing, and leaves the client to others. */
static void waits(void **state)
{
    static const char *const emails[] = { "nobody@b.example" };
    unsigned requests, i;
    uint32_t wait_ms;
    struct ango_page page = { 1, 10 };

    (void)state;
    begin(5, 10);
    x.script.clock_step_ms = 0;
    assert_int_equal(ango_confirm_begin(&confirm, &x.client, "org", emails, 1, presence), ANGO_OK);
    assert_int_equal(ango_confirm_wait_ms(&confirm), 0);
    assert_int_equal(ango_confirm_wait_ms(NULL), 0);
    while ((wait_ms = ango_confirm_wait_ms(&confirm)) == 0)
        assert_int_equal(ango_confirm_step(&confirm, UINT32_MAX), ANGO_E_WAIT);
    assert_int_equal(wait_ms, 30000);
    requests = server.requests;
    for (i = 0; i < 100; i++)
        assert_int_equal(ango_confirm_step(&confirm, UINT32_MAX), ANGO_E_WAIT);
    assert_int_equal(server.requests, requests);
    x.script.now_ms += 29999;
    assert_int_equal(ango_confirm_wait_ms(&confirm), 1);
    /* Another exchange in between does no harm here. */
    assert_int_equal(ango_get_organization_members(&x.client, "org", NULL, &page), ANGO_OK);
    assert_int_equal(ango_confirm_step(&confirm, UINT32_MAX), ANGO_E_WAIT);
    x.script.now_ms += 1;
    assert_int_equal(ango_confirm_wait_ms(&confirm), 0);
    finish(0);
    check_letters("A", 1);
    assert_int_equal(ango_confirm_wait_ms(&confirm), 0);
    assert_int_equal(ango_confirm_step(&confirm, 0), ANGO_OK);
    end();
}

/* Not past its deadline, wherever that falls; and it goes on where it was when the deadline is put off. */
static void deadline(void **state)
{
    uint32_t timeout_ms, took_ms;
    unsigned ran_out = 0;
    int err;

    (void)state;
    for (timeout_ms = 1; timeout_ms < 50000; timeout_ms += 211) {
        uint32_t began;

        begin_hub(0);
        x.script.clock_step_ms = 10;
        server.latency_ms = 400;
        began = x.script.now_ms;
        assert_int_equal(ango_confirm_begin(&confirm, &x.client, "org", asked_for, ASKED, presence), ANGO_OK);
        assert_int_equal(confirm.timeout_ms, ANGO_CONFIRM_TIMEOUT_MS);
        confirm.timeout_ms = timeout_ms;
        do
            err = ango_confirm_step(&confirm, UINT32_MAX);
        while (err == ANGO_E_WAIT);
        took_ms = x.script.now_ms - began;
        if (err == ANGO_OK) {
            assert_in_range(took_ms, 30000, timeout_ms + 400 + 200);
        } else {
            unsigned requests = server.requests;

            ran_out++;
            assert_int_equal(err, ANGO_E_TIME);
            assert_in_range(took_ms, timeout_ms, timeout_ms + 400 + 200);
            assert_false(ango_is_busy(&x.client));
            assert_int_equal(ango_confirm_step(&confirm, UINT32_MAX), ANGO_E_TIME);
            assert_int_equal(server.requests, requests);
            confirm.timeout_ms = 0;
            finish(0);
        }
        check_letters(found, ASKED);
        end();
    }
    assert_in_range(ran_out, 30000 / 211, 50000 / 211);
}

/* A deadline that is set while a list is being read, and has passed already. */
static void deadline_comes_forward(void **state)
{
    (void)state;
    begin_hub(2);
    server.piece = 5;
    server.latency_ms = 10;
    assert_int_equal(ango_confirm_begin(&confirm, &x.client, "org", asked_for, ASKED, presence), ANGO_OK);
    while (server.kind != LIST_MEMBERS || !ango_is_busy(&x.client))
        assert_int_equal(ango_confirm_step(&confirm, 0), ANGO_E_WAIT);
    confirm.timeout_ms = 1;
    assert_int_equal(ango_confirm_step(&confirm, UINT32_MAX), ANGO_E_TIME);
    assert_false(ango_is_busy(&x.client));
    confirm.timeout_ms = 0;
    finish(0);
    check_letters(found, ASKED);
    end();
}

/* --- what cannot be compared ---------------------------------------------------------------------------- */

static void incomparable(void **state)
{
    static const char *const with_none[] = { "a@b", NULL, "c@d" };
    static const char *const with_empty[] = { "a@b", "", "c@d" };
    static const char *const emails[] = { "a@b", "nobody@b", "m2@b.example" };
    static char too_long[700];
    const char *with_long[] = { "a@b", too_long, "c@d" };
    const char *const *lists[] = { with_none, with_empty, with_long };
    size_t i;

    (void)state;
    memset(too_long, 'x', sizeof too_long - 1);
    for (i = 0; i < COUNT(lists); i++) {
        begin(0, 0);
        set_names(LIST_INVITES, lists[i], 3);
        check(emails, 3, "IUM");
        begin(0, 0);
        set_names(LIST_INVITES, lists[i], 3);
        set_names(LIST_MEMBERS, lists[i], 3);
        check(emails, 3, "IUU");
        begin(0, 0);
        set_names(LIST_ASSIGNED, lists[i], 3);
        assert_int_equal(ango_confirm_assigned_begin(&confirm, &x.client, "p", emails, 3, presence), ANGO_OK);
        finish(0);
        check_letters("SUU", 3);
        end();
        /* Nobody is missing, so it does not matter. */
        begin(0, 0);
        set_names(LIST_INVITES, lists[i], 3);
        check(emails, 1, "I");
    }
    /* As long as an address may be, in a buffer of 560 bytes: compared. */
    memset(too_long, 'x', 254);
    too_long[254] = '\0';
    too_long[60] = '@';
    list_begin(&x, 0, 560);
    x.script.clock_step_ms = 50;
    set_names(LIST_MEMBERS, others, COUNT(others));
    set_names(LIST_INVITES, with_long, 3);
    check(emails, 3, "IAM");
}

/* Internationalised names have a form in letters that begins with "xn--", in either case; what only resembles it is a name. */
static void xn_in_any_case(void **state)
{
    static const char *const emails[] = {
        "a@xn--p1ai", "a@Xn--p1ai", "a@xN--p1ai", "a@XN--p1ai", "xn--a@b", "a@b.xn--",
        "a@xnb",      "a@xn-b",     "a@xb",       "a@n--b",     "a@b.xn-",
    };

    (void)state;
    begin(0, 0);
    check(emails, COUNT(emails), "UUUUUUAAAAA");
}

/*
 * Invitations in other states than was asked for: one that has expired is none, whatever stands beside it; what another
 * word means nobody knows, so its address is neither invited nor absent.
 */
static void statuses(void **state)
{
    static const struct {
        const char *status;
        const char *letters;
    } cases[] = {
        { NULL, "IAM" },      { "", "IAM" },         { "Pending", "IAM" }, { "pENDING", "IAM" },  { "Expired", "AAM" },
        { "expired", "AAM" }, { "Accepted", "UAM" }, { "Failed", "UAM" },  { "pending ", "UAM" },
    };
    static const char *const emails[] = { "entry_0@b.example", "nobody@b", "m2@b.example" };
    static const char *const one[] = { "entry_0@b.example" };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(cases); i++) {
        begin(0, 0);
        set_names(LIST_INVITES, one, 1);
        server.status = cases[i].status;
        check(emails, COUNT(emails), cases[i].letters);
        /* Who is a member, too, is found there. */
        begin(0, 0);
        set_names(LIST_INVITES, one, 1);
        set_names(LIST_MEMBERS, one, 1);
        server.status = cases[i].status;
        check(emails, 1, cases[i].letters[0] == 'I' ? "I" : "M");
    }
}

/* --- servers that do as they like ----------------------------------------------------------------------- */

static void odd_servers(void **state)
{
    static const unsigned long numbers[] = { 0, 1, 3, 7, 10, 20, 50 };
    static const char *const elements[] = { "null", "5", "\"entry_60\"", "[{\"to\":\"entry_60\"}]" };
    static const char *const emails[] = { "entry_0", "entry_60", "m3@b.example", "nobody@b" };
    size_t i;
    unsigned mood;

    (void)state;
    for (i = 0; i < COUNT(numbers); i++)
        for (mood = 0; mood < 8; mood++) {
            begin(61, mood % 2 == 0 ? 0 : 30);
            server.caps = numbers[i];
            server.caps_late = numbers[i] >= 10 && mood / 4 == 1;
            server.without_id = mood / 2 % 2 == 1;
            server.nested = mood / 4 == 0;
            server.has_total = true;
            server.total = 1; /* a lie that a read-back does not believe */
            check(emails, 4, "IIMA");
            begin(61, 0);
            server.gives = numbers[i];
            server.without_id = mood / 2 % 2 == 1;
            check(emails, 4, "IIMA");
        }
    /* It ignores `page`: there may be more than is on the page that it always gives. */
    begin(61, 0);
    server.ignores_page = true;
    server.gives = 200;
    check(emails, 4, "IIMU");
    /* One page that is empty is not the end; but then, neither may be where it seems to end. One that is short says nothing. */
    for (i = 2; i <= 6; i++) {
        begin(70, 10);
        server.empty_page = (unsigned)i;
        check(emails, 4, "IIMU");
        begin(62, 10);
        server.short_by = 1;
        check(emails, 4, "IIMA");
    }
    /* An element that is no entry could be anybody. */
    for (i = 0; i < COUNT(elements); i++) {
        begin(61, 0);
        server.element = elements[i];
        check(emails, 4, "IIMU");
    }
}

static void refuse_once_more(void)
{
    server.refuses_above = server.kind == LIST_INVITES && server.page == 2 && server.limit == 60 ? 40 : 0;
}

/*
 * Only when the list is read once more, in pages of 60, comes what lies between 60 and 100. If a record of that is too large, the
 * pages get smaller still, and what was handed out is counted off: nobody there is surely absent.
 */
static void too_large_once_more(void **state)
{
    static const char *const emails[] = { "entry_70", "entry_10", "nobody@b" };

    (void)state;
    begin(250, 0);
    server.caps = 60;
    server.caps_late = true;
    check(emails, 3, "IIA");
    begin(250, 0);
    server.caps = 60;
    server.caps_late = true;
    server.change = refuse_once_more;
    check(emails, 3, "UIU");
}

/* --- errors, slices, arguments -------------------------------------------------------------------------- */

static const struct failure {
    int with;
    size_t after;
    int error;
} failures[] = {
    { 401, 0, ANGO_E_STATUS },
    { 429, 0, ANGO_E_STATUS },
    { 500, 0, ANGO_E_STATUS },
    { ANGO_E_NET, 0, ANGO_E_NET },
    { ANGO_E_TRUNCATED, 30, ANGO_E_TRUNCATED },
    { ANGO_E_TRUNCATED, 35, ANGO_E_TRUNCATED },
    { 0, 1, ANGO_E_TRUNCATED },
    { LIST_STALL, 38, ANGO_E_TIME },
};

/* The n-th request fails, once or more often; the next step goes on where it failed. */
static void fails_and_goes_on(void **state)
{
    size_t f;
    unsigned at, times;

    (void)state;
    for (f = 0; f < COUNT(failures); f++)
        for (times = 1; times <= 3; times += 2)
            for (at = 1; at <= 20; at++) {
                begin_hub(0);
                server.fail_at = at;
                server.fail_times = times;
                server.fail_with = failures[f].with;
                server.fail_after = failures[f].after;
                assert_int_equal(ango_confirm_begin(&confirm, &x.client, "org", asked_for, ASKED, presence), ANGO_OK);
                finish(times);
                check_letters(found, ASKED);
                assert_int_equal(server.requests, 20 + times);
                end();
            }
}

/* Whoever was found in a reply that breaks off is looked for again: it may be no reply of the server's at all. */
static void found_in_what_breaks_off(void **state)
{
    static const char *const emails[] = { "entry_0" };
    size_t after, body_len;

    (void)state;
    for (after = 1, body_len = 2; after <= body_len; after++) {
        begin(1, 0);
        server.fail_at = 1;
        server.fail_times = 1;
        server.fail_with = ANGO_E_TRUNCATED;
        server.fail_after = after;
        assert_int_equal(ango_confirm_begin(&confirm, &x.client, "org", emails, 1, presence), ANGO_OK);
        finish(body_len == 2 || after < body_len);
        body_len = server.reply_len - server.body_at;
        assert_int_equal(server.requests, after < body_len ? 2 : 1);
        check_letters("I", 1);
        end();
    }
    assert_int_equal(after, body_len + 1);
}

static void slices(void **state)
{
    unsigned steps;
    int err = ANGO_E_WAIT;

    (void)state;
    begin_hub(4);
    server.stutters = true;
    server.piece = 5;
    assert_int_equal(ango_confirm_begin(&confirm, &x.client, "org", asked_for, ASKED, presence), ANGO_OK);
    assert_int_equal(server.requests, 0);
    for (steps = 0; err == ANGO_E_WAIT && steps < 40000; steps++) {
        unsigned before = x.script.calls[SCRIPT_ANY];

        err = ango_confirm_step(&confirm, 0);
        assert_in_range(x.script.calls[SCRIPT_ANY] - before, 0, 1);
    }
    assert_int_equal(err, ANGO_OK);
    check_letters(found, ASKED);
    end();
}

static void arguments(void **state)
{
    static const char *const with_null[] = { "a@b", NULL };
    static const char *const with_empty[] = { "", "a@b" };
    static struct ango_confirm zero;
    static struct ango_client never;

    (void)state;
    begin_hub(0);
    assert_int_equal(ango_confirm_begin(NULL, &x.client, "o", invited, 1, presence), ANGO_E_ARG);
    assert_int_equal(ango_confirm_begin(&confirm, NULL, "o", invited, 1, presence), ANGO_E_ARG);
    assert_int_equal(ango_confirm_begin(&confirm, &never, "o", invited, 1, presence), ANGO_E_ARG);
    assert_int_equal(ango_confirm_begin(&confirm, &x.client, "o", NULL, 1, presence), ANGO_E_ARG);
    assert_int_equal(ango_confirm_begin(&confirm, &x.client, "o", invited, 0, presence), ANGO_E_ARG);
    assert_int_equal(ango_confirm_begin(&confirm, &x.client, "o", invited, (size_t)INT_MAX + 1, presence), ANGO_E_ARG);
    assert_int_equal(ango_confirm_begin(&confirm, &x.client, "o", invited, 1, NULL), ANGO_E_ARG);
    assert_int_equal(ango_confirm_begin(&confirm, &x.client, "o", with_null, 2, presence), ANGO_E_ARG);
    assert_int_equal(ango_confirm_begin(&confirm, &x.client, "o", with_empty, 2, presence), ANGO_E_ARG);
    assert_int_equal(ango_confirm_members_begin(&confirm, &x.client, "o", with_null, 2, presence), ANGO_E_ARG);
    assert_int_equal(ango_confirm_assigned_begin(&confirm, &x.client, "o", with_null, 2, presence), ANGO_E_ARG);
    assert_int_equal(ango_confirm_assigned_begin(NULL, &x.client, "o", invited, 1, presence), ANGO_E_ARG);
    assert_int_equal(ango_confirm_step(NULL, 0), ANGO_E_ARG);
    assert_int_equal(ango_confirm_step(&zero, 0), ANGO_E_ARG);
    assert_int_equal(ango_confirm_wait_ms(&zero), 0);
    assert_int_equal(ango_confirm_invitations(&x.client, "", invited, 1, presence), ANGO_E_ID);
    assert_int_equal(ango_confirm_invitations(NULL, "o", invited, 1, presence), ANGO_E_ARG);
    assert_int_equal(ango_confirm_assigned(&x.client, "..", invited, 1, presence), ANGO_E_ID);
    assert_int_equal(ango_confirm_assigned(NULL, "o", invited, 1, presence), ANGO_E_ARG);
    assert_int_equal(server.requests, 0);
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
        cmocka_unit_test(confirms),
        cmocka_unit_test(confirms_in_one_call),
        cmocka_unit_test(confirms_assigned),
        cmocka_unit_test(confirms_members),
        cmocka_unit_test(one_change),
        cmocka_unit_test(changes_without_end),
        cmocka_unit_test(never_agrees),
        cmocka_unit_test(equal_sums),
        cmocka_unit_test(doubled_invitations),
        cmocka_unit_test(lag),
        cmocka_unit_test(waits),
        cmocka_unit_test(deadline),
        cmocka_unit_test(deadline_comes_forward),
        cmocka_unit_test(incomparable),
        cmocka_unit_test(xn_in_any_case),
        cmocka_unit_test(statuses),
        cmocka_unit_test(odd_servers),
        cmocka_unit_test(too_large_once_more),
        cmocka_unit_test(fails_and_goes_on),
        cmocka_unit_test(found_in_what_breaks_off),
        cmocka_unit_test(slices),
        cmocka_unit_test(arguments),
    };

    return cmocka_run_group_tests(tests, open_exchange, shut_exchange);
}
