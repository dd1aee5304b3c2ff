/*
 * json_text.h - the words of JSON: what has no inside. Pure.
 *
 * Each text must be followed by a NUL, which ends every loop in here.
 */
#ifndef ANGO_JSON_TEXT_H
#define ANGO_JSON_TEXT_H

#include <stdbool.h>
#include <stdint.h>

/* Past the white space at p. */
uint8_t *ango_json_space(uint8_t *p);

/* Flags of strings. */
enum { ANGO_JSON_ESCAPED = 1, ANGO_JSON_NUL = 2 };

/*
 * Checks the string, number or literal at p; returns what follows it, or NULL when it is none by RFC 8259,
 * or a string with half of a surrogate pair or with bytes that are not UTF-8. Adds to *flags: a string has a
 * backslash in it; has a \u0000.
 */
uint8_t *ango_json_scalar(uint8_t *p, unsigned *flags);

/*
 * Whether there is a string, at p past its opening quote, that is `name`, however it is escaped: what
 * follows it, or NULL. The string need not have been checked.
 */
uint8_t *ango_json_is(uint8_t *p, const char *name);

/*
 * Makes a C string, at `to`, of the checked string at p, past its opening quote. `to` may be p or before it:
 * the string never becomes longer. A \u0000 is left out.
 */
void ango_json_unescape(uint8_t *to, uint8_t *p);

#endif
