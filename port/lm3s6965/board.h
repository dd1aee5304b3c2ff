/*
 * board.h - the LM3S6965 evaluation board: clock, UART, watchdog, Ethernet, and what a fault leaves behind.
 *
 * QEMU's lm3s6965evb is what all of this was tried on. Where real silicon wants more than QEMU does (PLL
 * lock, transmit completion), the data sheet was followed; nobody has run it on a real board yet.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lwip/netif.h>

#define BOARD_HZ 50000000u
#define BOARD_WATCHDOG_S 8 /* then it says where it hangs; after as long again it resets */

/* Clock, SysTick, UART, watchdog. Interrupts are on afterwards. */
void board_init(void);

/* --- time ----------------------------------------------------------------------------------------------- */

uint64_t board_uptime_ms(void);
/* CPU cycles since the start in which the CPU did not sleep. In QEMU with -icount shift=0 a cycle is 20
 * instructions. */
uint64_t board_busy_cycles(void);
/* Sleeps until the next interrupt: 1 ms at most, since SysTick is one. */
void board_sleep(void);
void board_feed_watchdog(void);

/* --- UART0, 115200 8N1 ---------------------------------------------------------------------------------- */

void board_put(char c);    /* waits while the transmitter is full */
int board_get(void);       /* -1: nothing there */
uint32_t board_lost(void); /* characters that came faster than they were taken */

/* --- memory: see memory.ld ------------------------------------------------------------------------------ */

extern uint32_t stack_bottom[], stack_top[], handler_stack_bottom[], handler_stack_top[];

#define BOARD_PAINT 0xA5A5A5A5u
/* Words of [from, to) that were used, counted from the end that a stack grows away from. In bytes. */
size_t board_painted_used(const uint32_t *from, const uint32_t *to);

/* --- what ended the last run ---------------------------------------------------------------------------- */

/* Kept in RAM that is not cleared at start. */
struct board_last_words {
    uint32_t magic;
    uint32_t kind; /* exception number; 18 + 16: the watchdog's interrupt */
    uint32_t pc, lr, cfsr, address;
};
extern struct board_last_words board_last_words;
#define BOARD_LAST_WORDS 0x6C617374u

/* --- Ethernet ------------------------------------------------------------------------------------------- */

err_t board_ethernet_init(struct netif *netif);
/* Gives what has arrived to the netif; whether there was anything. */
bool board_ethernet_poll(struct netif *netif);

#endif
