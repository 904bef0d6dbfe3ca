#include <string.h>

#include "profile.h"
#include "syscalls.h"

/* Whether two conditions hold for the same arguments: of a datum only what the mask leaves counts,
 * and of other operators only one value. */
static bool
same_condition (const struct condition *a, const struct condition *b)
{
  if (a->index != b->index || a->op != b->op || a->value != b->value)
    return false;
  return a->op != OPERATOR_MASKED_EQ || ((a->value_two ^ b->value_two) & a->value) == 0;
}

static size_t
count_same (const struct condition *one, const struct condition *conditions, size_t count)
{
  size_t same = 0;

  for (size_t i = 0; i < count; i++)
    same += same_condition (one, &conditions[i]);
  return same;
}

/* In any order, as all hold together or each on its own. */
static bool
same_conditions (const struct profile_rule *rule, const struct condition *conditions, size_t count)
{
  if (rule->condition_count != count)
    return false;
  for (size_t i = 0; i < count; i++)
    if (count_same (&conditions[i], conditions, count) !=
        count_same (&conditions[i], rule->conditions, count))
      return false;
  return true;
}

static bool
has_syscall (const struct profile_rule *rule, int syscall)
{
  for (size_t i = 0; i < rule->name_count; i++)
    if (rule->names[i].syscall == syscall)
      return true;
  return false;
}

/* A rule that is there already and has the same conditions. */
static const struct profile_rule *
find_rule (const struct profile *profile, int syscall, const struct condition *conditions,
           size_t condition_count)
{
  for (size_t i = 0; i < profile->rule_count; i++)
    if (has_syscall (&profile->rules[i], syscall) &&
        same_conditions (&profile->rules[i], conditions, condition_count))
      return &profile->rules[i];
  return NULL;
}

static int
fail_found (const struct profile_rule *found, uint32_t verdict, const char *syscall,
            struct oci_seccomp_error *err)
{
  char old_text[VERDICT_TEXT], new_text[VERDICT_TEXT];

  verdict_text (found->verdict, old_text);
  if (found->verdict == verdict)
    return fail (err, OCI_SECCOMP_DUPLICATE_RULE, "%s has this very rule already: %s", syscall,
                 old_text);
  return fail (err, OCI_SECCOMP_CONFLICTING_RULES,
               "%s has a rule with the same conditions already: %s, not %s", syscall, old_text,
               verdict_text (verdict, new_text));
}

static void
append_rule (struct profile *profile, uint32_t verdict, int syscall,
             const struct condition *conditions, size_t condition_count)
{
  struct arena *arena = &profile->arena;
  struct profile_rule rule = {.verdict = verdict, .name_count = 1};

  rule.names = ARENA_NEW (arena, struct profile_name);
  rule.names->text = syscall_name (syscall);
  rule.names->syscall = syscall;
  if (condition_count) {
    rule.conditions = ARENA_ARRAY (arena, struct condition, condition_count);
    memcpy (rule.conditions, conditions, condition_count * sizeof *conditions);
    rule.condition_count = condition_count;
  }
  *ARENA_PUSH (arena, profile->rules, profile->rule_count) = rule;
}

int
profile_add_rule (struct profile *profile, uint32_t verdict, const char *syscall,
                  const struct condition *conditions, size_t condition_count,
                  struct oci_seccomp_error *err)
{
  int row = syscall_from_name (syscall, strlen (syscall));
  const struct profile_rule *found;
  char quoted[JSON_QUOTE_TEXT];

  if (row == SYSCALL_UNKNOWN)
    return fail (err, OCI_SECCOMP_UNKNOWN_SYSCALL, "unknown system call %s; no ABI has it",
                 json_quote (syscall, quoted));
  for (size_t i = 0; i < condition_count; i++)
    if (conditions[i].index > 5)
      return fail (err, OCI_SECCOMP_BAD_ARGUMENT,
                   "condition %zu is on argument %u; arguments are 0 to 5", i,
                   (unsigned) conditions[i].index);
  found = find_rule (profile, row, conditions, condition_count);
  if (found)
    return fail_found (found, verdict, syscall, err);
  append_rule (profile, verdict, row, conditions, condition_count);
  return 0;
}
