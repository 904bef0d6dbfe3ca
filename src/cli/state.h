/* The state of a container, as a runtime hands it to a hook on stdin.
 *
 * In: bytes. Out: the members that a hook needs. What always holds: a pid of 0 means that there is
 * no process any more. */
#ifndef STATE_H
#define STATE_H

#include <sys/types.h>

#include "cli.h"
#include "json.h"

struct state {
  const char *id;
  const char *bundle; /* absolute */
  pid_t pid;
};

/* INVALID_PROFILE or BAD_JSON, with position and path. The pid is read first: if what is wrong is
 * something else, it is known whom it is about. The arena's guard must be set. */
int state_read (struct state *out, const struct input *input, struct arena *arena,
                struct oci_seccomp_error *err);

#endif
