#include <inttypes.h>

#include "lint_parts.h"
#include "syscalls.h"

/* --- what says the same as the default action --- */

/* For each row of the system-call table, the first rule that says something else; or NULL. */
static const struct profile_rule **
find_others (const struct lint *lint)
{
  const struct profile *profile = lint->profile;
  const struct profile_rule **others =
      ARENA_ARRAY (lint->arena, const struct profile_rule *, (size_t) syscall_count ());

  for (size_t i = 0; i < profile->rule_count; i++) {
    const struct profile_rule *rule = &profile->rules[i];

    for (size_t n = 0; n < rule->name_count; n++) {
      int row = rule->names[n].syscall;

      if (rule->verdict != profile->default_verdict && row != SYSCALL_UNKNOWN && !others[row])
        others[row] = rule;
    }
  }
  return others;
}

/* Whoever writes such a rule beside another for the same call means an exception from that one. */
static void
check_default (struct lint *lint, const struct profile_rule *rule,
               const struct profile_rule *const *others)
{
  const char *verdict = lint_verdict (lint, rule->verdict);
  bool excepts = false;

  for (size_t n = 0; n < rule->name_count; n++) {
    int row = rule->names[n].syscall;

    if (row == SYSCALL_UNKNOWN || !others[row])
      continue;
    excepts = true;
    lint_add (lint, SEVERITY_WARNING, rule->names[n].node,
              "%s has %s as the default action does, so this is left out, and makes no exception "
              "from %s",
              rule->names[n].text, verdict, lint_place (lint, others[row]));
  }
  if (!excepts)
    lint_add (lint, SEVERITY_NOTE, rule->node,
              "has %s as the default action does, so it is left out", verdict);
}

/* --- conditions that become rules of their own --- */

static uint8_t
repeated_index (const struct profile_rule *rule, bool *others)
{
  unsigned seen = 0, count = 0;
  uint8_t repeated = 0;

  for (size_t i = 0; i < rule->condition_count; i++) {
    unsigned bit = 1u << rule->conditions[i].index;

    if (seen & bit)
      repeated = rule->conditions[i].index;
    else
      count++;
    seen |= bit;
  }
  *others = count > 1;
  return repeated;
}

static void
check_split (struct lint *lint, const struct profile_rule *rule)
{
  bool wide = abi_table[lint->filter->native].wide, others;
  unsigned index = repeated_index (rule, &others);
  enum severity severity = SEVERITY_NOTE;
  const char *also = "";

  if (others) {
    severity = SEVERITY_WARNING;
    also = ", those on other arguments too";
  }
  if (lint_rule (&lint->diagrams, rule, wide) == DIAGRAM_TRUE && !lint->diagrams.exceeded) {
    severity = SEVERITY_WARNING;
    also = "; one of them always holds, so it matches every call";
  }
  lint_add (lint, severity, json_member (rule->node, "args"),
            "argument %u occurs twice, so each of the %zu conditions is a rule of its own (OR)%s",
            index, rule->condition_count, also);
}

/* --- values that are cut --- */

/* The ABIs with 32-bit arguments that have one of the rule's calls. */
static uint32_t
narrow_abis (const struct lint *lint, const struct profile_rule *rule)
{
  uint32_t abis = 0, number;

  for (size_t i = 0; i < lint->filter->rules_count; i++) {
    enum abi abi = lint->filter->rules[i].abi;

    for (size_t n = 0; n < rule->name_count && !abi_table[abi].wide; n++)
      if (rule->names[n].syscall != SYSCALL_UNKNOWN &&
          syscall_number (rule->names[n].syscall, abi, &number))
        abis |= ABI_BIT (abi);
  }
  return abis;
}

/* A negative number is as negative in 32 bits. */
static bool
is_negative (uint64_t value)
{
  return (uint64_t) (int64_t) (int32_t) (uint32_t) value == value;
}

static void
check_cut (struct lint *lint, const struct profile_rule *rule)
{
  uint32_t abis = narrow_abis (lint, rule);

  for (size_t i = 0; i < rule->condition_count && abis; i++) {
    const struct condition *condition = &rule->conditions[i];
    const struct json_node *node;
    const char *always = "";

    if (condition->value >> 32 == 0)
      continue;
    if (condition->op == OPERATOR_MASKED_EQ && (uint32_t) condition->value == 0)
      always = ", so the condition always holds there";
    node = json_member (lint_condition_node (rule, i), "value");
    lint_add (lint, is_negative (condition->value) ? SEVERITY_NOTE : SEVERITY_WARNING, node,
              "arguments have 32 bits on %s: 0x%" PRIx64 " is cut to 0x%" PRIx32 "%s",
              lint_abis (lint, abis), condition->value, (uint32_t) condition->value, always);
  }
}

/* --- the whole --- */

void
lint_rules (struct lint *lint)
{
  const struct profile_rule **others = find_others (lint);

  for (size_t i = 0; i < lint->profile->rule_count; i++) {
    const struct profile_rule *rule = &lint->profile->rules[i];

    if (rule->verdict == lint->profile->default_verdict) {
      check_default (lint, rule, others);
      continue;
    }
    if (profile_rule_is_split (rule))
      check_split (lint, rule);
    check_cut (lint, rule);
  }
}
