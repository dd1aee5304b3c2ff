/* Zephyr's names for what this machine has. */
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define zsock_socket socket
#define zsock_connect connect
#define zsock_send send
#define zsock_recv recv
#define zsock_close close
#define zsock_fcntl fcntl
#define zsock_poll poll
#define zsock_pollfd pollfd
#define zsock_addrinfo addrinfo
#define zsock_setsockopt setsockopt
#define zsock_getsockopt getsockopt
#define zsock_getaddrinfo getaddrinfo
#define zsock_freeaddrinfo freeaddrinfo
#define ZSOCK_POLLIN POLLIN
#define ZSOCK_POLLOUT POLLOUT
