/* proxy.h - the way out of the command (proxy.c). */
#ifndef ANGO_CLI_PROXY_H
#define ANGO_CLI_PROXY_H

#include "ango_proxy.h"

/* The port to reach `name` by: `plain` itself, or a proxy over it. CLI_DONE, or said what is wrong with the setting. */
int cli_way_out(const struct ango_port *plain, const char *name, const struct ango_port **way);

bool cli_has_proxy(void);
unsigned cli_proxy_status(void); /* HTTP; 0: there is no proxy, or it has not answered */
bool cli_proxy_refuses(void);    /* for good: another try does no better */
const char *cli_proxy_advice(void);

/* Says which proxy it was, and what it said; nothing where there is none, or it let the connection through. */
void cli_explain_proxy(void);

#endif
