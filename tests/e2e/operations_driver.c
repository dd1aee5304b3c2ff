/*
 * Every operation over TLS, for the tests in Python: a command a line on standard input, its words parted by
 * tabs. For each entry of the reply one line of its fields, parted by tabs; then
 *
 *   =  ERROR  OUTCOME  HTTP-STATUS  done  failed  total  items  kept  retry_after_s  index  message
 *
 *   operations_driver PORT CA.pem KEY ORGANIZATION [BUFFER [TOKENS]]
 *
 * Control characters from the network become '?'. The buffer and the tokens are of the heap, and exactly as
 * large as told, so that the address sanitizer sees a byte too many.
 */
#define _DEFAULT_SOURCE /* sleep, usleep */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ango.h"
#include "ango_posix.h"
#include "ango_tls.h"

#define WORDS_MAX 600

static struct ango_posix posix;
static const struct ango_port plain = ANGO_POSIX_PORT(&posix);
static struct ango_tls tls;
static const struct ango_port secure = ANGO_TLS_PORT(&tls);
static long arena[64 * 1024 / sizeof(long)];
static uint8_t ca[65536];
static struct ango_trust_anchor anchor = { ca, 0 };
static struct ango_tls_config tls_config;
static struct ango_config config;
static struct ango_client client;
static const char *organization;

static const char *word[WORDS_MAX]; /* of the line */
static size_t words;

static uint32_t number(size_t i)
{
    return i < words ? (uint32_t)strtoul(word[i], NULL, 10) : 0;
}

static size_t left(size_t from)
{
    return from < words ? words - from : 0;
}

/* --- what is shown -------------------------------------------------------------------------------------- */

static void put(const char *text)
{
    for (; *text != '\0'; text++)
        putchar((unsigned char)*text < 0x20 || *text == 0x7F ? '?' : *text);
}

static void row(size_t len, const char *const *fields)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if (i > 0)
            putchar('\t');
        put(fields[i]);
    }
    putchar('\n');
}

union item {
    struct ango_invite invite;
    struct ango_member member;
    struct ango_role_update update;
    struct ango_project project;
    struct ango_assignee assignee;
};

static void show_invite(const struct ango_invite *i)
{
    const char *const fields[] = { i->id,      i->to,         i->organization_role, i->status,
                                   i->message, i->created_by, i->created_at,        i->expires_at };

    row(8, fields);
}

static void show_member(const struct ango_member *m)
{
    const char *const fields[] = { m->id, m->email, m->name, m->organization_role, m->created_at };

    row(5, fields);
}

static void show_project(const struct ango_project *p)
{
    const char *const fields[] = { p->id, p->name, p->description, p->organization, p->created_at };

    row(5, fields);
}

/* What the operation did not yield is refused by ango_next_..., so all are asked. */
static void show_items(void)
{
    union item item;

    while (ango_next_invite(&client, &item.invite) == ANGO_OK)
        show_invite(&item.invite);
    while (ango_next_member(&client, &item.member) == ANGO_OK)
        show_member(&item.member);
    while (ango_next_role_update(&client, &item.update) == ANGO_OK) {
        const char *const fields[] = { item.update.email, item.update.status, item.update.message };

        row(3, fields);
    }
    while (ango_next_project(&client, &item.project) == ANGO_OK)
        show_project(&item.project);
    while (ango_next_assignee(&client, &item.assignee) == ANGO_OK) {
        const char *const fields[] = { item.assignee.assignee, item.assignee.role };

        row(2, fields);
    }
}

static void show_result(int err)
{
    const struct ango_result *r = &client.result;

    printf("=\t%d\t%s\t%u\t%lu\t%lu\t%lu\t%lu\t%lu\t%lu\t%lu\t", err, ango_outcome_text(r->outcome), r->http_status,
           (unsigned long)r->done, (unsigned long)r->failed, (unsigned long)r->total, (unsigned long)r->items,
           (unsigned long)r->kept, (unsigned long)r->retry_after_s, (unsigned long)r->index);
    put(r->message);
    putchar('\n');
}

/* --- the commands --------------------------------------------------------------------------------------- */

static int invite(void) /* ROLE EMAIL... */
{
    const struct ango_invitation invitation = { word + 2, left(2), (enum ango_organization_role)number(1), NULL, 0 };

    return ango_invite_members_to_org(&client, organization, &invitation);
}

static int invite_to(void) /* ROLE PROJECT PROJECT-ROLE EMAIL... */
{
    const struct ango_project_assignment assignment = { word[2], (enum ango_project_role)number(3) };
    const struct ango_invitation invitation = { word + 4, left(4), (enum ango_organization_role)number(1), &assignment,
                                                1 };

    return ango_invite_members_to_org(&client, organization, &invitation);
}

static int invites(void) /* PAGE LIMIT */
{
    const struct ango_page page = { number(1), number(2) };

    return ango_get_organization_invites(&client, organization, &page);
}

static int uninvite(void) /* EMAIL... */
{
    return ango_delete_organization_invites(&client, organization, word + 1, left(1));
}

static int members(void) /* PAGE LIMIT [SEARCH] */
{
    const struct ango_page page = { number(1), number(2) };

    return ango_get_organization_members(&client, organization, left(3) > 0 ? word[3] : NULL, &page);
}

static int role(void) /* ROLE EMAIL... */
{
    return ango_update_organization_members_role(&client, organization, word + 2, left(2),
                                                 (enum ango_organization_role)number(1));
}

static int drop(void) /* EMAIL... */
{
    return ango_delete_organization_members(&client, organization, word + 1, left(1));
}

static int projects(void) /* PAGE LIMIT [SORT] */
{
    const struct ango_page page = { number(1), number(2) };

    return ango_list_projects(&client, left(3) > 0 ? word[3] : NULL, &page);
}

static int assign(void) /* PROJECT ROLE EMAIL... */
{
    return ango_add_members_to_project(&client, word[1], word + 3, left(3), (enum ango_project_role)number(2));
}

static int project(void) /* PROJECT */
{
    return ango_get_project(&client, word[1]);
}

/* As a caller should: waits as long as the server asks, and goes on. Other errors end it. */
static bool waited(int err)
{
    if (err != ANGO_E_STATUS || client.result.http_status != 429 || client.result.retry_after_s == 0)
        return false;
    sleep(client.result.retry_after_s);
    return true;
}

static uint32_t patience_ms; /* with a whole list, or a reading back; 0: no end */

static int walk(void) /* invites | members [SEARCH] | projects [SORT] */
{
    static struct ango_walk w;
    const char *text = left(2) > 0 ? word[2] : NULL;
    union item item;
    int err;

    if (strcmp(word[1], "invites") == 0)
        err = ango_walk_invites(&w, &client, organization);
    else if (strcmp(word[1], "members") == 0)
        err = ango_walk_members(&w, &client, organization, text);
    else
        err = ango_walk_projects(&w, &client, text);
    if (err != ANGO_OK)
        return err;
    w.timeout_ms = patience_ms;
    while ((err = ango_walk_next(&w, &item)) != ANGO_E_END) {
        if (err != ANGO_OK) {
            printf("error\t%d\n", err);
            if (!waited(err) && err != ANGO_E_ENTRY && err != ANGO_E_TRUNCATED && err != ANGO_E_NET)
                return err;
        } else if (strcmp(word[1], "invites") == 0) {
            show_invite(&item.invite);
        } else if (strcmp(word[1], "members") == 0) {
            show_member(&item.member);
        } else {
            show_project(&item.project);
        }
    }
    return err;
}

/* --- reading back: as a caller should, which sleeps while there is nothing to do ------------------------ */

static struct ango_confirm reading;
static enum ango_presence presence[WORDS_MAX];
static uint32_t settle_ms;

static int read_back(size_t from)
{
    static const char *const texts[] = { "absent", "invited", "member", "assigned", "unsure" };
    uint32_t began = plain.clock_ms(plain.ctx);
    size_t i;
    int err;

    if (settle_ms > 0)
        reading.settle_ms = settle_ms;
    while ((err = ango_confirm_step(&reading, 1000)) == ANGO_E_WAIT || waited(err)) {
        if (patience_ms > 0 && plain.clock_ms(plain.ctx) - began > patience_ms) {
            ango_cancel(&client);
            return ANGO_E_TIME;
        }
        (void)usleep(1000 * ango_confirm_wait_ms(&reading));
    }
    for (i = 0; err == ANGO_OK && i < left(from); i++) {
        const char *const fields[] = { word[from + i], texts[presence[i]] };

        row(2, fields);
    }
    return err;
}

static int confirm(void) /* EMAIL... */
{
    int err = ango_confirm_begin(&reading, &client, organization, word + 1, left(1), presence);

    return err == ANGO_OK ? read_back(1) : err;
}

static int confirm_assigned(void) /* PROJECT EMAIL... */
{
    int err = ango_confirm_assigned_begin(&reading, &client, word[1], word + 2, left(2), presence);

    return err == ANGO_OK ? read_back(2) : err;
}

/* COUNT invitations, one by one; one is sent again only when it is known to have been refused as too soon. */
static int each(void) /* PREFIX COUNT */
{
    uint32_t i, waits = 0;
    int err = ANGO_OK;

    for (i = 1; err == ANGO_OK && i <= number(2); i++) {
        char address[80];
        const char *const to[] = { address };
        const struct ango_invitation invitation = { to, 1, ANGO_ORGANIZATION_MEMBER, NULL, 0 };

        (void)snprintf(address, sizeof address, "%.40s_%lu@example.com", word[1], (unsigned long)i);
        while (waited(err = ango_invite_members_to_org(&client, organization, &invitation)))
            waits++;
    }
    printf("waits\t%lu\n", (unsigned long)waits);
    return err;
}

static int set_organization(void) /* ORGANIZATION */
{
    static char copy[400];

    (void)snprintf(copy, sizeof copy, "%s", word[1]);
    organization = copy;
    return ANGO_OK;
}

static int set_key(void) /* KEY */
{
    static char copy[2][400];
    static unsigned turn;

    turn ^= 1; /* the old one stays until the new one is taken */
    (void)snprintf(copy[turn], sizeof copy[turn], "%s", word[1]);
    return ango_client_set_api_key(&client, copy[turn]);
}

static int set_settle(void) /* MS */
{
    settle_ms = number(1);
    return ANGO_OK;
}

static int set_patience(void) /* MS */
{
    patience_ms = number(1);
    return ANGO_OK;
}

static int set_prefix(void) /* PATH */
{
    static char copy[400];

    (void)snprintf(copy, sizeof copy, "%s", word[1]);
    config.prefix = copy;
    return ANGO_OK;
}

static int set_timeout(void) /* MS */
{
    config.timeout_ms = number(1);
    return ANGO_OK;
}

static const struct {
    const char *name;
    int (*run)(void);
    size_t words_min;
} commands[] = {
    { "invite", invite, 2 },         { "invite-to", invite_to, 4 },
    { "invites", invites, 3 },       { "uninvite", uninvite, 1 },
    { "members", members, 3 },       { "role", role, 2 },
    { "remove", drop, 1 },           { "projects", projects, 3 },
    { "assign", assign, 3 },         { "walk", walk, 2 },
    { "confirm", confirm, 1 },       { "each", each, 3 },
    { "timeout", set_timeout, 2 },   { "organization", set_organization, 2 },
    { "key", set_key, 2 },           { "settle", set_settle, 2 },
    { "prefix", set_prefix, 2 },     { "project", project, 2 },
    { "patience", set_patience, 2 }, { "confirm-assigned", confirm_assigned, 3 },
};

/* --- the frame ------------------------------------------------------------------------------------------ */

static void die(const char *what)
{
    (void)fprintf(stderr, "operations_driver: %s\n", what);
    exit(2);
}

static void set_up(int argc, char **argv)
{
    FILE *file;

    if (argc < 5)
        die("PORT CA KEY ORGANIZATION [BUFFER [TOKENS]]");
    file = fopen(argv[2], "rb");
    if (file == NULL)
        die(argv[2]);
    anchor.len = fread(ca, 1, sizeof ca - 1, file) + 1;
    (void)fclose(file);
    tls_config.port = &plain;
    tls_config.anchors = &anchor;
    tls_config.anchors_len = 1;
    tls_config.arena = arena;
    tls_config.arena_cap = sizeof arena;
    config.port = &secure;
    config.host = "localhost";
    config.tcp_port = (uint16_t)strtoul(argv[1], NULL, 10);
    config.timeout_ms = 10000;
    config.keep_ms = 60000;
    config.buffer_cap = argc > 5 ? strtoul(argv[5], NULL, 10) : 8192;
    config.retry_after_date = ango_retry_after_date;
    config.tokens_cap = argc > 6 ? strtoul(argv[6], NULL, 10) : ANGO_TOKENS;
    config.buffer = malloc(config.buffer_cap);
    config.tokens = malloc(config.tokens_cap * sizeof *config.tokens);
    organization = argv[4];
    if (ango_tls_init(&tls, &tls_config) != ANGO_OK || ango_client_init(&client, &config, argv[3]) != ANGO_OK)
        die("the configuration was refused");
}

static void run(void)
{
    size_t i;

    for (i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(word[0], commands[i].name) == 0 && words >= commands[i].words_min) {
            int err = commands[i].run();

            show_items();
            show_result(err);
            (void)fflush(stdout);
            return;
        }
    die(word[0]);
}

int main(int argc, char **argv)
{
    static char line[65536];

    set_up(argc, argv);
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *at = line;

        line[strcspn(line, "\n")] = '\0';
        for (words = 0; at != NULL && words < WORDS_MAX; words++) {
            word[words] = at;
            at = strchr(at, '\t');
            if (at != NULL)
                *at++ = '\0';
        }
        run();
    }
    ango_close(&client);
    free(config.buffer);
    free(config.tokens);
    return 0;
}
