#include "tree.h"

#include <string.h>

#include <linux/filter.h>

#include "plan.h"

void
interval_list_grow (struct interval_list *list, struct arena *arena)
{
  struct interval *items = list->items;

  list->room = list->room ? list->room * 2 : 8;
  list->items = arena_take (arena, arena_array_size (sizeof *items, list->room));
  if (list->count)
    memcpy (list->items, items, list->count * sizeof *items);
}

size_t
interval_find (const struct interval *intervals, size_t count, uint32_t word)
{
  size_t low = 0, high = count;

  while (high - low > 1) {
    size_t middle = (low + high) / 2;

    if (intervals[middle].first <= word)
      low = middle;
    else
      high = middle;
  }
  return low;
}

/* --- making what was planned --- */

struct maker {
  const struct plan *plan;
  const struct interval *intervals; /* the forest's own, as they are now */
  struct graph *graph;
};

/* What a subtree leads to; where it is in the forest goes to *place. */
static inline const struct node *
add_subtree (const struct maker *m, const struct subtree *subtree, int *place)
{
  struct forest *forest = m->plan->forest;

  node_add_weight (m->graph, subtree->node, plan_weight (m->plan, subtree->first, subtree->last));
  *place = (int) forest->count;
  *ARENA_PUSH (m->plan->scratch, forest->subtrees, forest->count) = *subtree;
  return subtree->node;
}

/* The node of a chain that leaves interval `base` over. */
static const struct node *
chain_node (const struct plan *plan, struct graph *graph, size_t first, size_t last, size_t base)
{
  const struct node *node = plan->intervals[base].node;
  struct chain chain;

  plan_chain (plan, first, last, base, &chain);
  for (size_t i = chain.count; i > 0; i--) {
    const struct interval *value = chain.values[i - 1];

    node = node_test (graph, BPF_JEQ, value->first, value->node, node);
  }
  return node;
}

static const struct node *
make_chain (const struct maker *m, uint32_t first, uint32_t last, size_t at, int *place)
{
  struct subtree subtree = {.node = chain_node (m->plan, m->graph, first, last, first + at),
                            .intervals = m->intervals,
                            .first = first,
                            .last = last,
                            .base = (int) at,
                            .left = NONE,
                            .right = NONE};

  return add_subtree (m, &subtree, place);
}

static const struct node *make_run (const struct maker *m, size_t l, size_t i, size_t j,
                                    int *place);

/* A run of a level that is split behind its piece `at`. */
static const struct node *
make_split (const struct maker *m, size_t l, size_t i, size_t at, size_t j, int *place)
{
  const uint32_t *first = m->plan->levels[l].first, right = first[at + 1];
  struct subtree subtree = {.intervals = m->intervals,
                            .first = first[i],
                            .last = first[j + 1] - 1,
                            .base = NONE,
                            .right_at = right - first[i]};
  const struct node *low = make_run (m, l, i, at, &subtree.left);
  const struct node *high = make_run (m, l, at + 1, j, &subtree.right);

  subtree.node = node_test (m->graph, BPF_JGE, subtree.intervals[right].first, high, low);
  return add_subtree (m, &subtree, place);
}

/* The tree of the run i to j of a level, and where it is in the forest. */
static const struct node *
make_run (const struct maker *m, size_t l, size_t i, size_t j, int *place)
{
  const struct level *level = &m->plan->levels[l];
  const uint32_t first = level->first[i], last = level->first[j + 1] - 1;
  struct choice choice;

  *place = NONE;
  if (first == last)
    return m->intervals[first].node;
  choice = plan_choose (m->plan, l, i, j);
  switch (choice.kind) {
  case BELOW:
    return make_run (m, l - 1, level->below[i], level->below[j + 1] - 1, place);
  case SHARED:
    *place = (int) choice.at;
    return m->plan->forest->subtrees[choice.at].node;
  case CHAIN:
    return make_chain (m, first, last, choice.at, place);
  default:
    return make_split (m, l, i, choice.at, j, place);
  }
}

const struct node *
tree_make (struct plan *plan, struct graph *graph)
{
  const size_t top = plan->level_count - 1, size = plan->count * sizeof *plan->intervals;
  struct maker maker = {
      .plan = plan, .intervals = arena_copy (plan->scratch, plan->intervals, size), .graph = graph};

  return make_run (&maker, top, 0, plan->levels[top].count - 1, &plan->root);
}

/* Only what the last interval is a part of changes. */
static const struct node *
renew_subtree (const struct plan *plan, struct graph *graph, int place)
{
  const struct interval *intervals = plan->intervals;
  const struct subtree *subtree, *left;
  const struct node *node, *low;

  if (place == NONE)
    return intervals[plan->count - 1].node;
  subtree = &plan->forest->subtrees[place];
  if (subtree->base == NONE) {
    left = subtree->left == NONE ? NULL : &plan->forest->subtrees[subtree->left];
    low = left ? left->node : intervals[subtree->first].node;
    node = node_test (graph, BPF_JGE, intervals[subtree->first + subtree->right_at].first,
                      renew_subtree (plan, graph, subtree->right), low);
  } else {
    node = chain_node (plan, graph, subtree->first, subtree->last,
                       subtree->first + (size_t) subtree->base);
  }
  node_add_weight (graph, node, plan_weight (plan, subtree->first, subtree->last));
  return node;
}

const struct node *
tree_renew (const struct plan *plan, struct graph *graph)
{
  return renew_subtree (plan, graph, plan->root);
}

/* Two intervals are one test, whatever that costs: so it is with the high words of most values. */
const struct node *
tree_build (struct graph *graph, const struct interval *intervals, size_t count,
            struct arena *scratch)
{
  struct forest forest = {0};
  const struct node *test;

  if (count != 2)
    return tree_make (tree_plan (graph, &forest, intervals, count, scratch), graph);
  test = node_test (graph, BPF_JGE, intervals[1].first, intervals[1].node, intervals[0].node);
  node_add_weight (graph, test, (uint64_t) intervals[0].weight + intervals[1].weight);
  return test;
}
