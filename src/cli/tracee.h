/* Another process, stopped by ptrace, so that it can be looked into.
 *
 * In: a pid. Out: the process stopped, and going on again. What always holds: a signal that comes
 * meanwhile reaches it. Calls that it waits in go on; those few that signal(7) lists end with
 * EINTR.
 */
#ifndef TRACEE_H
#define TRACEE_H

#include <stdbool.h>
#include <sys/types.h>

#include "error.h"

struct tracee {
  pid_t pid;
  int signal; /* to be delivered when it goes on */
};

/* What becomes of it if this process ends before tracee_release. */
enum tracee_fate { TRACEE_GOES_ON, TRACEE_IS_KILLED };

/* NOT_PERMITTED, or REFUSED; sys_errno ESRCH: it is gone. */
int tracee_stop (struct tracee *out, pid_t pid, enum tracee_fate fate,
                 struct oci_seccomp_error *err);

/* Lets it go on until it has executed another program, and stops it before that one's first
 * instruction. False: not within the time (negative: without a limit), and then it is stopped
 * no more nor traced. */
bool tracee_await_exec (struct tracee *tracee, int milliseconds);

void tracee_release (struct tracee *tracee);

#endif
