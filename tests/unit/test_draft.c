/* Rules that are added one by one (draft_* of rules.c, bucket_insert of bucket.c), numbers that the
 * table lacks (decision.c), and programs of plain instructions: what libseccomp's interface is made
 * of. */
#include "parse.h"

#include "compare.h"
#include "filter.h"
#include "random.h"

static struct arena arena;
static struct oci_seccomp_error error;
static struct profile by_hand;
static struct options options;
static struct draft *draft;

static void
ignore (void *data, const char *message)
{
  (void) data;
  (void) message;
}

static void
start (enum abi abi, uint32_t default_verdict)
{
  arena_free (&arena);
  if (ARENA_GUARD (&arena))
    fail_msg ("out of memory");
  options = (struct options){.native = abi_native (),
                             .newer = OCI_SECCOMP_NEWER_DEFAULT,
                             .bad_arch = SECCOMP_RET_TRAP,
                             .warn = ignore};
  by_hand = (struct profile){.default_verdict = default_verdict};
  draft = draft_new (&by_hand, abi, &options, &arena);
}

/* A rule for a row of the table, or where the name is NULL, for a number; `tests` are EQ. */
static int
add (const char *name, uint32_t number, uint32_t verdict, const struct condition *conditions,
     size_t count)
{
  struct profile_rule *rule = ARENA_NEW (&arena, struct profile_rule);

  rule->names = ARENA_NEW (&arena, struct profile_name);
  *rule->names = (struct profile_name){.text = name ? name : "a number",
                                       .syscall = name ? syscall_from_name (name, strlen (name))
                                                       : SYSCALL_UNKNOWN,
                                       .numbered = !name,
                                       .number = number};
  rule->name_count = 1;
  rule->verdict = verdict;
  rule->conditions = arena_copy (&arena, conditions, count * sizeof *conditions);
  rule->condition_count = count;
  return draft_add (draft, rule, &error);
}

static const struct condition two[] = {{0, OPERATOR_EQ, 1, 0}, {1, OPERATOR_EQ, 2, 0}};

/* A program in *filter, which is the caller's to free. */
static void
make (struct oci_seccomp_filter *filter, struct rules *rules, bool plain)
{
  *filter = (struct oci_seccomp_filter){.native = ABI_X86_64, .rules = rules, .rules_count = 1};
  arena_init (&filter->arena);
  if (ARENA_GUARD (&filter->arena))
    fail_msg ("out of memory");
  options.plain = plain;
  if (filter_make_program (filter, &options, &arena, &error))
    fail_msg ("%s", error.message);
}

static uint32_t
decide (uint32_t token, uint32_t number, uint64_t argument)
{
  struct seccomp_data data = {.arch = token, .nr = (int) number, .args = {argument}};
  struct oci_seccomp_filter filter;
  struct rules rules;
  uint32_t verdict;

  draft_finish (&rules, draft, &arena);
  make (&filter, &rules, false);
  verdict = program_run (&filter.program, &data, false, NULL);
  arena_free (&filter.arena);
  return verdict;
}

enum { A = SECCOMP_RET_ERRNO | 1, B = SECCOMP_RET_ERRNO | 2, ALLOW = SECCOMP_RET_ALLOW };

/* --- conflicts --- */

static void
test_conflicts_at_once (void **state)
{
  static const struct {
    size_t first, second;
    int wanted;
  } rows[] = {
      {1, 1, OCI_SECCOMP_CONFLICTING_RULES},
      {2, 2, OCI_SECCOMP_CONFLICTING_RULES},
      {2, 1, OCI_SECCOMP_CONFLICTING_RULES}, /* too late to be told apart */
      {1, 2, OCI_SECCOMP_OK},                /* never reached */
      {0, 1, OCI_SECCOMP_OK},
      {2, 0, OCI_SECCOMP_OK},
      {0, 0, OCI_SECCOMP_OK},
  };

  (void) state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    start (ABI_X86_64, ALLOW);
    assert_int_equal (add ("personality", 0, A, two, rows[i].first), OCI_SECCOMP_OK);
    assert_int_equal (add ("personality", 0, B, two, rows[i].second), rows[i].wanted);
    /* The same again is nothing new. */
    assert_int_equal (add ("personality", 0, A, two, rows[i].first), OCI_SECCOMP_OK);
  }
}

static void
test_conflicts_leave_what_was (void **state)
{
  struct rules rules;

  (void) state;
  start (ABI_X86_64, ALLOW);
  assert_int_equal (add ("personality", 0, A, two, 1), OCI_SECCOMP_OK);
  assert_int_equal (add ("personality", 0, B, two, 1), OCI_SECCOMP_CONFLICTING_RULES);
  draft_finish (&rules, draft, &arena);
  assert_int_equal (rules.call_count, 1);
  assert_int_equal (rules.calls[0].rule_count, 1);
  assert_int_equal (rules.calls[0].rules[0].verdict, A);
}

static void
test_adding_after_finishing (void **state)
{
  struct rules rules;

  (void) state;
  start (ABI_X86_64, ALLOW);
  add ("personality", 0, A, two, 2);
  draft_finish (&rules, draft, &arena);
  assert_int_equal (rules.calls[0].rule_count, 1);
  add ("personality", 0, A, &two[1], 1);
  add ("read", 0, A, NULL, 0);
  draft_finish (&rules, draft, &arena);
  assert_int_equal (rules.call_count, 2);
  assert_int_equal (rules.calls[1].rule_count, 2);
  add ("personality", 0, B, NULL, 0);
  draft_finish (&rules, draft, &arena);
  assert_int_equal (rules.calls[1].rule_count, 1);
  assert_int_equal (rules.calls[1].rules[0].verdict, B);
}

/* --- numbers that the table lacks --- */

static void
test_numbers_are_sorted_in (void **state)
{
  static const uint32_t numbers[] = {5000, 1000, UINT32_MAX, 3000, 1000};
  struct rules rules;

  (void) state;
  start (ABI_X86_64, ALLOW);
  for (size_t i = 0; i < 5; i++)
    assert_int_equal (add (NULL, numbers[i], A, NULL, 0), OCI_SECCOMP_OK);
  add ("read", 0, A, NULL, 0);
  assert_int_equal (add (NULL, 3000, A, two, 1), OCI_SECCOMP_OK);
  draft_finish (&rules, draft, &arena);
  assert_int_equal (rules.call_count, 5);
  for (size_t i = 1; i < rules.call_count; i++) {
    assert_true (rules.calls[i - 1].number < rules.calls[i].number);
    assert_int_equal (rules.calls[i].row, SYSCALL_UNKNOWN);
  }
  assert_int_equal (decide (0xc000003e, 3000, 0), A);
  assert_int_equal (decide (0xc000003e, 3001, 0), ALLOW);
  assert_int_equal (decide (0xc000003e, 0, 0), A);
}

/* x86_64 has no call from 336 to 423. Each finish lists all that came before it. */
static void
test_numbers_stand_between_rows (void **state)
{
  static const uint32_t expected[] = {0, 400, 401, 425, 5000};
  static const char *const names[] = {"read", NULL, NULL, "io_uring_setup", NULL};
  struct rules rules;

  (void) state;
  start (ABI_X86_64, ALLOW);
  for (size_t i = 5; i > 0; i--) {
    assert_int_equal (add (names[i - 1], expected[i - 1], A, two, i % 2), OCI_SECCOMP_OK);
    draft_finish (&rules, draft, &arena);
    assert_int_equal (rules.call_count, 6 - i);
  }
  for (size_t i = 0; i < 5; i++) {
    assert_int_equal (rules.calls[i].number, expected[i]);
    assert_int_equal (rules.calls[i].row == SYSCALL_UNKNOWN, !names[i]);
    assert_int_equal (rules.calls[i].rule_count, 1);
    assert_int_equal (rules.calls[i].rules[0].test_count, (i + 1) % 2);
  }
}

static void
test_numbers_have_conditions_and_conflicts (void **state)
{
  (void) state;
  start (ABI_X86_64, ALLOW);
  assert_int_equal (add (NULL, 3000, A, two, 1), OCI_SECCOMP_OK);
  assert_int_equal (add (NULL, 3000, B, two, 1), OCI_SECCOMP_CONFLICTING_RULES);
  assert_int_equal (decide (0xc000003e, 3000, 1), A);
  assert_int_equal (decide (0xc000003e, 3000, 2), ALLOW);
}

/* -1 is a tracer's way to skip a call; numbers with x32's bit are not x86_64's. */
static void
test_number_minus_one (void **state)
{
  static const struct {
    enum abi abi;
    uint32_t verdict_of_bit;
  } rows[] = {{ABI_X86_64, SECCOMP_RET_TRAP}, {ABI_X32, ALLOW}, {ABI_X86, ALLOW}};

  (void) state;
  for (size_t i = 0; i < 3; i++) {
    uint32_t token = abi_table[rows[i].abi].token;

    start (rows[i].abi, ALLOW);
    assert_int_equal (decide (token, UINT32_MAX, 0), ALLOW);
    add (NULL, UINT32_MAX, A, two, 1);
    add (NULL, 0x50000000, rows[i].abi == ABI_X86 ? ALLOW : A, NULL, 0);
    assert_int_equal (decide (token, UINT32_MAX, 1), A);
    assert_int_equal (decide (token, UINT32_MAX, 0), ALLOW);
    assert_int_equal (decide (token, UINT32_MAX - 1, 1), rows[i].verdict_of_bit);
    if (rows[i].abi == ABI_X86_64)
      assert_int_equal (decide (token, 0x50000000, 0), SECCOMP_RET_TRAP);
  }
}

/* --- the same as all at once --- */

static void
compare_calls (const struct rules *one, const struct rules *other)
{
  assert_int_equal (one->call_count, other->call_count);
  for (size_t i = 0; i < one->call_count; i++) {
    assert_int_equal (one->calls[i].number, other->calls[i].number);
    assert_int_equal (one->calls[i].rules[0].verdict, other->calls[i].rules[0].verdict);
    assert_int_equal (one->calls[i].rule_count, other->calls[i].rule_count);
    for (size_t r = 0; r < one->calls[i].rule_count; r++)
      assert_int_equal (one->calls[i].rules[r].order, other->calls[i].rules[r].order);
  }
}

static void
test_as_all_at_once (void **state)
{
  struct random random = random_start (5);
  unsigned conflicts = 0, compared = 0;
  static struct random_profile made;

  (void) state;
  for (int i = 0; i < 600; i++) {
    struct oci_seccomp_options from = parse_options ();
    struct rules batch, single;
    int code, added = OCI_SECCOMP_OK;

    random_profile (&made, &random, i % RANDOM_KINDS);
    from.native_abi = made.native;
    if (parse_with (made.json, &from))
      fail_msg ("%s", parse_error.message);
    start (ABI_X86_64, profile.default_verdict);
    draft = draft_new (&profile, ABI_X86, &options, &arena);
    code =
        rules_build (&batch, &profile, &(enum abi){ABI_X86}, 1, &options, &arena, &arena, &error);
    for (size_t r = 0; r < profile.rule_count && !added; r++)
      added = draft_add (draft, &profile.rules[r], &error);
    assert_int_equal (code, added);
    conflicts += code != OCI_SECCOMP_OK;
    if (code)
      continue;
    draft_finish (&single, draft, &arena);
    compare_calls (&batch, &single);
    compared++;
  }
  assert_true (conflicts > 10 && compared > 300);
}

/* --- plain instructions --- */

static void
test_plain_programs (void **state)
{
  struct random random = random_start (11);
  static struct random_profile made;
  unsigned others = 0;

  (void) state;
  for (int i = 0; i < 200; i++) {
    struct oci_seccomp_options from = parse_options ();
    struct oci_seccomp_filter usual, plain;
    struct rules rules;

    random_profile (&made, &random, RANDOM_EQUAL);
    from.native_abi = made.native;
    if (parse_with (made.json, &from))
      fail_msg ("%s", parse_error.message);
    start (ABI_X86_64, ALLOW);
    if (rules_build (&rules, &profile, &(enum abi){ABI_X86_64}, 1, &options, &arena, &arena,
                     &error))
      continue;
    make (&usual, &rules, false);
    make (&plain, &rules, true);
    for (size_t n = 0; n < plain.program.length; n++) {
      uint16_t code = plain.program.instructions[n].code;

      assert_true (code != (BPF_JMP | BPF_JSET | BPF_K) && code != (BPF_ALU | BPF_SUB | BPF_K));
    }
    for (size_t n = 0; n < usual.program.length; n++)
      others += usual.program.instructions[n].code == (BPF_JMP | BPF_JSET | BPF_K);
    for (int call = 0; call < 500; call++) {
      struct seccomp_data data = {.arch = 0xc000003e, .nr = (int) random_below (&random, 400)};

      for (int a = 0; a < 6; a++)
        data.args[a] = random_next (&random) >> random_below (&random, 64);
      assert_int_equal (program_run (&usual.program, &data, false, NULL),
                        program_run (&plain.program, &data, false, NULL));
    }
    arena_free (&usual.arena);
    arena_free (&plain.arena);
  }
  assert_true (others > 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_conflicts_at_once),
      cmocka_unit_test (test_conflicts_leave_what_was),
      cmocka_unit_test (test_adding_after_finishing),
      cmocka_unit_test (test_numbers_are_sorted_in),
      cmocka_unit_test (test_numbers_stand_between_rows),
      cmocka_unit_test (test_numbers_have_conditions_and_conflicts),
      cmocka_unit_test (test_number_minus_one),
      cmocka_unit_test (test_as_all_at_once),
      cmocka_unit_test (test_plain_programs),
  };
  int failures = cmocka_run_group_tests (tests, NULL, NULL);

  arena_free (&arena);
  arena_free (&profile.arena);
  return failures;
}
