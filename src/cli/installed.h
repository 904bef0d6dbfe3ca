/* The filters on a running process, named `pid:N`, or `pid:N/INDEX` where there are several: 0 is
 * the newest.
 *
 * In: a name. Out: a filter as of raw BPF; or what there is. Needs what readback.h tells. */
#ifndef INSTALLED_H
#define INSTALLED_H

#include "cli.h"
#include "readback.h"

bool installed_is_named (const char *name);

/* "N" or "N/INDEX"; index is -1 if there is none. */
bool installed_parse (const char *text, pid_t *pid, int *index);

/* All of them; the arena's guard must be set. Complains and returns false. */
bool installed_read (struct readback *out, pid_t pid, struct arena *arena);

/* The one that index means, -1 being the only one; complains and returns NULL. */
struct oci_seccomp_filter *installed_choose (const struct readback *filters, pid_t pid, int index);

/* All in one, of a name with its "pid:". */
struct oci_seccomp_filter *installed_filter (const char *name);

#endif
