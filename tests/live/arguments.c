/* Comparisons of arguments, as the kernel carries them out. getppid looks at no argument, so every
 * value may be given to it. */
#include "live.h"

#include <inttypes.h>
#include <sys/personality.h>
#include <sys/syscall.h>

enum { DENIED = -9 };

/* --- one comparison -------------------------------------------------------------------------- */

struct comparison {
  const char *op;
  uint64_t value, value_two;
  unsigned index;
};

static struct comparison comparison;

static bool
holds (const struct comparison *c, uint64_t argument)
{
  switch (c->op[0]) {
  case 'N':
    return argument != c->value;
  case 'E':
    return argument == c->value;
  case 'M':
    return (argument & c->value) == (c->value_two & c->value);
  case 'L':
    return c->op[1] == 'T' ? argument < c->value : argument <= c->value;
  default:
    return c->op[1] == 'T' ? argument > c->value : argument >= c->value;
  }
}

static const uint64_t values[] = {
    0,
    1,
    4,
    5,
    6,
    UINT64_C (0x7fffffff),
    UINT64_C (0x80000000),
    UINT64_C (0xfffffffe),
    UINT64_C (0xffffffff),
    UINT64_C (0x100000000),
    UINT64_C (0x100000004),
    UINT64_C (0x100000005),
    UINT64_C (0x100000006),
    UINT64_C (0x200000005),
    UINT64_C (0x7fffffffffffffff),
    UINT64_C (0x8000000000000000),
    UINT64_C (0xffffffff00000005),
    UINT64_MAX,
};

enum { VALUES = sizeof values / sizeof values[0] };

static void
test_comparison (void)
{
  const struct comparison *c = &comparison;
  char json[512];

  snprintf (json, sizeof json,
            DENY ("\"getppid\"", "ERRNO",
                  ",\"errnoRet\":9,\"args\":[{\"index\":%u,\"op\":\"SCMP_CMP_%s\","
                  "\"value\":%" PRIu64 ",\"valueTwo\":%" PRIu64 "}]"),
            c->index, c->op, c->value, c->value_two);
  live_install (json, 0);
  for (int i = 0; i < VALUES; i++) {
    uint64_t a[6] = {0};
    /* A kernel of 32 bits has no high words to compare. */
    uint64_t value = sizeof (long) == 8 ? values[i] : (uint32_t) values[i];

    a[c->index] = value;
    long result = live_call (SYS_getppid, a[0], a[1], a[2], a[3], a[4], a[5]);

    if ((result == DENIED) != holds (c, value)) {
      dprintf (STDERR_FILENO, "# argument %u is 0x%" PRIx64 ": %ld\n", c->index, value, result);
      _exit (1);
    }
  }
}

static void
run_comparisons (void)
{
  static const char *const ops[] = {"NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"};
  static const uint64_t bounds[] = {0, 5, UINT64_C (0xffffffff), UINT64_C (0x100000005),
                                    UINT64_MAX};
  char name[96];

  for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
    for (size_t j = 0; j < sizeof bounds / sizeof bounds[0]; j++) {
      if (sizeof (long) < 8 && bounds[j] > UINT32_MAX)
        continue;
      comparison = (struct comparison){ops[i], bounds[j], UINT64_C (0x1ffffff05), (i + j) % 6};
      snprintf (name, sizeof name, "argument %u %s 0x%" PRIx64, comparison.index, comparison.op,
                comparison.value);
      live_run (name, test_comparison);
    }
}

/* --- several --------------------------------------------------------------------------------- */

static void
test_and (void)
{
  live_install (DENY ("\"getppid\"", "ERRNO",
                      ",\"errnoRet\":9,\"args\":["
                      "{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\"},"
                      "{\"index\":5,\"value\":2,\"op\":\"SCMP_CMP_GT\"}]"),
                0);
  CHECK (live_call (SYS_getppid, 1, 0, 0, 0, 0, 3) == DENIED);
  CHECK (live_call (SYS_getppid, 1, 0, 0, 0, 0, 2) > 0);
  CHECK (live_call (SYS_getppid, 2, 0, 0, 0, 0, 3) > 0);
}

static void
test_or (void)
{
  live_install (DENY ("\"getppid\"", "ERRNO",
                      ",\"errnoRet\":9,\"args\":["
                      "{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\"},"
                      "{\"index\":0,\"value\":3,\"op\":\"SCMP_CMP_EQ\"},"
                      "{\"index\":1,\"value\":7,\"op\":\"SCMP_CMP_EQ\"}]"),
                0);
  CHECK (live_call (SYS_getppid, 1, 0, 0, 0, 0, 0) == DENIED);
  CHECK (live_call (SYS_getppid, 3, 0, 0, 0, 0, 0) == DENIED);
  CHECK (live_call (SYS_getppid, 2, 7, 0, 0, 0, 0) == DENIED);
  CHECK (live_call (SYS_getppid, 2, 0, 0, 0, 0, 0) > 0);
}

/* Two rules of which libseccomp's program lets through what the second one denies. */
static void
test_two_rules_of_personality (void)
{
  live_install ("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":["
                "{\"names\":[\"personality\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":9,"
                "\"args\":[{\"index\":0,\"value\":4294967294,\"op\":\"SCMP_CMP_GE\"}]},"
                "{\"names\":[\"personality\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":9,"
                "\"args\":[{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_GT\"},"
                "{\"index\":2,\"value\":5,\"op\":\"SCMP_CMP_EQ\"}]}]}",
                0);
  CHECK (live_call (SYS_personality, 0xfffffffd, 16, 5, 0, 0, 0) == DENIED);
  CHECK (live_call (SYS_personality, 0xffffffff, 0, 0, 0, 0, 0) == DENIED);
  CHECK (live_call (SYS_personality, 0xfffffffe, 0, 5, 0, 0, 0) == DENIED);
  CHECK (live_call (SYS_personality, 1, 16, 5, 0, 0, 0) != DENIED);
  CHECK (live_call (SYS_personality, 0, 16, 4, 0, 0, 0) != DENIED);
}

int
main (void)
{
  run_comparisons ();
  live_run ("conditions on different arguments hold together", test_and);
  live_run ("an argument twice: any condition", test_or);
  live_run ("two rules of personality(2), both heeded", test_two_rules_of_personality);
  return live_end ();
}
