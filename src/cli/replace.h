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

/* The mode and owner come from `like`. */
int replace_file (const char *path, const void *bytes, size_t length, const struct stat *like,
                  struct oci_seccomp_error *err);

#endif
