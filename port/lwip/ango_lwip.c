#include "ango_lwip.h"

#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/init.h>
#include <lwip/pbuf.h>
#include <lwip/sys.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>
#include <netif/ethernet.h>

#if !NO_SYS || !LWIP_DNS || !LWIP_DHCP || !LWIP_TCP
#error "this port needs NO_SYS, LWIP_DNS, LWIP_DHCP and LWIP_TCP in lwipopts.h"
#endif

enum { IDLE, RESOLVING, RESOLVED, CONNECTING, REACHED, CONNECTED, BROKEN };

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

int ango_lwip_start(struct ango_lwip *lwip, const struct ango_lwip_board *board, netif_init_fn driver)
{
    if (lwip == NULL || board == NULL || driver == NULL || board->poll == NULL || board->clock_ms == NULL
        || board->entropy == NULL)
        return ANGO_E_ARG;
    if (board->entropy(board->ctx, (uint8_t *)random_state, sizeof random_state) != ANGO_OK)
        return ANGO_E_ENTROPY;
    the_board = board;
    lwip->board = board;
    lwip_init();
    if (netif_add_noaddr(&lwip->netif, NULL, driver, ethernet_input) == NULL)
        return ANGO_E_ARG;
    netif_set_default(&lwip->netif);
    netif_set_up(&lwip->netif);
    lwip->lwip_error = dhcp_start(&lwip->netif);
    return lwip->lwip_error == ERR_OK ? ANGO_OK : ANGO_E_ARG;
}

void ango_lwip_poll(struct ango_lwip *lwip, uint32_t wait_ms)
{
    uint32_t timer_ms = sys_timeouts_sleeptime();

    lwip->board->poll(lwip->board->ctx, &lwip->netif, wait_ms < timer_ms ? wait_ms : timer_ms);
    sys_check_timeouts();
}

bool ango_lwip_has_address(const struct ango_lwip *lwip)
{
    return !ip4_addr_isany_val(*netif_ip4_addr(&lwip->netif));
}

uint32_t ango_lwip_clock_ms(void *ctx)
{
    const struct ango_lwip *lwip = (const struct ango_lwip *)ctx;

    return lwip->board->clock_ms(lwip->board->ctx);
}

int64_t ango_lwip_time(void *ctx)
{
    const struct ango_lwip *lwip = (const struct ango_lwip *)ctx;

    return lwip->board->time != NULL ? lwip->board->time(lwip->board->ctx) : 0;
}

int ango_lwip_entropy(void *ctx, uint8_t *buf, size_t len)
{
    const struct ango_lwip *lwip = (const struct ango_lwip *)ctx;

    return lwip->board->entropy(lwip->board->ctx, buf, len);
}

/* --- what lwIP tells us, from within ango_lwip_poll ----------------------------------------------------- */

static err_t on_received(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    struct ango_lwip *lwip = (struct ango_lwip *)arg;

    (void)pcb;
    (void)err;
    if (p == NULL)
        lwip->ended = 1;
    else if (lwip->received == NULL)
        lwip->received = p;
    else
        pbuf_cat(lwip->received, p);
    return ERR_OK;
}

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
    struct ango_lwip *lwip = (struct ango_lwip *)arg;

    (void)pcb;
    (void)err;
    lwip->state = REACHED; /* which connect has still to report */
    return ERR_OK;
}

/* lwIP has already freed the control block. */
static void on_error(void *arg, err_t err)
{
    struct ango_lwip *lwip = (struct ango_lwip *)arg;

    lwip->pcb = NULL;
    lwip->lwip_error = err;
    lwip->state = BROKEN;
}

/* FNV-1a: tells the answer to the last question from one that was given up. */
static uint32_t hash(const char *name)
{
    uint32_t h = 2166136261u;

    while (*name != '\0')
        h = (h ^ (uint8_t)*name++) * 16777619u;
    return h;
}

static void on_resolved(const char *name, const ip_addr_t *address, void *arg)
{
    struct ango_lwip *lwip = (struct ango_lwip *)arg;

    if (lwip->state != RESOLVING || lwip->asked != hash(name))
        return;
    lwip->state = address != NULL ? RESOLVED : BROKEN;
    lwip->lwip_error = address != NULL ? ERR_OK : ERR_VAL;
    if (address != NULL)
        lwip->address = *address;
}

/* --- the port ------------------------------------------------------------------------------------------- */

static void release(struct ango_lwip *lwip)
{
    struct tcp_pcb *pcb = lwip->pcb;

    if (pcb != NULL) {
        /* Or this connection's end would be taken for the next one's. */
        tcp_arg(pcb, NULL);
        tcp_recv(pcb, NULL);
        tcp_err(pcb, NULL);
        tcp_setprio(pcb, TCP_PRIO_MIN); /* what still closes makes room for what is new */
        if (tcp_close(pcb) != ERR_OK)
            tcp_abort(pcb);
        lwip->pcb = NULL;
    }
    if (lwip->received != NULL)
        pbuf_free(lwip->received);
    lwip->received = NULL;
    lwip->ended = 0;
    lwip->state = IDLE;
}

static int fail(struct ango_lwip *lwip, int error)
{
    release(lwip);
    return error;
}

static int resolve(struct ango_lwip *lwip, const char *host)
{
    lwip->asked = hash(host);
    lwip->lwip_error = dns_gethostbyname(host, &lwip->address, on_resolved, lwip);
    if (lwip->lwip_error == ERR_OK)
        lwip->state = RESOLVED;
    else if (lwip->lwip_error == ERR_INPROGRESS)
        lwip->state = RESOLVING;
    else if (lwip->lwip_error != ERR_MEM) /* that: all slots still wait for answers to what was given up */
        return fail(lwip, ANGO_E_RESOLVE);
    return ANGO_E_WAIT;
}

static int open_connection(struct ango_lwip *lwip, uint16_t port)
{
    struct tcp_pcb *pcb = tcp_new();

    if (pcb == NULL) {
        lwip->lwip_error = ERR_MEM;
        return fail(lwip, ANGO_E_NET);
    }
    lwip->pcb = pcb;
    tcp_arg(pcb, lwip);
    tcp_recv(pcb, on_received);
    tcp_err(pcb, on_error);
    tcp_nagle_disable(pcb);
    lwip->state = CONNECTING;
    lwip->lwip_error = tcp_connect(pcb, &lwip->address, port, on_connected);
    return lwip->lwip_error == ERR_OK ? ANGO_E_WAIT : fail(lwip, ANGO_E_NET);
}

/* As far as it goes without waiting. */
static int advance(struct ango_lwip *lwip, const char *host, uint16_t port)
{
    int err = ANGO_E_WAIT;

    if (lwip->state == IDLE && ango_lwip_has_address(lwip))
        err = resolve(lwip, host);
    if (lwip->state == RESOLVED)
        err = open_connection(lwip, port);
    if (lwip->state == BROKEN)
        return fail(lwip, lwip->lwip_error == ERR_VAL ? ANGO_E_RESOLVE : ANGO_E_NET);
    if (lwip->state != REACHED)
        return err;
    lwip->state = CONNECTED;
    return ANGO_OK;
}

/* Lets the network go on for what is left of `wait_ms`; false when nothing is. */
static bool await(struct ango_lwip *lwip, uint32_t start_ms, uint32_t wait_ms)
{
    uint32_t gone = ango_lwip_clock_ms(lwip) - start_ms;

    if (gone >= wait_ms)
        return false;
    ango_lwip_poll(lwip, wait_ms - gone);
    return true;
}

int ango_lwip_connect(void *ctx, const char *host, uint16_t port, uint32_t wait_ms)
{
    struct ango_lwip *lwip = (struct ango_lwip *)ctx;
    uint32_t start_ms = ango_lwip_clock_ms(lwip);
    int err;

    ango_lwip_poll(lwip, 0);
    do
        err = advance(lwip, host, port);
    while (err == ANGO_E_WAIT && await(lwip, start_ms, wait_ms));
    return err;
}

/* Hands over what there is room for: 0 when there is none. */
static int write_some(struct ango_lwip *lwip, const uint8_t *data, size_t len)
{
    size_t n = tcp_sndbuf(lwip->pcb);
    err_t err = ERR_MEM;

    if (n > len)
        n = len;
    for (; n > 0; n /= 2) {
        err = tcp_write(lwip->pcb, data, (u16_t)n, TCP_WRITE_FLAG_COPY);
        if (err != ERR_MEM)
            break;
    }
    if (err != ERR_OK && err != ERR_MEM) {
        lwip->lwip_error = err;
        return ANGO_E_NET;
    }
    err = tcp_output(lwip->pcb);
    if (err != ERR_OK && err != ERR_MEM) /* ERR_MEM: sent later, by lwIP's timers */
        lwip->lwip_error = err;
    return (int)n;
}

int ango_lwip_send(void *ctx, const uint8_t *data, size_t len, uint32_t wait_ms)
{
    struct ango_lwip *lwip = (struct ango_lwip *)ctx;
    uint32_t start_ms = ango_lwip_clock_ms(lwip);
    int n;

    if (len == 0 || (lwip->state != CONNECTED && lwip->state != BROKEN))
        return ANGO_E_ARG;
    ango_lwip_poll(lwip, 0);
    do {
        if (lwip->state == BROKEN)
            return ANGO_E_NET;
        n = write_some(lwip, data, len);
        if (n != 0)
            return n;
    } while (await(lwip, start_ms, wait_ms));
    return ANGO_E_WAIT;
}

static int read_some(struct ango_lwip *lwip, uint8_t *buf, size_t cap)
{
    u16_t n = pbuf_copy_partial(lwip->received, buf, cap > UINT16_MAX ? UINT16_MAX : (u16_t)cap, 0);

    lwip->received = pbuf_free_header(lwip->received, n);
    if (lwip->pcb != NULL)
        tcp_recved(lwip->pcb, n);
    return n;
}

int ango_lwip_recv(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms)
{
    struct ango_lwip *lwip = (struct ango_lwip *)ctx;
    uint32_t start_ms = ango_lwip_clock_ms(lwip);

    if (cap == 0 || (lwip->state != CONNECTED && lwip->state != BROKEN))
        return ANGO_E_ARG;
    ango_lwip_poll(lwip, 0);
    do {
        if (lwip->received != NULL) /* also what came before the connection broke */
            return read_some(lwip, buf, cap);
        if (lwip->state == BROKEN)
            return ANGO_E_NET;
        if (lwip->ended)
            return 0;
    } while (await(lwip, start_ms, wait_ms));
    return ANGO_E_WAIT;
}

void ango_lwip_close(void *ctx)
{
    release((struct ango_lwip *)ctx);
}
