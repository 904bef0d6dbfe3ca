/* Orders in which a diagram can ask for the bits of a call.
 *
 * In: what the sides of a comparison test together. Out: orders worth a try. What always holds: an
 * order is a permutation that leaves the bits of token and number where they are. Orders make
 * diagrams small or large, never wrong, so all of this is guesswork by right. */
#ifndef ORDER_H
#define ORDER_H

#include "diagram.h"
#include "profile.h"
#include "program.h"

/* One argument after the other, most significant bits first. */
const struct diagram_order *order_usual (struct arena *arena);

/* Most significant bits of all arguments first: for arguments that are compared with each other. */
const struct diagram_order *order_interleaved (struct arena *arena);

/* Sets of bits that are tested together. */
struct order_sets {
  struct order_set *items;
  size_t count;
  struct arena *arena;
};

void order_sets_of_profile (struct order_sets *sets, const struct profile *profile,
                            const struct options *options);
void order_sets_of_program (struct order_sets *sets, const struct program *program,
                            bool big_endian);

/* Bits of the smallest sets first, those of one set side by side. */
const struct diagram_order *order_of_sets (struct order_sets *sets);

#endif
