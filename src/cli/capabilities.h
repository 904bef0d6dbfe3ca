/* The five capability sets of a process.
 *
 * In: sets of CAP_* numbers, a bit each. Out: these sets on the calling thread. What always holds:
 * by raw system calls, without libcap. */
#ifndef CAPABILITIES_H
#define CAPABILITIES_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "error.h"

enum capability_set {
  CAPABILITIES_BOUNDING,
  CAPABILITIES_PERMITTED,
  CAPABILITIES_EFFECTIVE,
  CAPABILITIES_INHERITABLE,
  CAPABILITIES_AMBIENT,
  CAPABILITIES_SETS
};

struct capabilities {
  uint64_t sets[CAPABILITIES_SETS];
};

extern const char *const capability_set_names[CAPABILITIES_SETS]; /* as the spec spells them */

/* Those of the calling thread. */
int capabilities_current (struct capabilities *out, struct oci_seccomp_error *err);

bool capability_effective (unsigned capability);

/* Cuts `wanted` to what a thread with the sets `current` can give itself; returns what had to go,
 * as "effective CAP_X, ambient CAP_Y", or NULL. */
const char *capabilities_cut (struct capabilities *wanted, const struct capabilities *current,
                              struct arena *arena);

/* To be done while CAP_SETPCAP is there: drops from the bounding set what `wanted` lacks. */
int capabilities_drop_bounding (const struct capabilities *wanted, struct oci_seccomp_error *err);

/* The other four, after the user has changed. */
int capabilities_set (const struct capabilities *wanted, struct oci_seccomp_error *err);

#endif
