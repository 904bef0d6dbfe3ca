#include "steps.h"

static void
push_step (struct steps *steps, const struct rule *rule, size_t first, size_t count)
{
  const int row = rule->name->syscall;
  struct step *step = ARENA_PUSH (steps->scratch, steps->items, steps->count);

  *step = (struct step){.rule = rule, .first = first, .count = count};
  if (row != SYSCALL_UNKNOWN)
    step->multiplexed = syscall_multiplexed ()[row];
}

/* Most calls have no multiplexer anywhere: then the first rule is all that ABIs need to know. */
static void
add_unconditional (struct steps *steps, const struct profile_rule *origin)
{
  const struct multiplexed *multiplexed = syscall_multiplexed ();
  const struct rule **unconditional = steps->unconditional;
  const size_t count = origin->name_count;
  struct rule *rules = arena_take (steps->keep, arena_array_size (sizeof *rules, count));

  for (size_t n = 0; n < count; n++) {
    const struct profile_name *name = &origin->names[n];
    const int row = name->syscall;

    rules[n] = (struct rule){.verdict = origin->verdict,
                             .order = steps->order + (uint32_t) n,
                             .origin = origin,
                             .name = name};
    if (row != SYSCALL_UNKNOWN && !unconditional[row])
      unconditional[row] = &rules[n];
    if (row == SYSCALL_UNKNOWN ? name->numbered : multiplexed[row].multiplexer != MULTIPLEXER_NONE)
      push_step (steps, &rules[n], 0, 0);
  }
  steps->order += (uint32_t) count;
}

static void
add_conditional (struct steps *steps, const struct profile_rule *origin)
{
  const size_t groups = profile_rule_is_split (origin) ? origin->condition_count : 1;
  const size_t group_size = origin->condition_count / groups;
  struct rule *rule =
      arena_take (steps->keep, arena_array_size (sizeof *rule, origin->name_count * groups));

  for (size_t n = 0; n < origin->name_count; n++) {
    const struct profile_name *name = &origin->names[n];

    for (size_t g = 0; g < groups; g++, rule++) {
      *rule = (struct rule){
          .verdict = origin->verdict, .order = steps->order++, .origin = origin, .name = name};
      if (name->syscall != SYSCALL_UNKNOWN || name->numbered)
        push_step (steps, rule, g * group_size, group_size);
    }
  }
}

void
steps_add (struct steps *steps, const struct profile_rule *origin)
{
  /* Point 1: what says the same as the default carves no exception. */
  const bool decides = origin->verdict != steps->default_verdict;

  if (decides && origin->condition_count == 0) {
    add_unconditional (steps, origin);
    return;
  }
  for (size_t n = 0; n < origin->name_count; n++)
    if (origin->names[n].syscall != SYSCALL_UNKNOWN)
      steps->named[origin->names[n].syscall] = true;
  if (decides)
    add_conditional (steps, origin);
}

struct steps
steps_start (const struct profile *profile, struct arena *keep, struct arena *scratch)
{
  const size_t rows = (size_t) syscall_count ();

  return (struct steps){.default_verdict = profile->default_verdict,
                        .named = ARENA_ARRAY (scratch, bool, rows),
                        .unconditional = ARENA_ARRAY (scratch, const struct rule *, rows),
                        .keep = keep,
                        .scratch = scratch};
}
