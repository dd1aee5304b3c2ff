/*
 * What the port to POSIX systems promises beyond the contract, which conformance.c is for: no file descriptor left, no signal, no
 * busy waiting, every address of a name; over sockets on loopback that this program opens itself. And the template.
 *
 * getaddrinfo is this file's own: it answers names that end in ".test" from a table, may take its time over
 * them, and asks the system for all others. getrandom is, too: it may be missing.
 */
#define _GNU_SOURCE /* RTLD_NEXT, syscall */

#include "../../port/posix/ango_posix.h"
#include "../port/template/ango_template.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SLACK_MS 400u /* what a busy machine may add to a wait */

static struct ango_posix posix;
static const struct ango_port port = ANGO_POSIX_PORT(&posix);
static struct ango_template template_state;
static const struct ango_port template_port = ANGO_TEMPLATE_PORT(&template_state);

/* --- names ---------------------------------------------------------------------------------------------- */

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    const char *addresses[ANGO_POSIX_ADDRESSES + 2]; /* of every name in .test, up to NULL */
    int error;                                       /* what looking it up comes to */
    bool hang;                                       /* until it is false again */
    unsigned begun, ended;                           /* look-ups of such names */
} names = { .mutex = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER };

typedef int look_up_fn(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static int look_up_table(look_up_fn *system_look_up, const struct addrinfo *hints, struct addrinfo **list)
{
    struct addrinfo numeric = *hints, **end = list;
    size_t i;

    *list = NULL;
    numeric.ai_flags = AI_NUMERICHOST;
    for (i = 0; names.addresses[i] != NULL; i++) {
        if (system_look_up(names.addresses[i], NULL, &numeric, end) != 0) {
            return EAI_FAIL;
        }
        end = &(*end)->ai_next;
    }
    return *list == NULL ? EAI_NONAME : 0;
}

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **list)
{
    static look_up_fn *system_look_up;
    size_t len = strlen(host);
    int err;

    if (system_look_up == NULL) {
        *(void **)&system_look_up = dlsym(RTLD_NEXT, "getaddrinfo");
    }
    if (len < 5 || strcmp(host + len - 5, ".test") != 0 || (hints->ai_flags & AI_NUMERICHOST) != 0) {
        return system_look_up(host, service, hints, list);
    }
    pthread_mutex_lock(&names.mutex);
    names.begun++;
    while (names.hang) {
        pthread_cond_wait(&names.cond, &names.mutex);
    }
    err = names.error != 0 ? names.error : look_up_table(system_look_up, hints, list);
    names.ended++;
    pthread_cond_broadcast(&names.cond);
    pthread_mutex_unlock(&names.mutex);
    return err;
}

#define ADDRESSES(...) set_addresses((const char *[]){ __VA_ARGS__, NULL })

static void set_addresses(const char **addresses)
{
    size_t i;

    for (i = 0; addresses[i] != NULL; i++) {
        names.addresses[i] = addresses[i];
    }
    names.addresses[i] = NULL;
}

/* A look-up that was left behind may have files open for a moment. */
static void await_look_ups(void)
{
    pthread_mutex_lock(&names.mutex);
    while (names.ended < names.begun) {
        pthread_cond_wait(&names.cond, &names.mutex);
    }
    pthread_mutex_unlock(&names.mutex);
}

static void set_hang(bool hang)
{
    pthread_mutex_lock(&names.mutex);
    names.hang = hang;
    pthread_cond_broadcast(&names.cond);
    pthread_mutex_unlock(&names.mutex);
}

/* --- entropy -------------------------------------------------------------------------------------------- */

static bool no_getrandom;

ssize_t getrandom(void *buf, size_t len, unsigned flags)
{
    if (no_getrandom) {
        errno = ENOSYS;
        return -1;
    }
    return syscall(SYS_getrandom, buf, len, flags);
}

/* --- the other end -------------------------------------------------------------------------------------- */

static int listeners[16], fillers[16], listeners_len, fillers_len;

static socklen_t make_address(struct sockaddr_storage *to, const char *text, uint16_t tcp_port)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    memset(to, 0, sizeof *to);
    memset(&v4, 0, sizeof v4);
    memset(&v6, 0, sizeof v6);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(tcp_port);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(tcp_port);
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        memcpy(to, &v4, sizeof v4);
        return sizeof v4;
    }
    assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    memcpy(to, &v6, sizeof v6);
    return sizeof v6;
}

/* Listens at `address`, at `*tcp_port` or, where that is 0, at one that is then put there. */
static int listen_at(const char *address, uint16_t *tcp_port, int backlog)
{
    struct sockaddr_storage to;
    socklen_t len = make_address(&to, address, *tcp_port), size = sizeof to;
    int fd = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (to.ss_family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    }
    assert_int_equal(bind(fd, (struct sockaddr *)&to, len), 0);
    assert_int_equal(listen(fd, backlog), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&to, &size), 0);
    *tcp_port = ntohs(to.ss_family == AF_INET ? ((struct sockaddr_in *)(void *)&to)->sin_port
                                              : ((struct sockaddr_in6 *)(void *)&to)->sin6_port);
    listeners[listeners_len++] = fd;
    return fd;
}

/* Makes `address` one that never answers: its queue is full, so that Linux drops what asks to connect. */
static void block_at(const char *address, uint16_t *tcp_port)
{
    struct sockaddr_storage to;
    socklen_t len;
    int i;

    listen_at(address, tcp_port, 0);
    len = make_address(&to, address, *tcp_port);
    for (i = 0; i < 2; i++) {
        int fd = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        assert_true(fd >= 0);
        (void)!connect(fd, (struct sockaddr *)&to, len);
        fillers[fillers_len++] = fd;
    }
    usleep(20000);
}

/* A port at which nothing listens. */
static uint16_t closed_port(const char *address)
{
    uint16_t tcp_port = 0;
    int fd = listen_at(address, &tcp_port, 1);

    close(fd);
    listeners_len--;
    return tcp_port;
}

static int accept_one(int listener)
{
    int fd = accept(listener, NULL, NULL);

    assert_true(fd >= 0);
    return fd;
}

static void reset_connection(int fd)
{
    struct linger at_once = { 1, 0 };

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}

static int count_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;

    assert_non_null(dir);
    while (readdir(dir) != NULL) {
        n++;
    }
    closedir(dir);
    return n;
}

static uint32_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)(now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

static int fds_before;

static int set_up(void **state)
{
    (void)state;
    memset(&posix, 0, sizeof posix);
    memset(names.addresses, 0, sizeof names.addresses);
    names.error = 0;
    fds_before = count_fds();
    return 0;
}

/* Whatever a test did: when its own sockets are gone, nothing of the port's may be left. */
static int tear_down(void **state)
{
    (void)state;
    while (listeners_len > 0) {
        close(listeners[--listeners_len]);
    }
    while (fillers_len > 0) {
        close(fillers[--fillers_len]);
    }
    set_hang(false);
    await_look_ups();
    if (count_fds() != fds_before) {
        print_error("%d file descriptors before, %d after\n", fds_before, count_fds());
        return -1;
    }
    return 0;
}

/* The two ends of a connection through the port. */
struct pair {
    int peer;
};

static struct pair connect_pair(void)
{
    struct pair pair;
    uint16_t tcp_port = 0;
    int listener = listen_at("127.0.0.1", &tcp_port, 5);

    assert_int_equal(port.connect(port.ctx, "127.0.0.1", tcp_port, 5000), ANGO_OK);
    pair.peer = accept_one(listener);
    return pair;
}

static void close_pair(struct pair *pair)
{
    port.close(port.ctx);
    close(pair->peer);
}

/* Calls connect until it is done. */
static int connect_all(const char *host, uint16_t tcp_port, uint32_t slice_ms)
{
    uint32_t start = now_ms();
    int err;

    do {
        err = port.connect(port.ctx, host, tcp_port, slice_ms);
        assert_true(now_ms() - start < 10000);
    } while (err == ANGO_E_WAIT);
    return err;
}

#define ASSERT_WITHIN(start, wait_ms) assert_in_range(now_ms() - (start), 0, (wait_ms) + SLACK_MS)
/* The contract lets a call return early; that would be a busy loop, though, where nothing happens. */
#define ASSERT_WAITED(start, wait_ms) assert_in_range(now_ms() - (start), (wait_ms)-5, (wait_ms) + SLACK_MS)

/* --- clock, time, entropy ------------------------------------------------------------------------------- */

static void test_entropy_fills_exactly_what_was_asked(void **state)
{
    size_t len, i;

    (void)state;
    for (len = 1; len <= 64; len++) {
        uint8_t buf[66], seen[66] = { 0 };
        int round;
        for (round = 0; round < 16; round++) {
            memset(buf, 0xA5, sizeof buf);
            assert_int_equal(port.entropy(port.ctx, buf + 1, len), ANGO_OK);
            assert_int_equal(buf[0], 0xA5);
            assert_int_equal(buf[len + 1], 0xA5);
            for (i = 1; i <= len; i++) {
                seen[i] |= (uint8_t)(buf[i] ^ 0xA5);
            }
        }
        for (i = 1; i <= len; i++) {
            assert_int_not_equal(seen[i], 0); /* a byte never written stays 0xA5 in all rounds */
        }
    }
}

static void test_entropy_does_not_repeat_itself(void **state)
{
    uint8_t bufs[64][16];
    size_t i, j;

    (void)state;
    for (i = 0; i < 64; i++) {
        assert_int_equal(port.entropy(port.ctx, bufs[i], sizeof bufs[i]), ANGO_OK);
        for (j = 0; j < i; j++) {
            assert_memory_not_equal(bufs[i], bufs[j], sizeof bufs[i]);
        }
    }
}

/* --- connect -------------------------------------------------------------------------------------------- */

static void check_connects(const char *host, const char *listen_address)
{
    uint16_t tcp_port = 0;
    int listener = listen_at(listen_address, &tcp_port, 5), peer;
    uint8_t byte = 0;

    assert_int_equal(connect_all(host, tcp_port, 5000), ANGO_OK);
    peer = accept_one(listener);
    assert_int_equal(port.send(port.ctx, (const uint8_t *)"x", 1, 1000), 1);
    assert_int_equal(read(peer, &byte, 1), 1);
    assert_int_equal(byte, 'x');
    port.close(port.ctx);
    close(peer);
}

static void test_connects_to_numeric_addresses(void **state)
{
    (void)state;
    check_connects("127.0.0.1", "127.0.0.1");
    check_connects("::1", "::1");
}

static void test_refused_is_a_failure_that_leaves_nothing(void **state)
{
    uint16_t tcp_port = closed_port("127.0.0.1");
    uint32_t start = now_ms();

    (void)state;
    assert_int_equal(connect_all("127.0.0.1", tcp_port, 5000), ANGO_E_NET);
    ASSERT_WITHIN(start, 0);
    assert_int_equal(count_fds(), fds_before);
    assert_int_equal(connect_all("127.0.0.1", tcp_port, 0), ANGO_E_NET);
    assert_int_equal(count_fds(), fds_before);
    check_connects("127.0.0.1", "127.0.0.1"); /* and the port can be used again */
}

static void test_unknown_name_is_a_failure_that_leaves_nothing(void **state)
{
    (void)state;
    names.error = EAI_NONAME;
    assert_int_equal(connect_all("nobody.test", 443, 5000), ANGO_E_RESOLVE);
    assert_int_equal(count_fds(), fds_before);
    names.error = EAI_AGAIN;
    assert_int_equal(connect_all("nobody.test", 443, 0), ANGO_E_RESOLVE);
    assert_int_equal(count_fds(), fds_before);
    names.error = 0;
    check_connects("127.0.0.1", "127.0.0.1");
}

static void test_connect_waits_no_longer_than_told(void **state)
{
    uint16_t tcp_port = 0;
    uint32_t start;
    int i;

    (void)state;
    block_at("127.0.0.1", &tcp_port);
    start = now_ms();
    for (i = 0; i < 50; i++) {
        assert_int_equal(port.connect(port.ctx, "127.0.0.1", tcp_port, 0), ANGO_E_WAIT);
    }
    ASSERT_WITHIN(start, 0);
    start = now_ms();
    assert_int_equal(port.connect(port.ctx, "127.0.0.1", tcp_port, 200), ANGO_E_WAIT);
    ASSERT_WAITED(start, 200);
    port.close(port.ctx);
    assert_int_equal(count_fds(), fds_before + 3); /* ours: one listens, two fill its queue */
}

static void test_resolving_waits_no_longer_than_told(void **state)
{
    uint32_t start = now_ms();
    int i;

    (void)state;
    ADDRESSES("127.0.0.1");
    set_hang(true);
    for (i = 0; i < 50; i++) {
        assert_int_equal(port.connect(port.ctx, "slow.test", 443, 0), ANGO_E_WAIT);
    }
    ASSERT_WITHIN(start, 0);
    start = now_ms();
    assert_int_equal(port.connect(port.ctx, "slow.test", 443, 200), ANGO_E_WAIT);
    ASSERT_WAITED(start, 200);
    port.close(port.ctx);
    set_hang(false);
}

static void test_resolver_that_hangs_is_left_behind(void **state)
{
    unsigned begun, ended, asked;
    int i;

    (void)state;
    pthread_mutex_lock(&names.mutex);
    begun = names.begun;
    ended = names.ended;
    pthread_mutex_unlock(&names.mutex);
    ADDRESSES("127.0.0.1");
    set_hang(true);
    for (i = 0; i < 3; i++) {
        assert_int_equal(port.connect(port.ctx, "slow.test", 443, 20), ANGO_E_WAIT);
        port.close(port.ctx);
        assert_int_equal(count_fds(), fds_before);
    }
    check_connects("127.0.0.1", "127.0.0.1"); /* meanwhile */
    set_hang(false);
    pthread_mutex_lock(&names.mutex);
    while ((asked = names.begun) < begun + 3 || names.ended < ended + 3) {
        pthread_cond_wait(&names.cond, &names.mutex);
    }
    pthread_mutex_unlock(&names.mutex);
    assert_int_equal(asked, begun + 3);
    usleep(50000); /* the threads free what they held, which a leak checker sees */
}

static void *let_resolve_later(void *arg)
{
    (void)arg;
    usleep(150000);
    set_hang(false);
    return NULL;
}

static void test_the_longest_wait_ends_when_connected(void **state)
{
    uint16_t tcp_port = 0;
    uint32_t start = now_ms();
    pthread_t thread;

    (void)state;
    listen_at("127.0.0.1", &tcp_port, 5);
    ADDRESSES("127.0.0.1");
    set_hang(true);
    assert_int_equal(pthread_create(&thread, NULL, let_resolve_later, NULL), 0);
    assert_int_equal(connect_all("slow.test", tcp_port, UINT32_MAX), ANGO_OK);
    ASSERT_WITHIN(start, 150);
    pthread_join(thread, NULL);
    port.close(port.ctx);
}

static void test_close_while_connecting_releases_everything(void **state)
{
    uint16_t tcp_port = 0;

    (void)state;
    block_at("127.0.0.1", &tcp_port);
    block_at("127.0.0.2", &tcp_port);
    ADDRESSES("127.0.0.1", "127.0.0.2");
    assert_int_equal(port.connect(port.ctx, "both.test", tcp_port, 400), ANGO_E_WAIT);
    assert_int_equal(count_fds(), fds_before + 6 + 2);
    port.close(port.ctx);
    assert_int_equal(count_fds(), fds_before + 6);
    check_connects("127.0.0.1", "127.0.0.1");
}

static void test_a_hundred_connections_leave_nothing(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < 100; i++) {
        struct pair pair = connect_pair();
        close_pair(&pair);
        close(listeners[--listeners_len]);
        assert_int_equal(count_fds(), fds_before);
    }
}

/* --- send and recv -------------------------------------------------------------------------------------- */

static void test_recv_waits_no_longer_than_told(void **state)
{
    struct pair pair = connect_pair();
    uint8_t buf[64];
    uint32_t start = now_ms();
    int i;

    (void)state;
    for (i = 0; i < 50; i++) {
        assert_int_equal(port.recv(port.ctx, buf, sizeof buf, 0), ANGO_E_WAIT);
    }
    ASSERT_WITHIN(start, 0);
    start = now_ms();
    assert_int_equal(port.recv(port.ctx, buf, sizeof buf, 200), ANGO_E_WAIT);
    ASSERT_WAITED(start, 200);
    close_pair(&pair);
}

static uint8_t pattern(size_t i)
{
    return (uint8_t)(i * 7u + (i >> 8));
}

/* Sends until nothing more is taken, not even a single byte; the number of bytes that were. */
static size_t fill_up(size_t sent)
{
    static uint8_t data[32767];
    size_t i, start = sent, len = sizeof data;
    bool settled = false;

    for (;;) {
        int n;
        for (i = 0; i < len; i++) {
            data[i] = pattern(sent + i);
        }
        n = port.send(port.ctx, data, len, 0);
        if (n == ANGO_E_WAIT && len > 1) {
            len = 1;
        } else if (n == ANGO_E_WAIT && settled) {
            return sent - start;
        } else if (n == ANGO_E_WAIT) {
            usleep(300000); /* acknowledgements still under way make a little room */
            settled = true;
            len = sizeof data;
        } else {
            assert_in_range(n, 1, len);
            sent += (size_t)n;
            settled = false;
        }
        assert_true(sent - start < (64u << 20));
    }
}

/* Whatever the sizes asked for, and whatever the port keeps back: each byte once, in order, and none for the next. */
static void test_recv_in_pieces_of_any_size(void **state)
{
    static const size_t sizes[] = { 5, 1, 1023, 1024, 1, 2000, 5, 3, 1025, 700 };
    uint8_t sent[6000], got[6000];
    struct pair pair = connect_pair();
    size_t len = 0;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof sent; i++)
        sent[i] = (uint8_t)(i * 31 + (i >> 8));
    assert_int_equal(write(pair.peer, sent, sizeof sent), sizeof sent);
    for (i = 0; len < sizeof sent - 1; i++) {
        size_t cap = sizes[i % (sizeof sizes / sizeof sizes[0])];
        int n = port.recv(port.ctx, got + len, cap < sizeof sent - 1 - len ? cap : sizeof sent - 1 - len, 1000);

        assert_in_range(n, 1, cap);
        len += (size_t)n;
    }
    assert_memory_equal(got, sent, len);
    close_pair(&pair); /* with a byte left */
    pair = connect_pair();
    assert_int_equal(port.recv(port.ctx, got, 1, 0), ANGO_E_WAIT);
    assert_int_equal(write(pair.peer, "a", 1), 1);
    assert_int_equal(port.recv(port.ctx, got, sizeof got, 1000), 1);
    assert_int_equal(got[0], 'a');
    close_pair(&pair);
}

static volatile sig_atomic_t pipes_broken;

static void count_signal(int number)
{
    pipes_broken += number == SIGPIPE;
}

static void watch_signal(int number)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = count_signal; /* without SA_RESTART */
    sigaction(number, &action, NULL);
}

static void test_reset_is_an_error_and_no_signal(void **state)
{
    struct pair pair = connect_pair();
    uint8_t buf[16];

    (void)state;
    watch_signal(SIGPIPE);
    reset_connection(pair.peer);
    assert_int_equal(port.recv(port.ctx, buf, sizeof buf, 1000), ANGO_E_NET);
    assert_int_equal(port.send(port.ctx, (const uint8_t *)"x", 1, 1000), ANGO_E_NET);
    assert_int_equal(pipes_broken, 0);
    port.close(port.ctx);
    signal(SIGPIPE, SIG_DFL);
}

static void test_sending_to_a_closed_peer_is_an_error_and_no_signal(void **state)
{
    struct pair pair = connect_pair();
    uint32_t start = now_ms();
    int n;

    (void)state;
    watch_signal(SIGPIPE);
    close(pair.peer);
    do { /* the first bytes may well be taken: it is the answer to them that tells */
        n = port.send(port.ctx, (const uint8_t *)"x", 1, 10);
        assert_true(now_ms() - start < 5000);
        usleep(1000);
    } while (n == 1 || n == ANGO_E_WAIT);
    assert_int_equal(n, ANGO_E_NET);
    assert_int_equal(pipes_broken, 0);
    port.close(port.ctx);
    signal(SIGPIPE, SIG_DFL);
}

static void test_close_does_not_wait_for_the_peer(void **state)
{
    struct pair pair = connect_pair();
    uint32_t start;

    (void)state;
    fill_up(0); /* which the peer does not read */
    assert_int_equal(write(pair.peer, "unread", 6), 6);
    start = now_ms();
    port.close(port.ctx);
    ASSERT_WITHIN(start, 0);
    close(pair.peer);
}

static void test_signals_do_not_disturb(void **state)
{
    struct itimerval often = { { 0, 5000 }, { 0, 5000 } }, never;
    struct pair pair;
    uint8_t buf[16];
    uint16_t tcp_port = 0;
    uint32_t start;

    (void)state;
    memset(&never, 0, sizeof never);
    block_at("127.0.0.1", &tcp_port);
    watch_signal(SIGALRM);
    setitimer(ITIMER_REAL, &often, NULL);

    start = now_ms();
    assert_int_equal(port.connect(port.ctx, "127.0.0.1", tcp_port, 200), ANGO_E_WAIT);
    ASSERT_WAITED(start, 200);
    port.close(port.ctx);

    set_hang(true);
    ADDRESSES("127.0.0.1");
    start = now_ms();
    assert_int_equal(port.connect(port.ctx, "slow.test", tcp_port, 200), ANGO_E_WAIT);
    ASSERT_WAITED(start, 200);
    port.close(port.ctx);
    set_hang(false);

    pair = connect_pair();
    start = now_ms();
    assert_int_equal(port.recv(port.ctx, buf, sizeof buf, 200), ANGO_E_WAIT);
    ASSERT_WAITED(start, 200);
    setitimer(ITIMER_REAL, &never, NULL);
    fill_up(0);
    setitimer(ITIMER_REAL, &often, NULL);
    start = now_ms();
    assert_int_equal(port.send(port.ctx, buf, 1, 200), ANGO_E_WAIT);
    ASSERT_WAITED(start, 200);
    setitimer(ITIMER_REAL, &never, NULL);
    signal(SIGALRM, SIG_DFL);
    close_pair(&pair);
}

/* --- what ango_posix.h promises beyond ------------------------------------------------------------------ */

static void test_posix_says_what_the_system_said(void **state)
{
    (void)state;
    assert_int_equal(connect_all("127.0.0.1", closed_port("127.0.0.1"), 1000), ANGO_E_NET);
    assert_int_equal(posix.system_error, ECONNREFUSED);
    assert_string_equal(posix.peer, "127.0.0.1");
    names.error = EAI_AGAIN;
    assert_int_equal(connect_all("nobody.test", 443, 1000), ANGO_E_RESOLVE);
    assert_int_equal(posix.resolver_error, EAI_AGAIN);
    names.error = 0;
    check_connects("::1", "::1");
    assert_int_equal(posix.system_error, 0);
    assert_int_equal(posix.resolver_error, 0);
    assert_string_equal(posix.peer, "::1");
}

static void test_posix_socket_options(void **state)
{
    struct pair pair = connect_pair();
    int on = 0;
    socklen_t size = sizeof on;

    (void)state;
    assert_int_equal(getsockopt(posix.fd, IPPROTO_TCP, TCP_NODELAY, &on, &size), 0);
    assert_int_not_equal(on, 0);
    assert_true((fcntl(posix.fd, F_GETFD) & FD_CLOEXEC) != 0);
    close_pair(&pair);
}

static void test_posix_tries_the_other_family(void **state)
{
    (void)state;
    ADDRESSES("::1", "127.0.0.1");
    check_connects("both.test", "127.0.0.1");
    check_connects("both.test", "::1");
    ADDRESSES("127.0.0.1", "::1");
    check_connects("both.test", "127.0.0.1");
    check_connects("both.test", "::1");
}

static void test_posix_tries_every_address_that_is_refused(void **state)
{
    uint32_t start = now_ms();

    (void)state;
    ADDRESSES("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6", "127.0.0.7", "127.0.0.8", "127.0.0.1");
    check_connects("many.test", "127.0.0.1");
    assert_int_equal(posix.addresses_tried, 8);
    ASSERT_WITHIN(start, 0); /* the next one at once, not after 250 ms */
    assert_int_equal(connect_all("many.test", closed_port("127.0.0.1"), 5000), ANGO_E_NET);
    assert_int_equal(posix.addresses_tried, 8);
}

static void test_posix_does_not_wait_for_an_address_that_is_silent(void **state)
{
    uint16_t tcp_port = 0;
    uint32_t start;

    (void)state;
    block_at("127.0.0.2", &tcp_port);
    listen_at("127.0.0.1", &tcp_port, 5);
    ADDRESSES("127.0.0.2", "127.0.0.1");
    start = now_ms();
    assert_int_equal(connect_all("both.test", tcp_port, 5000), ANGO_OK);
    assert_in_range(now_ms() - start, 245, 250 + SLACK_MS);
    assert_string_equal(posix.peer, "127.0.0.1");
    assert_int_equal(count_fds(), fds_before + 4 + 1); /* the loser is closed */
    port.close(port.ctx);
    start = now_ms();
    assert_int_equal(connect_all("both.test", tcp_port, 0), ANGO_OK); /* the same without waiting */
    assert_in_range(now_ms() - start, 245, 250 + SLACK_MS);
    port.close(port.ctx);
}

static void test_posix_families_take_turns(void **state)
{
    uint16_t tcp_port = 0;

    (void)state;
    block_at("127.0.0.2", &tcp_port);
    block_at("127.0.0.3", &tcp_port);
    listen_at("::1", &tcp_port, 5);
    ADDRESSES("127.0.0.2", "127.0.0.3", "127.0.0.4", "::1");
    assert_int_equal(connect_all("many.test", tcp_port, 5000), ANGO_OK);
    assert_string_equal(posix.peer, "::1");
    assert_int_equal(posix.addresses_tried, 2);
    port.close(port.ctx);
}

static void test_posix_four_at_a_time_and_none_left_out(void **state)
{
    static const char *const silent[] = { "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6" };
    uint16_t tcp_port = 0;
    uint32_t start;
    int ours, err, most = 0;
    size_t i;

    (void)state;
    for (i = 0; i < 5; i++) {
        block_at(silent[i], &tcp_port);
    }
    listen_at("127.0.0.1", &tcp_port, 5);
    ADDRESSES("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6", "127.0.0.1");
    ours = count_fds();
    start = now_ms();
    do {
        int now;
        err = port.connect(port.ctx, "many.test", tcp_port, 50);
        now = count_fds() - ours;
        most = now > most ? now : most;
    } while (err == ANGO_E_WAIT);
    assert_int_equal(err, ANGO_OK);
    assert_string_equal(posix.peer, "127.0.0.1");
    assert_int_equal(most, 4);
    /* Two of the four had their 3 s each, and gave way. */
    assert_in_range(now_ms() - start, 3245, 3250 + SLACK_MS);
    port.close(port.ctx);
}

static void test_posix_more_addresses_than_there_is_room_for(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < ANGO_POSIX_ADDRESSES + 1; i++) {
        names.addresses[i] = "127.0.0.1";
    }
    assert_int_equal(connect_all("many.test", closed_port("127.0.0.1"), 5000), ANGO_E_NET);
    assert_int_equal(posix.addresses_tried, ANGO_POSIX_ADDRESSES);
}

/* Leaves no room for a further file descriptor. */
static void take_all_fds(struct rlimit *before)
{
    struct rlimit none;

    getrlimit(RLIMIT_NOFILE, before);
    none = *before;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_NOFILE, &none);
}

static void test_posix_without_file_descriptors(void **state)
{
    struct rlimit before;
    uint8_t buf[16];
    int err, without;

    (void)state;
    take_all_fds(&before);
    err = port.connect(port.ctx, "127.0.0.1", 443, 0);
    no_getrandom = true;
    without = port.entropy(port.ctx, buf, sizeof buf);
    no_getrandom = false;
    setrlimit(RLIMIT_NOFILE, &before);
    assert_int_equal(err, ANGO_E_NET);
    assert_int_equal(posix.system_error, EMFILE);
    assert_int_equal(without, ANGO_E_ENTROPY);
    check_connects("127.0.0.1", "127.0.0.1");
}

static void test_posix_entropy_without_getrandom(void **state)
{
    no_getrandom = true;
    test_entropy_fills_exactly_what_was_asked(state);
    test_entropy_does_not_repeat_itself(state);
    no_getrandom = false;
}

static void test_posix_calls_at_the_wrong_time(void **state)
{
    struct pair pair;
    uint8_t byte = 0;

    (void)state;
    assert_int_equal(port.send(port.ctx, &byte, 1, 0), ANGO_E_ARG);
    assert_int_equal(port.recv(port.ctx, &byte, 1, 0), ANGO_E_ARG);
    port.close(port.ctx);
    pair = connect_pair();
    assert_int_equal(port.connect(port.ctx, "127.0.0.1", 1, 0), ANGO_E_ARG);
    close_pair(&pair);
    port.close(port.ctx);
}

/* --- the template --------------------------------------------------------------------------------------- */

static void test_template_refuses(void **state)
{
    const struct ango_port *t = &template_port;
    uint8_t buf[64];
    uint32_t start = now_ms();

    (void)state;
    assert_false(t->secure);
    assert_int_equal(t->connect(t->ctx, "127.0.0.1", 443, 0), ANGO_E_NET);
    assert_int_equal(t->connect(t->ctx, "127.0.0.1", 443, UINT32_MAX), ANGO_E_NET);
    assert_int_equal(t->send(t->ctx, buf, sizeof buf, UINT32_MAX), ANGO_E_NET);
    assert_int_equal(t->recv(t->ctx, buf, sizeof buf, UINT32_MAX), ANGO_E_NET);
    t->close(t->ctx);
    assert_int_equal(t->entropy(t->ctx, buf, sizeof buf), ANGO_E_ENTROPY);
    assert_int_equal(t->time(t->ctx), 0);
    assert_int_equal(t->clock_ms(t->ctx), 0);
    ASSERT_WITHIN(start, 0);
    assert_int_equal(count_fds(), fds_before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_entropy_fills_exactly_what_was_asked),
        TEST(test_entropy_does_not_repeat_itself),
        TEST(test_connects_to_numeric_addresses),
        TEST(test_refused_is_a_failure_that_leaves_nothing),
        TEST(test_unknown_name_is_a_failure_that_leaves_nothing),
        TEST(test_connect_waits_no_longer_than_told),
        TEST(test_resolving_waits_no_longer_than_told),
        TEST(test_resolver_that_hangs_is_left_behind),
        TEST(test_the_longest_wait_ends_when_connected),
        TEST(test_close_while_connecting_releases_everything),
        TEST(test_a_hundred_connections_leave_nothing),
        TEST(test_recv_waits_no_longer_than_told),
        TEST(test_recv_in_pieces_of_any_size),
        TEST(test_reset_is_an_error_and_no_signal),
        TEST(test_sending_to_a_closed_peer_is_an_error_and_no_signal),
        TEST(test_close_does_not_wait_for_the_peer),
        TEST(test_signals_do_not_disturb),
        TEST(test_posix_says_what_the_system_said),
        TEST(test_posix_socket_options),
        TEST(test_posix_tries_the_other_family),
        TEST(test_posix_tries_every_address_that_is_refused),
        TEST(test_posix_does_not_wait_for_an_address_that_is_silent),
        TEST(test_posix_families_take_turns),
        TEST(test_posix_four_at_a_time_and_none_left_out),
        TEST(test_posix_more_addresses_than_there_is_room_for),
        TEST(test_posix_without_file_descriptors),
        TEST(test_posix_entropy_without_getrandom),
        TEST(test_posix_calls_at_the_wrong_time),
        TEST(test_template_refuses),
    };

    return cmocka_run_group_tests_name("port", tests, NULL, NULL);
}
