/* walk.h - what a read-back (confirm.c) needs of a walk. */
#ifndef ANGO_WALK_H
#define ANGO_WALK_H

#include "operation.h"

/* `ask` starts the exchange for a page. Its entries must be structs of at least two strings: see is_repeated. */
int ango_walk_begin(struct ango_walk *walk, struct ango_client *client, const char *id, const char *query,
                    ango_walk_ask *ask);

#endif
