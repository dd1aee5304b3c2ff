#include "json.h"

#include <string.h>

#define JSMN_STATIC
#define JSMN_PARENT_LINKS /* 100 bytes of flash less */
#include <jsmn.h>

#include "json_text.h"
#include "text.h"
#include "utf8.h"

/* A token of jsmn fits what the caller set aside. */
typedef char token_fits[sizeof(jsmntok_t) <= sizeof(struct ango_token) ? 1 : -1];

/*
 * What comes next. A number only ends with what follows it.
 *
 *  state      what may come, besides white space            then
 *  VALUE      a value                                       OPENED, IN_STRING, MINUS to EXPONENT; AFTER (a literal)
 *  OPENED     what closes the level; a name, or a value     AFTER; as NAME or VALUE
 *  NAME       a name                                        IN_NAME
 *  IN_NAME    the name's characters, then "                 the same, COLON
 *  COLON      :                                             VALUE
 *  IN_STRING  the string's characters, then "               the same, AFTER
 *  AFTER      what closes the level; a comma                AFTER; NAME or VALUE
 */
enum state {
    VALUE,
    OPENED,
    NAME,
    COLON,
    AFTER,
    IN_NAME,
    IN_STRING,
    /* In a number. May end there: ZERO, WHOLE, FRACTION, EXPONENT. */
    MINUS,         /* a digit must follow */
    ZERO,
    WHOLE,
    POINT,         /* a digit must follow */
    FRACTION,
    E,             /* a sign or a digit must follow */
    EXPONENT_SIGN, /* a digit must follow */
    EXPONENT,
    NOT_JSON
};

/* Flags. */
enum {
    WRONG = 1,     /* a wanted value is not as it must be */
    HAS_LIST = 2,
    TOO_LARGE = 4, /* this entry */
    ENDED = 8      /* this entry */
};

void ango_json_begin(struct ango_json *j, const struct ango_shape *shape, struct ango_result *result)
{
    j->shape = shape;
    j->result = result;
    j->fields_len = shape->fields_len;
    j->in = ANGO_REPLY;
    j->field = ANGO_REPLY;
}

void ango_json_want_envelope(struct ango_json *j)
{
    j->fields_len = ANGO_FIELD_OWN;
}

/* --- what is put ------------------------------------------------------------------------------ */

/* The server's words are C strings among what stays, and unescaped at once. */
static void end_words(struct ango_json *j, struct ango_room *room)
{
    uint8_t *end = ango_json_unescape(room->kept, room->put);

    if (end != room->kept) {
        *(j->field == ANGO_FIELD_STATUS ? &j->result->status : &j->result->message) = (const char *)room->kept;
        room->kept = end + 1;
    }
    room->put = room->kept;
}

/* Puts part of a string. A string of the server's that does not fit is given up, and so is the whole entry. */
static void put(struct ango_json *j, struct ango_room *room, const void *part, size_t n)
{
    ptrdiff_t left = room->limit - room->put - ANGO_ROOM_RESERVED;

    if (j->in == ANGO_ENTRY)
        left -= ANGO_ROOM_WORDS;
    if ((j->flags & TOO_LARGE) != 0)
        return;
    if ((ptrdiff_t)n > left) {
        j->flags |= TOO_LARGE;
        room->put = room->kept;
        return;
    }
    memmove(room->put, part, n);
    room->put += n;
}

/*
 * In what is kept of an entry, {"a":"...","c":"..."}, one letter stands for a member's name: 'a' for the list's first
 * field. A string's closing quote comes with what follows it.
 */
static void put_name(struct ango_json *j, struct ango_room *room)
{
    if (room->put != room->kept)
        put(j, room, "\",\"?\":\"", 7);
    else
        put(j, room, "{\"?\":\"", 6);
    if ((j->flags & TOO_LARGE) == 0)
        room->put[-4] = (uint8_t)('a' + j->field - j->shape->list - 1);
}

/* --- names ------------------------------------------------------------------------------------ */

/* The first field of the object that is open; those of one object follow one another. */
static unsigned first_field(const struct ango_json *j)
{
    switch (j->in) {
    case ANGO_REPLY:
        return ANGO_FIELD_STATUS;
    case ANGO_ENTRY:
        return j->shape->list + 1u;
    default:
        return j->in + 1u;
    }
}

/*
 * The field of the object that is open whose name begins as the `matched` bytes at `name`, and then has this byte;
 * ANGO_NOWHERE: there is none.
 */
static unsigned find_field(const struct ango_json *j, const char *name, char byte)
{
    unsigned f = first_field(j);
    char first = j->matched > 0 ? *name : byte; /* by which most names differ */

    for (; f < j->fields_len; f++) {
        const struct ango_field *field = &j->shape->fields[f];

        if (field->parent == j->in && *field->name == first && strncmp(field->name, name, j->matched) == 0
            && field->name[j->matched] == byte)
            return f;
    }
    return ANGO_NOWHERE;
}

static void begin_name(struct ango_json *j)
{
    unsigned f = j->field + 1u; /* replies keep to an order: the field after the last one is a good guess */

    j->state = IN_NAME;
    j->matched = 0;
    j->field = ANGO_NOWHERE;
    if (j->depth != j->wanted)
        return;
    if (f >= j->fields_len || j->shape->fields[f].parent != j->in)
        f = first_field(j);
    if (f < j->fields_len)
        j->field = (uint8_t)f;
}

/* One more byte of a name; a NUL is its end. */
static void match(struct ango_json *j, char byte)
{
    const char *name;

    if (j->field == ANGO_NOWHERE)
        return;
    name = j->shape->fields[j->field].name;
    if (name[j->matched] != byte)
        j->field = (uint8_t)find_field(j, name, byte);
    j->matched++;
}

/* Goes on at p in a name that may be wanted; returns where it is not any more, or where there is no plain character. */
static uint8_t *match_plain(struct ango_json *j, uint8_t *p)
{
    while (j->field != ANGO_NOWHERE) {
        const char *name = &j->shape->fields[j->field].name[j->matched];
        const uint8_t *from = p;

        while (*name != '\0' && *p == (uint8_t)*name) {
            name++;
            p++;
        }
        j->matched = (uint8_t)(j->matched + (p - from));
        if (*p == '"' || *p == '\\' || *p == '\0')
            break;
        match(j, (char)*p++);
    }
    return p;
}

static void end_name(struct ango_json *j)
{
    uint32_t bit;

    match(j, '\0');
    j->state = COLON;
    if (j->field == ANGO_NOWHERE)
        return;
    bit = (uint32_t)1 << j->field;
    if ((j->seen & bit) != 0) {
        j->flags |= WRONG;
        j->field = ANGO_NOWHERE;
    }
    j->seen |= bit;
}

/* --- strings ---------------------------------------------------------------------------------- */

static void end_string(struct ango_json *j, struct ango_room *room)
{
    j->state = AFTER;
    if (j->in != ANGO_ENTRY && j->field != ANGO_NOWHERE)
        end_words(j, room);
}

/*
 * Past most of any text: to a quote, a backslash, or what needs a closer look. As a signed char each of these is at most
 * a quote, so that one comparison passes letters, digits and nearly all signs: 15 % of the instructions of a long reply.
 */
static uint8_t *skip_plain(uint8_t *p)
{
    while ((signed char)*p > '"' && *p != '\\')
        p++;
    return p;
}

/* Takes the character at p, which is no plain one; returns what follows it, p when it is cut, or NULL: not JSON. */
static uint8_t *take_character(struct ango_json *j, struct ango_room *room, uint8_t *p, const uint8_t *end)
{
    uint32_t unit = *p;
    bool escaped = *p == '\\';
    size_t n = escaped ? ango_json_escape(p, (size_t)(end - p), &unit) : ango_utf8_expected(*p);

    if (n > (size_t)(end - p))
        return p;
    if (n == 0 || (!escaped && ango_utf8_len(p) == 0))
        return NULL;
    if (j->state == IN_NAME)
        match(j, unit > 0 && unit < 0x80 ? (char)unit : '"'); /* which is in no name */
    else if (j->field != ANGO_NOWHERE) {
        if (unit == 0 && j->in == ANGO_ENTRY)
            j->flags |= WRONG; /* a C string would end there */
        put(j, room, p, n);
    }
    return p + n;
}

/* Goes on in a name or string at p; returns what follows it, or where it is cut, or NULL: not JSON. */
static uint8_t *take_string(struct ango_json *j, struct ango_room *room, uint8_t *p, const uint8_t *end)
{
    while (p != NULL) {
        uint8_t *run = p;

        if (j->state == IN_NAME)
            p = match_plain(j, p);
        p = skip_plain(p);
        if (p != run && j->state == IN_STRING && j->field != ANGO_NOWHERE)
            put(j, room, run, (size_t)(p - run));
        if (*p == '"') {
            if (j->state == IN_NAME)
                end_name(j);
            else
                end_string(j, room);
            return p + 1;
        }
        if (p == end)
            return p;
        run = p;
        p = take_character(j, room, p, end);
        if (p == run)
            return p;
    }
    return p;
}

/* --- numbers ---------------------------------------------------------------------------------- */

/* The state after a character of a number; AFTER: it is none, and the number ended before it; NOT_JSON. */
static enum state number_state(enum state state, unsigned c)
{
    bool digit = c >= '0' && c <= '9';

    switch (state) {
    case MINUS:
        return !digit ? NOT_JSON : c == '0' ? ZERO : WHOLE;
    case ZERO:
    case WHOLE:
        if (digit && state == WHOLE)
            return WHOLE;
        return c == '.' ? POINT : c == 'e' || c == 'E' ? E : AFTER;
    case POINT:
        return digit ? FRACTION : NOT_JSON;
    case FRACTION:
        return digit ? FRACTION : c == 'e' || c == 'E' ? E : AFTER;
    case E:
        if (c == '+' || c == '-')
            return EXPONENT_SIGN;
        return digit ? EXPONENT : NOT_JSON;
    case EXPONENT_SIGN:
        return digit ? EXPONENT : NOT_JSON;
    default: /* EXPONENT */
        return digit ? EXPONENT : AFTER;
    }
}

/* Goes on in a number at p, as take_string does. One that is wanted is a count: digits only. */
static uint8_t *take_number(struct ango_json *j, uint8_t *p, const uint8_t *end)
{
    for (; p < end; p++) {
        enum state state = number_state((enum state)j->state, *p);

        j->state = (uint8_t)state;
        if (state == AFTER)
            return p;
        if (state == NOT_JSON)
            return NULL;
        if (j->field != ANGO_NOWHERE) {
            void *count = (char *)j->result + j->shape->fields[j->field].offset;

            if ((state != ZERO && state != WHOLE) || !ango_add_digit((uint32_t *)count, *p - '0'))
                j->flags |= WRONG;
        }
    }
    return p;
}

/* --- values ----------------------------------------------------------------------------------- */

static bool in_object(const struct ango_json *j)
{
    return (j->levels & 1) != 0;
}

/* An object or array begins. */
static bool open(struct ango_json *j, struct ango_room *room, bool object)
{
    if (j->depth == ANGO_JSON_DEPTH)
        return false;
    j->levels = j->levels << 1 | (object ? 1 : 0);
    j->depth++;
    j->state = OPENED;
    if (j->field == ANGO_NOWHERE)
        return true;
    j->wanted++;
    j->in = j->field;
    if (j->in == ANGO_ENTRY) {
        j->result->items++;
        j->seen &= ((uint32_t)2 << j->shape->list) - 1; /* of those that are not in an entry */
        j->flags &= (uint8_t)~TOO_LARGE;
    } else if (j->in == j->shape->list) {
        j->flags |= HAS_LIST;
        ango_room_drop_text(room);
    }
    return true;
}

/* Ends the innermost object or array, if c is what closes it. */
static bool close(struct ango_json *j, struct ango_room *room, unsigned c)
{
    if (c != (in_object(j) ? '}' : ']'))
        return false;
    j->state = AFTER;
    j->levels >>= 1;
    j->depth--;
    if (j->depth >= j->wanted)
        return true;
    j->wanted--;
    if (j->in == ANGO_ENTRY) {
        put(j, room, room->put != room->kept ? "\"}" : "{}", 2);
        *room->put = '\0';
        j->flags |= ENDED;
        j->in = j->shape->list;
    } else if (j->in != ANGO_REPLY) {
        j->in = j->shape->fields[j->in].parent;
    }
    return true;
}

/* Whether a value that begins with c is what is wanted of the field; if not, it is not wanted. */
static void hold_against_type(struct ango_json *j, unsigned c)
{
    unsigned type = c == '-' || (c >= '0' && c <= '9') ? ANGO_JSON_NUMBER : c;
    unsigned wanted = ANGO_JSON_OBJECT;

    if (j->field < ANGO_ENTRY)
        wanted = j->shape->fields[j->field].type;
    if (type != wanted)
        j->field = ANGO_NOWHERE;
}

/* Takes the literal at p; returns p when it is cut, and NULL when it is none. */
static uint8_t *take_literal(struct ango_json *j, uint8_t *p, const uint8_t *end)
{
    const char *word = *p == 't' ? "true" : *p == 'f' ? "false" : "null";
    size_t len = strlen(word);
    size_t left = (size_t)(end - p);

    if (memcmp(p, word, left < len ? left : len) != 0)
        return NULL;
    if (left < len)
        return p;
    j->state = AFTER;
    return p + len;
}

/* Begins the value at p; returns what follows its first character, or its whole when it is a literal. */
static uint8_t *begin_value(struct ango_json *j, struct ango_room *room, uint8_t *p, const uint8_t *end)
{
    unsigned c = *p;

    if (j->depth > 0 && !in_object(j))
        j->field = j->depth == j->wanted ? ANGO_ENTRY : ANGO_NOWHERE;
    if (j->field != ANGO_NOWHERE)
        hold_against_type(j, c);
    switch (c) {
    case '{':
    case '[':
        return open(j, room, c == '{') ? p + 1 : NULL;
    case '"':
        j->state = IN_STRING;
        if (j->in == ANGO_ENTRY && j->field != ANGO_NOWHERE)
            put_name(j, room);
        else if (j->in != ANGO_ENTRY)
            j->flags &= (uint8_t)~TOO_LARGE;
        return take_string(j, room, p + 1, end);
    case '-':
        if (j->field != ANGO_NOWHERE)
            j->flags |= WRONG;
        j->state = MINUS;
        return p + 1;
    default:
        if (c > '9')
            return take_literal(j, p, end);
        j->state = MINUS;
        return take_number(j, p, end);
    }
}

/* --- the whole -------------------------------------------------------------------------------- */

static bool is_space(unsigned c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/*
 * Takes the sign at p that stands between values and names, or begins one of these; returns as take() does, and p when
 * a literal is cut.
 */
static uint8_t *take_token(struct ango_json *j, struct ango_room *room, uint8_t *p, const uint8_t *end)
{
    unsigned c = *p;

    switch ((enum state)j->state) {
    case COLON:
        j->state = VALUE;
        return c == ':' ? p + 1 : NULL;
    case AFTER:
        if (j->depth == 0)
            return NULL; /* there is one value, and it has ended */
        if (c == ',') {
            j->state = in_object(j) ? NAME : VALUE;
            return p + 1;
        }
        return close(j, room, c) ? p + 1 : NULL;
    case OPENED:
        if (close(j, room, c))
            return p + 1;
        if (!in_object(j))
            return begin_value(j, room, p, end);
        break;
    case VALUE:
        return begin_value(j, room, p, end);
    default:
        break;
    }
    if (c != '"') /* NAME */
        return NULL;
    begin_name(j);
    return take_string(j, room, p + 1, end);
}

/* Takes what it can from p on; returns where an entry ended, or the text was cut, or `end`; NULL: not JSON. */
static uint8_t *take(struct ango_json *j, struct ango_room *room, uint8_t *p, const uint8_t *end)
{
    for (;;) {
        unsigned state = j->state;
        uint8_t *from = p;

        if (state >= MINUS)
            p = take_number(j, p, end);
        else if (state >= IN_NAME)
            p = take_string(j, room, p, end);
        else if (*p > ' ')
            p = take_token(j, room, p, end);
        else if (is_space(*p))
            p++;
        else
            return p == end ? p : NULL;
        if (p == NULL || (p == from && j->state == state) || (j->flags & ENDED) != 0)
            return p;
    }
}

int ango_json_take(struct ango_json *j, struct ango_room *room, size_t n)
{
    uint8_t *end = room->next + n;
    uint8_t behind = *end;
    uint8_t *p = NULL;

    *end = '\0'; /* ends every loop */
    if (j->state != NOT_JSON)
        p = take(j, room, room->next - room->held, end);
    *end = behind;
    room->next = end;
    room->held = 0;
    if (p == NULL) {
        j->state = NOT_JSON;
        room->put = room->kept;
        return ANGO_E_JSON;
    }
    if ((j->flags & ENDED) != 0) {
        j->flags &= (uint8_t)~ENDED;
        room->next = p;
        return ANGO_E_END;
    }
    room->held = (uint8_t)(end - p);
    return ANGO_E_WAIT;
}

int ango_json_end(const struct ango_json *j, const struct ango_room *room)
{
    switch ((enum state)j->state) {
    case AFTER:
    case ZERO:
    case WHOLE:
    case FRACTION:
    case EXPONENT:
        break;
    default:
        return ANGO_E_JSON;
    }
    if (j->depth > 0 || room->held > 0)
        return ANGO_E_JSON;
    if ((j->flags & WRONG) != 0 || (j->shape->list_required != 0 && (j->flags & HAS_LIST) == 0))
        return ANGO_E_SHAPE;
    return ANGO_OK;
}

/* --- entries ---------------------------------------------------------------------------------- */

uint8_t *ango_json_read_entry(const struct ango_shape *shape, uint8_t *text, struct ango_token *tokens, void *out)
{
    jsmntok_t *token = (jsmntok_t *)tokens;
    size_t fields = (size_t)shape->fields_len - shape->list - 1;
    const char **strings = (const char **)out;
    uint8_t *end = text + strlen((const char *)text);
    jsmn_parser parser;
    unsigned i;

    for (i = 0; i < fields; i++)
        strings[i] = "";
    token->type = JSMN_UNDEFINED;
    jsmn_init(&parser);
    (void)jsmn_parse(&parser, (const char *)text, (size_t)(end - text), token, ANGO_TOKENS);
    for (i = 1; i + 1 < parser.toknext; i += 2) { /* a name, and its string */
        uint8_t *string = text + token[i + 1].start;

        strings[text[token[i].start] - 'a'] = (const char *)string;
        ango_json_unescape(string, text + token[i + 1].end);
    }
    return end + 1;
}
