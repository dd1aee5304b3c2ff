/* The file of --session: a line that says what it is, and a TLS session, which is a secret. */
#define _POSIX_C_SOURCE 200809L

#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[] = "ango TLS session, secret\n"; /* no other file is read, or overwritten */
#define MAGIC_LEN (sizeof magic - 1)

static uint8_t stored[MAGIC_LEN + CLI_SESSION_CAP]; /* as it is in the file */
static size_t stored_len;
static const char not_yours[] = "not a regular file of yours";

static int refuse(const char *why)
{
    cli_say("--session: %s: %s", cli.session_file, why);
    return CLI_USAGE;
}

static const char *look_at(int fd)
{
    struct stat info;

    if (fstat(fd, &info) != 0) {
        return strerror(errno);
    }
    if (!S_ISREG(info.st_mode) || info.st_uid != geteuid()) {
        return not_yours;
    }
    if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return "others may use it, and it holds a secret: 'chmod 600' would keep it to you";
    }
    return NULL;
}

static const char *read_all(int fd)
{
    ssize_t n;

    do {
        n = read(fd, stored + stored_len, sizeof stored - stored_len);
        if (n < 0) {
            return strerror(errno);
        }
        stored_len += (size_t)n;
    } while (n > 0);
    if (stored_len > 0 && (stored_len < MAGIC_LEN || memcmp(stored, magic, MAGIC_LEN) != 0)) {
        return "this is something else, which would be overwritten";
    }
    return NULL;
}

int cli_load_session(uint8_t *session)
{
    int fd = open(cli.session_file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    const char *why;

    if (fd < 0) {
        return errno == ENOENT ? CLI_DONE : refuse(errno == ELOOP ? not_yours : strerror(errno));
    }
    why = look_at(fd);
    if (why == NULL) {
        why = read_all(fd);
    }
    close(fd);
    if (why != NULL) {
        return refuse(why);
    }
    if (stored_len > MAGIC_LEN) {
        memcpy(session, stored + MAGIC_LEN, stored_len - MAGIC_LEN);
    }
    return CLI_DONE;
}

/* Under another name first: a reader, or a power failure, never meets half of it. */
static bool replace(size_t len)
{
    char other[4096];
    int fd, n = snprintf(other, sizeof other, "%s.XXXXXX", cli.session_file);
    bool ok;

    if (n < 0 || (size_t)n >= sizeof other) {
        errno = ENAMETOOLONG;
        return false;
    }
    fd = mkstemp(other); /* its mode is 0600 */
    if (fd < 0) {
        return false;
    }
    ok = write(fd, stored, len) == (ssize_t)len && fsync(fd) == 0;
    ok = close(fd) == 0 && ok && rename(other, cli.session_file) == 0;
    if (!ok) {
        n = errno;
        unlink(other);
        errno = n;
    }
    return ok;
}

void cli_store_session(const uint8_t *session, size_t len)
{
    size_t old_len = stored_len > MAGIC_LEN ? stored_len - MAGIC_LEN : 0;
    bool same = len == 0 && memcmp(session, stored + MAGIC_LEN, old_len) == 0; /* no handshake got so far */

    if (!same && (len != old_len || memcmp(session, stored + MAGIC_LEN, len) != 0)) {
        memcpy(stored, magic, MAGIC_LEN);
        memcpy(stored + MAGIC_LEN, session, len);
        if (!replace(MAGIC_LEN + len)) {
            cli_say("warning: could not write the session to %s: %s", cli.session_file, strerror(errno));
        }
    }
    memset(stored, 0, sizeof stored);
}
