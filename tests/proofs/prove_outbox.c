/* The outbox's log: what is read from its records, and put into them. */
#include "proof.h"

#include "outbox_log.c"

static const char *nul;

/*
 * proof: put_words writes a separator and at most ANGO_OUTBOX_WORDS_MAX bytes, whatever the server said
 * bound: any
 * loop put_words.0:
 *     assigns: words, to, __CPROVER_object_whole(to)
 *     invariant: __CPROVER_same_object(words, nul) && __CPROVER_r_ok(words, 1) && __CPROVER_same_object(to, end)
 *         && (unsigned long)to <= (unsigned long)end && (unsigned long)to >= (unsigned long)__CPROVER_loop_entry(to)
 *     decreases: (unsigned long)end - (unsigned long)to
 */
void proof_put_words(void)
{
    const char *words = any_text(LONGEST, &nul);
    char to[1 + ANGO_OUTBOX_WORDS_MAX];
    char *end = put_words(to, words);

    PROVE(end > to && end <= to + sizeof to);
    REACHED;
}

/*
 * proof: get_number and put_number of 1 to 6 digits stay within them, and what was put is read again
 * bound: any
 * unwind: 7
 */
void proof_numbers(void)
{
    unsigned digits = nondet_unsigned();
    uint32_t number = nondet_u32();
    char *text;

    ASSUME(digits >= 1 && digits <= 6);
    text = (char *)any_bytes(digits);
    PROVE(put_number(text, number, digits) == text + digits);
    PROVE(get_number(text, digits) == (digits == 6 ? number : number & (((uint32_t)1 << 6 * digits) - 1)));
    REACHED;
}

/*
 * proof: the three texts of an entry are cut within it, whatever separators it has
 * bound: any
 * loop cut.0:
 *     assigns: text
 *     invariant: __CPROVER_same_object(text, nul) && __CPROVER_r_ok(text, 1)
 *     decreases: (unsigned long)nul - (unsigned long)text
 */
void proof_cut(void)
{
    char *text = any_text(LONGEST, &nul);

    text = cut(text);
    PROVE(__CPROVER_same_object(text, nul) && text <= nul);
    REACHED;
}
