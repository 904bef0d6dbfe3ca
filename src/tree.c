#include "tree.h"

#include <string.h>

#include <linux/filter.h>

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

/* --- chains: single values are taken out one by one, and what is left leads to one node --- */

struct chain {
  const struct interval *values[CHAIN_MAX]; /* the heaviest first */
  size_t count;
};

static bool
is_single (const struct plan *plan, size_t at)
{
  const struct interval *interval = &plan->intervals[at];

  return at + 1 < plan->count ? interval[1].first == interval->first + 1
                              : interval->first == UINT32_MAX;
}

static void
chain_add (struct chain *chain, const struct interval *value)
{
  size_t at = chain->count++;

  for (; at > 0 && chain->values[at - 1]->weight < value->weight; at--)
    chain->values[at] = chain->values[at - 1];
  chain->values[at] = value;
}

/* Adds the interval at `at` to a chain that leaves the one at `base` over: it leads to the same
 * node, or it is taken out. False if neither can be. */
static inline bool
chain_extend (const struct plan *plan, struct chain *chain, size_t at, size_t base)
{
  if (plan->intervals[at].node == plan->intervals[base].node)
    return true;
  if (chain->count == plan->chain_max || !is_single (plan, at))
    return false;
  chain_add (chain, &plan->intervals[at]);
  return true;
}

/* The chain of a run whose other intervals all lead where `base` does; false if they don't. */
static bool
find_chain (const struct plan *plan, size_t first, size_t last, size_t base, struct chain *chain)
{
  chain->count = 0;
  for (size_t i = first; i <= last; i++)
    if (!chain_extend (plan, chain, i, base))
      return false;
  return true;
}

static uint32_t
run_weight (const struct plan *plan, size_t first, size_t last)
{
  return (uint32_t) (plan->before[last + 1] - plan->before[first]);
}

static uint32_t
chain_cost (const struct plan *plan, size_t first, size_t last, const struct chain *chain,
            uint32_t node_cost)
{
  uint32_t weight = run_weight (plan, first, last), cost = 0;

  for (size_t i = 0; i < chain->count; i++) {
    cost += weight + node_cost;
    weight -= chain->values[i]->weight;
  }
  return cost;
}

static const struct node *
chain_make (struct graph *graph, const struct chain *chain, const struct node *node)
{
  for (size_t i = chain->count; i > 0; i--) {
    const struct interval *value = chain->values[i - 1];

    node = node_test (graph, BPF_JEQ, value->first, value->node, node);
  }
  return node;
}

/* --- the plan: what a run costs at least, which is known of some runs before others --- */

static void
choose (const struct block *block, size_t at, uint32_t cost, choice chosen)
{
  if (cost >= block->cost[at])
    return;
  block->cost[at] = cost;
  block->choices[at] = chosen;
}

/* The runs from i on that are chains. What is none is none however it goes on. */
static void
plan_chains (const struct plan *plan, const struct block *block, size_t i, size_t base)
{
  const size_t first = block->base + i;
  struct chain chain;

  chain.count = 0;
  for (size_t j = i; j < block->count && i + base < block->count; j++) {
    if (!chain_extend (plan, &chain, block->base + j, first + base))
      return;
    if (j > i && j >= i + base)
      choose (block, i * block->count + j,
              chain_cost (plan, first, block->base + j, &chain, plan->node_cost),
              (choice) (CHAIN - (int) base));
  }
}

/* The runs that end at j. The best split of i to j is not left of that of i to j-1, nor right of
 * that of i+1 to j (Knuth's observation): exact for range tests alone, and close to it where chains
 * are short. */
static void
plan_splits (const struct plan *plan, const struct block *block, size_t j)
{
  const bool narrow = plan->chain_max == CHAIN_SHORT;
  const uint64_t *before = plan->before + block->base;
  const uint32_t end = (uint32_t) before[j + 1] + plan->node_cost;
  const size_t count = block->count;
  uint32_t *left = block->cost + j * count; /* of the runs that begin at i */
  size_t *splits = block->splits, high = j - 1;

  for (size_t i = j; i-- > 0;) {
    size_t split = narrow ? splits[i] : i;
    const uint32_t *right = block->cost + (split + 1) * count + j;
    uint32_t best = UINT32_MAX;

    left -= count;
    for (size_t m = split; m <= high; m++, right += count) {
      uint32_t sum = left[m] + *right;

      if (sum < best) {
        best = sum;
        split = m;
      }
    }
    splits[i] = split;
    if (narrow)
      high = split;
    best += end - (uint32_t) before[i];
    if (best <= left[j]) {
      left[j] = best;
      block->choices[i * count + j] = (choice) split;
    }
  }
  splits[j] = j;
}

/* --- what earlier trees have made already --- */

/* The same intervals in a row, whatever the run's outer borders are: range tests don't look there.
 */
static int
find_run (const struct plan *plan, const struct subtree *subtree)
{
  const struct interval *theirs = subtree->intervals + subtree->first, *ours = plan->intervals;
  size_t length = subtree->last - subtree->first + 1, low = 1, high = plan->count;

  while (low < high) {
    size_t middle = (low + high) / 2;

    if (ours[middle].first < theirs[1].first)
      low = middle + 1;
    else
      high = middle;
  }
  if (low - 1 + length > plan->count || ours[low - 1].node != theirs[0].node)
    return NONE;
  for (size_t i = 1; i < length; i++)
    if (ours[low - 1 + i].first != theirs[i].first || ours[low - 1 + i].node != theirs[i].node)
      return NONE;
  return (int) low - 1;
}

/* A chain does look at outer borders, where it takes out the first or the last value. */
static bool
place_chain (const struct plan *plan, const struct subtree *subtree, struct place *place)
{
  size_t first, last;
  struct chain chain;

  place->first = find_run (plan, subtree);
  if (place->first == NONE)
    return false;
  first = (size_t) place->first;
  last = first + subtree->last - subtree->first;
  if (subtree->base != 0 &&
      plan->intervals[first].first != subtree->intervals[subtree->first].first)
    return false;
  if (!find_chain (plan, first, last, first + (size_t) subtree->base, &chain))
    return false;
  place->steps = chain_cost (plan, first, last, &chain, 0);
  return true;
}

/* Whether one side of a split is at `at` as well: the intervals of a child, or one that leads where
 * `theirs` does. */
static bool
place_side (const struct plan *plan, int child, int at, const struct interval *theirs,
            struct place *place)
{
  if (child == NONE)
    return plan->intervals[at].node == theirs->node;
  place->steps += plan->places[child].steps;
  return plan->places[child].first == at;
}

/* A split is there where both sides are, and the border between them. */
static bool
place_split (const struct plan *plan, const struct subtree *subtree, struct place *place)
{
  const struct interval *theirs = subtree->intervals + subtree->first;
  const int right_at = (int) subtree->right_at, length = (int) (subtree->last - subtree->first + 1);
  int first;

  if (subtree->left != NONE)
    first = plan->places[subtree->left].first;
  else if (subtree->right != NONE)
    first = plan->places[subtree->right].first - right_at;
  else
    first = find_run (plan, subtree);
  if (first < 0 || (size_t) (first + length) > plan->count ||
      plan->intervals[first + right_at].first != theirs[right_at].first)
    return false;
  place->first = first;
  place->steps = run_weight (plan, (size_t) first, (size_t) (first + length - 1));
  return place_side (plan, subtree->left, first, theirs, place) &&
         place_side (plan, subtree->right, first + right_at, theirs + right_at, place);
}

/* Children come before parents, so their places are known. */
static void
find_places (struct plan *plan)
{
  const struct forest *forest = plan->forest;

  plan->place_count = forest->count < INT16_MAX - SHARED ? forest->count : INT16_MAX - SHARED;
  plan->places = ARENA_ARRAY (plan->scratch, struct place, plan->place_count);
  for (size_t s = 0; s < plan->place_count; s++) {
    const struct subtree *subtree = &forest->subtrees[s];
    struct place place;

    if (subtree->base == NONE ? place_split (plan, subtree, &place)
                              : place_chain (plan, subtree, &place))
      plan->places[s] = place;
    else
      plan->places[s].first = NONE;
  }
}

/* The runs that subtrees of the forest tell apart already: they cost no node. */
static void
plan_shared (const struct plan *plan, const struct block *block)
{
  for (size_t s = 0; s < plan->place_count; s++) {
    const struct subtree *subtree = &plan->forest->subtrees[s];
    size_t i = (size_t) plan->places[s].first - block->base;
    size_t j = i + subtree->last - subtree->first;

    if (plan->places[s].first != NONE && i < block->count && j < block->count)
      choose (block, i * block->count + j, plan->places[s].steps, (choice) (SHARED + s));
  }
}

/* --- blocks --- */

static uint32_t *
costs_take (struct plan *plan, size_t room)
{
  struct forest *forest = plan->forest;

  if (forest->costs_room < room) {
    forest->costs = ARENA_ARRAY (plan->scratch, uint32_t, room);
    forest->costs_room = room;
  }
  return forest->costs;
}

static void
plan_block (struct plan *plan, size_t first, size_t last)
{
  size_t count = last - first + 1;
  struct block *block = ARENA_PUSH (plan->scratch, plan->blocks, plan->block_count);

  *block = (struct block){.base = first,
                          .count = count,
                          .cost = costs_take (plan, count * count),
                          .choices = ARENA_ARRAY (plan->scratch, choice, count * count),
                          .splits = ARENA_ARRAY (plan->scratch, size_t, count)};
  memset (block->cost, 0xff, count * count * sizeof *block->cost);
  for (size_t i = 0; i < count; i++) {
    plan_chains (plan, block, i, 0);
    plan_chains (plan, block, i, 1);
    choose (block, i * count + i, 0, 0);
  }
  plan_shared (plan, block);
  for (size_t j = 1; j < count; j++)
    plan_splits (plan, block, j);
}

/* Where the weight of a run is halved, with something on both sides. */
static size_t
middle_by_weight (const struct plan *plan, size_t first, size_t last)
{
  uint64_t half = (plan->before[first] + plan->before[last + 1]) / 2;
  size_t middle = first;

  while (middle + 1 < last && plan->before[middle + 1] < half)
    middle++;
  return middle;
}

static void
plan_blocks (struct plan *plan, size_t first, size_t last)
{
  if (last - first + 1 <= EXACT_MAX) {
    plan_block (plan, first, last);
  } else {
    size_t middle = middle_by_weight (plan, first, last);

    plan_blocks (plan, first, middle);
    plan_blocks (plan, middle + 1, last);
  }
}

/* Bounded, so that the costs of a block fit into their 32 bits: it has EXACT_MAX intervals at most,
 * and they are as deep at most. */
static uint32_t
node_cost (uint64_t weight, uint32_t hundredths)
{
  const uint64_t most = UINT32_MAX / (4 * EXACT_MAX);

  weight = weight * hundredths / 100;
  return (uint32_t) (weight < most ? weight : most);
}

struct plan *
tree_plan (const struct graph *graph, struct forest *forest, const struct interval *intervals,
           size_t count, struct arena *scratch)
{
  struct plan *plan = ARENA_NEW (scratch, struct plan);

  plan->intervals = intervals;
  plan->count = count;
  plan->before = ARENA_ARRAY (scratch, uint64_t, count + 1);
  for (size_t i = 0; i < count; i++)
    plan->before[i + 1] = plan->before[i] + intervals[i].weight;
  plan->node_cost = node_cost (plan->before[count], graph->node_cost);
  plan->chain_max = graph->node_cost > NODE_COST_ALONE ? CHAIN_MAX : CHAIN_SHORT;
  plan->forest = forest;
  plan->scratch = scratch;
  find_places (plan);
  plan_blocks (plan, 0, count - 1);
  return plan;
}

/* --- making --- */

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
    find_chain (m->plan, first, last, base, &chain);
    subtree.node = chain_make (m->graph, &chain, intervals[base].node);
  } else {
    const size_t right = (size_t) chosen + 1;
    const struct node *low = make_run (m, i, right - 1, &subtree.left);
    const struct node *high = make_run (m, right, j, &subtree.right);

    subtree.right_at = (uint32_t) (right - i);
    subtree.node =
        node_test (m->graph, BPF_JGE, intervals[m->block->base + right].first, high, low);
  }
  node_add_weight (m->graph, subtree.node, run_weight (m->plan, first, last));
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
  middle = middle_by_weight (m->plan, first, last);
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
