#include "parts.h"

/* The whole number that begins at `digits` (NULL: 0). False when it is none, or too large. */
static bool count(const char *digits, uint32_t *value)
{
    uint32_t n = 0;

    *value = 0;
    if (digits == NULL)
        return true;
    for (; (unsigned)*digits - '0' < 10; digits++) {
        uint32_t digit = (uint32_t)*digits - '0';

        if (n > (UINT32_MAX - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    *value = n;
    return *digits != '.' && (*digits | 0x20) != 'e';
}

int ango_check_counts(struct ango_result *result)
{
    return count(result->done_digits, &result->done) && count(result->failed_digits, &result->failed)
                   && count(result->total_digits, &result->total)
               ? ANGO_OK
               : ANGO_E_SHAPE;
}
