/* Profile x ABIs to warnings: values in conditions that some of the ABIs cut.
 *
 * In: a profile that rules were built of, and their ABIs. Out: a warning for each condition whose
 * value has more than 32 bits while a call that it speaks of has arguments of 32 bits somewhere
 * (point 3). What always holds: rules that say the same as the default are not spoken of. */
#ifndef NARROW_H
#define NARROW_H

#include "profile.h"

void narrow_warn (const struct profile *profile, const enum abi *abis, size_t count,
                  const struct options *options, struct arena *scratch);

#endif
