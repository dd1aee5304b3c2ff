/* Preloaded into a client: counts its calls to the heap; appends the sum to the file $BENCH_ALLOCATIONS. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "invite_job.h"

/* glibc's own, under the names that it keeps for this. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static unsigned long calls;

static void count(void)
{
    __atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED);
}

void *malloc(size_t size)
{
    count();
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    count();
    return __libc_calloc(n, size);
}

void *realloc(void *block, size_t size)
{
    count();
    return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size);
void *memalign(size_t alignment, size_t size)
{
    count();
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    count();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
    count();
    *block = __libc_memalign(alignment, size);
    return *block == NULL ? 12 : 0;
}

unsigned long bench_allocations(void)
{
    return __atomic_load_n(&calls, __ATOMIC_RELAXED);
}

static __attribute__((destructor)) void tell(void)
{
    const char *path = getenv("BENCH_ALLOCATIONS");
    unsigned long n = bench_allocations();
    char text[24];
    char *p = text + sizeof text;
    int fd;

    if (path == NULL)
        return;
    *--p = '\n';
    do
        *--p = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (fd < 0 || write(fd, p, (size_t)(text + sizeof text - p)) < 0)
        _exit(127);
    close(fd);
}
