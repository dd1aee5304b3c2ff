/* lwIP's names for what this machine has. */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define LWIP_SOCKET_POLL 1
#define lwip_socket socket
#define lwip_connect connect
#define lwip_send send
#define lwip_recv recv
#define lwip_close close
#define lwip_fcntl fcntl
#define lwip_poll poll
#define lwip_setsockopt setsockopt
#define lwip_getsockopt getsockopt
