/* Versions: the numbers say what the text says; and an outbox that an earlier version wrote is read, or refused and left alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ango.h"
#include "ango_outbox.h"
#include "medium.h"

/*
 * What two forms of the outbox wrote into its first area, with units of 8 bytes: two entries, and a third one that was removed. The
 * older one was never released. The newer one has its numbers as a little-endian machine does.
 */
static const char older[] =
    "\035C^PRq{S@@@@A@@@@A\036\n\n\n\n\n"
    "\035@\177|m\177BP@@@@AWBCAeT\177D@zoe@example.com\03765a0c0de0300000000000001\037desk 3\037\036\n"
    "\035CAtTBjP@@@@BWA@AeT\177DAbea@example.com\037\037\037\036\n\n\n\n\n\n\n"
    "\035AxAc^{P@@@@CWB@AeT\177DBgone@example.com\037\037\037\036\n\n\n\n\n\n"
    "\035Ags]hID@@@@C\036\n\n";
static const char newer[] =
    "\147\001\370\251\020\000\370\000\001\000\000\000\001\000\000\000"
    "\245\070\246\301\101\000\371W\000\361Se\001\000\000\000Rzoe@example.com\00065a0c0de0300000000000001\000desk "
    "3\000\012\012\012\012\012\012\012"
    "\063\346e$#\000\371W\001\361Se\002\000\000\000Hbea@example.com\000\000\000\012\012\012\012\012"
    "\353\267H\270$\000\371W\002\361Se\003\000\000\000Pgone@example.com\000\000\000\012\012\012\012"
    "\022IY\021\020\000\372D\000\000\000\000\003\000\000\000";

static struct medium medium;
static struct ango_outbox box;
static struct ango_outbox_slot slots[4];
static char text[300];

static void numbers_say_what_the_text_says(void **state)
{
    char expected[40];

    (void)state;
    (void)snprintf(expected, sizeof expected, "%d.%d.%d", ANGO_VERSION_MAJOR, ANGO_VERSION_MINOR, ANGO_VERSION_PATCH);
    assert_string_equal(ANGO_VERSION, expected);
    assert_true(ANGO_VERSION_MINOR < 1000 && ANGO_VERSION_PATCH < 1000);
    assert_true(ANGO_VERSION_NUMBER >= 1000);
#if ANGO_VERSION_NUMBER < 1000
    fail(); /* it can be compared by the preprocessor */
#endif
}

static void expect_entry(size_t *position, uint32_t id, const char *to, const char *project, const char *note)
{
    struct ango_outbox_item item;

    assert_int_equal(ango_outbox_next(&box, position, &item), ANGO_OK);
    assert_int_equal(item.id, id);
    assert_int_equal(item.state, ANGO_OUTBOX_WAITING);
    assert_string_equal(item.entry.to, to);
    assert_string_equal(item.entry.project_id, project);
    assert_string_equal(item.entry.note, note);
}

/* Mounts an outbox that is there; it is read with all that is in it, or refused, and left as it is. */
static int mount(const char *image, size_t len)
{
    static uint8_t before[MEDIUM_MOST];
    struct ango_outbox_config config = {
        .storage = &medium.storage, .slots = slots, .text = text, .text_cap = sizeof text
    };
    struct ango_outbox_item item;
    size_t position = 0;
    int err;

    config.slots_cap = sizeof slots / sizeof slots[0];
    medium_begin(&medium, MEDIUM_NOR, 8, 512, 2, 0xFF, 1);
    memset(medium.data, 0xFF, 1024);
    memcpy(medium.data, image, len);
    memcpy(before, medium.data, sizeof before);

    err = ango_outbox_mount(&box, &config);
    assert_memory_equal(medium.data, before, sizeof before);
    assert_int_equal(medium.programmed, 0);
    assert_int_equal(medium.erases, 0);
    if (err == ANGO_E_DAMAGED)
        return err;
    assert_int_equal(err, ANGO_OK);
    expect_entry(&position, 1, "zoe@example.com", "65a0c0de0300000000000001", "desk 3");
    expect_entry(&position, 2, "bea@example.com", "", "");
    assert_int_equal(ango_outbox_next(&box, &position, &item), ANGO_E_END);
    assert_int_equal(box.damaged, 0);
    return err;
}

static void an_earlier_outbox_is_read_or_refused(void **state)
{
    const uint16_t one = 1;
    bool little = *(const uint8_t *)&one == 1;

    (void)state;
    assert_int_equal(mount(older, sizeof older - 1), ANGO_E_DAMAGED);
    assert_int_equal(mount(newer, sizeof newer - 1), little ? ANGO_OK : ANGO_E_DAMAGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_say_what_the_text_says),
        cmocka_unit_test(an_earlier_outbox_is_read_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
