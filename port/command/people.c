/*
 * What a command does to many people: in batches, over one connection; for each address what came of it.
 *
 *   of a request                    its people are            then
 *   accepted                        what the reply says       the next; a reply that only counts is read back
 *   not sent, or 429                NOT_SENT                  the same again, while --retry-for lasts
 *   refused as a whole (400)        NOT_SENT                  half of it: one address may be to blame
 *   refused, and it was one (400)   DECLINED                  the next
 *   refused otherwise               DECLINED                  the end
 *   unknown                         IN_DOUBT                  read back: who is not there is NOT_SENT again
 *
 * The list is over when nobody is NOT_SENT.
 */
#define _POSIX_C_SOURCE 200809L

#include "command.h"
#include "people.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#define BATCH_MAX 100u  /* as many as a page of the API shows */
#define ASKED_MAX 3     /* requests that may have been carried out: again only for who is found missing */
#define ONLY_REFUSED 10 /* single addresses, and nobody accepted: the fault is not theirs */
#define MOMENT_MS 2000  /* from a reply until "absent" is believed: what a server shows may lag behind */
#define POLL_MS 100     /* how often Ctrl-C is looked for */
#define FILES_MAX 100
#define NAMES_SHOWN 5 /* before something is done to them */

/* The reply to the largest request fits: 2 KB around its entries, 300 bytes an entry beside the address. */
typedef char reply_fits[CLI_BUFFER_CAP >= 2048 + BATCH_MAX * (300 + ANGO_EMAIL_MAX) ? 1 : -1];

const char *const cli_bad_words[] = { "failed", "fail", "failure", "error", "rejected", "invalid", NULL };

const struct cli_action *cli_action;
struct cli_entry cli_entries[CLI_ADDRESSES_MAX];
const char *cli_others[CLI_OTHERS_MAX];
size_t cli_others_len;
long cli_requests;
struct ango_result cli_last;
const struct cli_wish *cli_wish = cli_wishes;

static size_t batch[BATCH_MAX]; /* the addresses in the last request */
static size_t batch_len;
static size_t limit;             /* of the next batch */
static bool accepted;            /* at least one request, since the wish is this one */
static int refused_in_a_row;     /* single addresses */
static struct ango_result doubt; /* of the last request that left somebody in doubt for good; error 0: none did */
static bool explained;           /* cli_last */
static bool refusal_explained;   /* one that may be for an address */
static bool looked;              /* before it acted */
static char where[64];           /* in the list */

/* --- options -------------------------------------------------------------------------------------------- */

bool cli_yes, cli_no_confirm, cli_missing_only, cli_dry_run;
static uint32_t batch_most = BATCH_MAX;

static int take_batch(const char *value)
{
    if (cli_number(value, 1, BATCH_MAX, &batch_most)) {
        return CLI_DONE;
    }
    cli_say("--batch: a number from 1 to %u", BATCH_MAX);
    return CLI_USAGE;
}

static const char *from[FILES_MAX];
static size_t from_len;

static int take_from(const char *value)
{
    if (from_len == FILES_MAX) {
        cli_say("--from: more than %d lists", FILES_MAX);
        return CLI_USAGE;
    }
    from[from_len++] = value;
    return CLI_DONE;
}

const struct cli_option cli_people_options[] = {
    { .name = "from",
      .value = "FILE",
      .take = take_from,
      .help = "more addresses: one a line, or a table (see ango.1);\n-: standard input; may be given again" },
    { .name = "dry-run",
      .flag = &cli_dry_run,
      .help = "everything short of sending: read the lists, try the key,\nlook for organization and projects" },
    { .name = "batch", .value = "N", .take = take_batch, .help = "at most so many addresses in a request (100)" },
    { .name = NULL },
};

/* --- before anything is sent ---------------------------------------------------------------------------- */

/* Whether the library takes it: builds the request, and throws it away. */
static int rehearse(const char *address)
{
    int err = cli_action->start(&address, 1);

    ango_cancel(&cli_client);
    return err;
}

/* One address that cannot be one must not be found out when something was done to others already. */
static int check(void)
{
    size_t i, bad = 0;
    int err = rehearse("somebody@example.com");

    if (err == ANGO_E_ID) {
        cli_action->blame();
        return CLI_USAGE;
    }
    if (err != ANGO_OK) {
        cli_explain(&cli_client.result);
        return cli_exit_of(&cli_client.result);
    }
    for (i = 0; i < cli_addresses_len; i++) {
        const struct cli_address *address = &cli_addresses[i];
        const char *why = address->wish > 0 ? cli_action->wish_fault(&cli_wishes[address->wish]) : NULL;
        cli_wish = &cli_wishes[address->wish];
        err = rehearse(address->text);
        if (why == NULL && err != ANGO_OK && err != ANGO_E_SPACE) {
            why = ango_error_text(err);
        }
        if (why != NULL) {
            cli_refuse_line(address->file, address->line, address->text, why);
            bad++;
        }
    }
    cli_wish = cli_wishes;
    return bad > 0 ? CLI_USAGE : CLI_DONE;
}

/* Whether a yes is typed, before Ctrl-C. */
static bool typed_yes(void)
{
    struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN, .revents = 0 };
    char answer[16] = "";

    clearerr(stdin); /* the list of addresses may have ended there */
    while (cli_interrupted() == 0 && poll(&input, 1, POLL_MS) == 0) {
    }
    return cli_interrupted() == 0 && fgets(answer, sizeof answer, stdin) != NULL
        && (ango_text_is(answer, "y\n") || ango_text_is(answer, "yes\n"));
}

/* What is hard to take back is said, and asked. */
static int ask(void)
{
    char names[NAMES_SHOWN * (ANGO_EMAIL_MAX + 2) + 32] = "";
    size_t i, len = 0;

    if (cli_action->asks[0] == NULL) {
        return CLI_DONE;
    }
    for (i = 0; i < cli_addresses_len && i < NAMES_SHOWN; i++) {
        len += (size_t)snprintf(names + len, sizeof names - len, "%s%s", i > 0 ? ", " : "", cli_addresses[i].text);
    }
    if (i < cli_addresses_len) {
        snprintf(names + len, sizeof names - len, " and %lu more", (unsigned long)(cli_addresses_len - i));
    }
    cli_say("this will %s %lu %s organization %s at %s: %s", cli_action->asks[0], (unsigned long)cli_addresses_len,
            cli_action->asks[1], cli.organization, cli.host, names);
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

static void note(struct cli_entry *entry, const struct cli_report *report)
{
    entry->fate = cli_action->judge(report);
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
        if (cli_entries[batch[i]].fate == old) {
            cli_entries[batch[i]].fate = fate;
        }
    }
}

static size_t count_in_batch(enum cli_fate fate)
{
    size_t i, n = 0;

    for (i = 0; i < batch_len; i++) {
        n += cli_entries[batch[i]].fate == fate;
    }
    return n;
}

/* The entry of this address in the batch, or NULL. */
static struct cli_entry *find(const char *address)
{
    size_t i;

    for (i = 0; i < batch_len; i++) {
        if (ango_text_is(cli_addresses[batch[i]].text, address)) {
            return &cli_entries[batch[i]];
        }
    }
    return NULL;
}

/* Puts each entry of the reply to its address. */
static void compare(void)
{
    struct cli_report report = { NULL, NULL, NULL, NULL, NULL, NULL };

    while (cli_action->next(&report) == ANGO_OK) {
        struct cli_entry *entry = find(report.to);
        enum cli_fate fate = cli_action->judge(&report);
        bool first = entry != NULL && (entry->fate == CLI_NOT_MENTIONED || entry->fate == CLI_UNCLEAR);
        if (first || (entry != NULL && fate == CLI_FAILED)) {
            note(entry, &report);
        } else if (entry == NULL && !cli_action->names_others && cli_others_len < CLI_OTHERS_MAX) {
            cli_others[cli_others_len++] = keep(report.to);
        }
    }
}

/* A reply tells of each what came of it; not to be mentioned means nothing where some of it did not fit. */
static void take_reply(void)
{
    size_t missing;

    turn(CLI_NOT_SENT, CLI_NOT_MENTIONED);
    compare();
    missing = count_in_batch(CLI_NOT_MENTIONED);
    if (cli_last.kept < cli_last.items && missing > 0) { /* mutant: command-forgets-the-rest */
        cli_last.error = ANGO_E_ENTRY;
        cli_last.outcome = ANGO_UNKNOWN;
        turn(CLI_NOT_MENTIONED, CLI_IN_DOUBT);
    }
}

/* --- reading back --------------------------------------------------------------------------------------- */

static void explain_last(void)
{
    if (cli_last.error != ANGO_OK && !explained) {
        cli_explain(&cli_last);
        explained = true;
    }
}

/* ANGO_E_END: there is nothing to do until ango_confirm_wait_ms have passed. */
static int step_confirm(void *what, uint32_t wait_ms)
{
    struct ango_confirm *back = (struct ango_confirm *)what;

    return ango_confirm_wait_ms(back) > 0 ? ANGO_E_END : ango_confirm_step(back, wait_ms);
}

/* Reads the lists once, or waits for the time to do it again: then ANGO_E_WAIT. */
static int carry_back(struct ango_confirm *back, const char *doing)
{
    uint32_t idle_ms = ango_confirm_wait_ms(back);
    int err;

    if (idle_ms > 0) {
        return cli_pause((idle_ms + 999) / 1000, doing, "; looking again in ", "") ? ANGO_E_WAIT : ANGO_E_CANCELLED;
    }
    back->timeout_ms = CLI_LIST_TIMEOUTS * 1000u * cli.timeout_s + cli_lost_ms();
    err = cli_carry_on(step_confirm, back, doing);
    if (err == ANGO_E_END) {
        return ANGO_E_WAIT;
    }
    return err != ANGO_OK && cli_client.result.error == err && cli_try_again(true, doing) ? ANGO_E_WAIT : err;
}

/* Who of `emails` is there; false when that could not be found out, which it then says. */
static bool confirm(struct ango_confirm *back, const char *doing)
{
    int err;

    while ((err = carry_back(back, doing)) == ANGO_E_WAIT) {
    }
    if (err == ANGO_E_TIME && cli_client.result.error != ANGO_E_TIME) {
        cli_say("the lists have not come to an end in %lu s", CLI_LIST_TIMEOUTS * (unsigned long)cli.timeout_s);
    } else if (err != ANGO_OK && err != ANGO_E_CANCELLED) {
        cli_explain(&cli_client.result);
    }
    return err == ANGO_OK;
}

/* Who is there, but perhaps otherwise than was asked for: what the server shows of them now. */
static void look_closer(void)
{
    int err;

    do {
        err = cli_action->look();
        if (err == ANGO_OK) {
            err = cli_exchange("reading back");
        }
    } while (err != ANGO_OK && cli_try_again(true, "reading back"));
    if (err == ANGO_OK) {
        compare();
    }
}

/*
 * What was read back of one whose fate was `open`: CLI_IN_DOUBT, so that it may be sent again where it was not done; or
 * CLI_UNCLEAR, where the reply only counted.
 */
static void settle_one(struct cli_entry *entry, enum cli_fate open, enum ango_presence presence)
{
    enum cli_fate fate = cli_action->settle(presence);

    if (presence == ANGO_UNSURE) { /* mutant: command-unsure-is-absent */
        return;                    /* as open as before */
    }
    entry->fate = fate;
    entry->read_back = true;
    if (fate == CLI_NOT_SENT && open == CLI_UNCLEAR) {
        entry->fate = CLI_FAILED;
        entry->said.message = cli_action->still;
    } else if (fate == CLI_NOT_SENT) {
        entry->fate = entry->asked < ASKED_MAX ? CLI_NOT_SENT : CLI_NOT_THERE;
        entry->read_back = false;
    } else if (fate == CLI_MADE && looked && !entry->before) {
        entry->fate = CLI_NOT_THERE;
        entry->said.message = "it was not before";
    } else if (fate == CLI_UNCLEAR) {
        entry->said.message = cli_action->still;
    }
}

/* Who of `emails` is where; false, after saying why, when that cannot be found out. */
static bool read_presence(const char *const *emails, size_t len, enum ango_presence *presence, const char *doing)
{
    static struct ango_confirm back;
    int err = cli_action->confirm(&back, &cli_client, *cli_action->of, emails, len, presence);

    if (cli_last.error == ANGO_OK && cli_requests > 0) {
        back.settle_ms = MOMENT_MS; /* the request has ended: only its traces may be late */
    }
    return err == ANGO_OK && confirm(&back, doing);
}

/* The same by what the command reads itself. */
static bool read_marks(size_t len, struct cli_entry **of, enum ango_presence *presence)
{
    size_t i;

    for (i = 0; i < len; i++) {
        of[i]->before = false;
    }
    if (cli_action->reread() != CLI_DONE) {
        return false;
    }
    for (i = 0; i < len; i++) {
        presence[i] = of[i]->before ? ANGO_MEMBER : ANGO_ABSENT;
    }
    return true;
}

/* Finds out what became of those of the batch whose fate is `open`. False when it could not. */
static bool read_back(enum cli_fate open)
{
    const char *emails[BATCH_MAX] = { NULL };
    struct cli_entry *of[BATCH_MAX] = { NULL };
    enum ango_presence presence[BATCH_MAX];
    size_t i, len = 0, done = 0;
    bool known;

    for (i = 0; i < batch_len; i++) {
        if (cli_entries[batch[i]].fate == open) {
            of[len] = &cli_entries[batch[i]];
            emails[len++] = cli_addresses[batch[i]].text;
        }
    }
    explain_last();
    cli_say("reading back what became of %lu", (unsigned long)len);
    known = cli_action->reread != NULL ? read_marks(len, of, presence)
                                       : read_presence(emails, len, presence, "reading back");
    if (!known) {
        cli_say("it could not be read back");
        return false;
    }
    for (i = 0; i < len; i++) {
        settle_one(of[i], open, presence[i]);
        done += of[i]->read_back && of[i]->fate != CLI_FAILED;
    }
    if (cli_action->look != NULL && done > 0) {
        look_closer();
    }
    cli_say("read back: %lu of %lu %s", (unsigned long)done, (unsigned long)len, cli_action->what);
    return true;
}

/* --- looking first -------------------------------------------------------------------------------------- */

void cli_mark(const char *address)
{
    size_t i = cli_find_address(address);

    if (i < cli_addresses_len) {
        cli_entries[i].before = true;
    }
}

/* --missing-only: who is invited or a member is told so, and not asked for again. */
static int leave_out(void)
{
    static const char *emails[CLI_ADDRESSES_MAX];
    static enum ango_presence presence[CLI_ADDRESSES_MAX];
    size_t i;

    for (i = 0; i < cli_addresses_len; i++) {
        emails[i] = cli_addresses[i].text;
    }
    if (!read_presence(emails, cli_addresses_len, presence, "reading who is there")) {
        cli_say("nobody was %s: who is there already could not be read", cli_action->what);
        return cli_interrupted() != 0 ? CLI_SIGNAL + cli_interrupted() : cli_exit_of_reading(cli_client.result.error);
    }
    for (i = 0; i < cli_addresses_len; i++) {
        struct cli_entry *entry = &cli_entries[i];
        if (presence[i] == ANGO_UNSURE) {
            entry->fate = CLI_UNCLEAR;
            entry->said.message = "was not sent: whether it is there already cannot be told for sure";
        } else if (presence[i] != ANGO_ABSENT) { /* mutant: command-missing-is-all */
            entry->fate = presence[i] == ANGO_MEMBER ? CLI_MEMBER : CLI_ALREADY;
            entry->read_back = true;
        }
    }
    return CLI_DONE;
}

/* Which of them there is something to do for. */
static int look_before(void)
{
    int status;

    if (cli_missing_only) {
        return leave_out();
    }
    if (cli_action->before == NULL || cli_no_confirm) {
        return CLI_DONE;
    }
    status = cli_action->before();
    if (status != CLI_DONE) {
        cli_say("nothing was sent; --no-confirm does not look first");
        return status;
    }
    looked = true;
    return CLI_DONE;
}

/* A reply that only counts: it tells what came of each where it counts all of them, or all that were there. */
static void take_counts(void)
{
    size_t i, there = 0;

    for (i = 0; i < batch_len; i++) {
        there += cli_entries[batch[i]].before;
    }
    if (cli_last.failed == 0 && cli_last.done == batch_len) {
        turn(CLI_NOT_SENT, CLI_MADE);
        return;
    }
    if (!looked || cli_last.done != there) {
        turn(CLI_NOT_SENT, CLI_UNCLEAR);
        return;
    }
    for (i = 0; i < batch_len; i++) {
        struct cli_entry *entry = &cli_entries[batch[i]];
        if (entry->fate == CLI_NOT_SENT) {
            entry->fate = entry->before ? CLI_MADE : CLI_NOT_THERE;
            entry->said.message = entry->before ? NULL : "it was not before";
        }
    }
}

/* --- requests ------------------------------------------------------------------------------------------- */

/* The last result, which reading back would overwrite. */
void cli_remember(void)
{
    static char status[CLI_BUFFER_CAP], message[CLI_BUFFER_CAP];

    cli_last = cli_client.result;
    snprintf(status, sizeof status, "%s", cli_last.status);
    snprintf(message, sizeof message, "%s", cli_last.message);
    cli_last.status = status;
    cli_last.message = message;
    explained = false;
}

/* Of those not sent, the first and what can go with it. False: there are none. */
static bool pick(void)
{
    size_t i;

    for (batch_len = 0, i = 0; i < cli_addresses_len && batch_len < limit; i++) {
        if (cli_entries[i].fate != CLI_NOT_SENT) {
            continue;
        }
        if (batch_len == 0 && cli_wish != &cli_wishes[cli_addresses[i].wish]) { /* begins anew */
            cli_wish = &cli_wishes[cli_addresses[i].wish];
            limit = batch_most;
            accepted = false;
            refused_in_a_row = 0;
        }
        if (cli_wish == &cli_wishes[cli_addresses[i].wish]) { /* mutant: command-one-wish-for-all */
            batch[batch_len++] = i;
        }
    }
    return batch_len > 0;
}

/* Starts a request for the batch, or for as many of it as there is room for. */
static int start(void)
{
    const char *to[BATCH_MAX] = { NULL };
    size_t i;
    int err;

    for (i = 0; i < batch_len; i++) {
        to[i] = cli_addresses[batch[i]].text;
    }
    while ((err = cli_action->start(to, batch_len)) == ANGO_E_SPACE && batch_len > 1) {
        batch_len /= 2;
    }
    return err;
}

/* One request, from start to result, which is cli_last then. */
static void send(void)
{
    char doing[sizeof where + 64];
    size_t i;

    if (start() == ANGO_OK) {
        snprintf(where, sizeof where, "%lu to %lu of %lu", (unsigned long)batch[0] + 1,
                 (unsigned long)batch[batch_len - 1] + 1, (unsigned long)cli_addresses_len);
        snprintf(doing, sizeof doing, "%s %s", cli_action->doing, where);
        cli_exchange(doing);
    }
    cli_remember();
    cli_requests += cli_last.outcome != ANGO_NOT_SENT;
    for (i = 0; i < batch_len && cli_last.outcome == ANGO_UNKNOWN; i++) {
        cli_entries[batch[i]].asked++;
    }
}

/* What was read back leaves some in doubt for good, whatever comes of the others. */
static void keep_doubt(void)
{
    doubt = cli_last;
    doubt.status = keep(cli_last.status);
    doubt.message = keep(cli_last.message);
}

/* What the reply leaves open is read back; whether the list can go on. */
static bool settle(void)
{
    bool can = cli_action->settle != NULL && !cli_no_confirm && cli_interrupted() == 0;

    if (count_in_batch(CLI_IN_DOUBT) > 0) {
        bool known = can && read_back(CLI_IN_DOUBT);

        if (count_in_batch(CLI_IN_DOUBT) > 0) {
            keep_doubt();
        }
        return known && count_in_batch(CLI_NOT_THERE) == 0;
    }
    if (cli_action->next == NULL && count_in_batch(CLI_UNCLEAR) > 0 && can) {
        read_back(CLI_UNCLEAR);
    }
    return true;
}

/* What came of the request when it was carried out. */
static bool take_accepted(void)
{
    accepted = true;
    refused_in_a_row = 0;
    limit = 2 * limit < batch_most ? 2 * limit : batch_most;
    if (cli_action->next != NULL) {
        take_reply();
    } else {
        take_counts();
    }
    return settle();
}

/* Whether one address can be to blame for it; nothing of the request was done. */
static bool is_by_address(void)
{
    return cli_last.http_status == 400 || cli_last.http_status == 413 || cli_last.http_status == 422;
}

static bool take_refused(void)
{
    if (!is_by_address()) {
        turn(CLI_NOT_SENT, CLI_DECLINED);
        return false;
    }
    if (!refusal_explained) { /* the server's words on each are in the report */
        explain_last();
    }
    refusal_explained = true;
    explained = true;
    if (batch_len > 1) { /* mutant: command-refuses-the-good */
        limit = batch_len / 2;
        return true;
    }
    turn(CLI_NOT_SENT, CLI_DECLINED);
    cli_entries[batch[0]].said.message = keep(cli_last.message);
    refused_in_a_row++;
    if (accepted || refused_in_a_row < ONLY_REFUSED) {
        return true;
    }
    cli_say("%d addresses in a row were refused one by one, and nobody was accepted: the fault is not theirs, so it "
            "ends here",
            ONLY_REFUSED);
    return false;
}

/* One request for the batch, and what came of it; whether the list can go on. */
static bool do_batch(void)
{
    send();
    if (cli_last.error == ANGO_OK) {
        return take_accepted();
    }
    if (cli_last.outcome == ANGO_NOT_SENT || cli_is_too_many(&cli_last)) { /* mutant: command-not-sent-is-refused */
        return cli_try_again(false, where);
    }
    if (cli_last.outcome == ANGO_REJECTED) {
        return take_refused();
    }
    turn(CLI_NOT_SENT, CLI_IN_DOUBT);
    return settle();
}

/* --- all of it ------------------------------------------------------------------------------------------ */

/* The exit status, after saying why. */
static int conclude(bool whole)
{
    size_t good = cli_count(CLI_MADE) + cli_count(CLI_ALREADY) + (cli_missing_only ? cli_count(CLI_MEMBER) : 0);

    if (cli_interrupted() != 0 && (cli_last.error == ANGO_OK || cli_last.outcome == ANGO_NOT_SENT)) {
        cli_last.error = ANGO_E_CANCELLED; /* also between two requests */
        cli_last.outcome = ANGO_NOT_SENT;
    }
    if (doubt.error != ANGO_OK) { /* mutant: command-doubt-lifted */
        explain_last();
        cli_last = doubt;
        explained = true;
    }
    if (!whole || cli_last.error == ANGO_E_CANCELLED) {
        explain_last();
    }
    if (cli_interrupted() != 0) {
        return CLI_SIGNAL + cli_interrupted();
    }
    if (!whole || doubt.error != ANGO_OK) {
        return cli_exit_of(&cli_last);
    }
    if (cli_count(CLI_DECLINED) == cli_addresses_len) {
        return CLI_REFUSED;
    }
    return good < cli_addresses_len ? CLI_SOME_FAILED : CLI_DONE;
}

static int do_all(void)
{
    bool goes_on = true;

    limit = batch_most;
    while (goes_on && cli_interrupted() == 0 && pick()) {
        goes_on = do_batch();
        cli_tell(batch, batch_len);
    }
    cli_tell_rest();
    return conclude(cli_count(CLI_NOT_SENT) == 0 && goes_on);
}

/* --dry-run: how many would be asked for, in how many requests; and what the server says without being asked to act. */
static int rehearse_all(void)
{
    size_t i, waiting = cli_count(CLI_NOT_SENT), requests_len = 0;
    int status;

    limit = batch_most;
    while (pick() && start() == ANGO_OK) {
        ango_cancel(&cli_client);
        requests_len++;
        for (i = 0; i < batch_len; i++) {
            cli_entries[batch[i]].fate = CLI_MADE;
        }
    }
    status = cli_try_reading(cli_action);
    cli_tell_dry(waiting, requests_len, status);
    return status;
}

static bool takes_input_twice(void)
{
    size_t i;

    for (i = 0; i < from_len && cli.key_file != NULL; i++) {
        if (strcmp(from[i], "-") == 0 && strcmp(cli.key_file, "-") == 0) {
            return true;
        }
    }
    return false;
}

int cli_collect_people(const struct cli_action *of_command, char **operands, int operands_len)
{
    cli_action = of_command;
    if (takes_input_twice()) {
        cli_say("standard input is the key file already: --from - cannot be the list as well");
        return CLI_USAGE;
    }
    if (cli_collect_addresses(operands, operands_len, from, from_len, of_command->wish_fault != NULL) != CLI_DONE) {
        cli_say("nobody was %s", cli_action->what);
        return CLI_USAGE;
    }
    return CLI_DONE;
}

int cli_do_to_people(const struct cli_action *of_command, char **operands, int operands_len)
{
    int status = cli_collect_people(of_command, operands, operands_len);

    if (status == CLI_DONE) {
        status = cli_open();
    }
    if (status != CLI_DONE) {
        return status;
    }
    status = check();
    if (status == CLI_DONE && !cli_dry_run) {
        status = ask();
    }
    if (status == CLI_DONE) {
        status = look_before();
    }
    if (status == CLI_DONE && cli_dry_run) {
        status = rehearse_all();
    } else if (status == CLI_DONE) {
        status = do_all();
        cli_tell_end(status);
    }
    cli_close();
    return status;
}
