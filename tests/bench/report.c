#include "report.h"

#include <math.h>
#include <string.h>

/* --- for a person --- */

/* Most digits that mean something, in few columns; "-" for what was not measured. */
static void
print_number (FILE *out, int width, double value, double unit)
{
  double shown = value / unit;

  if (isnan (value))
    fprintf (out, " %*s", width, "-");
  else
    fprintf (out, " %*.*f", width,
             shown == floor (shown) || fabs (shown) >= 1000 ? 0
             : fabs (shown) >= 100                          ? 1
             : fabs (shown) >= 1                            ? 2
                                                            : 3,
             shown);
}

/* median (p25..p75, min) */
static void
print_spread (FILE *out, const char *title, const struct spread *spread, double unit)
{
  fprintf (out, "    %-40s", title);
  print_number (out, 9, spread->median, unit);
  print_number (out, 10, spread->p25, unit);
  print_number (out, 9, spread->p75, unit);
  print_number (out, 9, spread->min, unit);
}

/* The last column: ours beside theirs, by the medians. */
static void
print_ratio (FILE *out, double ours, double theirs)
{
  if (isnan (ours / theirs))
    fputs ("\n", out);
  else
    fprintf (out, "   %.4g\n", ours / theirs);
}

typedef const struct spread *(*choice) (const struct result *result, enum call_kind kind);

static const struct spread *
choose_compile (const struct result *result, enum call_kind kind)
{
  (void) kind;
  return &result->compile;
}

static const struct spread *
choose_first (const struct result *result, enum call_kind kind)
{
  (void) kind;
  return &result->first;
}

static const struct spread *
choose_install (const struct result *result, enum call_kind kind)
{
  (void) kind;
  return &result->install;
}

static const struct spread *
choose_over_none (const struct result *result, enum call_kind kind)
{
  return &result->over_none[kind];
}

static const struct spread *
choose_over_one (const struct result *result, enum call_kind kind)
{
  return &result->over_one[kind];
}

static void
print_contenders (FILE *out, const struct outcome *outcome, choice choose, enum call_kind kind,
                  double unit, bool with_ratio)
{
  const struct spread *ours = choose (&outcome->results[OURS], kind);

  for (enum contender who = OURS; who < CONTENDERS; who++) {
    const struct spread *spread = choose (&outcome->results[who], kind);

    print_spread (out, contender_names[who], spread, unit);
    if (with_ratio && who != OURS)
      print_ratio (out, ours->median, spread->median);
    else
      fputs ("\n", out);
  }
}

static void
print_heading (FILE *out, const char *title, const char *last)
{
  fprintf (out, "  %-42s%9s %10s %9s %9s   %s\n", title, "median", "p25", "p75", "min", last);
}

static void
print_calls (FILE *out, const struct outcome *outcome)
{
  for (enum call_kind kind = CACHED; kind < CALL_KINDS; kind++) {
    char title[80];

    if (outcome->probes[kind].number < 0)
      continue;
    snprintf (title, sizeof title, "%s call (%s), ns more than", call_kind_names[kind],
              outcome->probes[kind].name);
    print_heading (out, title, "");
    fputs ("   no filter:\n", out);
    print_contenders (out, outcome, choose_over_none, kind, 1, false);
    print_spread (out, "one instruction", &outcome->one_over_none[kind], 1);
    fputs ("\n   one instruction:\n", out);
    print_contenders (out, outcome, choose_over_one, kind, 1, false);
    print_spread (out, "the call itself, no filter", &outcome->none[kind], 1);
    fputs ("\n", out);
  }
}

static void
print_static (FILE *out, const struct outcome *outcome)
{
  fprintf (out, "  %-42s%9s %10s %9s", "", "length", "ours/it", "worst");
  for (size_t i = 0; i < outcome->lineup.set.count; i++)
    fprintf (out, " %16s", abi_table[outcome->lineup.set.abis[i]].name);
  fputs ("     cached   KiB\n", out);
  for (enum contender who = OURS; who < CONTENDERS; who++) {
    const struct figures *figures = &outcome->results[who].figures;

    if (outcome->lineup.why_not[who])
      continue;
    fprintf (out, "    %-40s%9zu %10.3f %9u", contender_names[who], figures->length,
             (double) outcome->results[OURS].figures.length / (double) figures->length,
             figures->worst);
    for (size_t i = 0; i < outcome->lineup.set.count; i++)
      fprintf (out, " %8.2f/%7.2f", figures->steps[i].mean, figures->steps[i].weighted);
    fprintf (out, " %6u/%-4u", figures->cached, figures->allowed);
    print_number (out, 5, outcome->results[who].memory, 1024);
    fputs ("\n", out);
  }
}

static void
print_outcome (FILE *out, const struct outcome *outcome)
{
  char set[400];

  fprintf (out, "\n%s, %s   (steps: mean/weighted by frequency)\n", outcome->name,
           abi_set_name (&outcome->lineup.set, set, sizeof set));
  print_static (out, outcome);
  print_heading (out, "compile, us", "ours/it");
  print_contenders (out, outcome, choose_compile, CACHED, 1e3, true);
  print_spread (out, "oci-seccomp, with its proof", &outcome->results[OURS].verified, 1e3);
  fputs ("\n", out);
  print_heading (out, "the first compile of a process, us", "ours/it");
  print_contenders (out, outcome, choose_first, CACHED, 1e3, true);
  print_heading (out, "install, us", "ours/it");
  print_contenders (out, outcome, choose_install, CACHED, 1e3, true);
  print_spread (out, "one instruction", &outcome->one_install, 1e3);
  fputs ("\n", out);
  print_calls (out, outcome);
}

static void
print_lengths (FILE *out, const struct bench *bench)
{
  fprintf (out, "\n%-32s%-32s%8s%8s%8s%8s\n", "length on every set of ABIs", "", "ours", "linear",
           "tree", "alike");
  for (size_t i = 0; i < bench->length_count; i++) {
    const struct lengths *row = &bench->lengths[i];
    char set[400];

    fprintf (out, "  %-30s%-32s", row->name, abi_set_name (row->set, set, sizeof set));
    for (enum contender who = OURS; who < CONTENDERS; who++)
      print_number (out, 7, row->of[who] ? (double) row->of[who] : NAN, 1);
    print_number (out, 7, row->alike ? (double) row->alike : NAN, 1);
    fprintf (out, "%s\n", lengths_excess (row) ? "  LONGER" : "");
  }
}

static void
print_targets (FILE *out, const struct bench *bench)
{
  fprintf (out, "\ntargets for Docker's default profile, and figures of %s\n", bench->docker->name);
  if (bench->docker_missing)
    fputs (
        "  no docker-default.json is at hand (in $PROFILES_DIR, or named): so of most there is no "
        "judgement\n",
        out);
  for (size_t i = 0; i < target_count; i++) {
    double figure;
    enum target_state state = target_check (&targets[i], bench, &figure);

    fprintf (out, "  %-13s%-50s", target_state_names[state], targets[i].what);
    print_number (out, 8, figure, 1);
    fprintf (out, "%s; want at %s %g\n", targets[i].unit, targets[i].at_least ? "least" : "most",
             targets[i].limit);
  }
}

void
report_text (FILE *out, const struct bench *bench)
{
  for (size_t i = 0; i < bench->outcome_count; i++)
    print_outcome (out, &bench->outcomes[i]);
  print_lengths (out, bench);
  print_targets (out, bench);
  fputs ("\nwhat to know of these figures\n", out);
  for (const char *line = bench->notes, *end; (end = strchr (line, '\n')) != NULL; line = end + 1)
    fprintf (out, "  %.*s\n", (int) (end - line), line);
}
