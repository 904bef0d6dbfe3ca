/* A profile to a diagram: what it means, read anew.
 *
 * In: a profile and the options it is compiled with. Out: the diagram of the verdicts
 * (verdict_effect) that it asks for on every call of every ABI. What always holds: it comes from
 * the profile and the tables of names and numbers alone. It shares nothing with the stages that
 * compile (rules, decision, emit), compares 64-bit values where they compare halves, and so fails
 * with them only where both misread the contract in the same way. Conflicts between rules are the
 * compiler's to report: here the first in order decides. */
#ifndef MEANING_H
#define MEANING_H

#include "diagram.h"
#include "profile.h"

/* Look at diagrams->exceeded after. */
diagram profile_diagram (struct diagrams *diagrams, const struct profile *profile,
                         const struct options *options);

#endif
