/* Sets of trust anchors in two slots. Linked only where they are used. */
#include "ango_trust.h"
#include "tls.h"

#include <string.h>

#include <mbedtls/md.h>
#include <mbedtls/pk.h>

#define MAGIC "ANGOSET1"
#define MAGIC_LEN 8
#define HEAD_LEN (MAGIC_LEN + 4 + 2)
#define DIGEST_LEN 32

/* The parts of a set. */
struct set {
    uint32_t version;
    const uint8_t *anchors;
    size_t anchors_len; /* bytes */
    const uint8_t *signature;
    size_t signature_len;
    size_t signed_len; /* bytes from the start that are signed */
    size_t len;        /* bytes in all */
};

static uint32_t number(const uint8_t *from, size_t len)
{
    uint32_t n = 0;

    while (len-- > 0)
        n = n << 8 | *from++;
    return n;
}

static int digest(const uint8_t *data, size_t len, uint8_t *out)
{
    return mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), data, len, out);
}

/* --- the form of a set ---------------------------------------------------------------------------- */

/* Finds the parts of a set within data[0..cap), by the lengths that it states. */
static bool take_apart(const uint8_t *data, size_t cap, struct set *set)
{
    if (cap < HEAD_LEN || memcmp(data, MAGIC, MAGIC_LEN) != 0)
        return false;
    set->version = number(data + MAGIC_LEN, 4);
    set->anchors = data + HEAD_LEN;
    set->anchors_len = number(data + MAGIC_LEN + 4, 2);
    set->signed_len = HEAD_LEN + set->anchors_len;
    if (cap - HEAD_LEN < set->anchors_len || cap - set->signed_len < 1)
        return false;
    set->signature = data + set->signed_len + 1;
    set->signature_len = data[set->signed_len];
    set->len = set->signed_len + 1 + set->signature_len + DIGEST_LEN;
    return set->len <= cap;
}

/* Lists the anchors; returns how many there are, or 0 if they are malformed. */
static size_t list_anchors(const struct set *set, struct ango_trust_anchor *to)
{
    size_t at = 0;
    size_t count = 0;

    while (at < set->anchors_len) {
        size_t len;

        if (count == ANGO_TRUST_ANCHORS_MAX || set->anchors_len - at < 2)
            return 0;
        len = number(set->anchors + at, 2);
        at += 2;
        if (len == 0 || len > set->anchors_len - at)
            return 0;
        to[count].data = set->anchors + at;
        to[count].len = len;
        count++;
        at += len;
    }
    return count;
}

/* Whether a set is complete: a slot may have been cut off while it was written or erased. */
static bool is_whole(const uint8_t *data, size_t cap, struct set *set)
{
    struct ango_trust_anchor anchors[ANGO_TRUST_ANCHORS_MAX];
    uint8_t expected[DIGEST_LEN];

    return take_apart(data, cap, set) && list_anchors(set, anchors) > 0
        && digest(data, set->len - DIGEST_LEN, expected) == 0 /* uncovered: hash-cannot-fail */
        && memcmp(expected, data + set->len - DIGEST_LEN, DIGEST_LEN) == 0;
}

static bool is_signed(const struct ango_trust_config *config, const uint8_t *data, const struct set *set)
{
    uint8_t hash[DIGEST_LEN];
    mbedtls_pk_context key;
    bool ok;

    if (digest(data, set->signed_len, hash) != 0) /* uncovered: hash-cannot-fail */
        return false;                             /* uncovered: hash-cannot-fail */
    mbedtls_pk_init(&key);
    ok = mbedtls_pk_parse_public_key(&key, config->owner_key, config->owner_key_len) == 0
        && mbedtls_pk_verify(&key, MBEDTLS_MD_SHA256, hash, sizeof hash, set->signature, set->signature_len) == 0;
    mbedtls_pk_free(&key);
    return ok;
}

/* --- the slots ------------------------------------------------------------------------------------ */

static bool look_at(const struct ango_trust_config *config, unsigned slot, struct set *set)
{
    return is_whole(config->slots[slot], config->slot_cap, set);
}

static void use(struct ango_trust *trust, unsigned slot, const struct set *set)
{
    trust->slot = slot;
    trust->version = set->version;
    trust->anchors_len = list_anchors(set, trust->anchors);
}

/* The newest whole set; false: there is none. */
static bool find_newest(const struct ango_trust_config *config, unsigned *slot, struct set *set)
{
    struct set sets[2];
    bool whole[2];

    whole[0] = look_at(config, 0, &sets[0]);
    whole[1] = look_at(config, 1, &sets[1]);
    if (!whole[0] && !whole[1])
        return false;
    *slot = whole[1] && (!whole[0] || sets[1].version > sets[0].version) ? 1 : 0;
    *set = sets[*slot];
    return true;
}

/* --- the functions -------------------------------------------------------------------------------- */

int ango_trust_init(struct ango_trust *trust, const struct ango_trust_config *config)
{
    struct ango_tls tls;
    struct set set;
    unsigned slot;
    int err = ANGO_OK;

    if (trust == NULL || config == NULL || config->slots[0] == NULL || config->slots[1] == NULL
        || config->owner_key == NULL || config->write == NULL || config->tls == NULL)
        return ANGO_E_ARG;
    memset(trust, 0, sizeof *trust);
    trust->config = config;
    if (ango_tls_borrow(&tls, config->tls) != ANGO_OK)
        return ANGO_E_ARG;
    if (find_newest(config, &slot, &set))
        use(trust, slot, &set);
    else
        err = ANGO_E_ANCHOR;
    return ango_tls_give_back(&tls) ? ANGO_E_MEMORY : err; /* uncovered: hash-cannot-fail */
}

int ango_trust_connected(struct ango_trust *trust)
{
    const struct ango_trust_config *config = trust->config;
    unsigned other = 1 - trust->slot;
    struct set set;

    /* Having the form of a set is reason enough to be erased, and takes no memory to check. */
    if (!take_apart(config->slots[other], config->slot_cap, &set) || set.version >= trust->version)
        return ANGO_OK;
    return config->write(config->ctx, other, NULL, 0);
}

int ango_trust_fall_back(struct ango_trust *trust)
{
    unsigned other = 1 - trust->slot;
    struct ango_tls tls;
    struct set set;
    bool is_there;

    if (ango_tls_borrow(&tls, trust->config->tls) != ANGO_OK)
        return ANGO_E_ARG;
    is_there = look_at(trust->config, other, &set);
    if (ango_tls_give_back(&tls)) /* uncovered: hash-cannot-fail */
        return ANGO_E_MEMORY;     /* uncovered: hash-cannot-fail */
    if (!is_there)
        return ANGO_E_END;
    use(trust, other, &set);
    return ANGO_OK;
}

/* Whether a set may replace those in the slots. */
static bool is_welcome(const struct ango_trust_config *config, const uint8_t *data, size_t len)
{
    struct set set;
    struct set newest;
    unsigned slot;

    if (len > config->slot_cap || !is_whole(data, len, &set) || set.len != len) /* mutant: trust-longer */
        return false;
    if (find_newest(config, &slot, &newest) && set.version <= newest.version)
        return false;
    return is_signed(config, data, &set);
}

int ango_trust_replace(struct ango_trust *trust, const uint8_t *set, size_t len)
{
    const struct ango_trust_config *config = trust->config;
    unsigned other = 1 - trust->slot;
    struct ango_tls tls;
    struct set parts;
    bool ok;
    int err;

    if (set == NULL || ango_tls_borrow(&tls, config->tls) != ANGO_OK)
        return ANGO_E_ARG;
    ok = is_welcome(config, set, len);
    if (ango_tls_give_back(&tls)) /* then nothing that was computed is believed */
        return ANGO_E_MEMORY;
    if (!ok)
        return ANGO_E_ANCHOR;
    err = config->write(config->ctx, other, set, len);
    if (err != ANGO_OK)
        return err;
    if (memcmp(config->slots[other], set, len) != 0)
        return ANGO_E_ANCHOR;
    if (!take_apart(config->slots[other], config->slot_cap, &parts)) /* uncovered: whole-before */
        return ANGO_E_ANCHOR;                                        /* uncovered: whole-before */
    use(trust, other, &parts);
    return ANGO_OK;
}
