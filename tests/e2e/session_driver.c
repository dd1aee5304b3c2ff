/*
 * Driven by test_sessions.py: invites somebody again and again, each time over a new connection, and does to the
 * saved session what it is told in between.
 *
 *   session_driver PORT CA.pem KEY ORGANIZATION COMMAND...
 *     connect            one invitation over a new connection; prints error=... resumed=... version=... session_len=...
 *     host NAME          connects to this name from now on (default localhost)
 *     port NUMBER        and to this port
 *     anchors FILE       trusts these from now on, after a restart of TLS
 *     later SECONDS      moves the clock
 *     flip BYTE BIT      changes one bit of the saved session
 *     flip-each          changes each bit of it in turn, and connects without a network: prints bits=... used=... whole=...
 *     cut BYTES          leaves only the first so many bytes, zeros behind them
 *     slices OPERATIONS  splits public-key work (ango_tls_config.ecp_max_ops)
 *     room BYTES         gives so much memory for the session
 *     pause              waits for a line on standard input
 *     off                keeps no session from now on
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ango.h"
#include "ango_posix.h"
#include "ango_tls.h"

static struct ango_posix posix;
static const struct ango_port real = ANGO_POSIX_PORT(&posix);
static struct ango_port plain;
static struct ango_tls tls;
static const struct ango_port secure = ANGO_TLS_PORT(&tls);
static long arena[400 * 1024 / sizeof(long)];
static uint8_t session[4096];
static uint8_t buffer[2048];
static struct ango_token tokens[ANGO_TOKENS];
static uint8_t ca[65536];
static struct ango_trust_anchor anchor = { ca, 0 };
static struct ango_tls_config tls_config;
static struct ango_config config;
static struct ango_client client;
static long later;
static unsigned steps;
static unsigned resumed; /* before the last restart of TLS */

static int64_t moved_time(void *ctx)
{
    return real.time(ctx) + later;
}

static void read_anchors(const char *name)
{
    FILE *file = fopen(name, "rb");

    if (file == NULL) {
        perror(name);
        exit(2);
    }
    anchor.len = fread(ca, 1, sizeof ca - 1, file) + 1;
    ca[anchor.len - 1] = '\0';
    (void)fclose(file);
}

static int connect_once(const char *key, const char *organization)
{
    const char *to = "user_1@example.com";
    const struct ango_invitation invitation = { &to, 1, ANGO_ORGANIZATION_MEMBER, NULL, 0 };
    int err = ango_client_init(&client, &config, key);

    steps = 0;
    if (err == ANGO_OK)
        err = ango_invite_members_to_org_start(&client, organization, &invitation);
    if (err == ANGO_OK)
        do {
            err = ango_step(&client, 1000);
            steps++;
        } while (err == ANGO_E_WAIT);
    ango_close(&client);
    return err;
}

static void report(int err)
{
    printf("error=%d outcome=%.3s resumed=%u handshakes=%u version=%s steps=%u session_len=%u arena_left=%u\n", err,
           ango_outcome_text(client.result.outcome), resumed + (unsigned)tls.resumed, (unsigned)tls.handshakes,
           tls.version, steps, (unsigned)tls.session_len, (unsigned)tls.arena_left);
}

static int refuse_connect(void *ctx, const char *host, uint16_t port, uint32_t wait_ms)
{
    (void)ctx;
    (void)host;
    (void)port;
    (void)wait_ms;
    return ANGO_E_NET;
}

/* Without a network: what matters is what happens before, when the session is looked at. */
static void flip_each(const char *key, const char *organization)
{
    size_t len = tls.session_len;
    unsigned used = 0;
    size_t i;

    plain.connect = refuse_connect;
    for (i = 0; i < 8 * len; i++) {
        session[i / 8] ^= (uint8_t)(1u << i % 8);
        (void)connect_once(key, organization);
        used += tls.session_len != 0;
        session[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    (void)connect_once(key, organization);
    printf("bits=%u used=%u whole=%u\n", (unsigned)(8 * len), used, tls.session_len != 0);
    plain.connect = real.connect;
}

static int restart(void)
{
    resumed += (unsigned)tls.resumed;
    return ango_tls_init(&tls, &tls_config);
}

int main(int argc, char **argv)
{
    int i;

    if (argc < 6)
        return 2;
    plain = real;
    plain.time = moved_time;
    read_anchors(argv[2]);
    tls_config.port = &plain;
    tls_config.anchors = &anchor;
    tls_config.anchors_len = 1;
    tls_config.arena = arena;
    tls_config.arena_cap = sizeof arena;
    tls_config.sessions = &ango_tls_sessions;
    tls_config.session = session;
    tls_config.session_cap = sizeof session;
    config.port = &secure;
    config.host = "localhost";
    config.tcp_port = (uint16_t)atoi(argv[1]);
    config.timeout_ms = 10000;
    config.buffer = buffer;
    config.buffer_cap = sizeof buffer;
    config.tokens = tokens;
    config.tokens_cap = ANGO_TOKENS;
    if (restart() != ANGO_OK)
        return 2;
    for (i = 5; i < argc; i++) {
        const char *command = argv[i];
        const char *argument = i + 1 < argc ? argv[i + 1] : "";

        if (strcmp(command, "connect") == 0) {
            report(connect_once(argv[3], argv[4]));
            continue;
        }
        if (strcmp(command, "flip-each") == 0) {
            flip_each(argv[3], argv[4]);
            continue;
        }
        if (strcmp(command, "pause") == 0) {
            (void)fflush(stdout);
            while (getchar() != '\n' && !feof(stdin))
                ;
            continue;
        }
        if (strcmp(command, "off") == 0) {
            tls_config.sessions = NULL;
            continue;
        }
        i++;
        if (strcmp(command, "host") == 0) {
            config.host = argument;
        } else if (strcmp(command, "port") == 0) {
            config.tcp_port = (uint16_t)atoi(argument);
        } else if (strcmp(command, "anchors") == 0) {
            read_anchors(argument);
            if (restart() != ANGO_OK)
                return 2;
        } else if (strcmp(command, "later") == 0) {
            later += atol(argument);
        } else if (strcmp(command, "cut") == 0) {
            size_t len = (size_t)atol(argument);

            memset(session + len, 0, sizeof session - len);
        } else if (strcmp(command, "slices") == 0) {
            tls_config.ecp_max_ops = (unsigned)atol(argument);
        } else if (strcmp(command, "room") == 0) {
            tls_config.session_cap = (size_t)atol(argument);
        } else if (strcmp(command, "flip") == 0 && i + 1 < argc) {
            session[atol(argument)] ^= (uint8_t)(1u << atoi(argv[++i]));
        } else {
            fprintf(stderr, "session_driver: %s?\n", command);
            return 2;
        }
    }
    return 0;
}
