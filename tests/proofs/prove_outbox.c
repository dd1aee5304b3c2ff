/*
 * Delivery: a log, an exchange and a read-back that do what they like within what their own proofs show. What holds for an
 * outbox between any two calls has to hold after each step. One entry, any of them, is watched: what the medium says of it,
 * whether it may have been sent, what is known of it.
 */
#include "proof.h"

#include "outbox.c"
#include "outbox_log.c"

static struct ango_client client;
static struct ango_port port;
static struct ango_outbox outbox;
static struct ango_outbox_config config;
static struct ango_outbox_event event;

#define SLOTS 2 /* the watched one, and another */
#define BATCH 3 /* the watched one, and others, which may be there no more */

static struct ango_outbox_slot slots[SLOTS];
static size_t text_used; /* bytes of config.text; the last of them is a NUL */

struct ango_outbox nondet_outbox(void);
struct ango_outbox_slot nondet_slot(void);
char nondet_char(void);

/* --- what happens ----------------------------------------------------------------------------------- */

/* The watched entry. */
static uint32_t watched;
static bool is_noted; /* the medium says that it was tried */
static bool
    in_doubt; /* a byte of a request with it was given to the port, and nothing has shown since that it is absent */
static bool was_found; /* a complete success said that it is pending, or a read-back found it */

static bool is_unsynced; /* something was noted since the last sync */

/* The client's last exchange; the outbox's, if that has the same number. */
static enum { BEGUN, READY, GIVEN, ENDED } exchange;
static bool was_given;   /* ENDED, after a byte was given to the port */
static bool is_in_it;    /* the watched entry is in its request */
static unsigned replies; /* entries of the reply still to come */
static unsigned taken;   /* so many of the batch next_of_batch has gone over */
static size_t matched;   /* the address that was found in the reply's last entry */

static bool is_text(const char *text)
{
    if (__CPROVER_same_object(text, config.text))
        return text >= config.text && (size_t)(text - config.text) < text_used;
    return __CPROVER_r_ok(text, 1);
}

static struct ango_outbox_slot *watched_slot(void)
{
    return ango_log_find(&outbox, watched);
}

/* Whether the watched entry is in the batch: at most once, at `place`. */
static unsigned place;

static bool is_in_batch(void)
{
    return place < outbox.batch_len && outbox.ids[place] == watched;
}

static bool is_known(enum ango_presence presence)
{
    return presence != ANGO_ABSENT && presence != ANGO_UNSURE;
}

/* --- the log: prove_outbox_log.c -------------------------------------------------------------------- */

static void change_slot(struct ango_outbox_slot *slot, char state)
{
    size_t i;

    if (state != ANGO_LOG_DONE) {
        slot->state = state;
        slot->absent = false;
        slot->words = nondet_u32();
        return;
    }
    outbox.len--;
    for (i = 0; i < SLOTS - 1; i++)
        if (i >= (size_t)(slot - slots))
            slots[i] = slots[i + 1];
}

int mark_stand_in(struct ango_outbox *o, uint32_t id, char state, const char *words)
{
    struct ango_outbox_slot *slot = ango_log_find(o, id);
    int err = nondet_int();

    PROVE(o == &outbox && is_text(words));
    PROVE(state == ANGO_LOG_TRIED || state == ANGO_LOG_DENIED || state == ANGO_LOG_REFUSED || state == ANGO_LOG_DOUBTFUL
          || state == ANGO_LOG_DONE);
    if (id == watched && slot != NULL) {
        PROVE(state != ANGO_LOG_DONE || was_found);
        PROVE(state != ANGO_LOG_REFUSED || !in_doubt);
    }
    ASSUME(err == ANGO_OK || err == ANGO_E_FULL || err == ANGO_E_STORAGE);
    if (err != ANGO_OK)
        return err;
    is_unsynced = true;
    if (id == watched && state == ANGO_LOG_TRIED)
        is_noted = true;
    if (slot != NULL)
        change_slot(slot, state);
    return err;
}

int sync_stand_in(const struct ango_outbox *o)
{
    PROVE(o == &outbox);
    if (nondet_bool())
        return ANGO_E_STORAGE;
    is_unsynced = false;
    return ANGO_OK;
}

/* What the texts say matters to memcpy_texts alone, which knows where they end. */
int load_stand_in(struct ango_outbox *o, const struct ango_outbox_slot *slot, struct ango_outbox_entry *entry)
{
    static char text[sizeof o->record.text];
    size_t project = nondet_size(), note = nondet_size();

    PROVE(o == &outbox && slot >= slots && slot < slots + outbox.len);
    if (nondet_bool())
        return ANGO_E_DAMAGED;
    ASSUME(project >= 3 && project < note && note < sizeof text);
    entry->organization_role = (enum ango_organization_role)(nondet_u8() & 7);
    entry->project_role = (enum ango_project_role)(nondet_u8() & 7);
    entry->to = text + 1;
    entry->project_id = text + project;
    entry->note = text + note;
    return ANGO_OK;
}

const char *words_stand_in(struct ango_outbox *o, uint32_t at)
{
    (void)at;
    PROVE(o == &outbox);
    return nondet_bool() ? "" : outbox.record.text;
}

/* --- the exchange and the read-back: prove_exchange.c, prove_confirm.c ------------------------------- */

static uint32_t clock_any(void *ctx)
{
    (void)ctx;
    return nondet_u32();
}

bool ango_is_busy(const struct ango_client *c)
{
    PROVE(c == &client);
    return exchange != ENDED;
}

bool ango_is_to_send(const struct ango_client *c)
{
    PROVE(c == &client);
    return exchange == READY;
}

void ango_cancel(struct ango_client *c)
{
    PROVE(c == &client);
    was_given = exchange == GIVEN;
    exchange = ENDED;
}

/* Nobody is sent who waits for a look-up, and nobody who may be invited already. */
int ango_invite_members_to_org_start(struct ango_client *c, const char *organization_id,
                                     const struct ango_invitation *invitation)
{
    const struct ango_project_assignment *project = invitation->project_assignments;
    const struct ango_outbox_slot *slot = watched_slot();
    int err = nondet_int();

    (void)organization_id;
    PROVE(c == &client && exchange == ENDED && invitation->to == outbox.emails
          && invitation->to_len == outbox.batch_len);
    PROVE(invitation->to_len >= 1 && invitation->to_len <= ANGO_OUTBOX_BATCH && is_text(project->project_id));
    PROVE(invitation->project_assignments_len <= 1);
    is_in_it = is_in_batch();
    PROVE(!is_in_it || (slot != NULL && ango_log_state(slot) == ANGO_OUTBOX_WAITING && !in_doubt));
    PROVE(!is_in_it || is_text(invitation->to[place]));
    ASSUME(err == ANGO_OK || (err < ANGO_E_END && err > ANGO_E_ENTRY));
    client.serial++;
    exchange = err == ANGO_OK ? BEGUN : ENDED;
    was_given = false;
    return err;
}

static void any_result(void)
{
    client.result.outcome = (enum ango_outcome)nondet_unsigned();
    client.result.http_status = nondet_unsigned();
    client.result.retry_after_s = nondet_u32();
    client.result.message = nondet_bool() ? "" : "message";
    ASSUME((unsigned)client.result.outcome <= ANGO_ACCEPTED);
    ASSUME((client.result.outcome == ANGO_NOT_SENT) == !was_given);
}

int ango_step(struct ango_client *c, uint32_t wait_ms)
{
    const struct ango_outbox_slot *slot = watched_slot();
    int err = nondet_int();

    (void)wait_ms;
    PROVE(c == &client && outbox.serial == client.serial);
    if (exchange == READY || exchange == GIVEN) {
        was_given = exchange == GIVEN || nondet_bool();
        if (was_given && is_in_it) { /* on the medium before the first byte */
            PROVE(slot == NULL || (slot->state == ANGO_LOG_TRIED && !slot->absent));
            PROVE(slot == NULL || (is_noted && (exchange == GIVEN || !is_unsynced)));
            in_doubt = true;
        }
    }
    ASSUME(err <= ANGO_OK && err > ANGO_E_ENTRY && err != ANGO_E_END);
    if (err == ANGO_E_WAIT && exchange != ENDED) {
        exchange = exchange != BEGUN ? GIVEN : nondet_bool() ? BEGUN : READY;
        ASSUME(exchange != GIVEN || was_given);
        return err;
    }
    ASSUME(err != ANGO_E_WAIT);
    exchange = ENDED;
    any_result();
    ASSUME((err == ANGO_OK) == (client.result.outcome == ANGO_ACCEPTED));
    if (is_in_it && client.result.outcome == ANGO_REJECTED)
        in_doubt = false;
    replies = 2;
    return err;
}

/* Of the watched entry's address a reply may say anything, too. */
int ango_next_invite(struct ango_client *c, struct ango_invite *invite)
{
    static char texts[3][2];

    PROVE(c == &client && client.result.outcome == ANGO_ACCEPTED);
    if (replies == 0 || nondet_bool())
        return ANGO_E_END;
    replies--;
    matched = ANGO_OUTBOX_BATCH;
    texts[0][0] = nondet_char();
    texts[1][0] = nondet_char();
    texts[2][0] = nondet_char();
    invite->to = texts[0];
    invite->status = texts[1];
    invite->message = texts[2];
    return ANGO_OK;
}

bool ango_text_is(const char *a, const char *b)
{
    bool is_same = nondet_bool();
    unsigned i;

    PROVE(is_text(a) && is_text(b));
    if (b[0] == 'p' && b[1] == 'e') {
        if (is_same && matched < ANGO_OUTBOX_BATCH && is_in_batch() && matched == place)
            was_found = true;
        return is_same;
    }
    for (i = 0; is_same && i < BATCH; i++)
        if (outbox.emails[i] == a && i < outbox.batch_len && i + 1 == taken)
            matched = i;
    return is_same;
}

void ango_hide_key(const char *text, const char *key)
{
    PROVE(is_text(text) && is_text(key));
}

uint32_t ango_hash(uint32_t hash, const char *text)
{
    (void)hash;
    PROVE(is_text(text));
    return nondet_u32();
}

int ango_confirm_begin(struct ango_confirm *confirm, struct ango_client *c, const char *organization_id,
                       const char *const *emails, size_t emails_len, enum ango_presence *presence)
{

    (void)organization_id;
    PROVE(confirm == &outbox.confirm && c == &client && presence == outbox.presence && emails == outbox.emails);
    PROVE(emails_len == outbox.batch_len && emails_len >= 1 && emails_len <= ANGO_OUTBOX_BATCH);
    PROVE(!is_in_batch() || (is_text(emails[place]) && emails[place][0] != '\0'));
    return ANGO_OK;
}

/* The presences mean nothing before ANGO_OK. */
int ango_confirm_step(struct ango_confirm *confirm, uint32_t wait_ms)
{
    int err = nondet_int();
    unsigned i;

    (void)wait_ms;
    PROVE(confirm == &outbox.confirm);
    ASSUME(err <= ANGO_OK && err > ANGO_E_ENTRY && err != ANGO_E_END);
    for (i = 0; i < ANGO_OUTBOX_BATCH; i++) {
        outbox.presence[i] = (enum ango_presence)nondet_unsigned();
        ASSUME((unsigned)outbox.presence[i] <= ANGO_UNSURE);
    }
    if (err == ANGO_OK && is_in_batch()) {
        if (outbox.presence[place] == ANGO_ABSENT)
            in_doubt = false;
        was_found = was_found || is_known(outbox.presence[place]);
    }
    client.result.http_status = nondet_unsigned();
    client.result.retry_after_s = nondet_u32();
    return err;
}

uint32_t ango_confirm_wait_ms(const struct ango_confirm *confirm)
{
    PROVE(confirm == &outbox.confirm);
    return nondet_u32();
}

/* --- the C library ---------------------------------------------------------------------------------- */

int strcmp(const char *a, const char *b)
{
    PROVE(is_text(a) && is_text(b));
    return nondet_int();
}

/* Of an entry's texts: the first is not empty, the last ends with a NUL. */
void *memcpy_texts(void *to, const void *from, size_t n)
{
    char *texts = (char *)to;

    PROVE(n >= 2 && texts >= config.text && __CPROVER_r_ok(from, n) && __CPROVER_w_ok(to, n));
    __CPROVER_havoc_slice(to, n);
    ASSUME(texts[0] != '\0');
    texts[n - 1] = '\0';
    text_used = (size_t)(texts - config.text) + n;
    return to;
}

/* --- what holds between any two calls --------------------------------------------------------------- */

/* Of the watched entry, if there still is one. */
static bool is_slot_sound(void)
{
    const struct ango_outbox_slot *slot = watched_slot();
    bool is_next = outbox.phase != IDLE && is_in_batch();

    if (slot == NULL)
        return true;
    if (in_doubt && (!is_noted || slot->state == ANGO_LOG_REFUSED || ango_log_state(slot) == ANGO_OUTBOX_WAITING))
        return false;
    if ((slot->state == ANGO_LOG_TRIED || slot->state == ANGO_LOG_DENIED) && !is_noted)
        return false;
    return slot->tries < ANGO_OUTBOX_TRIES_MAX + !is_next;
}

static bool is_exchange_sound(void)
{
    const struct ango_outbox_slot *slot = watched_slot();

    if (outbox.serial != client.serial)
        return true; /* the client was used for something else */
    if (is_in_it != is_in_batch() || (is_in_it && outbox.presence[place] != ANGO_UNSURE))
        return false;
    if (slot == NULL || !is_in_it)
        return true;
    if (exchange == BEGUN || exchange == READY)
        return ango_log_state(slot) == ANGO_OUTBOX_WAITING && !in_doubt;
    return exchange != GIVEN || (slot->state == ANGO_LOG_TRIED && !slot->absent && is_noted);
}

static bool is_batch_sound(void)
{
    if (outbox.batch_len < 1 || outbox.batch_len > ANGO_OUTBOX_BATCH)
        return false;
    if (is_in_batch() && !is_text(outbox.emails[place]))
        return false;
    switch (outbox.phase) {
    case INVITING:
        return is_exchange_sound();
    case SETTLING:
        return !is_in_batch() || watched_slot() == NULL
            || ((outbox.presence[place] != ANGO_ABSENT || !in_doubt)
                && (!is_known(outbox.presence[place]) || was_found));
    default:
        return outbox.phase == CONFIRMING;
    }
}

static bool is_delivery_sound(void)
{
    return outbox.config == &config && outbox.len <= SLOTS && outbox.most >= 1 && outbox.most <= ANGO_OUTBOX_BATCH
        && (outbox.phase == IDLE || is_batch_sound()) && is_slot_sound();
}

static void any_client(void)
{
    static const struct ango_port any_port = { NULL, true, NULL, NULL, NULL, NULL, clock_any, NULL, NULL, NULL };

    port = any_port;
    client.port = &port;
    client.api_key = "key";
    client.serial = nondet_u32();
    exchange = nondet_unsigned() % 4;
    was_given = nondet_bool();
    any_result();
}

static void any_delivery(uint8_t phase)
{
    static char texts[16];
    size_t i;

    any_client();
    config.text_cap = sizeof texts;
    config.text = texts;
    text_used = nondet_size();
    ASSUME(text_used >= 1 && text_used <= config.text_cap);
    texts[text_used - 1] = '\0';
    config.slots = slots;
    config.slots_cap = SLOTS;
    outbox = nondet_outbox();
    outbox.config = &config;
    outbox.phase = phase;
    for (i = 0; i < SLOTS; i++) {
        slots[i] = nondet_slot();
        ASSUME(slots[i].id != 0 && (i == 0 || slots[i].id != slots[0].id));
    }
    watched = nondet_u32();
    place = nondet_unsigned();
    ASSUME(outbox.batch_len <= BATCH && place < BATCH);
    for (i = 0; i < BATCH; i++) {
        size_t at = nondet_size();

        ASSUME(at < text_used && (i == place || outbox.ids[i] != watched));
        outbox.emails[i] = config.text + at;
    }
    is_noted = nondet_bool();
    in_doubt = nondet_bool();
    was_found = nondet_bool();
    is_unsynced = nondet_bool();
    is_in_it = nondet_bool();
    ASSUME(watched != 0 && is_delivery_sound());
}

/* --- the proofs ------------------------------------------------------------------------------------ */

/*
 * proof: next_of_batch stays within the batch, and leaves out nobody who is still to be delivered
 * bound: 2 entries
 * unwind: 17 ango_log_find.0:3
 */
void proof_next_of_batch(void)
{
    unsigned first = nondet_unsigned();
    unsigned i = first;
    const struct ango_outbox_slot *slot;

    outbox = nondet_outbox();
    outbox.config = &config;
    config.slots = slots;
    watched = nondet_u32();
    place = nondet_unsigned();
    slots[0] = nondet_slot();
    slots[1] = nondet_slot();
    ASSUME(outbox.len <= SLOTS && outbox.batch_len <= ANGO_OUTBOX_BATCH && first <= outbox.batch_len);
    slot = next_of_batch(&outbox, &i);
    PROVE(i <= outbox.batch_len && i >= first);
    PROVE(slot == NULL ? i == outbox.batch_len : i > first && slot->id == outbox.ids[i - 1]);
    if (is_in_batch() && place >= first && watched_slot() != NULL)
        PROVE(slot != NULL && i - 1 <= place);
    REACHED;
}

/* What proof_next_of_batch shows. */
struct ango_outbox_slot *next_stand_in(const struct ango_outbox *o, unsigned *i)
{
    unsigned first = *i;
    struct ango_outbox_slot *slot = NULL;

    PROVE(o == &outbox && first <= outbox.batch_len);
    *i = nondet_unsigned();
    ASSUME(*i <= outbox.batch_len && *i >= first);
    if (*i > first)
        slot = ango_log_find(o, outbox.ids[*i - 1]);
    ASSUME(slot != NULL || *i == outbox.batch_len);
    if (is_in_batch() && place >= first && watched_slot() != NULL)
        ASSUME(slot != NULL && *i - 1 <= place);
    taken = *i;
    return slot;
}

static int any_step(void)
{
    return ango_outbox_step(&outbox, &client, "organization", &event, nondet_u32());
}

/* Other phases: each has a proof of its own, from any state that is sound. */
int choose_stand_in(struct ango_outbox *o, const char *organization_id)
{
    (void)organization_id;
    PROVE(o->phase == IDLE && is_delivery_sound());
    return nondet_int();
}

int confirm_stand_in(struct ango_outbox *o, uint32_t wait_ms)
{
    (void)wait_ms;
    PROVE(o->phase == CONFIRMING);
    return nondet_int();
}

int settle_stand_in(struct ango_outbox *o)
{
    PROVE(o->phase == SETTLING);
    return nondet_int();
}

/*
 * proof: a step of an invitation: a byte is given to the port only after the medium says of each entry that it was tried, and is
 *     synced; after an unknown outcome everybody is looked up before anything is sent again
 * bound: 2 entries, a batch of 3
 * unwind: 4 ango_log_find.0:3 change_slot.0:2 any_delivery.0:3
 * replace: ango_log_mark:mark_stand_in ango_log_sync:sync_stand_in next_of_batch:next_stand_in
 * replace: choose:choose_stand_in confirm_step:confirm_stand_in settle:settle_stand_in
 */
void proof_invite_step(void)
{
    any_delivery(INVITING);
    (void)any_step();
    PROVE(is_delivery_sound());
    REACHED;
}

/*
 * proof: a step of a read-back: nothing that it has not ended with is believed
 * bound: 2 entries, a batch of 3
 * unwind: 17 ango_log_find.0:3 any_delivery.0:3 any_delivery.1:4
 */
void proof_confirm_step(void)
{
    any_delivery(CONFIRMING);
    (void)any_step();
    PROVE(is_delivery_sound());
    REACHED;
}

/*
 * proof: done is only who was said to be pending by a complete success, or found by a read-back; only who is absent on evidence may
 *     be sent again, or is parked as refused
 * bound: 2 entries, a batch of 3
 * unwind: 4 ango_log_find.0:3 change_slot.0:2 any_delivery.0:3
 * replace: ango_log_mark:mark_stand_in ango_log_words:words_stand_in next_of_batch:next_stand_in
 */
void proof_settle(void)
{
    any_delivery(SETTLING);
    (void)any_step();
    PROVE(is_delivery_sound());
    REACHED;
}

/* --- choosing --------------------------------------------------------------------------------------- */

/* What proof_collect shows. */
int collect_stand_in(struct ango_outbox *o, unsigned tries, struct request *request)
{
    int err = nondet_int();
    const struct ango_outbox_slot *slot = watched_slot();

    PROVE(o == &outbox && tries <= ANGO_OUTBOX_TRIES_MAX);
    outbox.batch_len = nondet_u8();
    outbox.ids[place] = nondet_u32();
    outbox.emails[place] = "address";
    outbox.presence[place] = ANGO_UNSURE;
    request->project.project_id = nondet_bool() ? "" : outbox.config->text;
    ASSUME(outbox.batch_len <= BATCH && outbox.batch_len <= outbox.most);
    ASSUME(err == ANGO_E_WAIT || err == ANGO_OK || err == ANGO_E_FULL || err == ANGO_E_STORAGE);
    if (err == ANGO_E_WAIT && is_in_batch())
        ASSUME(slot != NULL && tries < ANGO_OUTBOX_TRIES_MAX && slot->tries == tries
               && ango_log_state(slot) == (outbox.read_back ? ANGO_OUTBOX_TRIED : ANGO_OUTBOX_WAITING));
    return err;
}

/* What was collected to be sent. */
static bool is_to_be_sent(void)
{
    const struct ango_outbox_slot *slot = watched_slot();

    return !outbox.read_back && outbox.batch_len >= 1 && outbox.batch_len <= BATCH
        && (!is_in_batch()
            || (slot != NULL && slot->tries < ANGO_OUTBOX_TRIES_MAX && ango_log_state(slot) == ANGO_OUTBOX_WAITING
                && outbox.presence[place] == ANGO_UNSURE && is_text(outbox.emails[place])));
}

int start_stand_in(struct ango_outbox *o, const char *organization_id, struct request *request)
{
    (void)organization_id;
    PROVE(o->phase == IDLE && is_delivery_sound() && is_to_be_sent() && is_text(request->project.project_id));
    return ANGO_E_WAIT;
}

/*
 * proof: choosing: nobody is sent who may be invited already, but only who was never tried, or is absent on evidence
 * bound: 2 entries, a batch of 3
 * unwind: 19 ango_log_find.0:3 any_delivery.0:3 any_delivery.1:4
 * replace: collect:collect_stand_in start:start_stand_in
 */
void proof_choose(void)
{
    any_delivery(IDLE);
    (void)any_step();
    PROVE(is_delivery_sound());
    REACHED;
}

/*
 * proof: starting a request: it has those who were collected, or the first of them that fit the buffer; whom the client refuses is
 *     parked, once it is alone
 * bound: 2 entries, a batch of 3
 * unwind: 4 ango_log_find.0:3 change_slot.0:2 any_delivery.0:3
 * replace: ango_log_mark:mark_stand_in
 */
void proof_start(void)
{
    struct request request;

    any_delivery(IDLE);
    outbox.client = &client;
    outbox.event = &event;
    exchange = ENDED;
    request.project.project_id = nondet_bool() ? "" : config.text;
    ASSUME(is_to_be_sent());
    (void)start(&outbox, "organization", &request);
    PROVE(is_delivery_sound());
    REACHED;
}

/*
 * proof: collecting a batch: who is in it is in the state that is asked for, once, with the text that was read of it; it stays within
 *     config.text
 * bound: 2 entries, 16 bytes of text
 * unwind: 4 ango_log_find.0:3 change_slot.0:2 any_delivery.0:3 collect.0:3
 * replace: ango_log_mark:mark_stand_in ango_log_load:load_stand_in memcpy:memcpy_texts
 */
void proof_collect(void)
{
    struct request request;
    unsigned tries = nondet_unsigned();
    unsigned i;
    int err;

    any_delivery(IDLE);
    outbox.event = &event;
    ASSUME(tries <= ANGO_OUTBOX_TRIES_MAX);
    err = collect(&outbox, tries, &request);
    PROVE(outbox.batch_len <= outbox.most && outbox.batch_len <= SLOTS);
    PROVE(is_text(request.project.project_id));
    for (i = 0; i < outbox.batch_len; i++) {
        const struct ango_outbox_slot *slot = ango_log_find(&outbox, outbox.ids[i]);

        PROVE(i == 0 || outbox.ids[i] != outbox.ids[0]);
        PROVE(is_text(outbox.emails[i]) && outbox.presence[i] == ANGO_UNSURE);
        PROVE(err != ANGO_E_WAIT || *outbox.emails[i] != '\0');
        if (err == ANGO_E_WAIT)
            PROVE(slot != NULL && slot->tries == tries && tries < ANGO_OUTBOX_TRIES_MAX
                  && ango_log_state(slot) == (outbox.read_back ? ANGO_OUTBOX_TRIED : ANGO_OUTBOX_WAITING));
    }
    PROVE(is_slot_sound());
    REACHED;
}

/*
 * proof: ango_outbox_wait_ms waits no longer than the pause, or the read-back
 * bound: 2 entries, a batch of 3
 * unwind: 4 ango_log_find.0:3 any_delivery.0:3
 */
void proof_wait_ms(void)
{
    any_delivery(nondet_u8());
    (void)ango_outbox_wait_ms(nondet_bool() ? &outbox : NULL, nondet_bool() ? &client : NULL);
    REACHED;
}
