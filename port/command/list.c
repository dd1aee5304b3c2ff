/* ango invites, members, projects, project: lists, shown while they are read. */
#define _POSIX_C_SOURCE 200809L

#include "command.h"

#include <unistd.h>

/* A field of an item: all are strings. */
struct column {
    const char *key;   /* in JSON */
    const char *title; /* in the table, or NULL: not shown there */
    int width;
    size_t at;
};

struct list {
    const char *doing;
    const char *what;                 /* of how many */
    const struct column *columns;     /* the last has no key */
    bool (*counts)(const void *item); /* whether an item is one of what; NULL: each is */
};

static int step(void *what, uint32_t wait_ms)
{
    struct cli_reading *reading = (struct cli_reading *)what;

    return ango_walk_step(&reading->walk, &reading->item, wait_ms);
}

int cli_read_next(struct cli_reading *reading)
{
    char doing[80];
    int err;

    do {
        if (cli_interrupted() != 0) {
            return ANGO_E_CANCELLED;
        }
        snprintf(doing, sizeof doing, "%s, %lu so far", reading->doing, reading->n);
        reading->walk.timeout_ms = CLI_LIST_TIMEOUTS * 1000u * cli.timeout_s + cli_lost_ms();
        err = cli_carry_on(step, reading, doing);
        reading->n += err == ANGO_OK;
        if (err == ANGO_OK || err == ANGO_E_END || err == ANGO_E_ENTRY || err != cli_client.result.error) {
            return err;
        }
    } while (cli_try_again(true, doing));
    return err;
}

static const char *field(const void *item, const struct column *column)
{
    return *(const char *const *)((const char *)item + column->at);
}

/* On a terminal that is narrower than 80 columns, the columns are, too. */
static int width_of(const struct column *column)
{
    int columns = cli_terminal_columns(STDOUT_FILENO);

    return columns > 0 && columns < 80 ? column->width * columns / 80 : column->width;
}

static void show_titles(const struct list *list)
{
    const struct column *column;
    const char *before = "";

    for (column = list->columns; column->key != NULL; column++) {
        if (column->title != NULL) {
            printf("%s%-*s", before, width_of(column), column->title);
            before = "  ";
        }
    }
    putchar('\n');
}

static void show_item(const struct list *list, const void *item)
{
    const struct column *column;
    const char *before = "";

    for (column = list->columns; column->key != NULL; column++) {
        if (column->title != NULL) {
            fputs(before, stdout);
            cli_put_padded(stdout, field(item, column), width_of(column));
            before = "  ";
        }
    }
    putchar('\n');
}

static void json_item(const struct list *list, const void *item)
{
    const struct column *column;

    cli_json_begin('{');
    for (column = list->columns; column->key != NULL; column++) {
        cli_json_pair(column->key, field(item, column));
    }
    cli_json_end('}');
    cli_json_end_line();
}

/* Of what only reads, nothing can be in doubt. */
static int exit_of(int err)
{
    struct ango_result result = cli_client.result;

    result.error = err;
    if (result.outcome != ANGO_REJECTED || err == ANGO_E_CANCELLED) {
        result.outcome = ANGO_NOT_SENT;
    }
    cli_explain_reading(&result);
    return cli_exit_of(&result);
}

int cli_exit_of_reading(int err)
{
    if (cli_interrupted() != 0) {
        cli_say("%s", ango_error_text(ANGO_E_CANCELLED));
        return CLI_SIGNAL + cli_interrupted();
    }
    if (err != ANGO_E_TIME || cli_client.result.error == ANGO_E_TIME) {
        return exit_of(err);
    }
    cli_say("the list has not come to its end in %lu s; --timeout allows more",
            CLI_LIST_TIMEOUTS * (unsigned long)cli.timeout_s);
    return CLI_OTHER;
}

static void show_row(const struct list *list, const struct cli_reading *reading)
{
    if (cli.json) {
        json_item(list, &reading->item);
        return;
    }
    if (reading->n == 1) {
        show_titles(list);
    }
    show_item(list, &reading->item);
}

/* The list ended, and the server may have kept some of it back. */
static void say_incomplete(unsigned long came)
{
    unsigned long total = cli_client.result.total;

    if (total > came) {
        cli_say("the list is incomplete: %lu of %lu came; 'ango check' tells what this server does with limit and page",
                came, total);
    } else {
        cli_say("entries may be missing: the server showed a page again, or something that is no entry; 'ango check' "
                "tells what it does with limit and page");
    }
}

/* The last line of a table: how many there are, as far as is known. */
static void show_count(const struct list *list, const struct cli_reading *reading, unsigned long others, int err)
{
    const char *more = err != ANGO_E_END ? " so far, and an error" : reading->walk.incomplete ? ", maybe not all" : "";

    if (cli.json || (err != ANGO_E_END && reading->n == 0)) {
        return;
    }
    printf("%lu %s", reading->n - others, list->what);
    if (others > 0) {
        printf(", %lu with another status", others);
    }
    printf("%s\n", more);
    cli_flush();
}

static int show(const struct list *list, struct cli_reading *reading)
{
    unsigned long too_large = 0, others = 0;
    bool is_read = true, incomplete;
    int err;

    reading->doing = list->doing;
    do {
        err = cli_read_next(reading);
        if (err == ANGO_OK) {
            show_row(list, reading);
            others += list->counts != NULL && !list->counts(&reading->item); /* mutant: command-counts-expired */
            is_read = cli_flush();
        }
        too_large += err == ANGO_E_ENTRY;
    } while ((err == ANGO_OK || err == ANGO_E_ENTRY) && is_read);
    incomplete = err == ANGO_E_END && reading->walk.incomplete;
    show_count(list, reading, others, err);
    if (incomplete) {
        say_incomplete(reading->n + too_large);
    }
    if (too_large > 0) {
        cli_say("%lu of them not shown: %s", too_large, ango_error_text(ANGO_E_ENTRY));
    }
    if (err != ANGO_E_END && is_read) {
        err = cli_exit_of_reading(err);
    } else {
        err = too_large > 0 || incomplete ? CLI_OTHER : CLI_DONE;
    }
    cli_close();
    return err;
}

/* Says what a list does not take. */
static bool takes(int operands_len, int most)
{
    if (operands_len > most) {
        cli_say(most == 0 ? "this takes no argument" : "this takes one argument; quote it if it has spaces");
    }
    return operands_len <= most;
}

#define LIST_EXITS \
    "With --json, one JSON object a line. What was read before an error is shown.\n" \
    "Exit status: 0 done; 2 wrong usage; 3 refused; 5 network; 6 TLS or certificate;\n" \
    "7 other, or entries may be missing.\n"

static const struct cli_option no_options[] = { { .name = NULL } };

/* --- invites -------------------------------------------------------------------------------------------- */

/* A server may show others, too, although it is asked for these. */
static bool is_pending(const void *item)
{
    const struct ango_invite *invite = (const struct ango_invite *)item;

    return invite->status[0] == '\0' || ango_text_is(invite->status, "pending");
}

static int run_invites(char **operands, int operands_len)
{
    static const struct column columns[] = {
        { "id", NULL, 0, offsetof(struct ango_invite, id) },
        { "to", "EMAIL", 36, offsetof(struct ango_invite, to) },
        { "organization_role", "ROLE", 8, offsetof(struct ango_invite, organization_role) },
        { "status", "STATUS", 8, offsetof(struct ango_invite, status) },
        { "message", NULL, 0, offsetof(struct ango_invite, message) },
        { "created_by", NULL, 0, offsetof(struct ango_invite, created_by) },
        { "created_at", NULL, 0, offsetof(struct ango_invite, created_at) },
        { "expires_at", "EXPIRES", 0, offsetof(struct ango_invite, expires_at) },
        { NULL, NULL, 0, 0 },
    };
    static const struct list list = { "reading invitations", "pending", columns, is_pending };
    static struct cli_reading reading;

    (void)operands;
    if (!takes(operands_len, 0) || !cli_has_organization() || cli_open() != CLI_DONE) {
        return CLI_USAGE;
    }
    ango_walk_invites(&reading.walk, &cli_client, cli.organization);
    return show(&list, &reading);
}

const struct cli_command cli_invites = { "invites",  "list the invitations that are pending",
                                         "",         "Lists the invitations that are pending.\n",
                                         LIST_EXITS, no_options,
                                         NULL,       run_invites };

/* --- members -------------------------------------------------------------------------------------------- */

static int run_members(char **operands, int operands_len)
{
    static const struct column columns[] = {
        { "id", NULL, 0, offsetof(struct ango_member, id) },
        { "email", "EMAIL", 36, offsetof(struct ango_member, email) },
        { "organization_role", "ROLE", 8, offsetof(struct ango_member, organization_role) },
        { "name", "NAME", 0, offsetof(struct ango_member, name) },
        { "created_at", NULL, 0, offsetof(struct ango_member, created_at) },
        { NULL, NULL, 0, 0 },
    };
    static const struct list list = { "reading members", "members", columns, NULL };
    static struct cli_reading reading;

    if (!takes(operands_len, 1) || !cli_has_organization() || cli_open() != CLI_DONE) {
        return CLI_USAGE;
    }
    ango_walk_members(&reading.walk, &cli_client, cli.organization, operands_len > 0 ? operands[0] : NULL);
    return show(&list, &reading);
}

const struct cli_command cli_members = {
    "members",
    "list the members of an organization, or search them",
    "[SEARCH]",
    "Lists the members of an organization: all, or those that the server finds for\n"
    "SEARCH, in their names and addresses.\n",
    LIST_EXITS,
    no_options,
    NULL,
    run_members
};

/* --- projects ------------------------------------------------------------------------------------------- */

static const char *sort;

static const struct cli_option projects_options[] = {
    { .name = "sort",
      .value = "FIELD",
      .text = &sort,
      .help = "by name or createdAt; -name, -createdAt: the other way" },
    { .name = NULL },
};

static int run_projects(char **operands, int operands_len)
{
    static const struct column columns[] = {
        { "id", "ID", 24, offsetof(struct ango_project, id) },
        { "organization", "ORGANIZATION", 24, offsetof(struct ango_project, organization) },
        { "name", "NAME", 0, offsetof(struct ango_project, name) },
        { "description", NULL, 0, offsetof(struct ango_project, description) },
        { "created_at", NULL, 0, offsetof(struct ango_project, created_at) },
        { NULL, NULL, 0, 0 },
    };
    static const struct list list = { "reading projects", "projects", columns, NULL };
    static struct cli_reading reading;

    (void)operands;
    if (!takes(operands_len, 0) || cli_open() != CLI_DONE) {
        return CLI_USAGE;
    }
    ango_walk_projects(&reading.walk, &cli_client, sort);
    return show(&list, &reading);
}

const struct cli_command cli_projects = {
    "projects", "list projects and their identifiers",
    "",         "Lists the projects that the key's user can see, with their identifiers.\n",
    LIST_EXITS, projects_options,
    NULL,       run_projects
};

/* --- project -------------------------------------------------------------------------------------------- */

static void show_assignee(const struct ango_assignee *assignee)
{
    if (cli.json) {
        cli_json_begin('{');
        cli_json_pair("assignee", assignee->assignee);
        cli_json_pair("role", assignee->role);
        cli_json_end('}');
        cli_json_end_line();
        return;
    }
    cli_put_padded(stdout, assignee->assignee, 36);
    fputs("  ", stdout);
    cli_put(stdout, assignee->role);
    putchar('\n');
}

/* Asks for the project, and waits where the server wants that. CLI_DONE with its people in the client. */
static int get_project(const char *id)
{
    int err;

    do {
        err = ango_get_project_start(&cli_client, id);
        if (err == ANGO_OK) {
            err = cli_exchange("reading the project");
        }
    } while (err != ANGO_OK && cli_try_again(true, ""));
    return err == ANGO_OK ? CLI_DONE : cli_exit_of_reading(err);
}

static int run_project(char **operands, int operands_len)
{
    const struct ango_result *result = &cli_client.result;
    struct ango_assignee assignee;
    int status;

    if (operands_len != 1) {
        cli_say("this takes one argument, the project's identifier: ango projects shows it");
        return CLI_USAGE;
    }
    if (cli_open() != CLI_DONE) {
        return CLI_USAGE;
    }
    status = get_project(operands[0]);
    if (status == CLI_DONE && !cli.json && result->kept > 0) {
        printf("%-36s  ROLE\n", "ASSIGNEE");
    }
    while (status == CLI_DONE && ango_next_assignee(&cli_client, &assignee) == ANGO_OK) {
        show_assignee(&assignee);
    }
    if (status == CLI_DONE && !cli.json) {
        printf("%lu assigned\n", (unsigned long)result->items);
    }
    if (status == CLI_DONE && result->kept < result->items) {
        cli_say("%lu of them not shown: there are too many for this program",
                (unsigned long)(result->items - result->kept));
        status = CLI_OTHER;
    }
    cli_flush();
    cli_close();
    return status;
}

const struct cli_command cli_project = {
    "project",  "list who works on a project",
    "ID",       "Lists who is assigned to a project, and as what. ango projects shows each ID.\n",
    LIST_EXITS, no_options,
    NULL,       run_project
};
