/* What lwIP wants to know of a compiler: gcc and clang, any CPU. */
#ifndef ANGO_LWIP_ARCH_CC_H
#define ANGO_LWIP_ARCH_CC_H

#include <stdint.h>

#define LWIP_NO_CTYPE_H 1
#define LWIP_NO_UNISTD_H 1
#define LWIP_NO_INTTYPES_H 1
#define X8_F "02x"
#define U16_F "u"
#define S16_F "d"
#define X16_F "x"
#define U32_F "u"
#define S32_F "d"
#define X32_F "x"
#define SZT_F "u"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define BYTE_ORDER BIG_ENDIAN
#else
#define BYTE_ORDER LITTLE_ENDIAN
#endif

/* Nothing to print on, and no assertion is compiled in (lwipopts.h). */
#define LWIP_PLATFORM_DIAG(x) ((void)0)
#define LWIP_PLATFORM_ASSERT(x) ((void)0)

/* Sequence numbers, ports and identifiers: ango_lwip_bare.c, seeded by ango_lwip_start. */
uint32_t ango_lwip_random(void);
#define LWIP_RAND() ango_lwip_random()

/* NO_SYS, and lwIP is never called from an interrupt. */
typedef int sys_prot_t;

#endif
