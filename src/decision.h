/* Rules to decisions: for every AUDIT_ARCH token, what is done with every number.
 *
 * In: the rules of each ABI. Out: the root of a graph that decides every call: any token, any
 * number, any arguments. What always holds: every number from 0 to 2^32-1 belongs to exactly one
 * interval; a number whose verdict needs no argument leads to it without a load of one. */
#ifndef DECISION_H
#define DECISION_H

#include "node.h"
#include "rules.h"

/* rules: one for each ABI, the native one first. TOO_LARGE if no program could hold them. */
int decision_build (const struct node **root, struct graph *graph, const struct rules *rules,
                    size_t rules_count, const struct options *options, struct arena *scratch,
                    struct oci_seccomp_error *err);

/* Whether a program is no longer than about one would be that tests number after number, as the
 * simplest compilers do. */
bool decision_is_short (const struct rules *rules, size_t rules_count, size_t length);

#endif
