#include "json_writer.h"

#include <stdbool.h>
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

/* Bytes of the character at p: 0 where text cannot go on (NUL, control character, not UTF-8). */
static unsigned character(const uint8_t *p)
{
    if (*p >= 0x80)
        return ango_utf8_sequence(p);
    return *p >= 0x20 && *p != 0x7F;
}

static bool unreserved(unsigned c)
{
    return (c | 0x20) - 'a' < 26u || c - '0' < 10u || c == '-' || c == '.' || c == '_' || c == '~';
}

void ango_write_segment(struct ango_writer *w, const char *id)
{
    static const char hex[] = "0123456789ABCDEF";
    const uint8_t *p = (const uint8_t *)id;
    unsigned n;

    if (id == NULL || *id == '\0' || strcmp(id, ".") == 0 || strcmp(id, "..") == 0) {
        ango_write_refuse(w, ANGO_E_ID);
        return;
    }
    for (; (n = character(p)) != 0; p += n) {
        unsigned i;

        if (unreserved(*p)) {
            ango_write_byte(w, *p);
            continue;
        }
        for (i = 0; i < n; i++) {
            ango_write_byte(w, '%');
            ango_write_byte(w, (unsigned char)hex[p[i] >> 4]);
            ango_write_byte(w, (unsigned char)hex[p[i] & 15]);
        }
    }
    if (*p != '\0')
        ango_write_refuse(w, ANGO_E_ID);
}

void ango_write_string(struct ango_writer *w, const char *text, int refusal)
{
    const uint8_t *p = (const uint8_t *)text;
    unsigned n;

    if (text == NULL || *text == '\0') {
        ango_write_refuse(w, refusal);
        return;
    }
    ango_write_byte(w, '"');
    for (; (n = character(p)) != 0; p += n) {
        if (*p == '"' || *p == '\\')
            ango_write_byte(w, '\\');
        if (n == 1)
            ango_write_byte(w, *p);
        else
            ango_write_bytes(w, p, n);
    }
    ango_write_byte(w, '"');
    if (*p != '\0')
        ango_write_refuse(w, refusal);
}

void ango_write_word(struct ango_writer *w, const char *word)
{
    if (word == NULL) {
        ango_write_refuse(w, ANGO_E_ARG);
        return;
    }
    ango_write_byte(w, '"');
    ango_write_text(w, word);
    ango_write_byte(w, '"');
}

void ango_write_email(struct ango_writer *w, const char *email)
{
    const char *p;
    const char *at = NULL;

    if (email == NULL) {
        ango_write_refuse(w, ANGO_E_EMAIL);
        return;
    }
    for (p = email; *p != '\0' && *p != ' ' && p - email <= ANGO_EMAIL_MAX; p++) {
        if (*p != '@')
            continue;
        if (at != NULL)
            break;
        at = p;
    }
    if (*p != '\0' || p - email > ANGO_EMAIL_MAX || at == NULL || at == email || at + 1 == p
        || at - email > ANGO_EMAIL_LOCAL_MAX)
        ango_write_refuse(w, ANGO_E_EMAIL);
    else
        ango_write_string(w, email, ANGO_E_EMAIL);
}
