/* tree.c: whatever the intervals and their weights, the tree decides as they say; and it is as
 * short as it can be, weighed by how often each is reached. */
#include <float.h>

#include "core.h"
#include "plan.h"

enum { VERDICTS = 6 };

static struct graph graph;
static struct interval_list list;
static uint32_t node_cost = NODE_COST_LOW;

/* --- lists --- */

static void
begin_list (void)
{
  forget_all ();
  graph_init (&graph, node_cost, &arena);
  list = (struct interval_list){0};
}

static void
append (uint32_t first, uint32_t verdict, uint32_t weight)
{
  interval_append (&list, first, node_return (&graph, verdict), weight, &arena);
}

static const struct node *
built (void)
{
  return tree_build (&graph, list.items, list.count, &arena);
}

static uint32_t
verdict_of (uint32_t word)
{
  size_t i = 0;

  while (i + 1 < list.count && list.items[i + 1].first <= word)
    i++;
  return list.items[i].node->k;
}

/* The tree is asked at both ends of each interval, and beyond them. */
static void
check_tree (const struct node *root)
{
  unsigned steps;

  for (size_t i = 0; i < list.count; i++)
    for (uint32_t d = 0; d < 5; d++) {
      uint32_t word = list.items[i].first + d - 2;

      if (walk (root, word, &steps) != verdict_of (word))
        fail_msg ("%zu intervals: wrong for 0x%x", list.count, word);
    }
  assert_int_equal (walk (root, UINT32_MAX, &steps), verdict_of (UINT32_MAX));
  assert_int_equal (walk (root, 0x80000000, &steps), verdict_of (0x80000000));
}

/* --- appending --- */

static void
test_append (void)
{
  begin_list ();
  append (0, 1, 2);
  append (5, 1, 3);
  assert_int_equal (list.count, 1);
  assert_true (list.items[0].weight == 5);
  append (7, 2, 1);
  assert_int_equal (list.count, 2);
  append (7, 3, 4);
  assert_int_equal (list.count, 2);
  assert_int_equal (list.items[1].node->k, 3);
  assert_true (list.items[1].weight == 4);
  /* What takes a place may go on with what stands before it. */
  append (7, 1, 6);
  assert_int_equal (list.count, 1);
  assert_true (list.items[0].weight == 11);
}

/* --- random lists --- */

/* Steps that make single values as likely as wide gaps. */
static uint32_t
random_step (struct random *random)
{
  static const uint32_t steps[] = {1, 1, 1, 2, 3, 17, 1000, 0x100000};

  return steps[random_below (random, 8)];
}

static uint32_t
random_weight (struct random *random, unsigned kind)
{
  switch (kind) {
  case 0:
    return WEIGHT_OF_CALL;
  case 1:
    return random_below (random, 3);
  case 2:
    return random_chance (random, 10) ? 100000 : random_below (random, 1000);
  default:
    return 0;
  }
}

static void
random_list (struct random *random, size_t length)
{
  unsigned verdicts = 2 + random_below (random, VERDICTS - 1), kind = random_below (random, 4);
  uint32_t first = 0;

  begin_list ();
  for (size_t i = 0; i < length; i++) {
    uint32_t step = random_step (random);

    append (first, random_below (random, verdicts), random_weight (random, kind));
    if (first + step < first)
      break;
    first += step;
  }
  if (random_chance (random, 2))
    append (UINT32_MAX, random_below (random, verdicts), 1);
}

/* As compiling goes through them. */
static const uint32_t node_costs[] = {NODE_COST_LOW, 48, 3072, NODE_COST_HIGH};
enum { NODE_COSTS = sizeof node_costs / sizeof *node_costs };

static void
test_random_lists (void)
{
  struct random random = random_start (1);

  for (int i = 0; i < 4000; i++) {
    node_cost = node_costs[i % NODE_COSTS];
    random_list (&random, 1 + random_below (&random, 40));
    check_tree (built ());
  }
}

/* Lists that are planned at several scales. */
static void
test_long_random_lists (void)
{
  static const size_t lengths[] = {150, 191, 192, 193, 194, 300, 385, 600, 1100};
  struct random random = random_start (2);

  for (int i = 0; i < 45; i++) {
    node_cost = node_costs[i % NODE_COSTS];
    random_list (&random, lengths[i % 9]);
    check_tree (built ());
  }
}

static void
test_exactly_so_many (void)
{
  for (uint32_t length = 1; length <= 200; length++) {
    begin_list ();
    for (uint32_t i = 0; i < length; i++)
      append (i * 3, i % 2 + i % 7, 1);
    check_tree (built ());
  }
}

/* All there is in one interval: nothing to test. */
static void
test_one_interval (void)
{
  begin_list ();
  append (0, 7, 0);
  assert_ptr_equal (built (), node_return (&graph, 7));
}

/* The program does what the nodes say. */
static void
test_as_a_program (void)
{
  struct random random = random_start (3);

  for (int i = 0; i < 30; i++) {
    struct program program;

    random_list (&random, i < 25 ? 30 : 700);
    program = emitted (&graph, node_load (&graph, 0, built ()));
    for (size_t at = 0; at < list.count; at++)
      for (uint32_t d = 0; d < 3; d++) {
        struct seccomp_data data = {.nr = (int) (list.items[at].first + d - 1)};

        assert_int_equal (program_run (&program, &data, false, NULL),
                          verdict_of ((uint32_t) data.nr));
      }
  }
}

/* --- what costs are made of --- */

/* Costs are whole and below 2^24, however many intervals there are: only then are they the same
 * whatever width the machine computes floats with, and so is the program. */
static void
test_costs_are_exact (void)
{
  static const size_t lengths[] = {128, 129, 500, 1500, 5000};
  struct random random = random_start (8);

  for (int i = 0; i < 40; i++) {
    struct forest forest = {0};
    const struct plan *plan;
    cost most = 0;

    node_cost = node_costs[i % NODE_COSTS];
    random_list (&random, lengths[i % 5]);
    plan = tree_plan (&graph, &forest, list.items, list.count, &arena);
    for (size_t l = 0; l < plan->level_count; l++) {
      const struct level *level = &plan->levels[l];

      for (size_t d = 0; d < level->reach; d++)
        for (size_t at = 0; at + d < level->count; at++) {
          cost found = level->costs[d * level->room + at];

          most = found > most ? found : most;
          if (found != (cost) (uint32_t) found)
            fail_msg ("%zu intervals: a cost of %g", list.count, (double) found);
        }
    }
    if (most >= 1 << 24)
      fail_msg ("%zu intervals: a cost of %.0f", list.count, (double) most);
  }
}

/* --- shape --- */

/* One interval is reached most of the time: it is found soon, wherever it is. */
static void
test_weight_shifts_depth (void)
{
  for (uint32_t heavy = 0; heavy < 64; heavy++) {
    unsigned steps;

    begin_list ();
    for (uint32_t i = 0; i < 64; i++)
      append (i * 10, i, i == heavy ? 1000 : 1);
    walk (built (), heavy * 10, &steps);
    assert_in_range (steps, 1, 2);
  }
}

static void
test_equal_weights_balance (void)
{
  const struct node *root;
  unsigned steps;

  begin_list ();
  for (uint32_t i = 0; i < 128; i++)
    append (i * 10, i, 1);
  root = built ();
  assert_int_equal (graph_size (&graph, root, &arena), 128 + 127);
  for (uint32_t i = 0; i < 128; i++) {
    walk (root, i * 10, &steps);
    assert_in_range (steps, 6, 8);
  }
}

/* At several scales, too, the depth stays near the logarithm. */
static void
test_long_lists_balance (void)
{
  const struct node *root;
  unsigned steps;

  begin_list ();
  for (uint32_t i = 0; i < 1024; i++)
    append (i * 10, i, 1);
  root = built ();
  for (uint32_t i = 0; i < 1024; i++) {
    walk (root, i * 10, &steps);
    assert_in_range (steps, 1, 13);
  }
}

/* An exception of one value costs one test, not two. */
static void
test_exceptions (void)
{
  const struct node *root;
  unsigned steps;

  begin_list ();
  append (0, 1, 5);
  append (41, 2, 1);
  append (42, 1, 5);
  root = built ();
  assert_int_equal (graph_size (&graph, root, &arena), 3);
  assert_int_equal (root->code, BPF_JMP | BPF_JEQ | BPF_K);
  walk (root, 41, &steps);
  assert_int_equal (steps, 1);
  append (99, 2, 1);
  append (100, 1, 5);
  root = built ();
  assert_int_equal (graph_size (&graph, root, &arena), 4);
  check_tree (root);
}

/* Of several, the one that comes most often is taken out first. */
static void
test_heavy_exceptions (void)
{
  for (uint32_t heavy = 0; heavy < 3; heavy++) {
    const struct node *root;
    unsigned steps;

    begin_list ();
    append (0, 1, 1);
    for (uint32_t i = 0; i < 3; i++) {
      append (100 * i + 41, 2 + i, i == heavy ? 90000 : 10);
      append (100 * i + 42, 1, 1);
    }
    root = built ();
    check_tree (root);
    walk (root, 100 * heavy + 41, &steps);
    assert_int_equal (steps, 1);
  }
}

/* The least cost of any tree of range tests alone, by trying all. */
static double
best_range_tree (void)
{
  static double best[80][80];
  double total = 0;

  assert_true (list.count <= 80);
  for (size_t i = 0; i < list.count; i++)
    total += list.items[i].weight;
  for (size_t i = 0; i < list.count; i++)
    best[i][i] = 0;
  for (size_t length = 1; length < list.count; length++)
    for (size_t i = 0; i + length < list.count; i++) {
      double least = DBL_MAX, weight = 0;

      for (size_t m = i; m <= i + length; m++)
        weight += list.items[m].weight;
      for (size_t m = i; m < i + length; m++)
        if (best[i][m] + best[m + 1][i + length] < least)
          least = best[i][m] + best[m + 1][i + length];
      best[i][i + length] = least + weight + graph.node_cost * total / 100;
    }
  return best[0][list.count - 1];
}

/* Of a tree: the steps to each interval by its weight, and what its nodes cost. */
static double
cost_of (const struct node *root)
{
  bool seen[VERDICTS] = {false};
  uint32_t tests = graph_size (&graph, root, &arena);
  double steps = 0, total = 0;

  for (size_t i = 0; i < list.count; i++) {
    unsigned taken;

    walk (root, list.items[i].first, &taken);
    steps += taken * (double) list.items[i].weight;
    total += list.items[i].weight;
    tests -= !seen[list.items[i].node->k];
    seen[list.items[i].node->k] = true;
  }
  return steps + tests * graph.node_cost * total / 100;
}

/* No tree of range tests is better than ours by more than what taking values out of merged
 * intervals may shift from one to the other. */
static void
test_no_range_tree_is_better (void)
{
  struct random random = random_start (4);

  for (int i = 0; i < 2000; i++) {
    double ours, best;

    random_list (&random, 2 + random_below (&random, 70));
    ours = cost_of (built ());
    best = best_range_tree ();
    if (ours > best * 1.05 + 1e-6)
      fail_msg ("list %d of %zu intervals: %g, where %g can be had", i, list.count, ours, best);
  }
}

/* --- forests --- */

static const struct node *
planted (struct forest *forest)
{
  return tree_make (tree_plan (&graph, forest, list.items, list.count, &arena), &graph);
}

/* The same list once more, with some of its intervals changed, gone or moved. */
static void
change_list (struct random *random)
{
  struct interval_list old = list;

  list = (struct interval_list){0};
  for (size_t i = 0; i < old.count; i++) {
    const struct interval *interval = &old.items[i];
    bool is_last = i + 1 == old.count;

    if (i == 0 || !random_chance (random, 12))
      append (interval->first, random_chance (random, 12) ? 1 : interval->node->k,
              random_chance (random, 3) ? interval->weight : 77);
    if (!is_last && old.items[i + 1].first - interval->first > 2 && random_chance (random, 15))
      append (interval->first + 1, random_below (random, VERDICTS), 5);
  }
}

/* Whatever a forest has, each tree of it decides as its own list says. */
static void
test_forests (void)
{
  struct random random = random_start (6);

  for (int i = 0; i < 400; i++) {
    struct forest forest = {0};

    node_cost = node_costs[i % NODE_COSTS];
    random_list (&random, i < 380 ? 1 + random_below (&random, 90) : 500);
    check_tree (planted (&forest));
    for (int trees = 0; trees < 4; trees++) {
      change_list (&random);
      check_tree (planted (&forest));
    }
    check_tree (built ());
  }
}

/* What the last interval leads to is not known when the tree is made, as with x32's bit; others
 * have been planted since. */
static void
test_renewed (void)
{
  struct random random = random_start (7);

  for (int i = 0; i < 400; i++) {
    struct forest forest = {0};
    struct interval *last;
    struct plan *plan;

    node_cost = node_costs[i % NODE_COSTS];
    random_list (&random, 1 + random_below (&random, 90));
    if (i % 2)
      planted (&forest);
    last = &list.items[list.count - 1];
    last->node = node_return (&graph, VERDICTS);
    plan = tree_plan (&graph, &forest, list.items, list.count, &arena);
    check_tree (tree_make (plan, &graph));
    tree_build (&graph, list.items, list.count, &arena);
    last->node = node_return (&graph, VERDICTS + 1);
    check_tree (tree_renew (plan, &graph));
  }
}

static void
test_a_tree_again_costs_nothing (void)
{
  struct forest forest = {0};
  const struct node *one;
  uint32_t nodes;

  begin_list ();
  for (uint32_t i = 0; i < 150; i++)
    append (i * 10, i % 5, i % 7 * 1000);
  one = planted (&forest);
  nodes = graph.count;
  assert_ptr_equal (planted (&forest), one);
  assert_int_equal (graph.count, nodes);
}

/* Where one half is the same, only the other is made anew. */
static void
test_a_tree_shares_runs (void)
{
  struct forest forest = {0};
  uint32_t nodes;

  begin_list ();
  for (uint32_t i = 0; i < 100; i++)
    append (i * 10, i, 1000);
  planted (&forest);
  nodes = graph.count;
  list = (struct interval_list){0};
  for (uint32_t i = 0; i < 100; i++)
    append (i * 10, i < 50 ? i : 1000 + i, 1000);
  check_tree (planted (&forest));
  assert_in_range (graph.count - nodes, 100, 115);
}

static void
test_deterministic (void)
{
  struct random random = random_start (5);

  for (int i = 0; i < 100; i++) {
    const struct node *one;

    random_list (&random, 1 + random_below (&random, 300));
    one = built ();
    assert_ptr_equal (built (), one);
  }
}

static int
begin_tree (void **state)
{
  node_cost = NODE_COST_LOW;
  return begin (state);
}

#define TREE_TEST(function) GUARDED (#function, function, begin_tree)

int
main (void)
{
  const struct CMUnitTest tests[] = {
      TREE_TEST (test_append),
      TREE_TEST (test_random_lists),
      TEST_IN_SMALL_CHUNKS (test_random_lists),
      TREE_TEST (test_long_random_lists),
      TREE_TEST (test_exactly_so_many),
      TREE_TEST (test_one_interval),
      TREE_TEST (test_as_a_program),
      TREE_TEST (test_costs_are_exact),
      TREE_TEST (test_weight_shifts_depth),
      TREE_TEST (test_equal_weights_balance),
      TREE_TEST (test_long_lists_balance),
      TREE_TEST (test_exceptions),
      TREE_TEST (test_heavy_exceptions),
      TREE_TEST (test_no_range_tree_is_better),
      TREE_TEST (test_forests),
      TREE_TEST (test_renewed),
      TREE_TEST (test_a_tree_again_costs_nothing),
      TREE_TEST (test_a_tree_shares_runs),
      TREE_TEST (test_deterministic),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
