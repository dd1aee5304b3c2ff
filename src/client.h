/*
 * client.h - what an operation is made of: a path, a body, and the fields of its reply (json_reader.h).
 *
 * An operation calls ango_begin, writes its body or the rest of its path, and ends with ango_start. Errors
 * stick in the writer, so it asks for none in between.
 */
#ifndef ANGO_CLIENT_H
#define ANGO_CLIENT_H

#include "ango.h"
#include "http.h"
#include "json_reader.h"
#include "json_writer.h"

/*
 * Starts over with "METHOD /path/", an identifier as a segment of it, and what follows that. Unless it is a
 * GET, whose path may go on, the rest of the head is written too, for a body to follow. While an exchange is
 * going on nothing is touched: the writer gets no buffer, and ango_start refuses it.
 */
void ango_begin(struct ango_client *client, struct ango_writer *w, const char *before, const char *id,
                const char *after);

/*
 * Closes the head or the body and makes the exchange ready for ango_step, or puts what is wrong with it into
 * the result and returns that. `shape` says what is wanted of a reply that is a success.
 */
int ango_start(struct ango_client *client, struct ango_writer *w, const struct ango_shape *shape);

/* The next item of the list of the last reply, if that was `shape`'s; see ango_next_invite. */
int ango_next_item(struct ango_client *client, const struct ango_shape *shape, void *out);

#endif
