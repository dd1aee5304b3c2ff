/*
 * Lists, and what is read back from them, over servers that do as they like, and people who come and go meanwhile: rows
 * 137 to 141 and 163 to 166. More of it: units/test_walk.c, units/test_confirm.c.
 */
#include "list_server.h"
#include "rows.h"

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

static struct exchange x;
static char seen[256];

static void show(const char *format, ...)
{
    size_t len = strlen(seen);
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(seen + len, sizeof seen - len, format, arguments);
    va_end(arguments);
}

/* No more requests than the server has answered, and all else that holds for every exchange. */
static void show_broken(void)
{
    unsigned most = server.requests > 1 ? server.requests : 2; /* also where another exchange was begun, and not sent */
    const char *broken = x.client.state != 0 ? exchange_broken(&x, most) : NULL;

    if (broken != NULL)
        show(": %s", broken);
}

static void shut(void)
{
    ango_close(&x.client);
    if (x.script.opened != x.script.closed)
        show(": connects and closes do not balance");
}

/* --- a walk --------------------------------------------------------------------------------------------- */

union item {
    struct ango_invite invite;
    struct ango_member member;
    struct ango_project project;
};

static struct ango_walk walk;
static unsigned times[LIST_MAX]; /* each entry was handed out */
static size_t handed;

static int begin_walk(enum list_kind kind)
{
    memset(times, 0, sizeof times);
    handed = 0;
    return kind == LIST_INVITES ? ango_walk_invites(&walk, &x.client, "org")
        : kind == LIST_MEMBERS  ? ango_walk_members(&walk, &x.client, "org", NULL)
                                : ango_walk_projects(&walk, &x.client, NULL);
}

static int step(enum list_kind kind, uint32_t wait_ms)
{
    union item item;
    int err = ango_walk_step(&walk, &item, wait_ms);
    const char *name;
    unsigned long value;

    if (err != ANGO_OK)
        return err;
    name = kind == LIST_INVITES ? item.invite.to : kind == LIST_MEMBERS ? item.member.email : item.project.name;
    value = strncmp(name, "entry_", 6) == 0 ? strtoul(name + 6, NULL, 10) : LIST_MAX;
    if (value >= LIST_MAX) {
        show(": an entry that is none");
        return ANGO_E_END;
    }
    times[value]++;
    handed++;
    return ANGO_OK;
}

static int go(enum list_kind kind)
{
    int err;

    do
        err = step(kind, UINT32_MAX);
    while (err == ANGO_OK || err == ANGO_E_WAIT);
    return err;
}

/* What came of it, in words: "25 entries, each once, END". */
static void show_walk(int err)
{
    size_t i, more = 0;

    for (i = 0; i < LIST_MAX; i++)
        more += times[i] > 1;
    show("%u entries, ", (unsigned)handed);
    if (more == 0)
        show("each once, ");
    else
        show("%u more than once, ", (unsigned)more);
    show("%s", hostile_class(err));
    show_broken();
}

/* Whole, in pieces, byte by byte, and by a port that would block at every other call. */
static void check_walks(int row, const char *name, void (*mood)(void), size_t len, uint8_t page_limit,
                        const char *expected)
{
    static const size_t pieces[] = { 0, 1, 11 };
    static const char *const kinds[] = { "invitations", "members", "projects" };
    char title[96];
    unsigned kind;
    size_t p;

    for (kind = LIST_INVITES; kind <= LIST_PROJECTS; kind++) {
        char first[sizeof seen] = "";

        for (p = 0; p < COUNT(pieces); p++) {
            seen[0] = '\0';
            list_begin(&x, len, CAP);
            x.config.page_limit = page_limit;
            server.piece = pieces[p];
            server.stutters = p == 2;
            mood();
            assert_int_equal(begin_walk((enum list_kind)kind), ANGO_OK);
            show_walk(go((enum list_kind)kind));
            shut();
            if (p == 0)
                memcpy(first, seen, sizeof seen);
            else if (strcmp(first, seen) != 0)
                break; /* it shows */
        }
        (void)snprintf(title, sizeof title, "%s, %s", name, kinds[kind]);
        hostile_case(row, title, expected, seen);
    }
}

/* --- a read-back ---------------------------------------------------------------------------------------- */

static struct ango_confirm confirm;
static enum ango_presence presence[8];

static void begin_confirm(size_t len, uint8_t page_limit)
{
    static const char *const members[] = { "m1@b.example", "m2@b.example", "m3@b.example" };

    seen[0] = '\0';
    list_begin(&x, len, CAP);
    x.config.page_limit = page_limit;
    x.script.clock_step_ms = 50; /* waiting comes to an end */
    memcpy(server.names[LIST_MEMBERS], members, sizeof members);
    server.names_len[LIST_MEMBERS] = COUNT(members);
    server.named[LIST_MEMBERS] = true;
}

static void show_confirm(const char *const *emails, size_t len)
{
    static const char *const words[] = { "absent", "invited", "member", "assigned", "unsure" };
    int err = ango_confirm_begin(&confirm, &x.client, "org", emails, len, presence);
    size_t i;

    while (err == ANGO_OK && (err = ango_confirm_step(&confirm, UINT32_MAX)) == ANGO_E_WAIT)
        err = ANGO_OK;
    if (err != ANGO_OK)
        show("%s", hostile_class(err));
    for (i = 0; i < len && err == ANGO_OK; i++)
        show("%s%s", i > 0 ? " " : "", (unsigned)presence[i] <= ANGO_UNSURE ? words[presence[i]] : "?");
    show_broken();
    shut();
}

/* Somebody on the first page, on the last one, a member, and nobody. */
static const char *const some[] = { "entry_0", "entry_24", "M3@b.example", "nobody@b.example" };

static void check_confirm(int row, const char *name, void (*mood)(void), uint8_t page_limit, const char *expected)
{
    begin_confirm(25, page_limit);
    mood();
    show_confirm(some, COUNT(some));
    hostile_case(row, name, expected, seen);
}

/* --- pages as the server likes (rows 137 to 139) ---------------------------------------------------------- */

static unsigned long number;

static void caps(void)
{
    server.caps = number;
}

static void caps_late(void)
{
    server.caps = number;
    server.caps_late = true;
}

static void gives(void)
{
    server.gives = number;
}

static void ignores_page(void)
{
    server.ignores_page = true;
}

static void ignores_both(void)
{
    server.ignores_page = true;
    server.gives = number;
}

static void limits(void **state)
{
    static const unsigned long numbers[] = { 50, 20, 10 };
    char name[64];
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(numbers); i++) {
        number = numbers[i];
        (void)snprintf(name, sizeof name, "limit capped to %lu", number);
        check_walks(137, name, caps, 125, 0, "125 entries, each once, END");
        check_confirm(137, name, caps, 0, "invited invited member absent");
        (void)snprintf(name, sizeof name, "limit capped to %lu, behind whole pages", number);
        check_walks(137, name, caps_late, 125, 0, "125 entries, each once, END");
        check_confirm(137, name, caps_late, 0, "invited invited member absent");
        (void)snprintf(name, sizeof name, "limit ignored, %lu given", number);
        check_walks(137, name, gives, 125, 0, "125 entries, each once, END");
        check_confirm(137, name, gives, 7, "invited invited member absent");
    }
    number = 7;
    check_walks(137, "limit capped to 7", caps, 64, 0, "64 entries, each once, END");
    check_walks(138, "page ignored", ignores_page, 64, 10, "10 entries, each once, END");
    number = 64;
    check_walks(138, "page and limit ignored", ignores_both, 64, 10, "64 entries, each once, END");
    /* There may be more than such a server ever shows. */
    check_confirm(138, "page ignored, read back", ignores_page, 10, "invited unsure member unsure");
    check_confirm(138, "page and limit ignored, read back", ignores_both, 10, "invited invited member unsure");
}

static void nothing_odd(void)
{
    server.nested = true;
}

static void many(void **state)
{
    (void)state;
    seen[0] = '\0';
    list_begin(&x, 10000, CAP);
    nothing_odd();
    assert_int_equal(begin_walk(LIST_MEMBERS), ANGO_OK);
    show_walk(go(LIST_MEMBERS));
    show(", %u requests", server.requests);
    shut();
    hostile_case(139, "10,000 members in 512 bytes", "10000 entries, each once, END, 101 requests", seen);
}

/* --- people who come and go (row 140) --------------------------------------------------------------------- */

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

/* One entry more, or less, at each place, before each request of each reading; ours is there all the time. */
static void check_change(bool adds, bool reversed)
{
    static char ours[24];
    static const char *const emails[] = { ours, "nobody@b.example" };
    char name[64];
    size_t at, i;

    change_adds = adds;
    (void)snprintf(name, sizeof name, "one %s anywhere, %s first", adds ? "joins" : "leaves",
                   reversed ? "newest" : "oldest");
    for (at = 0; at < 8; at++)
        for (change_at = 1; change_at <= 26; change_at++)
            for (change_place = 0; change_place <= 8; change_place++) {
                if (!adds && change_place == at)
                    continue;
                begin_confirm(8, 3);
                for (i = 0; i < 8 && reversed; i++)
                    server.value[i] = (uint32_t)(7 - i);
                server.change = change_once;
                (void)snprintf(ours, sizeof ours, "entry_%lu", (unsigned long)server.value[at]);
                show_confirm(emails, 2);
                if (strcmp(seen, "invited absent") != 0) {
                    show(" (ours at %u, change at %u before request %u)", (unsigned)at, (unsigned)change_place,
                         change_at);
                    hostile_case(140, name, "invited absent", seen);
                }
            }
    hostile_case(140, name, "invited absent", seen);
}

static void changes(void **state)
{
    (void)state;
    check_change(true, false);
    check_change(false, false);
    check_change(true, true);
    check_change(false, true);
}

/* --- what shows late (rows 141 and 163) ------------------------------------------------------------------- */

static uint32_t shows_at;

static void shows_late(void)
{
    if (x.script.now_ms >= shows_at && server.len == 5)
        list_insert(2, 77);
}

static void check_late(int row, const char *name, uint32_t after_ms, uint32_t settle_ms, const char *expected)
{
    static const char *const emails[] = { "entry_77", "nobody@b.example" };
    int err;

    begin_confirm(5, 10);
    server.latency_ms = 300;
    server.change = shows_late;
    shows_at = x.script.now_ms + after_ms;
    err = ango_confirm_begin(&confirm, &x.client, "org", emails, 2, presence);
    if (settle_ms > 0)
        confirm.settle_ms = settle_ms;
    while (err == ANGO_OK && (err = ango_confirm_step(&confirm, UINT32_MAX)) == ANGO_E_WAIT)
        err = ANGO_OK;
    show("%s%s%s", err == ANGO_OK ? "" : hostile_class(err), presence[0] == ANGO_INVITED ? "invited" : "absent",
         presence[1] == ANGO_ABSENT ? ", nobody absent" : "");
    show_broken();
    shut();
    hostile_case(row, name, expected, seen);
}

static void late(void **state)
{
    (void)state;
    check_late(141, "shows after 2 s", 2000, 0, "invited, nobody absent");
    check_late(141, "shows after 10 s, with as much patience", 10000, 10000, "invited, nobody absent");
    check_late(163, "acted upon after 4 s", 4000, 0, "invited, nobody absent");
    check_late(163, "acted upon when the request's own time is over", 30000, 0, "invited, nobody absent");
    check_late(163, "acted upon after 4 s, with 5 s of patience", 4000, 5000, "invited, nobody absent");
    check_late(163, "never acted upon", 4000000, 0, "absent, nobody absent");
}

/* --- addresses (row 164) ---------------------------------------------------------------------------------- */

static void addresses(void **state)
{
    static const struct {
        const char *name, *stored, *asked, *expected;
    } cases[] = {
        { "capitals", "osten@example.com", "OSTEN@Example.COM", "invited" },
        { "lower case beyond ASCII", "\xC3\xB6sten@example.com", "\xC3\x96STEN@example.com", "unsure" },
        { "as it was sent", "\xC3\x96STEN@example.com", "\xC3\x96sten@example.com", "invited" },
        { "NFC for NFD", "\xC3\xB6@example.com", "o\xCC\x88@example.com", "unsure" },
        { "a domain as punycode", "a@xn--sten-5qa.example", "a@\xC3\xB6sten.example", "unsure" },
        { "a domain out of punycode", "a@\xC3\xB6sten.example", "a@XN--sten-5qa.example", "unsure" },
        { "punycode as it was sent", "a@xn--sten-5qa.example", "a@XN--sten-5qa.example", "invited" },
        { "a sign that differs by one bit", "a^b@example.com", "a~b@example.com", "absent" },
        { "another one", "other@example.com", "osten@example.com", "absent" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(cases); i++) {
        begin_confirm(0, 0);
        server.names[LIST_INVITES][0] = cases[i].stored;
        server.names_len[LIST_INVITES] = 1;
        server.named[LIST_INVITES] = true;
        show_confirm(&cases[i].asked, 1);
        hostile_case(164, cases[i].name, cases[i].expected, seen);
    }
}

/* --- the client used inside (row 165) --------------------------------------------------------------------- */

static const struct ango_page page = { 1, 5 };
static const char *const to[] = { "a@b" };
static const struct ango_invitation invitation = { to, 1, ANGO_ORGANIZATION_MEMBER, NULL, 0 };

static int start_invitation(void)
{
    return ango_invite_members_to_org_start(&x.client, "org", &invitation);
}

static int ask_members(void)
{
    return ango_get_organization_members(&x.client, "org", NULL, &page);
}

static int take_step(void)
{
    return ango_step(&x.client, 0);
}

static int take_all_steps(void)
{
    return ango_finish(&x.client);
}

static int cancel(void)
{
    ango_cancel(&x.client);
    return ANGO_OK;
}

static int shut_client(void)
{
    ango_close(&x.client);
    return ANGO_OK;
}

static int set_key(void)
{
    return ango_client_set_api_key(&x.client, "another-key");
}

static int read_kept(void)
{
    struct ango_member member;

    return ango_next_member(&x.client, &member);
}

static int walk_within(void)
{
    struct ango_walk other;
    union item item;

    assert_int_equal(ango_walk_projects(&other, &x.client, NULL), ANGO_OK);
    return ango_walk_next(&other, &item);
}

static int confirm_within(void)
{
    int err = ango_confirm_begin(&confirm, &x.client, "org", to, 1, presence);

    return err == ANGO_OK ? ango_confirm_step(&confirm, 0) : err;
}

static int begin_again(void)
{
    ango_close(&x.client);
    return ango_client_init(&x.client, &x.config, EXCHANGE_KEY);
}

static int begin_again_and_ask(void)
{
    int err = begin_again();

    return err == ANGO_OK ? ask_members() : err;
}

enum moment { FIRST, AMIDST, BETWEEN, MOMENTS };

/* Walks to that moment: before anything, after the third entry of a page, or between two pages. */
static void walk_to(enum moment moment)
{
    assert_int_equal(begin_walk(LIST_MEMBERS), ANGO_OK);
    if (moment == FIRST)
        return;
    while (handed < 13)
        if (step(LIST_MEMBERS, 0) != ANGO_OK)
            assert_true(server.requests <= 2);
    /* A key can be set only while no exchange goes on. */
    while (moment == BETWEEN && ango_client_set_api_key(&x.client, EXCHANGE_KEY) != ANGO_OK)
        (void)step(LIST_MEMBERS, 0);
}

static void used_inside(void **state)
{
    static const struct {
        const char *name;
        int (*use)(void);
        const char *expected[MOMENTS]; /* what it returned; then what came of the walk */
    } cases[] = {
        { "invites",
          start_invitation,
          { "OK; 0 entries, each once, ARG", "ARG; 45 entries, each once, END", "OK; 20 entries, each once, ARG" } },
        { "asks for another list",
          ask_members,
          { "OK; 0 entries, each once, ARG", "ARG; 45 entries, each once, END", "OK; 20 entries, each once, ARG" } },
        { "takes a step",
          take_step,
          { "ARG; 45 entries, each once, END", "ARG; 45 entries, each once, END", "OK; 45 entries, each once, END" } },
        { "takes all steps",
          take_all_steps,
          { "ARG; 45 entries, each once, END", "ARG; 45 entries, each once, END", "OK; 45 entries, each once, END" } },
        { "cancels",
          cancel,
          { "OK; 45 entries, each once, END", "OK; CANCELLED, 45 entries, each once, END",
            "OK; 45 entries, each once, END" } },
        { "closes",
          shut_client,
          { "OK; 45 entries, each once, END", "OK; CANCELLED, 45 entries, each once, END",
            "OK; 45 entries, each once, END" } },
        { "sets another key",
          set_key,
          { "OK; 45 entries, each once, END", "ARG; 45 entries, each once, END", "OK; 45 entries, each once, END" } },
        { "reads what is kept",
          read_kept,
          { "ARG; 45 entries, each once, END", "ARG; 45 entries, each once, END", "END; 45 entries, each once, END" } },
        { "begins another walk",
          walk_within,
          { "OK; 0 entries, each once, ARG", "ARG; 45 entries, each once, END", "OK; 20 entries, each once, ARG" } },
        { "reads back",
          confirm_within,
          { "WAIT; 0 entries, each once, ARG", "ARG; 45 entries, each once, END",
            "WAIT; 20 entries, each once, ARG" } },
        { "begins the client again",
          begin_again,
          { "OK; 0 entries, each once, ARG", "OK; 13 entries, each once, ARG", "OK; 20 entries, each once, ARG" } },
        { "begins the client again, and asks",
          begin_again_and_ask,
          { "OK; 0 entries, each once, ARG", "OK; 13 entries, each once, ARG", "OK; 20 entries, each once, ARG" } },
    };
    static const char *const when[] = { "at first", "amidst a page", "between two pages" };
    size_t i;
    unsigned moment;

    (void)state;
    for (i = 0; i < COUNT(cases); i++)
        for (moment = 0; moment < MOMENTS; moment++) {
            char name[64];
            int err;

            seen[0] = '\0';
            list_begin(&x, 45, CAP);
            x.config.page_limit = 20;
            walk_to((enum moment)moment);
            show("%s; ", hostile_class(cases[i].use()));
            err = go(LIST_MEMBERS);
            if (err == ANGO_E_CANCELLED) {
                show("CANCELLED, ");
                err = go(LIST_MEMBERS);
            }
            ango_cancel(&x.client);
            if (err == ANGO_E_ARG && go(LIST_MEMBERS) != ANGO_E_ARG)
                show("not for good: ");
            show_walk(err);
            shut();
            (void)snprintf(name, sizeof name, "%s %s", cases[i].name, when[moment]);
            hostile_case(165, name, cases[i].expected[moment], seen);
        }
}

/* --- without an end (row 166) ------------------------------------------------------------------------------ */

static int walk_endless(enum list_kind kind, uint32_t pages_max, uint32_t timeout_ms)
{
    union item item;
    int err;

    if (begin_walk(kind) != ANGO_OK)
        return ANGO_E_ARG;
    if (pages_max != 0)
        walk.pages_max = pages_max;
    walk.timeout_ms = timeout_ms;
    while ((err = ango_walk_next(&walk, &item)) == ANGO_OK)
        handed++;
    return err;
}

static void endless(void **state)
{
    static const char *const emails[] = { "nobody@b.example" };
    unsigned kind;
    char name[64];
    int err;

    (void)state;
    for (kind = LIST_INVITES; kind <= LIST_MEMBERS; kind++) {
        seen[0] = '\0';
        list_begin(&x, 0, CAP);
        x.config.page_limit = 1;
        server.endless = true;
        err = walk_endless((enum list_kind)kind, 0, 0);
        show("%s, %u requests", hostile_class(err), server.requests);
        show_broken();
        shut();
        (void)snprintf(name, sizeof name, "pages without end, list %u", kind);
        hostile_case(166, name, "SHAPE, 10000 requests", seen);

        seen[0] = '\0';
        list_begin(&x, 0, CAP);
        server.endless = true;
        server.latency_ms = 100;
        err = walk_endless((enum list_kind)kind, 0, 5000);
        show("%s, %u requests", hostile_class(err), server.requests);
        show_broken();
        shut();
        (void)snprintf(name, sizeof name, "pages without end, and 5 s of patience, list %u", kind);
        hostile_case(166, name, "TIME, 50 requests", seen);
    }
    seen[0] = '\0';
    list_begin(&x, 0, CAP);
    x.config.page_limit = 1;
    server.endless = true;
    show("%s", hostile_class(ango_confirm_invitations(&x.client, "org", emails, 1, presence)));
    show(", %u requests", server.requests);
    show_broken();
    shut();
    hostile_case(166, "read back from pages without end", "SHAPE, 10000 requests", seen);
    seen[0] = '\0';
    list_begin(&x, 0, CAP);
    server.endless = true;
    server.latency_ms = 1000;
    show("%s", hostile_class(ango_confirm_invitations(&x.client, "org", emails, 1, presence)));
    show(", %u requests", server.requests);
    show_broken();
    shut();
    hostile_case(166, "read back from slow pages without end", "TIME, 600 requests", seen);
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
        cmocka_unit_test(limits),    cmocka_unit_test(many),        cmocka_unit_test(changes), cmocka_unit_test(late),
        cmocka_unit_test(addresses), cmocka_unit_test(used_inside), cmocka_unit_test(endless),
    };

    return cmocka_run_group_tests(tests, open_exchange, shut_exchange);
}
