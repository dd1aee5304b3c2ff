/* A ring oscillator: its bits are what a test says. */
#include <stdint.h>

#define ROSC_STATUS_STABLE_BITS 0x80000000u

struct stub_rosc {
    uint32_t status;
    uint32_t randombit;
};
extern struct stub_rosc *stub_rosc(void);
#define rosc_hw (stub_rosc())
