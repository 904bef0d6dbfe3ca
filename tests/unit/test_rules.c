/* rules.c: points 1 to 7 and 9 of what a profile means, on profiles as people write them. What is
 * expected is written as `describe` writes it: name, number, and each rule with its tests. */
#include "parse.h"
#include "rules.h"

static struct arena keep;
static struct rules rules;
static struct oci_seccomp_error rules_error;

#define LENGTH(array) (sizeof (array) / sizeof *(array))

/* JSON is easier on the eye in single quotes. */
static char *
quoted (const char *json)
{
  static char text[1 << 16];
  size_t i;

  assert_true (strlen (json) < sizeof text);
  for (i = 0; json[i]; i++)
    text[i] = json[i] == '\'' ? '"' : json[i];
  text[i] = '\0';
  return text;
}

/* A profile whose rules are `syscalls`, for one ABI. */
static int
build_with (const char *default_action, const char *syscalls, enum abi abi, bool strict,
            enum oci_seccomp_newer newer)
{
  static char json[1 << 15];
  struct oci_seccomp_options from = parse_options ();
  struct options options;

  snprintf (json, sizeof json, "{'defaultAction': '%s', 'syscalls': [%s]}", default_action,
            syscalls);
  from.native_abi = abi_table[abi].name;
  from.strict = strict;
  from.newer = newer;
  if (parse_with (quoted (json), &from))
    fail_msg ("%s: %s", json, parse_error.message);
  assert_int_equal (options_resolve (&options, &from, &parse_error), 0);
  warnings[0] = '\0';
  arena_free (&keep);
  memset (&rules_error, 0, sizeof rules_error);
  if (ARENA_GUARD (&keep))
    fail_msg ("out of memory");
  return rules_build (&rules, &profile, &abi, 1, &options, &keep, &keep, &rules_error);
}

static int
build (const char *syscalls, enum abi abi)
{
  return build_with ("SCMP_ACT_ALLOW", syscalls, abi, false, OCI_SECCOMP_NEWER_ENOSYS);
}

/* --- rules as text --- */

static char text[8192];

static void __attribute__ ((format (printf, 1, 2))) say (const char *format, ...)
{
  size_t used = strlen (text);
  va_list args;

  va_start (args, format);
  vsnprintf (text + used, sizeof text - used, format, args);
  va_end (args);
}

static void
say_test (const struct test *test)
{
  static const char *const ops[] = {"!=", "<", "<=", "==", ">=", ">", "=="};
  uint64_t ones = abi_table[rules.abi].wide ? UINT64_MAX : UINT32_MAX;

  say (" a%u", test->index);
  if (test->op == OPERATOR_MASKED_EQ)
    say ("&0x%llx", (unsigned long long) test->mask);
  else
    assert_true (test->mask == ones);
  say ("%s0x%llx", ops[test->op], (unsigned long long) test->value);
}

static const char *
describe (void)
{
  char verdict[VERDICT_TEXT];

  text[0] = '\0';
  for (size_t c = 0; c < rules.call_count; c++) {
    const struct call *call = &rules.calls[c];

    say ("%s%s %u:", c ? "; " : "", syscall_name (call->row), call->number);
    for (size_t r = 0; r < call->rule_count; r++) {
      say ("%s %s", r ? "," : "", verdict_text (call->rules[r].verdict, verdict));
      for (int t = 0; t < call->rules[r].test_count; t++)
        say_test (&call->rules[r].tests[t]);
    }
  }
  return text;
}

#define EXPECT(syscalls, abi, expected)          \
  do {                                           \
    if (build (syscalls, abi))                   \
      fail_msg ("%s", rules_error.message);      \
    assert_string_equal (describe (), expected); \
  } while (0)

/* --- writing rules: R (action, names, args) --- */

#define R(action, name, args) \
  "{'names': ['" name "'], 'action': 'SCMP_ACT_" action "', 'args': [" args "]}"
#define E(number, name, args) \
  "{'names': ['" name "'], 'action': 'SCMP_ACT_ERRNO', 'errnoRet': " #number ", 'args': [" args "]}"
#define A(index, op, value) "{'index': " #index ", 'op': 'SCMP_CMP_" #op "', 'value': " #value "}"
#define M(index, mask, value) \
  "{'index': " #index ", 'op': 'SCMP_CMP_MASKED_EQ', 'value': " #mask ", 'valueTwo': " #value "}"

/* --- point 1: the default's own verdict ------------------------------------------------------- */

static void
test_same_as_the_default (void **state)
{
  (void) state;
  EXPECT (
      R ("ALLOW", "read", "") "," R ("TRAP", "write", "") "," R ("ALLOW", "write", A (0, EQ, 1)),
      ABI_X86_64, "write 1: TRAP");
  EXPECT (R ("ALLOW", "read", ""), ABI_X86_64, "");
}

/* The errno is part of it. */
static void
test_same_as_the_default_with_another_errno (void **state)
{
  static const char syscalls[] = E (1, "read", "") "," E (2, "write", "");

  (void) state;
  assert_int_equal (build_with ("SCMP_ACT_ERRNO", syscalls, ABI_X86_64, false, 0), 0);
  assert_string_equal (describe (), "write 1: ERRNO(2)");
}

/* What is left out takes no part in conflicts, and carves no exception. */
static void
test_same_as_the_default_conflicts_with_nothing (void **state)
{
  (void) state;
  EXPECT (R ("ALLOW", "read", A (0, EQ, 1)) "," R ("TRAP", "read", A (0, EQ, 1)), ABI_X86_64,
          "read 0: TRAP a0==0x1");
  EXPECT (R ("ALLOW", "read", "") "," R ("TRAP", "read", ""), ABI_X86_64, "read 0: TRAP");
}

/* --- point 2: AND and OR ------------------------------------------------------------------------
 */

static void
test_conditions_hold_together (void **state)
{
  (void) state;
  EXPECT (R ("TRAP", "mmap", A (5, NE, 1) "," A (0, LT, 2) "," A (3, GE, 3)), ABI_X86_64,
          "mmap 9: TRAP a0<0x2 a3>=0x3 a5!=0x1");
}

static void
test_an_index_twice_is_or (void **state)
{
  (void) state;
  EXPECT (R ("TRAP", "mmap", A (0, EQ, 1) "," A (2, LE, 9) "," A (0, EQ, 3)), ABI_X86_64,
          "mmap 9: TRAP a2<=0x9, TRAP a0==0x3, TRAP a0==0x1");
}

/* Eight conditions, all on their own. */
static void
test_or_has_no_limit (void **state)
{
  (void) state;
  EXPECT (R ("TRAP", "read",
             A (0, EQ, 1) "," A (0, EQ, 2) "," A (0, EQ, 3) "," A (0, EQ, 4) "," A (
                 0, EQ, 5) "," A (0, EQ, 6) "," A (1, EQ, 7) "," A (2, EQ, 8)),
          ABI_X86_64,
          "read 0: TRAP a2==0x8, TRAP a1==0x7, TRAP a0==0x6, TRAP a0==0x5, TRAP a0==0x4, "
          "TRAP a0==0x3, TRAP a0==0x2, TRAP a0==0x1");
}

static void
test_all_six_arguments (void **state)
{
  (void) state;
  EXPECT (R ("TRAP", "mmap",
             A (0, EQ, 1) "," A (1, EQ, 1) "," A (2, EQ, 1) "," A (3, EQ, 1) "," A (
                 4, EQ, 1) "," A (5, EQ, 1)),
          ABI_X86_64, "mmap 9: TRAP a0==0x1 a1==0x1 a2==0x1 a3==0x1 a4==0x1 a5==0x1");
}

/* A mask of 0 counts for the question whether an index is there twice; then its rule is always
 * true. */
static void
test_or_with_a_mask_of_zero (void **state)
{
  (void) state;
  EXPECT (R ("TRAP", "read", A (0, EQ, 1) "," M (0, 0, 0)), ABI_X86_64, "read 0: TRAP");
}

/* --- point 3: masks, and what an ABI can tell apart
 * ------------------------------------------------ */

static void
test_masked_values_are_masked (void **state)
{
  (void) state;
  EXPECT (R ("TRAP", "read", M (0, 15, 53)), ABI_X86_64, "read 0: TRAP a0&0xf==0x5");
  EXPECT (R ("TRAP", "read", M (0, 18446744073709551615, 53)), ABI_X86_64,
          "read 0: TRAP a0&0xffffffffffffffff==0x35");
}

static void
test_a_mask_of_zero_drops_out (void **state)
{
  (void) state;
  EXPECT (R ("TRAP", "read", M (0, 0, 7) "," A (1, EQ, 2)), ABI_X86_64, "read 0: TRAP a1==0x2");
  EXPECT (R ("TRAP", "read", M (0, 0, 7)), ABI_X86_64, "read 0: TRAP");
}

/* Of the other operators none drops out, true though it is: it stays a condition. */
static void
test_always_true_without_a_mask_stays (void **state)
{
  (void) state;
  EXPECT (R ("TRAP", "read", A (0, GE, 0)) "," E (5, "read", ""), ABI_X86_64, "read 0: ERRNO(5)");
}

static void
test_values_are_cut (void **state)
{
  static const char syscalls[] = R ("TRAP", "read", A (0, EQ, 4294967301)) "," /* 2^32 + 5 */
      R ("TRAP", "write", M (0, 4294967299, 8589934593));                      /* 2^32+3, 2^33+1 */

  (void) state;
  EXPECT (syscalls, ABI_X86_64, "read 0: TRAP a0==0x100000005; write 1: TRAP a0&0x100000003==0x1");
  EXPECT (syscalls, ABI_X86, "read 3: TRAP a0==0x5; write 4: TRAP a0&0x3==0x1");
  EXPECT (syscalls, ABI_X32, "read 1073741824: TRAP a0==0x5; write 1073741825: TRAP a0&0x3==0x1");
  EXPECT (syscalls, ABI_MIPS64N32, "read 6000: TRAP a0==0x5; write 6001: TRAP a0&0x3==0x1");
}

static void
test_a_mask_cut_to_zero_drops_out (void **state)
{
  (void) state;
  EXPECT (R ("TRAP", "read", M (0, 4294967296, 4294967296)), ABI_X86, "read 3: TRAP");
  EXPECT (R ("TRAP", "read", M (0, 4294967296, 4294967296)), ABI_X86_64,
          "read 0: TRAP a0&0x100000000==0x100000000");
}

/* --- point 4: unconditional rules
 * ------------------------------------------------------------------- */

static void
test_unconditional_beats_all (void **state)
{
  (void) state;
  EXPECT (R ("TRAP", "read", "") "," R ("LOG", "read", A (0, EQ, 1)), ABI_X86_64, "read 0: TRAP");
  EXPECT (R ("LOG", "read", A (0, EQ, 1)) "," R ("TRAP", "read", ""), ABI_X86_64, "read 0: TRAP");
  EXPECT (R ("LOG", "read", A (0, EQ, 1)) "," R ("TRAP", "read", "") "," R ("KILL", "read",
                                                                            A (0, EQ, 1)),
          ABI_X86_64, "read 0: TRAP");
}

static void
test_the_first_unconditional_wins (void **state)
{
  (void) state;
  EXPECT (R ("TRAP", "read", "") "," R ("KILL_PROCESS", "read", "") "," E (7, "read", ""),
          ABI_X86_64, "read 0: TRAP");
  EXPECT (E (7, "read", "") "," R ("TRAP", "read", ""), ABI_X86_64, "read 0: ERRNO(7)");
}

/* --- point 5: precedence
 * ------------------------------------------------------------------------------ */

/* Single conditions, from what decides first to what decides last. Each has an errno of its own, so
 * that none is a duplicate; masks are told apart by their datum alone. */
static const char *const precedence[] = {
    A (5, GT, 0),          A (4, EQ, 1),          A (3, LT, 9),  A (2, EQ, 18446744073709551615),
    A (2, NE, 4294967296), A (2, EQ, 4294967295), M (2, 255, 8), A (2, EQ, 7),
    A (2, NE, 5),          M (2, 240, 4096),      A (2, LT, 3),  A (2, LE, 4),
    A (2, LT, 5),          A (2, LE, 4294967296), A (2, GE, 90), A (2, GT, 80),
    A (2, GE, 70),         A (2, GT, 0),          A (1, EQ, 0),  A (0, EQ, 99),
    A (0, LE, 99),         A (0, GT, 99),
};

/* The condition with the errno 100 + i. */
static void
add_numbered (char *json, size_t size, size_t i)
{
  size_t used = strlen (json);

  snprintf (json + used, size - used,
            "%s{'names': ['mmap'], 'action': 'SCMP_ACT_ERRNO', 'errnoRet': %zu, 'args': [%s]}",
            used ? "," : "", 100 + i, precedence[i]);
}

static void
test_precedence (void **state)
{
  static char json[1 << 14];
  enum { COUNT = LENGTH (precedence) };

  (void) state;
  /* Strides that have no divisor in common with the count: every rule, in many orders. */
  assert_int_equal (COUNT, 2 * 11);
  for (size_t stride = 1; stride < COUNT; stride++) {
    if (stride % 2 == 0 || stride % 11 == 0)
      continue;
    json[0] = '\0';
    for (size_t i = 0; i < COUNT; i++)
      add_numbered (json, sizeof json, i * stride % COUNT);
    assert_int_equal (build (json, ABI_X86_64), 0);
    assert_int_equal (rules.calls[0].rule_count, COUNT);
    for (size_t i = 0; i < COUNT; i++)
      assert_int_equal (rules.calls[0].rules[i].verdict & SECCOMP_RET_DATA, 100 + i);
  }
}

/* What compares equal is decided by the next condition, by being shorter, by being older. */
static void
test_precedence_of_longer_rules (void **state)
{
  (void) state;
  EXPECT (E (1, "mmap", A (0, EQ, 5) "," A (1, EQ, 1)) "," E (
              2, "mmap", A (0, NE, 5) "," A (2, EQ, 1)) "," E (3, "mmap",
                                                               A (0, EQ, 5) "," A (1, EQ, 2)),
          ABI_X86_64,
          "mmap 9: ERRNO(2) a0!=0x5 a2==0x1, ERRNO(3) a0==0x5 a1==0x2, ERRNO(1) a0==0x5 a1==0x1");
  EXPECT (E (1, "mmap", A (0, EQ, 5)) "," E (2, "mmap", A (0, EQ, 5) "," A (1, EQ, 1)), ABI_X86_64,
          "mmap 9: ERRNO(1) a0==0x5, ERRNO(2) a0==0x5 a1==0x1");
  EXPECT (E (1, "mmap", A (0, EQ, 5)) "," E (2, "mmap", A (0, NE, 5)), ABI_X86_64,
          "mmap 9: ERRNO(1) a0==0x5, ERRNO(2) a0!=0x5");
  EXPECT (E (2, "mmap", A (0, NE, 5)) "," E (1, "mmap", A (0, EQ, 5)), ABI_X86_64,
          "mmap 9: ERRNO(2) a0!=0x5, ERRNO(1) a0==0x5");
  EXPECT (E (2, "mmap", A (0, LE, 5)) "," E (1, "mmap", A (0, LT, 5)), ABI_X86_64,
          "mmap 9: ERRNO(2) a0<=0x5, ERRNO(1) a0<0x5");
  /* The first condition is the one of the lowest index: there the higher one wins. */
  EXPECT (E (1, "mmap", A (0, EQ, 5) "," A (5, EQ, 5)) "," E (2, "mmap", A (1, EQ, 1)), ABI_X86_64,
          "mmap 9: ERRNO(2) a1==0x1, ERRNO(1) a0==0x5 a5==0x5");
}

/* Values are compared as the ABI has them. */
static void
test_precedence_of_cut_values (void **state)
{
  static const char syscalls[] =
      E (1, "mmap", A (0, EQ, 4294967296)) "," E (2, "mmap", A (0, EQ, 5));

  (void) state;
  EXPECT (syscalls, ABI_AARCH64, "mmap 222: ERRNO(1) a0==0x100000000, ERRNO(2) a0==0x5");
  EXPECT (syscalls, ABI_X32, "mmap 1073741833: ERRNO(2) a0==0x5, ERRNO(1) a0==0x0");
}

/* --- point 6: duplicates and conflicts
 * -------------------------------------------------------------------- */

static void
test_duplicates_are_one (void **state)
{
  (void) state;
  EXPECT (R ("TRAP", "mmap", A (1, EQ, 5) "," A (0, LT, 9)) "," R (
              "TRAP", "mmap", A (2, EQ, 2)) "," R ("TRAP", "mmap", A (0, LT, 9) "," A (1, EQ, 5)),
          ABI_X86_64, "mmap 9: TRAP a2==0x2, TRAP a0<0x9 a1==0x5");
  EXPECT (R ("TRAP", "read", M (0, 3, 5)) "," R ("TRAP", "read", M (0, 3, 1)), ABI_X86_64,
          "read 0: TRAP a0&0x3==0x1");
  assert_int_equal (rules.calls[0].rules[0].order, 0);
}

struct conflict_row {
  const char *syscalls;
  enum abi abi;
  const char *message; /* NULL: no conflict */
};

/* A message without the file, line and column before it. */
static const char *
message_after_place (void)
{
  unsigned column;
  int length = 0;

  if (sscanf (rules_error.message, "f.json:1:%u: %n", &column, &length) != 1)
    fail_msg ("%s", rules_error.message);
  return rules_error.message + length;
}

static void
expect_conflicts (const struct conflict_row *rows, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    int code = build (rows[i].syscalls, rows[i].abi);

    if (code != (rows[i].message ? OCI_SECCOMP_CONFLICTING_RULES : 0) || code != rules_error.code ||
        (code && strcmp (message_after_place (), rows[i].message) != 0))
      fail_msg ("row %zu: %d: %s", i, code, rules_error.message);
  }
}

#define SAME "under the same conditions, so "

static void
test_conflicts (void **state)
{
  static const struct conflict_row rows[] = {
      {R ("TRAP", "read", A (0, EQ, 1)) "," R ("LOG", "read", A (0, EQ, 1)), ABI_X86_64,
       "syscalls[1]: conflicting rules: read on x86_64: syscalls[0] (line 1) says TRAP " SAME
       "LOG could never be told apart"},
      {E (1, "read", A (0, EQ, 1)) "," E (2, "read", A (0, EQ, 1)), ABI_X86_64,
       "syscalls[1]: conflicting rules: read on x86_64: syscalls[0] (line 1) says "
       "ERRNO(1) " SAME "ERRNO(2) could never be told apart"},
      /* The order in which conditions are written is no matter. */
      {R ("TRAP", "read", A (0, EQ, 1) "," A (1, EQ, 2)) "," R ("LOG", "read",
                                                                A (1, EQ, 2) "," A (0, EQ, 1)),
       ABI_X86_64,
       "syscalls[1]: conflicting rules: read on x86_64: syscalls[0] (line 1) says TRAP " SAME
       "LOG could never be told apart"},
      /* Nor is what stands between. */
      {R ("TRAP", "read", A (0, EQ, 1)) "," R ("TRAP", "read", A (2, EQ, 1)) "," R (
           "LOG", "write", A (0, EQ, 1)) "," R ("TRAP", "read", A (0, EQ, 1)) "," R ("LOG", "read",
                                                                                     A (0, EQ, 1)),
       ABI_X86_64,
       "syscalls[4]: conflicting rules: read on x86_64: syscalls[0] (line 1) says TRAP " SAME
       "LOG could never be told apart"},
      /* Of two, the one for the name that comes first, wherever the profile has it. */
      {R ("TRAP", "write", A (0, EQ, 1)) "," R ("LOG", "write", A (0, EQ, 1)) "," R (
           "TRAP", "read", A (0, EQ, 1)) "," R ("LOG", "read", A (0, EQ, 1)),
       ABI_X86_64,
       "syscalls[3]: conflicting rules: read on x86_64: syscalls[2] (line 1) says TRAP " SAME
       "LOG could never be told apart"},
      /* A mask of 0 is no condition. */
      {R ("TRAP", "read", A (0, EQ, 1)) "," R ("LOG", "read", A (0, EQ, 1) "," M (1, 0, 9)),
       ABI_X86_64,
       "syscalls[1]: conflicting rules: read on x86_64: syscalls[0] (line 1) says TRAP " SAME
       "LOG could never be told apart"},
      /* A call that the ABI lacks. */
      {R ("TRAP", "socketcall", A (0, EQ, 1)) "," R ("LOG", "socketcall", A (0, EQ, 1)), ABI_X86_64,
       "syscalls[1]: conflicting rules: socketcall on x86_64: syscalls[0] (line 1) says "
       "TRAP " SAME "LOG could never be told apart"},
      /* Different once, the same when cut. */
      {R ("TRAP", "read", A (0, EQ, 4294967296)) "," R ("LOG", "read", A (0, EQ, 0)), ABI_X86,
       "syscalls[1]: conflicting rules: read on x86: syscalls[0] (line 1) says TRAP " SAME
       "LOG could never be told apart"},
      {R ("TRAP", "read", A (0, EQ, 4294967296)) "," R ("LOG", "read", A (0, EQ, 0)), ABI_X86_64,
       NULL},
      /* Before an unconditional rule takes all. */
      {R ("TRAP", "read", A (0, EQ, 1)) "," R ("LOG", "read", A (0, EQ, 1)) "," R ("KILL", "read",
                                                                                   ""),
       ABI_X86_64,
       "syscalls[1]: conflicting rules: read on x86_64: syscalls[0] (line 1) says TRAP " SAME
       "LOG could never be told apart"},
      {R ("KILL", "read", "") "," R ("TRAP", "read", A (0, EQ, 1)) "," R ("LOG", "read",
                                                                          A (0, EQ, 1)),
       ABI_X86_64, NULL},
      {R ("TRAP", "read", A (0, EQ, 1)) "," R ("KILL", "read", "") "," R ("LOG", "read",
                                                                          A (0, EQ, 1)),
       ABI_X86_64, NULL},
  };

  (void) state;
  expect_conflicts (rows, LENGTH (rows));
}

/* Rules that are not the same, though much about them is. */
static void
test_no_conflicts (void **state)
{
  static const struct conflict_row rows[] = {
      {R ("TRAP", "read", A (0, EQ, 1)) "," R ("LOG", "read", A (0, NE, 1)), ABI_X86_64, NULL},
      {R ("TRAP", "read", A (0, GT, 1)) "," R ("LOG", "read", A (0, GE, 2)), ABI_X86_64, NULL},
      {R ("TRAP", "read", A (0, EQ, 1)) "," R ("LOG", "write", A (0, EQ, 1)), ABI_X86_64, NULL},
      {R ("TRAP", "read", A (0, EQ, 1)) "," R ("LOG", "read", A (1, EQ, 1)), ABI_X86_64, NULL},
      {R ("TRAP", "read", M (0, 1, 1)) "," R ("LOG", "read", M (0, 3, 1)), ABI_X86_64, NULL},
      {R ("TRAP", "read", A (0, EQ, 1)) "," R ("LOG", "read", M (0, 18446744073709551615, 1)),
       ABI_X86_64, NULL},
      {R ("TRAP", "read", A (0, EQ, 1)) "," R ("LOG", "read", A (0, EQ, 4294967297)), ABI_X86_64,
       NULL},
      {R ("TRAP", "read", A (0, EQ, 1) "," A (1, EQ, 2)) "," R ("LOG", "read",
                                                                A (0, EQ, 1) "," A (2, EQ, 2)),
       ABI_X86_64, NULL},
      /* Two that have no condition: the first wins. */
      {R ("TRAP", "read", "") "," R ("LOG", "read", ""), ABI_X86_64, NULL},
      /* What is in the middle of another is no prefix of it. */
      {R ("TRAP", "read", A (0, EQ, 1) "," A (1, EQ, 2)) "," R ("LOG", "read", A (1, EQ, 2)),
       ABI_X86_64, NULL},
  };

  (void) state;
  expect_conflicts (rows, LENGTH (rows));
}

#define SOME "under some of these conditions, and comes first; put this rule ("

static void
test_prefixes (void **state)
{
  static const struct conflict_row rows[] = {
      /* First the general, then the special: the special says nothing, but that is no error. */
      {R ("TRAP", "read", A (0, EQ, 1)) "," R ("LOG", "read", A (0, EQ, 1) "," A (1, EQ, 2)),
       ABI_X86_64, NULL},
      {R ("LOG", "read", A (0, EQ, 1) "," A (1, EQ, 2)) "," R ("TRAP", "read", A (0, EQ, 1)),
       ABI_X86_64,
       "syscalls[1]: conflicting rules: read on x86_64: syscalls[0] (line 1) says LOG " SOME
       "TRAP) before it"},
      {R ("LOG", "read", A (0, EQ, 1) "," A (1, EQ, 2)) "," R ("LOG", "read", A (0, EQ, 1)),
       ABI_X86_64, NULL},
      /* Two conditions longer, and something between. */
      {R ("LOG", "read", A (0, EQ, 1) "," A (1, EQ, 2) "," A (2, EQ, 3)) "," R (
           "TRAP", "read", A (0, EQ, 1) "," A (1, EQ, 1)) "," R ("TRAP", "read", A (0, EQ, 1)),
       ABI_X86_64,
       "syscalls[2]: conflicting rules: read on x86_64: syscalls[0] (line 1) says LOG " SOME
       "TRAP) before it"},
      {R ("LOG", "read", A (0, EQ, 1) "," A (1, EQ, 2) "," A (2, EQ, 3)) "," R (
           "TRAP", "read", A (1, EQ, 2) "," A (0, EQ, 1)),
       ABI_X86_64,
       "syscalls[1]: conflicting rules: read on x86_64: syscalls[0] (line 1) says LOG " SOME
       "TRAP) before it"},
      /* The conditions are those by ascending index, in whatever order they are written. */
      {R ("LOG", "read", A (1, EQ, 2) "," A (0, EQ, 1)) "," R ("TRAP", "read", A (0, EQ, 1)),
       ABI_X86_64,
       "syscalls[1]: conflicting rules: read on x86_64: syscalls[0] (line 1) says LOG " SOME
       "TRAP) before it"},
  };

  (void) state;
  expect_conflicts (rows, LENGTH (rows));
}

/* --- point 7: multiplexers
 * ----------------------------------------------------------------------------- */

static void
test_multiplexed_without_conditions (void **state)
{
  static const char syscalls[] = R ("TRAP", "socket", "") "," R ("TRAP", "semop", "");

  (void) state;
  EXPECT (syscalls, ABI_X86_64, "socket 41: TRAP; semop 65: TRAP");
  EXPECT (syscalls, ABI_X86,
          "socketcall 102: TRAP a0==0x1; ipc 117: TRAP a0==0x1; socket 359: TRAP");
  EXPECT (syscalls, ABI_S390X,
          "socketcall 102: TRAP a0==0x1; ipc 117: TRAP a0==0x1; socket 359: TRAP");
  EXPECT (syscalls, ABI_ARM, "socket 281: TRAP; semop 298: TRAP");
  EXPECT (syscalls, ABI_MIPS,
          "socketcall 4102: TRAP a0==0x1; ipc 4117: TRAP a0==0x1; socket 4183: TRAP");
  EXPECT (syscalls, ABI_MIPS64, "socket 5040: TRAP; semop 5063: TRAP");
  EXPECT (syscalls, ABI_PARISC, "socket 17: TRAP; semop 185: TRAP");
}

/* Each call's own first argument, from the kernel's linux/net.h and linux/ipc.h. */
static void
test_all_multiplexed (void **state)
{
  static const struct {
    const char *name, *through;
    uint32_t call;
  } rows[] = {
      {"socket", "socketcall", 1},
      {"bind", "socketcall", 2},
      {"connect", "socketcall", 3},
      {"listen", "socketcall", 4},
      {"accept", "socketcall", 5},
      {"getsockname", "socketcall", 6},
      {"getpeername", "socketcall", 7},
      {"socketpair", "socketcall", 8},
      {"send", "socketcall", 9},
      {"recv", "socketcall", 10},
      {"sendto", "socketcall", 11},
      {"recvfrom", "socketcall", 12},
      {"shutdown", "socketcall", 13},
      {"setsockopt", "socketcall", 14},
      {"getsockopt", "socketcall", 15},
      {"sendmsg", "socketcall", 16},
      {"recvmsg", "socketcall", 17},
      {"accept4", "socketcall", 18},
      {"recvmmsg", "socketcall", 19},
      {"sendmmsg", "socketcall", 20},
      {"semop", "ipc", 1},
      {"semget", "ipc", 2},
      {"semctl", "ipc", 3},
      {"semtimedop", "ipc", 4},
      {"msgsnd", "ipc", 11},
      {"msgrcv", "ipc", 12},
      {"msgget", "ipc", 13},
      {"msgctl", "ipc", 14},
      {"shmat", "ipc", 21},
      {"shmdt", "ipc", 22},
      {"shmget", "ipc", 23},
      {"shmctl", "ipc", 24},
  };
  char syscalls[200];

  (void) state;
  for (size_t i = 0; i < LENGTH (rows); i++) {
    const struct rule *rule;

    snprintf (syscalls, sizeof syscalls, R ("TRAP", "%s", ""), rows[i].name);
    assert_int_equal (build (syscalls, ABI_PPC64LE), 0);
    rule = rules.calls[0].rules;
    assert_string_equal (syscall_name (rules.calls[0].row), rows[i].through);
    assert_int_equal (rule->test_count, 1);
    assert_int_equal (rule->tests[0].index, 0);
    assert_int_equal (rule->tests[0].op, OPERATOR_EQ);
    assert_true (rule->tests[0].value == rows[i].call && rule->tests[0].mask == UINT64_MAX);
  }
}

static const char domains[] = R ("TRAP", "socket", A (0, EQ, 40) "," A (2, EQ, 7));

/* The first condition is lost, the others compare what they find. */
static void
test_multiplexed_with_conditions (void **state)
{
  (void) state;
  EXPECT (domains, ABI_X86,
          "socketcall 102: TRAP a0==0x1 a2==0x7; socket 359: TRAP a0==0x28 a2==0x7");
  EXPECT (domains, ABI_X86_64, "socket 41: TRAP a0==0x28 a2==0x7");
}

/* OR of a first argument is twice the same rule for the multiplexer. */
static void
test_multiplexed_or (void **state)
{
  (void) state;
  EXPECT (R ("TRAP", "socket", A (0, EQ, 40) "," A (0, EQ, 38)), ABI_X86,
          "socketcall 102: TRAP a0==0x1; socket 359: TRAP a0==0x28, TRAP a0==0x26");
}

static void
test_multiplexed_conflicts (void **state)
{
  static const char pair[] =
      R ("TRAP", "socket", A (0, EQ, 1)) "," R ("LOG", "socket", A (0, EQ, 2));
  static const char absorbed[] = R ("KILL", "socketcall", "") "," R (
      "TRAP", "socket", A (0, EQ, 1)) "," R ("LOG", "socket", A (0, EQ, 2));
  static const struct conflict_row rows[] = {
      {pair, ABI_X86_64, NULL},
      {pair, ABI_X86,
       "syscalls[1]: conflicting rules: socket on x86: syscalls[0] (line 1) says TRAP " SAME
       "LOG could never be told apart"},
      {absorbed, ABI_X86, NULL},
  };

  (void) state;
  expect_conflicts (rows, LENGTH (rows));
  EXPECT (absorbed, ABI_X86, "socketcall 102: KILL_THREAD; socket 359: LOG a0==0x2, TRAP a0==0x1");
}

static void
test_a_rule_for_the_multiplexer_itself (void **state)
{
  (void) state;
  EXPECT (R ("TRAP", "socket", "") "," R ("LOG", "socketcall", ""), ABI_X86,
          "socketcall 102: LOG; socket 359: TRAP");
  EXPECT (R ("TRAP", "socket", "") "," R ("LOG", "socketcall", A (0, EQ, 2)), ABI_X86,
          "socketcall 102: LOG a0==0x2, TRAP a0==0x1; socket 359: TRAP");
}

static void
test_strict (void **state)
{
  (void) state;
  assert_int_equal (build_with ("SCMP_ACT_ALLOW", domains, ABI_X86, true, 0),
                    OCI_SECCOMP_INVALID_PROFILE);
  assert_int_equal (rules_error.code, OCI_SECCOMP_INVALID_PROFILE);
  assert_string_equal (rules_error.message,
                       "f.json:1:50: syscalls[0]: the conditions on socket can be walked around "
                       "through socketcall on x86 (--strict)");
  assert_int_equal (build_with ("SCMP_ACT_ALLOW", domains, ABI_X86_64, true, 0), 0);
  assert_int_equal (build_with ("SCMP_ACT_ALLOW", R ("TRAP", "socket", ""), ABI_X86, true, 0), 0);
  assert_int_equal (
      build_with ("SCMP_ACT_ALLOW", R ("TRAP", "socket", M (0, 0, 0)), ABI_X86, true, 0), 0);
}

/* --- the shape of the result
 * ------------------------------------------------------------------------------ */

static void
test_calls_are_sorted_and_each_once (void **state)
{
  (void) state;
  EXPECT ("{'names': ['write', 'read', 'nobody', 'mmap', 'read', 'socketcall'], 'action': "
          "'SCMP_ACT_TRAP'}",
          ABI_X86_64, "read 0: TRAP; write 1: TRAP; mmap 9: TRAP");
  EXPECT ("{'names': ['write', 'read', 'mmap'], 'action': 'SCMP_ACT_TRAP'}", ABI_AARCH64,
          "read 63: TRAP; write 64: TRAP; mmap 222: TRAP");
}

static void
test_rules_outlive_the_profile (void **state)
{
  (void) state;
  assert_int_equal (build (R ("TRAP", "read", A (0, EQ, 1)), ABI_X86_64), 0);
  arena_free (&profile.arena);
  assert_string_equal (describe (), "read 0: TRAP a0==0x1");
}

/* --- point 9: numbers newer than the profile
 * ------------------------------------------------------------------ */

static void
expect_last (const char *default_action, const char *syscalls, enum abi abi, bool newer_enosys,
             uint32_t last)
{
  assert_int_equal (build_with (default_action, syscalls, abi, false, OCI_SECCOMP_NEWER_ENOSYS), 0);
  assert_int_equal (rules.newer_enosys, newer_enosys);
  if (newer_enosys)
    assert_int_equal (rules.last, last);
  assert_int_equal (build_with (default_action, syscalls, abi, false, OCI_SECCOMP_NEWER_DEFAULT),
                    0);
  assert_false (rules.newer_enosys);
}

static void
test_newer_and_the_default (void **state)
{
  static const struct {
    const char *action;
    bool newer;
  } rows[] = {
      {"SCMP_ACT_ALLOW", false}, {"SCMP_ACT_LOG", false},         {"SCMP_ACT_TRACE", false},
      {"SCMP_ACT_ERRNO", true},  {"SCMP_ACT_KILL_PROCESS", true}, {"SCMP_ACT_KILL", true},
      {"SCMP_ACT_TRAP", true},   {"SCMP_ACT_NOTIFY", true},
  };

  (void) state;
  for (size_t i = 0; i < LENGTH (rows); i++)
    expect_last (rows[i].action, R ("ALLOW", "write", "") "," R ("ALLOW", "mmap", ""), ABI_X86_64,
                 rows[i].newer, 9);
}

static void
test_last_number (void **state)
{
  static const char both[] = R ("ALLOW", "mmap", A (0, EQ, 1)) "," R ("ERRNO", "listmount", "");

  (void) state;
  /* Rules that say what the default says count, and so do those with conditions. */
  expect_last ("SCMP_ACT_ERRNO", both, ABI_X86_64, true, 458);
  expect_last ("SCMP_ACT_ERRNO", R ("ALLOW", "mmap", A (0, EQ, 1)), ABI_X86_64, true, 9);
  expect_last ("SCMP_ACT_ERRNO", both, ABI_X32, true, X32_BIT + 458);
  expect_last ("SCMP_ACT_ERRNO", both, ABI_MIPS64, true, 5458);
  /* No positive number: nothing is newer than nothing. */
  expect_last ("SCMP_ACT_ERRNO", "", ABI_X86_64, false, 0);
  expect_last ("SCMP_ACT_ERRNO", R ("ALLOW", "read", ""), ABI_X86_64, false, 0);
  expect_last ("SCMP_ACT_ERRNO", R ("ALLOW", "read", ""), ABI_X32, true, X32_BIT);
  expect_last ("SCMP_ACT_ERRNO", R ("ALLOW", "socketcall", ""), ABI_X86_64, false, 0);
  /* A call that no ABI knows, and one that others know. */
  expect_last ("SCMP_ACT_ERRNO", R ("ALLOW", "nobody", "") "," R ("ALLOW", "write", ""), ABI_X86_64,
               true, 1);
  expect_last ("SCMP_ACT_ERRNO", R ("ALLOW", "breakpoint", "") "," R ("ALLOW", "write", ""),
               ABI_X86_64, true, 1);
  expect_last ("SCMP_ACT_ERRNO", R ("ALLOW", "breakpoint", "") "," R ("ALLOW", "write", ""),
               ABI_ARM, true, 983041);
}

/* Where a multiplexer stands for it, a call has no number of its own to runc's resolver. */
static void
test_last_number_and_multiplexers (void **state)
{
  static const char syscalls[] = R ("ALLOW", "socket", "") "," R ("ALLOW", "write", "");

  (void) state;
  expect_last ("SCMP_ACT_ERRNO", syscalls, ABI_X86, true, 4);
  expect_last ("SCMP_ACT_ERRNO", syscalls, ABI_X86_64, true, 41);
  expect_last ("SCMP_ACT_ERRNO", R ("ALLOW", "socket", ""), ABI_X86, false, 0);
  expect_last ("SCMP_ACT_ERRNO", R ("ALLOW", "socketcall", ""), ABI_X86, true, 102);
  expect_last ("SCMP_ACT_ERRNO", R ("ALLOW", "shmat", "") "," R ("ALLOW", "write", ""), ABI_S390X,
               true, 4);
}

static int
free_all (void **state)
{
  arena_free (&keep);
  return free_profile (state);
}

#define RULES_TEST(function) cmocka_unit_test_teardown (function, free_all)

int
main (void)
{
  const struct CMUnitTest tests[] = {
      RULES_TEST (test_same_as_the_default),
      RULES_TEST (test_same_as_the_default_with_another_errno),
      RULES_TEST (test_same_as_the_default_conflicts_with_nothing),
      RULES_TEST (test_conditions_hold_together),
      RULES_TEST (test_an_index_twice_is_or),
      RULES_TEST (test_or_has_no_limit),
      RULES_TEST (test_all_six_arguments),
      RULES_TEST (test_or_with_a_mask_of_zero),
      RULES_TEST (test_masked_values_are_masked),
      RULES_TEST (test_a_mask_of_zero_drops_out),
      RULES_TEST (test_always_true_without_a_mask_stays),
      RULES_TEST (test_values_are_cut),
      RULES_TEST (test_a_mask_cut_to_zero_drops_out),
      RULES_TEST (test_unconditional_beats_all),
      RULES_TEST (test_the_first_unconditional_wins),
      RULES_TEST (test_precedence),
      RULES_TEST (test_precedence_of_longer_rules),
      RULES_TEST (test_precedence_of_cut_values),
      RULES_TEST (test_duplicates_are_one),
      RULES_TEST (test_conflicts),
      RULES_TEST (test_no_conflicts),
      RULES_TEST (test_prefixes),
      RULES_TEST (test_multiplexed_without_conditions),
      RULES_TEST (test_all_multiplexed),
      RULES_TEST (test_multiplexed_with_conditions),
      RULES_TEST (test_multiplexed_or),
      RULES_TEST (test_multiplexed_conflicts),
      RULES_TEST (test_a_rule_for_the_multiplexer_itself),
      RULES_TEST (test_strict),
      RULES_TEST (test_calls_are_sorted_and_each_once),
      RULES_TEST (test_rules_outlive_the_profile),
      RULES_TEST (test_newer_and_the_default),
      RULES_TEST (test_last_number),
      RULES_TEST (test_last_number_and_multiplexers),
  };

  arena_init (&keep);
  return cmocka_run_group_tests (tests, NULL, NULL);
}
