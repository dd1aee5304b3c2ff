#include "ango_lwip.h"

#include <string.h>

#include <lwip/dns.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <lwip/tcp.h>
#include <lwip/udp.h>

#include "ango_lwip_dns.h"

#if !NO_SYS || !LWIP_DNS || !LWIP_TCP || !LWIP_UDP || !LWIP_IPV4
#error "this port needs NO_SYS, LWIP_IPV4, LWIP_TCP, LWIP_UDP and LWIP_DNS in lwipopts.h"
#endif

#define DNS_TCP_UDP_PORT 53u
#define FIRST_ASK_MS 1000u /* then asked again, */
#define FURTHER_ASK_MS 2000u
#define ASKS_MAX 5u        /* which makes 9 s */
#define LATE_MS 300u       /* for the other kind of address, when one is there */
#define GIVE_WAY_MS 3000u  /* an attempt that is not answered makes room for a further address */
#define LAST_WORDS_MAX 64u /* unacknowledged bytes with which a connection may end in peace: TLS's close_notify */

/* KNOWN: idle, and a name's address is known. NO_NAME, REFUSED: what connect has still to report, or to go on from. */
enum { IDLE, KNOWN, ASKING, NO_NAME, NEXT_ADDRESS, CONNECTING, REACHED, REFUSED, CONNECTED, BROKEN };

uint32_t ango_lwip_clock_ms(void *ctx)
{
    const struct ango_lwip_platform *platform = ((const struct ango_lwip *)ctx)->platform;

    return platform->clock_ms(platform->ctx);
}

int64_t ango_lwip_time(void *ctx)
{
    const struct ango_lwip_platform *platform = ((const struct ango_lwip *)ctx)->platform;

    return platform->time != NULL ? platform->time(platform->ctx) : 0;
}

int ango_lwip_entropy(void *ctx, uint8_t *buf, size_t len)
{
    const struct ango_lwip_platform *platform = ((const struct ango_lwip *)ctx)->platform;

    return platform->entropy(platform->ctx, buf, len);
}

/* The kinds of addresses. */
enum { FOUR, SIX };

static const uint8_t dns_types[] = { ANGO_LWIP_DNS_A, ANGO_LWIP_DNS_AAAA };

#if LWIP_IPV6
static bool has_ip6(const struct netif *netif)
{
    s8_t i;

    for (i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        const ip6_addr_t *address = netif_ip6_addr(netif, i);
        if (ip6_addr_ispreferred(netif_ip6_addr_state(netif, i)) && !ip6_addr_islinklocal(address)
            && !ip6_addr_isloopback(address)) {
            return true;
        }
    }
    return false;
}
#else
static bool has_ip6(const struct netif *netif)
{
    (void)netif;
    return false;
}
#endif

/* A bit for each kind that there is an address of. */
static uint8_t own_kinds(void)
{
    const struct netif *netif;
    unsigned kinds = 0;

    NETIF_FOREACH(netif)
    {
        if (netif_is_up(netif) && !ip4_addr_isany_val(*netif_ip4_addr(netif))
            && !ip4_addr_isloopback(netif_ip4_addr(netif))) {
            kinds |= 1u << FOUR;
        }
        if (netif_is_up(netif) && has_ip6(netif)) {
            kinds |= 1u << SIX;
        }
    }
    return (uint8_t)kinds;
}

bool ango_lwip_has_address(void)
{
    return own_kinds() != 0;
}

/* Lets what was written leave, and the network go on. */
static void poll(struct ango_lwip *lwip, uint32_t wait_ms)
{
    if (lwip->pcb != NULL) {
        (void)tcp_output(lwip->pcb); /* an error: it is sent later, by lwIP's timers */
    }
    lwip->platform->poll(lwip->platform->ctx, wait_ms);
}

/* --- what lwIP tells us, from within poll --------------------------------------------------------------- */

/* Our window is what there is room for, so it always fits. */
static err_t on_received(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    struct ango_lwip *lwip = arg;

    (void)pcb;
    (void)err;
    if (p == NULL) {
        lwip->ended = true;
        return ERR_OK;
    }
    if (lwip->received_at > 0) {
        lwip->received_len -= lwip->received_at;
        memmove(lwip->received, lwip->received + lwip->received_at, lwip->received_len);
        lwip->received_at = 0;
    }
    if (p->tot_len > sizeof lwip->received - lwip->received_len) {
        return ERR_MEM;
    }
    (void)pbuf_copy_partial(p, lwip->received + lwip->received_len, p->tot_len, 0);
    lwip->received_len += p->tot_len;
    (void)pbuf_free(p);
    return ERR_OK;
}

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
    struct ango_lwip *lwip = arg;

    (void)pcb;
    (void)err;
    lwip->state = REACHED;
    return ERR_OK;
}

/* lwIP has already freed the control block. */
static void on_error(void *arg, err_t err)
{
    struct ango_lwip *lwip = arg;

    lwip->pcb = NULL;
    lwip->lwip_error = err;
    lwip->state = lwip->state == CONNECTING ? REFUSED : BROKEN;
}

/* Those of IPv6 come first. */
static void add_addresses(struct ango_lwip *lwip, unsigned kind, const ip_addr_t *found, size_t n)
{
    size_t at = lwip->addresses_len;

    if (kind == SIX) {
        memmove(lwip->addresses + n, lwip->addresses, at * sizeof *found);
        at = 0;
    }
    memcpy(lwip->addresses + at, found, n * sizeof *found);
    lwip->addresses_len = (uint8_t)(lwip->addresses_len + n);
    lwip->began_ms = ango_lwip_clock_ms(lwip);
}

static void take_answer(struct ango_lwip *lwip, unsigned kind, const struct pbuf *p)
{
    ip_addr_t found[ANGO_LWIP_ADDRESSES / ANGO_LWIP_KINDS];
    int n =
        ango_lwip_dns_read(p, lwip->query_id, lwip->query[kind], dns_types[kind], found, sizeof found / sizeof *found);

    if (n == ANGO_LWIP_DNS_NOT_OURS || n == ANGO_LWIP_DNS_FAILED) {
        return;
    }
    lwip->unanswered &= (uint8_t) ~(1u << kind);
    if (n > 0) {
        add_addresses(lwip, kind, found, (size_t)n);
    }
    if (lwip->unanswered == 0) {
        lwip->state = lwip->addresses_len > 0 ? NEXT_ADDRESS : NO_NAME;
    }
}

static void on_answer(void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from, u16_t port)
{
    struct ango_lwip *lwip = arg;
    unsigned kind;

    (void)pcb; /* lwIP has seen to it that it comes from whom we asked */
    (void)from;
    (void)port;
    for (kind = 0; kind < ANGO_LWIP_KINDS && lwip->state == ASKING; kind++) {
        if ((lwip->unanswered & 1u << kind) != 0) { /* once */
            take_answer(lwip, kind, p);
        }
    }
    (void)pbuf_free(p);
}

/* --- names ---------------------------------------------------------------------------------------------- */

static void stop_asking(struct ango_lwip *lwip)
{
    if (lwip->udp != NULL) {
        udp_remove(lwip->udp);
    }
    lwip->udp = NULL;
}

/* The server to ask next: each in its turn. NULL: lwIP knows none. */
static const ip_addr_t *choose_server(const struct ango_lwip *lwip)
{
    unsigned i;

    for (i = 0; i < DNS_MAX_SERVERS; i++) {
        const ip_addr_t *server = dns_getserver((u8_t)((lwip->asks + i) % DNS_MAX_SERVERS));
        if (!ip_addr_isany(server)) {
            return server;
        }
    }
    return NULL;
}

/* From a port of its own, since that is half of what keeps others from answering. */
static struct udp_pcb *open_udp(struct ango_lwip *lwip, const ip_addr_t *server)
{
    struct udp_pcb *udp = udp_new_ip_type(IPADDR_TYPE_ANY);
    unsigned tries;

    if (udp == NULL) {
        return NULL;
    }
    for (tries = 0; tries < 4; tries++) {
        u16_t port = (u16_t)(49152u + (uint32_t)LWIP_RAND() % 16384u);
        if (udp_bind(udp, IP_ANY_TYPE, port) == ERR_OK && udp_connect(udp, server, DNS_TCP_UDP_PORT) == ERR_OK) {
            udp_recv(udp, on_answer, lwip);
            return udp;
        }
    }
    udp_remove(udp);
    return NULL;
}

static void ask_for(struct ango_lwip *lwip, const char *host, unsigned kind)
{
    struct pbuf *p = pbuf_alloc(PBUF_TRANSPORT, (u16_t)ango_lwip_dns_len(host), PBUF_RAM);

    if (p == NULL) {
        lwip->lwip_error = ERR_MEM;
        return;
    }
    lwip->query[kind] = ango_lwip_dns_ask(p->payload, host, lwip->query_id, dns_types[kind]);
    lwip->lwip_error = udp_send(lwip->udp, p);
    (void)pbuf_free(p);
}

static void ask_unanswered(struct ango_lwip *lwip, const char *host)
{
    unsigned kind;

    for (kind = 0; kind < ANGO_LWIP_KINDS; kind++) {
        if ((lwip->unanswered & 1u << kind) != 0) {
            ask_for(lwip, host, kind);
        }
    }
}

/* Asks for the name. What cannot be sent now is asked again. */
static void ask(struct ango_lwip *lwip, const char *host)
{
    const ip_addr_t *server = choose_server(lwip);

    stop_asking(lwip);
    lwip->asks++;
    lwip->began_ms = ango_lwip_clock_ms(lwip);
    lwip->addresses_len = 0;
    lwip->unanswered = own_kinds();
    lwip->udp = server != NULL ? open_udp(lwip, server) : NULL;
    if (lwip->udp == NULL) {
        lwip->lwip_error = ERR_MEM;
        return;
    }
    lwip->query_id = (uint16_t)LWIP_RAND();
    ask_unanswered(lwip, host);
}

/* --- connecting ----------------------------------------------------------------------------------------- */

/*
 * A connection that ends in peace still holds buffers until the peer has acknowledged that, or for many minutes, if it is silent. Only
 * a few bytes of last words are worth that; with more under way it is reset, and all is free at once.
 */
static void drop_connection(struct ango_lwip *lwip)
{
    struct tcp_pcb *pcb = lwip->pcb;
    bool in_peace;

    if (pcb == NULL) {
        return;
    }
    lwip->pcb = NULL;
    /* Or this connection's end would be taken for the next one's. */
    tcp_arg(pcb, NULL);
    tcp_recv(pcb, NULL);
    tcp_err(pcb, NULL);
    tcp_setprio(pcb, TCP_PRIO_MIN); /* what still closes makes room for what is new */
    in_peace = lwip->state != CONNECTED || (unsigned)TCP_SND_BUF - tcp_sndbuf(pcb) <= LAST_WORDS_MAX;
    if (!in_peace || tcp_close(pcb) != ERR_OK) {
        tcp_abort(pcb);
    }
}

static void release(struct ango_lwip *lwip)
{
    stop_asking(lwip);
    drop_connection(lwip);
    lwip->received_at = 0;
    lwip->received_len = 0;
    lwip->ended = false;
    lwip->state = IDLE;
}

static int fail(struct ango_lwip *lwip, int error)
{
    release(lwip);
    return error;
}

/* A numeric address, or the first question. */
static int begin(struct ango_lwip *lwip, const char *host)
{
    if (!ango_lwip_has_address()) {
        return ANGO_E_WAIT;
    }
    lwip->lwip_error = 0;
    lwip->next = 0;
    lwip->asks = 0;
    if (ipaddr_aton(host, &lwip->addresses[0])) {
        lwip->addresses_len = 1;
        lwip->state = NEXT_ADDRESS;
        return ANGO_OK;
    }
    if (ango_lwip_dns_len(host) == 0) {
        return ANGO_E_RESOLVE;
    }
    lwip->state = ASKING;
    ask(lwip, host);
    return ANGO_E_WAIT;
}

/* The address of this name may be known; later it is asked for. */
static int begin_with_known(struct ango_lwip *lwip, const char *host)
{
    if (!ango_lwip_has_address()) {
        return ANGO_E_WAIT;
    }
    lwip->lwip_error = 0;
    lwip->next = 0;
    lwip->state = lwip->query[0] == ango_lwip_dns_hash(host) ? NEXT_ADDRESS : IDLE;
    return ANGO_OK;
}

/* There are addresses of one kind. The other one is asked for once more, since it is what is left if these do not answer. */
static int await_other_kind(struct ango_lwip *lwip, const char *host)
{
    if (ango_lwip_clock_ms(lwip) - lwip->began_ms < LATE_MS) {
        return ANGO_E_WAIT;
    }
    if (lwip->asks == ASKS_MAX) {
        lwip->state = NEXT_ADDRESS;
        return ANGO_OK;
    }
    lwip->asks = ASKS_MAX;
    lwip->began_ms = ango_lwip_clock_ms(lwip);
    ask_unanswered(lwip, host);
    return ANGO_E_WAIT;
}

static int go_on_asking(struct ango_lwip *lwip, const char *host)
{
    uint32_t due_ms = lwip->asks == 1 ? FIRST_ASK_MS : FURTHER_ASK_MS;

    if (ANGO_LWIP_KINDS > 1 && lwip->addresses_len > 0) {
        return await_other_kind(lwip, host);
    }
    if (ango_lwip_clock_ms(lwip) - lwip->began_ms < due_ms) {
        return ANGO_E_WAIT;
    }
    if (lwip->asks == ASKS_MAX) {
        return ANGO_E_RESOLVE;
    }
    ask(lwip, host);
    return ANGO_E_WAIT;
}

static int try_next(struct ango_lwip *lwip, uint16_t port)
{
    struct tcp_pcb *pcb;

    stop_asking(lwip);
    if (lwip->next == lwip->addresses_len) {
        return ANGO_E_NET;
    }
    pcb = tcp_new_ip_type(IP_GET_TYPE(&lwip->addresses[lwip->next]));
    if (pcb == NULL) {
        lwip->lwip_error = ERR_MEM;
        return ANGO_E_NET;
    }
    lwip->pcb = pcb;
    tcp_arg(pcb, lwip);
    tcp_recv(pcb, on_received);
    tcp_err(pcb, on_error);
    tcp_nagle_disable(pcb);
    lwip->began_ms = ango_lwip_clock_ms(lwip);
    lwip->state = CONNECTING;
    lwip->lwip_error = tcp_connect(pcb, &lwip->addresses[lwip->next++], port, on_connected);
    if (lwip->lwip_error != ERR_OK) {
        lwip->state = REFUSED;
        return ANGO_OK;
    }
    return ANGO_E_WAIT;
}

static int go_on_connecting(struct ango_lwip *lwip)
{
    bool last = lwip->next == lwip->addresses_len;

    if (last || ango_lwip_clock_ms(lwip) - lwip->began_ms < GIVE_WAY_MS) {
        return ANGO_E_WAIT;
    }
    lwip->lwip_error = ERR_TIMEOUT;
    lwip->state = REFUSED;
    return ANGO_OK;
}

/* One step on the way: ANGO_OK: go on at once. */
static int advance(struct ango_lwip *lwip, const char *host, uint16_t port)
{
    switch (lwip->state) {
    case IDLE:
        return begin(lwip, host);
    case KNOWN:
        return begin_with_known(lwip, host);
    case ASKING:
        return go_on_asking(lwip, host);
    case NO_NAME:
        return ANGO_E_RESOLVE;
    case NEXT_ADDRESS:
        return try_next(lwip, port);
    case CONNECTING:
        return go_on_connecting(lwip);
    case REACHED:
        lwip->state = CONNECTED;
        return ANGO_OK;
    case REFUSED:
        drop_connection(lwip);
        lwip->state = NEXT_ADDRESS;
        return ANGO_OK;
    default:
        return ANGO_E_NET; /* it broke before connect could tell of it */
    }
}

/* Lets the network go on for what is left of `wait_ms`; false when nothing is. */
static bool await(struct ango_lwip *lwip, uint32_t start_ms, uint32_t wait_ms)
{
    uint32_t gone = ango_lwip_clock_ms(lwip) - start_ms;

    if (gone >= wait_ms) {
        return false;
    }
    poll(lwip, wait_ms - gone);
    return true;
}

int ango_lwip_connect(void *ctx, const char *host, uint16_t port, uint32_t wait_ms)
{
    struct ango_lwip *lwip = ctx;
    uint32_t start_ms = ango_lwip_clock_ms(lwip);

    if (lwip->state == CONNECTED) {
        return ANGO_E_ARG;
    }
    poll(lwip, 0);
    while (lwip->state != CONNECTED) {
        int err = advance(lwip, host, port);
        if (err == ANGO_E_WAIT && !await(lwip, start_ms, wait_ms)) {
            return ANGO_E_WAIT;
        }
        if (err != ANGO_OK && err != ANGO_E_WAIT) {
            return fail(lwip, err);
        }
    }
    return ANGO_OK;
}

/* --- connected ------------------------------------------------------------------------------------------ */

/* Hands over what there is room for: 0 when there is none. */
static int write_some(struct ango_lwip *lwip, const uint8_t *data, size_t len)
{
    size_t n = tcp_sndbuf(lwip->pcb);
    err_t err = ERR_MEM;

    if (n > len) {
        n = len;
    }
    for (; n > 0; n /= 2) {
        err = tcp_write(lwip->pcb, data, (u16_t)n, TCP_WRITE_FLAG_COPY);
        if (err != ERR_MEM) {
            break;
        }
    }
    if (err != ERR_OK && err != ERR_MEM) {
        lwip->lwip_error = err;
        return ANGO_E_NET;
    }
    return (int)n;
}

int ango_lwip_send(void *ctx, const uint8_t *data, size_t len, uint32_t wait_ms)
{
    struct ango_lwip *lwip = ctx;
    uint32_t start_ms = ango_lwip_clock_ms(lwip);

    if (len == 0 || (lwip->state != CONNECTED && lwip->state != BROKEN)) {
        return ANGO_E_ARG;
    }
    /* Not polled first: what is sent in one go shall leave in one frame. */
    for (;;) {
        int n = lwip->state == BROKEN ? ANGO_E_NET : write_some(lwip, data, len);
        if (n != 0) {
            return n;
        }
        if (!await(lwip, start_ms, wait_ms)) {
            poll(lwip, 0);
            return lwip->state == BROKEN ? ANGO_E_NET : ANGO_E_WAIT;
        }
    }
}

static int read_some(struct ango_lwip *lwip, uint8_t *buf, size_t cap)
{
    size_t n = lwip->received_len - lwip->received_at;

    n = n < cap ? n : cap;
    memcpy(buf, lwip->received + lwip->received_at, n);
    lwip->received_at += n;
    if (lwip->pcb != NULL) {
        tcp_recved(lwip->pcb, (u16_t)n);
    }
    return (int)n;
}

int ango_lwip_recv(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms)
{
    struct ango_lwip *lwip = ctx;
    uint32_t start_ms = ango_lwip_clock_ms(lwip);

    if (cap == 0 || (lwip->state != CONNECTED && lwip->state != BROKEN)) {
        return ANGO_E_ARG;
    }
    if (lwip->received_at == lwip->received_len) {
        poll(lwip, 0);
    }
    do {
        if (lwip->received_at < lwip->received_len) { /* also what came before the connection broke */
            return read_some(lwip, buf, cap);
        }
        if (lwip->state == BROKEN) {
            return ANGO_E_NET;
        }
        if (lwip->ended) {
            return 0;
        }
    } while (await(lwip, start_ms, wait_ms));
    return ANGO_E_WAIT;
}

void ango_lwip_close(void *ctx)
{
    release(ctx);
}

const ip_addr_t *ango_lwip_last_address(const struct ango_lwip *lwip)
{
    return lwip->next > 0 ? &lwip->addresses[lwip->next - 1] : NULL;
}

void ango_lwip_know(struct ango_lwip *lwip, uint32_t name, const ip_addr_t *address)
{
    ip_addr_copy(lwip->addresses[0], *address);
    lwip->addresses_len = 1;
    lwip->query[0] = name;
    lwip->state = KNOWN;
}
