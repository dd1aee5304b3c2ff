#include "operations.h"

/* The arguments, as operations.h names them. */
#define ID in->id
#define TEXT in->text
#define PAGE in->page
#define EMAILS in->emails, in->emails_len
#define ORGANIZATION_ROLE (enum ango_organization_role) in->role
#define PROJECT_ROLE (enum ango_project_role) in->role
#define INVITATION &invitation
#define WITH_CLIENT(...) (client, __VA_ARGS__)

static struct ango_invitation invitation_of(const struct input *in)
{
    struct ango_invitation invitation = { in->emails, in->emails_len, ORGANIZATION_ROLE, in->assignments,
                                          in->assignments_len };

    return invitation;
}

int operation_start(enum operation operation, struct ango_client *client, const struct input *in)
{
    const struct ango_invitation invitation = invitation_of(in);

#define START(name, function, arguments, item) \
    case name: \
        return ango_##function##_start WITH_CLIENT arguments;
    switch (operation) {
        EACH_OPERATION(START)
    default:
        return ANGO_E_ARG;
    }
}

int operation_call(enum operation operation, struct ango_client *client, const struct input *in)
{
    const struct ango_invitation invitation = invitation_of(in);

#define CALL(name, function, arguments, item) \
    case name: \
        return ango_##function WITH_CLIENT arguments;
    switch (operation) {
        EACH_OPERATION(CALL)
    default:
        return ANGO_E_ARG;
    }
}
