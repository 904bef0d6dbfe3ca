/* Which arguments a condition is about, in words that a person reads: "arg0 = 0x10 or arg1 >= 3".
 *
 * In: a condition on arguments and instruction pointer, in the usual order of bits. Out: text that
 * says exactly where it holds, or NULL where that would be no help to a reader. What always holds:
 * the text is the whole truth, never a part of it. */
#ifndef REGION_H
#define REGION_H

#include "diagram.h"

/* "" for what always holds. On an ABI with 32-bit arguments (wide is false) the low word is the
 * argument; else "low word of arg0" tells it from the whole. */
const char *region_text (struct diagrams *diagrams, diagram region, bool wide);

#endif
