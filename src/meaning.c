#include "meaning.h"

#include <linux/seccomp.h>

#include "verdict.h"

/* Leaves from here on are no verdicts but tell which number's clauses decide: of the kernel's
 * actions ERRNO is far below, TRACE far above. */
enum { FIRST_NUMBER = 0x10000000 };

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
    diagram set;

    if (!(comparison->mask >> bit & 1))
      continue;
    set = diagram_bit (diagrams, LEVEL_ARGUMENT (comparison->index) + 63 - bit);
    if (comparison->value >> bit & 1)
      result = diagram_choose (diagrams, set, result, answers->less);
    else
      result = diagram_choose (diagrams, set, answers->greater, result);
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

/* --- point 9: what is newer than the profile -------------------------------------------------- */

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
with_newer (const struct meaning *meaning, const struct clauses *clauses, diagram older)
{
  struct diagrams *diagrams = meaning->diagrams;
  diagram enosys = diagram_leaf (diagrams, SECCOMP_RET_ERRNO | abi_enosys (clauses->abi));

  if (!tells_newer (meaning) || clauses->last == 0)
    return older;
  if (clauses->abi == ABI_S390 || clauses->abi == ABI_S390X)
    older = diagram_choose (diagrams, number_from (diagrams, 1), older, enosys);
  return diagram_choose (diagrams, number_from (diagrams, (uint64_t) clauses->last + 1), enosys,
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

/* From the last to the first: but many by halves, as each that is put before others makes a large
 * part of their diagram anew. What the first half leaves undecided, the rest decides. */
static diagram
clauses_diagram (struct diagrams *diagrams, const struct clause *clauses, size_t count,
                 diagram otherwise)
{
  enum { FEW = 64 };
  size_t half = count / 2;
  diagram first, rest;

  if (count <= FEW) {
    while (count-- > 0)
      otherwise = clause_diagram (diagrams, &clauses[count], otherwise);
    return otherwise;
  }
  first = clauses_diagram (diagrams, clauses, half, diagram_leaf (diagrams, VERDICT_UNDEFINED));
  rest = clauses_diagram (diagrams, clauses + half, count - half, otherwise);
  return diagram_choose (diagrams, diagram_where (diagrams, first, VERDICT_UNDEFINED), rest, first);
}

static bool
same_comparisons (const struct clause *one, const struct clause *other)
{
  for (unsigned i = 0; i < one->count; i++) {
    const struct comparison *a = &one->comparisons[i], *b = &other->comparisons[i];

    if (a->index != b->index || a->op != b->op || a->mask != b->mask || a->value != b->value)
      return false;
  }
  return true;
}

static bool
same_clauses (const struct meaning_number *one, const struct meaning_number *other)
{
  if (one->count != other->count)
    return false;
  for (size_t i = 0; i < one->count; i++)
    if (one->clauses[i].verdict != other->clauses[i].verdict ||
        one->clauses[i].count != other->clauses[i].count ||
        !same_comparisons (&one->clauses[i], &other->clauses[i]))
      return false;
  return true;
}

/* Profiles put many names under the same conditions. What such a number means may be known, from
 * another name or another ABI; this is where it is kept, by some of what its clauses say. */
static struct meaning_known *
known_slot (struct meaning *meaning, const struct meaning_number *number)
{
  const struct clause *first = number->clauses;
  uint64_t hash = first->verdict + number->count;

  for (unsigned i = 0; i < first->count; i++)
    hash = (hash ^ first->comparisons[i].value ^ first->comparisons[i].index) *
           UINT64_C (0x9e3779b97f4a7c15);
  return &meaning->known[hash >> 32 & (MEANING_KNOWN - 1)];
}

/* The rules of one number, the first that matches deciding. */
static diagram
number_diagram (struct meaning *meaning, const struct meaning_number *number)
{
  struct diagrams *diagrams = meaning->diagrams;
  struct meaning_known *known;
  bool exceeded = diagrams->exceeded;

  if (meaning->by_call) {
    *ARENA_PUSH (diagrams->arena, meaning->numbers, meaning->number_count) = *number;
    return diagram_leaf (diagrams, FIRST_NUMBER + (uint32_t) meaning->number_count - 1);
  }
  known = known_slot (meaning, number);
  if (known->number.count && same_clauses (&known->number, number))
    return known->result;
  known->number = *number;
  known->result =
      clauses_diagram (diagrams, number->clauses, number->count, default_leaf (meaning));
  if (diagrams->exceeded && !exceeded)
    meaning->too_large = *number;
  return known->result;
}

/* The rules of an ABI, and the default for all other numbers. */
static diagram
rules_diagram (struct meaning *meaning, const struct clauses *clauses)
{
  struct diagrams *diagrams = meaning->diagrams;
  diagram otherwise = default_leaf (meaning);
  struct span *spans = ARENA_ARRAY (diagrams->arena, struct span, 2 * clauses->count + 1);
  size_t count = 0, begin = 0, end;

  spans[count++] = (struct span){0, otherwise};
  for (; begin < clauses->count; begin = end) {
    const struct clause *first = &clauses->items[begin];
    struct meaning_number number = {clauses->abi, first, 1};

    for (end = begin + 1; end < clauses->count && clauses->items[end].number == first->number;
         end++)
      ;
    if (first->count > 0)
      number.count = end - begin;
    if (spans[count - 1].first == first->number)
      count--;
    spans[count++] = (struct span){first->number, number_diagram (meaning, &number)};
    spans[count++] = (struct span){(uint64_t) first->number + 1, otherwise};
  }
  return diagram_from_spans (diagrams, LEVEL_NUMBER, 32, spans, count);
}

/* x86_64 and x32 share a token. Numbers from bit 30 on are x32's; but bit 30 alone tells which of
 * the two a newer number is newer than. -1 is the number of a call that a tracer skips: it is bad
 * for neither. */
static diagram
x86_64_diagram (struct meaning *meaning, uint32_t abis)
{
  struct diagrams *diagrams = meaning->diagrams;
  diagram bad = bad_arch_leaf (meaning), low = bad, high, older, bit_30;
  struct clauses x86_64 = {0}, x32 = {0};

  high = diagram_choose (diagrams, number_from (diagrams, UINT32_MAX), default_leaf (meaning), bad);
  if (abis & ABI_BIT (ABI_X86_64)) {
    clauses_read (&x86_64, meaning->profile, ABI_X86_64, diagrams->arena);
    low = rules_diagram (meaning, &x86_64);
  }
  if (abis & ABI_BIT (ABI_X32)) {
    clauses_read (&x32, meaning->profile, ABI_X32, diagrams->arena);
    high = rules_diagram (meaning, &x32);
  }
  older = diagram_choose (diagrams, number_from (diagrams, X32_BIT), high, low);
  bit_30 = diagram_node (diagrams, LEVEL_NUMBER + 1, DIAGRAM_FALSE, DIAGRAM_TRUE);
  return diagram_choose (diagrams, bit_30, with_newer (meaning, &x32, older),
                         with_newer (meaning, &x86_64, older));
}

static diagram
token_diagram (struct meaning *meaning, uint32_t abis, enum abi abi)
{
  struct clauses clauses;

  if (abi_table[abi].token == abi_table[ABI_X86_64].token)
    return x86_64_diagram (meaning, abis);
  clauses_read (&clauses, meaning->profile, abi, meaning->diagrams->arena);
  return with_newer (meaning, &clauses, rules_diagram (meaning, &clauses));
}

static diagram
profile_diagram (struct meaning *meaning)
{
  struct diagrams *diagrams = meaning->diagrams;
  uint32_t abis = meaning->profile->abis | ABI_BIT (meaning->options->native);
  diagram result = bad_arch_leaf (meaning);

  for (enum abi abi = 0; abi < ABI_COUNT; abi++) {
    uint32_t token = abi_table[abi].token;
    const struct span is_token[] = {
        {0, DIAGRAM_FALSE}, {token, DIAGRAM_TRUE}, {(uint64_t) token + 1, DIAGRAM_FALSE}};

    if (!(abis & ABI_BIT (abi)) || (abi == ABI_X32 && abis & ABI_BIT (ABI_X86_64)))
      continue; /* x32 is done with x86_64 */
    result = diagram_choose (diagrams, diagram_from_spans (diagrams, LEVEL_ARCH, 32, is_token, 3),
                             token_diagram (meaning, abis, abi), result);
  }
  return result;
}

void
meaning_read (struct meaning *meaning, struct diagrams *diagrams, const struct profile *profile,
              const struct options *options)
{
  *meaning = (struct meaning){.diagrams = diagrams, .profile = profile, .options = options};
  meaning->result = profile_diagram (meaning);
}

/* --- one call --------------------------------------------------------------------------------- */

void
meaning_read_by_call (struct meaning *meaning, struct arena *arena, const struct profile *profile,
                      const struct options *options)
{
  *meaning = (struct meaning){.profile = profile, .options = options, .by_call = true};
  meaning->diagrams = ARENA_NEW (arena, struct diagrams);
  diagrams_init (meaning->diagrams, arena);
  meaning->result = profile_diagram (meaning);
}

static bool
comparison_holds (const struct comparison *comparison, const struct seccomp_data *call)
{
  const struct answers *answers = &operator_answers[comparison->op];
  uint64_t argument = call->args[comparison->index] & comparison->mask;

  if (argument == comparison->value)
    return answers->equal == DIAGRAM_TRUE;
  return (argument < comparison->value ? answers->less : answers->greater) == DIAGRAM_TRUE;
}

static bool
clause_holds (const struct clause *clause, const struct seccomp_data *call)
{
  for (unsigned i = 0; i < clause->count; i++)
    if (!comparison_holds (&clause->comparisons[i], call))
      return false;
  return true;
}

uint32_t
meaning_verdict (const struct meaning *meaning, const struct seccomp_data *call)
{
  uint32_t leaf = diagram_value (meaning->diagrams, meaning->result, call);
  const struct meaning_number *number;

  if (leaf < FIRST_NUMBER || leaf - FIRST_NUMBER >= meaning->number_count)
    return leaf;
  number = &meaning->numbers[leaf - FIRST_NUMBER];
  for (size_t i = 0; i < number->count; i++)
    if (clause_holds (&number->clauses[i], call))
      return verdict_effect (number->clauses[i].verdict);
  return verdict_effect (meaning->profile->default_verdict);
}
