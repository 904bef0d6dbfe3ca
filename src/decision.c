#include "decision.h"

#include <stddef.h>
#include <string.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "condition.h"
#include "syscalls.h"
#include "tree.h"

/* x32 marks its numbers with a bit, and 64-bit numbers have it clear: the space of numbers under
 * the common token falls into four quarters, by the two topmost bits. */
enum { QUARTER_X86_64, QUARTER_X32, QUARTER_HIGH_CLEAR, QUARTER_HIGH_SET };
#define QUARTER(n) ((uint32_t) (n) << 30)

/* Of the weights: a millionth of measured frequency, tests of arguments, a call of x32 beside one
 * of x86_64 in hundredths; and how many numbers, from an ABI's base on, are calls at all. Chosen by
 * trying, on container engines' profiles. */
enum {
  MILLIONTHS_OF_WEIGHT = 5,
  WEIGHT_OF_TESTS = 6 * WEIGHT_OF_CALL,
  X32_SHARE = 15,
  NUMBERS_IN_USE = 472
};

/* Stands for what is not made yet: no action of the kernel or the spec. */
enum { NO_VERDICT = 0x10000 };

/* What is decided for one token, as it grows. */
struct builder {
  struct graph *graph;
  const struct options *options;
  const uint32_t *frequencies; /* by row, as parts per million */
  struct forest forest;        /* the trees made so far, for later ones to share */
  struct interval_list intervals;
  const struct node
      *verdicts[2]; /* the last two that were asked for: most calls have one of them */
  struct arena *scratch;
  struct oci_seccomp_error *err;
};

/* --- how often numbers are called: only the shape of the result depends on it --- */

/* Every call there is may be made; what was measured counts beside that. */
static inline uint32_t
measured_weight (const struct builder *b, const struct call *call)
{
  return call->row == SYSCALL_UNKNOWN ? 0 : b->frequencies[call->row] / MILLIONTHS_OF_WEIGHT;
}

/* Numbers that no rule speaks of are called now and then, as far as they are calls at all. */
static uint32_t
gap_weight (uint32_t from, uint32_t to, enum abi abi)
{
  uint32_t base = abi_table[abi].number_base, end = base + NUMBERS_IN_USE - 1;

  if (from < base)
    from = base;
  if (to > end)
    to = end;
  return from <= to ? (to - from + 1) * WEIGHT_OF_CALL : 0;
}

/* --- intervals --- */

static inline const struct node *
verdict_node (struct builder *b, uint32_t verdict)
{
  for (int i = 0; i < 2; i++)
    if (b->verdicts[i]->k == verdict)
      return b->verdicts[i];
  b->verdicts[1] = b->verdicts[0];
  return b->verdicts[0] = node_return (b->graph, verdict);
}

static inline void
append_verdict (struct builder *b, uint32_t first, uint32_t verdict, uint32_t weight)
{
  interval_append (&b->intervals, first, verdict_node (b, verdict), weight, b->scratch);
}

/* The kernel leaves 0 in the number where svc 0 asked for a call that it does not know; the
 * setup(2) that once had this number is long gone. So newer calls look like this, too. */
static bool
zero_is_newer (const struct rules *rules)
{
  return rules->newer_enosys && (rules->abi == ABI_S390 || rules->abi == ABI_S390X);
}

/* Of numbers newer than the profile. */
static uint32_t
newer_verdict (const struct rules *rules)
{
  return SECCOMP_RET_ERRNO | abi_enosys (rules->abi);
}

/* A call whose arguments are tested runs the filter each time, while the kernel remembers the
 * verdict of most others. */
static int
append_tested (struct builder *b, const struct rules *rules, const struct call *call)
{
  const struct node *node;
  int code = condition_build (&node, b->graph, call, &abi_table[rules->abi], rules->default_verdict,
                              b->scratch, b->err);

  if (code == OCI_SECCOMP_OK)
    interval_append (&b->intervals, call->number, node,
                     WEIGHT_OF_CALL + WEIGHT_OF_TESTS + measured_weight (b, call), b->scratch);
  return code;
}

/* Calls in a row, up to `end`, that one verdict decides. Returns the call after the last of them.
 */
static const struct call *
append_run (struct builder *b, const struct call *call, const struct call *end)
{
  const uint32_t first = call->number, verdict = call->rules->verdict;
  uint32_t next = first, weight = 0;

  do {
    weight += measured_weight (b, call++);
    next++;
  } while (call < end && call->number == next && call->rules->test_count == 0 &&
           call->rules->verdict == verdict);
  append_verdict (b, first, verdict, (next - first) * WEIGHT_OF_CALL + weight);
  return call;
}

/* Numbers from `next` on, as the rules of one ABI decide them; calls above `end` are none of its
 * own. */
static int
append_rules (struct builder *b, const struct rules *rules, uint32_t next, uint32_t end)
{
  const uint32_t last = rules->newer_enosys ? rules->last : UINT32_MAX;
  const struct call *call = rules->calls, *calls_end = call + rules->call_count;

  if (zero_is_newer (rules))
    append_verdict (b, next++, newer_verdict (rules), WEIGHT_OF_CALL);
  while (calls_end > call && calls_end[-1].number > (end < last ? end : last))
    calls_end--;
  while (call < calls_end) {
    int code = OCI_SECCOMP_OK;

    if (call->number < next) {
      call++;
      continue;
    }
    if (call->number > next)
      append_verdict (b, next, rules->default_verdict,
                      gap_weight (next, call->number - 1, rules->abi));
    if (call->rules->test_count)
      code = append_tested (b, rules, call++);
    else
      call = append_run (b, call, calls_end);
    if (code)
      return code;
    next = call[-1].number + 1;
    if (next == 0)
      return OCI_SECCOMP_OK;
  }
  if (next <= last)
    append_verdict (b, next, rules->default_verdict, gap_weight (next, last, rules->abi));
  if (rules->newer_enosys)
    append_verdict (b, last + 1, newer_verdict (rules),
                    gap_weight (last + 1, UINT32_MAX, rules->abi));
  return OCI_SECCOMP_OK;
}

/* --- the token that x86_64 and x32 share --- */

/* What numbers are decided as where the ABI's own rules don't reach. */
static uint32_t
quarter_verdict (const struct builder *b, int quarter, const struct rules *x86_64,
                 const struct rules *x32)
{
  const struct rules *newer = quarter == QUARTER_HIGH_CLEAR ? x86_64 : x32;

  if (newer && newer->newer_enosys)
    return newer_verdict (newer);
  return x32 ? x32->default_verdict : b->options->bad_arch;
}

/* -1 is what a tracer leaves to skip a call: no ABI's number, but no foreign one either. */
static int
append_skipped (struct builder *b, const struct rules *x86_64, const struct rules *x32)
{
  const struct rules *rules = x32 ? x32 : x86_64;
  const struct call *last = rules->call_count ? &rules->calls[rules->call_count - 1] : NULL;

  if (last && last->number == UINT32_MAX) {
    if (last->rules->test_count)
      return append_tested (b, rules, last);
    append_verdict (b, UINT32_MAX, last->rules->verdict,
                    WEIGHT_OF_CALL + measured_weight (b, last));
  } else if (!x32) {
    append_verdict (b, UINT32_MAX, rules->default_verdict, 0);
  }
  return OCI_SECCOMP_OK;
}

static int
append_quarters (struct builder *b, const struct rules *x86_64, const struct rules *x32)
{
  int code = OCI_SECCOMP_OK;

  if (x86_64)
    code = append_rules (b, x86_64, 0, QUARTER (QUARTER_X32) - 1);
  else
    append_verdict (b, 0, b->options->bad_arch, 0);
  if (code)
    return code;
  if (x32)
    code = append_rules (b, x32, QUARTER (QUARTER_X32), QUARTER (QUARTER_HIGH_CLEAR) - 1);
  else
    append_verdict (b, QUARTER (QUARTER_X32), b->options->bad_arch, 0);
  if (code)
    return code;
  append_verdict (b, QUARTER (QUARTER_HIGH_CLEAR),
                  quarter_verdict (b, QUARTER_HIGH_CLEAR, x86_64, x32), 0);
  append_verdict (b, QUARTER (QUARTER_HIGH_SET), quarter_verdict (b, QUARTER_HIGH_SET, x86_64, x32),
                  0);
  return append_skipped (b, x86_64, x32);
}

/* The tests of numbers that a tree has: up to where it looks at something else. */
static uint32_t
count_tests (const struct node *tree)
{
  if (BPF_CLASS (tree->code) != BPF_JMP)
    return 0;
  return 1 + count_tests (tree->yes) + count_tests (tree->no);
}

/* Numbers of x32 without their bit are x86_64's for most calls, and so are whole subtrees. Taking
 * the bit away costs an instruction, so it must save more. */
static const struct node *
make_x32 (struct builder *b, const struct interval_list *list)
{
  struct interval *intervals = list->items;
  size_t count = list->count;
  struct forest forest = b->forest;
  uint32_t nodes = b->graph->count;
  const struct node *tree;

  for (size_t i = 1; i < count; i++)
    intervals[i].first -= X32_BIT;
  tree = tree_make (tree_plan (b->graph, &b->forest, intervals, count, b->scratch), b->graph);
  if (b->graph->count - nodes + 1 < count_tests (tree))
    return node_alu (b->graph, BPF_SUB, X32_BIT, tree);
  b->forest = forest;
  for (size_t i = 1; i < count; i++)
    intervals[i].first += X32_BIT;
  return tree_build (b->graph, intervals, count, b->scratch);
}

/* Takes the intervals of numbers with x32's bit out of the builder, where it is this bit alone that
 * tells them from the last interval without it; else there are none. */
static struct interval_list
take_x32 (struct builder *b)
{
  const struct interval *items = b->intervals.items;
  const size_t count = b->intervals.count;
  size_t tail = interval_find (items, count, QUARTER (QUARTER_X32) - 1);
  size_t x32 = interval_find (items, count, QUARTER (QUARTER_X32));
  size_t clear = interval_find (items, count, QUARTER (QUARTER_HIGH_CLEAR));
  size_t set = interval_find (items, count, QUARTER (QUARTER_HIGH_SET));
  struct interval_list with_bit = {0};

  if (items[clear].node != items[tail].node ||
      interval_find (items, count, QUARTER (QUARTER_HIGH_SET) - 1) != clear)
    return with_bit;
  for (size_t i = x32; i < count; i++)
    if (i != clear || i == set || i == x32)
      interval_append (&with_bit, items[i].first, items[i].node, items[i].weight, b->scratch);
  b->intervals.count = tail + 1;
  return with_bit;
}

/* The bit is tested first: one step more for x86_64, but then x32 can share all of its tree. */
static const struct node *
make_bit_first (struct builder *b, const struct interval_list *with_bit)
{
  const struct interval *items = b->intervals.items;
  const struct node *x86_64 =
      tree_make (tree_plan (b->graph, &b->forest, items, b->intervals.count, b->scratch), b->graph);

  return node_test (b->graph, BPF_JSET, X32_BIT, make_x32 (b, with_bit), x86_64);
}

/* The bit is tested where the last interval was found. x86_64 is planned first, as if nothing came
 * of that interval: x32 shares what can be shared, and then takes its place there. */
static const struct node *
make_bit_last (struct builder *b, const struct interval_list *with_bit)
{
  struct interval *items = b->intervals.items, *last = &items[b->intervals.count - 1];
  const struct node *without_bit = last->node;
  struct plan *plan;

  for (size_t i = 0; i < with_bit->count; i++)
    last->weight += with_bit->items[i].weight / 100 * X32_SHARE;
  last->node = node_return (b->graph, NO_VERDICT);
  plan = tree_plan (b->graph, &b->forest, items, b->intervals.count, b->scratch);
  tree_make (plan, b->graph);
  last->node = node_test (b->graph, BPF_JSET, X32_BIT, make_x32 (b, with_bit), without_bit);
  return tree_renew (plan, b->graph);
}

static const struct node *
make_quarters (struct builder *b)
{
  struct interval_list with_bit = {0};

  if (!b->graph->plain)
    with_bit = take_x32 (b);
  if (with_bit.count == 0)
    return tree_build (b->graph, b->intervals.items, b->intervals.count, b->scratch);
  if (b->graph->node_cost > NODE_COST_ALONE)
    return make_bit_first (b, &with_bit);
  return make_bit_last (b, &with_bit);
}

/* --- all tokens --- */

static const struct rules *
rules_of (const struct rules *rules, size_t count, enum abi abi)
{
  for (size_t i = 0; i < count; i++)
    if (rules[i].abi == abi)
      return &rules[i];
  return NULL;
}

/* The tree for the token of one of the ABIs. */
static int
decide_token (const struct node **out, struct builder *b, const struct rules *rules,
              size_t rules_count, enum abi abi)
{
  const struct node *tree;
  int code;

  b->intervals.count = 0;
  if (abi == ABI_X86_64 || abi == ABI_X32)
    code = append_quarters (b, rules_of (rules, rules_count, ABI_X86_64),
                            rules_of (rules, rules_count, ABI_X32));
  else
    code = append_rules (b, rules_of (rules, rules_count, abi), 0, UINT32_MAX);
  if (code)
    return code;
  if (abi == ABI_X86_64 || abi == ABI_X32)
    tree = make_quarters (b);
  else
    tree = tree_make (
        tree_plan (b->graph, &b->forest, b->intervals.items, b->intervals.count, b->scratch),
        b->graph);
  *out = node_load (b->graph, offsetof (struct seccomp_data, nr), tree);
  return OCI_SECCOMP_OK;
}

static bool
token_was_seen (const struct rules *rules, size_t index)
{
  for (size_t i = 0; i < index; i++)
    if (abi_table[rules[i].abi].token == abi_table[rules[index].abi].token)
      return true;
  return false;
}

/* How often calls are made: as was measured, or as a user's own counts say. */
static const uint32_t *
take_weights (const struct options *options, struct arena *scratch)
{
  uint32_t *frequencies;
  uint64_t total = 0;

  if (!options->weights)
    return syscall_frequencies ();
  frequencies = ARENA_ARRAY (scratch, uint32_t, (size_t) syscall_count ());
  for (size_t i = 0; i < options->weight_count; i++)
    total += options->weights[i].count;
  for (size_t i = 0; i < options->weight_count && total > 0; i++) {
    const char *name = options->weights[i].syscall;
    uint64_t millionths = options->weights[i].count * 1000000 / total;

    frequencies[syscall_from_name (name, strlen (name))] += (uint32_t) millionths;
  }
  return frequencies;
}

static size_t
tests_length (const struct call *call, const struct abi_row *abi)
{
  const size_t test_length = abi->wide ? 4 : 2;
  size_t length = 0;

  for (size_t r = 0; r < call->rule_count && call->rules[r].test_count; r++)
    length += call->rules[r].test_count * test_length;
  return length;
}

bool
decision_is_short (const struct rules *rules, size_t rules_count, size_t length)
{
  const size_t start = 1, token = 2, end = 3; /* the load of the token, its test; returns */
  size_t plain = start + end;

  for (size_t i = 0; i < rules_count; i++)
    plain += rules[i].call_count + (token_was_seen (rules, i) ? 0 : token);
  for (size_t i = 0; i < rules_count; i++)
    for (size_t c = 0; c < rules[i].call_count && plain < length; c++)
      plain += tests_length (&rules[i].calls[c], &abi_table[rules[i].abi]);
  return length <= plain;
}

int
decision_build (const struct node **root, struct graph *graph, const struct rules *rules,
                size_t rules_count, const struct options *options, struct arena *scratch,
                struct oci_seccomp_error *err)
{
  const struct node *tokens[ABI_COUNT] = {NULL}, *node = node_return (graph, options->bad_arch);
  struct builder b = {.graph = graph,
                      .options = options,
                      .frequencies = take_weights (options, scratch),
                      .verdicts = {node, node},
                      .scratch = scratch,
                      .err = err};

  for (size_t i = 0; i < rules_count; i++) {
    int code = OCI_SECCOMP_OK;

    if (!token_was_seen (rules, i))
      code = decide_token (&tokens[i], &b, rules, rules_count, rules[i].abi);
    if (code)
      return code;
  }
  for (size_t i = rules_count; i > 0; i--)
    if (tokens[i - 1])
      node = node_test (graph, BPF_JEQ, abi_table[rules[i - 1].abi].token, tokens[i - 1], node);
  *root = node_load (graph, offsetof (struct seccomp_data, arch), node);
  return OCI_SECCOMP_OK;
}
