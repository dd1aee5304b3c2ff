/* The way out: straight, or through a proxy, as options and environment say. */
#define _POSIX_C_SOURCE 200809L

#include "command.h"

#include <stdlib.h>
#include <string.h>

#include "proxy.h"

#define DEFAULT_PORT 80 /* of http:// */
#define PART_MAX 256

static struct ango_proxy proxy;
static char request[2048];
static char host[ANGO_HOST_MAX + 1], user[PART_MAX], password[PART_MAX];
static struct ango_proxy_config config = { .host = host, .buffer = request, .buffer_cap = sizeof request };
static struct ango_port through = ANGO_PROXY_PORT(&proxy);
static struct ango_port below;  /* the plain port, watched */
static const char *source = ""; /* who named it; "": there is none */
static bool is_there;           /* the connection to it was made, the last time */
static bool lets_through;       /* and so was the tunnel */
static int (*connect_plain)(void *ctx, const char *name, uint16_t port, uint32_t wait_ms);

/* --- which -------------------------------------------------------------------------------------------- */

/* The character that %XX stands for; '\0': none. */
static char escaped(const char *from)
{
    char digits[3] = "", *stop;
    char c;

    memcpy(digits, from + 1, 2);
    c = (char)strtoul(digits, &stop, 16);
    if (*stop != '\0') {
        c = '\0';
    }
    return c;
}

/* Copies what is before `end`, decoding %XX; false: it does not fit, or is no text. */
static bool decode(char *to, size_t cap, const char *from, const char *end)
{
    size_t n = 0;

    while (from < end && n + 1 < cap) {
        to[n] = *from++;
        if (to[n] == '%' && end - from >= 2) {
            to[n] = escaped(from - 1);
            from += 2;
        }
        if (to[n++] == '\0') {
            return false;
        }
    }
    to[n] = '\0';
    return from == end;
}

static int refuse(const char *why)
{
    cli_say("%s: %s", source, why);
    return CLI_USAGE;
}

/* USER:PASSWORD before the @. */
static int take_credentials(const char *text, const char *at, bool from_command_line)
{
    const char *colon = memchr(text, ':', (size_t)(at - text));

    if (from_command_line) {
        return refuse(
            "a password on the command line can be read by every user of this machine: put the proxy into https_proxy, "
            "or into a configuration file");
    }
    if (!decode(user, sizeof user, text, colon != NULL ? colon : at)
        || !decode(password, sizeof password, colon != NULL ? colon + 1 : at, at)) {
        return refuse("its user or its password is too long, or has a wrong %");
    }
    config.user = user;
    config.password = password;
    return CLI_DONE;
}

/* [http://][USER:PASSWORD@]HOST[:PORT][/] */
static int take_proxy(const char *text, bool from_command_line)
{
    const char *scheme = strstr(text, "://");
    uint32_t tcp_port = DEFAULT_PORT;
    char digits[8] = "";
    const char *at, *end, *colon;

    if (scheme != NULL && strncmp(text, "http://", 7) != 0) {
        return refuse("only http:// proxies are spoken to: no https://, no socks");
    }
    text = scheme != NULL ? scheme + 3 : text;
    end = text + strcspn(text, "/");
    for (at = end; at > text && *at != '@'; at--) {
    }
    if (*at == '@') {
        int status = take_credentials(text, at, from_command_line);
        if (status != CLI_DONE) {
            return status;
        }
        text = at + 1;
    }
    colon = memchr(text, ':', (size_t)(end - text));
    if (colon != NULL) {
        if ((size_t)(end - colon) > sizeof digits) {
            return refuse("it has no such port");
        }
        memcpy(digits, colon + 1, (size_t)(end - colon - 1));
        if (!cli_number(digits, 1, 65535, &tcp_port)) {
            return refuse("it has no such port");
        }
    }
    if (!decode(host, sizeof host, text, colon != NULL ? colon : end) || host[0] == '\0'
        || strpbrk(end, "?#") != NULL) {
        return refuse("it is not [http://]HOST[:PORT]");
    }
    config.tcp_port = (uint16_t)tcp_port;
    return CLI_DONE;
}

/* --- for which hosts ------------------------------------------------------------------------------------ */

/* Whether `item` of no_proxy is the host, a domain that it lies in, or "*". */
static bool is_for(const char *item, size_t len, const char *name)
{
    char domain[ANGO_HOST_MAX + 1] = "";
    size_t name_len = strlen(name);
    const char *colon = memchr(item, ':', len);

    len = colon != NULL ? (size_t)(colon - item) : len; /* the port does not matter */
    if (len == 1 && *item == '*') {
        return true;
    }
    if (len > 0 && *item == '.') {
        item++;
        len--;
    }
    if (len == 0 || len > name_len || len >= sizeof domain) {
        return false;
    }
    memcpy(domain, item, len);
    return ango_text_is(domain, name + name_len - len) && (name_len == len || name[name_len - len - 1] == '.');
}

static bool is_exempt(const char *name)
{
    const char *list = getenv("no_proxy") != NULL ? getenv("no_proxy") : getenv("NO_PROXY");
    size_t len;

    for (; list != NULL && *list != '\0'; list += len) {
        list += strspn(list, ", \t");
        len = strcspn(list, ", \t");
        if (is_for(list, len, name)) {
            return true;
        }
    }
    return false;
}

/* The setting that names the proxy, which is "" for none. */
static const char *find(const char *name)
{
    static const char *const variables[] = { "https_proxy", "HTTPS_PROXY" };
    size_t i;

    if (cli.proxy != NULL) {
        source = "--proxy";
        return cli.proxy;
    }
    for (i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *value = getenv(variables[i]);
        if (value != NULL && *value != '\0' && !is_exempt(name)) {
            source = variables[i];
            return value;
        }
    }
    if (cli.configured_proxy != NULL && !is_exempt(name)) {
        source = "the configuration's proxy";
        return cli.configured_proxy;
    }
    return "";
}

static int connect_below(void *ctx, const char *name, uint16_t port, uint32_t wait_ms)
{
    int err = connect_plain(ctx, name, port, wait_ms);

    is_there = err == ANGO_OK;
    return err;
}

static int connect_through(void *ctx, const char *name, uint16_t port, uint32_t wait_ms)
{
    int err = ango_proxy_connect(ctx, name, port, wait_ms);

    lets_through = err == ANGO_OK;
    return err;
}

int cli_way_out(const struct ango_port *plain, const char *name, const struct ango_port **way)
{
    const char *text = find(name);
    int status;

    *way = plain;
    if (*text == '\0') {
        source = "";
        return CLI_DONE;
    }
    status = take_proxy(text, cli.proxy != NULL);
    if (status != CLI_DONE) {
        return status;
    }
    below = *plain;
    connect_plain = plain->connect;
    below.connect = connect_below;
    through.connect = connect_through;
    config.port = &below;
    if (ango_proxy_init(&proxy, &config) != ANGO_OK) {
        return refuse("a user has no colon in it");
    }
    *way = &through;
    return CLI_DONE;
}

/* --- what it said --------------------------------------------------------------------------------------- */

bool cli_has_proxy(void)
{
    return source[0] != '\0';
}

const char *cli_proxy_name(void)
{
    static char name[ANGO_HOST_MAX + 64];

    snprintf(name, sizeof name, "%s port %u (%s)", host, (unsigned)config.tcp_port, source);
    return name;
}

unsigned cli_proxy_status(void)
{
    return cli_has_proxy() ? proxy.status : 0;
}

bool cli_proxy_is_there(void)
{
    return cli_has_proxy() && is_there;
}

bool cli_proxy_lets_through(void)
{
    return cli_has_proxy() && lets_through;
}

bool cli_fails_at_proxy(const struct ango_result *result)
{
    if (!cli_has_proxy() || lets_through || result->outcome != ANGO_NOT_SENT) {
        return false;
    }
    switch (result->error) {
    case ANGO_E_RESOLVE:
    case ANGO_E_NET:
    case ANGO_E_TIME:
    case ANGO_E_HTTP:
        return true;
    default:
        return false;
    }
}

bool cli_proxy_refuses(void)
{
    return cli_proxy_status() >= 300 && cli_proxy_status() < 500;
}

/* Whether it answered in full, and said no. */
static bool says_no(int error)
{
    return error == ANGO_E_NET && cli_proxy_status() != 0 && cli_proxy_status() / 100 != 2;
}

static const char *advice_on_status(void)
{
    switch (cli_proxy_status()) {
    case 403:
    case 405:
        return "it does not let this host or port through: ask whoever runs it";
    case 401: /* tinyproxy's word for a wrong one */
    case 407:
        return "it wants a user and a password: http://USER:PASSWORD@HOST:PORT in https_proxy or in a configuration "
               "file";
    default:
        return cli_proxy_refuses() ? "it refuses: is that an HTTP proxy?" : "it does not reach the server";
    }
}

const char *cli_proxy_advice(int error)
{
    if (says_no(error)) {
        return advice_on_status();
    }
    return is_there ? "is that an HTTP proxy?" : "check its name, its port, and the network";
}

/* What it did wrong, where it did not just say no. */
static const char *fault_of(int error)
{
    switch (error) {
    case ANGO_E_RESOLVE:
        return "its name is not found";
    case ANGO_E_TIME:
        return "no answer before the deadline";
    case ANGO_E_HTTP:
        return "what it says is not HTTP/1.1, or has no end";
    default:
        return is_there ? "it ended the connection" : "no connection";
    }
}

void cli_explain_proxy(const struct ango_result *result)
{
    const char *words = cli_system_words(result);

    if (says_no(result->error)) {
        cli_say("the proxy %s said HTTP %u: %s", cli_proxy_name(), cli_proxy_status(), advice_on_status());
        return;
    }
    cli_say("the proxy %s: %s%s%s%s; %s", cli_proxy_name(), fault_of(result->error), words[0] != '\0' ? " (" : "",
            words, words[0] != '\0' ? ")" : "", cli_proxy_advice(result->error));
}
