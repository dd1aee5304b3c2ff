/*
 * flash.h - where the desk keeps its queue: for QEMU ONLY.
 *
 * What QEMU has for flash is gone when QEMU ends, and on the LM3S6965 cannot be programmed at all. So this is a file of the computer,
 * "desk-flash.bin" in QEMU's working directory, reached by semihosting; without a debugger, a real board stops in a fault at the
 * first call. A REAL BOARD MUST BRING A DRIVER FOR ITS FLASH: struct ango_storage in ango_outbox.h has the contract. Replace this
 * file then.
 */
#ifndef FLASH_H
#define FLASH_H

#include "ango_outbox.h"

#define FLASH_BLOCK 1024u /* as the LM3S6965's */
#define FLASH_BLOCKS \
    32u /* half of them hold the longest addresses that a full queue can have, and what becomes of each */

/* Opens the file, which must be there already, as large as the flash, and 0xFF throughout when it is new. */
bool flash_open(void);

extern const struct ango_storage flash_storage;

#endif
