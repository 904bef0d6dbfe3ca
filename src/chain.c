#include "condition.h"

#include <linux/filter.h>

/* One test of a word that is in the accumulator. */
static const struct node *
chain_word (struct graph *graph, enum op op, uint32_t mask, uint32_t value, const struct node *yes,
            const struct node *no)
{
  switch (op) {
  case OPERATOR_EQ:
    return node_test (graph, BPF_JEQ, value, yes, no);
  case OPERATOR_NE:
    return node_test (graph, BPF_JEQ, value, no, yes);
  case OPERATOR_GE:
    return node_test (graph, BPF_JGE, value, yes, no);
  case OPERATOR_LT:
    return node_test (graph, BPF_JGE, value, no, yes);
  case OPERATOR_GT:
    return node_test (graph, BPF_JGT, value, yes, no);
  case OPERATOR_LE:
    return node_test (graph, BPF_JGT, value, no, yes);
  case OPERATOR_MASKED_EQ:
    if (mask == 0)
      return yes;
    return node_alu (graph, BPF_AND, mask, node_test (graph, BPF_JEQ, value, yes, no));
  }
  return no;
}

/* High words that are equal leave the decision to the low ones; of others the greater decides. */
static const struct node *
chain_wide (struct graph *graph, const struct test *test, const struct node *low,
            const struct node *yes, const struct node *no)
{
  uint32_t high = (uint32_t) (test->value >> 32);
  const struct node *unequal;

  switch (test->op) {
  case OPERATOR_EQ:
    unequal = no;
    break;
  case OPERATOR_NE:
    unequal = yes;
    break;
  case OPERATOR_GE:
  case OPERATOR_GT:
    unequal = node_test (graph, BPF_JGT, high, yes, no);
    break;
  case OPERATOR_LT:
  case OPERATOR_LE:
    unequal = node_test (graph, BPF_JGT, high, no, yes);
    break;
  default: /* OPERATOR_MASKED_EQ */
    return chain_word (graph, test->op, (uint32_t) (test->mask >> 32), high, low, no);
  }
  return node_test (graph, BPF_JEQ, high, low, unequal);
}

static const struct node *
chain_test (struct graph *graph, const struct test *test, const struct abi_row *abi,
            const struct node *yes, const struct node *no)
{
  const struct node *low = node_load (
      graph, abi_argument_offset (abi->big_endian, test->index, false),
      chain_word (graph, test->op, (uint32_t) test->mask, (uint32_t) test->value, yes, no));

  if (!abi->wide)
    return low;
  return node_load (graph, abi_argument_offset (abi->big_endian, test->index, true),
                    chain_wide (graph, test, low, yes, no));
}

const struct node *
chain_build (struct graph *graph, const struct call *call, const struct abi_row *abi,
             uint32_t otherwise)
{
  const struct node *next = node_return (graph, otherwise);

  for (size_t i = call->rule_count; i > 0; i--) {
    const struct rule *rule = &call->rules[i - 1];
    const struct node *holds = node_return (graph, rule->verdict);

    for (int t = rule->test_count; t > 0; t--)
      holds = chain_test (graph, &rule->tests[t - 1], abi, holds, next);
    next = holds;
  }
  return next;
}
