/*
 * Certificates for people: subject and issuer as text. Linked only if a configuration refers to ango_tls_names, or
 * ango_tls_certificate is called.
 */
#include "tls.h"

#include <string.h>

#include "utf8.h"

#define UTF8_STRING 0x0C /* ASN.1's tag */

/* Room for a text that is being written, without the byte for its NUL. */
struct text {
    char *p;
    char *end;
};

/* Appends a character of `len` bytes; if it does not fit, neither it nor anything after it. */
static void put(struct text *text, const uint8_t *bytes, size_t len)
{
    if (len > (size_t)(text->end - text->p)) {
        text->end = text->p;
        return;
    }
    memcpy(text->p, bytes, len);
    text->p += len;
}

static void put_text(struct text *text, const char *bytes)
{
    for (; *bytes != '\0'; bytes++)
        put(text, (const uint8_t *)bytes, 1);
}

/* Not to be trusted: bytes that are not a printable character become "?". */
static void put_value(struct text *text, const mbedtls_x509_buf *value)
{
    size_t i = 0;

    while (i < value->len) {
        uint8_t c[5] = { 0 };
        size_t left = value->len - i;
        size_t len;

        memcpy(c, value->p + i, left < 4 ? left : 4);
        len = ango_utf8_len(c);
        if (len == 0 || (len > 1 && value->tag != UTF8_STRING) || (c[0] == 0xC2 && c[1] < 0xA0)) {
            c[0] = '?';
            len = 1;
        }
        put(text, c, len);
        i += len;
    }
}

/* The attributes that people know: "CN=..., O=..."; the others are left out. */
void ango_tls_write_name(char *to, size_t cap, const mbedtls_x509_name *name)
{
    static const struct {
        uint8_t last; /* last byte of the attribute's OID, 2.5.4.x */
        char label[4];
    } known[] = { { 3, "CN=" }, { 6, "C=" }, { 10, "O=" }, { 11, "OU=" } };
    struct text text;
    size_t i;

    text.p = to;
    text.end = to + cap - 1;
    for (; name != NULL; name = name->next) {
        if (name->oid.len != 3 || name->oid.p[0] != 0x55 || name->oid.p[1] != 4)
            continue;
        for (i = 0; i < sizeof known / sizeof known[0]; i++)
            if (name->oid.p[2] == known[i].last) {
                put_text(&text, text.p > to ? ", " : "");
                put_text(&text, known[i].label);
                put_value(&text, &name->val);
            }
    }
    *text.p = '\0';
}

static void keep(struct ango_tls_refused *to, const mbedtls_x509_crt *certificate)
{
    ango_tls_write_name(to->subject, sizeof to->subject, &certificate->subject);
    ango_tls_write_name(to->issuer, sizeof to->issuer, &certificate->issuer);
}

const struct ango_tls_names ango_tls_names = { keep };
