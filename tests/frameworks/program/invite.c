/* What a user of a framework writes: invites one person. Valid as C99 and as C++11, which invite.cpp compiles it as. */
#include <ango.h>
#include <ango_posix.h>
#include <ango_tls.h>
#include <stdio.h>
#include <stdlib.h>

static struct ango_posix posix;
static const struct ango_port plain = ANGO_POSIX_PORT(&posix);
static struct ango_tls tls;
static const struct ango_port secure = ANGO_TLS_PORT(&tls);
static uint8_t pem[65536], buffer[1024];
#ifndef SHARED /* mbedTLS is the library's own, and has no other memory */
static long arena[64 * 1024 / sizeof(long)];
#endif
static struct ango_token tokens[ANGO_TOKENS];
static struct ango_client client;

int main(int argc, char **argv) /* PORT CA KEY ORGANIZATION ADDRESS */
{
    FILE *file = argc == 6 ? fopen(argv[2], "rb") : NULL;
    struct ango_trust_anchor anchor = { pem, file != NULL ? fread(pem, 1, sizeof pem - 1, file) + 1 : 0 };
    struct ango_tls_config tls_config = { 0 };
    struct ango_config config = { 0 };
    struct ango_invitation invitation = { 0 };
    const char *to = argc == 6 ? argv[5] : NULL;
    int err;

    if (file == NULL)
        return 2;
    fclose(file);
    tls_config.port = &plain;
    tls_config.anchors = &anchor;
    tls_config.anchors_len = 1;
#ifndef SHARED
    tls_config.arena = arena;
    tls_config.arena_cap = sizeof arena;
#endif
    config.port = &secure;
    config.host = "localhost";
    config.tcp_port = (uint16_t)atoi(argv[1]);
    config.timeout_ms = 20000;
    config.buffer = buffer;
    config.buffer_cap = sizeof buffer;
    config.tokens = tokens;
    config.tokens_cap = ANGO_TOKENS;
    invitation.to = &to;
    invitation.to_len = 1;
    invitation.organization_role = ANGO_ORGANIZATION_MEMBER;
    err = ango_tls_init(&tls, &tls_config);
    if (err == ANGO_OK)
        err = ango_client_init(&client, &config, argv[3]);
    if (err == ANGO_OK)
        err = ango_invite_members_to_org(&client, argv[4], &invitation);
    printf("%s: %s\n", ango_outcome_text(client.result.outcome), ango_error_text(err));
    ango_close(&client);
    return err != ANGO_OK;
}
