/* One exchange, from its start to its result: the only file that knows the order of things. */
#include "client.h"

#include <string.h>

#include "http.h"

enum { IDLE, CONNECT, SEND, RECEIVE, FINISHED };

#define PIECE_MAX 32767 /* bytes that one call of the port is asked to take or to give */

/* --- set-up ---------------------------------------------------------------------------------------------- */

int ango_client_set_api_key(struct ango_client *client, const char *api_key)
{
    if (client == NULL || api_key == NULL || (client->state != IDLE && client->state != FINISHED))
        return ANGO_E_ARG;
    if (!ango_http_key_ok(api_key))
        return ANGO_E_KEY;
    client->api_key = api_key;
    return ANGO_OK;
}

int ango_client_init(struct ango_client *client, const struct ango_config *config, const char *api_key)
{
    const struct ango_port *port;

    if (client == NULL || config == NULL || config->port == NULL || config->host == NULL || config->buffer == NULL
        || config->buffer_cap == 0 || config->tokens == NULL || config->tokens_cap == 0 || config->timeout_ms == 0
        || config->timeout_ms > INT32_MAX)
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
    client->result.status = client->result.message = "";
    return ango_client_set_api_key(client, api_key);
}

/* --- the connection -------------------------------------------------------------------------------------- */

enum { CLOSED, CONNECTING, CONNECTED };

static uint32_t clock_ms(const struct ango_client *client)
{
    return client->config->port->clock_ms(client->config->port->ctx);
}

void ango_close(struct ango_client *client)
{
    if (client == NULL || client->connected == CLOSED)
        return;
    client->connected = CLOSED;
    client->config->port->close(client->config->port->ctx);
}

/* What a call of the port returned, as a code of the library; it was asked for `most` bytes. */
static int port_result(struct ango_client *client, int n, size_t most)
{
    if (n == ANGO_E_WAIT || (n >= 0 && (size_t)n <= most))
        return n;
    client->result.port_error = n;
    return n < ANGO_E_END && n >= ANGO_E_LAST ? n : ANGO_E_NET;
}

/* --- the request ----------------------------------------------------------------------------------------- */

int ango_begin(struct ango_client *client, struct ango_writer *w)
{
    if (client == NULL || client->api_key == NULL || (client->state != IDLE && client->state != FINISHED))
        return ANGO_E_ARG;
    memset(&client->result, 0, sizeof client->result);
    client->result.status = client->result.message = "";
    client->item = NULL;
    client->state = IDLE;
    ango_write_begin(w, client->config->buffer, client->config->buffer_cap);
    return ANGO_OK;
}

void ango_write_head(struct ango_client *client, struct ango_writer *w, bool body)
{
    ango_http_write_head(w, client->config, client->api_key, body);
}

int ango_start(struct ango_client *client, struct ango_writer *w, bool body, const struct ango_shape *shape)
{
    struct ango_result *result = &client->result;

    if (body)
        ango_http_end_body(w);
    result->error = ango_write_end(w);
    if (result->error != ANGO_OK) {
        memset(w->buf, 0, w->cap);
        result->index = w->error_index;
        result->need = result->error == ANGO_E_SPACE ? w->len : 0;
        client->state = FINISHED;
        return result->error;
    }
    client->shape = shape;
    client->len = w->len;
    client->pos = 0;
    client->given = 0;
    client->send_error = 0;
    client->started_ms = clock_ms(client);
    if (client->started_ms - client->last_ms > client->config->keep_ms)
        ango_close(client);
    client->last_ms = client->started_ms;
    ango_http_begin(&client->http, client->config->buffer, client->config->buffer_cap - 1);
    client->state = CONNECT;
    return ANGO_OK;
}

/* --- the end --------------------------------------------------------------------------------------------- */

static enum ango_outcome outcome(const struct ango_client *client, int err)
{
    unsigned status = client->result.http_status;

    if (!client->given)
        return ANGO_NOT_SENT;
    if (err == ANGO_OK)
        return ANGO_ACCEPTED;
    return status >= 300 && status < 500 && status != 408 ? ANGO_REJECTED : ANGO_UNKNOWN;
}

static int finish(struct ango_client *client, int err)
{
    if (client->state != RECEIVE)
        memset(client->config->buffer, 0, client->len);
    if ((err != ANGO_OK && err != ANGO_E_STATUS) || client->send_error != ANGO_OK || client->config->keep_ms == 0
        || !ango_http_can_keep(&client->http))
        ango_close(client);
    client->last_ms = clock_ms(client);
    client->state = FINISHED;
    client->result.outcome = outcome(client, err);
    client->result.error = err;
    return err;
}

void ango_cancel(struct ango_client *client)
{
    if (client != NULL && client->state != IDLE && client->state != FINISHED)
        finish(client, ANGO_E_CANCELLED);
}

/* --- the reply ------------------------------------------------------------------------------------------- */

/* The body of a reply that is a success. */
static int read_success(struct ango_client *client)
{
    const struct ango_config *config = client->config;
    struct ango_http *h = &client->http;
    int err;

    if (client->send_error != ANGO_OK)
        return client->send_error; /* a success for half a request is not to be believed */
    if (h->status == 204)
        return ANGO_OK;
    err = ango_json_scan(h->buf, h->body_len, client->shape, config->tokens_cap, &client->result, &client->item);
    if (err != ANGO_OK || ango_text_is(client->result.status, "success"))
        return err;
    return client->result.status[0] == '\0' ? ANGO_E_SHAPE : ANGO_E_STATUS;
}

/* The reply is there, whole, or cut short by `err`: what does it say? */
static int conclude(struct ango_client *client, int err)
{
    struct ango_http *h = &client->http;
    struct ango_result *result = &client->result;
    const struct ango_port *port = client->config->port;

    if (!ango_http_has_head(h))
        return client->send_error != ANGO_OK ? client->send_error : err;
    result->http_status = h->status;
    result->retry_after_s = ango_http_retry_after(h, port->time != NULL ? port->time(port->ctx) : 0);
    if (err == ANGO_OK)
        h->buf[h->body_len] = '\0';
    if (h->status < 300)
        return err == ANGO_OK ? read_success(client) : err;
    if (err == ANGO_OK && ango_json_scan(h->buf, h->body_len, NULL, 0, result, &client->item) == ANGO_E_JSON)
        result->message = (const char *)h->buf;
    return client->send_error != ANGO_OK && outcome(client, err) == ANGO_UNKNOWN ? client->send_error : ANGO_E_STATUS;
}

/* --- the steps: each makes at most one call of the port that waits ---------------------------------------- */

/* A kept connection that has anything to say before it was asked has ended, or is out of step. */
static bool is_quiet(struct ango_client *client)
{
    uint8_t byte;

    return client->config->port->recv(client->config->port->ctx, &byte, 1, 0) == ANGO_E_WAIT;
}

static int connect_step(struct ango_client *client, uint32_t wait_ms)
{
    const struct ango_config *config = client->config;
    int err;

    if (client->connected == CONNECTED) {
        if (is_quiet(client))
            client->state = SEND;
        else
            ango_close(client);
        return ANGO_E_WAIT;
    }
    client->connected = CONNECTING;
    err = config->port->connect(config->port->ctx, config->host, config->tcp_port != 0 ? config->tcp_port : 443,
                                wait_ms);
    err = port_result(client, err, 0);
    if (err == ANGO_E_WAIT)
        return err;
    client->connected = err == ANGO_OK ? CONNECTED : CLOSED;
    client->state = SEND;
    return err == ANGO_OK ? ANGO_E_WAIT : err;
}

static int send_step(struct ango_client *client, uint32_t wait_ms)
{
    const struct ango_config *config = client->config;
    size_t left = client->len - client->pos;
    int n;

    if (left > PIECE_MAX)
        left = PIECE_MAX;
    client->given = 1;
    n = port_result(client, config->port->send(config->port->ctx, config->buffer + client->pos, left, wait_ms), left);
    if (n == ANGO_E_WAIT)
        return n;
    /* When it fails, the server may already have said why. */
    if (n <= 0)
        client->send_error = n < 0 ? n : ANGO_E_NET;
    else
        client->pos += (size_t)n;
    if (client->pos == client->len || n <= 0) {
        memset(config->buffer, 0, client->len);
        client->state = RECEIVE;
    }
    return ANGO_E_WAIT;
}

static int receive_step(struct ango_client *client, uint32_t wait_ms)
{
    const struct ango_config *config = client->config;
    uint8_t *to;
    size_t room = ango_http_room(&client->http, &to);
    int n;

    if (room == 0)
        return conclude(client, ANGO_E_TOO_BIG);
    if (room > PIECE_MAX)
        room = PIECE_MAX;
    if (client->send_error != ANGO_OK)
        wait_ms = 0;
    n = port_result(client, config->port->recv(config->port->ctx, to, room, wait_ms), room);
    if (n == ANGO_E_WAIT && client->send_error != ANGO_OK)
        n = client->send_error;
    else if (n > 0)
        n = ango_http_take(&client->http, (size_t)n);
    else if (n == 0)
        n = ango_http_take_end(&client->http);
    return n == ANGO_E_WAIT ? n : conclude(client, n);
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
    if (err != ANGO_OK)
        err = client->state == RECEIVE ? conclude(client, err) : err;
    else if (client->state == CONNECT)
        err = connect_step(client, wait_ms);
    else
        err = client->state == SEND ? send_step(client, wait_ms) : receive_step(client, wait_ms);
    return err == ANGO_E_WAIT ? err : finish(client, err);
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
        || client->shape != shape)
        return ANGO_E_ARG;
    return ango_json_item(&client->item, shape, client->config->tokens, client->config->tokens_cap, out);
}
