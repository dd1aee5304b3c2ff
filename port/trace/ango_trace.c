#include "ango_trace.h"

static void tell(struct ango_trace *trace, enum ango_trace_kind kind, uint32_t bytes, int code)
{
    struct ango_trace_event event;

    event.kind = kind;
    event.layer = trace->layer;
    event.ms = trace->port->clock_ms(trace->port->ctx) - trace->began_ms;
    event.bytes = bytes;
    event.code = code;
    trace->tell(trace->ctx, &event);
}

static void count(uint32_t *bytes, int n)
{
    *bytes = *bytes > UINT32_MAX - (uint32_t)n ? UINT32_MAX : *bytes + (uint32_t)n;
}

/* What was received up to now is a reply, or none came. */
static void end_reply(struct ango_trace *trace)
{
    if (trace->received > 0) {
        tell(trace, ANGO_TRACE_REPLY, trace->received, 0);
    }
    trace->received = 0;
}

static void finish(struct ango_trace *trace, enum ango_trace_kind kind, int code)
{
    end_reply(trace);
    tell(trace, kind, kind == ANGO_TRACE_FAILED ? trace->sent : 0, code);
    trace->sent = 0;
}

static int trace_connect(void *ctx, const char *host, uint16_t port, uint32_t wait_ms)
{
    struct ango_trace *trace = ctx;
    int n;

    if (!trace->open) {
        trace->open = true;
        trace->began_ms = trace->port->clock_ms(trace->port->ctx);
        trace->sent = 0;
        trace->received = 0;
        tell(trace, ANGO_TRACE_CONNECTING, 0, 0);
    }
    n = trace->port->connect(trace->port->ctx, host, port, wait_ms);
    if (n == ANGO_OK) {
        tell(trace, ANGO_TRACE_CONNECTED, 0, 0);
    } else if (n != ANGO_E_WAIT) {
        trace->open = false;
        finish(trace, ANGO_TRACE_FAILED, n);
    }
    return n;
}

static int trace_send(void *ctx, const uint8_t *data, size_t len, uint32_t wait_ms)
{
    struct ango_trace *trace = ctx;
    int n = trace->port->send(trace->port->ctx, data, len, wait_ms);

    if (n > 0) {
        end_reply(trace);
        count(&trace->sent, n);
    } else if (n != ANGO_E_WAIT) {
        finish(trace, ANGO_TRACE_FAILED, n);
    }
    return n;
}

static int trace_recv(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms)
{
    struct ango_trace *trace = ctx;
    int n = trace->port->recv(trace->port->ctx, buf, cap, wait_ms);

    if (n > 0) {
        if (trace->sent > 0) {
            tell(trace, ANGO_TRACE_REQUEST, trace->sent, 0);
        }
        trace->sent = 0;
        count(&trace->received, n);
    } else if (n != ANGO_E_WAIT) {
        finish(trace, n == 0 ? ANGO_TRACE_ENDED : ANGO_TRACE_FAILED, n);
    }
    return n;
}

static void trace_close(void *ctx)
{
    struct ango_trace *trace = ctx;

    trace->port->close(trace->port->ctx);
    trace->open = false;
    finish(trace, ANGO_TRACE_CLOSED, 0);
}

static uint32_t trace_clock_ms(void *ctx)
{
    const struct ango_port *port = ((const struct ango_trace *)ctx)->port;

    return port->clock_ms(port->ctx);
}

static int64_t trace_time(void *ctx)
{
    const struct ango_port *port = ((const struct ango_trace *)ctx)->port;

    return port->time(port->ctx);
}

static int trace_entropy(void *ctx, uint8_t *buf, size_t len)
{
    const struct ango_port *port = ((const struct ango_trace *)ctx)->port;

    return port->entropy(port->ctx, buf, len);
}

static void trace_busy(void *ctx)
{
    const struct ango_port *port = ((const struct ango_trace *)ctx)->port;

    port->busy(port->ctx);
}

void ango_trace_over(struct ango_port *over, struct ango_trace *trace)
{
    const struct ango_port *port = trace->port;

    trace->open = false;
    over->ctx = trace;
    over->secure = port->secure;
    over->connect = trace_connect;
    over->send = trace_send;
    over->recv = trace_recv;
    over->close = trace_close;
    over->clock_ms = port->clock_ms != NULL ? trace_clock_ms : NULL;
    over->time = port->time != NULL ? trace_time : NULL;
    over->entropy = port->entropy != NULL ? trace_entropy : NULL;
    over->busy = port->busy != NULL ? trace_busy : NULL;
}

const char *ango_trace_kind_text(enum ango_trace_kind kind)
{
    switch (kind) {
    case ANGO_TRACE_CONNECTING:
        return "connecting";
    case ANGO_TRACE_CONNECTED:
        return "connected";
    case ANGO_TRACE_REQUEST:
        return "request";
    case ANGO_TRACE_REPLY:
        return "reply";
    case ANGO_TRACE_ENDED:
        return "ended";
    case ANGO_TRACE_FAILED:
        return "failed";
    case ANGO_TRACE_CLOSED:
        return "closed";
    }
    return "?";
}
