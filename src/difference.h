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
  bool known_abi; /* it is on `abi`; else on `tokens` */
  enum abi abi;
  struct number_range *tokens; /* ascending, not touching: tokens that no ABI has, or tokens each of
                                  which decides all its calls alike, on both sides */
  size_t token_count;
  uint32_t token; /* the ABI's, or one of them */
  uint32_t verdicts[2];
  diagram where;               /* on which arguments */
  bool only_example;           /* there are more; `where` is the witness alone */
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

bool ranges_have (const struct number_range *ranges, size_t count, uint32_t number);

/* How many numbers they have. */
uint64_t ranges_size (const struct number_range *ranges, size_t count);

/* Whether the number is in one of the ranges. */
bool difference_has (const struct difference *difference, uint32_t number);

#endif
