/* The arena that TLS lives in, against a model of it that knows nothing of blocks. */
#include "arena.h"
#include "guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MOST 8192u
#define HEADER sizeof(size_t) /* what a block costs beside its bytes, rounded up to 8 together */

static struct guard room;

static uint32_t random_bits(void)
{
    static uint32_t x = 88172645u;

    x ^= x << 13;
    x ^= x >> 17;
    return x ^= x << 5;
}

/* The largest block that can be had now. */
static size_t largest(void)
{
    size_t size = MOST + 64;
    void *p = NULL;

    while (size > 0 && (p = ango_arena_calloc(1, --size)) == NULL)
        ;
    ango_arena_free(p);
    return p == NULL ? 0 : size;
}

struct held {
    uint8_t *p;
    size_t size;
    uint8_t fill;
};

static void check_held(const struct held *h, const struct held *all, size_t n)
{
    size_t i;

    for (i = 0; i < h->size; i++)
        assert_int_equal(h->p[i], h->fill);
    for (i = 0; i < n; i++)
        if (&all[i] != h && all[i].p != NULL)
            assert_true(h->p + h->size <= all[i].p || all[i].p + all[i].size <= h->p);
}

/* Blocks of random sizes come and go: aligned, zeroed, apart from each other, and left alone. */
static void comings_and_goings(void **state)
{
    static struct held held[64];
    unsigned round;

    (void)state;
    for (round = 0; round < 200; round++) {
        size_t cap = 256 + random_bits() % (MOST - 256);
        uint8_t *memory = guard_room(&room, cap);
        size_t first, used = 0, peak = 0;
        unsigned step, i, calls, failures;

        ango_arena_begin(memory, cap);
        first = largest();
        calls = ango_arena_count();
        failures = ango_arena_failures();
        assert_true(first + HEADER + 8 + 8 > cap);
        memset(held, 0, sizeof held);
        for (step = 0; step < 400; step++) {
            struct held *h = &held[random_bits() % 64];

            if (h->p == NULL) {
                size_t size = random_bits() % 3 == 0 ? random_bits() % 600 : random_bits() % 60;
                size_t before = ango_arena_used();

                h->size = size;
                h->fill = (uint8_t)(1 + random_bits() % 255);
                h->p = ango_arena_calloc(size % 7 == 0 ? 7 : 1, size % 7 == 0 ? size / 7 : size);
                calls++;
                if (h->p == NULL) {
                    failures++;
                    assert_int_equal(ango_arena_used(), before);
                    continue;
                }
                assert_int_equal((uintptr_t)h->p % 8, 0);
                assert_true(h->p >= memory && h->p + size <= memory + cap);
                for (i = 0; i < size; i++)
                    assert_int_equal(h->p[i], 0);
                memset(h->p, h->fill, size);
                /* Its bytes and header, and less than a block of rest. */
                assert_in_range(ango_arena_used() - before, size + HEADER, size + HEADER + 2 * sizeof(void *) + 16);
            } else {
                check_held(h, held, 64);
                ango_arena_free(h->p);
                h->p = NULL;
            }
            used = ango_arena_used();
            peak = used > peak ? used : peak;
        }
        assert_int_equal(ango_arena_count(), calls);
        assert_int_equal(ango_arena_failures(), failures);
        assert_true(ango_arena_peak() >= peak);
        for (i = 0; i < 64; i++) {
            if (held[i].p != NULL)
                check_held(&held[i], held, 64);
            ango_arena_free(held[i].p);
            held[i].p = NULL;
        }
        assert_int_equal(ango_arena_used(), 0);
        /* One block again. */
        assert_int_equal(largest(), first);
        assert_true(guard_intact(&room));
    }
}

/* Three neighbours, freed in each order. */
static void joining(void **state)
{
    static const int orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
    int i, k;

    (void)state;
    for (i = 0; i < 6; i++) {
        void *p[3];
        size_t all;

        ango_arena_begin(guard_room(&room, 512), 512);
        all = largest();
        for (k = 0; k < 3; k++) {
            p[k] = ango_arena_calloc(1, 100);
            assert_non_null(p[k]);
        }
        assert_true(largest() < all);
        for (k = 0; k < 3; k++)
            ango_arena_free(p[orders[i][k]]);
        assert_int_equal(largest(), all);
    }
}

/* The smallest hole that is large enough is taken, so that the large ones stay. */
static void best_fit(void **state)
{
    uint8_t *large, *small, *again;

    (void)state;
    ango_arena_begin(guard_room(&room, 2048), 2048);
    large = ango_arena_calloc(1, 400);
    assert_non_null(ango_arena_calloc(1, 8));
    small = ango_arena_calloc(1, 120);
    assert_non_null(ango_arena_calloc(1, 8));
    ango_arena_free(large);
    ango_arena_free(small);
    again = ango_arena_calloc(1, 112);
    assert_ptr_equal(again, small);
    assert_ptr_equal(ango_arena_calloc(1, 300), large);
    ango_arena_wipe();
}

static void impossible(void **state)
{
    static const struct {
        size_t count, size;
    } cases[] = {
        { SIZE_MAX, 1 },
        { 1, SIZE_MAX },
        { SIZE_MAX, SIZE_MAX },
        { SIZE_MAX / 2 + 1, 2 },
        { 2, SIZE_MAX / 2 + 1 },
        { SIZE_MAX / 2 + 2, 2 },
        { (size_t)1 << (sizeof(size_t) * 4), (size_t)1 << (sizeof(size_t) * 4) },
        { SIZE_MAX - 7, 1 },
        { 1, SIZE_MAX - 15 },
        { 1, 1024 },
        { 1024, 1 },
        { 1, 1025 },
        { 3, 342 },
    };
    size_t i;

    (void)state;
    ango_arena_begin(guard_room(&room, 1024), 1024);
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_null(ango_arena_calloc(cases[i].count, cases[i].size));
    assert_int_equal(ango_arena_count(), i);
    assert_int_equal(ango_arena_failures(), i);
    assert_int_equal(ango_arena_used(), 0);
    ango_arena_free(NULL);
    assert_non_null(ango_arena_calloc(0, SIZE_MAX));
    assert_non_null(ango_arena_calloc(SIZE_MAX, 0));
    assert_non_null(ango_arena_calloc(31, 31));
    assert_int_equal(ango_arena_failures(), i);
}

/* Each capacity, from each alignment: filled up with the smallest blocks, nothing is touched beside it. */
static void every_capacity(void **state)
{
    size_t cap, shift;

    (void)state;
    for (cap = 0; cap <= 200; cap++)
        for (shift = 0; shift < 16; shift++) {
            uint8_t *memory = guard_room(&room, cap + shift);
            size_t n = 0;
            uint8_t *p;

            ango_arena_begin(memory, cap);
            while ((p = ango_arena_calloc(1, 1)) != NULL) {
                assert_int_equal((uintptr_t)p % 8, 0);
                assert_true(p >= memory + HEADER && p < memory + cap);
                *p = 0xEE;
                n++;
            }
            assert_true(n * 2 * sizeof(void *) <= cap);
            /* At most two blocks and what aligns them are not used. */
            assert_true((n + 2) * 2 * sizeof(void *) + 14 > cap);
            assert_int_equal(ango_arena_failures(), 1);
            assert_true(guard_intact(&room));
            ango_arena_wipe();
            assert_int_equal(ango_arena_used(), 0);
            for (n = 0; n < cap; n++)
                assert_int_equal(memory[n], 0);
            for (; n < cap + shift; n++)
                assert_int_equal(memory[n], 0xA5);
            assert_null(ango_arena_calloc(1, 1));
        }
    ango_arena_begin(NULL, 1000);
    assert_null(ango_arena_calloc(1, 1));
    ango_arena_wipe();
}

/* --- each state of a small arena ------------------------------------------------------------------------ */

/*
 * An arena of a few cells of 8 bytes can only be in so many states: which blocks are held, and where. Each call from each of them, as
 * long as there are new ones, is what any number of calls in any order can do.
 */
#define CELLS (sizeof(size_t) > 4 ? 12u : 8u)
#define CELLS_MIN (2 * sizeof(void *) / 8) /* of a block */
#define LAYOUTS_MAX 8192u
#define FREE 1000u /* and a cell: the block there is freed. What is less is a size that is allocated */

struct layout {
    uint8_t len[16]; /* in cells, of the held block that begins at each; 0: none does */
    unsigned before; /* the layout that it came from, and by which call */
    size_t call;
};

static struct layout layouts[LAYOUTS_MAX];
static unsigned layouts_len;
static uint8_t *cells;

static uint8_t *bytes_of(unsigned cell)
{
    return cells + 8 * cell + HEADER;
}

static uint32_t key(const struct layout *layout)
{
    uint32_t begins = 0, ends = 0;
    unsigned at;

    for (at = 0; at < CELLS; at++)
        if (layout->len[at] > 0) {
            begins |= (uint32_t)1 << at;
            ends |= (uint32_t)1 << (at + layout->len[at] - 1);
        }
    return begins << 12 | ends;
}

/* Where a block goes: the smallest gap, the first of these; CELLS: nowhere. */
static unsigned place(const struct layout *layout, size_t need, size_t *len)
{
    unsigned at, gap, best = CELLS;
    size_t best_gap = CELLS + 1;

    for (at = 0; at < CELLS; at += layout->len[at] + gap) {
        gap = 0;
        while (layout->len[at] == 0 && at + gap < CELLS && layout->len[at + gap] == 0)
            gap++;
        if (gap >= need && gap < best_gap) {
            best = at;
            best_gap = gap;
        }
    }
    *len = best_gap - need < CELLS_MIN ? best_gap : need;
    return best;
}

static void allocate(struct layout *layout, size_t size)
{
    size_t need = (size + HEADER + 7) / 8, len, i;
    unsigned at = place(layout, need < CELLS_MIN ? CELLS_MIN : need, &len);
    uint8_t *p = ango_arena_calloc(1, size);

    if (at == CELLS) {
        assert_null(p);
        return;
    }
    assert_ptr_equal(p, bytes_of(at));
    layout->len[at] = (uint8_t)len;
    for (i = 0; i < 8 * len - HEADER; i++)
        assert_int_equal(p[i], 0);
    memset(p, (int)(0x10 + at), 8 * len - HEADER);
}

static void carry_out(struct layout *layout, size_t call)
{
    if (call < FREE) {
        allocate(layout, call);
    } else {
        ango_arena_free(bytes_of((unsigned)(call - FREE)));
        layout->len[call - FREE] = 0;
    }
}

/* From an arena that begins, by the calls that led there first. */
static void go_to(unsigned number, struct layout *layout)
{
    size_t cap = 8 * CELLS + 8 - HEADER; /* blocks begin a header before what is aligned */

    if (number == 0) {
        cells = guard_room(&room, cap);
        ango_arena_begin(cells, cap);
        memset(layout, 0, sizeof *layout);
        return;
    }
    go_to(layouts[number].before, layout);
    carry_out(layout, layouts[number].call);
}

static void check_layout(const struct layout *layout)
{
    size_t used = 0, i;
    unsigned at;

    for (at = 0; at < CELLS; at++) {
        for (i = 0; i + HEADER < 8u * layout->len[at]; i++)
            assert_int_equal(bytes_of(at)[i], 0x10 + at);
        used += 8u * layout->len[at];
    }
    assert_int_equal(ango_arena_used(), used);
    assert_true(guard_intact(&room));
}

static void try_call(unsigned from, size_t call)
{
    static uint8_t seen[1 << 21]; /* a bit for each key */
    struct layout layout;
    uint32_t k;

    go_to(from, &layout);
    if (call >= FREE && layout.len[call - FREE] == 0)
        return;
    carry_out(&layout, call);
    check_layout(&layout);
    k = key(&layout);
    if (seen[k / 8] & 1u << k % 8)
        return;
    seen[k / 8] |= (uint8_t)(1u << k % 8);
    assert_true(layouts_len < LAYOUTS_MAX);
    layout.before = from;
    layout.call = call;
    layouts[layouts_len++] = layout;
}

static void every_layout(void **state)
{
    unsigned i;
    size_t call;

    (void)state;
    layouts_len = 1; /* the empty one, which comes once more when all are freed */
    for (i = 0; i < layouts_len; i++) {
        for (call = 0; call <= 8 * CELLS + 8; call++)
            try_call(i, call);
        for (call = FREE; call < FREE + CELLS; call++)
            try_call(i, call);
    }
    print_message("arena_layouts=%u\n", layouts_len - 1);
    assert_true(layouts_len > 500);
}

static int open_room(void **state)
{
    (void)state;
    guard_begin(&room, MOST + 16);
    return 0;
}

static int shut_room(void **state)
{
    (void)state;
    guard_end(&room);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comings_and_goings), cmocka_unit_test(joining),        cmocka_unit_test(best_fit),
        cmocka_unit_test(impossible),         cmocka_unit_test(every_capacity), cmocka_unit_test(every_layout),
    };

    return cmocka_run_group_tests(tests, open_room, shut_room);
}
