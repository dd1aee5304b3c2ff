/* From reset to main, and from a fault to a report. */
#include "board.h"
#include "registers.h"

extern uint32_t data_load[], data_begin[], data_end[], bss_begin[], bss_end[];

int main(void);
void reset_handler(void);
void start(void);
void fault_handler(void);
void report_fault(const uint32_t *frame, uint32_t kind);
void systick_handler(void);
void uart_handler(void);
void ethernet_handler(void);

struct board_last_words board_last_words __attribute__((section(".noinit")));

/* Exceptions keep the stack that the vector table names; the program runs on the process stack. */
__attribute__((naked, noreturn)) void reset_handler(void)
{
    __asm__ volatile("ldr r0, =stack_top\n\t"
                     "msr psp, r0\n\t"
                     "movs r0, #2\n\t"
                     "msr control, r0\n\t"
                     "isb\n\t"
                     "b start");
}

static void paint(uint32_t *from, const uint32_t *to)
{
    while (from < to)
        *from++ = BOARD_PAINT;
}

/* The 32 KB below RAM are nobody's, so that a stack that grows into them stops at once, also where a bus
 * would not mind (QEMU's does not). And RAM holds no code. */
static void protect(void)
{
    MPU_RNR = 0;
    MPU_RBAR = 0x1FFF8000;
    MPU_RASR = RASR_NO_CODE | RASR_SIZE(15);
    MPU_RNR = 1;
    MPU_RBAR = 0x20000000;
    MPU_RASR = RASR_NO_CODE | RASR_READ_WRITE | RASR_SRAM | RASR_SIZE(16);
    MPU_CTRL = MPU_ON;
    __asm__ volatile("dsb\n\tisb" : : : "memory");
}

void start(void)
{
    const uint32_t *load = data_load;
    uint32_t *to;

    paint(stack_bottom, (uint32_t *)__builtin_frame_address(0) - 16);
    paint(handler_stack_bottom, handler_stack_top);
    for (to = data_begin; to < data_end;)
        *to++ = *load++;
    for (to = bss_begin; to < bss_end;)
        *to++ = 0;
    SCB_CCR |= CCR_DIV_0_TRP;
    SCB_SHCSR |= SHCSR_FAULTS;
    protect();
    main();
    __builtin_trap();
}

size_t board_painted_used(const uint32_t *from, const uint32_t *to)
{
    while (from < to && *from == BOARD_PAINT)
        from++;
    return (size_t)(to - from) * sizeof *from;
}

/* --- faults --------------------------------------------------------------------------------------------- */

/* Hands over the frame that the exception stacked, wherever that is. Must not touch the process stack: it may
 * be the reason. */
__attribute__((naked)) void fault_handler(void)
{
    __asm__ volatile("mrs r1, ipsr\n\t"
                     "tst lr, #4\n\t"
                     "ite eq\n\t"
                     "mrseq r0, msp\n\t"
                     "mrsne r0, psp\n\t"
                     "b report_fault");
}

static void put(const char *text)
{
    while (*text != '\0')
        board_put(*text++);
}

static void put_hex(const char *name, uint32_t value)
{
    int shift;

    put(name);
    for (shift = 28; shift >= 0; shift -= 4)
        board_put("0123456789abcdef"[value >> shift & 15]);
}

static const char *describe(uint32_t kind, uint32_t cfsr, bool overflow)
{
    if (kind == 16 + IRQ_WATCHDOG)
        return "watchdog: nothing has happened for too long";
    if (overflow)
        return "stack overflow";
    if (cfsr & 0x02000000u)
        return "division by zero";
    if (cfsr & 0x00008282u)
        return "bad address";
    if (cfsr & 0x00000001u)
        return "code in RAM";
    if (cfsr & 0x00010000u)
        return "undefined instruction";
    return kind == 3 ? "hard fault" : "fault";
}

/* Ends in the watchdog's reset. What is kept for the next start is told by main. */
void report_fault(const uint32_t *frame, uint32_t kind)
{
    struct board_last_words *last = &board_last_words;
    bool overflow = frame < stack_bottom + 8 && kind != 16 + IRQ_WATCHDOG;

    last->magic = BOARD_LAST_WORDS;
    last->kind = kind;
    last->cfsr = SCB_CFSR;
    last->address = last->cfsr & 0x8000u ? SCB_BFAR : last->cfsr & 0x80u ? SCB_MMFAR : 0;
    /* An overflow left no frame to read. */
    last->pc = overflow ? 0 : frame[6];
    last->lr = overflow ? 0 : frame[5];
    put("\r\nFAULT: ");
    put(describe(kind, last->cfsr, overflow));
    put_hex("\r\n  exception ", kind);
    put_hex(" pc ", last->pc);
    put_hex(" lr ", last->lr);
    put_hex("\r\n  cfsr ", last->cfsr);
    put_hex(" address ", last->address);
    put_hex(" psp ", (uint32_t)(uintptr_t)frame);
    put("\r\n  The watchdog will reset the board.\r\n");
    for (;;)
        continue;
}

/* --- vectors -------------------------------------------------------------------------------------------- */

typedef void (*handler)(void);

__attribute__((section(".vectors"), used)) static const handler vectors[16 + 44] = {
    (handler)(uintptr_t)handler_stack_top,
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
