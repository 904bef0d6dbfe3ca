/* All that two sides decide differently, put together in groups that a person can read.
 *
 * In: an equivalence that came out DIFFERENT. Out: a list: on one ABI, one verdict became another,
 * on the same condition, for these numbers. What always holds: every call that the sides decide
 * differently is in exactly one item, unless `complete` is false; each item has a call that shows
 * it. Calls whose verdict depends on the processor are in none. */
#ifndef DIFFERENCE_H
#define DIFFERENCE_H

#include "equivalence.h"

struct number_range {
  uint32_t first, last;
};

struct difference {
  bool known_abi; /* false: on a token, or several, that no ABI has; the witness has one */
  enum abi abi;
  uint32_t token;
  uint32_t verdicts[2];
  diagram where;               /* on which arguments */
  struct number_range *ranges; /* ascending, not touching */
  size_t range_count;
  struct seccomp_data witness; /* of a number that the ABI names, if there is one */
};

struct differences {
  struct difference *items; /* ABIs in the order of their table, unknown ones last */
  size_t count;
  bool complete;
};

void differences_find (struct differences *out, struct equivalence *equivalence);

/* Whether the number is in one of the ranges. */
bool difference_has (const struct difference *difference, uint32_t number);

#endif
