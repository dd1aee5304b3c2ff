/*
 * ango_posix_outbox.h - the outbox (ango_outbox.h) in a file.
 *
 *   static struct ango_posix_outbox file;
 *   err = ango_posix_outbox_open(&file, "/var/lib/desk/outbox", 65536);
 *   config.storage = &file.storage;
 *
 * The file is readable and writable for its owner alone (0600), has its full size from the beginning, so that a disk that fills up later
 * takes nothing from it, and belongs to one process at a time. What is promised is on the disk (fdatasync). A sync that fails once
 * fails from then on, since the system forgets what it could not write, and is told to forget what it shows of it: open the file
 * again, and mount what is on the disk.
 */
#ifndef ANGO_POSIX_OUTBOX_H
#define ANGO_POSIX_OUTBOX_H

#include "ango_outbox.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ANGO_POSIX_OUTBOX_MIN 8192u
#define ANGO_POSIX_OUTBOX_MAX 0x40000000u

struct ango_posix_outbox {
    struct ango_storage storage; /* for ango_outbox_config, after a successful open */
    int system_error;            /* errno of the last call that failed; 0: none */
    /* Private. */
    int fd;
    bool failed;
};

/*
 * Opens the file, or makes it, `size` bytes large: ANGO_POSIX_OUTBOX_MIN to _MAX, a multiple of 8192, half of which holds entries at a
 * time. A file that is there keeps its size, if that is within these limits; a smaller one is one whose making was cut, and is made
 * whole. A new one has no outbox yet: ango_outbox_mount says ANGO_E_DAMAGED, ango_outbox_format makes it.
 *   ANGO_E_ARG      a NULL, a size that is none
 *   ANGO_E_FULL     another process has it
 *   ANGO_E_STORAGE  see system_error; also a file that is too large, or none (EINVAL)
 */
int ango_posix_outbox_open(struct ango_posix_outbox *file, const char *path, uint32_t size);

/* Closes it. The outbox on it must not be used any more. */
void ango_posix_outbox_close(struct ango_posix_outbox *file);

#ifdef __cplusplus
}
#endif

#endif
