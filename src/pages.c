#include "parts.h"

void ango_write_page(struct ango_writer *w, const struct ango_page *page)
{
    if (page == NULL || page->page == 0 || page->limit == 0 || page->limit > ANGO_LIMIT_MAX) {
        ango_write_refuse(w, ANGO_E_ARG);
        return;
    }
    ango_write_text(w, "page=");
    ango_write_number(w, page->page);
    ango_write_text(w, "&limit=");
    ango_write_number(w, page->limit);
}

void ango_write_query(struct ango_writer *w, const char *name, const char *text)
{
    if (text == NULL || *text == '\0')
        return;
    ango_write_byte(w, '&');
    ango_write_text(w, name);
    ango_write_byte(w, '=');
    ango_write_segment(w, text);
}
