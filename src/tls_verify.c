/*
 * Checks of certificates beyond mbedTLS's: the dates by the port's time, the host's name or address in the one
 * field that counts for it, and what the issuers may vouch for.
 */
#include "tls.h"

#include <string.h>

#include <mbedtls/asn1.h>

#include "calendar.h"

#if ANGO_TLS_EXPIRED != MBEDTLS_X509_BADCERT_EXPIRED || ANGO_TLS_OTHER_HOST != MBEDTLS_X509_BADCERT_CN_MISMATCH \
    || ANGO_TLS_NOT_TRUSTED != MBEDTLS_X509_BADCERT_NOT_TRUSTED \
    || ANGO_TLS_NOT_YET_VALID != MBEDTLS_X509_BADCERT_FUTURE || ANGO_TLS_CONSTRAINED != MBEDTLS_X509_BADCERT_OTHER
#error "ango_tls.h and mbedtls/x509.h disagree"
#endif

#define SEQUENCE (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE)
/* GeneralName (RFC 5280, 4.2.1.6), by its number */
#define DNS_NAME MBEDTLS_X509_SAN_DNS_NAME
#define IP_ADDRESS MBEDTLS_X509_SAN_IP_ADDRESS
#define TAG_NUMBER(tag) (MBEDTLS_ASN1_TAG_VALUE_MASK & (unsigned)(tag))

/* --- text ----------------------------------------------------------------------------------------- */

static unsigned lower(unsigned c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static bool same_text(const uint8_t *a, const char *b, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++)
        if (lower(a[i]) != lower((uint8_t)b[i]))
            return false;
    return true;
}

/* --- the host ------------------------------------------------------------------------------------- */

/* Whether a dNSName is the host's; "*." at its start stands for one label (RFC 9525, 6.3). */
static bool names_host(const uint8_t *name, size_t len, const struct ango_tls_state *state)
{
    const char *host = state->host;
    size_t host_len = state->host_len;

    if (len > 2 && name[0] == '*' && name[1] == '.') {
        const char *dot = (const char *)memchr(host, '.', host_len);

        if (dot == NULL || dot == host)
            return false;
        host_len -= (size_t)(dot - host);
        host = dot;
        name++;
        len--;
    }
    return len == host_len && same_text(name, host, len);
}

/* A name must be among the dNSNames, an address among the iPAddresses; no other field counts (RFC 9525, 6). */
static bool is_for_host(const mbedtls_x509_crt *certificate, const struct ango_tls_state *state)
{
    const mbedtls_x509_sequence *name;

    for (name = &certificate->subject_alt_names; name != NULL; name = name->next) {
        unsigned number = TAG_NUMBER(name->buf.tag);

        if (state->address_len == 0) {
            if (number == DNS_NAME && names_host(name->buf.p, name->buf.len, state))
                return true;
        } else if (number == IP_ADDRESS && name->buf.len == state->address_len
                   && memcmp(name->buf.p, state->address, state->address_len) == 0) {
            return true;
        }
    }
    return false;
}

/* --- name constraints (RFC 5280, 4.2.1.10) -------------------------------------------------------- */

/* What is left of a piece of DER. */
struct der {
    unsigned char *p;
    const unsigned char *end;
};

/* Takes an element with this tag off the front; false: none is there, and nothing is taken. */
static bool take(struct der *from, int tag, struct der *content)
{
    unsigned char *p = from->p; /* mbedTLS moves it even when it fails */
    size_t len;

    if (mbedtls_asn1_get_tag(&p, from->end, &len, tag) != 0)
        return false;
    content->p = p;
    content->end = p + len;
    from->p = p + len;
    return true;
}

static size_t length(const struct der *der)
{
    return (size_t)(der->end - der->p);
}

/* Whether the host lies in the subtree of a dNSName: "example.com" and all below it; ".example.com" has only those. */
static bool is_below(const struct der *base, const struct ango_tls_state *state)
{
    size_t len = length(base);
    size_t before = state->host_len - len;

    if (len > state->host_len || !same_text(base->p, state->host + before, len))
        return false;
    return before == 0 || len == 0 || base->p[0] == '.' || state->host[before - 1] == '.';
}

/* Whether the host's address lies in a network, given as address and mask. */
static bool is_within(const struct der *base, const struct ango_tls_state *state)
{
    size_t len = state->address_len;
    size_t i;

    if (length(base) != 2 * len)
        return false;
    for (i = 0; i < len; i++)
        if (((state->address[i] ^ base->p[i]) & base->p[len + i]) != 0)
            return false;
    return true;
}

/* What a list of GeneralSubtrees says of the host. */
enum subtrees { NOT_ABOUT_IT, WITHOUT_IT, WITH_IT, BROKEN };

static enum subtrees look_for_host(struct der list, const struct ango_tls_state *state)
{
    unsigned wanted = state->address_len == 0 ? DNS_NAME : IP_ADDRESS;
    enum subtrees seen = NOT_ABOUT_IT;
    struct der subtree;
    struct der base;

    while (list.p != list.end) {
        if (!take(&list, SEQUENCE, &subtree) || subtree.p == subtree.end)
            return BROKEN;
        if (TAG_NUMBER(*subtree.p) != wanted)
            continue;
        if (!take(&subtree, *subtree.p, &base))
            return BROKEN;
        if (state->address_len == 0 ? is_below(&base, state) : is_within(&base, state))
            return WITH_IT;
        seen = WITHOUT_IT;
    }
    return seen;
}

/* Whether a NameConstraints permits the host. */
static bool permits(struct der constraints, const struct ango_tls_state *state)
{
    const int list_tag = MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_ASN1_CONSTRUCTED;
    struct der lists;
    struct der list;
    enum subtrees seen;

    if (!take(&constraints, SEQUENCE, &lists))
        return false;
    if (take(&lists, list_tag | 0, &list)) { /* permittedSubtrees */
        seen = look_for_host(list, state);
        if (seen == WITHOUT_IT || seen == BROKEN)
            return false;
    }
    if (take(&lists, list_tag | 1, &list)) { /* excludedSubtrees */
        seen = look_for_host(list, state);
        if (seen == WITH_IT || seen == BROKEN)
            return false;
    }
    return lists.p == lists.end; /* mutant: constraints-rest */
}

/* Whether a CA may vouch for the host. mbedTLS refuses name constraints that are critical, and ignores others. */
static bool may_vouch(const mbedtls_x509_crt *certificate, const struct ango_tls_state *state)
{
    static const uint8_t name_constraints[] = { 0x55, 0x1D, 0x1E };
    struct der rest;
    struct der extensions;
    struct der extension;
    struct der oid;
    struct der value;

    if (certificate->v3_ext.p == NULL)
        return true; /* it has no extensions */
    rest.p = certificate->v3_ext.p;
    rest.end = rest.p + certificate->v3_ext.len;
    if (!take(&rest, SEQUENCE, &extensions))
        return false;
    while (extensions.p != extensions.end) {
        if (!take(&extensions, SEQUENCE, &extension))
            return false;
        if (!take(&extension, MBEDTLS_ASN1_OID, &oid) || length(&oid) != sizeof name_constraints
            || memcmp(oid.p, name_constraints, sizeof name_constraints) != 0)
            continue;
        (void)take(&extension, MBEDTLS_ASN1_BOOLEAN, &value); /* critical, if present */
        if (!take(&extension, MBEDTLS_ASN1_OCTET_STRING, &value) || !permits(value, state))
            return false;
    }
    return true;
}

/* --- a certificate -------------------------------------------------------------------------------- */

int64_t ango_tls_seconds(const mbedtls_x509_time *t)
{
    return (int64_t)ango_days((unsigned)t->year, (unsigned)t->mon, (unsigned)t->day) * 86400
        + ((int64_t)t->hour * 60 + t->min) * 60 + t->sec;
}

/* The port's clock decides, whether or not mbedTLS has one of its own. */
static uint32_t check_dates(const mbedtls_x509_crt *certificate, int64_t now)
{
    uint32_t flags = 0;

    if (now > ango_tls_seconds(&certificate->valid_to)) /* mutant: expired */
        flags |= MBEDTLS_X509_BADCERT_EXPIRED;
    if (now < ango_tls_seconds(&certificate->valid_from))
        flags |= MBEDTLS_X509_BADCERT_FUTURE;
    return flags;
}

int ango_tls_verify(void *ctx, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
    static const char server_auth[] = "\x2B\x06\x01\x05\x05\x07\x03\x01"; /* id-kp-serverAuth */
    struct ango_tls *tls = (struct ango_tls *)ctx;
    struct ango_tls_state *state = tls->state;

    state->verified = true;
    *flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
    if (tls->config->port->time != NULL)
        *flags |= check_dates(certificate, state->now);
    if (depth == 0) {
        if (!is_for_host(certificate, state))
            *flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH; /* mutant: subject-only */
    } else {
        /* A CA for clients or mail only must not vouch for a server; mbedTLS checks only the server's certificate. */
        if (mbedtls_x509_crt_check_extended_key_usage(certificate, server_auth, sizeof server_auth - 1) != 0)
            *flags |= MBEDTLS_X509_BADCERT_EXT_KEY_USAGE;
        if (!may_vouch(certificate, state))
            *flags |= MBEDTLS_X509_BADCERT_OTHER;
    }
    if (*flags != 0 && tls->config->names != NULL && !state->named) {
        tls->config->names->keep(tls->config->refused, certificate);
        state->named = true;
    }
    return 0;
}
