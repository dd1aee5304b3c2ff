#include "list_server.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct list_server list_server;
static struct script_port *script; /* whose clock it moves */

static void need(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "list_server: %s\n", what);
    abort();
}

void list_insert(size_t at, uint32_t value)
{
    struct list_server *s = &list_server;

    need(at <= s->len && s->len < LIST_MAX, "no such place");
    memmove(s->value + at + 1, s->value + at, (s->len - at) * sizeof s->value[0]);
    s->value[at] = value;
    s->len++;
}

void list_remove(size_t at)
{
    struct list_server *s = &list_server;

    need(at < s->len, "no such entry");
    s->len--;
    memmove(s->value + at, s->value + at + 1, (s->len - at) * sizeof s->value[0]);
}

/* --- replies -------------------------------------------------------------------------------------------- */

static void put(const char *format, ...)
{
    struct list_server *s = &list_server;
    size_t room = sizeof s->reply - s->reply_len;
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = vsnprintf(s->reply + s->reply_len, room, format, arguments);
    va_end(arguments);
    need(len >= 0 && (size_t)len < room, "a reply that is too long");
    s->reply_len += (size_t)len;
}

static void put_times(char c, size_t n)
{
    struct list_server *s = &list_server;

    need(n < sizeof s->reply - s->reply_len, "a reply that is too long");
    memset(s->reply + s->reply_len, c, n);
    s->reply_len += n;
    s->reply[s->reply_len] = '\0';
}

static size_t list_len(enum list_kind kind)
{
    return list_server.named[kind] ? list_server.names_len[kind] : list_server.len;
}

static void put_entry(enum list_kind kind, size_t i)
{
    static const char *const fields[] = { "to", "email", "name", "assignee" };
    const struct list_server *s = &list_server;

    put("{");
    if (!s->without_id)
        put("\"_id\":\"id_%lu\",", (unsigned long)(s->named[kind] ? i : s->value[i]));
    if (s->nested)
        put("\"more\":[1,{\"%s\":\"no\",\"_id\":\"no\"},[[]]],\"by\":{\"%s\":\"no\",\"name\":\"no\"},", fields[kind],
            fields[kind]);
    if (kind == LIST_INVITES && s->status != NULL)
        put("\"status\":\"%s\",", s->status);
    if (s->pad > 0) {
        put("\"pad\":\"");
        put_times('x', s->pad);
        put("\",");
    }
    if (!s->named[kind]) {
        put("\"%s\":\"entry_%lu", fields[kind], (unsigned long)s->value[i]);
        put_times('x', s->value[i] == s->large ? s->large_by : 0);
        put("\",");
    } else if (s->names[kind][i] != NULL) {
        put("\"%s\":\"%s\",", fields[kind], s->names[kind][i]);
    }
    put("\"last\":null}");
}

static void put_endless(unsigned long limit)
{
    unsigned long i;

    for (i = 0; i < limit; i++)
        put("%s{\"_id\":\"%lu\",\"to\":\"%lu@b\",\"email\":\"%lu@b\"}", i > 0 ? "," : "", list_server.page * 1000 + i,
            list_server.page * 1000 + i, list_server.page * 1000 + i);
}

static void put_page(enum list_kind kind)
{
    const struct list_server *s = &list_server;
    unsigned long limit = s->gives != 0 ? s->gives : s->caps != 0 && s->caps < s->limit ? s->caps : s->limit;
    unsigned long page = s->ignores_page ? 1 : s->page;
    size_t from = kind == LIST_ASSIGNED ? 0 : (page - 1) * (s->caps_late ? s->limit : limit);
    size_t to = kind == LIST_ASSIGNED ? list_len(kind) : from + limit;
    size_t i;

    if (page == s->empty_page && kind != LIST_ASSIGNED)
        return;
    if (page > 1 && to > s->short_by)
        to -= s->short_by;
    for (i = from; i < to && i < list_len(kind); i++) {
        if (i != from)
            put(",");
        put_entry(kind, i);
    }
    if (s->element != NULL)
        put("%s%s", i > from ? "," : "", s->element);
}

static unsigned long parameter(const char *name)
{
    const char *at = strstr(list_server.path, name);

    return at != NULL ? strtoul(at + strlen(name), NULL, 10) : 0;
}

/* What the path asks for. */
static void understand(void)
{
    struct list_server *s = &list_server;
    size_t asked_len = strlen(s->asked);

    s->kind = strstr(s->path, "/invites?") != NULL  ? LIST_INVITES
        : strstr(s->path, "/users?") != NULL        ? LIST_MEMBERS
        : strstr(s->path, "/listProjects?") != NULL ? LIST_PROJECTS
                                                    : LIST_ASSIGNED;
    need(s->kind != LIST_ASSIGNED || strstr(s->path, "/v2/project/") != NULL, "an unknown path");
    s->page = parameter("page=");
    s->limit = parameter("limit=");
    if (s->most_asked < s->limit)
        s->most_asked = s->limit;
    if (s->kind == LIST_ASSIGNED || (s->kind == LIST_INVITES && s->page == 1))
        s->passes++;
    (void)snprintf(s->asked + asked_len, sizeof s->asked - asked_len, "%s%lu/%lu", s->requests > 1 ? " " : "", s->page,
                   s->limit);
}

static void put_body(void)
{
    static const char *const names[] = { "invites", "users", "projects", "assignedTo" };
    const struct list_server *s = &list_server;
    bool in_project = s->kind == LIST_ASSIGNED;

    put("{\"status\":\"success\",\"data\":{%s\"%s\":[", in_project ? "\"project\":{\"_id\":\"p\"," : "",
        names[s->kind]);
    if (s->endless)
        put_endless(s->limit);
    else
        put_page(s->kind);
    put("]%s", in_project ? "}" : "");
    if (s->has_total)
        put(",\"total\":%lu", (unsigned long)s->total);
    put("}}");
}

static void refuse(void)
{
    static const char why[] = "{\"status\":\"fail\",\"message\":\"no\"}";

    put("HTTP/1.1 %d No\r\nRetry-After: 7\r\nContent-Length: %u\r\n\r\n%s", list_server.fail_with,
        (unsigned)sizeof why - 1, why);
    list_server.failing = false; /* it is a whole reply */
}

static void answer(void)
{
    static char body[sizeof list_server.reply];
    struct list_server *s = &list_server;
    size_t len;

    s->requests++;
    script->now_ms += s->latency_ms;
    understand();
    if (s->change != NULL)
        s->change();
    s->reply_len = s->at = 0;
    s->failing = s->fail_at != 0 && s->requests >= s->fail_at && s->requests - s->fail_at < s->fail_times;
    if (s->failing && s->fail_with > 99) {
        refuse();
        return;
    }
    put_body();
    len = s->reply_len;
    memcpy(body, s->reply, len + 1);
    s->reply_len = 0;
    put("HTTP/1.1 200 OK\r\nContent-Length: %lu\r\n\r\n", (unsigned long)len);
    s->body_at = s->reply_len;
    put("%s", body);
}

/* --- the port ------------------------------------------------------------------------------------------- */

static bool would_block(void)
{
    list_server.odd = !list_server.odd;
    return list_server.stutters && list_server.odd;
}

static int server_connect(void *ctx, const char *host, uint16_t port, uint32_t wait_ms)
{
    (void)ctx, (void)host, (void)port, (void)wait_ms;
    list_server.request_len = list_server.reply_len = list_server.at = 0;
    return would_block() ? ANGO_E_WAIT : ANGO_OK;
}

static int server_send(void *ctx, const uint8_t *data, size_t len, uint32_t wait_ms)
{
    struct list_server *s = &list_server;

    (void)ctx, (void)wait_ms;
    if (would_block())
        return ANGO_E_WAIT;
    if (s->piece != 0 && len > s->piece)
        len = s->piece;
    need(len >= 1 && len < sizeof s->request - s->request_len, "a request that is too long");
    memcpy(s->request + s->request_len, data, len);
    s->request_len += len;
    s->request[s->request_len] = '\0';
    if (strstr(s->request, "\r\n\r\n") != NULL) {
        size_t path_len = strcspn(s->request + 4, " ");

        need(memcmp(s->request, "GET ", 4) == 0 && path_len < sizeof s->path, "no GET");
        memcpy(s->path, s->request + 4, path_len);
        s->path[path_len] = '\0';
        s->request_len = 0;
        answer();
    }
    return (int)len;
}

/* How far the reply comes before the request meets what it is to meet. */
static size_t reply_end(void)
{
    const struct list_server *s = &list_server;
    size_t end = s->fail_after > 0 ? s->body_at + s->fail_after : 0;

    return s->failing && end < s->reply_len ? end : s->reply_len;
}

static int server_recv(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms)
{
    struct list_server *s = &list_server;
    size_t len = reply_end() - s->at;

    (void)ctx;
    if (s->refuses_above != 0 && s->limit > s->refuses_above)
        return ANGO_E_TOO_BIG;
    if (len == 0 && s->failing && s->fail_with != LIST_STALL)
        return s->fail_with;
    if (len == 0 || would_block()) {
        script->now_ms += len == 0 ? wait_ms : 0;
        return ANGO_E_WAIT;
    }
    if (len > cap)
        len = cap;
    if (s->piece != 0 && len > s->piece)
        len = s->piece;
    memcpy(buf, s->reply + s->at, len);
    s->at += len;
    return (int)len;
}

static void server_close(void *ctx)
{
    (void)ctx;
}

/* The scripted port's own clock goes on top of this. */
static uint32_t server_clock_ms(void *ctx)
{
    (void)ctx;
    return 0;
}

void list_begin(struct exchange *x, size_t len, size_t buffer_cap)
{
    static const struct ango_port port = {
        NULL, false, server_connect, server_send, server_recv, server_close, server_clock_ms, NULL, NULL, NULL,
    };
    static const struct script_event none[] = { SCRIPT_STOP };
    size_t i;

    need(len <= LIST_MAX, "too many entries");
    memset(&list_server, 0, offsetof(struct list_server, request));
    for (i = 0; i < len; i++)
        list_server.value[i] = (uint32_t)i;
    list_server.len = len;
    list_server.large = UINT32_MAX;
    script = &x->script;
    need(exchange_begin(x, none, buffer_cap) == ANGO_OK, "the configuration was refused");
    x->script.under = &port;
}
