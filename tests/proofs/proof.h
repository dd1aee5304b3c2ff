/*
 * proof.h - what the proofs share: arbitrary values, and stand-ins for the C library's functions on strings and memory.
 * For CBMC alone.
 */
#ifndef ANGO_PROOF_H
#define ANGO_PROOF_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Any value: CBMC knows them by this prefix. */
size_t nondet_size(void);
uint64_t nondet_u64(void);
uint32_t nondet_u32(void);
unsigned nondet_unsigned(void);
uint16_t nondet_u16(void);
uint8_t nondet_u8(void);
int nondet_int(void);
bool nondet_bool(void);

#define ASSUME(condition) __CPROVER_assume(condition)
#define PROVE(condition) __CPROVER_assert(condition, #condition)

/* The last line of each proof: shows, under `make prove-mutants`, that something gets there. */
#ifdef REACHES_END
#define REACHED PROVE(false)
#else
#define REACHED ((void)0)
#endif

/*
 * The longest object that is tried. A pointer of CBMC has a number of an object in it, which in 32 bits leaves it 22 for the
 * offset: there, "any length" ends at 4 MB.
 */
#define LONGEST (sizeof(size_t) > 4 ? (size_t)INT_MAX : ((size_t)1 << 22) - 2)

/* n bytes with any content. */
static void *any_bytes(size_t n)
{
    return __CPROVER_allocate(n, 0);
}

/* Where the text of a stand-in ends; loop contracts make it arbitrary at first, as they do all variables. */
static const char *text_end;

/* Any text of any length, in memory that ends with its NUL; there may be others before. */
static char *any_text(size_t longest, const char **nul)
{
    size_t len = nondet_size();
    char *text;

    ASSUME(len <= longest);
    text = (char *)any_bytes(len + 1);
    text[len] = '\0';
    *nul = text + len;
    text_end = NULL;
    return text;
}

/* --- the C library -------------------------------------------------------------------------------- */

/*
 * Each shows that it may touch what it is asked to, and then gives any result, or writes any bytes, that the real one could.
 * A text must end with a NUL in the last byte of its memory, or at text_end.
 */

static const char *end_of(const char *text)
{
    if (text_end != NULL && __CPROVER_same_object(text, text_end) && text <= text_end)
        return text_end;
    return text - __CPROVER_POINTER_OFFSET(text) + __CPROVER_OBJECT_SIZE(text) - 1;
}

size_t strlen(const char *text)
{
    const char *end = end_of(text);
    size_t len = nondet_size();

    __CPROVER_precondition(*end == '\0', "strlen: a text ends with a NUL");
    ASSUME(len <= (size_t)(end - text) && text[len] == '\0');
    ASSUME(len == 0 || text[0] != '\0');
    return len;
}

size_t strcspn(const char *text, const char *stop)
{
    size_t len = strlen(text);
    size_t n = nondet_size();

    ASSUME(n <= len);
    if (n < len)
        ASSUME(text[n] == stop[0] || text[n] == stop[1]); /* no call here has more than two */
    return n;
}

/* Reads no further than the first difference or NUL. */
int strncmp(const char *a, const char *b, size_t n)
{
    size_t same = nondet_size();

    ASSUME(same <= n && same <= (size_t)(end_of(a) - a) && same <= (size_t)(end_of(b) - b));
    __CPROVER_precondition(*end_of(a) == '\0' && *end_of(b) == '\0', "strncmp: a text ends with a NUL");
    if (same == n)
        return 0;
    ASSUME(a[same] != b[same] || a[same] == '\0');
    return (unsigned char)a[same] - (unsigned char)b[same];
}

int memcmp(const void *a, const void *b, size_t n)
{
    __CPROVER_precondition(__CPROVER_r_ok(a, n) && __CPROVER_r_ok(b, n), "memcmp: memory that may be read");
    return nondet_int();
}

void *memchr(const void *bytes, int c, size_t n)
{
    const uint8_t *found = (const uint8_t *)bytes;
    size_t at = nondet_size();

    __CPROVER_precondition(__CPROVER_r_ok(bytes, n), "memchr: memory that may be read");
    if (nondet_bool())
        return NULL;
    ASSUME(at < n && found[at] == (uint8_t)c);
    return (void *)(found + at);
}

void *memset(void *to, int c, size_t n)
{
    (void)c;
    __CPROVER_precondition(__CPROVER_w_ok(to, n), "memset: memory that may be written");
    if (n > 0)
        __CPROVER_havoc_slice(to, n);
    return to;
}

void *memmove(void *to, const void *from, size_t n)
{
    __CPROVER_precondition(__CPROVER_r_ok(from, n), "memmove: memory that may be read");
    __CPROVER_precondition(__CPROVER_w_ok(to, n), "memmove: memory that may be written");
    if (n > 0)
        __CPROVER_havoc_slice(to, n);
    return to;
}

void *memcpy(void *to, const void *from, size_t n)
{
    PROVE(n == 0 || !__CPROVER_same_object(to, from) || (const char *)to + n <= (const char *)from
          || (const char *)from + n <= (const char *)to);
    return memmove(to, from, n);
}

#endif
