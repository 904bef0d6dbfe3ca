#include "cube.h"

#include <linux/filter.h>

/* Merging looks at all pairs, so it is for the handfuls of values that people write. */
enum { VALUES_MAX = 64 };

static bool
is_one_bit (uint32_t word)
{
  return word && !(word & (word - 1));
}

bool
cube_keeps_word (const struct cube *cube)
{
  return cube->mask == UINT32_MAX || cube->value == 0 ||
         (cube->value == cube->mask && is_one_bit (cube->mask));
}

const struct node *
cube_test (struct graph *graph, const struct cube *cube, const struct node *yes,
           const struct node *no)
{
  if (cube->mask == UINT32_MAX)
    return node_test (graph, BPF_JEQ, cube->value, yes, no);
  if (cube->value == 0 && !graph->plain)
    return node_test (graph, BPF_JSET, cube->mask, no, yes);
  if (cube_keeps_word (cube) && !graph->plain)
    return node_test (graph, BPF_JSET, cube->mask, yes, no);
  return node_alu (graph, BPF_AND, cube->mask, node_test (graph, BPF_JEQ, cube->value, yes, no));
}

/* The exceptions' values as cubes; false if the intervals are not of that kind. */
static bool
take_values (struct cube *cubes, size_t *cube_count, const struct interval *intervals, size_t count)
{
  /* Two exceptions in a row lead to one node, and would be one interval. So does what surrounds. */
  size_t first = count > 1 && intervals[0].first == 0 && intervals[1].first == 1 ? 0 : 1;
  const struct node *exception = intervals[first].node, *rest = intervals[1 - first].node;

  *cube_count = 0;
  for (size_t i = 0; i < count; i++) {
    bool last = i + 1 == count;

    if (i % 2 != first) {
      if (intervals[i].node != rest)
        return false;
      continue;
    }
    if (intervals[i].node != exception || *cube_count == VALUES_MAX)
      return false;
    if (last ? intervals[i].first != UINT32_MAX : intervals[i + 1].first != intervals[i].first + 1)
      return false;
    cubes[(*cube_count)++] = (struct cube){UINT32_MAX, intervals[i].first};
  }
  return true;
}

/* Two cubes that differ in one bit are one cube without it. False when no two do. */
static bool
merge_once (struct cube *cubes, size_t *count)
{
  for (size_t i = 0; i < *count; i++)
    for (size_t j = i + 1; j < *count; j++) {
      uint32_t difference = cubes[i].value ^ cubes[j].value;

      if (cubes[i].mask != cubes[j].mask || !is_one_bit (difference))
        continue;
      cubes[i].mask &= ~difference;
      cubes[i].value &= ~difference;
      cubes[j] = cubes[--*count];
      return true;
    }
  return false;
}

/* A chain of tests can hold one that loses the word: the last. */
static bool
put_loser_last (struct cube *cubes, size_t count)
{
  size_t losers = !cube_keeps_word (&cubes[count - 1]);

  for (size_t i = 0; i + 1 < count; i++)
    if (!cube_keeps_word (&cubes[i])) {
      struct cube loser = cubes[i];

      cubes[i] = cubes[count - 1];
      cubes[count - 1] = loser;
      losers++;
    }
  return losers <= 1;
}

const struct node *
cubes_build (struct graph *graph, const struct interval *intervals, size_t count)
{
  const struct node *exception, *node;
  struct cube cubes[VALUES_MAX];
  size_t values, cube_count;

  if (count < 4 || graph->plain || !take_values (cubes, &values, intervals, count))
    return NULL;
  cube_count = values;
  while (merge_once (cubes, &cube_count))
    ;
  if (!put_loser_last (cubes, cube_count) ||
      cube_count + !cube_keeps_word (&cubes[cube_count - 1]) >= values)
    return NULL;
  exception = intervals[intervals[1].first == 1 ? 0 : 1].node;
  node = intervals[intervals[1].first == 1 ? 1 : 0].node;
  for (size_t i = cube_count; i > 0; i--)
    node = cube_test (graph, &cubes[i - 1], exception, node);
  return node;
}
