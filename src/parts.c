#include "parts.h"

#include <limits.h>

int ango_begin_body(struct ango_client *client, struct ango_writer *w, const char *before, const char *id,
                    const char *after, const char *body)
{
    if (ango_begin(client, w) != ANGO_OK)
        return ANGO_E_ARG;
    ango_write_text(w, before);
    ango_write_segment(w, id);
    ango_write_text(w, after);
    ango_write_head(client, w, true);
    ango_write_text(w, body);
    return ANGO_OK;
}

void ango_write_emails(struct ango_writer *w, const char *const *emails, size_t emails_len)
{
    size_t i;

    if (emails == NULL || emails_len - 1 >= INT_MAX) {
        ango_write_refuse(w, ANGO_E_ARG);
        return;
    }
    for (i = 0; i < emails_len; i++) {
        w->index = i;
        ango_write_byte(w, i == 0 ? '[' : ',');
        ango_write_email(w, emails[i]);
    }
    ango_write_byte(w, ']');
}
