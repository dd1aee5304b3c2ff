#include "flash.h"

#include <string.h>

/* The operations of Arm's semihosting that are used here, and how each says that it worked. */
enum {
    SYS_OPEN = 0x01,  /* a handle; -1: failed */
    SYS_WRITE = 0x05, /* bytes that were not written */
    SYS_READ = 0x06,  /* bytes that were not read */
    SYS_SEEK = 0x0A   /* 0 */
};
#define OPEN_READ_WRITE 3u /* "r+b" */
#define UNIT 8u

static uint32_t handle;

static uint32_t call(uint32_t operation, const uint32_t *arguments)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const uint32_t *r1 __asm__("r1") = arguments;

    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

bool flash_open(void)
{
    static const char name[] = "desk-flash.bin";
    const uint32_t arguments[] = { (uint32_t)(uintptr_t)name, OPEN_READ_WRITE, sizeof name - 1 };

    handle = call(SYS_OPEN, arguments);
    return handle != UINT32_MAX;
}

static int transfer(uint32_t operation, uint32_t at, const uint8_t *data, size_t len)
{
    const uint32_t place[] = { handle, at };
    const uint32_t arguments[] = { handle, (uint32_t)(uintptr_t)data, len };

    return call(SYS_SEEK, place) == 0 && call(operation, arguments) == 0 ? ANGO_OK : ANGO_E_STORAGE;
}

static int flash_read(void *ctx, uint32_t at, uint8_t *buf, size_t len)
{
    (void)ctx;
    return transfer(SYS_READ, at, buf, len);
}

static int flash_prog(void *ctx, uint32_t at, const uint8_t *data, size_t len)
{
    (void)ctx;
    return transfer(SYS_WRITE, at, data, len);
}

static int flash_erase(void *ctx, uint32_t at)
{
    uint8_t erased[UNIT];
    uint32_t end = at + FLASH_BLOCK;
    int err = ANGO_OK;

    (void)ctx;
    memset(erased, 0xFF, sizeof erased);
    for (; at < end && err == ANGO_OK; at += UNIT)
        err = transfer(SYS_WRITE, at, erased, sizeof erased);
    return err;
}

/* What was written is the computer's: it outlasts the end of QEMU. */
static int flash_sync(void *ctx)
{
    (void)ctx;
    return ANGO_OK;
}

const struct ango_storage flash_storage = { NULL,        flash_read,   flash_prog, flash_erase, flash_sync,
                                            FLASH_BLOCK, FLASH_BLOCKS, UNIT,       0xFF };
