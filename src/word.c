#include "word.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "verdict.h"

void
word_constant (struct word *out, uint32_t value)
{
  for (unsigned i = 0; i < 32; i++)
    out->bits[i] = value >> i & 1 ? DIAGRAM_TRUE : DIAGRAM_FALSE;
}

void
word_field (struct diagrams *diagrams, struct word *out, unsigned level)
{
  for (unsigned i = 0; i < 32; i++)
    out->bits[i] = diagram_bit (diagrams, level + 31 - i);
}

static diagram
bit_xor (struct diagrams *diagrams, diagram one, diagram other)
{
  return diagram_choose (diagrams, one, diagram_not (diagrams, other), other);
}

/* one + other + carry; subtraction is addition of the complement with a carry. */
static void
word_add (struct diagrams *diagrams, struct word *out, const struct word *one,
          const struct word *other, bool subtract)
{
  diagram carry = subtract ? DIAGRAM_TRUE : DIAGRAM_FALSE;

  for (unsigned i = 0; i < 32; i++) {
    diagram a = one->bits[i];
    diagram b = subtract ? diagram_not (diagrams, other->bits[i]) : other->bits[i];
    diagram both = diagram_and (diagrams, b, carry), any = diagram_or (diagrams, b, carry);

    out->bits[i] = bit_xor (diagrams, a, bit_xor (diagrams, b, carry));
    carry = diagram_choose (diagrams, a, any, both);
  }
}

static void
word_shift (struct word *out, const struct word *word, unsigned count, bool left)
{
  struct word shifted;

  word_constant (&shifted, 0);
  for (unsigned i = 0; i + count < 32; i++)
    shifted.bits[left ? i + count : i] = word->bits[left ? i : i + count];
  *out = shifted;
}

static void
word_choose (struct diagrams *diagrams, struct word *out, diagram condition, const struct word *yes,
             const struct word *no)
{
  for (unsigned i = 0; i < 32; i++)
    out->bits[i] = diagram_choose (diagrams, condition, yes->bits[i], no->bits[i]);
}

/* By the five low bits of `count`, each of which shifts or does not. */
static void
word_shift_by (struct diagrams *diagrams, struct word *out, const struct word *word,
               const struct word *count, bool left)
{
  struct word result = *word;

  for (unsigned i = 0; i < 5; i++) {
    struct word shifted;

    word_shift (&shifted, &result, 1u << i, left);
    word_choose (diagrams, &result, count->bits[i], &shifted, &result);
  }
  *out = result;
}

static void
word_multiply (struct diagrams *diagrams, struct word *out, const struct word *one,
               const struct word *other)
{
  struct word sum, zero;

  word_constant (&zero, 0);
  sum = zero;
  for (unsigned i = 0; i < 32 && !diagrams->exceeded; i++) {
    struct word shifted;

    if (other->bits[i] == DIAGRAM_FALSE)
      continue;
    word_shift (&shifted, one, i, true);
    word_choose (diagrams, &shifted, other->bits[i], &shifted, &zero);
    word_add (diagrams, &sum, &sum, &shifted, false);
  }
  *out = sum;
}

/* Long division. The remainder has 33 bits for a moment: where the one shifted out is set, the
 * divisor goes in whatever the rest is. */
static void
word_divide (struct diagrams *diagrams, struct word *out, const struct word *one,
             const struct word *other)
{
  struct word rest, quotient;

  word_constant (&rest, 0);
  word_constant (&quotient, 0);
  for (unsigned i = 32; i-- > 0 && !diagrams->exceeded;) {
    diagram overflow = rest.bits[31];
    struct word less;

    word_shift (&rest, &rest, 1, true);
    rest.bits[0] = one->bits[i];
    quotient.bits[i] = diagram_or (diagrams, overflow, word_test (diagrams, BPF_JGE, &rest, other));
    word_add (diagrams, &less, &rest, other, true);
    word_choose (diagrams, &rest, quotient.bits[i], &less, &rest);
  }
  *out = quotient;
}

static diagram
bit_operate (struct diagrams *diagrams, unsigned code, diagram one, diagram other)
{
  if (code == BPF_AND)
    return diagram_and (diagrams, one, other);
  return code == BPF_OR ? diagram_or (diagrams, one, other) : bit_xor (diagrams, one, other);
}

bool
word_operate (struct diagrams *diagrams, struct word *out, unsigned code, const struct word *one,
              const struct word *other)
{
  struct word result;

  switch (code) {
  case BPF_ADD:
  case BPF_SUB:
    word_add (diagrams, &result, one, other, code == BPF_SUB);
    break;
  case BPF_MUL:
    word_multiply (diagrams, &result, one, other);
    break;
  case BPF_DIV:
    word_divide (diagrams, &result, one, other);
    break;
  case BPF_LSH:
  case BPF_RSH:
    word_shift_by (diagrams, &result, one, other, code == BPF_LSH);
    break;
  case BPF_AND:
  case BPF_OR:
  case BPF_XOR:
    for (unsigned i = 0; i < 32; i++)
      result.bits[i] = bit_operate (diagrams, code, one->bits[i], other->bits[i]);
    break;
  default:
    return false;
  }
  *out = result;
  return true;
}

static diagram
word_equal (struct diagrams *diagrams, const struct word *one, const struct word *other)
{
  diagram equal = DIAGRAM_TRUE;

  for (unsigned i = 0; i < 32; i++) {
    diagram when_set = diagram_and (diagrams, other->bits[i], equal);
    diagram when_clear = diagram_choose (diagrams, other->bits[i], DIAGRAM_FALSE, equal);

    equal = diagram_choose (diagrams, one->bits[i], when_set, when_clear);
  }
  return equal;
}

/* From the least significant bit up, so that what is built so far asks for lower bits only. */
static diagram
word_greater (struct diagrams *diagrams, const struct word *one, const struct word *other,
              bool or_equal)
{
  diagram greater = or_equal ? DIAGRAM_TRUE : DIAGRAM_FALSE;

  for (unsigned i = 0; i < 32; i++) {
    diagram when_set = diagram_choose (diagrams, other->bits[i], greater, DIAGRAM_TRUE);
    diagram when_clear = diagram_choose (diagrams, other->bits[i], DIAGRAM_FALSE, greater);

    greater = diagram_choose (diagrams, one->bits[i], when_set, when_clear);
  }
  return greater;
}

static diagram
word_any (struct diagrams *diagrams, const struct word *word, unsigned from)
{
  diagram any = DIAGRAM_FALSE;

  for (unsigned i = from; i < 32; i++)
    any = diagram_or (diagrams, word->bits[i], any);
  return any;
}

diagram
word_over_31 (struct diagrams *diagrams, const struct word *word)
{
  return word_any (diagrams, word, 5);
}

diagram
word_test (struct diagrams *diagrams, unsigned code, const struct word *one,
           const struct word *other)
{
  struct word both;

  if (code == BPF_JEQ)
    return word_equal (diagrams, one, other);
  if (code != BPF_JSET)
    return word_greater (diagrams, one, other, code == BPF_JGE);
  word_operate (diagrams, &both, BPF_AND, one, other);
  return word_any (diagrams, &both, 0);
}

/* One action with the low bits of a word as its data: bit by bit behind those of the action, data
 * above what the action can have brought down to that first. */
static diagram
action_verdict (struct diagrams *diagrams, uint32_t action, const struct word *word)
{
  diagram verdict = diagram_leaf (diagrams, action >> 16), over;
  struct word mask, data, most;

  word_constant (&mask, SECCOMP_RET_DATA);
  word_constant (&most, verdict_effect (action | SECCOMP_RET_DATA) & SECCOMP_RET_DATA);
  word_operate (diagrams, &data, BPF_AND, word, &mask);
  over = word_test (diagrams, BPF_JGT, &data, &most);
  for (unsigned i = 16; i-- > 0;)
    verdict = diagram_append (diagrams, verdict,
                              diagram_choose (diagrams, over, most.bits[i], data.bits[i]));
  return verdict;
}

diagram
word_verdict (struct diagrams *diagrams, const struct word *word)
{
  diagram verdict = diagram_leaf (diagrams, SECCOMP_RET_KILL_PROCESS);
  struct word mask, action;

  word_constant (&mask, SECCOMP_RET_ACTION_FULL);
  word_operate (diagrams, &action, BPF_AND, word, &mask);
  for (size_t i = 0; i < verdict_action_count; i++) {
    struct word known;
    diagram here;

    word_constant (&known, verdict_actions[i]);
    here = word_test (diagrams, BPF_JEQ, &action, &known);
    if (here != DIAGRAM_FALSE)
      verdict = diagram_choose (diagrams, here, action_verdict (diagrams, verdict_actions[i], word),
                                verdict);
  }
  return verdict;
}
