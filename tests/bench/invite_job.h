/* The job that every client of `make bench` does: one invitation of two people to two projects. */
#ifndef BENCH_JOB_H
#define BENCH_JOB_H

#define JOB_ORGANIZATION "65a0c0de0100000000000001"
#define JOB_KEY "0f3b7a5c-9d1e-4c8e-2b6a-0d9f7a5c3b1e"
#define JOB_EMAIL_1 "user_1@example.com"
#define JOB_EMAIL_2 "user_2@example.com"
#define JOB_PROJECT_1 "65a0c0de0300000000000001"
#define JOB_PROJECT_2 "65a0c0de0300000000000002"

/* In count_malloc.c, where that is preloaded: calls of malloc, calloc and realloc so far. */
unsigned long bench_allocations(void) __attribute__((weak));

#endif
