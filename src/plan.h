/* How a tree is to be made of its intervals: what tree.c, plan.c and place.c share.
 *
 * In: intervals. Out: for every run of them that the tree may be made of, how it is told apart.
 * What always holds: following the choices from the whole down ends at single intervals, subtrees
 * that are there, or chains that are one. */
#ifndef PLAN_H
#define PLAN_H

#include "tree.h"

/* Whole numbers: up to 2^24 a float holds them exactly, on every machine. */
typedef float cost;

/* What the intervals are at one scale. Pieces are the intervals themselves on the lowest level, and
 * some pieces of the level below on each other. The highest reaches from the first to the last
 * piece; on those below, runs are only so long, and longer ones begin and end at borders of a
 * higher level: where exactly matters little to them. */
struct level {
  size_t count;          /* of pieces */
  size_t reach;          /* of the longest run, in pieces */
  const uint32_t *first; /* each piece's first interval; then how many intervals there are */
  const uint32_t *below; /* the same in pieces of the level below; NULL if there is none */
  const cost *before;    /* of each piece, the weight of all before it; then of all */
  cost *costs;           /* at [d * room + i]: of the run i to i + d */
  size_t room;
};

/* How a run of pieces is told apart. */
struct choice {
  enum {
    SPLIT,  /* by a range test between piece `at` and the next */
    SHARED, /* as subtree `at` of the forest does */
    CHAIN,  /* by a chain that leaves the run's interval `at` over */
    BELOW   /* as on the level below */
  } kind;
  size_t at;
};

/* How many values a chain may have: few where steps count, more where nodes do. */
enum { CHAIN_SHORT = 4, CHAIN_MAX = 64 };

/* Single values that are taken out one by one; what is left of the run leads to one node. */
struct chain {
  const struct interval *values[CHAIN_MAX]; /* the heaviest first */
  size_t count;
  cost steps; /* one of each value */
  cost saved; /* steps that values and the rest are spared by those before them */
};

enum { NONE = -1 };

/* Where a plan's intervals have the run of a subtree: the index of the first one, or NONE; and the
 * steps that the subtree takes there, with the plan's weights. */
struct place {
  int first;
  cost steps;
};

struct plan {
  const struct interval *intervals;
  size_t count;
  uint64_t *before;  /* weight of all intervals before the i-th */
  cost *cost_before; /* the same, as costs */
  cost node_cost;
  size_t chain_max;     /* how many values a chain may have */
  struct level *levels; /* the lowest first */
  size_t level_count;
  struct forest *forest;
  struct place *places; /* of the forest's subtrees, those that are found again */
  size_t place_count;
  int root; /* of the tree that was made: where it is in the forest; NONE: one interval */
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

/* What costs least for the run i to j of a level; it is more than one interval. */
struct choice plan_choose (const struct plan *plan, size_t level, size_t i, size_t j);

/* The chain of a run of intervals whose others all lead where `base` does; false if they don't. */
bool plan_chain (const struct plan *plan, size_t first, size_t last, size_t base,
                 struct chain *chain);

/* What it costs with so much for a node. */
cost plan_chain_cost (const struct plan *plan, size_t first, size_t last, const struct chain *chain,
                      cost node_cost);

/* How often a run of intervals is reached; and the same as the cost of one step for all of it. */
uint64_t plan_weight (const struct plan *plan, size_t first, size_t last);
cost plan_step (const struct plan *plan, size_t first, size_t last);

/* Finds what earlier trees have made already. */
void plan_find_places (struct plan *plan);

#endif
