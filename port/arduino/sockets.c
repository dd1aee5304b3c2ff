/* Neither Arduino nor a plain PlatformIO library passes a flag for one file: here is said whose sockets. */
#define ANGO_SOCKETS_HEADER "ango_sockets_lwip.h"
#include "../../port/sockets/ango_sockets.c"
