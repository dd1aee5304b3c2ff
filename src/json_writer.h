/*
 * json_writer.h - a request into the caller's buffer, in one pass. Pure.
 *
 * Errors stick, so that a caller writes many times and asks once. What does not fit is not written, but `len`
 * goes on counting: without another error it is in the end what would have sufficed.
 */
#ifndef ANGO_JSON_WRITER_H
#define ANGO_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ango_writer {
    uint8_t *buf;
    size_t cap;
    size_t len;
    size_t body;  /* where the empty line before it starts; 0: the path is being written */
    size_t index; /* the caller's: which entry is being written */
    size_t error_index;
    int err;      /* ANGO_OK, or the first error */
};

/* Notes an error (the first counts), with the entry it belongs to. */
void ango_write_refuse(struct ango_writer *w, int err);

/* ANGO_OK, the first error, or ANGO_E_SPACE when `len` is more than the buffer holds. */
int ango_write_end(const struct ango_writer *w);

void ango_write_byte(struct ango_writer *w, unsigned byte);
void ango_write_bytes(struct ango_writer *w, const void *data, size_t len);
void ango_write_text(struct ango_writer *w, const char *text);
/* One character and a number, to the base 10 or 16. */
void ango_write_number(struct ango_writer *w, char before, size_t number, unsigned base);

/* The first character of `text` that is none of the unreserved ones of RFC 3986. */
const char *ango_skip_unreserved(const char *text);

/*
 * `before` as it is, and a text escaped for where it stands: in the path percent-encoded but for the
 * unreserved characters; in the body as a JSON string, whose quotes are in what is written around it.
 * NULL, empty, ASCII control characters and what is not UTF-8 are refused with `refusal`; if that is
 * ANGO_E_EMAIL, so is what cannot be an email address (see ango_invite_members_to_org_start).
 */
void ango_write_string(struct ango_writer *w, const char *before, const char *text, int refusal);

/* The same for an identifier, as one segment of a path; also "." and ".." are refused: ANGO_E_ID. */
void ango_write_segment(struct ango_writer *w, const char *before, const char *id);

#endif
