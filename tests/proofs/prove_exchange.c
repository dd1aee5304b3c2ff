/*
 * The exchange: a port that does what it likes, a reply that says anything. What a client's state promises holds before each
 * call, so it has to hold after it.
 */
#include "any_room.h"

#include "exchange.c"

/* --- what happens, as the port and the reply's readers see it -------------------------------------- */

static struct ango_client client;
static struct ango_config config;
static struct ango_port port;
static struct ango_field fields[1];
static struct ango_shape shape;
static struct ango_token tokens[ANGO_TOKENS];

static bool open;         /* connect has returned ANGO_OK, and close has not been called */
static bool given;        /* a byte of this exchange's request was handed to the port */
static bool wiped;        /* the request was wiped from the buffer */
static bool peer_closed;  /* recv has returned 0 */
static bool json_is_well; /* ango_json_end has said so */
static bool is_success;   /* the reply's status was compared with "success", and is it */
static uint32_t now;      /* the clock's last reading */

static uint32_t left_ms(void)
{
    return config.timeout_ms - (now - client.started_ms);
}

static int connect_any(void *ctx, const char *host, uint16_t tcp_port, uint32_t wait_ms)
{
    int result = nondet_int();

    (void)ctx;
    (void)host;
    (void)tcp_port;
    PROVE(!open && wait_ms <= left_ms());
    open = result == ANGO_OK;
    return result;
}

static int send_any(void *ctx, const uint8_t *data, size_t len, uint32_t wait_ms)
{
    (void)ctx;
    PROVE(open && !wiped && wait_ms <= left_ms());
    PROVE(len >= 1 && len <= INT_MAX && __CPROVER_r_ok(data, len));
    given = true;
    return nondet_int();
}

static int recv_any(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms)
{
    int result = nondet_int();

    (void)ctx;
    PROVE(open && wait_ms <= left_ms());
    PROVE(cap >= 1 && cap <= INT_MAX && __CPROVER_w_ok(buf, cap));
    PROVE(given ? wiped : cap == 1 && !__CPROVER_same_object(buf, config.buffer));
    peer_closed = result == 0;
    return result;
}

static void close_any(void *ctx)
{
    (void)ctx;
    open = false;
}

static uint32_t clock_any(void *ctx)
{
    (void)ctx;
    now = nondet_u32();
    return now;
}

static int64_t time_any(void *ctx)
{
    (void)ctx;
    return (int64_t)nondet_u64();
}

/* --- stand-ins ------------------------------------------------------------------------------------- */

void wipe_stand_in(struct ango_client *c)
{
    (void)c;
    wiped = true;
}

void hide_key_stand_in(const char *text, const char *key)
{
    (void)text;
    (void)key;
}

int json_end_stand_in(const struct ango_json *j)
{
    int err = nondet_int();

    (void)j;
    ASSUME(err == ANGO_OK || err == ANGO_E_JSON || err == ANGO_E_SHAPE);
    json_is_well = err == ANGO_OK;
    return err;
}

bool text_is_stand_in(const char *a, const char *b)
{
    PROVE(a == client.result.status && b[0] == 's');
    is_success = nondet_bool();
    return is_success;
}

uint8_t *read_entry_stand_in(const struct ango_shape *s, uint8_t *text, struct ango_token *t, void *out)
{
    (void)s;
    (void)t;
    (void)out;
    return text;
}

static void any_reply(void)
{
    client.http.left = nondet_u32();
    client.http.status = nondet_u16();
    client.http.state = nondet_u8();
    client.http.flags = nondet_u8();
    client.http.retry_after_s = nondet_u32();
    ASSUME(client.http.state <= ANGO_HTTP_DONE);
    /* As prove_http.c shows. */
    ASSUME(client.http.state <= ANGO_HTTP_HEADERS || (client.http.status >= 200 && client.http.status <= 599));
    client.result.kept = nondet_size();
    client.result.status = nondet_bool() ? "" : "text";
    client.result.message = nondet_bool() ? "" : "text";
    arrange(&client.room);
}

/* What proof_room_begin shows. */
void room_begin_stand_in(struct ango_room *room, uint8_t *to, size_t cap)
{
    PROVE(to == buffer && cap == buffer_cap && cap >= ANGO_ROOM_MIN);
    arrange(room);
    ASSUME(room->end < room->limit);
}

/* The writer's functions: prove_request.c. */
void write_text_stand_in(struct ango_request *q, const char *text)
{
    (void)text;
    q->len = nondet_size();
}

void write_segment_stand_in(struct ango_request *q, const char *before, const char *id)
{
    (void)before;
    (void)id;
    q->len = nondet_size();
    if (nondet_bool())
        ango_request_refuse(q, ANGO_E_ID);
}

void write_head_stand_in(struct ango_request *q, const struct ango_config *c, const char *api_key, bool body)
{
    (void)c;
    (void)api_key;
    (void)body;
    wiped = false;
    q->len = nondet_size();
    q->body = nondet_size();
}

void end_body_stand_in(struct ango_request *q)
{
    size_t before = q->len;

    q->len = nondet_size();
    ASSUME(q->len <= before && q->len > 0);
}

int request_end_stand_in(const struct ango_request *q)
{
    if (q->err != ANGO_OK)
        return q->err;
    ASSUME(q->len > 0);
    return q->len <= q->cap ? ANGO_OK : ANGO_E_SPACE;
}

void refuse_stand_in(struct ango_request *q, int err)
{
    q->err = q->err == ANGO_OK ? err : q->err;
}

void *memset_exact(void *to, int c, size_t n)
{
    uint8_t *byte = (uint8_t *)to;

    PROVE(c == 0);
    if (byte == (uint8_t *)&client + offsetof(struct ango_client, drains)) {
        struct ango_client fresh = { 0 };

        PROVE(n == sizeof client - offsetof(struct ango_client, drains));
        fresh.state = client.state;
        fresh.connected = client.connected;
        fresh.config = client.config;
        fresh.port = client.port;
        fresh.api_key = client.api_key;
        fresh.last_ms = client.last_ms;
        fresh.serial = client.serial;
        client = fresh;
    } else {
        struct ango_request fresh = { 0 };

        PROVE(n == sizeof fresh);
        *(struct ango_request *)to = fresh;
    }
    return to;
}

/* Whatever was received: prove_http.c and prove_json.c say what their halves do. */
int take_stand_in(struct ango_client *c)
{
    int err = nondet_int();

    PROVE(is_sound(&c->room));
    any_reply();
    ASSUME(err <= ANGO_OK);
    ASSUME(err != ANGO_OK || client.http.state == ANGO_HTTP_DONE);
    ASSUME(err != ANGO_E_END || client.drains);
    ASSUME(err != ANGO_E_ENTRY);
    ASSUME(err != ANGO_E_WAIT || client.room.end < client.room.limit);
    return err;
}

/* --- what a client's state promises ---------------------------------------------------------------- */

static bool is_accepted_rightly(void)
{
    bool complete = client.http.state == ANGO_HTTP_DONE || (client.http.state == ANGO_HTTP_TO_CLOSE && peer_closed);

    return given && client.pos == client.len && client.send_error == ANGO_OK && complete
        && client.result.http_status >= 200 && client.result.http_status < 300
        && (client.http.status == 204 || (json_is_well && is_success));
}

static bool is_rejected_rightly(void)
{
    unsigned status = client.result.http_status;

    return given && status >= 300 && status < 500 && status != 408;
}

/* Not an error of the exchange: a walk goes on after it. */
static bool is_to_go_on(int err)
{
    return err == ANGO_E_WAIT || err == ANGO_E_END || err == ANGO_E_ENTRY;
}

static bool keeps_its_promises(void)
{
    const struct ango_result *result = &client.result;

    if (open != (client.connected == CONNECTED) || client.connected > CONNECTED)
        return false;
    if (client.send_error > ANGO_OK || is_to_go_on(client.send_error))
        return false;
    if (client.state >= CONNECT
        && (client.len < 1 || client.pos > client.len || client.len > buffer_cap || result->http_status != 0
            || (client.state != RECEIVE && client.send_error != ANGO_OK)))
        return false;
    switch (client.state) {
    case IDLE:
        return true;
    case FINISHED:
        if (!wiped || is_to_go_on(result->error) || (result->outcome == ANGO_NOT_SENT) != !given)
            return false;
        if (result->outcome == ANGO_REJECTED)
            return is_rejected_rightly() && result->error != ANGO_OK;
        return (result->outcome == ANGO_ACCEPTED) == (result->error == ANGO_OK)
            && (result->outcome != ANGO_ACCEPTED || is_accepted_rightly());
    case CONNECT:
        return !given && !wiped && client.pos == 0;
    case SEND:
        return !given && !wiped && client.connected == CONNECTED && client.pos == 0;
    case SENDING:
        return given && !wiped && client.connected == CONNECTED && client.pos < client.len;
    case RECEIVE:
        return given && wiped && client.connected == CONNECTED && is_sound(&client.room)
            && (client.handed_out || client.room.end < client.room.limit)
            && (client.pos == client.len || client.send_error != ANGO_OK);
    default:
        return false;
    }
}

/* Any client that keeps its promises. */
static void any_client(void)
{
    static const struct ango_port any_port = { NULL,      true,      connect_any, send_any, recv_any,
                                               close_any, clock_any, time_any,    NULL,     NULL };

    port = any_port;
    small_buffer();
    any_reply();
    shape.fields = fields;
    shape.list_required = nondet_u8();
    config.port = &port;
    config.host = "host";
    config.buffer = buffer;
    config.buffer_cap = buffer_cap;
    config.tokens = tokens;
    config.timeout_ms = nondet_u32();
    config.keep_ms = nondet_u32();
    ASSUME(config.timeout_ms >= 1 && config.timeout_ms <= INT32_MAX);
    client.config = &config;
    client.port = &port;
    client.api_key = "key";
    client.json.shape = &shape;
    client.state = nondet_u8();
    client.connected = nondet_u8();
    client.last_ms = nondet_u32();
    client.started_ms = nondet_u32();
    client.drains = nondet_bool();
    client.handed_out = nondet_bool();
    client.send_error = nondet_int();
    client.len = nondet_size();
    client.pos = nondet_size();
    client.result.outcome = (enum ango_outcome)nondet_unsigned();
    client.result.error = nondet_int();
    client.result.http_status = nondet_unsigned();
    open = nondet_bool();
    given = nondet_bool();
    wiped = nondet_bool();
    peer_closed = nondet_bool();
    json_is_well = nondet_bool();
    is_success = nondet_bool();
    ASSUME(client.state <= RECEIVE && client.result.outcome <= ANGO_ACCEPTED);
    ASSUME(keeps_its_promises());
}

/* --- the proofs ------------------------------------------------------------------------------------ */

/*
 * proof: after any step from any state: NOT_SENT only if no byte was given to the port, ACCEPTED only after all of it was sent
 *     and a complete success came; the request is wiped; each connection is closed once; no call may wait past the deadline
 * bound: 256 bytes
 * replace: take:take_stand_in wipe:wipe_stand_in ango_hide_key:hide_key_stand_in ango_json_end:json_end_stand_in
 * replace: ango_text_is:text_is_stand_in ango_json_read_entry:read_entry_stand_in ango_room_begin:room_begin_stand_in
 */
void proof_step(void)
{
    const char *out[1];
    int err;

    any_client();
    ASSUME(client.state != IDLE);
    if (client.drains)
        err = ango_drain_step(&client, out, nondet_u32());
    else
        err = ango_step(&client, nondet_u32());
    PROVE(keeps_its_promises());
    PROVE(is_to_go_on(err) ? ango_is_busy(&client) : client.state == FINISHED);
    PROVE(err != ANGO_OK || client.result.outcome == ANGO_ACCEPTED);
    PROVE(client.state != FINISHED || err == client.result.error);
    REACHED;
}

/*
 * proof: cancelling or closing in any state keeps the same promises; after ango_close nothing is open or connecting
 * bound: 256 bytes
 * replace: wipe:wipe_stand_in ango_hide_key:hide_key_stand_in
 */
void proof_close(void)
{
    bool busy;

    any_client();
    busy = ango_is_busy(&client);
    ango_cancel(&client);
    PROVE(keeps_its_promises());
    PROVE(!busy || client.result.error == ANGO_E_CANCELLED || client.result.outcome == ANGO_REJECTED);
    ango_close(&client);
    PROVE(keeps_its_promises());
    PROVE(!open && client.connected == CLOSED && !ango_is_busy(&client));
    REACHED;
}

/*
 * proof: starting, in any state, makes an exchange of which nothing was sent, or leaves one that goes on as it is; after an error
 *     the request is wiped, and the outcome is NOT_SENT
 * bound: 256 bytes
 * replace: memset:memset_exact wipe:wipe_stand_in ango_write_text:write_text_stand_in
 * replace: ango_write_segment:write_segment_stand_in ango_write_head:write_head_stand_in
 * replace: ango_request_end_body:end_body_stand_in ango_request_end:request_end_stand_in ango_request_refuse:refuse_stand_in
 */
void proof_start(void)
{
    struct ango_request q;
    bool busy;
    int err;

    any_client();
    busy = ango_is_busy(&client);
    if (!busy) {
        given = false;
        wiped = true;
    }
    ango_begin(&client, &q, nondet_bool() ? ANGO_GET : ANGO_POST, "organization/", "id", "/invite");
    if (nondet_bool())
        refuse_stand_in(&q, ANGO_E_EMAIL);
    err = ango_start(&client, &q, &shape);
    PROVE(keeps_its_promises());
    if (busy)
        PROVE(err == ANGO_E_ARG);
    else
        PROVE(err == ANGO_OK ? client.state == CONNECT
                             : client.state == FINISHED && client.result.outcome == ANGO_NOT_SENT);
    REACHED;
}
