#include "tree.h"

#include <string.h>

#include <linux/filter.h>

#include "plan.h"

void
interval_push (struct interval_list *list, struct interval interval, struct arena *arena)
{
  struct interval *last = list->count ? &list->items[list->count - 1] : NULL;

  if (last && last->first == interval.first)
    last = --list->count ? last - 1 : NULL;
  if (last && last->node == interval.node) {
    last->weight += interval.weight;
    return;
  }
  if (list->count == list->room) {
    struct interval *items = list->items;

    list->room = list->room ? list->room * 2 : 8;
    list->items = ARENA_ARRAY (arena, struct interval, list->room);
    if (list->count)
      memcpy (list->items, items, list->count * sizeof *items);
  }
  list->items[list->count++] = interval;
}

/* --- making what was planned --- */

static const struct node *
chain_make (struct graph *graph, const struct chain *chain, const struct node *node)
{
  for (size_t i = chain->count; i > 0; i--) {
    const struct interval *value = chain->values[i - 1];

    node = node_test (graph, BPF_JEQ, value->first, value->node, node);
  }
  return node;
}

struct maker {
  const struct plan *plan;
  struct graph *graph;
  bool plants; /* adds the subtrees to the forest */
  const struct block *block;
};

static int
add_subtree (const struct maker *m, const struct subtree *subtree)
{
  struct forest *forest = m->plan->forest;

  if (!m->plants)
    return NONE;
  *ARENA_PUSH (m->plan->scratch, forest->subtrees, forest->count) = *subtree;
  return (int) forest->count - 1;
}

/* The tree of a run of the block, and where it is in the forest. */
static const struct node *
make_run (const struct maker *m, size_t i, size_t j, int *place)
{
  const size_t first = m->block->base + i, last = m->block->base + j;
  const struct interval *intervals = m->plan->intervals;
  const choice chosen = m->block->choices[i * m->block->count + j];
  struct subtree subtree = {.intervals = intervals,
                            .first = (uint32_t) first,
                            .last = (uint32_t) last,
                            .base = NONE,
                            .left = NONE,
                            .right = NONE};

  *place = NONE;
  if (i == j)
    return intervals[first].node;
  if (chosen >= SHARED) {
    *place = chosen - SHARED;
    return m->plan->forest->subtrees[*place].node;
  }
  if (chosen <= CHAIN) {
    const size_t base = first + (size_t) (CHAIN - chosen);
    struct chain chain;

    subtree.base = CHAIN - chosen;
    plan_chain (m->plan, first, last, base, &chain);
    subtree.node = chain_make (m->graph, &chain, intervals[base].node);
  } else {
    const size_t right = (size_t) chosen + 1;
    const struct node *low = make_run (m, i, right - 1, &subtree.left);
    const struct node *high = make_run (m, right, j, &subtree.right);

    subtree.right_at = (uint32_t) (right - i);
    subtree.node =
        node_test (m->graph, BPF_JGE, intervals[m->block->base + right].first, high, low);
  }
  node_add_weight (m->graph, subtree.node, plan_weight (m->plan, first, last));
  *place = add_subtree (m, &subtree);
  return subtree.node;
}

/* Blocks stand in the order in which plan_blocks made them, so halving again finds them. */
static const struct node *
make_blocks (struct maker *m, size_t first, size_t last, size_t *next_block)
{
  const struct node *low, *high;
  size_t middle;
  int place;

  if (last - first + 1 <= EXACT_MAX) {
    m->block = &m->plan->blocks[(*next_block)++];
    return make_run (m, 0, m->block->count - 1, &place);
  }
  middle = plan_middle (m->plan, first, last);
  low = make_blocks (m, first, middle, next_block);
  high = make_blocks (m, middle + 1, last, next_block);
  return node_test (m->graph, BPF_JGE, m->plan->intervals[middle + 1].first, high, low);
}

static const struct node *
make_tree (const struct plan *plan, struct graph *graph, bool plants)
{
  struct maker maker = {.plan = plan, .graph = graph, .plants = plants};
  size_t next_block = 0;

  return make_blocks (&maker, 0, plan->count - 1, &next_block);
}

const struct node *
tree_make (const struct plan *plan, struct graph *graph)
{
  return make_tree (plan, graph, false);
}

/* The forest needs the intervals as they are now, whatever becomes of the caller's. */
const struct node *
tree_plant (const struct plan *plan, struct graph *graph)
{
  struct plan copy = *plan;

  copy.intervals =
      arena_copy (plan->scratch, plan->intervals, plan->count * sizeof *plan->intervals);
  return make_tree (&copy, graph, true);
}

const struct node *
tree_build (struct graph *graph, const struct interval *intervals, size_t count,
            struct arena *scratch)
{
  struct forest forest = {0};

  return tree_make (tree_plan (graph, &forest, intervals, count, scratch), graph);
}
