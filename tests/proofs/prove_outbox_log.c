/*
 * The outbox's log: a medium that reads, programs and fails as it likes, of any geometry that is_sound accepts. What holds for
 * an outbox between any two calls has to hold after each.
 */
#include "proof.h"

#include "outbox_log.c"

static struct ango_outbox outbox;
static struct ango_outbox_config config;
static struct ango_storage medium;

static const char *nul;

struct ango_outbox nondet_outbox(void);
struct ango_outbox_record nondet_record(void);
struct ango_outbox_slot nondet_slot(void);
char nondet_char(void);

/* --- any medium ----------------------------------------------------------------------------------- */

static bool is_in_record(const void *memory, size_t len)
{
    const char *record = (const char *)&outbox.record;

    return __CPROVER_same_object(memory, record) && (const char *)memory >= record
        && (size_t)((const char *)memory - record) <= sizeof outbox.record
        && len <= sizeof outbox.record - (size_t)((const char *)memory - record);
}

static bool is_unit(uint32_t at)
{
    return (at & (medium.prog_size - 1u)) == 0 && at < 2 * outbox.half;
}

static int read_any(void *ctx, uint32_t at, uint8_t *buf, size_t len)
{
    (void)ctx;
    PROVE(len == medium.prog_size && is_unit(at) && is_in_record(buf, len));
    outbox.record = nondet_record(); /* all of it: more than may happen */
    return nondet_int();
}

static int prog_any(void *ctx, uint32_t at, const uint8_t *data, size_t len)
{
    (void)ctx;
    PROVE(len == medium.prog_size && is_unit(at) && is_in_record(data, len));
    return nondet_int();
}

static int erase_any(void *ctx, uint32_t at)
{
    (void)ctx;
    PROVE(at < 2 * outbox.half && at % medium.block_size == 0);
    return nondet_int();
}

static int sync_any(void *ctx)
{
    (void)ctx;
    return nondet_int();
}

static void any_medium(void)
{
    unsigned shift = nondet_unsigned();

    ASSUME(shift >= 3 && shift <= 5);
    medium.prog_size = (uint8_t)(1u << shift);
    medium.erased = nondet_u8();
    medium.read = read_any;
    medium.prog = prog_any;
    medium.erase = erase_any;
    medium.sync = sync_any;
    config.storage = &medium;
}

/* What holds between any two calls. Of `half`, proof_mount shows it. */
static bool is_whole(void)
{
    return outbox.config == &config && outbox.half >= 256 && outbox.half <= UINT32_MAX / 2
        && (outbox.half & (medium.prog_size - 1u)) == 0 && (outbox.start == 0 || outbox.start == outbox.half)
        && outbox.len <= config.slots_cap
        && (outbox.generation == 0
            || ((outbox.tail & (medium.prog_size - 1u)) == 0 && outbox.tail >= outbox.start
                && outbox.tail <= outbox.start + outbox.half));
}

/* Any outbox on any medium, with any number of slots, in any state. */
static void any_outbox(void)
{
    any_medium();
    config.slots_cap = nondet_size();
    ASSUME(config.slots_cap <= LONGEST / sizeof *config.slots);
    config.slots = (struct ango_outbox_slot *)any_bytes(config.slots_cap * sizeof *config.slots);
    config.text_cap = nondet_size();
    outbox = nondet_outbox();
    outbox.config = &config;
    ASSUME(is_whole());
}

/* A record that read_record accepts, or that is to be written. */
static bool is_record(void)
{
    return outbox.record.size >= HEAD && outbox.record.size <= sizeof outbox.record - FIELDS;
}

/* Bytes from a position to the end of its area. */
static uint32_t room_at(uint32_t at)
{
    return (at < outbox.half ? outbox.half : 2 * outbox.half) - at;
}

/* --- records -------------------------------------------------------------------------------------- */

/*
 * proof: sum_of stays within the record
 * bound: any
 * loop sum_of.0:
 *     assigns: p, sum
 *     invariant: __CPROVER_same_object(p, o) && (unsigned long)p <= (unsigned long)end
 *         && (unsigned long)p >= (unsigned long)__CPROVER_loop_entry(p)
 *     decreases: (unsigned long)end - (unsigned long)p
 */
void proof_sum_of(void)
{
    any_outbox();
    ASSUME(is_record());
    (void)sum_of(&outbox, nondet_u32());
    REACHED;
}

/* What proof_sum_of is about. */
uint32_t sum_stand_in(const struct ango_outbox *o, uint32_t at)
{
    (void)o;
    (void)at;
    PROVE(is_record());
    return nondet_u32();
}

void *memset_fields(void *to, int c, size_t n)
{
    char *bytes = (char *)to;

    PROVE(c == 0 && n == FIELDS && is_in_record(to, n));
    bytes[0] = bytes[1] = bytes[2] = '\0';
    return to;
}

/* Writes only text, so that what is before it stays. */
void *memset_text(void *to, int c, size_t n)
{
    struct ango_outbox_record record = nondet_record();

    (void)c;
    PROVE(is_in_record(to, n) && (const char *)to >= outbox.record.text);
    record.sum = outbox.record.sum;
    record.size = outbox.record.size;
    record.type = outbox.record.type;
    record.state = outbox.record.state;
    record.extra = outbox.record.extra;
    record.number = outbox.record.number;
    outbox.record = record;
    return to;
}

/*
 * proof: read_record reads whole units of one area into the record; what it accepts lies within that area, and three NULs
 *     are behind its text
 * bound: any
 * replace: sum_of:sum_stand_in memset:memset_fields
 * loop read_record.0:
 *     assigns: len, size, o->record
 *     invariant: len <= 384 && (len & (unsigned)(storage->prog_size - 1)) == 0 && size >= 16 && size <= 381
 *         && (len == 0 || (size == record->size && len <= end - at))
 *     decreases: 384 - len
 */
void proof_read_record(void)
{
    uint32_t at = nondet_u32();
    size_t text;

    any_outbox();
    ASSUME(is_unit(at));
    if (read_record(&outbox, at)) {
        PROVE(is_record() && whole_units(&outbox, outbox.record.size) <= room_at(at));
        text = outbox.record.size - HEAD;
        PROVE(outbox.record.text[text] == '\0' && outbox.record.text[text + 1] == '\0'
              && outbox.record.text[text + 2] == '\0');
    }
    PROVE(is_whole());
    REACHED;
}

/* What proof_read_record shows. */
bool read_record_stand_in(struct ango_outbox *o, uint32_t at)
{
    size_t text;

    PROVE(is_unit(at));
    o->record = nondet_record();
    if (nondet_bool())
        return false;
    ASSUME(is_record() && whole_units(o, o->record.size) <= room_at(at));
    text = o->record.size - HEAD;
    ASSUME(o->record.text[text] == '\0' && o->record.text[text + 1] == '\0' && o->record.text[text + 2] == '\0');
    return true;
}

/*
 * proof: write_record programs whole units, of the record and in one area; its padding stays within the record
 * bound: any
 * replace: sum_of:sum_stand_in memset:memset_text read_record:read_record_stand_in
 * loop write_record.0:
 *     assigns: done
 *     invariant: done <= 384 && (done & (unsigned)(storage->prog_size - 1)) == 0
 *     decreases: 384 - done
 */
void proof_write_record(void)
{
    uint32_t at = nondet_u32();

    any_outbox();
    ASSUME(is_unit(at) && is_record() && whole_units(&outbox, outbox.record.size) <= room_at(at));
    (void)write_record(&outbox, at);
    PROVE(is_whole());
    REACHED;
}

/*
 * proof: is_erased reads one unit into the record, and stays within it
 * bound: any
 * unwind: 33
 */
void proof_is_erased(void)
{
    uint32_t at = nondet_u32();

    any_outbox();
    ASSUME(is_unit(at));
    (void)is_erased(&outbox, at);
    PROVE(is_whole());
    REACHED;
}

/*
 * proof: add_text stays within any text, and the record within its limit
 * bound: any
 * loop add_text.0:
 *     assigns: text, o->record
 *     invariant: __CPROVER_same_object(text, nul) && __CPROVER_r_ok(text, 1) && record->size >= 16
 *         && (record->size <= limit || record->size == __CPROVER_loop_entry(record->size))
 *     decreases: (unsigned long)nul - (unsigned long)text
 */
void proof_add_text(void)
{
    const char *text = any_text(LONGEST, &nul);
    unsigned limit = nondet_unsigned();
    unsigned before;

    any_outbox();
    ASSUME(is_record() && limit <= ENTRY_MAX);
    before = outbox.record.size;
    add_text(&outbox, text, limit);
    PROVE(outbox.record.size >= HEAD && (outbox.record.size <= limit || outbox.record.size == before));
    REACHED;
}

/* What proof_add_text shows. */
void add_text_stand_in(struct ango_outbox *o, const char *text, unsigned limit)
{
    uint16_t before = o->record.size;

    (void)text;
    PROVE(limit <= ENTRY_MAX);
    o->record = nondet_record();
    ASSUME(o->record.size >= HEAD && (o->record.size <= limit || o->record.size == before));
}

/*
 * proof: write_entry's fields, whatever their lengths, stay within the record
 * bound: any
 * replace: add_text:add_text_stand_in
 */
void proof_add_field(void)
{
    unsigned fields = 0;

    any_outbox();
    outbox.record.size = HEAD + 1;
    for (; fields < FIELDS; fields++)
        add_field(&outbox, "");
    PROVE(is_record() && is_whole());
    REACHED;
}

/* --- entries in RAM ------------------------------------------------------------------------------- */

/*
 * proof: ango_log_find stays within any slots, and returns one of those in use, or none
 * bound: any
 * loop ango_log_find.0:
 *     assigns: slot
 *     invariant: __CPROVER_same_object(slot, outbox->config->slots) && (unsigned long)slot >= (unsigned long)outbox->config->slots
 *         && (unsigned long)slot <= (unsigned long)(outbox->config->slots + outbox->len)
 *         && (((unsigned long)slot - (unsigned long)outbox->config->slots) & 15) == 0
 *     decreases: (unsigned long)(outbox->config->slots + outbox->len) - (unsigned long)slot
 */
void proof_find(void)
{
    struct ango_outbox_slot *slot;

    any_outbox();
    slot = ango_log_find(&outbox, nondet_u32());
    if (slot != NULL)
        PROVE(slot >= config.slots && (size_t)((char *)slot - (char *)config.slots) < outbox.len * sizeof *slot
              && ((size_t)((char *)slot - (char *)config.slots) & 15) == 0);
    REACHED;
}

/* What proof_find shows. */
struct ango_outbox_slot *find_stand_in(const struct ango_outbox *o, uint32_t id)
{
    size_t n = nondet_size();

    (void)id;
    if (nondet_bool())
        return NULL;
    ASSUME(n < o->len);
    return &o->config->slots[n];
}

/* No more than shown: that slots may be touched. What is in them is arbitrary already. */
void *memset_slots(void *to, int c, size_t n)
{
    (void)c;
    PROVE(__CPROVER_same_object(to, config.slots) && __CPROVER_w_ok(to, n));
    return to;
}

void *memmove_slots(void *to, const void *from, size_t n)
{
    PROVE(__CPROVER_same_object(to, config.slots) && __CPROVER_w_ok(to, n));
    PROVE(__CPROVER_same_object(from, config.slots) && __CPROVER_r_ok(from, n));
    return to;
}

/*
 * proof: take of any record, into any slots, stays within these; an entry's slot has the record's position
 * bound: any
 * replace: ango_log_find:find_stand_in memset:memset_slots memmove:memmove_slots
 */
void proof_take(void)
{
    uint32_t at = nondet_u32();
    uint32_t tail;
    size_t before;
    int err;

    any_outbox();
    tail = outbox.tail;
    before = outbox.len;
    err = take(&outbox, at);
    PROVE(outbox.len <= config.slots_cap && outbox.len <= before + 1 && outbox.len + 1 >= before);
    PROVE(outbox.tail == tail && outbox.config == &config);
    PROVE(err == ANGO_OK || (err == ANGO_E_SPACE && before == config.slots_cap && outbox.len == before));
    if (outbox.len > before)
        PROVE(config.slots[before].at == at);
    REACHED;
}

/* What proof_is_erased shows. */
bool is_erased_stand_in(struct ango_outbox *o, uint32_t at)
{
    PROVE(is_unit(at));
    o->record = nondet_record();
    return nondet_bool();
}

/* What proof_take shows, apart from the slots. */
int take_stand_in(struct ango_outbox *o, uint32_t at)
{
    size_t len = nondet_size();

    PROVE(is_unit(at) && is_record());
    ASSUME(len <= o->config->slots_cap);
    o->len = len;
    o->generation = nondet_u32();
    o->next_id = nondet_u32();
    return nondet_bool() ? ANGO_OK : ANGO_E_SPACE;
}

/*
 * proof: load_area reads each position within the area once, whatever is there; the tail ends within the area, the count of
 *     damage does not overflow, and it ends
 * bound: any
 * replace: is_erased:is_erased_stand_in read_record:read_record_stand_in take:take_stand_in
 * loop load_area.0:
 *     assigns: at, result, o->tail, o->damaged, o->generation, o->len, o->next_id, o->record
 *     invariant: at >= start && at <= start + o->half && (at & (unsigned)(o->config->storage->prog_size - 1)) == 0
 *         && o->len <= o->config->slots_cap && o->damaged <= (at - start) >> 3 && (at == start) == (o->generation == 0)
 *         && (at == start || (o->tail >= start && o->tail <= at && (o->tail & (unsigned)(o->config->storage->prog_size - 1)) == 0))
 *         && (result == 0 || result == -8)
 *     decreases: start + o->half - at
 */
void proof_load_area(void)
{
    uint32_t start;
    int err;

    any_outbox();
    start = nondet_bool() ? outbox.half : 0;
    err = load_area(&outbox, start);
    PROVE(is_whole() && outbox.start == start);
    PROVE((err == ANGO_E_DAMAGED) == (outbox.generation == 0));
    PROVE(outbox.damaged <= outbox.half / 8);
    REACHED;
}

/* --- reading -------------------------------------------------------------------------------------- */

/* The first NUL, given that there are three behind the record's text. */
size_t strlen_in_record(const char *text)
{
    size_t known = outbox.record.size - HEAD;
    size_t at, len = nondet_size();

    PROVE(is_record() && text >= outbox.record.text && is_in_record(text, 1));
    at = (size_t)(text - outbox.record.text);
    PROVE(at < known + FIELDS);
    ASSUME(at + len < sizeof outbox.record.text && (at < known ? at + len <= known : len == 0) && text[len] == '\0');
    return len;
}

/*
 * proof: ango_log_load gives strings that end within the record, whatever is on the medium
 * bound: any
 * replace: read_record:read_record_stand_in strlen:strlen_in_record
 */
void proof_log_load(void)
{
    struct ango_outbox_slot slot = nondet_slot();
    struct ango_outbox_entry entry;

    any_outbox();
    ASSUME(is_unit(slot.at));
    if (ango_log_load(&outbox, &slot, &entry) == ANGO_OK) {
        (void)strlen_in_record(entry.to);
        (void)strlen_in_record(entry.project_id);
        (void)strlen_in_record(entry.note);
        PROVE((unsigned)entry.organization_role <= 7 && (unsigned)entry.project_role <= 7);
    }
    PROVE(is_whole());
    REACHED;
}

/*
 * proof: ango_log_words gives a string that ends within the record
 * bound: any
 * replace: read_record:read_record_stand_in
 */
void proof_log_words(void)
{
    uint32_t at = nondet_u32();
    const char *words;

    any_outbox();
    ASSUME(is_unit(at));
    words = ango_log_words(&outbox, at);
    if (words == outbox.record.text)
        PROVE(outbox.record.text[outbox.record.size - HEAD] == '\0');
    else
        PROVE(*words == '\0');
    REACHED;
}

/* --- writing -------------------------------------------------------------------------------------- */

/* What proof_write_record shows. */
int write_record_stand_in(struct ango_outbox *o, uint32_t at)
{
    PROVE(is_unit(at) && is_record() && whole_units(o, o->record.size) <= room_at(at));
    o->record = nondet_record();
    return nondet_bool() ? ANGO_OK : ANGO_E_STORAGE;
}

/* As take_stand_in, but it has no record to look at: a mark that is not written is taken all the same. */
int take_marked(struct ango_outbox *o, uint32_t at)
{
    size_t len = nondet_size();

    (void)at;
    ASSUME(len <= o->config->slots_cap);
    o->len = len;
    o->generation = nondet_u32();
    o->next_id = nondet_u32();
    return nondet_bool() ? ANGO_OK : ANGO_E_SPACE;
}

/*
 * proof: ango_log_mark, with any words, writes only where there is room for it in the current area
 * bound: any
 * replace: add_text:add_text_stand_in write_record:write_record_stand_in take:take_marked
 */
void proof_log_mark(void)
{
    char words[2] = { nondet_char(), '\0' };

    any_outbox();
    ASSUME(outbox.generation != 0);
    (void)ango_log_mark(&outbox, nondet_u32(), nondet_char(), words);
    PROVE(is_whole());
    REACHED;
}

static uint32_t round_tail; /* before the round */

/*
 * Shows that a round of copy_record leaves an outbox like any that a round may begin with, and its tail further on, so that the
 * proof of one round holds for all, and they end.
 */
int write_round(struct ango_outbox *o, uint32_t at)
{
    (void)write_record_stand_in(o, at);
    PROVE(is_whole() && o->tail > round_tail);
    return ANGO_OK;
}

/*
 * proof: copy_record writes only where there is room for it in the current area, however often that fails, and ends
 * bound: any
 * unwind: 2
 * replace: read_record:read_record_stand_in write_record:write_round
 */
void proof_copy_record(void)
{
    uint32_t at = nondet_u32();

    any_outbox();
    ASSUME(outbox.generation != 0 && is_unit(at));
    round_tail = outbox.tail;
    (void)copy_record(&outbox, at, nondet_char());
    PROVE(is_whole());
    REACHED;
}

/* --- mount ---------------------------------------------------------------------------------------- */

/* What proof_load_area shows; it may be called only with what holds of the geometry. */
int load_area_stand_in(struct ango_outbox *o, uint32_t start)
{
    uint32_t half = o->half;

    PROVE(half >= 256 && half <= UINT32_MAX / 2 && (half & (medium.prog_size - 1u)) == 0
          && (start == 0 || start == half));
    o->start = start;
    o->generation = nondet_u32();
    return nondet_bool() ? ANGO_OK : nondet_bool() ? ANGO_E_SPACE : ANGO_E_DAMAGED;
}

void *memset_outbox(void *to, int c, size_t n)
{
    PROVE(to == &outbox && c == 0 && n == sizeof outbox);
    outbox = nondet_outbox();
    return to;
}

/*
 * proof: mount of any geometry that is_sound accepts makes areas as the other proofs take for granted
 * bound: 64 blocks
 * replace: load_area:load_area_stand_in memset:memset_outbox
 */
void proof_mount(void)
{
    struct ango_outbox_slot slot;
    char text[1];

    any_medium();
    medium.prog_size = nondet_u8();
    medium.block_size = nondet_u32();
    medium.block_count = nondet_u8();
    ASSUME(medium.block_count <= 64);
    config.slots = &slot;
    config.text = text;
    (void)ango_outbox_mount(&outbox, &config);
    REACHED;
}
