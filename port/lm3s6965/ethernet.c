/* The LM3S6965's Ethernet controller, as an lwIP netif. Polled; its interrupt only ends a sleep. */
#include "board_ethernet.h"

#include <string.h>

#include <lwip/etharp.h>
#include <lwip/pbuf.h>

#include "registers.h"

/* The controller puts two bytes of length before a frame. lwIP puts two bytes of padding there, so that both
 * agree on where a word begins. */
#if ETH_PAD_SIZE != 2 || PBUF_POOL_BUFSIZE % 4
#error "this driver copies whole words: ETH_PAD_SIZE must be 2, PBUF_POOL_BUFSIZE a multiple of 4"
#endif

#define FRAME_MAX 1514
#define CHECKSUM 4

void ethernet_handler(void);

void ethernet_handler(void)
{
    MAC_IM = 0; /* until the next poll */
}

static err_t send_frame(struct netif *netif, struct pbuf *p)
{
    uint32_t word = 0;
    unsigned shift = 0;
    uint32_t patience = board_about.hz / 1000;
    size_t i;

    (void)netif;
    if (p->tot_len > FRAME_MAX + ETH_PAD_SIZE)
        return ERR_BUF;
    while (MAC_TR & 1) /* the last one: 0.12 ms at 100 Mbit/s */
        if (--patience == 0)
            return ERR_IF;
    /* The first word's padding becomes the length, without the header's 14 bytes. */
    ((uint8_t *)p->payload)[0] = (uint8_t)(p->tot_len - ETH_PAD_SIZE - 14);
    ((uint8_t *)p->payload)[1] = (uint8_t)((p->tot_len - ETH_PAD_SIZE - 14) >> 8);
    for (; p != NULL; p = p->next) {
        for (i = 0; i < p->len; i++) {
            word |= (uint32_t)((const uint8_t *)p->payload)[i] << shift;
            shift += 8;
            if (shift == 32) {
                MAC_DATA = word;
                word = 0;
                shift = 0;
            }
        }
    }
    if (shift > 0)
        MAC_DATA = word;
    MAC_TR = 1;
    return ERR_OK;
}

/* The next frame, or NULL: there was no room for it, and it is gone. */
static struct pbuf *take_frame(void)
{
    uint32_t word = MAC_DATA;
    size_t total = word & 0xFFFF; /* with its own two bytes and the checksum */
    size_t words = (total + 3) / 4;
    struct pbuf *head = NULL, *p;
    size_t left = words - 1, at;

    if (total >= 2 + 14 + CHECKSUM && total <= 2 + FRAME_MAX + CHECKSUM)
        head = pbuf_alloc(PBUF_RAW, (u16_t)(total - CHECKSUM), PBUF_POOL);
    for (p = head; p != NULL; p = p->next) {
        for (at = 0; at < p->len; at += 4) {
            memcpy((uint8_t *)p->payload + at, &word, p->len - at < 4u ? p->len - at : 4u);
            if (left > 0) {
                word = MAC_DATA;
                left--;
            }
        }
    }
    for (; left > 0 && left < words; left--)
        (void)MAC_DATA;
    return head;
}

bool board_ethernet_poll(struct netif *netif)
{
    bool any = false;
    unsigned most;

    if (MAC_RIS & MAC_INT_OVERRUN) {
        MAC_RCTL = MAC_RCTL_RESET;
        MAC_RCTL = MAC_RCTL_ON;
        MAC_RIS = MAC_INT_OVERRUN;
    }
    MAC_RIS = MAC_INT_RX;
    for (most = 0; most < 32 && (MAC_NP & 0x3F) != 0; most++) { /* a flood cannot hold us */
        struct pbuf *p = take_frame();

        any = true;
        if (p != NULL && netif->input(p, netif) != ERR_OK)
            pbuf_free(p);
    }
    MAC_IM = MAC_INT_RX;
    return any;
}

err_t board_ethernet_init(struct netif *netif)
{
    uint32_t low = USER_REG0, high = USER_REG1;
    int i;

    SYSCTL_RCGC2 |= RCGC2_EMAC0 | RCGC2_EPHY0 | RCGC2_GPIOF;
    (void)SYSCTL_RCGC2;
    GPIOF_AFSEL |= 3u << 2; /* the socket's two LEDs */
    GPIOF_DEN |= 3u << 2;
    for (i = 0; i < 3; i++) {
        netif->hwaddr[i] = (u8_t)(low >> 8 * i);
        netif->hwaddr[i + 3] = (u8_t)(high >> 8 * i);
    }
    netif->hwaddr_len = 6;
    netif->mtu = 1500;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->output = etharp_output;
    netif->linkoutput = send_frame;
    MAC_IA0 = (uint32_t)netif->hwaddr[0] | (uint32_t)netif->hwaddr[1] << 8 | (uint32_t)netif->hwaddr[2] << 16
        | (uint32_t)netif->hwaddr[3] << 24;
    MAC_IA1 = (uint32_t)netif->hwaddr[4] | (uint32_t)netif->hwaddr[5] << 8;
    MAC_MDV = 10; /* management clock below 2.5 MHz */
    MAC_RCTL = MAC_RCTL_RESET;
    MAC_TCTL = MAC_TCTL_ON;
    MAC_RCTL = MAC_RCTL_ON;
    MAC_IM = MAC_INT_RX;
    NVIC_ISER1 = 1u << (IRQ_ETHERNET - 32);
    return ERR_OK;
}
