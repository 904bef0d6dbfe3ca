#include "tree.h"

#include <float.h>

#include <linux/filter.h>

/* Above this many intervals, halves are optimised apart: time and memory grow with the square. */
enum { EXACT_MAX = 192 };

struct plan {
  struct graph *graph;
  const struct interval *intervals;
  const float *before; /* weight of all intervals before the i-th */
  size_t base, count;  /* the intervals that are planned together */
  float node_cost;     /* TREE_NODE_COST times the total weight */
  float *cost;         /* of the best tree for i to j, at [i * count + j] */
  int16_t *split;      /* its topmost range test: between split and split + 1 */
  int16_t *pull;       /* the single value tested first instead; -1: none */
};

void
interval_append (struct interval *intervals, size_t *count, uint32_t first, const struct node *node,
                 float weight)
{
  if (*count && intervals[*count - 1].first == first)
    (*count)--;
  if (*count && intervals[*count - 1].node == node)
    intervals[*count - 1].weight += weight;
  else
    intervals[(*count)++] = (struct interval){first, node, weight};
}

/* --- small lists, told apart with up to two tests --- */

/* Whether the interval has one value only: `next` is what follows it, or NULL at the end. */
static bool
is_single (const struct interval *interval, const struct interval *next)
{
  return next ? next->first == interval->first + 1 : interval->first == UINT32_MAX;
}

static bool
is_exception (const struct interval *list)
{
  return list[0].node == list[2].node && is_single (&list[1], &list[2]);
}

static float
list_weight (const struct interval *list, size_t count)
{
  float weight = 0;

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

static float
small_cost (const struct plan *plan, const struct interval *list, size_t count)
{
  float weight = list_weight (list, count);

  if (count == 1)
    return 0;
  if (count == 2 || is_exception (list))
    return weight + plan->node_cost;
  return 2 * weight - list[first_goes_first (list) ? 0 : 2].weight + 2 * plan->node_cost;
}

static const struct node *
small_build (const struct plan *plan, const struct interval *list, size_t count)
{
  struct graph *graph = plan->graph;

  if (count == 1)
    return list[0].node;
  if (count == 2)
    return node_test (graph, BPF_JGE, list[1].first, list[1].node, list[0].node);
  if (is_exception (list))
    return node_test (graph, BPF_JEQ, list[1].first, list[1].node, list[0].node);
  if (first_goes_first (list))
    return node_test (graph, BPF_JGE, list[1].first, small_build (plan, list + 1, 2), list[0].node);
  return node_test (graph, BPF_JGE, list[2].first, list[2].node, small_build (plan, list, 2));
}

/* The intervals i to j without the m-th, whose neighbours become one if they lead to the same. */
static size_t
list_without (struct interval *rest, const struct interval *intervals, size_t i, size_t j, size_t m)
{
  size_t count = 0;

  for (size_t at = i; at <= j; at++) {
    if (at == m)
      continue;
    interval_append (rest, &count, intervals[at].first, intervals[at].node, intervals[at].weight);
  }
  return count;
}

/* --- the plan --- */

static float
range_weight (const struct plan *plan, size_t i, size_t j)
{
  return plan->before[plan->base + j + 1] - plan->before[plan->base + i];
}

#define AT(plan, i, j) ((i) * (plan)->count + (j))

/* Taking a single value out of i to j pays in the lists that a leaf can hold: three to five
 * intervals, of which at most three are left. */
static void
plan_pulls (struct plan *plan, size_t i, size_t j)
{
  const struct interval *intervals = plan->intervals + plan->base;
  struct interval rest[4];

  for (size_t m = i + 1; m < j; m++) {
    size_t count;
    float cost;

    if (!is_single (&intervals[m], &intervals[m + 1]))
      continue;
    if (j - i > 2 && intervals[m - 1].node != intervals[m + 1].node)
      continue;
    count = list_without (rest, intervals, i, j, m);
    cost = range_weight (plan, i, j) + plan->node_cost + small_cost (plan, rest, count);
    if (cost < plan->cost[AT (plan, i, j)]) {
      plan->cost[AT (plan, i, j)] = cost;
      plan->pull[AT (plan, i, j)] = (int16_t) m;
    }
  }
}

/* The best split of i to j is not left of that of i to j-1, nor right of that of i+1 to j (Knuth's
 * observation; exact for range tests alone, and close where leaves take values out). */
static void
plan_range (struct plan *plan, size_t i, size_t j)
{
  size_t low = j - i > 1 ? (size_t) plan->split[AT (plan, i, j - 1)] : i;
  size_t high = j - i > 1 ? (size_t) plan->split[AT (plan, i + 1, j)] : i;
  float best = FLT_MAX;
  size_t split = low;

  for (size_t m = low; m <= high; m++) {
    float cost = plan->cost[AT (plan, i, m)] + plan->cost[AT (plan, m + 1, j)];

    if (cost < best) {
      best = cost;
      split = m;
    }
  }
  plan->cost[AT (plan, i, j)] = best + range_weight (plan, i, j) + plan->node_cost;
  plan->split[AT (plan, i, j)] = (int16_t) split;
  plan->pull[AT (plan, i, j)] = -1;
  if (j - i >= 2 && j - i <= 4)
    plan_pulls (plan, i, j);
}

static const struct node *
plan_build (const struct plan *plan, size_t i, size_t j)
{
  const struct interval *intervals = plan->intervals + plan->base;
  int16_t pull = plan->pull[AT (plan, i, j)];
  size_t split = (size_t) plan->split[AT (plan, i, j)];
  struct interval rest[4];

  if (i == j)
    return intervals[i].node;
  if (pull >= 0) {
    size_t count = list_without (rest, intervals, i, j, (size_t) pull);

    return node_test (plan->graph, BPF_JEQ, intervals[pull].first, intervals[pull].node,
                      small_build (plan, rest, count));
  }
  return node_test (plan->graph, BPF_JGE, intervals[split + 1].first,
                    plan_build (plan, split + 1, j), plan_build (plan, i, split));
}

static const struct node *
build_exactly (struct plan *plan, size_t from, size_t to)
{
  plan->base = from;
  plan->count = to - from + 1;
  for (size_t i = 0; i < plan->count; i++) {
    plan->cost[AT (plan, i, i)] = 0;
    plan->pull[AT (plan, i, i)] = -1;
  }
  for (size_t length = 1; length < plan->count; length++)
    for (size_t i = 0; i + length < plan->count; i++)
      plan_range (plan, i, i + length);
  return plan_build (plan, 0, plan->count - 1);
}

/* Where the weight of from to to is halved, with something on both sides. */
static size_t
middle_by_weight (const struct plan *plan, size_t from, size_t to)
{
  float half = (plan->before[from] + plan->before[to + 1]) / 2;
  size_t middle = from;

  while (middle + 1 < to && plan->before[middle + 1] < half)
    middle++;
  return middle;
}

static const struct node *
build_range (struct plan *plan, size_t from, size_t to)
{
  const struct node *left, *right;
  size_t middle;

  if (to - from + 1 <= EXACT_MAX)
    return build_exactly (plan, from, to);
  middle = middle_by_weight (plan, from, to);
  left = build_range (plan, from, middle);
  right = build_range (plan, middle + 1, to);
  return node_test (plan->graph, BPF_JGE, plan->intervals[middle + 1].first, right, left);
}

const struct node *
tree_build (struct graph *graph, const struct interval *intervals, size_t count,
            struct arena *scratch)
{
  size_t width = count < EXACT_MAX ? count : EXACT_MAX;
  float *before = ARENA_ARRAY (scratch, float, count + 1);

  for (size_t i = 0; i < count; i++)
    before[i + 1] = before[i] + intervals[i].weight;

  struct plan plan = {
      .graph = graph,
      .intervals = intervals,
      .before = before,
      .node_cost = TREE_NODE_COST * before[count],
      .cost = ARENA_ARRAY (scratch, float, width *width),
      .split = ARENA_ARRAY (scratch, int16_t, width * width),
      .pull = ARENA_ARRAY (scratch, int16_t, width * width),
  };

  return build_range (&plan, 0, count - 1);
}
