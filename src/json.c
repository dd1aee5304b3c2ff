#include "json.h"

#include <limits.h>
#include <string.h>

#define JSMN_STATIC
#include <jsmn.h>

#include "json_text.h"
#include "text.h"
#include "utf8.h"

/* A jsmn token fits into a struct ango_token. */
typedef char token_fits[sizeof(jsmntok_t) <= sizeof(struct ango_token) ? 1 : -1];

/*
 * What comes next. A number ends only at the byte after it.
 *
 *  state      what may come, besides white space            then
 *  VALUE      a value                                       OPENED, IN_STRING, MINUS to EXPONENT; AFTER (a literal)
 *  OPENED     what closes the level; a name, or a value     AFTER; as NAME or VALUE
 *  NAME       a name                                        IN_NAME
 *  IN_NAME    the name's characters, then "                 the same, COLON
 *  COLON      :                                             VALUE
 *  IN_STRING  the string's characters, then "               the same, AFTER
 *  AFTER      what closes the level; a comma                AFTER, or ENTRY_ENDED; NAME or VALUE
 */
enum state {
    VALUE,
    OPENED,
    NAME,
    COLON,
    AFTER,
    IN_NAME,
    IN_STRING,
    ENTRY_ENDED, /* as AFTER, once that has been reported */
    NOT_JSON,
    /* In a number, where more must follow: */
    MINUS,         /* a digit */
    POINT,         /* a digit */
    E,             /* a sign or a digit */
    EXPONENT_SIGN, /* a digit */
    /* and where it may end: */
    ZERO,
    WHOLE,
    FRACTION,
    EXPONENT
};

/* Flags. */
enum {
    WRONG = 1, /* a wanted value is invalid, or its name came twice */
    HAS_LIST = 2,
    TOO_LARGE = 4 /* this entry, or this status or message; the next bit is ANGO_JSON_ODD */
};

/* --- what is put ------------------------------------------------------------------------------ */

/*
 * Takes room for n more bytes of what is put; false: there is none. A status or message that does not fit is given up,
 * and so is an entry, as a whole.
 */
static bool extend(struct ango_json *j, size_t n)
{
    struct ango_room *room = j->room;
    size_t cap = (size_t)(room->limit - room->put);
    size_t reserved = ANGO_ROOM_RESERVED;

    if (j->in == ANGO_ENTRY) {
        reserved += ANGO_ROOM_WORDS;            /* mutant: words-room */
    } else if (j->field == ANGO_FIELD_STATUS) { /* which has room of its own, whatever else is kept */
        cap = ANGO_ROOM_STATUS;
        reserved = (size_t)(room->put - room->kept) + 1; /* mutant: status-room */
    } else if ((j->seen & (uint32_t)1 << ANGO_FIELD_STATUS) == 0) {
        reserved += ANGO_ROOM_STATUS;
    }
    if ((j->flags & TOO_LARGE) != 0)
        return false;
    if (n + reserved > cap) { /* mutant: no-room */
        j->flags |= TOO_LARGE;
        room->put = room->kept;
        return false;
    }
    room->put += n;
    return true;
}

/* Puts part of a string. */
static void put(struct ango_json *j, const void *part, size_t n)
{
    uint8_t *to = j->room->put;

    if (extend(j, n))
        memmove(to, part, n);
}

/* The status and the message stay as C strings. */
static void end_words(struct ango_json *j)
{
    struct ango_room *room = j->room;

    if (room->put == room->kept)
        return;
    *(j->field == ANGO_FIELD_STATUS ? &j->result->status : &j->result->message) = (const char *)room->kept;
    *room->put++ = '\0';
    room->kept = room->put;
}

/* --- names ------------------------------------------------------------------------------------ */

/* The first field of the open object; the fields of an object are consecutive. */
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
 * The field of the open object whose name begins with the `matched` bytes at `name` and then this byte; ANGO_NOWHERE:
 * there is none.
 */
static unsigned find_field(const struct ango_json *j, const char *name, char byte)
{
    unsigned f = first_field(j);
    char first = (char)(j->matched > 0 ? *name : byte); /* in which most names differ */

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
    unsigned f = j->field + 1u; /* replies keep an order: the field after the last one is a good guess */

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

/* Matches one more byte of a name; a NUL ends it. */
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

static void end_name(struct ango_json *j)
{
    uint32_t bit;

    j->state = COLON;
    match(j, '\0');
    if (j->field == ANGO_NOWHERE)
        return;
    bit = (uint32_t)1 << j->field;
    if ((j->seen & bit) != 0) { /* mutant: name-twice */
        j->flags |= WRONG;
        j->field = ANGO_NOWHERE;
    }
    j->seen |= bit;
}

/* --- strings ---------------------------------------------------------------------------------- */

/* What begins at p is invalid, or cut: then it is held until more has come. Nothing is longer than an escape. */
static uint8_t *wrong_or_cut(struct ango_json *j, const uint8_t *p)
{
    size_t left = (size_t)(j->end - p);

    if (left >= ANGO_JSON_ESCAPE_MAX) /* mutant: never-held */
        return NULL;
    j->room->held = (uint8_t)left;
    return j->end;
}

/*
 * Whether c needs no closer look, like most of any text. Quotes, backslashes, control characters and parts of a longer
 * UTF-8 sequence do; as a signed char each of these except the backslash is at most a quote, so one comparison passes
 * letters, digits and nearly all signs. It saves 15 % of the instructions of a long reply.
 */
static bool is_plain(uint8_t c)
{
    return c != '\\' && (signed char)c > '"';
}

static uint8_t *skip_plain(uint8_t *p)
{
    while (is_plain(*p))
        p++;
    return p;
}

/* Puts the character of an escape in a wanted string; a quote or backslash in an entry stays escaped, for jsmn. */
static void put_escaped(struct ango_json *j, uint32_t c)
{
    uint8_t utf8[1 + 4];
    uint8_t *to = utf8;

    if (c == 0) {                           /* it would end a C string; in the message it is left out */
        if (j->field != ANGO_FIELD_MESSAGE) /* mutant: nul-in-string */
            j->flags |= WRONG;
        return;
    }
    if (j->in == ANGO_ENTRY && (c == '"' || c == '\\')) /* mutant: quote-unescaped */
        *to++ = '\\';
    to = ango_utf8_put(to, c);
    put(j, utf8, (size_t)(to - utf8));
}

/* Takes the character at p, which is not plain; returns what follows it, or NULL: not JSON. */
static uint8_t *take_character(struct ango_json *j, uint8_t *p)
{
    uint32_t c = *p;
    bool escaped = c == '\\';
    size_t n = escaped ? ango_json_escape(p, &c) : ango_utf8_len(p);

    if (n == 0)
        return wrong_or_cut(j, p);
    if (j->state == IN_NAME)
        match(j, (char)(c > 0 && c < 0x80 ? c : '"')); /* a quote is in no name */
    else if (j->field != ANGO_NOWHERE) {
        if (escaped)
            put_escaped(j, c);
        else
            put(j, p, n);
    }
    return p + n;
}

/* Takes a part of a name at p; returns what follows that part, or NULL: not JSON. */
static uint8_t *take_name(struct ango_json *j, uint8_t *p)
{
    if (j->field != ANGO_NOWHERE) {
        const char *name = &j->shape->fields[j->field].name[j->matched];
        const uint8_t *from = p;

        while (*p == (uint8_t)*name && *p != '\0') {
            name++;
            p++;
        }
        j->matched = (uint8_t)(j->matched + (p - from));
    } else {
        p = skip_plain(p);
    }
    if (p == j->end)
        return p;
    if (*p == '"')
        end_name(j);
    else if (is_plain(*p))
        match(j, (char)*p);
    else
        return take_character(j, p);
    return p + 1;
}

/* The same for a string. In an entry its closing quote is put too. */
static uint8_t *take_string(struct ango_json *j, uint8_t *p)
{
    const uint8_t *run = p;
    bool ends;

    p = skip_plain(p);
    ends = *p == '"';
    if (j->field != ANGO_NOWHERE)
        put(j, run, (size_t)(p - run) + (ends && j->in == ANGO_ENTRY ? 1 : 0));
    if (p == j->end)
        return p;
    if (!ends)
        return take_character(j, p);
    j->state = AFTER;
    if (j->in != ANGO_ENTRY && j->field != ANGO_NOWHERE)
        end_words(j);
    return p + 1;
}

/* --- numbers ---------------------------------------------------------------------------------- */

/* The state after c in a number; AFTER: c is not part of it, so it has ended; NOT_JSON. */
static enum state number_state(enum state state, unsigned c)
{
    if (c >= '0' && c <= '9')
        switch (state) {
        case MINUS:
            return c == '0' ? ZERO : WHOLE;
        case ZERO:
            return NOT_JSON;
        case POINT:
            return FRACTION;
        case E:
        case EXPONENT_SIGN:
            return EXPONENT;
        default:
            return state;
        }
    if (c == '.' && (state == ZERO || state == WHOLE))
        return POINT;
    if ((c == 'e' || c == 'E') && state >= ZERO && state <= FRACTION)
        return E;
    if ((c == '+' || c == '-') && state == E)
        return EXPONENT_SIGN;
    return state >= ZERO ? AFTER : NOT_JSON; /* mutant: number-unfinished */
}

/* Takes the character of a number at p, or ends the number before it. A wanted number is a count: digits only. */
static uint8_t *take_number(struct ango_json *j, uint8_t *p)
{
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
    return p + 1;
}

/* --- values ----------------------------------------------------------------------------------- */

static bool in_object(const struct ango_json *j)
{
    return (j->levels & 1) != 0;
}

/* An object or array begins. */
static bool open(struct ango_json *j, bool object)
{
    if (j->depth == ANGO_JSON_DEPTH) /* mutant: no-depth */
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
        /* Keeps the bits up to the list's: each entry has fields of its own. */
        j->seen &= ((uint32_t)1 << (j->shape->list + 1)) - 1; /* mutant: seen-in-entry-before */
        j->flags &= (uint8_t)~TOO_LARGE;
    } else if (j->in == j->shape->list) {
        j->flags |= HAS_LIST;
        ango_room_drop_text(j->room); /* mutant: text-stays */
    }
    return true;
}

/* The innermost object or array ends. */
static void close(struct ango_json *j)
{
    j->state = AFTER;
    j->levels >>= 1;
    j->depth--;
    if (j->depth >= j->wanted)
        return;
    j->wanted--;
    if (j->in == ANGO_ENTRY) {
        put(j, "\n", 1); /* so that no entry is empty */
        *j->room->put = '\0';
        j->state = ENTRY_ENDED;
        j->in = j->shape->list;
    } else if (j->in != ANGO_REPLY) {
        j->in = j->shape->fields[j->in].parent;
    }
}

/* Ignores a value that begins with c if the field wants another type. */
static void hold_against_type(struct ango_json *j, unsigned c)
{
    unsigned type = c == '-' || (c >= '0' && c <= '9') ? ANGO_JSON_NUMBER : c;
    unsigned wanted = ANGO_JSON_OBJECT;

    if (j->field < ANGO_ENTRY)
        wanted = j->shape->fields[j->field].type;
    if (type == wanted) /* mutant: any-type */
        return;
    if (j->field == ANGO_ENTRY)
        j->flags |= ANGO_JSON_ODD;
    j->field = ANGO_NOWHERE;
}

/* Takes the literal at p; returns what follows it, or NULL: there is none. */
static uint8_t *take_literal(struct ango_json *j, uint8_t *p)
{
    const char *word = *p == 't' ? "true" : *p == 'f' ? "false" : "null";
    size_t len = strlen(word);

    if (strncmp((const char *)p, word, len) != 0)
        return wrong_or_cut(j, p);
    j->state = AFTER;
    return p + len;
}

/* Begins a string. In a kept entry a letter comes first in each, 'a' for the list's first field. */
static void begin_string(struct ango_json *j)
{
    uint8_t *to = j->room->put;

    j->state = IN_STRING;
    if (j->in != ANGO_ENTRY) {
        j->flags &= (uint8_t)~TOO_LARGE;
        return;
    }
    if (j->field == ANGO_NOWHERE || !extend(j, 2))
        return;
    to[0] = '"';
    to[1] = (uint8_t)('a' + j->field - j->shape->list - 1);
}

/* Begins the value at p; returns what follows its first character, or all of a literal, or p itself for a digit. */
static uint8_t *begin_value(struct ango_json *j, uint8_t *p)
{
    unsigned c = *p;

    if (j->depth > 0 && !in_object(j))
        j->field = j->depth == j->wanted ? ANGO_ENTRY : ANGO_NOWHERE;
    if (j->field != ANGO_NOWHERE)
        hold_against_type(j, c);
    switch (c) {
    case '{':
    case '[':
        return open(j, c == '{') ? p + 1 : NULL;
    case '"':
        begin_string(j);
        return p + 1;
    case '-':
        if (j->field != ANGO_NOWHERE)
            j->flags |= WRONG;
        j->state = MINUS;
        return p + 1;
    default:
        if (c > '9')
            return take_literal(j, p);
        j->state = MINUS; /* as after a minus: the next step takes the digit that must come */
        return p;
    }
}

/* --- the whole -------------------------------------------------------------------------------- */

static bool is_space(unsigned c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Takes the punctuation at p, or what begins a name or a value there; returns as take() does. */
static uint8_t *take_token(struct ango_json *j, uint8_t *p)
{
    unsigned c = *p;
    unsigned state = j->state;

    if ((state == OPENED || state == AFTER) && j->depth > 0 && c == (in_object(j) ? '}' : ']')) {
        close(j);
        return p + 1;
    }
    if (state == OPENED)
        state = in_object(j) ? NAME : VALUE;
    switch (state) {
    case AFTER:
        if (c != ',' || j->depth == 0) /* the only value has ended */ /* mutant: second-document */
            return NULL;
        j->state = in_object(j) ? NAME : VALUE;
        return p + 1;
    case NAME:
        if (c != '"')
            return NULL;
        begin_name(j);
        return p + 1;
    case COLON:
        if (c != ':')
            return NULL;
        j->state = VALUE;
        return p + 1;
    default: /* VALUE */
        return begin_value(j, p);
    }
}

/* Takes what it can from p on; returns where an entry ended, or `end`; NULL: not JSON. */
static uint8_t *take(struct ango_json *j, uint8_t *p)
{
    while (p != NULL && p != j->end && j->state != ENTRY_ENDED)
        if (j->state == IN_STRING)
            p = take_string(j, p);
        else if (j->state == IN_NAME)
            p = take_name(j, p);
        else if (j->state >= MINUS)
            p = take_number(j, p);
        else if (is_space(*p))
            p++;
        else
            p = take_token(j, p);
    return p;
}

int ango_json_take(struct ango_json *j, struct ango_room *room, size_t n)
{
    uint8_t *end = room->next + n;
    uint8_t behind = *end;
    uint8_t *p = room->next - room->held;

    j->room = room;
    j->end = end;
    room->next = end;
    room->held = 0;
    if (j->state == NOT_JSON)
        return ANGO_E_JSON;
    *end = '\0'; /* ends every loop */
    p = take(j, p);
    *end = behind;
    if (p == NULL) {
        j->state = NOT_JSON;
        room->put = room->kept;
        return ANGO_E_JSON;
    }
    if (j->state != ENTRY_ENDED)
        return ANGO_E_WAIT;
    j->state = AFTER;
    room->next = p;
    return ANGO_E_END;
}

int ango_json_end(const struct ango_json *j)
{
    bool complete = j->state == AFTER || j->state >= ZERO; /* from ZERO on, a number may end */

    if (!complete || j->depth > 0)
        return ANGO_E_JSON;
    if ((j->flags & WRONG) != 0 || (j->shape->list_required != 0 && (j->flags & HAS_LIST) == 0))
        return ANGO_E_SHAPE;
    return ANGO_OK;
}

/* --- entries ---------------------------------------------------------------------------------- */

/* Makes a C string, unescaped in place, of a kept string from p to `end`. */
static const char *end_string(uint8_t *p, uint8_t *end)
{
    const char *string = (const char *)p;
    uint8_t *from = (uint8_t *)memchr(p, '\\', (size_t)(end - p));
    uint8_t *to;

    if (from == NULL)
        from = end;
    for (to = from; from < end; from++) {
        if (*from == '\\')
            from++;
        *to++ = *from;
    }
    *to = '\0';
    return string;
}

uint8_t *ango_json_read_entry(const struct ango_shape *shape, uint8_t *text, struct ango_token *tokens, void *out)
{
    jsmntok_t *token = (jsmntok_t *)tokens;
    const char **strings = (const char **)out;
    jsmn_parser parser;
    unsigned i;

    for (i = shape->list + 1u; i < shape->fields_len; i++)
        *strings++ = "";
    strings = (const char **)out;
    jsmn_init(&parser);
    /* Only strings are there, so the rest of jsmn is not called: 440 bytes of flash less. */
    while (text[parser.pos] == '"') {
        parser.toknext = 0;
        if (jsmn_parse_string(&parser, (const char *)text, INT_MAX, token, 1) != 0) /* uncovered: whole-strings */
            break;                                                                  /* uncovered: whole-strings */
        strings[text[token->start] - 'a'] = end_string(text + token->start + 1, text + token->end);
        parser.pos++;
    }
    return text + parser.pos + 2; /* the newline and its NUL */
}
