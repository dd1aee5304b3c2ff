/*
 * Fuzzer of the outbox's medium. Input: two bytes (the geometry; whether sums are made right, so that it gets further than
 * to them; slots), then what is on the medium. Whatever that is, it can be mounted, or that is reported; it can be listed, added to, delivered
 * from and tidied, and is then the same when it is mounted again.
 */
#include "ango_outbox.h"
#include "counting_hub.h"
#include "guard.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZE 1024u
#define SLOTS_MOST 16u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t *medium;
static struct ango_storage storage;

static void demand(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "fuzz_outbox: %s\n", what);
    abort();
}

static int do_read(void *ctx, uint32_t at, uint8_t *buf, size_t len)
{
    (void)ctx;
    memcpy(buf, medium + at, len);
    return ANGO_OK;
}

static int do_prog(void *ctx, uint32_t at, const uint8_t *data, size_t len)
{
    size_t i;

    (void)ctx;
    for (i = 0; i < len; i++)
        demand(medium[at + i] == storage.erased, "programmed what was not erased");
    memcpy(medium + at, data, len);
    return ANGO_OK;
}

static int do_erase(void *ctx, uint32_t at)
{
    (void)ctx;
    memset(medium + at, storage.erased, storage.block_size);
    return ANGO_OK;
}

static int do_sync(void *ctx)
{
    (void)ctx;
    return ANGO_OK;
}

/* Each record gets the sum that it should have. */
static void mend_sums(void)
{
    struct ango_outbox_record record;
    uint32_t head = offsetof(struct ango_outbox_record, text);
    uint32_t at, i;

    for (at = 0; at + head <= SIZE; at += storage.prog_size) {
        memcpy(&record, medium + at, head);
        if (record.size < head || record.size >= sizeof record || at + record.size > SIZE)
            continue;
        record.sum = ~at;
        for (i = sizeof record.sum; i < record.size; i++)
            record.sum = (record.sum ^ medium[at + i]) * 16777619u;
        memcpy(medium + at, &record, sizeof record.sum);
    }
}

static size_t read_all(struct ango_outbox *box)
{
    struct ango_outbox_item item;
    size_t position = 0;
    size_t n = 0;
    int err;

    while ((err = ango_outbox_next(box, &position, &item)) != ANGO_E_END) {
        demand(err == ANGO_OK || err == ANGO_E_DAMAGED, "cannot be listed");
        if (err == ANGO_OK)
            n += (strlen(item.entry.to) + strlen(item.entry.project_id) + strlen(item.entry.note)) * 0;
        demand(strlen(ango_outbox_words(box, item.id)) < ANGO_OUTBOX_RECORD_MAX, "endless words");
        n++;
    }
    demand(n == box->len, "not as many as there are");
    return n;
}

static void deliver(struct ango_outbox *box, struct hub *hub, struct ango_client *client)
{
    struct ango_outbox_event event;
    unsigned steps;
    int err = ANGO_E_WAIT;

    for (steps = 0; steps < 3000 && err != ANGO_E_END; steps++) {
        uint32_t wait_ms = ango_outbox_wait_ms(box, client);

        hub->now_ms += wait_ms > 0 ? wait_ms : 1;
        err = ango_outbox_step(box, client, "org", &event, 0);
        if (err == ANGO_OK)
            demand(strlen(event.to) + strlen(event.words) < 4096, "endless text");
        else if (err == ANGO_E_FULL)
            (void)ango_outbox_tidy(box, false);
    }
}

static void use(struct ango_outbox *box, const struct ango_outbox_config *config)
{
    static struct hub hub;
    static uint8_t buffer[600];
    static struct ango_token tokens[ANGO_TOKENS];
    static struct ango_client client;
    const struct ango_port port = HUB_PORT(&hub);
    struct ango_config client_config;
    struct ango_outbox_entry entry = {
        "person0@example.com", ANGO_ORGANIZATION_MEMBER, NULL, (enum ango_project_role)0, 0, NULL
    };
    size_t len;
    int err;

    hub_begin(&hub, 1);
    hub.anybody = true;
    hub.has_total = true;
    memset(&client_config, 0, sizeof client_config);
    memset(&client, 0, sizeof client);
    client_config.port = &port;
    client_config.host = "hub";
    client_config.timeout_ms = HUB_TIMEOUT_MS;
    client_config.buffer = buffer;
    client_config.buffer_cap = sizeof buffer;
    client_config.tokens = tokens;
    client_config.tokens_cap = ANGO_TOKENS;
    demand(ango_client_init(&client, &client_config, "key-1") == ANGO_OK, "no client");
    if (box->generation > 0xFFFF0000)
        return; /* no medium lasts for so many erases, after which generations would begin again */
    (void)read_all(box);
    err = ango_outbox_put(box, &entry, NULL);
    demand(err == ANGO_OK || err == ANGO_E_FULL || err == ANGO_E_SPACE, "cannot be put in");
    deliver(box, &hub, &client);
    err = ango_outbox_tidy(box, true);
    demand(err == ANGO_OK || err == ANGO_E_DAMAGED || err == ANGO_E_STORAGE, "cannot be tidied");
    if (err == ANGO_E_STORAGE)
        return; /* records that lie in one another: more than there is room for */
    len = read_all(box);
    demand(ango_outbox_mount(box, config) == ANGO_OK, "cannot be mounted again");
    demand(read_all(box) == len, "others after a mount");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct guard medium_guard, slots_guard;
    static struct ango_outbox box;
    static char text[200];
    struct ango_outbox_config config;
    int err;

    if (size < 2 || size > 2 + SIZE)
        return 0;
    if (medium_guard.base == NULL) {
        guard_begin(&medium_guard, SIZE);
        guard_begin(&slots_guard, SLOTS_MOST * sizeof(struct ango_outbox_slot));
    }
    storage.read = do_read;
    storage.prog = do_prog;
    storage.erase = do_erase;
    storage.sync = do_sync;
    storage.prog_size = (uint8_t)(8u << data[0] % 3);
    storage.erased = data[0] / 4 % 2 != 0 ? 0xFF : 0;
    storage.block_count = data[0] / 8 % 2 != 0 ? 2 : 4;
    storage.block_size = SIZE / storage.block_count;
    medium = guard_room(&medium_guard, SIZE);
    memset(medium, storage.erased, SIZE);
    memcpy(medium, data + 2, size - 2);
    if (data[0] / 16 % 2 != 0)
        mend_sums();
    config.storage = &storage;
    config.slots_cap = 1 + data[1] % SLOTS_MOST;
    config.slots = (struct ango_outbox_slot *)(void *)guard_room(&slots_guard, config.slots_cap * sizeof *config.slots);
    config.text = text;
    config.text_cap = 1 + data[1] / SLOTS_MOST * 13u;
    err = ango_outbox_mount(&box, &config);
    demand(err == ANGO_OK || err == ANGO_E_SPACE || err == ANGO_E_DAMAGED, "another error");
    if (err != ANGO_OK)
        demand(ango_outbox_format(&box, &config) == ANGO_OK && box.len == 0, "cannot be formatted");
    use(&box, &config);
    return 0;
}
