/*
 * cli.h - what the commands of `ango` share. Private to the `ango` command, which is:
 *   ango.c           main and the table of commands: a new one is a line there and a file cli_NAME.c
 *   cli_options.c    the command line and the environment
 *   cli_addresses.c  email addresses, as arguments and from a file
 *   cli_run.c        the client, one exchange at a time; what went wrong, and the exit status
 *   cli_out.c        text for terminals, JSON for programs
 *   cli_invite.c     the command `invite`
 * All memory is static; nothing of this is needed by the library.
 */
#ifndef ANGO_CLI_H
#define ANGO_CLI_H

#include <stdio.h>

#include "ango.h"

/* Exit status; --help and ango.1 tell people. */
enum cli_exit {
    CLI_DONE = 0,
    CLI_SOME_FAILED = 1, /* of the entries, or the server did not say */
    CLI_USAGE = 2,
    CLI_REFUSED = 3,
    CLI_UNKNOWN = 4, /* sent, and no (good) answer */
    CLI_NETWORK = 5, /* not sent */
    CLI_TLS = 6,     /* not sent */
    CLI_OTHER = 7
};

#if defined(__GNUC__)
#define CLI_PRINTF __attribute__((format(printf, 1, 2)))
#else
#define CLI_PRINTF
#endif

/* --- commands and options ------------------------------------------------------------------------------- */

/* One option; exactly one of flag, text and take is set. `take` says why when it returns CLI_USAGE. */
struct cli_option {
    const char *name;  /* without the dashes */
    char letter;       /* or '\0' */
    bool *flag;        /* set to true: takes no value */
    const char **text; /* set to the value */
    int (*take)(const char *value);
};

struct cli_command {
    const char *name;
    const char *summary;
    const char *help; /* 24 lines of 80 columns at most */
    const struct cli_option *options; /* beside the common ones; the last has no name */
    int (*run)(char **operands, int operands_len);
};

extern const struct cli_command cli_invite;

/* What the common options and the environment say. */
struct cli {
    const char *organization; /* NULL: not given */
    const char *host;         /* as given */
    const char *ca_file;
    const char *key_file;     /* NULL: the key is in the environment */
    uint32_t timeout_s;
    bool json;
    bool verbose;
    bool help;
};
extern struct cli cli;

#define CLI_DEFAULT_CA "/etc/ssl/certs/ca-certificates.crt"
#define CLI_TIMEOUT_S 30

/* The common options, and how each command ends its help. */
#define CLI_COMMON_HELP \
    "  --key-file FILE     the API key (or the key itself in ANGO_API_KEY)\n" \
    "  --host HOST[:PORT]  the server (or ANGO_HOST; default: " ANGO_HOST_EU ")\n" \
    "  --ca FILE           trusted CAs, PEM (or ANGO_CA; default: the system's)\n" \
    "  --timeout SECONDS   for each request (default 30)\n" \
    "  --json              one JSON document in place of the table\n" \
    "  -v, --verbose       say more of the connection and of errors\n"

/* Takes the options out of argv: those of `command` and the common ones. *operands is what remains. */
int cli_parse(const struct cli_command *command, int argc, char **argv, char ***operands, int *operands_len);

/* Reads a decimal number from `least` to `most`. */
bool cli_number(const char *text, uint32_t least, uint32_t most, uint32_t *number);

/* --- email addresses ------------------------------------------------------------------------------------ */

#define CLI_ADDRESSES_MAX 10000

struct cli_address {
    const char *text;
    const char *file; /* NULL: from the command line */
    unsigned line;
};
extern struct cli_address cli_addresses[CLI_ADDRESSES_MAX];
extern size_t cli_addresses_len;

/* Collects the operands and, unless it is NULL, the lines of `file` ("-": stdin), each address once. */
int cli_collect_addresses(char **operands, int operands_len, const char *file);

/* A copy that stays until the end; NULL when there is no room left. */
const char *cli_keep(const char *text);

/* --- the client ----------------------------------------------------------------------------------------- */

#define CLI_BUFFER_CAP 65536

extern struct ango_client cli_client;

/* Reads key and CAs, and prepares the client. No connection is made. CLI_DONE, or said why not. */
int cli_open(void);

/* Carries the started exchange on to its result, which it returns; `doing` is for the progress. */
int cli_exchange(const char *doing);

/* Whether the user wants to end it (Ctrl-C): then start nothing more. */
bool cli_interrupted(void);

/* The exit status that the last result calls for. */
int cli_exit_of(const struct ango_result *result);

/* Tells people what went wrong, and what to do about it. */
void cli_explain(const struct ango_result *result);

/* The same as a JSON object. */
void cli_json_error(const struct ango_result *result);

void cli_close(void);

/* --- output --------------------------------------------------------------------------------------------- */

/*
 * Writes text that came from elsewhere: what a terminal could take for a command, and what is no UTF-8, is
 * replaced by U+FFFD; white space becomes one space. Returns the columns written, about.
 */
int cli_put(FILE *to, const char *text);

/* What is never written, not even when a server sends it back: "[API key]" comes in its place. */
extern const char *cli_secret;

/* The same, filled up with spaces to `width` columns. */
void cli_put_padded(FILE *to, const char *text, int width);

/* A line on standard error, behind "ango: "; filtered as by cli_put. */
void cli_say(const char *format, ...) CLI_PRINTF;

/* Shows what goes on, in one line that the next one replaces; only on a terminal. */
void cli_progress(const char *format, ...) CLI_PRINTF;

/* Takes the progress line away; before anything else is written to a terminal. */
void cli_end_progress(void);

/* JSON on standard output, with the commas where they belong. */
void cli_json_begin(char bracket);
void cli_json_end(char bracket);
void cli_json_key(const char *name);
void cli_json_text(const char *text);
void cli_json_number(long number);
void cli_json_null(void);
void cli_json_pair(const char *name, const char *text);

#endif
