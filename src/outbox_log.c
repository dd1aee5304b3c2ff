/* The log of the outbox: what is where on the medium, and how that outlasts a cut at any moment. */
#include "outbox_log.h"

#include <stddef.h>
#include <string.h>

#include "request.h"
#include "text.h"

/*
 * Two areas, each one half of the blocks; the one with the valid seal of the higher generation is current. A seal, and then records,
 * each of which begins a unit: struct ango_outbox_record, cut off after its text, and padding.
 *
 *   type   state    number      extra        text
 *   SEAL            generation  next number                      first: the seal of the area, all that follows is whole;
 *                                                                later: it has a higher generation now
 *   ENTRY  its own  its own     time         roles address NUL project NUL note NUL
 *   MARK   new one  its own                  words, perhaps      an entry is in another state
 *
 * No unit of a record reads as if it were erased: the first one has the type in it; the second one, where there is one, a number
 * that is neither 0 nor all ones; and text and padding have no 0xFF, and 0x00 three times at most. So what was programmed, even in
 * part, is never taken for erased. No text can pass itself off as a record: a type is a byte that no text has. The sum counts in the
 * position. An area is erased whole before anything is copied there.
 *
 * What is not valid is skipped, a unit at a time. The tail is where from on all is erased. Each unit is programmed once.
 *
 *  What a cut can leave, and why nobody is lost or doubled:
 *
 *   cut while                        the next mount finds
 *   ENTRY is being written           all of it, or none: the caller was not told that it is kept
 *   MARK tried is being written      it waits, or was tried: in both cases nothing was sent
 *   the request is on its way        it was tried: looked up, and sent again only if it is surely absent
 *   the reply comes in, or MARK      it was tried: looked up, and found
 *   done is being written
 *   another MARK is being written    it was tried: looked up; or parked, as before
 *   the other area is erased,        the current area, which was not touched; the other one has no seal, or, half erased,
 *   or copied to                     its own of a lower generation
 *   the seal is being written        this or that area: both say the same
 *   that area is erased again        the current one: a seal that could not be read may be readable half erased, so that
 *                                    SEAL raises the current area above it first
 *   the area left is wiped           the new one
 */
enum { SEAL = 0xF8, ENTRY, MARK }; /* UTF-8 has no such bytes, and they are filtered */

#define PADDING '\n'

#define HEAD offsetof(struct ango_outbox_record, text)
#define NUMBER_MAX (UINT32_MAX - 1)
#define FIELDS 3 /* of an entry, after its roles */
#define ENTRY_MAX (HEAD + 1 + ANGO_OUTBOX_TEXT_MAX + FIELDS)

/* --- records on the medium ------------------------------------------------------------------------ */

/* With padding. */
static uint32_t whole_units(const struct ango_outbox *o, uint32_t size)
{
    uint32_t unit = o->config->storage->prog_size;

    return (size + unit - 1) & ~(unit - 1);
}

/* FNV-1a, as ango_hash: notices each single byte that is wrong, and of all other damage all but one in 2^32. */
static uint32_t sum_of(const struct ango_outbox *o, uint32_t at)
{
    const uint8_t *p = (const uint8_t *)&o->record;
    const uint8_t *end = p + o->record.size;
    uint32_t sum = ~at;

    for (p += sizeof o->record.sum; p < end; p++)
        sum = (sum ^ *p) * 16777619u;
    return sum;
}

/* Reads a record, and puts the NUL of each field that may be missing behind its text; false: it is not valid. */
static bool read_record(struct ango_outbox *o, uint32_t at)
{
    const struct ango_storage *storage = o->config->storage;
    struct ango_outbox_record *record = &o->record;
    uint32_t end = at < o->half ? o->half : 2 * o->half; /* of its area */
    uint32_t size = HEAD;
    uint32_t len;

    for (len = 0; len < size; len += storage->prog_size) {
        if (at + len >= end
            || storage->read(storage->ctx, at + len, (uint8_t *)record + len, storage->prog_size) != ANGO_OK)
            return false;
        size = record->size;
        if (size < HEAD || size > sizeof *record - FIELDS)
            return false;
    }
    if (record->sum != sum_of(o, at)) /* mutant: outbox-any-sum */
        return false;
    memset(record->text + (size - HEAD), 0, FIELDS);
    return true;
}

/* Programs a record, and reads it back: what counts is what a mount will find. */
static int write_record(struct ango_outbox *o, uint32_t at)
{
    const struct ango_storage *storage = o->config->storage;
    uint32_t size = o->record.size;
    uint32_t done;

    o->record.sum = sum_of(o, at);
    memset((uint8_t *)&o->record + size, PADDING, whole_units(o, size) - size);
    for (done = 0; done < size; done += storage->prog_size)
        (void)storage->prog(storage->ctx, at + done, (const uint8_t *)&o->record + done, storage->prog_size);
    return read_record(o, at) ? ANGO_OK : ANGO_E_STORAGE; /* mutant: outbox-no-read-back */
}

int ango_log_sync(const struct ango_outbox *outbox)
{
    const struct ango_storage *storage = outbox->config->storage;

    return storage->sync(storage->ctx) == ANGO_OK ? ANGO_OK : ANGO_E_STORAGE;
}

/* Begins a record without text. */
static void begin(struct ango_outbox *o, uint8_t type, char state, uint32_t number, uint32_t extra)
{
    struct ango_outbox_record *record = &o->record;

    record->size = HEAD;
    record->type = type;
    record->state = state;
    record->extra = extra;
    record->number = number;
}

/* Appends a text, filtered, as far as the record stays within `limit`. */
static void add_text(struct ango_outbox *o, const char *text, unsigned limit)
{
    struct ango_outbox_record *record = &o->record;

    for (; *text != '\0' && record->size < limit; text++) {
        char c = *text;

        if ((unsigned char)c < ' ' || (unsigned char)c >= SEAL)
            c = '?';
        record->text[record->size++ - HEAD] = c;
    }
}

/* Whether the record fits, and leaves room for two records of each of so many entries, which is tried, and then done or parked,
   and for a seal. */
static bool fits(const struct ango_outbox *o, size_t entries)
{
    size_t reserve = (entries + 1) * 2 * whole_units(o, HEAD);

    return whole_units(o, o->record.size) + reserve <= o->start + o->half - o->tail; /* mutant: outbox-no-reserve */
}

/* Writes the record, which fits, at the tail. */
static int append(struct ango_outbox *o)
{
    uint32_t at = o->tail;

    o->tail += whole_units(o, o->record.size);
    return write_record(o, at);
}

/* --- entries in RAM ------------------------------------------------------------------------------- */

enum ango_outbox_state ango_log_state(const struct ango_outbox_slot *slot)
{
    switch (slot->state) {
    case ANGO_LOG_WAITING:
        return ANGO_OUTBOX_WAITING;
    case ANGO_LOG_TRIED:
        return slot->absent ? ANGO_OUTBOX_WAITING : ANGO_OUTBOX_TRIED;
    case ANGO_LOG_DENIED:
        return ANGO_OUTBOX_TRIED;
    default:
        return ANGO_OUTBOX_PARKED;
    }
}

struct ango_outbox_slot *ango_log_find(const struct ango_outbox *outbox, uint32_t id)
{
    struct ango_outbox_slot *slot = outbox->config->slots;

    for (; slot < outbox->config->slots + outbox->len; slot++)
        if (slot->id == id)
            return slot;
    return NULL;
}

static int add(struct ango_outbox *o, uint32_t at)
{
    struct ango_outbox_slot *slot = &o->config->slots[o->len];

    if (o->len == o->config->slots_cap)
        return ANGO_E_SPACE;
    o->len++;
    memset(slot, 0, sizeof *slot);
    slot->id = o->record.number;
    slot->at = at;
    slot->state = o->record.state;
    return ANGO_OK;
}

static void change(struct ango_outbox *o, uint32_t at)
{
    const struct ango_outbox_record *record = &o->record;
    struct ango_outbox_slot *slot = ango_log_find(o, record->number);

    if (slot == NULL)
        return;
    if (record->state == ANGO_LOG_DONE) {
        o->len--;
        memmove(slot, slot + 1, (size_t)((char *)(o->config->slots + o->len) - (char *)slot));
        return;
    }
    slot->state = record->state;
    slot->absent = false;
    if (record->size > HEAD)
        slot->words = at;
    else if (ango_log_state(slot) != ANGO_OUTBOX_PARKED)
        slot->words = 0; /* else those stay that were said before */
}

/* Applies the record that is at `at` on the medium to the entries in RAM. ANGO_E_SPACE: there is no slot for it. */
static int take(struct ango_outbox *o, uint32_t at)
{
    const struct ango_outbox_record *record = &o->record;

    switch (record->type) {
    case SEAL:
        o->generation = record->number;
        o->next_id = record->extra;
        return ANGO_OK;
    case ENTRY:
        if (o->next_id <= record->number)
            o->next_id = record->number + 1;
        return add(o, at);
    case MARK:
        change(o, at);
        return ANGO_OK;
    default: /* of another version */
        return ANGO_OK;
    }
}

/* --- mount ---------------------------------------------------------------------------------------- */

static bool is_erased(struct ango_outbox *o, uint32_t at)
{
    const struct ango_storage *storage = o->config->storage;
    uint8_t *unit = (uint8_t *)&o->record;
    unsigned i;

    if (storage->read(storage->ctx, at, unit, storage->prog_size) != ANGO_OK)
        return false;
    for (i = 0; i < storage->prog_size; i++)
        if (unit[i] != storage->erased)
            return false;
    return true;
}

/* Makes an area the current one and reads it; the generation is 0 if it has no seal. ANGO_E_SPACE: not all have slots. */
static int load_area(struct ango_outbox *o, uint32_t start)
{
    uint32_t at = start;
    int result = ANGO_OK;

    o->start = start;
    o->generation = 0;
    o->len = 0;
    o->damaged = 0;
    while (at < start + o->half) {
        uint32_t size = o->config->storage->prog_size;
        bool erased = is_erased(o, at);
        bool valid = !erased && read_record(o, at);

        if (valid) {
            size = whole_units(o, o->record.size);
            if (take(o, at) != ANGO_OK)
                result = ANGO_E_SPACE;
        }
        if (!erased && !valid)
            o->damaged++;
        if (!erased)
            o->tail = at + size; /* mutant: outbox-tail */
        if (o->generation == 0)  /* it does not begin with a seal */
            return ANGO_E_DAMAGED;
        at += size;
    }
    return result;
}

static bool is_sound(const struct ango_outbox_config *config)
{
    const struct ango_storage *storage = config->storage;

    return storage != NULL && storage->read != NULL && storage->prog != NULL && storage->erase != NULL
        && storage->sync != NULL && config->slots != NULL && config->text != NULL
        && (storage->prog_size == 8 || storage->prog_size == 16 || storage->prog_size == 32)
        && storage->block_size % storage->prog_size == 0 && storage->block_count % 2 == 0
        && (uint64_t)storage->block_size * storage->block_count >= 512
        && (uint64_t)storage->block_size * storage->block_count <= UINT32_MAX;
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

/* Copies a record to the tail, or further on where a unit is bad. ANGO_E_DAMAGED: it can no longer be read. */
static int copy_record(struct ango_outbox *o, uint32_t at, char state)
{
    int err;

    do {
        if (!read_record(o, at))
            return ANGO_E_DAMAGED;
        if (whole_units(o, o->record.size) > o->start + o->half - o->tail)
            return ANGO_E_STORAGE; /* too much of it is bad */
        o->record.state = state;
        err = append(o);
    } while (err != ANGO_OK);
    return err;
}

/* Copies all entries to the tail. */
static int copy_entries(struct ango_outbox *o)
{
    const struct ango_outbox_slot *slot = o->config->slots;
    int result = ANGO_OK;

    for (; slot < o->config->slots + o->len; slot++) {
        int err = copy_record(o, slot->at, slot->state);

        if (err == ANGO_OK && slot->words != 0)
            err = copy_record(o, slot->words, slot->state);
        if (err == ANGO_E_STORAGE)
            return err;
        if (err != ANGO_OK)
            result = err;
    }
    return result;
}

/* Before the other area is erased: nothing in it must look newer, not even while that goes on. */
static int outrank(struct ango_outbox *o)
{
    begin(o, SEAL, 0, o->generation + 2, o->next_id);
    /* Without room for it, nothing has changed since the last one, or what looks newer says the same. */
    if (o->generation == 0 || whole_units(o, HEAD) > o->start + o->half - o->tail)
        return ANGO_OK;
    o->generation += 2;
    if (append(o) != ANGO_OK) /* mutant: outbox-not-outranked */
        return ANGO_E_STORAGE;
    return ango_log_sync(o);
}

/* Copies all entries to an erased area, and makes that the current one. */
static int move(struct ango_outbox *o, uint32_t other)
{
    int result, err;

    o->start = other;
    o->tail = other + whole_units(o, HEAD);
    result = copy_entries(o);
    err = result == ANGO_E_STORAGE ? result : ango_log_sync(o);
    if (err != ANGO_OK)
        return err;
    begin(o, SEAL, 0, o->generation + 1, o->next_id);
    err = write_record(o, other);
    return err == ANGO_OK ? result : err;
}

static int compact(struct ango_outbox *o)
{
    uint32_t start = o->start;
    uint32_t other = o->half - start;
    int result = outrank(o);

    if (result == ANGO_OK)
        result = erase_area(o, other); /* mutant: outbox-no-erase */
    if (result != ANGO_OK)
        return result;
    result = move(o, other);
    if (result == ANGO_E_STORAGE)
        other = start;
    (void)load_area(o, other);
    return ango_log_sync(o) == ANGO_OK ? result : ANGO_E_STORAGE;
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
        err = ango_log_sync(outbox);
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

int ango_log_mark(struct ango_outbox *outbox, uint32_t id, char state, const char *words)
{
    uint32_t at = outbox->tail;
    bool has_words = *words != '\0';
    int err = ANGO_OK;

    begin(outbox, MARK, state, id, 0);
    add_text(outbox, words, HEAD + ANGO_OUTBOX_WORDS_MAX);
    if (has_words && !fits(outbox, outbox->len)) { /* words must not take the room of what others will need */
        outbox->record.size = HEAD;
        has_words = false;
    }
    if (has_words || state != ANGO_LOG_DENIED) /* which need not be known after a cut without the words, either */
        err = fits(outbox, 0) ? append(outbox) : ANGO_E_FULL;
    return err == ANGO_OK ? take(outbox, at) : err;
}

static struct ango_outbox_slot *find_checked(const struct ango_outbox *o, uint32_t id)
{
    return o != NULL && o->generation != 0 ? ango_log_find(o, id) : NULL;
}

/* What is marked with it must not come back after a cut. */
static int mark_safely(struct ango_outbox *o, uint32_t id, char state)
{
    int err = ango_log_mark(o, id, state, "");

    return err == ANGO_OK ? ango_log_sync(o) : err;
}

int ango_outbox_remove(struct ango_outbox *outbox, uint32_t id)
{
    if (find_checked(outbox, id) == NULL)
        return ANGO_E_ARG;
    return mark_safely(outbox, id, ANGO_LOG_DONE);
}

int ango_outbox_retry(struct ango_outbox *outbox, uint32_t id)
{
    struct ango_outbox_slot *slot = find_checked(outbox, id);

    if (slot == NULL)
        return ANGO_E_ARG;
    slot->tries = 0;
    if (slot->state == ANGO_LOG_REFUSED)
        return mark_safely(outbox, id, ANGO_LOG_WAITING);
    if (slot->state == ANGO_LOG_DOUBTFUL)
        return mark_safely(outbox, id, ANGO_LOG_TRIED);
    return ANGO_OK;
}

/* --- put ------------------------------------------------------------------------------------------ */

/* Whether an invitation can carry it: ANGO_OK, or what ango_outbox_put returns. */
static int check_entry(const struct ango_outbox_entry *entry)
{
    struct ango_request q;

    memset(&q, 0, sizeof q); /* it has no buffer, so nothing is written, from the quote on */
    ango_write_string(&q, "\"", entry->to, ANGO_E_EMAIL);
    if (*entry->project_id != '\0')
        ango_write_string(&q, "\"", entry->project_id, ANGO_E_ID);
    if (ango_organization_role_text(entry->organization_role) == NULL
        || (*entry->project_id != '\0' && ango_project_role_text(entry->project_role) == NULL))
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

/* One that is too long makes the record longer than ENTRY_MAX. */
static void add_field(struct ango_outbox *o, const char *text)
{
    add_text(o, text, ENTRY_MAX);
    o->record.text[o->record.size++ - HEAD] = '\0';
}

/* Takes an entry that was not promised off the medium: it may be put in again, and must not be sent as well. */
static int drop_ghost(struct ango_outbox *o)
{
    int err = ANGO_OK;

    if (o->ghost != 0)
        err = mark_safely(o, o->ghost, ANGO_LOG_DONE); /* mutant: outbox-ghost */
    if (err == ANGO_OK)
        o->ghost = 0;
    return err;
}

static int write_entry(struct ango_outbox *o, const struct ango_outbox_entry *entry)
{
    int err = drop_ghost(o); /* mutant: outbox-two-ghosts */
    uint32_t id = o->next_id;
    uint32_t at = o->tail;

    if (err != ANGO_OK)
        return err;
    begin(o, ENTRY, ANGO_LOG_WAITING, id, entry->time);
    o->record.text[0] = (char)(0x40 | (unsigned)entry->organization_role << 3 | (unsigned)entry->project_role);
    o->record.size++;
    add_field(o, entry->to);
    add_field(o, entry->project_id);
    if (o->record.size - HEAD - 1 > o->config->text_cap)
        return ANGO_E_SPACE;
    add_field(o, entry->note);
    if (o->record.size > ENTRY_MAX)
        return ANGO_E_SPACE;
    if (o->len == o->config->slots_cap || id > NUMBER_MAX || !fits(o, o->len + 1))
        return ANGO_E_FULL;
    o->next_id++;
    err = append(o);
    if (err == ANGO_OK)
        err = ango_log_sync(o); /* mutant: outbox-no-sync */
    if (err == ANGO_OK)
        return take(o, at);
    o->ghost = id;
    (void)drop_ghost(o); /* if the medium fails once more: before the next one is put in */
    return err;
}

int ango_outbox_put(struct ango_outbox *outbox, const struct ango_outbox_entry *entry, uint32_t *id)
{
    const struct ango_outbox_slot *slot;
    struct ango_outbox_entry whole;
    int err;

    if (outbox == NULL || outbox->generation == 0 || entry == NULL)
        return ANGO_E_ARG;
    whole = *entry;
    if (whole.note == NULL)
        whole.note = "";
    if (whole.project_id == NULL)
        whole.project_id = "";
    if (*whole.project_id == '\0')
        whole.project_role = (enum ango_project_role)0; /* whatever it was */
    err = check_entry(&whole);
    if (err != ANGO_OK)
        return err;
    slot = find_entry(outbox, &whole);
    if (slot == NULL) {
        slot = outbox->config->slots + outbox->len;
        err = write_entry(outbox, &whole);
    }
    if (id != NULL && err == ANGO_OK)
        *id = slot->id;
    return err;
}

/* --- reading -------------------------------------------------------------------------------------- */

int ango_log_load(struct ango_outbox *outbox, const struct ango_outbox_slot *slot, struct ango_outbox_entry *entry)
{
    const struct ango_outbox_record *record = &outbox->record;
    const char *text = record->text;

    if (!read_record(outbox, slot->at) || record->type != ENTRY || text[1] == '\0')
        return ANGO_E_DAMAGED;
    entry->organization_role = (enum ango_organization_role)(*text >> 3 & 7);
    entry->project_role = (enum ango_project_role)(*text & 7);
    entry->time = record->extra;
    entry->to = text + 1;
    entry->project_id = entry->to + strlen(entry->to) + 1;
    entry->note = entry->project_id + strlen(entry->project_id) + 1;
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
    item->state = ango_log_state(slot);
    return ango_log_load(outbox, slot, &item->entry);
}

const char *ango_log_words(struct ango_outbox *outbox, uint32_t at)
{
    return at != 0 && read_record(outbox, at) && outbox->record.type == MARK ? outbox->record.text : "";
}

const char *ango_outbox_words(struct ango_outbox *outbox, uint32_t id)
{
    const struct ango_outbox_slot *slot = find_checked(outbox, id);

    return slot != NULL ? ango_log_words(outbox, slot->words) : "";
}
