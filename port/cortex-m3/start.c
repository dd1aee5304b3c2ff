/* From reset to main, and from a fault to a report. */
#include "board.h"
#include "cortex_m3.h"

extern uint32_t data_load[], data_begin[], data_end[], bss_begin[], bss_end[];

int main(void);
void start(void);
void report_fault(const uint32_t *frame, uint32_t kind);

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
    MPU_RBAR = board_about.ram_begin - 0x8000;
    MPU_RASR = RASR_NO_CODE | RASR_SIZE(15);
    MPU_RNR = 1;
    MPU_RBAR = board_about.ram_begin;
    MPU_RASR = RASR_NO_CODE | RASR_READ_WRITE | RASR_SRAM | RASR_SIZE(board_about.ram_size_log2);
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
    if (kind == board_about.watchdog_exception)
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

/* What is being told; a further exception meanwhile, be it the watchdog's, must not overwrite the first one's words. */
static bool telling;

/* Ends in the watchdog's reset. What is kept for the next start is told by main. */
void report_fault(const uint32_t *frame, uint32_t kind)
{
    struct board_last_words *last = &board_last_words;
    bool overflow = frame < stack_bottom + 8 && kind != board_about.watchdog_exception;

    while (telling)
        continue;
    telling = true;
    board_feed_watchdog(); /* which leaves time to tell */
    last->magic = BOARD_LAST_WORDS;
    last->kind = kind;
    last->pc = 0;
    last->lr = 0;
    last->cfsr = SCB_CFSR;
    last->address = last->cfsr & 0x8000u ? SCB_BFAR : last->cfsr & 0x80u ? SCB_MMFAR : 0;
    /* An overflow left no frame to read. */
    if (!overflow) {
        last->pc = frame[6];
        last->lr = frame[5];
    }
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
