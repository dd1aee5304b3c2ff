/*
 * ango_private.h - the private parts of the public structs. Applications must not read or set anything in here; it is
 * in a public header only because the application provides the memory. How it works: src/README.md.
 */
#ifndef ANGO_PRIVATE_H
#define ANGO_PRIVATE_H

#include "ango_port.h"

/* How the caller's buffer is divided while a reply comes in (src/room.h). */
struct ango_room {
    uint8_t *kept;     /* end of what stays: the reply's status and message, and complete entries */
    uint8_t *put;      /* end of what is being put behind that and is not complete yet */
    uint8_t *next;     /* the first received byte that HTTP has not taken */
    uint8_t *end;      /* end of the received bytes */
    uint8_t *limit;    /* end of the room for received bytes; a NUL follows, then the reply as plain text */
    uint8_t *text;     /* end of that text: its NUL */
    uint16_t text_cap; /* room for the text and its NUL; 0: it was dropped */
    uint8_t held;      /* bytes right before `next` that JSON has not taken: part of an escape, character or literal */
};

/* An HTTP/1.1 reply as it comes in (src/http.h). */
struct ango_http {
    uint32_t left;       /* bytes of the body, or of a chunk, still to come */
    uint32_t lines_left; /* bytes that the head, a chunk's lines or the trailers may still take */
    uint32_t retry_after_s;
    uint32_t (*date)(const char *text, uint32_t now); /* config.retry_after_date */
    uint32_t now;                                     /* the low 32 bits of the Unix time; 0: unknown */
    uint16_t status;
    uint8_t state;
    uint8_t flags;
    uint8_t interim; /* 1xx replies so far */
};

/* A JSON text as it comes in (src/json.h). */
struct ango_json {
    const struct ango_shape *shape;
    struct ango_result *result;
    struct ango_room *room;
    uint8_t *end;    /* of the bytes being taken */
    uint32_t levels; /* a bit for each open level, the innermost lowest: 1 for an object, 0 for an array */
    uint32_t seen;   /* a bit for each field that has come, by its index */
    uint8_t state;
    uint8_t fields_len; /* of the shape, or of the envelope alone */
    uint8_t depth;      /* open levels */
    uint8_t wanted;     /* how many of these, from the outermost, are wanted */
    uint8_t in;         /* the innermost wanted level: a field, ANGO_ENTRY or ANGO_REPLY */
    uint8_t field;      /* the field whose name or value is being read, or ANGO_NOWHERE */
    uint8_t matched;    /* leading bytes of the name that agree with that field's */
    uint8_t flags;
};

#endif
