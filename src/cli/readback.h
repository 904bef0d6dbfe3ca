/* What the kernel holds on another process: its seccomp filters, read back.
 *
 * In: a process. Out: programs, as seccomp(2) took them; or how many there are. The kernel (built
 * with CONFIG_CHECKPOINT_RESTORE) shows them to who has CAP_SYS_ADMIN in the first user namespace
 * and is under no filter itself; counts it shows to all. */
#ifndef READBACK_H
#define READBACK_H

#include <sys/types.h>

#include "../program.h"
#include "tracee.h"

struct readback {
  struct program *programs; /* the newest first */
  bool *logged;             /* installed with SECCOMP_FILTER_FLAG_LOG */
  size_t count;
};

/* NOT_PERMITTED where the kernel shows none, REFUSED for another failure. The arena's guard must be
 * set. */
int readback_filters (struct readback *out, const struct tracee *tracee, struct arena *arena,
                      struct oci_seccomp_error *err);

struct readback_counts {
  bool ended;       /* or a zombie */
  bool leaderless;  /* its first thread has ended, and others go on */
  unsigned filters; /* on the process; where the kernel (before 5.9) doesn't tell, 0 or 1 */
  pid_t tracer;     /* 0: none */
};

int readback_count (struct readback_counts *out, pid_t pid, struct oci_seccomp_error *err);

#endif
