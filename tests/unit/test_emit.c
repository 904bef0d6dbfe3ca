/* emit.c: programs that do what their graphs say, whatever the distances. */
#include "core.h"

static struct graph graph;

/* --- running graphs by themselves --- */

static uint32_t
word_at (const struct seccomp_data *data, uint32_t offset)
{
  uint32_t word;

  memcpy (&word, (const char *) data + offset, sizeof word);
  return word;
}

static bool
is_taken (const struct node *test, uint32_t word)
{
  switch (BPF_OP (test->code)) {
  case BPF_JEQ:
    return word == test->k;
  case BPF_JGE:
    return word >= test->k;
  case BPF_JGT:
    return word > test->k;
  default:
    return (word & test->k) != 0;
  }
}

static uint32_t
run_nodes (const struct node *node, const struct seccomp_data *data)
{
  uint32_t word = 0;

  while (BPF_CLASS (node->code) != BPF_RET) {
    bool taken = true;

    if (BPF_CLASS (node->code) == BPF_LD)
      word = word_at (data, node->k);
    else if (BPF_CLASS (node->code) == BPF_JMP)
      taken = is_taken (node, word);
    else if (BPF_OP (node->code) == BPF_AND)
      word &= node->k;
    else
      word -= node->k;
    node = taken ? node->yes : node->no;
  }
  return node->k;
}

static void
check_call (const struct program *program, const struct node *root, struct seccomp_data data)
{
  bool big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
  unsigned steps;
  uint32_t got = program_run (program, &data, big_endian, &steps);

  if (got != run_nodes (root, &data))
    fail_msg ("%zu instructions, number 0x%x, first word 0x%x: 0x%x, not 0x%x", program->length,
              (unsigned) data.nr, (unsigned) data.args[0], got, run_nodes (root, &data));
  assert_in_range (steps, 1, program->length);
}

static uint32_t
length_of (const struct node *root)
{
  return (uint32_t) emitted (&graph, root).length;
}

/* --- small graphs: instruction by instruction --- */

static void
test_one_return (void)
{
  struct program program;

  graph_init (&graph, NODE_COST_LOW, &arena);
  program = emitted (&graph, node_return (&graph, 7));
  assert_int_equal (program.length, 1);
  assert_int_equal (program.instructions[0].code, BPF_RET | BPF_K);
  assert_int_equal (program.instructions[0].k, 7);
}

static void
test_load_and_test (void)
{
  const struct node *root;
  struct program program;

  graph_init (&graph, NODE_COST_LOW, &arena);
  root = node_test (&graph, BPF_JGE, 5, node_return (&graph, 1), node_return (&graph, 2));
  program = emitted (&graph, node_load (&graph, 16, node_alu (&graph, BPF_AND, 15, root)));
  assert_int_equal (program.length, 5);
  assert_int_equal (program.instructions[0].code, BPF_LD | BPF_W | BPF_ABS);
  assert_int_equal (program.instructions[0].k, 16);
  assert_int_equal (program.instructions[1].code, BPF_ALU | BPF_AND | BPF_K);
  assert_int_equal (program.instructions[1].k, 15);
  assert_int_equal (program.instructions[2].code, BPF_JMP | BPF_JGE | BPF_K);
  assert_int_equal (program.instructions[2].k, 5);
  assert_int_equal (program.instructions[2].jt + program.instructions[2].jf, 1);
}

/* What two branches share is there once. */
static void
test_shared_nodes (void)
{
  const struct node *shared, *left, *right;

  graph_init (&graph, NODE_COST_LOW, &arena);
  shared = node_test (&graph, BPF_JEQ, 5, node_return (&graph, 1), node_return (&graph, 2));
  left = node_test (&graph, BPF_JEQ, 6, node_return (&graph, 3), shared);
  right = node_test (&graph, BPF_JEQ, 7, node_return (&graph, 1), shared);
  assert_int_equal (length_of (node_test (&graph, BPF_JGE, 9, left, right)), 7);
}

/* A load or sum whose successor stands elsewhere already: one more instruction, which is a jump or
 * does what the successor does. */
static void
test_successor_already_there (void)
{
  const struct node *shared, *left, *right, *root;
  struct program program;

  graph_init (&graph, NODE_COST_LOW, &arena);
  shared = node_test (&graph, BPF_JEQ, 5, node_return (&graph, 1), node_return (&graph, 2));
  shared = node_alu (&graph, BPF_AND, 15, shared);
  left = node_load (&graph, 16, shared);
  right = node_load (&graph, 24, shared);
  root = node_load (&graph, 0, node_test (&graph, BPF_JEQ, 9, left, right));
  program = emitted (&graph, root);
  assert_int_equal (program.length, 9);
  for (int nr = 8; nr < 10; nr++)
    for (uint64_t i = 0; i < 16; i++)
      check_call (&program, root, (struct seccomp_data){.nr = nr, .args = {i, i * 3}});
}

/* --- far away --- */

/* A chain of tests on the number: values from to to - 1 return their own verdicts, all others end
 * at `next`. */
static const struct node *
chain (uint32_t from, uint32_t to, const struct node *next)
{
  for (uint32_t i = to; i > from; i--)
    next = node_test (&graph, BPF_JEQ, i - 1, node_return (&graph, 0x10000 + i - 1), next);
  return next;
}

static void
check_numbers (const struct node *root, uint32_t to)
{
  struct program program = emitted (&graph, root);

  for (uint32_t i = 0; i <= to; i++)
    check_call (&program, root, (struct seccomp_data){.nr = (int) i, .args = {i % 3, i % 5}});
}

/* The distance goes through 255 on both sides, one by one. */
static void
test_a_return_far_away (void)
{
  for (uint32_t length = 100; length < 160; length++) {
    const struct node *end, *root;

    forget_all ();
    graph_init (&graph, NODE_COST_LOW, &arena);
    end = node_return (&graph, 1);
    root = node_test (&graph, BPF_JGE, 0x1000, end, chain (0, length, end));
    check_numbers (node_load (&graph, 0, root), length);
    root = node_test (&graph, BPF_JGE, 0x1000, chain (0, length, end), end);
    check_numbers (node_load (&graph, 0, root), length);
  }
}

/* Each half is longer than a jump can pass, so one of them is out of reach. */
static void
test_subtrees_far_away (void)
{
  for (uint32_t half = 120; half < 140; half++) {
    const struct node *root;

    forget_all ();
    graph_init (&graph, NODE_COST_LOW, &arena);
    root = node_test (&graph, BPF_JGE, half, chain (half, 2 * half, node_return (&graph, 1)),
                      chain (0, half, node_return (&graph, 2)));
    check_numbers (node_load (&graph, 0, root), 2 * half + 1);
  }
}

/* Behind each test the way on is hot, and stands last: then what leads off it gets ever further
 * away. Where that takes jumps, the way on may stand first instead, and all is near. */
static void
test_near_in_another_order (void)
{
  enum { TURNS = 40, VALUES = 5 };
  const struct node *root;

  graph_init (&graph, NODE_COST_LOW, &arena);
  root = node_return (&graph, 1);
  for (uint32_t turn = TURNS; turn > 0; turn--) {
    const uint32_t first = (turn - 1) * VALUES, end = turn * VALUES;

    root = node_test (&graph, BPF_JGE, end, root, chain (first, end, node_return (&graph, 2)));
    node_add_weight (&graph, root, 1000);
  }
  root = node_load (&graph, 0, root);
  assert_int_equal (graph_size (&graph, root, &arena), 1 + TURNS * (1 + 2 * VALUES) + 2);
  assert_in_range (length_of (root), 0, graph_size (&graph, root, &arena) + TURNS / 10);
  check_numbers (root, TURNS * VALUES + 1);
}

/* A test of which both branches stand far in front: they were emitted for others before. */
static void
test_both_branches_far_away (void)
{
  for (uint32_t length = 120; length < 270; length += 7) {
    const struct node *one, *other, *both, *middle, *root;

    forget_all ();
    graph_init (&graph, NODE_COST_LOW, &arena);
    one = node_load (&graph, 16, chain (0, 2, node_return (&graph, 1)));
    other = node_load (&graph, 24, chain (0, 3, node_return (&graph, 2)));
    middle = chain (10, 10 + length, node_test (&graph, BPF_JSET, 2, one, other));
    both = node_test (&graph, BPF_JSET, 1, one, other);
    root = node_load (&graph, 0, node_test (&graph, BPF_JGE, 1000, both, middle));
    check_numbers (root, 12 + length);
    root = node_load (&graph, 0, node_test (&graph, BPF_JGE, 1000, middle, both));
    check_numbers (root, 1100);
  }
}

/* --- random graphs --- */

static const struct node *
random_node (struct random *random, const struct node **made, uint32_t count)
{
  static const uint16_t ops[] = {BPF_JEQ, BPF_JGE, BPF_JGT, BPF_JSET};
  /* Mostly what is new, so that graphs are deep; now and then the oldest. */
  uint32_t window = random_chance (random, 4) ? count : count < 12 ? count : 12;
  const struct node *yes = made[count - 1 - random_below (random, window)];
  const struct node *no = made[count - 1 - random_below (random, window)];

  switch (random_below (random, 8)) {
  case 0:
    return node_load (&graph, 4 * random_below (random, 16), yes);
  case 1:
    return node_alu (&graph, random_chance (random, 2) ? BPF_AND : BPF_SUB,
                     random_below (random, 16), yes);
  default:
    return node_test (&graph, ops[random_below (random, 4)], random_below (random, 16), yes, no);
  }
}

static const struct node *
random_graph (struct random *random, uint32_t nodes)
{
  const struct node **made = ARENA_ARRAY (&arena, const struct node *, nodes + 4);
  uint32_t count = 0;

  for (; count < 4; count++)
    made[count] = node_return (&graph, count);
  for (; count < nodes + 4; count++)
    made[count] = random_node (random, made, count);
  return node_load (&graph, 0, made[count - 1]);
}

static struct seccomp_data
random_call (struct random *random)
{
  struct seccomp_data data = {.nr = (int) random_below (random, 20),
                              .arch = random_below (random, 20),
                              .instruction_pointer = random_below (random, 20)};

  for (int i = 0; i < 6; i++)
    data.args[i] = (uint64_t) random_below (random, 20) << 32 | random_below (random, 20);
  return data;
}

static void
test_random_graphs (void)
{
  struct random random = random_start (1);
  unsigned long_ones = 0;

  for (int i = 0; i < 600; i++) {
    const struct node *root;
    struct program program;

    forget_all ();
    graph_init (&graph, NODE_COST_LOW, &arena);
    root = random_graph (&random, 1 + random_below (&random, i % 3 ? 300 : 2500));
    program = emitted (&graph, root);
    long_ones += program.length > 600;
    /* Every node once, and no more than a jump for each of its branches. */
    assert_in_range (program.length, graph_size (&graph, root, &arena),
                     2 * graph_size (&graph, root, &arena));
    for (int c = 0; c < 60; c++)
      check_call (&program, root, random_call (&random));
  }
  assert_true (long_ones > 20);
}

static void
test_deterministic (void)
{
  struct random random = random_start (2);

  for (int i = 0; i < 50; i++) {
    struct random again = random;
    struct program one, other;

    graph_init (&graph, NODE_COST_LOW, &arena);
    one = emitted (&graph, random_graph (&random, 500));
    /* Memory that is elsewhere makes no difference. */
    arena_alloc (&arena, 12345);
    graph_init (&graph, NODE_COST_LOW, &arena);
    other = emitted (&graph, random_graph (&again, 500));
    assert_int_equal (one.length, other.length);
    assert_memory_equal (one.instructions, other.instructions,
                         one.length * sizeof *one.instructions);
  }
}

/* --- limits --- */

static int
emit_chain (struct program *program, uint32_t tests, uint32_t *nodes)
{
  const struct node *root;

  graph_init (&graph, NODE_COST_LOW, &arena);
  /* All tests lead to one return: next to no node beside them, and many jumps. */
  root = node_return (&graph, 0);
  for (uint32_t i = 0; i < tests; i++)
    root = node_test (&graph, BPF_JEQ, i, node_return (&graph, 1), root);
  *nodes = graph_size (&graph, root, &arena);
  return emit (program, &graph, root, &arena, &arena, &error);
}

/* The longest program that there is room for. */
static void
test_up_to_the_limit (void)
{
  struct program program;
  uint32_t tests = 3000, nodes;
  int code;

  do
    code = emit_chain (&program, ++tests, &nodes);
  while (code == OCI_SECCOMP_OK && program.length < PROGRAM_MAX_LENGTH);
  assert_int_equal (code, OCI_SECCOMP_OK);
  assert_int_equal (program.length, 4096);
  assert_int_equal (emit_chain (&program, tests + 1, &nodes), OCI_SECCOMP_TOO_LARGE);
  /* The nodes would fit, but not with the jumps between them. */
  assert_in_range (nodes, 1, 4096);
  assert_string_equal (error.message,
                       "too large: the program would have 4097 instructions or more, and the "
                       "kernel takes at most 4096");
}

static void
test_too_many_nodes (void)
{
  struct program program;
  uint32_t nodes;

  assert_int_equal (emit_chain (&program, 5000, &nodes), OCI_SECCOMP_TOO_LARGE);
  assert_int_equal (error.code, OCI_SECCOMP_TOO_LARGE);
  assert_int_equal (nodes, 5002);
  assert_string_equal (error.message,
                       "too large: the program would have 5002 instructions or more, and "
                       "the kernel takes at most 4096");
  /* However deep it is: nothing may grow with the depth but the count. */
  assert_int_equal (emit_chain (&program, 1000000, &nodes), OCI_SECCOMP_TOO_LARGE);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      TEST (test_one_return),
      TEST (test_load_and_test),
      TEST (test_shared_nodes),
      TEST (test_successor_already_there),
      TEST (test_a_return_far_away),
      TEST (test_subtrees_far_away),
      TEST (test_near_in_another_order),
      TEST (test_both_branches_far_away),
      TEST (test_random_graphs),
      TEST_IN_SMALL_CHUNKS (test_random_graphs),
      TEST (test_deterministic),
      TEST (test_up_to_the_limit),
      TEST (test_too_many_nodes),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
