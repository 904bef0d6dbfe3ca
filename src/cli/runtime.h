/* The runtime that has called a hook, told by its binary.
 *
 * In: the hook is a child of it, by itself or through a script. Out: whether a process runs that
 * binary, or a copy of it as runtimes make one for what they start in a container. What always
 * holds: where that is not known, the answer is no. */
#ifndef RUNTIME_H
#define RUNTIME_H

#include <stdbool.h>
#include <sys/types.h>

enum { RUNTIME_CANDIDATES = 3 };

struct runtime {
  int binaries[RUNTIME_CANDIDATES]; /* of parent, grandparent, ...; -1: none */
};

/* To be asked before the hook goes on in the background. */
void runtime_find (struct runtime *out);
void runtime_free (struct runtime *runtime);

bool runtime_is_run_by (const struct runtime *runtime, pid_t pid);

#endif
