/* The registers that are used, by their names in the LM3S6965 data sheet. */
#ifndef REGISTERS_H
#define REGISTERS_H

#include "cortex_m3.h"

/* System control */
#define SYSCTL_RIS REGISTER(0x400FE050)
#define SYSCTL_MISC REGISTER(0x400FE058)
#define SYSCTL_RCC REGISTER(0x400FE060)
#define SYSCTL_RCGC0 REGISTER(0x400FE100)
#define SYSCTL_RCGC1 REGISTER(0x400FE104)
#define SYSCTL_RCGC2 REGISTER(0x400FE108)
#define USER_REG0 REGISTER(0x400FE1E0) /* the board's MAC address, three bytes each */
#define USER_REG1 REGISTER(0x400FE1E4)
#define RCC_SYSDIV_4 (3u << 23)
#define RCC_USESYSDIV (1u << 22)
#define RCC_PWRDN (1u << 13)
#define RCC_OEN (1u << 12)
#define RCC_BYPASS (1u << 11)
#define RCC_XTAL_8MHZ (0xEu << 6)
#define RCC_OSCSRC_AND_OFF (3u << 4 | 3u) /* 0: the main oscillator, on */
#define RCC_FIELDS (0xFu << 23 | RCC_USESYSDIV | RCC_PWRDN | RCC_OEN | 0xFu << 6 | RCC_OSCSRC_AND_OFF)
#define PLL_LOCKED (1u << 6)
#define RCGC0_WDT (1u << 3)
#define RCGC1_UART0 (1u << 0)
#define RCGC2_GPIOA (1u << 0)
#define RCGC2_GPIOF (1u << 5)
#define RCGC2_EMAC0 (1u << 28)
#define RCGC2_EPHY0 (1u << 30)

/* GPIO: pins that belong to a peripheral */
#define GPIOA_AFSEL REGISTER(0x40004420)
#define GPIOA_DEN REGISTER(0x4000451C)
#define GPIOF_AFSEL REGISTER(0x40025420)
#define GPIOF_DEN REGISTER(0x4002551C)

/* UART0 */
#define UART_DR REGISTER(0x4000C000)
#define UART_FR REGISTER(0x4000C018)
#define UART_IBRD REGISTER(0x4000C024)
#define UART_FBRD REGISTER(0x4000C028)
#define UART_LCRH REGISTER(0x4000C02C)
#define UART_CTL REGISTER(0x4000C030)
#define UART_IM REGISTER(0x4000C038)
#define UART_ICR REGISTER(0x4000C044)
#define UART_FR_RXFE (1u << 4)
#define UART_FR_TXFF (1u << 5)
#define UART_DR_OVERRUN (1u << 11)
#define UART_IM_RX (1u << 4 | 1u << 6) /* FIFO half full; something in it for a while */

/* Watchdog */
#define WDT_LOAD REGISTER(0x40000000)
#define WDT_CTL REGISTER(0x40000008)
#define WDT_ICR REGISTER(0x4000000C)
#define WDT_LOCK REGISTER(0x40000C00)
#define WDT_UNLOCK 0x1ACCE551u

/* Ethernet controller */
#define MAC_RIS REGISTER(0x40048000)
#define MAC_IM REGISTER(0x40048004)
#define MAC_RCTL REGISTER(0x40048008)
#define MAC_TCTL REGISTER(0x4004800C)
#define MAC_DATA REGISTER(0x40048010)
#define MAC_IA0 REGISTER(0x40048014)
#define MAC_IA1 REGISTER(0x40048018)
#define MAC_MDV REGISTER(0x40048024)
#define MAC_NP REGISTER(0x40048034)
#define MAC_TR REGISTER(0x40048038)
#define MAC_INT_RX (1u << 0)
#define MAC_INT_OVERRUN (1u << 3)
#define MAC_RCTL_ON (1u << 0 | 1u << 3) /* receive; drop frames with a bad checksum */
#define MAC_RCTL_RESET (1u << 4)
#define MAC_TCTL_ON (1u << 0 | 1u << 1 | 1u << 2 | 1u << 4) /* transmit, pad, checksum, full duplex */

#define IRQ_UART0 5
#define IRQ_WATCHDOG 18
#define IRQ_ETHERNET 42

#endif
