/* text.h - numbers and hashes of short texts. Comparing them is public: ango_text_is. Pure. */
#ifndef ANGO_TEXT_H
#define ANGO_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An ASCII letter as a small one, anything else as it is. */
unsigned ango_lower(char c);

/* Appends a decimal digit, 0 to 9, to *number; false if that is above 4294967295, which *number then becomes. */
bool ango_add_digit(uint32_t *number, unsigned digit);

/* Reads the decimal digits at `text`: 0 if there are none, at most 4294967295. Returns what follows them. */
const char *ango_read_number(const char *text, uint32_t *number);

/* FNV-1a, 32 bits, of a text; continues from `hash`, which is ANGO_HASH_BEGIN at first. */
#define ANGO_HASH_BEGIN 2166136261u
uint32_t ango_hash(uint32_t hash, const char *text);

#endif
