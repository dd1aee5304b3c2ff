/*
 * client.h - what an operation is made of: a path, a body, and the fields of its reply (json_reader.h).
 *
 * An operation calls ango_begin, writes its method and path, then ango_open_body and its body (or nothing),
 * and ends with ango_start. Errors stick in the writer, so it asks for none in between.
 */
#ifndef ANGO_CLIENT_H
#define ANGO_CLIENT_H

#include "ango.h"
#include "http.h"
#include "json_reader.h"
#include "json_writer.h"

/*
 * Starts over with "METHOD /path/", an identifier as a segment of it, and what follows that. ANGO_E_ARG,
 * with nothing touched, while an exchange is going on.
 */
int ango_begin(struct ango_client *client, struct ango_writer *w, const char *before, const char *id,
               const char *after);

/* After the path: the rest of the head. The body follows when there is one. */
static inline void ango_write_head(const struct ango_client *client, struct ango_writer *w, bool body)
{
    ango_http_write_head(w, client->config, client->api_key, body);
}

/*
 * Closes the body and makes the exchange ready for ango_step, or puts what is wrong with it into the result
 * and returns that. `shape` says what is wanted of a reply that is a success; NULL: only the envelope.
 */
int ango_start(struct ango_client *client, struct ango_writer *w, bool body, const struct ango_shape *shape);

/* The next item of the list of the last reply, if that was `shape`'s; see ango_next_invite. */
int ango_next_item(struct ango_client *client, const struct ango_shape *shape, void *out);

#endif
