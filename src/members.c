/* Members of an organization. */
#include "parts.h"

#include <limits.h>

/* --- get_organization_members --------------------------------------------------------------------- */

enum { MEMBERS = ANGO_FIELD_OWN };

static const struct ango_field fields[] = {
    ANGO_ENVELOPE,
    { "users", ANGO_IN_DATA, ANGO_JSON_LIST, 0, 0 },
    { "_id", ANGO_IN(MEMBERS), ANGO_JSON_STRING, 0, 0 },
    { "email", ANGO_IN(MEMBERS), ANGO_JSON_STRING, 0, 0 },
    { "name", ANGO_IN(MEMBERS), ANGO_JSON_STRING, 1, 0 },
    { "organizationRole", ANGO_IN(MEMBERS), ANGO_JSON_STRING, 1, 0 },
    { "createdAt", ANGO_IN(MEMBERS), ANGO_JSON_STRING, 1, 0 },
};

static const struct ango_shape members = { fields, sizeof fields / sizeof fields[0], MEMBERS, 1, NULL };

int ango_get_organization_members_start(struct ango_client *client, const char *organization_id,
                                        const char *search, const struct ango_page *page)
{
    struct ango_writer w;

    ango_begin(client, &w, "GET /v2/organization/", organization_id, "/users?");
    return ango_start_page(client, &w, page, "&search=", search, &members);
}

int ango_next_member(struct ango_client *client, struct ango_member *member)
{
    return ango_next_item(client, &members, member);
}

/* --- update_organization_members_role ------------------------------------------------------------- */

enum { USERS = ANGO_FIELD_OWN, UPDATED, FAILED, RESULTS };

static const struct ango_field update_fields[] = {
    ANGO_ENVELOPE,
    { "users", ANGO_IN_DATA, ANGO_JSON_OBJECT, 0, 0 },
    { "updated", ANGO_IN(USERS), ANGO_JSON_NUMBER, 0, offsetof(struct ango_result, done_digits) },
    { "failed", ANGO_IN(USERS), ANGO_JSON_NUMBER, 0, offsetof(struct ango_result, failed_digits) },
    { "results", ANGO_IN(USERS), ANGO_JSON_LIST, 0, 0 },
    { "email", ANGO_IN(RESULTS), ANGO_JSON_STRING, 0, 0 },
    { "status", ANGO_IN(RESULTS), ANGO_JSON_STRING, 0, 0 },
    { "message", ANGO_IN(RESULTS), ANGO_JSON_STRING, 1, 0 },
};

static const struct ango_shape updates = {
    update_fields, sizeof update_fields / sizeof update_fields[0], RESULTS, 1, ango_check_counts
};

int ango_update_organization_members_role_start(struct ango_client *client, const char *organization_id,
                                                const char *const *emails, size_t emails_len,
                                                enum ango_organization_role role)
{
    struct ango_writer w;
    size_t i;

    ango_begin(client, &w, "POST /v2/organization/", organization_id, "/users");
    if (emails == NULL || emails_len - 1 >= INT_MAX) {
        ango_write_refuse(&w, ANGO_E_ARG);
        emails_len = 0;
    }
    for (i = 0; i < emails_len; i++) {
        w.index = i;
        ango_write_string(&w, i == 0 ? "{\"users\":[{\"email\":\"" : "\"},{\"email\":\"", emails[i],
                          ANGO_E_EMAIL);
        ango_write_string(&w, "\",\"organizationRole\":\"", ango_organization_role_text(role), ANGO_E_ARG);
    }
    ango_write_text(&w, "\"}]}");
    return ango_start(client, &w, &updates);
}

int ango_next_role_update(struct ango_client *client, struct ango_role_update *update)
{
    return ango_next_item(client, &updates, update);
}

/* --- delete_organization_members ------------------------------------------------------------------ */

int ango_delete_organization_members_start(struct ango_client *client, const char *organization_id,
                                           const char *const *emails, size_t emails_len)
{
    return ango_start_delete(client, organization_id, "/users", "{\"users\":[\"", emails, emails_len);
}
