/* How long programs are, and how many steps they take: exact, so that what made them short cannot
 * get lost. Of the profiles of tests/profiles always, of those in $PROFILES_DIR if that is set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/contender.h"

/* After ours: it defines a macro fail. */
#include <cmocka.h>

enum { FILES = 200 };

static char *
must_read (const char *path)
{
  char *text = file_text (path);

  if (!text)
    fail_msg ("%s: cannot be read", path);
  return text;
}

/* --- never longer than libseccomp, whose form and ABIs ever; and proved --- */

/* libseccomp gives no ENOSYS to newer numbers. This is how long ours is where it decides as theirs
 * does; and ENOSYS costs a test or two for each ABI, and one return. */
static size_t
comparable_length (const struct lineup *lineup)
{
  struct oci_seccomp_filter *filter;
  struct oci_seccomp_error error;
  size_t length;

  if (lineup_compile (lineup, true, OCI_SECCOMP_NEWER_DEFAULT, &filter, &error))
    fail_msg ("%s", error.message);
  oci_seccomp_filter_instructions (filter, &length);
  oci_seccomp_filter_free (filter);
  assert_in_range (lineup->programs[OURS].length, 1, length + 1 + 2 * lineup->set.count);
  return length;
}

static unsigned
count_longer (const struct lineup *lineup, const char *name)
{
  size_t ours = comparable_length (lineup);
  unsigned longer = 0;

  for (enum contender who = LINEAR; who < CONTENDERS; who++) {
    size_t theirs = lineup->programs[who].length;

    if (lineup->why_not[who] || ours <= theirs)
      continue;
    print_error ("# %s: %zu instructions; %s: %zu\n", name, ours, contender_names[who], theirs);
    longer++;
  }
  return longer;
}

static void
is_never_longer (void **state)
{
  char *json = must_read (*state);
  unsigned longer = 0;

  for (size_t i = 0; i < ABI_SETS; i++) {
    struct oci_seccomp_error error;
    struct lineup lineup;
    char name[100];

    abi_set_name (&abi_sets[i], name, sizeof name);
    if (lineup_make (&lineup, json, &abi_sets[i], true, &error))
      fail_msg ("%s: %s", name, error.message);
    longer += count_longer (&lineup, name);
    lineup_free (&lineup);
  }
  free (json);
  assert_int_equal (longer, 0);
}

/* --- figures that were reached --- */

/* At most: what was reached, and a little more, so that a change which gains elsewhere may lose it.
 */
struct bound {
  struct abi_set set;
  size_t length;
  unsigned worst;
  double means[3];
  double weighted; /* on the native ABI */
};

static void
check_bound (const char *json, const struct bound *bound)
{
  struct oci_seccomp_error error;
  struct figures figures;
  struct lineup lineup;
  char name[100];

  abi_set_name (&bound->set, name, sizeof name);
  if (lineup_make (&lineup, json, &bound->set, true, &error))
    fail_msg ("%s: %s", name, error.message);
  lineup_figures (&lineup, OURS, &figures);
  lineup_free (&lineup);
  print_message ("# %s: %zu instructions, worst path %u, weighted %.2f, means", name,
                 figures.length, figures.worst, figures.steps[0].weighted);
  for (size_t i = 0; i < bound->set.count; i++)
    print_message (" %.2f", figures.steps[i].mean);
  print_message ("; %u of %u cached\n", figures.cached, figures.allowed);
  assert_in_range (figures.length, 1, bound->length);
  assert_in_range (figures.worst, 1, bound->worst);
  for (size_t i = 0; i < bound->set.count; i++)
    assert_true (figures.steps[i].mean <= bound->means[i]);
  assert_true (figures.steps[0].weighted <= bound->weighted);
  assert_int_equal (figures.cached, figures.allowed);
}

static void
check_bounds (const char *path, const struct bound *bounds, size_t count)
{
  char *json = must_read (path);

  for (size_t i = 0; i < count; i++)
    check_bound (json, &bounds[i]);
  free (json);
}

static void
own_profile_is_as_short_as_it_was (void **state)
{
  static const struct bound bounds[] = {
      {{{ABI_X86_64}, 1}, 76, 17, {9.3}, 8.3},
      {{{ABI_X86_64, ABI_X86}, 2}, 167, 17, {9.1, 11.6}, 7.8},
      {{{ABI_X86_64, ABI_X86, ABI_X32}, 3}, 223, 20, {9.3, 11.6, 14.9}, 8.0},
      {{{ABI_AARCH64}, 1}, 77, 15, {9.1}, 8.5},
      {{{ABI_AARCH64, ABI_ARM}, 2}, 179, 16, {9.1, 11.7}, 8.5},
      {{{ABI_S390X, ABI_S390}, 2}, 169, 17, {10.8, 11.8}, 9.2},
      {{{ABI_PPC64LE}, 1}, 115, 17, {10.8}, 9.0},
      {{{ABI_MIPS64, ABI_MIPS, ABI_MIPS64N32}, 3}, 243, 17, {9.3, 11.7, 11.6}, 8.5},
  };

  check_bounds (*state, bounds, sizeof bounds / sizeof *bounds);
}

/* What the design promises of Docker's default profile. */
static void
docker_default_meets_its_targets (void **state)
{
  static const struct bound bounds[] = {
      {{{ABI_X86_64}, 1}, 70, 20, {9.3}, 8.1},
      {{{ABI_X86_64, ABI_X86, ABI_X32}, 3}, 215, 20, {9.3, 11.5, 14.8}, 7.9},
  };

  check_bounds (*state, bounds, sizeof bounds / sizeof *bounds);
}

/* --- all of them --- */

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

struct with_bounds {
  const char *path_end, *title;
  CMUnitTestFunction check;
};

static const struct with_bounds *
with_bounds (const char *path)
{
  static const struct with_bounds all[] = {
      {"tests/profiles/engine.json", "the figures of engine.json",
       own_profile_is_as_short_as_it_was},
      {"/docker-default.json", "the targets of docker-default.json",
       docker_default_meets_its_targets},
  };

  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (strstr (path, all[i].path_end))
      return &all[i];
  return NULL;
}

int
main (void)
{
  const char *srcdir = getenv ("srcdir"), *more = getenv ("PROFILES_DIR");
  struct CMUnitTest tests[2 * FILES] = {0};
  size_t count = 0;
  glob_t found;
  int failed;

  find_files (srcdir ? srcdir : ".", "tests/profiles/*.json", &found, false);
  if (more && *more)
    find_files (more, "*.json", &found, true);
  for (size_t i = 0; i < found.gl_pathc; i++) {
    const char *path = found.gl_pathv[i], *name = strrchr (path, '/') + 1;
    const struct with_bounds *bounds = with_bounds (path);

    tests[count++] = (struct CMUnitTest){name, is_never_longer, NULL, NULL, found.gl_pathv[i]};
    if (bounds)
      tests[count++] =
          (struct CMUnitTest){bounds->title, bounds->check, NULL, NULL, found.gl_pathv[i]};
  }
  failed = _cmocka_run_group_tests ("lengths", tests, count, NULL, NULL);
  globfree (&found);
  return failed;
}
