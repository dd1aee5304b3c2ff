/* proxy.h - the way out of the command (proxy.c). */
#ifndef ANGO_CLI_PROXY_H
#define ANGO_CLI_PROXY_H

#include "ango_proxy.h"

/* The port to reach `name` by: `plain` itself, or a proxy over it. CLI_DONE, or said what is wrong with the setting. */
int cli_way_out(const struct ango_port *plain, const char *name, const struct ango_port **way);

bool cli_has_proxy(void);
unsigned cli_proxy_status(void);   /* HTTP; 0: there is no proxy, or it has not answered */
bool cli_proxy_refuses(void);      /* for good: another try does no better */
const char *cli_proxy_name(void);  /* "HOST port N (who named it)" */
bool cli_proxy_is_there(void);     /* the last time, a connection to it was made; */
bool cli_proxy_lets_through(void); /* and it made one to the server */

/* Whether what failed is the proxy, and not the server behind it; then what to do, and to say so. */
bool cli_fails_at_proxy(const struct ango_result *result);
const char *cli_proxy_advice(int error);
void cli_explain_proxy(const struct ango_result *result);

#endif
