/*
 * ango_sockets_zephyr.h - Zephyr's sockets (CONFIG_NET_SOCKETS), without CONFIG_POSIX_API.
 */
#ifndef ANGO_SOCKETS_ZEPHYR_H
#define ANGO_SOCKETS_ZEPHYR_H

#include <errno.h>

#include <zephyr/net/socket.h>
#include <zephyr/posix/fcntl.h>

#define ANGO_SOCKETS(name) zsock_##name

#ifndef pollfd
#define pollfd zsock_pollfd
#endif
#ifndef addrinfo
#define addrinfo zsock_addrinfo
#endif
#ifndef POLLIN
#define POLLIN ZSOCK_POLLIN
#define POLLOUT ZSOCK_POLLOUT
#endif

#define ANGO_SOCKETS_SELECT 0

#endif
