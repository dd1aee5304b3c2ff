/* The outbox in a file: its promises hold when the process is killed at any call that writes or syncs. */
#define _DEFAULT_SOURCE
#define _POSIX_C_SOURCE 200809L

#include "ango_posix_outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SIZE 16384u
#define PERSONS 12u

static char folder[] = "/tmp/ango-outbox-XXXXXX";
static char path[sizeof folder + 16];

/* The storage of the file, but that the process is killed at one of its calls. */
static struct ango_posix_outbox file;
static struct ango_storage deadly;
static unsigned calls_left;

static void call(void)
{
    if (calls_left > 0 && --calls_left == 0)
        (void)kill(getpid(), SIGKILL);
}

static int do_prog(void *ctx, uint32_t at, const uint8_t *data, size_t len)
{
    call();
    return file.storage.prog(ctx, at, data, len);
}

static int do_erase(void *ctx, uint32_t at)
{
    call();
    return file.storage.erase(ctx, at);
}

static int do_sync(void *ctx)
{
    call();
    return file.storage.sync(ctx);
}

static struct ango_outbox box;
static struct ango_outbox_slot slots[PERSONS];
static char text[400];
static struct ango_outbox_config config;

static int open_file(void)
{
    int err = ango_posix_outbox_open(&file, path, SIZE);

    if (err != ANGO_OK)
        return err;
    deadly = file.storage;
    deadly.prog = do_prog;
    deadly.erase = do_erase;
    deadly.sync = do_sync;
    config.storage = &deadly;
    config.slots = slots;
    config.slots_cap = PERSONS;
    config.text = text;
    config.text_cap = sizeof text;
    err = ango_outbox_mount(&box, &config);
    return err == ANGO_E_DAMAGED ? ango_outbox_format(&box, &config) : err;
}

static int put(unsigned person)
{
    struct ango_outbox_entry entry = { 0 };
    char to[40];

    (void)snprintf(to, sizeof to, "person%u@example.com", person);
    entry.to = to;
    entry.organization_role = ANGO_ORGANIZATION_MEMBER;
    return ango_outbox_put(&box, &entry, NULL);
}

/* Puts everybody in, and says so of each who is; tidies in between. */
static void work(int said)
{
    unsigned person;
    uint8_t byte;

    if (open_file() != ANGO_OK)
        _exit(3);
    for (person = 0; person < PERSONS; person++) {
        byte = (uint8_t)person;
        if (put(person) != ANGO_OK || write(said, &byte, 1) != 1)
            _exit(4);
        if (person % 5 == 4 && ango_outbox_tidy(&box, true) != ANGO_OK)
            _exit(5);
    }
    _exit(0);
}

/* A process that is killed at its n-th call; how many it has promised, and whether it came to its end. */
static unsigned run_until(unsigned calls, bool *ended)
{
    unsigned promised = 0;
    int status = 0;
    uint8_t byte;
    int said[2];
    pid_t child;

    assert_int_equal(pipe(said), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        calls_left = calls;
        work(said[1]);
    }
    (void)close(said[1]);
    while (read(said[0], &byte, 1) == 1)
        promised++;
    (void)close(said[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    *ended = WIFEXITED(status);
    assert_true(*ended ? WEXITSTATUS(status) == 0 : WTERMSIG(status) == SIGKILL);
    return promised;
}

static void killed(void **state)
{
    unsigned calls, kills = 0;
    bool ended = false;

    (void)state;
    for (calls = 1; !ended; calls++) {
        unsigned promised;

        (void)unlink(path);
        promised = run_until(calls, &ended);
        kills += !ended;
        calls_left = 0;
        assert_int_equal(open_file(), ANGO_OK);
        assert_in_range(box.len, promised, promised + 1);
        ango_posix_outbox_close(&file);
        if (calls % 16 == 0) { /* and it goes on */
            bool whole;

            assert_int_equal(run_until(0, &whole), PERSONS);
            assert_true(whole);
            assert_int_equal(open_file(), ANGO_OK);
            assert_int_equal(box.len, PERSONS);
            ango_posix_outbox_close(&file);
        }
    }
    assert_true(kills > 100);
    (void)printf("outbox_file_kills=%u\n", kills);
}

static void one_writer(void **state)
{
    struct ango_posix_outbox second;
    struct stat status;

    (void)state;
    (void)unlink(path);
    assert_int_equal(open_file(), ANGO_OK);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(status.st_size, SIZE);
    assert_int_equal(ango_posix_outbox_open(&second, path, SIZE), ANGO_E_FULL);
    ango_posix_outbox_close(&file);
    ango_posix_outbox_close(&file);
    assert_int_equal(ango_posix_outbox_open(&second, path, 4 * SIZE), ANGO_OK);
    assert_int_equal(second.storage.block_count, SIZE / 4096);
    ango_posix_outbox_close(&second);
}

static void refused(void **state)
{
    (void)state;
    assert_int_equal(ango_posix_outbox_open(NULL, path, SIZE), ANGO_E_ARG);
    assert_int_equal(ango_posix_outbox_open(&file, NULL, SIZE), ANGO_E_ARG);
    assert_int_equal(ango_posix_outbox_open(&file, path, 4096), ANGO_E_ARG);
    assert_int_equal(ango_posix_outbox_open(&file, path, SIZE + 4096), ANGO_E_ARG);
    assert_int_equal(ango_posix_outbox_open(&file, folder, SIZE), ANGO_E_STORAGE);
    assert_int_equal(file.system_error, EISDIR);
    assert_int_equal(ango_posix_outbox_open(&file, "/dev/null", SIZE), ANGO_E_STORAGE);
    assert_int_equal(file.system_error, EINVAL);
}

/* A disk that is full when the file is made is an error, and one that was made in part is made whole. */
static void full_disk(void **state)
{
    struct rlimit limit, before;

    (void)state;
    (void)unlink(path);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = SIZE / 2 + 100;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(ango_posix_outbox_open(&file, path, SIZE), ANGO_E_STORAGE);
    assert_true(file.system_error == EFBIG || file.system_error == ENOSPC);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(open_file(), ANGO_OK);
    assert_int_equal(put(1), ANGO_OK);
    ango_posix_outbox_close(&file);
    assert_int_equal(open_file(), ANGO_OK);
    assert_int_equal(box.len, 1);
    ango_posix_outbox_close(&file);
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed),
        cmocka_unit_test(one_writer),
        cmocka_unit_test(refused),
        cmocka_unit_test(full_disk),
    };

    if (mkdtemp(folder) == NULL)
        return 1;
    (void)snprintf(path, sizeof path, "%s/outbox", folder);
    return cmocka_run_group_tests_name("outbox_file", tests, NULL, tear_down);
}
