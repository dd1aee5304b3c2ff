/* Clock, UART, watchdog. */
#include "board.h"

#include "registers.h"

#define BAUD 115200u
#define BOARD_HZ 50000000u
#define WATCHDOG_S 8u /* then it says where it hangs; after as long again it resets */

void uart_handler(void);

const struct board_about board_about = { BOARD_HZ, 0x20000000, 16, 16 + IRQ_WATCHDOG };

/* --- clock -------------------------------------------------------------------------------------------- */

/* 50 MHz out of the PLL, from the board's crystal of 8 MHz. */
static void init_clock(void)
{
    uint32_t patience = 1000000;

    SYSCTL_RCC = (SYSCTL_RCC | RCC_BYPASS) & ~RCC_USESYSDIV;
    SYSCTL_MISC = PLL_LOCKED;
    SYSCTL_RCC = (SYSCTL_RCC & ~RCC_FIELDS) | RCC_XTAL_8MHZ | RCC_SYSDIV_4 | RCC_USESYSDIV;
    while ((SYSCTL_RIS & PLL_LOCKED) == 0 && --patience > 0)
        continue;
    SYSCTL_RCC &= ~RCC_BYPASS;
    cortex_m3_start_ticks();
}

/* --- UART ----------------------------------------------------------------------------------------------- */

/* Filled by the interrupt, so that a line can be typed while a key is being worked on. */
static struct {
    volatile uint16_t in, out; /* counted on, and cut to the ring's size only when used */
    volatile bool full;        /* the rest waits in the FIFO, and no interrupt will tell of it */
    volatile uint32_t lost;
    volatile char ring[128];
} uart;

/* From the interrupt, or with interrupts off. */
static void empty_fifo(void)
{
    uart.full = false;
    while ((UART_FR & UART_FR_RXFE) == 0) {
        uint32_t data;

        if ((uint16_t)(uart.in - uart.out) == sizeof uart.ring) {
            uart.full = true;
            return;
        }
        data = UART_DR;
        if (data & UART_DR_OVERRUN)
            uart.lost++;
        uart.ring[uart.in % sizeof uart.ring] = (char)data;
        uart.in++;
    }
}

void uart_handler(void)
{
    UART_ICR = UART_IM_RX;
    empty_fifo();
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
        empty_fifo();
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
    while (UART_FR & UART_FR_TXFF)
        continue;
    UART_DR = (uint8_t)c;
}

static void init_uart(void)
{
    uint32_t divisor = (BOARD_HZ * 4 + BAUD / 2) / BAUD; /* in 64ths of 16 cycles */

    SYSCTL_RCGC1 |= RCGC1_UART0;
    SYSCTL_RCGC2 |= RCGC2_GPIOA;
    (void)SYSCTL_RCGC2; /* the clocks take a few cycles */
    GPIOA_AFSEL |= 3;
    GPIOA_DEN |= 3;
    UART_CTL = 0;
    UART_IBRD = divisor / 64;
    UART_FBRD = divisor % 64;
    UART_LCRH = 0x70; /* 8 bits, FIFOs on */
    UART_CTL = 0x301;
    UART_IM = UART_IM_RX;
    NVIC_ISER0 = 1u << IRQ_UART0;
}

/* --- watchdog ------------------------------------------------------------------------------------------- */

/* The first time it runs out, it interrupts: report_fault then says where. The second time it resets. */
static void init_watchdog(void)
{
    SYSCTL_RCGC0 |= RCGC0_WDT;
    (void)SYSCTL_RCGC0;
    WDT_LOCK = WDT_UNLOCK;
    WDT_LOAD = WATCHDOG_S * BOARD_HZ;
    WDT_CTL = 3;
    WDT_LOCK = 0;
    NVIC_ISER0 = 1u << IRQ_WATCHDOG;
}

void board_feed_watchdog(void)
{
    WDT_LOCK = WDT_UNLOCK;
    WDT_ICR = 0; /* reloads */
    WDT_LOCK = 0;
}

void board_init(void)
{
    init_clock();
    init_uart();
    init_watchdog();
    cortex_m3_unlock();
}
