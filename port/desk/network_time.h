/*
 * network_time.h - the time from a server on the network (SNTP), for a board without a battery: make firmware SNTP=1.
 *
 * SNTP IS NOT AUTHENTICATED. An answer is believed when it echoes the 64 random bits of the question, is not before the firmware was
 * built, and not before what the desk knew. README.md says what whoever owns that answer gains.
 */
#ifndef NETWORK_TIME_H
#define NETWORK_TIME_H

#include <stdbool.h>

enum network_time_news { NETWORK_TIME_NO_NEWS, NETWORK_TIME_TAKEN, NETWORK_TIME_NOT_BELIEVED };

/* Whether the configuration names a server. */
bool network_time_is_wanted(void);

/* Asks it, and from then on each hour; once, when there is an address. */
void network_time_start(void);

/* What an answer since the last call brought. Call it again and again: as long as the time is not known, it asks again. */
enum network_time_news network_time_look(void);

#endif
