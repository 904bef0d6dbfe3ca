#include "lint_tree.h"

struct siblings {
  struct block *first;
  bool seen;
};

/* Where a test leads: to other tests, to an action, or nowhere. */
struct branch {
  bool action;
  struct siblings *below;
};

struct block {
  unsigned word; /* of the arguments: 2 * index, and 1 more for the high half */
  enum comparison comparison;
  uint32_t datum, mask;
  int class; /* of the operator that it comes from: the order of blocks */
  struct branch yes, no;
  const struct rule *rule;
  struct block *next; /* on the same level */
};

int
lint_operator_class (enum op op)
{
  if (op == OPERATOR_LT || op == OPERATOR_LE)
    return 1;
  return op == OPERATOR_GT || op == OPERATOR_GE ? 2 : 0;
}

enum comparison
lint_operator_comparison (enum op op)
{
  if (op == OPERATOR_MASKED_EQ)
    return COMPARE_MASKED;
  if (op == OPERATOR_EQ || op == OPERATOR_NE)
    return COMPARE_EQ;
  return op == OPERATOR_GE || op == OPERATOR_LT ? COMPARE_GE : COMPARE_GT;
}

bool
lint_operator_negates (enum op op)
{
  return op == OPERATOR_NE || op == OPERATOR_LT || op == OPERATOR_LE;
}

static struct block *
new_block (struct arena *arena, const struct rule *rule, const struct test *test, bool high,
           enum comparison comparison)
{
  struct block *block = ARENA_NEW (arena, struct block);

  block->word = 2u * test->index + high;
  block->comparison = comparison;
  block->datum = (uint32_t) (high ? test->value >> 32 : test->value);
  block->mask = (uint32_t) (high ? test->mask >> 32 : test->mask);
  block->class = lint_operator_class (test->op);
  block->rule = rule;
  return block;
}

static struct branch
branch_to (struct arena *arena, struct block *block)
{
  struct branch branch = {.below = ARENA_NEW (arena, struct siblings)};

  branch.below->first = block;
  return branch;
}

/* The blocks of one test, going on to `next` where it holds. */
static struct block *
test_blocks (struct arena *arena, const struct rule *rule, const struct test *test, bool wide,
             struct branch next)
{
  enum comparison comparison = lint_operator_comparison (test->op);
  bool negates = lint_operator_negates (test->op);
  struct block *low = new_block (arena, rule, test, false, comparison), *high, *above;

  *(negates ? &low->no : &low->yes) = next;
  if (!wide)
    return low;
  high =
      new_block (arena, rule, test, true, lint_operator_class (test->op) ? COMPARE_EQ : comparison);
  high->yes = branch_to (arena, low);
  if (negates)
    high->no = next;
  if (lint_operator_class (test->op) == 0)
    return high;
  above = new_block (arena, rule, test, true, COMPARE_GT);
  above->no = branch_to (arena, high);
  if (!negates)
    above->yes = next;
  return above;
}

static struct block *
rule_blocks (struct arena *arena, const struct rule *rule, bool wide)
{
  struct branch next = {.action = true};
  struct block *block = NULL;

  for (unsigned i = rule->test_count; i > 0; i--) {
    block = test_blocks (arena, rule, &rule->tests[i - 1], wide, next);
    next = branch_to (arena, block);
  }
  return block;
}

static bool
is_same (const struct block *a, const struct block *b)
{
  return a->word == b->word && a->comparison == b->comparison && a->mask == b->mask &&
         (a->datum & a->mask) == (b->datum & b->mask);
}

static bool
comes_before (const struct block *a, const struct block *b)
{
  if (a->word != b->word)
    return a->word > b->word;
  if (a->class != b->class)
    return a->class < b->class;
  if (a->datum == b->datum)
    return false;
  return (a->datum < b->datum) == (a->class == 1);
}

static void siblings_insert (struct lint_tree *tree, struct siblings *siblings,
                             struct block *block);

/* False where the rest of the new rule is dropped. */
static bool
branch_merge (struct lint_tree *tree, struct branch *to, const struct branch *from)
{
  if (!from->below)
    return true;
  if (to->action)
    return false;
  if (!to->below)
    *to = *from;
  else if (to->below != from->below)
    siblings_insert (tree, to->below, from->below->first);
  return true;
}

/* What is dropped where the comparison holds is decided already. But all that the rule goes on to
 * where it fails is dropped with it. */
static void
block_merge (struct lint_tree *tree, struct block *to, const struct block *from)
{
  if (from->yes.action)
    to->yes = from->yes;
  if (from->no.action)
    to->no = from->no;
  if (branch_merge (tree, &to->yes, &from->yes)) {
    branch_merge (tree, &to->no, &from->no);
  } else if (from->no.below && !tree->dropped[0]) {
    tree->dropped[0] = to->rule;
    tree->dropped[1] = from->rule;
  }
}

static void
siblings_insert (struct lint_tree *tree, struct siblings *siblings, struct block *block)
{
  struct block **place = &siblings->first;

  for (; *place; place = &(*place)->next) {
    if (is_same (*place, block)) {
      block_merge (tree, *place, block);
      return;
    }
    if (comes_before (block, *place))
      break;
  }
  block->next = *place;
  *place = block;
}

/* Two neighbours on a level, the second of which is reached from within the first without loading
 * its word again; NULL if there are none. */
static const struct block *
find_stale (struct siblings *siblings)
{
  const struct block *found = NULL;

  if (!siblings || siblings->seen)
    return NULL;
  siblings->seen = true;
  for (const struct block *block = siblings->first; block && !found; block = block->next) {
    bool yes_ends = !block->yes.action && !block->yes.below;

    if (block->next && block->next->word == block->word && yes_ends && block->no.below)
      return block;
    found = find_stale (block->yes.below);
    if (!found)
      found = find_stale (block->no.below);
  }
  return found;
}

void
lint_tree_find (struct lint_tree *out, const struct rule *const *rules, size_t count, bool wide,
                struct arena *arena)
{
  struct siblings top = {NULL, false};
  const struct block *stale;

  *out = (struct lint_tree){{NULL}, {NULL}};
  for (size_t i = 0; i < count; i++)
    siblings_insert (out, &top, rule_blocks (arena, rules[i], wide));
  stale = find_stale (&top);
  if (stale) {
    out->stale[0] = stale->rule;
    out->stale[1] = stale->next->rule;
  }
}
