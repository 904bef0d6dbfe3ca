/* Every verdict, as the kernel carries it out. getppid stands for any call: it never fails. */
#include "live.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "abi.h"

#define GETPPID "\"getppid\""

static long
call_getppid (void)
{
  return live_call (SYS_getppid, 0, 0, 0, 0, 0, 0);
}

/* --- ALLOW, LOG, ERRNO ----------------------------------------------------------------------- */

/* An allow-list: what it names works, another known call is denied, a newer number does not exist.
 */
static void
test_allow (void)
{
  live_install ("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":13,\"syscalls\":["
                "{\"names\":[\"getppid\",\"write\",\"exit_group\"],\"action\":\"SCMP_ACT_ALLOW\"},"
                "{\"names\":[\"openat2\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":2}]}",
                0);
  CHECK (call_getppid () > 0);
  CHECK (live_call (SYS_sync, 0, 0, 0, 0, 0, 0) == -13);
  CHECK (live_call (SYS_openat2, 0, 0, 0, 0, 0, 0) == -2);
  CHECK (live_call (SYS_openat2 + 1, 0, 0, 0, 0, 0, 0) == -ENOSYS);
}

static void
test_log (void)
{
  live_install (DENY (GETPPID, "LOG", ""), 0);
  CHECK (call_getppid () > 0);
}

static const char *errno_text;

static void
test_errno (void)
{
  char json[256];
  int error = atoi (errno_text);

  snprintf (json, sizeof json, DENY (GETPPID, "ERRNO", ",\"errnoRet\":%s"), errno_text);
  live_install (json, 0);
  CHECK (call_getppid () == -error);
  CHECK (live_call (SYS_getpid, 0, 0, 0, 0, 0, 0) > 0);
}

static void
test_errno_default (void)
{
  live_install (DENY (GETPPID, "ERRNO", ""), 0);
  CHECK (call_getppid () == -EPERM);
}

static void
run_errnos (void)
{
  static const char *const values[] = {"0", "1", "38", "133", "4094", "4095"};
  char name[64];

  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    errno_text = values[i];
    snprintf (name, sizeof name, "ERRNO(%s)", errno_text);
    live_run (name, test_errno);
  }
  live_run ("ERRNO without errnoRet is EPERM", test_errno_default);
}

/* --- TRAP ------------------------------------------------------------------------------------ */

static volatile sig_atomic_t trapped;
static siginfo_t trap;

static void
on_trap (int signal, siginfo_t *info, void *context)
{
  (void) signal;
  (void) context;
  trap = *info;
  trapped = 1;
}

static void
test_trap (void)
{
  struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};

  CHECK (sigaction (SIGSYS, &action, NULL) == 0);
  live_install (DENY (GETPPID, "TRAP", ""), 0);
  call_getppid ();
  CHECK (trapped);
  CHECK (trap.si_signo == SIGSYS && trap.si_code == 1 /* SYS_SECCOMP */);
  CHECK (trap.si_syscall == SYS_getppid && trap.si_arch == abi_table[abi_native ()].token);
  CHECK (trap.si_errno == 0);
}

static void
test_trap_without_handler (void)
{
  live_install (DENY (GETPPID, "TRAP", ""), 0);
  call_getppid ();
}

/* --- KILL ------------------------------------------------------------------------------------ */

static void *
call_in_thread (void *unused)
{
  (void) unused;
  call_getppid ();
  return (void *) 1;
}

static void
test_kill_thread (void)
{
  pthread_t thread;
  void *result = NULL;

  live_install (DENY (GETPPID, "KILL_THREAD", ""), 0);
  CHECK (pthread_create (&thread, NULL, call_in_thread, NULL) == 0);
  CHECK (pthread_join (thread, &result) == 0);
  CHECK (result != (void *) 1);
}

static void
test_kill_is_kill_thread (void)
{
  pthread_t thread;

  live_install (DENY (GETPPID, "KILL", ""), 0);
  CHECK (pthread_create (&thread, NULL, call_in_thread, NULL) == 0);
  CHECK (pthread_join (thread, NULL) == 0);
}

static void
test_kill_only_thread (void)
{
  live_install (DENY (GETPPID, "KILL_THREAD", ""), 0);
  call_getppid ();
}

static void
test_kill_process (void)
{
  pthread_t thread;

  live_install (DENY (GETPPID, "KILL_PROCESS", ""), 0);
  CHECK (pthread_create (&thread, NULL, call_in_thread, NULL) == 0);
  pthread_join (thread, NULL);
}

/* --- TRACE ----------------------------------------------------------------------------------- */

static void
test_trace_without_tracer (void)
{
  live_install (DENY (GETPPID, "TRACE", ",\"errnoRet\":77"), 0);
  CHECK (call_getppid () == -ENOSYS);
}

static void
be_traced (void)
{
  CHECK (ptrace (PTRACE_TRACEME, 0, NULL, NULL) == 0);
  raise (SIGSTOP);
  live_install (DENY (GETPPID, "TRACE", ",\"errnoRet\":777"), 0);
  syscall (SYS_exit_group, call_getppid () > 0 ? 42 : 1);
}

static void
test_trace (void)
{
  int status;
  unsigned long data = 0;
  pid_t child = fork ();

  if (child == 0)
    be_traced ();
  CHECK (waitpid (child, &status, 0) == child && WIFSTOPPED (status));
  CHECK (ptrace (PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL) == 0);
  CHECK (ptrace (PTRACE_CONT, child, NULL, NULL) == 0);
  CHECK (waitpid (child, &status, 0) == child);
  CHECK (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8));
  CHECK (ptrace (PTRACE_GETEVENTMSG, child, NULL, &data) == 0 && data == 777);
  CHECK (ptrace (PTRACE_CONT, child, NULL, NULL) == 0);
  CHECK (waitpid (child, &status, 0) == child);
  CHECK (WIFEXITED (status) && WEXITSTATUS (status) == 42);
}

/* --- several filters ------------------------------------------------------------------------- */

static void
test_stack_newest_errno (void)
{
  live_install (DENY (GETPPID, "ERRNO", ",\"errnoRet\":5"), 0);
  live_install (DENY (GETPPID, "ERRNO", ",\"errnoRet\":6"), 0);
  CHECK (call_getppid () == -6);
}

static void
test_stack_strictest (void)
{
  live_install (DENY (GETPPID, "ERRNO", ",\"errnoRet\":5"), 0);
  live_install (DENY ("\"sync\"", "ERRNO", ""), 0);
  live_install (DENY (GETPPID, "LOG", ""), 0);
  CHECK (call_getppid () == -5);
  CHECK (live_call (SYS_sync, 0, 0, 0, 0, 0, 0) == -EPERM);
}

static void
test_stack_killed (void)
{
  live_install (DENY (GETPPID, "KILL_PROCESS", ""), 0);
  live_install (DENY (GETPPID, "ERRNO", ""), 0);
  call_getppid ();
}

/* A profile's own program again and again, until the kernel has enough. */
static void
test_stack_too_deep (void)
{
  static char json[300000];
  char *end = json + sprintf (json, "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[");
  struct oci_seccomp_error err = {0};
  int code = 0, installed = 0;

  for (unsigned i = 0; i < 1000; i++)
    end += sprintf (end,
                    "%s{\"names\":[\"getppid\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":%u,"
                    "\"args\":[{\"index\":0,\"value\":%u,\"op\":\"SCMP_CMP_EQ\"}]}",
                    i ? "," : "", i, i * 3);
  strcpy (end, "]}");
  live_install (json, 0);
  struct oci_seccomp_filter *filter = live_compile (json);

  while (!code && ++installed < 1000)
    code = oci_seccomp_install (filter, 0, NULL, &err);
  CHECK (installed > 1 && code == OCI_SECCOMP_REFUSED && err.sys_errno == ENOMEM);
  CHECK (strstr (err.message, "32768"));
  CHECK (live_call (SYS_getppid, 999 * 3, 0, 0, 0, 0, 0) == -999);
  CHECK (live_call (SYS_getppid, 999 * 3 + 1, 0, 0, 0, 0, 0) > 0);
  oci_seccomp_filter_free (filter);
}

int
main (void)
{
  live_run ("ALLOW, in a list that denies the rest", test_allow);
  live_run ("LOG allows", test_log);
  run_errnos ();
  live_run ("TRAP raises SIGSYS that tells the call and the ABI", test_trap);
  live_run_killed ("TRAP without a handler kills", test_trap_without_handler, SIGSYS);
  live_run ("KILL_THREAD leaves the other threads", test_kill_thread);
  live_run ("KILL is KILL_THREAD", test_kill_is_kill_thread);
  live_run_killed ("KILL_THREAD of the only thread", test_kill_only_thread, SIGSYS);
  live_run_killed ("KILL_PROCESS from one of two threads", test_kill_process, SIGSYS);
  live_run ("TRACE without a tracer is ENOSYS", test_trace_without_tracer);
  live_run ("TRACE gives the tracer its number", test_trace);
  live_run ("two filters, both ERRNO: the newer", test_stack_newest_errno);
  live_run ("three filters: the strictest", test_stack_strictest);
  live_run_killed ("two filters: KILL_PROCESS before ERRNO", test_stack_killed, SIGSYS);
  live_run ("too many filters are refused with the figures", test_stack_too_deep);
  return live_end ();
}
