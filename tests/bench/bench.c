/* Ours beside libseccomp's two forms, on the same profiles, in one run: --help tells how. */
#include <getopt.h>
#include <glob.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "report.h"

static const char usage[] =
    "usage: bench [--json FILE] [--repetitions N] [PROFILE...]\n"
    "\n"
    "Compiles, installs and calls under each PROFILE by oci-seccomp and by libseccomp, linear and\n"
    "tree; prints all figures, and which targets they meet. Without PROFILE: those of "
    "tests/profiles\n"
    "in $srcdir (default: .), and of $PROFILES_DIR if that is set. Targets are Docker's default\n"
    "profile's: without a docker-default.json there are figures, but no judgement.\n"
    "\n"
    "  --json FILE        the same figures as JSON\n"
    "  --repetitions N    of each measurement (25)\n";

struct run {
  struct bench bench;
  FILE *notes;
  size_t notes_size;
  const char *json_file;
  glob_t files;
};

static _Noreturn void
die (const char *what, const char *why)
{
  fprintf (stderr, "bench: %s: %s\n", what, why);
  exit (1);
}

static const char *
base_name (const char *path)
{
  const char *slash = strrchr (path, '/');

  return slash ? slash + 1 : path;
}

/* --- what to measure --- */

static void
find_profiles (struct run *run, char *const *paths)
{
  const char *srcdir = getenv ("srcdir"), *more = getenv ("PROFILES_DIR");
  char pattern[4096];
  int flags = 0;

  for (; *paths; paths++, flags = GLOB_APPEND)
    if (glob (*paths, flags | GLOB_NOMAGIC, NULL, &run->files))
      die (*paths, "no such file");
  if (flags)
    return;
  snprintf (pattern, sizeof pattern, "%s/tests/profiles/*.json", srcdir ? srcdir : ".");
  if (glob (pattern, 0, NULL, &run->files))
    die (pattern, "no profiles there");
  if (!more || !*more)
    return;
  snprintf (pattern, sizeof pattern, "%s/*.json", more);
  if (glob (pattern, GLOB_APPEND, NULL, &run->files))
    die (pattern, "no profiles there");
}

static const struct outcome *
find_outcome (const struct bench *bench, const char *name)
{
  for (size_t i = 0; i < bench->outcome_count; i++)
    if (!strcmp (bench->outcomes[i].name, name))
      return &bench->outcomes[i];
  return NULL;
}

/* Docker's own profile where it is at hand; else the project's, which is much like it. */
static void
find_docker (struct bench *bench)
{
  bench->docker = find_outcome (bench, "docker-default.json");
  bench->docker_missing = !bench->docker;
  if (!bench->docker)
    bench->docker = find_outcome (bench, "engine.json");
  if (!bench->docker)
    bench->docker = &bench->outcomes[0];
}

/* --- what to know --- */

static void
note_file (struct run *run, const char *what, const char *path, const char *unknown)
{
  char *text = file_text (path);

  fprintf (run->notes, "%s: %.*s\n", what,
           text ? (int) strcspn (text, "\n") : (int) strlen (unknown), text ? text : unknown);
  free (text);
}

static void
note_status (struct run *run)
{
  char *status = file_text ("/proc/self/status");
  const char *filters = status ? strstr (status, "\nSeccomp_filters:") : NULL;

  if (!filters)
    fputs ("whether this process is under a filter already could not be read\n", run->notes);
  else if (atoi (filters + strlen ("\nSeccomp_filters:")) > 0)
    fputs ("this process is under a filter already: \"no filter\" means that one alone\n",
           run->notes);
  free (status);
}

static void
note_machine (struct run *run, int processor)
{
  struct utsname name;

  uname (&name);
  fprintf (run->notes, "kernel %s, %s; %ld processors; ", name.release, name.machine,
           sysconf (_SC_NPROCESSORS_ONLN));
  if (processor < 0)
    fputs ("not bound to one of them: that was not permitted\n", run->notes);
  else
    fprintf (run->notes, "all on number %d\n", processor);
  fprintf (run->notes, "libseccomp %s\n", peer_version ());
  note_file (run, "BPF JIT (net.core.bpf_jit_enable)", "/proc/sys/net/core/bpf_jit_enable",
             "could not be read");
  note_file (run, "load", "/proc/loadavg", "could not be read");
  note_status (run);
#ifdef __SANITIZE_ADDRESS__
  fputs ("oci-seccomp is built with sanitizers: its times mean nothing\n", run->notes);
#endif
}

static void
note_method (struct run *run)
{
  static const char *const lines[] = {
      "compile: ours from the bytes of the JSON to the program; libseccomp's without JSON, from",
      "  seccomp_init to seccomp_export_bpf; many in a row, and once as the first of a process",
      "ours decides calls newer than the profile as well; runc's stub for that is not measured;",
      "  \"alike\" is ours without that, and what must be no longer than the others",
      "install: the call of seccomp(2) alone, in a fresh process with no_new_privs",
      "calls: loops in fresh processes, less those under the lesser filter in the same turn",
      "KiB: what malloc has given out at the peak of a compile",
      "not measured here: whole containers, and peers other than libseccomp",
  };

  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    fprintf (run->notes, "%s\n", lines[i]);
}

static void
note_absent (struct run *run, const struct outcome *outcome)
{
  for (enum contender who = OURS; who < CONTENDERS; who++)
    if (outcome->lineup.why_not[who])
      fprintf (run->notes, "%s: no %s: %s\n", outcome->name, contender_names[who],
               outcome->lineup.why_not[who]);
    else if (isnan (outcome->results[who].install.median))
      fprintf (run->notes, "%s: %s could not be installed here (permission, or the kernel)\n",
               outcome->name, contender_names[who]);
    else if (isnan (outcome->results[who].memory))
      fprintf (run->notes, "%s: %s: memory is not counted with this C library or build\n",
               outcome->name, contender_names[who]);
  for (enum call_kind kind = CACHED; kind < CALL_KINDS; kind++)
    if (outcome->probes[kind].number < 0)
      fprintf (run->notes, "%s: no harmless call at hand that is %s\n", outcome->name,
               call_kind_names[kind]);
}

/* --- measuring --- */

static void
measure_profile (struct run *run, const char *path, const char *json)
{
  struct bench *bench = &run->bench;
  struct outcome *outcome = &bench->outcomes[bench->outcome_count];
  struct oci_seccomp_error error;

  fprintf (stderr, "bench: %s\n", path);
  if (outcome_measure (outcome, base_name (path), json, bench->repetitions, &error)) {
    fprintf (run->notes, "%s: not for this machine: %s\n", base_name (path), error.message);
    outcome_free (outcome);
  } else {
    note_absent (run, outcome);
    bench->outcome_count++;
  }
  for (size_t i = 0; i < ABI_SETS; i++)
    if (lengths_take (&bench->lengths[bench->length_count], base_name (path), json, &abi_sets[i],
                      &error))
      bench->length_count++;
    else
      fprintf (run->notes, "%s: %s\n", base_name (path), error.message);
}

static void
take_figures (struct figures *out, const struct bench *bench, const struct abi_set *set)
{
  struct oci_seccomp_error error;
  struct lineup lineup;

  if (lineup_make (&lineup, bench->docker->lineup.json, set, false, &error))
    die (bench->docker->name, error.message);
  lineup_figures (&lineup, OURS, out);
  lineup_free (&lineup);
}

static void
measure_all (struct run *run)
{
  struct bench *bench = &run->bench;

  bench->outcomes = calloc (run->files.gl_pathc, sizeof *bench->outcomes);
  bench->lengths = calloc (run->files.gl_pathc * ABI_SETS, sizeof *bench->lengths);
  for (size_t i = 0; i < run->files.gl_pathc; i++) {
    char *json = file_text (run->files.gl_pathv[i]);

    if (!json)
      die (run->files.gl_pathv[i], "cannot be read");
    measure_profile (run, run->files.gl_pathv[i], json);
    free (json);
  }
  if (!bench->outcome_count)
    die ("no profile", "can be compiled for this machine");
  find_docker (bench);
  take_figures (&bench->docker_three, bench, &(struct abi_set){{ABI_X86_64, ABI_X86, ABI_X32}, 3});
  take_figures (&bench->docker_one, bench, &(struct abi_set){{ABI_X86_64}, 1});
}

/* --- the command --- */

static void
read_options (struct run *run, int argc, char **argv)
{
  static const struct option options[] = {{"json", required_argument, NULL, 'j'},
                                          {"repetitions", required_argument, NULL, 'r'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};

  for (int option; (option = getopt_long (argc, argv, "", options, NULL)) != -1;)
    switch (option) {
    case 'j':
      run->json_file = optarg;
      break;
    case 'r':
      run->bench.repetitions = (unsigned) atoi (optarg);
      break;
    case 'h':
      fputs (usage, stdout);
      exit (0);
    default:
      fputs (usage, stderr);
      exit (2);
    }
  if (run->bench.repetitions < 1 || run->bench.repetitions > REPETITIONS_MAX)
    die ("--repetitions", "want 1 to 1000");
}

static void
write_json (const struct run *run)
{
  FILE *file = fopen (run->json_file, "we");

  if (!file)
    die (run->json_file, "cannot be written");
  report_json (file, &run->bench);
  if (fclose (file))
    die (run->json_file, "cannot be written");
}

int
main (int argc, char **argv)
{
  struct run run = {.bench = {.repetitions = 25}};

  read_options (&run, argc, argv);
  find_profiles (&run, argv + optind);
  run.notes = open_memstream (&run.bench.notes, &run.notes_size);
  /* Some filters leave a process no way to end but by a signal. */
  setrlimit (RLIMIT_CORE, &(struct rlimit){0, 0});
  note_machine (&run, pin ());
  note_method (&run);
  measure_all (&run);
  fclose (run.notes);
  report_text (stdout, &run.bench);
  if (run.json_file)
    write_json (&run);
  for (size_t i = 0; i < run.bench.outcome_count; i++)
    outcome_free (&run.bench.outcomes[i]);
  globfree (&run.files);
  free (run.bench.outcomes);
  free (run.bench.lengths);
  free (run.bench.notes);
  return 0;
}
