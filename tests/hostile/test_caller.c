/*
 * What a caller may get wrong: the rows 102 to 111 of the hostile network. Whatever is refused is refused
 * before the port is called, and the client is as good as new afterwards; whatever is let through is on
 * the wire byte for byte.
 */
#include "whole_exchange.h"
#include "rows.h"
#include "json_samples.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CAP 4096u
#define GOOD "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"status\":\"success\"}"

static struct exchange x;
static const struct script_event events[] = {
    SCRIPT_ANSWER(GOOD),
    SCRIPT_ANSWER(GOOD),
    SCRIPT_ANSWER(GOOD),
    SCRIPT_STOP,
};

/* --- one case ------------------------------------------------------------------------------------------- */

/* What is wrong after a success and a refusal, or NULL. */
static const char *spoilt(void)
{
    const char *broken = exchange_broken(&x, 2);
    unsigned calls = x.script.calls[SCRIPT_ANY];

    if (broken != NULL)
        return broken;
    if (script_requests(&x.script, NULL) != 1)
        return "something was sent";
    if (exchange_invite(&x) != ANGO_OK || script_requests(&x.script, NULL) != 2)
        return "the next invitation failed";
    /* One look whether the kept connection is quiet, the request, the reply. */
    if (x.script.calls[SCRIPT_ANY] != calls + 3 || x.script.opened != 1)
        return "the kept connection was disturbed";
    return exchange_broken(&x, 2);
}

static void refused(int row, const char *name, const char *organization_id, const struct ango_invitation *invitation,
                    const char *expected)
{
    const struct ango_result *r = &x.client.result;
    const char *wrong;
    char seen[128];
    int err, again;

    /* After a success, so that it would show if any of that were left. */
    assert_int_equal(exchange_begin(&x, events, CAP), ANGO_OK);
    assert_int_equal(exchange_invite(&x), ANGO_OK);
    err = ango_invite_members_to_org_start(&x.client, organization_id, invitation);
    again = ango_step(&x.client, 0);
    (void)snprintf(seen, sizeof seen, "%s %c", hostile_class(err), hostile_letter(r->outcome));
    if (err == ANGO_E_EMAIL || err == ANGO_E_ID)
        (void)snprintf(seen + strlen(seen), sizeof seen - strlen(seen), " %lu", (unsigned long)r->index);
    if (r->error != err || again != err || r->http_status != 0 || r->status[0] != '\0')
        (void)snprintf(seen + strlen(seen), sizeof seen - strlen(seen), ", and a stale result");
    wrong = spoilt();
    ango_close(&x.client);
    if (wrong != NULL)
        (void)snprintf(seen + strlen(seen), sizeof seen - strlen(seen), ": %s", wrong);
    hostile_case(row, name, expected, seen);
}

static bool was_sent(const char *text)
{
    size_t i, len = strlen(text);

    for (i = 0; i + len <= x.script.sent_len; i++)
        if (memcmp(x.script.sent + i, text, len) == 0)
            return true;
    return false;
}

/* Sent, with `text` somewhere in it. */
static void sent(int row, const char *name, const char *organization_id, const struct ango_invitation *invitation,
                 const char *text)
{
    char seen[128];
    const char *broken;
    int err;

    assert_int_equal(exchange_begin(&x, events, CAP), ANGO_OK);
    err = ango_invite_members_to_org(&x.client, organization_id, invitation);
    broken = exchange_broken(&x, 1);
    ango_close(&x.client);
    (void)snprintf(seen, sizeof seen, "%s %c%s", hostile_class(err), hostile_letter(x.client.result.outcome),
                   was_sent(text) ? ", exactly" : ", something else was sent");
    if (broken != NULL)
        (void)snprintf(seen + strlen(seen), sizeof seen - strlen(seen), ": %s", broken);
    hostile_case(row, name, "OK A, exactly", seen);
}

/* An invitation of good@example.com and `email`, so that its index is 1. */
static const struct ango_invitation *to(const char *email)
{
    static const char *list[2];
    static const struct ango_invitation invitation = { list, 2, ANGO_ORGANIZATION_MEMBER, NULL, 0 };

    list[0] = "good@example.com";
    list[1] = email;
    return &invitation;
}

/* --- email addresses ------------------------------------------------------------------------------------ */

static void email_bytes(void **state)
{
    static const struct {
        const char *email;
        const char *json;
    } quoted[] = {
        { "\"a b\"@example.com", NULL },
        { "\"a.b\"@example.com", "\\\"a.b\\\"@example.com" },
        { "a\\b@example.com", "a\\\\b@example.com" },
        { "\"@\\", "\\\"@\\\\" },
        { "a@\"", "a@\\\"" },
        { "\\\"\\\"@x", "\\\\\\\"\\\\\\\"@x" },
        { "a/b@x", "a/b@x" },
        { "a'b<c>&d@x", "a'b<c>&d@x" },
        { "\\u0041@x", "\\\\u0041@x" },
        { "a\",\"x\":\"@b", "a\\\",\\\"x\\\":\\\"@b" },
    };
    static const char *const utf8[] = {
        "j\xC3\xB6rg@example.com",  "\xE6\x9D\x8E@\xE4\xBE\x8B.\xE6\xB5\x8B\xE8\xAF\x95",
        "\xF0\x9F\x98\x80@x",       "a@\xF4\x8F\xBF\xBF",
        "\xC2\x80@\xDF\xBF",        "\xE0\xA0\x80@\xEF\xBF\xBF",
        "\xED\x9F\xBF@\xEE\x80\x80"
    };
    size_t i;
    char name[64], email[64], json[80];

    (void)state;
    for (i = 1; i < 0x21; i++) {
        (void)snprintf(email, sizeof email, "us%cer@example.com", (char)(i == 0x20 ? 0x7F : i));
        (void)snprintf(name, sizeof name, "0x%02X in the local part", (unsigned)(i == 0x20 ? 0x7F : i));
        refused(102, name, "org", to(email), "EMAIL N 1");
    }
    refused(102, "NUL", "org", to("user\0@example.com"), "EMAIL N 1");
    refused(102, "CR LF and a header", "org", to("user@example.com\r\napikey: other"), "EMAIL N 1");
    refused(102, "LF at the end", "org", to("user@example.com\n"), "EMAIL N 1");
    refused(102, "DEL in the domain", "org", to("user@exa\x7Fmple.com"), "EMAIL N 1");
    refused(102, "tab at the front", "org", to("\tuser@example.com"), "EMAIL N 1");
    for (i = 0; i < SAMPLES(quoted); i++) {
        if (quoted[i].json == NULL) {
            refused(103, quoted[i].email, "org", to(quoted[i].email), "EMAIL N 1");
            continue;
        }
        (void)snprintf(json, sizeof json, ",\"%s\"],", quoted[i].json);
        sent(103, quoted[i].email, "org", to(quoted[i].email), json);
    }
    for (i = 0; i < SAMPLES(utf8); i++) {
        (void)snprintf(json, sizeof json, ",\"%s\"],", utf8[i]);
        sent(104, utf8[i], "org", to(utf8[i]), json);
    }
    for (i = 0; i < SAMPLES(json_bad_utf8) && json_bad_utf8[i].text[0] != '\\'; i++) {
        (void)snprintf(email, sizeof email, "us%s@example.com", json_bad_utf8[i].text);
        refused(104, json_bad_utf8[i].name, "org", to(email), "EMAIL N 1");
        (void)snprintf(email, sizeof email, "user@example%s", json_bad_utf8[i].text);
        (void)snprintf(name, sizeof name, "%s, last", json_bad_utf8[i].name);
        refused(104, name, "org", to(email), "EMAIL N 1");
    }
    assert_int_equal(json_bad_utf8[i].text[0], '\\');
}

/* local_len bytes, an @, and as much as makes `len`. */
static const char *address(char *email, size_t local_len, size_t len)
{
    memset(email, 'a', len);
    email[local_len] = '@';
    email[len] = '\0';
    return email;
}

static void email_limits(void **state)
{
    static const char *const bad[] = {
        "",      "user", "@",    "@example.com", "user@",           "@@", "a@b@c", "user@@example.com", " ",
        "a b@c", " a@b", "a@b ", "a@ b",         "user example.com"
    };
    static const char *const odd[] = { "a@b", "user@localhost",       "user@[127.0.0.1]", ".@.",
                                       "-@-", "user+tag@example.com", "a..b@c..d" };
    char email[300], name[64], json[320];
    size_t i;

    (void)state;
    for (i = 0; i < SAMPLES(bad); i++) {
        (void)snprintf(name, sizeof name, "\"%s\"", bad[i]);
        refused(105, name, "org", to(bad[i]), "EMAIL N 1");
    }
    refused(105, "NULL", "org", to(NULL), "EMAIL N 1");
    for (i = 0; i < SAMPLES(odd); i++) {
        (void)snprintf(json, sizeof json, ",\"%s\"],", odd[i]);
        sent(105, odd[i], "org", to(odd[i]), json);
    }
    (void)snprintf(json, sizeof json, ",\"%s\"],", address(email, 64, 254));
    sent(105, "254 bytes", "org", to(email), json);
    refused(105, "255 bytes", "org", to(address(email, 64, 255)), "EMAIL N 1");
    (void)snprintf(json, sizeof json, ",\"%s\"],", address(email, 64, 70));
    sent(105, "local part of 64", "org", to(email), json);
    refused(105, "local part of 65", "org", to(address(email, 65, 70)), "EMAIL N 1");
    (void)snprintf(json, sizeof json, ",\"%s\"],", address(email, 1, 254));
    sent(105, "domain of 252", "org", to(email), json);
    refused(105, "domain of 253", "org", to(address(email, 1, 255)), "EMAIL N 1");
    address(email, 0, 299);
    email[0] = 'a';
    refused(105, "299 bytes without an @", "org", to(email), "EMAIL N 1");
}

/* --- the key, the host ---------------------------------------------------------------------------------- */

static void keys(void **state)
{
    static const char *const good[] = { "k", "0123456789abcdef", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~" };
    size_t i;
    char name[64], key[64], seen[64];

    (void)state;
    for (i = 0; i < 256; i++) {
        int err, changed;

        if (i > 0x20 && i < 0x7F)
            continue;
        (void)snprintf(key, sizeof key, "ab%cc", (char)i);
        if (i == 0)
            key[0] = '\0';
        (void)snprintf(name, sizeof name, i == 0 ? "empty" : "0x%02X", (unsigned)i);
        assert_int_equal(exchange_begin(&x, events, CAP), ANGO_OK);
        changed = ango_client_set_api_key(&x.client, key);
        (void)snprintf(seen, sizeof seen, "%s", hostile_class(changed));
        if (exchange_invite(&x) != ANGO_OK || !was_sent("\r\napikey: " EXCHANGE_KEY "\r\n"))
            (void)snprintf(seen, sizeof seen, "the old key is gone");
        ango_close(&x.client);
        assert_int_equal(exchange_begin(&x, events, CAP), ANGO_OK);
        err = ango_client_init(&x.client, &x.config, key);
        if (err != changed || exchange_invite(&x) != ANGO_E_ARG || x.script.calls[SCRIPT_ANY] != 0)
            (void)snprintf(seen, sizeof seen, "%s at first, and it can be used", hostile_class(err));
        hostile_case(106, name, "KEY", seen);
    }
    for (i = 0; i < SAMPLES(good); i++) {
        char header[96];

        assert_int_equal(exchange_begin(&x, events, CAP), ANGO_OK);
        assert_int_equal(ango_client_set_api_key(&x.client, good[i]), ANGO_OK);
        assert_int_equal(exchange_invite(&x), ANGO_OK);
        ango_close(&x.client);
        (void)snprintf(header, sizeof header, "\r\napikey: %s\r\n", good[i]);
        hostile_case(106, good[i], "sent", was_sent(header) ? "sent" : "not sent");
    }
}

static void hosts(void **state)
{
    static const char *const bad[] = { "",
                                       "hub.example:443",
                                       "user@hub.example",
                                       "user:pass@hub.example",
                                       "hub.example\r\nX: y",
                                       "hub.example\n",
                                       "https://hub.example",
                                       "hub.example/",
                                       "hub example",
                                       " hub.example",
                                       "hub.example ",
                                       "hub.example?x",
                                       "hub.example#x",
                                       "hub%2eexample",
                                       "h\303\266b.example",
                                       "[::1]",
                                       "::1",
                                       "hub.example\x7F",
                                       "hub.example\t",
                                       "hub,example",
                                       "hub;example",
                                       "*",
                                       "\"hub\"" };
    static const char *const good[] = { "h",           "imeritapi.ango.ai", "127.0.0.1",
                                        "HUB.Example", "a_b-c.d",           "xn--hb-fka.example" };
    char host[300], name[64];
    size_t i, len;

    (void)state;
    for (i = 0; i < SAMPLES(bad); i++) {
        (void)exchange_begin(&x, events, CAP);
        x.config.host = bad[i];
        (void)snprintf(name, sizeof name, "%u: \"%s\"", (unsigned)i + 1, bad[i]);
        hostile_case(109, name, "HOST", hostile_class(ango_client_init(&x.client, &x.config, EXCHANGE_KEY)));
    }
    for (i = 0; i < SAMPLES(good); i++) {
        char header[96];

        (void)exchange_begin(&x, events, CAP);
        x.config.host = good[i];
        x.config.tcp_port = i % 2 == 0 ? 0 : 8443;
        assert_int_equal(ango_client_init(&x.client, &x.config, EXCHANGE_KEY), ANGO_OK);
        assert_int_equal(exchange_invite(&x), ANGO_OK);
        ango_close(&x.client);
        (void)snprintf(header, sizeof header, "\r\nHost: %s%s\r\n", good[i], i % 2 == 0 ? "" : ":8443");
        hostile_case(109, good[i], "sent", was_sent(header) ? "sent" : "not sent");
    }
    for (len = ANGO_HOST_MAX; len <= ANGO_HOST_MAX + 1; len++) {
        memset(host, 'h', len);
        host[len] = '\0';
        (void)exchange_begin(&x, events, CAP);
        x.config.host = host;
        hostile_case(109, len == ANGO_HOST_MAX ? "253 bytes" : "254 bytes", len == ANGO_HOST_MAX ? "OK" : "HOST",
                     hostile_class(ango_client_init(&x.client, &x.config, EXCHANGE_KEY)));
    }
}

/* --- identifiers ---------------------------------------------------------------------------------------- */

static void identifiers(void **state)
{
    static const struct {
        const char *id;
        const char *path;
    } encoded[] = {
        { "../", "..%2F" },
        { "%2f", "%252f" },
        { "?", "%3F" },
        { "#", "%23" },
        { "/", "%2F" },
        { " ", "%20" },
        { "a b", "a%20b" },
        { "...", "..." },
        { ".a", ".a" },
        { "..a", "..a" },
        { "&=+$,;:@", "%26%3D%2B%24%2C%3B%3A%40" },
        { "\"\\", "%22%5C" },
        { "-._~", "-._~" },
        { "[]{}|^`", "%5B%5D%7B%7D%7C%5E%60" },
        { "\xC3\xA9", "%C3%A9" },
        { "\xF0\x9F\x98\x80", "%F0%9F%98%80" },
        { "0123456789abcdefABCDEFzZ", "0123456789abcdefABCDEFzZ" },
        { "!'()*<>", "%21%27%28%29%2A%3C%3E" },
    };
    static const struct ango_project_assignment bad_project[] = { { "p", ANGO_PROJECT_LEAD },
                                                                  { "a\nb", ANGO_PROJECT_LEAD } };
    static const struct ango_project_assignment no_project[] = { { "", ANGO_PROJECT_LEAD } };
    static const struct ango_project_assignment null_project[] = { { NULL, ANGO_PROJECT_LEAD } };
    static const struct ango_project_assignment odd_project[] = { { "../\"\\%\xC3\xA9", ANGO_PROJECT_LEAD } };
    struct ango_invitation projects = *to("a@b");
    char name[64], line[128];
    size_t i;

    (void)state;
    refused(107, "CR LF and a header", "org\r\nX: y", to("a@b"), "ID N 0");
    refused(107, "LF", "org\n", to("a@b"), "ID N 0");
    refused(107, "request line", "org/invites HTTP/1.1\r\nHost: evil\r\n\r\n", to("a@b"), "ID N 0");
    sent(107, "CR LF, encoded", "org%0D%0AX:y", to("a@b"),
         "POST /v2/organization/org%250D%250AX%3Ay/invites HTTP/1.1\r\n");
    for (i = 1; i < 0x21; i++) {
        char id[8];

        (void)snprintf(id, sizeof id, "o%cg", (char)(i == 0x20 ? 0x7F : i));
        (void)snprintf(name, sizeof name, "0x%02X", (unsigned)(i == 0x20 ? 0x7F : i));
        refused(107, name, id, to("a@b"), "ID N 0");
    }
    for (i = 0; i < SAMPLES(encoded); i++) {
        (void)snprintf(line, sizeof line, "POST /v2/organization/%s/invites HTTP/1.1\r\n", encoded[i].path);
        sent(108, encoded[i].id, encoded[i].id, to("a@b"), line);
    }
    refused(108, "empty", "", to("a@b"), "ID N 0");
    refused(108, "NULL", NULL, to("a@b"), "ID N 0");
    refused(108, ".", ".", to("a@b"), "ID N 0");
    refused(108, "..", "..", to("a@b"), "ID N 0");
    for (i = 0; i < SAMPLES(json_bad_utf8) && json_bad_utf8[i].text[0] != '\\'; i++)
        refused(108, json_bad_utf8[i].name, json_bad_utf8[i].text, to("a@b"), "ID N 0");
    projects.project_assignments = bad_project;
    projects.project_assignments_len = 2;
    refused(108, "project with LF", "org", &projects, "ID N 1");
    projects.project_assignments_len = 1;
    projects.project_assignments = no_project;
    refused(108, "empty project", "org", &projects, "ID N 0");
    projects.project_assignments = null_project;
    refused(108, "NULL project", "org", &projects, "ID N 0");
    projects.project_assignments = odd_project;
    sent(108, "project in JSON", "org", &projects,
         ",\"projectAssignments\":[{\"projectId\":\"../\\\"\\\\%\xC3\xA9\",\"projectRole\":\"Lead\"}]}");
}

/* --- the prefix ------------------------------------------------------------------------------------------ */

static void prefixes(void **state)
{
    static const char *const good[] = { "", "/hub", "/a/b/c", "/a-b_c.d~e", "/0" };
    static const char *const bad[] = { "/",    "hub",  "hub/",   "/hub/",      "//hub", "/a//b",     "/a b",
                                       "/a?b", "/a#b", "/a%20b", "/a\r\nX: y", "/a\n",  "/\xC3\xA9", "/a\x7F",
                                       "/a;b", "/a:b", "/a@b",   "/a\\b",      "?" };
    char name[64], line[96];
    size_t i;

    (void)state;
    for (i = 0; i < SAMPLES(bad); i++) {
        (void)exchange_begin(&x, events, CAP);
        x.config.prefix = bad[i];
        (void)snprintf(name, sizeof name, "prefix %u: \"%s\"", (unsigned)i + 1, bad[i]);
        hostile_case(109, name, "HOST", hostile_class(ango_client_init(&x.client, &x.config, EXCHANGE_KEY)));
    }
    for (i = 0; i < SAMPLES(good); i++) {
        (void)exchange_begin(&x, events, CAP);
        x.config.prefix = good[i];
        assert_int_equal(ango_client_init(&x.client, &x.config, EXCHANGE_KEY), ANGO_OK);
        assert_int_equal(exchange_invite(&x), ANGO_OK);
        assert_null(exchange_broken(&x, 1));
        ango_close(&x.client);
        (void)snprintf(name, sizeof name, "prefix \"%s\"", good[i]);
        (void)snprintf(line, sizeof line, "POST %s/v2/organization/org/invites HTTP/1.1\r\n", good[i]);
        hostile_case(109, name, "sent", was_sent(line) ? "sent" : "not sent");
    }
}

/* --- capacities ----------------------------------------------------------------------------------------- */

/* Every capacity up to the one that suffices, and some more. What the request must be is written out. */
static void sweep(const char *name, const char *organization_id, const struct ango_invitation *invitation,
                  const char *request)
{
    static const struct script_event no_content[] = { SCRIPT_ANSWER("HTTP/1.1 204 X\r\n\r\n"), SCRIPT_STOP };
    /* Room for a Content-Length of any size is taken before the body's is known. */
    const char *digits = strstr(request, "Content-Length: ") + 16;
    size_t need = strlen(request) + 10 - strspn(digits, "0123456789");
    char expected[64], seen[128];
    size_t cap;

    (void)snprintf(expected, sizeof expected, "SPACE N, need %lu, then OK A", (unsigned long)need);
    (void)snprintf(seen, sizeof seen, "%s", expected);
    for (cap = 0; cap < need + 3 && strcmp(seen, expected) == 0; cap++) {
        const struct ango_result *r = &x.client.result;
        const char *broken;
        int err = exchange_begin(&x, no_content, cap);

        if (cap < 2 && err == ANGO_E_ARG)
            continue; /* not even a byte and its NUL */
        assert_int_equal(err, ANGO_OK);
        err = ango_invite_members_to_org(&x.client, organization_id, invitation);
        broken = exchange_broken(&x, cap < need ? 0 : 1);
        ango_close(&x.client);
        if (broken != NULL)
            (void)snprintf(seen, sizeof seen, "%lu: %s", (unsigned long)cap, broken);
        else if (cap < need
                 && (err != ANGO_E_SPACE || r->outcome != ANGO_NOT_SENT || r->need != need
                     || x.script.calls[SCRIPT_ANY] != 0))
            (void)snprintf(seen, sizeof seen, "%lu: %s %c, need %lu", (unsigned long)cap, hostile_class(err),
                           hostile_letter(r->outcome), (unsigned long)r->need);
        else if (cap >= need
                 && (err != ANGO_OK || r->outcome != ANGO_ACCEPTED || !was_sent(request)
                     || x.script.sent_len != strlen(request)))
            (void)snprintf(seen, sizeof seen, "%lu: %s %c", (unsigned long)cap, hostile_class(err),
                           hostile_letter(r->outcome));
    }
    hostile_case(110, name, expected, seen);
}

static void capacities(void **state)
{
    static const char *const emails[] = { "user_1@example.com", "\"\\\"@x", "j\xC3\xB6rg@example.com" };
    static const struct ango_project_assignment projects[] = { { "PROJECT_ID_1", ANGO_PROJECT_LABELER },
                                                               { "a\"\\b", ANGO_PROJECT_MANAGER } };
    static const struct ango_invitation one = { emails, 1, ANGO_ORGANIZATION_ADMIN, NULL, 0 };
    static const struct ango_invitation three = { emails, 3, ANGO_ORGANIZATION_MEMBER, projects, 2 };

    (void)state;
    sweep("one email", "o", &one,
          "POST /v2/organization/o/invites HTTP/1.1\r\nHost: hub.example\r\n"
          "Accept-Encoding: identity\r\napikey: " EXCHANGE_KEY "\r\nUser-Agent: ango/" ANGO_VERSION "\r\n"
          "Content-Type: application/json\r\nContent-Length: 56\r\n\r\n"
          "{\"to\":[\"user_1@example.com\"],\"organizationRole\":\"admin\"}");
    sweep("three emails, two projects", "\xC3\xA9/", &three,
          "POST /v2/organization/%C3%A9%2F/invites HTTP/1.1\r\nHost: hub.example\r\n"
          "Accept-Encoding: identity\r\napikey: " EXCHANGE_KEY "\r\nUser-Agent: ango/" ANGO_VERSION "\r\n"
          "Content-Type: application/json\r\nContent-Length: 211\r\n\r\n"
          "{\"to\":[\"user_1@example.com\",\"\\\"\\\\\\\"@x\",\"j\xC3\xB6rg@example.com\"],"
          "\"organizationRole\":\"member\","
          "\"projectAssignments\":[{\"projectId\":\"PROJECT_ID_1\",\"projectRole\":\"Labeler\"},"
          "{\"projectId\":\"a\\\"\\\\b\",\"projectRole\":\"Manager\"}]}");
}

/* --- what each request says of itself ------------------------------------------------------------------ */

#define AS_SAID(user_agent_line) \
    "POST /v2/organization/org/invites HTTP/1.1\r\nHost: hub.example\r\n" \
    "Accept-Encoding: identity\r\napikey: " EXCHANGE_KEY "\r\n" user_agent_line \
    "Content-Type: application/json\r\nContent-Length: 55\r\n\r\n" \
    "{\"to\":[\"user@example.com\"],\"organizationRole\":\"member\"}"

static void check_said(int row, const char *name, const char *user_agent, uint32_t keep_ms, const char *request)
{
    char seen[160];
    const char *broken;
    int err;

    (void)exchange_begin(&x, events, CAP);
    x.config.user_agent = user_agent;
    x.config.keep_ms = keep_ms;
    assert_int_equal(ango_client_init(&x.client, &x.config, EXCHANGE_KEY), ANGO_OK);
    err = exchange_invite(&x);
    broken = exchange_broken(&x, 1);
    ango_close(&x.client);
    (void)snprintf(seen, sizeof seen, "%s, %s%s", hostile_class(err),
                   x.script.sent_len == strlen(request) && was_sent(request) ? "exactly" : "something else was sent",
                   broken != NULL ? broken : "");
    hostile_case(row, name, "OK, exactly", seen);
}

static void headers(void **state)
{
    static char printable[96];
    char request[640];
    size_t i;

    (void)state;
    for (i = 0; i < 95; i++)
        printable[i] = (char)(' ' + i);
    check_said(134, "User-Agent by default", NULL, 60000, AS_SAID("User-Agent: ango/" ANGO_VERSION "\r\n"));
    check_said(134, "User-Agent of the application's own", "kiosk/2 (desk 7)", 60000,
               AS_SAID("User-Agent: kiosk/2 (desk 7)\r\n"));
    check_said(134, "User-Agent of one byte", "k", 60000, AS_SAID("User-Agent: k\r\n"));
    check_said(134, "User-Agent left out", "", 60000, AS_SAID(""));
    (void)snprintf(request, sizeof request, AS_SAID("User-Agent: %s\r\n"), printable);
    check_said(134, "User-Agent of each character that may be", printable, 60000, request);
    check_said(135, "Accept-Encoding", NULL, 60000, AS_SAID("User-Agent: ango/" ANGO_VERSION "\r\n"));
    check_said(135, "Accept-Encoding, connection not kept", "k", 0, AS_SAID("User-Agent: k\r\nConnection: close\r\n"));
}

/* --- NULL, zero, far too much --------------------------------------------------------------------------- */

/* Field `i` of the configuration, or of its port, is spoilt; NULL after the last. */
static const char *spoil_config(unsigned i)
{
    static const char *const names[] = { "config.port NULL",        "config.host NULL",
                                         "config.buffer NULL",      "buffer_cap 0",
                                         "buffer_cap SIZE_MAX",     "buffer_cap SIZE_MAX / 2 + 1",
                                         "config.tokens NULL",      "tokens_cap 0",
                                         "tokens_cap one too few",  "timeout_ms 0",
                                         "timeout_ms UINT32_MAX",   "timeout_ms 2^31",
                                         "port.connect NULL",       "port.send NULL",
                                         "port.recv NULL",          "port.close NULL",
                                         "page_limit 101",          "page_limit 255",
                                         "user_agent with LF",      "user_agent with DEL",
                                         "user_agent with 0x80",    "user_agent with a tab",
                                         "user_agent with a header" };

    switch (i) {
    case 0:
        x.config.port = NULL;
        break;
    case 1:
        x.config.host = NULL;
        break;
    case 2:
        x.config.buffer = NULL;
        break;
    case 3:
        x.config.buffer_cap = 0;
        break;
    case 4:
        x.config.buffer_cap = SIZE_MAX;
        break;
    case 5:
        x.config.buffer_cap = SIZE_MAX / 2 + 1;
        break;
    case 6:
        x.config.tokens = NULL;
        break;
    case 7:
        x.config.tokens_cap = 0;
        break;
    case 8:
        x.config.tokens_cap = ANGO_TOKENS - 1;
        break;
    case 9:
        x.config.timeout_ms = 0;
        break;
    case 10:
        x.config.timeout_ms = UINT32_MAX;
        break;
    case 11:
        x.config.timeout_ms = (uint32_t)INT32_MAX + 1;
        break;
    case 12:
        x.port.connect = NULL;
        break;
    case 13:
        x.port.send = NULL;
        break;
    case 14:
        x.port.recv = NULL;
        break;
    case 15:
        x.port.close = NULL;
        break;
    case 16:
        x.config.page_limit = ANGO_LIMIT_MAX + 1;
        break;
    case 17:
        x.config.page_limit = 255;
        break;
    case 18:
        x.config.user_agent = "kiosk\n";
        break;
    case 19:
        x.config.user_agent = "\x7F";
        break;
    case 20:
        x.config.user_agent = "caf\xC3\xA9";
        break;
    case 21:
        x.config.user_agent = "a\tb";
        break;
    case 22:
        x.config.user_agent = "kiosk\r\nX: y";
        break;
    default:
        return NULL;
    }
    return names[i];
}

static void configuration(void **state)
{
    const char *name;
    unsigned i;

    (void)state;
    for (i = 0;; i++) {
        (void)exchange_begin(&x, events, CAP);
        name = spoil_config(i);
        if (name == NULL)
            break;
        hostile_case(111, name, "ARG", hostile_class(ango_client_init(&x.client, &x.config, EXCHANGE_KEY)));
    }
    hostile_case(111, "client NULL", "ARG", hostile_class(ango_client_init(NULL, &x.config, EXCHANGE_KEY)));
    hostile_case(111, "config NULL", "ARG", hostile_class(ango_client_init(&x.client, NULL, EXCHANGE_KEY)));
    hostile_case(111, "api_key NULL", "ARG", hostile_class(ango_client_init(&x.client, &x.config, NULL)));
    (void)exchange_begin(&x, events, CAP);
    x.port.secure = false;
    hostile_case(111, "port that is not secure", "INSECURE",
                 hostile_class(ango_client_init(&x.client, &x.config, EXCHANGE_KEY)));
    (void)exchange_begin(&x, events, CAP);
    x.port.clock_ms = NULL;
    hostile_case(111, "port without a clock", "CLOCK",
                 hostile_class(ango_client_init(&x.client, &x.config, EXCHANGE_KEY)));
    /* These two may be missing. */
    (void)exchange_begin(&x, events, CAP);
    x.port.time = NULL;
    x.port.entropy = NULL;
    assert_int_equal(ango_client_init(&x.client, &x.config, EXCHANGE_KEY), ANGO_OK);
    hostile_case(111, "port without time and entropy", "OK", hostile_class(exchange_invite(&x)));
    ango_close(&x.client);
}

static void lists(void **state)
{
    static const char *const one[] = { "a@b" };
    static const struct ango_project_assignment project[] = { { "p", ANGO_PROJECT_LEAD } };
    static const struct ango_project_assignment no_role[] = { { "p", (enum ango_project_role)0 } };
    static const struct ango_project_assignment past_role[] = { { "p", (enum ango_project_role)5 } };
    static const struct {
        const char *name;
        struct ango_invitation invitation;
    } cases[] = {
        { "to NULL", { NULL, 1, ANGO_ORGANIZATION_MEMBER, NULL, 0 } },
        { "to_len 0", { one, 0, ANGO_ORGANIZATION_MEMBER, NULL, 0 } },
        { "to_len SIZE_MAX", { one, SIZE_MAX, ANGO_ORGANIZATION_MEMBER, NULL, 0 } },
        { "project_assignments NULL", { one, 1, ANGO_ORGANIZATION_MEMBER, NULL, 1 } },
        { "project_assignments_len SIZE_MAX", { one, 1, ANGO_ORGANIZATION_MEMBER, project, SIZE_MAX } },
        { "organization role 0", { one, 1, (enum ango_organization_role)0, NULL, 0 } },
        { "organization role 3", { one, 1, (enum ango_organization_role)3, NULL, 0 } },
        { "project role 0", { one, 1, ANGO_ORGANIZATION_MEMBER, no_role, 1 } },
        { "project role 5", { one, 1, ANGO_ORGANIZATION_MEMBER, past_role, 1 } },
    };
    size_t i;

    (void)state;
    for (i = 0; i < SAMPLES(cases); i++)
        refused(111, cases[i].name, "org", &cases[i].invitation, "ARG N");
    refused(111, "invitation NULL", "org", NULL, "ARG N");
}

static void wrong_time(void **state)
{
    static const char *const one[] = { "a@b" };
    static const struct ango_invitation invitation = { one, 1, ANGO_ORGANIZATION_MEMBER, NULL, 0 };
    struct ango_client zero;
    struct ango_invite invite;
    int err;

    (void)state;
    memset(&zero, 0, sizeof zero);
    hostile_case(111, "start, client NULL", "ARG",
                 hostile_class(ango_invite_members_to_org_start(NULL, "org", &invitation)));
    hostile_case(111, "step, client NULL", "ARG", hostile_class(ango_step(NULL, 0)));
    hostile_case(111, "finish, client NULL", "ARG", hostile_class(ango_finish(NULL)));
    hostile_case(111, "next, client NULL", "ARG", hostile_class(ango_next_invite(NULL, &invite)));
    hostile_case(111, "set_api_key, client NULL", "ARG", hostile_class(ango_client_set_api_key(NULL, "k")));
    hostile_case(111, "start before init", "ARG",
                 hostile_class(ango_invite_members_to_org_start(&zero, "org", &invitation)));
    hostile_case(111, "step before init", "ARG", hostile_class(ango_step(&zero, 0)));
    hostile_case(111, "next before init", "ARG", hostile_class(ango_next_invite(&zero, &invite)));
    ango_cancel(NULL);
    ango_close(NULL);
    ango_cancel(&zero);
    ango_close(&zero);
    (void)exchange_begin(&x, events, CAP);
    hostile_case(111, "set_api_key NULL", "ARG", hostile_class(ango_client_set_api_key(&x.client, NULL)));
    hostile_case(111, "step before a start", "ARG", hostile_class(ango_step(&x.client, 0)));
    hostile_case(111, "finish before a start", "ARG", hostile_class(ango_finish(&x.client)));
    assert_int_equal(exchange_start(&x), ANGO_OK);
    hostile_case(111, "start during an exchange", "ARG",
                 hostile_class(ango_invite_members_to_org_start(&x.client, "org", &invitation)));
    hostile_case(111, "set_api_key during an exchange", "ARG", hostile_class(ango_client_set_api_key(&x.client, "k")));
    hostile_case(111, "next during an exchange", "ARG", hostile_class(ango_next_invite(&x.client, &invite)));
    /* It is not disturbed by any of this. */
    err = ango_finish(&x.client);
    hostile_case(111, "the exchange itself", "OK", hostile_class(err));
    assert_true(was_sent(EXCHANGE_TO));
    assert_int_equal(script_requests(&x.script, NULL), 1);
    hostile_case(111, "next into NULL", "ARG", hostile_class(ango_next_invite(&x.client, NULL)));
    hostile_case(111, "next of an empty list", "END", hostile_class(ango_next_invite(&x.client, &invite)));
    ango_close(&x.client);
    ango_close(&x.client);
    assert_int_equal(x.script.opened, x.script.closed);
    assert_null(x.script.violation);
}

static int open_exchange(void **state)
{
    (void)state;
    exchange_open(&x, CAP);
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
        cmocka_unit_test(email_bytes), cmocka_unit_test(email_limits), cmocka_unit_test(keys),
        cmocka_unit_test(hosts),       cmocka_unit_test(identifiers),  cmocka_unit_test(capacities),
        cmocka_unit_test(prefixes),    cmocka_unit_test(headers),      cmocka_unit_test(configuration),
        cmocka_unit_test(lists),       cmocka_unit_test(wrong_time),
    };

    return cmocka_run_group_tests(tests, open_exchange, shut_exchange);
}
