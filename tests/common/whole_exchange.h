/* whole_exchange.h - the whole client over a scripted port, its buffer against a page that cannot be touched. */
#ifndef ANGO_TESTS_WHOLE_EXCHANGE_H
#define ANGO_TESTS_WHOLE_EXCHANGE_H

#include "ango.h"
#include "guard.h"
#include "script_port.h"

#define EXCHANGE_KEY "SECRET-api-key-0123456789"
#define EXCHANGE_TO "user@example.com"

struct exchange {
    struct script_port script;
    struct ango_port port;
    struct ango_config config;
    struct ango_client client;
    struct ango_token tokens[ANGO_TOKENS];
    struct guard guard;
};

/* Once; `most` is the largest buffer_cap to come. */
void exchange_open(struct exchange *x, size_t most);
void exchange_shut(struct exchange *x);

/*
 * A fresh client over a fresh script, 30 s for an exchange, connections kept for 60 s. The test may then
 * change x->script. The result is ango_client_init's.
 */
int exchange_begin(struct exchange *x, const struct script_event *events, size_t buffer_cap);

/* Invites EXCHANGE_TO to the organization "org" as a member: starts it, or carries it out. */
int exchange_start(struct exchange *x);
int exchange_invite(struct exchange *x);

/* Stands for all that the result says, each invitation included. */
uint64_t exchange_digest(struct exchange *x);

/*
 * After a call: NULL, or which of the promises that hold for every exchange is broken: the port's contract,
 * guard bytes, at most `most` requests, no API key left in the buffer, sound strings, outcome and error in
 * agreement.
 */
const char *exchange_broken(const struct exchange *x, size_t most);

#endif
