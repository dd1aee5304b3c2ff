#include "script_port.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { NONE, PENDING, UP, BROKEN };

void script_begin(struct script_port *s, const struct script_event *events)
{
    memset(s, 0, offsetof(struct script_port, sent));
    s->event = events;
    s->now_ms = 1000000;
    s->unix_time = 1795000000;
    s->random = 2463534242u;
}

static void demand(struct script_port *s, bool ok, const char *violation)
{
    if (!ok && s->violation == NULL)
        s->violation = violation;
}

/* Counts the call; true when a fault is set for it. */
static bool fault(struct script_port *s, enum script_call call, int *result)
{
    unsigned i;

    s->calls[call]++;
    if (call <= SCRIPT_RECV)
        s->calls[SCRIPT_ANY]++;
    for (i = 0; i < SCRIPT_FAULTS; i++) {
        const struct script_fault *f = &s->faults[i];
        unsigned n = s->calls[f->call];

        if (f->first == 0 || (f->call != call && (f->call != SCRIPT_ANY || call > SCRIPT_RECV)))
            continue;
        if (n >= f->first && n - f->first < f->times) {
            *result = f->result;
            return true;
        }
    }
    return false;
}

/* --- requests --------------------------------------------------------------------------------------------
 */

static size_t content_length(const char *head, size_t len)
{
    static const char name[] = "\r\nContent-Length: ";
    size_t i;

    for (i = 0; i + sizeof name - 1 < len; i++)
        if (memcmp(head + i, name, sizeof name - 1) == 0)
            return (size_t)strtoul(head + i + sizeof name - 1, NULL, 10);
    return 0;
}

size_t script_requests(const struct script_port *s, size_t *part)
{
    size_t kept = s->sent_len < SCRIPT_SENT_CAP ? s->sent_len : SCRIPT_SENT_CAP;
    size_t start = s->base;
    size_t requests = s->requests_before;
    size_t i;

    for (i = start; i + 4 <= kept; i++) {
        size_t end;

        if (memcmp(s->sent + i, "\r\n\r\n", 4) != 0)
            continue;
        end = i + 4 + content_length((const char *)s->sent + start, i + 4 - start);
        if (end > s->sent_len)
            break;
        requests++;
        start = end;
        i = end - 1;
    }
    if (part != NULL)
        *part = s->sent_len - start;
    return requests;
}

/* --- the script ------------------------------------------------------------------------------------------
 */

static void advance(struct script_port *s)
{
    s->event++;
    s->at = 0;
}

static bool is_asked(struct script_port *s)
{
    if (s->counted_len != s->sent_len) {
        s->counted_len = s->sent_len;
        s->requests = script_requests(s, NULL);
    }
    return s->requests > s->requests_used;
}

/* The event that now decides what send and recv do. */
static const struct script_event *current(struct script_port *s)
{
    while ((s->event->what == SCRIPT_REQUEST && is_asked(s))
           || (s->event->what == SCRIPT_BYTES && s->at == s->event->len)
           || (s->event->what == SCRIPT_PAUSE && s->at >= s->event->len)) {
        if (s->event->what == SCRIPT_REQUEST)
            s->requests_used++;
        advance(s);
    }
    return s->event;
}

static int wait_in_vain(struct script_port *s, uint32_t wait_ms)
{
    if (s->event->what == SCRIPT_PAUSE) {
        size_t left = s->event->len - s->at;
        uint32_t passed = left < wait_ms ? (uint32_t)left : wait_ms;

        s->at += passed;
        wait_ms = passed;
    }
    s->now_ms += wait_ms;
    return ANGO_E_WAIT;
}

/* True, once, before each thing that s->wait_first delays. */
static bool has_to_wait(struct script_port *s)
{
    s->waited = s->wait_first && !s->waited;
    return s->waited;
}

static int faulty(struct script_port *s, int result, size_t asked, uint32_t wait_ms)
{
    if (result == ANGO_E_WAIT)
        s->now_ms += wait_ms;
    else if (result == SCRIPT_MORE)
        return (int)asked + 1;
    return result;
}

int script_connect(void *ctx, const char *host, uint16_t tcp_port, uint32_t wait_ms)
{
    struct script_port *s = ctx;
    int result;
    bool is_faulty = fault(s, SCRIPT_CONNECT, &result);

    demand(s, s->state == NONE || s->state == PENDING, "connect on a connection");
    demand(s, host != NULL && host[0] != '\0' && tcp_port != 0, "connect without host or port");
    if (is_faulty)
        result = faulty(s, result, 0, wait_ms);
    else if (s->under != NULL)
        result = s->under->connect(s->under->ctx, host, tcp_port, wait_ms);
    else
        result = has_to_wait(s) ? ANGO_E_WAIT : ANGO_OK;
    if (s->state == NONE && (result == ANGO_OK || result == ANGO_E_WAIT))
        s->opened++;
    else if (s->state == PENDING && result != ANGO_OK && result != ANGO_E_WAIT)
        s->opened--;
    s->state = result == ANGO_OK ? UP : result == ANGO_E_WAIT ? PENDING : NONE;
    if (result != ANGO_OK || s->under != NULL)
        return result;
    if (s->opened > 1) {
        size_t part;

        while (s->event->what != SCRIPT_NEXT && s->event->what != SCRIPT_STALL)
            advance(s);
        if (s->event->what == SCRIPT_NEXT)
            advance(s);
        /* Half a request dies with its connection. */
        s->requests_before = s->requests_used = script_requests(s, &part);
        s->abandoned += part > 0;
        s->base = s->sent_len;
    }
    s->heard = 0;
    return ANGO_OK;
}

int script_send(void *ctx, const uint8_t *data, size_t len, uint32_t wait_ms)
{
    struct script_port *s = ctx;
    int result;
    bool is_faulty = fault(s, SCRIPT_SEND, &result);

    demand(s, s->state == UP, "send without a connection");
    demand(s, data != NULL && len >= 1 && len <= INT_MAX, "send of no byte or too many");
    if (is_faulty) {
        result = faulty(s, result, len, wait_ms);
    } else if (s->under != NULL) {
        result = s->under->send(s->under->ctx, data, len, wait_ms);
    } else if (current(s)->what == SCRIPT_RST) {
        result = ANGO_E_NET;
    } else if (has_to_wait(s)) {
        return ANGO_E_WAIT;
    } else {
        result = (int)(s->send_piece != 0 && s->send_piece < len ? s->send_piece : len);
        s->now_ms += s->piece_ms;
    }
    if (result > 0 && (size_t)result <= len) {
        size_t keep = s->sent_len < SCRIPT_SENT_CAP ? SCRIPT_SENT_CAP - s->sent_len : 0;

        if (keep > 0)
            memcpy(s->sent + s->sent_len, data, keep < (size_t)result ? keep : (size_t)result);
        s->sent_len += (size_t)result;
    } else if (result != ANGO_E_WAIT) {
        s->state = BROKEN;
    }
    return result;
}

static int give(struct script_port *s, uint8_t *buf, size_t cap, uint32_t wait_ms)
{
    size_t len = s->event->len - s->at;

    if (s->piece_ms > wait_ms) {
        s->now_ms += wait_ms;
        return ANGO_E_WAIT;
    }
    s->now_ms += s->piece_ms;
    if (len > cap)
        len = cap;
    if (s->piece != 0 && len > s->piece)
        len = s->piece;
    if (s->heard < s->split && len > s->split - s->heard)
        len = s->split - s->heard;
    memcpy(buf, (const uint8_t *)s->event->bytes + s->at, len);
    s->at += len;
    s->heard += len;
    return (int)len;
}

int script_recv(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms)
{
    struct script_port *s = ctx;
    int result;
    bool is_faulty = fault(s, SCRIPT_RECV, &result);

    demand(s, s->state == UP || s->state == BROKEN, "recv without a connection");
    demand(s, buf != NULL && cap >= 1 && cap <= INT_MAX, "recv of no byte or too many");
    if (is_faulty)
        return faulty(s, result, cap, wait_ms);
    if (s->under != NULL)
        return s->under->recv(s->under->ctx, buf, cap, wait_ms);
    switch (current(s)->what) {
    case SCRIPT_FIN:
        return 0;
    case SCRIPT_CUT:
        return ANGO_E_TRUNCATED;
    case SCRIPT_RST:
        return ANGO_E_NET;
    case SCRIPT_BYTES:
        return has_to_wait(s) ? ANGO_E_WAIT : give(s, buf, cap, wait_ms);
    default:
        return wait_in_vain(s, wait_ms);
    }
}

void script_close(void *ctx)
{
    struct script_port *s = ctx;

    s->calls[SCRIPT_CLOSE]++;
    demand(s, s->state != NONE, "close without a connection");
    if (s->state != NONE && s->under != NULL)
        s->under->close(s->under->ctx);
    s->state = NONE;
    s->closed++;
}

uint32_t script_clock_ms(void *ctx)
{
    struct script_port *s = ctx;
    int jump;

    if (fault(s, SCRIPT_CLOCK, &jump))
        s->now_ms += (uint32_t)jump;
    s->now_ms += s->clock_step_ms;
    /* Over another port, it is that port's clock, shifted. */
    return s->now_ms + (s->under != NULL ? s->under->clock_ms(s->under->ctx) : 0);
}

int64_t script_time(void *ctx)
{
    struct script_port *s = ctx;
    int result;

    if (fault(s, SCRIPT_TIME, &result))
        return result;
    return s->under != NULL && s->under->time != NULL ? s->under->time(s->under->ctx) : s->unix_time;
}

int script_entropy(void *ctx, uint8_t *buf, size_t len)
{
    struct script_port *s = ctx;
    int result;

    if (fault(s, SCRIPT_ENTROPY, &result))
        return result;
    if (s->under != NULL)
        return s->under->entropy(s->under->ctx, buf, len);
    demand(s, len >= 1 && len <= 64, "entropy of no byte or too many");
    while (len-- > 0) {
        s->random ^= s->random << 13;
        s->random ^= s->random >> 17;
        s->random ^= s->random << 5;
        *buf++ = (uint8_t)s->random;
    }
    return ANGO_OK;
}
