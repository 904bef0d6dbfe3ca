/* All figures of one profile, on the ABIs of this machine.
 *
 * In: a profile. Out: what each contender took for it. What always holds: contenders take turns, so
 * that what else the machine does meets all of them. */
#ifndef RESULT_H
#define RESULT_H

#include "contender.h"
#include "measure.h"

/* A call that the profile allows whatever its arguments are, so that the kernel remembers it; one
 * that is allowed for what its arguments are; and one that fails. */
enum call_kind { CACHED, CHECKED, DENIED, CALL_KINDS };
extern const char *const call_kind_names[CALL_KINDS];

/* Times in nanoseconds. NAN: not measured. */
struct result {
  struct figures figures;
  struct spread compile;
  struct spread first;    /* the first compile of a fresh process: nothing is in the caches */
  struct spread verified; /* with the proof; ours only */
  struct spread install;
  struct spread over_none[CALL_KINDS]; /* what a call takes longer than under no filter */
  struct spread over_one[CALL_KINDS];  /* and than under a filter of one instruction */
  double memory;                       /* bytes at the peak of a compile */
};

struct outcome {
  const char *name;
  struct lineup lineup;
  struct probe probes[CALL_KINDS];
  struct result results[CONTENDERS];
  struct spread none[CALL_KINDS]; /* the call itself, under no filter */
  struct spread one_over_none[CALL_KINDS];
  struct spread one_install;
};

/* 0, or why ours has no program; the outcome is to be freed even then. */
int outcome_measure (struct outcome *out, const char *name, const char *json, unsigned repetitions,
                     struct oci_seccomp_error *error);
void outcome_free (struct outcome *outcome);

/* Profiles, sets and contenders as lengths alone; what no contender or only ours has is left out.
 */
struct lengths {
  const char *name;
  const struct abi_set *set;
  size_t of[CONTENDERS]; /* 0: no program */
  size_t alike;          /* ours that decides newer calls as the others do; 0: none */
};

/* False where ours has no program. */
bool lengths_take (struct lengths *out, const char *name, const char *json,
                   const struct abi_set *set, struct oci_seccomp_error *error);

/* By how many instructions ours is longer than the shortest of the others, where all of them decide
 * alike; 0 where it is not. */
size_t lengths_excess (const struct lengths *lengths);

/* The run as a whole. */
struct bench {
  unsigned repetitions;
  struct outcome *outcomes;
  size_t outcome_count;
  struct lengths *lengths;
  size_t length_count;
  const struct outcome *docker;            /* Docker's default profile, which targets are about */
  bool docker_missing;                     /* that is another one, much like it */
  struct figures docker_three, docker_one; /* ours, on x86_64+x86+x32 and on x86_64 */
  char *notes;                             /* what was not measured: one line each */
};

#endif
