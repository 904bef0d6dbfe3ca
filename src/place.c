#include "plan.h"

/* The same intervals in a row, whatever the run's outer borders are: range tests don't look there.
 */
static int
find_run (const struct plan *plan, const struct subtree *subtree)
{
  const struct interval *theirs = subtree->intervals + subtree->first;
  const size_t length = subtree->last - subtree->first + 1;
  const size_t first = interval_find (plan->intervals, plan->count, theirs[1].first - 1);
  const struct interval *ours = plan->intervals + first;

  if (first + length > plan->count || ours[0].node != theirs[0].node)
    return NONE;
  for (size_t i = 1; i < length; i++)
    if (ours[i].first != theirs[i].first || ours[i].node != theirs[i].node)
      return NONE;
  return (int) first;
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
  place->steps = plan_chain_cost (plan, first, last, &chain, 0);
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
  place->steps = plan_step (plan, (size_t) first, (size_t) (first + length - 1));
  return place_side (plan, subtree->left, first, theirs, place) &&
         place_side (plan, subtree->right, first + right_at, theirs + right_at, place);
}

/* Children come before parents, so their places are known. */
void
plan_find_places (struct plan *plan)
{
  const struct forest *forest = plan->forest;

  plan->place_count = forest->count;
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
