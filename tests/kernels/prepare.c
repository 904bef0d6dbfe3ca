/* On the build host: which calls a machine is to make under a profile's filter, and what the naive
 * oracle wants of each.
 *
 *   prepare NATIVE KERNEL ABI PROFILE   every border of the profile, for calls of one ABI
 *   prepare NATIVE KERNEL ABI -         calls that tell what the kernel shows to filters
 *
 * Out: the calls on stdout, as calls.h says. */
#include "calls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "points.h"

enum {
  LAST_NUMBER = 500,
  BUDGET = 250, /* calls for one number, at most */
  JSON_SIZE = 1 << 20,
};

static void
die (const char *what, const char *why)
{
  fprintf (stderr, "prepare: %s: %s\n", what, why);
  exit (1);
}

static bool
is_s390 (const struct oracle_abi *abi)
{
  return !strcmp (abi->column, "s390") || !strcmp (abi->column, "s390x");
}

/* Not every call that can be asked about can be made. */
static bool
can_be_made (const struct oracle_abi *abi, const struct seccomp_data *call)
{
  const uint32_t number = (uint32_t) call->nr;

  if (call->arch != abi->token)
    return false;
  /* The two ABIs of one token. uprobe and uretprobe are the kernel's own: it lets them pass where
   * it knows them (kernel/seccomp.c), and kills who has not been sent there by it. */
  if (!strcmp (abi->column, "x86_64"))
    return !(number & ORACLE_BIT_30) && number != 335 && number != 336;
  if (!strcmp (abi->column, "x32"))
    return number & ORACLE_BIT_30;
  /* syscall(2) itself, whatever the table of its ABI says: a filter is shown the call that it makes
   * (arch/mips/include/asm/syscall.h mips_syscall_is_indirect). */
  if (!strncmp (abi->column, "mips", 4) && number == 4000)
    return false;
  /* The kernel goes back to an interrupted call before any filter sees this number
   * (arch/s390/kernel/syscall.c): restart_syscall. */
  return !is_s390 (abi) || (number & 0xffff) != 7;
}

/* What a filter sees of a number, where it is not just that. */
static uint32_t
shown_number (const struct oracle_abi *abi, const struct seccomp_data *call)
{
  /* syscall_get_nr of arch/s390/include/asm/syscall.h has 16 bits. */
  if (is_s390 (abi))
    return (uint32_t) call->nr & 0xffff;
  return (uint32_t) call->nr;
}

static void
put (uint64_t value, int bytes)
{
  while (bytes--)
    putchar ((int) (value >> 8 * bytes & 0xff));
}

static void
put_call (const struct oracle *oracle, const struct oracle_abi *abi, struct seccomp_data call)
{
  const uint32_t number = (uint32_t) call.nr;

  put (number, 4);
  call.nr = (int) shown_number (abi, &call);
  put ((uint32_t) call.nr, 4);
  for (int i = 0; i < 6; i++)
    put (call.args[i], 8);
  put (oracle ? oracle_decide (oracle, &call) : 0, 4);
}

static void
put_calls (const struct oracle *oracle, const struct oracle_abi *abi, const struct points *points)
{
  uint32_t count = 0;

  for (size_t i = 0; i < points->count; i++)
    count += can_be_made (abi, &points->calls[i]);
  put (CALLS_MAGIC, 4);
  put (abi->token, 4);
  put ((uint64_t) abi->bits, 4);
  put (count, 4);
  for (size_t i = 0; i < points->count; i++)
    if (can_be_made (abi, &points->calls[i]))
      put_call (oracle, abi, points->calls[i]);
}

static struct oracle *
read_profile (const char *path, const struct oracle_machine *machine)
{
  static char json[JSON_SIZE];
  FILE *file = fopen (path, "re");

  if (!file || fread (json, 1, sizeof json - 1, file) == 0)
    die (path, "cannot be read");
  fclose (file);
  struct oracle *oracle = oracle_new (json, machine);

  if (oracle->is_error)
    die (path, oracle->why);
  return oracle;
}

int
main (int argc, char **argv)
{
  struct oracle_machine machine;
  struct points points = {0};
  struct random random = random_start (1);

  if (argc != 5)
    return 2;
  const struct oracle_abi *abi = oracle_abi_find (argv[3]);
  const bool shown = !strcmp (argv[4], "-");

  if (!abi || !oracle_abi_find (argv[1]))
    die (argv[3], "unknown ABI");
  machine = oracle_machine (argv[1]);
  if (sscanf (argv[2], "%u.%u", &machine.kernel_major, &machine.kernel_minor) != 2)
    die (argv[2], "no kernel version");
  struct oracle *oracle = shown ? oracle_new ("{\"defaultAction\":\"SCMP_ACT_ALLOW\"}", &machine)
                                : read_profile (argv[4], &machine);

  points_add_borders (&points, oracle, &random, BUDGET);
  if (!shown)
    points_add_numbers (&points, oracle, LAST_NUMBER);
  put_calls (oracle, abi, &points);
  points_free (&points);
  oracle_free (oracle);
  return fflush (stdout) ? 1 : 0;
}
