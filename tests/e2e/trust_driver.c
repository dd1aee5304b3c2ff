/*
 * A device's life with sets of trust anchors, driven by tests/e2e/test_trust.py. Its flash is memory that is programmed
 * 16 bytes at a time, once after each erase; power can fail before each of these units, and in the middle of one.
 *
 *   trust_driver OWNER.der COMMAND...
 *     load SLOT FILE        puts a set into a slot, as the factory does
 *     init                  starts: prints error=... version=... anchors=... slot=...
 *     replace FILE          a new set has come
 *     connected, fall-back
 *     cuts OLD NEW          each cut of a replacement of OLD by NEW, and of what follows it: prints cuts=... wrong=...
 *     flips FILE            replaces by FILE with each bit of it flipped: prints flips=... taken=...
 *     lengths FILE          by each beginning of it
 *     arenas OLD NEW        init, fall-back and a replacement of OLD by NEW in arenas of each size: prints the sizes that each
 *                           of them takes, and wrong=...
 *     nulls                 prints nulls=... wrong=...
 *     owner FILE            takes another key for the owner's
 *     write-says ERROR      writing fails with this error, or no longer
 *     garbles               the last byte that is written comes out wrong
 *     hold, release         somebody else has the arena, or no longer
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ango_trust.h"
#include "tls.h"

#define SLOT_CAP 4096
#define UNIT 16

static uint8_t flash[2][SLOT_CAP];
static int write_says;
static bool garbles;
static unsigned long units_left; /* until power fails; 0: it does not */
static jmp_buf power_off;

static void work(uint8_t *half, size_t len, int to_what)
{
    if (units_left > 0 && --units_left == 0) {
        memset(half, to_what, len); /* what was under way is done in part */
        longjmp(power_off, 1);
    }
}

static int write_flash(void *ctx, unsigned slot, const uint8_t *data, size_t len)
{
    size_t i;

    (void)ctx;
    if (write_says != ANGO_OK)
        return write_says;
    work(flash[slot] + SLOT_CAP / 2, SLOT_CAP / 2, 0xFF);
    memset(flash[slot], 0xFF, SLOT_CAP);
    for (i = 0; i < len; i += UNIT) {
        work(flash[slot] + i, 1, data[i]);
        memcpy(flash[slot] + i, data + i, len - i < UNIT ? len - i : UNIT);
    }
    if (garbles && len > 0)
        flash[slot][len - 1] ^= 1;
    return ANGO_OK;
}

static const struct ango_port port; /* nothing is connected here */
static long arena[8 * 1024 / sizeof(long)];
static struct ango_tls_config tls_config;
static uint8_t owner_key[256];
static struct ango_trust_config config = {
    { flash[0], flash[1] }, SLOT_CAP, owner_key, 0, write_flash, NULL, &tls_config
};
static struct ango_trust trust;

static size_t read_file(const char *name, uint8_t *to, size_t cap)
{
    FILE *file = fopen(name, "rb");
    size_t len;

    if (file == NULL) {
        perror(name);
        exit(2);
    }
    len = fread(to, 1, cap, file);
    (void)fclose(file);
    return len;
}

static void report(int err)
{
    printf("error=%d version=%u anchors=%u slot=%u\n", err, (unsigned)trust.version, (unsigned)trust.anchors_len,
           trust.slot);
}

/* Starts after a cut: one of both versions is there, and what was interrupted can be done again. */
static bool recovers(uint32_t old, uint32_t new, const uint8_t *set, size_t len)
{
    int err;

    if (ango_trust_init(&trust, &config) != ANGO_OK || (trust.version != old && trust.version != new)
        || trust.anchors_len == 0)
        return false;
    if (trust.version == old) {
        err = ango_trust_replace(&trust, set, len);
        if (err != ANGO_OK)
            return false;
    }
    if (trust.version != new || ango_trust_connected(&trust) != ANGO_OK)
        return false;
    return ango_trust_init(&trust, &config) == ANGO_OK
        && trust.version == new &&ango_trust_fall_back(&trust) == ANGO_E_END;
}

static void cuts(const char *old_name, const char *new_name)
{
    static uint8_t old[SLOT_CAP], new[SLOT_CAP];
    size_t old_len = read_file(old_name, old, sizeof old);
    size_t new_len = read_file(new_name, new, sizeof new);
    uint32_t versions[2];
    volatile unsigned long at, wrong = 0, cut = 0;
    volatile bool is_over = false;

    for (at = 1; !is_over; at++) {
        memset(flash, 0xFF, sizeof flash);
        memcpy(flash[0], old, old_len);
        units_left = 0;
        (void)ango_trust_init(&trust, &config);
        versions[0] = trust.version;
        versions[1] = versions[0] + 1;
        units_left = at;
        if (setjmp(power_off) == 0) {
            if (ango_trust_replace(&trust, new, new_len) != ANGO_OK || ango_trust_connected(&trust) != ANGO_OK)
                wrong++;
            is_over = true; /* the power lasted */
        } else {
            cut++;
        }
        units_left = 0;
        if (!recovers(versions[0], versions[1], new, new_len))
            wrong++;
    }
    printf("cuts=%lu wrong=%lu\n", cut, wrong);
}

/* Nothing that differs from what was signed is taken, and the flash is not touched for it. */
static void spoil(const char *name, bool flip)
{
    static uint8_t set[SLOT_CAP], before[2][SLOT_CAP];
    size_t len = read_file(name, set, sizeof set);
    size_t count = flip ? 8 * len : len;
    unsigned taken = 0;
    size_t i;

    memcpy(before, flash, sizeof flash);
    for (i = 0; i < count; i++) {
        if (flip)
            set[i / 8] ^= (uint8_t)(1u << i % 8);
        taken += ango_trust_replace(&trust, set, flip ? len : i) != ANGO_E_ANCHOR
            || memcmp(before, flash, sizeof flash) != 0;
        if (flip)
            set[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    printf("%s=%u taken=%u\n", flip ? "flips" : "lengths", (unsigned)count, taken);
}

enum { INIT, FALL_BACK, REPLACE, CALLS };

/* Whether a call does all it has to, or nothing for want of memory; *enough: which of them. */
static bool fits(unsigned call, const uint8_t *new, size_t new_len, bool *enough)
{
    static uint8_t before[2][SLOT_CAP];
    struct ango_trust was = trust;
    int err;

    memcpy(before, flash, sizeof flash);
    switch (call) {
    case INIT:
        err = ango_trust_init(&trust, &config);
        break;
    case FALL_BACK:
        err = ango_trust_fall_back(&trust);
        break;
    default:
        err = ango_trust_replace(&trust, new, new_len);
        break;
    }
    *enough = err == ANGO_OK;
    if (err == ANGO_OK)
        return trust.anchors_len > 0 && trust.version != (call == INIT ? 0 : was.version);
    return err == ANGO_E_MEMORY && memcmp(before, flash, sizeof flash) == 0
        && (call == INIT || memcmp(&was, &trust, sizeof was) == 0);
}

static void arenas(const char *old_name, const char *new_name)
{
    static uint8_t old[SLOT_CAP], new[SLOT_CAP];
    size_t old_len = read_file(old_name, old, sizeof old);
    size_t new_len = read_file(new_name, new, sizeof new);
    size_t takes[CALLS] = { 0 };
    unsigned wrong = 0;
    unsigned call;
    size_t cap;

    for (call = 0; call < CALLS; call++)
        for (cap = 8; cap <= sizeof arena; cap += 8) {
            bool enough;

            memset(flash, 0xFF, sizeof flash);
            memcpy(flash[0], old, old_len);
            if (call == FALL_BACK)
                memcpy(flash[1], new, new_len);
            tls_config.arena_cap = sizeof arena;
            wrong += ango_trust_init(&trust, &config) != ANGO_OK;
            tls_config.arena_cap = cap;
            wrong += !fits(call, new, new_len, &enough);
            if (enough && takes[call] == 0)
                takes[call] = cap;
            wrong += !enough && takes[call] != 0;
        }
    printf("init=%u fall_back=%u replace=%u wrong=%u\n", (unsigned)takes[INIT], (unsigned)takes[FALL_BACK],
           (unsigned)takes[REPLACE], wrong);
}

static void nulls(void)
{
    const struct ango_trust_config good = config;
    unsigned wrong = 0;
    unsigned i;

    for (i = 0; i < 5; i++) {
        config = good;
        switch (i) {
        case 0:
            config.slots[0] = NULL;
            break;
        case 1:
            config.slots[1] = NULL;
            break;
        case 2:
            config.owner_key = NULL;
            break;
        case 3:
            config.write = NULL;
            break;
        default:
            config.tls = NULL;
            break;
        }
        wrong += ango_trust_init(&trust, &config) != ANGO_E_ARG;
    }
    config = good;
    wrong += ango_trust_init(NULL, &config) != ANGO_E_ARG;
    wrong += ango_trust_init(&trust, NULL) != ANGO_E_ARG;
    wrong += ango_trust_init(&trust, &config) != ANGO_OK;
    wrong += ango_trust_replace(&trust, NULL, 0) != ANGO_E_ARG;
    printf("nulls=%u wrong=%u\n", i + 3, wrong);
}

/* What takes no argument; false: it is none of these. */
static bool do_plain(const char *command)
{
    static struct ango_tls holder;

    if (strcmp(command, "init") == 0)
        report(ango_trust_init(&trust, &config));
    else if (strcmp(command, "connected") == 0)
        report(ango_trust_connected(&trust));
    else if (strcmp(command, "fall-back") == 0)
        report(ango_trust_fall_back(&trust));
    else if (strcmp(command, "nulls") == 0)
        nulls();
    else if (strcmp(command, "garbles") == 0)
        garbles = true;
    else if (strcmp(command, "hold") == 0)
        (void)ango_tls_borrow(&holder, &tls_config);
    else if (strcmp(command, "release") == 0)
        (void)ango_tls_give_back(&holder);
    else
        return false;
    return true;
}

int main(int argc, char **argv)
{
    static uint8_t set[2 * SLOT_CAP];
    int i;

    if (argc < 2)
        return 2;
    tls_config.port = &port;
    if (ANGO_TLS_PRIVATE) {
        tls_config.arena = arena;
        tls_config.arena_cap = sizeof arena;
    }
    config.owner_key_len = read_file(argv[1], owner_key, sizeof owner_key);
    memset(flash, 0xFF, sizeof flash);
    for (i = 2; i < argc; i++) {
        const char *argument = i + 1 < argc ? argv[i + 1] : "";

        if (do_plain(argv[i])) {
            continue;
        } else if (strcmp(argv[i], "load") == 0 && i + 2 < argc) {
            (void)read_file(argv[i + 2], flash[atoi(argument) & 1], SLOT_CAP);
            i += 2;
        } else if (strcmp(argv[i], "cuts") == 0 && i + 2 < argc) {
            cuts(argument, argv[i + 2]);
            i += 2;
        } else if (strcmp(argv[i], "arenas") == 0 && i + 2 < argc) {
            arenas(argument, argv[i + 2]);
            i += 2;
        } else if (strcmp(argv[i], "owner") == 0) {
            config.owner_key_len = read_file(argument, owner_key, sizeof owner_key);
            i++;
        } else if (strcmp(argv[i], "write-says") == 0) {
            write_says = atoi(argument);
            i++;
        } else if (strcmp(argv[i], "replace") == 0) {
            report(ango_trust_replace(&trust, set, read_file(argument, set, sizeof set)));
            i++;
        } else if (strcmp(argv[i], "flips") == 0 || strcmp(argv[i], "lengths") == 0) {
            spoil(argument, argv[i][0] == 'f');
            i++;
        } else {
            fprintf(stderr, "trust_driver: %s?\n", argv[i]);
            return 2;
        }
    }
    return 0;
}
