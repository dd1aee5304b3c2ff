#include "conformance.h"

#include <string.h>

#define READINGS_MAX 3000000u /* of a clock that may stand still */
#define DATA_CAP 1400u
#define HOLD_MS 1500u

/* What a check found: NULL for nothing wrong. */
typedef const char *found;

static const char NOT_CONNECTED[] = "no connection to the peer";
static const char SKIPPED[] = "skipped";

static struct {
    const struct conformance *is;
    const struct ango_port *port;
    bool open;       /* connect returned ANGO_OK or ANGO_E_WAIT, and close was not called */
    bool has_number; /* `number` belongs to what was found */
    long number;
    uint32_t slack_ms;
    uint32_t limit_ms; /* what is not over by then never will be */
} run;

static uint8_t data[DATA_CAP];

/* --- printing ------------------------------------------------------------------------------------------- */

static void put(const char *text)
{
    run.is->put(text);
}

/* The decimal digits of `n`, at the end of `text`. */
static const char *digits(unsigned long n, char text[24])
{
    size_t i = 23;

    text[i] = '\0';
    do {
        text[--i] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    return text + i;
}

static void put_number(const char *before, long n)
{
    char text[24];

    put(before);
    if (n < 0) {
        put("-");
    }
    put(digits(n < 0 ? 0ul - (unsigned long)n : (unsigned long)n, text));
}

/* Something is wrong, and this was seen. */
static found wrong(const char *what, long seen)
{
    run.has_number = true;
    run.number = seen;
    return what;
}

/* --- the port ------------------------------------------------------------------------------------------- */

static uint32_t now(void)
{
    return run.port->clock_ms(run.port->ctx);
}

static bool within(uint32_t start_ms, uint32_t wait_ms)
{
    return now() - start_ms <= wait_ms + run.slack_ms;
}

static int connect_once(enum conformance_place place, uint32_t wait_ms)
{
    int n = run.port->connect(run.port->ctx, run.is->places[place].host, run.is->places[place].tcp_port, wait_ms);

    run.open = n == ANGO_OK || n == ANGO_E_WAIT;
    return n;
}

static void close_it(void)
{
    if (run.open) {
        run.port->close(run.port->ctx);
    }
    run.open = false;
}

/* Calls connect until it is decided. */
static int connect_to(enum conformance_place place, uint32_t slice_ms)
{
    uint32_t start_ms = now();
    int n;

    do {
        n = connect_once(place, slice_ms);
    } while (n == ANGO_E_WAIT && now() - start_ms < run.limit_ms);
    return n;
}

static int send_once(const void *from, size_t len, uint32_t wait_ms)
{
    return run.port->send(run.port->ctx, (const uint8_t *)from, len, wait_ms);
}

static int recv_once(void *to, size_t cap, uint32_t wait_ms)
{
    return run.port->recv(run.port->ctx, (uint8_t *)to, cap, wait_ms);
}

/* Whether all of it was sent. */
static bool send_all(const void *from, size_t len)
{
    uint32_t start_ms = now();
    size_t sent = 0;

    while (sent < len && now() - start_ms < run.limit_ms) {
        int n = send_once((const uint8_t *)from + sent, len - sent, 1000);
        if (n != ANGO_E_WAIT && (n <= 0 || (size_t)n > len - sent)) {
            (void)wrong("", n);
            return false;
        }
        sent += n > 0 ? (size_t)n : 0;
    }
    return sent == len;
}

/* Whether so many bytes came. */
static bool recv_all(void *to, size_t len)
{
    uint32_t start_ms = now();
    size_t got = 0;

    while (got < len && now() - start_ms < run.limit_ms) {
        int n = recv_once((uint8_t *)to + got, len - got, 1000);
        if (n != ANGO_E_WAIT && (n <= 0 || (size_t)n > len - got)) {
            (void)wrong("", n);
            return false;
        }
        got += n > 0 ? (size_t)n : 0;
    }
    return got == len;
}

/* Connects to the peer and tells it what to be; see peer.py. */
static bool ask(const char *command)
{
    int n = connect_to(CONFORMANCE_PEER, 1000);

    if (n != ANGO_OK) {
        (void)wrong("", n);
        return false;
    }
    return send_all(command, strlen(command));
}

/* Bytes that tell their places; never 0xFF, which ends them. */
static uint8_t pattern(uint32_t i)
{
    return (uint8_t)((i * 7u + (i >> 8)) % 251u);
}

static bool is_pattern(const uint8_t *bytes, size_t len, uint32_t from)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if (bytes[i] != pattern(from + (uint32_t)i)) {
            return false;
        }
    }
    return true;
}

static bool all_are(const uint8_t *bytes, size_t len, uint8_t value)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if (bytes[i] != value) {
            return false;
        }
    }
    return true;
}

/* The connection works: what is sent comes back. */
static found check_echo(void)
{
    uint8_t back[5];

    if (!send_all("echo\nhello", 10)) {
        return "sending fails";
    }
    if (!recv_all(back, sizeof back)) {
        return "nothing comes back";
    }
    return memcmp(back, "hello", 5) == 0 ? NULL : "other bytes come back";
}

static found connect_and_echo(enum conformance_place place, uint32_t slice_ms)
{
    int n = connect_to(place, slice_ms);

    return n == ANGO_OK ? check_echo() : wrong("connect does not succeed", n);
}

/* --- the struct, clock, time, entropy ------------------------------------------------------------------- */

static found check_struct(void)
{
    const struct ango_port *port = run.port;

    return port->connect && port->send && port->recv && port->close && port->clock_ms ? NULL : "one of them is NULL";
}

static found check_not_secure(void)
{
    return run.port->secure ? "secure is true, yet it talks with a peer that knows no TLS" : NULL;
}

static found check_clock_goes_on(void)
{
    uint32_t first = now();
    uint32_t i;

    for (i = 0; i < READINGS_MAX; i++) {
        if (now() != first) {
            return NULL;
        }
    }
    return "it stands still while the program computes, so no deadline would ever pass";
}

static found check_clock_never_back(void)
{
    uint32_t last = now();
    uint32_t i;

    for (i = 0; i < 20000; i++) {
        uint32_t next = now();
        if ((int32_t)(next - last) < 0) {
            return wrong("it went back", (long)(int32_t)(next - last));
        }
        last = next;
    }
    return NULL;
}

/* The smallest of some steps: others may be longer because the program was held up. */
static found check_clock_is_fine(void)
{
    uint32_t smallest = UINT32_MAX;
    unsigned steps;

    for (steps = 0; steps < 10; steps++) {
        uint32_t from = now();
        uint32_t to = from;
        while (to == from) {
            to = now();
        }
        if (to - from < smallest) {
            smallest = to - from;
        }
    }
    return smallest <= 20 ? NULL : wrong("milliseconds a tick", (long)smallest);
}

static found check_clock_counts_milliseconds(void)
{
    uint32_t start_ms;
    uint8_t byte;

    if (!ask("hold 1500\n")) { /* HOLD_MS */
        return NOT_CONNECTED;
    }
    start_ms = now();
    if (!recv_all(&byte, 1)) {
        return "the peer's answer is missing";
    }
    if (now() - start_ms < HOLD_MS - run.slack_ms / 20 || !within(start_ms, HOLD_MS)) {
        return wrong("of 1500", (long)(now() - start_ms));
    }
    return NULL;
}

static found check_time_is_plausible(void)
{
    int64_t seconds = run.port->time != NULL ? run.port->time(run.port->ctx) : 0;

    if (seconds == 0) {
        return SKIPPED;
    }
    return seconds > INT64_C(1735689600) && seconds < INT64_C(4102444800) ? NULL : "neither 0 nor from 2025 to 2099";
}

/* The peer tells its own. A device that sets its clock by hand may be some minutes off. */
static found check_time_agrees(void)
{
    int64_t theirs = 0, ours = run.port->time != NULL ? run.port->time(run.port->ctx) : 0;
    uint8_t text[11];
    size_t i;

    if (ours == 0) {
        return SKIPPED;
    }
    if (!ask("time\n") || !recv_all(text, sizeof text)) {
        return NOT_CONNECTED;
    }
    for (i = 0; i < 10; i++) {
        theirs = theirs * 10 + (text[i] - '0');
    }
    return ours - theirs < 3600 && theirs - ours < 3600 ? NULL : wrong("seconds off", (long)(ours - theirs));
}

/* One draw of `len` bytes; `seen` has a bit for what each byte of `buf` once was other than before. */
static found draw(size_t len, uint8_t seen[66])
{
    uint8_t buf[66];
    size_t at;
    int err;

    memset(buf, 0xA5, sizeof buf);
    err = run.port->entropy(run.port->ctx, buf + 1, len);
    if (err != ANGO_OK) {
        return wrong("it fails", err);
    }
    if (buf[0] != 0xA5 || buf[len + 1] != 0xA5) {
        return wrong("it writes beside what was asked for, of bytes", (long)len);
    }
    for (at = 1; at <= len; at++) {
        seen[at] |= (uint8_t)(buf[at] ^ 0xA5);
    }
    return NULL;
}

/* A byte that is never written stays as it was, in each of some draws. */
static found check_entropy_fills_len(size_t len)
{
    unsigned rounds = run.is->entropy_rounds > 0 ? run.is->entropy_rounds : 4;
    uint8_t seen[66] = { 0 };
    size_t at;

    for (; rounds > 0; rounds--) {
        found found_ = draw(len, seen);
        if (found_ != NULL) {
            return found_;
        }
    }
    for (at = 1; at <= len; at++) {
        if (seen[at] == 0) {
            return wrong("it does not write byte", (long)at - 1);
        }
    }
    return NULL;
}

static found check_entropy_fills(void)
{
    static const uint8_t lens[] = { 1, 2, 3, 31, 32, 33, 63, 64 };
    found found_ = NULL;
    size_t i;

    if (run.port->entropy == NULL) {
        return SKIPPED;
    }
    for (i = 0; i < sizeof lens && found_ == NULL; i++) {
        found_ = check_entropy_fills_len(lens[i]);
    }
    return found_;
}

static bool is_among(const uint8_t *drawn, const uint8_t *before)
{
    for (; before < drawn; before += 16) {
        if (memcmp(before, drawn, 16) == 0) {
            return true;
        }
    }
    return false;
}

static found check_entropy_does_not_repeat(void)
{
    uint8_t all[6 * 16];
    size_t i;

    if (run.port->entropy == NULL) {
        return SKIPPED;
    }
    for (i = 0; i < sizeof all; i += 16) {
        if (run.port->entropy(run.port->ctx, all + i, 16) != ANGO_OK) {
            return "it fails";
        }
        if (is_among(all + i, all)) {
            return "the same bytes twice";
        }
    }
    return NULL;
}

/* --- connect -------------------------------------------------------------------------------------------- */

static found check_connects(void)
{
    return connect_and_echo(CONFORMANCE_PEER, 1000);
}

static found check_connects_without_waiting(void)
{
    return connect_and_echo(CONFORMANCE_PEER, 0);
}

static found check_connects_with_the_longest_wait(void)
{
    return connect_and_echo(CONFORMANCE_PEER, UINT32_MAX);
}

static found check_name(void)
{
    return connect_and_echo(CONFORMANCE_NAME, 1000);
}

/* Each call has the host elsewhere, and nothing of it is left afterwards. */
static found check_host_is_gone_after_the_call(void)
{
    const char *host = run.is->places[CONFORMANCE_NAME].host;
    uint16_t tcp_port = run.is->places[CONFORMANCE_NAME].tcp_port;
    size_t size = strlen(host) + 1;
    char copies[2][80];
    uint32_t start_ms = now();
    unsigned turn = 0;
    int n;

    if (size > sizeof copies[0]) {
        return SKIPPED;
    }
    do {
        memset(copies, '!', sizeof copies);
        memcpy(copies[turn], host, size);
        n = run.port->connect(run.port->ctx, copies[turn], tcp_port, 0);
        run.open = n == ANGO_OK || n == ANGO_E_WAIT;
        turn ^= 1u;
    } while (n == ANGO_E_WAIT && now() - start_ms < run.limit_ms);
    return n == ANGO_OK ? check_echo() : wrong("connect does not succeed", n);
}

/* It fails with a code of enum ango_error, whereupon close is not called; and the port is as good as new. */
static found fails_and_leaves_nothing(enum conformance_place place, int wanted)
{
    unsigned again;

    for (again = 0; again < 6; again++) { /* more often than there could be sockets left */
        int n = connect_to(place, again % 2 == 0 ? 1000 : 0);
        if (n >= 0 || n == ANGO_E_WAIT || n < ANGO_E_LAST || (wanted != 0 && n != wanted)) {
            return wrong("connect returns", n);
        }
    }
    return connect_and_echo(CONFORMANCE_PEER, 1000);
}

static found check_refused(void)
{
    return fails_and_leaves_nothing(CONFORMANCE_REFUSING, 0);
}

static found check_unknown_name(void)
{
    return fails_and_leaves_nothing(CONFORMANCE_UNKNOWN, ANGO_E_RESOLVE);
}

static found waits_without_end(enum conformance_place place, uint32_t wait_ms, unsigned calls)
{
    uint32_t start_ms = now();
    unsigned i;

    for (i = 0; i < calls; i++) {
        int n = connect_once(place, wait_ms);
        if (n != ANGO_E_WAIT) {
            return wrong("connect returns", n);
        }
    }
    return within(start_ms, wait_ms * calls) ? NULL : wrong("milliseconds", (long)(now() - start_ms));
}

static found check_silent_without_waiting(void)
{
    return waits_without_end(CONFORMANCE_SILENT, 0, 100);
}

static found check_silent_waits(void)
{
    return waits_without_end(CONFORMANCE_SILENT, 300, 1);
}

static found close_and_go_on(enum conformance_place place)
{
    unsigned again;

    for (again = 0; again < 3; again++) {
        found found_ = waits_without_end(place, 100, 1);
        uint32_t start_ms = now();
        if (found_ != NULL) {
            return found_;
        }
        close_it();
        if (!within(start_ms, 0)) {
            return wrong("close takes milliseconds", (long)(now() - start_ms));
        }
    }
    return connect_and_echo(CONFORMANCE_PEER, 1000);
}

static found check_close_while_connecting(void)
{
    return close_and_go_on(CONFORMANCE_SILENT);
}

static found check_slow_without_waiting(void)
{
    return waits_without_end(CONFORMANCE_SLOW, 0, 100);
}

static found check_slow_waits(void)
{
    return waits_without_end(CONFORMANCE_SLOW, 300, 1);
}

static found check_close_while_resolving(void)
{
    return close_and_go_on(CONFORMANCE_SLOW);
}

static found check_second_after_refused(void)
{
    return connect_and_echo(CONFORMANCE_TWO_REFUSED, 1000);
}

static found check_second_after_silent(void)
{
    return connect_and_echo(CONFORMANCE_TWO_SILENT, 1000);
}

static found check_many_connections(void)
{
    unsigned i;

    for (i = 0; i < 20; i++) {
        found found_ = connect_and_echo(CONFORMANCE_PEER, 1000);
        if (found_ != NULL) {
            return found_;
        }
        close_it();
    }
    return NULL;
}

/* --- send ----------------------------------------------------------------------------------------------- */

struct sum {
    uint32_t len;
    uint32_t low, high; /* of Adler-32 (RFC 1950), which a peer in Python computes in no time */
};

#define EMPTY_SUM \
    { \
        0, 1, 0 \
    }

static void add(struct sum *sum, const uint8_t *bytes, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        sum->low = (sum->low + bytes[i]) % 65521u;
        sum->high = (sum->high + sum->low) % 65521u;
    }
    sum->len += (uint32_t)len;
}

/* Sends what comes next, up to `len` bytes; what it was given is overwritten at once. */
static int send_next(struct sum *sum, size_t len, uint32_t wait_ms)
{
    size_t i;
    int n;

    for (i = 0; i < len; i++) {
        data[i] = pattern(sum->len + (uint32_t)i);
    }
    n = send_once(data, len, wait_ms);
    if (n > 0 && (size_t)n <= len) {
        add(sum, data, (size_t)n);
    }
    memset(data, 0xEE, sizeof data);
    return n;
}

/* Ends what was sent, and compares it with what the peer has got: "LENGTH SUM". */
static found compare(const struct sum *sum)
{
    static const uint8_t end = 0xFF;
    char want[48], part[24];
    uint8_t got[48];
    size_t len;
    const char *text = digits(sum->len, part);

    len = strlen(text);
    memcpy(want, text, len);
    want[len++] = ' ';
    text = digits(sum->high << 16 | sum->low, part);
    memcpy(want + len, text, strlen(text));
    len += strlen(text);
    want[len++] = '\n';
    if (!send_all(&end, 1)) {
        return "the last byte cannot be sent";
    }
    if (!recv_all(got, len)) {
        return "the peer's answer is missing";
    }
    return memcmp(got, want, len) == 0 ? NULL : wrong("the peer has got other bytes; sent were", (long)sum->len);
}

static found check_large_send(void)
{
    struct sum sum = EMPTY_SUM;
    uint32_t start_ms = now();

    if (!ask("count\n")) {
        return NOT_CONNECTED;
    }
    while (sum.len < 100000 && now() - start_ms < run.limit_ms) {
        int n = send_next(&sum, sum.len % 3 == 0 ? DATA_CAP : 1 + sum.len % DATA_CAP, 1000);
        if (n == 0 || n > (int)DATA_CAP || (n < 0 && n != ANGO_E_WAIT)) {
            return wrong("send returns", n);
        }
    }
    return sum.len >= 100000 ? compare(&sum) : wrong("only so many bytes were taken", (long)sum.len);
}

static found check_small_sends(void)
{
    struct sum sum = EMPTY_SUM;
    uint32_t start_ms = now();

    if (!ask("count\n")) {
        return NOT_CONNECTED;
    }
    while (sum.len < 300 && now() - start_ms < run.limit_ms) {
        int n = send_next(&sum, 1, 0);
        if (n != 1 && n != ANGO_E_WAIT) {
            return wrong("send returns", n);
        }
    }
    return compare(&sum);
}

/* Whether the peer has begun to read: it says so with a byte. */
static bool peer_reads(uint32_t wait_ms)
{
    uint32_t start_ms = now();
    uint8_t byte;

    do {
        if (recv_once(&byte, 1, wait_ms) == 1) {
            return true;
        }
    } while (now() - start_ms < wait_ms);
    return false;
}

/* One byte more, for which acknowledgements still under way may make room. */
static int send_last_byte(struct sum *sum)
{
    int n = send_next(sum, 1, 500);

    return n == ANGO_E_WAIT ? send_next(sum, 1, 0) : n;
}

/* Sends until nothing more is taken, not even a byte: ANGO_E_WAIT. ANGO_OK: the peer has begun to read before that. */
static int fill_up(struct sum *sum)
{
    uint32_t start_ms = now();

    while (now() - start_ms < run.limit_ms) {
        int n = send_next(sum, DATA_CAP, 0);
        if (n == ANGO_E_WAIT) {
            n = send_last_byte(sum);
        }
        if (peer_reads(0)) {
            return ANGO_OK;
        }
        if (n <= 0) {
            return n;
        }
    }
    return ANGO_E_TIME;
}

/* No room: what send does then. */
static found check_no_room(void)
{
    uint32_t start_ms = now();
    int n, i;

    for (i = 0; i < 100; i++) {
        n = send_once("no", 2, 0);
        if (n != ANGO_E_WAIT) {
            return wrong("send returns", n);
        }
    }
    if (!within(start_ms, 0)) {
        return wrong("a wait of 0 takes, 100 times, milliseconds", (long)(now() - start_ms));
    }
    start_ms = now();
    n = send_once("no", 2, 300);
    if (n != ANGO_E_WAIT || !within(start_ms, 300)) {
        return wrong("a wait of 300 returns after milliseconds", (long)(now() - start_ms));
    }
    return NULL;
}

static const char READ_TOO_EARLY[] = "the peer began to read before there was no room left";

static found check_full_with(const char *sink)
{
    struct sum sum = EMPTY_SUM;
    found found_;
    int n;

    if (!ask(sink)) {
        return NOT_CONNECTED;
    }
    n = fill_up(&sum);
    if (n != ANGO_E_WAIT) {
        return n == ANGO_OK ? READ_TOO_EARLY : wrong("send returns", n);
    }
    found_ = check_no_room();
    if (found_ != NULL) {
        return peer_reads(3000) ? READ_TOO_EARLY : found_;
    }
    n = send_next(&sum, 100, UINT32_MAX); /* the longest wait ends when there is room */
    if (n <= 0 || n > 100) {
        return wrong("send returns", n);
    }
    return peer_reads(run.limit_ms) ? compare(&sum) : "there was room before the peer has read";
}

/* The peer reads nothing until nothing more has come for some seconds: more of them where all is slow. */
static found check_full(void)
{
    static const char *const sinks[] = { "sink 4\n", "sink 20\n", "sink 60\n" };
    found found_ = READ_TOO_EARLY;
    size_t i;

    for (i = 0; i < sizeof sinks / sizeof sinks[0] && found_ == READ_TOO_EARLY; i++) {
        close_it();
        found_ = check_full_with(sinks[i]);
    }
    return found_;
}

static found check_close_does_not_wait(void)
{
    struct sum sum = EMPTY_SUM;
    uint32_t start_ms;
    int n;

    if (!ask("silent\n")) {
        return NOT_CONNECTED;
    }
    n = fill_up(&sum);
    if (n != ANGO_E_WAIT) {
        return wrong("send returns", n);
    }
    start_ms = now();
    close_it();
    return within(start_ms, 0) ? NULL : wrong("milliseconds", (long)(now() - start_ms));
}

static found check_abandoned(void)
{
    unsigned i;

    for (i = 0; i < 5; i++) {
        struct sum sum = EMPTY_SUM;
        if (!ask("silent\n")) {
            return wrong("no connection after so many that were given up", (long)i);
        }
        while (send_next(&sum, DATA_CAP, 0) > 0 && sum.len < 20000) {
            continue;
        }
        close_it();
    }
    return connect_and_echo(CONFORMANCE_PEER, 1000);
}

/* --- recv ----------------------------------------------------------------------------------------------- */

static found check_recv_is_bounded(void)
{
    uint8_t buf[6], i;

    if (!ask("echo\n0123456789")) {
        return NOT_CONNECTED;
    }
    for (i = 0; i < 10; i++) {
        uint32_t start_ms = now();
        int n;
        memset(buf, '#', sizeof buf);
        do {
            n = recv_once(buf + 2, 1, 1000);
        } while (n == ANGO_E_WAIT && now() - start_ms < run.limit_ms);
        if (n != 1 || buf[2] != '0' + i) {
            return wrong("recv returns", n);
        }
        if (!all_are(buf, 2, '#') || !all_are(buf + 3, 3, '#')) {
            return "it writes beside what was asked for";
        }
    }
    return recv_once(buf, 1, 0) == ANGO_E_WAIT ? NULL : "there is more than was sent";
}

static found check_recv_waits(void)
{
    uint32_t start_ms;
    uint8_t buf[8];
    int n, i;

    if (!ask("silent\n")) {
        return NOT_CONNECTED;
    }
    start_ms = now();
    for (i = 0; i < 100; i++) {
        n = recv_once(buf, sizeof buf, 0);
        if (n != ANGO_E_WAIT) {
            return wrong("recv returns", n);
        }
    }
    if (!within(start_ms, 0)) {
        return wrong("a wait of 0 takes, 100 times, milliseconds", (long)(now() - start_ms));
    }
    start_ms = now();
    n = recv_once(buf, sizeof buf, 300);
    if (n != ANGO_E_WAIT || !within(start_ms, 300)) {
        return wrong("a wait of 300 returns after milliseconds", (long)(now() - start_ms));
    }
    return NULL;
}

static found returns_with_the_first_byte(uint32_t wait_ms)
{
    uint32_t start_ms;
    int n;

    if (!ask("hold 500\n")) {
        return NOT_CONNECTED;
    }
    start_ms = now();
    do {
        n = recv_once(data, sizeof data, wait_ms);
    } while (n == ANGO_E_WAIT && now() - start_ms < run.limit_ms);
    if (n != 1) {
        return wrong("recv returns", n);
    }
    return within(start_ms, 500) ? NULL : wrong("milliseconds", (long)(now() - start_ms));
}

static found check_recv_returns_with_the_first_byte(void)
{
    return returns_with_the_first_byte(60000);
}

static found check_recv_with_the_longest_wait(void)
{
    return returns_with_the_first_byte(UINT32_MAX);
}

/* Reads pieces of the sizes given until `len` bytes have come, in their order. */
static found read_pattern(uint32_t len, const uint16_t *caps, size_t caps_len, uint32_t wait_ms)
{
    uint32_t got = 0, start_ms = now();
    size_t i = 0;

    while (got < len && now() - start_ms < run.limit_ms) {
        size_t cap = caps[i++ % caps_len];
        int n = recv_once(data, cap, wait_ms);
        if (n == ANGO_E_WAIT) {
            continue;
        }
        if (n <= 0 || (size_t)n > cap) {
            return wrong("recv returns", n);
        }
        if (!is_pattern(data, (size_t)n, got)) {
            return wrong("other bytes come, from", (long)got);
        }
        got += (uint32_t)n;
    }
    return got == len ? NULL : wrong("only so many bytes come", (long)got);
}

static found check_pieces(void)
{
    static const uint16_t caps[] = { 5, 1, 1023, 1024, 1, 1400, 5, 3, 1025, 700 };

    return ask("send 20000\n") ? read_pattern(20000, caps, 10, 1000) : NOT_CONNECTED;
}

static found check_flood(void)
{
    static const uint16_t caps[] = { 1400, 100 };

    return ask("send 300000\n") ? read_pattern(300000, caps, 2, 0) : NOT_CONNECTED;
}

/* Tiny segments that nobody takes for a while. */
static found check_tiny(void)
{
    static const uint16_t caps[] = { 1, 16 };
    uint32_t start_ms;

    if (!ask("tiny 200\n")) {
        return NOT_CONNECTED;
    }
    start_ms = now();
    while (now() - start_ms < 800) {
        continue;
    }
    return read_pattern(200, caps, 2, 1000);
}

/* The peer sends five bytes and closes its side. */
static found check_end(void)
{
    uint32_t start_ms;
    int n, again;

    if (!ask("last 5\n")) {
        return NOT_CONNECTED;
    }
    if (!recv_all(data, 3) || !recv_all(data + 3, 2) || !is_pattern(data, 5, 0)) {
        return "what it sent before is missing";
    }
    for (again = 0; again < 3; again++) {
        start_ms = now();
        do {
            n = recv_once(data, 3, again == 2 ? 0 : 1000);
        } while (n == ANGO_E_WAIT && now() - start_ms < run.limit_ms);
        if (n != 0) {
            return wrong("recv returns", n);
        }
    }
    return NULL;
}

static found check_own_side_is_open(void)
{
    uint8_t byte;
    int n;

    if (!ask("last 1\n") || !recv_all(&byte, 1)) {
        return NOT_CONNECTED;
    }
    do {
        n = recv_once(&byte, 1, 1000);
    } while (n == ANGO_E_WAIT);
    if (n != 0) {
        return wrong("recv returns", n);
    }
    n = send_once("x", 1, 1000);
    return n == 1 ? NULL : wrong("send returns", n);
}

static found check_reset(void)
{
    uint32_t start_ms = now();
    uint8_t byte;
    int n;

    if (!ask("reset\n")) {
        return NOT_CONNECTED;
    }
    do {
        n = recv_once(&byte, 1, 1000);
    } while (n == ANGO_E_WAIT && now() - start_ms < run.limit_ms);
    if (n >= 0 || n == ANGO_E_WAIT || n < ANGO_E_LAST) {
        return wrong("recv returns", n);
    }
    n = send_once("x", 1, 1000);
    if (n >= 0 || n == ANGO_E_WAIT) {
        return wrong("send returns", n);
    }
    close_it();
    return connect_and_echo(CONFORMANCE_PEER, 1000);
}

/* The first bytes may well be taken: it is the answer to them that tells. */
static found check_send_to_nobody(void)
{
    uint32_t start_ms = now();
    int n;

    if (!ask("leave\n")) {
        return NOT_CONNECTED;
    }
    do {
        n = send_once("x", 1, 100);
    } while ((n == 1 || n == ANGO_E_WAIT) && now() - start_ms < run.limit_ms);
    if (n == 0 || n > 0 || n == ANGO_E_WAIT) {
        return wrong("send returns", n);
    }
    close_it();
    return connect_and_echo(CONFORMANCE_PEER, 1000);
}

static found check_rest_is_dropped(void)
{
    uint8_t byte;
    int n;

    if (!ask("send 3000\n") || !recv_all(&byte, 1)) {
        return NOT_CONNECTED;
    }
    close_it();
    if (!ask("silent\n")) {
        return NOT_CONNECTED;
    }
    n = recv_once(&byte, 1, 300);
    return n == ANGO_E_WAIT ? NULL : wrong("recv of the next connection returns", n);
}

static found check_both_ways(void)
{
    uint32_t sent = 0, got = 0, start_ms = now();

    if (!ask("echo\n")) {
        return NOT_CONNECTED;
    }
    while (got < 20000 && now() - start_ms < run.limit_ms) {
        uint32_t i;
        int n;
        for (i = 0; i < 200; i++) {
            data[i] = pattern(sent + i);
        }
        n = sent < 20000 ? send_once(data, 200, 0) : ANGO_E_WAIT;
        if (n == 0 || n > 200 || (n < 0 && n != ANGO_E_WAIT)) {
            return wrong("send returns", n);
        }
        sent += n > 0 ? (uint32_t)n : 0;
        n = recv_once(data, 300, 0);
        if (n == 0 || n > 300 || (n < 0 && n != ANGO_E_WAIT)) {
            return wrong("recv returns", n);
        }
        if (n > 0 && !is_pattern(data, (size_t)n, got)) {
            return wrong("other bytes come, from", (long)got);
        }
        got += n > 0 ? (uint32_t)n : 0;
    }
    return got >= 20000 ? NULL : wrong("only so many bytes come back", (long)got);
}

/* --- all of it ------------------------------------------------------------------------------------------ */

/* The sentences, in the order in which a port is written. */
static const struct check {
    const char *says;
    found (*check)(void);
    enum conformance_place needs;
} checks[] = {
    { "connect, send, recv, close and clock_ms are there", check_struct, CONFORMANCE_NOWHERE },
    { "the clock goes on while the program computes", check_clock_goes_on, CONFORMANCE_NOWHERE },
    { "a plain port is not secure", check_not_secure, CONFORMANCE_NOWHERE },
    { "the clock never goes back", check_clock_never_back, CONFORMANCE_NOWHERE },
    { "the clock's ticks are small enough for deadlines", check_clock_is_fine, CONFORMANCE_NOWHERE },
    { "the time is 0 or in this century", check_time_is_plausible, CONFORMANCE_NOWHERE },
    { "entropy fills all that was asked for, and no more", check_entropy_fills, CONFORMANCE_NOWHERE },
    { "entropy does not repeat itself", check_entropy_does_not_repeat, CONFORMANCE_NOWHERE },
    { "connect reaches a numeric address, and bytes go both ways", check_connects, CONFORMANCE_PEER },
    { "the clock counts milliseconds", check_clock_counts_milliseconds, CONFORMANCE_PEER },
    { "the time is seconds since 1970, in UTC", check_time_agrees, CONFORMANCE_PEER },
    { "connect goes on where it was, also without waiting", check_connects_without_waiting, CONFORMANCE_PEER },
    { "connect with the longest wait ends when connected", check_connects_with_the_longest_wait, CONFORMANCE_PEER },
    { "connect that is refused fails, and leaves nothing behind", check_refused, CONFORMANCE_REFUSING },
    { "connect without waiting does not wait", check_silent_without_waiting, CONFORMANCE_SILENT },
    { "connect waits no longer than told", check_silent_waits, CONFORMANCE_SILENT },
    { "close in the middle of connecting releases everything", check_close_while_connecting, CONFORMANCE_SILENT },
    { "connect resolves a name", check_name, CONFORMANCE_NAME },
    { "the host name is valid during the call only", check_host_is_gone_after_the_call, CONFORMANCE_NAME },
    { "a name that does not exist is ANGO_E_RESOLVE, and leaves nothing behind", check_unknown_name,
      CONFORMANCE_UNKNOWN },
    { "resolving without waiting does not wait", check_slow_without_waiting, CONFORMANCE_SLOW },
    { "resolving waits no longer than told", check_slow_waits, CONFORMANCE_SLOW },
    { "close in the middle of resolving releases everything", check_close_while_resolving, CONFORMANCE_SLOW },
    { "a name's second address is tried when the first refuses", check_second_after_refused, CONFORMANCE_TWO_REFUSED },
    { "a name's second address is tried when the first is silent", check_second_after_silent, CONFORMANCE_TWO_SILENT },
    { "twenty connections leave nothing behind", check_many_connections, CONFORMANCE_PEER },
    { "large sends arrive whole, though the buffer is used again at once", check_large_send, CONFORMANCE_PEER },
    { "small sends arrive whole", check_small_sends, CONFORMANCE_PEER },
    { "send waits no longer than told when there is no room, takes nothing then, and goes on", check_full,
      CONFORMANCE_PEER },
    { "bytes go both ways at a time", check_both_ways, CONFORMANCE_PEER },
    { "recv writes no more than asked for", check_recv_is_bounded, CONFORMANCE_PEER },
    { "recv waits no longer than told", check_recv_waits, CONFORMANCE_PEER },
    { "recv returns with the first byte", check_recv_returns_with_the_first_byte, CONFORMANCE_PEER },
    { "recv with the longest wait ends with the first byte", check_recv_with_the_longest_wait, CONFORMANCE_PEER },
    { "recv in pieces of any size loses nothing", check_pieces, CONFORMANCE_PEER },
    { "a peer that sends as fast as it can is read to its end", check_flood, CONFORMANCE_PEER },
    { "many small segments that wait do not stop it", check_tiny, CONFORMANCE_PEER },
    { "recv is 0 when the peer has closed and all was read, again and again", check_end, CONFORMANCE_PEER },
    { "when the peer has closed its side, ours is still open", check_own_side_is_open, CONFORMANCE_PEER },
    { "a reset is an error, not an end", check_reset, CONFORMANCE_PEER },
    { "sending to a peer that has left ends in an error", check_send_to_nobody, CONFORMANCE_PEER },
    { "what was not read is not taken for the next connection's", check_rest_is_dropped, CONFORMANCE_PEER },
    { "close does not wait for a peer that does not read", check_close_does_not_wait, CONFORMANCE_PEER },
    { "connections given up with bytes under way do not hinder the next", check_abandoned, CONFORMANCE_PEER },
};

static found try_one(const struct check *check)
{
    found found_;

    run.has_number = false;
    if (check->needs != CONFORMANCE_NOWHERE && run.is->places[check->needs].host == NULL) {
        return SKIPPED;
    }
    found_ = check->check();
    close_it();
    return found_;
}

static void tell(unsigned number, const char *says, found found_)
{
    put(found_ == NULL ? "ok " : found_ == SKIPPED ? "skipped " : "FAILED ");
    put_number("", (long)number);
    put(" ");
    put(says);
    if (found_ != NULL && found_ != SKIPPED) {
        put(": ");
        put(found_);
        if (run.has_number) {
            put_number(" ", run.number);
        }
    }
    put("\n");
}

unsigned conformance_run(const struct conformance *conformance)
{
    unsigned i, tried = 0, failed = 0, skipped = 0;

    memset(&run, 0, sizeof run);
    run.is = conformance;
    run.port = conformance->port;
    run.slack_ms = conformance->slack_ms > 0 ? conformance->slack_ms : 2000;
    run.limit_ms = 60000 + 10 * run.slack_ms;
    for (i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        found found_;
        if (conformance->only > 0 && conformance->only != i + 1) {
            continue;
        }
        found_ = try_one(&checks[i]);
        tell(i + 1, checks[i].says, found_);
        tried += found_ != SKIPPED;
        skipped += found_ == SKIPPED;
        failed += found_ != NULL && found_ != SKIPPED;
        if (i < 2 && failed > 0) {
            put("All else rests on that, and is not tried.\n");
            break;
        }
    }
    put_number("conformance_checks=", (long)tried);
    put_number("\nconformance_failed=", (long)failed);
    put_number("\nconformance_skipped=", (long)skipped);
    put("\n");
    return failed;
}
