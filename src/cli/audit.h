/* Does a container that has started have the filter that its config asks for?
 *
 * In: its state, as a poststart hook gets it. Out: yes, no, or that it has ended. What always
 * holds: "yes" is proved where the kernel shows filters, and counted where it does not; a doubt is
 * a no. */
#ifndef AUDIT_H
#define AUDIT_H

#include "cli.h"
#include "runtime.h"
#include "state.h"

enum audit_result {
  AUDIT_PROVED,
  AUDIT_COUNTED,  /* why it was not proved is in the error */
  AUDIT_NO_NEED,  /* the config asks for no filter */
  AUDIT_STARTING, /* its own program does not run yet, and it has no filter yet */
  AUDIT_ENDED,    /* before it could be looked at */
  AUDIT_FAILED,   /* why is in the error */
};

struct audit {
  struct machine *machine;
  bool newer_given; /* else both of --newer's answers will do: runc gives one and crun the other */
  unsigned inherited; /* filters that the runtime, and so the container, was started under */
  const struct runtime *runtime;
  const struct state *state;
  const char *shim; /* of the config: not the caller's to set */
  struct arena *arena;
  struct oci_seccomp_error err;
};

/* To be asked by a child of the runtime. */
unsigned audit_filters_of_runtime (void);

/* Waits until its own program runs, or for so long; negative: without a limit. In the latter case
 * the program does not run one instruction before it is judged, if we may stop it. The arena's
 * guard must be set. */
enum audit_result audit_container (struct audit *audit, int milliseconds);

#endif
