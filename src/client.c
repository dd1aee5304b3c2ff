/* One exchange, from its start to its result: the only file that knows the order of things. */
#include "client.h"

#include <limits.h>
#include <string.h>

/* From SENDING on the port may have had some of the request. */
enum { IDLE, FINISHED, CONNECT, SEND, SENDING, RECEIVE };

/* --- set-up ----------------------------------------------------------------------------------- */

int ango_client_set_api_key(struct ango_client *client, const char *api_key)
{
    if (client == NULL || api_key == NULL || client->state > FINISHED)
        return ANGO_E_ARG;
    if (!ango_http_key_ok(api_key))
        return ANGO_E_KEY;
    client->api_key = api_key;
    return ANGO_OK;
}

int ango_client_init(struct ango_client *client, const struct ango_config *config, const char *api_key)
{
    const struct ango_port *port;

    if (client == NULL || config == NULL || config->port == NULL || config->host == NULL
        || config->buffer == NULL || config->buffer_cap - 1 >= INT_MAX
        || config->tokens == NULL || config->tokens_cap - 1 >= INT_MAX
        || config->timeout_ms == 0 || config->timeout_ms > INT32_MAX)
        return ANGO_E_ARG;
    port = config->port;
    if (port->connect == NULL || port->send == NULL || port->recv == NULL || port->close == NULL)
        return ANGO_E_ARG;
    if (port->clock_ms == NULL)
        return ANGO_E_CLOCK;
    if (!port->secure)
        return ANGO_E_INSECURE;
    if (!ango_http_host_ok(config->host))
        return ANGO_E_HOST;
    memset(client, 0, sizeof *client);
    client->config = config;
    client->port = port;
    client->result.status = client->result.message = "";
    return ango_client_set_api_key(client, api_key);
}

/* --- the connection --------------------------------------------------------------------------- */

enum { CLOSED, CONNECTING, CONNECTED };

static uint32_t clock_ms(const struct ango_client *client)
{
    return client->port->clock_ms(client->port->ctx);
}

void ango_close(struct ango_client *client)
{
    if (client == NULL || client->connected == CLOSED)
        return;
    client->connected = CLOSED;
    client->port->close(client->port->ctx);
}

/* What a call of the port returned, as a code of the library; it was asked for `most` bytes. */
static int port_result(struct ango_client *client, int n, size_t most)
{
    if (n == ANGO_E_WAIT || (n >= 0 && (size_t)n <= most))
        return n;
    client->result.port_error = n;
    return n < ANGO_E_END && n >= ANGO_E_LAST ? n : ANGO_E_NET;
}

/* --- the request ------------------------------------------------------------------------------ */

/*
 * Nothing of the request, and so of the key, stays in the buffer. While it was written it was as long as
 * `need`.
 */
static void wipe(struct ango_client *client)
{
    size_t cap = client->config->buffer_cap;
    size_t need = client->result.need;

    memset(client->config->buffer, 0, need < cap ? need : cap);
}

void ango_begin(struct ango_client *client, struct ango_writer *w, const char *before, const char *id,
                const char *after)
{
    memset(w, 0, sizeof *w);
    if (client == NULL || client->api_key == NULL || client->state > FINISHED)
        return;
    w->buf = client->config->buffer;
    w->cap = client->config->buffer_cap;
    ango_write_segment(w, before, id);
    ango_write_text(w, after);
    if (*before != 'G') /* the path of a GET may go on, and no body follows */
        ango_http_write_head(w, client->config, client->api_key, true);
}

int ango_start(struct ango_client *client, struct ango_writer *w, const struct ango_shape *shape)
{
    const struct ango_config *config;
    struct ango_result *result;
    uint32_t now;
    size_t need;
    bool has_body;

    if (w->buf == NULL)
        return ANGO_E_ARG; /* ango_begin could not */
    config = client->config;
    result = &client->result;
    now = clock_ms(client);
    has_body = w->body != 0;
    if (!has_body)
        ango_http_write_head(w, config, client->api_key, false);
    need = w->len;
    if (has_body)
        ango_http_end_body(w);
    if (now - client->last_ms > config->keep_ms)
        ango_close(client);
    memset((char *)client + offsetof(struct ango_client, http), 0,
           sizeof *client - offsetof(struct ango_client, http));
    client->started_ms = client->last_ms = now;
    client->len = w->len;
    client->list.shape = shape;
    client->list.tokens = config->tokens;
    client->list.tokens_cap = config->tokens_cap;
    ango_http_begin(&client->http, config->buffer, config->buffer_cap - 1);
    if (client->port->time != NULL)
        client->http.now = (uint32_t)client->port->time(client->port->ctx);
    result->status = result->message = "";
    result->index = w->error_index;
    result->need = need;
    result->error = ango_write_end(w);
    client->state = CONNECT;
    if (result->error != ANGO_OK) {
        wipe(client);
        client->state = FINISHED;
    }
    return result->error;
}

/* --- the end ---------------------------------------------------------------------------------- */

static int finish(struct ango_client *client, int err)
{
    struct ango_result *result = &client->result;
    enum ango_outcome outcome = client->state < SENDING ? ANGO_NOT_SENT : ANGO_UNKNOWN;

    if (client->state != RECEIVE)
        wipe(client);
    if (result->http_status - 300 < 200 && result->http_status != 408)
        outcome = ANGO_REJECTED;
    else if (client->send_error != ANGO_OK)
        err = client->send_error; /* a success for half a request is not to be believed */
    else if (err == ANGO_OK)
        outcome = ANGO_ACCEPTED;
    result->outcome = outcome;
    if ((err != ANGO_OK && err != ANGO_E_STATUS) || client->send_error != ANGO_OK
        || client->config->keep_ms == 0 || !ango_http_can_keep(&client->http))
        ango_close(client);
    client->last_ms = clock_ms(client);
    client->state = FINISHED;
    result->error = err;
    return err;
}

void ango_cancel(struct ango_client *client)
{
    if (client == NULL || client->state <= FINISHED)
        return;
    client->send_error = ANGO_OK;
    finish(client, ANGO_E_CANCELLED);
}

/* --- the reply -------------------------------------------------------------------------------- */

/* The reply is there, whole, or cut short by `err`: what does it say? */
static int conclude(struct ango_client *client, int err)
{
    struct ango_http *h = &client->http;
    struct ango_result *result = &client->result;

    if (!ango_http_has_head(h))
        return err;
    result->http_status = h->status;
    result->retry_after_s = h->retry_after_s;
    if (err == ANGO_OK) {
        *h->body_end = '\0';
        err = ango_json_scan(h->buf, (size_t)(h->body_end - h->buf), &client->list, result);
        if (err == ANGO_E_JSON) {
            result->status = (const char *)h->body_end; /* "" */
            result->message = (const char *)h->buf;
        }
        if (err == ANGO_OK && !ango_text_is(result->status, "success"))
            err = *result->status != '\0' ? ANGO_E_STATUS : ANGO_E_SHAPE;
        if (h->status == 204 && client->list.shape->required == 0)
            err = ANGO_OK; /* without a body; but no list is not an empty list */
    }
    return h->status >= 300 ? ANGO_E_STATUS : err;
}

/* --- the steps: each makes at most one call of the port that waits ---------------------------- */

static int connect_step(struct ango_client *client, uint32_t wait_ms)
{
    const struct ango_config *config = client->config;
    const struct ango_port *port = client->port;
    uint8_t byte;
    int err;

    if (client->connected == CONNECTED) {
        /* A kept connection that has anything to say before it is asked has ended, or is out of step. */
        client->state = SEND;
        if (port->recv(port->ctx, &byte, 1, 0) != ANGO_E_WAIT) {
            ango_close(client);
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
    client->state = RECEIVE;
    return ANGO_E_WAIT;
}

static int receive_step(struct ango_client *client, uint32_t wait_ms)
{
    const struct ango_port *port = client->port;
    struct ango_http *h = &client->http;
    size_t room = (size_t)(h->limit - h->end);
    int n;

    if (client->send_error != ANGO_OK)
        wait_ms = 0;
    n = port_result(client, port->recv(port->ctx, h->end, room, wait_ms), room);
    if (n > 0)
        return ango_http_take(h, (size_t)n);
    if (n == 0)
        return ango_http_take_end(h);
    return n == ANGO_E_WAIT && client->send_error != ANGO_OK ? client->send_error : n;
}

/* Cuts *wait_ms to what is left of the deadline. */
static int check_deadline(struct ango_client *client, uint32_t *wait_ms)
{
    uint32_t now = clock_ms(client);
    uint32_t elapsed = now - client->started_ms;

    if (now - client->last_ms > INT32_MAX)
        return ANGO_E_CLOCK; /* backwards */
    client->last_ms = now;
    if (elapsed >= client->config->timeout_ms)
        return ANGO_E_TIME;
    if (*wait_ms > client->config->timeout_ms - elapsed)
        *wait_ms = client->config->timeout_ms - elapsed;
    return ANGO_OK;
}

int ango_step(struct ango_client *client, uint32_t wait_ms)
{
    int err;

    if (client == NULL || client->state == IDLE)
        return ANGO_E_ARG;
    if (client->state == FINISHED)
        return client->result.error;
    err = check_deadline(client, &wait_ms);
    if (err == ANGO_OK) {
        if (client->state == CONNECT)
            err = connect_step(client, wait_ms);
        else
            err = client->state == RECEIVE ? receive_step(client, wait_ms) : send_step(client, wait_ms);
        if (err == ANGO_E_WAIT)
            return err;
    }
    return finish(client, client->state == RECEIVE ? conclude(client, err) : err);
}

int ango_finish(struct ango_client *client)
{
    int err;

    do
        err = ango_step(client, UINT32_MAX);
    while (err == ANGO_E_WAIT);
    return err;
}

int ango_next_item(struct ango_client *client, const struct ango_shape *shape, void *out)
{
    if (client == NULL || out == NULL || client->state != FINISHED || client->result.error != ANGO_OK
        || client->list.shape->fields != shape->fields)
        return ANGO_E_ARG;
    return ango_json_item(&client->list, out);
}
