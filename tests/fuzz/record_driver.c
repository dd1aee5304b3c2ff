/*
 * Records what a TLS server says, for fuzz_tls to start from: record_driver PORT CA.pem FILE [SESSION]. The
 * entropy is the scripted port's, the same each time, so that the recording fits the next handshake too.
 */
#include "ango_posix.h"
#include "ango_tls.h"
#include "fuzz_tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct ango_posix posix;
static struct ango_port under = ANGO_POSIX_PORT(&posix);
static struct script_port script; /* for its entropy */
static FILE *out;

static int record(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms)
{
    int n = ango_posix_recv(&posix, buf, cap, wait_ms);

    (void)ctx;
    if (n > 0 && fwrite(buf, 1, (size_t)n, out) != (size_t)n)
        abort();
    return n;
}

static int entropy(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    return script_entropy(&script, buf, len);
}

static size_t read_file(const char *name, char *to, size_t cap)
{
    FILE *file = fopen(name, "rb");
    size_t len = file != NULL ? fread(to, 1, cap, file) : 0;

    if (file != NULL)
        (void)fclose(file);
    return len;
}

int main(int argc, char **argv)
{
    static char ca[8192];
    static uint8_t session[ANGO_TLS_SESSION_LEN];
    struct ango_trust_anchor anchor = { (const uint8_t *)ca, 0 };
    struct ango_tls_config config = fuzz_tls_config;
    struct ango_tls tls;
    uint8_t buf[512];
    int n;

    if (argc < 4 || (anchor.len = read_file(argv[2], ca, sizeof ca - 1) + 1) == 1
        || (out = fopen(argv[3], "wb")) == NULL)
        return 2;
    script_begin(&script, NULL);
    under.recv = record;
    under.entropy = entropy;
    under.time = NULL;
    config.port = &under;
    config.anchors = &anchor;
    config.session = session;
    if (argc > 4) {
        config.sessions = &ango_tls_sessions;
        (void)putc(FUZZ_TLS_SESSIONS, out);
    } else {
        (void)putc(FUZZ_TLS_SERVER, out);
    }
    memset(&tls, 0, sizeof tls);
    if (ango_tls_init(&tls, &config) != ANGO_OK)
        return 2;
    do
        n = ango_tls_connect(&tls, "localhost", (uint16_t)strtoul(argv[1], NULL, 10), 2000);
    while (n == ANGO_E_WAIT);
    if (n != ANGO_OK || ango_tls_send(&tls, (const uint8_t *)FUZZ_TLS_REQUEST, sizeof FUZZ_TLS_REQUEST - 1, 2000) < 1) {
        (void)fprintf(stderr, "record_driver: %d, mbedTLS -0x%04x\n", n, (unsigned)-tls.mbedtls_error);
        return 1;
    }
    do
        n = ango_tls_recv(&tls, buf, sizeof buf, 2000);
    while (n > 0 || n == ANGO_E_WAIT);
    (void)printf("%s %s, session of %lu bytes\n", tls.version, tls.ciphersuite, (unsigned long)tls.session_len);
    if (argc > 4) {
        FILE *file = fopen(argv[4], "wb");

        if (file == NULL || putc(FUZZ_TLS_SESSION, file) == EOF
            || fwrite(session, 1, tls.session_len, file) != tls.session_len || fclose(file) != 0)
            return 2;
    }
    ango_tls_close(&tls);
    return fclose(out) == 0 ? 0 : 2;
}
