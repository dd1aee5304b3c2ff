#include "network_time.h"

#include <lwip/apps/sntp.h>

#include "board.h"
#include "desk_config.h"
#include "seed.h"

#define AGAIN_MS 20000u /* RFC 4330, 10: not below 15 s */

static enum network_time_news news;
static uint64_t asked_ms;

bool network_time_is_wanted(void)
{
    const uint8_t *server = desk_config.sntp;

    return server[0] != 0 || server[1] != 0 || server[2] != 0 || server[3] != 0;
}

/* What lwIP's SNTP_SET_SYSTEM_TIME is (lwipopts.h): the server's answer to the last question. */
void ango_lwip_time_heard(uint32_t seconds)
{
    news = seed_time_heard(seconds, DESK_BUILT_S) ? NETWORK_TIME_TAKEN : NETWORK_TIME_NOT_BELIEVED;
}

static void ask(void)
{
    asked_ms = board_uptime_ms();
    sntp_stop();
    sntp_init();
}

void network_time_start(void)
{
    const uint8_t *address = desk_config.sntp;
    ip_addr_t server;

    IP_ADDR4(&server, address[0], address[1], address[2], address[3]);
    sntp_setoperatingmode(SNTP_OPMODE_POLL);
    sntp_setserver(0, &server);
    ask();
}

enum network_time_news network_time_look(void)
{
    enum network_time_news is = news;

    news = NETWORK_TIME_NO_NEWS;
    if (asked_ms != 0 && seed_time(NULL) == 0 && board_uptime_ms() - asked_ms > AGAIN_MS) {
        ask();
    }
    return is;
}
