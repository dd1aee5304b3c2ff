/* ango outbox, and ango invite --later: people who are kept until they are invited. */
#define _POSIX_C_SOURCE 200809L

#include <string.h>
#include <time.h>

#include "outbox_file.h"
#include "people.h"

#define TIME_CAP 24

bool cli_outbox_forever;

/* --- ango invite --later -------------------------------------------------------------------------------- */

static const char *role_of_request(void);

static const struct cli_action keeping = {
    .name = "invite",
    .what = "kept",
    .words = { [CLI_MADE] = "kept", [CLI_ALREADY] = "kept before", [CLI_FAILED] = "not kept" },
    .role = role_of_request,
};

static int (*fill)(struct ango_outbox_entry *entry);

static const char *role_of_request(void)
{
    struct ango_outbox_entry entry;

    memset(&entry, 0, sizeof entry);
    return fill(&entry) == CLI_DONE ? ango_organization_role_text(entry.organization_role) : "";
}

/* If there is no room, once after making some. */
static int put(const struct ango_outbox_entry *entry)
{
    static bool full;
    int err = ango_outbox_put(&cli_outbox, entry, NULL);

    if (err != ANGO_E_FULL || full) {
        return err;
    }
    err = ango_outbox_tidy(&cli_outbox, false);
    if (err == ANGO_OK || err == ANGO_E_DAMAGED) {
        err = ango_outbox_put(&cli_outbox, entry, NULL);
    }
    full = err == ANGO_E_FULL;
    return err;
}

/* Keeps one, and tells what came of it. */
static void keep_one(size_t i)
{
    struct ango_outbox_entry entry;
    size_t before = cli_outbox.len;
    int err;

    memset(&entry, 0, sizeof entry);
    cli_wish = &cli_wishes[cli_addresses[i].wish];
    (void)fill(&entry);
    entry.to = cli_addresses[i].text;
    entry.note = cli.organization;
    entry.time = (uint32_t)time(NULL);
    err = put(&entry);
    if (err == ANGO_OK) {
        cli_entries[i].fate = cli_outbox.len > before ? CLI_MADE : CLI_ALREADY;
    } else {
        cli_entries[i].fate = CLI_FAILED;
        cli_entries[i].said.message = cli_outbox_words(err);
    }
    cli_tell(&i, 1);
}

/* Whether what each is wished can be kept: it is said, before anybody is. */
static int check_wishes(const struct cli_action *of_command)
{
    struct ango_outbox_entry entry;
    size_t i;
    int status = CLI_DONE;

    memset(&entry, 0, sizeof entry);
    for (i = 0; i < cli_wishes_len && status == CLI_DONE; i++) {
        cli_wish = &cli_wishes[i];
        status = fill(&entry);
    }
    cli_wish = cli_wishes;
    for (i = 0; i < cli_addresses_len; i++) {
        const struct cli_address *address = &cli_addresses[i];
        const char *why = address->wish > 0 ? of_command->wish_fault(&cli_wishes[address->wish]) : NULL;

        if (why != NULL) {
            cli_refuse_line(address->file, address->line, address->text, why);
            status = CLI_USAGE;
        }
    }
    return status;
}

int cli_keep_people(int (*filled_by)(struct ango_outbox_entry *entry))
{
    size_t i, good;
    int status;

    fill = filled_by;
    status = check_wishes(cli_action);
    cli_action = &keeping;
    if (status == CLI_DONE) {
        status = cli_outbox_open();
    }
    if (status == CLI_DONE) {
        status = cli_outbox_organize();
    }
    if (status != CLI_DONE) {
        cli_say("nobody was kept");
        cli_outbox_close();
        return status;
    }
    for (i = 0; i < cli_addresses_len; i++) {
        keep_one(i);
    }
    cli_outbox_close();
    good = cli_count(CLI_MADE) + cli_count(CLI_ALREADY);
    status = good < cli_addresses_len ? CLI_SOME_FAILED : CLI_DONE;
    cli_tell_end(status);
    return status;
}

/* --- ango outbox ---------------------------------------------------------------------------------------- */

static const char *const states[] = {
    [ANGO_OUTBOX_WAITING] = "waiting", [ANGO_OUTBOX_TRIED] = "tried", [ANGO_OUTBOX_PARKED] = "parked"
};

static const char *words_of(const struct ango_outbox_item *item)
{
    if (item->state == ANGO_OUTBOX_TRIED) {
        return "may be invited: that is looked up first";
    }
    return ango_outbox_words(&cli_outbox, item->id);
}

static void json_item(const struct ango_outbox_item *item, const char *since)
{
    bool has_project = item->entry.project_id[0] != '\0';

    cli_json_begin('{');
    cli_json_key("id");
    cli_json_number((long)item->id);
    cli_json_pair("to", item->entry.to);
    cli_json_pair("state", states[item->state]);
    cli_json_pair("since", since);
    cli_json_pair("organization", item->entry.note);
    cli_json_pair("organization_role", ango_organization_role_text(item->entry.organization_role));
    cli_json_pair("project", item->entry.project_id);
    cli_json_pair("project_role", has_project ? ango_project_role_text(item->entry.project_role) : "");
    cli_json_pair("words", words_of(item)); /* what comes of the others is over now */
    cli_json_end('}');
    cli_json_end_line();
}

static void show_item(const struct ango_outbox_item *item, const char *since)
{
    const char *words;

    printf("%-7s  %-20s  %5lu  ", states[item->state], since, (unsigned long)item->id);
    cli_put_padded(stdout, item->entry.to, item->state == ANGO_OUTBOX_WAITING ? 0 : 30);
    words = words_of(item);
    if (words[0] != '\0') {
        fputs("  ", stdout);
        cli_put(stdout, words);
    }
    putchar('\n');
}

static void show(const struct ango_outbox_item *item)
{
    char since[TIME_CAP] = "";
    time_t at = (time_t)item->entry.time;
    const struct tm *utc = gmtime(&at);

    if (utc != NULL) {
        strftime(since, sizeof since, "%Y-%m-%dT%H:%M:%SZ", utc);
    }
    if (cli.json) {
        json_item(item, since);
    } else {
        show_item(item, since);
    }
}

static void list(void)
{
    struct ango_outbox_item item;
    size_t position = 0;

    if (!cli.json && cli_outbox.len > 0) {
        printf("%-7s  %-20s  %5s  EMAIL\n", "STATE", "SINCE", "ID");
    }
    while (cli_outbox_next(&position, &item)) {
        show(&item);
    }
    if (!cli.json) {
        printf("%lu waiting, %lu tried, %lu parked\n", (unsigned long)cli_outbox_count(ANGO_OUTBOX_WAITING),
               (unsigned long)cli_outbox_count(ANGO_OUTBOX_TRIED), (unsigned long)cli_outbox_count(ANGO_OUTBOX_PARKED));
    }
}

/* --- ango outbox remove, ango outbox retry -------------------------------------------------------------- */

/* Does it to the entry; if there is no room to note it, after making some. */
static int change(int (*act)(struct ango_outbox *outbox, uint32_t id), uint32_t id)
{
    int err = act(&cli_outbox, id);

    if (err != ANGO_E_FULL) {
        return err;
    }
    err = ango_outbox_tidy(&cli_outbox, false);
    return err == ANGO_OK || err == ANGO_E_DAMAGED ? act(&cli_outbox, id) : err;
}

/* What is done to entries: "removed", ango_outbox_remove. */
struct change {
    const char *done;
    int (*act)(struct ango_outbox *outbox, uint32_t id);
};

/* The numbers of the entries that are called so, by number or address: one person may be there for several projects. */
static size_t find(const char *name, uint32_t *ids)
{
    struct ango_outbox_item item;
    uint32_t number = 0;
    size_t position = 0, len = 0;

    (void)cli_number(name, 1, 999999999, &number);
    while (cli_outbox_next(&position, &item)) {
        if (item.id == number || ango_text_is(item.entry.to, name)) {
            ids[len++] = item.id;
        }
    }
    return len;
}

static int change_named(const struct change *what, const char *name)
{
    static uint32_t ids[CLI_ADDRESSES_MAX]; /* as many as there are slots */
    size_t i, len = find(name, ids);

    if (len == 0) {
        cli_say("%s is not in the outbox", name);
        return CLI_SOME_FAILED;
    }
    for (i = 0; i < len; i++) {
        int err = change(what->act, ids[i]);

        if (err != ANGO_OK) {
            return cli_outbox_fault(err);
        }
        printf("%s  %lu  ", what->done, (unsigned long)ids[i]);
        cli_put(stdout, name);
        putchar('\n');
        cli_flush();
    }
    return CLI_DONE;
}

static int change_all(const struct change *what, char **names, int names_len)
{
    size_t tried = cli_outbox_count(ANGO_OUTBOX_TRIED);
    int i, status = CLI_DONE;

    for (i = 0; i < names_len && status != CLI_OTHER; i++) {
        int one = change_named(what, names[i]);

        status = one != CLI_DONE ? one : status;
    }
    if (tried > cli_outbox_count(ANGO_OUTBOX_TRIED)) {
        cli_say("%lu of them had been tried, and may be invited: 'ango invites' shows who is",
                (unsigned long)(tried - cli_outbox_count(ANGO_OUTBOX_TRIED)));
    }
    cli_outbox_wipe();
    return status;
}

/* --- the command ---------------------------------------------------------------------------------------- */

static const struct cli_option options[] = {
    CLI_OUTBOX_OPTION,
    { .name = "forever",
      .flag = &cli_outbox_forever,
      .help = "with send: never ends, but waits for more; for a service" },
    { .name = NULL },
};

/* What does not need the server. */
static int look_or_change(const char *what, char **names, int names_len)
{
    static const struct change removal = { "removed", ango_outbox_remove }, retry = { "due", ango_outbox_retry };
    int status = cli_outbox_open();

    if (status != CLI_DONE) {
        return status;
    }
    if (strcmp(what, "list") == 0) {
        list();
    } else {
        status = change_all(strcmp(what, "remove") == 0 ? &removal : &retry, names, names_len);
    }
    cli_outbox_close();
    return status;
}

static int run(char **operands, int operands_len)
{
    static const char *const known[] = { "list", "send", "remove", "retry", NULL };
    const char *what = operands_len > 0 ? operands[0] : "list";
    bool sends = strcmp(what, "send") == 0, names = strcmp(what, "remove") == 0 || strcmp(what, "retry") == 0;
    bool there;

    if (!cli_is_one_of(what, known) || (cli_outbox_forever && !sends)
        || (names ? operands_len < 2 : operands_len > 1)) {
        cli_say("ango outbox: it is 'ango outbox', 'ango outbox send [--forever]', 'ango outbox remove ID|EMAIL...' or "
                "'ango outbox retry ID|EMAIL...'");
        return CLI_USAGE;
    }
    if (cli_outbox_find(&there) != CLI_DONE) {
        return CLI_USAGE;
    }
    if (!there && !cli_outbox_forever) {
        cli_say("nobody is kept: there is no %s", cli_outbox_file);
        return names ? CLI_SOME_FAILED : CLI_DONE;
    }
    return sends ? cli_outbox_send() : look_or_change(what, operands + 1, operands_len - 1);
}

const struct cli_command cli_outbox_command = {
    "outbox",
    "deliver, list or drop who was kept by 'ango invite --later'",
    "[send|remove ID|EMAIL...|retry ID|EMAIL...]",
    "Lists who is kept, and what came of it so far. 'send' invites them, each once;\n"
    "who may be invited already is looked up first. 'remove' drops some; 'retry'\n"
    "makes some due at once, also who is parked. Any may be killed, and run again.\n",
    "Exit status: 0 done; 1 some were parked, or are not there; 2 wrong usage; 3 to 6\n"
    "as of 'ango invite', they are still kept; 7 the outbox cannot be used, or other.\n",
    options,
    NULL,
    run
};
