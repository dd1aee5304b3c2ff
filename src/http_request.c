/* A request's head, out. */
#include "http.h"

#include <string.h>

#include "utf8.h"

#define LENGTH_DIGITS 10 /* reserved for Content-Length */

bool ango_http_host_ok(const char *host)
{
    const char *end = ango_skip_unreserved(host);

    return *end == '\0' && (size_t)(end - host) - 1 < ANGO_HOST_MAX;
}

bool ango_http_key_ok(const char *key)
{
    do
        if ((uint8_t)*key - 0x21u >= 0x5E)
            return false;
    while (*++key != '\0');
    return true;
}

void ango_http_write_head(struct ango_writer *w, const struct ango_config *config, const char *api_key,
                          bool body)
{
    ango_write_text(w, " HTTP/1.1\r\nHost: ");
    ango_write_text(w, config->host);
    if (config->tcp_port != 0)
        ango_write_number(w, ':', config->tcp_port, 10);
    ango_write_text(w, "\r\napikey: ");
    ango_write_text(w, api_key);
    if (config->keep_ms == 0)
        ango_write_text(w, "\r\nConnection: close");
    ango_write_text(w, body ? "\r\nContent-Type: application/json\r\nContent-Length: 1234567890\r\n\r\n"
                            : "\r\n\r\n");
    w->body = w->len - 4;
}

/*
 * The body is moved up to its length's digits: a leading zero or space is allowed, but not liked
 * everywhere.
 */
void ango_http_end_body(struct ango_writer *w)
{
    if (ango_write_end(w) == ANGO_OK) {
        size_t len = w->len - w->body; /* with the empty line */

        w->len -= len + 1 + LENGTH_DIGITS;
        ango_write_number(w, ' ', len - 4, 10);
        ango_write_bytes(w, w->buf + w->body, len);
    }
}
