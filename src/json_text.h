/* json_text.h - the characters of JSON strings. Pure. */
#ifndef ANGO_JSON_TEXT_H
#define ANGO_JSON_TEXT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Reads the escape at p, a backslash, of which `left` bytes are there.
 * Returns its length, and in *unit what it stands for, for \uXXXX a UTF-16 unit; more than `left` when it is cut; 0
 * when RFC 8259 has no such escape.
 */
size_t ango_json_escape(const uint8_t *p, size_t left, uint32_t *unit);

/*
 * Makes a C string of the checked string from p to `end`, at p, in place: it never becomes longer. A \u0000 is left
 * out, and half of a surrogate pair becomes U+FFFD. Returns where its NUL is.
 */
uint8_t *ango_json_unescape(uint8_t *p, const uint8_t *end);

#endif
