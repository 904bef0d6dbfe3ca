/* Functions of one system call, in a form where equal functions are one and the same number.
 *
 * In: values, conditions, spans. Out: a diagram: an index into a table of nodes, each of which asks
 * for one of the 512 bits of struct seccomp_data and goes on to one of two other nodes, down to a
 * leaf with a 32-bit value. What always holds: bits are asked for in one order, no node has two
 * equal branches, no two nodes are the same. So two diagrams of one table are equal as numbers if
 * and only if they are equal for each of the 2^512 inputs: that comparison is the proof.
 *
 * A condition is a diagram with the values 0 and 1. Bits are those of values, most significant
 * first: byte order is no matter here.
 *
 * Work is bounded: past the limits `exceeded` is set, every further result is meaningless, and
 * whoever built a diagram has to look there before he believes it. */
#ifndef DIAGRAM_H
#define DIAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/seccomp.h>

#include "arena.h"

typedef uint32_t diagram;

enum { DIAGRAM_FALSE = 0, DIAGRAM_TRUE = 1 };

/* Where each field's bits are in the usual order. Those of token and number are first in every
 * order, most significant first. */
enum level {
  LEVEL_ARCH = 0,
  LEVEL_NUMBER = 32,
  LEVEL_ARGUMENTS = 64, /* 64 levels each, argument 0 first */
  LEVEL_POINTER = 448,
  LEVEL_LEAF = 512,
};

#define LEVEL_ARGUMENT(index) (LEVEL_ARGUMENTS + 64 * (unsigned) (index))

enum {
  DIAGRAM_MAX_NODES = 1 << 20,
  DIAGRAM_MAX_STEPS = 1 << 23,
};

struct diagram_node {
  uint32_t level;
  diagram low, high; /* where the bit is 0, 1; a leaf has its value in low */
  uint32_t next;     /* in the same bucket; 0 ends */
};

/* A permutation: how far apart two bits are is what makes a diagram large or small. */
struct diagram_order {
  uint16_t usual[LEVEL_LEAF]; /* by level: where the bit is in the usual order */
  uint16_t level[LEVEL_LEAF]; /* the reverse */
};

struct diagram_result {
  diagram condition, yes, no, result;
};

struct diagrams {
  struct arena *arena;
  const struct diagram_order *order;
  struct diagram_node *nodes;
  uint32_t count, capacity;
  uint32_t *buckets;              /* as many as capacity */
  struct diagram_result *results; /* a quarter as many: what was computed last; may forget */
  uint32_t steps;
  uint32_t max_nodes, max_steps;
  bool exceeded;
};

/* In the usual order. The arena's guard must be set; the table lives as long as the arena. */
void diagrams_init (struct diagrams *diagrams, struct arena *arena);

/* Forgets all diagrams, to begin again with another order and other limits in the same memory. The
 * order has to live as long as the diagrams. */
void diagrams_restart (struct diagrams *diagrams, const struct diagram_order *order,
                       uint32_t max_nodes, uint32_t max_steps);

/* --- building ------------------------------------------------------------------------------- */

diagram diagram_leaf (struct diagrams *diagrams, uint32_t value);

/* Where a bit is 1, told by its level in the usual order. */
diagram diagram_bit (struct diagrams *diagrams, unsigned usual);

/* Asks for the bit at `level`, which is above all that low and high ask for. */
diagram diagram_node (struct diagrams *diagrams, unsigned level, diagram low, diagram high);

/* condition ? yes : no, for each input. */
diagram diagram_choose (struct diagrams *diagrams, diagram condition, diagram yes, diagram no);

diagram diagram_not (struct diagrams *diagrams, diagram condition);
diagram diagram_and (struct diagrams *diagrams, diagram one, diagram other);
diagram diagram_or (struct diagrams *diagrams, diagram one, diagram other);

/* The values with one bit more, the condition, as their least significant. */
diagram diagram_append (struct diagrams *diagrams, diagram of, diagram condition);

/* The same function in another table, with another order. */
diagram diagram_copy (struct diagrams *to, const struct diagrams *from, diagram of);

/* From `first` up to the next span's first (the last: to the end), the result is `result`. */
struct span {
  uint64_t first;
  diagram result;
};

/* The function of the word of `width` bits at `level` that its spans tell: sorted, the first from
 * 0, their results asking for lower bits only. */
diagram diagram_from_spans (struct diagrams *diagrams, unsigned level, unsigned width,
                            const struct span *spans, size_t count);

/* --- asking --------------------------------------------------------------------------------- */

unsigned diagram_level (const struct diagrams *diagrams, diagram of);

/* Where all bits from `level` on are those of data. */
diagram diagram_of_call (struct diagrams *diagrams, const struct seccomp_data *data,
                         unsigned level);

/* What is left once all bits above the level `end` are known: those of data, which holds values. */
diagram diagram_follow (const struct diagrams *diagrams, diagram of,
                        const struct seccomp_data *data, unsigned end);

/* data holds values. */
uint32_t diagram_value (const struct diagrams *diagrams, diagram of,
                        const struct seccomp_data *data);

/* The reverse of diagram_from_spans, with as few spans as can be; `of` asks for nothing above
 * level. False if there were more than `max`. */
bool diagram_to_spans (const struct diagrams *diagrams, diagram of, unsigned level, unsigned width,
                       struct span *spans, size_t max, size_t *count);

/* Where it leads on to `way` once all bits above the level `end` are known. */
diagram diagram_reaching (struct diagrams *diagrams, diagram of, unsigned end, diagram way);

/* Where the value is this one. */
diagram diagram_where (struct diagrams *diagrams, diagram of, uint32_t value);

/* Where the values differ. */
diagram diagram_differ (struct diagrams *diagrams, diagram one, diagram other);

/* Sets the bits of *data that decide to some input for which the condition holds, as few to 1 as
 * come first; leaves the others. False if it never holds. */
bool diagram_example (const struct diagrams *diagrams, diagram condition,
                      struct seccomp_data *data);

/* Every diagram that it leads on to below the level `end`, at most `max`; returns how many there
 * are, or max + 1 for more. */
size_t diagram_ways (const struct diagrams *diagrams, diagram of, unsigned end, diagram *ways,
                     size_t max);

#endif
