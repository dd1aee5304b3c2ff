/*
 * list_server.h - a server of lists below the scripted port, which checks how it is used: the moods of a hub that we do
 * not know. Its lists can change between two pages, its pages are cut as it likes, and any of its replies can fail.
 *
 *   list_begin(&x, 100, 1024);
 *   list_server.caps = 20;
 *   ango_walk_members(&walk, &x.client, "org", NULL);
 */
#ifndef ANGO_TESTS_LIST_SERVER_H
#define ANGO_TESTS_LIST_SERVER_H

#include "whole_exchange.h"

#define LIST_MAX 12000u /* entries */
#define LIST_STALL 1    /* as what a request meets: nothing, for ever; or a negative result of recv; or a status */

enum list_kind { LIST_INVITES, LIST_MEMBERS, LIST_PROJECTS, LIST_ASSIGNED, LIST_KINDS };

struct list_server {
    /* What it has. Entry i of each list is called entry_<value[i]>, but where `names` says otherwise. */
    uint32_t value[LIST_MAX];
    size_t len;
    const char *names[LIST_KINDS][64]; /* of the entries of a kind, as they are on the wire; NULL: no address */
    size_t names_len[LIST_KINDS];
    bool named[LIST_KINDS]; /* the kind has `names`, and not `value` */
    size_t pad;             /* bytes that each entry is longer by, in what nobody wants */
    uint32_t large;         /* the address or name of this one has so many bytes more */
    size_t large_by;
    bool without_id;
    bool nested;         /* echoes objects and arrays */
    const char *element; /* JSON that stands behind the entries of each page as one more element; NULL: nothing does */
    const char *status;  /* of each invitation; NULL: none */

    /* How it cuts its pages. */
    unsigned long caps;  /* a page has no more entries than this, whatever is asked for; 0: as many as asked for */
    bool caps_late;      /* caps what is left, once it has gone to the page that `limit` makes */
    unsigned long gives; /* ignores `limit` and gives so many; 0: it does not */
    bool ignores_page;
    unsigned long short_by; /* each page but the first lacks so many at its end, which come on no page */
    unsigned empty_page;    /* this page has nothing: its entries come on no page; 0: none */
    bool endless;           /* each page is full, and different, for ever */
    bool has_total;
    uint32_t total; /* what it says, when it has one */

    /* How it fails. */
    unsigned fail_at; /* the n-th request, from 1 ... */
    unsigned fail_times;
    int fail_with;
    size_t fail_after;           /* a failing recv: after so many bytes of the body; 0: before the head */
    unsigned long refuses_above; /* a page of more entries than this is a TLS record that is too large; 0: none is */
    void (*change)(void);        /* before each reply */
    bool stutters;               /* every other call would block */
    size_t piece;
    uint32_t latency_ms; /* from request to reply */

    /* What was asked. */
    unsigned requests;
    unsigned passes;     /* requests for page 1 of invitations, or for a project */
    enum list_kind kind; /* of the last one */
    unsigned long page, limit;
    unsigned long most_asked; /* the largest limit so far */
    char asked[4096];         /* "PAGE/LIMIT " of each, as far as there is room */
    char path[512];           /* of the last one */

    /* Its own. */
    bool odd, failing;
    char request[2048];
    size_t request_len;
    char reply[1 << 18];
    size_t reply_len, at, body_at;
};

extern struct list_server list_server;

/* A server of `len` entries, 0 to len - 1, and a client of it; x was opened. */
void list_begin(struct exchange *x, size_t len, size_t buffer_cap);

/* Entries come, go and move in `value`: for `change`. */
void list_insert(size_t at, uint32_t value);
void list_remove(size_t at);

#endif
