/* port/trace: what it tells of a scripted port, and that it changes nothing. */
#include "../../port/trace/ango_trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The port below: each call returns what it was told to, and lets 10 ms pass. */
static struct {
    int returns;
    uint32_t now_ms;
    unsigned closes, busies;
    char host[32];
} below;

static int step(void)
{
    below.now_ms += 10;
    return below.returns;
}

static int below_connect(void *ctx, const char *host, uint16_t port, uint32_t wait_ms)
{
    assert_ptr_equal(ctx, &below);
    assert_int_equal(port, 443);
    assert_int_equal(wait_ms, 7);
    (void)snprintf(below.host, sizeof below.host, "%s", host);
    return step();
}

static int below_send(void *ctx, const uint8_t *data, size_t len, uint32_t wait_ms)
{
    (void)ctx;
    assert_memory_equal(data, "secret", len);
    assert_int_equal(wait_ms, 7);
    return step();
}

static int below_recv(void *ctx, uint8_t *buf, size_t cap, uint32_t wait_ms)
{
    (void)ctx;
    assert_int_equal(wait_ms, 7);
    memset(buf, 's', cap);
    return step();
}

static void below_close(void *ctx)
{
    (void)ctx;
    below.closes++;
}

static uint32_t below_clock_ms(void *ctx)
{
    (void)ctx;
    return below.now_ms;
}

static int64_t below_time(void *ctx)
{
    (void)ctx;
    return 1800000000;
}

static int below_entropy(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    memset(buf, 9, len);
    return ANGO_OK;
}

static void below_busy(void *ctx)
{
    (void)ctx;
    below.busies++;
}

static const struct ango_port full = { &below,      true,           below_connect, below_send,    below_recv,
                                       below_close, below_clock_ms, below_time,    below_entropy, below_busy };

static char told[1024];

static void tell(void *ctx, const struct ango_trace_event *event)
{
    size_t len = strlen(told);

    assert_ptr_equal(ctx, told);
    (void)snprintf(told + len, sizeof told - len, "%s %s %u ms", event->layer, ango_trace_kind_text(event->kind),
                   (unsigned)event->ms);
    len = strlen(told);
    if (event->bytes > 0) {
        (void)snprintf(told + len, sizeof told - len, " %u bytes", (unsigned)event->bytes);
    }
    len = strlen(told);
    (void)snprintf(told + len, sizeof told - len, event->code != 0 ? " code %d\n" : "\n", event->code);
}

static struct ango_trace trace;
static struct ango_port over;

static int set_up(void **state)
{
    (void)state;
    memset(&below, 0, sizeof below);
    memset(&trace, 0, sizeof trace);
    below.now_ms = UINT32_MAX - 15; /* it wraps on the way */
    told[0] = '\0';
    trace.port = &full;
    trace.layer = "tcp";
    trace.tell = tell;
    trace.ctx = told;
    ango_trace_over(&over, &trace);
    return 0;
}

static int connect_with(int returns)
{
    below.returns = returns;
    return over.connect(over.ctx, "hub.test", 443, 7);
}

static int send_with(int returns)
{
    below.returns = returns;
    return over.send(over.ctx, (const uint8_t *)"secret", 6, 7);
}

static int recv_with(int returns)
{
    uint8_t buf[8];

    below.returns = returns;
    return over.recv(over.ctx, buf, sizeof buf, 7);
}

static void test_an_exchange(void **state)
{
    (void)state;
    assert_int_equal(connect_with(ANGO_E_WAIT), ANGO_E_WAIT);
    assert_int_equal(connect_with(ANGO_E_WAIT), ANGO_E_WAIT);
    assert_int_equal(connect_with(ANGO_OK), ANGO_OK);
    assert_string_equal(below.host, "hub.test");
    assert_int_equal(send_with(4), 4);
    assert_int_equal(send_with(ANGO_E_WAIT), ANGO_E_WAIT);
    assert_int_equal(send_with(2), 2);
    assert_int_equal(recv_with(ANGO_E_WAIT), ANGO_E_WAIT);
    assert_int_equal(recv_with(5), 5);
    assert_int_equal(recv_with(8), 8);
    assert_int_equal(send_with(6), 6);
    assert_int_equal(recv_with(1), 1);
    assert_int_equal(recv_with(0), 0);
    over.close(over.ctx);
    assert_int_equal(below.closes, 1);
    assert_string_equal(told,
                        "tcp connecting 0 ms\n"
                        "tcp connected 30 ms\n"
                        "tcp request 80 ms 6 bytes\n"
                        "tcp reply 100 ms 13 bytes\n"
                        "tcp request 110 ms 6 bytes\n"
                        "tcp reply 120 ms 1 bytes\n"
                        "tcp ended 120 ms\n"
                        "tcp closed 120 ms\n");
}

static void test_failures(void **state)
{
    (void)state;
    assert_int_equal(connect_with(ANGO_E_WAIT), ANGO_E_WAIT);
    assert_int_equal(connect_with(ANGO_E_RESOLVE), ANGO_E_RESOLVE);
    assert_int_equal(connect_with(ANGO_OK), ANGO_OK);
    assert_int_equal(send_with(3), 3);
    assert_int_equal(recv_with(ANGO_E_NET), ANGO_E_NET);
    over.close(over.ctx);
    assert_int_equal(connect_with(ANGO_OK), ANGO_OK);
    assert_int_equal(send_with(ANGO_E_NET), ANGO_E_NET);
    over.close(over.ctx);
    assert_string_equal(told,
                        "tcp connecting 0 ms\n"
                        "tcp failed 20 ms code -13\n"
                        "tcp connecting 0 ms\n"
                        "tcp connected 10 ms\n"
                        "tcp failed 30 ms 3 bytes code -14\n"
                        "tcp closed 30 ms\n"
                        "tcp connecting 0 ms\n"
                        "tcp connected 10 ms\n"
                        "tcp failed 20 ms code -14\n"
                        "tcp closed 20 ms\n");
}

static void test_given_up_while_connecting(void **state)
{
    (void)state;
    assert_int_equal(connect_with(ANGO_E_WAIT), ANGO_E_WAIT);
    over.close(over.ctx);
    assert_int_equal(below.closes, 1);
    assert_string_equal(told, "tcp connecting 0 ms\ntcp closed 10 ms\n");
}

static void test_the_rest_is_what_is_below(void **state)
{
    static const struct ango_port bare = { &below,      false,          below_connect, below_send, below_recv,
                                           below_close, below_clock_ms, NULL,          NULL,       NULL };
    uint8_t byte = 0;

    (void)state;
    assert_true(over.secure);
    assert_int_equal(over.clock_ms(over.ctx), below.now_ms);
    assert_int_equal(over.time(over.ctx), 1800000000);
    assert_int_equal(over.entropy(over.ctx, &byte, 1), ANGO_OK);
    assert_int_equal(byte, 9);
    over.busy(over.ctx);
    assert_int_equal(below.busies, 1);
    trace.port = &bare;
    ango_trace_over(&over, &trace);
    assert_false(over.secure);
    assert_null(over.time);
    assert_null(over.entropy);
    assert_null(over.busy);
    assert_string_equal(told, "");
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_exchange),
        TEST(test_failures),
        TEST(test_given_up_while_connecting),
        TEST(test_the_rest_is_what_is_below),
    };

    return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
