/* The listener of a filter with NOTIFY, handed to the agent that waits at listenerPath.
 *
 * In: a path and a message. Out: the agent has the listener's descriptor, this process has it no
 * more. What always holds: it cannot deadlock, whatever the filter notifies. Between the filter's
 * installation and the agent's having its listener, no system call of this process could be
 * answered, so it makes none: a helper process outside the filter shares its descriptors and one
 * page of memory, finds there the number of the listener's descriptor, and sends it. */
#ifndef LISTENER_H
#define LISTENER_H

#include <stddef.h>

#include "arena.h"
#include "error.h"
#include "json.h"

struct handoff;

struct listener {
  const char *path;
  const char *message; /* the container process state */
  size_t length;
  int socket;
  int process; /* pidfd of the process that will have the filter */
  struct handoff *handoff;
};

/* What the message tells of the container. */
struct listener_state {
  const struct json_node *config; /* config.json's root, or NULL */
  const char *id;
  const char *bundle;
  const char *metadata; /* or NULL */
};

/* The container process state of the spec, as JSON in the arena, for this process. */
const char *listener_message (const struct listener_state *state, struct arena *arena,
                              size_t *length);

/* Connects to out->path; the message is set already. Undone by the end of the process. */
int listener_connect (struct listener *out, struct oci_seccomp_error *err);

/* Starts the helper, which ends with this process or when the descriptor is sent. */
int listener_start (struct listener *listener, struct oci_seccomp_error *err);

/* Right after installation: returns when the agent has the descriptor. False if that failed: the
 * helper has said so, and will kill this process if it does not end by itself. */
bool listener_send (struct listener *listener, int descriptor);

#endif
