/* --dry-run: what the server says without being asked to act. */
#define _POSIX_C_SOURCE 200809L

#include "command.h"

#define PROJECTS_MAX 200

static const struct ango_page one = { 1, 1 };

/* Carries on what was started; the exit status, after saying what failed. */
static int finish(int err, bool *again, const char *what, const char *id)
{
    *again = false;
    if (err == ANGO_OK) {
        err = cli_exchange("trying");
    }
    if (err == ANGO_OK) {
        return CLI_DONE;
    }
    *again = cli_try_again(true, what);
    if (!*again) {
        cli_say("%s%s%s:", what, id[0] != '\0' ? " " : "", id);
        return cli_exit_of_reading(err);
    }
    return CLI_DONE;
}

static int try_key(void)
{
    bool again;
    int status;

    do {
        status = finish(ango_list_projects_start(&cli_client, NULL, &one), &again, "the key", "");
    } while (again);
    return status;
}

static int try_organization(void)
{
    bool again;
    int status;

    do {
        int err = ango_get_organization_members_start(&cli_client, cli.organization, NULL, &one);
        status = finish(err, &again, "organization", cli.organization);
    } while (again);
    return status;
}

static int try_project(const char *id)
{
    bool again;
    int status;

    do {
        status = finish(ango_get_project_start(&cli_client, id), &again, "project", id);
    } while (again);
    return status;
}

int cli_try_reading(const struct cli_action *action)
{
    const char *ids[PROJECTS_MAX];
    size_t i, len = action->projects != NULL ? action->projects(ids, PROJECTS_MAX) : 0;
    int status = try_key(), worst;

    if (status != CLI_DONE) {
        return status; /* nothing else can do better */
    }
    worst = action->of == &cli.organization ? try_organization() : CLI_DONE;
    for (i = 0; i < len; i++) {
        status = try_project(ids[i]);
        worst = worst == CLI_DONE ? status : worst;
    }
    return worst;
}
