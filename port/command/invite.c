/* ango invite: invitations to an organization and to projects. */
#define _POSIX_C_SOURCE 200809L

#include "command.h"
#include "outbox_file.h"

#include <string.h>

#define PROJECTS_MAX 100

static struct ango_project_assignment projects[PROJECTS_MAX];
static size_t projects_len;
static enum ango_organization_role role = ANGO_ORGANIZATION_MEMBER;
static bool later;

static int take_role(const char *value)
{
    return cli_read_organization_role("--role", value, &role) ? CLI_DONE : CLI_USAGE;
}

static int take_project(const char *value)
{
    struct ango_project_assignment *project = &projects[projects_len];
    const char *colon = strrchr(value, ':');
    char id[512];

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
    if (!cli_read_project_role("--project", colon + 1, &project->project_role)) {
        return CLI_USAGE;
    }
    project->project_id = cli_keep(id);
    projects_len++;
    return CLI_DONE;
}

static const struct cli_option options[] = {
    { .name = "role", .value = "ROLE", .take = take_role, .help = "their role: member (default) or admin" },
    { .name = "project",
      .value = "ID:ROLE",
      .take = take_project,
      .help = "put them on a project, too, as Manager, Labeler,\nReviewer or Lead; may be given again" },
    { .name = "missing-only",
      .flag = &cli_missing_only,
      .help = "read first who is invited or a member, and invite\nthe others: to run a list again" },
    CLI_NO_CONFIRM_OPTION,
    { .name = "later", .flag = &later, .help = "keep them, and send nothing: see 'ango help outbox'" },
    CLI_OUTBOX_OPTION,
    { .name = NULL },
};

static enum ango_organization_role wished_role(void)
{
    return cli_wish->role != 0 ? cli_wish->role : role;
}

static const char *role_text(void)
{
    return ango_organization_role_text(wished_role());
}

static const char *wish_fault(const struct cli_wish *wish)
{
    return wish->project_role != 0 && wish->project == NULL && projects_len == 0 ? "its project role needs a project"
                                                                                 : NULL;
}

/* The project of the wish, else those of the options, in the role of the wish if it has one. Returns how many. */
static size_t wished_projects(struct ango_project_assignment *to)
{
    size_t i;

    if (cli_wish->no_project) {
        return 0;
    }
    if (cli_wish->project != NULL) {
        to[0].project_id = cli_wish->project;
        to[0].project_role = cli_wish->project_role;
        return 1;
    }
    for (i = 0; i < projects_len; i++) {
        to[i] = projects[i];
        to[i].project_role = cli_wish->project_role != 0 ? cli_wish->project_role : to[i].project_role;
    }
    return projects_len;
}

static int start_with(const char *const *to, size_t to_len, bool with_projects)
{
    struct ango_project_assignment wanted[PROJECTS_MAX];
    struct ango_invitation invitation;

    invitation.to = to;
    invitation.to_len = to_len;
    invitation.organization_role = wished_role();
    invitation.project_assignments = wanted;
    invitation.project_assignments_len = with_projects ? wished_projects(wanted) : 0;
    return ango_invite_members_to_org_start(&cli_client, cli.organization, &invitation);
}

static int start(const char *const *to, size_t to_len)
{
    return start_with(to, to_len, true);
}

/* Which identifier is none? */
static void blame(void)
{
    static const char *const any[] = { "somebody@example.com" };
    unsigned long number = (unsigned long)cli_client.result.index + 1;

    if (start_with(any, 1, false) == ANGO_E_ID) {
        cli_say("--org: %s", ango_error_text(ANGO_E_ID));
    } else {
        cli_say("--project: number %lu: %s", number, ango_error_text(ANGO_E_ID));
    }
    ango_cancel(&cli_client);
}

static int next(struct cli_report *report)
{
    struct ango_invite invite;
    int err = ango_next_invite(&cli_client, &invite);

    if (err == ANGO_OK) {
        report->to = invite.to;
        report->id = invite.id;
        report->role = invite.organization_role;
        report->status = invite.status;
        report->message = invite.message;
        report->expires_at = invite.expires_at;
    }
    return err;
}

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

/*
 * What an entry of the reply means. Only {"_id", "to", "status":"Pending", ...} is documented; an entry that
 * failed is taken for one by its status or, without one, by its message; whatever else is shown as it is.
 */
static enum cli_fate judge(const struct cli_report *report)
{
    static const char *const good[] = { "pending", "invited", "sent", "created", "success", "", NULL };

    if (cli_is_one_of(report->status, cli_bad_words)) {
        return CLI_FAILED;
    }
    if (!cli_is_one_of(report->status, good)) {
        return CLI_UNCLEAR; /* whatever words it has: "you have already used all seats" invites nobody */
    }
    if (report->message[0] == '\0') {
        return CLI_MADE;
    }
    if (report->id[0] == '\0' && report->status[0] == '\0') {
        return CLI_FAILED;
    }
    return mentions_already(report->message) ? CLI_ALREADY : CLI_MADE;
}

static enum cli_fate settle(enum ango_presence presence)
{
    return presence == ANGO_INVITED ? CLI_MADE : presence == ANGO_MEMBER ? CLI_MEMBER : CLI_NOT_SENT;
}

/* Those of the options, and those of the lists. */
static size_t all_projects(const char **ids, size_t cap)
{
    size_t i, len = 0;

    for (i = 0; i < projects_len && len < cap; i++) {
        ids[len++] = projects[i].project_id;
    }
    for (i = 0; i < cli_wishes_len && len < cap; i++) {
        if (cli_wishes[i].project != NULL) {
            ids[len++] = cli_wishes[i].project;
        }
    }
    return len;
}

static void json(void)
{
    size_t i;

    cli_json_key("projects");
    cli_json_begin('[');
    for (i = 0; i < projects_len; i++) {
        cli_json_begin('{');
        cli_json_pair("id", projects[i].project_id);
        cli_json_pair("role", ango_project_role_text(projects[i].project_role));
        cli_json_end('}');
    }
    cli_json_end(']');
}

static const struct cli_action action = {
    .name = "invite",
    .doing = "inviting",
    .what = "invited",
    .advice = "see who is pending ('ango invites') before you invite them again",
    .words = { [CLI_MADE] = "invited",
               [CLI_ALREADY] = "already pending",
               [CLI_NOT_MENTIONED] = "not mentioned",
               [CLI_MEMBER] = "already a member",
               [CLI_NOT_THERE] = "not there" },
    .role_key = "organization_role",
    .role = role_text,
    .wish_fault = wish_fault,
    .blame = blame,
    .start = start,
    .next = next,
    .judge = judge,
    .confirm = ango_confirm_begin,
    .of = &cli.organization,
    .settle = settle,
    .projects = all_projects,
    .json = json,
};

/* What the request wants, as an entry of the outbox, which has room for one project. */
static int fill(struct ango_outbox_entry *entry)
{
    struct ango_project_assignment wanted[PROJECTS_MAX];
    size_t len = wished_projects(wanted);

    if (len > 1) {
        cli_say("--later keeps one project with each person: invite them now, or 'ango assign' them later");
        return CLI_USAGE;
    }
    entry->organization_role = wished_role();
    if (len == 1) {
        entry->project_id = wanted[0].project_id;
        entry->project_role = wanted[0].project_role;
    }
    return CLI_DONE;
}

static int keep(char **operands, int operands_len)
{
    int status;

    if (cli_dry_run || cli_missing_only || cli_no_confirm) {
        cli_say("--later sends nothing: --dry-run, --missing-only and --no-confirm do not go with it");
        return CLI_USAGE;
    }
    status = cli_collect_people(&action, operands, operands_len);
    return status == CLI_DONE ? cli_keep_people(fill) : status;
}

static int run(char **operands, int operands_len)
{
    if (!cli_has_organization()) {
        return CLI_USAGE;
    }
    if (!later && cli_outbox_file != NULL) {
        cli_say("--outbox goes with --later");
        return CLI_USAGE;
    }
    return later ? keep(operands, operands_len) : cli_do_to_people(&action, operands, operands_len);
}

const struct cli_command cli_invite = {
    "invite",
    "invite people to an organization and to projects",
    "[EMAIL]...",
    "Invites people to an organization, and tells for each what came of it. Where a\n"
    "reply is lost, it reads back who is invited, and invites who is not.\n",
    "Exit status: 0 all are invited or were already; 1 some failed, or the server did\n"
    "not say; 2 wrong usage; 3 refused; 4 unknown, some may have been invited or not;\n"
    "5 network, 6 TLS or certificate (5, 6: not sent); 7 other.\n",
    options,
    cli_people_options,
    run
};
