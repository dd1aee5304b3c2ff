/*
 * lwIP 2.2 as the port needs it: IPv4 (and IPv6, if you like), DHCP, DNS, one TCP connection, no heap, no threads.
 *
 * For ango_lwip_bare.h; where somebody else has started lwIP, the options are theirs, and ango_lwip.c says what it rests on.
 *
 * The sizes below are for a device with 64 KB of RAM, about 8 KB of which they cost. Each can be set with -D;
 * what the port itself rests on is at the top.
 */
#ifndef ANGO_LWIPOPTS_H
#define ANGO_LWIPOPTS_H

#include <stdint.h>

/* --- what ango_lwip.c rests on -------------------------------------------------------------------------- */

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_TIMERS 1
#define LWIP_TCP 1
#define LWIP_DNS 1
#define LWIP_DHCP 1
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0

/* --- left out: it would only cost flash ----------------------------------------------------------------- */

#define LWIP_NOASSERT 1 /* 9 KB of flash */
#define LWIP_STATS 0
#define LWIP_RAW 0
#define LWIP_IGMP 0
#define LWIP_AUTOIP 0
#define LWIP_ACD 0
#define LWIP_DHCP_DOES_ACD_CHECK 0
#define IP_REASSEMBLY 0 /* TCP never sends fragments; DHCP and DNS answers that we ask for fit a frame */
#define IP_FRAG 0
#define IP_FORWARD 0
#define LWIP_TCP_KEEPALIVE 0
#define LWIP_NETIF_HOSTNAME 0
#define LWIP_NETIF_LOOPBACK 0
#define LWIP_HAVE_LOOPIF 0
#define LWIP_NETIF_TX_SINGLE_PBUF 0
#define TCP_LISTEN_BACKLOG 0
#define LWIP_MULTICAST_TX_OPTIONS 0
#define DNS_LOCAL_HOSTLIST 0
/* Out-of-order segments are not kept but asked for again: with so small a window there are few. */
#define TCP_QUEUE_OOSEQ 0

/* --- sizes ---------------------------------------------------------------------------------------------- */

#ifndef MEM_ALIGNMENT
#if UINTPTR_MAX > 0xFFFFFFFF
#define MEM_ALIGNMENT 8
#else
#define MEM_ALIGNMENT 4
#endif
#endif
#define ETH_PAD_SIZE 2 /* or the IP header lies across words, which a Cortex-M0 cannot read */

/* Segments of 536 bytes, which every path carries: four of them fill the window, which the port has room for. No buffer is
 * kept any longer than it takes to copy what is in it. A 16 KB record takes eight round trips. */
#ifndef TCP_MSS
#define TCP_MSS 536
#endif
#ifndef TCP_WND
#define TCP_WND (4 * TCP_MSS)
#endif
#ifndef PBUF_POOL_SIZE
#define PBUF_POOL_SIZE 4
#endif
#define PBUF_POOL_BUFSIZE LWIP_MEM_ALIGN_SIZE(TCP_MSS + 40 + 20 * LWIP_IPV6 + 14 + ETH_PAD_SIZE)

/* What waits for its acknowledgement. When it is full, send waits. */
#ifndef TCP_SND_BUF
#define TCP_SND_BUF (2 * TCP_MSS)
#endif
#ifndef TCP_SND_QUEUELEN
#define TCP_SND_QUEUELEN 6
#endif
#define TCP_SNDLOWAT (TCP_SND_BUF / 2)
#define TCP_OVERSIZE 0 /* else each small write takes a segment's worth */
#ifndef MEM_SIZE
#define MEM_SIZE 1440 /* lwIP's own heap, a static array: what is sent is copied to it */
#endif

#define MEMP_NUM_TCP_PCB 3 /* one in use; two that are still closing */
#define MEMP_NUM_TCP_PCB_LISTEN 1
#define MEMP_NUM_TCP_SEG (TCP_SND_QUEUELEN + 4) /* two that close have two each */
#define MEMP_NUM_UDP_PCB (2 + ANGO_LWIP_SNTP)   /* DHCP, DNS */
#define MEMP_NUM_SYS_TIMEOUT (LWIP_NUM_SYS_TIMEOUT_INTERNAL + ANGO_LWIP_SNTP)
#define MEMP_NUM_PBUF 4
#define MEMP_NUM_REASSDATA 0
#define MEMP_NUM_FRAG_PBUF 0
#define ARP_TABLE_SIZE 4
#define ARP_QUEUEING LWIP_IPV6 /* two questions for a name go out together */
#define MEMP_NUM_ARP_QUEUE 4
/* lwIP's resolver is there for the servers that DHCP names. The port asks them itself. */
#ifndef DNS_TABLE_SIZE
#define DNS_TABLE_SIZE 1
#endif
#define DNS_MAX_REQUESTS DNS_TABLE_SIZE /* more would be read beside the table */
#ifndef DNS_MAX_NAME_LENGTH
#define DNS_MAX_NAME_LENGTH 16
#endif
#define DNS_MAX_SERVERS 2
#define LWIP_DHCP_MAX_DNS_SERVERS 2
#define LWIP_DHCP_PROVIDE_DNS_SERVERS 1

/* --- IPv6, with -DLWIP_IPV6=1 for all that includes lwIP's headers, and lwIP's src/core/ipv6 ---------------------- */

#ifndef LWIP_IPV6
#define LWIP_IPV6 0
#endif
#if LWIP_IPV6
#define LWIP_IPV6_REASS 0
#define LWIP_IPV6_FRAG 0
#define LWIP_IPV6_FORWARD 0
#define LWIP_IPV6_DHCP6 0
#define LWIP_IPV6_AUTOCONFIG 1
#define LWIP_ND6_RDNSS_MAX_DNS_SERVERS 1
#define LWIP_ND6_NUM_NEIGHBORS 4
#define LWIP_ND6_NUM_DESTINATIONS 4
#define MEMP_NUM_ND6_QUEUE 4
#endif

/* --- the time from the network: 1, with lwIP's src/apps/sntp/sntp.c linked --------------------------------- */

#ifndef ANGO_LWIP_SNTP
#define ANGO_LWIP_SNTP 0
#endif
#if ANGO_LWIP_SNTP
/* The application's. Seconds since 1970; from a server that was asked, and has echoed the question. */
void ango_lwip_time_heard(uint32_t seconds);
#define SNTP_SET_SYSTEM_TIME(seconds) ango_lwip_time_heard(seconds)
#define SNTP_CHECK_RESPONSE 2
/* What is echoed is random, and tells nobody our time: draft-ietf-ntp-data-minimization. */
#define SNTP_GET_SYSTEM_TIME_NTP(sec, frac) ((sec) = (s32_t)LWIP_RAND(), (frac) = LWIP_RAND())
#define SNTP_MAX_SERVERS 1
#define SNTP_STARTUP_DELAY 0
#define SNTP_MONITOR_SERVER_REACHABILITY 0
#endif

#endif
