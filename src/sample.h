/* Calls that two sides may decide differently, tried one by one: for what no diagram can hold.
 *
 * In: two sides. Out: a call that they decide differently, if one was met. What always holds: the
 * call is confirmed on both sides, and the same sides give the same call; that none was met proves
 * nothing. Calls are not drawn blindly but made to meet what the sides test: the constants of a
 * program along a way through it, the conditions of a rule, and what is next to both. */
#ifndef SAMPLE_H
#define SAMPLE_H

#include "equivalence.h"

/* True with *call and verdicts; else false with *tried, which is 0 if there is nothing to try: how
 * programs shift by a register depends on the processor. */
bool sample_refute (const struct side *const sides[2], struct arena *arena,
                    struct seccomp_data *call, uint32_t verdicts[2], unsigned *tried);

#endif
