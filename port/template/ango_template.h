/*
 * ango_template.h - the port to start from. It compiles, links and refuses politely; ango_template.c says
 * what to fill in, in which order.
 *
 *   cp -r port/template port/BOARD, and replace "template" by BOARD in both files
 */
#ifndef ANGO_TEMPLATE_H
#define ANGO_TEMPLATE_H

#include "ango_port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All that changes while connected: a socket, a control block of your stack, a modem's link number. */
struct ango_template {
    int last_error; /* your stack's own code of the last failure: whoever debugs a board will want it */
};

int ango_template_connect(void *ctx, const char *host, uint16_t port, uint32_t wait_ms);
int ango_template_send(void *ctx, const uint8_t *data, size_t len, uint32_t wait_ms);
int ango_template_recv(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms);
void ango_template_close(void *ctx);
uint32_t ango_template_clock_ms(void *ctx);
int64_t ango_template_time(void *ctx);
int ango_template_entropy(void *ctx, uint8_t *buf, size_t len);

/*
 * Initializer of a struct ango_port that is `template_`, a struct ango_template *.
 *
 * `secure` is false: a plain socket belongs under ANGO_TLS_PORT (ango_tls.h). Write true only for a modem
 * that does TLS itself AND is set up to verify chain and host name against your trust anchors; then `entropy`
 * may be NULL, and so may `time`.
 */
#define ANGO_TEMPLATE_PORT(template_) \
    { \
        (template_), false, ango_template_connect, ango_template_send, ango_template_recv, ango_template_close, \
            ango_template_clock_ms, ango_template_time, ango_template_entropy, NULL \
    }

#ifdef __cplusplus
}
#endif

#endif
