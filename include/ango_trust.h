/*
 * ango_trust.h - trust anchors that can be replaced in the field, so that a change of CA does not brick a device.
 *
 * A set of anchors has a version, and is signed by the owner of the device with a key that is kept offline; its public
 * half lies in flash. The device has two slots. A newer set, wherever it came from, goes into the slot that is not in
 * use; the old one stays until a connection was made with the new one, and is erased then, so that a CA that was
 * dropped stays dropped. Power may fail at any moment: one of the slots is whole. `port/sign-anchors` makes a set.
 *
 *   ango_trust_init(&trust, &trust_config);
 *   tls_config.anchors = trust.anchors; tls_config.anchors_len = trust.anchors_len;
 *   ango_tls_init(&tls, &tls_config);
 *   ... a connection ...
 *   connected:                       ango_trust_connected(&trust);
 *   ANGO_E_CERT, not trusted:        if (ango_trust_fall_back(&trust) == ANGO_OK) set anchors_len, ango_tls_init, try again
 *   a new set has come, no connection open:
 *                                    if (ango_trust_replace(&trust, set, len) == ANGO_OK) set anchors_len, ango_tls_init
 *
 * When all anchors of a set have expired, or the last CA has changed without a set in time, each connection fails with
 * ANGO_E_CERT and nothing is sent; the device then waits for a set that comes another way (a technician, a console).
 * Several roots in one set, of more than one CA, make that unlikely; ten years are within what roots last.
 *
 * Format, big-endian: "ANGOSET1"; version (4); length of the anchors (2); for each anchor its length (2) and its DER; length of
 * the signature (1); ECDSA over P-256 with SHA-256 of all before that length, as DER; SHA-256 of all before that.
 */
#ifndef ANGO_TRUST_H
#define ANGO_TRUST_H

#include "ango_tls.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ANGO_TRUST_ANCHORS_MAX 8 /* of one set */

/* Constant for the life of the ango_trust, with all that it points to. */
struct ango_trust_config {
    const uint8_t *slots[2];  /* memory-mapped flash: anchors are used where they lie */
    size_t slot_cap;          /* bytes of each slot */
    const uint8_t *owner_key; /* the owner's public key, P-256: SubjectPublicKeyInfo as DER */
    size_t owner_key_len;
    /*
     * Erases a slot, then programs data[0..len) at its start; len 0: only erases. May be cut off by a loss of
     * power at any point. ANGO_OK, or an error, which is handed on.
     */
    int (*write)(void *ctx, unsigned slot, const uint8_t *data, size_t len);
    void *ctx;
    const struct ango_tls_config *tls; /* whose arena and port are used, while no connection is open */
};

struct ango_trust {
    /* For reading. */
    struct ango_trust_anchor anchors[ANGO_TRUST_ANCHORS_MAX]; /* of the set in use */
    size_t anchors_len;
    uint32_t version; /* of the set in use */
    unsigned slot;    /* where it lies */
    /* Private. */
    const struct ango_trust_config *config;
};

/*
 * Takes the newest whole set of both slots into use. Signatures were checked when the sets came; who can write flash
 * could change the program as well.
 *   ANGO_E_ARG     a NULL
 *   ANGO_E_ANCHOR  neither slot has a whole set
 *   ANGO_E_MEMORY  tls->arena is too small (1 KB is enough)
 */
int ango_trust_init(struct ango_trust *trust, const struct ango_trust_config *config);

/* A connection was made with the set in use: an older one in the other slot is erased. ANGO_OK, or what write said. */
int ango_trust_connected(struct ango_trust *trust);

/*
 * The set in use did not connect: takes the other slot's into use, if there is one. It is there only as long as
 * the newer one has never connected.
 *   ANGO_E_END     there is none
 */
int ango_trust_fall_back(struct ango_trust *trust);

/*
 * Checks a new set, writes it to the slot that is not in use, and takes it into use. Anchors of the set in use stay where
 * they are until then. `set` must not lie in a slot.
 *   ANGO_E_ANCHOR  not a whole set, with a signature of the owner, of at most ANGO_TRUST_ANCHORS_MAX anchors that fit a
 *                  slot, or not newer than what both slots have
 *   ANGO_E_MEMORY  tls->arena is too small (8 KB are enough)
 *   ANGO_E_ARG     a NULL, or a connection is open
 *   other          what write said; or ANGO_E_ANCHOR when the slot does not read back what was written. The old set
 *                  stays in use
 */
int ango_trust_replace(struct ango_trust *trust, const uint8_t *set, size_t len);

#ifdef __cplusplus
}
#endif

#endif
