#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <seccomp.h>

#include "calls.h"

void
show (const char *what, int result)
{
  printf ("%s: %d\n", what, result);
}

static void
show_errors_of_null (void)
{
  uint32_t value;

  SHOW (seccomp_reset (NULL, 1));
  SHOW (seccomp_load (NULL));
  SHOW (seccomp_merge (NULL, NULL));
  SHOW (seccomp_attr_get (NULL, SCMP_FLTATR_CTL_NNP, &value));
  SHOW (seccomp_attr_set (NULL, SCMP_FLTATR_CTL_NNP, 1));
  SHOW (seccomp_syscall_priority (NULL, SCMP_SYS (read), 1));
  SHOW (seccomp_rule_add (NULL, SCMP_ACT_KILL, SCMP_SYS (read), 0));
  SHOW (seccomp_rule_add_exact (NULL, SCMP_ACT_KILL, SCMP_SYS (read), 0));
  SHOW (seccomp_rule_add_array (NULL, SCMP_ACT_KILL, SCMP_SYS (read), 0, NULL));
  SHOW (seccomp_rule_add_exact_array (NULL, SCMP_ACT_KILL, SCMP_SYS (read), 0, NULL));
  SHOW (seccomp_export_bpf (NULL, 1));
  SHOW (seccomp_export_pfc (NULL, 1));
  SHOW (seccomp_notify_fd (NULL));
  SHOW (seccomp_arch_add (NULL, 1));
  SHOW (seccomp_arch_remove (NULL, 1));
  SHOW (seccomp_arch_exist (NULL, 1));
  SHOW ((int) seccomp_arch_resolve_name (NULL));
  SHOW (seccomp_syscall_resolve_name (NULL));
  SHOW (seccomp_syscall_resolve_name_arch (SCMP_ARCH_NATIVE, NULL));
  SHOW (seccomp_syscall_resolve_name_rewrite (SCMP_ARCH_NATIVE, NULL));
}

static void
show_errors_of_actions (void)
{
  static const uint32_t actions[] = {
      SCMP_ACT_KILL_PROCESS,
      SCMP_ACT_KILL_THREAD,
      SCMP_ACT_TRAP,
      SCMP_ACT_NOTIFY,
      SCMP_ACT_LOG,
      SCMP_ACT_ALLOW,
      SCMP_ACT_ERRNO (0),
      SCMP_ACT_ERRNO (1),
      SCMP_ACT_ERRNO (4094),
      SCMP_ACT_TRACE (0),
      SCMP_ACT_TRACE (1234),
      SCMP_ACT_TRACE (0xffff),
      SCMP_ACT_ERRNO (4096),
      SCMP_ACT_ERRNO (0xffff),
      SCMP_ACT_ALLOW + 1,
      SCMP_ACT_KILL + 1,
      SCMP_ACT_TRAP + 1,
      SCMP_ACT_LOG + 1,
      SCMP_ACT_NOTIFY + 1,
      SCMP_ACT_KILL_PROCESS + 1,
      0xdeadbeef,
      0x00040000,
      0xffffffff,
  };

  for (size_t i = 0; i < COUNT (actions); i++) {
    scmp_filter_ctx one = seccomp_init (actions[i]);
    scmp_filter_ctx other = seccomp_init (SCMP_ACT_ERRNO (7));

    printf ("action %#x: %s\n", actions[i], one ? "taken" : "refused");
    SHOW (seccomp_reset (other, actions[i]));
    seccomp_reset (other, SCMP_ACT_ERRNO (7));
    SHOW (seccomp_attr_set (other, SCMP_FLTATR_ACT_BADARCH, actions[i]));
    SHOW (seccomp_rule_add (other, actions[i], SCMP_SYS (read), 0));
    SHOW (seccomp_rule_add_exact (other, actions[i], SCMP_SYS (write), 0));
    seccomp_release (one);
    seccomp_release (other);
  }
}

static void
show_errors_of_rules (void)
{
  scmp_filter_ctx ctx = seccomp_init (SCMP_ACT_ALLOW);

  SHOW (seccomp_rule_add (ctx, SCMP_ACT_ALLOW, SCMP_SYS (read), 0));
  SHOW (seccomp_rule_add (ctx, SCMP_ACT_KILL, SCMP_SYS (read), 7));
  SHOW (seccomp_rule_add_exact (ctx, SCMP_ACT_KILL, SCMP_SYS (read), 7));
  SHOW (seccomp_rule_add_array (ctx, SCMP_ACT_KILL, SCMP_SYS (read), 1, NULL));
  SHOW (seccomp_rule_add_exact_array (ctx, SCMP_ACT_KILL, SCMP_SYS (read), 1, NULL));
  SHOW (seccomp_rule_add (ctx, SCMP_ACT_KILL, SCMP_SYS (read), 1, SCMP_CMP (6, SCMP_CMP_EQ, 0)));
  SHOW (seccomp_rule_add (ctx, SCMP_ACT_KILL, SCMP_SYS (read), 1, SCMP_A0 (_SCMP_CMP_MIN, 0)));
  SHOW (seccomp_rule_add (ctx, SCMP_ACT_KILL, SCMP_SYS (read), 1, SCMP_A0 (_SCMP_CMP_MAX, 0)));
  SHOW (seccomp_rule_add (ctx, SCMP_ACT_KILL, SCMP_SYS (read), 2, SCMP_A0 (SCMP_CMP_EQ, 0),
                          SCMP_A0 (SCMP_CMP_EQ, 1)));
  SHOW (seccomp_rule_add (ctx, SCMP_ACT_KILL, -1, 0));
  SHOW (seccomp_rule_add (ctx, SCMP_ACT_KILL, -2, 0));
  SHOW (seccomp_rule_add (ctx, SCMP_ACT_KILL, -99, 0));
  SHOW (seccomp_rule_add (ctx, SCMP_ACT_KILL, -100, 0));
  SHOW (seccomp_rule_add (ctx, SCMP_ACT_KILL, -10001, 0));
  SHOW (seccomp_rule_add_exact (ctx, SCMP_ACT_KILL, -100, 0));
  SHOW (seccomp_rule_add_exact (ctx, SCMP_ACT_KILL, -10009, 0));
  SHOW (seccomp_rule_add_exact (ctx, SCMP_ACT_KILL, 99999, 0));
  SHOW (seccomp_attr_set (ctx, SCMP_FLTATR_API_TSKIP, 1));
  SHOW (seccomp_rule_add (ctx, SCMP_ACT_KILL, -1, 0));
  SHOW (seccomp_rule_add_exact (ctx, SCMP_ACT_KILL, -1, 0));
  seccomp_release (ctx);

  /* Where an ABI is added after rules, libseccomp loses it again with the next rule that fails. */
  ctx = seccomp_init (SCMP_ACT_ALLOW);
  SHOW (seccomp_arch_add (ctx, SCMP_ARCH_X86));
  SHOW (seccomp_rule_add_exact (ctx, SCMP_ACT_KILL, SCMP_SYS (write), 0));
  SHOW (seccomp_rule_add (ctx, SCMP_ACT_KILL, 99999, 0));
  SHOW (seccomp_rule_add (ctx, SCMP_ACT_KILL, -10999, 0));
  SHOW (seccomp_arch_remove (ctx, SCMP_ARCH_NATIVE));
  SHOW (seccomp_rule_add_exact (ctx, SCMP_ACT_KILL, SCMP_SYS (socket), 0));
  SHOW (
      seccomp_rule_add_exact (ctx, SCMP_ACT_KILL, SCMP_SYS (socket), 1, SCMP_A1 (SCMP_CMP_EQ, 0)));
  SHOW (seccomp_rule_add_exact (ctx, SCMP_ACT_KILL, SCMP_SYS (semop), 1, SCMP_A1 (SCMP_CMP_EQ, 0)));
  SHOW (seccomp_rule_add_exact (ctx, SCMP_ACT_KILL, SCMP_SYS (newfstatat), 0));
  SHOW (seccomp_rule_add_exact (ctx, 0xdeadbeef, SCMP_SYS (open), 0));
  SHOW (seccomp_arch_remove (ctx, SCMP_ARCH_X86));
  SHOW (seccomp_rule_add (ctx, SCMP_ACT_KILL, SCMP_SYS (read), 0));
  SHOW (seccomp_export_bpf (ctx, 1));
  SHOW (seccomp_arch_add (ctx, SCMP_ARCH_AARCH64));
  SHOW (seccomp_rule_add (ctx, SCMP_ACT_KILL, SCMP_SYS (read), 0));
  seccomp_release (ctx);
}

/* The pairs whose outcome does not depend on halves of values: the same, and the contrary. */
static void
show_conflicts (void)
{
  static const uint32_t actions[] = {SCMP_ACT_ERRNO (1), SCMP_ACT_ERRNO (2)};
  struct scmp_arg_cmp one[2] = {SCMP_A0 (SCMP_CMP_EQ, 1), SCMP_A1 (SCMP_CMP_EQ, 2)};

  for (int pair = 0; pair < 4; pair++) {
    unsigned first = 1 + (pair & 1), second = 1 + (pair >> 1);

    for (int contrary = 0; contrary < 2; contrary++) {
      scmp_filter_ctx ctx = seccomp_init (SCMP_ACT_ALLOW);

      printf ("%u conditions, then %u, %s action\n", first, second,
              contrary ? "another" : "the same");
      SHOW (seccomp_rule_add_array (ctx, actions[0], SCMP_SYS (read), first, one));
      SHOW (seccomp_rule_add_array (ctx, actions[contrary], SCMP_SYS (read), second, one));
      SHOW (seccomp_rule_add (ctx, actions[contrary], SCMP_SYS (read), 0));
      SHOW (seccomp_rule_add (ctx, actions[!contrary], SCMP_SYS (read), 0));
      seccomp_release (ctx);
    }
  }
}

static void
show_errors_of_attributes (void)
{
  static const uint32_t values[] = {0, 1, 2, 3, 0xffffffff, SCMP_ACT_TRAP};
  scmp_filter_ctx ctx = seccomp_init (SCMP_ACT_ALLOW);

  for (unsigned attr = 0; attr <= 12; attr++) {
    uint32_t value = 77;

    /* New in 2.6. */
    if (attr == 10)
      continue;
    printf ("attribute %u\n", attr);
    SHOW (seccomp_attr_get (ctx, attr, &value));
    SHOW ((int) value);
    for (size_t i = 0; i < COUNT (values); i++) {
      SHOW (seccomp_attr_set (ctx, attr, values[i]));
      seccomp_attr_get (ctx, attr, &value);
      SHOW ((int) value);
    }
  }
  SHOW (seccomp_reset (ctx, SCMP_ACT_TRAP));
  for (unsigned attr = 1; attr <= 9; attr++) {
    uint32_t value = 77;

    SHOW (seccomp_attr_get (ctx, attr, &value));
    SHOW ((int) value);
  }
  seccomp_release (ctx);
}

static void
show_errors_of_archs (void)
{
  scmp_filter_ctx ctx = seccomp_init (SCMP_ACT_ALLOW), other = seccomp_init (SCMP_ACT_ALLOW);
  scmp_filter_ctx trap = seccomp_init (SCMP_ACT_TRAP);

  SHOW (seccomp_arch_exist (ctx, SCMP_ARCH_NATIVE));
  SHOW (seccomp_arch_exist (ctx, seccomp_arch_native ()));
  SHOW (seccomp_arch_exist (ctx, SCMP_ARCH_ARM));
  SHOW (seccomp_arch_exist (ctx, 12345));
  SHOW (seccomp_arch_add (ctx, SCMP_ARCH_NATIVE));
  SHOW (seccomp_arch_add (ctx, 12345));
  SHOW (seccomp_arch_add (ctx, SCMP_ARCH_S390X));
  SHOW (seccomp_arch_add (ctx, SCMP_ARCH_ARM));
  SHOW (seccomp_arch_add (ctx, SCMP_ARCH_ARM));
  SHOW (seccomp_arch_remove (ctx, SCMP_ARCH_MIPSEL));
  SHOW (seccomp_arch_remove (ctx, 12345));
  SHOW (seccomp_merge (ctx, NULL));
  SHOW (seccomp_merge (ctx, trap));
  SHOW (seccomp_merge (ctx, other));
  SHOW (seccomp_arch_remove (other, SCMP_ARCH_NATIVE));
  SHOW (seccomp_merge (ctx, other));
  SHOW (seccomp_merge (other, ctx));
  SHOW (seccomp_arch_add (other, SCMP_ARCH_S390X));
  SHOW (seccomp_merge (ctx, other));
  SHOW (seccomp_arch_remove (other, SCMP_ARCH_S390X));
  SHOW (seccomp_arch_add (other, SCMP_ARCH_AARCH64));
  SHOW (seccomp_attr_set (other, SCMP_FLTATR_CTL_NNP, 0));
  SHOW (seccomp_merge (ctx, other));
  SHOW (seccomp_attr_set (other, SCMP_FLTATR_CTL_NNP, 1));
  SHOW (seccomp_attr_set (other, SCMP_FLTATR_CTL_LOG, 1));
  SHOW (seccomp_merge (ctx, other));
  SHOW (seccomp_arch_exist (ctx, SCMP_ARCH_AARCH64));
  SHOW ((int) seccomp_arch_resolve_name (""));
  SHOW ((int) seccomp_arch_resolve_name ("X86_64"));
  SHOW ((int) seccomp_arch_resolve_name ("SCMP_ARCH_X86"));
  SHOW (seccomp_syscall_resolve_name_arch (12345, "read"));
  SHOW (seccomp_syscall_resolve_name_rewrite (12345, "read"));
  SHOW (seccomp_syscall_resolve_name ("no_such_call"));
  SHOW (seccomp_syscall_resolve_name (""));
  SHOW (seccomp_syscall_resolve_num_arch (12345, 0) != NULL);
  SHOW (seccomp_syscall_resolve_num_arch (SCMP_ARCH_NATIVE, -1) != NULL);
  seccomp_release (ctx);
  seccomp_release (trap);
}

static void
show_errors_of_priorities (void)
{
  scmp_filter_ctx ctx = seccomp_init (SCMP_ACT_ALLOW);

  SHOW (seccomp_syscall_priority (ctx, SCMP_SYS (read), 255));
  SHOW (seccomp_syscall_priority (ctx, 99999, 1));
  SHOW (seccomp_syscall_priority (ctx, -1, 1));
  SHOW (seccomp_syscall_priority (ctx, -10, 1));
  SHOW (seccomp_syscall_priority (ctx, -101, 1));
  SHOW (seccomp_syscall_priority (ctx, -10009, 1));
  SHOW (seccomp_arch_add (ctx, SCMP_ARCH_X86));
  SHOW (seccomp_syscall_priority (ctx, SCMP_SYS (socket), 1));
  SHOW (seccomp_syscall_priority (ctx, 99999, 1));
  SHOW (seccomp_syscall_priority (ctx, -10009, 1));
  SHOW (seccomp_attr_set (ctx, SCMP_FLTATR_API_TSKIP, 1));
  SHOW (seccomp_syscall_priority (ctx, -1, 1));
  seccomp_release (ctx);
}

static void
show_errors_of_outputs (void)
{
  scmp_filter_ctx ctx = seccomp_init (SCMP_ACT_ALLOW);
  struct seccomp_notif *req = NULL;
  struct seccomp_notif_resp *resp = NULL;
  int full = open ("/dev/full", O_WRONLY);

  SHOW (seccomp_export_bpf (ctx, -1));
  SHOW (seccomp_export_pfc (ctx, -1));
  SHOW (seccomp_export_bpf (ctx, full));
  SHOW (seccomp_attr_set (ctx, SCMP_FLTATR_API_SYSRAWRC, 1));
  SHOW (seccomp_export_bpf (ctx, -1));
  SHOW (seccomp_export_bpf (ctx, full));
  SHOW (seccomp_notify_alloc (NULL, NULL));
  SHOW (seccomp_notify_alloc (&req, &resp));
  SHOW (req && resp);
  SHOW (seccomp_notify_receive (-1, req));
  SHOW (seccomp_notify_respond (-1, resp));
  SHOW (seccomp_notify_id_valid (-1, 0));
  SHOW (seccomp_notify_fd (ctx));
  seccomp_notify_free (req, resp);
  seccomp_notify_free (NULL, NULL);
  seccomp_release (ctx);
  seccomp_release (NULL);
  close (full);
}

/* What a level takes away. */
static void
show_levels (void)
{
  for (unsigned level = 0; level <= 6; level++) {
    scmp_filter_ctx ctx;

    printf ("level %u\n", level);
    SHOW (seccomp_api_set (level));
    SHOW ((int) (level ? seccomp_api_get () : 0));
    ctx = seccomp_init (SCMP_ACT_ALLOW);
    for (unsigned attr = 1; attr <= 9; attr++)
      SHOW (seccomp_attr_set (ctx, attr, 1));
    SHOW (seccomp_rule_add (ctx, SCMP_ACT_LOG, SCMP_SYS (read), 0));
    SHOW (seccomp_rule_add (ctx, SCMP_ACT_KILL_PROCESS, SCMP_SYS (write), 0));
    SHOW (seccomp_rule_add (ctx, SCMP_ACT_NOTIFY, SCMP_SYS (open), 0));
    SHOW (seccomp_attr_set (ctx, SCMP_FLTATR_CTL_TSYNC, 0));
    SHOW (seccomp_rule_add (ctx, SCMP_ACT_NOTIFY, SCMP_SYS (open), 0));
    SHOW (seccomp_attr_set (ctx, SCMP_FLTATR_CTL_TSYNC, 1));
    SHOW (seccomp_notify_alloc (NULL, NULL));
    SHOW (seccomp_notify_receive (-1, NULL));
    SHOW (seccomp_notify_respond (-1, NULL));
    SHOW (seccomp_notify_id_valid (-1, 1));
    seccomp_release (ctx);
  }
  SHOW (seccomp_api_set (1024));
  SHOW (seccomp_reset (NULL, 0));
}

void
show_errors (void)
{
  show_errors_of_null ();
  show_errors_of_actions ();
  show_errors_of_rules ();
  show_conflicts ();
  show_errors_of_attributes ();
  show_errors_of_archs ();
  show_errors_of_priorities ();
  show_errors_of_outputs ();
  show_levels ();
}
