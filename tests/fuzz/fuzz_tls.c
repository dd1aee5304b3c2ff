/*
 * Fuzzer of what TLS reads: all that a server says, certificates and tickets among it; trust anchors; the
 * memory of a saved session; tickets made of fuzzed numbers, which are judged as they were made. The port's entropy is the same each time, so that a recorded handshake
 * (record_driver.c) is a whole one here, too. Whatever comes, the arena ends empty and zeroed, what was
 * opened is closed, and nobody is trusted by accident.
 *
 * FUZZ_CA names the PEM file of the recordings' root; with FUZZ_WHOLE set, the input is a recording that must
 * fit.
 */
#include "fuzz_tls.h"

/* A session is parsed only when its digest is right, so that is made right first. */
#include "../../src/tls_session.c"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct script_port script;
static char ca[8192];
static size_t ca_len;

static void demand(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "fuzz_tls: %s\n", what);
    abort();
}

static int restore_anything(struct ango_tls *tls, const char *host, uint16_t port)
{
    uint8_t *memory = tls->config->session;
    size_t len = (size_t)get(memory + LEN_AT, 4);

    if (bind(tls, host, port) == 0 && len <= tls->config->session_cap - HEAD_LEN)
        demand(digest(tls, len, memory) == 0, "no digest");
    return restore(tls, host, port);
}

static const struct ango_tls_sessions any_session = { restore_anything, save, skip, forget };

/* The server's certificate chain has been verified only if it ends in the root of the recordings. */
static void check_end(const struct ango_tls *tls, int err, bool is_own_root)
{
    size_t i;

    demand(script.opened == script.closed, "connects and closes do not balance");
    demand(script.violation == NULL, "the port's contract is broken");
    demand(tls->arena_left == 0, "not all memory was given back");
    for (i = 0; i < sizeof fuzz_tls_arena / sizeof fuzz_tls_arena[0]; i++)
        demand(fuzz_tls_arena[i] == 0, "the arena is not wiped");
    demand(err != ANGO_OK || (tls->verify_flags == 0 && tls->handshakes == 1 && is_own_root), "trusted by accident");
}

/* One connection, as far as it goes. */
static void converse(const struct ango_tls_config *config, bool is_own_root)
{
    struct ango_tls tls;
    uint8_t buf[512];
    unsigned turns = 0;
    int err, n = ANGO_E_WAIT;

    memset(&tls, 0, sizeof tls);
    demand(ango_tls_init(&tls, config) == ANGO_OK, "the configuration was refused");
    do {
        err = ango_tls_connect(&tls, "localhost", 443, 1000);
        demand(++turns < 1000, "connecting without end");
    } while (err == ANGO_E_WAIT && script.now_ms < 1030000);
    if (err == ANGO_OK)
        n = ango_tls_send(&tls, (const uint8_t *)FUZZ_TLS_REQUEST, sizeof FUZZ_TLS_REQUEST - 1, 1000);
    while (err == ANGO_OK && (n > 0 || n == ANGO_E_WAIT)) {
        n = ango_tls_recv(&tls, buf, sizeof buf, 1000);
        demand(n <= (int)sizeof buf && ++turns < 20000, "receiving without end");
    }
    if (err == ANGO_OK || err == ANGO_E_WAIT)
        ango_tls_close(&tls);
    demand(err == ANGO_OK || getenv("FUZZ_WHOLE") == NULL, "a recording that does not fit");
    check_end(&tls, err, is_own_root);
}

/* Numbers out of the input, one after the other; 0 when it has ended. */
struct numbers {
    const uint8_t *p;
    const uint8_t *end;
};

static size_t next_number(struct numbers *from, size_t len)
{
    size_t number = 0;

    for (; len > 0; len--)
        number = number << 8 | (from->p < from->end ? *from->p++ : 0);
    return number;
}

/* A ticket of TLS 1.3 that is right in its structure, or wrong in the one place that the numbers say. */
static void try_ticket(const uint8_t *data, size_t size)
{
    static uint8_t message[4096];
    struct numbers numbers = { data, data + size };
    size_t lifetime = next_number(&numbers, 4);
    size_t nonce_len = next_number(&numbers, 1);
    size_t ticket_len = next_number(&numbers, 2) % 2000;
    size_t cut = next_number(&numbers, 1); /* bytes missing at the end */
    size_t count = next_number(&numbers, 1) % 5;
    bool usual = lifetime > 0 && lifetime <= 604800 && nonce_len <= 32 && ticket_len > 0
        && ticket_len < ANGO_TLS_SESSION_LEN && cut == 0;
    uint8_t *p = message;
    uint8_t *extensions;
    struct message taken;

    put(p, lifetime, 4);
    put(p + 4, 1, 4);
    put(p + 8, nonce_len, 1);
    p += 9 + nonce_len;
    put(p, ticket_len, 2);
    p += 2 + ticket_len;
    extensions = p;
    for (p += 2; count > 0; count--) {
        size_t type = next_number(&numbers, 2);
        size_t len = next_number(&numbers, 1);

        put(p, type, 2);
        put(p + 2, len, 2);
        p += 4 + len;
        usual = usual && (type == 42 ? len == 4 : type > 51);
    }
    put(extensions, (size_t)(p - extensions) - 2, 2);
    taken.p = message;
    taken.end = cut < (size_t)(p - message) ? p - cut : message;
    taken.is_short = false;
    demand(is_usual(taken, ANGO_TLS_SESSION_LEN) == usual, "a ticket is taken for what it is not");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t session[ANGO_TLS_SESSION_LEN];
    struct script_event events[] = { { SCRIPT_BYTES, NULL, 0 }, { SCRIPT_FIN, NULL, 0 }, SCRIPT_STOP };
    struct ango_port port = SCRIPT_PORT(&script, false);
    struct ango_trust_anchor anchor = { (const uint8_t *)ca, ca_len };
    struct ango_tls_config config = fuzz_tls_config;
    bool is_own_root = true;

    if (ca_len == 0) {
        const char *name = getenv("FUZZ_CA");
        FILE *file = name != NULL ? fopen(name, "rb") : NULL;

        demand(file != NULL, "FUZZ_CA names no file");
        ca_len = fread(ca, 1, sizeof ca - 1, file) + 1;
        (void)fclose(file);
        anchor.len = ca_len;
    }
    if (size < 2)
        return 0;
    port.time = NULL;
    config.port = &port;
    config.anchors = &anchor;
    config.session = session;
    memset(session, 0, sizeof session);
    switch (data[0]) {
    case FUZZ_TLS_SERVER:
    case FUZZ_TLS_SESSIONS:
        events[0].bytes = data + 1;
        events[0].len = size - 1;
        config.sessions = data[0] == FUZZ_TLS_SESSIONS ? &ango_tls_sessions : NULL;
        break;
    case FUZZ_TLS_SESSION:
        memcpy(session, data + 1, size - 1 < sizeof session ? size - 1 : sizeof session);
        config.sessions = &any_session;
        break;
    case FUZZ_TLS_ANCHOR:
        anchor.data = data + 1;
        anchor.len = size - 1;
        is_own_root = false;
        break;
    case FUZZ_TLS_TICKET:
        try_ticket(data + 1, size - 1);
        return 0;
    default:
        return 0;
    }
    script_begin(&script, events);
    converse(&config, is_own_root);
    return 0;
}
