/* Masked tests of one word, and sets of values told by them: 0, 8, 0x20000 and 0x20008 are what
 * (word & ~0x20008) == 0 says in one instruction.
 *
 * In: masks and values, or intervals. Out: nodes that expect the word in the accumulator. */
#ifndef CUBE_H
#define CUBE_H

#include "tree.h"

/* The words w with (w & mask) == value. */
struct cube {
  uint32_t mask, value;
};

/* Whether cube_test leaves the word in the accumulator; else it is gone on both branches. In plain
 * graphs only a full mask does. */
bool cube_keeps_word (const struct cube *cube);

const struct node *cube_test (struct graph *graph, const struct cube *cube, const struct node *yes,
                              const struct node *no);

/* Where single values are the exceptions in an otherwise constant word, and all lead to one node: a
 * chain of masked tests, if that is shorter than one test for each value. NULL otherwise. */
const struct node *cubes_build (struct graph *graph, const struct interval *intervals,
                                size_t count);

#endif
