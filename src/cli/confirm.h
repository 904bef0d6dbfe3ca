/* What this process has become, read back from the kernel.
 *
 * In: a struct process, after process_drop_privileges. Out: whether the kernel has it so. A filter
 * or its agent can answer a system call in the kernel's place: it says "done", and nothing is done.
 * What always holds: what cannot be confirmed is refused; after confirmation_prepare no memory is
 * taken and no file opened, as the filter may allow neither. */
#ifndef CONFIRM_H
#define CONFIRM_H

#include "process.h"

struct confirmation {
  int status; /* /proc/self/status, or -1 */
  char *text;
  size_t size;
  gid_t *groups; /* as many as asked for, and one more */
};

/* Before any filter of ours is on, and after inherited descriptors were dealt with. */
void confirmation_prepare (struct confirmation *out, const struct process *process,
                           struct arena *arena);

/* REFUSED, with what is not as asked for. */
int confirmation_check (const struct confirmation *confirmation, const struct process *process,
                        struct oci_seccomp_error *err);

#endif
