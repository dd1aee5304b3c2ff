/* The short texts, characters and dates. */
#include "proof.h"

#include "text.c"
#include "utf8.c"
#include "calendar.c"
#include "json_text.c"

static const char *a_nul, *b_nul;

/*
 * proof: ango_text_is stays within two texts
 * bound: any
 * loop ango_text_is.0:
 *     assigns: a, b
 *     invariant: __CPROVER_same_object(a, a_nul) && __CPROVER_r_ok(a, 1) && __CPROVER_same_object(b, b_nul) && __CPROVER_r_ok(b, 1)
 *     decreases: (unsigned long)a_nul - (unsigned long)a
 */
void proof_text_is(void)
{
    const char *a = any_text(LONGEST, &a_nul);
    const char *b = any_text(LONGEST, &b_nul);

    (void)ango_text_is(a, b);
    REACHED;
}

/*
 * proof: ango_read_number stays within its text, and returns a place in it that is no digit
 * bound: any
 * loop ango_read_number.0:
 *     assigns: text, *number
 *     invariant: __CPROVER_same_object(text, a_nul) && __CPROVER_r_ok(text, 1)
 *     decreases: (unsigned long)a_nul - (unsigned long)text
 */
void proof_read_number(void)
{
    const char *text = any_text(LONGEST, &a_nul);
    uint32_t number;
    const char *end = ango_read_number(text, &number);

    PROVE(end >= text && end <= a_nul && (*end < '0' || *end > '9'));
    REACHED;
}

/*
 * proof: ango_add_digit is exact, or says that it is not
 * bound: any
 */
void proof_add_digit(void)
{
    uint32_t before = nondet_u32();
    uint32_t number = before;
    unsigned digit = nondet_unsigned();

    ASSUME(digit <= 9);
    if (ango_add_digit(&number, digit))
        PROVE(number == (uint64_t)before * 10 + digit);
    else
        PROVE(number == UINT32_MAX && (uint64_t)before * 10 + digit > UINT32_MAX);
    REACHED;
}

/*
 * proof: ango_hash stays within its text
 * bound: any
 * loop ango_hash.0:
 *     assigns: text, hash
 *     invariant: __CPROVER_same_object(text, a_nul) && __CPROVER_r_ok(text, 1)
 *     decreases: (unsigned long)a_nul - (unsigned long)text
 */
void proof_hash(void)
{
    const char *text = any_text(LONGEST, &a_nul);

    (void)ango_hash(nondet_u32(), text);
    REACHED;
}

/*
 * proof: ango_utf8_len reads nothing past a NUL, and never counts it in
 * bound: any
 * unwind: 5
 */
void proof_utf8_len(void)
{
    const char *text = any_text(8, &a_nul);
    unsigned len = ango_utf8_len((const uint8_t *)text);

    PROVE(len <= 4 && len <= (size_t)(a_nul - text));
    REACHED;
}

/*
 * proof: ango_utf8_put writes 1 to 4 bytes, and what ango_utf8_len accepts, unless it is a control character or a surrogate
 * bound: any
 * unwind: 5
 */
void proof_utf8_put(void)
{
    uint8_t *bytes = (uint8_t *)__CPROVER_allocate(5, 0);
    uint8_t *exact;
    uint32_t code_point = nondet_u32();
    unsigned len;

    ASSUME(code_point <= 0x10FFFF);
    len = code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    exact = (uint8_t *)__CPROVER_allocate(len, 0);
    PROVE(ango_utf8_put(exact, code_point) == exact + len);
    bytes[len] = 0;
    (void)ango_utf8_put(bytes, code_point);
    if (code_point >= 0x20 && code_point != 0x7F && (code_point < 0xD800 || code_point > 0xDFFF))
        PROVE(ango_utf8_len(bytes) == len);
    REACHED;
}

/*
 * proof: ango_json_escape reads nothing past a NUL, counts none in, and gives a character of Unicode
 * bound: any
 * unwind: 13
 */
void proof_json_escape(void)
{
    const char *text = any_text(16, &a_nul);
    uint32_t c = nondet_u32();
    size_t len;

    ASSUME(text[0] == '\\' && c < 0xD800);
    len = ango_json_escape((const uint8_t *)text, &c);
    PROVE(len <= ANGO_JSON_ESCAPE_MAX && len <= (size_t)(a_nul - text));
    if (len > 0) {
        PROVE(c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF));
        PROVE(len >= 2 && (c < 0x80 || len >= 6)
              && (c < 0x10000 || len == ANGO_JSON_ESCAPE_MAX)); /* no longer as UTF-8 */
    }
    REACHED;
}

/*
 * proof: ango_days of any date up to 9999-12-99 overflows nowhere
 * bound: any
 */
void proof_days(void)
{
    unsigned year = nondet_unsigned(), month = nondet_unsigned(), day = nondet_unsigned();

    ASSUME(year <= 9999 && month >= 1 && month <= 12 && day <= 99);
    (void)ango_days(year, month, day);
    REACHED;
}

/*
 * proof: ango_retry_after_date stays within its text, and gives at most INT32_MAX
 * bound: any
 * unwind: 13
 */
void proof_date(void)
{
    const char *text = any_text(39, &a_nul);

    PROVE(ango_retry_after_date(text, nondet_u32()) <= INT32_MAX);
    REACHED;
}
