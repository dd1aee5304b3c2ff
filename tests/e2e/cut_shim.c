/*
 * Loaded before libc (LD_PRELOAD) by tests of a command that writes files: ends the process at its n-th call that writes, or lets that
 * call fail; and remembers what a cut of the power would leave of it. Linux.
 *
 *   CUT_AT=N        the call, from 1 on; none: all go through
 *   CUT_HALF=1      half of what is to be written still is
 *   CUT_ERROR=E     in place of the end: the call fails with this errno; later ones go through
 *   CUT_SAFE=FOLDER what is synced: "ino-N", a copy of the file with this inode number as it was when it was last synced, and
 *                   "names": inode number and name of each entry of the folder that was last synced, a line for each
 *   CUT_COUNT=FILE  gets the number of calls, if the process comes to its end
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_CAP 4096

static long calls;

static long number(const char *name)
{
    const char *text = getenv(name);

    return text != NULL ? strtol(text, NULL, 10) : 0;
}

/* libc's own function. The pointer is copied: ISO C has no cast from data to function. */
static void find(const char *name, void *function)
{
    void *found = dlsym(RTLD_NEXT, name);

    if (found == NULL)
        abort();
    memcpy(function, &found, sizeof found);
}

static bool is_turn(void)
{
    return ++calls == number("CUT_AT");
}

/* At the call whose turn it is. -1: the call fails, with errno. */
static int cut(void)
{
    errno = (int)number("CUT_ERROR");
    if (errno == 0) {
        (void)kill(getpid(), SIGKILL);
        (void)pause();
    }
    return -1;
}

__attribute__((destructor)) static void tell_count(void)
{
    const char *name = getenv("CUT_COUNT");
    FILE *file = name != NULL ? fopen(name, "w") : NULL;

    if (file == NULL)
        return;
    (void)fprintf(file, "%ld\n", calls);
    (void)fclose(file);
}

/* --- what is safe ------------------------------------------------------------------------------------------ */

static void remember_file(const char *folder, int fd, ino_t inode)
{
    static char name[PATH_CAP], piece[65536];
    off_t at = 0;
    size_t len;
    FILE *copy;

    (void)snprintf(name, sizeof name, "%s/ino-%lu", folder, (unsigned long)inode);
    copy = fopen(name, "w");
    if (copy == NULL)
        abort();
    do {
        ssize_t n = pread(fd, piece, sizeof piece, at);

        len = n > 0 ? (size_t)n : 0;
        if (fwrite(piece, 1, len, copy) != len)
            abort();
        at += (off_t)len;
    } while (len > 0);
    (void)fclose(copy);
}

static void remember_folder(const char *folder, int fd)
{
    static char name[PATH_CAP];
    DIR *entries = fdopendir(openat(fd, ".", O_RDONLY | O_DIRECTORY));
    const struct dirent *entry;
    FILE *list;

    (void)snprintf(name, sizeof name, "%s/names", folder);
    list = fopen(name, "w");
    if (entries == NULL || list == NULL)
        abort();
    while ((entry = readdir(entries)) != NULL)
        if (entry->d_name[0] != '.')
            (void)fprintf(list, "%lu %s\n", (unsigned long)entry->d_ino, entry->d_name);
    (void)fclose(list);
    (void)closedir(entries);
}

static int remember(int result, int fd)
{
    const char *folder = getenv("CUT_SAFE");
    struct stat status;

    if (result != 0 || folder == NULL || fstat(fd, &status) != 0)
        return result;
    if (S_ISDIR(status.st_mode))
        remember_folder(folder, fd);
    else
        remember_file(folder, fd, status.st_ino);
    return 0;
}

/* --- the calls --------------------------------------------------------------------------------------------- */

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
    ssize_t (*next)(int, const void *, size_t, off_t);

    find("pwrite", &next);
    if (!is_turn())
        return next(fd, data, len, at);
    if (number("CUT_HALF") != 0)
        (void)next(fd, data, len / 2, at);
    return cut();
}

int fdatasync(int fd)
{
    int (*next)(int);

    find("fdatasync", &next);
    return is_turn() ? cut() : remember(next(fd), fd);
}

int fsync(int fd)
{
    int (*next)(int);

    find("fsync", &next);
    return is_turn() ? cut() : remember(next(fd), fd);
}

int ftruncate(int fd, off_t len)
{
    int (*next)(int, off_t);

    find("ftruncate", &next);
    return is_turn() ? cut() : next(fd, len);
}

int posix_fallocate(int fd, off_t at, off_t len)
{
    int (*next)(int, off_t, off_t);

    find("posix_fallocate", &next);
    if (!is_turn())
        return next(fd, at, len);
    if (number("CUT_HALF") != 0)
        (void)next(fd, at, len / 2);
    (void)cut();
    return errno;
}

int mkdir(const char *name, mode_t mode)
{
    int (*next)(const char *, mode_t);

    find("mkdir", &next);
    return is_turn() ? cut() : next(name, mode);
}

int link(const char *from, const char *to)
{
    int (*next)(const char *, const char *);

    find("link", &next);
    return is_turn() ? cut() : next(from, to);
}

int rename(const char *from, const char *to)
{
    int (*next)(const char *, const char *);

    find("rename", &next);
    return is_turn() ? cut() : next(from, to);
}

int unlink(const char *name)
{
    int (*next)(const char *);

    find("unlink", &next);
    return is_turn() ? cut() : next(name);
}

/* Counts where it makes the file. */
int open(const char *name, int flags, ...)
{
    int (*next)(const char *, int, ...);
    bool makes = (flags & O_CREAT) != 0 && access(name, F_OK) != 0;
    mode_t mode = 0;
    va_list more;

    find("open", &next);
    if ((flags & O_CREAT) != 0) {
        va_start(more, flags);
        mode = (mode_t)va_arg(more, int);
        va_end(more);
    }
    return makes && is_turn() ? cut() : next(name, flags, mode);
}
