/* Help, and the completion of a shell: made from the tables of commands and options. */
#define _POSIX_C_SOURCE 200809L

#include "command.h"

#include <string.h>

#define MARGIN 22 /* where the help of an option begins */

void cli_help(void)
{
    const struct cli_command *const *command;

    puts("Usage: ango COMMAND [OPTION]... [ARGUMENT]...\n"
         "A client for Ango Hub. 'ango help COMMAND' says more of one, 'ango help options'\n"
         "of the options of all.\n"
         "\n"
         "Commands:");
    for (command = cli_commands; *command != NULL; command++) {
        printf("  %-8s  %s\n", (*command)->name, (*command)->summary);
    }
    puts("\n"
         "The API key comes from ANGO_API_KEY or a file, never from the command line.\n"
         "Exit status: 0 done; 1 done, but some entries failed, or the server did not say;\n"
         "2 wrong usage, nothing was sent; 3 refused by the server; 4 unknown: it may have\n"
         "been carried out, or not; 5 not sent: the network; 6 not sent: TLS or the\n"
         "server's certificate; 7 something else: standard error says what.");
}

/* "  -v, --verbose", and the help beside it, or under it where there is no room. */
static void show_option(const struct cli_option *option)
{
    const char *line = option->help;
    int columns =
        option->letter != '\0' ? printf("  -%c, --%s", option->letter, option->name) : printf("  --%s", option->name);

    if (option->value != NULL) {
        columns += printf(" %s", option->value);
    }
    if (columns >= MARGIN) {
        putchar('\n');
        columns = 0;
    }
    while (*line != '\0') {
        size_t len = strcspn(line, "\n");
        printf("%*s%.*s\n", MARGIN - columns, "", (int)len, line);
        line += len + (line[len] == '\n');
        columns = 0;
    }
}

static void show_options(const struct cli_option *option)
{
    for (; option != NULL && option->name != NULL; option++) {
        if (option->help != NULL) {
            show_option(option);
        }
    }
}

void cli_help_of(const struct cli_command *command)
{
    printf("Usage: ango %s [OPTION]...%s%s\n%s\n", command->name, command->operands[0] != '\0' ? " " : "",
           command->operands, command->about);
    show_options(command->options);
    show_options(command->shared);
    printf("%s\nOptions of all commands (--org, --key-file, ...): ango help options\n%s",
           command->options->name != NULL || command->shared != NULL ? "" : "  (no options of its own)\n",
           command->exits);
}

/* --- the completion ------------------------------------------------------------------------------------- */

static void list_options(const struct cli_option *option)
{
    for (; option != NULL && option->name != NULL; option++) {
        if (option->help != NULL) {
            printf(" --%s", option->name);
        }
    }
}

/* Those that take a file, or those that take anything else. */
static void list_valued(const struct cli_option *option, bool files)
{
    for (; option != NULL && option->name != NULL; option++) {
        if (option->value != NULL && option->help != NULL && (strcmp(option->value, "FILE") == 0) == files) {
            printf("|--%s", option->name);
        }
    }
}

static void list_all_valued(bool files)
{
    const struct cli_command *const *command;

    printf("    ="); /* which is never there by now */
    list_valued(cli_common_options, files);
    for (command = cli_commands; *command != NULL; command++) {
        list_valued((*command)->options, files);
    }
    list_valued(cli_invite.shared, files);
}

/* For bash: the commands, then the options of each; a file where an option takes one. */
static void show_completion(void)
{
    const struct cli_command *const *command;

    puts("# bash completion for ango; made by 'ango help completion'.\n"
         "_ango()\n"
         "{\n"
         "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} all\n"
         "    COMPREPLY=()\n"
         "    [ \"$word\" = = ] && word=\n" /* --from=FILE comes as three words */
         "    [ \"$before\" = = ] && before=${COMP_WORDS[COMP_CWORD-2]}");
    printf("    all=\"help");
    for (command = cli_commands; *command != NULL; command++) {
        printf(" %s", (*command)->name);
    }
    puts("\"\n"
         "    if [ \"$COMP_CWORD\" = 1 ] || [ \"${COMP_WORDS[1]}\" = help ]; then\n"
         "        COMPREPLY=($(compgen -W \"$all\" -- \"$word\"))\n"
         "        return\n"
         "    fi\n"
         "    case $before in");
    list_all_valued(true);
    puts(") local IFS=$'\\n'; COMPREPLY=($(compgen -f -- \"$word\")); return ;;");
    list_all_valued(false);
    puts(") return ;;\n"
         "    esac\n"
         "    case ${COMP_WORDS[1]} in");
    for (command = cli_commands; *command != NULL; command++) {
        printf("    %s) all=\"", (*command)->name);
        list_options((*command)->options);
        list_options((*command)->shared);
        puts("\" ;;");
    }
    printf("    *) return ;;\n"
           "    esac\n"
           "    all=\"$all");
    list_options(cli_common_options);
    puts("\"\n"
         "    COMPREPLY=($(compgen -W \"$all\" -- \"$word\"))\n"
         "}\n"
         "complete -o filenames -F _ango ango");
}

int cli_help_page(const char *word)
{
    const struct cli_command *const *command;

    for (command = cli_commands; *command != NULL; command++) {
        if (strcmp(word, (*command)->name) == 0) {
            cli_help_of(*command);
            return CLI_DONE;
        }
    }
    if (strcmp(word, "options") == 0) {
        puts("Options of all commands:\n");
        show_options(cli_common_options);
        return CLI_DONE;
    }
    if (strcmp(word, "completion") == 0) {
        show_completion();
        return CLI_DONE;
    }
    cli_say("there is no help on %s; 'ango help' lists the commands", word);
    return CLI_USAGE;
}
