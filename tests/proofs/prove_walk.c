/*
 * Walks: any client, any reply, any page. What holds for a walk between any two calls has to hold after each step. The
 * exchange is a stand-in with what prove_exchange.c shows of it, and its own deadline ends each exchange.
 */
#include "proof.h"

#include "walk.c"

static struct ango_client client;
static struct ango_config config;
static struct ango_port port;
static struct ango_walk walk;

struct ango_walk nondet_walk(void);

/* --- what happens, as the exchange sees it ---------------------------------------------------------- */

static bool asked;      /* this step has requested a page */
static bool complete;   /* in this step a page ended with a complete success */
static bool flawed;     /* a page was complete, but had an element that is no entry, or was a repetition */
static uint64_t handed; /* entries of the list, from its beginning, up to the last that was handed out */

static uint32_t clock_any(void *ctx)
{
    (void)ctx;
    return nondet_u32();
}

static int ask_any(struct ango_walk *w, const struct ango_page *page)
{
    int err = nondet_int();

    PROVE(w == &walk && walk.state == ASK && page->page >= 1 && page->page <= walk.pages_max);
    PROVE(page->limit >= 1 && page->limit <= ANGO_LIMIT_MAX);
    asked = true;
    client.serial = nondet_u32();
    ASSUME(err == ANGO_OK || (err <= ANGO_E_ARG && err > ANGO_E_ENTRY));
    return err;
}

void ango_drain(struct ango_client *c)
{
    PROVE(c == &client && asked);
}

void ango_cancel(struct ango_client *c)
{
    PROVE(c == &client);
}

int ango_drain_step(struct ango_client *c, void *out, uint32_t wait_ms)
{
    static char texts[2][2];
    const char **strings = (const char **)out;
    int err = nondet_int();

    (void)wait_ms;
    PROVE(c == &client && walk.state == READ && walk.serial == client.serial);
    ASSUME(err <= ANGO_OK && err >= ANGO_E_ENTRY);
    if (err == ANGO_E_END) {
        texts[0][0] = (char)nondet_u8();
        texts[1][0] = (char)nondet_u8();
        strings[0] = texts[0];
        strings[1] = texts[1];
    }
    if (err == ANGO_OK) {
        client.result.total = nondet_u32();
        client.json.flags = nondet_u8();
        complete = true;
        flawed = flawed || (client.json.flags & ANGO_JSON_ODD) != 0 || walk.repeats;
    }
    return err;
}

uint32_t ango_hash(uint32_t hash, const char *text)
{
    (void)hash;
    PROVE(__CPROVER_r_ok(text, 1));
    return nondet_u32();
}

/* The operations: prove_operations.c. */
static int start_any(const struct ango_client *c, const struct ango_page *page)
{
    PROVE(c == &client && page->page == 1);
    return nondet_int();
}

int ango_get_organization_invites_start(struct ango_client *c, const char *organization_id,
                                        const struct ango_page *page)
{
    PROVE(organization_id == walk.id);
    return start_any(c, page);
}

int ango_get_organization_members_start(struct ango_client *c, const char *organization_id, const char *search,
                                        const struct ango_page *page)
{
    PROVE(organization_id == walk.id && search == walk.query);
    return start_any(c, page);
}

int ango_list_projects_start(struct ango_client *c, const char *sort, const struct ango_page *page)
{
    PROVE(sort == walk.query);
    return start_any(c, page);
}

void *memset_zero(void *to, int c, size_t n)
{
    static const struct ango_walk zero;

    PROVE(to == &walk && c == 0 && n == sizeof walk);
    walk = zero;
    return to;
}

/* --- what holds between any two calls --------------------------------------------------------------- */

/* So many of the list, from its beginning, are not handed out any more. */
static uint64_t settled(void)
{
    uint32_t here = walk.state == READ && walk.at > walk.skip ? walk.at : walk.skip;

    return (uint64_t)walk.passed + here;
}

static bool is_sound(void)
{
    if (walk.client != &client || walk.limit < 1 || walk.limit > ANGO_LIMIT_MAX || walk.first_len >= ANGO_LIMIT_MAX)
        return false;
    if (walk.page < 1 || walk.state > OVER || (flawed && !walk.incomplete))
        return false;
    if ((walk.state == READ && walk.repeats && !walk.compared) || (walk.swept && !walk.thorough))
        return false;
    if (walk.state == ASK || walk.state == READ)
        return walk.empty < (walk.thorough ? 2 : 1) && (walk.thorough || handed <= settled());
    return true;
}

static void any_client(void)
{
    static const struct ango_port any_port = { NULL, true, NULL, NULL, NULL, NULL, clock_any, NULL, NULL, NULL };

    port = any_port;
    config.page_limit = nondet_u8();
    ASSUME(config.page_limit <= ANGO_LIMIT_MAX);
    client.config = &config;
    client.port = &port;
    client.serial = nondet_u32();
    client.result.total = nondet_u32();
    client.json.flags = nondet_u8();
}

/* Entries and pages are counted in 32 bits: more than half of that do not come. */
static void any_walk(void)
{
    any_client();
    walk = nondet_walk();
    walk.client = &client;
    walk.ask = ask_any;
    flawed = nondet_bool();
    handed = nondet_u64();
    ASSUME(walk.page <= INT32_MAX && walk.at <= INT32_MAX && walk.passed <= INT32_MAX && walk.skip <= INT32_MAX);
    ASSUME(is_sound());
}

/* --- the proofs ------------------------------------------------------------------------------------ */

/*
 * proof: a walk that was begun is sound, and asks for its first page with the caller's texts
 * bound: any
 * replace: memset:memset_zero
 */
void proof_begin(void)
{
    static const char id[] = "id", query[] = "query";
    struct ango_client *c = nondet_bool() ? &client : NULL;
    struct ango_walk *w = nondet_bool() ? &walk : NULL;
    struct ango_page page = { 1, 1 };
    int err;

    any_client();
    walk = nondet_walk();
    if (nondet_bool())
        client.config = NULL;
    switch (nondet_unsigned()) {
    case 0:
        err = ango_walk_invites(w, c, id);
        break;
    case 1:
        err = ango_walk_members(w, c, id, query);
        break;
    default:
        err = ango_walk_projects(w, c, query);
        break;
    }
    PROVE((err == ANGO_OK) == (w != NULL && c != NULL && client.config != NULL));
    if (err != ANGO_OK)
        return;
    flawed = false;
    handed = 0;
    PROVE(is_sound() && walk.state == ASK && walk.page == 1 && walk.serial == client.serial);
    (void)walk.ask(&walk, &page);
    REACHED;
}

/* Each round of ango_walk_next that waits for another page: it is nearer to the end. */
static bool is_nearer(const struct ango_walk *before)
{
    if (walk.swept != before->swept)
        return walk.swept;
    return walk.limit < before->limit || (walk.limit == before->limit && walk.page > before->page);
}

/*
 * proof: after any step a walk is sound; a page is asked for only within pages_max; no entry is handed out twice (but in a
 *     read-back), even after a failure and with smaller pages; it ends only after a page that was complete and a success, and
 *     says `incomplete` if a page was odd, repeated, or the total was not reached; without a failure it asks for finitely many
 *     pages
 * bound: 2^31 entries
 */
void proof_step(void)
{
    const char *entry[2] = { "", "" };
    struct ango_walk before;
    bool is_null = nondet_bool();
    int err;

    any_walk();
    before = walk;
    err = ango_walk_step(nondet_bool() ? &walk : NULL, is_null ? NULL : entry, nondet_u32());
    PROVE(!is_null || err == ANGO_E_ARG);
    if (err == ANGO_OK || err == ANGO_E_ENTRY) {
        PROVE(walk.state == READ && walk.at >= 1);
        PROVE(walk.thorough || (uint64_t)walk.passed + walk.at > handed);
        handed = (uint64_t)walk.passed + walk.at;
    }
    PROVE(is_sound());
    if (before.state == END || before.state == OVER)
        PROVE(!asked && (err == ANGO_E_ARG || (err == ANGO_E_END && before.state == END)));
    if (err == ANGO_E_WAIT && walk.state == ASK)
        PROVE(is_nearer(&before));
    if (walk.swept && before.swept && walk.limit < before.limit)
        PROVE(walk.incomplete);
    if (err == ANGO_E_END && before.state != END) {
        PROVE(complete && walk.state == END);
        PROVE(walk.one_page || walk.empty == (walk.thorough ? 2 : 1)
              || (!walk.thorough && walk.passed >= client.result.total));
        PROVE(walk.incomplete || walk.passed >= client.result.total);
    }
    REACHED;
}
