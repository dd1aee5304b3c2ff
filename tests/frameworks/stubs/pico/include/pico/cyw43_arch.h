/* A radio that does not start. */
#include <pico/time.h>

#define CYW43_AUTH_WPA2_AES_PSK 4

static inline int cyw43_arch_init(void)
{
    return -1;
}

static inline void cyw43_arch_enable_sta_mode(void)
{
}

static inline int cyw43_arch_wifi_connect_timeout_ms(const char *name, const char *password, uint32_t auth,
                                                     uint32_t timeout_ms)
{
    (void)name, (void)password, (void)auth, (void)timeout_ms;
    return -1;
}

static inline void cyw43_arch_poll(void)
{
}

static inline void cyw43_arch_wait_for_work_until(absolute_time_t until)
{
    (void)until;
}
