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

bool ango_unreserved(unsigned c)
{
    return (c | 0x20) - 'a' < 26u || c - '0' < 10u || c == '-' || c == '.' || c == '_' || c == '~';
}

static unsigned hex_digit(unsigned value)
{
    return value + (value < 10 ? '0' : 'A' - 10);
}

void ango_write_segment(struct ango_writer *w, const char *id)
{
    const uint8_t *p = (const uint8_t *)id;

    if (id == NULL || (*p == '.' && (p[1] == '\0' || (p[1] == '.' && p[2] == '\0')))) {
        ango_write_refuse(w, ANGO_E_ID);
        return;
    }
    do {
        unsigned n = ango_utf8_len(p);

        if (n == 0) { /* the end of an empty text, too */
            ango_write_refuse(w, ANGO_E_ID);
            return;
        }
        for (; n > 0; n--) {
            unsigned c = *p++;

            if (!ango_unreserved(c)) {
                ango_write_byte(w, '%');
                ango_write_byte(w, hex_digit(c >> 4));
                c = hex_digit(c & 15);
            }
            ango_write_byte(w, c);
        }
    } while (*p != '\0');
}

/* Written in runs, up to each byte that wants a backslash. */
void ango_write_string(struct ango_writer *w, const char *before, const char *text, int refusal)
{
    const uint8_t *p = (const uint8_t *)text;
    const uint8_t *run = p;

    if (text == NULL) {
        ango_write_refuse(w, refusal);
        return;
    }
    ango_write_text(w, before);
    do {
        unsigned n = *p - 0x20u < 0x5F ? 1 : ango_utf8_len(p);

        if (n == 0) { /* the end of an empty text, too */
            ango_write_refuse(w, refusal);
            return;
        }
        if (*p == '"' || *p == '\\') {
            ango_write_bytes(w, run, (size_t)(p - run));
            ango_write_byte(w, '\\');
            run = p;
        }
        p += n;
    } while (*p != '\0');
    ango_write_bytes(w, run, (size_t)(p - run));
    ango_write_byte(w, '"');
}

void ango_write_email(struct ango_writer *w, const char *before, const char *email)
{
    const char *p = email;
    const char *at = NULL;

    if (email != NULL)
        for (; *p != '\0' && *p != ' '; p++)
            if (*p == '@') {
                if (at != NULL)
                    break;
                at = p;
            }
    /* One @ and no space; 1 to 64 bytes before the @, something behind it. */
    if (at == NULL || *p != '\0' || (size_t)(at - email) - 1 >= ANGO_EMAIL_LOCAL_MAX || at + 1 == p
        || p - email > ANGO_EMAIL_MAX)
        email = NULL;
    ango_write_string(w, before, email, ANGO_E_EMAIL);
}
