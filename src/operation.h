/*
 * operation.h - what an operation is made of: a path, a body, and the fields of its reply (json.h).
 *
 * An operation calls ango_begin, writes its body or the rest of its path, and ends with ango_start. Errors
 * stick in the request, so it checks nothing in between. How to add one: src/README.md.
 */
#ifndef ANGO_OPERATION_H
#define ANGO_OPERATION_H

#include <limits.h>

#include "ango.h"
#include "json.h"
#include "request.h"

/* --- what every operation calls (exchange.c) ------------------------------------------------------ */

enum ango_method { ANGO_GET, ANGO_POST, ANGO_DELETE };

/*
 * Begins a request: "METHOD PREFIX/v2/", `before`, an identifier as a segment of the path, and `after`. For POST and
 * DELETE the head is written too, for a body to follow; a GET may still append to its path. While an exchange is
 * going on nothing is touched: the request gets no buffer, and ango_start refuses it.
 */
void ango_begin(struct ango_client *client, struct ango_request *q, enum ango_method method, const char *before,
                const char *id, const char *after);

/*
 * Closes the head or the body and makes the exchange ready for ango_step, or puts the error into the result and
 * returns it. `shape` says what is wanted of a successful reply.
 */
int ango_start(struct ango_client *client, struct ango_request *q, const struct ango_shape *shape);

/* The next entry of the last reply's list, if its entries have these fields; see ango_next_invite. */
int ango_next_entry(struct ango_client *client, const struct ango_field *fields, void *out);

/* --- for walks: entries while the reply comes in -------------------------------------------------- */

/* Makes the exchange just started hand out each entry as it comes, instead of keeping it. */
void ango_drain(struct ango_client *client);

/*
 * As ango_step, for such an exchange. ANGO_E_END: the next entry is in `out`, with strings valid until the next call.
 * ANGO_E_ENTRY: the next entry does not fit the buffer.
 */
int ango_drain_step(struct ango_client *client, void *out, uint32_t wait_ms);

bool ango_is_busy(const struct ango_client *client);

/* Whether the next step hands the first byte of the request to the port: from then on it may have reached the server. */
bool ango_is_to_send(const struct ango_client *client);

/* Replaces the key in a text of the reply by asterisks, also the beginning of one that is cut off at the end. */
void ango_hide_key(const char *text, const char *key);

/* --- what several operations have in common (operation.c) ----------------------------------------- */

/* Whether there are 1 to INT_MAX addresses; if not, refuses the request with ANGO_E_ARG. */
static inline bool ango_emails_ok(struct ango_request *q, const char *const *emails, size_t emails_len)
{
    if (emails != NULL && emails_len > 0 && emails_len <= INT_MAX)
        return true;
    ango_request_refuse(q, ANGO_E_ARG);
    return false;
}
/*
 * Writes `before`, which ends with an opening quote, and then a@b","c@d; ANGO_E_ARG for no address at all.
 * Call it before writing anything else that has an index.
 */
void ango_write_emails(struct ango_request *q, const char *before, const char *const *emails, size_t emails_len);

/*
 * Completes a GET whose path ends with a query: page=1&limit=10 and, when text is neither NULL nor "", `before`
 * ("&name=") and the text, percent-encoded; "." and ".." are ANGO_E_ID, as in a path. ANGO_E_ARG for a
 * page of 0, or a limit that is not 1 to ANGO_LIMIT_MAX.
 */
int ango_start_page(struct ango_client *client, struct ango_request *q, const struct ango_page *page,
                    const char *before, const char *text, const struct ango_shape *shape);

/* DELETE by address; invitations and members share one reply format. */
int ango_start_delete(struct ango_client *client, const char *organization_id, const char *path, const char *body,
                      const char *const *emails, size_t emails_len);

/* --- lists, with the fields that the caller wants -------------------------------------------------- */

int ango_start_invites(struct ango_client *client, const char *organization_id, const char *query,
                       const struct ango_page *page, const struct ango_shape *shape);
int ango_start_members(struct ango_client *client, const char *organization_id, const char *search,
                       const struct ango_page *page, const struct ango_shape *shape);
int ango_start_project(struct ango_client *client, const char *project_id, const struct ango_shape *shape);

#endif
