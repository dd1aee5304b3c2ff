// Invites one person from an ESP32.
#include <WiFi.h>
#include <time.h>

#include <ango.h>
#include <ango_esp.h>
#include <ango_tls.h>

#include "anchors.h"  // make anchors PEM=ca.pem >anchors.h
#include "settings.h" // your names and secrets: see settings.h

static ango_sockets sockets = ANGO_SOCKETS_ON(&ango_esp_platform);
static const ango_port plain = ANGO_SOCKETS_PORT(&sockets);
static ango_tls tls;
static const ango_port secure = ANGO_TLS_PORT(&tls);
static ango_tls_config tlsConfig;
static ango_config config;
static uint8_t buffer[1024];
static ango_token tokens[ANGO_TOKENS];
static ango_client client;

static int begin()
{
    tlsConfig.port = &plain;
    tlsConfig.anchors = anchors;
    tlsConfig.anchors_len = anchors_len;
    config.port = &secure;
    config.host = INVITE_HOST;
    config.tcp_port = INVITE_PORT;
    config.timeout_ms = 30000;
    config.buffer = buffer;
    config.buffer_cap = sizeof buffer;
    config.tokens = tokens;
    config.tokens_cap = ANGO_TOKENS;
    int err = ango_tls_init(&tls, &tlsConfig);
    return err == ANGO_OK ? ango_client_init(&client, &config, INVITE_KEY) : err;
}

static int invite(const char *address)
{
    ango_invitation invitation = ango_invitation();
    invitation.to = &address;
    invitation.to_len = 1;
    invitation.organization_role = ANGO_ORGANIZATION_MEMBER;
    return ango_invite_members_to_org(&client, INVITE_ORGANIZATION, &invitation);
}

void setup()
{
    Serial.begin(115200);
    WiFi.begin(WIFI_NAME, WIFI_PASSWORD);
    while (WiFi.status() != WL_CONNECTED)
        delay(100);
    configTime(0, 0, "pool.ntp.org"); // without the time there is no TLS
    while (time(nullptr) < 1704067200)
        delay(100);

    int err = begin();
    if (err == ANGO_OK)
        err = invite(INVITE_ADDRESS);
    Serial.print(ango_outcome_text(client.result.outcome));
    Serial.print(": ");
    Serial.println(ango_error_text(err));
    ango_close(&client);
}

void loop()
{
}
