/*
 * The badge desk: reads one email address a line, and invites it to an organization of Ango Hub.
 *
 * A badge says an address and nothing else: roles and project are the configuration's. It is kept in the outbox, and then it is safe;
 * the outbox delivers it, now or when the network allows, also after the power was cut. "?" tells what waits, and what
 * the desk uses. A superloop: nothing in it waits for longer than one step of public-key cryptography takes.
 */
#include <string.h>

#include <lwip/dns.h>

#include "ango.h"
#include "ango_lwip_bare.h"
#include "ango_outbox.h"
#include "ango_tls.h"
#include "board_ethernet.h"
#include "desk_config.h"
#include "flash.h"
#include "network_time.h"
#include "seed.h"

#ifndef ARENA
#define ARENA 40960
#endif
#ifndef DESK_SNTP
#define DESK_SNTP 0 /* 1: the time from the network */
#endif
#ifndef DESK_MEASURE
#define DESK_MEASURE 0 /* 1: commands for the tests, to change the arena, keep sessions, hang and crash */
#endif

#define BUFFER 1024    /* a request; of a reply only what is wanted */
#define LINE_CAP 256   /* an address of 254 bytes, and blanks around it */
#define QUEUE 24       /* people who wait, or are left to people */
#define QUEUE_TEXT 320 /* an address and a project of 64 bytes; of shorter ones several in a request */
#define STEP_MS 5
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

static uint32_t arena[ARENA / sizeof(uint32_t)] __attribute__((aligned(8)));
static struct ango_tls_config tls_config;
static struct ango_tls tls;
static const struct ango_port counted; /* ANGO_TLS_PORT(&tls), and a count of the requests */

static uint8_t buffer[BUFFER];
static struct ango_token tokens[ANGO_TOKENS];
static struct ango_config config;
static struct ango_client client;
static struct ango_outbox outbox;
static struct ango_outbox_slot slots[QUEUE];
static char outbox_text[QUEUE_TEXT];
static const struct ango_outbox_config outbox_config = { &flash_storage, slots, QUEUE, outbox_text,
                                                         sizeof outbox_text };

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
        { ANGO_E_STORAGE, "the flash fails" },
        { ANGO_E_FULL, "the queue is full" },
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
    uint32_t requests, invited, already, left;
    int trouble; /* that was told; ANGO_OK: none */
    unsigned trouble_status;
    uint32_t handshakes;
    uint64_t badge_cycles;     /* from a badge's being kept on, without sleep */
    uint64_t handshake_cycles; /* of the last handshake, likewise */
    uint64_t step_cycles;      /* of the longest step so far */
    size_t arena_touched;      /* bytes of the painted arena that the first connection overwrote, or jumped */
} stats;

static void put_item(const struct ango_outbox_item *item)
{
    put_foreign(item->entry.to != NULL ? item->entry.to : "somebody");
    switch (item->state) {
    case ANGO_OUTBOX_WAITING:
        put(": waits\n");
        break;
    case ANGO_OUTBOX_TRIED:
        put(": sent, not answered\n");
        break;
    case ANGO_OUTBOX_PARKED:
        put(": left to people: ");
        put_foreign(ango_outbox_words(&outbox, item->id)); /* the item's strings are gone with this */
        put("\n");
        break;
    }
}

static void put_queue(void)
{
    struct ango_outbox_item item;
    size_t position = 0;
    int err;

    put_number("queue=", outbox.len);
    put_number(" of ", QUEUE);
    put_number(" damaged=", outbox.damaged);
    put("\n");
    do {
        memset(&item, 0, sizeof item);
        err = ango_outbox_next(&outbox, &position, &item);
        if (err == ANGO_OK || err == ANGO_E_DAMAGED)
            put_item(&item);
    } while (err == ANGO_OK || err == ANGO_E_DAMAGED);
}

static void report(void)
{
    put_queue();
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
    put_number(" left=", stats.left);
    put("\ntls=");
    put(tls.version[0] != '\0' ? tls.version : "none yet");
    put_number(" handshake_cycles=", stats.handshake_cycles);
    put_number(" longest_step_cycles=", stats.step_cycles);
    put_number("\nuptime_s=", board_uptime_ms() / 1000);
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

/* --- the time -------------------------------------------------------------------------------------------- */

#if DESK_SNTP
static bool may_start(void)
{
    return network_time_is_wanted() ? seed_is_enough() : seed_is_there();
}

static bool has_time(void)
{
    return seed_time(NULL) != 0;
}

static void begin_time(void)
{
    if (network_time_is_wanted())
        network_time_start();
}

static void look_at_time(void)
{
    static enum network_time_news told;
    enum network_time_news news = network_time_look();

    if (news == NETWORK_TIME_NO_NEWS || news == told)
        return;
    told = news;
    put_number(news == NETWORK_TIME_TAKEN ? "The time server is believed; seconds since 1970: "
                                          : "The time server is not believed; seconds since 1970 stay: ",
               (uint64_t)seed_time(NULL));
    put("\n");
}
#else
static bool may_start(void)
{
    return seed_is_there();
}

static bool has_time(void)
{
    return true; /* it would not have started */
}

static void begin_time(void)
{
}

static void look_at_time(void)
{
}
#endif

/* --- the queue ------------------------------------------------------------------------------------------ */

static void put_queue_len(void)
{
    put_number("; ", outbox.len);
    put(" in the queue\n");
}

static void put_error(int err)
{
    const struct ango_result *result = &client.result;

    put_foreign(err == ANGO_E_STATUS && result->message[0] != '\0' ? result->message : describe(err));
    put_number(", error -", (uint64_t) - (int64_t)err);
    if (err == ANGO_E_STATUS)
        put_number(", HTTP ", result->http_status);
    if (err == ANGO_E_CERT)
        put_number(", verify_flags ", tls.verify_flags);
    if (err == ANGO_E_TLS)
        put_number(", mbedtls_error -", (uint64_t) - (int64_t)tls.mbedtls_error);
}

/* The oldest of those who are left to people: they were told of, and are told of once more. */
static int drop_somebody(void)
{
    struct ango_outbox_item item;
    size_t position = 0;

    do {
        memset(&item, 0, sizeof item);
        if (ango_outbox_next(&outbox, &position, &item) == ANGO_E_END)
            return ANGO_E_FULL;
    } while (item.state != ANGO_OUTBOX_PARKED);
    put("Dropped, to make room: ");
    put_item(&item);
    return ango_outbox_remove(&outbox, item.id);
}

/* Erases, and with that wipes the addresses of all who are done. */
static int tidy(void)
{
    int err = ango_outbox_tidy(&outbox, true);

    if (err != ANGO_E_DAMAGED)
        return err;
    put("Somebody in the queue can no longer be read from the flash, and is lost.\n");
    return ANGO_OK;
}

/* Whoever is there already is due at once, also if left to people before. */
static int keep(const struct ango_outbox_entry *entry)
{
    size_t before = outbox.len;
    uint32_t id;
    int err = ango_outbox_put(&outbox, entry, &id);

    return err == ANGO_OK && outbox.len == before ? ango_outbox_retry(&outbox, id) : err;
}

static void take_badge(const char *to)
{
    struct ango_outbox_entry entry;
    int err;

    entry.to = to;
    entry.organization_role = desk_config.organization_role;
    entry.project_id = desk_config.project_id;
    entry.project_role = desk_config.project_role;
    entry.time = (uint32_t)seed_time(NULL);
    entry.note = NULL;
    err = keep(&entry);
    if (err == ANGO_E_FULL && outbox.len == QUEUE && drop_somebody() == ANGO_OK)
        err = keep(&entry);
    if (err == ANGO_E_FULL && outbox.len < QUEUE && tidy() == ANGO_OK)
        err = keep(&entry);
    stats.badge_cycles = 0;
    put_foreign(to);
    put(err == ANGO_OK ? ": kept" : ": not kept: ");
    if (err != ANGO_OK)
        put(describe(err));
    put_queue_len();
}

static void tell_fate(const struct ango_outbox_event *event)
{
    put_foreign(event->to);
    switch (event->fate) {
    case ANGO_OUTBOX_INVITED:
        stats.invited++;
        put(": invited");
        break;
    case ANGO_OUTBOX_ALREADY:
        stats.already++;
        put(": already");
        break;
    case ANGO_OUTBOX_LEFT:
        stats.left++;
        put(": left to people: ");
        put_foreign(event->words);
        break;
    }
    put_queue_len();
}

/* Once, until it is another one, or somebody was delivered. */
static void tell_trouble(int err)
{
    unsigned status = client.result.http_status;

    if (err != ANGO_OK && (err != stats.trouble || status != stats.trouble_status)) {
        put("Not delivered: ");
        put_error(err);
        put_number("; again in ", (ango_outbox_wait_ms(&outbox, &client) + 999) / 1000);
        put(" s");
        put_queue_len();
    }
    stats.trouble = err;
    stats.trouble_status = status;
}

static void take_result(int err, const struct ango_outbox_event *event)
{
    switch (err) {
    case ANGO_E_WAIT:
    case ANGO_E_END:
        return;
    case ANGO_E_FULL:
        err = tidy();
        break;
    case ANGO_OK:
        tell_fate(event);
        break;
    default:
        break;
    }
    tell_trouble(err);
}

/* Carries the delivery on; whether there is something to do at once. */
static bool deliver(void)
{
    struct ango_outbox_event event;
    uint64_t cycles;
    int err;

    if (!has_time() || ango_outbox_wait_ms(&outbox, &client) > 0)
        return false;
    cycles = board_busy_cycles();
    step_ms = board_uptime_ms();
    begin_gap();
    err = ango_outbox_step(&outbox, &client, desk_config.organization_id, &event, STEP_MS);
    end_gap();
    cycles = board_busy_cycles() - cycles;
    stats.badge_cycles += cycles;
    if (stats.step_cycles < cycles)
        stats.step_cycles = cycles;
    if (stats.handshakes != tls.handshakes) {
        stats.handshakes = tls.handshakes;
        stats.handshake_cycles = stats.badge_cycles;
    }
    if (err != ANGO_E_WAIT)
        measure_arena();
    take_result(err, &event);
    return err == ANGO_OK || err == ANGO_E_WAIT;
}

/* --- the loop ------------------------------------------------------------------------------------------- */

static int start_library(size_t arena_cap)
{
    int err;

    paint_arena();
    tls_config.port = &plain;
    tls_config.anchors = desk_config.anchors;
    tls_config.anchors_len = desk_config.anchors_len;
    tls_config.arena = arena;
    tls_config.arena_cap = arena_cap;
    config.port = &counted;
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
        (void)ango_outbox_format(&outbox, &outbox_config);
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
        put_number("badge_cycles=", stats.badge_cycles); /* of the last one, from connecting to the reply */
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

/* Without the blanks around it. */
static char *trim(char *text)
{
    char *end;

    text += strspn(text, " \t");
    end = text + strlen(text);
    while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *end = '\0';
    return text;
}

static void take_line(void)
{
    char *text = trim(line.text);

    if (strcmp(text, "?") == 0)
        report();
    else if (!take_measure(text) && *text != '\0')
        take_badge(text);
    drop_line();
}

/* Without a seed and the time there is no safe connection, so there is none at all. */
static void await_seed(void)
{
    put("This board has no source of entropy and no clock: A REAL ONE MUST BRING BOTH.\n"
        "Type \"seed HEX\" (32 bytes a line, two lines or more) and \"time SECONDS_SINCE_1970\"; "
        "until then nothing is sent.\n");
    while (!may_start()) {
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

/* Takes up the queue, or begins one on a new device. */
static int open_queue(void)
{
    int err;

    if (!flash_open())
        return ANGO_E_STORAGE;
    err = ango_outbox_mount(&outbox, &outbox_config);
    if (err != ANGO_E_DAMAGED)
        return err;
    put("There is no queue on the flash: a new one is begun.\n");
    return ango_outbox_format(&outbox, &outbox_config);
}

int main(void)
{
    bool address = false;
    bool at_once = false;
    int err;

    board_init();
    put("\nBadge desk " ANGO_VERSION "\n");
    tell_last_words();
    err = desk_config.magic == DESK_CONFIG_MAGIC ? open_queue() : ANGO_E_ARG;
    if (err == ANGO_OK)
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
        ango_lwip_poll(&bare, at_once ? 0 : STEP_MS);
        if (!address && ango_lwip_has_address()) {
            address = true;
            tell_address();
            begin_time();
        }
        look_at_time();
        if (read_line())
            take_line();
        at_once = deliver();
    }
}
