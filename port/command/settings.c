/*
 * What is set without the command line: later ones win, and options win over all of it.
 *   /etc/ango/config
 *   $XDG_CONFIG_HOME/ango/config, or ~/.config/ango/config
 *   the environment
 * A configuration is lines of NAME = VALUE, with the names of the common options.
 */
#define _POSIX_C_SOURCE 200809L

#include "command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_CAP 4096
#define WORD_MAX 24 /* characters; a longer name of no setting is not shown, since it may be a key */

static const char *environment(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && *value != '\0' ? value : NULL;
}

/* --- configuration files -------------------------------------------------------------------------------- */

/* "~/x" is in the home directory. */
static const char *expand(const char *value)
{
    char whole[LINE_CAP];
    const char *home = environment("HOME");

    if (strncmp(value, "~/", 2) != 0 || home == NULL) {
        return cli_keep(value);
    }
    snprintf(whole, sizeof whole, "%s%s", home, value + 1);
    return cli_keep(whole);
}

static char *trim(char *text)
{
    static const char blank[] = " \t\r\n";
    size_t len;

    text += strspn(text, blank);
    len = strlen(text);
    while (len > 0 && strchr(blank, text[len - 1]) != NULL) {
        len--;
    }
    text[len] = '\0';
    return text;
}

static int refuse(const char *name, unsigned number, const char *why)
{
    cli_say("%s, line %u: %s", name, number, why);
    return CLI_USAGE;
}

/* The option that a setting is. */
static const struct cli_option *find(const char *name)
{
    const struct cli_option *option;

    for (option = cli_common_options; option->name != NULL; option++) {
        if (option->value != NULL && option->help != NULL && strcmp(option->name, name) == 0) {
            return option;
        }
    }
    return NULL;
}

/* Refuses a name that no setting has. It is shown only if it looks like a name: a key may stand there by mistake. */
static int refuse_setting(const char *name, unsigned number, const char *setting)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
    bool is_word = strlen(setting) <= WORD_MAX && setting[strspn(setting, letters)] == '\0';
    char why[160];

    snprintf(why, sizeof why,
             "there is no such setting%s%s: 'ango help options' lists them, and the key has a file of its own",
             is_word ? " as " : "", is_word ? setting : "");
    return refuse(name, number, why);
}

/* Why a value cannot be one, or NULL. */
static const char *value_fault(const struct cli_option *option, const char *value)
{
    if (*value == '"' || *value == '\'') {
        return "a value stands without quotes";
    }
    if (*value == '\0' && option->text != &cli.proxy) { /* which has one that is empty: no proxy */
        return "the value is missing";
    }
    return NULL;
}

static int take_line(const char *name, unsigned number, char *line)
{
    char *equals = strchr(line, '=');
    const struct cli_option *option;
    const char *why;

    if (equals == NULL) {
        return refuse(name, number, "it is not NAME = VALUE");
    }
    *equals = '\0';
    if (strstr(equals + 1, " #") != NULL || strstr(equals + 1, "\t#") != NULL) {
        return refuse(name, number, "a comment behind a value: write it into a line of its own");
    }
    option = find(trim(line));
    if (option == NULL) {
        return refuse_setting(name, number, trim(line));
    }
    why = value_fault(option, trim(equals + 1));
    if (why != NULL) {
        return refuse(name, number, why);
    }
    return cli_apply(option, expand(trim(equals + 1))) == CLI_DONE ? CLI_DONE : refuse(name, number, "is wrong");
}

/* Whoever can write it could send the key elsewhere. */
static bool is_ours(const char *name, FILE *file)
{
    struct stat info;

    if (fstat(fileno(file), &info) != 0) {
        cli_say("could not read %s: %s", name, strerror(errno));
        return false;
    }
    if (info.st_uid != 0 && info.st_uid != geteuid()) {
        cli_say("%s: it belongs to another user, who could send the key elsewhere: it is not used", name);
        return false;
    }
    if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        cli_say("%s: others can write it, and so send the key elsewhere: it is not used", name);
        return false;
    }
    return true;
}

/* A file that is not there says nothing. */
static int read_file(const char *name)
{
    char line[LINE_CAP];
    unsigned number = 0;
    FILE *file = fopen(name, "r");
    int err = CLI_DONE;

    if (file == NULL) {
        if (errno != ENOENT && errno != ENOTDIR) {
            cli_say("could not read %s: %s", name, strerror(errno));
            return CLI_USAGE;
        }
        return CLI_DONE;
    }
    if (!is_ours(name, file)) {
        err = CLI_USAGE;
    }
    while (err == CLI_DONE && fgets(line, sizeof line, file) != NULL) {
        bool is_marked = number == 0 && strncmp(line, "\xEF\xBB\xBF", 3) == 0; /* as some editors begin UTF-8 */
        char *text = trim(line + (is_marked ? 3 : 0));
        number++;
        if (*text != '\0' && *text != '#') {
            err = take_line(name, number, text);
        }
    }
    if (err == CLI_DONE && ferror(file)) {
        cli_say("could not read %s: %s", name, strerror(errno));
        err = CLI_USAGE;
    }
    fclose(file);
    return err;
}

static int read_own_file(void)
{
    char name[LINE_CAP];
    const char *folder = environment("XDG_CONFIG_HOME"), *home = environment("HOME");

    if (folder != NULL) {
        snprintf(name, sizeof name, "%s/ango/config", folder);
    } else if (home != NULL) {
        snprintf(name, sizeof name, "%s/.config/ango/config", home);
    } else {
        return CLI_DONE;
    }
    return read_file(name);
}

/* --- the environment ------------------------------------------------------------------------------------ */

/* systemd's: LoadCredential=ango-key:/some/file */
static const char *credential(void)
{
    char name[LINE_CAP];
    const char *folder = environment("CREDENTIALS_DIRECTORY");

    if (folder == NULL) {
        return NULL;
    }
    snprintf(name, sizeof name, "%s/ango-key", folder);
    return access(name, F_OK) == 0 ? cli_keep(name) : NULL;
}

/* The key itself comes before a file of it, and both before what a configuration says. */
static void find_key(void)
{
    if (environment("ANGO_API_KEY") != NULL) {
        cli.key_file = NULL;
    } else if (environment("ANGO_KEY_FILE") != NULL) {
        cli.key_file = environment("ANGO_KEY_FILE");
    } else if (credential() != NULL) {
        cli.key_file = credential();
    }
}

int cli_settings(void)
{
    const struct cli_option *option;
    int err = read_file("/etc/ango/config");

    if (err == CLI_DONE) {
        err = read_own_file();
    }
    for (option = cli_common_options; option->name != NULL && err == CLI_DONE; option++) {
        if (option->variable != NULL && environment(option->variable) != NULL) {
            err = cli_apply(option, environment(option->variable));
        }
    }
    find_key();
    return err;
}
