/* How long programs are, and how many steps they take: exact, so that what made them short cannot
 * get lost. Of the profiles of tests/profiles always, of those in $PROFILES_DIR if that is set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/contender.h"

/* After ours: it defines a macro fail. */
#include <cmocka.h>

enum { FILES = 200, TESTS = 3 * FILES };

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

/* Exactly these: what the compiler writes is the same on every machine. After a change that is
 * meant, the lines that the test prints go here. Steps are means in thousandths, over all numbers
 * on each ABI of the set, and weighted by frequency on the native one. */
static const struct exact {
  const char *file;
  uint64_t hash; /* of the file: of another version nothing is known */
  struct abi_set set;
  size_t length;
  unsigned worst, weighted, means[3];
} all_exact[] = {
    {"engine-oci.json", UINT64_C (0x22033dca20c59a19), {{ABI_X86_64}, 1}, 75, 16, 7725, {9143}},
    {"engine-oci.json",
     UINT64_C (0x22033dca20c59a19),
     {{ABI_X86_64, ABI_X86, ABI_X32}, 3},
     214,
     20,
     7861,
     {9198, 11574, 14801}},
    {"engine.json", UINT64_C (0x478f668dfff98cb7), {{ABI_X86_64}, 1}, 75, 16, 7725, {9143}},
    {"engine.json",
     UINT64_C (0x478f668dfff98cb7),
     {{ABI_X86_64, ABI_X86}, 2},
     158,
     16,
     7608,
     {9083, 11572}},
    {"engine.json",
     UINT64_C (0x478f668dfff98cb7),
     {{ABI_X86_64, ABI_X86, ABI_X32}, 3},
     214,
     20,
     7861,
     {9198, 11574, 14801}},
    {"engine.json", UINT64_C (0x478f668dfff98cb7), {{ABI_AARCH64}, 1}, 75, 15, 8451, {9062}},
    {"engine.json",
     UINT64_C (0x478f668dfff98cb7),
     {{ABI_AARCH64, ABI_ARM}, 2},
     173,
     16,
     8421,
     {9026, 11706}},
    {"engine.json",
     UINT64_C (0x478f668dfff98cb7),
     {{ABI_S390X, ABI_S390}, 2},
     178,
     17,
     9239,
     {10640, 11600}},
    {"engine.json", UINT64_C (0x478f668dfff98cb7), {{ABI_PPC64LE}, 1}, 113, 17, 8455, {10785}},
    {"engine.json",
     UINT64_C (0x478f668dfff98cb7),
     {{ABI_MIPS64, ABI_MIPS, ABI_MIPS64N32}, 3},
     238,
     17,
     8194,
     {9243, 11598, 11494}},
    {"chrome.json", UINT64_C (0x3d60e4508f7abe15), {{ABI_X86_64}, 1}, 40, 13, 7014, {8213}},
    {"chrome.json",
     UINT64_C (0x3d60e4508f7abe15),
     {{ABI_X86_64, ABI_X86, ABI_X32}, 3},
     179,
     17,
     6739,
     {8179, 10679, 12885}},
    {"containerd-default-amd64.json",
     UINT64_C (0x07b1fbb441527775),
     {{ABI_X86_64}, 1},
     69,
     16,
     7978,
     {8977}},
    {"containerd-default-amd64.json",
     UINT64_C (0x07b1fbb441527775),
     {{ABI_X86_64, ABI_X86, ABI_X32}, 3},
     208,
     19,
     7505,
     {9279, 11509, 14670}},
    {"deny-all.json", UINT64_C (0x75be0102d154f639), {{ABI_X86_64}, 1}, 7, 6, 5000, {5000}},
    {"deny-all.json",
     UINT64_C (0x75be0102d154f639),
     {{ABI_X86_64, ABI_X86, ABI_X32}, 3},
     5,
     4,
     3000,
     {3000, 4000, 3000}},
    {"docker-default-2016.json",
     UINT64_C (0xbdbd83f39e79d58a),
     {{ABI_X86_64}, 1},
     53,
     16,
     7309,
     {8534}},
    {"docker-default-2016.json",
     UINT64_C (0xbdbd83f39e79d58a),
     {{ABI_X86_64, ABI_X86, ABI_X32}, 3},
     186,
     18,
     7553,
     {8470, 10757, 12938}},
    {"docker-default.json", UINT64_C (0x5b2d3f87439092ec), {{ABI_X86_64}, 1}, 70, 16, 7976, {8987}},
    {"docker-default.json",
     UINT64_C (0x5b2d3f87439092ec),
     {{ABI_X86_64, ABI_X86, ABI_X32}, 3},
     209,
     19,
     7724,
     {9247, 11413, 14701}},
    {"docker-default.json",
     UINT64_C (0x5b2d3f87439092ec),
     {{ABI_AARCH64, ABI_ARM}, 2},
     171,
     15,
     8435,
     {9015, 11632}},
    {"flatpak-denylist.json",
     UINT64_C (0xfd7faf52b05fb77d),
     {{ABI_X86_64}, 1},
     59,
     15,
     8990,
     {8626}},
    {"flatpak-denylist.json",
     UINT64_C (0xfd7faf52b05fb77d),
     {{ABI_X86_64, ABI_X86, ABI_X32}, 3},
     115,
     17,
     9797,
     {8709, 9768, 12630}},
    {"notify.json", UINT64_C (0x468a326992e262aa), {{ABI_X86_64}, 1}, 37, 11, 7883, {8072}},
    {"notify.json",
     UINT64_C (0x468a326992e262aa),
     {{ABI_X86_64, ABI_X86, ABI_X32}, 3},
     113,
     16,
     8337,
     {8206, 9911, 10900}},
    {"podman-default.json", UINT64_C (0xb7faac84507107d4), {{ABI_X86_64}, 1}, 63, 15, 7418, {8802}},
    {"podman-default.json",
     UINT64_C (0xb7faac84507107d4),
     {{ABI_X86_64, ABI_X86, ABI_X32}, 3},
     214,
     18,
     7555,
     {9077, 11521, 13761}},
    {"runc-itself.json", UINT64_C (0x68dbdacd30cb8637), {{ABI_X86_64}, 1}, 48, 15, 10473, {11402}},
    {"runc-itself.json",
     UINT64_C (0x68dbdacd30cb8637),
     {{ABI_X86_64, ABI_X86, ABI_X32}, 3},
     122,
     17,
     9555,
     {9200, 10470, 14179}},
    {"runc-itself.json",
     UINT64_C (0x68dbdacd30cb8637),
     {{ABI_MIPS64, ABI_MIPS, ABI_MIPS64N32}, 3},
     129,
     19,
     9478,
     {11851, 15413, 13938}},
    {"runtime-spec-example.json",
     UINT64_C (0x3e51b64f5b07b505),
     {{ABI_X86_64}, 1},
     10,
     7,
     6998,
     {6998}},
    {"runtime-spec-example.json",
     UINT64_C (0x3e51b64f5b07b505),
     {{ABI_X86_64, ABI_X86, ABI_X32}, 3},
     14,
     8,
     6998,
     {6998, 6998, 7998}},
};

static uint64_t
text_hash (const char *text)
{
  uint64_t hash = UINT64_C (0xcbf29ce484222325); /* FNV-1a */

  for (; *text; text++)
    hash = (hash ^ (unsigned char) *text) * UINT64_C (0x100000001b3);
  return hash;
}

static unsigned
thousandths (double steps)
{
  return (unsigned) (steps * 1000 + 0.5);
}

static void
print_exact (const struct exact *exact)
{
  print_error ("# {\"%s\", UINT64_C (0x%016" PRIx64 "), {{", exact->file, exact->hash);
  for (size_t i = 0; i < exact->set.count; i++) {
    print_error ("%sABI_", i ? ", " : "");
    for (const char *at = abi_table[exact->set.abis[i]].name; *at; at++)
      print_error ("%c", *at >= 'a' ? *at - 'a' + 'A' : *at);
  }
  print_error ("}, %zu}, %zu, %u, %u, {", exact->set.count, exact->length, exact->worst,
               exact->weighted);
  for (size_t i = 0; i < exact->set.count; i++)
    print_error ("%s%u", i ? ", " : "", exact->means[i]);
  print_error ("}},\n");
}

static struct exact
measure (const char *json, const struct exact *like)
{
  struct exact found = *like;
  struct oci_seccomp_error error;
  struct figures figures;
  struct lineup lineup;

  if (lineup_make (&lineup, json, &like->set, true, &error))
    fail_msg ("%s", error.message);
  lineup_figures (&lineup, OURS, &figures);
  lineup_free (&lineup);
  found.length = figures.length;
  found.worst = figures.worst;
  found.weighted = thousandths (figures.steps[0].weighted);
  for (size_t i = 0; i < found.set.count; i++)
    found.means[i] = thousandths (figures.steps[i].mean);
  assert_int_equal (figures.cached, figures.allowed);
  return found;
}

static void
is_as_short_as_it_was (void **state)
{
  const char *file = strrchr (*state, '/') + 1;
  char *json = must_read (*state);
  unsigned wrong = 0, known = 0;

  for (size_t i = 0; i < sizeof all_exact / sizeof *all_exact; i++) {
    const struct exact *told = &all_exact[i];
    struct exact found;

    if (strcmp (told->file, file) != 0 || told->hash != text_hash (json))
      continue;
    known++;
    found = measure (json, told);
    if (found.length == told->length && found.worst == told->worst &&
        found.weighted == told->weighted && !memcmp (found.means, told->means, sizeof found.means))
      continue;
    print_exact (&found);
    wrong++;
  }
  if (!known)
    print_message ("# %s, hash 0x%016" PRIx64 ": no figures are known\n", file, text_hash (json));
  free (json);
  assert_int_equal (wrong, 0);
  if (!known)
    skip ();
}

/* --- targets --- */

/* What the design promises of Docker's default profile, whichever version it is. */
static void
meets_its_targets (void **state)
{
  static const struct exact targets[] = {
      {"", 0, {{ABI_X86_64}, 1}, 70, 20, 8100, {9300}},
      {"", 0, {{ABI_X86_64, ABI_X86, ABI_X32}, 3}, 215, 20, 7900, {9300, 11500, 14800}},
  };
  char *json = must_read (*state);

  for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
    struct exact found = measure (json, &targets[i]);

    assert_in_range (found.length, 1, targets[i].length);
    assert_in_range (found.worst, 1, targets[i].worst);
    assert_in_range (found.weighted, 1, targets[i].weighted);
    for (size_t j = 0; j < found.set.count; j++)
      assert_in_range (found.means[j], 1, targets[i].means[j]);
  }
  free (json);
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

static struct CMUnitTest
test_of (const char *what, CMUnitTestFunction function, char *path)
{
  static char titles[TESTS][200];
  static size_t count;
  char *title = titles[count++];

  snprintf (title, sizeof titles[0], "%s %s", strrchr (path, '/') + 1, what);
  return (struct CMUnitTest){title, function, NULL, NULL, path};
}

int
main (void)
{
  const char *srcdir = getenv ("srcdir"), *more = getenv ("PROFILES_DIR");
  struct CMUnitTest tests[TESTS] = {0};
  size_t count = 0;
  glob_t found;
  int failed;

  find_files (srcdir ? srcdir : ".", "tests/profiles/*.json", &found, false);
  if (more && *more)
    find_files (more, "*.json", &found, true);
  for (size_t i = 0; i < found.gl_pathc; i++) {
    char *path = found.gl_pathv[i];

    tests[count++] = test_of ("is never longer", is_never_longer, path);
    tests[count++] = test_of ("is as short as it was", is_as_short_as_it_was, path);
    if (strstr (path, "/docker-default.json"))
      tests[count++] = test_of ("meets its targets", meets_its_targets, path);
  }
  failed = _cmocka_run_group_tests ("lengths", tests, count, NULL, NULL);
  globfree (&found);
  return failed;
}
