/*
 * ango_trace.h - a port over a port that tells what happens: so that a failed connect in the field can be understood. It tells
 * when, how much and which code; never a byte of what is sent or received.
 *
 *   static void tell(void *ctx, const struct ango_trace_event *event) { ... }
 *
 *   static struct ango_trace trace = { &plain, "tcp", tell, NULL };
 *   static struct ango_port traced;
 *   ango_trace_over(&traced, &trace);          then `traced` is used where `plain` was
 *
 * It may lie between any two layers, and more than once: under TLS a connect is TCP's, over TLS it has the handshake in
 * it. What is connected, sent and received is the same with it and without.
 */
#ifndef ANGO_TRACE_H
#define ANGO_TRACE_H

#include "ango_port.h"

#ifdef __cplusplus
extern "C" {
#endif

enum ango_trace_kind {
    ANGO_TRACE_CONNECTING, /* the first call of connect */
    ANGO_TRACE_CONNECTED,
    ANGO_TRACE_REQUEST, /* `bytes` were sent, and now the first of the reply have come */
    ANGO_TRACE_REPLY,   /* `bytes` were received, and now something else happens: told before that */
    ANGO_TRACE_ENDED,   /* the peer has closed its side */
    ANGO_TRACE_FAILED,  /* a call returned `code`; `bytes` had been sent that nothing had come for yet */
    ANGO_TRACE_CLOSED   /* we have */
};

struct ango_trace_event {
    enum ango_trace_kind kind;
    const char *layer; /* as in struct ango_trace */
    uint32_t ms;       /* since the connect began */
    uint32_t bytes;    /* where the kind says so, else 0; 4294967295 is that many or more */
    int code;          /* of enum ango_error, as the port below returned it; else 0 */
};

/* One place in the stack. */
struct ango_trace {
    const struct ango_port *port; /* below */
    const char *layer;            /* a name for it, for whoever reads; may be NULL */
    /* Called from within the port's functions; must not call the library. */
    void (*tell)(void *ctx, const struct ango_trace_event *event);
    void *ctx;
    /* Private. */
    uint32_t began_ms;
    uint32_t sent;
    uint32_t received;
    bool open;
};

/* Makes `over` a port that is trace->port and tells of it. Both are used as long as `over` is. Functions that are NULL stay NULL. */
void ango_trace_over(struct ango_port *over, struct ango_trace *trace);

/* "connecting", "connected", "request", "reply", "ended", "failed", "closed". */
const char *ango_trace_kind_text(enum ango_trace_kind kind);

#ifdef __cplusplus
}
#endif

#endif
