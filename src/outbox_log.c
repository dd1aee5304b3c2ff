/* The log of the outbox: what is where on the medium, and how that outlasts a cut at any moment. */
#include "outbox_log.h"

#include <string.h>

#include "request.h"
#include "text.h"

/*
 * Two areas, each one half of the blocks; the one with the valid seal of the higher generation is current. A seal, and then records,
 * each of which begins a unit:
 *
 *   START type fields END crc padding
 *
 *   type    fields                                                    meaning
 *   S       generation, next number                                   the seal of the area: all that follows is whole
 *   P       number, state, two roles, time, address SEPARATOR         an entry
 *           project SEPARATOR note
 *   W T D   number ...                                                these wait, were tried, are done or removed
 *   X U     number ..., then perhaps SEPARATOR words                  these are parked
 *
 * Numbers are written 6 bits a byte, 0x40 to 0x7F; all else is text without control characters, or filtered. So no byte of a record
 * is 0x00 or 0xFF: what was programmed, even in part, is never taken for erased. And START is nowhere within a record: no text
 * can pass itself off as one. The CRC counts in the position and the generation of the area: what an older one has left behind is
 * not valid.
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
 *   the area left is wiped           the new one
 */
enum { START = 0x1D, END, SEPARATOR };

#define ID_LEN 5u                 /* digits of a number or a generation, 30 bits */
#define WORD_LEN 6u               /* of 32 bits */
#define FRAME_LEN (3u + WORD_LEN) /* of a record, besides its fields */
#define ID_MAX 0x3FFFFFFFu
#define STATE_AT (2u + ID_LEN) /* in a record of an entry */
#define ROLES_LEN 2u
#define UNIT_MAX 32u

/* --- bytes ---------------------------------------------------------------------------------------- */

/* A record on its way in or out. */
struct stream {
    const struct ango_storage *storage;
    uint32_t begin;
    uint32_t at;
    uint32_t end; /* of the area */
    uint32_t crc; /* so far */
    uint8_t unit[UNIT_MAX];
};

static void open(struct stream *s, const struct ango_outbox *o, uint32_t at, uint32_t generation)
{
    s->storage = o->config->storage;
    s->begin = at;
    s->at = at;
    s->end = at < o->half ? o->half : 2 * o->half;
    s->crc = ~(at + generation * 2654435761u);
}

static uint32_t next_unit(const struct ango_outbox *o, uint32_t at)
{
    uint32_t unit = o->config->storage->prog_size;

    return (at + unit - 1) & ~(unit - 1);
}

/* CRC-32 of ISO-HDLC, bit by bit: a table is not worth its flash here. */
static void add_to_crc(struct stream *s, unsigned byte)
{
    unsigned bit;

    s->crc ^= byte;
    for (bit = 0; bit < 8; bit++)
        s->crc = s->crc >> 1 ^ ((s->crc & 1) != 0 ? 0xEDB88320u : 0);
}

/* The next byte, or -1: it cannot be read. */
static int get(struct stream *s)
{
    const struct ango_storage *storage = s->storage;
    uint32_t offset = s->at & (storage->prog_size - 1u);

    if (s->at == s->end || (offset == 0 && storage->read(storage->ctx, s->at, s->unit, storage->prog_size) != ANGO_OK))
        return -1;
    s->at++;
    return s->unit[offset];
}

/* Whether it was written is for check() to find out. */
static void put(struct stream *s, unsigned byte)
{
    const struct ango_storage *storage = s->storage;
    uint32_t offset = s->at & (storage->prog_size - 1u);

    if (s->at == s->end)
        return;
    s->unit[offset] = (uint8_t)byte;
    s->at++;
    add_to_crc(s, byte);
    if (offset == storage->prog_size - 1u)
        (void)storage->prog(storage->ctx, s->at - storage->prog_size, s->unit, storage->prog_size);
}

static uint32_t get_number(struct stream *s, unsigned digits)
{
    uint32_t number = 0;

    while (digits-- > 0)
        number = number << 6 | ((unsigned)get(s) & 0x3F);
    return number;
}

static void skip(struct stream *s, unsigned bytes)
{
    (void)get_number(s, bytes);
}

static void put_number(struct stream *s, uint32_t number, unsigned digits)
{
    while (digits-- > 0)
        put(s, 0x40 | (number >> 6 * digits & 0x3F));
}

static void put_text(struct stream *s, const char *text)
{
    for (; *text != '\0'; text++)
        put(s, (unsigned char)*text);
    put(s, SEPARATOR);
}

/* Reads a text to *at, up to `end`; NULL if there is not enough room. */
static const char *get_text(struct stream *s, char **at, const char *end)
{
    const char *text = *at;

    while (*at < end) {
        int c = get(s);

        *(*at)++ = (char)(c > SEPARATOR ? c : '\0');
        if (c <= SEPARATOR)
            return text;
    }
    return NULL;
}

/* --- records -------------------------------------------------------------------------------------- */

/*
 * Reads the record that begins here to its end: its type, or 0 if it is not valid. Meanwhile it is copied, if `copy` is not NULL,
 * and if it is that of an entry, with that state.
 */
static char check(struct stream *s, struct stream *copy, char state)
{
    char type = '\0';
    uint32_t i;
    int c;

    for (i = 0; (c = get(s)) != END; i++) {
        if (i == 0 ? c != START : c < SEPARATOR || c == 0xFF)
            return '\0';
        add_to_crc(s, (unsigned)c);
        if (i == 1)
            type = (char)c;
        if (copy != NULL)
            put(copy, type == 'P' && i == STATE_AT ? (unsigned char)state : (unsigned)c);
    }
    return get_number(s, WORD_LEN) == s->crc ? type : '\0'; /* mutant: outbox-any-crc */
}

/* Opens a record behind its type, which is returned; 0 if it is not valid. */
static char open_checked(struct stream *s, const struct ango_outbox *o, uint32_t at, uint32_t generation)
{
    char type;

    open(s, o, at, generation);
    type = check(s, NULL, '\0');
    open(s, o, at, generation);
    skip(s, 2);
    return type;
}

static void begin(struct stream *s, char type)
{
    put(s, START);
    put(s, (unsigned char)type);
}

/* Ends a record and reads it back: what counts is what a mount will find. */
static int end(struct stream *s, const struct ango_outbox *o, uint32_t generation)
{
    uint32_t crc = s->crc;
    struct stream back;

    put(s, END);
    put_number(s, crc, WORD_LEN);
    while (s->at < next_unit(o, s->at))
        put(s, '\n');
    return open_checked(&back, o, s->begin, generation) != '\0' ? ANGO_OK
                                                                : ANGO_E_STORAGE; /* mutant: outbox-no-read-back */
}

static int sync(const struct ango_outbox *o)
{
    const struct ango_storage *storage = o->config->storage;

    return storage->sync(storage->ctx) == ANGO_OK ? ANGO_OK : ANGO_E_STORAGE;
}

/* Begins a record at the tail; false if it would leave less than `reserve` bytes. */
static bool append(struct ango_outbox *o, struct stream *s, char type, size_t fields_len, size_t reserve)
{
    uint32_t room = o->start + o->half - o->tail;

    if (next_unit(o, (uint32_t)(FRAME_LEN + fields_len)) + reserve > room) /* mutant: outbox-no-reserve */
        return false;
    open(s, o, o->tail, o->generation);
    begin(s, type);
    return true;
}

static int end_append(struct ango_outbox *o, struct stream *s)
{
    int err = end(s, o, o->generation);

    o->tail = s->at;
    return err;
}

/* What will become of so many entries: each is tried, and then done or parked. */
static size_t reserve_for(const struct ango_outbox *o, size_t entries)
{
    return entries * 2 * next_unit(o, FRAME_LEN + ID_LEN);
}

/* --- entries in RAM ------------------------------------------------------------------------------- */

struct ango_outbox_slot *ango_log_find(const struct ango_outbox *outbox, uint32_t id)
{
    size_t i;

    for (i = 0; i < outbox->len; i++)
        if (outbox->config->slots[i].id == id)
            return &outbox->config->slots[i];
    return NULL;
}

static void set_state(struct ango_outbox *o, uint32_t id, char state, uint32_t at)
{
    struct ango_outbox_slot *slot = ango_log_find(o, id);

    if (slot == NULL)
        return;
    if (state == ANGO_LOG_DONE) {
        o->len--;
        memmove(slot, slot + 1, (size_t)(o->config->slots + o->len - slot) * sizeof *slot);
        return;
    }
    slot->state = state;
    if (ango_log_is_parked(state))
        slot->since = at;
}

static int add_slot(struct ango_outbox *o, uint32_t id, char state, uint32_t at)
{
    struct ango_outbox_slot *slot;

    if (o->len == o->config->slots_cap)
        return ANGO_E_SPACE;
    slot = &o->config->slots[o->len++];
    memset(slot, 0, sizeof *slot);
    slot->id = id;
    slot->at = at;
    slot->state = state;
    if (o->next_id <= id)
        o->next_id = id + 1;
    return ANGO_OK;
}

/* --- mount ---------------------------------------------------------------------------------------- */

/* Takes the record at `at` into account. */
static int take(struct ango_outbox *o, char type, uint32_t at)
{
    struct stream s;
    uint32_t id;
    int c;

    (void)open_checked(&s, o, at, o->generation);
    if (type == 'P') {
        id = get_number(&s, ID_LEN);
        return add_slot(o, id, (char)get(&s), at);
    }
    for (;;) {
        c = get(&s);
        if (c <= SEPARATOR)
            return ANGO_OK;
        id = ((unsigned)c & 0x3F) << 24 | get_number(&s, ID_LEN - 1);
        set_state(o, id, type, at);
    }
}

static bool is_erased(const struct stream *s)
{
    uint32_t i;

    if (s->at != s->begin + 1)
        return false; /* it could not be read, or began as a record does */
    for (i = 0; i < s->storage->prog_size; i++)
        if (s->unit[i] != s->storage->erased)
            return false;
    return true;
}

static uint32_t first_record(const struct ango_outbox *o, uint32_t start)
{
    return start + next_unit(o, FRAME_LEN + 2 * ID_LEN);
}

/* Reads the current area. */
static int scan(struct ango_outbox *o)
{
    int result = ANGO_OK;
    struct stream s;
    uint32_t at;

    o->len = 0;
    o->damaged = 0;
    o->tail = first_record(o, o->start);
    for (at = o->tail, s.end = at + 1; at < s.end;) {
        char type;

        open(&s, o, at, o->generation);
        type = check(&s, NULL, '\0');
        at = type != '\0' ? next_unit(o, s.at) : at + s.storage->prog_size;
        if (type == '\0' && is_erased(&s))
            continue;
        o->tail = at; /* mutant: outbox-tail */
        if (type == '\0')
            o->damaged++;
        else if (take(o, type, s.begin) != ANGO_OK)
            result = ANGO_E_SPACE;
    }
    return result;
}

static bool is_sound(const struct ango_outbox_config *config)
{
    const struct ango_storage *storage = config->storage;

    return storage != NULL && config->slots != NULL && config->text != NULL
        && (storage->prog_size == 8 || storage->prog_size == 16 || storage->prog_size == UNIT_MAX)
        && storage->block_size % storage->prog_size == 0 && storage->block_count % 2 == 0
        && (uint64_t)storage->block_size * storage->block_count >= 512
        && (uint64_t)storage->block_size * storage->block_count <= UINT32_MAX;
}

int ango_outbox_mount(struct ango_outbox *outbox, const struct ango_outbox_config *config)
{
    struct stream s;
    uint32_t start;

    if (outbox == NULL || config == NULL || !is_sound(config))
        return ANGO_E_ARG;
    memset(outbox, 0, sizeof *outbox);
    outbox->config = config;
    outbox->half = config->storage->block_size * (config->storage->block_count / 2);
    outbox->most = ANGO_OUTBOX_BATCH;
    outbox->next_id = 1;
    for (start = 0; start <= outbox->half; start += outbox->half) {
        uint32_t generation;

        if (open_checked(&s, outbox, start, 0) != 'S')
            continue;
        generation = get_number(&s, ID_LEN);
        if (generation <= outbox->generation) /* mutant: outbox-older-area */
            continue;
        outbox->generation = generation;
        outbox->next_id = get_number(&s, ID_LEN);
        outbox->start = start;
    }
    return outbox->generation == 0 ? ANGO_E_DAMAGED : scan(outbox);
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

/* The slot of the entry whose record, or whose words, are here, or NULL: it is not to be kept. */
static const struct ango_outbox_slot *slot_at(const struct ango_outbox *o, uint32_t at)
{
    const struct ango_outbox_slot *slot = o->config->slots;

    for (; slot < o->config->slots + o->len; slot++)
        if (slot->at == at || (slot->since == at && ango_log_is_parked(slot->state)))
            return slot;
    return NULL;
}

/*
 * Copies the record at `from` to *to, or further on where a unit is bad. ANGO_E_DAMAGED: it can no longer be read. *from and *to
 * move on.
 */
static int copy_record(const struct ango_outbox *o, uint32_t *from, uint32_t *to)
{
    const struct ango_outbox_slot *slot = slot_at(o, *from);
    char state = slot == NULL || slot->state == ANGO_LOG_ABSENT ? ANGO_LOG_WAITING
                                                                : slot->state; /* mutant: outbox-absent-copied */
    struct stream s, copy;
    int err = ANGO_OK;
    char type;

    do {
        open(&s, o, *from, o->generation);
        open(&copy, o, *to, o->generation + 1);
        if (*to == 2 * o->half - o->start)
            copy.end = *to; /* too much of the area is bad */
        type = check(&s, slot != NULL ? &copy : NULL, state);
        if (slot != NULL && *to == copy.end)
            return ANGO_E_STORAGE;
        if (slot != NULL)
            err = type != '\0' ? end(&copy, o, o->generation + 1) : ANGO_E_DAMAGED;
        *to = next_unit(o, copy.at);
    } while (err == ANGO_E_STORAGE);
    *from = type != '\0' ? next_unit(o, s.at) : *from + s.storage->prog_size;
    return err;
}

/* Makes the other area the current one. */
static int seal(struct ango_outbox *o, uint32_t start)
{
    struct stream s;
    int err = sync(o);

    if (err != ANGO_OK)
        return err;
    open(&s, o, start, 0);
    begin(&s, 'S');
    put_number(&s, o->generation + 1, ID_LEN);
    put_number(&s, o->next_id, ID_LEN);
    err = end(&s, o, 0);
    if (err != ANGO_OK)
        return err;
    o->start = start;
    o->generation++;
    (void)scan(o); /* even if the seal is not safe yet: the medium shows it */
    return sync(o);
}

/* Copies what lies between the first record and the tail, as far as it is alive. */
static int compact(struct ango_outbox *o)
{
    uint32_t other = o->half - o->start;
    uint32_t from = first_record(o, o->start);
    uint32_t to = first_record(o, other);
    int result = ANGO_OK;
    int err = erase_area(o, other); /* mutant: outbox-no-erase */

    while (err == ANGO_OK && from < o->tail) {
        err = copy_record(o, &from, &to);
        if (err == ANGO_E_DAMAGED) {
            result = err;
            err = ANGO_OK;
        }
    }
    if (err == ANGO_OK)
        err = seal(o, other);
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
    int err = ango_outbox_mount(outbox, config);

    if (err == ANGO_E_ARG)
        return err;
    if (err == ANGO_E_DAMAGED) { /* what is there must not look like an area once more */
        outbox->start = outbox->half;
        err = erase_area(outbox, outbox->start);
        if (err != ANGO_OK)
            return err;
    }
    outbox->len = 0;
    outbox->tail = 0;
    return compact(outbox);
}

/* --- changes -------------------------------------------------------------------------------------- */

/* Whether the medium does not say so of each of them. */
static bool is_news(const struct ango_outbox *o, char state, const uint32_t *ids, size_t ids_len)
{
    for (; ids_len > 0; ids_len--, ids++) {
        const struct ango_outbox_slot *slot = ango_log_find(o, *ids);

        if (state != ANGO_LOG_TRIED
            || (slot != NULL && slot->state != ANGO_LOG_TRIED && slot->state != ANGO_LOG_ABSENT))
            return true;
    }
    return false;
}

static int write_mark(struct ango_outbox *o, char state, const uint32_t *ids, size_t ids_len, const char *words)
{
    size_t words_len = strlen(words);
    struct stream s;
    int err;

    if (words_len > ANGO_OUTBOX_WORDS_MAX)
        words_len = ANGO_OUTBOX_WORDS_MAX;
    /* Words must not take the room of what others will need. */
    if (!append(o, &s, state, ids_len * ID_LEN + 1 + words_len, reserve_for(o, o->len))) {
        words_len = 0;
        if (!append(o, &s, state, ids_len * ID_LEN, 0))
            return ANGO_E_FULL;
    }
    for (; ids_len > 0; ids_len--)
        put_number(&s, *ids++, ID_LEN);
    if (words_len > 0)
        put(&s, SEPARATOR);
    for (; words_len > 0; words_len--, words++)
        put(&s, (unsigned char)*words < ' ' || (unsigned char)*words == 0xFF ? '?' : (unsigned char)*words);
    err = end_append(o, &s);
    return err == ANGO_OK ? sync(o) : err; /* mutant: outbox-mark-not-safe */
}

int ango_log_mark(struct ango_outbox *outbox, char state, const uint32_t *ids, size_t ids_len, const char *words)
{
    uint32_t at = outbox->tail;
    int err = ANGO_OK;

    if (is_news(outbox, state, ids, ids_len))
        err = write_mark(outbox, state, ids, ids_len, words);
    for (; err == ANGO_OK && ids_len > 0; ids_len--)
        set_state(outbox, *ids++, state, at);
    return err;
}

static int drop(struct ango_outbox *o, uint32_t id)
{
    return ango_log_mark(o, ANGO_LOG_DONE, &id, 1, "");
}

int ango_outbox_remove(struct ango_outbox *outbox, uint32_t id)
{
    if (outbox == NULL || outbox->generation == 0 || ango_log_find(outbox, id) == NULL)
        return ANGO_E_ARG;
    return drop(outbox, id);
}

int ango_outbox_retry(struct ango_outbox *outbox, uint32_t id)
{
    struct ango_outbox_slot *slot;

    if (outbox == NULL || outbox->generation == 0)
        return ANGO_E_ARG;
    slot = ango_log_find(outbox, id);
    if (slot == NULL)
        return ANGO_E_ARG;
    slot->tries = 0;
    outbox->next_ms = 0;
    if (!ango_log_is_parked(slot->state))
        return ANGO_OK;
    return ango_log_mark(outbox, slot->state == ANGO_LOG_REFUSED ? ANGO_LOG_WAITING : ANGO_LOG_TRIED, &id, 1, "");
}

/* --- put ------------------------------------------------------------------------------------------ */

/* Whether a request can carry it. */
static int check_entry(const struct ango_outbox_entry *entry)
{
    struct ango_request q;

    memset(&q, 0, sizeof q);
    q.body = 1;
    ango_write_string(&q, "\"", entry->to, ANGO_E_EMAIL);
    ango_write_string(&q, "\"", ango_organization_role_text(entry->organization_role), ANGO_E_ARG);
    if (*entry->project_id != '\0') {
        ango_write_string(&q, "\"", entry->project_id, ANGO_E_ID);
        ango_write_string(&q, "\"", ango_project_role_text(entry->project_role), ANGO_E_ARG);
    }
    if (*entry->note != '\0')
        ango_write_string(&q, "\"", entry->note, ANGO_E_ARG);
    return q.err;
}

/* Whether the next field is the text, which is moved on; of letters the small form is compared if `fold`. */
static bool field_is(struct stream *s, const char *text, bool fold)
{
    for (;; text++) {
        int c = get(s);

        if (c <= SEPARATOR)
            return *text == '\0';
        if ((char)c != *text && !(fold && ango_lower((char)c) == ango_lower(*text)))
            return false;
    }
}

static const struct ango_outbox_slot *find_entry(const struct ango_outbox *o, const struct ango_outbox_entry *entry)
{
    const struct ango_outbox_slot *slot = o->config->slots;
    struct stream s;

    for (; slot < o->config->slots + o->len; slot++) {
        open(&s, o, slot->at, o->generation);
        skip(&s, STATE_AT + 1 + ROLES_LEN + WORD_LEN);
        if (field_is(&s, entry->to, true) && field_is(&s, entry->project_id, false))
            return slot;
    }
    return NULL;
}

static int write_entry(struct ango_outbox *o, const struct ango_outbox_entry *entry, size_t texts_len)
{
    uint32_t at = o->tail;
    struct stream s;
    int err;

    if (o->len == o->config->slots_cap || o->next_id > ID_MAX
        || !append(o, &s, 'P', ID_LEN + 1 + ROLES_LEN + WORD_LEN + texts_len + 3, reserve_for(o, o->len + 1)))
        return ANGO_E_FULL;
    put_number(&s, o->next_id, ID_LEN);
    put(&s, ANGO_LOG_WAITING);
    put_number(&s, (uint32_t)entry->organization_role << 6 | (uint32_t)entry->project_role, ROLES_LEN);
    put_number(&s, entry->time, WORD_LEN);
    put_text(&s, entry->to);
    put_text(&s, entry->project_id);
    put_text(&s, entry->note);
    err = end_append(o, &s);
    return err == ANGO_OK ? add_slot(o, o->next_id, ANGO_LOG_WAITING, at) : err;
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
        whole.project_role = (enum ango_project_role)0;
    err = check_entry(&whole);
    if (err != ANGO_OK)
        return err;
    slot = find_entry(outbox, &whole);
    if (slot == NULL) {
        len = strlen(whole.to) + strlen(whole.project_id);
        if (len + 2 > outbox->config->text_cap || len + strlen(whole.note) > ANGO_OUTBOX_TEXT_MAX)
            return ANGO_E_SPACE;
        err = write_entry(outbox, &whole, len + strlen(whole.note));
        if (err != ANGO_OK)
            return err;
        outbox->next_ms = 0;
        slot = &outbox->config->slots[outbox->len - 1];
        err = sync(outbox);
    }
    if (id != NULL)
        *id = slot->id;
    if (err != ANGO_OK) { /* it is not promised, and must not be sent: it may be put in again */
        uint32_t last = slot->id;

        (void)drop(outbox, last);
        set_state(outbox, last, ANGO_LOG_DONE, 0);
    }
    return err;
}

/* --- reading -------------------------------------------------------------------------------------- */

int ango_log_load(const struct ango_outbox *outbox, const struct ango_outbox_slot *slot,
                  struct ango_outbox_entry *entry, char *buf, size_t cap)
{
    const char *limit = buf + cap;
    struct stream s;

    if (open_checked(&s, outbox, slot->at, outbox->generation) != 'P')
        return ANGO_E_DAMAGED;
    skip(&s, ID_LEN + 1);
    entry->organization_role = (enum ango_organization_role)get_number(&s, 1);
    entry->project_role = (enum ango_project_role)get_number(&s, 1);
    entry->time = get_number(&s, WORD_LEN);
    entry->to = get_text(&s, &buf, limit);
    entry->project_id = get_text(&s, &buf, limit);
    entry->note = get_text(&s, &buf, limit);
    return entry->project_id != NULL ? ANGO_OK : ANGO_E_SPACE;
}

int ango_outbox_next(struct ango_outbox *outbox, size_t *position, struct ango_outbox_item *item, char *buf, size_t cap)
{
    const struct ango_outbox_slot *slot;
    char *at;
    struct stream s;
    int err;

    if (outbox == NULL || outbox->generation == 0 || position == NULL || item == NULL || buf == NULL)
        return ANGO_E_ARG;
    if (*position >= outbox->len)
        return ANGO_E_END;
    slot = &outbox->config->slots[(*position)++];
    memset(item, 0, sizeof *item);
    item->id = slot->id;
    item->state = ango_log_is_parked(slot->state) ? ANGO_OUTBOX_PARKED
        : slot->state == ANGO_LOG_TRIED           ? ANGO_OUTBOX_TRIED
                                                  : ANGO_OUTBOX_WAITING;
    item->words = "";
    err = ango_log_load(outbox, slot, &item->entry, buf, cap);
    if (err == ANGO_OK && item->entry.note == NULL)
        err = ANGO_E_SPACE;
    if (err != ANGO_OK || !ango_log_is_parked(slot->state)
        || open_checked(&s, outbox, slot->since, outbox->generation) != slot->state)
        return err;
    skip(&s, ID_LEN);
    if (get(&s) != SEPARATOR)
        return err;
    at = buf + (item->entry.note - buf) + strlen(item->entry.note) + 1;
    item->words = get_text(&s, &at, buf + cap);
    return item->words != NULL ? err : ANGO_E_SPACE;
}
