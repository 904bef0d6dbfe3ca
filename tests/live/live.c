#include "live.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* Enough for an emulated machine whose processor others use as well. */
enum { TIME_LIMIT_SECONDS = 60 };

static int count, failures;

static void
report (bool good, const char *name)
{
  printf ("%s %d - %s\n", good ? "ok" : "not ok", ++count, name);
  fflush (stdout);
  failures += !good;
}

/* The parent keeps the time: a child's own alarm would be at the mercy of its filter. */
static int
wait_for (pid_t child)
{
  int status;

  for (int i = 0; i < TIME_LIMIT_SECONDS * 1000; i++) {
    if (waitpid (child, &status, WNOHANG) == child)
      return status;
    usleep (1000);
  }
  kill (child, SIGKILL);
  waitpid (child, &status, 0);
  printf ("# took longer than %d s\n", TIME_LIMIT_SECONDS);
  return status;
}

static int
run (void (*body) (void))
{
  fflush (stdout);
  pid_t child = fork ();

  if (child < 0) {
    perror ("fork");
    exit (99);
  }
  if (child == 0) {
    body ();
    /* Not _exit: sanitizers may have a say in that, and a filter in what they call. */
    for (;;)
      syscall (SYS_exit_group, 0);
  }
  return wait_for (child);
}

void
live_run (const char *name, void (*body) (void))
{
  int status = run (body);

  if (status)
    printf ("# wait status 0x%x\n", (unsigned) status);
  report (status == 0, name);
}

void
live_run_killed (const char *name, void (*body) (void), int signal)
{
  int status = run (body);
  bool killed = WIFSIGNALED (status) && WTERMSIG (status) == signal;

  if (!killed)
    printf ("# wait status 0x%x\n", (unsigned) status);
  report (killed, name);
}

void
live_skip (const char *name, const char *reason)
{
  printf ("ok %d - %s # SKIP %s\n", ++count, name, reason);
}

int
live_end (void)
{
  printf ("1..%d\n", count);
  return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

static _Noreturn void
stop (const struct oci_seccomp_error *err)
{
  dprintf (STDERR_FILENO, "# %s\n", err->message);
  _exit (1);
}

struct oci_seccomp_filter *
live_compile (const char *json)
{
  struct oci_seccomp_profile *profile;
  struct oci_seccomp_filter *filter;
  struct oci_seccomp_error err;

  if (oci_seccomp_profile_parse (&profile, json, strlen (json), NULL, &err) ||
      oci_seccomp_compile (&filter, profile, NULL, &err))
    stop (&err);
  oci_seccomp_profile_free (profile);
  return filter;
}

int
live_install (const char *json, unsigned flags)
{
  struct oci_seccomp_filter *filter = live_compile (json);
  struct oci_seccomp_error err;
  int listener;

  CHECK (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  /* Nothing but the installation: any other call may be answered by the filter already. */
  if (oci_seccomp_install (filter, flags, &listener, &err))
    stop (&err);
  return listener;
}

long
live_call (long number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
           uint64_t a5)
{
  long result = syscall (number, (long) a0, (long) a1, (long) a2, (long) a3, (long) a4, (long) a5);

  return result == -1 ? -errno : result;
}
