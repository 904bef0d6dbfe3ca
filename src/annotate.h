/* What the instructions of a program mean for system calls: names of ABIs, calls, words of the
 * call's data, verdicts.
 *
 * In: any instructions. Out: a comment for each. What always holds: a call is named only where a
 * call of its ABI can come to, and where the accumulator holds its number. */
#ifndef ANNOTATE_H
#define ANNOTATE_H

#include "abi.h"
#include "program.h"

struct annotations;

/* The ABIs are those of the tokens that the program compares with, and those of native's token. */
struct annotations *annotations_new (const struct program *program, enum abi native,
                                     struct arena *arena);

/* One line of text, or NULL. */
const char *annotation (const struct annotations *annotations, size_t pc);

/* "nr", "arch", "args[1] high": a word of struct seccomp_data. NULL if there is none at `offset`.
 */
const char *data_word_text (uint32_t offset, bool big_endian, struct arena *arena);

/* "59", "0x7fff0000": small constants decimal, others hexadecimal. */
const char *constant_text (uint32_t value, struct arena *arena);

#endif
