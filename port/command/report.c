/* What came of each address, for people as a table, for programs as one JSON object a line; both as it happens. */
#define _POSIX_C_SOURCE 200809L

#include "command.h"
#include "people.h"

#include <string.h>

#define WIDTH_MAX 40 /* of the column of addresses */

/* With every command, unless it has a word of its own; those without one are not its fates. */
static const char *const words[CLI_FATES] = {
    [CLI_NOT_SENT] = "not sent", [CLI_FAILED] = "failed",     [CLI_UNCLEAR] = "unclear",
    [CLI_DECLINED] = "refused",  [CLI_IN_DOUBT] = "in doubt",
};

/* Where the server gives none. */
static const char *const notes[CLI_FATES] = {
    [CLI_FAILED] = "the server does not say why",
    [CLI_NOT_MENTIONED] = "the server accepted the request, but does not list this address",
};

static const char *word(enum cli_fate fate)
{
    return cli_action->words[fate] != NULL ? cli_action->words[fate] : words[fate];
}

size_t cli_count(enum cli_fate fate)
{
    size_t i, n = 0;

    for (i = 0; i < cli_addresses_len; i++) {
        n += cli_entries[i].fate == fate;
    }
    return n;
}

/* --- for people ----------------------------------------------------------------------------------------- */

/* Of the column of addresses: as wide as the widest, up to a limit. */
static int width(void)
{
    static int columns;
    size_t i;

    if (columns > 0) {
        return columns; /* as it was found the first time */
    }
    for (i = 0; i < cli_addresses_len && columns < WIDTH_MAX; i++) {
        int len = cli_columns(cli_addresses[i].text);
        columns = len > columns ? len : columns;
    }
    columns = columns < WIDTH_MAX ? columns : WIDTH_MAX;
    return columns;
}

/* The role that was asked for. */
static const char *role_of(size_t i)
{
    const struct cli_wish *of_request = cli_wish;
    const char *role = "";

    cli_wish = &cli_wishes[cli_addresses[i].wish];
    if (cli_action->role != NULL) {
        role = cli_action->role();
    }
    cli_wish = of_request;
    return role;
}

static void show_entry(size_t i)
{
    const struct cli_entry *entry = &cli_entries[i];
    const char *role = role_of(i);
    const char *said = entry->said.message != NULL ? entry->said.message : "";
    const char *is = entry->said.role != NULL ? entry->said.role : "";
    bool other_role = is[0] != '\0' && !ango_text_is(is, role);

    if (said[0] == '\0' && entry->fate == CLI_UNCLEAR && entry->said.status != NULL) {
        said = entry->said.status;
    }
    if (said[0] == '\0' && notes[entry->fate] != NULL) {
        said = notes[entry->fate];
    }
    printf("%-15s  ", word(entry->fate));
    cli_put_padded(stdout, cli_addresses[i].text, said[0] != '\0' || other_role ? width() : 0);
    if (said[0] != '\0' || other_role) {
        fputs("  ", stdout);
        cli_put(stdout, said);
    }
    if (other_role) {
        fputs(said[0] != '\0' ? ", as " : "as ", stdout);
        cli_put(stdout, is);
    }
    if (entry->fate == CLI_IN_DOUBT) {
        printf("  may have been %s, or not", cli_action->what);
    }
    putchar('\n');
}

static void show_summary(void)
{
    const char *before = "";
    size_t i;
    int fate;

    for (i = 0; i < cli_others_len; i++) {
        cli_say("the server also reports on %s, which was not asked for", cli_others[i]);
    }
    for (fate = CLI_FATES - 1; fate >= 0; fate--) {
        size_t n = cli_count((enum cli_fate)fate);
        if (n > 0) {
            printf("%s%lu %s", before, (unsigned long)n, word((enum cli_fate)fate));
            before = ", ";
        }
    }
    putchar('\n');
}

/* --- for programs --------------------------------------------------------------------------------------- */

/* Whether it is not done, and can be asked for again without harm. */
static bool can_come_again(enum cli_fate fate)
{
    switch (fate) {
    case CLI_NOT_SENT:
    case CLI_STILL_THERE:
        return true;
    case CLI_NOT_THERE:
        return !cli_action->takes_away; /* asked for, and found missing */
    case CLI_IN_DOUBT:
        return cli_action->harmless;
    default:
        return false;
    }
}

static void json_said(const char *key, const char *text)
{
    if (key != NULL && text != NULL) {
        cli_json_pair(key, text);
    }
}

static void json_entry(size_t i)
{
    const struct cli_entry *entry = &cli_entries[i];

    cli_json_begin('{');
    cli_json_pair("to", cli_addresses[i].text);
    cli_json_pair("result", word(entry->fate));
    cli_json_key("again");
    cli_json_bool(can_come_again(entry->fate));
    cli_json_key("read_back");
    cli_json_bool(entry->read_back);
    json_said("id", entry->said.id);
    json_said(cli_action->role_key, entry->said.role);
    json_said("status", entry->said.status);
    json_said("message", entry->said.message);
    json_said("expires_at", entry->said.expires_at);
    cli_json_end('}');
    cli_json_end_line();
}

/* A number for each word that the command has; "already pending" is "already_pending". */
static void json_counts(void)
{
    int fate;

    for (fate = 0; fate < CLI_FATES; fate++) {
        const char *text = word((enum cli_fate)fate);
        char key[32] = "";
        size_t i;

        for (i = 0; text != NULL && text[i] != '\0' && i < sizeof key - 1; i++) {
            key[i] = (char)(text[i] == ' ' ? '_' : text[i]);
        }
        if (text != NULL) {
            cli_json_key(key);
            cli_json_number((long)cli_count((enum cli_fate)fate));
        }
    }
}

/* What became of the request that failed: where nobody is left in doubt, it was read back that it was not carried out. */
static const char *outcome(void)
{
    if (cli_last.outcome == ANGO_UNKNOWN && cli_count(CLI_IN_DOUBT) == 0) {
        return "not carried out";
    }
    return ango_outcome_text(cli_last.outcome);
}

static void json_sums(int status)
{
    size_t i;

    cli_wish = cli_wishes;
    cli_json_begin('{');
    cli_json_pair("command", cli_action->name);
    json_said("organization", cli.organization);
    json_said("role", cli_action->role != NULL ? cli_action->role() : NULL);
    if (cli_action->json != NULL) {
        cli_action->json();
    }
    cli_json_key("exit");
    cli_json_number(status);
    cli_json_key("requests");
    cli_json_number(cli_requests);
    json_counts();
    cli_json_key("not_asked_for");
    cli_json_begin('[');
    for (i = 0; i < cli_others_len; i++) {
        cli_json_text(cli_others[i]);
    }
    cli_json_end(']');
    cli_json_key("error");
    if (status == CLI_DONE || status == CLI_SOME_FAILED) {
        cli_json_null();
    } else {
        cli_json_error_as(&cli_last, outcome());
    }
    cli_json_end('}');
    cli_json_end_line();
}

/* --- both ----------------------------------------------------------------------------------------------- */

static void tell(size_t i)
{
    if (cli_entries[i].told) {
        return;
    }
    cli_entries[i].told = true;
    if (cli.json) {
        json_entry(i);
    } else {
        show_entry(i);
    }
}

void cli_tell(const size_t *batch, size_t batch_len)
{
    size_t i;

    for (i = 0; i < batch_len; i++) {
        if (cli_entries[batch[i]].fate != CLI_NOT_SENT) {
            tell(batch[i]);
        }
    }
    cli_flush();
}

void cli_tell_rest(void)
{
    size_t i;

    for (i = 0; i < cli_addresses_len; i++) {
        tell(i);
    }
    cli_flush();
}

static void say_where_it_stands(void)
{
    size_t doubtful = cli_count(CLI_IN_DOUBT), unsent = cli_count(CLI_NOT_SENT);
    size_t undone = cli_count(cli_action->takes_away ? CLI_STILL_THERE : CLI_NOT_THERE);

    if (doubtful > 0) {
        cli_say("%lu may have been %s or not: %s", (unsigned long)doubtful, cli_action->what, cli_action->advice);
    }
    if (undone > 0) {
        cli_say("%lu asked for three times, and not %s when it was read back: these can be %s again without harm",
                (unsigned long)undone, cli_action->what, cli_action->what);
    }
    if (unsent > 0) {
        cli_say("%lu of %lu not sent: these can be %s again without harm", (unsigned long)unsent,
                (unsigned long)cli_addresses_len, cli_action->what);
    }
}

void cli_tell_end(int status)
{
    if (cli.json) {
        json_sums(status);
    } else {
        show_summary();
    }
    cli_flush();
    say_where_it_stands();
}

void cli_tell_dry(size_t waiting, size_t requests_len, int status)
{
    if (cli.json) {
        cli_json_begin('{');
        cli_json_pair("command", cli_action->name);
        cli_json_key("dry_run");
        cli_json_bool(true);
        cli_json_key("exit");
        cli_json_number(status);
        cli_json_key("addresses");
        cli_json_number((long)waiting);
        cli_json_key("left_out");
        cli_json_number((long)(cli_addresses_len - waiting));
        cli_json_key("requests");
        cli_json_number((long)requests_len);
        cli_json_end('}');
        cli_json_end_line();
    } else if (status != CLI_DONE) {
        puts("it would not work as things are, and the error tells why; nothing was sent");
    } else {
        printf("%lu of %lu would be %s, in %lu request%s; nothing was sent\n", (unsigned long)waiting,
               (unsigned long)cli_addresses_len, cli_action->what, (unsigned long)requests_len,
               requests_len == 1 ? "" : "s");
    }
    cli_flush();
}
