/* UART, watchdog. The clock is there from the start. */
#include "board.h"

#include "registers.h"

#define BOARD_HZ 25000000u
#define BAUD 115200u
#define WATCHDOG_S 8u /* then it says where it hangs; after as long again it resets */

void uart_handler(void);

const struct board_about board_about = { BOARD_HZ, 0x20000000, 16, 2 };

/* --- UART ----------------------------------------------------------------------------------------------- */

/* Filled by the interrupt, so that a line can be typed while a key is being worked on. */
static struct {
    volatile uint16_t in, out; /* counted on, and cut to the ring's size only when used */
    volatile bool full;        /* the rest waits in the UART, and no interrupt will tell of it */
    volatile uint32_t lost;
    volatile char ring[128];
} uart;

/* From the interrupt, or with interrupts off. */
static void empty_uart(void)
{
    uart.full = false;
    if (UART_STATE & UART_RX_OVERRUN) {
        UART_STATE = UART_RX_OVERRUN;
        uart.lost++;
    }
    while (UART_STATE & UART_RX_FULL) {
        if ((uint16_t)(uart.in - uart.out) == sizeof uart.ring) {
            uart.full = true;
            return;
        }
        uart.ring[uart.in % sizeof uart.ring] = (char)UART_DATA;
        uart.in++;
    }
}

void uart_handler(void)
{
    UART_INTCLEAR = UART_INT_RX;
    empty_uart();
}

int board_get(void)
{
    int c;

    if (uart.in == uart.out)
        return -1;
    c = (unsigned char)uart.ring[uart.out % sizeof uart.ring];
    uart.out++;
    if (uart.full) {
        cortex_m3_lock();
        empty_uart();
        cortex_m3_unlock();
    }
    return c;
}

uint32_t board_lost(void)
{
    return uart.lost;
}

void board_put(char c)
{
    while (UART_STATE & UART_TX_FULL)
        continue;
    UART_DATA = (uint8_t)c;
}

static void init_uart(void)
{
    UART_BAUDDIV = (BOARD_HZ + BAUD / 2) / BAUD;
    UART_CTRL = UART_ON;
    NVIC_ISER = 1u << IRQ_UART0_RX;
}

/* --- watchdog ------------------------------------------------------------------------------------------- */

/* The first time it runs out, it interrupts: report_fault then says where. The second time it resets. */
static void init_watchdog(void)
{
    WDT_LOCK = WDT_UNLOCK;
    WDT_LOAD = WATCHDOG_S * BOARD_HZ;
    WDT_CTRL = WDT_ON;
    WDT_LOCK = 0;
}

void board_feed_watchdog(void)
{
    WDT_LOCK = WDT_UNLOCK;
    WDT_INTCLR = 1; /* reloads */
    WDT_LOCK = 0;
}

void board_init(void)
{
    cortex_m3_start_ticks();
    init_uart();
    init_watchdog();
    cortex_m3_unlock();
}
