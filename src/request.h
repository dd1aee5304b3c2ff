/*
 * request.h - writes a request into the caller's buffer, in one pass: path, head, body. Pure.
 *
 * Errors stick, so a caller writes many times and checks once. What does not fit is not written, but `len` keeps
 * counting: without another error, it ends as the capacity that is needed.
 */
#ifndef ANGO_REQUEST_H
#define ANGO_REQUEST_H

#include "ango.h"

struct ango_request {
    uint8_t *buf;
    size_t cap;
    size_t len;
    size_t body;  /* where the empty line before it begins; 0: the path is being written */
    size_t index; /* set by the caller: which entry is being written */
    size_t error_index;
    int err; /* ANGO_OK, or the first error */
};

/* Records an error, with the entry that it belongs to; only the first counts. */
void ango_request_refuse(struct ango_request *q, int err);

/* ANGO_OK, the first error, or ANGO_E_SPACE if `len` is more than the buffer holds. */
int ango_request_end(const struct ango_request *q);

void ango_write_text(struct ango_request *q, const char *text);
/* Writes one character and a number in decimal. */
void ango_write_number(struct ango_request *q, char before, size_t number);

/*
 * Writes `before` as it is, then `text` escaped for its place: in the path, percent-encoded except for unreserved
 * characters; in the body, as a JSON string, whose quotes the caller writes around it. Refuses with `refusal` a
 * text that is NULL, empty or not UTF-8, or has an ASCII control character; if `refusal` is ANGO_E_EMAIL, also
 * one that cannot be an email address (see ango_invite_members_to_org_start).
 */
void ango_write_string(struct ango_request *q, const char *before, const char *text, int refusal);

/* The same for an identifier, as one segment of a path; refuses "." and ".." too, all with ANGO_E_ID. */
void ango_write_segment(struct ango_request *q, const char *before, const char *id);

/*
 * Writes the rest of the head, after the path. With a body, ango_request_end_body fills in Content-Length.
 */
void ango_write_head(struct ango_request *q, const struct ango_config *config, const char *api_key, bool body);
void ango_request_end_body(struct ango_request *q);

/* Whether `host` can stand in a Host header: letters, digits, '-', '.', '_', '~', up to ANGO_HOST_MAX, no '.' last. */
bool ango_host_ok(const char *host);
/*
 * Whether `prefix` can stand before a path: NULL, "", or segments of the same characters, each with a '/' before
 * it, none of them empty or beginning with a dot.
 */
bool ango_prefix_ok(const char *prefix);
/* Whether each character of `text` is from `first` to '~'. */
bool ango_header_ok(const char *text, char first);

#endif
