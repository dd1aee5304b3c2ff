#include "parts.h"

int ango_start_page(struct ango_client *client, struct ango_writer *w, const struct ango_page *page,
                    const char *before, const char *text, const struct ango_shape *shape)
{
    if (page == NULL || page->page == 0 || page->limit - 1 >= ANGO_LIMIT_MAX) {
        ango_write_refuse(w, ANGO_E_ARG);
        return ango_start(client, w, shape);
    }
    ango_write_text(w, "page");
    ango_write_number(w, '=', page->page, 10);
    ango_write_text(w, "&limit");
    ango_write_number(w, '=', page->limit, 10);
    if (text != NULL && *text != '\0')
        ango_write_segment(w, before, text);
    return ango_start(client, w, shape);
}
