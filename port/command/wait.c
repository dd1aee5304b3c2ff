/* Trouble that passes: what can be tried again without harm is, within one budget of time for the whole run. */
#define _POSIX_C_SOURCE 200809L

#include "command.h"

#include <time.h>

#include "ango_posix.h"
#include "proxy.h"

#define BACKOFF_MAX_S 30u
#define TOO_MANY 429 /* the HTTP status */

static bool in_trouble;          /* nothing has gone well since trouble_ms */
static uint32_t trouble_ms;      /* when the first exchange that failed began */
static uint32_t over_ms;         /* how long trouble lasted that is over */
static uint32_t next_wait_s = 1; /* where the server does not say */
static int explained;            /* the error that was explained last; ANGO_OK: none, in this trouble */

void cli_went_well(void)
{
    over_ms = cli_lost_ms();
    in_trouble = false;
    next_wait_s = 1;
    explained = ANGO_OK;
}

void cli_went_wrong(uint32_t began_ms)
{
    if (!in_trouble) {
        in_trouble = true;
        trouble_ms = began_ms;
    }
}

uint32_t cli_lost_ms(void)
{
    return over_ms + (in_trouble ? ango_posix_clock_ms(NULL) - trouble_ms : 0);
}

bool cli_pause(uint32_t wait_s, const char *why, const char *before, const char *where)
{
    const struct timespec slice = { 0, CLI_SLICE_MS * 1000000L };
    uint32_t start_ms = ango_posix_clock_ms(NULL), took_ms = 0;
    const char *between = where[0] != '\0' ? "; " : "";

    if (!cli_progress("%s%s%lu s%s%s", why, before, (unsigned long)wait_s, between, where)) {
        cli_say("%s: waiting %lu s%s%s", why, (unsigned long)wait_s, between, where);
    }
    while (took_ms < wait_s * 1000u && cli_interrupted() == 0) {
        cli_progress("%s%s%lu s%s%s", why, before, (unsigned long)(wait_s - took_ms / 1000u), between, where);
        nanosleep(&slice, NULL);
        took_ms = ango_posix_clock_ms(NULL) - start_ms;
    }
    cli_end_progress();
    return cli_interrupted() == 0;
}

bool cli_is_too_many(const struct ango_result *result)
{
    return result->http_status == TOO_MANY && result->outcome == ANGO_REJECTED;
}

const char *cli_passing(const struct ango_result *result, bool reads)
{
    if (cli_is_too_many(result)) {
        return "too many requests for the server";
    }
    if (result->outcome != ANGO_NOT_SENT && !(reads && result->outcome == ANGO_UNKNOWN)) {
        return NULL;
    }
    if (result->outcome == ANGO_NOT_SENT && cli_proxy_refuses()) {
        return NULL;
    }
    switch (result->error) {
    case ANGO_E_RESOLVE:
        return cli_fails_at_proxy(result) ? "the proxy's name is not found" : "the server's name is not found";
    case ANGO_E_NET:
        return cli_fails_at_proxy(result) ? "no way through the proxy" : "no connection";
    case ANGO_E_TIME:
        return "no answer";
    case ANGO_E_TRUNCATED:
        return "the connection ended";
    case ANGO_E_STATUS:
        return result->http_status == 408 || result->http_status >= 500 ? "the server failed" : NULL;
    default:
        return NULL;
    }
}

static void explain_once(const struct ango_result *result, bool reads)
{
    if (!cli_is_too_many(result) && explained != result->error) {
        if (reads) {
            cli_explain_reading(result);
        } else {
            cli_explain(result);
        }
        explained = result->error;
    }
}

bool cli_is_explained(int error)
{
    return error != ANGO_OK && explained == error;
}

bool cli_try_again(bool reads, const char *where)
{
    const struct ango_result *result = &cli_client.result;
    const char *why = cli_passing(result, reads);
    uint32_t lost_s = cli_lost_ms() / 1000u;
    uint32_t left_s = lost_s < cli.retry_for_s ? cli.retry_for_s - lost_s : 0;
    uint32_t wait_s = result->retry_after_s;

    if (why == NULL || cli.retry_for_s == 0 || cli_interrupted() != 0) {
        return false;
    }
    if (wait_s == 0) {
        wait_s = next_wait_s < left_s ? next_wait_s : left_s;
        next_wait_s = next_wait_s < BACKOFF_MAX_S / 2 ? 2 * next_wait_s : BACKOFF_MAX_S;
    }
    if (wait_s == 0 || wait_s > left_s) {
        cli_say("%s, and no more time to wait: --retry-for allows %lu s, of which %lu are left", why,
                (unsigned long)cli.retry_for_s, (unsigned long)left_s);
        return false;
    }
    explain_once(result, reads);
    return cli_pause(wait_s, why, cli_is_too_many(result) ? ", " : "; trying again in ", where);
}
