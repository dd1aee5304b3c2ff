#include "parts.h"

#include <limits.h>

void ango_write_emails(struct ango_writer *w, const char *before, const char *const *emails,
                       size_t emails_len)
{
    if (emails == NULL || emails_len - 1 >= INT_MAX) {
        ango_write_refuse(w, ANGO_E_ARG);
        return;
    }
    do {
        ango_write_string(w, before, emails[w->index], ANGO_E_EMAIL);
        before = "\",\"";
    } while (++w->index < emails_len);
}
