/* --verbose: each event on the connection, as it happens; never what is sent or received. */
#include "command.h"
#include "tap.h"

#include <string.h>

#include "ango_trace.h"

#define TCP "TCP"

/* TLS's connect is the handshake. */
static void tell(void *ctx, const struct ango_trace_event *event)
{
    const char *kind = ango_trace_kind_text(event->kind);
    const char *layer = event->layer;
    const char *to = event->kind == ANGO_TRACE_CONNECTED && strcmp(layer, TCP) == 0 ? cli_posix->peer : "";

    (void)ctx;
    switch (event->kind) {
    case ANGO_TRACE_REQUEST:
    case ANGO_TRACE_REPLY:
        cli_say("%5lu ms %s: %s, %lu bytes", (unsigned long)event->ms, layer, kind, (unsigned long)event->bytes);
        break;
    case ANGO_TRACE_FAILED:
        cli_say("%5lu ms %s: %s, error %d, %lu bytes unanswered", (unsigned long)event->ms, layer, kind, event->code,
                (unsigned long)event->bytes);
        break;
    default:
        cli_say("%5lu ms %s: %s%s%s", (unsigned long)event->ms, layer, kind, *to != '\0' ? " " : "", to);
        break;
    }
}

const struct ango_port *cli_trace_tcp(const struct ango_port *inner)
{
    static struct ango_trace trace = { .layer = TCP, .tell = tell };
    static struct ango_port outer;

    trace.port = inner;
    ango_trace_over(&outer, &trace);
    return &outer;
}

const struct ango_port *cli_trace_tls(const struct ango_port *inner)
{
    static struct ango_trace trace = { .layer = "TLS", .tell = tell };
    static struct ango_port outer;

    trace.port = inner;
    ango_trace_over(&outer, &trace);
    return &outer;
}
