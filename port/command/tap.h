/* tap.h - what goes by on a connection, for `ango check`: the replies as they came, and TLS's records. */
#ifndef ANGO_CLI_TAP_H
#define ANGO_CLI_TAP_H

#include "ango_posix.h"
#include "ango_tls.h"

/* For reading (run.c). */
extern const struct ango_posix *const cli_posix;
extern const struct ango_tls *const cli_tls;
extern const struct ango_tls_refused *const cli_refused;
uint16_t cli_tcp_port(void);
/* Set before cli_open: then the taps are put on. */
extern bool cli_tapped;
/* Set before cli_open: then a request goes out without a key, too (with words that are none); whether there is one. */
extern bool cli_key_is_optional, cli_has_key;

/* Ports that hand everything on: below TLS, and above it. */
const struct ango_port *cli_tap_records(const struct ango_port *inner);
const struct ango_port *cli_tap_text(const struct ango_port *inner);
/* The same, but they say on standard error what happens (trace.c). */
const struct ango_port *cli_trace_tcp(const struct ango_port *inner);
const struct ango_port *cli_trace_tls(const struct ango_port *inner);

/* Bytes in the largest TLS record that came so far, as it was on the wire and without its header; 0: none came. */
size_t cli_largest_record(void);

/* Before an exchange: forgets the reply before. */
void cli_forget_reply(void);

/* The value of a header of the reply, cut to fit; false: it has none of this name. */
bool cli_header(const char *name, char *value, size_t cap);

struct cli_reply {
    size_t head_len;
    size_t body_len;       /* without chunks and their lines */
    size_t longest_header; /* a line of the head */
};
void cli_measure_reply(struct cli_reply *measured);

/* Calls `take` for each header whose name has `word` in it. */
void cli_each_header(const char *word, void (*take)(const char *name, const char *value));

/*
 * Calls `take` for each name that an entry of the list data.`list` has, each once; returns the bytes of the largest entry; 0: there is
 * none, or the reply was too large to be looked at.
 */
size_t cli_each_field(const char *list, void (*take)(const char *name));

/* Behind cli_each_field: whether that reply has a total: "yes", "no", "as text" or "of another type". */
const char *cli_has_total(void);

#endif
