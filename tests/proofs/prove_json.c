/*
 * The reader of JSON. A reader that is well (is_well) stays well, whatever the next byte is: so it is after any bytes, in any pieces.
 * Any shape that json.h allows is tried, of up to 30 fields.
 */
#include "any_room.h"

#include "json.c"
#include "utf8.c"

#define MOST 30 /* fields: the bits of ango_json.seen */

static struct ango_field fields[MOST];
static struct ango_shape shape;
static struct ango_result result;
static struct ango_json json;
static struct ango_room room;
static uint8_t opened[ANGO_ENTRY + 1]; /* the wanted levels that are open in this field, or in an entry */

/* Names are of any length that ango_json.matched can count, up to the last NUL; no proof looks at more than two at once. */
static char *names[2];
static const char *nuls[2];

static size_t length_of(const char *name)
{
    unsigned i = name == names[0] ? 0 : 1;

    return (size_t)(nuls[i] - names[i]);
}

/* --- any shape ------------------------------------------------------------------------------------ */

static bool is_field_of_entry(unsigned f)
{
    return shape.list != ANGO_NOWHERE && f > shape.list;
}

/* Its parent comes before it, is an object, and has its first field right behind it. */
static bool has_place(unsigned f)
{
    const struct ango_field *field = &fields[f];

    if (is_field_of_entry(f))
        return field->parent == ANGO_ENTRY;
    if (f > 0 && fields[f - 1].type == ANGO_JSON_OBJECT)
        return field->parent == f - 1;
    return field->parent == ANGO_REPLY || (field->parent < f && fields[field->parent].type == ANGO_JSON_OBJECT);
}

static bool has_type(unsigned f)
{
    const struct ango_field *field = &fields[f];

    if (f == shape.list)
        return field->type == ANGO_JSON_LIST;
    if (is_field_of_entry(f) || f <= ANGO_FIELD_MESSAGE)
        return field->type == ANGO_JSON_STRING;
    if (field->type == ANGO_JSON_NUMBER)
        return field->offset % sizeof(uint32_t) == 0 && field->offset + sizeof(uint32_t) <= sizeof result;
    return field->type == ANGO_JSON_OBJECT;
}

static void any_shape(void)
{
    unsigned f;

    names[0] = any_text(UINT8_MAX - 1, &nuls[0]);
    names[1] = any_text(UINT8_MAX - 1, &nuls[1]);
    __CPROVER_havoc_object(fields);
    shape.fields = fields;
    shape.fields_len = MOST;
    shape.list = nondet_u8();
    shape.list_required = nondet_u8();
    ASSUME(shape.list == ANGO_NOWHERE || (shape.list >= ANGO_FIELD_OWN && shape.list < MOST));
    for (f = 0; f < MOST; f++) {
        fields[f].name = names[nondet_bool()];
        ASSUME(has_place(f) && has_type(f));
        ASSUME(f >= ANGO_FIELD_OWN
               || (fields[f].parent == ANGO_REPLY && (f != ANGO_FIELD_DATA || fields[f].type == ANGO_JSON_OBJECT)));
        opened[f] = fields[f].parent < f ? opened[fields[f].parent] + 1 : 2;
    }
    opened[ANGO_ENTRY] = shape.list < MOST ? opened[shape.list] + 1 : 0;
}

/* --- the invariant -------------------------------------------------------------------------------- */

/* The open levels: below the wanted ones anything, and these are objects, but for the list. */
static bool knows_levels(void)
{
    uint32_t wanted = json.wanted < 32 ? ((uint32_t)1 << json.wanted) - 1 : UINT32_MAX;

    if (json.depth > ANGO_JSON_DEPTH || json.wanted > json.depth || (json.depth < 32 && json.levels >> json.depth != 0))
        return false;
    if (json.in == ANGO_REPLY)
        return json.wanted == 0 || (json.wanted == 1 && json.levels >> (json.depth - 1) == 1);
    if (json.in == ANGO_ENTRY
            ? shape.list >= json.fields_len
            : json.in >= json.fields_len || (fields[json.in].type != ANGO_JSON_OBJECT && json.in != shape.list))
        return false;
    if (json.in == ANGO_ENTRY)
        wanted &= ~(uint32_t)2;
    else if (json.in == shape.list)
        wanted &= ~(uint32_t)1;
    return json.wanted == opened[json.in] && json.levels >> (json.depth - json.wanted) == wanted;
}

/* The field, if it is wanted at all, is one of the open object. */
static bool knows_field(void)
{
    if (json.field == ANGO_NOWHERE)
        return true;
    return json.field < json.fields_len && json.depth == json.wanted && json.wanted > 0
        && fields[json.field].parent == json.in;
}

static bool is_of_type(unsigned type)
{
    return json.field == ANGO_NOWHERE || (knows_field() && fields[json.field].type == type);
}

static bool knows_state(void)
{
    switch (json.state) {
    case VALUE:
        if (json.depth == 0)
            return json.in == ANGO_REPLY && (json.field == ANGO_REPLY || json.field == ANGO_NOWHERE);
        return (json.levels & 1) == 0 || knows_field();
    case OPENED:
        return json.depth > 0;
    case NAME:
        return json.depth > 0 && (json.levels & 1) == 1;
    case IN_NAME:
        return json.depth > 0 && (json.levels & 1) == 1 && knows_field()
            && (json.field == ANGO_NOWHERE || json.matched <= length_of(fields[json.field].name));
    case COLON:
        return json.depth > 0 && (json.levels & 1) == 1 && knows_field();
    case IN_STRING:
        return is_of_type(ANGO_JSON_STRING);
    case AFTER:
        return true;
    case ENTRY_ENDED:
        return json.in == shape.list;
    default:
        return json.state >= MINUS && json.state <= EXPONENT && is_of_type(ANGO_JSON_NUMBER);
    }
}

/*
 * How far what is put stays behind the next byte at least. In an entry a string's letter brings it one byte nearer, and an
 * entry's NUL another; each `"` before a name, `:`, `,` and `{` brings it away again. ango_room_pack makes it ANGO_ROOM_GAP.
 */
static unsigned gap(void)
{
    bool behind_string = json.state == AFTER || json.state == IN_STRING;

    if (json.in == shape.list)
        return json.state == AFTER ? ANGO_ROOM_GAP - 2 : ANGO_ROOM_GAP - 1;
    return behind_string && (json.in == ANGO_ENTRY || json.state == AFTER) ? ANGO_ROOM_GAP - 1 : ANGO_ROOM_GAP;
}

/* What is put and may still be put leaves the room that room.h promises: for received bytes, for the words, for the status. */
static bool leaves_room(void)
{
    size_t left = (size_t)(room.limit - room.put);
    size_t kept = (size_t)(room.put - room.kept);
    bool in_object = json.state == COLON || (json.state == VALUE && (json.levels & 1) == 1) || json.state == IN_STRING;
    bool is_status = in_object && json.field == ANGO_FIELD_STATUS;
    size_t status = (json.seen & 1) == 0 || is_status ? ANGO_ROOM_STATUS : 0;

    if (is_status && (json.seen & 1) == 0)
        return false;
    if (left + kept < ANGO_ROOM_RESERVED - 1 + status)
        return false;
    if (kept == 0)
        return true;
    if (json.in == ANGO_ENTRY && (json.flags & TOO_LARGE) != 0) /* it is given up as a whole */
        return false;
    if (json.in == ANGO_ENTRY || json.state == ENTRY_ENDED)
        return left >= ANGO_ROOM_RESERVED + ANGO_ROOM_WORDS;
    if (json.state != IN_STRING || json.field == ANGO_NOWHERE)
        return false;
    return is_status ? kept < ANGO_ROOM_STATUS : left >= ANGO_ROOM_RESERVED + status;
}

/* All that holds before the byte at p is taken. */
static bool is_well(const uint8_t *p)
{
    return (json.fields_len == MOST || json.fields_len == ANGO_FIELD_OWN) && knows_levels() && knows_state()
        && leaves_room() && room.put <= p && (size_t)(p - room.put) >= gap();
}

/* Any reader that is well, somewhere in the bytes that it is taking, which end with a NUL; returns where. */
static uint8_t *any_reader(void)
{
    uint8_t *p;
    size_t n;

    any_shape();
    any_room(&room);
    ASSUME(room.held == 0);
    p = room.next;
    n = nondet_size();
    ASSUME(n <= (size_t)(room.end - p));
    room.next += n;
    *room.next = '\0';
    __CPROVER_havoc_object(&json);
    json.shape = &shape;
    json.result = &result;
    json.room = &room;
    json.end = room.next;
    text_end = (const char *)json.end;
    result.status = "";
    result.message = "";
    ASSUME(p <= json.end && is_well(p));
    return p;
}

/* Before a step, that there is a byte to take; after it, at p, that something was taken or that the state will take it. */
static unsigned weight(unsigned state)
{
    return state >= MINUS ? 1 : state == AFTER || state == ENTRY_ENDED ? 0 : 2;
}

static void check_step(const uint8_t *from, unsigned state, const uint8_t *p)
{
    PROVE(is_sound(&room) && room.next == json.end);
    PROVE(room.held == 0 || (p == json.end && room.held <= p - from));
    if (p == NULL)
        return;
    PROVE(p >= from && p <= json.end);
    PROVE(is_well(p - room.held));
    PROVE(p > from || weight(json.state) < weight(state));
}

/* --- what it calls -------------------------------------------------------------------------------- */

/* What prove_text.c shows. */
bool add_digit_stand_in(uint32_t *number, unsigned digit)
{
    PROVE(digit <= 9);
    *number = nondet_u32();
    return nondet_bool();
}

size_t escape_stand_in(const uint8_t *p, uint32_t *c)
{
    size_t len = nondet_size();

    PROVE(*p == '\\' && *c < 0xD800 && *json.end == '\0');
    *c = nondet_u32();
    ASSUME(len <= ANGO_JSON_ESCAPE_MAX && len <= (size_t)(json.end - p));
    if (len > 0)
        ASSUME(*c <= 0x10FFFF && len >= 2 && (*c < 0x80 || len >= 6) && (*c < 0x10000 || len == ANGO_JSON_ESCAPE_MAX));
    return len;
}

unsigned utf8_len_stand_in(const uint8_t *p)
{
    unsigned len = nondet_unsigned();

    PROVE(*json.end == '\0');
    ASSUME(len <= 4 && len <= (size_t)(json.end - p) && (len == 0 || *p != '\0'));
    return len;
}

/* --- names ---------------------------------------------------------------------------------------- */

/* As strncmp in proof.h, for names, in which there is no NUL. */
int compare_names_stand_in(const char *a, const char *b, size_t n)
{
    size_t same = nondet_size();

    PROVE(n <= length_of(b));
    ASSUME(same <= n && same <= length_of(a) && same <= length_of(b));
    if (same == n)
        return 0;
    ASSUME(a[same] != b[same]);
    return nondet_bool() ? -1 : 1;
}

/*
 * proof: match, and the search for another field that agrees so far, stay within the names
 * bound: any
 * unwind: 31
 * replace: strncmp:compare_names_stand_in
 * loop find_field.0:
 *     assigns: f
 *     invariant: f <= 30
 *     decreases: 31 - f
 */
void proof_match(void)
{
    uint8_t *p = any_reader();
    struct ango_json before = json;
    char byte = (char)nondet_u8();

    ASSUME(json.state == IN_NAME);
    text_end = NULL;
    match(&json, byte);
    PROVE(knows_field());
    PROVE(json.field == ANGO_NOWHERE || byte == '\0' || json.matched <= length_of(fields[json.field].name));
    before.field = json.field;
    before.matched = json.matched;
    json = before;
    PROVE(byte == '\0' || is_well(p));
    REACHED;
}

/* What proof_match shows. */
void match_stand_in(struct ango_json *j, char byte)
{
    PROVE(knows_field());
    PROVE(j->field == ANGO_NOWHERE || j->matched <= length_of(fields[j->field].name));
    if (j->field == ANGO_NOWHERE)
        return;
    j->field = nondet_u8();
    j->matched = nondet_u8();
    ASSUME(knows_field());
    ASSUME(j->field == ANGO_NOWHERE || byte == '\0' || j->matched <= length_of(fields[j->field].name));
}

/* What the proof of each step shows. */
uint8_t *step_stand_in(struct ango_json *j, uint8_t *p)
{
    uint8_t *end = j->end;
    size_t n = nondet_size();
    unsigned state = j->state;

    PROVE(p < end && is_well(p) && is_sound(&room) && room.held == 0 && *end == '\0');
    __CPROVER_havoc_object(&json);
    json.shape = &shape;
    json.result = &result;
    json.room = &room;
    json.end = end;
    arrange(&room);
    ASSUME(room.next == end);
    ASSUME(n <= (size_t)(end - p) && (room.held == 0 || (p + n == end && room.held <= n)));
    if (room.held == 0 && nondet_bool())
        return NULL;
    ASSUME(is_well(p + n - room.held));
    ASSUME(n > 0 || weight(json.state) < weight(state));
    return p + n;
}

/*
 * proof: take_name takes what agrees with a name, and no more
 * bound: any
 * unwind: 31
 * replace: match:match_stand_in take_character:step_stand_in
 * loop take_name.0:
 *     assigns: name, p
 *     invariant: __CPROVER_same_object(p, json.end) && (unsigned long)p >= (unsigned long)from && (unsigned long)p <= (unsigned long)json.end
 *         && __CPROVER_same_object(name, __CPROVER_loop_entry(name)) && __CPROVER_r_ok(name, 1)
 *         && (unsigned long)name - (unsigned long)__CPROVER_loop_entry(name) == (unsigned long)p - (unsigned long)from
 *     decreases: (unsigned long)json.end - (unsigned long)p
 * loop skip_plain.0:
 *     assigns: p
 *     invariant: __CPROVER_same_object(p, json.end) && (unsigned long)p >= (unsigned long)__CPROVER_loop_entry(p)
 *         && (unsigned long)p <= (unsigned long)json.end
 *     decreases: (unsigned long)json.end - (unsigned long)p
 */
void proof_take_name(void)
{
    uint8_t *p = any_reader();

    ASSUME(p < json.end && json.state == IN_NAME);
    check_step(p, IN_NAME, take_name(&json, p));
    REACHED;
}

/* --- strings -------------------------------------------------------------------------------------- */

/*
 * proof: take_character puts no more than it takes, or holds what is cut
 * bound: any
 * unwind: 31
 * replace: match:match_stand_in ango_json_escape:escape_stand_in ango_utf8_len:utf8_len_stand_in
 */
void proof_take_character(void)
{
    uint8_t *p = any_reader();
    unsigned state = json.state;

    ASSUME(p < json.end && (state == IN_NAME || state == IN_STRING) && !is_plain(*p) && *p != '"');
    check_step(p, state, take_character(&json, p));
    REACHED;
}

/* What is written lies before the last byte that is read, and nothing before that is read again: so its content is left out. */
void *memmove_down_stand_in(void *to, const void *from, size_t n)
{
    PROVE(__CPROVER_r_ok(from, n) && __CPROVER_w_ok(to, n) && (const uint8_t *)to < (const uint8_t *)from);
    return to;
}

/*
 * proof: take_string puts no more than it takes, and ends the status and the message within their room
 * bound: any
 * unwind: 31
 * replace: take_character:step_stand_in memmove:memmove_down_stand_in
 * loop skip_plain.0:
 *     assigns: p
 *     invariant: __CPROVER_same_object(p, json.end) && (unsigned long)p >= (unsigned long)__CPROVER_loop_entry(p)
 *         && (unsigned long)p <= (unsigned long)json.end
 *     decreases: (unsigned long)json.end - (unsigned long)p
 */
void proof_take_string(void)
{
    uint8_t *p = any_reader();

    ASSUME(p < json.end && json.state == IN_STRING);
    check_step(p, IN_STRING, take_string(&json, p));
    REACHED;
}

/* --- numbers and other values --------------------------------------------------------------------- */

/*
 * proof: take_number, from any state of a number
 * bound: any
 * unwind: 31
 * replace: ango_add_digit:add_digit_stand_in
 */
void proof_take_number(void)
{
    uint8_t *p = any_reader();
    unsigned state = json.state;

    ASSUME(p < json.end && state >= MINUS);
    check_step(p, state, take_number(&json, p));
    REACHED;
}

static bool may_begin_value(void)
{
    return json.state == VALUE || (json.state == OPENED && (json.levels & 1) == 0);
}

/*
 * proof: begin_value, from any state in which one may come: levels open, strings and numbers begin, literals are taken
 * bound: any
 * unwind: 31
 */
void proof_begin_value(void)
{
    uint8_t *p = any_reader();
    unsigned state = json.state;

    ASSUME(p < json.end && may_begin_value());
    check_step(p, state, begin_value(&json, p));
    if (json.state == IN_STRING && json.in == ANGO_ENTRY && json.field != ANGO_NOWHERE && (json.flags & TOO_LARGE) == 0)
        PROVE(room.put[-2] == '"' && room.put[-1] >= 'a' && room.put[-1] < 'a' + MOST - 1 - shape.list);
    REACHED;
}

/* What proof_begin_value shows. */
uint8_t *begin_value_stand_in(struct ango_json *j, uint8_t *p)
{
    PROVE(may_begin_value());
    return step_stand_in(j, p);
}

/*
 * proof: take_token, from any state: levels open and close, names and values begin
 * bound: any
 * unwind: 31
 * replace: begin_value:begin_value_stand_in
 */
void proof_take_token(void)
{
    uint8_t *p = any_reader();
    unsigned state = json.state;

    ASSUME(p < json.end && state <= AFTER);
    check_step(p, state, take_token(&json, p));
    REACHED;
}

/* --- the whole ------------------------------------------------------------------------------------ */

static const uint8_t *well_at; /* the reader is well there, and behind it, since the gap only grows */

/* What the proofs of the steps show; of the reader, only its state is left. */
uint8_t *next_stand_in(struct ango_json *j, uint8_t *p)
{
    size_t n = nondet_size();
    unsigned state = j->state;

    PROVE(well_at <= p && p < j->end && state != ENTRY_ENDED && state != NOT_JSON);
    j->state = nondet_u8();
    if (nondet_bool())
        return NULL;
    ASSUME(n <= (size_t)(j->end - p) && j->state <= EXPONENT && j->state != NOT_JSON);
    ASSUME(n > 0 || weight(j->state) < weight(state));
    well_at = p + n;
    return p + n;
}

/*
 * proof: take ends: at `end`, behind an entry, or where no JSON is; it takes each step where the reader is well
 * bound: any
 * replace: take_string:next_stand_in take_name:next_stand_in take_number:next_stand_in take_token:next_stand_in
 * loop take.0:
 *     assigns: p, json.state, well_at
 *     invariant: p == (unsigned char *)0 || (__CPROVER_same_object(p, json.end) && (unsigned long)p <= (unsigned long)json.end
 *         && __CPROVER_same_object(p, well_at) && (unsigned long)well_at <= (unsigned long)p && json.state <= 16 && json.state != 8)
 *     decreases: p == (unsigned char *)0 ? 0 : 1 + 4 * ((unsigned long)json.end - (unsigned long)p)
 *         + (json.state >= 9 ? 1 : json.state == 4 || json.state == 7 ? 0 : 2)
 */
void proof_take(void)
{
    uint8_t *p;
    size_t n = nondet_size();

    any_buffer();
    ASSUME(n < buffer_cap);
    p = buffer + n;
    n = nondet_size();
    ASSUME(n < buffer_cap - (size_t)(p - buffer));
    json.end = p + n;
    *json.end = '\0';
    json.state = nondet_u8();
    ASSUME(json.state <= EXPONENT && json.state != NOT_JSON && json.state != ENTRY_ENDED);
    well_at = p;
    p = take(&json, p);
    PROVE(p == NULL || p == json.end || (json.state == ENTRY_ENDED && p < json.end));
    PROVE(p == NULL || well_at <= p);
    REACHED;
}

/* Between two calls. */
static bool may_go_on(void)
{
    return is_sound(&room) && (json.state == NOT_JSON || (json.state != ENTRY_ENDED && is_well(room.next - room.held)));
}

/* What proof_take and the proofs of its steps show. */
uint8_t *take_stand_in(struct ango_json *j, uint8_t *p)
{
    uint8_t *end = j->end;
    size_t n = nondet_size();

    PROVE(p <= end && is_well(p) && is_sound(&room) && room.held == 0 && *end == '\0' && j->state != ENTRY_ENDED);
    __CPROVER_havoc_object(&json);
    json.shape = &shape;
    json.result = &result;
    json.room = &room;
    json.end = end;
    arrange(&room);
    ASSUME(room.next == end);
    ASSUME(n <= (size_t)(end - p) && (room.held == 0 || (p + n == end && room.held <= n)));
    if (room.held == 0 && nondet_bool())
        return NULL;
    ASSUME(is_well(p + n - room.held));
    ASSUME((json.state == ENTRY_ENDED && room.held == 0) || p + n == end);
    return p + n;
}

/*
 * proof: ango_json_take leaves the reader well, or says that this is no JSON; also when the entry is kept, or dropped
 * bound: any
 * unwind: 31
 * replace: take:take_stand_in
 */
void proof_json_take(void)
{
    size_t n = nondet_size();
    int err;

    any_shape();
    any_room(&room);
    __CPROVER_havoc_object(&json);
    json.shape = &shape;
    json.result = &result;
    ASSUME(may_go_on() && n <= (size_t)(room.end - room.next));
    err = ango_json_take(&json, &room, n);
    PROVE(err == ANGO_E_WAIT || err == ANGO_E_END || err == ANGO_E_JSON);
    PROVE((err == ANGO_E_JSON) == (json.state == NOT_JSON));
    if (err == ANGO_E_END) {
        PROVE(json.state == AFTER && room.put < room.limit);
        room.put = room.put == room.kept || nondet_bool() ? room.kept : room.put + 1;
        room.kept = room.put;
    }
    PROVE(may_go_on());
    REACHED;
}

/*
 * proof: the reader is well at the beginning, and stays so when HTTP takes what is its own, and packs the room
 * bound: any
 * unwind: 31
 */
void proof_json_begin(void)
{
    size_t n = nondet_size();

    any_shape();
    memset(&room, 0, sizeof room);
    room.held = 0;
    json = (struct ango_json){ 0 };
    any_buffer();
    ango_room_begin(&room, buffer, buffer_cap);
    ango_json_begin(&json, &shape, &result);
    if (nondet_bool())
        ango_json_want_envelope(&json);
    PROVE(may_go_on());
    arrange(&room);
    __CPROVER_havoc_object(&json);
    json.shape = &shape;
    json.result = &result;
    ASSUME(may_go_on() && n <= (size_t)(room.end - room.next) && room.end - room.next - n <= ANGO_HTTP_LINE_MAX + 2);
    ango_room_skip(&room, n);
    PROVE(may_go_on());
    ango_room_pack(&room);
    PROVE(may_go_on());
    REACHED;
}

/* --- entries -------------------------------------------------------------------------------------- */

/*
 * What is put in an entry is ("letter text")* and a line feed; in the text, quotes and backslashes have a backslash before them, and
 * there is no NUL. proof_begin_value shows this of the letter, the next three of what is put behind it, and proof_read_entry that
 * nothing else is needed.
 */
static const uint8_t *watched; /* any byte that was received */
static bool closed;            /* the last byte that was put is a quote */

static bool is_bare(uint8_t c)
{
    return c == '"' || c == '\\' || c == '\0';
}

void put_run_stand_in(struct ango_json *j, const void *part, size_t n)
{
    const uint8_t *from = (const uint8_t *)part;

    (void)j;
    PROVE(json.state == IN_STRING && __CPROVER_r_ok(part, n));
    closed = n > 0 && from[n - 1] == '"';
    if (closed)
        n--;
    if (watched >= from && watched < from + n)
        PROVE(!is_bare(*watched));
}

/* What it puts is for proof_put_character. */
uint8_t *character_stand_in(struct ango_json *j, uint8_t *p)
{
    (void)j;
    return p;
}

/*
 * proof: take_string puts no bare quote, backslash or NUL into an entry, and a quote at the string's end
 * bound: any
 * unwind: 31
 * replace: take_character:character_stand_in put:put_run_stand_in
 * loop skip_plain.0:
 *     assigns: p
 *     invariant: __CPROVER_same_object(p, json.end) && (unsigned long)p >= (unsigned long)__CPROVER_loop_entry(p)
 *         && (unsigned long)p <= (unsigned long)json.end && ((unsigned long)watched < (unsigned long)__CPROVER_loop_entry(p)
 *         || (unsigned long)watched >= (unsigned long)p || (*watched != 92 && (signed char)*watched > 34))
 *     decreases: (unsigned long)json.end - (unsigned long)p
 */
void proof_put_run(void)
{
    uint8_t *p = any_reader();
    size_t n = nondet_size();

    ASSUME(p < json.end && json.state == IN_STRING && json.in == ANGO_ENTRY && json.field != ANGO_NOWHERE);
    ASSUME(n < (size_t)(json.end - p));
    watched = p + n;
    closed = false;
    (void)take_string(&json, p);
    PROVE(json.state != AFTER || closed);
    REACHED;
}

void put_character_stand_in(struct ango_json *j, const void *part, size_t n)
{
    const uint8_t *c = (const uint8_t *)part;
    size_t i = 0;

    (void)j;
    PROVE(n >= 1 && n <= 5);
    if (n == 2 && c[0] == '\\' && (c[1] == '"' || c[1] == '\\'))
        return;
    for (; i < n; i++)
        PROVE(!is_bare(c[i]));
}

/*
 * proof: take_character puts a quote or a backslash into an entry only behind a backslash, and never a NUL
 * bound: any
 * unwind: 6 any_shape.0:31
 * replace: put:put_character_stand_in ango_json_escape:escape_stand_in match:match_stand_in
 */
void proof_put_character(void)
{
    uint8_t *p = any_reader();

    ASSUME(p < json.end && json.state == IN_STRING && json.in == ANGO_ENTRY && !is_plain(*p) && *p != '"');
    (void)take_character(&json, p);
    REACHED;
}

static const uint8_t *entry;
static size_t entry_len;
static unsigned letters;

/* Where a string may begin: one does, or the entry ends. */
static bool is_between(size_t at)
{
    if (at == entry_len)
        return entry[at] == '\n';
    return at + 2 < entry_len && entry[at] == '"' && entry[at + 1] >= 'a' && entry[at + 1] < 'a' + letters;
}

/* What jsmn.h does with a text of the grammar: it ends a string at its first bare quote. */
int parse_string_stand_in(jsmn_parser *parser, const char *js, const size_t len, jsmntok_t *tokens,
                          const size_t num_tokens)
{
    size_t end = nondet_size();

    PROVE((const uint8_t *)js == entry && len >= entry_len && num_tokens == 1 && parser->toknext == 0
          && is_between(parser->pos));
    ASSUME(end > parser->pos + 1 && end < entry_len && is_between(end + 1));
    tokens->start = (int)parser->pos + 1;
    tokens->end = (int)end;
    parser->pos = (unsigned)end;
    return 0;
}

/* What proof_end_string shows; what it writes in the string is left out, since nothing of that is read again. */
const char *end_string_stand_in(uint8_t *p, uint8_t *end)
{
    PROVE(__CPROVER_same_object(p, entry) && p <= end && (size_t)(end - entry) < entry_len);
    return (const char *)p;
}

/*
 * proof: end_string writes nothing before the string, nor behind the place of its closing quote
 * bound: any
 * loop end_string.0:
 *     assigns: from, to, __CPROVER_object_whole(p)
 *     invariant: __CPROVER_same_object(from, p) && __CPROVER_same_object(to, p) && (unsigned long)to >= (unsigned long)p
 *         && (unsigned long)to <= (unsigned long)from && (unsigned long)to <= (unsigned long)end
 *         && (unsigned long)from <= (unsigned long)end + 1
 *     decreases: (unsigned long)end + 1 - (unsigned long)from
 */
void proof_end_string(void)
{
    size_t len = nondet_size();
    uint8_t *text;

    ASSUME(len <= LONGEST - 1);
    text = (uint8_t *)any_bytes(len + 1);
    PROVE(end_string(text, text + len) == (const char *)text);
    REACHED;
}

/*
 * proof: ango_json_read_entry stays within the entry and what is read out, if jsmn does what jsmn.h does, and returns what follows
 *     the entry's NUL
 * bound: any
 * unwind: ango_json_read_entry.0:31
 * replace: jsmn_parse_string:parse_string_stand_in end_string:end_string_stand_in
 * loop ango_json_read_entry.1:
 *     assigns: parser, *token, __CPROVER_object_whole(strings)
 *     invariant: parser.pos <= entry_len && entry[parser.pos] == (parser.pos == entry_len ? 10 : 34)
 *         && (parser.pos == entry_len || (parser.pos + 2 < entry_len && entry[parser.pos + 1] >= 97
 *         && entry[parser.pos + 1] < 97 + letters))
 *     decreases: entry_len - parser.pos
 */
void proof_read_entry(void)
{
    struct ango_shape small = { NULL, 0, 0, 0 };
    uint8_t *text;

    letters = nondet_unsigned();
    entry_len = nondet_size();
    ASSUME(letters >= 1 && letters < MOST - ANGO_FIELD_OWN && entry_len <= LONGEST - 2);
    small.list = ANGO_FIELD_OWN;
    small.fields_len = (uint8_t)(small.list + 1 + letters);
    text = (uint8_t *)any_bytes(entry_len + 2);
    entry = text;
    ASSUME(is_between(0) && text[entry_len] == '\n');
    text = ango_json_read_entry(&small, text, (struct ango_token *)any_bytes(sizeof(struct ango_token)),
                                any_bytes(letters * sizeof(const char *)));
    PROVE(text == entry + entry_len + 2);
    REACHED;
}

/*
 * proof: jsmn.h's own code ends a string of the grammar at its first bare quote, wherever it begins
 * bound: 12 bytes
 * unwind: 14
 */
void proof_jsmn_string(void)
{
    static char text[13];
    jsmn_parser parser = { 0, 0, -1 };
    jsmntok_t token;
    size_t begin = nondet_size(), end, i;

    __CPROVER_havoc_object(text);
    ASSUME(begin < sizeof text && text[begin] == '"');
    for (i = begin + 1; i < sizeof text && text[i] != '"'; i++) {
        ASSUME(text[i] != '\0');
        if (text[i] == '\\') {
            i++;
            ASSUME(i < sizeof text && (text[i] == '"' || text[i] == '\\'));
        }
    }
    ASSUME(i < sizeof text);
    end = i;
    parser.pos = (unsigned)begin;
    PROVE(jsmn_parse_string(&parser, text, INT_MAX, &token, 1) == 0);
    PROVE(token.start == (int)begin + 1 && token.end == (int)end && parser.pos == end);
    REACHED;
}
