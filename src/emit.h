/* A graph to a program.
 *
 * In: the root of a graph. Out: a program that does what it says, every node once where jumps
 * reach. It is written from the back to the front, so that every target of a jump exists already,
 * and its distance is known. What always holds: the program passes program_check. */
#ifndef EMIT_H
#define EMIT_H

#include "node.h"
#include "program.h"

/* The instructions are in `keep`. TOO_LARGE, with figures, if the kernel would not take as many;
 * then out->length is what they would be, at least. */
int emit (struct program *out, const struct graph *graph, const struct node *root,
          struct arena *keep, struct arena *scratch, struct oci_seccomp_error *err);

#endif
