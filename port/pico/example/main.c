/* Invites one person from a Pico W. */
#include <lwip/apps/sntp.h>
#include <pico/cyw43_arch.h>
#include <pico/stdlib.h>
#include <stdio.h>

#include "ango.h"
#include "ango_pico.h"
#include "ango_tls.h"
#include "anchors.h" /* make anchors PEM=ca.pem >anchors.h */
#include "settings.h"

static struct ango_lwip lwip = { .platform = &ango_pico_platform };
static const struct ango_port plain = ANGO_LWIP_PORT(&lwip);
static struct ango_tls tls;
static const struct ango_port secure = ANGO_TLS_PORT(&tls);
static long arena[42 * 1024 / sizeof(long)];
static uint8_t buffer[1024];
static struct ango_token tokens[ANGO_TOKENS];
static struct ango_client client;

static const struct ango_tls_config tls_config = {
    .port = &plain, .anchors = anchors, .anchors_len = anchors_len, .arena = arena, .arena_cap = sizeof arena
};
static const struct ango_config config = { .port = &secure,
                                           .host = HOST,
                                           .timeout_ms = 30000,
                                           .buffer = buffer,
                                           .buffer_cap = sizeof buffer,
                                           .tokens = tokens,
                                           .tokens_cap = ANGO_TOKENS };

static int connect_to_network(void)
{
    if (cyw43_arch_init() != 0)
        return -1;
    cyw43_arch_enable_sta_mode();
    return cyw43_arch_wifi_connect_timeout_ms(WIFI_NAME, WIFI_PASSWORD, CYW43_AUTH_WPA2_AES_PSK, 30000);
}

/* Certificates are valid from one date to another: without the time there is no TLS. */
static void learn_the_time(void)
{
    sntp_setservername(0, "pool.ntp.org");
    sntp_init();
    while (plain.time(plain.ctx) == 0)
        ango_pico_platform.poll(NULL, 100);
}

static int invite(const char *address)
{
    const struct ango_invitation invitation = { &address, 1, ANGO_ORGANIZATION_MEMBER, NULL, 0 };
    int err = ango_tls_init(&tls, &tls_config);

    if (err == ANGO_OK)
        err = ango_client_init(&client, &config, API_KEY);
    if (err == ANGO_OK)
        err = ango_invite_members_to_org(&client, ORGANIZATION, &invitation);
    printf("%s: %s\n", ango_outcome_text(client.result.outcome), ango_error_text(err));
    ango_close(&client);
    return err;
}

int main(void)
{
    stdio_init_all();
    if (connect_to_network() != 0) {
        printf("no network\n");
        return 1;
    }
    learn_the_time();
    return invite(ADDRESS) != ANGO_OK;
}
