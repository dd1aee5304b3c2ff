/*
 * What a command does to many people: in batches, over one connection; for each address what came of it.
 *
 *   of a request                    its people are            then
 *   accepted                        what the reply says       the next; a reply that only counts is read back
 *   not sent, or 429                NOT_SENT                  the same again, while --retry-for lasts
 *   refused as a whole (400)        NOT_SENT                  half of it: one address may be to blame
 *   refused, and it was one (400)   DECLINED                  the next
 *   refused otherwise               DECLINED                  the end
 *   unknown                         IN_DOUBT                  read back: for whom it was not done is NOT_SENT again,
 *                                                             and after ASKED_MAX requests that ends the list
 *
 * The list is over when nobody is NOT_SENT.
 */
#define _POSIX_C_SOURCE 200809L

#include "command.h"
#include "people.h"

#include <poll.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "ango_posix.h"

#define BATCH_MAX 100u  /* as many as a page of the API shows */
#define ASKED_MAX 3     /* requests that may have been carried out: again only for who is found missing */
#define ONLY_REFUSED 10 /* single addresses, and nobody accepted: the fault is not theirs */
#define MOMENT_MS 2000  /* from a reply until "not done" is believed: what a server shows may lag behind */
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
static bool looked;              /* before it acted, and saw the whole list */
static bool gave_up;             /* on somebody for whom ASKED_MAX requests have not done it */
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
    if (cli_last.error != ANGO_OK && !explained && !cli_is_explained(cli_last.error)) {
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

/* Waits until so much time has passed since then. False when the user wants to end it. */
static bool wait_since(uint32_t since_ms, uint32_t wait_ms, const char *doing)
{
    uint32_t passed_ms = ango_posix_clock_ms(NULL) - since_ms;

    return passed_ms >= wait_ms || cli_pause((wait_ms - passed_ms + 999) / 1000, doing, "; looking again in ", "");
}

/* How long after a request its effect may become visible. */
static uint32_t settle_ms(void)
{
    return cli_last.error == ANGO_OK && cli_requests > 0
        ? MOMENT_MS /* the request has ended: only its traces may be late */
        : cli.timeout_s * 1000u;
}

/* Of what only reads: nothing was sent to be carried out, and nothing can be in doubt. */
static struct ango_result result_of_reading(int err)
{
    struct ango_result result = cli_client.result;

    result.error = err;
    if (result.outcome != ANGO_REJECTED || err == ANGO_E_CANCELLED) {
        result.outcome = ANGO_NOT_SENT;
    }
    return result;
}

static bool has_no_end(int err)
{
    return err == ANGO_E_TIME && cli_client.result.error != ANGO_E_TIME;
}

/* Says why the lists could not be read, unless cli_try_again has said it. */
static void explain_reading(int err)
{
    struct ango_result result = result_of_reading(err);

    if (has_no_end(err)) {
        cli_say("the lists have not come to an end in %lu s", CLI_LIST_TIMEOUTS * (unsigned long)cli.timeout_s);
    } else if (err != ANGO_E_CANCELLED && !cli_is_explained(err)) {
        cli_explain(&result);
    }
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

/* Who of `emails` is there. */
static int confirm(struct ango_confirm *back, const char *doing)
{
    int err;

    while ((err = carry_back(back, doing)) == ANGO_E_WAIT) {
    }
    return err;
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
 * What was read back of one whose fate was `open`: CLI_IN_DOUBT, so that it may be sent again where it was not done;
 * CLI_UNCLEAR, where the reply only counted; or CLI_NOT_MENTIONED, where it named others, or nobody.
 */
static void settle_one(struct cli_entry *entry, enum cli_fate open, enum ango_presence presence)
{
    enum cli_fate fate = cli_action->settle(presence);

    if (presence == ANGO_UNSURE) { /* mutant: command-unsure-is-absent */
        return;                    /* as open as before */
    }
    if (fate == CLI_NOT_SENT && open == CLI_NOT_MENTIONED) {
        return; /* the server accepted it, so it is not sent again */
    }
    entry->fate = fate;
    entry->read_back = true;
    if (fate == CLI_NOT_SENT && open == CLI_UNCLEAR) {
        entry->fate = CLI_FAILED;
        entry->said.message = cli_action->still;
    } else if (fate == CLI_NOT_SENT && entry->asked < ASKED_MAX) {
        entry->fate = CLI_NOT_SENT;
        entry->read_back = false;
    } else if (fate == CLI_NOT_SENT) {
        entry->fate = cli_action->takes_away ? CLI_STILL_THERE : CLI_NOT_THERE;
        gave_up = true;
    } else if (fate == CLI_MADE && looked && !entry->before) {
        entry->fate = CLI_NOT_THERE;
        entry->said.message = "it was not before";
    } else if (fate == CLI_UNCLEAR) {
        entry->said.message = cli_action->still;
    }
}

/*
 * A removal that is still going on shows people who are about to go: who was found is looked for again once the time for
 * that has passed, and only who is found then, too, is still there. Who is not is gone on the evidence of two readings.
 */
static int look_again(struct ango_confirm *back, const char *const *emails, size_t len, enum ango_presence *presence,
                      const char *doing)
{
    const char *found[BATCH_MAX] = { NULL };
    enum ango_presence now[BATCH_MAX];
    size_t at[BATCH_MAX] = { 0 };
    size_t i, n = 0;
    int err;

    for (i = 0; i < len; i++) {
        if (cli_action->settle(presence[i]) == CLI_NOT_SENT) {
            found[n] = emails[i];
            at[n++] = i;
        }
    }
    if (n == 0) {
        return ANGO_OK;
    }
    if (!wait_since(back->began_ms, back->settle_ms, doing)) { /* mutant: command-still-there-at-once */
        return ANGO_E_CANCELLED;
    }
    err = cli_action->confirm(back, &cli_client, *cli_action->of, found, n, now);
    back->settle_ms = 0; /* it has passed */
    err = err == ANGO_OK ? confirm(back, doing) : err;
    for (i = 0; i < n && err == ANGO_OK; i++) {
        presence[at[i]] = now[i];
    }
    return err;
}

/* Who of `emails` is where. */
static int read_presence(const char *const *emails, size_t len, enum ango_presence *presence, const char *doing)
{
    static struct ango_confirm back;
    int err = cli_action->confirm(&back, &cli_client, *cli_action->of, emails, len, presence);

    back.settle_ms = settle_ms();
    err = err == ANGO_OK ? confirm(&back, doing) : err;
    return err == ANGO_OK && cli_action->takes_away ? look_again(&back, emails, len, presence, doing) : err;
}

/* Whether a server shows this address as it was given, if it has it at all: as the library's read-back sees it. */
static bool is_plain(const char *address)
{
    for (; *address != '\0'; address++) {
        if ((unsigned char)*address >= 0x80 || strncasecmp(address, "xn--", 4) == 0) { /* mutant: command-role-of-any */
            return false;
        }
    }
    return true;
}

/* How many of them are marked, in one more reading. */
static int read_marks(struct cli_look *look, struct cli_entry **of, size_t len, size_t *marked)
{
    size_t i;
    int err;

    memset(look, 0, sizeof *look);
    err = cli_action->reread(look);
    for (*marked = 0, i = 0; i < len; i++) {
        *marked += of[i]->before;
    }
    return err;
}

/*
 * The same by what the command reads itself, on the same evidence as ango_confirm_begin's: that it is not done for somebody
 * takes two readings of the whole list in a row that agree, the second no sooner than the time that a change may take.
 */
static int reread_presence(struct cli_entry **of, const char *const *emails, size_t len, enum ango_presence *presence,
                           const char *doing)
{
    struct cli_look look, last;
    uint32_t began_ms = ango_posix_clock_ms(NULL);
    size_t i, marked, readings = 1;
    bool agree = false;
    int err;

    for (i = 0; i < len; i++) {
        of[i]->before = false;
    }
    err = read_marks(&last, of, len, &marked);
    while (err == ANGO_OK && marked < len && !agree && readings < ANGO_CONFIRM_PASSES_MAX) {
        if (!wait_since(began_ms, settle_ms(), doing)) { /* mutant: command-role-at-once */
            return ANGO_E_CANCELLED;
        }
        err = read_marks(&look, of, len, &marked);
        agree = look.whole && last.whole && look.n == last.n && look.sum == last.sum;
        last = look;
        readings++;
    }
    for (i = 0; i < len; i++) {
        enum ango_presence otherwise = agree && is_plain(emails[i]) ? ANGO_ABSENT : ANGO_UNSURE;
        presence[i] = of[i]->before ? ANGO_MEMBER : otherwise;
    }
    return err;
}

/* Finds out what became of those of the batch whose fate is `open`. False when it could not. */
static bool read_back(enum cli_fate open)
{
    const char *emails[BATCH_MAX] = { NULL };
    struct cli_entry *of[BATCH_MAX] = { NULL };
    enum ango_presence presence[BATCH_MAX];
    size_t i, len = 0, done = 0;
    int err;

    for (i = 0; i < batch_len; i++) {
        if (cli_entries[batch[i]].fate == open) {
            of[len] = &cli_entries[batch[i]];
            emails[len++] = cli_addresses[batch[i]].text;
        }
    }
    explain_last();
    cli_say("reading back what became of %lu", (unsigned long)len);
    err = cli_action->reread != NULL ? reread_presence(of, emails, len, presence, "reading back")
                                     : read_presence(emails, len, presence, "reading back");
    if (err != ANGO_OK) {
        explain_reading(err);
        cli_say("it could not be read back");
        return false;
    }
    for (i = 0; i < len; i++) {
        settle_one(of[i], open, presence[i]);
        done +=
            of[i]->fate == CLI_MADE || of[i]->fate == CLI_MEMBER || (of[i]->fate == CLI_UNCLEAR && of[i]->read_back);
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
    int err;

    for (i = 0; i < cli_addresses_len; i++) {
        emails[i] = cli_addresses[i].text;
    }
    err = read_presence(emails, cli_addresses_len, presence, "reading who is there");
    for (i = 0; i < cli_addresses_len && err == ANGO_OK; i++) {
        struct cli_entry *entry = &cli_entries[i];
        if (presence[i] == ANGO_UNSURE) {
            entry->fate = CLI_UNCLEAR;
            entry->said.message = "was not sent: whether it is there already cannot be told for sure";
        } else if (presence[i] != ANGO_ABSENT) { /* mutant: command-missing-is-all */
            entry->fate = presence[i] == ANGO_MEMBER ? CLI_MEMBER : CLI_ALREADY;
            entry->read_back = true;
        }
    }
    return err;
}

/* Nothing is done where it is not known to whom; each address is told all the same. */
static int fail_looking(int err)
{
    int status;

    explain_reading(err);
    if (cli_interrupted() != 0) {
        cli_say("%s", ango_error_text(ANGO_E_CANCELLED));
    } else if (cli_missing_only) {
        cli_say("nobody was %s: who is there already could not be read", cli_action->what);
    } else {
        cli_say("nothing was sent; --no-confirm does not look first");
    }
    cli_last = result_of_reading(err);
    status = has_no_end(err) ? CLI_OTHER : cli_exit_of(&cli_last);
    status = cli_interrupted() != 0 ? CLI_SIGNAL + cli_interrupted() : status;
    if (!cli_dry_run) {
        cli_tell_rest();
        cli_tell_end(status);
    } else if (cli.json) {
        cli_tell_dry(cli_addresses_len, 0, status);
    }
    return status;
}

/* Which of them there is something to do for. */
static int look_before(void)
{
    struct cli_look look;
    int err = ANGO_OK;

    if (cli_missing_only) {
        err = leave_out();
    } else if (cli_action->before != NULL && !cli_no_confirm) {
        memset(&look, 0, sizeof look);
        err = cli_action->before(&look);
        looked = look.whole;
    }
    return err == ANGO_OK ? CLI_DONE : fail_looking(err);
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
        return known && !gave_up;
    }
    if (cli_action->next == NULL && count_in_batch(CLI_UNCLEAR) > 0 && can) {
        read_back(CLI_UNCLEAR);
    }
    if (count_in_batch(CLI_NOT_MENTIONED) > 0 && can) { /* mutant: command-leaves-unmentioned */
        read_back(CLI_NOT_MENTIONED);
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

/* Unknown is only where somebody is in doubt: of the others it was read back that it was not done for them. */
static int exit_of_last(void)
{
    struct ango_result result = cli_last;

    if (result.outcome == ANGO_UNKNOWN && doubt.error == ANGO_OK) {
        result.outcome = ANGO_NOT_SENT;
    }
    return cli_exit_of(&result);
}

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
        return exit_of_last();
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
