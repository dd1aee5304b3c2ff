/* ango - who is in an Ango Hub organization, and who shall be, from a kiosk or a shell. See ango.1. */
#define _POSIX_C_SOURCE 200809L

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mbedtls/build_info.h>

#include "command.h"

const struct cli_command *const cli_commands[] = {
    &cli_invite, &cli_invites,  &cli_uninvite, &cli_members, &cli_role,           &cli_remove,
    &cli_assign, &cli_projects, &cli_project,  &cli_check,   &cli_outbox_command, NULL,
};

static int run(const struct cli_command *command, int argc, char **argv)
{
    char **operands;
    int operands_len, status = cli_parse(command, argc, argv, &operands, &operands_len);

    if (status == CLI_DONE && cli.help) {
        cli_help_of(command);
        return CLI_DONE;
    }
    return status == CLI_DONE ? command->run(operands, operands_len) : status;
}

static void show_version(const char *option)
{
    if (strcmp(option, "--licenses") == 0) {
        fwrite(cli_licenses, 1, cli_licenses_len, stdout);
    } else {
        puts("ango " ANGO_VERSION " with " MBEDTLS_VERSION_STRING_FULL);
    }
}

static int dispatch(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    const struct cli_command *const *command;

    for (command = cli_commands; *command != NULL; command++) {
        if (strcmp(name, (*command)->name) == 0) {
            return run(*command, argc - 2, argv + 2);
        }
    }
    if (strcmp(name, "help") == 0 && argc > 2) {
        return cli_help_page(argv[2]);
    }
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        cli_help();
        return CLI_DONE;
    }
    if (strcmp(name, "--version") == 0) {
        show_version(argc > 2 ? argv[2] : "");
        return CLI_DONE;
    }
    if (name[0] == '\0') {
        cli_say("which command? 'ango --help' lists them");
    } else {
        cli_say("there is no command %.*s; 'ango --help' lists them", (int)strcspn(name, "="), name);
    }
    return CLI_USAGE;
}

/*
 * Descriptors 0 to 2 are never a socket: what is closed is opened the wrong way round, so that reading and writing still
 * fail, as they would have done.
 */
static bool take_descriptors(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDWR);
        if (fd == STDIN_FILENO) {
            close(fd);
            fd = open("/dev/null", O_WRONLY);
        } else if (fd == STDOUT_FILENO || fd == STDERR_FILENO) {
            close(fd);
            fd = open("/dev/null", O_RDONLY);
        }
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO) {
        close(fd);
    }
    return fd >= 0;
}

/* Lost output is an error; a reader that has seen enough is none. */
static int end_output(int status)
{
    cli_flush();
    if (cli_output_error() == 0) {
        return status;
    }
    cli_say("could not write to standard output: %s", strerror(cli_output_error()));
    return status == CLI_DONE || status == CLI_SOME_FAILED ? CLI_OTHER : status;
}

int main(int argc, char **argv)
{
    static char output[65536]; /* more than is written between two flushes, so that only these can fail */
    int status;

    if (!take_descriptors()) {
        return CLI_OTHER;
    }
    setvbuf(stdout, output, _IOFBF, sizeof output);
    signal(SIGPIPE, SIG_IGN); /* whoever reads the output may go; what was begun is still finished */
    if (getenv("ANGO_API_KEY") != NULL) {
        cli_secret = getenv("ANGO_API_KEY");
    }
    status = end_output(dispatch(argc, argv));
    if (cli_interrupted() != 0) { /* so that a shell's loop ends, too */
        signal(cli_interrupted(), SIG_DFL);
        raise(cli_interrupted());
    }
    return status;
}
