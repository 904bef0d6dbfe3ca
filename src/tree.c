#include "tree.h"

#include <linux/filter.h>

/* Above this many intervals, halves are planned apart: time and memory grow with the square. */
enum { EXACT_MAX = 80 };

enum { NONE = -1 };

/* How a run of intervals is told apart: as subtree `shared` of the forest does, unless that is
 * NONE; or by first taking out the single value of interval `pull`, unless that is NONE; or by a
 * range test between `split` and split + 1. */
struct choice {
  int16_t shared;
  int8_t split, pull;
};

_Static_assert(EXACT_MAX <= INT8_MAX, "intervals of a block are counted in 8 bits");

/* The plan of up to EXACT_MAX intervals, from `base` on: what stands at [i * count + j] is of the
 * run i to j. */
struct block {
  size_t base, count;
  uint32_t *cost; /* only while it is planned */
  struct choice *choices;
};

struct plan {
  const struct interval *intervals;
  size_t count;
  uint64_t *before;   /* weight of all intervals before the i-th */
  uint32_t node_cost; /* TREE_NODE_COST of the total weight */
  struct block *blocks;
  size_t block_count;
  struct forest *forest;
  struct arena *scratch;
};

/* A subtree that was made: what it tells apart, and how. */
struct subtree {
  const struct node *node;
  const struct interval *intervals; /* those of its tree; its own are first to last */
  size_t first, last;
  int pull;        /* the value taken out, counted in `intervals`; or NONE */
  int left, right; /* subtrees of the forest on both sides of a split; NONE: one interval */
};

void
interval_append (struct interval_list *list, uint32_t first, const struct node *node,
                 uint32_t weight, struct arena *arena)
{
  if (list->count && list->items[list->count - 1].first == first)
    list->count--;
  if (list->count && list->items[list->count - 1].node == node)
    list->items[list->count - 1].weight += weight;
  else
    *ARENA_PUSH (arena, list->items, list->count) = (struct interval){first, node, weight};
}

/* --- small lists, told apart with up to two tests --- */

/* Whether the interval has one value only: `next` is what follows it. */
static bool
is_single (const struct interval *interval, const struct interval *next)
{
  return next->first == interval->first + 1;
}

static bool
is_exception (const struct interval *list)
{
  return list[0].node == list[2].node && is_single (&list[1], &list[2]);
}

static uint32_t
list_weight (const struct interval *list, size_t count)
{
  uint32_t weight = 0;

  for (size_t i = 0; i < count; i++)
    weight += list[i].weight;
  return weight;
}

/* Which of a list of three is told apart first by a range test: the heavier end. */
static bool
first_goes_first (const struct interval *list)
{
  return list[0].weight > list[2].weight;
}

static uint32_t
small_cost (const struct interval *list, size_t count, uint32_t node_cost)
{
  uint32_t weight = list_weight (list, count);

  if (count == 1)
    return 0;
  if (count == 2 || is_exception (list))
    return weight + node_cost;
  return 2 * weight - list[first_goes_first (list) ? 0 : 2].weight + 2 * node_cost;
}

static const struct node *
small_make (struct graph *graph, const struct interval *list, size_t count)
{
  if (count == 1)
    return list[0].node;
  if (count == 2)
    return node_test (graph, BPF_JGE, list[1].first, list[1].node, list[0].node);
  if (is_exception (list))
    return node_test (graph, BPF_JEQ, list[1].first, list[1].node, list[0].node);
  if (first_goes_first (list))
    return node_test (graph, BPF_JGE, list[1].first, small_make (graph, list + 1, 2), list[0].node);
  return node_test (graph, BPF_JGE, list[2].first, list[2].node, small_make (graph, list, 2));
}

/* The intervals i to j without the m-th, whose neighbours become one if they lead to the same. */
static size_t
list_without (struct interval *rest, const struct interval *intervals, size_t i, size_t j, size_t m)
{
  size_t count = 0;

  for (size_t at = i; at <= j; at++) {
    if (at == m)
      continue;
    if (count && rest[count - 1].node == intervals[at].node)
      rest[count - 1].weight += intervals[at].weight;
    else
      rest[count++] = intervals[at];
  }
  return count;
}

/* --- the plan --- */

static uint32_t
run_weight (const struct plan *plan, size_t first, size_t last)
{
  return (uint32_t) (plan->before[last + 1] - plan->before[first]);
}

/* What taking interval m out of a run costs. */
static uint32_t
pull_cost (const struct plan *plan, size_t first, size_t last, size_t m, uint32_t node_cost)
{
  struct interval rest[4];
  size_t count = list_without (rest, plan->intervals, first, last, m);

  return run_weight (plan, first, last) + node_cost + small_cost (rest, count, node_cost);
}

/* Taking a single value out pays in lists that a leaf can hold: three to five intervals, of which
 * at most three are left. */
static void
plan_pulls (const struct plan *plan, const struct block *block, size_t i, size_t j)
{
  const struct interval *intervals = plan->intervals + block->base;
  size_t at = i * block->count + j;

  for (size_t m = i + 1; m < j; m++) {
    uint32_t cost;

    if (!is_single (&intervals[m], &intervals[m + 1]))
      continue;
    if (j - i > 2 && intervals[m - 1].node != intervals[m + 1].node)
      continue;
    cost = pull_cost (plan, block->base + i, block->base + j, block->base + m, plan->node_cost);
    if (cost < block->cost[at]) {
      block->cost[at] = cost;
      block->choices[at].pull = (int8_t) m;
    }
  }
}

/* The best split of i to j is not left of that of i to j-1, nor right of that of i+1 to j (Knuth's
 * observation; exact for range tests alone, and close to it otherwise). */
static void
plan_split (const struct plan *plan, const struct block *block, size_t i, size_t j)
{
  size_t count = block->count, at = i * count + j;
  size_t low = (size_t) block->choices[at - 1].split;
  size_t high = (size_t) block->choices[at + count].split;
  const uint32_t *left = block->cost + i * count, *right = block->cost + j + count;
  uint32_t best = UINT32_MAX;
  size_t split = low;

  if (high == j)
    high = j - 1;
  for (size_t m = low; m <= high; m++) {
    uint32_t cost = left[m] + right[m * count];

    if (cost < best) {
      best = cost;
      split = m;
    }
  }
  block->cost[at] = best + run_weight (plan, block->base + i, block->base + j) + plan->node_cost;
  block->choices[at].split = (int8_t) split;
}

/* Where there is a subtree to share, its cost is there already. */
static void
plan_run (const struct plan *plan, const struct block *block, size_t i, size_t j)
{
  size_t at = i * block->count + j;
  struct choice *choice = &block->choices[at];
  uint32_t shared_cost = block->cost[at];

  choice->pull = NONE;
  plan_split (plan, block, i, j);
  if (j - i >= 2 && j - i <= 4)
    plan_pulls (plan, block, i, j);
  if (choice->shared == NONE)
    return;
  if (shared_cost < block->cost[at])
    block->cost[at] = shared_cost;
  else
    choice->shared = NONE;
}

/* --- what earlier trees have made already --- */

/* Where the intervals have a run that the subtree tells apart; its outer borders don't matter.
 * Returns the first one's index, or NONE. */
static int
find_run (const struct plan *plan, const struct block *block, const struct subtree *subtree)
{
  const struct interval *theirs = subtree->intervals + subtree->first;
  const struct interval *ours = plan->intervals + block->base;
  size_t length = subtree->last - subtree->first + 1, low = 1, high = block->count;

  while (low < high) {
    size_t middle = (low + high) / 2;

    if (ours[middle].first < theirs[1].first)
      low = middle + 1;
    else
      high = middle;
  }
  if (low - 1 + length > block->count || ours[low - 1].node != theirs[0].node)
    return NONE;
  for (size_t i = 1; i < length; i++)
    if (ours[low - 1 + i].first != theirs[i].first || ours[low - 1 + i].node != theirs[i].node)
      return NONE;
  return (int) low - 1;
}

/* Steps that a subtree takes with our weights; its children's are known. */
static uint32_t
subtree_steps (const struct plan *plan, const struct subtree *subtree, size_t first,
               const uint32_t *steps)
{
  size_t last = first + subtree->last - subtree->first;

  if (subtree->pull != NONE)
    return pull_cost (plan, first, last, first + (size_t) subtree->pull - subtree->first, 0);
  return run_weight (plan, first, last) + (subtree->left == NONE ? 0 : steps[subtree->left]) +
         (subtree->right == NONE ? 0 : steps[subtree->right]);
}

/* Marks the runs that subtrees of the forest tell apart, with what that costs: no node. */
static void
find_shared (const struct plan *plan, const struct block *block)
{
  const struct forest *forest = plan->forest;
  uint32_t *steps = ARENA_ARRAY (plan->scratch, uint32_t, forest->count);

  for (size_t s = 0; s < forest->count && s < INT16_MAX; s++) {
    const struct subtree *subtree = &forest->subtrees[s];
    int first = find_run (plan, block, subtree);
    size_t at;

    if (first == NONE)
      continue;
    at = (size_t) first * block->count + (size_t) first + subtree->last - subtree->first;
    steps[s] = subtree_steps (plan, subtree, block->base + (size_t) first, steps);
    if (block->choices[at].shared == NONE || steps[s] < block->cost[at]) {
      block->choices[at].shared = (int16_t) s;
      block->cost[at] = steps[s];
    }
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
                          .choices = ARENA_ARRAY (plan->scratch, struct choice, count * count)};
  for (size_t i = 0; i < count; i++) {
    for (size_t j = i + 1; j < count; j++)
      block->choices[i * count + j].shared = NONE;
    block->choices[i * count + i] = (struct choice){NONE, (int8_t) i, NONE};
    block->cost[i * count + i] = 0;
  }
  find_shared (plan, block);
  for (size_t length = 1; length < count; length++)
    for (size_t i = 0; i + length < count; i++)
      plan_run (plan, block, i, i + length);
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
node_cost (uint64_t weight)
{
  const uint64_t most = UINT32_MAX / (4 * EXACT_MAX);

  weight = weight * TREE_NODE_COST / 100;
  return (uint32_t) (weight < most ? weight : most);
}

struct plan *
tree_plan (struct forest *forest, const struct interval *intervals, size_t count,
           struct arena *scratch)
{
  struct plan *plan = ARENA_NEW (scratch, struct plan);

  plan->intervals = intervals;
  plan->count = count;
  plan->before = ARENA_ARRAY (scratch, uint64_t, count + 1);
  for (size_t i = 0; i < count; i++)
    plan->before[i + 1] = plan->before[i] + intervals[i].weight;
  plan->node_cost = node_cost (plan->before[count]);
  plan->forest = forest;
  plan->scratch = scratch;
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
  const struct interval *intervals = m->plan->intervals;
  const struct choice *choice = &m->block->choices[i * m->block->count + j];
  size_t base = m->block->base;
  struct subtree subtree = {.intervals = intervals,
                            .first = base + i,
                            .last = base + j,
                            .pull = NONE,
                            .left = NONE,
                            .right = NONE};
  struct interval rest[4];

  *place = NONE;
  if (i == j)
    return intervals[base + i].node;
  if (choice->shared != NONE) {
    *place = choice->shared;
    return m->plan->forest->subtrees[*place].node;
  }
  if (choice->pull != NONE) {
    size_t pull = base + (size_t) choice->pull;
    size_t count = list_without (rest, intervals, base + i, base + j, pull);

    subtree.pull = (int) pull;
    subtree.node = node_test (m->graph, BPF_JEQ, intervals[pull].first, intervals[pull].node,
                              small_make (m->graph, rest, count));
  } else {
    size_t split = (size_t) choice->split;
    const struct node *low = make_run (m, i, split, &subtree.left);
    const struct node *high = make_run (m, split + 1, j, &subtree.right);

    subtree.node = node_test (m->graph, BPF_JGE, intervals[base + split + 1].first, high, low);
  }
  node_add_weight (m->graph, subtree.node, run_weight (m->plan, base + i, base + j));
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

  return tree_make (tree_plan (&forest, intervals, count, scratch), graph);
}
