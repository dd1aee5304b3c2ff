/* Milliseconds, cycles and sleep, by SysTick. */
#include "board.h"
#include "cortex_m3.h"

static volatile uint64_t ticks; /* milliseconds */
static uint64_t idle_cycles;

void cortex_m3_lock(void)
{
    __asm__ volatile("cpsid i" : : : "memory");
}

void cortex_m3_unlock(void)
{
    __asm__ volatile("cpsie i" : : : "memory");
}

void systick_handler(void)
{
    ticks++;
}

uint64_t board_uptime_ms(void)
{
    uint64_t now;

    cortex_m3_lock();
    now = ticks;
    cortex_m3_unlock();
    return now;
}

/* With interrupts off. */
static uint64_t cycles(void)
{
    uint32_t tick = board_about.hz / 1000;
    uint64_t now = ticks;
    uint32_t value = SYST_CVR;

    if (SCB_ICSR & ICSR_PENDSTSET) { /* it has wrapped and nobody has counted that yet */
        value = SYST_CVR;
        now++;
    }
    return now * tick + (tick - 1 - value);
}

uint64_t board_busy_cycles(void)
{
    uint64_t busy;

    cortex_m3_lock();
    busy = cycles() - idle_cycles;
    cortex_m3_unlock();
    return busy;
}

void board_sleep(void)
{
    uint64_t asleep;

    /* wfi wakes for an interrupt that is masked, too, so none is missed between a look and the sleep. */
    cortex_m3_lock();
    asleep = cycles();
    __asm__ volatile("wfi" : : : "memory");
    idle_cycles += cycles() - asleep;
    cortex_m3_unlock();
}

void cortex_m3_start_ticks(void)
{
    SYST_RVR = board_about.hz / 1000 - 1;
    SYST_CVR = 0;
    SYST_CSR = 7;
}
