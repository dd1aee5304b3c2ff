/* Delivery of what is in the outbox: who is sent, looked up, or left to people, and when. */
#include <string.h>

#include "operation.h"
#include "outbox_log.h"
#include "text.h"

/*
 *  phase       what is done next                        then
 *  IDLE        nothing: choose who was tried and is due CONFIRMING
 *              or else who waits and is due             INVITING
 *  INVITING    their request; marked as tried right     READING, or IDLE
 *              before it is handed to the port
 *  READING     the reply, entry by entry                TELLING
 *  CONFIRMING  the lists, for a read-back               TELLING
 *  TELLING     tell of those who are done               IDLE
 */
enum { IDLE, INVITING, READING, CONFIRMING, TELLING };

#define PAUSE_MIN_MS 1000u
#define PAUSE_MAX_MS 600000u

/* --- pauses --------------------------------------------------------------------------------------- */

static uint32_t clock_ms(const struct ango_client *client)
{
    return client->port->clock_ms(client->port->ctx);
}

/*
 * Milliseconds left of the pause that follows so many failures in a row. Up to a quarter less, as the clock happens to stand:
 * devices that failed together do not come back together.
 */
static uint32_t left_ms(unsigned failures, uint32_t since, uint32_t now)
{
    uint32_t ms = PAUSE_MAX_MS;

    if (failures == 0)
        return 0;
    if (failures < 10)
        ms = PAUSE_MIN_MS << failures >> 1;
    ms -= (ms >> 10) * (since * 2654435761u >> 24);
    return now - since < ms ? ms - (now - since) : 0;
}

static uint32_t slot_left_ms(const struct ango_outbox_slot *slot, uint32_t now)
{
    return ango_log_is_parked(slot->state) ? UINT32_MAX : left_ms(slot->tries, slot->since, now);
}

static uint32_t pause_left_ms(const struct ango_outbox *o, uint32_t now)
{
    uint32_t elapsed = now - o->since;

    return elapsed < o->pause_ms ? o->pause_ms - elapsed : left_ms(o->failures, o->since, now);
}

static uint32_t hash_of_key(const struct ango_client *client)
{
    return ango_hash(ANGO_HASH_BEGIN, client->api_key);
}

/* Notes a failure that is not about one entry: everything pauses. Returns `err`. */
static int fail(struct ango_outbox *o, const struct ango_client *client, int err)
{
    const struct ango_result *result = &client->result;

    if (o->failures < UINT8_MAX)
        o->failures++;
    o->since = clock_ms(client);
    o->pause_ms = result->retry_after_s * 1000;
    if (result->http_status == 401 || result->http_status == 403)
        o->refused_key = hash_of_key(client);
    return err;
}

/* --- entries of the batch ------------------------------------------------------------------------- */

/* The slot of somebody of the batch; NULL for who was parked or removed meanwhile. */
static struct ango_outbox_slot *find_open(const struct ango_outbox *o, size_t i)
{
    struct ango_outbox_slot *slot = ango_log_find(o, o->ids[i]);

    return slot != NULL && ango_log_is_parked(slot->state) ? NULL : slot;
}

/*
 * Puts an entry of the batch back among those that are to be delivered. `absent`: it is surely not invited, and may be sent again
 * without a look-up; the medium goes on saying that it was tried. `later`: not before a pause.
 */
static void put_back(const struct ango_outbox *o, size_t i, bool absent, bool later, uint32_t now)
{
    struct ango_outbox_slot *slot = find_open(o, i);

    if (slot == NULL)
        return;
    if (absent && slot->state == ANGO_LOG_TRIED) /* uncovered: tried-by-then */
        slot->state = ANGO_LOG_ABSENT;
    if (!later)
        return;
    slot->since = now;
    slot->tries++;
}

static int tell(const struct ango_outbox *o, size_t i, enum ango_outbox_fate fate, const char *words,
                struct ango_outbox_event *event)
{
    event->id = o->ids[i];
    event->fate = fate;
    event->to = o->emails[i];
    event->words = words;
    event->read_back = o->read_back;
    return ANGO_OK;
}

static int park(struct ango_outbox *o, size_t i, char state, const char *words, struct ango_outbox_event *event)
{
    int err = ango_log_mark(o, state, &o->ids[i], 1, words);

    return err == ANGO_OK ? tell(o, i, ANGO_OUTBOX_LEFT, words, event) : err;
}

/*
 * After a complete reply, or a read-back: marks those who were found as done, and keeps them in the batch to be told of. The others
 * are put back.
 */
static int settle(struct ango_outbox *o, const struct ango_client *client)
{
    uint32_t now = clock_ms(client);
    size_t found = 0;
    size_t i;
    int err;

    for (i = 0; i < o->batch_len; i++) {
        bool absent = o->presence[i] == ANGO_ABSENT;

        if (absent || o->presence[i] == ANGO_UNSURE) {
            put_back(o, i, absent, true, now); /* mutant: outbox-unsure-is-absent */
            continue;
        }
        o->ids[found] = o->ids[i];
        o->emails[found] = o->emails[i];
        o->presence[found] = o->presence[i];
        found++;
    }
    o->batch_len = (uint8_t)found;
    o->told = 0;
    o->failures = 0;
    o->phase = IDLE;
    err = ango_log_mark(o, ANGO_LOG_DONE, o->ids, found, "");
    if (err != ANGO_OK)
        return fail(o, client, err); /* they are still tried: looked up once more */
    o->phase = TELLING;
    return ANGO_E_WAIT;
}

/* --- choosing ------------------------------------------------------------------------------------- */

static bool is_same_kind(const struct ango_outbox_entry *a, const struct ango_outbox_entry *b)
{
    return a->organization_role == b->organization_role && a->project_role == b->project_role
        && strcmp(a->project_id, b->project_id) == 0;
}

/* Copies a string to *at and moves *at behind it. Without room for it, *at becomes NULL and stays so; returns "" then. */
static const char *keep(char **at, const char *limit, const char *string)
{
    size_t size = strlen(string) + 1;
    char *copy = *at;

    if (copy == NULL || (size_t)(limit - copy) < size) {
        *at = NULL;
        return "";
    }
    memcpy(copy, string, size);
    *at = copy + size;
    return copy;
}

/* Reads an entry. Returns why it cannot be delivered, or NULL. */
static const char *load(struct ango_outbox *o, const struct ango_outbox_slot *slot, struct ango_outbox_entry *entry)
{
    entry->to = "";
    entry->project_id = "";
    if (ango_log_load(o, slot, entry) != ANGO_OK)
        return "cannot be read";
    return slot->tries >= ANGO_OUTBOX_TRIES_MAX ? "tried in vain" : NULL;
}

/* Parks somebody before anything is begun. */
static int give_up(struct ango_outbox *o, const struct ango_outbox_slot *slot, const char *to, const char *words,
                   struct ango_outbox_event *event)
{
    o->ids[0] = slot->id;
    o->emails[0] = to;
    return park(o, 0, slot->state == ANGO_LOG_TRIED ? ANGO_LOG_DOUBTFUL : ANGO_LOG_REFUSED, words, event);
}

/*
 * Collects who is due, up to `most`: for a read-back those who were tried, else those who were not and are of one kind, that of
 * `first`. ANGO_OK: one of them was parked instead, as the event says.
 */
static int collect(struct ango_outbox *o, struct ango_outbox_entry *first, struct ango_outbox_event *event)
{
    const struct ango_outbox_config *config = o->config;
    char *text = config->text;
    const char *limit = text + config->text_cap;
    struct ango_outbox_entry entry;
    const char *to;
    size_t i;

    o->batch_len = 0;
    for (i = 0; i < o->len && o->batch_len < o->most; i++) {
        const struct ango_outbox_slot *slot = &config->slots[i];
        uint32_t left = slot_left_ms(slot, o->looked);
        const char *words;

        if (o->next_ms > left)
            o->next_ms = left;
        if ((slot->state == ANGO_LOG_TRIED) != o->read_back || left > 0)
            continue;
        words = load(o, slot, &entry);
        if (words == NULL && o->batch_len > 0 && !o->read_back /* mutant: outbox-mixed-kinds */
            && !is_same_kind(first, &entry))
            continue;
        to = keep(&text, limit, entry.to);
        if (o->batch_len == 0) {
            *first = entry;
            first->project_id = keep(&text, limit, entry.project_id);
        }
        if (text == NULL) /* mutant: outbox-less-text */
            words = "too long";
        if (words != NULL && o->batch_len > 0)
            break;
        if (words != NULL)
            return give_up(o, slot, to, words, event);
        o->ids[o->batch_len] = slot->id;
        o->presence[o->batch_len] = ANGO_UNSURE;
        o->emails[o->batch_len++] = to;
    }
    return ANGO_E_WAIT;
}

static int start(struct ango_outbox *o, struct ango_client *client, const char *organization_id,
                 const struct ango_outbox_entry *first, struct ango_outbox_event *event)
{
    struct ango_project_assignment project;
    struct ango_invitation invitation;
    int err;

    project.project_id = first->project_id;
    project.project_role = first->project_role;
    invitation.to = o->emails;
    invitation.organization_role = first->organization_role;
    invitation.project_assignments = &project;
    invitation.project_assignments_len = *first->project_id != '\0';
    do {
        invitation.to_len = o->batch_len;
        err = ango_invite_members_to_org_start(client, organization_id, &invitation);
    } while (err == ANGO_E_SPACE && (o->batch_len /= 2) > 0);
    if (err == ANGO_E_ID)
        return fail(o, client, err);
    if (err != ANGO_OK)
        return park(o, err == ANGO_E_EMAIL ? client->result.index : 0, ANGO_LOG_REFUSED, "does not fit a request",
                    event);
    o->serial = client->serial;
    o->phase = INVITING;
    return ANGO_E_WAIT;
}

static int look_up(struct ango_outbox *o, struct ango_client *client, const char *organization_id)
{
    /* Fails for want of a client or an address alone. */
    (void)ango_confirm_begin(&o->confirm, client, organization_id, o->emails, o->batch_len, o->presence);
    o->confirm.timeout_ms = 0; /* it may go on after any pause */
    o->phase = CONFIRMING;
    return ANGO_E_WAIT;
}

static int choose(struct ango_outbox *o, struct ango_client *client, const char *organization_id,
                  struct ango_outbox_event *event)
{
    struct ango_outbox_entry first;
    int err;

    if (ango_is_busy(client))
        return ANGO_E_ARG;
    memset(&first, 0, sizeof first);
    first.project_id = "";
    o->looked = clock_ms(client);
    o->next_ms = UINT32_MAX;
    o->read_back = true;
    err = collect(o, &first, event);
    if (err == ANGO_E_WAIT && o->batch_len == 0) {
        o->read_back = false;
        err = collect(o, &first, event);
    }
    if (err != ANGO_E_WAIT)
        return err;
    if (o->batch_len == 0)
        return o->next_ms < UINT32_MAX ? ANGO_E_WAIT : ANGO_E_END;
    o->next_ms = 0;
    return o->read_back ? look_up(o, client, organization_id) : start(o, client, organization_id, &first, event);
}

/* --- inviting ------------------------------------------------------------------------------------- */

/* Whom a refusal is about, and what follows. */
enum {
    ANYBODY,  /* the key, or the rate: everything stops or pauses */
    EACH,     /* not known: each entry of the request pauses by itself */
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

static int take_refusal(struct ango_outbox *o, struct ango_client *client, struct ango_outbox_event *event)
{
    const char *message = client->result.message;
    int blamed = blames(client->result.http_status);
    uint32_t now = clock_ms(client);
    size_t i;

    for (i = 0; i < o->batch_len; i++)
        put_back(o, i, true, blamed == EACH, now);
    if (blamed == ANYBODY)
        return fail(o, client, ANGO_E_STATUS);
    if (blamed == EACH)
        return ANGO_E_STATUS;
    o->most = o->batch_len / 2; /* mutant: outbox-no-halving */
    if (o->most > 0)
        return ANGO_E_WAIT;
    o->most = ANGO_OUTBOX_BATCH;
    return park(o, 0, ANGO_LOG_REFUSED, *message != '\0' ? message : "refused", event);
}

static int invite_step(struct ango_outbox *o, struct ango_client *client, struct ango_outbox_event *event,
                       uint32_t wait_ms)
{
    int err;

    if (ango_is_to_send(client)) {
        err = ango_log_mark(o, ANGO_LOG_TRIED, o->ids, o->batch_len, ""); /* mutant: outbox-not-marked */
        if (err != ANGO_OK) {
            ango_cancel(client);
            o->phase = IDLE;
            return fail(o, client, err);
        }
    }
    err = ango_step(client, wait_ms);
    if (err == ANGO_E_WAIT)
        return err;
    o->phase = IDLE;
    if (client->result.outcome == ANGO_REJECTED)
        return take_refusal(o, client, event);
    if (client->result.outcome != ANGO_ACCEPTED)
        return fail(o, client, err);
    o->phase = READING;
    if (o->most < ANGO_OUTBOX_BATCH)
        o->most++;
    return ANGO_E_WAIT;
}

static bool mentions_already(const char *text)
{
    static const char word[] = "already";
    size_t n = 0;

    for (; *text != '\0' && word[n] != '\0'; text++)
        for (n = 0; word[n] != '\0' && ango_lower(text[n]) == (unsigned char)word[n];)
            n++;
    return word[n] == '\0';
}

static int read_reply(struct ango_outbox *o, struct ango_client *client, struct ango_outbox_event *event)
{
    struct ango_invite invite;

    while (ango_next_invite(client, &invite) == ANGO_OK) {
        size_t i = 0;

        while (i < o->batch_len && !ango_text_is(o->emails[i], invite.to))
            i++;
        if (i == o->batch_len || *invite.status == '\0' || o->presence[i] != ANGO_UNSURE || find_open(o, i) == NULL)
            continue;
        if (ango_text_is(invite.status, "pending")) /* mutant: outbox-any-status */
            o->presence[i] = ANGO_INVITED;
        else if (mentions_already(invite.status) || mentions_already(invite.message))
            o->presence[i] = ANGO_MEMBER;
        else
            return park(o, i, ANGO_LOG_DOUBTFUL, *invite.message != '\0' ? invite.message : invite.status, event);
    }
    return settle(o, client);
}

/* --- the interface -------------------------------------------------------------------------------- */

static int confirm_step(struct ango_outbox *o, struct ango_client *client, uint32_t wait_ms)
{
    int err = ango_confirm_step(&o->confirm, wait_ms);

    switch (err) {
    case ANGO_OK:
        return settle(o, client);
    case ANGO_E_WAIT:
        return err;
    case ANGO_E_ARG:
        o->phase = IDLE; /* the client was used for something else */
        return ANGO_E_WAIT;
    default:
        return fail(o, client, err); /* then it goes on */
    }
}

static int tell_next(struct ango_outbox *o, struct ango_outbox_event *event)
{
    size_t i = o->told++;

    return tell(o, i, o->presence[i] == ANGO_INVITED ? ANGO_OUTBOX_INVITED : ANGO_OUTBOX_ALREADY, "", event);
}

int ango_outbox_step(struct ango_outbox *outbox, struct ango_client *client, const char *organization_id,
                     struct ango_outbox_event *event, uint32_t wait_ms)
{
    if (outbox == NULL || outbox->generation == 0 || client == NULL || client->api_key == NULL || event == NULL)
        return ANGO_E_ARG;
    if (outbox->refused_key != 0) {
        if (outbox->refused_key == hash_of_key(client))
            return ANGO_E_STATUS;
        outbox->refused_key = 0;
        outbox->failures = 0;
        outbox->pause_ms = 0;
    }
    if (pause_left_ms(outbox, clock_ms(client)) > 0)
        return ANGO_E_WAIT;
    if ((outbox->phase == INVITING || outbox->phase == READING) /* mutant: outbox-others-reply */
        && outbox->serial != client->serial)
        outbox->phase = IDLE; /* the client was used for something else */
    if (outbox->phase == TELLING && outbox->told == outbox->batch_len)
        outbox->phase = IDLE;
    switch (outbox->phase) {
    case INVITING:
        return invite_step(outbox, client, event, wait_ms);
    case READING:
        return read_reply(outbox, client, event);
    case CONFIRMING:
        return confirm_step(outbox, client, wait_ms);
    case TELLING:
        return tell_next(outbox, event);
    default:
        return choose(outbox, client, organization_id, event);
    }
}

uint32_t ango_outbox_wait_ms(const struct ango_outbox *outbox, const struct ango_client *client)
{
    uint32_t now, pause, next, elapsed;

    if (outbox == NULL || outbox->generation == 0 || client == NULL || client->api_key == NULL)
        return 0;
    now = clock_ms(client);
    pause = pause_left_ms(outbox, now);
    elapsed = now - outbox->looked;
    next = elapsed < outbox->next_ms ? outbox->next_ms - elapsed : 0;
    if (outbox->phase == CONFIRMING)
        next = ango_confirm_wait_ms(&outbox->confirm);
    return next > pause ? next : pause;
}
