/*
 * medium.h - a medium for the outbox that can be cut off at any byte that is programmed, in any erase, and by whoever else calls
 * medium_tick. It keeps to what ango_outbox.h allows a medium to leave behind, and no further; and it notices a caller that
 * breaks the contract: a unit programmed twice, or in a block whose last erase did not end.
 *
 *   medium_begin(&m, MEDIUM_ECC, 8, 512, 2, 0xFF, 1);
 *   m.fuse = 100;
 *   if (setjmp(m.cut) == 0)
 *       ... the power is cut at the 100th step ...
 */
#ifndef ANGO_TESTS_MEDIUM_H
#define ANGO_TESTS_MEDIUM_H

#include "ango_outbox.h"

#include <setjmp.h>

#define MEDIUM_MOST 8192u

enum medium_kind {
    MEDIUM_NOR,  /* a byte that is cut has some of its bits programmed */
    MEDIUM_ECC,  /* the same; or its unit cannot be read */
    MEDIUM_FRAM, /* EEPROM and FRAM: a byte that is cut is the old one or the new one; erasing is writing */
    MEDIUM_FILE  /* nothing is safe before a sync: each 8 bytes are there or not */
};

struct medium {
    struct ango_storage storage;
    enum medium_kind kind;

    /* For a test to set. */
    jmp_buf cut;
    uint32_t fuse;    /* the power goes at this step; 0: it does not */
    uint32_t fail_in; /* the call that many prog, erase and sync calls from now fails; 0: none does */
    uint32_t dead;    /* a unit that can be neither programmed nor read begins here, if it is not UINT32_MAX */

    /* For a test to look at. */
    uint32_t steps;
    uint32_t erases;
    uint32_t programmed;   /* bytes */
    const char *violation; /* the first one, or NULL */

    /* Its own. */
    uint32_t random;
    bool torn[MEDIUM_MOST / 8]; /* block: its last erase was cut, or failed */
    uint8_t data[MEDIUM_MOST];
    uint8_t old[MEDIUM_MOST];     /* what a cut erase may show as well; of a file: what is safe */
    uint8_t wavers[MEDIUM_MOST];  /* byte: reads as `data` or as `old` */
    uint8_t blocked[MEDIUM_MOST]; /* unit, at its first byte: cannot be read; 2: only now and then */
};

void medium_begin(struct medium *m, enum medium_kind kind, uint32_t unit, uint32_t block_size, uint32_t blocks,
                  uint8_t erased, uint32_t seed);

/* One step of something else that can be cut. */
void medium_tick(struct medium *m);

uint32_t medium_random(struct medium *m);

#endif
