/* people.h - what people.c finds out of each address, and report.c tells. */
#ifndef ANGO_CLI_PEOPLE_H
#define ANGO_CLI_PEOPLE_H

#include "command.h"

#define CLI_OTHERS_MAX 100

/* What is known of an address. */
struct cli_entry {
    enum cli_fate fate;
    bool read_back;
    bool before;            /* it was there when it was looked at first */
    bool told;              /* to people or a program */
    uint8_t asked;          /* in how many requests that may have been carried out */
    struct cli_report said; /* kept copies; `to` is not used */
};

extern const struct cli_action *cli_action;
extern struct cli_entry cli_entries[CLI_ADDRESSES_MAX]; /* of cli_addresses */
extern const char *cli_others[CLI_OTHERS_MAX];          /* reported, but not asked for */
extern size_t cli_others_len;
extern long cli_requests;
extern struct ango_result cli_last; /* of the last request that was to do something */

size_t cli_count(enum cli_fate fate);

/* Keeps the client's result as cli_last: what comes next would overwrite it. */
void cli_remember(void);

/* Tells of those of the batch what came of them, but for who is not sent yet; each once. */
void cli_tell(const size_t *batch, size_t batch_len);
/* Of all that were not told yet. */
void cli_tell_rest(void);
/* The sums, and what nobody may overlook. */
void cli_tell_end(int status);
/* The sums of --dry-run. */
void cli_tell_dry(size_t waiting, size_t requests_len, int status);

#endif
