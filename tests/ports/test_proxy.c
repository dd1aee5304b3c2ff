/*
 * The way through a proxy, over a scripted port: what is asked for, what answers, and that nothing is left open or behind.
 */
#include "ango_proxy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"
#include "script_port.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define CONNECT_TO_HUB "CONNECT hub.example:443 HTTP/1.1\r\nHost: hub.example:443\r\n"
#define OK_REPLY "HTTP/1.1 200 Connection established\r\nVia: a proxy\r\n\r\n"

static struct script_port script;
static const struct ango_port plain = SCRIPT_PORT(&script, false);
static struct ango_proxy proxy;
static const struct ango_port port = ANGO_PROXY_PORT(&proxy);
static char buffer[1024];
static struct ango_proxy_config config;

static void begin(const struct script_event *events)
{
    script_begin(&script, events);
    memset(&config, 0, sizeof config);
    config.port = &plain;
    config.host = "proxy.example";
    config.tcp_port = 3128;
    config.buffer = buffer;
    config.buffer_cap = sizeof buffer;
    memset(buffer, 0xA5, sizeof buffer);
    assert_int_equal(ango_proxy_init(&proxy, &config), ANGO_OK);
}

/* Connects, whatever waits there are. */
static int connect_to(const char *host, uint16_t tcp_port)
{
    int err;

    while ((err = port.connect(port.ctx, host, tcp_port, 1000)) == ANGO_E_WAIT) {
        assert_in_range(script.now_ms, 1000000, 1000000 + 3600000); /* it comes to an end */
    }
    return err;
}

/* The password does not stay behind, and the port below had each of its connections closed, and used as it may be. */
static void check_clean(void)
{
    size_t i;

    for (i = 0; i < config.buffer_cap; i++) {
        assert_int_equal(config.buffer[i], 0);
    }
    assert_int_equal(script.opened, script.closed);
    assert_null(script.violation);
}

static void close_and_check(void)
{
    port.close(port.ctx);
    check_clean();
    port.close(port.ctx); /* harmless when nothing is open */
    check_clean();
}

static void check_sent(const char *text)
{
    assert_int_equal(script.sent_len, strlen(text));
    assert_memory_equal(script.sent, text, strlen(text));
}

/* --- what is asked for ------------------------------------------------------------------------------------ */

static void requests(void **state)
{
    const struct script_event events[] = { SCRIPT_ANSWER(OK_REPLY), SCRIPT_STOP };

    (void)state;
    begin(events);
    assert_int_equal(connect_to("hub.example", 443), ANGO_OK);
    assert_int_equal(proxy.status, 200);
    check_sent(CONNECT_TO_HUB "\r\n");
    close_and_check();

    begin(events);
    assert_int_equal(connect_to("2001:db8::1", 1), ANGO_OK);
    check_sent("CONNECT [2001:db8::1]:1 HTTP/1.1\r\nHost: [2001:db8::1]:1\r\n\r\n");
    close_and_check();

    /* The example of RFC 7617, 2; and those of RFC 4648, 10, with a colon in front. */
    begin(events);
    config.user = "Aladdin";
    config.password = "open sesame";
    assert_int_equal(connect_to("hub.example", 443), ANGO_OK);
    check_sent(CONNECT_TO_HUB "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n");
    close_and_check();
    begin(events);
    config.user = "";
    config.password = "\xff\xfe";
    assert_int_equal(connect_to("hub.example", 443), ANGO_OK);
    check_sent(CONNECT_TO_HUB "Proxy-Authorization: Basic Ov/+\r\n\r\n");
    close_and_check();
    begin(events);
    config.user = "u";
    config.password = "";
    assert_int_equal(connect_to("hub.example", 443), ANGO_OK);
    check_sent(CONNECT_TO_HUB "Proxy-Authorization: Basic dTo=\r\n\r\n");
    close_and_check();
}

static void arguments(void **state)
{
    const struct script_event events[] = { SCRIPT_ANSWER(OK_REPLY), SCRIPT_STOP };
    static const char *const bad_hosts[] = { "", "a b", "a\r\nX: y", "a\x7f", "\xc3\xa4" };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(bad_hosts); i++) {
        begin(events);
        assert_int_equal(connect_to(bad_hosts[i], 443), ANGO_E_HOST);
        assert_int_equal(script.calls[SCRIPT_CONNECT], 0);
        check_clean();
    }
    for (i = 0; i < 8; i++) {
        begin(events);
        config.port = i == 0 ? NULL : &plain;
        config.host = i == 1 ? NULL : "proxy.example";
        config.buffer = i == 2 ? NULL : buffer;
        config.buffer_cap = i == 3 ? 0 : sizeof buffer;
        config.user = i == 4 ? "user" : i == 5 ? "us:er" : NULL;
        config.password = i == 5 ? "" : NULL;
        assert_int_equal(ango_proxy_init(i == 6 ? NULL : &proxy, i == 7 ? NULL : &config), ANGO_E_ARG);
    }
    begin(events);
    assert_int_equal(port.send(port.ctx, (const uint8_t *)"x", 1, 0), ANGO_E_ARG); /* not connected */
    assert_int_equal(port.recv(port.ctx, (uint8_t *)buffer, 1, 0), ANGO_E_ARG);
    assert_int_equal(connect_to("hub.example", 443), ANGO_OK);
    assert_int_equal(port.connect(port.ctx, "hub.example", 443, 0), ANGO_E_ARG); /* already */
    close_and_check();
    memset(&proxy, 0, sizeof proxy);
    assert_int_equal(port.connect(port.ctx, "hub.example", 443, 0), ANGO_E_ARG); /* no init */
}

/* Each capacity from 0 to enough, which is what the macro says at most. */
static void sizes(void **state)
{
    const struct script_event events[] = { SCRIPT_ANSWER(OK_REPLY), SCRIPT_STOP };
    static const char host[] = "2001:db8::1";
    const size_t enough = ANGO_PROXY_BUFFER(sizeof host - 1, 4, 5);
    struct guard room;
    size_t cap;

    (void)state;
    guard_begin(&room, enough);
    for (cap = 1; cap <= enough; cap++) {
        begin(events);
        config.user = "user";
        config.password = "passw";
        config.buffer = (char *)guard_room(&room, cap);
        config.buffer_cap = cap;
        assert_int_equal(connect_to(host, 65535), cap < enough ? ANGO_E_SPACE : ANGO_OK);
        close_and_check();
        assert_true(guard_intact(&room));
    }
    guard_end(&room);
}

/* --- what answers ----------------------------------------------------------------------------------------- */

static const struct {
    const char *reply;
    int result;
    unsigned status;
} replies[] = {
    { "HTTP/1.1 200 \r\n\r\n", ANGO_OK, 200 },
    { "HTTP/1.0 200 Connection established\r\n\r\n", ANGO_OK, 200 },
    { "HTTP/1.1 299 x\nA: b\n\n", ANGO_OK, 299 },
    { "HTTP/1.1 200\r\n\r\n", ANGO_OK, 200 },
    { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\nA: b\r\n\r\nHTTP/1.1 200 ok\r\n\r\n", ANGO_OK, 200 },
    { "HTTP/1.1 200 ok\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n", ANGO_OK,
      200 }, /* RFC 9110, 9.3.6 */
    { "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n", ANGO_E_NET, 407 },
    { "HTTP/1.1 403 Forbidden\r\n\r\n<html>", ANGO_E_NET, 403 },
    { "HTTP/1.1 502 Bad Gateway\r\n\r\n", ANGO_E_NET, 502 },
    { "HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example/\r\n\r\n", ANGO_E_NET, 302 },
    { "HTTP/1.1 101 Switching\r\n\r\n", ANGO_E_NET, 101 },
    { "HTTP/1.1 099 x\r\n\r\n", ANGO_E_HTTP, 99 },
    { "HTTP/1.1 600 x\r\n\r\n", ANGO_E_HTTP, 600 },
    { "HTTP/1.1 2000 x\r\n\r\n", ANGO_E_HTTP, 200 },
    { "HTTP/1.1 20 x\r\n\r\n", ANGO_E_HTTP, 0 },
    { "HTTP/1.1  200 x\r\n\r\n", ANGO_E_HTTP, 0 },
    { "HTTP/2.0 200 x\r\n\r\n", ANGO_E_HTTP, 0 },
    { "http/1.1 200 x\r\n\r\n", ANGO_E_HTTP, 0 },
    { "HTTP/1.1 2/0 x\r\n\r\n", ANGO_E_HTTP, 0 },
    { "\r\nHTTP/1.1 200 x\r\n\r\n", ANGO_E_HTTP, 0 },
    { "SSH-2.0-OpenSSH_9.2\r\n", ANGO_E_HTTP, 0 },
    { "\x15\x03\x01\x02\x02\x46", ANGO_E_HTTP, 0 },
};

static void answers(void **state)
{
    size_t i, piece;

    (void)state;
    for (i = 0; i < COUNT(replies); i++) {
        for (piece = 0; piece <= 3; piece++) {
            const struct script_event events[] = { { SCRIPT_REQUEST, NULL, 0 },
                                                   { SCRIPT_BYTES, replies[i].reply, strlen(replies[i].reply) },
                                                   SCRIPT_STOP };
            begin(events);
            script.piece = piece;
            script.send_piece = piece;
            script.wait_first = piece == 3;
            assert_int_equal(connect_to("hub.example", 443), replies[i].result);
            if (replies[i].result != ANGO_E_HTTP) {
                assert_int_equal(proxy.status, replies[i].status);
            }
            if (replies[i].result != ANGO_OK) { /* all is released, and close is not called */
                check_clean();
            }
            close_and_check();
        }
    }
}

/* What comes behind the reply is the tunnel's, to the byte; and so is what is sent. */
static void tunnel(void **state)
{
    const struct script_event events[] = { SCRIPT_ANSWER(OK_REPLY "\r\nfrom the server"),
                                           { SCRIPT_FIN, NULL, 0 },
                                           SCRIPT_STOP };
    uint8_t got[64];
    size_t len = 0;
    int n;

    (void)state;
    begin(events);
    assert_int_equal(connect_to("hub.example", 443), ANGO_OK);
    while ((n = port.recv(port.ctx, got + len, sizeof got - len, 1000)) > 0) {
        len += (size_t)n;
    }
    assert_int_equal(n, 0);
    assert_int_equal(len, strlen("\r\nfrom the server"));
    assert_memory_equal(got, "\r\nfrom the server", len);
    assert_int_equal(port.send(port.ctx, (const uint8_t *)"up", 2, 1000), 2);
    check_sent(CONNECT_TO_HUB "\r\nup");
    close_and_check();
}

/* A reply that has no end, of headers or of interim replies, is given up. */
static void endless(void **state)
{
    static char header[2 * ANGO_PROXY_HEAD_MAX], interim[2 * ANGO_PROXY_HEAD_MAX];
    static const char one[] = "HTTP/1.1 100 x\r\n\r\n";
    size_t i;

    (void)state;
    memset(header, 'x', sizeof header);
    memcpy(header, "HTTP/1.1 200 ok\r\n", 17);
    for (i = 0; i < sizeof interim; i++) {
        interim[i] = one[i % (sizeof one - 1)];
    }
    for (i = 0; i < 2; i++) {
        const struct script_event events[] = { { SCRIPT_BYTES, i == 0 ? header : interim, sizeof header },
                                               SCRIPT_STOP };
        begin(events);
        assert_int_equal(connect_to("hub.example", 443), ANGO_E_HTTP);
        assert_int_equal(script.heard, ANGO_PROXY_HEAD_MAX + 1);
        check_clean();
    }
}

/* --- what fails ------------------------------------------------------------------------------------------- */

static void ends_anywhere(void **state)
{
    static const enum script_what ends[] = { SCRIPT_FIN, SCRIPT_CUT, SCRIPT_RST };
    static const int results[] = { ANGO_E_NET, ANGO_E_TRUNCATED, ANGO_E_NET };
    size_t i, len;

    (void)state;
    for (i = 0; i < COUNT(ends); i++) {
        for (len = 0; len < sizeof OK_REPLY - 1; len++) {
            const struct script_event events[] = {
                { SCRIPT_REQUEST, NULL, 0 }, { SCRIPT_BYTES, OK_REPLY, len }, { ends[i], NULL, 0 }, SCRIPT_STOP
            };
            begin(events);
            assert_int_equal(connect_to("hub.example", 443), results[i]);
            check_clean();
        }
    }
}

static void every_call_fails(void **state)
{
    static const int errors[] = { ANGO_E_NET, ANGO_E_RESOLVE, ANGO_E_TIME, -1000, SCRIPT_MORE };
    const struct script_event events[] = { SCRIPT_ANSWER(OK_REPLY), SCRIPT_STOP };
    unsigned n;
    size_t i;
    int err;

    (void)state;
    for (i = 0; i < COUNT(errors); i++) {
        for (n = 1, err = ANGO_E_NET; err != ANGO_OK; n++) {
            begin(events);
            script.send_piece = 9;
            script.faults[0] = (struct script_fault){ SCRIPT_ANY, n, 1, errors[i] };
            err = connect_to("hub.example", 443);
            if (err != ANGO_OK) {
                assert_true(err == errors[i] || (errors[i] == SCRIPT_MORE && err > 0) || err == ANGO_E_NET);
                check_clean();
            }
            close_and_check();
        }
        assert_in_range(n, strlen(OK_REPLY), 2 * strlen(OK_REPLY)); /* each byte of the reply was one of the calls */
    }
}

/* Each wait ends in time, whatever trickles in; and it can be given up after each. */
static void waits(void **state)
{
    static const uint32_t patience[] = { 0, 10, 1000 };
    const struct script_event events[] = { SCRIPT_ANSWER(OK_REPLY), SCRIPT_STOP };
    unsigned give_up, calls;
    size_t i;
    int err = ANGO_E_WAIT;

    (void)state;
    for (i = 0; i < COUNT(patience); i++) {
        for (give_up = 1, err = ANGO_E_WAIT; err == ANGO_E_WAIT && give_up < 200; give_up++) {
            begin(events);
            script.piece = 1;
            script.send_piece = 5;
            script.wait_first = true;
            script.piece_ms = 7;
            script.clock_step_ms = 1;
            for (calls = 0, err = ANGO_E_WAIT; err == ANGO_E_WAIT && calls < give_up; calls++) {
                uint32_t before_ms = script.now_ms;
                err = port.connect(port.ctx, "hub.example", 443, patience[i]);
                assert_in_range(script.now_ms - before_ms, 0, patience[i] + 20);
            }
            close_and_check();
        }
    }
    assert_int_equal(err, ANGO_OK);
}

static void stalls(void **state)
{
    const struct script_event events[] = { SCRIPT_ANSWER("HTTP/1.1 200 ok\r\n"), SCRIPT_STOP };
    int i;

    (void)state;
    begin(events);
    for (i = 0; i < 10; i++) {
        assert_int_equal(port.connect(port.ctx, "hub.example", 443, 100), ANGO_E_WAIT);
    }
    assert_in_range(script.now_ms, 1000000 + 900, 1000000 + 1100);
    close_and_check();
}

/* Afterwards another connection is made as if nothing had been. */
static void again(void **state)
{
    const struct script_event events[] = {
        SCRIPT_ANSWER("HTTP/1.1 502 x\r\n\r\n"), { SCRIPT_NEXT, NULL, 0 }, SCRIPT_ANSWER(OK_REPLY), SCRIPT_STOP
    };

    (void)state;
    begin(events);
    assert_int_equal(connect_to("hub.example", 443), ANGO_E_NET);
    assert_int_equal(proxy.status, 502);
    assert_int_equal(connect_to("hub.example", 443), ANGO_OK);
    assert_int_equal(proxy.status, 200);
    assert_int_equal(script.opened, 2);
    close_and_check();
}

static void clocks(void **state)
{
    struct ango_port without_time = plain;
    uint8_t bytes[8] = { 0 };

    (void)state;
    begin(NULL);
    assert_int_equal(port.clock_ms(port.ctx), 1000000);
    assert_int_equal(port.time(port.ctx), 1795000000);
    assert_int_equal(port.entropy(port.ctx, bytes, sizeof bytes), ANGO_OK);
    without_time.time = NULL;
    config.port = &without_time;
    assert_int_equal(port.time(port.ctx), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests),      cmocka_unit_test(arguments),
        cmocka_unit_test(sizes),         cmocka_unit_test(answers),
        cmocka_unit_test(tunnel),        cmocka_unit_test(endless),
        cmocka_unit_test(ends_anywhere), cmocka_unit_test(every_call_fails),
        cmocka_unit_test(waits),         cmocka_unit_test(stalls),
        cmocka_unit_test(again),         cmocka_unit_test(clocks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
