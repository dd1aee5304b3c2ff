/*
 * operations.h - every operation, once, for the tests that go through all of them. A new one is a line here; its
 * request in test_operations.c; a command of operations_driver.c; and a route of tests/hub/api.py.
 */
#ifndef ANGO_TESTS_OPERATIONS_H
#define ANGO_TESTS_OPERATIONS_H

#include "ango.h"

/* X(name, function, arguments behind the client, what ango_next_... hands out). tests/bench/size reads these lines. */
#define EACH_OPERATION(X) \
    X(INVITE, invite_members_to_org, (ID, INVITATION), invite) \
    X(INVITES, get_organization_invites, (ID, PAGE), invite) \
    X(UNINVITE, delete_organization_invites, (ID, EMAILS), nothing) \
    X(MEMBERS, get_organization_members, (ID, TEXT, PAGE), member) \
    X(ROLE, update_organization_members_role, (ID, EMAILS, ORGANIZATION_ROLE), role_update) \
    X(REMOVE, delete_organization_members, (ID, EMAILS), nothing) \
    X(PROJECTS, list_projects, (TEXT, PAGE), project) \
    X(ASSIGN, add_members_to_project, (ID, EMAILS, PROJECT_ROLE), assignee) \
    X(PROJECT, get_project, (ID), assignee)

#define OPERATION_NAME(name, function, arguments, item) name,
enum operation { EACH_OPERATION(OPERATION_NAME) OPERATIONS };

/* What they are given; each takes of it what it can use. */
struct input {
    const char *id;
    const char *text; /* what is searched for, or sorted by */
    const char *const *emails;
    size_t emails_len;
    int role;
    const struct ango_page *page;
    const struct ango_project_assignment *assignments;
    size_t assignments_len;
};

/* The form that starts, and the one that waits. */
int operation_start(enum operation operation, struct ango_client *client, const struct input *in);
int operation_call(enum operation operation, struct ango_client *client, const struct input *in);

#endif
