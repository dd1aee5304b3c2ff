/*
 * desk_config.h - what differs from desk to desk: one block at the end of flash, written by config2c from a
 * text file.
 */
#ifndef DESK_CONFIG_H
#define DESK_CONFIG_H

#include "ango.h"
#include "ango_tls.h"

#define DESK_CONFIG_MAGIC 0x41444331u /* "ADC1" */

struct desk_config {
    uint32_t magic;
    const char *host;
    uint16_t tcp_port;
    uint8_t dns[4];  /* the DNS server when DHCP names none; 0.0.0.0: none */
    uint8_t sntp[4]; /* the time server, for firmware that is built with SNTP=1; 0.0.0.0: none */
    const char *organization_id;
    enum ango_organization_role organization_role; /* of whoever holds a badge to the reader; */
    const char *project_id;                        /* "": no project */
    enum ango_project_role project_role;
    const char *api_key;
    const struct ango_trust_anchor *anchors;
    size_t anchors_len;
};

extern const struct desk_config desk_config;

#endif
