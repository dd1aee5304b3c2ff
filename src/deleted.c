#include "parts.h"

/* The types are open, since only the deletion of members is documented. */
static const struct ango_field fields[] = {
    ANGO_ENVELOPE,
    { "deleted", ANGO_IN_DATA, ANGO_JSON_NUMBER, 1, offsetof(struct ango_result, done_digits) },
    { "failed", ANGO_IN_DATA, ANGO_JSON_NUMBER, 1, offsetof(struct ango_result, failed_digits) },
};

const struct ango_shape ango_deleted = { fields, sizeof fields / sizeof fields[0], 0, 0, ango_check_counts };
