#include "compare.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN = 3 /* differences of one profile that are told in full */ };

struct oci_seccomp_options
compare_options (const struct oracle *oracle, char kernel[24])
{
  const struct oracle_machine *machine = &oracle->machine;

  snprintf (kernel, 24, "%u.%u", machine->kernel_major, machine->kernel_minor);
  return (struct oci_seccomp_options){
      .native_abi = machine->native,
      .kernel = kernel,
      .capabilities = machine->capabilities,
      .capability_count = machine->capability_count,
      .newer = machine->newer_default ? OCI_SECCOMP_NEWER_DEFAULT : OCI_SECCOMP_NEWER_ENOSYS,
  };
}

struct oci_seccomp_filter *
compare_compile (const char *json, size_t length, const struct oci_seccomp_options *options,
                 struct oci_seccomp_error *error)
{
  struct oci_seccomp_profile *profile = NULL;
  struct oci_seccomp_filter *filter = NULL;

  if (oci_seccomp_profile_parse (&profile, json, length, options, error) == OCI_SECCOMP_OK)
    oci_seccomp_compile (&filter, profile, options, error);
  oci_seccomp_profile_free (profile);
  return filter;
}

unsigned
compare_errors (const struct subject *subject, struct oci_seccomp_filter **filter)
{
  struct oci_seccomp_error error = {0};
  char kernel[24], bad_arch[32], why[200] = "none";
  struct oci_seccomp_options options = compare_options (subject->oracle, kernel);
  const bool conflict = oracle_conflict (subject->oracle, why, sizeof why);

  options.bad_arch =
      oracle_verdict_text (subject->oracle->machine.bad_arch, bad_arch, sizeof bad_arch);
  *filter = compare_compile (subject->json, strlen (subject->json), &options, &error);
  if (conflict ? !*filter && error.code == OCI_SECCOMP_CONFLICTING_RULES : *filter != NULL)
    return 0;
  fprintf (stderr, "%s: the oracle's conflict: %s; ours: %s\n%s\n", subject->title, why,
           *filter ? "none" : error.message, subject->json);
  return 1;
}

static void
tell (const struct subject *subject, const char *whose, const struct seccomp_data *call,
      uint32_t expected, uint32_t actual)
{
  char expected_text[32], actual_text[32];

  fprintf (
      stderr,
      "%s: %s says %s, our program %s\n  arch 0x%x nr 0x%x args 0x%llx 0x%llx 0x%llx "
      "0x%llx 0x%llx 0x%llx\n",
      subject->title, whose, oracle_verdict_text (expected, expected_text, sizeof expected_text),
      oracle_verdict_text (actual, actual_text, sizeof actual_text), call->arch,
      (unsigned) call->nr, (unsigned long long) call->args[0], (unsigned long long) call->args[1],
      (unsigned long long) call->args[2], (unsigned long long) call->args[3],
      (unsigned long long) call->args[4], (unsigned long long) call->args[5]);
}

static void
tell_end (const struct subject *subject, unsigned differences)
{
  if (differences)
    fprintf (stderr, "%s: %u differences, native %s\n%s\n", subject->title, differences,
             subject->oracle->machine.native, subject->json);
}

unsigned
compare_with_oracle (const struct subject *subject, const struct oci_seccomp_filter *filter,
                     const struct points *points)
{
  unsigned differences = 0;

  for (size_t i = 0; i < points->count; i++) {
    const struct seccomp_data *call = &points->calls[i];
    uint32_t expected = oracle_decide (subject->oracle, call);
    uint32_t actual = oci_seccomp_filter_evaluate (filter, call);

    if (expected != actual && differences++ < SHOWN)
      tell (subject, "the naive oracle", call, expected, actual);
  }
  tell_end (subject, differences);
  return differences;
}

unsigned
compare_with_peer (const struct subject *subject, const struct oci_seccomp_filter *filter,
                   const struct peer *peer, const struct points *points)
{
  unsigned differences = 0;

  for (size_t i = 0; i < points->count; i++) {
    const struct seccomp_data *call = &points->calls[i];
    uint32_t expected = peer_decide (peer, call);
    uint32_t actual = oci_seccomp_filter_evaluate (filter, call);

    if (expected != actual && peer_knows (peer, call) && differences++ < SHOWN)
      tell (subject, "libseccomp", call, expected, actual);
  }
  tell_end (subject, differences);
  return differences;
}
