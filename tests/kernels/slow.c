/* Instead of cmocka's own runner of test groups, in the builds for emulated machines: skips the
 * tests that take minutes there, and that are about sizes and search, not about the machine.
 *
 * In: a group of tests. Out: cmocka's result. What always holds: what is skipped is said so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* cmocka's own: build gives it this name by a macro, which is not for us. */
#undef _cmocka_run_group_tests
int cmocka_runner (const char *group_name, const struct CMUnitTest *tests, size_t count,
                   CMFixtureFunction setup, CMFixtureFunction teardown);

/* What takes more than about 30 ms on a machine of its own. */
static const char *const slow[] = {
    "arithmetic",
    "canonical",
    "full_width",
    "lists_all_and_nothing_else",
    "spans_both_ways",
    "test_2900_values",
    "test_4000_values",
    "test_all_sets_at_both_ends",
    "test_all_sets_in_the_middle",
    "test_as_all_at_once",
    "test_broken_programs",
    "test_equalities_alone",
    "test_few_conditions",
    "test_few_conditions_in_small_chunks",
    "test_forests",
    "test_many_keys",
    "test_masks_that_multiply",
    "test_no_range_tree_is_better",
    "test_node_count",
    "test_plain_programs",
    "test_random_graphs_in_small_chunks",
    "test_random_lists_in_small_chunks",
    "test_runs_are_within_the_states",
    "test_size",
    "test_states_that_multiply",
    "test_too_large_a_profile",
    "test_too_many_nodes",
    "test_up_to_the_limit",
    "test_x32_alone",
    "test_x32_and_x86_64",
    "test_x86_64_and_a_stranger",
    "test_x86_64_and_x32",
    "test_x86_64_and_x86",
    "test_x86_64_listed",
    "test_x86_64_x86_and_x32",
    "test_x86_native",
    "tests_of_words",
    "verdict_of_a_whole_field",
};

static void
skip_slow (void **state)
{
  (void) state;
  print_message ("# too slow in an emulator\n");
  skip ();
}

static int
is_slow (const char *name)
{
  for (size_t i = 0; i < sizeof slow / sizeof *slow; i++)
    if (!strcmp (slow[i], name))
      return 1;
  return 0;
}

int
_cmocka_run_group_tests (const char *group_name, const struct CMUnitTest *const tests,
                         const size_t count, CMFixtureFunction setup, CMFixtureFunction teardown)
{
  struct CMUnitTest *chosen = malloc ((count + 1) * sizeof *chosen);

  if (!chosen)
    return 99;
  for (size_t i = 0; i < count; i++) {
    memcpy (&chosen[i], &tests[i], sizeof *tests);
    if (is_slow (tests[i].name))
      chosen[i] = (struct CMUnitTest){.name = tests[i].name, .test_func = skip_slow};
  }
  int failed = cmocka_runner (group_name, chosen, count, setup, teardown);

  free (chosen);
  return failed;
}
