/* Lists of any length, page by page, entry by entry. */
#include "walk.h"

#include <string.h>

#include "text.h"

/*
 *  state  what is done next                then
 *  ASK    ask for the page                 READ
 *  READ   hand out its entries             ASK for the next one, or for this one again after an error; END; OVER
 *  END    nothing: ANGO_E_END
 *  OVER   nothing: ANGO_E_ARG, since the client was used otherwise
 */
enum { ASK, READ, END, OVER };

int ango_walk_begin(struct ango_walk *walk, struct ango_client *client, const char *id, const char *query,
                    ango_walk_ask *ask)
{
    const struct ango_config *config;

    if (walk == NULL || client == NULL || client->config == NULL)
        return ANGO_E_ARG;
    config = client->config;
    memset(walk, 0, sizeof *walk);
    walk->pages_max = ANGO_WALK_PAGES_MAX;
    walk->client = client;
    walk->ask = ask;
    walk->id = id;
    walk->query = query;
    walk->began_ms = client->port->clock_ms(client->port->ctx);
    walk->serial = client->serial;
    walk->page = 1;
    walk->limit = config->page_limit != 0 ? config->page_limit : ANGO_LIMIT_MAX;
    return ANGO_OK;
}

/* --- what can be walked --------------------------------------------------------------------------- */

static int ask_invites(struct ango_walk *walk, const struct ango_page *page)
{
    return ango_get_organization_invites_start(walk->client, walk->id, page);
}

int ango_walk_invites(struct ango_walk *walk, struct ango_client *client, const char *organization_id)
{
    return ango_walk_begin(walk, client, organization_id, NULL, ask_invites);
}

static int ask_members(struct ango_walk *walk, const struct ango_page *page)
{
    return ango_get_organization_members_start(walk->client, walk->id, walk->query, page);
}

int ango_walk_members(struct ango_walk *walk, struct ango_client *client, const char *organization_id,
                      const char *search)
{
    return ango_walk_begin(walk, client, organization_id, search, ask_members);
}

static int ask_projects(struct ango_walk *walk, const struct ango_page *page)
{
    return ango_list_projects_start(walk->client, walk->query, page);
}

int ango_walk_projects(struct ango_walk *walk, struct ango_client *client, const char *sort)
{
    return ango_walk_begin(walk, client, NULL, sort, ask_projects);
}

/* --- pages ---------------------------------------------------------------------------------------- */

static int ask(struct ango_walk *walk)
{
    struct ango_page page;
    int err;

    if (walk->page > walk->pages_max) /* mutant: endless-list */
        return ANGO_E_SHAPE;          /* an endless list */
    page.limit = walk->limit;
    page.page = walk->page;
    err = walk->ask(walk, &page);
    walk->serial = walk->client->serial;
    if (err != ANGO_OK)
        return err;
    ango_drain(walk->client);
    walk->at = 0;
    walk->compared = false;
    walk->repeats = false;
    walk->state = READ;
    return ANGO_OK;
}

/*
 * If the first page is short, the server may cap its pages at that many entries, and yet start page 2 after as many as
 * our limit. If our limit is then lowered to its cap, nothing is missed, whatever the server does; but one that filters
 * after it has cut its pages then shows some entries again.
 *
 * A walk lowers its limit if the number looks like a cap. A read-back, to which repeated entries do no harm, reads the
 * list with our limit first, and then once more with the lower one.
 */
static void follow_limit(struct ango_walk *walk)
{
    if (walk->page != 1 || walk->at >= walk->limit)
        return;
    walk->first_len = (uint8_t)walk->at;
    if (!walk->thorough && walk->at > 0 && walk->at % 5 == 0)
        walk->limit = walk->first_len;
}

/* After the last page: whether a read-back has to read once more, with the lower limit. */
static bool sweep(struct ango_walk *walk)
{
    if (!walk->thorough || walk->one_page || walk->swept || walk->first_len == 0)
        return false;
    walk->swept = true;
    walk->limit = walk->first_len;
    walk->page = 2;
    walk->previous = walk->first;
    walk->begins = walk->first;
    walk->empty = 0;
    return true;
}

/* Ends a page that was read to its end: is there another one? */
static void turn(struct ango_walk *walk)
{
    uint32_t total = walk->client->result.total;
    unsigned empty_max = walk->thorough ? 2 : 1; /* a page can be empty because it was filtered after it was cut */
    bool ends;

    follow_limit(walk);
    if (walk->repeats || (walk->client->json.flags & ANGO_JSON_ODD) != 0) /* mutant: odd-is-complete */
        walk->incomplete = true;
    if (walk->empty > 0 && walk->at > 0)
        walk->incomplete = true; /* the page before was empty, yet not the last: an empty page proves no end */
    walk->passed += walk->at;
    walk->skip = walk->skip > walk->at ? walk->skip - walk->at : 0;
    walk->page++;
    walk->previous = walk->begins;
    if (walk->at == 0 || walk->repeats)
        walk->empty++;
    else
        walk->empty = 0;
    ends = walk->one_page || walk->empty == empty_max || (!walk->thorough && total > 0 && walk->passed >= total);
    if (ends && walk->passed < total)
        walk->incomplete = true;
    if (ends && sweep(walk)) /* it is read once more */
        ends = false;
    walk->state = ends ? END : ASK;
}

/*
 * The page could not be read to its end: the next step requests it again, and skips what was handed out. If a record
 * was too large for this build of TLS, smaller pages may do; they begin elsewhere, so the walk begins at page 1 again.
 */
static int fail(struct ango_walk *walk, int err)
{
    if (walk->skip < walk->at) /* mutant: handed-out-again */
        walk->skip = walk->at;
    walk->state = ASK;
    if (err != ANGO_E_TOO_BIG || walk->limit == 1)
        return err;
    if (walk->swept)
        walk->incomplete = true; /* what is skipped by its number may be what the first reading missed */
    walk->limit /= 2;            /* mutant: large-record */
    walk->skip += walk->passed;
    walk->passed = 0;
    walk->page = 1;
    return ANGO_E_WAIT;
}

/* --- entries -------------------------------------------------------------------------------------- */

/* Whether the page, by its first entry that fits, repeats the first page or the one before. */
static bool is_repeated(struct ango_walk *walk, const char *const *strings)
{
    /* Each kind of entry begins with its identifier, which not every server gives, and its name or address. */
    const char *text = *strings[0] != '\0' ? strings[0] : strings[1];

    walk->begins = ango_hash(ANGO_HASH_BEGIN, text);
    if (walk->page == 1)
        walk->first = walk->begins;
    else if (*text != '\0')
        return walk->begins == walk->first || walk->begins == walk->previous; /* mutant: same-page */
    return false;
}

/*
 * ANGO_E_WAIT for an entry that was handed out before, to skip it; `err` for any other. A read-back looks at each entry
 * even of a page that begins like another one: the rest may differ.
 */
static int pass(struct ango_walk *walk, int err)
{
    uint32_t at = walk->at++;

    return (walk->repeats && !walk->thorough) || at < walk->skip ? ANGO_E_WAIT : err;
}

static int read_entry(struct ango_walk *walk, void *entry, uint32_t wait_ms)
{
    int err = ango_drain_step(walk->client, entry, wait_ms);

    switch (err) {
    case ANGO_E_WAIT:
        return err;
    case ANGO_E_END:
        if (!walk->compared)
            walk->repeats = is_repeated(walk, (const char *const *)entry);
        walk->compared = true;
        return pass(walk, ANGO_OK);
    case ANGO_E_ENTRY:
        return pass(walk, err);
    case ANGO_OK:
        turn(walk);
        return walk->state == END ? ANGO_E_END : ANGO_E_WAIT;
    default:
        return fail(walk, err);
    }
}

/* Limits *wait_ms to what is left of the walk's time. */
static int check_deadline(struct ango_walk *walk, uint32_t *wait_ms)
{
    const struct ango_port *port = walk->client->port;
    uint32_t elapsed;

    if (walk->timeout_ms == 0)
        return ANGO_OK;
    elapsed = port->clock_ms(port->ctx) - walk->began_ms;
    if (elapsed >= walk->timeout_ms) { /* mutant: walk-deadline */
        ango_cancel(walk->client);
        if (walk->state == READ)
            (void)fail(walk, ANGO_E_TIME);
        return ANGO_E_TIME;
    }
    if (*wait_ms > walk->timeout_ms - elapsed)
        *wait_ms = walk->timeout_ms - elapsed;
    return ANGO_OK;
}

int ango_walk_step(struct ango_walk *walk, void *entry, uint32_t wait_ms)
{
    int err;

    if (walk == NULL || entry == NULL || walk->ask == NULL)
        return ANGO_E_ARG;
    if (walk->state == END)
        return ANGO_E_END;
    if (walk->client->serial != walk->serial) /* mutant: walk-over */
        walk->state = OVER;
    if (walk->state == OVER)
        return ANGO_E_ARG;
    err = check_deadline(walk, &wait_ms);
    if (err == ANGO_OK && walk->state == ASK)
        err = ask(walk);
    return err == ANGO_OK ? read_entry(walk, entry, wait_ms) : err;
}

int ango_walk_next(struct ango_walk *walk, void *entry)
{
    int err;

    do
        err = ango_walk_step(walk, entry, UINT32_MAX);
    while (err == ANGO_E_WAIT);
    return err;
}
