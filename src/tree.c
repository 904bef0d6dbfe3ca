#include "tree.h"

#include <string.h>

#include <linux/filter.h>

#include "plan.h"

void
interval_push (struct interval_list *list, uint32_t first, const struct node *node, uint32_t weight,
               struct arena *arena)
{
  struct interval *last = list->count ? &list->items[list->count - 1] : NULL;

  if (last && last->first == first)
    last = --list->count ? last - 1 : NULL;
  if (last && last->node == node) {
    last->weight += weight;
    return;
  }
  if (list->count == list->room) {
    struct interval *items = list->items;

    list->room = list->room ? list->room * 2 : 8;
    list->items = ARENA_ARRAY (arena, struct interval, list->room);
    if (list->count)
      memcpy (list->items, items, list->count * sizeof *items);
  }
  list->items[list->count++] = (struct interval){first, node, weight};
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

/* The tree of the run i to j of a level, and where it is in the forest. */
static const struct node *
make_run (const struct maker *m, size_t l, size_t i, size_t j, int *place)
{
  const struct level *level = &m->plan->levels[l];
  const struct interval *intervals = m->plan->intervals;
  struct subtree subtree = {.intervals = intervals,
                            .first = level->first[i],
                            .last = level->first[j + 1] - 1,
                            .base = NONE,
                            .left = NONE,
                            .right = NONE};
  struct choice choice;

  *place = NONE;
  if (subtree.first == subtree.last)
    return intervals[subtree.first].node;
  choice = plan_choose (m->plan, l, i, j);
  if (choice.kind == BELOW)
    return make_run (m, l - 1, level->below[i], level->below[j + 1] - 1, place);
  if (choice.kind == SHARED) {
    *place = (int) choice.at;
    return m->plan->forest->subtrees[*place].node;
  }
  if (choice.kind == CHAIN) {
    const size_t base = subtree.first + choice.at;
    struct chain chain;

    subtree.base = (int) choice.at;
    plan_chain (m->plan, subtree.first, subtree.last, base, &chain);
    subtree.node = chain_make (m->graph, &chain, intervals[base].node);
  } else {
    const uint32_t right = level->first[choice.at + 1];
    const struct node *low = make_run (m, l, i, choice.at, &subtree.left);
    const struct node *high = make_run (m, l, choice.at + 1, j, &subtree.right);

    subtree.right_at = right - subtree.first;
    subtree.node = node_test (m->graph, BPF_JGE, intervals[right].first, high, low);
  }
  node_add_weight (m->graph, subtree.node, plan_weight (m->plan, subtree.first, subtree.last));
  *place = add_subtree (m, &subtree);
  return subtree.node;
}

static const struct node *
make_tree (const struct plan *plan, struct graph *graph, bool plants)
{
  struct maker maker = {.plan = plan, .graph = graph, .plants = plants};
  size_t top = plan->level_count - 1;
  int place;

  return make_run (&maker, top, 0, plan->levels[top].count - 1, &place);
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
