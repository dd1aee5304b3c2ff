/* Where each exception and interrupt goes. */
#include "board.h"
#include "registers.h"

void uart_handler(void);
void ethernet_handler(void);

__attribute__((section(".vectors"), used)) static const cortex_m3_handler vectors[16 + 32] = {
    [0] = (cortex_m3_handler)(uintptr_t)handler_stack_top,
    [1] = reset_handler,
    [2] = fault_handler,  /* NMI: the watchdog */
    [3] = fault_handler,  /* hard fault */
    [4] = fault_handler,  /* memory management */
    [5] = fault_handler,  /* bus fault */
    [6] = fault_handler,  /* usage fault */
    [11] = fault_handler, /* SVC */
    [12] = fault_handler, /* debug monitor */
    [14] = fault_handler, /* PendSV */
    [15] = systick_handler,
    [16 + IRQ_UART0_RX] = uart_handler,
    [16 + IRQ_ETHERNET] = ethernet_handler,
};
