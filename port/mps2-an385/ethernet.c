/* The LAN9118, as an lwIP netif. Polled; its interrupt only ends a sleep. */
#include "board_ethernet.h"

#include <string.h>

#include <lwip/etharp.h>
#include <lwip/pbuf.h>

#include "registers.h"

/* Its FIFOs take words. lwIP's two bytes of padding before a frame let both agree on where one begins. */
#if ETH_PAD_SIZE != 2 || PBUF_POOL_BUFSIZE % 4
#error "this driver copies whole words: ETH_PAD_SIZE must be 2, PBUF_POOL_BUFSIZE a multiple of 4"
#endif

#define FRAME_MAX 1514u
#define CHECKSUM 4u

void ethernet_handler(void);

void ethernet_handler(void)
{
    LAN_INT_EN = 0; /* until the next poll */
}

/* --- the MAC's own registers, behind the others --------------------------------------------------------- */

static void await_mac(void)
{
    uint32_t patience = board_about.hz / 1000;

    while ((LAN_MAC_CSR_CMD & LAN_MAC_BUSY) && --patience > 0)
        continue;
}

static void write_mac(uint32_t name, uint32_t value)
{
    await_mac();
    LAN_MAC_CSR_DATA = value;
    LAN_MAC_CSR_CMD = LAN_MAC_BUSY | name;
    await_mac();
}

static uint32_t read_mac(uint32_t name)
{
    await_mac();
    LAN_MAC_CSR_CMD = LAN_MAC_BUSY | LAN_MAC_READ | name;
    await_mac();
    return LAN_MAC_CSR_DATA;
}

/* --- frames --------------------------------------------------------------------------------------------- */

static err_t send_frame(struct netif *netif, struct pbuf *p)
{
    size_t len = p->tot_len - ETH_PAD_SIZE;
    uint32_t word = 0;
    unsigned shift = 0;
    size_t i;

    (void)netif;
    if (len > FRAME_MAX)
        return ERR_BUF;
    if ((LAN_TX_FIFO_INF & 0xFFFF) < len + ETH_PAD_SIZE + 16)
        return ERR_IF;
    while (LAN_TX_FIFO_INF >> 16 & 0xFF)
        (void)LAN_TX_STATUS;
    /* The data begins two bytes into the first word. */
    LAN_TX_DATA = (uint32_t)ETH_PAD_SIZE << 16 | LAN_TX_FIRST_AND_LAST | (uint32_t)len;
    LAN_TX_DATA = (uint32_t)len;
    for (; p != NULL; p = p->next) {
        for (i = 0; i < p->len; i++) {
            word |= (uint32_t)((const uint8_t *)p->payload)[i] << shift;
            shift += 8;
            if (shift == 32) {
                LAN_TX_DATA = word;
                word = 0;
                shift = 0;
            }
        }
    }
    if (shift > 0)
        LAN_TX_DATA = word;
    return ERR_OK;
}

/* What is left of a frame that nobody wants. */
static void skip_words(size_t words)
{
    if (words >= 4) {
        uint32_t patience = board_about.hz / 1000;
        LAN_RX_DP_CTRL = LAN_RX_DP_SKIP;
        while ((LAN_RX_DP_CTRL & LAN_RX_DP_SKIP) && --patience > 0)
            continue;
        return;
    }
    for (; words > 0; words--)
        (void)LAN_RX_DATA;
}

/* The next frame, or NULL: it was damaged, or there was no room for it, and it is gone. */
static struct pbuf *take_frame(void)
{
    uint32_t status = LAN_RX_STATUS;
    size_t total = status >> 16 & 0x3FFF; /* with the checksum */
    size_t words = (total + ETH_PAD_SIZE + 3) / 4;
    struct pbuf *head = NULL, *p;
    size_t at;

    if (!(status & LAN_RX_ERROR) && total >= 14 + CHECKSUM && total <= FRAME_MAX + CHECKSUM)
        head = pbuf_alloc(PBUF_RAW, (u16_t)(total - CHECKSUM + ETH_PAD_SIZE), PBUF_POOL);
    for (p = head; p != NULL; p = p->next) {
        for (at = 0; at < p->len; at += 4) {
            uint32_t word = LAN_RX_DATA;
            words--;
            memcpy((uint8_t *)p->payload + at, &word, p->len - at < 4u ? p->len - at : 4u);
        }
    }
    skip_words(words);
    return head;
}

bool board_ethernet_poll(struct netif *netif)
{
    bool any = false;
    unsigned most;

    LAN_INT_STS = LAN_INT_RX_LEVEL;
    for (most = 0; most < 32 && (LAN_RX_FIFO_INF >> 16 & 0xFF) != 0; most++) { /* a flood cannot hold us */
        struct pbuf *p = take_frame();

        any = true;
        if (p != NULL && netif->input(p, netif) != ERR_OK)
            pbuf_free(p);
    }
    LAN_INT_EN = LAN_INT_RX_LEVEL;
    return any;
}

err_t board_ethernet_init(struct netif *netif)
{
    uint32_t patience = board_about.hz / 100;
    uint32_t low, high;
    int i;

    LAN_HW_CFG = LAN_HW_CFG_RESET;
    while ((LAN_HW_CFG & LAN_HW_CFG_RESET) && --patience > 0)
        continue;
    if (LAN_BYTE_TEST != LAN_BYTE_TEST_VALUE)
        return ERR_IF;
    LAN_HW_CFG = LAN_HW_CFG_TX_5K;
    low = read_mac(LAN_MAC_ADDRL); /* from its EEPROM */
    high = read_mac(LAN_MAC_ADDRH);
    for (i = 0; i < 4; i++)
        netif->hwaddr[i] = (u8_t)(low >> 8 * i);
    for (i = 0; i < 2; i++)
        netif->hwaddr[4 + i] = (u8_t)(high >> 8 * i);
    netif->hwaddr_len = 6;
    netif->mtu = 1500;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->output = etharp_output;
    netif->linkoutput = send_frame;
    LAN_RX_CFG = LAN_RX_CFG_DUMP;
    LAN_RX_CFG = (uint32_t)ETH_PAD_SIZE << 8; /* data begins two bytes into the first word */
    LAN_TX_CFG = LAN_TX_CFG_ON;
    write_mac(LAN_MAC_CR, LAN_MAC_CR_ON);
    LAN_FIFO_INT = 0;
    LAN_INT_STS = 0xFFFFFFFF;
    LAN_INT_CFG = LAN_INT_CFG_ON;
    LAN_INT_EN = LAN_INT_RX_LEVEL;
    NVIC_ISER = 1u << IRQ_ETHERNET;
    return ERR_OK;
}
