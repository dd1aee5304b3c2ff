/*
 * ango_sockets_lwip.h - lwIP's sockets (LWIP_SOCKET=1), by the names that they have with LWIP_COMPAT_SOCKETS=0, too.
 */
#ifndef ANGO_SOCKETS_LWIP_H
#define ANGO_SOCKETS_LWIP_H

#include <lwip/errno.h>
#include <lwip/netdb.h>
#include <lwip/sockets.h>
#ifndef LWIP_PROVIDE_ERRNO
#include <errno.h>
#endif

#define ANGO_SOCKETS(name) lwip_##name

#ifndef ANGO_SOCKETS_SELECT
#define ANGO_SOCKETS_SELECT !LWIP_SOCKET_POLL
#endif

#endif
