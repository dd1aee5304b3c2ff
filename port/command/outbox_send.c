/* ango outbox send: invites those who are kept, and lets others have the outbox in between. */
#define _POSIX_C_SOURCE 200809L

#include <time.h>

#include "ango_posix.h"
#include "outbox_file.h"
#include "people.h"

#define GO_ON (-1)       /* no exit status yet */
#define SHARE_MS 50      /* between two requests, for those who wait for their turn */
#define IDLE_MS 500      /* how often more is looked for, where there is nothing to do */
#define OUTAGE_MS 60000u /* --forever without a network: how often it is tried whether there is one again */

static const char *const fates[] = {
    [ANGO_OUTBOX_INVITED] = "invited", [ANGO_OUTBOX_ALREADY] = "already there", [ANGO_OUTBOX_LEFT] = "parked"
};
#define FATES_LEN (sizeof fates / sizeof fates[0])

static unsigned long sums[FATES_LEN];
static bool telling;     /* the last step told of somebody */
static bool long_outage; /* the pauses have become longer than OUTAGE_MS */
static uint32_t owed;    /* who was tried up to this number was being looked up when others wrote */

static void tell(const struct ango_outbox_event *event)
{
    sums[event->fate]++;
    telling = true;
    long_outage = false;
    cli_went_well();
    cli_end_progress();
    if (cli.json) {
        cli_json_begin('{');
        cli_json_key("id");
        cli_json_number((long)event->id);
        cli_json_pair("to", event->to);
        cli_json_pair("result", fates[event->fate]);
        cli_json_key("read_back");
        cli_json_bool(event->read_back);
        cli_json_pair("words", event->words);
        cli_json_end('}');
        cli_json_end_line();
    } else {
        printf("%-15s  ", fates[event->fate]);
        cli_put(stdout, event->to);
        if (event->words[0] != '\0') {
            fputs("  ", stdout);
            cli_put(stdout, event->words);
        }
        putchar('\n');
    }
    cli_flush();
}

static void json_sums(int status, size_t waiting)
{
    cli_json_begin('{');
    cli_json_pair("command", "outbox send");
    cli_json_pair("organization", cli_outbox_organization);
    cli_json_key("exit");
    cli_json_number(status);
    cli_json_key("invited");
    cli_json_number((long)sums[ANGO_OUTBOX_INVITED]);
    cli_json_key("already_there");
    cli_json_number((long)sums[ANGO_OUTBOX_ALREADY]);
    cli_json_key("parked");
    cli_json_number((long)sums[ANGO_OUTBOX_LEFT]);
    cli_json_key("waiting");
    cli_json_number((long)waiting);
    cli_json_key("error");
    if (cli_last.error == ANGO_OK || status == CLI_DONE || status == CLI_SOME_FAILED) {
        cli_json_null();
    } else {
        cli_json_error(&cli_last);
    }
    cli_json_end('}');
    cli_json_end_line();
}

static void tell_end(int status)
{
    size_t parked = cli_outbox_count(ANGO_OUTBOX_PARKED), waiting = cli_outbox.len - parked;

    if (cli.json) {
        json_sums(status, waiting);
    } else {
        printf("%lu invited, %lu already there, %lu parked, %lu waiting\n", sums[ANGO_OUTBOX_INVITED],
               sums[ANGO_OUTBOX_ALREADY], sums[ANGO_OUTBOX_LEFT], (unsigned long)waiting);
    }
    cli_flush();
    if (waiting > 0) {
        cli_say("%lu are kept: 'ango outbox send' goes on with them", (unsigned long)waiting);
    }
    if (parked > 0) {
        cli_say("%lu are parked: 'ango outbox' says why, 'ango outbox retry' and 'remove' settle it",
                (unsigned long)parked);
    }
}

/* The number of the last one who was tried; 0: nobody was. */
static uint32_t last_tried(void)
{
    struct ango_outbox_item item;
    uint32_t id = 0;
    size_t position = 0;

    while (cli_outbox_next(&position, &item)) {
        if (item.state == ANGO_OUTBOX_TRIED) {
            id = item.id;
        }
    }
    return id;
}

/*
 * Whether somebody is still to come of those whose read-back others have disturbed. It begins anew then, and that somebody is
 * absent is only known here: it would never end where people are put all the time.
 */
static bool is_owing(void)
{
    struct ango_outbox_item item;
    size_t position = 0;

    while (owed != 0 && cli_outbox_next(&position, &item)) {
        if (item.id <= owed && item.state != ANGO_OUTBOX_PARKED) {
            return true;
        }
    }
    owed = 0;
    return false;
}

/* Takes the outbox again. GO_ON, or an exit status. */
static int take_again(void)
{
    bool changed;
    int status = cli_outbox_take_again(&changed);

    if (cli_interrupted() != 0) {
        return CLI_SIGNAL + cli_interrupted();
    }
    if (status == CLI_DONE && changed) {
        ango_cancel(&cli_client);
        owed = last_tried();
        status = cli_outbox_organize();
    }
    return status == CLI_DONE ? GO_ON : status;
}

/* Lets others have the outbox for so long; `wakes`: until they have written. GO_ON, or an exit status. */
static int let_go(uint32_t ms, bool wakes)
{
    uint32_t start_ms = ango_posix_clock_ms(NULL), took_ms = 0;

    cli_outbox_let_go();
    while (took_ms < ms && cli_interrupted() == 0 && !(wakes && cli_outbox_was_touched())) {
        uint32_t most_ms = wakes ? IDLE_MS : CLI_SLICE_MS;
        uint32_t left_ms = ms - took_ms < most_ms ? ms - took_ms : most_ms;
        const struct timespec slice = { 0, (long)left_ms * 1000000L };

        if (ms >= CLI_SLICE_MS && !wakes) {
            cli_progress("%lu are kept; going on in %lu s", (unsigned long)cli_outbox.len,
                         (unsigned long)((ms - took_ms) / 1000u));
        }
        nanosleep(&slice, NULL);
        took_ms = ango_posix_clock_ms(NULL) - start_ms;
    }
    return take_again();
}

/* The same without letting go. */
static int hold(uint32_t ms)
{
    uint32_t start_ms = ango_posix_clock_ms(NULL);
    const struct timespec slice = { 0, CLI_SLICE_MS * 1000000L };

    while (ango_posix_clock_ms(NULL) - start_ms < ms && cli_interrupted() == 0) {
        cli_progress("looking up who is invited");
        nanosleep(&slice, NULL);
    }
    return GO_ON;
}

/*
 * Waits as long as the outbox says. A service that cannot even connect does no harm to the server, and nobody tells it when there is
 * a network again: it tries at least once in OUTAGE_MS.
 */
static int wait_out(uint32_t ms, bool well)
{
    bool no_network = !well && cli_last.outcome == ANGO_NOT_SENT && cli_last.http_status == 0;
    int status;

    long_outage = cli_outbox_forever && no_network && (long_outage || ms > OUTAGE_MS);
    status = let_go(long_outage ? OUTAGE_MS : ms, false);
    if (status != GO_ON || !long_outage) {
        return status;
    }
    ango_cancel(&cli_client);
    status = cli_outbox_begin_again();
    return status == CLI_DONE ? GO_ON : status;
}

/* A step had nothing to tell. */
static int wait_for_more(void)
{
    uint32_t ms = ango_outbox_wait_ms(&cli_outbox, &cli_client), lost_ms = cli_lost_ms();
    bool well = cli_client.result.error == ANGO_OK || cli_client.result.error == ANGO_E_END;
    bool had_told = telling;

    telling = false;
    if (ms == 0 && had_told && !is_owing()) {
        return let_go(SHARE_MS, false);
    }
    if (ms == 0) {
        cli_progress("inviting, %lu are kept", (unsigned long)cli_outbox.len);
        return GO_ON;
    }
    if (!cli_outbox_forever && !well && (cli.retry_for_s == 0 || lost_ms + ms > cli.retry_for_s * 1000u)) {
        cli_say("no more time to wait: --retry-for allows %lu s", (unsigned long)cli.retry_for_s);
        return cli_exit_of(&cli_last);
    }
    return well && ms <= cli.timeout_s * 1000u && is_owing() ? hold(ms) : wait_out(ms, well);
}

/* An attempt failed. What it was about is still in the outbox. */
static int take_failure(int err)
{
    static int explained;
    static unsigned explained_status;
    bool refused_key, passes;

    cli_remember();
    cli_went_wrong(ango_posix_clock_ms(NULL));
    cli_end_progress();
    if (err == ANGO_E_ARG) {
        return CLI_OTHER;
    }
    if (explained != err || explained_status != cli_last.http_status) {
        cli_explain(&cli_last);
    }
    explained = err;
    explained_status = cli_last.http_status;
    refused_key = cli_last.http_status == 401 || cli_last.http_status == 403;
    passes = cli_passing(&cli_last, true) != NULL || cli_last.outcome != ANGO_NOT_SENT;
    return refused_key || err == ANGO_E_ID || (!passes && !cli_outbox_forever) ? cli_exit_of(&cli_last) : GO_ON;
}

/* Nobody is left. */
static int end(void)
{
    telling = false;
    cli_end_progress();
    cli_outbox_wipe();
    if (cli_outbox_forever) {
        return let_go(UINT32_MAX, true);
    }
    return sums[ANGO_OUTBOX_LEFT] > 0 ? CLI_SOME_FAILED : CLI_DONE;
}

static int make_room(void)
{
    int err = ango_outbox_tidy(&cli_outbox, false);

    return err == ANGO_OK || err == ANGO_E_DAMAGED ? GO_ON : cli_outbox_fault(err);
}

static int step(void)
{
    struct ango_outbox_event event;
    int err = ango_outbox_step(&cli_outbox, &cli_client, cli_outbox_organization, &event, CLI_SLICE_MS);

    switch (err) {
    case ANGO_OK:
        tell(&event);
        return GO_ON;
    case ANGO_E_WAIT:
        return wait_for_more();
    case ANGO_E_END:
        return end();
    case ANGO_E_FULL:
        return make_room();
    case ANGO_E_STORAGE:
        return cli_outbox_fault(err);
    default:
        return take_failure(err);
    }
}

/* With the client open, and the outbox taken. */
static int deliver(void)
{
    int status = cli_outbox_organize();

    if (status != CLI_DONE) {
        return status;
    }
    do {
        status = cli_interrupted() != 0 ? CLI_SIGNAL + cli_interrupted() : step();
    } while (status == GO_ON);
    cli_end_progress();
    ango_cancel(&cli_client);
    tell_end(status);
    return status;
}

int cli_outbox_send(void)
{
    int status = cli_open();

    if (status != CLI_DONE) {
        return status;
    }
    status = cli_outbox_open();
    if (status == CLI_DONE) {
        status = deliver();
        cli_outbox_close();
    }
    cli_close();
    return status;
}
