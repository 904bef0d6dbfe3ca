/* The tree of tests that libseccomp makes of the rules of one call.
 *
 * In: rules in the order in which they are added. Out: whether the tree has a shape from which
 * libseccomp makes a wrong program. What always holds: the tree is libseccomp's, step by step, also
 * where it is no good one. */
#ifndef LINT_TREE_H
#define LINT_TREE_H

#include "rules.h"

/* What an operator becomes on a 32-bit word, and whether the rule goes on where that fails. */
enum comparison { COMPARE_EQ, COMPARE_GT, COMPARE_GE, COMPARE_MASKED };

enum comparison lint_operator_comparison (enum op op);
bool lint_operator_negates (enum op op);

/* 0 for equality, 1 for less, 2 for greater: the order in which it puts tests of one word. */
int lint_operator_class (enum op op);

/* Two rules each, or NULL. */
struct lint_tree {
  /* Two tests of one word stand side by side, the second of which is reached from within the first
   * without loading its word again. */
  const struct rule *stale[2];
  /* A part of the second is left out, as the first decides another part of it. */
  const struct rule *dropped[2];
};

void lint_tree_find (struct lint_tree *out, const struct rule *const *rules, size_t count,
                     bool wide, struct arena *arena);

#endif
