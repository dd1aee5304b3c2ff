/*
 * The operations, with any arguments. What they write with, and where they begin and start, are stand-ins: prove_request.c,
 * prove_exchange.c. They never look into a text, so texts may be any pointers.
 */
#include "sound_shape.h"

#include "operation.h"

#include "text.c"

/* Each has names of its own for what is in all of them. */
#define fields fields_of_deletion
#include "operation.c"
#undef fields

#define fields fields_of_invites
#define TOTAL TOTAL_OF_INVITES
#include "invites.c"
#undef fields
#undef TOTAL

#define fields fields_of_members
#define TOTAL TOTAL_OF_MEMBERS
#include "members.c"
#undef fields
#undef TOTAL

#define fields fields_of_projects
#define TOTAL TOTAL_OF_PROJECTS
#include "projects.c"
#undef fields
#undef TOTAL

#include "sentences.c"

/* --- what is begun, written and started ------------------------------------------------------------- */

static struct ango_client client;
static const struct ango_request *begun;
static const struct ango_shape *started;

static const char *const *emails; /* of the caller */
static size_t emails_len;
static size_t written; /* addresses so far */

void ango_begin(struct ango_client *c, struct ango_request *q, enum ango_method method, const char *before,
                const char *id, const char *after)
{
    static const struct ango_request zero;

    (void)id;
    PROVE(begun == NULL && before != NULL && after != NULL && method <= ANGO_DELETE);
    *q = zero;
    q->buf = c != NULL ? (uint8_t *)&client : NULL;
    begun = q;
}

int ango_start(struct ango_client *c, struct ango_request *q, const struct ango_shape *shape)
{
    PROVE(q == begun && started == NULL && (c != NULL || q->buf == NULL));
    PROVE(is_sound_shape(shape));
    started = shape;
    if (q->err != ANGO_OK || c == NULL)
        return q->err != ANGO_OK ? q->err : ANGO_E_ARG;
    return nondet_int();
}

int ango_next_entry(struct ango_client *c, const struct ango_field *fields, void *out)
{
    (void)c;
    PROVE(started == NULL || started->fields == fields);
    PROVE(started == NULL || (entry_size(started) > 0 && __CPROVER_w_ok(out, entry_size(started))));
    return nondet_int();
}

void ango_request_refuse(struct ango_request *q, int err)
{
    PROVE(q == begun);
    q->err = q->err == ANGO_OK ? err : q->err;
}

void ango_write_text(struct ango_request *q, const char *text)
{
    PROVE(q == begun && text != NULL);
}

void ango_write_number(struct ango_request *q, char before, size_t number)
{
    PROVE(q == begun && before == '=' && number >= 1);
}

/* Addresses have to come one after the other. */
void ango_write_string(struct ango_request *q, const char *before, const char *text, int refusal)
{
    PROVE(q == begun && before != NULL);
    if (refusal == ANGO_E_EMAIL) {
        PROVE(written < emails_len && q->index == written && text == emails[written]);
        written++;
    }
    if (text == NULL)
        q->err = refusal;
}

void ango_write_segment(struct ango_request *q, const char *before, const char *id)
{
    PROVE(q == begun && before != NULL && id != NULL);
}

/* --- any arguments ---------------------------------------------------------------------------------- */

/* Any number of elements, in memory of just that size; NULL, or more than can be. */
static void *any_array(size_t size, size_t *len)
{
    *len = nondet_size();
    if (nondet_bool())
        return NULL;
    if (*len > INT_MAX)
        return any_bytes(1);
    ASSUME(*len <= LONGEST / size);
    return any_bytes(*len * size);
}

static void any_emails(void)
{
    emails = (const char *const *)any_array(sizeof *emails, &emails_len);
    written = 0;
    begun = NULL;
    started = NULL;
}

static struct ango_client *any_client(void)
{
    return nondet_bool() ? &client : NULL;
}

static const char *any_id(void)
{
    return nondet_bool() ? "id" : NULL;
}

static bool are_all_written(void)
{
    return written == emails_len && emails_len >= 1 && emails_len <= INT_MAX;
}

/* --- the proofs ------------------------------------------------------------------------------------ */

/*
 * proof: ango_write_emails writes each address once, in order, and stays within them
 * bound: any
 * loop ango_write_emails.0:
 *     assigns: before, written, q->index, q->err
 *     invariant: q->index <= emails_len && written == q->index && before != 0
 *     decreases: emails_len - q->index
 */
void proof_write_emails(void)
{
    struct ango_request q;

    any_emails();
    ango_begin(&client, &q, ANGO_POST, "", "id", "");
    ango_write_emails(&q, "[\"", emails, emails_len);
    PROVE(are_all_written() || q.err != ANGO_OK);
    REACHED;
}

/* What proof_write_emails shows. */
void write_emails_stand_in(struct ango_request *q, const char *before, const char *const *to, size_t to_len)
{
    PROVE(q == begun && before != NULL && to == emails && to_len == emails_len);
    if (!ango_emails_ok(q, to, to_len))
        return;
    q->index = to_len;
    written = to_len;
    if (nondet_bool())
        q->err = ANGO_E_EMAIL;
}

/*
 * proof: ango_invite_members_to_org_start with any invitation: it stays within its arrays, is refused or has all addresses in it
 * bound: any
 * unwind: 14
 * replace: ango_write_emails:write_emails_stand_in
 * loop write_assignments.0:
 *     assigns: i, before, q->index, q->err
 *     invariant: i <= invitation->project_assignments_len && before != 0
 *         && (__CPROVER_loop_entry(q->err) == 0 || q->err != 0)
 *     decreases: invitation->project_assignments_len - i
 */
void proof_invite(void)
{
    struct ango_invitation invitation;
    struct ango_invite invite;
    int err;

    any_emails();
    invitation.to = emails;
    invitation.to_len = emails_len;
    invitation.organization_role = (enum ango_organization_role)nondet_unsigned();
    invitation.project_assignments = (const struct ango_project_assignment *)any_array(
        sizeof *invitation.project_assignments, &invitation.project_assignments_len);
    err = ango_invite_members_to_org_start(any_client(), any_id(), nondet_bool() ? &invitation : NULL);
    PROVE(started != NULL && (err != ANGO_OK || are_all_written()));
    (void)ango_next_invite(&client, &invite);
    REACHED;
}

/*
 * proof: ango_update_organization_members_role_start: the same
 * bound: any
 * unwind: 14
 * loop ango_update_organization_members_role_start.0:
 *     assigns: i, written, q.index, q.err
 *     invariant: i <= emails_len && written == i && (__CPROVER_loop_entry(q.err) == 0 || q.err != 0)
 *     decreases: emails_len - i
 */
void proof_update_role(void)
{
    struct ango_role_update update;
    int err;

    any_emails();
    err = ango_update_organization_members_role_start(any_client(), any_id(), emails, emails_len,
                                                      (enum ango_organization_role)nondet_unsigned());
    PROVE(started != NULL && (err != ANGO_OK || are_all_written()));
    (void)ango_next_role_update(&client, &update);
    REACHED;
}

/*
 * proof: deletions, and adding to a project: the same
 * bound: any
 * unwind: 14
 * replace: ango_write_emails:write_emails_stand_in
 */
void proof_with_emails(void)
{
    struct ango_assignee assignee;
    int err;

    any_emails();
    switch (nondet_unsigned()) {
    case 0:
        err = ango_delete_organization_invites_start(any_client(), any_id(), emails, emails_len);
        break;
    case 1:
        err = ango_delete_organization_members_start(any_client(), any_id(), emails, emails_len);
        break;
    default:
        err = ango_add_members_to_project_start(any_client(), any_id(), emails, emails_len,
                                                (enum ango_project_role)nondet_unsigned());
        (void)ango_next_assignee(&client, &assignee);
        break;
    }
    PROVE(started != NULL && (err != ANGO_OK || are_all_written()));
    REACHED;
}

/*
 * proof: lists: a page is within its limits or refused; what is wanted of a reply fits the struct that entries are read into
 * bound: any
 * unwind: 14
 */
void proof_lists(void)
{
    struct ango_page page = { nondet_u32(), nondet_u32() };
    const struct ango_page *p = nondet_bool() ? &page : NULL;
    const char *text = nondet_bool() ? "text" : nondet_bool() ? "" : NULL;
    struct ango_invite invite;
    struct ango_member member;
    struct ango_project project;
    struct ango_assignee assignee;
    int err;

    switch (nondet_unsigned()) {
    case 0:
        err = ango_get_organization_invites_start(any_client(), any_id(), p);
        (void)ango_next_invite(&client, &invite);
        break;
    case 1:
        err = ango_get_organization_members_start(any_client(), any_id(), text, p);
        (void)ango_next_member(&client, &member);
        break;
    case 2:
        err = ango_list_projects_start(any_client(), text, p);
        (void)ango_next_project(&client, &project);
        break;
    default:
        p = &page;
        page.page = page.limit = 1;
        err = ango_get_project_start(any_client(), any_id());
        (void)ango_next_assignee(&client, &assignee);
        break;
    }
    PROVE(started != NULL && started->list_required == 1);
    PROVE(err != ANGO_OK || (p != NULL && page.page >= 1 && page.limit >= 1 && page.limit <= ANGO_LIMIT_MAX));
    REACHED;
}

/*
 * proof: any number is an error with a sentence, any outcome has its words
 * bound: any
 */
void proof_sentences(void)
{
    PROVE(__CPROVER_r_ok(ango_error_text(nondet_int()), 2));
    PROVE(__CPROVER_r_ok(ango_outcome_text((enum ango_outcome)nondet_unsigned()), 2));
    REACHED;
}
