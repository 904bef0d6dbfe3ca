#include "state.h"

#include <string.h>

/* --- words --- */

static int
word_of (const struct state *state, const struct residual *test)
{
  bool high = test->part == PART_BOTH ? state->high_first : test->part == PART_HIGH;

  return (int) (test->index * 2) + (high != state->high_first);
}

bool
word_is_high (const struct state *state, int word)
{
  return (word % 2 == 0) == state->high_first;
}

int
state_first_word (const struct state *state)
{
  int first = WORDS;

  for (size_t t = 0; t < state->test_count; t++) {
    int word = word_of (state, &state->tests[t]);

    if (word < first)
      first = word;
  }
  return first;
}

/* --- states --- */

static bool
spend (size_t *budget, size_t amount)
{
  if (*budget < amount)
    return false;
  *budget -= amount;
  return true;
}

/* Adds a rule whose tests stand behind those of the others already. */
static bool
state_add (struct state *state, uint32_t verdict, uint32_t count, struct effort *effort)
{
  if (!spend (&effort->space, count))
    return false;
  state->rules[state->count++] = (struct pending){verdict, count};
  state->test_count += count;
  return true;
}

/* The last rules say nothing where they say what is said anyway if they don't match. */
static void
state_trim (struct state *state)
{
  while (state->count && state->rules[state->count - 1].verdict == state->otherwise)
    state->test_count -= state->rules[--state->count].count;
}

/* What a rule's tests are at the beginning; OUTCOME_TRUE if there is none. */
static enum outcome
rule_begin (struct residual *out, uint32_t *count, const struct rule *rule, bool wide)
{
  *count = 0;
  for (int t = 0; t < rule->test_count; t++) {
    uint32_t added;
    enum outcome outcome = residual_begin (&out[*count], &added, &rule->tests[t], wide);

    if (outcome == OUTCOME_FALSE)
      return OUTCOME_FALSE;
    if (outcome == OUTCOME_OPEN)
      *count += added;
  }
  return *count ? OUTCOME_OPEN : OUTCOME_TRUE;
}

/* What is left of a rule's tests; OUTCOME_TRUE if nothing. */
static enum outcome
rule_know (struct residual *out, uint32_t *count, const struct residual *tests, uint32_t test_count,
           const struct knowledge *known)
{
  *count = 0;
  for (uint32_t t = 0; t < test_count; t++) {
    enum outcome outcome = residual_know (&out[*count], &tests[t], known);

    if (outcome == OUTCOME_FALSE)
      return OUTCOME_FALSE;
    if (outcome == OUTCOME_OPEN)
      ++*count;
  }
  return *count ? OUTCOME_OPEN : OUTCOME_TRUE;
}

/* No more room than the effort allows to fill: the rest is never written. */
static size_t
tests_room (const struct call *call, size_t most)
{
  size_t room = 0;

  for (size_t i = 0; i < call->rule_count; i++)
    room += call->rules[i].test_count * RESIDUALS_PER_TEST;
  return (room < most ? room : most) + RESIDUALS_PER_RULE;
}

bool
state_begin (struct state *out, const struct call *call, bool wide, bool high_first,
             uint32_t otherwise, struct effort *effort, struct arena *arena)
{
  const size_t room = tests_room (call, effort->space);
  uint32_t count;

  *out = (struct state){.rules = arena_take (arena, room * sizeof *out->rules),
                        .tests = arena_take (arena, room * sizeof *out->tests),
                        .otherwise = otherwise,
                        .loaded = NO_WORD,
                        .high_first = high_first};
  for (size_t i = 0; i < call->rule_count; i++) {
    const struct rule *rule = &call->rules[i];
    enum outcome outcome = rule_begin (out->tests + out->test_count, &count, rule, wide);

    if (outcome == OUTCOME_TRUE) {
      out->otherwise = rule->verdict;
      break;
    }
    if (outcome == OUTCOME_OPEN && !state_add (out, rule->verdict, count, effort))
      return false;
  }
  state_trim (out);
  return true;
}

bool
state_know (struct state *out, const struct state *from, const struct knowledge *known, int loaded,
            struct effort *effort)
{
  const struct residual *tests = from->tests;
  uint32_t count;

  *out = (struct state){.rules = out->rules,
                        .tests = out->tests,
                        .otherwise = from->otherwise,
                        .loaded = loaded,
                        .high_first = from->high_first};
  for (size_t i = 0; i < from->count; i++) {
    const struct pending *rule = &from->rules[i];
    enum outcome outcome;

    if (!spend (&effort->time, rule->count))
      return false;
    outcome = rule_know (out->tests + out->test_count, &count, tests, rule->count, known);
    if (outcome == OUTCOME_TRUE) {
      out->otherwise = rule->verdict;
      break;
    }
    if (outcome == OUTCOME_OPEN && !state_add (out, rule->verdict, count, effort))
      return false;
    tests += rule->count;
  }
  state_trim (out);
  if (loaded != NO_WORD && state_first_word (out) != loaded)
    out->loaded = NO_WORD;
  return true;
}

void
state_keep (struct state *state, struct arena *arena)
{
  state->rules = arena_copy (arena, state->rules, state->count * sizeof *state->rules);
  state->tests = arena_copy (arena, state->tests, state->test_count * sizeof *state->tests);
}

uint64_t
state_hash (const struct state *state)
{
  uint64_t hash = state->otherwise ^ (uint64_t) state->loaded << 32;

  for (size_t i = 0; i < state->count; i++)
    hash = hash * 31 + state->rules[i].verdict;
  for (size_t t = 0; t < state->test_count; t++)
    hash = residual_hash (hash, &state->tests[t]);
  return hash;
}

bool
state_equal (const struct state *a, const struct state *b)
{
  if (a->count != b->count || a->test_count != b->test_count || a->otherwise != b->otherwise ||
      a->loaded != b->loaded || a->high_first != b->high_first)
    return false;
  for (size_t i = 0; i < a->count; i++)
    if (a->rules[i].verdict != b->rules[i].verdict || a->rules[i].count != b->rules[i].count)
      return false;
  for (size_t t = 0; t < a->test_count; t++)
    if (!residual_equal (&a->tests[t], &b->tests[t]))
      return false;
  return true;
}

/* --- the tests of one word --- */

const struct residual *
state_find_masked (const struct state *state, int word)
{
  for (size_t t = 0; t < state->test_count; t++) {
    const struct residual *test = &state->tests[t];

    if (test->op == OPERATOR_MASKED_EQ && word_of (state, test) == word)
      return test;
  }
  return NULL;
}

bool
state_ends_with (const struct state *state, int word)
{
  for (size_t t = 0; t < state->test_count; t++)
    if (state->tests[t].part == PART_BOTH || word_of (state, &state->tests[t]) != word)
      return false;
  return state->test_count == state->count;
}

bool
state_verdict (uint32_t *out, const struct state *state, uint32_t value, struct effort *effort)
{
  *out = state->otherwise;
  for (size_t i = 0; i < state->count; i++) {
    const struct residual *test = &state->tests[i];

    if (!spend (&effort->time, 1))
      return false;
    if (operator_holds (test->op, test->mask, test->value, value)) {
      *out = state->rules[i].verdict;
      break;
    }
  }
  return true;
}

/* Most often values come in ascending order. */
static void
add_cut (uint32_t *cuts, size_t *count, uint32_t value)
{
  size_t low = 0, high = *count;

  if (cuts[high - 1] < value) {
    cuts[(*count)++] = value;
    return;
  }
  while (low < high) {
    size_t middle = (low + high) / 2;

    if (cuts[middle] < value)
      low = middle + 1;
    else
      high = middle;
  }
  if (cuts[low] == value)
    return;
  memmove (&cuts[low + 1], &cuts[low], (*count - low) * sizeof *cuts);
  cuts[low] = value;
  ++*count;
}

uint32_t *
state_find_cuts (const struct state *state, int word, size_t *count, struct arena *scratch)
{
  const bool high = word_is_high (state, word);
  uint32_t *cuts = arena_take (scratch, (2 * state->test_count + 1) * sizeof *cuts);

  cuts[0] = 0;
  *count = 1;
  for (size_t t = 0; t < state->test_count; t++) {
    const struct residual *test = &state->tests[t];
    bool upper = test->part == PART_BOTH && high;
    uint32_t value = (uint32_t) (upper ? test->value >> 32 : test->value);

    if (word_of (state, test) != word)
      continue;
    add_cut (cuts, count, value);
    if (value != UINT32_MAX)
      add_cut (cuts, count, value + 1);
  }
  return cuts;
}
