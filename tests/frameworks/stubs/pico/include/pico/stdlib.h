#include <pico/time.h>
#include <stdio.h>

static inline void stdio_init_all(void)
{
}
