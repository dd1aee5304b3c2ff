/* ango - who is in an Ango Hub organization, and who shall be, from a kiosk or a shell. See ango.1. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

static const struct cli_command *const commands[] = {
    &cli_invite, &cli_invites, &cli_uninvite, &cli_members, &cli_role,
    &cli_remove, &cli_assign,  &cli_projects, &cli_project,
};
#define COMMANDS_LEN (sizeof commands / sizeof commands[0])

static void show_help(void)
{
    size_t i;

    puts("Usage: ango COMMAND [OPTION]... [ARGUMENT]...\n"
         "A client for Ango Hub. 'ango COMMAND --help' says more of one.\n"
         "\n"
         "Commands:");
    for (i = 0; i < COMMANDS_LEN; i++) {
        printf("  %-8s  %s\n", commands[i]->name, commands[i]->summary);
    }
    puts("\n"
         "The API key comes from ANGO_API_KEY or a file (--key-file), never from the\n"
         "command line. ANGO_ORG, ANGO_HOST and ANGO_CA stand for --org, --host and --ca.\n"
         "Exit status:\n"
         "  0  done\n"
         "  1  done, but some entries failed, or the server did not say\n"
         "  2  wrong usage: nothing was sent\n"
         "  3  refused by the server\n"
         "  4  outcome unknown: the request may have been carried out, or not\n"
         "  5, 6  not sent: the network (5), TLS or the server's certificate (6)\n"
         "  7  something else; standard error says what");
}

static int run(const struct cli_command *command, int argc, char **argv)
{
    char **operands;
    int operands_len, status = cli_parse(command, argc, argv, &operands, &operands_len);

    if (status == CLI_DONE && cli.help) {
        fputs(command->help, stdout);
        return CLI_DONE;
    }
    return status == CLI_DONE ? command->run(operands, operands_len) : status;
}

static int dispatch(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    size_t i;

    for (i = 0; i < COMMANDS_LEN; i++) {
        if (strcmp(name, commands[i]->name) == 0) {
            return run(commands[i], argc - 2, argv + 2);
        }
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        show_help();
        return CLI_DONE;
    }
    if (strcmp(name, "--version") == 0) {
        puts("ango " ANGO_VERSION);
        return CLI_DONE;
    }
    if (name[0] == '\0') {
        cli_say("which command? 'ango --help' lists them");
    } else {
        cli_say("there is no command %.*s; 'ango --help' lists them", (int)strcspn(name, "="), name);
    }
    return CLI_USAGE;
}

int main(int argc, char **argv)
{
    int status;

    signal(SIGPIPE, SIG_IGN); /* whoever reads the output may go; what was begun is still finished */
    if (getenv("ANGO_API_KEY") != NULL) {
        cli_secret = getenv("ANGO_API_KEY");
    }
    status = dispatch(argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        cli_say("could not write to standard output: %s", strerror(errno));
        status = status == CLI_DONE ? CLI_OTHER : status;
    }
    return status;
}
