/*
 * board_ethernet.h - the board's Ethernet, as an lwIP netif that is polled.
 */
#ifndef BOARD_ETHERNET_H
#define BOARD_ETHERNET_H

#include <lwip/netif.h>

#include "board.h"

err_t board_ethernet_init(struct netif *netif);
/* Gives what has arrived to the netif; whether there was anything. Bounded, so that a flood cannot hold it. */
bool board_ethernet_poll(struct netif *netif);

#endif
