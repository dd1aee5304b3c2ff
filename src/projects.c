/* Projects, and who works on them. */
#include "parts.h"

/* --- list_projects -------------------------------------------------------------------------------- */

enum { TOTAL = ANGO_FIELD_OWN, PROJECTS };

static const struct ango_field fields[] = {
    ANGO_ENVELOPE,
    { "total", ANGO_IN_DATA, ANGO_JSON_NUMBER, 0, offsetof(struct ango_result, total_digits) },
    { "projects", ANGO_IN_DATA, ANGO_JSON_LIST, 0, 0 },
    { "_id", ANGO_IN(PROJECTS), ANGO_JSON_STRING, 0, 0 },
    { "name", ANGO_IN(PROJECTS), ANGO_JSON_STRING, 0, 0 },
    { "description", ANGO_IN(PROJECTS), ANGO_JSON_STRING, 1, 0 },
    { "organization", ANGO_IN(PROJECTS), ANGO_JSON_STRING, 1, 0 },
    { "createdAt", ANGO_IN(PROJECTS), ANGO_JSON_STRING, 1, 0 },
};

static const struct ango_shape projects = {
    fields, sizeof fields / sizeof fields[0], PROJECTS, 1, ango_check_counts
};

int ango_list_projects_start(struct ango_client *client, const char *sort, const struct ango_page *page)
{
    struct ango_writer w;

    ango_begin(client, &w, "GET /v2/", "listProjects", "?");
    return ango_start_page(client, &w, page, "&sort=", sort, &projects);
}

int ango_next_project(struct ango_client *client, struct ango_project *project)
{
    return ango_next_item(client, &projects, project);
}

/* --- add_members_to_project ----------------------------------------------------------------------- */

enum { PROJECT = ANGO_FIELD_OWN, ASSIGNED };

/* The reply is not documented: whatever of this is there is shown. */
static const struct ango_field assigned_fields[] = {
    ANGO_ENVELOPE,
    { "project", ANGO_IN_DATA, ANGO_JSON_OBJECT, 1, 0 },
    { "assignedTo", ANGO_IN(PROJECT), ANGO_JSON_LIST, 1, 0 },
    { "assignee", ANGO_IN(ASSIGNED), ANGO_JSON_STRING, 1, 0 },
    { "role", ANGO_IN(ASSIGNED), ANGO_JSON_STRING, 1, 0 },
};

static const struct ango_shape assigned = {
    assigned_fields, sizeof assigned_fields / sizeof assigned_fields[0], ASSIGNED, 0, NULL
};

int ango_add_members_to_project_start(struct ango_client *client, const char *project_id,
                                      const char *const *emails, size_t emails_len,
                                      enum ango_project_role role)
{
    struct ango_writer w;

    ango_begin(client, &w, "POST /v2/project/", project_id, "/assigned");
    ango_write_emails(&w, "{\"assignees\":[\"", emails, emails_len);
    ango_write_string(&w, "\"],\"role\":\"", ango_project_role_text(role), ANGO_E_ARG);
    ango_write_text(&w, "\"}");
    return ango_start(client, &w, &assigned);
}

int ango_next_assignee(struct ango_client *client, struct ango_assignee *assignee)
{
    return ango_next_item(client, &assigned, assignee);
}
