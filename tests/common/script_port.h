/*
 * script_port.h - a port that plays a script: what the peer says and when, how it is cut into pieces, which
 * call fails, and what the clock shows. It keeps what was sent, counts the calls, and notices a caller that
 * breaks the contract of ango_port.h.
 *
 *   static struct script_port s;
 *   const struct ango_port port = SCRIPT_PORT(&s, true);
 *   const struct script_event events[] = {
 *       SCRIPT_ANSWER("HTTP/1.1 200 OK\r\n\r\n"), { SCRIPT_FIN, NULL, 0 }, SCRIPT_STOP };
 *   script_begin(&s, events);
 *   s.piece = 1;
 */
#ifndef ANGO_TESTS_SCRIPT_PORT_H
#define ANGO_TESTS_SCRIPT_PORT_H

#include "ango_port.h"

/* What happens on a connection, one after the other. Time passes only while the client waits. */
enum script_what {
    SCRIPT_STALL,   /* nothing more, for ever: also the end of every script */
    SCRIPT_REQUEST, /* goes on when one more whole request has come in */
    SCRIPT_BYTES,   /* the peer says bytes[0..len) */
    SCRIPT_PAUSE,   /* nothing for `len` ms */
    SCRIPT_FIN,     /* an authenticated end: recv returns 0 from now on */
    SCRIPT_CUT,     /* a bare end: ANGO_E_TRUNCATED */
    SCRIPT_RST,     /* ANGO_E_NET, of send too */
    SCRIPT_NEXT     /* what follows is for the next connection */
};

struct script_event {
    enum script_what what;
    const void *bytes;
    size_t len;
};

#define SCRIPT_STOP \
    { \
        SCRIPT_STALL, NULL, 0 \
    }
#define SCRIPT_SAY(text) \
    { \
        SCRIPT_BYTES, text, sizeof(text) - 1 \
    }
#define SCRIPT_ANSWER(text) { SCRIPT_REQUEST, NULL, 0 }, SCRIPT_SAY(text)

/* Which calls a fault is about. ANY counts connect, send and recv together. */
enum script_call {
    SCRIPT_ANY,
    SCRIPT_CONNECT,
    SCRIPT_SEND,
    SCRIPT_RECV,
    SCRIPT_CLOCK,
    SCRIPT_TIME,
    SCRIPT_ENTROPY,
    SCRIPT_CLOSE,
    SCRIPT_CALLS
};

/*
 * The calls from the `first` (counted from 1), `times` of them, return `result` and do nothing else; a call
 * that would wait lets the time pass. CLOCK: `result` is added to the clock, for good. TIME: `result` is the
 * time.
 */
struct script_fault {
    enum script_call call;
    unsigned first;
    unsigned times;
    int result;
};
#define SCRIPT_ALWAYS 0xFFFFFFFFu
#define SCRIPT_MORE 0x7FFFFFF0 /* as a result of send or recv: one byte more than was asked for */
#define SCRIPT_FAULTS 4

#define SCRIPT_SENT_CAP 65536u

struct script_port {
    /* For the test to set, after script_begin. */
    size_t piece;           /* recv gives at most so many bytes at once; 0: all that there are */
    size_t split;           /* and none across this offset of what the peer says on a connection; 0: nowhere */
    size_t send_piece;      /* send takes at most so many bytes at once; 0: all */
    bool wait_first;        /* ANGO_E_WAIT before each connect, and before each piece sent or received */
    uint32_t piece_ms;      /* a piece takes so long to come */
    uint32_t clock_step_ms; /* a look at the clock takes so long */
    uint32_t now_ms;
    int64_t unix_time;
    struct script_fault faults[SCRIPT_FAULTS];
    const struct ango_port *under; /* every call without a fault goes on to this port; no script then */

    /* For the test to look at. */
    unsigned calls[SCRIPT_CALLS];
    unsigned opened; /* connections made or begun that have to be closed */
    unsigned closed;
    const char *violation; /* the first breach of the port's contract, or NULL */
    size_t sent_len;       /* bytes taken; the first SCRIPT_SENT_CAP of them are kept */
    size_t heard;          /* bytes given out, on this connection */
    unsigned abandoned;    /* requests that were begun on an earlier connection, and not ended */

    /* The port's own. */
    const struct script_event *event;
    size_t at;              /* into its bytes, or its pause */
    size_t base;            /* where this connection begins in what was sent */
    size_t requests_before; /* on earlier connections */
    size_t counted_len;     /* of what was sent, when the requests were counted */
    size_t requests;
    size_t requests_used; /* by SCRIPT_REQUEST */
    unsigned state;
    bool waited;
    uint32_t random;
    uint8_t sent[SCRIPT_SENT_CAP];
};

/* Starts over: nothing connected, nothing sent, a clock at 1000000 ms and a time in 2026. */
void script_begin(struct script_port *s, const struct script_event *events);

/* Whole requests among what was sent; *part: how many bytes of a further one, on this connection. */
size_t script_requests(const struct script_port *s, size_t *part);

int script_connect(void *ctx, const char *host, uint16_t tcp_port, uint32_t wait_ms);
int script_send(void *ctx, const uint8_t *data, size_t len, uint32_t wait_ms);
int script_recv(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms);
void script_close(void *ctx);
uint32_t script_clock_ms(void *ctx);
int64_t script_time(void *ctx);
int script_entropy(void *ctx, uint8_t *buf, size_t len);

#define SCRIPT_PORT(s, is_secure) \
    { \
        (s), (is_secure), script_connect, script_send, script_recv, script_close, script_clock_ms, script_time, \
            script_entropy, NULL \
    }

#endif
