#include "medium.h"

#include <string.h>

uint32_t medium_random(struct medium *m)
{
    m->random ^= m->random << 13;
    m->random ^= m->random >> 17;
    return m->random ^= m->random << 5;
}

static void demand(struct medium *m, bool ok, const char *what)
{
    if (!ok && m->violation == NULL)
        m->violation = what;
}

static uint32_t size_of(const struct medium *m)
{
    return m->storage.block_size * m->storage.block_count;
}

/* --- the power -------------------------------------------------------------------------------------------- */

/* Of a file only what was synced is there for sure. */
static void forget_cached(struct medium *m)
{
    uint32_t at;

    for (at = 0; at < size_of(m); at += 8) {
        if (medium_random(m) % 2 == 0)
            memcpy(m->data + at, m->old + at, 8);
        memcpy(m->old + at, m->data + at, 8);
    }
}

static void go_off(struct medium *m)
{
    m->fuse = 0;
    m->fail_in = 0;
    if (m->kind == MEDIUM_FILE)
        forget_cached(m);
    longjmp(m->cut, 1);
}

static bool is_cut(struct medium *m)
{
    m->steps++;
    return m->fuse > 0 && --m->fuse == 0;
}

void medium_tick(struct medium *m)
{
    if (is_cut(m))
        go_off(m);
}

static bool fails(struct medium *m)
{
    return m->fail_in > 0 && --m->fail_in == 0;
}

/* --- the calls -------------------------------------------------------------------------------------------- */

static int do_read(void *ctx, uint32_t at, uint8_t *buf, size_t len)
{
    struct medium *m = (struct medium *)ctx;
    size_t i;

    demand(m, len == m->storage.prog_size && at % len == 0 && at < size_of(m), "read outside of a unit");
    if (at == m->dead || m->blocked[at] == 1 || (m->blocked[at] == 2 && medium_random(m) % 2 == 0))
        return ANGO_E_STORAGE;
    for (i = 0; i < len; i++) {
        uint8_t mask = m->wavers[at + i] != 0 ? (uint8_t)medium_random(m) : 0;

        buf[i] = (uint8_t)((m->data[at + i] & ~mask) | (m->old[at + i] & mask));
    }
    return ANGO_OK;
}

/* What is left of a byte that is cut while it is programmed. */
static uint8_t in_between(struct medium *m, uint8_t byte)
{
    uint8_t mask = (uint8_t)medium_random(m);

    switch (m->kind) {
    case MEDIUM_FRAM:
        return mask % 2 == 0 ? byte : m->storage.erased;
    case MEDIUM_FILE:
        return byte; /* it is in memory */
    default:
        return m->storage.erased == 0xFF ? byte | mask : byte & mask;
    }
}

/* Programs `len` of a unit's bytes, and one in part. */
static void prog_part(struct medium *m, uint32_t at, const uint8_t *data, size_t len)
{
    size_t i;

    memcpy(m->data + at, data, len);
    if (len < m->storage.prog_size)
        m->data[at + len] = in_between(m, data[len]);
    for (i = 0; i < m->storage.prog_size; i++)
        if (m->data[at + i] != m->storage.erased && m->kind == MEDIUM_ECC)
            m->blocked[at] = medium_random(m) % 2 == 0;
}

static int do_prog(void *ctx, uint32_t at, const uint8_t *data, size_t len)
{
    struct medium *m = (struct medium *)ctx;
    size_t i;

    demand(m, len == m->storage.prog_size && at % len == 0 && at < size_of(m), "programmed outside of a unit");
    demand(m, !m->torn[at / m->storage.block_size], "programmed in a block whose erase was cut");
    demand(m, m->blocked[at] == 0 || at == m->dead, "programmed a unit twice");
    for (i = 0; i < len; i++)
        demand(m, m->data[at + i] == m->storage.erased, "programmed a unit twice");
    if (at == m->dead)
        return ANGO_E_STORAGE;
    if (fails(m)) {
        prog_part(m, at, data, medium_random(m) % len);
        return ANGO_E_STORAGE;
    }
    for (i = 0; i < len; i++)
        if (is_cut(m)) {
            prog_part(m, at, data, i);
            go_off(m);
        }
    memcpy(m->data + at, data, len);
    m->programmed += (uint32_t)len;
    return ANGO_OK;
}

/* Each unit of the block is as it was, erased, both by turns, or cannot be read, always or now and then. */
static void half_erase(struct medium *m, uint32_t at)
{
    uint32_t unit = m->storage.prog_size;
    uint32_t how = medium_random(m);
    uint32_t i;

    m->torn[at / m->storage.block_size] = true;
    for (i = at; i < at + m->storage.block_size; i += unit) {
        switch (how % 4 == 3 ? medium_random(m) % 5 : how % 4) {
        case 0:
            continue;
        case 1:
            if (m->kind != MEDIUM_FILE)
                memcpy(m->old + i, m->data + i, unit);
            memset(m->data + i, m->storage.erased, unit);
            continue;
        case 2:
        case 3:
            if (m->kind == MEDIUM_FRAM || m->kind == MEDIUM_FILE)
                continue;
            memset(m->old + i, m->storage.erased, unit);
            memset(m->wavers + i, 1, unit);
            continue;
        default:
            if (m->kind == MEDIUM_ECC)
                m->blocked[i] = (uint8_t)(1 + medium_random(m) % 2);
        }
    }
}

static int do_erase(void *ctx, uint32_t at)
{
    struct medium *m = (struct medium *)ctx;
    uint32_t size = m->storage.block_size;
    uint32_t i;

    demand(m, at % size == 0 && at < size_of(m), "erased outside of a block");
    if (fails(m)) {
        half_erase(m, at);
        return ANGO_E_STORAGE;
    }
    for (i = 0; i < 8; i++)
        if (is_cut(m)) {
            half_erase(m, at);
            go_off(m);
        }
    memset(m->data + at, m->storage.erased, size);
    memset(m->wavers + at, 0, size);
    memset(m->blocked + at, 0, size);
    m->torn[at / size] = false;
    m->erases++;
    return ANGO_OK;
}

static int do_sync(void *ctx)
{
    struct medium *m = (struct medium *)ctx;

    medium_tick(m);
    if (fails(m))
        return ANGO_E_STORAGE;
    if (m->kind == MEDIUM_FILE)
        memcpy(m->old, m->data, sizeof m->old);
    medium_tick(m);
    return ANGO_OK;
}

void medium_begin(struct medium *m, enum medium_kind kind, uint32_t unit, uint32_t block_size, uint32_t blocks,
                  uint8_t erased, uint32_t seed)
{
    memset(m, 0, sizeof *m);
    m->storage.ctx = m;
    m->storage.read = do_read;
    m->storage.prog = do_prog;
    m->storage.erase = do_erase;
    m->storage.sync = do_sync;
    m->storage.block_size = block_size;
    m->storage.block_count = blocks;
    m->storage.prog_size = (uint8_t)unit;
    m->storage.erased = erased;
    m->kind = kind;
    m->dead = UINT32_MAX;
    m->random = seed * 2654435761u | 1;
    memset(m->data, erased, sizeof m->data);
    memset(m->old, erased, sizeof m->old);
}
