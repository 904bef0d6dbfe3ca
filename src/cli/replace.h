/* A file replaced at once: whoever opens it finds all of the old bytes or all of the new ones, also
 * after a crash, a full disk or SIGKILL.
 *
 * In: a path and bytes. Out: the file. What always holds: on a failure the old file is as it was;
 * what a link points to is replaced, not the link. */
#ifndef REPLACE_H
#define REPLACE_H

#include <stddef.h>
#include <sys/stat.h>

#include "error.h"

/* Whom the file is to belong to, and who may do what with it. */
struct likeness {
  struct stat status; /* owner and mode */
  const char *path;   /* whose access list, labels and user attributes too; NULL: none */
};

int replace_file (const char *path, const void *bytes, size_t length, const struct likeness *like,
                  struct oci_seccomp_error *err);

#endif
