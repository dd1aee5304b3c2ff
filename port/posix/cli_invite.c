/* ango invite: invitations, in batches; for each address what came of it. */
#define _POSIX_C_SOURCE 200809L

#include "cli.h"

#include <string.h>

#define PROJECTS_MAX 100
#define BATCH_MAX 100u      /* as many as a page of the API shows */
#define OTHERS_MAX 100

/* The reply to the largest request fits: 2 KB around its entries, 300 bytes an entry beside the address. */
typedef char reply_fits[CLI_BUFFER_CAP >= 2048 + BATCH_MAX * (300 + ANGO_EMAIL_MAX) ? 1 : -1];

enum fate { NOT_SENT, INVITED, PENDING, FAILED, UNCLEAR, NOT_MENTIONED, REFUSED, IN_DOUBT, FATES };

static const struct {
    const char *word;
    const char *json_count;
    const char *note; /* where the server gives none */
} fates[FATES] = {
    [NOT_SENT] = {"not sent", "not_sent", ""},
    [INVITED] = {"invited", "invited", ""},
    [PENDING] = {"already pending", "already_pending", ""},
    [FAILED] = {"failed", "failed", "the server does not say why"},
    [UNCLEAR] = {"unclear", "unclear", ""},
    [NOT_MENTIONED] = {"not mentioned", "not_mentioned",
                       "the server accepted the request, but does not list this address"},
    [REFUSED] = {"refused", "refused", ""},
    [IN_DOUBT] = {"in doubt", "in_doubt", "may have been invited, or not"},
};

/* What is known of an address; strings are kept copies, or "". */
struct entry {
    enum fate fate;
    const char *id;
    const char *role;
    const char *status;
    const char *message;
    const char *expires_at;
};

static struct entry entries[CLI_ADDRESSES_MAX]; /* of cli_addresses */
static struct ango_project_assignment projects[PROJECTS_MAX];
static size_t projects_len;
static enum ango_organization_role role = ANGO_ORGANIZATION_MEMBER;
static uint32_t batch_most = BATCH_MAX;
static const char *from;
static const char *others[OTHERS_MAX]; /* reported, but not asked for */
static size_t others_len;
static long requests;
static struct ango_result last; /* of the last request: why it ended there */
static int width; /* of the column of addresses */

/* --- options -------------------------------------------------------------------------------------------- */

static int take_role(const char *value)
{
    static const enum ango_organization_role roles[] = {ANGO_ORGANIZATION_ADMIN, ANGO_ORGANIZATION_MEMBER};
    size_t i;

    for (i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        if (ango_text_is(value, ango_organization_role_text(roles[i]))) {
            role = roles[i];
            return CLI_DONE;
        }
    }
    cli_say("--role: %s is no role in an organization; there are member and admin", value);
    return CLI_USAGE;
}

static int take_project(const char *value)
{
    struct ango_project_assignment *project = &projects[projects_len];
    const char *colon = strrchr(value, ':');
    char id[512];
    int i;

    if (projects_len == PROJECTS_MAX) {
        cli_say("--project: more than %d projects", PROJECTS_MAX);
        return CLI_USAGE;
    }
    if (colon == NULL || colon == value || (size_t)(colon - value) >= sizeof id) {
        cli_say("--project: %s is not ID:ROLE", value);
        return CLI_USAGE;
    }
    memcpy(id, value, (size_t)(colon - value));
    id[colon - value] = '\0';
    for (i = ANGO_PROJECT_MANAGER; i <= ANGO_PROJECT_LEAD; i++) {
        project->project_role = (enum ango_project_role)i;
        if (ango_text_is(colon + 1, ango_project_role_text(project->project_role))) {
            project->project_id = cli_keep(id);
            projects_len++;
            return CLI_DONE;
        }
    }
    cli_say("--project: %s is no role in a project; there are Manager, Labeler, Reviewer and Lead",
            colon + 1);
    return CLI_USAGE;
}

static int take_batch(const char *value)
{
    if (cli_number(value, 1, BATCH_MAX, &batch_most)) {
        return CLI_DONE;
    }
    cli_say("--batch: a number from 1 to %u", BATCH_MAX);
    return CLI_USAGE;
}

static const struct cli_option options[] = {
    {.name = "role", .take = take_role},
    {.name = "project", .take = take_project},
    {.name = "from", .text = &from},
    {.name = "batch", .take = take_batch},
    {.name = NULL},
};

/* --- before anything is sent ---------------------------------------------------------------------------- */

static int start(const char *const *to, size_t to_len, size_t of_projects)
{
    struct ango_invitation invitation;

    invitation.to = to;
    invitation.to_len = to_len;
    invitation.organization_role = role;
    invitation.project_assignments = projects;
    invitation.project_assignments_len = of_projects;
    return ango_invite_members_to_org_start(&cli_client, cli.organization, &invitation);
}

/* Whether the library takes it: builds the request, and throws it away. */
static int rehearse(const char *address, size_t of_projects)
{
    int err = start(&address, 1, of_projects);

    ango_cancel(&cli_client);
    return err;
}

/* One address that cannot be one must not be found out when others have been invited already. */
static int check(void)
{
    static const char any[] = "somebody@example.com";
    size_t i, bad = 0;
    int err;

    if (rehearse(any, 0) == ANGO_E_ID) {
        cli_say("--org: %s", ango_error_text(ANGO_E_ID));
        return CLI_USAGE;
    }
    err = rehearse(any, projects_len);
    if (err == ANGO_E_ID) {
        cli_say("--project: number %lu: %s", (unsigned long)cli_client.result.index + 1,
                ango_error_text(err));
        return CLI_USAGE;
    }
    if (err != ANGO_OK) {
        cli_explain(&cli_client.result);
        return cli_exit_of(&cli_client.result);
    }
    for (i = 0; i < cli_addresses_len; i++) {
        const struct cli_address *address = &cli_addresses[i];
        if (rehearse(address->text, 0) != ANGO_E_EMAIL) {
            continue;
        }
        if (address->file != NULL) {
            cli_say("%s, line %u: %s: %s", address->file, address->line, address->text,
                    ango_error_text(ANGO_E_EMAIL));
        } else {
            cli_say("%s: %s", address->text, ango_error_text(ANGO_E_EMAIL));
        }
        bad++;
    }
    if (bad > 0) {
        cli_say("nobody was invited");
    }
    return bad > 0 ? CLI_USAGE : CLI_DONE;
}

/* --- the reply ------------------------------------------------------------------------------------------ */

static bool mentions_already(const char *text)
{
    static const char word[] = "already";
    char part[sizeof word];

    for (; strlen(text) >= sizeof word - 1; text++) {
        memcpy(part, text, sizeof word - 1);
        part[sizeof word - 1] = '\0';
        if (ango_text_is(part, word)) {
            return true;
        }
    }
    return false;
}

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (ango_text_is(text, *words)) {
            return true;
        }
    }
    return false;
}

/*
 * What an entry of the reply means. Only {"_id", "to", "status":"Pending", ...} is documented; an entry that
 * failed is taken for one by its status or, without one, by its message; whatever else is shown as it is.
 */
static enum fate judge(const struct ango_invite *invite)
{
    static const char *const good[] = {"pending", "invited", "sent", "created", "success", "", NULL};
    static const char *const bad[] = {"failed", "fail", "failure", "error", "rejected", "invalid", NULL};

    if (is_one_of(invite->status, bad)) {
        return FAILED;
    }
    if (!is_one_of(invite->status, good)) {
        return mentions_already(invite->status) ? PENDING : UNCLEAR;
    }
    if (invite->message[0] == '\0') {
        return INVITED;
    }
    if (invite->id[0] == '\0' && invite->status[0] == '\0') {
        return FAILED;
    }
    return mentions_already(invite->message) ? PENDING : INVITED;
}

static const char *keep(const char *text)
{
    const char *copy = text[0] != '\0' ? cli_keep(text) : NULL;

    return copy != NULL ? copy : "";
}

static void note(struct entry *entry, const struct ango_invite *invite)
{
    entry->fate = judge(invite);
    entry->id = keep(invite->id);
    entry->role = keep(invite->organization_role);
    entry->status = keep(invite->status);
    entry->message = keep(invite->message);
    entry->expires_at = keep(invite->expires_at);
}

static void mark(size_t first, size_t end, enum fate fate)
{
    for (; first < end; first++) {
        entries[first].fate = fate;
    }
}

/* Puts each entry of the reply to its address among those from `first` to before `end`. */
static void compare(size_t first, size_t end)
{
    struct ango_invite invite;
    size_t i;
    int err;

    mark(first, end, NOT_MENTIONED);
    while ((err = ango_next_invite(&cli_client, &invite)) == ANGO_OK) {
        for (i = first; i < end && !ango_text_is(cli_addresses[i].text, invite.to); i++) {
        }
        if (i < end && (entries[i].fate == NOT_MENTIONED || judge(&invite) == FAILED)) {
            note(&entries[i], &invite);
        } else if (i == end && others_len < OTHERS_MAX) {
            others[others_len++] = keep(invite.to);
        }
    }
    if (err != ANGO_E_END) { /* an entry that cannot be read: who else is in there? */
        last.error = err;
        last.outcome = ANGO_UNKNOWN;
    }
    for (i = first; i < end && err != ANGO_E_END; i++) {
        entries[i].fate = entries[i].fate == NOT_MENTIONED ? IN_DOUBT : entries[i].fate;
    }
}

/* --- the batches ---------------------------------------------------------------------------------------- */

/* Starts a request with as many addresses from `first` on as it has room for; returns how many. */
static size_t start_batch(size_t first)
{
    const char *to[BATCH_MAX] = {NULL};
    size_t len;

    for (len = 0; len < batch_most && first + len < cli_addresses_len; len++) {
        to[len] = cli_addresses[first + len].text;
    }
    while (start(to, len, projects_len) == ANGO_E_SPACE && len > 1) {
        len /= 2;
    }
    return len;
}

/* One request, from start to result; *end is behind its last address. */
static int send_batch(size_t first, size_t *end)
{
    const struct ango_result *result = &cli_client.result;
    char doing[64];

    *end = first + start_batch(first);
    last = *result;
    if (last.error != ANGO_OK) {
        return last.error;
    }
    snprintf(doing, sizeof doing, "inviting %lu to %lu of %lu", (unsigned long)first + 1, (unsigned long)*end,
             (unsigned long)cli_addresses_len);
    cli_exchange(doing);
    last = *result;
    requests += last.outcome != ANGO_NOT_SENT;
    if (last.error == ANGO_OK) {
        compare(first, *end);
    } else if (last.outcome != ANGO_NOT_SENT) {
        mark(first, *end, last.outcome == ANGO_REJECTED ? REFUSED : IN_DOUBT);
    }
    return last.error;
}

/* --- what came of it, for people ------------------------------------------------------------------------ */

static void show_entries(size_t first, size_t end)
{
    for (; first < end; first++) {
        const struct entry *entry = &entries[first];
        const char *words = entry->message != NULL ? entry->message : "";

        if (words[0] == '\0' && entry->fate == UNCLEAR) {
            words = entry->status;
        }
        if (words[0] == '\0') {
            words = fates[entry->fate].note;
        }
        printf("%-15s  ", fates[entry->fate].word);
        cli_put_padded(stdout, cli_addresses[first].text, words[0] != '\0' ? width : 0);
        if (words[0] != '\0') {
            fputs("  ", stdout);
            cli_put(stdout, words);
        }
        if (entry->fate == PENDING && entry->role[0] != '\0'
            && !ango_text_is(entry->role, ango_organization_role_text(role))) {
            fputs(", as ", stdout);
            cli_put(stdout, entry->role);
        }
        putchar('\n');
    }
    fflush(stdout);
}

static size_t count(enum fate fate)
{
    size_t i, n = 0;

    for (i = 0; i < cli_addresses_len; i++) {
        n += entries[i].fate == fate;
    }
    return n;
}

static void show_summary(void)
{
    const char *before = "";
    size_t i;
    int fate;

    for (i = 0; i < others_len; i++) {
        cli_say("the server also reports on %s, which was not asked for", others[i]);
    }
    for (fate = FATES - 1; fate >= 0; fate--) {
        size_t n = count((enum fate)fate);
        if (n > 0) {
            printf("%s%lu %s", before, (unsigned long)n, fates[fate].word);
            before = ", ";
        }
    }
    putchar('\n');
    fflush(stdout);
}

static void set_width(void)
{
    size_t i;

    for (i = 0; i < cli_addresses_len; i++) {
        size_t len = strlen(cli_addresses[i].text);
        if ((int)len > width) {
            width = len < 40 ? (int)len : 40;
        }
    }
}

/* --- and for programs ----------------------------------------------------------------------------------- */

static void json_entry(size_t i)
{
    const struct entry *entry = &entries[i];

    cli_json_begin('{');
    cli_json_pair("to", cli_addresses[i].text);
    cli_json_pair("result", fates[entry->fate].word);
    if (entry->id != NULL) {
        cli_json_pair("id", entry->id);
        cli_json_pair("organization_role", entry->role);
        cli_json_pair("status", entry->status);
        cli_json_pair("message", entry->message);
        cli_json_pair("expires_at", entry->expires_at);
    }
    cli_json_end('}');
}

static void json_document(int status)
{
    size_t i;
    int fate;

    cli_json_begin('{');
    cli_json_pair("command", "invite");
    cli_json_pair("organization", cli.organization);
    cli_json_pair("role", ango_organization_role_text(role));
    cli_json_key("projects");
    cli_json_begin('[');
    for (i = 0; i < projects_len; i++) {
        cli_json_begin('{');
        cli_json_pair("id", projects[i].project_id);
        cli_json_pair("role", ango_project_role_text(projects[i].project_role));
        cli_json_end('}');
    }
    cli_json_end(']');
    cli_json_key("exit");
    cli_json_number(status);
    cli_json_key("requests");
    cli_json_number(requests);
    for (fate = 0; fate < FATES; fate++) {
        cli_json_key(fates[fate].json_count);
        cli_json_number((long)count((enum fate)fate));
    }
    cli_json_key("addresses");
    cli_json_begin('[');
    for (i = 0; i < cli_addresses_len; i++) {
        json_entry(i);
    }
    cli_json_end(']');
    cli_json_key("not_asked_for");
    cli_json_begin('[');
    for (i = 0; i < others_len; i++) {
        cli_json_text(others[i]);
    }
    cli_json_end(']');
    cli_json_key("error");
    if (status == CLI_DONE || status == CLI_SOME_FAILED) {
        cli_json_null();
    } else {
        cli_json_error(&last);
    }
    cli_json_end('}');
    putchar('\n');
}

/* --- the command ---------------------------------------------------------------------------------------- */

/* Says in so many words what nobody may overlook. */
static void say_where_it_stands(void)
{
    size_t doubtful = count(IN_DOUBT), unsent = count(NOT_SENT);

    if (doubtful > 0) {
        cli_say("%lu may have been invited or not: see who is pending in Ango Hub before you invite them "
                "again", (unsigned long)doubtful);
    }
    if (unsent > 0) {
        cli_say("%lu of %lu not sent: these can be invited again without harm", (unsigned long)unsent,
                (unsigned long)cli_addresses_len);
    }
}

static int invite_all(void)
{
    int status = CLI_DONE;
    size_t first = 0, end = 0;

    while (first < cli_addresses_len && status == CLI_DONE && !cli_interrupted()) {
        int err = send_batch(first, &end);
        if (last.outcome != ANGO_NOT_SENT) {
            if (!cli.json) {
                show_entries(first, end);
            }
            first = end;
        }
        if (err != ANGO_OK) {
            status = cli_exit_of(&last);
            cli_explain(&last);
        }
    }
    if (!cli.json) {
        show_entries(first, cli_addresses_len);
    }
    if (status == CLI_DONE && count(NOT_SENT) > 0) {
        last.error = ANGO_E_CANCELLED; /* between two requests */
        last.outcome = ANGO_NOT_SENT;
        cli_explain(&last);
        status = CLI_OTHER;
    }
    if (status == CLI_DONE && count(INVITED) + count(PENDING) < cli_addresses_len) {
        status = CLI_SOME_FAILED;
    }
    return status;
}

static int run(char **operands, int operands_len)
{
    int status;

    if (cli.organization == NULL) {
        cli_say("which organization? --org or ANGO_ORG says it");
        return CLI_USAGE;
    }
    if (cli_collect_addresses(operands, operands_len, from) != CLI_DONE) {
        return CLI_USAGE;
    }
    status = cli_open();
    if (status == CLI_DONE) {
        status = check();
    }
    if (status != CLI_DONE) {
        return status;
    }
    set_width();
    status = invite_all();
    if (cli.json) {
        json_document(status);
    } else {
        show_summary();
    }
    if (status != CLI_DONE && status != CLI_SOME_FAILED) {
        say_where_it_stands();
    }
    cli_close();
    return status;
}

const struct cli_command cli_invite = {
    "invite", "invite people to an organization and to projects",
    "Usage: ango invite --org ORG [OPTION]... [EMAIL]...\n"
    "Invites people to an organization, and tells for each what came of it.\n"
    "\n"
    "  --org ORG           the organization's identifier (or ANGO_ORG)\n"
    "  --role ROLE         their role in it: member (default) or admin\n"
    "  --project ID:ROLE   put them on a project, as Manager, Labeler, Reviewer or\n"
    "                      Lead; may be given again\n"
    "  --from FILE         more addresses, one a line; # begins a comment; -: stdin\n"
    "  --batch N           at most so many addresses in a request (100)\n"
    CLI_COMMON_HELP
    "\n"
    "The key comes from a file or the environment, never from the command line.\n"
    "Exit status: 0 all are invited or were already; 1 some failed, or the server did\n"
    "not say; 2 wrong usage; 3 refused; 4 unknown, some may have been invited or not;\n"
    "5 network, 6 TLS or certificate (5, 6: not sent); 7 other. After 3 to 7, those\n"
    "shown as 'not sent' can be invited again.\n",
    options, run};
