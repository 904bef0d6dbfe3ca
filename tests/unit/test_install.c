/* install.c: what the kernel takes, and how its refusals are explained. Every test that installs
 * something does so in a child of its own. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "filter.h"
#include "install.h"

#include <cmocka.h> /* last: it has a macro called fail */

#if defined __has_feature
#  if __has_feature(address_sanitizer)
#    define SANITIZED
#  endif
#elif defined __SANITIZE_ADDRESS__
#  define SANITIZED
#endif

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#  define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

/* --- children -------------------------------------------------------------------------------- */

enum { CHILD_SECONDS = 20, CHILD_SKIPS = 77 };

static const char no_seccomp[] = "no seccomp(2) here: valgrind has none";

#define CHECK(condition)                                               \
  do {                                                                 \
    if (!(condition)) {                                                \
      fprintf (stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      _exit (1);                                                       \
    }                                                                  \
  } while (0)

/* tests/run-tap takes the line before for the reason. */
static void
skip_because (const char *reason)
{
  print_message ("# %s\n", reason);
  skip ();
}

static void
run_in_child (void (*body) (void))
{
  int status;

  if (!oci_seccomp_supported ())
    skip_because (no_seccomp);
  pid_t child = fork ();

  assert_true (child >= 0);
  if (child == 0) {
    alarm (CHILD_SECONDS);
    body ();
    _exit (0);
  }
  assert_int_equal (waitpid (child, &status, 0), child);
  if (WIFEXITED (status) && WEXITSTATUS (status) == CHILD_SKIPS)
    skip_because ("no_new_privs or a filter is on already");
  assert_int_equal (status, 0);
}

/* --- filters by hand ------------------------------------------------------------------------- */

enum { NUMBER = offsetof (struct seccomp_data, nr) };

/* The kernel counts its own instructions, where a return is two but most are one. */
enum { LONGEST = 4096 };

static void
fill (struct sock_filter program[LONGEST])
{
  for (size_t i = 0; i < LONGEST; i++)
    program[i] = (struct sock_filter) BPF_STMT (BPF_LD | BPF_W | BPF_ABS, NUMBER);
  program[LONGEST - 1] = (struct sock_filter) BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
}

static struct sock_filter allow_all[] = {BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};

static struct oci_seccomp_filter
filter_of (struct sock_filter *instructions, size_t length)
{
  struct oci_seccomp_filter filter;

  memset (&filter, 0, sizeof filter);
  filter.native = abi_native ();
  filter.program = (struct program){instructions, length};
  return filter;
}

/* `action` for one system call, ALLOW for all others. */
static int
install_for (unsigned number, uint32_t action, unsigned flags, int *listener,
             struct oci_seccomp_error *err)
{
  struct sock_filter instructions[] = {
      BPF_STMT (BPF_LD | BPF_W | BPF_ABS, NUMBER),
      BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
      BPF_STMT (BPF_RET | BPF_K, action),
      BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct oci_seccomp_filter filter = filter_of (instructions, 4);

  return oci_seccomp_install (&filter, flags, listener, err);
}

static int
install_allow (unsigned flags, int *listener, struct oci_seccomp_error *err)
{
  struct oci_seccomp_filter filter = filter_of (allow_all, 1);

  return oci_seccomp_install (&filter, flags, listener, err);
}

static void
set_no_new_privs (void)
{
  CHECK (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
}

/* From here on seccomp(2) fails with this errno, whatever it is asked. */
static void
inject (unsigned error)
{
  struct oci_seccomp_error err;

  set_no_new_privs ();
  CHECK (install_for (SYS_seccomp, SECCOMP_RET_ERRNO | error, 0, NULL, &err) == 0);
}

static void
check_refusal (const struct oci_seccomp_error *err, int result, int code, int sys_errno,
               const char *words)
{
  if (result == code && err->code == code && err->sys_errno == sys_errno &&
      strstr (err->message, words) && !strchr (err->message, '\n'))
    return;
  fprintf (stderr, "result %d, want %d; errno %d, want %d; \"%s\", want \"%s\" in it\n", result,
           code, err->sys_errno, sys_errno, err->message, words);
  _exit (1);
}

/* --- what works ------------------------------------------------------------------------------ */

static bool
is_under_valgrind (void)
{
  const char *preloaded = getenv ("LD_PRELOAD");

  return preloaded && strstr (preloaded, "vgpreload");
}

static void
test_supported (void **state)
{
  (void) state;
  if (is_under_valgrind ())
    skip_because (no_seccomp);
  errno = 123;
  assert_true (oci_seccomp_supported ());
  assert_int_equal (errno, 123);
}

static int
filters_on_this_thread (void)
{
  char line[256];
  int count = -1;
  FILE *stream = fopen ("/proc/thread-self/status", "re");

  while (stream && fgets (line, sizeof line, stream))
    if (sscanf (line, "Seccomp_filters: %d", &count) == 1)
      break;
  if (stream)
    fclose (stream);
  return count;
}

static void
test_flags_are_asked_without_effect (void **state)
{
  int before = filters_on_this_thread ();

  (void) state;
  if (!oci_seccomp_supported ())
    skip_because (no_seccomp);
  errno = 123;
  assert_true (install_flag_known (SECCOMP_FILTER_FLAG_TSYNC));
  assert_true (install_flag_known (SECCOMP_FILTER_FLAG_LOG));
  for (unsigned bit = 16; bit < 32; bit++)
    assert_false (install_flag_known (1U << bit));
  assert_int_equal (errno, 123);
  assert_int_equal (filters_on_this_thread (), before);
}

static void
enforce (void)
{
  struct oci_seccomp_error err = {.code = -1};
  int listener = 5;

  set_no_new_privs ();
  CHECK (install_for (SYS_getppid, SECCOMP_RET_ERRNO | 7, SECCOMP_FILTER_FLAG_LOG, &listener,
                      &err) == 0);
  CHECK (listener == -1);
  CHECK (syscall (SYS_getppid) == -1 && errno == 7);
  CHECK (syscall (SYS_getpid) > 0);
}

static void
test_filter_is_enforced (void **state)
{
  (void) state;
  run_in_child (enforce);
}

static void
listen_once (void)
{
  struct oci_seccomp_error err;
  int listener = -1;

  set_no_new_privs ();
  CHECK (install_allow (SECCOMP_FILTER_FLAG_NEW_LISTENER, &listener, &err) == 0);
  CHECK (listener > 2 && fcntl (listener, F_GETFD) == FD_CLOEXEC);

  int other = 5;
  int result = install_allow (SECCOMP_FILTER_FLAG_NEW_LISTENER, &other, &err);
  CHECK (other == -1);
  check_refusal (&err, result, OCI_SECCOMP_REFUSED, EBUSY, "listener for NOTIFY already");
}

static void
test_listener_and_second_listener (void **state)
{
  (void) state;
  run_in_child (listen_once);
}

/* --- refusals before the kernel -------------------------------------------------------------- */

static void
test_wrong_arguments (void **state)
{
  struct oci_seccomp_error err;
  struct rules rules = {.abi = abi_native () == ABI_S390X ? ABI_X86_64 : ABI_S390X};
  struct oci_seccomp_filter filter = filter_of (allow_all, 1);

  (void) state;
  assert_int_equal (oci_seccomp_install (NULL, 0, NULL, &err), OCI_SECCOMP_BAD_ARGUMENT);
  assert_string_equal (err.message, "no filter to install");
  assert_int_equal (oci_seccomp_install (&filter, SECCOMP_FILTER_FLAG_NEW_LISTENER, NULL, &err),
                    OCI_SECCOMP_BAD_ARGUMENT);
  assert_non_null (strstr (err.message, "NEW_LISTENER"));
  filter.native = rules.abi;
  filter.rules_known = true;
  filter.rules = &rules;
  filter.rules_count = 1;
  assert_int_equal (oci_seccomp_install (&filter, 0, NULL, &err), OCI_SECCOMP_BAD_ARGUMENT);
  assert_non_null (strstr (err.message, abi_table[rules.abi].name));
  assert_int_equal (oci_seccomp_install (&filter, 0, NULL, NULL), OCI_SECCOMP_BAD_ARGUMENT);
}

/* --- refusals of the kernel ------------------------------------------------------------------ */

static void
lack_permission (void)
{
  struct oci_seccomp_error err;

  if (prctl (PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0))
    _exit (CHILD_SKIPS);
  if (getuid () == 0)
    CHECK (setresuid (65534, 65534, 65534) == 0);
  int result = install_allow (0, NULL, &err);

  check_refusal (&err, result, OCI_SECCOMP_NOT_PERMITTED, EACCES, "no_new_privs");
  check_refusal (&err, result, OCI_SECCOMP_NOT_PERMITTED, EACCES, "CAP_SYS_ADMIN");
  CHECK (install_allow (0, NULL, NULL) == OCI_SECCOMP_NOT_PERMITTED);
}

static void
test_no_permission (void **state)
{
  (void) state;
  run_in_child (lack_permission);
}

static void
give_bad_flags (void)
{
  struct oci_seccomp_error err;
  int listener, result;
  unsigned both = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_NEW_LISTENER;

  set_no_new_privs ();
  result = install_allow (1U << 30 | SECCOMP_FILTER_FLAG_LOG | 1U << 20, NULL, &err);
  check_refusal (&err, result, OCI_SECCOMP_NOT_SUPPORTED, EINVAL,
                 "does not know the flag 0x100000, nor 0x40000000");
  result = install_allow (both, &listener, &err);
  check_refusal (&err, result, OCI_SECCOMP_REFUSED, EINVAL, "SECCOMP_FILTER_FLAG_TSYNC cannot");
  if (install_flag_known (SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)) {
    result = install_allow (SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, NULL, &err);
    check_refusal (&err, result, OCI_SECCOMP_REFUSED, EINVAL, "WAIT_KILLABLE_RECV is only");
  }
  CHECK (filters_on_this_thread () <= 0);
}

static void
test_bad_flags (void **state)
{
  (void) state;
  run_in_child (give_bad_flags);
}

static void
give_bad_programs (void)
{
  static struct sock_filter many[65537];
  static const size_t lengths[] = {0, 4097, 65536, 65537};
  struct oci_seccomp_error err;

  set_no_new_privs ();
  for (size_t i = 0; i < sizeof many / sizeof many[0]; i++)
    many[i] = allow_all[0];
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
    struct oci_seccomp_filter filter = filter_of (many, lengths[i]);
    char words[64];
    int result = oci_seccomp_install (&filter, 0, NULL, &err);

    snprintf (words, sizeof words, "program of %zu instructions", lengths[i]);
    check_refusal (&err, result, OCI_SECCOMP_REFUSED, EINVAL, words);
  }
  many[0].code = 0xffff;
  struct oci_seccomp_filter filter = filter_of (many, 2);

  check_refusal (&err, oci_seccomp_install (&filter, 0, NULL, &err), OCI_SECCOMP_REFUSED, EINVAL,
                 "invalid");
}

static void
test_bad_programs (void **state)
{
  (void) state;
  run_in_child (give_bad_programs);
}

/* 7 filters of 4096 fit into 32768, counting 4 more for each; 8 do not. */
static void
stack_filters (void)
{
  static struct sock_filter many[LONGEST];
  struct oci_seccomp_filter filter = filter_of (many, LONGEST);
  struct oci_seccomp_error err;

  set_no_new_privs ();
  if (filters_on_this_thread () != 0)
    _exit (CHILD_SKIPS);
  fill (many);
  for (int i = 0; i < 7; i++)
    CHECK (oci_seccomp_install (&filter, 0, NULL, &err) == 0);
  int result = oci_seccomp_install (&filter, 0, NULL, &err);

  check_refusal (&err, result, OCI_SECCOMP_REFUSED, ENOMEM, "with 7 installed already");
  check_refusal (&err, result, OCI_SECCOMP_REFUSED, ENOMEM, "limit of 32768");
  check_refusal (&err, result, OCI_SECCOMP_REFUSED, ENOMEM, "4096 instructions");
}

static void
test_stack_too_deep (void **state)
{
  (void) state;
  run_in_child (stack_filters);
}

static void
exhaust_descriptors (void)
{
  struct rlimit limit = {3, 3};
  struct oci_seccomp_error err;
  int listener;

  set_no_new_privs ();
  for (int fd = 3; fd < 256; fd++)
    close (fd);
  CHECK (setrlimit (RLIMIT_NOFILE, &limit) == 0);
  check_refusal (&err, install_allow (SECCOMP_FILTER_FLAG_NEW_LISTENER, &listener, &err),
                 OCI_SECCOMP_REFUSED, EMFILE, "descriptor");
}

static void
test_no_descriptor_left (void **state)
{
  (void) state;
  run_in_child (exhaust_descriptors);
}

/* What this kernel never says of itself an older filter says in its place. */
static void
hear_of_enosys (void)
{
  struct oci_seccomp_error err;

  inject (ENOSYS);
  CHECK (!oci_seccomp_supported ());
  CHECK (!install_flag_known (SECCOMP_FILTER_FLAG_LOG));
  check_refusal (&err, install_allow (0, NULL, &err), OCI_SECCOMP_NOT_SUPPORTED, ENOSYS,
                 "no seccomp(2)");
}

static void
hear_of_jit (void)
{
  struct oci_seccomp_error err;
  char words[64] = "bpf_jit_limit is an unknown";
  long limit;
  FILE *stream = fopen ("/proc/sys/net/core/bpf_jit_limit", "re");

  if (stream && fscanf (stream, "%ld", &limit) == 1)
    snprintf (words, sizeof words, "bpf_jit_limit is %ld bytes", limit);
  inject (524);
  check_refusal (&err, install_allow (0, NULL, &err), OCI_SECCOMP_REFUSED, 524, words);
}

static void
hear_of_eperm (void)
{
  struct oci_seccomp_error err;

  inject (EPERM);
  check_refusal (&err, install_allow (0, NULL, &err), OCI_SECCOMP_NOT_PERMITTED, EPERM, "errno 1;");
}

static void
hear_of_success (void)
{
  struct oci_seccomp_error err;
  int listener = 5;

  inject (0);
  check_refusal (&err, install_allow (0, NULL, &err), OCI_SECCOMP_REFUSED, 0, "installs nothing");
  int result = install_allow (SECCOMP_FILTER_FLAG_NEW_LISTENER, &listener, &err);

  check_refusal (&err, result, OCI_SECCOMP_REFUSED, 0, "installs nothing");
  CHECK (listener == -1);
}

static void
hear_of_another (void)
{
  struct oci_seccomp_error err;

  inject (133);
  check_refusal (&err, install_allow (0, NULL, &err), OCI_SECCOMP_REFUSED, 133, "errno 133;");
}

/* A filter that hides flags: nothing is asked for again with less. */
static void
hear_of_einval (void)
{
  struct oci_seccomp_error err;

  inject (EINVAL);
  int before = filters_on_this_thread ();

  check_refusal (&err, install_allow (SECCOMP_FILTER_FLAG_LOG, NULL, &err),
                 OCI_SECCOMP_NOT_SUPPORTED, EINVAL,
                 "does not know the flag SECCOMP_FILTER_FLAG_LOG");
  CHECK (filters_on_this_thread () == before);
}

static void
test_injected_refusals (void **state)
{
  (void) state;
  run_in_child (hear_of_enosys);
  run_in_child (hear_of_jit);
  run_in_child (hear_of_eperm);
  run_in_child (hear_of_another);
  run_in_child (hear_of_success);
  run_in_child (hear_of_einval);
}

/* --- threads --------------------------------------------------------------------------------- */

static pthread_barrier_t barrier;
static long thread_id;

static void *
filter_alone (void *unused)
{
  struct oci_seccomp_error err;

  (void) unused;
  CHECK (install_allow (0, NULL, &err) == 0);
  thread_id = syscall (SYS_gettid);
  pthread_barrier_wait (&barrier);
  pause ();
  return NULL;
}

static void
synchronize (void)
{
  struct oci_seccomp_error err;
  pthread_t thread;
  char words[64];
  int listener;

  set_no_new_privs ();
  pthread_barrier_init (&barrier, NULL, 2);
  CHECK (pthread_create (&thread, NULL, filter_alone, NULL) == 0);
  pthread_barrier_wait (&barrier);
  snprintf (words, sizeof words, "thread %ld has", thread_id);
  check_refusal (&err, install_allow (SECCOMP_FILTER_FLAG_TSYNC, NULL, &err), OCI_SECCOMP_REFUSED,
                 ESRCH, words);
  unsigned all = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_NEW_LISTENER |
                 SECCOMP_FILTER_FLAG_TSYNC_ESRCH;

  check_refusal (&err, install_allow (all, &listener, &err), OCI_SECCOMP_REFUSED, ESRCH,
                 "some thread has");
}

static void
test_thread_with_its_own_filter (void **state)
{
  (void) state;
  run_in_child (synchronize);
}

/* --- safe after fork ------------------------------------------------------------------------- */

/* Whatever it says, it needs no system call but these: no memory is mapped, nothing written. */
static void
explain_in_a_cage (void)
{
  struct sock_filter cage[] = {
      BPF_STMT (BPF_LD | BPF_W | BPF_ABS, NUMBER),
      BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 5, 0),
      BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 4, 0),
      BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_read, 3, 0),
      BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_close, 2, 0),
      BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
      BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  static struct sock_filter many[LONGEST];
  struct oci_seccomp_filter filter = filter_of (cage, sizeof cage / sizeof cage[0]);
  struct oci_seccomp_error err;
  int code = 0;

  set_no_new_privs ();
  fill (many);
  if (oci_seccomp_install (&filter, 0, NULL, &err))
    _exit (1);
  filter = filter_of (many, LONGEST);
  for (int i = 0; i < 8 && !code; i++)
    code = oci_seccomp_install (&filter, 0, NULL, &err);
  if (code != OCI_SECCOMP_REFUSED || err.sys_errno != ENOMEM)
    _exit (2);
  if (install_allow (1U << 30, NULL, &err) != OCI_SECCOMP_NOT_SUPPORTED)
    _exit (3);
}

static void
test_few_system_calls (void **state)
{
  (void) state;
#if defined SANITIZED
  skip_because ("the sanitizers make system calls of their own");
#endif
  run_in_child (explain_in_a_cage);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_supported),
      cmocka_unit_test (test_flags_are_asked_without_effect),
      cmocka_unit_test (test_filter_is_enforced),
      cmocka_unit_test (test_listener_and_second_listener),
      cmocka_unit_test (test_wrong_arguments),
      cmocka_unit_test (test_no_permission),
      cmocka_unit_test (test_bad_flags),
      cmocka_unit_test (test_bad_programs),
      cmocka_unit_test (test_stack_too_deep),
      cmocka_unit_test (test_no_descriptor_left),
      cmocka_unit_test (test_injected_refusals),
      cmocka_unit_test (test_thread_with_its_own_filter),
      cmocka_unit_test (test_few_system_calls),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
