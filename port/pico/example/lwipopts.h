/* What this program needs of lwIP, polled and without sockets. */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#define NO_SYS 1
#define LWIP_SOCKET 0
#define LWIP_NETCONN 0
#define MEM_ALIGNMENT 4
#define MEM_SIZE 8000
#define MEMP_NUM_TCP_SEG 16
#define MEMP_NUM_SYS_TIMEOUT 12
#define PBUF_POOL_SIZE 16
#define LWIP_DHCP 1
#define LWIP_DNS 1
#define LWIP_RAW 1
#define TCP_MSS 1460
#define TCP_WND (4 * TCP_MSS)
#define TCP_SND_BUF (2 * TCP_MSS)
#define LWIP_NETIF_HOSTNAME 1
#define LWIP_NETIF_STATUS_CALLBACK 1
#define LWIP_NETIF_LINK_CALLBACK 1
#define LWIP_NETIF_TX_SINGLE_PBUF 1
#define LWIP_CHKSUM_ALGORITHM 3

/* The time comes from SNTP. */
#include <stdint.h>
void ango_pico_set_time(int64_t seconds);
#define SNTP_SERVER_DNS 1
#define SNTP_SET_SYSTEM_TIME(seconds) ango_pico_set_time(seconds)

#endif
