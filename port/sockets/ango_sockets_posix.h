/*
 * ango_sockets_posix.h - sockets by their POSIX names. A header of your own includes your platform's, and sees to it that
 * there are, by these names, everything below, struct pollfd (or fd_set), struct addrinfo, errno and its numbers.
 */
#ifndef ANGO_SOCKETS_POSIX_H
#define ANGO_SOCKETS_POSIX_H

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

/* socket, connect, send, recv, close, fcntl, setsockopt, getsockopt, getaddrinfo, freeaddrinfo; poll, or select. */
#define ANGO_SOCKETS(name) name

/* 1: wait with select, for a stack that has no poll. */
#ifndef ANGO_SOCKETS_SELECT
#define ANGO_SOCKETS_SELECT 0
#endif

#if ANGO_SOCKETS_SELECT
#include <sys/select.h>
#else
#include <poll.h>
#endif

#endif
