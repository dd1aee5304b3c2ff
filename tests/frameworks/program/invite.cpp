/* The same program as C++. */
#include "invite.c"
