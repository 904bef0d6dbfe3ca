#include "kernel.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "install.h"
#include "libseccomp.h"

/* Kernel headers older than the flag lack its name; the kernel that runs may still know it. */
#ifndef SECCOMP_FILTER_FLAG_TSYNC_ESRCH
#  define SECCOMP_FILTER_FLAG_TSYNC_ESRCH (1UL << 4)
#endif

/* The API level from which on each feature is there. */
static const unsigned feature_levels[FEATURE_COUNT] = {
    [FEATURE_SYSCALL] = 2,
    [FEATURE_TSYNC] = 2,
    [FEATURE_LOG] = 3,
    [FEATURE_ACT_LOG] = 3,
    [FEATURE_ACT_KILL_PROCESS] = 3,
    [FEATURE_SPEC_ALLOW] = 4,
    [FEATURE_NEW_LISTENER] = 5,
    [FEATURE_ACT_NOTIFY] = 5,
    [FEATURE_TSYNC_ESRCH] = 6,
    [FEATURE_WAIT_KILLABLE_RECV] = 7,
};

enum { LEVEL_MAX = 7 };

#define FEATURE_BIT(feature) (1u << (feature))
#define LEVEL_SHIFT 16

/* The level above LEVEL_SHIFT, the features below; 0: the kernel was not asked yet. One word, so
 * that threads never see half of a change. */
static atomic_uint state;
static atomic_int listener = -1;

static bool
action_is_available (uint32_t action)
{
  return syscall (SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

/* Strict mode takes no flags: a kernel that knows the call refuses this, and does nothing. */
static bool
has_syscall (void)
{
  return syscall (SYS_seccomp, SECCOMP_SET_MODE_STRICT, 1, NULL) < 0 && errno == EINVAL;
}

static bool
ask_kernel (enum feature feature)
{
  struct seccomp_notif_sizes sizes;

  switch (feature) {
  case FEATURE_SYSCALL:
    return has_syscall ();
  case FEATURE_TSYNC:
    return install_flag_known (SECCOMP_FILTER_FLAG_TSYNC);
  case FEATURE_LOG:
    return install_flag_known (SECCOMP_FILTER_FLAG_LOG);
  case FEATURE_ACT_LOG:
    return action_is_available (SECCOMP_RET_LOG);
  case FEATURE_ACT_KILL_PROCESS:
    return action_is_available (SECCOMP_RET_KILL_PROCESS);
  case FEATURE_SPEC_ALLOW:
    return install_flag_known (SECCOMP_FILTER_FLAG_SPEC_ALLOW);
  case FEATURE_NEW_LISTENER:
    return install_flag_known (SECCOMP_FILTER_FLAG_NEW_LISTENER);
  case FEATURE_ACT_NOTIFY:
    return syscall (SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) == 0;
  case FEATURE_TSYNC_ESRCH:
    return install_flag_known (SECCOMP_FILTER_FLAG_TSYNC_ESRCH);
  default:
    return install_flag_known (SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
  }
}

/* The highest level of which, and of all below which, every feature is there. */
static unsigned
level_of (unsigned features)
{
  unsigned level = LEVEL_MAX;

  for (int i = 0; i < FEATURE_COUNT; i++)
    if (!(features & FEATURE_BIT (i)) && feature_levels[i] <= level)
      level = feature_levels[i] - 1;
  return level;
}

static unsigned
state_get (void)
{
  unsigned now = atomic_load (&state), features = 0;

  if (now)
    return now;
  for (int i = 0; i < FEATURE_COUNT; i++)
    if ((i == FEATURE_SYSCALL || (features & FEATURE_BIT (FEATURE_SYSCALL))) && ask_kernel (i))
      features |= FEATURE_BIT (i);
  /* What another thread has set meanwhile stands. */
  if (atomic_compare_exchange_strong (&state, &now, level_of (features) << LEVEL_SHIFT | features))
    return atomic_load (&state);
  return now;
}

bool
kernel_has (enum feature feature)
{
  return state_get () & FEATURE_BIT (feature);
}

bool
kernel_takes_action (uint32_t verdict)
{
  /* Of the actions that carry none, one with data is none. */
  switch (verdict & SECCOMP_RET_ACTION_FULL) {
  case SECCOMP_RET_ERRNO:
    return (verdict & SECCOMP_RET_DATA) <= 4095;
  case SECCOMP_RET_TRACE:
    return true;
  }
  switch (verdict) {
  case SECCOMP_RET_KILL_THREAD:
  case SECCOMP_RET_TRAP:
  case SECCOMP_RET_ALLOW:
    return true;
  case SECCOMP_RET_KILL_PROCESS:
    return kernel_has (FEATURE_ACT_KILL_PROCESS);
  case SECCOMP_RET_LOG:
    return kernel_has (FEATURE_ACT_LOG);
  case SECCOMP_RET_USER_NOTIF:
    return kernel_has (FEATURE_ACT_NOTIFY);
  }
  return false;
}

void
kernel_ask (void)
{
  state_get ();
}

void
kernel_reset (void)
{
  int fd = atomic_exchange (&listener, -1);

  if (fd >= 0)
    close (fd);
  atomic_store (&state, 0);
  state_get ();
}

int
listener_get (void)
{
  return atomic_load (&listener);
}

void
listener_set (int fd)
{
  atomic_store (&listener, fd);
}

unsigned int
seccomp_api_get (void)
{
  return state_get () >> LEVEL_SHIFT;
}

int
seccomp_api_set (unsigned int level)
{
  unsigned features = 0;

  if (level < 1 || level > LEVEL_MAX)
    return -EINVAL;
  for (int i = 0; i < FEATURE_COUNT; i++)
    if (feature_levels[i] <= level)
      features |= FEATURE_BIT (i);
  atomic_store (&state, level << LEVEL_SHIFT | features);
  return 0;
}
