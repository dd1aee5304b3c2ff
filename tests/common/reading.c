#include "reading.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void reading_open(struct reading *r, size_t most)
{
    memset(r, 0, sizeof *r);
    guard_begin(&r->guard, most);
}

void reading_shut(struct reading *r)
{
    guard_end(&r->guard);
}

const char *reading_name(int err)
{
    switch (err) {
    case ANGO_OK:
        return "OK";
    case ANGO_E_WAIT:
        return "WAIT";
    case ANGO_E_HTTP:
        return "HTTP";
    case ANGO_E_TOO_BIG:
        return "TOO_BIG";
    case ANGO_E_JSON:
        return "JSON";
    case ANGO_E_SHAPE:
        return "SHAPE";
    case ANGO_E_TRUNCATED:
        return "TRUNCATED";
    default:
        return "?";
    }
}

static void demand(struct reading *r, bool ok, const char *what)
{
    if (!ok && r->broken == NULL)
        r->broken = what;
}

/* --- what was read ---------------------------------------------------------------------------- */

static void say_bytes(struct reading *r, const void *bytes, size_t len)
{
    if (len >= sizeof r->said - r->said_len) {
        demand(r, false, "there is more to say than READING_SAID");
        return;
    }
    memcpy(r->said + r->said_len, bytes, len);
    r->said_len += len;
    r->said[r->said_len] = '\0';
}

static void say(struct reading *r, const char *format, ...)
{
    char text[256];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    say_bytes(r, text, strlen(text));
}

/* A string that is handed out: "", or it lies in the buffer, with its NUL. */
static void say_string(struct reading *r, const char *string)
{
    uintptr_t start = (uintptr_t)r->buffer;
    uintptr_t at = (uintptr_t)string;

    if (string == NULL) {
        demand(r, false, "a string is NULL");
        return;
    }
    if (at < start || at >= start + r->cap) {
        demand(r, *string == '\0', "a string lies elsewhere");
        return;
    }
    if (memchr(string, '\0', start + r->cap - at) == NULL) {
        demand(r, false, "a string has no NUL in the buffer");
        return;
    }
    say_bytes(r, string, strlen(string));
}

/* Reads the entry at `text`, which ends before `end`; returns what follows it. */
static uint8_t *say_entry(struct reading *r, uint8_t *text, const uint8_t *end)
{
    const char *strings[READING_FIELDS_MAX + 1];
    size_t fields = (size_t)r->shape->fields_len - r->shape->list - 1;
    uint8_t *next;
    size_t i;

    memset(r->tokens, 0xA5, sizeof r->tokens);
    for (i = 0; i <= READING_FIELDS_MAX; i++)
        strings[i] = "not written";
    next = ango_json_read_entry(r->shape, text, r->tokens, strings);
    demand(r, next == end, "an entry does not end where it was put");
    say(r, "[");
    for (i = 0; i < fields; i++) {
        const uint8_t *string = (const uint8_t *)strings[i];

        demand(r, *string == '\0' || (string > text && string + strlen(strings[i]) < end),
               "a string lies outside of its entry");
        say_string(r, strings[i]);
        say(r, i + 1 < fields ? "|" : "]\n");
    }
    demand(r, strcmp(strings[fields], "not written") == 0, "more strings than the list has fields");
    return next;
}

static void say_result(struct reading *r)
{
    const struct ango_result *result = &r->result;

    say(r, "%s \"", reading_name(r->err));
    say_string(r, result->status);
    say(r, "\" \"");
    say_string(r, result->message);
    say(r, "\" items=%lu total=%lu done=%lu failed=%lu text=", (unsigned long)result->items,
        (unsigned long)result->total, (unsigned long)result->done, (unsigned long)result->failed);
    if (r->room.text_cap > 0) {
        say(r, "\"");
        say_bytes(r, r->room.limit + 1, (size_t)(r->room.text - r->room.limit - 1));
        say(r, "\"");
    }
    say(r, "\n");
}

/* --- what must hold after each step ----------------------------------------------------------- */

static void check(struct reading *r)
{
    const struct ango_room *room = &r->room;
    const uint8_t *unread = room->next - room->held;

    demand(r, room->limit + room->text_cap == r->buffer + r->cap - 1, "the limit has moved");
    demand(r, room->held <= READING_HELD_MAX, "more is held than a cut escape");
    demand(r, r->buffer <= room->kept && room->kept <= room->put, "out of order at the front");
    demand(r, room->next <= room->end && room->end <= room->limit, "out of order at the end");
    demand(r, room->put + (ANGO_ROOM_GAP - 2) <= unread, "what is put has come too near to what is not taken");
    demand(r, (size_t)(room->put - r->buffer) + ANGO_ROOM_RESERVED <= r->cap, "more is put than may be");
    if (room->text_cap > 0)
        demand(r, room->text > room->limit && room->text <= room->limit + room->text_cap && *room->text == '\0',
               "the text is not one");
}

/* All that was taken is dropped, and none of the rest. */
static void check_packed(struct reading *r)
{
    const struct ango_room *room = &r->room;
    size_t left = (size_t)(room->limit - room->end);

    check(r);
    demand(r, room->put + ANGO_ROOM_GAP == room->next - room->held, "the gap is not one");
    demand(r, left >= READING_FREE_MIN, "too little room for what comes");
    if (left < r->free_min)
        r->free_min = left;
}

/* The bytes from `from` to the end of what was received are still what came. */
static void check_unread(struct reading *r, const uint8_t *from)
{
    size_t len = (size_t)(r->room.end - from);

    demand(r, len <= r->fed && memcmp(from, r->input + r->fed - len, len) == 0, "what was not taken has changed");
}

/* --- reading, as src/exchange.c does it ------------------------------------------------------- */

static void begin(struct reading *r, const void *input)
{
    memset(&r->result, 0, sizeof r->result);
    memset(&r->http, 0, sizeof r->http);
    memset(&r->json, 0, sizeof r->json);
    memset(&r->room, 0, sizeof r->room);
    r->result.status = "";
    r->result.message = "";
    r->broken = NULL;
    r->passed = 0;
    r->free_min = SIZE_MAX;
    r->input = input;
    r->fed = 0;
    r->said_len = 0;
    r->said[0] = '\0';
    r->buffer = guard_room(&r->guard, r->cap);
    ango_room_begin(&r->room, r->buffer, r->cap);
    ango_http_begin(&r->http, ango_retry_after_date, r->now);
    if (r->shape != NULL)
        ango_json_begin(&r->json, r->shape, &r->result);
    check_packed(r);
}

static uint32_t next_random(uint32_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 17;
    return *x ^= *x << 5;
}

/* One more piece is received. */
static void receive(struct reading *r, size_t len, uint32_t *random)
{
    struct ango_room *room = &r->room;
    size_t n = len - r->fed;

    if (n > (size_t)(room->limit - room->end))
        n = (size_t)(room->limit - room->end);
    if (r->piece != 0 && n > r->piece)
        n = r->piece;
    if (r->fed < r->split && n > r->split - r->fed)
        n = r->split - r->fed;
    if (*random != 0) {
        uint32_t most = next_random(random) % 8 == 0 ? *random % 64 : *random % 5;

        if (n > most + 1)
            n = most + 1;
    }
    memcpy(room->end, r->input + r->fed, n);
    room->end += n;
    r->fed += n;
}

/* An entry has ended. */
static void take_entry(struct reading *r, uint8_t **entry)
{
    struct ango_room *room = &r->room;
    bool fits = room->put != room->kept;

    demand(r, !fits || (size_t)(room->put - r->buffer) + ANGO_ROOM_RESERVED + ANGO_ROOM_WORDS < r->cap,
           "an entry takes the room of the server's words");
    if (r->drains) {
        if (fits) {
            (void)say_entry(r, room->kept, room->put + 1);
        } else {
            say(r, "(too large)\n");
            r->passed++;
        }
        room->put = room->kept;
    } else if (fits) {
        if (r->result.kept == 0)
            *entry = room->kept;
        r->result.kept++;
        room->put++;
        room->kept = room->put;
    }
}

/* Takes up to n bytes of the body; returns how many. */
static size_t take_json(struct reading *r, size_t n, uint8_t **entry)
{
    const uint8_t *from = r->room.next;
    const uint8_t *kept = r->room.kept;
    int err;

    ango_room_add_text(&r->room, n);
    err = ango_json_take(&r->json, &r->room, n);
    check(r);
    n = (size_t)(r->room.next - from);
    demand(r, r->room.text_cap == 0 || r->room.kept >= kept, "less is kept than before");
    demand(r, r->err != ANGO_E_JSON || err == ANGO_E_JSON, "JSON again, after it was none");
    demand(r, err == ANGO_E_WAIT || err == ANGO_E_END || err == ANGO_E_JSON, "ango_json_take: another result");
    demand(r, n > 0, "nothing was taken");
    check_unread(r, r->room.next);
    r->err = err;
    if (err == ANGO_E_END) {
        demand(r, r->room.held == 0, "something is held behind an entry");
        demand(r, *r->room.put == '\0', "no NUL behind an entry");
        take_entry(r, entry);
        check(r);
    }
    return n;
}

/* The entries that were kept, and the result. */
static void end_json(struct reading *r, uint8_t *entry)
{
    size_t i;

    if (r->broken != NULL)
        return;
    r->err = ango_json_end(&r->json);
    demand(r, r->err == ANGO_OK || r->err == ANGO_E_JSON || r->err == ANGO_E_SHAPE, "ango_json_end: another result");
    demand(r, r->result.kept <= r->result.items, "more is kept than there was");
    for (i = 0; i < r->result.kept; i++) {
        const uint8_t *end = memchr(entry, '\0', (size_t)(r->room.kept - entry));

        if (end == NULL) {
            demand(r, false, "an entry that was kept is not there");
            break;
        }
        entry = say_entry(r, entry, end + 1);
    }
    say_result(r);
}

void reading_json(struct reading *r, const void *text, size_t len)
{
    uint8_t *entry = NULL;
    uint32_t random = r->random;

    r->err = ANGO_E_WAIT;
    begin(r, text);
    while (r->fed < len && r->broken == NULL) {
        receive(r, len, &random);
        while (r->room.next < r->room.end && r->broken == NULL)
            (void)take_json(r, (size_t)(r->room.end - r->room.next), &entry);
        check_unread(r, r->room.next - r->room.held);
        ango_room_pack(&r->room);
        check_packed(r);
        check_unread(r, r->room.next - r->room.held);
    }
    end_json(r, entry);
    demand(r, guard_intact(&r->guard), "written in front of the buffer");
}

/* Takes what has been received; the result is ango_http_take's. */
static int take_reply(struct reading *r, uint8_t **entry)
{
    for (;;) {
        int n = ango_http_take(&r->http, &r->room);
        size_t len = n > 0 ? (size_t)n : 0;

        check(r);
        demand(r, n > 0 || n == ANGO_OK || n == ANGO_E_WAIT || n == ANGO_E_HTTP || n == ANGO_E_TOO_BIG,
               "ango_http_take: another result");
        if (n == ANGO_E_WAIT) {
            ango_room_pack(&r->room);
            check_packed(r);
        }
        if (n <= 0 || r->broken != NULL)
            return n;
        demand(r, len <= (size_t)(r->room.end - r->room.next), "more of the body than there is");
        check_unread(r, r->room.next);
        if (r->shape == NULL) {
            say_bytes(r, r->room.next, len);
            r->room.next += len;
        } else {
            if (r->http.status >= 300)
                ango_json_want_envelope(&r->json);
            len = take_json(r, len, entry);
        }
        ango_http_taken(&r->http, len);
    }
}

void reading_reply(struct reading *r, const void *reply, size_t len)
{
    uint8_t *entry = NULL;
    uint32_t random = r->random;
    bool has_head;

    r->err = ANGO_E_WAIT;
    r->http_err = ANGO_E_WAIT;
    begin(r, reply);
    while (r->fed < len && r->http_err == ANGO_E_WAIT && r->broken == NULL) {
        receive(r, len, &random);
        r->http_err = take_reply(r, &entry);
    }
    if (r->http_err == ANGO_E_WAIT && r->closes)
        r->http_err = ango_http_take_end(&r->http);
    has_head = ango_http_has_head(&r->http);
    demand(r, r->http_err != ANGO_OK || has_head, "a reply without a head");
    demand(r, !has_head || (r->http.status >= 200 && r->http.status <= 599), "a status that is none");
    demand(r, r->http.retry_after_s <= ANGO_RETRY_AFTER_MAX, "a wait that is too long");
    /* What comes after the reply may be on its way still: only what is left of it can tell. */
    r->keeps = r->http_err == ANGO_OK && ango_http_can_keep(&r->http, &r->room) && r->fed == len;
    say(r, "\nhttp %s %u retry=%lu keep=%d\n", reading_name(r->http_err), has_head ? r->http.status : 0u,
        has_head ? (unsigned long)r->http.retry_after_s : 0ul, r->keeps);
    if (r->shape != NULL)
        end_json(r, entry);
    demand(r, guard_intact(&r->guard), "written in front of the buffer");
}

/* --- ways of cutting -------------------------------------------------------------------------- */

static const char *is_same(struct reading *r)
{
    if (r->broken != NULL)
        return r->broken;
    if (r->said_len != r->first_len || memcmp(r->said, r->first, r->said_len) != 0)
        return "cut otherwise it says something else";
    return NULL;
}

static const char *read_as(struct reading *r, void (*read)(struct reading *, const void *, size_t), const void *input,
                           size_t len, size_t piece, size_t split, uint32_t random)
{
    r->piece = piece;
    r->split = split;
    r->random = random;
    read(r, input, len);
    return is_same(r);
}

static const char *read_whole(struct reading *r, void (*read)(struct reading *, const void *, size_t),
                              const void *input, size_t len)
{
    r->piece = r->split = r->random = 0;
    read(r, input, len);
    memcpy(r->first, r->said, r->said_len + 1);
    r->first_len = r->said_len;
    return r->broken;
}

const char *reading_every_way(struct reading *r, void (*read)(struct reading *, const void *, size_t),
                              const void *input, size_t len)
{
    const char *what = read_whole(r, read, input, len);
    size_t split;

    if (what == NULL)
        what = read_as(r, read, input, len, 1, 0, 0);
    for (split = 1; split < len && what == NULL; split++)
        what = read_as(r, read, input, len, 0, split, 0);
    return what != NULL ? what : read_whole(r, read, input, len);
}

const char *reading_some_ways(struct reading *r, void (*read)(struct reading *, const void *, size_t),
                              const void *input, size_t len, unsigned n, uint32_t seed)
{
    const char *what = read_whole(r, read, input, len);
    uint32_t random = seed != 0 ? seed : 1;

    if (what == NULL)
        what = read_as(r, read, input, len, 1, 0, 0);
    for (; n > 0 && len > 1 && what == NULL; n--) {
        what = read_as(r, read, input, len, 0, 1 + next_random(&random) % (len - 1), 0);
        if (what == NULL)
            what = read_as(r, read, input, len, 0, 0, next_random(&random));
    }
    return what != NULL ? what : read_whole(r, read, input, len);
}
