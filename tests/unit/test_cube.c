/* cube.c: masked tests, and sets of values as masked tests. */
#include "core.h"
#include "cube.h"

static struct graph graph;

/* --- one test --- */

static const uint32_t masks[] = {1,          2,          3,          8,          0xff,      0xff00,
                                 0x80000000, 0x80000001, 0x7fffffff, 0xfffffffe, 0xffffffff};

static const uint32_t words[] = {
    0, 1, 2, 3, 5, 8, 0xff, 0x80, 0x81, 0xff00, 0x7fffffff, 0x80000000, 0x80000001, 0xffffffff};

enum { MASKS = sizeof masks / sizeof *masks, WORDS = sizeof words / sizeof *words };

static void
test_one_cube (void)
{
  graph_init (&graph, NODE_COST_LOW, &arena);
  for (size_t m = 0; m < MASKS; m++)
    for (size_t v = 0; v < WORDS; v++) {
      struct cube cube = {masks[m], words[v] & masks[m]};
      const struct node *node =
          cube_test (&graph, &cube, node_return (&graph, 1), node_return (&graph, 2));
      unsigned steps;

      for (size_t w = 0; w < WORDS; w++)
        assert_int_equal (walk (node, words[w], &steps),
                          (words[w] & cube.mask) == cube.value ? 1 : 2);
    }
}

/* A second test behind the first finds the word as it was, if the first keeps it. */
static void
test_what_keeps_the_word (void)
{
  unsigned kept = 0;

  graph_init (&graph, NODE_COST_LOW, &arena);
  for (size_t m = 0; m < MASKS; m++)
    for (size_t v = 0; v < WORDS; v++) {
      struct cube cube = {masks[m], words[v] & masks[m]};
      const struct node *yes, *no, *node;
      unsigned steps;

      if (!cube_keeps_word (&cube))
        continue;
      kept++;
      yes = node_test (&graph, BPF_JEQ, 0x81, node_return (&graph, 1), node_return (&graph, 2));
      no = node_test (&graph, BPF_JEQ, 0x81, node_return (&graph, 3), node_return (&graph, 4));
      node = cube_test (&graph, &cube, yes, no);
      for (size_t w = 0; w < WORDS; w++)
        assert_int_equal (walk (node, words[w], &steps),
                          ((words[w] & cube.mask) == cube.value ? 1 : 3) + (words[w] != 0x81));
    }
  assert_true (kept > MASKS);
}

/* One instruction where one is enough. */
static void
test_costs (void)
{
  static const struct {
    struct cube cube;
    unsigned steps;
  } rows[] = {
      {{UINT32_MAX, 5}, 1}, {{UINT32_MAX, 0}, 1}, {{0xff00, 0}, 1},
      {{8, 8}, 1},          {{8, 0}, 1},          {{0xff00, 0x100}, 2},
  };

  graph_init (&graph, NODE_COST_LOW, &arena);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    unsigned steps;

    walk (cube_test (&graph, &rows[i].cube, node_return (&graph, 1), node_return (&graph, 2)), 0,
          &steps);
    assert_int_equal (steps, rows[i].steps);
    assert_int_equal (cube_keeps_word (&rows[i].cube), rows[i].steps == 1);
  }
}

/* --- sets of values --- */

enum { REST = 1, EXCEPTION = 2, SET_BITS = 16 };

static void
append (struct interval_list *list, uint32_t first, uint32_t verdict)
{
  interval_append (list, first, node_return (&graph, verdict), WEIGHT_OF_CALL, &arena);
}

/* Bits of a set as words: the lowest and the highest there are, or a run from `low` on. */
static uint32_t
both_ends (unsigned bit)
{
  return bit < SET_BITS / 2 ? bit : UINT32_MAX - (SET_BITS - 1) + bit;
}

static uint32_t
from_0x70 (unsigned bit)
{
  return 0x70 + bit;
}

static struct interval_list
intervals_of (uint32_t set, uint32_t (*value_of) (unsigned bit))
{
  struct interval_list list = {0};

  append (&list, 0, REST);
  for (unsigned bit = 0; bit < SET_BITS; bit++) {
    uint32_t value = value_of (bit);

    if (!(set & (1u << bit)))
      continue;
    append (&list, value, EXCEPTION);
    if (value != UINT32_MAX)
      append (&list, value + 1, REST);
  }
  return list;
}

/* A chain, where there is one, decides as the intervals do, and is shorter than a test for each
 * value. Returns whether there is one. */
static bool
check_set (uint32_t set, uint32_t (*value_of) (unsigned bit))
{
  struct interval_list list = intervals_of (set, value_of);
  const struct node *node = cubes_build (&graph, list.items, list.count);
  unsigned steps, most = 0;

  if (!node)
    return false;
  for (unsigned bit = 0; bit < SET_BITS; bit++) {
    uint32_t expected = set & (1u << bit) ? EXCEPTION : REST;

    if (walk (node, value_of (bit), &steps) != expected)
      fail_msg ("set 0x%x: wrong for 0x%x", set, value_of (bit));
    most = steps > most ? steps : most;
  }
  for (size_t w = 0; w < WORDS; w++)
    if (words[w] >= 0x80 && words[w] < 0xfffffff0)
      assert_int_equal (walk (node, words[w], &steps), REST);
  assert_true (most < (unsigned) __builtin_popcount (set));
  return true;
}

static void
check_all_sets (uint32_t (*value_of) (unsigned bit))
{
  unsigned built = 0;

  for (uint32_t set = 1; set < 1u << SET_BITS; set++) {
    if (set % 256 == 1) {
      forget_all ();
      graph_init (&graph, NODE_COST_LOW, &arena);
    }
    built += check_set (set, value_of);
  }
  assert_true (built > 100);
}

static void
test_all_sets_at_both_ends (void)
{
  check_all_sets (both_ends);
}

static void
test_all_sets_in_the_middle (void)
{
  check_all_sets (from_0x70);
}

/* --- sets of single values as people write them --- */

static const struct node *
build_values (const uint32_t *values, size_t value_count)
{
  struct interval_list list = {0};

  graph_init (&graph, NODE_COST_LOW, &arena);
  append (&list, 0, REST);
  for (size_t i = 0; i < value_count; i++) {
    append (&list, values[i], EXCEPTION);
    append (&list, values[i] + 1, REST);
  }
  return cubes_build (&graph, list.items, list.count);
}

/* Docker's personalities: 0, 8, 0x20000 and 0x20008 differ in two bits. */
static void
test_personalities (void)
{
  static const uint32_t values[] = {0, 8, 0x20000, 0x20008, 0xffffffff};
  const struct node *node = build_values (values, 4);
  unsigned steps;

  assert_non_null (node);
  assert_int_equal (graph_size (&graph, node, &arena), 3);
  for (size_t i = 0; i < 4; i++)
    assert_int_equal (walk (node, values[i], &steps), EXCEPTION);
  assert_int_equal (walk (node, 1, &steps), REST);
  assert_int_equal (walk (node, UINT32_MAX, &steps), REST);
}

/* The one test that loses the word is the last, wherever it was found. */
static void
test_a_test_that_loses_the_word (void)
{
  static const uint32_t loser_last[] = {0, 2, 8, 10, 0x101, 0x103, 0x109, 0x10b};
  static const uint32_t loser_first[] = {0x11, 0x13, 0x19, 0x1b, 0x105};
  unsigned steps;
  const struct node *node = build_values (loser_last, 8);

  assert_non_null (node);
  for (size_t i = 0; i < 8; i++)
    assert_int_equal (walk (node, loser_last[i], &steps), EXCEPTION);
  node = build_values (loser_first, 5);
  assert_non_null (node);
  for (size_t i = 0; i < 5; i++)
    assert_int_equal (walk (node, loser_first[i], &steps), EXCEPTION);
  assert_int_equal (walk (node, 5, &steps), REST);
}

/* What is not worth it, or not of that kind, is left to the tree. */
static void
test_what_is_no_chain (void)
{
  static const uint32_t nothing_in_common[] = {3, 12, 48, 192};
  uint32_t too_many[130];
  struct interval_list list = {0};

  for (uint32_t i = 0; i < 130; i++)
    too_many[i] = 2 * i;
  assert_null (build_values (nothing_in_common, 4));
  assert_null (build_values (too_many, 130));
  assert_null (build_values (too_many, 1));
  graph_init (&graph, NODE_COST_LOW, &arena);
  /* The exceptions lead to different nodes. */
  for (uint32_t i = 0; i < 3; i++) {
    append (&list, 4 * i, REST);
    append (&list, 4 * i + 3, EXCEPTION + i);
  }
  assert_null (cubes_build (&graph, list.items, list.count));
  /* An exception of two values. */
  list.count = 0;
  for (uint32_t i = 0; i < 3; i++) {
    append (&list, 4 * i, REST);
    append (&list, 4 * i + 2, EXCEPTION);
  }
  assert_null (cubes_build (&graph, list.items, list.count));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      TEST (test_one_cube),
      TEST (test_what_keeps_the_word),
      TEST (test_costs),
      TEST (test_all_sets_at_both_ends),
      TEST (test_all_sets_in_the_middle),
      TEST (test_personalities),
      TEST (test_a_test_that_loses_the_word),
      TEST (test_what_is_no_chain),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
