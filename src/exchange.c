/* One exchange, from start to result: the only file that knows the order of its steps. */
#include <limits.h>
#include <string.h>

#include "http.h"
#include "operation.h"

/*
 * Comparisons rely on this order: busy from CONNECT on; not sent before SENDING.
 *
 *  state     what is done next                  then
 *  IDLE      nothing: never started
 *  FINISHED  nothing: the result is there
 *  CONNECT   connect, or try a kept connection  SEND
 *  SEND      the first part of the request      SENDING: from here on it may have reached the server
 *  SENDING   the rest of it                     RECEIVE
 *  RECEIVE   the reply                          FINISHED
 */
enum { IDLE, FINISHED, CONNECT, SEND, SENDING, RECEIVE };

/* States of the connection. */
enum { CLOSED, CONNECTING, CONNECTED };

bool ango_is_busy(const struct ango_client *client)
{
    return client->state >= CONNECT;
}

bool ango_is_to_send(const struct ango_client *client)
{
    return client->state == SEND;
}

/* --- set-up ----------------------------------------------------------------------------------- */

int ango_client_set_api_key(struct ango_client *client, const char *api_key)
{
    if (client == NULL || api_key == NULL || ango_is_busy(client))
        return ANGO_E_ARG;
    if (*api_key == '\0' || !ango_header_ok(api_key, '!')) /* mutant: any-key */
        return ANGO_E_KEY;
    client->api_key = api_key;
    return ANGO_OK;
}

static int check_config(const struct ango_config *config)
{
    const struct ango_port *port = config->port;

    if (port == NULL || config->host == NULL || config->buffer == NULL || config->buffer_cap == 0
        || config->buffer_cap > INT_MAX || config->tokens == NULL || config->tokens_cap < ANGO_TOKENS
        || config->timeout_ms == 0 || config->timeout_ms > INT32_MAX || config->page_limit > ANGO_LIMIT_MAX)
        return ANGO_E_ARG;
    if (port->connect == NULL || port->send == NULL || port->recv == NULL || port->close == NULL)
        return ANGO_E_ARG;
    if (config->user_agent != NULL && !ango_header_ok(config->user_agent, ' '))
        return ANGO_E_ARG;
    if (port->clock_ms == NULL)
        return ANGO_E_CLOCK;
    if (!port->secure) /* mutant: insecure-port */
        return ANGO_E_INSECURE;
    return ango_host_ok(config->host) && ango_prefix_ok(config->prefix) ? ANGO_OK : ANGO_E_HOST;
}

int ango_client_init(struct ango_client *client, const struct ango_config *config, const char *api_key)
{
    uint32_t serial;
    int err;

    if (client == NULL || config == NULL)
        return ANGO_E_ARG;
    err = check_config(config);
    if (err != ANGO_OK)
        return err;
    serial = client->serial + 1; /* ends any earlier walk */
    memset(client, 0, sizeof *client);
    client->serial = serial;
    client->config = config;
    client->port = config->port;
    client->result.status = "";
    client->result.message = "";
    return ango_client_set_api_key(client, api_key);
}

/* --- the connection --------------------------------------------------------------------------- */

static uint32_t clock_ms(const struct ango_client *client)
{
    return client->port->clock_ms(client->port->ctx);
}

static void disconnect(struct ango_client *client)
{
    if (client->connected == CLOSED)
        return;
    client->connected = CLOSED;
    client->port->close(client->port->ctx);
}

void ango_close(struct ango_client *client)
{
    if (client == NULL)
        return;
    ango_cancel(client);
    disconnect(client);
}

/* The result n of a port function, asked for `most` bytes, as a code of the library. */
static int port_result(struct ango_client *client, int n, size_t most)
{
    if (n == ANGO_E_WAIT || (n >= 0 && (size_t)n <= most))
        return n;
    client->result.port_error = n;
    /* ANGO_E_ENTRY and what follows it are no port's: a walk goes on after it, and would do so for ever. */
    return n < ANGO_E_END && n > ANGO_E_ENTRY ? n : ANGO_E_NET;
}

/* --- the request ------------------------------------------------------------------------------ */

/* Wipes the request, and with it the key, from the buffer. While it was being written it was as long as `need`. */
static void wipe(struct ango_client *client)
{
    size_t cap = client->config->buffer_cap;
    size_t need = client->result.need;

    memset(client->config->buffer, 0, need < cap ? need : cap); /* mutant: request-stays */
}

void ango_begin(struct ango_client *client, struct ango_request *q, enum ango_method method, const char *before,
                const char *id, const char *after)
{
    const struct ango_config *config;

    memset(q, 0, sizeof *q);
    if (client == NULL || client->api_key == NULL || ango_is_busy(client))
        return;
    config = client->config;
    q->buf = config->buffer;
    q->cap = config->buffer_cap;
    ango_write_text(q, method == ANGO_GET ? "GET " : method == ANGO_POST ? "POST " : "DELETE ");
    if (config->prefix != NULL)
        ango_write_text(q, config->prefix);
    ango_write_text(q, "/v2/");
    ango_write_segment(q, before, id);
    ango_write_text(q, after);
    if (method != ANGO_GET)
        ango_write_head(q, config, client->api_key, true);
}

int ango_start(struct ango_client *client, struct ango_request *q, const struct ango_shape *shape)
{
    const struct ango_config *config;
    struct ango_result *result;
    uint32_t now;
    bool has_body = q->body != 0;
    uint32_t unix_time = 0;

    if (q->buf == NULL)
        return ANGO_E_ARG; /* ango_begin refused */
    config = client->config;
    result = &client->result;
    now = clock_ms(client);
    if (!has_body)
        ango_write_head(q, config, client->api_key, false);
    if (now - client->last_ms > config->keep_ms)
        disconnect(client);
    memset((char *)client + offsetof(struct ango_client, drains), 0,
           sizeof *client - offsetof(struct ango_client, drains));
    result->status = "";
    result->message = "";
    result->index = q->error_index;
    result->need = q->len > ANGO_ROOM_MIN ? q->len : ANGO_ROOM_MIN;
    if (has_body)
        ango_request_end_body(q);
    client->serial++;
    client->started_ms = now;
    client->last_ms = now;
    client->len = q->len;
    client->state = CONNECT;
    if (config->retry_after_date != NULL && client->port->time != NULL)
        unix_time = (uint32_t)client->port->time(client->port->ctx);
    ango_http_begin(&client->http, config->retry_after_date, unix_time);
    ango_json_begin(&client->json, shape, result);
    result->error = ango_request_end(q);
    if (result->error == ANGO_OK && config->buffer_cap < ANGO_ROOM_MIN)
        result->error = ANGO_E_SPACE;
    if (result->error != ANGO_OK) {
        wipe(client);
        client->state = FINISHED;
    }
    return result->error;
}

/* --- the end ---------------------------------------------------------------------------------- */

#define KEY_PART 4 /* so few bytes of the key reveal nothing */

/* A server may echo the key, perhaps cut off at the end of the text: it must not get into a log with the message. */
void ango_hide_key(const char *text, const char *key)
{
    for (; *text != '\0'; text++) {
        size_t n = 0;

        while (key[n] != '\0' && text[n] == key[n])
            n++;
        if (key[n] == '\0' || (text[n] == '\0' && n > KEY_PART))
            memset((char *)(uintptr_t)text, '*', n); /* it lies in the buffer */
    }
}

static int finish(struct ango_client *client, int err)
{
    struct ango_result *result = &client->result;
    enum ango_outcome outcome = client->state < SENDING ? ANGO_NOT_SENT : ANGO_UNKNOWN; /* mutant: unknown-as-unsent */

    if (client->state != RECEIVE)
        wipe(client);
    ango_hide_key(result->message, client->api_key);
    if (result->http_status >= 300 && result->http_status < 500 && result->http_status != 408) /* mutant: 408-refuses */
        outcome = ANGO_REJECTED;
    else if (client->send_error != ANGO_OK)
        err = client->send_error; /* a success for half a request cannot be believed */
    else if (err == ANGO_OK)
        outcome = ANGO_ACCEPTED;
    result->outcome = outcome;
    result->error = err;
    client->unread = err == ANGO_OK ? result->kept : 0;
    if ((err != ANGO_OK && err != ANGO_E_STATUS) || client->send_error != ANGO_OK || client->config->keep_ms == 0
        || !ango_http_can_keep(&client->http, &client->room))
        disconnect(client);
    client->last_ms = clock_ms(client);
    client->state = FINISHED;
    return err;
}

void ango_cancel(struct ango_client *client)
{
    if (client == NULL || !ango_is_busy(client))
        return;
    client->send_error = ANGO_OK;
    finish(client, ANGO_E_CANCELLED);
}

/* --- the reply -------------------------------------------------------------------------------- */

/* What a complete reply says, apart from its HTTP status. */
static int judge(struct ango_client *client)
{
    const struct ango_shape *shape = client->json.shape;
    struct ango_result *result = &client->result;
    int err;

    if (client->http.status == 204 && shape->list_required == 0)
        return ANGO_OK; /* a 204 has no body; where a list is required, its absence is not an empty list */
    err = ango_json_end(&client->json);
    if (err == ANGO_E_JSON) {
        result->status = "";
        result->message = "";
        return err;
    }
    if (*result->status == '\0') /* mutant: no-status */
        return ANGO_E_SHAPE;
    return ango_text_is(result->status, "success") ? err : ANGO_E_STATUS;
}

/* The reply is complete, or `err` cut it short: what does it say? */
static int conclude(struct ango_client *client, int err)
{
    const struct ango_room *room = &client->room;
    struct ango_result *result = &client->result;

    if (!ango_http_has_head(&client->http))
        return err;
    result->http_status = client->http.status;
    result->retry_after_s = client->http.retry_after_s;
    if (err == ANGO_OK) {
        err = judge(client);
        if ((err != ANGO_OK || result->http_status >= 300) && *result->message == '\0' && room->text_cap > 0)
            result->message = (const char *)room->limit + 1;
    }
    return result->http_status >= 300 ? ANGO_E_STATUS : err; /* mutant: redirection-is-success */
}

/* Keeps a complete entry, to be read after the end. */
static void keep_entry(struct ango_client *client)
{
    struct ango_room *room = &client->room;

    if (room->put == room->kept) /* mutant: keep-nothing */
        return;                  /* too large */
    if (client->result.kept == 0)
        client->entry = room->kept;
    client->result.kept++;
    room->put++; /* its NUL */
    room->kept = room->put;
}

/* Takes what has been received. ANGO_E_END: an entry is complete, and the exchange drains. */
static int take(struct ango_client *client)
{
    struct ango_http *http = &client->http;
    struct ango_room *room = &client->room;

    for (;;) {
        const uint8_t *from;
        size_t len;
        int n = ango_http_take(http, room);
        int err;

        if (n == ANGO_E_WAIT)
            ango_room_pack(room);
        if (n <= 0)
            return n;
        if (http->status >= 300)
            ango_json_want_envelope(&client->json);
        ango_room_add_text(room, (size_t)n);
        from = room->next;
        err = ango_json_take(&client->json, room, (size_t)n);
        len = (size_t)(room->next - from);
        ango_http_taken(http, len);
        if (err == ANGO_E_END && client->drains)
            return err;
        if (err == ANGO_E_END)
            keep_entry(client);
    }
}

/* --- the steps: each makes at most one call of the port that waits ---------------------------- */

static int connect_step(struct ango_client *client, uint32_t wait_ms)
{
    const struct ango_config *config = client->config;
    const struct ango_port *port = client->port;
    uint8_t byte;
    int err;

    if (client->connected == CONNECTED) {
        /* A kept connection on which anything arrives before the request has ended, or is out of step. */
        client->state = SEND;
        if (port->recv(port->ctx, &byte, 1, 0) != ANGO_E_WAIT) { /* mutant: kept-has-ended */
            disconnect(client);
            client->state = CONNECT;
        }
        return ANGO_E_WAIT;
    }
    client->connected = CONNECTING;
    err = port->connect(port->ctx, config->host, config->tcp_port != 0 ? config->tcp_port : 443, wait_ms);
    err = port_result(client, err, 0);
    if (err == ANGO_E_WAIT)
        return err;
    client->connected = CLOSED;
    if (err != ANGO_OK)
        return err;
    client->connected = CONNECTED;
    client->state = SEND;
    return ANGO_E_WAIT;
}

static int send_step(struct ango_client *client, uint32_t wait_ms)
{
    const struct ango_port *port = client->port;
    size_t left = client->len - client->pos;
    int n;

    client->state = SENDING;
    n = port_result(client, port->send(port->ctx, client->config->buffer + client->pos, left, wait_ms), left);
    if (n == ANGO_E_WAIT)
        return n;
    if (n > 0) {
        client->pos += (size_t)n;
        if ((size_t)n < left)
            return ANGO_E_WAIT;
    } else {
        client->send_error = n < 0 ? n : ANGO_E_NET; /* the server may already have said why */
    }
    wipe(client);
    ango_room_begin(&client->room, client->config->buffer, client->config->buffer_cap);
    client->state = RECEIVE;
    return ANGO_E_WAIT;
}

static int receive_step(struct ango_client *client, uint32_t wait_ms)
{
    const struct ango_port *port = client->port;
    struct ango_room *room = &client->room;
    size_t cap = (size_t)(room->limit - room->end);
    int n;

    if (client->handed_out) { /* received bytes are left to be taken */
        client->handed_out = false;
        return take(client);
    }
    if (client->send_error != ANGO_OK)
        wait_ms = 0;
    n = port_result(client, port->recv(port->ctx, room->end, cap, wait_ms), cap);
    if (n == 0)
        return ango_http_take_end(&client->http);
    if (n == ANGO_E_WAIT && client->send_error != ANGO_OK)
        return client->send_error;
    if (n < 0)
        return n;
    room->end += n;
    return take(client);
}

/* Limits *wait_ms to the time left until the deadline. */
static int check_deadline(struct ango_client *client, uint32_t *wait_ms)
{
    uint32_t now = clock_ms(client);
    uint32_t elapsed = now - client->started_ms;

    if (now - client->last_ms > INT32_MAX) /* mutant: clock-goes-back */
        return ANGO_E_CLOCK;
    client->last_ms = now;
    if (elapsed >= client->config->timeout_ms) /* mutant: no-deadline */
        return ANGO_E_TIME;
    if (*wait_ms > client->config->timeout_ms - elapsed)
        *wait_ms = client->config->timeout_ms - elapsed;
    return ANGO_OK;
}

/* ANGO_E_END: an entry is complete. */
static int step(struct ango_client *client, uint32_t wait_ms)
{
    int err;

    if (client->state == FINISHED)
        return client->result.error;
    err = check_deadline(client, &wait_ms);
    if (err == ANGO_OK)
        switch (client->state) {
        case CONNECT:
            err = connect_step(client, wait_ms);
            break;
        case RECEIVE:
            err = receive_step(client, wait_ms);
            break;
        default: /* SEND, SENDING */
            err = send_step(client, wait_ms);
            break;
        }
    if (err == ANGO_E_WAIT || err == ANGO_E_END)
        return err;
    return finish(client, client->state == RECEIVE ? conclude(client, err) : err);
}

int ango_step(struct ango_client *client, uint32_t wait_ms)
{
    if (client == NULL || client->state == IDLE || (client->drains && ango_is_busy(client)))
        return ANGO_E_ARG;
    return step(client, wait_ms);
}

int ango_finish(struct ango_client *client)
{
    int err;

    do
        err = ango_step(client, UINT32_MAX);
    while (err == ANGO_E_WAIT);
    return err;
}

/* --- entries ---------------------------------------------------------------------------------- */

int ango_next_entry(struct ango_client *client, const struct ango_field *fields, void *out)
{
    if (client == NULL || out == NULL || client->state != FINISHED || client->result.error != ANGO_OK
        || client->json.shape->fields != fields)
        return ANGO_E_ARG;
    if (client->unread == 0)
        return ANGO_E_END;
    client->unread--;
    client->entry = ango_json_read_entry(client->json.shape, client->entry, client->config->tokens, out);
    return ANGO_OK;
}

void ango_drain(struct ango_client *client)
{
    client->drains = true;
}

int ango_drain_step(struct ango_client *client, void *out, uint32_t wait_ms)
{
    struct ango_room *room = &client->room;
    int err;

    if (client->handed_out)
        room->put = room->kept; /* the last entry handed out gives up its place */ /* mutant: drained-stays */
    err = step(client, wait_ms);
    if (err != ANGO_E_END)
        return err;
    client->handed_out = true;
    if (room->put == room->kept)
        return ANGO_E_ENTRY;
    (void)ango_json_read_entry(client->json.shape, room->kept, client->config->tokens, out);
    return err;
}
