/* The registers that are used, by their names in Arm's application note AN385, the CMSDK's manual, and the LAN9118's data sheet. */
#ifndef REGISTERS_H
#define REGISTERS_H

#include "cortex_m3.h"

/* CMSDK UART 0 */
#define UART_DATA REGISTER(0x40004000)
#define UART_STATE REGISTER(0x40004004)
#define UART_CTRL REGISTER(0x40004008)
#define UART_INTCLEAR REGISTER(0x4000400C)
#define UART_BAUDDIV REGISTER(0x40004010)
#define UART_TX_FULL (1u << 0)
#define UART_RX_FULL (1u << 1)
#define UART_RX_OVERRUN (1u << 3)
#define UART_ON (1u << 0 | 1u << 1 | 1u << 3) /* transmit, receive, interrupt for what is received */
#define UART_INT_RX (1u << 1)

/* CMSDK watchdog: its interrupt is the NMI */
#define WDT_LOAD REGISTER(0x40008000)
#define WDT_CTRL REGISTER(0x40008008)
#define WDT_INTCLR REGISTER(0x4000800C)
#define WDT_LOCK REGISTER(0x40008C00)
#define WDT_UNLOCK 0x1ACCE551u
#define WDT_ON 3u /* interrupt, then reset */

/* LAN9118 */
#define LAN_RX_DATA REGISTER(0x40200000)
#define LAN_TX_DATA REGISTER(0x40200020)
#define LAN_RX_STATUS REGISTER(0x40200040)
#define LAN_TX_STATUS REGISTER(0x40200048)
#define LAN_INT_CFG REGISTER(0x40200054)
#define LAN_INT_STS REGISTER(0x40200058)
#define LAN_INT_EN REGISTER(0x4020005C)
#define LAN_BYTE_TEST REGISTER(0x40200064)
#define LAN_FIFO_INT REGISTER(0x40200068)
#define LAN_RX_CFG REGISTER(0x4020006C)
#define LAN_TX_CFG REGISTER(0x40200070)
#define LAN_HW_CFG REGISTER(0x40200074)
#define LAN_RX_DP_CTRL REGISTER(0x40200078)
#define LAN_RX_FIFO_INF REGISTER(0x4020007C)
#define LAN_TX_FIFO_INF REGISTER(0x40200080)
#define LAN_MAC_CSR_CMD REGISTER(0x402000A4)
#define LAN_MAC_CSR_DATA REGISTER(0x402000A8)
#define LAN_BYTE_TEST_VALUE 0x87654321u
#define LAN_HW_CFG_RESET (1u << 0)
#define LAN_HW_CFG_TX_5K (1u << 20 | 5u << 16)       /* must be one; 5 KB of FIFO for what is sent */
#define LAN_INT_CFG_ON (1u << 8 | 1u << 4 | 1u << 0) /* to the pin, which is driven, and high when active */
#define LAN_INT_RX_LEVEL (1u << 3)                   /* there are more frames than FIFO_INT says: none */
#define LAN_TX_CFG_ON (1u << 1)
#define LAN_RX_CFG_DUMP (1u << 15)
#define LAN_RX_DP_SKIP (1u << 31)
#define LAN_RX_ERROR (1u << 15)
#define LAN_TX_FIRST_AND_LAST (1u << 13 | 1u << 12)
#define LAN_MAC_BUSY (1u << 31)
#define LAN_MAC_READ (1u << 30)
#define LAN_MAC_CR 1u
#define LAN_MAC_ADDRH 2u
#define LAN_MAC_ADDRL 3u
#define LAN_MAC_CR_ON (1u << 20 | 1u << 3 | 1u << 2) /* full duplex, transmit, receive */

#define IRQ_UART0_RX 0
#define IRQ_ETHERNET 13

#define NVIC_ISER REGISTER(0xE000E100)

#endif
