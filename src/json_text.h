/* json_text.h - the characters of JSON strings. Pure. */
#ifndef ANGO_JSON_TEXT_H
#define ANGO_JSON_TEXT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Reads the escape at p, a backslash, of which `left` bytes are there.
 * Returns its length, and in *c the character that it stands for: a surrogate pair is one escape, and half of one stands
 * for U+FFFD. More than `left` when it is cut, also where the second half of a pair may follow; 0 when RFC 8259 has no
 * such escape.
 */
size_t ango_json_escape(const uint8_t *p, size_t left, uint32_t *c);

#endif
