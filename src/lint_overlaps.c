#include <string.h>

#include "equivalence.h"
#include "lint_parts.h"
#include "syscalls.h"
#include "verdict.h"

/* How many overlaps of one call are told: past that, one more says nothing new. */
enum { OVERLAPS_MAX = 16 };

/* Two rules of one call that both match some call and say different things. */
struct overlap {
  const struct rule *first, *second; /* in the order in which they decide */
  enum abi abi;
  struct seccomp_data witness;
};

struct search {
  struct lint *lint;
  size_t *offsets; /* of each rule's names in the arrays below; one more at the end */
  bool *decides;   /* the rule decides some call of that name, on some ABI */
  struct overlap *overlaps;
  size_t overlap_count;
};

/* --- names of rules, numbered through --- */

static size_t
name_index (const struct search *search, const struct profile_rule *rule,
            const struct profile_name *name)
{
  return search->offsets[rule - search->lint->profile->rules] + (size_t) (name - rule->names);
}

static void
search_begin (struct search *search, struct lint *lint)
{
  const struct profile *profile = lint->profile;
  size_t total = 0;

  *search = (struct search){.lint = lint};
  search->offsets = ARENA_ARRAY (lint->arena, size_t, profile->rule_count + 1);
  for (size_t i = 0; i < profile->rule_count; i++) {
    search->offsets[i] = total;
    total += profile->rules[i].name_count;
  }
  search->offsets[profile->rule_count] = total;
  search->decides = ARENA_ARRAY (lint->arena, bool, total);
}

/* --- the rules of one call --- */

static bool
test_holds (const struct test *test, uint64_t argument)
{
  uint64_t value = argument & test->mask;

  switch (test->op) {
  case OPERATOR_NE:
    return value != test->value;
  case OPERATOR_LT:
    return value < test->value;
  case OPERATOR_LE:
    return value <= test->value;
  case OPERATOR_GE:
    return value >= test->value;
  case OPERATOR_GT:
    return value > test->value;
  default: /* OPERATOR_EQ, OPERATOR_MASKED_EQ */
    return value == test->value;
  }
}

/* The rule that decides for these arguments; NULL for the default. */
static const struct rule *
first_match (const struct call *call, const struct seccomp_data *data)
{
  for (size_t i = 0; i < call->rule_count; i++) {
    const struct rule *rule = &call->rules[i];
    unsigned holding = 0;

    while (holding < rule->test_count &&
           test_holds (&rule->tests[holding], data->args[rule->tests[holding].index]))
      holding++;
    if (holding == rule->test_count)
      return rule;
  }
  return NULL;
}

/* All tests of the mask kind, or of whole values: as a condition of a profile they are the same. */
static diagram
rule_region (struct diagrams *diagrams, const struct rule *rule, bool wide)
{
  diagram region = DIAGRAM_TRUE;

  for (unsigned i = 0; i < rule->test_count; i++) {
    const struct test *test = &rule->tests[i];
    struct condition condition = {test->index, test->op, test->value, 0};

    if (test->op == OPERATOR_MASKED_EQ) {
      condition.value = test->mask;
      condition.value_two = test->value;
    }
    region = diagram_and (diagrams, region, lint_condition (diagrams, &condition, wide));
  }
  return region;
}

static bool
is_known_overlap (const struct search *search, const struct rule *first, const struct rule *second)
{
  for (size_t i = 0; i < search->overlap_count; i++) {
    const struct overlap *known = &search->overlaps[i];

    if (known->first->origin == first->origin && known->first->name == first->name &&
        known->second->origin == second->origin && known->second->name == second->name)
      return true;
  }
  return false;
}

/* Notes who decides where `second` would say something else, in all of `shared`. */
static void
add_overlaps (struct search *search, const struct call *call, enum abi abi,
              const struct rule *second, diagram shared, size_t most)
{
  struct diagrams *diagrams = &search->lint->diagrams;

  while (shared != DIAGRAM_FALSE && !diagrams->exceeded && search->overlap_count < most) {
    struct overlap overlap = {.second = second, .abi = abi};

    diagram_example (diagrams, shared, &overlap.witness);
    overlap.witness.nr = (int) call->number;
    overlap.witness.arch = abi_table[abi].token;
    overlap.first = first_match (call, &overlap.witness);
    if (!overlap.first)
      return;
    if (lint_run (search->lint, &overlap.witness) == verdict_effect (overlap.first->verdict) &&
        !is_known_overlap (search, overlap.first, second))
      *ARENA_PUSH (search->lint->arena, search->overlaps, search->overlap_count) = overlap;
    shared = diagram_and (
        diagrams, shared,
        diagram_not (diagrams, rule_region (diagrams, overlap.first, abi_table[abi].wide)));
  }
}

/* What rules with one verdict decide, of those looked at so far. */
struct decided {
  uint32_t verdict;
  diagram region;
};

static struct decided *
find_decided (struct decided *decided, size_t *count, uint32_t verdict)
{
  for (size_t i = 0; i < *count; i++)
    if (decided[i].verdict == verdict)
      return &decided[i];
  decided[*count] = (struct decided){verdict, DIAGRAM_FALSE};
  return &decided[(*count)++];
}

static void
search_call (struct search *search, const struct call *call, enum abi abi)
{
  struct diagrams *diagrams = &search->lint->diagrams;
  struct decided *decided = ARENA_ARRAY (search->lint->arena, struct decided, call->rule_count);
  size_t count = 0, most = search->overlap_count + OVERLAPS_MAX;
  diagram all = DIAGRAM_FALSE;

  for (size_t i = 0; i < call->rule_count; i++) {
    const struct rule *rule = &call->rules[i];
    diagram region = rule_region (diagrams, rule, abi_table[abi].wide);
    diagram own = diagram_and (diagrams, region, diagram_not (diagrams, all));
    struct decided *same;

    /* Where the work has no end in sight, nothing is claimed. */
    if (own != DIAGRAM_FALSE || diagrams->exceeded)
      search->decides[name_index (search, rule->origin, rule->name)] = true;
    for (size_t d = 0; d < count && !diagrams->exceeded; d++)
      if (decided[d].verdict != rule->verdict)
        add_overlaps (search, call, abi, rule, diagram_and (diagrams, region, decided[d].region),
                      most);
    same = find_decided (decided, &count, rule->verdict);
    same->region = diagram_or (diagrams, same->region, own);
    all = diagram_or (diagrams, all, region);
  }
}

static void
search_abi (struct search *search, const struct rules *rules)
{
  for (size_t i = 0; i < rules->call_count; i++)
    if (!rules->newer_enosys || rules->calls[i].number <= rules->last)
      search_call (search, &rules->calls[i], rules->abi);
}

/* --- rules that never decide --- */

static const struct call *
find_call (const struct rules *rules, int row)
{
  for (size_t i = 0; i < rules->call_count; i++)
    if (rules->calls[i].row == row &&
        (!rules->newer_enosys || rules->calls[i].number <= rules->last))
      return &rules->calls[i];
  return NULL;
}

/* Why: told on the first ABI that has the call. */
static void
report_idle (struct search *search, const struct profile_rule *rule,
             const struct profile_name *name, const struct call *call, enum abi abi)
{
  struct diagrams *diagrams = &search->lint->diagrams;
  struct seccomp_data example = {0};
  const struct rule *winner;
  bool same;

  diagram region = lint_rule (diagrams, rule, abi_table[abi].wide);

  if (diagrams->exceeded)
    return;
  if (!diagram_example (diagrams, region, &example)) {
    lint_add (search->lint, SEVERITY_WARNING, name->node,
              "never decides: no call meets the conditions of %s", lint_place (search->lint, rule));
    return;
  }
  winner = first_match (call, &example);
  if (!winner)
    return;
  same = winner->verdict == rule->verdict;
  lint_add (search->lint, same ? SEVERITY_NOTE : SEVERITY_WARNING, name->node,
            "never decides: %s %s %s%s", lint_place (search->lint, winner->origin),
            winner->test_count ? "comes first and says" : "has no conditions and says",
            lint_verdict (search->lint, winner->verdict), same ? " too" : "");
}

static void
report_idle_names (struct search *search)
{
  const struct lint *lint = search->lint;

  for (size_t i = 0; i < lint->profile->rule_count; i++) {
    const struct profile_rule *rule = &lint->profile->rules[i];

    for (size_t n = 0; n < rule->name_count; n++) {
      const struct profile_name *name = &rule->names[n];
      const struct call *call = NULL;

      if (rule->verdict == lint->profile->default_verdict || name->syscall == SYSCALL_UNKNOWN ||
          search->decides[name_index (search, rule, name)])
        continue;
      for (size_t r = 0; r < lint->filter->rules_count && !call; r++) {
        call = find_call (&lint->filter->rules[r], name->syscall);
        if (call)
          report_idle (search, rule, name, call, lint->filter->rules[r].abi);
      }
    }
  }
}

/* --- the whole --- */

static void
report_overlaps (struct search *search)
{
  struct lint *lint = search->lint;

  for (size_t i = 0; i < search->overlap_count; i++) {
    const struct overlap *overlap = &search->overlaps[i];
    const struct rule *second = overlap->second;

    if (!search->decides[name_index (search, second->origin, second->name)])
      continue;
    lint_add (lint, SEVERITY_WARNING, second->name->node,
              "%s and %s overlap, and order in the file does not count: `%s` is %s, not %s",
              lint_place (lint, second->origin), lint_place (lint, overlap->first->origin),
              equivalence_call_text (&overlap->witness, lint->arena),
              lint_verdict (lint, overlap->first->verdict), lint_verdict (lint, second->verdict));
  }
}

void
lint_overlaps (struct lint *lint)
{
  struct search search;

  search_begin (&search, lint);
  for (size_t i = 0; i < lint->filter->rules_count; i++)
    search_abi (&search, &lint->filter->rules[i]);
  report_overlaps (&search);
  report_idle_names (&search);
  if (lint->diagrams.exceeded)
    lint_add (lint, SEVERITY_NOTE, lint->profile->section,
              "too many conditions to look at all overlaps of rules");
}
