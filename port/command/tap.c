/* What goes by on a connection, for `ango check`. */
#define _POSIX_C_SOURCE 200809L

#include "command.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

#define JSMN_STATIC
#define JSMN_STRICT
#include <jsmn.h>

#define REPLY_CAP (1u << 20)
#define TOKENS_MAX 200000u
#define NAMES_MAX 100
#define NAME_CAP 40
#define RECORD_HEADER 5

/* --- the taps ------------------------------------------------------------------------------------------- */

struct tap {
    const struct ango_port *inner;
    struct ango_port outer;
    void (*take)(const uint8_t *data, size_t len);
};

static char reply[REPLY_CAP + 1];
static size_t reply_len; /* also what did not fit */

static uint8_t record_header[RECORD_HEADER];
static size_t record_header_len, record_left, largest_record;

static void take_text(const uint8_t *data, size_t len)
{
    size_t room = reply_len < REPLY_CAP ? REPLY_CAP - reply_len : 0;

    memcpy(reply + (REPLY_CAP - room), data, len < room ? len : room);
    reply_len += len;
    reply[reply_len < REPLY_CAP ? reply_len : REPLY_CAP] = '\0';
}

static void take_records(const uint8_t *data, size_t len)
{
    while (len > 0) {
        size_t n = len < record_left ? len : record_left;
        data += n;
        len -= n;
        record_left -= n;
        if (len == 0) {
            return;
        }
        record_header[record_header_len++] = *data++;
        len--;
        if (record_header_len == RECORD_HEADER) {
            record_header_len = 0;
            record_left = record_header[3] * 256u + record_header[4];
            largest_record = record_left > largest_record ? record_left : largest_record;
        }
    }
}

static int tap_connect(void *ctx, const char *host, uint16_t port, uint32_t wait_ms)
{
    const struct ango_port *inner = ((struct tap *)ctx)->inner;

    record_header_len = 0;
    record_left = 0;
    return inner->connect(inner->ctx, host, port, wait_ms);
}

static int tap_send(void *ctx, const uint8_t *data, size_t len, uint32_t wait_ms)
{
    const struct ango_port *inner = ((struct tap *)ctx)->inner;

    return inner->send(inner->ctx, data, len, wait_ms);
}

static int tap_recv(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms)
{
    struct tap *tap = (struct tap *)ctx;
    int n = tap->inner->recv(tap->inner->ctx, buf, cap, wait_ms);

    if (n > 0) {
        tap->take(buf, (size_t)n);
    }
    return n;
}

static void tap_close(void *ctx)
{
    const struct ango_port *inner = ((struct tap *)ctx)->inner;

    inner->close(inner->ctx);
}

static uint32_t tap_clock_ms(void *ctx)
{
    const struct ango_port *inner = ((struct tap *)ctx)->inner;

    return inner->clock_ms(inner->ctx);
}

static int64_t tap_time(void *ctx)
{
    const struct ango_port *inner = ((struct tap *)ctx)->inner;

    return inner->time(inner->ctx);
}

static int tap_entropy(void *ctx, uint8_t *buf, size_t len)
{
    const struct ango_port *inner = ((struct tap *)ctx)->inner;

    return inner->entropy(inner->ctx, buf, len);
}

static const struct ango_port *put_on(struct tap *tap, const struct ango_port *inner,
                                      void (*take)(const uint8_t *data, size_t len))
{
    tap->inner = inner;
    tap->take = take;
    tap->outer.ctx = tap;
    tap->outer.secure = inner->secure;
    tap->outer.connect = tap_connect;
    tap->outer.send = tap_send;
    tap->outer.recv = tap_recv;
    tap->outer.close = tap_close;
    tap->outer.clock_ms = tap_clock_ms;
    tap->outer.time = tap_time;
    tap->outer.entropy = inner->entropy != NULL ? tap_entropy : NULL;
    return &tap->outer;
}

const struct ango_port *cli_tap_records(const struct ango_port *inner)
{
    static struct tap tap;

    return put_on(&tap, inner, take_records);
}

const struct ango_port *cli_tap_text(const struct ango_port *inner)
{
    static struct tap tap;

    return put_on(&tap, inner, take_text);
}

size_t cli_largest_record(void)
{
    return largest_record;
}

void cli_forget_reply(void)
{
    reply_len = 0;
    reply[0] = '\0';
}

/* --- the head ------------------------------------------------------------------------------------------- */

/* The last head: of the final reply, behind interim ones. */
static char *last_head(void)
{
    char *head = reply, *next;

    while (strncmp(head, "HTTP/1.1 1", 10) == 0 && (next = strstr(head, "\r\n\r\n")) != NULL) {
        head = next + 4;
    }
    return head;
}

static char *end_of_head(char *head)
{
    char *end = strstr(head, "\r\n\r\n");

    return end != NULL ? end + 2 : head + strlen(head);
}

/* The next line of the head as name and value, cut to fit; the place behind it, or NULL at the end. */
static char *next_header(char *line, const char *end, char *name, size_t name_cap, char *value, size_t value_cap)
{
    char *colon, *stop;

    line = strstr(line, "\r\n");
    if (line == NULL || line + 2 >= end) {
        return NULL;
    }
    line += 2;
    stop = line + strcspn(line, "\r\n");
    colon = line + strcspn(line, ":\r\n");
    snprintf(name, name_cap, "%.*s", (int)(colon - line), line);
    colon += *colon == ':';
    colon += strspn(colon, " \t");
    snprintf(value, value_cap, "%.*s", stop > colon ? (int)(stop - colon) : 0, colon);
    return line;
}

bool cli_header(const char *wanted, char *value, size_t cap)
{
    char name[64];
    char *head = last_head(), *end = end_of_head(head);

    while ((head = next_header(head, end, name, sizeof name, value, cap)) != NULL) {
        if (ango_text_is(name, wanted)) {
            return true;
        }
    }
    return false;
}

void cli_each_header(const char *word, void (*take)(const char *name, const char *value))
{
    char name[64], value[64];
    char *head = last_head(), *end = end_of_head(head);

    while ((head = next_header(head, end, name, sizeof name, value, sizeof value)) != NULL) {
        size_t i;
        for (i = 0; name[i] != '\0'; i++) {
            name[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
        }
        if (strstr(name, word) != NULL) {
            take(name, value);
        }
    }
}

/* --- the body ------------------------------------------------------------------------------------------- */

static char body[REPLY_CAP + 1];
static size_t body_len;

/* Copies the body without its chunks' lines. */
static void take_body(const char *from, bool chunked)
{
    size_t left = (size_t)(reply + (reply_len < REPLY_CAP ? reply_len : REPLY_CAP) - from);
    char *end;

    body_len = 0;
    if (!chunked) {
        memcpy(body, from, left);
        body_len = left;
    }
    while (chunked && left > 0) {
        size_t len = strtoul(from, &end, 16), line = strcspn(from, "\n") + 1;
        if (end == from || len == 0 || line > left || len > left - line) {
            break;
        }
        memcpy(body + body_len, from + line, len);
        body_len += len;
        from += line + len;
        left -= line + len;
        from += left >= 2 ? 2 : left;
        left -= left >= 2 ? 2 : left;
    }
    body[body_len] = '\0';
}

void cli_measure_reply(struct cli_reply *measured)
{
    char *head = last_head(), *end = end_of_head(head), *line, *next;
    char coding[32] = "";
    bool chunked = cli_header("Transfer-Encoding", coding, sizeof coding) && ango_text_is(coding, "chunked");

    memset(measured, 0, sizeof *measured);
    measured->head_len = (size_t)(end - head) + 2;
    for (line = head; line < end; line = next + 2) {
        next = strstr(line, "\r\n");
        if (next == NULL) {
            break;
        }
        if ((size_t)(next - line) > measured->longest_header) {
            measured->longest_header = (size_t)(next - line);
        }
    }
    take_body(*end != '\0' ? end + 2 : end, chunked);
    measured->body_len = body_len;
}

/* --- its entries ---------------------------------------------------------------------------------------- */

static jsmntok_t tokens[TOKENS_MAX];
static int tokens_len;

/* The first token that does not lie in this one. */
static int behind(int token)
{
    int end = tokens[token].end, next = token + 1;

    while (next < tokens_len && tokens[next].start < end) {
        next++;
    }
    return next;
}

static bool is_text(int token, const char *text)
{
    size_t len = (size_t)(tokens[token].end - tokens[token].start);

    return tokens[token].type == JSMN_STRING && strlen(text) == len
        && memcmp(body + tokens[token].start, text, len) == 0;
}

/* The value of this name in an object; 0: it has none. */
static int member(int object, const char *name)
{
    int i, end = behind(object);

    if (tokens[object].type != JSMN_OBJECT) {
        return 0;
    }
    for (i = object + 1; i + 1 < end; i = behind(i + 1)) {
        if (is_text(i, name)) {
            return i + 1;
        }
    }
    return 0;
}

/* Hands a name out the first time; one that may be somebody's is none of a field. */
static void take_name(int token, char names[NAMES_MAX][NAME_CAP], size_t *len, void (*take)(const char *name))
{
    char name[NAME_CAP];
    size_t i;

    snprintf(name, sizeof name, "%.*s", tokens[token].end - tokens[token].start, body + tokens[token].start);
    if (name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] != '\0') {
        snprintf(name, sizeof name, "(odd)");
    }
    for (i = 0; i < *len; i++) {
        if (strcmp(names[i], name) == 0) {
            return;
        }
    }
    if (*len < NAMES_MAX) {
        memcpy(names[(*len)++], name, sizeof name);
        take(name);
    }
}

size_t cli_each_field(const char *list, void (*take)(const char *name))
{
    static char names[NAMES_MAX][NAME_CAP];
    size_t names_len = 0, largest = 0;
    jsmn_parser parser;
    int array, entry, end, i;

    jsmn_init(&parser);
    tokens_len = jsmn_parse(&parser, body, body_len, tokens, TOKENS_MAX);
    array = tokens_len > 0 ? member(0, "data") : 0;
    array = array > 0 ? member(array, list) : 0;
    if (array == 0 || tokens[array].type != JSMN_ARRAY) {
        return 0;
    }
    for (entry = array + 1, end = behind(array); entry < end; entry = behind(entry)) {
        size_t len = (size_t)(tokens[entry].end - tokens[entry].start);
        largest = len > largest ? len : largest;
        for (i = entry + 1; tokens[entry].type == JSMN_OBJECT && i < behind(entry); i = behind(i + 1)) {
            take_name(i, names, &names_len, take);
        }
    }
    return largest;
}

const char *cli_has_total(void)
{
    int data = tokens_len > 0 ? member(0, "data") : 0;
    int total = data > 0 ? member(data, "total") : 0;
    const char *text = total > 0 ? body + tokens[total].start : "";

    if (total == 0) {
        return "no";
    }
    if (tokens[total].type == JSMN_STRING) {
        return "as text";
    }
    return tokens[total].type == JSMN_PRIMITIVE && *text >= '0' && *text <= '9' ? "yes" : "of another type";
}
