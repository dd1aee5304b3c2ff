/* Invites one person. How this device gets onto a network is yours: fill in connect_to_network. */
#include <stdio.h>
#include <time.h>

#include <esp_event.h>
#include <esp_netif.h>
#include <esp_netif_sntp.h>
#include <nvs_flash.h>
#include <sdkconfig.h>

#include "ango.h"
#include "ango_esp.h"
#include "ango_tls.h"

/* ca.pem, which lies beside this file; with a NUL at its end. */
extern const uint8_t ca_start[] asm("_binary_ca_pem_start");
extern const uint8_t ca_end[] asm("_binary_ca_pem_end");

static struct ango_sockets sockets = ANGO_SOCKETS_ON(&ango_esp_platform);
static const struct ango_port plain = ANGO_SOCKETS_PORT(&sockets);
static struct ango_tls tls;
static const struct ango_port secure = ANGO_TLS_PORT(&tls);
static struct ango_trust_anchor anchor;
static const struct ango_tls_config tls_config = { .port = &plain, .anchors = &anchor, .anchors_len = 1 };
static uint8_t buffer[1024];
static struct ango_token tokens[ANGO_TOKENS];
static struct ango_client client;

static const struct ango_config config = { .port = &secure,
                                           .host = CONFIG_INVITE_HOST,
                                           .tcp_port = CONFIG_INVITE_PORT,
                                           .timeout_ms = 30000,
                                           .buffer = buffer,
                                           .buffer_cap = sizeof buffer,
                                           .tokens = tokens,
                                           .tokens_cap = ANGO_TOKENS };

/* Wi-Fi or Ethernet; returns when there is an address. Wi-Fi must stay on: the random numbers come from it. */
static void connect_to_network(void)
{
}

/* Certificates are valid from one date to another: without the time there is no TLS. */
static void learn_the_time(void)
{
    esp_sntp_config_t sntp = ESP_NETIF_SNTP_DEFAULT_CONFIG("pool.ntp.org");

    esp_netif_sntp_init(&sntp);
    if (esp_netif_sntp_sync_wait(pdMS_TO_TICKS(15000)) != ESP_OK)
        printf("the time is not known\n");
}

static int invite(const char *address)
{
    const struct ango_invitation invitation = { &address, 1, ANGO_ORGANIZATION_MEMBER, NULL, 0 };
    int err;

    anchor.data = ca_start;
    anchor.len = (size_t)(ca_end - ca_start);
    err = ango_tls_init(&tls, &tls_config);
    if (err == ANGO_OK)
        err = ango_client_init(&client, &config, CONFIG_INVITE_KEY);
    if (err == ANGO_OK)
        err = ango_invite_members_to_org(&client, CONFIG_INVITE_ORGANIZATION, &invitation);
    printf("%s: %s\n", ango_outcome_text(client.result.outcome), ango_error_text(err));
    if (client.result.http_status != 0)
        printf("HTTP %u\n", client.result.http_status);
    ango_close(&client);
    return err;
}

void app_main(void)
{
    ESP_ERROR_CHECK(nvs_flash_init());
    ESP_ERROR_CHECK(esp_netif_init());
    ESP_ERROR_CHECK(esp_event_loop_create_default());
    connect_to_network();
    learn_the_time();
    invite(CONFIG_INVITE_ADDRESS);
}
