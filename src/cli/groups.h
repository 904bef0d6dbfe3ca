/* Differences put together for reading: the same change on the same condition, of the same system
 * calls, told once for all ABIs that have it.
 *
 * What always holds: each difference is in one group or more, and each group has a call that shows
 * it. */
#ifndef GROUPS_H
#define GROUPS_H

#include "../difference.h"

struct group {
  uint32_t verdicts[2];
  const char *where; /* "": always; NULL: for some arguments, too many to tell */
  uint32_t abis;     /* bits of enum abi; 0: ABIs that are in no table */
  int16_t *rows;     /* system calls by name; or else */
  size_t row_count;
  struct number_range *ranges; /* numbers that no system call has */
  size_t range_count;
  struct seccomp_data witness;
};

struct groups {
  struct group *items;
  size_t count;
};

/* Those that hold for all arguments come first. */
void groups_make (struct groups *out, const struct differences *differences,
                  struct diagrams *diagrams);

/* "x86_64, x86"; "other ABIs" */
const char *group_abis_text (const struct group *group, struct arena *arena);

/* How many numbers its ranges have. */
uint64_t group_number_count (const struct group *group);

#endif
