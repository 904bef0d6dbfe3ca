/* condition.c and chain.c: rules of one call as programs. Both must decide as the rules say, taken
 * one after the other on whole values; and whatever the rules are, in bounded time. */
#include <time.h>

#include "condition.h"
#include "core.h"
#include "residual.h"

enum { OTHERWISE = SECCOMP_RET_ERRNO | 99, RULES_MAX = 5000, NUMBER = 9 };

static struct graph graph;
static struct rule rules[RULES_MAX];
static struct call call = {.number = NUMBER, .rules = rules};

/* --- rules --- */

static void
begin_rules (void)
{
  forget_all ();
  graph_init (&graph, NODE_COST_LOW, &arena);
  call.rule_count = 0;
}

static void
add_rule (uint32_t verdict, const struct test *tests, size_t count)
{
  rules[call.rule_count++] =
      (struct rule){.verdict = verdict,
                    .test_count = (uint8_t) count,
                    .tests = arena_copy (&arena, tests, count * sizeof *tests)};
}

/* As rules.h has tests: cut to the ABI's width, the datum within its mask. */
static struct test
make_test (enum abi abi, unsigned index, enum op op, uint64_t mask, uint64_t value)
{
  uint64_t ones = abi_table[abi].wide ? UINT64_MAX : UINT32_MAX;

  mask = op == OPERATOR_MASKED_EQ ? mask & ones : ones;
  return (struct test){(uint8_t) index, op, mask, value & mask};
}

static bool
test_holds (const struct test *test, uint64_t argument)
{
  return operator_holds (test->op, test->mask, test->value, argument);
}

/* What the rules say, from the words of rules.h. */
static uint32_t
decide_plainly (enum abi abi, const struct seccomp_data *data)
{
  uint64_t ones = abi_table[abi].wide ? UINT64_MAX : UINT32_MAX;

  for (size_t i = 0; i < call.rule_count; i++) {
    bool holds = true;

    for (int t = 0; t < rules[i].test_count && holds; t++)
      holds = test_holds (&rules[i].tests[t], data->args[rules[i].tests[t].index] & ones);
    if (holds)
      return rules[i].verdict;
  }
  return OTHERWISE;
}

static const struct node *
build (enum abi abi)
{
  const struct node *node;

  if (condition_build (&node, &graph, &call, &abi_table[abi], OTHERWISE, &arena, &error))
    fail_msg ("%s", error.message);
  return node;
}

/* --- points: each value that a rule names, its neighbours, and the same low or high word alone ---
 */

enum { POINTS_MAX = 200000 };

static uint64_t points[6][POINTS_MAX];
static size_t point_counts[6];

static void
add_points (unsigned index, uint64_t value, uint64_t mask)
{
  const uint64_t near[] = {value,
                           value - 1,
                           value + 1,
                           value ^ UINT64_C (0x100000000),
                           value ^ ~mask,
                           (uint32_t) value,
                           value | UINT64_C (0xffffffff),
                           value ^ 0x80000000,
                           value & UINT64_C (0xffffffff00000000)};

  for (size_t i = 0; i < sizeof near / sizeof *near && point_counts[index] < POINTS_MAX; i++)
    points[index][point_counts[index]++] = near[i];
}

static void
find_points (void)
{
  for (unsigned i = 0; i < 6; i++) {
    point_counts[i] = 0;
    add_points (i, 0, 0);
  }
  for (size_t i = 0; i < call.rule_count; i++)
    for (int t = 0; t < rules[i].test_count; t++)
      add_points (rules[i].tests[t].index, rules[i].tests[t].value, rules[i].tests[t].mask);
}

/* Half of the calls are made to fit one of the rules, as far as its conditions go. */
static struct seccomp_data
random_call (struct random *random)
{
  struct seccomp_data data = {.nr = NUMBER};
  const struct rule *rule = &rules[random_below (random, (unsigned) call.rule_count)];

  for (unsigned i = 0; i < 6; i++)
    data.args[i] = points[i][random_below (random, (unsigned) point_counts[i])];
  for (int t = 0; t < rule->test_count && random_chance (random, 2); t++)
    data.args[rule->tests[t].index] =
        rule->tests[t].value |
        (rule->tests[t].op == OPERATOR_MASKED_EQ ? random_next (random) & ~rule->tests[t].mask : 0);
  return data;
}

static void
check_call (const struct program *program, enum abi abi, const struct seccomp_data *data,
            const char *which)
{
  uint32_t want = decide_plainly (abi, data);
  uint32_t got = program_run (program, data, abi_table[abi].big_endian, NULL);

  if (got != want)
    fail_msg ("%s, %s, %zu rules, arguments 0x%llx 0x%llx 0x%llx 0x%llx 0x%llx 0x%llx: 0x%x, not "
              "0x%x",
              which, abi_table[abi].name, call.rule_count, (unsigned long long) data->args[0],
              (unsigned long long) data->args[1], (unsigned long long) data->args[2],
              (unsigned long long) data->args[3], (unsigned long long) data->args[4],
              (unsigned long long) data->args[5], got, want);
}

/* The rules by both ways, and by themselves, on so many calls. */
static void
check_rules (struct random *random, enum abi abi, int calls)
{
  const struct node *best = build (abi);
  const struct node *plain = chain_build (&graph, &call, &abi_table[abi], OTHERWISE);
  struct program short_one = emitted (&graph, best), long_one = emitted (&graph, plain);

  find_points ();
  for (int i = 0; i < calls; i++) {
    struct seccomp_data data = random_call (random);

    check_call (&short_one, abi, &data, "condition_build");
    check_call (&long_one, abi, &data, "chain_build");
  }
}

/* --- random rules --- */

static const enum abi machines[] = {ABI_X86_64, ABI_X86, ABI_S390X, ABI_S390};

struct shape {
  unsigned rules, conditions, arguments, verdicts;
  bool equal_only, masked_only;
};

static uint64_t
random_value (struct random *random)
{
  static const uint32_t words[] = {0, 1, 2, 5, 8, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
  uint64_t low = random_chance (random, 6) ? random_below (random, 16)
                                           : words[random_below (random, sizeof words / 4)];
  uint64_t high = random_chance (random, 2) ? 0 : words[random_below (random, sizeof words / 4)];

  return high << 32 | low;
}

static uint64_t
random_mask (struct random *random)
{
  static const uint64_t masks[] = {1,
                                   3,
                                   0xff,
                                   0x80000000,
                                   UINT32_MAX,
                                   UINT64_MAX,
                                   UINT64_C (0x100000000),
                                   UINT64_C (0x100000001),
                                   UINT64_C (0xffffffff00000000)};

  return random_chance (random, 4) ? random_value (random) | 1
                                   : masks[random_below (random, sizeof masks / 8)];
}

static void
add_random_rule (struct random *random, enum abi abi, const struct shape *shape)
{
  unsigned count = 0, wanted = 1 + random_below (random, shape->conditions);
  struct test tests[6];

  for (unsigned index = 0; index < shape->arguments && count < wanted; index++) {
    enum op op = (enum op) random_below (random, OPERATOR_MASKED_EQ + 1);
    struct test test;

    if (!random_chance (random, 2) && index + wanted - count < shape->arguments)
      continue;
    if (shape->equal_only)
      op = OPERATOR_EQ;
    if (shape->masked_only)
      op = OPERATOR_MASKED_EQ;
    test = make_test (abi, index, op, random_mask (random), random_value (random));
    if (test.mask)
      tests[count++] = test;
  }
  if (count)
    add_rule (SECCOMP_RET_ERRNO | random_below (random, shape->verdicts), tests, count);
}

static void
check_shape (uint64_t seed, int sets, const struct shape *shape)
{
  struct random random = random_start (seed);

  for (int i = 0; i < sets; i++) {
    enum abi abi = machines[random_below (&random, 4)];
    unsigned wanted = 1 + random_below (&random, shape->rules);

    begin_rules ();
    while (call.rule_count < wanted)
      add_random_rule (&random, abi, shape);
    check_rules (&random, abi, 150);
  }
}

static void
test_one_condition_each (void)
{
  static const struct shape shape = {.rules = 6, .conditions = 1, .arguments = 2, .verdicts = 3};

  check_shape (1, 1500, &shape);
}

static void
test_few_conditions (void)
{
  static const struct shape shape = {.rules = 5, .conditions = 3, .arguments = 3, .verdicts = 3};

  check_shape (2, 1500, &shape);
}

static void
test_one_argument_and_verdict (void)
{
  static const struct shape shape = {.rules = 12, .conditions = 1, .arguments = 1, .verdicts = 1};

  check_shape (3, 800, &shape);
}

static void
test_masks_alone (void)
{
  static const struct shape shape = {
      .rules = 6, .conditions = 2, .arguments = 2, .verdicts = 2, .masked_only = true};

  check_shape (4, 800, &shape);
}

static void
test_equalities_alone (void)
{
  static const struct shape shape = {
      .rules = 20, .conditions = 2, .arguments = 3, .verdicts = 2, .equal_only = true};

  check_shape (5, 400, &shape);
}

/* All six arguments in each rule. */
static void
test_six_conditions (void)
{
  static const struct shape shape = {.rules = 4, .conditions = 6, .arguments = 6, .verdicts = 4};
  struct random random = random_start (6);

  check_shape (6, 300, &shape);
  for (int i = 0; i < 100; i++) {
    enum abi abi = machines[i % 4];

    begin_rules ();
    for (int r = 0; r < 3; r++) {
      struct test tests[6];

      for (unsigned index = 0; index < 6; index++)
        tests[index] =
            make_test (abi, index, (enum op) random_below (&random, 6), 0, random_value (&random));
      add_rule (SECCOMP_RET_ERRNO | (uint32_t) r, tests, 6);
    }
    check_rules (&random, abi, 150);
  }
}

/* --- what is written often --- */

static unsigned
size_of (enum abi abi)
{
  return graph_size (&graph, build (abi), &arena);
}

static void
add_one (enum abi abi, uint32_t verdict, unsigned index, enum op op, uint64_t mask, uint64_t value)
{
  struct test test = make_test (abi, index, op, mask, value);

  add_rule (verdict, &test, 1);
}

static void
test_no_condition (void)
{
  begin_rules ();
  add_rule (SECCOMP_RET_TRAP, NULL, 0);
  assert_ptr_equal (build (ABI_X86_64), node_return (&graph, SECCOMP_RET_TRAP));
  assert_ptr_equal (chain_build (&graph, &call, &abi_table[ABI_X86_64], OTHERWISE),
                    node_return (&graph, SECCOMP_RET_TRAP));
}

/* What says nothing is not tested. */
static void
test_rules_that_say_the_default (void)
{
  begin_rules ();
  add_one (ABI_X86_64, OTHERWISE, 0, OPERATOR_EQ, 0, 5);
  add_one (ABI_X86_64, OTHERWISE, 1, OPERATOR_LT, 0, 5);
  assert_ptr_equal (build (ABI_X86_64), node_return (&graph, OTHERWISE));
}

/* High words are never read where arguments have 32 bits. */
static void
test_narrow_reads_no_high_word (void)
{
  struct program program;

  begin_rules ();
  add_one (ABI_X32, SECCOMP_RET_TRAP, 1, OPERATOR_GT, 0, 5);
  program = emitted (&graph, build (ABI_X32));
  assert_int_equal (program.length, 4);
  assert_int_equal (program.instructions[0].k, 24);
  begin_rules ();
  add_one (ABI_PPC, SECCOMP_RET_TRAP, 1, OPERATOR_GT, 0, 5);
  program = emitted (&graph, build (ABI_PPC));
  assert_int_equal (program.length, 4);
  assert_int_equal (program.instructions[0].k, 28);
}

/* No more instructions than somebody would write by hand: loads, tests, two returns. */
static void
test_sizes (void)
{
  begin_rules ();
  add_one (ABI_X86_64, SECCOMP_RET_TRAP, 0, OPERATOR_EQ, 0, 5);
  assert_int_equal (size_of (ABI_X86_64), 6);
  begin_rules ();
  add_one (ABI_X86, SECCOMP_RET_TRAP, 0, OPERATOR_EQ, 0, 5);
  assert_int_equal (size_of (ABI_X86), 4);
  /* Docker's clone: the word of namespaces' flags, without any of these. */
  begin_rules ();
  add_one (ABI_X86_64, SECCOMP_RET_ALLOW, 0, OPERATOR_MASKED_EQ, 0x7e020000, 0);
  assert_int_equal (size_of (ABI_X86_64), 4);
  /* Docker's personality: 0, 8, 0x20000, 0x20008 and all ones in 32 bits. */
  begin_rules ();
  add_one (ABI_X86_64, SECCOMP_RET_ALLOW, 0, OPERATOR_EQ, 0, 0xffffffff);
  add_one (ABI_X86_64, SECCOMP_RET_ALLOW, 0, OPERATOR_EQ, 0, 0x20008);
  add_one (ABI_X86_64, SECCOMP_RET_ALLOW, 0, OPERATOR_EQ, 0, 0x20000);
  add_one (ABI_X86_64, SECCOMP_RET_ALLOW, 0, OPERATOR_EQ, 0, 8);
  add_one (ABI_X86_64, SECCOMP_RET_ALLOW, 0, OPERATOR_EQ, 0, 0);
  assert_in_range (size_of (ABI_X86_64), 1, 7);
}

/* Sets of small values are made in one form, untried: it must not be longer than the plain one. */
static void
test_small_values (void)
{
  struct random random = random_start (10);

  for (int i = 0; i < 2000; i++) {
    enum abi abi = machines[i % 4];
    unsigned count = 1 + random_below (&random, 9), best, plain;

    begin_rules ();
    for (unsigned r = 0; r < count; r++)
      add_one (abi, SECCOMP_RET_TRAP, 2, (enum op) random_below (&random, 6), 0,
               random_below (&random, 20));
    best = size_of (abi);
    plain = graph_size (&graph, chain_build (&graph, &call, &abi_table[abi], OTHERWISE), &arena);
    assert_in_range (best, 1, plain);
  }
}

/* Rules that a comparison makes superfluous leave no trace. */
static void
test_a_range_made_of_many (void)
{
  begin_rules ();
  for (uint64_t value = 10; value < 50; value++)
    add_one (ABI_X86, SECCOMP_RET_TRAP, 0, OPERATOR_EQ, 0, value);
  assert_int_equal (size_of (ABI_X86), 5);
}

/* --- what is made to explode --- */

enum { SECONDS_MAX = 30 };

static clock_t started;

static void
start_clock (void)
{
  started = clock ();
}

static void
check_clock (void)
{
  assert_in_range ((clock () - started) / CLOCKS_PER_SEC, 0, SECONDS_MAX);
}

static void
add_values (enum abi abi, uint64_t values)
{
  begin_rules ();
  for (uint64_t i = 0; i < values; i++)
    add_one (abi, SECCOMP_RET_TRAP, 1, OPERATOR_EQ, 0, i * 7);
}

/* Thousands of values on one argument: told apart in a few steps. */
static void
test_2900_values (void)
{
  struct random random = random_start (7);

  for (size_t m = 0; m < 4; m++) {
    bool big_endian = abi_table[machines[m]].big_endian;
    struct program program;
    unsigned steps;

    start_clock ();
    add_values (machines[m], 2900);
    program = emitted (&graph, build (machines[m]));
    find_points ();
    for (int i = 0; i < 300; i++) {
      struct seccomp_data data = random_call (&random);

      check_call (&program, machines[m], &data, "2900 values");
      program_run (&program, &data, big_endian, &steps);
      assert_in_range (steps, 1, 40);
    }
    check_clock ();
  }
}

/* So many that a tree of them may not fit: then that is said, and soon. */
static void
test_4000_values (void)
{
  struct random random = random_start (8);

  for (size_t m = 0; m < 4; m++) {
    struct program program;
    int code;

    start_clock ();
    add_values (machines[m], 4000);
    code = emit (&program, &graph, build (machines[m]), &arena, &arena, &error);
    check_clock ();
    if (code == OCI_SECCOMP_TOO_LARGE)
      continue;
    assert_int_equal (code, OCI_SECCOMP_OK);
    find_points ();
    for (int i = 0; i < 300; i++) {
      struct seccomp_data data = random_call (&random);

      check_call (&program, machines[m], &data, "4000 values");
    }
  }
}

/* Ranges of each of six arguments in all combinations: their states multiply. */
static void
add_explosive_rules (enum abi abi, unsigned count)
{
  for (unsigned r = 0; r < count; r++) {
    struct test tests[6];

    for (unsigned index = 0; index < 6; index++)
      tests[index] = make_test (abi, index, r % 2 ? OPERATOR_LE : OPERATOR_GE, 0,
                                (uint64_t) (r * 37 + index * 11) % 101 << 32 | (r * 13 + index));
    add_rule (SECCOMP_RET_ERRNO | r % 7, tests, 6);
  }
}

static void
test_states_that_multiply (void)
{
  struct random random = random_start (8);

  for (size_t m = 0; m < 4; m++) {
    start_clock ();
    begin_rules ();
    add_explosive_rules (machines[m], 60);
    check_rules (&random, machines[m], 2000);
    check_clock ();
  }
}

/* Masks that have nothing to do with each other: each halves the states. */
static void
test_masks_that_multiply (void)
{
  struct random random = random_start (9);

  for (size_t m = 0; m < 4; m++) {
    start_clock ();
    begin_rules ();
    for (unsigned r = 0; r < 400; r++)
      add_one (machines[m], SECCOMP_RET_ERRNO | r % 5, r % 2, OPERATOR_MASKED_EQ,
               random_next (&random) | 1, random_next (&random));
    check_rules (&random, machines[m], 500);
    check_clock ();
  }
}

/* More than any program holds. The words of the message come from whoever found it. */
static void
test_too_large (void)
{
  const struct node *node = NULL;
  int code;

  start_clock ();
  begin_rules ();
  add_explosive_rules (ABI_X86_64, PROGRAM_MAX_LENGTH + 1);
  code = condition_build (&node, &graph, &call, &abi_table[ABI_X86_64], OTHERWISE, &arena, &error);
  assert_int_equal (code, OCI_SECCOMP_TOO_LARGE);
  assert_int_equal (error.code, code);
  assert_non_null (strstr (error.message, "4097 conditional rules"));
  assert_non_null (strstr (error.message, "(9) of x86_64"));
  check_clock ();
}

/* Some thousand that are fewer, but too long one after the other. */
static void
test_too_large_as_a_program (void)
{
  struct program program;

  start_clock ();
  begin_rules ();
  add_explosive_rules (ABI_X86_64, 2000);
  assert_int_equal (emit (&program, &graph, build (ABI_X86_64), &arena, &arena, &error),
                    OCI_SECCOMP_TOO_LARGE);
  check_clock ();
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      TEST (test_one_condition_each),
      TEST (test_few_conditions),
      TEST_IN_SMALL_CHUNKS (test_few_conditions),
      TEST (test_one_argument_and_verdict),
      TEST (test_masks_alone),
      TEST (test_equalities_alone),
      TEST (test_six_conditions),
      TEST (test_no_condition),
      TEST (test_rules_that_say_the_default),
      TEST (test_narrow_reads_no_high_word),
      TEST (test_sizes),
      TEST (test_small_values),
      TEST (test_a_range_made_of_many),
      TEST (test_2900_values),
      TEST (test_4000_values),
      TEST (test_states_that_multiply),
      TEST (test_masks_that_multiply),
      TEST (test_too_large),
      TEST (test_too_large_as_a_program),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
