/*
 * The badge desk: reads one email address a line, and invites it to an organization of Ango Hub.
 *
 *     EMAIL [admin|member] [Manager|Labeler|Reviewer|Lead] [PROJECT]
 *
 * The project is the configured one unless the line names another; "-" is none. "?" tells what the desk uses,
 * "list" who is invited and has not come yet. A superloop: nothing in it waits for longer than one step of
 * public-key cryptography takes.
 */
#include <string.h>

#include <lwip/dns.h>

#include "ango.h"
#include "ango_lwip_bare.h"
#include "ango_tls.h"
#include "ango_trace.h"
#include "board_ethernet.h"
#include "desk_config.h"
#include "seed.h"

#ifndef ARENA
#define ARENA 40960
#endif
#ifndef DESK_MEASURE
#define DESK_MEASURE 0 /* 1: commands for the tests, to change the arena, keep sessions, hang and crash */
#endif

#define BUFFER 1024  /* a request; of a reply only what is wanted */
#define LINE_CAP 320 /* an address of 254 bytes, two roles, a project */
#define STEP_MS 5
#define RETRY_MIN_MS 1000u
#define RETRY_MAX_MS 30000u
#define GIVE_UP_MS 600000u
#define TEXT_MAX 160 /* of what the server says, and of what a badge holds, so much is shown */

/* --- what the library needs ----------------------------------------------------------------------------- */

static void poll_board(void *ctx, struct netif *netif, uint32_t wait_ms)
{
    uint64_t until = board_uptime_ms() + wait_ms;

    (void)ctx;
    while (!board_ethernet_poll(netif) && board_uptime_ms() < until)
        board_sleep();
}

static uint32_t clock_ms(void *ctx)
{
    (void)ctx;
    return (uint32_t)board_uptime_ms();
}

static const struct ango_lwip_board board = { NULL, poll_board, clock_ms, seed_time, seed_entropy };
static struct ango_lwip_bare bare;
static struct ango_lwip lwip;
static void busy(void *ctx);
static const struct ango_port plain = { &lwip,
                                        false,
                                        ango_lwip_connect,
                                        ango_lwip_send,
                                        ango_lwip_recv,
                                        ango_lwip_close,
                                        ango_lwip_clock_ms,
                                        ango_lwip_time,
                                        ango_lwip_entropy,
                                        busy };

/* What happened last at each of two places, for "?": TCP, and TLS over it. */
static struct ango_trace_event last_tcp, last_tls;

static void keep_event(void *ctx, const struct ango_trace_event *event)
{
    struct ango_trace_event *last = (struct ango_trace_event *)ctx;

    if (event->kind != ANGO_TRACE_CLOSED) /* which says less than what was before */
        *last = *event;
}

static struct ango_trace trace_tcp = { &plain, "tcp", keep_event, &last_tcp, 0, 0, 0, false };
static struct ango_port traced_tcp;

static uint32_t arena[ARENA / sizeof(uint32_t)] __attribute__((aligned(8)));
static struct ango_tls_config tls_config;
static struct ango_tls tls;
static const struct ango_port counted; /* ANGO_TLS_PORT(&tls), and a count of the requests */
static struct ango_trace trace_tls = { &counted, "tls", keep_event, &last_tls, 0, 0, 0, false };
static struct ango_port traced_tls;

static uint8_t buffer[BUFFER];
static struct ango_token tokens[ANGO_TOKENS];
static struct ango_config config;
static struct ango_client client;
static union {
    struct ango_walk walk;
    struct ango_confirm confirm;
} reading;

/* --- the console ---------------------------------------------------------------------------------------- */

static void put(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            board_put('\r');
        board_put(*text);
    }
}

static void put_number(const char *before, uint64_t n)
{
    char digits[21];
    size_t i = sizeof digits - 1;

    digits[i] = '\0';
    do
        digits[--i] = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    put(before);
    put(digits + i);
}

/* Somebody else's words: no control characters, and not without end. */
static void put_foreign(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t n;

    for (n = 0; *s != '\0' && n < TEXT_MAX; n++, s++) {
        if (*s == 0xC2 && s[1] >= 0x80 && s[1] < 0xA0) { /* U+0080 to U+009F */
            s++;
            board_put('?');
        } else {
            board_put(*s < 0x20 || *s == 0x7F ? '?' : (char)*s);
        }
    }
    if (*s != '\0')
        put("...");
}

/* The library has whole sentences (ango_error_text); these take 1 KB less of flash. */
static const char *describe(int error)
{
    static const struct {
        int error;
        const char *text;
    } known[] = {
        { ANGO_E_ID, "the organization or project is none" },
        { ANGO_E_EMAIL, "not an email address" },
        { ANGO_E_SPACE, "too long" },
        { ANGO_E_CLOCK, "the time is not right" },
        { ANGO_E_ENTROPY, "no entropy left" },
        { ANGO_E_MEMORY, "the TLS arena is too small" },
        { ANGO_E_RESOLVE, "the server's name has no address" },
        { ANGO_E_NET, "no connection" },
        { ANGO_E_TIME, "no answer in time" },
        { ANGO_E_CERT, "the server's certificate is not accepted" },
        { ANGO_E_TLS, "TLS failed" },
        { ANGO_E_TRUNCATED, "the reply broke off" },
        { ANGO_E_TOO_BIG, "the reply is too large" },
        { ANGO_E_JSON, "not a reply of Ango Hub" },
        { ANGO_E_SHAPE, "not a reply of Ango Hub" },
        { ANGO_E_STATUS, "the server says no" },
        { ANGO_E_ENTRY, "an entry is too large" },
    };
    size_t i;

    for (i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].error == error)
            return known[i].text;
    return "failed";
}

/* Characters of a line that is not complete yet. */
static struct {
    char text[LINE_CAP];
    size_t len;
    bool too_long;
    bool ready; /* a whole line, NUL-terminated, not taken yet */
} line;

static void drop_line(void)
{
    memset(&line, 0, sizeof line);
}

/* Takes what was typed until a line is complete; the rest waits in the UART's ring. */
static bool read_line(void)
{
    int c;

    while (!line.ready && (c = board_get()) >= 0) {
        if (c == '\b' || c == 0x7F)
            line.len -= line.len > 0;
        else if (c != '\r' && c != '\n' && line.len < sizeof line.text - 1)
            line.text[line.len++] = (char)c;
        else if (c != '\r' && c != '\n')
            line.too_long = true;
        else if (line.len > 0)
            line.ready = true;
    }
    if (line.ready && line.too_long) {
        put("too long for a badge\n");
        drop_line();
    }
    if (line.ready)
        line.text[line.len] = '\0';
    return line.ready;
}

/* --- what it uses --------------------------------------------------------------------------------------- */

extern char flash_used[], flash_size[], ram_used[], ram_size[];

static struct {
    uint32_t requests, invited, already, refused, unknown;
    uint64_t handshake_cycles; /* of the last handshake, without sleep */
    uint64_t step_cycles;      /* of the longest step so far */
    size_t arena_touched;      /* bytes of the painted arena that the first connection overwrote, or jumped */
} stats;

static void put_event(const struct ango_trace_event *event)
{
    if (event->layer == NULL)
        return;
    put("last of ");
    put(event->layer);
    put(": ");
    put(ango_trace_kind_text(event->kind));
    put_number(" after ", event->ms);
    put(" ms");
    if (event->bytes != 0)
        put_number(", bytes ", event->bytes);
    if (event->code != 0)
        put_number(", error -", (uint64_t) - (int64_t)event->code);
    put("\n");
}

static void report(void)
{
    put_event(&last_tcp);
    put_event(&last_tls);
    put_number("flash=", (uintptr_t)flash_used);
    put_number(" of ", (uintptr_t)flash_size);
    put_number(" static_ram=", (uintptr_t)ram_used);
    put_number(" of ", (uintptr_t)ram_size);
    put_number("\nstack_peak=", board_painted_used(stack_bottom, stack_top));
    put_number(" of ", (size_t)(stack_top - stack_bottom) * sizeof *stack_top);
    put_number(" handler_stack_peak=", board_painted_used(handler_stack_bottom, handler_stack_top));
    put_number(" of ", (size_t)(handler_stack_top - handler_stack_bottom) * sizeof *stack_top);
    /* The library tells its peak when a connection ends; until the first one does, the paint tells it. */
    put_number("\narena_peak=", tls.arena_peak > stats.arena_touched ? tls.arena_peak : stats.arena_touched);
    put_number(" arena_touched=", stats.arena_touched);
    put_number(" of ", tls_config.arena_cap);
    put_number("\nhandshakes=", tls.handshakes);
    put_number(" requests=", stats.requests);
    put_number(" invited=", stats.invited);
    put_number(" already=", stats.already);
    put_number(" refused=", stats.refused);
    put_number(" unknown=", stats.unknown);
    put("\ntls=");
    put(tls.version[0] != '\0' ? tls.version : "none yet");
    put_number(" handshake_cycles=", stats.handshake_cycles);
    put_number(" longest_step_cycles=", stats.step_cycles);
    put_number("\nuptime_s=", board_uptime_ms() / 1000);
    put_number(" entropy_left=", seed_left());
    put_number(" characters_lost=", board_lost());
    put("\n");
}

/* --- the watchdog --------------------------------------------------------------------------------------- */

#define BUSY_MAX_MS 20000u /* no step takes a third of that; then it is no computation any more */

static uint64_t step_ms; /* when the step began that is under way */

#if DESK_MEASURE
/* Between two calls of busy, or of one and an end of its step. */
static struct {
    uint64_t at_cycles;
    uint64_t longest_cycles;
    uint32_t calls;
} gap;

static void begin_gap(void)
{
    gap.at_cycles = board_busy_cycles();
}

static void end_gap(void)
{
    uint64_t now = board_busy_cycles();

    if (now > gap.at_cycles && gap.longest_cycles < now - gap.at_cycles)
        gap.longest_cycles = now - gap.at_cycles;
    gap.at_cycles = now;
    gap.calls++;
}
#else
static void begin_gap(void)
{
}

static void end_gap(void)
{
}
#endif

/* From inside a long computation of TLS. */
static void busy(void *ctx)
{
    (void)ctx;
    end_gap();
    if (board_uptime_ms() - step_ms < BUSY_MAX_MS)
        board_feed_watchdog();
}

/* --- what is sent --------------------------------------------------------------------------------------- */

/* A request may take two records, but nothing is received in between. */
static bool sending;

static int count_send(void *ctx, const uint8_t *data, size_t len, uint32_t wait_ms)
{
    int n = ango_tls_send(ctx, data, len, wait_ms);

    stats.requests += n > 0 && !sending;
    sending = sending || n > 0;
    return n;
}

static int count_recv(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms)
{
    int n = ango_tls_recv(ctx, buf, cap, wait_ms);

    sending = sending && n <= 0;
    return n;
}

static void count_close(void *ctx)
{
    sending = false;
    ango_tls_close(ctx);
}

static const struct ango_port counted = { &tls,       true,        ango_tls_connect,  count_send,
                                          count_recv, count_close, ango_tls_clock_ms, ango_tls_time,
                                          NULL,       NULL };

static void paint_arena(void)
{
    size_t i;

    for (i = 0; i < sizeof arena / sizeof *arena; i++)
        arena[i] = BOARD_PAINT;
}

/* Only while the first connection is open: when it is closed, the arena is wiped, and the paint is gone. */
static void measure_arena(void)
{
    size_t words = tls_config.arena_cap / sizeof *arena;

    if (words == 0 || arena[words - 1] != BOARD_PAINT)
        return;
    while (words > 0 && arena[words - 1] == BOARD_PAINT)
        words--;
    stats.arena_touched = words * sizeof *arena;
}

static void tell_last_words(void)
{
    const struct board_last_words *last = &board_last_words;

    if (last->magic != BOARD_LAST_WORDS)
        return;
    put_number("The last run ended in exception ", last->kind);
    put_number(" at ", last->pc);
    put("\n");
    board_last_words.magic = 0;
}

/* --- a badge -------------------------------------------------------------------------------------------- */

static struct {
    enum { NOTHING, INVITING, CHECKING, LISTING } state;
    bool waiting; /* until again_ms, then it goes on */
    char text[LINE_CAP];
    const char *email;
    enum ango_organization_role role;
    struct ango_project_assignment assignment;
    uint64_t begun_ms, again_ms;
    uint32_t delay_ms;
    uint32_t listed;
    uint32_t handshakes;
    uint64_t cycles;
    enum ango_presence presence;
} job;

/* Cuts the next word off the text; NULL: there is none. */
static char *next_word(char **text)
{
    char *word = *text + strspn(*text, " \t");
    char *end = word + strcspn(word, " \t");

    if (end == word)
        return NULL;
    *text = end + (*end != '\0');
    *end = '\0';
    return word;
}

static void take_word(const char *word)
{
    int role;

    for (role = ANGO_ORGANIZATION_ADMIN; role <= ANGO_ORGANIZATION_MEMBER; role++) {
        if (ango_text_is(word, ango_organization_role_text((enum ango_organization_role)role))) {
            job.role = (enum ango_organization_role)role;
            return;
        }
    }
    for (role = ANGO_PROJECT_MANAGER; role <= ANGO_PROJECT_LEAD; role++) {
        if (ango_text_is(word, ango_project_role_text((enum ango_project_role)role))) {
            job.assignment.project_role = (enum ango_project_role)role;
            return;
        }
    }
    job.assignment.project_id = word[0] == '-' && word[1] == '\0' ? "" : word;
}

static void invite(void)
{
    struct ango_invitation invitation;

    memset(&invitation, 0, sizeof invitation);
    invitation.to = &job.email;
    invitation.to_len = 1;
    invitation.organization_role = job.role;
    invitation.project_assignments = &job.assignment;
    invitation.project_assignments_len = job.assignment.project_id[0] != '\0';
    job.state = INVITING;
    (void)ango_invite_members_to_org_start(&client, desk_config.organization_id, &invitation);
}

static void begin_job(void)
{
    job.begun_ms = board_uptime_ms();
    job.delay_ms = RETRY_MIN_MS;
    job.handshakes = tls.handshakes;
    job.cycles = 0;
    job.waiting = false;
}

static void take_badge(void)
{
    char *rest = job.text;
    char *word;

    memcpy(job.text, line.text, sizeof job.text);
    job.email = next_word(&rest);
    if (job.email == NULL)
        return;
    job.role = ANGO_ORGANIZATION_MEMBER;
    job.assignment.project_id = desk_config.project_id;
    job.assignment.project_role = ANGO_PROJECT_LABELER;
    while ((word = next_word(&rest)) != NULL)
        take_word(word);
    put_foreign(job.email);
    put(ango_lwip_has_address() ? ": asking\n" : ": waiting for an address (DHCP)\n");
    begin_job();
    invite();
}

static void list(void)
{
    job.email = "list";
    job.listed = 0;
    begin_job();
    job.state = LISTING;
    (void)ango_walk_invites(&reading.walk, &client, desk_config.organization_id);
    reading.walk.timeout_ms = GIVE_UP_MS;
}

static bool says_already(const char *text)
{
    for (; *text != '\0'; text++) {
        size_t i;

        for (i = 0; i < 7 && (text[i] | 0x20) == "already"[i]; i++)
            continue;
        if (i == 7)
            return true;
    }
    return false;
}

static void put_result(const char *word, uint32_t *count)
{
    ++*count;
    put_foreign(job.email);
    put(": ");
    put(word);
    job.state = NOTHING;
}

static void put_why(const char *message)
{
    put(": ");
    put_foreign(message[0] != '\0' ? message : describe(client.result.error));
    if (client.result.error != ANGO_OK)
        put_number(", error -", (uint64_t) - (int64_t)client.result.error);
    if (client.result.http_status != 0)
        put_number(", HTTP ", client.result.http_status);
    put("\n");
}

/* Nothing has reached the server, or it said "later": the same badge may go again. */
static bool may_go_again(void)
{
    switch (client.result.error) {
    case ANGO_E_ENTROPY:
    case ANGO_E_RESOLVE:
    case ANGO_E_NET:
    case ANGO_E_TIME:
    case ANGO_E_TLS:
    case ANGO_E_TRUNCATED:
        return client.result.outcome == ANGO_NOT_SENT;
    default:
        return client.result.http_status == 429;
    }
}

static void put_error(void)
{
    put(describe(client.result.error));
    put_number(", error -", (uint64_t) - (int64_t)client.result.error);
    if (client.result.error == ANGO_E_CERT)
        put_number(", verify_flags ", tls.verify_flags);
    if (client.result.error == ANGO_E_TLS)
        put_number(", mbedtls_error -", (uint64_t) - (int64_t)tls.mbedtls_error);
}

/* Goes on with the same job after a while; gives it up when it has been too long. */
static void go_on_later(void)
{
    uint64_t now = board_uptime_ms();
    uint32_t delay = job.delay_ms;

    if (client.result.retry_after_s > 0)
        delay = client.result.retry_after_s * 1000u;
    if (now - job.begun_ms + delay > GIVE_UP_MS) {
        put_result(job.state == CHECKING ? "unknown, look into Ango Hub" : "given up", &stats.refused);
        put_why("");
        return;
    }
    put_foreign(job.email);
    put(": not yet: ");
    put_error();
    put_number("; again in ", delay / 1000u);
    put(" s\n");
    job.delay_ms = job.delay_ms * 2 < RETRY_MAX_MS ? job.delay_ms * 2 : RETRY_MAX_MS;
    job.again_ms = now + delay;
    job.waiting = true;
}

/* The request may have arrived. Asking who is invited can be done as often as it takes. */
static void check(const char *why)
{
    put_result("unknown, checking...", &stats.unknown);
    put_why(why);
    begin_job();
    job.state = CHECKING;
    job.again_ms = job.begun_ms + RETRY_MIN_MS; /* the server may still be at work on it */
    job.waiting = true;
    (void)ango_confirm_begin(&reading.confirm, &client, desk_config.organization_id, &job.email, 1, &job.presence);
    reading.confirm.timeout_ms = GIVE_UP_MS;
}

static void tell_accepted(void)
{
    struct ango_invite entry;

    while (ango_next_invite(&client, &entry) == ANGO_OK) {
        if (!ango_text_is(entry.to, job.email))
            continue;
        if (says_already(entry.message)) {
            put_result("already\n", &stats.already);
        } else if (ango_text_is(entry.status, "Failed")) {
            put_result("refused", &stats.refused);
            put_why(entry.message);
        } else {
            put_result("invited\n", &stats.invited);
        }
        return;
    }
    if (client.result.kept < client.result.items) {
        check(describe(ANGO_E_ENTRY));
        return;
    }
    put_result("invited (says the server, without naming anybody)\n", &stats.invited);
}

static void tell_invited(void)
{
    const struct ango_result *result = &client.result;

    if (result->outcome == ANGO_ACCEPTED) {
        tell_accepted();
    } else if (may_go_again()) {
        go_on_later();
    } else if (result->outcome == ANGO_UNKNOWN) {
        check(result->message);
    } else if (result->outcome == ANGO_REJECTED && says_already(result->message)) {
        put_result("already\n", &stats.already);
    } else if (result->outcome == ANGO_REJECTED) {
        put_result("refused", &stats.refused);
        put_why(result->message);
    } else {
        put_result("not sent: ", &stats.refused);
        put_error();
        put("\n");
    }
}

static void tell_checked(void)
{
    if (job.presence == ANGO_INVITED)
        put_result("invited\n", &stats.invited);
    else if (job.presence == ANGO_MEMBER)
        put_result("already\n", &stats.already);
    else if (job.presence == ANGO_ABSENT)
        put_result("not invited: hold the badge to the reader once more\n", &stats.refused);
    else
        put_result("unknown, look into Ango Hub\n", &stats.refused);
}

static void tell_listed(const struct ango_invite *entry)
{
    job.listed++;
    put_foreign(entry->to);
    put(" ");
    put_foreign(entry->organization_role);
    put(" until ");
    put_foreign(entry->expires_at);
    put("\n");
}

/* A list or a check that failed has changed nothing, whatever the reason. */
static void tell_reading(int err)
{
    if (err == ANGO_E_END) {
        put_number("list: ", job.listed);
        put(" pending\n");
        job.state = NOTHING;
    } else if (err == ANGO_E_ENTRY) {
        put("one more, too large to be shown\n");
    } else if (client.result.outcome == ANGO_REJECTED && client.result.http_status != 429) {
        put_result("refused", &stats.refused);
        put_why(client.result.message);
    } else {
        go_on_later();
    }
}

static void tell(int err, const struct ango_invite *entry)
{
    if (job.state == INVITING)
        tell_invited();
    else if (err == ANGO_OK && job.state == CHECKING)
        tell_checked();
    else if (err == ANGO_OK)
        tell_listed(entry);
    else
        tell_reading(err);
    if (seed_left() < 96 && job.state == NOTHING) {
        put_number("The seed is nearly used up: type more of it as \"seed HEX\". entropy_left=", seed_left());
        put("\n");
    }
}

/* Between two readings there is nothing to do. */
static int check_step(void)
{
    uint32_t idle_ms = ango_confirm_wait_ms(&reading.confirm);

    if (idle_ms == 0)
        return ango_confirm_step(&reading.confirm, STEP_MS);
    job.again_ms = board_uptime_ms() + idle_ms;
    job.waiting = true;
    return ANGO_E_WAIT;
}

static int work(struct ango_invite *entry)
{
    switch (job.state) {
    case INVITING:
        return ango_step(&client, STEP_MS);
    case CHECKING:
        return check_step();
    default:
        return ango_walk_step(&reading.walk, entry, STEP_MS);
    }
}

static void step(void)
{
    struct ango_invite entry;
    uint64_t before = board_busy_cycles();
    int err;

    if (job.waiting && board_uptime_ms() >= job.again_ms) {
        job.waiting = false;
        job.cycles = 0;
        if (job.state == INVITING)
            invite();
    }
    if (job.state == NOTHING || job.waiting)
        return;
    step_ms = board_uptime_ms();
    begin_gap();
    err = work(&entry);
    end_gap();
    before = board_busy_cycles() - before;
    job.cycles += before;
    if (stats.step_cycles < before)
        stats.step_cycles = before;
    if (job.handshakes != tls.handshakes) {
        job.handshakes = tls.handshakes;
        stats.handshake_cycles = job.cycles;
    }
    if (err == ANGO_E_WAIT)
        return;
    measure_arena();
    tell(err, &entry);
}

/* --- the loop ------------------------------------------------------------------------------------------- */

static int start_library(size_t arena_cap)
{
    int err;

    paint_arena();
    ango_trace_over(&traced_tcp, &trace_tcp);
    ango_trace_over(&traced_tls, &trace_tls);
    tls_config.port = &traced_tcp;
    tls_config.anchors = desk_config.anchors;
    tls_config.anchors_len = desk_config.anchors_len;
    tls_config.arena = arena;
    tls_config.arena_cap = arena_cap;
    config.port = &traced_tls;
    config.host = desk_config.host;
    config.tcp_port = desk_config.tcp_port;
    config.timeout_ms = 20000;
    config.keep_ms = 50000;
    config.buffer = buffer;
    config.buffer_cap = sizeof buffer;
    config.tokens = tokens;
    config.tokens_cap = ANGO_TOKENS;
    config.retry_after_date = ango_retry_after_date;
    err = ango_tls_init(&tls, &tls_config);
    return err == ANGO_OK ? ango_client_init(&client, &config, desk_config.api_key) : err;
}

#if DESK_MEASURE
static uint8_t session[ANGO_TLS_SESSION_LEN];

/* Calls itself until the stack is used up. */
static size_t overflow(size_t depth)
{
    volatile char frame[256];

    frame[0] = (char)depth;
    return depth == SIZE_MAX ? 0 : overflow(depth + 1) + (size_t)frame[0];
}

static size_t read_number(const char *digits)
{
    size_t n = 0;

    for (; *digits >= '0' && *digits <= '9'; digits++)
        n = n * 10 + (size_t)(*digits - '0');
    return n;
}

/* Commands of the measuring build. Whether the line was one. */
static bool take_measure(const char *text)
{
    size_t n = 0;

    if (strncmp(text, "arena ", 6) == 0) {
        n = read_number(text + 6);
        ango_close(&client);
        memset(&stats, 0, sizeof stats);
        memset(&gap, 0, sizeof gap);
        put_number("arena ", n);
        put_number(start_library(n <= sizeof arena ? n : sizeof arena) == ANGO_OK ? " set " : " refused ", n);
        put("\n");
    } else if (strncmp(text, "slices ", 7) == 0) { /* of public-key work, where mbedTLS is built for it */
        tls_config.ecp_max_ops = (unsigned)read_number(text + 7);
        put("slices set\n");
    } else if (strcmp(text, "sessions") == 0) { /* from the next connection on, which has none yet */
        memset(session, 0, sizeof session);
        tls_config.sessions = &ango_tls_sessions;
        tls_config.session = session;
        tls_config.session_cap = sizeof session;
        put("sessions are kept\n");
    } else if (strcmp(text, "last") == 0) {
        put_number("badge_cycles=", job.cycles); /* of the last one, from connecting to the reply */
        put_number(" resumed=", tls.resumed);
        put_number(" session_len=", tls.session_len);
        put_number(" longest_gap_cycles=", gap.longest_cycles);
        put_number(" busy_calls=", gap.calls);
        put("\n");
    } else if (strcmp(text, "close") == 0) {
        ango_close(&client);
        put("closed\n");
    } else if (strcmp(text, "hang") == 0) {
        for (;;)
            continue;
    } else if (strcmp(text, "overflow") == 0) {
        put_number("", overflow(0));
    } else if (strcmp(text, "fault") == 0) {
        *(volatile uint32_t *)(uintptr_t)(board_about.ram_begin - 16) = 1;
    } else if (strcmp(text, "nested") == 0) { /* a fault whose frame cannot be read, which is another fault */
        __asm__ volatile("msr psp, %0\n\tsvc 0" : : "r"(0x30000000u) : "memory");
    } else if (strcmp(text, "code") == 0) {
        ((void (*)(void))((uintptr_t)arena | 1))();
    } else {
        return false;
    }
    return true;
}
#else
static bool take_measure(const char *text)
{
    (void)text;
    return false;
}
#endif

static void take_line(void)
{
    bool seeds = strncmp(line.text, "seed ", 5) == 0 || strncmp(line.text, "time ", 5) == 0;

    if (strcmp(line.text, "?") == 0)
        report();
    else if (seeds)
        put(seed_take(line.text) ? "taken\n" : "not taken: no room, or not in order\n");
    else if (job.state != NOTHING)
        return; /* its turn comes */
    else if (strcmp(line.text, "list") == 0)
        list();
    else if (!take_measure(line.text))
        take_badge();
    drop_line();
}

/* Without a seed and the time there is no safe connection, so there is none at all. */
static void await_seed(void)
{
    put("This board has no source of entropy and no clock: A REAL ONE MUST BRING BOTH.\n"
        "Type \"seed HEX\" (64 bytes or more) and \"time SECONDS_SINCE_1970\"; "
        "until then nothing is sent.\n");
    while (seed_left() < 64 || seed_time(NULL) == 0) {
        board_feed_watchdog();
        board_sleep();
        if (read_line()) {
            put(seed_take(line.text) ? "taken\n" : "not taken\n");
            drop_line();
        }
    }
}

static void tell_address(void)
{
    const uint8_t *dns = desk_config.dns;
    ip_addr_t server;

    put("address ");
    put(ip4addr_ntoa(netif_ip4_addr(&bare.netif)));
    put("\n");
    IP_ADDR4(&server, dns[0], dns[1], dns[2], dns[3]);
    if (ip_addr_isany(dns_getserver(0)))
        dns_setserver(0, &server);
}

int main(void)
{
    bool address = false;
    int err = ANGO_OK;

    board_init();
    put("\nBadge desk " ANGO_VERSION "\n");
    tell_last_words();
    if (desk_config.magic != DESK_CONFIG_MAGIC)
        err = ANGO_E_ARG;
    else
        err = start_library(sizeof arena);
    await_seed();
    if (err == ANGO_OK)
        err = ango_lwip_start(&bare, &lwip, &board, board_ethernet_init);
    if (err != ANGO_OK) {
        put("Not started: ");
        put(describe(err));
        put("\n");
        for (;;)
            board_sleep(); /* the watchdog starts it again */
    }
    report();
    put("Ready. Hold a badge to the reader, or type an email address; \"?\" tells what is used.\n");
    for (;;) {
        board_feed_watchdog();
        ango_lwip_poll(&bare, job.state == NOTHING || job.waiting ? STEP_MS : 0);
        if (!address && ango_lwip_has_address()) {
            address = true;
            tell_address();
        }
        if (read_line())
            take_line();
        step();
    }
}
