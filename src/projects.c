/* Projects, and who works on them. */
#include "operation.h"

/* --- list_projects -------------------------------------------------------------------------------- */

enum { TOTAL = ANGO_FIELD_OWN, PROJECTS };

static const struct ango_field fields[] = {
    ANGO_ENVELOPE,
    { "total", ANGO_FIELD_DATA, ANGO_JSON_NUMBER, offsetof(struct ango_result, total) },
    { "projects", ANGO_FIELD_DATA, ANGO_JSON_LIST, 0 },
    { "_id", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    { "name", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    { "description", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    { "organization", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    { "createdAt", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
};

static const struct ango_shape projects = { fields, sizeof fields / sizeof fields[0], PROJECTS, 1 };

int ango_list_projects_start(struct ango_client *client, const char *sort, const struct ango_page *page)
{
    struct ango_request q;

    ango_begin(client, &q, ANGO_GET, "", "listProjects", "?");
    return ango_start_page(client, &q, page, "&sort=", sort, &projects);
}

int ango_next_project(struct ango_client *client, struct ango_project *project)
{
    return ango_next_entry(client, fields, project);
}

/* --- add_members_to_project, get_project ---------------------------------------------------------- */

enum { PROJECT = ANGO_FIELD_OWN, ASSIGNED };

static const struct ango_field assigned_fields[] = {
    ANGO_ENVELOPE,
    { "project", ANGO_FIELD_DATA, ANGO_JSON_OBJECT, 0 },
    { "assignedTo", PROJECT, ANGO_JSON_LIST, 0 },
    { "assignee", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
    { "role", ANGO_ENTRY, ANGO_JSON_STRING, 0 },
};

#define ASSIGNED_FIELDS assigned_fields, sizeof assigned_fields / sizeof assigned_fields[0], ASSIGNED

static const struct ango_shape added = { ASSIGNED_FIELDS, 0 };

int ango_add_members_to_project_start(struct ango_client *client, const char *project_id, const char *const *emails,
                                      size_t emails_len, enum ango_project_role role)
{
    struct ango_request q;

    ango_begin(client, &q, ANGO_POST, "project/", project_id, "/assigned");
    ango_write_emails(&q, "{\"assignees\":[\"", emails, emails_len);
    ango_write_string(&q, "\"],\"role\":\"", ango_project_role_text(role), ANGO_E_ARG);
    ango_write_text(&q, "\"}");
    return ango_start(client, &q, &added);
}

static const struct ango_shape assigned = { ASSIGNED_FIELDS, 1 };

int ango_start_project(struct ango_client *client, const char *project_id, const struct ango_shape *shape)
{
    struct ango_request q;

    ango_begin(client, &q, ANGO_GET, "project/", project_id, "");
    return ango_start(client, &q, shape);
}

int ango_get_project_start(struct ango_client *client, const char *project_id)
{
    return ango_start_project(client, project_id, &assigned);
}

int ango_next_assignee(struct ango_client *client, struct ango_assignee *assignee)
{
    return ango_next_entry(client, assigned_fields, assignee);
}
