#include "verdict.h"

#include <linux/seccomp.h>

#ifndef SECCOMP_RET_USER_NOTIF
#  define SECCOMP_RET_USER_NOTIF 0x7fc00000U
#endif

enum { MAX_ERRNO = 4095 };

const uint32_t verdict_actions[] = {
    SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP, SECCOMP_RET_ERRNO,
    SECCOMP_RET_USER_NOTIF,   SECCOMP_RET_TRACE,       SECCOMP_RET_LOG,  SECCOMP_RET_ALLOW};
const size_t verdict_action_count = sizeof verdict_actions / sizeof verdict_actions[0];

uint32_t
verdict_effect (uint32_t verdict)
{
  uint32_t action = verdict & SECCOMP_RET_ACTION_FULL, data = verdict & SECCOMP_RET_DATA;

  switch (action) {
  case SECCOMP_RET_ERRNO:
    return action | (data < MAX_ERRNO ? data : MAX_ERRNO);
  case SECCOMP_RET_TRAP:
  case SECCOMP_RET_TRACE:
    return verdict;
  case SECCOMP_RET_KILL_THREAD:
  case SECCOMP_RET_USER_NOTIF:
  case SECCOMP_RET_LOG:
  case SECCOMP_RET_ALLOW:
    return action;
  default:
    return SECCOMP_RET_KILL_PROCESS;
  }
}
