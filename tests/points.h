/* The calls worth asking about for one profile: at every border that it names.
 *
 * In: an oracle, which has the profile's rules. Out: calls. What always holds: each number that a
 * rule names is there with its neighbours, each value with the ones beside it and those that differ
 * in the high word alone; so a program that errs does so at one of them. */
#ifndef POINTS_H
#define POINTS_H

#include "oracle.h"
#include "random.h"

struct points {
  struct seccomp_data *calls;
  size_t count;
};

/* Numbers at borders, and argument values crossed with each other, at most `budget` for one number
 * of one ABI: where there would be more, a random choice. */
void points_add_borders (struct points *points, const struct oracle *oracle, struct random *random,
                         size_t budget);

/* All numbers from 0 to `last`, on every ABI of the profile and with each of x86_64's odd bits. */
void points_add_numbers (struct points *points, const struct oracle *oracle, uint32_t last);

void points_free (struct points *points);

#endif
