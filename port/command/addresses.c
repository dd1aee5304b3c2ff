/* The addresses that a command is about, each once, and what cannot be one. */
#define _POSIX_C_SOURCE 200809L

#include "command.h"

#include <string.h>

#define BUCKETS 32768u /* a power of 2, and well above CLI_ADDRESSES_MAX */
#define BAD_MAX 100    /* so many lines are named */
#define SHOWN_MAX 80   /* bytes of one */

struct cli_address cli_addresses[CLI_ADDRESSES_MAX];
size_t cli_addresses_len;
struct cli_wish cli_wishes[CLI_WISHES_MAX];
size_t cli_wishes_len = 1; /* the first is what the options say */

static char pool[8u << 20];
static size_t pool_len;
static size_t repeated; /* how often an address was there again */
static const char *first_repeated;
static size_t bad;

/* Index into cli_addresses, plus 1. */
static uint16_t buckets[BUCKETS];

const char *cli_keep(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = pool + pool_len;

    if (size > sizeof pool - pool_len) {
        return NULL;
    }
    memcpy(copy, text, size);
    pool_len += size;
    return copy;
}

/* --- what cannot be an address -------------------------------------------------------------------------- */

/* What nobody sees, so that two addresses look the same. */
static bool is_invisible(uint32_t c)
{
    return c == 0xAD || c == 0x34F || c == 0x61C || (c >= 0x115F && c <= 0x1160) || (c >= 0x17B4 && c <= 0x17B5)
        || (c >= 0x180B && c <= 0x180E) || (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E)
        || (c >= 0x2060 && c <= 0x206F) || c == 0x3164 || (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF || c == 0xFFA0
        || (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE0FFF);
}

static const char *character_fault(const char *text)
{
    while (*text != '\0') {
        uint32_t c = cli_take_character(&text);
        if (c < ' ' || (c >= 0x7F && c < 0xA0)) {
            return "it has a control character";
        }
        if (c == CLI_REPLACEMENT) {
            return "it is not UTF-8: save the list as \"CSV UTF-8\"";
        }
        if (is_invisible(c)) {
            return "it has a character that nobody sees: type it again";
        }
        if (cli_is_blank(c)) {
            return "it has a blank in it";
        }
    }
    return NULL;
}

/* Of a part that is not quoted: RFC 5322, 3.2.3. */
static const char *part_fault(const char *part, size_t len)
{
    size_t i;

    if (len == 0 || part[0] == '.' || part[len - 1] == '.') {
        return "nothing stands before or behind a dot or the @";
    }
    for (i = 0; i < len; i++) {
        if (part[i] == '.' && part[i + 1] == '.') {
            return "two dots follow one another";
        }
        if (strchr("()<>[]:;@\\,\"", part[i]) != NULL) {
            return "it has a character that only stands in quotes: one of ()<>[]:;\\,\"";
        }
    }
    return NULL;
}

/* As part_fault; its labels are those of host names. */
static const char *domain_fault(const char *domain)
{
    const char *fault = part_fault(domain, strlen(domain));
    size_t len;

    for (; fault == NULL && *domain != '\0'; domain += domain[len] == '.' ? len + 1 : len) {
        len = strcspn(domain, ".");
        if (domain[0] == '-' || domain[len - 1] == '-') {
            fault = "a part of its domain begins or ends with -";
        }
    }
    return fault;
}

const char *cli_address_fault(const char *text)
{
    const char *at = strrchr(text, '@');
    const char *fault = character_fault(text);
    size_t local;

    if (fault != NULL) {
        return fault;
    }
    if (at == NULL) {
        return "it has no @";
    }
    local = (size_t)(at - text);
    if (memchr(text, '@', local) != NULL) {
        return "it has two @";
    }
    if (local > ANGO_EMAIL_LOCAL_MAX || strlen(text) > ANGO_EMAIL_MAX) {
        return "it is too long";
    }
    if (local > 2 && text[0] == '"' && text[local - 1] == '"') {
        return domain_fault(at + 1);
    }
    fault = part_fault(text, local);
    return fault != NULL ? fault : domain_fault(at + 1);
}

void cli_refuse_line(const char *file, unsigned line, const char *text, const char *why)
{
    char shown[SHOWN_MAX + 4];

    bad++;
    if (bad > BAD_MAX) {
        return;
    }
    snprintf(shown, sizeof shown, "%.*s%s", SHOWN_MAX, text, strlen(text) > SHOWN_MAX ? "..." : "");
    if (file != NULL) {
        cli_say("%s, line %u: %s: %s", file, line, shown, why);
    } else {
        cli_say("%s: %s", shown, why);
    }
}

/* --- each once ------------------------------------------------------------------------------------------ */

/* FNV-1a, without case. */
static uint32_t hash(const char *text)
{
    uint32_t h = 2166136261u;

    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        h = (h ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 16777619u;
    }
    return h;
}

/* The bucket where it is, or where it would be. */
static uint32_t bucket_of(const char *text)
{
    uint32_t i = hash(text) % BUCKETS;

    while (buckets[i] != 0 && !ango_text_is(cli_addresses[buckets[i] - 1].text, text)) {
        i = (i + 1) % BUCKETS;
    }
    return i;
}

size_t cli_find_address(const char *text)
{
    uint32_t i = bucket_of(text);

    return buckets[i] != 0 ? buckets[i] - 1u : cli_addresses_len;
}

static bool is_same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* The number of a wish; cli_wishes_len when there are too many. */
static size_t number_of(const struct cli_wish *wish)
{
    size_t i;

    for (i = 0; i < cli_wishes_len; i++) {
        const struct cli_wish *other = &cli_wishes[i];
        if (other->role == wish->role && other->project_role == wish->project_role
            && other->no_project == wish->no_project && is_same(other->project, wish->project)) {
            return i;
        }
    }
    if (i < CLI_WISHES_MAX) {
        cli_wishes[cli_wishes_len++] = *wish;
        cli_wishes[i].project = wish->project != NULL ? cli_keep(wish->project) : NULL;
    }
    return i;
}

int cli_add_address(const char *text, const struct cli_wish *wish, const char *file, unsigned line)
{
    struct cli_address *address = &cli_addresses[cli_addresses_len];
    uint32_t i = bucket_of(text);
    size_t number = number_of(wish);

    if (buckets[i] != 0) { /* mutant: command-list-twice */
        repeated++;
        first_repeated = first_repeated != NULL ? first_repeated : cli_addresses[buckets[i] - 1].text;
        if (cli_addresses[buckets[i] - 1].wish != number) {
            cli_refuse_line(file, line, text, "it is there before, with another role or project: which one?");
        }
        return CLI_DONE;
    }
    if (cli_addresses_len == CLI_ADDRESSES_MAX || number == CLI_WISHES_MAX) {
        cli_say("more than %d addresses, or %d kinds of role and project: split the list", CLI_ADDRESSES_MAX,
                CLI_WISHES_MAX);
        return CLI_USAGE;
    }
    address->text = cli_keep(text);
    address->file = file;
    address->line = line;
    address->wish = number;
    if (address->text == NULL) {
        cli_say("too much text: split the list");
        return CLI_USAGE;
    }
    buckets[i] = (uint16_t)++cli_addresses_len;
    return CLI_DONE;
}

int cli_collect_addresses(char **operands, int operands_len, const char *const *files, size_t files_len, bool wishes)
{
    static const struct cli_wish none;
    size_t i;
    int err = CLI_DONE;

    for (i = 0; i < (size_t)operands_len && err == CLI_DONE; i++) {
        const char *why = "it has no address";
        char *address = cli_find_in(operands[i], &why);
        const char *fault = address != NULL ? cli_address_fault(address) : why;
        if (address != NULL && fault == NULL) {
            err = cli_add_address(address, &none, NULL, 0);
        } else {
            cli_refuse_line(NULL, 0, operands[i], fault);
        }
    }
    for (i = 0; i < files_len && err == CLI_DONE; i++) {
        err = cli_read_list(files[i], wishes);
    }
    if (bad > BAD_MAX) {
        cli_say("and %lu more", (unsigned long)(bad - BAD_MAX));
    }
    if (err == CLI_DONE && bad == 0 && cli_addresses_len == 0) {
        cli_say("no address was given");
        err = CLI_USAGE;
    }
    if (err == CLI_DONE && bad == 0 && repeated > 0) {
        cli_say("%lu %s there more than once (%s%s); each counts once", (unsigned long)repeated,
                repeated > 1 ? "are" : "is", first_repeated, repeated > 1 ? ", ..." : "");
    }
    return bad > 0 ? CLI_USAGE : err;
}
