/* residual.c: whatever is learned of the words of an argument, in whatever order, what is left to
 * test says the same as the whole 64-bit comparison. */
#include "core.h"
#include "residual.h"

#define LENGTH(array) (sizeof (array) / sizeof *(array))

static const enum op operators[] = {OPERATOR_NE, OPERATOR_LT, OPERATOR_LE,       OPERATOR_EQ,
                                    OPERATOR_GE, OPERATOR_GT, OPERATOR_MASKED_EQ};

/* Words at borders, and one in the middle. */
static const uint32_t words[] = {0, 1, 2, 5, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};

enum { WORDS = LENGTH (words), VALUES = WORDS * WORDS };

static uint64_t
value_of (size_t i)
{
  return (uint64_t) words[i / WORDS] << 32 | words[i % WORDS];
}

/* As rules.h has it: no bit outside of the mask. */
static struct test
make_test (enum op op, uint64_t mask, uint64_t value, bool wide)
{
  uint64_t ones = wide ? UINT64_MAX : UINT32_MAX;

  mask &= ones;
  if (op == OPERATOR_MASKED_EQ)
    value &= mask;
  else
    mask = ones;
  return (struct test){3, op, mask, value & ones};
}

/* What `test` means, from the words of the specification. */
static bool
holds (const struct test *test, uint64_t argument, bool wide)
{
  uint64_t ones = wide ? UINT64_MAX : UINT32_MAX;

  argument &= ones;
  switch (test->op) {
  case OPERATOR_NE:
    return !(argument == test->value);
  case OPERATOR_LT:
    return !(argument == test->value) && !(argument > test->value);
  case OPERATOR_LE:
    return !(argument > test->value);
  case OPERATOR_EQ:
    return argument == test->value;
  case OPERATOR_GE:
    return argument == test->value || argument > test->value;
  case OPERATOR_GT:
    return argument > test->value;
  case OPERATOR_MASKED_EQ:
    return ((argument ^ test->value) & test->mask) == 0;
  }
  return false;
}

/* The outcome once all words of the argument are known, one after the other. */
static bool
settle (const struct test *test, uint64_t argument, bool wide, bool high_first)
{
  struct residual tests[RESIDUALS_PER_TEST], next;
  uint32_t count = 0;
  enum outcome outcome = residual_begin (tests, &count, test, wide);

  if (outcome != OUTCOME_OPEN)
    return outcome == OUTCOME_TRUE;
  assert_in_range (count, 1, RESIDUALS_PER_TEST);
  for (uint32_t t = 0; t < count; t++) {
    outcome = OUTCOME_OPEN;
    for (int step = 0; step < 2 && outcome == OUTCOME_OPEN; step++) {
      bool high = (step == 0) == high_first;
      struct knowledge known = {
          .index = 3, .high = high, .value = (uint32_t) (high ? argument >> 32 : argument)};

      assert_int_equal (tests[t].index, 3);
      outcome = residual_know (&next, &tests[t], &known);
      tests[t] = next;
    }
    if (outcome == OUTCOME_FALSE)
      return false;
    assert_int_equal (outcome, OUTCOME_TRUE);
  }
  return true;
}

static void
check_all_arguments (const struct test *test, bool wide)
{
  for (size_t a = 0; a < VALUES; a++) {
    uint64_t argument = value_of (a);
    bool expected = holds (test, argument, wide);

    assert_int_equal (
        operator_holds (test->op, test->mask, test->value, wide ? argument : (uint32_t) argument),
        expected);
    for (int high_first = 0; high_first < 2; high_first++)
      if (settle (test, argument, wide, high_first) != expected)
        fail_msg ("%s 0x%llx &0x%llx, argument 0x%llx, %s, %s word first", operator_name (test->op),
                  (unsigned long long) test->value, (unsigned long long) test->mask,
                  (unsigned long long) argument, wide ? "wide" : "narrow",
                  high_first ? "high" : "low");
  }
}

static void
check_operators (bool wide)
{
  for (size_t o = 0; o < LENGTH (operators); o++)
    for (size_t v = 0; v < VALUES; v++)
      for (size_t m = 1; m < VALUES; m++) {
        struct test test = make_test (operators[o], value_of (m), value_of (v), wide);

        if (test.mask)
          check_all_arguments (&test, wide);
        if (operators[o] != OPERATOR_MASKED_EQ)
          break;
      }
}

static void
test_wide (void)
{
  check_operators (true);
}

static void
test_narrow (void)
{
  check_operators (false);
}

/* Knowledge of another argument, or of the other word of one that is about one word, changes
 * nothing. */
static void
test_what_is_of_no_matter (void)
{
  struct test test = make_test (OPERATOR_LT, 0, UINT64_C (0x500000005), true);
  struct residual tests[RESIDUALS_PER_TEST], next;
  struct knowledge other = {.index = 2, .high = true, .value = 0};
  struct knowledge high = {.index = 3, .high = true, .value = 5};
  uint32_t count;

  assert_int_equal (residual_begin (tests, &count, &test, true), OUTCOME_OPEN);
  assert_int_equal (residual_know (&next, tests, &other), OUTCOME_OPEN);
  assert_true (residual_equal (&next, tests));
  assert_int_equal (residual_know (&tests[0], &next, &high), OUTCOME_OPEN);
  assert_int_equal (tests[0].part, PART_LOW);
  high.value = 0;
  assert_int_equal (residual_know (&next, tests, &high), OUTCOME_OPEN);
  assert_true (residual_equal (&next, tests));
}

/* Tests that mean the same are the same, so that states that have become equal look so. */
static void
test_one_form_for_one_meaning (void)
{
  struct test equal = make_test (OPERATOR_EQ, 0, UINT64_C (0x500000005), true);
  struct test masked = make_test (OPERATOR_MASKED_EQ, UINT64_MAX, UINT64_C (0x500000005), true);
  struct residual one[RESIDUALS_PER_TEST], other[RESIDUALS_PER_TEST];
  uint32_t count;

  residual_begin (one, &count, &equal, true);
  assert_int_equal (count, 1);
  residual_begin (other, &count, &masked, true);
  assert_int_equal (count, 1);
  assert_true (residual_equal (one, other));
  assert_true (residual_hash (7, one) == residual_hash (7, other));
  equal = make_test (OPERATOR_EQ, 0, 5, false);
  masked = make_test (OPERATOR_MASKED_EQ, UINT32_MAX, 5, false);
  residual_begin (one, &count, &equal, false);
  residual_begin (other, &count, &masked, false);
  assert_true (residual_equal (one, other));
}

/* A mask is one of each word that it has bits in. */
static void
test_masks_of_one_word (void)
{
  static const uint64_t masks[] = {UINT64_C (0xff00000000), 0xff, UINT64_C (0xff000000ff)};

  for (size_t i = 0; i < LENGTH (masks); i++) {
    struct test test = make_test (OPERATOR_MASKED_EQ, masks[i], UINT64_MAX, true);
    struct residual tests[RESIDUALS_PER_TEST];
    uint32_t count;

    assert_int_equal (residual_begin (tests, &count, &test, true), OUTCOME_OPEN);
    assert_int_equal (count, i == 2 ? 2 : 1);
    for (uint32_t t = 0; t < count; t++)
      assert_int_equal (tests[t].mask, 0xff);
    assert_int_equal (tests[0].part, i == 1 ? PART_LOW : PART_HIGH);
  }
}

/* --- knowing whether a masked test holds --- */

enum { NIBBLE = 16 };

/* The words 0 to 15, and all those with every other bit set: what tests with small masks and values
 * can tell apart is told apart by these. */
static uint32_t
word_of (unsigned i)
{
  return i < NIBBLE ? i : 0xfffffff0 | (i - NIBBLE);
}

/* TRUE and FALSE must be right for each word that the knowledge leaves, and what stays open must
 * still say what the test said. */
static void
check_masked (const struct residual *test, const struct knowledge *known)
{
  struct residual next;
  enum outcome outcome = residual_know (&next, test, known);

  for (unsigned i = 0; i < 2 * NIBBLE; i++) {
    uint32_t word = word_of (i);
    bool is = operator_holds (test->op, test->mask, test->value, word);

    if (((word & known->masked->mask) == known->masked->value) != known->masked_holds)
      continue;
    if (outcome == OUTCOME_OPEN)
      assert_int_equal (operator_holds (next.op, next.mask, next.value, word), is);
    else if (is != (outcome == OUTCOME_TRUE))
      fail_msg ("%s 0x%llx &0x%llx where &0x%llx == 0x%llx is %d: wrong for 0x%x",
                operator_name (test->op), (unsigned long long) test->value,
                (unsigned long long) test->mask, (unsigned long long) known->masked->mask,
                (unsigned long long) known->masked->value, known->masked_holds, word);
  }
}

/* A masked test that holds settles every masked one of the same bits or fewer; one that does not
 * settles those of the same or more. */
static void
check_settled (const struct residual *test, const struct knowledge *known)
{
  uint64_t mask = known->masked->mask, value = known->masked->value;
  struct residual next;
  enum outcome outcome = residual_know (&next, test, known);

  if (test->op != OPERATOR_MASKED_EQ)
    return;
  if (known->masked_holds && (test->mask & ~mask) == 0)
    assert_int_equal (outcome, (value & test->mask) == test->value ? OUTCOME_TRUE : OUTCOME_FALSE);
  if (!known->masked_holds && (mask & ~test->mask) == 0 && (test->value & mask) == value)
    assert_int_equal (outcome, OUTCOME_FALSE);
}

static void
check_with_all_knowledge (const struct test *test)
{
  struct residual tests[RESIDUALS_PER_TEST], masked[RESIDUALS_PER_TEST];
  uint32_t count;

  if (residual_begin (tests, &count, test, false) != OUTCOME_OPEN)
    return;
  for (uint32_t mask = 1; mask < NIBBLE; mask++)
    for (uint32_t value = 0; value < NIBBLE; value++) {
      struct test other = make_test (OPERATOR_MASKED_EQ, mask, value, false);
      struct knowledge known = {.index = 3, .high = false, .masked = masked};

      if (value & ~mask)
        continue;
      assert_int_equal (residual_begin (masked, &count, &other, false), OUTCOME_OPEN);
      for (int is = 0; is < 2; is++) {
        known.masked_holds = is;
        check_masked (tests, &known);
        check_settled (tests, &known);
      }
    }
}

static void
test_masked_knowledge (void)
{
  for (size_t o = 0; o < LENGTH (operators); o++)
    for (uint32_t value = 0; value < NIBBLE; value++)
      for (uint32_t mask = 1; mask < NIBBLE; mask++) {
        struct test test = make_test (operators[o], mask, value, false);

        if (operators[o] == OPERATOR_MASKED_EQ && (value & ~mask))
          continue;
        check_with_all_knowledge (&test);
        if (operators[o] != OPERATOR_MASKED_EQ)
          break;
      }
}

/* --- what always holds --- */

/* What is open about one word has both outcomes. */
static void
test_open_is_open (void)
{
  for (size_t o = 0; o < LENGTH (operators); o++)
    for (size_t v = 0; v < WORDS; v++)
      for (size_t m = 1; m < WORDS; m++) {
        struct test test = make_test (operators[o], words[m], words[v], false);
        struct residual tests[RESIDUALS_PER_TEST];
        bool seen[2] = {false, false};
        uint32_t count;

        if (residual_begin (tests, &count, &test, false) != OUTCOME_OPEN)
          continue;
        for (size_t w = 0; w < WORDS; w++)
          seen[operator_holds (tests->op, tests->mask, tests->value, words[w])] = true;
        assert_true (seen[false] && seen[true]);
      }
}

static void
test_hashes_differ (void)
{
  static const struct residual tests[] = {
      {UINT32_MAX, 5, OPERATOR_EQ, PART_LOW, 0}, {UINT32_MAX, 6, OPERATOR_EQ, PART_LOW, 0},
      {UINT32_MAX, 5, OPERATOR_NE, PART_LOW, 0}, {UINT32_MAX, 5, OPERATOR_EQ, PART_HIGH, 0},
      {UINT32_MAX, 5, OPERATOR_EQ, PART_LOW, 1}, {7, 5, OPERATOR_EQ, PART_LOW, 0},
      {UINT64_MAX, 5, OPERATOR_EQ, PART_LOW, 0}, {UINT32_MAX, 5, OPERATOR_EQ, PART_BOTH, 0}};

  for (size_t i = 0; i < LENGTH (tests); i++)
    for (size_t j = 0; j < LENGTH (tests); j++) {
      assert_int_equal (residual_equal (&tests[i], &tests[j]), i == j);
      assert_int_equal (residual_hash (1, &tests[i]) == residual_hash (1, &tests[j]), i == j);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      TEST (test_wide),
      TEST (test_narrow),
      TEST (test_what_is_of_no_matter),
      TEST (test_one_form_for_one_meaning),
      TEST (test_masks_of_one_word),
      TEST (test_masked_knowledge),
      TEST (test_open_is_open),
      TEST (test_hashes_differ),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
