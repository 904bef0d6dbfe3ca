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
  const char *where;                 /* "": always; NULL: for some arguments, too many to tell */
  uint32_t abis;                     /* bits of enum abi; or else */
  const struct number_range *tokens; /* see struct difference */
  size_t token_count;
  bool every;    /* all system calls; or else */
  int16_t *rows; /* those with these names; or else */
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

/* "x86_64, x86"; "arch 0x1234"; "all other ABIs"; "all ABIs but x86_64, x32" */
const char *group_abis_text (const struct group *group, struct arena *arena);

#endif
