#include "lint.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lint_parts.h"
#include "verdict.h"

/* How much work the comparing of conditions may take. */
enum { NODES_MAX = 1 << 18, STEPS_MAX = 1 << 22 };

const char *
severity_name (enum severity severity)
{
  return severity == SEVERITY_WARNING ? "warning" : "note";
}

/* --- what the parts share --- */

void
lint_add (struct lint *lint, enum severity severity, const struct json_node *node,
          const char *format, ...)
{
  char text[1024];
  va_list args;

  va_start (args, format);
  vsnprintf (text, sizeof text, format, args);
  va_end (args);
  *ARENA_PUSH (lint->arena, lint->findings->items, lint->findings->count) =
      (struct finding){severity, node, arena_printf (lint->arena, "%s", text)};
}

const char *
lint_place (const struct lint *lint, const struct profile_rule *rule)
{
  char path[128];

  return arena_printf (lint->arena, "%s (line %" PRIu32 ")",
                       json_path (rule->node, path, sizeof path), rule->node->line);
}

const char *
lint_abis (const struct lint *lint, uint32_t abis)
{
  const char *text = "";

  for (int i = 0; i < ABI_COUNT; i++)
    if (abis & ABI_BIT (i))
      text = arena_printf (lint->arena, "%s%s%s", text, *text ? ", " : "", abi_table[i].name);
  return text;
}

uint32_t
lint_run (const struct lint *lint, const struct seccomp_data *call)
{
  return verdict_effect (oci_seccomp_filter_evaluate (lint->filter, call));
}

const char *
lint_verdict (const struct lint *lint, uint32_t verdict)
{
  char text[VERDICT_TEXT];

  return arena_printf (lint->arena, "%s", verdict_text (verdict, text));
}

const struct json_node *
lint_condition_node (const struct profile_rule *rule, size_t i)
{
  const struct json_node *node = json_member (rule->node, "args")->first;

  while (i-- > 0)
    node = node->next;
  return node;
}

/* --- where conditions hold --- */

/* One comparison with the result for arguments below, at and above its value. */
static diagram
compare (struct diagrams *diagrams, const struct condition *condition, unsigned width, bool less,
         bool equal, bool greater)
{
  diagram result = equal;

  for (unsigned bit = 0; bit < width; bit++) {
    unsigned level = LEVEL_ARGUMENT (condition->index) + 63 - bit;

    if (condition->value >> bit & 1)
      result = diagram_node (diagrams, level, less, result);
    else
      result = diagram_node (diagrams, level, result, greater);
  }
  return result;
}

static diagram
match_mask (struct diagrams *diagrams, const struct condition *condition, unsigned width)
{
  diagram result = DIAGRAM_TRUE;

  for (unsigned bit = 0; bit < width; bit++) {
    unsigned level = LEVEL_ARGUMENT (condition->index) + 63 - bit;

    if (!(condition->value >> bit & 1))
      continue;
    if (condition->value_two >> bit & 1)
      result = diagram_node (diagrams, level, DIAGRAM_FALSE, result);
    else
      result = diagram_node (diagrams, level, result, DIAGRAM_FALSE);
  }
  return result;
}

diagram
lint_condition (struct diagrams *diagrams, const struct condition *condition, bool wide)
{
  unsigned width = wide ? 64 : 32;

  switch (condition->op) {
  case OPERATOR_NE:
    return compare (diagrams, condition, width, true, false, true);
  case OPERATOR_LT:
    return compare (diagrams, condition, width, true, false, false);
  case OPERATOR_LE:
    return compare (diagrams, condition, width, true, true, false);
  case OPERATOR_EQ:
    return compare (diagrams, condition, width, false, true, false);
  case OPERATOR_GE:
    return compare (diagrams, condition, width, false, true, true);
  case OPERATOR_GT:
    return compare (diagrams, condition, width, false, false, true);
  default:
    return match_mask (diagrams, condition, width);
  }
}

diagram
lint_rule (struct diagrams *diagrams, const struct profile_rule *rule, bool wide)
{
  bool split = profile_rule_is_split (rule);
  diagram result = split ? DIAGRAM_FALSE : DIAGRAM_TRUE;

  for (size_t i = 0; i < rule->condition_count; i++) {
    diagram one = lint_condition (diagrams, &rule->conditions[i], wide);

    result = split ? diagram_or (diagrams, result, one) : diagram_and (diagrams, result, one);
  }
  return result;
}

/* --- the whole --- */

/* Findings of one place keep the order in which the parts found them: texts are made one after
 * the other, but where they are in memory tells nothing, so the place among all is kept here. */
struct ranked {
  struct finding finding;
  size_t rank;
};

static int
compare_ranked (const void *left, const void *right)
{
  const struct ranked *a = left, *b = right;

  if (a->finding.node->begin != b->finding.node->begin)
    return a->finding.node->begin < b->finding.node->begin ? -1 : 1;
  return a->rank < b->rank ? -1 : 1;
}

static void
sort_findings (struct findings *findings, struct arena *arena)
{
  struct ranked *ranked = ARENA_ARRAY (arena, struct ranked, findings->count);

  if (findings->count == 0)
    return;
  for (size_t i = 0; i < findings->count; i++)
    ranked[i] = (struct ranked){findings->items[i], i};
  qsort (ranked, findings->count, sizeof *ranked, compare_ranked);
  for (size_t i = 0; i < findings->count; i++)
    findings->items[i] = ranked[i].finding;
}

void
lint_profile (struct findings *out, const struct profile *profile,
              const struct oci_seccomp_filter *filter, const struct options *options,
              struct arena *arena)
{
  struct lint lint = {
      .profile = profile, .filter = filter, .options = options, .findings = out, .arena = arena};

  *out = (struct findings){0};
  diagrams_init (&lint.diagrams, arena);
  lint.diagrams.max_nodes = NODES_MAX;
  lint.diagrams.max_steps = STEPS_MAX;
  lint_words (&lint);
  lint_rules (&lint);
  lint_bypasses (&lint);
  lint_overlaps (&lint);
  lint_libseccomp (&lint);
  sort_findings (out, arena);
}
