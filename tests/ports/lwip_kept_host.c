/*
 * A device that sleeps, over the port to lwIP and what starts it, on this machine; tests/ports/test_lwip_kept.py is the network. Built with IPv6 it is lwip6_host, of test_lwip6.py.
 *     lwip_kept_host KEPT SLEPT_S HOST [AWAKE_S [SETTLE_S]]
 * Wakes with what is in the file KEPT, if there is one; after SETTLE_S connects to HOST, twice if need be, sends a line, reads what comes, closes; stays awake for so long; and
 * writes KEPT. Says what came of it:
 *     at_once=N connect=N again=N kept=N address=N
 * Frames and time are as in lwip_host.c.
 */
#define _POSIX_C_SOURCE 200809L /* SSIZE_MAX, or lwIP makes an ssize_t of its own */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <lwip/etharp.h>

#include "ango_lwip_kept.h"

#define CONNECT_MS 60000u

#define START_MS 4294960000u /* so that it wraps */

static uint32_t clock_now_ms = START_MS;

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

static void take_frame(struct netif *netif, const uint8_t *frame, size_t len)
{
    struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)(len + ETH_PAD_SIZE), PBUF_POOL);

    if (p == NULL) {
        return; /* as a driver does */
    }
    (void)pbuf_take_at(p, frame, (u16_t)len, ETH_PAD_SIZE);
    if (netif->input(p, netif) != ERR_OK) {
        (void)pbuf_free(p);
    }
}

static void poll_board(void *ctx, struct netif *netif, uint32_t wait_ms)
{
    uint8_t frame[1600];
    ssize_t len;

    (void)ctx;
    do {
        if (send(0, "I", 1, 0) != 1) {
            exit(2);
        }
        len = recv(0, frame, sizeof frame, 0);
        if (len <= 0) {
            exit(2);
        }
        if (len > 1) {
            take_frame(netif, frame, (size_t)len);
        }
    } while (len > 1);
    clock_now_ms += wait_ms == 0 ? 1 : wait_ms < 250 ? wait_ms : 250;
}

static uint32_t clock_ms(void *ctx)
{
    (void)ctx;
    return clock_now_ms;
}

static int entropy(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    memset(buf, 7, len);
    return ANGO_OK;
}

static const struct ango_lwip_board board = { NULL, poll_board, clock_ms, NULL, entropy };
static struct ango_lwip_bare bare;
static struct ango_lwip lwip;
static const struct ango_port port = ANGO_LWIP_PORT(&lwip);

/* Connects, says a line, and reads to the end. */
static int exchange(const char *host)
{
    uint32_t start_ms = clock_now_ms;
    uint8_t buf[64];
    int err, n;

    do {
        err = port.connect(port.ctx, host, 443, 100);
    } while (err == ANGO_E_WAIT && clock_now_ms - start_ms < CONNECT_MS);
    if (err == ANGO_OK) {
        n = port.send(port.ctx, (const uint8_t *)"hello\n", 6, 1000);
        while ((n > 0 || n == ANGO_E_WAIT) && clock_now_ms - start_ms < CONNECT_MS) {
            n = port.recv(port.ctx, buf, sizeof buf, 100);
        }
    }
    if (err == ANGO_OK || err == ANGO_E_WAIT) {
        port.close(port.ctx);
    }
    return err;
}

/* Until so many milliseconds have passed since the start. */
static void stay_awake(uint32_t ms)
{
    while (clock_now_ms - START_MS < ms) {
        ango_lwip_poll(&bare, 250);
    }
}

static bool read_kept(const char *path, struct ango_lwip_kept *kept)
{
    FILE *file = fopen(path, "rb");
    bool done = file != NULL && fread(kept, sizeof *kept, 1, file) == 1;

    if (file != NULL) {
        (void)fclose(file);
    }
    return done;
}

static void write_kept(const char *path, const struct ango_lwip_kept *kept)
{
    FILE *file = fopen(path, "wb");

    if (file == NULL || fwrite(kept, sizeof *kept, 1, file) != 1 || fclose(file) != 0) {
        exit(2);
    }
}

int main(int argc, char **argv)
{
    static struct ango_lwip_kept kept;
    uint32_t awake_ms;
    bool at_once;
    int first, second = 0, err;

    if (argc < 4) {
        return 2;
    }
    awake_ms = argc > 4 ? (uint32_t)strtoul(argv[4], NULL, 10) * 1000u : 0;
    err = ango_lwip_start_kept(&bare, &lwip, &board, init_netif, read_kept(argv[1], &kept) ? &kept : NULL,
                               (uint32_t)strtoul(argv[2], NULL, 10));
    if (err != ANGO_OK) {
        return 2;
    }
    at_once = ango_lwip_has_address();
    stay_awake(argc > 5 ? (uint32_t)strtoul(argv[5], NULL, 10) * 1000u : 0);
    first = exchange(argv[3]);
    if (first != ANGO_OK) {
        second = exchange(argv[3]);
    }
    stay_awake(awake_ms);
    err = ango_lwip_keep(&bare, &lwip, argv[3], &kept);
    write_kept(argv[1], &kept);
    (void)printf("at_once=%d connect=%d again=%d kept=%d address=%d\n", at_once, first, second, err,
                 ango_lwip_has_address());
    return 0;
}
