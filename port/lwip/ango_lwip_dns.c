#include "ango_lwip_dns.h"

#include <string.h>

#define HEAD_LEN 12u
#define LABEL_MAX 63u
#define NAME_LEN_MAX 253u
#define CLASS_IN 1u
#define RESPONSE 0x80u /* of the first byte of flags */
#define RCODE 0x0Fu    /* of the second */
#define RCODE_NO_NAME 3u
#define ADDRESS_LEN 4u
#define ADDRESS6_LEN 16u
#define RECORD_LEN 10u /* of an answer, between its name and its data */

/* FNV-1a, without regard to case: servers may answer in another (RFC 4343). */
static uint32_t hash(uint32_t h, uint8_t byte)
{
    if (byte >= 'A' && byte <= 'Z') {
        byte = (uint8_t)(byte + ('a' - 'A'));
    }
    return (h ^ byte) * 16777619u;
}

uint32_t ango_lwip_dns_hash(const char *host)
{
    uint32_t h = 2166136261u;

    for (; *host != '\0'; host++) {
        h = hash(h, (uint8_t)*host);
    }
    return h;
}

size_t ango_lwip_dns_len(const char *host)
{
    size_t label = 0, len;

    for (len = 0; host[len] != '\0'; len++) {
        label = host[len] == '.' ? 0 : label + 1;
        if (label > LABEL_MAX || len >= NAME_LEN_MAX || (host[len] == '.' && (len == 0 || host[len - 1] == '.'))) {
            return 0;
        }
    }
    if (len == 0) {
        return 0;
    }
    /* Each dot becomes the length of what follows; the first label has one, too, and a 0 ends it. */
    return HEAD_LEN + len + (host[len - 1] == '.' ? 1 : 2) + 4;
}

uint32_t ango_lwip_dns_ask(uint8_t *question, const char *host, uint16_t id, uint8_t type)
{
    uint8_t *to = question + HEAD_LEN, *label = to++, *from;
    uint32_t h = 2166136261u;

    memset(question, 0, HEAD_LEN);
    question[0] = (uint8_t)(id >> 8);
    question[1] = (uint8_t)id;
    question[2] = 1; /* recursion desired */
    question[5] = 1; /* one question */
    for (; *host != '\0'; host++) {
        if (*host != '.') {
            *to++ = (uint8_t)*host;
        } else {
            *label = (uint8_t)(to - label - 1);
            label = to++;
        }
    }
    *label = (uint8_t)(to - label - 1);
    if (*label != 0) {
        *to++ = 0;
    }
    *to++ = 0;
    *to++ = type;
    *to++ = 0;
    *to++ = CLASS_IN;
    for (from = question + HEAD_LEN; from < to; from++) {
        h = hash(h, *from);
    }
    return h;
}

/* A byte of the message; 0 behind its end. */
static uint8_t at(const struct pbuf *message, size_t i)
{
    return i < message->tot_len ? pbuf_get_at(message, (u16_t)i) : 0;
}

static unsigned pair_at(const struct pbuf *message, size_t i)
{
    return (unsigned)at(message, i) << 8 | at(message, i + 1);
}

/* Where the name at `i` ends, or behind the message, when it does not. */
static size_t skip_name(const struct pbuf *message, size_t i)
{
    while (i < message->tot_len) {
        uint8_t len = at(message, i);
        if (len == 0) {
            return i + 1;
        }
        if (len >= 0xC0) { /* goes on elsewhere */
            return i + 2;
        }
        if (len > LABEL_MAX) {
            break;
        }
        i += 1u + len;
    }
    return (size_t)message->tot_len + 1;
}

/* The data of an answer of this type. */
static void take_address(const struct pbuf *message, size_t from, uint8_t type, ip_addr_t *address)
{
    (void)type; /* where there is no IPv6 */
#if LWIP_IPV6
    if (type == ANGO_LWIP_DNS_AAAA) {
        ip6_addr_t six;
        memset(&six, 0, sizeof six);
        (void)pbuf_copy_partial(message, six.addr, ADDRESS6_LEN, (u16_t)from);
        ip_addr_copy_from_ip6(*address, six);
        return;
    }
#endif
    IP_ADDR4(address, at(message, from), at(message, from + 1), at(message, from + 2), at(message, from + 3));
}

static size_t read_answers(const struct pbuf *message, size_t i, uint8_t type, ip_addr_t *addresses, size_t cap)
{
    unsigned address_len = type == ANGO_LWIP_DNS_A ? ADDRESS_LEN : ADDRESS6_LEN;
    unsigned left = pair_at(message, 6);
    size_t n = 0;

    for (; left > 0 && n < cap; left--) {
        unsigned data_len;
        i = skip_name(message, i);
        if (i + RECORD_LEN > message->tot_len) {
            break;
        }
        data_len = pair_at(message, i + 8);
        if (pair_at(message, i) == type && pair_at(message, i + 2) == CLASS_IN && data_len == address_len
            && i + RECORD_LEN + address_len <= message->tot_len) {
            take_address(message, i + RECORD_LEN, type, &addresses[n]);
            n++;
        }
        i += RECORD_LEN + data_len;
    }
    return n;
}

int ango_lwip_dns_read(const struct pbuf *message, uint16_t id, uint32_t question, uint8_t type, ip_addr_t *addresses,
                       size_t cap)
{
    size_t end = skip_name(message, HEAD_LEN) + 4, i, n;
    uint32_t h = 2166136261u;

    if (end > message->tot_len || pair_at(message, 0) != id || (at(message, 2) & RESPONSE) == 0
        || pair_at(message, 4) != 1) {
        return ANGO_LWIP_DNS_NOT_OURS;
    }
    for (i = HEAD_LEN; i < end; i++) {
        h = hash(h, at(message, i));
    }
    if (h != question) {
        return ANGO_LWIP_DNS_NOT_OURS;
    }
    switch (at(message, 3) & RCODE) {
    case 0:
        n = read_answers(message, end, type, addresses, cap);
        return n > 0 ? (int)n : ANGO_LWIP_DNS_NO_NAME;
    case RCODE_NO_NAME:
        return ANGO_LWIP_DNS_NO_NAME;
    default:
        return ANGO_LWIP_DNS_FAILED;
    }
}
