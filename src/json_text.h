/* json_text.h - the characters of JSON strings. Pure. */
#ifndef ANGO_JSON_TEXT_H
#define ANGO_JSON_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define ANGO_JSON_ESCAPE_MAX 12

/*
 * Reads the escape whose backslash is at p. Stops at the first byte that does not belong to it, so a NUL ends it
 * safely. Returns its length, up to ANGO_JSON_ESCAPE_MAX, and sets *c, which must be below 0xD800 before, to its
 * character: a surrogate pair is one escape, and half of one stands for U+FFFD. Returns 0 if RFC 8259 has no such
 * escape, or if a NUL cuts it, also where only the second half of a pair may be missing.
 */
size_t ango_json_escape(const uint8_t *p, uint32_t *c);

#endif
