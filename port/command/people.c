/*
 * What a command does to many people: in batches, over one connection; for each address what came of it.
 * What a reply leaves open is read back; what is then not done yet, and only that, is asked for again.
 */
#define _POSIX_C_SOURCE 200809L

#include "command.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#define BATCH_MAX 100u /* as many as a page of the API shows */
#define OTHERS_MAX 100
#define ROUNDS 3       /* that one request may take: the others only for what is found missing */
#define TRIES 3        /* to read back */
#define MOMENT_MS 2000 /* from a reply until "absent" is believed: what a server shows may lag behind */
#define POLL_MS 100    /* how often Ctrl-C is looked for */
#define NAMES_SHOWN 5  /* before something is done to them */

/* The reply to the largest request fits: 2 KB around its entries, 300 bytes an entry beside the address. */
typedef char reply_fits[CLI_BUFFER_CAP >= 2048 + BATCH_MAX * (300 + ANGO_EMAIL_MAX) ? 1 : -1];

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

const char *const cli_bad_words[] = { "failed", "fail", "failure", "error", "rejected", "invalid", NULL };

/* What is known of an address. */
struct entry {
    enum cli_fate fate;
    bool read_back;
    struct cli_report said; /* kept copies; `to` is not used */
};

static const struct cli_action *action;
static struct entry entries[CLI_ADDRESSES_MAX]; /* of cli_addresses */
static size_t batch[BATCH_MAX];                 /* the addresses in the last request */
static size_t batch_len;
static const char *others[OTHERS_MAX]; /* reported, but not asked for */
static size_t others_len;
static long requests;
static struct ango_result last;  /* of the last request that was to do something */
static struct ango_result doubt; /* of the last one that left somebody in doubt for good; error 0: none did */
static bool explained;           /* `last` */
static int width;                /* of the column of addresses */

/* --- options -------------------------------------------------------------------------------------------- */

bool cli_yes, cli_no_confirm;
static uint32_t batch_most = BATCH_MAX;
static const char *from;

static int take_batch(const char *value)
{
    if (cli_number(value, 1, BATCH_MAX, &batch_most)) {
        return CLI_DONE;
    }
    cli_say("--batch: a number from 1 to %u", BATCH_MAX);
    return CLI_USAGE;
}

const struct cli_option cli_people_options[] = {
    { .name = "from", .text = &from },
    { .name = "batch", .take = take_batch },
    { .name = NULL },
};

/* --- before anything is sent ---------------------------------------------------------------------------- */

/* Whether the library takes it: builds the request, and throws it away. */
static int rehearse(const char *address)
{
    int err = action->start(&address, 1);

    ango_cancel(&cli_client);
    return err;
}

static void say_bad(const struct cli_address *address)
{
    if (address->file != NULL) {
        cli_say("%s, line %u: %s: %s", address->file, address->line, address->text, ango_error_text(ANGO_E_EMAIL));
    } else {
        cli_say("%s: %s", address->text, ango_error_text(ANGO_E_EMAIL));
    }
}

/* One address that cannot be one must not be found out when something was done to others already. */
static int check(void)
{
    size_t i, bad = 0;
    int err = rehearse("somebody@example.com");

    if (err == ANGO_E_ID) {
        action->blame();
        return CLI_USAGE;
    }
    if (err != ANGO_OK) {
        cli_explain(&cli_client.result);
        return cli_exit_of(&cli_client.result);
    }
    for (i = 0; i < cli_addresses_len; i++) {
        if (rehearse(cli_addresses[i].text) == ANGO_E_EMAIL) {
            say_bad(&cli_addresses[i]);
            bad++;
        }
    }
    if (bad > 0) {
        cli_say("nobody was %s", action->what);
    }
    return bad > 0 ? CLI_USAGE : CLI_DONE;
}

/* Whether a yes is typed, before Ctrl-C. */
static bool typed_yes(void)
{
    struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN, .revents = 0 };
    char answer[16] = "";

    clearerr(stdin); /* the list of addresses may have ended there */
    while (!cli_interrupted() && poll(&input, 1, POLL_MS) == 0) {
    }
    return !cli_interrupted() && fgets(answer, sizeof answer, stdin) != NULL
        && (ango_text_is(answer, "y\n") || ango_text_is(answer, "yes\n"));
}

/* What is hard to take back is said, and asked. */
static int ask(void)
{
    char names[NAMES_SHOWN * (ANGO_EMAIL_MAX + 2) + 32] = "";
    size_t i, len = 0;

    if (action->asks[0] == NULL) {
        return CLI_DONE;
    }
    for (i = 0; i < cli_addresses_len && i < NAMES_SHOWN; i++) {
        len += (size_t)snprintf(names + len, sizeof names - len, "%s%s", i > 0 ? ", " : "", cli_addresses[i].text);
    }
    if (i < cli_addresses_len) {
        snprintf(names + len, sizeof names - len, " and %lu more", (unsigned long)(cli_addresses_len - i));
    }
    cli_say("this will %s %lu %s organization %s at %s: %s", action->asks[0], (unsigned long)cli_addresses_len,
            action->asks[1], cli.organization, cli.host, names);
    if (cli_yes) {
        return CLI_DONE;
    }
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
        cli_say("there is no terminal to ask at; --yes lets it be done unasked");
        return CLI_USAGE;
    }
    fputs("ango: is that right? [y/N] ", stderr);
    fflush(stderr);
    if (typed_yes()) {
        return CLI_DONE;
    }
    cli_say("nothing was sent");
    return CLI_OTHER;
}

/* --- the reply ------------------------------------------------------------------------------------------ */

bool cli_is_one_of(const char *text, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (ango_text_is(text, *list)) {
            return true;
        }
    }
    return false;
}

/* NULL stays NULL: it tells what the API does not say at all. */
static const char *keep(const char *text)
{
    const char *copy = text != NULL && text[0] != '\0' ? cli_keep(text) : NULL;

    return text != NULL && copy == NULL ? "" : copy;
}

static void note(struct entry *entry, const struct cli_report *report)
{
    entry->fate = action->judge(report);
    entry->said.id = keep(report->id);
    entry->said.role = keep(report->role);
    entry->said.status = keep(report->status);
    entry->said.message = keep(report->message);
    entry->said.expires_at = keep(report->expires_at);
}

/* Those of the batch that are one thing become another. */
static void turn(enum cli_fate old, enum cli_fate fate)
{
    size_t i;

    for (i = 0; i < batch_len; i++) {
        if (entries[batch[i]].fate == old) {
            entries[batch[i]].fate = fate;
        }
    }
}

static size_t count_in_batch(enum cli_fate fate)
{
    size_t i, n = 0;

    for (i = 0; i < batch_len; i++) {
        n += entries[batch[i]].fate == fate;
    }
    return n;
}

/* The entry of this address in the batch, or NULL. */
static struct entry *find(const char *address)
{
    size_t i;

    for (i = 0; i < batch_len; i++) {
        if (ango_text_is(cli_addresses[batch[i]].text, address)) {
            return &entries[batch[i]];
        }
    }
    return NULL;
}

/* Puts each entry of the reply to its address. */
static void compare(void)
{
    struct cli_report report = { NULL, NULL, NULL, NULL, NULL, NULL };

    while (action->next(&report) == ANGO_OK) {
        struct entry *entry = find(report.to);
        enum cli_fate fate = action->judge(&report);
        bool first = entry != NULL && (entry->fate == CLI_NOT_MENTIONED || entry->fate == CLI_UNCLEAR);
        if (first || (entry != NULL && fate == CLI_FAILED)) {
            note(entry, &report);
        } else if (entry == NULL && !action->names_others && others_len < OTHERS_MAX) {
            others[others_len++] = keep(report.to);
        }
    }
}

/* A reply tells of each what came of it; not to be mentioned means nothing where some of it did not fit. */
static void take_reply(void)
{
    turn(CLI_NOT_SENT, CLI_NOT_MENTIONED);
    compare();
    if (last.kept < last.items && count_in_batch(CLI_NOT_MENTIONED) > 0) { /* mutant: command-forgets-the-rest */
        last.error = ANGO_E_ENTRY;
        last.outcome = ANGO_UNKNOWN;
        turn(CLI_NOT_MENTIONED, CLI_IN_DOUBT);
    }
}

/* --- requests ------------------------------------------------------------------------------------------- */

/* The last result, which reading back would overwrite; the API's messages are short. */
static void remember(void)
{
    static char status[64], message[4096];

    last = cli_client.result;
    snprintf(status, sizeof status, "%s", last.status);
    snprintf(message, sizeof message, "%s", last.message);
    last.status = status;
    last.message = message;
    explained = false;
}

/* Starts a request with as many of those not sent from `first` to before `end` as it has room for. */
static int start(size_t first, size_t end)
{
    const char *to[BATCH_MAX] = { NULL };
    int err;

    for (batch_len = 0; first < end && batch_len < batch_most; first++) {
        if (entries[first].fate == CLI_NOT_SENT) {
            batch[batch_len] = first;
            to[batch_len++] = cli_addresses[first].text;
        }
    }
    while ((err = action->start(to, batch_len)) == ANGO_E_SPACE && batch_len > 1) {
        batch_len /= 2;
    }
    return err;
}

/* One request, from start to result. */
static void send(size_t first, size_t end)
{
    char doing[80];

    while (start(first, end) == ANGO_OK) {
        snprintf(doing, sizeof doing, "%s %lu to %lu of %lu", action->doing, (unsigned long)batch[0] + 1,
                 (unsigned long)batch[batch_len - 1] + 1, (unsigned long)cli_addresses_len);
        cli_exchange(doing);
        requests += cli_client.result.outcome != ANGO_NOT_SENT;
        if (!cli_waited_for_server()) {
            break;
        }
    }
    remember();
    if (last.error == ANGO_OK && action->next != NULL) {
        take_reply();
    } else if (last.error == ANGO_OK) {
        turn(CLI_NOT_SENT, last.failed == 0 && last.done == batch_len ? CLI_MADE : CLI_UNCLEAR);
    } else if (last.outcome != ANGO_NOT_SENT) {
        turn(CLI_NOT_SENT, last.outcome == ANGO_REJECTED ? CLI_DECLINED : CLI_IN_DOUBT);
    }
}

/* --- reading back --------------------------------------------------------------------------------------- */

/* ANGO_E_END: there is nothing to do until ango_confirm_wait_ms have passed. */
static int step_confirm(void *what, uint32_t wait_ms)
{
    struct ango_confirm *back = (struct ango_confirm *)what;

    return ango_confirm_wait_ms(back) > 0 ? ANGO_E_END : ango_confirm_step(back, wait_ms);
}

/* Reads the lists once, or waits for the time to do it again: then ANGO_E_WAIT. */
static int carry_back(struct ango_confirm *back)
{
    uint32_t idle_ms = ango_confirm_wait_ms(back);
    int err;

    if (idle_ms > 0) {
        return cli_pause((idle_ms + 999) / 1000, "reading back", "; looking again in ") ? ANGO_E_WAIT
                                                                                        : ANGO_E_CANCELLED;
    }
    err = cli_carry_on(step_confirm, back, "reading back");
    return err == ANGO_E_END || (err != ANGO_OK && cli_waited_for_server()) ? ANGO_E_WAIT : err;
}

static void explain_last(void)
{
    if (last.error != ANGO_OK && !explained) {
        cli_explain(&last);
        explained = true;
    }
}

/* Says why; whether another try may do better. */
static bool explain_reading(int err)
{
    if (err == ANGO_E_TIME && cli_client.result.error != ANGO_E_TIME) {
        cli_say("the lists have not come to an end in %lu s", CLI_LIST_TIMEOUTS * (unsigned long)cli.timeout_s);
        return false;
    }
    if (err != ANGO_E_CANCELLED) {
        cli_explain(&cli_client.result);
    }
    return err != ANGO_E_CANCELLED && cli_client.result.outcome != ANGO_REJECTED;
}

/* Who of `emails` is there; false when that could not be found out. */
static bool confirm(const char *const *emails, size_t len, enum ango_presence *presence)
{
    struct ango_confirm back;
    int tries, err = action->confirm(&back, &cli_client, *action->of, emails, len, presence);

    back.timeout_ms = CLI_LIST_TIMEOUTS * 1000u * cli.timeout_s;
    if (last.error == ANGO_OK) {
        back.settle_ms = MOMENT_MS; /* the request has ended: only its traces may be late */
    }
    for (tries = 0; err == ANGO_OK && tries < TRIES; tries++) {
        while ((err = carry_back(&back)) == ANGO_E_WAIT) {
        }
        if (err == ANGO_OK) {
            return true;
        }
        if (explain_reading(err)) {
            err = ANGO_OK; /* it goes on where it failed */
        }
    }
    cli_say("it could not be read back");
    return false;
}

/* Where the reply only counted: who is there still failed; of the others there may be more than it counts. */
static void settle_counted(struct entry *entry, bool there, size_t gone)
{
    static const char was_not[] = "it was not before";
    static const char unsaid[] = "it is not now; the server does not say if it was";

    entry->fate = there ? CLI_FAILED : last.failed == 0 || last.done >= gone ? CLI_MADE : CLI_NOT_THERE;
    if (entry->fate == CLI_FAILED) {
        entry->said.message = action->still;
    } else if (entry->fate == CLI_NOT_THERE) {
        entry->said.message = last.done == 0 ? was_not : unsaid;
    }
}

/* Who is there, but perhaps otherwise than was asked for: what the server shows of them now. */
static void look_closer(void)
{
    int err = action->look();

    if (err == ANGO_OK) {
        err = cli_exchange("reading back");
    }
    if (err == ANGO_OK) {
        compare();
    }
}

/* What was read back of one whose fate was `open`; `gone`: of how many it is found to be done. */
static void settle_one(struct entry *entry, enum cli_fate open, enum ango_presence presence, size_t gone)
{
    enum cli_fate fate = action->settle(presence);

    if (presence == ANGO_UNSURE) { /* mutant: command-unsure-is-absent */
        return;                    /* as open as before */
    }
    entry->fate = fate;
    entry->read_back = fate != CLI_NOT_SENT;
    if (fate == CLI_UNCLEAR) {
        entry->said.message = action->still;
    }
    if (open == CLI_UNCLEAR) {
        settle_counted(entry, fate == CLI_NOT_SENT, gone);
    }
}

/* Finds out what became of those of the batch whose fate is `open`. False when it could not. */
static bool read_back(enum cli_fate open)
{
    const char *emails[BATCH_MAX] = { NULL };
    struct entry *of[BATCH_MAX] = { NULL };
    enum ango_presence presence[BATCH_MAX];
    size_t i, len = 0, gone = 0;

    for (i = 0; i < batch_len; i++) {
        if (entries[batch[i]].fate == open) {
            of[len] = &entries[batch[i]];
            emails[len++] = cli_addresses[batch[i]].text;
        }
    }
    explain_last();
    cli_say("reading back what became of %lu", (unsigned long)len);
    if (!confirm(emails, len, presence)) {
        return false;
    }
    for (i = 0; i < len; i++) {
        gone += presence[i] != ANGO_UNSURE && action->settle(presence[i]) != CLI_NOT_SENT;
    }
    for (i = 0; i < len; i++) {
        settle_one(of[i], open, presence[i], gone);
    }
    if (action->look != NULL && gone > 0) {
        look_closer();
    }
    cli_say("read back: %lu of %lu %s", (unsigned long)gone, (unsigned long)len, action->what);
    return true;
}

/* What was read back leaves some in doubt for good, whatever comes of the others. */
static void keep_doubt(void)
{
    doubt = last;
    doubt.status = keep(last.status);
    doubt.message = keep(last.message);
}

/* Sends what is not sent from `first` on, and finds out what came of it; returns the end of that. */
static size_t settle(size_t first)
{
    bool can = action->confirm != NULL && !cli_no_confirm;
    size_t end = first + batch_most < cli_addresses_len ? first + batch_most : cli_addresses_len;
    int round;

    for (round = 1; round <= ROUNDS; round++) {
        send(first, end);
        end = round == 1 ? batch[batch_len - 1] + 1 : end;
        if (can && action->next == NULL && count_in_batch(CLI_UNCLEAR) > 0) {
            read_back(CLI_UNCLEAR);
            return end;
        }
        if (!can || cli_interrupted() || count_in_batch(CLI_IN_DOUBT) == 0 || !read_back(CLI_IN_DOUBT)) {
            return end;
        }
        if (count_in_batch(CLI_IN_DOUBT) > 0) {
            keep_doubt();
        }
        if (count_in_batch(CLI_NOT_SENT) == 0) {
            last.error = ANGO_OK;
            return end;
        }
    }
    turn(CLI_NOT_SENT, CLI_NOT_THERE);
    return end;
}

/* --- what came of it, for people ------------------------------------------------------------------------ */

static const char *word(enum cli_fate fate)
{
    return action->words[fate] != NULL ? action->words[fate] : words[fate];
}

static void show_entry(size_t i)
{
    const struct entry *entry = &entries[i];
    const char *role = action->role != NULL ? action->role() : "";
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
    cli_put_padded(stdout, cli_addresses[i].text, said[0] != '\0' || other_role ? width : 0);
    if (said[0] != '\0' || other_role) {
        fputs("  ", stdout);
        cli_put(stdout, said);
    }
    if (other_role) {
        fputs(said[0] != '\0' ? ", as " : "as ", stdout);
        cli_put(stdout, is);
    }
    if (entry->fate == CLI_IN_DOUBT) {
        printf("  may have been %s, or not", action->what);
    }
    putchar('\n');
}

static void show_entries(size_t first, size_t end)
{
    for (; first < end && !cli.json; first++) {
        show_entry(first);
    }
    fflush(stdout);
}

static size_t count(enum cli_fate fate)
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
    for (fate = CLI_FATES - 1; fate >= 0; fate--) {
        size_t n = count((enum cli_fate)fate);
        if (n > 0) {
            printf("%s%lu %s", before, (unsigned long)n, word((enum cli_fate)fate));
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

static void json_said(const char *key, const char *text)
{
    if (key != NULL && text != NULL) {
        cli_json_pair(key, text);
    }
}

static void json_entry(size_t i)
{
    const struct entry *entry = &entries[i];

    cli_json_begin('{');
    cli_json_pair("to", cli_addresses[i].text);
    cli_json_pair("result", word(entry->fate));
    cli_json_key("read_back");
    cli_json_bool(entry->read_back);
    json_said("id", entry->said.id);
    json_said(action->role_key, entry->said.role);
    json_said("status", entry->said.status);
    json_said("message", entry->said.message);
    json_said("expires_at", entry->said.expires_at);
    cli_json_end('}');
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
            cli_json_number((long)count((enum cli_fate)fate));
        }
    }
}

static void json_document(int status)
{
    size_t i;

    cli_json_begin('{');
    cli_json_pair("command", action->name);
    json_said("organization", cli.organization);
    json_said("role", action->role != NULL ? action->role() : NULL);
    if (action->json != NULL) {
        action->json();
    }
    cli_json_key("exit");
    cli_json_number(status);
    cli_json_key("requests");
    cli_json_number(requests);
    json_counts();
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
    cli_json_end_line();
}

/* --- all of it ------------------------------------------------------------------------------------------ */

/* Says in so many words what nobody may overlook. */
static void say_where_it_stands(void)
{
    size_t doubtful = count(CLI_IN_DOUBT), unsent = count(CLI_NOT_SENT);

    if (doubtful > 0) {
        cli_say("%lu may have been %s or not: %s", (unsigned long)doubtful, action->what, action->advice);
    }
    if (unsent > 0) {
        cli_say("%lu of %lu not sent: these can be %s again without harm", (unsigned long)unsent,
                (unsigned long)cli_addresses_len, action->what);
    }
}

static int do_all(void)
{
    int status = CLI_DONE;
    size_t first = 0;

    while (first < cli_addresses_len && status == CLI_DONE && !cli_interrupted()) {
        size_t end = settle(first);
        if (doubt.error != ANGO_OK) { /* mutant: command-doubt-lifted */
            explain_last();
            last = doubt;
            explained = true;
        }
        if (last.error != ANGO_OK) {
            status = cli_exit_of(&last);
            explain_last();
        }
        if (status == CLI_DONE || last.outcome != ANGO_NOT_SENT) {
            show_entries(first, end);
            first = end;
        }
    }
    show_entries(first, cli_addresses_len);
    if (status == CLI_DONE && count(CLI_NOT_SENT) > 0) {
        last.error = ANGO_E_CANCELLED; /* between two requests */
        last.outcome = ANGO_NOT_SENT;
        cli_explain(&last);
        status = CLI_OTHER;
    }
    if (status == CLI_DONE && count(CLI_MADE) + count(CLI_ALREADY) < cli_addresses_len) {
        status = CLI_SOME_FAILED;
    }
    return status;
}

int cli_do_to_people(const struct cli_action *of_command, char **operands, int operands_len)
{
    int status;

    action = of_command;
    if (cli_collect_addresses(operands, operands_len, from) != CLI_DONE) {
        return CLI_USAGE;
    }
    status = cli_open();
    if (status == CLI_DONE) {
        status = check();
    }
    if (status == CLI_DONE) {
        status = ask();
    }
    if (status != CLI_DONE) {
        return status;
    }
    set_width();
    status = do_all();
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
