/*
 * ango.h - a client for the Ango Hub API v2, for devices without a heap.
 *
 * One client talks to one host over one port, one exchange at a time. The caller provides all that it needs:
 * a buffer, which carries the request out and the reply in; a token, to read one string of the reply; and a
 * port (ango_port.h), usually TLS over a socket (ango_tls.h).
 *
 * Each operation is called as in the vendor's Python SDK, and comes in two forms:
 *   ango_X_start(client, ...)  builds the request and returns at once; ango_step() then advances the
 *                              exchange in slices, for a superloop or an RTOS task;
 *   ango_X(client, ...)        starts, and blocks until there is a result, at the latest at the deadline.
 * The result is in client->result; it and its strings stay valid until the next start.
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

/* What a change of each number means: README.md, "Versions". */
#define ANGO_VERSION "0.1.0"
#define ANGO_VERSION_MAJOR 0
#define ANGO_VERSION_MINOR 1
#define ANGO_VERSION_PATCH 0
#define ANGO_VERSION_NUMBER \
    (ANGO_VERSION_MAJOR * 1000000 + ANGO_VERSION_MINOR * 1000 + ANGO_VERSION_PATCH) /* to compare */

/* Hosts of the API, by region (vendor's OpenAPI pages). */
#define ANGO_HOST_EU "imeritapi.ango.ai"
#define ANGO_HOST_US "us-api.ango.ai"
#define ANGO_HOST_INDIA "in-api.ango.ai"
#define ANGO_HOST_TEST "testapi.ango.ai"

/* Limits that input is checked against. */
#define ANGO_EMAIL_MAX 254      /* bytes in an address (RFC 5321, 4.5.3.1.3, without angle brackets) */
#define ANGO_EMAIL_LOCAL_MAX 64 /* bytes before the @ (RFC 5321, 4.5.3.1.1) */
#define ANGO_HOST_MAX 253       /* bytes in a host name (RFC 1035, 2.3.4) */
#define ANGO_RETRY_AFTER_MAX 86400
#define ANGO_JSON_DEPTH 32 /* levels of objects and arrays in a reply */
#define ANGO_INTERIM_MAX 8 /* 1xx replies before the final one */

/* --- configuration -------------------------------------------------------------------------------- */

/* Room for one jsmn token. */
struct ango_token {
    int opaque[5];
};
/* jsmn gets one string at a time. */
#define ANGO_TOKENS 1

/* Constant for the life of the client, which owns all that it points to for that time; may lie in flash. */
struct ango_config {
    const struct ango_port *port; /* must be secure */
    const char *host;             /* a host name or an IPv4 address, no scheme, no port: ANGO_HOST_EU */
    uint16_t tcp_port;            /* 0: 443 */
    uint32_t timeout_ms;          /* for a whole exchange: connect, handshake, request, reply; 1 to 2147483647 */
    uint32_t keep_ms;             /* a connection idle for longer is not used again; 0: close after each exchange */
    uint8_t *buffer;              /* the request; then the wanted parts of the reply, however long that is */
    size_t buffer_cap;            /* at most INT_MAX; result.need says how much a request takes */
    struct ango_token *tokens;
    size_t tokens_cap;      /* at least ANGO_TOKENS */
    const char *prefix;     /* put before every path, for an installation that has one: "/hub"; NULL or "": none */
    const char *user_agent; /* NULL: "ango/" ANGO_VERSION; "": none is sent, which some gateways reject */
    uint32_t (*retry_after_date)(const char *text, uint32_t now); /* ango_retry_after_date; NULL: a date in
                                     Retry-After is ignored, and no code for it is linked (280 bytes) */
    uint8_t page_limit; /* entries that walks and read-backs request per page; 0: ANGO_LIMIT_MAX. Lower it
                                     only where mbedTLS is built for small records and the server sends large ones */
};

/*
 * For config.retry_after_date: the seconds from `now` (the low 32 bits of the Unix time; 0: unknown) to a date such as
 * "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7; its two obsolete forms are not accepted). 0 if the date is past or
 * more than 68 years ahead, if `text` is not a date, or if `now` is 0. Only length and month are checked: any other
 * error in the date makes the result wrong, and does nothing worse.
 */
uint32_t ango_retry_after_date(const char *text, uint32_t now);

/* --- the result ----------------------------------------------------------------------------------- */

/* What is known about the effect of the request. Operations that only read have the same outcomes. */
enum ango_outcome {
    ANGO_NOT_SENT = 0, /* no byte of the request left the device: safe to send again */
    ANGO_UNKNOWN,      /* it may have reached the server: never send it again blindly (RFC 9110, 9.2.2) */
    ANGO_REJECTED,     /* the server refused it: the complete head of a 4xx (except 408) or a redirect came */
    ANGO_ACCEPTED      /* a complete success was received; look at each entry for what happened to it */
};

struct ango_result {
    int error; /* enum ango_error: the final one, from the start or from ango_step */
    enum ango_outcome outcome;
    unsigned http_status;   /* 200 to 599; 0: none was received */
    const char *status;     /* the reply's `status`: "success"; "" if it has none */
    const char *message;    /* the reply's `message`, if it fits (up to 95 bytes do in a buffer of 512, 57 in one of
                                  256). If it has none, and is an error or not the API's: the body as plain text, cut
                                  to 511 bytes and less than half of the buffer, unless a list has begun in it. Else
                                  "". The API key in it is replaced by asterisks. It comes from the network: it may
                                  hold control characters and, as plain text, bytes that are not UTF-8, so filter it
                                  before a terminal sees it */
    uint32_t retry_after_s; /* seconds that the server asks to wait, at most ANGO_RETRY_AFTER_MAX; 0: it does not */
    size_t items;           /* all entries in the reply's list */
    size_t kept;            /* those of them that fit the buffer; after ANGO_OK, ango_next_X reads them. The others
                                  are not an error; a walk hands out every entry */
    size_t need;            /* the buffer_cap that the request takes, even if the buffer is smaller */
    size_t index;           /* after ANGO_E_EMAIL or ANGO_E_ID: the position in its list, from 0 */
    int port_error;         /* the last invalid result or error of the port, unchanged; 0: none */
    uint32_t done;          /* entries updated or deleted, by the reply's count; 0 also if it has none */
    uint32_t failed;        /* entries that could not be, by the reply's count; 0 also if it has none */
    uint32_t total;         /* entries of the whole list, by the reply's count; 0 also if it has none */
};

/* --- the client ----------------------------------------------------------------------------------- */

/*
 * Read only `result`; the rest is private. Zero it, or declare it static, before ango_client_init. The fields used most
 * come first, which makes the code smaller on a Cortex-M.
 */
struct ango_client {
    uint8_t state;
    uint8_t connected;
    const struct ango_config *config;
    const struct ango_port *port;
    const char *api_key;
    uint32_t last_ms; /* the last reading of the clock */
    uint32_t serial;  /* counts set-ups and exchanges */
    /* Each start zeroes everything from here on. */
    bool drains;     /* entries are handed out as they come, for a walk */
    bool handed_out; /* one was handed out, and received bytes remain to be taken */
    struct ango_room room;
    int send_error;
    size_t len; /* bytes of the request */
    size_t pos; /* bytes of it that have been sent */
    uint32_t started_ms;
    uint8_t *entry; /* the next entry to read */
    size_t unread;  /* kept entries not yet read */
    struct ango_result result;
    struct ango_http http;
    struct ango_json json;
};

/*
 * Checks the configuration and prepares the client. No connection is made.
 * `config` and `api_key` are not copied: both must stay valid and unchanged while the client is used.
 *   ANGO_E_ARG       a NULL, a capacity, timeout or page_limit out of range, too few tokens, a missing port function, a
 *                    user_agent with a byte outside 0x20 to 0x7E
 *   ANGO_E_CLOCK     the port has no clock_ms
 *   ANGO_E_HOST      the host is empty, longer than ANGO_HOST_MAX, ends with a dot, or has a character that no host
 *                    has; or the prefix has such a character, does not begin with '/', or has a segment that is empty
 *                    or begins with a dot
 *   ANGO_E_INSECURE  the port is not secure
 *   ANGO_E_KEY       the key is empty or has a byte outside 0x21 to 0x7E
 */
int ango_client_init(struct ango_client *client, const struct ango_config *config, const char *api_key);

/*
 * Sets the key for the next start; checked as by init. Once this returns ANGO_OK, the old key may be wiped. ANGO_E_ARG
 * for a NULL and during an exchange.
 */
int ango_client_set_api_key(struct ango_client *client, const char *api_key);

/*
 * Advances the started exchange, blocking for at most `wait_ms` (0: not at all) plus the time to compute; a TLS
 * handshake computes for up to two seconds on a small core, unless mbedTLS was built to split it (ango_tls.h).
 * Returns ANGO_E_WAIT until the exchange ends; from then until the next start, its result, which is also result.error:
 *   ANGO_OK             outcome accepted
 *   ANGO_E_STATUS       the reply is an error: see result.outcome, http_status, message, retry_after_s
 *   ANGO_E_CLOCK, _ENTROPY, _MEMORY, _RESOLVE, _NET, _TIME, _CERT, _TLS, _TRUNCATED, _HTTP, _TOO_BIG, _JSON,
 *   _SHAPE, _CANCELLED  see ango_port.h; result.outcome says whether the request may have arrived
 * ANGO_E_ARG for a NULL, before the first start, and while a walk's exchange is going on.
 */
int ango_step(struct ango_client *client, uint32_t wait_ms);

/* Calls ango_step until the exchange ends, at the latest when the deadline has passed. */
int ango_finish(struct ango_client *client);

/* Abandons a started exchange and closes its connection. Does nothing if none was started. */
void ango_cancel(struct ango_client *client);

/* Abandons a started exchange and closes a kept connection. The client can be used again. */
void ango_close(struct ango_client *client);

/* A sentence for people, in English, without a full stop: what happened, and what to do. Never NULL. */
const char *ango_error_text(int error);

/* The outcome in English: "not sent", "unknown", "rejected", "accepted". */
const char *ango_outcome_text(enum ango_outcome outcome);

/* --- invite_members_to_org ------------------------------------------------------------------------ */

enum ango_organization_role { ANGO_ORGANIZATION_ADMIN = 1, ANGO_ORGANIZATION_MEMBER };

enum ango_project_role { ANGO_PROJECT_MANAGER = 1, ANGO_PROJECT_LABELER, ANGO_PROJECT_REVIEWER, ANGO_PROJECT_LEAD };

struct ango_project_assignment {
    const char *project_id;
    enum ango_project_role project_role;
};

/* Strings are UTF-8. Read by the start function only; may be changed or discarded once that has returned. */
struct ango_invitation {
    const char *const *to; /* email addresses */
    size_t to_len;         /* at least 1 */
    enum ango_organization_role organization_role;
    const struct ango_project_assignment *project_assignments;
    size_t project_assignments_len; /* 0: none, and the field is not sent */
};

/*
 * Invites people to an organization: POST /v2/organization/{organization_id}/invites.
 * The identifier is percent-encoded; "." and ".." are refused.
 * Checked before anything is sent, here and in every operation below:
 *   ANGO_E_ARG    no client, or one whose exchange is still going on (the result is not touched); a NULL, an empty
 *                 list, an invalid role or page
 *   ANGO_E_ID     an empty identifier, or one with an ASCII control character or bytes that are not UTF-8
 *   ANGO_E_EMAIL  not LOCAL@DOMAIN within the limits above, or with a space, a second @, an ASCII control
 *                 character or bytes that are not UTF-8; all else is left to the server to check
 *   ANGO_E_SPACE  the buffer is too small: see result.need
 */
int ango_invite_members_to_org_start(struct ango_client *client, const char *organization_id,
                                     const struct ango_invitation *invitation);

static inline int ango_invite_members_to_org(struct ango_client *client, const char *organization_id,
                                             const struct ango_invitation *invitation)
{
    int err = ango_invite_members_to_org_start(client, organization_id, invitation);
    return err == ANGO_OK ? ango_finish(client) : err;
}

/* An invitation as the server reports it. Strings lie in the client's buffer; "" where the reply has none. */
struct ango_invite {
    const char *id; /* `_id` */
    const char *to;
    const char *organization_role; /* as the server spells it: compare with ango_text_is */
    const char *status;            /* "Pending", ... */
    const char *message;           /* why this one failed, if the server says so */
    const char *created_by;
    const char *created_at; /* ISO 8601, UTC */
    const char *expires_at;
};

/*
 * The next invitation of the reply, in the server's order, each once: ANGO_OK, then ANGO_E_END. A reply may
 * omit addresses of the request and name others: compare before you tell people.
 * ANGO_E_ARG if the last operation does not return invitations, or did not succeed.
 */
int ango_next_invite(struct ango_client *client, struct ango_invite *invite);

/*
 * The API's name for a role; NULL for a value that is not a role. The server may spell it otherwise ("Admin"),
 * and has others ("Guest"): compare with ango_text_is, and show an unknown role as it is.
 */
const char *ango_organization_role_text(enum ango_organization_role role);
const char *ango_project_role_text(enum ango_project_role role);

/*
 * Whether two strings are equal, ignoring the case of ASCII letters. The library compares all roles and addresses
 * like this.
 */
bool ango_text_is(const char *a, const char *b);

/*
 * A buffer_cap that is enough for every invitation within these bounds, at compile time; result.need is exact.
 * Lengths are in bytes, without NUL: of the host, the key and the organization's identifier, and of the longest
 * address and project identifier; `emails` and `projects` count these. Add the lengths of your own prefix and
 * user_agent. Worst case: every byte of the organization's identifier percent-encoded, every byte of an address
 * or a project's identifier escaped.
 */
#define ANGO_INVITE_NEED(host_len, key_len, organization_id_len, emails, email_len, projects, project_id_len) \
    (255u + (host_len) + (key_len) + 3u * (organization_id_len) + (emails) * (2u * (email_len) + 3u) \
     + (projects) * (2u * (project_id_len) + 43u))

/* --- pages ---------------------------------------------------------------------------------------- */

#define ANGO_LIMIT_MAX 100 /* vendor's OpenAPI pages */

/* Part of a list. Entries that do not fit the buffer are counted, not kept; a walk hands out every entry. */
struct ango_page {
    uint32_t page;  /* counts from 1 */
    uint32_t limit; /* entries per page, 1 to ANGO_LIMIT_MAX; a server may return fewer, or more */
};

/* --- pending invitations -------------------------------------------------------------------------- */

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
 * Withdraws invitations: DELETE /v2/organization/{organization_id}/invites. Errors as for
 * ango_invite_members_to_org_start. The reply only counts, in result.done and result.failed, and names nobody:
 * ango_walk_invites shows who is still invited.
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

/* GET /v2/organization/{organization_id}/users. The server interprets `search`; NULL or "": all members. */
int ango_get_organization_members_start(struct ango_client *client, const char *organization_id, const char *search,
                                        const struct ango_page *page);

static inline int ango_get_organization_members(struct ango_client *client, const char *organization_id,
                                                const char *search, const struct ango_page *page)
{
    int err = ango_get_organization_members_start(client, organization_id, search, page);
    return err == ANGO_OK ? ango_finish(client) : err;
}

int ango_next_member(struct ango_client *client, struct ango_member *member);

/* The result of one change of role; "" where the reply has none. */
struct ango_role_update {
    const char *email;
    const char *status; /* "updated", "failed", ... as the server says it */
    const char *message;
};

/* Gives members a role: POST /v2/organization/{organization_id}/users. Counted in result.done and result.failed. */
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

/* Removes members: DELETE /v2/organization/{organization_id}/users. Counted in result.done and result.failed. */
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

/* GET /v2/listProjects. `sort` is a field's name, after a '-' to reverse the order: "-createdAt"; NULL: unsorted. */
int ango_list_projects_start(struct ango_client *client, const char *sort, const struct ango_page *page);

static inline int ango_list_projects(struct ango_client *client, const char *sort, const struct ango_page *page)
{
    int err = ango_list_projects_start(client, sort, page);
    return err == ANGO_OK ? ango_finish(client) : err;
}

int ango_next_project(struct ango_client *client, struct ango_project *project);

/* Somebody assigned to a project, as the server reports it; "" where the reply has none. */
struct ango_assignee {
    const char *assignee;
    const char *role;
};

/* Assigns members of the organization to a project: POST /v2/project/{project_id}/assigned. */
int ango_add_members_to_project_start(struct ango_client *client, const char *project_id, const char *const *emails,
                                      size_t emails_len, enum ango_project_role role);

static inline int ango_add_members_to_project(struct ango_client *client, const char *project_id,
                                              const char *const *emails, size_t emails_len, enum ango_project_role role)
{
    int err = ango_add_members_to_project_start(client, project_id, emails, emails_len, role);
    return err == ANGO_OK ? ango_finish(client) : err;
}

/* The reply may also name others assigned to the project, or nobody at all. */
int ango_next_assignee(struct ango_client *client, struct ango_assignee *assignee);

/*
 * Who is assigned to a project: GET /v2/project/{project_id}. Read with ango_next_assignee. The rest of the reply, the
 * project's whole set-up, often 100 KB, is skipped.
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
 * Walks a whole list and hands out its entries one by one as the reply comes in: a list of any length passes through a
 * small buffer, and each page is one request of up to config.page_limit entries.
 *
 * It relies only on documented server behaviour. A short page is not taken for the last one: the walk ends at the first
 * page with nothing new (it is empty, or begins like the first page or the one before), or once as many entries have
 * come as the reply's `total` says. So it works with a server that returns fewer entries than requested, or ignores
 * `limit`, `page`, or both; each entry is handed out once. If an entry is added to or removed from an earlier page
 * meanwhile, another one can come twice or be missed. Entries are also missed if a server caps its pages at a number
 * not divisible by 5, and yet starts page 2 after `limit` entries: `incomplete` says so if the server gives a total.
 */
struct ango_walk {
    /* May be changed once the walk has begun. */
    uint32_t pages_max;  /* ANGO_WALK_PAGES_MAX */
    uint32_t timeout_ms; /* for the whole walk, from its beginning; 0: only each exchange has a limit */
    /* For reading, after ANGO_E_END. */
    bool incomplete; /* entries may be missing: fewer than `total` came, a page repeats, an element is not an object */
    /* Private. */
    uint8_t limit;
    uint8_t empty; /* consecutive pages, so far, with nothing new */
    uint8_t state;
    uint8_t first_len; /* entries of the first page, if it was short; else 0 */
    bool compared;     /* an entry of this page was compared with the pages before */
    bool repeats;      /* this page was read before */
    bool swept;        /* the list is being read again in pages of first_len */
    bool thorough;     /* for a read-back: assumes less, and reads more */
    bool one_page;
    struct ango_client *client;
    ango_walk_ask *ask;
    const char *id;
    const char *query;
    uint32_t began_ms;
    uint32_t serial; /* the client's, at the last exchange of the walk */
    uint32_t page;
    uint32_t at;       /* entries read of this page */
    uint32_t passed;   /* entries of the pages before */
    uint32_t skip;     /* entries at the start of this page that were handed out before */
    uint32_t first;    /* hash of the first page's first entry */
    uint32_t previous; /* hash of the first entry of the page before */
    uint32_t begins;   /* hash of this page's first entry that fits */
};

/*
 * Begin a walk; nothing is sent yet. The client belongs to the walk until that ends: starting another operation returns
 * ANGO_E_ARG while a reply comes in; at any other time it ends the walk with ANGO_E_ARG. The strings must stay valid.
 * ANGO_E_ARG for a NULL; an invalid string is reported when the first page is requested.
 */
int ango_walk_invites(struct ango_walk *walk, struct ango_client *client, const char *organization_id);
int ango_walk_members(struct ango_walk *walk, struct ango_client *client, const char *organization_id,
                      const char *search);
int ango_walk_projects(struct ango_walk *walk, struct ango_client *client, const char *sort);

/*
 * The next entry: a struct ango_invite, ango_member or ango_project, to match the walk. Its strings are valid until the
 * next call.
 *   ANGO_E_WAIT     it has not come yet; blocks no longer than ango_step does
 *   ANGO_E_END      there are no more entries
 *   ANGO_E_ENTRY    this entry does not fit the buffer; the next call continues after it
 *   ANGO_E_ARG      a NULL, or the client was used for something else: the walk is over
 *   ANGO_E_SHAPE    also after pages_max pages: the walk is over, unless pages_max is raised
 *   ANGO_E_TIME     also when timeout_ms has passed: the walk is over, unless timeout_ms is changed
 *   others          see client->result; the next call requests the same page again and continues after the entries
 *                   already handed out. After a 429, wait for result.retry_after_s first
 * Only the end of a page shows that its reply is a success: an error may follow entries already handed out.
 */
int ango_walk_step(struct ango_walk *walk, void *entry, uint32_t wait_ms);
/* The same, but blocks until it returns something other than ANGO_E_WAIT. */
int ango_walk_next(struct ango_walk *walk, void *entry);

/* --- after ANGO_UNKNOWN --------------------------------------------------------------------------- */

enum ango_presence {
    ANGO_ABSENT,   /* neither invited nor a member, or not on the project: on the evidence below */
    ANGO_INVITED,  /* the invitation is pending */
    ANGO_MEMBER,   /* of the organization */
    ANGO_ASSIGNED, /* on the project */
    ANGO_UNSURE    /* not found, but there is no evidence of absence: do not send again */
};

#define ANGO_CONFIRM_PASSES_MAX 6
#define ANGO_CONFIRM_TIMEOUT_MS 600000u

/* The caller provides the memory, and may change the two times after ango_confirm_begin. */
struct ango_confirm {
    uint32_t settle_ms;  /* from the beginning until the last reading may start; initially config.timeout_ms, as long as
                           the request itself had. Less makes "absent" less certain; there are always two readings */
    uint32_t timeout_ms; /* from the beginning until ANGO_E_TIME; initially ANGO_CONFIRM_TIMEOUT_MS; 0: limited only by
                           each exchange's own deadline and by ANGO_WALK_PAGES_MAX */
    /* Private. */
    uint8_t passes;
    uint8_t phase;
    bool unclear;        /* in this pass an entry had no address or did not fit, or a list was incomplete */
    uint8_t first_phase; /* of each reading */
    const char *id;
    const char *const *emails;
    size_t emails_len;
    size_t missing; /* addresses not found yet */
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
 * After an unknown outcome, find out whether an invitation or an assignment to a project took effect: presence[i] is
 * the answer for emails[i]. Only after ANGO_ABSENT is it safe to send again. Invited addresses are looked for among the
 * invitations, then among the members; assigned ones among all who are on the project, in any role. `presence` is
 * meaningless before ANGO_OK. All pointers must stay valid until then.
 *
 * "Found" takes one entry with that address. "Absent" makes people send again, so it takes all of this:
 *   - two readings in a row, from the first page to the last, saw exactly the same addresses: an entry added or removed
 *     meanwhile can hide another one from one reading, but not from two that agree;
 *   - the second of them began at least settle_ms after ango_confirm_begin: a server may still be working on a request
 *     whose connection broke, and show the effect late;
 *   - every entry could be compared: each had an address and fitted the buffer;
 *   - no invitation to that address was in a state other than pending or expired, if the server shows any such;
 *   - the lists were complete, as far as can be seen: no page came twice (a server that ignores `page` may have more
 *     than it shows), none was empty between others, every element was an object, and there were as many as `total`
 *     says, if there is one;
 *   - the address is plain ASCII without a punycode domain ("xn--"): a server may show others in another form.
 * Otherwise the answer is ANGO_UNSURE, also when ANGO_CONFIRM_PASSES_MAX readings never agreed.
 * Addresses are compared with ango_text_is. All members are read, since no source shows that a search finds addresses.
 *   ANGO_E_WAIT  (step) not done yet; ango_confirm_wait_ms says for how long there is nothing to do
 *   ANGO_E_ARG   a NULL, no address, or an empty one; the client was used for something else meanwhile
 *   ANGO_E_TIME  also when timeout_ms has passed; once that is raised, the next step continues
 *   others       as for ango_walk_step; the next step continues where this one failed
 */
int ango_confirm_begin(struct ango_confirm *confirm, struct ango_client *client, const char *organization_id,
                       const char *const *emails, size_t emails_len, enum ango_presence *presence);
/* The same of the members alone, for a removal: somebody who is a member may be invited as well. */
int ango_confirm_members_begin(struct ango_confirm *confirm, struct ango_client *client, const char *organization_id,
                               const char *const *emails, size_t emails_len, enum ango_presence *presence);
int ango_confirm_assigned_begin(struct ango_confirm *confirm, struct ango_client *client, const char *project_id,
                                const char *const *emails, size_t emails_len, enum ango_presence *presence);
int ango_confirm_step(struct ango_confirm *confirm, uint32_t wait_ms);

/* Milliseconds until the next step has something to do; 0: now. For a caller that can sleep or do other work. */
uint32_t ango_confirm_wait_ms(const struct ango_confirm *confirm);

/* The same in one blocking call. It polls while it waits: prefer the steps where a busy processor matters. */
int ango_confirm_invitations(struct ango_client *client, const char *organization_id, const char *const *emails,
                             size_t emails_len, enum ango_presence *presence);
int ango_confirm_assigned(struct ango_client *client, const char *project_id, const char *const *emails,
                          size_t emails_len, enum ango_presence *presence);

#ifdef __cplusplus
}
#endif

#endif
