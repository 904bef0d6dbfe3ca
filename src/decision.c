#include "decision.h"

#include <errno.h>
#include <stddef.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "condition.h"
#include "syscalls.h"
#include "tree.h"

static const uint32_t enosys = SECCOMP_RET_ERRNO | ENOSYS;

/* x32 marks its numbers with a bit, and 64-bit numbers have it clear: the space of numbers under
 * the common token falls into four quarters, by the two topmost bits. */
enum { QUARTER_X86_64, QUARTER_X32, QUARTER_HIGH_CLEAR, QUARTER_HIGH_SET };
#define QUARTER(n) ((uint32_t) (n) << 30)

/* Of the weights: what measured frequencies count, in calls for each millionth; what a call of x32
 * counts beside one of x86_64; and how many numbers, from an ABI's base on, are calls at all. */
#define FREQUENCY_SHARE 0.0005f
#define X32_SHARE 0.1f
enum { NUMBERS_IN_USE = 472 };

/* What is decided for one token, as it grows. */
struct builder {
  struct graph *graph;
  const struct options *options;
  struct interval *intervals;
  size_t count;
  struct arena *scratch;
  struct oci_seccomp_error *err;
};

/* --- how often numbers are called: only the shape of the result depends on it --- */

/* What was measured counts about as much as that every call there is may be made. */
static float
call_weight (const struct call *call)
{
  return 1 + (float) syscall_frequency (call->row) * FREQUENCY_SHARE;
}

/* Numbers that no rule speaks of are called now and then, as far as they are calls at all. */
static float
gap_weight (uint32_t from, uint32_t to, enum abi abi)
{
  uint32_t base = abi_table[abi].number_base, end = base + NUMBERS_IN_USE - 1;

  if (from < base)
    from = base;
  if (to > end)
    to = end;
  return from <= to ? (float) (to - from + 1) : 0;
}

/* --- intervals --- */

static void
append_verdict (struct builder *b, uint32_t first, uint32_t verdict, float weight)
{
  interval_append (b->intervals, &b->count, first, node_return (b->graph, verdict), weight);
}

static int
append_call (struct builder *b, const struct rules *rules, const struct call *call)
{
  const struct node *node;
  int code = condition_build (&node, b->graph, call, &abi_table[rules->abi], rules->default_verdict,
                              b->scratch, b->err);

  if (code == OCI_SECCOMP_OK)
    interval_append (b->intervals, &b->count, call->number, node, call_weight (call));
  return code;
}

/* The kernel leaves 0 in the number where svc 0 asked for a call that it does not know; the
 * setup(2) that once had this number is long gone. So newer calls look like this, too. */
static bool
zero_is_newer (const struct rules *rules)
{
  return rules->newer_enosys && (rules->abi == ABI_S390 || rules->abi == ABI_S390X);
}

/* Numbers from `next` to 2^32-1, as the rules of one ABI decide them. */
static int
append_rules (struct builder *b, const struct rules *rules, uint32_t next)
{
  uint32_t last = rules->newer_enosys ? rules->last : UINT32_MAX;

  if (zero_is_newer (rules))
    append_verdict (b, next++, enosys, 1);
  for (size_t i = 0; i < rules->call_count && rules->calls[i].number <= last; i++) {
    const struct call *call = &rules->calls[i];
    int code;

    if (call->number < next)
      continue;
    if (call->number > next)
      append_verdict (b, next, rules->default_verdict,
                      gap_weight (next, call->number - 1, rules->abi));
    code = append_call (b, rules, call);
    if (code)
      return code;
    next = call->number + 1;
  }
  if (next <= last)
    append_verdict (b, next, rules->default_verdict, gap_weight (next, last, rules->abi));
  if (rules->newer_enosys)
    append_verdict (b, last + 1, enosys, gap_weight (last + 1, UINT32_MAX, rules->abi));
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
    return enosys;
  return x32 ? x32->default_verdict : b->options->bad_arch;
}

static int
append_quarters (struct builder *b, const struct rules *x86_64, const struct rules *x32)
{
  int code = OCI_SECCOMP_OK;

  if (x86_64)
    code = append_rules (b, x86_64, 0);
  else
    append_verdict (b, 0, b->options->bad_arch, 0);
  if (code)
    return code;
  if (x32)
    code = append_rules (b, x32, QUARTER (QUARTER_X32));
  else
    append_verdict (b, QUARTER (QUARTER_X32), b->options->bad_arch, 0);
  if (code)
    return code;
  append_verdict (b, QUARTER (QUARTER_HIGH_CLEAR),
                  quarter_verdict (b, QUARTER_HIGH_CLEAR, x86_64, x32), 0);
  append_verdict (b, QUARTER (QUARTER_HIGH_SET), quarter_verdict (b, QUARTER_HIGH_SET, x86_64, x32),
                  0);
  /* -1 is what a tracer leaves to skip a call: no ABI's number, but no foreign one either. */
  if (x86_64 && !x32)
    append_verdict (b, UINT32_MAX, x86_64->default_verdict, 0);
  return OCI_SECCOMP_OK;
}

static size_t
interval_of (const struct builder *b, uint32_t number)
{
  size_t i = 0;

  while (i + 1 < b->count && b->intervals[i + 1].first <= number)
    i++;
  return i;
}

/* Where the numbers past x86_64's own and those with only the topmost bit get the same, the bit
 * alone tells the rest apart: one test instead of up to four intervals. */
static void
fold_quarters (struct builder *b)
{
  size_t tail = interval_of (b, QUARTER (QUARTER_X32) - 1);
  size_t x32 = interval_of (b, QUARTER (QUARTER_X32));
  size_t clear = interval_of (b, QUARTER (QUARTER_HIGH_CLEAR));
  size_t set = interval_of (b, QUARTER (QUARTER_HIGH_SET));
  struct interval *with_bit = ARENA_ARRAY (b->scratch, struct interval, b->count + 1);
  const struct node *without_bit = b->intervals[tail].node;
  size_t count = 0;
  float weight = 0;

  if (b->intervals[clear].node != without_bit ||
      interval_of (b, QUARTER (QUARTER_HIGH_SET) - 1) != clear)
    return;
  for (size_t i = x32; i < b->count; i++) {
    if (i == clear && i != set && i != x32)
      continue;
    interval_append (with_bit, &count, b->intervals[i].first, b->intervals[i].node,
                     b->intervals[i].weight);
    weight += b->intervals[i].weight;
  }
  b->intervals[tail].node = node_test (
      b->graph, BPF_JSET, X32_BIT, tree_build (b->graph, with_bit, count, b->scratch), without_bit);
  b->intervals[tail].weight += weight * X32_SHARE;
  b->count = tail + 1;
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

/* The tree for the token of one of the ABIs; it expects the token to have been tested. */
static int
decide_token (const struct node **out, struct builder *b, const struct rules *rules,
              size_t rules_count, enum abi abi)
{
  const struct rules *one = rules_of (rules, rules_count, abi);
  size_t room = 8;
  int code;

  for (size_t i = 0; i < rules_count; i++)
    if (abi_table[rules[i].abi].token == abi_table[abi].token)
      room += 2 * rules[i].call_count + 4;
  b->intervals = ARENA_ARRAY (b->scratch, struct interval, room);
  b->count = 0;
  if (abi == ABI_X86_64 || abi == ABI_X32) {
    code = append_quarters (b, rules_of (rules, rules_count, ABI_X86_64),
                            rules_of (rules, rules_count, ABI_X32));
    if (code == OCI_SECCOMP_OK)
      fold_quarters (b);
  } else {
    code = append_rules (b, one, 0);
  }
  if (code)
    return code;
  *out = node_load (b->graph, offsetof (struct seccomp_data, nr),
                    tree_build (b->graph, b->intervals, b->count, b->scratch));
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

int
decision_build (const struct node **root, struct graph *graph, const struct rules *rules,
                size_t rules_count, const struct options *options, struct arena *scratch,
                struct oci_seccomp_error *err)
{
  struct builder b = {.graph = graph, .options = options, .scratch = scratch, .err = err};
  const struct node *node = node_return (graph, options->bad_arch), *token;

  for (size_t i = rules_count; i > 0; i--) {
    enum abi abi = rules[i - 1].abi;
    int code;

    if (token_was_seen (rules, i - 1))
      continue;
    code = decide_token (&token, &b, rules, rules_count, abi);
    if (code)
      return code;
    node = node_test (graph, BPF_JEQ, abi_table[abi].token, token, node);
  }
  *root = node_load (graph, offsetof (struct seccomp_data, arch), node);
  return OCI_SECCOMP_OK;
}
