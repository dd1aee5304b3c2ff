#include "http.h"

#include <string.h>

#include "utf8.h"

/* --- request ---------------------------------------------------------------------------------- */

#define LENGTH_DIGITS 10 /* reserved for Content-Length */

bool ango_http_host_ok(const char *host)
{
    const char *p = host;

    while (ango_unreserved((unsigned char)*p))
        p++;
    return *p == '\0' && p != host && p - host <= ANGO_HOST_MAX;
}

bool ango_http_key_ok(const char *key)
{
    const char *p = key;

    while (*p > ' ' && *p < 0x7F)
        p++;
    return *p == '\0' && p != key;
}

void ango_http_write_head(struct ango_writer *w, const struct ango_config *config, const char *api_key,
                          bool body)
{
    ango_write_text(w, " HTTP/1.1\r\nHost: ");
    ango_write_text(w, config->host);
    if (config->tcp_port != 0) {
        ango_write_byte(w, ':');
        ango_write_number(w, config->tcp_port);
    }
    ango_write_text(w, "\r\napikey: ");
    ango_write_text(w, api_key);
    if (config->keep_ms == 0)
        ango_write_text(w, "\r\nConnection: close");
    if (body) {
        ango_write_text(w, "\r\nContent-Type: application/json\r\nContent-Length: ");
        w->len += LENGTH_DIGITS;
    }
    ango_write_text(w, "\r\n\r\n");
    w->body = w->len;
}

/*
 * The body is moved up to its length's digits: a leading zero or space is allowed, but not liked
 * everywhere.
 */
void ango_http_end_body(struct ango_writer *w)
{
    size_t body_len = w->len - w->body;

    if (ango_write_end(w) != ANGO_OK)
        return;
    w->len = w->body - LENGTH_DIGITS - 4;
    ango_write_number(w, body_len);
    ango_write_text(w, "\r\n\r\n");
    memmove(w->buf + w->len, w->buf + w->body, body_len);
    w->len += body_len;
}
