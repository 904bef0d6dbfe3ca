/* node.c: equal nodes are one, and none is made that would do nothing. */
#include "core.h"

static struct graph graph;

static const struct node *
test_of (uint32_t k)
{
  return node_test (&graph, BPF_JEQ, k, node_return (&graph, 1), node_return (&graph, 2));
}

static void
test_equal_nodes_are_one (void)
{
  const struct node *one, *other;
  uint32_t count;

  graph_init (&graph, NODE_COST_LOW, &arena);
  one = test_of (5);
  count = graph.count;
  other = test_of (5);
  assert_ptr_equal (one, other);
  assert_int_equal (graph.count, count);
  assert_ptr_equal (node_load (&graph, 16, one), node_load (&graph, 16, other));
  assert_ptr_equal (node_alu (&graph, BPF_AND, 7, one), node_alu (&graph, BPF_AND, 7, other));
}

static void
test_different_nodes_are_not (void)
{
  const struct node *yes, *no, *test, *load;

  graph_init (&graph, NODE_COST_LOW, &arena);
  yes = node_return (&graph, 1);
  no = node_return (&graph, 2);
  test = node_test (&graph, BPF_JEQ, 5, yes, no);
  load = node_load (&graph, 16, test);
  assert_ptr_not_equal (yes, no);
  assert_ptr_not_equal (test, node_test (&graph, BPF_JEQ, 6, yes, no));
  assert_ptr_not_equal (test, node_test (&graph, BPF_JGE, 5, yes, no));
  assert_ptr_not_equal (test, node_test (&graph, BPF_JEQ, 5, no, yes));
  assert_ptr_not_equal (load, node_load (&graph, 20, test));
  assert_ptr_not_equal (node_alu (&graph, BPF_AND, 7, test), node_alu (&graph, BPF_SUB, 7, test));
  assert_ptr_not_equal (node_alu (&graph, BPF_AND, 7, test), node_alu (&graph, BPF_AND, 3, test));
}

/* Each has what it was asked for, and the code that the kernel has for it. */
static void
test_codes (void)
{
  const struct node *test, *load, *alu;

  graph_init (&graph, NODE_COST_LOW, &arena);
  test = test_of (5);
  load = node_load (&graph, 16, test);
  alu = node_alu (&graph, BPF_AND, 7, test);
  assert_int_equal (test->code, BPF_JMP | BPF_JEQ | BPF_K);
  assert_int_equal (test->k, 5);
  assert_int_equal (test->yes->k, 1);
  assert_int_equal (test->no->k, 2);
  assert_int_equal (test->yes->code, BPF_RET | BPF_K);
  assert_int_equal (load->code, BPF_LD | BPF_W | BPF_ABS);
  assert_int_equal (load->k, 16);
  assert_ptr_equal (load->yes, test);
  assert_int_equal (alu->code, BPF_ALU | BPF_AND | BPF_K);
  assert_ptr_equal (alu->yes, test);
}

static void
test_no_test_of_nothing (void)
{
  const struct node *node;

  graph_init (&graph, NODE_COST_LOW, &arena);
  node = node_return (&graph, 1);
  assert_ptr_equal (node_test (&graph, BPF_JGE, 5, node, node), node);
  assert_int_equal (graph.count, 1);
}

/* A return and a load look at no accumulator: what only sets it before them does nothing. */
static void
test_no_load_before_what_does_not_look (void)
{
  const struct node *end, *load;
  uint32_t count;

  graph_init (&graph, NODE_COST_LOW, &arena);
  end = node_return (&graph, 1);
  load = node_load (&graph, 16, test_of (5));
  count = graph.count;
  assert_ptr_equal (node_load (&graph, 20, end), end);
  assert_ptr_equal (node_alu (&graph, BPF_AND, 7, end), end);
  assert_ptr_equal (node_load (&graph, 20, load), load);
  assert_ptr_equal (node_alu (&graph, BPF_SUB, 7, load), load);
  assert_int_equal (graph.count, count);
  assert_false (node_reads_accumulator (end));
  assert_false (node_reads_accumulator (load));
  assert_true (node_reads_accumulator (load->yes));
  assert_true (node_reads_accumulator (node_alu (&graph, BPF_AND, 7, load->yes)));
}

/* Many more than there are buckets at first: all are found again, and successors are older. */
static void
test_many (void)
{
  enum { MANY = 20000 };
  static const struct node *nodes[MANY];
  uint64_t weight;
  uint32_t count;

  graph_init (&graph, NODE_COST_LOW, &arena);
  for (uint32_t i = 0; i < MANY; i++)
    nodes[i] = i < 2 ? node_return (&graph, i)
                     : node_test (&graph, BPF_JGE, i % 1000, nodes[i - 1], nodes[i / 2]);
  count = graph.count;
  for (uint32_t i = 2; i < MANY; i++) {
    assert_ptr_equal (node_test (&graph, BPF_JGE, i % 1000, nodes[i - 1], nodes[i / 2]), nodes[i]);
    if (nodes[i]->yes) {
      assert_true (nodes[i]->yes->id < nodes[i]->id);
      assert_true (nodes[i]->no->id < nodes[i]->id);
    }
    weight = nodes[i]->weight;
    node_add_weight (&graph, nodes[i], i);
    assert_int_equal (nodes[i]->weight, weight + i);
  }
  assert_int_equal (graph.count, count);
}

/* So many that their hashes collide: what differs in one branch alone is still told apart. */
static void
test_many_alike (void)
{
  enum { ALIKE = 3000 };
  static const struct node *yes_alike[ALIKE], *no_alike[ALIKE];
  const struct node *same;

  graph_init (&graph, NODE_COST_LOW, &arena);
  same = node_return (&graph, ALIKE);
  for (uint32_t i = 0; i < ALIKE; i++) {
    yes_alike[i] = node_test (&graph, BPF_JEQ, 5, same, node_return (&graph, i));
    no_alike[i] = node_test (&graph, BPF_JEQ, 5, node_return (&graph, i), same);
  }
  for (uint32_t i = 0; i < ALIKE; i++) {
    assert_int_equal (yes_alike[i]->no->k, i);
    assert_int_equal (no_alike[i]->yes->k, i);
  }
}

/* What is shared counts once, what cannot be reached does not. */
static void
test_size (void)
{
  const struct node *low, *high, *other;

  graph_init (&graph, NODE_COST_LOW, &arena);
  low = test_of (5);
  high = node_test (&graph, BPF_JGE, 9, low, node_return (&graph, 2));
  other = test_of (6);
  assert_int_equal (graph_size (&graph, low->yes, &arena), 1);
  assert_int_equal (graph_size (&graph, low, &arena), 3);
  assert_int_equal (graph_size (&graph, high, &arena), 4);
  assert_int_equal (graph_size (&graph, node_load (&graph, 16, high), &arena), 5);
  assert_int_equal (graph_size (&graph, node_test (&graph, BPF_JGT, 1, high, other), &arena), 6);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      TEST (test_equal_nodes_are_one),
      TEST_IN_SMALL_CHUNKS (test_equal_nodes_are_one),
      TEST (test_different_nodes_are_not),
      TEST (test_codes),
      TEST (test_no_test_of_nothing),
      TEST (test_no_load_before_what_does_not_look),
      TEST (test_many),
      TEST_IN_SMALL_CHUNKS (test_many),
      TEST (test_many_alike),
      TEST (test_size),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
