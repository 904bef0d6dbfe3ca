#include "parse.h"

static struct oci_seccomp_error err;

static int
set_up (void **state)
{
  (void) state;
  memset (&profile, 0, sizeof profile);
  arena_init (&profile.arena);
  return 0;
}

static int
add (uint32_t verdict, const char *syscall, const struct condition *conditions, size_t count)
{
  if (ARENA_GUARD (&profile.arena))
    fail_msg ("out of memory");
  return profile_add_rule (&profile, verdict, syscall, conditions, count, &err);
}

static void
test_add_rules (void **state)
{
  struct condition conditions[] = {{1, OPERATOR_EQ, 5, 0}, {0, OPERATOR_MASKED_EQ, 15, 3}};

  (void) state;
  for (int i = 0; i < 100; i++) {
    conditions[0].value = (uint64_t) i;
    assert_int_equal (add (SECCOMP_RET_TRAP, "openat", conditions, 2), 0);
  }
  assert_int_equal (add (SECCOMP_RET_LOG, "read", NULL, 0), 0);
  assert_int_equal (profile.rule_count, 101);
  conditions[0].value = 7777;
  for (int i = 0; i < 100; i++) {
    const struct profile_rule *rule = &profile.rules[i];

    assert_int_equal (rule->verdict, SECCOMP_RET_TRAP);
    assert_int_equal (rule->name_count, 1);
    assert_string_equal (rule->names[0].text, "openat");
    assert_int_equal (rule->names[0].syscall, syscall_from_name ("openat", 6));
    assert_null (rule->names[0].node);
    assert_null (rule->node);
    assert_int_equal (rule->condition_count, 2);
    assert_true (rule->conditions[0].value == (uint64_t) i);
    assert_true (rule->conditions[1].value_two == 3);
  }
  assert_int_equal (profile.rules[100].condition_count, 0);
}

/* The name may be let go after the call. */
static void
test_name_is_not_kept (void **state)
{
  char name[] = "write";

  (void) state;
  assert_int_equal (add (SECCOMP_RET_LOG, name, NULL, 0), 0);
  memset (name, 'x', sizeof name - 1);
  assert_string_equal (profile.rules[0].names[0].text, "write");
}

static void
expect_refusal (uint32_t verdict, const char *syscall, const struct condition *conditions,
                size_t count, int code, const char *message)
{
  size_t before = profile.rule_count;

  assert_int_equal (add (verdict, syscall, conditions, count), code);
  assert_int_equal (err.code, code);
  assert_string_equal (err.message, message);
  assert_int_equal (profile.rule_count, before);
}

static void
test_same_rules (void **state)
{
  static const struct condition both[] = {{1, OPERATOR_EQ, 5, 0}, {0, OPERATOR_MASKED_EQ, 15, 3}},
                                turned[] = {{0, OPERATOR_MASKED_EQ, 15, 3 + 16},
                                            {1, OPERATOR_EQ, 5, 9}},
                                twice[] = {{1, OPERATOR_EQ, 5, 0}, {1, OPERATOR_EQ, 5, 0}};
  static const char same[] = "read has this very rule already: TRAP";
  static const char other[] =
      "read has a rule with the same conditions already: TRAP, not ERRNO(38)";

  (void) state;
  assert_int_equal (add (SECCOMP_RET_TRAP, "read", both, 2), 0);
  expect_refusal (SECCOMP_RET_TRAP, "read", both, 2, OCI_SECCOMP_DUPLICATE_RULE, same);
  expect_refusal (SECCOMP_RET_TRAP, "read", turned, 2, OCI_SECCOMP_DUPLICATE_RULE, same);
  expect_refusal (SECCOMP_RET_ERRNO | 38, "read", turned, 2, OCI_SECCOMP_CONFLICTING_RULES, other);
  assert_int_equal (add (SECCOMP_RET_TRAP, "read", NULL, 0), 0);
  expect_refusal (SECCOMP_RET_TRAP, "read", NULL, 0, OCI_SECCOMP_DUPLICATE_RULE, same);
  expect_refusal (SECCOMP_RET_ERRNO | 38, "read", NULL, 0, OCI_SECCOMP_CONFLICTING_RULES, other);
  assert_int_equal (add (SECCOMP_RET_TRAP, "write", both, 2), 0);
  assert_int_equal (add (SECCOMP_RET_TRAP, "read", both, 1), 0);
  assert_int_equal (add (SECCOMP_RET_TRAP, "read", twice, 2), 0);
}

/* Conditions that differ in one thing are not the same. */
static void
test_similar_rules (void **state)
{
  static const struct condition conditions[] = {
      {0, OPERATOR_EQ, 5, 0},         {1, OPERATOR_EQ, 5, 0},
      {0, OPERATOR_NE, 5, 0},         {0, OPERATOR_EQ, 6, 0},
      {0, OPERATOR_MASKED_EQ, 15, 3}, {0, OPERATOR_MASKED_EQ, 15, 2},
      {0, OPERATOR_MASKED_EQ, 31, 3},
  };

  (void) state;
  for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++)
    assert_int_equal (add (SECCOMP_RET_TRAP, "read", &conditions[i], 1), 0);
}

/* A rule read from a document counts as well. */
static void
test_parsed_rules (void **state)
{
  (void) state;
  parse_good ("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"read\",\"write\"],"
              "\"action\":\"SCMP_ACT_LOG\"}]}");
  expect_refusal (SECCOMP_RET_LOG, "write", NULL, 0, OCI_SECCOMP_DUPLICATE_RULE,
                  "write has this very rule already: LOG");
  assert_int_equal (add (SECCOMP_RET_LOG, "close", NULL, 0), 0);
  assert_int_equal (profile.rule_count, 2);
}

static void
test_refusals (void **state)
{
  static const struct condition conditions[] = {{5, OPERATOR_EQ, 0, 0}, {6, OPERATOR_EQ, 0, 0}};

  (void) state;
  expect_refusal (SECCOMP_RET_LOG, "raed", NULL, 0, OCI_SECCOMP_UNKNOWN_SYSCALL,
                  "unknown system call \"raed\"; no ABI has it");
  expect_refusal (SECCOMP_RET_LOG, "", NULL, 0, OCI_SECCOMP_UNKNOWN_SYSCALL,
                  "unknown system call \"\"; no ABI has it");
  expect_refusal (SECCOMP_RET_LOG, "read", conditions, 2, OCI_SECCOMP_BAD_ARGUMENT,
                  "condition 1 is on argument 6; arguments are 0 to 5");
}

#define BUILD_TEST(function) cmocka_unit_test_setup_teardown (function, set_up, free_profile)

int
main (void)
{
  const struct CMUnitTest tests[] = {
      BUILD_TEST (test_add_rules),    BUILD_TEST (test_name_is_not_kept),
      BUILD_TEST (test_same_rules),   BUILD_TEST (test_similar_rules),
      BUILD_TEST (test_parsed_rules), BUILD_TEST (test_refusals),
  };

  return cmocka_run_group_tests_name ("profile_build", tests, NULL, NULL);
}
