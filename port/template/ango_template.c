/*
 * Fill in from the top to the bottom: each step can be tested before the next one is begun, and
 * tests/ports/conformance.c then checks the whole of it, on the device. The contract of each function is in ango_port.h; here is
 * what tends to be overlooked. port/posix/ in this tree is a complete one.
 */
#include "ango_template.h"

/*
 * 1. The clock. A tick counter that interrupts (or hardware) advance, converted to milliseconds; a counter of
 *    32 bits that wraps at some other number than 4294967295 has to be extended first. Test: it never goes
 *    backwards, also across the wrap, and does not stand still in a loop that waits.
 *
 *    A clock that stands still, as here, makes every deadline endless: this comes first.
 */
uint32_t ango_template_clock_ms(void *ctx)
{
    (void)ctx;
    return 0;
}

/*
 * 2. Entropy. The chip's random number generator, with its health tests on and its error flags looked at.
 *    Not a counter, not the serial number, not noise of an ADC without a conditioner, not rand(). If the
 *    generator fails or is not ready in time, say so: no connection is better than a predictable one.
 */
int ango_template_entropy(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    (void)buf;
    (void)len;
    return ANGO_E_ENTROPY;
}

/*
 * 3. The time of day, from a battery-backed clock, SNTP or the mobile network, as seconds since 1970 UTC; 0
 *    until it is known. A device without any such clock puts NULL into the port and says no_clock
 *    (ango_tls.h). SNTP is not authenticated: whoever can forge it can make an expired certificate pass.
 */
int64_t ango_template_time(void *ctx)
{
    (void)ctx;
    return 0;
}

/*
 * 4. Connect: resolve (if `host` is not numeric), then connect, as a little state machine in the struct: the
 *    same call comes again until the result is something else than ANGO_E_WAIT.
 *    - Loop over your stack's poll function until done or `wait_ms` is over by your own clock; with 0, go
 *      through once. Where the stack needs to be polled (lwIP without an OS), this and recv are where it
 *      happens.
 *    - `host` is gone when the call returns: what resolves in the background needs a copy.
 *    - A name may have several addresses: try the next when one fails.
 *    - Turn Nagle's algorithm off.
 *    - On failure release everything; close will not come.
 */
int ango_template_connect(void *ctx, const char *host, uint16_t port, uint32_t wait_ms)
{
    struct ango_template *self = ctx;

    (void)host;
    (void)port;
    (void)wait_ms;
    self->last_error = 0;
    return ANGO_E_NET;
}

/*
 * 5. Close: after ANGO_OK as well as in the middle of connecting. Unhook the callbacks before the stack's own
 *    close, or the end of this connection will be taken for that of the next.
 */
void ango_template_close(void *ctx)
{
    (void)ctx;
}

/*
 * 6. Send: what fits into the stack's buffer, at least one byte; ANGO_E_WAIT when there is no room for even
 *    that. Never 0. The bytes must be copied or sent when the call returns: the caller's buffer changes.
 */
int ango_template_send(void *ctx, const uint8_t *data, size_t len, uint32_t wait_ms)
{
    (void)ctx;
    (void)data;
    (void)len;
    (void)wait_ms;
    return ANGO_E_NET;
}

/*
 * 7. Recv: at least one byte, else ANGO_E_WAIT. 0 only when the peer has closed AND everything before that
 *    has been handed out; a reset is an error, not 0. Keep what does not fit into `buf` for the next call.
 */
int ango_template_recv(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms)
{
    (void)ctx;
    (void)buf;
    (void)cap;
    (void)wait_ms;
    return ANGO_E_NET;
}
