/*
 * outbox_log.h - the entries of the outbox on the medium: what delivery (outbox.c) has of the log (outbox_log.c).
 * Slots move when an entry is done: keep numbers, not pointers.
 */
#ifndef ANGO_OUTBOX_LOG_H
#define ANGO_OUTBOX_LOG_H

#include "ango_outbox.h"

/* States of an entry: letters of records, too. */
#define ANGO_LOG_WAITING 'W'
#define ANGO_LOG_TRIED 'T'
#define ANGO_LOG_DENIED 'R'   /* tried, and the server said something else than that it is invited */
#define ANGO_LOG_REFUSED 'X'  /* parked, and known to be absent */
#define ANGO_LOG_DOUBTFUL 'U' /* parked, and perhaps invited */
#define ANGO_LOG_DONE 'D'     /* no entry any more */

/* What is to be done with it. */
enum ango_outbox_state ango_log_state(const struct ango_outbox_slot *slot);

/* The slot of an entry, or NULL. */
struct ango_outbox_slot *ango_log_find(const struct ango_outbox *outbox, uint32_t id);

/*
 * Notes on the medium that an entry is in another state, and then in RAM; with `words`, of which control characters are replaced
 * and what does not fit is left out. Without an entry of that number it is noted all the same. Safe from a cut after
 * ango_log_sync. ANGO_E_FULL, ANGO_E_STORAGE: nothing has changed.
 */
int ango_log_mark(struct ango_outbox *outbox, uint32_t id, char state, const char *words);

/* Returns when all that was noted is safe from a cut. */
int ango_log_sync(const struct ango_outbox *outbox);

/* Reads an entry; its strings are valid until the next call. ANGO_E_DAMAGED: it cannot be read. */
int ango_log_load(struct ango_outbox *outbox, const struct ango_outbox_slot *slot, struct ango_outbox_entry *entry);

/* The words of a record, or ""; valid until the next call, or as `words` of the next ango_log_mark. */
const char *ango_log_words(struct ango_outbox *outbox, uint32_t at);

#endif
