/* What an engine or a runtime runs by itself: a JSON text comes on stdin, and only the exit status
 * is sure to be seen. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "audit.h"
#include "rewrite.h"

/* How long a runtime is kept waiting for a container that is still starting. */
enum { FOREGROUND_MILLISECONDS = 50 };

struct hook {
  struct machine machine;
  bool newer_given;
  struct arena arena;
  struct input input; /* stdin */
};

/* --- precreate ------------------------------------------------------------------------------- */

static int
write_stdout (const char *bytes, size_t length)
{
  if (fwrite (bytes, 1, length, stdout) != length)
    return complain (STATUS_FAILED, "stdout: cannot write: %s", strerror (errno));
  return finish_output (stdout, "stdout");
}

/* Nothing is written before all has gone well. */
static int
precreate (struct hook *hook)
{
  const struct rewrite rewrite = {.options = &hook->machine.library};
  struct oci_seccomp_error err;
  struct rewritten made;
  int status;

  if (rewrite_config (&made, &rewrite, &hook->input, &hook->arena, &err))
    status = complain_of (STATUS_FAILED, &err);
  else
    status = write_stdout (made.text, made.length);
  oci_seccomp_filter_free (made.filter);
  return status;
}

/* --- poststart ------------------------------------------------------------------------------- */

static bool
kill_process (pid_t pid, int pidfd)
{
  /* Without a pidfd (Linux 5.3), by number. */
  int result = pidfd >= 0 ? (int) syscall (SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0)
                          : kill (pid, SIGKILL);

  return result == 0 || errno == ESRCH;
}

static int
stop_container (const struct state *state, int pidfd, const char *why)
{
  if (kill_process (state->pid, pidfd))
    return complain (STATUS_FAILED, "container %s: killed: %s", state->id, why);
  return complain (STATUS_FAILED, "container %s: cannot be killed (%s): %s", state->id,
                   strerror (errno), why);
}

static enum audit_result
audit_in_guard (struct audit *audit, int milliseconds)
{
  if (!ARENA_GUARD (audit->arena))
    return audit_container (audit, milliseconds);
  fail_memory (&audit->err);
  return AUDIT_FAILED;
}

static int
judge (const struct audit *audit, enum audit_result result, int pidfd)
{
  const char *id = audit->state->id;

  switch (result) {
  case AUDIT_PROVED:
  case AUDIT_NO_NEED:
    return STATUS_OK;
  case AUDIT_COUNTED:
    return complain (STATUS_OK, "warning: container %s: its filters are counted, not proved: %s",
                     id, audit->err.message);
  case AUDIT_ENDED:
    return complain (STATUS_OK, "warning: container %s: ended before it could be looked at", id);
  default:
    return stop_container (audit->state, pidfd, audit->err.message);
  }
}

/* Many releases of runc start the program only after the poststart hooks have ended, and by the
 * shim there is no filter before that: then a child goes on by itself. */
static int
audit_in_background (struct audit *audit, int pidfd)
{
  pid_t child = fork ();
  int null;

  if (child < 0)
    return stop_container (audit->state, pidfd, "cannot fork to watch over its start");
  if (child > 0)
    return STATUS_OK;
  /* The runtime waits until nobody has its pipes any more. */
  null = open ("/dev/null", O_RDWR);
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    dup2 (null, fd);
  setsid ();
  _exit (judge (audit, audit_in_guard (audit, -1), pidfd));
}

static int
poststart (struct hook *hook)
{
  static struct state state;
  static struct audit audit;
  struct runtime runtime;
  enum audit_result result;
  int code, pidfd, status;

  runtime_find (&runtime);
  audit = (struct audit){.machine = &hook->machine,
                         .newer_given = hook->newer_given,
                         .inherited = audit_filters_of_runtime (),
                         .runtime = &runtime,
                         .state = &state,
                         .arena = &hook->arena};
  code = state_read (&state, &hook->input, &hook->arena, &audit.err);
  pidfd = state.pid ? (int) syscall (SYS_pidfd_open, state.pid, 0) : -1;
  if (code) {
    status = state.pid ? stop_container (&state, pidfd, audit.err.message)
                       : complain_of (STATUS_FAILED, &audit.err);
  } else {
    result = audit_in_guard (&audit, FOREGROUND_MILLISECONDS);
    status = result == AUDIT_STARTING ? audit_in_background (&audit, pidfd)
                                      : judge (&audit, result, pidfd);
  }
  runtime_free (&runtime);
  if (pidfd >= 0)
    close (pidfd);
  return status;
}

/* --- the verb -------------------------------------------------------------------------------- */

static const struct stage {
  const char *name;
  int (*run) (struct hook *hook);
} stages[] = {{"precreate", precreate}, {"poststart", poststart}};

static const struct stage *
find_stage (const char *name)
{
  for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++)
    if (!strcmp (stages[i].name, name))
      return &stages[i];
  return NULL;
}

/* On stderr alone: a warning at each start is too much for the system's log. */
static void
print_warning (void *data, const char *message)
{
  (void) data;
  fprintf (stderr, "oci-seccomp: warning: %s\n", message);
}

/* -1 to go on, else the status to return. */
static int
read_options (struct hook *hook, const struct stage **stage, int argc, char **argv)
{
  static const struct option options[] = {MACHINE_OPTIONS, {NULL, 0, NULL, 0}};
  int option;

  hook->machine.library.warn = print_warning;
  while ((option = getopt_long (argc, argv, ":", options, NULL)) != -1) {
    int status = machine_option (&hook->machine, option, optarg, argv);

    hook->newer_given |= option == OPTION_NEWER;
    if (status >= 0)
      return status;
  }
  if (argc - optind != 1 || !(*stage = find_stage (argv[optind])))
    return complain_usage (STATUS_FAILED, hook->machine.verb, "want one stage");
  return -1;
}

static int
run_stage (struct hook *hook, const struct stage *stage)
{
  int status = STATUS_FAILED;

  if (ARENA_GUARD (&hook->arena))
    return complain (STATUS_FAILED, "out of memory");
  if (read_input (&hook->input, "-"))
    status = stage->run (hook);
  return status;
}

int
run_hook (const struct verb *verb, int argc, char **argv)
{
  static struct hook hook;
  const struct stage *stage;
  int status;

  complain_in_syslog ();
  machine_init (&hook.machine, verb, STATUS_FAILED);
  arena_init (&hook.arena);
  status = read_options (&hook, &stage, argc, argv);
  if (status < 0)
    status = run_stage (&hook, stage);
  free_input (&hook.input);
  arena_free (&hook.arena);
  machine_free (&hook.machine);
  return status;
}
