/* A profile to a diagram: what it means, read anew.
 *
 * In: a profile and the options it is compiled with. Out: the diagram of the verdicts
 * (verdict_effect) that it asks for on every call of every ABI; or, where that is too large, its
 * verdict on one call at a time. What always holds: it comes from the profile and the tables of
 * names and numbers alone. It shares nothing with the stages that compile (rules, decision, emit),
 * compares 64-bit values where they compare halves, and so fails with them only where both misread
 * the contract in the same way. Conflicts between rules are the compiler's to report: here the
 * first in order decides. */
#ifndef MEANING_H
#define MEANING_H

#include "clause.h"
#include "diagram.h"
#include "profile.h"

/* What an ABI says about one of its numbers: of these clauses the first that matches decides. */
struct meaning_number {
  enum abi abi;
  const struct clause *clauses;
  size_t count;
};

enum { MEANING_KNOWN = 64 }; /* a power of two */

/* Clauses whose diagram is known: its default is the profile's. */
struct meaning_known {
  struct meaning_number number; /* count 0: none */
  diagram result;
};

struct meaning {
  struct diagrams *diagrams;
  const struct profile *profile;
  const struct options *options;
  bool by_call;                   /* leaves of the diagram tell which of `numbers` decides */
  struct meaning_number *numbers; /* only by_call */
  size_t number_count;
  struct meaning_known known[MEANING_KNOWN];
  struct meaning_number too_large; /* the one that made diagrams->exceeded true, if one did */
  diagram result;
};

/* Look at diagrams->exceeded after. */
void meaning_read (struct meaning *meaning, struct diagrams *diagrams,
                   const struct profile *profile, const struct options *options);

/* For single calls, in diagrams of its own; those are never large. */
void meaning_read_by_call (struct meaning *meaning, struct arena *arena,
                           const struct profile *profile, const struct options *options);

uint32_t meaning_verdict (const struct meaning *meaning, const struct seccomp_data *call);

#endif
