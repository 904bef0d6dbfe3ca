/* How a tree is to be made of its intervals: what tree.c and plan.c share.
 *
 * In: intervals. Out: for every run of them that the tree may be made of, how it is told apart.
 * What always holds: following the choices from the whole down ends at single intervals, subtrees
 * that are there, or chains that are one. */
#ifndef PLAN_H
#define PLAN_H

#include "tree.h"

/* Above this many intervals, halves are planned apart: time and memory grow with the square. */
enum { EXACT_MAX = 80 };

/* How many values a chain may have: few where steps count, more where nodes do. */
enum { CHAIN_SHORT = 4, CHAIN_MAX = 64 };

enum { NONE = -1 };

/* How a run of intervals is told apart: by a range test between interval n of its block and the
 * next; or, from SHARED on, as subtree n - SHARED of the forest does; or by a chain, that leaves
 * over the interval CHAIN - n of the run. */
typedef int16_t choice;
enum { CHAIN = -1, SHARED = 128 };

_Static_assert((int) EXACT_MAX <= (int) SHARED, "a block's intervals come before what is shared");

/* The plan of up to EXACT_MAX intervals, from `base` on: what stands at [i * count + j] is of the
 * run i to j. */
struct block {
  size_t base, count;
  uint32_t *cost; /* only while it is planned */
  choice *choices;
  size_t *splits; /* only while it is planned: at [i], the best split of the last run from i on */
};

/* Where a plan's intervals have the run of a subtree: the index of the first one, or NONE; and the
 * steps that the subtree takes there, with the plan's weights. */
struct place {
  int first;
  uint32_t steps;
};

struct plan {
  const struct interval *intervals;
  size_t count;
  uint64_t *before; /* weight of all intervals before the i-th */
  uint32_t node_cost;
  size_t chain_max; /* how many values a chain may have */
  struct block *blocks;
  size_t block_count;
  struct forest *forest;
  struct place *places; /* of the forest's subtrees, those that are found again */
  size_t place_count;
  struct arena *scratch;
};

/* A subtree that was made: what it tells apart, and how. */
struct subtree {
  const struct node *node;
  const struct interval *intervals; /* those of its tree; its own are first to last */
  uint32_t first, last;
  int base;          /* of a chain: which interval it leaves over; NONE: it is a split */
  int left, right;   /* subtrees of the forest on both sides of a split; NONE: one interval */
  uint32_t right_at; /* where the right side begins, counted from first */
};

/* Single values that are taken out one by one; what is left of the run leads to one node. */
struct chain {
  const struct interval *values[CHAIN_MAX]; /* the heaviest first */
  size_t count;
};

/* The chain of a run whose other intervals all lead where `base` does; false if they don't. */
bool plan_chain (const struct plan *plan, size_t first, size_t last, size_t base,
                 struct chain *chain);

/* How often a run is reached. */
uint32_t plan_weight (const struct plan *plan, size_t first, size_t last);

/* Where the weight of a run is halved, with something on both sides. Runs of more than EXACT_MAX
 * intervals are split there, and blocks stand in the order in which that makes them. */
size_t plan_middle (const struct plan *plan, size_t first, size_t last);

#endif
