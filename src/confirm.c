/* After an unknown outcome: who is invited, a member, or on the project, and who certainly is not? */
#include <limits.h>
#include <string.h>

#include "text.h"
#include "walk.h"

/*
 *  phase     what is read                  then
 *  INVITES   the pending invitations       MEMBERS
 *  MEMBERS   the members                   the pass has ended: SETTLE, DONE, or the next pass
 *  ASSIGNED  who works on the project      the same
 *  SETTLE    nothing, until settle_ms      the next pass
 *  DONE      nothing: the answers are there
 * Also DONE at the end of a page, once everybody has been found.
 */
enum { IDLE, INVITES, MEMBERS, ASSIGNED, SETTLE, DONE };

/* What is wanted of an entry: the address, and for the walk what tells two of the same address apart. */
struct entry {
    const char *id;
    const char *address;
    const char *status; /* of an invitation */
};

/* --- what is read --------------------------------------------------------------------------------- */

enum { TOTAL = ANGO_FIELD_OWN, LIST };
enum { PROJECT = ANGO_FIELD_OWN, ASSIGNED_LIST };

static int ask_invites(struct ango_walk *walk, const struct ango_page *page)
{
    static const struct ango_field fields[] = {
        ANGO_ENVELOPE,
        { "total", ANGO_FIELD_DATA, ANGO_JSON_NUMBER, offsetof(struct ango_result, total) },
        { "invites", ANGO_FIELD_DATA, ANGO_JSON_LIST, 0 },
        { "_id", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
        { "to", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
        { "status", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    };
    static const struct ango_shape shape = { fields, sizeof fields / sizeof fields[0], LIST, 1 };

    /* All of them, in any state: a server that filters after it has cut its pages could return empty ones. */
    return ango_start_invites(walk->client, walk->id, "/invites?", page, &shape);
}

static int ask_members(struct ango_walk *walk, const struct ango_page *page)
{
    static const struct ango_field fields[] = {
        ANGO_ENVELOPE,
        { "total", ANGO_FIELD_DATA, ANGO_JSON_NUMBER, offsetof(struct ango_result, total) },
        { "users", ANGO_FIELD_DATA, ANGO_JSON_LIST, 0 },
        { "_id", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
        { "email", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    };
    static const struct ango_shape shape = { fields, sizeof fields / sizeof fields[0], LIST, 1 };

    return ango_start_members(walk->client, walk->id, NULL, page, &shape);
}

static int ask_assigned(struct ango_walk *walk, const struct ango_page *page)
{
    static const struct ango_field fields[] = {
        ANGO_ENVELOPE,
        { "project", ANGO_FIELD_DATA, ANGO_JSON_OBJECT, 0 },
        { "assignedTo", PROJECT, ANGO_JSON_LIST, 0 },
        { "_id", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
        { "assignee", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    };
    static const struct ango_shape shape = { fields, sizeof fields / sizeof fields[0], ASSIGNED_LIST, 1 };

    (void)page;
    return ango_start_project(walk->client, walk->id, &shape);
}

static void begin_walk(struct ango_confirm *confirm, unsigned phase, ango_walk_ask *ask)
{
    struct ango_walk *walk = &confirm->walk;

    (void)ango_walk_begin(walk, walk->client, confirm->id, NULL, ask); /* fails for want of a client alone */
    confirm->phase = (uint8_t)phase;
    walk->thorough = true;
    walk->one_page = phase == ASSIGNED;
}

/* --- passes --------------------------------------------------------------------------------------- */

static uint32_t elapsed_ms(const struct ango_confirm *confirm)
{
    const struct ango_port *port = confirm->walk.client->port;

    return port->clock_ms(port->ctx) - confirm->began_ms;
}

static void begin_pass(struct ango_confirm *confirm)
{
    confirm->last_sum = confirm->sum;
    confirm->last_count = confirm->count;
    confirm->sum = 0;
    confirm->count = 0;
    confirm->unclear = false;
    confirm->passes++;
    begin_walk(confirm, confirm->first_phase, confirm->ask_first);
}

/* A server may show any other address in another form: such an address can be found, but is never absent. */
static bool is_comparable(const char *address)
{
    const char *p;

    for (p = address; *p != '\0'; p++)
        if ((uint8_t)*p >= 0x80 /* mutant: compare-any */
            || ((p[0] == 'x' || p[0] == 'X') && (p[1] == 'n' || p[1] == 'N') && p[2] == '-' && p[3] == '-'))
            return false;
    return true;
}

static bool is_found(enum ango_presence presence)
{
    return presence != ANGO_ABSENT && presence != ANGO_UNSURE;
}

/* Ends the read-back: without evidence nobody is absent, and addresses that are not comparable never are. */
static int end(struct ango_confirm *confirm, bool evidence)
{
    size_t i;

    for (i = 0; i < confirm->emails_len; i++)
        if (!is_found(confirm->presence[i]) && !(evidence && is_comparable(confirm->emails[i])))
            confirm->presence[i] = ANGO_UNSURE;
    confirm->phase = DONE;
    return ANGO_OK;
}

static int end_pass(struct ango_confirm *confirm)
{
    bool agrees = confirm->passes > 1 /* mutant: passes-differ */
        && confirm->sum == confirm->last_sum && confirm->count == confirm->last_count;

    if (agrees) /* only a pass that began after settle_ms can */
        return end(confirm, !confirm->unclear);
    if (confirm->passes == ANGO_CONFIRM_PASSES_MAX)
        return end(confirm, false);
    confirm->phase = SETTLE;
    return ANGO_E_WAIT;
}

/* --- entries -------------------------------------------------------------------------------------- */

static enum ango_presence presence_in(const struct ango_confirm *confirm)
{
    switch (confirm->phase) {
    case INVITES:
        return ANGO_INVITED;
    case MEMBERS:
        return ANGO_MEMBER;
    default:
        return ANGO_ASSIGNED;
    }
}

/*
 * What an entry says about its address. Invitations come in any state: an expired one is as good as none, and the
 * meaning of an unfamiliar state is not known.
 */
static enum ango_presence presence_by(const struct ango_confirm *confirm, const struct entry *entry)
{
    if (*entry->status == '\0' || ango_text_is(entry->status, "pending"))
        return presence_in(confirm);
    return ango_text_is(entry->status, "expired") ? ANGO_ABSENT : ANGO_UNSURE; /* mutant: expired-is-invited */
}

static void take_entry(struct ango_confirm *confirm, const struct entry *entry)
{
    enum ango_presence presence = presence_by(confirm, entry);
    size_t i;

    confirm->count++;
    confirm->sum += ango_hash(ANGO_HASH_BEGIN, entry->address);
    if (*entry->address == '\0') /* mutant: no-address */
        confirm->unclear = true;
    if (presence == ANGO_ABSENT)
        return;
    for (i = 0; i < confirm->emails_len; i++)
        if (!is_found(confirm->presence[i]) && ango_text_is(confirm->emails[i], entry->address)) {
            confirm->presence[i] = presence;
            if (is_found(presence))
                confirm->missing--;
        }
}

static int end_list(struct ango_confirm *confirm)
{
    if (confirm->walk.incomplete)
        confirm->unclear = true;
    if (confirm->phase != INVITES)
        return end_pass(confirm);
    begin_walk(confirm, MEMBERS, confirm->ask_members);
    return ANGO_E_WAIT;
}

static int read_list(struct ango_confirm *confirm, uint32_t wait_ms)
{
    struct entry entry = { "", "", "" };
    int err = ango_walk_step(&confirm->walk, &entry, wait_ms);

    switch (err) {
    case ANGO_OK:
    case ANGO_E_ENTRY: /* it did not fit, so there is no address */
        take_entry(confirm, &entry);
        return ANGO_E_WAIT;
    case ANGO_E_END:
        return end_list(confirm);
    default:
        return err;
    }
}

/* --- the interface -------------------------------------------------------------------------------- */

static int begin(struct ango_confirm *confirm, struct ango_client *client, const char *id, const char *const *emails,
                 size_t emails_len, enum ango_presence *presence)
{
    size_t i;

    if (confirm == NULL || client == NULL || client->config == NULL || emails == NULL || emails_len == 0
        || emails_len > INT_MAX || presence == NULL)
        return ANGO_E_ARG;
    for (i = 0; i < emails_len; i++) {
        if (emails[i] == NULL || *emails[i] == '\0')
            return ANGO_E_ARG;
        presence[i] = ANGO_ABSENT;
    }
    memset(confirm, 0, sizeof *confirm);
    confirm->settle_ms = client->config->timeout_ms;
    confirm->timeout_ms = ANGO_CONFIRM_TIMEOUT_MS;
    confirm->walk.client = client;
    confirm->id = id;
    confirm->emails = emails;
    confirm->emails_len = emails_len;
    confirm->missing = emails_len;
    confirm->presence = presence;
    confirm->began_ms = client->port->clock_ms(client->port->ctx);
    return ANGO_OK;
}

int ango_confirm_begin(struct ango_confirm *confirm, struct ango_client *client, const char *organization_id,
                       const char *const *emails, size_t emails_len, enum ango_presence *presence)
{
    int err = begin(confirm, client, organization_id, emails, emails_len, presence);

    if (err != ANGO_OK)
        return err;
    confirm->first_phase = INVITES;
    confirm->ask_first = ask_invites;
    confirm->ask_members = ask_members;
    begin_pass(confirm);
    return ANGO_OK;
}

int ango_confirm_members_begin(struct ango_confirm *confirm, struct ango_client *client, const char *organization_id,
                               const char *const *emails, size_t emails_len, enum ango_presence *presence)
{
    int err = begin(confirm, client, organization_id, emails, emails_len, presence);

    if (err != ANGO_OK)
        return err;
    confirm->first_phase = MEMBERS;
    confirm->ask_first = ask_members;
    begin_pass(confirm);
    return ANGO_OK;
}

int ango_confirm_assigned_begin(struct ango_confirm *confirm, struct ango_client *client, const char *project_id,
                                const char *const *emails, size_t emails_len, enum ango_presence *presence)
{
    int err = begin(confirm, client, project_id, emails, emails_len, presence);

    if (err != ANGO_OK)
        return err;
    confirm->first_phase = ASSIGNED;
    confirm->ask_first = ask_assigned;
    begin_pass(confirm);
    return ANGO_OK;
}

uint32_t ango_confirm_wait_ms(const struct ango_confirm *confirm)
{
    uint32_t elapsed;

    if (confirm == NULL || confirm->phase != SETTLE)
        return 0;
    elapsed = elapsed_ms(confirm);
    return elapsed < confirm->settle_ms ? confirm->settle_ms - elapsed : 0;
}

/*
 * Limits *wait_ms, and the walk's time, to what is left until the deadline. If a reply is still coming in when that has
 * passed, the walk's own deadline ends it.
 */
static int check_deadline(struct ango_confirm *confirm, uint32_t *wait_ms)
{
    uint32_t elapsed = elapsed_ms(confirm);
    uint32_t before_walk = confirm->walk.began_ms - confirm->began_ms;
    uint32_t left;

    confirm->walk.timeout_ms = 0;
    if (confirm->timeout_ms == 0)
        return ANGO_OK;
    left = elapsed < confirm->timeout_ms ? confirm->timeout_ms - elapsed : 0;
    if (*wait_ms > left)
        *wait_ms = left;
    /* At least 1: 0 would mean no limit. */
    confirm->walk.timeout_ms = before_walk < confirm->timeout_ms ? confirm->timeout_ms - before_walk : 1;
    return left > 0 || ango_is_busy(confirm->walk.client) ? ANGO_OK : ANGO_E_TIME; /* mutant: confirm-deadline */
}

int ango_confirm_step(struct ango_confirm *confirm, uint32_t wait_ms)
{
    const struct ango_client *client;
    int err;

    if (confirm == NULL || confirm->phase == IDLE)
        return ANGO_E_ARG;
    client = confirm->walk.client;
    if (confirm->missing == 0 && client->serial == confirm->walk.serial /* mutant: confirm-others-reply */
        && !ango_is_busy(client) && client->result.error == ANGO_OK)
        confirm->phase = DONE; /* all were found, in replies that were complete, good and its own */
    if (confirm->phase == DONE)
        return ANGO_OK;
    err = check_deadline(confirm, &wait_ms);
    if (err != ANGO_OK)
        return err;
    if (confirm->phase != SETTLE)
        return read_list(confirm, wait_ms);
    if (ango_confirm_wait_ms(confirm) > 0) /* mutant: no-settling */
        return ANGO_E_WAIT;
    begin_pass(confirm);
    return ANGO_E_WAIT;
}

static int finish(struct ango_confirm *confirm, int err)
{
    if (err != ANGO_OK)
        return err;
    do
        err = ango_confirm_step(confirm, UINT32_MAX);
    while (err == ANGO_E_WAIT);
    return err;
}

int ango_confirm_invitations(struct ango_client *client, const char *organization_id, const char *const *emails,
                             size_t emails_len, enum ango_presence *presence)
{
    struct ango_confirm confirm;

    return finish(&confirm, ango_confirm_begin(&confirm, client, organization_id, emails, emails_len, presence));
}

int ango_confirm_assigned(struct ango_client *client, const char *project_id, const char *const *emails,
                          size_t emails_len, enum ango_presence *presence)
{
    struct ango_confirm confirm;

    return finish(&confirm, ango_confirm_assigned_begin(&confirm, client, project_id, emails, emails_len, presence));
}
