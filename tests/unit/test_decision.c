/* decision.c: what is done with every number under every token. The bit that marks x32's numbers,
 * and -1, are where machines differ from what one would think: runc's and libseccomp's rules for
 * them are written out here once more, in their own terms. */
#include <errno.h>

#include "core.h"
#include "filter.h"
#include "syscalls.h"

#define LENGTH(array) (sizeof (array) / sizeof *(array))

enum { ENOSYS_VERDICT = SECCOMP_RET_ERRNO | 38 };

static const struct seccomp_data no_call;

/* --- filters --- */

/* A profile in single quotes, for one machine. The caller frees the filter. */
static struct oci_seccomp_filter *
compiled (const char *json, const struct oci_seccomp_options *options)
{
  struct oci_seccomp_profile *profile;
  struct oci_seccomp_filter *filter;
  char *text = arena_strndup (&arena, json, strlen (json));

  for (char *at = text; *at; at++)
    if (*at == '\'')
      *at = '"';
  if (oci_seccomp_profile_parse (&profile, text, strlen (text), options, &error))
    fail_msg ("%s: %s", json, error.message);
  if (oci_seccomp_compile (&filter, profile, options, &error))
    fail_msg ("%s: %s", json, error.message);
  oci_seccomp_profile_free (profile);
  return filter;
}

static uint32_t
ask (const struct oci_seccomp_filter *filter, uint32_t token, uint32_t number, uint64_t argument)
{
  struct seccomp_data data = {.nr = (int) number, .arch = token, .args = {argument, argument}};

  return oci_seccomp_filter_evaluate (filter, &data);
}

/* --- one token for two ABIs: the table --- */

enum { X86_64 = ABI_BIT (ABI_X86_64), X32 = ABI_BIT (ABI_X32), X86 = ABI_BIT (ABI_X86) };

struct machine {
  enum abi native;
  uint32_t listed;
  uint32_t default_verdict, bad_arch;
  const char *default_text, *bad_arch_text;
  bool newer_default;
  const char *const *allowed; /* ends with NULL */
};

static bool
has_abi (const struct machine *machine, enum abi abi)
{
  return machine->native == abi || (machine->listed & ABI_BIT (abi));
}

/* What runc's stub calls the last number: 0 for none. */
static uint32_t
last_of (const struct machine *machine, enum abi abi)
{
  uint32_t last = 0, number;

  for (size_t i = 0; machine->allowed[i]; i++) {
    int row = syscall_from_name (machine->allowed[i], strlen (machine->allowed[i]));

    if (syscall_number (row, abi, &number) && number > last)
      last = number;
  }
  return last;
}

static bool
is_allowed (const struct machine *machine, enum abi abi, uint32_t number)
{
  int row = syscall_from_number (number, abi);

  for (size_t i = 0; row != SYSCALL_UNKNOWN && machine->allowed[i]; i++)
    if (strcmp (machine->allowed[i], syscall_name (row)) == 0)
      return true;
  return false;
}

/* runc's stub: before libseccomp's program, numbers above the last one of the ABI that bit 30 says
 * get ENOSYS, if the profile has this ABI and a number of it. */
static bool
stub_says_enosys (const struct machine *machine, uint32_t number)
{
  enum abi abi = number & X32_BIT ? ABI_X32 : ABI_X86_64;
  uint32_t action = machine->default_verdict & SECCOMP_RET_ACTION_FULL;
  uint32_t last = has_abi (machine, abi) ? last_of (machine, abi) : 0;

  if (machine->newer_default || action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG ||
      action == SECCOMP_RET_TRACE)
    return false;
  return last && number > last;
}

/* libseccomp's program for the token: from bit 30 on it is x32, but for -1 where x32 is not in. */
static uint32_t
decide_x86 (const struct machine *machine, uint32_t number)
{
  enum abi abi = number < X32_BIT ? ABI_X86_64 : ABI_X32;

  if (stub_says_enosys (machine, number))
    return ENOSYS_VERDICT;
  if (number == UINT32_MAX)
    return machine->default_verdict;
  if (!has_abi (machine, abi))
    return machine->bad_arch;
  return is_allowed (machine, abi, number) ? SECCOMP_RET_ALLOW : machine->default_verdict;
}

static struct oci_seccomp_filter *
compile_machine (const struct machine *machine)
{
  const char *abis = "", *names = "";
  struct oci_seccomp_options options = {.native_abi = abi_table[machine->native].name,
                                        .bad_arch = machine->bad_arch_text,
                                        .newer = machine->newer_default ? OCI_SECCOMP_NEWER_DEFAULT
                                                                        : OCI_SECCOMP_NEWER_ENOSYS};

  for (int abi = 0; abi < ABI_COUNT; abi++)
    if (machine->listed & ABI_BIT (abi))
      abis = arena_printf (&arena, "%s%s'%s'", abis, *abis ? "," : "", abi_table[abi].spec_name);
  for (size_t i = 0; machine->allowed[i]; i++)
    names = arena_printf (&arena, "%s%s{'names': ['%s'], 'action': 'SCMP_ACT_ALLOW', 'args': []}",
                          names, *names ? "," : "", machine->allowed[i]);
  return compiled (arena_printf (&arena, "{%s, 'architectures': [%s], 'syscalls': [%s]}",
                                 machine->default_text, abis, names),
                   &options);
}

static const uint32_t borders[] = {0,          1,          9,          X32_BIT,    0x80000000,
                                   0xc0000000, 0xffffffff, 0x40000009, 0x40000001, 0x400001ff,
                                   0x7fffffff, 0xbfffffff, 462,        1024,       X32_BIT + 462};

static void
check_machine (const struct machine *machine)
{
  struct oci_seccomp_filter *filter = compile_machine (machine);

  for (size_t i = 0; i < LENGTH (borders); i++)
    for (uint32_t d = 0; d < 5; d++) {
      uint32_t number = borders[i] + d - 2;
      uint32_t got = ask (filter, 0xc000003e, number, 0), want = decide_x86 (machine, number);

      if (got != want)
        fail_msg ("native %s, ABIs 0x%x, %s, bad ABI %s, newer %d, allowed %s...: number 0x%x: "
                  "0x%x, not 0x%x",
                  abi_table[machine->native].name, machine->listed, machine->default_text,
                  machine->bad_arch_text ? machine->bad_arch_text : "-", machine->newer_default,
                  machine->allowed[0] ? machine->allowed[0] : "nothing", number, got, want);
    }
  assert_int_equal (ask (filter, 0x12345678, 0, 0), machine->bad_arch);
  if (!has_abi (machine, ABI_X86))
    assert_int_equal (ask (filter, abi_table[ABI_X86].token, 3, 0), machine->bad_arch);
  oci_seccomp_filter_free (filter);
}

static const struct {
  const char *text;
  uint32_t verdict;
} defaults[] = {
    {"'defaultAction': 'SCMP_ACT_ERRNO'", SECCOMP_RET_ERRNO | EPERM},
    {"'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrnoRet': 38", ENOSYS_VERDICT},
    {"'defaultAction': 'SCMP_ACT_KILL'", SECCOMP_RET_KILL_THREAD},
    {"'defaultAction': 'SCMP_ACT_TRAP'", SECCOMP_RET_TRAP},
    {"'defaultAction': 'SCMP_ACT_ALLOW'", SECCOMP_RET_ALLOW},
    {"'defaultAction': 'SCMP_ACT_LOG'", SECCOMP_RET_LOG},
    {"'defaultAction': 'SCMP_ACT_TRACE', 'defaultErrnoRet': 5", SECCOMP_RET_TRACE | 5},
    {"'defaultAction': 'SCMP_ACT_NOTIFY'", SECCOMP_RET_USER_NOTIF},
};

static const struct {
  const char *text;
  uint32_t verdict;
} bad_archs[] = {
    {NULL, SECCOMP_RET_KILL_THREAD}, {"ERRNO", SECCOMP_RET_ERRNO | EPERM},
    {"ERRNO(38)", ENOSYS_VERDICT},   {"KILL_PROCESS", SECCOMP_RET_KILL_PROCESS},
    {"ALLOW", SECCOMP_RET_ALLOW},    {"TRAP", SECCOMP_RET_TRAP},
};

/* Number 0 alone, which is no positive one; what x32 lacks; what only x86 has. */
static const char *const some[] = {"read", "write", "mmap", "futex_wait", NULL};
static const char *const only_zero[] = {"read", NULL};
static const char *const not_on_x32[] = {"uselib", "_sysctl", NULL};
static const char *const elsewhere[] = {"socketcall", NULL};
static const char *const nothing[] = {NULL};
static const char *const dense[] = {"read",  "write", "open", "close", "stat",
                                    "fstat", "lstat", "poll", "lseek", NULL};
static const char *const *const allowed[] = {some,    only_zero, not_on_x32,
                                             nothing, elsewhere, dense};

static void
check_all_machines (enum abi native, uint32_t listed)
{
  for (size_t d = 0; d < LENGTH (defaults); d++)
    for (size_t b = 0; b < LENGTH (bad_archs); b++)
      for (size_t a = 0; a < LENGTH (allowed); a++)
        for (int newer_default = 0; newer_default < 2; newer_default++) {
          const struct machine machine = {.native = native,
                                          .listed = listed,
                                          .default_verdict = defaults[d].verdict,
                                          .default_text = defaults[d].text,
                                          .bad_arch = bad_archs[b].verdict,
                                          .bad_arch_text = bad_archs[b].text,
                                          .newer_default = newer_default,
                                          .allowed = allowed[a]};

          check_machine (&machine);
        }
  forget_all ();
}

static void
test_x86_64_alone (void)
{
  check_all_machines (ABI_X86_64, 0);
}

static void
test_x86_64_listed (void)
{
  check_all_machines (ABI_X86_64, X86_64);
}

static void
test_x86_64_and_a_stranger (void)
{
  check_all_machines (ABI_X86_64, ABI_BIT (ABI_AARCH64));
}

static void
test_x86_64_and_x86 (void)
{
  check_all_machines (ABI_X86_64, X86);
}

static void
test_x86_64_and_x32 (void)
{
  check_all_machines (ABI_X86_64, X32);
}

static void
test_x86_64_x86_and_x32 (void)
{
  check_all_machines (ABI_X86_64, X86_64 | X86 | X32);
}

static void
test_x32_alone (void)
{
  check_all_machines (ABI_X32, 0);
}

static void
test_x32_and_x86_64 (void)
{
  check_all_machines (ABI_X32, X86_64);
}

static void
test_x86_native (void)
{
  check_all_machines (ABI_X86, X86_64);
  check_all_machines (ABI_X86, X32);
  check_all_machines (ABI_X86, X86_64 | X32);
}

/* --- the same by hand, where a mistake in the words above would hide --- */

#define ALLOW_THREE                                                                           \
  "'syscalls': [{'names': ['read', 'write', 'mmap'], 'action': 'SCMP_ACT_ALLOW'}, {'names': " \
  "['open'], 'action': 'SCMP_ACT_TRAP', 'args': [{'index': 1, 'op': 'SCMP_CMP_EQ', 'value': 5}]}]"
#define DENY "'defaultAction': 'SCMP_ACT_ERRNO'"

struct point {
  uint32_t number;
  uint32_t verdict;
};

static void
check_points (const char *json, const struct oci_seccomp_options *options, uint32_t token,
              const struct point *points, size_t count)
{
  struct oci_seccomp_filter *filter = compiled (json, options);

  for (size_t i = 0; i < count; i++)
    if (ask (filter, token, points[i].number, 5) != points[i].verdict)
      fail_msg ("number 0x%x: 0x%x, not 0x%x", points[i].number,
                ask (filter, token, points[i].number, 5), points[i].verdict);
  oci_seccomp_filter_free (filter);
}

enum {
  ALLOWED = SECCOMP_RET_ALLOW,
  TRAPPED = SECCOMP_RET_TRAP,
  DEFAULT = SECCOMP_RET_ERRNO | EPERM,
  KILLED = SECCOMP_RET_KILL_THREAD,
  NEWER = ENOSYS_VERDICT,
  NEWER_ON_MIPS = SECCOMP_RET_ERRNO | 89,
  NEWER_ON_PARISC = SECCOMP_RET_ERRNO | 251,
};

static void
test_points_without_x32 (void)
{
  static const struct point newer[] = {
      {0, ALLOWED},         {2, TRAPPED},        {3, DEFAULT},         {9, ALLOWED},
      {10, NEWER},          {0x3fffffff, NEWER}, {0x40000000, KILLED}, {0x7fffffff, KILLED},
      {0x80000000, NEWER},  {0xbfffffff, NEWER}, {0xc0000000, KILLED}, {0xfffffffe, KILLED},
      {0xffffffff, DEFAULT}};
  static const struct point as_crun[] = {
      {0, ALLOWED},         {2, TRAPPED},          {3, DEFAULT},         {9, ALLOWED},
      {10, DEFAULT},        {0x3fffffff, DEFAULT}, {0x40000000, KILLED}, {0x7fffffff, KILLED},
      {0x80000000, KILLED}, {0xbfffffff, KILLED},  {0xc0000000, KILLED}, {0xfffffffe, KILLED},
      {0xffffffff, DEFAULT}};
  struct oci_seccomp_options options = {.native_abi = "x86_64"};

  check_points ("{" DENY "," ALLOW_THREE "}", &options, 0xc000003e, newer, LENGTH (newer));
  options.newer = OCI_SECCOMP_NEWER_DEFAULT;
  check_points ("{" DENY "," ALLOW_THREE "}", &options, 0xc000003e, as_crun, LENGTH (as_crun));
}

static void
test_points_with_x32 (void)
{
  static const char json[] = "{" DENY ", 'architectures': ['SCMP_ARCH_X32']," ALLOW_THREE "}";
  static const struct point newer[] = {
      {0, ALLOWED},          {2, TRAPPED},          {9, ALLOWED},          {10, NEWER},
      {0x40000000, ALLOWED}, {0x40000002, TRAPPED}, {0x40000003, DEFAULT}, {0x40000009, ALLOWED},
      {0x4000000a, NEWER},   {0x7fffffff, NEWER},   {0x80000000, NEWER},   {0xbfffffff, NEWER},
      {0xc0000000, NEWER},   {0xffffffff, NEWER}};
  static const struct point as_crun[] = {
      {0, ALLOWED},          {2, TRAPPED},          {9, ALLOWED},          {10, DEFAULT},
      {0x40000000, ALLOWED}, {0x40000002, TRAPPED}, {0x4000000a, DEFAULT}, {0x7fffffff, DEFAULT},
      {0x80000000, DEFAULT}, {0xc0000000, DEFAULT}, {0xffffffff, DEFAULT}};
  struct oci_seccomp_options options = {.native_abi = "x86_64"};

  check_points (json, &options, 0xc000003e, newer, LENGTH (newer));
  options.newer = OCI_SECCOMP_NEWER_DEFAULT;
  check_points (json, &options, 0xc000003e, as_crun, LENGTH (as_crun));
}

/* --- other ABIs --- */

static void
test_minus_one_elsewhere (void)
{
  static const struct point points[] = {{3, ALLOWED},       {4, ALLOWED}, {5, TRAPPED},
                                        {90, ALLOWED},      {91, NEWER},  {0x40000003, NEWER},
                                        {0xffffffff, NEWER}};
  struct oci_seccomp_options options = {.native_abi = "x86_64"};

  check_points ("{" DENY ", 'architectures': ['SCMP_ARCH_X86']," ALLOW_THREE "}", &options,
                0x40000003, points, LENGTH (points));
}

/* On s390 the kernel has 0 where it was asked for a number that it does not know. */
static void
test_zero_on_s390 (void)
{
  static const struct point newer[] = {{0, NEWER},   {1, DEFAULT}, {3, ALLOWED},
                                       {5, TRAPPED}, {91, NEWER},  {0xffffffff, NEWER}};
  static const struct point as_crun[] = {{0, DEFAULT}, {1, DEFAULT}, {3, ALLOWED}, {91, DEFAULT}};
  static const struct point allow[] = {{0, ALLOWED}, {5, TRAPPED}};
  static const char *const natives[] = {"s390x", "s390"};

  for (int i = 0; i < 2; i++) {
    struct oci_seccomp_options options = {.native_abi = natives[i]};
    uint32_t token = i ? 0x16 : 0x80000016;

    check_points ("{" DENY "," ALLOW_THREE "}", &options, token, newer, LENGTH (newer));
    check_points ("{'defaultAction': 'SCMP_ACT_ALLOW'," ALLOW_THREE "}", &options, token, allow,
                  LENGTH (allow));
    options.newer = OCI_SECCOMP_NEWER_DEFAULT;
    check_points ("{" DENY "," ALLOW_THREE "}", &options, token, as_crun, LENGTH (as_crun));
  }
}

/* Below an ABI's first number there is nothing that is newer. */
static void
test_numbers_below_the_base (void)
{
  static const struct point points[] = {
      {0, DEFAULT},          {3, DEFAULT},         {3999, DEFAULT}, {4003, ALLOWED},
      {4004, ALLOWED},       {4005, TRAPPED},      {4006, DEFAULT}, {4090, ALLOWED},
      {4091, NEWER_ON_MIPS}, {5000, NEWER_ON_MIPS}};
  struct oci_seccomp_options options = {.native_abi = "mips"};

  check_points ("{" DENY "," ALLOW_THREE "}", &options, 8, points, LENGTH (points));
}

static void
test_numbers_far_up (void)
{
  static const struct point points[] = {
      {3, ALLOWED}, {90, DEFAULT}, {983040, DEFAULT}, {983045, ALLOWED}, {983046, NEWER}};
  struct oci_seccomp_options options = {.native_abi = "arm"};

  check_points ("{" DENY ", 'syscalls': [{'names': ['read', 'set_tls'], 'action': "
                "'SCMP_ACT_ALLOW'}]}",
                &options, 0x40000028, points, LENGTH (points));
}

static uint32_t
newer_on (enum abi abi)
{
  if (!strncmp (abi_table[abi].name, "mips", 4))
    return NEWER_ON_MIPS;
  return strncmp (abi_table[abi].name, "parisc", 6) ? NEWER : NEWER_ON_PARISC;
}

/* All ABIs of one byte order in one program, each told by its token. */
static void
test_all_abis_at_once (void)
{
  for (int big_endian = 0; big_endian < 2; big_endian++) {
    struct machine machine = {.native = big_endian ? ABI_S390X : ABI_X86_64,
                              .default_text = DENY,
                              .default_verdict = DEFAULT,
                              .allowed = some};
    struct oci_seccomp_filter *filter;

    for (int abi = 0; abi < ABI_COUNT; abi++)
      if (abi_table[abi].big_endian == big_endian)
        machine.listed |= ABI_BIT (abi);
    filter = compile_machine (&machine);
    for (int abi = 0; abi < ABI_COUNT; abi++) {
      int row = syscall_from_name ("write", 5);
      uint32_t token = abi_table[abi].token, number;

      assert_true (syscall_number (row, abi, &number));
      assert_int_equal (ask (filter, token, number, 0),
                        abi_table[abi].big_endian == big_endian ? ALLOWED : KILLED);
      if (abi_table[abi].big_endian == big_endian)
        assert_int_equal (ask (filter, token, number + 100000, 0), newer_on (abi));
    }
    oci_seccomp_filter_free (filter);
  }
}

/* --- arguments --- */

/* Conditions stay with their number, also at the ends of what is known. */
static void
test_conditions_at_the_ends (void)
{
  static const char json[] =
      "{" DENY
      ", 'architectures': ['SCMP_ARCH_X32'], 'syscalls': [{'names': ['read', 'listmount'], "
      "'action': 'SCMP_ACT_ALLOW', 'args': [{'index': 0, 'op': 'SCMP_CMP_EQ', 'value': "
      "4294967301}]}]}";
  struct oci_seccomp_options options = {.native_abi = "x86_64"};
  struct oci_seccomp_filter *filter = compiled (json, &options);
  static const uint32_t numbers[] = {0, 458, X32_BIT, X32_BIT + 458};

  for (int i = 0; i < 4; i++) {
    bool narrow = numbers[i] >= X32_BIT;

    assert_int_equal (ask (filter, 0xc000003e, numbers[i], UINT64_C (0x100000005)), ALLOWED);
    assert_int_equal (ask (filter, 0xc000003e, numbers[i], 5), narrow ? ALLOWED : DEFAULT);
    assert_int_equal (ask (filter, 0xc000003e, numbers[i], 6), DEFAULT);
    assert_int_equal (ask (filter, 0xc000003e, numbers[i] + 1, 5), i % 2 ? NEWER : DEFAULT);
  }
  oci_seccomp_filter_free (filter);
}

/* The constant answer for a number takes no load of an argument: the kernel then remembers it. */
static void
test_numbers_without_conditions_read_no_argument (void)
{
  static const char json[] = "{" DENY ", 'architectures': ['SCMP_ARCH_X86']," ALLOW_THREE "}";
  struct oci_seccomp_options options = {.native_abi = "x86_64"};
  struct oci_seccomp_filter *filter = compiled (json, &options);
  size_t count;
  const struct sock_filter *program = oci_seccomp_filter_instructions (filter, &count);
  struct sock_filter *changed = arena_copy (&arena, program, count * sizeof *program);
  struct program poisoned = {changed, count};
  struct seccomp_data data = no_call;

  /* A program that returns as soon as it would look further. */
  for (size_t i = 0; i < count; i++)
    if (changed[i].code == (BPF_LD | BPF_W | BPF_ABS) && changed[i].k >= 16)
      changed[i] = (struct sock_filter){BPF_RET | BPF_K, 0, 0, 0x5ead};
  data.arch = 0xc000003e;
  for (uint32_t number = 0; number < 500; number++) {
    data.nr = (int) number;
    assert_int_equal (program_run (&poisoned, &data, false, NULL) == 0x5ead, number == 2);
  }
  oci_seccomp_filter_free (filter);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      TEST (test_x86_64_alone),
      TEST (test_x86_64_listed),
      TEST (test_x86_64_and_a_stranger),
      TEST (test_x86_64_and_x86),
      TEST (test_x86_64_and_x32),
      TEST (test_x86_64_x86_and_x32),
      TEST (test_x32_alone),
      TEST (test_x32_and_x86_64),
      TEST (test_x86_native),
      TEST (test_points_without_x32),
      TEST (test_points_with_x32),
      TEST (test_minus_one_elsewhere),
      TEST (test_zero_on_s390),
      TEST (test_numbers_below_the_base),
      TEST (test_numbers_far_up),
      TEST (test_all_abis_at_once),
      TEST (test_conditions_at_the_ends),
      TEST (test_numbers_without_conditions_read_no_argument),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
