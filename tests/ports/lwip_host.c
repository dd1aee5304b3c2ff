/*
 * The port to lwIP on this machine, over an lwIP that this program, and not the port, has started; tests/ports/test_lwip.py is the network.
 *     lwip_host ROUNDS
 * Each round connects to "ango.test", sends a line, reads what comes, and closes; and says what came of that:
 *     connect=N received=N end=N
 * Frames go through descriptor 0, a socket of datagrams. Time is the network's: with nothing to do this program sends "I", and gets
 * a frame or "T", which lets time pass. "R" begins a round.
 */
#define _POSIX_C_SOURCE 200809L /* SSIZE_MAX, or lwIP makes an ssize_t of its own */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <lwip/dns.h>
#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/sys.h>
#include <lwip/timeouts.h>
#include <netif/ethernet.h>

#include "ango_lwip.h"

#define ROUND_MS 60000u

static struct netif netif;
static uint32_t clock_now_ms = 4294960000u; /* so that it wraps */
static uint32_t random_state = 1;

u32_t sys_now(void)
{
    return clock_now_ms;
}

uint32_t ango_lwip_random(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return random_state >> 8;
}

static void say(const char *word)
{
    if (send(0, word, 1, 0) != 1) {
        exit(2);
    }
}

static err_t send_frame(struct netif *to, struct pbuf *p)
{
    uint8_t frame[1600];
    u16_t len = pbuf_copy_partial(p, frame, sizeof frame, ETH_PAD_SIZE);

    (void)to;
    return send(0, frame, len, 0) == len ? ERR_OK : ERR_IF;
}

static err_t init_netif(struct netif *of)
{
    static const uint8_t address[6] = { 2, 0, 0, 0, 0, 1 };

    memcpy(of->hwaddr, address, sizeof address);
    of->hwaddr_len = sizeof address;
    of->mtu = 1500;
    of->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
    of->output = etharp_output;
    of->linkoutput = send_frame;
    return ERR_OK;
}

static void take_frame(const uint8_t *frame, size_t len)
{
    struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)(len + ETH_PAD_SIZE), PBUF_POOL);

    if (p == NULL) {
        return; /* as a driver does */
    }
    (void)pbuf_take_at(p, frame, (u16_t)len, ETH_PAD_SIZE);
    if (netif.input(p, &netif) != ERR_OK) {
        (void)pbuf_free(p);
    }
}

static void poll(void *ctx, uint32_t wait_ms)
{
    uint8_t frame[1600];

    (void)ctx;
    for (;;) {
        ssize_t len;
        say("I");
        len = recv(0, frame, sizeof frame, 0);
        if (len <= 0) {
            exit(2);
        }
        if (len == 1 && frame[0] == 'T') {
            break;
        }
        take_frame(frame, (size_t)len);
    }
    clock_now_ms += wait_ms == 0 ? 1 : wait_ms < 50 ? wait_ms : 50;
    sys_check_timeouts();
}

static uint32_t clock_ms(void *ctx)
{
    (void)ctx;
    return clock_now_ms;
}

static int no_entropy(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    (void)buf;
    (void)len;
    return ANGO_E_ENTROPY;
}

static const struct ango_lwip_platform platform = { NULL, poll, clock_ms, NULL, no_entropy };
static struct ango_lwip lwip = { .platform = &platform };
static const struct ango_port port = ANGO_LWIP_PORT(&lwip);

static void run_round(void)
{
    uint32_t start_ms = clock_now_ms;
    uint8_t buf[300];
    unsigned received = 0;
    int err, n = ANGO_E_WAIT;

    do {
        err = port.connect(port.ctx, "ango.test", 443, 100);
    } while (err == ANGO_E_WAIT && clock_now_ms - start_ms < ROUND_MS);
    if (err == ANGO_OK) {
        n = port.send(port.ctx, (const uint8_t *)"hello\n", 6, 1000);
        while ((n > 0 || n == ANGO_E_WAIT) && clock_now_ms - start_ms < ROUND_MS) {
            n = port.recv(port.ctx, buf, sizeof buf, 100);
            received += n > 0 ? (unsigned)n : 0;
        }
    }
    if (err == ANGO_OK || err == ANGO_E_WAIT) {
        port.close(port.ctx);
    }
    (void)printf("connect=%d received=%u end=%d\n", err, received, n);
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    ip4_addr_t address, mask, gateway;
    ip_addr_t server;
    long rounds = argc == 2 ? strtol(argv[1], NULL, 10) : 0;

    IP4_ADDR(&address, 198, 51, 100, 15);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    IP4_ADDR(&gateway, 198, 51, 100, 2);
    IP_ADDR4(&server, 198, 51, 100, 3);
    lwip_init();
    if (netif_add(&netif, &address, &mask, &gateway, NULL, init_netif, ethernet_input) == NULL) {
        return 2;
    }
    netif_set_default(&netif);
    netif_set_up(&netif);
    dns_setserver(0, &server);
    for (; rounds > 0; rounds--) {
        say("R");
        run_round();
    }
    return 0;
}
