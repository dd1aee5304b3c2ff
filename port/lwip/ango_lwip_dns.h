/*
 * ango_lwip_dns.h - a question for the addresses of a name (RFC 1035, 3596), and its answer. Private to port/lwip. It neither sends nor
 * receives.
 */
#ifndef ANGO_LWIP_DNS_H
#define ANGO_LWIP_DNS_H

#include <lwip/ip_addr.h>
#include <lwip/pbuf.h>

#include <stddef.h>
#include <stdint.h>

enum { ANGO_LWIP_DNS_A = 1, ANGO_LWIP_DNS_AAAA = 28 }; /* what is asked for */

enum { ANGO_LWIP_DNS_NOT_OURS = -1, ANGO_LWIP_DNS_NO_NAME = -2, ANGO_LWIP_DNS_FAILED = -3 };

/* The length of the question, or 0: `host` cannot be a name. */
size_t ango_lwip_dns_len(const char *host);

/* Writes the question, which has room for ango_lwip_dns_len(host) bytes. Returns a hash of it, which tells its answer. */
uint32_t ango_lwip_dns_ask(uint8_t *question, const char *host, uint16_t id, uint8_t type);

/* A hash of a name, without regard to case. */
uint32_t ango_lwip_dns_hash(const char *host);

/*
 * Reads a message from the server: how many addresses were written, up to `cap`, in their order, or
 *   ANGO_LWIP_DNS_NOT_OURS  no answer to this question, or malformed
 *   ANGO_LWIP_DNS_NO_NAME   the name does not exist, or has no such address
 *   ANGO_LWIP_DNS_FAILED    the server cannot tell
 */
int ango_lwip_dns_read(const struct pbuf *message, uint16_t id, uint32_t question, uint8_t type, ip_addr_t *addresses,
                       size_t cap);

#endif
