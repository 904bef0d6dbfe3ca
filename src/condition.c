#include "condition.h"

#include <string.h>

#include <linux/filter.h>

#include "cube.h"
#include "program.h"
#include "residual.h"
#include "syscalls.h"
#include "tree.h"

/* How it works. A state is what is left to decide: rules in order, each with the tests that are not
 * yet known to hold. Deciding a state picks one word, cuts its values where some test's outcome
 * changes, and for each piece goes on with what the tests have become. States that have become
 * equal are decided once, so that the result is a graph, not a tree. That is short for what people
 * write; for rules made to make it explode, a budget ends it, and the rules are tested one after
 * the other instead. */

struct pending {
  uint32_t verdict;
  uint32_t count; /* never 0 */
  const struct residual *tests;
};

struct state {
  struct pending *rules;
  size_t count;
  uint32_t otherwise; /* where no rule matches */
  int loaded;         /* the word that the accumulator holds, or NO_WORD */
};

enum { NO_WORD = -1, MEMO_BUCKETS = 32 };

struct memo {
  struct memo *next;
  uint64_t hash;
  struct state state;
  const struct node *node;
};

struct lowering {
  struct graph *graph;
  const struct abi_row *abi;
  bool high_first; /* which word of an argument is tested first */
  bool exhausted;  /* the graph's effort is */
  struct memo *memo[MEMO_BUCKETS];
  struct arena *scratch;
};

/* --- words: 0 to 11, tested in this order --- */

static int
word_of (const struct lowering *l, const struct residual *test)
{
  bool high = test->part == PART_BOTH ? l->high_first : test->part == PART_HIGH;

  return (int) (test->index * 2) + (high != l->high_first);
}

static bool
word_is_high (const struct lowering *l, int word)
{
  return (word % 2 == 0) == l->high_first;
}

static const struct node *
load_word (const struct lowering *l, int word, const struct node *next)
{
  uint32_t offset =
      abi_argument_offset (l->abi->big_endian, (unsigned) word / 2, word_is_high (l, word));

  return node_load (l->graph, offset, next);
}

static int
first_word (const struct lowering *l, const struct state *state)
{
  int first = 2 * 6;

  for (size_t i = 0; i < state->count; i++)
    for (uint32_t t = 0; t < state->rules[i].count; t++) {
      int word = word_of (l, &state->rules[i].tests[t]);

      if (word < first)
        first = word;
    }
  return first;
}

/* --- states --- */

static bool
spend (struct lowering *l, size_t *budget, size_t amount)
{
  if (*budget < amount)
    l->exhausted = true;
  else
    *budget -= amount;
  return !l->exhausted;
}

/* Adds a rule to a state; one without tests decides, and ends it. */
static void
state_add (struct lowering *l, struct state *state, uint32_t verdict, const struct residual *tests,
           uint32_t count)
{
  if (count == 0)
    state->otherwise = verdict;
  else if (spend (l, &l->graph->effort.space, count))
    *ARENA_PUSH (l->scratch, state->rules, state->count) =
        (struct pending){verdict, count, arena_copy (l->scratch, tests, count * sizeof *tests)};
}

/* The last rules say nothing where they say what is said anyway if they don't match. */
static void
state_trim (struct state *state)
{
  while (state->count && state->rules[state->count - 1].verdict == state->otherwise)
    state->count--;
}

/* What is left of a rule's tests; OUTCOME_TRUE if nothing. */
static enum outcome
rule_know (struct residual out[RESIDUALS_PER_RULE], uint32_t *count, const struct pending *rule,
           const struct knowledge *known)
{
  *count = 0;
  for (uint32_t t = 0; t < rule->count; t++) {
    enum outcome outcome = residual_know (&out[*count], &rule->tests[t], known);

    if (outcome == OUTCOME_FALSE)
      return OUTCOME_FALSE;
    if (outcome == OUTCOME_OPEN)
      ++*count;
  }
  return *count ? OUTCOME_OPEN : OUTCOME_TRUE;
}

static void
state_know (struct lowering *l, struct state *out, const struct state *from,
            const struct knowledge *known, int loaded)
{
  struct residual tests[RESIDUALS_PER_RULE];
  uint32_t count;

  *out = (struct state){NULL, 0, from->otherwise, loaded};
  for (size_t i = 0; i < from->count; i++) {
    const struct pending *rule = &from->rules[i];
    enum outcome outcome;

    if (!spend (l, &l->graph->effort.time, rule->count))
      break;
    outcome = rule_know (tests, &count, rule, known);
    if (outcome != OUTCOME_FALSE)
      state_add (l, out, rule->verdict, tests, count);
    if (outcome == OUTCOME_TRUE)
      break;
  }
  state_trim (out);
  if (loaded != NO_WORD && first_word (l, out) != loaded)
    out->loaded = NO_WORD;
}

static struct state
state_begin (struct lowering *l, const struct call *call, uint32_t otherwise)
{
  struct state state = {NULL, 0, otherwise, NO_WORD};

  for (size_t i = 0; i < call->rule_count; i++) {
    const struct rule *rule = &call->rules[i];
    struct residual tests[RESIDUALS_PER_RULE];
    uint32_t count = 0, added;
    enum outcome outcome = OUTCOME_TRUE;

    for (int t = 0; t < rule->test_count && outcome != OUTCOME_FALSE; t++) {
      outcome = residual_begin (&tests[count], &added, &rule->tests[t], l->abi->wide);
      if (outcome == OUTCOME_OPEN)
        count += added;
    }
    if (outcome == OUTCOME_FALSE)
      continue;
    state_add (l, &state, rule->verdict, tests, count);
    if (count == 0)
      break;
  }
  state_trim (&state);
  return state;
}

static uint64_t
state_hash (const struct state *state)
{
  uint64_t hash = state->otherwise ^ (uint64_t) state->loaded << 32;

  for (size_t i = 0; i < state->count; i++) {
    hash = hash * 31 + state->rules[i].verdict;
    for (uint32_t t = 0; t < state->rules[i].count; t++)
      hash = residual_hash (hash, &state->rules[i].tests[t]);
  }
  return hash;
}

static bool
state_equal (const struct state *a, const struct state *b)
{
  if (a->count != b->count || a->otherwise != b->otherwise || a->loaded != b->loaded)
    return false;
  for (size_t i = 0; i < a->count; i++) {
    const struct pending *left = &a->rules[i], *right = &b->rules[i];

    if (left->verdict != right->verdict || left->count != right->count)
      return false;
    for (uint32_t t = 0; t < left->count; t++)
      if (!residual_equal (&left->tests[t], &right->tests[t]))
        return false;
  }
  return true;
}

/* --- deciding: NULL once the budget is spent --- */

static const struct node *decide (struct lowering *l, const struct state *state);

/* A masked test of this word is no range of values: it is asked by itself, before those. */
static const struct residual *
find_masked (const struct lowering *l, const struct state *state, int word)
{
  for (size_t i = 0; i < state->count; i++)
    for (uint32_t t = 0; t < state->rules[i].count; t++) {
      const struct residual *test = &state->rules[i].tests[t];

      if (test->op == OPERATOR_MASKED_EQ && word_of (l, test) == word)
        return test;
    }
  return NULL;
}

static const struct node *
decide_masked (struct lowering *l, const struct state *state, int word, const struct residual *test)
{
  struct cube cube = {(uint32_t) test->mask, (uint32_t) test->value};
  struct knowledge known = {
      .index = test->index, .high = word_is_high (l, word), .masked = test, .masked_holds = true};
  bool keeps = cube_keeps_word (&cube) && (cube.mask == UINT32_MAX || !l->graph->plain);
  int loaded = keeps ? word : NO_WORD;
  struct state holds, fails;
  const struct node *yes, *no;

  state_know (l, &holds, state, &known, loaded);
  known.masked_holds = false;
  state_know (l, &fails, state, &known, loaded);
  yes = decide (l, &holds);
  no = decide (l, &fails);
  return yes && no ? cube_test (l->graph, &cube, yes, no) : NULL;
}

static uint32_t *
add_cut (struct lowering *l, uint32_t *cuts, size_t *count, uint32_t value)
{
  size_t low = 0, high = *count;

  while (low < high) {
    size_t middle = (low + high) / 2;

    if (cuts[middle] < value)
      low = middle + 1;
    else
      high = middle;
  }
  if (low < *count && cuts[low] == value)
    return cuts;
  (void) ARENA_PUSH (l->scratch, cuts, *count);
  memmove (&cuts[low + 1], &cuts[low], (*count - 1 - low) * sizeof *cuts);
  cuts[low] = value;
  return cuts;
}

/* The values from which on some test of this word may have another outcome; sorted, from 0. */
static uint32_t *
find_cuts (struct lowering *l, const struct state *state, int word, size_t *count)
{
  uint32_t *cuts;

  *count = 0;
  cuts = add_cut (l, NULL, count, 0);
  for (size_t i = 0; i < state->count; i++)
    for (uint32_t t = 0; t < state->rules[i].count; t++) {
      const struct residual *test = &state->rules[i].tests[t];
      bool upper = test->part == PART_BOTH && word_is_high (l, word);
      uint32_t value = (uint32_t) (upper ? test->value >> 32 : test->value);

      if (word_of (l, test) != word)
        continue;
      cuts = add_cut (l, cuts, count, value);
      if (value != UINT32_MAX)
        cuts = add_cut (l, cuts, count, value + 1);
    }
  return cuts;
}

static const struct node *
decide_values (struct lowering *l, const struct state *state, int word)
{
  size_t cut_count;
  const uint32_t *cuts = find_cuts (l, state, word, &cut_count);
  struct interval_list intervals = {0};
  const struct node *node;

  for (size_t i = 0; i < cut_count; i++) {
    struct knowledge known = {
        .index = (uint32_t) word / 2, .high = word_is_high (l, word), .value = cuts[i]};
    struct state next;

    state_know (l, &next, state, &known, NO_WORD);
    node = decide (l, &next);
    if (!node)
      return NULL;
    interval_append (&intervals, cuts[i], node, WEIGHT_OF_CALL, l->scratch);
  }
  node = cubes_build (l->graph, intervals.items, intervals.count);
  return node ? node : tree_build (l->graph, intervals.items, intervals.count, l->scratch);
}

static const struct node *
decide (struct lowering *l, const struct state *state)
{
  uint64_t hash = state_hash (state);
  struct memo **bucket = &l->memo[hash % MEMO_BUCKETS], *memo;
  const struct residual *masked;
  const struct node *node;
  int word;

  if (l->exhausted)
    return NULL;
  if (state->count == 0)
    return node_return (l->graph, state->otherwise);
  for (memo = *bucket; memo; memo = memo->next)
    if (memo->hash == hash && state_equal (&memo->state, state))
      return memo->node;
  word = first_word (l, state);
  masked = find_masked (l, state, word);
  node = masked ? decide_masked (l, state, word, masked) : decide_values (l, state, word);
  if (!node)
    return NULL;
  if (state->loaded != word)
    node = load_word (l, word, node);
  memo = ARENA_NEW (l->scratch, struct memo);
  *memo = (struct memo){*bucket, hash, *state, node};
  *bucket = memo;
  return node;
}

static const struct node *
lower (struct graph *graph, const struct call *call, const struct abi_row *abi, bool high_first,
       uint32_t otherwise, struct arena *scratch)
{
  struct lowering *l = ARENA_NEW (scratch, struct lowering);
  struct state state;

  *l = (struct lowering){.graph = graph, .abi = abi, .high_first = high_first, .scratch = scratch};
  state = state_begin (l, call, otherwise);
  return decide (l, &state);
}

/* The shorter of two forms; the first if they are equally long. NULL: there is none. */
static const struct node *
shorter (const struct graph *graph, const struct node *a, const struct node *b,
         struct arena *scratch)
{
  if (!a || !b || a == b)
    return a ? a : b;
  return graph_size (graph, b, scratch) < graph_size (graph, a, scratch) ? b : a;
}

static int
fail_too_large (const struct call *call, const struct abi_row *abi, bool together,
                struct oci_seccomp_error *err)
{
  const char *name = call->row < 0 ? "system call" : syscall_name (call->row);

  if (together)
    return fail (err, OCI_SECCOMP_TOO_LARGE,
                 "too large: the conditional rules up to those for %s (%u) of %s are together more "
                 "than the %d instructions can hold that the kernel takes",
                 name, call->number, abi->name, PROGRAM_MAX_LENGTH);
  return fail (err, OCI_SECCOMP_TOO_LARGE,
               "too large: the %zu conditional rules for %s (%u) of %s are more than the %d "
               "instructions can hold that the kernel takes",
               call->rule_count, name, call->number, abi->name, PROGRAM_MAX_LENGTH);
}

/* Whether no form is shorter than the one that starts with the high words: the rules are a set of
 * 32-bit values of one argument, so the high word is asked once, while other forms ask for it with
 * each of the values. So much for most rules that people write. */
static bool
high_first_is_shortest (const struct call *call)
{
  const struct rule *first = &call->rules[0];

  for (size_t i = 0; i < call->rule_count; i++) {
    const struct rule *rule = &call->rules[i];

    if (rule->test_count != 1 || rule->verdict != first->verdict ||
        rule->tests->index != first->tests->index || rule->tests->value > UINT32_MAX ||
        (rule->tests->op == OPERATOR_MASKED_EQ && call->rule_count > 1))
      return false;
  }
  return true;
}

/* The shortest of the forms that start with the high and with the low word of each argument, and of
 * the plain one: where many rules test several arguments each, what is decided once in the plain
 * form may be decided over and over in the others. */
static int
lower_call (const struct node **out, struct graph *graph, const struct call *call,
            const struct abi_row *abi, uint32_t otherwise, struct arena *scratch,
            struct oci_seccomp_error *err)
{
  const uint32_t before = graph->count;
  bool found;

  *out = lower (graph, call, abi, true, otherwise, scratch);
  found = *out && high_first_is_shortest (call);
  if (*out && abi->wide && !found)
    *out = shorter (graph, *out, lower (graph, call, abi, false, otherwise, scratch), scratch);
  if (call->rule_count <= PROGRAM_MAX_LENGTH && !found)
    *out = shorter (graph, *out, chain_build (graph, call, abi, otherwise), scratch);
  if (*out && graph->count <= GRAPH_MAX)
    return OCI_SECCOMP_OK;
  return fail_too_large (call, abi, *out && before > graph->count / 2, err);
}

/* Rules that have been lowered, to be found again: many calls have the same, and so have ABIs. */
struct lowered {
  struct lowered *next;
  uint64_t hash;
  const struct call *call;
  bool wide;
  uint32_t otherwise;
  const struct node *node;
};

static uint64_t
call_hash (const struct call *call)
{
  const uint64_t odd = UINT64_C (0x9e3779b97f4a7c15);
  uint64_t hash = call->rule_count;

  for (size_t i = 0; i < call->rule_count; i++) {
    const struct rule *rule = &call->rules[i];

    hash = (hash ^ rule->verdict) * odd;
    for (int t = 0; t < rule->test_count; t++)
      hash = (hash ^ hash >> 29 ^ rule->tests[t].value ^ rule->tests[t].index) * odd;
  }
  return hash;
}

static bool
call_equal (const struct call *a, const struct call *b)
{
  if (a->rule_count != b->rule_count)
    return false;
  for (size_t i = 0; i < a->rule_count; i++) {
    const struct rule *left = &a->rules[i], *right = &b->rules[i];

    if (left->verdict != right->verdict || left->test_count != right->test_count)
      return false;
    for (int t = 0; t < left->test_count; t++)
      if (!test_equal (&left->tests[t], &right->tests[t]))
        return false;
  }
  return true;
}

int
condition_build (const struct node **out, struct graph *graph, const struct call *call,
                 const struct abi_row *abi, uint32_t otherwise, struct arena *scratch,
                 struct oci_seccomp_error *err)
{
  uint64_t hash;
  int code;

  if (call->rules[0].test_count == 0) {
    *out = node_return (graph, call->rules[0].verdict);
    return OCI_SECCOMP_OK;
  }
  hash = call_hash (call);
  for (struct lowered *same = graph->lowered; same; same = same->next)
    if (same->hash == hash && same->wide == abi->wide && same->otherwise == otherwise &&
        call_equal (same->call, call)) {
      *out = same->node;
      return OCI_SECCOMP_OK;
    }
  code = lower_call (out, graph, call, abi, otherwise, scratch, err);
  if (code == OCI_SECCOMP_OK) {
    struct lowered *lowered = ARENA_NEW (scratch, struct lowered);

    *lowered = (struct lowered){graph->lowered, hash, call, abi->wide, otherwise, *out};
    graph->lowered = lowered;
  }
  return code;
}
