/*
 * ango_lwip_kept.h - over a sleep in which RAM is lost, keeps what the network was: the lease of DHCP, the DNS servers, and the address of
 * the server, so that a device that wakes need not ask for any of it. Over ango_lwip_bare.h; IPv4.
 *
 *   awake:   ango_lwip_start_kept(&bare, &lwip, &board, driver, &kept, slept_s);     in place of ango_lwip_start
 *            ... an exchange that went well ...
 *   asleep:  ango_lwip_keep(&bare, &lwip, "api.example.com", &kept);     and `kept` to RAM that outlasts the sleep, or to flash
 *
 * Only after an exchange that went well; else zero `kept`, and all is asked for anew: so a network, or a server, that is not the same any more
 * costs one failed exchange. The server's certificate is checked for its name as always, whatever the address.
 */
#ifndef ANGO_LWIP_KEPT_H
#define ANGO_LWIP_KEPT_H

#include "ango_lwip_bare.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Plain data, without padding; holds no secret. Private. */
struct ango_lwip_kept {
    uint32_t check;                            /* of all that follows */
    uint16_t lease_min, renew_min, rebind_min; /* still left when it was kept */
    uint8_t hwaddr[6];
    uint32_t address, mask, gateway, dhcp_server; /* in network order */
    uint32_t dns[2];
    uint32_t name, server; /* 0: none */
};

/*
 * Writes what is known now. `lwip` and `host` tell the server's address, that of the last connection, which went to `host`; NULL: without it.
 *   ANGO_E_WAIT  there is no lease; `kept` is zeroed
 */
int ango_lwip_keep(struct ango_lwip_bare *bare, const struct ango_lwip *lwip, const char *host,
                   struct ango_lwip_kept *kept);

/*
 * As ango_lwip_start, but takes up `kept`, if it is whole and of this netif, and its lease lasts for two minutes or more: then there is an address at once,
 * lwIP renews the lease in its time, and the first connect to `host` asks for no name. Else, as for NULL, everything is asked for.
 * If that first connect fails it is ANGO_E_NET, and the next one asks for the name.
 *
 * `slept_s`: for how long it was kept, rather too long than too short: a lease that is used longer than it lasts is somebody else's address. A
 * minute is taken off for each call of ango_lwip_keep, since lwIP counts in minutes.
 */
int ango_lwip_start_kept(struct ango_lwip_bare *bare, struct ango_lwip *lwip, const struct ango_lwip_board *board,
                         netif_init_fn driver, const struct ango_lwip_kept *kept, uint32_t slept_s);

#ifdef __cplusplus
}
#endif

#endif
