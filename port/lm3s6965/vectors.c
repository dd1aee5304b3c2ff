/* Where each exception and interrupt goes. */
#include "board.h"
#include "cortex_m3.h"

void uart_handler(void);
void ethernet_handler(void);

__attribute__((section(".vectors"), used)) static const cortex_m3_handler vectors[16 + 44] = {
    (cortex_m3_handler)(uintptr_t)handler_stack_top,
    reset_handler,
    fault_handler, /* NMI */
    fault_handler, /* hard fault */
    fault_handler, /* memory management */
    fault_handler, /* bus fault */
    fault_handler, /* usage fault */
    0,
    0,
    0,
    0,
    fault_handler, /* SVC */
    fault_handler, /* debug monitor */
    0,
    fault_handler, /* PendSV */
    systick_handler,
    0,
    0,
    0,
    0,
    0,
    uart_handler, /* 5 */
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    fault_handler, /* 18: the watchdog */
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    ethernet_handler, /* 42 */
    0,
};
