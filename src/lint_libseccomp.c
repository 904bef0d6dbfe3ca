#include "lint_parts.h"
#include "lint_tree.h"
#include "syscalls.h"

/* Where runc and crun may decide otherwise than the profile says, since libseccomp's programs do.
 * It puts the rules of a call into a tree of tests on 32-bit words, and makes the program of that.
 * Some shapes of the tree come out wrong; these are looked for here. None of it is a fault of the
 * profile, and not every such shape misbehaves: so these are notes. */

/* Rules of one call that are compared pair by pair; where there are more, nothing is claimed. */
enum { RULES_MAX = 512 };

enum trouble { TROUBLE_STALE, TROUBLE_MIXED, TROUBLE_DROPPED, TROUBLES };

static const char *const trouble_texts[TROUBLES] = {
    "compare the wrong word",
    "mix the two up, or take for ever to make",
    "leave one of the two out",
};

/* --- pairs of rules --- */

static bool
same_high (const struct test *a, const struct test *b, bool wide)
{
  return !wide || a->value >> 32 == b->value >> 32;
}

/* The same kind of comparison, which others follow in both rules. */
static bool
may_mix (const struct rule *a, unsigned i, const struct rule *b, unsigned j)
{
  const struct test *one = &a->tests[i], *other = &b->tests[j];
  bool both_ne = one->op == OPERATOR_NE && other->op == OPERATOR_NE;
  bool both_order = lint_operator_class (one->op) &&
                    lint_operator_class (one->op) == lint_operator_class (other->op);

  return i + 1u < a->test_count && j + 1u < b->test_count && (both_ne || both_order) &&
         same_high (one, other, true);
}

/* The same comparison, where one rule goes on if it holds and the other if not, with another number
 * of tests before it. */
static bool
may_drop (const struct rule *a, unsigned i, const struct rule *b, unsigned j, bool wide)
{
  const struct test *one = &a->tests[i], *other = &b->tests[j];

  return i != j && lint_operator_comparison (one->op) == lint_operator_comparison (other->op) &&
         lint_operator_negates (one->op) != lint_operator_negates (other->op) &&
         (wide ? same_high (one, other, true) : one->value == other->value);
}

static bool
pair_has (const struct rule *a, const struct rule *b, bool wide, enum trouble trouble)
{
  for (unsigned i = 0; i < a->test_count; i++)
    for (unsigned j = 0; j < b->test_count; j++) {
      if (a->tests[i].index != b->tests[j].index)
        continue;
      if (trouble == TROUBLE_MIXED && wide && may_mix (a, i, b, j))
        return true;
      if (trouble == TROUBLE_DROPPED && may_drop (a, i, b, j, wide))
        return true;
    }
  return false;
}

/* --- one call --- */

/* Two rules of a call that libseccomp has trouble with, and where. */
struct found {
  const struct rule *rules[TROUBLES][2];
  uint32_t abis[TROUBLES];
};

static void
note (struct found *found, enum trouble trouble, const struct rule *one, const struct rule *other,
      enum abi abi)
{
  if (!found->abis[trouble]) {
    found->rules[trouble][0] = one;
    found->rules[trouble][1] = other;
  }
  found->abis[trouble] |= ABI_BIT (abi);
}

/* The rules in the order in which they are added, which the tree depends on. */
static const struct rule **
rules_as_written (const struct call *call, struct arena *arena)
{
  const struct rule **rules = ARENA_ARRAY (arena, const struct rule *, call->rule_count);

  for (size_t i = 0; i < call->rule_count; i++) {
    size_t place = i;

    for (; place > 0 && rules[place - 1]->order > call->rules[i].order; place--)
      rules[place] = rules[place - 1];
    rules[place] = &call->rules[i];
  }
  return rules;
}

static void
look_at_call (struct lint *lint, const struct call *call, enum abi abi, struct found *found)
{
  const struct rule **rules = rules_as_written (call, lint->arena);
  bool wide = abi_table[abi].wide;
  struct lint_tree tree;

  lint_tree_find (&tree, rules, call->rule_count, wide, lint->arena);
  if (tree.stale[0])
    note (found, TROUBLE_STALE, tree.stale[0], tree.stale[1], abi);
  if (tree.dropped[0])
    note (found, TROUBLE_DROPPED, tree.dropped[0], tree.dropped[1], abi);
  for (size_t i = 0; i < call->rule_count; i++)
    for (size_t j = i + 1; j < call->rule_count; j++)
      for (int t = TROUBLE_MIXED; t < TROUBLES; t++)
        if (!(found->abis[t] & ABI_BIT (abi)) && pair_has (rules[i], rules[j], wide, t))
          note (found, t, rules[i], rules[j], abi);
}

static void
report (struct lint *lint, int row, const struct found *found)
{
  for (int t = 0; t < TROUBLES; t++) {
    const struct rule *newer = found->rules[t][0], *older = found->rules[t][1];

    if (!found->abis[t])
      continue;
    if (newer->order < older->order) {
      newer = found->rules[t][1];
      older = found->rules[t][0];
    }
    lint_add (lint, SEVERITY_NOTE, newer->name->node,
              "runc and crun may decide %s otherwise on %s: of this rule and %s, libseccomp's "
              "program may %s",
              syscall_name (row), lint_abis (lint, found->abis[t]),
              lint_place (lint, older->origin), trouble_texts[t]);
  }
}

/* --- one ABI --- */

static bool
has_unconditional_call (const struct rules *rules)
{
  for (size_t i = 0; i < rules->call_count; i++)
    if (rules->calls[i].rules[0].test_count == 0)
      return true;
  return false;
}

/* A name without conditions that the ABI has no call for, nor a multiplexer. */
static const struct profile_name *
find_missing_call (const struct lint *lint, const struct rules *rules)
{
  const struct profile *profile = lint->profile;
  uint32_t number;

  for (size_t i = 0; i < profile->rule_count; i++) {
    const struct profile_rule *rule = &profile->rules[i];

    for (size_t n = 0; n < rule->name_count && rule->condition_count == 0; n++)
      if (rule->verdict != profile->default_verdict && rule->names[n].syscall != SYSCALL_UNKNOWN &&
          !syscall_number (rule->names[n].syscall, rules->abi, &number) &&
          (abi_table[rules->abi].socketcall < 0 ||
           syscall_multiplexer (rule->names[n].syscall, &number) == MULTIPLEXER_NONE))
        return &rule->names[n];
  }
  return NULL;
}

static bool
has_abi (const struct lint *lint, enum abi abi)
{
  for (size_t i = 0; i < lint->filter->rules_count; i++)
    if (lint->filter->rules[i].abi == abi)
      return true;
  return false;
}

/* libseccomp begins with the calls that have the fewest tests. Where the first is none of the
 * ABI's, it does not load the number at all; only for x86_64 alone it does so anyway. */
static void
look_at_first (struct lint *lint, const struct rules *rules)
{
  const struct profile_name *name = find_missing_call (lint, rules);

  if (!name || rules->call_count == 0 || has_unconditional_call (rules) ||
      (rules->abi == ABI_X86_64 && !has_abi (lint, ABI_X32)))
    return;
  lint_add (
      lint, SEVERITY_NOTE, name->node,
      "crun decides all calls of %s by the default action: libseccomp's program for it begins "
      "with %s, which it lacks, and then loads no number",
      abi_table[rules->abi].name, name->text);
}

/* --- the whole --- */

void
lint_libseccomp (struct lint *lint)
{
  const struct oci_seccomp_filter *filter = lint->filter;
  struct found *found = ARENA_ARRAY (lint->arena, struct found, (size_t) syscall_count ());

  for (size_t r = 0; r < filter->rules_count; r++) {
    const struct rules *rules = &filter->rules[r];

    for (size_t c = 0; c < rules->call_count; c++) {
      const struct call *call = &rules->calls[c];

      if (call->rule_count > 1 && call->rule_count <= RULES_MAX)
        look_at_call (lint, call, rules->abi, &found[call->row]);
    }
    look_at_first (lint, rules);
  }
  for (int row = 0; row < syscall_count (); row++)
    report (lint, row, &found[row]);
}
