/* The log of the outbox: what is where on the medium, and how that outlasts a cut at any moment. */
#include "outbox_log.h"

#include <string.h>

#include "request.h"
#include "text.h"

/*
 * Two areas, each one half of the blocks; the one with the valid seal of the higher generation is current. A seal, and then records,
 * each of which begins a unit:
 *
 *   START sum type fields END padding
 *
 *   type     fields                                                   meaning
 *   S        generation, next number                                  first: the seal of the area, all that follows is whole;
 *                                                                     later: it has a higher generation now
 *   P        number, state, roles, time, address SEPARATOR            an entry
 *            project SEPARATOR note SEPARATOR
 *   W T D    number                                                   this one waits, was tried, is done or removed
 *   R X U    number, then perhaps SEPARATOR words                     the server said something else; parked
 *
 * Numbers are written 6 bits a byte, 0x40 to 0x7F; all else is text without control characters, or filtered. So no byte of a record
 * is 0x00 or 0xFF: what was programmed, even in part, is never taken for erased. And START is nowhere within a record: no text
 * can pass itself off as one. The sum counts in the position. An area is erased whole before anything is copied there.
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
 *   R, X, U or W is being written    it was tried: looked up; or parked, as before
 *   the other area is erased,        the current area, which was not touched; the other one has no seal, or, half erased,
 *   or copied to                     its own of a lower generation
 *   the seal is being written        this or that area: both say the same
 *   that area is erased again        the current one: a seal that could not be read may be readable half erased, so that S
 *                                    raises the current area above it first
 *   the area left is wiped           the new one
 */
enum { START = 0x1D, END, SEPARATOR };

#define DIGITS 6u /* of a number */
/* Offsets within a record. */
#define SUM_AT 1u
#define TYPE_AT (SUM_AT + DIGITS)
#define FIELDS_AT (TYPE_AT + 1)
#define STATE_AT (FIELDS_AT + DIGITS) /* of an entry; where a record of one number ends */
#define ROLES_AT (STATE_AT + 1)
#define TIME_AT (ROLES_AT + 1)
#define TO_AT (TIME_AT + DIGITS)

/* --- numbers -------------------------------------------------------------------------------------- */

static uint32_t get_number(const char *from)
{
    uint32_t number = 0;
    unsigned i;

    for (i = 0; i < DIGITS; i++)
        number = number << 6 | (from[i] & 0x3F);
    return number;
}

/* Returns what follows it. */
static char *put_number(char *to, uint32_t number)
{
    unsigned i;

    for (i = DIGITS; i > 0; number >>= 6)
        to[--i] = (char)(0x40 | (number & 0x3F));
    return to + DIGITS;
}

/* --- records on the medium ------------------------------------------------------------------------ */

/* Bytes on the medium of the record whose END goes to `end`, padding included. */
static uint32_t size_of(const struct ango_outbox *o, const char *end)
{
    uint32_t unit = o->config->storage->prog_size;

    return ((uint32_t)(end - o->record) + unit) & ~(unit - 1);
}

/* FNV-1a, as ango_hash: notices each single byte that is wrong, and of all other damage all but one in 2^32. */
static uint32_t sum_of(const struct ango_outbox *o, const char *end, uint32_t at)
{
    uint32_t sum = ~at;
    const char *p;

    for (p = o->record + TYPE_AT; p < end; p++)
        sum = (sum ^ (unsigned char)*p) * 16777619u;
    return sum;
}

/* Reads a record; returns where its END was, which becomes a NUL, or NULL: it is not valid. */
static char *read_record(struct ango_outbox *o, uint32_t at)
{
    const struct ango_storage *storage = o->config->storage;
    char *p = o->record;
    char *end;

    do {
        if (p == o->record + sizeof o->record || at + (uint32_t)(p - o->record) >= 2 * o->half
            || storage->read(storage->ctx, at + (uint32_t)(p - o->record), (uint8_t *)p, storage->prog_size) != ANGO_OK)
            return NULL;
        end = (char *)memchr(p, END, storage->prog_size);
        p += storage->prog_size;
    } while (o->record[0] == START && end == NULL);
    if (end == NULL || end < o->record + FIELDS_AT)
        return NULL;
    if (get_number(o->record + SUM_AT) != sum_of(o, end, at)) /* mutant: outbox-any-sum */
        return NULL;
    *end = '\0';
    return end;
}

/* Programs a record that ends before `end`, and reads it back: what counts is what a mount will find. */
static int write_record(struct ango_outbox *o, char *end, uint32_t at)
{
    const struct ango_storage *storage = o->config->storage;
    uint32_t size = size_of(o, end);
    uint32_t done;

    o->record[0] = START;
    (void)put_number(o->record + SUM_AT, sum_of(o, end, at));
    memset(end, '\n', size - (size_t)(end - o->record));
    *end = END;
    for (done = 0; done < size; done += storage->prog_size)
        (void)storage->prog(storage->ctx, at + done, (const uint8_t *)o->record + done, storage->prog_size);
    return read_record(o, at) != NULL ? ANGO_OK : ANGO_E_STORAGE; /* mutant: outbox-no-read-back */
}

int ango_log_sync(const struct ango_outbox *outbox)
{
    const struct ango_storage *storage = outbox->config->storage;

    return storage->sync(storage->ctx) == ANGO_OK ? ANGO_OK : ANGO_E_STORAGE;
}

/* Returns where the fields go. */
static char *begin(struct ango_outbox *o, char type)
{
    o->record[TYPE_AT] = type;
    return o->record + FIELDS_AT;
}

/* Makes a seal; returns its end. */
static char *make_seal(struct ango_outbox *o, uint32_t generation)
{
    return put_number(put_number(begin(o, 'S'), generation), o->next_id);
}

/* Whether a record fits, and leaves room for two records of each of so many entries, which is tried, and then done or parked,
   and for a seal. */
static bool fits(const struct ango_outbox *o, const char *end, size_t entries)
{
    size_t reserve = (entries + 1) * 2 * size_of(o, o->record + STATE_AT);

    return size_of(o, end) + reserve <= o->start + o->half - o->tail; /* mutant: outbox-no-reserve */
}

/* Writes a record that fits at the tail. */
static int append(struct ango_outbox *o, char *end)
{
    uint32_t at = o->tail;

    o->tail += size_of(o, end);
    return write_record(o, end, at);
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
    slot->words = at;
    slot->absent = false;
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
static int take(struct ango_outbox *o, uint32_t at)
{
    char type = o->record[TYPE_AT];
    const char *p = o->record + FIELDS_AT;
    uint32_t number = get_number(p);

    switch (type) {
    case 'S':
        o->generation = number;
        o->next_id = get_number(p + DIGITS);
        return ANGO_OK;
    case 'P':
        if (o->next_id <= number)
            o->next_id = number + 1;
        return add_slot(o, number, o->record[STATE_AT], at);
    default:
        set_state(o, number, type, o->record[STATE_AT] == SEPARATOR ? at : 0);
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

        if (!is_erased(o, at)) {
            const char *end = read_record(o, at);

            if (end == NULL)
                o->damaged++;
            else
                size = size_of(o, end);
            if (end != NULL && take(o, at) != ANGO_OK)
                result = ANGO_E_SPACE;
            o->tail = at + size; /* mutant: outbox-tail */
        }
        if (o->generation == 0) /* it does not begin with a seal */
            return ANGO_E_DAMAGED;
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
static int copy_entries(struct ango_outbox *o, uint32_t limit)
{
    const struct ango_outbox_slot *slot = o->config->slots;
    int result = ANGO_OK;

    for (; slot < o->config->slots + o->len; slot++) {
        int err = copy_record(o, slot->at, slot->state, limit);

        /* Without its words it is still what it was. */
        if (err == ANGO_OK && slot->words != 0 && copy_record(o, slot->words, slot->state, limit) == ANGO_E_STORAGE)
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
    int err = ango_log_sync(o);

    if (err == ANGO_OK)
        err = write_record(o, make_seal(o, o->generation + 1), other);
    if (err != ANGO_OK)
        return err;
    (void)load_area(o, other); /* even if the seal is not safe yet: the medium shows it */
    return ango_log_sync(o);
}

/* Before the other area is erased: nothing in it must look newer, not even while that goes on. */
static int outrank(struct ango_outbox *o)
{
    char *end = make_seal(o, o->generation + 2);

    /* Without room for it, nothing has changed since the last one, or what looks newer says the same. */
    if (o->generation == 0 || size_of(o, end) > o->start + o->half - o->tail)
        return ANGO_OK;
    o->generation += 2;
    if (append(o, end) != ANGO_OK) /* mutant: outbox-not-outranked */
        return ANGO_E_STORAGE;
    return ango_log_sync(o);
}

static int compact(struct ango_outbox *o)
{
    uint32_t other = o->half - o->start;
    int err = outrank(o);
    uint32_t tail = o->tail;
    int result;

    if (err == ANGO_OK)
        err = erase_area(o, other); /* mutant: outbox-no-erase */
    if (err != ANGO_OK)
        return err;
    o->tail = other + size_of(o, make_seal(o, 0));
    result = copy_entries(o, other + o->half);
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

int ango_log_mark(struct ango_outbox *outbox, uint32_t id, char state, const char *words)
{
    uint32_t at = outbox->tail;
    char *end = put_number(begin(outbox, state), id);
    char *whole = put_words(end, words);
    int err = ANGO_OK;

    /* Words must not take the room of what others will need. */
    if (*words != '\0' && fits(outbox, whole, outbox->len))
        end = whole;
    else
        at = 0;
    if (at != 0 || state != ANGO_LOG_DENIED) /* which need not be known after a cut without the words, either */
        err = fits(outbox, end, 0) ? append(outbox, end) : ANGO_E_FULL;
    if (err == ANGO_OK)
        set_state(outbox, id, state, at);
    return err;
}

static struct ango_outbox_slot *find_checked(const struct ango_outbox *o, uint32_t id)
{
    return o != NULL && o->generation != 0 ? ango_log_find(o, id) : NULL;
}

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
    if (ango_log_state(slot) != ANGO_OUTBOX_PARKED)
        return ANGO_OK;
    return mark_safely(outbox, id, slot->state == ANGO_LOG_REFUSED ? ANGO_LOG_WAITING : ANGO_LOG_TRIED);
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

static char *put_text(char *to, const char *text)
{
    while (*text != '\0')
        *to++ = *text++;
    *to = SEPARATOR;
    return to + 1;
}

static int write_entry(struct ango_outbox *o, const struct ango_outbox_entry *entry)
{
    uint32_t id = o->next_id;
    uint32_t at = o->tail;
    char *end = put_number(begin(o, 'P'), id);
    int err;

    *end++ = ANGO_LOG_WAITING;
    *end++ = (char)(0x40 | (unsigned)entry->organization_role << 3 | (unsigned)entry->project_role);
    end = put_number(end, entry->time);
    end = put_text(put_text(put_text(end, entry->to), entry->project_id), entry->note);
    if (o->len == o->config->slots_cap || id == 0 || !fits(o, end, o->len + 1))
        return ANGO_E_FULL;
    o->next_id++;
    err = append(o, end);
    if (err == ANGO_OK)
        err = ango_log_sync(o); /* mutant: outbox-no-sync */
    if (err == ANGO_OK)
        return add_slot(o, id, ANGO_LOG_WAITING, at);
    /* It is not promised, and may be put in again: what is there of it must not be sent. */
    (void)mark_safely(o, id, ANGO_LOG_DONE); /* mutant: outbox-ghost */
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
    if (*whole.project_id == '\0')
        whole.project_role = (enum ango_project_role)0; /* whatever it was */
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

    if (end == NULL || end <= record + TO_AT || record[TYPE_AT] != 'P')
        return ANGO_E_DAMAGED;
    project = cut(record + TO_AT);
    note = cut(project);
    (void)cut(note);
    entry->to = record + TO_AT;
    entry->organization_role = (enum ango_organization_role)(record[ROLES_AT] >> 3 & 7);
    entry->project_id = project;
    entry->project_role = (enum ango_project_role)(record[ROLES_AT] & 7);
    entry->time = get_number(record + TIME_AT);
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
    item->state = ango_log_state(slot);
    return ango_log_load(outbox, slot, &item->entry);
}

const char *ango_log_words(struct ango_outbox *outbox, uint32_t at)
{
    const char *words = outbox->record + STATE_AT;

    return at != 0 && read_record(outbox, at) != NULL && *words == SEPARATOR ? words + 1 : "";
}

const char *ango_outbox_words(struct ango_outbox *outbox, uint32_t id)
{
    const struct ango_outbox_slot *slot = find_checked(outbox, id);

    return slot != NULL ? ango_log_words(outbox, slot->words) : "";
}
