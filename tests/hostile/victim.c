/*
 * The client of the hostile tests: for each line of standard input one invitation, and one line of what came
 * of it.
 *
 *     echo 'port=4433 ca=build/pki/ecdsa.ca.pem' | build/asan-gcc/tests/victim
 *
 * A line holds NAME=NUMBER and NAME=TEXT; see `numbers` and `texts`. Between the client's TLS and the POSIX
 * port stands a port that fails where it is told to, and checks how it is used. Every buffer ends at an
 * unreadable page.
 */
#define _GNU_SOURCE /* memmem, and mmap's MAP_ANONYMOUS */

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ango.h"
#include "ango_posix.h"
#include "ango_tls.h"
#include "arena.h"
#include "tls.h"

/* --- what a line may say ------------------------------------------------------------------------------- */

enum {
    PORT,
    TIMEOUT,
    ARENA,
    BUFFER,
    TOKENS,
    EMAILS,
    KEEP_MS,
    FRESH,
    CLOSE,
    AGAIN,
    STEP_MS,
    CANCEL_AT,
    FAULT_AT,
    ALWAYS,
    PIECE,
    STUTTER,
    ALLOC_FAIL,
    ENTROPY_FAIL,
    TIME,
    NO_CLOCK,
    CLOCK_BASE,
    CLOCK_BACK_AT,
    CLOCK_STUCK_AT,
    SEND_BUFFER,
    SESSIONS,
    SESSION_CAP,
    SESSION_KEEP,
    SESSION_BACK,
    SESSION_FLIP,
    SESSION_CUT,
    NUMBERS
};

static struct {
    const char *name;
    long long initial;
    long long value;
} numbers[NUMBERS] = {
    { "port", 0, 0 },
    { "timeout", 5000, 0 },
    { "arena", 65536, 0 },
    { "buffer", 4096, 0 },
    { "tokens", ANGO_TOKENS, 0 },
    { "emails", 1, 0 },
    { "keep_ms", 0, 0 },
    { "fresh", 1, 0 },        /* 0: go on with the client, and the connection, of the line before */
    { "close", 1, 0 },        /* 0: leave the connection to the next line */
    { "again", 0, 0 },        /* 1: once more with the same client, without any fault */
    { "step_ms", -1, 0 },     /* how long a step may wait; -1: for ever */
    { "cancel_at", 0, 0 },    /* after so many steps */
    { "fault_at", 0, 0 },     /* the port's n-th call of the kind `op`, from 1 */
    { "always", 0, 0 },       /* 1: and each one after it */
    { "piece", 0, 0 },        /* at most so many bytes sent or received at a time */
    { "stutter", 0, 0 },      /* 1: every other call of the port would block */
    { "alloc_fail", 0, 0 },   /* the n-th allocation of TLS */
    { "entropy_fail", 0, 0 }, /* the n-th call for entropy */
    { "time", -1, 0 },        /* -1: the system's; -2: the port has none; or seconds since 1970 */
    { "no_clock", 0, 0 },
    { "clock_base", 0, 0 },     /* what clock_ms says at first; -1: it is missing */
    { "clock_back_at", 0, 0 },  /* goes back by a second at the n-th look at it */
    { "clock_stuck_at", 0, 0 }, /* stands still from the n-th look at it on */
    { "send_buffer", 0, 0 },    /* SO_SNDBUF */
    { "sessions", 0, 0 },       /* 1: sessions are saved, in memory that the next line finds again */
    { "session_cap", ANGO_TLS_SESSION_LEN, 0 },
    { "session_keep", 0, 0 },  /* 1: the session is remembered, when all is done, for session_back */
    { "session_back", 0, 0 },  /* 1: before all, memory is as it was after session_keep; 2: it is all zero */
    { "session_flip", -1, 0 }, /* this bit of it is then another one */
    { "session_cut", -1, 0 },  /* from this byte on it is then zero */
};

enum { HOST, CA, KEY, ORG, PREFIX, OP, FAULT, TEXTS };

static struct {
    const char *name;
    const char *initial;
    char value[400];
} texts[TEXTS] = {
    { "host", "localhost", "" },
    { "ca", "", "" },
    { "key", "stand-in-admin-key-0f3b7a5c9d1e", "" },
    { "org", "65a0c0de0100000000000001", "" },
    { "prefix", "hostile", "" }, /* the n-th address is PREFIX_n@example.com */
    { "op", "any", "" },         /* connect, send, recv */
    { "fault", "net", "" },      /* see fault() */
};

static long long number(int i)
{
    return numbers[i].value;
}

static bool set_option(const char *name, const char *value)
{
    size_t i;

    for (i = 0; i < NUMBERS; i++)
        if (strcmp(name, numbers[i].name) == 0) {
            numbers[i].value = strtoll(value, NULL, 0);
            return true;
        }
    for (i = 0; i < TEXTS; i++)
        if (strcmp(name, texts[i].name) == 0) {
            snprintf(texts[i].value, sizeof texts[i].value, "%s", value);
            return true;
        }
    return false;
}

static void set_options(char *line)
{
    char *word;
    size_t i;

    for (i = 0; i < NUMBERS; i++)
        numbers[i].value = numbers[i].initial;
    for (i = 0; i < TEXTS; i++)
        snprintf(texts[i].value, sizeof texts[i].value, "%s", texts[i].initial);
    for (word = strtok(line, " \n"); word != NULL; word = strtok(NULL, " \n")) {
        char *equals = strchr(word, '=');

        if (equals != NULL)
            *equals = '\0';
        if (equals == NULL || !set_option(word, equals + 1)) {
            fprintf(stderr, "victim: no option %s\n", word);
            exit(2);
        }
    }
}

/* --- the port, as it should not be --------------------------------------------------------------------- */

static struct {
    unsigned connects, opened, closes, calls, connect_calls, send_calls, recv_calls;
    unsigned clocks, entropies, allocs, steps;
    unsigned misuse; /* of the port, by the library */
    unsigned line;   /* where the last one was found */
    size_t sent, received;
    uint32_t start_ms, stuck_ms;
    bool faultless, open, connecting, odd, was_open;
} seen;

static struct ango_posix posix;
static uint32_t epoch_ms; /* where the port's clock begins */

#define CHECK(condition) ((condition) ? (void)0 : (void)(seen.misuse++, seen.line = __LINE__))

static uint32_t real_ms(void)
{
    return ango_posix_clock_ms(NULL);
}

static uint32_t port_clock_ms(void *ctx)
{
    uint32_t now = real_ms() - epoch_ms + (uint32_t)number(CLOCK_BASE);

    (void)ctx;
    seen.clocks++;
    if (seen.faultless)
        return now;
    if (number(CLOCK_BACK_AT) > 0 && seen.clocks >= number(CLOCK_BACK_AT))
        now -= 1000;
    if (number(CLOCK_STUCK_AT) > 0 && seen.clocks > number(CLOCK_STUCK_AT))
        return seen.stuck_ms;
    return seen.stuck_ms = now;
}

static int64_t port_time(void *ctx)
{
    return number(TIME) == -1 ? ango_posix_time(ctx) : number(TIME);
}

static int port_entropy(void *ctx, uint8_t *buf, size_t len)
{
    CHECK(len >= 1 && len <= 64);
    if (++seen.entropies == number(ENTROPY_FAIL) && !seen.faultless)
        return ANGO_E_ENTROPY;
    return ango_posix_entropy(ctx, buf, len);
}

/* Whether the nth of what `option` counts is to fail. */
static bool hits(int option, unsigned nth)
{
    long long first = number(option);

    return !seen.faultless && first > 0 && (number(ALWAYS) != 0 ? nth >= first : nth == first);
}

/* Whether this call, the nth of `op`, goes wrong; then *result is what it returns. */
static bool fault(const char *op, unsigned nth, size_t most, int *result)
{
    static const struct {
        const char *name;
        int result;
    } kinds[] = {
        { "net", ANGO_E_NET },  { "wait", ANGO_E_WAIT },       { "zero", 0 },
        { "int_min", INT_MIN }, { "int_max", INT_MAX },        { "odd", -12345 },
        { "end", ANGO_E_END },  { "resolve", ANGO_E_RESOLVE }, { "over", 1 },
    };
    bool any = strcmp(texts[OP].value, "any") == 0;
    size_t i;

    seen.calls++;
    seen.odd = !seen.odd;
    if (seen.faultless)
        return false;
    if (number(STUTTER) != 0 && seen.odd) {
        *result = ANGO_E_WAIT;
        return true;
    }
    if (any)
        nth = seen.calls;
    if ((!any && strcmp(op, texts[OP].value) != 0) || !hits(FAULT_AT, nth))
        return false;
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(texts[FAULT].value, kinds[i].name) == 0) {
            *result = kinds[i].result + (kinds[i].result == 1 ? (int)most : 0);
            if (*result == ANGO_E_WAIT)
                usleep(500);
            return true;
        }
    fprintf(stderr, "victim: no fault %s\n", texts[FAULT].value);
    exit(2);
}

static uint32_t limit_ms; /* the client's deadline */

/* No call may wait past the deadline. */
static void check_wait(uint32_t wait_ms)
{
    uint32_t elapsed = real_ms() - seen.start_ms;
    bool clock_ok = number(CLOCK_BACK_AT) == 0 && number(CLOCK_STUCK_AT) == 0;

    CHECK(!clock_ok || wait_ms == 0 || elapsed + wait_ms <= limit_ms + 200);
}

static int port_connect(void *ctx, const char *host, uint16_t port, uint32_t wait_ms)
{
    int size = (int)number(SEND_BUFFER);
    int err;

    CHECK(!seen.open && strcmp(host, texts[HOST].value) == 0 && port == number(PORT));
    check_wait(wait_ms);
    if (!seen.connecting)
        seen.connects++;
    seen.connecting = true;
    if (fault("connect", ++seen.connect_calls, 0, &err)) {
        if (err != ANGO_E_WAIT) {
            ango_posix_close(ctx);
            seen.connecting = false;
        }
        return err;
    }
    err = ango_posix_connect(ctx, "127.0.0.1", port, wait_ms);
    if (err == ANGO_E_WAIT)
        return err;
    seen.connecting = false;
    if (err != ANGO_OK)
        return err;
    if (size > 0)
        setsockopt(posix.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    seen.opened++;
    seen.open = true;
    return err;
}

static size_t at_most(size_t len)
{
    return number(PIECE) > 0 && !seen.faultless && len > (size_t)number(PIECE) ? (size_t)number(PIECE) : len;
}

static int port_send(void *ctx, const uint8_t *data, size_t len, uint32_t wait_ms)
{
    int n;

    CHECK(seen.open && len >= 1 && len <= 32767);
    check_wait(wait_ms);
    if (fault("send", ++seen.send_calls, len, &n))
        return n;
    n = ango_posix_send(ctx, data, at_most(len), wait_ms);
    seen.sent += n > 0 ? (size_t)n : 0;
    return n;
}

static int port_recv(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms)
{
    int n;

    CHECK(seen.open && cap >= 1 && cap <= 32767);
    check_wait(wait_ms);
    if (fault("recv", ++seen.recv_calls, cap, &n))
        return n;
    n = ango_posix_recv(ctx, buf, at_most(cap), wait_ms);
    seen.received += n > 0 ? (size_t)n : 0;
    return n;
}

static void port_close(void *ctx)
{
    CHECK(seen.open || seen.connecting);
    seen.closes += seen.open;
    seen.open = seen.connecting = false;
    ango_posix_close(ctx);
}

/* Linked with --wrap: an allocation of TLS that fails as one that finds no room does. */
#if ANGO_TLS_PRIVATE
void *__real_ango_arena_calloc(size_t count, size_t size);
void *__wrap_ango_arena_calloc(size_t count, size_t size);

void *__wrap_ango_arena_calloc(size_t count, size_t size)
{
    if (hits(ALLOC_FAIL, ++seen.allocs))
        return __real_ango_arena_calloc(2, SIZE_MAX);
    return __real_ango_arena_calloc(count, size);
}
#else
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
    return hits(ALLOC_FAIL, ++seen.allocs) ? NULL : __real_calloc(count, size);
}
#endif

/* --- memory -------------------------------------------------------------------------------------------- */

struct memory {
    uint8_t *pages;
    size_t pages_len;
    uint8_t *bytes;
    size_t len;
};

static struct memory buffer, tokens, arena, stack, session;
static uint8_t kept_session[16384];

/* `len` bytes that end where an unreadable page begins. */
static void allocate(struct memory *memory, size_t len)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    if (memory->pages != NULL)
        munmap(memory->pages, memory->pages_len);
    memory->len = len;
    memory->pages_len = (len + page - 1) / page * page + page;
    memory->pages = mmap(NULL, memory->pages_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory->pages == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }
    memory->bytes = memory->pages + memory->pages_len - page - len;
    mprotect(memory->pages + memory->pages_len - page, page, PROT_NONE);
}

static bool is_zero(const struct memory *memory)
{
    size_t i;

    for (i = 0; i < memory->len; i++)
        if (memory->bytes[i] != 0)
            return false;
    return true;
}

/* --- the exchange -------------------------------------------------------------------------------------- */

#define EMAILS_MAX 20000

static struct ango_port plain;
static struct ango_tls_config tls_config;
static struct ango_tls tls;
static struct ango_tls_refused refused;
static struct ango_config config;
static struct ango_client client;
static const struct ango_port secure = ANGO_TLS_PORT(&tls);
static struct ango_trust_anchor anchor;
static const char *to[EMAILS_MAX];
static char emails[EMAILS_MAX][64];

static void read_anchor(void)
{
    static char path[sizeof texts[CA].value];
    static uint8_t file[65536];
    FILE *f;

    if (strcmp(path, texts[CA].value) == 0)
        return;
    snprintf(path, sizeof path, "%s", texts[CA].value);
    f = fopen(path, "rb");
    if (f == NULL) {
        perror(path);
        exit(2);
    }
    anchor.data = file;
    anchor.len = fread(file, 1, sizeof file - 1, f) + 1;
    file[anchor.len - 1] = '\0';
    fclose(f);
}

/* The memory for the session, with what the line says about it. */
static void prepare_session(void)
{
    size_t cap = (size_t)number(SESSION_CAP);
    long long flip = number(SESSION_FLIP);
    long long cut = number(SESSION_CUT);

    if (cap > sizeof kept_session)
        abort();
    if (session.len != cap)
        allocate(&session, cap);
    if (number(SESSION_BACK) == 1)
        memcpy(session.bytes, kept_session, cap);
    if (number(SESSION_BACK) == 2)
        memset(session.bytes, 0, cap);
    if (flip >= 0 && flip / 8 < (long long)cap)
        session.bytes[flip / 8] ^= (uint8_t)(1 << flip % 8);
    if (cut >= 0 && cut < (long long)cap)
        memset(session.bytes + cut, 0, cap - (size_t)cut);
    tls_config.sessions = &ango_tls_sessions;
    tls_config.session = session.bytes;
    tls_config.session_cap = cap;
}

static int set_up(void)
{
    plain = (struct ango_port)ANGO_POSIX_PORT(&posix);
    plain.connect = port_connect;
    plain.send = port_send;
    plain.recv = port_recv;
    plain.close = port_close;
    plain.clock_ms = number(CLOCK_BASE) == -1 ? NULL : port_clock_ms;
    plain.time = number(TIME) == -2 ? NULL : port_time;
    plain.entropy = port_entropy;
    read_anchor();
    allocate(&buffer, (size_t)number(BUFFER));
    allocate(&arena, (size_t)number(ARENA) & ~(size_t)15);
    allocate(&tokens, (size_t)number(TOKENS) * sizeof(struct ango_token));
    memset(&tls_config, 0, sizeof tls_config);
    tls_config.port = &plain;
    tls_config.anchors = &anchor;
    tls_config.anchors_len = 1;
    if (ANGO_TLS_PRIVATE) {
        tls_config.arena = arena.bytes;
        tls_config.arena_cap = arena.len;
    }
    tls_config.no_clock = number(NO_CLOCK) != 0;
    memset(&refused, 0, sizeof refused);
    tls_config.names = &ango_tls_names;
    tls_config.refused = &refused;
    if (number(SESSIONS) != 0)
        prepare_session();
    memset(&config, 0, sizeof config);
    config.port = &secure;
    config.host = texts[HOST].value;
    config.buffer = buffer.bytes;
    config.buffer_cap = buffer.len;
    config.tokens = (struct ango_token *)(void *)tokens.bytes;
    config.tokens_cap = (size_t)number(TOKENS);
    config.retry_after_date = ango_retry_after_date;
    return ango_tls_init(&tls, &tls_config);
}

static int invite(void)
{
    struct ango_invitation invitation = { to, (size_t)number(EMAILS), ANGO_ORGANIZATION_MEMBER, NULL, 0 };
    uint32_t step_ms = number(STEP_MS) < 0 ? UINT32_MAX : (uint32_t)number(STEP_MS);
    size_t i;
    int err;

    for (i = 0; i < invitation.to_len; i++) {
        snprintf(emails[i], sizeof emails[i], "%.32s_%u@example.com", texts[PREFIX].value, (unsigned)i);
        to[i] = emails[i];
    }
    seen.start_ms = real_ms();
    err = ango_invite_members_to_org_start(&client, texts[ORG].value, &invitation);
    if (err != ANGO_OK)
        return err;
    if (seen.faultless || (number(STEP_MS) < 0 && number(CANCEL_AT) == 0))
        return ango_finish(&client);
    do {
        err = ango_step(&client, step_ms);
        seen.steps++;
        if (number(CANCEL_AT) > 0 && seen.steps >= number(CANCEL_AT) && err == ANGO_E_WAIT) {
            ango_cancel(&client);
            err = client.result.error;
        }
        if (err == ANGO_E_WAIT && step_ms == 0)
            usleep(200);
    } while (err == ANGO_E_WAIT);
    CHECK(ango_step(&client, 0) == err && client.result.error == err);
    return err;
}

/* --- what came of it ----------------------------------------------------------------------------------- */

static const char *error_name(int error)
{
    static const char *const names[] = { "OK",        "WAIT",    "END",   "ARG",      "HOST",    "KEY",
                                         "ID",        "EMAIL",   "SPACE", "INSECURE", "CLOCK",   "ENTROPY",
                                         "MEMORY",    "RESOLVE", "NET",   "TIME",     "CERT",    "TLS",
                                         "TRUNC",     "HTTP",    "BIG",   "JSON",     "SHAPE",   "STATUS",
                                         "CANCELLED", "ANCHOR",  "ENTRY", "FULL",     "STORAGE", "DAMAGED" };

    return error <= 0 && error > -(int)(sizeof names / sizeof names[0]) ? names[-error] : "UNKNOWN";
}

static bool holds_key(const void *memory, size_t len)
{
    return len > 0 && memmem(memory, len, texts[KEY].value, strlen(texts[KEY].value)) != NULL;
}

/* What no memory of ours may hold any more. */
static bool leaks(void)
{
    return holds_key(buffer.bytes, buffer.len) || holds_key(arena.bytes, arena.len)
        || holds_key(tokens.bytes, tokens.len) || holds_key(session.bytes, session.len)
        || holds_key(&client, sizeof client) || holds_key(&tls, sizeof tls);
}

static size_t stack_used(void);

/* Foreign text as one word. */
static void print_word(const char *name, const char *text)
{
    CHECK(memchr(text, '\0', ANGO_TLS_NAME_LEN) != NULL);
    printf("%s=", name);
    for (; *text != '\0'; text++)
        (void)putchar(*text == ' ' ? '_' : *text);
    (void)putchar(' ');
}

static void report(int init, int again)
{
    static const char letters[] = "NURA";
    const struct ango_result *result = &client.result;

    bool balanced = seen.opened + seen.was_open == seen.closes + seen.open;

    printf("init=%s error=%s outcome=%c http_status=%u items=%zu retry_after=%u ", error_name(init),
           error_name(init != ANGO_OK ? init : result->error), letters[result->outcome], result->http_status,
           result->items, (unsigned)result->retry_after_s);
    printf("port_error=%d mbedtls_error=0x%04x verify_flags=0x%x ", result->port_error, (unsigned)-tls.mbedtls_error,
           (unsigned)tls.verify_flags);
    print_word("subject", refused.subject);
    print_word("issuer", refused.issuer);
    printf("version=%s handshakes=%u resumed=%u session_len=%zu ", tls.version != NULL ? tls.version : "",
           (unsigned)tls.handshakes, (unsigned)tls.resumed, tls.session_len);
    printf("connects=%u balanced=%d calls=%u connect_calls=%u send_calls=%u recv_calls=%u ", seen.connects, balanced,
           seen.calls, seen.connect_calls, seen.send_calls, seen.recv_calls);
    printf("sent=%zu received=%zu ", seen.sent, seen.received);
    printf("clocks=%u entropies=%u allocs=%u steps=%u misuse=%u misuse_line=%u ", seen.clocks, seen.entropies,
           seen.allocs, seen.steps, seen.misuse, seen.line);
    printf("arena_peak=%zu arena_left=%zu arena_zero=%d leaks=%d stack=%zu again=%s", tls.arena_peak, tls.arena_left,
           is_zero(&arena), leaks(), stack_used(), again == 1 ? "-" : error_name(again));
}

/* The whole line, on a stack of its own. */
static void *run(void *elapsed)
{
    static int init;
    uint32_t start_ms;
    int again = 1;

    if (number(FRESH) != 0) {
        ango_close(&client);
        epoch_ms = real_ms();
        init = set_up();
        memset(&client, 0, sizeof client);
    }
    config.tcp_port = (uint16_t)number(PORT);
    config.timeout_ms = limit_ms = (uint32_t)number(TIMEOUT);
    config.keep_ms = (uint32_t)number(KEEP_MS);
    if (init == ANGO_OK && number(FRESH) != 0)
        init = ango_client_init(&client, &config, texts[KEY].value);
    start_ms = real_ms();
    if (init == ANGO_OK)
        invite();
    *(uint32_t *)elapsed = real_ms() - start_ms;
    if (number(CLOSE) != 0) {
        ango_cancel(&client);
        ango_close(&client);
        ango_close(&client);
        CHECK(!seen.open && !seen.connecting);
        CHECK(is_zero(&arena) && !leaks());
    }
    if (number(SESSION_KEEP) != 0)
        memcpy(kept_session, session.bytes, session.len);
    if (number(AGAIN) != 0 && init == ANGO_OK) {
        struct ango_result first = client.result;
        unsigned calls = seen.calls, clocks = seen.clocks, entropies = seen.entropies, allocs = seen.allocs;
        int mbedtls_error = tls.mbedtls_error;
        uint32_t verify_flags = tls.verify_flags;

        seen.faultless = true;
        config.timeout_ms = limit_ms =
            20000; /* that it works is what counts here, and a slow machine may take its time */
        again = invite();
        ango_close(&client);
        client.result = first;
        seen.calls = calls;
        seen.clocks = clocks;
        seen.entropies = entropies;
        seen.allocs = allocs;
        tls.mbedtls_error = mbedtls_error;
        tls.verify_flags = verify_flags;
    }
    report(init, again);
    return NULL;
}

#define STACK_LEN ((size_t)512 * 1024)
#define PAINT 0xA5

/* Bytes of the stack that were written to, without what the thread's start takes. */
static uint8_t *stack_top;

static size_t stack_used(void)
{
    size_t i = 0;

    while (i < stack.len && stack.bytes[i] == PAINT)
        i++;
    return (size_t)(stack_top - stack.bytes) - i;
}

static void *start(void *elapsed)
{
    uint8_t here;

    stack_top = &here;
    return run(elapsed);
}

int main(void)
{
    static char line[4096];

    setvbuf(stdout, NULL, _IOLBF, 0);
    allocate(&stack, STACK_LEN);
    while (fgets(line, sizeof line, stdin) != NULL) {
        uint32_t elapsed_ms = 0;
        pthread_attr_t attr;
        pthread_t thread;

        bool open = seen.open;

        set_options(line);
        memset(&seen, 0, sizeof seen);
        seen.open = seen.was_open = open;
        memset(stack.bytes, PAINT, stack.len);
        pthread_attr_init(&attr);
        pthread_attr_setstack(&attr, stack.bytes, stack.len);
        if (pthread_create(&thread, &attr, start, &elapsed_ms) != 0) {
            perror("pthread_create");
            return 2;
        }
        pthread_join(thread, NULL);
        pthread_attr_destroy(&attr);
        printf(" elapsed_ms=%u\n", (unsigned)elapsed_ms);
    }
    return 0;
}
