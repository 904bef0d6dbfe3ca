/* The rules of one system call to a graph that tests its arguments.
 *
 * In: rules in the order in which they decide, as rules.h says, and the verdict where none matches.
 * Out: a node that expects nothing of the accumulator. What always holds: the first rule whose
 * tests all hold decides; a word of an argument is loaded only where the decision still depends on
 * it. */
#ifndef CONDITION_H
#define CONDITION_H

#include "node.h"
#include "rules.h"

/* TOO_LARGE if no program could hold these rules. */
int condition_build (const struct node **out, struct graph *graph, const struct call *call,
                     const struct abi_row *abi, uint32_t otherwise, struct arena *scratch,
                     struct oci_seccomp_error *err);

/* The plain form, for rules that condition_build finds no better one for: rule after rule, test
 * after test (chain.c). */
const struct node *chain_build (struct graph *graph, const struct call *call,
                                const struct abi_row *abi, uint32_t otherwise);

#endif
