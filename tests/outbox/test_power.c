/*
 * The outbox, with the power cut at each step of a life: at each byte that is programmed, in each erase and sync, at each call of the
 * port; and again during the recovery, and again. Meanwhile network, server and medium fail at random. A model knows who was
 * promised; the hub counts. In the end each person whom ango_outbox_put has promised is invited exactly once, or parked with a
 * reason; at no time is anybody invited twice, or told to be invited who is not. This is row 162.
 *
 * POWER_CUTS (2000) cuts in all, POWER_SEED (1): `make test-power`, `make soak-power`.
 */
#include "counting_hub.h"
#include "medium.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PERSONS 10u
#define SLOTS 12u
#define STEPS_MAX 200000u /* of a life's last session: more is a hang */

static const struct kind {
    const char *name;
    enum medium_kind kind;
    uint32_t unit, block_size, blocks;
    uint8_t erased;
} kinds[] = {
    { "NOR", MEDIUM_NOR, 8, 512, 4, 0xFF },          { "NOR, small", MEDIUM_NOR, 8, 512, 2, 0xFF },
    { "NOR, erased 0", MEDIUM_NOR, 8, 1024, 2, 0 },  { "ECC 8", MEDIUM_ECC, 8, 1024, 2, 0xFF },
    { "ECC 16", MEDIUM_ECC, 16, 512, 4, 0xFF },      { "ECC 32", MEDIUM_ECC, 32, 2048, 2, 0xFF },
    { "ECC 8, erased 0", MEDIUM_ECC, 8, 256, 8, 0 }, { "FRAM", MEDIUM_FRAM, 8, 256, 6, 0 },
    { "file", MEDIUM_FILE, 8, 1024, 2, 0 },          { "file, 32", MEDIUM_FILE, 32, 512, 8, 0xFF },
};
#define KINDS (sizeof kinds / sizeof kinds[0])

/* --- a life ------------------------------------------------------------------------------------------------ */

static struct {
    struct medium m;
    struct hub hub;
    struct ango_port port;
    struct ango_outbox outbox;
    struct ango_outbox_config config;
    struct ango_outbox_slot slots[SLOTS];
    char text[400];
    struct ango_client client;
    struct ango_config client_config;
    struct ango_token tokens[ANGO_TOKENS];
    uint8_t buffer[1024];

    bool formatted;
    bool promised[PERSONS];
    bool parked[PERSONS];
    bool removed[PERSONS];
    bool perhaps[PERSONS]; /* put in, but the medium failed */
    uint32_t id[PERSONS];
    uint32_t last_id;
    uint32_t cuts_left;
    bool calm; /* nothing fails any more */
    uint32_t random;
} life;

static struct {
    unsigned long cuts, lives, lost, doubled, other;
    unsigned long programmed, entries;
} sums;
static char trouble[200]; /* the first of a life */

static uint32_t draw(uint32_t below)
{
    life.random ^= life.random << 13;
    life.random ^= life.random >> 17;
    life.random ^= life.random << 5;
    return life.random % below;
}

static void blame(unsigned long *sum, const char *what, unsigned person)
{
    if (trouble[0] != '\0')
        return;
    ++*sum;
    (void)snprintf(trouble, sizeof trouble, "%s (person %u)", what, person);
}

static void other(bool ok, const char *what, unsigned person)
{
    if (!ok)
        blame(&sums.other, what, person);
}

static const char *project_of(unsigned person)
{
    return person % 3 == 0 ? "5f1d7a0c9b1e8a0012345678" : person % 3 == 1 ? "p" : NULL;
}

static void check_counts(void)
{
    unsigned i;

    for (i = 0; i < PERSONS; i++)
        if (life.hub.invited[i] > 1)
            blame(&sums.doubled, "invited twice", i);
    other(life.m.violation == NULL, life.m.violation != NULL ? life.m.violation : "", 0);
    other(life.hub.violation == NULL, life.hub.violation != NULL ? life.hub.violation : "", 0);
}

/* --- a session, from power-on on ---------------------------------------------------------------------------- */

/* What the list says of somebody is what was put in. */
static void check_item(const struct ango_outbox_item *item, unsigned person)
{
    const char *project = project_of(person);

    other(item->entry.time == 0xFEDCBA98u + person && item->entry.organization_role == ANGO_ORGANIZATION_MEMBER,
          "other numbers", person);
    other(strcmp(item->entry.project_id, project != NULL ? project : "") == 0, "another project", person);
    other(strcmp(item->entry.note, hub_address(person)) == 0, "another note", person);
    other(life.id[person] == 0 || life.id[person] == item->id, "another number", person);
}

/* After a mount: who was promised is in the list, or done. */
static void check_list(void)
{
    bool listed[PERSONS] = { false };
    struct ango_outbox_item item;
    size_t position = 0;
    unsigned i;
    int err;

    while ((err = ango_outbox_next(&life.outbox, &position, &item)) == ANGO_OK) {
        unsigned person = hub_person(item.entry.to);

        if (person >= PERSONS) {
            other(false, "a stranger in the list", person);
            return;
        }
        other(!listed[person], "in the list twice", person);
        check_item(&item, person);
        listed[person] = true;
        life.promised[person] = true;
        life.parked[person] = item.state == ANGO_OUTBOX_PARKED;
        life.id[person] = item.id;
    }
    other(err == ANGO_E_END, "an entry cannot be read", 0);
    for (i = 0; i < PERSONS; i++)
        if (life.promised[i] && !listed[i] && !life.removed[i] && life.hub.invited[i] == 0
            && life.hub.person[i] != HUB_MEMBER)
            blame(&sums.lost, "not in the list, and not invited", i);
}

static void set_up_client(void)
{
    static const struct ango_port port = HUB_PORT(&life.hub);

    memset(&life.client, 0, sizeof life.client);
    memset(&life.client_config, 0, sizeof life.client_config);
    life.port = port;
    life.client_config.port = &life.port;
    life.client_config.host = "hub";
    life.client_config.timeout_ms = HUB_TIMEOUT_MS;
    life.client_config.buffer = life.buffer;
    life.client_config.buffer_cap = sizeof life.buffer - draw(600);
    life.client_config.tokens = life.tokens;
    life.client_config.tokens_cap = ANGO_TOKENS;
    other(ango_client_init(&life.client, &life.client_config, draw(2) == 0 ? "key-1" : "key-2") == ANGO_OK, "no client",
          0);
}

static void mount(void)
{
    int err;

    memset(&life.outbox, 0xA5, sizeof life.outbox);
    memset(life.slots, 0xA5, sizeof life.slots);
    memset(life.text, 0xA5, sizeof life.text);
    life.config.storage = &life.m.storage;
    life.config.slots = life.slots;
    life.config.slots_cap = SLOTS;
    life.config.text = life.text;
    life.config.text_cap = sizeof life.text - draw(300);
    err = ango_outbox_mount(&life.outbox, &life.config);
    if (life.formatted)
        other(err == ANGO_OK, "cannot be mounted any more", 0);
    while (!life.formatted) {
        err = ango_outbox_format(&life.outbox, &life.config);
        life.formatted = err == ANGO_OK;
        other(err == ANGO_OK || err == ANGO_E_STORAGE, "cannot be formatted", 0);
    }
}

static bool is_listed(unsigned person)
{
    struct ango_outbox_item item;
    size_t position = 0;

    while (ango_outbox_next(&life.outbox, &position, &item) == ANGO_OK)
        if (hub_person(item.entry.to) == person)
            return true;
    return false;
}

/* Somebody comes to the desk. */
static void put_one(void)
{
    struct ango_outbox_entry entry = { 0 };
    unsigned person = draw(PERSONS);
    char address[40];
    uint32_t id = 0;
    int err;

    if (life.removed[person] || (life.promised[person] && (draw(4) > 0 || !is_listed(person))))
        return; /* who is done would be a new entry, and rightly so */
    (void)snprintf(address, sizeof address, "%s", hub_address(person));
    entry.to = address;
    entry.organization_role = ANGO_ORGANIZATION_MEMBER;
    entry.project_id = project_of(person);
    entry.project_role = ANGO_PROJECT_LABELER;
    entry.time = 0xFEDCBA98u + person;
    entry.note = hub_address(person);
    if (draw(2) == 0)
        address[0] = 'P';
    err = ango_outbox_put(&life.outbox, &entry, &id);
    if (err == ANGO_OK) {
        other(life.id[person] != 0 ? id == life.id[person] : life.perhaps[person] || id > life.last_id,
              "a number again", person);
        if (!life.promised[person])
            sums.entries++;
        if (life.last_id < id)
            life.last_id = id;
        life.id[person] = id;
        life.promised[person] = true;
    } else if (err == ANGO_E_FULL) {
        err = ango_outbox_tidy(&life.outbox, draw(4) == 0);
        other(err == ANGO_OK || (err == ANGO_E_STORAGE && !life.calm), "cannot be tidied", 0);
    } else {
        other(err == ANGO_E_STORAGE && !life.calm, "cannot be put in", person);
        life.perhaps[person] = true;
    }
}

static void hear(const struct ango_outbox_event *event)
{
    unsigned person = hub_person(event->to);

    if (person >= PERSONS) {
        other(false, "an event about nobody", person);
        return;
    }
    other(life.id[person] == 0 || event->id == life.id[person], "an event with another number", person);
    life.id[person] = event->id;
    switch (event->fate) {
    case ANGO_OUTBOX_INVITED:
        other(life.hub.invited[person] == 1, "told to be invited", person);
        break;
    case ANGO_OUTBOX_ALREADY:
        other(life.hub.person[person] == HUB_MEMBER, "told to be a member", person);
        break;
    case ANGO_OUTBOX_LEFT:
        other(*event->words != '\0', "left without a word", person);
        life.parked[person] = true;
        break;
    }
}

/* ANGO_E_END: all is delivered. */
static int step(void)
{
    struct ango_outbox_event event;
    int err = ango_outbox_step(&life.outbox, &life.client, "org", &event, 0);
    uint32_t wait_ms;

    check_counts();
    switch (err) {
    case ANGO_OK:
        hear(&event);
        break;
    case ANGO_E_WAIT:
        wait_ms = ango_outbox_wait_ms(&life.outbox, &life.client);
        other(wait_ms < 1000000, "waits for nothing", 0);
        life.hub.now_ms += wait_ms > 0 ? wait_ms : 1 + draw(4);
        break;
    case ANGO_E_FULL:
        (void)ango_outbox_tidy(&life.outbox, false);
        break;
    case ANGO_E_STATUS:
        if (life.outbox.refused_key != 0)
            (void)ango_client_set_api_key(&life.client, life.hub.good_key);
        break;
    case ANGO_E_STORAGE:
        other(!life.calm, "the medium fails", 0);
        break;
    case ANGO_E_ARG:
    case ANGO_E_ID:
    case ANGO_E_SPACE:
        other(false, "a step that is refused", 0);
        break;
    default:
        break;
    }
    return err;
}

/* Somebody looks after those that are parked: lets them try again; removes one. */
static void look_after(void)
{
    unsigned person = draw(PERSONS);
    int err;

    if (!life.parked[person] || life.hub.person[person] != HUB_GOOD)
        return;
    err = ango_outbox_retry(&life.outbox, life.id[person]);
    if (err == ANGO_OK)
        life.parked[person] = false;
    else if (err == ANGO_E_FULL)
        (void)ango_outbox_tidy(&life.outbox, false);
    else
        other(err == ANGO_E_STORAGE && !life.calm, "cannot be tried again", person);
}

static void power_on(void)
{
    hub_restart(&life.hub);
    set_up_client();
    mount();
    check_list();
}

static void session(unsigned actions)
{
    while (actions-- > 0 && trouble[0] == '\0') {
        uint32_t what = draw(64);

        if (what < 12)
            put_one();
        else if (what == 12)
            (void)ango_outbox_tidy(&life.outbox, draw(2) == 0);
        else if (what == 13)
            look_after();
        else if (what == 14 && draw(8) == 0)
            life.hub.good_key = draw(2) == 0 ? "key-1" : "key-2";
        else
            (void)step();
        check_counts();
    }
}

/* In the end nothing fails any more. */
static void last_session(void)
{
    unsigned long steps = 0;
    unsigned i;
    int err;

    life.calm = true;
    life.hub.faults = 0;
    life.m.fail_in = 0;
    life.m.fuse = 0;
    power_on();
    for (;;) {
        do
            err = step();
        while (err != ANGO_E_END && ++steps < STEPS_MAX && trouble[0] == '\0');
        if (steps >= STEPS_MAX)
            other(false, "never comes to an end", (unsigned)-err);
        if (trouble[0] != '\0')
            return;
        for (i = 0; i < PERSONS; i++)
            if (life.parked[i] && life.hub.person[i] == HUB_GOOD)
                break;
        if (i == PERSONS)
            break;
        err = ango_outbox_retry(&life.outbox, life.id[i]);
        if (err == ANGO_E_FULL) {
            /* Those who are parked for good take the room. */
            err = ango_outbox_tidy(&life.outbox, false);
            if (err == ANGO_OK && ango_outbox_retry(&life.outbox, life.id[i]) == ANGO_E_FULL) {
                for (i = 0; i < PERSONS && (!life.parked[i] || life.hub.person[i] == HUB_GOOD); i++)
                    ;
                other(i < PERSONS, "no room for anybody", 0);
                if (i == PERSONS)
                    return;
                other(ango_outbox_remove(&life.outbox, life.id[i]) == ANGO_OK, "cannot be removed", i);
                life.removed[i] = true;
            }
        }
        life.parked[i] = false;
        other(err == ANGO_OK, "cannot be tried again", i);
    }
}

/* Nobody who is done is on the medium after a wipe; whoever is parked still is. */
static void check_wiped(void)
{
    unsigned i;
    uint32_t at;

    other(ango_outbox_tidy(&life.outbox, true) == ANGO_OK, "cannot be wiped", 0);
    for (i = 0; i < PERSONS; i++) {
        const char *text = hub_address(i) + 1;
        size_t len = strlen(text);
        bool there = false;

        for (at = 0; at + len < MEDIUM_MOST; at++)
            there = there || (life.m.data[at] == (uint8_t)*text && memcmp(life.m.data + at, text, len) == 0);
        other(there == life.parked[i], there ? "still on the medium" : "not on the medium", i);
    }
}

static void judge(void)
{
    unsigned i;

    for (i = 0; i < PERSONS; i++) {
        if (!life.promised[i] || life.removed[i])
            continue;
        switch (life.hub.person[i]) {
        case HUB_GOOD:
            if (life.hub.invited[i] == 0)
                blame(&sums.lost, "not invited in the end", i);
            break;
        case HUB_MEMBER:
            other(!life.parked[i], "a member is parked", i);
            break;
        default:
            if (!life.parked[i])
                blame(&sums.lost, "neither invited nor parked", i);
            break;
        }
    }
    check_counts();
    check_wiped();
    check_list();
}

/* --- many lives --------------------------------------------------------------------------------------------- */

static void tick_of_hub(void *ctx)
{
    medium_tick((struct medium *)ctx);
}

static void begin_life(const struct kind *kind, uint32_t seed)
{
    unsigned i;

    memset(&life, 0, sizeof life);
    trouble[0] = '\0';
    life.random = seed * 2654435761u | 1;
    medium_begin(&life.m, kind->kind, kind->unit, kind->block_size, kind->blocks, kind->erased, seed);
    hub_begin(&life.hub, seed);
    life.hub.tick = tick_of_hub;
    life.hub.tick_ctx = &life.m;
    life.hub.faults = draw(3) * 40;
    life.hub.has_total = draw(8) > 0;
    life.hub.unnamed = draw(4) == 0 ? 100 : 0;
    for (i = 0; i < PERSONS; i++)
        life.hub.person[i] = draw(5) == 0 ? (enum hub_person)(1 + draw(4)) : HUB_GOOD;
    if (draw(8) == 0) /* a unit that is broken, but not one of a seal's */
        life.m.dead = 64 + kind->unit * draw((kind->block_size - 64) / kind->unit);
}

/* One life of the seed, with a cut at step `first_cut` (0: none) and perhaps more of them behind it. Returns its steps. */
static uint32_t live(const struct kind *kind, uint32_t seed, uint32_t first_cut)
{
    static uint32_t fuse; /* not clobbered by longjmp */
    static bool last;
    uint32_t steps;

    begin_life(kind, seed);
    fuse = first_cut;
    last = false;
    life.cuts_left = first_cut == 0 ? 0 : 3 + draw(8);
    while (!last && trouble[0] == '\0') {
        if (setjmp(life.m.cut) == 0) {
            if (life.cuts_left == 0 && first_cut > 0)
                break;
            life.m.fuse = fuse;
            if (draw(4) == 0)
                life.m.fail_in = 1 + draw(100);
            last = first_cut == 0;
            power_on();
            session(150);
            last = true; /* it ended before the cut */
        } else {
            sums.cuts++;
            life.cuts_left--;
            life.hub.now_ms += draw(3) == 0 ? 0 : draw(20000);
            fuse = 1 + draw(draw(2) == 0 ? 30 : 300);
        }
    }
    steps = life.m.steps;
    if (trouble[0] == '\0')
        last_session();
    if (trouble[0] == '\0')
        judge();
    sums.lives++;
    sums.programmed += life.m.programmed;
    return steps;
}

static void run(const struct kind *kind, unsigned long cuts)
{
    unsigned long until = sums.cuts + cuts;
    unsigned long share = cuts / 8 > 100 ? cuts / 8 : 100; /* of one seed; if it is large enough, each step is cut */
    const char *given = getenv("POWER_SEED");
    uint32_t seed = (given != NULL ? (uint32_t)strtoul(given, NULL, 10) : 1) * 100000 + (uint32_t)(kind - kinds) * 1000;

    while (sums.cuts < until) {
        unsigned long enough = sums.cuts + share;
        uint32_t steps, stride, cut;

        seed++;
        steps = live(kind, seed, 0);
        stride = 1 + (uint32_t)(steps * 6 / share);
        for (cut = 1 + draw(stride); cut <= steps && trouble[0] == '\0' && sums.cuts < enough; cut += stride)
            (void)live(kind, seed, cut);
        if (trouble[0] != '\0')
            fail_msg("%s, seed %lu, cut at %lu: %s", kind->name, (unsigned long)seed, (unsigned long)cut, trouble);
    }
}

static void power(void **state)
{
    const char *given = getenv("POWER_CUTS");
    unsigned long cuts = given != NULL ? strtoul(given, NULL, 10) : 2000;

    run((const struct kind *)*state, cuts / KINDS + 1);
}

int main(void)
{
    struct CMUnitTest tests[KINDS];
    size_t i;
    int failed;

    for (i = 0; i < KINDS; i++) {
        struct CMUnitTest test = { kinds[i].name, power, NULL, NULL, (void *)(uintptr_t)&kinds[i] };

        tests[i] = test;
    }
    failed = cmocka_run_group_tests_name("power", tests, NULL, NULL);
    (void)printf("power_lives=%lu\npower_cuts=%lu\npower_lost=%lu\npower_doubled=%lu\npower_other=%lu\n", sums.lives,
                 sums.cuts, sums.lost, sums.doubled, sums.other);
    return failed;
}
