#include "rules.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "syscalls.h"

/* What gathers for one row of the system-call table. A row that the ABI lacks gathers rules too:
 * they decide nothing there, but a conflict among them is one on every machine. */
struct bucket {
  struct rule *rules;
  uint32_t count;
  bool unconditional; /* then rules[0] is all there is */
};

struct builder {
  const struct profile *profile;
  const struct options *options;
  enum abi abi;
  bool wide;
  struct bucket *buckets; /* one a row */
  int socketcall, ipc;    /* rows of the multiplexers; SYSCALL_UNKNOWN where the ABI has none */
  uint32_t order;
  struct arena *keep, *scratch;
  struct oci_seccomp_error *err;
};

/* --- the order in which rules decide: point 5 of the contract --- */

static int
operator_class (enum op op)
{
  switch (op) {
  case OPERATOR_LT:
  case OPERATOR_LE:
    return 1;
  case OPERATOR_GE:
  case OPERATOR_GT:
    return 2;
  default:
    return 0;
  }
}

static int
test_precedence (const struct test *a, const struct test *b)
{
  int class_a = operator_class (a->op), class_b = operator_class (b->op);

  if (a->index != b->index)
    return a->index > b->index ? -1 : 1;
  if (class_a != class_b)
    return class_a < class_b ? -1 : 1;
  if (a->value == b->value)
    return 0;
  return (a->value < b->value) == (class_a == 1) ? -1 : 1;
}

static int
rule_precedence (const void *left, const void *right)
{
  const struct rule *a = left, *b = right;

  for (int i = 0; i < a->test_count && i < b->test_count; i++) {
    int order = test_precedence (&a->tests[i], &b->tests[i]);

    if (order)
      return order;
  }
  if (a->test_count != b->test_count)
    return a->test_count < b->test_count ? -1 : 1;
  return a->order < b->order ? -1 : 1;
}

/* --- conflicts: point 6 --- */

#define COMPARE_FIELD(a, b, field) \
  if ((a)->field != (b)->field)    \
  return (a)->field < (b)->field ? -1 : 1

static int
test_compare (const struct test *a, const struct test *b)
{
  COMPARE_FIELD (a, b, index);
  COMPARE_FIELD (a, b, op);
  COMPARE_FIELD (a, b, mask);
  COMPARE_FIELD (a, b, value);
  return 0;
}

/* Any total order that puts equal conditions side by side, and what extends them right after. */
static int
rule_compare (const void *left, const void *right)
{
  const struct rule *a = left, *b = right;

  for (int i = 0; i < a->test_count && i < b->test_count; i++) {
    int order = test_compare (&a->tests[i], &b->tests[i]);

    if (order)
      return order;
  }
  COMPARE_FIELD (a, b, test_count);
  COMPARE_FIELD (a, b, order);
  return 0;
}

static bool
rule_extends (const struct rule *longer, const struct rule *prefix)
{
  if (longer->test_count < prefix->test_count)
    return false;
  for (int i = 0; i < prefix->test_count; i++)
    if (test_compare (&longer->tests[i], &prefix->tests[i]))
      return false;
  return true;
}

static const char *
describe_origin (const struct builder *b, const struct rule *rule)
{
  char path[128];

  if (!rule->origin->node)
    return arena_printf (b->scratch, "the rule for %s", rule->name->text);
  return arena_printf (b->scratch, "%s (line %" PRIu32 ")",
                       json_path (rule->origin->node, path, sizeof path), rule->origin->node->line);
}

static int
fail_conflict (const struct builder *b, const struct rule *one, const struct rule *other)
{
  const struct rule *older = one->order < other->order ? one : other;
  const struct rule *newer = older == one ? other : one;
  char older_verdict[VERDICT_TEXT], newer_verdict[VERDICT_TEXT];
  const char *text = arena_printf (
      b->scratch, "%s on %s: %s says %s under the same conditions, so %s could never be told apart",
      newer->name->text, abi_table[b->abi].name, describe_origin (b, older),
      verdict_text (older->verdict, older_verdict), verdict_text (newer->verdict, newer_verdict));

  if (newer->test_count < older->test_count)
    text = arena_printf (b->scratch,
                         "%s on %s: %s says %s under some of these conditions, and comes first; "
                         "put this rule (%s) before it",
                         newer->name->text, abi_table[b->abi].name, describe_origin (b, older),
                         verdict_text (older->verdict, older_verdict),
                         verdict_text (newer->verdict, newer_verdict));
  if (!newer->origin->node)
    return fail (b->err, OCI_SECCOMP_CONFLICTING_RULES, "conflicting rules: %s", text);
  return json_fail (b->err, OCI_SECCOMP_CONFLICTING_RULES, &b->profile->document,
                    newer->origin->node, "conflicting rules: %s", text);
}

/* Sorts a bucket's conditional rules by rule_compare, leaves one of each kind, the oldest, and
 * fails where two of them conflict. */
static int
bucket_check (const struct builder *b, struct bucket *bucket)
{
  struct rule *rules = bucket->rules;
  size_t kept = 0;

  if (bucket->count < 2)
    return OCI_SECCOMP_OK;
  qsort (rules, bucket->count, sizeof *rules, rule_compare);
  for (size_t i = 0, next; i < bucket->count; i = next) {
    const struct rule *newest;

    for (next = i + 1; next < bucket->count && rules[next].test_count == rules[i].test_count &&
                       rule_extends (&rules[next], &rules[i]);
         next++)
      if (rules[next].verdict != rules[i].verdict)
        return fail_conflict (b, &rules[i], &rules[next]);
    newest = &rules[next - 1];
    for (size_t j = next; j < bucket->count && rule_extends (&rules[j], newest); j++)
      if (rules[j].verdict != newest->verdict && rules[j].order < newest->order)
        return fail_conflict (b, &rules[j], newest);
    rules[kept++] = rules[i];
  }
  bucket->count = kept;
  return OCI_SECCOMP_OK;
}

/* --- gathering --- */

/* Point 4: an unconditional rule takes the place of all; what comes after it is not even looked
 * at. */
static int
bucket_add (struct builder *b, int row, const struct rule *rule)
{
  struct bucket *bucket = &b->buckets[row];

  if (bucket->unconditional)
    return OCI_SECCOMP_OK;
  if (rule->test_count == 0) {
    int code = bucket_check (b, bucket);

    if (code)
      return code;
    bucket->unconditional = true;
    bucket->count = 0;
  }
  *ARENA_PUSH (b->keep, bucket->rules, bucket->count) = *rule;
  return OCI_SECCOMP_OK;
}

/* A condition as a test of this ABI (point 3); false if it is always true. */
static bool
test_from_condition (struct test *test, const struct condition *condition, bool wide)
{
  uint64_t ones = wide ? UINT64_MAX : UINT32_MAX;

  *test = (struct test){condition->index, condition->op, ones, condition->value & ones};
  if (condition->op == OPERATOR_MASKED_EQ) {
    test->mask = condition->value & ones;
    test->value = condition->value_two & test->mask;
  }
  return test->mask != 0;
}

static void
warn_if_cut (const struct builder *b, const struct rule *rule, const struct condition *condition)
{
  uint64_t lost = condition->value >> 32;

  if (b->wide || !lost || !rule->origin->node)
    return;
  b->options->warn (b->options->warn_data,
                    json_message (b->scratch, &b->profile->document, rule->origin->node,
                                  "%s on %s: arguments have 32 bits there; 0x%" PRIx64
                                  " is cut to 0x%" PRIx32,
                                  rule->name->text, abi_table[b->abi].name, condition->value,
                                  (uint32_t) condition->value));
}

static int
compare_index (const void *left, const void *right)
{
  const struct test *a = left, *b = right;

  return a->index - b->index;
}

/* Conditions that hold together, no index twice, become the tests of `rule`. */
static void
rule_set_tests (struct builder *b, struct rule *rule, const struct condition *conditions,
                size_t count)
{
  struct test tests[6];

  rule->test_count = 0;
  if (count == 0)
    return;
  for (size_t i = 0; i < count; i++) {
    warn_if_cut (b, rule, &conditions[i]);
    if (test_from_condition (&tests[rule->test_count], &conditions[i], b->wide))
      rule->test_count++;
  }
  qsort (tests, rule->test_count, sizeof tests[0], compare_index);
  rule->tests = arena_copy (b->keep, tests, rule->test_count * sizeof tests[0]);
}

/* Point 7: the rule for a multiplexer. Its first argument says which call is meant and takes the
 * place of the user's condition on it; the others are compared as they are, though they are no
 * longer the same arguments. */
static void
rule_set_multiplexed (struct builder *b, struct rule *rule, const struct rule *direct,
                      uint32_t call)
{
  struct test tests[7] = {{0, OPERATOR_EQ, b->wide ? UINT64_MAX : UINT32_MAX, call}};

  *rule = *direct;
  rule->test_count = 1;
  for (int i = 0; i < direct->test_count; i++)
    if (direct->tests[i].index != 0)
      tests[rule->test_count++] = direct->tests[i];
  rule->tests = arena_copy (b->keep, tests, rule->test_count * sizeof tests[0]);
}

static int
fail_bypass (const struct builder *b, const struct rule *rule, int multiplexer)
{
  const char *text = arena_printf (
      b->scratch, "the conditions on %s can be walked around through %s on %s (--strict)",
      rule->name->text, syscall_name (multiplexer), abi_table[b->abi].name);

  if (!rule->origin->node)
    return fail (b->err, OCI_SECCOMP_INVALID_PROFILE, "%s", text);
  return json_fail (b->err, OCI_SECCOMP_INVALID_PROFILE, &b->profile->document, rule->origin->node,
                    "%s", text);
}

static int
add_multiplexed (struct builder *b, const struct rule *direct, int multiplexer, uint32_t call)
{
  struct rule rule;
  int code;

  if (direct->test_count && b->options->strict)
    return fail_bypass (b, direct, multiplexer);
  rule_set_multiplexed (b, &rule, direct, call);
  code = bucket_add (b, multiplexer, &rule);
  return code ? code : bucket_add (b, direct->name->syscall, direct);
}

static int
add_rule (struct builder *b, struct rule *rule, const struct condition *conditions, size_t count)
{
  int row = rule->name->syscall;
  uint32_t call;
  enum multiplexer multiplexer = syscall_multiplexer (row, &call);

  rule->order = b->order++;
  rule_set_tests (b, rule, conditions, count);
  if (multiplexer == MULTIPLEXER_SOCKETCALL && b->socketcall != SYSCALL_UNKNOWN)
    return add_multiplexed (b, rule, b->socketcall, call);
  if (multiplexer == MULTIPLEXER_IPC && b->ipc != SYSCALL_UNKNOWN)
    return add_multiplexed (b, rule, b->ipc, call);
  return bucket_add (b, row, rule);
}

/* Point 2: an index that occurs twice makes every condition a rule of its own. */
static bool
has_index_twice (const struct profile_rule *rule)
{
  unsigned seen = 0;

  for (size_t i = 0; i < rule->condition_count; i++) {
    if (seen & (1u << rule->conditions[i].index))
      return true;
    seen |= 1u << rule->conditions[i].index;
  }
  return false;
}

static int
add_profile_rule (struct builder *b, const struct profile_rule *origin)
{
  bool split = has_index_twice (origin);
  size_t step = split ? 1 : origin->condition_count;

  for (size_t n = 0; n < origin->name_count; n++) {
    struct rule rule = {.verdict = origin->verdict, .origin = origin, .name = &origin->names[n]};
    size_t i = 0;

    if (rule.name->syscall == SYSCALL_UNKNOWN)
      continue;
    do {
      const struct condition *conditions = step ? &origin->conditions[i] : NULL;
      int code = add_rule (b, &rule, conditions, step);

      if (code)
        return code;
      i += step;
    } while (i < origin->condition_count);
  }
  return OCI_SECCOMP_OK;
}

/* --- numbers newer than the profile: point 9 --- */

/* Names that a multiplexer stands for do not count on its ABIs: runc's resolver gives them no
 * positive number there. */
static uint32_t
last_number (const struct builder *b)
{
  uint32_t last = 0, number, call;

  for (size_t i = 0; i < b->profile->rule_count; i++) {
    const struct profile_rule *rule = &b->profile->rules[i];

    for (size_t n = 0; n < rule->name_count; n++) {
      int row = rule->names[n].syscall;

      if (row == SYSCALL_UNKNOWN || !syscall_number (row, b->abi, &number) || number <= last)
        continue;
      if (b->socketcall == SYSCALL_UNKNOWN || syscall_multiplexer (row, &call) == MULTIPLEXER_NONE)
        last = number;
    }
  }
  return last;
}

static bool
default_denies (uint32_t verdict)
{
  uint32_t action = verdict & SECCOMP_RET_ACTION_FULL;

  return action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_LOG && action != SECCOMP_RET_TRACE;
}

/* --- the whole --- */

static void
take_calls (struct builder *b, struct rules *out)
{
  size_t count;
  const int16_t *rows = syscall_rows_by_number (b->abi, &count);

  out->calls = ARENA_ARRAY (b->keep, struct call, count);
  for (size_t i = 0; i < count; i++) {
    struct bucket *bucket = &b->buckets[rows[i]];
    struct call *call = &out->calls[out->call_count];

    if (!bucket->count)
      continue;
    if (bucket->count > 1)
      qsort (bucket->rules, bucket->count, sizeof *bucket->rules, rule_precedence);
    syscall_number (rows[i], b->abi, &call->number);
    call->row = rows[i];
    call->rules = bucket->rules;
    call->rule_count = bucket->count;
    out->call_count++;
  }
}

int
rules_build (struct rules *out, const struct profile *profile, enum abi abi,
             const struct options *options, struct arena *keep, struct arena *scratch,
             struct oci_seccomp_error *err)
{
  const struct abi_row *row = &abi_table[abi];
  struct builder b = {
      .profile = profile,
      .options = options,
      .abi = abi,
      .wide = row->wide,
      .buckets = ARENA_ARRAY (scratch, struct bucket, (size_t) syscall_count ()),
      .socketcall = row->socketcall < 0 ? SYSCALL_UNKNOWN : syscall_from_name ("socketcall", 10),
      .ipc = row->ipc < 0 ? SYSCALL_UNKNOWN : syscall_from_name ("ipc", 3),
      .keep = keep,
      .scratch = scratch,
      .err = err,
  };
  int code;

  *out = (struct rules){.abi = abi, .default_verdict = profile->default_verdict};
  for (size_t i = 0; i < profile->rule_count; i++) {
    const struct profile_rule *rule = &profile->rules[i];

    /* Point 1: what says the same as the default carves no exception. */
    if (rule->verdict == profile->default_verdict)
      continue;
    code = add_profile_rule (&b, rule);
    if (code)
      return code;
  }
  for (int i = 0; i < syscall_count (); i++) {
    code = bucket_check (&b, &b.buckets[i]);
    if (code)
      return code;
  }
  take_calls (&b, out);
  out->last = last_number (&b);
  out->newer_enosys = options->newer == OCI_SECCOMP_NEWER_ENOSYS && out->last != 0 &&
                      default_denies (profile->default_verdict);
  return OCI_SECCOMP_OK;
}
