/*
 * ango check: tries the installation, step by step, against the real service, and only reads. What it tells of the server is
 * what nobody documents, and what a device must be built for; the key, names and addresses of people are left out of it.
 */
#define _POSIX_C_SOURCE 200809L

#include "command.h"
#include "tap.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ango_tls.h"
#include "proxy.h"

#define FACTS_MAX 24
#define LINE_MAX 80
#define MARGIN 22
#define NARROW 60 /* columns of a terminal, below which facts begin in a line of their own */
#define NARROW_MARGIN 2
#define SOON_DAYS 14   /* a certificate that ends so soon is worth a word */
#define SKEW_MAX_S 300 /* a clock that is further off breaks certificates sooner or later */
#define SECONDS_A_DAY 86400
#define TEN_YEARS_S 315360000

/* --- a step and its facts, as a table or as JSON -------------------------------------------------------- */

enum verdict { FINE, WARNING, FAILED, NOT_TRIED };

static const char *const verdicts[] = { "ok", "warning", "failed", "not tried" };

static struct {
    char key[40];
    char text[ANGO_TLS_NAME_LEN * 2];
    long number;
    bool is_number;
} facts[FACTS_MAX];
static size_t facts_len;
static size_t failed, warned;

static void fact(const char *key, const char *text)
{
    if (facts_len < FACTS_MAX) {
        snprintf(facts[facts_len].key, sizeof facts[0].key, "%.*s", (int)sizeof facts[0].key - 1, key);
        snprintf(facts[facts_len].text, sizeof facts[0].text, "%s", text);
        facts[facts_len++].is_number = false;
    }
}

static void fact_number(const char *key, long number)
{
    char text[24];

    if (facts_len < FACTS_MAX) {
        snprintf(text, sizeof text, "%ld", number);
        fact(key, text);
        facts[facts_len - 1].number = number;
        facts[facts_len - 1].is_number = true;
    }
}

static int line_max(void)
{
    int columns = cli_terminal_columns(STDOUT_FILENO);

    return columns > 0 && columns < LINE_MAX ? columns : LINE_MAX;
}

/* Where the facts of a step begin: behind its name, or on a narrow terminal below it. */
static int margin(void)
{
    return line_max() < NARROW ? NARROW_MARGIN : MARGIN;
}

/* "key value, key value", broken before what does not fit. */
static void show_facts(void)
{
    int column = margin();
    size_t i;

    for (i = 0; i < facts_len; i++) {
        int len = cli_columns(facts[i].key) + 1 + cli_columns(facts[i].text) + 1;

        if (column > margin() && column + 1 + len > line_max()) {
            printf("\n%*s", margin(), "");
            column = margin();
        } else if (i > 0) {
            putchar(' ');
            column++;
        }
        cli_put(stdout, facts[i].key);
        putchar(' ');
        cli_put(stdout, facts[i].text);
        fputs(i + 1 < facts_len ? "," : "", stdout);
        column += len;
    }
    putchar('\n');
}

/* "-> ", and words; on a terminal broken before the one that does not fit. */
static void show_remedy(const char *remedy)
{
    char word[128];
    bool breaks = cli_terminal_columns(STDOUT_FILENO) > 0;
    int column = margin() + 2;

    printf("%*s->", margin(), "");
    while (*remedy != '\0') {
        size_t len = strcspn(remedy, " ");

        snprintf(word, sizeof word, "%.*s", (int)len, remedy);
        if (breaks && column + 1 + cli_columns(word) > line_max() && column > margin() + 2) {
            printf("\n%*s", margin() + 2, "");
            column = margin() + 2;
        }
        putchar(' ');
        cli_put(stdout, word);
        column += 1 + cli_columns(word);
        remedy += len;
        remedy += strspn(remedy, " ");
    }
    putchar('\n');
}

static void json_step(const char *name, enum verdict verdict, const char *remedy)
{
    size_t i;

    cli_json_begin('{');
    cli_json_pair("step", name);
    cli_json_pair("result", verdicts[verdict]);
    for (i = 0; i < facts_len; i++) {
        cli_json_key(facts[i].key);
        if (facts[i].is_number) {
            cli_json_number(facts[i].number);
        } else {
            cli_json_text(facts[i].text);
        }
    }
    cli_json_pair("remedy", remedy != NULL ? remedy : "");
    cli_json_end('}');
    cli_json_end_line();
}

static void show_step(const char *name, enum verdict verdict, const char *remedy)
{
    printf("%-9s %-11s ", verdicts[verdict], name);
    if (margin() < MARGIN) {
        printf("\n%*s", margin(), "");
    }
    show_facts();
    if (remedy != NULL) {
        show_remedy(remedy);
    }
}

/* Ends a step; the remedy for what is not fine, or NULL. */
static void end_step(const char *name, enum verdict verdict, const char *remedy)
{
    failed += verdict == FAILED;
    warned += verdict == WARNING;
    if (cli.json) {
        json_step(name, verdict, remedy);
    } else {
        show_step(name, verdict, remedy);
    }
    facts_len = 0;
    cli_flush();
}

static void not_tried(const char *name, const char *why)
{
    fact("because", why);
    end_step(name, NOT_TRIED, NULL);
}

/* --- the connection ------------------------------------------------------------------------------------- */

static void check_configuration(void)
{
    fact("host", cli.host);
    fact("key_from", !cli_has_key ? "nowhere" : cli.key_file != NULL ? "a file" : "ANGO_API_KEY");
    fact("ca_file", cli.ca_file);
    fact("organization", cli.organization != NULL ? "given" : "not given");
    fact("session", cli.session_file != NULL ? "kept in a file" : "not kept");
    end_step("settings", FINE, NULL);
}

/* How far a connection came. */
enum reached { NOTHING, NAME, TCP, TLS };

static enum reached reached(const struct ango_result *result)
{
    if (cli_tls->version[0] != '\0' && result->error != ANGO_E_TLS && result->error != ANGO_E_CERT) {
        return TLS;
    }
    switch (result->error) {
    case ANGO_E_RESOLVE:
        return NOTHING;
    case ANGO_E_CERT:
    case ANGO_E_ANCHOR:
    case ANGO_E_TLS:
    case ANGO_E_CLOCK:
    case ANGO_E_ENTROPY:
    case ANGO_E_MEMORY:
        return TCP;
    default:
        return cli_largest_record() > 0 || cli_proxy_lets_through() ? TCP : NAME;
    }
}

/* Where there is a proxy, it is the proxy's name that is looked for, and the proxy that is connected to. */
static void check_name_and_tcp(enum reached how_far)
{
    bool by_proxy = cli_has_proxy();

    if (by_proxy) {
        fact("proxy", cli_proxy_name());
    }
    if (how_far == NOTHING) {
        fact("resolver", cli_system_words(&cli_client.result));
        end_step("name", FAILED,
                 by_proxy ? "check the proxy's name, and the network's name server"
                          : "check --host, and the network's name server");
        not_tried("tcp", "there is no address");
        return;
    }
    fact_number("addresses", (long)cli_posix->addresses_len);
    end_step("name", FINE, NULL);
    if (by_proxy) {
        fact("proxy", cli_proxy_name());
    } else {
        fact_number("port", (long)cli_tcp_port());
    }
    fact("family", strchr(cli_posix->peer, ':') != NULL ? "IPv6" : "IPv4");
    if (how_far == NAME && !cli_proxy_is_there()) {
        fact("error", cli_system_words(&cli_client.result));
        end_step("tcp", FAILED,
                 by_proxy ? "check the proxy's name and port, and the network"
                          : "check the network, the port, and any firewall or proxy between");
        return;
    }
    end_step("tcp", FINE, NULL);
}

/* What a proxy says, where there is one. */
static void check_proxy(enum reached how_far)
{
    bool good = how_far >= TCP;

    if (!cli_has_proxy()) {
        return;
    }
    if (!good && !cli_proxy_is_there()) {
        not_tried("proxy", "it is not reached");
        return;
    }
    fact_number("http_status", (long)cli_proxy_status());
    if (!good && cli_proxy_status() / 100 <= 2) {
        fact("error", ango_error_text(cli_client.result.error));
        fact("proxy", cli_proxy_name());
    }
    end_step("proxy", good ? FINE : FAILED, good ? NULL : cli_proxy_advice(cli_client.result.error));
}

static const char *tls_remedy(void)
{
    switch (cli_client.result.error) {
    case ANGO_E_CERT:
        return cli_certificate_is_unknown()
            ? "whoever runs the server must take a usual one: RSA or P-256, and SHA-256"
            : "a proxy that signs anew? Then --ca needs its CA; else see the clock and the host";
    case ANGO_E_ANCHOR:
        return "take another file for --ca";
    default:
        return "check the host and the port: is that a TLS server?";
    }
}

static void check_tls(enum reached how_far)
{
    const struct ango_result *result = &cli_client.result;

    if (how_far < TCP) {
        not_tried("tls", "there is no connection");
        return;
    }
    if (how_far == TLS) {
        fact("version", cli_tls->version);
        fact("ciphersuite", cli_tls->ciphersuite);
        fact_number("resumed", (long)cli_tls->resumed);
        end_step("tls", FINE, NULL);
        return;
    }
    fact("error", ango_error_text(result->error));
    fact_number("mbedtls_error", cli_tls->mbedtls_error);
    fact_number("verify_flags", (long)cli_tls->verify_flags);
    if (result->error == ANGO_E_CERT) {
        fact("what", cli_certificate_fault());
        if (cli_refused->subject[0] != '\0' || cli_refused->issuer[0] != '\0') {
            fact("subject", cli_refused->subject);
            fact("issuer", cli_refused->issuer);
        }
    }
    end_step("tls", FAILED, tls_remedy());
}

static void check_chain(void)
{
    struct ango_tls_certificate certificate;
    int64_t now = (int64_t)time(NULL);
    size_t depth;

    for (depth = 0; ango_tls_certificate(cli_tls, depth, &certificate) == ANGO_OK; depth++) {
        long days = (long)((certificate.valid_to - now) / SECONDS_A_DAY);
        fact_number("number", (long)depth);
        fact("subject", certificate.subject);
        fact("issuer", certificate.issuer);
        fact_number("days_left", days);
        end_step("certificate", days < SOON_DAYS ? WARNING : FINE,
                 days < SOON_DAYS ? "it ends soon: whoever runs the server must renew it" : NULL);
    }
}

static void check_clock(void)
{
    char date[64];
    int64_t now = (int64_t)time(NULL);
    uint32_t early = (uint32_t)(now - TEN_YEARS_S), later;
    long skew;

    if (!cli_header("Date", date, sizeof date) || (later = ango_retry_after_date(date, early)) == 0) {
        not_tried("clock", "the server tells no date");
        return;
    }
    skew = (long)((int64_t)later - TEN_YEARS_S);
    fact_number("server_minus_here_s", skew);
    end_step("clock", labs(skew) > SKEW_MAX_S ? WARNING : FINE,
             labs(skew) > SKEW_MAX_S ? "set the clock: certificates depend on it" : NULL);
}

/* --- what the server says ------------------------------------------------------------------------------- */

#define RATES_MAX 8
#define TOO_MANY 429 /* the HTTP status */

/* Headers about the rate, of all replies: of each name the last. */
static struct {
    char name[40];
    char value[64];
} rates[RATES_MAX];
static size_t rates_len;
static bool too_many;

static void take_rate(const char *name, const char *value)
{
    size_t i;

    for (i = 0; i < rates_len && strcmp(rates[i].name, name) != 0; i++) {
    }
    if (i < RATES_MAX) {
        snprintf(rates[i].name, sizeof rates[0].name, "%.*s", (int)sizeof rates[0].name - 1, name);
        snprintf(rates[i].value, sizeof rates[0].value, "%s", value);
        rates_len += i == rates_len;
    }
}

/* Carries on what was started, and keeps the reply for what looks at it. */
static int ask(int err)
{
    cli_forget_reply();
    if (err != ANGO_OK) {
        return err;
    }
    err = cli_exchange("checking");
    cli_each_header("ratelimit", take_rate);
    cli_each_header("rate-limit", take_rate);
    cli_each_header("retry-after", take_rate);
    too_many = too_many || cli_client.result.http_status == TOO_MANY;
    return err;
}

/* What to do about the exchange that failed; `command` asks for the same. */
static const char *remedy_of(const char *command)
{
    static char words[64];
    const struct ango_result *result = &cli_client.result;
    bool is_of_projects = strcmp(command, "projects") == 0;

    if (result->error == ANGO_E_STATUS && result->http_status == 404 && is_of_projects) {
        return "there is no API at this address: check --host and its /PREFIX"; /* no identifier was in it */
    }
    if (result->error == ANGO_E_STATUS && result->http_status >= 300) {
        return cli_advice_on_reading(result);
    }
    snprintf(words, sizeof words, "'ango %s --verbose' tells more of it", command);
    return words;
}

/* Tells what came of an exchange that failed; the server's own words may name somebody. */
static void tell_failure(const char *name, const char *command)
{
    const struct ango_result *result = &cli_client.result;

    fact("error", ango_error_text(result->error));
    fact_number("http_status", (long)result->http_status);
    if (result->port_error != 0) {
        fact_number("port_error", result->port_error);
    }
    end_step(name, FAILED, remedy_of(command));
}

struct probe {
    const char *name; /* of the step */
    const char *list; /* in data */
    int (*start)(const struct ango_page *page);
    bool (*next)(char *key, size_t cap); /* what tells the next entry from others; false: there are no more */
    const char *const *documented;       /* fields of an entry; the last is NULL */
    const char *needed;                  /* the one that nothing goes without */
    bool by_status;                      /* only those of a status are asked for */
};

static const struct probe *probe;
static char unknown_fields[ANGO_TLS_NAME_LEN * 2];
static bool has_field[16];

static void take_field(const char *name)
{
    size_t i, len = strlen(unknown_fields);

    for (i = 0; probe->documented[i] != NULL; i++) {
        if (strcmp(probe->documented[i], name) == 0) {
            has_field[i] = true;
            return;
        }
    }
    snprintf(unknown_fields + len, sizeof unknown_fields - len, "%s%s", len > 0 ? " " : "", name);
}

#define KEY_CAP 512 /* of an entry */

static size_t others_than_pending; /* in the pages of this list */

struct page {
    size_t items;
    char first[KEY_CAP]; /* what tells its first entry from others, or empty */
};

/* False when it failed. */
static bool read_page(struct page *page, uint32_t number, uint32_t page_limit)
{
    const struct ango_page which = { number, page_limit };
    char next[KEY_CAP];

    if (ask(probe->start(&which)) != ANGO_OK) {
        return false;
    }
    page->items = cli_client.result.items;
    page->first[0] = '\0';
    if (probe->next(page->first, sizeof page->first)) {
        while (probe->next(next, sizeof next)) {
        }
    }
    return true;
}

static bool same_first(const struct page *a, const struct page *b)
{
    return strcmp(a->first, b->first) == 0;
}

static size_t largest_entry, largest_body, longest_header, largest_head;
static size_t lists_measured; /* that had an entry */

/* The bytes of the largest entry; 0: none could be looked at. */
static size_t tell_sizes(void)
{
    char missing[sizeof unknown_fields] = "";
    struct cli_reply reply;
    size_t i, len, entry;

    unknown_fields[0] = '\0';
    memset(has_field, 0, sizeof has_field);
    cli_measure_reply(&reply);
    entry = cli_each_field(probe->list, take_field);
    for (i = 0; probe->documented[i] != NULL && entry > 0; i++) {
        len = strlen(missing);
        if (!has_field[i]) {
            snprintf(missing + len, sizeof missing - len, "%s%s", len > 0 ? " " : "", probe->documented[i]);
        }
    }
    fact("fields_beyond", unknown_fields[0] != '\0' ? unknown_fields : "none");
    fact("fields_missing", missing[0] != '\0' ? missing : "none");
    fact("total", cli_client.result.total > 0 ? "yes" : cli_has_total());
    fact_number("head_bytes", (long)reply.head_len);
    fact_number("longest_header", (long)reply.longest_header);
    fact_number("body_bytes", (long)reply.body_len);
    fact_number("largest_entry", (long)entry);
    lists_measured += entry > 0;
    largest_entry = entry > largest_entry ? entry : largest_entry;
    largest_body = reply.body_len > largest_body ? reply.body_len : largest_body;
    largest_head = reply.head_len > largest_head ? reply.head_len : largest_head;
    longest_header = reply.longest_header > longest_header ? reply.longest_header : longest_header;
    return entry;
}

/* What pages of different sizes show. */
struct pages {
    struct page all;         /* page 1 with the largest limit */
    struct page again, next; /* page 1 and page 2 with as many as that showed; again: only where there are more */
    struct page far;         /* page 2 with the largest limit; the same */
    struct page few, few_2;  /* page 1 and page 2 with a small limit */
    uint32_t small;          /* that limit */
};

/* Whether there are more entries than page 1 shows with the largest limit, although it has room for them. */
static bool has_more(const struct pages *pages, uint32_t total)
{
    bool goes_on = pages->next.items > 0 && !same_first(&pages->all, &pages->next);

    return pages->all.items < ANGO_LIMIT_MAX && (goes_on || total > pages->all.items);
}

/* Reads them, the first apart; false: one cannot be read. */
static bool read_pages(struct pages *pages, uint32_t total)
{
    uint32_t as_many = (uint32_t)pages->all.items;

    pages->small = as_many > 2 ? 2 : 1;
    pages->again = pages->all;
    if (!read_page(&pages->next, 2, as_many)) {
        return false;
    }
    pages->far = pages->next;
    if (has_more(pages, total)
        && (!read_page(&pages->again, 1, as_many) || !read_page(&pages->far, 2, ANGO_LIMIT_MAX))) {
        return false;
    }
    return read_page(&pages->few, 1, pages->small) && read_page(&pages->few_2, 2, pages->small);
}

/* What the server makes of `limit`. One that gives one entry a page ignores it, or caps it at that: it is the same. */
static const char *limit_of(const struct pages *pages, uint32_t total)
{
    bool more = has_more(pages, total);

    if (pages->few.items > pages->small || (pages->all.items == 1 && more)) {
        return "not kept to";
    }
    if (pages->few.items < pages->small || pages->again.items < pages->all.items) {
        return "kept to, but pages come short: they are filtered after they are cut";
    }
    if (more) {
        return "kept to, but capped";
    }
    return pages->all.items == 1 ? "too few entries to tell" : "kept to";
}

/* What the server makes of `page`; a page number can skip entries where the server caps `limit` and does not reckon with that. */
static const char *page_of(const struct pages *pages, uint32_t total)
{
    bool capped = has_more(pages, total) && pages->again.items == pages->all.items;

    if (pages->few_2.items > 0 && same_first(&pages->few, &pages->few_2)) {
        return pages->few.first[0] != '\0' ? "not kept to" : "cannot be told: entries look all the same";
    }
    if (capped && pages->few.items == pages->small && !same_first(&pages->next, &pages->far)) {
        return "kept to, but it skips entries where limit is capped";
    }
    return "kept to";
}

/* What to do about a list that could be read, or NULL. */
static const char *remedy_of_list(const struct pages *pages, bool has_needed)
{
    if (!has_needed) {
        return "entries lack the field that this program knows them by (see fields_missing): who is there cannot be "
               "told";
    }
    if (pages->few_2.items > 0 && same_first(&pages->few, &pages->few_2)) {
        return "this server shows its first page only: what is on others cannot be seen";
    }
    return NULL;
}

static bool has_needed_field(void)
{
    size_t i;

    for (i = 0; probe->documented[i] != NULL; i++) {
        if (strcmp(probe->documented[i], probe->needed) == 0) {
            return has_field[i];
        }
    }
    return true;
}

static void check_list(const struct probe *of)
{
    static struct pages pages;
    const char *remedy;
    uint32_t total;
    bool has_needed;

    probe = of;
    others_than_pending = 0;
    if (!read_page(&pages.all, 1, ANGO_LIMIT_MAX)) {
        tell_failure(of->name, of->name);
        return;
    }
    total = cli_client.result.total;
    fact_number("entries_of_page_1", (long)pages.all.items);
    has_needed = tell_sizes() == 0 || has_needed_field();
    if (pages.all.items == 0) {
        fact("limit", "too few entries to tell");
        end_step(of->name, FINE, NULL);
        return;
    }
    if (!read_pages(&pages, total)) {
        tell_failure(of->name, of->name);
        return;
    }
    fact("limit", limit_of(&pages, total));
    fact("page", page_of(&pages, total));
    if (of->by_status) {
        fact("status", others_than_pending > 0 ? "not kept to" : "only pending ones came");
    }
    remedy = remedy_of_list(&pages, has_needed);
    end_step(of->name, remedy == NULL ? FINE : WARNING, remedy);
}

static int start_projects(const struct ango_page *page)
{
    return ango_list_projects_start(&cli_client, NULL, page);
}

/* Entries are told apart by identifier and name: a server may leave one of them out. */
static void make_key(char *key, size_t cap, const char *id, const char *name)
{
    snprintf(key, cap, "%s%s%s", id, *id != '\0' && *name != '\0' ? " " : "", name);
}

static bool next_project(char *key, size_t cap)
{
    struct ango_project item;

    if (ango_next_project(&cli_client, &item) != ANGO_OK) {
        return false;
    }
    make_key(key, cap, item.id, item.name);
    return true;
}

static int start_invites(const struct ango_page *page)
{
    return ango_get_organization_invites_start(&cli_client, cli.organization, page);
}

static bool next_invite(char *key, size_t cap)
{
    struct ango_invite item;

    if (ango_next_invite(&cli_client, &item) != ANGO_OK) {
        return false;
    }
    others_than_pending += item.status[0] != '\0' && !ango_text_is(item.status, "pending");
    make_key(key, cap, item.id, item.to);
    return true;
}

static int start_members(const struct ango_page *page)
{
    return ango_get_organization_members_start(&cli_client, cli.organization, NULL, page);
}

static bool next_member(char *key, size_t cap)
{
    struct ango_member item;

    if (ango_next_member(&cli_client, &item) != ANGO_OK) {
        return false;
    }
    make_key(key, cap, item.id, item.email);
    return true;
}

/* As the vendor's OpenAPI pages show them. */
static const char *const project_fields[] = { "_id", "name", "description", "organization", "createdAt", NULL };
static const char *const member_fields[] = { "_id", "email", "name", "organizationRole", "createdAt", NULL };
static const char *const invite_fields[] = { "_id",       "to",        "organizationRole", "status",
                                             "createdBy", "createdAt", "expiresAt",        NULL };
static const struct probe projects = { "projects",     "projects", start_projects, next_project,
                                       project_fields, "_id",      false };
static const struct probe members = { "members", "users", start_members, next_member, member_fields, "email", false };
static const struct probe invites = { "invites", "invites", start_invites, next_invite, invite_fields, "to", true };

/* --- the rest ------------------------------------------------------------------------------------------- */

static void check_rate(void)
{
    size_t i;

    for (i = 0; i < rates_len; i++) {
        fact(rates[i].name, rates[i].value);
    }
    if (rates_len == 0) {
        fact("headers", "none");
    }
    end_step("rate limit", too_many ? WARNING : FINE, too_many ? "wait, then check again" : NULL);
}

/* What TLS adds to the text in a record: at least its tag, in 1.3 also the type of what is in it. */
static long text_of_record(void)
{
    long overhead = strcmp(cli_tls->version, "TLSv1.3") == 0 ? 17 : 16;
    long len = (long)cli_largest_record() - overhead;

    return len > 0 ? len : 0;
}

static void check_device(void)
{
    long wanted = 512, text = text_of_record();

    if (lists_measured == 0) {
        not_tried("device", "no list showed an entry that could be measured");
        return;
    }
    ango_close(&cli_client); /* only then the arena's peak is known */
    while (wanted < text && wanted < 16384) {
        wanted *= 2;
    }
    fact_number("largest_record", text);
    fact_number("MBEDTLS_SSL_IN_CONTENT_LEN", wanted);
    fact_number("arena_peak_here", (long)cli_tls->arena_peak);
    fact_number("largest_body", (long)largest_body);
    fact_number("largest_head", (long)largest_head);
    fact_number("longest_header", (long)longest_header);
    fact_number("largest_entry", (long)largest_entry);
    fact_number("buffer", (long)(512 + largest_entry));
    fact_number("lists_measured", (long)lists_measured);
    end_step("device", failed > 0 ? WARNING : FINE, failed > 0 ? "a list was not read: it may need more" : NULL);
}

static void check_lists(void)
{
    check_list(&projects);
    if (cli.organization == NULL) {
        not_tried("members", "no organization is given: --org");
        not_tried("invites", "no organization is given: --org");
    } else {
        check_list(&members);
        check_list(&invites);
    }
}

/* What the first exchange told of the key. */
static bool check_key(int err)
{
    if (!cli_has_key) {
        fact("given", "none");
        end_step("key", FAILED, "put a key into ANGO_API_KEY, or into a file for --key-file");
        return false;
    }
    if (err != ANGO_OK) {
        tell_failure("key", "projects");
        return false;
    }
    fact("accepted", "yes");
    end_step("key", FINE, NULL);
    return true;
}

/* Of an exchange that only read: nothing was to be carried out, and nothing can be in doubt. */
static int exit_of_reading(void)
{
    struct ango_result result = cli_client.result;

    if (result.outcome == ANGO_UNKNOWN) {
        result.outcome = ANGO_NOT_SENT;
    }
    return cli_exit_of(&result);
}

/* The exit status of what failed first. */
static int check_all(void)
{
    const struct ango_page one = { 1, 1 };
    enum reached how_far;
    int err, status;

    check_configuration();
    err = ask(ango_list_projects_start(&cli_client, NULL, &one));
    status = exit_of_reading();
    how_far = reached(&cli_client.result);
    check_name_and_tcp(how_far);
    check_proxy(how_far);
    check_tls(how_far);
    if (how_far < TLS) {
        return status;
    }
    check_chain();
    check_clock();
    if (!check_key(err)) {
        check_rate();
        return cli_has_key ? status : CLI_USAGE;
    }
    check_lists();
    check_rate();
    check_device();
    return failed == 0 ? CLI_DONE : CLI_SOME_FAILED;
}

static int run(char **operands, int operands_len)
{
    int status;

    (void)operands;
    if (operands_len > 0) {
        cli_say("this takes no argument");
        return CLI_USAGE;
    }
    cli_tapped = true;
    cli_key_is_optional = true;
    status = cli_open();
    if (status != CLI_DONE) {
        return status;
    }
    status = check_all();
    if (!cli.json) {
        printf("%lu failed, %lu to look at\n", (unsigned long)failed, (unsigned long)warned);
    }
    cli_flush();
    cli_close();
    return cli_interrupted() != 0 ? CLI_SIGNAL + cli_interrupted() : status;
}

static const struct cli_option no_options[] = { { .name = NULL } };

const struct cli_command cli_check = {
    "check",
    "try the installation, and tell what the server is like",
    "",
    "Tries settings, network, TLS, clock, key, organization and lists, step by step,\n"
    "and tells what to do where one fails. It only reads. It also tells what the\n"
    "server does that nobody documents, and what a device needs for it. With --json,\n"
    "one object a line, for whoever helps: no key, nobody's name or address is in it.\n",
    "Exit status: 0 all works; 1 a list cannot be read; 2 wrong usage, no key;\n"
    "3 refused; 5 network; 6 TLS or certificate; 7 other.\n",
    no_options,
    NULL,
    run
};
