/*
 * repeat TIMES FILE COMMAND...: runs the command TIMES times, one after the other, and writes to FILE what
 * that took: CPU (user and system) and wall time in microseconds, and the largest resident set in KB. A
 * program of its own since Linux counts the memory of whoever forked as the child's: this one is smaller than
 * anything it starts.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static long long us(struct timeval t)
{
    return t.tv_sec * 1000000LL + t.tv_usec;
}

static long long now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

int main(int argc, char **argv)
{
    long long cpu = 0;
    long long start;
    long rss = 0;
    long times;
    FILE *out;

    if (argc < 4 || (times = strtol(argv[1], NULL, 10)) < 1)
        return 2;
    start = now_us();
    while (times-- > 0) {
        struct rusage usage;
        pid_t pid;
        int status;

        if (posix_spawnp(&pid, argv[3], NULL, NULL, argv + 3, environ) != 0 || wait4(pid, &status, 0, &usage) != pid)
            return 127;
        if (status != 0)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
        cpu += us(usage.ru_utime) + us(usage.ru_stime);
        if (usage.ru_maxrss > rss)
            rss = usage.ru_maxrss;
    }
    start = now_us() - start;
    out = fopen(argv[2], "w");
    if (out == NULL || fprintf(out, "%lld %lld %ld\n", cpu, start, rss) < 0 || fclose(out) != 0)
        return 127;
    return 0;
}
