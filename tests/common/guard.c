#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include "guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FRONT 64u /* bytes of pattern in front of the room */
#define PATTERN 0x5Au

static void need(bool ok)
{
    if (!ok) {
        perror("guard");
        abort();
    }
}

void guard_begin(struct guard *g, size_t most)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    g->size = (most + FRONT + page - 1) / page * page;
    g->base = mmap(NULL, g->size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    need(g->base != MAP_FAILED);
    need(mprotect(g->base + g->size, page, PROT_NONE) == 0);
    g->cap = 0;
}

void guard_end(struct guard *g)
{
    need(munmap(g->base, g->size + (size_t)sysconf(_SC_PAGESIZE)) == 0);
}

uint8_t *guard_room(struct guard *g, size_t cap)
{
    uint8_t *room = g->base + g->size - cap;

    need(cap + FRONT <= g->size);
    g->cap = cap;
    memset(room - FRONT, PATTERN, FRONT);
    memset(room, 0xA5, cap);
    return room;
}

uint8_t *guard_copy(struct guard *g, const void *data, size_t len)
{
    uint8_t *room = guard_room(g, len);

    if (len > 0)
        memcpy(room, data, len);
    return room;
}

uint8_t *guard_text(struct guard *g, const void *data, size_t len)
{
    uint8_t *room = guard_room(g, len + 1);

    if (len > 0)
        memcpy(room, data, len);
    room[len] = '\0';
    return room;
}

bool guard_intact(const struct guard *g)
{
    const uint8_t *room = g->base + g->size - g->cap;
    size_t i;

    for (i = 1; i <= FRONT; i++)
        if (*(room - i) != PATTERN)
            return false;
    return true;
}
