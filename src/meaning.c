#include "meaning.h"

#include <stdlib.h>
#include <string.h>

#include <linux/seccomp.h>

#include "syscalls.h"
#include "verdict.h"

enum { ENOSYS_EVERYWHERE = 38, ARGUMENT_COUNT = 6 };

/* One condition as an ABI sees it: (argument & mask) compared with value. */
struct comparison {
  unsigned index;
  enum op op;
  uint64_t mask, value;
};

/* One rule for one number: all comparisons hold, ascending by argument. */
struct clause {
  uint32_t number, order, verdict;
  unsigned count;
  const struct comparison *comparisons;
};

struct meaning {
  struct diagrams *diagrams;
  const struct profile *profile;
  const struct options *options;
};

/* What the profile says about one ABI. */
struct part {
  const struct meaning *meaning;
  const struct abi_row *row;
  enum abi abi;
  struct clause *clauses;
  size_t clause_count;
  uint32_t last; /* the largest number that is named; 0: none but perhaps 0 */
};

/* --- a condition as a diagram --------------------------------------------------------------- */

/* What an operator answers where the argument is less than, equal to, greater than the value. */
static const struct answers {
  diagram less, equal, greater;
} operator_answers[] = {
    [OPERATOR_NE] = {DIAGRAM_TRUE, DIAGRAM_FALSE, DIAGRAM_TRUE},
    [OPERATOR_LT] = {DIAGRAM_TRUE, DIAGRAM_FALSE, DIAGRAM_FALSE},
    [OPERATOR_LE] = {DIAGRAM_TRUE, DIAGRAM_TRUE, DIAGRAM_FALSE},
    [OPERATOR_EQ] = {DIAGRAM_FALSE, DIAGRAM_TRUE, DIAGRAM_FALSE},
    [OPERATOR_GE] = {DIAGRAM_FALSE, DIAGRAM_TRUE, DIAGRAM_TRUE},
    [OPERATOR_GT] = {DIAGRAM_FALSE, DIAGRAM_FALSE, DIAGRAM_TRUE},
    [OPERATOR_MASKED_EQ] = {DIAGRAM_FALSE, DIAGRAM_TRUE, DIAGRAM_FALSE},
};

/* From the least significant bit up: the highest bit that differs decides. */
static diagram
comparison_diagram (struct diagrams *diagrams, const struct comparison *comparison)
{
  const struct answers *answers = &operator_answers[comparison->op];
  diagram result = answers->equal;

  for (unsigned bit = 0; bit < 64; bit++) {
    unsigned level = LEVEL_ARGUMENT (comparison->index) + 63 - bit;

    if (!(comparison->mask >> bit & 1))
      continue;
    if (comparison->value >> bit & 1)
      result = diagram_node (diagrams, level, answers->less, result);
    else
      result = diagram_node (diagrams, level, result, answers->greater);
  }
  return result;
}

static diagram
clause_diagram (struct diagrams *diagrams, const struct clause *clause, diagram otherwise)
{
  diagram condition = DIAGRAM_TRUE;

  for (unsigned i = clause->count; i-- > 0;)
    condition =
        diagram_and (diagrams, comparison_diagram (diagrams, &clause->comparisons[i]), condition);
  return diagram_choose (diagrams, condition,
                         diagram_leaf (diagrams, verdict_effect (clause->verdict)), otherwise);
}

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
clause_add (struct part *part, uint32_t number, uint32_t verdict,
            const struct comparison *comparisons, unsigned count)
{
  struct arena *arena = part->meaning->diagrams->arena;
  struct clause *clause = ARENA_PUSH (arena, part->clauses, part->clause_count);

  *clause = (struct clause){
      .number = number,
      .order = (uint32_t) part->clause_count,
      .verdict = verdict,
      .count = count,
      .comparisons = comparisons,
  };
}

/* False for what is always true. */
static bool
comparison_make (const struct part *part, struct comparison *out, const struct condition *condition)
{
  bool masked = condition->op == OPERATOR_MASKED_EQ;
  uint64_t all = part->row->wide ? UINT64_MAX : UINT32_MAX;

  out->index = condition->index;
  out->op = condition->op;
  out->mask = masked ? condition->value & all : all;
  out->value = (masked ? condition->value_two : condition->value) & out->mask;
  return out->mask != 0;
}

/* A multiplexed call is reached by the multiplexer too: there argument 0 tells which call it is, in
 * place of what the rule asks of it. */
static void
clauses_multiplexed (struct part *part, uint32_t number, uint32_t call, uint32_t verdict,
                     const struct comparison *comparisons, unsigned count)
{
  struct arena *arena = part->meaning->diagrams->arena;
  struct comparison *instead = ARENA_ARRAY (arena, struct comparison, ARGUMENT_COUNT);
  unsigned kept = 1;

  instead[0] = (struct comparison){0, OPERATOR_EQ, UINT64_MAX, call};
  if (!part->row->wide)
    instead[0].mask = UINT32_MAX;
  for (unsigned i = 0; i < count; i++)
    if (comparisons[i].index != 0)
      instead[kept++] = comparisons[i];
  clause_add (part, number, verdict, instead, kept);
}

static bool
multiplexer_number (const struct part *part, int syscall, uint32_t *number, uint32_t *call)
{
  int32_t own = -1;

  switch (syscall_multiplexer (syscall, call)) {
  case MULTIPLEXER_SOCKETCALL:
    own = part->row->socketcall;
    break;
  case MULTIPLEXER_IPC:
    own = part->row->ipc;
    break;
  case MULTIPLEXER_NONE:
    break;
  }
  if (own < 0)
    return false;
  *number = part->row->number_base + (uint32_t) own;
  return true;
}

static void
clauses_for_names (struct part *part, const struct profile_rule *rule,
                   const struct comparison *comparisons, unsigned count)
{
  for (size_t i = 0; i < rule->name_count; i++) {
    int syscall = rule->names[i].syscall;
    uint32_t number, call;

    if (syscall == SYSCALL_UNKNOWN)
      continue;
    if (multiplexer_number (part, syscall, &number, &call))
      clauses_multiplexed (part, number, call, rule->verdict, comparisons, count);
    if (syscall_number (syscall, part->abi, &number))
      clause_add (part, number, rule->verdict, comparisons, count);
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
clauses_all (struct part *part, const struct profile_rule *rule)
{
  struct arena *arena = part->meaning->diagrams->arena;
  struct comparison *comparisons = ARENA_ARRAY (arena, struct comparison, ARGUMENT_COUNT);
  unsigned count = 0;

  for (unsigned index = 0; index < ARGUMENT_COUNT; index++)
    for (size_t i = 0; i < rule->condition_count; i++)
      if (rule->conditions[i].index == index &&
          comparison_make (part, &comparisons[count], &rule->conditions[i]))
        count++;
  clauses_for_names (part, rule, comparisons, count);
}

/* An argument that occurs twice makes each condition a rule. */
static void
clauses_each (struct part *part, const struct profile_rule *rule)
{
  struct arena *arena = part->meaning->diagrams->arena;

  for (size_t i = 0; i < rule->condition_count; i++) {
    struct comparison *comparison = ARENA_NEW (arena, struct comparison);
    bool says_something = comparison_make (part, comparison, &rule->conditions[i]);

    clauses_for_names (part, rule, comparison, says_something);
  }
}

/* --- point 9: what is newer than the profile -------------------------------------------------- */

/* Names that a multiplexer serves do not count, as their numbers came later. */
static void
find_last (struct part *part, const struct profile_rule *rule)
{
  for (size_t i = 0; i < rule->name_count; i++) {
    int syscall = rule->names[i].syscall;
    uint32_t number, call;

    if (syscall != SYSCALL_UNKNOWN && !multiplexer_number (part, syscall, &number, &call) &&
        syscall_number (syscall, part->abi, &number) && number > part->last)
      part->last = number;
  }
}

static bool
tells_newer (const struct meaning *meaning)
{
  uint32_t action = meaning->profile->default_verdict & SECCOMP_RET_ACTION_FULL;

  return meaning->options->newer == OCI_SECCOMP_NEWER_ENOSYS && action != SECCOMP_RET_ALLOW &&
         action != SECCOMP_RET_LOG && action != SECCOMP_RET_TRACE;
}

static diagram
number_from (struct diagrams *diagrams, uint64_t first)
{
  const struct span spans[] = {{0, DIAGRAM_FALSE}, {first, DIAGRAM_TRUE}};

  return diagram_from_spans (diagrams, LEVEL_NUMBER, 32, spans, 2);
}

/* ENOSYS in place of `older` for numbers of the ABI that are newer; s390 counts 0 among them, the
 * number of a call that goes by a register. */
static diagram
with_newer (const struct part *part, diagram older)
{
  struct diagrams *diagrams = part->meaning->diagrams;
  diagram enosys = diagram_leaf (diagrams, SECCOMP_RET_ERRNO | ENOSYS_EVERYWHERE);

  if (!tells_newer (part->meaning) || part->last == 0)
    return older;
  if (part->abi == ABI_S390 || part->abi == ABI_S390X)
    older = diagram_choose (diagrams, number_from (diagrams, 1), older, enosys);
  return diagram_choose (diagrams, number_from (diagrams, (uint64_t) part->last + 1), enosys,
                         older);
}

/* --- one ABI, one token, all ------------------------------------------------------------------ */

static diagram
default_leaf (const struct meaning *meaning)
{
  return diagram_leaf (meaning->diagrams, verdict_effect (meaning->profile->default_verdict));
}

static diagram
bad_arch_leaf (const struct meaning *meaning)
{
  return diagram_leaf (meaning->diagrams, verdict_effect (meaning->options->bad_arch));
}

static void
part_read (struct part *part, const struct meaning *meaning, enum abi abi)
{
  *part = (struct part){.meaning = meaning, .row = &abi_table[abi], .abi = abi};
  for (size_t i = 0; i < meaning->profile->rule_count; i++) {
    const struct profile_rule *rule = &meaning->profile->rules[i];

    find_last (part, rule);
    if (rule->verdict == meaning->profile->default_verdict)
      continue;
    if (any_index_twice (rule))
      clauses_each (part, rule);
    else
      clauses_all (part, rule);
  }
  if (part->clause_count)
    qsort (part->clauses, part->clause_count, sizeof *part->clauses, clause_order);
}

/* The rules of one number, from the last to decide to the first. */
static diagram
number_diagram (const struct part *part, size_t begin, size_t end)
{
  struct diagrams *diagrams = part->meaning->diagrams;
  diagram result = default_leaf (part->meaning);

  if (part->clauses[begin].count == 0)
    end = begin + 1;
  while (end-- > begin)
    result = clause_diagram (diagrams, &part->clauses[end], result);
  return result;
}

/* The rules of an ABI, and the default for all other numbers. */
static diagram
rules_diagram (const struct part *part)
{
  struct diagrams *diagrams = part->meaning->diagrams;
  diagram otherwise = default_leaf (part->meaning);
  struct span *spans = ARENA_ARRAY (diagrams->arena, struct span, 2 * part->clause_count + 1);
  size_t count = 0, begin = 0, end;

  spans[count++] = (struct span){0, otherwise};
  for (; begin < part->clause_count; begin = end) {
    uint32_t number = part->clauses[begin].number;

    for (end = begin + 1; end < part->clause_count && part->clauses[end].number == number; end++)
      ;
    if (spans[count - 1].first == number)
      count--;
    spans[count++] = (struct span){number, number_diagram (part, begin, end)};
    spans[count++] = (struct span){(uint64_t) number + 1, otherwise};
  }
  return diagram_from_spans (diagrams, LEVEL_NUMBER, 32, spans, count);
}

/* x86_64 and x32 share a token. Numbers from bit 30 on are x32's; but bit 30 alone tells which of
 * the two a newer number is newer than. -1 is the number of a call that a tracer skips: it is bad
 * for neither. */
static diagram
x86_64_diagram (const struct meaning *meaning, uint32_t abis)
{
  struct diagrams *diagrams = meaning->diagrams;
  diagram bad = bad_arch_leaf (meaning), low = bad, high, older, bit_30;
  struct part x86_64 = {.meaning = meaning}, x32 = x86_64;

  high = diagram_choose (diagrams, number_from (diagrams, UINT32_MAX), default_leaf (meaning), bad);
  if (abis & ABI_BIT (ABI_X86_64)) {
    part_read (&x86_64, meaning, ABI_X86_64);
    low = rules_diagram (&x86_64);
  }
  if (abis & ABI_BIT (ABI_X32)) {
    part_read (&x32, meaning, ABI_X32);
    high = rules_diagram (&x32);
  }
  older = diagram_choose (diagrams, number_from (diagrams, X32_BIT), high, low);
  bit_30 = diagram_node (diagrams, LEVEL_NUMBER + 1, DIAGRAM_FALSE, DIAGRAM_TRUE);
  return diagram_choose (diagrams, bit_30, with_newer (&x32, older), with_newer (&x86_64, older));
}

static diagram
token_diagram (const struct meaning *meaning, uint32_t abis, enum abi abi)
{
  struct part part;

  if (abi_table[abi].token == abi_table[ABI_X86_64].token)
    return x86_64_diagram (meaning, abis);
  part_read (&part, meaning, abi);
  return with_newer (&part, rules_diagram (&part));
}

diagram
profile_diagram (struct diagrams *diagrams, const struct profile *profile,
                 const struct options *options)
{
  struct meaning meaning = {diagrams, profile, options};
  uint32_t abis = profile->abis | ABI_BIT (options->native);
  diagram result = bad_arch_leaf (&meaning);

  for (enum abi abi = 0; abi < ABI_COUNT; abi++) {
    uint32_t token = abi_table[abi].token;
    const struct span is_token[] = {
        {0, DIAGRAM_FALSE}, {token, DIAGRAM_TRUE}, {(uint64_t) token + 1, DIAGRAM_FALSE}};

    if (!(abis & ABI_BIT (abi)) || (abi == ABI_X32 && abis & ABI_BIT (ABI_X86_64)))
      continue; /* x32 is done with x86_64 */
    result = diagram_choose (diagrams, diagram_from_spans (diagrams, LEVEL_ARCH, 32, is_token, 3),
                             token_diagram (&meaning, abis, abi), result);
  }
  return result;
}
