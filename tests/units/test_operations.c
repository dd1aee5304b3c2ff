/*
 * The nine operations, each through the whole client over a scripted port: the bytes of its request, every
 * size of the buffer, what is refused before anything is sent, and what comes of each kind of reply. Every
 * reply is given whole and byte by byte, and nothing that the caller can see may differ.
 */
#include "operations.h"
#include "room.h"
#include "rows.h"
#include "whole_exchange.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CAP 2048u
#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static struct exchange x;

/* --- the operations, and what they are given ------------------------------------------------------------ */

static const char *const two[] = { "user_1@example.com", "o\"brien@ex\xC3\xA4mple.com" };
static const struct ango_page third = { 3, 25 };
static const struct ango_project_assignment jobs[] = {
    { "p1", ANGO_PROJECT_LABELER },
    { "p\"2", ANGO_PROJECT_LEAD },
};
static const struct input good = { "org/1", "-a b", two, 2, 1, &third, jobs, 2 };

static int start(enum operation operation, const struct input *in)
{
    return operation_start(operation, &x.client, in);
}

/* The forms that wait; each must be the other form and ango_finish, and nothing else. */
static int call(enum operation operation, const struct input *in)
{
    return operation_call(operation, &x.client, in);
}

/* --- requests ------------------------------------------------------------------------------------------- */

#define HOST_AND_KEY \
    " HTTP/1.1\r\nHost: hub.example\r\nAccept-Encoding: identity\r\napikey: " EXCHANGE_KEY \
    "\r\nUser-Agent: ango/" ANGO_VERSION "\r\n"
#define GET(path) "GET " path HOST_AND_KEY "\r\n"
#define WITH(method, path, len, body) \
    method " " path HOST_AND_KEY "Content-Type: application/json\r\nContent-Length: " #len "\r\n\r\n" body
#define TWO "[\"user_1@example.com\",\"o\\\"brien@ex\xC3\xA4mple.com\"]"

/* The second is what is left of it with the least input. */
static const struct {
    const char *full;
    const char *least;
} golden[OPERATIONS] = {
    [INVITE] = { WITH("POST", "/v2/organization/org%2F1/invites", 188,
                      "{\"to\":" TWO ",\"organizationRole\":\"admin\",\"projectAssignments\":["
                      "{\"projectId\":\"p1\",\"projectRole\":\"Labeler\"},"
                      "{\"projectId\":\"p\\\"2\",\"projectRole\":\"Lead\"}]}"),
                 WITH("POST", "/v2/organization/o/invites", 42, "{\"to\":[\"a@b\"],\"organizationRole\":\"member\"}") },
    [INVITES] = { GET("/v2/organization/org%2F1/invites?status=pending&page=3&limit=25"),
                  GET("/v2/organization/o/invites?status=pending&page=1&limit=1") },
    [UNINVITE] = { WITH("DELETE", "/v2/organization/org%2F1/invites", 58, "{\"invites\":" TWO "}"),
                   WITH("DELETE", "/v2/organization/o/invites", 19, "{\"invites\":[\"a@b\"]}") },
    [MEMBERS] = { GET("/v2/organization/org%2F1/users?page=3&limit=25&search=-a%20b"),
                  GET("/v2/organization/o/users?page=1&limit=1") },
    [ROLE] = { WITH("POST", "/v2/organization/org%2F1/users", 130,
                    "{\"users\":[{\"email\":\"user_1@example.com\",\"organizationRole\":\"admin\"},"
                    "{\"email\":\"o\\\"brien@ex\xC3\xA4mple.com\",\"organizationRole\":\"admin\"}]}"),
               WITH("POST", "/v2/organization/o/users", 55,
                    "{\"users\":[{\"email\":\"a@b\",\"organizationRole\":\"member\"}]}") },
    [REMOVE] = { WITH("DELETE", "/v2/organization/org%2F1/users", 56, "{\"users\":" TWO "}"),
                 WITH("DELETE", "/v2/organization/o/users", 17, "{\"users\":[\"a@b\"]}") },
    [PROJECTS] = { GET("/v2/listProjects?page=3&limit=25&sort=-a%20b"), GET("/v2/listProjects?page=1&limit=1") },
    [ASSIGN] = { WITH("POST", "/v2/project/org%2F1/assigned", 77, "{\"assignees\":" TWO ",\"role\":\"Manager\"}"),
                 WITH("POST", "/v2/project/o/assigned", 38, "{\"assignees\":[\"a@b\"],\"role\":\"Labeler\"}") },
    [PROJECT] = { GET("/v2/project/org%2F1"), GET("/v2/project/o") },
};

static const char *const one[] = { "a@b" };
static const struct ango_page first = { 1, 1 };
static const struct input least = { "o", NULL, one, 1, 2, &first, NULL, 0 };

static const struct script_event silence[] = { SCRIPT_STOP };
static const struct script_event refusal[] = {
    SCRIPT_ANSWER("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
    SCRIPT_STOP,
};

static void check_sent(enum operation operation, const struct input *in, const char *expected)
{
    size_t len = strlen(expected);

    assert_int_equal(exchange_begin(&x, refusal, CAP), ANGO_OK);
    assert_int_equal(call(operation, in), ANGO_E_STATUS);
    assert_int_equal(x.script.sent_len, len);
    assert_memory_equal(x.script.sent, expected, len);
    assert_null(exchange_broken(&x, 1));
    ango_close(&x.client);

    /* In slices, on a port that takes a byte at a time and would block before each. */
    assert_int_equal(exchange_begin(&x, refusal, CAP), ANGO_OK);
    x.script.send_piece = x.script.piece = 1;
    x.script.wait_first = true;
    assert_int_equal(start(operation, in), ANGO_OK);
    while (ango_step(&x.client, 0) == ANGO_E_WAIT)
        ;
    assert_int_equal(x.client.result.error, ANGO_E_STATUS);
    assert_int_equal(x.script.sent_len, len);
    assert_memory_equal(x.script.sent, expected, len);
    assert_null(exchange_broken(&x, 1));
    ango_close(&x.client);
}

static void requests(void **state)
{
    unsigned i;

    (void)state;
    for (i = 0; i < OPERATIONS; i++) {
        check_sent((enum operation)i, &good, golden[i].full);
        check_sent((enum operation)i, &least, golden[i].least);
    }
}

/* An empty search, and an empty order, are none. */
static void empty_text(void **state)
{
    struct input in = least;

    (void)state;
    in.text = "";
    check_sent(MEMBERS, &in, golden[MEMBERS].least);
    check_sent(PROJECTS, &in, golden[PROJECTS].least);
}

static void words(void **state)
{
    static const char *const organization[] = { "admin", "member" };
    static const char *const project[] = { "Manager", "Labeler", "Reviewer", "Lead" };
    char expected[512];
    struct input in = least;

    (void)state;
    for (in.role = 1; in.role <= 2; in.role++) {
        const char *word = organization[in.role - 1];
        unsigned len = (unsigned)strlen(word);

        (void)snprintf(expected, sizeof expected,
                       "POST /v2/organization/o/users" HOST_AND_KEY
                       "Content-Type: application/json\r\nContent-Length: %u\r\n\r\n"
                       "{\"users\":[{\"email\":\"a@b\",\"organizationRole\":\"%s\"}]}",
                       49 + len, word);
        check_sent(ROLE, &in, expected);
    }
    for (in.role = 1; in.role <= 4; in.role++) {
        const char *word = project[in.role - 1];
        unsigned len = (unsigned)strlen(word);

        (void)snprintf(expected, sizeof expected,
                       "POST /v2/project/o/assigned" HOST_AND_KEY
                       "Content-Type: application/json\r\nContent-Length: %u\r\n\r\n"
                       "{\"assignees\":[\"a@b\"],\"role\":\"%s\"}",
                       31 + len, word);
        check_sent(ASSIGN, &in, expected);
    }
}

/* The smallest buffer that the least request fits is enough for a success. */
static void least_capacity(void **state)
{
    static const struct script_event success[] = {
        SCRIPT_ANSWER("HTTP/1.1 200 OK\r\n\r\n{\"data\":{\"invites\":[{\"to\":\"a@b\"}],\"users\":[],\"projects\":[],"
                      "\"project\":{\"assignedTo\":[{}]}},\"message\":\"well done\",\"status\":\"success\"}"),
        { SCRIPT_FIN, NULL, 0 },
    };
    unsigned i;
    size_t cap;

    (void)state;
    for (i = 0; i < OPERATIONS; i++)
        for (cap = ANGO_ROOM_MIN; cap < 400; cap++) {
            int err = exchange_begin(&x, success, cap);

            assert_int_equal(err, ANGO_OK);
            x.config.host = "h";
            x.config.user_agent = "";
            assert_int_equal(ango_client_init(&x.client, &x.config, "k"), ANGO_OK);
            err = call((enum operation)i, &least);
            assert_null(exchange_broken(&x, 1));
            if (err != ANGO_E_SPACE)
                assert_int_equal(err, ANGO_OK);
            else
                assert_true(cap < 220);
            ango_close(&x.client);
        }
}

static void every_capacity(void **state)
{
    unsigned i;
    unsigned variant;

    (void)state;
    for (i = 0; i < OPERATIONS; i++)
        for (variant = 0; variant < 2; variant++) {
            const char *text = variant == 0 ? golden[i].full : golden[i].least;
            const char *length = strstr(text, "Content-Length: ");
            /* Ten digits are reserved for Content-Length. */
            size_t need = strlen(text) + (length != NULL ? 10 - strcspn(length + 16, "\r") : 0);
            size_t cap;

            if (need < ANGO_ROOM_MIN) /* for the reply */
                need = ANGO_ROOM_MIN;

            for (cap = 0; cap <= need + 1; cap++) {
                int err = exchange_begin(&x, silence, cap);

                assert_int_equal(err, cap < 1 ? ANGO_E_ARG : ANGO_OK);
                if (err != ANGO_OK)
                    continue;
                err = start((enum operation)i, variant == 0 ? &good : &least);
                assert_int_equal(err, cap < need ? ANGO_E_SPACE : ANGO_OK);
                assert_int_equal(x.client.result.error, err);
                assert_int_equal(x.client.result.need, need);
                if (err != ANGO_OK) {
                    assert_int_equal(ango_step(&x.client, 0), ANGO_E_SPACE);
                } else {
                    ango_cancel(&x.client);
                }
                assert_int_equal(x.client.result.outcome, ANGO_NOT_SENT);
                assert_null(exchange_broken(&x, 0));
                assert_int_equal(x.script.calls[SCRIPT_ANY], 0);
            }
        }
}

/* --- refused before anything is sent -------------------------------------------------------------------- */

static bool has_id(enum operation operation)
{
    return operation != PROJECTS;
}

static bool has_page(enum operation operation)
{
    return operation == INVITES || operation == MEMBERS || operation == PROJECTS;
}

/* Which change something, and whose replies nobody documents: nothing is insisted on but the status. */
static bool has_emails(enum operation operation)
{
    return !has_page(operation) && operation != PROJECT;
}

static bool has_role(enum operation operation)
{
    return operation == INVITE || operation == ROLE || operation == ASSIGN;
}

static void check_refused(enum operation operation, const struct input *in, int expected, size_t index)
{
    assert_int_equal(exchange_begin(&x, refusal, CAP), ANGO_OK);
    assert_int_equal(call(operation, in), expected);
    assert_int_equal(x.client.result.error, expected);
    assert_int_equal(x.client.result.outcome, ANGO_NOT_SENT);
    if (expected != ANGO_E_ARG)
        assert_int_equal(x.client.result.index, index);
    assert_int_equal(x.script.calls[SCRIPT_ANY], 0);
    assert_null(exchange_broken(&x, 0));
    /* The client is as good as before. */
    assert_int_equal(call(operation, &good), ANGO_E_STATUS);
    assert_null(exchange_broken(&x, 1));
    ango_close(&x.client);
}

static void bad_ids(void **state)
{
    static const char *const ids[] = { NULL, "", ".", "..", "a\nb", "a\x7F", "\xC3", "\xED\xA0\x80", "\x01" };
    struct input in = good;
    unsigned i;
    size_t k;

    (void)state;
    for (i = 0; i < OPERATIONS; i++)
        for (k = 0; has_id((enum operation)i) && k < COUNT(ids); k++) {
            in.id = ids[k];
            check_refused((enum operation)i, &in, ANGO_E_ID, 0);
        }
}

static void bad_emails(void **state)
{
    static char long_local[80], long_whole[300];
    static const char *const none[] = { NULL,    "",      "a",     "@b",     "a@",     "a@b@c",
                                        "a b@c", "a@b c", "a@b\n", "a\tb@c", "\xC3@b", "a@\xFF" };
    const char *list[3];
    struct input in = good;
    unsigned i;
    size_t k;
    size_t at;

    (void)state;
    memset(long_local, 'a', 65);
    strcpy(long_local + 65, "@b");
    memset(long_whole, 'a', 255);
    long_whole[60] = '@';
    in.emails = list;
    in.emails_len = 3;
    for (i = 0; i < OPERATIONS; i++)
        for (k = 0; has_emails((enum operation)i) && k < COUNT(none) + 2; k++)
            for (at = 0; at < 3; at++) {
                list[0] = list[1] = list[2] = "a@b";
                list[at] = k < COUNT(none) ? none[k] : k == COUNT(none) ? long_local : long_whole;
                check_refused((enum operation)i, &in, ANGO_E_EMAIL, at);
            }
}

static void bad_lists_and_roles(void **state)
{
    static const int roles[] = { 0, -1, 3, 5, INT32_MAX, INT32_MIN };
    struct input in;
    unsigned i;
    size_t k;

    (void)state;
    for (i = 0; i < OPERATIONS; i++) {
        if (!has_emails((enum operation)i))
            continue;
        in = good;
        in.emails_len = 0;
        check_refused((enum operation)i, &in, ANGO_E_ARG, 0);
        in = good;
        in.emails_len = (size_t)INT_MAX + 1;
        check_refused((enum operation)i, &in, ANGO_E_ARG, 0);
        in = good;
        in.emails = NULL;
        check_refused((enum operation)i, &in, ANGO_E_ARG, 0);
        for (k = 0; has_role((enum operation)i) && k < COUNT(roles); k++) {
            in = good;
            in.role = roles[k];
            if (i != ASSIGN || roles[k] != ANGO_PROJECT_REVIEWER)
                check_refused((enum operation)i, &in, ANGO_E_ARG, 0);
        }
    }
}

static void bad_assignments(void **state)
{
    struct ango_project_assignment list[2] = { { "p1", ANGO_PROJECT_LABELER }, { "", ANGO_PROJECT_LABELER } };
    struct input in = good;

    (void)state;
    in.assignments = list;
    check_refused(INVITE, &in, ANGO_E_ID, 1);
    list[0].project_id = "";
    check_refused(INVITE, &in, ANGO_E_ID, 0);
    list[0].project_id = "p1";
    list[1].project_id = NULL;
    check_refused(INVITE, &in, ANGO_E_ID, 1);
    list[1].project_id = "p2";
    list[1].project_role = (enum ango_project_role)5;
    check_refused(INVITE, &in, ANGO_E_ARG, 0);
    list[1].project_role = (enum ango_project_role)0;
    check_refused(INVITE, &in, ANGO_E_ARG, 0);
    in.assignments = NULL;
    check_refused(INVITE, &in, ANGO_E_ARG, 0);
    assert_int_equal(exchange_begin(&x, refusal, CAP), ANGO_OK);
    assert_int_equal(ango_invite_members_to_org(&x.client, "o", NULL), ANGO_E_ARG);
    assert_int_equal(x.script.calls[SCRIPT_ANY], 0);
}

static void bad_pages(void **state)
{
    static const struct ango_page pages[] = { { 0, 1 }, { 1, 0 }, { 1, 101 }, { 0, 0 }, { 1, UINT32_MAX } };
    struct input in = good;
    unsigned i;
    size_t k;

    (void)state;
    for (i = 0; i < OPERATIONS; i++)
        for (k = 0; has_page((enum operation)i) && k <= COUNT(pages); k++) {
            in.page = k < COUNT(pages) ? &pages[k] : NULL;
            check_refused((enum operation)i, &in, ANGO_E_ARG, 0);
        }
}

static void good_pages(void **state)
{
    static const struct ango_page last = { UINT32_MAX, 100 };
    struct input in = least;

    (void)state;
    in.page = &last;
    check_sent(INVITES, &in, GET("/v2/organization/o/invites?status=pending&page=4294967295&limit=100"));
    check_sent(MEMBERS, &in, GET("/v2/organization/o/users?page=4294967295&limit=100"));
    check_sent(PROJECTS, &in, GET("/v2/listProjects?page=4294967295&limit=100"));
}

static void bad_texts(void **state)
{
    static const char *const texts[] = { "a\nb", "\xC3", "\x7F" };
    struct input in = good;
    size_t k;

    (void)state;
    for (k = 0; k < COUNT(texts); k++) {
        in.text = texts[k];
        check_refused(MEMBERS, &in, ANGO_E_ID, 0);
        check_refused(PROJECTS, &in, ANGO_E_ID, 0);
    }
}

/* Another start while an exchange goes on changes nothing of it; a client never set up starts none. */
static void busy(void **state)
{
    static struct ango_client never;
    unsigned i, k;

    (void)state;
    for (i = 0; i < OPERATIONS; i++) {
        for (k = 0; k < OPERATIONS; k++) {
            assert_int_equal(exchange_begin(&x, refusal, CAP), ANGO_OK);
            assert_int_equal(start((enum operation)i, &good), ANGO_OK);
            assert_int_equal(start((enum operation)k, &good), ANGO_E_ARG);
            assert_int_equal(ango_finish(&x.client), ANGO_E_STATUS);
            assert_int_equal(x.script.sent_len, strlen(golden[i].full));
            assert_memory_equal(x.script.sent, golden[i].full, strlen(golden[i].full));
            ango_close(&x.client);
        }
        x.client = never;
        assert_int_equal(start((enum operation)i, &good), ANGO_E_ARG);
    }
}

/* --- replies -------------------------------------------------------------------------------------------- */

struct text {
    char bytes[2048];
    size_t len;
};

static void append(struct text *text, const char *format, ...)
{
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = vsnprintf(text->bytes + text->len, sizeof text->bytes - text->len, format, arguments);
    va_end(arguments);
    assert_in_range(len, 0, sizeof text->bytes - text->len - 1);
    text->len += (size_t)len;
}

/* Every operation's items, as " [field,field]"; only one of them may be there. */
static void show_items(struct text *text)
{
    struct ango_invite i;
    struct ango_member m;
    struct ango_role_update u;
    struct ango_project p;
    struct ango_assignee a;
    struct ango_client *c = &x.client;

    while (ango_next_invite(c, &i) == ANGO_OK)
        append(text, " [%s,%s,%s,%s,%s,%s,%s,%s]", i.id, i.to, i.organization_role, i.status, i.message, i.created_by,
               i.created_at, i.expires_at);
    while (ango_next_member(c, &m) == ANGO_OK)
        append(text, " [%s,%s,%s,%s,%s]", m.id, m.email, m.name, m.organization_role, m.created_at);
    while (ango_next_role_update(c, &u) == ANGO_OK)
        append(text, " [%s,%s,%s]", u.email, u.status, u.message);
    while (ango_next_project(c, &p) == ANGO_OK)
        append(text, " [%s,%s,%s,%s,%s]", p.id, p.name, p.description, p.organization, p.created_at);
    while (ango_next_assignee(c, &a) == ANGO_OK)
        append(text, " [%s,%s]", a.assignee, a.role);
}

/* " text": the message is the body, as it came. */
static void describe(struct text *text, const char *body)
{
    const struct ango_result *r = &x.client.result;

    text->len = 0;
    append(text, "%s %c %u", hostile_class(r->error), hostile_letter(r->outcome), r->http_status);
    if (r->message[0] != '\0')
        append(text, strcmp(r->message, body) == 0 ? " text" : " \"%s\"", r->message);
    if (r->retry_after_s != 0)
        append(text, " retry=%lu", (unsigned long)r->retry_after_s);
    if (r->error == ANGO_OK && (r->done != 0 || r->failed != 0 || r->total != 0))
        append(text, " done=%lu failed=%lu total=%lu", (unsigned long)r->done, (unsigned long)r->failed,
               (unsigned long)r->total);
    if (r->error == ANGO_OK && r->items != 0)
        append(text, " items=%lu", (unsigned long)r->items);
    show_items(text);
}

static void check_reply(enum operation operation, const char *status_line, const char *body, const char *expected)
{
    static char reply[8192];
    struct script_event events[] = { { SCRIPT_REQUEST, NULL, 0 }, { SCRIPT_BYTES, reply, 0 }, SCRIPT_STOP };
    struct text seen;
    unsigned slowly;

    events[1].len = (size_t)snprintf(reply, sizeof reply, "HTTP/1.1 %s\r\nContent-Length: %u\r\n\r\n%s", status_line,
                                     (unsigned)strlen(body), body);
    assert_in_range(events[1].len, 1, sizeof reply - 1);
    for (slowly = 0; slowly < 2; slowly++) {
        assert_int_equal(exchange_begin(&x, events, CAP), ANGO_OK);
        x.script.piece = slowly;
        x.script.wait_first = slowly != 0;
        (void)call(operation, &good);
        describe(&seen, body);
        if (strcmp(seen.bytes, expected) != 0)
            fail_msg("operation %u, %s: expected \"%s\", seen \"%s\"", (unsigned)operation, body, expected, seen.bytes);
        assert_null(exchange_broken(&x, 1));
        ango_close(&x.client);
        assert_int_equal(x.script.opened, x.script.closed);
    }
}

#define DATA(text) "{\"status\":\"success\",\"data\":" text "}"

static const struct {
    enum operation operation;
    const char *body;
    const char *says;
} replies[] = {
    /* The documented replies, and more in them than we ask for. */
    { INVITE,
      DATA("{\"invites\":[{\"_id\":\"i1\",\"to\":\"a@b\",\"organizationRole\":\"Admin\","
           "\"status\":\"Pending\","
           "\"createdBy\":\"u\",\"createdAt\":\"2025-01-15T10:30:00.000Z\","
           "\"expiresAt\":\"2025-01-22T10:30:00.000Z\"},"
           "{\"to\":\"c@d\",\"status\":\"Failed\",\"message\":\"User is already a member\"}]}"),
      "OK A 200 items=2 [i1,a@b,Admin,Pending,,u,2025-01-15T10:30:00.000Z,2025-01-22T10:30:00.000Z] "
      "[,c@d,,Failed,User is already a member,,,]" },
    { INVITES, DATA("{\"invites\":[{\"to\":\"a@b\",\"_id\":\"i1\",\"new\":{\"to\":[\"x\"]}}],\"more\":[1,{}]}"),
      "OK A 200 items=1 [i1,a@b,,,,,,]" },
    { INVITES, DATA("{\"invites\":[]}"), "OK A 200" },
    { UNINVITE, DATA("{\"deleted\":2,\"failed\":1}"), "OK A 200 done=2 failed=1 total=0" },
    { MEMBERS,
      DATA("{\"users\":[{\"_id\":\"u1\",\"email\":\"z@b\",\"name\":\"Zo\\u00eb \\\"Zo\\\"\","
           "\"organizationRole\":\"Guest\",\"createdAt\":\"2025\"},"
           "{\"_id\":\"u2\",\"email\":\"y@b\",\"name\":null}]}"),
      "OK A 200 items=2 [u1,z@b,Zo\xC3\xAB \"Zo\",Guest,2025] [u2,y@b,,,]" },
    { MEMBERS, DATA("{\"users\":[]}"), "OK A 200" },
    { ROLE,
      DATA("{\"users\":{\"updated\":1,\"failed\":2,\"results\":[{\"email\":\"a@b\",\"status\":\"Updated\"},"
           "{\"email\":\"c@d\",\"status\":\"Failed\",\"message\":\"not a member\"}"
           ",{\"email\":\"e@f\",\"status\":\"Odd\"}]}}"),
      "OK A 200 done=1 failed=2 total=0 items=3 [a@b,Updated,] [c@d,Failed,not a member] [e@f,Odd,]" },
    { ROLE, DATA("{\"users\":{\"results\":[],\"failed\":0,\"updated\":0}}"), "OK A 200" },
    { ROLE, DATA("{\"users\":{\"results\":[{\"email\":\"a@b\",\"status\":\"s\"}],\"failed\":3,\"updated\":4}}"),
      "OK A 200 done=4 failed=3 total=0 items=1 [a@b,s,]" },
    { REMOVE, DATA("{\"deleted\":0,\"failed\":2}"), "OK A 200 done=0 failed=2 total=0" },
    { REMOVE, DATA("{\"results\":[{\"deleted\":9}],\"deleted\":1,\"inner\":{\"failed\":7}}"),
      "OK A 200 done=1 failed=0 total=0" },
    { PROJECTS,
      DATA("{\"total\":12,\"projects\":[{\"_id\":\"p1\",\"name\":\"n\",\"description\":\"d\","
           "\"organization\":\"o\",\"createdAt\":\"c\",\"total\":5}]}"),
      "OK A 200 done=0 failed=0 total=12 items=1 [p1,n,d,o,c]" },
    { PROJECTS, DATA("{\"projects\":[{\"_id\":\"p1\",\"name\":\"n\",\"description\":7}],\"total\":1}"),
      "OK A 200 done=0 failed=0 total=1 items=1 [p1,n,,,]" },
    { ASSIGN,
      DATA("{\"project\":{\"_id\":\"p\",\"assignedTo\":[{\"assignee\":\"a@b\",\"role\":\"Lead\"},"
           "{\"assignee\":\"c@d\",\"role\":\"Janitor\"}]},\"failed\":0}"),
      "OK A 200 items=2 [a@b,Lead] [c@d,Janitor]" },

    /* What is not documented may be missing, or something else. */
    { INVITE, DATA("{}"), "OK A 200" },
    { INVITE, "{\"status\":\"success\"}", "OK A 200" },
    { INVITE, DATA("null"), "OK A 200" },
    { INVITE, DATA("[]"), "OK A 200" },
    { INVITE, DATA("{\"invites\":\"two\"}"), "OK A 200" },
    { INVITE, DATA("{\"invites\":[1,{\"to\":7,\"_id\":\"i\"}]}"), "OK A 200 items=1 [i,,,,,,,]" },
    { UNINVITE, DATA("{}"), "OK A 200" },
    { UNINVITE, "{\"status\":\"success\"}", "OK A 200" },
    { ASSIGN, DATA("{}"), "OK A 200" },
    { ASSIGN, DATA("{\"project\":\"p\"}"), "OK A 200" },
    { ASSIGN, DATA("{\"project\":{\"assignedTo\":\"a@b\"}}"), "OK A 200" },
    { ASSIGN, DATA("{\"project\":{\"assignedTo\":[\"a@b\"]}}"), "OK A 200" },
    { ASSIGN, DATA("{\"project\":{\"assignedTo\":[{\"role\":1}]}}"), "OK A 200 items=1 [,]" },

    /* Nor is each field of what is documented always text. */
    { INVITE,
      DATA("{\"invites\":[{\"_id\":1,\"to\":\"a@b\",\"organizationRole\":[1],\"status\":{},\"message\":true,"
           "\"createdBy\":{\"to\":\"x\"},\"createdAt\":-1,\"expiresAt\":null}]}"),
      "OK A 200 items=1 [,a@b,,,,,,]" },
    { MEMBERS,
      DATA("{\"users\":[{\"email\":\"a@b\",\"name\":[\"n\"],\"organizationRole\":1,"
           "\"createdAt\":{\"name\":2}}]}"),
      "OK A 200 items=1 [,a@b,,,]" },
    { ROLE, DATA("{\"users\":{\"updated\":1,\"failed\":0,\"results\":[{\"status\":\"s\",\"message\":[0]}]}}"),
      "OK A 200 done=1 failed=0 total=0 items=1 [,s,]" },
    { PROJECTS, DATA("{\"total\":1,\"projects\":[{\"name\":\"n\",\"organization\":{\"_id\":\"o\"},\"createdAt\":5}]}"),
      "OK A 200 done=0 failed=0 total=1 items=1 [,n,,,]" },
    { ASSIGN, DATA("{\"project\":{\"assignedTo\":[{\"assignee\":{\"_id\":\"u\"},\"role\":\"r\"}]}}"),
      "OK A 200 items=1 [,r]" },

    /* A list that was asked for must be there: else it would seem empty, and is not. The text is there until one begins. */
    { INVITES, DATA("{}"), "SHAPE U 200 text" },
    { INVITES, "{\"status\":\"success\"}", "SHAPE U 200 text" },
    { INVITES, DATA("{\"invites\":null}"), "SHAPE U 200 text" },
    { INVITES, DATA("{\"invites\":{}}"), "SHAPE U 200 text" },
    { INVITES, DATA("[{\"invites\":[]}]"), "SHAPE U 200 text" },
    { MEMBERS, DATA("{}"), "SHAPE U 200 text" },
    { MEMBERS, DATA("{\"users\":null}"), "SHAPE U 200 text" },
    { MEMBERS, DATA("{\"users\":{}}"), "SHAPE U 200 text" },
    { MEMBERS, DATA("{\"users\":[],\"users\":[]}"), "SHAPE U 200" },
    { MEMBERS, DATA("{\"users\":null,\"users\":[]}"), "SHAPE U 200 text" },
    { MEMBERS, DATA("{\"invites\":[]}"), "SHAPE U 200 text" },
    { PROJECTS, DATA("{\"total\":0}"), "SHAPE U 200 text" },
    { PROJECTS, DATA("{\"projects\":{},\"total\":0}"), "SHAPE U 200 text" },
    { PROJECT, DATA("{}"), "SHAPE U 200 text" },
    { PROJECT, DATA("{\"project\":\"p\"}"), "SHAPE U 200 text" },
    { PROJECT, DATA("{\"project\":{\"_id\":\"p\"}}"), "SHAPE U 200 text" },
    { PROJECT, DATA("{\"project\":{\"assignedTo\":null}}"), "SHAPE U 200 text" },
    { PROJECT, DATA("{\"assignedTo\":[]}"), "SHAPE U 200 text" },
    { PROJECT, DATA("{\"project\":{\"assignedTo\":[]}}"), "OK A 200" },
    { PROJECT,
      DATA("{\"project\":{\"_id\":\"p\",\"role\":\"Lead\",\"tools\":[{\"assignedTo\":[{\"assignee\":\"x\"}]}],"
           "\"assignedTo\":[{\"role\":\"Lead\",\"_id\":\"1\",\"assignee\":\"a@b\"},{\"assignee\":\"c@d\"}]},\"total\":"
           "9}"),
      "OK A 200 items=2 [a@b,Lead] [c@d,]" },

    /* What is in it may be of other types: a value that is not of its field's type counts as missing. */
    { MEMBERS, DATA("{\"users\":[\"a@b\"]}"), "OK A 200" },
    { MEMBERS, DATA("{\"users\":[{\"_id\":7}]}"), "OK A 200 items=1 [,,,,]" },
    { MEMBERS, DATA("{\"users\":[{\"email\":[]}]}"), "OK A 200 items=1 [,,,,]" },
    { MEMBERS, DATA("{\"users\":[{\"email\":{\"email\":\"x\"},\"name\":\"n\"}]}"), "OK A 200 items=1 [,,n,,]" },
    { MEMBERS, DATA("{\"users\":[[{\"email\":\"x\"}],null,{\"email\":\"a@b\"},1]}"), "OK A 200 items=1 [,a@b,,,]" },
    { PROJECTS, DATA("{\"projects\":[{\"name\":{}}],\"total\":0}"), "OK A 200 items=1 [,,,,]" },
    { PROJECTS, DATA("{\"projects\":[{\"_id\":7}],\"total\":0}"), "OK A 200 items=1 [,,,,]" },

    /* Row 130: what is there is shown, and what is missing is empty. */
    { ROLE, DATA("{}"), "OK A 200" },
    { ROLE, "{\"status\":\"success\"}", "OK A 200" },
    { ROLE, DATA("{\"users\":[]}"), "OK A 200" },
    { ROLE, DATA("{\"users\":[{\"email\":\"a@b\"}]}"), "OK A 200" },
    { ROLE, DATA("{\"users\":{\"updated\":1,\"failed\":0}}"), "OK A 200 done=1 failed=0 total=0" },
    { ROLE, DATA("{\"users\":{\"updated\":1,\"failed\":0,\"results\":{}}}"), "OK A 200 done=1 failed=0 total=0" },
    { ROLE, DATA("{\"users\":{\"updated\":1,\"failed\":0,\"results\":[{\"email\":1}]}}"),
      "OK A 200 done=1 failed=0 total=0 items=1 [,,]" },
    { ROLE, DATA("{\"users\":{\"updated\":1,\"failed\":0,\"results\":[{\"status\":true}]}}"),
      "OK A 200 done=1 failed=0 total=0 items=1 [,,]" },
};

static void success_replies(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(replies); i++)
        check_reply(replies[i].operation, "200 OK", replies[i].body, replies[i].says);
    for (i = 0; i < OPERATIONS; i++) {
        /* Row 127: whatever was asked, the server's no comes first. */
        check_reply((enum operation)i, "200 OK", "{\"status\":\"fail\",\"message\":\"no\"}", "STATUS U 200 \"no\"");
        check_reply((enum operation)i, "200 OK", "{\"status\":\"error\",\"data\":null}", "STATUS U 200 text");
        check_reply((enum operation)i, "200 OK", "[]", "SHAPE U 200 text");
        check_reply((enum operation)i, "200 OK", "sorry", "JSON U 200 text");
    }
}

/* Without a body all may be well, but a list that was asked for is not an empty one. */
static void no_content(void **state)
{
    unsigned i;

    (void)state;
    for (i = 0; i < OPERATIONS; i++)
        check_reply((enum operation)i, "204 No Content", "", has_emails((enum operation)i) ? "OK A 204" : "JSON U 204");
}

static void error_replies(void **state)
{
    static const struct {
        const char *status;
        char outcome;
    } errors[] = {
        { "400 Bad Request", 'R' }, { "401 Unauthorized", 'R' },    { "403 Forbidden", 'R' },
        { "404 Not Found", 'R' },   { "408 Request Timeout", 'U' }, { "429 Too Many\r\nRetry-After: 17", 'R' },
        { "500 Internal", 'U' },    { "502 Bad Gateway", 'U' },
    };
    char body[128], expected[128];
    unsigned i;
    size_t k;

    (void)state;
    for (i = 0; i < OPERATIONS; i++)
        for (k = 0; k < COUNT(errors); k++) {
            const char *retry = strstr(errors[k].status, "Retry-After") != NULL ? " retry=17" : "";

            (void)snprintf(body, sizeof body, "{\"status\":\"fail\",\"message\":\"why %.3s\"}", errors[k].status);
            (void)snprintf(expected, sizeof expected, "STATUS %c %.3s \"why %.3s\"%s", errors[k].outcome,
                           errors[k].status, errors[k].status, retry);
            check_reply((enum operation)i, errors[k].status, body, expected);
            /* The other shape that is in use, and what a gateway says. */
            (void)snprintf(body, sizeof body,
                           "{\"status\":\"error\",\"error\":{\"statusCode\":1},\"message\":\"why %.3s\"}",
                           errors[k].status);
            check_reply((enum operation)i, errors[k].status, body, expected);
            (void)snprintf(expected, sizeof expected, "STATUS %c %.3s text%s", errors[k].outcome, errors[k].status,
                           retry);
            check_reply((enum operation)i, errors[k].status, "<h1>no</h1>", expected);
            /* Row 128: without a message that is a string. */
            check_reply((enum operation)i, errors[k].status, "{\"error\":\"invalid key\"}", expected);
            check_reply((enum operation)i, errors[k].status, "{\"message\":[\"to must be an email\"]}", expected);
            check_reply((enum operation)i, errors[k].status, "{\"errors\":[{\"msg\":\"no\"}],\"message\":\"\"}",
                        expected);
            /* A success that is none. */
            check_reply((enum operation)i, errors[k].status, DATA("{\"invites\":[{\"to\":\"a@b\"}]}"), expected);
            (void)snprintf(expected, sizeof expected, "STATUS %c %.3s%s", errors[k].outcome, errors[k].status, retry);
            check_reply((enum operation)i, errors[k].status, "", expected);
        }
}

/* Each count at its limits. What is no number counts as missing, and what is none of these is not the API's. */
static void counts(void **state)
{
    static const struct {
        const char *value;
        const char *count; /* NULL: ANGO_E_SHAPE */
    } values[] = {
        { "0", "0" },
        { "1", "1" },
        { "100", "100" },
        { "4294967294", "4294967294" },
        { "4294967295", "4294967295" },
        { "4294967296", NULL },
        { "42949672950", NULL },
        { "99999999999999999999", NULL },
        { "123456789012345678901234567890", NULL },
        { "1.5", NULL },
        { "1.0", NULL },
        { "1e3", NULL },
        { "1E3", NULL },
        { "0e0", NULL },
        { "-1", NULL },
        { "-0", NULL },
        { "null", "0" },
        { "\"1\"", "0" },
        { "true", "0" },
        { "[]", "0" },
        { "{}", "0" },
    };
    static const struct {
        enum operation operation;
        const char *before; /* what the reply is around the value */
        const char *after;
        const char *says; /* with %s for the value */
    } places[] = {
        { UNINVITE, "{\"deleted\":", ",\"failed\":1}", "done=%s failed=1 total=0" },
        { UNINVITE, "{\"deleted\":1,\"failed\":", "}", "done=1 failed=%s total=0" },
        { REMOVE, "{\"failed\":1,\"deleted\":", "}", "done=%s failed=1 total=0" },
        { REMOVE, "{\"failed\":", ",\"deleted\":1}", "done=1 failed=%s total=0" },
        { ROLE, "{\"users\":{\"updated\":", ",\"failed\":1,\"results\":[]}}", "done=%s failed=1 total=0" },
        { ROLE, "{\"users\":{\"updated\":1,\"results\":[],\"failed\":", "}}", "done=1 failed=%s total=0" },
        { PROJECTS, "{\"projects\":[],\"total\":", "}", "done=0 failed=0 total=%s" },
        { PROJECTS, "{\"total\" : ", " ,\"projects\":[]}", "done=0 failed=0 total=%s" },
    };
    char body[256], counted[128], expected[160];
    size_t i, k;

    (void)state;
    for (i = 0; i < COUNT(places); i++)
        for (k = 0; k < COUNT(values); k++) {
            const char *value = values[k].count;

            (void)snprintf(body, sizeof body, DATA("%s%s%s"), places[i].before, values[k].value, places[i].after);
            if (value == NULL) { /* a list leaves no text */
                check_reply(places[i].operation, "200 OK", body,
                            strstr(body, ":[]") != NULL ? "SHAPE U 200" : "SHAPE U 200 text");
                continue;
            }
            (void)snprintf(counted, sizeof counted, places[i].says, value);
            (void)snprintf(expected, sizeof expected, "OK A 200 %s", counted);
            if (strcmp(counted, "done=0 failed=0 total=0") == 0)
                strcpy(expected, "OK A 200");
            check_reply(places[i].operation, "200 OK", body, expected);
        }
    /* A number that no number of JSON begins like, and one that comes twice. */
    check_reply(REMOVE, "200 OK", DATA("{\"deleted\":01}"), "JSON U 200 text");
    check_reply(REMOVE, "200 OK", DATA("{\"deleted\":1,\"deleted\":1}"), "SHAPE U 200 text");
    check_reply(ROLE, "200 OK", DATA("{\"users\":{\"results\":[],\"failed\":1,\"failed\":1}}"), "SHAPE U 200");
}

/* Items can be read only of the last success, and only as what they are. */
static void items_of_another(void **state)
{
    static const struct script_event events[] = {
        SCRIPT_ANSWER("HTTP/1.1 200 OK\r\nContent-Length: 68\r\n\r\n"
                      "{\"status\":\"success\",\"data\":{\"users\":[{\"_id\":\"u1\",\"email\":\"a@b\"}]}}  "),
        SCRIPT_ANSWER("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"),
        SCRIPT_STOP,
    };
    struct ango_invite invite;
    struct ango_member member;
    struct ango_role_update update;
    struct ango_project project;
    struct ango_assignee assignee;

    (void)state;
    assert_int_equal(exchange_begin(&x, events, CAP), ANGO_OK);
    assert_int_equal(ango_next_member(&x.client, &member), ANGO_E_ARG);
    assert_int_equal(start(MEMBERS, &good), ANGO_OK);
    assert_int_equal(ango_next_member(&x.client, &member), ANGO_E_ARG);
    assert_int_equal(ango_finish(&x.client), ANGO_OK);
    assert_int_equal(ango_next_invite(&x.client, &invite), ANGO_E_ARG);
    assert_int_equal(ango_next_role_update(&x.client, &update), ANGO_E_ARG);
    assert_int_equal(ango_next_project(&x.client, &project), ANGO_E_ARG);
    assert_int_equal(ango_next_assignee(&x.client, &assignee), ANGO_E_ARG);
    assert_int_equal(ango_next_member(&x.client, NULL), ANGO_E_ARG);
    assert_int_equal(ango_next_member(NULL, &member), ANGO_E_ARG);
    assert_int_equal(ango_next_member(&x.client, &member), ANGO_OK);
    assert_string_equal(member.email, "a@b");
    assert_int_equal(ango_next_member(&x.client, &member), ANGO_E_END);
    assert_int_equal(ango_next_member(&x.client, &member), ANGO_E_END);
    assert_int_equal(call(MEMBERS, &good), ANGO_E_STATUS);
    assert_int_equal(ango_next_member(&x.client, &member), ANGO_E_ARG);
    ango_close(&x.client);
}

/* ANGO_TOKENS are enough for an entry with each of its members, at whatever place of what is set aside. */
static void tokens(void **state)
{
    static struct ango_token more[ANGO_TOKENS + 1];
    static const char body[] =
        DATA("{\"invites\":[{\"_id\":\"1\",\"to\":\"2\",\"organizationRole\":\"3\",\"status\":\"4\","
             "\"message\":\"5\",\"createdBy\":\"6\",\"createdAt\":\"7\",\"expiresAt\":\"8\",\"x\":9}]}");
    size_t cap;

    (void)state;
    check_reply(INVITE, "200 OK", body, "OK A 200 items=1 [1,2,3,4,5,6,7,8]");
    for (cap = 0; cap <= ANGO_TOKENS + 1; cap++) {
        (void)exchange_begin(&x, refusal, CAP);
        x.config.tokens = more;
        x.config.tokens_cap = cap;
        assert_int_equal(ango_client_init(&x.client, &x.config, EXCHANGE_KEY),
                         cap < ANGO_TOKENS ? ANGO_E_ARG : ANGO_OK);
    }
}

/* Whatever call of the port fails, at most one request goes out, and the outcome is in agreement with it. */
static void failing_port(void **state)
{
    static const struct script_event events[] = {
        SCRIPT_ANSWER("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"status\":\"success\"}"),
        SCRIPT_STOP,
    };
    unsigned i, at;

    (void)state;
    for (i = 0; i < OPERATIONS; i++)
        for (at = 1; at <= 3; at++) {
            const struct script_fault fault = { SCRIPT_ANY, at, 1, ANGO_E_NET };

            assert_int_equal(exchange_begin(&x, events, CAP), ANGO_OK);
            x.script.faults[0] = fault;
            assert_int_equal(call((enum operation)i, &good), ANGO_E_NET);
            assert_int_equal(x.client.result.outcome, at == 1 ? ANGO_NOT_SENT : ANGO_UNKNOWN);
            assert_null(exchange_broken(&x, 1));
            assert_int_equal(x.script.opened, x.script.closed);
        }
}

static int open_exchange(void **state)
{
    (void)state;
    exchange_open(&x, 1 << 16);
    return 0;
}

/* The hostile row 170: a server that sends the key back, in each way in which the reply can end. */
static void key_in_message(void **state)
{
#define REFUSED(len, body) SCRIPT_ANSWER("HTTP/1.1 401 No\r\nContent-Length: " len "\r\n\r\n" body)
    static const struct script_event whole[] = {
        REFUSED("71", "{\"status\":\"fail\",\"message\":\"no " EXCHANGE_KEY " here\",\"x\":1}"), SCRIPT_STOP
    };
    static const struct script_event cut[] = {
        REFUSED("99", "{\"status\":\"fail\",\"message\":\"no " EXCHANGE_KEY " here\",\"x\":1}"),
        { SCRIPT_FIN, NULL, 0 },
        SCRIPT_STOP,
    };
    static const struct script_event text[] = { REFUSED("36", "<p>no " EXCHANGE_KEY " here</p>"), SCRIPT_STOP };
    static const struct script_event half[] = { REFUSED("10", "no SECRET-"), SCRIPT_STOP };
    static const struct script_event chance[] = { REFUSED("6", "no SEC"), SCRIPT_STOP };
    static const struct {
        const struct script_event *events;
        const char *message;
    } cases[] = {
        { whole, "no ************************* here" },
        { cut, "no ************************* here" },
        { text, "<p>no ************************* here" },
        { half, "no *******" },
        { chance, "no SEC" }, /* so little tells nothing, and may be a word's end */
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(exchange_begin(&x, cases[i].events, CAP), ANGO_OK);
        assert_int_not_equal(exchange_invite(&x), ANGO_OK);
        assert_string_equal(x.client.result.message, cases[i].message);
    }
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
        cmocka_unit_test(requests),
        cmocka_unit_test(empty_text),
        cmocka_unit_test(words),
        cmocka_unit_test(least_capacity),
        cmocka_unit_test(every_capacity),
        cmocka_unit_test(bad_ids),
        cmocka_unit_test(bad_emails),
        cmocka_unit_test(bad_lists_and_roles),
        cmocka_unit_test(bad_assignments),
        cmocka_unit_test(bad_pages),
        cmocka_unit_test(good_pages),
        cmocka_unit_test(bad_texts),
        cmocka_unit_test(busy),
        cmocka_unit_test(success_replies),
        cmocka_unit_test(error_replies),
        cmocka_unit_test(no_content),
        cmocka_unit_test(counts),
        cmocka_unit_test(key_in_message),
        cmocka_unit_test(items_of_another),
        cmocka_unit_test(tokens),
        cmocka_unit_test(failing_port),
    };

    return cmocka_run_group_tests(tests, open_exchange, shut_exchange);
}
