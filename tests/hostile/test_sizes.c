/*
 * A reply at every size of the buffer from 256 bytes to 2 KB (as far as it holds the request): the same outcome, and the
 * same entries, or an honest count of those that did not fit; kept until the end, and handed out as they come. Rows 45,
 * 70 and 123 to 132.
 */
#include "operations.h"
#include "room.h"
#include "rows.h"
#include "whole_exchange.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CAP_MIN 256u
#define CAP_MAX 2048u
#define CAP_AMPLE 65536u
#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static struct exchange x;

/* --- the reply ------------------------------------------------------------------------------------------ */

static char reply[1 << 18];
static size_t reply_len;

static void add(const char *text)
{
    size_t len = strlen(text);

    assert_in_range(len, 0, sizeof reply - 1 - reply_len);
    memcpy(reply + reply_len, text, len + 1);
    reply_len += len;
}

static void add_times(const char *text, size_t times)
{
    while (times-- > 0)
        add(text);
}

static void read_case(const char *name)
{
    char path[128];
    FILE *file;

    (void)snprintf(path, sizeof path, "tests/hostile/cases/%s", name);
    file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("%s cannot be opened: run this in the project's top folder", path);
    reply_len = fread(reply, 1, sizeof reply - 1, file);
    reply[reply_len] = '\0';
    (void)fclose(file);
}

/* --- what is seen of it --------------------------------------------------------------------------------- */

#define ENTRIES_MAX 2000u

struct seen {
    int error;
    enum ango_outcome outcome;
    unsigned http_status;
    uint32_t retry_after_s, done, failed, total;
    size_t items, kept;
    size_t read;  /* entries that were handed out */
    size_t large; /* entries that did not fit, in a walk */
    char message[600];
    uint64_t entry[ENTRIES_MAX]; /* what stands for each */
};

/* FNV-1a, over a struct of strings. */
static uint64_t digest(const void *entry, size_t size)
{
    const char *const *text = entry;
    uint64_t d = 14695981039346656037u;
    size_t i;

    for (i = 0; i < size / sizeof *text; i++) {
        const char *p = text[i];

        do
            d = (d ^ (uint8_t)*p) * 1099511628211u;
        while (*p++ != '\0');
    }
    return d;
}

union item {
    struct ango_invite invite;
    struct ango_member member;
    struct ango_role_update role_update;
    struct ango_project project;
    struct ango_assignee assignee;
};

static void take(struct seen *seen, const void *entry, size_t size)
{
    assert_in_range(seen->read, 0, ENTRIES_MAX - 1);
    seen->entry[seen->read++] = digest(entry, size);
}

static void take_result(struct seen *seen)
{
    const struct ango_result *r = &x.client.result;

    seen->error = r->error;
    seen->outcome = r->outcome;
    seen->http_status = r->http_status;
    seen->retry_after_s = r->retry_after_s;
    seen->done = r->done;
    seen->failed = r->failed;
    seen->total = r->total;
    seen->items = r->error == ANGO_OK ? r->items : 0;
    seen->kept = r->error == ANGO_OK ? r->kept : 0;
    (void)snprintf(seen->message, sizeof seen->message, "%s", r->message);
}

static void collect(struct seen *seen)
{
    struct ango_client *c = &x.client;
    union item item;

    while (ango_next_invite(c, &item.invite) == ANGO_OK)
        take(seen, &item, sizeof item.invite);
    while (ango_next_member(c, &item.member) == ANGO_OK)
        take(seen, &item, sizeof item.member);
    while (ango_next_role_update(c, &item.role_update) == ANGO_OK)
        take(seen, &item, sizeof item.role_update);
    while (ango_next_project(c, &item.project) == ANGO_OK)
        take(seen, &item, sizeof item.project);
    while (ango_next_assignee(c, &item.assignee) == ANGO_OK)
        take(seen, &item, sizeof item.assignee);
}

static const char *const one[] = { EXCHANGE_TO };
static const struct ango_page page = { 1, 100 };
static const struct input input = { "org", NULL, one, 1, 1, &page, NULL, 0 };

/* One exchange; false when the buffer does not hold the request. */
static bool run(struct seen *seen, enum operation operation, size_t cap, size_t piece)
{
    struct script_event events[] = { { SCRIPT_REQUEST, NULL, 0 }, { SCRIPT_BYTES, reply, 0 }, { SCRIPT_FIN, NULL, 0 } };
    const char *broken;

    events[1].len = reply_len;
    memset(seen, 0, offsetof(struct seen, entry));
    assert_int_equal(exchange_begin(&x, events, cap), ANGO_OK);
    x.script.piece = piece;
    if (operation_call(operation, &x.client, &input) == ANGO_E_SPACE)
        return false;
    broken = exchange_broken(&x, 1);
    if (broken != NULL)
        fail_msg("buffer of %u: %s", (unsigned)cap, broken);
    take_result(seen);
    collect(seen);
    ango_close(&x.client);
    return true;
}

/* The first page of a walk; the second one brings nothing. */
static bool run_walk(struct seen *seen, enum operation operation, size_t cap, size_t piece)
{
    static const char nothing[] = "HTTP/1.1 200 OK\r\nContent-Length: 68\r\n\r\n"
                                  "{\"status\":\"success\",\"data\":{\"invites\":[],\"users\":[],\"projects\":[]}}  ";
    struct script_event events[] = { { SCRIPT_REQUEST, NULL, 0 }, { SCRIPT_BYTES, reply, 0 }, { SCRIPT_FIN, NULL, 0 },
                                     { SCRIPT_NEXT, NULL, 0 },    SCRIPT_ANSWER(nothing),     SCRIPT_STOP };
    struct ango_walk walk;
    union item item;
    size_t size = operation == INVITES ? sizeof item.invite
        : operation == MEMBERS         ? sizeof item.member
                                       : sizeof item.project;
    const char *broken;
    int err;

    events[1].len = reply_len;
    memset(seen, 0, offsetof(struct seen, entry));
    assert_int_equal(exchange_begin(&x, events, cap), ANGO_OK);
    x.script.piece = piece;
    err = operation == INVITES ? ango_walk_invites(&walk, &x.client, "org")
        : operation == MEMBERS ? ango_walk_members(&walk, &x.client, "org", NULL)
                               : ango_walk_projects(&walk, &x.client, NULL);
    assert_int_equal(err, ANGO_OK);
    while ((err = ango_walk_next(&walk, &item)) == ANGO_OK || err == ANGO_E_ENTRY)
        if (err == ANGO_OK)
            take(seen, &item, size);
        else
            seen->large++;
    if (err == ANGO_E_SPACE)
        return false;
    broken = exchange_broken(&x, 2);
    if (broken != NULL)
        fail_msg("buffer of %u: %s", (unsigned)cap, broken);
    seen->error = err;
    ango_close(&x.client);
    return true;
}

/* --- comparing ------------------------------------------------------------------------------------------ */

/* Whether what was handed out are entries of the whole list, in its order, each at most once. */
static bool is_part(const struct seen *some, const struct seen *all)
{
    size_t at = 0, i;

    for (i = 0; i < some->read; i++) {
        while (at < all->read && all->entry[at] != some->entry[i])
            at++;
        if (at++ == all->read)
            return false;
    }
    return true;
}

/*
 * A message of the API's is there whole, or not at all: it is there if it has up to 95 bytes and fits beside the text,
 * which has half of the buffer. Where it is not a text may stand in, as it came, to that half.
 */
static bool is_message(const struct seen *some, const struct seen *all, size_t cap)
{
    const char *body = strstr(reply, "\r\n\r\n") + 4;
    size_t len = strlen(some->message);
    size_t half = (cap - ANGO_ROOM_MIN) / 2 < 511 ? (cap - ANGO_ROOM_MIN) / 2 : 511;
    bool is_text = strncmp(body, all->message, strlen(all->message)) == 0;

    if (strcmp(some->message, all->message) == 0)
        return true;
    if (!is_text && strlen(all->message) <= 95
        && strlen(all->message) + ANGO_ROOM_STATUS <= cap - 2 - half - ANGO_ROOM_RESERVED)
        return false;
    if (!is_text && len == 0)
        return all->error == ANGO_OK || all->items > 0;
    return len == half && strncmp(some->message, body, len) == 0;
}

static const char *compare(const struct seen *some, const struct seen *all, size_t cap)
{
    if (some->error != all->error || some->outcome != all->outcome || some->http_status != all->http_status)
        return "another outcome";
    if (some->retry_after_s != all->retry_after_s || some->done != all->done || some->failed != all->failed
        || some->total != all->total || some->items != all->items)
        return "another count";
    if (some->read != some->kept || some->kept > some->items)
        return "not as many entries as it says";
    if (!is_part(some, all))
        return "an entry that is none";
    if (!is_message(some, all, cap))
        return "another message";
    return NULL;
}

static const char *compare_walks(const struct seen *some, const struct seen *all)
{
    if (some->error != all->error)
        return "another end";
    if (some->read + some->large != all->read + all->large)
        return "not each entry once";
    return is_part(some, all) ? NULL : "an entry that is none";
}

typedef bool (*runner)(struct seen *, enum operation, size_t, size_t);

/* In which pieces the reply comes with this buffer: whole, and sometimes slowly too. */
static size_t next_piece(size_t piece, size_t cap)
{
    if (piece == 0 && reply_len < 10000 && cap % 7 == 0)
        return 1;
    if (piece <= 1 && cap % 7 == 1)
        return 13;
    return SIZE_MAX; /* no more */
}

static void check_with(int row, const char *name, enum operation operation, const char *expected, bool walks)
{
    static struct seen ample, some;
    runner runs = walks ? run_walk : run;
    const char *broken = NULL;
    char seen[200], title[96];
    size_t cap, piece, sizes = 0;

    assert_true(runs(&ample, operation, CAP_AMPLE, 0));
    (void)snprintf(seen, sizeof seen, "%s %c %u %u entries", hostile_class(ample.error), hostile_letter(ample.outcome),
                   ample.http_status, (unsigned)ample.read);
    if (walks)
        (void)snprintf(seen, sizeof seen, "%s %u entries", hostile_class(ample.error), (unsigned)ample.read);
    for (cap = CAP_MIN; cap <= CAP_MAX && broken == NULL; cap++)
        for (piece = 0; piece != SIZE_MAX && broken == NULL; piece = next_piece(piece, cap)) {
            if (!runs(&some, operation, cap, piece))
                continue;
            sizes++;
            broken = walks ? compare_walks(&some, &ample) : compare(&some, &ample, cap);
            if (broken != NULL)
                (void)snprintf(seen + strlen(seen), sizeof seen - strlen(seen),
                               "; buffer of %u, pieces of %u: %s (%s %c, %u of %u entries)", (unsigned)cap,
                               (unsigned)piece, broken, hostile_class(some.error), hostile_letter(some.outcome),
                               (unsigned)some.read, (unsigned)some.items);
        }
    assert_true(broken != NULL || sizes > CAP_MAX - CAP_MIN - 100); /* the request fits nearly all of them */
    (void)snprintf(title, sizeof title, "%s, every buffer%s", name, walks ? ", walked" : "");
    hostile_case(row, title, expected, seen);
}

static void check(int row, const char *name, enum operation operation, const char *expected)
{
    check_with(row, name, operation, expected, false);
}

static void check_walk(int row, const char *name, enum operation operation, const char *expected)
{
    check_with(row, name, operation, expected, true);
}

/* --- the cases ------------------------------------------------------------------------------------------ */

static void files(void **state)
{
    static const struct {
        int row;
        enum operation operation;
        const char *name;
        const char *expected;
        const char *walked; /* NULL: no list that can be walked */
    } cases[] = {
        { 123, INVITE, "headers-behind-a-cdn.http", "OK A 201 1 entries", NULL },
        { 125, INVITE, "invite-echoes-nested.http", "OK A 201 1 entries", NULL },
        { 125, INVITES, "invite-echoes-nested.http", "OK A 201 1 entries", "END 1 entries" },
        { 126, ASSIGN, "assigned-whole-project.http", "OK A 200 2 entries", NULL },
        { 126, PROJECT, "assigned-whole-project.http", "OK A 200 2 entries", NULL },
        { 127, INVITE, "says-no-with-200.http", "STATUS U 200 0 entries", NULL },
        { 127, MEMBERS, "says-no-with-200.http", "STATUS U 200 0 entries", "STATUS 0 entries" },
        { 128, INVITE, "refusal-without-message.http", "STATUS R 400 0 entries", NULL },
        { 128, ROLE, "refusal-message-list.http", "STATUS R 400 0 entries", NULL },
        { 129, MEMBERS, "members-half-a-surrogate.http", "OK A 200 2 entries", "END 2 entries" },
        { 130, ROLE, "roles-updated-without-results.http", "OK A 200 0 entries", NULL },
        { 130, PROJECTS, "projects-total-is-text.http", "OK A 200 1 entries", "END 1 entries" },
        { 131, INVITE, "chunk-size-padded-with-spaces.http", "OK A 201 1 entries", NULL },
        { 131, INVITE, "chunk-ext-with-space.http", "OK A 201 1 entries", NULL },
        { 132, INVITE, "folded-header.http", "OK A 201 1 entries", NULL },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(cases); i++) {
        read_case(cases[i].name);
        check(cases[i].row, cases[i].name, cases[i].operation, cases[i].expected);
        if (cases[i].walked != NULL)
            check_walk(cases[i].row, cases[i].name, cases[i].operation, cases[i].walked);
    }
}

#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

/* `times` invitations of growing size, with what is said before and behind the list. */
static void add_list(const char *before, unsigned times, const char *behind)
{
    char entry[160];
    unsigned i;

    reply_len = 0;
    add(HEAD "{");
    add(before);
    add("\"data\":{\"total\":7,\"invites\":[");
    for (i = 0; i < times; i++) {
        (void)snprintf(entry, sizeof entry,
                       "%s{\"_id\":\"%u\",\"x\":[{}],\"to\":\"%.*s@b\\u00e9\",\"status\":\"Pending\"}",
                       i > 0 ? "," : "", i, (int)(i % 90), HUNDRED);
        add(entry);
    }
    add("]}");
    add(behind);
    add("}");
}

#define GOOD "\"status\":\"success\""

/* What the server says before its list, and behind it, where the entries have taken all the room. */
static void words(void **state)
{
    char message[160], name[64];
    unsigned len;

    (void)state;
    add_list(GOOD ",", 40, "");
    check(45, "status before 40 entries", INVITES, "OK A 200 40 entries");
    check_walk(45, "status before 40 entries", INVITES, "END 40 entries");
    add_list("", 40, "," GOOD);
    check(45, "status behind 40 entries", INVITES, "OK A 200 40 entries");
    check_walk(45, "status behind 40 entries", INVITES, "END 40 entries");
    add_list("", 40, ",\"status\":\"fail\"");
    check(127, "a no behind 40 entries", INVITES, "STATUS U 200 0 entries");
    for (len = 80; len <= 95; len += len == 80 ? 7 : 1) {
        (void)snprintf(name, sizeof name, "message of %u bytes, then status, behind 40 entries", len);
        (void)snprintf(message, sizeof message, ",\"message\":\"%.*s\"," GOOD, (int)len, HUNDRED);
        add_list("", 40, message);
        check(70, name, INVITES, "OK A 200 40 entries");
        (void)snprintf(name, sizeof name, "message of %u bytes, then status, before 40 entries", len);
        (void)snprintf(message, sizeof message, "\"message\":\"%.*s\"," GOOD ",", (int)len, HUNDRED);
        add_list(message, 40, "");
        check(70, name, INVITES, "OK A 200 40 entries");
    }
    reply_len = 0;
    add(HEAD "{\"message\":\"");
    add_times(HUNDRED, 60);
    add("\"," GOOD "}");
    check(70, "message of 6 KB, then status", INVITE, "OK A 200 0 entries");
    add_list("", 40, ",\"message\":\"" HUNDRED HUNDRED "\"," GOOD);
    check(70, "message of 200 bytes, then status, behind 40 entries", INVITES, "OK A 200 40 entries");
}

/* What is there of a word too long for any of these buffers never changes what becomes of it. */
static void long_words(void **state)
{
    (void)state;
    reply_len = 0;
    add(HEAD "{\"status\":\"");
    add_times(HUNDRED, 60);
    add("\"}");
    check(127, "status of 6 KB", INVITE, "SHAPE U 200 0 entries");
    reply_len = 0;
    add(HEAD "{\"status\":\"" HUNDRED HUNDRED "\"}");
    check(127, "status of 200 bytes", INVITE, "SHAPE U 200 0 entries");
    reply_len = 0;
    add(HEAD "{\"message\":\"" HUNDRED HUNDRED "\",\"status\":\"" TEN TEN "123\"}");
    check(127, "status of 23 bytes", INVITE, "STATUS U 200 0 entries");
    reply_len = 0;
    add("HTTP/1.1 400 No\r\n\r\n{\"message\":\"");
    add_times(HUNDRED, 60);
    add("\"}");
    check(128, "refusal of 6 KB", INVITE, "STATUS R 400 0 entries");
    reply_len = 0;
    add("HTTP/1.1 502 Bad\r\nRetry-After: 9\r\n\r\n<html>");
    add_times(HUNDRED, 60);
    check(50, "a gateway's page of 6 KB", INVITE, "STATUS U 502 0 entries");
    reply_len = 0;
    add(HEAD "<html>");
    add_times(HUNDRED, 60);
    check(51, "a portal's page of 6 KB", INVITE, "JSON U 200 0 entries");
}

/* Headers of 5 KB, in lines and in one; an entry that is larger than the buffer among others. */
static void large_parts(void **state)
{
    (void)state;
    reply_len = 0;
    add("HTTP/1.1 200 OK\r\n");
    add_times("X-Some-Header: " HUNDRED "\r\n", 45);
    add("\r\n{" GOOD ",\"data\":{\"invites\":[{\"to\":\"a@b\"}]}}");
    check(123, "5 KB of headers", INVITE, "OK A 200 1 entries");
    reply_len = 0;
    add("HTTP/1.1 200 OK\r\nContent-Security-Policy: ");
    add_times(HUNDRED, 50);
    add("\r\n\r\n{" GOOD ",\"data\":{\"invites\":[{\"to\":\"a@b\"}]}}");
    check(124, "a line of 5 KB", INVITE, "OK A 200 1 entries");
    reply_len = 0;
    add(HEAD "{" GOOD ",\"data\":{\"users\":[{\"email\":\"a@b\"},{\"name\":\"");
    add_times(HUNDRED, 12);
    add("\",\"email\":\"c@d\"},{\"email\":\"e@f\"},{},{\"email\":\"" HUNDRED HUNDRED "@b\"},{\"name\":\"");
    add_times("\\u00e4", 150);
    add("\"}]}}");
    check(70, "entries of 1,200, 200 and 900 bytes", MEMBERS, "OK A 200 6 entries");
    check_walk(70, "entries of 1,200, 200 and 900 bytes", MEMBERS, "END 6 entries");
}

/* Also in an entry that does not fit, what is wrong is wrong. */
static void wrong_parts(void **state)
{
    (void)state;
    reply_len = 0;
    add(HEAD "{" GOOD ",\"data\":{\"users\":[{\"name\":\"");
    add_times(HUNDRED, 30);
    add("\\u0000\"}]}}");
    check(63, "NUL in a name of 3 KB", MEMBERS, "SHAPE U 200 0 entries");
    reply_len = 0;
    add(HEAD "{" GOOD ",\"data\":{\"users\":[{\"name\":\"");
    add_times(HUNDRED, 30);
    add("\",\"email\":\"a\",\"email\":\"b\"}]}}");
    check(66, "email twice, behind a name of 3 KB", MEMBERS, "SHAPE U 200 0 entries");
    reply_len = 0;
    add(HEAD "{" GOOD ",\"data\":{\"users\":[{\"name\":\"");
    add_times(HUNDRED, 30);
    add("\\ud83\"}]}}");
    check(59, "half an escape in a name of 3 KB", MEMBERS, "JSON U 200 0 entries");
}

static int open_exchange(void **state)
{
    (void)state;
    exchange_open(&x, CAP_AMPLE);
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
        cmocka_unit_test(files),       cmocka_unit_test(words),       cmocka_unit_test(long_words),
        cmocka_unit_test(large_parts), cmocka_unit_test(wrong_parts),
    };

    return cmocka_run_group_tests(tests, open_exchange, shut_exchange);
}
