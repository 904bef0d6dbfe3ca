#include "result.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "syscalls.h"

const char *const call_kind_names[CALL_KINDS] = {
    [CACHED] = "cached",
    [CHECKED] = "checked",
    [DENIED] = "denied",
};

/* --- which calls --- */

struct candidate {
  enum call_kind kind;
  const char *name;
  long args[3];
};

/* All fail at once, or do nothing, if a filter lets them through; also as root. */
static const struct candidate candidates[] = {
    {CACHED, "getppid", {0}},
    {CACHED, "getuid", {0}},
    {CACHED, "getpid", {0}},
    {CHECKED, "personality", {0xffffffff}},
    {CHECKED, "socket", {9999, 9999, 9999}},
    {CHECKED, "ioctl", {-1, 0, 0}},
    {CHECKED, "clone", {0x10000, 0, 0}}, /* CLONE_THREAD without CLONE_SIGHAND */
    {DENIED, "afs_syscall", {0}},
    {DENIED, "nfsservctl", {0}},
    {DENIED, "add_key", {-1, -1, -1}},
    {DENIED, "keyctl", {-1, -1, -1}},
    {DENIED, "swapoff", {-1, 0, 0}},
    {DENIED, "getcwd", {0}},
    {DENIED, "bpf", {-1, -1, -1}},
    {DENIED, "userfaultfd", {-1, 0, 0}},
};

static bool
is_of_kind (const struct lineup *lineup, const struct candidate *candidate, uint32_t number)
{
  const enum abi native = lineup->set.abis[0];
  struct seccomp_data data = {.nr = (int) number, .arch = abi_table[native].token};
  struct cost_answer answer;
  uint32_t verdict;

  for (int i = 0; i < 3; i++)
    data.args[i] = (uint64_t) candidate->args[i];
  verdict = oci_seccomp_filter_evaluate (lineup->filter, &data);
  cost_answer (&answer, &lineup->programs[OURS], native, native, number);
  switch (candidate->kind) {
  case CACHED:
    return answer.reason == COST_BITMAP;
  case CHECKED:
    return verdict == SECCOMP_RET_ALLOW && answer.reason == COST_ARGUMENTS;
  default:
    return (verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO;
  }
}

static void
choose_probes (struct outcome *out)
{
  for (enum call_kind kind = CACHED; kind < CALL_KINDS; kind++)
    out->probes[kind] = (struct probe){.number = -1};
  for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++) {
    const struct candidate *candidate = &candidates[i];
    int row = syscall_from_name (candidate->name, strlen (candidate->name));
    uint32_t number;

    if (out->probes[candidate->kind].number < 0 && row != SYSCALL_UNKNOWN &&
        syscall_number (row, out->lineup.set.abis[0], &number) &&
        is_of_kind (&out->lineup, candidate, number))
      out->probes[candidate->kind] =
          (struct probe){candidate->name,
                         (long) number,
                         {candidate->args[0], candidate->args[1], candidate->args[2]}};
  }
}

/* --- compiling --- */

enum lane { LANE_OURS, LANE_LINEAR, LANE_TREE, LANE_VERIFIED, LANES };

/* A sample is the mean of so many in a row that it takes about this long: ours alone would be all
 * about the caches that the one before has emptied. */
static const double sample_time = 4e6;

static bool
compile_once (const struct lineup *lineup, enum lane lane, int null)
{
  struct oci_seccomp_filter *filter;
  struct oci_seccomp_error error;

  if (lane == LANE_LINEAR || lane == LANE_TREE)
    return !peer_export (lineup->oracle, lane == LANE_TREE ? PEER_TREE : PEER_LINEAR, null);
  if (lineup_compile (lineup, lane == LANE_VERIFIED, OCI_SECCOMP_NEWER_ENOSYS, &filter, &error))
    return false;
  oci_seccomp_filter_free (filter);
  return true;
}

static double
time_compile (const struct lineup *lineup, enum lane lane, unsigned times, int null)
{
  double start = now ();

  for (unsigned i = 0; i < times; i++)
    if (!compile_once (lineup, lane, null))
      return NAN;
  return (now () - start) / times;
}

struct first {
  const struct lineup *lineup;
  enum lane lane;
  int null;
};

static bool
compile_first (void *argument)
{
  const struct first *first = argument;

  return compile_once (first->lineup, first->lane, first->null);
}

static bool
has_lane (const struct lineup *lineup, enum lane lane)
{
  return lane == LANE_VERIFIED || !lineup->why_not[lane];
}

static void
measure_compile (struct outcome *out, unsigned repetitions, int null)
{
  static double samples[LANES][REPETITIONS_MAX];
  unsigned times[LANES];

  for (enum lane lane = LANE_OURS; lane < LANES; lane++) {
    double once = has_lane (&out->lineup, lane) ? time_compile (&out->lineup, lane, 1, null) : NAN;

    times[lane] = once < sample_time ? (unsigned) (sample_time / once) + 1 : 1;
  }
  for (unsigned i = 0; i < repetitions; i++)
    for (enum lane lane = LANE_OURS; lane < LANES; lane++)
      samples[lane][i] = has_lane (&out->lineup, lane)
                             ? time_compile (&out->lineup, lane, times[lane], null)
                             : NAN;
  out->results[OURS].compile = spread_of (samples[LANE_OURS], repetitions);
  out->results[LINEAR].compile = spread_of (samples[LANE_LINEAR], repetitions);
  out->results[TREE].compile = spread_of (samples[LANE_TREE], repetitions);
  out->results[OURS].verified = spread_of (samples[LANE_VERIFIED], repetitions);
}

static void
measure_first_compile (struct outcome *out, unsigned repetitions, int null)
{
  static double samples[CONTENDERS][REPETITIONS_MAX];

  arena_free_spares ();
  for (unsigned i = 0; i < repetitions; i++)
    for (enum contender who = OURS; who < CONTENDERS; who++) {
      struct first first = {&out->lineup, (enum lane) who, null};

      samples[who][i] = out->lineup.why_not[who] ? NAN : measure_first (compile_first, &first);
    }
  for (enum contender who = OURS; who < CONTENDERS; who++)
    out->results[who].first = spread_of (samples[who], repetitions);
}

static void
measure_memory (struct outcome *out, int null)
{
  arena_free_spares ();
  for (enum contender who = OURS; who < CONTENDERS; who++) {
    bool done = !out->lineup.why_not[who] && memory_start () &&
                compile_once (&out->lineup, (enum lane) who, null);
    size_t peak = memory_peak ();

    out->results[who].memory = done ? (double) peak : NAN;
  }
}

/* --- in the kernel --- */

static struct sock_filter return_allow[] = {{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
static const struct program one_instruction = {return_allow, 1};

static void
measure_installs (struct outcome *out, unsigned repetitions)
{
  static double samples[CONTENDERS + 1][REPETITIONS_MAX];

  for (unsigned i = 0; i < repetitions; i++) {
    for (enum contender who = OURS; who < CONTENDERS; who++)
      samples[who][i] =
          out->lineup.why_not[who] ? NAN : measure_install (&out->lineup.programs[who]);
    samples[CONTENDERS][i] = measure_install (&one_instruction);
  }
  for (enum contender who = OURS; who < CONTENDERS; who++)
    out->results[who].install = spread_of (samples[who], repetitions);
  out->one_install = spread_of (samples[CONTENDERS], repetitions);
}

/* Of each repetition the difference, then the spread: so slow drifts of the machine cancel out. */
static struct spread
spread_of_difference (const double *samples, const double *less, unsigned count)
{
  static double differences[REPETITIONS_MAX];

  for (unsigned i = 0; i < count; i++)
    differences[i] = samples[i] - less[i];
  return spread_of (differences, count);
}

static void
measure_all_calls (struct outcome *out, unsigned repetitions)
{
  enum { ONE = CONTENDERS, NO_FILTER, LANES_OF_CALLS };
  static double samples[LANES_OF_CALLS][CALL_KINDS][REPETITIONS_MAX];

  for (unsigned i = 0; i < repetitions; i++)
    for (int lane = 0; lane < LANES_OF_CALLS; lane++) {
      const struct program *program = lane == NO_FILTER ? NULL
                                      : lane == ONE     ? &one_instruction
                                                        : &out->lineup.programs[lane];
      double times[CALL_KINDS] = {NAN, NAN, NAN};

      if (lane >= CONTENDERS || !out->lineup.why_not[lane])
        measure_calls (program, out->probes, CALL_KINDS, times);
      for (enum call_kind kind = CACHED; kind < CALL_KINDS; kind++)
        samples[lane][kind][i] = times[kind];
    }
  for (enum call_kind kind = CACHED; kind < CALL_KINDS; kind++) {
    double *none = samples[NO_FILTER][kind], *one = samples[ONE][kind];

    for (enum contender who = OURS; who < CONTENDERS; who++) {
      out->results[who].over_none[kind] =
          spread_of_difference (samples[who][kind], none, repetitions);
      out->results[who].over_one[kind] =
          spread_of_difference (samples[who][kind], one, repetitions);
    }
    out->one_over_none[kind] = spread_of_difference (one, none, repetitions);
    out->none[kind] = spread_of (none, repetitions);
  }
}

/* --- all of it --- */

int
outcome_measure (struct outcome *out, const char *name, const char *json, unsigned repetitions,
                 struct oci_seccomp_error *error)
{
  int code, null;

  *out = (struct outcome){.name = name};
  code = lineup_make (&out->lineup, json, NULL, true, error);
  if (code)
    return code;
  for (enum contender who = OURS; who < CONTENDERS; who++)
    if (!out->lineup.why_not[who])
      lineup_figures (&out->lineup, who, &out->results[who].figures);
  choose_probes (out);
  null = open ("/dev/null", O_WRONLY | O_CLOEXEC);
  measure_compile (out, repetitions, null);
  measure_first_compile (out, repetitions, null);
  measure_memory (out, null);
  close (null);
  measure_installs (out, repetitions);
  measure_all_calls (out, repetitions);
  return OCI_SECCOMP_OK;
}

void
outcome_free (struct outcome *outcome)
{
  lineup_free (&outcome->lineup);
}

bool
lengths_take (struct lengths *out, const char *name, const char *json, const struct abi_set *set,
              struct oci_seccomp_error *error)
{
  struct oci_seccomp_filter *alike;
  struct lineup lineup;
  bool ok = !lineup_make (&lineup, json, set, false, error);

  *out = (struct lengths){.name = name, .set = set};
  for (enum contender who = OURS; who < CONTENDERS && ok; who++)
    if (!lineup.why_not[who])
      out->of[who] = lineup.programs[who].length;
  if (ok && !lineup_compile (&lineup, false, OCI_SECCOMP_NEWER_DEFAULT, &alike, error)) {
    out->alike = alike->program.length;
    oci_seccomp_filter_free (alike);
  }
  lineup_free (&lineup);
  return ok;
}

size_t
lengths_excess (const struct lengths *lengths)
{
  size_t excess = 0;

  for (enum contender who = LINEAR; who < CONTENDERS; who++)
    if (lengths->of[who] && lengths->alike > lengths->of[who] + excess)
      excess = lengths->alike - lengths->of[who];
  return excess;
}
