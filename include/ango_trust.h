/*
 * ango_trust.h - trust anchors that can be replaced in the field, so that a change of CA does not brick a device.
 *
 * A set of anchors has a version and is signed by the owner of the device, with a key kept offline whose public half
 * lies in flash. The device has two slots. A newer set, wherever it came from, goes into the unused slot; the old set
 * stays until a connection has been made with the new one, and is then erased, so that a dropped CA stays dropped.
 * Power may fail at any moment: one of the slots always holds a whole set. `port/sign-anchors` makes a set.
 *
 *   ango_trust_init(&trust, &trust_config);
 *   tls_config.anchors = trust.anchors; tls_config.anchors_len = trust.anchors_len;
 *   ango_tls_init(&tls, &tls_config);
 *   ... a connection ...
 *   connected:                      ango_trust_connected(&trust);
 *   ANGO_E_CERT, not trusted:       if (ango_trust_fall_back(&trust) == ANGO_OK) set anchors_len, ango_tls_init, retry
 *   a new set has come, no connection open:
 *                                   if (ango_trust_replace(&trust, set, len) == ANGO_OK) set anchors_len, ango_tls_init
 *
 * When all anchors of a set have expired, or the server has moved to another CA before a set with it came, each
 * connection fails with ANGO_E_CERT and nothing is sent; the device then needs a set that comes another way (a
 * technician, a console). A set with roots of more than one CA makes that unlikely; ten years are within the lifetime
 * of roots.
 *
 * Format, big-endian, sizes in bytes: "ANGOSET1"; version (4); length of the anchors (2); for each anchor its length
 * (2) and its DER; length of the signature (1); the signature, ECDSA with P-256 and SHA-256 over all before that
 * length, as DER; SHA-256 of all before it (32).
 */
#ifndef ANGO_TRUST_H
#define ANGO_TRUST_H

#include "ango_tls.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ANGO_TRUST_ANCHORS_MAX 8 /* of one set */

/* Constant for the life of the ango_trust, and valid with all that it points to. */
struct ango_trust_config {
    const uint8_t *slots[2];  /* memory-mapped flash: anchors are used where they lie */
    size_t slot_cap;          /* bytes of each slot */
    const uint8_t *owner_key; /* the owner's public key, P-256: SubjectPublicKeyInfo as DER */
    size_t owner_key_len;
    /*
     * Erases a slot, then programs data[0..len) at its start; len 0: only erases. A loss of power may interrupt it
     * at any point. Returns ANGO_OK, or an error, which is passed on.
     */
    int (*write)(void *ctx, unsigned slot, const uint8_t *data, size_t len);
    void *ctx;
    const struct ango_tls_config *tls; /* its arena and port are used, while no connection is open */
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
 * Selects the newest whole set in the two slots. Signatures were checked when the sets came; whoever can write flash
 * could change the program as well.
 *   ANGO_E_ARG     a NULL, or a connection is open
 *   ANGO_E_ANCHOR  neither slot has a whole set
 *   ANGO_E_MEMORY  tls->arena is too small (1 KB is enough)
 */
int ango_trust_init(struct ango_trust *trust, const struct ango_trust_config *config);

/* After a connection with the set in use: erases an older one in the other slot. ANGO_OK, or the error of write. */
int ango_trust_connected(struct ango_trust *trust);

/*
 * After a failure to connect with the set in use: selects the one in the other slot, if there is one. It is there only
 * until the newer one has connected.
 *   ANGO_E_END     there is none
 *   ANGO_E_MEMORY  tls->arena is too small (1 KB is enough)
 *   ANGO_E_ARG     a connection is open
 */
int ango_trust_fall_back(struct ango_trust *trust);

/*
 * Checks a new set, writes it to the unused slot, and selects it. The anchors in use stay where they are until then.
 * `set` must not lie in a slot.
 *   ANGO_E_ANCHOR  not a whole set, not signed by the owner, more than ANGO_TRUST_ANCHORS_MAX anchors, too large for a
 *                  slot, or not newer than the sets in both slots
 *   ANGO_E_MEMORY  tls->arena is too small (8 KB are enough)
 *   ANGO_E_ARG     a NULL, or a connection is open
 *   other          the error of write; or ANGO_E_ANCHOR if the slot does not read back as written. The old set stays
 *                  in use
 */
int ango_trust_replace(struct ango_trust *trust, const uint8_t *set, size_t len);

#ifdef __cplusplus
}
#endif

#endif
