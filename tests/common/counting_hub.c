#include "counting_hub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t draw(struct hub *hub)
{
    hub->random ^= hub->random << 13;
    hub->random ^= hub->random >> 17;
    return hub->random ^= hub->random << 5;
}

static void demand(struct hub *hub, bool ok, const char *what)
{
    if (!ok && hub->violation == NULL)
        hub->violation = what;
}

static void tick(struct hub *hub)
{
    if (hub->tick != NULL)
        hub->tick(hub->tick_ctx);
}

/* --- persons ---------------------------------------------------------------------------------------------- */

const char *hub_address(unsigned person)
{
    static char texts[HUB_PERSONS][32];

    if (texts[person][0] == '\0')
        (void)snprintf(texts[person], sizeof texts[person], "person%u@example.com", person);
    return texts[person];
}

unsigned hub_person(const char *address)
{
    char *end;
    unsigned long person;

    if (strncmp(address, "person", 6) != 0 && strncmp(address, "Person", 6) != 0)
        return HUB_PERSONS;
    person = strtoul(address + 6, &end, 10);
    return strcmp(end, "@example.com") == 0 && person < HUB_PERSONS ? (unsigned)person : HUB_PERSONS;
}

static void take_effect(struct hub *hub, unsigned person)
{
    if (hub->person[person] == HUB_GOOD)
        hub->invited[person]++;
}

static void catch_up(struct hub *hub)
{
    unsigned i;

    if (hub->now_ms < hub->late_ms)
        return;
    for (i = 0; i < HUB_PERSONS; i++) {
        if (hub->late[i])
            take_effect(hub, i);
        hub->late[i] = false;
    }
}

/* --- replies ---------------------------------------------------------------------------------------------- */

static void say(struct hub *hub, const char *text)
{
    size_t len = strlen(text);

    if (len > sizeof hub->reply - hub->reply_len)
        abort();
    memcpy(hub->reply + hub->reply_len, text, len);
    hub->reply_len += len;
}

/* Puts the head before the body that was said. */
static void end_reply(struct hub *hub, unsigned status, const char *fields)
{
    char head[160];
    int len = snprintf(head, sizeof head, "HTTP/1.1 %u X\r\nContent-Length: %lu\r\n%s\r\n", status,
                       (unsigned long)hub->reply_len, fields);

    if (len < 0 || hub->reply_len + (size_t)len > sizeof hub->reply)
        abort();
    memmove(hub->reply + len, hub->reply, hub->reply_len);
    memcpy(hub->reply, head, (size_t)len);
    hub->reply_len += (size_t)len;
}

static void refuse(struct hub *hub, unsigned status, const char *fields, const char *words)
{
    say(hub, "{\"status\":\"fail\",\"message\":\"");
    say(hub, words);
    say(hub, "\"}");
    end_reply(hub, status, fields);
}

/* --- requests --------------------------------------------------------------------------------------------- */

/* The addresses of a POST. */
static size_t read_to(struct hub *hub, unsigned persons[])
{
    const char *p = strstr(hub->request, "{\"to\":[\"");
    size_t n = 0;

    demand(hub, p != NULL, "a POST without addresses");
    for (p = p != NULL ? p + 8 : ""; *p != '\0'; p++) {
        const char *quote = strchr(p, '"');
        char address[64];
        size_t len = quote != NULL ? (size_t)(quote - p) : 0;

        if (quote == NULL || len >= sizeof address)
            break;
        memcpy(address, p, len);
        address[len] = '\0';
        persons[n] = hub_person(address);
        if (hub->anybody && persons[n] == HUB_PERSONS)
            persons[n] = 0;
        demand(hub, n < HUB_PERSONS && persons[n] < HUB_PERSONS, "a POST of somebody else");
        if (n < HUB_PERSONS - 1)
            n++;
        p = quote + 2;
        if (quote[1] != ',')
            break;
    }
    return n;
}

/* Somebody is shown with the address in another spelling, and something behind it. */
static void say_person(struct hub *hub, const char *before, unsigned person, const char *name, const char *more)
{
    say(hub, before);
    say(hub, "{\"_id\":\"id of ");
    say(hub, hub_address(person));
    say(hub, "\",\"");
    say(hub, name);
    say(hub, "\":\"P");
    say(hub, hub_address(person) + 1);
    say(hub, more);
    say(hub, "}");
}

static void say_invited(struct hub *hub, const unsigned persons[], size_t n)
{
    static const char *const more[] = {
        [HUB_GOOD] = "\",\"status\":\"Pending\"",
        [HUB_FAILED] = "\",\"status\":\"Failed\",\"message\":\"mailbox \\u001d unknown\"",
        [HUB_MEMBER] = "\",\"status\":\"Skipped\",\"message\":\"is Already a member\"",
    };
    bool unnamed = draw(hub) % 256 < hub->unnamed;
    const char *before = "";
    size_t i;

    say(hub, "{\"status\":\"success\",\"data\":{\"invites\":[");
    if (hub->invites != NULL)
        say(hub, hub->invites);
    for (i = 0; i < n && !unnamed && hub->invites == NULL; i++) {
        enum hub_person kind = hub->person[persons[i]];

        if (kind == HUB_IGNORED)
            continue;
        say_person(hub, before, persons[i], "to", more[kind]);
        before = ",";
    }
    say(hub, "]}}");
    end_reply(hub, 200, "");
}

static void do_post(struct hub *hub, enum hub_fault fault)
{
    unsigned persons[HUB_PERSONS] = { 0 };
    size_t n = read_to(hub, persons);
    size_t i;

    hub->posts++;
    if (hub->largest < n)
        hub->largest = (uint32_t)n;
    for (i = 0; i < n; i++)
        if (hub->person[persons[i]] == HUB_REFUSED) {
            refuse(hub, 400, "", "a bad address");
            return;
        }
    for (i = 0; i < n; i++) {
        if (fault == HUB_REPLY_LATE)
            hub->late[persons[i]] = true;
        else
            take_effect(hub, persons[i]);
    }
    if (fault == HUB_REPLY_LATE)
        hub->late_ms = hub->now_ms + draw(hub) % HUB_TIMEOUT_MS;
    say_invited(hub, persons, n);
}

static void do_get(struct hub *hub)
{
    bool invites = strstr(hub->request, "/invites?") != NULL;
    const char *page = strstr(hub->request, "page=");
    bool first = page != NULL && page[5] == '1' && page[6] == '&';
    const char *before = "";
    unsigned total = 0;
    char end[40];
    unsigned i;

    hub->gets++;
    if (hub->endless) {
        (void)snprintf(end, sizeof end, "stranger%lu@example.com", (unsigned long)hub->gets);
        say(hub, "{\"status\":\"success\",\"data\":{\"invites\":[{\"to\":\"");
        say(hub, end);
        say(hub, "\"}]}}");
        end_reply(hub, 200, "");
        return;
    }
    say(hub,
        invites ? "{\"status\":\"success\",\"data\":{\"invites\":[" : "{\"status\":\"success\",\"data\":{\"users\":[");
    for (i = 0; i < HUB_PERSONS; i++) {
        if (invites ? hub->invited[i] == 0 : hub->person[i] != HUB_MEMBER)
            continue;
        total++;
        if (!first)
            continue;
        say_person(hub, before, i, invites ? "to" : "email", invites ? "\",\"status\":\"pending\"" : "\"");
        before = ",";
    }
    (void)snprintf(end, sizeof end, hub->has_total ? "],\"total\":%u}}" : "]}}", total);
    say(hub, end);
    end_reply(hub, 200, "");
}

/* A request is there. What the fault leaves of it? */
static void answer(struct hub *hub)
{
    bool post = strncmp(hub->request, "POST ", 5) == 0;

    hub->reply_len = hub->at = 0;
    catch_up(hub);
    if (strstr(hub->request, hub->good_key) == NULL) {
        refuse(hub, 401, "", "another key");
        return;
    }
    if (hub->refusal != 0) {
        if (hub->invites != NULL) {
            say(hub, hub->invites);
            end_reply(hub, hub->refusal, "");
        } else {
            refuse(hub, hub->refusal, "", "refused");
        }
        return;
    }
    switch (hub->fault) {
    case HUB_REQUEST_LOST:
        return;
    case HUB_500:
        refuse(hub, 500, "", "internal");
        return;
    case HUB_429:
        refuse(hub, 429, "", "too many");
        return;
    case HUB_429_AFTER:
        refuse(hub, 429, "Retry-After: 7\r\n", "too many");
        return;
    case HUB_404:
        refuse(hub, 404, "", "not here");
        return;
    default:
        break;
    }
    if (post)
        do_post(hub, hub->fault);
    else
        do_get(hub);
    switch (hub->fault) {
    case HUB_REPLY_LOST:
    case HUB_REPLY_LATE:
        hub->reply_len = 0;
        break;
    case HUB_REPLY_CUT:
        hub->reply_len -= 1 + draw(hub) % hub->reply_len;
        break;
    case HUB_502:
    case HUB_408:
        hub->reply_len = 0;
        refuse(hub, hub->fault == HUB_408 ? 408 : 502, "", "gone");
        break;
    default:
        hub->fault = HUB_NO_FAULT;
        break;
    }
}

/* --- the port --------------------------------------------------------------------------------------------- */

int hub_connect(void *ctx, const char *host, uint16_t tcp_port, uint32_t wait_ms)
{
    struct hub *hub = (struct hub *)ctx;

    (void)host;
    (void)tcp_port;
    (void)wait_ms;
    tick(hub);
    demand(hub, !hub->connected, "connected twice");
    hub->fault = HUB_NO_FAULT;
    if (draw(hub) % 256 < hub->faults)
        hub->fault = (enum hub_fault)(1 + draw(hub) % (HUB_FAULTS - 1));
    if (hub->fault != HUB_NO_FAULT && hub->only != HUB_NO_FAULT)
        hub->fault = hub->only;
    hub->connects++;
    if (hub->fault == HUB_NO_CONNECTION)
        return ANGO_E_NET;
    hub->connected = true;
    hub->request_len = hub->reply_len = hub->at = 0;
    return ANGO_OK;
}

int hub_send(void *ctx, const uint8_t *data, size_t len, uint32_t wait_ms)
{
    struct hub *hub = (struct hub *)ctx;

    (void)wait_ms;
    tick(hub);
    demand(hub, hub->connected && len < sizeof hub->request, "sent without a connection");
    if (hub->fault == HUB_SEND_BREAKS)
        return draw(hub) % 2 == 0 ? (int)(len + 1) / 2 : ANGO_E_NET;
    memcpy(hub->request, data, len);
    hub->request[len] = '\0';
    hub->request_len = len;
    answer(hub);
    tick(hub);
    return (int)len;
}

int hub_recv(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms)
{
    struct hub *hub = (struct hub *)ctx;
    size_t len = hub->reply_len - hub->at;

    (void)wait_ms;
    tick(hub);
    demand(hub, hub->connected, "received without a connection");
    if (len == 0 && hub->fault != HUB_NO_FAULT && draw(hub) % 2 == 0)
        return ANGO_E_NET;
    if (len == 0) {
        hub->now_ms += 500; /* nothing comes */
        return ANGO_E_WAIT;
    }
    if (len > cap)
        len = cap;
    memcpy(buf, hub->reply + hub->at, len);
    hub->at += len;
    return (int)len;
}

void hub_close(void *ctx)
{
    struct hub *hub = (struct hub *)ctx;

    demand(hub, hub->connected, "closed twice");
    hub->connected = false;
}

uint32_t hub_clock_ms(void *ctx)
{
    struct hub *hub = (struct hub *)ctx;

    return hub->now_ms + hub->offset_ms;
}

void hub_restart(struct hub *hub)
{
    hub->connected = false;
    hub->offset_ms = draw(hub);
}

void hub_begin(struct hub *hub, uint32_t seed)
{
    memset(hub, 0, sizeof *hub);
    hub->random = seed * 2246822519u | 1;
    hub->good_key = "key-1";
    hub_restart(hub);
}
