#include "whole_exchange.h"

#include <string.h>

void exchange_open(struct exchange *x, size_t most)
{
    guard_begin(&x->guard, most);
}

void exchange_shut(struct exchange *x)
{
    guard_end(&x->guard);
}

int exchange_begin(struct exchange *x, const struct script_event *events, size_t buffer_cap)
{
    static const struct ango_config config = {
        .host = "hub.example",
        .timeout_ms = 30000,
        .keep_ms = 60000,
        .tokens_cap = ANGO_TOKENS,
        .retry_after_date = ango_retry_after_date,
    };
    const struct ango_port port = SCRIPT_PORT(&x->script, true);

    script_begin(&x->script, events);
    x->port = port;
    x->config = config;
    x->config.port = &x->port;
    x->config.buffer = guard_room(&x->guard, buffer_cap);
    x->config.buffer_cap = buffer_cap;
    x->config.tokens = x->tokens;
    memset(&x->client, 0, sizeof x->client);
    memset(x->tokens, 0xA5, sizeof x->tokens);
    return ango_client_init(&x->client, &x->config, EXCHANGE_KEY);
}

int exchange_start(struct exchange *x)
{
    static const char *const to[] = { EXCHANGE_TO };
    static const struct ango_invitation invitation = { to, 1, ANGO_ORGANIZATION_MEMBER, NULL, 0 };

    return ango_invite_members_to_org_start(&x->client, "org", &invitation);
}

int exchange_invite(struct exchange *x)
{
    int err = exchange_start(x);

    return err == ANGO_OK ? ango_finish(&x->client) : err;
}

/* FNV-1a */
static void digest(uint64_t *d, const void *data, size_t len)
{
    const uint8_t *p = data;

    while (len-- > 0)
        *d = (*d ^ *p++) * 1099511628211u;
}

static void digest_text(uint64_t *d, const char *text)
{
    digest(d, text, strlen(text) + 1);
}

/* A struct of nothing but strings. */
static void digest_texts(uint64_t *d, const void *entry, size_t len)
{
    const char *const *texts = entry;

    while (len-- > 0)
        digest_text(d, *texts++);
}

/* Of every kind; the others say that they are not theirs. */
static void digest_entries(uint64_t *d, struct ango_client *client)
{
    struct ango_invite i;
    struct ango_member m;
    struct ango_role_update u;
    struct ango_project p;
    struct ango_assignee a;
    int err[5];

#define DIGEST(at, next, entry) \
    while ((err[at] = next(client, &(entry))) == ANGO_OK) \
    digest_texts(d, &(entry), sizeof(entry) / sizeof(const char *))
    DIGEST(0, ango_next_invite, i);
    DIGEST(1, ango_next_member, m);
    DIGEST(2, ango_next_role_update, u);
    DIGEST(3, ango_next_project, p);
    DIGEST(4, ango_next_assignee, a);
#undef DIGEST
    digest(d, err, sizeof err);
}

uint64_t exchange_digest(struct exchange *x)
{
    const struct ango_result *r = &x->client.result;
    uint64_t d = 14695981039346656037u;
    uint64_t numbers[] = { (uint64_t)r->error,
                           r->outcome,
                           r->http_status,
                           r->retry_after_s,
                           r->items,
                           r->kept,
                           r->need,
                           r->index,
                           r->done,
                           r->failed,
                           r->total,
                           (uint64_t)r->port_error };

    digest(&d, numbers, sizeof numbers);
    digest_text(&d, r->status);
    digest_text(&d, r->message);
    digest_entries(&d, &x->client);
    return d;
}

static bool holds(const uint8_t *buf, size_t len, const char *text)
{
    const uint8_t *end = buf + len;
    size_t n = strlen(text);

    while ((size_t)(end - buf) >= n && (buf = memchr(buf, text[0], (size_t)(end - buf) - n + 1)) != NULL) {
        if (memcmp(buf, text, n) == 0)
            return true;
        buf++;
    }
    return false;
}

/* "", or within the buffer and with its NUL there. */
static bool is_sound(const struct exchange *x, const char *text)
{
    uintptr_t start = (uintptr_t)x->config.buffer;
    uintptr_t at = (uintptr_t)text;

    if (text == NULL)
        return false;
    if (at < start || at >= start + x->config.buffer_cap)
        return text[0] == '\0';
    return memchr(text, '\0', start + x->config.buffer_cap - at) != NULL;
}

static const char *broken_outcome(const struct exchange *x)
{
    const struct ango_result *r = &x->client.result;
    bool is_final_no = r->http_status >= 300 && r->http_status < 500 && r->http_status != 408;

    if (r->outcome == ANGO_ACCEPTED && r->error != ANGO_OK)
        return "accepted in spite of an error";
    if (r->error == ANGO_OK && (r->outcome != ANGO_ACCEPTED || r->http_status < 200 || r->http_status > 299))
        return "no error, but not accepted";
    if (r->outcome == ANGO_REJECTED && (r->error != ANGO_E_STATUS || !is_final_no))
        return "rejected by no status";
    if (r->error == ANGO_E_STATUS && (r->http_status < 100 || r->http_status > 599))
        return "the server said no without a status";
    return NULL;
}

const char *exchange_broken(const struct exchange *x, size_t most)
{
    const struct script_port *s = &x->script;
    size_t part;
    size_t requests = script_requests(s, &part);

    if (s->violation != NULL)
        return s->violation;
    if (!guard_intact(&x->guard))
        return "written in front of the buffer";
    if (requests + s->abandoned + (part > 0) > most)
        return "DOUBLED";
    if (s->closed > s->opened || s->opened - s->closed > 1)
        return "connects and closes do not balance";
    if (holds(x->config.buffer, x->config.buffer_cap, EXCHANGE_KEY))
        return "the API key is still in the buffer";
    if (!is_sound(x, x->client.result.status) || !is_sound(x, x->client.result.message))
        return "a string of the result lies outside of the buffer";
    if (x->client.result.outcome == ANGO_NOT_SENT && s->sent_len > 0 && most <= 1)
        return "not sent, but something was";
    return broken_outcome(x);
}
