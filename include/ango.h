/*
 * ango.h - a client for the Ango Hub API v2, for devices without a heap.
 *
 * One client talks to one host over one port, one exchange at a time. Everything it needs is the caller's:
 * a buffer, which carries the request out and the reply in; a few tokens, for one object of the reply; and a
 * port (ango_port.h), usually TLS over a socket (ango_tls.h).
 *
 * Each operation is called as in the vendor's Python SDK, and comes in two forms:
 *   ango_X_start(client, ...)  builds the request and returns at once; ango_step() then carries it on in
 *                              slices for a superloop or an RTOS task;
 *   ango_X(client, ...)        starts and waits, until the deadline at the latest.
 * What came of it is in client->result, and stays there, with all strings, until the next start.
 *
 * Nothing is ever sent twice behind the caller's back, and no redirect is followed.
 */
#ifndef ANGO_H
#define ANGO_H

#include "ango_port.h"
#include "ango_private.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ANGO_VERSION "0.1.0"

/* Hosts of the API, by region (vendor's OpenAPI pages). */
#define ANGO_HOST_EU "imeritapi.ango.ai"
#define ANGO_HOST_US "us-api.ango.ai"
#define ANGO_HOST_INDIA "in-api.ango.ai"
#define ANGO_HOST_TEST "testapi.ango.ai"

/* Limits that input is checked against. */
#define ANGO_EMAIL_MAX 254      /* bytes in an address (RFC 5321, 4.5.3.1.3 less the angle brackets) */
#define ANGO_EMAIL_LOCAL_MAX 64 /* bytes before the @ (RFC 5321, 4.5.3.1.1) */
#define ANGO_HOST_MAX 253       /* bytes in a host name (RFC 1035, 2.3.4) */
#define ANGO_RETRY_AFTER_MAX 86400
#define ANGO_JSON_DEPTH 32 /* levels of objects and arrays in a reply */
#define ANGO_INTERIM_MAX 8 /* 1xx replies before the final one */

/* --- configuration -------------------------------------------------------------------------------- */

/* Room for one token of jsmn. */
struct ango_token {
    int opaque[5];
};
/* jsmn is given one string at a time. */
#define ANGO_TOKENS 1

/* Constant for the life of the client; may lie in flash. What it points to belongs to the client meanwhile. */
struct ango_config {
    const struct ango_port *port; /* must be secure */
    const char *host;             /* a host name or an IPv4 address, no scheme, no port: ANGO_HOST_EU */
    uint16_t tcp_port;            /* 0: 443 */
    uint32_t timeout_ms;          /* for a whole exchange: connect, handshake, request, reply; 1 to 2147483647 */
    uint32_t keep_ms;             /* a connection idle for longer is not used again; 0: close after each exchange */
    uint8_t *buffer;              /* the request; then what is wanted of the reply, however long that is */
    size_t buffer_cap;            /* at most INT_MAX; result.need says how much a request takes */
    struct ango_token *tokens;
    size_t tokens_cap;      /* at least ANGO_TOKENS */
    const char *prefix;     /* of all paths, for an installation that has one: "/hub"; NULL or "": none */
    const char *user_agent; /* NULL: "ango/" ANGO_VERSION; "": none is sent, which some gateways refuse */
    uint32_t (*retry_after_date)(const char *text, uint32_t now); /* ango_retry_after_date, or NULL: a date in
                                     Retry-After counts as none, and no code for it is linked (280 bytes) */
    uint8_t page_limit; /* entries that walks and read-backs ask for at a time; 0: ANGO_LIMIT_MAX. Less only
                                     where mbedTLS is built for small records, and the server sends large ones */
};

/*
 * For config.retry_after_date: the seconds from `now`, the lower half of the Unix time, to "Sun, 06 Nov 1994 08:49:37 GMT"
 * (RFC 9110, 5.6.7; its two obsolete forms are not taken). 0 if that is past, or more than 68 years ahead, or no date, or
 * `now` is 0, since the device does not know the time. Only length and month are checked: for a wrong date the time is
 * wrong, and nothing worse.
 */
uint32_t ango_retry_after_date(const char *text, uint32_t now);

/* --- what came of it ------------------------------------------------------------------------------ */

/* What is known of the request's effect. An operation that only reads has the same outcomes. */
enum ango_outcome {
    ANGO_NOT_SENT = 0, /* no byte of it left the device: may be tried again */
    ANGO_UNKNOWN,      /* it may have reached the server: never send it again blindly (RFC 9110, 9.2.2) */
    ANGO_REJECTED,     /* the server refused it: the complete head of a 4xx (but 408), or of a redirection */
    ANGO_ACCEPTED      /* a complete success was received; look at each entry for what happened to it */
};

struct ango_result {
    int error; /* enum ango_error; what ango_step returned last */
    enum ango_outcome outcome;
    unsigned http_status;   /* 200 to 599, or 0: none was received */
    const char *status;     /* the API's own word: "success"; "" if there was none */
    const char *message;    /* the server's words: the API's `message`, if it fits (up to 95 bytes do in a buffer of
                                  512, 57 in one of 256); without one, if the server said no or the reply is not the
                                  API's, its text as it came, cut to 511 bytes and less than half of the buffer, unless a list
                                  has begun in it; "" if there was none. The key in it is replaced by asterisks.
                                  From the network: may hold control characters, and a text bytes that are not UTF-8,
                                  so filter it before a terminal sees it */
    uint32_t retry_after_s; /* seconds that the server asks to wait, at most ANGO_RETRY_AFTER_MAX; 0: it did not */
    size_t items;           /* entries in the reply's list, all of them */
    size_t kept;            /* how many of them fitted the buffer and can be read with ango_next_...: with ANGO_OK.
                                  Those that did not are no error; a walk hands out each */
    size_t need;            /* the buffer_cap that the request takes, also when there is not as much */
    size_t index;           /* with ANGO_E_EMAIL and ANGO_E_ID: which of the list, from 0 */
    int port_error;         /* the last result of the port that was an error, as it came; 0: none */
    uint32_t done;          /* entries that were updated or deleted, as the reply counts them; 0: it does not */
    uint32_t failed;        /* entries that were not, likewise */
    uint32_t total;         /* entries of the whole list, likewise */
};

/* --- the client ----------------------------------------------------------------------------------- */

/*
 * Only `result` is for reading; the rest is the library's. Zero it, or declare it static, before init. What is used most
 * comes first, which makes the code small on a Cortex-M.
 */
struct ango_client {
    uint8_t state;
    uint8_t connected;
    const struct ango_config *config;
    const struct ango_port *port;
    const char *api_key;
    uint32_t last_ms; /* what the clock said last */
    uint32_t serial;  /* of its set-ups and exchanges */
    /* From here on each start begins with zeros. */
    bool drains;     /* entries are handed out as they come, for a walk */
    bool handed_out; /* one was, and more of what has been received is yet to be taken */
    struct ango_room room;
    int send_error;
    size_t len; /* bytes of the request */
    size_t pos; /* bytes of it sent */
    uint32_t started_ms;
    uint8_t *entry; /* the next entry to be read */
    size_t unread;  /* entries kept and not yet read */
    struct ango_result result;
    struct ango_http http;
    struct ango_json json;
};

/*
 * Checks the configuration and prepares the client. No connection is made.
 * `config` and `api_key` are not copied: both must stay valid, and unchanged, while the client is used.
 *   ANGO_E_ARG       a NULL, a zero capacity or timeout, too few tokens, a page_limit above ANGO_LIMIT_MAX, a port
 *                    function missing, a user_agent with a byte outside 0x20 to 0x7E
 *   ANGO_E_CLOCK     the port has no clock_ms
 *   ANGO_E_HOST      the host is empty, longer than ANGO_HOST_MAX, or has a character that no host has; or the prefix
 *                    has one, or an empty segment
 *   ANGO_E_INSECURE  the port is not secure
 *   ANGO_E_KEY       the key is empty or has a byte outside 0x21 to 0x7E
 */
int ango_client_init(struct ango_client *client, const struct ango_config *config, const char *api_key);

/* Changes the key, from the next start on; checked as by init. The old key may be wiped when this returns ANGO_OK. */
int ango_client_set_api_key(struct ango_client *client, const char *api_key);

/*
 * Carries the started exchange on, blocking for at most `wait_ms` (0: not at all) plus the time to compute; a
 * TLS handshake computes for up to a second on a small core, unless mbedTLS was built to split it
 * (ango_tls.h).
 * ANGO_E_WAIT while it goes on; then, and until the next start, its result, which is also result.error:
 *   ANGO_OK             outcome accepted
 *   ANGO_E_STATUS       the server said no: see result.outcome, http_status, message, retry_after_s
 *   ANGO_E_CLOCK, _ENTROPY, _MEMORY, _RESOLVE, _NET, _TIME, _CERT, _TLS, _TRUNCATED, _HTTP, _TOO_BIG, _JSON,
 *   _SHAPE, _CANCELLED  as named in ango_port.h; result.outcome says whether the request may have arrived
 */
int ango_step(struct ango_client *client, uint32_t wait_ms);

/* Steps until the result is there: at the latest when the deadline has passed. */
int ango_finish(struct ango_client *client);

/* Gives up a started exchange, and its connection. Harmless when there is none. */
void ango_cancel(struct ango_client *client);

/* Closes a connection that was kept. The client can be used again. */
void ango_close(struct ango_client *client);

/* A sentence for people, in English, without a full stop: what happened, and what to do. Never NULL. */
const char *ango_error_text(int error);

/* One word: "not sent", "unknown", "rejected", "accepted". */
const char *ango_outcome_text(enum ango_outcome outcome);

/* --- invite_members_to_org ------------------------------------------------------------------------ */

enum ango_organization_role { ANGO_ORGANIZATION_ADMIN = 1, ANGO_ORGANIZATION_MEMBER };

enum ango_project_role { ANGO_PROJECT_MANAGER = 1, ANGO_PROJECT_LABELER, ANGO_PROJECT_REVIEWER, ANGO_PROJECT_LEAD };

struct ango_project_assignment {
    const char *project_id;
    enum ango_project_role project_role;
};

/* UTF-8 throughout. Read by the start only; may be dropped or changed once that has returned. */
struct ango_invitation {
    const char *const *to; /* email addresses */
    size_t to_len;         /* at least 1 */
    enum ango_organization_role organization_role;
    const struct ango_project_assignment *project_assignments;
    size_t project_assignments_len; /* 0: none, and nothing of it is sent */
};

/*
 * Invites people to an organization: POST /v2/organization/{organization_id}/invites.
 * The identifier is percent-encoded; "." and ".." are refused.
 * Before anything is sent, as with every operation below:
 *   ANGO_E_ARG    an exchange still going on, or no client (the result is not touched); a NULL; an empty list, an invalid
 *                 role or page
 *   ANGO_E_ID     an empty identifier, or one with an ASCII control character or bytes that are not UTF-8
 *   ANGO_E_EMAIL  not LOCAL@DOMAIN within the limits above, or with a space, a second @, an ASCII control
 *                 character or bytes that are not UTF-8; whatever else is wrong is for the server to say
 *   ANGO_E_SPACE  see result.need
 */
int ango_invite_members_to_org_start(struct ango_client *client, const char *organization_id,
                                     const struct ango_invitation *invitation);

static inline int ango_invite_members_to_org(struct ango_client *client, const char *organization_id,
                                             const struct ango_invitation *invitation)
{
    int err = ango_invite_members_to_org_start(client, organization_id, invitation);
    return err == ANGO_OK ? ango_finish(client) : err;
}

/* An invitation as the server shows it. Strings lie in the client's buffer; "" where the server said nothing. */
struct ango_invite {
    const char *id; /* `_id` */
    const char *to;
    const char *organization_role; /* as the server spells it: see ango_text_is */
    const char *status;            /* "Pending", ... */
    const char *message;           /* why this one failed, if the server says so */
    const char *created_by;
    const char *created_at; /* ISO 8601, UTC */
    const char *expires_at;
};

/*
 * The next invitation of the reply, in the server's order, each once: ANGO_OK, then ANGO_E_END. Not every
 * reply names each address that was asked for, and one may name others: compare before you tell people.
 * ANGO_E_ARG when the last operation was none that yields invitations, or did not succeed.
 */
int ango_next_invite(struct ango_client *client, struct ango_invite *invite);

/*
 * The API's word for a role; NULL for a number that is none. The server may spell it otherwise ("Admin"), and
 * has others ("Guest"): compare with ango_text_is, and show what is unknown as it is.
 */
const char *ango_organization_role_text(enum ango_organization_role role);
const char *ango_project_role_text(enum ango_project_role role);

/*
 * Whether two texts are the same bytes, but for the case of ASCII letters: how roles and addresses are compared
 * everywhere.
 */
bool ango_text_is(const char *a, const char *b);

/*
 * A buffer_cap that is enough for every invitation within these bounds, at compile time; `need` itself is
 * exact. The lengths are in bytes and without NUL: of the host, of the key, of the organization's identifier;
 * emails and projects with the longest of each. Add the lengths of a
 * prefix and of a user_agent of your own. Worst case: every byte of an identifier percent-encoded, every byte of an
 * address or a project's identifier escaped.
 */
#define ANGO_INVITE_NEED(host_len, key_len, organization_id_len, emails, email_len, projects, project_id_len) \
    (255u + (host_len) + (key_len) + 3u * (organization_id_len) + (emails) * (2u * (email_len) + 3u) \
     + (projects) * (2u * (project_id_len) + 43u))

/* --- pages ---------------------------------------------------------------------------------------- */

#define ANGO_LIMIT_MAX 100 /* vendor's OpenAPI pages */

/* Part of a list. What of it does not fit the buffer is counted, not kept: a walk hands out all of it. */
struct ango_page {
    uint32_t page;  /* counts from 1 */
    uint32_t limit; /* entries on a page, 1 to ANGO_LIMIT_MAX; a server may give fewer, or more */
};

/* --- invitations that are pending ----------------------------------------------------------------- */

/* GET /v2/organization/{organization_id}/invites?status=pending. Read with ango_next_invite. */
int ango_get_organization_invites_start(struct ango_client *client, const char *organization_id,
                                        const struct ango_page *page);

static inline int ango_get_organization_invites(struct ango_client *client, const char *organization_id,
                                                const struct ango_page *page)
{
    int err = ango_get_organization_invites_start(client, organization_id, page);
    return err == ANGO_OK ? ango_finish(client) : err;
}

/*
 * Takes invitations back: DELETE /v2/organization/{organization_id}/invites. Errors as with
 * ango_invite_members_to_org. The reply counts what was `done` and what `failed`, and names nobody: ango_walk_invites
 * tells who still is invited.
 */
int ango_delete_organization_invites_start(struct ango_client *client, const char *organization_id,
                                           const char *const *emails, size_t emails_len);

static inline int ango_delete_organization_invites(struct ango_client *client, const char *organization_id,
                                                   const char *const *emails, size_t emails_len)
{
    int err = ango_delete_organization_invites_start(client, organization_id, emails, emails_len);
    return err == ANGO_OK ? ango_finish(client) : err;
}

/* --- members -------------------------------------------------------------------------------------- */

struct ango_member {
    const char *id; /* `_id` */
    const char *email;
    const char *name;
    const char *organization_role;
    const char *created_at;
};

/* GET /v2/organization/{organization_id}/users. `search` is for the server to understand; NULL or "": all members. */
int ango_get_organization_members_start(struct ango_client *client, const char *organization_id, const char *search,
                                        const struct ango_page *page);

static inline int ango_get_organization_members(struct ango_client *client, const char *organization_id,
                                                const char *search, const struct ango_page *page)
{
    int err = ango_get_organization_members_start(client, organization_id, search, page);
    return err == ANGO_OK ? ango_finish(client) : err;
}

int ango_next_member(struct ango_client *client, struct ango_member *member);

/* What came of one change of role; "" where the server said nothing. */
struct ango_role_update {
    const char *email;
    const char *status; /* "updated", "failed", ... as the server says it */
    const char *message;
};

/* Gives members a role: POST /v2/organization/{organization_id}/users. result.done and result.failed count. */
int ango_update_organization_members_role_start(struct ango_client *client, const char *organization_id,
                                                const char *const *emails, size_t emails_len,
                                                enum ango_organization_role role);

static inline int ango_update_organization_members_role(struct ango_client *client, const char *organization_id,
                                                        const char *const *emails, size_t emails_len,
                                                        enum ango_organization_role role)
{
    int err = ango_update_organization_members_role_start(client, organization_id, emails, emails_len, role);
    return err == ANGO_OK ? ango_finish(client) : err;
}

int ango_next_role_update(struct ango_client *client, struct ango_role_update *update);

/* Removes members: DELETE /v2/organization/{organization_id}/users. result.done and result.failed count. */
int ango_delete_organization_members_start(struct ango_client *client, const char *organization_id,
                                           const char *const *emails, size_t emails_len);

static inline int ango_delete_organization_members(struct ango_client *client, const char *organization_id,
                                                   const char *const *emails, size_t emails_len)
{
    int err = ango_delete_organization_members_start(client, organization_id, emails, emails_len);
    return err == ANGO_OK ? ango_finish(client) : err;
}

/* --- projects ------------------------------------------------------------------------------------- */

struct ango_project {
    const char *id; /* `_id` */
    const char *name;
    const char *description;
    const char *organization;
    const char *created_at;
};

/* GET /v2/listProjects. `sort` is a field's name, with a '-' before it for the reverse: "-createdAt"; NULL: unsorted. */
int ango_list_projects_start(struct ango_client *client, const char *sort, const struct ango_page *page);

static inline int ango_list_projects(struct ango_client *client, const char *sort, const struct ango_page *page)
{
    int err = ango_list_projects_start(client, sort, page);
    return err == ANGO_OK ? ango_finish(client) : err;
}

int ango_next_project(struct ango_client *client, struct ango_project *project);

/* Somebody who works on a project, as the server shows it; "" where it said nothing. */
struct ango_assignee {
    const char *assignee;
    const char *role;
};

/* Puts members of the organization on a project: POST /v2/project/{project_id}/assigned. */
int ango_add_members_to_project_start(struct ango_client *client, const char *project_id, const char *const *emails,
                                      size_t emails_len, enum ango_project_role role);

static inline int ango_add_members_to_project(struct ango_client *client, const char *project_id,
                                              const char *const *emails, size_t emails_len, enum ango_project_role role)
{
    int err = ango_add_members_to_project_start(client, project_id, emails, emails_len, role);
    return err == ANGO_OK ? ango_finish(client) : err;
}

/* The reply may show who else works on the project, or nobody. */
int ango_next_assignee(struct ango_client *client, struct ango_assignee *assignee);

/*
 * One project, and who works on it: GET /v2/project/{project_id}. Read with ango_next_assignee. The reply also holds
 * the project's whole set-up, often 100 KB, which is passed over.
 */
int ango_get_project_start(struct ango_client *client, const char *project_id);

static inline int ango_get_project(struct ango_client *client, const char *project_id)
{
    int err = ango_get_project_start(client, project_id);
    return err == ANGO_OK ? ango_finish(client) : err;
}

/* --- lists of any length -------------------------------------------------------------------------- */

#define ANGO_WALK_PAGES_MAX 10000

/* Private: starts the exchange for a page. */
struct ango_walk;
typedef int ango_walk_ask(struct ango_walk *walk, const struct ango_page *page);

/*
 * Walks a whole list and hands out entry by entry, while the reply comes in: a list of any length passes through a small
 * buffer, and each page is one request of up to config.page_limit entries.
 *
 * It relies only on server behaviour that is documented. A page that is short is not taken for the last one: the walk ends with the
 * first page that brings nothing new (it is empty, or begins as the first page or the one before did), or when as many
 * entries have come as the reply's `total` says. So it is right with a server that gives fewer entries than it was asked
 * for, or that ignores `limit`, `page`, or both; each entry is handed out once. If somebody joins or leaves an earlier
 * page meanwhile, an entry can come twice, or be missed.
 */
struct ango_walk {
    /* May be changed after the walk was begun. */
    uint32_t pages_max;  /* ANGO_WALK_PAGES_MAX */
    uint32_t timeout_ms; /* for the whole walk, from its beginning; 0: no limit but that of each exchange */
    /* Private. */
    uint8_t limit;
    uint8_t empty; /* pages in a row, until now, that brought nothing new */
    uint8_t state;
    uint8_t first_len; /* entries of the first page, if it was short; else 0 */
    bool compared;     /* an entry of this page, with the pages before */
    bool repeats;      /* this page was read before */
    bool incomplete;   /* there may be entries that no page has shown */
    bool swept;        /* the list is being read again in pages of first_len */
    bool thorough;     /* for a read-back: rests on less, at the price of reading more */
    bool one_page;
    struct ango_client *client;
    ango_walk_ask *ask;
    const char *id;
    const char *query;
    uint32_t began_ms;
    uint32_t serial; /* of its last exchange */
    uint32_t page;
    uint32_t at;       /* entries read of this page */
    uint32_t passed;   /* entries of the pages before */
    uint32_t skip;     /* entries from this page's first on that were handed out before */
    uint32_t first;    /* hash of the first page's first entry */
    uint32_t previous; /* hash of the first entry of the page before */
    uint32_t begins;   /* hash of this page's first entry that fits */
};

/*
 * Begin a walk; nothing is sent yet. The client is the walk's until it ends: an operation that is started in between is
 * ANGO_E_ARG while a reply comes in, and otherwise makes the walk end with ANGO_E_ARG. The strings must stay valid.
 * ANGO_E_ARG for a NULL; an invalid string is found when the first page is asked for.
 */
int ango_walk_invites(struct ango_walk *walk, struct ango_client *client, const char *organization_id);
int ango_walk_members(struct ango_walk *walk, struct ango_client *client, const char *organization_id,
                      const char *search);
int ango_walk_projects(struct ango_walk *walk, struct ango_client *client, const char *sort);

/*
 * The next entry: a struct ango_invite, ango_member or ango_project, as the walk was begun. Its strings are
 * valid until the next call.
 *   ANGO_E_WAIT     it is not there yet; blocks no longer than ango_step does
 *   ANGO_E_END      there is no further entry
 *   ANGO_E_ENTRY    this entry does not fit the buffer; the next call goes on behind it
 *   ANGO_E_ARG      a NULL, or the client was used for something else: the walk is over
 *   ANGO_E_SHAPE    also after pages_max pages: the walk is over
 *   ANGO_E_TIME     also when timeout_ms has passed: the walk is over, unless timeout_ms is changed
 *   others          as client->result explains; the next call asks for the same page again and goes on behind the entries
 *                   that were handed out. After a 429 wait as long as result.retry_after_s says
 * Until the end of a page nothing shows that its reply is a success: an error may still follow what was handed out.
 */
int ango_walk_step(struct ango_walk *walk, void *entry, uint32_t wait_ms);
/* The same, waiting until it is there. */
int ango_walk_next(struct ango_walk *walk, void *entry);

/* --- the way out of "unknown" --------------------------------------------------------------------- */

enum ango_presence {
    ANGO_ABSENT,   /* neither invited nor a member, or not on the project: on the evidence below */
    ANGO_INVITED,  /* the invitation is pending */
    ANGO_MEMBER,   /* of the organization */
    ANGO_ASSIGNED, /* on the project */
    ANGO_UNSURE    /* was not found, and there is no evidence that it is not there: do not send again */
};

#define ANGO_CONFIRM_PASSES_MAX 6
#define ANGO_CONFIRM_TIMEOUT_MS 600000u

/* The size is for the caller to provide; how long to wait may be changed after the beginning. */
struct ango_confirm {
    uint32_t settle_ms;  /* from the beginning until the last reading may start: config.timeout_ms, the time that the
                           request itself was given. Less makes "absent" less sure, not faster than two readings */
    uint32_t timeout_ms; /* from the beginning until ANGO_E_TIME: ANGO_CONFIRM_TIMEOUT_MS; 0: no limit but that of
                           each exchange and of ANGO_WALK_PAGES_MAX */
    /* Private. */
    uint8_t passes;
    uint8_t phase;
    bool unclear;        /* this pass has met an entry without an address, or one that did not fit */
    uint8_t first_phase; /* of each reading */
    const char *id;
    const char *const *emails;
    size_t emails_len;
    size_t missing; /* those that were not found yet */
    enum ango_presence *presence;
    ango_walk_ask *ask_first;   /* the list that a reading begins with */
    ango_walk_ask *ask_members; /* the one after the invitations, or NULL */
    uint32_t began_ms;
    uint32_t sum;      /* of the hashes of all addresses that this pass has seen */
    uint32_t last_sum; /* of the pass before */
    uint32_t count;    /* addresses that this pass has seen */
    uint32_t last_count;
    struct ango_walk walk;
};

/*
 * Read back what became of an invitation, or of an assignment to a project, whose outcome is unknown: presence[i] says it
 * of emails[i]; only after ANGO_ABSENT is it safe to send it again. Invitations are looked for among the pending ones,
 * then among the members; assignments among those who work on the project, in whatever role. `presence` means nothing
 * before ANGO_OK. All pointers must stay valid until then.
 *
 * "Found" needs no more than one entry with that address. "Absent" is what makes people send again, so it needs all of
 * this:
 *   - two readings in a row, from the first page to the last, that saw exactly the same addresses: an entry that is added
 *     or removed meanwhile can hide another one from one reading, but not from two that agree;
 *   - the second of them began at least settle_ms after ango_confirm_begin: a server may still be at work on a request
 *     that was cut off, and show late what it has written;
 *   - every entry could be compared: each had an address, and fitted the buffer;
 *   - no invitation of theirs was shown in another state than pending or expired, if the server shows such at all;
 *   - the lists were whole, as far as can be seen: no page came twice (a server that ignores `page` may have more than it
 *     shows), none was empty amid others, no entry was anything else than an object, and there were as many as `total`
 *     says, where there is one;
 *   - the address is plain ASCII without a domain in punycode ("xn--"): what a server makes of others, nobody knows.
 * Otherwise it is ANGO_UNSURE: also when ANGO_CONFIRM_PASSES_MAX readings never agreed.
 * Addresses are compared as by ango_text_is. The members are read whole, since no source shows that a search finds
 * addresses.
 *   ANGO_E_WAIT  (step) not done yet; ango_confirm_wait_ms tells how long there is nothing to do
 *   ANGO_E_ARG   a NULL, no address, or an empty one; the client was used for something else meanwhile
 *   ANGO_E_TIME  also when timeout_ms has passed; it goes on when that is changed
 *   others       as with ango_walk_step; the next step goes on where this one failed
 */
int ango_confirm_begin(struct ango_confirm *confirm, struct ango_client *client, const char *organization_id,
                       const char *const *emails, size_t emails_len, enum ango_presence *presence);
/* The same of the members alone, for a removal: somebody who is a member may be invited as well. */
int ango_confirm_members_begin(struct ango_confirm *confirm, struct ango_client *client, const char *organization_id,
                               const char *const *emails, size_t emails_len, enum ango_presence *presence);
int ango_confirm_assigned_begin(struct ango_confirm *confirm, struct ango_client *client, const char *project_id,
                                const char *const *emails, size_t emails_len, enum ango_presence *presence);
int ango_confirm_step(struct ango_confirm *confirm, uint32_t wait_ms);

/* Milliseconds until the next step has something to do; 0: it has. For a caller that can sleep, or do other things. */
uint32_t ango_confirm_wait_ms(const struct ango_confirm *confirm);

/* The same in one call. It keeps the processor busy while it waits: prefer the steps where that matters. */
int ango_confirm_invitations(struct ango_client *client, const char *organization_id, const char *const *emails,
                             size_t emails_len, enum ango_presence *presence);
int ango_confirm_assigned(struct ango_client *client, const char *project_id, const char *const *emails,
                          size_t emails_len, enum ango_presence *presence);

#ifdef __cplusplus
}
#endif

#endif
