/* What the programs of the live suite share: tests that run in a child of their own, under a
 * filter compiled from a profile, on the kernel that runs.
 *
 * In: a name and a function. Out: a TAP line. What always holds: a child that hangs is killed; what
 * a child has installed ends with it. */
#ifndef LIVE_H
#define LIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "oci-seccomp.h"

/* In a child: what must hold. */
#define CHECK(condition)                                                        \
  do {                                                                          \
    if (!(condition)) {                                                         \
      dprintf (STDERR_FILENO, "# %s:%d: %s\n", __FILE__, __LINE__, #condition); \
      _exit (1);                                                                \
    }                                                                           \
  } while (0)

/* The test is ok if the body returns; or, for live_run_killed, if the signal ends the child. */
void live_run (const char *name, void (*body) (void));
void live_run_killed (const char *name, void (*body) (void), int signal);
void live_skip (const char *name, const char *reason);

/* Prints the plan; returns the exit status of the program. */
int live_end (void);

/* In a child: compiles the JSON text of linux.seccomp and installs it, with no_new_privs. Returns
 * the listener, or -1 without NEW_LISTENER. */
int live_install (const char *json, unsigned flags);

/* The same as far as the filter. The caller frees it. */
struct oci_seccomp_filter *live_compile (const char *json);

/* One system call; -errno, or what it returned. */
long live_call (long number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                uint64_t a5);

/* The JSON of one rule in a profile that allows the rest. */
#define DENY(names, action, more)                                          \
  "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[" names \
  "],\"action\":\"SCMP_ACT_" action "\"" more "}]}"

#endif
