/* libseccomp's interface on the kernel: what is loaded, what is refused, and notifications. What is
 * loaded stays, so all of it happens in children. Prints TAP. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "check.h"

static int
status_is (const char *name, int wanted)
{
  FILE *file = fopen ("/proc/thread-self/status", "r");
  char line[256], key[64];
  int value, found = -1;

  while (file && fgets (line, sizeof line, file))
    if (sscanf (line, "%63[^:]: %d", key, &value) == 2 && strcmp (key, name) == 0)
      found = value;
  if (file)
    fclose (file);
  return found == wanted;
}

static int
getppid_fails (int wanted)
{
  errno = 0;
  return syscall (SYS_getppid) == -1 && errno == wanted;
}

static void
test_load (void)
{
  scmp_filter_ctx ctx = new_context ();

  CHECK (seccomp_attr_set (ctx, SCMP_FLTATR_CTL_LOG, 1) == 0);
  CHECK (seccomp_attr_set (ctx, SCMP_FLTATR_CTL_SSB, 1) == 0);
  CHECK (seccomp_attr_set (ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0);
  CHECK (status_is ("Seccomp", 0));
  CHECK (seccomp_load (ctx) == 0);
  CHECK (getppid_fails (77));
  CHECK (status_is ("NoNewPrivs", 1) && status_is ("Seccomp", 2));
  CHECK (seccomp_notify_fd (ctx) == -1);
  seccomp_release (ctx);
}

static void
test_load_without_privileges (void)
{
  scmp_filter_ctx ctx = new_context ();

  CHECK (seccomp_attr_set (ctx, SCMP_FLTATR_CTL_NNP, 0) == 0);
  if (getuid () == 0)
    CHECK (setgid (65534) == 0 && setuid (65534) == 0);
  CHECK (seccomp_load (ctx) == -ECANCELED);
  CHECK (seccomp_attr_set (ctx, SCMP_FLTATR_API_SYSRAWRC, 1) == 0);
  CHECK (seccomp_load (ctx) == -EACCES);
  CHECK (status_is ("NoNewPrivs", 0) && status_is ("Seccomp", 0));
  seccomp_release (ctx);
}

/* What another machine's kernel would take, this one's must not. */
static void
test_load_of_other_order (void)
{
  const uint16_t one = 1;
  uint32_t other = *(const uint8_t *) &one ? SCMP_ARCH_S390X : SCMP_ARCH_X86_64;
  scmp_filter_ctx ctx = seccomp_init (SCMP_ACT_ALLOW);

  CHECK (seccomp_arch_remove (ctx, SCMP_ARCH_NATIVE) == 0 && seccomp_arch_add (ctx, other) == 0);
  CHECK (seccomp_load (ctx) == -ECANCELED);
  CHECK (seccomp_attr_set (ctx, SCMP_FLTATR_API_SYSRAWRC, 1) == 0);
  CHECK (seccomp_load (ctx) == -EINVAL);
  CHECK (status_is ("Seccomp", 0));
  seccomp_release (ctx);
}

/* As far as level 1 goes, there is prctl(2) alone. */
static void
test_load_by_prctl (void)
{
  struct sock_filter no_seccomp[] = {
      BPF_STMT (BPF_LD | BPF_W | BPF_ABS, 0),
      BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 1),
      BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {4, no_seccomp};
  scmp_filter_ctx ctx;

  CHECK (seccomp_api_set (1) == 0 && seccomp_api_get () == 1);
  CHECK (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  CHECK (prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
  ctx = new_context ();
  CHECK (seccomp_load (ctx) == 0);
  CHECK (getppid_fails (77));
  seccomp_release (ctx);
}

/* Whatever else it called would be killed. */
static void
test_load_after_precompute (void)
{
  struct sock_filter only[] = {
      BPF_STMT (BPF_LD | BPF_W | BPF_ABS, 0),
      BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 3, 0),
      BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 2, 0),
      BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
      BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {6, only};
  scmp_filter_ctx ctx = new_context ();

  CHECK (precompute (ctx) == 0);
  CHECK (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  CHECK (prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
  CHECK (seccomp_load (ctx) == 0);
}

/* Under a filter of this kind, memory can neither be had from the kernel nor given back. */
static void
allow_little (scmp_filter_ctx ctx)
{
  static const int calls[] = {SCMP_SYS (write), SCMP_SYS (close), SCMP_SYS (exit_group),
                              SCMP_SYS (prctl), SCMP_SYS (seccomp)};

  for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
    seccomp_rule_add (ctx, SCMP_ACT_ALLOW, calls[i], 0);
  for (unsigned i = 0; i < 200; i++)
    seccomp_rule_add (ctx, SCMP_ACT_ALLOW, SCMP_SYS (read), 2, SCMP_A0 (SCMP_CMP_EQ, 7 * i),
                      SCMP_A1 (SCMP_CMP_LT, i * i));
}

static void
test_release_under_filter (void)
{
  scmp_filter_ctx ctx = seccomp_init (SCMP_ACT_KILL_PROCESS), other = new_context ();

  seccomp_arch_add (ctx, SCMP_ARCH_X86);
  allow_little (ctx);
  CHECK (seccomp_load (ctx) == 0);
  seccomp_release (ctx);
  seccomp_release (other);
  /* And once more, with what is left. */
  ctx = seccomp_init (SCMP_ACT_KILL_PROCESS);
  allow_little (ctx);
  CHECK (seccomp_load (ctx) == 0);
  seccomp_release (ctx);
}

/* A filter with few rules leaves little when it is made; and it is still there. What comes after it
 * was made before, or is made then. */
static void
test_more_under_filter (void)
{
  scmp_filter_ctx ctx = seccomp_init (SCMP_ACT_ALLOW), other = new_context (), later;

  CHECK (seccomp_rule_add (ctx, SCMP_ACT_KILL_PROCESS, SCMP_SYS (mmap), 0) == 0);
  CHECK (seccomp_rule_add (ctx, SCMP_ACT_KILL_PROCESS, SCMP_SYS (munmap), 0) == 0);
  CHECK (seccomp_rule_add (ctx, SCMP_ACT_KILL_PROCESS, SCMP_SYS (brk), 0) == 0);
  CHECK (seccomp_load (ctx) == 0);
  CHECK (seccomp_load (other) == 0);
  later = new_context ();
  CHECK (seccomp_load (later) == 0);
  seccomp_release (later);
  seccomp_release (other);
  seccomp_release (ctx);
}

/* --- under a filter that says that all went well, and does nothing --- */

static int
fake (int call, unsigned first)
{
  struct sock_filter faking[] = {
      BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
      BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, (unsigned) call, 0, 3),
      BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, args)),
      BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, first, 0, 1),
      BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO),
      BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {6, faking};

  return prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void
fails_closed (void)
{
  scmp_filter_ctx ctx = new_context ();

  CHECK (seccomp_load (ctx) == -ECANCELED);
  CHECK (seccomp_attr_set (ctx, SCMP_FLTATR_API_SYSRAWRC, 1) == 0);
  CHECK (seccomp_load (ctx) == -EPERM);
  CHECK (!getppid_fails (77));
  seccomp_release (ctx);
}

static void
test_faked_no_new_privileges (void)
{
  if (getuid () != 0)
    return;
  CHECK (seccomp_api_get () > 0 && fake (SYS_prctl, PR_SET_NO_NEW_PRIVS) == 0);
  fails_closed ();
}

static void
test_faked_seccomp (void)
{
  CHECK (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  CHECK (seccomp_api_get () > 1 && fake (SYS_seccomp, SECCOMP_SET_MODE_FILTER) == 0);
  fails_closed ();
}

static void
test_faked_prctl (void)
{
  CHECK (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  CHECK (seccomp_api_set (1) == 0 && fake (SYS_prctl, PR_SET_SECCOMP) == 0);
  fails_closed ();
}

static int go[2], answer[2];

static void *
ask_for_parent (void *mode)
{
  char byte;

  /* A filter of its own: this thread cannot take over another's. */
  if (mode) {
    struct sock_filter allow = BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {1, &allow};

    prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
  }
  byte = 0;
  if (write (answer[1], &byte, 1) != 1 || read (go[0], &byte, 1) != 1)
    return NULL;
  byte = (char) getppid_fails (77);
  return write (answer[1], &byte, 1) == 1 ? mode : NULL;
}

static char
synchronized (scmp_filter_ctx ctx, void *mode, int *loaded)
{
  pthread_t thread;
  char byte = -1;

  if (pipe (go) || pipe (answer) || pthread_create (&thread, NULL, ask_for_parent, mode))
    return -1;
  if (read (answer[0], &byte, 1) != 1)
    return -1;
  *loaded = seccomp_load (ctx);
  if (write (go[1], &byte, 1) != 1 || read (answer[0], &byte, 1) != 1)
    return -1;
  pthread_join (thread, NULL);
  return byte;
}

static void
test_tsync (void)
{
  scmp_filter_ctx ctx = new_context ();
  int loaded;

  CHECK (seccomp_attr_set (ctx, SCMP_FLTATR_CTL_TSYNC, 1) == 0);
  CHECK (synchronized (ctx, NULL, &loaded) == 1);
  CHECK (loaded == 0);
  seccomp_release (ctx);
}

static void
test_tsync_fails (void)
{
  scmp_filter_ctx ctx = new_context ();
  int loaded;

  CHECK (seccomp_attr_set (ctx, SCMP_FLTATR_CTL_TSYNC, 1) == 0);
  CHECK (synchronized (ctx, ctx, &loaded) == 0);
  CHECK (loaded == -ESRCH);
  seccomp_release (ctx);
}

/* --- notifications --- */

/* One call of a child's is received and answered; returns the child's status. */
static int
serve (int fd, int error, int64_t value, uint32_t flags, pid_t child)
{
  struct seccomp_notif *request;
  struct seccomp_notif_resp *response;
  int status;

  if (seccomp_notify_alloc (&request, &response) || seccomp_notify_receive (fd, request))
    return -1;
  response->id = request->id;
  response->error = error;
  response->val = value;
  response->flags = flags;
  if (request->data.nr != SYS_getppid || request->pid != (uint32_t) child ||
      seccomp_notify_id_valid (fd, request->id) != 0 || seccomp_notify_respond (fd, response) != 0)
    return -2;
  waitpid (child, &status, 0);
  if (seccomp_notify_id_valid (fd, request->id) != -ENOENT)
    return -3;
  seccomp_notify_free (request, response);
  return WEXITSTATUS (status);
}

static pid_t
child_asks (void)
{
  pid_t child = fork ();

  if (child == 0) {
    long result = syscall (SYS_getppid);

    _exit (result == -1 ? errno : result == 1234 ? 200 : 201);
  }
  return child;
}

static void
test_notify (void)
{
  scmp_filter_ctx ctx = seccomp_init (SCMP_ACT_ALLOW), other;
  int fd;

  CHECK (seccomp_rule_add (ctx, SCMP_ACT_NOTIFY, SCMP_SYS (getppid), 0) == 0);
  CHECK (seccomp_attr_set (ctx, CTL_WAITKILL, 1) == 0);
  CHECK (seccomp_notify_fd (ctx) == -1);
  CHECK (seccomp_load (ctx) == 0);
  fd = seccomp_notify_fd (ctx);
  CHECK (fd >= 0 && (fcntl (fd, F_GETFD) & FD_CLOEXEC));
  CHECK (serve (fd, -77, 0, 0, child_asks ()) == 77);
  CHECK (serve (fd, 0, 1234, 0, child_asks ()) == 200);
  CHECK (serve (fd, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE, child_asks ()) == 201);

  /* The listener is the process's: contexts have none of their own. */
  other = seccomp_init (SCMP_ACT_ALLOW);
  CHECK (seccomp_notify_fd (other) == fd);
  seccomp_release (ctx);
  CHECK (fcntl (fd, F_GETFD) >= 0);
  CHECK (seccomp_reset (NULL, 0) == 0);
  CHECK (seccomp_notify_fd (other) == -1 && fcntl (fd, F_GETFD) == -1);
  seccomp_release (other);
}

static void
test_rejected_notify (void)
{
  scmp_filter_ctx ctx = new_context ();

  CHECK (transaction_start (ctx) == 0);
  CHECK (seccomp_rule_add (ctx, SCMP_ACT_NOTIFY, SCMP_SYS (getpid), 0) == 0);
  transaction_reject (ctx);
  CHECK (seccomp_load (ctx) == 0);
  CHECK (seccomp_notify_fd (ctx) == -1);
  CHECK (getppid_fails (77));
  seccomp_release (ctx);
}

static void
test_notify_with_tsync (void)
{
  scmp_filter_ctx ctx = seccomp_init (SCMP_ACT_ALLOW);

  if (seccomp_api_get () < 6)
    return;
  CHECK (seccomp_attr_set (ctx, SCMP_FLTATR_CTL_TSYNC, 1) == 0);
  CHECK (seccomp_rule_add (ctx, SCMP_ACT_NOTIFY, SCMP_SYS (getppid), 0) == 0);
  CHECK (seccomp_load (ctx) == 0);
  CHECK (serve (seccomp_notify_fd (ctx), -5, 0, 0, child_asks ()) == 5);
  seccomp_release (ctx);
}

static const struct test tests[] = {
    {"load", test_load},
    {"load without privileges", test_load_without_privileges},
    {"load of another byte order", test_load_of_other_order},
    {"load by prctl", test_load_by_prctl},
    {"load after precompute calls nothing else", test_load_after_precompute},
    {"under a filter that denies memory", test_release_under_filter},
    {"more, under a filter that denies memory", test_more_under_filter},
    {"no_new_privs that is not set", test_faked_no_new_privileges},
    {"a filter that is not there", test_faked_seccomp},
    {"a filter that is not there, by prctl", test_faked_prctl},
    {"load for all threads", test_tsync},
    {"load for all threads, where one cannot", test_tsync_fails},
    {"notifications", test_notify},
    {"notifications that were rejected", test_rejected_notify},
    {"notifications, and all threads", test_notify_with_tsync},
};

int
main (void)
{
  return run_tests_in_children (tests, sizeof tests / sizeof tests[0]);
}
