/* Members of an organization. */
#include "operation.h"

/* --- get_organization_members --------------------------------------------------------------------- */

enum { TOTAL = ANGO_FIELD_OWN, MEMBERS };

static const struct ango_field fields[] = {
    ANGO_ENVELOPE,
    { "total", ANGO_FIELD_DATA, ANGO_JSON_NUMBER, offsetof(struct ango_result, total) },
    { "users", ANGO_FIELD_DATA, ANGO_JSON_LIST, 0 },
    { "_id", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    { "email", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    { "name", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    { "organizationRole", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    { "createdAt", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
};

static const struct ango_shape members = { fields, sizeof fields / sizeof fields[0], MEMBERS, 1 };

int ango_start_members(struct ango_client *client, const char *organization_id, const char *search,
                       const struct ango_page *page, const struct ango_shape *shape)
{
    struct ango_request q;

    ango_begin(client, &q, ANGO_GET, "organization/", organization_id, "/users?");
    return ango_start_page(client, &q, page, "&search=", search, shape);
}

int ango_get_organization_members_start(struct ango_client *client, const char *organization_id, const char *search,
                                        const struct ango_page *page)
{
    return ango_start_members(client, organization_id, search, page, &members);
}

int ango_next_member(struct ango_client *client, struct ango_member *member)
{
    return ango_next_entry(client, fields, member);
}

/* --- update_organization_members_role ------------------------------------------------------------- */

enum { USERS = ANGO_FIELD_OWN, UPDATED, FAILED, RESULTS };

static const struct ango_field update_fields[] = {
    ANGO_ENVELOPE,
    { "users", ANGO_FIELD_DATA, ANGO_JSON_OBJECT, 0 },
    { "updated", USERS, ANGO_JSON_NUMBER, offsetof(struct ango_result, done) },
    { "failed", USERS, ANGO_JSON_NUMBER, offsetof(struct ango_result, failed) },
    { "results", USERS, ANGO_JSON_LIST, 0 },
    { "email", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    { "status", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    { "message", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
};

static const struct ango_shape updates = { update_fields, sizeof update_fields / sizeof update_fields[0], RESULTS, 0 };

int ango_update_organization_members_role_start(struct ango_client *client, const char *organization_id,
                                                const char *const *emails, size_t emails_len,
                                                enum ango_organization_role role)
{
    struct ango_request q;
    size_t i;

    ango_begin(client, &q, ANGO_POST, "organization/", organization_id, "/users");
    if (!ango_emails_ok(&q, emails, emails_len))
        emails_len = 0;
    for (i = 0; i < emails_len; i++) {
        q.index = i;
        ango_write_string(&q, i == 0 ? "{\"users\":[{\"email\":\"" : "\"},{\"email\":\"", emails[i], ANGO_E_EMAIL);
        ango_write_string(&q, "\",\"organizationRole\":\"", ango_organization_role_text(role), ANGO_E_ARG);
    }
    ango_write_text(&q, "\"}]}");
    return ango_start(client, &q, &updates);
}

int ango_next_role_update(struct ango_client *client, struct ango_role_update *update)
{
    return ango_next_entry(client, update_fields, update);
}

/* --- delete_organization_members ------------------------------------------------------------------ */

int ango_delete_organization_members_start(struct ango_client *client, const char *organization_id,
                                           const char *const *emails, size_t emails_len)
{
    return ango_start_delete(client, organization_id, "/users", "{\"users\":[\"", emails, emails_len);
}
