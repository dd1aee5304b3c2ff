/*
 * parts.h - what several operations have in common: a list of addresses, a page of a list, counts in a reply.
 */
#ifndef ANGO_PARTS_H
#define ANGO_PARTS_H

#include "client.h"

/*
 * Writes `before`, which ends with an opening quote, and then a@b","c@d; ANGO_E_ARG for no address at all.
 * To be called before anything else that has an index.
 */
void ango_write_emails(struct ango_writer *w, const char *before, const char *const *emails,
                       size_t emails_len);

/*
 * Ends a GET whose path ends with a query: page=1&limit=10 and, when text is neither NULL nor "", `before`
 * ("&name=") and the text, percent-encoded; "." and ".." are ANGO_E_ID, as in a path. ANGO_E_ARG for a
 * page of 0, or a limit that is not 1 to ANGO_LIMIT_MAX.
 */
int ango_start_page(struct ango_client *client, struct ango_writer *w, const struct ango_page *page,
                    const char *before, const char *text, const struct ango_shape *shape);

/* The `check` of a shape with numbers: ANGO_E_SHAPE for one that is not a whole number up to 4294967295. */
int ango_check_counts(struct ango_result *result);

/* A deletion of what has these addresses; both reply the same. */
int ango_start_delete(struct ango_client *client, const char *organization_id, const char *path,
                      const char *body, const char *const *emails, size_t emails_len);

#endif
