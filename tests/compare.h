/* Our compiler against the oracles, for one profile.
 *
 * In: a profile as JSON with its options, and calls. Out: the number of differences; each is told
 * on stderr, the first ones with the call. What always holds: the compiler is reached by its public
 * functions alone. */
#ifndef COMPARE_H
#define COMPARE_H

#include "oci-seccomp.h"
#include "oracle.h"
#include "peer.h"
#include "points.h"

/* For messages: what is compared, and how to see it again. */
struct subject {
  const char *title;
  const char *json;
  const struct oracle *oracle;
};

/* The options that mean the oracle's machine; `kernel` is the room for its text. */
struct oci_seccomp_options compare_options (const struct oracle *oracle, char kernel[24]);

/* Parses and compiles; NULL with the error filled in. */
struct oci_seccomp_filter *compare_compile (const char *json, size_t length,
                                            const struct oci_seccomp_options *options,
                                            struct oci_seccomp_error *error);

/* A conflict, and nothing else, must be an error; then *filter is NULL. Else *filter is the
 * caller's to free. Returns the number of differences: 0 or 1. */
unsigned compare_errors (const struct subject *subject, struct oci_seccomp_filter **filter);

unsigned compare_with_oracle (const struct subject *subject,
                              const struct oci_seccomp_filter *filter, const struct points *points);

/* Calls whose number the peer's list has not are left out. */
unsigned compare_with_peer (const struct subject *subject, const struct oci_seccomp_filter *filter,
                            const struct peer *peer, const struct points *points);

#endif
