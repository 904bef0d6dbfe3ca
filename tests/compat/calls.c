/* Calls of libseccomp's interface, and what they return, as text: the same calls for the same
 * arguments, whichever library answers. compare.sh runs this with the original and with ours.
 *
 *   calls errors            every failure that the man pages document
 *   calls resolve           names and numbers on every ABI
 *   calls random SEED DIR   a script of random calls; the filters that come of it go to DIR
 *   calls numbers           for each name on stdin, its numbers on the ABIs of this machine
 *   calls deny NAME ERRNO   on stdout, a program that denies one call */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <seccomp.h>

#include "calls.h"

/* Those that libseccomp 2.5 has: tokens of later ones are unknown to it. */
static const char *const abis[] = {
    "x86_64", "x86",      "x32",       "arm",         "aarch64", "mips",     "mipsel",
    "mips64", "mipsel64", "mips64n32", "mipsel64n32", "parisc",  "parisc64", "ppc",
    "ppc64",  "ppc64le",  "s390",      "s390x",       "riscv64",
};

/* --- names and numbers --- */

static void
show_number (const char *abi, uint32_t token, int number)
{
  char *name = seccomp_syscall_resolve_num_arch (token, number);

  if (!name)
    return;
  printf ("%s %d %s %d %d\n", abi, number, name, seccomp_syscall_resolve_name_arch (token, name),
          seccomp_syscall_resolve_name_rewrite (token, name));
  free (name);
}

static void
show_numbers (void)
{
  for (size_t i = 0; i < COUNT (abis); i++) {
    uint32_t token = seccomp_arch_resolve_name (abis[i]);

    printf ("%s %#x\n", abis[i], token);
    for (int number = -10400; number < 7000; number++)
      show_number (abis[i], token, number);
    for (int number = 0x40000000; number < 0x40000400; number++)
      show_number (abis[i], token, number);
    for (int number = 0x0f0000; number < 0x0f0010; number++)
      show_number (abis[i], token, number);
  }
}

/* --- random scripts --- */

static uint64_t state;

static unsigned
below (unsigned limit)
{
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (unsigned) ((state >> 16) % limit);
}

#define PICK(array) ((array)[below (COUNT (array))])

/* Of x86_64; then those of no ABI at all. */
static const int numbers[] = {
    SCMP_SYS (read),
    SCMP_SYS (write),
    SCMP_SYS (open),
    SCMP_SYS (socket),
    SCMP_SYS (semop),
    SCMP_SYS (personality),
    SCMP_SYS (accept),
    SCMP_SYS (mmap),
    SCMP_SYS (statx),
    SCMP_SYS (shmat),
    SCMP_SYS (_llseek),
    SCMP_SYS (socketcall),
    SCMP_SYS (ipc),
    SCMP_SYS (clone3),
    SCMP_SYS (arch_prctl),
    -101,
    -204,
    -10001,
    -10999,
    9999,
    -1,
    -7,
    0x40000001,
    1000,
};
enum { KNOWN_NUMBERS = 15 };

static const uint32_t values32[] = {0,    1,       2,          5,          7,         8,
                                    0xff, 0x10000, 0x7fffffff, 0xfffffffe, 0xffffffff};
static const uint64_t values64[] = {0,           1,           5,           0xffffffff,
                                    0x100000000, 0x100000001, 0x500000005, UINT64_MAX};

/* Where libseccomp is right: one action for each call, and one condition of 32 bits to a rule, or
 * any number of EQ and MASKED_EQ. What goes through a multiplexer shares its action, and has the
 * multiplexer's condition besides its own. */
static int
takes_one_condition (int number)
{
  return number == SCMP_SYS (read) || number == SCMP_SYS (open) || number == SCMP_SYS (statx) ||
         number == SCMP_SYS (arch_prctl) || number == 1000;
}

static int
is_multiplexed (int number)
{
  return number == SCMP_SYS (socket) || number == SCMP_SYS (accept) || number == SCMP_SYS (semop) ||
         number == SCMP_SYS (shmat) || number == SCMP_SYS (socketcall) ||
         number == SCMP_SYS (ipc) || number == -101 || number == -204;
}

static uint32_t
action_of (int number)
{
  static const uint32_t actions[] = {SCMP_ACT_ERRNO (1), SCMP_ACT_ERRNO (38),
                                     SCMP_ACT_TRAP,      SCMP_ACT_TRACE (99),
                                     SCMP_ACT_LOG,       SCMP_ACT_KILL_PROCESS};

  return is_multiplexed (number) ? SCMP_ACT_ERRNO (9)
                                 : actions[(unsigned) number % COUNT (actions)];
}

static unsigned
random_conditions (struct scmp_arg_cmp *out, int number)
{
  unsigned count = below (4);

  if (takes_one_condition (number)) {
    out[0] = SCMP_CMP (below (6), SCMP_CMP_NE + below (7), PICK (values32), PICK (values32));
    return below (3) != 0;
  }
  for (unsigned i = 0; i < count; i++)
    out[i] = SCMP_CMP (below (6), below (2) ? SCMP_CMP_EQ : SCMP_CMP_MASKED_EQ, PICK (values64),
                       PICK (values64));
  return count;
}

/* libseccomp takes back a rule that fails together with ABIs that came or went since the last one.
 * So a script has either rules that fail, or changing ABIs. */
static int fails;

static void
random_rule (scmp_filter_ctx ctx)
{
  struct scmp_arg_cmp conditions[6];
  int number = numbers[below (fails ? COUNT (numbers) : KNOWN_NUMBERS)];
  unsigned count = random_conditions (conditions, number);
  int exact = fails && below (6) == 0;

  printf ("rule for %d with %u conditions: ", number, count);
  if (exact)
    SHOW (seccomp_rule_add_exact_array (ctx, action_of (number), number, count, conditions));
  else
    SHOW (seccomp_rule_add_array (ctx, action_of (number), number, count, conditions));
}

static const char *const little[] = {"x86_64",  "x86",    "x32",     "arm",
                                     "aarch64", "mipsel", "ppc64le", "mipsel64n32"};
static const char *const big[] = {"s390x", "s390", "ppc", "mips", "mips64n32", "parisc", "ppc64"};

static void
random_arch (scmp_filter_ctx ctx)
{
  uint32_t token = seccomp_arch_resolve_name (below (8) ? PICK (little) : PICK (big));

  switch (fails ? 1 : below (4)) {
  case 0:
    SHOW (seccomp_arch_remove (ctx, token));
    break;
  case 1:
    SHOW (seccomp_arch_exist (ctx, token));
    break;
  default:
    SHOW (seccomp_arch_add (ctx, token));
  }
}

static void
random_other (scmp_filter_ctx ctx)
{
  switch (below (4)) {
  case 0:
    SHOW (seccomp_syscall_priority (ctx, PICK (numbers), (uint8_t) below (255)));
    break;
  case 1:
    SHOW (seccomp_attr_set (ctx, SCMP_FLTATR_CTL_OPTIMIZE, below (4)));
    break;
  case 2:
    SHOW (seccomp_attr_set (ctx, SCMP_FLTATR_ACT_BADARCH, action_of ((int) below (9))));
    break;
  default:
    SHOW (seccomp_attr_set (ctx, SCMP_FLTATR_API_TSKIP, below (4) != 0));
  }
}

/* A context of another byte order takes the place of the native one now and then. */
static scmp_filter_ctx
random_context (void)
{
  static const uint32_t defaults[] = {SCMP_ACT_ALLOW, SCMP_ACT_KILL, SCMP_ACT_ERRNO (95)};
  scmp_filter_ctx ctx = seccomp_init (PICK (defaults));

  if (below (8) == 0) {
    SHOW (seccomp_arch_remove (ctx, SCMP_ARCH_NATIVE));
    SHOW (seccomp_arch_add (ctx, seccomp_arch_resolve_name (PICK (big))));
  }
  return ctx;
}

static void
random_calls (scmp_filter_ctx ctx, unsigned count)
{
  for (unsigned i = 0; i < count; i++)
    switch (below (10)) {
    case 0:
    case 1:
      random_arch (ctx);
      break;
    case 2:
      random_other (ctx);
      break;
    default:
      random_rule (ctx);
    }
}

static int
random_script (uint64_t seed, const char *directory)
{
  scmp_filter_ctx ctx, other;
  char path[4096];
  int fd;

  state = seed * 0x9e3779b97f4a7c15 + 1;
  for (int i = 0; i < 20; i++)
    below (2);
  fails = below (2);
  ctx = random_context ();
  random_calls (ctx, 5 + below (30));
  if (below (4) == 0) {
    other = random_context ();
    random_calls (other, below (20));
    if (seccomp_merge (ctx, other) != 0)
      seccomp_release (other);
    random_calls (ctx, below (5));
  }
  /* libseccomp loses all of an ABI whose first rule is for a call that the ABI lacks. */
  SHOW (seccomp_syscall_priority (ctx, SCMP_SYS (exit_group), 255));
  SHOW (seccomp_rule_add (ctx, SCMP_ACT_TRACE (3), SCMP_SYS (exit_group), 0));
  snprintf (path, sizeof path, "%s/%llu.bpf", directory, (unsigned long long) seed);
  fd = open (path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  SHOW (seccomp_export_bpf (ctx, fd));
  close (fd);
  seccomp_release (ctx);
  return 0;
}

static void
show_numbers_of_names (void)
{
  char name[256];

  while (scanf ("%255s", name) == 1)
    printf ("%s %d %d %d\n", name, seccomp_syscall_resolve_name (name),
            seccomp_syscall_resolve_name_arch (SCMP_ARCH_X86, name),
            seccomp_syscall_resolve_name_arch (SCMP_ARCH_X32, name));
}

static int
deny (const char *name, uint32_t error)
{
  scmp_filter_ctx ctx = seccomp_init (SCMP_ACT_ALLOW);
  int failed =
      seccomp_rule_add (ctx, SCMP_ACT_ERRNO (error), seccomp_syscall_resolve_name (name), 0) ||
      seccomp_export_bpf (ctx, 1);

  seccomp_release (ctx);
  return failed;
}

int
main (int argc, char **argv)
{
  if (argc == 2 && strcmp (argv[1], "errors") == 0)
    show_errors ();
  else if (argc == 2 && strcmp (argv[1], "resolve") == 0)
    show_numbers ();
  else if (argc == 4 && strcmp (argv[1], "random") == 0)
    return random_script (strtoull (argv[2], NULL, 10), argv[3]);
  else if (argc == 2 && strcmp (argv[1], "numbers") == 0)
    show_numbers_of_names ();
  else if (argc == 4 && strcmp (argv[1], "deny") == 0)
    return deny (argv[2], (uint32_t) strtoul (argv[3], NULL, 10));
  else
    return 2;
  return 0;
}
