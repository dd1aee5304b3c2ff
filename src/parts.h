/* parts.h - what several operations have in common: a list of addresses, a page of a list, counts in a reply. */
#ifndef ANGO_PARTS_H
#define ANGO_PARTS_H

#include "client.h"

/* ["a@b","c@d"]; ANGO_E_ARG for none at all. */
void ango_write_emails(struct ango_writer *w, const char *const *emails, size_t emails_len);

/* page=1&limit=10, which a query ends with; ANGO_E_ARG for a page of 0, or a limit that is not 1 to ANGO_LIMIT_MAX. */
void ango_write_page(struct ango_writer *w, const struct ango_page *page);

/* &name=text, percent-encoded; nothing when text is NULL or "". */
void ango_write_query(struct ango_writer *w, const char *name, const char *text);

/* The `check` of a shape with numbers: ANGO_E_SHAPE for one that is not a whole number up to 4294967295. */
int ango_check_counts(struct ango_result *result);

/* What both deletions reply. */
extern const struct ango_shape ango_deleted;

#endif
