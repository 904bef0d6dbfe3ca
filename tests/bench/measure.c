#include "measure.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
  WARM_UP = 2000,
  CALLS = 20000,
  PROBES_MAX = 8,
};

const struct spread not_measured = {NAN, NAN, NAN, NAN};

double
now (void)
{
  struct timespec t;

  if (clock_gettime (CLOCK_MONOTONIC, &t))
    return NAN;
  return (double) t.tv_sec * 1e9 + (double) t.tv_nsec;
}

static int
compare (const void *a, const void *b)
{
  const double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

struct spread
spread_of (double *samples, size_t count)
{
  size_t known = 0;

  for (size_t i = 0; i < count; i++)
    if (!isnan (samples[i]))
      samples[known++] = samples[i];
  if (!known)
    return not_measured;
  qsort (samples, known, sizeof *samples, compare);
  return (struct spread){samples[0], samples[(known - 1) / 4],
                         (samples[(known - 1) / 2] + samples[known / 2]) / 2,
                         samples[known - 1 - (known - 1) / 4]};
}

/* The last one that is ours: the first ones serve interrupts. */
int
pin (void)
{
  cpu_set_t mine, one;

  if (sched_getaffinity (0, sizeof mine, &mine))
    return -1;
  for (int i = CPU_SETSIZE - 1; i >= 0; i--)
    if (CPU_ISSET (i, &mine)) {
      CPU_ZERO (&one);
      CPU_SET (i, &one);
      return sched_setaffinity (0, sizeof one, &one) ? -1 : i;
    }
  return -1;
}

/* --- in a child, which leaves its figures in shared memory --- */

struct work {
  const struct program *program;
  const struct probe *probes;
  size_t count;
  bool (*task) (void *argument);
  void *argument;
  double *results;
};

static void
run_in_child (void (*task) (const struct work *), const struct work *work)
{
  pid_t child = fork ();

  if (child == 0) {
    task (work);
    /* The filter may not let it end like that: then it dies of an instruction, or a signal. */
    _exit (0);
  }
  if (child > 0)
    waitpid (child, NULL, 0);
}

/* Runtimes ask for SPEC_ALLOW where the kernel has it. */
static int
install (const struct program *program)
{
  struct sock_fprog fprog = {(unsigned short) program->length, program->instructions};

  return (int) syscall (SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
                        &fprog);
}

static bool
may_install (void)
{
  return !prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static void
time_install (const struct work *work)
{
  double start, end;

  if (!may_install ())
    return;
  now (); /* brings the clock's page in */
  start = now ();
  if (install (work->program))
    return;
  end = now ();
  work->results[0] = end - start;
}

static void
time_calls (const struct work *work)
{
  if (work->program && (!may_install () || install (work->program)))
    return;
  for (size_t i = 0; i < work->count; i++) {
    const struct probe *probe = &work->probes[i];
    double start;

    if (probe->number < 0)
      continue;
    for (int n = 0; n < WARM_UP; n++)
      syscall (probe->number, probe->args[0], probe->args[1], probe->args[2]);
    start = now ();
    for (int n = 0; n < CALLS; n++)
      syscall (probe->number, probe->args[0], probe->args[1], probe->args[2]);
    work->results[i] = (now () - start) / CALLS;
  }
}

static double *
shared_page (void)
{
  static double *page;

  if (!page)
    page = mmap (NULL, PROBES_MAX * sizeof *page, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED)
    abort ();
  for (size_t i = 0; i < PROBES_MAX; i++)
    page[i] = NAN;
  return page;
}

static void
time_task (const struct work *work)
{
  double start = now ();

  if (work->task (work->argument))
    work->results[0] = now () - start;
}

double
measure_first (bool (*task) (void *argument), void *argument)
{
  struct work work = {.task = task, .argument = argument, .results = shared_page ()};

  run_in_child (time_task, &work);
  return work.results[0];
}

double
measure_install (const struct program *program)
{
  struct work work = {.program = program, .results = shared_page ()};

  run_in_child (time_install, &work);
  return work.results[0];
}

void
measure_calls (const struct program *program, const struct probe *probes, size_t count,
               double *nanoseconds)
{
  struct work work = {
      .program = program, .probes = probes, .count = count, .results = shared_page ()};

  run_in_child (time_calls, &work);
  for (size_t i = 0; i < count; i++)
    nanoseconds[i] = work.results[i];
}
