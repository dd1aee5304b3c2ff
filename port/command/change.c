/* ango uninvite, role, remove, assign: what is done to people who are invited or in the organization. */
#define _POSIX_C_SOURCE 200809L

#include "command.h"

#include <string.h>

static void blame_organization(void)
{
    cli_say("--org: %s", ango_error_text(ANGO_E_ID));
}

/* --- uninvite and remove: the replies only count -------------------------------------------------------- */

static const struct cli_option removal_options[] = {
    CLI_YES_OPTION,
    CLI_NO_CONFIRM_OPTION,
    { .name = NULL },
};

#define REMOVAL_ABOUT \
    "Reads first who is there. Says what it will do and, on a terminal, asks;\n" \
    "elsewhere it needs --yes. Where the reply does not tell what came of each, it\n" \
    "reads back who is left.\n"
#define REMOVAL_EXITS \
    "Exit status: 0 all are gone; 1 some failed or were not there; 2 wrong usage;\n" \
    "3 refused; 4 unknown; 5 network, 6 TLS (5, 6: not sent); 7 other.\n"

static int start_uninvite(const char *const *to, size_t len)
{
    return ango_delete_organization_invites_start(&cli_client, cli.organization, to, len);
}

/* Who has joined meanwhile was not uninvited. */
static enum cli_fate settle_uninvite(enum ango_presence presence)
{
    return presence == ANGO_INVITED ? CLI_NOT_SENT : presence == ANGO_MEMBER ? CLI_MEMBER : CLI_MADE;
}

/* Of an entry of a list, or of one that did not fit (NULL). */
static void see(struct cli_look *look, const char *address)
{
    const char *c;
    uint32_t hash = 5381;

    look->n++;
    for (c = address != NULL ? address : ""; *c != '\0'; c++) {
        hash = hash * 33 + (unsigned char)*c;
    }
    look->sum += hash;
    look->whole = look->whole && address != NULL && address[0] != '\0';
}

static int end_look(struct cli_look *look, const struct ango_walk *walk, int err)
{
    look->whole = look->whole && !walk->incomplete;
    return err == ANGO_E_END ? ANGO_OK : err;
}

/* Marks who is pending. */
static int read_pending(struct cli_look *look)
{
    static struct cli_reading reading;
    const struct ango_invite *invite = &reading.item.invite;
    int err = ango_walk_invites(&reading.walk, &cli_client, cli.organization);

    reading.doing = "reading invitations";
    look->whole = true;
    while (err == ANGO_OK || err == ANGO_E_ENTRY) {
        err = cli_read_next(&reading);
        if (err == ANGO_OK || err == ANGO_E_ENTRY) {
            see(look, err == ANGO_OK ? invite->to : NULL);
        }
        if (err == ANGO_OK && (invite->status[0] == '\0' || ango_text_is(invite->status, "pending"))) {
            cli_mark(invite->to);
        }
    }
    return end_look(look, &reading.walk, err);
}

/* Marks the members; with a role, those that have it. */
static int read_members(struct cli_look *look, const char *role)
{
    static struct cli_reading reading;
    const struct ango_member *member = &reading.item.member;
    int err;

    memset(&reading, 0, sizeof reading);
    reading.doing = "reading members";
    look->whole = true;
    err = ango_walk_members(&reading.walk, &cli_client, cli.organization, NULL);
    while (err == ANGO_OK || err == ANGO_E_ENTRY) {
        err = cli_read_next(&reading);
        if (err == ANGO_OK || err == ANGO_E_ENTRY) {
            see(look, err == ANGO_OK ? member->email : NULL);
        }
        if (err == ANGO_OK && (role == NULL || ango_text_is(member->organization_role, role))) {
            cli_mark(member->email);
        }
    }
    return end_look(look, &reading.walk, err);
}

static int read_all_members(struct cli_look *look)
{
    return read_members(look, NULL);
}

static const struct cli_action uninvite = {
    .name = "uninvite",
    .doing = "taking back the invitations of",
    .what = "uninvited",
    .advice = "'ango invites' tells who is still invited",
    .words = { [CLI_MADE] = "uninvited",
               [CLI_NOT_THERE] = "not pending",
               [CLI_MEMBER] = "already a member",
               [CLI_STILL_THERE] = "not uninvited" },
    .still = "it is still pending",
    .before = read_pending,
    .takes_away = true,
    .harmless = true,
    .asks = { "take back", "invitation(s) to" },
    .blame = blame_organization,
    .start = start_uninvite,
    .confirm = ango_confirm_begin,
    .of = &cli.organization,
    .settle = settle_uninvite,
};

static int run_uninvite(char **operands, int operands_len)
{
    return cli_has_organization() ? cli_do_to_people(&uninvite, operands, operands_len) : CLI_USAGE;
}

const struct cli_command cli_uninvite = {
    "uninvite",         "take invitations back",
    "[EMAIL]...",       "Takes back invitations that are pending, and tells for each what came of it.\n" REMOVAL_ABOUT,
    REMOVAL_EXITS,      removal_options,
    cli_people_options, run_uninvite
};

static int start_remove(const char *const *to, size_t len)
{
    return ango_delete_organization_members_start(&cli_client, cli.organization, to, len);
}

static enum cli_fate settle_remove(enum ango_presence presence)
{
    return presence == ANGO_MEMBER ? CLI_NOT_SENT : CLI_MADE;
}

static const struct cli_action removal = {
    .name = "remove",
    .doing = "removing",
    .what = "removed",
    .advice = "'ango members' tells who is still there",
    .words = { [CLI_MADE] = "removed", [CLI_NOT_THERE] = "not a member", [CLI_STILL_THERE] = "not removed" },
    .still = "still a member",
    .before = read_all_members,
    .takes_away = true,
    .harmless = true,
    .asks = { "remove", "member(s) from" },
    .blame = blame_organization,
    .start = start_remove,
    .confirm = ango_confirm_members_begin,
    .of = &cli.organization,
    .settle = settle_remove,
};

static int run_remove(char **operands, int operands_len)
{
    return cli_has_organization() ? cli_do_to_people(&removal, operands, operands_len) : CLI_USAGE;
}

const struct cli_command cli_remove = {
    "remove",           "remove members from an organization",
    "[EMAIL]...",       "Removes members from an organization, and tells for each what came of it.\n" REMOVAL_ABOUT,
    REMOVAL_EXITS,      removal_options,
    cli_people_options, run_remove
};

/* --- role ----------------------------------------------------------------------------------------------- */

static enum ango_organization_role organization_role;

static const struct cli_option role_options[] = {
    CLI_YES_OPTION,
    CLI_NO_CONFIRM_OPTION,
    { .name = NULL },
};

static const char *organization_role_text(void)
{
    return ango_organization_role_text(organization_role);
}

static int start_role(const char *const *to, size_t len)
{
    return ango_update_organization_members_role_start(&cli_client, cli.organization, to, len, organization_role);
}

static int next_role(struct cli_report *report)
{
    struct ango_role_update update;
    int err = ango_next_role_update(&cli_client, &update);

    if (err == ANGO_OK) {
        report->to = update.email;
        report->status = update.status;
        report->message = update.message;
    }
    return err;
}

static enum cli_fate judge_role(const struct cli_report *report)
{
    static const char *const good[] = { "updated", "success", "done", "ok", NULL };

    if (cli_is_one_of(report->status, good)) {
        return CLI_MADE;
    }
    return cli_is_one_of(report->status, cli_bad_words) ? CLI_FAILED : CLI_UNCLEAR;
}

static int reread_role(struct cli_look *look)
{
    return read_members(look, organization_role_text());
}

static enum cli_fate settle_role(enum ango_presence presence)
{
    return presence == ANGO_MEMBER ? CLI_MADE : CLI_NOT_SENT;
}

static int run_role(char **operands, int operands_len)
{
    struct cli_action role = {
        .name = "role",
        .doing = "changing the roles of",
        .what = "updated",
        .advice = "'ango members' tells the roles; the same role can be given again without harm",
        .words = { [CLI_MADE] = "updated", [CLI_NOT_MENTIONED] = "not mentioned", [CLI_NOT_THERE] = "not updated" },
        .harmless = true,
        .reread = reread_role,
        .settle = settle_role,
        .asks = { "take the role of an admin, if they have it, from", "member(s) of" },
        .role = organization_role_text,
        .blame = blame_organization,
        .of = &cli.organization,
        .start = start_role,
        .next = next_role,
        .judge = judge_role,
    };

    if (operands_len == 0) {
        cli_say("which role? member or admin comes before the addresses");
        return CLI_USAGE;
    }
    if (!cli_read_organization_role("ROLE", operands[0], &organization_role) || !cli_has_organization()) {
        return CLI_USAGE;
    }
    if (organization_role != ANGO_ORGANIZATION_MEMBER) {
        role.asks[0] = NULL; /* takes nothing away */
    }
    return cli_do_to_people(&role, operands + 1, operands_len - 1);
}

const struct cli_command cli_role = {
    "role",
    "give members of an organization another role",
    "ROLE [EMAIL]...",
    "Gives members of an organization the role member or admin, and tells for each\n"
    "what came of it. Since an admin may lose by it, 'ango role member' says first\n"
    "what it will do and, on a terminal, asks; elsewhere it needs --yes.\n",
    "Exit status: 0 all have the role; 1 some failed, or the server did not say;\n"
    "2 wrong usage; 3 refused; 4 unknown; 5 network, 6 TLS (5, 6: not sent); 7 other.\n",
    role_options,
    cli_people_options,
    run_role
};

/* --- assign --------------------------------------------------------------------------------------------- */

static const char *project;
static enum ango_project_role project_role; /* 0: not given */

static int take_project_role(const char *value)
{
    return cli_read_project_role("--role", value, &project_role) ? CLI_DONE : CLI_USAGE;
}

static const struct cli_option assign_options[] = {
    { .name = "project",
      .value = "ID",
      .text = &project,
      .help = "the project's identifier: 'ango projects' shows it" },
    { .name = "role", .value = "ROLE", .take = take_project_role, .help = "Manager, Labeler, Reviewer or Lead" },
    CLI_NO_CONFIRM_OPTION,
    { .name = NULL },
};

static const char *project_role_text(void)
{
    return ango_project_role_text(project_role);
}

static void blame_project(void)
{
    cli_say("--project: %s", ango_error_text(ANGO_E_ID));
}

static int start_assign(const char *const *to, size_t len)
{
    return ango_add_members_to_project_start(&cli_client, project, to, len, project_role);
}

static int next_assign(struct cli_report *report)
{
    struct ango_assignee assignee;
    int err = ango_next_assignee(&cli_client, &assignee);

    if (err == ANGO_OK) {
        report->to = assignee.assignee;
        report->role = assignee.role;
    }
    return err;
}

static enum cli_fate judge_assign(const struct cli_report *report)
{
    bool as_asked = report->role[0] == '\0' || ango_text_is(report->role, project_role_text());

    return as_asked ? CLI_MADE : CLI_UNCLEAR;
}

/* They are there: as what, the project tells. */
static enum cli_fate settle_assign(enum ango_presence presence)
{
    return presence == ANGO_ASSIGNED ? CLI_UNCLEAR : CLI_NOT_SENT;
}

static int look_assign(void)
{
    return ango_get_project_start(&cli_client, project);
}

static size_t project_of_assign(const char **ids, size_t cap)
{
    ids[0] = project;
    return cap > 0 ? 1 : 0;
}

static void json_assign(void)
{
    cli_json_pair("project", project);
}

static const struct cli_action assign = {
    .name = "assign",
    .doing = "assigning",
    .what = "assigned",
    .advice = "see who works on the project in Ango Hub; the same can be asked again without harm",
    .words = { [CLI_MADE] = "assigned", [CLI_NOT_MENTIONED] = "not mentioned", [CLI_NOT_THERE] = "not there" },
    .still = "on the project; as what, could not be read back",
    .role_key = "project_role",
    .harmless = true,
    .names_others = true,
    .role = project_role_text,
    .blame = blame_project,
    .start = start_assign,
    .next = next_assign,
    .judge = judge_assign,
    .confirm = ango_confirm_assigned_begin,
    .of = &project,
    .settle = settle_assign,
    .look = look_assign,
    .projects = project_of_assign,
    .json = json_assign,
};

static int run_assign(char **operands, int operands_len)
{
    if (project == NULL || project_role_text() == NULL) {
        cli_say("which project, and as what? --project ID and --role ROLE say it");
        return CLI_USAGE;
    }
    return cli_do_to_people(&assign, operands, operands_len);
}

const struct cli_command cli_assign = {
    "assign",
    "put members on a project",
    "--project ID --role ROLE [EMAIL]...",
    "Puts members of the organization on a project, and tells for each whether the\n"
    "server now shows them there. Where a reply is lost, it reads the project back.\n",
    "Exit status: 0 all are on it; 1 some are not, or the server did not say;\n"
    "2 wrong usage; 3 refused; 4 unknown; 5 network, 6 TLS (5, 6: not sent); 7 other.\n",
    assign_options,
    cli_people_options,
    run_assign
};
