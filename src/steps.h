/* Profile to steps: what its rules are on every ABI alike, and what is left to each.
 *
 * In: the rules of a profile, one after another. Out: the unconditional rules by row of the
 * system-call table, and steps, in the profile's order. What always holds: what has no step decides
 * the same on every ABI that has the call. */
#ifndef STEPS_H
#define STEPS_H

#include "rules.h"
#include "syscalls.h"

/* A rule that each ABI has to look at by itself: with conditions, of a call that some ABIs have a
 * multiplexer for, or for a number by hand. */
struct step {
  const struct rule *rule; /* without tests: those come of the conditions, on each ABI */
  size_t first, count;     /* which of its origin's conditions */
  struct multiplexed multiplexed;
};

struct steps {
  struct step *items;
  size_t count;
  /* By row of the table: the first rule for it without conditions, and whether some other rule
   * names it. */
  const struct rule **unconditional;
  bool *named;
  uint32_t default_verdict;
  uint32_t order; /* of the next rule */
  struct arena *keep, *scratch;
};

/* Those of no rule yet. Rules will be in `keep`, all else in `scratch`. */
struct steps steps_start (const struct profile *profile, struct arena *keep, struct arena *scratch);

/* Adds a rule of the profile, which must live as long. */
void steps_add (struct steps *steps, const struct profile_rule *origin);

#endif
