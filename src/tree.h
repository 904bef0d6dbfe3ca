/* Intervals of one 32-bit word to a search tree of tests on the accumulator.
 *
 * In: intervals that cover 0 to 2^32-1, each with the node that it leads to and how often it is
 * reached. Out: a node that expects the word in the accumulator. What always holds: the tree
 * decides as the intervals say; weights, and what was built before, change only its shape.
 *
 * The shape minimises steps weighted by frequency plus what the graph says that a node costs, over
 * trees of range tests (jge) whose leaves may be chains that take single values out (jeq): over all
 * of them where there are few intervals, else over those whose large subtrees begin at some of
 * these only. A run of intervals that an earlier tree of the same forest has a subtree for costs no
 * node: most numbers mean the same on several ABIs. */
#ifndef TREE_H
#define TREE_H

#include "node.h"

struct interval {
  uint32_t first; /* up to the next one's first, or 2^32-1 */
  const struct node *node;
  uint32_t weight; /* in WEIGHT_OF_CALL */
};

/* Intervals in ascending order, as they are gathered. One that is all zero is empty; one that is
 * emptied again keeps its room. */
struct interval_list {
  struct interval *items;
  size_t count, room;
};

/* Makes room for more than there is. */
void interval_list_grow (struct interval_list *list, struct arena *arena);

/* Appends an interval, or widens the last one if it leads to the same node. One that starts where
 * the last one did takes its place. */
static inline void
interval_append (struct interval_list *list, uint32_t first, const struct node *node,
                 uint32_t weight, struct arena *scratch)
{
  struct interval *last = list->count ? &list->items[list->count - 1] : NULL;

  if (last && last->first == first)
    last = --list->count ? last - 1 : NULL;
  if (last && last->node == node) {
    last->weight += weight;
    return;
  }
  if (list->count == list->room)
    interval_list_grow (list, scratch);
  list->items[list->count++] = (struct interval){first, node, weight};
}

/* The one of the intervals that has a word. */
size_t interval_find (const struct interval *intervals, size_t count, uint32_t word);

/* Weights are integers, so that the shape is the same on every machine. This is how much it weighs
 * that something is reached by one number, or by what counts like it. */
enum { WEIGHT_OF_CALL = 1000 };

/* Trees that may share subtrees. One that is all zero is empty. */
struct forest {
  struct subtree *subtrees; /* children before parents */
  size_t count;
};

/* The shape of a tree: it stays right while the intervals' nodes change, as long as those that were
 * equal stay equal. */
struct plan;

/* The intervals are not copied. */
struct plan *tree_plan (const struct graph *graph, struct forest *forest,
                        const struct interval *intervals, size_t count, struct arena *scratch);

/* The tree itself. Its subtrees are added to the forest it was planned with, for later trees. */
const struct node *tree_make (struct plan *plan, struct graph *graph);

/* The tree that was made once more, now that the last of the intervals leads elsewhere: at first to
 * what no other one did. */
const struct node *tree_renew (const struct plan *plan, struct graph *graph);

/* Both in one, of a tree that shares nothing. */
const struct node *tree_build (struct graph *graph, const struct interval *intervals, size_t count,
                               struct arena *scratch);

#endif
