/* The log of the outbox: what is where on the medium, and how that outlasts a cut at any moment. */
#include "outbox_log.h"

#include <string.h>

#include "request.h"
#include "text.h"

/*
 * Two areas, each one half of the blocks; the one with the valid seal of the higher generation is current. A seal, and then records,
 * each of which begins a unit:
 *
 *   START crc type fields END padding
 *
 *   type    fields                                                    meaning
 *   S       generation, next number                                   the seal of the area: all that follows is whole
 *   P       number, state, two roles, time, address SEPARATOR         an entry
 *           project SEPARATOR note SEPARATOR
 *   W T D   number ...                                                these wait, were tried, are done or removed
 *   X U     number ..., then perhaps SEPARATOR words                  these are parked
 *   G       generation                                                this area has a higher one now
 *
 * Numbers are written 6 bits a byte, 0x40 to 0x7F; all else is text without control characters, or filtered. So no byte of a record
 * is 0x00 or 0xFF: what was programmed, even in part, is never taken for erased. And START is nowhere within a record: no text
 * can pass itself off as one. The CRC counts in the position. An area is erased whole before anything is copied there.
 *
 * What is not valid is skipped, a unit at a time. The tail is where from on all is erased. Each unit is programmed once.
 *
 *  What a cut can leave, and why nobody is lost or doubled:
 *
 *   cut while                        the next mount finds
 *   P is being written               all of it, or none: the caller was not told that it is kept
 *   T is being written               it waits, or was tried: in both cases nothing was sent
 *   the request is on its way        it was tried: looked up, and sent again only if it is surely absent
 *   the reply comes in, or D is      it was tried: looked up, and found
 *   being written
 *   X, U or W is being written       it was tried: looked up; or parked, as before
 *   the other area is erased,        the current area, which was not touched; the other one has no seal, or, half erased,
 *   or copied to                     its own of a lower generation
 *   the seal is being written        this or that area: both say the same
 *   that area is erased again        the current one: a seal that could not be read may be readable half erased, so that G
 *                                    raises the current area above it first
 *   the area left is wiped           the new one
 */
enum { START = 0x1D, END, SEPARATOR };

#define ID_LEN 5u   /* digits of a number or a generation, 30 bits */
#define WORD_LEN 6u /* of 32 bits */
#define ID_MAX 0x3FFFFFFFu
/* Offsets within a record. */
#define CRC_AT 1u
#define TYPE_AT (CRC_AT + WORD_LEN)
#define FIELDS_AT (TYPE_AT + 1)
#define STATE_AT (FIELDS_AT + ID_LEN) /* of an entry */
#define ROLES_AT (STATE_AT + 1)
#define TIME_AT (ROLES_AT + 2)
#define TO_AT (TIME_AT + WORD_LEN)

/* --- numbers -------------------------------------------------------------------------------------- */

static uint32_t get_number(const char *from, unsigned digits)
{
    uint32_t number = 0;

    for (; digits > 0; digits--)
        number = number << 6 | (*from++ & 0x3F);
    return number;
}

/* Returns what follows it. */
static char *put_number(char *to, uint32_t number, unsigned digits)
{
    char *end = to + digits;
    char *p = end;

    for (; p > to; number >>= 6)
        *--p = (char)(0x40 | (number & 0x3F));
    return end;
}

/* --- records on the medium ------------------------------------------------------------------------ */

/* Bytes on the medium of the record whose END goes to `end`, padding included. */
static uint32_t size_of(const struct ango_outbox *o, const char *end)
{
    uint32_t unit = o->config->storage->prog_size;

    return ((uint32_t)(end - o->record) + unit) & ~(unit - 1);
}

static uint32_t sum_of(const struct ango_outbox *o, const char *end, uint32_t at)
{
    return ango_crc32(~at, o->record + TYPE_AT, (size_t)(end - o->record) - TYPE_AT);
}

/* Reads a record; returns where its END was, which becomes a NUL, or NULL: it is not valid. */
static char *read_record(struct ango_outbox *o, uint32_t at)
{
    const struct ango_storage *storage = o->config->storage;
    uint32_t left = (at < o->half ? o->half : 2 * o->half) - at;
    char *end = o->record;
    char *p;

    do {
        p = end;
        if ((size_t)(p - o->record) == sizeof o->record || left == 0
            || storage->read(storage->ctx, at + (uint32_t)(p - o->record), (uint8_t *)p, storage->prog_size) != ANGO_OK)
            return NULL;
        left -= storage->prog_size;
        end += storage->prog_size;
        p = (char *)memchr(p, END, storage->prog_size);
    } while (o->record[0] == START && p == NULL);
    if (p == NULL || p < o->record + FIELDS_AT)
        return NULL;
    if (get_number(o->record + CRC_AT, WORD_LEN) != sum_of(o, p, at)) /* mutant: outbox-any-crc */
        return NULL;
    *p = '\0';
    return p;
}

/* Programs a record that ends before `end`, and reads it back: what counts is what a mount will find. */
static int write_record(struct ango_outbox *o, char *end, uint32_t at)
{
    const struct ango_storage *storage = o->config->storage;
    uint32_t size = size_of(o, end);
    uint32_t done;

    o->record[0] = START;
    (void)put_number(o->record + CRC_AT, sum_of(o, end, at), WORD_LEN);
    memset(end, '\n', size - (size_t)(end - o->record));
    *end = END;
    for (done = 0; done < size; done += storage->prog_size)
        (void)storage->prog(storage->ctx, at + done, (const uint8_t *)o->record + done, storage->prog_size);
    return read_record(o, at) != NULL ? ANGO_OK : ANGO_E_STORAGE; /* mutant: outbox-no-read-back */
}

static int sync(const struct ango_outbox *o)
{
    const struct ango_storage *storage = o->config->storage;

    return storage->sync(storage->ctx) == ANGO_OK ? ANGO_OK : ANGO_E_STORAGE;
}

/* Returns where the fields go. */
static char *begin(struct ango_outbox *o, char type)
{
    o->record[TYPE_AT] = type;
    return o->record + FIELDS_AT;
}

/* Bytes of the records that so many entries will need: each is tried, and then done or parked. */
static size_t reserve_for(const struct ango_outbox *o, size_t entries)
{
    return entries * 2 * size_of(o, o->record + FIELDS_AT + ID_LEN);
}

static size_t room(const struct ango_outbox *o)
{
    return o->start + o->half - o->tail;
}

/* Whether a record fits, and leaves `reserve` bytes and the room for a G. */
static bool fits(const struct ango_outbox *o, const char *end, size_t reserve)
{
    return size_of(o, end) + reserve + reserve_for(o, 1) / 2 <= room(o); /* mutant: outbox-no-reserve */
}

/* Writes a record that fits at the tail, safe from a cut. */
static int append(struct ango_outbox *o, char *end)
{
    uint32_t at = o->tail;
    int err;

    o->tail += size_of(o, end);
    err = write_record(o, end, at);
    return err == ANGO_OK ? sync(o) : err; /* mutant: outbox-no-sync */
}

/* --- entries in RAM ------------------------------------------------------------------------------- */

struct ango_outbox_slot *ango_log_find(const struct ango_outbox *outbox, uint32_t id)
{
    struct ango_outbox_slot *slot = outbox->config->slots;

    for (; slot < outbox->config->slots + outbox->len; slot++)
        if (slot->id == id)
            return slot;
    return NULL;
}

static void set_state(struct ango_outbox *o, uint32_t id, char state, uint32_t at)
{
    struct ango_outbox_slot *slot = ango_log_find(o, id);

    if (slot == NULL)
        return;
    if (state == ANGO_LOG_DONE) {
        o->len--;
        memmove(slot, slot + 1, (size_t)((char *)(o->config->slots + o->len) - (char *)slot));
        return;
    }
    slot->state = state;
    if (ango_log_is_parked(state))
        slot->since = at;
}

static int add_slot(struct ango_outbox *o, uint32_t id, char state, uint32_t at)
{
    struct ango_outbox_slot *slot = &o->config->slots[o->len];

    if (o->len == o->config->slots_cap)
        return ANGO_E_SPACE;
    o->len++;
    memset(slot, 0, sizeof *slot);
    slot->id = id;
    slot->at = at;
    slot->state = state;
    return ANGO_OK;
}

/* --- mount ---------------------------------------------------------------------------------------- */

/* Applies the record that was read from `at` to the entries in RAM. */
static int take(struct ango_outbox *o, const char *end, uint32_t at)
{
    char type = o->record[TYPE_AT];
    const char *p = o->record + FIELDS_AT;
    uint32_t number = get_number(p, ID_LEN);

    switch (type) {
    case 'P':
        if (o->next_id <= number)
            o->next_id = number + 1;
        return add_slot(o, number, o->record[STATE_AT], at);
    case 'G':
        if (o->generation < number)
            o->generation = number;
        return ANGO_OK;
    default:
        for (; end - p >= (int)ID_LEN && *p != SEPARATOR; p += ID_LEN)
            set_state(o, get_number(p, ID_LEN), type, at);
        return ANGO_OK;
    }
}

static bool is_erased(struct ango_outbox *o, uint32_t at)
{
    const struct ango_storage *storage = o->config->storage;
    unsigned i;

    if (storage->read(storage->ctx, at, (uint8_t *)o->record, storage->prog_size) != ANGO_OK)
        return false;
    for (i = 0; i < storage->prog_size; i++)
        if ((uint8_t)o->record[i] != storage->erased)
            return false;
    return true;
}

/* Where the first record after the seal goes. */
static uint32_t first_record(const struct ango_outbox *o, uint32_t start)
{
    return start + size_of(o, o->record + FIELDS_AT + ID_LEN + ID_LEN);
}

/* Reads the current area. */
static int scan(struct ango_outbox *o)
{
    uint32_t at = first_record(o, o->start);
    int result = ANGO_OK;

    o->len = 0;
    o->damaged = 0;
    o->tail = at;
    while (at < o->start + o->half) {
        uint32_t size = o->config->storage->prog_size;
        const char *end;

        if (!is_erased(o, at)) {
            end = read_record(o, at);
            if (end == NULL)
                o->damaged++;
            else
                size = size_of(o, end);
            if (end != NULL && take(o, end, at) != ANGO_OK)
                result = ANGO_E_SPACE;
            o->tail = at + size; /* mutant: outbox-tail */
        }
        at += size;
    }
    return result;
}

static bool is_sound(const struct ango_outbox_config *config)
{
    const struct ango_storage *storage = config->storage;

    return storage != NULL && storage->read != NULL && storage->prog != NULL && storage->erase != NULL
        && storage->sync != NULL && config->slots != NULL && config->slots_cap > 0 && config->text != NULL
        && config->text_cap > 0 && (storage->prog_size == 8 || storage->prog_size == 16 || storage->prog_size == 32)
        && storage->block_size % storage->prog_size == 0 && storage->block_count % 2 == 0
        && (uint64_t)storage->block_size * storage->block_count >= 512
        && (uint64_t)storage->block_size * storage->block_count <= UINT32_MAX;
}

/* Makes an area the current one and reads it; the generation is 0 if it has no seal. */
static int load_area(struct ango_outbox *o, uint32_t start)
{
    o->start = start;
    o->generation = 0;
    if (read_record(o, start) == NULL || o->record[TYPE_AT] != 'S')
        return ANGO_E_DAMAGED;
    o->generation = get_number(o->record + FIELDS_AT, ID_LEN);
    o->next_id = get_number(o->record + FIELDS_AT + ID_LEN, ID_LEN);
    return scan(o);
}

/* ANGO_E_SPACE: only the first entries have slots. */
static int mount(struct ango_outbox *outbox, const struct ango_outbox_config *config)
{
    uint32_t generation;
    int err;

    if (outbox == NULL || config == NULL || !is_sound(config))
        return ANGO_E_ARG;
    memset(outbox, 0, sizeof *outbox);
    outbox->config = config;
    outbox->half = config->storage->block_size * (config->storage->block_count / 2);
    outbox->most = ANGO_OUTBOX_BATCH;
    outbox->next_id = 1;
    (void)load_area(outbox, 0);
    generation = outbox->generation;
    err = load_area(outbox, outbox->half);
    if (generation > outbox->generation) /* mutant: outbox-older-area */
        err = load_area(outbox, 0);
    return err;
}

int ango_outbox_mount(struct ango_outbox *outbox, const struct ango_outbox_config *config)
{
    int err = mount(outbox, config);

    /* Not in use: ango_outbox_tidy would drop whoever has no slot, ango_outbox_put would double them. */
    if (err == ANGO_E_SPACE) /* mutant: outbox-few-slots */
        outbox->generation = 0;
    return err;
}

/* --- the other area ------------------------------------------------------------------------------- */

static int erase_area(const struct ango_outbox *o, uint32_t start)
{
    const struct ango_storage *storage = o->config->storage;
    uint32_t at;

    for (at = start; at < start + o->half; at += storage->block_size)
        if (storage->erase(storage->ctx, at) != ANGO_OK)
            return ANGO_E_STORAGE;
    return ANGO_OK;
}

/* Copies a record to o->tail in the other area, or further on where a unit is bad. ANGO_E_DAMAGED: it can no longer be read. */
static int copy_record(struct ango_outbox *o, uint32_t at, char state, uint32_t limit)
{
    char *end;
    int err;

    do {
        uint32_t to = o->tail;

        end = read_record(o, at);
        if (end == NULL)
            return ANGO_E_DAMAGED;
        o->tail += size_of(o, end);
        if (o->tail > limit)
            return ANGO_E_STORAGE; /* too much of it is bad */
        if (o->record[TYPE_AT] == 'P')
            o->record[STATE_AT] = state;
        err = write_record(o, end, to);
    } while (err != ANGO_OK);
    return err;
}

/* Copies all entries to the other area. */
static int copy_entries(struct ango_outbox *o, uint32_t other)
{
    const struct ango_outbox_slot *slot = o->config->slots;
    int result = ANGO_OK;

    for (; slot < o->config->slots + o->len; slot++) {
        char state = slot->state;
        int err;

        if (state == ANGO_LOG_ABSENT) /* mutant: outbox-absent-copied */
            state = ANGO_LOG_WAITING;
        err = copy_record(o, slot->at, state, other + o->half);
        /* Without its words it is still parked. */
        if (err == ANGO_OK && ango_log_is_parked(state) && slot->since != 0
            && copy_record(o, slot->since, state, other + o->half) == ANGO_E_STORAGE)
            err = ANGO_E_STORAGE;
        if (err == ANGO_E_STORAGE)
            return err;
        if (err != ANGO_OK)
            result = err;
    }
    return result;
}

/* Makes the other area the current one. */
static int seal(struct ango_outbox *o, uint32_t other)
{
    char *end;
    int err = sync(o);

    if (err != ANGO_OK)
        return err;
    end = put_number(put_number(begin(o, 'S'), o->generation + 1, ID_LEN), o->next_id, ID_LEN);
    err = write_record(o, end, other);
    if (err != ANGO_OK)
        return err;
    o->start = other;
    o->generation++;
    (void)scan(o); /* even if the seal is not safe yet: the medium shows it */
    return sync(o);
}

/* Before the other area is erased: nothing in it must look newer, not even while that goes on. */
static int outrank(struct ango_outbox *o, uint32_t other)
{
    char *end;

    if (is_erased(o, other) || read_record(o, other) != NULL)
        return ANGO_OK;
    end = put_number(begin(o, 'G'), o->generation + 2, ID_LEN);
    if (o->generation == 0 || size_of(o, end) > room(o))
        return ANGO_OK;
    o->generation += 2;
    return append(o, end); /* mutant: outbox-not-outranked */
}

static int compact(struct ango_outbox *o)
{
    uint32_t other = o->half - o->start;
    int err = outrank(o, other);
    uint32_t tail = o->tail;
    int result;

    if (err == ANGO_OK)
        err = erase_area(o, other); /* mutant: outbox-no-erase */
    if (err != ANGO_OK)
        return err;
    o->tail = first_record(o, other);
    result = copy_entries(o, other);
    err = result == ANGO_E_STORAGE ? result : seal(o, other);
    if (o->start != other)
        o->tail = tail;
    return err == ANGO_OK ? result : err;
}

int ango_outbox_tidy(struct ango_outbox *outbox, bool wipe)
{
    uint32_t left;
    int result, err;

    if (outbox == NULL || outbox->generation == 0)
        return ANGO_E_ARG;
    left = outbox->start;
    result = compact(outbox);
    if (!wipe || result == ANGO_E_STORAGE)
        return result;
    err = erase_area(outbox, left);
    if (err == ANGO_OK)
        err = sync(outbox);
    return err == ANGO_OK ? result : err;
}

int ango_outbox_format(struct ango_outbox *outbox, const struct ango_outbox_config *config)
{
    int err = mount(outbox, config);

    if (err == ANGO_E_ARG)
        return err;
    if (err == ANGO_E_DAMAGED) { /* what is there must not look like an area once more */
        outbox->start = outbox->half;
        err = erase_area(outbox, outbox->start);
        if (err != ANGO_OK)
            return err;
    }
    outbox->len = 0;
    return compact(outbox);
}

/* --- changes -------------------------------------------------------------------------------------- */

/* Whether the medium has to be told: it already says so of those that are tried and known to be absent. */
static bool is_news(const struct ango_outbox *o, char state, const uint32_t *ids, size_t ids_len)
{
    for (; ids_len > 0; ids_len--, ids++) {
        const struct ango_outbox_slot *slot = ango_log_find(o, *ids);

        if (state != ANGO_LOG_TRIED || (slot != NULL && slot->state != ANGO_LOG_ABSENT))
            return true;
    }
    return false;
}

/* Writes SEPARATOR and words, filtered and cut; returns where they end. */
static char *put_words(char *to, const char *words)
{
    const char *end = to + 1 + ANGO_OUTBOX_WORDS_MAX;

    *to++ = SEPARATOR;
    for (; *words != '\0' && to < end; words++, to++) {
        *to = *words;
        if ((unsigned char)*words < ' ' || (unsigned char)*words == 0xFF)
            *to = '?';
    }
    return to;
}

int ango_log_mark(struct ango_outbox *outbox, char state, const uint32_t *ids, size_t ids_len, const char *words)
{
    uint32_t at = outbox->tail;
    char *end = begin(outbox, state);
    char *whole;
    size_t i;
    int err;

    if (is_news(outbox, state, ids, ids_len)) {
        for (i = 0; i < ids_len; i++)
            end = put_number(end, ids[i], ID_LEN);
        whole = put_words(end, words);
        /* Words must not take the room of what others will need. */
        if (*words != '\0' && fits(outbox, whole, reserve_for(outbox, outbox->len)))
            end = whole;
        err = fits(outbox, end, 0) ? append(outbox, end) : ANGO_E_FULL;
        if (err != ANGO_OK)
            return err;
    }
    for (i = 0; i < ids_len; i++)
        set_state(outbox, ids[i], state, at);
    return ANGO_OK;
}

static struct ango_outbox_slot *find_checked(const struct ango_outbox *o, uint32_t id)
{
    return o != NULL && o->generation != 0 ? ango_log_find(o, id) : NULL;
}

int ango_outbox_remove(struct ango_outbox *outbox, uint32_t id)
{
    return find_checked(outbox, id) != NULL ? ango_log_mark(outbox, ANGO_LOG_DONE, &id, 1, "") : ANGO_E_ARG;
}

int ango_outbox_retry(struct ango_outbox *outbox, uint32_t id)
{
    struct ango_outbox_slot *slot = find_checked(outbox, id);

    if (slot == NULL)
        return ANGO_E_ARG;
    slot->tries = 0;
    outbox->next_ms = 0;
    if (!ango_log_is_parked(slot->state))
        return ANGO_OK;
    return ango_log_mark(outbox, slot->state == ANGO_LOG_REFUSED ? ANGO_LOG_WAITING : ANGO_LOG_TRIED, &id, 1, "");
}

/* --- put ------------------------------------------------------------------------------------------ */

/* Whether an invitation can carry it: ANGO_OK, or what ango_outbox_put returns. */
static int check_entry(const struct ango_outbox_entry *entry)
{
    struct ango_request q;

    memset(&q, 0, sizeof q);
    q.body = 1;
    ango_write_string(&q, "\"", entry->to, ANGO_E_EMAIL);
    if (*entry->note != '\0')
        ango_write_string(&q, "\"", entry->note, ANGO_E_ARG);
    if (*entry->project_id != '\0') {
        ango_write_string(&q, "\"", entry->project_id, ANGO_E_ID);
        if (entry->project_role < ANGO_PROJECT_MANAGER || entry->project_role > ANGO_PROJECT_LEAD)
            ango_request_refuse(&q, ANGO_E_ARG);
    }
    if (entry->organization_role != ANGO_ORGANIZATION_ADMIN && entry->organization_role != ANGO_ORGANIZATION_MEMBER)
        ango_request_refuse(&q, ANGO_E_ARG);
    return q.err;
}

static const struct ango_outbox_slot *find_entry(struct ango_outbox *o, const struct ango_outbox_entry *entry)
{
    const struct ango_outbox_slot *slot = o->config->slots;
    struct ango_outbox_entry other;

    for (; slot < o->config->slots + o->len; slot++)
        if (ango_log_load(o, slot, &other) == ANGO_OK && ango_text_is(other.to, entry->to)
            && strcmp(other.project_id, entry->project_id) == 0)
            return slot;
    return NULL;
}

static char *put_text(char *to, const char *text)
{
    while (*text != '\0')
        *to++ = *text++;
    *to = SEPARATOR;
    return to + 1;
}

/* Takes an entry that was not promised off the medium: it may be put in again, and must not be sent as well. */
static int drop_ghost(struct ango_outbox *o)
{
    int err = ANGO_OK;

    if (o->ghost != 0)
        err = ango_log_mark(o, ANGO_LOG_DONE, &o->ghost, 1, ""); /* mutant: outbox-ghost */
    if (err == ANGO_OK)
        o->ghost = 0;
    return err;
}

static int write_entry(struct ango_outbox *o, const struct ango_outbox_entry *entry)
{
    int err = drop_ghost(o); /* mutant: outbox-two-ghosts */
    uint32_t id = o->next_id;
    uint32_t at = o->tail;
    char *end;

    if (err != ANGO_OK)
        return err;
    (void)put_number(begin(o, 'P'), id, ID_LEN);
    o->record[STATE_AT] = ANGO_LOG_WAITING;
    /* Without a project, its role may be anything. */
    (void)put_number(o->record + ROLES_AT,
                     (uint32_t)entry->organization_role << 6 | ((uint32_t)entry->project_role & 0x3F), 2);
    (void)put_number(o->record + TIME_AT, entry->time, WORD_LEN);
    end = put_text(put_text(put_text(o->record + TO_AT, entry->to), entry->project_id), entry->note);
    if (o->len == o->config->slots_cap || id > ID_MAX || !fits(o, end, reserve_for(o, o->len + 1)))
        return ANGO_E_FULL;
    o->next_id++;
    err = append(o, end);
    if (err == ANGO_OK)
        return add_slot(o, id, ANGO_LOG_WAITING, at);
    o->ghost = id;
    (void)drop_ghost(o); /* if the medium fails once more: before the next one is put in */
    return err;
}

int ango_outbox_put(struct ango_outbox *outbox, const struct ango_outbox_entry *entry, uint32_t *id)
{
    const struct ango_outbox_slot *slot;
    struct ango_outbox_entry whole;
    size_t len;
    int err;

    if (outbox == NULL || outbox->generation == 0 || entry == NULL)
        return ANGO_E_ARG;
    whole = *entry;
    if (whole.note == NULL)
        whole.note = "";
    if (whole.project_id == NULL)
        whole.project_id = "";
    err = check_entry(&whole);
    if (err != ANGO_OK)
        return err;
    len = strlen(whole.to) + strlen(whole.project_id);
    if (len + 2 > outbox->config->text_cap || len + strlen(whole.note) > ANGO_OUTBOX_TEXT_MAX)
        return ANGO_E_SPACE;
    slot = find_entry(outbox, &whole);
    if (slot == NULL) {
        slot = outbox->config->slots + outbox->len;
        err = write_entry(outbox, &whole);
        outbox->next_ms = 0;
    }
    if (id != NULL && err == ANGO_OK)
        *id = slot->id;
    return err;
}

/* --- reading -------------------------------------------------------------------------------------- */

/* Ends a text at its SEPARATOR; returns what follows. */
static char *cut(char *text)
{
    while (*text != SEPARATOR && *text != '\0')
        text++;
    if (*text != '\0')
        *text++ = '\0';
    return text;
}

int ango_log_load(struct ango_outbox *outbox, const struct ango_outbox_slot *slot, struct ango_outbox_entry *entry)
{
    char *record = outbox->record;
    const char *end = read_record(outbox, slot->at);
    char *project, *note;

    if (end == NULL || end < record + TO_AT || record[TYPE_AT] != 'P')
        return ANGO_E_DAMAGED;
    project = cut(record + TO_AT);
    note = cut(project);
    (void)cut(note);
    entry->to = record + TO_AT;
    entry->organization_role = (enum ango_organization_role)get_number(record + ROLES_AT, 1);
    entry->project_id = project;
    entry->project_role = (enum ango_project_role)get_number(record + ROLES_AT + 1, 1);
    entry->time = get_number(record + TIME_AT, WORD_LEN);
    entry->note = note;
    return ANGO_OK;
}

int ango_outbox_next(struct ango_outbox *outbox, size_t *position, struct ango_outbox_item *item)
{
    const struct ango_outbox_slot *slot;

    if (outbox == NULL || outbox->generation == 0 || position == NULL || item == NULL)
        return ANGO_E_ARG;
    if (*position >= outbox->len)
        return ANGO_E_END;
    slot = &outbox->config->slots[(*position)++];
    item->id = slot->id;
    item->state = ango_log_is_parked(slot->state) ? ANGO_OUTBOX_PARKED
        : slot->state == ANGO_LOG_TRIED           ? ANGO_OUTBOX_TRIED
                                                  : ANGO_OUTBOX_WAITING;
    return ango_log_load(outbox, slot, &item->entry);
}

const char *ango_outbox_words(struct ango_outbox *outbox, uint32_t id)
{
    const struct ango_outbox_slot *slot = find_checked(outbox, id);
    const char *words;

    if (slot == NULL || !ango_log_is_parked(slot->state) || read_record(outbox, slot->since) == NULL)
        return "";
    words = outbox->record + FIELDS_AT + ID_LEN;
    return *words == SEPARATOR ? words + 1 : "";
}
