/* outbox_file.h - the file of `ango outbox` and `ango invite --later`: found, made, and used by one process at a time. */
#ifndef ANGO_CLI_OUTBOX_FILE_H
#define ANGO_CLI_OUTBOX_FILE_H

#include "ango_outbox.h"
#include "command.h"

extern const char *cli_outbox_file; /* --outbox; NULL: the usual place */
extern struct ango_outbox cli_outbox;

#define CLI_OUTBOX_OPTION \
    { \
        .name = "outbox", .value = "FILE", .text = &cli_outbox_file, .help = "the outbox (~/.local/state/ango/outbox)" \
    }

/* Whether there is one: CLI_DONE, *there; or said why it is not used. */
int cli_outbox_find(bool *there);

/*
 * Takes it for this process, making it if need be, and mounts it. Another process may have it: then waits, for as long as that
 * may take with one request. CLI_DONE, or said why not.
 */
int cli_outbox_open(void);

/* Lets others have it. What cli_outbox is in the middle of stays. */
void cli_outbox_let_go(void);

/* Takes it again. *changed: others wrote meanwhile, and it is mounted anew. CLI_DONE, or said why not. */
int cli_outbox_take_again(bool *changed);

/* It is taken, and nothing goes on: mounts it, so that no pause is left. CLI_DONE, or said why not. */
int cli_outbox_begin_again(void);

/* Whether somebody has written since it was let go: a hint, true now and then without. */
bool cli_outbox_was_touched(void);

/* Where nobody is left in it: erases the addresses that are still in the file. */
void cli_outbox_wipe(void);

void cli_outbox_close(void);

/* The error in words, those of the system where it is the medium. */
const char *cli_outbox_words(int err);

/* Says it; CLI_OTHER. */
int cli_outbox_fault(int err);

/* The next entry; false: there is none. One that can no longer be read has a text in place of its address. */
bool cli_outbox_next(size_t *position, struct ango_outbox_item *item);

size_t cli_outbox_count(enum ango_outbox_state state);

/* One outbox is for one organization, which is the note of each entry. "": nobody is in it. */
extern char cli_outbox_organization[ANGO_OUTBOX_TEXT_MAX + 1];

/* Finds it out. CLI_DONE, or said that --org is another. */
int cli_outbox_organize(void);

/* ango outbox send; the exit status. */
extern bool cli_outbox_forever;
int cli_outbox_send(void);

/* ango invite --later: keeps those of cli_addresses; `fill` sets what cli_wish and the options want, but for the address. */
int cli_keep_people(int (*fill)(struct ango_outbox_entry *entry));

#endif
