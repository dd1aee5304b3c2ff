/* lwIP's names for what this machine has. */
#include <netdb.h>

#define lwip_getaddrinfo getaddrinfo
#define lwip_freeaddrinfo freeaddrinfo
