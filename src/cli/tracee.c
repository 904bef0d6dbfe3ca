#include "tracee.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

enum {
  STOP_MILLISECONDS = 5000, /* a process that does not stop within is in the hands of a driver */
  POLLS_A_MILLISECOND = 10,
};

/* Its next stop or end; false with ETIMEDOUT, or the error of waitpid. */
static bool
await (pid_t pid, int milliseconds, int *status)
{
  const struct timespec pause = {.tv_nsec = 1000 * 1000 / POLLS_A_MILLISECOND};
  int flags = __WALL | (milliseconds < 0 ? 0 : WNOHANG);

  for (int i = 0; milliseconds < 0 || i < milliseconds * POLLS_A_MILLISECOND;) {
    pid_t got = waitpid (pid, status, flags);

    if (got == pid)
      return true;
    if (got < 0 && errno != EINTR)
      return false;
    if (got == 0) {
      nanosleep (&pause, NULL);
      i++;
    }
  }
  errno = ETIMEDOUT;
  return false;
}

/* What the stop is about is in the upper bits of the status: 0, a signal on its way. */
static int
event_of (int status)
{
  return status >> 16;
}

static bool
await_stop (struct tracee *tracee)
{
  int status;

  if (!await (tracee->pid, STOP_MILLISECONDS, &status))
    return false;
  tracee->signal = WIFSTOPPED (status) && event_of (status) == 0 ? WSTOPSIG (status) : 0;
  if (WIFSTOPPED (status))
    return true;
  errno = ESRCH;
  return false;
}

static int
refused (struct oci_seccomp_error *err, pid_t pid)
{
  int error = errno;
  int code = error == EPERM || error == EACCES ? OCI_SECCOMP_NOT_PERMITTED : OCI_SECCOMP_REFUSED;

  return fail_errno (err, code, error, "process %d: cannot be stopped (ptrace): %s", (int) pid,
                     strerror (error));
}

int
tracee_stop (struct tracee *out, pid_t pid, enum tracee_fate fate, struct oci_seccomp_error *err)
{
  intptr_t options =
      PTRACE_O_TRACEEXEC | (fate == TRACEE_IS_KILLED ? (intptr_t) PTRACE_O_EXITKILL : 0);
  int code;

  *out = (struct tracee){.pid = pid};
  if (ptrace (PTRACE_SEIZE, pid, NULL, (void *) options))
    return refused (err, pid);
  if (ptrace (PTRACE_INTERRUPT, pid, NULL, NULL) == 0 && await_stop (out))
    return OCI_SECCOMP_OK;
  code = refused (err, pid);
  tracee_release (out);
  return code;
}

/* Goes on from a stop that is not the one waited for. A stopped container (SIGSTOP) stays stopped.
 */
static void
pass (struct tracee *tracee, int status)
{
  int signal = WSTOPSIG (status);

  if (event_of (status) == 0)
    ptrace (PTRACE_CONT, tracee->pid, NULL, (void *) (intptr_t) signal);
  else if (event_of (status) == PTRACE_EVENT_STOP && signal != SIGTRAP)
    ptrace (PTRACE_LISTEN, tracee->pid, NULL, NULL);
  else
    ptrace (PTRACE_CONT, tracee->pid, NULL, NULL);
}

bool
tracee_await_exec (struct tracee *tracee, int milliseconds)
{
  int status;

  ptrace (PTRACE_CONT, tracee->pid, NULL, (void *) (intptr_t) tracee->signal);
  tracee->signal = 0;
  while (await (tracee->pid, milliseconds, &status)) {
    if (!WIFSTOPPED (status))
      return false;
    if (event_of (status) == PTRACE_EVENT_EXEC)
      return true;
    pass (tracee, status);
  }
  /* Only a stopped process can be let go. */
  if (ptrace (PTRACE_INTERRUPT, tracee->pid, NULL, NULL) == 0 && await_stop (tracee))
    tracee_release (tracee);
  return false;
}

void
tracee_release (struct tracee *tracee)
{
  ptrace (PTRACE_DETACH, tracee->pid, NULL, (void *) (intptr_t) tracee->signal);
}
