/* What a profile says about one ABI, as the proof reads it: points 1 to 5 and 7 of the contract.
 *
 * In: a profile and an ABI. Out: clauses. What always holds: of the clauses for one number the
 * first that matches decides; they lie side by side, in that order. It shares nothing with rules.c,
 * which reads the same for the compiler. */
#ifndef CLAUSE_H
#define CLAUSE_H

#include "profile.h"

enum { ARGUMENT_COUNT = 6 };

/* One condition as an ABI sees it: (argument & mask) compared with value. */
struct comparison {
  unsigned index;
  enum op op;
  uint64_t mask, value;
};

/* One rule for one number: all comparisons hold, ascending by argument. */
struct clause {
  uint32_t number, order, verdict;
  unsigned count;
  const struct comparison *comparisons;
};

struct clauses {
  const struct abi_row *row;
  enum abi abi;
  struct clause *items; /* sorted by number, then as they decide */
  size_t count;
  uint32_t last; /* the largest number that is named; 0: none but perhaps 0 */
  struct arena *arena;
};

/* The arena's guard must be set. */
void clauses_read (struct clauses *clauses, const struct profile *profile, enum abi abi,
                   struct arena *arena);

#endif
