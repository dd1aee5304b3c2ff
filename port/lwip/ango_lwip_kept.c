#include "ango_lwip_kept.h"

#include <string.h>

#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/prot/dhcp.h>

#include "ango_lwip_dns.h"

#define LEASE_LEFT_MIN 2u
#define ENDLESS_MIN 10080u /* of a lease without an end, so much is kept: a week */
#define DNS_KEPT (sizeof((struct ango_lwip_kept *)0)->dns / sizeof(uint32_t))

/* FNV-1a. */
static uint32_t check_of(const struct ango_lwip_kept *kept)
{
    const uint8_t *bytes = (const uint8_t *)kept;
    uint32_t h = 2166136261u;
    size_t i;

    for (i = sizeof kept->check; i < sizeof *kept; i++) {
        h = (h ^ bytes[i]) * 16777619u;
    }
    return h;
}

static uint16_t less(uint32_t minutes, uint32_t gone)
{
    return (uint16_t)(minutes > gone ? minutes - gone : 0);
}

static void keep_lease(const struct dhcp *dhcp, const struct netif *netif, struct ango_lwip_kept *kept)
{
    uint32_t used = dhcp->lease_used + 1u; /* the minute that is not over, and t0 may be rounded up */

    kept->lease_min = dhcp->t0_timeout != 0 ? less(dhcp->t0_timeout, used) : ENDLESS_MIN;
    kept->renew_min = less(dhcp->t1_renew_time, 1);
    kept->rebind_min = less(dhcp->t2_rebind_time, 1);
    memcpy(kept->hwaddr, netif->hwaddr, sizeof kept->hwaddr);
    kept->address = ip4_addr_get_u32(netif_ip4_addr(netif));
    kept->mask = ip4_addr_get_u32(netif_ip4_netmask(netif));
    kept->gateway = ip4_addr_get_u32(netif_ip4_gw(netif));
    kept->dhcp_server = ip4_addr_get_u32(ip_2_ip4(&dhcp->server_ip_addr));
}

int ango_lwip_keep(struct ango_lwip_bare *bare, const struct ango_lwip *lwip, const char *host,
                   struct ango_lwip_kept *kept)
{
    const ip_addr_t *server = lwip != NULL && host != NULL ? ango_lwip_last_address(lwip) : NULL;
    u8_t i;

    memset(kept, 0, sizeof *kept);
    if (dhcp_supplied_address(&bare->netif) == 0) {
        return ANGO_E_WAIT;
    }
    keep_lease(netif_dhcp_data(&bare->netif), &bare->netif, kept);
    for (i = 0; i < DNS_KEPT && i < DNS_MAX_SERVERS; i++) {
        const ip_addr_t *dns = dns_getserver(i);
        kept->dns[i] = IP_IS_V4(dns) ? ip4_addr_get_u32(ip_2_ip4(dns)) : 0;
    }
    if (server != NULL && IP_IS_V4(server)) {
        kept->name = ango_lwip_dns_hash(host);
        kept->server = ip4_addr_get_u32(ip_2_ip4(server));
    }
    kept->check = check_of(kept);
    return ANGO_OK;
}

static uint32_t minutes(uint32_t seconds)
{
    return seconds / 60 + 1;
}

static bool is_good(const struct ango_lwip_kept *kept, const struct netif *netif, uint32_t slept_s)
{
    return kept != NULL && kept->check == check_of(kept) && kept->address != 0
        && memcmp(kept->hwaddr, netif->hwaddr, sizeof kept->hwaddr) == 0
        && less(kept->lease_min, minutes(slept_s)) >= LEASE_LEFT_MIN;
}

/* As lwIP's dhcp_bind leaves it; from then on lwIP renews, binds anew, and ends it. */
static void take_up_lease(struct netif *netif, const struct ango_lwip_kept *kept, uint32_t gone)
{
    struct dhcp *dhcp = netif_dhcp_data(netif);

    dhcp->state = DHCP_STATE_BOUND;
    dhcp->t0_timeout = less(kept->lease_min, gone);
    dhcp->t2_timeout = less(kept->rebind_min, gone);
    dhcp->t2_rebind_time = dhcp->t2_timeout;
    dhcp->t1_renew_time = less(kept->renew_min, gone);
    if (dhcp->t1_renew_time == 0) {
        dhcp->t1_renew_time = 1; /* overdue; 0 would be never */
    }
    ip_addr_set_ip4_u32_val(dhcp->server_ip_addr, kept->dhcp_server);
    ip4_addr_set_u32(&dhcp->offered_ip_addr, kept->address);
    ip4_addr_set_u32(&dhcp->offered_sn_mask, kept->mask);
    ip4_addr_set_u32(&dhcp->offered_gw_addr, kept->gateway);
    netif_set_addr(netif, &dhcp->offered_ip_addr, &dhcp->offered_sn_mask, &dhcp->offered_gw_addr);
}

static void take_up_servers(struct ango_lwip *lwip, const struct ango_lwip_kept *kept)
{
    ip_addr_t address;
    u8_t i;

    for (i = 0; i < DNS_KEPT && i < DNS_MAX_SERVERS; i++) {
        ip_addr_set_ip4_u32_val(address, kept->dns[i]);
        dns_setserver(i, &address);
    }
    ip_addr_set_ip4_u32_val(address, kept->server);
    if (kept->server != 0) {
        ango_lwip_know(lwip, kept->name, &address);
    }
}

int ango_lwip_start_kept(struct ango_lwip_bare *bare, struct ango_lwip *lwip, const struct ango_lwip_board *board,
                         netif_init_fn driver, const struct ango_lwip_kept *kept, uint32_t slept_s)
{
    int err = ango_lwip_start_netif(bare, lwip, board, driver);
    u8_t flags = err == ANGO_OK ? bare->netif.flags : 0;

    if (err != ANGO_OK || !is_good(kept, &bare->netif, slept_s)) {
        return err == ANGO_OK ? ango_lwip_start_dhcp(bare, lwip) : err;
    }
    /* Without a link, DHCP begins, and sends nothing. */
    bare->netif.flags = (u8_t)(flags & ~NETIF_FLAG_LINK_UP);
    err = ango_lwip_start_dhcp(bare, lwip);
    bare->netif.flags = flags;
    if (err == ANGO_OK) {
        take_up_lease(&bare->netif, kept, minutes(slept_s));
        take_up_servers(lwip, kept);
    }
    return err;
}
