#define _DEFAULT_SOURCE /* SOCK_CLOEXEC and SOCK_NONBLOCK are in POSIX since 2024 only */
#define _POSIX_C_SOURCE 200809L

#include "ango_posix.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/random.h>
#endif

#define NEXT_ADDRESS_MS 250 /* RFC 8305, 5: Connection Attempt Delay */
#define GIVE_WAY_MS 3000    /* with all attempts busy, the oldest makes room for a further address */

enum { IDLE, RESOLVING, CONNECTING, CONNECTED };

/* A name being resolved. The thread and the port both hold it; whoever lets go last frees it. */
struct ango_posix_job {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    bool done;
    bool abandoned;
    int resolver_error;
    int system_error;
    struct ango_posix_address addresses[ANGO_POSIX_ADDRESSES];
    uint8_t addresses_len;
    char host[];
};

uint32_t ango_posix_clock_ms(void *ctx)
{
    struct timespec now = { 0, 0 };

    (void)ctx;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u);
}

int64_t ango_posix_time(void *ctx)
{
    time_t now = time(NULL);

    (void)ctx;
    return now == (time_t)-1 ? 0 : (int64_t)now;
}

static int read_urandom(uint8_t *buf, size_t len)
{
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        return ANGO_E_ENTROPY;
    }
    while (len > 0) {
        ssize_t n = read(fd, buf, len);
        if (n > 0) {
            buf += n;
            len -= (size_t)n;
        } else if (n == 0 || errno != EINTR) {
            break;
        }
    }
    close(fd);
    return len == 0 ? ANGO_OK : ANGO_E_ENTROPY;
}

int ango_posix_entropy(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
#ifdef __linux__
    while (len > 0) {
        ssize_t n = getrandom(buf, len, 0);
        if (n > 0) {
            buf += n;
            len -= (size_t)n;
        } else if (n == 0 || errno != EINTR) {
            break; /* a kernel or a sandbox without the call */
        }
    }
    if (len == 0) {
        return ANGO_OK;
    }
#endif
    return read_urandom(buf, len);
}

/* What is left of `wait_ms` since `start_ms`. */
static uint32_t left(uint32_t start_ms, uint32_t wait_ms)
{
    uint32_t gone = ango_posix_clock_ms(NULL) - start_ms;
    return gone < wait_ms ? wait_ms - gone : 0;
}

static int poll_ms(struct pollfd *fds, size_t len, uint32_t wait_ms)
{
    return poll(fds, (nfds_t)len, wait_ms > INT_MAX ? INT_MAX : (int)wait_ms);
}

/* --- names ---------------------------------------------------------------------------------------------- */

static bool take_address(struct ango_posix_address *address, const struct addrinfo *info)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    memset(address, 0, sizeof *address);
    if (info->ai_family == AF_INET && info->ai_addrlen >= sizeof v4) {
        memcpy(&v4, info->ai_addr, sizeof v4);
        memcpy(address->bytes, &v4.sin_addr, 4);
        return true;
    }
    if (info->ai_family == AF_INET6 && info->ai_addrlen >= sizeof v6) {
        memcpy(&v6, info->ai_addr, sizeof v6);
        memcpy(address->bytes, &v6.sin6_addr, 16);
        address->scope = v6.sin6_scope_id;
        address->v6 = true;
        return true;
    }
    return false;
}

/* Fills `addresses` with those of `host`, in the system's order (RFC 6724), the families taking turns. */
static int look_up(const char *host, int flags, struct ango_posix_address *addresses, uint8_t *len)
{
    struct addrinfo hints, *list = NULL, *next[2];
    size_t turn;
    int err;

    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    *len = 0;
    err = getaddrinfo(host, NULL, &hints, &list);
    if (err != 0) {
        return err;
    }
    next[0] = next[1] = list;
    turn = list != NULL && list->ai_family == AF_INET6;
    while (*len < ANGO_POSIX_ADDRESSES && (next[0] != NULL || next[1] != NULL)) {
        int family = turn ? AF_INET6 : AF_INET;
        while (next[turn] != NULL && next[turn]->ai_family != family) {
            next[turn] = next[turn]->ai_next;
        }
        if (next[turn] != NULL) {
            *len = (uint8_t)(*len + take_address(&addresses[*len], next[turn]));
            next[turn] = next[turn]->ai_next;
        }
        turn ^= 1;
    }
    freeaddrinfo(list);
    return *len > 0 ? 0 : EAI_NONAME;
}

static void free_job(struct ango_posix_job *job)
{
    pthread_cond_destroy(&job->cond);
    pthread_mutex_destroy(&job->mutex);
    free(job);
}

static void *resolve(void *arg)
{
    struct ango_posix_job *job = arg;
    struct ango_posix_address addresses[ANGO_POSIX_ADDRESSES];
    uint8_t len;
    int err = look_up(job->host, 0, addresses, &len);
    int system_error = err == EAI_SYSTEM ? errno : 0;
    bool abandoned;

    pthread_mutex_lock(&job->mutex);
    memcpy(job->addresses, addresses, len * sizeof addresses[0]);
    job->addresses_len = len;
    job->resolver_error = err;
    job->system_error = system_error;
    job->done = true;
    abandoned = job->abandoned;
    pthread_cond_signal(&job->cond);
    pthread_mutex_unlock(&job->mutex);
    if (abandoned) {
        free_job(job);
    }
    return NULL;
}

static struct ango_posix_job *make_job(const char *host)
{
    size_t size = strlen(host) + 1;
    struct ango_posix_job *job = calloc(1, sizeof *job + size);
    pthread_condattr_t attr;

    if (job == NULL) {
        return NULL;
    }
    memcpy(job->host, host, size);
    pthread_mutex_init(&job->mutex, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&job->cond, &attr);
    pthread_condattr_destroy(&attr);
    return job;
}

/* Detached, and deaf to signals: those are for the application's own threads. Returns an errno. */
static int start_thread(struct ango_posix_job *job)
{
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t all, old;
    int err;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    err = pthread_create(&thread, &attr, resolve, job);
    pthread_attr_destroy(&attr);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return err;
}

static void drop_job(struct ango_posix *posix)
{
    struct ango_posix_job *job = posix->job;
    bool done;

    if (job == NULL) {
        return;
    }
    posix->job = NULL;
    pthread_mutex_lock(&job->mutex);
    job->abandoned = true;
    done = job->done;
    pthread_mutex_unlock(&job->mutex);
    if (done) {
        free_job(job);
    }
}

/* True when the job is done, which may take up to `wait_ms`. */
static bool await_job(struct ango_posix_job *job, uint32_t wait_ms)
{
    struct timespec until;
    bool done;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(wait_ms / 1000u);
    until.tv_nsec += (long)(wait_ms % 1000u) * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    pthread_mutex_lock(&job->mutex);
    while (!job->done && wait_ms > 0) {
        if (pthread_cond_timedwait(&job->cond, &job->mutex, &until) != 0) {
            break;
        }
    }
    done = job->done;
    pthread_mutex_unlock(&job->mutex);
    return done;
}

/* --- connecting ----------------------------------------------------------------------------------------- */

static void release(struct ango_posix *posix)
{
    size_t i;

    drop_job(posix);
    for (i = 0; i < posix->attempts_len; i++) {
        close(posix->attempts[i].fd);
    }
    posix->attempts_len = 0;
    if (posix->state == CONNECTED) {
        close(posix->fd);
    }
    posix->state = IDLE;
}

static int fail(struct ango_posix *posix, int error)
{
    release(posix);
    return error;
}

static int begin(struct ango_posix *posix, const char *host)
{
    int err;

    posix->system_error = 0;
    posix->resolver_error = 0;
    posix->peer[0] = '\0';
    posix->addresses_tried = 0;
    if (look_up(host, AI_NUMERICHOST, posix->addresses, &posix->addresses_len) == 0) {
        posix->state = CONNECTING;
        return ANGO_OK;
    }
    posix->job = make_job(host);
    if (posix->job == NULL) {
        posix->system_error = ENOMEM;
        return ANGO_E_NET;
    }
    err = start_thread(posix->job);
    if (err != 0) {
        free_job(posix->job);
        posix->job = NULL;
        posix->system_error = err;
        return ANGO_E_NET;
    }
    posix->state = RESOLVING;
    return ANGO_OK;
}

/* The job is done, so nobody else looks at it. */
static int take_addresses(struct ango_posix *posix)
{
    const struct ango_posix_job *job = posix->job;

    posix->resolver_error = job->resolver_error;
    posix->system_error = job->system_error;
    posix->addresses_len = job->addresses_len;
    memcpy(posix->addresses, job->addresses, sizeof posix->addresses);
    drop_job(posix);
    posix->state = CONNECTING;
    return posix->resolver_error == 0 ? ANGO_OK : ANGO_E_RESOLVE;
}

static void name_peer(struct ango_posix *posix, uint8_t i)
{
    const struct ango_posix_address *address = &posix->addresses[i];
    int family = address->v6 ? AF_INET6 : AF_INET;

    if (inet_ntop(family, address->bytes, posix->peer, sizeof posix->peer) == NULL) {
        posix->peer[0] = '\0';
    }
}

/* Keeps the error that tells most: one of a network that is not there at all says least. */
static void note_failure(struct ango_posix *posix, uint8_t address, int error)
{
    bool says_little = error == ENETUNREACH || error == EAFNOSUPPORT || error == EADDRNOTAVAIL;

    if (posix->system_error == 0 || !says_little) {
        posix->system_error = error;
        name_peer(posix, address);
    }
}

static int open_socket(bool v6)
{
    int on = 1;
    int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd >= 0) {
        /* Without it a request is only slower, so a failure is not looked at. */
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    return fd;
}

static int connect_socket(int fd, const struct ango_posix_address *address, uint16_t port)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (address->v6) {
        memset(&v6, 0, sizeof v6);
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        v6.sin6_scope_id = address->scope;
        memcpy(&v6.sin6_addr, address->bytes, 16);
        return connect(fd, (const struct sockaddr *)&v6, sizeof v6);
    }
    memset(&v4, 0, sizeof v4);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    memcpy(&v4.sin_addr, address->bytes, 4);
    return connect(fd, (const struct sockaddr *)&v4, sizeof v4);
}

static void drop_attempt(struct ango_posix *posix, size_t i)
{
    close(posix->attempts[i].fd);
    posix->attempts_len--;
    memmove(&posix->attempts[i], &posix->attempts[i + 1], (posix->attempts_len - i) * sizeof posix->attempts[0]);
}

/* A connection that is ready at once is found by the next poll like any other. */
static void try_next(struct ango_posix *posix, uint16_t port, uint32_t now_ms)
{
    uint8_t address = posix->addresses_tried++;
    int fd;

    if (posix->attempts_len == ANGO_POSIX_ATTEMPTS) {
        note_failure(posix, posix->attempts[0].address, ETIMEDOUT);
        drop_attempt(posix, 0);
    }
    fd = open_socket(posix->addresses[address].v6);
    if (fd < 0) {
        note_failure(posix, address, errno);
        return;
    }
    if (connect_socket(fd, &posix->addresses[address], port) != 0 && errno != EINPROGRESS && errno != EINTR) {
        note_failure(posix, address, errno);
        close(fd);
        return;
    }
    posix->attempts[posix->attempts_len].fd = fd;
    posix->attempts[posix->attempts_len].started_ms = now_ms;
    posix->attempts[posix->attempts_len].address = address;
    posix->attempts_len++;
}

/* Milliseconds until the next address is to be tried; UINT32_MAX: there is none. */
static uint32_t next_due(const struct ango_posix *posix, uint32_t now_ms)
{
    uint32_t age, delay = NEXT_ADDRESS_MS;
    size_t i = posix->attempts_len;

    if (posix->addresses_tried == posix->addresses_len) {
        return UINT32_MAX;
    }
    if (i == 0) {
        return 0;
    }
    if (i == ANGO_POSIX_ATTEMPTS) {
        i = 1;
        delay = GIVE_WAY_MS;
    }
    age = now_ms - posix->attempts[i - 1].started_ms;
    return age < delay ? delay - age : 0;
}

/* What became of an attempt that poll reported. */
static int attempt_error(int fd)
{
    int error = 0;
    socklen_t size = sizeof error;

    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

static void keep_attempt(struct ango_posix *posix, size_t i)
{
    name_peer(posix, posix->attempts[i].address);
    posix->fd = posix->attempts[i].fd;
    posix->attempts[i].fd = posix->attempts[posix->attempts_len - 1].fd;
    posix->attempts_len--;
    release(posix); /* mutant: posix-losers-open */
    posix->state = CONNECTED;
    posix->system_error = 0;
    posix->ahead_at = posix->ahead_len = 0;
}

/* Keeps the oldest attempt that is connected, or drops those that failed. */
static bool sort_out(struct ango_posix *posix, const struct pollfd *fds)
{
    int errors[ANGO_POSIX_ATTEMPTS] = { 0 };
    size_t i;

    for (i = 0; i < posix->attempts_len; i++) {
        errors[i] = fds[i].revents == 0 ? 0 : attempt_error(fds[i].fd);
        if (fds[i].revents != 0 && errors[i] == 0) {
            keep_attempt(posix, i);
            return true;
        }
    }
    for (i = posix->attempts_len; i-- > 0;) {
        if (errors[i] != 0) {
            note_failure(posix, posix->attempts[i].address, errors[i]);
            drop_attempt(posix, i);
        }
    }
    return false;
}

static int race(struct ango_posix *posix, uint16_t port, uint32_t start_ms, uint32_t wait_ms)
{
    for (;;) {
        struct pollfd fds[ANGO_POSIX_ATTEMPTS];
        uint32_t now_ms = ango_posix_clock_ms(NULL), due_ms, left_ms;
        size_t i;

        while ((due_ms = next_due(posix, now_ms)) == 0) {
            try_next(posix, port, now_ms);
        }
        if (posix->attempts_len == 0) {
            return fail(posix, ANGO_E_NET);
        }
        for (i = 0; i < posix->attempts_len; i++) {
            fds[i].fd = posix->attempts[i].fd;
            fds[i].events = POLLOUT;
            fds[i].revents = 0;
        }
        left_ms = left(start_ms, wait_ms);
        if (due_ms > left_ms) {
            due_ms = left_ms;
        }
        if (poll_ms(fds, posix->attempts_len, due_ms) > 0 && sort_out(posix, fds)) {
            return ANGO_OK;
        }
        if (left_ms == 0 && (posix->attempts_len > 0 || next_due(posix, now_ms) != UINT32_MAX)) {
            return ANGO_E_WAIT;
        }
    }
}

int ango_posix_connect(void *ctx, const char *host, uint16_t port, uint32_t wait_ms)
{
    struct ango_posix *posix = ctx;
    uint32_t start_ms = ango_posix_clock_ms(NULL);
    int err;

    if (posix->state == IDLE) {
        err = begin(posix, host);
        if (err != ANGO_OK) {
            return fail(posix, err);
        }
    }
    if (posix->state == RESOLVING) {
        if (!await_job(posix->job, wait_ms)) {
            return ANGO_E_WAIT;
        }
        err = take_addresses(posix);
        if (err != ANGO_OK) {
            return fail(posix, err);
        }
    }
    return posix->state == CONNECTING ? race(posix, port, start_ms, wait_ms) : ANGO_E_ARG;
}

/* --- connected ------------------------------------------------------------------------------------------ */

static bool would_block(void)
{
#if EAGAIN != EWOULDBLOCK
    if (errno == EWOULDBLOCK) {
        return true;
    }
#endif
    return errno == EAGAIN;
}

/* Whether a call that could not go on is to be tried again, within `wait_ms` since `start_ms`. */
static bool await(struct ango_posix *posix, short events, uint32_t start_ms, uint32_t wait_ms)
{
    struct pollfd poller = { posix->fd, events, 0 };
    uint32_t left_ms = left(start_ms, wait_ms);

    if (left_ms == 0) {
        return false;
    }
    return poll_ms(&poller, 1, left_ms) > 0 || left(start_ms, wait_ms) > 0;
}

int ango_posix_send(void *ctx, const uint8_t *data, size_t len, uint32_t wait_ms)
{
    struct ango_posix *posix = ctx;
    uint32_t start_ms = ango_posix_clock_ms(NULL);

    if (posix->state != CONNECTED || len == 0) {
        return ANGO_E_ARG;
    }
    for (;;) {
        ssize_t n = send(posix->fd, data, len, MSG_NOSIGNAL);
        if (n > 0) {
            return (int)n;
        }
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 && !would_block()) { /* mutant: posix-would-block-fails */
            posix->system_error = errno;
            return ANGO_E_NET;
        }
        if (!await(posix, POLLOUT, start_ms, wait_ms)) {
            return ANGO_E_WAIT;
        }
    }
}

/* Gives out what was received ahead. */
static int take_ahead(struct ango_posix *posix, uint8_t *buf, size_t cap)
{
    size_t n = posix->ahead_len - posix->ahead_at;

    n = n < cap ? n : cap;
    memcpy(buf, posix->ahead + posix->ahead_at, n);
    posix->ahead_at += n; /* mutant: posix-ahead-again */
    return (int)n;
}

int ango_posix_recv(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms)
{
    struct ango_posix *posix = ctx;
    uint32_t start_ms = ango_posix_clock_ms(NULL);

    if (posix->state != CONNECTED || cap == 0) {
        return ANGO_E_ARG;
    }
    if (posix->ahead_at < posix->ahead_len) {
        return take_ahead(posix, buf, cap);
    }
    for (;;) {
        /* A TLS record is read in two pieces, of which the first has 5 bytes: one call does for both. */
        bool small = cap < sizeof posix->ahead;
        ssize_t n = recv(posix->fd, small ? posix->ahead : buf, small ? sizeof posix->ahead : cap, 0);
        if (n > 0 && small) {
            posix->ahead_at = 0;
            posix->ahead_len = (size_t)n;
            return take_ahead(posix, buf, cap);
        }
        if (n >= 0) {
            return (int)n;
        }
        if (errno == EINTR) {
            continue;
        }
        if (!would_block()) {
            posix->system_error = errno;
            return ANGO_E_NET;
        }
        if (!await(posix, POLLIN, start_ms, wait_ms)) {
            return ANGO_E_WAIT;
        }
    }
}

void ango_posix_close(void *ctx)
{
    release(ctx);
}
