/* Every profile of tests/profiles, and of $PROFILES_DIR if that is set, compiled on every ABI for
 * which it can be and compared with the oracles: with the naive one always, with libseccomp where
 * that is exact about real profiles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compare.h"

enum {
  FILES = 200,
  LAST_NUMBER = 600,
  BUDGET = 2000, /* calls for one number of one ABI, at most */
};

/* Machines that a profile may make a difference between. */
static const char *const few_capabilities[] = {"CAP_CHOWN"};
static const char *const many_capabilities[] = {
    "CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_SYS_MODULE",      "CAP_SYS_TIME",
    "CAP_SYS_BOOT",  "CAP_SYS_RAWIO",  "CAP_SYS_CHROOT",      "CAP_SYS_TTY_CONFIG",
    "CAP_SYS_NICE",  "CAP_SYSLOG",     "CAP_DAC_READ_SEARCH", "CAP_SYS_PACCT",
    "CAP_BPF",       "CAP_PERFMON",    "CAP_AUDIT_CONTROL",   "CAP_AUDIT_WRITE"};

static char *
read_file (const char *path)
{
  FILE *file = fopen (path, "re");
  char *bytes;
  long size;

  assert_non_null (file);
  fseek (file, 0, SEEK_END);
  size = ftell (file);
  rewind (file);
  bytes = calloc (1, (size_t) size + 1);
  assert_int_equal (fread (bytes, 1, (size_t) size, file), (size_t) size);
  fclose (file);
  return bytes;
}

/* --- one profile on one machine --- */

static bool
is_for_peer (const struct oracle_machine *machine)
{
  static const char *const exact[] = {"x86_64", "aarch64", "s390x"};

  for (size_t i = 0; i < sizeof exact / sizeof *exact; i++)
    if (!strcmp (machine->native, exact[i]))
      return true;
  return false;
}

static unsigned
compare_peer (const struct subject *subject, const struct oci_seccomp_filter *filter,
              const struct points *points)
{
  struct peer peer;
  enum peer_result result = peer_compile (&peer, subject->oracle);
  unsigned differences = 0;

  if (result == PEER_DONE)
    differences = compare_with_peer (subject, filter, &peer, points);
  else if (result != PEER_ABSENT) {
    fprintf (stderr, "%s: libseccomp makes no program of it\n", subject->title);
    differences = 1;
  }
  peer_free (&peer);
  return differences;
}

/* Returns whether it could be compiled. */
static bool
check_machine (const char *path, const char *json, const struct oracle_machine *machine,
               unsigned *differences)
{
  struct oracle *oracle = oracle_new (json, machine);
  struct random random = random_start (1);
  struct points points = {0};
  struct oci_seccomp_filter *filter = NULL;
  struct subject subject = {.json = json, .oracle = oracle};
  char title[4200];
  bool is_error;

  snprintf (title, sizeof title, "%s, native %s", path, machine->native);
  subject.title = title;
  if (oracle->is_error) { /* it lists an ABI of the other byte order: we must see that too */
    struct oci_seccomp_options options = {.native_abi = machine->native};
    struct oci_seccomp_error error;

    filter = compare_compile (json, strlen (json), &options, &error);
    if (filter || error.code != OCI_SECCOMP_UNKNOWN_ABI) {
      fprintf (stderr, "%s: %s; ours: %s\n", title, oracle->why,
               filter ? "compiles" : error.message);
      ++*differences;
    }
  } else {
    *differences += compare_errors (&subject, &filter);
    points_add_numbers (&points, oracle, LAST_NUMBER);
    points_add_borders (&points, oracle, &random, BUDGET);
  }
  if (filter && !oracle->is_error) {
    *differences += compare_with_oracle (&subject, filter, &points);
    if (is_for_peer (machine))
      *differences += compare_peer (&subject, filter, &points);
  }
  oci_seccomp_filter_free (filter);
  points_free (&points);
  is_error = oracle->is_error;
  oracle_free (oracle);
  return !is_error;
}

/* --- all machines --- */

static void
check_file (void **state)
{
  const char *path = *state;
  char *json = read_file (path);
  unsigned differences = 0, compiled = 0;

  for (size_t i = 0; i < ORACLE_ABIS; i++) {
    struct oracle_machine machine = oracle_machine (oracle_abis[i].name);

    compiled += check_machine (path, json, &machine, &differences);
    if (!is_for_peer (&machine))
      continue;
    machine.newer_default = true;
    machine.bad_arch = SECCOMP_RET_KILL_PROCESS;
    machine.kernel_major = 4;
    machine.kernel_minor = 7;
    machine.capabilities = few_capabilities;
    machine.capability_count = sizeof few_capabilities / sizeof *few_capabilities;
    check_machine (path, json, &machine, &differences);
    machine.newer_default = false;
    machine.capabilities = many_capabilities;
    machine.capability_count = sizeof many_capabilities / sizeof *many_capabilities;
    check_machine (path, json, &machine, &differences);
  }
  print_message ("# %s: compiled on %u ABIs\n", path, compiled);
  free (json);
  assert_int_equal (differences, 0);
  assert_int_not_equal (compiled, 0);
}

static void
find_files (const char *directory, const char *pattern, glob_t *found, bool append)
{
  char path[4096];

  snprintf (path, sizeof path, "%s/%s", directory, pattern);
  if (glob (path, append ? GLOB_APPEND : 0, NULL, found) || found->gl_pathc > FILES) {
    fprintf (stderr, "%s: no files, or too many\n", path);
    exit (99);
  }
}

int
main (void)
{
  const char *srcdir = getenv ("srcdir"), *more = getenv ("PROFILES_DIR");
  struct CMUnitTest tests[FILES] = {0};
  glob_t found;
  int failed;

  find_files (srcdir ? srcdir : ".", "tests/profiles/*.json", &found, false);
  if (more && *more)
    find_files (more, "*.json", &found, true);
  for (size_t i = 0; i < found.gl_pathc; i++)
    tests[i] = (struct CMUnitTest){.name = strrchr (found.gl_pathv[i], '/') + 1,
                                   .test_func = check_file,
                                   .initial_state = found.gl_pathv[i]};
  failed = _cmocka_run_group_tests ("profiles", tests, found.gl_pathc, NULL, NULL);
  globfree (&found);
  return failed;
}
