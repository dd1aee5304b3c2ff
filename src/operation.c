#include "operation.h"

void ango_write_emails(struct ango_request *q, const char *before, const char *const *emails, size_t emails_len)
{
    if (!ango_emails_ok(q, emails, emails_len))
        return;
    for (q->index = 0; q->index < emails_len; q->index++) {
        ango_write_string(q, before, emails[q->index], ANGO_E_EMAIL);
        before = "\",\"";
    }
}

int ango_start_page(struct ango_client *client, struct ango_request *q, const struct ango_page *page,
                    const char *before, const char *text, const struct ango_shape *shape)
{
    if (page == NULL || page->page == 0 || page->limit == 0 || page->limit > ANGO_LIMIT_MAX) {
        ango_request_refuse(q, ANGO_E_ARG);
        return ango_start(client, q, shape);
    }
    ango_write_text(q, "page");
    ango_write_number(q, '=', page->page);
    ango_write_text(q, "&limit");
    ango_write_number(q, '=', page->limit);
    if (text != NULL && *text != '\0')
        ango_write_segment(q, before, text);
    return ango_start(client, q, shape);
}

static const struct ango_field fields[] = {
    ANGO_ENVELOPE,
    { "deleted", ANGO_FIELD_DATA, ANGO_JSON_NUMBER, offsetof(struct ango_result, done) },
    { "failed", ANGO_FIELD_DATA, ANGO_JSON_NUMBER, offsetof(struct ango_result, failed) },
};

static const struct ango_shape deleted = { fields, sizeof fields / sizeof fields[0], ANGO_NOWHERE, 0 };

int ango_start_delete(struct ango_client *client, const char *organization_id, const char *path, const char *body,
                      const char *const *emails, size_t emails_len)
{
    struct ango_request q;

    ango_begin(client, &q, ANGO_DELETE, "organization/", organization_id, path);
    ango_write_emails(&q, body, emails, emails_len);
    ango_write_text(&q, "\"]}");
    return ango_start(client, &q, &deleted);
}
