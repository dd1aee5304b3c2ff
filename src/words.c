/* The API's words for roles. */
#include "ango.h"

const char *ango_organization_role_text(enum ango_organization_role role)
{
    static const char words[][7] = { "admin", "member" };
    unsigned i = (unsigned)role - ANGO_ORGANIZATION_ADMIN;

    return i < sizeof words / sizeof words[0] ? words[i] : NULL;
}

const char *ango_project_role_text(enum ango_project_role role)
{
    static const char words[][9] = { "Manager", "Labeler", "Reviewer", "Lead" };
    unsigned i = (unsigned)role - ANGO_PROJECT_MANAGER;

    return i < sizeof words / sizeof words[0] ? words[i] : NULL;
}

bool ango_text_is(const char *text, const char *word)
{
    while (*word != '\0')
        if (((*text++ ^ *word++) & ~0x20) != 0)
            return false;
    return *text == '\0';
}
