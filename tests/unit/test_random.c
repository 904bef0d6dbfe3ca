/* Random profiles, compiled and compared with the naive oracle; and with libseccomp where that is
 * one. SEED and COUNT of the environment say where to begin and how many; a failure names the seed
 * that shows it again with COUNT=1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compare.h"

enum {
  COUNT = 3000,         /* profiles of each kind */
  COUNT_OF_LARGE = 150, /* profiles that take longer */
  COUNT_OF_PEER = 500,  /* of each kind that is for it: each needs a process */
  BUDGET = 300,         /* calls for one number of one ABI, at most */
  LAST_NUMBER = 550,
};

static const char *const kind_names[RANDOM_KINDS] = {[RANDOM_SINGLE] = "single",
                                                     [RANDOM_EQUAL] = "equal",
                                                     [RANDOM_LARGE] = "large",
                                                     [RANDOM_ANYTHING] = "anything"};

struct tally {
  unsigned long profiles, calls, conflicts, peers, peer_errors, differences;
};

static unsigned long
from_environment (const char *name, unsigned long otherwise)
{
  const char *text = getenv (name);

  return text ? strtoul (text, NULL, 0) : otherwise;
}

static void
compare_peer (const struct subject *subject, const struct oci_seccomp_filter *filter,
              const struct points *points, struct tally *tally)
{
  struct peer peer;
  enum peer_result result = peer_compile (&peer, subject->oracle);

  if (result == PEER_CONFLICT || result == PEER_HUNG) {
    fprintf (stderr, "%s: libseccomp %s\n%s\n", subject->title,
             result == PEER_HUNG ? "hangs" : "sees a conflict", subject->json);
    tally->differences++;
  }
  if (result == PEER_DONE) {
    tally->peers++;
    if (compare_with_peer (subject, filter, &peer, points))
      tally->peer_errors++;
  }
  peer_free (&peer);
}

static void
compare_one (enum random_kind kind, unsigned long seed, bool with_peer, struct tally *tally)
{
  static struct random_profile profile;
  struct random random = random_start (seed * RANDOM_KINDS + kind);
  struct points points = {0};
  struct oci_seccomp_filter *filter;
  struct oracle_machine machine;
  struct subject subject = {.json = profile.json};
  char title[60];

  random_profile (&profile, &random, kind);
  machine = oracle_machine (profile.native);
  machine.newer_default = profile.newer_default;
  machine.bad_arch = profile.bad_arch_verdict;
  subject.oracle = oracle_new (profile.json, &machine);
  subject.title = title;
  snprintf (title, sizeof title, "SEED=%lu, %s", seed, kind_names[kind]);
  if (subject.oracle->is_error)
    fail_msg ("%s: %s\n%s", title, subject.oracle->why, profile.json);
  tally->profiles++;
  tally->differences += compare_errors (&subject, &filter);
  if (filter) {
    if (kind == RANDOM_LARGE)
      points_add_numbers (&points, subject.oracle, LAST_NUMBER);
    points_add_borders (&points, subject.oracle, &random, BUDGET);
    tally->calls += points.count;
    tally->differences += compare_with_oracle (&subject, filter, &points);
    if (with_peer)
      compare_peer (&subject, filter, &points, tally);
  } else
    tally->conflicts++;
  points_free (&points);
  oci_seccomp_filter_free (filter);
  oracle_free ((struct oracle *) subject.oracle);
}

static void
test_kind (enum random_kind kind)
{
  const unsigned long first = from_environment ("SEED", 1);
  const unsigned long count =
      from_environment ("COUNT", kind == RANDOM_LARGE ? COUNT_OF_LARGE : COUNT);
  struct tally tally = {0};

  for (unsigned long i = 0; i < count; i++) {
    const bool with_peer = kind != RANDOM_ANYTHING && (i < COUNT_OF_PEER || getenv ("COUNT"));

    compare_one (kind, first + i, with_peer, &tally);
    if (tally.differences)
      fail_msg ("%s profiles differ; see above", kind_names[kind]);
  }
  print_message ("# %s: %lu profiles, %lu of them conflicts, %lu calls, "
                 "%lu with libseccomp, which erred in %lu\n",
                 kind_names[kind], tally.profiles, tally.conflicts, tally.calls, tally.peers,
                 tally.peer_errors);
  /* With several conditions a rule libseccomp goes from one test to the next with a word of another
   * argument in its hands, in one of some thousand profiles, where just that word matters. */
  assert_true (tally.peer_errors <= (kind == RANDOM_EQUAL ? 1 + tally.peers / 500 : 0));
  assert_true (count < 100 || tally.calls > 100 * count);
  assert_true (count < 100 || kind == RANDOM_ANYTHING || tally.peers > 50);
  assert_true (count < 100 || kind != RANDOM_ANYTHING || tally.conflicts > count / 50);
}

static void
single_conditions (void **state)
{
  (void) state;
  test_kind (RANDOM_SINGLE);
}

static void
equal_and_masked (void **state)
{
  (void) state;
  test_kind (RANDOM_EQUAL);
}

static void
large (void **state)
{
  (void) state;
  test_kind (RANDOM_LARGE);
}

static void
anything (void **state)
{
  (void) state;
  test_kind (RANDOM_ANYTHING);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (single_conditions),
      cmocka_unit_test (equal_and_masked),
      cmocka_unit_test (large),
      cmocka_unit_test (anything),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
