/*
 * request.h - a request into the caller's buffer, in one pass: path, head, body. Pure.
 *
 * Errors stick, so that a caller writes many times and asks once. What does not fit is not written, but `len`
 * goes on counting: without another error it is in the end what would have sufficed.
 */
#ifndef ANGO_REQUEST_H
#define ANGO_REQUEST_H

#include "ango.h"

struct ango_request {
    uint8_t *buf;
    size_t cap;
    size_t len;
    size_t body;  /* where the empty line before it starts; 0: the path is being written */
    size_t index; /* the caller's: which entry is being written */
    size_t error_index;
    int err; /* ANGO_OK, or the first error */
};

/* Notes an error (the first counts), with the entry it belongs to. */
void ango_request_refuse(struct ango_request *q, int err);

/* ANGO_OK, the first error, or ANGO_E_SPACE when `len` is more than the buffer holds. */
int ango_request_end(const struct ango_request *q);

void ango_write_text(struct ango_request *q, const char *text);
/* One character and a number in decimal. */
void ango_write_number(struct ango_request *q, char before, size_t number);

/*
 * `before` as it is, and a text escaped for where it stands: in the path percent-encoded but for the
 * unreserved characters; in the body as a JSON string, whose quotes are in what is written around it.
 * NULL, empty, ASCII control characters and what is not UTF-8 are refused with `refusal`; if that is
 * ANGO_E_EMAIL, so is what cannot be an email address (see ango_invite_members_to_org_start).
 */
void ango_write_string(struct ango_request *q, const char *before, const char *text, int refusal);

/* The same for an identifier, as one segment of a path; also "." and ".." are refused: ANGO_E_ID. */
void ango_write_segment(struct ango_request *q, const char *before, const char *id);

/*
 * The rest of the head, after the path. With a body, Content-Length is filled in by ango_request_end_body.
 */
void ango_write_head(struct ango_request *q, const struct ango_config *config, const char *api_key, bool body);
void ango_request_end_body(struct ango_request *q);

/* Whether `host` can stand in a Host header: letters, digits, '-', '.', '_', '~', up to ANGO_HOST_MAX, no '.' last. */
bool ango_host_ok(const char *host);
/*
 * Whether `prefix` can stand before a path: NULL, "", or segments of the same characters, each with
 * a '/' before it and none that begins with a dot.
 */
bool ango_prefix_ok(const char *prefix);
/* Whether each character of `text` is from `first` to '~'. */
bool ango_header_ok(const char *text, char first);

#endif
