/* Clocks and memory.
 *
 * In: what to do. Out: how long it took, or how much it took. What always holds: what goes on a
 * process for ever is measured in a child of its own; a figure that could not be had is NAN. */
#ifndef MEASURE_H
#define MEASURE_H

#include "program.h"

/* Repetitions of one measurement, ascending after spread_of. */
enum { REPETITIONS_MAX = 1000 };

struct spread {
  double min, p25, median, p75; /* NAN: not measured */
};

/* Sorts the samples. Those that are NAN do not count. */
struct spread spread_of (double *samples, size_t count);
extern const struct spread not_measured;

double now (void); /* nanoseconds */

/* Binds this process and its children to one processor; -1 if it must not. */
int pin (void);

/* --- in the kernel --- */

/* The seccomp(2) call alone, in a fresh child with no_new_privs: nanoseconds. */
double measure_install (const struct program *program);

/* The time that `task` takes in a fresh child, as the first thing there: nanoseconds; NAN if it
 * returns false. */
double measure_first (bool (*task) (void *argument), void *argument);

/* A call as syscall(2) makes it. */
struct probe {
  const char *name;
  long number; /* -1: none */
  long args[3];
};

/* Nanoseconds for each of the calls, made very often in a child under the program; NULL: under
 * none. All NAN if the program cannot be installed. */
void measure_calls (const struct program *program, const struct probe *probes, size_t count,
                    double *nanoseconds);

/* --- memory (memory.c) --- */

/* What malloc has given out since, at the most at one time: bytes. False where the C library has no
 * way in to count it. */
bool memory_start (void);
size_t memory_peak (void);

#endif
