/*
 * http.h - HTTP/1.1: a request's head out, a reply in, in place. Pure: no I/O.
 *
 * A reply is taken line by line as it comes, never a byte twice, so it costs the same whole or byte by byte. What has
 * been taken is dropped, and the decoded body is moved to the front of the buffer: head, chunk sizes and
 * trailers take no room from the body. Whatever RFC 9112 leaves open to two readings is an error.
 */
#ifndef ANGO_HTTP_H
#define ANGO_HTTP_H

#include <stdbool.h>

#include "ango.h"
#include "json_writer.h"

/* The rest of the head, after "METHOD PATH". With a body, Content-Length is filled in by ango_http_end_body. */
void ango_http_write_head(struct ango_writer *w, const struct ango_config *config, const char *api_key, bool body);
void ango_http_end_body(struct ango_writer *w);

/* Whether `host` can stand in a Host header: letters, digits, '-', '.', '_'. */
bool ango_http_host_ok(const char *host);
/* Whether `key` can stand in a header: 0x21 to 0x7E, at least one. */
bool ango_http_key_ok(const char *key);

/*
 * `now` (Unix time, its lower half; 0: unknown) turns a date in Retry-After into seconds. The head, and the lines around chunks, may
 * take as many bytes as the buffer has; so may the body.
 */
void ango_http_begin(struct ango_http *h, uint8_t *buf, size_t cap, uint32_t now);

/* Where to receive, and how much at most: 0 when the buffer is full, which is ANGO_E_TOO_BIG. */
size_t ango_http_room(struct ango_http *h, uint8_t **to);

/*
 * `n` more bytes have arrived where ango_http_room said.
 *   ANGO_OK         the reply is complete: status, buf and body_len are the reply
 *   ANGO_E_WAIT     more is to come
 *   ANGO_E_HTTP, ANGO_E_TOO_BIG
 */
int ango_http_take(struct ango_http *h, size_t n);

/* The peer has closed: ANGO_OK when that ends the body, else ANGO_E_TRUNCATED. */
int ango_http_take_end(const struct ango_http *h);

/* The head of a final reply (not 1xx) was complete and in order. */
bool ango_http_has_head(const struct ango_http *h);

/* After a complete reply: the connection can carry another exchange. */
bool ango_http_can_keep(const struct ango_http *h);

#endif
