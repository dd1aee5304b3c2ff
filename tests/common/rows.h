/*
 * rows.h - reports the cases of the hostile network, one line each, for the table of `make test-hostile`.
 */
#ifndef ANGO_TESTS_ROWS_H
#define ANGO_TESTS_ROWS_H

#include "ango.h"

/*
 * Case `name` (unique within its row) of a row of the list. Appends the line
 * "row TAB name TAB expected TAB seen TAB ok|FAILED" to the file that HOSTILE_TABLE names, if it is set, and
 * fails the cmocka test when the two differ. A request that was sent twice is shown by the word DOUBLED.
 */
void hostile_case(int row, const char *name, const char *expected, const char *seen);

/* "TIME" for ANGO_E_TIME, and so on; "OK" for ANGO_OK. */
const char *hostile_class(int error);

/* 'N', 'U', 'R', 'A'. */
char hostile_letter(enum ango_outcome outcome);

#endif
