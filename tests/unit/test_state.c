/* state.c: what is left of rules, as words get known. That programs made from it decide as the
 * rules say is for test_condition; here it is what becomes of the list, and what it costs. */
#include "core.h"
#include "state.h"

enum { OTHERWISE = 99, RULES_MAX = 8 };

static struct rule rules[RULES_MAX];
static struct test tests[RULES_MAX][6];
static struct call call = {.rules = rules};
static struct effort effort;

static void
begin_rules (void)
{
  call.rule_count = 0;
  effort = (struct effort){.time = 1000, .space = 1000};
}

static void
add_rule (uint32_t verdict)
{
  rules[call.rule_count] = (struct rule){.verdict = verdict, .tests = tests[call.rule_count]};
  call.rule_count++;
}

/* One more test of the last rule. */
static void
add_test (uint8_t index, enum op op, uint64_t mask, uint64_t value)
{
  struct rule *rule = &rules[call.rule_count - 1];

  tests[call.rule_count - 1][rule->test_count++] = (struct test){index, op, mask, value};
}

static void
add_one (uint32_t verdict, uint8_t index, enum op op, uint64_t value)
{
  add_rule (verdict);
  add_test (index, op, UINT64_MAX, value);
}

static struct state
state_of (bool wide, bool high_first)
{
  struct state state;

  assert_true (state_begin (&state, &call, wide, high_first, OTHERWISE, &effort, &arena));
  assert_int_equal (state.loaded, NO_WORD);
  return state;
}

/* What becomes of a state as the value of a word gets known, in room of its own. */
static struct state
known (const struct state *state, int word, uint32_t value)
{
  struct knowledge knowledge = {
      .index = (uint32_t) word / 2, .high = word_is_high (state, word), .value = value};
  struct state out = *state;

  state_keep (&out, &arena);
  assert_true (state_know (&out, state, &knowledge, NO_WORD, &effort));
  return out;
}

static void
check_counts (const struct state *state, size_t count, size_t test_count, uint32_t otherwise)
{
  assert_int_equal (state->count, count);
  assert_int_equal (state->test_count, test_count);
  assert_int_equal (state->otherwise, otherwise);
}

/* --- lists --- */

/* A rule that holds anyway ends the list; one that never holds is not in it; and the last ones go
 * where they say what is said anyway. */
static void
test_begin (void)
{
  struct state state;

  begin_rules ();
  add_one (1, 0, OPERATOR_EQ, 5);
  add_one (2, 0, OPERATOR_LT, 0);
  add_one (3, 1, OPERATOR_EQ, 6);
  add_one (4, 0, OPERATOR_GE, 0);
  add_one (5, 2, OPERATOR_EQ, 7);
  state = state_of (false, true);
  check_counts (&state, 2, 2, 4);
  assert_int_equal (state.rules[0].verdict, 1);
  assert_int_equal (state.rules[1].verdict, 3);
  add_one (OTHERWISE, 3, OPERATOR_EQ, 8);
  rules[3].verdict = 3;
  state = state_of (false, true);
  check_counts (&state, 1, 1, 3);
  assert_int_equal (state.tests[0].value, 5);
}

/* Rules of several tests lose those that hold, one after the other. */
static void
test_know (void)
{
  struct state state, next;

  begin_rules ();
  add_one (1, 0, OPERATOR_EQ, 5);
  add_test (1, OPERATOR_EQ, UINT64_MAX, 6);
  add_one (2, 0, OPERATOR_EQ, 5);
  add_one (3, 1, OPERATOR_GT, 7);
  state = state_of (false, false);
  check_counts (&state, 3, 4, OTHERWISE);
  next = known (&state, 0, 5);
  check_counts (&next, 1, 1, 2);
  assert_int_equal (next.tests[0].index, 1);
  assert_int_equal (next.rules[0].verdict, 1);
  next = known (&state, 0, 4);
  check_counts (&next, 1, 1, OTHERWISE);
  assert_int_equal (next.rules[0].verdict, 3);
  next = known (&next, 2, 8);
  check_counts (&next, 0, 0, 3);
}

/* The other rules' tests stay where they belong when one that is not the last goes. */
static void
test_a_gap_closes (void)
{
  struct state state, next;

  begin_rules ();
  add_one (1, 0, OPERATOR_EQ, 5);
  add_test (1, OPERATOR_EQ, UINT64_MAX, 6);
  add_test (2, OPERATOR_EQ, UINT64_MAX, 7);
  add_one (2, 1, OPERATOR_EQ, 8);
  add_test (2, OPERATOR_EQ, UINT64_MAX, 9);
  state = state_of (false, false);
  next = known (&state, 0, 4);
  check_counts (&next, 1, 2, OTHERWISE);
  assert_int_equal (next.tests[0].value, 8);
  assert_int_equal (next.tests[1].value, 9);
}

/* --- words --- */

static void
test_first_word (void)
{
  struct state state, next;

  begin_rules ();
  add_one (1, 3, OPERATOR_EQ, UINT64_C (0x500000006));
  add_one (2, 4, OPERATOR_EQ, 7);
  for (int high_first = 0; high_first < 2; high_first++) {
    state = state_of (true, high_first);
    assert_int_equal (state_first_word (&state), 6);
    assert_true (word_is_high (&state, 6) == (high_first == 1));
    assert_true (word_is_high (&state, 7) == (high_first == 0));
    next = known (&state, 6, high_first ? 5 : 6);
    assert_int_equal (state_first_word (&next), 7);
    next = known (&state, 6, 8);
    assert_int_equal (state_first_word (&next), 8);
  }
}

/* The accumulator is worth a note only where its word is tested next. */
static void
test_loaded (void)
{
  struct knowledge knowledge = {.high = false, .masked_holds = false};
  struct state state, out;

  begin_rules ();
  add_rule (1);
  add_test (0, OPERATOR_MASKED_EQ, 6, 2);
  add_rule (2);
  add_test (0, OPERATOR_MASKED_EQ, 24, 8);
  state = out = state_of (false, false);
  knowledge.masked = state_find_masked (&state, 0);
  assert_ptr_equal (knowledge.masked, state.tests);
  assert_null (state_find_masked (&state, 1));
  state_keep (&out, &arena);
  assert_true (state_know (&out, &state, &knowledge, 0, &effort));
  assert_int_equal (out.loaded, 0);
  check_counts (&out, 1, 1, OTHERWISE);
  knowledge.masked_holds = true;
  assert_true (state_know (&out, &state, &knowledge, 0, &effort));
  check_counts (&out, 0, 0, 1);
  assert_int_equal (out.loaded, NO_WORD);
}

static void
check_cuts (const struct state *state, int word, const uint32_t *want, size_t want_count)
{
  size_t count;
  const uint32_t *cuts = state_find_cuts (state, word, &count, &arena);

  assert_int_equal (count, want_count);
  assert_memory_equal (cuts, want, count * sizeof *cuts);
}

/* Whatever order values come in. */
static void
test_cuts (void)
{
  struct state state;

  begin_rules ();
  add_one (1, 0, OPERATOR_EQ, UINT64_C (0x700000009));
  add_one (2, 0, OPERATOR_EQ, UINT64_C (0x7ffffffff));
  add_one (3, 0, OPERATOR_EQ, 4);
  add_one (4, 1, OPERATOR_EQ, 6);
  add_one (5, 0, OPERATOR_LT, 10);
  add_one (6, 0, OPERATOR_EQ, 4);
  state = state_of (true, true);
  check_cuts (&state, 0, (const uint32_t[]){0, 1, 7, 8}, 4);
  check_cuts (&state, 2, (const uint32_t[]){0, 1}, 2);
  state = state_of (true, false);
  check_cuts (&state, 0, (const uint32_t[]){0, 4, 5, 9, 10, 11, UINT32_MAX}, 7);
  check_cuts (&state, 2, (const uint32_t[]){0, 6, 7}, 3);
}

/* What the last word decides at once is what it decides step by step. */
static void
test_last_word (void)
{
  struct state state, next;
  uint32_t verdict;

  begin_rules ();
  add_one (1, 0, OPERATOR_EQ, 5);
  add_one (2, 0, OPERATOR_LT, 8);
  add_one (3, 0, OPERATOR_NE, 9);
  state = state_of (true, true);
  assert_false (state_ends_with (&state, 0));
  assert_false (state_ends_with (&state, 1));
  state = known (&state, 0, 0);
  assert_false (state_ends_with (&state, 0));
  assert_true (state_ends_with (&state, 1));
  for (uint32_t value = 0; value < 12; value++) {
    assert_true (state_verdict (&verdict, &state, value, &effort));
    next = known (&state, 1, value);
    check_counts (&next, 0, 0, verdict);
    assert_int_equal (verdict, value == 5 ? 1 : value < 8 ? 2 : value == 9 ? OTHERWISE : 3);
  }
  effort.time = 2;
  assert_true (state_verdict (&verdict, &state, 6, &effort));
  assert_int_equal (effort.time, 0);
  assert_false (state_verdict (&verdict, &state, 5, &effort));
  add_one (4, 1, OPERATOR_EQ, 9);
  state = state_of (false, true);
  assert_false (state_ends_with (&state, 1));
}

/* --- equality --- */

/* The same tests, but of one rule or of two. */
static void
test_equal_states (void)
{
  struct state one, other;

  begin_rules ();
  add_one (1, 0, OPERATOR_EQ, 5);
  add_test (1, OPERATOR_EQ, UINT64_MAX, 6);
  add_one (1, 2, OPERATOR_EQ, 7);
  one = state_of (false, true);
  other = state_of (false, true);
  assert_true (state_equal (&one, &other));
  assert_true (state_hash (&one) == state_hash (&other));
  other.otherwise++;
  assert_false (state_equal (&one, &other));
  other = state_of (false, true);
  other.loaded = 1;
  assert_false (state_equal (&one, &other));
  other = state_of (false, false);
  assert_false (state_equal (&one, &other));
  tests[2][0] = tests[1][0];
  tests[1][0] = tests[0][1];
  tests[1][1] = tests[2][0];
  rules[0].test_count = 1;
  rules[1].test_count = 2;
  other = state_of (false, true);
  check_counts (&other, one.count, one.test_count, one.otherwise);
  assert_false (state_equal (&one, &other));
}

/* --- effort --- */

/* Tests are paid for as they are kept, and as they are looked at; what is not enough, fails. */
static void
test_effort (void)
{
  struct knowledge knowledge = {.index = 5, .value = 1};
  struct state state, out;

  begin_rules ();
  add_one (1, 0, OPERATOR_EQ, 5);
  add_one (2, 0, OPERATOR_EQ, 6);
  effort = (struct effort){.time = 2, .space = 1};
  assert_false (state_begin (&state, &call, true, true, OTHERWISE, &effort, &arena));
  effort.space = 4;
  state = out = state_of (true, true);
  assert_int_equal (effort.space, 2);
  state_keep (&out, &arena);
  assert_true (state_know (&out, &state, &knowledge, NO_WORD, &effort));
  assert_int_equal (effort.space, 0);
  assert_int_equal (effort.time, 0);
  assert_false (state_know (&out, &state, &knowledge, NO_WORD, &effort));
  effort.time = 2;
  assert_false (state_know (&out, &state, &knowledge, NO_WORD, &effort));
}

int
main (void)
{
  const struct CMUnitTest all[] = {
      TEST (test_begin),        TEST_IN_SMALL_CHUNKS (test_begin),
      TEST (test_know),         TEST_IN_SMALL_CHUNKS (test_know),
      TEST (test_a_gap_closes), TEST_IN_SMALL_CHUNKS (test_a_gap_closes),
      TEST (test_first_word),   TEST (test_loaded),
      TEST (test_cuts),         TEST_IN_SMALL_CHUNKS (test_cuts),
      TEST (test_last_word),    TEST (test_equal_states),
      TEST (test_effort),       TEST_IN_SMALL_CHUNKS (test_effort),
  };

  return cmocka_run_group_tests (all, NULL, NULL);
}
