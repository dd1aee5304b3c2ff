/* json_text.h - the characters of JSON strings. Pure. */
#ifndef ANGO_JSON_TEXT_H
#define ANGO_JSON_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define ANGO_JSON_ESCAPE_MAX 12

/*
 * Reads the escape at p, a backslash. Stops at the first byte that does not belong to it, so a NUL ends it safely.
 * Returns its length, up to ANGO_JSON_ESCAPE_MAX, and in *c, which must be below 0xD800 before, the character that it
 * stands for: a surrogate pair is one escape, and half of one stands for U+FFFD. 0 when RFC 8259 has no such escape, or
 * when a NUL cuts it, also where the second half of a pair may follow.
 */
size_t ango_json_escape(const uint8_t *p, uint32_t *c);

#endif
