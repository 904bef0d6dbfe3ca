#include "bucket.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

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

/* Rules for one call are few but where they were made to hurt. No two of them are equal. */
static void
sort_rules (struct rule *rules, size_t count, int (*compare) (const void *, const void *))
{
  enum { FEW = 32 };

  if (count > FEW)
    qsort (rules, count, sizeof *rules, compare);
  for (size_t i = 1; i < count && count <= FEW; i++) {
    const struct rule rule = rules[i];
    size_t at = i;

    for (; at > 0 && compare (&rules[at - 1], &rule) > 0; at--)
      rules[at] = rules[at - 1];
    rules[at] = rule;
  }
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
describe_origin (const struct bucket_place *place, const struct rule *rule)
{
  char path[128];

  if (!rule->origin->node)
    return arena_printf (place->scratch, "the rule for %s", rule->name->text);
  return arena_printf (place->scratch, "%s (line %" PRIu32 ")",
                       json_path (rule->origin->node, path, sizeof path), rule->origin->node->line);
}

static int
fail_conflict (const struct bucket_place *place, const struct rule *one, const struct rule *other)
{
  const struct rule *older = one->order < other->order ? one : other;
  const struct rule *newer = older == one ? other : one;
  char older_verdict[VERDICT_TEXT], newer_verdict[VERDICT_TEXT];
  const char *text = arena_printf (
      place->scratch,
      "%s on %s: %s says %s under the same conditions, so %s could never be told apart",
      newer->name->text, abi_table[place->abi].name, describe_origin (place, older),
      verdict_text (older->verdict, older_verdict), verdict_text (newer->verdict, newer_verdict));

  if (newer->test_count < older->test_count)
    text = arena_printf (
        place->scratch,
        "%s on %s: %s says %s under some of these conditions, and comes first; "
        "put this rule (%s) before it",
        newer->name->text, abi_table[place->abi].name, describe_origin (place, older),
        verdict_text (older->verdict, older_verdict), verdict_text (newer->verdict, newer_verdict));
  if (!newer->origin->node)
    return fail (place->err, OCI_SECCOMP_CONFLICTING_RULES, "conflicting rules: %s", text);
  return json_fail (place->err, OCI_SECCOMP_CONFLICTING_RULES, &place->profile->document,
                    newer->origin->node, "conflicting rules: %s", text);
}

bool
bucket_agrees (const struct bucket *bucket)
{
  for (uint32_t i = 1; i < bucket->count; i++)
    if (bucket->rules[i].verdict != bucket->rules[0].verdict)
      return false;
  return true;
}

int
bucket_check (struct bucket *bucket, const struct bucket_place *place)
{
  struct rule *rules = bucket->rules;
  size_t kept = 0;

  if (bucket->count < 2)
    return OCI_SECCOMP_OK;
  sort_rules (rules, bucket->count, rule_compare);
  for (size_t i = 0, next; i < bucket->count; i = next) {
    for (next = i + 1; next < bucket->count && rules[next].test_count == rules[i].test_count &&
                       rule_extends (&rules[next], &rules[i]);
         next++)
      if (rules[next].verdict != rules[i].verdict)
        return fail_conflict (place, &rules[i], &rules[next]);
    /* The oldest of equal ones counts: those after it say nothing new. */
    for (size_t j = next; j < bucket->count && rule_extends (&rules[j], &rules[i]); j++)
      if (rules[j].verdict != rules[i].verdict && rules[j].order < rules[i].order)
        return fail_conflict (place, &rules[j], &rules[i]);
    rules[kept++] = rules[i];
  }
  bucket->count = kept;
  return OCI_SECCOMP_OK;
}

/* --- gathering --- */

struct bucket *
bucket_of (struct bucket_list *list, uint32_t key, struct arena *scratch)
{
  size_t low = 0, high = list->count;

  while (low < high) {
    size_t middle = (low + high) / 2;

    if (list->items[middle].key < key)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == list->count || list->items[low].key != key) {
    (void) ARENA_PUSH (scratch, list->items, list->count);
    memmove (&list->items[low + 1], &list->items[low],
             (list->count - 1 - low) * sizeof *list->items);
    list->items[low] = (struct bucket){.key = key};
  }
  return &list->items[low];
}

/* Point 4: an unconditional rule takes the place of all; what comes after it is not even looked
 * at. */
int
bucket_add (struct bucket *bucket, const struct rule *rule, const struct bucket_place *place)
{
  if (bucket->unconditional)
    return OCI_SECCOMP_OK;
  if (rule->test_count) {
    *ARENA_PUSH (place->keep, bucket->rules, bucket->count) = *rule;
    return OCI_SECCOMP_OK;
  }
  if (bucket->count) {
    int code = bucket_check (bucket, place);

    if (code)
      return code;
  }
  bucket->unconditional = rule;
  bucket->count = 0;
  return OCI_SECCOMP_OK;
}

int
bucket_insert (struct bucket *bucket, const struct rule *rule, const struct bucket_place *place)
{
  if (bucket->unconditional)
    return OCI_SECCOMP_OK;
  if (rule->test_count == 0)
    bucket->count = 0;
  for (uint32_t i = 0; i < bucket->count; i++) {
    const struct rule *older = &bucket->rules[i];

    if (!rule_extends (older, rule))
      continue;
    if (older->verdict != rule->verdict)
      return fail_conflict (place, older, rule);
    if (older->test_count == rule->test_count)
      return OCI_SECCOMP_OK;
  }
  return bucket_add (bucket, rule, place);
}

void
bucket_order (struct bucket *bucket)
{
  sort_rules (bucket->rules, bucket->count, rule_precedence);
}
