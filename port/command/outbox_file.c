/* The file of the outbox: where it is, that it is ours, and whose turn it is. */
#define _POSIX_C_SOURCE 200809L

#include "outbox_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ango_posix.h"
#include "ango_posix_outbox.h"

#define FILE_SIZE 1048576u /* half of it holds entries at a time: some 3,500 */
#define PATH_CAP 4096
#define TEXT_CAP (ANGO_OUTBOX_BATCH * (ANGO_EMAIL_MAX + 1) + ANGO_OUTBOX_TEXT_MAX + 1)
#define POLL_MS 20      /* how often one that waits for its turn looks */
#define GRACE_MS 10000u /* a turn may take this much longer than two requests */
#define LOOK_MS 60000u  /* however the times of the file are */

const char *cli_outbox_file;
struct ango_outbox cli_outbox;

static char usual[PATH_CAP];
static struct ango_posix_outbox file = { .fd = -1 };
static struct ango_outbox_slot slots[CLI_ADDRESSES_MAX];
static char text[TEXT_CAP];
static struct ango_storage storage; /* of the file, but read from its image */
static const struct ango_outbox_config config = {
    .storage = &storage, .slots = slots, .slots_cap = CLI_ADDRESSES_MAX, .text = text, .text_cap = sizeof text
};
static struct timespec left_at; /* its time of change then */
static uint32_t left_ms;

/* --- where it is ---------------------------------------------------------------------------------------- */

static bool sync_folder_of(const char *name)
{
    char folder[PATH_CAP];
    const char *slash = strrchr(name, '/');
    int fd;
    bool ok;

    snprintf(folder, sizeof folder, "%.*s", slash != NULL ? (int)(slash - name) + 1 : 1, slash != NULL ? name : ".");
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    ok = fsync(fd) == 0;
    close(fd);
    return ok;
}

/* The folders of the usual place, for their owner alone. */
static void make_folders(void)
{
    char *slash;

    for (slash = strchr(usual + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(usual, S_IRWXU) == 0) {
            (void)sync_folder_of(usual);
        }
        *slash = '/';
    }
}

/* $XDG_STATE_HOME/ango/outbox, or that below the home directory. */
static int find_usual(void)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    bool has_state = state != NULL && state[0] == '/'; /* others are to be ignored, says the specification */
    int n = -1;

    if (has_state) {
        n = snprintf(usual, sizeof usual, "%s/ango/outbox", state);
    } else if (home != NULL && home[0] == '/') {
        n = snprintf(usual, sizeof usual, "%s/.local/state/ango/outbox", home);
    }
    if (n < 0 || (size_t)n >= sizeof usual) {
        cli_say("where is the outbox? --outbox FILE says it, or else XDG_STATE_HOME or HOME");
        return CLI_USAGE;
    }
    cli_outbox_file = usual;
    return CLI_DONE;
}

static int refuse(const char *why)
{
    cli_say("the outbox %s: %s", cli_outbox_file, why);
    return CLI_USAGE;
}

int cli_outbox_find(bool *there)
{
    struct stat info;

    *there = false;
    if (cli_outbox_file == NULL && find_usual() != CLI_DONE) {
        return CLI_USAGE;
    }
    if (lstat(cli_outbox_file, &info) != 0) {
        return errno == ENOENT ? CLI_DONE : refuse(strerror(errno));
    }
    if (!S_ISREG(info.st_mode) || info.st_uid != geteuid()) {
        return refuse("not a regular file of yours");
    }
    if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return refuse("others may use it, and it decides who is invited: 'chmod 600' would keep it to you");
    }
    if (info.st_size < (off_t)ANGO_POSIX_OUTBOX_MIN) { /* it would be filled up */
        return refuse("this is no outbox");
    }
    *there = true;
    return CLI_DONE;
}

/* --- errors --------------------------------------------------------------------------------------------- */

const char *cli_outbox_words(int err)
{
    switch (err) {
    case ANGO_E_STORAGE:
        return file.system_error != 0 ? strerror(file.system_error) : ango_error_text(err);
    case ANGO_E_FULL:
        return "the outbox is full: deliver some first ('ango outbox send'), or remove some";
    case ANGO_E_DAMAGED:
        return "this is no outbox, or it is damaged: move it away, or name another";
    case ANGO_E_SPACE:
        return "address, project and organization are too long";
    default:
        return ango_error_text(err);
    }
}

int cli_outbox_fault(int err)
{
    cli_say("the outbox %s: %s", cli_outbox_file, cli_outbox_words(err));
    return CLI_OTHER;
}

/* --- the image ------------------------------------------------------------------------------------------ */

/*
 * What is in the file, as long as it is ours; what is written goes to both. For each person who is put, all entries are read: in the
 * file that would be millions of calls for a long list.
 */
static uint8_t image[FILE_SIZE];

static int image_read(void *ctx, uint32_t at, uint8_t *buf, size_t len)
{
    (void)ctx;
    memcpy(buf, image + at, len);
    return ANGO_OK;
}

/* After a write, however it went. The file, unlike other storage, is read in one piece however long that is. */
static int reflect(int err, uint32_t at, size_t len)
{
    int read_err = file.storage.read(file.storage.ctx, at, image + at, len);

    return err != ANGO_OK ? err : read_err;
}

static int image_prog(void *ctx, uint32_t at, const uint8_t *data, size_t len)
{
    return reflect(file.storage.prog(ctx, at, data, len), at, len);
}

static int image_erase(void *ctx, uint32_t at)
{
    return reflect(file.storage.erase(ctx, at), at, file.storage.block_size);
}

/* Goes through the file, which is open: whether it still holds what the image does; with `take_over`, so that it does. */
static bool compare(bool take_over, size_t *len)
{
    static uint8_t piece[65536];
    bool same = true;
    ssize_t n = -1;
    int fd = open(cli_outbox_file, O_RDONLY | O_CLOEXEC);

    *len = 0;
    while (fd >= 0 && (n = read(fd, piece, sizeof piece)) > 0 && (size_t)n <= sizeof image - *len) {
        same = same && memcmp(piece, image + *len, (size_t)n) == 0;
        if (take_over) {
            memcpy(image + *len, piece, (size_t)n);
        }
        *len += (size_t)n;
    }
    if (fd >= 0) {
        close(fd);
    }
    return same && n == 0;
}

/* Reads the file into the image; it is open. */
static int take_image(void)
{
    size_t len, size = (size_t)file.storage.block_size * file.storage.block_count;

    if (size > sizeof image) {
        return ANGO_E_DAMAGED;
    }
    storage = file.storage;
    storage.read = image_read;
    storage.prog = image_prog;
    storage.erase = image_erase;
    (void)compare(true, &len);
    return len == size ? ANGO_OK : reflect(ANGO_OK, 0, size);
}

/* --- taking it ------------------------------------------------------------------------------------------ */

static int fail(void)
{
    file.system_error = errno;
    return ANGO_E_STORAGE;
}

/*
 * Makes it under another name, and gives it its own when it is whole. So what is found under that name is never formatted: it is
 * an outbox, or something else. Of two processes, one has the other name locked; the second finds the file made.
 */
static int make(void)
{
    char other[PATH_CAP];
    int n = snprintf(other, sizeof other, "%s.new", cli_outbox_file);
    int err;

    if (n < 0 || (size_t)n >= sizeof other) {
        errno = ENAMETOOLONG;
        return fail();
    }
    if (cli_outbox_file == usual) {
        make_folders();
    }
    err = ango_posix_outbox_open(&file, other, FILE_SIZE);
    if (err != ANGO_OK) {
        return err;
    }
    if (access(cli_outbox_file, F_OK) != 0) {
        err = take_image();
        if (err == ANGO_OK) {
            err = ango_outbox_format(&cli_outbox, &config);
        }
        if (err == ANGO_OK && link(other, cli_outbox_file) != 0 && errno != EEXIST) {
            err = fail();
        }
        if (err == ANGO_OK && !sync_folder_of(cli_outbox_file)) {
            err = fail();
        }
    }
    (void)unlink(other);
    n = file.system_error;
    ango_posix_outbox_close(&file);
    file.system_error = n;
    return err;
}

static int open_once(void)
{
    bool there;
    int err = ANGO_OK;

    if (cli_outbox_find(&there) != CLI_DONE) {
        return ANGO_E_ARG;
    }
    if (!there) {
        err = make();
    }
    return err == ANGO_OK ? ango_posix_outbox_open(&file, cli_outbox_file, FILE_SIZE) : err;
}

/* Waits for its turn; the file is then this process's. */
static int take(void)
{
    const struct timespec moment = { 0, POLL_MS * 1000000L };
    uint32_t start_ms = ango_posix_clock_ms(NULL), most_ms = 2 * cli.timeout_s * 1000u + GRACE_MS, took_ms = 0;
    int err;

    while ((err = open_once()) == ANGO_E_FULL && took_ms < most_ms && cli_interrupted() == 0) {
        cli_progress("another ango has the outbox, %lu s", (unsigned long)(took_ms / 1000u));
        nanosleep(&moment, NULL);
        took_ms = ango_posix_clock_ms(NULL) - start_ms;
    }
    cli_end_progress();
    if (err == ANGO_E_ARG) { /* it is said */
        return CLI_USAGE;
    }
    if (err == ANGO_E_FULL && cli_interrupted() != 0) {
        return CLI_SIGNAL + cli_interrupted();
    }
    if (err == ANGO_E_FULL) {
        cli_say("the outbox %s: another process has had it for %lu s; nothing was done", cli_outbox_file,
                (unsigned long)(took_ms / 1000u));
        return CLI_OTHER;
    }
    return err == ANGO_OK ? CLI_DONE : cli_outbox_fault(err);
}

int cli_outbox_begin_again(void)
{
    int err = take_image();

    if (err == ANGO_OK) {
        err = ango_outbox_mount(&cli_outbox, &config);
    }
    if (err != ANGO_OK) {
        (void)cli_outbox_fault(err);
        cli_outbox_close();
        return CLI_OTHER;
    }
    if (cli.verbose) {
        cli_say("the outbox %s: %lu entries, %lu damaged units", cli_outbox_file, (unsigned long)cli_outbox.len,
                (unsigned long)cli_outbox.damaged);
    }
    return CLI_DONE;
}

int cli_outbox_open(void)
{
    int status = take();

    return status == CLI_DONE ? cli_outbox_begin_again() : status;
}

/* --- turns ---------------------------------------------------------------------------------------------- */

void cli_outbox_let_go(void)
{
    struct stat info;

    left_ms = ango_posix_clock_ms(NULL);
    memset(&left_at, 0, sizeof left_at);
    if (stat(cli_outbox_file, &info) == 0) {
        left_at = info.st_mtim;
    }
    ango_posix_outbox_close(&file);
}

bool cli_outbox_was_touched(void)
{
    struct stat info;

    return stat(cli_outbox_file, &info) != 0 || info.st_mtim.tv_sec != left_at.tv_sec
        || info.st_mtim.tv_nsec != left_at.tv_nsec || ango_posix_clock_ms(NULL) - left_ms >= LOOK_MS;
}

int cli_outbox_take_again(bool *changed)
{
    int status = take();
    size_t len;

    *changed = false;
    if (status != CLI_DONE) {
        return status;
    }
    *changed = !compare(false, &len);
    return *changed ? cli_outbox_begin_again() : CLI_DONE;
}

void cli_outbox_wipe(void)
{
    int err;

    if (cli_outbox.len > 0 || memchr(image, '@', sizeof image) == NULL) {
        return;
    }
    err = ango_outbox_tidy(&cli_outbox, true);
    if (err != ANGO_OK && err != ANGO_E_DAMAGED) {
        cli_say("warning: addresses of people who are done are still in %s: %s", cli_outbox_file,
                cli_outbox_words(err));
    }
}

void cli_outbox_close(void)
{
    ango_posix_outbox_close(&file);
}

/* --- what is in it --------------------------------------------------------------------------------------- */

bool cli_outbox_next(size_t *position, struct ango_outbox_item *item)
{
    static const struct ango_outbox_entry unreadable = {
        .to = "(can no longer be read)", .organization_role = ANGO_ORGANIZATION_MEMBER, .project_id = "", .note = ""
    };
    int err = ango_outbox_next(&cli_outbox, position, item);

    if (err == ANGO_E_DAMAGED) {
        item->entry = unreadable;
    }
    return err == ANGO_OK || err == ANGO_E_DAMAGED;
}

size_t cli_outbox_count(enum ango_outbox_state state)
{
    struct ango_outbox_item item;
    size_t position = 0, n = 0;

    while (cli_outbox_next(&position, &item)) {
        n += item.state == state;
    }
    return n;
}

/* --- whose outbox it is --------------------------------------------------------------------------------- */

char cli_outbox_organization[ANGO_OUTBOX_TEXT_MAX + 1];

int cli_outbox_organize(void)
{
    struct ango_outbox_item item;
    size_t position = 0;

    cli_outbox_organization[0] = '\0';
    while (cli_outbox_organization[0] == '\0' && cli_outbox_next(&position, &item)) {
        snprintf(cli_outbox_organization, sizeof cli_outbox_organization, "%s", item.entry.note);
    }
    if (cli_outbox_organization[0] == '\0' || cli.organization == NULL
        || strcmp(cli_outbox_organization, cli.organization) == 0) {
        return CLI_DONE;
    }
    cli_say("the outbox %s holds people for the organization %s: name another with --outbox", cli_outbox_file,
            cli_outbox_organization);
    return CLI_USAGE;
}
