/*
 * json_writer.h - a request into the caller's buffer, in one pass. Pure.
 *
 * Errors stick, so that a caller writes many times and asks once. Past the end of the buffer, or after an
 * error, nothing more is written, but `len` goes on counting: at the end it is what would have sufficed.
 */
#ifndef ANGO_JSON_WRITER_H
#define ANGO_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct ango_writer {
    uint8_t *buf;
    size_t cap;
    size_t len;
    size_t body;  /* where the body starts, once ango_http_write_head was called */
    size_t index; /* the caller's: which entry is being written */
    size_t error_index;
    int err;      /* ANGO_OK, or the first error */
};

static inline void ango_write_begin(struct ango_writer *w, uint8_t *buf, size_t cap)
{
    memset(w, 0, sizeof *w);
    w->buf = buf;
    w->cap = cap;
}

/* Notes an error (the first counts), with the entry it belongs to. */
void ango_write_refuse(struct ango_writer *w, int err);

/* ANGO_OK, the first error, or ANGO_E_SPACE when `len` is more than the buffer holds. */
int ango_write_end(const struct ango_writer *w);

void ango_write_byte(struct ango_writer *w, unsigned byte);
void ango_write_bytes(struct ango_writer *w, const void *data, size_t len);
void ango_write_text(struct ango_writer *w, const char *text);
void ango_write_number(struct ango_writer *w, size_t number);

/* RFC 3986's unreserved characters. */
bool ango_unreserved(unsigned c);

/* An identifier as one segment of a path, percent-encoded but for the unreserved characters. ANGO_E_ID. */
void ango_write_segment(struct ango_writer *w, const char *id);

/*
 * `before` as it is, which ends with the opening quote, and a text as a JSON string with its closing quote.
 * NULL, empty, ASCII control characters and what is not UTF-8 are refused with `refusal`.
 */
void ango_write_string(struct ango_writer *w, const char *before, const char *text, int refusal);

/*
 * The same for an email address; ANGO_E_EMAIL for what cannot be one (see
 * ango_invite_members_to_org_start).
 */
void ango_write_email(struct ango_writer *w, const char *before, const char *email);

#endif
