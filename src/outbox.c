/* Delivery of what is in the outbox: who is sent, looked up, or left to people, and when. */
#include <string.h>

#include "operation.h"
#include "outbox_log.h"
#include "text.h"

/*
 *  phase       what is done next                       then
 *  IDLE        choose who is looked up                 CONFIRMING
 *              or who is sent                          INVITING
 *  INVITING    their request; marked as tried right    SETTLING, or IDLE
 *              before it is handed to the port
 *  CONFIRMING  the lists, for a read-back              SETTLING
 *  SETTLING    note and tell what became of each       IDLE
 */
enum { IDLE, INVITING, CONFIRMING, SETTLING };

#define PAUSE_MIN_MS 1000u
#define PAUSE_DOUBLINGS 9
#define PAUSE_MAX_MS 600000u

/* --- pauses --------------------------------------------------------------------------------------- */

static uint32_t clock_ms(const struct ango_client *client)
{
    return client->port->clock_ms(client->port->ctx);
}

static uint32_t pause_left_ms(const struct ango_outbox *o, const struct ango_client *client)
{
    uint32_t elapsed = clock_ms(client) - o->since;

    return elapsed < o->pause_ms ? o->pause_ms - elapsed : 0;
}

static uint32_t hash_of_key(const struct ango_client *client)
{
    return ango_hash(ANGO_HASH_BEGIN, client->api_key);
}

/*
 * Notes a failure: everything pauses, the longer the more there were in a row. Up to a quarter less, as the clock happens to
 * stand: devices that failed together do not come back together. Returns `err`.
 */
static int fail(struct ango_outbox *o, int err)
{
    const struct ango_client *client = o->client;
    const struct ango_result *result = &client->result;
    uint32_t ms = PAUSE_MAX_MS;

    if (o->failures < PAUSE_DOUBLINGS)
        ms = PAUSE_MIN_MS << o->failures++;
    o->since = clock_ms(client);
    ms -= (ms >> 10) * (o->since & 0xFF);
    o->pause_ms = result->retry_after_s * 1000;
    if (o->pause_ms < ms)
        o->pause_ms = ms;
    if (result->http_status == 401 || result->http_status == 403)
        o->refused_key = hash_of_key(client);
    return err;
}

/* --- what became of an entry ---------------------------------------------------------------------- */

/* The slot of the next entry of the batch that is left to be delivered, from number *i on, which is moved on; NULL: none is. */
static struct ango_outbox_slot *next_of_batch(const struct ango_outbox *o, unsigned *i)
{
    struct ango_outbox_slot *slot = NULL;

    while (slot == NULL && *i < o->batch_len)
        slot = ango_log_find(o, o->ids[(*i)++]);
    return slot;
}

/* Ends the delivery of an entry of the batch: marks it as done or parked, and tells. */
static int conclude(struct ango_outbox *o, unsigned i, char state, const char *words)
{
    struct ango_outbox_event *event = o->event;

    event->id = o->ids[i];
    event->fate = ANGO_OUTBOX_LEFT;
    if (state == ANGO_LOG_DONE) {
        event->fate = o->presence[i] == ANGO_INVITED ? ANGO_OUTBOX_INVITED : ANGO_OUTBOX_ALREADY;
        o->failures = 0;
    }
    event->to = o->emails[i];
    event->words = words;
    event->read_back = o->read_back;
    return ango_log_mark(o, o->ids[i], state, words);
}

/* Parks the entry of a batch of one. Of a larger batch so few are tried next that it is found in the end. */
static int narrow(struct ango_outbox *o, const char *words)
{
    o->most = o->batch_len / 2; /* mutant: outbox-no-halving */
    if (o->most > 0)
        return ANGO_E_WAIT;
    o->most = ANGO_OUTBOX_BATCH;
    return conclude(o, 0, ANGO_LOG_REFUSED, words);
}

/*
 * Ends the delivery of the next entry of the batch of which enough is known, after a complete reply or a read-back. What the
 * server said against an entry decides nothing: after the read-back it tells people why.
 */
static int settle(struct ango_outbox *o)
{
    struct ango_outbox_slot *slot;
    unsigned next = 0;

    while ((slot = next_of_batch(o, &next)) != NULL) {
        unsigned i = next - 1;
        enum ango_presence presence = o->presence[i];
        bool found = presence != ANGO_ABSENT && presence != ANGO_UNSURE; /* mutant: outbox-unsure-is-found */
        bool denied = slot->state == ANGO_LOG_DENIED;
        uint32_t words_at = slot->words;
        char state = ANGO_LOG_DOUBTFUL;
        int err;

        if (denied ? !o->read_back : !found) {      /* to be looked up, or sent again */
            slot->absent = presence == ANGO_ABSENT; /* mutant: outbox-unsure-is-absent */
            slot->tries++;
            o->ids[i] = 0;
            continue;
        }
        if (found)
            state = ANGO_LOG_DONE;
        else if (presence == ANGO_ABSENT)
            state = ANGO_LOG_REFUSED;
        err = conclude(o, i, state, "");
        o->event->words = ango_log_words(o, words_at);
        if (denied && *o->event->words == '\0') /* there was no room for more */
            o->event->words = "refused";
        if (err == ANGO_OK)
            o->ids[i] = 0;
        return err; /* after an error the same one next time */
    }
    o->phase = IDLE;
    return ANGO_E_WAIT;
}

/* --- choosing ------------------------------------------------------------------------------------- */

/* A request in the making: all of its entries have the same roles and project. */
struct request {
    struct ango_project_assignment project;
    struct ango_invitation invitation;
    char *text; /* where the next address goes */
};

static bool is_same_kind(const struct request *request, const struct ango_outbox_entry *entry)
{
    return request->invitation.organization_role == entry->organization_role
        && request->project.project_role == entry->project_role
        && strcmp(request->project.project_id, entry->project_id) == 0;
}

/*
 * Reads an entry and keeps its address, and of the first one its kind; *to is NULL if it is of another kind. Returns why it cannot be
 * delivered, or NULL.
 */
static const char *load(struct ango_outbox *o, const struct ango_outbox_slot *slot, struct request *request,
                        const char **to)
{
    const char *limit = o->config->text + o->config->text_cap;
    bool first = o->batch_len == 0;
    struct ango_outbox_entry entry;
    const char *end;

    *to = "";
    if (ango_log_load(o, slot, &entry) != ANGO_OK)
        return "cannot be read";
    if (!first && !o->read_back && !is_same_kind(request, &entry)) { /* mutant: outbox-mixed-kinds */
        *to = NULL;
        return NULL;
    }
    end = first ? entry.note : entry.project_id; /* each behind the one before */
    if (end - entry.to > limit - request->text)  /* mutant: outbox-less-text */
        return "cannot be sent";
    memcpy(request->text, entry.to, (size_t)(end - entry.to));
    *to = request->text;
    if (first) {
        request->project.project_id = request->text + (entry.project_id - entry.to);
        request->project.project_role = entry.project_role;
        request->invitation.organization_role = entry.organization_role;
    }
    request->text += end - entry.to;
    return slot->tries >= ANGO_OUTBOX_TRIES_MAX ? "tried in vain" : NULL;
}

/*
 * Collects, up to `most`, those with so many tries: for a read-back those who were tried, else those who were not and are of one
 * kind. ANGO_OK: one of them was parked instead, as the event says.
 */
static int collect(struct ango_outbox *o, unsigned tries, struct request *request)
{
    const struct ango_outbox_slot *slot = o->config->slots;

    request->text = o->config->text;
    request->project.project_id = "";
    o->batch_len = 0;
    for (; slot < o->config->slots + o->len && o->batch_len < o->most; slot++) {
        const char *words, *to;

        if (slot->tries != tries || ango_log_state(slot) != (o->read_back ? ANGO_OUTBOX_TRIED : ANGO_OUTBOX_WAITING))
            continue;
        words = load(o, slot, request, &to);
        if (to == NULL)
            continue;
        if (words != NULL && o->batch_len > 0)
            break;
        o->ids[o->batch_len] = slot->id;
        o->presence[o->batch_len] = ANGO_UNSURE;
        o->emails[o->batch_len++] = to;
        if (words != NULL)
            return conclude(o, 0, o->read_back ? ANGO_LOG_DOUBTFUL : ANGO_LOG_REFUSED, words);
    }
    return ANGO_E_WAIT;
}

static int start(struct ango_outbox *o, const char *organization_id, struct request *request)
{
    struct ango_invitation *invitation = &request->invitation;
    int err;

    invitation->to = o->emails;
    invitation->project_assignments = &request->project;
    invitation->project_assignments_len = *request->project.project_id != '\0';
    do {
        invitation->to_len = o->batch_len;
        err = ango_invite_members_to_org_start(o->client, organization_id, invitation);
    } while (err == ANGO_E_SPACE && --o->batch_len > 0);
    if (err == ANGO_E_ID)
        return fail(o, err);
    if (err != ANGO_OK)
        return narrow(o, "cannot be sent");
    o->serial = o->client->serial;
    o->phase = INVITING;
    return ANGO_E_WAIT;
}

static int look_up(struct ango_outbox *o, const char *organization_id)
{
    /* Fails for want of a client or an address alone. */
    (void)ango_confirm_begin(&o->confirm, o->client, organization_id, o->emails, o->batch_len, o->presence);
    o->confirm.timeout_ms = 0; /* it may go on after any pause */
    o->phase = CONFIRMING;
    return ANGO_E_WAIT;
}

/* Those who were tried less often come first, so that nobody waits for who cannot be delivered. */
static int choose(struct ango_outbox *o, const char *organization_id)
{
    struct request request;
    unsigned turn;

    if (ango_is_busy(o->client))
        return ANGO_E_ARG;
    memset(&request, 0, sizeof request);
    for (turn = 0; turn < 2 * (ANGO_OUTBOX_TRIES_MAX + 1); turn++) {
        int err;

        o->read_back = turn % 2 == 0;
        err = collect(o, turn / 2, &request);
        if (err != ANGO_E_WAIT)
            return err;
        if (o->batch_len > 0)
            return o->read_back ? look_up(o, organization_id) : start(o, organization_id, &request);
    }
    return ANGO_E_END;
}

/* --- inviting ------------------------------------------------------------------------------------- */

/* Whom a refusal is about, and what follows. */
enum {
    ANYBODY,  /* the key, or the rate: everything stops or pauses */
    EACH,     /* not known: everything pauses, and the entries of the request come after all others */
    SOMEBODY, /* an entry of the request: it is looked for by halving */
};

static int blames(unsigned http_status)
{
    switch (http_status) {
    case 400:
    case 409:
    case 413:
    case 422:
        return SOMEBODY;
    case 401:
    case 403:
    case 429:
        return ANYBODY;
    default:
        return EACH;
    }
}

static int take_refusal(struct ango_outbox *o)
{
    const char *message = o->client->result.message;
    int blamed = blames(o->client->result.http_status);
    struct ango_outbox_slot *slot;
    unsigned next = 0;

    while ((slot = next_of_batch(o, &next)) != NULL) {
        slot->absent = true;
        if (blamed == EACH)
            o->failures = slot->tries++;
    }
    if (blamed == SOMEBODY)
        return narrow(o, *message != '\0' ? message : "refused");
    return fail(o, ANGO_E_STATUS);
}

/* Of an entry only "pending" is believed. Any other status is noted with what the server says of it, and looked up. */
static void read_reply(struct ango_outbox *o)
{
    struct ango_invite invite;

    while (ango_next_invite(o->client, &invite) == ANGO_OK) {
        const char *words = *invite.message != '\0' ? invite.message : invite.status;
        const struct ango_outbox_slot *slot;
        unsigned next = 0;

        do
            slot = next_of_batch(o, &next);
        while (slot != NULL && !ango_text_is(o->emails[next - 1], invite.to));
        if (slot == NULL || *invite.status == '\0' || o->presence[next - 1] != ANGO_UNSURE
            || slot->state != ANGO_LOG_TRIED)
            continue;                                 /* of two statuses the first counts */
        if (ango_text_is(invite.status, "pending")) { /* mutant: outbox-any-status */
            o->presence[next - 1] = ANGO_INVITED;
            continue;
        }
        ango_hide_key(words, o->client->api_key); /* mutant: outbox-key-kept */
        /* If this fails, it is looked up as any other. */
        (void)ango_log_mark(o, slot->id, ANGO_LOG_DENIED, words);
    }
}

/* Marks all of the batch as tried: on the medium, unless that says so already. */
static int mark_tried(struct ango_outbox *o)
{
    struct ango_outbox_slot *slot;
    unsigned next = 0;
    int err = ANGO_OK;

    while (err == ANGO_OK && (slot = next_of_batch(o, &next)) != NULL) {
        slot->absent = false;
        if (slot->state != ANGO_LOG_TRIED)
            err = ango_log_mark(o, slot->id, ANGO_LOG_TRIED, "");
    }
    return err == ANGO_OK ? ango_log_sync(o) : err; /* mutant: outbox-tried-not-synced */
}

static int invite_step(struct ango_outbox *o, uint32_t wait_ms)
{
    struct ango_client *client = o->client;
    int err;

    if (ango_is_to_send(client)) {
        err = mark_tried(o); /* mutant: outbox-not-marked */
        if (err != ANGO_OK) {
            ango_cancel(client);
            o->phase = IDLE;
            return fail(o, err);
        }
    }
    err = ango_step(client, wait_ms);
    if (err == ANGO_E_WAIT)
        return err;
    o->phase = IDLE;
    if (client->result.outcome == ANGO_REJECTED)
        return take_refusal(o);
    if (client->result.outcome != ANGO_ACCEPTED)
        return fail(o, err);
    if (o->most < ANGO_OUTBOX_BATCH)
        o->most++;
    read_reply(o);
    o->phase = SETTLING;
    return ANGO_E_WAIT;
}

/* --- the interface -------------------------------------------------------------------------------- */

static int confirm_step(struct ango_outbox *o, uint32_t wait_ms)
{
    int err = ango_confirm_step(&o->confirm, wait_ms);
    unsigned i;

    switch (err) {
    case ANGO_OK:
        o->phase = SETTLING;
        return ANGO_E_WAIT;
    case ANGO_E_WAIT:
        return err;
    case ANGO_E_ARG:
        o->phase = IDLE; /* the client was used for something else */
        return ANGO_E_WAIT;
    case ANGO_E_SHAPE: /* not a list, or one without an end: nothing is known */
        for (i = 0; i < ANGO_OUTBOX_BATCH; i++)
            o->presence[i] = ANGO_UNSURE;
        o->phase = SETTLING; /* mutant: outbox-endless-list */
        return fail(o, err);
    default:
        return fail(o, err); /* then it goes on */
    }
}

static bool is_usable(const struct ango_outbox *outbox, const struct ango_client *client)
{
    return outbox != NULL && outbox->generation != 0 && client != NULL && client->api_key != NULL;
}

int ango_outbox_step(struct ango_outbox *outbox, struct ango_client *client, const char *organization_id,
                     struct ango_outbox_event *event, uint32_t wait_ms)
{
    if (!is_usable(outbox, client) || event == NULL)
        return ANGO_E_ARG;
    outbox->client = client;
    outbox->event = event;
    if (outbox->refused_key != 0) {
        if (outbox->refused_key == hash_of_key(client))
            return ANGO_E_STATUS;
        outbox->refused_key = 0;
        outbox->failures = 0;
        outbox->pause_ms = 0;
    }
    if (pause_left_ms(outbox, client) > 0)
        return ANGO_E_WAIT;
    outbox->pause_ms = 0;
    if (outbox->phase == INVITING && outbox->serial != client->serial) /* mutant: outbox-others-reply */
        outbox->phase = IDLE;                                          /* the client was used for something else */
    switch (outbox->phase) {
    case INVITING:
        return invite_step(outbox, wait_ms);
    case CONFIRMING:
        return confirm_step(outbox, wait_ms);
    case SETTLING:
        return settle(outbox);
    default:
        return choose(outbox, organization_id);
    }
}

uint32_t ango_outbox_wait_ms(const struct ango_outbox *outbox, const struct ango_client *client)
{
    uint32_t pause;

    if (!is_usable(outbox, client))
        return 0;
    pause = pause_left_ms(outbox, client);
    return pause == 0 && outbox->phase == CONFIRMING ? ango_confirm_wait_ms(&outbox->confirm) : pause;
}
