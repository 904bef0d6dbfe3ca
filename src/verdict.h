/* What the kernel makes of a value that a filter returns (kernel/seccomp.c __seccomp_filter).
 *
 * In: any 32 bits. Out: the one value that stands for all with the same effect, where the filter is
 * its task's only one. What always holds: verdict_effect of its own result changes nothing. */
#ifndef VERDICT_H
#define VERDICT_H

#include <stddef.h>
#include <stdint.h>

/* Never the result of verdict_effect: where what happens depends on the processor. */
enum { VERDICT_UNDEFINED = UINT32_MAX };

/* The data of ERRNO is at most 4095; that of TRAP (si_errno) and TRACE (the event message) reaches
 * somebody and is kept; that of all others reaches nobody that lives on, and is 0. An action that
 * no kernel knows is KILL_PROCESS. */
uint32_t verdict_effect (uint32_t verdict);

extern const uint32_t verdict_actions[];
extern const size_t verdict_action_count;

#endif
