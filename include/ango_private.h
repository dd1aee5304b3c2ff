/*
 * ango_private.h - what the public structs hold inside. Nothing in here is for an application to read or to set; it
 * stands in a public header only because the application provides the memory. How it works: src/README.md.
 */
#ifndef ANGO_PRIVATE_H
#define ANGO_PRIVATE_H

#include "ango_port.h"

/* How the caller's buffer is divided while a reply comes in (src/room.h). */
struct ango_room {
    uint8_t *kept;     /* end of what stays: the server's words, and complete entries */
    uint8_t *put;      /* end of what is being put behind it, before it is complete */
    uint8_t *next;     /* first byte received that HTTP has not taken */
    uint8_t *end;      /* of the bytes received */
    uint8_t *limit;    /* of what may be received; a byte for a NUL follows, and then the reply as plain text */
    uint8_t *text;     /* end of that text, its NUL */
    uint16_t text_cap; /* room for it and its NUL; 0: it was dropped */
    uint8_t held;      /* bytes right before `next` that JSON has not taken: a cut escape, character or literal */
};

/* An HTTP/1.1 reply on its way in (src/http.h). */
struct ango_http {
    uint32_t left;       /* bytes missing of the body, or of a chunk */
    uint32_t lines_left; /* bytes that the head, a chunk's lines or the trailers may still take */
    uint32_t retry_after_s;
    uint32_t (*date)(const char *text, uint32_t now); /* of the configuration, or NULL */
    uint32_t now;                                     /* Unix time, its lower half; 0: unknown */
    uint16_t status;
    uint8_t state;
    uint8_t flags;
    uint8_t interim; /* 1xx replies so far */
};

/* A JSON text on its way in (src/json.h). */
struct ango_json {
    const struct ango_shape *shape;
    struct ango_result *result;
    struct ango_room *room;
    uint8_t *end;    /* of what is being taken */
    uint32_t levels; /* a bit for each level that is open, the innermost lowest: 1 an object, 0 an array */
    uint32_t seen;   /* a bit for each field that has come */
    uint8_t state;
    uint8_t fields_len; /* of the shape, or of its first part */
    uint8_t depth;      /* levels that are open */
    uint8_t wanted;     /* levels, from the outside, that are fields of the shape */
    uint8_t in;         /* the innermost of them: a field, or the reply itself */
    uint8_t field;      /* of the name or value that is being read, or none */
    uint8_t matched;    /* bytes of the name that agree with that field's */
    uint8_t flags;
};

#endif
