#include "residual.h"

bool
operator_holds (enum op op, uint64_t mask, uint64_t value, uint64_t argument)
{
  switch (op) {
  case OPERATOR_NE:
    return argument != value;
  case OPERATOR_LT:
    return argument < value;
  case OPERATOR_LE:
    return argument <= value;
  case OPERATOR_EQ:
    return argument == value;
  case OPERATOR_GE:
    return argument >= value;
  case OPERATOR_GT:
    return argument > value;
  case OPERATOR_MASKED_EQ:
    return (argument & mask) == value;
  }
  return false;
}

static enum outcome
outcome_of (bool holds)
{
  return holds ? OUTCOME_TRUE : OUTCOME_FALSE;
}

/* Settles tests of one word that hold for every value or none, and makes a mask of all ones an
 * equality, so that equal tests look equal. */
static enum outcome
begin_word (struct residual *out, enum part part, uint32_t index, enum op op, uint32_t mask,
            uint32_t value)
{
  if (op != OPERATOR_MASKED_EQ)
    mask = UINT32_MAX;
  else if (mask == UINT32_MAX)
    op = OPERATOR_EQ;
  *out = (struct residual){mask, value, op, part, index};
  switch (op) {
  case OPERATOR_LT:
    return value == 0 ? OUTCOME_FALSE : OUTCOME_OPEN;
  case OPERATOR_GT:
    return value == UINT32_MAX ? OUTCOME_FALSE : OUTCOME_OPEN;
  case OPERATOR_LE:
    return value == UINT32_MAX ? OUTCOME_TRUE : OUTCOME_OPEN;
  case OPERATOR_GE:
    return value == 0 ? OUTCOME_TRUE : OUTCOME_OPEN;
  case OPERATOR_MASKED_EQ:
    return mask == 0 ? OUTCOME_TRUE : OUTCOME_OPEN;
  default:
    return OUTCOME_OPEN;
  }
}

/* A mask of 64 bits is one of each word, and the two hold together. */
static enum outcome
begin_masked (struct residual out[RESIDUALS_PER_TEST], uint32_t *count, const struct test *test)
{
  *count = 0;
  if (begin_word (&out[*count], PART_HIGH, test->index, OPERATOR_MASKED_EQ,
                  (uint32_t) (test->mask >> 32), (uint32_t) (test->value >> 32)) == OUTCOME_OPEN)
    ++*count;
  if (begin_word (&out[*count], PART_LOW, test->index, OPERATOR_MASKED_EQ, (uint32_t) test->mask,
                  (uint32_t) test->value) == OUTCOME_OPEN)
    ++*count;
  return *count ? OUTCOME_OPEN : OUTCOME_TRUE;
}

enum outcome
residual_begin (struct residual out[RESIDUALS_PER_TEST], uint32_t *count, const struct test *test,
                bool wide)
{
  *count = 1;
  if (!wide)
    return begin_word (out, PART_LOW, test->index, test->op, (uint32_t) test->mask,
                       (uint32_t) test->value);
  if (test->op == OPERATOR_MASKED_EQ && test->mask != UINT64_MAX)
    return begin_masked (out, count, test);
  *out = (struct residual){UINT64_MAX, test->value, test->op, PART_BOTH, test->index};
  if (test->op == OPERATOR_MASKED_EQ)
    out->op = OPERATOR_EQ;
  return OUTCOME_OPEN;
}

/* Equal high words leave the decision to the low one; others decide by themselves. */
static enum outcome
know_high (struct residual *out, const struct residual *test, uint32_t high)
{
  uint32_t wanted = (uint32_t) (test->value >> 32);

  if (high != wanted)
    return outcome_of (operator_holds (test->op, 0, wanted, high));
  return begin_word (out, PART_LOW, test->index, test->op, UINT32_MAX, (uint32_t) test->value);
}

/* The order of two 64-bit values is that of their high words and, where these are equal, that of
 * the low ones, which is known. */
static enum outcome
know_low (struct residual *out, const struct residual *test, uint32_t low)
{
  bool holds = operator_holds (test->op, 0, (uint32_t) test->value, low);
  enum op op = test->op;

  switch (op) {
  case OPERATOR_LT:
  case OPERATOR_LE:
    op = holds ? OPERATOR_LE : OPERATOR_LT;
    break;
  case OPERATOR_GE:
  case OPERATOR_GT:
    op = holds ? OPERATOR_GE : OPERATOR_GT;
    break;
  case OPERATOR_NE:
    if (holds)
      return OUTCOME_TRUE;
    break;
  default:
    if (!holds)
      return OUTCOME_FALSE;
    break;
  }
  return begin_word (out, PART_HIGH, test->index, op, UINT32_MAX, (uint32_t) (test->value >> 32));
}

static enum outcome
know_masked (struct residual *out, const struct residual *test, const struct knowledge *known)
{
  uint32_t mask = (uint32_t) known->masked->mask;
  uint32_t test_mask = (uint32_t) test->mask;
  bool agree = (((uint32_t) test->value ^ (uint32_t) known->masked->value) & test_mask & mask) == 0;

  *out = *test;
  if (test->part == PART_BOTH || (test->op != OPERATOR_MASKED_EQ && test->op != OPERATOR_EQ))
    return OUTCOME_OPEN;
  if (known->masked_holds) {
    if (!agree)
      return OUTCOME_FALSE;
    return (test_mask & ~mask) ? OUTCOME_OPEN : OUTCOME_TRUE;
  }
  /* A test of more bits would imply the one that is known not to hold. */
  return agree && (mask & ~test_mask) == 0 ? OUTCOME_FALSE : OUTCOME_OPEN;
}

enum outcome
residual_know (struct residual *out, const struct residual *test, const struct knowledge *known)
{
  enum part part = known->high ? PART_HIGH : PART_LOW;

  if (test->index != known->index || (test->part != PART_BOTH && test->part != part)) {
    *out = *test;
    return OUTCOME_OPEN;
  }
  if (known->masked)
    return know_masked (out, test, known);
  if (test->part != PART_BOTH)
    return outcome_of (operator_holds (test->op, test->mask, test->value, known->value));
  return known->high ? know_high (out, test, known->value) : know_low (out, test, known->value);
}

uint64_t
residual_hash (uint64_t hash, const struct residual *test)
{
  const uint64_t odd = UINT64_C (0x9e3779b97f4a7c15);

  hash = (hash ^ test->mask) * odd;
  hash = (hash ^ (hash >> 29) ^ test->value) * odd;
  hash = (hash ^ (hash >> 29) ^ (uint64_t) test->op ^ (uint64_t) test->part << 8 ^
          (uint64_t) test->index << 16) *
         odd;
  return hash ^ (hash >> 32);
}

bool
residual_equal (const struct residual *a, const struct residual *b)
{
  return a->value == b->value && a->mask == b->mask && a->op == b->op && a->part == b->part &&
         a->index == b->index;
}

bool
test_equal (const struct test *a, const struct test *b)
{
  return a->value == b->value && a->mask == b->mask && a->op == b->op && a->index == b->index;
}
