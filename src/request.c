#include "request.h"

#include <string.h>

#include "utf8.h"

#define LENGTH_DIGITS "1234567890" /* reserved for Content-Length */
#define EMPTY_LINE "\r\n\r\n"      /* with the end of the line before it */

void ango_request_refuse(struct ango_request *q, int err)
{
    if (q->err != ANGO_OK)
        return;
    q->err = err;
    q->error_index = q->index;
}

int ango_request_end(const struct ango_request *q)
{
    if (q->err != ANGO_OK)
        return q->err;
    return q->len <= q->cap ? ANGO_OK : ANGO_E_SPACE;
}

/* --- bytes and numbers ------------------------------------------------------------------------ */

static void write_bytes(struct ango_request *q, const void *data, size_t len)
{
    size_t end = q->len + len;

    /* `end` must not have wrapped around; memmove, since ango_request_end_body moves bytes within the buffer. */
    if (end >= len && end <= q->cap) /* mutant: past-the-buffer */
        memmove(q->buf + q->len, data, len);
    q->len = end;
}

void ango_write_text(struct ango_request *q, const char *text)
{
    write_bytes(q, text, strlen(text));
}

void ango_write_number(struct ango_request *q, char before, size_t number)
{
    char digits[1 + 3 * sizeof number];
    char *end = digits + sizeof digits;
    char *p = end;

    do {
        *--p = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    *--p = before;
    write_bytes(q, p, (size_t)(end - p));
}

static void write_percent(struct ango_request *q, unsigned byte)
{
    static const char digits[] = "0123456789ABCDEF";
    char text[3];

    text[0] = '%';
    text[1] = digits[byte >> 4];
    text[2] = digits[byte & 15];
    write_bytes(q, text, sizeof text);
}

/* --- strings ---------------------------------------------------------------------------------- */

/* The unreserved characters of RFC 3986, 2.3. */
static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.'
        || c == '_' || c == '~';
}

static const char *skip_unreserved(const char *text)
{
    while (is_unreserved(*text))
        text++;
    return text;
}

/* LOCAL@DOMAIN within the limits of ango.h, with any characters except spaces and a second @. */
static bool is_email(const char *text)
{
    size_t local = strcspn(text, "@ ");
    size_t domain;

    if (local == 0 || local > ANGO_EMAIL_LOCAL_MAX || text[local] != '@')
        return false;
    text += local + 1;
    domain = strcspn(text, "@ ");
    return domain > 0 && text[domain] == '\0' && local + 1 + domain <= ANGO_EMAIL_MAX; /* mutant: second-at */
}

/* Writes a character that is not unreserved; returns its length, or 0 if it is invalid. */
static size_t write_character(struct ango_request *q, const char *p)
{
    size_t n = ango_utf8_len((const uint8_t *)p); /* mutant: control-characters */
    size_t i;

    if (q->body != 0) {
        if (*p == '"' || *p == '\\') /* mutant: no-escape */
            write_bytes(q, "\\", 1);
        write_bytes(q, p, n);
        return n;
    }
    for (i = 0; i < n; i++)
        write_percent(q, (uint8_t)p[i]); /* mutant: no-percent */
    return n;
}

void ango_write_string(struct ango_request *q, const char *before, const char *text, int refusal)
{
    if (text == NULL || *text == '\0' || (refusal == ANGO_E_EMAIL && !is_email(text))) {
        ango_request_refuse(q, refusal);
        return;
    }
    ango_write_text(q, before);
    while (*text != '\0') {
        const char *run = text;
        size_t n;

        text = skip_unreserved(text);
        write_bytes(q, run, (size_t)(text - run));
        if (*text == '\0')
            return;
        n = write_character(q, text);
        if (n == 0) {
            ango_request_refuse(q, refusal);
            return;
        }
        text += n;
    }
}

void ango_write_segment(struct ango_request *q, const char *before, const char *id)
{
    if (id != NULL && id[0] == '.' && (id[1] == '\0' || (id[1] == '.' && id[2] == '\0'))) /* mutant: dot-segment */
        id = NULL;
    ango_write_string(q, before, id, ANGO_E_ID);
}

/* --- the head --------------------------------------------------------------------------------- */

bool ango_host_ok(const char *host)
{
    const char *end = skip_unreserved(host);

    return end != host && *end == '\0' && end[-1] != '.' && end - host <= ANGO_HOST_MAX; /* mutant: long-host */
}

bool ango_prefix_ok(const char *prefix)
{
    if (prefix == NULL)
        return true;
    while (*prefix == '/') {
        const char *segment = prefix + 1;

        prefix = skip_unreserved(segment);
        if (prefix == segment || *segment == '.') /* no "/..", which a proxy may resolve */
            return false;
    }
    return *prefix == '\0';
}

bool ango_header_ok(const char *text, char first)
{
    for (; *text != '\0'; text++)
        if (*text < first || *text > '~')
            return false;
    return true;
}

void ango_write_head(struct ango_request *q, const struct ango_config *config, const char *api_key, bool body)
{
    const char *user_agent = config->user_agent != NULL ? config->user_agent : "ango/" ANGO_VERSION;

    ango_write_text(q, " HTTP/1.1\r\nHost: ");
    ango_write_text(q, config->host);
    if (config->tcp_port != 0)
        ango_write_number(q, ':', config->tcp_port);
    ango_write_text(q, "\r\nAccept-Encoding: identity\r\napikey: ");
    ango_write_text(q, api_key);
    if (*user_agent != '\0') {
        ango_write_text(q, "\r\nUser-Agent: ");
        ango_write_text(q, user_agent);
    }
    if (config->keep_ms == 0)
        ango_write_text(q, "\r\nConnection: close");
    ango_write_text(
        q, body ? "\r\nContent-Type: application/json\r\nContent-Length: " LENGTH_DIGITS EMPTY_LINE : EMPTY_LINE);
    q->body = q->len - strlen(EMPTY_LINE);
}

/*
 * Moves the body up to the digits of its length: padding them with zeros or spaces is allowed, but not every
 * server accepts it.
 */
void ango_request_end_body(struct ango_request *q)
{
    size_t len = q->len - q->body; /* including the empty line */

    if (ango_request_end(q) != ANGO_OK)
        return;
    q->len = q->body - strlen(" " LENGTH_DIGITS);
    ango_write_number(q, ' ', len - strlen(EMPTY_LINE));
    write_bytes(q, q->buf + q->body, len);
}
