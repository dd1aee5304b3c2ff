/* Invites one person. */
#include <zephyr/kernel.h>
#include <zephyr/net/sntp.h>
#include <zephyr/sys/printk.h>

#include "ango.h"
#include "ango_tls.h"
#include "ango_zephyr.h"
#include "anchors.h" /* make anchors PEM=ca.pem >anchors.h */

static struct ango_sockets sockets = ANGO_SOCKETS_ON(&ango_zephyr_platform);
static const struct ango_port plain = ANGO_SOCKETS_PORT(&sockets);
static struct ango_tls tls;
static const struct ango_port secure = ANGO_TLS_PORT(&tls);
static uint8_t buffer[1024];
static struct ango_token tokens[ANGO_TOKENS];
static struct ango_client client;

static const struct ango_tls_config tls_config = { .port = &plain, .anchors = anchors, .anchors_len = anchors_len };
static const struct ango_config config = { .port = &secure,
                                           .host = CONFIG_INVITE_HOST,
                                           .tcp_port = CONFIG_INVITE_PORT,
                                           .timeout_ms = 30000,
                                           .buffer = buffer,
                                           .buffer_cap = sizeof buffer,
                                           .tokens = tokens,
                                           .tokens_cap = ANGO_TOKENS };

static int invite(const char *address)
{
    const struct ango_invitation invitation = { &address, 1, ANGO_ORGANIZATION_MEMBER, NULL, 0 };
    int err = ango_tls_init(&tls, &tls_config);

    if (err == ANGO_OK)
        err = ango_client_init(&client, &config, CONFIG_INVITE_KEY);
    if (err == ANGO_OK)
        err = ango_invite_members_to_org(&client, CONFIG_INVITE_ORGANIZATION, &invitation);
    printk("%s: %s\n", ango_outcome_text(client.result.outcome), ango_error_text(err));
    if (client.result.http_status != 0)
        printk("HTTP %u\n", client.result.http_status);
    ango_close(&client);
    return err;
}

int main(void)
{
    struct sntp_time now;

    /* Certificates are valid from one date to another: without the time there is no TLS. */
    if (sntp_simple(CONFIG_INVITE_TIME_SERVER, 15000, &now) == 0)
        ango_zephyr_set_time((int64_t)now.seconds);
    else
        printk("the time is not known\n");
    invite(CONFIG_INVITE_ADDRESS);
    return 0;
}
