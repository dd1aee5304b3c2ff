/*
 * Checks the port to lwIP on the board, with nothing of the badge desk: tests/firmware/test_conformance.py is the other end, and plays
 * the network, whose names and addresses these are.
 */
#include <lwip/dns.h>

#include "ango_lwip_bare.h"
#include "board_ethernet.h"
#include "conformance.h"
#include "seed.h"

static void poll_board(void *ctx, struct netif *netif, uint32_t wait_ms)
{
    uint64_t until = board_uptime_ms() + wait_ms;

    (void)ctx;
    board_feed_watchdog();
    while (!board_ethernet_poll(netif) && board_uptime_ms() < until) {
        board_sleep();
    }
}

static uint32_t clock_ms(void *ctx)
{
    (void)ctx;
    board_feed_watchdog(); /* some checks look at the clock alone, for a while */
    return (uint32_t)board_uptime_ms();
}

static const struct ango_lwip_board board = { NULL, poll_board, clock_ms, seed_time, seed_entropy };
static struct ango_lwip_bare bare;
static struct ango_lwip lwip;
static const struct ango_port plain = ANGO_LWIP_PORT(&lwip);

static void put(const char *text)
{
    for (; *text != '\0'; text++) {
        board_put(*text);
    }
}

static void put_number(const char *before, size_t n)
{
    char digits[12] = { 0 };
    size_t i = sizeof digits - 1;

    do {
        digits[--i] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    put(before);
    put(digits + i);
    put("\n");
}

static const struct conformance conformance = {
    .port = &plain,
    .put = put,
    .places = { [CONFORMANCE_PEER] = { "198.51.100.100", 443 },
                [CONFORMANCE_REFUSING] = { "198.51.100.101", 443 },
                [CONFORMANCE_SILENT] = { "198.51.100.102", 443 },
                [CONFORMANCE_NAME] = { "ango.test", 443 },
                [CONFORMANCE_UNKNOWN] = { "nobody.test", 443 },
                [CONFORMANCE_SLOW] = { "slow.test", 443 },
                [CONFORMANCE_TWO_REFUSED] = { "refused.test", 443 },
                [CONFORMANCE_TWO_SILENT] = { "silent.test", 443 } },
    .slack_ms = 20000, /* each connection starts a program on the host, which may be busy */
    .entropy_rounds = 3,
};

/* One line of the console; the rest of one that is too long is dropped. */
static void read_line(char *line, size_t cap)
{
    size_t len = 0;
    int c;

    while ((c = board_get()) != '\n') {
        board_feed_watchdog();
        if (c >= 0 && c != '\r' && len < cap - 1) {
            line[len++] = (char)c;
        } else if (c < 0) {
            board_sleep();
        }
    }
    line[len] = '\0';
}

int main(void)
{
    char line[160];

    board_init();
    put("\nConformance of the port to lwIP. This board has no entropy and no clock: until then nothing is sent.\n");
    while (!seed_is_there()) {
        read_line(line, sizeof line);
        put(seed_take(line) ? "taken\n" : "not taken\n");
    }
    if (ango_lwip_start(&bare, &lwip, &board, board_ethernet_init) != ANGO_OK) {
        put("Not started.\n");
    }
    put("Ready.\n");
    while (ango_lwip_has_address() == false) {
        ango_lwip_poll(&bare, 10);
    }
    {
        ip_addr_t server;
        IP_ADDR4(&server, 198, 51, 100, 3);
        dns_setserver(0, &server);
    }
    (void)conformance_run(&conformance);
    put_number("stack_peak=", board_painted_used(stack_bottom, stack_top));
    for (;;) {
        ango_lwip_poll(&bare, 100);
    }
}
