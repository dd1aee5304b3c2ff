#define _POSIX_C_SOURCE 200809L

#include "command.h"

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ango_posix.h"
#include "ango_tls.h"
#include "proxy.h"
#include "tap.h"

#define KEY_CAP 4096
#define ARENA_CAP (1u << 20) /* Debian's list of 140 roots takes 350 KB */
#define KEEP_MS 30000

static char key[KEY_CAP];
static uint64_t arena[ARENA_CAP / sizeof(uint64_t)];
static uint8_t buffer[CLI_BUFFER_CAP];
static struct ango_token tokens[ANGO_TOKENS];
static char host_name[ANGO_HOST_MAX + 1];
static char prefix[256];

static struct ango_posix posix;
const struct ango_posix *const cli_posix = &posix;
static const struct ango_port plain = ANGO_POSIX_PORT(&posix);
static struct ango_trust_anchor anchor;
static struct ango_tls tls;
static struct ango_tls_refused refused;
const struct ango_tls *const cli_tls = &tls;
const struct ango_tls_refused *const cli_refused = &refused;
bool cli_tapped, cli_key_is_optional, cli_has_key = true;
static uint8_t session[CLI_SESSION_CAP];
static struct ango_tls_config tls_config = { .port = &plain,
                                             .anchors = &anchor,
                                             .anchors_len = 1,
                                             .arena = arena,
                                             .arena_cap = sizeof arena,
                                             .session = session,
                                             .session_cap = sizeof session,
                                             .names = &ango_tls_names,
                                             .refused = &refused };
static const struct ango_port secure = ANGO_TLS_PORT(&tls);
static struct ango_config config = { .port = &secure,
                                     .host = host_name,
                                     .keep_ms = KEEP_MS,
                                     .buffer = buffer,
                                     .buffer_cap = sizeof buffer,
                                     .tokens = tokens,
                                     .tokens_cap = ANGO_TOKENS,
                                     .prefix = prefix,
                                     .retry_after_date = ango_retry_after_date };
struct ango_client cli_client;

static volatile sig_atomic_t interrupted; /* the signal's number */

static void interrupt(int number)
{
    interrupted = number;
}

int cli_interrupted(void)
{
    return interrupted;
}

/* --- opening -------------------------------------------------------------------------------------------- */

long cli_read_whole(const char *name, const char *what, char *to, size_t cap)
{
    FILE *file = strcmp(name, "-") == 0 ? stdin : fopen(name, "r");
    size_t len;
    int error;

    if (file == NULL) {
        cli_say("could not read the %s %s: %s", what, name, strerror(errno));
        return -1;
    }
    len = fread(to, 1, cap - 1, file);
    to[len] = '\0';
    error = ferror(file) ? errno : getc(file) != EOF ? EFBIG : 0;
    if (file != stdin) {
        fclose(file);
    }
    if (error != 0) {
        cli_say("could not read the %s %s: %s", what, name, strerror(error));
        return -1;
    }
    return (long)len;
}

/* Whoever can write it could put another key there; whoever can read it has the key. */
static int check_mode(const char *name)
{
    struct stat info;

    if (stat(name, &info) != 0 || !S_ISREG(info.st_mode)) {
        return CLI_DONE;
    }
    if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        cli_say("others can write the key file %s: 'chmod 600' would keep it to you", name);
        return CLI_USAGE;
    }
    if ((info.st_mode & (S_IRGRP | S_IROTH)) != 0) {
        cli_say("warning: others can read the key in %s; 'chmod 600' would keep it to you", name);
    }
    return CLI_DONE;
}

/* The one line of the file that is a key: the others are empty, or comments. NULL: there is none; *more: several. */
static char *find_key(char *text, bool *more)
{
    char *found = NULL, *line;

    *more = false;
    if (strncmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
    }
    for (line = strtok(text, "\r\n"); line != NULL; line = strtok(NULL, "\r\n")) {
        size_t len;
        line += strspn(line, " \t");
        len = strlen(line);
        while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\t')) {
            line[--len] = '\0';
        }
        if (len > 0 && *line != '#') {
            *more = *more || found != NULL;
            found = line;
        }
    }
    return found;
}

static int read_key_file(const char *name)
{
    long len = cli_read_whole(name, "key file", key, sizeof key);
    bool more;
    char *found;

    if (len < 0 || check_mode(name) != CLI_DONE) {
        return CLI_USAGE;
    }
    if (strlen(key) != (size_t)len) {
        cli_say("the key file %s is not text", name);
        return CLI_USAGE;
    }
    found = find_key(key, &more);
    if (found == NULL || more) {
        cli_say("the key file %s holds %s", name, more ? "more lines than one that could be the key" : "no key");
        return CLI_USAGE;
    }
    memmove(key, found, strlen(found) + 1);
    return CLI_DONE;
}

static int read_key(void)
{
    const char *value = getenv("ANGO_API_KEY");

    cli_secret = key;
    if (cli.key_file != NULL) {
        return read_key_file(cli.key_file);
    }
    cli_has_key = value != NULL && *value != '\0';
    if (!cli_has_key && cli_key_is_optional) {
        cli_secret = ""; /* that is none */
        snprintf(key, sizeof key, "%s", "no-key-is-set");
        return CLI_DONE;
    }
    if (!cli_has_key) {
        cli_say("there is no API key: put it into ANGO_API_KEY, or into a file for --key-file; every user of Ango Hub "
                "can make one: "
                "docs.imerit.net/api/docs/overview tells how");
        return CLI_USAGE;
    }
    if (strlen(value) >= sizeof key) {
        cli_say("the API key in ANGO_API_KEY is too long to be one");
        return CLI_USAGE;
    }
    memcpy(key, value, strlen(value) + 1);
    return CLI_DONE;
}

static int read_ca(void)
{
    anchor.data = (const uint8_t *)cli_read_cas(&anchor.len);
    return anchor.data != NULL ? CLI_DONE : CLI_USAGE;
}

/* The library takes no IPv6 address, but reaches hosts by IPv6. */
static int refuse_host(void)
{
    cli_say("%s is not a host: give NAME, NAME:PORT or NAME/PREFIX, no https://; for IPv6 a name, too, not an address",
            cli.host);
    return CLI_USAGE;
}

/* NAME, NAME:PORT, and a path before that of the API; a slash at its end is none. */
static int read_host(void)
{
    const char *host = cli.host;
    const char *path = host + strcspn(host, "/");
    size_t len = strcspn(host, ":/");
    size_t path_len = strlen(path);
    uint32_t tcp_port = 443;
    char digits[8] = "";
    bool ok = true;

    if (host[len] == ':') {
        size_t digits_len = (size_t)(path - host) - len - 1;

        ok = digits_len < sizeof digits;
        memcpy(digits, host + len + 1, ok ? digits_len : 0);
        ok = ok && cli_number(digits, 1, 65535, &tcp_port);
    }
    path_len -= path_len > 0 && path[path_len - 1] == '/';
    if (!ok || len == 0 || len > ANGO_HOST_MAX || path_len >= sizeof prefix) {
        return refuse_host();
    }
    memcpy(host_name, host, len);
    snprintf(prefix, sizeof prefix, "%.*s", (int)path_len, path);
    config.tcp_port = (uint16_t)tcp_port;
    return CLI_DONE;
}

static void watch_for_interrupts(void)
{
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
    struct sigaction action, before;
    size_t i;

    memset(&action, 0, sizeof action);
    action.sa_handler = interrupt;
    action.sa_flags = (int)SA_RESETHAND; /* a second one ends the program at once */
    for (i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) { /* as under nohup */
            sigaction(numbers[i], &action, NULL);
        }
    }
}

int cli_open(void)
{
    int err;

    if (read_host() != CLI_DONE || read_key() != CLI_DONE || read_ca() != CLI_DONE) {
        return CLI_USAGE;
    }
    if (cli.session_file != NULL) {
        if (cli_load_session(session) != CLI_DONE) {
            return CLI_USAGE;
        }
        tls_config.sessions = &ango_tls_sessions;
    }
    if (cli_way_out(&plain, host_name, &tls_config.port) != CLI_DONE) {
        return CLI_USAGE;
    }
    if (cli_tapped) {
        tls_config.port = cli_tap_records(tls_config.port);
        config.port = cli_tap_text(config.port);
    }
    if (cli.verbose) {
        tls_config.port = cli_trace_tcp(tls_config.port);
        config.port = cli_trace_tls(config.port);
    }
    config.timeout_ms = cli.timeout_s * 1000u;
    err = ango_tls_init(&tls, &tls_config);
    if (err == ANGO_OK) {
        err = ango_client_init(&cli_client, &config, key);
    }
    if (err == ANGO_E_HOST) {
        return refuse_host();
    }
    if (err != ANGO_OK) {
        cli_say("%s%s%s", ango_error_text(err), err == ANGO_E_KEY ? ": it is in " : "",
                err != ANGO_E_KEY          ? ""
                    : cli.key_file != NULL ? cli.key_file
                                           : "ANGO_API_KEY");
        return err == ANGO_E_KEY ? CLI_USAGE : CLI_OTHER;
    }
    watch_for_interrupts();
    return CLI_DONE;
}

void cli_close(void)
{
    ango_close(&cli_client);
    if (cli.session_file != NULL) {
        cli_store_session(session, tls.session_len);
        memset(session, 0, sizeof session);
    }
    if (cli.verbose) {
        cli_say("TLS took %lu of %lu bytes at most", (unsigned long)tls.arena_peak, (unsigned long)sizeof arena);
    }
    cli_secret = "";
    memset(key, 0, sizeof key);
}

/* --- one exchange --------------------------------------------------------------------------------------- */

static void say_details(const struct ango_result *result, uint32_t took_ms)
{
    bool has_tls = tls.version[0] != '\0';

    cli_say("%s port %u (%s): HTTP %u, %s, after %lu ms", host_name, (unsigned)config.tcp_port,
            posix.peer[0] != '\0' ? posix.peer : "no address", result->http_status, ango_outcome_text(result->outcome),
            (unsigned long)took_ms);
    cli_say("%s%s%s, handshakes %lu, resumed %lu", has_tls ? tls.version : "no TLS", has_tls ? " " : "",
            tls.ciphersuite, (unsigned long)tls.handshakes, (unsigned long)tls.resumed);
    if (result->error != ANGO_OK) {
        cli_say("error %d, of the port %d; mbedTLS error -0x%04x, verify flags 0x%lx; TCP error %d, errno %d",
                result->error, result->port_error, (unsigned)-tls.mbedtls_error, (unsigned long)tls.verify_flags,
                tls.port_error, posix.system_error);
    }
}

/* Whether the server is there, and took the request up. */
static bool is_well(int err)
{
    bool says_no = err == ANGO_E_STATUS && cli_client.result.outcome == ANGO_REJECTED;

    return err == ANGO_OK || err == ANGO_E_END || err == ANGO_E_ENTRY
        || (says_no && !cli_is_too_many(&cli_client.result));
}

/* Steps until it is more than "wait"; `of_s`: how long it may take, 0: not known. */
static int carry_on(int (*step)(void *what, uint32_t wait_ms), void *what, const char *doing, uint32_t of_s)
{
    uint32_t start_ms = ango_posix_clock_ms(NULL), took_ms = 0;
    char of[24] = "";
    int err;

    if (of_s > 0) {
        snprintf(of, sizeof of, " of %lu", (unsigned long)of_s);
    }
    while ((err = step(what, CLI_SLICE_MS)) == ANGO_E_WAIT && interrupted == 0) {
        cli_progress("%s, %lu%s s", doing, (unsigned long)(took_ms / 1000u), of);
        took_ms = ango_posix_clock_ms(NULL) - start_ms;
    }
    if (err == ANGO_E_WAIT) {
        ango_cancel(&cli_client);
        err = ANGO_E_CANCELLED;
    }
    if (is_well(err)) {
        cli_went_well();
    } else {
        cli_went_wrong(start_ms);
    }
    cli_end_progress();
    if (cli.verbose && (err != ANGO_OK || of_s > 0)) {
        say_details(&cli_client.result, took_ms);
    }
    return err;
}

int cli_carry_on(int (*step)(void *what, uint32_t wait_ms), void *what, const char *doing)
{
    return carry_on(step, what, doing, 0);
}

static int step_client(void *what, uint32_t wait_ms)
{
    (void)what;
    return ango_step(&cli_client, wait_ms);
}

int cli_exchange(const char *doing)
{
    return carry_on(step_client, NULL, doing, cli.timeout_s);
}

/* --- the exit status ------------------------------------------------------------------------------------ */

int cli_exit_of(const struct ango_result *result)
{
    if (result->error == ANGO_OK) {
        return CLI_DONE;
    }
    if (result->outcome != ANGO_NOT_SENT) {
        return result->outcome == ANGO_UNKNOWN ? CLI_UNKNOWN : CLI_REFUSED;
    }
    switch (result->error) {
    case ANGO_E_RESOLVE:
    case ANGO_E_NET:
    case ANGO_E_TIME:
    case ANGO_E_TRUNCATED:
    case ANGO_E_HTTP: /* a proxy's */
        return CLI_NETWORK;
    case ANGO_E_CERT:
    case ANGO_E_ANCHOR:
    case ANGO_E_TLS:
    case ANGO_E_CLOCK:
        return CLI_TLS;
    case ANGO_E_ID:
    case ANGO_E_EMAIL:
        return CLI_USAGE;
    default:
        return CLI_OTHER;
    }
}

/* --- what went wrong ------------------------------------------------------------------------------------ */

static const struct {
    uint32_t flags;
    const char *text;
} faults[] = {
    { ANGO_TLS_EXPIRED, "it has expired, or this machine's clock is wrong" },
    { ANGO_TLS_NOT_YET_VALID, "it is not valid yet, or this machine's clock is wrong" },
    { ANGO_TLS_OTHER_HOST, "it is for another host name" },
    { ANGO_TLS_NOT_TRUSTED, "it comes from no CA that is trusted here" },
    { ANGO_TLS_CONSTRAINED, "its issuer may not vouch for this host" },
    { ANGO_TLS_WRONG_USAGE, "it is not meant for a server" },
    { ANGO_TLS_WEAK, "its key or its signature is too weak" },
};
#define FAULTS_LEN (sizeof faults / sizeof faults[0])
/* In TLS 1.2, mbedTLS passes over a certificate with a signature of an unknown kind, and finds all this in what is left: nothing. */
#define FAULTS_OF_NOTHING (ANGO_TLS_OTHER_HOST | ANGO_TLS_NOT_TRUSTED | ANGO_TLS_NOT_YET_VALID | ANGO_TLS_WEAK)

/* The faults that were found; 0: nothing could be made of the certificate. */
static uint32_t found_faults(void)
{
    uint32_t found = 0;
    bool is_nameless = refused.subject[0] == '\0' && refused.issuer[0] == '\0';
    size_t i;

    if (is_nameless && (tls.verify_flags & FAULTS_OF_NOTHING) == FAULTS_OF_NOTHING) {
        return 0;
    }
    for (i = 0; i < FAULTS_LEN; i++) {
        found |= tls.verify_flags & faults[i].flags;
    }
    return found;
}

static const char unknown_fault[] =
    "it could not be read, or is of a kind that is not known here, such as P-521, SHA-1 or MD5";

bool cli_certificate_is_unknown(void)
{
    return found_faults() == 0;
}

const char *cli_advice(const struct ango_result *result)
{
    unsigned http_status = result->http_status;

    if (http_status == 403 && result->status[0] == '\0') {
        return "that is not the API's way to refuse: something in between does, such as a gateway or a proxy";
    }
    switch (http_status) {
    case 400:
    case 422:
        return "something in the request is not to its liking: look at the addresses, roles and identifiers";
    case 401:
        return "the API key is wrong, withdrawn or expired, or of another region (--host eu, us, india, test): get a "
               "new one";
    case 403:
        return "the user whose key this is may not do that: ask an administrator of the organization";
    case 404:
        if (result->status[0] == '\0') {
            return "there is no such thing, or no API at this address: check the identifiers, --host and its /PREFIX";
        }
        return "there is no such thing: check the identifiers of organization and projects";
    case 429:
        return "too many requests: wait, then run it again with what was not sent";
    default:
        break;
    }
    if (http_status >= 300 && http_status < 400) {
        return "it points elsewhere, which is not followed, since the key goes nowhere else: check --host";
    }
    return http_status >= 500 ? "that is the server's own trouble: see what was done before you repeat it"
                              : "check what was asked for";
}

const char *cli_advice_on_reading(const struct ango_result *result)
{
    if (result->http_status == 429) {
        return "too many requests: wait, then run it again";
    }
    return result->http_status >= 500 ? "that is the server's own trouble: try again later" : cli_advice(result);
}

const char *cli_certificate_fault(void)
{
    size_t i;

    for (i = 0; i < FAULTS_LEN; i++) {
        if ((found_faults() & faults[i].flags) != 0) {
            return faults[i].text;
        }
    }
    return unknown_fault;
}

uint16_t cli_tcp_port(void)
{
    return config.tcp_port;
}

static void explain_certificate(void)
{
    char today[32] = "unknown";
    time_t now = time(NULL);
    const struct tm *utc = gmtime(&now);
    size_t i;

    for (i = 0; i < FAULTS_LEN; i++) {
        if ((found_faults() & faults[i].flags) != 0) {
            cli_say("the certificate of %s: %s", host_name, faults[i].text);
        }
    }
    if (found_faults() == 0) {
        cli_say("the certificate of %s: %s", host_name, unknown_fault);
    }
    if (refused.subject[0] != '\0' || refused.issuer[0] != '\0') {
        cli_say("refused was the certificate of \"%s\", issued by \"%s\"", refused.subject, refused.issuer);
    }
    if ((found_faults() & ANGO_TLS_NOT_TRUSTED) != 0) {
        cli_say("trusted are the CAs in %s; --ca names another file", cli.ca_file);
    }
    if ((found_faults() & (ANGO_TLS_EXPIRED | ANGO_TLS_NOT_YET_VALID)) != 0) {
        if (utc != NULL) {
            strftime(today, sizeof today, "%Y-%m-%d %H:%M:%S UTC", utc);
        }
        cli_say("this machine's clock says %s", today);
    }
}

/* The resolver's or the system's own words; "" where there are none. */
const char *cli_system_words(const struct ango_result *result)
{
    bool of_resolver = posix.resolver_error != 0 && posix.resolver_error != EAI_SYSTEM;

    if (result->error == ANGO_E_RESOLVE && of_resolver) {
        return gai_strerror(posix.resolver_error);
    }
    if ((result->error == ANGO_E_RESOLVE || result->error == ANGO_E_NET) && posix.system_error != 0) {
        return strerror(posix.system_error);
    }
    return "";
}

static void explain_status(const struct ango_result *result, bool reads)
{
    const char *words = result->message[0] != '\0' ? result->message : result->status;
    const char *verb = result->http_status < 300 ? "says no" : "failed";

    cli_say("the server %s, HTTP %u%s%s", result->outcome == ANGO_REJECTED ? "refused" : verb, result->http_status,
            words[0] != '\0' ? ": " : "", words);
    cli_say("%s", reads ? cli_advice_on_reading(result) : cli_advice(result));
    if (result->retry_after_s > 0) {
        cli_say("the server asks to wait %lu seconds", (unsigned long)result->retry_after_s);
    }
}

static void explain(const struct ango_result *result, bool reads)
{
    const char *words = cli_system_words(result);

    if (result->error == ANGO_E_STATUS) {
        explain_status(result, reads);
        return;
    }
    if (cli_fails_at_proxy(result)) {
        cli_explain_proxy(result);
        cli_say("so there was no connection to %s port %u", host_name, (unsigned)config.tcp_port);
        return;
    }
    cli_say("%s", ango_error_text(result->error));
    if (result->error == ANGO_E_CERT) {
        explain_certificate();
    } else if (result->error == ANGO_E_ANCHOR) {
        cli_say(
            "no certificate in %s is whole, not indented, and of a kind that is known here; --ca names another file",
            cli.ca_file);
    } else if (words[0] != '\0') {
        cli_say("%s port %u%s%s: %s", host_name, (unsigned)config.tcp_port, posix.peer[0] != '\0' ? " at " : "",
                posix.peer, words);
    } else if (result->error == ANGO_E_TIME) {
        cli_say("%s port %u: %lu s passed; --timeout allows more", host_name, (unsigned)config.tcp_port,
                (unsigned long)cli.timeout_s);
    } else if (result->error <= ANGO_E_RESOLVE) {
        cli_say("the server is %s port %u", host_name, (unsigned)config.tcp_port);
    }
    if (result->http_status != 0) {
        cli_say("the reply began with HTTP %u", result->http_status);
    }
}

void cli_explain(const struct ango_result *result)
{
    explain(result, false);
}

void cli_explain_reading(const struct ango_result *result)
{
    explain(result, true);
}

void cli_json_error_as(const struct ango_result *result, const char *outcome)
{
    const char *words = cli_system_words(result);
    size_t i;

    cli_json_begin('{');
    cli_json_key("code");
    cli_json_number(result->error);
    cli_json_pair("text", ango_error_text(result->error));
    cli_json_pair("outcome", outcome);
    cli_json_key("http_status");
    cli_json_number((long)result->http_status);
    cli_json_pair("status", result->status);
    cli_json_pair("message", result->message);
    cli_json_key("retry_after_s");
    cli_json_number((long)result->retry_after_s);
    cli_json_pair("system", words);
    cli_json_pair("proxy", cli_fails_at_proxy(result) ? cli_proxy_name() : "");
    cli_json_key("proxy_status");
    cli_json_number((long)cli_proxy_status());
    cli_json_key("certificate");
    cli_json_begin('[');
    for (i = 0; i < FAULTS_LEN && result->error == ANGO_E_CERT; i++) {
        if ((found_faults() & faults[i].flags) != 0) {
            cli_json_text(faults[i].text);
        }
    }
    if (result->error == ANGO_E_CERT && found_faults() == 0) {
        cli_json_text(unknown_fault);
    }
    cli_json_end(']');
    cli_json_pair("subject", result->error == ANGO_E_CERT ? refused.subject : "");
    cli_json_pair("issuer", result->error == ANGO_E_CERT ? refused.issuer : "");
    cli_json_key("mbedtls_error");
    cli_json_number(tls.mbedtls_error);
    cli_json_end('}');
}

void cli_json_error(const struct ango_result *result)
{
    cli_json_error_as(result, ango_outcome_text(result->outcome));
}
