#include "plan.h"

#include <string.h>

#include "program.h"

/* How long runs may be that begin and end anywhere: time grows with its square. Where length is all
 * that counts, it is worth that. */
enum { REACH = 16, REACH_FAR = 80 };

/* How many pieces of a level make one of the next, if they are not heavy. */
enum { PIECES = 3 };

/* Costs are reckoned for so many runs side by side, which takes no longer than for one. */
enum { LANES = 8 };

/* More than anything costs, and twice as much is still a number: four bytes of this. */
enum { UNKNOWN_COST_BYTE = 0x7e };

uint64_t
plan_weight (const struct plan *plan, size_t first, size_t last)
{
  return plan->before[last + 1] - plan->before[first];
}

cost
plan_step (const struct plan *plan, size_t first, size_t last)
{
  return plan->cost_before[last + 1] - plan->cost_before[first];
}

/* --- chains --- */

static bool
is_single (const struct plan *plan, size_t at)
{
  const struct interval *interval = &plan->intervals[at];

  return at + 1 < plan->count ? interval[1].first == interval->first + 1
                              : interval->first == UINT32_MAX;
}

static void
chain_start (struct chain *chain)
{
  chain->count = 0;
  chain->steps = chain->saved = 0;
}

/* Who comes later is spared a step for each value before. */
static void
chain_add (const struct plan *plan, struct chain *chain, size_t value)
{
  const struct interval *interval = &plan->intervals[value];
  const cost step = plan_step (plan, value, value);
  cost before = chain->steps;
  size_t at = chain->count++;

  for (; at > 0 && chain->values[at - 1]->weight < interval->weight; at--) {
    chain->values[at] = chain->values[at - 1];
    value = (size_t) (chain->values[at] - plan->intervals);
    before -= plan_step (plan, value, value);
  }
  chain->values[at] = interval;
  chain->saved += before + (cost) (chain->count - 1 - at) * step;
  chain->steps += step;
}

/* Adds an interval to a chain whose base leads to `node`: it leads there as well, or it is taken
 * out. False if neither can be. */
static inline bool
chain_extend (const struct plan *plan, struct chain *chain, size_t at, const struct node *node)
{
  if (plan->intervals[at].node == node)
    return true;
  if (chain->count == plan->chain_max || !is_single (plan, at))
    return false;
  chain_add (plan, chain, at);
  return true;
}

bool
plan_chain (const struct plan *plan, size_t first, size_t last, size_t base, struct chain *chain)
{
  chain_start (chain);
  for (size_t i = first; i <= last; i++)
    if (!chain_extend (plan, chain, i, plan->intervals[base].node))
      return false;
  return true;
}

cost
plan_chain_cost (const struct plan *plan, size_t first, size_t last, const struct chain *chain,
                 cost node_cost)
{
  return (cost) chain->count * (plan_step (plan, first, last) + node_cost) - chain->saved;
}

/* --- costs that are known before any run is split --- */

static cost *
cost_of (const struct level *level, size_t i, size_t j)
{
  return &level->costs[(j - i) * level->room + i];
}

static void
know (cost *known, cost other)
{
  if (other < *known)
    *known = other;
}

/* The runs of three intervals and more that begin with the base of a chain and a single value, in
 * any order. What is no chain is none however it goes on; two intervals are told apart by a split
 * as well. */
static void
know_chains (const struct plan *plan, const struct level *level, size_t base, size_t value)
{
  const size_t i = base < value ? base : value;
  const size_t end = i + level->reach < level->count ? i + level->reach : level->count;
  const struct node *node = plan->intervals[base].node;
  struct chain chain;

  chain_start (&chain);
  chain_add (plan, &chain, value);
  for (size_t j = i + 2; j < end && chain_extend (plan, &chain, j, node); j++)
    know (cost_of (level, i, j), plan_chain_cost (plan, i, j, &chain, plan->node_cost));
}

/* On the lowest level pieces are intervals. */
static void
know_intervals (const struct plan *plan, const struct level *level)
{
  for (size_t i = 0; i < level->count; i++)
    *cost_of (level, i, i) = 0;
  for (size_t i = 0; i + 1 < level->count; i++) {
    if (is_single (plan, i + 1))
      know_chains (plan, level, i, i + 1);
    if (is_single (plan, i))
      know_chains (plan, level, i + 1, i);
  }
}

static void
know_below (const struct level *level, const struct level *below)
{
  for (size_t i = 0; i < level->count; i++) {
    const uint32_t first = level->below[i];
    const cost *from = cost_of (below, first, first);
    cost *known = cost_of (level, i, i);

    for (size_t j = i; j < level->count; j++, known += level->room) {
      const size_t length = level->below[j + 1] - first;

      if (length > below->reach)
        break;
      *known = from[(length - 1) * below->room];
    }
  }
}

/* The piece that begins with an interval, or the end, NONE if none does. */
static int
find_border (const struct level *level, uint32_t interval)
{
  size_t low = 0, high = level->count;

  while (low < high) {
    size_t middle = (low + high) / 2;

    if (level->first[middle] < interval)
      low = middle + 1;
    else
      high = middle;
  }
  return level->first[low] == interval ? (int) low : NONE;
}

/* The run of a level that has a subtree which is in the plan, if one has. */
static inline bool
find_shared (const struct plan *plan, const struct level *level, size_t s, size_t *i, size_t *j)
{
  const struct subtree *subtree = &plan->forest->subtrees[s];
  const uint32_t first = (uint32_t) plan->places[s].first;
  int from, to;

  if (level->below && subtree->last - subtree->first < level[-1].reach)
    return false;
  from = find_border (level, first);
  to = find_border (level, first + subtree->last - subtree->first + 1);
  *i = (size_t) from;
  *j = (size_t) to - 1;
  return from != NONE && to != NONE && (size_t) (to - from) <= level->reach;
}

/* The runs that subtrees of the forest tell apart already: they cost no node. */
static void
know_shared (const struct plan *plan, const struct level *level)
{
  size_t i, j;

  for (size_t s = 0; s < plan->place_count; s++)
    if (plan->places[s].first != NONE && find_shared (plan, level, s, &i, &j))
      know (cost_of (level, i, j), plan->places[s].steps);
}

/* --- the plan: the least that runs cost, the short ones first --- */

/* The runs of d + 1 pieces, whose costs go to `known`; those of shorter ones are in `costs`. LANES
 * at a time: what comes out past the last run is never looked at. It is not inlined, as then gcc
 * forgets that `known` is apart from the rest, and takes them one by one. */
static __attribute__ ((noinline)) void
split_runs (cost *restrict known, const struct level *level, const cost *restrict costs,
            const cost *restrict before, size_t d, cost node_cost)
{
  const size_t room = level->room, runs = level->count - d;

  for (size_t i = 0; i < runs; i += LANES) {
    const cost *left = costs + i, *right = left + (d - 1) * room + 1;
    cost best[LANES];

    for (size_t l = 0; l < LANES; l++)
      best[l] = left[l] + right[l];
    for (size_t k = d - 1; k > 0; k--) {
      left += room;
      right -= room - 1;
      for (size_t l = 0; l < LANES; l++) {
        cost sum = left[l] + right[l];

        best[l] = best[l] < sum ? best[l] : sum;
      }
    }
    for (size_t l = 0; l < LANES; l++)
      best[l] += before[i + d + 1 + l] - before[i + l] + node_cost;
    for (size_t l = 0; l < LANES; l++)
      known[i + l] = known[i + l] < best[l] ? known[i + l] : best[l];
  }
}

static void
plan_level (struct plan *plan, struct level *level)
{
  const size_t reach = plan->chain_max == CHAIN_SHORT ? REACH : REACH_FAR;
  size_t size, d = 1;

  level->reach = level->count < reach ? level->count : reach;
  level->room = level->count + LANES;
  size = arena_array_size (level->reach * level->room, sizeof *level->costs);
  level->costs = memset (arena_take (plan->scratch, size), UNKNOWN_COST_BYTE, size);
  if (level->below) {
    know_below (level, level - 1);
    d = level[-1].reach / (PIECES + 1); /* the shortest that may be too long for it */
  } else {
    know_intervals (plan, level);
  }
  know_shared (plan, level);
  for (; d < level->reach; d++)
    split_runs (level->costs + d * level->room, level, level->costs, level->before, d,
                plan->node_cost);
}

static void
plan_lowest_level (struct plan *plan)
{
  struct level *level = ARENA_PUSH (plan->scratch, plan->levels, plan->level_count);
  uint32_t *first = ARENA_ARRAY (plan->scratch, uint32_t, plan->count + 1);

  for (size_t i = 0; i <= plan->count; i++)
    first[i] = (uint32_t) i;
  *level = (struct level){.count = plan->count, .first = first, .before = plan->cost_before};
  plan_level (plan, level);
}

/* Whether a chain would take the interval out of what is around it. */
static bool
is_taken_out (const struct plan *plan, size_t at)
{
  const struct interval *interval = &plan->intervals[at];

  return at > 0 && at + 1 < plan->count && is_single (plan, at) &&
         interval[-1].node == interval[1].node;
}

/* Whether pieces i to j of a level, and no more, should be one of the next: there are enough, or
 * one more would weigh too much. What a chain would take out should not be at the end. */
static bool
is_piece (const struct plan *plan, const struct level *level, size_t i, size_t j)
{
  const cost most = level->before[level->count] * PIECES / (cost) level->count;

  if (j + 1 == level->count || j - i == PIECES || level->before[j + 2] - level->before[i] > most)
    return true;
  return j - i + 1 == PIECES && (level->below || !is_taken_out (plan, j));
}

static void
plan_next_level (struct plan *plan)
{
  struct level *level = ARENA_PUSH (plan->scratch, plan->levels, plan->level_count);
  const struct level *below = level - 1;
  uint32_t *first = ARENA_ARRAY (plan->scratch, uint32_t, below->count + 1);
  uint32_t *pieces = ARENA_ARRAY (plan->scratch, uint32_t, below->count + 1);
  cost *before = ARENA_ARRAY (plan->scratch, cost, below->count + 1 + LANES);
  size_t count = 0;

  for (size_t i = 0; i < below->count; i++)
    if (is_piece (plan, below, pieces[count], i)) {
      count++;
      pieces[count] = (uint32_t) i + 1;
      first[count] = below->first[i + 1];
      before[count] = below->before[i + 1];
    }
  *level = (struct level){.count = count, .first = first, .below = pieces, .before = before};
  plan_level (plan, level);
}

/* --- and back: which way it was that costs so little --- */

/* The first split of a run that costs what the run does. */
static bool
is_split (const struct plan *plan, const struct level *level, size_t i, size_t j, size_t *at)
{
  const cost step = level->before[j + 1] - level->before[i];
  const cost least = *cost_of (level, i, j) - step - plan->node_cost;
  const cost *left = cost_of (level, i, i), *right = cost_of (level, i + 1, j);

  for (*at = i; *at < j; ++*at) {
    if (*left + *right == least)
      return true;
    left += level->room;
    right -= level->room - 1;
  }
  return false;
}

static bool
is_shared (const struct plan *plan, const struct level *level, size_t i, size_t j, size_t *s)
{
  size_t from, to;

  for (*s = 0; *s < plan->place_count; ++*s)
    if (plan->places[*s].first != NONE && plan->places[*s].steps == *cost_of (level, i, j) &&
        find_shared (plan, level, *s, &from, &to) && from == i && to == j)
      return true;
  return false;
}

static bool
is_chain (const struct plan *plan, size_t first, size_t last, size_t base, cost least)
{
  struct chain chain;

  return base <= last && plan_chain (plan, first, last, base, &chain) &&
         plan_chain_cost (plan, first, last, &chain, plan->node_cost) == least;
}

static bool
is_below (const struct level *level, size_t i, size_t j, cost least)
{
  const struct level *below = level - 1;
  const size_t first = level->below[i], end = level->below[j + 1];

  return end - first <= below->reach && *cost_of (below, first, end - 1) == least;
}

struct choice
plan_choose (const struct plan *plan, size_t l, size_t i, size_t j)
{
  const struct level *level = &plan->levels[l];
  const size_t first = level->first[i], last = level->first[j + 1] - 1;
  const cost least = *cost_of (level, i, j);
  size_t at;

  if (level->below && is_below (level, i, j, least))
    return (struct choice){BELOW, 0};
  if (is_split (plan, level, i, j, &at))
    return (struct choice){SPLIT, at};
  for (at = 0; at < 2 && !level->below; at++)
    if (is_chain (plan, first, last, first + at, least))
      return (struct choice){CHAIN, at};
  if (is_shared (plan, level, i, j, &at))
    return (struct choice){SHARED, at};
  /* Costs being exact, it is one of these; if not, any split would be right. */
  return (struct choice){SPLIT, i};
}

/* --- all of it --- */

/* Weights as costs: so small that the sum of all nodes, and of some steps, is below 2^24. No
 * program holds what more intervals than MANY are told apart by. */
static void
set_costs (struct plan *plan, uint32_t hundredths)
{
  enum { STEPS = 16, FEW = 128, MANY = 2 * PROGRAM_MAX_LENGTH + 1, MOST = 1 << 24 };
  const size_t nodes = plan->count < FEW ? FEW : plan->count < MANY ? plan->count : MANY;
  uint64_t total = plan->before[plan->count];
  int shift = 0;

  if (hundredths > STEPS * 100)
    hundredths = STEPS * 100;
  while (total >> shift >= MOST * 100 / (STEPS * 100 + nodes * hundredths))
    shift++;
  plan->node_cost = (cost) ((total >> shift) * hundredths / 100);
  plan->cost_before = ARENA_ARRAY (plan->scratch, cost, plan->count + LANES + 1);
  for (size_t i = 0; i <= plan->count; i++)
    plan->cost_before[i] = (cost) (int64_t) (plan->before[i] >> shift);
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
  plan->chain_max = graph->node_cost > NODE_COST_ALONE ? CHAIN_MAX : CHAIN_SHORT;
  plan->forest = forest;
  plan->scratch = scratch;
  set_costs (plan, graph->node_cost);
  plan_find_places (plan);
  plan_lowest_level (plan);
  while (plan->levels[plan->level_count - 1].reach < plan->levels[plan->level_count - 1].count)
    plan_next_level (plan);
  return plan;
}
