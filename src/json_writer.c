#include "json_writer.h"

#include <string.h>

#include "ango.h"
#include "utf8.h"

void ango_write_begin(struct ango_writer *w, uint8_t *buf, size_t cap)
{
    memset(w, 0, sizeof *w);
    w->buf = buf;
    w->cap = cap;
}

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
    if (w->len < w->cap)
        w->buf[w->len] = (uint8_t)byte;
    w->len++;
}

void ango_write_bytes(struct ango_writer *w, const void *data, size_t len)
{
    if (w->len <= w->cap && len <= w->cap - w->len)
        memcpy(w->buf + w->len, data, len);
    w->len += len;
}

void ango_write_text(struct ango_writer *w, const char *text)
{
    ango_write_bytes(w, text, strlen(text));
}

void ango_write_number(struct ango_writer *w, size_t number)
{
    char digits[3 * sizeof number];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    ango_write_bytes(w, digits + at, sizeof digits - at);
}

/* Length of a text; 0 when it is NULL, empty, has a control character, or is not UTF-8. */
static size_t text_len(const char *text)
{
    const uint8_t *p = (const uint8_t *)text;
    unsigned n = 1;

    if (text == NULL)
        return 0;
    while (n != 0) {
        n = *p - 0x20u < 0x5F ? 1 : *p < 0x80 ? 0 : ango_utf8_len(p);
        p += n;
    }
    return *p == '\0' ? (size_t)(p - (const uint8_t *)text) : 0;
}

bool ango_unreserved(unsigned c)
{
    return (c | 0x20) - 'a' < 26u || c - '0' < 10u || c == '-' || c == '.' || c == '_' || c == '~';
}

/* Writes the text in runs: up to each byte that JSON wants escaped or, for a path, percent-encoded. */
static void write_escaped(struct ango_writer *w, const char *text, size_t len, bool path)
{
    static const char hex[] = "0123456789ABCDEF";
    const char *end = text + len;
    const char *run = text;

    for (; text < end; text++) {
        unsigned c = (unsigned char)*text;

        if (path ? ango_unreserved(c) : c != '"' && c != '\\')
            continue;
        ango_write_bytes(w, run, (size_t)(text - run));
        run = text;
        ango_write_byte(w, path ? '%' : '\\');
        if (path) {
            ango_write_byte(w, (unsigned char)hex[c >> 4]);
            ango_write_byte(w, (unsigned char)hex[c & 15]);
            run++;
        }
    }
    ango_write_bytes(w, run, (size_t)(text - run));
}

void ango_write_segment(struct ango_writer *w, const char *id)
{
    size_t len = text_len(id);

    if (len == 0 || (id[0] == '.' && (len == 1 || (id[1] == '.' && len == 2))))
        ango_write_refuse(w, ANGO_E_ID);
    else
        write_escaped(w, id, len, true);
}

void ango_write_string(struct ango_writer *w, const char *text, int refusal)
{
    size_t len = text_len(text);

    if (len == 0) {
        ango_write_refuse(w, refusal);
        return;
    }
    ango_write_byte(w, '"');
    write_escaped(w, text, len, false);
    ango_write_byte(w, '"');
}

void ango_write_word(struct ango_writer *w, const char *word)
{
    ango_write_string(w, word, ANGO_E_ARG);
}

void ango_write_email(struct ango_writer *w, const char *email)
{
    size_t len = text_len(email);
    const char *at = len != 0 ? strchr(email, '@') : NULL;
    size_t local_len = at != NULL ? (size_t)(at - email) : 0;

    /* Not zero, and at most 64; something behind the @; one @ only, and no space. */
    if (local_len - 1 >= ANGO_EMAIL_LOCAL_MAX || at[1] == '\0' || len > ANGO_EMAIL_MAX || strchr(at + 1, '@') != NULL
        || strchr(email, ' ') != NULL)
        email = NULL;
    ango_write_string(w, email, ANGO_E_EMAIL);
}
