#define _DEFAULT_SOURCE /* flock */
#define _POSIX_C_SOURCE 200809L

#include "ango_posix_outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 4096u
#define PATH_CAP 4096u

static int fail(struct ango_posix_outbox *file, int system_error)
{
    file->system_error = system_error;
    return ANGO_E_STORAGE;
}

/* --- the storage ------------------------------------------------------------------------------------------ */

static int file_read(void *ctx, uint32_t at, uint8_t *buf, size_t len)
{
    struct ango_posix_outbox *file = (struct ango_posix_outbox *)ctx;
    ssize_t n;

    do
        n = pread(file->fd, buf, len, (off_t)at);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)len ? ANGO_OK : fail(file, n < 0 ? errno : EIO);
}

static int file_write(void *ctx, uint32_t at, const uint8_t *data, size_t len)
{
    struct ango_posix_outbox *file = (struct ango_posix_outbox *)ctx;

    while (len > 0) {
        ssize_t n = pwrite(file->fd, data, len, (off_t)at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail(file, n < 0 ? errno : EIO);
        data += n;
        at += (uint32_t)n;
        len -= (size_t)n;
    }
    return ANGO_OK;
}

static int file_erase(void *ctx, uint32_t at)
{
    static const uint8_t erased[BLOCK];

    return file_write(ctx, at, erased, sizeof erased);
}

/*
 * What the system could not write it takes for written, and goes on showing; no later sync writes it. Whoever opens the file next must
 * find what is on the disk instead.
 */
static void forget_cache(int fd)
{
#ifdef POSIX_FADV_DONTNEED
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
#else
    (void)fd;
#endif
}

static int file_sync(void *ctx)
{
    struct ango_posix_outbox *file = (struct ango_posix_outbox *)ctx;

    if (file->failed)
        return ANGO_E_STORAGE;
    if (fdatasync(file->fd) == 0)
        return ANGO_OK;
    file->failed = true;
    (void)fail(file, errno);
    forget_cache(file->fd);
    return ANGO_E_STORAGE;
}

/* --- opening ---------------------------------------------------------------------------------------------- */

/* So that the file's name is on the disk, too. */
static int sync_folder(struct ango_posix_outbox *file, const char *path)
{
    char copy[PATH_CAP];
    int fd, err;

    if (strlen(path) >= sizeof copy)
        return fail(file, ENAMETOOLONG);
    memcpy(copy, path, strlen(path) + 1);
    fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fail(file, errno);
    err = fsync(fd) == 0 ? ANGO_OK : fail(file, errno);
    (void)close(fd);
    return err;
}

/* It is locked: gives it its size. */
static int make_whole(struct ango_posix_outbox *file, const char *path, uint32_t *size)
{
    struct stat status;
    int error;

    if (fstat(file->fd, &status) != 0)
        return fail(file, errno);
    if (!S_ISREG(status.st_mode) || status.st_size > (off_t)ANGO_POSIX_OUTBOX_MAX)
        return fail(file, EINVAL);
    if (status.st_size >= (off_t)ANGO_POSIX_OUTBOX_MIN && status.st_size % (off_t)(2 * BLOCK) == 0) {
        *size = (uint32_t)status.st_size;
        return ANGO_OK;
    }
    if (status.st_size > (off_t)*size)
        return fail(file, EINVAL);
    error = posix_fallocate(file->fd, 0, (off_t)*size);
    if (error != 0 || fsync(file->fd) != 0)
        return fail(file, error != 0 ? error : errno);
    return sync_folder(file, path);
}

static int lock(struct ango_posix_outbox *file)
{
    if (flock(file->fd, LOCK_EX | LOCK_NB) == 0)
        return ANGO_OK;
    (void)fail(file, errno);
    return errno == EWOULDBLOCK ? ANGO_E_FULL : ANGO_E_STORAGE;
}

int ango_posix_outbox_open(struct ango_posix_outbox *file, const char *path, uint32_t size)
{
    int err;

    if (file == NULL || path == NULL || size < ANGO_POSIX_OUTBOX_MIN || size > ANGO_POSIX_OUTBOX_MAX
        || size % (2 * BLOCK) != 0)
        return ANGO_E_ARG;
    memset(file, 0, sizeof *file);
    file->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, S_IRUSR | S_IWUSR);
    if (file->fd < 0)
        return fail(file, errno);
    err = lock(file);
    if (err == ANGO_OK)
        err = make_whole(file, path, &size);
    if (err != ANGO_OK) {
        ango_posix_outbox_close(file);
        return err;
    }
    file->storage.ctx = file;
    file->storage.read = file_read;
    file->storage.prog = file_write;
    file->storage.erase = file_erase;
    file->storage.sync = file_sync;
    file->storage.block_size = BLOCK;
    file->storage.block_count = size / BLOCK;
    file->storage.prog_size = 8;
    file->storage.erased = 0;
    return ANGO_OK;
}

void ango_posix_outbox_close(struct ango_posix_outbox *file)
{
    if (file == NULL || file->fd < 0)
        return;
    (void)close(file->fd);
    file->fd = -1;
}
