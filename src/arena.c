#include "arena.h"

#include <string.h>

#define ALIGN 8u
#define HEADER sizeof(size_t)

/* A block in use has only `size`, and then the caller's bytes. */
struct block {
    size_t size;        /* whole block, a multiple of ALIGN */
    struct block *next; /* free: the next free one, by address */
};

static struct {
    struct block *free;
    uint8_t *memory;
    size_t cap;
    size_t used;
    size_t peak;
    uint32_t count;
    uint32_t failures;
} arena;

void ango_arena_begin(void *memory, size_t cap)
{
    /* Blocks begin one header before an aligned address. */
    size_t skip = (ALIGN - ((uintptr_t)memory + HEADER) % ALIGN) % ALIGN;

    memset(&arena, 0, sizeof arena);
    arena.memory = (uint8_t *)memory;
    arena.cap = cap;
    if (memory == NULL || cap < skip + 2 * sizeof(struct block))
        return;
    arena.free = (struct block *)(void *)(arena.memory + skip);
    arena.free->size = (cap - skip) / ALIGN * ALIGN;
    arena.free->next = NULL;
}

/* The link to the smallest free block that has `need` bytes. */
static struct block **best_fit(size_t need)
{
    struct block **best = NULL;
    struct block **link;

    for (link = &arena.free; *link != NULL; link = &(*link)->next)
        if ((*link)->size >= need && (best == NULL || (*link)->size < (*best)->size))
            best = link;
    return best;
}

void *ango_arena_calloc(size_t count, size_t size)
{
    struct block **link = NULL;
    struct block *block;
    size_t need = 0;

    arena.count++;
    if (count == 0 || size <= (arena.cap - HEADER) / count) {
        need = (count * size + HEADER + ALIGN - 1) / ALIGN * ALIGN;
        if (need < sizeof(struct block))
            need = sizeof(struct block);
        link = best_fit(need);
    }
    if (link == NULL) {
        arena.failures++;
        return NULL;
    }
    block = *link;
    if (block->size - need >= sizeof(struct block)) {
        struct block *rest = (struct block *)(void *)((uint8_t *)block + need);

        rest->size = block->size - need;
        rest->next = block->next;
        *link = rest;
        block->size = need;
    } else {
        *link = block->next;
    }
    arena.used += block->size;
    if (arena.used > arena.peak)
        arena.peak = arena.used;
    return memset((uint8_t *)block + HEADER, 0, block->size - HEADER);
}

/* Joins a free block with the next one if that lies right behind it. */
static void join(struct block *block)
{
    if ((uint8_t *)block + block->size != (uint8_t *)block->next)
        return;
    block->size += block->next->size;
    block->next = block->next->next;
}

void ango_arena_free(void *memory)
{
    struct block *block;
    struct block *before = NULL;
    struct block *after;

    if (memory == NULL)
        return;
    block = (struct block *)(void *)((uint8_t *)memory - HEADER);
    arena.used -= block->size;
    for (after = arena.free; after != NULL && after < block; after = after->next)
        before = after;
    block->next = after;
    join(block);
    if (before == NULL) {
        arena.free = block;
        return;
    }
    before->next = block;
    join(before);
}

void ango_arena_wipe(void)
{
    if (arena.memory != NULL)
        memset(arena.memory, 0, arena.cap);
    arena.free = NULL;
    arena.used = 0;
}

size_t ango_arena_used(void)
{
    return arena.used;
}

size_t ango_arena_peak(void)
{
    return arena.peak;
}

uint32_t ango_arena_count(void)
{
    return arena.count;
}

uint32_t ango_arena_failures(void)
{
    return arena.failures;
}
