#include "text.h"

#include "ango.h"

/* --- names of roles --------------------------------------------------------------------------- */

const char *ango_organization_role_text(enum ango_organization_role role)
{
    switch (role) {
    case ANGO_ORGANIZATION_ADMIN:
        return "admin";
    case ANGO_ORGANIZATION_MEMBER:
        return "member";
    }
    return NULL;
}

const char *ango_project_role_text(enum ango_project_role role)
{
    switch (role) {
    case ANGO_PROJECT_MANAGER:
        return "Manager";
    case ANGO_PROJECT_LABELER:
        return "Labeler";
    case ANGO_PROJECT_REVIEWER:
        return "Reviewer";
    case ANGO_PROJECT_LEAD:
        return "Lead";
    }
    return NULL;
}

unsigned ango_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)c + ('a' - 'A') : (unsigned char)c;
}

bool ango_text_is(const char *a, const char *b)
{
    while (*a == *b || ango_lower(*a) == ango_lower(*b)) {
        if (*a == '\0')
            return true;
        a++;
        b++;
    }
    return false;
}

/* --- numbers and hashes ----------------------------------------------------------------------- */

bool ango_add_digit(uint32_t *number, unsigned digit)
{
    if (*number > (UINT32_MAX - digit) / 10) { /* mutant: number-overflows */
        *number = UINT32_MAX;
        return false;
    }
    *number = *number * 10 + digit;
    return true;
}

const char *ango_read_number(const char *text, uint32_t *number)
{
    *number = 0;
    for (; *text >= '0' && *text <= '9'; text++)
        (void)ango_add_digit(number, (unsigned)(*text - '0'));
    return text;
}

uint32_t ango_hash(uint32_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619u; /* mutant: hash-signed */
    return hash;
}
