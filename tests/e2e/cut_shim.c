/*
 * Loaded before libc (LD_PRELOAD) by tests of a command that writes files: ends the process at its n-th call that writes, or lets that
 * call fail; and remembers what a cut of the power would leave of it. Linux.
 *
 *   CUT_AT=N        the call, from 1 on; none: all go through
 *   CUT_HALF=1      half of what is to be written still is
 *   CUT_ERROR=E     in place of the end: the call fails with this errno; later ones go through. After a sync that fails the system
 *                   takes what it could not write for written: no later sync writes it, unless it is written to anew
 *   CUT_SYNCS=1     only calls that sync are counted
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
#define PAGE 4096

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

static bool is_turn(bool syncs)
{
    if (!syncs && number("CUT_SYNCS") != 0)
        return false;
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

static FILE *open_kept(const char *folder, const char *what, ino_t inode, const char *mode)
{
    static char name[PATH_CAP];

    (void)snprintf(name, sizeof name, "%s/%s-%lu", folder, what, (unsigned long)inode);
    return fopen(name, mode);
}

/* Of a file that may not be there, or be shorter: zeros. */
static void read_page(FILE *file, char *page)
{
    memset(page, 0, PAGE);
    if (file != NULL)
        (void)fread(page, 1, PAGE, file);
}

static void close_all(FILE *one, FILE *two, FILE *three)
{
    FILE *const all[] = { one, two, three };
    size_t i;

    for (i = 0; i < 3; i++)
        if (all[i] != NULL)
            (void)fclose(all[i]);
}

/* What was lost is kept beside it, as it was then: a page that is the same as then is not written. */
static void remember_file(const char *folder, int fd, ino_t inode)
{
    static char page[PAGE], lost_page[PAGE], safe_page[PAGE];
    FILE *lost = open_kept(folder, "lost", inode, "r");
    FILE *before = open_kept(folder, "ino", inode, "r");
    FILE *copy = open_kept(folder, "new", inode, "w+");
    FILE *safe;
    off_t at = 0;
    ssize_t n;
    bool has_lost = lost != NULL && getc(lost) != EOF;

    if (has_lost)
        rewind(lost);
    while (copy != NULL && (n = pread(fd, page, sizeof page, at)) > 0) {
        read_page(lost, lost_page);
        read_page(before, safe_page);
        (void)fwrite(has_lost && memcmp(page, lost_page, (size_t)n) == 0 ? safe_page : page, 1, (size_t)n, copy);
        at += n;
    }
    if (before != NULL)
        (void)fclose(before);
    safe = open_kept(folder, "ino", inode, "w");
    if (copy == NULL || safe == NULL)
        abort();
    rewind(copy);
    while (fread(page, 1, sizeof page, copy) == sizeof page)
        (void)fwrite(page, 1, sizeof page, safe);
    close_all(lost, copy, safe);
}

/* A sync of the file has failed. */
static void lose_file(const char *folder, int fd, ino_t inode)
{
    static char page[PAGE];
    FILE *lost = open_kept(folder, "lost", inode, "w");
    off_t at = 0;
    ssize_t n;

    if (lost == NULL)
        abort();
    for (; (n = pread(fd, page, sizeof page, at)) > 0; at += n)
        (void)fwrite(page, 1, (size_t)n, lost);
    (void)fclose(lost);
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

static int synced(int result, int fd)
{
    const char *folder = getenv("CUT_SAFE");
    int error = errno;
    struct stat status;

    if (folder == NULL || fstat(fd, &status) != 0)
        return result;
    if (result == 0 && S_ISDIR(status.st_mode))
        remember_folder(folder, fd);
    else if (result == 0)
        remember_file(folder, fd, status.st_ino);
    else if (!S_ISDIR(status.st_mode))
        lose_file(folder, fd, status.st_ino);
    errno = error;
    return result;
}

/* --- the calls --------------------------------------------------------------------------------------------- */

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
    ssize_t (*next)(int, const void *, size_t, off_t);

    find("pwrite", &next);
    if (!is_turn(false))
        return next(fd, data, len, at);
    if (number("CUT_HALF") != 0)
        (void)next(fd, data, len / 2, at);
    return cut();
}

int fdatasync(int fd)
{
    int (*next)(int);

    find("fdatasync", &next);
    return synced(is_turn(true) ? cut() : next(fd), fd);
}

int fsync(int fd)
{
    int (*next)(int);

    find("fsync", &next);
    return synced(is_turn(true) ? cut() : next(fd), fd);
}

/* What is not to be cached is read from the disk from then on. */
int posix_fadvise(int fd, off_t from, off_t len, int advice)
{
    static char page[PAGE], lost_page[PAGE], safe_page[PAGE];
    ssize_t (*write_page)(int, const void *, size_t, off_t);
    const char *folder = getenv("CUT_SAFE");
    struct stat status;
    FILE *lost, *safe;
    off_t at = 0;
    ssize_t n;

    (void)from;
    (void)len;
    if (advice != POSIX_FADV_DONTNEED || folder == NULL || fstat(fd, &status) != 0)
        return 0;
    find("pwrite", &write_page);
    lost = open_kept(folder, "lost", status.st_ino, "r");
    if (lost == NULL)
        return 0;
    safe = open_kept(folder, "ino", status.st_ino, "r");
    for (; (n = pread(fd, page, sizeof page, at)) > 0; at += n) {
        read_page(lost, lost_page);
        read_page(safe, safe_page);
        if (memcmp(page, lost_page, (size_t)n) == 0)
            (void)write_page(fd, safe_page, (size_t)n, at);
    }
    close_all(lost, safe, NULL);
    (void)fclose(open_kept(folder, "lost", status.st_ino, "w")); /* nothing is any more */
    return 0;
}

int ftruncate(int fd, off_t len)
{
    int (*next)(int, off_t);

    find("ftruncate", &next);
    return is_turn(false) ? cut() : next(fd, len);
}

int posix_fallocate(int fd, off_t at, off_t len)
{
    int (*next)(int, off_t, off_t);

    find("posix_fallocate", &next);
    if (!is_turn(false))
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
    return is_turn(false) ? cut() : next(name, mode);
}

int link(const char *from, const char *to)
{
    int (*next)(const char *, const char *);

    find("link", &next);
    return is_turn(false) ? cut() : next(from, to);
}

int rename(const char *from, const char *to)
{
    int (*next)(const char *, const char *);

    find("rename", &next);
    return is_turn(false) ? cut() : next(from, to);
}

int unlink(const char *name)
{
    int (*next)(const char *);

    find("unlink", &next);
    return is_turn(false) ? cut() : next(name);
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
    return makes && is_turn(false) ? cut() : next(name, flags, mode);
}
