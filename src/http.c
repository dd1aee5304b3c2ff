#include "http.h"

#include <limits.h>
#include <string.h>

#include "text.h"
#include "utf8.h"

#define CHUNK_MAX 0x0FFFFFFFu /* bytes of a chunk */

/* --- the head --------------------------------------------------------------------------------- */

static int take_status_line(struct ango_http *h, const char *line)
{
    const char *end;
    uint32_t status;

    if (strncmp(line, "HTTP/1.", 7) != 0 || (line[7] != '0' && line[7] != '1') || line[8] != ' ')
        return ANGO_E_HTTP;
    end = ango_read_number(line + 9, &status);
    /* The reason, and even the space before it, may be missing: servers differ, and nothing depends on them. */
    if (end != line + 12 || status < 100 || status > 599 || (*end != ' ' && *end != '\0')) /* mutant: any-status */
        return ANGO_E_HTTP;
    h->status = (uint16_t)status;
    h->flags = ANGO_HTTP_MATTERED;
    if (line[7] == '0')
        h->flags |= ANGO_HTTP_IS_1_0 | ANGO_HTTP_CLOSE;
    h->left = 0;
    h->retry_after_s = 0;
    h->state = ANGO_HTTP_HEADERS;
    return ANGO_OK;
}

/* The headers that matter. Those without a usual value hold a number. */
static const struct header {
    const char *name;
    const char *usual;
    uint8_t flags;     /* set by the header */
    uint8_t otherwise; /* also set by any value but the usual */
} headers[] = {
    { "content-length", NULL, ANGO_HTTP_MATTERED | ANGO_HTTP_HAS_LENGTH, ANGO_HTTP_UNREADABLE },
    { "retry-after", NULL, ANGO_HTTP_MATTERED, 0 },
    { "transfer-encoding", "chunked", ANGO_HTTP_MATTERED | ANGO_HTTP_IS_CHUNKED, ANGO_HTTP_UNREADABLE },
    { "content-encoding", "identity", ANGO_HTTP_MATTERED, ANGO_HTTP_UNREADABLE },
    { "connection", "keep-alive", ANGO_HTTP_MATTERED, ANGO_HTTP_CLOSE },
};
#define FRAMING (ANGO_HTTP_HAS_LENGTH | ANGO_HTTP_IS_CHUNKED)

/* Reads the value of Content-Length or Retry-After; false: it is not a number. */
static bool take_number(struct ango_http *h, const struct header *header, const char *value)
{
    uint32_t number;
    bool good = *ango_read_number(value, &number) == '\0' && *value != '\0';

    if ((header->flags & ANGO_HTTP_HAS_LENGTH) != 0) {
        h->left = number;
        return good;
    }
    if (!good && h->date != NULL)
        number = h->date(value, h->now);
    h->retry_after_s = number < ANGO_RETRY_AFTER_MAX ? number : ANGO_RETRY_AFTER_MAX;
    return good;
}

/* `value` is "" if the line was too long to be read whole. */
static void judge_header(struct ango_http *h, const char *name, const char *value)
{
    const struct header *header = headers;
    unsigned flags = h->flags & ~(unsigned)ANGO_HTTP_MATTERED;

    while (!ango_text_is(name, header->name)) {
        header++;
        if (header == headers + sizeof headers / sizeof headers[0]) {
            h->flags = (uint8_t)flags;
            return;
        }
    }
    if ((header->flags & FRAMING) != 0 && (flags & FRAMING) != 0) /* mutant: framing-twice */
        flags |= ANGO_HTTP_UNREADABLE;
    if (header->usual != NULL ? !ango_text_is(value, header->usual) : !take_number(h, header, value))
        flags |= header->otherwise;
    h->flags = (uint8_t)(flags | header->flags);
}

static int take_header(struct ango_http *h, char *line, bool cut)
{
    char *name_end = line;
    char *value;
    char *end;

    if (*line == ' ' || *line == '\t') {          /* continues the header before (RFC 9112, 5.2) */
        if ((h->flags & ANGO_HTTP_MATTERED) != 0) /* mutant: folded-framing */
            h->flags |= ANGO_HTTP_UNREADABLE;
        return ANGO_OK;
    }
    while (*name_end > ' ' && *name_end < 0x7F && *name_end != ':') /* uncovered: char-is-unsigned */
        name_end++;
    if (name_end == line || (*name_end != ':' && !(cut && *name_end == '\0')))
        return ANGO_E_HTTP;
    value = *name_end == ':' ? name_end + 1 : name_end;
    while (*value == ' ' || *value == '\t')
        value++;
    for (end = value + strlen(value); end[-1] == ' ' || end[-1] == '\t';)
        end--;
    *end = '\0';
    *name_end = '\0';
    judge_header(h, line, cut ? "" : value);
    return ANGO_OK;
}

/* The empty line after a head: how does the body end? (RFC 9112, 6.3) */
static int end_head(struct ango_http *h)
{
    if (h->status < 200) {
        h->state = ANGO_HTTP_STATUS_LINE;
        h->interim++;
        return h->status != 101 && h->interim <= ANGO_INTERIM_MAX ? ANGO_OK : ANGO_E_HTTP; /* mutant: endless-interim */
    }
    if (h->status == 204 || h->status == 304) {
        h->state = ANGO_HTTP_DONE;
        if ((h->flags & FRAMING) != 0)
            h->flags |= ANGO_HTTP_CLOSE; /* a body is not allowed, but could come all the same */
        return ANGO_OK;
    }
    h->state = ANGO_HTTP_TO_CLOSE; /* even if the body is refused: nothing tells where it ends */
    if ((h->flags & ANGO_HTTP_UNREADABLE) != 0)
        return ANGO_E_HTTP;
    if ((h->flags & ANGO_HTTP_IS_CHUNKED) != 0) {
        h->state = ANGO_HTTP_CHUNK_SIZE;
        return (h->flags & ANGO_HTTP_IS_1_0) == 0 ? ANGO_OK : ANGO_E_HTTP;
    }
    if ((h->flags & ANGO_HTTP_HAS_LENGTH) != 0) {
        if (h->left == UINT32_MAX) /* mutant: no-length-limit */
            return ANGO_E_TOO_BIG;
        h->state = h->left > 0 ? ANGO_HTTP_BODY : ANGO_HTTP_DONE;
    }
    return ANGO_OK;
}

/* --- lines ------------------------------------------------------------------------------------ */

/* Gateways pad the size with spaces, before an extension or the end of the line (RFC 9112, 7.1.1). */
static int take_chunk_size(struct ango_http *h, const char *line, bool cut)
{
    const char *p = line;
    uint32_t size = 0;
    unsigned digit;

    while ((digit = ango_hex_digit((unsigned char)*p)) < 16) {
        size = size * 16 + digit;
        if (size > CHUNK_MAX) /* mutant: no-chunk-limit */
            return ANGO_E_HTTP;
        p++;
    }
    if (p == line)
        return ANGO_E_HTTP;
    while (*p == ' ' || *p == '\t')
        p++;
    if (*p != ';' && (*p != '\0' || cut)) /* mutant: chunk-size-cut */
        return ANGO_E_HTTP;
    h->left = size;
    h->state = size > 0 ? ANGO_HTTP_CHUNK : ANGO_HTTP_TRAILERS;
    return ANGO_OK;
}

/* Takes a line, without its line end; `cut`: only the beginning of a longer one. */
static int take_line(struct ango_http *h, char *line, bool cut)
{
    switch (h->state) {
    case ANGO_HTTP_STATUS_LINE:
        return take_status_line(h, line);
    case ANGO_HTTP_HEADERS:
        return *line != '\0' ? take_header(h, line, cut) : end_head(h);
    case ANGO_HTTP_CHUNK_SIZE:
        return take_chunk_size(h, line, cut);
    case ANGO_HTTP_CHUNK_END:
        h->state = ANGO_HTTP_CHUNK_SIZE;
        return *line == '\0' ? ANGO_OK : ANGO_E_HTTP; /* mutant: chunk-end */
    default:                                          /* TRAILERS, which are not used */
        if (*line == '\0')
            h->state = ANGO_HTTP_DONE;
        return ANGO_OK;
    }
}

/*
 * Shortens a line whose end has not come yet: keeps its beginning, to one byte more than is read, which shows that it
 * is too long, and its last byte, which may be the CR of the line end.
 */
static void shorten(struct ango_http *h, struct ango_room *room)
{
    size_t len = (size_t)(room->end - room->next);
    size_t most = ANGO_HTTP_LINE_MAX + 2;

    if (len <= most)
        return;
    room->next[most - 1] = room->end[-1]; /* mutant: long-line-cr */
    room->end = room->next + most;
    h->lines_left -= (uint32_t)(len - most);
}

/* Takes the line at room->next if its end has come; a stray control character in it is an error. */
static int find_line(struct ango_http *h, struct ango_room *room)
{
    uint8_t *line = room->next;
    uint8_t *p = line;
    size_t len;
    int err;

    *room->end = '\0'; /* ends the loop */
    while ((*p >= ' ' && *p <= '~') || *p == '\t' || *p >= 0x80)
        p++;
    len = (size_t)(p - line);
    if (len + 2 > h->lines_left) /* mutant: endless-lines */
        return ANGO_E_TOO_BIG;
    if (p == room->end || (p + 1 == room->end && *p == '\r')) {
        shorten(h, room);
        return ANGO_E_WAIT;
    }
    if (p[0] != '\r' || p[1] != '\n')
        return ANGO_E_HTTP;
    h->lines_left -= (uint32_t)len + 2;
    line[len < ANGO_HTTP_LINE_MAX ? len : ANGO_HTTP_LINE_MAX] = '\0';
    err = take_line(h, (char *)line, len > ANGO_HTTP_LINE_MAX);
    ango_room_skip(room, len + 2);
    return err;
}

/* --- the whole -------------------------------------------------------------------------------- */

int ango_http_take(struct ango_http *h, struct ango_room *room)
{
    int err = ANGO_OK;

    while (err == ANGO_OK) {
        size_t n = (size_t)(room->end - room->next);

        switch (h->state) {
        case ANGO_HTTP_DONE:
            return ANGO_OK;
        case ANGO_HTTP_BODY:
        case ANGO_HTTP_CHUNK:
            if (n > h->left)
                n = h->left;
            return n > 0 ? (int)n : ANGO_E_WAIT;
        case ANGO_HTTP_TO_CLOSE:
            return n > 0 ? (int)n : ANGO_E_WAIT;
        default:
            err = find_line(h, room);
            break;
        }
    }
    return err;
}
