#include "ango_lwip_bare.h"

#include <lwip/dhcp.h>
#include <lwip/ethip6.h>
#include <lwip/init.h>
#include <lwip/sys.h>
#include <lwip/timeouts.h>
#include <netif/ethernet.h>

#if !NO_SYS || !LWIP_DHCP
#error "this needs NO_SYS and LWIP_DHCP in lwipopts.h"
#endif

/* lwIP asks for the time and for random numbers without saying for whom. */
static const struct ango_lwip_board *the_board;
static uint32_t random_state[4];

u32_t sys_now(void)
{
    return the_board->clock_ms(the_board->ctx);
}

/* xoshiro128++: for sequence numbers, ports and identifiers. TLS has its own generator. */
uint32_t ango_lwip_random(void)
{
    uint32_t *s = random_state;
    uint32_t sum = s[0] + s[3];
    uint32_t result = (sum << 7 | sum >> 25) + s[0];
    uint32_t shifted = s[1] << 9;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = s[3] << 11 | s[3] >> 21;
    return result;
}

static void poll_platform(void *ctx, uint32_t wait_ms)
{
    ango_lwip_poll(ctx, wait_ms);
}

static uint32_t platform_clock_ms(void *ctx)
{
    const struct ango_lwip_board *board = ((const struct ango_lwip_bare *)ctx)->board;

    return board->clock_ms(board->ctx);
}

static int64_t platform_time(void *ctx)
{
    const struct ango_lwip_board *board = ((const struct ango_lwip_bare *)ctx)->board;

    return board->time != NULL ? board->time(board->ctx) : 0;
}

static int platform_entropy(void *ctx, uint8_t *buf, size_t len)
{
    const struct ango_lwip_board *board = ((const struct ango_lwip_bare *)ctx)->board;

    return board->entropy(board->ctx, buf, len);
}

int ango_lwip_start_netif(struct ango_lwip_bare *bare, struct ango_lwip *lwip, const struct ango_lwip_board *board,
                          netif_init_fn driver)
{
    if (bare == NULL || lwip == NULL || board == NULL || driver == NULL || board->poll == NULL
        || board->clock_ms == NULL || board->entropy == NULL) {
        return ANGO_E_ARG;
    }
    if (board->entropy(board->ctx, (uint8_t *)random_state, sizeof random_state) != ANGO_OK) {
        return ANGO_E_ENTROPY;
    }
    the_board = board;
    bare->board = board;
    bare->platform.ctx = bare;
    bare->platform.poll = poll_platform;
    bare->platform.clock_ms = platform_clock_ms;
    bare->platform.time = platform_time;
    bare->platform.entropy = platform_entropy;
    lwip->platform = &bare->platform;
    lwip_init();
    if (netif_add_noaddr(&bare->netif, NULL, driver, ethernet_input) == NULL) {
        return ANGO_E_ARG;
    }
#if LWIP_IPV6
    bare->netif.output_ip6 = ethip6_output;
    bare->netif.flags |= NETIF_FLAG_MLD6;
    netif_create_ip6_linklocal_address(&bare->netif, 1);
    netif_set_ip6_autoconfig_enabled(&bare->netif, 1);
#endif
    netif_set_default(&bare->netif);
    netif_set_up(&bare->netif);
    return ANGO_OK;
}

int ango_lwip_start_dhcp(struct ango_lwip_bare *bare, struct ango_lwip *lwip)
{
    lwip->lwip_error = dhcp_start(&bare->netif);
    return lwip->lwip_error == ERR_OK ? ANGO_OK : ANGO_E_ARG;
}

int ango_lwip_start(struct ango_lwip_bare *bare, struct ango_lwip *lwip, const struct ango_lwip_board *board,
                    netif_init_fn driver)
{
    int err = ango_lwip_start_netif(bare, lwip, board, driver);

    return err == ANGO_OK ? ango_lwip_start_dhcp(bare, lwip) : err;
}

void ango_lwip_poll(struct ango_lwip_bare *bare, uint32_t wait_ms)
{
    uint32_t timer_ms = sys_timeouts_sleeptime();

    bare->board->poll(bare->board->ctx, &bare->netif, wait_ms < timer_ms ? wait_ms : timer_ms);
    sys_check_timeouts();
}
