#include "clause.h"

#include <stdlib.h>

#include "syscalls.h"

/* --- points 4 and 5: which rule comes first -------------------------------------------------- */

static int
order_of (uint64_t one, uint64_t other)
{
  return one < other ? -1 : one > other;
}

static int
operator_rank (enum op op)
{
  if (op == OPERATOR_LT || op == OPERATOR_LE)
    return 1;
  return op == OPERATOR_GT || op == OPERATOR_GE ? 2 : 0;
}

static int
comparison_order (const struct comparison *one, const struct comparison *other)
{
  int rank = operator_rank (one->op);

  if (one->index != other->index)
    return order_of (other->index, one->index);
  if (rank != operator_rank (other->op))
    return rank - operator_rank (other->op);
  return rank == 1 ? order_of (one->value, other->value) : order_of (other->value, one->value);
}

/* A rule that is a prefix of another comes first: so does one without conditions, before all. */
static int
clause_order (const void *left, const void *right)
{
  const struct clause *one = left, *other = right;

  if (one->number != other->number)
    return order_of (one->number, other->number);
  for (unsigned i = 0; i < one->count && i < other->count; i++) {
    int order = comparison_order (&one->comparisons[i], &other->comparisons[i]);

    if (order)
      return order;
  }
  if (one->count != other->count)
    return order_of (one->count, other->count);
  return order_of (one->order, other->order);
}

/* --- points 1, 2, 3, 7: from a rule to clauses ------------------------------------------------ */

static void
clause_add (struct clauses *clauses, uint32_t number, uint32_t verdict,
            const struct comparison *comparisons, unsigned count)
{
  struct clause *clause = ARENA_PUSH (clauses->arena, clauses->items, clauses->count);

  *clause = (struct clause){
      .number = number,
      .order = (uint32_t) clauses->count,
      .verdict = verdict,
      .count = count,
      .comparisons = comparisons,
  };
}

/* False for what is always true. */
static bool
comparison_make (const struct clauses *clauses, struct comparison *out,
                 const struct condition *condition)
{
  bool masked = condition->op == OPERATOR_MASKED_EQ;
  uint64_t all = clauses->row->wide ? UINT64_MAX : UINT32_MAX;

  out->index = condition->index;
  out->op = condition->op;
  out->mask = masked ? condition->value & all : all;
  out->value = (masked ? condition->value_two : condition->value) & out->mask;
  return out->mask != 0;
}

/* A multiplexed call is reached by the multiplexer too: there argument 0 tells which call it is, in
 * place of what the rule asks of it. */
static void
clauses_multiplexed (struct clauses *clauses, uint32_t number, uint32_t call, uint32_t verdict,
                     const struct comparison *comparisons, unsigned count)
{
  struct comparison *instead = ARENA_ARRAY (clauses->arena, struct comparison, ARGUMENT_COUNT);
  unsigned kept = 1;

  instead[0] = (struct comparison){0, OPERATOR_EQ, UINT64_MAX, call};
  if (!clauses->row->wide)
    instead[0].mask = UINT32_MAX;
  for (unsigned i = 0; i < count; i++)
    if (comparisons[i].index != 0)
      instead[kept++] = comparisons[i];
  clause_add (clauses, number, verdict, instead, kept);
}

static bool
multiplexer_number (const struct clauses *clauses, int syscall, uint32_t *number, uint32_t *call)
{
  int32_t own = -1;

  switch (syscall_multiplexer (syscall, call)) {
  case MULTIPLEXER_SOCKETCALL:
    own = clauses->row->socketcall;
    break;
  case MULTIPLEXER_IPC:
    own = clauses->row->ipc;
    break;
  case MULTIPLEXER_NONE:
    break;
  }
  if (own < 0)
    return false;
  *number = clauses->row->number_base + (uint32_t) own;
  return true;
}

static void
clauses_for_names (struct clauses *clauses, const struct profile_rule *rule,
                   const struct comparison *comparisons, unsigned count)
{
  for (size_t i = 0; i < rule->name_count; i++) {
    int syscall = rule->names[i].syscall;
    uint32_t number, call;

    if (syscall == SYSCALL_UNKNOWN) {
      if (rule->names[i].numbered)
        clause_add (clauses, rule->names[i].number, rule->verdict, comparisons, count);
      continue;
    }
    if (multiplexer_number (clauses, syscall, &number, &call))
      clauses_multiplexed (clauses, number, call, rule->verdict, comparisons, count);
    if (syscall_number (syscall, clauses->abi, &number))
      clause_add (clauses, number, rule->verdict, comparisons, count);
  }
}

static bool
any_index_twice (const struct profile_rule *rule)
{
  unsigned seen = 0;

  for (size_t i = 0; i < rule->condition_count; i++) {
    if (seen >> rule->conditions[i].index & 1)
      return true;
    seen |= 1u << rule->conditions[i].index;
  }
  return false;
}

/* Conditions that hold together, each on another argument: put in order by trying all six. */
static void
clauses_all (struct clauses *clauses, const struct profile_rule *rule)
{
  struct comparison *comparisons = ARENA_ARRAY (clauses->arena, struct comparison, ARGUMENT_COUNT);
  unsigned count = 0;

  for (unsigned index = 0; index < ARGUMENT_COUNT; index++)
    for (size_t i = 0; i < rule->condition_count; i++)
      if (rule->conditions[i].index == index &&
          comparison_make (clauses, &comparisons[count], &rule->conditions[i]))
        count++;
  clauses_for_names (clauses, rule, comparisons, count);
}

/* An argument that occurs twice makes each condition a rule. */
static void
clauses_each (struct clauses *clauses, const struct profile_rule *rule)
{
  for (size_t i = 0; i < rule->condition_count; i++) {
    struct comparison *comparison = ARENA_NEW (clauses->arena, struct comparison);
    bool says_something = comparison_make (clauses, comparison, &rule->conditions[i]);

    clauses_for_names (clauses, rule, comparison, says_something);
  }
}

/* --- the whole profile ----------------------------------------------------------------------- */

/* Names that a multiplexer serves do not count, as their numbers came later. */
static void
find_last (struct clauses *clauses, const struct profile_rule *rule)
{
  for (size_t i = 0; i < rule->name_count; i++) {
    int syscall = rule->names[i].syscall;
    uint32_t number, call;

    if (syscall != SYSCALL_UNKNOWN && !multiplexer_number (clauses, syscall, &number, &call) &&
        syscall_number (syscall, clauses->abi, &number) && number > clauses->last)
      clauses->last = number;
  }
}

void
clauses_read (struct clauses *clauses, const struct profile *profile, enum abi abi,
              struct arena *arena)
{
  *clauses = (struct clauses){.row = &abi_table[abi], .abi = abi, .arena = arena};
  for (size_t i = 0; i < profile->rule_count; i++) {
    const struct profile_rule *rule = &profile->rules[i];

    find_last (clauses, rule);
    if (rule->verdict == profile->default_verdict)
      continue;
    if (any_index_twice (rule))
      clauses_each (clauses, rule);
    else
      clauses_all (clauses, rule);
  }
  if (clauses->count)
    qsort (clauses->items, clauses->count, sizeof *clauses->items, clause_order);
}
