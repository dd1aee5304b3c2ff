/* Invitations to an organization. */
#include "parts.h"

#include <limits.h>

enum { INVITES = ANGO_FIELD_OWN };

/* No type is insisted on, since what comes back for an invitation is not documented. */
static const struct ango_field fields[] = {
    ANGO_ENVELOPE,
    { "invites", ANGO_IN_DATA, ANGO_JSON_LIST, 1, 0 },
    { "_id", ANGO_IN(INVITES), ANGO_JSON_STRING, 1, 0 },
    { "to", ANGO_IN(INVITES), ANGO_JSON_STRING, 1, 0 },
    { "organizationRole", ANGO_IN(INVITES), ANGO_JSON_STRING, 1, 0 },
    { "status", ANGO_IN(INVITES), ANGO_JSON_STRING, 1, 0 },
    { "message", ANGO_IN(INVITES), ANGO_JSON_STRING, 1, 0 },
    { "createdBy", ANGO_IN(INVITES), ANGO_JSON_STRING, 1, 0 },
    { "createdAt", ANGO_IN(INVITES), ANGO_JSON_STRING, 1, 0 },
    { "expiresAt", ANGO_IN(INVITES), ANGO_JSON_STRING, 1, 0 },
};

#define FIELDS fields, sizeof fields / sizeof fields[0], INVITES

/* --- invite_members_to_org ------------------------------------------------------------------------ */

static const struct ango_shape invited = { FIELDS, 0, NULL };

static void write_assignments(struct ango_writer *w, const struct ango_invitation *invitation)
{
    const char *before = "\",\"projectAssignments\":[{\"projectId\":\"";
    size_t i;

    for (i = 0; i < invitation->project_assignments_len; i++) {
        const struct ango_project_assignment *assignment = &invitation->project_assignments[i];

        w->index = i;
        ango_write_string(w, before, assignment->project_id, ANGO_E_ID);
        before = "\"},{\"projectId\":\"";
        ango_write_string(w, "\",\"projectRole\":\"", ango_project_role_text(assignment->project_role),
                          ANGO_E_ARG);
    }
    ango_write_text(w, i > 0 ? "\"}]}" : "\"}");
}

int ango_invite_members_to_org_start(struct ango_client *client, const char *organization_id,
                                     const struct ango_invitation *invitation)
{
    struct ango_writer w;

    ango_begin(client, &w, "POST /v2/organization/", organization_id, "/invites");
    if (invitation == NULL || invitation->project_assignments_len > INT_MAX
        || (invitation->project_assignments == NULL && invitation->project_assignments_len > 0)) {
        ango_write_refuse(&w, ANGO_E_ARG);
        return ango_start(client, &w, &invited);
    }
    ango_write_emails(&w, "{\"to\":[\"", invitation->to, invitation->to_len);
    ango_write_string(&w, "\"],\"organizationRole\":\"",
                      ango_organization_role_text(invitation->organization_role), ANGO_E_ARG);
    write_assignments(&w, invitation);
    return ango_start(client, &w, &invited);
}

/* --- get_organization_invites --------------------------------------------------------------------- */

static const struct ango_shape pending = { FIELDS, 1, NULL };

int ango_get_organization_invites_start(struct ango_client *client, const char *organization_id,
                                        const struct ango_page *page)
{
    struct ango_writer w;

    ango_begin(client, &w, "GET /v2/organization/", organization_id, "/invites?status=pending&");
    return ango_start_page(client, &w, page, NULL, NULL, &pending);
}

int ango_next_invite(struct ango_client *client, struct ango_invite *invite)
{
    return ango_next_item(client, &invited, invite);
}

/* --- delete_organization_invites ------------------------------------------------------------------ */

int ango_delete_organization_invites_start(struct ango_client *client, const char *organization_id,
                                           const char *const *emails, size_t emails_len)
{
    return ango_start_delete(client, organization_id, "/invites", "{\"invites\":[\"", emails, emails_len);
}
