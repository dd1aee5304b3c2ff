/*
 * ango_outbox.h - invitations that survive: kept on a medium of the device, delivered when the network allows, each once.
 *
 *   err = ango_outbox_mount(&outbox, &config);            // ANGO_E_DAMAGED on a new device: ango_outbox_format
 *   err = ango_outbox_put(&outbox, &entry, &id);          // ANGO_OK: it is kept, whatever happens to the power now
 *   for (;;) {
 *       err = ango_outbox_step(&outbox, &client, organization, &event, 0);
 *       if (err == ANGO_OK)
 *           tell(event.to, event.fate);
 *   }
 *
 * An invitation is marked as tried on the medium before the first byte of its request is handed to the port, and as done
 * after the server's complete answer. One that was tried and not answered is looked up first (ango_confirm_begin), and sent
 * again only if it is absent on evidence. How that holds against a cut at any moment: src/outbox_log.c.
 *
 * Linked only where it is used. No heap; all memory is the application's. One thread.
 */
#ifndef ANGO_OUTBOX_H
#define ANGO_OUTBOX_H

#include "ango.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- the medium ----------------------------------------------------------------------------------- */

/*
 * Flash, EEPROM, FRAM or a file: blocks that are erased whole, and units within them that are programmed once after each
 * erase. `at` is a position from 0 to block_size * block_count. Each function returns ANGO_OK, or anything else for a
 * failure. Whether something was written is found out by reading it, so `prog` may return before it knows.
 *
 * What may be left when the power is cut, or a call fails, in the middle of
 *   prog   the first bytes as asked for, any number of them; the byte at the cut anything between the two; and the rest
 *          erased. Or, unit by unit, some written and some not. From then on each byte reads the same each time, or each
 *          read of its unit fails (flash with ECC).
 *   erase  anything, also what reads differently each time.
 */
struct ango_storage {
    void *ctx;
    /* Reads `len` bytes at `at`: prog_size, within one unit. */
    int (*read)(void *ctx, uint32_t at, uint8_t *buf, size_t len);
    /* Programs one unit. It was not programmed since the last erase of its block. */
    int (*prog)(void *ctx, uint32_t at, const uint8_t *data, size_t len);
    /* Erases the block that begins at `at`. Called by ango_outbox_format and ango_outbox_tidy only. */
    int (*erase)(void *ctx, uint32_t at);
    /* Returns when all that was programmed and erased is safe from a cut. A failure that may have lost some of it must be
       returned by all later calls, too (a file: see fsync). */
    int (*sync)(void *ctx);
    uint32_t block_size;  /* bytes, a multiple of prog_size */
    uint32_t block_count; /* even, at least 2: one half at a time holds the outbox. 512 bytes to 4 GB in all */
    uint8_t prog_size;    /* bytes of a unit: 8, 16 or 32; 8 where the medium can program less at once */
    uint8_t erased;       /* what each byte reads after an erase: 0xFF or 0x00 */
};

/* --- the outbox ----------------------------------------------------------------------------------- */

#define ANGO_OUTBOX_BATCH 16       /* addresses in one request, at most */
#define ANGO_OUTBOX_RECORD_MAX 384 /* bytes of a record */
#define ANGO_OUTBOX_TEXT_MAX 358   /* bytes of address, project's identifier and note together */
#define ANGO_OUTBOX_WORDS_MAX 96   /* bytes of the server's words that are kept with an entry */
#define ANGO_OUTBOX_TRIES_MAX 8    /* attempts that settle nothing; then an entry is parked */

/* RAM for one entry, 16 bytes. Private. */
struct ango_outbox_slot {
    uint32_t id;
    uint32_t at;    /* of its record on the medium */
    uint32_t words; /* where the server's words about it are on the medium, or 0 */
    char state;
    uint8_t tries; /* attempts that settled nothing */
    bool absent;   /* was tried, and surely is not invited: may be sent without a look-up */
};

/* A record of the log, as it is on the medium. Private. */
struct ango_outbox_record {
    uint32_t sum;
    uint16_t size; /* bytes, from the sum to the end of the text */
    uint8_t type;
    char state;
    uint32_t extra;
    uint32_t number;
    char text[ANGO_OUTBOX_RECORD_MAX - 16];
};

/* Constant, and valid as long as the outbox is used. What it points to belongs to the outbox meanwhile.
   An entry that was put in with a larger text_cap, and does not fit this one, is parked. */
struct ango_outbox_config {
    const struct ango_storage *storage;
    struct ango_outbox_slot *slots;
    size_t slots_cap; /* entries at a time */
    char *text;       /* the addresses of a request while it goes on, and its project */
    size_t text_cap;  /* an entry fits if its address and project do, each with a NUL */
};

/* Only `len` and `damaged` are for reading. */
struct ango_outbox {
    size_t len;       /* entries that wait, were tried, or are parked */
    uint32_t damaged; /* units of the log that were not valid at the last mount; a record that a cut left incomplete is
                         some, too, until the next ango_outbox_tidy */
    /* Private. */
    const struct ango_outbox_config *config;
    struct ango_client *client; /* of the step that goes on */
    struct ango_outbox_event *event;
    uint8_t phase;
    uint8_t failures;  /* in a row */
    uint8_t most;      /* addresses in the next request */
    uint8_t batch_len; /* addresses in this one */
    bool read_back;
    uint32_t half;  /* bytes of an area */
    uint32_t start; /* of the one that is current */
    uint32_t tail;  /* where the next record goes */
    uint32_t generation;
    uint32_t next_id;
    uint32_t ghost;       /* an entry that may be on the medium, though it was not promised; 0: none */
    uint32_t since;       /* the clock at the last failure */
    uint32_t pause_ms;    /* from then on nothing is done for so long */
    uint32_t refused_key; /* hash of a key that the server does not take; 0: none */
    uint32_t serial;      /* of the client's exchange that is the outbox's */
    struct ango_outbox_record record;
    uint32_t ids[ANGO_OUTBOX_BATCH]; /* 0: this one is settled */
    const char *emails[ANGO_OUTBOX_BATCH];
    enum ango_presence presence[ANGO_OUTBOX_BATCH];
    struct ango_confirm confirm;
};

/*
 * Takes up what is on the medium; reads it from one end to the other, at most three times, and writes nothing. May be called
 * again, once no exchange that ango_outbox_step has begun goes on (ango_cancel). Whoever calls it must be the only one that
 * uses the medium.
 *   ANGO_E_ARG      a NULL, or a geometry outside the limits above
 *   ANGO_E_DAMAGED  there is no outbox: a new device, or one whose medium is broken
 *   ANGO_E_SPACE    there are more entries than slots; nothing can be done with it until it is mounted with enough
 */
int ango_outbox_mount(struct ango_outbox *outbox, const struct ango_outbox_config *config);

/*
 * Makes an empty outbox and mounts it. Erases; if there was one, its entries are dropped, and a cut leaves either the old
 * one or the new one. Numbers go on. If the very first one is cut, call it again, also if the medium can be mounted.
 *   ANGO_E_ARG      as above
 *   ANGO_E_STORAGE  the medium failed
 */
int ango_outbox_format(struct ango_outbox *outbox, const struct ango_outbox_config *config);

/* Who is to be invited. UTF-8; for ango_outbox_put, not the strings that ango_outbox_next gave. */
struct ango_outbox_entry {
    const char *to; /* an email address */
    enum ango_organization_role organization_role;
    const char *project_id;              /* NULL or "": no project */
    enum ango_project_role project_role; /* only with a project */
    uint32_t time;                       /* the application's: seconds since 1970, for example */
    const char *note;                    /* the application's; NULL or "": none. '?' is kept for control characters */
};

/*
 * Keeps an entry: after ANGO_OK it stays until the server has taken it, or it is removed. *id (unless `id` is NULL) becomes its
 * number, 1 to 2^32 - 1, which is never used again on this medium. Who is there already, in whatever state, with the
 * same project (by ango_text_is for the address, by its bytes for the project) is not put in again: ANGO_OK, with the
 * number there is. Room for what will become of each entry is left: what was put in can be delivered without an erase.
 *   ANGO_E_ARG      a NULL, or an invalid role
 *   ANGO_E_EMAIL    not an address: see ango_invite_members_to_org
 *   ANGO_E_ID       the project's identifier is not text
 *   ANGO_E_SPACE    address and project are more than text_cap, or the texts more than ANGO_OUTBOX_TEXT_MAX
 *   ANGO_E_FULL     no room: call ango_outbox_tidy and try again; or no slot
 *   ANGO_E_STORAGE  the medium failed: it is not kept, and may be put in again. After a cut it may be in the list all the same
 */
int ango_outbox_put(struct ango_outbox *outbox, const struct ango_outbox_entry *entry, uint32_t *id);

enum ango_outbox_state {
    ANGO_OUTBOX_WAITING, /* to be sent */
    ANGO_OUTBOX_TRIED,   /* may have been sent: to be looked up before it is sent again */
    ANGO_OUTBOX_PARKED   /* left to people: see ango_outbox_retry and ango_outbox_remove */
};

struct ango_outbox_item {
    uint32_t id;
    enum ango_outbox_state state;
    struct ango_outbox_entry entry;
};

/*
 * The entry at *position, which begins as 0 and is moved on; the oldest comes first. Strings are valid until the next call of
 * any function of the outbox.
 *   ANGO_E_END      there is no further one
 *   ANGO_E_ARG      a NULL
 *   ANGO_E_DAMAGED  this one can no longer be read: only `id` and `state` are set
 */
int ango_outbox_next(struct ango_outbox *outbox, size_t *position, struct ango_outbox_item *item);

/*
 * Why an entry is parked, mostly in the server's words, cut to ANGO_OUTBOX_WORDS_MAX bytes, '?' for control characters, '*' for
 * the key. "" if the server said nothing, or its words did not fit. Valid as above.
 */
const char *ango_outbox_words(struct ango_outbox *outbox, uint32_t id);

/*
 * Drops an entry in any state. One that is being sent, or was tried, may be invited all the same; put in
 * again, twice.
 *   ANGO_E_ARG      no entry has that number
 *   ANGO_E_FULL, ANGO_E_STORAGE  see ango_outbox_put: it is still there
 */
int ango_outbox_remove(struct ango_outbox *outbox, uint32_t id);

/*
 * Makes an entry as good as a new one, also if it is parked. If it is not known that it is absent, it is looked up first as ever;
 * to send one that cannot be looked up, remove it and put it in again. Errors as above.
 */
int ango_outbox_retry(struct ango_outbox *outbox, uint32_t id);

/*
 * Makes room: copies what is alive to the other half of the blocks, which it erases. To be called where an erase does no
 * harm: after ANGO_E_FULL, or once a day. With `wipe`, what was left behind is erased too, so that nobody who is done or removed is
 * on the medium any more. A cut leaves the outbox as it was.
 *   ANGO_E_DAMAGED  done; but an entry could no longer be read, and was dropped, or the words about one
 *   ANGO_E_STORAGE  the medium failed; the outbox is as it was (`wipe`: or not all could be erased)
 */
int ango_outbox_tidy(struct ango_outbox *outbox, bool wipe);

/* --- delivery ------------------------------------------------------------------------------------- */

enum ango_outbox_fate {
    ANGO_OUTBOX_INVITED, /* the invitation is pending */
    ANGO_OUTBOX_ALREADY, /* already a member */
    ANGO_OUTBOX_LEFT     /* parked; `words` says why */
};

/* What became of an entry; told once, and after a cut perhaps never or once more. Strings are valid until the next call. */
struct ango_outbox_event {
    uint32_t id;
    enum ango_outbox_fate fate;
    const char *to; /* "" if it can no longer be read, or does not fit text_cap with its project */
    const char *
        words; /* parked: the server's or the outbox's; found after the server had said something else: that; else "" */
    bool read_back; /* found by looking it up, which tells of the address, not of the project */
};

/*
 * Carries the delivery on, blocking no longer than ango_step does with `wait_ms`; call it again and again, with the same client and
 * organization, whose identifier must stay valid between the calls. The client may then be used for other things as long as it
 * is not busy; what the outbox had begun is looked up afterwards.
 *
 *   New entries of the same roles and project go out together, as many as fit the client's buffer.
 *   No answer, 408, 5xx, no network: all pause, for 1 s to 10 min, doubling, up to a quarter of it by chance, or as long as the
 *   server says (429 too). What was tried is then looked up.
 *   400, 409, 413, 422: the request is halved until the bad entry is alone; this one is parked, with the server's words.
 *   401, 403: all stops until ango_client_set_api_key has brought another key.
 *   Other refusals: all pause, for 1 s to 2 min; these entries then come after all others.
 *   Of a success only "pending" is believed, since no source says what else there is. Who has another status, whatever the words,
 *   is looked up, and parked with these words unless found. Who is not named, or without a status, is looked up, too. Of two
 *   statuses the first counts.
 *   Whoever is still neither invited nor parked after ANGO_OUTBOX_TRIES_MAX attempts is parked: refused each time, not found, found
 *   absent, or lists that do not end (ANGO_E_SHAPE). A pause for want of an answer is no attempt.
 *
 *   ANGO_OK         *event says what became of an entry
 *   ANGO_E_WAIT     it goes on, or pauses: ango_outbox_wait_ms says how long there is nothing to do
 *   ANGO_E_END      nothing is left to deliver
 *   ANGO_E_FULL     ango_outbox_tidy is needed first
 *   ANGO_E_STORAGE  the medium failed; nothing was sent that was not marked
 *   ANGO_E_ARG      a NULL, or the client is busy with something else
 *   others          as ango_step: the attempt failed, and is repeated in its time; again and again with 401 and 403, and with
 *                   what is wrong with the organization's identifier (ANGO_E_ID)
 */
int ango_outbox_step(struct ango_outbox *outbox, struct ango_client *client, const char *organization_id,
                     struct ango_outbox_event *event, uint32_t wait_ms);

/* After ANGO_E_WAIT: milliseconds until the next step has something to do; 0: it has. */
uint32_t ango_outbox_wait_ms(const struct ango_outbox *outbox, const struct ango_client *client);

#ifdef __cplusplus
}
#endif

#endif
