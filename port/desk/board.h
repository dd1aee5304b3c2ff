/*
 * board.h - what the badge desk wants of a board: clock, UART, watchdog, and what a fault leaves behind. A folder a board has it:
 * ../lm3s6965, ../mps2-an385; what they have in common is in ../cortex-m3. Ethernet is in board_ethernet.h, and comes later.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct board_about {
    uint32_t hz;                 /* of the CPU, and of SysTick */
    uint32_t ram_begin;          /* the 32 KB below it are nobody's */
    uint32_t ram_size_log2;      /* what the MPU takes for RAM */
    uint32_t watchdog_exception; /* the number of its vector */
};
extern const struct board_about board_about;

/* Clock, SysTick, UART, watchdog. Interrupts are on afterwards. */
void board_init(void);

/* --- time ----------------------------------------------------------------------------------------------- */

uint64_t board_uptime_ms(void);
/* CPU cycles since the start in which the CPU did not sleep. In QEMU with -icount shift=0 an instruction takes a nanosecond. */
uint64_t board_busy_cycles(void);
/* Sleeps until the next interrupt: 1 ms at most, since SysTick is one. */
void board_sleep(void);
void board_feed_watchdog(void);

/* --- the console: 115200 8N1 ---------------------------------------------------------------------------- */

void board_put(char c);    /* waits while the transmitter is full */
int board_get(void);       /* -1: nothing there */
uint32_t board_lost(void); /* characters that came faster than they were taken */

/* --- memory: see sections.ld ------------------------------------------------------------------------------ */

extern uint32_t stack_bottom[], stack_top[], handler_stack_bottom[], handler_stack_top[];

#define BOARD_PAINT 0xA5A5A5A5u
/* Words of [from, to) that were used, counted from the end that a stack grows away from. In bytes. */
size_t board_painted_used(const uint32_t *from, const uint32_t *to);

/* --- what ended the last run ---------------------------------------------------------------------------- */

/* Kept in RAM that is not cleared at start. */
struct board_last_words {
    uint32_t magic;
    uint32_t kind; /* exception number */
    uint32_t pc, lr, cfsr, address;
};
extern struct board_last_words board_last_words;
#define BOARD_LAST_WORDS 0x6C617374u

#endif
