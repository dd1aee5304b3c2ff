/* After an outcome that is unknown: who is invited, who is a member, who is neither? */
#include <limits.h>
#include <string.h>

#include "client.h"

enum { IDLE, INVITES, MEMBERS, DONE };

/* Addresses are compared as every mail server compares them in practice: without the case of ASCII letters. */
static bool same_address(const char *a, const char *b)
{
    for (;; a++, b++) {
        unsigned x = (unsigned char)*a;
        unsigned y = (unsigned char)*b;

        if (x != y && !((x ^ y) == 0x20 && (x | 0x20) - 'a' < 26))
            return false;
        if (x == '\0')
            return true;
    }
}

int ango_confirm_begin(struct ango_confirm *confirm, struct ango_client *client, const char *organization_id,
                       const char *const *emails, size_t emails_len, enum ango_presence *presence)
{
    size_t i;
    int err;

    if (confirm == NULL || emails == NULL || emails_len - 1 >= INT_MAX || presence == NULL)
        return ANGO_E_ARG;
    memset(confirm, 0, sizeof *confirm);
    err = ango_walk_invites(&confirm->walk, client, organization_id);
    if (err != ANGO_OK)
        return err;
    for (i = 0; i < emails_len; i++) {
        if (emails[i] == NULL || *emails[i] == '\0') /* a search for which would find everybody */
            return ANGO_E_ARG;
        presence[i] = ANGO_ABSENT;
    }
    confirm->organization_id = organization_id;
    confirm->emails = emails;
    confirm->emails_len = emails_len;
    confirm->presence = presence;
    confirm->phase = INVITES;
    return ANGO_OK;
}

static void mark(struct ango_confirm *confirm, const char *address, enum ango_presence presence)
{
    size_t i;

    for (i = 0; i < confirm->emails_len; i++)
        if (confirm->presence[i] == ANGO_ABSENT && same_address(confirm->emails[i], address))
            confirm->presence[i] = presence;
}

/* The members are searched for each address that was not found yet, from `at` on. */
static int search_next(struct ango_confirm *confirm)
{
    while (confirm->at < confirm->emails_len && confirm->presence[confirm->at] != ANGO_ABSENT)
        confirm->at++;
    if (confirm->at == confirm->emails_len) {
        confirm->phase = DONE;
        return ANGO_OK;
    }
    confirm->phase = MEMBERS;
    return ango_walk_members(&confirm->walk, confirm->walk.client, confirm->organization_id,
                             confirm->emails[confirm->at]);
}

int ango_confirm_step(struct ango_confirm *confirm, uint32_t wait_ms)
{
    union {
        struct ango_invite invite;
        struct ango_member member;
    } item;
    int err;

    if (confirm == NULL || confirm->phase == IDLE)
        return ANGO_E_ARG;
    if (confirm->phase == DONE)
        return ANGO_OK;
    err = ango_walk_step(&confirm->walk, &item, wait_ms);
    if (err == ANGO_OK) {
        if (confirm->phase == INVITES)
            mark(confirm, item.invite.to, ANGO_INVITED);
        else
            mark(confirm, item.member.email, ANGO_MEMBER);
        if (confirm->phase == INVITES || confirm->presence[confirm->at] == ANGO_ABSENT)
            return ANGO_E_WAIT;
    } else if (err != ANGO_E_END) {
        return err;
    }
    /* The invites are read, or this address is settled. */
    if (confirm->phase == MEMBERS)
        confirm->at++;
    err = search_next(confirm);
    return err == ANGO_OK && confirm->phase != DONE ? ANGO_E_WAIT : err;
}

int ango_confirm_invitations(struct ango_client *client, const char *organization_id, const char *const *emails,
                             size_t emails_len, enum ango_presence *presence)
{
    struct ango_confirm confirm;
    int err = ango_confirm_begin(&confirm, client, organization_id, emails, emails_len, presence);

    if (err != ANGO_OK)
        return err;
    do
        err = ango_confirm_step(&confirm, UINT32_MAX);
    while (err == ANGO_E_WAIT);
    return err;
}
