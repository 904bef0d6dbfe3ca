/* Random profiles, the same for the same seed on every machine.
 *
 * In: a seed and a kind. Out: a valid profile as JSON and the options to compile it with. What
 * always holds: the profile is valid, but its rules may contradict each other where the kind
 * allows several actions for one call. */
#ifndef RANDOM_H
#define RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "oracle.h"

struct random {
  uint64_t state;
};

struct random random_start (uint64_t seed);
uint64_t random_next (struct random *random);
unsigned random_below (struct random *random, unsigned limit);
bool random_chance (struct random *random, unsigned one_in);

/* All but the last are where libseccomp's programs are right, so that it can be asked as well. */
enum random_kind {
  RANDOM_SINGLE,   /* one condition a rule, any operator, values below 2^32, one action a call */
  RANDOM_EQUAL,    /* EQ and MASKED_EQ only, values of 64 bits, one action a call */
  RANDOM_LARGE,    /* hundreds of names in few rules, hardly a condition */
  RANDOM_ANYTHING, /* all that the specification permits */
  RANDOM_KINDS
};

struct random_profile {
  enum random_kind kind;
  const char *native;
  bool newer_default;
  const char *bad_arch; /* NULL: not given */
  uint32_t bad_arch_verdict;
  char json[64 * 1024];
};

void random_profile (struct random_profile *out, struct random *random, enum random_kind kind);

#endif
