/*
 * counting_hub.h - a hub below a port, small and fast, that counts how often each person was invited, and that fails in each way a
 * server and a network can. Persons are "personN@example.com"; what becomes of each is for the test to say.
 */
#ifndef ANGO_TESTS_COUNTING_HUB_H
#define ANGO_TESTS_COUNTING_HUB_H

#include "ango.h"

#define HUB_PERSONS 24u
#define HUB_TIMEOUT_MS 5000u /* of the client: what is late is so by less */

enum hub_person {
    HUB_GOOD,
    HUB_REFUSED, /* a request with this one is 400 as a whole */
    HUB_FAILED,  /* "Failed", in a success, and is not invited */
    HUB_MEMBER,  /* is a member already */
    HUB_IGNORED  /* is in no success, and is not invited */
};

/* What a request meets. */
enum hub_fault {
    HUB_NO_FAULT,
    HUB_NO_CONNECTION,
    HUB_SEND_BREAKS,  /* in the middle of the request, which so has no effect */
    HUB_REQUEST_LOST, /* sent, but it never arrives */
    HUB_REPLY_LOST,   /* it takes effect */
    HUB_REPLY_LATE,   /* it takes effect a while after the client has given up */
    HUB_REPLY_CUT,    /* it takes effect */
    HUB_500,          /* it has none */
    HUB_502,          /* it takes effect all the same */
    HUB_408,          /* likewise */
    HUB_429,
    HUB_429_AFTER, /* 7 s */
    HUB_404,
    HUB_FAULTS
};

struct hub {
    /* For the test to set. */
    enum hub_person person[HUB_PERSONS];
    uint32_t faults;     /* of 256 requests so many meet a fault; 256: all */
    enum hub_fault only; /* always this one, if it is one */
    bool anybody;        /* takes addresses of others, too, as person 0 */
    uint32_t unnamed;    /* of 256 successes so many name nobody */
    const char *invites; /* what each success says instead of what is true, or the body of a refusal, if not NULL */
    unsigned refusal;    /* the status of each reply, if it is not 0 */
    void (*tick)(void *tick_ctx); /* in each call */
    void *tick_ctx;
    bool has_total;       /* its lists say how long they are */
    bool endless;         /* each page of its lists shows somebody else */
    const char *good_key; /* another one is 401 */
    uint32_t random;

    /* For it to look at. */
    uint32_t invited[HUB_PERSONS]; /* requests that took effect */
    uint32_t posts, gets, connects;
    uint32_t largest; /* persons in one request */
    uint32_t now_ms;  /* the world's time */
    const char *violation;

    /* Its own. */
    uint32_t offset_ms; /* of the device's clock */
    bool late[HUB_PERSONS];
    uint32_t late_ms; /* when those take effect */
    bool connected;
    enum hub_fault fault;
    char request[4096];
    size_t request_len;
    char reply[8192];
    size_t reply_len, at;
};

#define HUB_PORT(hub) \
    { \
        (hub), true, hub_connect, hub_send, hub_recv, hub_close, hub_clock_ms, NULL, NULL, NULL \
    }

void hub_begin(struct hub *hub, uint32_t seed);
/* The device starts anew: its connection is gone, and its clock is anywhere. */
void hub_restart(struct hub *hub);
/* "personN@example.com" */
const char *hub_address(unsigned person);
/* Which person an address is; HUB_PERSONS: none. */
unsigned hub_person(const char *address);

int hub_connect(void *ctx, const char *host, uint16_t tcp_port, uint32_t wait_ms);
int hub_send(void *ctx, const uint8_t *data, size_t len, uint32_t wait_ms);
int hub_recv(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms);
void hub_close(void *ctx);
uint32_t hub_clock_ms(void *ctx);

#endif
