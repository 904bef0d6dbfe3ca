/* libseccomp's interface without the kernel: contexts, what changes them, and what comes of them.
 * Prints TAP. With an argument, it makes no call that checkers of memory don't know. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

static struct bytes before, between;

static void
test_version (void)
{
  const struct scmp_version *version = seccomp_version ();

  CHECK (version->major == 2 && version->minor == 6 && version->micro >= 10000);
  CHECK (seccomp_version () == version);
}

static void
test_transactions (void)
{
  scmp_filter_ctx ctx = new_context ();

  get_program (&before, ctx);
  CHECK (transaction_start (NULL) == -EINVAL && transaction_commit (NULL) == -EINVAL);
  CHECK (transaction_commit (ctx) == 0);
  transaction_reject (ctx);
  transaction_reject (NULL);
  CHECK (has_program (ctx, &before));

  CHECK (transaction_start (ctx) == 0);
  CHECK (seccomp_rule_add (ctx, SCMP_ACT_KILL, SCMP_SYS (getpid), 0) == 0);
  CHECK (!has_program (ctx, &before));
  get_program (&between, ctx);
  CHECK (transaction_start (ctx) == 0);
  CHECK (seccomp_rule_add (ctx, SCMP_ACT_TRAP, SCMP_SYS (read), 1, SCMP_A0 (SCMP_CMP_EQ, 1)) == 0);
  CHECK (seccomp_rule_add (ctx, SCMP_ACT_KILL, SCMP_SYS (read), 1, SCMP_A0 (SCMP_CMP_EQ, 1)) ==
         -EEXIST);
  CHECK (seccomp_arch_add (ctx, SCMP_ARCH_X86) == 0);
  transaction_reject (ctx);
  CHECK (has_program (ctx, &between));
  CHECK (seccomp_arch_exist (ctx, SCMP_ARCH_X86) == -EEXIST);
  CHECK (transaction_commit (ctx) == 0);
  CHECK (has_program (ctx, &between));
  seccomp_release (ctx);
}

static void
test_nested_transactions (void)
{
  scmp_filter_ctx ctx = new_context ();

  get_program (&before, ctx);
  CHECK (transaction_start (ctx) == 0);
  CHECK (transaction_start (ctx) == 0);
  CHECK (seccomp_rule_add (ctx, SCMP_ACT_KILL, SCMP_SYS (getpid), 0) == 0);
  CHECK (transaction_commit (ctx) == 0);
  CHECK (!has_program (ctx, &before));
  transaction_reject (ctx);
  CHECK (has_program (ctx, &before));

  CHECK (transaction_start (ctx) == 0);
  CHECK (seccomp_arch_remove (ctx, SCMP_ARCH_NATIVE) == 0);
  CHECK (seccomp_load (ctx) == -EINVAL);
  transaction_reject (ctx);
  CHECK (has_program (ctx, &before));
  CHECK (transaction_start (ctx) == 0);
  seccomp_release (ctx);
}

/* On x86 the second rule contradicts the first in the multiplexer: on no ABI it may stay. */
static void
test_failed_rule_leaves_nothing (void)
{
  scmp_filter_ctx ctx = new_context ();

  CHECK (seccomp_arch_add (ctx, SCMP_ARCH_X86) == 0);
  CHECK (seccomp_rule_add (ctx, SCMP_ACT_ERRNO (1), SCMP_SYS (socket), 1,
                           SCMP_A0 (SCMP_CMP_EQ, 1)) == 0);
  get_program (&before, ctx);
  CHECK (seccomp_rule_add (ctx, SCMP_ACT_ERRNO (2), SCMP_SYS (socket), 1,
                           SCMP_A0 (SCMP_CMP_EQ, 2)) == -EEXIST);
  CHECK (has_program (ctx, &before));
  CHECK (seccomp_rule_add (ctx, SCMP_ACT_ERRNO (2), 99999, 0) == -EFAULT);
  CHECK (has_program (ctx, &before));
  CHECK (seccomp_arch_exist (ctx, SCMP_ARCH_X86) == 0);
  seccomp_release (ctx);
}

static int
fail_call (scmp_filter_ctx ctx, int number, int error)
{
  return seccomp_rule_add (ctx, SCMP_ACT_ERRNO (error), number, 1, SCMP_A0 (SCMP_CMP_EQ, 1));
}

static int
fail_read (scmp_filter_ctx ctx, int error)
{
  return fail_call (ctx, SCMP_SYS (read), error);
}

/* Numbers that no table has are calls like others. */
static void
test_unknown_number (void)
{
  scmp_filter_ctx ctx = new_context ();

  CHECK (fail_call (ctx, 99999, 1) == 0 && fail_call (ctx, 99998, 2) == 0);
  get_program (&before, ctx);
  CHECK (fail_call (ctx, 99999, 1) == 0 && fail_call (ctx, 99999, 2) == -EEXIST);
  /* The first ABI to answer is the one that was there first. */
  CHECK (seccomp_arch_add (ctx, SCMP_ARCH_AARCH64) == 0);
  CHECK (fail_call (ctx, 99999, 2) == -EEXIST && fail_call (ctx, 99999, 1) == -EFAULT);
  CHECK (seccomp_arch_remove (ctx, SCMP_ARCH_AARCH64) == 0);
  CHECK (has_program (ctx, &before));
  seccomp_release (ctx);
}

/* Rules are for the ABIs of their time: neither for those that come later, nor for one that comes
 * again. */
static void
test_rules_of_one_abi (void)
{
  scmp_filter_ctx ctx = new_context (), same = seccomp_init (SCMP_ACT_ALLOW);

  CHECK (fail_read (ctx, 1) == 0);
  CHECK (seccomp_arch_add (ctx, SCMP_ARCH_AARCH64) == 0);
  CHECK (fail_read (ctx, 2) == -EEXIST);
  CHECK (seccomp_arch_remove (ctx, SCMP_ARCH_NATIVE) == 0);
  CHECK (fail_read (ctx, 2) == 0 && fail_read (ctx, 3) == -EEXIST);
  CHECK (seccomp_arch_add (ctx, SCMP_ARCH_NATIVE) == 0);
  CHECK (fail_read (ctx, 3) == -EEXIST && fail_read (ctx, 2) == 0);

  CHECK (seccomp_arch_add (same, SCMP_ARCH_AARCH64) == 0);
  CHECK (seccomp_arch_remove (same, SCMP_ARCH_NATIVE) == 0);
  CHECK (seccomp_arch_add (same, SCMP_ARCH_NATIVE) == 0);
  CHECK (fail_read (same, 2) == 0);
  get_program (&before, same);
  CHECK (before.length > 0 && has_program (ctx, &before));
  seccomp_release (same);
  seccomp_release (ctx);
}

static void
test_memory_export (void)
{
  scmp_filter_ctx ctx = new_context ();
  unsigned char small[8] = {1, 2, 3, 4, 5, 6, 7, 8}, kept[8];
  size_t length = sizeof small, needed = 0;

  memcpy (kept, small, sizeof kept);
  CHECK (export_mem (NULL, small, &length) == -EINVAL);
  CHECK (export_mem (ctx, small, NULL) == -EINVAL);
  CHECK (export_mem (ctx, NULL, NULL) == -EINVAL);
  CHECK (export_mem (ctx, NULL, &needed) == 0 && needed > sizeof small);
  CHECK (export_mem (ctx, small, &length) == -ERANGE && length == needed);
  CHECK (memcmp (small, kept, sizeof kept) == 0);
  get_program (&before, ctx);
  CHECK (before.length == needed);
  CHECK (precompute (NULL) == -EINVAL && precompute (ctx) == 0 && precompute (ctx) == 0);
  CHECK (has_program (ctx, &before));
  seccomp_release (ctx);
}

static void
test_later_changes_count (void)
{
  scmp_filter_ctx ctx = new_context ();

  CHECK (precompute (ctx) == 0);
  get_program (&before, ctx);
  CHECK (seccomp_rule_add (ctx, SCMP_ACT_KILL, SCMP_SYS (getpid), 0) == 0);
  CHECK (!has_program (ctx, &before));
  get_program (&before, ctx);
  CHECK (seccomp_attr_set (ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_TRAP) == 0);
  CHECK (!has_program (ctx, &before));
  CHECK (seccomp_attr_set (ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL) == 0);
  CHECK (has_program (ctx, &before));
  CHECK (seccomp_reset (ctx, SCMP_ACT_ALLOW) == 0);
  CHECK (!has_program (ctx, &before));
  seccomp_release (ctx);
}

/* Nothing is made in between that could take its memory. */
static void
test_released_context (void)
{
  scmp_filter_ctx ctx = new_context ();
  uint32_t value;
  size_t length = 0;

  seccomp_release (ctx);
  seccomp_release (ctx);
  CHECK (seccomp_reset (ctx, SCMP_ACT_KILL) == -EINVAL);
  CHECK (seccomp_rule_add (ctx, SCMP_ACT_KILL, SCMP_SYS (read), 0) == -EINVAL);
  CHECK (seccomp_arch_add (ctx, SCMP_ARCH_ARM) == -EINVAL);
  CHECK (seccomp_arch_exist (ctx, SCMP_ARCH_NATIVE) == -EINVAL);
  CHECK (seccomp_arch_remove (ctx, SCMP_ARCH_NATIVE) == -EINVAL);
  CHECK (seccomp_attr_get (ctx, SCMP_FLTATR_CTL_NNP, &value) == -EINVAL);
  CHECK (seccomp_attr_set (ctx, SCMP_FLTATR_CTL_NNP, 0) == -EINVAL);
  CHECK (seccomp_merge (ctx, ctx) == -EINVAL);
  CHECK (seccomp_load (ctx) == -EINVAL && precompute (ctx) == -EINVAL);
  CHECK (export_mem (ctx, NULL, &length) == -EINVAL);
  CHECK (seccomp_export_bpf (ctx, -1) == -EINVAL && seccomp_export_pfc (ctx, -1) == -EINVAL);
  CHECK (transaction_start (ctx) == -EINVAL && transaction_commit (ctx) == -EINVAL);
  transaction_reject (ctx);
  CHECK (seccomp_notify_fd (ctx) == -EINVAL);
}

static void
test_merged_context (void)
{
  scmp_filter_ctx ctx = new_context (), other = seccomp_init (SCMP_ACT_ALLOW);

  CHECK (seccomp_merge (ctx, ctx) == -EEXIST);
  CHECK (seccomp_arch_remove (other, SCMP_ARCH_NATIVE) == 0);
  CHECK (seccomp_arch_add (other, SCMP_ARCH_X86) == 0);
  CHECK (transaction_start (ctx) == 0 && transaction_start (other) == 0);
  get_program (&before, ctx);
  CHECK (seccomp_merge (ctx, other) == 0);
  CHECK (seccomp_merge (ctx, other) == -EINVAL);
  CHECK (seccomp_arch_exist (ctx, SCMP_ARCH_X86) == 0 && !has_program (ctx, &before));
  transaction_reject (ctx);
  CHECK (seccomp_arch_exist (ctx, SCMP_ARCH_X86) == -EEXIST && has_program (ctx, &before));
  seccomp_release (ctx);
}

/* Under a filter, a program may have to do with the heap that it has. */
static void
test_heap (void)
{
  void *end;

  free (malloc (64 * 1024));
  end = sbrk (0);
  for (int i = 0; i < 2; i++) {
    scmp_filter_ctx ctx = new_context ();

    CHECK (seccomp_arch_add (ctx, SCMP_ARCH_X86) == 0);
    for (unsigned k = 0; k < 200; k++)
      seccomp_rule_add (ctx, SCMP_ACT_KILL, SCMP_SYS (read), 2, SCMP_A0 (SCMP_CMP_EQ, 7 * k),
                        SCMP_A1 (SCMP_CMP_LT, k * k));
    get_program (&before, ctx);
    CHECK (before.length > 0);
    seccomp_release (ctx);
  }
  CHECK (sbrk (0) == end);
}

static void
test_attribute_of_2_6 (void)
{
  scmp_filter_ctx ctx = new_context ();
  uint32_t value = 7;

  CHECK (seccomp_attr_get (ctx, CTL_WAITKILL, &value) == 0 && value == 0);
  CHECK (seccomp_attr_set (ctx, CTL_WAITKILL, 5) == 0);
  CHECK (seccomp_attr_get (ctx, CTL_WAITKILL, &value) == 0 && value == 1);
  seccomp_release (ctx);
}

static void
test_listing (void)
{
  scmp_filter_ctx ctx = new_context ();
  char text[4096] = "";
  int ends[2];

  CHECK (pipe (ends) == 0);
  CHECK (seccomp_export_pfc (ctx, ends[1]) == 0);
  close (ends[1]);
  CHECK (read (ends[0], text, sizeof text - 1) > 0);
  close (ends[0]);
  CHECK (strstr (text, "getppid") && strstr (text, "ERRNO(77)") && strstr (text, "program:"));
  seccomp_release (ctx);
}

/* --- threads --- */

enum { THREADS = 8, ROUNDS = 20 };

static int on_kernel = 1;

static void *
build_contexts (void *wanted)
{
  for (int i = 0; i < ROUNDS; i++) {
    struct bytes *now = malloc (sizeof *now);
    scmp_filter_ctx ctx = new_context ();
    int same;

    get_program (now, ctx);
    same = now->length == ((struct bytes *) wanted)->length &&
           memcmp (now->data, ((struct bytes *) wanted)->data, now->length) == 0;
    seccomp_release (ctx);
    free (now);
    if (!same || seccomp_api_get () < 1 || (on_kernel && seccomp_notify_alloc (NULL, NULL) != 0))
      return wanted;
  }
  return NULL;
}

static void
test_threads (void)
{
  pthread_t threads[THREADS];
  scmp_filter_ctx ctx = new_context ();
  int failures = 0;

  get_program (&before, ctx);
  seccomp_release (ctx);
  for (int i = 0; i < THREADS; i++)
    CHECK (pthread_create (&threads[i], NULL, build_contexts, &before) == 0);
  for (int i = 0; i < THREADS; i++) {
    void *result;

    pthread_join (threads[i], &result);
    failures += result != NULL;
  }
  CHECK (failures == 0);
}

static const struct test tests[] = {
    {"the version is 2.6's, and says whose it is", test_version},
    {"transactions", test_transactions},
    {"transactions in transactions", test_nested_transactions},
    {"a rule that fails on one ABI is on none", test_failed_rule_leaves_nothing},
    {"a program in memory", test_memory_export},
    {"what changes after a program was made", test_later_changes_count},
    {"a context that was released", test_released_context},
    {"a number that no table has", test_unknown_number},
    {"rules of one ABI", test_rules_of_one_abi},
    {"a context that was merged", test_merged_context},
    {"the heap is the program's own", test_heap},
    {"the attribute of 2.6", test_attribute_of_2_6},
    {"the listing names calls and verdicts", test_listing},
    {"contexts in many threads", test_threads},
};

int
main (int argc, char **argv)
{
  (void) argv;
  on_kernel = argc == 1;
  return run_tests (tests, sizeof tests / sizeof tests[0]);
}
