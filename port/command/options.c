#define _POSIX_C_SOURCE 200809L

#include "command.h"

#include <stdlib.h>
#include <string.h>

struct cli cli;

static int take_timeout(const char *value)
{
    if (cli_number(value, 1, 86400, &cli.timeout_s)) {
        return CLI_DONE;
    }
    cli_say("--timeout: a number of seconds, from 1 to 86400");
    return CLI_USAGE;
}

static int take_retry_for(const char *value)
{
    if (cli_number(value, 0, 86400, &cli.retry_for_s)) {
        return CLI_DONE;
    }
    cli_say("--retry-for: a number of seconds, up to 86400; 0: nothing is tried again");
    return CLI_USAGE;
}

/* A region by its name, else a server. */
static int take_host(const char *value)
{
    static const struct {
        const char *name;
        const char *host;
    } regions[] = {
        { "eu", ANGO_HOST_EU }, { "us", ANGO_HOST_US }, { "india", ANGO_HOST_INDIA }, { "test", ANGO_HOST_TEST }
    };
    size_t i;

    cli.host = value;
    for (i = 0; i < sizeof regions / sizeof regions[0]; i++) {
        if (ango_text_is(value, regions[i].name)) {
            cli.host = regions[i].host;
        }
    }
    return CLI_DONE;
}

/* The value is not looked at, and is never shown. */
static int refuse_key(const char *value)
{
    (void)value;
    cli_say("a key on the command line can be read by every user of this machine, so it is not accepted "
            "there: put it into a file (--key-file) or into ANGO_API_KEY, and think of replacing it");
    return CLI_USAGE;
}

const struct cli_option cli_common_options[] = {
    { .name = "org",
      .value = "ORG",
      .variable = "ANGO_ORG",
      .text = &cli.organization,
      .help = "the organization's identifier (or ANGO_ORG)" },
    { .name = "key-file",
      .value = "FILE",
      .text = &cli.key_file,
      .help = "the API key; -: standard input (or ANGO_KEY_FILE, or the\nkey itself in ANGO_API_KEY)" },
    { .name = "host",
      .value = "HOST",
      .variable = "ANGO_HOST",
      .take = take_host,
      .help = "a region, eu (default), us, india or test, or a server:\nHOST[:PORT][/PREFIX] (or ANGO_HOST)" },
    { .name = "ca",
      .value = "FILE",
      .variable = "ANGO_CA",
      .text = &cli.ca_file,
      .help = "trusted CAs, PEM or DER (or ANGO_CA, SSL_CERT_FILE;\ndefault: the system's)" },
    { .name = "timeout", .value = "SECONDS", .take = take_timeout, .help = "for each request (30)" },
    { .name = "retry-for",
      .value = "SECONDS",
      .take = take_retry_for,
      .help = "how long, in all, to try again what was not sent, and what\nonly reads (300; 0: not at all)" },
    { .name = "proxy",
      .value = "HOST:PORT",
      .text = &cli.proxy,
      .help = "the way out (or https_proxy and no_proxy); \"\": none" },
    { .name = "session",
      .value = "FILE",
      .text = &cli.session_file,
      .help = "keeps a TLS session from one run to the next" },
    { .name = "json", .flag = &cli.json, .help = "JSON in place of the table, one object a line" },
    { .name = "verbose", .letter = 'v', .flag = &cli.verbose, .help = "say more of the connection and of errors" },
    { .name = "help", .letter = 'h', .flag = &cli.help, .help = "help" },
    { .name = "key", .value = "", .take = refuse_key },
    { .name = "api-key", .value = "", .take = refuse_key },
    { .name = "apikey", .value = "", .take = refuse_key },
    { .name = NULL },
};

bool cli_number(const char *text, uint32_t least, uint32_t most, uint32_t *number)
{
    size_t len = strspn(text, "0123456789");
    unsigned long n;

    if (len == 0 || len > 9 || text[len] != '\0') {
        return false;
    }
    n = strtoul(text, NULL, 10);
    if (n < least || n > most) {
        return false;
    }
    *number = (uint32_t)n;
    return true;
}

bool cli_has_organization(void)
{
    if (cli.organization == NULL) {
        cli_say("which organization? --org or ANGO_ORG says it; 'ango projects' shows its identifier");
    }
    return cli.organization != NULL;
}

bool cli_read_organization_role(const char *option, const char *text, enum ango_organization_role *role)
{
    int i;

    for (i = ANGO_ORGANIZATION_ADMIN; i <= ANGO_ORGANIZATION_MEMBER; i++) {
        *role = (enum ango_organization_role)i;
        if (ango_text_is(text, ango_organization_role_text(*role))) {
            return true;
        }
    }
    cli_say("%s: %s is no role in an organization; there are member and admin", option, text);
    return false;
}

bool cli_read_project_role(const char *option, const char *text, enum ango_project_role *role)
{
    int i;

    for (i = ANGO_PROJECT_MANAGER; i <= ANGO_PROJECT_LEAD; i++) {
        *role = (enum ango_project_role)i;
        if (ango_text_is(text, ango_project_role_text(*role))) {
            return true;
        }
    }
    cli_say("%s: %s is no role in a project; there are Manager, Labeler, Reviewer and Lead", option, text);
    return false;
}

static const struct cli_option *find_name(const struct cli_option *options, const char *name, size_t len)
{
    for (; options != NULL && options->name != NULL; options++) {
        if (strlen(options->name) == len && memcmp(options->name, name, len) == 0) {
            return options;
        }
    }
    return NULL;
}

static const struct cli_option *find_letter(const struct cli_option *options, char letter)
{
    for (; options->name != NULL; options++) {
        if (options->letter == letter) {
            return options;
        }
    }
    return NULL;
}

int cli_apply(const struct cli_option *option, const char *value)
{
    if (option->take != NULL) {
        return option->take(value);
    }
    *option->text = value;
    return CLI_DONE;
}

/* --NAME, --NAME=VALUE or --NAME VALUE; *next is what follows. */
static int take_long(const struct cli_command *command, const char *name, char ***next)
{
    size_t len = strcspn(name, "=");
    const char *value = name[len] == '=' ? name + len + 1 : NULL;
    const struct cli_option *option = find_name(command->options, name, len);

    if (option == NULL) {
        option = find_name(command->shared, name, len);
    }
    if (option == NULL) {
        option = find_name(cli_common_options, name, len);
    }
    if (option == NULL) {
        cli_say("there is no option --%.*s", (int)(len < 60 ? len : 60), name);
        return CLI_USAGE;
    }
    if (option->flag != NULL && value == NULL) {
        *option->flag = true;
        return CLI_DONE;
    }
    if (option->flag == NULL && value == NULL) {
        value = **next;
        *next += value != NULL;
    }
    if (option->flag != NULL || value == NULL) {
        cli_say("--%s takes %s value", option->name, option->flag != NULL ? "no" : "a");
        return CLI_USAGE;
    }
    return cli_apply(option, value);
}

/* -v, and several in one: -vh. None of them takes a value. */
static int take_letters(const char *letters)
{
    for (; *letters != '\0'; letters++) {
        const struct cli_option *option = find_letter(cli_common_options, *letters);
        if (option == NULL) {
            cli_say("there is no option -%c", *letters);
            return CLI_USAGE;
        }
        *option->flag = true;
    }
    return CLI_DONE;
}

int cli_parse(const struct cli_command *command, int argc, char **argv, char ***operands, int *operands_len)
{
    char **next = argv, **out = argv, **end = argv + argc;
    int err = CLI_DONE;

    cli.host = ANGO_HOST_EU;
    cli.timeout_s = CLI_TIMEOUT_S;
    cli.retry_for_s = CLI_RETRY_FOR_S;
    err = cli_settings();
    cli.configured_proxy = cli.proxy;
    cli.proxy = NULL;
    while (next < end && err == CLI_DONE) {
        char *word = *next++;
        if (strcmp(word, "--") == 0) {
            memmove(out, next, (size_t)(end - next) * sizeof *next);
            out += end - next;
            next = end;
        } else if (strncmp(word, "--", 2) == 0) {
            err = take_long(command, word + 2, &next);
        } else if (word[0] == '-' && word[1] != '\0') {
            err = take_letters(word + 1);
        } else {
            *out++ = word;
        }
    }
    *operands = argv;
    *operands_len = (int)(out - argv);
    if (err != CLI_DONE) {
        cli_say("'ango %s --help' shows the options", command->name);
    }
    return err;
}
