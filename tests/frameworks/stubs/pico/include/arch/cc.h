#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#undef NAME_MAX /* a chip's limits.h has no files */

typedef int sys_prot_t;
#define LWIP_RAND() ((u32_t)rand())
#define LWIP_PLATFORM_DIAG(message) printf message
#define LWIP_PLATFORM_ASSERT(message) abort()
#define SYS_LIGHTWEIGHT_PROT 0
