/*
 * Loaded before libc (LD_PRELOAD) by tests of a command that waits: its monotonic clock runs CLOCK_SPEED times as fast, and it sleeps
 * as much shorter. What it waits for the network is as long as ever.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BILLION 1000000000LL

static long long speed(void)
{
    const char *text = getenv("CLOCK_SPEED");

    return text != NULL ? strtoll(text, NULL, 10) : 1;
}

/* libc's own function. The pointer is copied: ISO C has no cast from data to function. */
static void find(const char *name, void *function)
{
    void *found = dlsym(RTLD_NEXT, name);

    if (found == NULL)
        abort();
    memcpy(function, &found, sizeof found);
}

int clock_gettime(clockid_t which, struct timespec *now)
{
    static long long began;
    int (*next)(clockid_t, struct timespec *);
    long long ns;
    int err;

    find("clock_gettime", &next);
    err = next(which, now);
    if (err != 0 || which != CLOCK_MONOTONIC)
        return err;
    ns = now->tv_sec * BILLION + now->tv_nsec;
    if (began == 0)
        began = ns;
    ns = began + (ns - began) * speed();
    now->tv_sec = (time_t)(ns / BILLION);
    now->tv_nsec = (long)(ns % BILLION);
    return 0;
}

int nanosleep(const struct timespec *wanted, struct timespec *left)
{
    int (*next)(const struct timespec *, struct timespec *);
    long long ns = (wanted->tv_sec * BILLION + wanted->tv_nsec) / speed();
    struct timespec shorter;

    find("nanosleep", &next);
    shorter.tv_sec = (time_t)(ns / BILLION);
    shorter.tv_nsec = (long)(ns % BILLION);
    return next(&shorter, left);
}
