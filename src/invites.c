/* Invitations to an organization. */
#include <limits.h>

#include "operation.h"

enum { TOTAL = ANGO_FIELD_OWN, INVITES };

static const struct ango_field fields[] = {
    ANGO_ENVELOPE,
    { "total", ANGO_FIELD_DATA, ANGO_JSON_NUMBER, offsetof(struct ango_result, total) },
    { "invites", ANGO_FIELD_DATA, ANGO_JSON_LIST, 0 },
    { "_id", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    { "to", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    { "organizationRole", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    { "status", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    { "message", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    { "createdBy", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    { "createdAt", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    { "expiresAt", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
};

#define FIELDS fields, sizeof fields / sizeof fields[0], INVITES

/* --- invite_members_to_org ------------------------------------------------------------------------ */

static const struct ango_shape invited = { FIELDS, 0 };

static void write_assignments(struct ango_request *q, const struct ango_invitation *invitation)
{
    const char *before = "\",\"projectAssignments\":[{\"projectId\":\"";
    size_t i;

    for (i = 0; i < invitation->project_assignments_len; i++) {
        const struct ango_project_assignment *assignment = &invitation->project_assignments[i];

        q->index = i;
        ango_write_string(q, before, assignment->project_id, ANGO_E_ID);
        before = "\"},{\"projectId\":\"";
        ango_write_string(q, "\",\"projectRole\":\"", ango_project_role_text(assignment->project_role), ANGO_E_ARG);
    }
    ango_write_text(q, i > 0 ? "\"}]}" : "\"}");
}

int ango_invite_members_to_org_start(struct ango_client *client, const char *organization_id,
                                     const struct ango_invitation *invitation)
{
    struct ango_request q;

    ango_begin(client, &q, ANGO_POST, "organization/", organization_id, "/invites");
    if (invitation == NULL || invitation->project_assignments_len > INT_MAX
        || (invitation->project_assignments == NULL && invitation->project_assignments_len > 0)) {
        ango_request_refuse(&q, ANGO_E_ARG);
    } else {
        ango_write_emails(&q, "{\"to\":[\"", invitation->to, invitation->to_len);
        ango_write_string(&q, "\"],\"organizationRole\":\"", ango_organization_role_text(invitation->organization_role),
                          ANGO_E_ARG);
        write_assignments(&q, invitation);
    }
    return ango_start(client, &q, &invited);
}

/* --- get_organization_invites --------------------------------------------------------------------- */

static const struct ango_shape pending = { FIELDS, 1 };

int ango_start_invites(struct ango_client *client, const char *organization_id, const char *query,
                       const struct ango_page *page, const struct ango_shape *shape)
{
    struct ango_request q;

    ango_begin(client, &q, ANGO_GET, "organization/", organization_id, query);
    return ango_start_page(client, &q, page, NULL, NULL, shape);
}

int ango_get_organization_invites_start(struct ango_client *client, const char *organization_id,
                                        const struct ango_page *page)
{
    return ango_start_invites(client, organization_id, "/invites?status=pending&", page, &pending);
}

int ango_next_invite(struct ango_client *client, struct ango_invite *invite)
{
    return ango_next_entry(client, fields, invite);
}

/* --- delete_organization_invites ------------------------------------------------------------------ */

int ango_delete_organization_invites_start(struct ango_client *client, const char *organization_id,
                                           const char *const *emails, size_t emails_len)
{
    return ango_start_delete(client, organization_id, "/invites", "{\"invites\":[\"", emails, emails_len);
}
