/* Bytes to a profile, to a program, to verdicts: those of the naive oracle. The first byte chooses
 * the machine, the rest is the profile. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"

enum { BUDGET = 20, POINTS_MAX = 5000 };

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
compare (const char *json, const struct oracle_machine *machine,
         const struct oci_seccomp_filter *filter)
{
  struct oracle *oracle = oracle_new (json, machine);
  struct subject subject = {.title = "fuzz_compile", .json = json, .oracle = oracle};
  struct random random = random_start (1);
  struct points points = {0};
  char why[200];

  if (oracle->is_error) { /* an errno that it does not know by name */
    oracle_free (oracle);
    return;
  }
  if (oracle_conflict (oracle, why, sizeof why)) {
    fprintf (stderr, "a conflict: %s\n", why);
    abort ();
  }
  points_add_borders (&points, oracle, &random, BUDGET);
  if (points.count > POINTS_MAX)
    points.count = POINTS_MAX;
  if (compare_with_oracle (&subject, filter, &points))
    abort ();
  points_free (&points);
  oracle_free (oracle);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const uint8_t choice = size ? data[0] : 0;
  struct oracle_machine machine = oracle_machine (oracle_abis[choice % ORACLE_ABIS].name);
  char *json = calloc (1, size + 1), kernel[24];
  struct oci_seccomp_options options;
  struct oci_seccomp_error error = {0};
  struct oci_seccomp_filter *filter;
  struct oracle oracle = {0};

  if (size)
    memcpy (json, data + 1, size - 1);
  machine.newer_default = choice & 0x80;
  oracle.machine = machine;
  options = compare_options (&oracle, kernel);
  filter = compare_compile (json, size ? size - 1 : 0, &options, &error);
  if (filter)
    compare (json, &machine, filter);
  else if (error.code == OCI_SECCOMP_OK || !*error.message)
    abort ();
  oci_seccomp_filter_free (filter);
  free (json);
  return 0;
}
