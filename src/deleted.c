#include "parts.h"

/* The types are open, since only the deletion of members is documented. */
static const struct ango_field fields[] = {
    ANGO_ENVELOPE,
    { "deleted", ANGO_IN_DATA, ANGO_JSON_NUMBER, 1, offsetof(struct ango_result, done_digits) },
    { "failed", ANGO_IN_DATA, ANGO_JSON_NUMBER, 1, offsetof(struct ango_result, failed_digits) },
};

static const struct ango_shape deleted = {
    fields, sizeof fields / sizeof fields[0], ANGO_NOWHERE, 0, ango_check_counts
};

int ango_start_delete(struct ango_client *client, const char *organization_id, const char *path,
                      const char *body, const char *const *emails, size_t emails_len)
{
    struct ango_writer w;

    ango_begin(client, &w, "DELETE /v2/organization/", organization_id, path);
    ango_write_emails(&w, body, emails, emails_len);
    ango_write_text(&w, "\"]}");
    return ango_start(client, &w, &deleted);
}
