/* What the running kernel can do, as far as libseccomp's interface tells it: its API level.
 *
 * In: a feature. Out: whether it is there. What always holds: the kernel is asked once; then the
 * answer stands, until seccomp_api_set or seccomp_reset (NULL, ...) change it. All threads share
 * it. */
#ifndef KERNEL_H
#define KERNEL_H

#include <stdbool.h>
#include <stdint.h>

enum feature {
  FEATURE_SYSCALL,
  FEATURE_TSYNC,
  FEATURE_LOG,
  FEATURE_ACT_LOG,
  FEATURE_ACT_KILL_PROCESS,
  FEATURE_SPEC_ALLOW,
  FEATURE_NEW_LISTENER,
  FEATURE_ACT_NOTIFY,
  FEATURE_TSYNC_ESRCH,
  FEATURE_WAIT_KILLABLE_RECV,
  FEATURE_COUNT
};

bool kernel_has (enum feature feature);

/* Whether the kernel takes this verdict as a filter's, with the level that was set. */
bool kernel_takes_action (uint32_t verdict);

/* Asks the kernel now, if it was not asked yet: so that nothing is left to ask when a filter is
 * loaded, perhaps under another one that denies it. */
void kernel_ask (void);

/* Asks the kernel again, and closes the listener. */
void kernel_reset (void);

/* The listener that the first filter with NOTIFY got, for the whole process; -1: none yet. */
int listener_get (void);
void listener_set (int fd);

#endif
