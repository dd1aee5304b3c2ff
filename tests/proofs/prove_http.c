/* HTTP's reader and the room that it shares with JSON: any bytes, in any state, cut anywhere. */
#include "any_room.h"

#include "http.c"
#include "utf8.c"

static const char *nul;

/* --- the room ------------------------------------------------------------------------------------- */

/*
 * proof: ango_room_begin makes a sound room of any buffer
 * bound: any
 */
void proof_room_begin(void)
{
    struct ango_room room;

    memset(&room, 0, sizeof room);
    room.held = 0;
    any_buffer();
    ango_room_begin(&room, buffer, buffer_cap);
    PROVE(is_sound(&room));
    PROVE(room.limit - room.end >= ANGO_ROOM_RAW);
    REACHED;
}

/*
 * proof: a sound room stays sound when text is added and dropped
 * bound: any
 */
void proof_room_text(void)
{
    struct ango_room room;
    size_t n = nondet_size();

    any_room(&room);
    ASSUME(n <= (size_t)(room.end - room.next));
    ango_room_add_text(&room, n);
    PROVE(is_sound(&room));
    ango_room_drop_text(&room);
    PROVE(is_sound(&room));
    REACHED;
}

/*
 * proof: a sound room stays sound when bytes are skipped, and when it is packed
 * bound: any
 */
void proof_room_pack(void)
{
    struct ango_room room;
    size_t n = nondet_size();

    any_room(&room);
    ASSUME(n <= (size_t)(room.end - room.next));
    ango_room_skip(&room, n);
    PROVE(is_sound(&room));
    ASSUME(room.end - room.next <= ANGO_HTTP_LINE_MAX + 2); /* as proof_take shows */
    ango_room_pack(&room);
    PROVE(is_sound(&room));
    PROVE(room.next - room.held == room.put + ANGO_ROOM_GAP);
    REACHED;
}

/* --- one line ------------------------------------------------------------------------------------- */

static uint32_t date_stand_in(const char *text, uint32_t now)
{
    (void)strlen(text);
    (void)now;
    return nondet_u32();
}

/* Headers follow a status line, and a body the head of a final reply; while one of a known length is taken, some of it is left. */
static bool is_final(const struct ango_http *h)
{
    if ((h->state == ANGO_HTTP_BODY || h->state == ANGO_HTTP_CHUNK) && h->left == 0)
        return false;
    return h->state == ANGO_HTTP_STATUS_LINE
        || (h->status >= 100 && h->status <= 599 && (h->state == ANGO_HTTP_HEADERS || h->status >= 200));
}

static void any_http(struct ango_http *h)
{
    h->left = nondet_u32();
    h->lines_left = nondet_u32();
    h->retry_after_s = nondet_u32();
    h->date = nondet_bool() ? date_stand_in : NULL;
    h->now = nondet_u32();
    h->status = nondet_u16();
    h->state = nondet_u8();
    h->flags = nondet_u8();
    h->interim = nondet_u8();
    ASSUME(is_final(h));
}

/* What proof_text_is and proof_read_number (prove_text.c) show. */
bool text_is_stand_in(const char *a, const char *b)
{
    (void)strlen(a);
    (void)strlen(b);
    return nondet_bool();
}

const char *read_number_stand_in(const char *text, uint32_t *number)
{
    const char *end = end_of(text);
    size_t n = nondet_size();

    PROVE(*end == '\0');
    ASSUME(n <= (size_t)(end - text) && (text[n] < '0' || text[n] > '9'));
    *number = nondet_u32();
    return text + n;
}

/*
 * proof: take_status_line stays within its line, behind whose NUL there are a line feed and the NUL at room->end
 * bound: any
 * replace: ango_read_number:read_number_stand_in
 */
void proof_status_line(void)
{
    struct ango_http h;
    size_t len = nondet_size();
    char *line;
    int err;

    ASSUME(len <= LONGEST - 3);
    line = (char *)any_bytes(len + 3);
    line[len] = '\0';
    text_end = line + len;
    any_http(&h);
    err = take_status_line(&h, line);
    PROVE(is_final(&h) && (err == ANGO_OK || err == ANGO_E_HTTP));
    REACHED;
}

/*
 * proof: judge_header stays within name and value
 * bound: any
 * unwind: judge_header.0:6
 * replace: ango_text_is:text_is_stand_in ango_read_number:read_number_stand_in
 */
void proof_judge_header(void)
{
    struct ango_http h;
    const char *name = any_text(LONGEST / 2, &nul);

    any_http(&h);
    ASSUME(h.state == ANGO_HTTP_HEADERS);
    judge_header(&h, name, any_text(LONGEST / 2, &nul));
    REACHED;
}

void judge_header_stand_in(struct ango_http *h, const char *name, const char *value)
{
    (void)strlen(name);
    (void)strlen(value);
    any_http(h);
}

/*
 * proof: take_header stays within its line, in which it may put NULs
 * bound: any
 * replace: judge_header:judge_header_stand_in
 * loop take_header.0:
 *     assigns: name_end
 *     invariant: __CPROVER_same_object(name_end, line) && __CPROVER_r_ok(name_end, 1)
 *         && (unsigned long)name_end >= (unsigned long)line && (name_end == line || name_end[-1] > 32)
 *     decreases: (unsigned long)nul - (unsigned long)name_end
 * loop take_header.1:
 *     assigns: value
 *     invariant: __CPROVER_same_object(value, line) && __CPROVER_r_ok(value, 1)
 *         && (unsigned long)value >= (unsigned long)__CPROVER_loop_entry(value)
 *     decreases: (unsigned long)nul - (unsigned long)value
 * loop take_header.2:
 *     assigns: end
 *     invariant: __CPROVER_same_object(end, line) && __CPROVER_r_ok(end, 1) && (unsigned long)end >= (unsigned long)name_end
 *         && ((unsigned long)end > (unsigned long)name_end || *name_end != 58)
 *     decreases: (unsigned long)end
 */
void proof_header(void)
{
    struct ango_http h;
    char *line = any_text(LONGEST, &nul);

    any_http(&h);
    (void)take_header(&h, line, nondet_bool());
    PROVE(is_final(&h));
    REACHED;
}

/*
 * proof: take_chunk_size stays within its line
 * bound: any
 * loop take_chunk_size.0:
 *     assigns: p, size, digit
 *     invariant: __CPROVER_same_object(p, line) && __CPROVER_r_ok(p, 1)
 *     decreases: (unsigned long)nul - (unsigned long)p
 * loop take_chunk_size.1:
 *     assigns: p
 *     invariant: __CPROVER_same_object(p, line) && __CPROVER_r_ok(p, 1)
 *     decreases: (unsigned long)nul - (unsigned long)p
 */
void proof_chunk_size(void)
{
    struct ango_http h;

    any_http(&h);
    ASSUME(h.state == ANGO_HTTP_CHUNK_SIZE);
    (void)take_chunk_size(&h, any_text(LONGEST, &nul), nondet_bool());
    PROVE(is_final(&h));
    REACHED;
}

/* What these show: they may read all of the line up to its NUL. */
int line_stand_in(struct ango_http *h, const char *line)
{
    int err = nondet_int();

    (void)strlen(line);
    any_http(h);
    ASSUME(err <= 0 && err != ANGO_E_WAIT);
    return err;
}

int cut_line_stand_in(struct ango_http *h, const char *line, bool cut)
{
    (void)cut;
    return line_stand_in(h, line);
}

/*
 * proof: take_line, in any state, stays within its line
 * bound: any
 * replace: take_status_line:line_stand_in take_header:cut_line_stand_in take_chunk_size:cut_line_stand_in
 */
void proof_take_line(void)
{
    struct ango_http h;
    char *line = any_text(LONGEST, &nul);
    int err;

    any_http(&h);
    err = take_line(&h, line, nondet_bool());
    PROVE(is_final(&h) && err <= 0 && err != ANGO_E_WAIT);
    REACHED;
}

static uint32_t lines_left; /* before the line is taken */

/* What proof_take_line shows. What it writes into the line is left out, since nothing of the line is read afterwards. */
int take_line_stand_in(struct ango_http *h, const char *line, bool cut)
{
    size_t len = lines_left - h->lines_left - 2;
    uint32_t left = h->lines_left;
    int err = nondet_int();

    PROVE(line[cut ? ANGO_HTTP_LINE_MAX : len] == '\0' && (cut || len <= ANGO_HTTP_LINE_MAX));
    any_http(h);
    h->lines_left = left;
    ASSUME(err <= 0 && err != ANGO_E_WAIT);
    return err;
}

/* What proof_room_pack shows; the same holds for what it moves. */
void room_skip_stand_in(struct ango_room *room, size_t n)
{
    PROVE(n <= (size_t)(room->end - room->next));
    room->next += n;
}

/*
 * proof: find_line stays within what was received, leaves the room sound, and takes at least the end of a line or waits
 * bound: 256 bytes
 * replace: take_line:take_line_stand_in ango_room_skip:room_skip_stand_in
 * loop find_line.0:
 *     assigns: p
 *     invariant: __CPROVER_same_object(p, line) && (unsigned long)p >= (unsigned long)line
 *         && (unsigned long)p <= (unsigned long)room->end
 *     decreases: (unsigned long)room->end - (unsigned long)p
 */
void proof_find_line(void)
{
    struct ango_http h;
    struct ango_room room;
    struct ango_room before;
    int err;

    any_http(&h);
    small_buffer();
    arrange(&room);
    before = room;
    lines_left = h.lines_left;
    err = find_line(&h, &room);
    PROVE(is_sound(&room));
    PROVE(room.kept == before.kept && room.put == before.put && room.limit == before.limit && room.text == before.text
          && room.text_cap == before.text_cap && room.held == before.held);
    PROVE(room.next >= before.next && room.end <= before.end);
    PROVE(err == ANGO_E_WAIT ? room.end - room.next <= ANGO_HTTP_LINE_MAX + 2 : err <= 0);
    PROVE(err != ANGO_OK || (room.next > before.next && h.lines_left < lines_left));
    PROVE(h.lines_left <= lines_left && is_final(&h));
    REACHED;
}

/* --- the whole ------------------------------------------------------------------------------------ */

/* What proof_find_line shows. */
int find_line_stand_in(struct ango_http *h, struct ango_room *room)
{
    int err = nondet_int();
    size_t taken = nondet_size(), left = nondet_size();
    size_t n = (size_t)(room->end - room->next);

    PROVE(is_sound(room));
    ASSUME(taken <= n && left <= n - taken && err <= 0 && (err != ANGO_OK || taken > 0));
    ASSUME(err != ANGO_E_WAIT || left <= ANGO_HTTP_LINE_MAX + 2);
    room->next += taken;
    room->end = room->next + left;
    any_http(h);
    return err;
}

/*
 * proof: ango_http_take, from any state and of any bytes, leaves the room sound; what it gives as the body was received, and
 *     is no more than is still to come
 * bound: 256 bytes
 * replace: find_line:find_line_stand_in
 * loop ango_http_take.0:
 *     assigns: err, h->left, h->lines_left, h->retry_after_s, h->date, h->now, h->status, h->state, h->flags, h->interim,
 *         room->next, room->end
 *     invariant: __CPROVER_same_object(room->next, buffer) && __CPROVER_same_object(room->end, buffer)
 *         && (unsigned long)room->next >= (unsigned long)__CPROVER_loop_entry(room->next)
 *         && (unsigned long)room->end >= (unsigned long)room->next
 *         && (unsigned long)room->end <= (unsigned long)__CPROVER_loop_entry(room->end) && err <= 0
 *         && (h->state == 0 || (h->status >= 100 && h->status <= 599 && (h->state == 1 || h->status >= 200)))
 *         && ((h->state != 3 && h->state != 6) || h->left > 0)
 *         && (err != -1 || (unsigned long)room->end - (unsigned long)room->next <= 66)
 *     decreases: (err == 0) + (unsigned long)room->end - (unsigned long)room->next
 */
void proof_take(void)
{
    struct ango_http h;
    struct ango_room room;
    int n;

    any_http(&h);
    small_buffer();
    arrange(&room);
    n = ango_http_take(&h, &room);
    PROVE(is_sound(&room) && is_final(&h));
    PROVE(n != ANGO_OK || h.state == ANGO_HTTP_DONE);
    PROVE(n != ANGO_E_WAIT || room.end - room.next <= ANGO_HTTP_LINE_MAX + 2);
    if (n > 0) {
        PROVE(n <= room.end - room.next);
        PROVE(h.state == ANGO_HTTP_TO_CLOSE || (uint32_t)n <= h.left);
    }
    REACHED;
}

/*
 * proof: ango_http_taken leaves a reader from which ango_http_take may go on
 * bound: any
 */
void proof_taken(void)
{
    struct ango_http h;
    size_t n = nondet_size();

    any_http(&h);
    ASSUME(h.state == ANGO_HTTP_BODY || h.state == ANGO_HTTP_CHUNK || h.state == ANGO_HTTP_TO_CLOSE);
    ASSUME(h.state == ANGO_HTTP_TO_CLOSE || n <= h.left);
    ango_http_taken(&h, n);
    PROVE(is_final(&h));
    REACHED;
}
