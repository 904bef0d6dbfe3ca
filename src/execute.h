/* A program to a diagram: all that it decides, by running it on every call at once.
 *
 * In: a program that program_check passed. Out: the diagram of its verdicts (verdict_effect), for
 * each of the 2^512 inputs. What always holds: it is exact. Where the result would depend on the
 * processor (a shift by 32 or more), the verdict is VERDICT_UNDEFINED; where the work has no end in
 * sight, there is no diagram. */
#ifndef EXECUTE_H
#define EXECUTE_H

#include "diagram.h"
#include "program.h"

/* `big_endian` says where the program finds the halves of 64-bit values. NULL on success, else why
 * the program cannot be followed: "its registers take too many states". */
const char *program_diagram (struct diagrams *diagrams, const struct program *program,
                             bool big_endian, diagram *out);

/* The level, in the usual order, of the first bit of the word at an offset of struct seccomp_data.
 */
unsigned program_field_level (uint32_t offset, bool big_endian);

#endif
