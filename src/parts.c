#include "parts.h"

#include <limits.h>

void ango_write_emails(struct ango_writer *w, const char *before, const char *const *emails,
                       size_t emails_len)
{
    size_t i;

    if (emails == NULL || emails_len - 1 >= INT_MAX) {
        ango_write_refuse(w, ANGO_E_ARG);
        return;
    }
    for (i = 0; i < emails_len; i++) {
        w->index = i;
        ango_write_string(w, before, emails[i], ANGO_E_EMAIL);
        before = "\",\"";
    }
}
