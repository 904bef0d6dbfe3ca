/* What the project means to reach, as data. */
#include "report.h"

#include <math.h>

enum { X86_64, X86, X32 }; /* as they stand in the set of three */

static double
length_three (const struct bench *bench)
{
  return (double) bench->docker_three.length;
}

static double
length_one (const struct bench *bench)
{
  return (double) bench->docker_one.length;
}

static double
mean_x86_64 (const struct bench *bench)
{
  return bench->docker_three.steps[X86_64].mean;
}

static double
mean_x86 (const struct bench *bench)
{
  return bench->docker_three.steps[X86].mean;
}

static double
mean_x32 (const struct bench *bench)
{
  return bench->docker_three.steps[X32].mean;
}

static double
worst_path (const struct bench *bench)
{
  return bench->docker_three.worst;
}

static double
weighted_x86_64 (const struct bench *bench)
{
  return bench->docker_three.steps[X86_64].weighted;
}

static double
not_cached (const struct bench *bench)
{
  return (double) bench->docker_three.allowed - (double) bench->docker_three.cached;
}

static double
compile_linear (const struct bench *bench)
{
  return bench->docker->results[LINEAR].compile.median /
         bench->docker->results[OURS].compile.median;
}

static double
compile_tree (const struct bench *bench)
{
  return bench->docker->results[TREE].compile.median / bench->docker->results[OURS].compile.median;
}

static double
install_linear (const struct bench *bench)
{
  return bench->docker->results[OURS].install.median /
         bench->docker->results[LINEAR].install.median;
}

static double
install_tree (const struct bench *bench)
{
  return bench->docker->results[OURS].install.median / bench->docker->results[TREE].install.median;
}

static double
proof (const struct bench *bench)
{
  const struct result *ours = &bench->docker->results[OURS];

  return (ours->verified.median - ours->compile.median) / 1e6;
}

static double
memory (const struct bench *bench)
{
  return bench->docker->results[OURS].memory / 1024;
}

static double
longer_ones (const struct bench *bench)
{
  unsigned longer = 0, compared = 0;

  for (size_t i = 0; i < bench->length_count; i++) {
    longer += lengths_excess (&bench->lengths[i]) > 0;
    compared += bench->lengths[i].of[LINEAR] || bench->lengths[i].of[TREE];
  }
  return compared ? longer : NAN;
}

static double
needs_a_runtime (const struct bench *bench)
{
  (void) bench;
  return NAN;
}

const struct target targets[] = {
    {"length on x86_64, x86 and x32", " instructions", false, 215, length_three, false},
    {"length on x86_64 alone", " instructions", false, 70, length_one, false},
    {"mean steps on x86_64", "", false, 9.3, mean_x86_64, false},
    {"mean steps on x86", "", false, 11.5, mean_x86, false},
    {"mean steps on x32", "", false, 14.8, mean_x32, false},
    {"worst path, whatever the arguments", "", false, 20, worst_path, false},
    {"steps on x86_64 weighted by frequency", "", false, 7.9, weighted_x86_64, false},
    {"unconditional ALLOWs that the kernel cannot cache", "", false, 0, not_cached, false},
    {"compiles faster than libseccomp, linear", " times", true, 120, compile_linear, false},
    {"compiles faster than libseccomp, tree", " times", true, 200, compile_tree, false},
    {"install beside libseccomp, linear", " of its time", false, 0.12, install_linear, false},
    {"install beside libseccomp, tree", " of its time", false, 0.29, install_tree, false},
    {"memory at the peak of a compile", " KiB", false, 1024, memory, false},
    {"proof of the program", " ms", false, 10, proof, false},
    {"profiles and ABI sets with a shorter peer", "", false, 0, longer_ones, true},
    {"a container's start beside one without a filter", " of its time", false, 1.1, needs_a_runtime,
     false},
};

const size_t target_count = sizeof targets / sizeof *targets;

const char *const target_state_names[] = {"met", "missed", "not measured", "not judged"};

enum target_state
target_check (const struct target *target, const struct bench *bench, double *figure)
{
  *figure = target->figure (bench);
  if (isnan (*figure))
    return TARGET_UNKNOWN;
  if (bench->docker_missing && !target->of_any_profile)
    return TARGET_OTHER;
  if (target->at_least)
    return *figure >= target->limit ? TARGET_MET : TARGET_MISSED;
  return *figure <= target->limit ? TARGET_MET : TARGET_MISSED;
}
