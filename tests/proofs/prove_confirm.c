/*
 * Read-backs: any walk, any entries. What holds for a read-back between any two calls has to hold after each. One address,
 * any of them, is watched: what was read of it, and what is said of it in the end.
 */
#include "sound_shape.h"

#include "confirm.c"

static struct ango_client client;
static struct ango_config config;
static struct ango_port port;
static struct ango_confirm confirm;

struct ango_confirm nondet_confirm(void);

/* --- what happens, as walk and clock see it --------------------------------------------------------- */

#define ADDRESSES 3

static char texts[ADDRESSES][2];
static const char *addresses[ADDRESSES];
static enum ango_presence presences[ADDRESSES];
static unsigned watched;
static bool is_plain; /* whether a server could show the watched address in one form only */

static uint32_t now;

/* Of the reading that goes on. */
static unsigned list;      /* the phase of the list that is read */
static bool invites_whole; /* read from the first page to the last, all of them successes */
static bool last_whole;    /* the same of the list that ends the reading */
static bool flawed;        /* an entry did not fit or had no address, or a list was incomplete */
static bool is_late;       /* it began at least settle_ms after the beginning */
static uint32_t sum, count;
/* Of the one before. */
static uint32_t last_sum, last_count;

/* Since the beginning. */
static bool was_seen;  /* an entry had the watched address, and was not expired */
static bool was_found; /* one of them was valid: pending, a member, assigned */

/* The entry that is read. */
static bool is_watched, is_pending, is_expired;
static int walked; /* what the walk returned */

static uint32_t clock_any(void *ctx)
{
    (void)ctx;
    now = nondet_u32();
    return now;
}

bool ango_is_busy(const struct ango_client *c)
{
    PROVE(c == &client);
    return nondet_bool();
}

static unsigned list_of(ango_walk_ask *ask)
{
    return ask == ask_invites ? INVITES : ask == ask_members ? MEMBERS : ASSIGNED;
}

/* prove_walk.c */
int ango_walk_begin(struct ango_walk *walk, struct ango_client *c, const char *id, const char *query,
                    ango_walk_ask *ask)
{
    static const struct ango_walk zero;

    PROVE(walk == &confirm.walk && c == &client && query == NULL);
    if (ask == confirm.ask_first) { /* another reading */
        last_sum = sum;
        last_count = count;
        sum = 0;
        count = 0;
        flawed = false;
        invites_whole = false;
        is_late = now - confirm.began_ms >= confirm.settle_ms;
        PROVE(confirm.passes == 1 || is_late);
    } else {
        PROVE(list == INVITES && invites_whole);
    }
    last_whole = false;
    list = list_of(ask);
    *walk = zero;
    walk->client = c;
    walk->ask = ask;
    walk->id = id;
    walk->serial = nondet_u32();
    walk->began_ms = nondet_u32();
    return ANGO_OK;
}

/* As prove_walk.c shows: an entry, or the end after a complete success. */
int ango_walk_step(struct ango_walk *walk, void *out, uint32_t wait_ms)
{
    static char bytes[3][2];
    struct entry *entry = (struct entry *)out;

    PROVE(confirm.timeout_ms == 0 || (wait_ms <= confirm.timeout_ms && walk->timeout_ms >= 1));
    PROVE(walk == &confirm.walk && list == confirm.phase && walk->thorough && walk->one_page == (list == ASSIGNED));
    walked = nondet_int();
    client.serial = nondet_u32();
    client.result.error = nondet_int();
    is_watched = false;
    is_pending = nondet_bool();
    is_expired = nondet_bool();
    ASSUME(walked <= ANGO_OK && walked >= ANGO_E_ENTRY && !(is_pending && is_expired));
    if (walked == ANGO_OK) {
        bytes[0][0] = (char)nondet_u8();
        bytes[1][0] = (char)nondet_u8();
        bytes[2][0] = list == INVITES ? (char)nondet_u8() : '\0';
        entry->id = bytes[0];
        entry->address = bytes[1];
        if (list == INVITES)
            entry->status = bytes[2];
        is_watched = bytes[1][0] != '\0' && nondet_bool();
        flawed = flawed || bytes[1][0] == '\0';
        was_seen = was_seen || (is_watched && (bytes[2][0] == '\0' || !is_expired));
        was_found = was_found || (is_watched && (bytes[2][0] == '\0' || is_pending));
    }
    if (walked == ANGO_OK || walked == ANGO_E_ENTRY)
        count++;
    if (walked == ANGO_E_ENTRY)
        flawed = true;
    if (walked == ANGO_E_END) {
        walk->incomplete = nondet_bool();
        flawed = flawed || walk->incomplete;
        invites_whole = invites_whole || list == INVITES;
        last_whole = list != INVITES;
    }
    return walked;
}

bool ango_text_is(const char *a, const char *b)
{
    PROVE(__CPROVER_r_ok(a, 1) && __CPROVER_r_ok(b, 1));
    if (__CPROVER_same_object(a, texts))
        return a == texts[watched] ? is_watched : nondet_bool();
    return b[0] == 'p' ? is_pending : is_expired;
}

uint32_t ango_hash(uint32_t hash, const char *text)
{
    uint32_t any = nondet_u32();

    (void)hash;
    PROVE(__CPROVER_r_ok(text, 1));
    sum += any;
    return any;
}

/* A list that a reply has to have, of entries that fit. */
static bool is_list(const struct ango_shape *shape)
{
    return shape->list_required == 1 && is_sound_shape(shape) && entry_size(shape) >= 2 * sizeof(const char *)
        && entry_size(shape) <= sizeof(struct entry);
}

/* The operations: prove_operations.c. */
int ango_start_invites(struct ango_client *c, const char *organization_id, const char *query,
                       const struct ango_page *page, const struct ango_shape *shape)
{
    (void)query;
    PROVE(c == &client && organization_id == confirm.id && page->page == 1 && is_list(shape));
    return nondet_int();
}

int ango_start_members(struct ango_client *c, const char *organization_id, const char *search,
                       const struct ango_page *page, const struct ango_shape *shape)
{
    PROVE(c == &client && organization_id == confirm.id && search == NULL && page->page == 1
          && shape->list_required == 1);
    return nondet_int();
}

int ango_start_project(struct ango_client *c, const char *project_id, const struct ango_shape *shape)
{
    PROVE(c == &client && project_id == confirm.id && is_list(shape));
    return nondet_int();
}

void *memset_zero(void *to, int c, size_t n)
{
    static const struct ango_confirm zero;

    PROVE(to == &confirm && c == 0 && n == sizeof confirm);
    confirm = zero;
    return to;
}

/* What proof_is_comparable is about. */
bool is_comparable_stand_in(const char *address)
{
    return address == texts[watched] ? is_plain : nondet_bool();
}

/* --- what holds between any two calls --------------------------------------------------------------- */

static bool are_counted(void)
{
    size_t missing = 0;
    size_t i;

    for (i = 0; i < ADDRESSES; i++) {
        if (i < confirm.emails_len && (unsigned)presences[i] > ANGO_UNSURE)
            return false;
        missing += i < confirm.emails_len && !is_found(presences[i]);
    }
    return confirm.missing == missing;
}

static bool is_reading_sound(void)
{
    return confirm.phase == list && (confirm.phase == confirm.first_phase || (list == MEMBERS && invites_whole))
        && (!flawed || confirm.unclear) && (confirm.passes == 1 || is_late) && confirm.sum == sum
        && confirm.count == count && confirm.last_sum == last_sum && confirm.last_count == last_count
        && confirm.walk.thorough && confirm.walk.one_page == (list == ASSIGNED);
}

static bool is_sound(void)
{
    if (confirm.walk.client != &client || confirm.emails != addresses || confirm.presence != presences
        || confirm.emails_len < 1 || confirm.emails_len > ADDRESSES || !are_counted())
        return false;
    if (confirm.first_phase < INVITES || confirm.first_phase > ASSIGNED
        || list_of(confirm.ask_first) != confirm.first_phase
        || (confirm.first_phase == INVITES && list_of(confirm.ask_members) != MEMBERS))
        return false;
    if ((was_seen && presences[watched] == ANGO_ABSENT) || (is_found(presences[watched]) && !was_found))
        return false;
    if (confirm.passes < 1 || confirm.passes > ANGO_CONFIRM_PASSES_MAX)
        return false;
    switch (confirm.phase) {
    case SETTLE:
        return confirm.passes < ANGO_CONFIRM_PASSES_MAX && confirm.sum == sum && confirm.count == count;
    case DONE:
        return true;
    default:
        return is_reading_sound();
    }
}

static void any_client(void)
{
    static const struct ango_port any_port = { NULL, true, NULL, NULL, NULL, NULL, clock_any, NULL, NULL, NULL };
    size_t i;

    port = any_port;
    config.timeout_ms = nondet_u32();
    client.config = &config;
    client.port = &port;
    client.serial = nondet_u32();
    client.result.error = nondet_int();
    for (i = 0; i < ADDRESSES; i++) {
        texts[i][0] = 'a';
        addresses[i] = texts[i];
    }
}

static void any_confirm(void)
{
    size_t i;

    any_client();
    confirm = nondet_confirm();
    confirm.walk.client = &client;
    confirm.emails = addresses;
    confirm.presence = presences;
    confirm.ask_first = confirm.first_phase == INVITES ? ask_invites
        : confirm.first_phase == MEMBERS               ? ask_members
                                                       : ask_assigned;
    confirm.ask_members = confirm.first_phase == INVITES ? ask_members : NULL;
    for (i = 0; i < ADDRESSES; i++)
        presences[i] = (enum ango_presence)nondet_unsigned();
    watched = nondet_unsigned();
    is_plain = nondet_bool();
    list = nondet_unsigned();
    invites_whole = nondet_bool();
    flawed = nondet_bool();
    is_late = nondet_bool();
    sum = nondet_u32();
    count = nondet_u32();
    last_sum = nondet_u32();
    last_count = nondet_u32();
    was_seen = nondet_bool();
    was_found = nondet_bool();
    ASSUME(watched < confirm.emails_len && confirm.emails_len <= ADDRESSES);
    ASSUME(is_sound());
}

/* --- the proofs ------------------------------------------------------------------------------------ */

static bool is_nearer(const struct ango_confirm *before)
{
    return confirm.passes > before->passes || (confirm.passes == before->passes && confirm.phase > before->phase);
}

/*
 * proof: after any step a read-back is sound; found is only who was in an entry that was read; absent only who was in none that is
 *     not expired, whose address is plain, after two readings that agree, the second begun after settle_ms, of whole lists with
 *     complete replies, in which each entry had an address and fitted; after at most ANGO_CONFIRM_PASSES_MAX readings it ends
 * bound: 3 addresses
 * unwind: 4
 * replace: is_comparable:is_comparable_stand_in
 */
void proof_step(void)
{
    struct ango_confirm before;
    int err;

    any_confirm();
    before = confirm;
    walked = ANGO_E_WAIT;
    err = ango_confirm_step(nondet_bool() ? &confirm : NULL, nondet_u32());
    PROVE(is_sound());
    PROVE((err == ANGO_OK) == (confirm.phase == DONE) || err == ANGO_E_ARG);
    if (err == ANGO_E_WAIT && (walked == ANGO_E_END || confirm.phase != before.phase))
        PROVE(is_nearer(&before));
    if (err != ANGO_OK || before.phase == DONE)
        return;
    if (presences[watched] == ANGO_ABSENT) {
        PROVE(!was_seen && is_plain && !flawed && confirm.passes >= 2 && is_late);
        PROVE(sum == last_sum && count == last_count);
        PROVE(last_whole && (confirm.first_phase != INVITES || invites_whole));
    }
    REACHED;
}

/*
 * proof: a read-back that was begun is sound; nothing is begun without an address, or with an empty one
 * bound: 3 addresses
 * unwind: 10
 * replace: memset:memset_zero
 */
void proof_begin(void)
{
    static const char id[] = "id", empty[] = "";
    size_t n = nondet_size();
    struct ango_page page = { 1, 1 };
    bool is_usable;
    int err;

    any_client();
    confirm = nondet_confirm();
    watched = nondet_unsigned();
    was_seen = false;
    was_found = false;
    ASSUME(n <= ADDRESSES && (n == 0 || watched < n));
    is_usable = n > 0;
    if (nondet_bool()) {
        addresses[watched < ADDRESSES ? watched : 0] = nondet_bool() ? NULL : empty;
        is_usable = false;
    }
    switch (nondet_unsigned()) {
    case 0:
        err = ango_confirm_begin(&confirm, &client, id, addresses, n, presences);
        break;
    case 1:
        err = ango_confirm_members_begin(&confirm, &client, id, addresses, n, presences);
        break;
    default:
        err = ango_confirm_assigned_begin(&confirm, &client, id, addresses, n, presences);
        break;
    }
    PROVE(err == (is_usable ? ANGO_OK : ANGO_E_ARG));
    if (err != ANGO_OK)
        return;
    PROVE(is_sound() && confirm.passes == 1 && presences[watched] == ANGO_ABSENT);
    (void)confirm.ask_first(&confirm.walk, &page);
    REACHED;
}

/* --- any number of addresses, any length ------------------------------------------------------------ */

static const char *nul;

/* All are one and the same text, which makes no difference here: what is compared is arbitrary. */
static void any_addresses(void)
{
    const char *text = any_text(LONGEST / 8, &nul);
    size_t n = nondet_size();

    ASSUME(n >= 1 && n <= LONGEST / 8);
    confirm.emails_len = n;
    confirm.emails = (const char *const *)any_bytes(n * sizeof *confirm.emails);
    __CPROVER_array_set((const char **)confirm.emails, text);
    confirm.presence = (enum ango_presence *)any_bytes(n * sizeof *confirm.presence);
}

bool is_same_stand_in(const char *a, const char *b)
{
    PROVE(__CPROVER_r_ok(a, 1) && __CPROVER_r_ok(b, 1));
    return nondet_bool();
}

bool is_plain_stand_in(const char *address)
{
    PROVE(__CPROVER_r_ok(address, 1));
    return nondet_bool();
}

/*
 * proof: begin stays within the arrays of any number of addresses
 * bound: any
 * replace: memset:memset_zero
 * loop begin.0:
 *     assigns: i, __CPROVER_object_whole(presence)
 *     invariant: i <= emails_len
 *     decreases: emails_len - i
 */
void proof_begin_any(void)
{
    any_client();
    any_addresses();
    (void)begin(&confirm, &client, "id", confirm.emails, confirm.emails_len, confirm.presence);
    REACHED;
}

/*
 * proof: take_entry stays within the arrays of any number of addresses
 * bound: any
 * replace: ango_text_is:is_same_stand_in
 * loop take_entry.0:
 *     assigns: i, confirm->missing, __CPROVER_object_whole(confirm->presence)
 *     invariant: i <= confirm->emails_len
 *     decreases: confirm->emails_len - i
 */
void proof_take_entry(void)
{
    struct entry entry = { "", "address", nondet_bool() ? "status" : "" };

    confirm = nondet_confirm();
    any_addresses();
    take_entry(&confirm, &entry);
    REACHED;
}

/*
 * proof: end stays within the arrays of any number of addresses
 * bound: any
 * replace: is_comparable:is_plain_stand_in
 * loop end.0:
 *     assigns: i, __CPROVER_object_whole(confirm->presence)
 *     invariant: i <= confirm->emails_len
 *     decreases: confirm->emails_len - i
 */
void proof_end(void)
{
    confirm = nondet_confirm();
    any_addresses();
    (void)end(&confirm, nondet_bool());
    REACHED;
}

/*
 * proof: is_comparable stays within any address
 * bound: any
 * loop is_comparable.0:
 *     assigns: p
 *     invariant: __CPROVER_same_object(p, nul) && __CPROVER_r_ok(p, 1)
 *     decreases: (unsigned long)nul - (unsigned long)p
 */
void proof_is_comparable(void)
{
    (void)is_comparable(any_text(LONGEST, &nul));
    REACHED;
}

/*
 * proof: ango_confirm_wait_ms is 0, or what is left of settle_ms
 * bound: any
 * unwind: 4
 */
void proof_wait_ms(void)
{
    uint32_t ms;

    any_confirm();
    ms = ango_confirm_wait_ms(nondet_bool() ? &confirm : NULL);
    PROVE(ms == 0 || (confirm.phase == SETTLE && ms <= confirm.settle_ms));
    REACHED;
}
