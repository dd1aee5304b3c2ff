/* Lists of any length, page by page. */
#include <string.h>

#include "client.h"

#define ITEM_LEN 160  /* bytes that an entry takes, as a first guess; a page that is too large is asked for again */
#define GROW_AFTER 16 /* pages that fitted, before a larger one is tried again */
#define REPEATS_MAX 3 /* pages in a row that begin alike: a server that always sends the same one */

enum { ASK, WAIT, READ, END };

static int begin(struct ango_walk *walk, struct ango_client *client, const char *id, const char *query)
{
    if (walk == NULL || client == NULL || client->config == NULL)
        return ANGO_E_ARG;
    memset(walk, 0, sizeof *walk);
    walk->client = client;
    walk->id = id;
    walk->query = query;
    /* A power of 2, so that half a page begins where a page does. */
    walk->limit = 64;
    while (walk->limit > 1 && walk->limit > client->config->buffer_cap / ITEM_LEN)
        walk->limit /= 2;
    walk->most = walk->limit;
    return ANGO_OK;
}

/* --- what can be walked --------------------------------------------------------------------------- */

static int ask_invites(struct ango_walk *walk, const struct ango_page *page)
{
    return ango_get_organization_invites_start(walk->client, walk->id, page);
}

int ango_walk_invites(struct ango_walk *walk, struct ango_client *client, const char *organization_id)
{
    int err = begin(walk, client, organization_id, NULL);

    if (err == ANGO_OK)
        walk->ask = ask_invites;
    return err;
}

static int ask_members(struct ango_walk *walk, const struct ango_page *page)
{
    return ango_get_organization_members_start(walk->client, walk->id, walk->query, page);
}

int ango_walk_members(struct ango_walk *walk, struct ango_client *client, const char *organization_id,
                      const char *search)
{
    int err = begin(walk, client, organization_id, search);

    if (err == ANGO_OK)
        walk->ask = ask_members;
    return err;
}

static int ask_projects(struct ango_walk *walk, const struct ango_page *page)
{
    return ango_list_projects_start(walk->client, walk->query, page);
}

int ango_walk_projects(struct ango_walk *walk, struct ango_client *client, const char *sort)
{
    int err = begin(walk, client, NULL, sort);

    if (err == ANGO_OK)
        walk->ask = ask_projects;
    return err;
}

/* --- the walk ------------------------------------------------------------------------------------- */

static int ask(struct ango_walk *walk)
{
    struct ango_page page;
    int err;

    page.limit = walk->limit;
    page.page = walk->seen / walk->limit + 1;
    err = walk->ask(walk, &page);
    if (err == ANGO_OK)
        walk->state = WAIT;
    return err;
}

/* ANGO_OK with the page there; ANGO_E_WAIT also when it is to be asked for again, smaller. */
static int wait(struct ango_walk *walk, uint32_t wait_ms)
{
    int err = ango_step(walk->client, wait_ms);

    if (err == ANGO_E_WAIT)
        return err;
    walk->state = ASK;
    if (err == ANGO_E_TOO_BIG && walk->limit > 1) {
        walk->limit /= 2;
        walk->fitted = 0;
        return ANGO_E_WAIT;
    }
    if (err == ANGO_OK) {
        walk->skip = walk->seen % walk->limit;
        walk->at = 0;
        walk->state = READ;
    }
    return err;
}

/* Whether the page begins as the last one did, as often as cannot be chance. */
static bool repeats(struct ango_walk *walk, const char *const *item)
{
    /* Each kind of item begins with its identifier, which not every server gives, and what it is called. */
    const char *text = *item[0] != '\0' ? item[0] : item[1];
    uint32_t hash = 2166136261u; /* FNV-1a */

    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619u;
    if (hash != walk->first)
        walk->repeats = 0;
    else if (walk->repeats < REPEATS_MAX)
        walk->repeats++;
    walk->first = hash;
    return walk->repeats == REPEATS_MAX;
}

/* The page was read: is there another one? */
static void turn(struct ango_walk *walk)
{
    walk->state = walk->at < walk->limit ? END : ASK;
    if (++walk->fitted >= GROW_AFTER && walk->limit < walk->most && walk->seen % (2 * walk->limit) == 0) {
        walk->limit *= 2;
        walk->fitted = 0;
    }
}

static int read_item(struct ango_walk *walk, void *item)
{
    struct ango_client *client = walk->client;
    int err;

    do {
        err = ango_next_item(client, client->list.shape, item);
        if (err == ANGO_E_END) {
            turn(walk);
            return walk->state == END ? err : ANGO_E_WAIT;
        }
        if (err == ANGO_OK && walk->at == 0 && repeats(walk, (const char *const *)item))
            err = ANGO_E_SHAPE;
        if (err != ANGO_OK) {
            walk->state = ASK; /* not the end of the list, which it must not be taken for by the next call */
            return err;
        }
    } while (walk->at++ < walk->skip);
    walk->seen++;
    return ANGO_OK;
}

int ango_walk_step(struct ango_walk *walk, void *item, uint32_t wait_ms)
{
    int err = ANGO_OK;

    if (walk == NULL || item == NULL || walk->ask == NULL)
        return ANGO_E_ARG;
    if (walk->state == END)
        return ANGO_E_END;
    if (walk->state == ASK)
        err = ask(walk);
    if (err == ANGO_OK && walk->state == WAIT)
        err = wait(walk, wait_ms);
    return err == ANGO_OK ? read_item(walk, item) : err;
}

int ango_walk_next(struct ango_walk *walk, void *item)
{
    int err;

    do
        err = ango_walk_step(walk, item, UINT32_MAX);
    while (err == ANGO_E_WAIT);
    return err;
}
