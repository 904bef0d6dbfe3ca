/* Diagrams and words of conditions, against truth tables and the processor's own arithmetic. */
#include "core.h"

#include <linux/filter.h>

#include "diagram.h"
#include "order.h"
#include "verdict.h"
#include "word.h"

static struct diagrams diagrams;
static struct random dice;

static uint32_t
next (void)
{
  return (uint32_t) (random_next (&dice) >> 16);
}

/* --- diagrams against truth tables --- */

enum { BITS = 6, CASES = 1 << BITS };

static const unsigned table_levels[BITS] = {
    3, LEVEL_NUMBER, 63, LEVEL_ARGUMENT (0) + 31, LEVEL_ARGUMENT (5) + 63, LEVEL_POINTER + 7};

static struct seccomp_data
table_input (unsigned number)
{
  static const unsigned places[BITS] = {28, 31, 0, 32, 0, 56};
  struct seccomp_data data = {0};
  uint64_t bit[BITS];

  for (unsigned i = 0; i < BITS; i++)
    bit[i] = (uint64_t) (number >> i & 1) << places[i];
  data.arch = (uint32_t) bit[0];
  data.nr = (int) (uint32_t) (bit[1] | bit[2]);
  data.args[0] = bit[3];
  data.args[5] = bit[4];
  data.instruction_pointer = bit[5];
  return data;
}

/* A random function, the diagram of which is put together in a random way; *table gets its values,
 * which are small. */
static diagram
random_diagram (unsigned depth, uint8_t table[CASES], unsigned values)
{
  uint8_t condition_table[CASES], yes_table[CASES], no_table[CASES];
  diagram condition, yes, no;

  if (depth == 0 && next () % 3 == 0) {
    memset (table, (int) (next () % values), CASES);
    return diagram_leaf (&diagrams, table[0]);
  }
  if (depth == 0) {
    unsigned bit = next () % BITS;

    for (unsigned i = 0; i < CASES; i++)
      table[i] = i >> bit & 1;
    return diagram_bit (&diagrams, table_levels[bit]);
  }
  condition = random_diagram (depth - 1, condition_table, 2);
  yes = random_diagram (depth - 1, yes_table, values);
  no = random_diagram (depth - 1, no_table, values);
  for (unsigned i = 0; i < CASES; i++)
    table[i] = condition_table[i] ? yes_table[i] : no_table[i];
  return diagram_choose (&diagrams, condition, yes, no);
}

static bool
table_has (const uint8_t table[CASES], uint32_t value)
{
  return memchr (table, (int) value, CASES) != NULL;
}

static void
check_table (diagram of, const uint8_t table[CASES])
{
  diagram ways[CASES];
  size_t count = diagram_ways (&diagrams, of, LEVEL_LEAF, ways, CASES);

  for (unsigned i = 0; i < CASES; i++) {
    struct seccomp_data data = table_input (i);

    assert_int_equal (diagram_value (&diagrams, of, &data), table[i]);
    assert_int_equal (diagram_follow (&diagrams, of, &data, LEVEL_LEAF),
                      diagram_leaf (&diagrams, table[i]));
  }
  for (uint8_t value = 0; value < 5; value++) {
    size_t listed = 0;
    struct seccomp_data data = {0};
    bool has = table_has (table, value);

    for (size_t i = 0; i < count; i++)
      listed += ways[i] == diagram_leaf (&diagrams, value);
    assert_int_equal (listed, has);
    assert_int_equal (diagram_example (&diagrams, diagram_where (&diagrams, of, value), &data),
                      has);
    if (has)
      assert_int_equal (diagram_value (&diagrams, of, &data), value);
  }
}

/* Equal functions are equal numbers, however they came about; unequal ones are not. */
static void
check_canonical (void)
{
  static struct {
    uint8_t table[CASES];
    diagram diagram;
  } known[600];
  size_t equal = 0, count = sizeof known / sizeof known[0];

  for (size_t i = 0; i < count; i++) {
    known[i].diagram = random_diagram ((unsigned) i % 5, known[i].table, 5);
    check_table (known[i].diagram, known[i].table);
    for (size_t j = 0; j < i; j++) {
      bool same = !memcmp (known[i].table, known[j].table, CASES);
      diagram differ = diagram_differ (&diagrams, known[i].diagram, known[j].diagram);

      equal += same;
      assert_int_equal (known[i].diagram == known[j].diagram, same);
      assert_int_equal (differ == DIAGRAM_FALSE, same);
      if (j % 50 == 0)
        for (unsigned k = 0; k < CASES; k++) {
          struct seccomp_data data = table_input (k);

          assert_int_equal (diagram_value (&diagrams, differ, &data),
                            known[i].table[k] != known[j].table[k]);
        }
    }
  }
  assert_true (equal > 500);
  assert_false (diagrams.exceeded);
}

static void
canonical (void)
{
  diagrams_init (&diagrams, &arena);
  check_canonical ();
}

/* --- orders --- */

static void
begin_in_order (const struct diagram_order *order)
{
  diagrams_restart (&diagrams, order, DIAGRAM_MAX_NODES, DIAGRAM_MAX_STEPS);
}

static void
canonical_in_other_orders (void)
{
  struct order_sets sets = {.arena = &arena};
  struct program program = {
      (struct sock_filter[]){
          BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, args[5])),
          BPF_JUMP (BPF_JMP | BPF_JSET | BPF_K, 1, 0, 0),
          BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, instruction_pointer)),
          BPF_JUMP (BPF_JMP | BPF_JGT | BPF_K, 7, 0, 0), BPF_STMT (BPF_ALU | BPF_AND | BPF_K, 0x80),
          BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, 0x80, 0, 0), BPF_STMT (BPF_RET | BPF_K, 0)},
      7};
  const struct diagram_order *order;

  diagrams_init (&diagrams, &arena);
  diagrams.max_nodes = 10;
  random_diagram (4, (uint8_t[CASES]){0}, 5);
  assert_true (diagrams.exceeded);
  begin_in_order (order_interleaved (&arena));
  check_canonical ();
  order_sets_of_program (&sets, &program, false);
  order = order_of_sets (&sets);
  assert_int_equal (order->usual[LEVEL_ARGUMENTS], LEVEL_ARGUMENT (5) + 63);
  assert_int_equal (order->usual[LEVEL_ARGUMENTS + 1], LEVEL_POINTER + 56);
  assert_int_equal (order->usual[LEVEL_ARGUMENTS + 2], LEVEL_POINTER);
  assert_int_equal (order->usual[LEVEL_POINTER + 1], LEVEL_ARGUMENT (0) + 1);
  begin_in_order (order);
  check_canonical ();
}

static void
check_order (const struct diagram_order *order)
{
  for (unsigned i = 0; i < LEVEL_LEAF; i++) {
    assert_int_equal (order->level[order->usual[i]], i);
    if (i < LEVEL_ARGUMENTS)
      assert_int_equal (order->usual[i], i);
  }
}

static void
orders_are_permutations (void)
{
  struct order_sets none = {.arena = &arena};

  check_order (order_usual (&arena));
  check_order (order_interleaved (&arena));
  check_order (order_of_sets (&none));
  assert_int_equal (order_usual (&arena)->usual[LEVEL_POINTER], LEVEL_POINTER);
  assert_int_equal (order_interleaved (&arena)->usual[LEVEL_ARGUMENTS + 1], LEVEL_ARGUMENT (1));
}

/* There and back again is where it was. */
static void
copies_in_another_order (void)
{
  struct diagrams other;

  diagrams_init (&diagrams, &arena);
  diagrams_init (&other, &arena);
  diagrams_restart (&other, order_interleaved (&arena), DIAGRAM_MAX_NODES, DIAGRAM_MAX_STEPS);
  for (unsigned round = 0; round < 100; round++) {
    uint8_t table[CASES];
    diagram of = random_diagram (4, table, 5), copy = diagram_copy (&other, &diagrams, of);

    for (unsigned i = 0; i < CASES; i++) {
      struct seccomp_data data = table_input (i);

      assert_int_equal (diagram_value (&other, copy, &data), table[i]);
    }
    assert_int_equal (diagram_copy (&diagrams, &other, copy), of);
  }
}

static void
one_call (void)
{
  struct seccomp_data call = {.nr = -5,
                              .arch = 0xc000003e,
                              .args = {1, UINT64_MAX, UINT64_C (0x123456789abcdef0), 0, 7, 8},
                              .instruction_pointer = UINT64_C (0x8000000000000001)};

  diagrams_init (&diagrams, &arena);
  for (unsigned round = 0; round < 2; round++) {
    diagram of = diagram_of_call (&diagrams, &call, 0);
    struct seccomp_data found = {0};

    assert_true (diagram_example (&diagrams, of, &found));
    assert_memory_equal (&found, &call, sizeof call);
    for (unsigned i = 0; i < 6; i++) {
      found.args[i] ^= UINT64_C (1) << next () % 64;
      assert_int_equal (diagram_value (&diagrams, of, &found), 0);
      found = call;
    }
    begin_in_order (order_interleaved (&arena));
  }
}

/* --- logic --- */

static void
logic (void)
{
  diagrams_init (&diagrams, &arena);
  for (unsigned round = 0; round < 300; round++) {
    uint8_t one_table[CASES], other_table[CASES];
    diagram one = random_diagram (3, one_table, 2), other = random_diagram (3, other_table, 2);
    diagram both = diagram_and (&diagrams, one, other), any = diagram_or (&diagrams, one, other);
    diagram not_one = diagram_not (&diagrams, one), two = diagram_append (&diagrams, one, other);

    for (unsigned i = 0; i < CASES; i++) {
      struct seccomp_data data = table_input (i);

      assert_int_equal (diagram_value (&diagrams, both, &data), one_table[i] & other_table[i]);
      assert_int_equal (diagram_value (&diagrams, any, &data), one_table[i] | other_table[i]);
      assert_int_equal (diagram_value (&diagrams, not_one, &data), !one_table[i]);
      assert_int_equal (diagram_value (&diagrams, two, &data), 2 * one_table[i] + other_table[i]);
    }
    assert_int_equal (diagram_not (&diagrams, not_one), one);
  }
}

/* --- spans --- */

static void
check_spans_at (diagram of, const struct span *spans, size_t count, uint64_t value)
{
  struct seccomp_data data = {.nr = (int) (uint32_t) value, .args = {0, 0, value}};

  while (spans[count - 1].first > value)
    count--;
  assert_int_equal (diagram_follow (&diagrams, of, &data, LEVEL_LEAF), spans[count - 1].result);
}

static void
check_spans (unsigned level, unsigned width)
{
  struct span spans[40], found[40];
  size_t count = 0, found_count = 0, wanted = 0;
  uint64_t first = 0, step = width == 64 ? UINT64_C (0x0fffffffffffffff) : 0x0fffffff;
  diagram of;

  while (count < 40) {
    spans[count++] = (struct span){first, diagram_leaf (&diagrams, next () % 4)};
    wanted += count == 1 || spans[count - 1].result != spans[count - 2].result;
    uint64_t more = 1 + ((uint64_t) next () << 32 | next ()) % (next () % 2 ? 3 : step);
    if (first > (width == 64 ? UINT64_MAX : UINT32_MAX) - more)
      break;
    first += more;
  }
  of = diagram_from_spans (&diagrams, level, width, spans, count);
  assert_true (diagram_to_spans (&diagrams, of, level, width, found, 40, &found_count));
  assert_int_equal (found_count, wanted);
  assert_int_equal (diagram_from_spans (&diagrams, level, width, found, found_count), of);
  for (size_t i = 0; i < count; i++) {
    check_spans_at (of, spans, count, spans[i].first);
    check_spans_at (of, spans, count, spans[i].first + 1);
    if (i)
      check_spans_at (of, spans, count, spans[i].first - 1);
  }
  if (found_count > 1)
    assert_false (diagram_to_spans (&diagrams, of, level, width, found, found_count - 1, &count));
}

static void
spans_both_ways (void)
{
  diagrams_init (&diagrams, &arena);
  for (unsigned i = 0; i < 500; i++) {
    check_spans (LEVEL_NUMBER, 32);
    check_spans (LEVEL_ARGUMENT (2), 64);
  }
}

static void
spans_at_the_ends (void)
{
  const struct span last[] = {{0, DIAGRAM_FALSE}, {UINT64_MAX, DIAGRAM_TRUE}};
  const struct span past[] = {{0, DIAGRAM_FALSE}, {UINT64_C (1) << 32, DIAGRAM_TRUE}};
  struct seccomp_data data = {.instruction_pointer = UINT64_MAX};
  diagram of;

  diagrams_init (&diagrams, &arena);
  of = diagram_from_spans (&diagrams, LEVEL_POINTER, 64, last, 2);
  assert_int_equal (diagram_value (&diagrams, of, &data), 1);
  data.instruction_pointer--;
  assert_int_equal (diagram_value (&diagrams, of, &data), 0);
  assert_int_equal (diagram_from_spans (&diagrams, LEVEL_ARCH, 32, past, 2), DIAGRAM_FALSE);
}

/* --- limits --- */

static void
limits_are_sticky (void)
{
  struct word one, other, product;

  diagrams_init (&diagrams, &arena);
  diagrams.max_nodes = 20000;
  word_field (&diagrams, &one, LEVEL_ARGUMENT (0) + 32);
  word_field (&diagrams, &other, LEVEL_ARGUMENT (1) + 32);
  assert_false (diagrams.exceeded);
  word_operate (&diagrams, &product, BPF_MUL, &one, &other);
  assert_true (diagrams.exceeded);
  assert_true (diagrams.count <= 20000);

  diagrams_init (&diagrams, &arena);
  diagrams.max_steps = 1000;
  word_field (&diagrams, &one, LEVEL_ARGUMENT (0) + 32);
  word_field (&diagrams, &other, LEVEL_ARGUMENT (1) + 32);
  word_operate (&diagrams, &product, BPF_DIV, &one, &other);
  assert_true (diagrams.exceeded);
  assert_true (diagrams.steps < 200000);
}

/* --- words --- */

/* A word that is neither a constant nor free: some bits of a field, the others fixed. */
struct sample {
  struct word word;
  unsigned field;
  uint32_t mask, fixed;
};

static uint32_t
interesting (void)
{
  static const uint32_t values[] = {0,          1,          2,          31,        32,
                                    0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe};

  return next () % 2 ? values[next () % 9] : next () >> next () % 32;
}

static void
sample_make (struct sample *sample, unsigned field, unsigned free_bits)
{
  struct word mask, fixed;

  sample->field = field;
  sample->mask = 0;
  for (unsigned i = 0; i < free_bits; i++)
    sample->mask |= UINT32_C (1) << next () % 32;
  sample->fixed = interesting () & ~sample->mask;
  word_field (&diagrams, &sample->word, LEVEL_ARGUMENT (field) + 32);
  word_constant (&mask, sample->mask);
  word_constant (&fixed, sample->fixed);
  word_operate (&diagrams, &sample->word, BPF_AND, &sample->word, &mask);
  word_operate (&diagrams, &sample->word, BPF_OR, &sample->word, &fixed);
}

static uint32_t
sample_value (const struct sample *sample, const struct seccomp_data *data)
{
  return ((uint32_t) data->args[sample->field] & sample->mask) | sample->fixed;
}

static uint32_t
word_value (const struct word *word, const struct seccomp_data *data)
{
  uint32_t value = 0;

  for (unsigned i = 0; i < 32; i++)
    value |= diagram_value (&diagrams, word->bits[i], data) << i;
  return value;
}

static uint32_t
compute (unsigned code, uint32_t one, uint32_t other)
{
  switch (code) {
  case BPF_ADD:
    return one + other;
  case BPF_SUB:
    return one - other;
  case BPF_MUL:
    return one * other;
  case BPF_DIV:
    return one / other;
  case BPF_AND:
    return one & other;
  case BPF_OR:
    return one | other;
  case BPF_XOR:
    return one ^ other;
  case BPF_LSH:
    return one << other;
  default:
    return one >> other;
  }
}

static bool
defined (unsigned code, uint32_t other)
{
  if (code == BPF_DIV)
    return other != 0;
  return (code != BPF_LSH && code != BPF_RSH) || other < 32;
}

static void
arithmetic (void)
{
  static const unsigned codes[] = {BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_AND,
                                   BPF_OR,  BPF_XOR, BPF_LSH, BPF_RSH};
  unsigned compared = 0;

  for (unsigned round = 0; round < 900; round++) {
    unsigned code = codes[round % 9];
    struct sample one, other;
    struct word result;

    diagrams_init (&diagrams, &arena);
    sample_make (&one, 1, next () % 6);
    sample_make (&other, next () % 4 ? 2 : 1, next () % 6);
    assert_true (word_operate (&diagrams, &result, code, &one.word, &other.word));
    assert_false (diagrams.exceeded);
    for (unsigned i = 0; i < 40; i++) {
      struct seccomp_data data = {.args = {0, next (), next ()}};
      uint32_t left = sample_value (&one, &data), right = sample_value (&other, &data);

      assert_int_equal (word_value (&one.word, &data), left);
      assert_int_equal (diagram_value (&diagrams, word_over_31 (&diagrams, &other.word), &data),
                        right > 31);
      if (!defined (code, right))
        continue;
      compared++;
      assert_int_equal (word_value (&result, &data), compute (code, left, right));
    }
  }
  assert_true (compared > 10000);
  diagrams_init (&diagrams, &arena);
  assert_false (word_operate (&diagrams, &(struct word){{0}}, BPF_MOD, &(struct word){{0}},
                              &(struct word){{0}}));
}

static void
full_width (void)
{
  struct word field, constant, sum, product, quotient;

  diagrams_init (&diagrams, &arena);
  word_field (&diagrams, &field, LEVEL_NUMBER);
  for (unsigned round = 0; round < 200; round++) {
    uint32_t k = interesting () | 1, small = 1 + next () % 12;

    word_constant (&constant, k);
    word_operate (&diagrams, &sum, BPF_SUB, &field, &constant);
    word_constant (&constant, small);
    word_operate (&diagrams, &product, BPF_MUL, &field, &constant);
    word_operate (&diagrams, &quotient, BPF_DIV, &field, &constant);
    for (unsigned i = 0; i < 20; i++) {
      uint32_t number = interesting ();
      struct seccomp_data data = {.nr = (int) number};

      assert_int_equal (word_value (&field, &data), number);
      assert_int_equal (word_value (&sum, &data), number - k);
      assert_int_equal (word_value (&product, &data), number * small);
      assert_int_equal (word_value (&quotient, &data), number / small);
    }
  }
  assert_false (diagrams.exceeded);
}

static void
tests_of_words (void)
{
  for (unsigned round = 0; round < 500; round++) {
    struct sample one, other;
    diagram equal, greater, at_least, common;

    diagrams_init (&diagrams, &arena);
    sample_make (&one, 1, next () % 8);
    sample_make (&other, next () % 2 ? 2 : 1, next () % 8);
    equal = word_test (&diagrams, BPF_JEQ, &one.word, &other.word);
    greater = word_test (&diagrams, BPF_JGT, &one.word, &other.word);
    at_least = word_test (&diagrams, BPF_JGE, &one.word, &other.word);
    common = word_test (&diagrams, BPF_JSET, &one.word, &other.word);
    for (unsigned i = 0; i < 40; i++) {
      struct seccomp_data data = {.args = {0, next (), next ()}};
      uint32_t left = sample_value (&one, &data), right = sample_value (&other, &data);

      assert_int_equal (diagram_value (&diagrams, equal, &data), left == right);
      assert_int_equal (diagram_value (&diagrams, greater, &data), left > right);
      assert_int_equal (diagram_value (&diagrams, at_least, &data), left >= right);
      assert_int_equal (diagram_value (&diagrams, common, &data), (left & right) != 0);
    }
    assert_int_equal (at_least, diagram_or (&diagrams, equal, greater));
  }
}

/* --- verdicts --- */

static void
effects (void)
{
  static const uint32_t pairs[][2] = {
      {0x7fff0000, 0x7fff0000}, {0x7fff1234, 0x7fff0000}, {0x7ffc0001, 0x7ffc0000},
      {0x7fc00007, 0x7fc00000}, {0x7ff00007, 0x7ff00007}, {0x7ff0ffff, 0x7ff0ffff},
      {0x00050001, 0x00050001}, {0x00050fff, 0x00050fff}, {0x00051000, 0x00050fff},
      {0x0005ffff, 0x00050fff}, {0x00030009, 0x00030009}, {0x00000009, 0x00000000},
      {0x80000009, 0x80000000}, {0x00010000, 0x80000000}, {0xffffffff, 0x80000000},
      {0x7ffe0000, 0x80000000}, {0x00060001, 0x80000000},
  };

  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
    assert_int_equal (verdict_effect (pairs[i][0]), pairs[i][1]);
  assert_int_equal (verdict_action_count, 8);
}

/* RET A of any word is what verdict_effect says of its value. */
static void
verdicts_of_words (void)
{
  for (unsigned round = 0; round < 100; round++) {
    struct sample sample;
    diagram verdict;

    diagrams_init (&diagrams, &arena);
    sample_make (&sample, 1, 7);
    verdict = word_verdict (&diagrams, &sample.word);
    for (unsigned i = 0; i < 100; i++) {
      struct seccomp_data data = {.args = {0, next ()}};

      assert_int_equal (diagram_value (&diagrams, verdict, &data),
                        verdict_effect (sample_value (&sample, &data)));
    }
  }
}

static void
verdict_of_a_whole_field (void)
{
  struct word field;
  diagram verdict;

  diagrams_init (&diagrams, &arena);
  word_field (&diagrams, &field, LEVEL_NUMBER);
  verdict = word_verdict (&diagrams, &field);
  assert_false (diagrams.exceeded);
  for (unsigned i = 0; i < 20000; i++) {
    uint32_t number = verdict_actions[next () % 8] ^ (next () % 3 ? next () % 0x10000 : next ());
    struct seccomp_data data = {.nr = (int) number};

    assert_int_equal (diagram_value (&diagrams, verdict, &data), verdict_effect (number));
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      TEST (canonical),
      TEST (canonical_in_other_orders),
      TEST (orders_are_permutations),
      TEST (copies_in_another_order),
      TEST (one_call),
      TEST (logic),
      TEST (spans_both_ways),
      TEST (spans_at_the_ends),
      TEST (limits_are_sticky),
      TEST (arithmetic),
      TEST (full_width),
      TEST (tests_of_words),
      TEST (effects),
      TEST (verdicts_of_words),
      TEST (verdict_of_a_whole_field),
  };

  dice = random_start (1);
  return cmocka_run_group_tests (tests, NULL, NULL);
}
