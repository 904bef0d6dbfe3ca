#include "plan.h"

#include <string.h>

/* --- chains --- */

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

bool
plan_chain (const struct plan *plan, size_t first, size_t last, size_t base, struct chain *chain)
{
  chain->count = 0;
  for (size_t i = first; i <= last; i++)
    if (!chain_extend (plan, chain, i, base))
      return false;
  return true;
}

uint32_t
plan_weight (const struct plan *plan, size_t first, size_t last)
{
  return (uint32_t) (plan->before[last + 1] - plan->before[first]);
}

static uint32_t
chain_cost (const struct plan *plan, size_t first, size_t last, const struct chain *chain,
            uint32_t node_cost)
{
  uint32_t weight = plan_weight (plan, first, last), cost = 0;

  for (size_t i = 0; i < chain->count; i++) {
    cost += weight + node_cost;
    weight -= chain->values[i]->weight;
  }
  return cost;
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
  if (!plan_chain (plan, first, last, first + (size_t) subtree->base, &chain))
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
  place->steps = plan_weight (plan, (size_t) first, (size_t) (first + length - 1));
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

size_t
plan_middle (const struct plan *plan, size_t first, size_t last)
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
    size_t middle = plan_middle (plan, first, last);

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
