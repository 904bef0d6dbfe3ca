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
  struct seccomp_data witness;
};

struct search {
  struct lint *lint;
  size_t *offsets; /* of each rule's names in the arrays below; one more at the end */
  bool *decides;   /* the rule decides some call of that name, on some ABI */
  bool *needed;    /* and some such call would be decided otherwise without it */
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
  search->needed = ARENA_ARRAY (lint->arena, bool, total);
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
    struct overlap overlap = {.second = second};

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

/* Whether what rule number i decides would be decided the same without its name: regions[j] is
 * where rule j matches, own[j] what is left to it. Rules that come of the same name, as an argument
 * occurs twice, would go with it. The default action never helps, as no rule says the same. */
static bool
is_spare (struct diagrams *diagrams, const struct call *call, const diagram *regions,
          const diagram *own, size_t i)
{
  diagram left = own[i];

  for (size_t j = i + 1; j < call->rule_count && left != DIAGRAM_FALSE; j++) {
    bool same = call->rules[j].verdict == call->rules[i].verdict;

    if (call->rules[j].name == call->rules[i].name)
      continue;
    if (!same && diagram_and (diagrams, left, regions[j]) != DIAGRAM_FALSE)
      return false;
    /* Of two that stand in for each other, only one is told to be of no use. */
    if (same && own[j] != DIAGRAM_FALSE)
      left = diagram_and (diagrams, left, diagram_not (diagrams, regions[j]));
  }
  return left == DIAGRAM_FALSE;
}

/* Where the work has no end in sight, a rule is taken for one that is of use. */
static void
note_use (struct search *search, const struct call *call, const diagram *regions,
          const diagram *own)
{
  struct diagrams *diagrams = &search->lint->diagrams;

  for (size_t i = 0; i < call->rule_count; i++) {
    const struct rule *rule = &call->rules[i];
    size_t name = name_index (search, rule->origin, rule->name);
    bool spare = is_spare (diagrams, call, regions, own, i);

    if (own[i] != DIAGRAM_FALSE || diagrams->exceeded)
      search->decides[name] = true;
    if (!spare || diagrams->exceeded)
      search->needed[name] = true;
  }
}

static void
search_call (struct search *search, const struct call *call, enum abi abi)
{
  struct diagrams *diagrams = &search->lint->diagrams;
  struct arena *arena = search->lint->arena;
  struct decided *decided = ARENA_ARRAY (arena, struct decided, call->rule_count);
  diagram *regions = ARENA_ARRAY (arena, diagram, call->rule_count);
  diagram *own = ARENA_ARRAY (arena, diagram, call->rule_count), all = DIAGRAM_FALSE;
  size_t count = 0, most = search->overlap_count + OVERLAPS_MAX;

  for (size_t i = 0; i < call->rule_count; i++) {
    const struct rule *rule = &call->rules[i];
    struct decided *same;

    regions[i] = rule_region (diagrams, rule, abi_table[abi].wide);
    own[i] = diagram_and (diagrams, regions[i], diagram_not (diagrams, all));
    for (size_t d = 0; d < count && !diagrams->exceeded; d++)
      if (decided[d].verdict != rule->verdict)
        add_overlaps (search, call, abi, rule,
                      diagram_and (diagrams, regions[i], decided[d].region), most);
    same = find_decided (decided, &count, rule->verdict);
    same->region = diagram_or (diagrams, same->region, own[i]);
    all = diagram_or (diagrams, all, regions[i]);
  }
  note_use (search, call, regions, own);
}

static void
search_abi (struct search *search, const struct rules *rules)
{
  for (size_t i = 0; i < rules->call_count; i++)
    if (!rules->newer_enosys || rules->calls[i].number <= rules->last)
      search_call (search, &rules->calls[i], rules->abi);
}

/* --- rules that never decide --- */

/* Where a rule that never decides could have: told on the first ABI that has the call. */
struct idle {
  const struct call *call;
  enum abi abi;
  diagram region; /* where the rule matches */
};

static bool
find_direct (const struct search *search, const struct profile_rule *rule,
             const struct profile_name *name, struct idle *out)
{
  const struct oci_seccomp_filter *filter = search->lint->filter;

  for (size_t r = 0; r < filter->rules_count; r++)
    for (size_t c = 0; c < filter->rules[r].call_count; c++) {
      const struct rules *rules = &filter->rules[r];

      if (rules->calls[c].row != name->syscall ||
          (rules->newer_enosys && rules->calls[c].number > rules->last))
        continue;
      out->call = &rules->calls[c];
      out->abi = rules->abi;
      out->region = lint_rule (&search->lint->diagrams, rule, abi_table[rules->abi].wide);
      return true;
    }
  return false;
}

/* For a call that no ABI has but through a multiplexer. */
static bool
find_multiplexed (const struct search *search, const struct profile_rule *rule,
                  const struct profile_name *name, struct idle *out)
{
  const struct oci_seccomp_filter *filter = search->lint->filter;

  for (size_t r = 0; r < filter->rules_count; r++)
    for (size_t c = 0; c < filter->rules[r].call_count; c++)
      for (size_t i = 0; i < filter->rules[r].calls[c].rule_count; i++) {
        const struct rule *made = &filter->rules[r].calls[c].rules[i];

        if (made->origin != rule || made->name != name)
          continue;
        out->call = &filter->rules[r].calls[c];
        out->abi = filter->rules[r].abi;
        out->region =
            rule_region (&search->lint->diagrams, made, abi_table[filter->rules[r].abi].wide);
        return true;
      }
  return false;
}

/* Who decides instead: a rule that does so for some call that the idle one matches, and whether it
 * does for all. */
static const struct rule *
find_winner (const struct search *search, const struct idle *idle, bool *alone)
{
  struct diagrams *diagrams = &search->lint->diagrams;
  struct seccomp_data example = {0};
  const struct rule *winner;
  diagram rest;

  diagram_example (diagrams, idle->region, &example);
  winner = first_match (idle->call, &example);
  if (!winner)
    return NULL;
  rest = diagram_not (diagrams, rule_region (diagrams, winner, abi_table[idle->abi].wide));
  *alone = diagram_and (diagrams, idle->region, rest) == DIAGRAM_FALSE && !diagrams->exceeded;
  return winner;
}

static void
report_idle (struct search *search, const struct profile_rule *rule,
             const struct profile_name *name, const struct idle *idle)
{
  struct lint *lint = search->lint;
  const struct rule *winner;
  const char *why = "is one of those that come first, and says";
  bool same, alone;

  if (lint->diagrams.exceeded)
    return;
  if (idle->region == DIAGRAM_FALSE) {
    lint_add (lint, SEVERITY_WARNING, name->node, "%s never decides: no call meets its conditions",
              name->text);
    return;
  }
  winner = find_winner (search, idle, &alone);
  if (!winner)
    return;
  same = winner->verdict == rule->verdict;
  if (winner->test_count == 0)
    why = "has no conditions, and says";
  else if (alone)
    why = "comes first, and says";
  lint_add (lint, same ? SEVERITY_NOTE : SEVERITY_WARNING, name->node,
            "%s never decides: %s %s %s%s", name->text, lint_place (lint, winner->origin), why,
            lint_verdict (lint, winner->verdict), same ? " too" : "");
}

static void
report_name (struct search *search, const struct profile_rule *rule,
             const struct profile_name *name)
{
  size_t index = name_index (search, rule, name);
  struct idle idle;

  if (!search->decides[index]) {
    if (find_direct (search, rule, name, &idle) || find_multiplexed (search, rule, name, &idle))
      report_idle (search, rule, name, &idle);
    return;
  }
  if (!search->needed[index])
    lint_add (search->lint, SEVERITY_NOTE, name->node,
              "%s is not needed: where this matches, others say %s too", name->text,
              lint_verdict (search->lint, rule->verdict));
}

static void
report_names (struct search *search)
{
  const struct profile *profile = search->lint->profile;

  for (size_t i = 0; i < profile->rule_count; i++) {
    const struct profile_rule *rule = &profile->rules[i];

    for (size_t n = 0; n < rule->name_count; n++)
      if (rule->verdict != profile->default_verdict && rule->names[n].syscall != SYSCALL_UNKNOWN)
        report_name (search, rule, &rule->names[n]);
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
              "%s overlaps %s, which comes first, wherever the two stand: `%s` is %s, not %s",
              second->name->text, lint_place (lint, overlap->first->origin),
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
  report_names (&search);
  if (lint->diagrams.exceeded)
    lint_add (lint, SEVERITY_NOTE, lint->profile->section,
              "too many conditions to look at all overlaps of rules");
}
