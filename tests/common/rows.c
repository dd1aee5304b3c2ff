#include "rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* One field of the table, without what would break it. */
static void put(FILE *table, const char *text, int end)
{
    for (; *text != '\0'; text++)
        (void)putc((unsigned char)*text < 0x20 ? '.' : *text, table);
    (void)putc(end, table);
}

void hostile_case(int row, const char *name, const char *expected, const char *seen)
{
    const char *path = getenv("HOSTILE_TABLE");
    bool same = strcmp(expected, seen) == 0;

    if (path != NULL && path[0] != '\0') {
        FILE *table = fopen(path, "a");

        if (table == NULL)
            fail_msg("%s cannot be opened", path);
        (void)fprintf(table, "%d\t", row);
        put(table, name, '\t');
        put(table, expected, '\t');
        put(table, seen, '\t');
        put(table, same ? "ok" : "FAILED", '\n');
        if (fclose(table) != 0)
            fail_msg("%s cannot be written", path);
    }
    if (!same)
        fail_msg("row %d, %s: expected \"%s\", seen \"%s\"", row, name, expected, seen);
}

const char *hostile_class(int error)
{
    static const char *const names[] = {
        "OK",    "WAIT",    "END",    "ARG",     "HOST",      "KEY",    "ID",    "EMAIL", "SPACE",   "INSECURE",
        "CLOCK", "ENTROPY", "MEMORY", "RESOLVE", "NET",       "TIME",   "CERT",  "TLS",   "TRUNC",   "HTTP",
        "BIG",   "JSON",    "SHAPE",  "STATUS",  "CANCELLED", "ANCHOR", "ENTRY", "FULL",  "STORAGE", "DAMAGED",
    };

    return error <= 0 && error > -(int)(sizeof names / sizeof names[0]) ? names[-error] : "?";
}

char hostile_letter(enum ango_outcome outcome)
{
    return (unsigned)outcome < 4 ? "NURA"[outcome] : '?';
}
