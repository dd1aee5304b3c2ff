/*
 * cortex_m3.h - what every board with a Cortex-M3 has: registers by their names in the ARMv7-M manual, and the handlers for a board's
 * vector table.
 */
#ifndef CORTEX_M3_H
#define CORTEX_M3_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

#define SYST_CSR REGISTER(0xE000E010)
#define SYST_RVR REGISTER(0xE000E014)
#define SYST_CVR REGISTER(0xE000E018)
#define NVIC_ISER0 REGISTER(0xE000E100)
#define NVIC_ISER1 REGISTER(0xE000E104)
#define SCB_ICSR REGISTER(0xE000ED04)
#define SCB_CCR REGISTER(0xE000ED14)
#define SCB_SHCSR REGISTER(0xE000ED24)
#define SCB_CFSR REGISTER(0xE000ED28)
#define SCB_MMFAR REGISTER(0xE000ED34)
#define SCB_BFAR REGISTER(0xE000ED38)
#define MPU_CTRL REGISTER(0xE000ED94)
#define MPU_RNR REGISTER(0xE000ED98)
#define MPU_RBAR REGISTER(0xE000ED9C)
#define MPU_RASR REGISTER(0xE000EDA0)
#define MPU_ON 5u /* with the default map behind the regions */
#define RASR_NO_CODE (1u << 28)
#define RASR_READ_WRITE (3u << 24)
#define RASR_SRAM (3u << 17)
#define RASR_SIZE(log2) (((log2)-1u) << 1 | 1u)
#define ICSR_PENDSTSET (1u << 26)
#define CCR_DIV_0_TRP (1u << 4)
#define SHCSR_FAULTS (7u << 16) /* memory management, bus and usage faults as themselves */

/* A vector table begins with handler_stack_top and reset_handler; fault_handler takes all exceptions that nobody expects, and the
 * watchdog's. */
typedef void (*cortex_m3_handler)(void);
void reset_handler(void);
void fault_handler(void);
void systick_handler(void);

/* Starts SysTick, on which time rests: board_about.hz cycles a second. */
void cortex_m3_start_ticks(void);

/* Interrupts off, and on. Nothing that is in between calls another that does the same. */
void cortex_m3_lock(void);
void cortex_m3_unlock(void);

#endif
