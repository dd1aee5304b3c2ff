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

/*
 * Checks the string, number or literal at p; returns what follows it, or NULL when it is none by RFC 8259,
 * or a string with half of a surrogate pair or with bytes that are not UTF-8. *nul: it is a string with a
 * NUL in it.
 */
uint8_t *ango_json_scalar(uint8_t *p, bool *nul);

/* Whether a checked string, given past its opening quote, is `name`, however it is escaped. */
bool ango_json_is(uint8_t *text, const char *name);

/*
 * Makes a C string of a checked string, given past its opening quote, in its place: it never becomes
 * longer.
 */
void ango_json_unescape(uint8_t *p);

#endif
