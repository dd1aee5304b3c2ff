#define _POSIX_C_SOURCE 200809L

#include "command.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define LINE_CAP 1024
#define BUCKETS 32768u /* a power of 2, and well above CLI_ADDRESSES_MAX */

struct cli_address cli_addresses[CLI_ADDRESSES_MAX];
size_t cli_addresses_len;

static char pool[4u << 20];
static size_t pool_len;

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

/* What comes from a file is copied where it is new. */
static int add(const char *text, const char *file, unsigned line)
{
    struct cli_address *address = &cli_addresses[cli_addresses_len];
    uint32_t i = bucket_of(text);

    if (buckets[i] != 0) { /* mutant: command-list-twice */
        cli_say("%s is there more than once; it counts once", text);
        return CLI_DONE;
    }
    if (cli_addresses_len == CLI_ADDRESSES_MAX) {
        cli_say("more than %d addresses: split the list", CLI_ADDRESSES_MAX);
        return CLI_USAGE;
    }
    address->text = file == NULL ? text : cli_keep(text);
    address->file = file;
    address->line = line;
    if (address->text == NULL) {
        cli_say("too much text in %s: split the list", file);
        return CLI_USAGE;
    }
    buckets[i] = (uint16_t)++cli_addresses_len;
    return CLI_DONE;
}

/* One line, without its end. Returns its length, above LINE_CAP where it was cut; -1: the file is over. */
static long read_line(FILE *file, char *line)
{
    long len = 0;
    int c;

    while ((c = getc(file)) != EOF && c != '\n') {
        if (len < LINE_CAP) {
            line[len] = (char)c;
        }
        len += len <= LINE_CAP;
    }
    if (c == EOF && len == 0) {
        return -1;
    }
    line[len < LINE_CAP ? len : LINE_CAP] = '\0';
    return len;
}

static char *trim(char *line)
{
    static const char blank[] = " \t\r\v\f";
    size_t len;

    line += strspn(line, blank);
    len = strlen(line);
    while (len > 0 && strchr(blank, line[len - 1]) != NULL) {
        len--;
    }
    line[len] = '\0';
    return line;
}

static int read_lines(FILE *file, const char *name)
{
    char line[LINE_CAP + 1];
    unsigned number = 1;
    long len;
    int err = CLI_DONE;

    for (; err == CLI_DONE && (len = read_line(file, line)) >= 0; number++) {
        char *text = line;
        if (len > LINE_CAP || strlen(line) != (size_t)len) {
            cli_say("%s, line %u, is not an address: is it the right file?", name, number);
            return CLI_USAGE;
        }
        if (number == 1 && strncmp(text, "\xEF\xBB\xBF", 3) == 0) { /* some editors' byte order mark */
            text += 3;
        }
        text = trim(text);
        if (*text != '\0' && *text != '#') {
            err = add(text, name, number);
        }
    }
    if (err == CLI_DONE && ferror(file)) {
        cli_say("could not read %s: %s", name, strerror(errno));
        err = CLI_USAGE;
    }
    return err;
}

static int read_file(const char *name)
{
    FILE *file;
    int err;

    if (strcmp(name, "-") == 0) {
        if (isatty(STDIN_FILENO)) {
            cli_say("type one address a line; Ctrl-D ends the list");
        }
        return read_lines(stdin, "standard input");
    }
    file = fopen(name, "r");
    if (file == NULL) {
        cli_say("could not read %s: %s", name, strerror(errno));
        return CLI_USAGE;
    }
    err = read_lines(file, name);
    fclose(file);
    return err;
}

int cli_collect_addresses(char **operands, int operands_len, const char *file)
{
    int i, err = CLI_DONE;

    for (i = 0; i < operands_len && err == CLI_DONE; i++) {
        err = add(operands[i], NULL, 0);
    }
    if (err == CLI_DONE && file != NULL) {
        err = read_file(file);
    }
    if (err == CLI_DONE && cli_addresses_len == 0) {
        cli_say("no address was given");
        err = CLI_USAGE;
    }
    return err;
}
