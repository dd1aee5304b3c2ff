#include "json_writer.h"

#include <string.h>

#include "ango.h"
#include "utf8.h"

void ango_write_refuse(struct ango_writer *w, int err)
{
    if (w->err != ANGO_OK)
        return;
    w->err = err;
    w->error_index = w->index;
}

int ango_write_end(const struct ango_writer *w)
{
    if (w->err != ANGO_OK)
        return w->err;
    return w->len <= w->cap ? ANGO_OK : ANGO_E_SPACE;
}

void ango_write_byte(struct ango_writer *w, unsigned byte)
{
    size_t at = w->len++;

    if (at < w->cap)
        w->buf[at] = (uint8_t)byte;
}

void ango_write_bytes(struct ango_writer *w, const void *data, size_t len)
{
    size_t end = w->len + len;

    if (end >= len && end <= w->cap) /* not wrapped around; memmove, since ango_http_end_body moves its own */
        memmove(w->buf + w->len, data, len);
    w->len = end;
}

void ango_write_text(struct ango_writer *w, const char *text)
{
    ango_write_bytes(w, text, strlen(text));
}

void ango_write_number(struct ango_writer *w, char before, size_t number, unsigned base)
{
    char digits[1 + 3 * sizeof number];
    char *p = digits + sizeof digits - 1;

    do {
        size_t digit = number % base;

        if (digit > 9)
            digit += 'A' - '9' - 1;
        *p-- = (char)('0' + digit);
        number /= base;
    } while (number > 0);
    *p = before;
    ango_write_bytes(w, p, (size_t)(digits + sizeof digits - p));
}

const char *ango_skip_unreserved(const char *text)
{
    for (;; text++) {
        unsigned c = (uint8_t)*text;

        /* Two ranges, less a slash: '-', '.' and digits; letters of either case. */
        if (c <= '9' ? c < '-' || c == '/' : ((c - 'A') & ~0x20u) >= 26 && c != '_' && c != '~')
            return text;
    }
}

/*
 * Unreserved characters stand for themselves everywhere and are written in runs; so is the first @ of an
 * address, after which `text` is NULL.
 */
void ango_write_string(struct ango_writer *w, const char *before, const char *text, int refusal)
{
    const char *p = text;

    if (text != NULL && *text != '\0') {
        ango_write_text(w, before);
        for (;;) {
            const char *run = p;
            unsigned n;

            p = ango_skip_unreserved(p);
            if (*p == '@' && refusal == ANGO_E_EMAIL && text != NULL) {
                if ((size_t)(p - text) - 1 >= ANGO_EMAIL_LOCAL_MAX || p[1] == '\0'
                    || strlen(text) > ANGO_EMAIL_MAX)
                    break;
                text = NULL;
                p = ango_skip_unreserved(p + 1);
            }
            ango_write_bytes(w, run, (size_t)(p - run));
            if (*p == '\0' && (refusal != ANGO_E_EMAIL || text == NULL))
                return;
            n = ango_utf8_len((const uint8_t *)p); /* 0 at the end, too */
            if (n == 0 || ((*p == ' ' || *p == '@') && refusal == ANGO_E_EMAIL))
                break;
            if (w->body != 0 && (*p == '"' || *p == '\\'))
                ango_write_byte(w, '\\');
            do
                if (w->body != 0)
                    ango_write_byte(w, (uint8_t)*p++);
                else
                    ango_write_number(w, '%', (uint8_t)*p++, 16);
            while (--n > 0);
        }
    }
    ango_write_refuse(w, refusal);
}

void ango_write_segment(struct ango_writer *w, const char *before, const char *id)
{
    if (id != NULL && *id == '.' && id[id[1] == '.' ? 2 : 1] == '\0')
        id = NULL;
    ango_write_string(w, before, id, ANGO_E_ID);
}
