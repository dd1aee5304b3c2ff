/*
 * command.h - what the commands of `ango` share. Private to the `ango` command, which is:
 *   ango.c          main and the table of commands: a new one is a line there and a file NAME.c
 *   options.c       the command line
 *   settings.c      configuration files and the environment
 *   trust.c         the CAs that are trusted
 *   help.c          help, and the completion of a shell, made from the tables of commands and options
 *   addresses.c     email addresses, each once, and what cannot be one
 *   lists.c         lists of them, as people have them
 *   run.c           the client, one exchange at a time; what went wrong, and the exit status
 *   proxy.c         the way out, where it leads through a proxy
 *   session.c       the file that keeps a TLS session
 *   output.c        text for terminals, JSON for programs
 *   wait.c          what can be tried again, and the time for it
 *   people.c        what is done to many addresses: requests, their replies, reading back
 *   report.c        what came of each
 *   dry.c           --dry-run: what the server says without being asked to act
 *   invite.c        the command `invite`
 *   change.c        the commands `uninvite`, `role`, `remove` and `assign`
 *   outbox.c        the command `outbox`, and `invite --later`
 *   outbox_send.c   what of it sends
 *   outbox_file.c   the file that they share, and whose turn it is
 *   check.c, tap.c  the command `check`, and what goes by on the connection
 *   trace.c         --verbose: what happens on the connection
 *   list.c          the commands `invites`, `members`, `projects` and `project`
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
    CLI_OTHER = 7,
    CLI_SIGNAL = 128 /* and the signal's number: the process then dies by it */
};

#if defined(__GNUC__)
#define CLI_PRINTF __attribute__((format(printf, 1, 2)))
#else
#define CLI_PRINTF
#endif

/* --- commands and options ------------------------------------------------------------------------------- */

/* One option; exactly one of flag, text and take is set. `take` says why when it returns CLI_USAGE. */
struct cli_option {
    const char *name;     /* without the dashes */
    char letter;          /* or '\0' */
    const char *value;    /* what it is called: "FILE"; NULL: takes none */
    const char *variable; /* of the environment, which stands for it, or NULL */
    const char *help;     /* a line, or several; NULL: not shown */
    bool *flag;           /* set to true: takes no value */
    const char **text;    /* set to the value */
    int (*take)(const char *value);
};

struct cli_command {
    const char *name;
    const char *summary;
    const char *operands;             /* of the usage: "[EMAIL]..." */
    const char *about;                /* lines of 80 columns at most, each with its end */
    const char *exits;                /* the same, of the exit status */
    const struct cli_option *options; /* its own; the last has no name */
    const struct cli_option *shared;  /* those it shares with some others, or NULL; beside the common ones */
    int (*run)(char **operands, int operands_len);
};

extern const struct cli_command cli_invite, cli_invites, cli_uninvite, cli_members, cli_role, cli_remove;
extern const struct cli_command cli_assign, cli_projects, cli_project, cli_check, cli_outbox_command;

/* What the common options and the environment say. */
struct cli {
    const char *organization; /* NULL: not given */
    const char *host;         /* as given */
    const char *ca_file;      /* NULL: where the system has them */
    const char *key_file;     /* NULL: the key is in the environment */
    const char *proxy;        /* of the command line; NULL: as environment and configuration say */
    const char *configured_proxy;
    const char *session_file; /* NULL: no session is kept */
    uint32_t timeout_s;
    uint32_t retry_for_s; /* how long, in all, what can be tried again is */
    bool json;
    bool verbose;
    bool help;
};
extern struct cli cli;

#define CLI_TIMEOUT_S 30
#define CLI_RETRY_FOR_S 300

/* --- help.c: what is told of them, on standard output */

extern const struct cli_command *const cli_commands[]; /* the last is NULL */
extern const struct cli_option cli_common_options[];

void cli_help(void);
void cli_help_of(const struct cli_command *command);
/* Of `word`, a command's name or another page's. */
int cli_help_page(const char *word);

/* The licences of all that is linked in; not a string. Written by port/command/licenses. */
extern const unsigned char cli_licenses[];
extern const size_t cli_licenses_len;

/* Takes the options out of argv: those of `command` and the common ones. *operands is what remains. */
int cli_parse(const struct cli_command *command, int argc, char **argv, char ***operands, int *operands_len);

/* Sets the option. */
int cli_apply(const struct cli_option *option, const char *value);

/* Applies configuration files and the environment (settings.c). CLI_DONE, or said what is wrong. */
int cli_settings(void);

/* Whether --org or ANGO_ORG says it; says so if not. */
bool cli_has_organization(void);

/* Roles by name, whatever the case. False, after saying which there are, when it is none. */
bool cli_read_organization_role(const char *option, const char *text, enum ango_organization_role *role);
bool cli_read_project_role(const char *option, const char *text, enum ango_project_role *role);

/* Reads a decimal number from `least` to `most`. */
bool cli_number(const char *text, uint32_t least, uint32_t most, uint32_t *number);

/* --- email addresses ------------------------------------------------------------------------------------ */

#define CLI_ADDRESSES_MAX 10000

#define CLI_WISHES_MAX 1000

/* What a line of a list wants otherwise than the options say. */
struct cli_wish {
    enum ango_organization_role role; /* 0: as they say */
    const char *project;              /* NULL: as they say */
    enum ango_project_role project_role;
    bool no_project;
};
extern struct cli_wish cli_wishes[CLI_WISHES_MAX]; /* the first wants nothing */
extern size_t cli_wishes_len;

struct cli_address {
    const char *text;
    const char *file; /* NULL: from the command line */
    unsigned line;
    size_t wish;
};
extern struct cli_address cli_addresses[CLI_ADDRESSES_MAX];
extern size_t cli_addresses_len;

/* Collects the operands and the lists in the files ("-": stdin), each address once; with `wishes`, what they want, too. */
int cli_collect_addresses(char **operands, int operands_len, const char *const *files, size_t files_len, bool wishes);

/* Reads one list (lists.c). What cannot be an address is told with cli_refuse_line, and the rest is read all the same. */
int cli_read_list(const char *name, bool wishes);
int cli_add_address(const char *text, const struct cli_wish *wish, const char *file, unsigned line);
void cli_refuse_line(const char *file, unsigned line, const char *text, const char *why);

/* The address in NAME <EMAIL> or mailto:EMAIL, which is cut out of `text`; NULL: *why there is none. */
char *cli_find_in(char *text, const char **why);

/* Why it cannot be an address; NULL: it can, as far as can be seen without asking the server. */
const char *cli_address_fault(const char *text);

/* Its place in cli_addresses, or cli_addresses_len. */
size_t cli_find_address(const char *text);

/* A copy that stays until the end; NULL when there is no room left. */
const char *cli_keep(const char *text);

/* --- the client ----------------------------------------------------------------------------------------- */

#define CLI_BUFFER_CAP 65536
#define CLI_LIST_TIMEOUTS 20u /* a whole list, or reading back, may take so many times --timeout */

extern struct ango_client cli_client;

/* Reads key and CAs, and prepares the client. No connection is made. CLI_DONE, or said why not. */
int cli_open(void);

/* Carries the started exchange on to its result, which it returns; `doing` is for the progress. */
int cli_exchange(const char *doing);

/* The same with what takes more than one exchange: calls `step` until it is more than ANGO_E_WAIT. */
int cli_carry_on(int (*step)(void *what, uint32_t wait_ms), void *what, const char *doing);

/* The signal that wants to end it (Ctrl-C), or 0: then start nothing more. */
int cli_interrupted(void);

/* The exit status that the last result calls for. */
int cli_exit_of(const struct ango_result *result);

/* Tells people what went wrong, and what to do about it. */
void cli_explain(const struct ango_result *result);
/* The same of what only reads: it can always be run again. */
void cli_explain_reading(const struct ango_result *result);

/* What to do about an HTTP status; the system's or the resolver's own words, and what is wrong with a certificate, or "". */
const char *cli_advice(const struct ango_result *result);
const char *cli_advice_on_reading(const struct ango_result *result);
const char *cli_system_words(const struct ango_result *result);
const char *cli_certificate_fault(void);
bool cli_certificate_is_unknown(void); /* nothing could be made of it, and no fault was found in it */

/* The same as a JSON object; _as: with these words for the outcome, where more is known of it. */
void cli_json_error(const struct ango_result *result);
void cli_json_error_as(const struct ango_result *result, const char *outcome);

void cli_close(void);

/* --- trouble that passes -------------------------------------------------------------------------------- */

#define CLI_SLICE_MS 100 /* how often Ctrl-C is looked for and progress is shown */

/* After each exchange: how it went, and when it began. */
void cli_went_well(void);
void cli_went_wrong(uint32_t began_ms);

/* How long nothing has gone well, in all. */
uint32_t cli_lost_ms(void);

/* Why the same may do better later, in a few words; NULL: it will not, or it must not be repeated. As for cli_try_again. */
const char *cli_passing(const struct ango_result *result, bool reads);

/* Waits, and shows how long it still takes, as WHY BEFORE N s; WHERE. False when the user wants to end it. */
bool cli_pause(uint32_t wait_s, const char *why, const char *before, const char *where);

/* Whether the server refused it for having too many requests: nothing was done. */
bool cli_is_too_many(const struct ango_result *result);

/*
 * After an exchange that failed: true when the same can be asked for again. Then the time for that has been waited: as long
 * as the server asks, else longer each time, and in all no longer than --retry-for. What was not sent can be, whatever the
 * reason that passes, and what is refused with 429; and what only `reads` also when its outcome is unknown.
 */
bool cli_try_again(bool reads, const char *where);

/* Whether cli_try_again has explained this error, and nothing has gone well since. */
bool cli_is_explained(int error);

/* --- lists ---------------------------------------------------------------------------------------------- */

struct cli_reading {
    struct ango_walk walk; /* begun */
    const char *doing;
    unsigned long n; /* entries so far */
    union {
        struct ango_invite invite;
        struct ango_member member;
        struct ango_project project;
    } item;
};

/* The next item, as ango_walk_step; goes on at the page that failed, as long as cli_try_again lets it. */
int cli_read_next(struct cli_reading *reading);

/* The exit status for what ended a list or a read-back before its end, after saying why. */
int cli_exit_of_reading(int err);

/* --- CAs ------------------------------------------------------------------------------------------------ */

/* Reads the file of --ca, or the system's, whose name cli.ca_file is then; *len as of an anchor. NULL, or said why not. */
const char *cli_read_cas(size_t *len);

/* Reads a whole file, and a NUL behind it; its length, or -1 after saying why not. */
long cli_read_whole(const char *name, const char *what, char *to, size_t cap);

/* --- the session's file --------------------------------------------------------------------------------- */

#define CLI_SESSION_CAP 16384 /* in TLS 1.2 the server's certificates are part of it */

/* Reads cli.session_file, if it is there, into `session`. CLI_DONE, or said why it cannot be used. */
int cli_load_session(uint8_t *session);

/* Writes it back when it has changed; failing is said, but no error. */
void cli_store_session(const uint8_t *session, size_t len);

/* --- what is done to many people ------------------------------------------------------------------------ */

/* What came of an address. */
enum cli_fate {
    CLI_NOT_SENT,
    CLI_MADE,    /* what the command is there for */
    CLI_ALREADY, /* as good as that */
    CLI_FAILED,
    CLI_UNCLEAR,
    CLI_NOT_MENTIONED,
    CLI_NOT_THERE,   /* read back: not among those it should be among */
    CLI_MEMBER,      /* read back: already a member */
    CLI_STILL_THERE, /* read back: among those it should not be among any more */
    CLI_DECLINED,
    CLI_IN_DOUBT,
    CLI_FATES
};

/* What a reply says of an address; NULL where its kind of reply says nothing. */
struct cli_report {
    const char *to;
    const char *id;
    const char *role;
    const char *status;
    const char *message;
    const char *expires_at;
};

/* What a reading of a list saw, zeroed at first: two that saw the same people agree in `n` and `sum`. */
struct cli_look {
    bool whole; /* as far as can be seen: who was not marked is not there */
    uint32_t n;
    uint32_t sum; /* of the hashes of the addresses */
};

/* What a command does to addresses, in as many requests as it takes. */
struct cli_action {
    const char *name;             /* of the command */
    const char *doing;            /* "inviting" */
    const char *what;             /* of one in doubt: "invited" */
    const char *advice;           /* on those in doubt */
    const char *words[CLI_FATES]; /* "invited"; NULL: as with every command, or not a fate of this one */
    const char *role_key;         /* in JSON, of the role in a report; NULL: none */
    const char *still;            /* of one that is read back and not done, or not surely */
    const char *asks[2];          /* asked first, around the number: "remove", "member(s) from"; NULL: does not */
    bool names_others;            /* the reply may rightly tell of others */
    const char *(*role)(void);    /* the role asked for, or NULL; of cli_wish, where there is one */
    const char *(*wish_fault)(const struct cli_wish *wish); /* NULL: this command takes none from a list */
    void (*blame)(void);                                    /* says which option has the identifier that is none */
    int (*start)(const char *const *to, size_t len);
    /* The next entry of the reply, as ango_next_...; NULL: the reply only counts. */
    int (*next)(struct cli_report *report);
    enum cli_fate (*judge)(const struct cli_report *report);
    /* How reading back begins, and of whose list; NULL: it tells nothing. */
    int (*confirm)(struct ango_confirm *confirm, struct ango_client *client, const char *id, const char *const *emails,
                   size_t emails_len, enum ango_presence *presence);
    const char *const *of;
    enum cli_fate (*settle)(enum ango_presence presence); /* what it tells; CLI_NOT_SENT: it is to be done */
    /* Looks first, and sets `before` of those who are there (cli_mark); an error as cli_read_next's. NULL: does not. */
    int (*before)(struct cli_look *look);
    int (*reread)(struct cli_look *look); /* in place of confirm: the same for those for whom it is done */
    bool takes_away;                      /* not to be there is what is wanted */
    bool harmless;                        /* to ask for it again, whatever came of it */
    int (*look)(void); /* starts what shows more of those who are there, for `next`; NULL: nothing does */
    size_t (*projects)(const char **ids, size_t cap); /* their identifiers; NULL: there are none */
    void (*json)(void);                               /* members of the document that only this command has, or NULL */
};

/* What the request that is started next wants. */
extern const struct cli_wish *cli_wish;

/* --from, --batch and --dry-run. */
extern const struct cli_option cli_people_options[];

/* For `options` of a command: */
#define CLI_YES_OPTION \
    { \
        .name = "yes", .flag = &cli_yes, .help = "do not ask; needed where there is no terminal" \
    }
#define CLI_NO_CONFIRM_OPTION \
    { \
        .name = "no-confirm", .flag = &cli_no_confirm, .help = "read nothing back, nor before" \
    }
extern bool cli_yes, cli_no_confirm, cli_missing_only, cli_dry_run;

/* Who is there; others than those asked for are passed over. */
void cli_mark(const char *address);

/*
 * For --dry-run: asks for what only can be read, the key's projects, the organization and each project, and tells what of it
 * is not there. The exit status.
 */
int cli_try_reading(const struct cli_action *action);

/* Reads the operands and what --from names into cli_addresses. CLI_DONE, or said what is wrong. */
int cli_collect_people(const struct cli_action *of_command, char **operands, int operands_len);

/* Does it to the operands and to what --from names, tells what came of it, and returns the exit status. */
int cli_do_to_people(const struct cli_action *of_command, char **operands, int operands_len);

/* Whether `text` is one of `words`, the last of which is NULL; whatever the case. */
bool cli_is_one_of(const char *text, const char *const *words);

/* The server's usual words for what failed. */
extern const char *const cli_bad_words[];

/* --- output --------------------------------------------------------------------------------------------- */

/*
 * Writes text that came from elsewhere: what a terminal could take for a command, and what is no UTF-8, is
 * replaced by U+FFFD; white space becomes one space. Returns the columns written.
 */
int cli_put(FILE *to, const char *text);

/* Takes one character off `*text`; CLI_REPLACEMENT, and one byte, where it is no UTF-8. */
#define CLI_REPLACEMENT 0xFFFDu
uint32_t cli_take_character(const char **text);

/* Blanks of every kind: also those that do not break, and of East Asian width. */
bool cli_is_blank(uint32_t c);

/* What is never written, not even when a server sends it back: "[API key]" comes in its place. */
extern const char *cli_secret;

/* The columns that it takes. */
int cli_columns(const char *text);

/* Of the terminal; 0: it is none. */
int cli_terminal_columns(int fd);

/* Sends standard output on its way. False when that fails: nobody reads it any more, or an error that main tells. */
bool cli_flush(void);
/* Its errno, 0: none, or nobody reads it any more. */
int cli_output_error(void);

/* The same, filled up with spaces to `width` columns. */
void cli_put_padded(FILE *to, const char *text, int width);

/* A line on standard error, behind "ango: "; filtered as by cli_put. */
void cli_say(const char *format, ...) CLI_PRINTF;

/* Shows what goes on, in one line that the next one replaces; only on a terminal, else false. */
bool cli_progress(const char *format, ...) CLI_PRINTF;

/* Takes the progress line away; before anything else is written to a terminal. */
void cli_end_progress(void);

/* JSON on standard output, with the commas where they belong. */
void cli_json_begin(char bracket);
void cli_json_end(char bracket);
void cli_json_key(const char *name);
void cli_json_text(const char *text);
void cli_json_number(long number);
void cli_json_bool(bool value);
void cli_json_null(void);
void cli_json_pair(const char *name, const char *text);
/* The document is over; another one may follow. */
void cli_json_end_line(void);

#endif
